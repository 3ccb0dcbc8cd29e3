/* Competing events: known answers of R's cmprsk and survival, identities with
 * Kaplan-Meier and without competing events, edge cases.
 * Usage: test_competing DIRECTORY_OF_VECTORS. */
#include "figures.h"

#include <math.h>
#include <string.h>

#include "respite/competing.h"

enum { N = FIGURES_ROWS };
static const double CLOSED_FORM = 1e-10; /* sums in another order */
/* crr stops at a gradient of 1e-6; its standard errors follow. */
static const double NEWTON = 1e-6;

static size_t ati60(rsp_competing *x, uint32_t *group, double *covariates)
{
    double t[N], status[N], arm[N], intact[N];
    size_t n = figures_column("ati60.csv", "time", NAN, t);
    figures_column("ati60.csv", "status", NAN, status);
    figures_column("ati60.csv", "arm", NAN, arm);
    figures_column("ati60.csv", "log10intact", NAN, intact);
    for (size_t i = 0; i < n; i++) {
        x[i] = (rsp_competing){t[i], (uint32_t)status[i]};
        group[i] = (uint32_t)arm[i];
        covariates[2 * i] = arm[i];
        covariates[2 * i + 1] = intact[i];
    }
    return n;
}

/* 24 people with heavy ties, three groups, nobody left at the end; what R gave
 * for them stands beside each use. */
static const rsp_competing TIED[24] = {
    {7, 1}, {7, 2}, {14, 1}, {14, 1}, {14, 0}, {21, 2}, {28, 1}, {28, 0},
    {35, 1}, {35, 2}, {42, 1}, {42, 0}, {7, 1}, {14, 1}, {14, 2}, {21, 0},
    {21, 2}, {28, 1}, {28, 1}, {28, 0}, {35, 2}, {42, 1}, {49, 1}, {49, 2}};
static const double TIED_Z[24] = {1.2, -.3, .5, 2, -1, .1, .7, -.6, 1.1, .4, -.2, .9,
                                  .3, -1.4, .8, .2, -.9, 1.5, -.1, .6, .05, -.7, 1, -.5};

static void cumulative_incidences_equal_r(void **state)
{
    (void)state;
    json_t *want = figures_load("competing_risks.json");
    rsp_competing x[N], arm[N];
    uint32_t group[N];
    double covariates[2 * N];
    size_t n = ati60(x, group, covariates);
    for (uint32_t g = 0; g < 2; g++) {
        size_t k = 0;
        for (size_t i = 0; i < n; i++) {
            if (group[i] == g) {
                arm[k++] = x[i];
            }
        }
        rsp_cif fit;
        assert_int_equal(rsp_cif_fit(arm, NULL, k, 2, &fit, NULL), RSP_OK);
        json_t *est = figures_at(want, "cuminc_timepoints.est");
        json_t *var = figures_at(want, "cuminc_timepoints.var");
        json_t *se = figures_at(want, "aalen_johansen.se");
        for (size_t c = 0; c < 2; c++) {
            for (size_t i = 0; i < 4; i++) {
                double t = figures_item(want, "cuminc_timepoints.times", i);
                rsp_cif_value v = rsp_cif_at(&fit, (uint32_t)c + 1, t);
                size_t row = 2 * c + g;
                assert_close(v.cif, json_number_value(json_array_get(json_array_get(est, row), i)), CLOSED_FORM);
                assert_close(v.variance, json_number_value(json_array_get(json_array_get(var, row), i)), CLOSED_FORM);
                assert_close(v.robust_se, json_number_value(json_array_get(json_array_get(se, 4 * g + i), c + 1)), CLOSED_FORM);
                assert_true(v.low < v.cif && v.cif < v.high);
            }
        }
        rsp_cif_fini(&fit);
    }
    json_decref(want);
}

static void the_curve_to_the_end_equals_r(void **state)
{
    (void)state;
    rsp_cif fit;
    assert_int_equal(rsp_cif_fit(TIED, NULL, 24, 2, &fit, NULL), RSP_OK);
    /* timepoints(cuminc(T, C), c(14, 28, 42, 49)) */
    static const double t[] = {14, 28, 42, 49},
        cif[] = {0.2083333333333333, 0.35136217948718, 0.530148237179487, 0.619541266025641},
        variance[] = {0.00716303731637583, 0.0106948502253117, 0.0137883693076496, 0.0178838083295155};
    for (int i = 0; i < 4; i++) {
        rsp_cif_value v = rsp_cif_at(&fit, 1, t[i]);
        assert_close(v.cif, cif[i], CLOSED_FORM);
        assert_close(v.variance, variance[i], CLOSED_FORM);
    }
    double left = fit.points[fit.n_points - 1].s;
    assert_close(left, 0, 0);
    rsp_cif_fini(&fit);
}

