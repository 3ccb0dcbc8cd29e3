/* The three published estimators of how often a reservoir gives rise to a rebound: against
 * closed forms, and on times made of the law that each assumes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "respite/recrudescence.h"

enum { N = 500, STEPS = 500 };
static const double INF = INFINITY;
static const rsp_recrudescence_options COMMON = {RSP_DELAY_COMMON, NAN, 0.95};
static const rsp_recrudescence_options VARYING = {RSP_DELAY_VARYING, NAN, 0};

static void near_to(double found, double expected, double tolerance)
{
    if (!(fabs(found - expected) <= tolerance)) {
        fail_msg("%.10g, expected %.10g within %g", found, expected, tolerance);
    }
}

static rsp_recrudescence fit(const rsp_within *x, size_t n, rsp_recrudescence_options o)
{
    rsp_recrudescence out;
    rsp_error err = {0};
    if (rsp_recrudescence_fit(x, n, &o, &out, &err) != RSP_OK) {
        fail_msg("%s", err.message);
    }
    return out;
}

/* Exposed days until t, by the trapezoid rule: not as the program has them. */
static double exposed(double t, double delay, double spread)
{
    const double step = t / STEPS;
    double sum = 0;
    for (int i = 0; i <= STEPS; i++) {
        double z = log(fmax(i * step, 1e-300) / delay) / spread;
        double share = spread > 0 ? 0.5 * erfc(-z / sqrt(2)) : i * step > delay;
        sum += share * step * (i == 0 || i == STEPS ? 0.5 : 1);
    }
    return sum;
}

/* The (i + 1/2)/n quantile of S(t) = exp(-exposed / interval). */
static double quantile(size_t i, size_t n, double interval, double delay, double spread)
{
    double target = -interval * log(1 - ((double)i + 0.5) / (double)n), low = 0, high = 1000;
    for (int k = 0; k < 40; k++) {
        double middle = 0.5 * (low + high);
        *(exposed(middle, delay, spread) < target ? &low : &high) = middle;
    }
    return 0.5 * (low + high);
}

static rsp_within visited(double t, double every)
{
    double right = ceil(t / every) * every;
    return (rsp_within){right - every, right};
}

static void with_a_known_delay_the_interval_is_time_over_events(void **state)
{
    (void)state;
    const rsp_within x[] = {{16, 16}, {20, 20}, {31, 31}, {40, INF}, {12, INF}};
    rsp_recrudescence_options o = {RSP_DELAY_COMMON, 14, 0.95};
    rsp_recrudescence r = fit(x, 5, o);
    double total = 2 + 6 + 17 + 26 + 0;
    near_to(r.interval, total / 3, 1e-8);
    near_to(r.log_likelihood, -3 * log(total / 3) - 3, 1e-10);
    assert_true(r.n == 5 && r.n_events == 3 && r.delay == 14);
    /* At its limits the likelihood has fallen by half of 3.841. */
    near_to(-3 * log(r.low) - total / r.low, r.log_likelihood - 1.9207294, 1e-5);
    near_to(-3 * log(r.high) - total / r.high, r.log_likelihood - 1.9207294, 1e-5);
    assert_true(r.low < r.interval && r.interval < r.high);
}

static void the_common_delay_of_exact_times_is_the_first(void **state)
{
    (void)state;
    const rsp_within x[] = {{15, 15}, {18, 18}, {27, 27}};
    rsp_recrudescence r = fit(x, 3, COMMON);
    near_to(r.delay, 15, 1e-3); /* of a range searched by the golden section */
    near_to(r.interval, 5, 1e-3);
}

static void pinkevych_recovers_the_interval_between_visits(void **state)
{
    (void)state;
    static rsp_within x[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = visited(quantile(i, N, 6, 14.6, 0), 3);
    }
    rsp_recrudescence r = fit(x, N, COMMON);
    near_to(r.interval, 6, 0.13); /* half a standard error, 6 / sqrt(500) */
    near_to(r.delay, 14.6, 0.1);
    assert_true(r.low < 6 && r.high > 6);
    near_to(r.high - r.low, 2 * 1.96 * 6 / sqrt(N), 0.2); /* log-likelihood is no parabola */
}

