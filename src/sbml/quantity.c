/* What identifiers stand for: values now and at the start, amounts, derivatives.
 *
 * The state is in amounts.  The symbol of a species means its amount where it has
 * only substance units (or its compartment has no size), else amount / size. */
#include "sbml/reader.h"

#include <math.h>
#include <string.h>

#include "respite/num.h"

static const char *kind_name(const quantity *q)
{
    static const char *const names[] = {"compartment", "species", "parameter", "reaction",
                                        "species reference"};
    return names[q->kind];
}

quantity *quantity_find(reader *r, const char *id)
{
    uint32_t at = table_find(&r->ids, id);
    return at == TABLE_NONE ? NULL : &r->all[at];
}

bool quantity_changes(const quantity *q)
{
    return q->rate || q->assigned || q->by_event || (q->reacts && !q->boundary);
}

static rsp_expr times(reader *r, rsp_expr a, rsp_expr b)
{
    return pool_make(r->b.nodes, RSP_OP_MUL, a, b, 0);
}

static rsp_expr over(reader *r, rsp_expr a, rsp_expr b)
{
    return pool_make(r->b.nodes, RSP_OP_DIV, a, b, 0);
}

static rsp_expr plus(reader *r, rsp_expr a, rsp_expr b)
{
    return pool_make(r->b.nodes, RSP_OP_ADD, a, b, 0);
}

static rsp_status size_of(reader *r, quantity *q, bool start, rsp_expr *out)
{
    return quantity_value(r, &r->all[q->compartment], q->place, start, out);
}

static rsp_status no_value(reader *r, quantity *q)
{
    return reader_fail_at(r, q->place, RSP_DATA, "%s '%.60s' has no value", kind_name(q),
                          q->id);
}

/* ---- Values. */

static rsp_expr own_number(reader *r, const quantity *q)
{
    return q->param == NONE ? pool_const(r->b.nodes, q->value)
                            : pool_leaf(r->b.nodes, RSP_OP_PARAM, q->param);
}

static rsp_status plain_value(reader *r, quantity *q, bool start, rsp_expr *out)
{
    if (!start && q->state != NONE) {
        *out = pool_leaf(r->b.nodes, RSP_OP_SPECIES, q->state);
        return RSP_OK;
    }
    if (q->initial) {
        return math_eval(r, q->initial, true, NULL, out);
    }
    if (!q->has_value) {
        return no_value(r, q);
    }
    *out = own_number(r, q);
    return RSP_OK;
}

static rsp_status species_value(reader *r, quantity *q, bool start, rsp_expr *out)
{
    rsp_expr size = 0;
    rsp_status s = RSP_OK;
    if (start && q->initial) {
        return math_eval(r, q->initial, true, NULL, out);
    }
    if (start && !q->has_value) {
        return no_value(r, q);
    }
    *out = start ? pool_const(r->b.nodes, q->value)
                 : pool_leaf(r->b.nodes, RSP_OP_SPECIES, q->state);
    bool is_amount = !start || q->value_is_amount;
    if (is_amount != q->only_amount) {
        s = size_of(r, q, start, &size);
        *out = s != RSP_OK ? 0 : is_amount ? over(r, *out, size) : times(r, *out, size);
    }
    return s;
}

static const scope *locals_of(reader *r, const sbml_reaction *rx)
{
    scope *list = rsp_arena_alloc(r->b.arena, rx->n_locals + 1, sizeof *list);
    for (uint32_t i = 0; list && i < rx->n_locals; i++) {
        char name[300];
        snprintf(name, sizeof name, "%.140s.%.140s", rx->id, rx->locals[i].id);
        uint32_t at = table_find(&r->b.names, name);
        list[i] = (scope){rx->locals[i].id,
                          at == TABLE_NONE ? RSP_NO_EXPR
                                           : pool_leaf(r->b.nodes, RSP_OP_PARAM, at),
                          i ? &list[i - 1] : NULL};
    }
    return list && rx->n_locals ? &list[rx->n_locals - 1] : NULL;
}

static rsp_status law_value(reader *r, quantity *q, bool start, rsp_expr *out)
{
    if (!q->reaction->law.math) {
        return reader_fail_at(r, q->place, RSP_DATA,
                              "reaction '%.60s' has no kinetic law, so no rate", q->id);
    }
    return math_eval(r, &q->reaction->law, start, locals_of(r, q->reaction), out);
}