static void weighted_curves_have_the_robust_error_of_r(void **state)
{
    (void)state;
    double w[24];
    rsp_competing alone[24];
    for (size_t i = 0; i < 24; i++) {
        w[i] = (double[]){.5, 1.5, 2.25, .8}[i % 4];
        alone[i] = (rsp_competing){TIED[i].t, TIED[i].cause == 1};
    }
    static const double t[] = {7, 21, 42};
    /* survfit(Surv(T, C == 1) ~ 1, weights = w, robust = TRUE) */
    static const double s[] = {0.966996699669967, 0.808729254220386, 0.257402490748941},
        se[] = {0.0238128030054020, 0.0913942426525961, 0.1384827783207862};
    /* survfit(Surv(T, factor(C)) ~ 1, weights = w), state 2 */
    static const double p2[] = {0.0495049504950495, 0.1913788939869596, 0.2732471899361891},
        se2[] = {0.0483680329122007, 0.0931758259938371, 0.1066401017008405};
    rsp_cif one, two;
    assert_int_equal(rsp_cif_fit(alone, w, 24, 1, &one, NULL), RSP_OK);
    assert_int_equal(rsp_cif_fit(TIED, w, 24, 2, &two, NULL), RSP_OK);
    for (int i = 0; i < 3; i++) {
        rsp_cif_value v = rsp_cif_at(&one, 1, t[i]);
        assert_close(1 - v.cif, s[i], CLOSED_FORM);
        assert_close(v.robust_se, se[i], CLOSED_FORM);
        assert_true(isnan(v.variance));
        v = rsp_cif_at(&two, 2, t[i]);
        assert_close(v.cif, p2[i], CLOSED_FORM);
        assert_close(v.robust_se, se2[i], CLOSED_FORM);
    }
    rsp_cif_fini(&one);
    rsp_cif_fini(&two);
}

static void one_cause_alone_is_kaplan_meier(void **state)
{
    (void)state;
    rsp_km km = {0};
    rsp_competing x[24];
    for (size_t i = 0; i < 24; i++) {
        x[i] = (rsp_competing){TIED[i].t, TIED[i].cause == 1};
        assert_int_equal(rsp_km_add(&km, x[i].t, x[i].cause == 1, 1, NULL), RSP_OK);
    }
    rsp_km_finish(&km, RSP_BAND_LOGLOG);
    rsp_cif fit;
    assert_int_equal(rsp_cif_fit(x, NULL, 24, 1, &fit, NULL), RSP_OK);
    for (size_t i = 0; i < fit.n_points; i++) {
        assert_close(1 - fit.values[i].cif, km.points[i].s, 1e-12);
        assert_close(fit.points[i].s, km.points[i].s, 1e-12);
        assert_close(fit.points[i].at_risk, km.points[i].at_risk, 0);
    }
    rsp_cif_fini(&fit);
    rsp_km_fini(&km);
}

static void incidences_and_survival_make_one(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int k = 0; k < 50; k++) {
        rsp_competing x[60];
        double w[60];
        for (size_t i = 0; i < 60; i++) {
            x[i].t = ceil(-20 * log(figures_uniform(&seed)));
            x[i].cause = (uint32_t)(4 * figures_uniform(&seed));
            w[i] = 3 * figures_uniform(&seed);
        }
        rsp_cif fit;
        assert_int_equal(rsp_cif_fit(x, w, 60, 3, &fit, NULL), RSP_OK);
        for (size_t i = 0; i < fit.n_points; i++) {
            double sum = fit.points[i].s;
            for (size_t c = 0; c < 3; c++) {
                sum += fit.values[3 * i + c].cif;
                assert_true(fit.values[3 * i + c].robust_se >= 0);
            }
            assert_close(sum, 1, 1e-12);
        }
        rsp_cif_fini(&fit);
    }
}

