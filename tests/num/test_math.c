#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <gsl/gsl_cdf.h>

#include "respite/num.h"

/* An 80-bit long double oracle is good to 2^-11 ulp of a double; where it is
 * no wider than a double (other processors, valgrind) the errors of its libm
 * would be measured with ours. */
static int is_long(void)
{
    volatile long double one = 1, tiny = 0x1p-60L;
    return one + tiny != one;
}
#define NEEDS_LONG_DOUBLE()                                                    \
    do {                                                                       \
        if (!is_long()) {                                                      \
            print_message("long double is no longer than double here\n");      \
            skip();                                                            \
        }                                                                      \
    } while (0)

static double unit(uint32_t i, uint32_t which)
{
    const uint32_t counter[4] = {i, which, 7, 0};
    const rsp_block b = rsp_philox(2, counter);
    return ((double)b.word[0] + 0.5) * 0x1p-32;
}

static double any_double(uint32_t i)
{
    const uint32_t counter[4] = {i, 9, 7, 0};
    const rsp_block b = rsp_philox(2, counter);
    const uint64_t bits = (uint64_t)b.word[1] << 32 | b.word[0];
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Error in units of the last place of the wanted value, subnormals too. */
static double ulps(double got, long double want)
{
    const double rounded = (double)want;
    if (got == rounded || (isnan(got) && isnan(rounded))) {
        return isinf(got) || isnan(got)
                   ? 0
                   : (double)(fabsl(got - want) /
                              ldexpl(1, (rounded == 0 || ilogb(rounded) < -1022
                                             ? -1022
                                             : ilogb(rounded)) - 52));
    }
    if (!isfinite(got) || !isfinite(rounded)) {
        return (double)INFINITY;
    }
    const int e = rounded == 0 || ilogb(rounded) < -1022 ? -1022
                                                         : ilogb(rounded);
    return (double)(fabsl(got - want) / ldexpl(1, e - 52));
}

typedef struct worst {
    double error, x, y;
} worst;

static void note(worst *w, double error, double x, double y)
{
    if (!(error <= w->error)) {
        *w = (worst){error, x, y};
    }
}

enum { MANY = 400000 };

static void exp_errs_by_less_than_an_ulp(void **state)
{
    (void)state;
    NEEDS_LONG_DOUBLE();
    worst w = {0};
    for (uint32_t i = 0; i < MANY; i++) {
        const double x[5] = {
            -746 + 1456 * ((double)i / MANY), -746 + 1456 * unit(i, 0),
            2 * unit(i, 1) - 1, -745.2 + 37 * unit(i, 2),
            ldexp(unit(i, 3) - 0.5, (int)(i % 60) - 50)};
        for (int k = 0; k < 5; k++) {
            note(&w, ulps(rsp_exp(x[k]), expl(x[k])), x[k], 0);
        }
    }
    print_message("exp: at most %.3f ulp, at %a\n", w.error, w.x);
    assert_true(w.error < 1);
}

static void log_errs_by_less_than_an_ulp(void **state)
{
    (void)state;
    NEEDS_LONG_DOUBLE();
    worst w = {0};
    for (uint32_t i = 0; i < MANY; i++) {
        const double x[5] = {fabs(any_double(i)), 0.5 + 1.5 * unit(i, 0),
                             0.7 + 0.75 * ((double)i / MANY),
                             1 + ldexp(unit(i, 1) - 0.5, -(int)(i % 50)),
                             0x1p-1022 * unit(i, 2)};
        for (int k = 0; k < 5; k++) {
            if (isfinite(x[k])) {
                note(&w, ulps(rsp_log(x[k]), logl(x[k])), x[k], 0);
            }
        }
    }
    print_message("log: at most %.3f ulp, at %a\n", w.error, w.x);
    assert_true(w.error < 1);
}

/* powl itself errs by less than 2^-9 ulp of a double over these arguments. */
static void pow_errs_by_less_than_two_ulp(void **state)
{
    (void)state;
    NEEDS_LONG_DOUBLE();
    worst w = {0};
    for (uint32_t i = 0; i < MANY; i++) {
        /* Any, subnormal, about 1, and so near 1 that only a huge power moves it. */
        const double bases[4] = {fabs(any_double(i)), 0x1p-1022 * unit(i, 0),
                                 0.5 + 1.5 * unit(i, 0),
                                 1 + ldexp(unit(i, 0) - 0.5, -(int)(i / 4 % 50))};
        const double base = bases[i % 4];
        if (!isfinite(base) || base == 0 || base == 1) {
            continue;
        }
        const double size = log(base);
        const double y[4] = {(2 * unit(i, 1) - 1) * 745 / size,
                             (double)(int)(60 * unit(i, 2)) - 30,
                             -(707 + 38 * unit(i, 3)) / size, 10 * unit(i, 4)};
        for (int k = 0; k < 4; k++) {
            note(&w, ulps(rsp_pow(base, y[k]), powl(base, y[k])), base, y[k]);
        }
    }
    print_message("pow: at most %.3f ulp, at %a, %a\n", w.error, w.x, w.y);
    assert_true(w.error < 2);
}

static void whole_powers_that_fit_are_exact(void **state)
{
    (void)state;
    for (int base = -20; base <= 20; base++) {
        double want = 1;
        for (int n = 0; fabs(want) < 0x1p53; n++) {
            assert_true(rsp_pow(base, n) == want);
            want *= base;
            if (base >= -1 && base <= 1 && n > 20) {
                break;
            }
        }
    }
    for (int n = -1074; n < 1024; n++) {
        assert_true(rsp_pow(2, n) == ldexp(1, n));
    }
}

/* Values of C99, annex F; libm has them right, signs of zeros included. */
static void special_values_are_those_of_c99(void **state)
{
    (void)state;
    static const double x[] = {
        0.0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, -1.5, (double)INFINITY,
        -(double)INFINITY, (double)NAN, 1e300, -1e300, 1e-320, -1e-320, 0x1p53, 0x1p53 - 1,
        -(0x1p53 - 1), 0x1p52 + 1, 0x1.fffffffffffffp-1, 0x1.0000000000001p0,
        0x1p-1074, -0x1p-1074, 0x1.fffffffffffffp1023, -1e19, 1e19};
    const size_t n = sizeof x / sizeof *x;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            const double got = rsp_pow(x[i], x[j]), want = pow(x[i], x[j]);
            const int same = isnan(want)
                                 ? isnan(got)
                                 : signbit(got) == signbit(want) &&
                                       ulps(got, want) <= 1;
            if (!same) {
                fail_msg("pow(%a, %a) is %a, not %a", x[i], x[j], got, want);
            }
        }
        const double e = rsp_exp(x[i]), l = rsp_log(x[i]);
        assert_true(isnan(x[i]) ? isnan(e) : ulps(e, exp(x[i])) <= 1);
        assert_true(isnan(log(x[i])) ? isnan(l) : ulps(l, log(x[i])) <= 1);
    }
    assert_true(rsp_exp(709.78) < (double)INFINITY && rsp_exp(709.79) == (double)INFINITY);
    assert_true(rsp_exp(-745.13) > 0 && rsp_exp(-745.2) == 0);
    assert_true(rsp_log(0.0) == -(double)INFINITY && isnan(rsp_log(-1.0)));
}

