/* Cellular kinetics: closed forms of exponentials, R's regressions, the rules of
 * samples without a number. */
#include "assay.h"

#include <math.h>
#include <string.h>

#include "respite/kinetics.h"

enum { MOST = 16 };
static const double CLOSED_FORM = 1e-12;

typedef struct course {
    rsp_kinetic_sample s[MOST];
    size_t n;
} course;

static course numbers(const double *day, const double *value, size_t n)
{
    course c = {.n = n};
    for (size_t i = 0; i < n; i++) {
        c.s[i] = (rsp_kinetic_sample){day[i], RSP_NUMBER, value[i]};
    }
    return c;
}

static rsp_kinetics run(const course *c, double to)
{
    rsp_kinetics k;
    rsp_error err = {0};
    if (rsp_kinetics_of(c->s, c->n, to, &k, &err) != RSP_OK) {
        fail_msg("%s", err.message);
    }
    return k;
}

static const double DAYS[10] = {1, 3, 7, 10, 14, 21, 28, 56, 84, 112};
static const double COPIES[10] = {60, 2100, 41000, 98000, 55000, 21000, 9800, 1900, 760, 310};

/* R 4.2.2: lm(log(tail(v, k)) ~ tail(day, k)) for k = 3 to 6, adj.r.squared; areas by
 * a loop of their own. */
static void a_course_is_described_as_by_r(void **state)
{
    (void)state;
    course c = numbers(DAYS, COPIES, 10);
    rsp_kinetics k = run(&c, 28);
    assert_int_equal(k.reason, RSP_KINETIC_FINE);
    assert_near(k.cmax, 98000, 0);
    assert_near(k.tmax_day, 10, 0);
    assert_near(k.clast, 310, 0);
    assert_near(k.tlast_day, 112, 0);
    assert_near(k.auc, 944717.406770604, CLOSED_FORM);
    assert_near(k.auc_last, 1128438.90848663, CLOSED_FORM);
    assert_near(k.auc_extrapolated, 0, 0);
    assert_int_equal(k.terminal.n_points, 3);
    assert_near(k.terminal.from_day, 56, 0);
    assert_near(k.terminal.r2_adjusted, 0.999922530269349, CLOSED_FORM);
    assert_near(k.terminal.rate_per_day, 0.0323756583513454, CLOSED_FORM);
    assert_near(k.terminal.intercept, 9.35938860015105, CLOSED_FORM);
    assert_near(k.terminal.half_life_day, log(2) / 0.0323756583513454, CLOSED_FORM);
    assert_true(k.persists && isinf(k.gone_day));
}

static void an_exponential_is_found_with_all_its_points(void **state)
{
    (void)state;
    double day[9], value[9];
    for (int i = 0; i < 9; i++) {
        day[i] = 3 * i;
        value[i] = 1e4 * exp(-0.1 * day[i]);
    }
    course c = numbers(day, value, 9);
    rsp_kinetics k = run(&c, 24);
    assert_near(k.terminal.rate_per_day, 0.1, CLOSED_FORM);
    assert_int_equal(k.terminal.n_points, 8); /* all fit as well; the maximum is out */
    assert_near(k.auc, 1e5 * (1 - exp(-2.4)), CLOSED_FORM);
    assert_near(k.tmax_day, 0, 0);
    /* Beyond the last sample at the terminal rate. */
    k = run(&c, 100);
    assert_near(k.auc, 1e5 * (1 - exp(-10)), CLOSED_FORM);
    assert_near(k.auc_extrapolated, (exp(-2.4) - exp(-10)) / (1 - exp(-10)), 1e-10);
    assert_int_equal(k.auc_reason, RSP_KINETIC_FINE);
    /* Between two samples along the exponential. */
    assert_near(run(&c, 10).auc, 1e5 * (1 - exp(-1)), CLOSED_FORM);
}

static void a_rise_is_straight(void **state)
{
    (void)state;
    const double day[3] = {2, 4, 8}, value[3] = {100, 300, 300};
    course c = numbers(day, value, 3);
    rsp_kinetics k = run(&c, 8);
    /* From 0 on day 0: 100, then 400, then a plateau of 1200. */
    assert_near(k.auc, 1700, CLOSED_FORM);
    assert_near(run(&c, 3).auc, 100 + 150, CLOSED_FORM);
    assert_near(k.tmax_day, 4, 0); /* the first of equals */
    assert_int_equal(k.terminal.reason, RSP_KINETIC_FEW_POINTS);
    assert_true(isnan(k.terminal.half_life_day));
}

static void nearly_equal_values_lose_no_digits(void **state)
{
    (void)state;
    const double day[3] = {0, 1, 2}, value[3] = {1, 1 - 1e-13, 1 - 2e-13};
    course c = numbers(day, value, 3);
    assert_near(run(&c, 2).auc, 2, 1e-12);
}

static void assert_same(double a, double b)
{
    assert_true(a == b || (isnan(a) && isnan(b)));
}

