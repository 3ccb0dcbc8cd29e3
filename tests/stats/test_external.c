/* External controls: known answers of R, laws of weights, the size of the tests
 * against a published summary by simulation with a fixed seed.
 * Usage: test_external DIRECTORY_OF_VECTORS. */
#include "figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "respite/competing.h"
#include "respite/cox.h"
#include "respite/external.h"

enum { N = FIGURES_ROWS };
static const double CLOSED_FORM = 1e-10; /* sums in another order */
static const double NEWTON = 1e-6; /* glm and coxph stop at 1e-8 and 1e-9 */

static void one_sample_tests_equal_r(void **state)
{
    (void)state;
    json_t *want = figures_load("one_sample_logrank.json");
    double t[N], status[N], arm[N], h[2][N];
    bool event[N];
    size_t rows = figures_column("ati60.csv", "time", NAN, t), n = 0;
    figures_column("ati60.csv", "status", NAN, status);
    figures_column("ati60.csv", "arm", NAN, arm);
    for (size_t i = 0; i < rows; i++) {
        if (arm[i] == 1) {
            h[0][n] = rsp_exponential_hazard(28, t[i]);
            h[1][n] = rsp_weibull_hazard(1.5, 40, t[i]);
            event[n++] = status[i] == 1;
        }
    }
    static const char *const names[] = {"ati60_arm1_vs_exponential_median28d",
                                        "ati60_arm1_vs_weibull_shape1.5_scale40"};
    rsp_one_sample out;
    for (int k = 0; k < 2; k++) {
        char path[2][8] = {"Z", "Z_wu"};
        json_t *of = json_object_get(want, names[k]);
        assert_int_equal(rsp_one_sample_logrank(h[k], event, n, &out, NULL), RSP_OK);
        assert_close(out.observed, figures_number(of, "O"), 0);
        assert_close(out.expected, figures_number(of, "E"), CLOSED_FORM);
        assert_close(out.z, figures_number(of, path[0]), CLOSED_FORM);
        assert_close(out.z_wu, figures_number(of, path[1]), CLOSED_FORM);
        assert_close(out.z * out.z, figures_number(of, "survdiff_chisq"), CLOSED_FORM);
    }
    assert_int_equal(rsp_one_sample_logrank(h[0], event, n, &out, NULL), RSP_OK);
    json_t *of = figures_at(want, names[0]);
    assert_close(out.p, figures_number(of, "p_two"), CLOSED_FORM);
    assert_close(out.smr, figures_number(of, "SMR"), CLOSED_FORM);
    assert_close(out.smr_low, figures_item(of, "SMR_exact_CI", 0), CLOSED_FORM);
    assert_close(out.smr_high, figures_item(of, "SMR_exact_CI", 1), CLOSED_FORM);
    json_decref(want);
}

static void nobody_followed_has_no_smr_and_no_events_has_a_limit(void **state)
{
    (void)state;
    rsp_one_sample out;
    assert_int_equal(rsp_one_sample_logrank(NULL, NULL, 0, &out, NULL), RSP_OK);
    assert_true(isnan(out.z) && isnan(out.smr) && *out.reason);
    assert_int_equal(rsp_one_sample_logrank((double[]){1, 2}, (bool[]){false, false}, 2, &out, NULL), RSP_OK);
    assert_close(out.smr_low, 0, 0);
    assert_close(out.smr_high, -log(0.025) / 3, 1e-12); /* exp(-E smr) = 0.025 */
    rsp_error err = {0};
    assert_int_equal(rsp_one_sample_logrank((double[]){1, -2}, (bool[]){false, false}, 2, &out, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "row 2"));
}

typedef struct observational {
    double x[2 * N], t[N], age[N], z[N];
    bool treated[N], event[N];
    size_t n;
} observational;