static void log1p_and_expm1_keep_small_arguments(void **state)
{
    (void)state;
    NEEDS_LONG_DOUBLE();
    worst one = {0}, two = {0};
    for (uint32_t i = 0; i < MANY; i++) {
        const double tiny = ldexp(2 * unit(i, 0) - 1, -(int)(i % 70));
        const double x[3] = {tiny, -1 + unit(i, 1), 700 * unit(i, 2)};
        for (int k = 0; k < 3; k++) {
            note(&one, ulps(rsp_log1p(x[k]), log1pl(x[k])), x[k], 0);
            note(&two, ulps(rsp_expm1(x[k]), expm1l(x[k])), x[k], 0);
        }
        note(&two, ulps(rsp_expm1(-x[2]), expm1l(-x[2])), -x[2], 0);
    }
    print_message("log1p: at most %.3f ulp, at %a; expm1: %.3f, at %a\n",
                  one.error, one.x, two.error, two.x);
    assert_true(one.error < 2);
    assert_true(two.error < 4);
    assert_true(rsp_log1p(-1) == -(double)INFINITY && isnan(rsp_log1p(-2)));
    assert_true(rsp_log1p((double)INFINITY) == (double)INFINITY);
    assert_true(rsp_expm1(-(double)INFINITY) == -1 && rsp_expm1(1e3) == (double)INFINITY);
}

