#include "model/build.h"

#include <math.h>
#include <string.h>

#include "respite/num.h"

static const rsp_unit DAY = {.factor = 1, .power = {1}};
static const double LN10 = 2.302585092994045684;

#define PUSH(b, list, item)                                                    \
    (RSP_GROW(&(b)->list, &(b)->cap_##list, (b)->n_##list + 1)                 \
         ? ((b)->list[(b)->n_##list++] = (item), RSP_OK)                       \
         : no_memory(b))

static const char *text_or(const char *s)
{
    return s ? s : "";
}

static rsp_status warn(builder *b, const ast_place *place, const char *fmt,
                       const char *name)
{
    const char *w = rsp_arena_printf(b->arena, "%s:%u:%u: ", place->src->name,
                                     place->line, place->column);
    char message[200];
    snprintf(message, sizeof message, fmt, name);
    w = w ? rsp_arena_printf(b->arena, "%s%s", w, message) : NULL;
    return w ? PUSH(b, warnings, w) : no_memory(b);
}

/* A member's channel must be its own among its kind. */
static uint32_t own_channel(const char *name, const uint32_t *used, size_t n,
                            size_t stride)
{
    char again[256];
    uint32_t c = rsp_channel(name);
    for (int k = 1; k < 1000; k++) {
        size_t i = 0;
        while (i < n && *(const uint32_t *)(const void *)((const char *)used +
                                                          i * stride) != c) {
            i++;
        }
        if (i == n) {
            return c;
        }
        snprintf(again, sizeof again, "%.200s#%d", name, k);
        c = rsp_channel(again);
    }
    return c;
}

/* ---- Parameters. */

static rsp_status bad(builder *b, const ast_statement *st, const char *fmt, double v)
{
    char message[200];
    snprintf(message, sizeof message, fmt, v);
    return ast_fail(b->err, &st->place, RSP_RANGE, "'%.60s': %s", st->name, message);
}

static rsp_status make_dist(builder *b, const ast_statement *st, const ast_dist *d,
                            double median, double factor, rsp_dist *out)
{
    *out = (rsp_dist){.kind = d->kind, .a = d->a, .b = d->b, .text = text_or(d->text)};
    switch (d->kind) {
    case RSP_DIST_NONE: break;
    case RSP_DIST_NORMAL:
        out->a *= factor;
        return d->a >= 0 ? RSP_OK : bad(b, st, "an SD of %g", d->a);
    case RSP_DIST_LOGNORMAL: /* CV C of a lognormal: SD of ln = sqrt(ln(1 + C^2)) */
        if (!(median > 0)) {
            return bad(b, st, "lognormal around %g; the value must be positive", median);
        }
        out->a = d->by_cv ? sqrt(rsp_log(1 + d->a * d->a)) : d->a * LN10;
        return d->a >= 0 ? RSP_OK : bad(b, st, "a spread of %g", d->a);
    case RSP_DIST_LOGITNORMAL:
        return median > 0 && median < 1
                   ? RSP_OK
                   : bad(b, st, "logit-normal around %g; expected 0 to 1", median);
    case RSP_DIST_BETA:
        return d->a > 0 && d->b > 0 ? RSP_OK : bad(b, st, "a beta shape of %g", d->a);
    case RSP_DIST_UNIFORM:
    case RSP_DIST_LOGUNIFORM:
        out->a = (d->has_ends ? d->a : st->low) * factor;
        out->b = (d->has_ends ? d->b : st->high) * factor;
        if (!isfinite(out->a) || !isfinite(out->b) || out->a > out->b) {
            return bad(b, st, "a uniform distribution needs its ends, or a range, in "
                              "order (from %g)", d->has_ends ? d->a : st->low);
        }
        return d->kind == RSP_DIST_UNIFORM || out->a > 0
                   ? RSP_OK
                   : bad(b, st, "log-uniform from %g; expected above 0", d->a);
    case RSP_DIST_BERNOULLI:
        return d->a >= 0 && d->a <= 1 ? RSP_OK
                                      : bad(b, st, "a probability of %g", d->a);
    case RSP_DIST_DIRICHLET:
        return d->a > 0 && st->n_binders
                   ? RSP_OK
                   : bad(b, st, "dirichlet needs an index and a concentration above "
                                "0, not %g", d->a);
    }
    return RSP_OK;
}

static rsp_status own_value(builder *b, const symbol *sym, const uint32_t *members,
                            double *out)
{
    const ast_statement *st = sym->st;
    *out = st->value;
    if (!st->n_values) {
        return RSP_OK;
    }
    if (sym->n_dims != 1) {
        return ast_fail(b->err, &st->place, RSP_SYNTAX,
                        "values by member need exactly one index");
    }
    const index_def *def = &b->indices[sym->dims[0]];
    for (uint32_t i = 0; i < st->n_values; i++) {
        uint32_t m = 0;
        ast_slot slot = {st->values[i].member, st->values[i].place};
        rsp_status s = slot_member(b, NULL, &slot, sym->dims[0], &m);
        if (s != RSP_OK) {
            return s;
        }
        if (m == members[0]) {
            *out = st->values[i].value;
            return RSP_OK;
        }
    }
    return ast_fail(b->err, &st->place, RSP_NAME, "no value for member '%.60s'",
                    def->members[members[0]]);
}

static rsp_status add_param(builder *b, const symbol *sym, const uint32_t *members)
{
    const ast_statement *st = sym->st;
    double shown = 0, f = sym->unit.factor;
    rsp_status s = own_value(b, sym, members, &shown);
    rsp_param p = {.family = sym->name, .first = sym->first, .count = sym->count,
                   .unit = text_or(st->unit), .factor = f, .value = shown * f,
                   .low = st->low * f, .high = st->high * f,
                   .meaning = text_or(st->meaning), .source = text_or(st->source),
                   .status = st->status, .file = st->place.src->name,
                   .line = st->place.line};
    p.name = member_name(b, sym->name, sym->dims, sym->n_dims, members);
    if (s == RSP_OK && !p.name) {
        s = no_memory(b);
    }
    if (s == RSP_OK && !(shown >= st->low && shown <= st->high)) {
        s = ast_fail(b->err, &st->place, RSP_RANGE,
                     "'%.60s' = %g lies outside its range %g .. %g", p.name, shown,
                     st->low, st->high);
    }
    s = s == RSP_OK ? make_dist(b, st, &st->between, p.value, f, &p.between) : s;
    s = s == RSP_OK ? make_dist(b, st, &st->uncertain, p.value, f, &p.uncertain) : s;
    if (s != RSP_OK) {
        return s;
    }
    p.channel = own_channel(p.name, b->params ? &b->params[0].channel : NULL,
                            b->n_params, sizeof *b->params);
    return PUSH(b, params, p);
}

static rsp_status add_params(builder *b, symbol *sym)
{
    uint32_t members[MOST_DIMS] = {0};
    rsp_status s = RSP_OK;
    sym->first = b->n_params;
    if (sym->count > MOST_MEMBERS) {
        return ast_fail(b->err, &sym->st->place, RSP_RANGE, "a family of %u members",
                        sym->count);
    }
    do {
        s = add_param(b, sym, members);
    } while (s == RSP_OK && next_members(b, sym->dims, sym->n_dims, members));
    if (s == RSP_OK && !sym->st->source) {
        s = warn(b, &sym->st->place, "parameter '%.60s' has no source", sym->name);
    }
    if (s == RSP_OK && !sym->st->has_status) {
        s = warn(b, &sym->st->place, "parameter '%.60s' has no status", sym->name);
    }
    return s;
}

/* ---- Inputs and species. */

static rsp_status add_input(builder *b, symbol *sym)
{
    const ast_statement *st = sym->st;
    rsp_input in = {.name = sym->name, .unit = text_or(st->unit),
                    .meaning = text_or(st->meaning), .factor = sym->unit.factor,
                    .value = st->value * sym->unit.factor};
    sym->first = b->n_inputs;
    return PUSH(b, inputs, in);
}

static rsp_status add_species(builder *b, symbol *sym)
{
    uint32_t members[MOST_DIMS] = {0};
    rsp_status s = RSP_OK;
    sym->first = b->n_species;
    if (sym->count > MOST_MEMBERS) {
        return ast_fail(b->err, &sym->st->place, RSP_RANGE, "a family of %u members",
                        sym->count);
    }
    do {
        rsp_species sp = {.family = sym->name, .unit = sym->st->unit,
                          .meaning = text_or(sym->st->meaning), .first = sym->first,
                          .count = sym->count, .factor = sym->unit.factor,
                          .continuous = sym->st->continuous, .b = RSP_NO_EXPR,
                          .rate = RSP_NO_EXPR, .a = pool_const(b->nodes, 0)};
        sp.name = member_name(b, sym->name, sym->dims, sym->n_dims, members);
        if (!sp.name) {
            return no_memory(b);
        }
        sp.channel = own_channel(sp.name, b->species ? &b->species[0].channel : NULL,
                                 b->n_species, sizeof *b->species);
        s = PUSH(b, species, sp);
    } while (s == RSP_OK && next_members(b, sym->dims, sym->n_dims, members));
    return s;
}

static rsp_status add_leaves(builder *b)
{
    rsp_status s = RSP_OK;
    for (uint32_t i = 0; s == RSP_OK && i < b->n_symbols; i++) {
        symbol *sym = &b->symbols[i];
        switch (sym->kind) {
        case SYMBOL_PARAM: s = add_params(b, sym); break;
        case SYMBOL_INPUT: s = add_input(b, sym); break;
        case SYMBOL_SPECIES: s = add_species(b, sym); break;
        case SYMBOL_LET:
            sym->first = b->n_lets;
            if (sym->count > MOST_MEMBERS ||
                !RSP_GROW(&b->lets, &b->cap_lets, b->n_lets + sym->count)) {
                return no_memory(b);
            }
            memset(b->lets + b->n_lets, 0, sym->count * sizeof *b->lets);
            b->n_lets += sym->count;
            break;
        case SYMBOL_ACTION: /* names are needed by after() before the bodies */
            sym->first = b->n_actions;
            s = PUSH(b, actions, ((rsp_action){.name = sym->name}));
            break;
        case SYMBOL_OBSERVE: break;
        }
    }
    return s;
}

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
        s = write(b, st, e, dims, n, members);
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
        return unknown_name(b, &st->place, st->name, "species");
    }
    if (n != (*sym)->n_dims || (n && memcmp(dims, (*sym)->dims, n * sizeof *dims))) {
        return ast_fail(b->err, &st->place, RSP_NAME,
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
    /* The amount is the first argument but for negative_binomial's mean. */
    const value *amount = st->draw == RSP_DRAW_NEGBIN ? &second : &v;
    rsp_unit want = sym->unit;
    want.factor = 1;
    s = check_unit(b, &st->place, amount, &want, "the initial amount");
    if (s == RSP_OK && (depends_on_state(b, v.e) ||
                        (st->second && depends_on_state(b, second.e)))) {
        s = ast_fail(b->err, &st->place, RSP_SYNTAX,
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
        s = ast_fail(b->err, &st->place, RSP_SYNTAX,
                     "'%.60s' is counted in whole numbers: write reactions for it, or "
                     "declare it continuous", st->name);
    }
    if (s == RSP_OK && b->species[k].rate != RSP_NO_EXPR) {
        s = ast_fail(b->err, &st->place, RSP_NAME, "a second rate for '%.60s'",
                     b->species[k].name);
    }
    if (s == RSP_OK) {
        rsp_unit want = unit_times(sym->unit, DAY, -1);
        s = check_unit(b, &st->place, &v, &want, "the rate");
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
    if (!sym || sym->kind != SYMBOL_SPECIES) {
        return unknown_name(b, &term->place, term->name, "species");
    }
    rsp_status s = slot_offset(b, e, sym, term->slots, term->n_slots, &term->place,
                               &offset);
    if (s != RSP_OK) {
        return s;
    }
    if (!(term->count > 0)) {
        return ast_fail(b->err, &term->place, RSP_RANGE, "a stoichiometry of %g",
                        term->count);
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

static bool unit_of_species(const builder *b, uint32_t species, rsp_unit *unit)
{
    for (uint32_t i = 0; i < b->n_symbols; i++) {
        const symbol *sym = &b->symbols[i];
        if (sym->kind == SYMBOL_SPECIES && species >= sym->first &&
            species < sym->first + sym->count) {
            *unit = sym->unit;
            return true;
        }
    }
    return false;
}

/* The rate counts firings: the unit of a changed species over time. */
static rsp_status check_rate(builder *b, const ast_statement *st, const value *v,
                             uint32_t first)
{
    rsp_unit want = {.factor = 1};
    for (uint32_t i = b->n_changes; i-- > first;) {
        rsp_unit u;
        if (unit_of_species(b, b->changes[i].species, &u)) {
            want = unit_times(u, DAY, -1);
            if (rsp_unit_same(&want, &v->u)) {
                return RSP_OK;
            }
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
    s = check_rate(b, st, rate, first);
    if (s == RSP_OK && pool_is_const(b->nodes, rate->e, &zero) && zero == 0) {
        b->n_changes = first; /* never fires */
        return RSP_OK;
    }
    if (s == RSP_OK && b->n_reactions >= MOST_REACTIONS) {
        s = ast_fail(b->err, &st->place, RSP_RANGE, "more than %d reactions",
                     MOST_REACTIONS);
    }
    if (s != RSP_OK) {
        return s;
    }
    rsp_reaction r = {.name = name, .rate = rate->e, .first_change = first,
                      .n_changes = b->n_changes - first};
    r.channel = own_channel(name, b->reactions ? &b->reactions[0].channel : NULL,
                            b->n_reactions < 4000 ? b->n_reactions : 0,
                            sizeof *b->reactions);
    return PUSH(b, reactions, r);
}

/* with s' from Q[s,:]: a channel for each member that ':' may be. */
static rsp_status write_drawn(builder *b, const ast_statement *st, const env *e,
                              const uint32_t *dims, uint32_t n,
                              const uint32_t *members, const value *rate)
{
    const symbol *q = find_symbol(b, st->from->name);
    ast_slot slots[MOST_DIMS];
    int at = -1;
    if (!q || st->from->n_slots != q->n_dims) {
        return q ? ast_fail(b->err, &st->from->place, RSP_NAME,
                            "'%.60s' has %u indices", q->name, q->n_dims)
                 : unknown_name(b, &st->from->place, st->from->name, "name");
    }
    for (uint32_t i = 0; i < q->n_dims; i++) {
        slots[i] = st->from->slots[i];
        if (strcmp(slots[i].name, ":") == 0) {
            at = (int)i;
            slots[i].name = st->drawn;
        }
    }
    if (at < 0 || n >= MOST_DIMS) {
        return ast_fail(b->err, &st->from->place, RSP_SYNTAX,
                        "write ':' where '%.40s' is drawn, as in Q[s,:]", st->drawn);
    }
    ast_expr from = *st->from;
    from.slots = slots;
    uint32_t all[MOST_DIMS], who[MOST_DIMS];
    memcpy(all, dims, n * sizeof *all);
    memcpy(who, members, n * sizeof *who);
    all[n] = q->dims[at];
    rsp_status s = RSP_OK;
    for (uint32_t m = 0; s == RSP_OK && m < b->indices[all[n]].n; m++) {
        env bound = {.name = st->drawn, .index = (int)all[n], .member = m, .next = e};
        value p, v = *rate;
        rsp_unit one = {.factor = 1};
        s = eval(b, &bound, &from, &p);
        s = s == RSP_OK ? check_unit(b, &from.place, &p, &one, "a probability") : s;
        v.e = s == RSP_OK ? pool_make(b->nodes, RSP_OP_MUL, rate->e, p.e, 0) : 0;
        who[n] = m;
        const char *name = member_name(b, st->name, all, n + 1, who);
        s = s == RSP_OK ? (name ? write_channel(b, st, &bound, &v, name) : no_memory(b))
                        : s;
    }
    return s;
}

static rsp_status write_reaction(builder *b, const ast_statement *st, const env *e,
                                 const uint32_t *dims, uint32_t n,
                                 const uint32_t *members)
{
    value rate;
    rsp_status s = eval(b, e, st->expr, &rate);
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
    value v;
    char of[100];
    const symbol *sym = find_symbol(b, st->name);
    rsp_status s = st->n_binders
                       ? ast_fail(b->err, &st->place, RSP_SYNTAX,
                                  "an observable has no indices; sum over them")
                       : eval(b, NULL, st->expr, &v);
    snprintf(of, sizeof of, "observable '%.60s'", st->name);
    if (s == RSP_OK && !st->unit) {
        s = ast_fail(b->err, &st->place, RSP_UNITS,
                     "%s has no unit; write 'in UNIT' after its expression", of);
    }
    rsp_unit want = sym->unit;
    want.factor = 1;
    s = s == RSP_OK ? check_unit(b, &st->place, &v, &want, of) : s;
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
        return unknown_name(b, &a->target.place, a->target.name, "species or input");
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
    rsp_assign out = {.is_species = sym->kind == SYMBOL_SPECIES, .adds = a->adds,
                      .target = sym->first + offset, .value = v.e};
    return PUSH(b, assigns, out);
}

/* Slots of a target that are no members are bound over their index. */
static rsp_status add_assigns(builder *b, const ast_assign *a, const env *e,
                              uint32_t slot)
{
    const symbol *sym = find_symbol(b, a->target.name);
    rsp_error quiet, *err = b->err;
    uint32_t m = 0;
    while (sym && slot < a->target.n_slots && slot < sym->n_dims) {
        b->err = &quiet;
        rsp_status s = slot_member(b, e, &a->target.slots[slot], sym->dims[slot], &m);
        b->err = err;
        if (s != RSP_OK) {
            break;
        }
        slot++;
    }
    if (!sym || slot >= a->target.n_slots || slot >= sym->n_dims) {
        return add_assign(b, a, e);
    }
    rsp_status s = RSP_OK;
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

rsp_status expand_all(builder *b)
{
    rsp_status s = add_leaves(b);
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
        default: break;
        }
    }
    return s;
}
