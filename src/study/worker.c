#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/work.h"

/* The client of the solvers: hands out runs, measures at visits, lets rules
 * act.  Nothing here depends on which lane a run is in, or when. */

struct rsp_worker {
    const rsp_plan *plan;
    rsp_sim *sim;
    double *derived;
};

typedef struct session { /* one worker at some work */
    const rsp_plan *plan;
    work *shared;        /* whose runs it takes */
    work own;            /* the same, with what this worker alone may write */
    const rsp_work_hooks *hooks;
} session;

/* A run is one worker's from here on. */
static int next_run(void *ctx, rsp_sim_job *job)
{
    session *s = ctx;
    for (;;) {
        size_t next = atomic_fetch_add_explicit(&s->shared->next, 1, memory_order_relaxed);
        if (next >= s->own.n_runs) {
            return 0;
        }
        run *r = s->own.runs[s->own.order[next]];
        if (!r->simulate) {
            continue;
        }
        *job = (rsp_sim_job){.tag = r, .trial = r->who->who.trial,
                             .participant = r->who->who.participant,
                             .params = r->params, .t0 = r->start, .t1 = r->end,
                             .actions = r->actions, .n_actions = r->n_actions,
                             .reads = r->reads, .n_reads = r->n_reads,
                             .stops = r->stops, .n_stops = r->n_stops};
        return 1;
    }
}

/* ---- Measuring. */
static void measure_visit(const session *s, run *r, track *t, size_t i,
                          const double *observed)
{
    const rsp_plan *plan = s->plan;
    const clinic_visit *v = &t->visits[i];
    clinic_sample sample = {.seed = plan->view.seed, .trial = r->who->who.trial,
                            .participant = r->who->who.participant, .visit = v->key,
                            .day = v->day};
    for (size_t a = 0; a < plan->n_assays; a++) {
        const clinic_assay *assay = &plan->assays[a];
        bool planned = t->everywhere || work_planned_at(assay, v);
        if (!(t->assays & (UINT64_C(1) << a)) || (!planned && !assay->endpoints)) {
            continue;
        }
        clinic_reading x =
            clinic_assay_measure(assay, &sample, observed, &t->chains[a]);
        if (planned) {
            t->readings[i * plan->n_assays + a] = x;
        } else if (t->tentative) {
            t->tentative[i * plan->n_assays + a] = x;
        }
    }
}

static void remember_baselines(const session *s, run *r, const track *t, size_t i)
{
    size_t n = s->plan->n_assays;
    for (size_t k = 0; r->set == WORK_MAIN && k < s->plan->n_rules; k++) {
        if (!(t->visits[i].day <= r->rule_from[k])) {
            continue;
        }
        for (size_t a = 0; a < n; a++) {
            if (t->readings[i * n + a].state != RSP_MISSING) {
                r->baselines[k * n + a] = t->readings[i * n + a];
            }
        }
    }
}

/* All samples due at this time; the index of the main track's, or SIZE_MAX. */
static size_t measure(const session *s, run *r, const rsp_sim_view *view)
{
    size_t seen = SIZE_MAX;
    for (size_t k = 0; k < r->n_tracks; k++) {
        track *t = &r->tracks[k];
        for (; t->next < t->n && t->visits[t->next].day <= view->t; t->next++) {
            if (t->visits[t->next].missed || t->visits[t->next].day < view->t) {
                continue;
            }
            measure_visit(s, r, t, t->next, view->observed);
            remember_baselines(s, r, t, t->next);
            seen = t->next;
        }
    }
    return seen;
}

static void begin_episode(work *w, adverse *a, double day, double grade)
{
    episode *e = rsp_arena_alloc(w->arena, 1, sizeof *e);
    if (!e) {
        w->no_memory = true;
        return;
    }
    *e = (episode){.day = day, .end = (double)INFINITY, .grade = grade};
    if (a->last) {
        a->last->next = e;
    } else {
        a->first = e;
    }
    a->last = e;
}

