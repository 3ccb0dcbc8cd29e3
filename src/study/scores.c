#include <math.h>
#include <string.h>

#include "study/analyst.h"

/* The scoreboard: one figure a trial, then its interval over trials. */

/* ---- Participants' values. */
static double when_day(const rsp_analyst *a, const subject_rows *s, const plan_when *w,
                       const char *assay)
{
    switch (w->kind) {
    case PLAN_WHEN_DAY:
        return w->day;
    case PLAN_WHEN_HAPPENING:
        return subject_happened(s, w->what) + w->day;
    case PLAN_WHEN_ENDPOINT:
        for (size_t i = 0; i < s->n_endpoints; i++) {
            const rsp_endpoint_row *e = &s->endpoints[i];
            if (e->end == RSP_END_EVENT &&
                strcmp(e->endpoint, a->plan->endpoints[w->endpoint].name) == 0) {
                return e->start_day + e->day;
            }
        }
        return (double)NAN;
    case PLAN_WHEN_END:
        return (double)INFINITY;
    case PLAN_WHEN_START:
        for (size_t i = 0; i < s->n_measurements; i++) {
            if (strcmp(s->measurements[i].assay, assay) == 0) {
                return s->measurements[i].day + w->day;
            }
        }
        return (double)NAN;
    }
    return (double)NAN;
}

/* The last sample at or before a day. */
static const rsp_measurement *sample_at(const subject_rows *s, const char *assay,
                                        double day)
{
    const rsp_measurement *last = NULL;
    for (size_t i = 0; i < s->n_measurements; i++) {
        const rsp_measurement *m = &s->measurements[i];
        if (m->day <= day && m->state != RSP_MISSING && strcmp(m->assay, assay) == 0) {
            last = m;
        }
    }
    return last;
}

/* Below the lower limit half of it, above the upper limit that limit. */
static double number_of(const rsp_measurement *m)
{
    return m->state == RSP_NUMBER       ? m->value
           : m->state == RSP_ABOVE_ULOQ ? m->uloq
           : isnan(m->lloq)             ? 0.0
                                        : 0.5 * m->lloq;
}

static bool is_above(const rsp_measurement *m, double above)
{
    return m->state == RSP_ABOVE_ULOQ || number_of(m) > above;
}

/* Beyond a limit of the sample on the near side of what is asked for. */
static bool is_unknown(const rsp_measurement *m, double above)
{
    const bool below = m->state == RSP_NOT_DETECTED || m->state == RSP_BELOW_LLOQ;
    return m->state == RSP_MISSING || (m->state == RSP_ABOVE_ULOQ && !(m->uloq >= above)) ||
           (below && m->lloq > above);
}

/* The highest sample after `from`, up to a day. */
static const rsp_measurement *highest(const subject_rows *s, const char *assay,
                                      const rsp_measurement *from, double day)
{
    const rsp_measurement *top = NULL;
    for (size_t i = 0; from && i < s->n_measurements; i++) {
        const rsp_measurement *m = &s->measurements[i];
        bool counts = m->day > from->day && m->day <= day && m->state != RSP_MISSING &&
                      strcmp(m->assay, assay) == 0;
        top = counts && (!top || number_of(m) > number_of(top)) ? m : top;
    }
    return top;
}

/* Each sample stands for half the time to its neighbours. */
static double days_above(const subject_rows *s, const char *assay, double above)
{
    const rsp_measurement *last = NULL;
    double days = (double)NAN;
    for (size_t i = 0; i < s->n_measurements; i++) {
        const rsp_measurement *m = &s->measurements[i];
        if (is_unknown(m, above) || strcmp(m->assay, assay) != 0) {
            continue;
        }
        int sides = is_above(m, above) + (last && is_above(last, above));
        days = last ? days + 0.5 * sides * (m->day - last->day) : 0;
        last = m;
    }
    return days;
}

static void count_limits(rsp_limited *limited, bool beyond)
{
    limited->values++;
    limited->beyond += beyond;
}

