/* Partial rank correlation against hand, the residuals of R 4.2.2's lm(), and
 * epiR 2.0.57's epi.prcc (its coefficients; its t has n - 2 degrees of freedom,
 * whatever is held). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "respite/prcc.h"

#define assert_close(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

static double prcc(const double *x, size_t k, const double *y, size_t n, rsp_prcc *out)
{
    double df = 0;
    assert_int_equal(rsp_prcc_of(x, k, y, n, out, &df, NULL), RSP_OK);
    return df;
}

/* Ranks 1 2 3 4; 2 1 4 3; 1 3 4 2: correlations 0.6, 0.4 and 0.4, so that
 * r = (0.4 - 0.4 * 0.6) / sqrt((1 - 0.36)(1 - 0.16)) = 0.16 / sqrt(0.5376). */
static void four_rows_are_as_reckoned_by_hand(void **state)
{
    (void)state;
    const double x[] = {-1, 0, 5, 90, 0.2, 0.1, 0.4, 0.3};
    const double y[] = {1e-3, 10, 1e6, 1};
    rsp_prcc out[2];
    double df = prcc(x, 2, y, 4, out);
    assert_close(df, 1, 0);
    assert_close(out[0].r, 0.16 / sqrt(0.5376), 1e-14);
    assert_close(out[1].r, 0.16 / sqrt(0.5376), 1e-14);
    assert_close(out[0].t, out[0].r / sqrt(1 - out[0].r * out[0].r), 1e-14);
    /* Student's t of one degree of freedom is Cauchy's. */
    assert_close(out[0].p, 1 - 2 / acos(-1.0) * atan(out[0].t), 1e-12);
}

/* x1 <- c(1,4,2,8,5,7,3,6,9,10,12,11) and so on; epi.prcc(data.frame(x1,x2,x3,y)), and
 * cor(resid(lm(rank(x1) ~ rank(x2) + rank(x3))), resid(lm(rank(y) ~ ...))). */
static void twelve_rows_with_ties_are_as_in_r(void **state)
{
    (void)state;
    const double x[] = {1, 4, 2, 8, 5, 7, 3, 6, 9, 10, 12, 11,
                        0.3, 0.1, 0.9, 0.4, 0.4, 0.8, 0.2, 0.6, 0.5, 0.7, 0.05, 1,
                        5, 5, 1, 2, 2, 9, 9, 3, 4, 8, 7, 6};
    const double y[] = {2.1, 3.0, 0.4, 5.5, 4.1, 4.0, 2.6, 3.9, 7.0, 6.2, 30, 5};
    const double r[] = {0.953961742114666, -0.606576653622733, -0.421575230958792};
    const double t[] = {8.99618717467968, -2.15799231869355, -1.31495749632924};
    const double p[] = {1.85890010519168e-05, 0.062986119649536, 0.224964304302216};
    rsp_prcc out[3];
    double df = prcc(x, 3, y, 12, out);
    assert_close(df, 8, 0);
    for (size_t j = 0; j < 3; j++) {
        assert_close(out[j].r, r[j], 1e-13);
        assert_close(out[j].t, t[j], 1e-12 * fabs(t[j]) + 1e-12);
        assert_close(out[j].p, p[j], 1e-12);
        assert_string_equal(out[j].reason, "");
    }
}

static void an_infinity_is_the_last_rank(void **state)
{
    (void)state;
    double x[] = {-1, 0, 5, 90, 0.2, 0.1, 0.4, 0.3}, y[] = {1e-3, 10, INFINITY, 1};
    rsp_prcc out[2], finite[2];
    prcc(x, 2, y, 4, out);
    y[2] = 11;
    prcc(x, 2, y, 4, finite);
    assert_memory_equal(&out[0].r, &finite[0].r, sizeof(double));
    assert_memory_equal(&out[1].r, &finite[1].r, sizeof(double));
}

static void what_does_not_vary_or_says_the_same_twice_is_left_out(void **state)
{
    (void)state;
    enum { N = 12 };
    double x[4 * N];
    const double y[N] = {2.1, 3.0, 0.4, 5.5, 4.1, 4.0, 2.6, 3.9, 7.0, 6.2, 30, 5};
    const double a[N] = {1, 4, 2, 8, 5, 7, 3, 6, 9, 10, 12, 11};
    const double b[N] = {0.3, 0.1, 0.9, 0.4, 0.4, 0.8, 0.2, 0.6, 0.5, 0.7, 0.05, 1};
    for (size_t i = 0; i < N; i++) {
        x[i] = a[i];
        x[N + i] = 7;             /* constant */
        x[2 * N + i] = exp(a[i]); /* the same ranks */
        x[3 * N + i] = b[i];
    }
    rsp_prcc out[4], alone[2];
    double df = prcc(x, 4, y, N, out);
    memcpy(x + N, b, sizeof b);
    assert_close(df, prcc(x, 2, y, N, alone), 0);
    assert_close(out[0].r, alone[0].r, 1e-13);
    assert_close(out[3].r, alone[1].r, 1e-13);
    assert_true(isnan(out[1].r) && isnan(out[2].r));
    assert_string_equal(out[1].reason, "does not vary");
    assert_string_equal(out[2].reason, "follows from inputs before it");
}

static void nothing_is_guessed_where_nothing_can_be_estimated(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 3, 1, 2}, flat[] = {4, 4, 4}, y[] = {2, 3, 1};
    double nan[] = {1, NAN, 2}, df = 0;
    rsp_prcc out[2];
    prcc(x, 2, y, 3, out); /* three rows, two inputs: no degree of freedom */
    assert_true(isnan(out[0].r) && isnan(out[0].p) && out[0].reason[0]);
    prcc(x, 1, flat, 3, out);
    assert_string_equal(out[0].reason, "the outcome does not vary");
    prcc(x, 1, y, 0, out);
    assert_true(isnan(out[0].r));
    rsp_error err = {0};
    assert_int_equal(rsp_prcc_of(nan, 1, y, 3, out, &df, &err), RSP_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_rows_are_as_reckoned_by_hand),
        cmocka_unit_test(twelve_rows_with_ties_are_as_in_r),
        cmocka_unit_test(an_infinity_is_the_last_rank),
        cmocka_unit_test(what_does_not_vary_or_says_the_same_twice_is_left_out),
        cmocka_unit_test(nothing_is_guessed_where_nothing_can_be_estimated)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
