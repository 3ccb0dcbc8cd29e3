/* Which species are counted one by one, which leap, which flow.
 *
 *     regime   amounts                              a channel that changes one
 *     exact    below exact_until                    fires exactly
 *     burst    exact_below to b exact_until         leaps; by bursts: fires exactly
 *     leap     b exact_below to b noise_until       flows with Langevin noise
 *     ode      from b noise_below                   flows
 *
 * but for who has few events or leaps to come (few.c), for what a trigger reads (events.c)
 * and for what relaxes and is read in proportion (relax.c); with b the largest change of
 * the species at once; where that is small, b is 1 and there is no burst regime.  The
 * overlaps are the hysteresis.  A channel is exact where any discrete species that it
 * changes wants it; else it leaps where any does. */
#include "sim/internal.h"

#include <string.h>

static const rsp_sim_options *thresholds_of(const rsp_sim *sim, uint32_t s)
{
    return sim->block.net.read_evenly[s] ? &sim->sooner : rsp_events_thresholds(sim, s);
}

static bool has_regimes(const rsp_sim *sim, uint32_t s)
{
    return !sim->block.net.continuous[s] && sim->method.random && !sim->method.always_exact;
}

/* Above this a species flows without noise. */
static double noise_end(const rsp_sim *sim, uint32_t s, uint32_t l)
{
    return sim->block.net.burst[s] * thresholds_of(sim, s)->noise_until *
           (rsp_few_leaps(sim, l) ? RSP_NOISE_FURTHER : 1);
}

static rsp_regime begin_regime(const rsp_sim *sim, uint32_t s, uint32_t l, double x)
{
    const rsp_sim_options *o = thresholds_of(sim, s);
    double burst = sim->block.net.burst[s];
    if (!has_regimes(sim, s)) {
        return sim->method.always_exact && !sim->block.net.continuous[s] ? RSP_REGIME_EXACT
                                                                         : RSP_REGIME_ODE;
    }
    if (x < o->exact_until || sim->lanes[l].few) {
        return RSP_REGIME_EXACT;
    }
    if (x < burst * o->exact_until) {
        return RSP_REGIME_BURST;
    }
    return x < noise_end(sim, s, l) ? RSP_REGIME_LEAP : RSP_REGIME_ODE;
}

static rsp_regime next_regime(const rsp_sim *sim, uint32_t s, uint32_t l, rsp_regime now,
                              double x)
{
    const rsp_sim_options *o = thresholds_of(sim, s);
    double burst = sim->block.net.burst[s];
    if (!has_regimes(sim, s)) {
        return now;
    }
    if (x < o->exact_below || sim->lanes[l].few ||
        (now == RSP_REGIME_EXACT && x < o->exact_until)) {
        return RSP_REGIME_EXACT;
    }
    if (burst > 1 && (x < burst * o->exact_below ||
                      (now >= RSP_REGIME_BURST && x < burst * o->exact_until))) {
        return RSP_REGIME_BURST;
    }
    if (x < burst * o->noise_below ||
        (now != RSP_REGIME_ODE && x < noise_end(sim, s, l))) {
        return RSP_REGIME_LEAP;
    }
    return RSP_REGIME_ODE;
}

static void set_bounds(rsp_sim *sim, uint32_t s, uint32_t l, rsp_regime regime)
{
    const rsp_sim_options *o = thresholds_of(sim, s);
    rsp_lanes *b = &sim->block;
    const double none = (double)INFINITY, burst = b->net.burst[s];
    const double low[] = {
        [RSP_REGIME_EXACT] = -none,
        [RSP_REGIME_BURST] = o->exact_below,
        [RSP_REGIME_LEAP] = burst * o->exact_below,
        [RSP_REGIME_ODE] = burst * o->noise_below,
    };
    const double high[] = {
        [RSP_REGIME_EXACT] = sim->lanes[l].few ? none : o->exact_until,
        [RSP_REGIME_BURST] = burst * o->exact_until,
        [RSP_REGIME_LEAP] = burst * o->noise_until,
        [RSP_REGIME_ODE] = none,
    };
    bool bounded = has_regimes(sim, s);
    bool leaps = regime == RSP_REGIME_LEAP || regime == RSP_REGIME_BURST;
    *rsp_at(b->low, s, b->width, l) = bounded ? low[regime] : -none;
    *rsp_at(b->high, s, b->width, l) = bounded ? high[regime] : none;
    *rsp_at(b->is_leap, s, b->width, l) = leaps ? sim->options.leap / o->leap : 0;
    *rsp_at(b->fades[RSP_FADE_SLOPE], s, b->width, l) = 0;
    *rsp_at(b->fades[RSP_FADE_BEND], s, b->width, l) = 0;
    sim->regime[(size_t)s * b->width + l] = (uint8_t)regime;
}

