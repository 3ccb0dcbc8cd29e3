/* Stopping of enrolment by a count: "3 of 10 have harmed".  Participants of one arm are
 * enrolled one after another, each known to the end before the next look; everybody is
 * simulated, and the rule then says whom the trial came to enrol, since what happens to
 * one participant does not depend on others. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "respite/rank.h"
#include "study/analyst.h"
#include "study/work.h"

static const double LEVEL = 0.95;

/* ---- The study file. */
static uint32_t find_event(plan_reading *p, const tree *t, const char *name)
{
    const uint32_t e = plan_endpoint_named(p, t, name);
    if (reading(&p->r) && p->plan->endpoints[e].after >= 0) {
        reader_fail(&p->r, t, RSP_RANGE, "stopping: %s counts from an endpoint; an event that "
                    "stops a trial counts from a moment of its own", name);
    }
    return e;
}

/* "3 of 10 have harmed" */
static void read_bound(plan_reading *p, const tree *t, plan_bound *b)
{
    const char *s = reader_text(&p->r, t, "when");
    const uint32_t enrolled = p->plan->view.arms[p->plan->stopping.arm].participants;
    char name[64] = "";
    int end = 0;
    if (!reading(&p->r)) {
        return;
    }
    /* Four digits at most; what is below zero comes as a huge number. */
    if (sscanf(s, "%4u of %4u have %63s%n", &b->count, &b->of, name, &end) != 3 || s[end] ||
        b->count > 9999 || b->of > 9999) {
        reader_fail(&p->r, t, RSP_SYNTAX, "when: '%.60s' is no stopping rule; write for example "
                    "'3 of 10 have harmed'", s);
        return;
    }
    b->event = find_event(p, t, name);
    if (reading(&p->r) && !(b->count >= 1 && b->count <= b->of && b->count <= enrolled)) {
        reader_fail(&p->r, t, RSP_RANGE, "when: %u of %u can never be; the arm has %u participant%s",
                    b->count, b->of, enrolled, enrolled == 1 ? "" : "s");
    }
}

static void read_bounds(plan_reading *p, const tree *when, plan_stopping *s)
{
    const bool several = when->kind == TREE_LIST;
    plan_bound *bounds = reader_alloc(&p->r, several ? when->n + 1 : 1, sizeof *bounds);
    s->bounds = bounds;
    for (const tree *t = several ? when->first : when; t && reading(&p->r); t = t->next) {
        read_bound(p, t, &bounds[s->n_bounds++]);
        const char *one = reader_text(&p->r, t, "when");
        s->text = s->n_bounds == 1 ? one : reader_printf(&p->r, "%s, or %s", s->text, one);
        if (!several) {
            break;
        }
    }
    if (reading(&p->r) && !s->n_bounds) {
        reader_fail(&p->r, when, RSP_RANGE, "when: there is no rule");
    }
}

void plan_read_stopping(plan_reading *p)
{
    static const char *const keys[] = {"when", "arm", "cohort", NULL};
    const tree *t = tree_get(p->root, "stopping");
    plan_stopping *s = &p->plan->stopping;
    const rsp_plan_view *v = &p->plan->view;
    if (!t || (t->kind == TREE_TEXT && strcmp(t->text, "none") == 0) ||
        !reader_map(&p->r, t, "stopping", keys)) {
        return;
    }
    const tree *when = reader_need(&p->r, t, "when", "stopping");
    const tree *arm = tree_get(t, "arm"), *cohort = tree_get(t, "cohort");
    if (reading(&p->r) && !arm && v->n_arms > 1) {
        reader_fail(&p->r, t, RSP_SYNTAX, "stopping needs 'arm': whose participants are counted");
    }
    s->arm = arm ? plan_arm_named(p, arm, "arm") : 0;
    s->cohort = cohort ? (uint32_t)reader_count(&p->r, cohort, "cohort", 1, 1000) : 1;
    if (when && reading(&p->r)) {
        read_bounds(p, when, s);
    }
    s->exists = reading(&p->r);
    if (reading(&p->r) && v->design != RSP_RANDOMISED) {
        reader_fail(&p->r, t, RSP_RANGE, "a trial that may stop needs design: randomised");
    } else if (reading(&p->r) && (p->plan->escalation.exists || tree_get(p->root, "grid"))) {
        reader_fail(&p->r, t, RSP_RANGE, "stopping goes with no escalation and no grid");
    }
}

