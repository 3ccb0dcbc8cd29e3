/* Functions that the pool has no operation for, written with those it has, so that
 * every machine gives the same bits.  Where nothing else is said: errors of a few
 * units in the last place. */
#include "sbml/reader.h"

#include <math.h>

static rsp_expr num(pool *p, double v)
{
    return pool_const(p, v);
}

static rsp_expr make1(pool *p, rsp_op op, rsp_expr a)
{
    return pool_make(p, op, a, 0, 0);
}

static rsp_expr make2(pool *p, rsp_op op, rsp_expr a, rsp_expr b)
{
    return pool_make(p, op, a, b, 0);
}

#define ADD(a, b) make2(p, RSP_OP_ADD, a, b)
#define SUB(a, b) make2(p, RSP_OP_SUB, a, b)
#define MUL(a, b) make2(p, RSP_OP_MUL, a, b)
#define DIV(a, b) make2(p, RSP_OP_DIV, a, b)
#define LT(a, b) make2(p, RSP_OP_LT, a, b)
#define NEG(a) make1(p, RSP_OP_NEG, a)
#define ABS(a) make1(p, RSP_OP_ABS, a)
#define EXP(a) make1(p, RSP_OP_EXP, a)
#define LOG(a) make1(p, RSP_OP_LOG, a)
#define SQRT(a) make1(p, RSP_OP_SQRT, a)
#define FLOOR(a) make1(p, RSP_OP_FLOOR, a)
#define IF(c, a, b) pool_make(p, RSP_OP_SELECT, c, a, b)
#define NUM(v) num(p, v)

static rsp_expr horner(pool *p, const double *c, int n, rsp_expr x)
{
    rsp_expr sum = NUM(c[n - 1]);
    for (int i = n - 2; i >= 0; i--) {
        sum = ADD(NUM(c[i]), MUL(x, sum));
    }
    return sum;
}

/* ---- Circular: reduction by quarter turns in three parts (Cody and Waite 1980),
 * then the polynomials of fdlibm.  The reduction holds to 2^20 quarter turns; no
 * number beyond. */

static rsp_expr turned(pool *p, rsp_expr x, int quarters)
{
    static const double SIN[] = {-1.66666666666666324348e-01, 8.33333333332248946124e-03,
                                 -1.98412698298579493134e-04, 2.75573137070700676789e-06,
                                 -2.50507602534068634195e-08, 1.58969099521155010221e-10};
    static const double COS[] = {4.16666666666666019037e-02, -1.38888888888741095749e-03,
                                 2.48015872894767294178e-05, -2.75573143513906633035e-07,
                                 2.08757232129817482790e-09, -1.13596475577881948265e-11};
    rsp_expr n = FLOOR(ADD(MUL(x, NUM(6.36619772367581382433e-01)), NUM(0.5)));
    rsp_expr r = SUB(SUB(SUB(x, MUL(n, NUM(1.57079632673412561417e+00))),
                         MUL(n, NUM(6.07710050630396597660e-11))),
                     MUL(n, NUM(2.02226624879595063154e-21)));
    rsp_expr z = MUL(r, r);
    rsp_expr s = ADD(r, MUL(MUL(r, z), horner(p, SIN, 6, z)));
    rsp_expr c = SUB(NUM(1), SUB(MUL(NUM(0.5), z), MUL(MUL(z, z), horner(p, COS, 6, z))));
    rsp_expr q = ADD(n, NUM(quarters));
    q = SUB(q, MUL(NUM(4), FLOOR(MUL(q, NUM(0.25)))));
    rsp_expr v = IF(LT(q, NUM(0.5)), s,
                    IF(LT(q, NUM(1.5)), c, IF(LT(q, NUM(2.5)), NEG(s), NEG(c))));
    return IF(LT(ABS(x), NUM(1.6e6)), v, NUM((double)NAN));
}

static rsp_expr sine(pool *p, rsp_expr x)
{
    return turned(p, x, 0);
}

static rsp_expr cosine(pool *p, rsp_expr x)
{
    return turned(p, x, 1);
}

static rsp_expr tangent(pool *p, rsp_expr x)
{
    return DIV(sine(p, x), cosine(p, x));
}