/* On whole days alone, so that visits change nothing. */
static void watch_adverse(session *s, run *r, const rsp_sim_view *view)
{
    if (r->set != WORK_MAIN || view->t > r->cut || view->t != floor(view->t)) {
        return;
    }
    for (size_t i = 0; i < s->plan->n_adverse; i++) {
        double grade = view->observed[s->plan->adverse[i].observable];
        episode *e = r->adverse[i].last;
        const bool lasts = e && !isfinite(e->end);
        if (grade >= 1 && !lasts) {
            begin_episode(&s->own, &r->adverse[i], view->t, grade);
        } else if (lasts && !(grade >= 1)) {
            e->end = view->t;
        } else if (lasts) {
            e->grade = grade > e->grade ? grade : e->grade;
        }
    }
}

static bool read_view(void *ctx, const rsp_sim_job *job, size_t which,
                      const rsp_sim_view *view)
{
    (void)which;
    session *s = ctx;
    run *r = job->tag;
    (void)measure(s, r, view);
    watch_adverse(s, r, view);
    return r->set == WORK_MAIN || !work_grid_settled(&s->own, r);
}

/* ---- Rules. */
/* The last day before `before` on which an action was done, planned or by a rule. */
static double last_done(const run *r, int action, double before)
{
    double day = -(double)INFINITY;
    for (size_t i = 0; i < r->n_actions; i++) {
        if ((int)r->actions[i].action == action && r->actions[i].t < before &&
            r->actions[i].t > day) {
            day = r->actions[i].t;
        }
    }
    for (size_t i = 0; i < r->n_did; i++) {
        if ((int)r->did[i].action == action && r->did[i].day < before && r->did[i].day > day) {
            day = r->did[i].day;
        }
    }
    return day;
}

/* By a rule, since it was last undone: ART is started once in each interruption. */
static bool already_done(const run *r, uint32_t action, double undone)
{
    for (size_t i = 0; i < r->n_did; i++) {
        if (r->did[i].action == action && r->did[i].day >= undone) {
            return true;
        }
    }
    return false;
}

static bool is_restart(const rsp_plan *plan, uint32_t action)
{
    return action != CLINIC_END_ACTION &&
           strncmp(plan->net->actions[action].name, "start_", 6) == 0;
}

/* False: no memory. */
static bool act(session *s, run *r, const plan_rule *rule, double day)
{
    if (r->n_did == r->did_room) {
        done_action *more = rsp_arena_alloc(s->own.arena, 2 * r->did_room, sizeof *more);
        if (!more) {
            s->own.no_memory = true;
            return false;
        }
        memcpy(more, r->did, r->n_did * sizeof *more);
        r->did = more;
        r->did_room *= 2;
    }
    r->did[r->n_did++] = (done_action){day, rule->action, rule};
    double cut = rule->action == CLINIC_END_ACTION ? day
                 : is_restart(s->plan, rule->action)
                     ? day + s->plan->after_restart_day
                     : (double)INFINITY;
    r->cut = cut < r->cut ? cut : r->cut;
    return true;
}

/* A rule that has had its say begins anew once its action is undone. */
static bool rule_says_so(const session *s, run *r, size_t k, size_t i, double day)
{
    const plan_rule *rule = &s->plan->rules[k];
    clinic_watch *watch = &r->watches[k];
    size_t n = s->plan->n_assays;
    double undone = last_done(r, rule->undone_by, day);
    if (watch->done && undone >= watch->done_day) { /* samples come first on a day */
        *watch = clinic_watch_start();
    }
    const bool idle = rule->as_at_start && !isfinite(undone); /* ART was never stopped */
    return clinic_watch_feed(watch, &rule->criterion, day, &r->tracks[0].readings[i * n],
                             &r->baselines[k * n]) &&
           !idle && !already_done(r, rule->action, undone);
}

