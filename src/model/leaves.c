#include "model/build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "respite/num.h"

static const double LN10 = 2.302585092994045684;

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
rsp_status own_channel(builder *b, number_set *used, const char *name,
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

/* uniform A .. B, or over the range. */
static rsp_status set_ends(builder *b, const ast_statement *st, const ast_dist *d,
                           double factor, rsp_dist *out)
{
    const double low = d->has_ends ? d->a : st->low;
    out->a = low * factor;
    out->b = (d->has_ends ? d->b : st->high) * factor;
    if (!isfinite(out->a) || !isfinite(out->b) || out->a > out->b) {
        return ast_fail(b->err, &st->name_place, RSP_RANGE,
                        "'%.60s': expected two ends in order: uniform A .. B, or a range",
                        st->name);
    }
    return d->kind == RSP_DIST_UNIFORM || out->a > 0
               ? RSP_OK
               : bad(b, st, "log-uniform from %g; expected above 0", low);
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
        return set_ends(b, st, d, factor, out);
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
            return ast_fail(b->err, &st->name_place, RSP_NAME,
                            "no value for member '%.60s'",
                            b->indices[sym->dims[0]].members[m]);
        }
    }
    return RSP_OK;
}

bool rsp_param_takes(const rsp_param *p, double v)
{
    const double shown = v / p->factor;
    return !p->whole || (shown == floor(shown) && v >= p->low && v <= p->high);
}

void rsp_param_takes_text(const rsp_param *p, char out[RSP_TAKES_MAX])
{
    const double low = p->low / p->factor, high = p->high / p->factor;
    if (low + 1 == high) {
        snprintf(out, RSP_TAKES_MAX, "%g or %g", low, high);
    } else {
        snprintf(out, RSP_TAKES_MAX, "whole numbers from %g to %g", low, high);
    }
}

static bool is_coin(const ast_dist *d)
{
    return d->kind == RSP_DIST_NONE || d->kind == RSP_DIST_BERNOULLI;
}

/* A parameter of whole numbers has whole ends and a whole value; of all distributions only
 * a coin has whole numbers alone. */
static rsp_status check_whole(builder *b, const ast_statement *st, const rsp_param *p)
{
    char takes[RSP_TAKES_MAX];
    rsp_param_takes_text(p, takes);
    if (!p->whole) {
        return RSP_OK;
    }
    if (!isfinite(st->low) || !isfinite(st->high) || st->low != floor(st->low) ||
        st->high != floor(st->high)) {
        return ast_fail(b->err, &st->name_place, RSP_RANGE,
                        "'%.60s': the range %g .. %g has no whole numbers as ends", p->name,
                        st->low, st->high);
    }
    if (!rsp_param_takes(p, p->value)) {
        return ast_fail(b->err, &st->name_place, RSP_RANGE, "'%.60s' = %g: it takes %s", p->name,
                        p->value / p->factor, takes);
    }
    const bool coins = is_coin(&st->between) && is_coin(&st->uncertain);
    const bool tossed = st->between.kind != RSP_DIST_NONE || st->uncertain.kind != RSP_DIST_NONE;
    return coins && (!tossed || (rsp_param_takes(p, 0) && rsp_param_takes(p, p->factor)))
               ? RSP_OK
               : ast_fail(b->err, &st->name_place, RSP_RANGE,
                          "'%.60s' takes %s: of the distributions only bernoulli gives such, 0 or "
                          "1", p->name, takes);
}

static rsp_status add_param(builder *b, const symbol *sym, const uint32_t *members,
                            double shown)
{
    const ast_statement *st = sym->st;
    double f = sym->unit.factor;
    rsp_param p = {.family = sym->name, .first = sym->first, .count = sym->count,
                   .unit = text_or(st->unit), .factor = f, .value = shown * f,
                   .low = st->low * f, .high = st->high * f, .whole = st->whole,
                   .meaning = text_or(st->meaning), .source = text_or(st->source),
                   .status = st->status, .file = st->place.src->name,
                   .line = st->place.line};
    p.name = member_name(b, sym->name, sym->dims, sym->n_dims, members);
    rsp_status s = p.name ? RSP_OK : no_memory(b);
    if (s == RSP_OK && !isfinite(p.value)) {
        s = ast_fail(b->err, &st->name_place, RSP_RANGE,
                     "'%.60s' = %g %.40s: a parameter is a finite number", p.name,
                     shown, p.unit);
    }
    if (s == RSP_OK && !(shown >= st->low && shown <= st->high)) {
        s = ast_fail(b->err, &st->name_place, RSP_RANGE,
                     "'%.60s' = %g lies outside its range %g .. %g", p.name, shown,
                     st->low, st->high);
    }
    s = s == RSP_OK ? check_whole(b, st, &p) : s;
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
                          .continuous = sym->st->continuous || is_population(sym),
                          .of_clones = is_population(sym), .b = RSP_NO_EXPR,
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

rsp_status add_leaves(builder *b)
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
        case SYMBOL_OBSERVE:
        case SYMBOL_EVENT: break;
        }
    }
    return s;
}
