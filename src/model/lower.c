/* Lowering: a network becomes sections of instructions over rows.
 *
 * A scope is a list of values evaluated together: one for each section, one
 * for the body of each root.  Which values a scope has follows from what the
 * outputs need and what each value depends on; operands come before what is made
 * of them.  Values that never vary are computed in `prepare`
 * and keep a row of their own where another section or an output reads them;
 * the rates stand in stretches that are idle together (stretch.c);
 * temporaries share rows (linear scan, the row freed last is taken first, so
 * that few rows stay warm in cache). */
#include "respite/program.h"

#include <stdlib.h>
#include <string.h>

#include "model/derive.h"
#include "model/ops.h"
#include "model/stretch.h"
#include "model/values.h"

enum { N_SECTIONS = 6, FIRST_BODY = N_SECTIONS };
enum { RATE, DRIFT, INITIAL_A, INITIAL_B, OBSERVED, DELAY, DERIVED, ASSIGNED,
       SLOPE, BY_TIME, SCALE, TRIGGER, EVENT_DELAY, EVENT_PRIORITY, GIVEN, N_OUTPUTS };

typedef struct scope {
    uint32_t *values; /* [n] ascending */
    uint32_t n;
} scope;

typedef struct lowering {
    const rsp_network *net;
    rsp_arena *arena;
    rsp_values vs;
    rsp_derivatives df;
    bool *needed[N_SECTIONS]; /* [vs.n] evaluated or read by the section */
    bool *kept;               /* [vs.n] has a row that no temporary takes */
    scope *scopes;            /* [N_SECTIONS + n_roots] */
    uint32_t *row;            /* [vs.n] of the scope at hand */
    rsp_stretches stretches;  /* of the rates */
    uint32_t *turn;           /* [vs.n] of each value in the order of its scope */
    uint32_t *last;           /* [vs.n] value at which its row is free again */
    uint32_t *expires, *next; /* [vs.n] lists of values by `last`, plus one */
    uint32_t *pool;           /* free rows, a stack */
    uint32_t n_pool, pool_top;
    rsp_instr *code;
    uint32_t n_code;
    rsp_root_code *roots;
    uint32_t *out[N_OUTPUTS]; /* rows of outputs, the program's */
    rsp_guard *guards;        /* [n_guards] */
    uint32_t *guard_value;    /* [n_guards] */
    uint32_t n_guards;
    bool strayed;             /* an output uses the unknown of a root */
    rsp_program *p;
} lowering;

/* The program with what it owns; the program is first. */
typedef struct owned_program {
    rsp_program program;
    rsp_arena *arena;
} owned_program;

/* ---- Guards. */

typedef struct guard_walk {
    const rsp_values *vs;
    bool *seen;      /* [n] an operand of a condition */
    bool *rated;     /* [n] an operand of a rate */
    bool *moves;     /* [n] depends on time or on what flows */
    bool *clock, *state; /* [n] depends on time; on a species */
    uint32_t n;      /* values before the guards' own */
} guard_walk;

static bool guard_kind(unsigned op, rsp_guard_kind *kind)
{
    switch (op) {
    case RSP_OP_LT:
    case RSP_OP_MIN:
    case RSP_OP_MAX:
    case RSP_OP_ABS: *kind = RSP_GUARD_BELOW; return true;
    case RSP_OP_FLOOR: *kind = RSP_GUARD_WHOLE; return true;
    case RSP_OP_LE: *kind = RSP_GUARD_UP_TO; return true;
    case RSP_OP_EQ:
    case RSP_OP_NE: *kind = RSP_GUARD_EQUAL; return true;
    default: return false;
    }
}

static void mark_moving(const guard_walk *w)
{
    for (uint32_t i = 0; i < w->n; i++) {
        const rsp_value *v = &w->vs->v[i];
        uint32_t op[3];
        const unsigned n = rsp_value_operands(v, op);
        w->clock[i] = v->op == RSP_OP_TIME || v->op == RSP_OP_SINCE;
        w->state[i] = v->op == RSP_OP_SPECIES;
        for (unsigned k = 0; k < n; k++) {
            w->clock[i] = w->clock[i] || w->clock[op[k]];
            w->state[i] = w->state[i] || w->state[op[k]];
        }
        w->moves[i] = w->clock[i] || w->state[i];
    }
}

/* Everything that the marked values are made of; operands come first. */
static void mark_operands(const guard_walk *w, bool *marked)
{
    for (uint32_t i = w->n; i-- > 0;) {
        uint32_t op[3];
        const unsigned n = marked[i] ? rsp_value_operands(&w->vs->v[i], op) : 0;
        for (unsigned k = 0; k < n; k++) {
            marked[op[k]] = true;
        }
    }
}

static void mark_rates(const lowering *lo, const guard_walk *w)
{
    const rsp_network *net = lo->net;
    for (uint32_t r = 0; r < net->n_reactions; r++) {
        w->rated[lo->vs.of_node[net->reactions[r].rate]] = true;
    }
    for (uint32_t s = 0; s < net->n_species; s++) {
        if (net->species[s].rate != RSP_NO_EXPR) {
            w->rated[lo->vs.of_node[net->species[s].rate]] = true;
        }
    }
    mark_operands(w, w->rated);
}

