/* Paired change of a reservoir and viral load courses against closed forms of R, and
 * laws at the edges.  Usage: test_reservoir DIRECTORY_OF_VECTORS. */
#include "known.h"

#include <stdlib.h>
#include <string.h>

#include "respite/reservoir.h"

enum { MOST = 32 };
static const double INF = INFINITY;

static rsp_limits value(double v)
{
    return (rsp_limits){v, v};
}

static rsp_reservoir_change compare(const rsp_reservoir_pair *p, size_t n,
                                    const rsp_decay *decay, rsp_limits *net)
{
    rsp_reservoir_change c;
    assert_ok(rsp_reservoir_compare(p, n, decay, NULL, net, &c, NULL));
    return c;
}

static size_t paired12(rsp_reservoir_pair *p)
{
    double pre[MOST], post[MOST];
    size_t n = known_column("paired12.csv", "pre", pre, MOST);
    known_column("paired12.csv", "post", post, MOST);
    for (size_t i = 0; i < n; i++) {
        p[i] = (rsp_reservoir_pair){value(pre[i]), value(post[i]), 3, 4};
    }
    return n;
}

static void without_decay_the_change_is_a_paired_t_test(void **state)
{
    (void)state;
    const json_t *j = known_json("rank_tests.json");
    rsp_reservoir_pair p[MOST];
    size_t n = paired12(p);
    rsp_reservoir_change c = compare(p, n, NULL, NULL);
    /* The vector's differences are rounded to six decimals. */
    assert_near(c.net, known_number(j, "paired_t_log10.mean"), 1e-6);
    assert_near(c.p, known_number(j, "paired_t_log10.p"), 1e-6);
    assert_near(c.low, known_number(j, "paired_t_log10.ci.0"), 2e-6);
    assert_near(c.high, known_number(j, "paired_t_log10.ci.1"), 2e-6);
    assert_near(c.df, 11, 0);
    assert_near(c.fold, known_number(j, "paired_t_log10.geomean_fold"), 1e-6);
    assert_near(c.fold_high, pow(10, c.high), CLOSED_FORM);
    assert_near(c.ranks.p, known_number(j, "signed_rank_zeros_dropped.p_exact_two"),
                CLOSED_FORM);
    assert_near(c.ranks.estimate, known_number(j, "signed_rank_zeros_dropped.hodges_lehmann"),
                1e-6);
    assert_near(c.sign_p, known_number(j, "sign_test.p"), CLOSED_FORM);
    assert_true(c.falls == 9 && c.rises == 2 && c.equal == 1 && c.undecided == 0);
    assert_near(c.change, c.net, 0);
    assert_near(c.natural, 0, 0);
}

/* A year below the knot at a half-life of 4 years, a year above at 18.7. */
static void natural_decay_is_taken_off_on_both_sides_of_the_knot(void **state)
{
    (void)state;
    rsp_decay d = rsp_decay_of_half_lives(4, 18.7, 7);
    assert_near(rsp_decay_change(&d, 1, 5), log10(0.5), CLOSED_FORM);
    assert_near(rsp_decay_change(&d, 7, 25.7), log10(0.5), CLOSED_FORM);
    assert_near(rsp_decay_change(&d, 6, 8), log10(0.5) * (1 / 4.0 + 1 / 18.7), CLOSED_FORM);
    assert_near(rsp_decay_change(&d, 2, 6) + rsp_decay_change(&d, 6, 11),
                rsp_decay_change(&d, 2, 11), CLOSED_FORM);
    double early, late;
    rsp_decay_split(7, 5, 10, &early, &late);
    assert_near(early, 2, 0);
    assert_near(late, 3, 0);
    d = rsp_decay_of_half_lives(4, INF, 7);
    assert_near(rsp_decay_change(&d, 8, 30), 0, 0);
}

