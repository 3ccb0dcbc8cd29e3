/* The loops over a block's lanes; compiled once for each instruction set.
 *
 * Straight-line arithmetic on vectors of eight lanes: masks, no branches on
 * values, one order of every sum. */
#include <math.h>
#include <string.h>

#include "num/lane.h"
#include "respite/num.h"
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

/* Rates of the chunk, negative rounding cut to zero (a NaN stays), times the
 * mask, into `scratch`; unmasked into a[stage] where they are kept. */
static void mask_rates(rsp_lanes *b, uint32_t stage, uint32_t chunk)
{
    const uint32_t w = b->width, first = chunk * RSP_CHUNK;
    const double *rows = b->frame.rows;
    const rsp_v8 zero = rsp_v8_set(0);
    rsp_v8 lowest = zero;
    for (uint32_t r = 0; r < b->net.n_reactions; r++) {
        rsp_v8 rate = at(rows, b->program->rate[r], w, first);
        lowest = rsp_v8_min(rate, lowest);
        rate = rsp_v8_max(rate, zero);
        rsp_v8_store(b->scratch + (size_t)r * RSP_CHUNK, rate);
    }
    rsp_v8_store(b->lowest + first, lowest);
    if (b->kept == NULL) {
        return;
    }
    const rsp_list *kept = &b->kept[chunk];
    for (uint32_t i = 0; i < kept->n; i++) {
        uint32_t r = kept->item[i];
        put(b->a[stage], r, w, first,
            rsp_v8_load(b->scratch + (size_t)r * RSP_CHUNK));
    }
    const rsp_list *exact = &b->exact[chunk];
    for (uint32_t i = 0; i < exact->n; i++) {
        double *at_r = b->scratch + (size_t)exact->item[i] * RSP_CHUNK;
        rsp_v8_store(at_r, rsp_v8_load(at_r) * at(b->mask, exact->item[i], w, first));
    }
}

static void derive(rsp_lanes *b, uint32_t stage, bool keep)
{
    const uint32_t w = b->width;
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        uint32_t first = chunk * RSP_CHUNK;
        mask_rates(b, stage, chunk);
        rsp_m8 chosen = rsp_v8_truth(rsp_v8_load(b->select + first));
        for (uint32_t s = 0; s < b->net.n_species; s++) {
            rsp_v8 sum = rsp_v8_set(0);
            uint32_t drift = b->program->drift[s];
            if (drift != UINT32_MAX) {
                sum = at(b->frame.rows, drift, w, first);
            }
            for (uint32_t i = b->net.by_species[s]; i < b->net.by_species[s + 1]; i++) {
                const rsp_term *term = &b->net.terms[i];
                sum += rsp_v8_set(term->amount) *
                       rsp_v8_load(b->scratch + (size_t)term->index * RSP_CHUNK);
            }
            if (keep) {
                sum = rsp_v8_select(chosen, sum, at(b->k[stage], s, w, first));
            }
            put(b->k[stage], s, w, first, sum);
        }
    }
}

static void bound(rsp_lanes *b)
{
    const uint32_t w = b->width;
    const rsp_v8 zero = rsp_v8_set(0);
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        uint32_t first = chunk * RSP_CHUNK;
        rsp_v8 hazard = zero, haste = zero;
        const rsp_list *exact = &b->exact[chunk];
        for (uint32_t i = 0; i < exact->n; i++) {
            uint32_t r = exact->item[i];
            hazard += at(b->a[0], r, w, first) *
                      (rsp_v8_set(1) - at(b->mask, r, w, first));
        }
        const rsp_list *counted = &b->counted[chunk];
        for (uint32_t i = 0; i < counted->n; i++) {
            uint32_t s = counted->item[i];
            rsp_v8 gross = zero;
            for (uint32_t j = b->net.by_species[s]; j < b->net.by_species[s + 1]; j++) {
                const rsp_term *term = &b->net.terms[j];
                gross += rsp_v8_set(fabs(term->amount)) *
                         at(b->a[0], term->index, w, first) *
                         at(b->mask, term->index, w, first);
            }
            rsp_v8 x = rsp_v8_max(at(b->x, s, w, first), rsp_v8_set(1));
            haste = rsp_v8_max(haste, gross * at(b->is_leap, s, w, first) / x);
        }
        rsp_v8_store(b->hazard + first, hazard);
        rsp_v8_store(b->haste + first, haste);
    }
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
    return rsp_v8_max(x, rsp_v8_set(b->net.floor[s]));
}

