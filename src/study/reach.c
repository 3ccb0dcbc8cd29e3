#include "study/reach.h"

#include <stdlib.h>

#include "model/ops.h"

typedef struct reach {
    const rsp_plan *plan;
    const rsp_network *net;
    const rsp_param *params;
    const bool *varies;
    bool *reached;
    uint32_t arm;
    bool *acts;               /* [n_actions] by the schedule or a rule */
    bool *none;               /* [n_species] stays none */
    bool *moves;              /* [n_inputs] something sets it */
    bool *known;              /* [n_nodes] the same for everybody, always */
    double *value;            /* [n_nodes] where known */
    bool *seen;               /* [n_nodes] */
    bool *species, *input;    /* seen */
    rsp_expr *stack;          /* expressions to look at */
    size_t n_stack;
} reach;

/* ---- What happens in the arm. */
static bool holds_in(uint64_t arms, uint32_t arm) { return arms >> arm & 1; }

static void find_actions(reach *r)
{
    const clinic_schedule *s = &r->plan->arms[r->arm].schedule;
    for (size_t i = 0; i < s->n; i++) {
        if (s->entries[i].action < r->net->n_actions) {
            r->acts[s->entries[i].action] = true;
        }
    }
    for (size_t i = 0; i < r->plan->n_rules; i++) {
        const plan_rule *rule = &r->plan->rules[i];
        if (holds_in(rule->arms, r->arm) && rule->action < r->net->n_actions) {
            r->acts[rule->action] = true;
        }
    }
}

typedef void assigned(reach *r, const rsp_assign *a, const rsp_event *by);

/* Each assignment that may happen; `by` is NULL for an action's. */
static void each_assign(reach *r, assigned *take)
{
    for (uint32_t i = 0; i < r->net->n_actions; i++) {
        const rsp_action *a = &r->net->actions[i];
        for (uint32_t k = 0; r->acts[i] && k < a->n_assigns; k++) {
            take(r, &r->net->assigns[a->first_assign + k], NULL);
        }
    }
    for (uint32_t i = 0; i < r->net->n_events; i++) {
        const rsp_event *e = &r->net->events[i];
        for (uint32_t k = 0; k < e->n_assigns; k++) {
            take(r, &r->net->assigns[e->first_assign + k], e);
        }
    }
}

static void may_move(reach *r, const rsp_assign *a, const rsp_event *by)
{
    (void)by;
    if (a->is_species) {
        /* What is set to a product with itself stays none. */
        r->none[a->target] &= r->known[a->value] && r->value[a->value] == 0;
    } else {
        r->moves[a->target] = true;
    }
}

/* ---- Values that are the same for everybody. */
static void set(reach *r, uint32_t i, bool known, double value)
{
    r->known[i] = known;
    r->value[i] = value;
}

static bool is(const reach *r, rsp_expr e, double value)
{
    return r->known[e] && r->value[e] == value;
}

bool reach_is_set(const rsp_plan *plan, uint32_t i)
{
    bool set = false;
    for (size_t k = 0; k < CLINIC_PRODUCT_TRAITS; k++) {
        const clinic_trait *t = &plan->product.making.trait[k];
        set |= t->name && t->sets == (int)i;
    }
    for (size_t k = 0; k < plan->population.n_traits; k++) {
        set |= plan->population.traits[k].sets == (int)i;
    }
    return set;
}

/* "u < P" of a variate that is never below P: a chance of 0. */
static bool is_never_below(const reach *r, rsp_expr e, double bound)
{
    const rsp_node *n = &r->net->nodes[e];
    if (n->op != RSP_OP_PARAM || reach_is_set(r->plan, n->a)) { /* set: beyond its own range */
        return false;
    }
    const rsp_param *p = &r->params[n->a];
    double low = p->between.kind == RSP_DIST_UNIFORM && p->between.a > p->low ? p->between.a : p->low;
    return low >= bound;
}

static void evaluate_op(reach *r, uint32_t i)
{
    const rsp_node *n = &r->net->nodes[i];
    const unsigned arity = rsp_op_arity(n->op);
    const rsp_expr operand[] = {n->a, n->b, n->c};
    bool all = true;
    double v[3] = {0, 0, 0};
    for (unsigned k = 0; k < arity; k++) {
        all &= r->known[operand[k]];
        v[k] = r->value[operand[k]];
    }
    if (all) {
        set(r, i, true, rsp_op_scalar(n->op, v[0], v[1], v[2]));
    } else if ((n->op == RSP_OP_MUL || n->op == RSP_OP_AND) && (is(r, n->a, 0) || is(r, n->b, 0))) {
        set(r, i, true, 0);
    } else if (n->op == RSP_OP_DIV && is(r, n->a, 0)) {
        set(r, i, true, 0);
    } else if (n->op == RSP_OP_POW && (is(r, n->b, 0) || is(r, n->a, 1))) {
        set(r, i, true, 1);
    } else if (n->op == RSP_OP_LT && r->known[n->b] && is_never_below(r, n->a, r->value[n->b])) {
        set(r, i, true, 0);
    } else if (n->op == RSP_OP_SELECT && r->known[n->a]) {
        const rsp_expr taken = r->value[n->a] != 0 ? n->b : n->c;
        set(r, i, r->known[taken], r->value[taken]);
    } else {
        set(r, i, false, 0);
    }
}