static void grays_test_equals_r(void **state)
{
    (void)state;
    json_t *want = figures_load("competing_risks.json");
    rsp_competing x[N];
    uint32_t group[N], three[24];
    double covariates[2 * N];
    size_t n = ati60(x, group, covariates);
    rsp_gray gray;
    for (uint32_t cause = 1; cause <= 2; cause++) {
        assert_int_equal(rsp_gray_test(x, group, n, 2, cause, 0, &gray, NULL), RSP_OK);
        assert_close(gray.chisq, figures_item(want, "gray_test.stat", cause - 1), CLOSED_FORM);
        assert_close(gray.p, figures_item(want, "gray_test.p", cause - 1), CLOSED_FORM);
        assert_int_equal(gray.df, 1);
        assert_close(gray.score[0] + gray.score[1], 0, 1e-12);
    }
    json_decref(want);
    for (size_t i = 0; i < 24; i++) {
        three[i] = (uint32_t)(i % 3);
    }
    /* cuminc(T, C, g)$Tests and with rho = 1 */
    static const double stat[] = {5.46774097204435, 1.53048182436279},
        stat1[] = {5.69429440180969, 1.57027282643944};
    for (uint32_t cause = 1; cause <= 2; cause++) {
        assert_int_equal(rsp_gray_test(TIED, three, 24, 3, cause, 0, &gray, NULL), RSP_OK);
        assert_close(gray.chisq, stat[cause - 1], CLOSED_FORM);
        assert_int_equal(gray.df, 2);
        assert_int_equal(rsp_gray_test(TIED, three, 24, 3, cause, 1, &gray, NULL), RSP_OK);
        assert_close(gray.chisq, stat1[cause - 1], CLOSED_FORM);
    }
}

static void subdistribution_hazards_equal_r(void **state)
{
    (void)state;
    json_t *want = figures_load("competing_risks.json");
    rsp_competing x[N];
    uint32_t group[N];
    double both[2 * N], arm[N], tied[48];
    size_t n = ati60(x, group, both);
    for (size_t i = 0; i < n; i++) {
        arm[i] = group[i];
    }
    rsp_fine_gray fit;
    assert_int_equal(rsp_fine_gray_fit(x, arm, n, 1, 1, &fit, NULL), RSP_OK);
    assert_true(fit.estimable);
    assert_close(fit.coef[0], figures_number(want, "finegray_arm.coef"), NEWTON);
    assert_close(fit.se[0], figures_number(want, "finegray_arm.se"), NEWTON);
    assert_close(fit.ratio[0], figures_number(want, "finegray_arm.sHR"), NEWTON);
    assert_close(fit.log_likelihood, figures_number(want, "finegray_arm.loglik"), 1e-9);
    assert_int_equal(rsp_fine_gray_fit(x, both, n, 2, 1, &fit, NULL), RSP_OK);
    for (size_t a = 0; a < 2; a++) {
        assert_close(fit.coef[a], figures_item(want, "finegray_arm_intact.coef", a), NEWTON);
        assert_close(fit.se[a], figures_item(want, "finegray_arm_intact.se", a), NEWTON);
    }
    json_decref(want);
    for (size_t i = 0; i < 24; i++) {
        tied[2 * i] = i >= 12;
        tied[2 * i + 1] = TIED_Z[i];
    }
    /* crr(T, C, X, gtol = 1e-13) */
    assert_int_equal(rsp_fine_gray_fit(TIED, tied, 24, 2, 1, &fit, NULL), RSP_OK);
    assert_close(fit.coef[0], -0.0202122050984407, 1e-9);
    assert_close(fit.coef[1], 0.5829941431008100, 1e-9);
    assert_close(fit.se[0], 0.499407645051312, 1e-9);
    assert_close(fit.se[1], 0.380930239984612, 1e-9);
    assert_close(fit.log_likelihood, -31.8119986818141, 1e-11);
    assert_close(fit.log_likelihood_null, -32.9043783732290, 1e-11);
}

static void without_competing_events_it_is_a_cox_model(void **state)
{
    (void)state;
    rsp_km arms[2] = {{0}, {0}};
    rsp_competing x[40];
    double z[40];
    for (size_t i = 0; i < 40; i++) { /* no ties: Breslow and Efron agree */
        double t = 1 + 1.37 * (double)((i * 17) % 40);
        x[i] = (rsp_competing){t, i % 5 != 0};
        z[i] = i % 3 == 0;
        assert_int_equal(rsp_km_add(&arms[(int)z[i]], t, i % 5 != 0, 1, NULL), RSP_OK);
    }
    rsp_fine_gray fit;
    rsp_hazard_ratio cox;
    assert_int_equal(rsp_fine_gray_fit(x, z, 40, 1, 1, &fit, NULL), RSP_OK);
    assert_int_equal(rsp_cox_two(&arms[0], &arms[1], &cox, NULL), RSP_OK);
    assert_close(fit.coef[0], cox.log_hr, 1e-9);
    assert_close(fit.information_se[0], cox.se, 1e-9);
    rsp_km_fini(&arms[0]);
    rsp_km_fini(&arms[1]);
}