static observational iptw50(void)
{
    observational d = {0};
    double column[N];
    d.n = figures_column("iptw50.csv", "z", NAN, d.z);
    figures_column("iptw50.csv", "age", NAN, d.age);
    for (size_t i = 0; i < d.n; i++) {
        d.treated[i] = d.z[i] == 1;
        d.x[2 * i] = d.age[i];
    }
    figures_column("iptw50.csv", "dur", NAN, column);
    for (size_t i = 0; i < d.n; i++) {
        d.x[2 * i + 1] = column[i];
    }
    figures_column("iptw50.csv", "ev", NAN, column);
    for (size_t i = 0; i < d.n; i++) {
        d.event[i] = column[i] == 1;
    }
    figures_column("iptw50.csv", "time", NAN, d.t);
    return d;
}

static void check_cox(const observational *d, const double *w, double coef,
                      double robust_se, double naive_se)
{
    rsp_cox_options options = rsp_cox_defaults();
    options.robust = true;
    rsp_cox_data data = {.n = d->n, .n_covariates = 1, .time = d->t,
                         .event = d->event, .x = d->z, .weight = w};
    rsp_cox *cox = NULL;
    assert_int_equal(rsp_cox_new(&data, &options, &cox, NULL), RSP_OK);
    const rsp_cox_term *term = rsp_cox_result_of(cox)->terms;
    assert_close(term->coef, coef, NEWTON);
    assert_close(term->se, robust_se, NEWTON);
    if (!isnan(naive_se)) {
        assert_close(term->model_se, naive_se, NEWTON);
    }
    rsp_cox_free(cox);
}

static void propensity_weighting_equals_r(void **state)
{
    (void)state;
    json_t *want = figures_load("weighting.json");
    observational d = iptw50();
    double p[N], ate[N], att[N], stable[N], sum = 0.0;
    rsp_logistic fit;
    assert_int_equal(rsp_logistic_fit(d.x, d.treated, d.n, 2, p, &fit, NULL), RSP_OK);
    assert_true(fit.estimable);
    for (size_t a = 0; a < 3; a++) {
        assert_close(fit.coef[a], figures_item(want, "logit_coef", a), NEWTON);
        assert_close(fit.se[a], figures_item(want, "logit_se", a), NEWTON);
    }
    assert_int_equal(rsp_propensity_weights(p, d.treated, d.n, RSP_ATE, 0, ate, NULL), RSP_OK);
    assert_int_equal(rsp_propensity_weights(p, d.treated, d.n, RSP_ATT, 0, att, NULL), RSP_OK);
    assert_int_equal(rsp_propensity_weights(p, d.treated, d.n, RSP_ATE_STABILISED, 0, stable, NULL), RSP_OK);
    for (size_t i = 0; i < d.n; i++) {
        sum += ate[i];
    }
    assert_close(sum, figures_number(want, "sum_ATE_w"), NEWTON);
    assert_close(rsp_effective_size(ate, d.treated, true, d.n), figures_number(want, "ESS_ATE_treated"), NEWTON);
    assert_close(rsp_effective_size(ate, d.treated, false, d.n), figures_number(want, "ESS_ATE_control"), NEWTON);
    rsp_balance balance[2];
    assert_int_equal(rsp_balance_of(d.x, d.treated, ate, d.n, 2, balance, NULL), RSP_OK);
    assert_close(fabs(balance[0].smd), figures_number(want, "smd_unweighted_age"), CLOSED_FORM);
    assert_true(fabs(balance[1].weighted_smd) < fabs(balance[1].smd));
    check_cox(&d, stable, figures_number(want, "cox_sIPTW.coef"),
              figures_number(want, "cox_sIPTW.robust_se"), figures_number(want, "cox_sIPTW.naive_se"));
    check_cox(&d, att, figures_number(want, "cox_ATT.coef"), figures_number(want, "cox_ATT.robust_se"), NAN);
    for (size_t arm = 0; arm < 2; arm++) {
        rsp_km km = {0};
        rsp_competing x[N];
        double w[N];
        size_t n = 0;
        for (size_t i = 0; i < d.n; i++) {
            if (d.treated[i] == (arm == 1)) {
                assert_int_equal(rsp_km_add(&km, d.t[i], d.event[i], stable[i], NULL), RSP_OK);
                x[n] = (rsp_competing){d.t[i], d.event[i]};
                w[n++] = stable[i];
            }
        }
        rsp_km_finish(&km, RSP_BAND_LOGLOG);
        rsp_cif cif;
        assert_int_equal(rsp_cif_fit(x, w, n, 1, &cif, NULL), RSP_OK);
        for (size_t k = 3 * arm; k < 3 * arm + 3; k++) {
            double t = figures_item(want, "wKM.time", k), s = figures_item(want, "wKM.surv", k);
            assert_close(rsp_km_at(&km, t).s, s, NEWTON);
            assert_close(1 - rsp_cif_at(&cif, 1, t).cif, s, NEWTON);
        }
        rsp_km_fini(&km);
        rsp_cif_fini(&cif);
    }
    json_decref(want);
}

