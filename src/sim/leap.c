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

#include <string.h>

static rsp_noise *noise_of(const rsp_sim *sim, uint32_t l, uint32_t g)
{
    return &sim->noise[(size_t)l * sim->block.net.n_groups + g];
}

static double whole_of(const rsp_noise *noise)
{
    return sqrt(noise->variance) * (noise->normal + noise->skew);
}

/* What is left, after the share u of a draw, of the noise by then, in a species
 * that forgets `a` times in all: the law of an Ornstein-Uhlenbeck process given the
 * whole of its noise, from a path that strays by `stray`. */
static double left_at(const rsp_noise *noise, double a, double u, double stray)
{
    double mean = u, variance = u * (1 - u);
    if (a > RSP_FORGETS) {
        double kept = rsp_exp(-u * a);
        mean = (1 - kept) / a;
        variance = (1 - kept * kept) / (2 * a) - mean * mean;
    }
    return sqrt(noise->variance) *
           (mean * (noise->normal + noise->skew) + sqrt(fmax(variance, 0)) * stray);
}

/* How often species s forgets its noise in the days of a draw. */
static double forgets(const rsp_lanes *b, uint32_t s, uint32_t l, const rsp_noise *noise)
{
    return b->net.relaxes[s] && *rsp_at(b->is_leap, s, b->width, l) > 0
               ? *rsp_at(b->relax, s, b->width, l) * noise->span : 0;
}

/* The one species that group g changes, where that relaxes and leaps; else how often
 * it forgets is 0. */
static double group_forgets(const rsp_sim *sim, uint32_t l, uint32_t g)
{
    const rsp_stoich *net = &sim->block.net;
    uint32_t lead = net->members[net->by_group[g]];
    return forgets(&sim->block, net->changes[net->by_reaction[lead]].index, l,
                   noise_of(sim, l, g));
}

/* What group g's species lacks after the share u of the last draw: what it lacked
 * before fades; a draw in the middle fades more than noise that came all along,
 * which a whole leap makes up for in the mean. */
static double lost_at(const rsp_sim *sim, uint32_t l, uint32_t g, double u, bool whole)
{
    const rsp_noise *noise = noise_of(sim, l, g);
    double a = group_forgets(sim, l, g);
    if (!(a > RSP_FORGETS)) {
        return 0;
    }
    double kept = rsp_exp(-2 * a * u), lost = noise->lost * kept;
    if (whole) {
        lost += noise->variance *
                ((1 - kept) / (2 * a) - rsp_exp(-2 * a * (1 - noise->share)));
    }
    return fmax(lost, 0);
}

static double lost_noise(const rsp_sim *sim, uint32_t l, uint32_t g)
{
    const rsp_noise *noise = noise_of(sim, l, g);
    rsp_stream s = rsp_lane_stream(sim, &sim->lanes[l], RSP_PURPOSE_BRIDGE,
                                   sim->group_channel[g]);
    return sqrt(noise->lost) * rsp_normal(&s, noise->index, RSP_LOST_NODE);
}

/* Onto amounts at the share u of group g's last draw: what its noise is by then,
 * less what the flow made of the draw where that has come already. */
static void add_part(const rsp_sim *sim, uint32_t l, uint32_t g, double u, double stray,
                     bool drawn, double *x, size_t stride)
{
    const rsp_lanes *b = &sim->block;
    const rsp_noise *noise = noise_of(sim, l, g);
    uint32_t lead = b->net.members[b->net.by_group[g]];
    for (uint32_t i = b->net.by_reaction[lead]; i < b->net.by_reaction[lead + 1]; i++) {
        const rsp_term *change = &b->net.changes[i];
        double a = forgets(b, change->index, l, noise);
        double part = left_at(noise, a, u, stray);
        if (drawn) {
            double since = fmax(u - noise->share, 0);
            part -= whole_of(noise) * (a > RSP_FORGETS ? rsp_exp(-a * since) : 1);
        }
        if (a > RSP_FORGETS && noise->lost > 0) {
            part += rsp_exp(-a * u) * lost_noise(sim, l, g);
        }
        x[change->index * stride] += change->amount * part;
    }
}