double analyst_person_value(const rsp_analyst *a, const plan_score *score,
                            const subject_rows *s, rsp_limited *limited)
{
    const char *assay = a->plan->assays[score->assay].name;
    if (score->statistic == PLAN_DAYS_ABOVE) { /* knows what a limit tells */
        return days_above(s, assay, score->above);
    }
    const rsp_measurement *to =
        sample_at(s, assay, when_day(a, s, &score->to, assay));
    if (score->statistic == PLAN_LEVEL || score->statistic == PLAN_MEAN_LEVEL) {
        if (to) {
            count_limits(limited, to->state != RSP_NUMBER);
        }
        return to ? number_of(to) : (double)NAN;
    }
    const rsp_measurement *from =
        sample_at(s, assay, when_day(a, s, &score->from, assay));
    if (score->statistic == PLAN_RISE) {
        to = highest(s, assay, from, when_day(a, s, &score->to, assay));
    }
    if (!to || !from || to->day <= from->day) {
        return (double)NAN;
    }
    double before = number_of(from), after = number_of(to);
    if (!(before > 0 && after > 0)) {
        return (double)NAN;
    }
    count_limits(limited, from->state != RSP_NUMBER || to->state != RSP_NUMBER);
    return log10(after / before);
}

/* A participant's value for a score; NaN: none. */
static double person_value(const rsp_analyst *a, const plan_score *score,
                           const subject_rows *s, rsp_limited *limited)
{
    if (score->statistic == PLAN_MADE) {
        return s->subject->screened_out ? (double)NAN : s->subject->product_failed ? 0 : 1;
    }
    bool counts = plan_of_assay(score->statistic) && rsp_subject_has_course(s->subject);
    return counts ? analyst_person_value(a, score, s, limited) : (double)NAN;
}

rsp_status analyst_people_add(rsp_analyst *a, const subject_rows *s, rsp_error *err)
{
    rsp_status status = RSP_OK;
    size_t n = a->plan->n_scores;
    for (size_t i = 0; status == RSP_OK && i < n; i++) {
        const plan_score *score = &a->plan->scores[i];
        uint32_t arm = s->subject->arm;
        bool other = score->differs && arm == score->against;
        if ((arm == score->arm || other) && plan_of_limits(score->statistic)) {
            status = analyst_limits_add(a, score, s, &a->people[other ? n + i : i], err);
        } else if (arm == score->arm || other) {
            double v = person_value(a, score, s, &a->score_limits[i]);
            status = isnan(v) ? RSP_OK : series_add(&a->people[other ? n + i : i], v, err);
        }
    }
    return status;
}

/* ---- A trial's figure. */
static double quantile(const rsp_km *km, double p)
{
    if (!(km->n > 0)) {
        return (double)NAN;
    }
    double v = rsp_km_quantile(km, p).value;
    return isfinite(v) ? v : (double)INFINITY;
}

/* Beyond every number where somebody had none. */
static double last_event(const rsp_km *km)
{
    if (!(km->n > 0) || km->events < km->n) {
        return km->n > 0 ? (double)INFINITY : (double)NAN;
    }
    double day = (double)NAN;
    for (size_t i = 0; i < km->n_points; i++) {
        day = km->points[i].events > 0 ? km->points[i].t : day;
    }
    return day;
}

