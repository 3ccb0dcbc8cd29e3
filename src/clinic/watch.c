#include "clinic/watch.h"

#include <math.h>

#include "respite/num.h"

clinic_watch clinic_watch_start(void)
{
    double nan = (double)NAN;
    return (clinic_watch){.first = nan, .last_not = nan, .before_run = nan,
                          .last = nan, .last_value = nan, .done_day = nan};
}

static bool fell(const clinic_watch *w, const clinic_criterion *c, double value)
{
    if (!(c->fall > 0) || !w->run || !(value > 0) || !(w->last_value > 0)) {
        return false;
    }
    double drop = rsp_log(w->last_value / value) * 0.43429448190325182765;
    return drop >= c->fall;
}

static void begin_run(clinic_watch *w, double day)
{
    w->run = 1;
    w->first = w->days[0] = day;
    w->before_run = w->last_not;
}

/* Room for one more: of the samples before the last CLINIC_MOST_CONFIRMED every second one goes, the
 * first stays, since from it a condition lasts. */
static void thin_run(clinic_watch *w)
{
    uint32_t n = 1;
    for (uint32_t i = 2; i < CLINIC_WATCH_RUN; i += i < CLINIC_WATCH_RUN - CLINIC_MOST_CONFIRMED ? 2 : 1) {
        w->days[n++] = w->days[i];
    }
    w->run = n;
}

/* One more.  Samples too long ago leave the run from its front. */
static void lengthen_run(clinic_watch *w, const clinic_criterion *c, double day)
{
    uint32_t gone = 0;
    if (!isfinite(c->within_day)) {
        w->run++;
        return;
    }
    while (gone < w->run && day - w->days[gone] > c->within_day) {
        gone++;
    }
    w->run -= gone;
    for (uint32_t i = 0; gone && i < w->run; i++) {
        w->days[i] = w->days[i + gone];
    }
    if (w->run == CLINIC_WATCH_RUN) {
        thin_run(w);
    }
    w->days[w->run++] = day;
    w->first = w->days[0];
}

bool clinic_watch_feed(clinic_watch *w, const clinic_criterion *c, double day,
                       const clinic_reading *now, const clinic_reading *baseline)
{
    clinic_truth truth = clinic_condition_holds(&c->condition, now, baseline);
    if (w->done || truth == CLINIC_UNKNOWN) {
        return false;
    }
    double value = clinic_reading_number(&now[c->condition.terms[0].source]);
    w->last = day;
    if (truth == CLINIC_NO) {
        w->run = 0;
        w->last_not = day;
    } else if (!w->run || fell(w, c, value)) {
        begin_run(w, day);
    } else {
        lengthen_run(w, c, day);
    }
    w->last_value = value;
    w->done = truth == CLINIC_YES && w->run >= c->confirmed &&
              day - w->first >= c->lasting_day;
    w->done_day = w->done ? day : w->done_day;
    return w->done;
}
