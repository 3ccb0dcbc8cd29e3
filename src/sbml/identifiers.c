/* Identifiers: names of a network as SBML allows them (letters, digits and _). */
#include "sbml/writer.h"

#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "I[gut,wt]" as "I_gut_wt". */
static void clean(rsp_text *to, const char *name)
{
    if (!is_letter(name[0])) {
        rsp_text_add(to, "_");
    }
    for (const char *c = name; *c; c++) {
        bool fine = is_letter(*c) || is_digit(*c);
        if (fine) {
            rsp_text_add_n(to, c, 1);
        } else if (*c == '\'') {
            rsp_text_add(to, "_prime");
        } else if (to->length && to->data[to->length - 1] != '_') {
            rsp_text_add(to, "_");
        }
    }
    while (to->length > 1 && to->data[to->length - 1] == '_' &&
           name[strlen(name) - 1] != '_') {
        to->data[--to->length] = '\0';
    }
}

const char *writer_id(writer *w, const char *name)
{
    rsp_text text = {0};
    clean(&text, name);
    const char *id = text.failed ? NULL : rsp_arena_copy(w->arena, text.data, text.length);
    for (int k = 2; id && table_find(&w->taken, id) != TABLE_NONE; k++) {
        id = rsp_arena_printf(w->arena, "%s_%d", text.data, k);
    }
    rsp_text_fini(&text);
    return id && table_add(&w->taken, id, 1) ? id : NULL;
}

static rsp_status no_memory(writer *w)
{
    return rsp_fail(w->err, RSP_NOMEM, "no memory to write a model");
}

/* Roots and derived values of one name are one parameter. */
static const char *root_of(writer *w, const rsp_derived *d)
{
    const rsp_node *n = &w->net->nodes[d->expr];
    return n->op == RSP_OP_ROOT && strcmp(w->net->roots[n->a].name, d->name) == 0 ? "" : NULL;
}

static const char *name_of(writer *w, int kind, uint32_t i)
{
    const rsp_network *n = w->net;
    switch (kind) {
    case ID_PARAM: return n->params[i].name;
    case ID_INPUT: return n->inputs[i].name;
    case ID_SPECIES: return n->species[i].name;
    case ID_AFTER:
        return rsp_arena_printf(w->arena, "after_%s", n->actions[n->afters[i].action].name);
    case ID_SINCE: return rsp_arena_printf(w->arena, "since_%s", n->actions[i].name);
    case ID_ROOT: return n->roots[i].name;
    case ID_DERIVED: return root_of(w, &n->derived[i]) ? "" : n->derived[i].name;
    case ID_OBSERVABLE: return n->observables[i].name;
    case ID_REACTION: return n->reactions[i].name;
    default: return n->events[i].name;
    }
}

static uint32_t size_of(const rsp_network *n, int kind)
{
    const uint32_t size[ID_KINDS] = {
        [ID_PARAM] = n->n_params, [ID_INPUT] = n->n_inputs, [ID_SPECIES] = n->n_species,
        [ID_AFTER] = n->n_afters, [ID_SINCE] = n->n_actions, [ID_ROOT] = n->n_roots,
        [ID_DERIVED] = n->n_derived, [ID_OBSERVABLE] = n->n_observables,
        [ID_REACTION] = n->n_reactions, [ID_EVENT] = n->n_events};
    return size[kind];
}

/* An observable of SBML that only repeats what the document says: "[A]", and what
 * already has an identifier. */
static bool repeats(const writer *w, int kind, const char *name)
{
    return kind == ID_OBSERVABLE && !w->counts_units &&
           (name[0] == '[' || table_find(&w->taken, name) != TABLE_NONE);
}

rsp_status writer_names(writer *w)
{
    /* Species first: where names meet, they keep theirs. */
    static const int order[ID_KINDS] = {ID_SPECIES, ID_PARAM, ID_INPUT, ID_ROOT, ID_DERIVED,
                                        ID_REACTION, ID_EVENT, ID_OBSERVABLE, ID_AFTER, ID_SINCE};
    for (int k = 0; k < ID_KINDS; k++) {
        int kind = order[k];
        uint32_t n = size_of(w->net, kind);
        w->id[kind] = rsp_arena_alloc(w->arena, (size_t)n + 1, sizeof **w->id);
        for (uint32_t i = 0; w->id[kind] && i < n; i++) {
            const char *name = name_of(w, kind, i);
            w->id[kind][i] = !name                            ? NULL
                             : !name[0] || repeats(w, kind, name) ? ""
                                                              : writer_id(w, name);
            if (!w->id[kind][i]) {
                return no_memory(w);
            }
        }
        if (!w->id[kind]) {
            return no_memory(w);
        }
    }
    w->compartment = writer_id(w, "body");
    w->model = writer_id(w, w->net->name[0] ? w->net->name : "model");
    return w->compartment && w->model ? RSP_OK : no_memory(w);
}
