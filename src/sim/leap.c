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

static double *path_of(const rsp_sim *sim, uint32_t l, uint32_t g)
{
    return sim->path + ((size_t)l * sim->block.net.n_groups + g) * RSP_PATH_POINTS;
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
    const uint32_t lead = b->net.members[b->net.by_group[g]], w = b->width;
    const rsp_term *change = b->net.changes + b->net.by_reaction[lead];
    const rsp_term *end = b->net.changes + b->net.by_reaction[lead + 1];
    double *x = b->x + l;
    const bool all_came = !(noise->share < 1);
    for (; change < end; change++) {
        double a = all_came ? forgets(b, change->index, l, noise) : 0;
        double part = whole;
        if (a > RSP_FORGETS) {
            part *= sqrt((1 - rsp_exp(-2 * a)) / (2 * a));
            part += noise->lost > 0 ? rsp_exp(-a) * lost_noise(sim, l, g) : 0;
        }
        x[(size_t)change->index * w] += change->amount * part;
    }
}

/* ---- Paths, eight points at a time. */

static rsp_who who_of(const rsp_sim *sim, uint32_t l)
{
    const rsp_sim_job *job = &sim->lanes[l].job;
    return (rsp_who){sim->seed, job->trial, job->participant};
}

void rsp_leap_stray(const rsp_sim *sim, rsp_waiting *w)
{
    if (w->n == 0) {
        return;
    }
    for (uint32_t k = w->n; k < RSP_CHUNK; k++) {
        w->strays.share[k] = w->strays.end[k] = 0;
        w->strays.trial[k] = w->strays.participant[k] = 0;
        w->strays.channel[k] = w->strays.index[k] = 0;
    }
    if (w->near) {
        for (uint32_t k = w->n; k < RSP_CHUNK; k++) {
            w->strays.low[k] = w->strays.high[k] = 0;
        }
        sim->draw_kernel->stray_near(sim->seed, &w->strays);
    } else {
        sim->draw_kernel->stray(sim->seed, &w->strays);
    }
    for (uint32_t k = 0; k < w->n; k++) {
        add_part(sim, w->lane[k], w->group[k], w->strays.share[k], w->strays.stray[k], w->drawn,
                 w->x[k], 1);
    }
    w->n = 0;
}

static void wait_for_stray(const rsp_sim *sim, uint32_t l, uint32_t g, double u, double *x,
                           rsp_waiting *w)
{
    const rsp_noise *noise = noise_of(sim, l, g);
    const rsp_sim_job *job = &sim->lanes[l].job;
    rsp_strays *s = &w->strays;
    if (w->near != noise->has_path) { /* in their order: sums of parts are rounded */
        rsp_leap_stray(sim, w);
        w->near = noise->has_path;
    }
    const uint32_t k = w->n++;
    if (w->near) {
        const double *point = path_of(sim, l, g) + rsp_path_cell(u);
        s->low[k] = point[0];
        s->high[k] = point[1];
    }
    w->lane[k] = l;
    w->group[k] = g;
    w->x[k] = x;
    s->share[k] = u;
    s->end[k] = noise->normal;
    s->trial[k] = job->trial;
    s->participant[k] = job->participant;
    s->channel[k] = sim->group_channel[g];
    s->index[k] = noise->index;
    if (w->n == RSP_CHUNK) {
        rsp_leap_stray(sim, w);
    }
}

/* ---- Drawing. */

static void finish_held(rsp_sim *sim, uint32_t l, uint32_t g, rsp_waiting *w)
{
    const rsp_lane *lane = &sim->lanes[l];
    const double variance = noise_of(sim, l, g)->variance;
    const size_t size = rsp_held_size(sim), at = sim->net->n_species + g;
    for (size_t i = 0; i < lane->n_held; i++) {
        double *x = lane->held + i * size + 2;
        const double v = x[at];
        if (v > 0) {
            x[at] = 0;
            wait_for_stray(sim, l, g, fmin(v / variance, 1), x, w);
        }
    }
}

/* Groups of one lane whose noise is drawn together. */
typedef struct batch {
    uint32_t n, group[RSP_CHUNK], channel[RSP_CHUNK];
    rsp_draws draws;
} batch;

/* From so many held reads on the first points of paths are found once for all; as many
 * reads mostly follow. */
enum { MANY_HELD = 3 };

static void find_paths(const rsp_sim *sim, uint32_t l, const batch *d, const rsp_who *who)
{
    _Alignas(64) double points[RSP_PATH_POINTS][RSP_CHUNK];
    sim->draw_kernel->path(who, (uint32_t)sim->leap_no[l], d->channel, &d->draws, points);
    for (uint32_t k = 0; k < d->n; k++) {
        double *path = path_of(sim, l, d->group[k]);
        for (uint32_t i = 0; i < RSP_PATH_POINTS; i++) {
            path[i] = points[i][k];
        }
    }
}

