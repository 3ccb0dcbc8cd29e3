/* Clones on by an interval, eight at a time; compiled once for each instruction set.
 *
 * Each draw is the one that rsp_kendall_draw makes of the same numbers: the same blocks of
 * random words, the same proposals, the same decisions.  What is seldom met (small counts,
 * refusals without end) is left to it. */
#include <stdbool.h>

#include "num/lane.h"
#include "sim/kendall.h"

enum { TILE = 64, MOST_TRIALS = 8 };

/* Counts between these are drawn here by rejection, as num/sample.c does from 10 on. */
static const double LEAST = 10, MOST = 1e12;

typedef struct tile {
    _Alignas(64) double n[TILE]; /* binomial: of how many */
    double p[TILE];              /* binomial: the share, at most a half; Poisson: the mean */
    double k[TILE];              /* what was drawn */
    double level[TILE];          /* of a proposal in doubt: against its probability */
    double survive[TILE];
    uint32_t channel[TILE];
    rsp_stream who;              /* but for its channel */
    uint32_t index;
} tile;

typedef struct eight {
    rsp_v8 n, p, u, v, k, level;
} eight;

/* Lanes, as bits: what is drawn; what is refused. The others are in doubt, or to be left. */
typedef struct verdict {
    uint32_t taken, refused;
} verdict;

static rsp_stream stream_of(const tile *t, uint32_t i)
{
    rsp_stream s = t->who;
    s.channel = t->channel[i];
    return s;
}

/* Two uniforms for each of eight clones. */
static inline void draw_pairs(const tile *t, const uint32_t *item, uint32_t index, uint32_t sub,
                              rsp_v8 *u, rsp_v8 *v)
{
    rsp_parts what, first, second;
    const rsp_nw zero = {0}, who = zero + (uint64_t)t->who.participant,
                 trial = zero + ((uint64_t)t->who.trial | (uint64_t)sub << 20),
                 which = zero + (uint64_t)index;
    for (int i = 0; i < 8; i++) {
        what.w[i] = (uint64_t)t->who.purpose | (uint64_t)t->channel[item[i]] << 6;
    }
    for (int i = 0; i < RSP_PARTS; i++) {
        const rsp_n_words words = rsp_n_philox(t->who.seed, who, trial, what.nw[i], which);
        first.n[i] = rsp_n_open(words.first);
        second.n[i] = rsp_n_open(words.second);
    }
    *u = first.v;
    *v = second.v;
}

/* Eight of a list, the last of which may be short. */
static inline uint32_t take(const uint32_t *list, uint32_t n, uint32_t item[8])
{
    for (uint32_t i = 0; i < 8; i++) {
        item[i] = list[i < n ? i : 0];
    }
    return n < 8 ? n : 8;
}

/* Items whose bits are set, to the end of a list of n, which has room for one more;
 * returns how many it has then. Without a branch, which nobody could foresee. */
static inline uint32_t list(const uint32_t item[8], uint32_t bits, uint32_t *to, uint32_t n)
{
    for (uint32_t i = 0; i < 8; i++) {
        to[n] = item[i];
        n += bits >> i & 1;
    }
    return n;
}

static inline rsp_v8 gather(const double *x, const uint32_t item[8])
{
    return (rsp_v8){x[item[0]], x[item[1]], x[item[2]], x[item[3]],
                    x[item[4]], x[item[5]], x[item[6]], x[item[7]]};
}

/* ---- Logarithms of probabilities, as in num/sample.c, for counts of 16 at least. */

static inline rsp_v8 stirling_error(rsp_v8 n)
{
    const rsp_v8 r = 1.0 / n, z = r * r;
    return r * (1.0 / 12 + z * (-1.0 / 360 + z * (1.0 / 1260 + z * (-1.0 / 1680 + z * (1.0 / 1188)))));
}

