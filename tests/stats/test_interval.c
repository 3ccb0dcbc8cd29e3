/* Interval-censored events: known answers of R's interval and survival, laws of
 * the maximum, identities with Kaplan-Meier, edge cases.
 * Usage: test_interval DIRECTORY_OF_VECTORS. */
#include "figures.h"

#include <math.h>
#include <string.h>

#include "respite/interval.h"

enum { N = FIGURES_ROWS };
/* icfit stops EM at 1e-10 in the masses, whose error is then about 1e-8. */
static const double EM_MASS = 1e-7;
static const double LIKELIHOOD = 1e-9;
/* survreg stops at a relative change of 1e-9 of the log-likelihood, near
 * 1e-6 of a standard error. */
static const double NEWTON = 1e-6;

typedef struct trial {
    rsp_interval x[N];
    double arm[N];
    uint32_t group[N];
    size_t n;
} trial;

static trial ati60(double only_arm)
{
    trial t = {0};
    double left[N], right[N], arm[N];
    size_t n = figures_column("ati60.csv", "L", NAN, left);
    figures_column("ati60.csv", "R", (double)INFINITY, right);
    figures_column("ati60.csv", "arm", NAN, arm);
    for (size_t i = 0; i < n; i++) {
        if (isnan(only_arm) || arm[i] == only_arm) {
            t.x[t.n] = (rsp_interval){left[i], right[i]};
            t.group[t.n] = (uint32_t)arm[i];
            t.arm[t.n++] = arm[i];
        }
    }
    return t;
}

static rsp_npmle fit_of(const rsp_interval *x, size_t n)
{
    rsp_npmle fit;
    assert_int_equal(rsp_npmle_fit(x, n, &fit, NULL), RSP_OK);
    assert_true(fit.converged);
    return fit;
}

static void check_npmle(json_t *want, const rsp_interval *x, size_t n)
{
    rsp_npmle fit = fit_of(x, n);
    assert_int_equal(fit.n_pieces, json_array_size(figures_at(want, "pf")));
    for (size_t j = 0; j < fit.n_pieces; j++) {
        const rsp_npmle_piece *p = &fit.pieces[j];
        double right = figures_item(want, "intmap_right", j);
        assert_close(p->left, figures_item(want, "intmap_left", j), 0);
        assert_close(p->right, isnan(right) ? (double)INFINITY : right, 0);
        assert_close(p->mass, figures_item(want, "pf", j), EM_MASS);
        assert_close(p->s_after, figures_item(want, "S_after", j), EM_MASS);
    }
    assert_true(fit.kkt <= 1e-9 * fit.n);
    rsp_npmle_fini(&fit);
}

static void masses_of_the_maximum_likelihood_equal_r(void **state)
{
    (void)state;
    json_t *want = figures_load("interval_censored.json");
    double left[N], right[N];
    rsp_interval x[N];
    size_t n = figures_column("turnbull8.csv", "L", NAN, left);
    figures_column("turnbull8.csv", "R", (double)INFINITY, right);
    for (size_t i = 0; i < n; i++) {
        x[i] = (rsp_interval){left[i], right[i]};
    }
    check_npmle(figures_at(want, "turnbull8"), x, n);
    static const char *const arms[2] = {"ati60_arm0", "ati60_arm1"};
    for (int a = 0; a < 2; a++) {
        trial t = ati60(a);
        json_t *of = figures_at(want, arms[a]);
        check_npmle(of, t.x, t.n);
        rsp_npmle fit = fit_of(t.x, t.n);
        assert_close(fit.log_likelihood, figures_number(of, "loglik"), LIKELIHOOD);
        rsp_npmle_fini(&fit);
    }
    json_decref(want);
}

static void masses_of_turnbull8_are_the_fractions_of_the_exact_solution(void **state)
{
    (void)state;
    rsp_interval x[] = {{0, 7}, {7, 8}, {0, 5}, {5, 11}, {10, 12}, {5, (double)INFINITY}, {7, 16}, {14, (double)INFINITY}};
    rsp_npmle fit = fit_of(x, 8);
    static const double mass[] = {0.25, 0.28125, 0.28125, 0.1875};
    for (size_t j = 0; j < 4; j++) { /* Newton's last step squares the error */
        assert_close(fit.pieces[j].mass, mass[j], 1e-13);
    }
    assert_int_equal(fit.n_innermost, 5); /* (5, 7] receives nothing */
    rsp_npmle_fini(&fit);
}