/* Reduced to 7/16 about 0, 1/2, 1, 3/2 and infinity (fdlibm). */
static rsp_expr arctangent(pool *p, rsp_expr x)
{
    static const double AT[] = {
        3.33333333333329318027e-01,  -1.99999999998764832476e-01, 1.42857142725034663711e-01,
        -1.11111104054623557880e-01, 9.09088713343650656196e-02,  -7.69187620504482999495e-02,
        6.66107313738753120669e-02,  -5.83357013379057348645e-02, 4.97687799461593236017e-02,
        -3.65315727442169155270e-02, 1.62858201153657823623e-02};
    static const double HIGH[] = {0, 4.63647609000806093515e-01, 7.85398163397448278999e-01,
                                  9.82793723247329054082e-01, 1.57079632679489655800e+00};
    static const double LOW[] = {0, 2.26987774529616870924e-17, 3.06161699786838301793e-17,
                                 1.39033110312309984516e-17, 6.12323399573676603587e-17};
    rsp_expr a = ABS(x), one = NUM(1);
    const rsp_expr reduced[] = {
        a, DIV(SUB(ADD(a, a), one), ADD(NUM(2), a)), DIV(SUB(a, one), ADD(a, one)),
        DIV(SUB(a, NUM(1.5)), ADD(one, MUL(NUM(1.5), a))), DIV(NUM(-1), a)};
    static const double below[] = {0.4375, 0.6875, 1.1875, 2.4375};
    rsp_expr t = reduced[4], high = NUM(HIGH[4]), low = NUM(LOW[4]);
    for (int i = 3; i >= 0; i--) {
        rsp_expr is = LT(a, NUM(below[i]));
        t = IF(is, reduced[i], t);
        high = IF(is, NUM(HIGH[i]), high);
        low = IF(is, NUM(LOW[i]), low);
    }
    rsp_expr z = MUL(t, t);
    rsp_expr rest = MUL(MUL(t, z), horner(p, AT, 11, z));
    rsp_expr v = SUB(high, SUB(SUB(rest, low), t));
    return IF(LT(x, NUM(0)), NEG(v), v);
}

static rsp_expr arcsine(pool *p, rsp_expr x)
{
    return arctangent(p, DIV(x, SQRT(MUL(SUB(NUM(1), x), ADD(NUM(1), x)))));
}

static rsp_expr arccosine(pool *p, rsp_expr x)
{
    rsp_expr half = arctangent(p, SQRT(DIV(SUB(NUM(1), x), ADD(NUM(1), x))));
    return MUL(NUM(2), half);
}

/* ---- Hyperbolic. */

/* Near zero the two exponentials cancel: the series to x^19 below 1. */
static rsp_expr sinus_h(pool *p, rsp_expr x)
{
    double c[10] = {1};
    for (int i = 1; i < 10; i++) {
        c[i] = c[i - 1] / ((2.0 * i) * (2.0 * i + 1));
    }
    rsp_expr series = MUL(x, horner(p, c, 10, MUL(x, x)));
    rsp_expr whole = MUL(NUM(0.5), SUB(EXP(x), EXP(NEG(x))));
    return IF(LT(ABS(x), NUM(1)), series, whole);
}

static rsp_expr cosinus_h(pool *p, rsp_expr x)
{
    return MUL(NUM(0.5), ADD(EXP(x), EXP(NEG(x))));
}

static rsp_expr tangent_h(pool *p, rsp_expr x)
{
    rsp_expr e = EXP(MUL(NUM(-2), ABS(x)));
    rsp_expr far = DIV(SUB(NUM(1), e), ADD(NUM(1), e));
    return IF(LT(ABS(x), NUM(1)), DIV(sinus_h(p, x), cosinus_h(p, x)),
              IF(LT(x, NUM(0)), NEG(far), far));
}

/* log(1 + x), also where x is small (Kahan; see Goldberg 1991, theorem 4). */
static rsp_expr log_1p(pool *p, rsp_expr x)
{
    rsp_expr one = NUM(1), u = ADD(one, x);
    rsp_expr near = IF(make2(p, RSP_OP_EQ, u, one), x, DIV(MUL(x, LOG(u)), SUB(u, one)));
    return IF(LT(ABS(x), one), near, LOG(u));
}

static rsp_expr arc_sinus_h(pool *p, rsp_expr x)
{
    rsp_expr a = ABS(x), square = MUL(a, a);
    rsp_expr v = log_1p(p, ADD(a, DIV(square, ADD(NUM(1), SQRT(ADD(square, NUM(1)))))));
    return IF(LT(x, NUM(0)), NEG(v), v);
}