static bool stop_view(void *ctx, const rsp_sim_job *job, size_t which,
                      const rsp_sim_view *view, rsp_sim_action *added, size_t room,
                      size_t *n_added)
{
    (void)which;
    session *s = ctx;
    run *r = job->tag;
    size_t i = measure(s, r, view);
    *n_added = 0;
    watch_adverse(s, r, view);
    if (view->t > r->cut) {
        return false;
    }
    for (size_t k = 0; i != SIZE_MAX && k < s->plan->n_rules; k++) {
        const plan_rule *rule = &s->plan->rules[k];
        if (!(view->t > r->rule_from[k]) || !rule_says_so(s, r, k, i, view->t)) {
            continue;
        }
        double day = view->t + rule->delay_day;
        if (day > r->end || (rule->action != CLINIC_END_ACTION && *n_added == room)) {
            continue;
        }
        if (!act(s, r, rule, day)) {
            return false;
        }
        if (rule->action != CLINIC_END_ACTION) {
            added[(*n_added)++] = (rsp_sim_action){day, rule->action, 0};
        }
    }
    return view->t < r->cut;
}

static void run_done(void *ctx, const rsp_sim_job *job, const rsp_sim_result *result)
{
    const session *s = ctx;
    run *r = job->tag;
    if (s->hooks->simulated) {
        s->hooks->simulated(s->hooks->ctx);
    }
    r->stop = result->stop;
    if (result->stop != RSP_STOP_END && result->stop != RSP_STOP_CLIENT) {
        snprintf(r->reason, sizeof r->reason, "%s",
                 result->reason[0] ? result->reason : rsp_stop_text(result->stop));
    }
}

static bool is_cancelled(void *ctx)
{
    const session *s = ctx;
    return s->hooks->cancelled && s->hooks->cancelled(s->hooks->ctx);
}

/* ---- The worker. */
rsp_status rsp_worker_new(const rsp_plan *plan, rsp_worker **out, rsp_error *err)
{
    *out = NULL;
    rsp_worker *worker = calloc(1, sizeof *worker);
    if (worker) {
        worker->plan = plan;
        worker->derived = calloc(plan->net->n_derived + 1, sizeof *worker->derived);
    }
    if (!worker || !worker->derived) {
        rsp_worker_free(worker);
        return rsp_fail(err, RSP_NOMEM, "no memory for a worker");
    }
    rsp_status s = rsp_sim_new(plan->program, &plan->options, plan->view.seed,
                               &worker->sim, err);
    if (s != RSP_OK) {
        rsp_worker_free(worker);
        return s;
    }
    *out = worker;
    return RSP_OK;
}

void rsp_worker_free(rsp_worker *worker)
{
    if (worker) {
        rsp_sim_free(worker->sim);
        free(worker->derived);
        free(worker);
    }
}

rsp_sim_counts rsp_worker_counts(const rsp_worker *worker)
{
    return rsp_sim_total(worker->sim);
}

/* Another order, for a test: results must not know it. */
static void make_order(const rsp_plan *plan, size_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        order[i] = i;
    }
    rsp_stream s = {.seed = plan->view.seed, .purpose = RSP_PURPOSE_USER,
                    .channel = rsp_channel("shuffle")};
    for (size_t i = n; plan->shuffle && i > 1; i--) {
        size_t k = (size_t)(rsp_uniform(&s, (uint32_t)i, 0) * (double)i);
        size_t swap = order[i - 1];
        order[i - 1] = order[k];
        order[k] = swap;
    }
}

rsp_status rsp_work_new(rsp_worker *worker, uint32_t first, uint32_t n, rsp_work **out,
                        rsp_error *err)
{
    work *w = calloc(1, sizeof *w);
    *out = w;
    if (w) {
        *w = (work){.plan = worker->plan, .sim = worker->sim, .err = err,
                    .derived = worker->derived, .arena = rsp_arena_new()};
    }
    if (!w || !w->arena) {
        return rsp_fail(err, RSP_NOMEM, "no memory for a chunk");
    }
    rsp_status s = RSP_OK;
    for (uint32_t trial = first; s == RSP_OK && trial < first + n; trial++) {
        s = work_add_trial(w, trial);
    }
    w->order = rsp_arena_alloc(w->arena, w->n_runs + 1, sizeof *w->order);
    if (s == RSP_OK && !w->order) {
        s = rsp_fail(err, RSP_NOMEM, "no memory for the participants");
    }
    if (s == RSP_OK) {
        make_order(w->plan, w->order, w->n_runs);
    }
    return s;
}

