#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "respite/prcc.h"
#include "study/analyst.h"
#include "study/reach.h"
#include "study/work.h"

/* What an outcome hinges on.  Parameters are no measurement and are not in the data
 * set; they are drawn again here, which gives the same numbers, since a draw is a
 * function of seed, trial, participant and name. */

enum { MOST_PEOPLE = 5000, FEWEST_ROWS = 20 };

typedef struct target { /* one number a participant */
    const char *outcome, *where;
    uint32_t arm;           /* whose parameters are looked at */
    const plan_score *score;
    uint32_t arms[PLAN_MOST_ARMS]; /* [n_arms] in which the outcome is looked at */
    size_t n_arms;
    bool by_median;         /* over a trial's participants; else their mean */
    uint32_t *trial, *participant;
    double *y;
    size_t n;
} target;

static void target_fini(target *t)
{
    free(t->trial);
    free(t->participant);
    free(t->y);
}

static bool target_init(target *t, size_t n)
{
    t->trial = calloc(n + 1, sizeof *t->trial);
    t->participant = calloc(n + 1, sizeof *t->participant);
    t->y = calloc(n + 1, sizeof *t->y);
    return t->trial && t->participant && t->y;
}

/* The row of a participant, going on from *at; NULL: none. */
static const outcome_row *row_of(const outcome_rows *rows, size_t *at, uint32_t trial,
                                 uint32_t participant)
{
    while (*at < rows->n && (rows->x[*at].trial < trial ||
                             (rows->x[*at].trial == trial &&
                              rows->x[*at].participant < participant))) {
        ++*at;
    }
    const outcome_row *x = &rows->x[*at];
    return *at < rows->n && x->trial == trial && x->participant == participant ? x : NULL;
}

/* Sum of weight[i] times the outcome in arms[i], of those who are known in all. */
static bool combine(const rsp_analyst *a, size_t outcome, const uint32_t *arms,
                    const double *weight, size_t n_arms, target *t)
{
    const plan_score *score = &a->outcomes[outcome].score;
    const outcome_rows *rows = &a->rows[outcome * a->plan->view.n_arms];
    size_t at[PLAN_MOST_ARMS] = {0};
    const outcome_rows *first = &rows[arms[0]];
    if (!target_init(t, first->n)) {
        return false;
    }
    t->by_median = score->statistic <= PLAN_QUARTILE3;
    t->score = score;
    for (size_t k = 0; k < n_arms; k++) {
        if (weight[k] != 0) {
            t->arms[t->n_arms++] = arms[k];
        }
    }
    for (size_t i = 0; i < first->n && t->n < MOST_PEOPLE; i++) {
        double y = 0;
        for (size_t k = 0; k < n_arms && !isnan(y); k++) {
            const outcome_row *row = row_of(&rows[arms[k]], &at[k], first->x[i].trial,
                                            first->x[i].participant);
            double v = row ? analyst_outcome_of(score, row) : (double)NAN;
            y = weight[k] != 0 ? y + weight[k] * v : y;
        }
        if (!isnan(y)) {
            t->trial[t->n] = first->x[i].trial;
            t->participant[t->n] = first->x[i].participant;
            t->y[t->n++] = y;
        }
    }
    return true;
}

/* ---- Which parameters may matter. */
typedef struct inputs {
    uint32_t *param;
    size_t n;
    bool *within, *between_trials; /* [n] differs within, between trials */
} inputs;

static void inputs_fini(inputs *in)
{
    free(in->param);
    free(in->within);
    free(in->between_trials);
}

/* Shares sum to one: the last of them says nothing more. */
static bool last_share(const rsp_param *params, uint32_t n, uint32_t i)
{
    bool last = i + 1 == n || params[i + 1].first != params[i].first;
    return params[i].between.kind == RSP_DIST_DIRICHLET && last;
}

/* It is what the others leave: an outcome that depends on it depends on them. */
static void reach_whole_families(const rsp_param *params, uint32_t n, bool *reached)
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = params[i].first; reached[i] && last_share(params, n, i) && k < i; k++) {
            reached[k] = true;
        }
    }
}

/* A dose per kg goes by the weight, and so by the parameter that the weight sets. */
static void reach_weight(const rsp_plan *plan, uint32_t arm, bool *reached)
{
    const clinic_schedule *s = &plan->arms[arm].schedule;
    bool per_weight = false;
    for (size_t i = 0; i < s->n; i++) {
        const clinic_entry *e = &s->entries[i];
        per_weight |= e->per_weight || (e->is_share && plan->product.per_weight);
    }
    const int sets = per_weight ? plan->population.traits[plan->population.weight].sets : -1;
    if (sets >= 0) {
        reached[sets] = true;
    }
}

