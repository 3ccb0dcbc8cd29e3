/* Survival without a model: bands, hazards, stratified and permutation tests,
 * restricted means, landmarks, against R's survival, coin and survRM2.
 * Usage: test_survival DIRECTORY_OF_VECTORS; 77 (skipped) where it is absent. */
#include "survival_data.h"

#include "respite/stats.h"

/* Two summation orders of closed forms. */
static const double CLOSED_FORM = 1e-9;

typedef struct trial {
    size_t n;
    double column[5][SURVIVAL_ROWS]; /* time, status, group, nnrti, log10intact */
    bool event[SURVIVAL_ROWS], treated[SURVIVAL_ROWS];
    uint32_t group[SURVIVAL_ROWS], stratum[SURVIVAL_ROWS];
} trial;

static void finish_trial(trial *t)
{
    for (size_t i = 0; i < t->n; i++) {
        t->event[i] = t->column[1][i] == 1;
        t->treated[i] = t->column[2][i] == 1;
        t->group[i] = t->treated[i];
        t->stratum[i] = (uint32_t)t->column[3][i];
    }
}

static void read_ati(trial *t)
{
    static const char *const names[] = {"time", "status", "arm", "nnrti", "log10intact"};
    t->n = survival_columns("ati60.csv", names, 5, t->column);
    finish_trial(t);
}

static void read_aml(trial *t)
{
    static const char *const names[] = {"time", "status", "group", "group"};
    t->n = survival_columns("aml.csv", names, 4, t->column);
    finish_trial(t);
}

static void add(rsp_km *km, double t, bool event)
{
    assert_int_equal(rsp_km_add(km, t, event, 1.0, NULL), RSP_OK);
}

/* Curves [strata][2]. */
static void curves_of(const trial *t, bool strata, rsp_km *km)
{
    for (size_t i = 0; i < t->n; i++) {
        size_t s = strata ? t->stratum[i] : 0;
        add(&km[2 * s + t->group[i]], t->column[0][i], t->event[i]);
    }
    for (size_t i = 0; i < (strata ? 4 : 2); i++) {
        rsp_km_finish(&km[i], RSP_BAND_LOGLOG);
    }
}

static void fini(rsp_km *km, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        rsp_km_fini(&km[i]);
    }
}

static rsp_permutation_data permuted(const trial *t)
{
    return (rsp_permutation_data){
        .n = t->n, .n_groups = 2, .time = t->column[0], .event = t->event, .group = t->group};
}

/* ---- Curves. */

static void nelson_aalen_equals_r(void **state)
{
    (void)state;
    json_t *all = survival_vector("km.json");
    const json_t *want = json_object_get(all, "ati60_nelson_aalen_all");
    trial t;
    read_ati(&t);
    rsp_km km = {0};
    for (size_t i = 0; i < t.n; i++) {
        add(&km, t.column[0][i], t.event[i]);
    }
    rsp_km_finish(&km, RSP_BAND_LOG);
    assert_int_equal(km.n_points, json_array_size(json_object_get(want, "time")));
    for (size_t i = 0; i < km.n_points; i++) {
        assert_near(km.points[i].hazard, survival_item(want, "cumhaz", i), CLOSED_FORM);
        assert_near(km.points[i].hazard_se, survival_item(want, "se_cumhaz", i), CLOSED_FORM);
    }
    assert_near(rsp_km_at(&km, 6).hazard, 0, 0);
    assert_near(rsp_km_at(&km, 500).hazard, km.points[km.n_points - 1].hazard, 0);
    rsp_km_fini(&km);
    json_decref(all);
}

/* survfit(Surv(time, status) ~ 1, aml, conf.type =, conf.int = .9), day 23 */
static void a_band_of_another_level_equals_r(void **state)
{
    (void)state;
    static const double want[3][2] = {
        {0.356760021004706, 0.701852726273207},
        {0.39581014902923, 0.754790918909053},
        {0.370172243872564, 0.72299545799079}};
    trial t;
    read_aml(&t);
    for (int band = 0; band < 3; band++) {
        rsp_km km = {0};
        for (size_t i = 0; i < t.n; i++) {
            add(&km, t.column[0][i], t.event[i]);
        }
        rsp_km_finish_at(&km, (rsp_km_band)band, 0.9);
        rsp_km_point at = rsp_km_at(&km, 23);
        assert_near(at.low, want[band][0], CLOSED_FORM);
        assert_near(at.high, want[band][1], CLOSED_FORM);
        rsp_km_finish_at(&km, (rsp_km_band)band, 1);
        assert_true(isnan(rsp_km_at(&km, 23).low) && isnan(rsp_km_at(&km, 23).high));
        rsp_km_fini(&km);
    }
}