void rsp_work_free(rsp_work *w)
{
    if (!w) {
        return;
    }
    for (part *p = atomic_load(&w->parts); p;) {
        part *next = p->next;
        rsp_arena_free(p->arena);
        free(p);
        p = next;
    }
    free(w->runs);
    rsp_arena_free(w->arena);
    free(w);
}

/* What this worker's runs allocate stays until the rows of all are written. */
static part *add_part(work *w)
{
    part *p = calloc(1, sizeof *p);
    if (!p || !(p->arena = rsp_arena_new())) {
        free(p);
        return NULL;
    }
    p->next = atomic_load(&w->parts);
    while (!atomic_compare_exchange_weak(&w->parts, &p->next, p)) {
    }
    return p;
}

bool rsp_work_is_handed_out(const rsp_work *w)
{
    return atomic_load_explicit(&w->next, memory_order_relaxed) >= w->n_runs;
}

/* Lanes that leave some to the others: whole vectors of eight. */
static uint32_t fair_share(const work *w, unsigned threads)
{
    size_t n = threads > 1 ? w->n_runs / threads / 8 * 8 : 0;
    return threads <= 1 || n > UINT32_MAX ? 0 : n > 0 ? (uint32_t)n : 8;
}

rsp_status rsp_work_simulate(rsp_work *w, rsp_worker *worker, const rsp_work_hooks *hooks,
                             rsp_error *err)
{
    static const rsp_work_hooks none;
    part *kept = add_part(w);
    session s = {.plan = worker->plan, .shared = w, .hooks = hooks ? hooks : &none};
    if (!kept) {
        return rsp_fail(err, RSP_NOMEM, "no memory for the participants");
    }
    s.own = (work){.plan = w->plan, .sim = worker->sim, .arena = kept->arena, .err = err,
                   .runs = w->runs, .n_runs = w->n_runs, .order = w->order};
    rsp_sim_client client = {.ctx = &s, .next = next_run, .read = read_view,
                             .stop = stop_view, .done = run_done,
                             .cancelled = is_cancelled,
                             .most = fair_share(w, s.hooks->threads)};
    rsp_status status = rsp_sim_run(worker->sim, &client, err);
    if (status == RSP_OK && is_cancelled(&s)) {
        status = rsp_fail(err, RSP_INTERRUPTED, "interrupted");
    }
    if (status == RSP_OK && s.own.no_memory) {
        status = rsp_fail(err, RSP_NOMEM, "no memory for what happened");
    }
    return status;
}

static rsp_status add_rows(work *w, rsp_dataset_maker *out, rsp_dataset_maker *grid)
{
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < w->n_runs; i++) {
        run *r = w->runs[i];
        if (r->left_out) {
            continue;
        }
        if (r->set == WORK_MAIN) {
            s = work_rows(w, r, out);
        } else if (grid) {
            s = work_grid_rows(w, r, grid);
        }
    }
    return s;
}

rsp_status rsp_work_rows(rsp_work *w, rsp_dataset_maker *out, rsp_dataset_maker *grid,
                         rsp_error *err)
{
    w->err = err;
    rsp_status s = RSP_OK;
    if (w->plan->escalation.exists) {
        s = work_escalate(w);
    }
    if (s == RSP_OK && w->plan->stopping.exists) {
        s = work_stop_enrolment(w);
    }
    return s == RSP_OK ? add_rows(w, out, grid) : s;
}

rsp_status rsp_worker_run(rsp_worker *worker, uint32_t first, uint32_t n,
                          rsp_dataset_maker *out, rsp_dataset_maker *grid,
                          const rsp_work_hooks *hooks, rsp_error *err)
{
    rsp_work *w = NULL;
    rsp_status s = rsp_work_new(worker, first, n, &w, err);
    s = s == RSP_OK ? rsp_work_simulate(w, worker, hooks, err) : s;
    s = s == RSP_OK ? rsp_work_rows(w, out, grid, err) : s;
    rsp_work_free(w);
    return s;
}
