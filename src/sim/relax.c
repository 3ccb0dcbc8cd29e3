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

/* How a row hangs on an amount: not, in proportion (and something beside it), or else. */
enum { APART, EVENLY, OTHERWISE };

static uint8_t hangs(const rsp_instr *in, const uint8_t *row)
{
    const uint8_t a = row[in->a], b = row[in->b], c = row[in->c];
    switch (in->op) {
    case RSP_OP_NEG:
        return a;
    case RSP_OP_EXP: case RSP_OP_LOG: case RSP_OP_SQRT: case RSP_OP_ABS: case RSP_OP_FLOOR:
    case RSP_OP_NOT:
        return a == APART ? APART : OTHERWISE;
    case RSP_OP_ADD: case RSP_OP_SUB:
        return a > b ? a : b;
    case RSP_OP_MUL:
        return a != APART && b != APART ? OTHERWISE : a + b;
    case RSP_OP_DIV:
        return b != APART ? OTHERWISE : a;
    case RSP_OP_SELECT:
        return a != APART ? OTHERWISE : b > c ? b : c;
    default:
        return a == APART && b == APART && c == APART ? APART : OTHERWISE;
    }
}

/* All rates that read it do so in proportion, and it comes and goes by ones. */
static bool is_read_evenly(const rsp_sim *sim, uint32_t s, uint8_t *row)
{
    const rsp_program *p = sim->program;
    const rsp_stoich *net = &sim->block.net;
    bool evenly = net->burst[s] <= 1;
    memset(row, APART, p->n_rows);
    row[p->species + s] = EVENLY;
    for (uint32_t i = 0; i < p->rates.n; i++) {
        row[p->rates.code[i].to] = hangs(&p->rates.code[i], row);
    }
    for (uint32_t r = 0; r < net->n_reactions; r++) {
        evenly &= row[p->rate[r]] != OTHERWISE;
    }
    for (uint32_t i = 0; i < net->n_species; i++) {
        evenly &= p->drift[i] == UINT32_MAX || row[p->drift[i]] != OTHERWISE;
    }
    return evenly;
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
    uint8_t *row = rsp_arena_alloc(sim->arena, p->n_rows + 1, sizeof *row);
    if (relaxes == NULL || even == NULL || read == NULL || reads == NULL || row == NULL) {
        return false;
    }
    for (uint32_t s = 0; p->df.known && s < net->n_species; s++) {
        relaxes[s] = !net->continuous[s] && p->drift[s] == UINT32_MAX &&
                     rsp_events_thresholds(sim, s) == &sim->options && /* no trigger reads it */
                     is_made_apart(sim, s, reads) && is_lost_in_proportion(sim, s, reads);
    }
    for (uint32_t s = 0; s < net->n_species; s++) {
        even[s] = relaxes[s] && is_driven_evenly(sim, s, relaxes, reads);
        read[s] = relaxes[s] && is_read_evenly(sim, s, row);
    }
    net->relaxes = relaxes;
    net->driven_evenly = even;
    net->read_evenly = read;
    sim->sooner = sim->options;
    sim->sooner.exact_below *= RSP_SOONER;
    sim->sooner.exact_until *= RSP_SOONER;
    return true;
}