/* ---- The design. */
/* Counts the first so many at risk, those after them no more: a bound that was met between
 * two looks is met at the next. */
static bool count(const plan_bound *b, rsp_endpoint_end end, size_t seen[2])
{
    if (seen[0] < b->of) {
        seen[0] += end != RSP_END_NOT_STARTED;
        seen[1] += end == RSP_END_EVENT;
    }
    return seen[1] >= b->count;
}

static bool takes_place(const work *w, const run *r)
{
    return !work_lacks_product(w, r->who, r->arm);
}

/* Enrol the arm in its order; how many were, which is all where no rule was met before. */
static rsp_status enrol(const work *w, run **runs, size_t n, size_t *enrolled)
{
    const plan_stopping *s = &w->plan->stopping;
    size_t *seen = rsp_arena_alloc(w->arena, 2 * s->n_bounds, sizeof *seen);
    size_t known = 0;
    rsp_status status = seen ? RSP_OK : rsp_fail(w->err, RSP_NOMEM, "no memory for a stopping rule");
    for (size_t i = 0; status == RSP_OK && i < 2 * s->n_bounds; i++) {
        seen[i] = 0;
    }
    for (*enrolled = 0; status == RSP_OK && *enrolled < n;) {
        const run *r = runs[(*enrolled)++];
        bool met = false, counts = takes_place(w, r) && r->simulate && !work_failed(r);
        known += counts;
        for (size_t k = 0; counts && status == RSP_OK && k < s->n_bounds; k++) {
            rsp_endpoint_end end = RSP_END_NOT_STARTED;
            status = work_ending(w, r, s->bounds[k].event, &end);
            met |= count(&s->bounds[k], end, &seen[2 * k]);
        }
        if (met && known % s->cohort == 0) {
            break;
        }
    }
    return status;
}

/* Participants that an arm is to have; whoever has no product is replaced. */
static size_t planned(const rsp_plan *plan, size_t arm)
{
    const uint32_t n = plan->view.arms[arm].participants, most = work_most_enrolled(plan);
    return n < most ? n : most;
}

/* Of the planned participants of every arm as large a share is enrolled by then, rounded
 * up: those whose product is not made take no place, here as in the plan, and nothing
 * hangs on how many such were to come. */
static rsp_status leave_out(const work *w, run **runs, size_t n, size_t places)
{
    const size_t whole = planned(w->plan, w->plan->stopping.arm);
    size_t *taken = rsp_arena_alloc(w->arena, w->plan->view.n_arms, sizeof *taken);
    if (!taken) {
        return rsp_fail(w->err, RSP_NOMEM, "no memory for a stopping rule");
    }
    memset(taken, 0, w->plan->view.n_arms * sizeof *taken);
    for (size_t i = 0; i < n; i++) {
        const size_t k = runs[i]->arm;
        runs[i]->left_out = taken[k] >= (planned(w->plan, k) * places + whole - 1) / whole;
        taken[k] += takes_place(w, runs[i]);
    }
    return RSP_OK;
}

static rsp_status stop_trial(const work *w, run **runs, size_t n)
{
    run **own = rsp_arena_alloc(w->arena, n + 1, sizeof *own);
    size_t of = 0, enrolled = 0, places = 0;
    if (!own) {
        return rsp_fail(w->err, RSP_NOMEM, "no memory for a stopping rule");
    }
    for (size_t i = 0; i < n; i++) {
        if (runs[i]->arm == w->plan->stopping.arm) {
            own[of++] = runs[i];
        }
    }
    rsp_status s = enrol(w, own, of, &enrolled);
    for (size_t i = 0; i < enrolled; i++) {
        places += takes_place(w, own[i]);
    }
    return s == RSP_OK && enrolled < of ? leave_out(w, runs, n, places) : s;
}