/* Visits every one to three weeks, or at any time, or exact, by `kind`. */
static size_t draw(rsp_interval *x, size_t n, int kind, uint64_t *seed)
{
    for (size_t i = 0; i < n; i++) {
        double event = -30 * log(figures_uniform(seed));
        double a = 20 * figures_uniform(seed), b = 20 * figures_uniform(seed);
        double every = 7 * floor(1 + 3 * figures_uniform(seed));
        if (kind == 0) {
            double left = every * floor(event / every);
            x[i] = (rsp_interval){left, left > 100 ? (double)INFINITY : left + every};
        } else if (kind == 1) {
            x[i] = (rsp_interval){fmax(0.0, event - a), event + b};
        } else {
            bool seen = event < 4 * a;
            x[i] = (rsp_interval){seen ? event : 4 * a, seen ? event : (double)INFINITY};
        }
    }
    return n;
}

static void the_maximum_is_reached_on_any_data(void **state)
{
    (void)state;
    uint64_t seed = 20261121;
    static rsp_interval x[3000];
    for (int i = 0; i < 300; i++) {
        size_t n = i < 290 ? (size_t)(1 + i % 60) : 3000;
        draw(x, n, i % 3, &seed);
        rsp_npmle fit = fit_of(x, n);
        double sum = 0.0;
        for (size_t j = 0; j < fit.n_pieces; j++) {
            sum += fit.pieces[j].mass;
            assert_true(fit.pieces[j].mass > 0);
        }
        assert_close(sum, 1.0, 1e-12);
        rsp_npmle_fini(&fit);
    }
}

static void with_exact_times_the_estimate_is_kaplan_meier(void **state)
{
    (void)state;
    uint64_t seed = 7;
    rsp_interval x[200];
    size_t n = draw(x, 200, 2, &seed);
    rsp_km km = {0};
    for (size_t i = 0; i < n; i++) {
        x[i].left = ceil(x[i].left); /* with ties */
        x[i].right = ceil(x[i].right);
        assert_int_equal(rsp_km_add(&km, x[i].left, isfinite(x[i].right), 1, NULL), RSP_OK);
    }
    rsp_km_finish(&km, RSP_BAND_LOGLOG);
    rsp_npmle fit = fit_of(x, n);
    for (size_t j = 0; j < fit.n_pieces; j++) {
        if (isfinite(fit.pieces[j].right)) {
            double s = rsp_km_at(&km, fit.pieces[j].right).s;
            assert_close(fit.pieces[j].s_after, s, 1e-9);
        }
    }
    rsp_km_fini(&km);
    rsp_npmle_fini(&fit);
}

static void rounding_of_a_visit_day_makes_no_piece_of_its_own(void **state)
{
    (void)state;
    double seven = nextafter(7.0, 8.0);
    rsp_interval x[] = {{0, 7}, {seven, 14}, {7, 14}};
    rsp_npmle fit = fit_of(x, 3);
    assert_int_equal(fit.n_pieces, 2);
    assert_close(fit.pieces[1].left, 7, 0);
    rsp_npmle_fini(&fit);
}

static void survival_is_known_between_pieces_and_bounded_inside(void **state)
{
    (void)state;
    rsp_interval x[] = {{0, 7}, {0, 7}, {10, 14}, {20, (double)INFINITY}};
    rsp_npmle fit = fit_of(x, 4);
    rsp_npmle_value v = rsp_npmle_at(&fit, 8);
    assert_close(v.low, 0.5, 1e-12);
    assert_close(v.high, 0.5, 1e-12);
    v = rsp_npmle_at(&fit, 12);
    assert_close(v.low, 0.25, 1e-12);
    assert_close(v.high, 0.5, 1e-12);
    v = rsp_npmle_at(&fit, 7);
    assert_close(v.high, 0.5, 1e-12);
    v = rsp_npmle_at(&fit, 1000);
    assert_close(v.low, 0, 0);
    assert_close(v.high, 0.25, 1e-12);
    rsp_interval q = rsp_npmle_quantile(&fit, 0.25);
    assert_close(q.left, 0, 0);
    assert_close(q.right, 7, 0);
    q = rsp_npmle_quantile(&fit, 0.5); /* flat between 7 and 10 */
    assert_close(q.left, 0, 0);
    assert_close(q.right, 14, 0);
    q = rsp_npmle_quantile(&fit, 0.9);
    assert_true(isinf(q.right));
    assert_true(isnan(rsp_npmle_quantile(&fit, 1.0).left));
    assert_true(isnan(rsp_npmle_at(&fit, -1).low));
    rsp_npmle_fini(&fit);
}