/* ---- Log-rank. */

static void the_stratified_test_equals_r(void **state)
{
    (void)state;
    json_t *all = survival_vector("logrank.json");
    const json_t *want = json_object_get(json_object_get(all, "ati60"), "stratified_nnrti");
    trial t;
    read_ati(&t);
    rsp_km km[4] = {{0}};
    curves_of(&t, true, km);
    const rsp_km *const groups[4] = {&km[0], &km[1], &km[2], &km[3]};
    rsp_logrank got;
    assert_int_equal(rsp_logrank_stratified(groups, 2, 2, 0, 0, &got, NULL), RSP_OK);
    assert_near(got.chisq, survival_number(want, "chisq"), CLOSED_FORM);
    assert_near(got.p, survival_number(want, "p"), CLOSED_FORM);
    const json_t *fh = json_object_get(want, "FH00");
    assert_near(got.observed[1] - got.expected[1], survival_number(fh, "U"), CLOSED_FORM);
    assert_near(got.z, survival_number(fh, "Z"), CLOSED_FORM);
    /* survdiff(Surv(time, e) ~ arm + strata(nnrti), rho = 1) */
    assert_int_equal(rsp_logrank_stratified(groups, 2, 2, 1, 0, &got, NULL), RSP_OK);
    assert_near(got.chisq, 4.43577200544457, CLOSED_FORM);
    fini(km, 4);
    json_decref(all);
}

static void strata_that_keep_groups_apart_compare_only_those_that_meet(void **state)
{
    (void)state;
    /* Groups 0 and 1 meet in one stratum, 2 and 3 in the other: 2 df, and the sum
     * of two tests of two groups. */
    trial t;
    read_ati(&t);
    rsp_km km[4] = {{0}}, none = {0};
    curves_of(&t, true, km);
    const rsp_km *const apart[8] = {&km[0], &km[1], &none, &none, &none, &none, &km[2], &km[3]};
    const rsp_km *const one[2] = {&km[0], &km[1]}, *const other[2] = {&km[2], &km[3]};
    rsp_logrank both, a, b;
    assert_int_equal(rsp_logrank_stratified(apart, 2, 4, 0, 0, &both, NULL), RSP_OK);
    assert_int_equal(rsp_logrank_test(one, 2, 0, 0, &a, NULL), RSP_OK);
    assert_int_equal(rsp_logrank_test(other, 2, 0, 0, &b, NULL), RSP_OK);
    assert_int_equal(both.df, 2);
    assert_near(both.chisq, a.chisq + b.chisq, 1e-12);
    assert_true(isnan(both.z));
    fini(km, 4);
}

static void the_exact_permutation_test_equals_coin(void **state)
{
    (void)state;
    json_t *all = survival_vector("logrank.json");
    const json_t *want = json_object_get(json_object_get(all, "aml"), "coin_exact_logrank");
    trial t;
    read_aml(&t);
    rsp_permutation_data d = permuted(&t);
    rsp_permutation_options o = rsp_permutation_defaults();
    rsp_permutation got;
    assert_int_equal(rsp_logrank_permutation(&d, &o, &got, NULL), RSP_OK);
    assert_true(got.exact && got.p_error == 0);
    assert_near(got.z, survival_number(want, "Z"), CLOSED_FORM);
    assert_near(got.p, survival_number(want, "p"), CLOSED_FORM);
    assert_near(got.arrangements, 1352078, 0); /* choose(23, 11) */
    json_decref(all);
}

static void weekly_visits_make_sixty_participants_exact(void **state)
{
    (void)state;
    /* coin::logrank_test(Surv(time, e) ~ factor(arm), distribution = approximate(
     * nresample = 1e6)): 0.053325, standard error 0.000225. */
    trial t;
    read_ati(&t);
    rsp_permutation_data d = permuted(&t);
    rsp_permutation_options o = rsp_permutation_defaults();
    rsp_permutation exact, drawn, again;
    assert_int_equal(rsp_logrank_permutation(&d, &o, &exact, NULL), RSP_OK);
    assert_true(exact.exact);
    assert_near(exact.z, -1.92510567927882, CLOSED_FORM);
    assert_near(exact.p, 0.053325, 4 * 0.000225);
    o.never_exact = true;
    assert_int_equal(rsp_logrank_permutation(&d, &o, &drawn, NULL), RSP_OK);
    assert_true(!drawn.exact && drawn.arrangements == 100000);
    assert_near(drawn.p_error, sqrt(drawn.p * (1 - drawn.p) / 100000), 1e-15);
    assert_true(fabs(drawn.p - exact.p) < 4 * drawn.p_error);
    assert_int_equal(rsp_logrank_permutation(&d, &o, &again, NULL), RSP_OK);
    assert_true(again.p == drawn.p);
    o.stream.seed = 2;
    assert_int_equal(rsp_logrank_permutation(&d, &o, &again, NULL), RSP_OK);
    assert_true(again.p != drawn.p);
}