static bool differs_within(const rsp_plan *plan, const rsp_param *params, uint32_t i)
{
    return reach_is_set(plan, i) || params[i].between.kind != RSP_DIST_NONE;
}

static bool differs_between(const rsp_plan *plan, const rsp_param *params, uint32_t i)
{
    return !reach_is_set(plan, i) && params[i].uncertain.kind != RSP_DIST_NONE;
}

/* What the outcome can depend on, in any of its arms. */
static rsp_status find_reached(const rsp_plan *plan, const target *t, bool *reached, rsp_error *err)
{
    const uint32_t n = plan->net->n_params;
    bool *varies = calloc(n + 1, sizeof *varies);
    rsp_status s = varies ? RSP_OK : rsp_fail(err, RSP_NOMEM, "no memory for the parameters");
    for (size_t k = 0; s == RSP_OK && k < t->n_arms; k++) {
        const rsp_param *params = plan->arms[t->arms[k]].params;
        for (uint32_t i = 0; i < n; i++) {
            varies[i] = differs_within(plan, params, i) || differs_between(plan, params, i);
        }
        s = reach_of(plan, t->score, t->arms[k], varies, reached, err);
        reach_whole_families(params, n, reached);
        reach_weight(plan, t->arms[k], reached);
    }
    free(varies);
    return s;
}

static rsp_status find_inputs(const rsp_plan *plan, const target *t, inputs *in, rsp_error *err)
{
    const uint32_t n = plan->net->n_params;
    const rsp_param *params = plan->arms[t->arm].params;
    bool *reached = calloc(n + 1, sizeof *reached);
    in->param = calloc(n + 1, sizeof *in->param);
    in->within = calloc(n + 1, sizeof *in->within);
    in->between_trials = calloc(n + 1, sizeof *in->between_trials);
    bool ok = reached && in->param && in->within && in->between_trials;
    rsp_status s = ok ? find_reached(plan, t, reached, err)
                      : rsp_fail(err, RSP_NOMEM, "no memory for the parameters");
    for (uint32_t i = 0; s == RSP_OK && i < n; i++) {
        bool within = differs_within(plan, params, i), between = differs_between(plan, params, i);
        if (reached[i] && (within || between) && !last_share(params, n, i)) {
            in->param[in->n] = i;
            in->within[in->n] = within;
            in->between_trials[in->n++] = between;
        }
    }
    free(reached);
    return s;
}

/* ---- Their values, drawn again. */
typedef struct values {
    double *people; /* [n inputs][n] */
    double *trials; /* [n inputs][n_trials] */
    double *y;      /* [n_trials] */
    size_t n_trials;
} values;

static void values_fini(values *v)
{
    free(v->people);
    free(v->trials);
    free(v->y);
}

static double trial_outcome(const target *t, size_t first, size_t n)
{
    double sum = 0;
    for (size_t i = first; i < first + n; i++) {
        sum += t->y[i];
    }
    return t->by_median ? rsp_quantile_of(t->y + first, n, 0.5) : sum / (double)n;
}

static rsp_status person_values(work *w, const target *t, const inputs *in, size_t i,
                                double *params, values *v)
{
    person who;
    uint32_t which = 0;
    rsp_status s = work_person(w, t->trial[i], t->participant[i], &who);
    if (s == RSP_OK && !work_params(w, &who, w->plan->arms[t->arm].params,
                                    w->arm_medians[t->arm], params, &which)) {
        s = rsp_fail(w->err, RSP_RANGE, "no value of %s lies within its range",
                     w->plan->net->params[which].name);
    }
    for (size_t k = 0; s == RSP_OK && k < in->n; k++) {
        v->people[k * t->n + i] = params[in->param[k]];
    }
    return s;
}

/* A trial's rows, [first, first + n). */
static rsp_status trial_values(work *w, const target *t, const inputs *in, size_t first,
                               size_t n, double *params, values *v)
{
    if (!work_start_trial(w, t->trial[first])) {
        return rsp_fail(w->err, RSP_NOMEM, "no memory for the parameters");
    }
    double y = trial_outcome(t, first, n);
    if (!isnan(y)) {
        for (size_t k = 0; k < in->n; k++) {
            v->trials[k * t->n + v->n_trials] = w->arm_medians[t->arm][in->param[k]];
        }
        v->y[v->n_trials++] = y;
    }
    rsp_status s = RSP_OK;
    for (size_t i = first; s == RSP_OK && i < first + n; i++) {
        s = person_values(w, t, in, i, params, v);
    }
    return s;
}

