#include "model/build.h"

#include <math.h>
#include <stdlib.h>
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
static rsp_status own_channel(builder *b, number_set *used, const char *name,
                              uint32_t *channel)
{
    char again[256];
    *channel = rsp_channel(name);
    for (int k = 1; number_set_has(used, *channel); k++) {
        snprintf(again, sizeof again, "%.200s#%d", name, k);
        *channel = rsp_channel(again);
    }
    return number_set_add(used, *channel) ? RSP_OK : no_memory(b);
}

enum { OF_PARAM, OF_SPECIES, OF_REACTION }; /* sets of channels */

/* Room for a family of so many among so many of its kind. */
static rsp_status check_family(builder *b, const symbol *sym, uint32_t n)
{
    if (sym->count > MOST_MEMBERS) {
        return ast_fail(b->err, &sym->st->name_place, RSP_RANGE,
                        "'%.60s' is a family of %u; at most %d", sym->name, sym->count,
                        MOST_MEMBERS);
    }
    return n + sym->count <= MOST_LEAVES
               ? RSP_OK
               : ast_fail(b->err, &sym->st->name_place, RSP_RANGE,
                          "the model is too large: with '%.60s' it has more than %d "
                          "parameters, species or derived values",
                          sym->name, MOST_LEAVES);
}

/* ---- Parameters. */

static rsp_status bad(builder *b, const ast_statement *st, const char *fmt, double v)
{
    char message[200];
    snprintf(message, sizeof message, fmt, v);
    return ast_fail(b->err, &st->name_place, RSP_RANGE, "'%.60s': %s", st->name, message);
}

static rsp_status finite_from(builder *b, const ast_statement *st, double v,
                              const char *fmt)
{
    char message[100];
    snprintf(message, sizeof message, "%s; expected 0 or more", fmt);
    return v >= 0 && isfinite(v) ? RSP_OK : bad(b, st, message, v);
}

static rsp_status make_dist(builder *b, const ast_statement *st, const ast_dist *d,
                            double median, double factor, rsp_dist *out)
{
    *out = (rsp_dist){.kind = d->kind, .a = d->a, .b = d->b, .text = text_or(d->text)};
    switch (d->kind) {
    case RSP_DIST_NONE: break;
    case RSP_DIST_NORMAL:
        out->a *= factor;
        return finite_from(b, st, d->a, "an SD of %g");
    case RSP_DIST_LOGNORMAL: /* CV C of a lognormal: SD of ln = sqrt(ln(1 + C^2)) */
        if (!(median > 0)) {
            return bad(b, st, "lognormal around %g; the value must be positive", median);
        }
        out->a = d->by_cv ? sqrt(rsp_log(1 + d->a * d->a)) : d->a * LN10;
        return finite_from(b, st, d->a, "a spread of %g");
    case RSP_DIST_LOGITNORMAL:
        return median > 0 && median < 1
                   ? finite_from(b, st, d->a, "an SD of %g")
                   : bad(b, st, "logit-normal around %g; expected between 0 and 1",
                         median);
    case RSP_DIST_BETA:
        return d->a > 0 && d->b > 0 && isfinite(d->a + d->b)
                   ? RSP_OK
                   : bad(b, st, "a beta shape of %g; expected above 0",
                         d->a > 0 && isfinite(d->a) ? d->b : d->a);
    case RSP_DIST_UNIFORM:
    case RSP_DIST_LOGUNIFORM:
        out->a = (d->has_ends ? d->a : st->low) * factor;
        out->b = (d->has_ends ? d->b : st->high) * factor;
        if (!isfinite(out->a) || !isfinite(out->b) || out->a > out->b) {
            return ast_fail(b->err, &st->name_place, RSP_RANGE,
                            "'%.60s': expected two ends in order: uniform A .. B, or a "
                            "range", st->name);
        }
        return d->kind == RSP_DIST_UNIFORM || out->a > 0
                   ? RSP_OK
                   : bad(b, st, "log-uniform from %g; expected above 0",
                         d->has_ends ? d->a : st->low);
    case RSP_DIST_BERNOULLI:
        return d->a >= 0 && d->a <= 1
                   ? RSP_OK
                   : bad(b, st, "a probability of %g; expected 0 to 1", d->a);
    case RSP_DIST_DIRICHLET:
        if (!(d->a > 0 && isfinite(d->a))) {
            return bad(b, st, "a concentration of %g; expected above 0", d->a);
        }
        return st->n_binders && median > 0
                   ? RSP_OK
                   : bad(b, st, "dirichlet needs an index and values above 0, not %g",
                         median);
    }
    return RSP_OK;
}

/* Values of all members of a family, in the unit as written. */
static rsp_status own_values(builder *b, const symbol *sym, double *out)
{
    const ast_statement *st = sym->st;
    for (uint32_t m = 0; m < sym->count; m++) {
        out[m] = st->n_values ? (double)NAN : st->value;
    }
    if (st->n_values && sym->n_dims != 1) {
        return ast_fail(b->err, &st->name_place, RSP_SYNTAX,
                        "values by member need exactly one index");
    }
    for (uint32_t i = 0; i < st->n_values; i++) {
        uint32_t m = 0;
        ast_slot slot = {st->values[i].member, st->values[i].place};
        rsp_status s = slot_member(b, NULL, &slot, sym->dims[0], &m);
        if (s != RSP_OK) {
            return s;
        }
        if (!isnan(out[m])) {
            return ast_fail(b->err, &slot.place, RSP_NAME, "a second value for '%.60s'",
                            slot.name);
        }
        out[m] = st->values[i].value;
    }
    for (uint32_t m = 0; m < sym->count; m++) {
        if (isnan(out[m])) {
            return ast_fail(b->err, &st->name_place, RSP_NAME, "no value for member '%.60s'",
                            b->indices[sym->dims[0]].members[m]);
        }
    }
    return RSP_OK;
}

