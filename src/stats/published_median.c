#include <math.h>

#include "stats/published.h"

/* P(X >= k) of n people, the share Beta(n0 s + 1/2, n0 (1 - s) + 1/2).  From one
 * term to the next: differences of log gammas would lose digits to a large n0. */
static double at_least(double k, double n, double n0, double s)
{
    double a = n0 * s + 0.5, b = n0 * (1 - s) + 0.5, log_p = 0.0, sum = 0.0;
    for (double i = 0; i < n; i++) { /* P(X = 0) */
        log_p += log((b + i) / (a + b + i));
    }
    for (double x = 0; x <= n; x++) {
        sum += x >= k ? exp(log_p) : 0.0;
        log_p += log((n - x) / (x + 1) * (a + x) / (b + n - x - 1));
    }
    return fmin(sum, 1.0);
}

rsp_status rsp_published_compare_median(const rsp_published *published, size_t n,
                                        double median, rsp_published_median *out,
                                        rsp_error *err)
{
    *out = (rsp_published_median){NAN, NAN, NAN, NAN, NAN, NAN, NAN, false};
    rsp_status s = rsp_published_check(published, err);
    if (s != RSP_OK) {
        return s;
    }
    if (n < 1 || n > 1000000 || !(median > 0 && isfinite(median))) {
        return rsp_fail(err, RSP_RANGE,
                        "an arm of %zu people with a median of day %g: it takes "
                        "1 to 1000000 people and a day above 0",
                        n, median);
    }
    bool beyond;
    double share = exp(-rsp_published_hazard(published, median, NULL, &beyond));
    double above = 1.0, below = 0.0; /* published shares on either side */
    for (size_t k = published->n_points; k-- > 0;) {
        if (published->points[k].t >= median) {
            below = published->points[k].share;
        }
    }
    for (size_t k = 0; k < published->n_points; k++) {
        if (published->points[k].t <= median) {
            above = published->points[k].share;
        }
    }
    double m = (double)n, n0 = published->n;
    double half = floor((m + 1) / 2), more = floor(m / 2) + 1; /* equal if odd */
    out->share = share;
    out->extrapolated = beyond;
    out->later = at_least(half, m, n0, share);
    out->later_low = at_least(more, m, n0, share);
    out->later_bound = above < 1 ? at_least(half, m, n0, above) : 1.0;
    /* The median is m or earlier unless more than half are beyond it. */
    out->earlier = at_least(half, m, n0, 1 - share);
    out->earlier_low = at_least(more, m, n0, 1 - share);
    out->earlier_bound = below > 0 ? at_least(half, m, n0, 1 - below) : 1.0;
    return RSP_OK;
}
