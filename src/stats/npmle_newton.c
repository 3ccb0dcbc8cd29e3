/* Newton's method for the masses of a support, in the distribution function:
 * there an observation touches two variables only, and the matrix is a band. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/band.h"
#include "stats/turnbull.h"

static const int MAX_STEPS = 500;

bool rsp_support_init(rsp_support *s, const rsp_turnbull *t)
{
    s->piece = rsp_arena_alloc(t->arena, t->m, sizeof *s->piece);
    s->rank = rsp_arena_alloc(t->arena, t->m + 1, sizeof *s->rank);
    s->cover = rsp_arena_alloc(t->arena, t->n_covers, sizeof *s->cover);
    return s->piece && s->rank && s->cover;
}

void rsp_support_find(rsp_support *s, const rsp_turnbull *t, const double *p,
                      double above)
{
    s->k = 0;
    for (size_t j = 0; j < t->m; j++) {
        s->rank[j] = s->k;
        if (p[j] > above) {
            s->piece[s->k++] = j;
        }
    }
    s->rank[t->m] = s->k;
    s->width = 0;
    for (size_t i = 0; i < t->n_covers; i++) {
        rsp_cover c = t->cover[i];
        c.first = s->rank[c.first];
        c.last = s->rank[c.last + 1] - 1; /* at least one piece has mass */
        s->cover[i] = c;
        if (c.first > 0 && c.last + 1 < s->k && c.last + 1 - c.first > s->width) {
            s->width = c.last + 1 - c.first;
        }
    }
}

void rsp_npmle_information(const rsp_turnbull *t, const rsp_support *s,
                           const double *F, rsp_band *h, double *gradient)
{
    for (size_t i = 0; i < t->n_covers; i++) {
        rsp_cover c = s->cover[i];
        size_t a = c.first, b = c.last + 1;
        double l = F[b] - F[a], g = c.weight / l, hh = g / l;
        bool low = a > 0, high = b < s->k;
        if (low) {
            *rsp_band_at(h, a - 1, a - 1) += hh;
        }
        if (high) {
            *rsp_band_at(h, b - 1, b - 1) += hh;
        }
        if (low && high) {
            *rsp_band_at(h, b - 1, a - 1) -= hh;
        }
        if (gradient) {
            if (low) {
                gradient[a - 1] -= g;
            }
            if (high) {
                gradient[b - 1] += g;
            }
        }
    }
}

typedef struct newton {
    const rsp_turnbull *t;
    rsp_support *s;
    double *p, *trial;              /* [m] */
    double *F, *g, *step, *weight, *target; /* [m + 1] */
    size_t *block;                  /* [m + 1] of the projection */
    rsp_band h;
    double log_likelihood;
} newton;

static void support_distribution(newton *w)
{
    double sum = 0.0;
    w->F[0] = 0.0;
    for (size_t j = 0; j < w->s->k; j++) {
        sum += w->p[w->s->piece[j]];
        w->F[j + 1] = sum;
    }
    w->F[w->s->k] = 1.0;
}

/* Newton's direction of F[1 .. k-1] in step; returns slope along it. */
static double direction(newton *w)
{
    size_t k = w->s->k;
    rsp_band_reset(&w->h, k - 1, w->s->width);
    memset(w->g, 0, k * sizeof *w->g);
    rsp_npmle_information(w->t, w->s, w->F, &w->h, w->g);
    for (size_t v = 0; v + 1 < k; v++) {
        /* Never zero: the projection divides by sums of these. */
        w->weight[v] = fmax(*rsp_band_at(&w->h, v, v), 1e-9);
        w->step[v] = w->g[v];
    }
    rsp_band_factor(&w->h);
    rsp_band_solve(&w->h, w->step);
    double slope = 0.0;
    for (size_t v = 0; v + 1 < k; v++) {
        slope += w->g[v] * w->step[v];
    }
    return slope;
}

/* Pool adjacent violators: the monotone sequence nearest to target[0 .. n) in
 * the weights, cut to [0, 1]. */
static void project(newton *w, size_t n)
{
    double *y = w->target, *weight = w->weight;
    size_t top = 0; /* blocks end at block[.]; value and weight at their number */
    for (size_t i = 0; i < n; i++) {
        double value = y[i], mass = weight[i];
        while (top > 0 && y[top - 1] >= value) {
            top--;
            value = (value * mass + y[top] * weight[top]) / (mass + weight[top]);
            mass += weight[top];
        }
        y[top] = value;
        weight[top] = mass;
        w->block[top++] = i + 1;
    }
    for (size_t b = top; b-- > 0;) {
        double value = fmin(fmax(y[b], 0.0), 1.0);
        for (size_t i = w->block[b]; i-- > (b ? w->block[b - 1] : 0);) {
            y[i] = value;
        }
    }
}

