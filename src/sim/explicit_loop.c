/* Explicit steps of a block's lanes; compiled once for each instruction set.
 *
 * Straight-line arithmetic on vectors of eight lanes: masks, no branches on
 * values, one order of every sum. */
#include <math.h>
#include <string.h>

#include "sim/errors.h"
#include "sim/rows.h"

/* What the loops over one chunk read again and again, out of memory's way. */
typedef struct rsp_chunk {
    const double *rows;         /* the frame, from the chunk's first lane */
    const uint32_t *rate;       /* rows of the reactions' rates */
    double *scratch;
    size_t width;
    uint32_t first;
} rsp_chunk;

static inline rsp_chunk chunk_of(const rsp_lanes *b, uint32_t chunk)
{
    uint32_t first = chunk * RSP_CHUNK;
    return (rsp_chunk){b->frame.rows + first, b->program->rate, b->scratch, b->width,
                       first};
}

/* A rate; what is below zero is rounding (the solver looks), a NaN stays. */
static inline rsp_v8 rate_of(const rsp_chunk *c, uint32_t r)
{
    return larger(rsp_v8_set(0), row_of(c->rows, c->rate[r], c->width));
}

/* Rates of the chunk where they flow, into scratch; where they fire, into
 * a[stage], with their sum. */
static void split_rates(rsp_lanes *b, uint32_t stage, uint32_t chunk)
{
    const rsp_use use = b->use[chunk];
    const rsp_chunk c = chunk_of(b, chunk);
    const rsp_v8 zero = rsp_v8_set(0);
    const rsp_v8 least = rsp_v8_set(b->any_sign ? -(double)INFINITY : 0);
    rsp_v8 lowest = zero;
    for (uint32_t i = 0; i < use.flowing.n; i++) {
        uint32_t r = use.flowing.item[i];
        rsp_v8 raw = row_of(c.rows, c.rate[r], c.width);
        lowest = smaller(raw, lowest);
        rsp_v8_store(c.scratch + (size_t)r * RSP_CHUNK, larger(least, raw));
    }
    if (!b->stochastic) {
        rsp_v8_store(b->lowest + c.first, b->any_sign ? zero : lowest);
        return;
    }
    const double *flows = b->flows + c.first, *fires = b->fires + c.first;
    for (uint32_t i = 0; i < use.mixed.n; i++) {
        uint32_t r = use.mixed.item[i];
        rsp_v8_store(c.scratch + (size_t)r * RSP_CHUNK,
                     rate_of(&c, r) * row_of(flows, r, c.width));
    }
    double *a = b->a[stage] + c.first;
    rsp_v8 hazard = zero;
    for (uint32_t i = 0; i < use.exact.n; i++) {
        uint32_t r = use.exact.item[i];
        rsp_v8 raw = row_of(c.rows, c.rate[r], c.width);
        lowest = smaller(raw, lowest);
        rsp_v8 rate = larger(zero, raw) * row_of(fires, r, c.width);
        rsp_v8_store(a + r * c.width, rate);
        hazard += rate;
    }
    rsp_v8_store(b->lowest + c.first, lowest);
    rsp_v8_store(b->hazard[stage] + c.first, hazard);
}

static void gross_rates(rsp_lanes *b, uint32_t stage, uint32_t chunk)
{
    const rsp_list noisy = b->use[chunk].noisy;
    const rsp_chunk c = chunk_of(b, chunk);
    const double *leaps = b->leaps + c.first;
    double *gross = b->gross[stage] + c.first, *tilt = b->tilt[stage] + c.first;
    const uint32_t *members = b->net.members, *by_group = b->net.by_group;
    const double *sign = b->net.member_sign;
    for (uint32_t i = 0; i < noisy.n; i++) {
        uint32_t g = noisy.item[i];
        rsp_v8 sum = rsp_v8_set(0), balance = sum;
        for (uint32_t m = by_group[g]; m < by_group[g + 1]; m++) {
            rsp_v8 rate = rsp_v8_load(c.scratch + (size_t)members[m] * RSP_CHUNK);
            sum += rate;
            balance += rsp_v8_set(sign[m]) * rate;
        }
        rsp_v8 on = row_of(leaps, g, c.width);
        rsp_v8_store(gross + g * c.width, sum * on);
        rsp_v8_store(tilt + g * c.width, balance * on);
    }
}