/* `close`: they differ by less than one. */
static inline rsp_v8 deviance(rsp_v8 k, rsp_v8 m, bool close)
{
    const rsp_v8 v = (k - m) / (k + m), v2 = v * v;
    const rsp_m8 far = rsp_v8_gt(rsp_v8_abs(v), rsp_v8_set(0.25));
    rsp_v8 sum = rsp_v8_set(0);
    for (int j = close ? 11 : 27; j > 1; j -= 2) { /* the rest is below 2^-54 of it */
        sum = v2 * (1.0 / j + sum);
    }
    sum = v * ((k - m) + 2 * k * sum);
    if (!close && __builtin_expect(rsp_m8_any(far), 0)) {
        const rsp_v8 log_ratio = rsp_v8_log(rsp_v8_select(far, k / m, rsp_v8_set(1)));
        sum = rsp_v8_select(far, k * log_ratio + m - k, sum);
    }
    return sum;
}

/* But for what depends on n alone. */
static inline rsp_v8 log_binomial(rsp_v8 k, rsp_v8 n, rsp_v8 p, bool close)
{
    return -stirling_error(k) - stirling_error(n - k) - deviance(k, n * p, close) -
           deviance(n - k, n * (1 - p), close) - 0.5 * rsp_v8_log(k * ((n - k) / n));
}

static inline rsp_v8 log_poisson(rsp_v8 k, rsp_v8 mean)
{
    const double log_2pi = 1.83787706640934548;
    return -stirling_error(k) - deviance(k, mean, false) - 0.5 * (log_2pi + rsp_v8_log(k));
}

/* ---- Proposals by Hormann (1993): BTRS and PTRS, as in num/sample.c. */

/* Of the uniforms u and v; `scale` times v over the density of the proposal is what its
 * probability must reach. */
static inline verdict offer(eight *e, rsp_v8 a, rsp_v8 b, rsp_v8 mean, double shift, rsp_v8 scale,
                            rsp_v8 squeeze)
{
    const rsp_v8 u = e->u - 0.5, us = 0.5 - rsp_v8_abs(u);
    e->k = rsp_v8_floor((2 * a / us + b) * u + mean + shift);
    e->level = e->v * scale / (a / (us * us) + b);
    return (verdict){rsp_m8_bits(rsp_v8_ge(us, rsp_v8_set(0.07)) & rsp_v8_le(e->v, squeeze)),
                     rsp_m8_bits(rsp_v8_lt(e->k, rsp_v8_set(0)))};
}

static inline verdict offer_binomial(eight *e)
{
    const rsp_v8 mean = e->n * e->p, spread = rsp_v8_sqrt(mean * (1 - e->p));
    const rsp_v8 b = 1.15 + 2.53 * spread, a = -0.0873 + 0.0248 * b + 0.01 * e->p;
    verdict is = offer(e, a, b, mean, 0.5, (2.83 + 5.1 / b) * spread, 0.92 - 4.2 / b);
    is.refused |= rsp_m8_bits(rsp_v8_gt(e->k, e->n));
    return is;
}

static inline verdict offer_poisson(eight *e)
{
    const rsp_v8 b = 0.931 + 2.53 * rsp_v8_sqrt(e->p), a = -0.059 + 0.02483 * b;
    const rsp_v8 us = 0.5 - rsp_v8_abs(e->u - 0.5);
    verdict is = offer(e, a, b, e->p, 0.43, 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2));
    is.refused |= rsp_m8_bits(rsp_v8_lt(us, rsp_v8_set(0.013)) & rsp_v8_gt(e->v, us));
    return is;
}

static inline verdict judged(rsp_m8 known, rsp_m8 is)
{
    return (verdict){rsp_m8_bits(known & is), rsp_m8_bits(known & ~is)};
}

static inline verdict judge_binomial(const eight *e)
{
    const rsp_v8 n = e->n, p = e->p, mode = rsp_v8_floor((n + 1) * p), few = rsp_v8_set(16);
    const rsp_v8 least = rsp_v8_min(rsp_v8_min(e->k, mode), n - rsp_v8_max(e->k, mode));
    return judged(rsp_v8_ge(least, few),
                  rsp_v8_le(rsp_v8_log(e->level),
                            log_binomial(e->k, n, p, false) - log_binomial(mode, n, p, true)));
}