rsp_status quantity_value(reader *r, quantity *q, sbml_place place, bool start,
                          rsp_expr *out)
{
    lazy *l = start ? &q->start : &q->now;
    if (l->state == 1) {
        return reader_fail_at(r, place, RSP_SYNTAX, "the value of %s '%.60s' depends on itself",
                              kind_name(q), q->id);
    }
    rsp_status s = RSP_OK;
    if (l->state == 0) {
        l->state = 1;
        s = q->assigned && q->kind != OF_A_REFERENCE
                ? math_eval(r, q->assigned, start, NULL, &l->e)
            : q->kind == OF_A_SPECIES  ? species_value(r, q, start, &l->e)
            : q->kind == OF_A_REACTION ? law_value(r, q, start, &l->e)
                                       : plain_value(r, q, start, &l->e);
        l->state = s == RSP_OK ? 2 : 0;
    }
    *out = l->e;
    return s;
}

rsp_status quantity_amount(reader *r, quantity *q, sbml_place place, bool start,
                           rsp_expr *out)
{
    rsp_expr size = 0;
    if (q->kind == OF_A_SPECIES && !q->assigned && !start) {
        *out = pool_leaf(r->b.nodes, RSP_OP_SPECIES, q->state);
        return RSP_OK;
    }
    if (q->kind == OF_A_SPECIES && start && !q->assigned && !q->initial && q->has_value &&
        q->value_is_amount) {
        *out = pool_const(r->b.nodes, q->value);
        return RSP_OK;
    }
    rsp_status s = quantity_value(r, q, place, start, out);
    if (s == RSP_OK && q->kind == OF_A_SPECIES && !q->only_amount) {
        s = size_of(r, q, start, &size);
        *out = s == RSP_OK ? times(r, *out, size) : 0;
    }
    return s;
}

/* ---- Derivatives. */

static rsp_status no_derivative(reader *r, const quantity *q, sbml_place place)
{
    return reader_fail_at(r, place, RSP_UNSUPPORTED,
                          "the time derivative of %s '%.60s', which a rule assigns, is "
                          "not supported",
                          kind_name(q), q->id);
}

/* Of the amount, by reactions. */
static rsp_status reaction_sum(reader *r, quantity *q, sbml_place place, rsp_expr *out)
{
    rsp_status s = RSP_OK;
    *out = pool_const(r->b.nodes, 0);
    for (uint32_t i = 0; s == RSP_OK && !q->boundary && i < r->doc->n_reactions; i++) {
        const sbml_reaction *rx = &r->doc->reactions[i];
        double amount = 0;
        for (uint32_t k = 0; s == RSP_OK && k < rx->n_reactants + rx->n_products; k++) {
            bool product = k >= rx->n_reactants;
            const sbml_reference *ref =
                product ? &rx->products[k - rx->n_reactants] : &rx->reactants[k];
            double n = 0;
            if (strcmp(ref->species, q->id) == 0) {
                s = reference_number(r, ref, &n);
                amount += product ? n : -n;
            }
        }
        quantity *law = quantity_find(r, rx->id);
        rsp_expr rate = 0;
        if (s == RSP_OK && (amount > 0 || amount < 0)) {
            s = quantity_value(r, law, place, false, &rate);
            *out = plus(r, *out, times(r, pool_const(r->b.nodes, amount * q->factor), rate));
        }
    }
    return s;
}

rsp_status quantity_rate(reader *r, quantity *q, sbml_place place, rsp_expr *out)
{
    rsp_expr size = 0, growth = 0, own = 0;
    *out = pool_const(r->b.nodes, 0);
    if (q->assigned || q->kind == OF_A_REACTION) {
        return no_derivative(r, q, place);
    }
    if (q->rate) {
        return math_eval(r, q->rate, false, NULL, out);
    }
    if (q->kind != OF_A_SPECIES) {
        return RSP_OK;
    }
    rsp_status s = reaction_sum(r, q, place, out);
    if (s != RSP_OK || q->only_amount) {
        return s;
    }
    quantity *in = &r->all[q->compartment];
    s = size_of(r, q, false, &size);
    s = s == RSP_OK ? quantity_value(r, q, place, false, &own) : s;
    s = s == RSP_OK ? quantity_rate(r, in, place, &growth) : s;
    if (s == RSP_OK) {
        growth = pool_make(r->b.nodes, RSP_OP_NEG, times(r, own, growth), 0, 0);
        *out = over(r, in->rate ? plus(r, *out, growth) : *out, size);
    }
    return s;
}

/* ---- Numbers that the network keeps as numbers. */

static rsp_status as_number(reader *r, rsp_status s, rsp_expr e, sbml_place place,
                            const char *what, double *out)
{
    if (s == RSP_OK && (!pool_is_const(r->b.nodes, e, out) || !isfinite(*out))) {
        s = reader_fail_at(r, place, RSP_UNSUPPORTED,
                           "%s that is not one number throughout is not supported", what);
    }
    return s;
}

