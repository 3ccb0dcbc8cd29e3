#include <math.h>

#include "respite/stats.h"
#include "stats/pooled.h"

rsp_status rsp_landmark_rows(const double *time, const bool *event, size_t n, double day,
                             bool *keep, double *from, rsp_landmark *out, rsp_error *err)
{
    if (!(day >= 0 && isfinite(day))) {
        return rsp_fail(err, RSP_RANGE, "a landmark at day %g: a finite day >= 0 is expected",
                        day);
    }
    for (size_t i = 0; i < n; i++) {
        if (!(time[i] >= 0 && isfinite(time[i]))) {
            return rsp_fail(err, RSP_RANGE,
                            "row %zu: the time is %g: a finite number of days >= 0 is expected",
                            i + 1, time[i]);
        }
    }
    *out = (rsp_landmark){0};
    double gap = rsp_pooled_tie_gap(day, 1);
    for (size_t i = 0; i < n; i++) {
        keep[i] = time[i] > day + gap;
        from[i] = keep[i] ? time[i] - day : (double)NAN;
        out->at_risk += keep[i];
        out->events_before += !keep[i] && event[i];
        out->censored_before += !keep[i] && !event[i];
    }
    return RSP_OK;
}