static rsp_status add_param(builder *b, const symbol *sym, const uint32_t *members,
                            double shown)
{
    const ast_statement *st = sym->st;
    double f = sym->unit.factor;
    rsp_param p = {.family = sym->name, .first = sym->first, .count = sym->count,
                   .unit = text_or(st->unit), .factor = f, .value = shown * f,
                   .low = st->low * f, .high = st->high * f,
                   .meaning = text_or(st->meaning), .source = text_or(st->source),
                   .status = st->status, .file = st->place.src->name,
                   .line = st->place.line};
    p.name = member_name(b, sym->name, sym->dims, sym->n_dims, members);
    rsp_status s = p.name ? RSP_OK : no_memory(b);
    if (s == RSP_OK && !isfinite(p.value)) {
        s = ast_fail(b->err, &st->name_place, RSP_RANGE,
                     "'%.60s' = %g %.40s: a parameter is a finite number", p.name, shown,
                     p.unit);
    }
    if (s == RSP_OK && !(shown >= st->low && shown <= st->high)) {
        s = ast_fail(b->err, &st->name_place, RSP_RANGE,
                     "'%.60s' = %g lies outside its range %g .. %g", p.name, shown,
                     st->low, st->high);
    }
    s = s == RSP_OK ? make_dist(b, st, &st->between, p.value, f, &p.between) : s;
    s = s == RSP_OK ? make_dist(b, st, &st->uncertain, p.value, f, &p.uncertain) : s;
    if (s != RSP_OK) {
        return s;
    }
    s = own_channel(b, &b->channels[OF_PARAM], p.name, &p.channel);
    return s == RSP_OK ? PUSH(b, params, p) : s;
}

static rsp_status add_params(builder *b, symbol *sym)
{
    uint32_t members[MOST_DIMS] = {0}, m = 0;
    rsp_status s = check_family(b, sym, b->n_params);
    if (s != RSP_OK) {
        return s;
    }
    sym->first = b->n_params;
    double *values = malloc(sym->count * sizeof *values);
    s = values ? own_values(b, sym, values) : no_memory(b);
    do {
        s = s == RSP_OK ? add_param(b, sym, members, values[m++]) : s;
    } while (s == RSP_OK && next_members(b, sym->dims, sym->n_dims, members));
    free(values);
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
    if (!isfinite(in.value)) {
        return ast_fail(b->err, &st->name_place, RSP_RANGE,
                        "'%.60s' = %g %.40s: an input is a finite number", sym->name,
                        st->value, in.unit);
    }
    return PUSH(b, inputs, in);
}

static rsp_status add_species(builder *b, symbol *sym)
{
    uint32_t members[MOST_DIMS] = {0};
    rsp_status s = check_family(b, sym, b->n_species);
    if (s != RSP_OK) {
        return s;
    }
    sym->first = b->n_species;
    do {
        rsp_species sp = {.family = sym->name, .unit = sym->st->unit,
                          .meaning = text_or(sym->st->meaning), .first = sym->first,
                          .count = sym->count, .factor = sym->unit.factor,
                          .continuous = sym->st->continuous, .b = RSP_NO_EXPR,
                          .rate = RSP_NO_EXPR, .a = pool_const(b->nodes, 0)};
        sp.name = member_name(b, sym->name, sym->dims, sym->n_dims, members);
        if (!sp.name || !RSP_GROW(&b->more, &b->cap_more, (size_t)b->n_species + 1)) {
            return no_memory(b);
        }
        b->more[b->n_species] = (species_more){.unit = sym->unit};
        b->more[b->n_species].unit.factor = 1;
        s = own_channel(b, &b->channels[OF_SPECIES], sp.name, &sp.channel);
        s = s == RSP_OK ? PUSH(b, species, sp) : s;
    } while (s == RSP_OK && next_members(b, sym->dims, sym->n_dims, members));
    return s;
}

static rsp_status add_let(builder *b, symbol *sym)
{
    rsp_status s = check_family(b, sym, b->n_lets);
    sym->first = b->n_lets;
    if (s == RSP_OK && !RSP_GROW(&b->lets, &b->cap_lets, b->n_lets + sym->count)) {
        s = no_memory(b);
    }
    if (s == RSP_OK) {
        memset(b->lets + b->n_lets, 0, sym->count * sizeof *b->lets);
        b->n_lets += sym->count;
    }
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
            s = add_let(b, sym);
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
        return ast_fail(b->err, &st->name_place, RSP_NAME, "a second initial amount for '%.60s'",
                        b->species[k].name);
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
                     "declare it continuous", st->name);
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
                 : unknown_name(b, &st->from->place, st->from->name, WANT_VALUE);
    }
    for (uint32_t i = 0; i < q->n_dims; i++) {
        slots[i] = st->from->slots[i];
        if (strcmp(slots[i].name, ":") == 0) {
            at = (int)i;
            slots[i].name = st->drawn;
        }
    }
    if (at < 0) {
        return ast_fail(b->err, &st->from->place, RSP_SYNTAX,
                        "write ':' where '%.40s' is drawn, as in Q[s,:]", st->drawn);
    }
    if (n >= MOST_DIMS) {
        return ast_fail(b->err, &st->from->place, RSP_RANGE, "more than %d indices",
                        MOST_DIMS);
    }
    if (find_bound(e, st->drawn)) {
        return ast_fail(b->err, &st->from->place, RSP_NAME,
                        "'%.40s' is bound already; draw another name, as %.40s'",
                        st->drawn, st->drawn);
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
                      .target = sym->first + offset, .value = v.e};
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
        default: break;
        }
    }
    return s;
}
