#include "model/build.h"

#include <stdlib.h>
#include <string.h>

static const rsp_unit DAY = {.factor = 1, .power = {1}};

/* ---- A statement for every combination of its binders. */

typedef rsp_status (*writer)(builder *b, const ast_statement *st, const env *e,
                             const uint32_t *dims, uint32_t n,
                             const uint32_t *members);

static rsp_status for_members(builder *b, const ast_statement *st, writer write)
{
    uint32_t dims[MOST_DIMS], n = 0, members[MOST_DIMS] = {0};
    rsp_status s = resolve_binders(b, st, dims, &n);
    while (s == RSP_OK) {
        env room[MOST_DIMS];
        const env *e = bind_members(st->binders, dims, n, members, room, NULL);
        s = spend(b, &st->place, 1);
        s = s == RSP_OK ? write(b, st, e, dims, n, members) : s;
        if (!next_members(b, dims, n, members)) {
            break;
        }
    }
    return s;
}

/* The species that `NAME[binders]` of an initial or rate statement means. */
static rsp_status own_species(builder *b, const ast_statement *st, const uint32_t *dims,
                              uint32_t n, const uint32_t *members, uint32_t *species,
                              const symbol **sym)
{
    *sym = find_symbol(b, st->name);
    if (!*sym || (*sym)->kind != SYMBOL_SPECIES) {
        return unknown_name(b, &st->name_place, st->name, WANT_SPECIES);
    }
    if (is_population(*sym)) {
        return refuse_population(b, *sym, &st->name_place);
    }
    if (n != (*sym)->n_dims || (n && memcmp(dims, (*sym)->dims, n * sizeof *dims))) {
        return ast_fail(b->err, &st->name_place, RSP_NAME,
                        "the indices are not those of species '%.60s'", st->name);
    }
    uint32_t offset = 0;
    for (uint32_t i = 0; i < n; i++) {
        offset = offset * b->indices[dims[i]].n + members[i];
    }
    *species = (*sym)->first + offset;
    return RSP_OK;
}

static rsp_status write_initial(builder *b, const ast_statement *st, const env *e,
                                const uint32_t *dims, uint32_t n,
                                const uint32_t *members)
{
    uint32_t k = 0;
    const symbol *sym = NULL;
    value v, second = {.e = RSP_NO_EXPR};
    rsp_status s = own_species(b, st, dims, n, members, &k, &sym);
    s = s == RSP_OK ? eval(b, e, st->expr, &v) : s;
    if (s == RSP_OK && st->second) {
        s = eval(b, e, st->second, &second);
    }
    if (s != RSP_OK) {
        return s;
    }
    if (b->more[k].has_initial) {
        return ast_fail(b->err, &st->name_place, RSP_NAME,
                        "a second initial amount for '%.60s'", b->species[k].name);
    }
    /* The amount is the first argument but for negative_binomial's mean. */
    const value *amount = st->draw == RSP_DRAW_NEGBIN ? &second : &v;
    const value *number = st->draw == RSP_DRAW_NEGBIN     ? &v
                          : st->draw == RSP_DRAW_BINOMIAL ? &second
                                                          : NULL;
    b->more[k].has_initial = true;
    s = check_unit(b, &st->expr->place, amount, &b->more[k].unit, "the initial amount");
    /* A shape may be an amount too: immigration over birth of a clone. */
    if (s == RSP_OK && number &&
        !(st->draw == RSP_DRAW_NEGBIN && rsp_unit_same(&number->u, &b->more[k].unit))) {
        const rsp_unit one = {.factor = 1};
        s = check_unit(b, &st->expr->place, number, &one,
                       st->draw == RSP_DRAW_NEGBIN ? "the shape" : "the probability");
    }
    if (s == RSP_OK && st->draw == RSP_DRAW_MULTINOMIAL && k > sym->first &&
        b->species[sym->first].a != v.e) {
        s = ast_fail(b->err, &st->expr->place, RSP_SYNTAX,
                     "multinomial splits one number among all members of '%.60s'; the "
                     "number must be the same for each", sym->name);
    }
    if (s == RSP_OK && (depends_on_state(b, v.e) ||
                        (st->second && depends_on_state(b, second.e)))) {
        s = ast_fail(b->err, &st->name_place, RSP_SYNTAX,
                     "initial amounts may depend on parameters only");
    }
    b->species[k].draw = st->draw;
    b->species[k].a = v.e;
    b->species[k].b = second.e;
    return s;
}

