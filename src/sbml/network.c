/* The lists of the network: state, reactions, what can be asked for. */
#include "sbml/reader.h"

#include <math.h>
#include <string.h>

static rsp_status warn(reader *r, sbml_place place, const char *fmt, const char *name)
{
    char text[600];
    snprintf(text, sizeof text, fmt, name);
    char *w = rsp_arena_printf(r->b.arena, "%s:%u:%u: %s", r->source, place.line,
                               place.column, text);
    return w ? PUSH(&r->b, warnings, w) : no_memory(&r->b);
}

/* ---- State. */

/* The derivative of a state that a rule gives; a species' is of its amount. */
static rsp_status rule_drift(reader *r, quantity *q, rsp_expr *out)
{
    rsp_expr size = 0, own = 0, growth = 0;
    pool *p = r->b.nodes;
    rsp_status s = math_eval(r, q->rate, false, NULL, out);
    if (s != RSP_OK || q->kind != OF_A_SPECIES || q->only_amount) {
        return s;
    }
    quantity *in = &r->all[q->compartment];
    s = quantity_value(r, in, q->place, false, &size);
    *out = pool_make(p, RSP_OP_MUL, *out, size, 0);
    if (s == RSP_OK && (in->rate || in->assigned)) {
        s = quantity_rate(r, in, q->place, &growth);
        s = s == RSP_OK ? quantity_value(r, q, q->place, false, &own) : s;
        *out = pool_make(p, RSP_OP_ADD, *out, pool_make(p, RSP_OP_MUL, own, growth, 0), 0);
    }
    return s;
}

/* How our annotation says that an initial amount is drawn. */
static rsp_status read_draw(reader *r, const quantity *q, rsp_species *sp)
{
    static const char *const names[] = {[RSP_DRAW_POISSON] = "poisson",
                                        [RSP_DRAW_BINOMIAL] = "binomial",
                                        [RSP_DRAW_NEGBIN] = "negative-binomial",
                                        [RSP_DRAW_MULTINOMIAL] = "multinomial"};
    int kind = q->ours && q->ours->draw[0] ? RSP_DRAW_MULTINOMIAL : RSP_DRAW_VALUE;
    while (kind > RSP_DRAW_VALUE && strcmp(names[kind], q->ours->draw) != 0) {
        kind--;
    }
    if (kind == RSP_DRAW_VALUE) {
        return RSP_OK;
    }
    quantity *a = quantity_find(r, q->ours->a), *b = quantity_find(r, q->ours->b);
    if (!a || !b) {
        return reader_fail_at(r, q->place, RSP_NAME, "no parameter '%.60s' to draw '%.60s' by",
                              a ? q->ours->b : q->ours->a, q->id);
    }
    rsp_status s = quantity_value(r, a, q->place, true, &sp->a);
    s = s == RSP_OK && kind != RSP_DRAW_POISSON ? quantity_value(r, b, q->place, true, &sp->b) : s;
    sp->draw = (rsp_draw_kind)kind;
    return s;
}

static bool same_family(const rsp_species *a, const rsp_species *b)
{
    size_t n = strcspn(a->name, "[");
    return a->draw == RSP_DRAW_MULTINOMIAL && b->draw == RSP_DRAW_MULTINOMIAL &&
           n == strcspn(b->name, "[") && strncmp(a->name, b->name, n) == 0;
}

/* Those that are drawn together stand together: "L[gut]", "L[blood]". */
static void join_families(builder *b)
{
    for (uint32_t i = 0; i < b->n_species;) {
        uint32_t n = 1;
        while (i + n < b->n_species && same_family(&b->species[i], &b->species[i + n])) {
            n++;
        }
        for (uint32_t k = 0; k < n; k++) {
            b->species[i + k].first = i;
            b->species[i + k].count = n;
        }
        i += n;
    }
}

