/* Species that return to their mean by themselves: what makes or loses one changes
 * nothing else; nothing that makes it reads it; it is lost in proportion to its
 * amount.  Virions are such.
 *
 * Such a species forgets its noise at its own rate, however fast that is, so that
 * a leap need not be short against it: see leap.c. */
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

bool rsp_relax_new(rsp_sim *sim)
{
    const rsp_program *p = sim->program;
    rsp_stoich *net = &sim->block.net;
    bool *relaxes = rsp_arena_alloc(sim->arena, net->n_species + 1, sizeof *relaxes);
    bool *reads = rsp_arena_alloc(sim->arena, p->n_rows + 1, sizeof *reads);
    if (relaxes == NULL || reads == NULL) {
        return false;
    }
    for (uint32_t s = 0; p->df.known && s < net->n_species; s++) {
        relaxes[s] = !net->continuous[s] && p->drift[s] == UINT32_MAX &&
                     rsp_events_thresholds(sim, s) == &sim->options && /* no trigger reads it */
                     is_made_apart(sim, s, reads) && is_lost_in_proportion(sim, s, reads);
    }
    net->relaxes = relaxes;
    return true;
}
