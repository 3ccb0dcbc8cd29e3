#include "stats/cox_sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of moments of order 0 .. `order` of p covariates, full arrays. */
static size_t moments_of(size_t p, int order)
{
    size_t total = 1, power = 1;
    for (int i = 1; i <= order; i++) {
        power *= p;
        total += power;
    }
    return total;
}

rsp_status cox_point_init(cox_point *at, const cox_rows *rows, int order, rsp_error *err)
{
    size_t n = rows->n + 1, p = rows->p, cells = p + 1;
    *at = (cox_point){.p = p, .order = order};
    if (p < 1000) { /* p^3 cells of a third derivative are memory in earnest */
        at->linear = calloc(n, sizeof *at->linear);
        at->risk = calloc(n, sizeof *at->risk);
        at->score = calloc(cells, sizeof *at->score);
        at->information = calloc(cells * cells, sizeof *at->information);
        at->third = calloc(order == 3 ? cells * cells * cells : 1, sizeof *at->third);
        at->moments = calloc(3 * moments_of(p, order), sizeof *at->moments);
    }
    if (!at->linear || !at->risk || !at->score || !at->information || !at->third ||
        !at->moments) {
        cox_point_fini(at);
        return rsp_fail(err, RSP_NOMEM, "no memory for a Cox regression on %zu covariates", p);
    }
    return RSP_OK;
}

void cox_point_fini(cox_point *at)
{
    free(at->linear);
    free(at->risk);
    free(at->score);
    free(at->information);
    free(at->third);
    free(at->moments);
    *at = (cox_point){0};
}

void cox_point_move(cox_point *at, const cox_rows *rows, const double *beta)
{
    at->shift = -INFINITY;
    for (size_t i = 0; i < rows->n; i++) {
        double linear = rows->offset[i];
        for (size_t k = 0; k < rows->p; k++) {
            linear += beta[k] * rows->x[i * rows->p + k];
        }
        at->linear[i] = linear;
        at->shift = fmax(at->shift, linear);
    }
    for (size_t i = 0; i < rows->n; i++) {
        at->risk[i] = exp(at->linear[i] - at->shift);
    }
}

/* Add w times the powers of x, lower triangles (tetrahedra) only. */
static void add_moments(double *sum, size_t p, int order, double w, const double *x)
{
    double *first = sum + 1, *second = first + p, *third = second + p * p;
    sum[0] += w;
    for (size_t a = 0; order >= 1 && a < p; a++) {
        double wa = w * x[a];
        first[a] += wa;
        for (size_t b = 0; order >= 2 && b <= a; b++) {
            double wb = wa * x[b];
            second[a * p + b] += wb;
            for (size_t c = 0; order >= 3 && c <= b; c++) {
                third[(a * p + b) * p + c] += wb * x[c];
            }
        }
    }
}

/* Central moments of what is left of `all` without a share of `events`; full
 * arrays out: sum, mean, variance, third. */
static void centre(double *out, const double *all, const double *events, double gone, size_t p,
                   int order)
{
    const size_t second = 1 + p, third = second + p * p;
    double total = all[0] - gone * events[0];
    double *mean = out + 1, *variance = out + second, *cubes = out + third;
    out[0] = total;
    for (size_t a = 0; order >= 1 && a < p; a++) {
        mean[a] = (all[1 + a] - gone * events[1 + a]) / total;
        for (size_t b = 0; order >= 2 && b <= a; b++) {
            size_t ab = a * p + b;
            double v = (all[second + ab] - gone * events[second + ab]) / total - mean[a] * mean[b];
            variance[ab] = variance[b * p + a] = v;
        }
    }
    for (size_t a = 0; order >= 3 && a < p; a++) {
        for (size_t b = 0; b <= a; b++) {
            for (size_t c = 0; c <= b; c++) {
                size_t abc = (a * p + b) * p + c;
                double raw = (all[third + abc] - gone * events[third + abc]) / total;
                double k = raw - mean[a] * variance[b * p + c] - mean[b] * variance[a * p + c] -
                           mean[c] * variance[a * p + b] - mean[a] * mean[b] * mean[c];
                cubes[abc] = cubes[(a * p + c) * p + b] = cubes[(b * p + a) * p + c] = k;
                cubes[(b * p + c) * p + a] = cubes[(c * p + a) * p + b] = k;
                cubes[(c * p + b) * p + a] = k;
            }
        }
    }
}

