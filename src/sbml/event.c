/* Events.  The state is in amounts: where an event gives a species a concentration,
 * the compartment's size of the moment it happens goes with it. */
#include "sbml/reader.h"

#include <string.h>

/* The formula that this event gives the compartment, or NULL. */
static const sbml_formula *own_size(const reader *r, const sbml_event *e, const quantity *q)
{
    const char *compartment = r->all[q->compartment].id;
    for (uint32_t i = 0; i < e->n_assignments; i++) {
        if (strcmp(e->assignments[i].symbol, compartment) == 0) {
            return &e->assignments[i].formula;
        }
    }
    return NULL;
}

static rsp_status write_assignment(reader *r, const sbml_event *e, const sbml_assignment *a)
{
    quantity *q = quantity_find(r, a->symbol);
    rsp_assign out = {.is_species = true, .target = q->state, .scale = RSP_NO_EXPR};
    rsp_expr size = 0;
    rsp_status s = math_eval(r, &a->formula, false, NULL, &out.value);
    if (s != RSP_OK || q->kind != OF_A_SPECIES || q->only_amount) {
        return s == RSP_OK ? PUSH(&r->b, assigns, out) : s;
    }
    const sbml_formula *with = own_size(r, e, q);
    s = with ? math_eval(r, with, false, NULL, &size)
             : quantity_value(r, &r->all[q->compartment], q->place, false, &size);
    if (with) { /* both values are of one moment */
        out.value = pool_make(r->b.nodes, RSP_OP_MUL, out.value, size, 0);
    } else {
        out.scale = size;
    }
    return s == RSP_OK ? PUSH(&r->b, assigns, out) : s;
}

static rsp_status part(reader *r, const sbml_formula *f, rsp_expr *out)
{
    *out = RSP_NO_EXPR;
    return f->math ? math_eval(r, f, false, NULL, out) : RSP_OK;
}

static rsp_status write_event(reader *r, const sbml_event *e, uint32_t number)
{
    builder *b = &r->b;
    rsp_event out = {.meaning = e->name, .initial_value = e->initial_value,
                     .persistent = e->persistent, .values_at_trigger = e->values_at_trigger,
                     .first_assign = b->n_assigns, .n_assigns = e->n_assignments,
                     .name = e->ours.name[0] ? e->ours.name
                             : e->id[0] ? e->id : rsp_arena_printf(b->arena, "event %u", number)};
    rsp_status s = out.name ? part(r, &e->trigger, &out.trigger) : no_memory(b);
    s = s == RSP_OK ? part(r, &e->delay, &out.delay) : s;
    s = s == RSP_OK ? part(r, &e->priority, &out.priority) : s;
    for (uint32_t i = 0; s == RSP_OK && i < e->n_assignments; i++) {
        s = write_assignment(r, e, &e->assignments[i]);
    }
    s = s == RSP_OK ? own_channel(b, &b->channels[OF_EVENT], out.name, &out.channel) : s;
    return s == RSP_OK ? PUSH(b, events, out) : s;
}

rsp_status events_write(reader *r)
{
    rsp_status s = RSP_OK;
    for (uint32_t i = 0; s == RSP_OK && i < r->doc->n_events; i++) {
        s = write_event(r, &r->doc->events[i], i + 1);
    }
    return s;
}
