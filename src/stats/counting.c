#include "stats/counting.h"

#include <gsl/gsl_sf_gamma.h>
#include <math.h>

#include "respite/num.h"
#include "stats/distributions.h"

bool rsp_stats_is_count(double x)
{
    return x >= 0 && x <= 0x1p53 && x == floor(x);
}

double rsp_stats_poisson_lower(double k, double mean)
{
    if (!(k >= 0)) {
        return k < 0 ? 0.0 : (double)NAN;
    }
    rsp_stats_need_gsl();
    return mean == 0 ? 1.0 : gsl_sf_gamma_inc_Q(floor(k) + 1.0, mean);
}

double rsp_stats_poisson_mean(double k, double p)
{
    if (!(k >= 0 && p > 0 && p < 1)) {
        return NAN;
    }
    double low = 0.0, high = k + 1.0;
    while (rsp_stats_poisson_lower(k, high) > p) {
        low = high;
        high *= 2;
    }
    for (int i = 0; i < 200; i++) {
        double mid = low + (high - low) / 2;
        if (mid <= low || mid >= high) {
            break;
        }
        if (rsp_stats_poisson_lower(k, mid) > p) {
            low = mid;
        } else {
            high = mid;
        }
    }
    return low + (high - low) / 2;
}

double rsp_stats_chisq_of(double x, double df)
{
    rsp_stats_need_gsl();
    return df > 0 && x >= 0 ? gsl_sf_gamma_inc_Q(df / 2, x / 2) : (double)NAN;
}

double rsp_stats_z_of_level(double level)
{
    return rsp_normal_quantile(0.5 + level / 2);
}
