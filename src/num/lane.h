/* Arithmetic over eight lanes: the one text used by the solvers, the bytecode
 * machine, emitted C and (through its first lane) the scalars of num.h.
 *
 * A rsp_v8 is eight doubles; + - * / and unary - work on it as on a double,
 * and & | ^ ~ on masks.  Everything else goes through the functions below:
 * gcc 12 splits a comparison of a vector wider than the machine's into scalars,
 * so they work on parts as wide as the machine's registers.
 *
 * Same bits on every compiler, optimisation level and instruction set: only
 * IEEE + - * / sqrt, comparisons and integers, no FMA (-ffp-contract=off),
 * polynomials and no tables.  The sign and payload of a NaN are not promised.
 *
 * The file stands alone, so that generated code can carry it. */
#ifndef RESPITE_NUM_LANE_H
#define RESPITE_NUM_LANE_H

#include <stdint.h>
#if defined __x86_64__
#include <immintrin.h>
#endif

#if defined __AVX512F__ && defined __AVX512DQ__
#define RSP_N 8 /* doubles in a native register */
#elif defined __AVX2__
#define RSP_N 4
#else
#define RSP_N 2
#endif

#define RSP_LANE_INLINE static inline __attribute__((always_inline, unused))
/* Large ones, called: inlining them everywhere would swell generated code. */
#define RSP_LANE_CALL static __attribute__((noinline, unused))

typedef double rsp_v8 __attribute__((vector_size(64), may_alias));
typedef int64_t rsp_m8 __attribute__((vector_size(64), may_alias));
typedef uint64_t rsp_w8 __attribute__((vector_size(64), may_alias));

/* ======== Native parts: the text of the arithmetic. ======== */
typedef double rsp_n __attribute__((vector_size(8 * RSP_N), may_alias));
typedef int64_t rsp_nm __attribute__((vector_size(8 * RSP_N), may_alias));
typedef uint64_t rsp_nw __attribute__((vector_size(8 * RSP_N), may_alias));

RSP_LANE_INLINE rsp_n rsp_n_set(double x)
{
    rsp_n v = {0};
    for (int i = 0; i < RSP_N; i++) {
        v[i] = x;
    }
    return v;
}

RSP_LANE_INLINE rsp_n rsp_n_select(rsp_nm m, rsp_n a, rsp_n b)
{
    return (rsp_n)((m & (rsp_nm)a) | (~m & (rsp_nm)b));
}

RSP_LANE_INLINE int rsp_n_any(rsp_nm m)
{
#if RSP_N == 8
    return _mm512_movepi64_mask((__m512i)m) != 0;
#elif RSP_N == 4
    return _mm256_movemask_pd((__m256d)m) != 0;
#elif defined __SSE2__
    return _mm_movemask_pd((__m128d)m) != 0;
#else
    return (m[0] | m[1]) != 0;
#endif
}

/* a < b ? a : b and a > b ? a : b, what minpd and maxpd do: of a NaN or of
 * zeros of both signs the second operand comes out. */
RSP_LANE_INLINE rsp_n rsp_n_lesser(rsp_n a, rsp_n b)
{
#if RSP_N == 8
    return (rsp_n)_mm512_min_pd((__m512d)a, (__m512d)b);
#elif RSP_N == 4
    return (rsp_n)_mm256_min_pd((__m256d)a, (__m256d)b);
#elif defined __SSE2__
    return (rsp_n)_mm_min_pd((__m128d)a, (__m128d)b);
#else
    return rsp_n_select((rsp_nm)(a < b), a, b);
#endif
}

RSP_LANE_INLINE rsp_n rsp_n_greater(rsp_n a, rsp_n b)
{
#if RSP_N == 8
    return (rsp_n)_mm512_max_pd((__m512d)a, (__m512d)b);
#elif RSP_N == 4
    return (rsp_n)_mm256_max_pd((__m256d)a, (__m256d)b);
#elif defined __SSE2__
    return (rsp_n)_mm_max_pd((__m128d)a, (__m128d)b);
#else
    return rsp_n_select((rsp_nm)(a > b), a, b);
#endif
}