rsp_status reference_number(reader *r, const sbml_reference *ref, double *out)
{
    const quantity *q = ref->id[0] ? quantity_find(r, ref->id) : NULL;
    rsp_expr e = 0;
    *out = ref->stoichiometry;
    if (q && (q->assigned || q->rate)) {
        return reader_fail_at(r, (q->assigned ? q->assigned : q->rate)->place,
                              RSP_UNSUPPORTED,
                              "a stoichiometry that changes ('%.60s') is not supported",
                              ref->id);
    }
    const sbml_formula *f = q && q->initial ? q->initial
                            : ref->formula.math ? &ref->formula : NULL;
    if (f) {
        rsp_status s = math_eval(r, f, q && q->initial, NULL, &e);
        return as_number(r, s, e, f->place, "a stoichiometry", out);
    }
    return ref->has_stoichiometry && isfinite(ref->stoichiometry)
               ? RSP_OK
               : reader_fail_at(r, ref->place, RSP_DATA,
                                "a species reference to '%.60s' has no stoichiometry",
                                ref->species);
}

/* Parameters that such numbers come from stay numbers themselves. */
static void freeze(reader *r, const sbml_math *m)
{
    for (uint32_t i = 0; i < m->n; i++) {
        freeze(r, m->part[i]);
    }
    quantity *q = m->op == MATH_NAME ? quantity_find(r, m->name) : NULL;
    if (q && !q->frozen) {
        q->frozen = true;
        if (q->initial) {
            freeze(r, q->initial->math);
        }
    }
}

static void freeze_factor(reader *r, const char *id)
{
    const sbml_math name = {.op = MATH_NAME, .name = id};
    if (id[0]) {
        freeze(r, &name);
    }
}

static void freeze_reference(reader *r, const sbml_reference *ref)
{
    const quantity *q = ref->id[0] ? quantity_find(r, ref->id) : NULL;
    if (ref->formula.math) {
        freeze(r, ref->formula.math);
    }
    if (q && q->initial) {
        freeze(r, q->initial->math);
    }
}

static void freeze_all(reader *r)
{
    const sbml_document *d = r->doc;
    freeze_factor(r, d->factor);
    for (uint32_t i = 0; i < d->n_species; i++) {
        freeze_factor(r, d->species[i].factor);
    }
    for (uint32_t i = 0; i < d->n_reactions; i++) {
        const sbml_reaction *rx = &d->reactions[i];
        for (uint32_t k = 0; k < rx->n_reactants; k++) {
            freeze_reference(r, &rx->reactants[k]);
        }
        for (uint32_t k = 0; k < rx->n_products; k++) {
            freeze_reference(r, &rx->products[k]);
        }
    }
}

static rsp_status read_factor(reader *r, quantity *q, const sbml_species *sp)
{
    const char *id = sp->factor[0] ? sp->factor : r->doc->factor;
    rsp_expr e = 0;
    q->factor = 1;
    if (!id[0]) {
        return RSP_OK;
    }
    quantity *f = quantity_find(r, id);
    if (!f) {
        return reader_fail_at(r, sp->place, RSP_NAME, "no parameter '%.60s' for a conversion factor",
                              id);
    }
    rsp_status s = quantity_value(r, f, sp->place, false, &e);
    return as_number(r, s, e, f->place, "a conversion factor", &q->factor);
}

/* ---- Collecting. */

static rsp_status add(reader *r, quantity q)
{
    if (q.kind == OF_A_REFERENCE && !q.id[0]) {
        return RSP_OK;
    }
    q.state = q.param = NONE;
    q.factor = 1;
    q.as = q.ours && q.ours->name[0] ? q.ours->name : q.id;
    if (table_find(&r->ids, q.id) != TABLE_NONE) {
        return reader_fail_at(r, q.place, RSP_NAME, "a second '%.60s'", q.id);
    }
    r->all[r->n_all] = q;
    return table_add(&r->ids, q.id, r->n_all++) ? RSP_OK : no_memory(&r->b);
}

static rsp_status add_references(reader *r, const sbml_reference *list, uint32_t n)
{
    rsp_status s = RSP_OK;
    for (uint32_t i = 0; s == RSP_OK && i < n; i++) {
        s = add(r, (quantity){.kind = OF_A_REFERENCE, .id = list[i].id, .name = "",
                              .place = list[i].place, .has_value = list[i].has_stoichiometry,
                              .value = list[i].stoichiometry, .frozen = true});
        quantity *q = quantity_find(r, list[i].species);
        if (s == RSP_OK && (!q || q->kind != OF_A_SPECIES)) {
            s = reader_fail_at(r, list[i].place, RSP_NAME, "no species '%.60s'",
                               list[i].species);
        }
        if (s == RSP_OK) {
            q->reacts = true;
        }
    }
    return s;
}

