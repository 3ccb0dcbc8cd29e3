/* The outer loop: self-consistency, Newton on the support, new support. */
#include <math.h>
#include <string.h>

#include "stats/turnbull.h"

static const int EM_STEPS = 40; /* enough to see where mass is not */
static const int EM_STEPS_THIN = 1000; /* cheap beside a wide matrix */
static const int EM_STEPS_ALONE = 20000; /* where Newton's matrix is too wide */
/* Operations of one of Newton's steps: above the first the support is thinned
 * before, above the second the method is left alone. */
static const double FAST_WORK = 3e6, MAX_WORK = 4e9;
static const int ROUNDS = 200;
static const double KKT = 1e-10; /* a share of n */

static void sum_up(const rsp_turnbull *t, const double *p)
{
    t->prefix[0] = 0.0;
    for (size_t j = 0; j < t->m; j++) {
        t->prefix[j + 1] = t->prefix[j] + p[j];
    }
}

/* Few pieces are added one by one: a difference of sums would lose the digits
 * of a small mass. */
static double mass_of(const rsp_turnbull *t, const rsp_cover *c, const double *p)
{
    if (c->last - c->first > 16) {
        return t->prefix[c->last + 1] - t->prefix[c->first];
    }
    double sum = 0.0;
    for (size_t j = c->first; j <= c->last; j++) {
        sum += p[j];
    }
    return sum;
}

double rsp_turnbull_log_likelihood(const rsp_turnbull *t, const double *p)
{
    sum_up(t, p);
    double sum = 0.0;
    for (size_t i = 0; i < t->n_covers; i++) {
        const rsp_cover *c = &t->cover[i];
        sum += c->weight * log(mass_of(t, c, p));
    }
    return isnan(sum) ? -(double)INFINITY : sum;
}

void rsp_turnbull_gradient(const rsp_turnbull *t, const double *p, double *d)
{
    sum_up(t, p);
    memset(d, 0, t->m * sizeof *d);
    for (size_t i = 0; i < t->n_covers; i++) {
        const rsp_cover *c = &t->cover[i];
        double q = c->weight / mass_of(t, c, p);
        d[c->first] += q;
        if (c->last + 1 < t->m) {
            d[c->last + 1] -= q;
        }
    }
    for (size_t j = 1; j < t->m; j++) {
        d[j] += d[j - 1];
    }
}

static double kkt_of(const rsp_turnbull *t, const double *d)
{
    double top = d[0];
    for (size_t j = 1; j < t->m; j++) {
        top = fmax(top, d[j]);
    }
    return top - t->n;
}

/* Turnbull 1976: each observation is shared among its pieces. */
static void self_consistency(const rsp_turnbull *t, rsp_masses *out, int steps)
{
    for (int i = 0; i < steps; i++) {
        rsp_turnbull_gradient(t, out->p, out->gradient);
        if (kkt_of(t, out->gradient) <= KKT * t->n) {
            return;
        }
        double sum = 0.0;
        for (size_t j = 0; j < t->m; j++) {
            out->p[j] *= out->gradient[j] / t->n;
            sum += out->p[j];
        }
        for (size_t j = 0; j < t->m; j++) {
            out->p[j] /= sum; /* 1 but for rounding */
        }
        out->iterations++;
    }
}

/* Take mass from where it is small and shrinking: if wrongly, the gradient will
 * say so, and it comes back. */
static void prune(const rsp_turnbull *t, rsp_masses *out, double small,
                  double *kept)
{
    memcpy(kept, out->p, t->m * sizeof *kept);
    double sum = 0.0;
    for (size_t j = 0; j < t->m; j++) {
        if (kept[j] < small / t->n && out->gradient[j] < 0.999 * t->n) {
            kept[j] = 0.0;
        }
        sum += kept[j];
    }
    for (size_t j = 0; j < t->m; j++) {
        kept[j] /= sum;
    }
    if (isfinite(rsp_turnbull_log_likelihood(t, kept))) {
        memcpy(out->p, kept, t->m * sizeof *kept);
    }
}

/* Keep the peaks of the masses only, and the largest of each observation that
 * covers none: a support small enough for Newton's matrix.  `extend` gives back
 * what was wrongly taken. */