static void conway_recovers_the_interval_where_delays_differ(void **state)
{
    (void)state;
    static rsp_within x[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = visited(quantile(i, N, 3, 14, 0.3), 1);
    }
    rsp_recrudescence r = fit(x, N, VARYING);
    near_to(r.interval, 3, 0.1);
    near_to(r.delay, 14, 0.2);
    near_to(r.spread, 0.3, 0.02);
    /* One delay for all reads what it varies by as waiting. */
    assert_true(fit(x, N, COMMON).interval > 3.3);
}

static void delays_that_do_not_differ_need_no_spread(void **state)
{
    (void)state;
    static rsp_within x[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = visited(quantile(i, N, 6, 14, 0), 1);
    }
    rsp_recrudescence r = fit(x, N, VARYING), c = fit(x, N, COMMON);
    assert_true(r.spread < 0.05);
    near_to(r.interval, c.interval, 0.05);
    assert_true(r.log_likelihood >= c.log_likelihood);
}

static void ratios_of_founders_give_the_interval_over_growth(void **state)
{
    (void)state;
    rsp_within ratio[N];
    for (size_t i = 0; i < N; i++) { /* exponential waits of 3.6 days at 0.5 a day */
        double wait = -3.6 * log(1 - ((double)i + 0.5) / N), r = exp(0.5 * wait);
        ratio[i] = r < 20 ? (rsp_within){r, r} : (rsp_within){20, INF};
    }
    rsp_founders f;
    assert_int_equal(rsp_founders_fit(ratio, N, 0.5, 0.95, &f, NULL), RSP_OK);
    near_to(f.interval, 3.6, 0.02);
    assert_true(f.low < 3.6 && f.high > 3.6);
    assert_true(f.n == N && f.n_ratios < N);
    const rsp_within two[] = {{exp(1), exp(1)}, {exp(2), INF}};
    assert_int_equal(rsp_founders_fit(two, 2, 0.5, 0.95, &f, NULL), RSP_OK);
    near_to(f.interval, 6, 1e-12); /* 2 + 4 days, one ratio seen */
    near_to(-log(f.low) - 6 / f.low, -log(6) - 1 - 1.9207294, 1e-4);
}

static void what_cannot_be_told_is_said(void **state)
{
    (void)state;
    const rsp_within none[] = {{30, INF}, {40, INF}}, first[] = {{0, 14}, {0, 14}};
    const rsp_within early[] = {{3, 4}, {20, 21}}, wrong[] = {{5, 4}};
    rsp_recrudescence r = fit(none, 2, COMMON);
    assert_true(isnan(r.interval) && strstr(r.reason, "nobody"));
    assert_non_null(strstr(fit(first, 2, COMMON).reason, "no wait"));
    rsp_recrudescence_options late = {RSP_DELAY_COMMON, 14, 0};
    assert_non_null(strstr(fit(early, 2, late).reason, "longer"));
    rsp_error err = {0};
    assert_int_equal(rsp_recrudescence_fit(wrong, 1, &COMMON, &r, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "row 1"));
    assert_true(isnan(fit(NULL, 0, COMMON).interval));
    const rsp_within alone[] = {{20, INF}}, equal[] = {{1, 1}}, below[] = {{0.5, 0.5}};
    rsp_founders f;
    assert_int_equal(rsp_founders_fit(alone, 1, 0.5, 0.95, &f, NULL), RSP_OK);
    assert_true(isnan(f.interval) && strstr(f.reason, "second founder"));
    assert_int_equal(rsp_founders_fit(equal, 1, 0.5, 0.95, &f, NULL), RSP_OK);
    assert_true(isnan(f.interval) && strstr(f.reason, "one size"));
    assert_int_equal(rsp_founders_fit(below, 1, 0.5, 0.95, &f, NULL), RSP_RANGE);
    assert_int_equal(rsp_founders_fit(equal, 1, 0, 0.95, &f, NULL), RSP_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_a_known_delay_the_interval_is_time_over_events),
        cmocka_unit_test(the_common_delay_of_exact_times_is_the_first),
        cmocka_unit_test(pinkevych_recovers_the_interval_between_visits),
        cmocka_unit_test(conway_recovers_the_interval_where_delays_differ),
        cmocka_unit_test(delays_that_do_not_differ_need_no_spread),
        cmocka_unit_test(ratios_of_founders_give_the_interval_over_growth),
        cmocka_unit_test(what_cannot_be_told_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
