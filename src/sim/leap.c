/* Noise of the channels that leap, and reads between two draws of it.
 *
 * A channel that leaps flows, and gathers its variance, the integral of its rate,
 * step by step.  The noise is drawn at the middle of a leap: half of it for what
 * was gathered, half ahead for what is to come, which then pays that off.  Noise
 * that all came at the end of its leap would not have been subject to the drift,
 * and species that return to their mean would vary too much, by the share l h of
 * rate and leap; in the middle it is (l h)^2 / 6 too little (Strang 1968).
 *
 * `pending` is the variance gathered and not yet in x; below zero, what is in x
 * ahead of time.  Regimes are decided where x is current, between two draws: a
 * decision that knew what is to come and then dropped it would be biased.  Where
 * the state is looked at, noise ahead is taken back by the law of the path given
 * its end. */
#include "sim/internal.h"

static rsp_noise *noise_of(const rsp_sim *sim, uint32_t l, uint32_t g)
{
    return &sim->noise[(size_t)l * sim->block.net.n_groups + g];
}

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

/* The noise of a draw after the share u of its variance. */
static double path_at(const rsp_sim *sim, uint32_t l, uint32_t g, double u)
{
    const rsp_noise *noise = noise_of(sim, l, g);
    rsp_stream s = rsp_lane_stream(sim, &sim->lanes[l], RSP_PURPOSE_BRIDGE,
                                   sim->group_channel[g]);
    return sqrt(noise->variance) *
           (bridge_at(&s, noise->index, noise->normal, u) + u * noise->skew);
}

static double whole_of(const rsp_noise *noise)
{
    return sqrt(noise->variance) * (noise->normal + noise->skew);
}

static void add_noise(const rsp_lanes *b, uint32_t g, double noise, double *x,
                      size_t stride)
{
    uint32_t lead = b->net.members[b->net.by_group[g]];
    for (uint32_t i = b->net.by_reaction[lead]; i < b->net.by_reaction[lead + 1]; i++) {
        x[b->net.changes[i].index * stride] += b->net.changes[i].amount * noise;
    }
}

/* ---- Drawing. */

static void finish_held(rsp_sim *sim, uint32_t l, uint32_t g)
{
    rsp_lane *lane = &sim->lanes[l];
    double variance = noise_of(sim, l, g)->variance;
    for (size_t i = 0; i < lane->n_held; i++) {
        double *x = lane->held + i * rsp_held_size(sim) + 2;
        double *v = &x[sim->net->n_species + g];
        if (*v > 0) {
            add_noise(&sim->block, g, path_at(sim, l, g, fmin(*v / variance, 1)), x, 1);
            *v = 0;
        }
    }
}

/* Groups of one lane whose noise is drawn together. */
typedef struct batch {
    uint32_t n, group[RSP_CHUNK], channel[RSP_CHUNK];
    rsp_draws draws;
} batch;

static void draw_batch(rsp_sim *sim, uint32_t l, batch *d)
{
    const rsp_lanes *b = &sim->block;
    const rsp_lane *lane = &sim->lanes[l];
    const uint32_t index = (uint32_t)sim->leap_no[l];
    sim->kernel->noise(sim->seed, lane->job.trial, lane->job.participant,
                       RSP_PURPOSE_LEAP, index, d->channel, &d->draws);
    for (uint32_t k = 0; k < d->n; k++) {
        uint32_t g = d->group[k];
        *noise_of(sim, l, g) = (rsp_noise){d->draws.normal[k], d->draws.skew[k],
                                           d->draws.variance[k], index};
        add_noise(b, g, d->draws.whole[k], b->x + l, b->width);
        if (lane->n_held > 0) {
            finish_held(sim, l, g);
        }
    }
    d->n = 0;
}

/* Group g gathers what it has pending and the variance `ahead`, with its third
 * cumulant, for the next draw of its batch. */
static void add_to_batch(rsp_sim *sim, uint32_t l, uint32_t g, double ahead,
                         double third_ahead, batch *d)
{
    const rsp_lanes *b = &sim->block;
    double *pending = rsp_at(b->pending, g, b->width, l);
    double *skewed = rsp_at(b->skewed, g, b->width, l);
    double variance = *pending + ahead;
    if (!(variance > 0)) {
        return;
    }
    d->group[d->n] = g;
    d->channel[d->n] = sim->group_channel[g];
    d->draws.variance[d->n] = variance;
    d->draws.third[d->n] = *skewed + third_ahead;
    d->n++;
    *pending = -ahead;
    *skewed = -third_ahead;
    if (d->n == RSP_CHUNK) {
        draw_batch(sim, l, d);
    }
}

static void end_batch(rsp_sim *sim, uint32_t l, batch *d)
{
    if (d->n == 0) {
        return;
    }
    for (uint32_t k = d->n; k < RSP_CHUNK; k++) {
        d->channel[k] = 0;
        d->draws.variance[k] = 1;
        d->draws.third[k] = 0;
    }
    draw_batch(sim, l, d);
}

/* Take back what group g has in x ahead of time: the end of the path of its last
 * draw, given where that ended. */
static void take_back(rsp_sim *sim, uint32_t l, uint32_t g)
{
    rsp_lanes *b = &sim->block;
    rsp_noise *noise = noise_of(sim, l, g);
    double *pending = rsp_at(b->pending, g, b->width, l);
    if (noise->variance > 0) {
        rsp_stream s = rsp_lane_stream(sim, &sim->lanes[l], RSP_PURPOSE_BRIDGE,
                                       sim->group_channel[g]);
        double u = fmax(1 + *pending / noise->variance, 0);
        rsp_noise part = *noise;
        part.normal = u * noise->normal +
                      sqrt(u * (1 - u)) * rsp_normal(&s, noise->index, 0);
        part.skew = u * noise->skew;
        add_noise(b, g, whole_of(&part) - whole_of(noise), b->x + l, b->width);
        noise->variance = 0;
    }
    *pending = 0;
    *rsp_at(b->skewed, g, b->width, l) = 0;
}

