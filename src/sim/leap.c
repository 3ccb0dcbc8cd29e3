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
#include "sim/leap.h"

#include <string.h>

/* Onto amounts at the share u of group g's last draw: what its noise is by then, less
 * what the flow made of the draw where that has come already; and what x lacked. */
static void add_part(const rsp_sim *sim, uint32_t l, uint32_t g, double u, double stray,
                     bool drawn, double *x, size_t stride)
{
    const rsp_noise *noise = rsp_noise_of(sim, l, g);
    double part = rsp_noise_left(noise, rsp_path_of(sim, l, g), u, stray);
    if (drawn) {
        part -= (noise->normal + noise->skew) *
                (noise->fades > 0 ? rsp_exp(-noise->fades * fmax(u - noise->share, 0)) : 1);
    }
    part *= sqrt(noise->variance);
    if (noise->lack != 0) {
        part += noise->lack * rsp_exp(-noise->fades * u);
    }
    for (const rsp_term *change = sim->groups[g].change; change < sim->groups[g].end; change++) {
        x[change->index * stride] += change->amount * part;
    }
}

/* ---- Paths, eight points at a time. */

void rsp_leap_stray(const rsp_sim *sim, rsp_waiting *w)
{
    if (w->n == 0) {
        return;
    }
    w->strays.named.seed = sim->seed;
    for (uint32_t k = w->n; k < RSP_CHUNK; k++) {
        w->strays.share[k] = w->strays.end[k] = 0;
        rsp_name_none(&w->strays.named, k);
    }
    if (w->near) {
        for (uint32_t k = w->n; k < RSP_CHUNK; k++) {
            w->strays.low[k] = w->strays.high[k] = 0;
        }
        sim->draw_kernel->stray_near(&w->strays);
    } else {
        sim->draw_kernel->stray(&w->strays);
    }
    for (uint32_t k = 0; k < w->n; k++) {
        add_part(sim, w->lane[k], w->group[k], w->strays.share[k], w->strays.stray[k], w->drawn,
                 w->x[k], 1);
    }
    w->n = 0;
}

/* The path of a draw that fades: nobody needs it before a read lies in it, and it is the
 * same whichever read is first. */
static void need_path(const rsp_sim *sim, uint32_t l, uint32_t g)
{
    rsp_noise *noise = rsp_noise_of(sim, l, g);
    if (noise->fades > 0 && !noise->has_path) {
        double *path = rsp_path_of(sim, l, g);
        rsp_named named = {.seed = sim->seed};
        rsp_name_of(sim, l, g, noise->index, &named, 0);
        sim->draw_kernel->path_alone(&named, 0, noise->normal, path);
        rsp_noise_pin(noise, path);
        noise->has_path = true;
    }
}

void rsp_leap_wait(const rsp_sim *sim, uint32_t l, uint32_t g, double u, double *x,
                           rsp_waiting *w)
{
    const rsp_noise *noise = rsp_noise_of(sim, l, g);
    rsp_strays *s = &w->strays;
    need_path(sim, l, g);
    if (w->near != noise->has_path) { /* in their order: sums of parts are rounded */
        rsp_leap_stray(sim, w);
        w->near = noise->has_path;
    }
    const uint32_t k = w->n++;
    if (w->near) {
        const double *point = rsp_path_of(sim, l, g) + rsp_path_cell(u);
        s->low[k] = point[0];
        s->high[k] = point[1];
    }
    w->lane[k] = l;
    w->group[k] = g;
    w->x[k] = x;
    s->share[k] = u;
    s->end[k] = noise->normal;
    rsp_name_of(sim, l, g, noise->index, &s->named, k);
    if (w->n == RSP_CHUNK) {
        rsp_leap_stray(sim, w);
    }
}

/* ---- Drawing. */

/* Take back what group g has in x ahead of time: the end of the path of its last
 * draw, given where that ended. */
static void take_back(rsp_sim *sim, uint32_t l, uint32_t g)
{
    rsp_lanes *b = &sim->block;
    rsp_noise *noise = rsp_noise_of(sim, l, g);
    double *pending = rsp_at(b->pending, g, b->width, l);
    if (noise->variance > 0) {
        rsp_stream s = rsp_lane_stream(sim, &sim->lanes[l], RSP_PURPOSE_BRIDGE,
                                       sim->groups[g].channel);
        const double u = noise->fades > 0
                             ? rsp_noise_share(noise, rsp_clock_end(&sim->lanes[l]))
                             : fmin(fmax(1 + *pending / noise->variance, 0), 1);
        double stray = rsp_normal(&s, noise->index, 0);
        if (noise->fades > 0) {
            need_path(sim, l, g);
            stray = rsp_noise_stray(noise, rsp_path_of(sim, l, g), u, stray);
        }
        add_part(sim, l, g, u, stray, true, b->x + l, b->width);
        noise->lack = noise->rest = noise->variance = 0;
    }
    *pending = 0;
    *rsp_at(b->skewed, g, b->width, l) = 0;
}

