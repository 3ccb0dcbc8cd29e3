/* Who has little to come.
 *
 * A participant with few events to come (`few_events`, at present rates) is exact in all
 * that is counted: what leaps save there is less than what they cost in bias.  It is
 * decided when a run begins, and lost once, with twice as many to come.
 *
 * Where a run would be of few leaps (`few_leaps`, at present rates), and no species began
 * beyond 100 noise_until, noise is kept up to there, and steps are shorter.  The whole
 * run counts, not what is left of it: its last days are like the others. */
#include "sim/internal.h"

/* Events that are counted, a day, at the state that lane l begins with; and its haste
 * if all but scarce species were to leap; whether one is beyond all noise. */
static double first_hazard(rsp_sim *sim, uint32_t l, bool *is_large)
{
    rsp_lanes *b = &sim->block;
    double sum = 0;
    rsp_clock_column(sim, l, sim->lanes[l].t, b->x + l, b->width);
    sim->machine.run_eight(&sim->machine, RSP_RUN_RATES,
                           b->frame.rows + l / RSP_CHUNK * RSP_CHUNK);
    for (uint32_t r = 0; r < b->net.n_reactions; r++) {
        const double rate = *rsp_at(b->frame.rows, sim->program->rate[r], b->width, l);
        sum += b->net.deterministic[r] ? 0 : fabs(rate);
    }
    for (uint32_t s = 0; s < b->net.n_species; s++) {
        const double x = *rsp_at(b->x, s, b->width, l);
        double gross = 0;
        for (uint32_t i = b->net.by_species[s]; i < b->net.by_species[s + 1]; i++) {
            const rsp_term t = b->net.terms[i];
            gross += fabs(t.amount *
                          *rsp_at(b->frame.rows, sim->program->rate[t.index], b->width, l));
        }
        if (!b->net.continuous[s] && x >= sim->options.exact_until) {
            b->haste[l] = fmax(b->haste[l], gross / x);
            *is_large |= x >= RSP_NOISE_FURTHER * sim->options.noise_until;
        }
    }
    return sum;
}

static bool events_are_few(const rsp_sim *sim, uint32_t l)
{
    const rsp_lane *lane = &sim->lanes[l];
    const double most = sim->options.few_events * (lane->few ? 2 : 1);
    return sim->block.hazard[0][l] * (lane->job.t1 - lane->t) < most;
}

bool rsp_few_leaps(const rsp_sim *sim, uint32_t l)
{
    const rsp_lane *lane = &sim->lanes[l];
    const double most = sim->options.few_leaps * sim->options.leap;
    return lane->small && sim->block.haste[l] * (lane->job.t1 - lane->job.t0) < most;
}

void rsp_few_start(rsp_sim *sim, uint32_t l)
{
    rsp_lane *lane = &sim->lanes[l];
    bool is_large = false;
    lane->few = lane->small = false;
    sim->block.haste[l] = 0;
    if (!sim->method.always_exact) {
        sim->block.hazard[0][l] = first_hazard(sim, l, &is_large);
        lane->few = events_are_few(sim, l);
        lane->small = !is_large;
    }
}

bool rsp_few_ends(rsp_sim *sim, uint32_t l)
{
    rsp_lane *lane = &sim->lanes[l];
    const bool ends = lane->few && !events_are_few(sim, l);
    lane->few &= !ends;
    return ends;
}
