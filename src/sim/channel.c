/* Channels of single lanes that fire exactly, by random time change.
 *
 * Exact (Anderson 2007): channel r fires when its internal time, the integral
 * of its rate, reaches the next point of a unit Poisson process whose gaps are
 * Exp(1) draws of its own stream.  `left` is what lacks.  While a channel leaps
 * or flows its clock stands still, which no law can tell: the gaps forget. */
#include "sim/internal.h"

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

/* The share of the step at which the extent c[0] x + c[1] x^2 + ... reaches
 * `need`; the extent at 1 is at least that.  Newton inside a bracket. */
static double solve(const double *c, uint32_t degree, double need)
{
    double low = 0, high = 1, x = 0.5;
    double whole = 0;
    for (uint32_t j = 0; j < degree; j++) {
        whole += c[j];
    }
    if (whole > need && need >= 0) {
        x = need / whole;
    }
    for (int k = 0; k < 80; k++) {
        double f = 0, slope = 0;
        for (uint32_t j = degree; j-- > 0;) {
            slope = slope * x + (double)(j + 1) * c[j];
            f = (f + c[j]) * x;
        }
        f -= need;
        if (f == 0) {
            return x;
        }
        if (f < 0) {
            low = x;
        } else {
            high = x;
        }
        double next = x - f / slope;
        if (!(next > low && next < high)) {
            next = low + 0.5 * (high - low);
        }
        if (fabs(next - x) <= 1e-15 || high - low <= 1e-15) {
            return next;
        }
        x = next;
    }
    return x;
}

/* The share at which channel r of lane l fires, or 1 where that is not before
 * `bound`. */
static double share_at(const rsp_sim *sim, uint32_t r, uint32_t l, double bound)
{
    const rsp_lanes *b = &sim->block;
    const uint32_t degree = b->tab->degree;
    double c[RSP_DENSE_MAX] = {0}, by_bound = 0;
    double need = *rsp_at(b->left, r, b->width, l);
    for (uint32_t i = 0; i < b->tab->stages; i++) {
        double a = b->h[l] * *rsp_at(b->a[i], r, b->width, l);
        for (uint32_t j = 0; j < degree; j++) {
            c[j] += b->tab->dense[i][j] * a;
        }
    }
    for (uint32_t j = degree; j-- > 0;) {
        by_bound = (by_bound + c[j]) * bound;
    }
    return by_bound < need ? 1 : solve(c, degree, need);
}

void rsp_channels_cross(rsp_sim *sim)
{
    uint32_t n = sim->kernel->cross(&sim->block, sim->found);
    for (uint32_t i = 0; i < n; i++) {
        const rsp_crossing *found = &sim->found[i];
        for (uint32_t k = 0; k < RSP_CHUNK; k++) {
            if ((found->lanes >> k & 1) == 0) {
                continue;
            }
            uint32_t l = found->chunk * RSP_CHUNK + k;
            rsp_lane *lane = &sim->lanes[l];
            double theta = share_at(sim, found->reaction, l, lane->theta);
            if (lane->fires == UINT32_MAX || theta < lane->theta) {
                lane->fires = found->reaction;
                lane->theta = theta;
            }
        }
    }
}

bool rsp_channels_fire(rsp_sim *sim, uint32_t l)
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
    rsp_stream s = rsp_lane_stream(sim, lane, RSP_PURPOSE_EVENT,
                                   sim->net->reactions[r].channel);
    uint32_t *n = &sim->fired[(size_t)l * b->net.n_reactions + r];
    *rsp_at(b->left, r, b->width, l) = rsp_exponential(&s, (*n)++, 0);
    lane->counts.events++;
    return out;
}
