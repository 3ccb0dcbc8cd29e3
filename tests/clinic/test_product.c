#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "clinic/product.h"

enum { MANY = 20000 };

static clinic_trait trait(const char *name, double value, rsp_dist between)
{
    return (clinic_trait){.name = name, .unit = "1", .factor = 1, .value = value,
                          .low = 0, .high = (double)INFINITY, .between = between,
                          .sets = -1, .shows_param = -1, .shows_derived = -1,
                          .channel = rsp_channel(name)};
}

static clinic_trait fixed(const char *name, double value)
{
    return trait(name, value, (rsp_dist){.kind = RSP_DIST_NONE, .text = ""});
}

static clinic_who someone(uint32_t i)
{
    return (clinic_who){.seed = 3, .trial = 1, .participant = i};
}

/* 1e7 cells, 50-fold, 80 % viable, half of them transduced: 2e8 made. */
static clinic_product grown(double aimed_at)
{
    clinic_product p = clinic_product_any();
    p.trait[CLINIC_DOSE] = fixed("dose", aimed_at);
    p.trait[CLINIC_STARTING] = fixed("starting", 1e7);
    p.trait[CLINIC_EXPANSION] = fixed("expansion", 50);
    p.trait[CLINIC_VIABILITY] = fixed("viability", 0.8);
    p.trait[CLINIC_TRANSDUCTION] = fixed("transduction", 0.5);
    return p;
}

static void the_dose_is_what_was_aimed_at_and_at_most_what_was_made(void **state)
{
    (void)state;
    double v[CLINIC_PRODUCT_TRAITS];
    clinic_who who = someone(1);
    clinic_product p = grown(4e7);
    assert_null(clinic_product_draw(&p, &who, 1, v));
    assert_true(fabs(v[CLINIC_DOSE] - 4e7) < 1);
    p = grown(1e9);
    assert_null(clinic_product_draw(&p, &who, 1, v));
    assert_true(fabs(v[CLINIC_DOSE] - 2e8) < 1);
    p.trait[CLINIC_VIABILITY].name = NULL; /* not known: not counted */
    assert_null(clinic_product_draw(&p, &who, 1, v));
    assert_true(fabs(v[CLINIC_DOSE] - 2.5e8) < 1);
    assert_true(isnan(v[CLINIC_VIABILITY]) && isnan(v[CLINIC_MEMORY]));
}

static void the_memory_share_falls_by_the_day_of_culture(void **state)
{
    (void)state;
    double v[CLINIC_PRODUCT_TRAITS];
    clinic_who who = someone(1);
    clinic_product p = clinic_product_any();
    p.trait[CLINIC_MEMORY] = fixed("memory", 0.45);
    p.trait[CLINIC_CULTURE] = fixed("culture", 12);
    p.memory_loss_per_day = 0.034;
    assert_null(clinic_product_draw(&p, &who, 1, v));
    assert_true(fabs(v[CLINIC_MEMORY] - 0.45 * exp(-0.034 * 12)) < 1e-12);
}

static void a_product_outside_its_release_limits_is_not_given_and_says_why(void **state)
{
    (void)state;
    double v[CLINIC_PRODUCT_TRAITS];
    clinic_who who = someone(1);
    clinic_product p = grown(1e9);
    p.least[CLINIC_DOSE] = 1e8; /* judged by what was made */
    assert_null(clinic_product_draw(&p, &who, 1, v));
    p.least[CLINIC_DOSE] = 3e8;
    assert_non_null(strstr(clinic_product_draw(&p, &who, 1, v), "dose"));
    p = grown(1e9);
    p.least[CLINIC_VIABILITY] = 0.9;
    assert_non_null(strstr(clinic_product_draw(&p, &who, 1, v), "viability"));
    p = grown(1e9);
    p.trait[CLINIC_COPIES] = fixed("copies", 6);
    p.most[CLINIC_COPIES] = 5;
    assert_non_null(strstr(clinic_product_draw(&p, &who, 1, v), "vector copies"));
    p.least[CLINIC_MEMORY] = 0.5; /* a limit of what is not known fails nobody */
    p.most[CLINIC_COPIES] = 7;
    assert_null(clinic_product_draw(&p, &who, 1, v));
}

static void failures_come_at_their_probability_and_by_the_limits(void **state)
{
    (void)state;
    double v[CLINIC_PRODUCT_TRAITS];
    clinic_product p = grown(4e7);
    p.failure = 0.05;
    /* ln SD 0.5: expansion is below 50 exp(-0.5 * 1.2816) in a tenth. */
    p.trait[CLINIC_EXPANSION] =
        trait("expansion", 50, (rsp_dist){RSP_DIST_LOGNORMAL, 0.5, 0, ""});
    p.least[CLINIC_EXPANSION] = 50 * exp(-0.5 * 1.2815515655446);
    size_t failed = 0, slow = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        clinic_who who = someone(i);
        const char *why = clinic_product_draw(&p, &who, 1, v);
        failed += why != NULL;
        slow += why != NULL && strstr(why, "expansion") != NULL;
    }
    /* Five standard errors of shares 1 - 0.95 * 0.9 and 0.95 * 0.1 of 20,000. */
    assert_true(fabs((double)failed / MANY - 0.145) < 5 * 0.0025);
    assert_true(fabs((double)slow / MANY - 0.095) < 5 * 0.0021);
}

static void one_trait_more_changes_no_other(void **state)
{
    (void)state;
    double v[CLINIC_PRODUCT_TRAITS], w[CLINIC_PRODUCT_TRAITS];
    clinic_product p = grown(4e7), q;
    p.trait[CLINIC_TRANSDUCTION] =
        trait("transduction", 0.5, (rsp_dist){RSP_DIST_UNIFORM, 0.3, 0.8, ""});
    q = p;
    q.trait[CLINIC_CD8] = trait("cd8", 0.5, (rsp_dist){RSP_DIST_UNIFORM, 0, 1, ""});
    for (uint32_t i = 0; i < 100; i++) {
        clinic_who who = someone(i);
        assert_null(clinic_product_draw(&p, &who, 1, v));
        assert_null(clinic_product_draw(&q, &who, 1, w));
        assert_true(v[CLINIC_TRANSDUCTION] == w[CLINIC_TRANSDUCTION]);
        assert_true(v[CLINIC_DOSE] == w[CLINIC_DOSE]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_dose_is_what_was_aimed_at_and_at_most_what_was_made),
        cmocka_unit_test(the_memory_share_falls_by_the_day_of_culture),
        cmocka_unit_test(a_product_outside_its_release_limits_is_not_given_and_says_why),
        cmocka_unit_test(failures_come_at_their_probability_and_by_the_limits),
        cmocka_unit_test(one_trait_more_changes_no_other),
    };
    return cmocka_run_group_tests_name("product", tests, NULL, NULL);
}