static void truncated_weights_stay_within_their_quantiles(void **state)
{
    (void)state;
    double p[101], w[101];
    bool treated[101];
    for (size_t i = 0; i < 101; i++) {
        p[i] = (double)(i + 1) / 103;
        treated[i] = true;
    }
    assert_int_equal(rsp_propensity_weights(p, treated, 101, RSP_ATE, 0.05, w, NULL), RSP_OK);
    assert_close(w[0], 103.0 / 6, 1e-12); /* the sixth of 101 from the top */
    assert_close(w[100], 103.0 / 96, 1e-12);
    assert_close(w[50], 103.0 / 51, 1e-12);
    rsp_error err = {0};
    p[3] = 1;
    assert_int_equal(rsp_propensity_weights(p, treated, 101, RSP_ATE, 0, w, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "row 4"));
}

static void arms_that_a_covariate_separates_have_no_propensity(void **state)
{
    (void)state;
    double x[] = {1, 2, 3, 4, 5, 6}, p[6], same[] = {1, 1, 1, 1, 1, 1};
    bool treated[] = {false, false, false, true, true, true}, none[6] = {false};
    rsp_logistic fit;
    assert_int_equal(rsp_logistic_fit(x, treated, 6, 1, p, &fit, NULL), RSP_OK);
    assert_true(!fit.estimable && isnan(fit.coef[1]) && isnan(p[0]));
    assert_non_null(strstr(fit.reason, "separate"));
    assert_int_equal(rsp_logistic_fit(same, treated, 6, 1, p, &fit, NULL), RSP_OK);
    assert_true(!fit.estimable);
    assert_int_equal(rsp_logistic_fit(x, none, 6, 1, p, &fit, NULL), RSP_OK);
    assert_true(!fit.estimable && strstr(fit.reason, "empty"));
}

static void matching_weights_equal_r_and_reach_their_targets(void **state)
{
    (void)state;
    json_t *want = figures_load("weighting.json");
    observational d = iptw50();
    double x[2 * N], w[N], target[2];
    size_t n = 0;
    for (size_t i = 0; i < d.n; i++) {
        if (d.treated[i]) {
            x[2 * n] = d.x[2 * i];
            x[2 * n + 1] = d.x[2 * i + 1];
            n++;
        }
    }
    rsp_maic fit;
    for (size_t a = 0; a < 2; a++) {
        target[a] = figures_item(want, "MAIC.targets", a);
    }
    assert_int_equal(rsp_maic_fit(x, n, 2, target, w, &fit, NULL), RSP_OK);
    for (size_t a = 0; a < 2; a++) {
        assert_close(fit.coef[a], figures_item(want, "MAIC.alpha", a), NEWTON);
        assert_close(fit.mean[a], target[a], 1e-10);
    }
    assert_close(fit.ess, figures_number(want, "MAIC.ESS"), NEWTON);
    rsp_error err = {0};
    assert_int_equal(rsp_maic_fit(x, n, 2, (double[]){42, 5}, w, &fit, &err), RSP_DATA);
    assert_non_null(strstr(err.message, "no weights"));
    json_decref(want);
}

