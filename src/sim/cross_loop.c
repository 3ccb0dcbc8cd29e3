/* The first firing of each lane within its step; compiled once for each instruction
 * set. */
#include <math.h>

#include "sim/rows.h"

/* Numbers of stages and of the dense output's coefficients are constants where these
 * are expanded (RSP_WITH_TABLEAU). */

/* Integrals of exact rates over the step so far as w says. */
typedef struct rsp_extents {
    const double *a[RSP_STAGES_MAX];
    rsp_v8 weight[RSP_STAGES_MAX];
} rsp_extents;

RSP_LANE_INLINE void extents_of(const rsp_lanes *b, uint32_t first, uint32_t stages,
                                rsp_extents *e)
{
    for (uint32_t j = 0; j < stages; j++) {
        e->a[j] = b->a[j] + first;
        e->weight[j] = rsp_v8_load(b->w[j] + first);
    }
}

RSP_LANE_INLINE rsp_v8 extent(const rsp_extents *e, size_t r, size_t width, uint32_t stages)
{
    rsp_v8 sum = rsp_v8_set(0);
    for (uint32_t j = 0; j < stages; j++) {
        sum += e->weight[j] * row_of(e->a[j], r, width);
    }
    return sum;
}

/* The share of the step at which the extent c[0] x + c[1] x^2 + ... of each lane in
 * question reaches `need`; the extent at 1 is at least that.  Newton inside a bracket;
 * a lane that is there stays, so its share does not depend on the others'. */
RSP_LANE_INLINE rsp_v8 share_at(const rsp_v8 *c, uint32_t degree, rsp_v8 need, rsp_m8 asked)
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

/* Of one channel in each lane: the dense output of its extent, and what it must reach. */
typedef struct rsp_course {
    rsp_v8 c[RSP_DENSE_MAX], need, reaction;
} rsp_course;

RSP_LANE_INLINE void add_stage(const rsp_tableau *tab, uint32_t i, uint32_t degree, rsp_v8 ha,
                               rsp_course *course)
{
    for (uint32_t j = 0; j < degree; j++) {
        const rsp_v8 before = i > 0 ? course->c[j] : rsp_v8_set(0);
        course->c[j] = before + rsp_v8_set(tab->dense[i][j]) * ha;
    }
}

/* The channels of the lanes `hit` reach their thresholds in the step. */
RSP_LANE_INLINE void fire_first(const rsp_course *course, uint32_t degree, rsp_m8 hit,
                                rsp_first *found)
{
    rsp_v8 by_now = rsp_v8_set(0);
    for (uint32_t j = degree; j-- > 0;) {
        by_now = (by_now + course->c[j]) * found->share;
    }
    const rsp_m8 later = rsp_v8_lt(by_now, course->need);
    const rsp_m8 none = rsp_v8_lt(found->reaction, rsp_v8_set(0));
    if (!rsp_m8_any(hit & (none | ~later))) {
        return;
    }
    const rsp_v8 share = rsp_v8_select(
        later, rsp_v8_set(1), share_at(course->c, degree, course->need, hit & ~later));
    const rsp_m8 takes = hit & (none | rsp_v8_lt(share, found->share));
    found->share = rsp_v8_select(takes, share, found->share);
    found->reaction = rsp_v8_select(takes, course->reaction, found->reaction);
}

/* Channels of one chunk that reach their thresholds, and in each lane the one that seems
 * to do so first: by its mean rate.  Where that is it, which it mostly is, eight lanes are
 * solved for together, each for a channel of its own. */
enum { RSP_HITS_MAX = 64 };

typedef struct rsp_hits {
    uint32_t n, reaction[RSP_HITS_MAX];
    rsp_m8 lanes[RSP_HITS_MAX];
    rsp_v8 soonest, guess; /* share of the step, reaction or -1 */
} rsp_hits;

static inline void no_hits(rsp_hits *hits)
{
    hits->n = 0;
    hits->soonest = rsp_v8_set((double)INFINITY);
    hits->guess = rsp_v8_set(-1);
}

static inline void add_hit(rsp_hits *hits, uint32_t r, rsp_m8 lanes, rsp_v8 share)
{
    const rsp_m8 sooner = lanes & rsp_v8_lt(share, hits->soonest);
    hits->soonest = rsp_v8_select(sooner, share, hits->soonest);
    hits->guess = rsp_v8_select(sooner, rsp_v8_set(r), hits->guess);
    hits->reaction[hits->n] = r;
    hits->lanes[hits->n++] = lanes;
}