static rsp_status draw_values(work *w, const target *t, const inputs *in, values *v)
{
    double *params = calloc(w->plan->net->n_params + 1, sizeof *params);
    v->people = calloc(in->n * t->n + 1, sizeof *v->people);
    v->trials = calloc(in->n * t->n + 1, sizeof *v->trials);
    v->y = calloc(t->n + 1, sizeof *v->y);
    rsp_status s = params && v->people && v->trials && v->y
                       ? RSP_OK
                       : rsp_fail(w->err, RSP_NOMEM, "no memory for the parameters");
    for (size_t i = 0, n; s == RSP_OK && i < t->n; i += n) {
        for (n = 1; i + n < t->n && t->trial[i + n] == t->trial[i]; n++) {
        }
        s = trial_values(w, t, in, i, n, params, v);
    }
    free(params);
    return s;
}

/* ---- Correlations. */
static int by_size(const void *a, const void *b)
{
    const rsp_hinge *x = a, *y = b;
    double d = fabs(y->r) - fabs(x->r);
    return d > 0 ? 1 : d < 0 ? -1 : (x->param > y->param) - (x->param < y->param);
}

/* Keep the columns of those inputs that are looked at on this level. */
static size_t gather(const inputs *in, bool by_trial, const double *from, size_t stride,
                     size_t n, double *to, size_t *which)
{
    size_t k = 0;
    for (size_t i = 0; i < in->n; i++) {
        if (!by_trial || in->between_trials[i]) {
            memcpy(to + k * n, from + i * stride, n * sizeof *to);
            which[k++] = i;
        }
    }
    return k;
}

static rsp_status correlate(const inputs *in, bool by_trial, const double *x, size_t stride,
                            const double *y, size_t n, rsp_hinges *out, rsp_hinge *list,
                            rsp_error *err)
{
    double *columns = calloc(in->n * n + 1, sizeof *columns), df = 0;
    rsp_prcc *found = calloc(in->n + 1, sizeof *found);
    size_t *which = calloc(in->n + 1, sizeof *which);
    rsp_status s = columns && found && which
                       ? RSP_OK
                       : rsp_fail(err, RSP_NOMEM, "no memory for the correlations");
    size_t k = s == RSP_OK ? gather(in, by_trial, x, stride, n, columns, which) : 0;
    s = s == RSP_OK ? rsp_prcc_of(columns, k, y, n, found, &df, err) : s;
    for (size_t i = 0; s == RSP_OK && n >= FEWEST_ROWS && i < k; i++) {
        /* Over participants, what is drawn once a trial is held and not judged: its
         * rows are not independent. */
        if ((by_trial || in->within[which[i]]) && !isnan(found[i].r)) {
            list[out->n++] = (rsp_hinge){
                .param = in->param[which[i]], .by_trial = by_trial, .r = found[i].r,
                .p = found[i].p};
        }
    }
    free(columns);
    free(found);
    free(which);
    return s;
}

static rsp_status judge(rsp_analyst *a, work *w, const target *t, rsp_hinges *out,
                        rsp_error *err)
{
    inputs in = {0};
    values v = {0};
    *out = (rsp_hinges){.outcome = t->outcome, .where = t->where};
    rsp_status s = find_inputs(a->plan, t, &in, err);
    rsp_hinge *list = s == RSP_OK ? rsp_arena_alloc(a->arena, 2 * in.n + 1, sizeof *list) : NULL;
    if (s == RSP_OK) {
        s = list ? draw_values(w, t, &in, &v)
                 : rsp_fail(err, RSP_NOMEM, "no memory for the correlations");
    }
    if (s == RSP_OK) {
        s = correlate(&in, false, v.people, t->n, t->y, t->n, out, list, err);
    }
    if (s == RSP_OK) {
        s = correlate(&in, true, v.trials, t->n, v.y, v.n_trials, out, list, err);
    }
    if (s == RSP_OK) {
        qsort(list, out->n, sizeof *list, by_size);
        out->list = list;
        out->participants = t->n;
        out->trials = v.n_trials;
    }
    inputs_fini(&in);
    values_fini(&v);
    return s;
}

/* ---- Targets. */
static const char *words(rsp_analyst *a, const char *fmt, const char *x, const char *y,
                         const char *z)
{
    const char *s = rsp_arena_printf(a->arena, fmt, x, y, z);
    return s ? s : "";
}