static void targets_outside_the_hull_are_refused_with_the_direction(void **state)
{
    (void)state;
    /* Along a line of slope 1, and a target within both ranges but off it. */
    double x[] = {0, 0.1, 1, 0.9, 2, 2.1, 3, 2.9, 4, 4.1}, w[5];
    rsp_maic fit;
    rsp_error err = {0};
    assert_int_equal(rsp_maic_fit(x, 5, 2, (double[]){1, 3}, w, &fit, &err), RSP_DATA);
    assert_non_null(strstr(err.message, "is lower for every participant"));
    assert_int_equal(rsp_maic_fit(x, 5, 2, (double[]){1, 9}, w, &fit, &err), RSP_DATA);
    assert_non_null(strstr(err.message, "covariate 2 lies from 0.1 to 4.1"));
    assert_int_equal(rsp_maic_fit(x, 5, 2, (double[]){2, 2}, w, &fit, &err), RSP_OK);
    double square[] = {0, 0, 0, 1, 1, 0, 1, 1};
    assert_int_equal(rsp_maic_fit(square, 4, 2, (double[]){.999, .999}, w, &fit, &err), RSP_OK);
    assert_close(fit.mean[0], .999, 1e-9);
    assert_int_equal(rsp_maic_fit(square, 4, 2, (double[]){.5, 1}, w, &fit, &err), RSP_DATA);
    double triangle[] = {0, 0, 0, 1, 1, 0}; /* the target on its edge */
    assert_int_equal(rsp_maic_fit(triangle, 3, 2, (double[]){.5, .5}, w, &fit, &err), RSP_DATA);
    double line[] = {0, 0, 1, 1, 2, 2};
    assert_int_equal(rsp_maic_fit(line, 3, 2, (double[]){1, 1}, w, &fit, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "combination"));
}

/* ---- Published summaries */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Weibull with shape 1.5: hazards bend between the points, as they do. */
static double weibull(uint64_t *seed)
{
    return 30 * pow(-log(figures_uniform(seed)), 1 / 1.5);
}

static void a_published_summary_is_as_uncertain_as_its_n(void **state)
{
    (void)state;
    enum { TRIALS = 4000, N0 = 40, ARM = 12 };
    uint64_t seed = 20261121;
    int counts = 0, exact = 0, hazard = 0, known = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        double past[N0], t[ARM], h[ARM];
        bool event[ARM];
        for (int i = 0; i < N0; i++) {
            past[i] = weibull(&seed);
        }
        qsort(past, N0, sizeof *past, by_value);
        /* Published: the quartiles and the median, as papers do. */
        rsp_published_point points[] = {{past[9], .75}, {past[19], .5}, {past[29], .25}};
        rsp_published published = {N0, points, 3};
        for (int i = 0; i < ARM; i++) {
            t[i] = weibull(&seed);
            event[i] = t[i] <= 60;
            t[i] = fmin(t[i], 60);
            /* As if the published curve were known: straight between points. */
            double before = 0.0, from = 0.0;
            h[i] = 0.0;
            for (int k = 0; k < 3; k++) {
                double at = -log(points[k].share);
                double to = k == 2 ? t[i] : fmin(t[i], points[k].t);
                if (to > from) {
                    h[i] += (at - before) * (to - from) / (points[k].t - from);
                }
                before = at;
                from = points[k].t;
            }
        }
        rsp_published_test out;
        rsp_one_sample naive;
        assert_int_equal(rsp_published_compare(&published, t, event, ARM, &out, NULL), RSP_OK);
        assert_int_equal(rsp_one_sample_logrank(h, event, ARM, &naive, NULL), RSP_OK);
        assert_close(out.expected, naive.expected, 1e-9);
        counts += out.p <= 0.05;
        exact += out.p_exact <= 0.05;
        hazard += out.hazard_p <= 0.05;
        known += naive.p_wu <= 0.05;
    }
    print_message("rejected at 5 %%: counts %.4f, exact %.4f, hazard %.4f, as if known %.4f\n",
                  (double)counts / TRIALS, (double)exact / TRIALS,
                  (double)hazard / TRIALS, (double)known / TRIALS);
    /* Monte Carlo error 0.0034: three of them either side of 5 %. */
    double slack = 3 * sqrt(0.05 * 0.95 / TRIALS);
    assert_true(fabs((double)counts / TRIALS - 0.05) < slack + 0.01);
    assert_true((double)exact / TRIALS < 0.05 + slack);
    assert_true((double)hazard / TRIALS < 0.05 + slack);
    assert_true((double)known / TRIALS > 0.05 + 2 * slack); /* what neglect costs */
}