static void add_guard(lowering *lo, rsp_guard guard, uint32_t value)
{
    if (lo->vs.v[value].op == RSP_OP_CONST) {
        return;
    }
    lo->guards[lo->n_guards] = guard;
    lo->guard_value[lo->n_guards++] = value;
}

/* What changes sides where value i, a comparison or a kink, does. */
static uint32_t guarded(lowering *lo, uint32_t i)
{
    const rsp_value v = lo->vs.v[i]; /* a copy: the values may move */
    return v.op == RSP_OP_FLOOR ? i
           : v.op == RSP_OP_ABS ? v.a
                                : rsp_values_apply(&lo->vs, RSP_OP_SUB, v.a, v.b, 0);
}

/* A guard for each comparison in a trigger, and for what jumps or turns by time alone in
 * a rate; then one for each trigger itself. */
static rsp_status find_guards(lowering *lo, rsp_error *err)
{
    const rsp_network *net = lo->net;
    guard_walk w = {.vs = &lo->vs, .n = lo->vs.n};
    w.seen = rsp_arena_alloc(lo->arena, w.n + 1, sizeof(bool));
    w.rated = rsp_arena_alloc(lo->arena, w.n + 1, sizeof(bool));
    w.moves = rsp_arena_alloc(lo->arena, w.n + 1, sizeof(bool));
    w.clock = rsp_arena_alloc(lo->arena, w.n + 1, sizeof(bool));
    w.state = rsp_arena_alloc(lo->arena, w.n + 1, sizeof(bool));
    lo->guards = rsp_arena_alloc(lo->arena, (size_t)w.n + net->n_events, sizeof *lo->guards);
    lo->guard_value = rsp_arena_alloc(lo->arena, (size_t)w.n + net->n_events,
                                      sizeof *lo->guard_value);
    if (!w.seen || !w.rated || !w.moves || !w.clock || !w.state || !lo->guards ||
        !lo->guard_value) {
        return rsp_fail(err, RSP_NOMEM, "no memory to lower the model");
    }
    for (uint32_t i = 0; i < net->n_events; i++) {
        w.seen[lo->vs.of_node[net->events[i].trigger]] = true;
    }
    mark_operands(&w, w.seen);
    mark_rates(lo, &w);
    mark_moving(&w);
    for (uint32_t i = 0; i < w.n; i++) {
        const unsigned op = lo->vs.v[i].op;
        const bool compares = op == RSP_OP_LT || op == RSP_OP_LE || op == RSP_OP_EQ ||
                              op == RSP_OP_NE;
        const bool by_time = w.clock[i] && !w.state[i];
        const bool ahead = w.rated[i] && by_time;
        rsp_guard guard = {.moves = w.moves[i], .ahead = ahead};
        if (guard_kind(op, &guard.kind) &&
            (ahead || (w.seen[i] && (compares || (op == RSP_OP_FLOOR && by_time))))) {
            add_guard(lo, guard, guarded(lo, i));
        }
    }
    for (uint32_t i = 0; i < net->n_events; i++) {
        const uint32_t trigger = lo->vs.of_node[net->events[i].trigger];
        add_guard(lo, (rsp_guard){.kind = RSP_GUARD_TRUTH, .moves = w.moves[trigger]}, trigger);
    }
    return RSP_OK;
}

/* ---- What is needed. */

static void need_value(lowering *lo, unsigned section, uint32_t v)
{
    if (v != RSP_NONE) {
        lo->needed[section][v] = true;
        lo->strayed = lo->strayed || lo->vs.v[v].home != RSP_NONE;
    }
}

static void need(lowering *lo, unsigned section, rsp_expr expr)
{
    need_value(lo, section, expr == RSP_NO_EXPR ? RSP_NONE : lo->vs.of_node[expr]);
}

static void need_outputs(lowering *lo)
{
    const rsp_network *net = lo->net;
    for (uint32_t s = 0; s < net->n_species; s++) {
        need(lo, RSP_RUN_PREPARE, net->species[s].a);
        if (net->species[s].draw != RSP_DRAW_VALUE &&
            net->species[s].draw != RSP_DRAW_POISSON) {
            need(lo, RSP_RUN_PREPARE, net->species[s].b);
        }
        need(lo, RSP_RUN_RATES, net->species[s].rate);
    }
    for (uint32_t i = 0; i < net->n_afters; i++) {
        need(lo, RSP_RUN_PREPARE, net->afters[i].delay);
    }
    for (uint32_t i = 0; i < net->n_derived; i++) {
        if (net->derived[i].constant) {
            need(lo, RSP_RUN_PREPARE, net->derived[i].expr);
        }
    }
    for (uint32_t i = 0; i < net->n_givens; i++) {
        need(lo, RSP_RUN_PREPARE, net->givens[i]);
    }
    for (uint32_t r = 0; r < net->n_reactions; r++) {
        need(lo, RSP_RUN_RATES, net->reactions[r].rate);
    }
    for (uint32_t i = 0; i < net->n_observables; i++) {
        need(lo, RSP_RUN_OBSERVE, net->observables[i].expr);
    }
    for (uint32_t i = 0; i < net->n_assigns; i++) {
        need(lo, RSP_RUN_ACT, net->assigns[i].value);
        need(lo, RSP_RUN_ACT, net->assigns[i].scale);
    }
    for (uint32_t i = 0; i < net->n_events; i++) {
        need(lo, RSP_RUN_WATCH, net->events[i].trigger);
        need(lo, RSP_RUN_ACT, net->events[i].delay);
        need(lo, RSP_RUN_ACT, net->events[i].priority);
    }
    for (uint32_t i = 0; i < lo->n_guards; i++) {
        need_value(lo, RSP_RUN_WATCH, lo->guard_value[i]);
    }
    for (uint32_t i = 0; i < lo->df.n; i++) {
        need_value(lo, RSP_RUN_JACOBIAN, lo->df.value[i]);
    }
    for (uint32_t s = 0; s < net->n_species; s++) {
        need_value(lo, RSP_RUN_JACOBIAN, lo->df.by_time[s]);
    }
}