static void channel_regime(rsp_sim *sim, uint32_t r, uint32_t l)
{
    rsp_lanes *b = &sim->block;
    bool exact = false, leap = false;
    for (uint32_t i = b->net.by_reaction[r]; i < b->net.by_reaction[r + 1]; i++) {
        uint32_t s = b->net.changes[i].index;
        uint8_t regime = sim->regime[(size_t)s * b->width + l];
        bool bursts = fabs(b->net.changes[i].amount) > RSP_SMALL_CHANGE;
        exact |= regime == RSP_REGIME_EXACT || (bursts && regime == RSP_REGIME_BURST);
        leap |= regime == RSP_REGIME_LEAP || regime == RSP_REGIME_BURST;
    }
    *rsp_at(b->flows, r, b->width, l) = exact ? 0 : 1;
    *rsp_at(b->fires, r, b->width, l) = exact ? 1 : 0;
    /* The members of a group change the same species: equal for all. */
    *rsp_at(b->leaps, b->net.group_of[r], b->width, l) = leap && !exact ? 1 : 0;
}

static void count_leaping(rsp_sim *sim, uint32_t l)
{
    rsp_lanes *b = &sim->block;
    b->leaping[l] = 0;
    for (uint32_t g = 0; g < b->net.n_groups && b->leaping[l] == 0; g++) {
        b->leaping[l] = *rsp_at(b->leaps, g, b->width, l);
    }
}

/* Whether species s may be moved by up to `step`, but at least one, along reaction r, which
 * changes it by `amount`: up or down, nothing else that must stay whole moves or falls below
 * its floor. */
static bool may_move(const rsp_sim *sim, uint32_t r, uint32_t s, double amount, double step,
                     uint32_t l)
{
    const rsp_lanes *b = &sim->block;
    for (uint32_t i = b->net.by_reaction[r]; i < b->net.by_reaction[r + 1]; i++) {
        uint32_t other = b->net.changes[i].index;
        double most = fabs(b->net.changes[i].amount / amount) * fmax(1, fabs(step));
        if (other != s && (sim->regime[(size_t)other * b->width + l] == RSP_REGIME_EXACT ||
                           *rsp_at(b->x, other, b->width, l) - most < b->net.floor[other])) {
            return false;
        }
    }
    return true;
}

void rsp_move_partners(rsp_sim *sim, uint32_t s, uint32_t l, double step)
{
    const rsp_lanes *b = &sim->block;
    const uint32_t *first = b->net.by_reaction;
    const rsp_term *along = NULL;
    for (uint32_t i = b->net.by_species[s]; i < b->net.by_species[s + 1]; i++) {
        const rsp_term *term = &b->net.terms[i];
        if (first[term->index + 1] - first[term->index] == 1) {
            return;
        }
        if (along == NULL && may_move(sim, term->index, s, term->amount, step, l)) {
            along = term;
        }
    }
    if (along == NULL) {
        return;
    }
    for (uint32_t i = first[along->index]; i < first[along->index + 1]; i++) {
        const rsp_term *change = &b->net.changes[i];
        if (change->index != s) {
            *rsp_at(b->x, change->index, b->width, l) += change->amount / along->amount * step;
        }
    }
}

/* No part of a cell may come back to life: an amount that is counted is a whole
 * number, rounded without bias; after a flow, along one of its reactions. */
static void round_species(rsp_sim *sim, uint32_t s, uint32_t l, bool flowed)
{
    double *x = rsp_at(sim->block.x, s, sim->block.width, l);
    double low = floor(*x), was = *x;
    if (low == was) {
        return;
    }
    uint32_t *n = &sim->rounded[(size_t)l * sim->net->n_species + s];
    rsp_stream stream = rsp_lane_stream(sim, &sim->lanes[l], RSP_PURPOSE_ROUND,
                                        sim->net->species[s].channel);
    *x = low + (rsp_uniform(&stream, ++*n, 0) < was - low);
    if (flowed) {
        rsp_move_partners(sim, s, l, *x - was);
    }
    sim->lanes[l].same = false;
}

