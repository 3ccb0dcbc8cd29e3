/* The loops over a block's lanes; compiled once for each instruction set.
 *
 * Straight-line arithmetic on vectors of eight lanes: masks, no branches on
 * values, one order of every sum. */
#include <math.h>
#include <string.h>

#include "num/lane.h"
#include "sim/block.h"

#define RSP_JOIN2(a, b) a##b
#define RSP_JOIN(a, b) RSP_JOIN2(a, b)

static inline rsp_v8 at(const double *rows, uint32_t row, uint32_t width,
                        uint32_t first)
{
    return rsp_v8_load(rows + (size_t)row * width + first);
}

static inline void put(double *rows, uint32_t row, uint32_t width,
                       uint32_t first, rsp_v8 v)
{
    rsp_v8_store(rows + (size_t)row * width + first, v);
}

/* The larger one; a NaN in `b` comes out, one in `a` does not. */
static inline rsp_v8 larger(rsp_v8 a, rsp_v8 b)
{
    rsp_parts x = {.v = a}, y = {.v = b}, z;
    for (int i = 0; i < RSP_PARTS; i++) {
        z.n[i] = rsp_n_greater(x.n[i], y.n[i]);
    }
    return z.v;
}

/* The smaller one; a NaN in `a` is left out. */
static inline rsp_v8 smaller(rsp_v8 a, rsp_v8 b)
{
    rsp_parts x = {.v = a}, y = {.v = b}, z;
    for (int i = 0; i < RSP_PARTS; i++) {
        z.n[i] = rsp_n_lesser(x.n[i], y.n[i]);
    }
    return z.v;
}

static inline rsp_m8 chosen_lanes(const rsp_lanes *b, uint32_t first)
{
    return rsp_v8_truth(rsp_v8_load(b->select + first));
}

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