/* Onto x: a draw, in the middle of its days; or, where no more is to come, at their
 * end, where a species that relaxes has forgotten some of it. */
static void add_draw(const rsp_sim *sim, uint32_t l, uint32_t g, double whole)
{
    const rsp_lanes *b = &sim->block;
    const rsp_noise *noise = noise_of(sim, l, g);
    uint32_t lead = b->net.members[b->net.by_group[g]];
    for (uint32_t i = b->net.by_reaction[lead]; i < b->net.by_reaction[lead + 1]; i++) {
        const rsp_term *change = &b->net.changes[i];
        double a = noise->share < 1 ? 0 : forgets(b, change->index, l, noise);
        double part = whole;
        if (a > RSP_FORGETS) {
            part *= sqrt((1 - rsp_exp(-2 * a)) / (2 * a));
            part += noise->lost > 0 ? rsp_exp(-a) * lost_noise(sim, l, g) : 0;
        }
        *rsp_at(b->x, change->index, b->width, l) += change->amount * part;
    }
}

/* ---- Paths, eight points at a time. */

/* Reads of one lane that wait for the stray of a group's path. */
typedef struct waiting {
    uint32_t n, group[RSP_CHUNK];
    double *x[RSP_CHUNK];
    bool drawn; /* as add_part's */
    rsp_strays strays;
} waiting;

static rsp_who who_of(const rsp_sim *sim, uint32_t l)
{
    const rsp_sim_job *job = &sim->lanes[l].job;
    return (rsp_who){sim->seed, job->trial, job->participant};
}

static void add_parts(const rsp_sim *sim, uint32_t l, waiting *w)
{
    if (w->n == 0) {
        return;
    }
    for (uint32_t k = w->n; k < RSP_CHUNK; k++) {
        w->strays.share[k] = w->strays.end[k] = 0;
        w->strays.channel[k] = w->strays.index[k] = 0;
    }
    const rsp_who who = who_of(sim, l);
    sim->draw_kernel->stray(&who, &w->strays);
    for (uint32_t k = 0; k < w->n; k++) {
        add_part(sim, l, w->group[k], w->strays.share[k], w->strays.stray[k], w->drawn, w->x[k], 1);
    }
    w->n = 0;
}

static void wait_for_stray(const rsp_sim *sim, uint32_t l, uint32_t g, double u, double *x,
                           waiting *w)
{
    const rsp_noise *noise = noise_of(sim, l, g);
    w->group[w->n] = g;
    w->x[w->n] = x;
    w->strays.share[w->n] = u;
    w->strays.end[w->n] = noise->normal;
    w->strays.channel[w->n] = sim->group_channel[g];
    w->strays.index[w->n] = noise->index;
    if (++w->n == RSP_CHUNK) {
        add_parts(sim, l, w);
    }
}

/* ---- Drawing. */

static void finish_held(rsp_sim *sim, uint32_t l, uint32_t g)
{
    rsp_lane *lane = &sim->lanes[l];
    const double variance = noise_of(sim, l, g)->variance;
    waiting w = {.drawn = false};
    for (size_t i = 0; i < lane->n_held; i++) {
        double *x = lane->held + i * rsp_held_size(sim) + 2;
        double *v = &x[sim->net->n_species + g];
        if (*v > 0) {
            wait_for_stray(sim, l, g, fmin(*v / variance, 1), x, &w);
            *v = 0;
        }
    }
    add_parts(sim, l, &w);
}

/* Groups of one lane whose noise is drawn together. */
typedef struct batch {
    uint32_t n, group[RSP_CHUNK], channel[RSP_CHUNK];
    rsp_draws draws;
} batch;

