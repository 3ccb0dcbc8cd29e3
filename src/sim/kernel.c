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

static inline rsp_m8 chosen_lanes(const rsp_lanes *b, uint32_t first)
{
    return rsp_v8_truth(rsp_v8_load(b->select + first));
}

/* A rate; what is below zero is rounding (the solver looks), a NaN stays. */
static inline rsp_v8 rate_at(const rsp_lanes *b, uint32_t r, uint32_t first)
{
    return larger(rsp_v8_set(0),
                  at(b->frame.rows, b->program->rate[r], b->width, first));
}

static inline double *scratch_at(const rsp_lanes *b, uint32_t r)
{
    return b->scratch + (size_t)r * RSP_CHUNK;
}

/* Rates of the chunk where they flow, into scratch; where they fire, into
 * a[stage], with their sum. */
static void split_rates(rsp_lanes *b, uint32_t stage, uint32_t chunk)
{
    const rsp_use *use = &b->use[chunk];
    const uint32_t w = b->width, first = chunk * RSP_CHUNK;
    for (uint32_t i = 0; i < use->flowing.n; i++) {
        uint32_t r = use->flowing.item[i];
        rsp_v8_store(scratch_at(b, r), rate_at(b, r, first));
    }
    for (uint32_t i = 0; i < use->mixed.n; i++) {
        uint32_t r = use->mixed.item[i];
        rsp_v8_store(scratch_at(b, r),
                     rate_at(b, r, first) * at(b->flows, r, w, first));
    }
    rsp_v8 hazard = rsp_v8_set(0);
    for (uint32_t i = 0; i < use->exact.n; i++) {
        uint32_t r = use->exact.item[i];
        rsp_v8 rate = rate_at(b, r, first) * at(b->fires, r, w, first);
        put(b->a[stage], r, w, first, rate);
        hazard += rate;
    }
    if (b->stochastic) {
        rsp_v8_store(b->hazard[stage] + first, hazard);
    }
}

static void gross_rates(rsp_lanes *b, uint32_t stage, uint32_t chunk)
{
    const rsp_use *use = &b->use[chunk];
    const uint32_t first = chunk * RSP_CHUNK;
    for (uint32_t i = 0; i < use->noisy.n; i++) {
        uint32_t g = use->noisy.item[i];
        rsp_v8 sum = rsp_v8_set(0);
        for (uint32_t m = b->net.by_group[g]; m < b->net.by_group[g + 1]; m++) {
            sum += rsp_v8_load(scratch_at(b, b->net.members[m]));
        }
        put(b->gross[stage], g, b->width, first,
            sum * at(b->leaps, g, b->width, first));
    }
}

static void sum_rates(rsp_lanes *b, uint32_t stage, uint32_t chunk, bool keep)
{
    const rsp_use *use = &b->use[chunk];
    const uint32_t w = b->width, first = chunk * RSP_CHUNK;
    rsp_m8 chosen = chosen_lanes(b, first);
    for (uint32_t i = 0; i < use->moving.n; i++) {
        uint32_t s = use->moving.item[i];
        uint32_t drift = b->program->drift[s];
        rsp_v8 sum = rsp_v8_set(0);
        if (drift != UINT32_MAX) {
            sum = at(b->frame.rows, drift, w, first);
        }
        for (uint32_t j = use->first[i]; j < use->first[i + 1]; j++) {
            sum += rsp_v8_set(use->terms[j].amount) *
                   rsp_v8_load(scratch_at(b, use->terms[j].index));
        }
        if (keep) {
            sum = rsp_v8_select(chosen, sum, at(b->k[stage], s, w, first));
        }
        put(b->k[stage], s, w, first, sum);
    }
}

/* Largest expected gross change over amount of the species that leap. */
static void measure_haste(rsp_lanes *b, uint32_t chunk)
{
    const rsp_use *use = &b->use[chunk];
    const uint32_t w = b->width, first = chunk * RSP_CHUNK;
    rsp_v8 haste = rsp_v8_set(0);
    for (uint32_t i = 0; i < use->counted.n; i++) {
        uint32_t s = use->counted.item[i];
        rsp_v8 sum = rsp_v8_set(0);
        for (uint32_t j = b->net.by_species[s]; j < b->net.by_species[s + 1]; j++) {
            const rsp_term *term = &b->net.terms[j];
            sum += rsp_v8_set(fabs(term->amount)) * rate_at(b, term->index, first) *
                   at(b->flows, term->index, w, first);
        }
        rsp_v8 x = larger(rsp_v8_set(1), at(b->x, s, w, first));
        haste = larger(haste, sum * at(b->is_leap, s, w, first) / x);
    }
    rsp_v8_store(b->haste + first, haste);
}

static void find_lowest(rsp_lanes *b, uint32_t chunk)
{
    rsp_v8 lowest = rsp_v8_set(0);
    for (uint32_t r = 0; r < b->net.n_reactions; r++) {
        lowest = rsp_v8_min(lowest, at(b->frame.rows, b->program->rate[r], b->width,
                                       chunk * RSP_CHUNK));
    }
    rsp_v8_store(b->lowest + (size_t)chunk * RSP_CHUNK, lowest);
}

static void begin(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        find_lowest(b, chunk);
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
        if (b->tab->fsal && stage + 1 == b->tab->stages) {
            find_lowest(b, chunk);
        }
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

/* x0 + w0 k0 + w1 k1 + ..., in this order everywhere: the end of a step and a
 * last stage placed there agree to the bit. */
static inline rsp_v8 along(const rsp_lanes *b, uint32_t n, uint32_t s,
                           uint32_t first)
{
    rsp_v8 x = at(b->x, s, b->width, first);
    for (uint32_t j = 0; j < n; j++) {
        x += rsp_v8_load(b->w[j] + first) * at(b->k[j], s, b->width, first);
    }
    return larger(rsp_v8_set(b->net.floor[s]), x);
}

static void place(rsp_lanes *b, uint32_t stage)
{
    double *rows = b->frame.rows;
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        const rsp_list *moving = &b->use[chunk].moving;
        for (uint32_t i = 0; i < moving->n; i++) {
            put(rows, b->program->species + moving->item[i], b->width,
                chunk * RSP_CHUNK, along(b, stage, moving->item[i], chunk * RSP_CHUNK));
        }
    }
}

static void advance(rsp_lanes *b)
{
    uint32_t n = b->tab->stages - (b->tab->fsal ? 1 : 0);
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        const rsp_list *moving = &b->use[chunk].moving;
        for (uint32_t i = 0; i < moving->n; i++) {
            put(b->xn, moving->item[i], b->width, chunk * RSP_CHUNK,
                along(b, n, moving->item[i], chunk * RSP_CHUNK));
        }
    }
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

static inline rsp_v8 extent(const rsp_lanes *b, uint32_t r, uint32_t first)
{
    rsp_v8 sum = rsp_v8_set(0);
    for (uint32_t j = 0; j < b->tab->stages; j++) {
        sum += rsp_v8_load(b->w[j] + first) * at(b->a[j], r, b->width, first);
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
        for (uint32_t i = 0; i < exact->n; i++) {
            uint32_t r = exact->item[i];
            rsp_v8 sum = extent(b, r, first);
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
        for (uint32_t i = 0; i < exact->n; i++) {
            uint32_t r = exact->item[i];
            rsp_v8 left = at(b->left, r, b->width, first);
            /* The earliest crossing cuts the step: what goes below zero here is
             * rounding. */
            rsp_v8 less = larger(zero, left - extent(b, r, first));
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
