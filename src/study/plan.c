#include "respite/sbml.h"
#include "study/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const plan_top_keys[] = {
    "study", "title", "model", "solver", "seed", "trials", "design", "population",
    "product", "set", "arms", "visits", "assays", "rules", "endpoints", "follow_up",
    "dropout", "escalation", "stopping", "contrasts", "grid", "sweep", "published", "scoreboard", "remarks",
    "assumptions", "analysis", "adverse events", NULL};

enum { LONGEST_FILE = 1 << 20, MOST_TRIALS = (1 << 20) - 1, MOST_WORDS = 200 };

/* ---- The head of a study. */
static const char *const *read_words(plan_reading *p, const char *key, size_t *n)
{
    const tree *list = tree_get(p->root, key);
    *n = 0;
    if (!list || !reader_kind(&p->r, list, TREE_LIST, key)) {
        return NULL;
    }
    const char **words = reader_alloc(&p->r, list->n, sizeof *words);
    for (const tree *t = list->first; words && t && reading(&p->r); t = t->next) {
        words[(*n)++] = reader_text(&p->r, t, key);
    }
    return words;
}

static void read_seed(plan_reading *p)
{
    const tree *t = tree_get(p->root, "seed");
    p->plan->view.seed = 1;
    if (!t) {
        return;
    }
    const char *s = reader_text(&p->r, t, "seed");
    bool digits = s[0] && strspn(s, "0123456789") == strlen(s) && strlen(s) <= 19;
    uint64_t seed = digits ? strtoull(s, NULL, 10) : UINT64_MAX;
    if (reading(&p->r) && seed > INT64_MAX) {
        reader_fail(&p->r, t, RSP_RANGE,
                    "seed: '%.40s' is no whole number from 0 to 9223372036854775807", s);
    } else if (reading(&p->r)) {
        p->plan->view.seed = seed;
    }
}

static void read_head(plan_reading *p)
{
    static const char *const designs[] = {"counterfactual", "randomised", NULL};
    rsp_plan_view *v = &p->plan->view;
    reader *r = &p->r;
    const tree *study = reader_need(r, p->root, "study", "a study");
    const tree *title = tree_get(p->root, "title");
    const tree *design = tree_get(p->root, "design");
    const tree *trials = tree_get(p->root, "trials");
    v->study = reader_name(r, study, "study", "-");
    v->title = title ? reader_text(r, title, "title") : v->study;
    v->design = design ? (rsp_design)reader_choice(r, design, "design", designs)
                       : RSP_COUNTERFACTUAL;
    v->trials = trials ? (uint32_t)reader_count(r, trials, "trials", 1, MOST_TRIALS) : 1;
    read_seed(p);
    v->remarks = read_words(p, "remarks", &v->n_remarks);
    v->assumptions = read_words(p, "assumptions", &v->n_assumptions);
    const tree *follow_up = tree_get(p->root, "follow_up");
    const tree *start = follow_up && follow_up->kind == TREE_MAP
                            ? tree_get(follow_up, "start")
                            : NULL;
    p->plan->start_day = start ? plan_start_day(p, start) : 0;
}

static void read_model(plan_reading *p)
{
    const tree *t = reader_need(&p->r, p->root, "model", "a study");
    const char *name = reader_text(&p->r, t, "model");
    rsp_plan *plan = p->plan;
    if (!reading(&p->r)) {
        return;
    }
    rsp_error inner = {0};
    rsp_status s = rsp_model_open(name, p->dir, &plan->model, &inner);
    if (s == RSP_NOFILE && !inner.line) { /* the place is the study's */
        reader_fail(&p->r, t, s, "model: %s", inner.message);
        return;
    }
    if (s != RSP_OK) {
        p->r.status = s;
        if (p->r.err) {
            *p->r.err = inner;
        }
        return;
    }
    plan->net = rsp_model_network(plan->model);
    plan->params = plan->net->params;
    plan->view.net = plan->net;
    plan->view.model_name = plan->net->name;
    p->r.status = rsp_program_new(plan->net, &plan->program, p->r.err);
}

