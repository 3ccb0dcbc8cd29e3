#include "stats/distributions.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_math.h>
#include <math.h>
#include <pthread.h>

#include "respite/stats.h"

static void silence_gsl(void)
{
    gsl_set_error_handler_off();
}

void rsp_stats_need_gsl(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, silence_gsl);
}

double rsp_stats_normal_lower(double z)
{
    return erfc(-z * M_SQRT1_2) / 2;
}

double rsp_stats_normal_two_sided(double z)
{
    return erfc(fabs(z) * M_SQRT1_2);
}

double rsp_stats_normal_quantile(double p)
{
    rsp_stats_need_gsl();
    return p >= 0 && p <= 1 ? gsl_cdf_ugaussian_Pinv(p) : (double)NAN;
}

double rsp_stats_t_lower(double t, double df)
{
    rsp_stats_need_gsl();
    return df > 0 ? gsl_cdf_tdist_P(t, df) : (double)NAN;
}

double rsp_stats_t_two_sided(double t, double df)
{
    rsp_stats_need_gsl();
    return df > 0 ? 2 * gsl_cdf_tdist_Q(fabs(t), df) : (double)NAN;
}

double rsp_stats_chisq_upper(double x, int df)
{
    rsp_stats_need_gsl();
    return df > 0 && x >= 0 ? gsl_cdf_chisq_Q(x, df) : (double)NAN;
}

double rsp_stats_t_quantile(double p, double df)
{
    rsp_stats_need_gsl();
    return df > 0 ? gsl_cdf_tdist_Pinv(p, df) : (double)NAN;
}

double rsp_stats_half_binomial_lower(double k, double n)
{
    rsp_stats_need_gsl();
    return k >= n ? 1.0 : gsl_cdf_beta_Q(0.5, k + 1.0, n - k);
}

/* gsl_cdf_beta_Pinv gives up near the ends (GSL 2.7); the function itself is
 * sound, and halving always ends. */
double rsp_stats_beta_quantile(double p, double a, double b)
{
    rsp_stats_need_gsl();
    double low = 0.0, high = 1.0;
    for (int i = 0; i < 200; i++) {
        double mid = low + (high - low) / 2;
        if (mid <= low || mid >= high) {
            break;
        }
        double at = gsl_cdf_beta_P(mid, a, b);
        if (isnan(at)) {
            return NAN;
        }
        if (at < p) {
            low = mid;
        } else {
            high = mid;
        }
    }
    return low + (high - low) / 2;
}

void rsp_clopper_pearson(double k, double n, double level, double *low,
                         double *high)
{
    *low = *high = NAN;
    if (!(n > 0 && k >= 0 && k <= n && level > 0 && level < 1 && isfinite(n))) {
        return;
    }
    double tail = (1 - level) / 2;
    *low = k > 0 ? rsp_stats_beta_quantile(tail, k, n - k + 1) : 0.0;
    *high = k < n ? rsp_stats_beta_quantile(1 - tail, k + 1, n - k) : 1.0;
}
