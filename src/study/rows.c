#include <math.h>
#include <stdio.h>
#include <string.h>

#include "study/work.h"

/* From runs to the rows of a data set. */

bool work_failed(const run *r)
{
    return r->reason[0] != '\0';
}

void work_cell_name(size_t cell, char out[24])
{
    snprintf(out, 24, "cell %zu", cell);
}

/* ---- Endpoints. */
static bool samples_of(const work *w, const run *r, const track *t, clinic_samples *s)
{
    double *day = rsp_arena_alloc(w->arena, t->n + 1, sizeof *day);
    bool *made = rsp_arena_alloc(w->arena, t->n + 1, sizeof *made);
    for (size_t i = 0; day && made && i < t->n; i++) {
        day[i] = t->visits[i].day;
        made[i] = !t->visits[i].missed && day[i] <= r->cut;
    }
    *s = (clinic_samples){.n = t->n, .n_assays = w->plan->n_assays, .day = day,
                          .readings = t->readings, .made = made};
    return day && made;
}

/* `reached`: the day of the endpoint that it counts from, where it does. */
static clinic_at_risk at_risk(const work *w, const run *r, const plan_endpoint *e,
                              double reached)
{
    double from = e->after >= 0 ? reached : work_from(w, r, &e->from);
    return (clinic_at_risk){
        .from = from,
        .restart = e->restart_action >= 0 && !isnan(from)
                       ? work_action_day(r, (uint32_t)e->restart_action, from)
                       : (double)INFINITY,
        .lost = r->end >= r->who->dropout_day && r->cut > r->end};
}

static rsp_endpoint_row endpoint_row(const run *r, const char *name,
                                     const clinic_endpoint_result *e, double from)
{
    return (rsp_endpoint_row){.trial = r->who->who.trial,
                              .participant = r->who->who.participant, .arm = r->arm,
                              .endpoint = name, .day = e->day, .end = e->end,
                              .left = e->left, .right = e->right, .start_day = from};
}

/* Assays that wait for an endpoint were measured at every visit; the sample of
 * the visit that reached it is the one that was taken. */
static void take_tentative(const work *w, track *t, size_t endpoint, double reached)
{
    size_t n = w->plan->n_assays;
    for (size_t i = 0; t->tentative && i < t->n; i++) {
        if (t->visits[i].day != reached || t->visits[i].missed) {
            continue;
        }
        for (size_t a = 0; a < n; a++) {
            bool waits = w->plan->assays[a].endpoints & (UINT64_C(1) << endpoint);
            if (waits && t->readings[i * n + a].state == RSP_MISSING &&
                !t->readings[i * n + a].reason[0]) {
                t->readings[i * n + a] = t->tentative[i * n + a];
            }
        }
    }
}

static rsp_status add_endpoints(const work *w, run *r, rsp_dataset_maker *out)
{
    clinic_samples samples;
    if (!samples_of(w, r, &r->tracks[0], &samples)) {
        return rsp_fail(w->err, RSP_NOMEM, "no memory for endpoints");
    }
    rsp_status s = RSP_OK;
    double day[PLAN_MOST_ENDPOINTS]; /* NaN: not reached */
    for (size_t i = 0; s == RSP_OK && i < w->plan->n_endpoints; i++) {
        const plan_endpoint *e = &w->plan->endpoints[i];
        clinic_at_risk risk =
            at_risk(w, r, e, e->after >= 0 ? day[e->after] : (double)NAN);
        clinic_endpoint_result x =
            clinic_endpoint_of(&e->criterion, e->restart, &samples, &risk);
        rsp_endpoint_row row = endpoint_row(r, e->name, &x, risk.from);
        day[i] = x.end == RSP_END_EVENT ? risk.from + x.day : (double)NAN;
        s = rsp_dataset_add_endpoint(out, &row, w->err);
        if (isfinite(x.reached)) {
            take_tentative(w, &r->tracks[0], i, x.reached);
        }
    }
    return s;
}

