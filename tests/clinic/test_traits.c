#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "clinic/traits.h"

/* Fixed seeds; limits are five standard errors. */

enum { MANY = 20000 };

static rsp_stream stream(uint32_t participant)
{
    return (rsp_stream){.seed = 5, .trial = 1, .participant = participant,
                        .purpose = RSP_PURPOSE_TRAIT, .channel = 77};
}

static rsp_param param(const char *name, double value, rsp_dist between)
{
    return (rsp_param){.name = name, .family = name, .count = 1, .unit = "1",
                       .factor = 1, .value = value, .low = -(double)INFINITY,
                       .high = (double)INFINITY, .between = between,
                       .channel = rsp_channel(name)};
}

static void draws_stay_within_their_range(void **state)
{
    (void)state;
    const rsp_dist dists[] = {{RSP_DIST_NORMAL, 2, 0, ""}, {RSP_DIST_LOGNORMAL, 1, 0, ""},
                              {RSP_DIST_LOGITNORMAL, 1, 0, ""},
                              {RSP_DIST_BETA, 2, 3, ""}, {RSP_DIST_UNIFORM, 0, 1, ""},
                              {RSP_DIST_LOGUNIFORM, 0.1, 1, ""}};
    for (size_t k = 0; k < sizeof dists / sizeof *dists; k++) {
        for (uint32_t i = 0; i < 2000; i++) {
            rsp_stream s = stream(i);
            double v = 0;
            assert_true(clinic_draw(&s, 0, &dists[k], 0.5, 0.3, 0.6, &v));
            assert_true(v >= 0.3 && v <= 0.6);
        }
    }
}

static void an_impossible_range_is_told(void **state)
{
    (void)state;
    rsp_dist d = {RSP_DIST_UNIFORM, 0, 1, ""};
    rsp_stream s = stream(1);
    double v = 0;
    assert_false(clinic_draw(&s, 0, &d, 0.5, 2, 3, &v));
}

static void a_median_is_the_median(void **state)
{
    (void)state;
    const rsp_dist dists[] = {{RSP_DIST_NORMAL, 0.1, 0, ""},
                              {RSP_DIST_LOGNORMAL, 0.5, 0, ""},
                              {RSP_DIST_LOGITNORMAL, 1, 0, ""}};
    for (size_t k = 0; k < 3; k++) {
        int below = 0;
        for (uint32_t i = 0; i < MANY; i++) {
            rsp_stream s = stream(i);
            double v = 0;
            assert_true(clinic_draw(&s, 0, &dists[k], 0.3, -1e9, 1e9, &v));
            below += v < 0.3;
        }
        assert_true(fabs(below - 0.5 * MANY) < 5 * 0.5 * sqrt(MANY));
    }
}

static void a_new_parameter_changes_no_other(void **state)
{
    (void)state;
    rsp_dist d = {RSP_DIST_LOGNORMAL, 0.5, 0, ""};
    rsp_param two[] = {param("a", 1, d), param("b", 2, d)};
    rsp_param three[] = {param("a", 1, d), param("new", 9, d), param("b", 2, d)};
    for (uint32_t i = 0; i < 3; i++) {
        two[i % 2].first = i % 2;
        three[i].first = i;
    }
    clinic_who who = {.seed = 3, .trial = 2, .participant = 8};
    double m2[] = {1, 2}, m3[] = {1, 9, 2}, x2[2], x3[3];
    uint32_t which;
    assert_true(clinic_traits(&who, two, 2, m2, x2, &which));
    assert_true(clinic_traits(&who, three, 3, m3, x3, &which));
    assert_true(x2[0] == x3[0] && x2[1] == x3[2]);
}

static void uncertainty_is_one_draw_a_trial(void **state)
{
    (void)state;
    rsp_param p = param("a", 1, (rsp_dist){.kind = RSP_DIST_NONE, .text = ""});
    p.uncertain = (rsp_dist){RSP_DIST_LOGNORMAL, 0.3, 0, ""};
    double first, again, other;
    uint32_t which;
    assert_true(clinic_trial_medians(3, 1, &p, 1, &first, &which));
    assert_true(clinic_trial_medians(3, 1, &p, 1, &again, &which));
    assert_true(clinic_trial_medians(3, 2, &p, 1, &other, &which));
    assert_true(first == again && first != other && first != 1);
}

static void dirichlet_shares_keep_their_sum_and_means(void **state)
{
    (void)state;
    rsp_dist d = {RSP_DIST_DIRICHLET, 20, 0, ""};
    rsp_param p[] = {param("w[a]", 0.2, d), param("w[b]", 0.3, d), param("w[c]", 0.5, d)};
    double medians[] = {0.2, 0.3, 0.5}, mean[3] = {0};
    for (uint32_t i = 0; i < 3; i++) {
        p[i].count = 3;
    }
    for (uint32_t k = 0; k < MANY; k++) {
        clinic_who who = {.seed = 3, .trial = 0, .participant = k};
        double x[3];
        uint32_t which;
        assert_true(clinic_traits(&who, p, 3, medians, x, &which));
        assert_true(fabs(x[0] + x[1] + x[2] - 1) < 1e-12); /* rounding of a division */
        for (size_t i = 0; i < 3; i++) {
            mean[i] += x[i] / MANY;
        }
    }
    for (size_t i = 0; i < 3; i++) {
        double sd = sqrt(medians[i] * (1 - medians[i]) / 21);
        assert_true(fabs(mean[i] - medians[i]) < 5 * sd / sqrt(MANY));
    }
}

static void a_larger_share_keeps_those_who_had_it(void **state)
{
    (void)state;
    rsp_dist few = {RSP_DIST_BERNOULLI, 0.3, 0, ""}, many = {RSP_DIST_BERNOULLI, 0.6, 0, ""};
    int n = 0;
    for (uint32_t i = 0; i < 2000; i++) {
        rsp_stream s = stream(i);
        double a = 0, b = 0;
        assert_true(clinic_draw(&s, 0, &few, 0, 0, 1, &a));
        assert_true(clinic_draw(&s, 0, &many, 0, 0, 1, &b));
        assert_true(b >= a);
        n += a > 0;
    }
    assert_true(abs(n - 600) < 5 * 21); /* sqrt(2000 x 0.3 x 0.7) = 20.5 */
}

static void another_candidate_is_another_draw(void **state)
{
    (void)state;
    rsp_dist d = {RSP_DIST_BETA, 2, 3, ""};
    rsp_stream s = stream(4);
    double a = 0, b = 0;
    assert_true(clinic_draw(&s, 0, &d, 0.5, 0, 1, &a));
    assert_true(clinic_draw(&s, 1, &d, 0.5, 0, 1, &b));
    assert_true(a != b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_stay_within_their_range),
        cmocka_unit_test(an_impossible_range_is_told),
        cmocka_unit_test(a_median_is_the_median),
        cmocka_unit_test(a_new_parameter_changes_no_other),
        cmocka_unit_test(uncertainty_is_one_draw_a_trial),
        cmocka_unit_test(dirichlet_shares_keep_their_sum_and_means),
        cmocka_unit_test(a_larger_share_keeps_those_who_had_it),
        cmocka_unit_test(another_candidate_is_another_draw)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