static void intervals_that_are_none_are_refused_by_row(void **state)
{
    (void)state;
    rsp_interval bad[] = {{0, 7}, {9, 7}};
    rsp_npmle fit;
    rsp_error err = {0};
    assert_int_equal(rsp_npmle_fit(bad, 2, &fit, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "row 2"));
    assert_null(fit.pieces);
    bad[1] = (rsp_interval){NAN, 7};
    assert_int_equal(rsp_npmle_fit(bad, 2, &fit, &err), RSP_RANGE);
    bad[1] = (rsp_interval){(double)INFINITY, (double)INFINITY};
    assert_int_equal(rsp_npmle_fit(bad, 2, &fit, &err), RSP_RANGE);
    assert_int_equal(rsp_npmle_fit(bad, 0, &fit, &err), RSP_RANGE);
    rsp_aft aft;
    rsp_interval zero[] = {{0, 0}, {3, 5}};
    assert_int_equal(rsp_aft_fit(zero, NULL, 2, 0, RSP_AFT_WEIBULL, &aft, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "row 1"));
}

static rsp_interval_test test_of(const trial *t, rsp_interval_scores which,
                                 rsp_interval_method method, double *scores)
{
    rsp_interval_test out;
    assert_int_equal(rsp_interval_test_groups(t->x, t->group, t->n, 2, which, method, scores, &out, NULL), RSP_OK);
    return out;
}

static void score_tests_equal_r(void **state)
{
    (void)state;
    json_t *want = figures_load("interval_censored.json");
    trial t = ati60(NAN);
    static const char *const names[] = {"ictest.sun_logrank1_pclt",
                                        "ictest.finkelstein_logrank2_pclt",
                                        "ictest.wmw_pclt"};
    double scores[N];
    for (int k = 0; k < 3; k++) {
        json_t *of = figures_at(want, names[k]);
        rsp_interval_test out = test_of(&t, (rsp_interval_scores)k, RSP_INTERVAL_PERMUTATION, k ? NULL : scores);
        assert_close(out.z, figures_number(of, "statistic"), EM_MASS);
        assert_close(out.p, figures_number(of, "p"), EM_MASS);
        assert_close(out.u[0], figures_item(of, "U", 0), EM_MASS);
        assert_close(out.u[1], figures_item(of, "U", 1), EM_MASS);
        assert_close(out.n[1], 30, 0);
    }
    for (size_t i = 0; i < t.n; i++) {
        assert_close(scores[i], figures_item(want, "scores_logrank1", i), EM_MASS);
    }
    rsp_interval_test out = test_of(&t, RSP_SCORES_SUN, RSP_INTERVAL_SCORE, NULL);
    assert_close(out.chisq, figures_number(want, "ictest.sun_scoretest.statistic"), EM_MASS);
    assert_close(out.p, figures_number(want, "ictest.sun_scoretest.p"), EM_MASS);
    assert_close(out.z * out.z, out.chisq, 1e-12);
    json_decref(want);
}

static void score_variances_are_the_curvature_of_the_likelihood(void **state)
{
    (void)state;
    /* U^2 over the observed information less that of the masses, by central
     * differences of the log-likelihood of proportional hazards and odds at the
     * pooled estimate (fourth order in steps of 0.001: about 1e-7). */
    trial t = ati60(NAN);
    rsp_interval_test out = test_of(&t, RSP_SCORES_FINKELSTEIN, RSP_INTERVAL_SCORE, NULL);
    assert_close(out.chisq, 3.93429910965, 1e-6);
    out = test_of(&t, RSP_SCORES_WILCOXON, RSP_INTERVAL_SCORE, NULL);
    assert_close(out.chisq, 5.33815464629, 1e-6);
    /* Which of the two groups is called the first does not matter. */
    for (size_t i = 0; i < t.n; i++) {
        t.group[i] = 1 - t.group[i];
    }
    rsp_interval_test turned = test_of(&t, RSP_SCORES_WILCOXON, RSP_INTERVAL_SCORE, NULL);
    assert_close(turned.chisq, out.chisq, 1e-9);
    assert_close(turned.z, -out.z, 1e-9);
}

static void an_empty_group_changes_no_test(void **state)
{
    (void)state;
    trial t = ati60(NAN), moved = t;
    for (size_t i = 0; i < t.n; i++) {
        moved.group[i] += 1; /* nobody is in group 0 */
    }
    rsp_interval_test three;
    for (int method = 0; method < 2; method++) {
        rsp_interval_test two = test_of(&t, RSP_SCORES_SUN, (rsp_interval_method)method, NULL);
        assert_int_equal(rsp_interval_test_groups(moved.x, moved.group, t.n, 3, RSP_SCORES_SUN, (rsp_interval_method)method, NULL, &three, NULL), RSP_OK);
        assert_int_equal(three.df, 1);
        assert_close(three.chisq, two.chisq, 1e-9);
    }
    uint32_t same[N] = {0};
    assert_int_equal(rsp_interval_test_groups(t.x, same, t.n, 2, RSP_SCORES_SUN, RSP_INTERVAL_SCORE, NULL, &three, NULL), RSP_OK);
    assert_true(isnan(three.p) && three.df == 0 && strstr(three.reason, "one group"));
}

