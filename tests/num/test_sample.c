/* Samplers against GSL's distribution functions.
 *
 * Each case gives one chi-square and two moments; a case fails where a p-value
 * is below LIMIT.  With at most 100 cases of 3 p-values a correct sampler fails
 * this whole file for one seed in 10,000; the seeds are fixed, so it either
 * passes for good or fails for good.  With RESPITE_LONG in the environment the
 * draws are thirty times as many and see errors of half a percent in one cell of
 * sixty, such as too generous a squeeze makes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>

#include "respite/num.h"

#define LIMIT 3e-7
enum { CELLS = 60 };
static uint32_t n_draws = 100000; /* set once, by main */

/* A law with up to three numbers; cdf is P(X <= x). */
typedef struct law law;
struct law {
    const char *name;
    double a, b;
    double (*draw)(const rsp_stream *s, uint32_t index, const law *l);
    double (*cdf)(double x, const law *l);
    double mean, variance, fourth; /* fourth: kurtosis (3 for a normal) */
    int whole;
    double most; /* x searched from 0 (or -most where negative) to this */
};

static double quantile(const law *l, double p)
{
    double low = l->cdf(-1, l) > 0 ? -l->most : -1, high = l->most;
    for (int i = 0; i < 200 && (!l->whole || high - low > 1); i++) {
        double middle = 0.5 * (low + high);
        middle = l->whole ? floor(middle) : middle;
        if (!(l->cdf(middle, l) < p)) { /* GSL gives NaN far up a tail */
            high = middle;
        } else {
            low = middle;
        }
    }
    return high;
}

static double tail_of_normal(double z)
{
    return 2 * gsl_cdf_ugaussian_Q(fabs(z));
}

static void check(const law *l, const char *what, double p, double effect)
{
    if (!(p > LIMIT)) {
        fail_msg("%s(%g, %g): %s has p = %.2g (effect %.3g)", l->name, l->a,
                 l->b, what, p, effect);
    }
}

static void check_cells(const law *l, const double *edge, const double *count,
                        int n)
{
    double chi2 = 0, before = 0, pooled_count = 0, pooled_expected = 0;
    int cells = 0;
    for (int c = 0; c <= n; c++) {
        const double upto = c < n ? l->cdf(edge[c], l) : 1;
        pooled_count += count[c];
        pooled_expected += (upto - before) * n_draws;
        before = upto;
        /* A cell below 10 expected joins the next; the last may be small. */
        if (pooled_expected >= 10 || (c == n && pooled_expected > 1)) {
            const double d = pooled_count - pooled_expected;
            chi2 += d * d / pooled_expected;
            cells++;
            pooled_count = pooled_expected = 0;
        }
    }
    if (cells > 1) {
        check(l, "chi-square", gsl_cdf_chisq_Q(chi2, cells - 1), chi2);
    }
}

static void check_law(const law *l, uint32_t seed)
{
    double edge[CELLS], count[CELLS + 1] = {0};
    int n = 0;
    for (int c = 1; c < CELLS; c++) {
        const double e = quantile(l, (double)c / CELLS);
        if (n == 0 || e > edge[n - 1]) {
            edge[n++] = e;
        }
    }
    double sum = 0, sum2 = 0;
    for (uint32_t i = 0; i < n_draws; i++) {
        const rsp_stream s = {seed, 0, i, RSP_PURPOSE_USER, 1};
        const double x = l->draw(&s, i % 3, l);
        if (l->whole) {
            assert_true(x == floor(x) && x >= 0);
        }
        int c = 0;
        while (c < n && x > edge[c]) {
            c++;
        }
        count[c] += 1;
        const double d = x - l->mean;
        sum += d;
        sum2 += d * d;
    }
    check_cells(l, edge, count, n);
    const double mean = sum / n_draws, variance = sum2 / n_draws;
    const double z = mean / sqrt(l->variance / n_draws);
    check(l, "mean", tail_of_normal(z), mean / l->mean);
    if (l->fourth > 0 && l->fourth < 100) { /* else far from normal */
        const double y = (variance / l->variance - 1) /
                         sqrt((l->fourth - 1) / n_draws);
        check(l, "variance", tail_of_normal(y), variance / l->variance - 1);
    }
}

/* GSL's incomplete gamma and beta functions fail at large arguments.  From a
 * variance of 1e5 on, Edgeworth's first correction leaves an error of order
 * 1 / variance, far below what the draws can show. */
#define EDGEWORTH_FROM 1e5
static double edgeworth(double k, double mean, double variance, double skewness)
{
    const double z = (k + 0.5 - mean) / sqrt(variance);
    return gsl_cdf_ugaussian_P(z) -
           skewness / 6 * (z * z - 1) * exp(-0.5 * z * z) * 0.3989422804014327;
}