static inline verdict judge_poisson(const eight *e)
{
    return judged(rsp_v8_ge(e->k, rsp_v8_set(16)),
                  rsp_v8_le(rsp_v8_log(e->level), log_poisson(e->k, e->p)));
}

/* Counts of the clones in todo[n], from the numbers `first` on of their decision `index`.
 * Those that are left come back in todo; returns how many. */
RSP_LANE_INLINE uint32_t draw_counts(tile *t, verdict (*propose)(eight *e),
                                     verdict (*judge)(const eight *e), uint32_t index,
                                     uint32_t first, uint32_t *todo, uint32_t n)
{
    uint32_t doubt[TILE + 1], left[TILE + 1], item[8], n_left = 0;
    for (uint32_t sub = first; n > 0 && sub < MOST_TRIALS; sub++) {
        uint32_t n_doubt = 0, again = 0;
        verdict all[TILE / 8];
        for (uint32_t at = 0; at < n; at += 8) {
            take(todo + at, n - at, item);
            eight e = {.n = gather(t->n, item), .p = gather(t->p, item)};
            draw_pairs(t, item, index, sub, &e.u, &e.v);
            all[at / 8] = propose(&e);
            for (uint32_t i = 0; i < 8; i++) {
                t->k[item[i]] = e.k[i];
                t->level[item[i]] = e.level[i];
            }
        }
        for (uint32_t at = 0; at < n; at += 8) {
            const uint32_t some = take(todo + at, n - at, item);
            const verdict is = all[at / 8];
            const uint32_t open = ((1u << some) - 1) & ~is.taken;
            again = list(item, open & is.refused, todo, again);
            n_doubt = list(item, open & ~is.refused, doubt, n_doubt);
        }
        for (uint32_t at = 0; at < n_doubt; at += 8) {
            const uint32_t some = take(doubt + at, n_doubt - at, item);
            const eight e = {.n = gather(t->n, item), .p = gather(t->p, item),
                             .k = gather(t->k, item), .level = gather(t->level, item)};
            const verdict is = judge(&e);
            const uint32_t open = ((1u << some) - 1) & ~is.taken;
            again = list(item, open & is.refused, todo, again);
            n_left = list(item, open & ~is.refused, left, n_left);
        }
        n = again;
    }
    for (uint32_t i = 0; i < n_left; i++) {
        todo[n + i] = left[i];
    }
    return n + n_left;
}

/* Means of further cells into p, by Marsaglia and Tsang (2000) as in num/sample.c: where
 * their first proposal stands, which nearly all do; bits of those that do. */
static uint32_t draw_means(tile *t, uint32_t index, const uint32_t item[8], const double *further)
{
    rsp_v8 u, v;
    draw_pairs(t, item, index, 0, &u, &v);
    const rsp_v8 shape = gather(t->survive, item), scale = shape * gather(further, item) / shape;
    const rsp_v8 third = shape - 1.0 / 3, c = 1 / rsp_v8_sqrt(9 * third);
    const rsp_v8 x = rsp_v8_normal_quantile(u), y = c * x, root = 1 + y, cube = root * root * root;
    const rsp_m8 some = rsp_v8_gt(root, rsp_v8_set(0));
    /* The bound is theirs; the nearer one is of the series of the test below in y, which
     * begins with -3/4 third y^4. */
    rsp_m8 stands = rsp_v8_lt(v, 1 - 0.0331 * x * x * x * x);
    stands |= rsp_v8_lt(rsp_v8_abs(y), rsp_v8_set(0.1)) & rsp_v8_lt(v, 1 - third * (y * y * y * y));
    if (rsp_m8_any(some & ~stands)) {
        const rsp_v8 log_cube = rsp_v8_log(rsp_v8_select(some, cube, rsp_v8_set(1)));
        stands |= rsp_v8_lt(rsp_v8_log(v), 0.5 * x * x + third * (1 - cube + log_cube));
    }
    const rsp_v8 mean = scale * (third * cube);
    for (uint32_t i = 0; i < 8; i++) {
        t->p[item[i]] = mean[i];
    }
    return rsp_m8_bits(some & stands & rsp_v8_ge(mean, rsp_v8_set(LEAST)) &
                       rsp_v8_lt(mean, rsp_v8_set(MOST)));
}