/* A NaN in either operand comes out (a NaN must be seen where it is born);
 * min(-0, +0) = +0 and min(+0, -0) = -0: equal operands give the second. */
RSP_LANE_INLINE rsp_n rsp_n_min(rsp_n a, rsp_n b)
{
    return rsp_n_select((rsp_nm)(a != a), a, rsp_n_lesser(a, b));
}

RSP_LANE_INLINE rsp_n rsp_n_max(rsp_n a, rsp_n b)
{
    return rsp_n_select((rsp_nm)(a != a), a, rsp_n_greater(a, b));
}

RSP_LANE_INLINE rsp_n rsp_n_abs(rsp_n a)
{
    return (rsp_n)((rsp_nm)a & INT64_MAX);
}

RSP_LANE_INLINE rsp_n rsp_n_floor(rsp_n a)
{
#if RSP_N == 8
    return (rsp_n)_mm512_roundscale_pd((__m512d)a, 0x09);
#elif RSP_N == 4
    return (rsp_n)_mm256_floor_pd((__m256d)a);
#else
    rsp_n big = rsp_n_set(0x1p52), one = rsp_n_set(1.0), size = rsp_n_abs(a);
    rsp_n whole = (size + big) - big; /* ties to even: at most one too high */
    whole = (rsp_n)((rsp_nm)whole | ((rsp_nm)a & INT64_MIN));
    whole -= (rsp_n)((rsp_nm)(whole > a) & (rsp_nm)one);
    return rsp_n_select((rsp_nm)(size < big), whole, a);
#endif
}

RSP_LANE_INLINE rsp_n rsp_n_sqrt(rsp_n a)
{
#if RSP_N == 8
    return (rsp_n)_mm512_sqrt_pd((__m512d)a);
#elif RSP_N == 4
    return (rsp_n)_mm256_sqrt_pd((__m256d)a);
#elif defined __SSE2__
    return (rsp_n)_mm_sqrt_pd((__m128d)a);
#else
    return (rsp_n){__builtin_sqrt(a[0]), __builtin_sqrt(a[1])};
#endif
}

/* The product of the low 32 bits of each lane. */
RSP_LANE_INLINE rsp_nw rsp_n_multiply32(rsp_nw a, rsp_nw b)
{
#if RSP_N == 8
    return (rsp_nw)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif RSP_N == 4
    return (rsp_nw)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined __SSE2__
    return (rsp_nw)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
    return (a & 0xffffffffu) * (b & 0xffffffffu);
#endif
}

/* The upper 26 bits of the significand: products of two such are exact. */
RSP_LANE_INLINE rsp_n rsp_n_top26(rsp_n a)
{
    return (rsp_n)((rsp_nw)a & 0xfffffffff8000000u);
}

#define RSP_LN2_HIGH 0x1.62e42fefa38p-1 /* 42 bits: k * it is exact */
#define RSP_LN2_LOW 0x1.ef35793c7673p-45

/* exp(x + low) for |low| below an ulp of x.  x = k ln 2 + r, |r| <= 0.3467;
 * the polynomial is minimax (Remez) to 2^-57; 1 + r is summed with its rest.
 * Two factors 2^(k/2) reach the subnormals with one more rounding. */
