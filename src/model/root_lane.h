/* Roots of eight lanes at once: Chandrupatla's (1997) bracketing method.
 *
 * It takes inverse quadratic interpolation where that is safe and halves the
 * bracket elsewhere; between ends of one sign whose ratio is large it halves
 * the logarithm.  Every fourth step halves whatever interpolation says, so the
 * bracket is below a few units in the last place well within MAX_STEPS.  A lane
 * that is done keeps its values by mask: what its neighbours still need never
 * changes it. */
#ifndef MODEL_ROOT_LANE_H
#define MODEL_ROOT_LANE_H

#include "model/lane_ops.h"

/* Evaluate f: reads the lanes of the unknown's row, writes those of f's. */
typedef struct rsp_root_body {
    void (*run)(const void *ctx, double *rows);
    const void *ctx;
    double *rows;
    double *unknown, *f; /* eight lanes each, in `rows` */
} rsp_root_body;

static inline rsp_v8 rsp_root_f(const rsp_root_body *body, rsp_v8 x)
{
    rsp_v8_store(body->unknown, x);
    body->run(body->ctx, body->rows);
    return rsp_v8_load(body->f);
}

/* Bracket: `a` is the newest end, f(a) and f(b) differ in sign, `c` is the end
 * given up last. */
typedef struct rsp_bracket {
    rsp_v8 a, b, c, fa, fb, fc;
} rsp_bracket;

static inline rsp_m8 rsp_root_differ(rsp_v8 f, rsp_v8 g)
{
    const rsp_v8 zero = rsp_v8_set(0.0);
    return (rsp_v8_lt(f, zero) & rsp_v8_gt(g, zero)) |
           (rsp_v8_gt(f, zero) & rsp_v8_lt(g, zero));
}

/* Where to look next if interpolation is not trusted. */
static inline rsp_v8 rsp_root_halve(const rsp_bracket *k)
{
    const rsp_v8 half = rsp_v8_set(0.5);
    const rsp_v8 zero = rsp_v8_set(0.0);
    const rsp_v8 low = rsp_do_MIN(k->a, k->b);
    const rsp_v8 high = rsp_do_MAX(k->a, k->b);
    const rsp_m8 wide =
        rsp_v8_gt(low, zero) & rsp_v8_gt(high, low * rsp_v8_set(1e3));
    /* Sums and products of ends may overflow; sums of halves do not. */
    return rsp_v8_select(wide, rsp_do_SQRT(low) * rsp_do_SQRT(high),
                         half * k->a + half * k->b);
}

/* The next point: interpolated where Chandrupatla's test allows it, at least
 * `tolerance` inside the bracket. */
static inline rsp_v8 rsp_root_next(const rsp_bracket *k, rsp_v8 tolerance)
{
    const rsp_v8 one = rsp_v8_set(1.0);
    const rsp_v8 xi = (k->a - k->b) / (k->c - k->b);
    const rsp_v8 phi = (k->fa - k->fb) / (k->fc - k->fb);
    const rsp_m8 safe =
        rsp_v8_lt(phi * phi, xi) &
        rsp_v8_lt((one - phi) * (one - phi), one - xi);
    const rsp_v8 t = k->fa / (k->fb - k->fa) * (k->fc / (k->fb - k->fc)) +
                     (k->c - k->a) / (k->b - k->a) * (k->fa / (k->fc - k->fa)) *
                         (k->fb / (k->fc - k->fb));
    const rsp_v8 margin = tolerance / rsp_do_ABS(k->b - k->a);
    const rsp_v8 inside = rsp_do_MAX(margin, rsp_do_MIN(one - margin, t));
    const rsp_v8 x = k->a + inside * (k->b - k->a);
    return rsp_v8_select(safe, x, rsp_root_halve(k));
}

static inline void rsp_root_narrow(rsp_bracket *k, rsp_v8 x, rsp_v8 fx,
                                   rsp_m8 active)
{
    const rsp_m8 crossed = active & rsp_root_differ(fx, k->fa);
    k->c = rsp_v8_select(crossed, k->b, rsp_v8_select(active, k->a, k->c));
    k->fc = rsp_v8_select(crossed, k->fb, rsp_v8_select(active, k->fa, k->fc));
    k->b = rsp_v8_select(crossed, k->a, k->b);
    k->fb = rsp_v8_select(crossed, k->fa, k->fb);
    k->a = rsp_v8_select(active, x, k->a);
    k->fa = rsp_v8_select(active, fx, k->fa);
}

static inline rsp_v8 rsp_root_solve(const rsp_root_body *body, rsp_v8 low,
                                    rsp_v8 high)
{
    enum { MAX_STEPS = 600 }; /* about 10 are usual */
    const rsp_v8 zero = rsp_v8_set(0.0);
    const rsp_v8 nan = rsp_v8_set((double)__builtin_nanf(""));
    rsp_bracket k = {.a = high, .b = low, .fa = rsp_root_f(body, high),
                     .fb = rsp_root_f(body, low)};
    k.c = k.b;
    k.fc = k.fb;
    /* Relative to the root; where it may be zero, also to the bracket. */
    const rsp_v8 floor_of_tolerance =
        rsp_v8_select(rsp_root_differ(low, high) | rsp_v8_eq(low, zero) |
                          rsp_v8_eq(high, zero),
                      rsp_do_ABS(high - low) * rsp_v8_set(0x1p-160), zero);
    rsp_v8 x = rsp_v8_select(rsp_v8_eq(k.fa, zero), high,
                             rsp_v8_select(rsp_v8_eq(k.fb, zero), low, nan));
    rsp_m8 active =
        rsp_root_differ(k.fa, k.fb) &
        rsp_v8_lt(rsp_do_ABS(high - low), rsp_v8_set(__builtin_inf()));
    for (int i = 0; i < MAX_STEPS; i++) {
        const rsp_m8 exact = rsp_v8_eq(k.fa, zero);
        const rsp_m8 nearer =
            rsp_v8_lt(rsp_do_ABS(k.fa), rsp_do_ABS(k.fb));
        const rsp_v8 best = rsp_v8_select(nearer, k.a, k.b);
        const rsp_v8 tolerance = rsp_do_MAX(
            rsp_do_ABS(best) * rsp_v8_set(0x1p-51), floor_of_tolerance);
        const rsp_m8 done =
            active &
            (rsp_v8_le(rsp_do_ABS(k.b - k.a), tolerance + tolerance) | exact);
        x = rsp_v8_select(done, rsp_v8_select(exact, k.a, best), x);
        active &= ~done;
        if (!rsp_m8_any(active)) {
            break;
        }
        /* The first step has no third point, and every fourth halves. */
        const bool trust = i > 0 && (i & 3) != 3;
        const rsp_v8 next = trust ? rsp_root_next(&k, tolerance)
                                  : rsp_root_halve(&k);
        const rsp_v8 f = rsp_root_f(body, next);
        rsp_root_narrow(&k, next, f, active);
        active &= rsp_v8_eq(f, f); /* f is not a number: the lane has failed */
    }
    return x;
}

#endif