/* A lane in which all flows may step implicitly. */
static void set_way(rsp_sim *sim, uint32_t l)
{
    const rsp_lanes *b = &sim->block;
    rsp_lane *lane = &sim->lanes[l];
    bool flows = b->implicit != NULL;
    for (uint32_t s = 0; flows && s < b->net.n_species; s++) {
        flows = sim->regime[(size_t)s * b->width + l] == RSP_REGIME_ODE;
    }
    lane->all_flow = flows;
    if (!flows) {
        lane->stiff = lane->next_stiff = false;
        lane->calm = lane->steep = lane->mild = 0;
    } else if (sim->options.way == RSP_WAY_IMPLICIT) {
        lane->stiff = lane->next_stiff = true;
    }
}

bool rsp_regime_outgrows(rsp_sim *sim, uint32_t l)
{
    if (!rsp_few_ends(sim, l)) {
        return false;
    }
    for (uint32_t s = 0; s < sim->block.net.n_species; s++) {
        set_bounds(sim, s, l, (rsp_regime)sim->regime[(size_t)s * sim->block.width + l]);
    }
    return true;
}

void rsp_regime_start(rsp_sim *sim, uint32_t l)
{
    rsp_lanes *b = &sim->block;
    if (!b->stochastic) {
        return;
    }
    memset(sim->rounded + (size_t)l * b->net.n_species, 0,
           b->net.n_species * sizeof *sim->rounded);
    memset(sim->noise + (size_t)l * b->net.n_groups, 0,
           b->net.n_groups * sizeof *sim->noise);
    rsp_few_start(sim, l);
    b->last[l] = 0;
    for (uint32_t s = 0; s < b->net.n_species; s++) {
        double x = *rsp_at(b->x, s, b->width, l);
        rsp_regime regime = begin_regime(sim, s, l, x);
        set_bounds(sim, s, l, regime);
        if (regime == RSP_REGIME_EXACT) {
            round_species(sim, s, l, false);
        }
    }
    for (uint32_t r = 0; r < b->net.n_reactions; r++) {
        channel_regime(sim, r, l);
    }
    count_leaping(sim, l);
    set_way(sim, l);
    sim->relist[l / RSP_CHUNK] = sim->absent.is_new[l / RSP_CHUNK] = true;
}

void rsp_regime_update(rsp_sim *sim, uint32_t l, bool jumped)
{
    rsp_lanes *b = &sim->block;
    if (!b->stochastic) {
        return;
    }
    bool changed = false, ahead = rsp_leap_is_ahead(sim, l);
    for (uint32_t s = 0; s < b->net.n_species; s++) {
        rsp_regime now = (rsp_regime)sim->regime[(size_t)s * b->width + l];
        if (ahead && now != RSP_REGIME_EXACT) {
            continue;
        }
        double x = *rsp_at(b->x, s, b->width, l);
        rsp_regime next = next_regime(sim, s, l, now, x);
        if (next != now && b->leaping[l] > 0) {
            rsp_leap_settle_species(sim, l, s);
            x = *rsp_at(b->x, s, b->width, l);
            next = next_regime(sim, s, l, now, x);
        }
        if (next == RSP_REGIME_EXACT && (jumped || now != next)) {
            round_species(sim, s, l, now != next);
        }
        if (next == now) {
            continue;
        }
        changed = true;
        set_bounds(sim, s, l, next);
        for (uint32_t i = b->net.by_species[s]; i < b->net.by_species[s + 1]; i++) {
            channel_regime(sim, b->net.terms[i].index, l);
        }
    }
    if (changed) {
        count_leaping(sim, l);
        set_way(sim, l);
        /* With the last group that leapt settled, no held read waits for more. */
        sim->lanes[l].ready |= b->leaping[l] == 0;
        sim->relist[l / RSP_CHUNK] = true;
        sim->lanes[l].same = false;
    }
}

void rsp_regime_leave(rsp_sim *sim, uint32_t l)
{
    rsp_lanes *b = &sim->block;
    if (!b->stochastic) {
        return;
    }
    for (uint32_t r = 0; r < b->net.n_reactions; r++) {
        *rsp_at(b->flows, r, b->width, l) = 0;
        *rsp_at(b->fires, r, b->width, l) = 0;
        *rsp_at(b->a[0], r, b->width, l) = 0;
    }
    for (uint32_t g = 0; g < b->net.n_groups; g++) {
        *rsp_at(b->leaps, g, b->width, l) = 0;
        *rsp_at(b->pending, g, b->width, l) = 0;
        *rsp_at(b->skewed, g, b->width, l) = 0;
    }
    for (uint32_t s = 0; s < b->net.n_species; s++) {
        sim->regime[(size_t)s * b->width + l] = RSP_REGIME_EXACT;
        *rsp_at(b->is_leap, s, b->width, l) = 0;
        *rsp_at(b->low, s, b->width, l) = -(double)INFINITY;
        *rsp_at(b->high, s, b->width, l) = (double)INFINITY;
    }
    b->leaping[l] = 0;
    sim->relist[l / RSP_CHUNK] = true;
}

