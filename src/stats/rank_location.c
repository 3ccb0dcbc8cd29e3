#include "stats/rank_location.h"

#include <math.h>

#include "stats/distributions.h"

static const char TOO_FEW[] = "too few values for an interval of the level asked";
static const double WORK_AUTO = 5e7, WORK_MOST = 2e9;

rsp_status rsp_rank_resolve(const rsp_rank_options *given, rsp_rank_options *out,
                            rsp_error *err)
{
    *out = given ? *given : (rsp_rank_options){0};
    if (!isfinite(out->shift)) {
        return rsp_fail(err, RSP_RANGE, "a shift of %g: a finite number is expected",
                        out->shift);
    }
    return rsp_rank_level(&out->level, err);
}

void rsp_rank_nothing(rsp_rank_result *out)
{
    *out = (rsp_rank_result){.statistic = NAN, .z = NAN, .p = NAN, .estimate = NAN,
                             .low = NAN, .high = NAN, .level = NAN, .reason = ""};
}

rsp_status rsp_rank_choose(rsp_null null, double work, bool *exact, rsp_error *err)
{
    *exact = null == RSP_NULL_EXACT || (null == RSP_NULL_AUTO && work <= WORK_AUTO);
    if (*exact && work > WORK_MOST) {
        return rsp_fail(err, RSP_RANGE,
                        "too many values for an exact rank test: ask for the normal one");
    }
    return RSP_OK;
}

double rsp_rank_exact_p(const rsp_rank_null *null, int64_t t, rsp_alternative alternative)
{
    return alternative == RSP_LESS      ? rsp_rank_null_lower(null, t)
           : alternative == RSP_GREATER ? rsp_rank_null_upper(null, t)
                                        : rsp_rank_null_far(null, t);
}

void rsp_rank_normal_p(rsp_rank_result *out, const rsp_rank_moments *m,
                       const rsp_rank_options *o)
{
    double off = out->statistic - m->mean;
    if (!(m->variance > 0)) {
        return;
    }
    if (!out->exact && o->null != RSP_NULL_NORMAL) {
        double sign = (off > 0) - (off < 0);
        off -= 0.5 * (o->alternative == RSP_LESS      ? -1
                      : o->alternative == RSP_GREATER ? 1
                                                      : sign);
    }
    out->z = off / sqrt(m->variance);
    if (!out->exact) {
        out->p = o->alternative == RSP_LESS      ? rsp_stats_normal_lower(out->z)
                 : o->alternative == RSP_GREATER ? rsp_stats_normal_lower(-out->z)
                                                 : rsp_stats_normal_two_sided(out->z);
    }
}

/* Ends at the k-th smallest and the k-th largest; one of them where the test is
 * one-sided. */
static void set_ends(rsp_rank_result *out, const rsp_pairs *pairs, double k,
                     rsp_alternative alternative)
{
    double n = rsp_pairs_count(pairs);
    k = fmin(fmax(k, 1), n);
    out->low = alternative == RSP_LESS ? -(double)INFINITY : rsp_pairs_kth(pairs, k);
    out->high = alternative == RSP_GREATER ? (double)INFINITY
                                           : rsp_pairs_kth(pairs, n + 1 - k);
}

void rsp_rank_exact_interval(rsp_rank_result *out, const rsp_pairs *pairs,
                             const rsp_rank_null *untied, const rsp_rank_options *o)
{
    double sides = o->alternative == RSP_TWO_SIDED ? 2 : 1;
    size_t k = rsp_rank_null_quantile(untied, (1 - o->level) / sides);
    if (k == 0) {
        k = 1;
        out->reason = TOO_FEW;
    }
    double outside = 0;
    for (size_t i = 0; i < k; i++) {
        outside += untied->mass[i];
    }
    out->level = 1 - sides * outside;
    set_ends(out, pairs, (double)k, o->alternative);
}

void rsp_rank_normal_interval(rsp_rank_result *out, const rsp_pairs *pairs,
                              const rsp_rank_moments *m, const rsp_rank_options *o)
{
    double sides = o->alternative == RSP_TWO_SIDED ? 2 : 1;
    double z = rsp_stats_normal_quantile(1 - (1 - o->level) / sides);
    double correction = o->null == RSP_NULL_NORMAL ? 0 : 0.5;
    double c = m->mean + correction + z * sqrt(m->variance);
    /* Below the k-th pair the statistic is at least count + 1 - k, above it at
     * most count - k: the k where that passes c. */
    double k = floor(rsp_pairs_count(pairs) - c) + 1;
    out->level = o->level;
    if (k < 1) {
        out->level = NAN;
        out->reason = TOO_FEW;
    }
    set_ends(out, pairs, k, o->alternative);
}