static void evaluate(reach *r)
{
    for (uint32_t i = 0; i < r->net->n_nodes; i++) {
        const rsp_node *n = &r->net->nodes[i];
        switch (n->op) {
        case RSP_OP_CONST: set(r, i, true, n->value); break;
        case RSP_OP_PARAM: set(r, i, !r->varies[n->a], r->params[n->a].value); break;
        case RSP_OP_INPUT: set(r, i, !r->moves[n->a], r->net->inputs[n->a].value); break;
        case RSP_OP_SPECIES: set(r, i, r->none[n->a], 0); break;
        case RSP_OP_AFTER: set(r, i, !r->acts[r->net->afters[n->a].action], 0); break;
        case RSP_OP_SINCE: set(r, i, !r->acts[n->a], 1e9); break;
        case RSP_OP_TIME:
        case RSP_OP_ARG:
        case RSP_OP_ROOTVAR:
        case RSP_OP_ROOT: set(r, i, false, 0); break;
        default: evaluate_op(r, i);
        }
    }
}

static bool is_zero(const reach *r, rsp_expr e) { return e == RSP_NO_EXPR || is(r, e, 0); }

static void spare_what_comes(reach *r)
{
    for (uint32_t s = 0; s < r->net->n_species; s++) {
        r->none[s] &= is_zero(r, r->net->species[s].rate);
    }
    for (uint32_t i = 0; i < r->net->n_reactions; i++) {
        const rsp_reaction *x = &r->net->reactions[i];
        for (uint32_t k = 0; k < x->n_changes && !is(r, x->rate, 0); k++) {
            r->none[r->net->changes[x->first_change + k].species] = false;
        }
    }
    each_assign(r, may_move);
}

static size_t count(const bool *x, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        k += x[i];
    }
    return k;
}

/* Species that begin with none stay none while nothing makes them: taken away from all
 * that might until no more goes. */
static void settle(reach *r)
{
    const uint32_t n = r->net->n_species;
    evaluate(r);
    for (uint32_t s = 0; s < n; s++) {
        const rsp_species *x = &r->net->species[s];
        r->none[s] = !x->of_clones && x->draw == RSP_DRAW_VALUE && is_zero(r, x->a);
    }
    for (size_t before = n + 1, now = count(r->none, n); now < before;) {
        before = now;
        evaluate(r);
        spare_what_comes(r);
        now = count(r->none, n);
    }
    evaluate(r);
}

/* ---- What an expression is made of. */
static void look(reach *r, rsp_expr e)
{
    if (e != RSP_NO_EXPR && !r->known[e] && !r->seen[e]) {
        r->seen[e] = true;
        r->stack[r->n_stack++] = e;
    }
}

static void look_at_clones(reach *r)
{
    for (uint32_t i = 0; i < r->net->n_givens; i++) {
        look(r, r->net->givens[i]);
    }
}

static void look_at_species(reach *r, uint32_t s);

static void look_at_rates_of_clones(reach *r)
{
    for (uint32_t i = 0; i < r->net->n_populations; i++) {
        const rsp_population *p = &r->net->populations[i];
        for (uint32_t k = 0; k < p->n_kinds; k++) {
            if (p->birth[k].gathers) {
                look_at_species(r, p->birth[k].at);
            }
            if (p->death[k].gathers) {
                look_at_species(r, p->death[k].at);
            }
        }
    }
}

static void look_at_species(reach *r, uint32_t s)
{
    const rsp_species *x = &r->net->species[s];
    if (r->species[s]) {
        return;
    }
    r->species[s] = true;
    if (x->of_clones) {
        look_at_clones(r);
        look_at_rates_of_clones(r);
    }
    look(r, x->a);
    look(r, x->b);
    look(r, x->rate);
    for (uint32_t i = 0; i < r->net->n_reactions; i++) {
        const rsp_reaction *y = &r->net->reactions[i];
        for (uint32_t k = 0; k < y->n_changes; k++) {
            if (r->net->changes[y->first_change + k].species == s) {
                look(r, y->rate);
            }
        }
    }
}

static void look_at_assign(reach *r, const rsp_assign *a, const rsp_event *by)
{
    if (a->is_species ? r->species[a->target] : r->input[a->target]) {
        look(r, a->value);
        look(r, a->scale);
        if (by) {
            look(r, by->trigger);
            look(r, by->delay);
            look(r, by->priority);
        }
    }
}

