#include "made_network.h"

#include <stdlib.h>

made_network *made_network_new(uint32_t n_params, uint32_t n_inputs,
                               uint32_t n_species)
{
    made_network *made = calloc(1, sizeof *made);
    RSP_ASSERT(made && n_params < MADE_FEW && n_inputs < MADE_FEW &&
               n_species < MADE_FEW);
    made->net = (rsp_network){
        .name = "made", .title = "", .nodes = made->nodes,
        .roots = made->roots, .params = made->params,
        .derived = made->derived, .inputs = made->inputs,
        .species = made->species, .reactions = made->reactions,
        .observables = made->observables, .actions = made->actions,
        .assigns = made->assigns, .afters = made->afters,
        .events = made->events,
        .n_params = n_params, .n_inputs = n_inputs, .n_species = n_species};
    for (uint32_t s = 0; s < n_species; s++) {
        const rsp_expr zero = made_number(made, 0.0);
        made->species[s] = (rsp_species){.name = "S", .a = zero,
                                         .b = RSP_NO_EXPR,
                                         .rate = RSP_NO_EXPR};
    }
    return made;
}

static rsp_expr add_node(made_network *made, rsp_node node)
{
    RSP_ASSERT(made->net.n_nodes < MADE_MAX);
    made->nodes[made->net.n_nodes] = node;
    return made->net.n_nodes++;
}

rsp_expr made_number(made_network *made, double value)
{
    return add_node(made, (rsp_node){.op = RSP_OP_CONST, .value = value});
}

rsp_expr made_leaf(made_network *made, rsp_op op, uint32_t index)
{
    return add_node(made, (rsp_node){.op = op, .a = index});
}

rsp_expr made_op(made_network *made, rsp_op op, rsp_expr a, rsp_expr b,
                 rsp_expr c)
{
    return add_node(made, (rsp_node){.op = op, .a = a, .b = b, .c = c});
}

uint32_t made_root_begin(made_network *made)
{
    RSP_ASSERT(made->net.n_roots < MADE_FEW);
    return made->net.n_roots++;
}

rsp_expr made_root_end(made_network *made, uint32_t root, rsp_expr low,
                       rsp_expr high, rsp_expr f)
{
    made->roots[root] = (rsp_root){"a root", low, high, f};
    return made_leaf(made, RSP_OP_ROOT, root);
}

void made_reaction(made_network *made, rsp_expr rate)
{
    RSP_ASSERT(made->net.n_reactions < MADE_FEW);
    made->reactions[made->net.n_reactions++] =
        (rsp_reaction){.name = "R", .rate = rate};
}

void made_observable(made_network *made, rsp_expr expr)
{
    made->observables[made->net.n_observables++] =
        (rsp_observable){.name = "O", .expr = expr};
}

void made_derived(made_network *made, rsp_expr expr)
{
    made->derived[made->net.n_derived++] =
        (rsp_derived){.name = "D", .expr = expr, .constant = true};
}

void made_assign(made_network *made, uint32_t species, rsp_expr value)
{
    if (made->net.n_actions == 0) {
        made->actions[made->net.n_actions++] = (rsp_action){.name = "act"};
    }
    made->actions[0].n_assigns++;
    made->assigns[made->net.n_assigns++] =
        (rsp_assign){.is_species = true, .target = species, .value = value,
                     .scale = RSP_NO_EXPR};
}

/* ---- At random. */

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

double made_uniform(uint64_t seed, uint64_t k, double low, double high)
{
    const uint64_t bits = mix(mix(seed) + k * 0x9e3779b97f4a7c15u) >> 11;
    return low + (high - low) * ((double)bits * 0x1p-53);
}

typedef struct dice {
    uint64_t seed, k;
} dice;

static uint32_t roll(dice *d, uint32_t n)
{
    return (uint32_t)made_uniform(d->seed, d->k++, 0.0, (double)n);
}

/* A set of expressions to build on. */
typedef struct pool {
    rsp_expr e[MADE_MAX];
    uint32_t n;
} pool;

static rsp_expr pick(const pool *p, dice *d)
{
    /* Half of the time something recent, so that expressions grow deep. */
    const uint32_t recent = p->n < 12 ? p->n : 12;
    return roll(d, 2) ? p->e[p->n - 1 - roll(d, recent)] : p->e[roll(d, p->n)];
}

