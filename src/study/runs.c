#include <math.h>
#include <stdio.h>
#include <string.h>

#include "study/work.h"

/* From people to runs: actions, visits, reads and stops of each. */

static rsp_status no_memory(work *w)
{
    return rsp_fail(w->err, RSP_NOMEM, "no memory for the participants");
}

static void *room(work *w, size_t n, size_t size)
{
    return rsp_arena_alloc(w->arena, n ? n : 1, size);
}

/* ---- Actions. */
static bool plan_actions(work *w, run *r)
{
    const clinic_schedule *s = &w->plan->arms[r->arm].schedule;
    r->actions = room(w, s->n, sizeof *r->actions);
    r->planned = room(w, s->n, sizeof *r->planned);
    if (!r->actions || !r->planned) {
        return false;
    }
    for (size_t i = 0; i < s->n; i++) {
        const clinic_entry *e = &s->entries[i];
        double day = clinic_entry_day(&r->who->who, e);
        if (e->action == CLINIC_END_ACTION) {
            r->end = day < r->end ? day : r->end;
            continue;
        }
        double amount = e->is_share     ? e->amount * r->who->product[CLINIC_DOSE]
                        : e->per_weight ? e->amount * r->who->covariates[w->plan->population.weight]
                                        : e->amount;
        if (e->takes_amount && !(amount > 0)) {
            continue;
        }
        size_t at = r->n_actions++;
        for (; at > 0 && r->actions[at - 1].t > day; at--) {
            r->actions[at] = r->actions[at - 1];
            r->planned[at] = r->planned[at - 1];
        }
        r->actions[at] = (rsp_sim_action){day, e->action, amount};
        r->planned[at] = e;
    }
    while (r->n_actions && r->actions[r->n_actions - 1].t > r->end) {
        r->n_actions--;
    }
    return true;
}

double work_action_day(const run *r, uint32_t action, double from)
{
    double day = (double)INFINITY;
    for (size_t i = 0; i < r->n_actions; i++) {
        if (r->actions[i].action == action && r->actions[i].t >= from &&
            r->actions[i].t < day) {
            day = r->actions[i].t;
        }
    }
    for (size_t i = 0; i < r->n_did; i++) {
        if (r->did[i].action == action && r->did[i].day >= from && r->did[i].day < day) {
            day = r->did[i].day;
        }
    }
    return day <= r->cut ? day : (double)INFINITY;
}

/* ---- Visits. */
static bool track_room(work *w, track *t, bool tentative)
{
    size_t n = t->n * w->plan->n_assays;
    t->readings = room(w, n, sizeof *t->readings);
    t->chains = room(w, w->plan->n_assays, sizeof *t->chains);
    t->tentative = tentative ? room(w, n, sizeof *t->tentative) : NULL;
    for (size_t i = 0; t->readings && i < n; i++) {
        t->readings[i] = (clinic_reading){.state = RSP_MISSING, .value = (double)NAN,
                                          .lloq = (double)NAN, .reason = ""};
        if (t->tentative) {
            t->tentative[i] = t->readings[i];
        }
    }
    return t->readings && t->chains && (!tentative || t->tentative);
}

static bool own_visits(work *w, run *r, track *t, bool moments)
{
    const rsp_plan *plan = w->plan;
    const clinic_schedule *own = &plan->arms[r->arm].schedule;
    clinic_span span = {r->start, r->end};
    size_t most = plan->n_moments;
    for (size_t i = 0; i < plan->n_lines; i++) {
        most += clinic_line_most(&plan->lines[i], span);
    }
    t->visits = room(w, most, sizeof *t->visits);
    if (!t->visits) {
        return false;
    }
    for (size_t i = 0; i < plan->n_lines; i++) {
        t->n += clinic_line_visits(&r->who->who, &plan->lines[i], own, span,
                                   (uint8_t)i, t->visits + t->n);
    }
    t->n_by_line = t->n;
    t->by_line = room(w, t->n, sizeof *t->by_line);
    if (!t->by_line) {
        return false;
    }
    memcpy(t->by_line, t->visits, t->n * sizeof *t->visits);
    t->n = clinic_visits_sort(t->visits, t->n);
    for (uint32_t i = 0; moments && i < plan->n_moments; i++) {
        double day = clinic_moment_day(&r->who->who, &plan->moments[i], own, r->start);
        if (day >= r->start && day <= r->end) {
            uint32_t key = UINT32_C(0x80000000) | rsp_channel(plan->moments[i].text);
            t->n = clinic_visits_add_moment(t->visits, t->n, day, i, key);
        }
    }
    return true;
}

