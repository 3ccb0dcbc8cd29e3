#include <math.h>
#include <string.h>

#include "study/plan.h"

/* What a design can never do: an entry of a schedule after the end of follow-up, a rule
 * or an endpoint that no sample can meet.  Days drawn for each participant count by their
 * ends, so that only what is impossible for everybody is refused. */

typedef struct days { /* the earliest and the latest, over participants */
    double low, high;
} days;

static days event_days(const rsp_plan *plan, const plan_arm *arm, const clinic_moment *m)
{
    if (m->kind == CLINIC_AT_START) {
        return (days){plan->start_day, plan->start_day};
    }
    if (m->kind == CLINIC_AT_DAY) {
        return (days){m->day, m->day};
    }
    const clinic_entry *e = clinic_schedule_entry(&arm->schedule, m->entry.action, m->place);
    e = e ? e : &m->entry;
    return (days){e->low, e->high};
}

static days moment_days(const rsp_plan *plan, const plan_arm *arm, const clinic_moment *m)
{
    days d = event_days(plan, arm, m);
    return (days){d.low + m->offset, d.high + m->offset};
}

static double least(double a, double b) { return a < b ? a : b; }
static double most(double a, double b) { return a > b ? a : b; }

static double last_day(const rsp_plan *plan, const plan_arm *arm)
{
    double end = moment_days(plan, arm, &plan->until).high;
    for (size_t i = 0; i < arm->schedule.n; i++) {
        const clinic_entry *e = &arm->schedule.entries[i];
        end = e->action == CLINIC_END_ACTION ? least(end, e->high) : end;
    }
    return most(end, plan->start_day);
}

/* ---- Samples of an assay in an arm: their first and last days, at most how many. */
typedef struct samples {
    double first, last;
    double n;
} samples;

/* The number is of those that come after the moment asked for; earlier ones are baselines. */
static void add_samples(samples *s, double first, double last, double n)
{
    s->first = least(s->first, first);
    s->last = most(s->last, last);
    s->n += n;
}

static void line_samples(const rsp_plan *plan, const plan_arm *arm, const clinic_line *line,
                         double after, samples *s)
{
    const double end = last_day(plan, arm);
    days event = event_days(plan, arm, &line->from);
    double until = !line->has_until         ? end
                   : line->until_is_moment ? moment_days(plan, arm, &line->until).high
                                           : event.high + line->until_day;
    until = least(until, end);
    double low = event.low + line->from.offset, high = event.high + line->from.offset;
    if (!(line->missed < 1)) {
        return;
    }
    if (line->every > 0 && low <= until) {
        double last = high > low ? until : low + floor((until - low) / line->every) * line->every;
        last = least(last + line->window, end);
        double n = floor((last + line->window - most(low, after)) / line->every) + 1;
        add_samples(s, low - line->window, last, last > after ? most(n, 1) : 0);
    }
    for (size_t i = 0; i < line->n_days; i++) {
        if (low + line->days[i] <= until) {
            double last = least(least(high + line->days[i], until) + line->window, end);
            add_samples(s, low + line->days[i] - line->window, last, last > after);
        }
    }
}

static samples of_assays(const rsp_plan *plan, const plan_arm *arm, uint64_t assays, double after)
{
    samples s = {(double)INFINITY, -(double)INFINITY, 0};
    for (size_t a = 0; a < plan->n_assays; a++) {
        const clinic_assay *assay = &plan->assays[a];
        if (!(assays >> a & 1)) {
            continue;
        }
        for (size_t i = 0; i < plan->n_lines; i++) {
            if (assay->everywhere || (assay->lines >> i & 1)) {
                line_samples(plan, arm, &plan->lines[i], after, &s);
            }
        }
        for (size_t i = 0; i < plan->n_moments; i++) {
            days d = moment_days(plan, arm, &plan->moments[i]);
            if ((assay->moments >> i & 1) && d.low <= last_day(plan, arm)) {
                add_samples(&s, d.low, d.high, d.high > after);
            }
        }
        for (size_t i = 0; i < plan->n_endpoints; i++) { /* on whatever day that is */
            if (assay->endpoints >> i & 1) {
                add_samples(&s, plan->start_day, last_day(plan, arm), 1);
            }
        }
    }
    return s;
}