static void check_aft(json_t *want, const trial *t, rsp_aft_family family, rsp_aft *fit)
{
    assert_int_equal(rsp_aft_fit(t->x, t->arm, t->n, 1, family, fit, NULL), RSP_OK);
    assert_true(fit->estimable);
    assert_close(fit->coef[0], figures_item(want, "coef", 0), NEWTON);
    assert_close(fit->coef[1], figures_item(want, "coef", 1), NEWTON);
    assert_close(fit->log_likelihood, figures_number(want, "loglik"), LIKELIHOOD);
}

static void regressions_equal_r(void **state)
{
    (void)state;
    json_t *all = figures_load("interval_censored.json");
    trial t = ati60(NAN);
    rsp_aft fit;
    json_t *want = figures_at(all, "weibull_interval");
    check_aft(want, &t, RSP_AFT_WEIBULL, &fit);
    assert_close(fit.log_scale, figures_item(want, "coef", 2), NEWTON);
    assert_close(fit.se[0], figures_item(want, "se", 0), NEWTON);
    assert_close(fit.se[1], figures_item(want, "se", 1), NEWTON);
    assert_close(fit.log_scale_se, figures_item(want, "se", 2), NEWTON);
    assert_close(fit.ratio[1], figures_number(want, "HR"), NEWTON);
    assert_close(exp(fit.coef[1]), figures_number(want, "AF"), NEWTON);
    assert_close(rsp_aft_quantile(&fit, &(double){0}, 0.5).value, figures_number(want, "median_arm0"), NEWTON);
    assert_close(rsp_aft_quantile(&fit, &(double){1}, 0.5).value, figures_number(want, "median_arm1"), NEWTON);
    double median = rsp_aft_quantile(&fit, &(double){1}, 0.5).value;
    assert_close(rsp_aft_survival(&fit, &(double){1}, median).value, 0.5, 1e-12);
    check_aft(figures_at(all, "exponential_interval"), &t, RSP_AFT_EXPONENTIAL, &fit);
    assert_close(fit.scale, 1, 0);
    assert_close(fit.log_scale_se, 0, 0);
    want = figures_at(all, "loglogistic_interval");
    check_aft(want, &t, RSP_AFT_LOGLOGISTIC, &fit);
    assert_close(fit.scale, figures_number(want, "scale"), NEWTON);
    json_decref(all);
}

static void regressions_of_exact_and_censored_times_equal_r(void **state)
{
    (void)state;
    const double inf = (double)INFINITY;
    rsp_interval x[] = {{5, 5}, {0, 9}, {12, 12}, {7, inf}, {20, 27}, {0, 6},
                        {33, 33}, {14, 21}, {9, 9}, {28, inf}, {40, inf}, {3, 8}};
    static const double z[] = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0},
        a[] = {1.5, 2, .3, 1, 2.2, .7, 1.1, .2, 1.9, .5, .8, 1.4};
    double v[24], at[] = {1, 1};
    for (size_t i = 0; i < 12; i++) {
        v[2 * i] = z[i];
        v[2 * i + 1] = a[i];
    }
    /* survreg(Surv(L, R, type = "interval2") ~ z + a): coefficients, their errors,
     * ln scale, log-likelihood; quantile 0.25 at z = a = 1 with predict's limits */
    static const double want[3][11] = {
        {3.125978609214, 0.534805139189, -0.281037781338, 0.892919502468, 0.764882695127, 0.540241430125,
         -0.136594227276, -25.896011452252, 9.90379420082, 3.07079761637, 31.94125820898},
        {3.132834984482, 0.583496036655, -0.309110398311, 1.012269711598, 0.862983360124, 0.608710676249,
         0.0, -25.992066503, 8.68260239751, 2.65314558836, 28.41441673007},
        {2.967720610316, 0.214262806515, -0.404879787570, 0.802059607047, 0.717079532133, 0.508828882872,
         -0.510307524303, -25.983984879916, 8.31112229513, 2.82424843522, 24.45774703927}};
    for (int k = 0; k < 3; k++) {
        rsp_aft fit;
        assert_int_equal(rsp_aft_fit(x, v, 12, 2, (rsp_aft_family)k, &fit, NULL), RSP_OK);
        for (size_t j = 0; j < 3; j++) {
            assert_close(fit.coef[j], want[k][j], 1e-8);
            assert_close(fit.se[j], want[k][3 + j], 1e-8);
        }
        assert_close(fit.log_scale, want[k][6], 1e-8);
        assert_close(fit.log_likelihood, want[k][7], LIKELIHOOD);
        rsp_quantile q = rsp_aft_quantile(&fit, at, 0.25);
        assert_close(q.value, want[k][8], 1e-8);
        assert_close(q.low, want[k][9], 1e-8);
        assert_close(q.high, want[k][10], 1e-8);
        rsp_quantile s = rsp_aft_survival(&fit, at, q.value);
        assert_close(s.value, 0.75, 1e-12);
        assert_true(s.low < s.value && s.value < s.high);
    }
}