/* coin, aml, type = "Fleming-Harrington", distribution = "exact" */
static void weighted_permutation_tests_equal_coin(void **state)
{
    (void)state;
    static const double want[2][2] = {{1.67383686783899, 0.0945167364604704},
                                      {1.55996921810326, 0.128982203689432}};
    trial t;
    read_aml(&t);
    rsp_permutation_data d = permuted(&t);
    for (int late = 0; late < 2; late++) {
        rsp_permutation_options o = rsp_permutation_defaults();
        *(late ? &o.gamma : &o.rho) = 1;
        rsp_permutation got;
        assert_int_equal(rsp_logrank_permutation(&d, &o, &got, NULL), RSP_OK);
        assert_near(got.z, -want[late][0], CLOSED_FORM);
        assert_near(got.p, want[late][1], CLOSED_FORM);
    }
}

/* coin: exact 1 / choose(10, 4), z = -2.90761506257494 with the signs of coin */
static void a_perfect_separation_is_one_of_all_arrangements(void **state)
{
    (void)state;
    const double time[] = {7, 7, 14, 14, 21, 28, 84, 84, 84, 84};
    const bool event[] = {1, 1, 1, 1, 1, 1, 0, 0, 0, 0};
    const uint32_t group[] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1};
    rsp_permutation_data d = {
        .n = 10, .n_groups = 2, .time = time, .event = event, .group = group};
    rsp_permutation_options o = rsp_permutation_defaults();
    rsp_permutation got;
    assert_int_equal(rsp_logrank_permutation(&d, &o, &got, NULL), RSP_OK);
    assert_near(got.p, 1 / 210.0, 1e-15);
    assert_near(got.z, -2.90761506257494, CLOSED_FORM);
    o.never_exact = true;
    o.draws = 10; /* none of them: p is never 0 */
    assert_int_equal(rsp_logrank_permutation(&d, &o, &got, NULL), RSP_OK);
    assert_near(got.p, 1 / 11.0, 1e-15);
    o = rsp_permutation_defaults();
    /* Thirty-six days of one event each, far out in the tail: 2 to 36 subsets. */
    double times[36];
    bool events[36];
    uint32_t groups[36];
    for (uint32_t i = 0; i < 36; i++) {
        times[i] = i + 1;
        events[i] = true;
        groups[i] = i >= 18;
    }
    d = (rsp_permutation_data){
        .n = 36, .n_groups = 2, .time = times, .event = events, .group = groups};
    assert_int_equal(rsp_logrank_permutation(&d, &o, &got, NULL), RSP_OK);
    assert_true(got.exact);
    assert_near(got.arrangements, 9075135300, 0); /* choose(36, 18) */
    assert_true(got.p < 1e-8 && got.p >= 1 / 9075135300.0);
}

/* Two groups counted by split-up, three of which one is empty by enumeration. */
static void both_ways_of_counting_agree(void **state)
{
    (void)state;
    uint64_t seed = 11;
    for (int round = 0; round < 20; round++) {
        double time[16];
        bool event[16];
        uint32_t group[16];
        for (int i = 0; i < 16; i++) {
            time[i] = ceil(6 * survival_uniform(&seed)) * 7;
            event[i] = survival_uniform(&seed) < 0.7;
            group[i] = survival_uniform(&seed) < 0.4;
        }
        rsp_permutation_data d = {
            .n = 16, .n_groups = 2, .time = time, .event = event, .group = group};
        rsp_permutation_options o = rsp_permutation_defaults();
        rsp_permutation two, three;
        assert_int_equal(rsp_logrank_permutation(&d, &o, &two, NULL), RSP_OK);
        d.n_groups = 3;
        assert_int_equal(rsp_logrank_permutation(&d, &o, &three, NULL), RSP_OK);
        assert_true(two.exact == three.exact);
        assert_near(two.p, three.p, 1e-12);
        assert_near(two.chisq, three.chisq, 1e-12);
    }
}