/* ---- Solver. */
static void read_solver(plan_reading *p)
{
    static const char *const keys[] = {
        "method", "rtol", "atol", "exact_below", "exact_until", "noise_below",
        "noise_until", "leap", "few_events", "few_leaps", "max_step", "max_steps", NULL};
    static const char *const methods[] = {"ode", "hybrid", "ssa", NULL};
    const tree *t = tree_get(p->root, "solver");
    rsp_sim_options *o = &p->plan->options;
    *o = rsp_sim_defaults(RSP_HYBRID);
    if (!t || !reader_map(&p->r, t, "solver", keys)) {
        return;
    }
    const tree *method = tree_get(t, "method");
    if (method) {
        int m = reader_choice(&p->r, method, "method", methods);
        static const rsp_method kinds[] = {RSP_ODE, RSP_HYBRID, RSP_SSA};
        const double atol = o->atol;
        *o = rsp_sim_defaults(kinds[m]);
        /* Beside the 1e10 cells of a dose, less than this of an empty species is rounding. */
        o->atol = atol;
    }
    const struct { const char *key; double *to; } numbers[] = {
        {"rtol", &o->rtol}, {"atol", &o->atol}, {"exact_below", &o->exact_below},
        {"exact_until", &o->exact_until}, {"noise_below", &o->noise_below},
        {"noise_until", &o->noise_until}, {"leap", &o->leap}, {"few_events", &o->few_events},
        {"few_leaps", &o->few_leaps}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const tree *v = tree_get(t, numbers[i].key);
        if (v) {
            *numbers[i].to = reader_number(&p->r, v, numbers[i].key);
            if (reading(&p->r) && !(*numbers[i].to > 0)) {
                reader_fail(&p->r, v, RSP_RANGE, "%s must be above 0", numbers[i].key);
            }
        }
    }
    const tree *step = tree_get(t, "max_step"), *steps = tree_get(t, "max_steps");
    if (step) {
        o->max_step = reader_days(&p->r, step, "max_step");
        if (reading(&p->r) && !(o->max_step > 0)) {
            reader_fail(&p->r, step, RSP_RANGE, "max_step must be above 0");
        }
    }
    /* Arms that share their participants share their noise. */
    o->coupled = p->plan->view.design == RSP_COUNTERFACTUAL;
    o->max_steps = steps ? (uint64_t)reader_count(&p->r, steps, "max_steps", 1, 1e12)
                         : o->max_steps;
}

/* ---- The analysis of each replicate trial. */
static void read_analysis(plan_reading *p)
{
    const tree *t = tree_get(p->root, "analysis");
    const rsp_plan_view *v = &p->plan->view;
    if (!t) {
        return;
    }
    if (v->design == RSP_COUNTERFACTUAL && v->n_arms > 1) {
        reader_fail_key(&p->r, t, RSP_RANGE,
                        "analysis: the arms of a counterfactual design share their participants, "
                        "which no test of two groups knows; say 'design: randomised'");
        return;
    }
    const char *name = reader_text(&p->r, t, "analysis");
    char *path = plan_find_file(p, t, "", name, "analysis");
    size_t length = 0;
    char *text = path ? plan_read_text(p, path, LONGEST_FILE, &length) : NULL;
    if (text) {
        p->r.status = rsp_analysis_read_text(path, text, length, &p->plan->analysis, p->r.err);
    }
    free(text);
}

/* ---- Loading. */
static void check_compare(plan_reading *p)
{
    const plan_grid *g = &p->plan->grid;
    if (!g->exists || !g->compare || !reading(&p->r)) {
        return;
    }
    const char *known[PLAN_MOST_SCORES];
    for (size_t i = 0; i < p->plan->n_scores; i++) {
        known[i] = p->plan->scores[i].quantity;
        if (strcmp(known[i], g->compare) == 0) {
            return;
        }
    }
    reader_unknown(&p->r, tree_get(tree_get(p->root, "grid"), "compare"),
                   "compare: the scoreboard has no quantity", g->compare, known,
                   p->plan->n_scores);
}

static void read_parts(plan_reading *p)
{
    static void (*const parts[])(plan_reading *) = {
        read_head, read_model, read_solver, plan_read_people, plan_expand_sweep, plan_read_arms,
        plan_read_follow_up, plan_read_visits, plan_read_assays, plan_read_rules,
        plan_read_endpoints, plan_read_escalation, plan_read_stopping, plan_read_assay_visits, plan_read_adverse, plan_read_contrasts,
        plan_read_scores, plan_read_grid, check_compare, plan_read_sweep, plan_check_feasible, read_analysis, plan_describe};
    for (size_t i = 0; i < sizeof parts / sizeof *parts && reading(&p->r); i++) {
        parts[i](p);
    }
}

static void read_root(plan_reading *p, const char *path, const rsp_override *set,
                      size_t n_set)
{
    size_t length = 0;
    tree *root = NULL;
    char *text = plan_read_text(p, path, LONGEST_FILE, &length);
    if (reading(&p->r)) {
        p->r.status = tree_parse(p->r.arena, path, text, length, &root, p->r.err);
    }
    free(text);
    if (root && reader_kind(&p->r, root, TREE_MAP, "a study")) {
        plan_override(p, root, set, n_set);
        reader_map(&p->r, root, "a study", plan_top_keys);
    }
    p->root = root;
}

static const char *folder_of(plan_reading *p, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == path ? "/"
           : slash       ? rsp_arena_copy(p->r.arena, path, (size_t)(slash - path))
                         : ".";
}