static void sum_rates(rsp_lanes *b, uint32_t stage, uint32_t chunk, bool keep)
{
    const rsp_use use = b->use[chunk];
    const rsp_chunk c = chunk_of(b, chunk);
    const uint32_t *drifts = b->program->drift;
    double *k = b->k[stage] + c.first;
    rsp_m8 chosen = chosen_lanes(b, c.first);
    for (uint32_t i = 0; i < use.moving.n; i++) {
        uint32_t s = use.moving.item[i];
        rsp_v8 sum = rsp_v8_set(0);
        if (drifts[s] != UINT32_MAX) {
            sum = row_of(c.rows, drifts[s], c.width);
        }
        const rsp_term *end = use.terms + use.first[i + 1];
        for (const rsp_term *t = use.terms + use.first[i]; t < end; t++) {
            sum += rsp_v8_set(t->amount) *
                   rsp_v8_load(c.scratch + (size_t)t->index * RSP_CHUNK);
        }
        if (keep) {
            sum = rsp_v8_select(chosen, sum, row_of(k, s, c.width));
        }
        rsp_v8_store(k + s * c.width, sum);
    }
}

/* How fast the species that leap use up a leap.  Most by their expected gross
 * change over their amount.  One that relaxes forgets: `leap` / RSP_RELAX_HASTE
 * times what it takes to, but not longer than keeps its noise small beside its
 * amount: a variance of RSP_RELAX_NOISE leap^2 of the squared amount; and less long where
 * it is far from settled, as rates then change within a leap. */
static void measure_haste(rsp_lanes *b, uint32_t chunk)
{
    const rsp_list counted = b->use[chunk].counted;
    const rsp_chunk c = chunk_of(b, chunk);
    const double *is_leap = b->is_leap + c.first, *flows = b->flows + c.first;
    const rsp_v8 zero = rsp_v8_set(0), one = rsp_v8_set(1);
    const rsp_v8 forgets = rsp_v8_set(RSP_RELAX_HASTE);
    const rsp_v8 cells = rsp_v8_set(1 / (RSP_RELAX_NOISE * b->leap));
    rsp_v8 haste = zero;
    for (uint32_t i = 0; i < counted.n; i++) {
        uint32_t s = counted.item[i];
        rsp_v8 gross = zero, lost = zero;
        const rsp_term *end = b->net.terms + b->net.by_species[s + 1];
        for (const rsp_term *t = b->net.terms + b->net.by_species[s]; t < end; t++) {
            rsp_v8 flow = rsp_v8_set(fabs(t->amount)) * rate_of(&c, t->index) *
                          row_of(flows, t->index, c.width);
            gross += flow;
            if (t->amount < 0) {
                lost += flow;
            }
        }
        rsp_v8 x = larger(one, at(b->x, s, b->width, c.first));
        rsp_v8 mine = gross / x;
        if (b->net.relaxes[s]) {
            rsp_v8 rate = lost / x;
            put(b->relax, s, b->width, c.first, rate);
            const rsp_v8 drift = rsp_v8_abs(at(b->k[0], s, b->width, c.first)) / x;
            const rsp_m8 is_far = rsp_v8_gt(drift, rsp_v8_set(RSP_SETTLED) * rate);
            const rsp_v8 settling =
                rsp_v8_select(is_far, rsp_v8_set(RSP_SETTLE_HASTE) * rate,
                              rsp_v8_set(RSP_SETTLED) * drift);
            const rsp_v8 least = larger(settling, forgets * rate);
            mine = smaller(mine, larger(least, mine * cells / x));
        }
        haste = larger(haste, mine * row_of(is_leap, s, c.width));
    }
    rsp_v8_store(b->haste + c.first, haste);
}