/* coin, three groups: quadratic form, p of a million draws, standard error 0.0005.
 * Two strata: scores of each by survfit, all 300 arrangements by combn in R (coin
 * scores all strata together). */
static void several_groups_equal_coin_and_strata_an_enumeration(void **state)
{
    (void)state;
    const double time[] = {5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 9, 11};
    const bool event[] = {1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 0};
    const uint32_t group[] = {0, 1, 0, 2, 1, 0, 2, 1, 2, 2};
    const uint32_t halves[] = {0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1};
    const uint32_t stratum[] = {7, 7, 7, 7, 7, 7, 2, 2, 2, 2, 2, 2};
    rsp_permutation_data d = {
        .n = 10, .n_groups = 3, .time = time, .event = event, .group = group};
    rsp_permutation_options o = rsp_permutation_defaults();
    rsp_permutation got, drawn;
    assert_int_equal(rsp_logrank_permutation(&d, &o, &got, NULL), RSP_OK);
    assert_true(got.exact && isnan(got.z));
    assert_near(got.chisq, 1.63112812462561, CLOSED_FORM);
    assert_near(got.p, 0.506432, 0.002);
    assert_near(got.arrangements, 4200, 0); /* 10! / (3! 3! 4!) */
    d = (rsp_permutation_data){.n = 12, .n_groups = 2, .time = time, .event = event,
                               .group = halves, .stratum = stratum};
    assert_int_equal(rsp_logrank_permutation(&d, &o, &got, NULL), RSP_OK);
    assert_true(got.exact);
    assert_near(got.z, -0.293369347019234, CLOSED_FORM);
    assert_near(got.p, 0.793333333333333, CLOSED_FORM);
    assert_near(got.arrangements, 300, 0);
    o.never_exact = true;
    assert_int_equal(rsp_logrank_permutation(&d, &o, &drawn, NULL), RSP_OK);
    assert_true(fabs(drawn.p - got.p) < 4 * drawn.p_error);
}

static void permutation_of_what_says_nothing_is_nan(void **state)
{
    (void)state;
    const double time[] = {7, 7, 14};
    bool event[] = {0, 0, 0};
    uint32_t group[] = {0, 1, 1};
    rsp_permutation_data d = {
        .n = 3, .n_groups = 2, .time = time, .event = event, .group = group};
    rsp_permutation_options o = rsp_permutation_defaults();
    rsp_permutation got;
    rsp_error err;
    assert_int_equal(rsp_logrank_permutation(&d, &o, &got, NULL), RSP_OK);
    assert_true(isnan(got.p) && isnan(got.z) && !got.exact);
    event[0] = true;
    group[0] = 1;
    assert_int_equal(rsp_logrank_permutation(&d, &o, &got, NULL), RSP_OK);
    assert_true(isnan(got.p)); /* one group */
    d.n = 0;
    assert_int_equal(rsp_logrank_permutation(&d, &o, &got, NULL), RSP_OK);
    assert_true(isnan(got.p));
    d.n = 3;
    group[1] = 2;
    assert_int_equal(rsp_logrank_permutation(&d, &o, &got, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "row 2: group 2 of 2"));
    group[1] = 1;
    o.draws = 0;
    assert_int_equal(rsp_logrank_permutation(&d, &o, &got, &err), RSP_RANGE);
    o = rsp_permutation_defaults();
    o.rho = -1;
    assert_int_equal(rsp_logrank_permutation(&d, &o, &got, &err), RSP_RANGE);
    d.n_groups = 1;
    o.rho = 0;
    assert_int_equal(rsp_logrank_permutation(&d, &o, &got, &err), RSP_RANGE);
}

/* ---- Restricted means. */

static void check_estimate(const json_t *want, rsp_contrast_estimate got)
{
    const double all[] = {got.value, got.low, got.high, got.p};
    for (size_t i = 0; i < 4; i++) {
        assert_near(all[i], json_number_value(json_array_get(want, i)), CLOSED_FORM);
    }
}