static double arm_value(rsp_analyst *a, const plan_score *score, uint32_t arm,
                        series *people)
{
    if (score->statistic == PLAN_MADE) { /* of those enrolled */
        return series_mean(people);
    }
    const rsp_km *km = &a->arms[arm].trial[score->endpoint];
    double free_of;
    switch (score->statistic) {
    case PLAN_MEDIAN:
        return quantile(km, 0.5);
    case PLAN_QUARTILE1:
        return quantile(km, 0.25);
    case PLAN_QUARTILE3:
        return quantile(km, 0.75);
    case PLAN_EVENT_FREE:
    case PLAN_BY:
        free_of = km->n > 0 ? rsp_km_at(km, score->day).s : (double)NAN;
        return score->statistic == PLAN_BY ? 1.0 - free_of : free_of;
    case PLAN_WAIT: /* an exponential law's third quartile less its first is ln 3 means */
        return (quantile(km, 0.75) - quantile(km, 0.25)) / log(3.0);
    case PLAN_LAST:
        return last_event(km);
    case PLAN_RECRUDESCENCE:
    case PLAN_VARYING:
    case PLAN_FOUNDERS:
        break; /* of limits */
    case PLAN_SHARE:
        return km->n > 0 ? km->events / km->n : (double)NAN;
    case PLAN_CHANGE:
    case PLAN_LEVEL:
        return series_median(people);
    case PLAN_MEAN_CHANGE:
    case PLAN_RISE:
    case PLAN_DAYS_ABOVE:
    case PLAN_MEAN_LEVEL:
    case PLAN_MADE:
        return series_mean(people);
    }
    return (double)NAN;
}

static rsp_status figure_of(rsp_analyst *a, size_t i, uint32_t arm, series *people, double *v,
                            rsp_error *err)
{
    const plan_score *score = &a->plan->scores[i];
    if (plan_of_limits(score->statistic)) {
        return analyst_limits_value(score, people, v, err);
    }
    *v = arm_value(a, score, arm, people);
    return RSP_OK;
}

/* Two figures that are not reached do not differ by a number. */
static rsp_status trial_value(rsp_analyst *a, size_t i, double *v, rsp_error *err)
{
    const plan_score *score = &a->plan->scores[i];
    size_t n = a->plan->n_scores;
    double other = 0;
    rsp_status s = figure_of(a, i, score->arm, &a->people[i], v, err);
    if (s == RSP_OK && score->differs) {
        s = figure_of(a, i, score->against, &a->people[n + i], &other, err);
    }
    *v -= other;
    return s;
}

rsp_status analyst_scores_close(rsp_analyst *a, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < a->plan->n_scores; i++) {
        double v = (double)NAN;
        s = trial_value(a, i, &v, err);
        s = s == RSP_OK ? series_add(&a->scores[i], v, err) : s;
        a->people[i].n = a->people[a->plan->n_scores + i].n = 0;
    }
    return s;
}

/* ---- The board. */
static bool agrees(const plan_score *score, const rsp_interval *v)
{
    if (strcmp(score->published_text, "increase") == 0) {
        return v->low >= 0 && v->value > 0;
    }
    if (strcmp(score->published_text, "decrease") == 0) {
        return v->high <= 0 && v->value < 0;
    }
    /* A figure not reached in most trials lies beyond every number. */
    double low = v->low, high = isnan(v->high) ? (double)INFINITY : v->high;
    if (isnan(low)) {
        return false;
    }
    if (isnan(score->published)) {
        return v->value >= score->low && v->value <= score->high;
    }
    return score->published >= low && score->published <= high;
}

rsp_status analyst_scores_finish(rsp_analyst *a, rsp_error *err)
{
    const rsp_plan *plan = a->plan;
    rsp_score_row *rows = rsp_arena_alloc(a->arena, plan->n_scores + 1, sizeof *rows);
    if (!rows) {
        return rsp_fail(err, RSP_NOMEM, "no memory for the scoreboard");
    }
    for (size_t i = 0; i < plan->n_scores; i++) {
        const plan_score *s = &plan->scores[i];
        rsp_interval v;
        bool decided = series_spread(&a->scores[i], &v);
        v = (rsp_interval){v.value / s->factor, v.low / s->factor, v.high / s->factor};
        rows[i] = (rsp_score_row){
            .study = s->study, .quantity = s->quantity,
            .published_text = s->published_text, .unit = s->unit, .use = s->use,
            .note = s->note, .source = s->source, .published = s->published,
            .published_low = s->low, .published_high = s->high, .simulated = v.value,
            .low = v.low, .high = v.high, .inside = decided && agrees(s, &v),
            .undecided = !decided, .limited = a->score_limits[i]};
    }
    a->findings.scores = rows;
    a->findings.n_scores = plan->n_scores;
    return RSP_OK;
}