/* The channel that each lane is guessed to fire. */
RSP_LANE_INLINE void try_guess(const rsp_lanes *b, uint32_t first, uint32_t stages,
                               uint32_t degree, const rsp_hits *hits, rsp_first *found)
{
    const rsp_v8 h = rsp_v8_load(b->h + first);
    const rsp_parts guess = {.v = hits->guess};
    rsp_course course = {.need = rsp_v8_set(0), .reaction = hits->guess};
    rsp_parts need = {.v = rsp_v8_set(0)}, a[RSP_STAGES_MAX];
    for (uint32_t i = 0; i < stages; i++) {
        a[i].v = rsp_v8_set(0);
    }
    for (uint32_t l = 0; l < RSP_CHUNK; l++) {
        const double r = guess.v[l];
        if (r >= 0) {
            const size_t at = (size_t)r * b->width + first + l;
            need.v[l] = b->left[at];
            for (uint32_t i = 0; i < stages; i++) {
                a[i].v[l] = b->a[i][at];
            }
        }
    }
    course.need = need.v;
    for (uint32_t i = 0; i < stages; i++) {
        add_stage(b->tab, i, degree, h * a[i].v, &course);
    }
    fire_first(&course, degree, rsp_v8_ge(hits->guess, rsp_v8_set(0)), found);
}

RSP_LANE_INLINE void take_hits(const rsp_lanes *b, uint32_t first, uint32_t stages,
                               uint32_t degree, rsp_hits *hits, rsp_first *found)
{
    const rsp_v8 h = rsp_v8_load(b->h + first);
    if (hits->n == 0) {
        return;
    }
    try_guess(b, first, stages, degree, hits, found);
    for (uint32_t k = 0; k < hits->n; k++) {
        const uint32_t r = hits->reaction[k];
        rsp_course course = {.need = at(b->left, r, b->width, first),
                             .reaction = rsp_v8_set(r)};
        const rsp_m8 others = hits->lanes[k] & rsp_v8_ne(course.reaction, hits->guess);
        if (!rsp_m8_any(others)) {
            continue;
        }
        for (uint32_t i = 0; i < stages; i++) {
            add_stage(b->tab, i, degree, h * at(b->a[i], r, b->width, first), &course);
        }
        fire_first(&course, degree, others, found);
    }
    no_hits(hits);
}

RSP_LANE_INLINE void cross_chunk(rsp_lanes *b, uint32_t chunk, uint32_t stages, uint32_t degree)
{
    const rsp_v8 zero = rsp_v8_set(0);
    const rsp_list *exact = &b->use[chunk].exact;
    const uint32_t first = chunk * RSP_CHUNK;
    const size_t width = b->width;
    const rsp_m8 chosen = chosen_lanes(b, first);
    const double *left = b->left + first;
    rsp_extents e;
    rsp_hits hits;
    rsp_first found = {rsp_v8_set(1), rsp_v8_set(-1)};
    extents_of(b, first, stages, &e);
    no_hits(&hits);
    for (uint32_t i = 0; i < exact->n; i++) {
        const uint32_t r = exact->item[i];
        const rsp_v8 sum = extent(&e, r, width, stages), need = row_of(left, r, width);
        const rsp_m8 hit = rsp_v8_ge(sum, need) & rsp_v8_gt(sum, zero) & chosen;
        if (rsp_m8_any(hit)) {
            add_hit(&hits, r, hit, need / sum);
            if (hits.n == RSP_HITS_MAX) {
                take_hits(b, first, stages, degree, &hits, &found);
            }
        }
    }
    take_hits(b, first, stages, degree, &hits, &found);
    rsp_v8_store(b->cut + first, found.share);
    rsp_v8_store(b->firing + first, found.reaction);
}

RSP_LANE_INLINE void consume_chunk(rsp_lanes *b, uint32_t chunk, uint32_t stages)
{
    const rsp_v8 zero = rsp_v8_set(0);
    const rsp_list *exact = &b->use[chunk].exact;
    const uint32_t first = chunk * RSP_CHUNK;
    const size_t width = b->width;
    const rsp_m8 chosen = chosen_lanes(b, first);
    double *row = b->left + first;
    rsp_extents e;
    extents_of(b, first, stages, &e);
    for (uint32_t i = 0; i < exact->n; i++) {
        const uint32_t r = exact->item[i];
        const rsp_v8 left = row_of(row, r, width);
        /* The earliest crossing cuts the step: what goes below zero here is rounding. */
        const rsp_v8 less = larger(zero, left - extent(&e, r, width, stages));
        rsp_v8_store(row + r * width, rsp_v8_select(chosen, less, left));
    }
}

/* `text` with S stages and D coefficients, as constants for the methods that know
 * firings; a method that is not listed would go without the constants. */
#define RSP_WITH_TABLEAU(tab, text)                                            \
    if ((tab)->stages == 3 && (tab)->degree == 3) {                            \
        enum { S = 3, D = 3 };                                                 \
        text;                                                                  \
    } else {                                                                   \
        const uint32_t S = (tab)->stages, D = (tab)->degree;                   \
        (void)D;                                                               \
        text;                                                                  \
    }

static void cross(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (b->active[chunk]) {
            RSP_WITH_TABLEAU(b->tab, cross_chunk(b, chunk, S, D))
        }
    }
}

static void consume(rsp_lanes *b)
{
    for (uint32_t chunk = 0; chunk < b->n_chunks; chunk++) {
        if (b->active[chunk]) {
            RSP_WITH_TABLEAU(b->tab, consume_chunk(b, chunk, S))
        }
    }
}

const rsp_cross_kernel RSP_ISA_NAME(rsp_cross_kernel) = {cross, consume};
