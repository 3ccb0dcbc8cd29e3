/* Drawing leap noise: groups of any lanes, eight at a time, onto their amounts and onto
 * reads that wait for it. */
#include "sim/leap.h"

/* From so many held reads on the first points of paths are found once for all; as many
 * reads mostly follow. */
enum { MANY_HELD = 3 };

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

/* Onto x: a draw, in the middle of its days; or, where no more is to come, at their
 * end, where a species that relaxes has forgotten some of it. */
static void add_draw(const rsp_sim *sim, uint32_t l, uint32_t g, double whole)
{
    const rsp_lanes *b = &sim->block;
    rsp_noise *noise = rsp_noise_of(sim, l, g);
    const rsp_term *end = sim->groups[g].end;
    const uint32_t w = b->width;
    double *x = b->x + l;
    if (noise->rest != 0 && !(noise->share < 1)) { /* all has come */
        whole += noise->rest;
        noise->rest = 0;
    }
    for (const rsp_term *change = sim->groups[g].change; change < end; change++) {
        x[(size_t)change->index * w] += change->amount * whole;
    }
}

static void finish_held(rsp_sim *sim, uint32_t l, uint32_t g, rsp_waiting *w)
{
    const rsp_lane *lane = &sim->lanes[l];
    const double variance = rsp_noise_of(sim, l, g)->variance;
    const bool by_time = rsp_noise_goes_by_time(rsp_noise_of(sim, l, g));
    const size_t size = rsp_held_size(sim), at = sim->net->n_species + g;
    for (size_t i = 0; i < lane->n_held; i++) {
        double *x = lane->held + i * size + 2;
        const double v = x[at];
        if (v > 0) { /* x[-1]: its day */
            x[at] = 0;
            rsp_leap_wait(sim, l, g, by_time ? rsp_noise_share(rsp_noise_of(sim, l, g), x[-1])
                                              : fmin(v / variance, 1), x, w);
        }
    }
}

static bool wants_path(const rsp_sim *sim, const rsp_batch *d, uint32_t k)
{
    return sim->lanes[d->lane[k]].n_held >= MANY_HELD && !(d->draws.fades[k] > 0) &&
           d->draws.variance[k] > 0;
}

static void find_paths(const rsp_sim *sim, const rsp_batch *d)
{
    _Alignas(64) double points[RSP_PATH_POINTS][RSP_CHUNK];
    bool any = false;
    for (uint32_t k = 0; k < d->n; k++) {
        any |= wants_path(sim, d, k);
    }
    if (!any) {
        return;
    }
    sim->draw_kernel->path(&d->named, &d->draws, points);
    for (uint32_t k = 0; k < d->n; k++) {
        double *path = rsp_path_of(sim, d->lane[k], d->group[k]);
        for (uint32_t i = 0; i < RSP_PATH_POINTS && wants_path(sim, d, k); i++) {
            path[i] = points[i][k];
        }
    }
}

static void keep_draw(const rsp_sim *sim, const rsp_batch *d, uint32_t k)
{
    const rsp_draws *draws = &d->draws;
    rsp_noise *noise = rsp_noise_of(sim, d->lane[k], d->group[k]);
    noise->normal = draws->normal[k];
    noise->skew = draws->skew[k];
    noise->variance = draws->variance[k];
    noise->index = d->named.index[k];
    noise->has_path = wants_path(sim, d, k);
    if (draws->fading) {
        const bool fades = draws->fades[k] > 0;
        noise->lack = noise->rest;
        noise->rest = fades ? draws->rest[k] : noise->rest;
        noise->left = fades ? draws->left[k] : 0;
        noise->fades = draws->fades[k];
        noise->share = draws->share[k];
        noise->begin = d->begin[k];
        noise->drawn = d->drawn[k];
        noise->end = d->end[k];
    }
}