static rsp_status write_state(reader *r, quantity *q)
{
    builder *b = &r->b;
    bool counted = q->kind == OF_A_SPECIES && q->reacts && !q->boundary && !q->rate;
    if (q->ours && q->ours->continuous != SAYS_NOTHING && !q->rate) {
        counted = q->ours->continuous == SAYS_NO;
    }
    rsp_species sp = {.name = q->as, .family = q->as, .unit = "1", .meaning = q->name,
                      .first = q->state, .count = 1, .factor = 1, .continuous = !counted,
                      .draw = RSP_DRAW_VALUE, .b = RSP_NO_EXPR, .rate = RSP_NO_EXPR};
    rsp_unit unit;
    if (q->ours && q->ours->unit[0] && rsp_unit_parse(q->ours->unit, &unit, NULL) == RSP_OK) {
        sp.unit = q->ours->unit;
        sp.factor = unit.factor;
    }
    rsp_status s = quantity_amount(r, q, q->place, true, &sp.a);
    double v = 0;
    if (s == RSP_OK && counted && pool_is_const(b->nodes, sp.a, &v) && v != floor(v)) {
        s = warn(r, q->place,
                 "species '%.100s' does not begin with a whole number; ssa and hybrid count "
                 "in whole numbers, ode does not", q->id);
    }
    if (s == RSP_OK && q->rate) {
        s = rule_drift(r, q, &sp.rate);
    }
    s = s == RSP_OK ? read_draw(r, q, &sp) : s;
    s = s == RSP_OK ? own_channel(b, &b->channels[OF_SPECIES], q->as, &sp.channel) : s;
    return s == RSP_OK ? PUSH(b, species, sp) : s;
}

static rsp_status write_states(reader *r)
{
    rsp_status s = RSP_OK;
    for (int pass = 0; pass < 2; pass++) { /* in the order of their numbers */
        for (uint32_t i = 0; s == RSP_OK && i < r->n_all; i++) {
            quantity *q = &r->all[i];
            if (q->state != NONE && (q->kind == OF_A_SPECIES) == (pass == 0)) {
                s = write_state(r, q);
            }
        }
    }
    join_families(&r->b);
    return s;
}

/* ---- Reactions. */

static rsp_status add_change(reader *r, const sbml_reference *ref, double sign,
                             uint32_t first)
{
    builder *b = &r->b;
    const quantity *q = quantity_find(r, ref->species);
    double n = 0;
    rsp_status s = reference_number(r, ref, &n);
    if (s == RSP_OK && !q->boundary && (q->assigned || q->rate)) {
        s = reader_fail_at(r, ref->place, RSP_SYNTAX,
                           "species '%.60s' is changed by a reaction and by a rule", q->id);
    }
    if (s != RSP_OK || q->boundary) {
        return s;
    }
    n *= sign * q->factor;
    for (uint32_t i = first; i < b->n_changes; i++) {
        if (b->changes[i].species == q->state) {
            b->changes[i].amount += n;
            return RSP_OK;
        }
    }
    return PUSH(b, changes, ((rsp_change){q->state, n}));
}

static void drop_zeros(builder *b, uint32_t first)
{
    uint32_t n = first;
    for (uint32_t i = first; i < b->n_changes; i++) {
        if (b->changes[i].amount > 0 || b->changes[i].amount < 0) {
            b->changes[n++] = b->changes[i];
        }
    }
    b->n_changes = n;
}

static rsp_status add_channel(reader *r, const char *name, rsp_expr rate, uint32_t first)
{
    builder *b = &r->b;
    double v = 1;
    if (pool_is_const(b->nodes, rate, &v) && !(v > 0 || v < 0) && !isnan(v)) {
        b->n_changes = first; /* never fires */
        return RSP_OK;
    }
    rsp_reaction out = {.name = name, .rate = rate, .first_change = first,
                        .n_changes = b->n_changes - first};
    rsp_status s = own_channel(b, &b->channels[OF_REACTION], name, &out.channel);
    return s == RSP_OK ? PUSH(b, reactions, out) : s;
}

/* The same changes the other way, for the backward part. */
static rsp_status reverse_changes(builder *b, uint32_t from, uint32_t n)
{
    rsp_status s = RSP_OK;
    for (uint32_t i = 0; s == RSP_OK && i < n; i++) {
        rsp_change c = b->changes[from + i];
        c.amount = -c.amount;
        s = PUSH(b, changes, c);
    }
    return s;
}