static void what_decays_naturally_has_no_net_change(void **state)
{
    (void)state;
    rsp_decay d = rsp_decay_of_half_lives(4, 18.7, 7);
    static const double wobble[] = {0.1, -0.2, 0.05, 0.05};
    rsp_reservoir_pair p[4];
    rsp_limits net[4];
    for (int i = 0; i < 4; i++) {
        double from = 2.0 * i, to = from + 3;
        p[i] = (rsp_reservoir_pair){value(500),
                                    value(500 * pow(10, rsp_decay_change(&d, from, to) + wobble[i])),
                                    from, to};
    }
    rsp_reservoir_change c = compare(p, 4, &d, net);
    assert_near(c.net, 0, CLOSED_FORM);
    assert_near(c.p, 1, 1e-9);
    assert_near(c.change, c.natural, CLOSED_FORM);
    for (int i = 0; i < 4; i++) {
        assert_near(net[i].low, wobble[i], CLOSED_FORM);
        assert_true(net[i].low == net[i].high);
    }
}

/* Its error is common to all: more pairs do not make it smaller. */
static void an_uncertain_decay_widens_the_interval(void **state)
{
    (void)state;
    rsp_reservoir_pair p[MOST];
    size_t n = paired12(p);
    rsp_decay d = rsp_decay_of_half_lives(4, 18.7, 7);
    rsp_reservoir_change a = compare(p, n, &d, NULL);
    d.early_se = 0.02;
    rsp_reservoir_change b = compare(p, n, &d, NULL);
    assert_near(b.natural_se, 0.02, CLOSED_FORM); /* one year each */
    assert_near(b.se, sqrt(a.se * a.se + 0.02 * 0.02), CLOSED_FORM);
    assert_near(b.df, a.df * pow(b.se / a.se, 4), CLOSED_FORM);
    assert_near(b.net, a.net, 0);
    assert_true(b.low < a.low && b.high > a.high);
}

static void a_shift_of_zero_years_is_no_decay(void **state)
{
    (void)state;
    rsp_reservoir_pair p[MOST];
    size_t n = paired12(p);
    for (size_t i = 0; i < n; i++) {
        p[i].years_after = p[i].years_before = 2;
    }
    rsp_decay d = rsp_decay_of_half_lives(4, 18.7, 7);
    d.early_se = 1;
    rsp_reservoir_change c = compare(p, n, &d, NULL);
    assert_near(c.natural, 0, 0);
    assert_near(c.natural_se, 0, 0);
    assert_near(c.net, c.change, 0);
}

/* The same fit by rsp_tobit_fit. */
static void values_below_the_limit_are_censored_and_never_half_of_it(void **state)
{
    (void)state;
    rsp_reservoir_pair p[MOST];
    rsp_limits net[MOST], y[MOST];
    double ones[MOST];
    size_t n = paired12(p);
    p[0].after = (rsp_limits){0, 60};
    p[6].after = (rsp_limits){0, 40};
    p[5].before = (rsp_limits){0, 60};       /* rises at least so far */
    p[9] = (rsp_reservoir_pair){{0, 50}, {0, 50}, 1, 2}; /* says nothing */
    p[10].after = (rsp_limits){5000, INF};
    rsp_reservoir_change c = compare(p, n, NULL, net);
    assert_true(c.tobit && c.n_silent == 1 && c.n_values == 7 && c.df == 0);
    assert_true(isinf(net[9].low) && isinf(net[9].high));
    assert_true(isinf(net[0].low) && isinf(net[5].high) && isinf(net[10].high));
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (i != 9) {
            y[kept] = net[i];
            ones[kept++] = 1;
        }
    }
    rsp_tobit t;
    assert_ok(rsp_tobit_fit(y, ones, kept, 1, &t, NULL));
    assert_near(c.net, t.coef[0], CLOSED_FORM);
    assert_near(c.se, t.se[0], CLOSED_FORM);
    assert_near(c.high, t.coef[0] + 1.959963984540054 * t.se[0], CLOSED_FORM);
    assert_true(isnan(c.ranks.p) && c.ranks.reason[0]);
    assert_int_equal(c.falls + c.rises + c.equal + c.undecided, n);
    assert_true(c.undecided >= 1);
    rsp_tobit_fini(&t);
}

