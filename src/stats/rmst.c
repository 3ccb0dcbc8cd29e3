#include <math.h>

#include "respite/stats.h"
#include "stats/distributions.h"
#include "stats/pooled.h"

static rsp_status check_level(double level, rsp_error *err)
{
    return level > 0 && level < 1
               ? RSP_OK
               : rsp_fail(err, RSP_RANGE,
                          "a confidence level of %g: between 0 and 1 is expected", level);
}

static bool reaches_zero(const rsp_km *km)
{
    return km->n_points > 0 && !(km->points[km->n_points - 1].s > 0);
}

static rsp_status check_tau(const rsp_km *km, double tau, rsp_error *err)
{
    if (!(tau > 0 && isfinite(tau))) {
        return rsp_fail(err, RSP_RANGE,
                        "a restricted mean to day %g: a finite number of days > 0 is expected",
                        tau);
    }
    double last = km->n_points ? km->points[km->n_points - 1].t : 0.0;
    if (!reaches_zero(km) && tau > last + rsp_pooled_tie_gap(tau, 1)) {
        return rsp_fail(err, RSP_RANGE,
                        "a restricted mean to day %g where observation ends at day %g: choose "
                        "a day up to that",
                        tau, last);
    }
    return RSP_OK;
}

/* From the right: the area of S after a time is then at hand when its events are. */
static void integrate(const rsp_km *km, double tau, double *area, double *variance)
{
    double after = 0.0, until = tau, sum = 0.0;
    for (size_t i = km->n_points; i-- > 0;) {
        const rsp_km_point *p = &km->points[i];
        if (p->t >= tau) {
            continue;
        }
        after += p->s * (until - p->t);
        until = p->t;
        double left = p->at_risk - p->events;
        sum += left > 0 ? after * after * p->events / (p->at_risk * left) : 0.0;
    }
    *area = after + until;
    *variance = sum;
}

/* Without a variance (one participant an arm, no events) there is no test. */
static rsp_contrast_estimate linear(double value, double se, double z)
{
    if (!(se > 0)) {
        return (rsp_contrast_estimate){value, NAN, NAN, NAN};
    }
    return (rsp_contrast_estimate){.value = value,
                                   .low = value - z * se,
                                   .high = value + z * se,
                                   .p = rsp_stats_normal_two_sided(value / se)};
}

/* The ratio a / b of two independent means. */
static rsp_contrast_estimate ratio_of(double a, double variance_a, double b, double variance_b,
                                      double z)
{
    if (!(a > 0 && b > 0)) {
        return (rsp_contrast_estimate){NAN, NAN, NAN, NAN};
    }
    double se = sqrt(variance_a / (a * a) + variance_b / (b * b));
    rsp_contrast_estimate e = linear(log(a / b), se, z);
    return (rsp_contrast_estimate){exp(e.value), exp(e.low), exp(e.high), e.p};
}

rsp_status rsp_km_rmst(const rsp_km *km, double tau, double level, rsp_rmst *out, rsp_error *err)
{
    rsp_status s = check_level(level, err);
    s = s == RSP_OK ? check_tau(km, tau, err) : s;
    if (s != RSP_OK) {
        return s;
    }
    double area, variance, z = rsp_stats_normal_quantile(0.5 + level / 2);
    integrate(km, tau, &area, &variance);
    double se = sqrt(variance);
    *out = (rsp_rmst){area, se, area - z * se, area + z * se};
    return RSP_OK;
}

rsp_status rsp_rmst_compare(const rsp_km *control, const rsp_km *treated, double tau, double level,
                            rsp_rmst_contrast *out, rsp_error *err)
{
    rsp_rmst_contrast got;
    rsp_status s = rsp_km_rmst(control, tau, level, &got.control, err);
    if (s != RSP_OK) {
        return rsp_fail_in(err, "control");
    }
    s = rsp_km_rmst(treated, tau, level, &got.treated, err);
    if (s != RSP_OK) {
        return rsp_fail_in(err, "treated");
    }
    double a = got.treated.value, va = got.treated.se * got.treated.se;
    double b = got.control.value, vb = got.control.se * got.control.se;
    double z = rsp_stats_normal_quantile(0.5 + level / 2);
    got.difference = linear(a - b, sqrt(va + vb), z);
    got.ratio = ratio_of(a, va, b, vb, z);
    got.lost_ratio = ratio_of(tau - a, va, tau - b, vb, z);
    *out = got;
    return RSP_OK;
}

double rsp_rmst_largest_tau(const rsp_km *const *curves, size_t n_curves)
{
    double limit = INFINITY, last = -INFINITY;
    for (size_t i = 0; i < n_curves; i++) {
        const rsp_km *km = curves[i];
        double end = km->n_points ? km->points[km->n_points - 1].t : (double)NAN;
        limit = km->n_points && !reaches_zero(km) ? fmin(limit, end) : limit;
        last = fmax(last, end);
    }
    limit = isfinite(limit) ? limit : last;
    return isfinite(limit) ? limit : (double)NAN;
}