static void draw_batch(rsp_sim *sim, uint32_t l, batch *d)
{
    const rsp_lanes *b = &sim->block;
    const uint32_t index = (uint32_t)sim->leap_no[l];
    const size_t w = b->width;
    const double *gross = b->gross[0] + l, *pending = b->pending + l;
    const bool holds = sim->lanes[l].n_held > 0;
    const rsp_who who = who_of(sim, l);
    rsp_waiting waiting;
    waiting.n = 0;
    waiting.drawn = waiting.near = false;
    sim->draw_kernel->noise(&who, index, d->channel, &d->draws);
    const bool has_path = sim->lanes[l].n_held >= MANY_HELD;
    if (has_path) {
        find_paths(sim, l, d, &who);
    }
    for (uint32_t k = 0; k < d->n; k++) {
        const uint32_t g = d->group[k];
        rsp_noise *noise = noise_of(sim, l, g);
        const double rate = gross[g * w], all = d->draws.variance[k], ahead = -pending[g * w];
        const double lost = noise->variance > 0 ? lost_at(sim, l, g, 1, true) : noise->lost;
        *noise = (rsp_noise){.normal = d->draws.normal[k], .skew = d->draws.skew[k], .lost = lost,
                             .variance = all, .span = rate > 0 ? all / rate : 0,
                             .share = 1 - ahead / all, .index = index,
                             .has_path = has_path};
        add_draw(sim, l, g, d->draws.whole[k]);
        if (holds) {
            finish_held(sim, l, g, &waiting);
        }
    }
    rsp_leap_stray(sim, &waiting);
    d->n = 0;
}

/* Group g gathers what it has pending and the variance `ahead`, with its third
 * cumulant, for the next draw of its batch. */
static inline void add_to_batch(rsp_sim *sim, uint32_t l, uint32_t g, double ahead,
                                double third_ahead, batch *d)
{
    const rsp_lanes *b = &sim->block;
    double *pending = rsp_at(b->pending, g, b->width, l);
    double *skewed = rsp_at(b->skewed, g, b->width, l);
    const double variance = *pending + ahead, third = *skewed + third_ahead;
    if (!(variance > 0)) {
        return;
    }
    const uint32_t k = d->n++;
    d->group[k] = g;
    d->channel[k] = sim->group_channel[g];
    d->draws.variance[k] = variance;
    d->draws.third[k] = third;
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
    const uint32_t *item = moving->item, n = moving->n; /* the rest has no noise */
    const double *lowest = b->net.floor, *low = b->low + l, *high = b->high + l;
    const uint8_t *regime = sim->regime + l;
    const size_t w = b->width;
    bool pauses = false;
    for (uint32_t i = 0; i < n; i++) {
        const size_t s = item[i];
        double *x = b->x + s * w + l;
        if (*x < lowest[s]) {
            *x = lowest[s];
            lane->counts.clamped++;
        }
        pauses |= regime[s * w] != RSP_REGIME_EXACT && (*x < low[s * w] || *x >= high[s * w]);
    }
    lane->pauses |= pauses;
    const size_t size = rsp_held_size(sim);
    for (size_t i = 0; i < lane->n_held; i++) {
        double *restrict x = lane->held + i * size + 2;
        for (uint32_t k = 0; k < n; k++) {
            const uint32_t s = item[k];
            x[s] = x[s] < lowest[s] ? lowest[s] : x[s];
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
    const rsp_list noisy = b->use[l / RSP_CHUNK].noisy;
    const size_t w = b->width;
    const double *leaps = b->leaps + l, *gross = b->gross[0] + l, *tilt = b->tilt[0] + l;
    batch d;
    d.n = 0;
    for (uint32_t i = 0; i < noisy.n; i++) {
        const uint32_t g = noisy.item[i];
        if (leaps[g * w] > 0) {
            add_to_batch(sim, l, g, ahead * gross[g * w], ahead * tilt[g * w], &d);
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
    batch d;
    d.n = 0;
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
    batch d;
    d.n = 0;
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

void rsp_leap_inside(const rsp_sim *sim, uint32_t l, double phi, double *x, double *v,
                     rsp_waiting *w)
{
    const rsp_lanes *b = &sim->block;
    const rsp_list *noisy = &b->use[l / RSP_CHUNK].noisy;
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
            wait_for_stray(sim, l, g, fmax(1 + v[g] / noise->variance, 0), x, w);
        }
        v[g] = fmax(v[g], 0);
    }
}