static double draw_poisson(const rsp_stream *s, uint32_t i, const law *l)
{
    return rsp_poisson(s, i, l->a);
}

static double cdf_poisson(double x, const law *l)
{
    if (x < 0) {
        return 0;
    }
    return l->a < EDGEWORTH_FROM
               ? gsl_cdf_gamma_Q(l->a, floor(x) + 1, 1)
               : edgeworth(floor(x), l->a, l->a, 1 / sqrt(l->a));
}

static void poisson_draws_follow_their_law(void **state)
{
    (void)state;
    static const double means[] = {1e-3, 0.03, 0.1, 0.5, 1,   3,    7,   9.999, 10,
                                   11,   15,   30,  100, 1000, 1e4, 1e6,   1e8,
                                   1e9};
    for (size_t i = 0; i < sizeof means / sizeof *means; i++) {
        const double m = means[i];
        check_law(&(law){"poisson", m, 0, draw_poisson, cdf_poisson, m, m,
                         3 + 1 / m, 1, m + 40 * sqrt(m) + 40},
                  100 + (uint32_t)i);
    }
}

/* Far up the law is a normal's to 1e-5. */
static void poisson_draws_stay_whole_and_unbiased_to_1e17(void **state)
{
    (void)state;
    static const double means[] = {1e11, 1e13, 9.99e14, 1.01e15, 1e17};
    for (size_t i = 0; i < sizeof means / sizeof *means; i++) {
        const double m = means[i];
        double sum = 0, sum2 = 0;
        for (uint32_t k = 0; k < n_draws; k++) {
            const rsp_stream s = {7, 0, k, RSP_PURPOSE_USER, (uint32_t)i};
            const double x = rsp_poisson(&s, 0, m);
            assert_true(x == floor(x));
            const double z = (x - m) / sqrt(m);
            sum += z;
            sum2 += z * z;
        }
        const law l = {.name = "poisson", .a = m};
        check(&l, "mean", tail_of_normal(sum / sqrt((double)n_draws)), sum / n_draws);
        check(&l, "variance",
              tail_of_normal((sum2 / n_draws - 1) / sqrt(2.0 / n_draws)),
              sum2 / n_draws - 1);
    }
}

static double draw_binomial(const rsp_stream *s, uint32_t i, const law *l)
{
    return rsp_binomial(s, i, l->a, l->b);
}

static double cdf_binomial(double x, const law *l)
{
    const double k = floor(x);
    if (k < 0 || k >= l->a) {
        return k < 0 ? 0 : 1;
    }
    return l->variance < EDGEWORTH_FROM
               ? gsl_cdf_beta_Q(l->b, k + 1, l->a - k)
               : edgeworth(k, l->mean, l->variance,
                           (1 - 2 * l->b) / sqrt(l->variance));
}

static void binomial_draws_follow_their_law(void **state)
{
    (void)state;
    static const double cases[][2] = {
        {1, 0.3},     {5, 0.5},    {20, 0.9},    {1000, 1e-5}, {30, 0.33},
        {20, 0.5},    {40, 0.25},  {100, 0.11},  {100, 0.97},  {200, 0.5},
        {1e4, 0.5},   {1e4, 0.999}, {1e6, 1e-3}, {1e6, 0.7},   {1e9, 1e-8},
        {1e9, 3e-5},  {1e9, 0.2},  {1e12, 1e-9}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double n = cases[i][0], p = cases[i][1], v = n * p * (1 - p);
        check_law(&(law){"binomial", n, p, draw_binomial, cdf_binomial, n * p, v,
                         3 + (1 - 6 * p * (1 - p)) / v, 1,
                         fmin(n, n * p + 40 * sqrt(v) + 40)},
                  200 + (uint32_t)i);
    }
}

static double draw_gamma(const rsp_stream *s, uint32_t i, const law *l)
{
    return rsp_gamma(s, i, l->a, l->b);
}

static double cdf_gamma(double x, const law *l)
{
    return x <= 0 ? 0 : gsl_cdf_gamma_P(x, l->a, l->b);
}

static void gamma_draws_follow_their_law(void **state)
{
    (void)state;
    static const double shapes[] = {0.05, 0.3, 0.999, 1, 1.5, 4, 30, 1000, 1e4};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const double k = shapes[i];
        check_law(&(law){"gamma", k, 2.5, draw_gamma, cdf_gamma, 2.5 * k,
                         6.25 * k, 3 + 6 / k, 0, 2.5 * (k + 12 * sqrt(k) + 40)},
                  300 + (uint32_t)i);
    }
}

static double draw_beta(const rsp_stream *s, uint32_t i, const law *l)
{
    return rsp_beta(s, i, l->a, l->b);
}