static rsp_status write_reaction(reader *r, const sbml_reaction *rx)
{
    builder *b = &r->b;
    uint32_t first = b->n_changes;
    quantity *q = quantity_find(r, rx->id);
    rsp_expr law = 0, forward = 0, backward = 0;
    rsp_status s = quantity_value(r, q, q->place, false, &law);
    for (uint32_t i = 0; s == RSP_OK && i < rx->n_reactants; i++) {
        s = add_change(r, &rx->reactants[i], -1, first);
    }
    for (uint32_t i = 0; s == RSP_OK && i < rx->n_products; i++) {
        s = add_change(r, &rx->products[i], 1, first);
    }
    drop_zeros(b, first);
    uint32_t n = b->n_changes - first;
    if (s != RSP_OK || n == 0) {
        return s;
    }
    if (rx->ours.one_way == SAYS_YES || !law_split(r, law, &forward, &backward)) {
        return b->nodes->failed ? no_memory(b) : add_channel(r, q->as, law, first);
    }
    const char *name = rsp_arena_printf(b->arena, "%s (backward)", q->as);
    s = name ? reverse_changes(b, first, n) : no_memory(b);
    uint32_t second = first + n;
    s = s == RSP_OK ? add_channel(r, name, backward, second) : s;
    bool both = b->n_changes > second;
    if (s == RSP_OK && both) { /* its changes stand last; those before are forward's */
        rsp_reaction *back = &b->reactions[b->n_reactions - 1];
        rsp_reaction out = {.name = q->as, .rate = forward, .first_change = first,
                            .n_changes = n};
        rsp_reaction last = *back;
        s = own_channel(b, &b->channels[OF_REACTION], q->as, &out.channel);
        *back = out;
        return s == RSP_OK ? PUSH(b, reactions, last) : s;
    }
    return s == RSP_OK ? add_channel(r, q->as, forward, first) : s;
}

/* ---- What can be asked for beside the state. */

static rsp_status add_observable(reader *r, const char *name, const quantity *q,
                                 rsp_expr e, bool column)
{
    return name ? PUSH(&r->b, observables,
                       ((rsp_observable){.name = name, .unit = "1", .meaning = q->name,
                                         .factor = 1, .expr = e, .column = column}))
                : no_memory(&r->b);
}

static bool has_value(const quantity *q)
{
    return q->has_value || q->initial || q->assigned || q->rate;
}

static rsp_status observe_species(reader *r, quantity *q)
{
    rsp_expr amount = 0, size = 0;
    quantity *in = &r->all[q->compartment];
    rsp_status s = quantity_amount(r, q, q->place, false, &amount);
    if (s == RSP_OK && q->assigned) {
        s = add_observable(r, q->as, q, amount, true);
    }
    if (s == RSP_OK && has_value(in)) {
        s = quantity_value(r, in, q->place, false, &size);
        rsp_expr share = pool_make(r->b.nodes, RSP_OP_DIV, amount, size, 0);
        if (s == RSP_OK && q->assigned && !q->only_amount) {
            s = quantity_value(r, q, q->place, false, &share);
        }
        s = s == RSP_OK
                ? add_observable(r, rsp_arena_printf(r->b.arena, "[%s]", q->as), q, share, false)
                : s;
    }
    return s;
}

static rsp_status observe(reader *r, quantity *q)
{
    rsp_expr e = 0;
    if (q->kind == OF_A_SPECIES) {
        return observe_species(r, q);
    }
    if (q->state != NONE || (q->kind != OF_A_REACTION && !has_value(q))) {
        return RSP_OK;
    }
    if (q->kind == OF_A_REACTION && !q->reaction->law.math) {
        return RSP_OK;
    }
    bool column = q->assigned && !(q->ours && q->ours->column == SAYS_NO);
    rsp_status s = quantity_value(r, q, q->place, false, &e);
    return s == RSP_OK ? add_observable(r, q->as, q, e, column) : s;
}

static rsp_status write_derived(reader *r, quantity *q)
{
    rsp_expr e = 0;
    bool constant = q->initial && !q->rate && !q->assigned && !q->by_event &&
                    (q->kind == OF_A_PARAMETER || q->kind == OF_A_COMPARTMENT);
    if (!constant) {
        return RSP_OK;
    }
    rsp_status s = quantity_value(r, q, q->place, true, &e);
    return s == RSP_OK ? PUSH(&r->b, derived,
                              ((rsp_derived){.name = q->as, .unit = "1", .factor = 1, .expr = e,
                                             .constant = true, .meaning = q->name,
                                             .source = "", .status = RSP_UNSTATED,
                                             .file = r->source, .line = q->place.line}))
                       : s;
}

rsp_status network_write(reader *r)
{
    rsp_status s = write_states(r);
    for (uint32_t i = 0; s == RSP_OK && i < r->doc->n_reactions; i++) {
        s = write_reaction(r, &r->doc->reactions[i]);
    }
    for (uint32_t i = 0; s == RSP_OK && i < r->n_all; i++) {
        s = observe(r, &r->all[i]);
        s = s == RSP_OK ? write_derived(r, &r->all[i]) : s;
    }
    s = s == RSP_OK ? events_write(r) : s;
    for (uint32_t i = 0; s == RSP_OK && i < r->doc->n_warnings; i++) {
        s = warn(r, r->doc->warnings[i].place, "%.500s", r->doc->warnings[i].text);
    }
    return s;
}