static void lgamma_is_right_to_1e_14(void **state)
{
    (void)state;
    NEEDS_LONG_DOUBLE();
    for (uint32_t i = 0; i < MANY; i++) {
        const double x = i % 2 ? 20 * unit(i, 0) : exp(40 * unit(i, 1) - 10);
        const double want = (double)lgammal(x);
        assert_true(fabs(rsp_lgamma(x) - want) <= 1e-14 * fmax(1, fabs(want)));
    }
}

/* AS 241 promises about 1e-16; GSL's implements it too, so that the inverse is
 * also checked through the distribution function in long double. */
static void the_normal_quantile_is_right(void **state)
{
    (void)state;
    NEEDS_LONG_DOUBLE();
    worst gsl = {0}, back = {0};
    for (uint32_t i = 0; i < MANY; i++) {
        const double p = i % 2 ? unit(i, 0) : exp(-300 * unit(i, 1));
        const double z = rsp_normal_quantile(p);
        const double other = gsl_cdf_ugaussian_Pinv(p);
        note(&gsl, fabs(z - other) / fmax(1e-3, fabs(other)), p, 0);
        const long double q =
            0.5L * erfcl(-(long double)z * 0.707106781186547524400844L);
        /* A relative error e of z moves log p by about e z^2. */
        note(&back, (double)(fabsl(q / p - 1) / (1 + (long double)z * z)), p, 0);
    }
    print_message("quantile: %.2g from GSL's, %.2g through erfc\n", gsl.error,
                  back.error);
    assert_true(gsl.error < 2e-15);
    assert_true(back.error < 1e-15);
    for (uint32_t i = 1; i < 1000; i++) {
        const double p = ldexp(i, -10);
        assert_true(rsp_normal_quantile(1 - p) == -rsp_normal_quantile(p));
    }
    assert_true(rsp_normal_quantile(0) == -(double)INFINITY);
    assert_true(rsp_normal_quantile(1) == (double)INFINITY);
    assert_true(isnan(rsp_normal_quantile(-0.1)));
    assert_true(isnan(rsp_normal_quantile(1.1)));
    assert_true(isnan(rsp_normal_quantile((double)NAN)));
}

static void the_normal_cdf_errs_by_less_than_1e_14(void **state)
{
    (void)state;
    NEEDS_LONG_DOUBLE();
    for (uint32_t i = 0; i < MANY; i++) {
        const double x = 80 * unit(i, 0) - 40;
        const double y = i % 2 ? x : x / 10;
        const double want =
            (double)(0.5L * erfcl(-(long double)y * 0.707106781186547524400844L));
        assert_true(fabs(rsp_normal_cdf(y) - want) < 1e-14);
        if (y < -3 && y > -37) { /* tails keep 12 digits */
            assert_true(fabs(rsp_normal_cdf(y) / want - 1) < 1e-12);
        }
    }
}

/* n nodes integrate z^d exactly for d < 2n: E z^d = (d-1)!! for even d. */
static void gauss_hermite_integrates_polynomials(void **state)
{
    (void)state;
    for (int n = 1; n <= 64; n++) {
        double z[64], w[64];
        rsp_gauss_hermite(n, z, w);
        double moment = 1;
        for (int d = 0; d < 2 * n && d <= 60; d++) {
            long double sum = 0, odd = 0;
            for (int i = 0; i < n; i++) {
                const long double power = powl(z[i], d);
                sum += w[i] * power;
                odd += w[i] * fabsl(power);
            }
            if (d % 2) {
                assert_true(fabsl(sum) <= 1e-15L * odd);
            } else {
                moment *= d ? d - 1 : 1;
                assert_true(fabsl(sum / moment - 1) < 2e-14L);
            }
        }
        for (int i = 0; i < n; i++) {
            assert_true(w[i] > 0 && z[i] == -z[n - 1 - i]);
            assert_true(i == 0 || z[i] > z[i - 1]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_errs_by_less_than_an_ulp),
        cmocka_unit_test(log_errs_by_less_than_an_ulp),
        cmocka_unit_test(pow_errs_by_less_than_two_ulp),
        cmocka_unit_test(whole_powers_that_fit_are_exact),
        cmocka_unit_test(special_values_are_those_of_c99),
        cmocka_unit_test(log1p_and_expm1_keep_small_arguments),
        cmocka_unit_test(lgamma_is_right_to_1e_14),
        cmocka_unit_test(the_normal_quantile_is_right),
        cmocka_unit_test(the_normal_cdf_errs_by_less_than_1e_14),
        cmocka_unit_test(gauss_hermite_integrates_polynomials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