static double cdf_beta(double x, const law *l)
{
    return x <= 0 ? 0 : x >= 1 ? 1 : gsl_cdf_beta_P(x, l->a, l->b);
}

static void beta_draws_follow_their_law(void **state)
{
    (void)state;
    static const double cases[][2] = {{0.01, 0.02}, {0.5, 0.5}, {1, 1},
                                      {2, 5},       {0.3, 8},   {200, 50},
                                      {1e5, 1e5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double a = cases[i][0], b = cases[i][1], n = a + b;
        const double excess =
            6 * ((a - b) * (a - b) * (n + 1) - a * b * (n + 2)) /
            (a * b * (n + 2) * (n + 3));
        check_law(&(law){"beta", a, b, draw_beta, cdf_beta, a / n,
                         a * b / (n * n * (n + 1)), 3 + excess, 0, 1},
                  400 + (uint32_t)i);
    }
}

static double draw_negative_binomial(const rsp_stream *s, uint32_t i,
                                     const law *l)
{
    return rsp_negative_binomial(s, i, l->a, l->b);
}

static double cdf_negative_binomial(double x, const law *l)
{
    return x < 0 ? 0 : gsl_cdf_beta_P(l->a / (l->a + l->b), l->a, floor(x) + 1);
}

static void negative_binomial_draws_follow_their_law(void **state)
{
    (void)state;
    static const double cases[][2] = {{0.2, 3},  {1, 1},    {2.5, 40},
                                      {10, 0.1}, {100, 1e4}, {3, 1e6}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double k = cases[i][0], m = cases[i][1], v = m + m * m / k;
        check_law(&(law){"negative binomial", k, m, draw_negative_binomial,
                         cdf_negative_binomial, m, v, 3 + 6 / k + 1 / v, 1,
                         m + 200 * sqrt(v) + 40},
                  500 + (uint32_t)i);
    }
}

static double draw_uniform(const rsp_stream *s, uint32_t i, const law *l)
{
    (void)l;
    return rsp_uniform(s, i, 0);
}

static double cdf_uniform(double x, const law *l)
{
    (void)l;
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

static double draw_exponential(const rsp_stream *s, uint32_t i, const law *l)
{
    (void)l;
    return rsp_exponential(s, i, 0);
}

static double cdf_exponential(double x, const law *l)
{
    (void)l;
    return x < 0 ? 0 : -expm1(-x);
}

static double draw_normal(const rsp_stream *s, uint32_t i, const law *l)
{
    (void)l;
    return rsp_normal(s, i, 0);
}

static double cdf_normal(double x, const law *l)
{
    (void)l;
    return gsl_cdf_ugaussian_P(x);
}

static void plain_draws_follow_their_law(void **state)
{
    (void)state;
    check_law(&(law){"uniform", 0, 1, draw_uniform, cdf_uniform, 0.5, 1.0 / 12,
                     1.8, 0, 1}, 601);
    check_law(&(law){"exponential", 1, 0, draw_exponential, cdf_exponential, 1,
                     1, 9, 0, 100}, 602);
    check_law(&(law){"normal", 0, 1, draw_normal, cdf_normal, 0, 1, 3, 0, 40},
              603);
}

/* Tail counts are binomial: beyond a level that one draw in 2^k passes.  The levels
 * are the exact ones, so that what is seen is the draws. */
static void check_tail(const law *l, double level, double share)
{
    double beyond = 0;
    for (uint32_t i = 0; i < 10 * n_draws; i++) {
        const rsp_stream s = {604, 1, i, RSP_PURPOSE_USER, 7};
        beyond += level < 0 ? l->draw(&s, 5, l) < level : l->draw(&s, 5, l) > level;
    }
    const double n = 10.0 * n_draws;
    check(l, "tail", tail_of_normal((beyond - n * share) / sqrt(n * share * (1 - share))),
          beyond / (n * share));
}

static void normal_and_exponential_draws_have_their_tails(void **state)
{
    (void)state;
    const law normal = {.name = "normal", .draw = draw_normal},
              exponential = {.name = "exponential", .draw = draw_exponential};
    for (int k = 4; k <= 12; k += 4) {
        const double share = ldexp(1, -k);
        check_tail(&normal, gsl_cdf_ugaussian_Qinv(share), share);
        check_tail(&normal, gsl_cdf_ugaussian_Pinv(share), share);
        check_tail(&exponential, k * 0.6931471805599453, share);
    }
    /* The ends: the least and the largest uniform. */
    assert_true(fabs(rsp_normal_quantile(0x1p-53) - gsl_cdf_ugaussian_Pinv(0x1p-53)) < 1e-14);
    assert_true(fabs(-rsp_log(0x1p-53) - 53 * 0.6931471805599453) < 1e-14);
}

/* One component of a multinomial is binomial. */
static double draw_component(const rsp_stream *s, uint32_t i, const law *l)
{
    const double p[5] = {3, 0, 10 * l->b, 7 - 10 * l->b, 0};
    double out[5];
    rsp_multinomial(s, i, l->a, 5, p, out);
    assert_true(out[0] + out[2] + out[3] == l->a);
    assert_true(out[1] == 0 && out[4] == 0);
    return out[2];
}

static void multinomial_draws_follow_their_law(void **state)
{
    (void)state;
    static const double cases[][2] = {{7, 0.2}, {500, 0.5}, {1e9, 1e-3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double n = cases[i][0], p = cases[i][1], v = n * p * (1 - p);
        check_law(&(law){"multinomial", n, p, draw_component, cdf_binomial, n * p,
                         v, 3 + (1 - 6 * p * (1 - p)) / v, 1,
                         fmin(n, n * p + 40 * sqrt(v) + 40)},
                  700 + (uint32_t)i);
    }
}

/* Cov(X0, X2) = -n p0 p2, here -30 with a standard error of about 0.3. */
static void components_of_a_multinomial_take_from_each_other(void **state)
{
    (void)state;
    const double p[3] = {0.3, 0.5, 0.2}, n = 500;
    double sum = 0;
    for (uint32_t i = 0; i < n_draws; i++) {
        const rsp_stream s = {8, 0, i, RSP_PURPOSE_USER, 1};
        double out[3];
        rsp_multinomial(&s, 0, n, 3, p, out);
        sum += (out[0] - n * 0.3) * (out[2] - n * 0.2);
    }
    const double error = sqrt((105.0 * 80 + 30 * 30) / n_draws);
    assert_true(fabs(sum / n_draws + 30) < 5 * error);
}

static void arguments_at_the_edge_have_a_certain_answer(void **state)
{
    (void)state;
    const rsp_stream s = {1, 2, 3, RSP_PURPOSE_USER, 4};
    assert_true(rsp_poisson(&s, 0, 0) == 0 && rsp_poisson(&s, 0, -1) == 0);
    assert_true(isnan(rsp_poisson(&s, 0, (double)NAN)));
    assert_true(rsp_binomial(&s, 0, 0, 0.5) == 0);
    assert_true(rsp_binomial(&s, 0, 9, 0) == 0 && rsp_binomial(&s, 0, 9, -1) == 0);
    assert_true(rsp_binomial(&s, 0, 9, 1) == 9 && rsp_binomial(&s, 0, 9, 2) == 9);
    assert_true(rsp_binomial(&s, 0, -3, 0.5) == 0);
    assert_true(isnan(rsp_binomial(&s, 0, 9, (double)NAN)));
    assert_true(isnan(rsp_binomial(&s, 0, (double)NAN, 0.5)));
    assert_true(rsp_gamma(&s, 0, 0, 1) == 0 && isnan(rsp_gamma(&s, 0, (double)NAN, 1)));
    assert_true(rsp_negative_binomial(&s, 0, 2, 0) == 0);
    assert_true(isnan(rsp_negative_binomial(&s, 0, (double)NAN, 2)));
    assert_true(isnan(rsp_beta(&s, 0, 0, 1)));
    const double none[2] = {0, 0}, one[3] = {0, 5, 0};
    double out[3];
    rsp_multinomial(&s, 0, 4, 2, none, out);
    assert_true(isnan(out[0]) && isnan(out[1]));
    rsp_multinomial(&s, 0, 0, 2, none, out);
    assert_true(out[0] == 0 && out[1] == 0);
    rsp_multinomial(&s, 0, 12, 3, one, out);
    assert_true(out[0] == 0 && out[1] == 12 && out[2] == 0);
}

int main(void)
{
    if (getenv("RESPITE_LONG")) {
        n_draws *= 30;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_draws_follow_their_law),
        cmocka_unit_test(normal_and_exponential_draws_have_their_tails),
        cmocka_unit_test(poisson_draws_follow_their_law),
        cmocka_unit_test(poisson_draws_stay_whole_and_unbiased_to_1e17),
        cmocka_unit_test(binomial_draws_follow_their_law),
        cmocka_unit_test(gamma_draws_follow_their_law),
        cmocka_unit_test(beta_draws_follow_their_law),
        cmocka_unit_test(negative_binomial_draws_follow_their_law),
        cmocka_unit_test(multinomial_draws_follow_their_law),
        cmocka_unit_test(components_of_a_multinomial_take_from_each_other),
        cmocka_unit_test(arguments_at_the_edge_have_a_certain_answer),
    };
    gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
