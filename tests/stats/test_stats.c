/* Known answers of R's survival, identities between estimators, edge cases.
 * Usage: test_stats DIRECTORY_OF_VECTORS; 77 (skipped) where it is absent. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gsl/gsl_errno.h>
#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "respite/stats.h"

static const char *vectors; /* the directory, set by main before any test */

/* Two doubles computed by different summation orders: closed forms agree to
 * 1e-9 (README of the vectors). */
static const double CLOSED_FORM = 1e-9;
/* Newton fits: R stops at a relative change of 1e-9 of the log-likelihood,
 * which leaves about the root of that, 1e-6 of a standard error, at worst. */
static const double NEWTON = 1e-6;

#define assert_near(a, b, tolerance) check_near(a, b, tolerance, __LINE__)
static void check_near(double a, double b, double tolerance, int line)
{
    if (isnan(a) && isnan(b)) {
        return;
    }
    if (!(fabs(a - b) <= tolerance * fmax(1.0, fabs(b)))) {
        fail_msg("line %d: %.17g, not %.17g", line, a, b);
    }
}

static char *path_of(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", vectors, name);
    return path;
}

static json_t *load(const char *name)
{
    json_error_t e;
    json_t *j = json_load_file(path_of(name), 0, &e);
    assert_non_null(j);
    return j;
}

static double number(const json_t *j)
{
    return json_is_number(j) ? json_number_value(j) : (double)NAN;
}

static double item(const json_t *object, const char *key, size_t i)
{
    return number(json_array_get(json_object_get(object, key), i));
}

static double field(const json_t *object, const char *key)
{
    return number(json_object_get(object, key));
}

static void add(rsp_km *km, double t, bool event)
{
    assert_int_equal(rsp_km_add(km, t, event, 1.0, NULL), RSP_OK);
}

/* Read the columns of time, status and group of a vector's CSV into two curves. */
static void read_columns(const char *name, const char *const names[3],
                         rsp_km km[2])
{
    char *text = NULL;
    size_t length = 0;
    assert_int_equal(rsp_file_read(path_of(name), 0, &text, &length, NULL),
                     RSP_OK);
    int at[3] = {-1, -1, -1};
    char *line_state = NULL;
    char *line = strtok_r(text, "\r\n", &line_state);
    for (bool header = true; line; line = strtok_r(NULL, "\r\n", &line_state)) {
        double value[3] = {0};
        int column = 0;
        for (char *p = line; p; column++) {
            size_t n = strcspn(p, ",");
            for (int k = 0; k < 3; k++) {
                if (header && n == strlen(names[k]) && !strncmp(p, names[k], n)) {
                    at[k] = column;
                } else if (!header && column == at[k]) {
                    value[k] = strtod(p, NULL);
                }
            }
            p = p[n] == ',' ? p + n + 1 : NULL;
        }
        if (!header) {
            add(&km[value[2] > 0], value[0], value[1] == 1.0);
        }
        header = false;
    }
    assert_true(at[0] >= 0 && at[1] >= 0 && at[2] >= 0);
    free(text);
}

static void read_groups(const char *name, const char *group, rsp_km km[2])
{
    read_columns(name, (const char *[]){"time", "status", group}, km);
}

static void fini2(rsp_km km[2])
{
    rsp_km_fini(&km[0]);
    rsp_km_fini(&km[1]);
}

static void check_curve(const json_t *want, rsp_km *km, rsp_km_band band)
{
    rsp_km_finish(km, band);
    assert_int_equal(km->n_points, json_array_size(json_object_get(want, "time")));
    for (size_t i = 0; i < km->n_points; i++) {
        const rsp_km_point *p = &km->points[i];
        assert_near(p->t, item(want, "time", i), 0);
        assert_near(p->at_risk, item(want, "n.risk", i), 0);
        assert_near(p->events, item(want, "n.event", i), 0);
        assert_near(p->censored, item(want, "n.censor", i), 0);
        assert_near(p->s, item(want, "surv", i), CLOSED_FORM);
        assert_near(p->se, item(want, "se_greenwood", i), CLOSED_FORM);
        assert_near(p->low, item(want, "lower", i), CLOSED_FORM);
        assert_near(p->high, item(want, "upper", i), CLOSED_FORM);
    }
    for (size_t i = 0; i < 3; i++) {
        rsp_quantile q = rsp_km_quantile(km, item(want, "quantile_p", i));
        assert_near(q.value, item(want, "quantile", i), CLOSED_FORM);
        assert_near(q.low, item(want, "q_lower", i), CLOSED_FORM);
        assert_near(q.high, item(want, "q_upper", i), CLOSED_FORM);
    }
}