static rsp_status check_constant(const lowering *lo, rsp_expr expr,
                                 const char *what, const char *name,
                                 rsp_error *err)
{
    if (expr == RSP_NO_EXPR || !lo->vs.v[lo->vs.of_node[expr]].varies) {
        return RSP_OK;
    }
    return rsp_fail(err, RSP_RANGE,
                    "the %s '%s' depends on the state, time or an input; it may "
                    "depend on parameters only",
                    what, name);
}

static rsp_status check_prepare(const lowering *lo, rsp_error *err)
{
    const rsp_network *net = lo->net;
    for (uint32_t s = 0; s < net->n_species; s++) {
        const rsp_species *species = &net->species[s];
        if (check_constant(lo, species->a, "initial value of", species->name,
                           err) != RSP_OK ||
            (species->draw != RSP_DRAW_VALUE &&
             check_constant(lo, species->b, "initial value of", species->name,
                            err) != RSP_OK)) {
            return RSP_RANGE;
        }
    }
    for (uint32_t i = 0; i < net->n_afters; i++) {
        if (check_constant(lo, net->afters[i].delay, "delay after",
                           net->actions[net->afters[i].action].name,
                           err) != RSP_OK) {
            return RSP_RANGE;
        }
    }
    for (uint32_t i = 0; i < net->n_derived; i++) {
        if (net->derived[i].constant &&
            check_constant(lo, net->derived[i].expr, "constant",
                           net->derived[i].name, err) != RSP_OK) {
            return RSP_RANGE;
        }
    }
    return RSP_OK;
}

/* Operands of what the section evaluates; a hoisted operand is left to
 * `prepare` and keeps its row. */
static void close_section(lowering *lo, unsigned section)
{
    bool *needed = lo->needed[section];
    for (uint32_t i = lo->vs.n; i-- > 0;) {
        const rsp_value *v = &lo->vs.v[i];
        if (!needed[i]) {
            continue;
        }
        if (section != RSP_RUN_PREPARE && !v->varies) {
            lo->needed[RSP_RUN_PREPARE][i] = true;
            lo->kept[i] = true;
            continue;
        }
        uint32_t op[3];
        const unsigned n = rsp_value_operands(v, op);
        for (unsigned k = 0; k < n; k++) {
            needed[op[k]] = true;
        }
        if (v->op == RSP_OP_ROOT) {
            needed[lo->vs.root_f[v->c]] = true;
        }
    }
}

static void find_needed(lowering *lo)
{
    for (uint32_t i = 0; i < lo->vs.n; i++) {
        lo->kept[i] = lo->needed[RSP_RUN_PREPARE][i];
    }
    for (unsigned section = RSP_RUN_RATES; section < N_SECTIONS; section++) {
        close_section(lo, section);
    }
    close_section(lo, RSP_RUN_PREPARE);
    for (uint32_t i = 0; i < lo->vs.n; i++) {
        const rsp_value *v = &lo->vs.v[i];
        if (v->op == RSP_OP_ROOT && v->home == RSP_NONE &&
            lo->needed[RSP_RUN_PREPARE][i]) {
            lo->kept[i] = true; /* failures are looked for there */
        }
    }
}

/* ---- Scopes. */

/* The scope that evaluates value i when `section` needs it; RSP_NONE: another
 * section does, or nobody (leaves). */
static uint32_t scope_of(const lowering *lo, unsigned section, uint32_t i)
{
    const rsp_value *v = &lo->vs.v[i];
    if (!lo->needed[section][i] || rsp_value_is_leaf(v) ||
        v->varies != (section != RSP_RUN_PREPARE)) {
        return RSP_NONE;
    }
    return v->home == RSP_NONE ? section : FIRST_BODY + v->home;
}

static bool fill_scopes(lowering *lo)
{
    const uint32_t n_scopes = N_SECTIONS + lo->net->n_roots;
    lo->scopes = rsp_arena_alloc(lo->arena, n_scopes, sizeof *lo->scopes);
    if (!lo->scopes) {
        return false;
    }
    for (int pass = 0; pass < 2; pass++) { /* count, then fill */
        for (uint32_t k = 0; pass == 1 && k < n_scopes; k++) {
            scope *sc = &lo->scopes[k];
            sc->values =
                rsp_arena_alloc(lo->arena, sc->n + 1, sizeof *sc->values);
            if (!sc->values) {
                return false;
            }
            lo->n_code += sc->n;
            sc->n = 0;
        }
        for (unsigned section = 0; section < N_SECTIONS; section++) {
            for (uint32_t i = 0; i < lo->vs.n; i++) {
                const uint32_t k = scope_of(lo, section, i);
                if (k != RSP_NONE) {
                    scope *sc = &lo->scopes[k];
                    if (pass == 1) {
                        sc->values[sc->n] = i;
                    }
                    sc->n++;
                }
            }
        }
    }
    return true;
}

