#include <math.h>

#include "respite/design.h"
#include "stats/design_checks.h"
#include "stats/distributions.h"

rsp_status rsp_design_errors(double alpha, double power, rsp_error *err)
{
    if (!(alpha > 0 && alpha < power && power < 1)) {
        return rsp_fail(err, RSP_RANGE,
                        "a type-I error of %g and a power of %g: 0 < error < power < 1 is "
                        "expected", alpha, power);
    }
    return RSP_OK;
}

rsp_status rsp_design_shares(double p0, double p1, rsp_error *err)
{
    if (!(p0 >= 0 && p0 < p1 && p1 <= 1)) {
        return rsp_fail(err, RSP_RANGE,
                        "shares of %g and %g: 0 <= first < second <= 1 is expected", p0, p1);
    }
    return RSP_OK;
}

static rsp_status check_ratio(double hazard_ratio, double share, rsp_error *err)
{
    if (!(hazard_ratio > 0 && isfinite(hazard_ratio)) || hazard_ratio == 1) {
        return rsp_fail(err, RSP_RANGE,
                        "a hazard ratio of %g: above 0 and other than 1 is expected",
                        hazard_ratio);
    }
    if (!(share > 0 && share < 1)) {
        return rsp_fail(err, RSP_RANGE,
                        "a share of %g in one arm: between 0 and 1 is expected", share);
    }
    return RSP_OK;
}

rsp_status rsp_schoenfeld_events(double hazard_ratio, double alpha, double power,
                                 double share, double *events, rsp_error *err)
{
    *events = NAN;
    rsp_status s = rsp_design_errors(alpha, power, err);
    s = s == RSP_OK ? check_ratio(hazard_ratio, share, err) : s;
    if (s == RSP_OK) {
        double z = rsp_stats_normal_quantile(1 - alpha / 2) + rsp_stats_normal_quantile(power);
        double theta = log(hazard_ratio);
        *events = z * z / (share * (1 - share) * theta * theta);
    }
    return s;
}

rsp_status rsp_schoenfeld_power(double hazard_ratio, double alpha, double events,
                                double share, double *power, rsp_error *err)
{
    *power = NAN;
    rsp_status s = check_ratio(hazard_ratio, share, err);
    if (s != RSP_OK) {
        return s;
    }
    if (!(alpha > 0 && alpha < 1 && events >= 0 && isfinite(events))) {
        return rsp_fail(err, RSP_RANGE,
                        "a type-I error of %g and %g events: an error between 0 and 1 and "
                        "at least 0 events are expected", alpha, events);
    }
    double drift = fabs(log(hazard_ratio)) * sqrt(share * (1 - share) * events);
    *power = rsp_stats_normal_lower(drift - rsp_stats_normal_quantile(1 - alpha / 2));
    return RSP_OK;
}

/* P(event before dropout and before the end) of one who enters uniformly in accrual. */
static double p_event(double hazard, const rsp_survival_plan *plan)
{
    double leave = hazard + plan->dropout_hazard;
    double a = leave * plan->accrual;
    double spread = a > 0 ? -expm1(-a) / a : 1;
    return hazard / leave * (1 - exp(-leave * plan->follow_up) * spread);
}

rsp_status rsp_survival_sample(const rsp_survival_plan *plan, rsp_survival_size *out,
                               rsp_error *err)
{
    *out = (rsp_survival_size){NAN, NAN, NAN, NAN, NAN};
    rsp_status s = rsp_schoenfeld_events(plan->hazard_ratio, plan->alpha, plan->power,
                                         plan->share, &out->events, err);
    if (s != RSP_OK) {
        return s;
    }
    if (!(plan->control_median > 0 && plan->accrual >= 0 && plan->follow_up >= 0 &&
          plan->accrual + plan->follow_up > 0 && plan->dropout_hazard >= 0 &&
          isfinite(plan->control_median + plan->accrual + plan->follow_up +
                   plan->dropout_hazard))) {
        out->events = NAN;
        return rsp_fail(err, RSP_RANGE,
                        "a median of %g, accrual over %g, follow-up of %g and a dropout "
                        "hazard of %g: a median and some follow-up above 0 are expected, "
                        "and nothing negative", plan->control_median, plan->accrual,
                        plan->follow_up, plan->dropout_hazard);
    }
    double hazard = log(2) / plan->control_median;
    out->p_control = p_event(hazard, plan);
    out->p_treated = p_event(hazard * plan->hazard_ratio, plan);
    out->p_event = (1 - plan->share) * out->p_control + plan->share * out->p_treated;
    out->participants = out->events / out->p_event;
    return RSP_OK;
}
