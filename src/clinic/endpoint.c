#include "clinic/endpoint.h"

#include <math.h>

enum { MOST_ASSAYS = 64 };

static void find_baseline(const clinic_samples *s, double from,
                          clinic_reading *baseline)
{
    for (size_t a = 0; a < s->n_assays; a++) {
        baseline[a] = (clinic_reading){.state = RSP_MISSING, .value = (double)NAN,
                                       .lloq = (double)NAN, .reason = ""};
    }
    for (size_t i = 0; i < s->n && s->day[i] <= from; i++) {
        for (size_t a = 0; a < s->n_assays && s->made[i]; a++) {
            const clinic_reading *r = &s->readings[i * s->n_assays + a];
            if (r->state != RSP_MISSING) {
                baseline[a] = *r;
            }
        }
    }
}

static double or_zero(double day, double from)
{
    return isnan(day) ? 0.0 : day - from;
}

static clinic_endpoint_result event(const clinic_watch *w, double from)
{
    return (clinic_endpoint_result){.end = RSP_END_EVENT, .day = w->first - from,
                                    .left = or_zero(w->before_run, from),
                                    .right = w->first - from,
                                    .reached = w->done_day};
}

static clinic_endpoint_result censored(rsp_endpoint_end end, double day,
                                       double left)
{
    return (clinic_endpoint_result){.end = end, .day = day, .left = left,
                                    .right = (double)INFINITY,
                                    .reached = (double)NAN};
}

/* A run of qualifying samples that began by the day of the restart may be
 * confirmed after it; one that begins later is the restart's. */
static bool past_restart(const clinic_watch *w, clinic_restart how, double day,
                         double restart)
{
    return how != CLINIC_RESTART_IGNORE && day > restart &&
           (!w->run || w->first > restart);
}

static clinic_endpoint_result without_event(const clinic_watch *w,
                                            clinic_restart how,
                                            const clinic_at_risk *risk)
{
    double from = risk->from;
    double left = or_zero(w->last_not, from);
    bool restarted = isfinite(risk->restart) && how != CLINIC_RESTART_IGNORE;
    if (restarted && how == CLINIC_RESTART_EVENT) {
        double day = risk->restart - from;
        return (clinic_endpoint_result){.end = RSP_END_EVENT, .day = day,
                                        .left = left < day ? left : day,
                                        .right = day, .reached = risk->restart};
    }
    if (w->run) { /* qualifying at the end, never confirmed */
        double before = or_zero(w->before_run, from);
        return censored(restarted ? RSP_END_RESTART : RSP_END_UNCONFIRMED,
                        restarted ? risk->restart - from : before, before);
    }
    if (restarted) {
        double day = risk->restart - from;
        return censored(RSP_END_RESTART, day, left < day ? left : day);
    }
    return censored(risk->lost ? RSP_END_LOST : RSP_END_STUDY, left, left);
}

clinic_endpoint_result clinic_endpoint_of(const clinic_criterion *criterion,
                                          clinic_restart restart,
                                          const clinic_samples *samples,
                                          const clinic_at_risk *risk)
{
    if (isnan(risk->from)) {
        return censored(RSP_END_NOT_STARTED, 0.0, 0.0);
    }
    RSP_ASSERT(samples->n_assays <= MOST_ASSAYS);
    clinic_reading baseline[MOST_ASSAYS];
    find_baseline(samples, risk->from, baseline);
    clinic_watch w = clinic_watch_start();
    for (size_t i = 0; i < samples->n; i++) {
        double day = samples->day[i];
        if (!samples->made[i] || day <= risk->from) {
            continue;
        }
        if (past_restart(&w, restart, day, risk->restart)) {
            break;
        }
        if (clinic_watch_feed(&w, criterion, day,
                              &samples->readings[i * samples->n_assays], baseline) &&
            (restart == CLINIC_RESTART_IGNORE || w.first <= risk->restart)) {
            return event(&w, risk->from);
        }
    }
    return without_event(&w, restart, risk);
}
