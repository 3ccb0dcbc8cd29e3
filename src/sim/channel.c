/* Channels of single lanes that fire exactly, by random time change.
 *
 * Exact (Anderson 2007): channel r fires when its internal time, the integral
 * of its rate, reaches the next point of a unit Poisson process whose gaps are
 * Exp(1) draws of its own stream.  `left` is what lacks.  While a channel leaps
 * or flows its clock stands still, which no law can tell: the gaps forget. */
#include "sim/internal.h"

#include <string.h>

void rsp_channels_start(rsp_sim *sim, uint32_t l)
{
    rsp_lanes *b = &sim->block;
    for (uint32_t r = 0; r < b->net.n_reactions; r++) {
        rsp_stream s = rsp_lane_stream(sim, &sim->lanes[l], RSP_PURPOSE_EVENT,
                                       sim->net->reactions[r].channel);
        *rsp_at(b->left, r, b->width, l) = rsp_exponential(&s, 0, 0);
        sim->fired[(size_t)l * b->net.n_reactions + r] = 1;
    }
}

void rsp_channels_cross(rsp_sim *sim)
{
    const rsp_lanes *b = &sim->block;
    sim->cross_kernel->cross(&sim->block);
    for (uint32_t l = 0; l < b->width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        if (b->active[l / RSP_CHUNK] && b->select[l] > 0 && b->firing[l] >= 0) {
            lane->fires = (uint32_t)b->firing[l];
            lane->theta = b->cut[l];
        }
    }
}

void rsp_channels_gaps(rsp_sim *sim, uint32_t chunk, double *gap)
{
    rsp_gaps g;
    bool any = false;
    for (uint32_t i = 0; i < RSP_CHUNK; i++) {
        const uint32_t l = chunk * RSP_CHUNK + i;
        const rsp_lane *lane = &sim->lanes[l];
        const bool fires = lane->accepted && lane->fires != UINT32_MAX;
        const uint32_t r = fires ? lane->fires : 0;
        g.named.trial[i] = lane->job.trial;
        g.named.participant[i] = lane->job.participant;
        g.named.channel[i] = fires ? sim->net->reactions[r].channel : 0;
        g.named.index[i] = fires ? sim->fired[(size_t)l * sim->block.net.n_reactions + r]++ : 0;
        any |= fires;
    }
    if (any) {
        g.named.seed = sim->seed;
        sim->draw_kernel->gap(&g);
        memcpy(gap, g.gap, sizeof g.gap);
    }
}

bool rsp_channels_fire(rsp_sim *sim, uint32_t l, double gap)
{
    rsp_lanes *b = &sim->block;
    rsp_lane *lane = &sim->lanes[l];
    uint32_t r = lane->fires;
    bool out = false;
    for (uint32_t i = b->net.by_reaction[r]; i < b->net.by_reaction[r + 1]; i++) {
        const rsp_term *change = &b->net.changes[i];
        uint32_t s = change->index;
        double *x = rsp_at(b->x, s, b->width, l);
        rsp_absent_comes(sim, s, l);
        *x += change->amount;
        if (*x < b->net.floor[s]) {
            *x = b->net.floor[s];
            lane->counts.clamped++;
        }
        out |= *x < *rsp_at(b->low, s, b->width, l) ||
               *x >= *rsp_at(b->high, s, b->width, l);
    }
    *rsp_at(b->left, r, b->width, l) = gap;
    lane->counts.events++;
    return out;
}