static bool any_lane(const double *rows, uint32_t row, const rsp_lanes *b,
                     uint32_t chunk)
{
    const double *v = rows + (size_t)row * b->width + (size_t)chunk * RSP_CHUNK;
    double sum = 0;
    for (int l = 0; l < RSP_CHUNK; l++) {
        sum += v[l];
    }
    return sum > 0;
}

static bool any_moves(const rsp_sim *sim, uint32_t s, uint32_t chunk)
{
    const uint8_t *regime = sim->regime + (size_t)s * sim->block.width + (size_t)chunk * RSP_CHUNK;
    bool any = false;
    for (int l = 0; l < RSP_CHUNK; l++) {
        any |= regime[l] != RSP_REGIME_EXACT;
    }
    return any;
}

static void add_item(rsp_list *list, uint32_t item)
{
    list->item[list->n++] = item;
}

static void list_channels(rsp_sim *sim, rsp_use *use, uint32_t chunk)
{
    rsp_lanes *b = &sim->block;
    bool *left_out = sim->absent.left_out + (size_t)chunk * b->net.n_reactions;
    bool *leaps = sim->absent.leaps;
    use->exact.n = use->flowing.n = use->mixed.n = use->noisy.n = 0;
    for (uint32_t g = 0; b->stochastic && g < b->net.n_groups; g++) {
        leaps[g] = any_lane(b->leaps, g, b, chunk);
        if (leaps[g]) {
            add_item(&use->noisy, g);
        }
    }
    for (uint32_t r = 0; r < b->net.n_reactions; r++) {
        sim->mark[r] = false;
        if (b->stochastic && left_out[r] && !leaps[b->net.group_of[r]]) {
            continue; /* leap noise adds up whole groups */
        }
        bool fires = b->stochastic && any_lane(b->fires, r, b, chunk);
        bool flows = !b->stochastic || any_lane(b->flows, r, b, chunk);
        if (fires) {
            add_item(&use->exact, r);
        }
        if (flows) {
            add_item(fires ? &use->mixed : &use->flowing, r);
        }
        sim->mark[r] = flows;
    }
}

/* Nothing makes it flow. */
static bool stands_still(const rsp_lanes *b, uint32_t s)
{
    return b->net.by_species[s] == b->net.by_species[s + 1] &&
           b->program->drift[s] == UINT32_MAX;
}

/* Of the species that flow those that fade_loop.c follows, or the others. */
static uint32_t list_moving(rsp_sim *sim, rsp_use *use, uint32_t chunk, bool fading, uint32_t n)
{
    const rsp_lanes *b = &sim->block;
    const bool fades = b->stochastic && b->tab == &rsp_tableau_bogacki3;
    for (uint32_t s = 0; s < b->net.n_species; s++) {
        if ((fades && b->net.relaxes[s]) != fading ||
            (b->stochastic && (!any_moves(sim, s, chunk) || stands_still(b, s)))) {
            continue;
        }
        use->first[use->moving.n] = n;
        add_item(&use->moving, s);
        for (uint32_t i = b->net.by_species[s]; i < b->net.by_species[s + 1]; i++) {
            if (sim->mark[b->net.terms[i].index]) {
                use->terms[n++] = b->net.terms[i];
            }
        }
    }
    return n;
}

static void list_species(rsp_sim *sim, rsp_use *use, uint32_t chunk)
{
    const rsp_lanes *b = &sim->block;
    use->moving.n = use->counted.n = 0;
    for (uint32_t s = 0; b->stochastic && s < b->net.n_species; s++) {
        if (any_lane(b->is_leap, s, b, chunk)) {
            add_item(&use->counted, s);
        }
    }
    uint32_t n = list_moving(sim, use, chunk, false, 0);
    use->n_plain = use->moving.n;
    n = list_moving(sim, use, chunk, true, n);
    use->first[use->moving.n] = n;
}

/* What died out is noticed after so many steps. */
enum { LOOK_EVERY = 64 };

void rsp_regime_lists(rsp_sim *sim)
{
    const bool looks = sim->block.stochastic && ++sim->absent.steps % LOOK_EVERY == 0;
    for (uint32_t c = 0; c < sim->block.n_chunks; c++) {
        const bool changed = sim->block.stochastic && rsp_absent_look(sim, c, looks);
        if (sim->relist[c] || changed) {
            list_channels(sim, &sim->block.use[c], c);
            list_species(sim, &sim->block.use[c], c);
            sim->relist[c] = false;
        }
    }
}
