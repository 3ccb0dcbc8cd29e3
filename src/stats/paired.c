#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "respite/stats.h"
#include "stats/distributions.h"
#include "stats/pooled.h"

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile_of_sorted(const double *x, size_t n, double p)
{
    if (n == 0 || !(p >= 0 && p <= 1)) {
        return NAN;
    }
    double at = (double)(n - 1) * p, i = floor(at), h = at - i;
    double low = x[(size_t)i];
    double high = (size_t)i + 1 < n ? x[(size_t)i + 1] : low;
    /* Not low + h * (high - low) where that is inf - inf or 0 * inf. */
    return h == 0 || low == high ? low : low + h * (high - low);
}

double rsp_quantile_of(const double *x, size_t n, double p)
{
    double *copy = n && n <= SIZE_MAX / sizeof *copy ? malloc(n * sizeof *copy)
                                                     : NULL;
    if (!copy) {
        return NAN;
    }
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isnan(x[i])) {
            copy[kept++] = x[i];
        }
    }
    qsort(copy, kept, sizeof *copy, by_value);
    double q = quantile_of_sorted(copy, kept, p);
    free(copy);
    return q;
}

typedef enum order { EARLIER, EQUAL, LATER, UNDECIDED } order;

/* A censored day says: later than this. */
static order compare(const rsp_pair *p)
{
    double gap = rsp_pooled_tie_gap(fmax(p->control, p->treated), 1);
    double difference = p->treated - p->control;
    bool same = fabs(difference) <= gap;
    if (p->control_event && p->treated_event) {
        return same ? EQUAL : difference > 0 ? LATER : EARLIER;
    }
    if (p->control_event && (same || difference > 0)) {
        return LATER;
    }
    if (p->treated_event && (same || difference < 0)) {
        return EARLIER;
    }
    return UNDECIDED;
}

static void describe_differences(double *x, rsp_paired *out)
{
    size_t n = out->both;
    if (n == 0) {
        return;
    }
    double sum = 0.0, squares = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    out->mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        squares += (x[i] - out->mean) * (x[i] - out->mean);
    }
    if (n > 1) {
        double df = (double)n - 1;
        double half = rsp_stats_t_quantile(0.975, df) *
                      sqrt(squares / df / (double)n);
        out->mean_low = out->mean - half;
        out->mean_high = out->mean + half;
    }
    qsort(x, n, sizeof *x, by_value);
    out->median = quantile_of_sorted(x, n, 0.5);
}

static void describe_signs(rsp_paired *out)
{
    double later = (double)out->later, earlier = (double)out->earlier;
    double decided = later + earlier + (double)out->equal;
    if (decided > 0) {
        out->share_later = later / decided;
        rsp_clopper_pearson(later, decided, 0.95, &out->share_later_low,
                            &out->share_later_high);
    }
    if (later + earlier > 0) {
        double tail = rsp_stats_half_binomial_lower(fmin(later, earlier),
                                                    later + earlier);
        out->sign_p = fmin(1.0, 2 * tail);
    }
}

rsp_status rsp_paired_contrast(const rsp_pair *pairs, size_t n, rsp_paired *out,
                               rsp_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!(isfinite(pairs[i].control) && isfinite(pairs[i].treated))) {
            return rsp_fail(err, RSP_RANGE,
                            "pair %zu: days %g and %g: finite days are expected",
                            i + 1, pairs[i].control, pairs[i].treated);
        }
    }
    double *differences = calloc(n + 1, sizeof *differences);
    if (!differences) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu pairs", n);
    }
    *out = (rsp_paired){.n = n,
                        .mean = NAN,
                        .mean_low = NAN,
                        .mean_high = NAN,
                        .median = NAN,
                        .share_later = NAN,
                        .share_later_low = NAN,
                        .share_later_high = NAN,
                        .sign_p = NAN};
    size_t count[4] = {0};
    for (size_t i = 0; i < n; i++) {
        count[compare(&pairs[i])]++;
        if (pairs[i].control_event && pairs[i].treated_event) {
            differences[out->both++] = pairs[i].treated - pairs[i].control;
        }
    }
    out->earlier = count[EARLIER];
    out->equal = count[EQUAL];
    out->later = count[LATER];
    out->undecided = count[UNDECIDED];
    describe_differences(differences, out);
    describe_signs(out);
    free(differences);
    return RSP_OK;
}
