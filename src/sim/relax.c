/* Species that return to their mean by themselves: what makes or loses one changes
 * nothing else; nothing that makes it reads it; it is lost in proportion to its
 * amount.  Virions are such.
 *
 * Such a species forgets its noise at its own rate, however fast that is, so that
 * a leap need not be short against it: see leap.c.  Where all that reads it does so in
 * proportion its mean, variance and memory are those of the counts at any amount, and what
 * reads it knows of no more: so it leaps from amounts at which others are counted. */
#include "sim/internal.h"

#include <string.h>

/* Which rows a section's outputs depend on, from what `reads` holds before. */
static void follow(const rsp_section *section, bool *reads)
{
    for (uint32_t i = 0; i < section->n; i++) {
        const rsp_instr *in = &section->code[i];
        reads[in->to] = reads[in->a] || reads[in->b] || reads[in->c];
    }
}

/* Alone in its reactions, so that its noise may fade without what others conserve
 * being broken. */
static bool is_made_apart(const rsp_sim *sim, uint32_t s, bool *reads)
{
    const rsp_program *p = sim->program;
    const rsp_stoich *net = &sim->block.net;
    bool lost = false, alone = true;
    memset(reads, 0, p->n_rows * sizeof *reads);
    reads[p->species + s] = true;
    follow(&p->rates, reads);
    for (uint32_t i = net->by_species[s]; i < net->by_species[s + 1]; i++) {
        const rsp_term *term = &net->terms[i];
        if (term->amount > 0 && reads[p->rate[term->index]]) {
            return false;
        }
        lost |= term->amount < 0;
        alone &= net->by_reaction[term->index + 1] - net->by_reaction[term->index] == 1;
    }
    return lost && alone;
}

/* The derivative of s by its own amount does not read that amount. */
static bool is_lost_in_proportion(const rsp_sim *sim, uint32_t s, bool *reads)
{
    const rsp_program *p = sim->program;
    memset(reads, 0, p->n_rows * sizeof *reads);
    reads[p->species + s] = true;
    follow(&p->jacobian, reads);
    for (uint32_t i = p->df.first[s]; i < p->df.first[s + 1]; i++) {
        if (p->df.column[i] == s) {
            return !reads[p->df.row[i]];
        }
    }
    return false;
}

/* All that reads it does so in proportion: no derivative by it reads its amount. */
static bool is_read_evenly(const rsp_sim *sim, uint32_t s, bool *reads)
{
    const rsp_program *p = sim->program;
    memset(reads, 0, p->n_rows * sizeof *reads);
    reads[p->species + s] = true;
    follow(&p->jacobian, reads);
    for (uint32_t i = 0; i < p->df.n; i++) {
        if (p->df.column[i] == s && reads[p->df.row[i]]) {
            return false;
        }
    }
    return true;
}

/* What makes it, and how fast it is lost, read no species that steps by the tableau. */
static bool is_driven_evenly(const rsp_sim *sim, uint32_t s, const bool *relaxes, bool *reads)
{
    const rsp_program *p = sim->program;
    const rsp_stoich *net = &sim->block.net;
    memset(reads, 0, p->n_rows * sizeof *reads);
    for (uint32_t i = 0; i < net->n_species; i++) {
        reads[p->species + i] = !relaxes[i];
    }
    follow(&p->rates, reads);
    for (uint32_t i = net->by_species[s]; i < net->by_species[s + 1]; i++) {
        if (reads[p->rate[net->terms[i].index]]) {
            return false;
        }
    }
    return true;
}

bool rsp_relax_new(rsp_sim *sim)
{
    const rsp_program *p = sim->program;
    rsp_stoich *net = &sim->block.net;
    bool *relaxes = rsp_arena_alloc(sim->arena, net->n_species + 1, sizeof *relaxes);
    bool *even = rsp_arena_alloc(sim->arena, net->n_species + 1, sizeof *even);
    bool *read = rsp_arena_alloc(sim->arena, net->n_species + 1, sizeof *read);
    bool *reads = rsp_arena_alloc(sim->arena, p->n_rows + 1, sizeof *reads);
    if (relaxes == NULL || even == NULL || read == NULL || reads == NULL) {
        return false;
    }
    for (uint32_t s = 0; p->df.known && s < net->n_species; s++) {
        relaxes[s] = !net->continuous[s] && p->drift[s] == UINT32_MAX &&
                     rsp_events_thresholds(sim, s) == &sim->options && /* no trigger reads it */
                     is_made_apart(sim, s, reads) && is_lost_in_proportion(sim, s, reads);
    }
    for (uint32_t s = 0; s < net->n_species; s++) {
        even[s] = relaxes[s] && is_driven_evenly(sim, s, relaxes, reads);
        read[s] = relaxes[s] && is_read_evenly(sim, s, reads);
    }
    net->relaxes = relaxes;
    net->driven_evenly = even;
    net->read_evenly = read;
    sim->sooner = sim->options;
    sim->sooner.exact_below *= RSP_SOONER;
    sim->sooner.exact_until *= RSP_SOONER;
    return true;
}
