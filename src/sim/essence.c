/* What a run knows of its parameters.
 *
 * Parameters that only hoisted values read are forgotten once those are
 * computed: a share of people on a drug decides who takes it, and a run knows
 * who takes it.  What is left are the rows that the other sections and the
 * initial amounts read and that are parameters, inputs or hoisted values. */
#include "sim/internal.h"

#include <string.h>

/* Rows from `below` on are a section's own scratch. */
static void mark_rows(const uint32_t *rows, size_t n, uint32_t below, bool *read)
{
    for (size_t i = 0; rows != NULL && i < n; i++) {
        if (rows[i] < below) {
            read[rows[i]] = true;
        }
    }
}

static void mark_operands(const rsp_section *s, uint32_t below, bool *read)
{
    for (uint32_t i = 0; i < s->n; i++) {
        const uint32_t operands[] = {s->code[i].a, s->code[i].b, s->code[i].c};
        mark_rows(operands, 3, below, read);
    }
}

static void mark_read(const rsp_sim *sim, bool *read)
{
    const rsp_program *p = sim->program;
    const rsp_network *net = sim->net;
    const uint32_t kept = p->temporaries, all = p->n_rows;
    mark_operands(&p->rates, kept, read);
    mark_operands(&p->observe, kept, read);
    mark_operands(&p->act, kept, read);
    mark_operands(&p->watch, kept, read);
    mark_rows(p->rate, net->n_reactions, kept, read);
    mark_rows(p->drift, net->n_species, kept, read);
    mark_rows(p->observed, net->n_observables, kept, read);
    mark_rows(p->assigned, net->n_assigns, kept, read);
    mark_rows(p->scale, net->n_assigns, kept, read);
    mark_rows(p->trigger, net->n_events, kept, read);
    mark_rows(p->event_delay, net->n_events, kept, read);
    mark_rows(p->event_priority, net->n_events, kept, read);
    mark_rows(p->initial_a, net->n_species, all, read);
    mark_rows(p->initial_b, net->n_species, all, read);
    mark_rows(p->delay, net->n_afters, all, read);
    mark_rows(p->given, net->n_givens, all, read);
    for (uint32_t i = 0; i < net->n_roots; i++) {
        /* Its failure ends the run. */
        mark_rows(&p->roots[i].solution, 1, all, read);
    }
}

static void mark_known(const rsp_sim *sim, bool *known)
{
    const rsp_program *p = sim->program;
    for (uint32_t i = 0; i < sim->net->n_params; i++) {
        known[p->params + i] = true;
    }
    for (uint32_t i = 0; i < p->prepare.n; i++) {
        known[p->prepare.code[i].to] = true;
    }
}

bool rsp_essence_new(rsp_sim *sim)
{
    uint32_t n = sim->program->n_rows;
    bool *read = rsp_arena_alloc(sim->arena, n + 1, sizeof *read);
    bool *known = rsp_arena_alloc(sim->arena, n + 1, sizeof *known);
    sim->essence = rsp_arena_alloc(sim->arena, n + 1, sizeof *sim->essence);
    if (read == NULL || known == NULL || sim->essence == NULL) {
        return false;
    }
    mark_read(sim, read);
    mark_known(sim, known);
    for (uint32_t i = 0; i < n; i++) {
        if (read[i] && known[i]) {
            sim->essence[sim->n_essence++] = i;
        }
    }
    return true;
}

size_t rsp_sim_n_essence(const rsp_sim *sim)
{
    return sim->n_essence;
}

void rsp_sim_essence(rsp_sim *sim, const double *params, double t0, double *out)
{
    rsp_start_fill(sim, &sim->ready, 0, params, t0);
    sim->machine.run(&sim->machine, RSP_RUN_PREPARE, sim->ready.rows);
    for (uint32_t i = 0; i < sim->n_essence; i++) {
        out[i] = sim->ready.rows[(size_t)sim->essence[i] * sim->ready.width];
    }
}