rsp_status work_ending(const work *w, const run *r, size_t endpoint, rsp_endpoint_end *end)
{
    const plan_endpoint *e = &w->plan->endpoints[endpoint];
    clinic_samples samples;
    if (!samples_of(w, r, &r->tracks[0], &samples)) {
        return rsp_fail(w->err, RSP_NOMEM, "no memory for endpoints");
    }
    const clinic_at_risk risk = at_risk(w, r, e, (double)NAN);
    *end = clinic_endpoint_of(&e->criterion, e->restart, &samples, &risk).end;
    return RSP_OK;
}

rsp_status work_reached(const work *w, const run *r, size_t endpoint, bool *reached)
{
    rsp_endpoint_end end = RSP_END_NOT_STARTED;
    rsp_status s = work_ending(w, r, endpoint, &end);
    *reached = s == RSP_OK && end == RSP_END_EVENT;
    return s;
}

/* ---- Happenings. */
static rsp_status happen(const work *w, const run *r, double day, const char *what,
                         double amount, const char *reason, rsp_dataset_maker *out)
{
    rsp_happening h = {.trial = r->who->who.trial,
                       .participant = r->who->who.participant, .arm = r->arm,
                       .day = day, .what = what, .amount = amount, .reason = reason};
    return day <= r->cut ? rsp_dataset_add_happening(out, &h, w->err) : RSP_OK;
}