static bool main_track(work *w, run *r)
{
    track *t = r->tracks = room(w, 1, sizeof *t);
    bool tentative = false;
    if (!t || !own_visits(w, r, t, true)) {
        return false;
    }
    for (size_t a = 0; a < w->plan->n_assays; a++) {
        tentative |= w->plan->assays[a].endpoints != 0;
    }
    t->assays = ~UINT64_C(0);
    r->n_tracks = 1;
    return track_room(w, t, tentative);
}

/* The grid reads the same truth at each spacing of visits. */
static bool grid_tracks(work *w, run *r)
{
    const plan_grid *g = &w->plan->grid;
    clinic_span span = {r->start, r->end};
    const clinic_schedule *own = &w->plan->arms[r->arm].schedule;
    size_t n = g->n_every ? g->n_every : 1;
    r->tracks = room(w, n, sizeof *r->tracks);
    r->settled = room(w, n * plan_grid_thresholds(g), sizeof *r->settled);
    if (!r->settled) {
        return false;
    }
    r->n_tracks = n;
    for (size_t i = 0; r->tracks && i < n; i++) {
        track *t = &r->tracks[i];
        t->assays = w->plan->endpoints[g->endpoint].assays;
        t->everywhere = g->n_every > 0;
        if (!g->n_every) {
            if (!own_visits(w, r, t, false)) {
                return false;
            }
        } else {
            t->visits = room(w, clinic_line_most(&g->every[i], span), sizeof *t->visits);
            if (!t->visits) {
                return false;
            }
            t->n = clinic_line_visits(&r->who->who, &g->every[i], own, span, 0,
                                      t->visits);
            t->n = clinic_visits_sort(t->visits, t->n);
        }
        if (!track_room(w, t, false)) {
            return false;
        }
    }
    return r->tracks != NULL;
}

/* ---- Rules: where they may act. */
bool work_planned_at(const clinic_assay *a, const clinic_visit *v)
{
    return (v->lines && a->everywhere) || (a->lines & v->lines) ||
           (a->moments & v->moments);
}

static bool rule_may_act(const work *w, const run *r, const clinic_visit *v)
{
    for (size_t i = 0; !v->missed && i < w->plan->n_rules; i++) {
        const plan_rule *rule = &w->plan->rules[i];
        if (!(v->day > r->rule_from[i])) {
            continue;
        }
        for (size_t a = 0; a < w->plan->n_assays; a++) {
            if ((rule->assays & (UINT64_C(1) << a)) &&
                work_planned_at(&w->plan->assays[a], v)) {
                return true;
            }
        }
    }
    return false;
}

double work_from(const work *w, const run *r, const clinic_moment *m)
{
    double day = clinic_moment_day(&r->who->who, m, &w->plan->arms[r->arm].schedule,
                                   r->start);
    if (m->kind != CLINIC_AT_ACTION ||
        strncmp(w->plan->net->actions[m->entry.action].name, "stop_", 5) != 0) {
        return day <= r->end ? day : (double)NAN;
    }
    double since = m->place ? clinic_moment_event(&r->who->who, m,
                                                  &w->plan->arms[r->arm].schedule, r->start)
                            : r->start;
    double did = work_action_day(r, m->entry.action, since);
    return isfinite(did) && day <= r->end ? did + m->offset : (double)NAN;
}