static rsp_status write_rate(builder *b, const ast_statement *st, const env *e,
                             const uint32_t *dims, uint32_t n, const uint32_t *members)
{
    uint32_t k = 0;
    const symbol *sym = NULL;
    value v;
    rsp_status s = own_species(b, st, dims, n, members, &k, &sym);
    s = s == RSP_OK ? eval(b, e, st->expr, &v) : s;
    if (s == RSP_OK && !b->species[k].continuous) {
        s = ast_fail(b->err, &st->name_place, RSP_SYNTAX,
                     "'%.60s' is counted in whole numbers: write reactions for it, or "
                     "declare it continuous",
                     st->name);
    }
    if (s == RSP_OK && b->species[k].rate != RSP_NO_EXPR) {
        s = ast_fail(b->err, &st->name_place, RSP_NAME, "a second rate for '%.60s'",
                     b->species[k].name);
    }
    if (s == RSP_OK) {
        rsp_unit want = unit_times(sym->unit, DAY, -1);
        s = check_unit(b, &st->expr->place, &v, &want, "the rate");
        b->species[k].rate = v.e;
    }
    return s;
}

/* ---- Reactions. */

static rsp_status add_change(builder *b, const env *e, const ast_term *term,
                             double sign, uint32_t first)
{
    const symbol *sym = find_symbol(b, term->name);
    uint32_t offset = 0;
    rsp_status s = slot_offset(b, e, sym, term->slots, term->n_slots, &term->place,
                               &offset);
    if (s != RSP_OK) {
        return s;
    }
    if (!(term->count > 0)) {
        return ast_fail(b->err, &term->place, RSP_RANGE, "a stoichiometry of %g",
                        term->count);
    }
    s = spend(b, &term->place, b->n_changes - first + 1);
    if (s != RSP_OK) {
        return s;
    }
    uint32_t k = sym->first + offset;
    for (uint32_t i = first; i < b->n_changes; i++) {
        if (b->changes[i].species == k) {
            b->changes[i].amount += sign * term->count;
            return RSP_OK;
        }
    }
    return PUSH(b, changes, ((rsp_change){k, sign * term->count}));
}

static void drop_zeros(builder *b, uint32_t first)
{
    uint32_t n = first;
    for (uint32_t i = first; i < b->n_changes; i++) {
        if (b->changes[i].amount != 0) {
            b->changes[n++] = b->changes[i];
        }
    }
    b->n_changes = n;
}

/* The rate counts firings: the unit of a changed species over time. */
static rsp_status check_rate(builder *b, const ast_statement *st, const value *v,
                             uint32_t first)
{
    rsp_unit want = {.factor = 1};
    for (uint32_t i = b->n_changes; i-- > first;) {
        want = unit_times(b->more[b->changes[i].species].unit, DAY, -1);
        if (rsp_unit_same(&want, &v->u)) {
            return RSP_OK;
        }
    }
    char of[100];
    snprintf(of, sizeof of, "the rate of reaction '%.60s'", st->name);
    return check_unit(b, &st->expr->place, v, &want, of);
}