static const char *action_words(const work *w, uint32_t action, char *out, size_t size)
{
    snprintf(out, size, "%s", w->plan->net->actions[action].name);
    for (char *c = out; *c; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
    return out;
}

static rsp_status add_actions(const work *w, const run *r, rsp_dataset_maker *out)
{
    rsp_status s = RSP_OK;
    char words[80];
    for (size_t i = 0; s == RSP_OK && i < r->n_actions; i++) {
        const rsp_action *a = &w->plan->net->actions[r->actions[i].action];
        double amount = a->takes_amount ? r->actions[i].amount / a->factor : (double)NAN;
        s = happen(w, r, r->actions[i].t,
                   action_words(w, r->actions[i].action, words, sizeof words), amount,
                   "planned", out);
    }
    for (size_t i = 0; s == RSP_OK && i < r->n_did; i++) {
        if (r->did[i].action != CLINIC_END_ACTION) {
            s = happen(w, r, r->did[i].day,
                       action_words(w, r->did[i].action, words, sizeof words),
                       (double)NAN, r->did[i].rule->text, out);
        }
    }
    return s;
}

static const char *end_reason(const run *r, double *day)
{
    *day = r->cut < r->end ? r->cut : r->end;
    if (!(r->cut < r->end)) {
        return r->end >= r->who->dropout_day ? "lost to follow-up" : "end of follow-up";
    }
    for (size_t i = 0; i < r->n_did; i++) {
        if (r->did[i].action == CLINIC_END_ACTION && r->did[i].day <= r->cut) {
            return r->did[i].rule->text;
        }
    }
    return "end of follow-up after restart";
}

/* A line missed on a day that others were made on: by name, where an assay went with it
 * (one that is not at all lines' visits is placed by their names). */
static rsp_status add_lost(const work *w, const run *r, const clinic_visit *v,
                           rsp_dataset_maker *out)
{
    rsp_status s = RSP_OK;
    for (size_t i = 0; v->lost && s == RSP_OK && i < w->plan->n_lines; i++) {
        bool lost = false;
        for (size_t a = 0; (v->lost >> i & 1) && a < w->plan->n_assays; a++) {
            const clinic_assay *assay = &w->plan->assays[a];
            lost |= (assay->lines >> i & 1) && !work_planned_at(assay, v);
        }
        if (lost) {
            s = happen(w, r, v->day, "missed visit", (double)NAN,
                       w->plan->lines[i].name, out);
        }
    }
    return s;
}

/* The visit that reported an episode: told at the first that was made from its first day
 * on, or seen at that alone which was made while it lasted.  NaN: none. */
static double reported_day(const run *r, const episode *e, bool seen)
{
    const track *t = &r->tracks[0];
    for (size_t i = 0; i < t->n && t->visits[i].day <= r->cut; i++) {
        const clinic_visit *v = &t->visits[i];
        if (!v->missed && v->day >= e->day) {
            return seen && v->day >= e->end ? (double)NAN : v->day;
        }
    }
    return (double)NAN;
}

static rsp_status add_adverse(const work *w, const run *r, size_t which, rsp_dataset_maker *out)
{
    rsp_status s = RSP_OK;
    const plan_adverse *kind = &w->plan->adverse[which];
    for (const episode *e = r->adverse[which].first; e && s == RSP_OK; e = e->next) {
        const double told = reported_day(r, e, kind->seen);
        const rsp_happening h = {
            .trial = r->who->who.trial, .participant = r->who->who.participant, .arm = r->arm,
            .day = e->day, .what = RSP_ADVERSE_EVENT, .amount = e->grade, .reason = kind->term,
            .over = isfinite(e->end), .end_day = isfinite(e->end) ? e->end : 0,
            .reported = !isnan(told), .reported_day = isnan(told) ? 0 : told};
        s = e->day <= r->cut ? rsp_dataset_add_happening(out, &h, w->err) : RSP_OK;
    }
    return s;
}

static rsp_status add_happenings(const work *w, const run *r, rsp_dataset_maker *out)
{
    rsp_status s = add_actions(w, r, out);
    const track *t = &r->tracks[0];
    for (size_t i = 0; s == RSP_OK && i < t->n; i++) {
        if (t->visits[i].missed) {
            s = happen(w, r, t->visits[i].day, "missed visit", (double)NAN, "", out);
        } else {
            s = add_lost(w, r, &t->visits[i], out);
        }
    }
    for (size_t i = 0; s == RSP_OK && i < w->plan->n_adverse; i++) {
        s = add_adverse(w, r, i, out);
    }
    double day = 0;
    const char *why = end_reason(r, &day);
    return s == RSP_OK ? happen(w, r, day, "end", (double)NAN, why, out) : s;
}

/* ---- Measurements. */
/* Of a visit of several lines an assay has the planned day of the first that plans it. */
static double planned_day(const track *t, const clinic_visit *v, const clinic_assay *assay)
{
    const clinic_visit *first = NULL;
    bool several = (v->lines & (v->lines - 1)) != 0;
    for (size_t i = 0; several && i < t->n_by_line; i++) {
        const clinic_visit *one = &t->by_line[i];
        if (one->day == v->day && !one->missed && work_planned_at(assay, one) &&
            (!first || one->lines < first->lines)) {
            first = one;
        }
    }
    return first ? first->planned : v->planned;
}

static rsp_status add_measurements(const work *w, const run *r, rsp_dataset_maker *out)
{
    rsp_status s = RSP_OK;
    const track *t = &r->tracks[0];
    size_t n = w->plan->n_assays;
    for (size_t i = 0; i < t->n && t->visits[i].day <= r->cut; i++) {
        for (size_t a = 0; s == RSP_OK && a < n; a++) {
            const clinic_reading *x = &t->readings[i * n + a];
            if (x->state == RSP_MISSING && !x->reason[0]) {
                continue; /* not planned here */
            }
            rsp_measurement m = {.trial = r->who->who.trial,
                                 .participant = r->who->who.participant,
                                 .arm = r->arm, .day = t->visits[i].day,
                                 .planned_day = planned_day(t, &t->visits[i],
                                                            &w->plan->assays[a]),
                                 .assay = w->plan->assays[a].name,
                                 .unit = w->plan->assays[a].unit, .state = x->state,
                                 .value = x->state == RSP_NUMBER ? x->value
                                                                 : (double)NAN,
                                 .lloq = x->lloq, .reason = x->reason,
                                 .uloq = x->state == RSP_ABOVE_ULOQ ? x->value : 0};
            s = rsp_dataset_add_measurement(out, &m, w->err);
        }
    }
    return s;
}

static rsp_status never_at_risk(const work *w, const run *r, rsp_dataset_maker *out)
{
    rsp_status s = RSP_OK;
    clinic_endpoint_result x = {.end = RSP_END_NOT_STARTED, .right = (double)INFINITY};
    for (size_t i = 0; s == RSP_OK && i < w->plan->n_endpoints; i++) {
        rsp_endpoint_row row =
            endpoint_row(r, w->plan->endpoints[i].name, &x, (double)NAN);
        s = rsp_dataset_add_endpoint(out, &row, w->err);
    }
    return s;
}

rsp_status work_rows(const work *w, run *r, rsp_dataset_maker *out)
{
    bool unmade = work_lacks_product(w, r->who, r->arm);
    rsp_subject subject = {.trial = r->who->who.trial,
                           .participant = r->who->who.participant, .arm = r->arm,
                           .failed = !unmade && !r->who->none_eligible && work_failed(r),
                           .product_failed = unmade,
                           .screened_out = r->who->none_eligible,
                           .reason = unmade ? r->who->not_made : r->reason,
                           .covariates = r->shown};
    rsp_status s = rsp_dataset_add_subject(out, &subject, w->err);
    if (s == RSP_OK && unmade) {
        return never_at_risk(w, r, out);
    }
    if (s != RSP_OK || work_failed(r)) {
        return s;
    }
    s = add_endpoints(w, r, out);
    s = s == RSP_OK ? add_happenings(w, r, out) : s;
    return s == RSP_OK ? add_measurements(w, r, out) : s;
}

/* ---- Grid: an endpoint row for each cell that this run's set belongs to. */
static size_t level_of(const plan_grid *g, size_t cell, size_t axis)
{
    for (size_t i = 0; i < axis; i++) {
        cell /= g->axes[i].n;
    }
    return cell % g->axes[axis].n;
}

static size_t set_of(const plan_grid *g, size_t cell)
{
    size_t set = 0, times = 1;
    for (size_t i = 0; i < g->n_axes; i++) {
        if (g->axes[i].kind == PLAN_SET) {
            set += level_of(g, cell, i) * times;
            times *= g->axes[i].n;
        }
    }
    return set;
}

/* The endpoint from one list of samples, at one level of the threshold. */
static bool cell_result(const work *w, const run *simulated, size_t k, size_t level,
                        clinic_endpoint_result *x, double *from)
{
    const plan_grid *g = &w->plan->grid;
    const plan_endpoint *e = &w->plan->endpoints[g->endpoint];
    clinic_samples samples;
    if (!samples_of(w, simulated, &simulated->tracks[k], &samples)) {
        return false;
    }
    clinic_criterion c = e->criterion;
    clinic_term term = c.condition.terms[0];
    if (g->threshold_axis != SIZE_MAX) {
        term.value = g->axes[g->threshold_axis].values[level];
        c.condition.terms = &term;
    }
    clinic_at_risk risk = at_risk(w, simulated, e, (double)NAN);
    *x = clinic_endpoint_of(&c, e->restart, &samples, &risk);
    *from = risk.from;
    return true;
}

bool work_grid_settled(work *w, run *r)
{
    size_t levels = plan_grid_thresholds(&w->plan->grid);
    bool all = true;
    for (size_t i = 0; i < r->n_tracks * levels; i++) {
        clinic_endpoint_result x;
        double from;
        if (!r->settled[i] && cell_result(w, r, i / levels, i % levels, &x, &from)) {
            r->settled[i] = x.end == RSP_END_EVENT;
        }
        all &= r->settled[i];
    }
    return all;
}

static rsp_status cell_row(const work *w, const run *r, const run *simulated,
                           size_t cell, rsp_dataset_maker *grid)
{
    const plan_grid *g = &w->plan->grid;
    size_t k = g->every_axis == SIZE_MAX ? 0 : level_of(g, cell, g->every_axis);
    size_t level = g->threshold_axis == SIZE_MAX ? 0 : level_of(g, cell, g->threshold_axis);
    clinic_endpoint_result x;
    double from;
    if (!cell_result(w, simulated, k, level, &x, &from)) {
        return rsp_fail(w->err, RSP_NOMEM, "no memory for endpoints");
    }
    char name[24];
    work_cell_name(cell, name);
    rsp_endpoint_row row = endpoint_row(r, name, &x, from);
    return rsp_dataset_add_endpoint(grid, &row, w->err);
}

rsp_status work_grid_rows(const work *w, const run *r, rsp_dataset_maker *grid)
{
    const plan_grid *g = &w->plan->grid;
    const run *simulated = r->same ? r->same : r;
    rsp_status s = RSP_OK;
    if (work_failed(simulated) || !simulated->simulate) {
        return RSP_OK;
    }
    for (size_t cell = 0; s == RSP_OK && cell < g->n_cells; cell++) {
        if (set_of(g, cell) == (size_t)r->set) {
            s = cell_row(w, r, simulated, cell, grid);
        }
    }
    return s;
}
