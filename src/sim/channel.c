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

/* ---- Leap noise.
 *
 * A channel that leaps gathers its variance, the integral of its rate, step by
 * step; the noise is drawn when the leap bound is used up, or where the state
 * is looked at or a regime changes.  Events between cost no draws. */

/* A Brownian path on [0, 1], pinned at 0 and at `end`, refined by halving (Levy
 * 1948).  Each midpoint has a number and so a draw of its own, whoever asks: a
 * read's value does not depend on other reads. */
static double bridge_at(const rsp_stream *s, uint32_t index, double end, double u)
{
    double from = 0, width = 1, low = 0, high = end;
    uint32_t node = 1;
    for (int depth = 0; depth < RSP_BRIDGE_DEPTH; depth++) {
        double mid = 0.5 * (low + high) + 0.5 * sqrt(width) * rsp_normal(s, index, node);
        width *= 0.5;
        bool right = u >= from + width;
        node = 2 * node + right;
        if (right) {
            from += width;
            low = mid;
        } else {
            high = mid;
        }
    }
    return low + (high - low) * (u - from) / width;
}

static void add_noise(const rsp_lanes *b, uint32_t g, double noise, double *x,
                      size_t stride)
{
    uint32_t lead = b->net.members[b->net.by_group[g]];
    for (uint32_t i = b->net.by_reaction[lead]; i < b->net.by_reaction[lead + 1]; i++) {
        x[b->net.changes[i].index * stride] += b->net.changes[i].amount * noise;
    }
}

/* Normals of the lane's groups that leap, eight at a time. */
static void draw_normals(rsp_sim *sim, uint32_t l)
{
    const rsp_lanes *b = &sim->block;
    const rsp_list *noisy = &b->use[l / RSP_CHUNK].noisy;
    const rsp_lane *lane = &sim->lanes[l];
    uint32_t group[RSP_CHUNK], channel[RSP_CHUNK] = {0}, n = 0;
    for (uint32_t i = 0; i < noisy->n; i++) {
        uint32_t g = noisy->item[i];
        if (*rsp_at(b->leaps, g, b->width, l) > 0) {
            group[n] = g;
            channel[n++] = sim->group_channel[g];
        }
        if (n == RSP_CHUNK || (i + 1 == noisy->n && n > 0)) {
            double z[RSP_CHUNK];
            sim->kernel->normals(sim->seed, lane->job.trial, lane->job.participant,
                                 RSP_PURPOSE_LEAP, (uint32_t)sim->leap_no[l], channel, z);
            for (uint32_t k = 0; k < n; k++) {
                sim->noise[group[k]].normal = z[k];
            }
            n = 0;
        }
    }
}

/* A count of a few events leans to one side, as a Poisson number does: a normal z
 * becomes z sqrt(1 - 2 c^2) + c (z^2 - 1), of mean 0 and variance 1, with 6 c the
 * skewness (Cornish and Fisher 1938, to first order). */
static void lean(rsp_noise *noise, double third, double variance)
{
    double z = noise->normal, c = third / (6 * variance * sqrt(variance));
    c = fmin(fmax(c, -0.5), 0.5);
    noise->normal = z * sqrt(1 - 2 * c * c);
    noise->skew = c * (z * z - 1);
}

size_t rsp_held_size(const rsp_sim *sim)
{
    return 2 + (size_t)sim->net->n_species + sim->block.net.n_groups;
}

static void finish_held(rsp_sim *sim, uint32_t l, uint32_t g, double variance)
{
    rsp_lane *lane = &sim->lanes[l];
    rsp_stream s = rsp_lane_stream(sim, lane, RSP_PURPOSE_BRIDGE, sim->group_channel[g]);
    for (size_t i = 0; i < lane->n_held; i++) {
        double *held = lane->held + i * rsp_held_size(sim);
        double v = held[2 + sim->net->n_species + g];
        if (v > 0) {
            double share = fmin(v / variance, 1);
            double path = bridge_at(&s, (uint32_t)sim->leap_no[l], sim->noise[g].normal,
                                    share);
            add_noise(&sim->block, g, sqrt(variance) * (path + share * sim->noise[g].skew),
                      held + 2, 1);
        }
    }
}

static void floor_held(const rsp_sim *sim, rsp_lane *lane)
{
    for (size_t i = 0; i < lane->n_held; i++) {
        double *x = lane->held + i * rsp_held_size(sim) + 2;
        for (uint32_t s = 0; s < sim->net->n_species; s++) {
            x[s] = fmax(x[s], sim->block.net.floor[s]);
        }
    }
}

void rsp_channels_tick(rsp_sim *sim, uint32_t l)
{
    rsp_lanes *b = &sim->block;
    rsp_lane *lane = &sim->lanes[l];
    const rsp_list *noisy = &b->use[l / RSP_CHUNK].noisy;
    draw_normals(sim, l);
    for (uint32_t i = 0; i < noisy->n; i++) {
        uint32_t g = noisy->item[i];
        double variance = *rsp_at(b->pending, g, b->width, l);
        if (variance > 0) {
            rsp_noise *noise = &sim->noise[g];
            lean(noise, *rsp_at(b->skewed, g, b->width, l), variance);
            add_noise(b, g, sqrt(variance) * (noise->normal + noise->skew), b->x + l,
                      b->width);
            finish_held(sim, l, g, variance);
            *rsp_at(b->pending, g, b->width, l) = 0;
            *rsp_at(b->skewed, g, b->width, l) = 0;
        }
    }
    const rsp_list *moving = &b->use[l / RSP_CHUNK].moving;
    for (uint32_t i = 0; i < moving->n; i++) {
        uint32_t s = moving->item[i];
        double *x = rsp_at(b->x, s, b->width, l);
        if (*x < b->net.floor[s]) {
            *x = b->net.floor[s];
            lane->counts.clamped++;
        }
    }
    floor_held(sim, lane);
    lane->ready = true;
    lane->used = 0;
    lane->counts.leaps++;
    sim->leap_no[l]++;
}

void rsp_channels_inside(const rsp_sim *sim, uint32_t l, double phi, double *x,
                         double *v)
{
    const rsp_lanes *b = &sim->block;
    double share = phi * sim->lanes[l].theta, weight[RSP_STAGES_MAX];
    rsp_tableau_weights(b->tab, share, weight);
    for (uint32_t s = 0; s < b->net.n_species; s++) {
        x[s] = *rsp_at(b->x, s, b->width, l);
        if (b->stochastic && sim->regime[(size_t)s * b->width + l] == RSP_REGIME_EXACT) {
            continue; /* constant between events */
        }
        for (uint32_t i = 0; i < b->tab->stages; i++) {
            x[s] += b->h[l] * weight[i] * *rsp_at(b->k[i], s, b->width, l);
        }
        x[s] = fmax(x[s], b->net.floor[s]);
    }
    if (!b->stochastic || b->leaping[l] == 0) {
        return;
    }
    double part[2];
    rsp_tableau_halves(b->tab, share, b->h[l], part);
    for (uint32_t g = 0; g < b->net.n_groups; g++) {
        v[g] = 0;
        if (*rsp_at(b->leaps, g, b->width, l) > 0) {
            v[g] = *rsp_at(b->pending, g, b->width, l) +
                   fmax(part[0] * *rsp_at(b->gross[0], g, b->width, l) +
                        part[1] * *rsp_at(b->gross[1], g, b->width, l), 0);
        }
    }
}