static void place(rsp_lanes *b, uint32_t stage)
{
    double *rows = b->frame.rows;
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        for (uint32_t s = 0; s < b->net.n_species; s++) {
            put(rows, b->program->species + s, b->width, chunk * RSP_CHUNK,
                along(b, stage, s, chunk * RSP_CHUNK));
        }
    }
}

static void advance(rsp_lanes *b)
{
    uint32_t n = b->tab->stages - (b->tab->fsal ? 1 : 0);
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        for (uint32_t s = 0; s < b->net.n_species; s++) {
            put(b->xn, s, b->width, chunk * RSP_CHUNK,
                along(b, n, s, chunk * RSP_CHUNK));
        }
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

static void judge(rsp_lanes *b)
{
    const rsp_v8 zero = rsp_v8_set(0);
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        uint32_t first = chunk * RSP_CHUNK;
        rsp_v8 worst = zero;
        for (uint32_t s = 0; s < b->net.n_species; s++) {
            rsp_v8 e = zero;
            for (uint32_t j = 0; j < b->tab->stages; j++) {
                e += rsp_v8_load(b->w[j] + first) * at(b->k[j], s, b->width, first);
            }
            rsp_v8 size = rsp_v8_max(rsp_v8_abs(at(b->x, s, b->width, first)),
                                 rsp_v8_abs(at(b->xn, s, b->width, first)));
            e = rsp_v8_abs(e) / (rsp_v8_set(b->atol) + rsp_v8_set(b->rtol) * size);
            worst = rsp_v8_max(worst, e); /* a NaN stays */
        }
        const uint32_t n_exact = b->stochastic ? b->exact[chunk].n : 0;
        for (uint32_t i = 0; i < n_exact; i++) {
            uint32_t r = b->exact[chunk].item[i];
            rsp_v8 fires = rsp_v8_set(1) - at(b->mask, r, b->width, first);
            rsp_v8 e = rsp_v8_abs(extent(b, r, first)) * fires / rsp_v8_set(b->rtol);
            worst = rsp_v8_max(worst, e);
        }
        rsp_v8_store(b->err + first, worst);
    }
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
        uint32_t first = chunk * RSP_CHUNK;
        rsp_m8 live = rsp_v8_truth(rsp_v8_load(b->select + first));
        for (uint32_t i = 0; i < b->exact[chunk].n; i++) {
            uint32_t r = b->exact[chunk].item[i];
            rsp_v8 sum = extent(b, r, first) *
                         (rsp_v8_set(1) - at(b->mask, r, b->width, first));
            rsp_m8 hit = rsp_v8_ge(sum, at(b->left, r, b->width, first)) &
                         rsp_v8_gt(sum, zero) & live;
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
        uint32_t first = chunk * RSP_CHUNK;
        rsp_m8 chosen = rsp_v8_truth(rsp_v8_load(b->select + first));
        for (uint32_t i = 0; i < b->exact[chunk].n; i++) {
            uint32_t r = b->exact[chunk].item[i];
            rsp_v8 left = at(b->left, r, b->width, first);
            rsp_v8 less = left - extent(b, r, first) *
                          (rsp_v8_set(1) - at(b->mask, r, b->width, first));
            /* The earliest crossing cuts the step, so that what goes below
             * zero here is rounding. */
            put(b->left, r, b->width, first,
                rsp_v8_select(chosen, rsp_v8_max(less, zero), left));
        }
    }
}

