/* What each section computes: all that its outputs need, operands before what is made of
 * them. */
#include "model/lower.h"

#include "model/ops.h"

static void need_value(rsp_lowering *lo, unsigned section, uint32_t v)
{
    if (v != RSP_NONE) {
        lo->needed[section][v] = true;
        lo->strayed = lo->strayed || lo->vs.v[v].home != RSP_NONE;
    }
}

static void need(rsp_lowering *lo, unsigned section, rsp_expr expr)
{
    need_value(lo, section, expr == RSP_NO_EXPR ? RSP_NONE : lo->vs.of_node[expr]);
}

void rsp_lower_need_outputs(rsp_lowering *lo)
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

static rsp_status check_constant(const rsp_lowering *lo, rsp_expr expr,
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

rsp_status rsp_lower_check_prepare(const rsp_lowering *lo, rsp_error *err)
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
static void close_section(rsp_lowering *lo, unsigned section)
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

void rsp_lower_find_needed(rsp_lowering *lo)
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
static uint32_t scope_of(const rsp_lowering *lo, unsigned section, uint32_t i)
{
    const rsp_value *v = &lo->vs.v[i];
    if (!lo->needed[section][i] || rsp_value_is_leaf(v) ||
        v->varies != (section != RSP_RUN_PREPARE)) {
        return RSP_NONE;
    }
    return v->home == RSP_NONE ? section : FIRST_BODY + v->home;
}

bool rsp_lower_fill_scopes(rsp_lowering *lo)
{
    const uint32_t n_scopes = N_SECTIONS + lo->net->n_roots;
    lo->scopes = rsp_arena_alloc(lo->arena, n_scopes, sizeof *lo->scopes);
    if (!lo->scopes) {
        return false;
    }
    for (int pass = 0; pass < 2; pass++) { /* count, then fill */
        for (uint32_t k = 0; pass == 1 && k < n_scopes; k++) {
            rsp_scope *sc = &lo->scopes[k];
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
                    rsp_scope *sc = &lo->scopes[k];
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
bool rsp_lower_order_scopes(rsp_lowering *lo)
{
    rsp_scope *rates = &lo->scopes[RSP_RUN_RATES];
    if (!rsp_stretches_new(&lo->stretches, &lo->vs, lo->net, rates->values, rates->n,
                           lo->arena)) {
        return false;
    }
    lo->p->stretch = lo->stretches.first;
    lo->p->n_stretches = lo->stretches.n;
    return true;
}
