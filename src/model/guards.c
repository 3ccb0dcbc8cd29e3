/* Guards: what changes sign where a trigger's comparison changes sides, or where a rate
 * jumps or turns by time alone; solvers look for those moments. */
#include "model/lower.h"

#include "model/ops.h"

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

static void mark_rates(const rsp_lowering *lo, const guard_walk *w)
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

static void add_guard(rsp_lowering *lo, rsp_guard guard, uint32_t value)
{
    if (lo->vs.v[value].op == RSP_OP_CONST) {
        return;
    }
    lo->guards[lo->n_guards] = guard;
    lo->guard_value[lo->n_guards++] = value;
}

/* What changes sides where value i, a comparison or a kink, does. */
static uint32_t guarded(rsp_lowering *lo, uint32_t i)
{
    const rsp_value v = lo->vs.v[i]; /* a copy: the values may move */
    return v.op == RSP_OP_FLOOR ? i
           : v.op == RSP_OP_ABS ? v.a
                                : rsp_values_apply(&lo->vs, RSP_OP_SUB, v.a, v.b, 0);
}

/* A guard for each comparison in a trigger, and for what jumps or turns by time alone in
 * a rate; then one for each trigger itself. */
rsp_status rsp_lower_find_guards(rsp_lowering *lo, rsp_error *err)
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
