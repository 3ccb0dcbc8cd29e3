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

/* How often species s forgets its noise in `days`; 0: not at all, or hardly, unless it
 * lacks some. */
static double forgets(const rsp_lanes *b, uint32_t s, uint32_t l, double days, bool lacks)
{
    if (!b->net.relaxes[s] || !(*rsp_at(b->is_leap, s, b->width, l) > 0)) {
        return 0;
    }
    const double often = *rsp_at(b->relax, s, b->width, l) * days;
    return lacks || often > RSP_FORGETS ? often : 0;
}

/* The first change of group g: its only one where its species relaxes. */
static const rsp_term *change_of(const rsp_stoich *net, uint32_t g)
{
    return net->changes + net->by_reaction[net->members[net->by_group[g]]];
}

/* Onto amounts at the share u of group g's last draw: what its noise is by then, less
 * what the flow made of the draw where that has come already; and what x lacked. */
static void add_part(const rsp_sim *sim, uint32_t l, uint32_t g, double u, double stray,
                     bool drawn, double *x, size_t stride)
{
    const rsp_lanes *b = &sim->block;
    const rsp_noise *noise = noise_of(sim, l, g);
    const uint32_t lead = b->net.members[b->net.by_group[g]];
    const rsp_term *end = b->net.changes + b->net.by_reaction[lead + 1];
    double part = rsp_noise_left(noise, path_of(sim, l, g), u, stray);
    if (drawn) {
        part -= (noise->normal + noise->skew) *
                (noise->fades > 0 ? rsp_exp(-noise->fades * fmax(u - noise->share, 0)) : 1);
    }
    part *= sqrt(noise->variance);
    if (noise->lack != 0) {
        part += noise->lack * rsp_exp(-noise->fades * u);
    }
    for (const rsp_term *change = change_of(&b->net, g); change < end; change++) {
        x[change->index * stride] += change->amount * part;
    }
}

/* Onto x: a draw, in the middle of its days; or, where no more is to come, at their
 * end, where a species that relaxes has forgotten some of it. */