static void begin(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        split_rates(b, 0, chunk);
        sum_rates(b, 0, chunk, b->tab->fsal);
        if (b->stochastic) {
            gross_rates(b, 0, chunk);
            measure_haste(b, chunk);
        }
    }
}

/* Derivatives of a deterministic chunk at a later stage: what split_rates and
 * sum_rates do where every reaction flows, to the bit. */
static void flow(rsp_lanes *b, uint32_t stage, uint32_t chunk)
{
    const rsp_chunk c = chunk_of(b, chunk);
    const uint32_t *drifts = b->program->drift;
    const rsp_v8 least = rsp_v8_set(b->any_sign ? -(double)INFINITY : 0);
    double *k = b->k[stage] + c.first;
    const rsp_use *use = &b->use[chunk];
    for (uint32_t i = 0; i < use->moving.n; i++) {
        const uint32_t s = use->moving.item[i];
        rsp_v8 sum = rsp_v8_set(0);
        if (drifts[s] != UINT32_MAX) {
            sum = row_of(c.rows, drifts[s], c.width);
        }
        const rsp_term *end = use->terms + use->first[i + 1];
        for (const rsp_term *t = use->terms + use->first[i]; t < end; t++) {
            sum += rsp_v8_set(t->amount) *
                   larger(least, row_of(c.rows, c.rate[t->index], c.width));
        }
        rsp_v8_store(k + s * c.width, sum);
    }
}

static void derive(rsp_lanes *b, uint32_t stage)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (!b->active[chunk]) {
            continue;
        }
        /* The last stage may be the next step's first, whose signs are looked at. */
        if (!b->stochastic && stage + 1 < b->tab->stages) {
            flow(b, stage, chunk);
            continue;
        }
        split_rates(b, stage, chunk);
        sum_rates(b, stage, chunk, false);
        if (b->stochastic && stage == 1) {
            gross_rates(b, stage, chunk);
        }
    }
}

static void place_start(rsp_lanes *b)
{
    memcpy(b->frame.rows + (size_t)b->program->species * b->width, b->x,
           (size_t)b->net.n_species * b->width * sizeof *b->x);
}

/* x0 + w0 k0 + w1 k1 + ... of moving species, in this order everywhere: the end
 * of a step and a last stage placed there agree to the bit. */
RSP_LANE_INLINE void move_chunk(const rsp_lanes *b, uint32_t chunk, uint32_t n, double *to)
{
    const size_t w = b->width;
    const rsp_list moving = b->use[chunk].moving;
    const size_t first = (size_t)chunk * RSP_CHUNK;
    const double *x = b->x + first, *k[RSP_STAGES_MAX];
    const double *lowest = b->net.floor;
    rsp_v8 weight[RSP_STAGES_MAX];
    for (uint32_t j = 0; j < n; j++) {
        k[j] = b->k[j] + first;
        weight[j] = rsp_v8_load(b->w[j] + first);
    }
    for (uint32_t i = 0; i < b->use[chunk].n_plain; i++) {
        size_t s = moving.item[i];
        rsp_v8 sum = row_of(x, s, w);
        for (uint32_t j = 0; j < n; j++) {
            sum += weight[j] * row_of(k[j], s, w);
        }
        rsp_v8_store(to + first + s * w, larger(rsp_v8_set(lowest[s]), sum));
    }
}

static void move_along(const rsp_lanes *b, uint32_t n, double *to)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (b->active[chunk]) {
            RSP_WITH_STAGES(n, move_chunk(b, chunk, N, to))
        }
    }
}

static void place(rsp_lanes *b, uint32_t stage)
{
    move_along(b, stage, b->frame.rows + (size_t)b->program->species * b->width);
}

static void advance(rsp_lanes *b)
{
    move_along(b, b->tab->stages - (b->tab->fsal ? 1 : 0), b->xn);
}