static rsp_status write_channel(builder *b, const ast_statement *st, const env *e,
                                const value *rate, const char *name)
{
    uint32_t first = b->n_changes;
    double zero = 1;
    rsp_status s = RSP_OK;
    for (uint32_t i = 0; s == RSP_OK && i < st->n_left; i++) {
        s = add_change(b, e, &st->left[i], -1, first);
    }
    for (uint32_t i = 0; s == RSP_OK && i < st->n_right; i++) {
        s = add_change(b, e, &st->right[i], 1, first);
    }
    if (s != RSP_OK) {
        return s;
    }
    drop_zeros(b, first);
    if (b->n_changes == first) { /* as many as before: a copy drawn as its own kind */
        return RSP_OK;
    }
    s = check_rate(b, st, rate, first);
    if (s == RSP_OK && pool_is_const(b->nodes, rate->e, &zero) && zero == 0) {
        b->n_changes = first; /* never fires */
        return RSP_OK;
    }
    if (s == RSP_OK && b->n_reactions >= MOST_REACTIONS) {
        s = ast_fail(b->err, &st->name_place, RSP_RANGE, "more than %d reactions",
                     MOST_REACTIONS);
    }
    if (s != RSP_OK) {
        return s;
    }
    rsp_reaction r = {.name = name, .rate = rate->e, .first_change = first,
                      .n_changes = b->n_changes - first};
    s = own_channel(b, &b->channels[OF_REACTION], name, &r.channel);
    return s == RSP_OK ? PUSH(b, reactions, r) : s;
}

/* Q[s,:] with the drawn name where ':' stands; it runs over `dim`. */
static rsp_status drawn_slots(builder *b, const ast_statement *st, const env *e,
                              ast_slot slots[MOST_DIMS], uint32_t *dim)
{
    const symbol *q = find_symbol(b, st->from->name);
    const ast_place *place = &st->from->place;
    bool found = false;
    if (!q) {
        return unknown_name(b, place, st->from->name, WANT_VALUE);
    }
    if (st->from->n_slots != q->n_dims) {
        return ast_fail(b->err, place, RSP_NAME, "'%.60s' has %u indices", q->name,
                        q->n_dims);
    }
    for (uint32_t i = 0; i < q->n_dims; i++) {
        slots[i] = st->from->slots[i];
        if (strcmp(slots[i].name, ":") == 0) {
            *dim = q->dims[i];
            found = true;
            slots[i].name = st->drawn;
        }
    }
    if (!found) {
        return ast_fail(b->err, place, RSP_SYNTAX,
                        "write ':' where '%.40s' is drawn, as in Q[s,:]", st->drawn);
    }
    return find_bound(e, st->drawn)
               ? ast_fail(b->err, place, RSP_NAME,
                          "'%.40s' is bound already; draw another name, as %.40s'",
                          st->drawn, st->drawn)
               : RSP_OK;
}

/* with s' from Q[s,:]: a channel for each member that ':' may be. */
static rsp_status write_drawn(builder *b, const ast_statement *st, const env *e,
                              const uint32_t *dims, uint32_t n,
                              const uint32_t *members, const value *rate)
{
    const rsp_unit one = {.factor = 1};
    ast_slot slots[MOST_DIMS];
    uint32_t all[MOST_DIMS], who[MOST_DIMS], dim = 0;
    rsp_status s = drawn_slots(b, st, e, slots, &dim);
    if (s == RSP_OK && n >= MOST_DIMS) {
        s = ast_fail(b->err, &st->from->place, RSP_RANGE, "more than %d indices",
                     MOST_DIMS);
    }
    if (s != RSP_OK) {
        return s;
    }
    ast_expr from = *st->from;
    from.slots = slots;
    memcpy(all, dims, n * sizeof *all);
    memcpy(who, members, n * sizeof *who);
    all[n] = dim;
    for (uint32_t m = 0; s == RSP_OK && m < b->indices[dim].n; m++) {
        env bound = {.name = st->drawn, .index = (int)dim, .member = m, .next = e};
        value p, v = *rate;
        s = spend(b, &st->place, 1);
        s = s == RSP_OK ? eval(b, &bound, &from, &p) : s;
        s = s == RSP_OK ? check_unit(b, &from.place, &p, &one, "a probability") : s;
        v.e = s == RSP_OK ? pool_make(b->nodes, RSP_OP_MUL, rate->e, p.e, 0) : 0;
        who[n] = m;
        const char *name = member_name(b, st->name, all, n + 1, who);
        s = s == RSP_OK ? (name ? write_channel(b, st, &bound, &v, name) : no_memory(b))
                        : s;
    }
    return s;
}

