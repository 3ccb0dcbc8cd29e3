#include "stats/standardise.h"

#include <math.h>

bool rsp_stats_standardise(const double *x, size_t n, size_t q, double *out,
                           double *mean, double *sd)
{
    for (size_t a = 0; a < q; a++) {
        double squares = 0.0, top = 0.0;
        mean[a] = 0.0;
        for (size_t i = 0; i < n; i++) {
            mean[a] += x[i * q + a] / (double)n;
            top = fmax(top, fabs(x[i * q + a]));
        }
        for (size_t i = 0; i < n; i++) {
            double d = x[i * q + a] - mean[a];
            squares += d * d / (double)n;
        }
        sd[a] = sqrt(squares);
        if (!(sd[a] > 1e-12 * top)) {
            return false;
        }
        for (size_t i = 0; i < n; i++) {
            out[i * q + a] = (x[i * q + a] - mean[a]) / sd[a];
        }
    }
    return true;
}

rsp_status rsp_stats_check_finite(const double *x, size_t n, size_t q,
                                  rsp_error *err)
{
    for (size_t i = 0; i < n * q; i++) {
        if (!isfinite(x[i])) {
            return rsp_fail(err, RSP_RANGE,
                            "row %zu: covariate %zu is missing or infinite",
                            i / q + 1, i % q + 1);
        }
    }
    return RSP_OK;
}
