#include "sim/bounds.h"

#include <math.h>

#include "respite/num.h"

/* exp, log and pow err by less than 2 ulp on either side. */
static const double room = 4 * 0x1p-52;

static const rsp_range anything = {-INFINITY, INFINITY};

static inline rsp_range known(double low, double high)
{
    return low <= high ? (rsp_range){low, high} : anything; /* a NaN is neither */
}

static inline rsp_range widened(double low, double high)
{
    return known(low - room * fabs(low) - 0x1p-1074, high + room * fabs(high) + 0x1p-1074);
}

static inline bool is_point(rsp_range a)
{
    return a.low == a.high;
}

static inline rsp_range product(rsp_range a, rsp_range b)
{
    if (a.low >= 0 && b.low >= 0) {
        return known(a.low * b.low, a.high * b.high);
    }
    double p = a.low * b.low, q = a.low * b.high, r = a.high * b.low, s = a.high * b.high;
    if (isnan(p + q + r + s) && (isnan(p) || isnan(q) || isnan(r) || isnan(s))) {
        return anything;
    }
    return (rsp_range){fmin(fmin(p, q), fmin(r, s)), fmax(fmax(p, q), fmax(r, s))};
}

static inline rsp_range quotient(rsp_range a, rsp_range b)
{
    if (b.low > 0 && a.low >= 0) {
        return known(a.low / b.high, a.high / b.low);
    }
    if (b.low <= 0 && b.high >= 0) {
        return anything;
    }
    double p = a.low / b.low, q = a.low / b.high, r = a.high / b.low, s = a.high / b.high;
    if (isnan(p) || isnan(q) || isnan(r) || isnan(s)) {
        return anything;
    }
    return (rsp_range){fmin(fmin(p, q), fmin(r, s)), fmax(fmax(p, q), fmax(r, s))};
}

/* x^y is monotone in each of x >= 0 and y, so the corners are enough; below zero
 * it has values at whole powers only, which it takes monotonically in x on either
 * side of 0. */
static rsp_range power(rsp_range x, rsp_range y)
{
    if (x.low < 0 && !(is_point(y) && floor(y.low) == y.low && isfinite(y.low))) {
        return anything;
    }
    if (x.low <= 0 && x.high >= 0 && y.low < 0) {
        return anything;
    }
    double p = rsp_pow(x.low, y.low), q = rsp_pow(x.low, y.high);
    double r = rsp_pow(x.high, y.low), s = rsp_pow(x.high, y.high);
    double low = fmin(fmin(p, q), fmin(r, s)), high = fmax(fmax(p, q), fmax(r, s));
    if (isnan(p) || isnan(q) || isnan(r) || isnan(s)) {
        return anything;
    }
    if (x.low < 0 && x.high > 0) { /* an even power has its least at 0 */
        low = fmin(low, rsp_pow(0, y.low));
    }
    return widened(low, high);
}

static rsp_range magnitude(rsp_range a)
{
    double p = fabs(a.low), q = fabs(a.high);
    return known(a.low <= 0 && a.high >= 0 ? 0 : fmin(p, q), fmax(p, q));
}

/* A statement that holds for all, for none, or for some. */
static inline rsp_range truth(bool always, bool never)
{
    return (rsp_range){always ? 1 : 0, never ? 0 : 1};
}

static inline bool is_true(rsp_range a) { return a.low > 0 || a.high < 0; }
static inline bool is_false(rsp_range a) { return a.low == 0 && a.high == 0; }

static rsp_range chosen(rsp_range a, rsp_range b, rsp_range c)
{
    return is_true(a) ? b : is_false(a) ? c
                      : (rsp_range){fmin(b.low, c.low), fmax(b.high, c.high)};
}

static rsp_range equal(rsp_range a, rsp_range b)
{
    return truth(is_point(a) && is_point(b) && a.low == b.low,
                 a.high < b.low || b.high < a.low);
}

static rsp_range negated(rsp_range a)
{
    return truth(is_false(a), is_true(a));
}

rsp_range rsp_range_of(unsigned op, rsp_range a, rsp_range b, rsp_range c)
{
    switch (op) {
    case RSP_OP_ADD: return known(a.low + b.low, a.high + b.high);
    case RSP_OP_SUB: return known(a.low - b.high, a.high - b.low);
    case RSP_OP_MUL: return product(a, b);
    case RSP_OP_DIV: return quotient(a, b);
    case RSP_OP_NEG: return known(-a.high, -a.low);
    case RSP_OP_EXP: return widened(rsp_exp(a.low), rsp_exp(a.high));
    case RSP_OP_LOG: return a.low > 0 ? widened(rsp_log(a.low), rsp_log(a.high)) : anything;
    case RSP_OP_SQRT: return a.low >= 0 ? known(sqrt(a.low), sqrt(a.high)) : anything;
    case RSP_OP_ABS: return magnitude(a);
    case RSP_OP_FLOOR: return known(floor(a.low), floor(a.high));
    case RSP_OP_POW: return power(a, b);
    case RSP_OP_MIN: return known(fmin(a.low, b.low), fmin(a.high, b.high));
    case RSP_OP_MAX: return known(fmax(a.low, b.low), fmax(a.high, b.high));
    case RSP_OP_LT: return truth(a.high < b.low, a.low >= b.high);
    case RSP_OP_LE: return truth(a.high <= b.low, a.low > b.high);
    case RSP_OP_EQ: return equal(a, b);
    case RSP_OP_NE: return negated(equal(a, b));
    case RSP_OP_NOT: return negated(a);
    case RSP_OP_AND: return truth(is_true(a) && is_true(b), is_false(a) || is_false(b));
    case RSP_OP_OR: return truth(is_true(a) || is_true(b), is_false(a) && is_false(b));
    case RSP_OP_SELECT: return chosen(a, b, c);
    default: return anything;
    }
}

void rsp_bounds_run(const rsp_instr *code, const uint32_t *list, uint32_t n,
                    rsp_range *range)
{
    for (uint32_t i = 0; i < n; i++) {
        const rsp_instr *in = &code[list[i]];
        range[in->to] = rsp_range_of(in->op, range[in->a], range[in->b], range[in->c]);
    }
}
