#include <math.h>
#include <stdlib.h>

#include "stats/association.h"
#include "stats/distributions.h"
#include "stats/rank_scores.h"

typedef struct question {
    const double *x, *y;
    size_t n;
    rsp_null null;
    rsp_alternative alternative;
    double level;
} question;

static double p_of(rsp_tails t, rsp_alternative alternative)
{
    return alternative == RSP_LESS      ? t.lower
           : alternative == RSP_GREATER ? t.upper
                                        : fmin(1, 2 * fmin(t.lower, t.upper));
}

static double product_moment(const double *x, const double *y, size_t n)
{
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        mx += x[i] / (double)n;
        my += y[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    return fmax(-1, fmin(1, xy / sqrt(xx) / sqrt(yy)));
}

static rsp_tails t_tails(double r, size_t n, double *t)
{
    double df = (double)n - 2;
    *t = r * sqrt(df / ((1 - r) * (1 + r)));
    return (rsp_tails){rsp_stats_t_lower(*t, df), rsp_stats_t_lower(-*t, df)};
}

/* Fisher's z, on the side that the test asks for. */
static void interval(const question *q, double variance, rsp_correlation *out)
{
    double sides = q->alternative == RSP_TWO_SIDED ? 2 : 1;
    double half = rsp_stats_normal_quantile(1 - (1 - q->level) / sides) * sqrt(variance);
    if (!(variance > 0 && isfinite(variance))) {
        out->reason = "too few values for an interval";
        return;
    }
    out->low = q->alternative == RSP_LESS ? -1 : tanh(atanh(out->r) - half);
    out->high = q->alternative == RSP_GREATER ? 1 : tanh(atanh(out->r) + half);
}

static rsp_status pearson(const question *q, rsp_correlation *out, rsp_error *err)
{
    (void)err;
    out->r = product_moment(q->x, q->y, q->n);
    out->p = p_of(t_tails(out->r, q->n, &out->statistic), q->alternative);
    out->how = "Student's t";
    interval(q, 1 / ((double)q->n - 3), out);
    return RSP_OK;
}

static void spearman_of_ranks(const question *q, const int64_t *a, const int64_t *b,
                              rsp_correlation *out)
{
    double n = (double)q->n, most = n * (n * n - 1), xy = 0, xx = 0, yy = 0, t;
    for (size_t i = 0; i < q->n; i++) { /* whole numbers: exact to n = 1e5 */
        double u = (double)a[i] - (n + 1), v = (double)b[i] - (n + 1);
        xy += u * v;
        xx += u * u;
        yy += v * v;
    }
    out->r = fmax(-1, fmin(1, xy / sqrt(xx) / sqrt(yy)));
    out->statistic = most * (1 - out->r) / 6;
    rsp_tails p = t_tails(out->r, q->n, &t);
    bool as_t = q->null == RSP_NULL_NORMAL || q->null == RSP_NULL_NORMAL_CORRECTED;
    out->exact = !as_t && q->n <= RSP_SPEARMAN_EXACT;
    out->how = out->tied ? "Student's t of the midranks of ties" : "Student's t of the ranks";
    if (out->exact) {
        p = rsp_spearman_exact(a, b, q->n);
        out->how = out->tied ? "all permutations, exactly, given the ties"
                             : "all permutations, exactly";
    } else if (!as_t && !out->tied && q->n <= RSP_SPEARMAN_SERIES) {
        p = rsp_spearman_series(out->statistic, q->n);
        out->how = "Edgeworth's series (Best and Roberts 1975)";
    }
    out->p = p_of(p, q->alternative);
    interval(q, (1 + out->r * out->r / 2) / (n - 3), out);
}

static rsp_status spearman(const question *q, rsp_correlation *out, rsp_error *err)
{
    int64_t *rank = calloc(2 * q->n, sizeof *rank);
    double tx = 0, ty = 0;
    if (!rank || !rsp_rank_twice(q->x, q->n, rank, &tx) ||
        !rsp_rank_twice(q->y, q->n, rank + q->n, &ty)) {
        free(rank);
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu ranks", q->n);
    }
    out->tied = tx > 0 || ty > 0;
    spearman_of_ranks(q, rank, rank + q->n, out);
    free(rank);
    return RSP_OK;
}

static rsp_tails kendall_normal(const question *q, double s, double variance, double *z)
{
    double by = q->null == RSP_NULL_NORMAL_CORRECTED ? 1 : 0;
    double sign = (s > 0) - (s < 0);
    *z = sign * fmax(fabs(s) - by, 0) / sqrt(variance);
    return (rsp_tails){rsp_stats_normal_lower(*z), rsp_stats_normal_lower(-*z)};
}

static rsp_status kendall(const question *q, rsp_correlation *out, rsp_error *err)
{
    rsp_kendall k;
    if (!rsp_kendall_count(q->x, q->y, q->n, &k)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu values", q->n);
    }
    double n = (double)q->n, all = n * (n - 1) / 2;
    out->tied = k.ties_x > 0 || k.ties_y > 0;
    out->r = (k.concordant - k.discordant) / sqrt(all - k.ties_x) / sqrt(all - k.ties_y);
    out->r = fmax(-1, fmin(1, out->r));
    bool as_normal = q->null == RSP_NULL_NORMAL || q->null == RSP_NULL_NORMAL_CORRECTED;
    out->exact = !as_normal && !out->tied && q->n < RSP_KENDALL_EXACT;
    rsp_tails p;
    if (out->exact) {
        p = rsp_kendall_exact(k.discordant, q->n);
        out->how = "all permutations, exactly";
        out->statistic = k.concordant;
    } else {
        p = kendall_normal(q, k.concordant - k.discordant, k.variance, &out->statistic);
        out->how = out->tied ? "the normal law with its variance given the ties"
                             : "the normal law";
    }
    out->p = p_of(p, q->alternative);
    interval(q, 0.437 / (n - 4), out);
    return RSP_OK;
}

static bool constant(const double *x, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (x[i] != x[0]) {
            return false;
        }
    }
    return true;
}

rsp_status rsp_correlate(rsp_correlation_kind kind, const double *x, const double *y,
                         size_t n, rsp_null null, rsp_alternative alternative, double level,
                         rsp_correlation *out, rsp_error *err)
{
    static rsp_status (*const of_kind[])(const question *, rsp_correlation *,
                                         rsp_error *) = {pearson, spearman, kendall};
    *out = (rsp_correlation){NAN, NAN, NAN, NAN, NAN, false, false, "", ""};
    rsp_status s = rsp_rank_level(&level, err);
    s = s == RSP_OK ? rsp_rank_check(x, n, "first variable, value", err) : s;
    s = s == RSP_OK ? rsp_rank_check(y, n, "second variable, value", err) : s;
    if (s != RSP_OK) {
        return s;
    }
    if (n < 3 || constant(x, n) || constant(y, n)) {
        out->reason = n < 3 ? "fewer than three values" : "a variable that does not vary";
        return RSP_OK;
    }
    question q = {x, y, n, null, alternative, level};
    return of_kind[kind](&q, out, err);
}