static bool sweep_target(rsp_analyst *a, size_t outcome, size_t curve, bool effect, target *t)
{
    const plan_sweep *s = &a->plan->sweep;
    const uint32_t *arm = &s->arm[curve * s->n_levels];
    double weight[PLAN_MOST_LEVELS] = {0};
    size_t far = s->against == s->n_levels - 1 ? 0 : s->n_levels - 1;
    for (size_t i = 0; i < s->n_levels; i++) {
        weight[i] = effect ? (double)(i == far) - (double)(i == s->against)
                           : 1.0 / (double)s->n_levels;
    }
    t->outcome = s->outcomes[outcome].label;
    t->arm = arm[s->against];
    t->where = effect ? words(a, "%s, at %s less at %s", s->curves[curve], s->names[far],
                              s->names[s->against])
                      : words(a, "%s, mean over the levels%s%s", s->curves[curve], "", "");
    return combine(a, outcome, arm, weight, s->n_levels, t);
}

static bool plain_target(rsp_analyst *a, bool effect, target *t)
{
    const rsp_plan *plan = a->plan;
    uint32_t arms[2] = {0, 0};
    double weight[2] = {1, -1};
    if (effect) {
        arms[0] = plan->contrasts[0].treated;
        arms[1] = plan->contrasts[0].control;
    }
    t->outcome = a->outcomes[0].label;
    t->arm = arms[0];
    t->where = effect ? words(a, "%s less %s%s", plan->view.arms[arms[0]].name,
                              plan->view.arms[arms[1]].name, "")
                      : plan->view.arms[arms[0]].name;
    return combine(a, 0, arms, weight, effect ? 2 : 1, t);
}

/* The curve that is asked about: the first that is swept. */
static size_t asked(const plan_sweep *s)
{
    size_t c = 0;
    while (c + 1 < s->n_curves && s->is_line[c]) {
        c++;
    }
    return c;
}

static rsp_status each_target(rsp_analyst *a, work *w, rsp_hinges *out, size_t n,
                              rsp_error *err)
{
    const plan_sweep *sweep = &a->plan->sweep;
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < n; i++) {
        target t = {0};
        bool ok = sweep->exists ? sweep_target(a, i / 2, asked(sweep), i % 2, &t)
                                : plain_target(a, i % 2, &t);
        s = ok ? judge(a, w, &t, &out[i], err)
               : rsp_fail(err, RSP_NOMEM, "no memory for the correlations");
        target_fini(&t);
    }
    return s;
}

/* One family of tests: all correlations of the study (Bonferroni).  Within each table
 * alone, a dozen of them would show a parameter by chance in nearly every second study. */
static size_t judge_all(const rsp_hinges *tables, size_t n)
{
    size_t looked = 0;
    for (size_t i = 0; i < n; i++) {
        looked += tables[i].n;
    }
    for (size_t i = 0; i < n; i++) {
        rsp_hinge *list = (rsp_hinge *)(uintptr_t)tables[i].list;
        for (size_t k = 0; k < tables[i].n; k++) {
            list[k].stands = list[k].p * (double)looked < 0.05;
        }
    }
    return looked;
}

rsp_status analyst_hinges_finish(rsp_analyst *a, rsp_error *err)
{
    const rsp_plan *plan = a->plan;
    bool pairs = plan->view.design == RSP_COUNTERFACTUAL && plan->n_contrasts > 0;
    size_t n = plan->sweep.exists ? 2 * a->n_outcomes
               : a->n_outcomes    ? 1 + (size_t)pairs
                                  : 0;
    work w = {.plan = plan, .err = err, .arena = rsp_arena_new(),
              .derived = calloc(plan->net->n_derived + 1, sizeof *w.derived)};
    rsp_hinges *out = rsp_arena_alloc(a->arena, n + 1, sizeof *out);
    rsp_status s = w.arena && w.derived && out
                       ? rsp_sim_new(plan->program, &plan->options, plan->view.seed, &w.sim,
                                     err)
                       : rsp_fail(err, RSP_NOMEM, "no memory for the correlations");
    s = s == RSP_OK ? each_target(a, &w, out, n, err) : s;
    if (s == RSP_OK) {
        a->findings.hinges = out;
        a->findings.n_hinges = n;
        a->findings.n_hinges_looked = judge_all(out, n);
    }
    rsp_sim_free(w.sim);
    rsp_arena_free(w.arena);
    free(w.derived);
    return s;
}