static void thin(const rsp_turnbull *t, rsp_masses *out, double *kept)
{
    double sum = 0.0;
    t->prefix[0] = 0.0;
    for (size_t j = 0; j < t->m; j++) {
        bool peak = t->piece[j].left == t->piece[j].right || /* an exact event */
                    ((j == 0 || out->p[j] > out->p[j - 1]) &&
                     (j + 1 == t->m || out->p[j] >= out->p[j + 1]));
        kept[j] = peak ? out->p[j] : 0.0;
        t->prefix[j + 1] = t->prefix[j] + peak;
    }
    for (size_t i = 0; i < t->n_covers; i++) {
        const rsp_cover *c = &t->cover[i];
        if (t->prefix[c->last + 1] == t->prefix[c->first]) {
            size_t best = c->first;
            for (size_t j = c->first; j <= c->last; j++) {
                best = out->p[j] > out->p[best] ? j : best;
            }
            kept[best] = out->p[best];
        }
    }
    for (size_t j = 0; j < t->m; j++) {
        sum += kept[j];
    }
    for (size_t j = 0; j < t->m; j++) {
        out->p[j] = kept[j] / sum;
    }
}

/* Give mass to the steepest piece in each stretch without any where the
 * gradient is above n; as much as raises the likelihood. */
static bool extend(const rsp_turnbull *t, rsp_masses *out, double *add,
                   double *trial)
{
    memset(add, 0, t->m * sizeof *add);
    double given = 0.0;
    for (size_t j = 0; j < t->m;) {
        size_t best = j, end = j;
        while (end < t->m && out->p[end] == 0.0) {
            best = out->gradient[end] > out->gradient[best] ? end : best;
            end++;
        }
        if (end > j && out->gradient[best] > t->n * (1 + KKT)) {
            add[best] = 1.0;
            given += 1.0;
        }
        j = end + 1;
    }
    if (!(given > 0)) {
        return false;
    }
    double here = rsp_turnbull_log_likelihood(t, out->p);
    for (double share = 0.1; share > 1e-15; share /= 4) {
        for (size_t j = 0; j < t->m; j++) {
            trial[j] = out->p[j] * (1 - share) + share * add[j] / given;
        }
        if (rsp_turnbull_log_likelihood(t, trial) > here) {
            memcpy(out->p, trial, t->m * sizeof *trial);
            return true;
        }
    }
    return false;
}

rsp_status rsp_turnbull_maximise(const rsp_turnbull *t, rsp_masses *out,
                                 rsp_error *err)
{
    rsp_support s;
    *out = (rsp_masses){.p = rsp_arena_alloc(t->arena, t->m, sizeof(double))};
    out->gradient = rsp_arena_alloc(t->arena, t->m, sizeof(double));
    double *add = rsp_arena_alloc(t->arena, t->m + 1, sizeof *add);
    double *trial = rsp_arena_alloc(t->arena, t->m + 1, sizeof *trial);
    if (!out->p || !out->gradient || !add || !trial || !rsp_support_init(&s, t)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu intervals", t->m);
    }
    for (size_t j = 0; j < t->m; j++) {
        out->p[j] = 1.0 / (double)t->m;
    }
    self_consistency(t, out, EM_STEPS);
    prune(t, out, 0.01, trial);
    bool thinned = false;
    for (int round = 0; round < ROUNDS; round++) {
        bool solved = rsp_npmle_newton(t, &s, out->p, thinned ? MAX_WORK : FAST_WORK,
                                       &out->iterations);
        if (!solved && !thinned) {
            thin(t, out, trial);
            self_consistency(t, out, EM_STEPS_THIN);
            prune(t, out, 1.0, trial);
            thinned = true;
            solved = rsp_npmle_newton(t, &s, out->p, MAX_WORK, &out->iterations);
        }
        if (!solved) {
            /* Back to masses everywhere, from which these steps converge. */
            for (size_t j = 0; j < t->m; j++) {
                out->p[j] = 0.9 * out->p[j] + 0.1 / (double)t->m;
            }
            self_consistency(t, out, EM_STEPS_ALONE);
            break;
        }
        rsp_turnbull_gradient(t, out->p, out->gradient);
        if (!extend(t, out, add, trial)) {
            break;
        }
    }
    rsp_turnbull_gradient(t, out->p, out->gradient);
    out->kkt = kkt_of(t, out->gradient);
    out->log_likelihood = rsp_turnbull_log_likelihood(t, out->p);
    return RSP_OK;
}