static void restricted_means_and_their_contrasts_equal_survrm2(void **state)
{
    (void)state;
    json_t *all = survival_vector("rmst.json");
    static const double taus[] = {56, 84, 112, 40};
    static const char *const names[] = {"ati60_tau56", "ati60_tau84", "ati60_tau112", "aml_tau40"};
    for (int i = 0; i < 4; i++) {
        const json_t *want = json_object_get(all, names[i]);
        trial t;
        (i < 3 ? read_ati : read_aml)(&t);
        rsp_km km[2] = {{0}};
        curves_of(&t, false, km);
        rsp_rmst_contrast got;
        assert_int_equal(rsp_rmst_compare(&km[0], &km[1], taus[i], 0.95, &got, NULL), RSP_OK);
        assert_near(got.control.value, survival_number(want, "rmst0"), CLOSED_FORM);
        assert_near(got.control.se, survival_number(want, "se0"), CLOSED_FORM);
        assert_near(got.treated.value, survival_number(want, "rmst1"), CLOSED_FORM);
        assert_near(got.treated.se, survival_number(want, "se1"), CLOSED_FORM);
        check_estimate(json_object_get(want, "diff"), got.difference);
        if (i < 3) {
            check_estimate(json_object_get(want, "ratio"), got.ratio);
            check_estimate(json_object_get(want, "rmtl_ratio"), got.lost_ratio);
        }
        fini(km, 2);
    }
    json_decref(all);
}

static void the_adjusted_difference_equals_survrm2(void **state)
{
    (void)state;
    json_t *all = survival_vector("rmst.json");
    const json_t *want = json_object_get(all, "ati60_tau84_ANCOVA_log10intact");
    trial t;
    read_ati(&t);
    rsp_rmst_data d = {.n = t.n, .n_covariates = 1, .time = t.column[0], .event = t.event,
                       .treated = t.treated, .x = t.column[4]};
    rsp_rmst_adjusted got;
    assert_int_equal(rsp_rmst_adjust(&d, 84, 0.95, &got, NULL), RSP_OK);
    check_estimate(json_object_get(want, "diff"), got.difference);
    /* Origin and unit of a covariate are nobody's business. */
    double x[SURVIVAL_ROWS];
    for (size_t i = 0; i < t.n; i++) {
        x[i] = 1e9 - 100 * t.column[4][i];
    }
    d.x = x;
    rsp_rmst_adjusted other;
    assert_int_equal(rsp_rmst_adjust(&d, 84, 0.95, &other, NULL), RSP_OK);
    assert_near(other.difference.value, got.difference.value, 1e-7); /* 9 digits */
    assert_near(other.se, got.se, 1e-7);
    x[3] = NAN;
    assert_int_equal(rsp_rmst_adjust(&d, 84, 0.95, &other, NULL), RSP_OK);
    assert_true(other.n == 59 && other.n_missing == 1);
    for (size_t i = 0; i < t.n; i++) {
        x[i] = t.column[2][i]; /* the arm again */
    }
    assert_int_equal(rsp_rmst_adjust(&d, 84, 0.95, &other, NULL), RSP_OK);
    assert_true(isnan(other.difference.value) && isnan(other.se));
    json_decref(all);
}

static void without_censoring_the_restricted_mean_is_the_mean(void **state)
{
    (void)state;
    uint64_t seed = 21;
    double time[60], sum[2] = {0}, square[2] = {0};
    bool event[60], treated[60];
    rsp_km km[2] = {{0}};
    for (int i = 0; i < 60; i++) {
        treated[i] = i % 2;
        event[i] = true;
        time[i] = 50 * survival_uniform(&seed);
        sum[i % 2] += time[i];
        square[i % 2] += time[i] * time[i];
        add(&km[i % 2], time[i], true);
    }
    rsp_km_finish(&km[0], RSP_BAND_LOG);
    rsp_km_finish(&km[1], RSP_BAND_LOG);
    rsp_rmst a;
    assert_int_equal(rsp_km_rmst(&km[1], 1000, 0.95, &a, NULL), RSP_OK);
    double mean = sum[1] / 30;
    assert_near(a.value, mean, 1e-12);
    /* Greenwood's sum then is the variance of a mean, n in its denominator. */
    assert_near(a.se, sqrt((square[1] / 30 - mean * mean) / 30), 1e-12);
    /* Without covariates or censoring, adjusting is the difference of means. */
    rsp_rmst_data d = {.n = 60, .time = time, .event = event, .treated = treated};
    rsp_rmst_adjusted b;
    assert_int_equal(rsp_rmst_adjust(&d, 60, 0.9, &b, NULL), RSP_OK);
    assert_near(b.difference.value, mean - sum[0] / 30, 1e-12);
    fini(km, 2);
}