static void the_exact_p_is_that_of_all_assignments(void **state)
{
    (void)state;
    /* 4 published people in 2 periods and 3 of the arm: by hand, the arm draws
     * its 3 from categories of sizes (events early 3, late 2, free 2). */
    rsp_published_point points[] = {{10, .5}, {20, .25}};
    rsp_published published = {4, points, 2};
    double t[] = {5, 15, 30};
    bool event[] = {true, true, false};
    rsp_published_test out;
    assert_int_equal(rsp_published_compare(&published, t, event, 3, &out, NULL), RSP_OK);
    double h1 = 3.0 / 7, h2 = h1 + 2.0 / 4, score[] = {1 - h1, 1 - h2, -h2};
    int size[] = {3, 2, 2}, member[7], at = 0, extreme = 0, all = 0;
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < size[c]; i++) {
            member[at++] = c;
        }
    }
    double u = score[0] + score[1] + score[2];
    assert_close(out.u, u, 1e-12);
    for (int a = 0; a < 7; a++) {
        for (int b = a + 1; b < 7; b++) {
            for (int c = b + 1; c < 7; c++) {
                double v = score[member[a]] + score[member[b]] + score[member[c]];
                extreme += fabs(v) >= fabs(u) - 1e-9;
                all++;
            }
        }
    }
    assert_close(out.p_exact, (double)extreme / all, 1e-12);
}

static void a_large_publication_is_a_known_share(void **state)
{
    (void)state;
    rsp_published_point points[] = {{28, .5}};
    rsp_published published = {5e5, points, 1};
    double t[10];
    bool event[10];
    for (size_t i = 0; i < 10; i++) {
        t[i] = i < 2 ? 20 : 50;
        event[i] = true;
    }
    rsp_published_test out;
    assert_int_equal(rsp_published_compare(&published, t, event, 10, &out, NULL), RSP_OK);
    /* 2 of 10 with share 1/2: (1 + 10 + 45) / 1024 on each side. */
    assert_close(out.p_exact, 112.0 / 1024, 1e-4);
    assert_close(out.shares[0].difference, 0.3, 1e-12);
    assert_close(out.shares[0].p, 112.0 / 1024, 1e-4);
    rsp_published_median median;
    assert_int_equal(rsp_published_compare_median(&published, 9, 28, &median, NULL), RSP_OK);
    assert_close(median.later, 0.5, 1e-5);
    assert_close(median.later_low, median.later, 0); /* odd: one middle */
    assert_close(median.later + median.earlier, 1, 1e-9);
}

static void six_of_liu_2021_against_gunst_2025_at_each_threshold(void **state)
{
    (void)state;
    /* First viral load above 50 and above 400 copies/mL without intervention:
     * median 16 (13-25) and 21 (15-28) days, n = 382, 4 % in control at day 84.
     * The six: median 5.3 weeks. */
    rsp_published_point above50[] = {{13, .75}, {16, .5}, {25, .25}, {84, .04}};
    rsp_published_point above400[] = {{15, .75}, {21, .5}, {28, .25}, {84, .04}};
    rsp_published published[] = {{382, above50, 4}, {382, above400, 4}};
    double p[2];
    for (int k = 0; k < 2; k++) {
        rsp_published_median out;
        assert_int_equal(rsp_published_compare_median(&published[k], 6, 5.3 * 7, &out, NULL), RSP_OK);
        print_message("above %d: share %.3f at day 37.1, median so late %.4f (%.4f), at most %.4f\n",
                      k ? 400 : 50, out.share, out.later, out.later_low, out.later_bound);
        /* -ln share straight between the upper quartile and day 84. */
        double from = k ? 28 : 25;
        double want = exp(log(.25) + (37.1 - from) / (84 - from) * log(.04 / .25));
        assert_close(out.share, want, 1e-12);
        assert_true(out.later_low < out.later && out.later < out.later_bound);
        assert_false(out.extrapolated);
        p[k] = out.later;
    }
    assert_true(p[0] < p[1]); /* the earlier threshold is crossed earlier */
}

