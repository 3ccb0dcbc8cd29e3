/* Dose escalation by 3+3 (Storer 1989, Biometrics 45:925, design A with the dose chosen
 * given to six).  Arms are dose levels.  Everybody is simulated; the design then says whom
 * it came to enrol, since what happens to one participant does not depend on others. */
#include <math.h>
#include <string.h>

#include "respite/rank.h"
#include "study/analyst.h"
#include "study/work.h"

enum { COHORT = 3, MOST = 2 * COHORT };
static const double LEVEL = 0.95;

/* ---- The study file. */
static uint32_t find_toxicity(plan_reading *p, const tree *t)
{
    const uint32_t e = plan_endpoint_named(p, t, reader_text(&p->r, t, "toxicity"));
    if (reading(&p->r) && p->plan->endpoints[e].after >= 0) {
        reader_fail(&p->r, t, RSP_RANGE,
                    "a toxicity counts from a moment of its own, not from an endpoint");
    }
    return e;
}

void plan_read_escalation(plan_reading *p)
{
    static const char *const keys[] = {"toxicity", "start", NULL};
    const tree *t = tree_get(p->root, "escalation");
    plan_escalation *e = &p->plan->escalation;
    const rsp_plan_view *v = &p->plan->view;
    if (!t || (t->kind == TREE_TEXT && strcmp(t->text, "none") == 0) ||
        !reader_map(&p->r, t, "escalation", keys)) {
        return;
    }
    const tree *toxicity = reader_need(&p->r, t, "toxicity", "escalation");
    const tree *start = tree_get(t, "start");
    e->exists = toxicity != NULL;
    e->toxicity = toxicity ? find_toxicity(p, toxicity) : 0;
    e->start = start ? plan_arm_named(p, start, "start") : 0;
    if (reading(&p->r) && v->design != RSP_RANDOMISED) {
        reader_fail(&p->r, t, RSP_RANGE,
                    "a dose escalation needs design: randomised (each dose has its own people)");
    }
    for (size_t i = 0; reading(&p->r) && i < v->n_arms; i++) {
        if (v->arms[i].participants < MOST) {
            reader_fail(&p->r, t, RSP_RANGE, "arm %.60s: a dose may be given to %d participants, "
                        "the arm has %u", v->arms[i].name, (int)MOST, v->arms[i].participants);
        }
    }
}

/* ---- The design. */
typedef struct dose {
    run **runs;    /* of the trial, in order of participant */
    size_t n, next; /* next: the first not enrolled */
    size_t treated, toxic;
} dose;

/* Enrol until COHORT more were treated.  Who has no product, is screened out, or of whom
 * nothing is known because the simulation failed, is replaced while somebody is left. */
static rsp_status treat(const work *w, dose *d)
{
    rsp_status s = RSP_OK;
    for (size_t more = 0; s == RSP_OK && more < COHORT && d->next < d->n; d->next++) {
        run *r = d->runs[d->next];
        bool toxic = false;
        r->left_out = false;
        if (work_lacks_product(w, r->who, r->arm) || work_failed(r)) {
            continue;
        }
        if (r->simulate) {
            s = work_reached(w, r, w->plan->escalation.toxicity, &toxic);
        }
        more++;
        d->treated++;
        d->toxic += toxic;
    }
    return s;
}

static bool is_too_toxic(const dose *d)
{
    return d->toxic > 1;
}

/* Up while no more than one in six is harmed; the dose below one that harms more is
 * given to six, and so down. */
static rsp_status escalate(const work *w, dose *doses, size_t n_doses)
{
    size_t at = w->plan->escalation.start;
    for (;;) {
        const size_t before = doses[at].treated;
        rsp_status s = treat(w, &doses[at]);
        if (s != RSP_OK || doses[at].treated == before) { /* nobody is left */
            return s;
        }
        const bool full = doses[at].treated >= MOST;
        const bool top = at + 1 == n_doses || is_too_toxic(&doses[at + 1]);
        if (is_too_toxic(&doses[at])) {
            if (at == 0 || doses[at - 1].treated >= MOST) {
                return RSP_OK;
            }
            at--;
        } else if (!top && (full || doses[at].toxic == 0)) {
            at++;
        } else if (full) {
            return RSP_OK;
        }
    }
}

