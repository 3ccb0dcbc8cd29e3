/* Channels of single lanes: exact firing by random time change, leap noise,
 * and reads between two draws.
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
        sim->fired[(size_t)r * b->width + l] = 1;
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

static double share_at(const rsp_sim *sim, uint32_t r, uint32_t l)
{
    const rsp_lanes *b = &sim->block;
    double c[RSP_DENSE_MAX] = {0};
    for (uint32_t i = 0; i < b->tab->stages; i++) {
        double a = sim->lanes[l].h * *rsp_at(b->a[i], r, b->width, l);
        for (uint32_t j = 0; j < b->tab->degree; j++) {
            c[j] += b->tab->dense[i][j] * a;
        }
    }
    return solve(c, b->tab->degree, *rsp_at(b->left, r, b->width, l));
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
            double theta = share_at(sim, found->reaction, l);
            if (lane->fires == UINT32_MAX || theta < lane->theta) {
                lane->fires = found->reaction;
                lane->theta = theta;
            }
        }
    }
}

void rsp_channels_fire(rsp_sim *sim, uint32_t l)
{
    rsp_lanes *b = &sim->block;
    rsp_lane *lane = &sim->lanes[l];
    uint32_t r = lane->fires;
    for (uint32_t i = b->net.by_reaction[r]; i < b->net.by_reaction[r + 1]; i++) {
        const rsp_term *change = &b->net.changes[i];
        double *x = rsp_at(b->xn, change->index, b->width, l);
        *x += change->amount;
        if (*x < b->net.floor[change->index]) {
            *x = b->net.floor[change->index];
            lane->counts.clamped++;
        }
    }
    rsp_stream s = rsp_lane_stream(sim, lane, RSP_PURPOSE_EVENT,
                                   sim->net->reactions[r].channel);
    uint32_t *n = &sim->fired[(size_t)r * b->width + l];
    *rsp_at(b->left, r, b->width, l) = rsp_exponential(&s, (*n)++, 0);
    lane->counts.events++;
}

/* ---- Reads inside a step. */

/* Variance that group g has gathered at the share `theta` of the step's h. */
static double gathered(const rsp_sim *sim, uint32_t g, uint32_t l, double theta)
{
    const rsp_lanes *b = &sim->block;
    double weight[RSP_STAGES_MAX], sum = 0;
    rsp_tableau_weights(b->tab, theta, weight);
    for (uint32_t m = b->net.by_group[g]; m < b->net.by_group[g + 1]; m++) {
        for (uint32_t i = 0; i < b->tab->stages; i++) {
            sum += weight[i] * *rsp_at(b->a[i], b->net.members[m], b->width, l);
        }
    }
    return fmax(sum * sim->lanes[l].h, 0);
}

/* The group's noise at the share `phi` of the accepted step: a Brownian path in
 * its own variance, pinned at 0 and at the step's noise, refined by halving
 * (Levy 1948).  Each midpoint has a number and so a draw of its own, whoever
 * asks: a read's value does not depend on other reads. */
static double bridged(const rsp_sim *sim, uint32_t g, uint32_t l, double phi)
{
    const rsp_lanes *b = &sim->block;
    const rsp_lane *lane = &sim->lanes[l];
    rsp_stream s = rsp_lane_stream(sim, lane, RSP_PURPOSE_BRIDGE, b->leap_channel[g]);
    double from = 0, to = 1; /* shares of the accepted step */
    double v_from = 0, v_to = gathered(sim, g, l, lane->theta);
    double b_from = 0, b_to = sqrt(v_to) * *rsp_at(b->z, g, b->width, l);
    uint32_t node = 1;
    for (int depth = 0; depth < RSP_BRIDGE_DEPTH; depth++) {
        double mid = 0.5 * (from + to);
        double v = fmin(fmax(gathered(sim, g, l, mid * lane->theta), v_from), v_to);
        double value = b_from;
        if (v_to > v_from) {
            double part = (v - v_from) / (v_to - v_from);
            value = b_from + part * (b_to - b_from) +
                    sqrt((v - v_from) * (1 - part)) *
                        rsp_normal(&s, (uint32_t)b->leap_no[l], node);
        }
        bool right = phi >= mid;
        node = 2 * node + right;
        if (right) {
            from = mid;
            v_from = v;
            b_from = value;
        } else {
            to = mid;
            v_to = v;
            b_to = value;
        }
    }
    return b_from + (b_to - b_from) * (phi - from) / (to - from);
}

void rsp_channels_inside(rsp_sim *sim, uint32_t l, double phi, double *out)
{
    const rsp_lanes *b = &sim->block;
    const rsp_lane *lane = &sim->lanes[l];
    double weight[RSP_STAGES_MAX];
    rsp_tableau_weights(b->tab, phi * lane->theta, weight);
    for (uint32_t s = 0; s < b->net.n_species; s++) {
        double x = *rsp_at(b->x, s, b->width, l);
        for (uint32_t i = 0; i < b->tab->stages; i++) {
            x += lane->h * weight[i] * *rsp_at(b->k[i], s, b->width, l);
        }
        out[s] = x;
    }
    const rsp_list *noisy = b->stochastic ? &b->noisy[l / RSP_CHUNK] : NULL;
    for (uint32_t j = 0; noisy != NULL && j < noisy->n; j++) {
        uint32_t g = noisy->item[j];
        if (*rsp_at(b->leaps, g, b->width, l) == 0) {
            continue;
        }
        double noise = bridged(sim, g, l, phi);
        uint32_t lead = b->net.members[b->net.by_group[g]];
        for (uint32_t i = b->net.by_reaction[lead]; i < b->net.by_reaction[lead + 1]; i++) {
            out[b->net.changes[i].index] += b->net.changes[i].amount * noise;
        }
    }
    for (uint32_t s = 0; s < b->net.n_species; s++) {
        out[s] = fmax(out[s], b->net.floor[s]);
    }
}