/* First of all, so that mistakes are told in order of reading. */
static rsp_status check_terms(builder *b, const ast_term *terms, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const symbol *sym = find_symbol(b, terms[i].name);
        if (!sym || sym->kind != SYMBOL_SPECIES) {
            return unknown_name(b, &terms[i].place, terms[i].name, WANT_SPECIES);
        }
        if (is_population(sym)) {
            return refuse_population(b, sym, &terms[i].place);
        }
    }
    return RSP_OK;
}

static rsp_status write_reaction(builder *b, const ast_statement *st, const env *e,
                                 const uint32_t *dims, uint32_t n,
                                 const uint32_t *members)
{
    value rate = {0};
    rsp_status s = check_terms(b, st->left, st->n_left);
    s = s == RSP_OK ? check_terms(b, st->right, st->n_right) : s;
    s = s == RSP_OK ? eval(b, e, st->expr, &rate) : s;
    if (s == RSP_OK && st->drawn) {
        return write_drawn(b, st, e, dims, n, members, &rate);
    }
    const char *name = member_name(b, st->name, dims, n, members);
    return s == RSP_OK ? (name ? write_channel(b, st, e, &rate, name) : no_memory(b))
                       : s;
}

/* ---- Observables, actions, derived values. */

static rsp_status add_observable(builder *b, const ast_statement *st)
{
    value v = {0};
    char of[100];
    const symbol *sym = find_symbol(b, st->name);
    rsp_status s = st->n_binders
                       ? ast_fail(b->err, &st->name_place, RSP_SYNTAX,
                                  "an observable has no indices; sum over them")
                       : eval(b, NULL, st->expr, &v);
    snprintf(of, sizeof of, "observable '%.60s'", st->name);
    if (s == RSP_OK && !st->unit) {
        s = ast_fail(b->err, &st->name_place, RSP_UNITS,
                     "%s has no unit; write 'in UNIT' after its expression", of);
    }
    rsp_unit want = sym->unit;
    want.factor = 1;
    s = s == RSP_OK ? check_unit(b, &st->expr->place, &v, &want, of) : s;
    if (s != RSP_OK) {
        return s;
    }
    rsp_observable o = {.name = st->name, .unit = st->unit,
                        .meaning = text_or(st->meaning), .factor = sym->unit.factor,
                        .expr = v.e};
    return PUSH(b, observables, o);
}

static rsp_status add_assign(builder *b, const ast_assign *a, const env *e)
{
    const symbol *sym = find_symbol(b, a->target.name);
    uint32_t offset = 0;
    value v;
    if (!sym || (sym->kind != SYMBOL_SPECIES && sym->kind != SYMBOL_INPUT)) {
        return unknown_name(b, &a->target.place, a->target.name, WANT_TARGET);
    }
    if (is_population(sym)) {
        return refuse_population(b, sym, &a->target.place);
    }
    rsp_status s = slot_offset(b, e, sym, a->target.slots, a->target.n_slots,
                               &a->target.place, &offset);
    s = s == RSP_OK ? eval(b, e, a->value, &v) : s;
    rsp_unit want = sym->unit;
    want.factor = 1;
    s = s == RSP_OK ? check_unit(b, &a->value->place, &v, &want, "what is assigned") : s;
    if (s != RSP_OK) {
        return s;
    }
    if (b->n_assigns == MOST_ASSIGNS) {
        return ast_fail(b->err, &a->target.place, RSP_RANGE, "more than %d assignments",
                        MOST_ASSIGNS);
    }
    rsp_assign out = {.is_species = sym->kind == SYMBOL_SPECIES, .adds = a->adds,
                      .target = sym->first + offset, .value = v.e,
                      .scale = RSP_NO_EXPR};
    return PUSH(b, assigns, out);
}