static void what_cannot_be_estimated_says_why(void **state)
{
    (void)state;
    rsp_competing x[] = {{3, 0}, {5, 2}, {7, 0}, {9, 2}};
    uint32_t group[] = {0, 1, 0, 1}, same[] = {1, 1, 1, 1};
    double z[] = {0, 1, 0, 1}, flat[] = {2, 2, 2, 2};
    rsp_gray gray;
    assert_int_equal(rsp_gray_test(x, group, 4, 2, 1, 0, &gray, NULL), RSP_OK);
    assert_true(isnan(gray.chisq) && gray.df == 0 && strstr(gray.reason, "no events"));
    assert_int_equal(rsp_gray_test(x, same, 4, 2, 2, 0, &gray, NULL), RSP_OK);
    assert_true(isnan(gray.p) && strstr(gray.reason, "one group"));
    rsp_fine_gray fit;
    assert_int_equal(rsp_fine_gray_fit(x, z, 4, 1, 1, &fit, NULL), RSP_OK);
    assert_true(!fit.estimable && isnan(fit.coef[0]) && strstr(fit.reason, "no events"));
    assert_int_equal(rsp_fine_gray_fit(x, flat, 4, 1, 2, &fit, NULL), RSP_OK);
    assert_true(!fit.estimable && strstr(fit.reason, "same value"));
    /* Only one group has events: the likelihood rises for ever. */
    assert_int_equal(rsp_fine_gray_fit(x, z, 4, 1, 2, &fit, NULL), RSP_OK);
    assert_true(!fit.estimable && isnan(fit.se[0]) && strstr(fit.reason, "no maximum"));
    rsp_cif cif;
    assert_int_equal(rsp_cif_fit(x, NULL, 1, 2, &cif, NULL), RSP_OK);
    assert_close(rsp_cif_at(&cif, 1, 100).cif, 0, 0);
    assert_true(isnan(rsp_cif_at(&cif, 1, 100).low));
    assert_true(isnan(rsp_cif_at(&cif, 3, 1).cif));
    rsp_cif_fini(&cif);
}

static void no_estimate_runs_away(void **state)
{
    (void)state;
    uint64_t seed = 18;
    size_t refused = 0;
    for (int k = 0; k < 2000; k++) {
        rsp_competing x[10];
        double z[30];
        for (size_t i = 0; i < 10; i++) {
            x[i].t = ceil(-4 * log(figures_uniform(&seed)));
            x[i].cause = (uint32_t)(3 * figures_uniform(&seed));
            z[3 * i] = figures_uniform(&seed) < 0.4;
            z[3 * i + 1] = figures_uniform(&seed) - 0.5;
            z[3 * i + 2] = figures_uniform(&seed);
        }
        rsp_fine_gray fit;
        assert_int_equal(rsp_fine_gray_fit(x, z, 10, 3, 1, &fit, NULL), RSP_OK);
        refused += !fit.estimable;
        for (size_t a = 0; a < 3 && fit.estimable; a++) {
            /* spreads are below 0.5, so 1000 a standard deviation is 1e4 */
            assert_true(fit.information_se[a] < 1e4);
        }
    }
    assert_true(refused > 0 && refused < 2000);
}

static void rows_out_of_range_are_named(void **state)
{
    (void)state;
    rsp_error err = {0};
    rsp_cif cif;
    rsp_competing x[] = {{3, 0}, {-1, 1}};
    assert_int_equal(rsp_cif_fit(x, NULL, 2, 1, &cif, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "row 2"));
    x[1] = (rsp_competing){4, 2};
    assert_int_equal(rsp_cif_fit(x, NULL, 2, 1, &cif, &err), RSP_RANGE);
    assert_int_equal(rsp_cif_fit(x, (double[]){1, 0}, 2, 2, &cif, &err), RSP_RANGE);
    assert_int_equal(rsp_cif_fit(x, NULL, 0, 2, &cif, &err), RSP_RANGE);
    rsp_fine_gray fit;
    assert_int_equal(rsp_fine_gray_fit(x, (double[]){1, NAN}, 2, 1, 1, &fit, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "row 2"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cumulative_incidences_equal_r),
        cmocka_unit_test(the_curve_to_the_end_equals_r),
        cmocka_unit_test(weighted_curves_have_the_robust_error_of_r),
        cmocka_unit_test(one_cause_alone_is_kaplan_meier),
        cmocka_unit_test(incidences_and_survival_make_one),
        cmocka_unit_test(grays_test_equals_r),
        cmocka_unit_test(subdistribution_hazards_equal_r),
        cmocka_unit_test(without_competing_events_it_is_a_cox_model),
        cmocka_unit_test(what_cannot_be_estimated_says_why),
        cmocka_unit_test(no_estimate_runs_away),
        cmocka_unit_test(rows_out_of_range_are_named),
    };
    return figures_main(argc, argv, tests, sizeof tests / sizeof *tests, "competing");
}