/* The rates in their stretches; all other scopes in ascending order. */
static bool order_scopes(lowering *lo)
{
    scope *rates = &lo->scopes[RSP_RUN_RATES];
    if (!rsp_stretches_new(&lo->stretches, &lo->vs, lo->net, rates->values, rates->n,
                           lo->arena)) {
        return false;
    }
    lo->p->stretch = lo->stretches.first;
    lo->p->n_stretches = lo->stretches.n;
    return true;
}

/* ---- Rows that stay. */

static uint32_t leaf_row(const rsp_program *p, const rsp_value *v)
{
    switch (v->op) {
    case RSP_OP_PARAM: return p->params + v->a;
    case RSP_OP_INPUT: return p->inputs + v->a;
    case RSP_OP_SPECIES: return p->species + v->a;
    case RSP_OP_TIME: return p->time;
    case RSP_OP_AFTER: return p->afters + v->a;
    case RSP_OP_SINCE: return p->sinces + v->a;
    case RSP_OP_ARG: return p->arg;
    default: return RSP_NONE;
    }
}

static bool needed_anywhere(const lowering *lo, uint32_t i)
{
    bool yes = false;
    for (unsigned section = 0; section < N_SECTIONS; section++) {
        yes = yes || lo->needed[section][i];
    }
    return yes;
}

static bool place_constants(lowering *lo)
{
    rsp_program *p = lo->p;
    double *values = rsp_arena_alloc(lo->arena, lo->vs.n + 1, sizeof *values);
    if (!values) {
        return false;
    }
    p->constants = 0;
    for (uint32_t i = 0; i < lo->vs.n; i++) {
        if (lo->vs.v[i].op == RSP_OP_CONST && needed_anywhere(lo, i)) {
            lo->row[i] = p->n_constants;
            values[p->n_constants++] = lo->vs.v[i].number;
        }
    }
    p->constant_values = values;
    return true;
}

static uint32_t take_rows(rsp_program *p, uint32_t n)
{
    const uint32_t first = p->n_rows;
    p->n_rows += n;
    return first;
}

static void place_leaves(lowering *lo)
{
    rsp_program *p = lo->p;
    const rsp_network *net = lo->net;
    p->n_rows = p->n_constants;
    p->params = take_rows(p, net->n_params);
    p->inputs = take_rows(p, net->n_inputs);
    p->species = take_rows(p, net->n_species);
    p->time = take_rows(p, 1);
    p->afters = take_rows(p, net->n_afters);
    p->sinces = take_rows(p, net->n_actions);
    p->arg = take_rows(p, 1);
    for (uint32_t i = 0; i < lo->vs.n; i++) {
        const uint32_t row = leaf_row(p, &lo->vs.v[i]);
        if (row != RSP_NONE) {
            lo->row[i] = row;
        }
    }
    for (uint32_t i = 0; i < lo->vs.n; i++) { /* hoisted */
        if (lo->kept[i] && !rsp_value_is_leaf(&lo->vs.v[i])) {
            lo->row[i] = take_rows(p, 1);
        }
    }
}

/* ---- Temporaries. */

static uint32_t pool_take(lowering *lo)
{
    if (lo->n_pool > 0) {
        return lo->pool[--lo->n_pool];
    }
    const uint32_t row = lo->p->temporaries + lo->pool_top++;
    if (row >= lo->p->n_rows) {
        lo->p->n_rows = row + 1;
    }
    return row;
}

static void pool_give(lowering *lo, uint32_t row)
{
    lo->pool[lo->n_pool++] = row;
}

/* User u seen from the scope that evaluates `of`: u itself, or the root in that
 * scope whose body u is in. */
static uint32_t seen_from(const lowering *lo, uint32_t u, uint32_t home)
{
    while (lo->vs.v[u].home != home) {
        RSP_ASSERT(lo->vs.v[u].home != RSP_NONE);
        u = lo->vs.root_value[lo->vs.v[u].home];
    }
    return u;
}

static void use(lowering *lo, uint32_t user, uint32_t operand)
{
    const rsp_value *v = &lo->vs.v[operand];
    if (rsp_value_is_leaf(v) || lo->kept[operand]) {
        return;
    }
    const uint32_t at = seen_from(lo, user, v->home);
    if (lo->last[operand] == RSP_NONE || lo->turn[lo->last[operand]] < lo->turn[at]) {
        lo->last[operand] = at;
    }
}

/* Last use of each temporary of a scope, and what each value frees. */
static void find_uses(lowering *lo, const scope *sc)
{
    for (uint32_t i = 0; i < sc->n; i++) {
        uint32_t op[3];
        const rsp_value *v = &lo->vs.v[sc->values[i]];
        const unsigned n = rsp_value_operands(v, op);
        for (unsigned k = 0; k < n; k++) {
            use(lo, sc->values[i], op[k]);
        }
        if (v->op == RSP_OP_ROOT) {
            const uint32_t f = lo->vs.root_f[v->c];
            if (lo->vs.v[f].home != v->c) { /* f does not use its unknown */
                use(lo, sc->values[i], f);
            }
        }
    }
}

