#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study/analyst.h"

/* Outcomes by participant, kept for the sweep and for what they hinge on. */

/* A study without a sweep keeps this many a arm: enough to rank parameters by. */
enum { MOST_WITHOUT_SWEEP = 4000 };

rsp_status analyst_outcomes_new(rsp_analyst *a, rsp_error *err)
{
    const rsp_plan *plan = a->plan;
    a->outcomes = plan->sweep.outcomes;
    a->n_outcomes = plan->sweep.n_outcomes;
    if (!plan->sweep.exists && plan->n_endpoints) { /* the first endpoint's day */
        plan_outcome *first = rsp_arena_alloc(a->arena, 1, sizeof *first);
        if (first) {
            *first = (plan_outcome){.score = {.statistic = PLAN_MEDIAN, .factor = 1,
                                              .unit = "day"},
                                    .text = plan->endpoints[0].name,
                                    .label = plan->view.endpoints[0].label};
        }
        a->outcomes = first;
        a->n_outcomes = first != NULL;
    }
    a->rows = rsp_arena_alloc(a->arena, a->n_outcomes * plan->view.n_arms + 1,
                              sizeof *a->rows);
    a->outcome_limits = rsp_arena_alloc(a->arena, a->n_outcomes + 1, sizeof *a->outcome_limits);
    return a->rows && a->outcome_limits ? RSP_OK : rsp_fail(err, RSP_NOMEM, "no memory for the outcomes");
}

void analyst_outcomes_free(rsp_analyst *a)
{
    for (size_t i = 0; a->rows && i < a->n_outcomes * a->plan->view.n_arms; i++) {
        free(a->rows[i].x);
    }
}

static bool fill(const rsp_analyst *a, size_t outcome, const subject_rows *s, outcome_row *row)
{
    const plan_score *score = &a->outcomes[outcome].score;
    if (plan_of_assay(score->statistic)) {
        row->value = analyst_person_value(a, score, s, &a->outcome_limits[outcome]);
        row->day = (double)NAN;
        return !isnan(row->value);
    }
    const char *name = a->plan->endpoints[score->endpoint].name;
    for (size_t i = 0; i < s->n_endpoints; i++) {
        const rsp_endpoint_row *e = &s->endpoints[i];
        if (strcmp(e->endpoint, name) == 0 && e->end != RSP_END_NOT_STARTED) {
            row->day = e->day;
            row->event = e->end == RSP_END_EVENT;
            row->whole = row->event || e->end == RSP_END_STUDY;
            row->value = (double)NAN;
            return true;
        }
    }
    return false;
}

rsp_status analyst_outcomes_add(rsp_analyst *a, const subject_rows *s, rsp_error *err)
{
    if (!rsp_subject_has_course(s->subject)) {
        return RSP_OK;
    }
    for (size_t i = 0; i < a->n_outcomes; i++) {
        outcome_rows *rows = &a->rows[i * a->plan->view.n_arms + s->subject->arm];
        outcome_row row = {.trial = s->subject->trial,
                           .participant = s->subject->participant};
        bool enough = !a->plan->sweep.exists && rows->n >= MOST_WITHOUT_SWEEP;
        if (enough || !fill(a, i, s, &row)) {
            continue;
        }
        if (!RSP_GROW(&rows->x, &rows->capacity, rows->n + 1)) {
            return rsp_fail(err, RSP_NOMEM, "no memory for the outcomes");
        }
        rows->x[rows->n++] = row;
    }
    return RSP_OK;
}

double analyst_outcome_of(const plan_score *score, const outcome_row *row)
{
    double free_of;
    switch (score->statistic) {
    case PLAN_MEDIAN:
    case PLAN_QUARTILE1:
    case PLAN_QUARTILE3: /* later than every event: not within the follow-up */
        return row->event ? row->day : row->whole ? (double)INFINITY : (double)NAN;
    case PLAN_EVENT_FREE:
    case PLAN_BY:
        free_of = row->event && row->day <= score->day ? 0
                  : row->event || row->day >= score->day ? 1
                                                         : (double)NAN;
        return score->statistic == PLAN_BY ? 1 - free_of : free_of;
    case PLAN_SHARE:
        return row->event;
    case PLAN_CHANGE:
    case PLAN_LEVEL:
    case PLAN_MEAN_CHANGE:
    case PLAN_RISE:
    case PLAN_DAYS_ABOVE:
    case PLAN_MEAN_LEVEL:
        return row->value;
    case PLAN_WAIT:
    case PLAN_LAST:
    case PLAN_RECRUDESCENCE:
    case PLAN_VARYING:
    case PLAN_FOUNDERS:
    case PLAN_MADE: /* of scoreboards alone */
        break;
    }
    return (double)NAN;
}