static void draw_batch(rsp_sim *sim, uint32_t l, batch *d)
{
    const rsp_lanes *b = &sim->block;
    const uint32_t index = (uint32_t)sim->leap_no[l];
    const rsp_who who = who_of(sim, l);
    sim->draw_kernel->noise(&who, index, d->channel, &d->draws);
    for (uint32_t k = 0; k < d->n; k++) {
        uint32_t g = d->group[k];
        rsp_noise *noise = noise_of(sim, l, g);
        double rate = *rsp_at(b->gross[0], g, b->width, l), all = d->draws.variance[k];
        double ahead = -*rsp_at(b->pending, g, b->width, l);
        double lost = noise->variance > 0 ? lost_at(sim, l, g, 1, true) : noise->lost;
        *noise = (rsp_noise){.normal = d->draws.normal[k], .skew = d->draws.skew[k], .lost = lost,
                             .variance = all, .span = rate > 0 ? all / rate : 0,
                             .share = 1 - ahead / all, .index = index};
        add_draw(sim, l, g, d->draws.whole[k]);
        if (sim->lanes[l].n_held > 0) {
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
        double u = fmin(fmax(1 + *pending / noise->variance, 0), 1);
        add_part(sim, l, g, u, rsp_normal(&s, noise->index, 0), true, b->x + l, b->width);
        noise->lost = noise->variance = 0;
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
        lane->pauses |= sim->regime[(size_t)s * b->width + l] != RSP_REGIME_EXACT &&
                        (*x < *rsp_at(b->low, s, b->width, l) ||
                         *x >= *rsp_at(b->high, s, b->width, l));
    }
    for (size_t i = 0; i < lane->n_held; i++) {
        double *x = lane->held + i * rsp_held_size(sim) + 2;
        for (uint32_t k = 0; k < moving->n; k++) { /* the rest has no noise */
            const uint32_t s = moving->item[k];
            x[s] = x[s] < b->net.floor[s] ? b->net.floor[s] : x[s];
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

void rsp_leap_forgive(rsp_sim *sim, uint32_t l)
{
    const rsp_lanes *b = &sim->block;
    const rsp_list *noisy = &b->use[l / RSP_CHUNK].noisy;
    for (uint32_t i = 0; i < noisy->n; i++) {
        uint32_t g = noisy->item[i];
        if (*rsp_at(b->leaps, g, b->width, l) > 0) {
            *rsp_at(b->pending, g, b->width, l) = 0;
            *rsp_at(b->skewed, g, b->width, l) = 0;
            noise_of(sim, l, g)->variance = 0;
        }
    }
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
        if (*rsp_at(b->pending, g, b->width, l) < 0.05 * noise_of(sim, l, g)->variance) {
            take_back(sim, l, g);
        } else {
            add_to_batch(sim, l, g, 0, 0, &d);
        }
    }
    end_batch(sim, l, &d);
    for (uint32_t i = 0; i < noisy->n; i++) {
        rsp_noise *noise = noise_of(sim, l, noisy->item[i]);
        noise->lost = noise->variance = 0;
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

void rsp_leap_inside(const rsp_sim *sim, uint32_t l, double phi, double *x, double *v)
{
    const rsp_lanes *b = &sim->block;
    const rsp_list *noisy = &b->use[l / RSP_CHUNK].noisy;
    waiting w = {.drawn = true};
    double part[2];
    memset(v, 0, b->net.n_groups * sizeof *v);
    rsp_tableau_halves(b->tab, phi * sim->lanes[l].theta, b->h[l], part);
    for (uint32_t i = 0; i < noisy->n; i++) {
        const uint32_t g = noisy->item[i];
        if (!(*rsp_at(b->leaps, g, b->width, l) > 0)) {
            continue; /* settled where it stopped to leap */
        }
        v[g] = *rsp_at(b->pending, g, b->width, l) +
               fmax(part[0] * *rsp_at(b->gross[0], g, b->width, l) +
                    part[1] * *rsp_at(b->gross[1], g, b->width, l), 0);
        const rsp_noise *noise = noise_of(sim, l, g);
        if (v[g] < 0 && noise->variance > 0) {
            wait_for_stray(sim, l, g, fmax(1 + v[g] / noise->variance, 0), x, &w);
        }
        v[g] = fmax(v[g], 0);
    }
    add_parts(sim, l, &w);
}