/* ---- A criterion. */
/* The only line whose visits take the samples; NULL: there are several, or other visits. */
static const clinic_line *only_line(const rsp_plan *plan, uint64_t assays)
{
    const clinic_line *only = NULL;
    size_t lines = 0;
    for (size_t a = 0; a < plan->n_assays; a++) {
        const clinic_assay *assay = &plan->assays[a];
        for (size_t i = 0; (assays >> a & 1) && i < plan->n_lines; i++) {
            if (assay->everywhere || (assay->lines >> i & 1)) {
                lines += &plan->lines[i] != only;
                only = &plan->lines[i];
            }
        }
        lines += (assays >> a & 1) && (assay->moments || assay->endpoints) ? 2 : 0;
    }
    return lines == 1 ? only : NULL;
}

/* The least time that so many samples in a row take up; infinite where there are not so
 * many, 0 where lines may meet. */
static double least_span(const clinic_line *only, uint32_t confirmed)
{
    if (!only || confirmed < 2) {
        return 0;
    }
    double span = only->every > 0 ? (confirmed - 1) * only->every : (double)INFINITY;
    for (size_t i = 0; i + confirmed <= only->n_days; i++) {
        span = least(span, only->days[i + confirmed - 1] - only->days[i]);
    }
    return span - 2 * only->window;
}

static bool needs_baseline(const clinic_criterion *c)
{
    bool all = c->condition.n > 0;
    for (size_t i = 0; i < c->condition.n; i++) {
        const clinic_term *t = &c->condition.terms[i];
        all &= t->kind != CLINIC_OR && (t->kind != CLINIC_COMPARE || t->change != CLINIC_AS_IT_IS);
    }
    return all;
}

typedef struct possible { /* in some arm */
    double samples;    /* after `from` */
    double time;       /* from `from` to the end of follow-up */
    double end;        /* of that */
    bool baseline;
} possible;

static possible what_is_possible(const rsp_plan *plan, uint64_t assays, uint64_t arms,
                                 const clinic_moment *from)
{
    possible can = {0, -(double)INFINITY, plan->start_day, false};
    for (size_t i = 0; i < plan->view.n_arms; i++) {
        const plan_arm *arm = &plan->arms[i];
        if (!(arms >> i & 1)) {
            continue;
        }
        days day = moment_days(plan, arm, from);
        samples s = of_assays(plan, arm, assays, day.low);
        can.samples = most(can.samples, s.last > day.low ? s.n : 0);
        can.time = most(can.time, last_day(plan, arm) - day.low);
        can.end = most(can.end, last_day(plan, arm));
        can.baseline |= s.first <= day.high;
    }
    return can;
}