static void a_restricted_mean_past_the_end_is_refused_with_the_day(void **state)
{
    (void)state;
    trial t;
    read_ati(&t);
    rsp_km km[3] = {{0}};
    curves_of(&t, false, km);
    const rsp_km *const both[] = {&km[0], &km[1]}, *const none[] = {&km[2]};
    assert_near(rsp_rmst_largest_tau(both, 2), 112, 0); /* the treated are censored there */
    assert_near(rsp_rmst_largest_tau(both, 1), 112, 0);
    assert_true(isnan(rsp_rmst_largest_tau(none, 1)));
    add(&km[2], 30, false);
    rsp_km_finish(&km[2], RSP_BAND_LOG);
    const rsp_km *const shorter[] = {&km[0], &km[2]};
    assert_near(rsp_rmst_largest_tau(shorter, 2), 30, 0);
    rsp_km_fini(&km[2]);
    rsp_rmst_contrast got;
    rsp_error err;
    assert_int_equal(rsp_rmst_compare(&km[0], &km[1], 113, 0.95, &got, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "treated"));
    assert_non_null(strstr(err.message, "112"));
    rsp_rmst one;
    assert_int_equal(rsp_km_rmst(&km[0], 113, 0.95, &one, &err), RSP_OK); /* down to 0 */
    static const double bad[] = {0, -1, NAN, INFINITY};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(rsp_km_rmst(&km[0], bad[i], 0.95, &one, &err), RSP_RANGE);
    }
    assert_int_equal(rsp_km_rmst(&km[0], 50, 1, &one, &err), RSP_RANGE);
    assert_int_equal(rsp_km_rmst(&km[2], 50, 0.95, &one, &err), RSP_RANGE); /* nobody */
    rsp_rmst_data d = {.n = t.n, .time = t.column[0], .event = t.event, .treated = t.treated};
    rsp_rmst_adjusted adjusted;
    assert_int_equal(rsp_rmst_adjust(&d, 113, 0.95, &adjusted, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "treated"));
    d.n = 0;
    assert_int_equal(rsp_rmst_adjust(&d, 50, 0.95, &adjusted, &err), RSP_RANGE);
    fini(km, 3);
}

/* ---- Landmarks. */

static void a_landmark_keeps_those_still_at_risk_and_counts_from_it(void **state)
{
    (void)state;
    const double time[] = {5, 14, 14, 15, 30, 14 + 0x1p-48};
    const bool event[] = {1, 1, 0, 0, 1, 1};
    bool keep[6];
    double from[6];
    rsp_landmark got;
    rsp_error err;
    assert_int_equal(rsp_landmark_rows(time, event, 6, 14, keep, from, &got, NULL), RSP_OK);
    assert_true(got.at_risk == 2 && got.events_before == 3 && got.censored_before == 1);
    assert_true(!keep[0] && !keep[1] && !keep[2] && keep[3] && keep[4] && !keep[5]);
    assert_near(from[3], 1, 0);
    assert_near(from[4], 16, 0);
    assert_true(isnan(from[0]));
    assert_int_equal(rsp_landmark_rows(time, event, 6, -1, keep, from, &got, &err), RSP_RANGE);
    const double bad[] = {NAN};
    assert_int_equal(rsp_landmark_rows(bad, event, 1, 1, keep, from, &got, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "row 1"));
}

int main(int argc, char **argv)
{
    int status = survival_main(argc, argv);
    if (status != 0) {
        return status;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nelson_aalen_equals_r),
        cmocka_unit_test(a_band_of_another_level_equals_r),
        cmocka_unit_test(the_stratified_test_equals_r),
        cmocka_unit_test(strata_that_keep_groups_apart_compare_only_those_that_meet),
        cmocka_unit_test(the_exact_permutation_test_equals_coin),
        cmocka_unit_test(weekly_visits_make_sixty_participants_exact),
        cmocka_unit_test(weighted_permutation_tests_equal_coin),
        cmocka_unit_test(a_perfect_separation_is_one_of_all_arrangements),
        cmocka_unit_test(both_ways_of_counting_agree),
        cmocka_unit_test(several_groups_equal_coin_and_strata_an_enumeration),
        cmocka_unit_test(permutation_of_what_says_nothing_is_nan),
        cmocka_unit_test(restricted_means_and_their_contrasts_equal_survrm2),
        cmocka_unit_test(the_adjusted_difference_equals_survrm2),
        cmocka_unit_test(without_censoring_the_restricted_mean_is_the_mean),
        cmocka_unit_test(a_restricted_mean_past_the_end_is_refused_with_the_day),
        cmocka_unit_test(a_landmark_keeps_those_still_at_risk_and_counts_from_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