static void list_expiries(lowering *lo, const scope *sc)
{
    for (uint32_t i = 0; i < sc->n; i++) {
        const uint32_t v = sc->values[i];
        if (lo->last[v] != RSP_NONE) {
            lo->next[v] = lo->expires[lo->last[v]];
            lo->expires[lo->last[v]] = v + 1;
        }
    }
}

static void free_expired(lowering *lo, uint32_t at)
{
    for (uint32_t e = lo->expires[at]; e != 0; e = lo->next[e - 1]) {
        pool_give(lo, lo->row[e - 1]);
    }
}

static void place_scope(lowering *lo, const scope *sc);

/* The rows of a body are taken while everything that is live around the root
 * still holds its own: the body runs many times before the root is done. */
static void place_body(lowering *lo, uint32_t root)
{
    const scope *body = &lo->scopes[FIRST_BODY + root];
    const uint32_t unknown = pool_take(lo);
    const uint32_t f = lo->vs.root_f[root];
    for (uint32_t i = 0; i < lo->vs.n; i++) {
        if (lo->vs.v[i].op == RSP_OP_ROOTVAR && lo->vs.v[i].a == root) {
            lo->row[i] = unknown;
        }
    }
    place_scope(lo, body);
    lo->roots[root].unknown = unknown;
    lo->roots[root].f = lo->row[f];
    if (lo->vs.v[f].home == root && !rsp_value_is_leaf(&lo->vs.v[f])) {
        pool_give(lo, lo->row[f]); /* nothing in the body ends its life */
    }
    pool_give(lo, unknown);
}

static void place_scope(lowering *lo, const scope *sc)
{
    for (uint32_t i = 0; i < sc->n; i++) {
        const uint32_t v = sc->values[i];
        if (lo->vs.v[v].op == RSP_OP_ROOT) {
            place_body(lo, lo->vs.v[v].c);
        }
        free_expired(lo, v);
        if (!lo->kept[v]) {
            lo->row[v] = pool_take(lo);
        }
    }
}

static uint32_t row_of_value(const lowering *lo, uint32_t v)
{
    return v == RSP_NONE ? RSP_NONE : lo->row[v];
}

static uint32_t row_of(const lowering *lo, rsp_expr expr)
{
    return expr == RSP_NO_EXPR ? RSP_NONE : lo->row[lo->vs.of_node[expr]];
}

static void place_value(lowering *lo, uint32_t v)
{
    if (v != RSP_NONE && lo->vs.v[v].varies && !rsp_value_is_leaf(&lo->vs.v[v]) &&
        !lo->kept[v]) {
        lo->kept[v] = true;
        lo->row[v] = take_rows(lo->p, 1);
    }
}

static void place_output(lowering *lo, rsp_expr expr)
{
    place_value(lo, expr == RSP_NO_EXPR ? RSP_NONE : lo->vs.of_node[expr]);
}

/* Outputs of a varying section get rows of their own; `keep` is undone when the
 * section is written, as another section computes the same value elsewhere. */
static void place_outputs(lowering *lo, unsigned section)
{
    const rsp_network *net = lo->net;
    if (section == RSP_RUN_RATES) {
        for (uint32_t r = 0; r < net->n_reactions; r++) {
            place_output(lo, net->reactions[r].rate);
        }
        for (uint32_t s = 0; s < net->n_species; s++) {
            place_output(lo, net->species[s].rate);
        }
        for (uint32_t i = 0; i < lo->stretches.n_stays; i++) {
            place_value(lo, lo->stretches.stays[i]);
        }
    }
    for (uint32_t i = 0; section == RSP_RUN_OBSERVE && i < net->n_observables;
         i++) {
        place_output(lo, net->observables[i].expr);
    }
    for (uint32_t i = 0; section == RSP_RUN_ACT && i < net->n_assigns; i++) {
        place_output(lo, net->assigns[i].value);
        place_output(lo, net->assigns[i].scale);
    }
    for (uint32_t i = 0; section == RSP_RUN_ACT && i < net->n_events; i++) {
        place_output(lo, net->events[i].delay);
        place_output(lo, net->events[i].priority);
    }
    for (uint32_t i = 0; section == RSP_RUN_WATCH && i < net->n_events; i++) {
        place_output(lo, net->events[i].trigger);
    }
    for (uint32_t i = 0; section == RSP_RUN_WATCH && i < lo->n_guards; i++) {
        place_value(lo, lo->guard_value[i]);
    }
    for (uint32_t i = 0; section == RSP_RUN_JACOBIAN && i < lo->df.n; i++) {
        place_value(lo, lo->df.value[i]);
    }
    for (uint32_t s = 0; section == RSP_RUN_JACOBIAN && s < net->n_species; s++) {
        place_value(lo, lo->df.by_time[s]);
    }
}

/* ---- Instructions. */

static rsp_section write_scope(lowering *lo, const scope *sc)
{
    rsp_instr *first = lo->code + lo->p->n_code;
    for (uint32_t i = 0; i < sc->n; i++) {
        const rsp_value *v = &lo->vs.v[sc->values[i]];
        const unsigned n = rsp_value_operands(v, (uint32_t[3]){0});
        first[i] = (rsp_instr){.op = v->op,
                               .to = lo->row[sc->values[i]],
                               .a = lo->row[v->a],
                               .b = n > 1 ? lo->row[v->b] : 0,
                               .c = n > 2 ? lo->row[v->c] : 0};
        if (v->op == RSP_OP_ROOT) {
            first[i].c = v->c;
        }
    }
    lo->p->n_code += sc->n;
    return (rsp_section){first, sc->n};
}