static void kaplan_meier_curves_bands_and_quantiles_equal_r(void **state)
{
    (void)state;
    json_t *want = load("km.json");
    static const struct {
        const char *name, *file, *group;
        int which;
    } sets[] = {{"aml_maintained", "aml.csv", "group", 1},
                {"aml_nonmaintained", "aml.csv", "group", 0},
                {"ati60_arm0", "ati60.csv", "arm", 0},
                {"ati60_arm1", "ati60.csv", "arm", 1}};
    static const char *const bands[] = {"loglog", "log", "plain"};
    for (size_t i = 0; i < 4; i++) {
        for (int b = 0; b < 3; b++) {
            rsp_km km[2] = {{0}, {0}};
            read_groups(sets[i].file, sets[i].group, km);
            const json_t *set = json_object_get(want, sets[i].name);
            check_curve(json_object_get(set, bands[b]), &km[sets[i].which],
                        (rsp_km_band)b);
            fini2(km);
        }
    }
    json_decref(want);
}

static void landmarks_equal_r(void **state)
{
    (void)state;
    json_t *all = load("km.json");
    const json_t *want = json_object_get(all, "ati60_landmarks");
    rsp_km km[2] = {{0}, {0}};
    read_groups("ati60.csv", "arm", km);
    for (size_t i = 0; i < 10; i++) {
        rsp_km *k = &km[i / 5];
        rsp_km_finish(k, RSP_BAND_LOGLOG);
        rsp_km_point p = rsp_km_at(k, item(want, "time", i));
        assert_near(p.at_risk, item(want, "n.risk", i), 0);
        assert_near(p.s, item(want, "surv", i), CLOSED_FORM);
        assert_near(p.se, item(want, "se", i), CLOSED_FORM);
        assert_near(p.low, item(want, "lower", i), CLOSED_FORM);
        assert_near(p.high, item(want, "upper", i), CLOSED_FORM);
    }
    rsp_km_point before = rsp_km_at(&km[0], 3);
    assert_near(before.s, 1, 0);
    assert_near(before.at_risk, 30, 0);
    fini2(km);
    json_decref(all);
}

static void a_median_on_a_flat_step_is_its_middle(void **state)
{
    (void)state;
    json_t *all = load("km.json");
    rsp_km km = {0};
    for (int i = 1; i <= 4; i++) {
        add(&km, i, true);
    }
    rsp_km_finish(&km, RSP_BAND_LOGLOG);
    const json_t *want = json_object_get(all, "plateau_1234_all_events");
    assert_near(rsp_km_quantile(&km, 0.5).value, field(want, "median"), 0);
    rsp_km_fini(&km);
    /* 0.9 * 0.8 / 0.9 ... is 0.5 only up to rounding: still the same step. */
    for (int i = 1; i <= 10; i++) {
        add(&km, i, true);
    }
    rsp_km_finish(&km, RSP_BAND_LOGLOG);
    assert_near(rsp_km_quantile(&km, 0.3).value, 3.5, 0);
    assert_near(rsp_km_quantile(&km, 0.7).value, 7.5, 0);
    rsp_km_fini(&km);
    /* A last step at the level: to the end of observation, as in R. */
    add(&km, 1, true);
    add(&km, 2, true);
    add(&km, 3, false);
    add(&km, 6, false);
    rsp_km_finish(&km, RSP_BAND_LOGLOG);
    assert_near(rsp_km_quantile(&km, 0.5).value, 4, 0);
    rsp_km_fini(&km);
    json_decref(all);
}

static void a_band_that_turns_back_gives_the_limit_of_the_lowest_level(void **state)
{
    (void)state;
    /* The log band of aml's Maintained: 1 - upper is 0.054 from day 31, 0.125
     * from 34, 0.056 from 48.  At 0.055 R's quantile (approx sorts by level)
     * takes 48, although 34 comes first. */
    rsp_km km[2] = {{0}, {0}};
    read_groups("aml.csv", "group", km);
    rsp_km_finish(&km[1], RSP_BAND_LOG);
    assert_near(rsp_km_quantile(&km[1], 0.055).high, 48, 0);
    assert_near(rsp_km_quantile(&km[1], 0.057).high, 34, 0);
    fini2(km);
}

static void gsl_errors_never_abort_once_a_function_ran(void **state)
{
    (void)state;
    double low, high;
    rsp_clopper_pearson(1, 2, 0.95, &low, &high);
    gsl_error("a test", __FILE__, __LINE__, GSL_EDOM);
}

static void check_test(const json_t *want, const rsp_km km[2], double rho,
                       double gamma)
{
    const rsp_km *const groups[2] = {&km[0], &km[1]};
    rsp_logrank got;
    assert_int_equal(rsp_logrank_test(groups, 2, rho, gamma, &got, NULL),
                     RSP_OK);
    assert_int_equal(got.df, 1);
    assert_near(got.chisq, field(want, "chisq"), CLOSED_FORM);
    const json_t *p = json_object_get(want, "pvalue");
    assert_near(got.p, number(p ? p : json_object_get(want, "p")), CLOSED_FORM);
    if (json_object_get(want, "obs")) {
        for (size_t g = 0; g < 2; g++) {
            assert_near(got.observed[g], item(want, "obs", g), CLOSED_FORM);
            assert_near(got.expected[g], item(want, "exp", g), CLOSED_FORM);
        }
    } else {
        assert_near(got.observed[1] - got.expected[1], field(want, "U"),
                    CLOSED_FORM);
    }
}