static void lost_participants_leave_at_the_start_of_their_period(void **state)
{
    (void)state;
    rsp_published_point points[] = {{10, .5}, {20, .25}};
    rsp_published published = {20, points, 2};
    double t[] = {5, 15, 12, 30}, without[] = {5, 15, 30};
    bool event[] = {true, true, false, true};
    rsp_published_test a, b;
    assert_int_equal(rsp_published_compare(&published, t, event, 4, &a, NULL), RSP_OK);
    assert_true(isnan(a.p_exact) && a.p > 0 && a.p <= 1);
    assert_int_equal(rsp_published_compare(&published, without, (bool[]){true, true, true}, 3, &b, NULL), RSP_OK);
    assert_false(isnan(b.p_exact));
    /* Of 4 and 20, 1 and 10 leave; then 2 (one is lost) and 10, 1 and 5. */
    assert_close(a.u, (1 - 11 * 4.0 / 24) + (1 - 6 * 2.0 / 12), 1e-12);
    assert_close(b.u, (1 - 11 * 3.0 / 23) + (1 - 6 * 2.0 / 12), 1e-12);
    assert_true(a.shares[1].low < a.shares[1].difference && a.shares[1].difference < a.shares[1].high);
    /* Followed to the day of a point is followed through it. */
    double day[] = {5, 20};
    assert_int_equal(rsp_published_compare(&published, day, (bool[]){true, false}, 2, &a, NULL), RSP_OK);
    assert_false(isnan(a.p_exact));
    assert_close(a.shares[1].arm, 0.5, 1e-12);
}

static void curves_that_rise_are_refused(void **state)
{
    (void)state;
    rsp_error err = {0};
    rsp_published_test out;
    rsp_published_point points[] = {{10, .5}, {20, .6}};
    rsp_published published = {20, points, 2};
    double t = 5;
    bool event = true;
    assert_int_equal(rsp_published_compare(&published, &t, &event, 1, &out, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "point 2"));
    points[1] = (rsp_published_point){20, 0};
    assert_int_equal(rsp_published_compare(&published, &t, &event, 1, &out, &err), RSP_RANGE);
    points[1].share = .25;
    assert_int_equal(rsp_published_compare(&published, &t, &event, 0, &out, &err), RSP_RANGE);
    t = NAN;
    assert_int_equal(rsp_published_compare(&published, &t, &event, 1, &out, &err), RSP_RANGE);
    published.n = 0;
    t = 5;
    assert_int_equal(rsp_published_compare(&published, &t, &event, 1, &out, &err), RSP_RANGE);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_sample_tests_equal_r),
        cmocka_unit_test(nobody_followed_has_no_smr_and_no_events_has_a_limit),
        cmocka_unit_test(propensity_weighting_equals_r),
        cmocka_unit_test(truncated_weights_stay_within_their_quantiles),
        cmocka_unit_test(arms_that_a_covariate_separates_have_no_propensity),
        cmocka_unit_test(matching_weights_equal_r_and_reach_their_targets),
        cmocka_unit_test(targets_outside_the_hull_are_refused_with_the_direction),
        cmocka_unit_test(a_published_summary_is_as_uncertain_as_its_n),
        cmocka_unit_test(the_exact_p_is_that_of_all_assignments),
        cmocka_unit_test(a_large_publication_is_a_known_share),
        cmocka_unit_test(six_of_liu_2021_against_gunst_2025_at_each_threshold),
        cmocka_unit_test(lost_participants_leave_at_the_start_of_their_period),
        cmocka_unit_test(curves_that_rise_are_refused),
    };
    return figures_main(argc, argv, tests, sizeof tests / sizeof *tests, "external");
}
