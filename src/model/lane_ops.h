/* The operations of a program over eight lanes: what the bytecode machine
 * interprets and what emitted C calls, so that both give the same bits.
 *
 * Truth is 1 and 0, and of an operand: not zero (NaN is true).  min and max
 * hand a NaN on. */
#ifndef MODEL_LANE_OPS_H
#define MODEL_LANE_OPS_H

#include "model/ops.h"
#include "num/lane.h"

#if defined(__GNUC__)
#define RSP_NOINLINE __attribute__((noinline))
#else
#define RSP_NOINLINE
#endif

/* The larger one; a NaN in `y` comes out, one in `x` does not. */
static inline rsp_v8 rsp_v8_above(rsp_v8 x, rsp_v8 y)
{
    rsp_parts a = {.v = x}, b = {.v = y}, z;
    for (int i = 0; i < RSP_PARTS; i++) {
        z.n[i] = rsp_n_greater(a.n[i], b.n[i]);
    }
    return z.v;
}

/* The smaller one; a NaN in `y` comes out, one in `x` does not. */
static inline rsp_v8 rsp_v8_below(rsp_v8 x, rsp_v8 y)
{
    rsp_parts a = {.v = x}, b = {.v = y}, z;
    for (int i = 0; i < RSP_PARTS; i++) {
        z.n[i] = rsp_n_lesser(a.n[i], b.n[i]);
    }
    return z.v;
}

static inline rsp_v8 rsp_do_NEG(rsp_v8 x) { return -x; }
static inline rsp_v8 rsp_do_EXP(rsp_v8 x) { return rsp_v8_exp(x); }
static inline rsp_v8 rsp_do_LOG(rsp_v8 x) { return rsp_v8_log(x); }
static inline rsp_v8 rsp_do_SQRT(rsp_v8 x) { return rsp_v8_sqrt(x); }
static inline rsp_v8 rsp_do_ABS(rsp_v8 x) { return rsp_v8_abs(x); }
static inline rsp_v8 rsp_do_FLOOR(rsp_v8 x) { return rsp_v8_floor(x); }

static inline rsp_v8 rsp_do_ADD(rsp_v8 x, rsp_v8 y) { return x + y; }
static inline rsp_v8 rsp_do_SUB(rsp_v8 x, rsp_v8 y) { return x - y; }
static inline rsp_v8 rsp_do_MUL(rsp_v8 x, rsp_v8 y) { return x * y; }
static inline rsp_v8 rsp_do_DIV(rsp_v8 x, rsp_v8 y) { return x / y; }
static inline rsp_v8 rsp_do_POW(rsp_v8 x, rsp_v8 y) { return rsp_v8_pow(x, y); }

/* The power of the last call, where base and exponent of all eight lanes are those of it
 * to the bit.  What is remembered is in three rows, w apart, which begin as zero; an
 * exponent of 0 is not looked up, so that they need no mark of being empty. */
static inline rsp_v8 rsp_do_POW_again(rsp_v8 x, rsp_v8 y, double *last, size_t w)
{
    const rsp_parts a = {.v = x}, b = {.v = y};
    const rsp_parts base = {.v = rsp_v8_load(last)}, exponent = {.v = rsp_v8_load(last + w)};
    rsp_nm other = {0};
    for (int i = 0; i < RSP_PARTS; i++) {
        other |= (rsp_nm)(a.nw[i] != base.nw[i]) | (rsp_nm)(b.nw[i] != exponent.nw[i]) |
                 (rsp_nm)(b.n[i] == 0.0);
    }
    if (rsp_n_any(other)) {
        rsp_v8_store(last, x);
        rsp_v8_store(last + w, y);
        rsp_v8_store(last + 2 * w, rsp_v8_pow(x, y));
    }
    return rsp_v8_load(last + 2 * w);
}

static inline rsp_v8 rsp_do_MIN(rsp_v8 x, rsp_v8 y) { return rsp_v8_min(x, y); }
static inline rsp_v8 rsp_do_MAX(rsp_v8 x, rsp_v8 y) { return rsp_v8_max(x, y); }

static inline rsp_v8 rsp_do_LT(rsp_v8 x, rsp_v8 y)
{
    return rsp_v8_from_mask(rsp_v8_lt(x, y));
}
static inline rsp_v8 rsp_do_LE(rsp_v8 x, rsp_v8 y)
{
    return rsp_v8_from_mask(rsp_v8_le(x, y));
}
static inline rsp_v8 rsp_do_EQ(rsp_v8 x, rsp_v8 y)
{
    return rsp_v8_from_mask(rsp_v8_eq(x, y));
}
static inline rsp_v8 rsp_do_NE(rsp_v8 x, rsp_v8 y)
{
    return rsp_v8_from_mask(rsp_v8_ne(x, y));
}
static inline rsp_v8 rsp_do_NOT(rsp_v8 x)
{
    return rsp_v8_from_mask(rsp_v8_eq(x, rsp_v8_set(0.0)));
}
static inline rsp_v8 rsp_do_AND(rsp_v8 x, rsp_v8 y)
{
    return rsp_v8_from_mask(rsp_v8_truth(x) & rsp_v8_truth(y));
}
static inline rsp_v8 rsp_do_OR(rsp_v8 x, rsp_v8 y)
{
    return rsp_v8_from_mask(rsp_v8_truth(x) | rsp_v8_truth(y));
}
static inline rsp_v8 rsp_do_SELECT(rsp_v8 x, rsp_v8 y, rsp_v8 z)
{
    return rsp_v8_select(rsp_v8_truth(x), y, z);
}

#endif