static void the_sign_of_a_censored_change_counts_where_it_is_known(void **state)
{
    (void)state;
    const rsp_reservoir_pair p[] = {
        {value(100), {0, 50}, 1, 2},  /* falls */
        {value(100), {0, 200}, 1, 2}, /* who knows */
        {{0, 50}, value(100), 1, 2},  /* rises */
        {value(100), value(100), 1, 2},
        {{0, 50}, {0, 50}, 1, 2},
        {value(100), {400, INF}, 1, 2}};
    rsp_reservoir_change c = compare(p, 6, NULL, NULL);
    assert_true(c.falls == 1 && c.rises == 2 && c.equal == 1 && c.undecided == 2);
    assert_near(c.sign_p, 1, 0);
}

static void no_pair_or_one_is_not_estimable(void **state)
{
    (void)state;
    const rsp_reservoir_pair p[] = {{value(100), value(50), 1, 2}, {{0, 9}, {0, 9}, 1, 2}};
    rsp_reservoir_change c = compare(p, 0, NULL, NULL);
    assert_true(isnan(c.net) && isnan(c.p) && isnan(c.sign_p) && c.reason[0]);
    c = compare(p + 1, 1, NULL, NULL);
    assert_true(isnan(c.net) && c.n_silent == 1 && c.reason[0]);
    c = compare(p, 1, NULL, NULL);
    assert_near(c.net, log10(0.5), CLOSED_FORM);
    assert_true(isnan(c.p) && isnan(c.low) && c.reason[0]);
}

static void one_sided_questions_have_one_sided_answers(void **state)
{
    (void)state;
    rsp_reservoir_pair p[MOST];
    size_t n = paired12(p);
    rsp_rank_options o = {.alternative = RSP_LESS};
    rsp_reservoir_change two = compare(p, n, NULL, NULL), less;
    assert_ok(rsp_reservoir_compare(p, n, NULL, &o, NULL, &less, NULL));
    assert_near(less.p, two.p / 2, CLOSED_FORM);
    assert_true(isinf(less.low) && less.fold_low == 0 && less.high < two.high);
    o.shift = 5; /* everything is less than 5 */
    assert_ok(rsp_reservoir_compare(p, n, NULL, &o, NULL, &less, NULL));
    assert_true(less.p < 1e-6 && less.ranks.p < 0.001);
}

static void pairs_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const rsp_limits five = {5, 5};
    const rsp_reservoir_pair bad[] = {
        {{0, 0}, five, 1, 2}, {{-1, 5}, five, 1, 2}, {five, {NAN, 3}, 1, 2},
        {five, {4, 3}, 1, 2}, {five, five, 2, 1},    {five, five, -1, 1},
        {five, five, NAN, 1}, {five, {INF, INF}, 1, 2}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rsp_reservoir_change c;
        rsp_error err = {0};
        assert_int_equal(rsp_reservoir_compare(&bad[i], 1, NULL, NULL, NULL, &c, &err),
                         RSP_RANGE);
        assert_non_null(strstr(err.message, "pair 1"));
    }
}

/* ---- Viral load */

static size_t vector_course(rsp_viral_sample *s)
{
    const json_t *j = known_json("auc_setpoint.json");
    double day[MOST], vl[MOST];
    size_t n = known_array(j, "time", day, MOST);
    known_array(j, "vl", vl, MOST);
    for (size_t i = 0; i < n; i++) {
        bool below = vl[i] <= 20; /* the vector writes the limit */
        s[i] = (rsp_viral_sample){day[i], below ? RSP_BELOW_LLOQ : RSP_NUMBER,
                                  below ? (double)NAN : vl[i], 20};
    }
    return n;
}

static rsp_course course(const rsp_viral_sample *s, size_t n, const rsp_course_options *o)
{
    rsp_course c;
    assert_ok(rsp_course_of(s, n, o, &c, NULL));
    return c;
}