static void draw(rsp_sim *sim, rsp_batch *d)
{
    rsp_waiting waiting;
    waiting.n = 0;
    waiting.drawn = waiting.near = false;
    sim->draw_kernel->noise(&d->named, &d->draws);
    find_paths(sim, d);
    for (uint32_t k = 0; k < d->n; k++) {
        const uint32_t l = d->lane[k], g = d->group[k];
        const size_t at = (size_t)g * sim->block.width + l;
        if (!(d->draws.variance[k] > 0)) {
            continue;
        }
        sim->block.pending[at] = -d->draws.ahead[k];
        sim->block.skewed[at] = -d->draws.leaning[k];
        keep_draw(sim, d, k);
        add_draw(sim, l, g, d->draws.whole[k]);
        if (sim->lanes[l].n_held > 0) {
            finish_held(sim, l, g, &waiting);
        }
    }
    rsp_leap_stray(sim, &waiting);
    d->n = 0;
}

/* The days of the last draw of a batch of species that relax, how often its own forgets in
 * these, and what it lacks. */
static void find_days(const rsp_sim *sim, uint32_t l, uint32_t g, double pending, double rate,
                      double ahead, rsp_batch *d)
{
    const rsp_lanes *b = &sim->block;
    const rsp_noise *noise = rsp_noise_of(sim, l, g);
    const uint32_t k = d->n - 1;
    const double now = rsp_clock_end(&sim->lanes[l]);
    const bool follows = noise->variance > 0 && noise->end < now;
    const double gathered = follows ? now - noise->end : rate > 0 ? fmax(pending / rate, 0) : 0;
    d->begin[k] = now - gathered;
    d->drawn[k] = now;
    d->end[k] = now + ahead;
    d->draws.lack[k] = noise->rest;
    d->draws.share[k] = 0;
    d->draws.fades[k] = forgets(b, sim->groups[g].change->index, l, gathered + ahead,
                          noise->rest != 0);
    if (d->draws.fades[k] > 1) {
        d->draws.share[k] = gathered / (gathered + ahead);
    }
}

static void begin(const rsp_sim *sim, bool relaxing, rsp_batch *d)
{
    d->n = 0;
    d->named.seed = sim->seed;
    d->draws.fading = relaxing;
    for (uint32_t k = 0; k < RSP_CHUNK; k++) {
        d->draws.fades[k] = d->draws.share[k] = d->draws.lack[k] = 0;
    }
}

void rsp_draw_begin(const rsp_sim *sim, rsp_draw *d)
{
    begin(sim, false, &d->plain);
    begin(sim, true, &d->relaxing);
}

void rsp_draw_add(rsp_sim *sim, uint32_t l, uint32_t g, double days, rsp_draw *draws)
{
    const rsp_lanes *b = &sim->block;
    const bool relaxes = sim->groups[g].relaxes;
    rsp_batch *d = relaxes ? &draws->relaxing : &draws->plain;
    const size_t at = (size_t)g * b->width + l;
    const uint32_t k = d->n++;
    d->lane[k] = l;
    d->group[k] = g;
    rsp_name_of(sim, l, g, (uint32_t)sim->leap_no[l], &d->named, k);
    d->draws.pending[k] = b->pending[at];
    d->draws.skewed[k] = b->skewed[at];
    d->draws.first[k] = b->gross[0][at];
    d->draws.middle[k] = b->gross[1][at];
    d->draws.taken[k] = sim->lanes[l].theta;
    d->draws.tilt[k] = b->tilt[0][at];
    d->draws.days[k] = days;
    if (relaxes) {
        find_days(sim, l, g, b->pending[at], b->gross[1][at], days, d);
    }
    if (d->n == RSP_CHUNK) {
        draw(sim, d);
    }
}

static void end(rsp_sim *sim, rsp_batch *d)
{
    if (d->n == 0) {
        return;
    }
    for (uint32_t k = d->n; k < RSP_CHUNK; k++) {
        rsp_name_none(&d->named, k);
        d->draws.pending[k] = 1;
        d->draws.skewed[k] = d->draws.first[k] = d->draws.middle[k] = d->draws.taken[k] = 0;
        d->draws.tilt[k] = d->draws.days[k] = 0;
        d->draws.fades[k] = d->draws.share[k] = d->draws.lack[k] = 0;
    }
    draw(sim, d);
}

void rsp_draw_end(rsp_sim *sim, rsp_draw *d)
{
    end(sim, &d->plain);
    end(sim, &d->relaxing);
}