static void weigh(rsp_lanes *b, const double *coefficient, uint32_t n)
{
    for (uint32_t first = 0; first < b->width; first += RSP_CHUNK) {
        rsp_v8 h = rsp_v8_load(b->h + first);
        for (uint32_t i = 0; i < n; i++) {
            rsp_v8_store(b->w[i] + first, rsp_v8_set(coefficient[i]) * h);
        }
    }
}

static void grow(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        const uint32_t first = chunk * RSP_CHUNK;
        rsp_v8_store(b->grow + first, growth(rsp_v8_load(b->err + first), b->tab->root));
    }
}

/* The number of stages is a constant where this is expanded, and `stochastic` is. */
RSP_LANE_INLINE void judge_chunk(rsp_lanes *b, uint32_t chunk, uint32_t n, bool stochastic)
{
    const uint32_t w = b->width;
    const rsp_list *moving = &b->use[chunk].moving;
    const uint32_t first = chunk * RSP_CHUNK;
    const rsp_v8 atol = rsp_v8_set(b->atol), rtol = rsp_v8_set(b->rtol);
    const double *last_place = b->frame.rows + (size_t)b->program->species * w;
    rsp_v8 worst = rsp_v8_set(0), weight[RSP_STAGES_MAX];
    rsp_error_sum sum = error_none();
    for (uint32_t j = 0; j < n; j++) {
        weight[j] = rsp_v8_load(b->w[j] + first);
    }
    for (uint32_t i = 0; i < b->use[chunk].n_plain; i++) {
        uint32_t s = moving->item[i];
        rsp_v8 e = rsp_v8_set(0);
        for (uint32_t j = 0; j < n; j++) {
            e += weight[j] * at(b->k[j], s, w, first);
        }
        rsp_v8 last = at(last_place, s, w, first);
        rsp_v8 size = larger(rsp_v8_abs(at(b->x, s, w, first)), rsp_v8_abs(last));
        if (stochastic) {
            rsp_v8 noise = rsp_v8_set(RSP_NOISE_SIZE) * rsp_v8_sqrt(size);
            rsp_m8 leaps = rsp_v8_truth(at(b->is_leap, s, w, first));
            size += rsp_v8_select(leaps, noise, rsp_v8_set(0));
        }
        e = rsp_v8_abs(e) / (atol + rtol * size);
        worst = rsp_v8_max(worst, e); /* a NaN in either stays */
        if (!stochastic) {
            error_add(&sum, e);
        }
    }
    if (!stochastic) {
        error_put(&sum, b->net.n_species, 1, b->tab->root, b->err + first, b->grow + first);
        return;
    }
    rsp_v8 e = rsp_v8_set(0); /* in firings */
    for (uint32_t j = 0; j < n; j++) {
        e += weight[j] * rsp_v8_load(b->hazard[j] + first);
    }
    worst = rsp_v8_max(worst, rsp_v8_abs(e) / (rsp_v8_set(RSP_FIRING_SIZE) * rtol));
    rsp_v8_store(b->err + first, worst);
}

static void judge(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (!b->active[chunk]) {
            continue;
        }
        if (b->stochastic) {
            RSP_WITH_STAGES(b->tab->stages, judge_chunk(b, chunk, N, true))
        } else {
            RSP_WITH_STAGES(b->tab->stages, judge_chunk(b, chunk, N, false))
        }
    }
}

static void gather(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (!b->active[chunk]) {
            continue;
        }
        const rsp_list *noisy = &b->use[chunk].noisy;
        uint32_t first = chunk * RSP_CHUNK;
        rsp_m8 chosen = chosen_lanes(b, first);
        rsp_v8 p0 = rsp_v8_load(b->part[0] + first);
        rsp_v8 p1 = rsp_v8_load(b->part[1] + first);
        for (uint32_t i = 0; i < noisy->n; i++) {
            uint32_t g = noisy->item[i];
            rsp_v8 before = at(b->pending, g, b->width, first);
            rsp_v8 more = p0 * at(b->gross[0], g, b->width, first) +
                          p1 * at(b->gross[1], g, b->width, first);
            put(b->pending, g, b->width, first,
                rsp_v8_select(chosen, before + larger(rsp_v8_set(0), more), before));
            before = at(b->skewed, g, b->width, first);
            more = p0 * at(b->tilt[0], g, b->width, first) +
                   p1 * at(b->tilt[1], g, b->width, first);
            put(b->skewed, g, b->width, first,
                rsp_v8_select(chosen, before + more, before));
        }
    }
}