static rsp_status add_all(reader *r)
{
    const sbml_document *d = r->doc;
    rsp_status s = RSP_OK;
    for (uint32_t i = 0; s == RSP_OK && i < d->n_compartments; i++) {
        const sbml_compartment *c = &d->compartments[i];
        s = add(r, (quantity){.kind = OF_A_COMPARTMENT, .id = c->id, .name = c->name,
                              .place = c->place, .has_value = c->has_size,
                              .value = c->size});
    }
    for (uint32_t i = 0; s == RSP_OK && i < d->n_species; i++) {
        const sbml_species *sp = &d->species[i];
        s = add(r, (quantity){.kind = OF_A_SPECIES, .id = sp->id, .name = sp->name,
                              .place = sp->place, .value = sp->initial,
                              .has_value = sp->has_amount || sp->has_concentration,
                              .value_is_amount = sp->has_amount,
                              .only_amount = sp->only_substance, .ours = &sp->ours,
                              .boundary = sp->boundary || sp->constant});
    }
    for (uint32_t i = 0; s == RSP_OK && i < d->n_parameters; i++) {
        const sbml_parameter *p = &d->parameters[i];
        s = add(r, (quantity){.kind = OF_A_PARAMETER, .id = p->id, .name = p->name,
                              .ours = &p->ours, .place = p->place, .has_value = p->has_value,
                              .value = p->value});
    }
    for (uint32_t i = 0; s == RSP_OK && i < d->n_reactions; i++) {
        const sbml_reaction *rx = &d->reactions[i];
        s = add(r, (quantity){.kind = OF_A_REACTION, .id = rx->id, .name = rx->name,
                              .ours = &rx->ours, .place = rx->place, .reaction = rx});
        s = s == RSP_OK ? add_references(r, rx->reactants, rx->n_reactants) : s;
        s = s == RSP_OK ? add_references(r, rx->products, rx->n_products) : s;
    }
    return s;
}

enum { BY_INITIAL, BY_RULE, BY_RATE };

static rsp_status attach(reader *r, const sbml_assignment *list, uint32_t n, int what)
{
    for (uint32_t i = 0; i < n; i++) {
        quantity *q = quantity_find(r, list[i].symbol);
        if (!q || q->kind == OF_A_REACTION) {
            return reader_fail_at(r, list[i].formula.place, RSP_NAME,
                                  "'%.60s' is nothing that a value can be given to",
                                  list[i].symbol);
        }
        const sbml_formula **to = what == BY_INITIAL ? &q->initial
                                  : what == BY_RULE  ? &q->assigned
                                                     : &q->rate;
        if (*to || (what == BY_RATE && q->assigned)) {
            return reader_fail_at(r, list[i].formula.place, RSP_NAME,
                                  "a second rule or initial assignment for '%.60s'", q->id);
        }
        *to = &list[i].formula;
    }
    return RSP_OK;
}

static rsp_status mark_event_targets(reader *r, const sbml_event *e)
{
    for (uint32_t i = 0; i < e->n_assignments; i++) {
        const sbml_assignment *a = &e->assignments[i];
        quantity *q = quantity_find(r, a->symbol);
        if (!q || q->kind == OF_A_REACTION || q->assigned) {
            return reader_fail_at(r, a->formula.place, RSP_NAME,
                                  "'%.60s' is nothing that an event can give a value to",
                                  a->symbol);
        }
        if (q->kind == OF_A_REFERENCE) {
            return reader_fail_at(r, a->formula.place, RSP_UNSUPPORTED,
                                  "a stoichiometry that changes ('%.60s') is not supported",
                                  a->symbol);
        }
        q->by_event = true;
    }
    return RSP_OK;
}

static rsp_status join_compartments(reader *r)
{
    for (uint32_t i = 0; i < r->doc->n_species; i++) {
        const sbml_species *sp = &r->doc->species[i];
        quantity *q = quantity_find(r, sp->id);
        uint32_t at = table_find(&r->ids, sp->compartment);
        if (at == TABLE_NONE || r->all[at].kind != OF_A_COMPARTMENT) {
            return reader_fail_at(r, sp->place, RSP_NAME, "no compartment '%.60s'",
                                  sp->compartment);
        }
        q->compartment = at;
        const quantity *c = &r->all[at];
        bool sized = c->has_value || c->initial || c->assigned || c->rate;
        q->only_amount |= !sized && r->doc->compartments[at].point;
    }
    return RSP_OK;
}