/* `met_else`: by a restart, which needs no confirmation. */
static void check_criterion(plan_reading *p, const tree *map, const char *key,
                            const clinic_criterion *c, uint64_t assays, uint64_t arms,
                            const clinic_moment *from, bool met_else)
{
    /* A protocol's rule may ask for more time than this follow-up has. */
    const bool lenient = met_else || strcmp(key, "when") == 0;
    const possible can = what_is_possible(p->plan, assays, arms, from);
    const clinic_line *only = only_line(p->plan, assays);
    const double span = least_span(only, c->confirmed);
    const tree *at = tree_get(map, key);
    if (!(can.samples > 0)) {
        reader_fail(&p->r, at, RSP_RANGE,
                    "'%s' can never hold: no visit after '%s', up to the end of follow-up "
                    "(day %g), takes what it reads", key, from->text, can.end);
    } else if (!lenient && can.samples < c->confirmed) {
        reader_fail(&p->r, tree_get(map, "confirmed"), RSP_RANGE,
                    "'%s' can never be confirmed: at most %g of %u samples are taken after '%s'", key,
                    can.samples, c->confirmed, from->text);
    } else if (!met_else && span > c->within_day && isinf(span)) {
        reader_fail(&p->r, tree_get(map, "confirmed"), RSP_RANGE,
                    "'%s' can never be confirmed: at most %g of %u samples are taken after '%s'", key,
                    least(can.samples, (double)only->n_days), c->confirmed, from->text);
    } else if (!met_else && span > c->within_day) {
        reader_fail(&p->r, tree_get(map, "within"), RSP_RANGE,
                    "'%s' can never be confirmed: %u samples take at least %g days, 'within' is "
                    "%g days", key, c->confirmed, span, c->within_day);
    } else if (!lenient && c->lasting_day > can.time) {
        reader_fail(&p->r, tree_get(map, "for"), RSP_RANGE,
                    "'%s' can never hold so long: from '%s' to the end of follow-up it is %g days",
                    key, from->text, can.time);
    } else if (needs_baseline(c) && !can.baseline) {
        reader_fail(&p->r, at, RSP_RANGE,
                    "'%s' has no baseline: no visit takes what it reads at or before '%s'", key,
                    from->text);
    }
}

static bool is_done(const rsp_plan *plan, uint32_t action)
{
    bool done = false;
    for (size_t i = 0; i < plan->n_rules; i++) {
        done |= plan->rules[i].action == action;
    }
    for (size_t i = 0; i < plan->view.n_arms; i++) {
        done |= clinic_schedule_entry(&plan->arms[i].schedule, action, 0) != NULL;
    }
    return done;
}

static bool restart_is_event(const rsp_plan *plan, const plan_endpoint *e)
{
    return e->restart == CLINIC_RESTART_EVENT && e->restart_action >= 0 &&
           is_done(plan, (uint32_t)e->restart_action);
}

/* ---- Schedules. */
static void check_schedule(plan_reading *p, const tree *arm_tree, const plan_arm *arm)
{
    const tree *list = tree_get(arm_tree, "schedule");
    const double end = last_day(p->plan, arm);
    for (const tree *t = list ? list->first : NULL; t && reading(&p->r); t = t->next) {
        const char *what = reader_text(&p->r, tree_get(t, "do"), "do");
        double day = plan_entry_days(p, t).low;
        if (reading(&p->r) && day > end && strcmp(what, "end") != 0) {
            reader_fail(&p->r, tree_get(t, "day"), RSP_RANGE,
                        "'%s' on day %g would never be done: the follow-up ends on day %g "
                        "(follow_up: {until: ...})", what, day, end);
        }
    }
}

void plan_check_feasible(plan_reading *p)
{
    const rsp_plan *plan = p->plan;
    const tree *list = tree_get(p->root, "arms");
    size_t i = 0;
    /* What one level of a sweep ends before, another may come to. */
    for (const tree *t = list->first; t && reading(&p->r) && !plan->sweep.exists; t = t->next) {
        check_schedule(p, t, &plan->arms[i++]);
    }
    list = tree_get(p->root, "rules");
    i = 0;
    for (const tree *t = list ? list->first : NULL; t && reading(&p->r); t = t->next, i++) {
        const plan_rule *r = &plan->rules[i];
        check_criterion(p, t, "when", &r->criterion, r->assays, r->arms, &r->from, false);
    }
    list = tree_get(p->root, "endpoints");
    i = 0;
    for (const tree *t = list ? list->first : NULL; t && reading(&p->r); t = t->next, i++) {
        const plan_endpoint *e = &plan->endpoints[i];
        const bool grid = plan->grid.exists && plan->grid.n_every && plan->grid.endpoint == i;
        if (!grid) {
            check_criterion(p, t, "event", &e->criterion, e->assays, ~UINT64_C(0), &e->from,
                            restart_is_event(plan, e));
        }
    }
}