/* Slots of a target that are no members are bound over their index; one that is
 * nearly a member is taken for a mistake. */
static rsp_status add_assigns(builder *b, const ast_assign *a, const env *e,
                              uint32_t slot)
{
    const symbol *sym = find_symbol(b, a->target.name);
    uint32_t m = 0;
    while (sym && slot < a->target.n_slots && slot < sym->n_dims &&
           (find_bound(e, a->target.slots[slot].name) ||
            member_of(b, sym->dims[slot], a->target.slots[slot].name, &m))) {
        slot++;
    }
    if (!sym || slot >= a->target.n_slots || slot >= sym->n_dims) {
        return add_assign(b, a, e);
    }
    const index_def *def = &b->indices[sym->dims[slot]];
    const char *name = a->target.slots[slot].name;
    if (strcmp(name, ":") == 0 ||
        (strlen(name) > 2 && rsp_nearest(name, def->members, def->n))) {
        return slot_member(b, e, &a->target.slots[slot], sym->dims[slot], &m);
    }
    rsp_status s = spend(b, &a->target.place, def->n);
    for (m = 0; s == RSP_OK && m < b->indices[sym->dims[slot]].n; m++) {
        env bound = {.name = a->target.slots[slot].name, .index = (int)sym->dims[slot],
                     .member = m, .next = e};
        s = add_assigns(b, a, &bound, slot + 1);
    }
    return s;
}

static rsp_status add_action(builder *b, const ast_statement *st)
{
    const symbol *sym = find_symbol(b, st->name);
    rsp_action act = {.name = st->name, .takes_amount = st->arg != NULL,
                      .unit = text_or(st->unit), .meaning = text_or(st->meaning),
                      .factor = sym->unit.factor, .first_assign = b->n_assigns};
    rsp_status s = RSP_OK;
    b->in_action = true;
    b->arg = st->arg;
    b->arg_unit = sym->unit;
    b->arg_unit.factor = 1;
    for (uint32_t i = 0; s == RSP_OK && i < st->n_assigns; i++) {
        s = add_assigns(b, &st->assigns[i], NULL, 0);
    }
    b->in_action = false;
    act.n_assigns = b->n_assigns - act.first_assign;
    b->actions[sym->first] = act;
    return s;
}

/* An expression of an event and its unit; `x` NULL: there is none. */
static rsp_status event_part(builder *b, const env *e, const ast_expr *x,
                             const rsp_unit *want, const char *of, rsp_expr *out)
{
    value v = {0};
    *out = RSP_NO_EXPR;
    if (!x) {
        return RSP_OK;
    }
    rsp_status s = eval(b, e, x, &v);
    s = s == RSP_OK ? check_unit(b, &x->place, &v, want, of) : s;
    *out = s == RSP_OK ? v.e : RSP_NO_EXPR;
    return s;
}