RSP_LANE_INLINE rsp_n rsp_n_exp_sum(rsp_n x, rsp_n low)
{
    x = rsp_n_lesser(rsp_n_set(710.0), x); /* a NaN passes */
    x = rsp_n_greater(rsp_n_set(-746.0), x);
    rsp_n shifted = x * 0x1.71547652b82fep+0 + 0x1.8p52;
    rsp_n k = shifted - 0x1.8p52;
    rsp_n high = x - k * RSP_LN2_HIGH;
    rsp_n rest = k * RSP_LN2_LOW - low;
    rsp_n r = high - rest;
    rsp_n r2 = r * r, r4 = r2 * r2;
    rsp_n q = (0x1.555555555555cp-3 + 0x1.555555555314bp-5 * r) +
              r2 * (0x1.111111110e542p-7 + 0x1.6c16c17cff765p-10 * r) +
              r4 * ((0x1.a01a01b68a014p-13 + 0x1.a019aa6ec118bp-16 * r) +
                    r2 * (0x1.71dde848dd208p-19 + 0x1.28a0488ad87dfp-22 * r) +
                    r4 * 0x1.af79907d5f953p-26);
    rsp_n sum = 1.0 + high;
    rsp_n lost = high - (sum - 1.0);
    rsp_n y = sum + (lost + (r2 * (0.5 + r * q) - rest));
    /* shifted holds k in its low bits; k + 2048 is positive. */
    rsp_nw biased = (rsp_nw)shifted - (0x4338000000000000u - 2048u);
    rsp_nw half = biased >> 1;
    return y * (rsp_n)((half - 1u) << 52) *
           (rsp_n)((biased - half - 1u) << 52);
}

RSP_LANE_INLINE rsp_n rsp_n_exp(rsp_n x)
{
    return rsp_n_exp_sum(x, rsp_n_set(0.0));
}

/* x = 2^k m with m in [sqrt 1/2, sqrt 2), for positive normal x. */
RSP_LANE_INLINE rsp_n rsp_n_split(rsp_n x, rsp_n *k)
{
    rsp_nw bits = (rsp_nw)x + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu);
    *k = (rsp_n)((bits >> 52) | 0x4330000000000000u) - (0x1p52 + 1023.0);
    return (rsp_n)((bits & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu);
}

/* log of positive normal x, times 2^-less: with f = m - 1, s = f / (2 + f),
 * log m = f - f^2/2 + s (f^2/2 + R(s^2)); R is minimax to 2^-61. */
RSP_LANE_INLINE rsp_n rsp_n_log_normal(rsp_n x, rsp_n less)
{
    rsp_n k;
    rsp_n f = rsp_n_split(x, &k) - 1.0;
    k -= less;
    rsp_n s = f / (2.0 + f);
    rsp_n z = s * s, z2 = z * z, z4 = z2 * z2;
    rsp_n big = (0x1.55555555555d7p-1 + 0x1.999999996e00cp-2 * z) +
                z2 * (0x1.2492494f37c5ap-2 + 0x1.c71c4894f246fp-3 * z) +
                z4 * ((0x1.7467fdd07041bp-3 + 0x1.3978720a1af6ep-3 * z) +
                      z2 * 0x1.3087b5b55eb8bp-3);
    rsp_n half = 0.5 * f * f;
    rsp_n base = k * RSP_LN2_HIGH;
    rsp_n sum = base + f;
    rsp_n lost = f - (sum - base);
    return sum + (lost - (half - (s * (half + z * big) + k * RSP_LN2_LOW)));
}

/* The rest of the line: subnormal, zero, negative, infinite and NaN. */
RSP_LANE_CALL rsp_n rsp_n_log_any(rsp_n x)
{
    rsp_n zero = rsp_n_set(0.0), inf = rsp_n_set(__builtin_inf());
    rsp_nm small = (rsp_nm)(x < 0x1p-1022);
    rsp_n y = rsp_n_log_normal(
        rsp_n_select(small, x * 0x1p54, x),
        rsp_n_select(small, rsp_n_set(54.0), zero));
    y = rsp_n_select((rsp_nm)(x < inf), y, x); /* also a NaN */
    y = rsp_n_select((rsp_nm)(x == zero), -inf, y);
    return rsp_n_select((rsp_nm)(x < zero), rsp_n_set(__builtin_nan("")), y);
}

RSP_LANE_INLINE rsp_n rsp_n_log(rsp_n x)
{
    rsp_nm usual = (rsp_nm)(x >= 0x1p-1022) & (rsp_nm)(x <= 0x1.fffffffffffffp1023);
    if (__builtin_expect(rsp_n_any(~usual), 0)) {
        return rsp_n_log_any(x);
    }
    return rsp_n_log_normal(x, rsp_n_set(0.0));
}