static void a_course_has_the_areas_of_the_vector(void **state)
{
    (void)state;
    const json_t *j = known_json("auc_setpoint.json");
    rsp_viral_sample s[MOST];
    size_t n = vector_course(s);
    rsp_course c = course(s, n, NULL);
    assert_near(c.auc_log10, known_number(j, "auc_log10"), CLOSED_FORM);
    assert_near(c.average_log10, known_number(j, "time_averaged_log10"), CLOSED_FORM);
    assert_near(c.excess_auc, known_number(j, "excess_auc_above_LLOQ"), CLOSED_FORM);
    assert_near(c.peak_log10, known_number(j, "peak_log10"), CLOSED_FORM);
    assert_near(c.peak_day, 28, 0);
    assert_near(c.set_median_log10, known_number(j, "setpoint_median_log10_last3"),
                CLOSED_FORM);
    assert_near(c.set_mean_log10, known_number(j, "setpoint_mean_log10_last3"), CLOSED_FORM);
    assert_near(c.growth_per_day, known_number(j, "growth_rate_per_day_14_28"), CLOSED_FORM);
    assert_int_equal(c.n_growth, 3);
    rsp_course_options two = {NAN, NAN, 3, 2, 2, 1e5};
    assert_near(course(s, n, &two).doubling_days,
                known_number(j, "doubling_time_days_14_21"), CLOSED_FORM);
}

static void a_missing_sample_is_as_good_as_none(void **state)
{
    (void)state;
    rsp_viral_sample s[MOST], t[MOST];
    size_t n = vector_course(s), k = 0;
    for (size_t i = 0; i < n; i++) {
        t[k++] = s[i];
        t[k++] = (rsp_viral_sample){s[i].day + 1, RSP_MISSING, NAN, NAN};
    }
    rsp_course a = course(s, n, NULL), b = course(t, k, NULL);
    assert_near(a.auc_log10, b.auc_log10, 0);
    assert_near(a.set_median_log10, b.set_median_log10, 0);
    assert_near(a.growth_per_day, b.growth_per_day, 0);
    assert_int_equal(b.n, n);
}

/* An assay with a limit of 1 and one of 200 in one course: all count from 200. */
static void the_highest_limit_is_the_floor(void **state)
{
    (void)state;
    const rsp_viral_sample s[] = {{0, RSP_NOT_DETECTED, NAN, 1}, {7, RSP_NUMBER, 150, 20},
                                  {14, RSP_BELOW_LLOQ, NAN, 200}, {21, RSP_NUMBER, 2000, 20}};
    rsp_course c = course(s, 4, NULL);
    assert_near(c.floor_log10, log10(200), CLOSED_FORM);
    assert_int_equal(c.n_below, 3);
    assert_near(c.excess_auc, 7.0 / 2, CLOSED_FORM);
    assert_near(c.auc_log10, 21 * log10(200) + 3.5, CLOSED_FORM);
    assert_true(isnan(c.growth_per_day) && c.n_growth == 1 && c.growth_reason[0]);
}

static void the_set_point_is_of_the_last_values_in_its_window(void **state)
{
    (void)state;
    rsp_viral_sample s[MOST];
    size_t n = vector_course(s);
    rsp_course_options o = {42, 70, 2, 2, 3, 1e5};
    rsp_course c = course(s, n, &o);
    assert_int_equal(c.n_set, 2);
    assert_near(c.set_mean_log10, (log10(15000) + log10(9000)) / 2, CLOSED_FORM);
    o.set_from_day = 80;
    o.set_to_day = NAN;
    c = course(s, n, &o);
    assert_true(isnan(c.set_median_log10) && c.n_set == 1 && c.set_reason[0]);
    o.set_from_day = 100;
    o.set_least = 0;
    c = course(s, n, &o);
    assert_true(isnan(c.set_median_log10) && c.set_reason[0]);
}

static void growth_ends_where_the_limit_of_growth_is_reached(void **state)
{
    (void)state;
    rsp_viral_sample s[] = {{0, RSP_NUMBER, 100, 20}, {7, RSP_NUMBER, 1e4, 20},
                            {14, RSP_NUMBER, 2e5, 20}, {21, RSP_NUMBER, 100, 20}};
    rsp_course c = course(s, 4, NULL);
    assert_int_equal(c.n_growth, 2);
    assert_near(c.growth_per_day, log(100) / 7, CLOSED_FORM);
    s[1].copies_per_ml = 30; /* falls */
    c = course(s, 4, NULL);
    assert_true(c.growth_per_day < 0 && isnan(c.doubling_days));
}