static void floor_amounts(rsp_sim *sim, uint32_t l)
{
    rsp_lanes *b = &sim->block;
    rsp_lane *lane = &sim->lanes[l];
    const rsp_list *moving = &b->use[l / RSP_CHUNK].moving;
    for (uint32_t i = 0; i < moving->n; i++) {
        uint32_t s = moving->item[i];
        double *x = rsp_at(b->x, s, b->width, l);
        if (*x < b->net.floor[s]) {
            *x = b->net.floor[s];
            lane->counts.clamped++;
        }
    }
    for (size_t i = 0; i < lane->n_held; i++) {
        double *x = lane->held + i * rsp_held_size(sim) + 2;
        for (uint32_t s = 0; s < sim->net->n_species; s++) {
            x[s] = fmax(x[s], sim->block.net.floor[s]);
        }
    }
}

static void end_draw(rsp_sim *sim, uint32_t l)
{
    floor_amounts(sim, l);
    sim->lanes[l].ready = true;
    sim->lanes[l].counts.leaps++;
    sim->leap_no[l]++;
}

void rsp_leap_draw(rsp_sim *sim, uint32_t l, double ahead)
{
    const rsp_lanes *b = &sim->block;
    const rsp_list *noisy = &b->use[l / RSP_CHUNK].noisy;
    batch d = {0};
    for (uint32_t i = 0; i < noisy->n; i++) {
        uint32_t g = noisy->item[i];
        if (*rsp_at(b->leaps, g, b->width, l) > 0) {
            add_to_batch(sim, l, g, ahead * *rsp_at(b->gross[0], g, b->width, l),
                         ahead * *rsp_at(b->tilt[0], g, b->width, l), &d);
        }
    }
    end_batch(sim, l, &d);
    end_draw(sim, l);
}

void rsp_leap_settle(rsp_sim *sim, uint32_t l)
{
    const rsp_lanes *b = &sim->block;
    const rsp_list *noisy = &b->use[l / RSP_CHUNK].noisy;
    batch d = {0};
    for (uint32_t i = 0; i < noisy->n; i++) {
        uint32_t g = noisy->item[i];
        if (!(*rsp_at(b->leaps, g, b->width, l) > 0)) {
            continue;
        }
        if (*rsp_at(b->pending, g, b->width, l) < 0) {
            take_back(sim, l, g);
        } else {
            add_to_batch(sim, l, g, 0, 0, &d);
        }
    }
    end_batch(sim, l, &d);
    for (uint32_t i = 0; i < noisy->n; i++) {
        noise_of(sim, l, noisy->item[i])->variance = 0;
    }
    end_draw(sim, l);
}

void rsp_leap_settle_species(rsp_sim *sim, uint32_t l, uint32_t s)
{
    const rsp_lanes *b = &sim->block;
    batch d = {0};
    bool any = false;
    for (uint32_t i = b->net.by_species[s]; i < b->net.by_species[s + 1]; i++) {
        uint32_t g = b->net.group_of[b->net.terms[i].index];
        double *pending = rsp_at(b->pending, g, b->width, l);
        if (*pending < 0) {
            /* A trace: the path is not current to the last digit. */
            *pending = *rsp_at(b->skewed, g, b->width, l) = 0;
        } else if (*pending > 0) {
            add_to_batch(sim, l, g, 0, 0, &d);
            any = true;
        }
    }
    end_batch(sim, l, &d);
    for (uint32_t i = b->net.by_species[s]; i < b->net.by_species[s + 1]; i++) {
        uint32_t g = b->net.group_of[b->net.terms[i].index];
        if (!(*rsp_at(b->pending, g, b->width, l) < 0)) {
            noise_of(sim, l, g)->variance = 0;
        }
    }
    if (any) {
        floor_amounts(sim, l);
        sim->leap_no[l]++;
        sim->lanes[l].same = false;
    }
}

/* ---- Reads. */

size_t rsp_held_size(const rsp_sim *sim)
{
    return 2 + (size_t)sim->net->n_species + sim->block.net.n_groups;
}

double rsp_leap_flow(const rsp_sim *sim, uint32_t l, uint32_t s, double share)
{
    const rsp_lanes *b = &sim->block;
    double x = *rsp_at(b->x, s, b->width, l), weight[RSP_STAGES_MAX];
    if (sim->regime[(size_t)s * b->width + l] == RSP_REGIME_EXACT) {
        return x; /* constant between events */
    }
    rsp_tableau_weights(b->tab, share, weight);
    for (uint32_t i = 0; i < b->tab->stages; i++) {
        x += b->h[l] * weight[i] * *rsp_at(b->k[i], s, b->width, l);
    }
    return fmax(x, b->net.floor[s]);
}

void rsp_leap_inside(const rsp_sim *sim, uint32_t l, double phi, double *x,
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
        const rsp_noise *noise = noise_of(sim, l, g);
        if (v[g] < 0 && noise->variance > 0) {
            double u = fmax(1 + v[g] / noise->variance, 0);
            add_noise(b, g, path_at(sim, l, g, u) - whole_of(noise), x, 1);
        }
        v[g] = fmax(v[g], 0);
    }
}