static rsp_status write_event(builder *b, const ast_statement *st, const env *e,
                              const uint32_t *dims, uint32_t n, const uint32_t *members)
{
    const rsp_unit one = {.factor = 1};
    rsp_event ev = {.meaning = text_or(st->meaning), .initial_value = st->trigger_before,
                    .persistent = st->persistent, .values_at_trigger = st->from_trigger,
                    .first_assign = b->n_assigns,
                    .name = member_name(b, st->name, dims, n, members)};
    rsp_status s = ev.name ? RSP_OK : no_memory(b);
    s = s == RSP_OK ? event_part(b, e, st->expr, &one, "the condition", &ev.trigger) : s;
    s = s == RSP_OK ? event_part(b, e, st->second, &DAY, "the delay", &ev.delay) : s;
    s = s == RSP_OK ? event_part(b, e, st->priority, &one, "the priority", &ev.priority) : s;
    if (s == RSP_OK && b->n_events == MOST_EVENTS) {
        s = ast_fail(b->err, &st->name_place, RSP_RANGE, "more than %d events", MOST_EVENTS);
    }
    for (uint32_t i = 0; s == RSP_OK && i < st->n_assigns; i++) {
        s = add_assigns(b, &st->assigns[i], e, 0);
    }
    ev.n_assigns = b->n_assigns - ev.first_assign;
    s = s == RSP_OK ? own_channel(b, &b->channels[OF_EVENT], ev.name, &ev.channel) : s;
    return s == RSP_OK ? PUSH(b, events, ev) : s;
}

static rsp_status add_derived(builder *b, symbol *sym)
{
    uint32_t members[MOST_DIMS] = {0}, offset = 0;
    rsp_status s = RSP_OK;
    do {
        value v;
        char unit[160];
        s = eval_let(b, sym, offset++, &v);
        if (s != RSP_OK) {
            return s;
        }
        unit_write(&b->model->units, &v.u, unit);
        const ast_statement *st = sym->st;
        rsp_derived d = {.factor = st->unit ? sym->unit.factor : 1, .expr = v.e,
                         .constant = !depends_on_state(b, v.e),
                         .meaning = text_or(st->meaning),
                         .source = text_or(st->source),
                         .status = st->has_status ? st->status : RSP_DERIVED,
                         .file = st->place.src->name, .line = st->place.line};
        d.unit = st->unit ? st->unit : rsp_arena_printf(b->arena, "%s", unit);
        d.name = member_name(b, sym->name, sym->dims, sym->n_dims, members);
        s = d.name && d.unit ? PUSH(b, derived, d) : no_memory(b);
    } while (s == RSP_OK && next_members(b, sym->dims, sym->n_dims, members));
    return s;
}

/* Each after those it uses, so that no chain of them nests deeply; all before the
 * actions, whose amount they do not see. */
static rsp_status eval_lets(builder *b)
{
    uint32_t n = 0, *order = calloc((size_t)b->n_symbols + 1, sizeof *order);
    rsp_status s = order ? order_lets(b, order, &n) : no_memory(b);
    for (uint32_t i = 0; s == RSP_OK && i < n; i++) {
        symbol *sym = &b->symbols[order[i]];
        value v;
        for (uint32_t m = 0; s == RSP_OK && m < sym->count; m++) {
            s = eval_let(b, sym, m, &v);
        }
    }
    free(order);
    return s;
}

rsp_status expand_all(builder *b)
{
    rsp_status s = add_leaves(b);
    s = s == RSP_OK ? eval_lets(b) : s;
    for (uint32_t i = 0; s == RSP_OK && i < b->n_symbols; i++) {
        if (b->symbols[i].kind == SYMBOL_LET) {
            s = add_derived(b, &b->symbols[i]);
        }
    }
    for (uint32_t i = 0; s == RSP_OK && i < b->model->n_statements; i++) {
        const ast_statement *st = b->model->statements[i];
        switch (st->what) {
        case AST_INITIAL: s = for_members(b, st, write_initial); break;
        case AST_RATE: s = for_members(b, st, write_rate); break;
        case AST_REACTION: s = for_members(b, st, write_reaction); break;
        case AST_OBSERVE: s = add_observable(b, st); break;
        case AST_ACTION: s = add_action(b, st); break;
        case AST_EVENT: s = for_members(b, st, write_event); break;
        case AST_POPULATION: s = write_population(b, st); break;
        default: break;
        }
    }
    return s == RSP_OK ? finish_populations(b) : s;
}