static bool start_rules(work *w, run *r)
{
    const rsp_plan *plan = w->plan;
    size_t n = r->set == WORK_MAIN ? plan->n_rules : 0;
    r->watches = room(w, n, sizeof *r->watches);
    r->rule_from = room(w, n, sizeof *r->rule_from);
    r->baselines = room(w, n * plan->n_assays, sizeof *r->baselines);
    r->did = room(w, n, sizeof *r->did);
    r->did_room = n;
    if (!r->watches || !r->rule_from || !r->baselines || !r->did) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        r->watches[i] = clinic_watch_start();
        bool holds = plan->rules[i].arms >> r->arm & 1;
        r->rule_from[i] = holds ? work_from(w, r, &plan->rules[i].from) : (double)NAN;
        for (size_t a = 0; a < plan->n_assays; a++) {
            r->baselines[i * plan->n_assays + a] =
                (clinic_reading){.state = RSP_MISSING, .value = (double)NAN,
                                 .lloq = (double)NAN, .reason = ""};
        }
    }
    return true;
}

static bool add_time(double *times, size_t *n, double t)
{
    size_t at = *n;
    while (at > 0 && times[at - 1] > t) {
        at--;
    }
    if (at > 0 && times[at - 1] == t) {
        return false;
    }
    memmove(&times[at + 1], &times[at], (*n - at) * sizeof *times);
    times[at] = t;
    (*n)++;
    return true;
}

/* Adverse events are looked for on every whole day.  False: on none. */
static bool first_day(const work *w, const run *r, double *day)
{
    *day = ceil(r->start);
    return r->set == WORK_MAIN && w->plan->n_adverse > 0 && *day <= r->end;
}

static void add_days(const work *w, run *r)
{
    double day;
    size_t stop = 0;
    for (bool any = first_day(w, r, &day); any && day <= r->end; day += 1) {
        while (stop < r->n_stops && r->stops[stop] < day) {
            stop++;
        }
        if (stop == r->n_stops || r->stops[stop] > day) {
            add_time(r->reads, &r->n_reads, day);
        }
    }
}

static bool set_times(work *w, run *r)
{
    double day;
    size_t n = first_day(w, r, &day) ? (size_t)(r->end - day) + 1 : 0;
    for (size_t k = 0; k < r->n_tracks; k++) {
        n += r->tracks[k].n;
    }
    r->reads = room(w, n, sizeof *r->reads);
    r->stops = room(w, n, sizeof *r->stops);
    if (!r->reads || !r->stops) {
        return false;
    }
    for (size_t k = 0; k < r->n_tracks; k++) {
        for (size_t i = 0; i < r->tracks[k].n; i++) {
            const clinic_visit *v = &r->tracks[k].visits[i];
            if (r->set == WORK_MAIN && rule_may_act(w, r, v)) {
                add_time(r->stops, &r->n_stops, v->day);
            }
        }
    }
    for (size_t k = 0; k < r->n_tracks; k++) {
        for (size_t i = 0; i < r->tracks[k].n; i++) {
            const clinic_visit *v = &r->tracks[k].visits[i];
            bool stops = r->set == WORK_MAIN && rule_may_act(w, r, v);
            if (!v->missed && !stops) {
                add_time(r->reads, &r->n_reads, v->day);
            }
        }
    }
    add_days(w, r);
    return true;
}

static bool prepare(work *w, run *r)
{
    const rsp_plan *plan = w->plan;
    r->start = plan->start_day;
    r->end = clinic_moment_day(&r->who->who, &plan->until,
                               &plan->arms[r->arm].schedule, r->start);
    r->end = r->who->dropout_day < r->end ? r->who->dropout_day : r->end;
    r->end = r->end > r->start ? r->end : r->start;
    r->cut = (double)INFINITY;
    if (!plan_actions(w, r) || !start_rules(w, r)) { /* rules ask for actions */
        return false;
    }
    bool made = r->set == WORK_MAIN ? main_track(w, r) : grid_tracks(w, r);
    return made && set_times(w, r);
}

/* ---- The runs of a participant. */
static run *new_run(work *w, const person *who, uint32_t arm, int32_t set)
{
    run *r = room(w, 1, sizeof *r);
    if (r && RSP_GROW(&w->runs, &w->capacity, w->n_runs + 1)) {
        w->runs[w->n_runs++] = r;
        r->who = who;
        r->arm = arm;
        r->set = set;
        return r;
    }
    return NULL;
}

