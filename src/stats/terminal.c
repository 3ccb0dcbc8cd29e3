#include "stats/terminal.h"

#include <math.h>

enum { LEAST_POINTS = 3 };
static const double AS_GOOD = 1e-4; /* of adjusted R^2 */

static rsp_terminal regress(const double *day, const double *value, size_t n)
{
    double count = (double)n, mean_t = 0.0, mean_y = 0.0;
    for (size_t i = 0; i < n; i++) {
        mean_t += day[i] / count;
        mean_y += log(value[i]) / count;
    }
    double tt = 0.0, ty = 0.0, yy = 0.0;
    for (size_t i = 0; i < n; i++) {
        double t = day[i] - mean_t, y = log(value[i]) - mean_y;
        tt += t * t;
        ty += t * y;
        yy += y * y;
    }
    double slope = ty / tt, r2 = yy > 0 ? ty * slope / yy : 0.0;
    return (rsp_terminal){.rate_per_day = -slope,
                          .half_life_day = log(2) / -slope,
                          .r2_adjusted = 1 - (1 - r2) * (count - 1) / (count - 2),
                          .intercept = mean_y - slope * mean_t,
                          .n_points = n,
                          .from_day = day[0],
                          .to_day = day[n - 1]};
}

rsp_terminal rsp_terminal_of(const double *day, const double *value, size_t n)
{
    rsp_terminal none = {.reason = RSP_KINETIC_FEW_POINTS, .rate_per_day = NAN,
                         .half_life_day = NAN, .r2_adjusted = NAN, .intercept = NAN,
                         .from_day = NAN, .to_day = NAN};
    if (n < LEAST_POINTS) {
        return none;
    }
    double best = -INFINITY;
    for (size_t k = LEAST_POINTS; k <= n; k++) {
        rsp_terminal t = regress(day + n - k, value + n - k, k);
        best = t.rate_per_day > 0 ? fmax(best, t.r2_adjusted) : best;
    }
    for (size_t k = n; k >= LEAST_POINTS; k--) {
        rsp_terminal t = regress(day + n - k, value + n - k, k);
        if (t.rate_per_day > 0 && t.r2_adjusted >= best - AS_GOOD) {
            return t;
        }
    }
    none.reason = RSP_KINETIC_NO_DECLINE;
    return none;
}