/* Log hazards may be further apart than exp can tell.  The sums are therefore in
 * units of one that is near the largest at risk: found on the way, as those at
 * risk are. */
static const double RISK_REACH = 30.0;

static void rescale(double *sums, size_t n, double by)
{
    for (size_t i = 0; i < n; i++) {
        sums[i] *= by;
    }
}

void cox_walk(cox_point *at, const cox_rows *rows, bool efron, int order, cox_visit *visit,
              void *context)
{
    size_t p = rows->p, size = moments_of(p, at->order);
    double *all = at->moments, *events = all + size, *left = events + size;
    double shift = -INFINITY;
    for (size_t k = rows->n_sets; k-- > 0;) {
        if (rows->ends[k]) {
            memset(all, 0, size * sizeof *all);
            shift = -INFINITY;
        }
        memset(events, 0, size * sizeof *events);
        double count = 0.0, weight = 0.0;
        for (size_t i = rows->first[k]; i < rows->first[k + 1]; i++) {
            if (at->linear[i] > shift + RISK_REACH) { /* both lie side by side */
                rescale(all, 2 * size, exp(shift - at->linear[i]));
                shift = at->linear[i];
            }
            double w = rows->weight[i] * rows->count[i];
            double risk = w * exp(at->linear[i] - shift);
            add_moments(all, p, order, risk, rows->x + i * p);
            if (rows->event[i]) {
                add_moments(events, p, order, risk, rows->x + i * p);
                count += rows->count[i];
                weight += w;
            }
        }
        /* Whole counts of events; of a count that is not, the next one up. */
        double terms = count > 0 ? efron ? ceil(count) : 1.0 : 0.0;
        for (double l = 0; l < terms; l++) {
            double gone = l / terms;
            centre(left, all, events, gone, p, order);
            visit(context, &(cox_step){.set = k,
                                       .terms = terms,
                                       .gone = gone,
                                       .events = weight / terms,
                                       .at_risk = left[0],
                                       .shift = shift,
                                       .hazard = weight / terms / left[0] *
                                                 exp(at->shift - shift),
                                       .mean = left + 1,
                                       .variance = left + 1 + p,
                                       .third = left + 1 + p + p * p});
        }
    }
}

static void add_step(void *context, const cox_step *step)
{
    cox_point *at = context;
    size_t p = at->p;
    double w = step->events;
    at->log -= w * (log(step->at_risk) + step->shift);
    for (size_t a = 0; a < p; a++) {
        at->score[a] -= w * step->mean[a];
    }
    for (size_t ab = 0; at->order >= 2 && ab < p * p; ab++) {
        at->information[ab] += w * step->variance[ab];
    }
    for (size_t abc = 0; at->order >= 3 && abc < p * p * p; abc++) {
        at->third[abc] += w * step->third[abc];
    }
}

/* What the events themselves bring: the same for all treatments of ties. */
static void begin(cox_point *at, const cox_rows *rows)
{
    size_t p = at->p;
    at->log = 0.0;
    memset(at->score, 0, p * sizeof *at->score);
    memset(at->information, 0, p * p * sizeof *at->information);
    memset(at->third, 0, (at->order >= 3 ? p * p * p : 0) * sizeof *at->third);
    for (size_t i = 0; i < rows->n; i++) {
        double w = rows->event[i] ? rows->weight[i] * rows->count[i] : 0.0;
        at->log += w > 0 ? w * at->linear[i] : 0.0;
        for (size_t k = 0; w > 0 && k < p; k++) {
            at->score[k] += w * rows->x[i * p + k];
        }
    }
}

void cox_point_set(cox_point *at, const cox_rows *rows, bool efron, const double *beta)
{
    cox_point_move(at, rows, beta);
    begin(at, rows);
    cox_walk(at, rows, efron, at->order, add_step, at);
}

/* ---- Exact ties.  B(d, n), the sum over the subsets of d of n at risk of the
 * product of their risks, by Gail, Lubin & Rubinstein (1981), here divided by the
 * number of subsets: then a step is a mean of two numbers and cannot overflow.
 * Row k of the table is (B, dB, d2B) of subsets of k; risks are divided by their
 * mean so that B stays near 1. */
typedef struct exact_table {
    double *cell; /* [d + 1][1 + p + p p] */
    size_t width, capacity;
} exact_table;

