#include <math.h>

#include "respite/external.h"
#include "stats/counting.h"
#include "stats/distributions.h"

double rsp_exponential_hazard(double median, double t)
{
    return median > 0 && t >= 0 ? log(2.0) * t / median : (double)NAN;
}

double rsp_weibull_hazard(double shape, double scale, double t)
{
    return shape > 0 && scale > 0 && t >= 0 ? pow(t / scale, shape) : (double)NAN;
}

rsp_status rsp_one_sample_logrank(const double *cumulative_hazard,
                                  const bool *event, size_t n,
                                  rsp_one_sample *out, rsp_error *err)
{
    *out = (rsp_one_sample){.n = (double)n, .z = NAN, .p = NAN, .z_wu = NAN,
                            .p_wu = NAN, .smr = NAN, .smr_low = NAN,
                            .smr_high = NAN, .reason = ""};
    for (size_t i = 0; i < n; i++) {
        if (!(cumulative_hazard[i] >= 0 && isfinite(cumulative_hazard[i]))) {
            return rsp_fail(err, RSP_RANGE,
                            "row %zu: cumulative hazard %g of the reference: it "
                            "must be finite and not negative",
                            i + 1, cumulative_hazard[i]);
        }
        out->observed += event[i];
        out->expected += cumulative_hazard[i];
    }
    double O = out->observed, E = out->expected;
    if (!(E > 0)) {
        out->reason = "no events are expected: nobody was followed, or the "
                      "reference has no hazard so early";
        return RSP_OK;
    }
    out->z = (O - E) / sqrt(E);
    out->z_wu = (O - E) / sqrt((O + E) / 2);
    out->p = rsp_stats_normal_two_sided(out->z);
    out->p_wu = rsp_stats_normal_two_sided(out->z_wu);
    out->smr = O / E;
    out->smr_low = O > 0 ? rsp_stats_poisson_mean(O - 1, 0.975) / E : 0.0;
    out->smr_high = rsp_stats_poisson_mean(O, 0.025) / E;
    return RSP_OK;
}