/* Rounding may leave it above 1. */
static inline double share_of(const rsp_kendall *move)
{
    return move->alive < 1 ? move->alive : 1;
}

static void draw_survivors(tile *t, uint32_t n, const rsp_kendall *const *move)
{
    uint32_t todo[TILE + 1], n_todo = 0;
    for (uint32_t i = 0; i < n; i++) {
        const double p = share_of(move[i]);
        t->p[i] = p > 0.5 ? 1 - p : p;
        if (t->n[i] * t->p[i] >= LEAST && t->n[i] * t->p[i] < MOST) {
            todo[n_todo++] = i;
        } else {
            const rsp_stream s = stream_of(t, i);
            t->survive[i] = rsp_binomial(&s, t->index, t->n[i], p);
            t->p[i] = 0;
        }
    }
    n_todo = draw_counts(t, offer_binomial, judge_binomial, t->index, 0, todo, n_todo);
    for (uint32_t i = 0; i < n_todo; i++) {
        const rsp_stream s = stream_of(t, todo[i]);
        t->survive[todo[i]] = rsp_binomial(&s, t->index, t->n[todo[i]], share_of(move[todo[i]]));
        t->p[todo[i]] = 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (t->p[i] > 0) {
            t->survive[i] = move[i]->alive > 0.5 ? t->n[i] - t->k[i] : t->k[i];
        }
    }
}

static double draw_further_alone(const tile *t, uint32_t i, double further)
{
    const rsp_stream s = stream_of(t, i);
    return rsp_negative_binomial(&s, t->index + 1, t->survive[i], t->survive[i] * further);
}

static void draw_further(tile *t, uint32_t n, const rsp_kendall *const *move)
{
    double further[TILE];
    uint32_t those[TILE], todo[TILE + 1], item[8], n_those = 0, n_todo = 0;
    for (uint32_t i = 0; i < n; i++) {
        further[i] = move[i]->further;
        t->k[i] = 0;
        if (t->survive[i] > 0 && further[i] > 0) {
            those[n_those++] = i;
        }
    }
    for (uint32_t at = 0; at < n_those; at += 8) {
        const uint32_t some = take(those + at, n_those - at, item);
        const uint32_t stands = draw_means(t, t->index + 1, item, further);
        for (uint32_t i = 0; i < some; i++) {
            if (stands >> i & 1) {
                todo[n_todo++] = item[i];
            } else {
                t->k[item[i]] = draw_further_alone(t, item[i], further[item[i]]);
            }
        }
    }
    n_todo = draw_counts(t, offer_poisson, judge_poisson, t->index + 1, 1, todo, n_todo);
    for (uint32_t i = 0; i < n_todo; i++) {
        t->k[todo[i]] = draw_further_alone(t, todo[i], further[todo[i]]);
    }
}

void RSP_ISA_NAME(rsp_kendall_draw_all)(const rsp_kendall_clones *c);
void RSP_ISA_NAME(rsp_kendall_draw_all)(const rsp_kendall_clones *c)
{
    const rsp_kendall *move[TILE];
    tile t;
    t.who = c->who;
    t.index = c->index;
    for (uint32_t first = 0; first < c->n_left; first += TILE) {
        const uint32_t n = c->n_left - first < TILE ? c->n_left - first : TILE;
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t at = c->left[first + i];
            t.n[i] = c->n[at];
            t.channel[i] = c->who.channel + at;
            move[i] = &c->move[c->kind[at]];
        }
        draw_survivors(&t, n, move);
        draw_further(&t, n, move);
        for (uint32_t i = 0; i < n; i++) {
            c->n[c->left[first + i]] = t.survive[i] + t.k[i];
        }
    }
}