static rsp_status add_param(reader *r, const char *id, const char *name, sbml_place place,
                            double number, uint32_t *at)
{
    builder *b = &r->b;
    if (!isfinite(number)) { /* a number, then, that --set cannot change */
        return RSP_OK;
    }
    rsp_param p = {.name = id, .family = id, .first = b->n_params, .count = 1, .unit = "1",
                   .factor = 1, .value = number, .low = -(double)INFINITY,
                   .high = (double)INFINITY, .between = {.text = ""},
                   .uncertain = {.text = ""}, .meaning = name, .source = "",
                   .status = RSP_UNSTATED, .file = r->source, .line = place.line};
    rsp_status s = own_channel(b, &b->channels[OF_PARAM], id, &p.channel);
    *at = b->n_params;
    return s == RSP_OK ? PUSH(b, params, p) : s;
}

static rsp_status add_params(reader *r)
{
    rsp_status s = RSP_OK;
    for (uint32_t i = 0; s == RSP_OK && i < r->n_all; i++) {
        quantity *q = &r->all[i];
        bool plain = q->kind == OF_A_PARAMETER || q->kind == OF_A_COMPARTMENT;
        if (plain && q->has_value && !q->frozen && !q->initial && !q->assigned && !q->rate &&
            !q->by_event) {
            s = add_param(r, q->as, q->name, q->place, q->value, &q->param);
        }
    }
    for (uint32_t i = 0; s == RSP_OK && i < r->doc->n_reactions; i++) {
        const sbml_reaction *rx = &r->doc->reactions[i];
        for (uint32_t k = 0; s == RSP_OK && k < rx->n_locals; k++) {
            const sbml_parameter *p = &rx->locals[k];
            uint32_t at = NONE;
            const char *name = rsp_arena_printf(r->b.arena, "%.140s.%.140s", rx->id, p->id);
            s = !name ? no_memory(&r->b)
                : p->has_value && isfinite(p->value)
                    ? add_param(r, name, p->name, p->place, p->value, &at)
                    : reader_fail_at(r, p->place, RSP_DATA,
                                     "local parameter '%.60s' of reaction '%.60s' has no value",
                                     p->id, rx->id);
            if (s == RSP_OK && !table_add(&r->b.names, name, at)) {
                s = no_memory(&r->b);
            }
        }
    }
    return s;
}

/* Which quantities are state: all species but those that a rule assigns, and what a
 * rate rule or an event changes. */
static void number_states(reader *r)
{
    uint32_t n = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < r->n_all; i++) {
            quantity *q = &r->all[i];
            bool is_species = q->kind == OF_A_SPECIES;
            if (!q->assigned && q->kind <= OF_A_PARAMETER && is_species == (pass == 0) &&
                (is_species || q->rate || q->by_event)) {
                q->state = n++;
            }
        }
    }
}

rsp_status quantities_read(reader *r)
{
    const sbml_document *d = r->doc;
    size_t most = (size_t)d->n_compartments + d->n_species + d->n_parameters + d->n_reactions;
    for (uint32_t i = 0; i < d->n_reactions; i++) {
        most += d->reactions[i].n_reactants + d->reactions[i].n_products;
    }
    r->all = rsp_arena_alloc(r->b.arena, most + 1, sizeof *r->all);
    rsp_status s = r->all ? add_all(r) : no_memory(&r->b);
    s = s == RSP_OK ? attach(r, d->initials, d->n_initials, BY_INITIAL) : s;
    s = s == RSP_OK ? attach(r, d->assigned, d->n_assigned, BY_RULE) : s;
    s = s == RSP_OK ? attach(r, d->rates, d->n_rates, BY_RATE) : s;
    for (uint32_t i = 0; s == RSP_OK && i < d->n_events; i++) {
        s = mark_event_targets(r, &d->events[i]);
    }
    s = s == RSP_OK ? join_compartments(r) : s;
    for (uint32_t i = 0; s == RSP_OK && i < d->n_functions; i++) {
        if (!table_add(&r->functions, d->functions[i].id, i)) {
            s = no_memory(&r->b);
        }
    }
    if (s == RSP_OK) {
        freeze_all(r);
        number_states(r);
        s = add_params(r);
    }
    for (uint32_t i = 0; s == RSP_OK && i < d->n_species; i++) {
        s = read_factor(r, quantity_find(r, d->species[i].id), &d->species[i]);
    }
    return s;
}