static void logrank_and_fleming_harrington_equal_r(void **state)
{
    (void)state;
    json_t *all = load("logrank.json");
    static const struct {
        const char *set, *file, *group;
    } sets[] = {{"aml", "aml.csv", "group"}, {"ati60", "ati60.csv", "arm"}};
    for (size_t i = 0; i < 2; i++) {
        rsp_km km[2] = {{0}, {0}};
        read_groups(sets[i].file, sets[i].group, km);
        const json_t *set = json_object_get(all, sets[i].set);
        bool ascending = i == 1; /* survdiff lists aml's Maintained first */
        if (ascending) {
            check_test(json_object_get(set, "survdiff_rho0"), km, 0, 0);
            check_test(json_object_get(set, "survdiff_rho1"), km, 1, 0);
        }
        const json_t *fh = json_object_get(set, "FH");
        static const char *const names[] = {"fh00", "fh10", "fh01", "fh11"};
        for (int k = 0; k < 4; k++) {
            check_test(json_object_get(fh, names[k]), km, k & 1, k >> 1);
        }
        fini2(km);
    }
    json_decref(all);
}

static void cox_with_efron_ties_equals_r(void **state)
{
    (void)state;
    json_t *all = load("cox.json");
    static const struct {
        const char *set, *file, *group;
    } sets[] = {{"aml_group_efron", "aml.csv", "group"},
                {"ati60_arm_efron", "ati60.csv", "arm"}};
    for (size_t i = 0; i < 2; i++) {
        rsp_km km[2] = {{0}, {0}};
        read_groups(sets[i].file, sets[i].group, km);
        const json_t *want = json_object_get(all, sets[i].set);
        rsp_hazard_ratio got;
        assert_int_equal(rsp_cox_two(&km[0], &km[1], &got, NULL), RSP_OK);
        assert_true(got.estimable);
        /* R's own stopping rule is the limit here, not ours. */
        assert_near(got.log_hr, field(want, "coef"), NEWTON);
        assert_near(got.se, field(want, "se"), NEWTON);
        assert_near(got.hr, field(want, "HR"), NEWTON);
        assert_near(got.low, field(want, "lower95"), NEWTON);
        assert_near(got.high, field(want, "upper95"), NEWTON);
        assert_near(got.p, erfc(fabs(field(want, "coef") / field(want, "se")) / sqrt(2)), NEWTON);
        fini2(km);
    }
    json_decref(all);
}

static void a_monotone_likelihood_is_flagged_while_logrank_stands(void **state)
{
    (void)state;
    json_t *all = load("cox.json");
    rsp_km km[2] = {{0}, {0}};
    read_columns("monotone10.csv", (const char *[]){"t", "e", "g"}, km);
    rsp_hazard_ratio hr;
    assert_int_equal(rsp_cox_two(&km[0], &km[1], &hr, NULL), RSP_OK);
    assert_false(hr.estimable);
    assert_true(isnan(hr.hr) && isnan(hr.log_hr) && isnan(hr.se) && isnan(hr.p));
    assert_int_equal(rsp_cox_two(&km[1], &km[0], &hr, NULL), RSP_OK);
    assert_false(hr.estimable);
    const rsp_km *const groups[2] = {&km[0], &km[1]};
    rsp_logrank test;
    assert_int_equal(rsp_logrank_test(groups, 2, 0, 0, &test, NULL), RSP_OK);
    const json_t *want = json_object_get(all, "firth_monotone10");
    assert_near(test.chisq, field(want, "logrank_chisq"), CLOSED_FORM);
    fini2(km);
    json_decref(all);
}

/* ---- Identities, on random data from a fixed generator. */