static rsp_status escalate_trial(work *w, run **runs, size_t n)
{
    const size_t n_doses = w->plan->view.n_arms;
    dose *doses = rsp_arena_alloc(w->arena, n_doses, sizeof *doses);
    for (size_t k = 0; doses && k < n_doses; k++) {
        doses[k] = (dose){.runs = rsp_arena_alloc(w->arena, n + 1, sizeof *doses[k].runs)};
        if (!doses[k].runs) {
            doses = NULL;
        }
    }
    if (!doses) {
        return rsp_fail(w->err, RSP_NOMEM, "no memory for a dose escalation");
    }
    for (size_t i = 0; i < n; i++) {
        if (runs[i]->set == WORK_MAIN) {
            dose *d = &doses[runs[i]->arm];
            d->runs[d->n++] = runs[i];
            runs[i]->left_out = true;
        }
    }
    return escalate(w, doses, n_doses);
}

rsp_status work_escalate(work *w)
{
    rsp_status s = RSP_OK;
    for (size_t from = 0, to; s == RSP_OK && from < w->n_runs; from = to) {
        for (to = from; to < w->n_runs && w->runs[to]->who->who.trial ==
                                              w->runs[from]->who->who.trial; to++) {
        }
        s = escalate_trial(w, w->runs + from, to - from);
    }
    return s;
}

/* ---- Findings, from the data set: the dose chosen is the highest that was given to six
 * of whom at most one was harmed. */
bool analyst_levels_new(rsp_analyst *a)
{
    const rsp_plan_view *v = &a->plan->view;
    if (!a->plan->escalation.exists) {
        return true;
    }
    a->levels = rsp_arena_alloc(a->arena, v->n_arms, sizeof *a->levels);
    a->lost_now = rsp_arena_alloc(a->arena, v->n_arms, sizeof *a->lost_now);
    for (size_t i = 0; a->levels && a->lost_now && i < v->n_arms; i++) {
        a->levels[i] = (rsp_dose_level){.arm = v->arms[i].name};
        a->lost_now[i] = 0;
    }
    a->findings.levels = a->levels;
    a->findings.n_levels = a->levels ? v->n_arms : 0;
    return a->levels && a->lost_now;
}

void analyst_levels_add(rsp_analyst *a, const rsp_subject *s)
{
    if (a->levels && (s->failed || s->screened_out)) { /* nobody in that place */
        a->lost_now[s->arm]++;
        a->levels[s->arm].failed += s->failed;
    }
}

/* It ended where it should: at the highest dose or below one too toxic, or with none chosen
 * since the lowest is too toxic.  Else nobody was left in the place of those who failed. */
static bool decided(const rsp_analyst *a, size_t chosen)
{
    const size_t next = chosen == SIZE_MAX ? 0 : chosen + 1;
    return next == a->findings.n_levels ||
           a->arms[next].trial[a->plan->escalation.toxicity].events > 1;
}

void analyst_levels_close(rsp_analyst *a)
{
    size_t chosen = SIZE_MAX, lost = 0;
    for (size_t i = 0; i < a->findings.n_levels; i++) {
        const rsp_km *km = &a->arms[i].trial[a->plan->escalation.toxicity];
        a->levels[i].treated += (double)km->n;
        a->levels[i].toxic += (double)km->events;
        lost += a->lost_now[i];
        a->lost_now[i] = 0;
        chosen = km->n >= MOST && km->events <= 1 ? i : chosen;
    }
    if (lost > 0 && !decided(a, chosen)) {
        a->findings.undecided++;
    } else if (chosen != SIZE_MAX) {
        a->levels[chosen].selected++;
    }
}

void analyst_levels_finish(rsp_analyst *a)
{
    const double trials = (double)a->findings.trials;
    const double settled = trials - (double)a->findings.undecided;
    for (size_t i = 0; i < a->findings.n_levels; i++) {
        rsp_dose_level *l = &a->levels[i];
        l->treated /= trials;
        l->toxic /= trials;
        l->failed /= trials;
        l->share = (rsp_interval){(double)NAN, (double)NAN, (double)NAN};
        if (settled > 0) {
            l->share.value = (double)l->selected / settled;
            rsp_wilson((double)l->selected, settled, LEVEL, &l->share.low, &l->share.high);
        }
    }
}