static void assert_same_kinetics(const rsp_kinetics *a, const rsp_kinetics *b)
{
    const rsp_terminal *s = &a->terminal, *t = &b->terminal;
    assert_int_equal(a->reason, b->reason);
    assert_int_equal(a->n_samples, b->n_samples);
    assert_int_equal(a->n_numbers, b->n_numbers);
    assert_int_equal(a->n_below, b->n_below);
    assert_same(a->cmax, b->cmax);
    assert_same(a->tmax_day, b->tmax_day);
    assert_same(a->clast, b->clast);
    assert_same(a->tlast_day, b->tlast_day);
    assert_int_equal(a->auc_reason, b->auc_reason);
    assert_same(a->auc, b->auc);
    assert_same(a->auc_extrapolated, b->auc_extrapolated);
    assert_same(a->auc_last, b->auc_last);
    assert_int_equal(s->reason, t->reason);
    assert_same(s->rate_per_day, t->rate_per_day);
    assert_same(s->half_life_day, t->half_life_day);
    assert_same(s->r2_adjusted, t->r2_adjusted);
    assert_same(s->intercept, t->intercept);
    assert_int_equal(s->n_points, t->n_points);
    assert_same(s->from_day, t->from_day);
    assert_same(s->to_day, t->to_day);
    assert_same(a->gone_day, b->gone_day);
    assert_int_equal(a->persists, b->persists);
}

static void below_the_limit_is_zero_before_nothing_between_and_an_end_after(void **state)
{
    (void)state;
    course c = {.n = 9, .s = {{1, RSP_NOT_DETECTED, NAN},
                              {3, RSP_NUMBER, 200},
                              {7, RSP_NUMBER, 800},
                              {10, RSP_BELOW_LLOQ, NAN},
                              {14, RSP_NUMBER, 400},
                              {21, RSP_NUMBER, 200},
                              {28, RSP_NUMBER, 100},
                              {56, RSP_BELOW_LLOQ, NAN},
                              {84, RSP_NOT_DETECTED, NAN}}};
    rsp_kinetics k = run(&c, 28);
    double until_28 = 2 * 200 / 2.0 + 4 * 500 + 7 * 400 / log(2) + 7 * 200 / log(2) +
                      7 * 100 / log(2);
    assert_near(k.auc, until_28, CLOSED_FORM);
    assert_near(k.auc_last, until_28, CLOSED_FORM);
    assert_near(run(&c, 56).auc, until_28 + 28 * 50, CLOSED_FORM); /* straight to 0 */
    assert_near(run(&c, 42).auc, until_28 + 14 * 75, CLOSED_FORM);
    assert_near(run(&c, 365).auc, until_28 + 28 * 50, CLOSED_FORM);
    assert_near(run(&c, 365).auc_extrapolated, 0, 0);
    assert_near(k.terminal.half_life_day, 7, CLOSED_FORM);
    assert_int_equal(k.terminal.n_points, 3);
    assert_near(k.tlast_day, 28, 0);
    assert_near(k.gone_day, 56, 0);
    assert_false(k.persists);
    assert_int_equal(k.n_numbers, 5);
    assert_int_equal(k.n_below, 4);
    /* A number of 0 says what "not detected" says. */
    course zero = c;
    for (size_t i = 0; i < c.n; i++) {
        if (c.s[i].state != RSP_NUMBER) {
            zero.s[i] = (rsp_kinetic_sample){c.s[i].day, RSP_NUMBER, 0};
        }
    }
    rsp_kinetics z = run(&zero, 28);
    assert_same_kinetics(&z, &k);
}

static void a_missing_sample_is_as_none(void **state)
{
    (void)state;
    course c = numbers(DAYS, COPIES, 10), d = {.n = 12};
    memcpy(d.s, c.s, 5 * sizeof *c.s);
    d.s[5] = (rsp_kinetic_sample){18, RSP_MISSING, NAN};
    memcpy(d.s + 6, c.s + 5, 5 * sizeof *c.s);
    d.s[11] = (rsp_kinetic_sample){140, RSP_MISSING, NAN};
    rsp_kinetics a = run(&c, 28), b = run(&d, 28);
    assert_same_kinetics(&a, &b);
}