static void add_member(exact_table *t, size_t d, size_t n_before, double risk, const double *x,
                       size_t p)
{
    double n = (double)n_before + 1;
    size_t from = n_before + 1 < d ? n_before + 1 : d;
    for (size_t k = from; k > 0; k--) {
        double *to = t->cell + k * t->width;
        const double *less = to - t->width;
        double keep = (n - (double)k) / n, take = (double)k / n * risk;
        for (size_t a = p; a-- > 0;) { /* second derivatives first: they read B and dB */
            for (size_t b = a + 1; b-- > 0;) {
                size_t ab = 1 + p + a * p + b;
                to[ab] = keep * to[ab] + take * (less[ab] + x[a] * less[1 + b] +
                                                 x[b] * less[1 + a] + x[a] * x[b] * less[0]);
            }
        }
        for (size_t a = 0; a < p; a++) {
            to[1 + a] = keep * to[1 + a] + take * (less[1 + a] + x[a] * less[0]);
        }
        to[0] = keep * to[0] + take * less[0];
    }
}

static double log_choose(double n, double k)
{
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

static bool add_exact_set(cox_point *at, const cox_rows *rows, exact_table *t, size_t begin_row,
                          size_t end_row, size_t d)
{
    size_t p = at->p, n = end_row - begin_row;
    t->width = 1 + p + p * p;
    if (!RSP_GROW(&t->cell, &t->capacity, (d + 1) * t->width)) {
        return false;
    }
    memset(t->cell, 0, (d + 1) * t->width * sizeof *t->cell);
    t->cell[0] = 1.0;
    double shift = -INFINITY, mean = 0.0;
    for (size_t i = begin_row; i < end_row; i++) {
        shift = fmax(shift, at->linear[i]);
    }
    for (size_t i = begin_row; i < end_row; i++) {
        mean += exp(at->linear[i] - shift) / (double)n;
    }
    for (size_t i = begin_row; i < end_row; i++) {
        double risk = exp(at->linear[i] - shift) / mean;
        add_member(t, d, i - begin_row, risk, rows->x + i * p, p);
    }
    const double *last = t->cell + d * t->width;
    double whole = last[0];
    at->log -= log(whole) + (double)d * (log(mean) + shift) +
               log_choose((double)n, (double)d);
    for (size_t a = 0; a < p; a++) {
        double share = last[1 + a] / whole;
        at->score[a] -= share;
        for (size_t b = 0; b <= a; b++) {
            double v = last[1 + p + a * p + b] / whole - share * last[1 + b] / whole;
            at->information[a * p + b] += v;
            at->information[b * p + a] += a == b ? 0.0 : v;
        }
    }
    return true;
}

typedef struct exact_walk {
    cox_point *at;
    const cox_rows *rows;
    exact_table table;
    size_t stratum_set; /* the last set of the stratum at hand; n_sets: none yet */
    bool failed;
} exact_walk;

/* One event is not tied: what all treatments of ties agree on is cheaper. */
static void add_exact_step(void *context, const cox_step *step)
{
    exact_walk *walk = context;
    const cox_rows *rows = walk->rows;
    size_t d = 0, k = step->set;
    for (size_t i = rows->first[k]; i < rows->first[k + 1]; i++) {
        d += rows->event[i];
    }
    if (d == 1) {
        add_step(walk->at, step);
        return;
    }
    size_t last = walk->stratum_set;
    if (last == rows->n_sets ||
        rows->stratum[rows->first[last]] != rows->stratum[rows->first[k]]) {
        for (last = k; !rows->ends[last]; last++) {
        }
        walk->stratum_set = last;
    }
    walk->failed = walk->failed || !add_exact_set(walk->at, rows, &walk->table, rows->first[k],
                                                  rows->first[last + 1], d);
}

rsp_status cox_point_set_exact(cox_point *at, const cox_rows *rows, const double *beta,
                               rsp_error *err)
{
    exact_walk walk = {.at = at, .rows = rows, .stratum_set = rows->n_sets};
    cox_point_move(at, rows, beta);
    begin(at, rows);
    cox_walk(at, rows, false, at->order, add_exact_step, &walk);
    free(walk.table.cell);
    return walk.failed ? rsp_fail(err, RSP_NOMEM, "no memory for exact ties") : RSP_OK;
}