/* log of positive x as high + low, to 2^-65 of itself.  log m = 2 (s + s w),
 * w = s^2/3 + s^4/5 + ..., with s, s^2 and s w carried in two parts (after
 * Dekker 1971; parts of 26 bits make the leading products exact). */
RSP_LANE_INLINE void rsp_n_log_sum(rsp_n x, rsp_n *high, rsp_n *low)
{
    rsp_nm small = (rsp_nm)(x < 0x1p-1022);
    rsp_n k;
    rsp_n m = rsp_n_split(rsp_n_select(small, x * 0x1p54, x), &k);
    k -= rsp_n_select(small, rsp_n_set(54.0), rsp_n_set(0.0));

    rsp_n f = m - 1.0;
    rsp_n d = m + 1.0, inverse = 1.0 / d;
    rsp_n d_high = rsp_n_top26(d), d_low = m - (d_high - 1.0);
    rsp_n s = f * inverse;
    rsp_n s_high = rsp_n_top26(s);
    rsp_n s_low = inverse * ((f - s_high * d_high) - s_high * d_low);

    rsp_n square = s_high * s_high; /* exact */
    rsp_n square_low = s_low * (s_high + s_high + s_low);
    rsp_n z = square + square_low, z2 = z * z, z4 = z2 * z2;
    rsp_n tail = (0x1.9999999999996p-3 + 0x1.2492492493049p-3 * z) +
                 z2 * (0x1.c71c71c57dffcp-4 + 0x1.745d18337a806p-4 * z) +
                 z4 * ((0x1.3b1362672d678p-4 + 0x1.1120c17d8576cp-4 * z) +
                       z2 * (0x1.de318ee0b025dp-5 + 0x1.eb20d1026560ap-5 * z));
    /* 1/3 = 0x1.555555p-2 + 0x1.5555555555555p-28. */
    rsp_n z_top = rsp_n_top26(z), z_rest = (square - z_top) + square_low;
    rsp_n w_high = z_top * 0x1.555555p-2;
    rsp_n w_low = (z_top * 0x1.5555555555555p-28 +
                   z_rest * 0x1.5555555555555p-2) + z2 * tail;
    rsp_n w = w_high + w_low;
    rsp_n w_top = rsp_n_top26(w), w_rest = (w_high - w_top) + w_low;

    rsp_n base = k * RSP_LN2_HIGH;
    rsp_n two = s_high + s_high;
    rsp_n product = two * w_top; /* exact */
    rsp_n rest = s_low + (s_low * w + s_high * w_rest);
    rest = (rest + rest) + k * RSP_LN2_LOW;
    rsp_n sum1 = base + two, lost1 = two - (sum1 - base);
    rsp_n sum2 = sum1 + product, lost2 = product - (sum2 - sum1);
    rsp_n correction = (lost1 + lost2) + rest;
    *high = sum2 + correction;
    *low = correction - (*high - sum2);
}

/* x^y with the special values of C99, annex F. */
RSP_LANE_INLINE rsp_n rsp_n_pow_text(rsp_n x, rsp_n y)
{
    rsp_n zero = rsp_n_set(0.0), one = rsp_n_set(1.0);
    rsp_n inf = rsp_n_set(__builtin_inf());
    rsp_n size = rsp_n_abs(x);
    rsp_n high, low;
    rsp_n_log_sum(size, &high, &low);

    /* Beyond 2^64 the power is 0, 1 or infinite already. */
    rsp_n v = rsp_n_lesser(rsp_n_set(0x1p64), y);
    v = rsp_n_greater(rsp_n_set(-0x1p64), v);
    rsp_n v_top = rsp_n_top26(v), h_top = rsp_n_top26(high);
    rsp_n product = v_top * h_top;
    rsp_n rest = v * ((high - h_top) + low) + (v - v_top) * h_top;
    rsp_n sum = product + rest;
    rsp_n lost = rest - (sum - product);
    lost = rsp_n_select((rsp_nm)(rsp_n_abs(sum) < 746.0), lost, zero);
    rsp_n r = rsp_n_exp_sum(sum, lost);

    rsp_nm edge = (rsp_nm)(size == zero) | (rsp_nm)(size == inf);
    rsp_nm to_zero = (rsp_nm)(size == zero) ^ (rsp_nm)(y < zero);
    r = rsp_n_select(edge, rsp_n_select(to_zero, zero, inf), r);

    rsp_n half = 0.5 * y;
    rsp_nm whole = (rsp_nm)(rsp_n_floor(y) == y);
    rsp_nm odd = whole & (rsp_nm)(rsp_n_floor(half) != half);
    rsp_nm sign = (rsp_nm)x & INT64_MIN;
    r = (rsp_n)((rsp_nm)r | (odd & sign));
    rsp_nm undefined = (rsp_nm)(x < zero) & (rsp_nm)(size < inf) & ~whole;
    undefined |= (rsp_nm)(x != x) | (rsp_nm)(y != y);
    r = rsp_n_select(undefined, rsp_n_set(__builtin_nan("")), r);
    return rsp_n_select((rsp_nm)(x == one) | (rsp_nm)(y == zero), one, r);
}