static void write_bodies(lowering *lo)
{
    for (uint32_t k = 0; k < lo->net->n_roots; k++) {
        const scope *body = &lo->scopes[FIRST_BODY + k];
        const uint32_t solution = lo->vs.root_value[k];
        lo->roots[k].first = lo->p->n_code;
        lo->roots[k].n = body->n;
        (void)write_scope(lo, body);
        const bool top = solution != RSP_NONE &&
                         lo->needed[RSP_RUN_PREPARE][solution] &&
                         lo->vs.v[solution].home == RSP_NONE;
        lo->roots[k].solution = top ? lo->row[solution] : RSP_NONE;
    }
}

static bool new_outputs(lowering *lo)
{
    const rsp_network *net = lo->net;
    const uint32_t sizes[N_OUTPUTS] = {
        [RATE] = net->n_reactions,       [DRIFT] = net->n_species,
        [INITIAL_A] = net->n_species,    [INITIAL_B] = net->n_species,
        [OBSERVED] = net->n_observables, [DELAY] = net->n_afters,
        [DERIVED] = net->n_derived,      [ASSIGNED] = net->n_assigns,
        [SLOPE] = lo->df.n,              [BY_TIME] = net->n_species,
        [SCALE] = net->n_assigns,        [TRIGGER] = net->n_events,
        [EVENT_DELAY] = net->n_events,   [EVENT_PRIORITY] = net->n_events,
        [GIVEN] = net->n_givens};
    for (int i = 0; i < N_OUTPUTS; i++) {
        lo->out[i] = rsp_arena_alloc(lo->arena, (size_t)sizes[i] + 1,
                                     sizeof(uint32_t));
        if (!lo->out[i]) {
            return false;
        }
    }
    rsp_program *p = lo->p;
    p->rate = lo->out[RATE];
    p->drift = lo->out[DRIFT];
    p->initial_a = lo->out[INITIAL_A];
    p->initial_b = lo->out[INITIAL_B];
    p->observed = lo->out[OBSERVED];
    p->delay = lo->out[DELAY];
    p->derived = lo->out[DERIVED];
    p->given = lo->out[GIVEN];
    p->assigned = lo->out[ASSIGNED];
    p->scale = lo->out[SCALE];
    p->trigger = lo->out[TRIGGER];
    p->event_delay = lo->out[EVENT_DELAY];
    p->event_priority = lo->out[EVENT_PRIORITY];
    p->guards = lo->guards;
    p->n_guards = lo->n_guards;
    p->df = (rsp_jacobian){lo->df.known, lo->df.n, lo->df.first, lo->df.column, lo->out[SLOPE],
                           lo->out[BY_TIME]};
    return true;
}

static void write_prepared(lowering *lo)
{
    const rsp_network *net = lo->net;
    for (uint32_t s = 0; s < net->n_species; s++) {
        const rsp_species *species = &net->species[s];
        const bool has_b = species->draw != RSP_DRAW_VALUE &&
                           species->draw != RSP_DRAW_POISSON;
        lo->out[INITIAL_A][s] = row_of(lo, species->a);
        lo->out[INITIAL_B][s] = has_b ? row_of(lo, species->b) : RSP_NONE;
    }
    for (uint32_t i = 0; i < net->n_afters; i++) {
        lo->out[DELAY][i] = row_of(lo, net->afters[i].delay);
    }
    for (uint32_t i = 0; i < net->n_derived; i++) {
        const rsp_derived *d = &net->derived[i];
        lo->out[DERIVED][i] = d->constant ? row_of(lo, d->expr) : RSP_NONE;
    }
    for (uint32_t i = 0; i < net->n_givens; i++) {
        lo->out[GIVEN][i] = row_of(lo, net->givens[i]);
    }
}

static void write_outputs(lowering *lo, unsigned section)
{
    const rsp_network *net = lo->net;
    if (section == RSP_RUN_PREPARE) {
        write_prepared(lo);
    }
    if (section == RSP_RUN_RATES) {
        for (uint32_t r = 0; r < net->n_reactions; r++) {
            lo->out[RATE][r] = row_of(lo, net->reactions[r].rate);
        }
        for (uint32_t s = 0; s < net->n_species; s++) {
            lo->out[DRIFT][s] = row_of(lo, net->species[s].rate);
        }
    }
    for (uint32_t i = 0; section == RSP_RUN_OBSERVE && i < net->n_observables;
         i++) {
        lo->out[OBSERVED][i] = row_of(lo, net->observables[i].expr);
    }
    for (uint32_t i = 0; section == RSP_RUN_ACT && i < net->n_assigns; i++) {
        lo->out[ASSIGNED][i] = row_of(lo, net->assigns[i].value);
        lo->out[SCALE][i] = row_of(lo, net->assigns[i].scale);
    }
    for (uint32_t i = 0; section == RSP_RUN_ACT && i < net->n_events; i++) {
        lo->out[EVENT_DELAY][i] = row_of(lo, net->events[i].delay);
        lo->out[EVENT_PRIORITY][i] = row_of(lo, net->events[i].priority);
    }
    for (uint32_t i = 0; section == RSP_RUN_WATCH && i < net->n_events; i++) {
        lo->out[TRIGGER][i] = row_of(lo, net->events[i].trigger);
    }
    for (uint32_t i = 0; section == RSP_RUN_WATCH && i < lo->n_guards; i++) {
        lo->guards[i].row = row_of_value(lo, lo->guard_value[i]);
    }
    for (uint32_t i = 0; section == RSP_RUN_JACOBIAN && i < lo->df.n; i++) {
        lo->out[SLOPE][i] = row_of_value(lo, lo->df.value[i]);
    }
    for (uint32_t s = 0; section == RSP_RUN_JACOBIAN && s < net->n_species; s++) {
        lo->out[BY_TIME][s] = row_of_value(lo, lo->df.by_time[s]);
    }
}