static void add_draw(const rsp_sim *sim, uint32_t l, uint32_t g, double whole)
{
    const rsp_lanes *b = &sim->block;
    rsp_noise *noise = noise_of(sim, l, g);
    const uint32_t lead = b->net.members[b->net.by_group[g]], w = b->width;
    const rsp_term *end = b->net.changes + b->net.by_reaction[lead + 1];
    double *x = b->x + l;
    if (!(noise->share < 1)) { /* all has come */
        whole += noise->rest;
        noise->rest = 0;
    }
    for (const rsp_term *change = change_of(&b->net, g); change < end; change++) {
        x[(size_t)change->index * w] += change->amount * whole;
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
    const bool by_time = rsp_noise_goes_by_time(noise_of(sim, l, g));
    const size_t size = rsp_held_size(sim), at = sim->net->n_species + g;
    for (size_t i = 0; i < lane->n_held; i++) {
        double *x = lane->held + i * size + 2;
        const double v = x[at];
        if (v > 0) { /* x[-1]: its day */
            x[at] = 0;
            wait_for_stray(sim, l, g, by_time ? rsp_noise_share(noise_of(sim, l, g), x[-1])
                                              : fmin(v / variance, 1), x, w);
        }
    }
}

/* Groups of one lane whose noise is drawn together. */
typedef struct batch {
    uint32_t n, group[RSP_CHUNK], channel[RSP_CHUNK];
    double fades[RSP_CHUNK], share[RSP_CHUNK], begin[RSP_CHUNK], end[RSP_CHUNK];
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
    const uint32_t index = (uint32_t)sim->leap_no[l];
    const bool holds = sim->lanes[l].n_held > 0;
    const rsp_who who = who_of(sim, l);
    rsp_waiting waiting;
    waiting.n = 0;
    waiting.drawn = waiting.near = false;
    sim->draw_kernel->noise(&who, index, d->channel, &d->draws);
    const bool has_paths = sim->lanes[l].n_held >= MANY_HELD;
    if (has_paths) {
        find_paths(sim, l, d, &who);
    }
    for (uint32_t k = 0; k < d->n; k++) {
        const uint32_t g = d->group[k];
        rsp_noise *noise = noise_of(sim, l, g);
        *noise = (rsp_noise){.normal = d->draws.normal[k], .skew = d->draws.skew[k],
                             .lack = noise->rest, .variance = d->draws.variance[k],
                             .fades = d->fades[k], .share = d->share[k], .index = index,
                             .begin = d->begin[k], .end = d->end[k],
                             .has_path = has_paths || d->fades[k] > 0};
        if (noise->fades > 0) { /* always the same, however many reads wait */
            sim->draw_kernel->path_alone(&who, index, d->channel[k], noise->normal,
                                         path_of(sim, l, g));
        }
        noise->rest = rsp_noise_rest(noise, path_of(sim, l, g));
        add_draw(sim, l, g, d->draws.whole[k]);
        if (holds) {
            finish_held(sim, l, g, &waiting);
        }
    }
    rsp_leap_stray(sim, &waiting);
    d->n = 0;
}

/* Where a rate is at the end of the step just taken, from those at its start and in its
 * middle: on a line where it rises; where it falls on a hyperbola, which stays above zero. */
static double rate_at_end(double first, double middle, double share)
{
    const double run = 2 * share;
    if (middle > first) {
        return first + run * (middle - first);
    }
    return middle > 0 ? first * middle / (middle + run * (first - middle)) : 0;
}

/* The days of the last draw of a batch, and how often its species forgets in these. */
static void find_days(const rsp_sim *sim, uint32_t l, uint32_t g, double pending, double rate,
                      double ahead, batch *d)
{
    const rsp_lanes *b = &sim->block;
    const rsp_noise *noise = noise_of(sim, l, g);
    const double now = rsp_clock_end(&sim->lanes[l]);
    const bool follows = noise->variance > 0 && noise->end < now;
    const double gathered = follows ? now - noise->end : rate > 0 ? fmax(pending / rate, 0) : 0;
    const uint32_t k = d->n - 1;
    d->begin[k] = now - gathered;
    d->end[k] = now + ahead;
    d->fades[k] = forgets(b, change_of(&b->net, g)->index, l, gathered + ahead,
                          noise->rest != 0);
    if (d->fades[k] > 1) {
        d->share[k] = gathered / (gathered + ahead);
    }
}

/* Group g gathers what it has pending and the variance of the next `days`, with its third
 * cumulant, for the next draw of its batch. */
static inline void add_to_batch(rsp_sim *sim, uint32_t l, uint32_t g, double days, batch *d)
{
    const rsp_lanes *b = &sim->block;
    double *pending = rsp_at(b->pending, g, b->width, l);
    double *skewed = rsp_at(b->skewed, g, b->width, l);
    const double first = *rsp_at(b->gross[0], g, b->width, l);
    const double middle = *rsp_at(b->gross[1], g, b->width, l);
    const double rate = days > 0 ? rate_at_end(first, middle, sim->lanes[l].theta) : 0;
    const double ahead = days * rate;
    const double tilt = first > 0 ? *rsp_at(b->tilt[0], g, b->width, l) / first : 0;
    const double variance = *pending + ahead, third = *skewed + tilt * ahead;
    if (!(variance > 0)) {
        return;
    }
    const uint32_t k = d->n++;
    d->group[k] = g;
    d->channel[k] = sim->group_channel[g];
    d->fades[k] = d->begin[k] = d->end[k] = 0;
    d->share[k] = 1 - ahead / variance;
    if (b->net.relaxes[change_of(&b->net, g)->index]) {
        find_days(sim, l, g, *pending, middle, days, d);
    }
    d->draws.variance[k] = variance;
    d->draws.third[k] = third;
    *pending = -ahead;
    *skewed = -tilt * ahead;
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
        double stray = rsp_normal(&s, noise->index, 0);
        if (rsp_noise_goes_by_time(noise)) {
            u = rsp_noise_share(noise, rsp_clock_end(&sim->lanes[l]));
        }
        if (noise->fades > 0) {
            stray = rsp_noise_stray(noise, path_of(sim, l, g), u, stray);
        }
        add_part(sim, l, g, u, stray, true, b->x + l, b->width);
        noise->lack = noise->rest = noise->variance = 0;
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
    const double *leaps = b->leaps + l;
    batch d;
    d.n = 0;
    for (uint32_t i = 0; i < noisy.n; i++) {
        const uint32_t g = noisy.item[i];
        if (leaps[g * w] > 0) {
            add_to_batch(sim, l, g, ahead, &d);
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
            rsp_noise *noise = noise_of(sim, l, g);
            noise->variance = noise->lack = noise->rest = 0;
        }
    }
}

/* Whether group g has, as good as, no noise to come but what x has ahead. */
static bool is_ahead(const rsp_sim *sim, uint32_t l, uint32_t g)
{
    const rsp_noise *noise = noise_of(sim, l, g);
    const double pending = *rsp_at(sim->block.pending, g, sim->block.width, l);
    return noise->variance > 0 && rsp_noise_goes_by_time(noise)
               ? pending <= 0 || rsp_clock_end(&sim->lanes[l]) - noise->end <
                                     0.05 * (noise->end - noise->begin)
               : pending < 0.05 * noise->variance;
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
        if (is_ahead(sim, l, g)) {
            take_back(sim, l, g);
        } else {
            add_to_batch(sim, l, g, 0, &d);
        }
    }
    end_batch(sim, l, &d);
    for (uint32_t i = 0; i < noisy->n; i++) {
        rsp_noise *noise = noise_of(sim, l, noisy->item[i]);
        noise->lack = noise->rest = noise->variance = 0;
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
            add_to_batch(sim, l, g, 0, &d);
            any = true;
        }
    }
    end_batch(sim, l, &d);
    for (uint32_t i = b->net.by_species[s]; i < b->net.by_species[s + 1]; i++) {
        uint32_t g = b->net.group_of[b->net.terms[i].index];
        if (!(*rsp_at(b->pending, g, b->width, l) < 0)) {
            rsp_noise *noise = noise_of(sim, l, g);
            noise->lack = noise->rest = noise->variance = 0;
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
    const rsp_lane *lane = &sim->lanes[l];
    const double t = lane->t + phi * (rsp_clock_end(lane) - lane->t);
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
        const bool by_time = noise->variance > 0 && rsp_noise_goes_by_time(noise);
        if (by_time) {
            v[g] = t < noise->end ? -1 : fmax(v[g], 1e-300);
        }
        if (v[g] < 0 && noise->variance > 0) {
            wait_for_stray(sim, l, g, by_time ? rsp_noise_share(noise, t)
                                              : fmax(1 + v[g] / noise->variance, 0), x, w);
        }
        v[g] = fmax(v[g], 0);
    }
}