RSP_LANE_CALL rsp_n rsp_n_pow(rsp_n x, rsp_n y)
{
    return rsp_n_pow_text(x, y);
}

/* ---- Random numbers (the counter is packed as num.h says). */

/* Two numbers of 52 bits: from words 0 and 1, and from words 2 and 3. */
typedef struct rsp_n_words {
    rsp_nw first, second;
} rsp_n_words;

/* Philox4x32-10 (Salmon et al. 2011).  Words are the low halves of 64-bit lanes;
 * what stands above them is noise. */
RSP_LANE_INLINE rsp_n_words rsp_n_philox(uint64_t key, rsp_nw c0, rsp_nw c1,
                                         rsp_nw c2, rsp_nw c3)
{
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    rsp_nw m0 = {0}, m1 = {0};
    m0 += 0xD2511F53u;
    m1 += 0xCD9E8D57u;
    for (int round = 0; round < 10; round++) {
        rsp_nw p0 = rsp_n_multiply32(c0, m0), p1 = rsp_n_multiply32(c2, m1);
        c0 = (p1 >> 32) ^ c1 ^ k0;
        c2 = (p0 >> 32) ^ c3 ^ k1;
        c1 = p1;
        c3 = p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return (rsp_n_words){((c1 & 0xffffffffu) << 20) | ((c0 >> 12) & 0xfffffu),
                         ((c3 & 0xffffffffu) << 20) | ((c2 >> 12) & 0xfffffu)};
}

RSP_LANE_INLINE rsp_nw rsp_n_philox_top52(uint64_t key, rsp_nw c0, rsp_nw c1,
                                          rsp_nw c2, rsp_nw c3)
{
    return rsp_n_philox(key, c0, c1, c2, c3).first;
}

/* (k + 1/2) 2^-52 of k < 2^52; each step is exact. */
RSP_LANE_INLINE rsp_n rsp_n_open(rsp_nw k)
{
    return (rsp_n)(k | 0x3ff0000000000000u) - 0x1.fffffffffffffp-1;
}

/* Wichura 1988, algorithm AS 241, PPND16: relative error about 1e-16.
 * log_tail is the log of min(p, 1 - p). */
RSP_LANE_INLINE rsp_n rsp_n_quantile_from(rsp_n p, rsp_n log_tail)
{
    rsp_n q = p - 0.5;
    rsp_n r = 0.180625 - q * q;
    rsp_n above = (((((((2.5090809287301226727e+3 * r +
        3.3430575583588128105e+4) * r + 6.7265770927008700853e+4) * r +
        4.5921953931549871457e+4) * r + 1.3731693765509461125e+4) * r +
        1.9715909503065514427e+3) * r + 1.3314166789178437745e+2) * r +
        3.3871328727963666080e0) * q;
    rsp_n below = ((((((5.2264952788528545610e+3 * r +
        2.8729085735721942674e+4) * r + 3.9307895800092710610e+4) * r +
        2.1213794301586595867e+4) * r + 5.3941960214247511077e+3) * r +
        6.8718700749205790830e+2) * r + 4.2313330701600911252e+1) * r + 1.0;

    rsp_n t = rsp_n_sqrt(-log_tail);
    rsp_n u = t - 1.6;
    rsp_n over = ((((((7.74545014278341407640e-4 * u +
        2.27238449892691845833e-2) * u + 2.41780725177450611770e-1) * u +
        1.27045825245236838258e0) * u + 3.64784832476320460504e0) * u +
        5.76949722146069140550e0) * u + 4.63033784615654529590e0) * u +
        1.42343711074968357734e0;
    rsp_n under = ((((((1.05075007164441684324e-9 * u +
        5.47593808499534494600e-4) * u + 1.51986665636164571966e-2) * u +
        1.48103976427480074590e-1) * u + 6.89767334985100004550e-1) * u +
        1.67638483018380384940e0) * u + 2.05319162663775882187e0) * u + 1.0;

    rsp_nm far = (rsp_nm)(t > 5.0);
    if (__builtin_expect(rsp_n_any(far), 0)) { /* p below 1.4e-11 */
        rsp_n w = t - 5.0;
        rsp_n o = ((((((2.01033439929228813265e-7 * w +
            2.71155556874348757815e-5) * w + 1.24266094738807843860e-3) * w +
            2.65321895265761230930e-2) * w + 2.96560571828504891230e-1) * w +
            1.78482653991729133580e0) * w + 5.46378491116411436990e0) * w +
            6.65790464350110377720e0;
        rsp_n d = ((((((2.04426310338993978564e-15 * w +
            1.42151175831644588870e-7) * w + 1.84631831751005468180e-5) * w +
            7.86869131145613259100e-4) * w + 1.48753612908506148525e-2) * w +
            1.36929880922735805310e-1) * w + 5.99832206555887937690e-1) * w +
            1.0;
        over = rsp_n_select(far, o, over);
        under = rsp_n_select(far, d, under);
    }
    over = (rsp_n)((rsp_nm)over ^ ((rsp_nm)q & INT64_MIN));
    rsp_nm middle = (rsp_nm)(rsp_n_abs(q) <= 0.425);
    return rsp_n_select(middle, above, over) /
           rsp_n_select(middle, below, under);
}

/* For the uniforms of a stream, which lie in [2^-53, 1 - 2^-53]. */
RSP_LANE_INLINE rsp_n rsp_n_normal_of(rsp_n p)
{
    rsp_n tail = rsp_n_lesser(p, 1.0 - p);
    return rsp_n_quantile_from(p, rsp_n_log_normal(tail, rsp_n_set(0.0)));
}

/* For any p: 0 and 1 give infinities, what lies beyond them a NaN. */
RSP_LANE_INLINE rsp_n rsp_n_normal_quantile(rsp_n p)
{
    rsp_n tail = rsp_n_lesser(p, 1.0 - p);
    rsp_n z = rsp_n_quantile_from(p, rsp_n_log(tail));
    rsp_n inf = rsp_n_set(__builtin_inf());
    inf = (rsp_n)((rsp_nm)inf | ((rsp_nm)(p - 0.5) & INT64_MIN));
    return rsp_n_select((rsp_nm)(tail == 0.0), inf, z);
}

/* ======== Eight lanes. ======== */
enum { RSP_PARTS = 8 / RSP_N };

typedef union rsp_parts {
    rsp_v8 v;
    rsp_m8 m;
    rsp_w8 w;
    rsp_n n[RSP_PARTS];
    rsp_nm nm[RSP_PARTS];
    rsp_nw nw[RSP_PARTS];
} rsp_parts;

RSP_LANE_INLINE rsp_v8 rsp_v8_set(double x)
{
    return (rsp_v8){x, x, x, x, x, x, x, x};
}

RSP_LANE_INLINE rsp_v8 rsp_v8_load(const double *row) /* 64-byte aligned */
{
    return *(const rsp_v8 *)__builtin_assume_aligned(row, 64);
}

RSP_LANE_INLINE void rsp_v8_store(double *row, rsp_v8 a)
{
    *(rsp_v8 *)__builtin_assume_aligned(row, 64) = a;
}

RSP_LANE_INLINE rsp_w8 rsp_w8_load(const uint64_t lane[8]) /* any alignment */
{
    return (rsp_w8){lane[0], lane[1], lane[2], lane[3],
                    lane[4], lane[5], lane[6], lane[7]};
}

#define RSP_LANE_UNARY(name)                                                   \
    RSP_LANE_INLINE rsp_v8 rsp_v8_##name(rsp_v8 a)                             \
    {                                                                          \
        rsp_parts x = {.v = a}, y;                                             \
        for (int i = 0; i < RSP_PARTS; i++) {                                  \
            y.n[i] = rsp_n_##name(x.n[i]);                                     \
        }                                                                      \
        return y.v;                                                            \
    }
#define RSP_LANE_BINARY(name)                                                  \
    RSP_LANE_INLINE rsp_v8 rsp_v8_##name(rsp_v8 a, rsp_v8 b)                   \
    {                                                                          \
        rsp_parts x = {.v = a}, y = {.v = b}, z;                               \
        for (int i = 0; i < RSP_PARTS; i++) {                                  \
            z.n[i] = rsp_n_##name(x.n[i], y.n[i]);                             \
        }                                                                      \
        return z.v;                                                            \
    }
#define RSP_LANE_COMPARE(name, sign)                                           \
    RSP_LANE_INLINE rsp_m8 rsp_v8_##name(rsp_v8 a, rsp_v8 b)                   \
    {                                                                          \
        rsp_parts x = {.v = a}, y = {.v = b}, z;                               \
        for (int i = 0; i < RSP_PARTS; i++) {                                  \
            z.nm[i] = (rsp_nm)(x.n[i] sign y.n[i]);                            \
        }                                                                      \
        return z.m;                                                            \
    }

RSP_LANE_UNARY(exp)
RSP_LANE_UNARY(log)
RSP_LANE_UNARY(sqrt)
RSP_LANE_UNARY(abs)
RSP_LANE_UNARY(floor)
RSP_LANE_UNARY(normal_quantile)
RSP_LANE_BINARY(pow)
RSP_LANE_BINARY(min)
RSP_LANE_BINARY(max)
/* A NaN is unequal to everything, itself included; all else of it is false. */
RSP_LANE_COMPARE(lt, <)
RSP_LANE_COMPARE(le, <=)
RSP_LANE_COMPARE(gt, >)
RSP_LANE_COMPARE(ge, >=)
RSP_LANE_COMPARE(eq, ==)
RSP_LANE_COMPARE(ne, !=)

/* mask ? a : b, lane by lane. */
RSP_LANE_INLINE rsp_v8 rsp_v8_select(rsp_m8 mask, rsp_v8 a, rsp_v8 b)
{
    rsp_parts m = {.m = mask}, x = {.v = a}, y = {.v = b}, z;
    for (int i = 0; i < RSP_PARTS; i++) {
        z.n[i] = rsp_n_select(m.nm[i], x.n[i], y.n[i]);
    }
    return z.v;
}

RSP_LANE_INLINE int rsp_m8_any(rsp_m8 mask)
{
    rsp_parts m = {.m = mask};
    rsp_nm all = m.nm[0];
    for (int i = 1; i < RSP_PARTS; i++) {
        all |= m.nm[i];
    }
    return rsp_n_any(all);
}

/* The lanes that are true, as bits from the lowest on. */
RSP_LANE_INLINE uint32_t rsp_m8_bits(rsp_m8 mask)
{
#if RSP_N == 8
    return (uint32_t)_mm512_movepi64_mask((__m512i)mask);
#else
    uint32_t bits = 0;
    for (uint32_t i = 0; i < 8; i++) {
        bits |= (uint32_t)(mask[i] & 1) << i;
    }
    return bits;
#endif
}

/* How many lanes of a are at most x. */
RSP_LANE_INLINE uint32_t rsp_v8_count_le(rsp_v8 a, double x)
{
    rsp_parts p = {.v = a};
    uint32_t n = 0;
    for (int i = 0; i < RSP_PARTS; i++) {
#if RSP_N == 8
        n += (uint32_t)__builtin_popcount(_mm512_cmp_pd_mask(
            (__m512d)p.n[i], _mm512_set1_pd(x), _CMP_LE_OQ));
#elif RSP_N == 4
        n += (uint32_t)__builtin_popcount((unsigned)_mm256_movemask_pd(
            _mm256_cmp_pd((__m256d)p.n[i], _mm256_set1_pd(x), _CMP_LE_OQ)));
#else
        n += (uint32_t)(p.n[i][0] <= x) + (uint32_t)(p.n[i][1] <= x);
#endif
    }
    return n;
}

/* Truth as a number: 1 or 0; and back: anything but zero is true. */
RSP_LANE_INLINE rsp_v8 rsp_v8_from_mask(rsp_m8 mask)
{
    return (rsp_v8)(mask & (rsp_m8)rsp_v8_set(1.0));
}

RSP_LANE_INLINE rsp_m8 rsp_v8_truth(rsp_v8 a)
{
    return rsp_v8_ne(a, rsp_v8_set(0.0));
}

/* Where each lane's draws come from; the seed is that of the study. */
typedef struct rsp_lane_ids {
    rsp_w8 trial, participant, index; /* each below 2^32, trial below 2^20 */
} rsp_lane_ids;

#define RSP_LANE_DRAW(name, text)                                              \
    RSP_LANE_INLINE rsp_v8 rsp_v8_##name(                                      \
        const rsp_lane_ids *ids, uint64_t seed, uint32_t purpose,              \
        uint32_t channel, uint32_t sub)                                        \
    {                                                                          \
        rsp_parts trial = {.w = ids->trial}, index = {.w = ids->index};        \
        rsp_parts who = {.w = ids->participant}, y;                            \
        for (int i = 0; i < RSP_PARTS; i++) {                                  \
            rsp_nw what = {0};                                                 \
            what += (uint64_t)(purpose | channel << 6);                        \
            rsp_n u = rsp_n_open(rsp_n_philox_top52(                           \
                seed, who.nw[i], trial.nw[i] | (uint64_t)(sub << 20), what,    \
                index.nw[i]));                                                 \
            y.n[i] = (text);                                                   \
        }                                                                      \
        return y.v;                                                            \
    }

