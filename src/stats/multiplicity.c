#include <math.h>
#include <stdlib.h>

#include "stats/rank_scores.h"

typedef struct ordered {
    double p;
    size_t index;
} ordered;

static int by_p(const void *a, const void *b)
{
    const ordered *x = a, *y = b;
    int order = (x->p > y->p) - (x->p < y->p);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* Step down: each at least as large as those of smaller p. */
static void step_down(ordered *t, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, fmin(1, (double)(n - i) * t[i].p));
        t[i].p = most;
    }
}

/* Step up: each at most as large as those of larger p.  `by_rank`: times scale / rank
 * (false discovery rate), else times the number of tests not yet passed. */
static void step_up(ordered *t, size_t n, bool by_rank, double scale)
{
    double least = 1;
    for (size_t i = n; i-- > 0;) {
        double times = by_rank ? scale * (double)n / (double)(i + 1) : (double)(n - i);
        least = fmin(least, times * t[i].p);
        t[i].p = least;
    }
}

static double simes(const ordered *t, size_t first, size_t m)
{
    double least = INFINITY;
    for (size_t k = 0; k < m; k++) {
        least = fmin(least, (double)m * t[first + k].p / (double)(k + 1));
    }
    return least;
}

/* Closed testing with Simes' test (Hommel 1988; the algorithm of Wright 1992):
 * over sets of m tests, the worst that holds test i is i with the m - 1 largest
 * others, or, for i among those, the m largest. */
static void hommel(ordered *t, size_t n, double *adjusted)
{
    double all = simes(t, 0, n);
    for (size_t i = 0; i < n; i++) {
        adjusted[i] = fmax(t[i].p, all);
    }
    for (size_t m = n; m-- > 2;) {
        size_t first = n - m; /* of the m largest */
        double rest = INFINITY; /* Simes over the m - 1 largest, in places 2 .. m */
        for (size_t k = 1; k < m; k++) {
            rest = fmin(rest, (double)m * t[first + k].p / (double)(k + 1));
        }
        double largest = fmin(rest, (double)m * t[first].p);
        for (size_t i = 0; i < n; i++) {
            double c = i > first ? largest : fmin(rest, (double)m * t[i].p);
            adjusted[i] = fmax(adjusted[i], c);
        }
    }
    for (size_t i = 0; i < n; i++) {
        t[i].p = fmin(1, adjusted[i]);
    }
}

static double harmonic(size_t n)
{
    double sum = 0;
    for (size_t i = n; i > 0; i--) {
        sum += 1 / (double)i;
    }
    return sum;
}

static void adjust(rsp_multiplicity how, ordered *t, size_t n, double *scratch)
{
    switch (how) {
    case RSP_ADJUST_NONE:
        break;
    case RSP_ADJUST_BONFERRONI:
        for (size_t i = 0; i < n; i++) {
            t[i].p = fmin(1, (double)n * t[i].p);
        }
        break;
    case RSP_ADJUST_HOLM:
        step_down(t, n);
        break;
    case RSP_ADJUST_HOCHBERG:
        step_up(t, n, false, 1);
        break;
    case RSP_ADJUST_HOMMEL:
        hommel(t, n, scratch);
        break;
    case RSP_ADJUST_BH:
        step_up(t, n, true, 1);
        break;
    case RSP_ADJUST_BY:
        step_up(t, n, true, harmonic(n));
        break;
    }
}

rsp_status rsp_adjust(rsp_multiplicity how, const double *p, size_t n, double *out,
                      rsp_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!isnan(p[i]) && !(p[i] >= 0 && p[i] <= 1)) {
            return rsp_fail(err, RSP_RANGE, "p value %zu is %g: 0 to 1 is expected", i + 1,
                            p[i]);
        }
    }
    ordered *t = calloc(n + 1, sizeof *t);
    double *scratch = calloc(n + 1, sizeof *scratch);
    if (!t || !scratch) {
        free(t);
        free(scratch);
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu p values", n);
    }
    size_t tests = 0;
    for (size_t i = 0; i < n; i++) {
        out[i] = p[i];
        if (!isnan(p[i])) {
            t[tests++] = (ordered){p[i], i};
        }
    }
    qsort(t, tests, sizeof *t, by_p);
    if (tests > 0) {
        adjust(how, t, tests, scratch);
    }
    for (size_t i = 0; i < tests; i++) {
        out[t[i].index] = t[i].p;
    }
    free(t);
    free(scratch);
    return RSP_OK;
}
