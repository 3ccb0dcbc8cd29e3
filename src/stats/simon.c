#include <math.h>
#include <stdlib.h>

#include "respite/design.h"
#include "stats/binomial.h"
#include "stats/design_checks.h"

/* Binomial tables of 0 .. most trials under p0 and p1, rows of most + 2. */
typedef struct tables {
    size_t width;
    double *mass[2], *upper[2];
    double alpha, power;
} tables;

static bool tables_init(tables *t, size_t most, const double p[2])
{
    size_t width = most + 2, each = (most + 1) * width;
    double *all = calloc(4 * each, sizeof *all);
    *t = (tables){.width = width};
    for (int h = 0; all && h < 2; h++) {
        t->mass[h] = all + 2 * (size_t)h * each;
        t->upper[h] = t->mass[h] + each;
        for (size_t n = 0; n <= most; n++) {
            rsp_binomial_mass(n, p[h], t->mass[h] + n * width);
            rsp_binomial_upper(n, p[h], t->upper[h] + n * width);
        }
    }
    return all != NULL;
}

/* P(more than r1 of n1, and more than r of n) under hypothesis h. */
static double rejects(const tables *t, int h, size_t r1, size_t n1, size_t r, size_t n)
{
    const double *first = t->mass[h] + n1 * t->width;
    const double *second = t->upper[h] + (n - n1) * t->width;
    double p = 0;
    for (size_t x = r1 + 1; x <= n1; x++) {
        size_t need = x > r ? 0 : r + 1 - x;
        p += need <= n - n1 ? first[x] * second[need] : 0;
    }
    return p;
}

static void describe(const tables *t, rsp_simon *d)
{
    double stop = 0;
    for (size_t x = 0; x <= d->r1; x++) {
        stop += t->mass[0][d->n1 * t->width + x];
    }
    d->alpha = rejects(t, 0, d->r1, d->n1, d->r, d->n);
    d->power = rejects(t, 1, d->r1, d->n1, d->r, d->n);
    d->early_stop = stop;
    d->expected = (double)d->n1 + (1 - stop) * (double)(d->n - d->n1);
}

static bool less(double a, double b)
{
    return a < b - 1e-10; /* sums of the same design differ by rounding only */
}

/* The best first stage of n1 in n by expected size, if it beats best->expected. */
static void try_stage(const tables *t, size_t n1, size_t n, rsp_simon *best)
{
    double alpha = t->alpha * (1 + 1e-12), power = t->power * (1 - 1e-12);
    size_t r = n - 1;
    for (size_t r1 = 0; r1 < n1; r1++) {
        /* No r can give more power than the first stage leaves. */
        if (t->upper[1][n1 * t->width + r1 + 1] < power) {
            return;
        }
        /* The smallest r that holds alpha only falls as r1 rises. */
        r = r > r1 ? r : r1 + 1;
        while (r > r1 + 1 && rejects(t, 0, r1, n1, r - 1, n) <= alpha) {
            r--;
        }
        rsp_simon d = {.r1 = r1, .n1 = n1, .r = r, .n = n};
        describe(t, &d);
        if (d.alpha <= alpha && d.power >= power &&
            (best->n == 0 || less(d.expected, best->expected))) {
            *best = d;
        }
    }
}

static void search(const tables *t, size_t n_most, rsp_simon *optimal, rsp_simon *minimax)
{
    for (size_t n = 2; n <= n_most; n++) {
        rsp_simon best = {0}; /* of this n */
        for (size_t n1 = 1; n1 < n; n1++) {
            /* The expected size exceeds the first stage. */
            if (minimax->n > 0 && (double)n1 >= optimal->expected) {
                break;
            }
            try_stage(t, n1, n, &best);
        }
        if (best.n > 0 && minimax->n == 0) {
            *minimax = best;
        }
        if (best.n > 0 && (optimal->n == 0 || less(best.expected, optimal->expected))) {
            *optimal = best;
        }
    }
}

rsp_status rsp_simon_designs(double p0, double p1, double alpha, double power,
                             size_t n_most, rsp_simon *optimal, rsp_simon *minimax,
                             rsp_error *err)
{
    *optimal = *minimax = (rsp_simon){0};
    rsp_status s = rsp_design_errors(alpha, power, err);
    s = s == RSP_OK ? rsp_design_shares(p0, p1, err) : s;
    if (s == RSP_OK && (n_most < 2 || n_most > RSP_SIMON_MOST)) {
        s = rsp_fail(err, RSP_RANGE, "up to %zu participants: from 2 to %d are expected",
                     n_most, RSP_SIMON_MOST);
    }
    tables t;
    if (s != RSP_OK) {
        return s;
    }
    if (!tables_init(&t, n_most, (const double[]){p0, p1})) {
        return rsp_fail(err, RSP_NOMEM, "no memory for designs of %zu", n_most);
    }
    t.alpha = alpha;
    t.power = power;
    search(&t, n_most, optimal, minimax);
    free(t.mass[0]);
    return optimal->n ? RSP_OK
                      : rsp_fail(err, RSP_STEPS,
                                 "no two-stage design of up to %zu participants has a "
                                 "power of %g", n_most, power);
}

rsp_status rsp_simon_of(double p0, double p1, rsp_simon *d, rsp_error *err)
{
    rsp_status s = rsp_design_shares(p0, p1, err);
    if (s == RSP_OK && !(d->n1 > d->r1 && d->n > d->n1 && d->n > d->r && d->r >= d->r1 &&
                         d->n <= RSP_SIMON_MOST)) {
        s = rsp_fail(err, RSP_RANGE,
                     "%zu of %zu, then %zu of %zu: r1 < n1 < n, r1 <= r < n <= %d is "
                     "expected", d->r1, d->n1, d->r, d->n, RSP_SIMON_MOST);
    }
    tables t;
    if (s == RSP_OK && !tables_init(&t, d->n, (const double[]){p0, p1})) {
        s = rsp_fail(err, RSP_NOMEM, "no memory for a design of %zu", d->n);
    }
    if (s == RSP_OK) {
        describe(&t, d);
        free(t.mass[0]);
    }
    return s;
}