static void what_cannot_be_told_is_nan_with_its_reason(void **state)
{
    (void)state;
    course c = {0};
    rsp_kinetics k = run(&c, 28);
    assert_int_equal(k.reason, RSP_KINETIC_NO_SAMPLES);
    assert_true(isnan(k.cmax) && isnan(k.auc));
    c = (course){.n = 2, .s = {{1, RSP_NOT_DETECTED, NAN}, {7, RSP_BELOW_LLOQ, NAN}}};
    k = run(&c, 28);
    assert_int_equal(k.reason, RSP_KINETIC_NO_NUMBER);
    assert_true(k.cmax == 0 && k.auc == 0 && isnan(k.tmax_day) && isnan(k.tlast_day));
    c = numbers(DAYS, COPIES, 10);
    c.s[3].state = RSP_ABOVE_ULOQ;
    k = run(&c, 28);
    assert_int_equal(k.reason, RSP_KINETIC_ABOVE_LIMIT);
    assert_int_equal(k.auc_reason, RSP_KINETIC_ABOVE_LIMIT);
    assert_true(isnan(k.cmax) && isnan(k.auc));
    c = numbers(DAYS, COPIES, 4); /* still rising on day 10 */
    k = run(&c, 28);
    assert_int_equal(k.auc_reason, RSP_KINETIC_TOO_SHORT);
    assert_true(isnan(k.auc) && isfinite(k.auc_last) && k.cmax == 98000);
    assert_int_equal(k.terminal.reason, RSP_KINETIC_FEW_POINTS);
    c = numbers(DAYS, COPIES, 6); /* two after the maximum: a line through any two */
    k = run(&c, 21);
    assert_int_equal(k.terminal.reason, RSP_KINETIC_FEW_POINTS);
    assert_true(isnan(k.terminal.half_life_day) && isfinite(k.auc));
    const double day[5] = {1, 7, 14, 21, 28}, value[5] = {900, 100, 200, 300, 400};
    c = numbers(day, value, 5);
    assert_int_equal(run(&c, 28).terminal.reason, RSP_KINETIC_NO_DECLINE);
    for (int r = RSP_KINETIC_NO_SAMPLES; r <= RSP_KINETIC_TOO_SHORT; r++) {
        assert_true(rsp_kinetic_reason_text((rsp_kinetic_reason)r)[0] != '\0');
    }
}

static void samples_out_of_order_or_range_are_refused(void **state)
{
    (void)state;
    static const rsp_kinetic_sample bad[][2] = {
        {{1, RSP_NUMBER, 5}, {1, RSP_NUMBER, 5}},   {{3, RSP_NUMBER, 5}, {2, RSP_NUMBER, 5}},
        {{-1, RSP_NUMBER, 5}, {2, RSP_NUMBER, 5}},  {{1, RSP_NUMBER, NAN}, {2, RSP_NUMBER, 5}},
        {{1, RSP_NUMBER, -5}, {2, RSP_NUMBER, 5}},  {{NAN, RSP_NUMBER, 5}, {2, RSP_NUMBER, 5}},
        {{1, RSP_NUMBER, 5}, {INFINITY, RSP_NUMBER, 5}}};
    rsp_kinetics k;
    rsp_error err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(rsp_kinetics_of(bad[i], 2, 28, &k, &err), RSP_RANGE);
        assert_non_null(strstr(err.message, "sample"));
    }
    assert_int_equal(rsp_kinetics_of(bad[0], 1, 0, &k, &err), RSP_RANGE);
}

static void areas_of_viral_load_are_those_of_the_vectors(void **state)
{
    (void)state;
    json_t *v = assay_vector("auc_setpoint.json");
    double t[9], y[9], excess[9];
    for (size_t i = 0; i < 9; i++) {
        t[i] = assay_item(json_object_get(v, "time"), i);
        y[i] = log10(assay_item(json_object_get(v, "vl"), i));
        excess[i] = fmax(0, y[i] - log10(20));
    }
    double area = rsp_area_linear(t, y, 9);
    assert_near(area, assay_number(v, "auc_log10"), CLOSED_FORM);
    assert_near(area / 84, assay_number(v, "time_averaged_log10"), CLOSED_FORM);
    assert_near(rsp_area_linear(t, excess, 9), assay_number(v, "excess_auc_above_LLOQ"),
                CLOSED_FORM);
    assert_true(isnan(rsp_area_linear(t, y, 1)));
    t[4] = 1;
    assert_true(isnan(rsp_area_linear(t, y, 9)));
    json_decref(v);
}

static void cells_with_a_transgene_are_those_of_the_vectors(void **state)
{
    (void)state;
    json_t *all = assay_vector("ipda.json");
    const json_t *v = json_object_get(all, "cells_dna");
    rsp_transgene g = rsp_transgene_of(assay_number(v, "car_copies_per_ug"),
                                       assay_number(v, "VCN"),
                                       assay_number(v, "pg_per_diploid"),
                                       assay_number(v, "pbmc_per_uL"));
    assert_near(g.fraction, assay_number(v, "car_fraction"), CLOSED_FORM);
    assert_near(g.cells_per_ul, assay_number(v, "car_cells_per_uL"), CLOSED_FORM);
    assert_true(isnan(rsp_transgene_of(1, 0, 6.6, 1).fraction));
    assert_true(isnan(rsp_transgene_of(NAN, 2, 6.6, 1).cells_per_ul));
    json_decref(all);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_course_is_described_as_by_r),
        cmocka_unit_test(an_exponential_is_found_with_all_its_points),
        cmocka_unit_test(a_rise_is_straight),
        cmocka_unit_test(nearly_equal_values_lose_no_digits),
        cmocka_unit_test(below_the_limit_is_zero_before_nothing_between_and_an_end_after),
        cmocka_unit_test(a_missing_sample_is_as_none),
        cmocka_unit_test(what_cannot_be_told_is_nan_with_its_reason),
        cmocka_unit_test(samples_out_of_order_or_range_are_refused),
        cmocka_unit_test(areas_of_viral_load_are_those_of_the_vectors),
        cmocka_unit_test(cells_with_a_transgene_are_those_of_the_vectors),
    };
    int status = assay_main(argc, argv);
    return status ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
