#include <math.h>
#include <stdlib.h>

#include "respite/regression.h"
#include "stats/distributions.h"
#include "stats/spd.h"

void rsp_wald(const double *coef, const double *vcov, size_t n_x, size_t stride,
              const double *contrast, double value, double df, double level,
              rsp_contrast *out)
{
    double variance = 0;
    *out = (rsp_contrast){0, NAN, NAN, NAN, NAN, NAN};
    for (size_t i = 0; i < n_x; i++) {
        /* What has no weight may be not estimable. */
        out->estimate += contrast[i] != 0 ? contrast[i] * coef[i] : 0;
        for (size_t j = 0; j < n_x; j++) {
            double w = contrast[i] * contrast[j];
            variance += w != 0 ? w * vcov[i * stride + j] : 0;
        }
    }
    out->se = sqrt(variance);
    out->statistic = (out->estimate - value) / out->se;
    out->p = df > 0 ? rsp_stats_t_two_sided(out->statistic, df)
                    : rsp_stats_normal_two_sided(out->statistic);
    double upper = 1 - (1 - level) / 2;
    double half = out->se * (df > 0 ? rsp_stats_t_quantile(upper, df)
                                    : rsp_stats_normal_quantile(upper));
    out->low = out->estimate - half;
    out->high = out->estimate + half;
}

static void each_contrast(const double *coef, size_t n_x, const double *contrasts, size_t m,
                          double *estimate)
{
    for (size_t r = 0; r < m; r++) {
        estimate[r] = 0;
        for (size_t i = 0; i < n_x; i++) {
            estimate[r] += contrasts[r * n_x + i] * coef[i];
        }
    }
}

rsp_status rsp_wald_joint(const double *coef, const double *vcov, size_t n_x, size_t stride,
                          const double *contrasts, size_t m, rsp_joint *out, rsp_error *err)
{
    *out = (rsp_joint){NAN, NAN, 0};
    double *square = calloc(n_x * n_x + m * m + 2 * m + 1, sizeof *square);
    if (!square) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu contrasts", m);
    }
    double *spread = square + n_x * n_x, *estimate = spread + m * m, *solved = estimate + m;
    for (size_t i = 0; i < n_x * n_x; i++) {
        square[i] = vcov[i / n_x * stride + i % n_x];
    }
    rsp_spd_sandwich(contrasts, m, square, n_x, spread);
    each_contrast(coef, n_x, contrasts, m, estimate);
    each_contrast(coef, n_x, contrasts, m, solved);
    if (m > 0 && rsp_spd_factor(spread, m)) {
        rsp_spd_solve(spread, m, solved);
        out->chisq = 0;
        for (size_t r = 0; r < m; r++) {
            out->chisq += estimate[r] * solved[r];
        }
        out->df = (int)m;
        out->p = rsp_stats_chisq_upper(out->chisq, out->df);
    }
    free(square);
    return RSP_OK;
}

rsp_joint rsp_likelihood_ratio(double small, double large, int df, bool on_boundary)
{
    rsp_joint out = {2 * (large - small), NAN, df};
    /* A larger model fits no worse; what rounding leaves below 0 is 0. */
    double x = out.chisq > -1e-6 ? fmax(out.chisq, 0) : (double)NAN;
    if (on_boundary) {
        double less = df > 1 ? rsp_stats_chisq_upper(x, df - 1) : x > 0 ? 0 : 1;
        out.p = (less + rsp_stats_chisq_upper(x, df)) / 2;
    } else {
        out.p = rsp_stats_chisq_upper(x, df);
    }
    out.chisq = x;
    return out;
}