static void above_the_upper_limit_there_is_no_area(void **state)
{
    (void)state;
    const rsp_viral_sample s[] = {{0, RSP_NUMBER, 100, 20}, {7, RSP_NUMBER, 1e4, 20},
                                  {14, RSP_ABOVE_ULOQ, NAN, 20}, {21, RSP_NUMBER, 1e5, 20}};
    rsp_course c = course(s, 4, NULL);
    assert_true(isnan(c.auc_log10) && isnan(c.peak_log10) && isnan(c.excess_auc));
    assert_true(isnan(c.set_median_log10) && c.set_reason[0] && c.auc_reason[0]);
    assert_near(c.growth_per_day, log(100) / 7, CLOSED_FORM); /* before it */
}

static void short_courses_say_so(void **state)
{
    (void)state;
    const rsp_viral_sample s[] = {{0, RSP_NUMBER, 100, 20}};
    rsp_course c = course(s, 0, NULL);
    assert_true(isnan(c.auc_log10) && isnan(c.floor_log10) && c.auc_reason[0] &&
                c.set_reason[0] && c.growth_reason[0]);
    c = course(s, 1, NULL);
    assert_true(isnan(c.auc_log10) && c.auc_reason[0]);
    assert_near(c.peak_log10, 2, CLOSED_FORM);
}

static void samples_that_cannot_be_are_refused(void **state)
{
    (void)state;
    const rsp_viral_sample bad[][2] = {
        {{0, RSP_NUMBER, 100, 20}, {0, RSP_NUMBER, 100, 20}},
        {{0, RSP_NUMBER, 100, 20}, {NAN, RSP_NUMBER, 100, 20}},
        {{0, RSP_NUMBER, 100, 20}, {1, RSP_NUMBER, -1, 20}},
        {{0, RSP_NUMBER, 100, 20}, {1, RSP_NUMBER, NAN, 20}},
        {{0, RSP_NUMBER, 100, 20}, {1, RSP_BELOW_LLOQ, NAN, 0}}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rsp_course c;
        rsp_error err = {0};
        assert_int_equal(rsp_course_of(bad[i], 2, NULL, &c, &err), RSP_RANGE);
        assert_non_null(strstr(err.message, "sample 2"));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_decay_the_change_is_a_paired_t_test),
        cmocka_unit_test(natural_decay_is_taken_off_on_both_sides_of_the_knot),
        cmocka_unit_test(what_decays_naturally_has_no_net_change),
        cmocka_unit_test(an_uncertain_decay_widens_the_interval),
        cmocka_unit_test(a_shift_of_zero_years_is_no_decay),
        cmocka_unit_test(values_below_the_limit_are_censored_and_never_half_of_it),
        cmocka_unit_test(the_sign_of_a_censored_change_counts_where_it_is_known),
        cmocka_unit_test(no_pair_or_one_is_not_estimable),
        cmocka_unit_test(one_sided_questions_have_one_sided_answers),
        cmocka_unit_test(pairs_that_cannot_be_are_refused),
        cmocka_unit_test(a_course_has_the_areas_of_the_vector),
        cmocka_unit_test(a_missing_sample_is_as_good_as_none),
        cmocka_unit_test(the_highest_limit_is_the_floor),
        cmocka_unit_test(the_set_point_is_of_the_last_values_in_its_window),
        cmocka_unit_test(growth_ends_where_the_limit_of_growth_is_reached),
        cmocka_unit_test(above_the_upper_limit_there_is_no_area),
        cmocka_unit_test(short_courses_say_so),
        cmocka_unit_test(samples_that_cannot_be_are_refused),
    };
    if (!known_open(argc, argv)) {
        return 77;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    known_close();
    return failed;
}