static void grow(made_network *made, pool *p, dice *d, int n)
{
    static const rsp_op ops[] = {
        RSP_OP_NEG, RSP_OP_EXP, RSP_OP_LOG, RSP_OP_SQRT, RSP_OP_ABS,
        RSP_OP_FLOOR, RSP_OP_NOT, RSP_OP_ADD, RSP_OP_SUB, RSP_OP_MUL,
        RSP_OP_DIV, RSP_OP_POW, RSP_OP_MIN, RSP_OP_MAX, RSP_OP_LT, RSP_OP_LE,
        RSP_OP_EQ, RSP_OP_NE, RSP_OP_AND, RSP_OP_OR, RSP_OP_SELECT,
        RSP_OP_ADD, RSP_OP_SUB, RSP_OP_MUL, RSP_OP_DIV, RSP_OP_MUL, RSP_OP_ADD};
    for (int i = 0; i < n; i++) {
        const rsp_op op = ops[roll(d, sizeof ops / sizeof *ops)];
        p->e[p->n] = made_op(made, op, pick(p, d), pick(p, d), pick(p, d));
        p->n++;
    }
}

static void add_leaves(made_network *made, pool *p, rsp_op op, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        p->e[p->n++] = made_leaf(made, op, i);
    }
}

/* x^3 + x = target, with x in -100 .. 100. */
static rsp_expr random_root(made_network *made, rsp_expr target)
{
    const uint32_t k = made_root_begin(made);
    const rsp_expr x = made_leaf(made, RSP_OP_ROOTVAR, k);
    const rsp_expr cube =
        made_op(made, RSP_OP_POW, x, made_number(made, 3.0), 0);
    const rsp_expr f =
        made_op(made, RSP_OP_SUB, made_op(made, RSP_OP_ADD, cube, x, 0),
                target, 0);
    return made_root_end(made, k, made_number(made, -100.0),
                         made_number(made, 100.0), f);
}

/* x + y(x) = target, where y^3 + y = x * other: one root in another. */
static rsp_expr random_nest(made_network *made, rsp_expr target, rsp_expr other)
{
    const uint32_t k = made_root_begin(made);
    const rsp_expr x = made_leaf(made, RSP_OP_ROOTVAR, k);
    const rsp_expr y =
        random_root(made, made_op(made, RSP_OP_MUL, x, other, 0));
    const rsp_expr f =
        made_op(made, RSP_OP_SUB, made_op(made, RSP_OP_ADD, x, y, 0), target, 0);
    return made_root_end(made, k, made_number(made, -50.0),
                         made_number(made, 60.0), f);
}

static void random_prepared(made_network *made, const pool *p, dice *d)
{
    for (uint32_t s = 0; s < made->net.n_species; s++) {
        made->species[s].draw = (rsp_draw_kind)roll(d, 5);
        made->species[s].a = pick(p, d);
        made->species[s].b = pick(p, d);
    }
    for (int i = 0; i < 6; i++) {
        made_derived(made, pick(p, d));
    }
    for (uint32_t i = 0; i < 2; i++) {
        made->afters[made->net.n_afters++] =
            (rsp_after){.action = i, .delay = pick(p, d)};
    }
}

made_network *made_network_random(uint64_t seed)
{
    static const double numbers[] = {0.0, 1.0, 2.0, 3.0, 4.0, -1.0, -2.0,
                                     0.5, 1.5, 0.1, 1e-3, 7.25, 1e6};
    dice d = {seed, 1000};
    made_network *made = made_network_new(6, 2, 7);
    pool *p = calloc(1, sizeof *p);
    RSP_ASSERT(p);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        p->e[p->n++] = made_number(made, numbers[i]);
    }
    add_leaves(made, p, RSP_OP_PARAM, 6);
    const rsp_expr *param = p->e + p->n - 6;
    p->e[p->n] = random_root(made, param[0]);
    p->e[p->n + 1] = random_nest(made, param[1], param[2]);
    p->e[p->n + 2] = random_root(made, p->e[p->n + 1]);
    p->n += 3;
    grow(made, p, &d, 40);
    random_prepared(made, p, &d);
    made->net.n_actions = 2;
    made->actions[0] = made->actions[1] = (rsp_action){.name = "act"};
    add_leaves(made, p, RSP_OP_INPUT, 2);
    add_leaves(made, p, RSP_OP_SPECIES, 7);
    add_leaves(made, p, RSP_OP_TIME, 1);
    add_leaves(made, p, RSP_OP_AFTER, 2);
    add_leaves(made, p, RSP_OP_SINCE, 2);
    grow(made, p, &d, 500);
    for (int i = 0; i < 90; i++) {
        made_reaction(made, pick(p, &d));
        made_observable(made, pick(p, &d));
    }
    for (uint32_t s = 0; s < 3; s++) {
        made->species[s].continuous = true;
        made->species[s].rate = pick(p, &d);
    }
    for (uint32_t i = 0; i < 6; i++) {
        made->events[made->net.n_events++] =
            (rsp_event){.name = "E", .trigger = pick(p, &d), .delay = pick(p, &d),
                        .priority = i % 2 ? pick(p, &d) : RSP_NO_EXPR};
    }
    add_leaves(made, p, RSP_OP_ARG, 1);
    grow(made, p, &d, 20);
    for (uint32_t i = 0; i < 8; i++) {
        made_assign(made, i % 7, pick(p, &d));
    }
    free(p);
    return made;
}