static inline rsp_v8 row_of(const double *rows, size_t row, size_t width)
{
    return rsp_v8_load(rows + row * width);
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

/* Largest expected gross change over amount of the species that leap. */
static void measure_haste(rsp_lanes *b, uint32_t chunk)
{
    const rsp_list counted = b->use[chunk].counted;
    const rsp_chunk c = chunk_of(b, chunk);
    const double *is_leap = b->is_leap + c.first, *flows = b->flows + c.first;
    rsp_v8 haste = rsp_v8_set(0);
    for (uint32_t i = 0; i < counted.n; i++) {
        uint32_t s = counted.item[i];
        rsp_v8 sum = rsp_v8_set(0);
        const rsp_term *end = b->net.terms + b->net.by_species[s + 1];
        for (const rsp_term *t = b->net.terms + b->net.by_species[s]; t < end; t++) {
            sum += rsp_v8_set(fabs(t->amount)) * rate_of(&c, t->index) *
                   row_of(flows, t->index, c.width);
        }
        rsp_v8 x = larger(rsp_v8_set(1), at(b->x, s, b->width, c.first));
        haste = larger(haste, sum * row_of(is_leap, s, c.width) / x);
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

static void derive(rsp_lanes *b, uint32_t stage)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
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
static void move_along(const rsp_lanes *b, uint32_t n, double *to)
{
    const size_t w = b->width;
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        const rsp_list moving = b->use[chunk].moving;
        const size_t first = (size_t)chunk * RSP_CHUNK;
        const double *x = b->x + first, *k[RSP_STAGES_MAX];
        const double *lowest = b->net.floor;
        rsp_v8 weight[RSP_STAGES_MAX];
        for (uint32_t j = 0; j < n; j++) {
            k[j] = b->k[j] + first;
            weight[j] = rsp_v8_load(b->w[j] + first);
        }
        for (uint32_t i = 0; i < moving.n; i++) {
            size_t s = moving.item[i];
            rsp_v8 sum = row_of(x, s, w);
            for (uint32_t j = 0; j < n; j++) {
                sum += weight[j] * row_of(k[j], s, w);
            }
            rsp_v8_store(to + first + s * w, larger(rsp_v8_set(lowest[s]), sum));
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

static void judge(rsp_lanes *b)
{
    const uint32_t w = b->width, n = b->tab->stages;
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        const rsp_list *moving = &b->use[chunk].moving;
        uint32_t first = chunk * RSP_CHUNK;
        rsp_v8 worst = rsp_v8_set(0);
        for (uint32_t i = 0; i < moving->n; i++) {
            uint32_t s = moving->item[i];
            rsp_v8 e = rsp_v8_set(0);
            for (uint32_t j = 0; j < n; j++) {
                e += rsp_v8_load(b->w[j] + first) * at(b->k[j], s, w, first);
            }
            rsp_v8 last = at(b->frame.rows, b->program->species + s, w, first);
            rsp_v8 size = larger(rsp_v8_abs(at(b->x, s, w, first)), rsp_v8_abs(last));
            e = rsp_v8_abs(e) / (rsp_v8_set(b->atol) + rsp_v8_set(b->rtol) * size);
            worst = rsp_v8_max(worst, e); /* a NaN in either stays */
        }
        if (b->stochastic) { /* in units of a firing */
            rsp_v8 e = rsp_v8_set(0);
            for (uint32_t j = 0; j < n; j++) {
                e += rsp_v8_load(b->w[j] + first) * rsp_v8_load(b->hazard[j] + first);
            }
            worst = rsp_v8_max(worst, rsp_v8_abs(e) / rsp_v8_set(b->rtol));
        }
        rsp_v8_store(b->err + first, worst);
    }
}

/* Integrals of exact rates over the step so far as w says. */
typedef struct rsp_extents {
    const double *a[RSP_STAGES_MAX];
    rsp_v8 weight[RSP_STAGES_MAX];
    uint32_t stages;
} rsp_extents;

static inline rsp_extents extents_of(const rsp_lanes *b, uint32_t first)
{
    rsp_extents e = {.stages = b->tab->stages};
    for (uint32_t j = 0; j < e.stages; j++) {
        e.a[j] = b->a[j] + first;
        e.weight[j] = rsp_v8_load(b->w[j] + first);
    }
    return e;
}

static inline rsp_v8 extent(const rsp_extents *e, size_t r, size_t width)
{
    rsp_v8 sum = rsp_v8_set(0);
    for (uint32_t j = 0; j < e->stages; j++) {
        sum += e->weight[j] * row_of(e->a[j], r, width);
    }
    return sum;
}

static uint32_t bits(rsp_m8 mask)
{
    uint32_t set = 0;
    for (int l = 0; l < RSP_CHUNK; l++) {
        set |= (uint32_t)(mask[l] & 1) << l;
    }
    return set;
}

static uint32_t cross(rsp_lanes *b, rsp_crossing *found)
{
    uint32_t n = 0;
    const rsp_v8 zero = rsp_v8_set(0);
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        const rsp_list *exact = &b->use[chunk].exact;
        uint32_t first = chunk * RSP_CHUNK;
        rsp_m8 chosen = chosen_lanes(b, first);
        const rsp_extents e = extents_of(b, first);
        for (uint32_t i = 0; i < exact->n; i++) {
            uint32_t r = exact->item[i];
            rsp_v8 sum = extent(&e, r, b->width);
            rsp_m8 hit = rsp_v8_ge(sum, at(b->left, r, b->width, first)) &
                         rsp_v8_gt(sum, zero) & chosen;
            if (rsp_m8_any(hit)) {
                found[n++] = (rsp_crossing){r, chunk, bits(hit)};
            }
        }
    }
    return n;
}

static void consume(rsp_lanes *b)
{
    const rsp_v8 zero = rsp_v8_set(0);
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        const rsp_list *exact = &b->use[chunk].exact;
        uint32_t first = chunk * RSP_CHUNK;
        rsp_m8 chosen = chosen_lanes(b, first);
        const rsp_extents e = extents_of(b, first);
        for (uint32_t i = 0; i < exact->n; i++) {
            uint32_t r = exact->item[i];
            rsp_v8 left = at(b->left, r, b->width, first);
            /* The earliest crossing cuts the step: what goes below zero here is
             * rounding. */
            rsp_v8 less = larger(zero, left - extent(&e, r, b->width));
            put(b->left, r, b->width, first, rsp_v8_select(chosen, less, left));
        }
    }
}

static void gather(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
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

static void normals(uint64_t seed, uint32_t trial, uint32_t participant,
                    uint32_t purpose, uint32_t index,
                    const uint32_t channel[RSP_CHUNK], double z[RSP_CHUNK])
{
    rsp_parts what, y;
    rsp_nw zero = {0};
    for (int i = 0; i < RSP_CHUNK; i++) {
        what.w[i] = purpose | channel[i] << 6;
    }
    for (int i = 0; i < RSP_PARTS; i++) {
        y.n[i] = rsp_n_normal_quantile(rsp_n_open(rsp_n_philox_top52(
            seed, zero + participant, zero + trial, what.nw[i], zero + index)));
    }
    memcpy(z, &y, sizeof y);
}

const rsp_kernel RSP_JOIN(rsp_kernel_, RSP_ISA) = {
    .place_start = place_start, .begin = begin, .place = place, .derive = derive,
    .weigh = weigh, .judge = judge, .advance = advance, .cross = cross,
    .consume = consume, .gather = gather, .settle = settle, .normals = normals,
};