static rsp_status load(rsp_plan *plan, const char *path, const char *text,
                       size_t length, const rsp_override *set, size_t n_set,
                       rsp_error *err)
{
    plan_reading p = {.r = {.arena = plan->arena, .err = err}, .plan = plan};
    plan->view.file = rsp_arena_copy(plan->arena, path, strlen(path));
    p.dir = folder_of(&p, path);
    if (!plan->view.file || !p.dir) {
        return rsp_fail(err, RSP_NOMEM, "out of memory");
    }
    if (text) {
        tree *root = NULL;
        p.r.status = tree_parse(plan->arena, path, text, length, &root, err);
        p.root = root;
        if (root && reader_kind(&p.r, root, TREE_MAP, "a study")) {
            reader_map(&p.r, root, "a study", plan_top_keys);
        }
    } else {
        read_root(&p, path, set, n_set);
    }
    if (reading(&p.r)) {
        read_parts(&p);
    }
    rsp_text_fini(&p.changed);
    free(p.changes);
    return p.r.status;
}

static rsp_status new_plan(const char *path, const char *text, size_t length,
                           const rsp_override *set, size_t n_set, rsp_plan **out,
                           rsp_error *err)
{
    *out = NULL;
    rsp_plan *plan = calloc(1, sizeof *plan);
    if (!plan || !(plan->arena = rsp_arena_new())) {
        free(plan);
        return rsp_fail(err, RSP_NOMEM, "out of memory");
    }
    rsp_status s = load(plan, path, text, length, set, n_set, err);
    if (s != RSP_OK) {
        rsp_plan_free(plan);
        return s;
    }
    *out = plan;
    return RSP_OK;
}

rsp_status rsp_plan_load(const char *path, const rsp_override *set, size_t n_set,
                         rsp_plan **plan, rsp_error *err)
{
    return new_plan(path, NULL, 0, set, n_set, plan, err);
}

rsp_status rsp_plan_parse(const char *text, size_t length, const char *source,
                          rsp_plan **plan, rsp_error *err)
{
    return new_plan(source, text, length, NULL, 0, plan, err);
}

void rsp_plan_free(rsp_plan *plan)
{
    if (plan) {
        rsp_analysis_free(plan->analysis);
        rsp_shared_free(plan->code);
        rsp_program_free(plan->program);
        rsp_model_free(plan->model);
        rsp_arena_free(plan->arena);
        free(plan);
    }
}

const rsp_plan_view *rsp_plan_see(const rsp_plan *plan) { return &plan->view; }

void rsp_plan_set_seed(rsp_plan *plan, uint64_t seed) { plan->view.seed = seed; }

void rsp_plan_set_trials(rsp_plan *plan, uint32_t trials)
{
    plan->view.trials = trials < 1            ? 1
                        : trials > MOST_TRIALS ? MOST_TRIALS
                                               : trials;
}

void rsp_plan_set_packing(rsp_plan *plan, uint32_t lanes, bool shuffle)
{
    plan->options.lanes = lanes;
    plan->shuffle = shuffle;
}

rsp_status rsp_plan_compile(rsp_plan *plan, rsp_error *err)
{
    rsp_status s = rsp_program_compile(plan->program, &plan->code, err);
    plan->options.code = plan->code;
    return s;
}

/* Visits of the longest follow-up, drawn days at their latest. */
static double most_visits(const rsp_plan *plan)
{
    double end = plan->until.offset + plan->until.day;
    end += plan->until.kind == CLINIC_AT_ACTION ? plan->until.entry.high : 0;
    clinic_span span = {plan->start_day, end > plan->start_day ? end : plan->start_day};
    double n = 0;
    for (size_t i = 0; i < plan->n_lines; i++) {
        n += (double)clinic_line_most(&plan->lines[i], span);
    }
    return n;
}

void rsp_plan_size(const rsp_plan *plan, uint64_t *runs, uint64_t *bytes)
{
    enum { BYTES_A_ROW = 160 };
    uint64_t participants = 0;
    for (size_t a = 0; a < plan->view.n_arms; a++) {
        participants += plan->view.arms[a].participants;
    }
    uint64_t sets = plan->grid.exists ? plan->grid.n_sets : 0;
    double rows = most_visits(plan) * (double)plan->n_assays +
                  (double)plan->n_endpoints + 6;
    *runs = participants * (1 + sets) * plan->view.trials;
    *bytes = (uint64_t)((double)participants * plan->view.trials * rows * BYTES_A_ROW);
}

static rsp_dataset_maker *new_dataset(const rsp_plan *plan, bool covariates)
{
    const char *arms[PLAN_MOST_ARMS];
    for (size_t a = 0; a < plan->view.n_arms; a++) {
        arms[a] = plan->view.arms[a].name;
    }
    return rsp_dataset_new(plan->view.study, arms, plan->view.n_arms,
                           covariates ? plan->covariates : NULL,
                           covariates ? plan->n_covariates : 0);
}

rsp_dataset_maker *rsp_plan_dataset(const rsp_plan *plan)
{
    return new_dataset(plan, true);
}

rsp_dataset_maker *rsp_plan_grid_dataset(const rsp_plan *plan)
{
    return plan->grid.exists ? new_dataset(plan, false) : NULL;
}