/* ---- Sections, one after the other: a value that two sections compute has a
 * row in each. */

static void reset_rows(lowering *lo, unsigned section)
{
    for (uint32_t i = 0; i < lo->vs.n; i++) {
        lo->turn[i] = i;
        lo->last[i] = RSP_NONE;
        lo->expires[i] = 0;
        if (section != RSP_RUN_PREPARE && lo->vs.v[i].varies) {
            lo->kept[i] = false;
        }
    }
    for (uint32_t i = 0; section == RSP_RUN_RATES && i < lo->scopes[section].n; i++) {
        lo->turn[lo->scopes[section].values[i]] = i;
    }
    lo->n_pool = 0;
    lo->pool_top = 0;
}

static void find_lifetimes(lowering *lo, unsigned section)
{
    const uint32_t n_scopes = N_SECTIONS + lo->net->n_roots;
    find_uses(lo, &lo->scopes[section]);
    for (uint32_t k = FIRST_BODY; section == RSP_RUN_PREPARE && k < n_scopes;
         k++) {
        find_uses(lo, &lo->scopes[k]);
    }
    list_expiries(lo, &lo->scopes[section]);
    for (uint32_t k = FIRST_BODY; section == RSP_RUN_PREPARE && k < n_scopes;
         k++) {
        list_expiries(lo, &lo->scopes[k]);
    }
}

/* Output rows of all sections lie below the temporaries that all share, so
 * rows are placed in two rounds. */
static void write_sections(lowering *lo)
{
    rsp_section *const sections[N_SECTIONS] = {&lo->p->prepare, &lo->p->rates,
                                               &lo->p->observe, &lo->p->act,
                                               &lo->p->jacobian, &lo->p->watch};
    uint32_t first_output[N_SECTIONS];
    for (unsigned section = 0; section < N_SECTIONS; section++) {
        reset_rows(lo, section);
        first_output[section] = lo->p->n_rows;
        place_outputs(lo, section);
    }
    lo->p->temporaries = lo->p->n_rows;
    uint32_t n_rows = lo->p->n_rows;
    for (unsigned section = 0; section < N_SECTIONS; section++) {
        reset_rows(lo, section);
        lo->p->n_rows = first_output[section];
        place_outputs(lo, section);
        lo->p->n_rows = n_rows;
        find_lifetimes(lo, section);
        place_scope(lo, &lo->scopes[section]);
        n_rows = lo->p->n_rows;
        *sections[section] = write_scope(lo, &lo->scopes[section]);
        if (section == RSP_RUN_PREPARE) {
            write_bodies(lo);
        }
        write_outputs(lo, section);
    }
}

/* ---- The program's name. */

static void add_rows(rsp_text *text, const char *name, const uint32_t *rows,
                     uint32_t n)
{
    rsp_text_printf(text, "%s", name);
    for (uint32_t i = 0; i < n; i++) {
        rsp_text_printf(text, " %u", rows[i]);
    }
    rsp_text_add(text, "\n");
}

static void describe(const rsp_program *p, rsp_text *text)
{
    const rsp_network *net = p->net;
    const uint32_t groups[] = {p->n_rows, p->constants, p->n_constants,
                               p->params, p->inputs, p->species, p->time,
                               p->afters, p->sinces, p->arg, p->temporaries,
                               p->prepare.n, p->rates.n, p->observe.n,
                               p->act.n, p->jacobian.n, p->watch.n};
    rsp_text_add(text, "respite program 4\n");
    add_rows(text, "groups", groups, sizeof groups / sizeof *groups);
    for (uint32_t i = 0; i < p->n_constants; i++) {
        rsp_text_printf(text, "constant %a\n", p->constant_values[i]);
    }
    for (uint32_t i = 0; i < p->n_code; i++) {
        const rsp_instr *in = &p->code[i];
        rsp_text_printf(text, "%s %u %u %u %u\n", rsp_op_name(in->op), in->to,
                        in->a, in->b, in->c);
    }
    for (uint32_t k = 0; k < net->n_roots; k++) {
        const rsp_root_code *root = &p->roots[k];
        rsp_text_printf(text, "root %u %u %u %u %u\n", root->first, root->n,
                        root->unknown, root->f, root->solution);
    }
    add_rows(text, "stretch", p->stretch, p->n_stretches + 1);
    add_rows(text, "rate", p->rate, net->n_reactions);
    add_rows(text, "drift", p->drift, net->n_species);
    add_rows(text, "initial_a", p->initial_a, net->n_species);
    add_rows(text, "initial_b", p->initial_b, net->n_species);
    add_rows(text, "observed", p->observed, net->n_observables);
    add_rows(text, "delay", p->delay, net->n_afters);
    add_rows(text, "derived", p->derived, net->n_derived);
    if (net->n_givens > 0) {
        add_rows(text, "given", p->given, net->n_givens);
    }
    add_rows(text, "assigned", p->assigned, net->n_assigns);
    add_rows(text, "slope first", p->df.first, net->n_species + 1);
    add_rows(text, "slope column", p->df.column, p->df.n);
    add_rows(text, "slope", p->df.row, p->df.n);
    add_rows(text, "by time", p->df.by_time, net->n_species);
    add_rows(text, "scale", p->scale, net->n_assigns);
    add_rows(text, "trigger", p->trigger, net->n_events);
    add_rows(text, "event delay", p->event_delay, net->n_events);
    add_rows(text, "event priority", p->event_priority, net->n_events);
    for (uint32_t i = 0; i < p->n_guards; i++) {
        rsp_text_printf(text, "guard %d %u %d\n", (int)p->guards[i].kind, p->guards[i].row,
                        p->guards[i].ahead);
    }
}