static void look_inside(reach *r, rsp_expr e)
{
    const rsp_node *n = &r->net->nodes[e];
    const rsp_expr operand[] = {n->a, n->b, n->c};
    switch (n->op) {
    case RSP_OP_PARAM: r->reached[n->a] = true; break;
    case RSP_OP_SPECIES: look_at_species(r, n->a); break;
    case RSP_OP_INPUT: r->input[n->a] = true; break;
    case RSP_OP_AFTER: look(r, r->net->afters[n->a].delay); break;
    case RSP_OP_ROOT:
        look(r, r->net->roots[n->a].low);
        look(r, r->net->roots[n->a].high);
        look(r, r->net->roots[n->a].f);
        break;
    case RSP_OP_CONST:
    case RSP_OP_TIME:
    case RSP_OP_SINCE:
    case RSP_OP_ARG:
    case RSP_OP_ROOTVAR: break;
    case RSP_OP_SELECT:
        if (r->known[n->a]) {
            look(r, r->value[n->a] != 0 ? n->b : n->c);
            break;
        }
        look(r, n->c);
        look(r, n->a);
        look(r, n->b);
        break;
    default:
        for (unsigned k = 0; k < rsp_op_arity(n->op); k++) {
            look(r, operand[k]);
        }
    }
}

/* Assignments are looked at again whenever a species or an input has come to be seen. */
static void walk(reach *r)
{
    do {
        while (r->n_stack) {
            look_inside(r, r->stack[--r->n_stack]);
        }
        each_assign(r, look_at_assign);
    } while (r->n_stack);
}

/* ---- What is read. */
static void look_at_assay(reach *r, uint32_t i)
{
    const clinic_assay *a = &r->plan->assays[i];
    const rsp_observable *seen = r->net->observables;
    if (a->observable >= 0) {
        look(r, seen[a->observable].expr);
    }
    if (a->second >= 0) {
        look(r, seen[a->second].expr);
    }
    for (size_t k = 0; k < a->n_series; k++) {
        look(r, seen[a->series[k]].expr);
    }
}

static void look_at_assays(reach *r, uint64_t assays)
{
    for (uint32_t i = 0; i < r->plan->n_assays; i++) {
        if (assays >> i & 1) {
            look_at_assay(r, i);
        }
    }
}

static void look_at_endpoint(reach *r, uint32_t endpoint)
{
    for (int i = (int)endpoint; i >= 0; i = r->plan->endpoints[i].after) {
        look_at_assays(r, r->plan->endpoints[i].assays);
    }
}

static void look_at_when(reach *r, const plan_when *when)
{
    if (when->kind == PLAN_WHEN_ENDPOINT) {
        look_at_endpoint(r, when->endpoint);
    }
}

/* Rules end or change what is followed; a design enrols by what was seen. */
static void look_at_study(reach *r)
{
    const rsp_plan *plan = r->plan;
    for (size_t i = 0; i < plan->n_rules; i++) {
        if (holds_in(plan->rules[i].arms, r->arm)) {
            look_at_assays(r, plan->rules[i].assays);
        }
    }
    if (plan->escalation.exists) {
        look_at_endpoint(r, plan->escalation.toxicity);
    }
    for (size_t i = 0; plan->stopping.exists && i < plan->stopping.n_bounds; i++) {
        look_at_endpoint(r, plan->stopping.bounds[i].event);
    }
}

static void look_at_outcome(reach *r, const plan_score *score)
{
    if (plan_of_assay(score->statistic) || score->statistic == PLAN_FOUNDERS) {
        look_at_assay(r, score->assay);
        look_at_when(r, &score->from);
        look_at_when(r, &score->to);
    }
    if (!plan_of_assay(score->statistic) && r->plan->n_endpoints) {
        look_at_endpoint(r, score->endpoint);
    }
}

static bool reach_init(reach *r)
{
    const rsp_network *net = r->net;
    r->acts = calloc(net->n_actions + 1, sizeof *r->acts);
    r->none = calloc(net->n_species + 1, sizeof *r->none);
    r->moves = calloc(net->n_inputs + 1, sizeof *r->moves);
    r->known = calloc(net->n_nodes + 1, sizeof *r->known);
    r->value = calloc(net->n_nodes + 1, sizeof *r->value);
    r->seen = calloc(net->n_nodes + 1, sizeof *r->seen);
    r->species = calloc(net->n_species + 1, sizeof *r->species);
    r->input = calloc(net->n_inputs + 1, sizeof *r->input);
    r->stack = calloc(net->n_nodes + 1, sizeof *r->stack);
    return r->acts && r->none && r->moves && r->known && r->value && r->seen && r->species && r->input &&
           r->stack;
}

static void reach_fini(reach *r)
{
    free(r->acts);
    free(r->none);
    free(r->moves);
    free(r->known);
    free(r->value);
    free(r->seen);
    free(r->species);
    free(r->input);
    free(r->stack);
}

rsp_status reach_of(const rsp_plan *plan, const plan_score *score, uint32_t arm, const bool *varies,
                    bool *reached, rsp_error *err)
{
    reach r = {.plan = plan, .net = plan->net, .params = plan->arms[arm].params, .varies = varies,
               .reached = reached, .arm = arm};
    bool ok = reach_init(&r);
    if (ok) {
        find_actions(&r);
        each_assign(&r, may_move); /* inputs; no species is none yet */
        settle(&r);
        look_at_outcome(&r, score);
        look_at_study(&r);
        walk(&r);
    }
    reach_fini(&r);
    return ok ? RSP_OK : rsp_fail(err, RSP_NOMEM, "no memory for what an outcome can depend on");
}