rsp_status work_stop_enrolment(work *w)
{
    rsp_status s = RSP_OK;
    for (size_t from = 0, to; s == RSP_OK && from < w->n_runs; from = to) {
        for (to = from; to < w->n_runs && w->runs[to]->who->who.trial ==
                                              w->runs[from]->who->who.trial; to++) {
        }
        s = stop_trial(w, w->runs + from, to - from);
    }
    return s;
}

/* ---- Findings, from the data set.  A rule met by the last who was to be enrolled ended
 * nothing: it was met, and enrolment did not stop. */
bool analyst_stopping_new(rsp_analyst *a)
{
    const plan_stopping *s = &a->plan->stopping;
    if (!s->exists) {
        return true;
    }
    a->stopping = rsp_arena_alloc(a->arena, 1, sizeof *a->stopping);
    a->seen_now = rsp_arena_alloc(a->arena, 2 * s->n_bounds, sizeof *a->seen_now);
    if (a->stopping && a->seen_now) {
        memset(a->seen_now, 0, 2 * s->n_bounds * sizeof *a->seen_now);
        const rsp_plan_arm *arm = &a->plan->view.arms[s->arm];
        *a->stopping = (rsp_stopping){.arm = arm->name, .rule = s->text,
                                      .planned = arm->participants};
    }
    a->findings.stopping = a->stopping;
    return a->stopping && a->seen_now;
}

void analyst_stopping_add(rsp_analyst *a, const subject_rows *s)
{
    const plan_stopping *rule = &a->plan->stopping;
    if (!a->stopping || s->subject->arm != rule->arm) {
        return;
    }
    a->asked_now++;
    a->placed_now += !s->subject->product_failed;
    for (size_t k = 0; k < rule->n_bounds; k++) {
        const char *event = a->plan->endpoints[rule->bounds[k].event].name;
        for (size_t i = 0; i < s->n_endpoints; i++) {
            if (strcmp(s->endpoints[i].endpoint, event) == 0) {
                count(&rule->bounds[k], s->endpoints[i].end, &a->seen_now[2 * k]);
            }
        }
    }
}

void analyst_stopping_close(rsp_analyst *a)
{
    const plan_stopping *s = &a->plan->stopping;
    bool met = false;
    for (size_t k = 0; a->stopping && k < s->n_bounds; k++) {
        const rsp_km *km = &a->arms[s->arm].trial[s->bounds[k].event];
        met |= a->seen_now[2 * k + 1] >= s->bounds[k].count;
        if (k == 0) {
            a->stopping->enrolled += (double)km->n;
            a->stopping->events += (double)km->events;
        }
    }
    if (a->stopping) {
        const bool more = a->placed_now < a->stopping->planned &&
                          a->asked_now < work_most_enrolled(a->plan);
        a->stopping->met += met;
        a->stopping->stopped += met && more;
        a->placed_now = a->asked_now = 0;
        memset(a->seen_now, 0, 2 * s->n_bounds * sizeof *a->seen_now);
    }
}

static rsp_interval share_of(size_t n, double trials)
{
    rsp_interval share = {.value = (double)n / trials};
    rsp_wilson((double)n, trials, LEVEL, &share.low, &share.high);
    return share;
}

void analyst_stopping_finish(rsp_analyst *a)
{
    const double trials = (double)a->findings.trials;
    rsp_stopping *s = a->stopping;
    if (s && trials > 0) {
        s->enrolled /= trials;
        s->events /= trials;
        s->share = share_of(s->stopped, trials);
        s->met_share = share_of(s->met, trials);
    }
}