static double uniform(uint64_t *x) /* splitmix64 */
{
    uint64_t z = (*x += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static void without_censoring_s_is_one_minus_the_empirical_distribution(void **state)
{
    (void)state;
    uint64_t seed = 1;
    rsp_km km = {0};
    double t[500];
    for (int i = 0; i < 500; i++) {
        t[i] = floor(100 * uniform(&seed)) / 4;
        add(&km, t[i], true);
    }
    rsp_km_finish(&km, RSP_BAND_LOGLOG);
    for (double at = 0; at < 26; at += 0.5) {
        int later = 0;
        for (int i = 0; i < 500; i++) {
            later += t[i] > at;
        }
        /* A product of up to 100 factors, each rounded. */
        assert_near(rsp_km_at(&km, at).s, later / 500.0, 1e-13);
    }
    assert_near(km.points[km.n_points - 1].s, 0, 0);
    rsp_km_fini(&km);
}

static void the_order_of_adding_changes_no_bit(void **state)
{
    (void)state;
    enum { N = 5000 };
    uint64_t seed = 2;
    static double t[N];
    static bool event[N];
    for (int i = 0; i < N; i++) {
        t[i] = i % 3 ? 200 * uniform(&seed) : floor(50 * uniform(&seed));
        event[i] = uniform(&seed) < 0.6;
    }
    rsp_km a = {0}, b = {0};
    for (int i = 0; i < N; i++) {
        add(&a, t[i], event[i]);
        int j = (i * 1237 + 11) % N; /* coprime to N: a permutation */
        add(&b, t[j], event[j]);
    }
    rsp_km_finish(&a, RSP_BAND_LOGLOG);
    rsp_km_finish(&b, RSP_BAND_LOGLOG);
    assert_int_equal(a.n_points, b.n_points);
    assert_memory_equal(a.points, b.points, a.n_points * sizeof *a.points);
    assert_true(a.n == N && b.n == N && a.events == b.events);
    /* Finishing again changes nothing. */
    rsp_km_finish(&b, RSP_BAND_LOGLOG);
    assert_memory_equal(a.points, b.points, a.n_points * sizeof *a.points);
    rsp_km_fini(&a);
    rsp_km_fini(&b);
}

static void a_weight_counts_observations(void **state)
{
    (void)state;
    rsp_km one = {0}, many = {0};
    static const struct {
        double t;
        bool event;
        int n;
    } rows[] = {{7, true, 5}, {14, false, 2}, {14, true, 3}, {21, true, 1}, {30, false, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(rsp_km_add(&one, rows[i].t, rows[i].event, rows[i].n, NULL), RSP_OK);
        for (int k = 0; k < rows[i].n; k++) {
            add(&many, rows[i].t, rows[i].event);
        }
    }
    assert_int_equal(rsp_km_add(&one, 3, true, 0, NULL), RSP_OK);
    rsp_km_finish(&one, RSP_BAND_LOGLOG);
    rsp_km_finish(&many, RSP_BAND_LOGLOG);
    assert_int_equal(one.n_points, many.n_points);
    assert_memory_equal(one.points, many.points, one.n_points * sizeof *one.points);
    rsp_km_fini(&one);
    rsp_km_fini(&many);
}

static void times_apart_by_rounding_are_tied(void **state)
{
    (void)state;
    rsp_km km = {0};
    double late = 7 + 0x1p-49; /* as a difference of two study days may be */
    add(&km, late, true);
    add(&km, 7.0, true);
    add(&km, late, false);
    add(&km, 7.001, false);
    rsp_km_finish(&km, RSP_BAND_LOGLOG);
    assert_int_equal(km.n_points, 2);
    assert_near(km.points[0].s, 0.5, 1e-15);
    assert_near(rsp_km_at(&km, 7.0).s, 0.5, 1e-15);
    rsp_km other = {0};
    add(&other, late, true);
    add(&other, 9, true);
    rsp_km exact[2] = {{0}, {0}};
    add(&exact[0], 7, true);
    add(&exact[0], 7, true);
    add(&exact[0], 7, false);
    add(&exact[0], 7.001, false);
    add(&exact[1], 7, true);
    add(&exact[1], 9, true);
    const rsp_km *const a[2] = {&km, &other}, *const b[2] = {&exact[0], &exact[1]};
    rsp_logrank x, y;
    assert_int_equal(rsp_logrank_test(a, 2, 0, 0, &x, NULL), RSP_OK);
    assert_int_equal(rsp_logrank_test(b, 2, 0, 0, &y, NULL), RSP_OK);
    assert_true(x.chisq == y.chisq);
    rsp_km_fini(&km);
    rsp_km_fini(&other);
    fini2(exact);
}

static void a_split_group_leaves_the_other_tests_as_they_were(void **state)
{
    (void)state;
    /* Three groups, two of them one population: df is 2, and with the two
     * pooled the test of R is found again. An empty group counts for nothing. */
    rsp_km km[2] = {{0}, {0}}, empty = {0};
    read_groups("ati60.csv", "arm", km);
    const rsp_km *const with_empty[3] = {&km[0], &empty, &km[1]};
    const rsp_km *const plain[2] = {&km[0], &km[1]};
    const rsp_km *const swapped[2] = {&km[1], &km[0]};
    rsp_logrank a, b, c;
    assert_int_equal(rsp_logrank_test(with_empty, 3, 0, 0, &a, NULL), RSP_OK);
    assert_int_equal(rsp_logrank_test(plain, 2, 0, 0, &b, NULL), RSP_OK);
    assert_int_equal(rsp_logrank_test(swapped, 2, 0, 0, &c, NULL), RSP_OK);
    assert_int_equal(a.df, 1);
    assert_near(a.chisq, b.chisq, 1e-13);
    assert_near(c.chisq, b.chisq, 1e-13);
    const rsp_km *const three[3] = {&km[0], &km[1], &km[1]};
    rsp_logrank d;
    assert_int_equal(rsp_logrank_test(three, 3, 0, 0, &d, NULL), RSP_OK);
    assert_int_equal(d.df, 2);
    assert_near(d.observed[1] - d.expected[1], d.observed[2] - d.expected[2], 1e-12);
    double balance = 0;
    for (int g = 0; g < 3; g++) {
        balance += d.observed[g] - d.expected[g];
    }
    assert_near(balance, 0, 1e-12); /* rounding of sums of 60 */
    fini2(km);
}

/* Three groups of two: by hand, events at 1 (A), 2 (B), 3 (C), 4 (A), 5 (B),
 * 6 (C), nobody censored.  Expected: A 1/3 + 1/5 + 1/4 + 1/3, and so on; the
 * covariance by the hypergeometric formula in rational arithmetic. */
static void three_groups_equal_a_calculation_by_hand(void **state)
{
    (void)state;
    rsp_km km[3] = {{0}, {0}, {0}};
    for (int i = 0; i < 6; i++) {
        add(&km[i % 3], i + 1, true);
    }
    const rsp_km *const g[3] = {&km[0], &km[1], &km[2]};
    rsp_logrank got;
    assert_int_equal(rsp_logrank_test(g, 3, 0, 0, &got, NULL), RSP_OK);
    assert_near(got.expected[0], 1 / 3.0 + 1 / 5.0 + 1 / 4.0 + 1 / 3.0, 1e-15);
    double va = 2 / 9.0 + 4 / 25.0 + 3 / 16.0 + 2 / 9.0;
    double vb = 2 / 9.0 + 6 / 25.0 + 3 / 16.0 + 2 / 9.0 + 1 / 4.0;
    double ab = -(1 / 9.0 + 2 / 25.0 + 1 / 16.0 + 1 / 9.0);
    double ua = got.observed[0] - got.expected[0];
    double ub = got.observed[1] - got.expected[1];
    double eb = 1 / 3.0 + 2 / 5.0 + 1 / 4.0 + 1 / 3.0 + 1 / 2.0;
    assert_near(got.expected[1], eb, 1e-15);
    double chisq = (ua * ua * vb - 2 * ua * ub * ab + ub * ub * va) /
                   (va * vb - ab * ab);
    assert_near(got.chisq, chisq, 1e-13);
    assert_near(got.p, exp(-chisq / 2), 1e-12); /* chi-square of 2 df */
    assert_int_equal(got.df, 2);
    for (int i = 0; i < 3; i++) {
        rsp_km_fini(&km[i]);
    }
}

/* ---- Edge cases. */

static void edge_cases_of_one_curve(void **state)
{
    (void)state;
    rsp_km km = {0}; /* nobody */
    rsp_km_finish(&km, RSP_BAND_LOGLOG);
    assert_true(isnan(rsp_km_quantile(&km, 0.5).value));
    assert_near(rsp_km_at(&km, 5).s, 1, 0);
    assert_near(rsp_km_at(&km, 5).at_risk, 0, 0);

    add(&km, 10, false); /* no event at all */
    add(&km, 20, false);
    rsp_km_finish(&km, RSP_BAND_LOGLOG);
    assert_near(km.points[1].s, 1, 0);
    assert_true(isnan(km.points[1].low) && isnan(km.points[1].high)); /* R: NA */
    rsp_km_finish(&km, RSP_BAND_LOG);
    assert_near(km.points[1].low, 1, 0);
    assert_near(rsp_km_at(&km, 5).high, 1, 0);
    rsp_km_finish(&km, RSP_BAND_LOGLOG);
    assert_near(km.points[1].se, 0, 0);
    rsp_quantile q = rsp_km_quantile(&km, 0.5);
    assert_true(isnan(q.value) && isnan(q.low) && isnan(q.high));
    rsp_km_fini(&km);

    add(&km, 7, true); /* one participant */
    rsp_km_finish(&km, RSP_BAND_LOGLOG);
    assert_near(km.points[0].s, 0, 0);
    assert_true(isnan(km.points[0].se) && isnan(km.points[0].low));
    assert_near(rsp_km_quantile(&km, 0.5).value, 7, 0);
    rsp_km_fini(&km);

    for (int i = 0; i < 8; i++) { /* all events at the first visit, day 0 too */
        add(&km, 0, true);
    }
    rsp_km_finish(&km, RSP_BAND_LOGLOG);
    assert_near(rsp_km_quantile(&km, 0.25).value, 0, 0);
    assert_near(rsp_km_at(&km, 0).s, 0, 0);
    rsp_km_fini(&km);

    add(&km, 5, false); /* a tie: the censored are still at risk */
    add(&km, 5, true);
    add(&km, 9, true);
    rsp_km_finish(&km, RSP_BAND_LOGLOG);
    assert_near(km.points[0].at_risk, 3, 0);
    assert_near(km.points[0].s, 2 / 3.0, 1e-15);
    assert_near(km.points[1].at_risk, 1, 0); /* n at risk 1 */
    rsp_km_fini(&km);
}

static void bad_times_weights_and_levels_are_refused(void **state)
{
    (void)state;
    rsp_km km = {0};
    rsp_error err;
    static const double times[] = {-1, NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(rsp_km_add(&km, times[i], true, 1, &err), RSP_RANGE);
        assert_non_null(strstr(err.message, "time"));
        assert_int_equal(rsp_km_add(&km, 1, true, times[i], &err), RSP_RANGE);
        assert_non_null(strstr(err.message, "weight"));
    }
    assert_int_equal(km.n_points, 0);
    add(&km, 1, true);
    rsp_km_finish(&km, RSP_BAND_LOGLOG);
    static const double levels[] = {0, 1, -1, 2, NAN};
    for (int i = 0; i < 5; i++) {
        assert_true(isnan(rsp_km_quantile(&km, levels[i]).value));
    }
    const rsp_km *const one[17] = {&km, &km, &km, &km, &km, &km, &km, &km, &km,
                                   &km, &km, &km, &km, &km, &km, &km, &km};
    rsp_logrank test;
    assert_int_equal(rsp_logrank_test(one, 1, 0, 0, &test, &err), RSP_RANGE);
    assert_int_equal(rsp_logrank_test(one, 17, 0, 0, &test, &err), RSP_RANGE);
    assert_int_equal(rsp_logrank_test(one, 2, -1, 0, &test, &err), RSP_RANGE);
    assert_int_equal(rsp_logrank_test(one, 2, 0, NAN, &test, &err), RSP_RANGE);
    assert_int_equal(rsp_logrank_test(one, 16, 0, 0, &test, &err), RSP_OK);
    rsp_km_fini(&km);
}

static void a_test_without_information_is_nan_and_no_error(void **state)
{
    (void)state;
    rsp_km a = {0}, b = {0};
    const rsp_km *const groups[2] = {&a, &b};
    rsp_logrank test;
    rsp_hazard_ratio hr;
    assert_int_equal(rsp_logrank_test(groups, 2, 0, 0, &test, NULL), RSP_OK);
    assert_true(isnan(test.p) && test.df == 0); /* nobody */
    add(&a, 7, false);
    add(&b, 9, false);
    assert_int_equal(rsp_logrank_test(groups, 2, 0, 0, &test, NULL), RSP_OK);
    assert_true(isnan(test.chisq) && test.df == 0); /* no events */
    assert_int_equal(rsp_cox_two(&a, &b, &hr, NULL), RSP_OK);
    assert_false(hr.estimable);
    add(&b, 12, true); /* an event when one group alone is left */
    assert_int_equal(rsp_logrank_test(groups, 2, 0, 0, &test, NULL), RSP_OK);
    assert_true(isnan(test.chisq) && test.df == 0);
    assert_int_equal(rsp_cox_two(&a, &b, &hr, NULL), RSP_OK);
    assert_false(hr.estimable);
    rsp_km_fini(&a);
    rsp_km_fini(&b);
    for (int i = 0; i < 5; i++) { /* all have the event at one visit: no variance */
        add(&a, 7, true);
        add(&b, 7, true);
    }
    assert_int_equal(rsp_logrank_test(groups, 2, 0, 0, &test, NULL), RSP_OK);
    assert_true(isnan(test.chisq));
    assert_int_equal(rsp_cox_two(&a, &b, &hr, NULL), RSP_OK);
    assert_true(hr.estimable);
    assert_near(hr.log_hr, 0, 1e-12); /* by symmetry */
    rsp_km_fini(&a);
    rsp_km_fini(&b);
}

static void zero_events_in_one_arm_still_gives_a_test(void **state)
{
    (void)state;
    rsp_km a = {0}, b = {0};
    for (int i = 0; i < 10; i++) {
        add(&a, 7 * (i + 1), true);
        add(&b, 84, false);
    }
    const rsp_km *const groups[2] = {&a, &b};
    rsp_logrank test;
    assert_int_equal(rsp_logrank_test(groups, 2, 0, 0, &test, NULL), RSP_OK);
    assert_true(test.p < 1e-3 && test.observed[1] == 0);
    assert_near(test.observed[0] + test.observed[1],
                test.expected[0] + test.expected[1], 1e-12);
    rsp_hazard_ratio hr;
    assert_int_equal(rsp_cox_two(&a, &b, &hr, NULL), RSP_OK);
    assert_false(hr.estimable);
    rsp_km_fini(&a);
    rsp_km_fini(&b);
}

static void equal_groups_have_a_hazard_ratio_of_one(void **state)
{
    (void)state;
    rsp_km km[2] = {{0}, {0}};
    read_groups("ati60.csv", "arm", km);
    rsp_hazard_ratio hr, back;
    assert_int_equal(rsp_cox_two(&km[0], &km[0], &hr, NULL), RSP_OK);
    assert_near(hr.hr, 1, 1e-12);
    assert_int_equal(rsp_cox_two(&km[0], &km[1], &hr, NULL), RSP_OK);
    assert_int_equal(rsp_cox_two(&km[1], &km[0], &back, NULL), RSP_OK);
    assert_near(hr.log_hr, -back.log_hr, 1e-9);
    assert_near(hr.se, back.se, 1e-9);
    fini2(km);
}

static void a_very_strong_effect_is_still_found(void **state)
{
    (void)state;
    rsp_km a = {0}, b = {0};
    for (int i = 0; i < 2000; i++) {
        add(&a, 1 + i * 1e-3, true);
        add(&b, i ? 1000 + i : 1.0005, true);
    }
    rsp_hazard_ratio hr;
    assert_int_equal(rsp_cox_two(&a, &b, &hr, NULL), RSP_OK);
    assert_true(hr.estimable && hr.log_hr < -5 && isfinite(hr.se));
    rsp_km_fini(&a);
    rsp_km_fini(&b);
}

static void a_first_step_that_overshoots_is_halved(void **state)
{
    (void)state;
    /* At log HR 0 two treated among 20,000 carry next to no information: the
     * first Newton step is of thousands. */
    rsp_km a = {0}, b = {0};
    assert_int_equal(rsp_km_add(&a, 1, true, 2, NULL), RSP_OK);
    assert_int_equal(rsp_km_add(&a, 90, false, 19998, NULL), RSP_OK);
    add(&b, 2, true);
    add(&b, 3, true);
    rsp_hazard_ratio hr, back;
    assert_int_equal(rsp_cox_two(&a, &b, &hr, NULL), RSP_OK);
    assert_true(hr.estimable && hr.log_hr > 5 && isfinite(hr.se));
    assert_int_equal(rsp_cox_two(&b, &a, &back, NULL), RSP_OK);
    assert_near(hr.log_hr, -back.log_hr, 1e-8);
    rsp_km_fini(&a);
    rsp_km_fini(&b);
}

static void a_p_value_below_the_smallest_double_is_zero(void **state)
{
    (void)state;
    rsp_km km[2] = {{0}, {0}};
    for (int i = 0; i < 20000; i++) {
        add(&km[i & 1], i & 1 ? 20000 + i : i, true);
    }
    const rsp_km *const groups[2] = {&km[0], &km[1]};
    rsp_logrank test;
    assert_int_equal(rsp_logrank_test(groups, 2, 0, 0, &test, NULL), RSP_OK);
    assert_true(test.chisq > 5000 && test.p == 0);
    rsp_paired paired;
    static rsp_pair pairs[5000];
    for (int i = 0; i < 5000; i++) {
        pairs[i] = (rsp_pair){i, i + 7, true, true};
    }
    assert_int_equal(rsp_paired_contrast(pairs, 5000, &paired, NULL), RSP_OK);
    assert_true(paired.sign_p == 0 && paired.share_later == 1);
    fini2(km);
}

static void pairs_are_counted_by_what_censoring_lets_one_know(void **state)
{
    (void)state;
    static const rsp_pair pairs[] = {
        {14, 28, true, true},   /* later by 14 */
        {14, 21, true, true},   /* later by 7 */
        {14, 14, true, true},   /* equal */
        {21, 14, true, true},   /* earlier by 7 */
        {14, 84, true, false},  /* later: free of it at 84 */
        {14, 14, true, false},  /* later: censored after the event of a tie */
        {14, 10, true, false},  /* undecided */
        {84, 14, false, true},  /* earlier */
        {10, 14, false, true},  /* undecided */
        {84, 84, false, false}, /* undecided */
    };
    rsp_paired got;
    assert_int_equal(rsp_paired_contrast(pairs, 10, &got, NULL), RSP_OK);
    assert_int_equal(got.n, 10);
    assert_int_equal(got.both, 4);
    assert_int_equal(got.later, 4);
    assert_int_equal(got.equal, 1);
    assert_int_equal(got.earlier, 2);
    assert_int_equal(got.undecided, 3);
    assert_near(got.mean, 3.5, 1e-15);
    assert_near(got.median, 3.5, 1e-15);
    /* t quantile of 0.975 with 3 df: 3.182446305284263; SD of {14,7,0,-7}. */
    double half = 3.182446305284263 * sqrt(245.0 / 3 / 4);
    assert_near(got.mean_high, 3.5 + half, 1e-9);
    assert_near(got.mean_low, 3.5 - half, 1e-9);
    assert_near(got.share_later, 4 / 7.0, 1e-15);
    /* R binom.test(4, 6)$p.value = 0.6875; ties dropped. */
    assert_near(got.sign_p, 0.6875, 1e-12);
    assert_int_equal(rsp_paired_contrast(NULL, 0, &got, NULL), RSP_OK);
    assert_true(isnan(got.mean) && isnan(got.share_later) && isnan(got.sign_p));
    assert_int_equal(rsp_paired_contrast(pairs, 1, &got, NULL), RSP_OK);
    assert_true(got.mean == 14 && isnan(got.mean_low));
    rsp_pair bad = {NAN, 1, true, true};
    assert_int_equal(rsp_paired_contrast(&bad, 1, &got, NULL), RSP_RANGE);
}

static void clopper_pearson_equals_its_closed_forms_and_r(void **state)
{
    (void)state;
    double low, high;
    rsp_clopper_pearson(0, 10, 0.95, &low, &high);
    assert_near(low, 0, 0);
    assert_near(high, 1 - pow(0.025, 0.1), 1e-12);
    rsp_clopper_pearson(10, 10, 0.95, &low, &high);
    assert_near(low, pow(0.025, 0.1), 1e-12);
    assert_near(high, 1, 0);
    rsp_clopper_pearson(3, 6, 0.95, &low, &high);
    /* R: binom.test(3, 6)$conf.int */
    assert_near(low, 0.1181172, 1e-6);
    assert_near(high, 1 - low, 1e-12);
    rsp_clopper_pearson(1, 1e6, 0.95, &low, &high);
    assert_true(low > 0 && low < 1e-6 && high > 1e-6 && high < 1e-5);
    static const double bad[][3] = {{-1, 2, .95}, {3, 2, .95}, {0, 0, .95},
                                    {1, 2, 1},    {1, 2, 0},   {1, NAN, .95}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rsp_clopper_pearson(bad[i][0], bad[i][1], bad[i][2], &low, &high);
        assert_true(isnan(low) && isnan(high));
    }
}

static void quantiles_are_those_of_type_7(void **state)
{
    (void)state;
    static const double x[] = {5, 1, NAN, 4, 2, 3};
    assert_near(rsp_quantile_of(x, 6, 0.5), 3, 0);
    assert_near(rsp_quantile_of(x, 6, 0.1), 1.4, 1e-15);
    assert_near(rsp_quantile_of(x, 6, 0), 1, 0);
    assert_near(rsp_quantile_of(x, 6, 1), 5, 0);
    assert_true(isnan(rsp_quantile_of(x, 0, 0.5)));
    assert_true(isnan(rsp_quantile_of(x, 6, 1.1)));
    static const double never[] = {1, INFINITY, INFINITY};
    assert_true(isinf(rsp_quantile_of(never, 3, 0.75)));
    assert_near(rsp_quantile_of(never, 3, 0), 1, 0);
}

static void *test_in_a_thread(void *arg)
{
    rsp_km km[2] = {{0}, {0}};
    for (int i = 0; i < 40; i++) {
        (void)!rsp_km_add(&km[i % 2], i, true, 1, NULL);
    }
    const rsp_km *const groups[2] = {&km[0], &km[1]};
    rsp_logrank test = {.p = 0};
    for (int i = 0; i < 200; i++) {
        (void)!rsp_logrank_test(groups, 2, 0, 0, &test, NULL);
    }
    *(double *)arg = test.p;
    fini2(km);
    return NULL;
}

static void threads_get_the_same_bits(void **state)
{
    (void)state;
    pthread_t thread[4];
    double p[4];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&thread[i], NULL, test_in_a_thread, &p[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        assert_true(p[i] == p[0] && p[0] > 0);
    }
}

int main(int argc, char **argv)
{
    vectors = argc > 1 ? argv[1] : "tests/stats/vectors";
    FILE *there = fopen(path_of("km.json"), "rb");
    if (!there) {
        printf("skipped: no vectors in %s\n", vectors);
        return 77;
    }
    fclose(there);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kaplan_meier_curves_bands_and_quantiles_equal_r),
        cmocka_unit_test(landmarks_equal_r),
        cmocka_unit_test(a_median_on_a_flat_step_is_its_middle),
        cmocka_unit_test(a_band_that_turns_back_gives_the_limit_of_the_lowest_level),
        cmocka_unit_test(gsl_errors_never_abort_once_a_function_ran),
        cmocka_unit_test(logrank_and_fleming_harrington_equal_r),
        cmocka_unit_test(cox_with_efron_ties_equals_r),
        cmocka_unit_test(a_monotone_likelihood_is_flagged_while_logrank_stands),
        cmocka_unit_test(without_censoring_s_is_one_minus_the_empirical_distribution),
        cmocka_unit_test(the_order_of_adding_changes_no_bit),
        cmocka_unit_test(a_weight_counts_observations),
        cmocka_unit_test(times_apart_by_rounding_are_tied),
        cmocka_unit_test(a_split_group_leaves_the_other_tests_as_they_were),
        cmocka_unit_test(three_groups_equal_a_calculation_by_hand),
        cmocka_unit_test(edge_cases_of_one_curve),
        cmocka_unit_test(bad_times_weights_and_levels_are_refused),
        cmocka_unit_test(a_test_without_information_is_nan_and_no_error),
        cmocka_unit_test(zero_events_in_one_arm_still_gives_a_test),
        cmocka_unit_test(equal_groups_have_a_hazard_ratio_of_one),
        cmocka_unit_test(a_very_strong_effect_is_still_found),
        cmocka_unit_test(a_first_step_that_overshoots_is_halved),
        cmocka_unit_test(a_p_value_below_the_smallest_double_is_zero),
        cmocka_unit_test(pairs_are_counted_by_what_censoring_lets_one_know),
        cmocka_unit_test(clopper_pearson_equals_its_closed_forms_and_r),
        cmocka_unit_test(quantiles_are_those_of_type_7),
        cmocka_unit_test(threads_get_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