static bool fill_params(work *w, run *r, const rsp_param *table, const double *medians)
{
    uint32_t which = 0;
    r->params = room(w, w->plan->net->n_params, sizeof *r->params);
    r->simulate = true;
    if (r->params && !work_params(w, r->who, table, medians, r->params, &which)) {
        r->simulate = false;
        snprintf(r->reason, sizeof r->reason, "no value of %s lies within its range",
                 table[which].name);
    }
    if (r->who->none_eligible) {
        r->simulate = false;
        snprintf(r->reason, sizeof r->reason,
                 "none of %d candidates was eligible", WORK_MOST_ASKED);
    }
    return r->params != NULL;
}

static rsp_status add_main(work *w, const person *who, uint32_t arm)
{
    run *r = new_run(w, who, arm, WORK_MAIN);
    if (!r || !fill_params(w, r, w->plan->arms[arm].params, w->arm_medians[arm])) {
        return no_memory(w);
    }
    r->shown = room(w, w->plan->n_covariates, sizeof *r->shown);
    r->adverse = room(w, w->plan->n_adverse, sizeof *r->adverse);
    if (!r->shown || !r->adverse) {
        return no_memory(w);
    }
    work_shown(w, who, r->params, r->shown);
    if (who->not_made && w->plan->arms[arm].gives_product) {
        r->simulate = false; /* enrolled, never infused */
        return RSP_OK;
    }
    return !r->simulate || prepare(w, r) ? RSP_OK : no_memory(w);
}

static rsp_status add_grid(work *w, const person *who, uint32_t arm)
{
    const plan_grid *g = &w->plan->grid;
    size_t first = w->n_runs, n = rsp_sim_n_essence(w->sim);
    for (size_t s = 0; s < g->n_sets; s++) {
        size_t table = s * w->plan->view.n_arms + arm;
        run *r = new_run(w, who, arm, (int32_t)s);
        if (!r || !fill_params(w, r, g->params[table], w->grid_medians[table])) {
            return no_memory(w);
        }
        r->essence = room(w, n, sizeof *r->essence);
        if (!r->essence) {
            return no_memory(w);
        }
        rsp_sim_essence(w->sim, r->params, w->plan->start_day, r->essence);
        for (size_t i = first; i + 1 < w->n_runs && r->simulate && !r->same; i++) {
            const run *other = w->runs[i];
            if (other->simulate &&
                memcmp(other->essence, r->essence, n * sizeof *r->essence) == 0) {
                r->same = other;
            }
        }
        if (r->same) {
            r->simulate = false;
        } else if (r->simulate && !prepare(w, r)) {
            return no_memory(w);
        }
    }
    return RSP_OK;
}

static rsp_status add_runs(work *w, const person *who, uint32_t arm)
{
    rsp_status s = add_main(w, who, arm);
    bool out = who->not_made && w->plan->arms[arm].gives_product;
    return s == RSP_OK && w->plan->grid.exists && !out ? add_grid(w, who, arm) : s;
}

/* ---- A trial. */
static bool trial_medians(work *w, uint32_t trial, const rsp_param *table,
                          double **medians)
{
    const rsp_plan *plan = w->plan;
    uint32_t which = 0;
    if (!*medians) {
        *medians = room(w, plan->net->n_params, sizeof **medians);
    }
    /* Where a range leaves no room the medians stay as they are: the study's
     * reader has put each inside its range. */
    return *medians && (clinic_trial_medians(plan->view.seed, trial, table,
                                             plan->net->n_params, *medians, &which) ||
                        true);
}

bool work_start_trial(work *w, uint32_t trial)
{
    const rsp_plan *plan = w->plan;
    size_t n_arms = plan->view.n_arms, n_grid = plan->grid.exists
                                                    ? plan->grid.n_sets * n_arms : 0;
    if (!w->arm_medians) {
        w->arm_medians = room(w, n_arms, sizeof *w->arm_medians);
        w->grid_medians = room(w, n_grid, sizeof *w->grid_medians);
        w->candidate = room(w, plan->net->n_params, sizeof *w->candidate);
    }
    bool ok = w->arm_medians && w->grid_medians && w->candidate &&
              trial_medians(w, trial, plan->params, &w->base_medians);
    for (size_t a = 0; ok && a < n_arms; a++) {
        ok = trial_medians(w, trial, plan->arms[a].params, &w->arm_medians[a]);
    }
    for (size_t i = 0; ok && i < n_grid; i++) {
        ok = trial_medians(w, trial, plan->grid.params[i], &w->grid_medians[i]);
    }
    return ok;
}