static void what_has_no_maximum_is_not_estimated(void **state)
{
    (void)state;
    const double inf = (double)INFINITY;
    rsp_interval none[] = {{7, inf}, {9, inf}}, separate[] = {{5, 9}, {6, 12}, {8, 9}, {20, inf}, {20, inf}, {30, inf}};
    double arm[] = {0, 0, 0, 1, 1, 1}, flat[] = {1, 1, 1, 1, 1, 1};
    rsp_aft fit;
    assert_int_equal(rsp_aft_fit(none, NULL, 2, 0, RSP_AFT_WEIBULL, &fit, NULL), RSP_OK);
    assert_true(!fit.estimable && isnan(fit.coef[0]) && strstr(fit.reason, "no events"));
    assert_int_equal(rsp_aft_fit(separate, arm, 6, 1, RSP_AFT_EXPONENTIAL, &fit, NULL), RSP_OK);
    assert_true(!fit.estimable && isnan(fit.ratio[1]) && strstr(fit.reason, "no maximum"));
    assert_int_equal(rsp_aft_fit(separate, flat, 6, 1, RSP_AFT_WEIBULL, &fit, NULL), RSP_OK);
    assert_true(!fit.estimable && strstr(fit.reason, "same value"));
    assert_true(isnan(rsp_aft_quantile(&fit, flat, 0.5).value));
    rsp_interval one[] = {{5, 9}};
    assert_int_equal(rsp_aft_fit(one, NULL, 1, 0, RSP_AFT_WEIBULL, &fit, NULL), RSP_OK);
    assert_false(fit.estimable);
}

static void no_estimate_runs_away(void **state)
{
    (void)state;
    uint64_t seed = 4;
    size_t refused = 0;
    for (int k = 0; k < 3000; k++) {
        rsp_interval x[8];
        double z[16];
        draw(x, 8, k % 2, &seed);
        for (size_t i = 0; i < 8; i++) {
            z[2 * i] = figures_uniform(&seed) < 0.3;
            z[2 * i + 1] = figures_uniform(&seed);
            if (figures_uniform(&seed) < 0.5) {
                x[i].right = (double)INFINITY;
            }
        }
        rsp_aft fit;
        assert_int_equal(rsp_aft_fit(x, z, 8, 2, (rsp_aft_family)(k % 3), &fit, NULL), RSP_OK);
        refused += !fit.estimable;
        for (size_t j = 1; j < 3 && fit.estimable; j++) {
            assert_true(fit.ratio_log_se[j] < 1e4);
        }
    }
    assert_true(refused > 0 && refused < 3000);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masses_of_the_maximum_likelihood_equal_r),
        cmocka_unit_test(masses_of_turnbull8_are_the_fractions_of_the_exact_solution),
        cmocka_unit_test(the_maximum_is_reached_on_any_data),
        cmocka_unit_test(with_exact_times_the_estimate_is_kaplan_meier),
        cmocka_unit_test(rounding_of_a_visit_day_makes_no_piece_of_its_own),
        cmocka_unit_test(survival_is_known_between_pieces_and_bounded_inside),
        cmocka_unit_test(intervals_that_are_none_are_refused_by_row),
        cmocka_unit_test(score_tests_equal_r),
        cmocka_unit_test(score_variances_are_the_curvature_of_the_likelihood),
        cmocka_unit_test(an_empty_group_changes_no_test),
        cmocka_unit_test(regressions_equal_r),
        cmocka_unit_test(regressions_of_exact_and_censored_times_equal_r),
        cmocka_unit_test(what_has_no_maximum_is_not_estimated),
        cmocka_unit_test(no_estimate_runs_away),
    };
    return figures_main(argc, argv, tests, sizeof tests / sizeof *tests, "interval");
}
