/* Statements as a person writes them, for `respite show`. */
#include "sbml/reader.h"

#include <string.h>

static rsp_status add(reader *r, ast_what what, rsp_text *text)
{
    rsp_model *m = r->b.model;
    ast_statement *st = rsp_arena_alloc(r->b.arena, 1, sizeof *st);
    char *copy = text->failed ? NULL
                              : rsp_arena_copy(r->b.arena, text->data ? text->data : "",
                                               text->length);
    rsp_text_fini(text);
    if (!st || !copy || !RSP_GROW(&m->statements, &m->cap_statements, m->n_statements + 1)) {
        return no_memory(&r->b);
    }
    *st = (ast_statement){.what = what, .text = copy};
    m->statements[m->n_statements++] = st;
    return RSP_OK;
}

static void add_meaning(rsp_text *t, const char *name)
{
    if (name[0]) {
        rsp_text_printf(t, " \"%s\"", name);
    }
}

static rsp_status show_species(reader *r)
{
    rsp_status s = RSP_OK;
    for (uint32_t i = 0; s == RSP_OK && i < r->doc->n_species; i++) {
        const sbml_species *sp = &r->doc->species[i];
        rsp_text t = {0};
        rsp_text_printf(&t, "%s in %s", sp->id, sp->compartment);
        if (sp->has_amount || sp->has_concentration) {
            rsp_text_add(&t, sp->has_amount ? ", amount " : ", concentration ");
            rsp_text_number(&t, sp->initial);
        }
        rsp_text_add(&t, sp->only_substance ? ", counted" : "");
        rsp_text_add(&t, sp->constant ? ", constant" : sp->boundary ? ", boundary" : "");
        add_meaning(&t, sp->name);
        s = add(r, AST_SPECIES, &t);
    }
    return s;
}

static void add_side(rsp_text *t, const sbml_reference *list, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        double v = list[i].stoichiometry;
        rsp_text_add(t, i ? " + " : "");
        if (list[i].has_stoichiometry && (v < 1 || v > 1)) {
            rsp_text_number(t, v);
            rsp_text_add(t, " ");
        }
        rsp_text_add(t, list[i].species);
    }
}

static rsp_status show_reactions(reader *r)
{
    rsp_status s = RSP_OK;
    for (uint32_t i = 0; s == RSP_OK && i < r->doc->n_reactions; i++) {
        const sbml_reaction *rx = &r->doc->reactions[i];
        rsp_text t = {0};
        rsp_text_printf(&t, "reaction %s: ", rx->id);
        add_side(&t, rx->reactants, rx->n_reactants);
        rsp_text_add(&t, rx->n_reactants ? " -> " : "-> ");
        add_side(&t, rx->products, rx->n_products);
        rsp_text_printf(&t, "%s@ %s", rx->n_products ? " " : "", rx->law.text);
        add_meaning(&t, rx->name);
        s = add(r, AST_REACTION, &t);
    }
    return s;
}

static rsp_status show_assignments(reader *r, const sbml_assignment *list, uint32_t n,
                                   ast_what what, const char *word)
{
    rsp_status s = RSP_OK;
    for (uint32_t i = 0; s == RSP_OK && i < n; i++) {
        rsp_text t = {0};
        rsp_text_printf(&t, "%s %s = %s", word, list[i].symbol, list[i].formula.text);
        s = add(r, what, &t);
    }
    return s;
}

static rsp_status show_events(reader *r)
{
    rsp_status s = RSP_OK;
    for (uint32_t i = 0; s == RSP_OK && i < r->doc->n_events; i++) {
        const sbml_event *e = &r->doc->events[i];
        rsp_text t = {0};
        rsp_text_printf(&t, "event %s: at ", r->b.events[i].name);
        if (e->delay.math) {
            rsp_text_printf(&t, "%s after ", e->delay.text);
        }
        rsp_text_add(&t, e->trigger.text);
        if (e->priority.math) {
            rsp_text_printf(&t, ", priority = %s", e->priority.text);
        }
        rsp_text_add(&t, e->initial_value ? "" : ", t0 = false");
        rsp_text_add(&t, e->persistent ? "" : ", persistent = false");
        rsp_text_add(&t, e->values_at_trigger ? "" : ", fromTrigger = false");
        for (uint32_t k = 0; k < e->n_assignments; k++) {
            rsp_text_printf(&t, "%s%s = %s", k ? ", " : ": ", e->assignments[k].symbol,
                            e->assignments[k].formula.text);
        }
        add_meaning(&t, e->name);
        s = add(r, AST_EVENT, &t);
    }
    return s;
}

rsp_status statements_write(reader *r)
{
    const sbml_document *d = r->doc;
    rsp_status s = show_species(r);
    s = s == RSP_OK ? show_reactions(r) : s;
    s = s == RSP_OK ? show_assignments(r, d->rates, d->n_rates, AST_RATE, "rate") : s;
    s = s == RSP_OK ? show_assignments(r, d->assigned, d->n_assigned, AST_LET, "let") : s;
    s = s == RSP_OK ? show_assignments(r, d->initials, d->n_initials, AST_INITIAL, "initial")
                    : s;
    s = s == RSP_OK ? show_events(r) : s;
    for (uint32_t i = 0; s == RSP_OK && i < r->b.n_params; i++) {
        rsp_text t = {0}; /* a table of its own shows it */
        s = add(r, AST_PARAMETER, &t);
    }
    return s;
}