uint32_t work_most_enrolled(const rsp_plan *plan)
{
    uint32_t n = plan->population.participants;
    return n ? n : PLAN_ARM_STRIDE - 1;
}

/* ---- Who comes into an arm. */
typedef struct intake {
    uint32_t filled;   /* whose product was made */
    uint32_t enrolled; /* rows */
    uint32_t out;      /* screened out since the last one enrolled */
} intake;

/* An arm without eligibility of its own enrols everybody asked.  Numbers of participants
 * end at the stride. */
static bool is_open(const rsp_plan *plan, uint32_t arm, const intake *in, uint32_t asked)
{
    const bool screens = plan->arms[arm].n_eligibility > 0;
    return in->filled < plan->view.arms[arm].participants && asked < PLAN_ARM_STRIDE - 1 &&
           (screens ? in->enrolled : asked) < work_most_enrolled(plan);
}

/* One who does not meet the arm's own eligibility is not enrolled in it.  The last of so
 * many in a row takes a place that nobody fills, and its row says so. */
static rsp_status admit(work *w, const person *who, uint32_t arm, intake *in)
{
    const rsp_plan *plan = w->plan;
    if (!work_meets_arm(w, who, arm)) {
        if (++in->out < WORK_MOST_ASKED) {
            return RSP_OK;
        }
        person *none = room(w, 1, sizeof *none);
        if (!none) {
            return no_memory(w);
        }
        *none = *who;
        none->none_eligible = true;
        who = none;
        in->out--;
    }
    const size_t first = w->n_runs;
    rsp_status s = add_runs(w, who, arm);
    if (s == RSP_OK && plan->screens) {
        w->runs[first]->shown[plan->n_covariates - 1] = in->out;
    }
    in->out = 0;
    in->enrolled++;
    in->filled += !work_lacks_product(w, who, arm);
    return s;
}

/* Arms share their people: one is in every arm that is not yet full and lets them in.  Of
 * those without a product only arms that give it know; a place that nobody eligible fills
 * is empty in all. */
static rsp_status counterfactual(work *w, uint32_t trial, intake *in)
{
    const rsp_plan *plan = w->plan;
    rsp_status s = RSP_OK;
    bool open = true;
    for (uint32_t e = 0; s == RSP_OK && open; e++) {
        person *who = NULL;
        open = false;
        for (uint32_t a = 0; s == RSP_OK && a < plan->view.n_arms; a++) {
            if (!is_open(plan, a, &in[a], e)) {
                continue;
            }
            open = true;
            if (!who) {
                who = room(w, 1, sizeof *who);
                s = who ? work_person(w, trial, e, who) : no_memory(w);
            }
            if (s == RSP_OK && (who->none_eligible || !who->not_made ||
                                plan->arms[a].gives_product)) {
                s = admit(w, who, a, &in[a]);
            }
        }
    }
    return s;
}

static rsp_status randomised(work *w, uint32_t trial, intake *in)
{
    const rsp_plan *plan = w->plan;
    rsp_status s = RSP_OK;
    for (uint32_t a = 0; a < plan->view.n_arms; a++) {
        for (uint32_t e = 0; s == RSP_OK && is_open(plan, a, &in[a], e); e++) {
            person *who = room(w, 1, sizeof *who);
            s = who ? work_person(w, trial, a * PLAN_ARM_STRIDE + e, who) : no_memory(w);
            s = s == RSP_OK ? admit(w, who, a, &in[a]) : s;
        }
    }
    return s;
}

rsp_status work_add_trial(work *w, uint32_t trial)
{
    intake *in = room(w, w->plan->view.n_arms, sizeof *in);
    if (!in || !work_start_trial(w, trial)) {
        return no_memory(w);
    }
    return w->plan->view.design == RSP_COUNTERFACTUAL ? counterfactual(w, trial, in)
                                                      : randomised(w, trial, in);
}