static bool name_program(rsp_program *p)
{
    rsp_text text = {0};
    describe(p, &text);
    rsp_sha256 sha;
    rsp_sha256_init(&sha);
    if (!text.failed) {
        rsp_sha256_add(&sha, text.data, text.length);
        rsp_sha256_hex(&sha, p->sha256);
    }
    const bool done = !text.failed;
    rsp_text_fini(&text);
    return done;
}

/* ---- All of it. */

static bool allocate(lowering *lo)
{
    const size_t n = (size_t)lo->vs.n + 1;
    for (unsigned section = 0; section < N_SECTIONS; section++) {
        lo->needed[section] = rsp_arena_alloc(lo->arena, n, sizeof(bool));
        if (!lo->needed[section]) {
            return false;
        }
    }
    lo->kept = rsp_arena_alloc(lo->arena, n, sizeof(bool));
    lo->row = rsp_arena_alloc(lo->arena, n, sizeof(uint32_t));
    lo->turn = rsp_arena_alloc(lo->arena, n, sizeof(uint32_t));
    lo->last = rsp_arena_alloc(lo->arena, n, sizeof(uint32_t));
    lo->expires = rsp_arena_alloc(lo->arena, n, sizeof(uint32_t));
    lo->next = rsp_arena_alloc(lo->arena, n, sizeof(uint32_t));
    lo->pool = rsp_arena_alloc(lo->arena, n + lo->net->n_roots,
                               sizeof(uint32_t));
    lo->roots = rsp_arena_alloc(lo->arena, lo->net->n_roots + 1,
                                sizeof *lo->roots);
    return lo->kept && lo->row && lo->turn && lo->last && lo->expires && lo->next &&
           lo->pool && lo->roots;
}

static rsp_status lower(lowering *lo, rsp_error *err)
{
    rsp_status status = rsp_values_init(&lo->vs, lo->net, lo->arena, err);
    if (status == RSP_OK) {
        status = rsp_derivatives_new(&lo->df, &lo->vs, lo->net, lo->arena, err);
    }
    if (status == RSP_OK) {
        status = find_guards(lo, err);
    }
    if (status == RSP_OK) {
        status = rsp_values_close(&lo->vs, lo->net, err);
    }
    if (status != RSP_OK) {
        return status;
    }
    if (check_prepare(lo, err) != RSP_OK) {
        return RSP_RANGE;
    }
    if (!allocate(lo) || !new_outputs(lo)) {
        return rsp_fail(err, RSP_NOMEM, "no memory to lower the model");
    }
    need_outputs(lo);
    if (lo->strayed) {
        return rsp_fail(err, RSP_INTERNAL,
                        "the unknown of a root is used outside it");
    }
    find_needed(lo);
    if (!fill_scopes(lo) || !order_scopes(lo) || !place_constants(lo)) {
        return rsp_fail(err, RSP_NOMEM, "no memory to lower the model");
    }
    lo->code = rsp_arena_alloc(lo->arena, lo->n_code + 1, sizeof *lo->code);
    if (!lo->code) {
        return rsp_fail(err, RSP_NOMEM, "no memory to lower the model");
    }
    place_leaves(lo);
    lo->p->code = lo->code;
    lo->p->roots = lo->roots;
    write_sections(lo);
    return name_program(lo->p)
               ? RSP_OK
               : rsp_fail(err, RSP_NOMEM, "no memory to name the program");
}

rsp_status rsp_program_new(const rsp_network *net, rsp_program **program,
                           rsp_error *err)
{
    *program = NULL;
    rsp_arena *arena = rsp_arena_new();
    owned_program *owned = arena ? rsp_arena_alloc(arena, 1, sizeof *owned)
                                 : NULL;
    if (!owned) {
        rsp_arena_free(arena);
        return rsp_fail(err, RSP_NOMEM, "no memory to lower the model");
    }
    owned->arena = arena;
    owned->program.net = net;
    lowering lo = {.net = net, .arena = arena, .p = &owned->program};
    const rsp_status status = lower(&lo, err);
    if (status != RSP_OK) {
        rsp_arena_free(arena);
        return status;
    }
    *program = &owned->program;
    return RSP_OK;
}

void rsp_program_free(rsp_program *program)
{
    if (program) {
        rsp_arena_free(((owned_program *)(void *)program)->arena);
    }
}