/* Noise took s below zero: what is set right moves on along a reaction. */
static void clamp(rsp_sim *sim, uint32_t s, uint32_t l, double *x)
{
    const double short_by = sim->block.net.floor[s] - *x;
    *x = sim->block.net.floor[s];
    sim->lanes[l].counts.clamped++;
    if (isfinite(short_by)) {
        rsp_move_partners(sim, s, l, short_by);
    }
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
            clamp(sim, (uint32_t)s, l, x);
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

void rsp_leap_drawn(rsp_sim *sim, uint32_t l)
{
    floor_amounts(sim, l);
    sim->lanes[l].ready = true;
    sim->lanes[l].counts.leaps++;
    sim->leap_no[l]++;
}

void rsp_leap_draw(rsp_sim *sim, uint32_t l, double ahead, rsp_draw *d)
{
    const rsp_lanes *b = &sim->block;
    const rsp_list noisy = b->use[l / RSP_CHUNK].noisy;
    const size_t w = b->width;
    const double *leaps = b->leaps + l;
    for (uint32_t i = 0; i < noisy.n; i++) {
        const uint32_t g = noisy.item[i];
        if (leaps[g * w] > 0) {
            rsp_draw_add(sim, l, g, ahead, d);
        }
    }
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
            rsp_noise *noise = rsp_noise_of(sim, l, g);
            noise->variance = noise->lack = noise->rest = 0;
        }
    }
}

/* Whether group g has, as good as, no noise to come but what x has ahead. */
static bool is_ahead(const rsp_sim *sim, uint32_t l, uint32_t g)
{
    const rsp_noise *noise = rsp_noise_of(sim, l, g);
    const double pending = *rsp_at(sim->block.pending, g, sim->block.width, l);
    return noise->variance > 0 && noise->fades > 0
               ? pending <= 0 || rsp_clock_end(&sim->lanes[l]) - noise->end <
                                     0.05 * (noise->end - noise->begin)
               : pending < 0.05 * noise->variance;
}

void rsp_leap_settle(rsp_sim *sim, uint32_t l)
{
    const rsp_lanes *b = &sim->block;
    const rsp_list *noisy = &b->use[l / RSP_CHUNK].noisy;
    rsp_draw d;
    rsp_draw_begin(sim, &d);
    for (uint32_t i = 0; i < noisy->n; i++) {
        uint32_t g = noisy->item[i];
        if (!(*rsp_at(b->leaps, g, b->width, l) > 0)) {
            continue;
        }
        if (is_ahead(sim, l, g)) {
            take_back(sim, l, g);
        } else {
            rsp_draw_add(sim, l, g, 0, &d);
        }
    }
    rsp_draw_end(sim, &d);
    for (uint32_t i = 0; i < noisy->n; i++) {
        rsp_noise *noise = rsp_noise_of(sim, l, noisy->item[i]);
        noise->lack = noise->rest = noise->variance = 0;
    }
    rsp_leap_drawn(sim, l);
}

void rsp_leap_settle_species(rsp_sim *sim, uint32_t l, uint32_t s)
{
    const rsp_lanes *b = &sim->block;
    rsp_draw d;
    rsp_draw_begin(sim, &d);
    bool any = false;
    for (uint32_t i = b->net.by_species[s]; i < b->net.by_species[s + 1]; i++) {
        const uint32_t r = b->net.terms[i].index, g = b->net.group_of[r];
        double *pending = rsp_at(b->pending, g, b->width, l);
        if (b->net.members[b->net.by_group[g]] != r) {
            continue; /* a group once, at its first reaction */
        }
        if (*pending < 0) {
            /* A trace: the path is not current to the last digit. */
            *pending = *rsp_at(b->skewed, g, b->width, l) = 0;
        } else if (*pending > 0) {
            rsp_draw_add(sim, l, g, 0, &d);
            any = true;
        }
    }
    rsp_draw_end(sim, &d);
    for (uint32_t i = b->net.by_species[s]; i < b->net.by_species[s + 1]; i++) {
        uint32_t g = b->net.group_of[b->net.terms[i].index];
        if (!(*rsp_at(b->pending, g, b->width, l) < 0)) {
            rsp_noise *noise = rsp_noise_of(sim, l, g);
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
        const rsp_noise *noise = rsp_noise_of(sim, l, g);
        const bool fades = noise->variance > 0 && noise->fades > 0;
        if (fades) {
            v[g] = t < noise->end ? -1 : fmax(v[g], 1e-300);
        }
        if (v[g] < 0 && noise->variance > 0) {
            rsp_leap_wait(sim, l, g, fades ? rsp_noise_share(noise, t)
                                           : fmax(1 + v[g] / noise->variance, 0), x, w);
        }
        v[g] = fmax(v[g], 0);
    }
}