static void draw(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        uint32_t first = chunk * RSP_CHUNK;
        rsp_lane_ids ids;
        memcpy(&ids.trial, b->trial + first, sizeof ids.trial);
        memcpy(&ids.participant, b->participant + first, sizeof ids.participant);
        memcpy(&ids.index, b->leap_no + first, sizeof ids.index);
        for (uint32_t i = 0; i < b->noisy[chunk].n; i++) {
            uint32_t g = b->noisy[chunk].item[i];
            put(b->z, g, b->width, first,
                rsp_v8_normal(&ids, b->seed, RSP_PURPOSE_LEAP, b->leap_channel[g], 0));
        }
    }
}

static void shake(rsp_lanes *b)
{
    const rsp_v8 zero = rsp_v8_set(0);
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        uint32_t first = chunk * RSP_CHUNK;
        const rsp_list *noisy = &b->noisy[chunk];
        rsp_v8 clamped = zero;
        for (uint32_t i = 0; i < noisy->n; i++) {
            uint32_t g = noisy->item[i];
            rsp_v8 variance = zero;
            for (uint32_t m = b->net.by_group[g]; m < b->net.by_group[g + 1]; m++) {
                variance += extent(b, b->net.members[m], first);
            }
            variance = rsp_v8_max(variance, zero) * at(b->leaps, g, b->width, first);
            rsp_v8 noise = rsp_v8_sqrt(variance) * at(b->z, g, b->width, first);
            uint32_t lead = b->net.members[b->net.by_group[g]];
            for (uint32_t c = b->net.by_reaction[lead]; c < b->net.by_reaction[lead + 1]; c++) {
                const rsp_term *change = &b->net.changes[c];
                put(b->xn, change->index, b->width, first,
                    at(b->xn, change->index, b->width, first) +
                        rsp_v8_set(change->amount) * noise);
            }
        }
        const uint32_t n_species = noisy->n > 0 ? b->net.n_species : 0;
        for (uint32_t s = 0; s < n_species; s++) {
            rsp_v8 x = at(b->xn, s, b->width, first);
            rsp_v8 low = rsp_v8_set(b->net.floor[s]);
            clamped += rsp_v8_from_mask(rsp_v8_lt(x, low));
        }
        rsp_v8_store(b->clamped + first, clamped);
    }
}

static void settle(rsp_lanes *b)
{
    const rsp_v8 zero = rsp_v8_set(0);
    const uint32_t w = b->width;
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        uint32_t first = chunk * RSP_CHUNK;
        rsp_m8 chosen = rsp_v8_truth(rsp_v8_load(b->select + first));
        rsp_v8 out = zero;
        for (uint32_t s = 0; s < b->net.n_species; s++) {
            rsp_v8 x = rsp_v8_max(at(b->xn, s, w, first), rsp_v8_set(b->net.floor[s]));
            x = rsp_v8_select(chosen, x, at(b->x, s, w, first));
            put(b->x, s, w, first, x);
            if (b->stochastic) {
                rsp_m8 left = rsp_v8_lt(x, at(b->low, s, w, first)) |
                              rsp_v8_ge(x, at(b->high, s, w, first));
                out = rsp_v8_select(left, rsp_v8_set(1), out);
            }
            if (b->tab->fsal) {
                const double *last = b->k[b->tab->stages - 1];
                put(b->k[0], s, w, first,
                    rsp_v8_select(chosen, at(last, s, w, first),
                                  at(b->k[0], s, w, first)));
            }
        }
        rsp_v8_store(b->out + first, out);
    }
}

const rsp_kernel RSP_JOIN(rsp_kernel_, RSP_ISA) = {
    .derive = derive, .bound = bound, .place = place, .judge = judge,
    .advance = advance, .cross = cross, .consume = consume, .draw = draw, .shake = shake,
    .settle = settle,
};
