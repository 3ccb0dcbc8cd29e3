/* Sections of a program: rows that stay, rows of temporaries, instructions. */
#include "model/lower.h"

#include "model/ops.h"

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

static bool needed_anywhere(const rsp_lowering *lo, uint32_t i)
{
    bool yes = false;
    for (unsigned section = 0; section < N_SECTIONS; section++) {
        yes = yes || lo->needed[section][i];
    }
    return yes;
}

bool rsp_lower_place_constants(rsp_lowering *lo)
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

void rsp_lower_place_leaves(rsp_lowering *lo)
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

static uint32_t pool_take(rsp_lowering *lo)
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

static void pool_give(rsp_lowering *lo, uint32_t row)
{
    lo->pool[lo->n_pool++] = row;
}

/* User u seen from the scope that evaluates `of`: u itself, or the root in that
 * scope whose body u is in. */
static uint32_t seen_from(const rsp_lowering *lo, uint32_t u, uint32_t home)
{
    while (lo->vs.v[u].home != home) {
        RSP_ASSERT(lo->vs.v[u].home != RSP_NONE);
        u = lo->vs.root_value[lo->vs.v[u].home];
    }
    return u;
}

static void use(rsp_lowering *lo, uint32_t user, uint32_t operand)
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
static void find_uses(rsp_lowering *lo, const rsp_scope *sc)
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

static void list_expiries(rsp_lowering *lo, const rsp_scope *sc)
{
    for (uint32_t i = 0; i < sc->n; i++) {
        const uint32_t v = sc->values[i];
        if (lo->last[v] != RSP_NONE) {
            lo->next[v] = lo->expires[lo->last[v]];
            lo->expires[lo->last[v]] = v + 1;
        }
    }
}

static void free_expired(rsp_lowering *lo, uint32_t at)
{
    for (uint32_t e = lo->expires[at]; e != 0; e = lo->next[e - 1]) {
        pool_give(lo, lo->row[e - 1]);
    }
}

static void place_scope(rsp_lowering *lo, const rsp_scope *sc);

/* The rows of a body are taken while everything that is live around the root
 * still holds its own: the body runs many times before the root is done. */
static void place_body(rsp_lowering *lo, uint32_t root)
{
    const rsp_scope *body = &lo->scopes[FIRST_BODY + root];
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

static void place_scope(rsp_lowering *lo, const rsp_scope *sc)
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

static uint32_t row_of_value(const rsp_lowering *lo, uint32_t v)
{
    return v == RSP_NONE ? RSP_NONE : lo->row[v];
}

static uint32_t row_of(const rsp_lowering *lo, rsp_expr expr)
{
    return expr == RSP_NO_EXPR ? RSP_NONE : lo->row[lo->vs.of_node[expr]];
}

static void place_value(rsp_lowering *lo, uint32_t v)
{
    if (v != RSP_NONE && lo->vs.v[v].varies && !rsp_value_is_leaf(&lo->vs.v[v]) &&
        !lo->kept[v]) {
        lo->kept[v] = true;
        lo->row[v] = take_rows(lo->p, 1);
    }
}

static void place_output(rsp_lowering *lo, rsp_expr expr)
{
    place_value(lo, expr == RSP_NO_EXPR ? RSP_NONE : lo->vs.of_node[expr]);
}

/* Outputs of a varying section get rows of their own; `keep` is undone when the
 * section is written, as another section computes the same value elsewhere. */
static void place_outputs(rsp_lowering *lo, unsigned section)
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

static rsp_section write_scope(rsp_lowering *lo, const rsp_scope *sc)
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

static void write_bodies(rsp_lowering *lo)
{
    for (uint32_t k = 0; k < lo->net->n_roots; k++) {
        const rsp_scope *body = &lo->scopes[FIRST_BODY + k];
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

bool rsp_lower_new_outputs(rsp_lowering *lo)
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

static void write_prepared(rsp_lowering *lo)
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

static void write_outputs(rsp_lowering *lo, unsigned section)
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

static void reset_rows(rsp_lowering *lo, unsigned section)
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

static void find_lifetimes(rsp_lowering *lo, unsigned section)
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
void rsp_lower_write_sections(rsp_lowering *lo)
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