/* The same bits as rsp_uniform, rsp_normal and rsp_exponential of num.h. */
RSP_LANE_DRAW(uniform, u)
RSP_LANE_DRAW(normal, rsp_n_normal_of(u))
RSP_LANE_DRAW(exponential, -rsp_n_log_normal(u, rsp_n_set(0.0)))

/* ======== One double: the first lane of a native part. ======== */
RSP_LANE_INLINE double rsp_lane1_exp(double x)
{
    return rsp_n_exp(rsp_n_set(x))[0];
}

RSP_LANE_INLINE double rsp_lane1_log(double x)
{
    return rsp_n_log(rsp_n_set(x))[0];
}

RSP_LANE_INLINE double rsp_lane1_pow(double x, double y)
{
    return rsp_n_pow(rsp_n_set(x), rsp_n_set(y))[0];
}

RSP_LANE_INLINE double rsp_lane1_normal_quantile(double p)
{
    return rsp_n_normal_quantile(rsp_n_set(p))[0];
}

RSP_LANE_INLINE double rsp_lane1_floor(double x)
{
    return rsp_n_floor(rsp_n_set(x))[0];
}

RSP_LANE_INLINE double rsp_lane1_min(double a, double b)
{
    return rsp_n_min(rsp_n_set(a), rsp_n_set(b))[0];
}

RSP_LANE_INLINE double rsp_lane1_max(double a, double b)
{
    return rsp_n_max(rsp_n_set(a), rsp_n_set(b))[0];
}

#endif