static void settle(rsp_lanes *b)
{
    const uint32_t w = b->width;
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        const rsp_list *moving = &b->use[chunk].moving;
        uint32_t first = chunk * RSP_CHUNK;
        rsp_m8 chosen = chosen_lanes(b, first);
        rsp_m8 out = rsp_v8_lt(rsp_v8_set(0), rsp_v8_set(0));
        for (uint32_t i = 0; i < moving->n; i++) {
            uint32_t s = moving->item[i];
            rsp_v8 x = rsp_v8_select(chosen, at(b->xn, s, w, first), at(b->x, s, w, first));
            put(b->x, s, w, first, x);
            if (b->stochastic) {
                out |= rsp_v8_lt(x, at(b->low, s, w, first)) |
                       rsp_v8_ge(x, at(b->high, s, w, first));
            }
            if (b->tab->fsal) {
                const double *last = b->k[b->tab->stages - 1];
                put(b->k[0], s, w, first,
                    rsp_v8_select(chosen, at(last, s, w, first),
                                  at(b->k[0], s, w, first)));
            }
        }
        rsp_v8_store(b->out + first, rsp_v8_from_mask(out));
    }
}

/* What the derivatives of the last two stages differ by over what the states do estimates
 * the largest eigenvalue, where these are at the same time (Hairer & Wanner 1996, IV.2).
 * Those of Bogacki & Shampine's are not: there what is smooth, which differs evenly from
 * stage to stage, is taken off both.  Species that relax hold no step. */
typedef struct turn {
    rsp_v8 moved, turned;
} turn;

static inline turn turn_of(const rsp_lanes *b, size_t s, size_t first)
{
    const uint32_t last = b->tab->stages - 1;
    if (b->stochastic) {
        const rsp_v8 k0 = row_of(b->k[0] + first, s, b->width), k1 = row_of(b->k[1] + first, s, b->width);
        return (turn){rsp_v8_set(0.75) * (k1 - k0), row_of(b->k[2] + first, s, b->width) -
                                                       rsp_v8_set(1.5) * k1 + rsp_v8_set(0.5) * k0};
    }
    rsp_v8 moved = rsp_v8_set(0);
    for (uint32_t j = 0; j < last; j++) {
        moved += rsp_v8_set(b->tab->a[last][j] - b->tab->a[last - 1][j]) *
                 row_of(b->k[j] + first, s, b->width);
    }
    return (turn){moved, row_of(b->k[last] + first, s, b->width) -
                             row_of(b->k[last - 1] + first, s, b->width)};
}

static void strain(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (!b->active[chunk]) {
            continue;
        }
        const size_t first = (size_t)chunk * RSP_CHUNK;
        const rsp_v8 least = rsp_v8_set(b->atol / b->rtol);
        rsp_v8 above = rsp_v8_set(0), below = above;
        for (uint32_t i = 0; i < b->use[chunk].n_plain; i++) {
            const size_t s = b->use[chunk].moving.item[i];
            const turn t = turn_of(b, s, first);
            const rsp_v8 unit = least + rsp_v8_abs(row_of(b->x + first, s, b->width));
            const rsp_v8 turned = t.turned / unit, moved = t.moved / unit;
            above += turned * turned;
            below += moved * moved;
        }
        /* The states moved h times that much; (h eigenvalue)^2 is the quotient. */
        rsp_v8_store(b->implicit->strain + first, above / below);
    }
}

const rsp_kernel RSP_ISA_NAME(rsp_kernel) = {
    .place_start = place_start, .begin = begin, .place = place, .derive = derive,
    .weigh = weigh, .judge = judge, .grow = grow, .advance = advance,
    .gather = gather, .settle = settle, .strain = strain,
};
