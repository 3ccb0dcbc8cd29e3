/* The first firing of each lane within its step; compiled once for each instruction
 * set. */
#include "sim/rows.h"

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

/* The share of the step at which the extent c[0] x + c[1] x^2 + ... of each lane in
 * question reaches `need`; the extent at 1 is at least that.  Newton inside a bracket;
 * a lane that is there stays, so its share does not depend on the others'. */
static rsp_v8 share_at(const rsp_v8 *c, uint32_t degree, rsp_v8 need, rsp_m8 asked)
{
    const rsp_v8 zero = rsp_v8_set(0), half = rsp_v8_set(0.5), tiny = rsp_v8_set(1e-15);
    rsp_v8 low = zero, high = rsp_v8_set(1), whole = zero;
    for (uint32_t j = 0; j < degree; j++) {
        whole += c[j];
    }
    const rsp_m8 plain = rsp_v8_gt(whole, need) & rsp_v8_ge(need, zero);
    rsp_v8 x = rsp_v8_select(plain, need / whole, half);
    for (int k = 0; k < 80 && rsp_m8_any(asked); k++) {
        rsp_v8 f = zero, slope = zero;
        for (uint32_t j = degree; j-- > 0;) {
            slope = slope * x + rsp_v8_set(j + 1) * c[j];
            f = (f + c[j]) * x;
        }
        f -= need;
        const rsp_m8 before = rsp_v8_lt(f, zero);
        low = rsp_v8_select(before, x, low);
        high = rsp_v8_select(before, high, x);
        rsp_v8 next = x - f / slope;
        const rsp_m8 within = rsp_v8_gt(next, low) & rsp_v8_lt(next, high);
        next = rsp_v8_select(within, next, low + half * (high - low));
        asked &= ~rsp_v8_eq(f, zero);
        const rsp_m8 close = rsp_v8_le(rsp_v8_abs(next - x), tiny) | rsp_v8_le(high - low, tiny);
        x = rsp_v8_select(asked, next, x);
        asked &= ~close;
    }
    return x;
}

/* The first firing so far of the lanes of a chunk: at which share of the step, 1 where
 * there is none, and of which reaction, -1 where there is none. */
typedef struct rsp_first {
    rsp_v8 share, reaction;
} rsp_first;

/* Channel r reaches its threshold in the step of the lanes `hit`. */
static void fire_first(const rsp_lanes *b, uint32_t r, uint32_t first, rsp_m8 hit, rsp_first *found)
{
    const uint32_t degree = b->tab->degree;
    const rsp_v8 h = rsp_v8_load(b->h + first), need = at(b->left, r, b->width, first);
    rsp_v8 c[RSP_DENSE_MAX], by_now = rsp_v8_set(0);
    for (uint32_t j = 0; j < degree; j++) {
        c[j] = rsp_v8_set(0);
    }
    for (uint32_t i = 0; i < b->tab->stages; i++) {
        const rsp_v8 a = h * at(b->a[i], r, b->width, first);
        for (uint32_t j = 0; j < degree; j++) {
            c[j] += rsp_v8_set(b->tab->dense[i][j]) * a;
        }
    }
    for (uint32_t j = degree; j-- > 0;) {
        by_now = (by_now + c[j]) * found->share;
    }
    const rsp_m8 later = rsp_v8_lt(by_now, need), none = rsp_v8_lt(found->reaction, rsp_v8_set(0));
    if (!rsp_m8_any(hit & (none | ~later))) {
        return;
    }
    const rsp_v8 share =
        rsp_v8_select(later, rsp_v8_set(1), share_at(c, degree, need, hit & ~later));
    const rsp_m8 takes = hit & (none | rsp_v8_lt(share, found->share));
    found->share = rsp_v8_select(takes, share, found->share);
    found->reaction = rsp_v8_select(takes, rsp_v8_set(r), found->reaction);
}

static void cross(rsp_lanes *b)
{
    const rsp_v8 zero = rsp_v8_set(0);
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (!b->active[chunk]) {
            continue;
        }
        const rsp_list *exact = &b->use[chunk].exact;
        const uint32_t first = chunk * RSP_CHUNK;
        const rsp_m8 chosen = chosen_lanes(b, first);
        const rsp_extents e = extents_of(b, first);
        rsp_first found = {rsp_v8_set(1), rsp_v8_set(-1)};
        for (uint32_t i = 0; i < exact->n; i++) {
            const uint32_t r = exact->item[i];
            const rsp_v8 sum = extent(&e, r, b->width);
            const rsp_m8 hit = rsp_v8_ge(sum, at(b->left, r, b->width, first)) &
                               rsp_v8_gt(sum, zero) & chosen;
            if (rsp_m8_any(hit)) {
                fire_first(b, r, first, hit, &found);
            }
        }
        rsp_v8_store(b->cut + first, found.share);
        rsp_v8_store(b->firing + first, found.reaction);
    }
}

static void consume(rsp_lanes *b)
{
    const rsp_v8 zero = rsp_v8_set(0);
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (!b->active[chunk]) {
            continue;
        }
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

const rsp_cross_kernel RSP_ISA_NAME(rsp_cross_kernel) = {cross, consume};