static rsp_expr arc_cosinus_h(pool *p, rsp_expr x)
{
    rsp_expr t = SUB(x, NUM(1));
    return log_1p(p, ADD(t, SQRT(ADD(MUL(NUM(2), t), MUL(t, t)))));
}

static rsp_expr arc_tangent_h(pool *p, rsp_expr x)
{
    rsp_expr a = ABS(x);
    rsp_expr v = MUL(NUM(0.5), log_1p(p, DIV(ADD(a, a), SUB(NUM(1), a))));
    return IF(LT(x, NUM(0)), NEG(v), v);
}

/* ---- Whole numbers and roots. */

/* A product of whole numbers, exact to 22!; infinite from 171!; no number where x
 * is not a whole number. */
static rsp_expr factorial(pool *p, rsp_expr x)
{
    rsp_expr v = NUM(1);
    for (int i = 2; i <= 170; i++) {
        v = MUL(v, IF(LT(x, NUM(i)), NUM(1), NUM(i)));
    }
    v = IF(LT(x, NUM(170.5)), v, NUM((double)INFINITY));
    rsp_expr whole = make2(p, RSP_OP_EQ, x, FLOOR(x));
    return IF(make2(p, RSP_OP_AND, whole, make2(p, RSP_OP_LE, NUM(0), x)), v,
              NUM((double)NAN));
}

static rsp_expr quotient(pool *p, rsp_expr x, rsp_expr y)
{
    rsp_expr q = DIV(x, y);
    return IF(LT(q, NUM(0)), NEG(FLOOR(NEG(q))), FLOOR(q));
}

/* The real root of an odd degree exists below zero too. */
static rsp_expr root(pool *p, rsp_expr degree, rsp_expr x)
{
    double n = 0;
    bool known = pool_is_const(p, degree, &n);
    if (known && n >= 2 && n <= 2) {
        return SQRT(x);
    }
    rsp_expr power = DIV(NUM(1), degree);
    rsp_expr v = make2(p, RSP_OP_POW, x, power);
    bool odd = known && fmod(fabs(n), 2) >= 1 && fmod(fabs(n), 2) <= 1;
    return odd ? IF(LT(x, NUM(0)), NEG(make2(p, RSP_OP_POW, NEG(x), power)), v) : v;
}

rsp_expr math_function(pool *p, sbml_op op, const rsp_expr *arg, uint32_t n)
{
    rsp_expr x = arg[0], y = n > 1 ? arg[1] : 0;
    rsp_expr inverse = op >= MATH_SIN ? DIV(NUM(1), x) : 0, one = NUM(1);
    switch (op) {
    case MATH_ROOT: return n > 1 ? root(p, x, y) : SQRT(x);
    case MATH_FACTORIAL: return factorial(p, x);
    case MATH_QUOTIENT: return quotient(p, x, y);
    case MATH_REM: return SUB(x, MUL(y, quotient(p, x, y)));
    case MATH_SIN: return sine(p, x);
    case MATH_COS: return cosine(p, x);
    case MATH_TAN: return tangent(p, x);
    case MATH_SEC: return DIV(one, cosine(p, x));
    case MATH_CSC: return DIV(one, sine(p, x));
    case MATH_COT: return DIV(cosine(p, x), sine(p, x));
    case MATH_SINH: return sinus_h(p, x);
    case MATH_COSH: return cosinus_h(p, x);
    case MATH_TANH: return tangent_h(p, x);
    case MATH_SECH: return DIV(one, cosinus_h(p, x));
    case MATH_CSCH: return DIV(one, sinus_h(p, x));
    case MATH_COTH: return DIV(one, tangent_h(p, x));
    case MATH_ASIN: return arcsine(p, x);
    case MATH_ACOS: return arccosine(p, x);
    case MATH_ATAN: return arctangent(p, x);
    case MATH_ASEC: return arccosine(p, inverse);
    case MATH_ACSC: return arcsine(p, inverse);
    case MATH_ACOT: return arctangent(p, inverse);
    case MATH_ASINH: return arc_sinus_h(p, x);
    case MATH_ACOSH: return arc_cosinus_h(p, x);
    case MATH_ATANH: return arc_tangent_h(p, x);
    case MATH_ASECH: return arc_cosinus_h(p, inverse);
    case MATH_ACSCH: return arc_sinus_h(p, inverse);
    default: return arc_tangent_h(p, inverse); /* MATH_ACOTH */
    }
}
