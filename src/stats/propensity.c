#include <math.h>

#include "respite/external.h"
#include "stats/standardise.h"

static double weight_of(double p, bool treated, rsp_estimand estimand,
                        double share)
{
    switch (estimand) {
    case RSP_ATE:
        return treated ? 1 / p : 1 / (1 - p);
    case RSP_ATT:
        return treated ? 1.0 : p / (1 - p);
    case RSP_ATE_STABILISED:
        return treated ? share / p : (1 - share) / (1 - p);
    }
    return NAN;
}

rsp_status rsp_propensity_weights(const double *propensity, const bool *treated,
                                  size_t n, rsp_estimand estimand,
                                  double truncate, double *weight, rsp_error *err)
{
    double share = 0.0;
    if (!(truncate >= 0 && truncate < 0.5)) {
        return rsp_fail(err, RSP_RANGE,
                        "weights truncated at the quantile %g: from 0 to below 0.5",
                        truncate);
    }
    for (size_t i = 0; i < n; i++) {
        if (!(propensity[i] > 0 && propensity[i] < 1)) {
            return rsp_fail(err, RSP_RANGE,
                            "row %zu: a propensity of %g has no weight: it must "
                            "lie between 0 and 1",
                            i + 1, propensity[i]);
        }
        share += treated[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        weight[i] = weight_of(propensity[i], treated[i], estimand, share);
    }
    if (truncate > 0 && n > 0) {
        double low = rsp_quantile_of(weight, n, truncate);
        double high = rsp_quantile_of(weight, n, 1 - truncate);
        if (isnan(low) || isnan(high)) {
            return rsp_fail(err, RSP_NOMEM, "no memory for %zu weights", n);
        }
        for (size_t i = 0; i < n; i++) {
            weight[i] = fmin(fmax(weight[i], low), high);
        }
    }
    return RSP_OK;
}

double rsp_effective_size(const double *weight, const bool *which, bool value,
                          size_t n)
{
    double sum = 0.0, squares = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (!which || which[i] == value) {
            sum += weight[i];
            squares += weight[i] * weight[i];
        }
    }
    return squares > 0 ? sum * sum / squares : (double)NAN;
}

/* Weighted mean of a column in an arm; NULL weight: 1 each. */
static double arm_mean(const double *x, size_t q, const bool *treated, bool arm,
                       const double *weight, size_t n)
{
    double sum = 0.0, all = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (treated[i] == arm) {
            double w = weight ? weight[i] : 1.0;
            sum += w * x[i * q];
            all += w;
        }
    }
    return sum / all; /* NaN for an empty arm */
}

static double arm_variance(const double *x, size_t q, const bool *treated,
                           bool arm, double mean, size_t n)
{
    double sum = 0.0, count = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (treated[i] == arm) {
            sum += (x[i * q] - mean) * (x[i * q] - mean);
            count += 1.0;
        }
    }
    return count > 1 ? sum / (count - 1) : (double)NAN;
}

rsp_status rsp_balance_of(const double *covariates, const bool *treated,
                          const double *weight, size_t n, size_t n_covariates,
                          rsp_balance *out, rsp_error *err)
{
    rsp_status s = rsp_stats_check_finite(covariates, n, n_covariates, err);
    if (s != RSP_OK) {
        return s;
    }
    for (size_t i = 0; i < n; i++) {
        if (!(weight[i] > 0 && isfinite(weight[i]))) {
            return rsp_fail(err, RSP_RANGE,
                            "row %zu: weight %g: a weight is positive and finite",
                            i + 1, weight[i]);
        }
    }
    for (size_t a = 0; a < n_covariates; a++) {
        const double *x = covariates + a;
        size_t q = n_covariates;
        double m1 = arm_mean(x, q, treated, true, NULL, n);
        double m0 = arm_mean(x, q, treated, false, NULL, n);
        double w1 = arm_mean(x, q, treated, true, weight, n);
        double w0 = arm_mean(x, q, treated, false, weight, n);
        double v1 = arm_variance(x, q, treated, true, m1, n);
        double v0 = arm_variance(x, q, treated, false, m0, n);
        double sd = sqrt((v1 + v0) / 2);
        out[a] = (rsp_balance){m1, m0, sd > 0 ? (m1 - m0) / sd : (double)NAN,
                               w1, w0, sd > 0 ? (w1 - w0) / sd : (double)NAN};
    }
    return RSP_OK;
}