/* Move to F + share * (target - F) if that raises the likelihood. */
static bool move(newton *w, double share)
{
    size_t k = w->s->k;
    memset(w->trial, 0, w->t->m * sizeof *w->trial);
    double before = 0.0, sum = 0.0;
    for (size_t j = 0; j < k; j++) {
        double after = j + 1 < k ? w->target[j] : 1.0;
        double old = w->p[w->s->piece[j]];
        double moved = share == 1.0 ? after - before
                                    : old + share * (after - before - old);
        before = after;
        w->trial[w->s->piece[j]] = fmax(moved, 0.0);
        sum += fmax(moved, 0.0);
    }
    for (size_t j = 0; j < k; j++) {
        w->trial[w->s->piece[j]] /= sum;
    }
    double there = rsp_turnbull_log_likelihood(w->t, w->trial);
    if (!(there > w->log_likelihood)) {
        return false;
    }
    w->log_likelihood = there;
    memcpy(w->p, w->trial, w->t->m * sizeof *w->p);
    return true;
}

/* The whole step, projected where it would leave the simplex: drops many pieces
 * at once, but need not rise. */
static bool move_projected(newton *w)
{
    size_t n = w->s->k - 1;
    for (size_t v = 0; v < n; v++) {
        w->target[v] = w->F[v + 1] + w->step[v];
    }
    project(w, n);
    for (double share = 1.0; share > 0.1; share /= 2) {
        if (move(w, share)) {
            return true;
        }
    }
    return false;
}

/* As far as the first piece that loses its mass; rises for a small step. */
static bool move_safely(newton *w)
{
    size_t k = w->s->k, blocking = k;
    double limit = 1.0;
    for (size_t j = 0; j < k; j++) {
        double change = (j + 1 < k ? w->step[j] : 0.0) - (j ? w->step[j - 1] : 0.0);
        double mass = w->p[w->s->piece[j]];
        if (mass + limit * change <= 0) {
            limit = -mass / change;
            blocking = j;
        }
    }
    for (int i = 0; i < 60; i++, limit /= 2) {
        for (size_t v = 0; v + 1 < k; v++) {
            w->target[v] = w->F[v + 1] + limit * w->step[v];
        }
        if (i == 0 && blocking < k) { /* exactly zero, not its rounding */
            if (blocking + 1 < k) {
                w->target[blocking] = blocking ? w->target[blocking - 1] : 0.0;
            } else {
                w->target[blocking - 1] = 1.0;
            }
        }
        if (move(w, 1.0)) {
            return true;
        }
    }
    return false;
}

static bool init(newton *w, const rsp_turnbull *t, rsp_support *s, double *p,
                 double max_work)
{
    *w = (newton){.t = t, .s = s, .p = p};
    rsp_support_find(s, t, p, 0.0);
    if ((double)s->k * (double)s->width * (double)s->width > max_work) {
        return false;
    }
    size_t n = t->m + 1;
    w->trial = malloc(6 * n * sizeof(double));
    w->block = malloc(n * sizeof *w->block);
    if (!w->trial || !w->block || !rsp_band_init(&w->h, s->k, s->width)) {
        return false;
    }
    w->F = w->trial + n;
    w->g = w->F + n;
    w->step = w->g + n;
    w->weight = w->step + n;
    w->target = w->weight + n;
    w->log_likelihood = rsp_turnbull_log_likelihood(t, p);
    return true;
}

bool rsp_npmle_newton(const rsp_turnbull *t, rsp_support *s, double *p,
                      double max_work, int *iterations)
{
    newton w;
    bool ok = init(&w, t, s, p, max_work);
    for (int i = 0; ok && s->k > 1 && i < MAX_STEPS; i++) {
        support_distribution(&w);
        double slope = direction(&w);
        ++*iterations;
        /* The likelihood lacks slope / 2; the next step would square it. */
        bool last = slope <= 1e-9 + 1e-12 * t->n;
        bool inside = true;
        for (size_t j = 0; j < s->k; j++) {
            double change = (j + 1 < s->k ? w.step[j] : 0.0) - (j ? w.step[j - 1] : 0.0);
            inside = inside && p[s->piece[j]] + change > 0;
        }
        if (last && inside) {
            double before = 0.0;
            for (size_t j = 0; j < s->k; j++) {
                double after = j + 1 < s->k ? w.F[j + 1] + w.step[j] : 1.0;
                p[s->piece[j]] = after - before;
                before = after;
            }
            break;
        }
        if (!(slope > 0) || (!(!inside && move_projected(&w)) && !move_safely(&w))) {
            break;
        }
        rsp_support_find(s, t, p, 0.0);
    }
    free(w.trial);
    free(w.block);
    rsp_band_fini(&w.h);
    return ok;
}
