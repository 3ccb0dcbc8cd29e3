#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "clinic/endpoint.h"

/* Series and answers of ASSAYS 4.0 (rules.json): days and copies/mL, samples
 * below 50 are "below the limit". */

enum { MOST = 16 };
typedef struct series {
    double day[MOST], value[MOST];
    size_t n;
} series;

static const double inf = (double)INFINITY;

static clinic_endpoint_result reach(const series *s, clinic_operator op,
                                    double threshold, uint32_t confirmed,
                                    clinic_restart restart, clinic_at_risk risk)
{
    clinic_term term = {.kind = CLINIC_COMPARE, .op = op, .value = threshold};
    clinic_criterion c = {.condition = {.terms = &term, .n = 1, .text = ""},
                          .confirmed = confirmed, .within_day = inf};
    clinic_reading readings[MOST];
    bool made[MOST];
    for (size_t i = 0; i < s->n; i++) {
        bool below = s->value[i] < 50;
        readings[i] = (clinic_reading){.state = below ? RSP_BELOW_LLOQ : RSP_NUMBER,
                                       .value = below ? (double)NAN : s->value[i],
                                       .lloq = 50, .reason = ""};
        made[i] = s->value[i] >= 0; /* negative: missed */
    }
    clinic_samples samples = {.n = s->n, .n_assays = 1, .day = s->day,
                              .readings = readings, .made = made};
    return clinic_endpoint_of(&c, restart, &samples, &risk);
}

static clinic_endpoint_result rebound(const series *s)
{
    return reach(s, CLINIC_GE, 200, 2, CLINIC_RESTART_CENSOR,
                 (clinic_at_risk){.from = 0, .restart = inf});
}

static void expect(clinic_endpoint_result r, rsp_endpoint_end end, double day,
                   double left, double right)
{
    assert_int_equal(r.end, end);
    assert_true(r.day == day);
    assert_true(r.left == left);
    assert_true(r.right == right);
}

static void a_confirmed_rebound_is_dated_by_its_first_sample(void **state)
{
    (void)state;
    series s = {{0, 7, 14, 21, 28, 35}, {20, 20, 20, 310, 9800, 88000}, 6};
    expect(rebound(&s), RSP_END_EVENT, 21, 14, 21);
}

static void what_is_beyond_a_limit_is_beyond_every_threshold(void **state)
{
    (void)state;
    clinic_term term = {.kind = CLINIC_COMPARE, .value = 500};
    clinic_condition c = {.terms = &term, .n = 1, .text = ""};
    clinic_reading above = {.state = RSP_ABOVE_ULOQ, .value = 500, .lloq = 50, .reason = ""};
    clinic_reading below = {.state = RSP_BELOW_LLOQ, .value = (double)NAN, .lloq = 500, .reason = ""};
    static const clinic_operator op[] = {CLINIC_GT, CLINIC_GE, CLINIC_LT, CLINIC_LE};
    for (int i = 0; i < 4; i++) {
        term.op = op[i];
        assert_int_equal(clinic_condition_holds(&c, &above, NULL), i < 2 ? CLINIC_YES : CLINIC_NO);
        assert_int_equal(clinic_condition_holds(&c, &below, NULL), i < 2 ? CLINIC_NO : CLINIC_YES);
    }
}

/* Above the sample's own limit of 20: over 20 and less, of 500 nothing is known. */
static void a_sample_above_a_limit_below_the_threshold_decides_nothing(void **state)
{
    (void)state;
    clinic_term term = {.kind = CLINIC_COMPARE};
    clinic_condition c = {.terms = &term, .n = 1, .text = ""};
    const double limit[] = {20, (double)NAN}, threshold[] = {500, 20, 5};
    static const clinic_operator op[] = {CLINIC_GT, CLINIC_GE, CLINIC_LT, CLINIC_LE};
    for (int i = 0; i < 24; i++) {
        clinic_reading r = {.state = RSP_ABOVE_ULOQ, .value = limit[i % 2], .lloq = (double)NAN,
                            .reason = ""};
        term.op = op[i / 2 % 4];
        term.value = threshold[i / 8];
        assert_int_equal(clinic_condition_holds(&c, &r, NULL),
                         i % 2 || i / 8 == 0  ? CLINIC_UNKNOWN
                         : i / 2 % 4 < 2      ? CLINIC_YES
                                              : CLINIC_NO);
    }
}

/* Below the sample's own limit of 20: of 5 nothing is known. */
static void a_sample_below_a_limit_above_the_threshold_decides_nothing(void **state)
{
    (void)state;
    clinic_term term = {.kind = CLINIC_COMPARE};
    clinic_condition c = {.terms = &term, .n = 1, .text = ""};
    const double threshold[] = {500, 20, 5};
    static const clinic_operator op[] = {CLINIC_GT, CLINIC_GE, CLINIC_LT, CLINIC_LE};
    for (int i = 0; i < 24; i++) {
        clinic_reading r = {.state = i % 2 ? RSP_BELOW_LLOQ : RSP_NOT_DETECTED,
                            .value = (double)NAN, .lloq = 20, .reason = ""};
        term.op = op[i / 2 % 4];
        term.value = threshold[i / 8];
        assert_int_equal(clinic_condition_holds(&c, &r, NULL), i / 8 == 2      ? CLINIC_UNKNOWN
                                                               : i / 2 % 4 < 2 ? CLINIC_NO
                                                                               : CLINIC_YES);
    }
}

/* Daily samples of 251 days are more than a watch keeps; the first stays. */
static void a_condition_lasts_from_its_first_sample_however_many_there_are(void **state)
{
    (void)state;
    clinic_term term = {.kind = CLINIC_COMPARE, .op = CLINIC_GE, .value = 200};
    clinic_criterion c = {.condition = {.terms = &term, .n = 1, .text = ""}, .confirmed = 100,
                          .within_day = 365, .lasting_day = 250};
    clinic_reading high = {.state = RSP_NUMBER, .value = 1000, .lloq = 50, .reason = ""};
    clinic_watch w = clinic_watch_start();
    for (int day = 0; day <= 250; day++) {
        assert_int_equal(clinic_watch_feed(&w, &c, day, &high, NULL), day == 250);
    }
}

/* Three in a row within 14 days: days 10, 20 and 24 are, though 0 and 20 are not. */
static void any_run_within_the_time_confirms(void **state)
{
    (void)state;
    const double day[] = {0, 10, 20, 24};
    clinic_term term = {.kind = CLINIC_COMPARE, .op = CLINIC_GE, .value = 200};
    clinic_criterion c = {.condition = {.terms = &term, .n = 1, .text = ""}, .confirmed = 3,
                          .within_day = 14};
    clinic_reading high = {.state = RSP_NUMBER, .value = 1000, .lloq = 50, .reason = ""};
    clinic_watch w = clinic_watch_start();
    for (int i = 0; i < 4; i++) {
        assert_int_equal(clinic_watch_feed(&w, &c, day[i], &high, NULL), i == 3);
    }
    assert_true(w.first == 10 && w.done_day == 24 && isnan(w.before_run));
}

static void a_blip_is_no_event(void **state)
{
    (void)state;
    series s = {{0, 7, 14, 21, 28}, {20, 240, 20, 20, 20}, 5};
    expect(rebound(&s), RSP_END_STUDY, 28, 28, inf);
}

static void a_missed_visit_widens_the_interval(void **state)
{
    (void)state;
    series s = {{0, 7, 14, 21, 28}, {20, 20, -1, 450, 60000}, 5};
    expect(rebound(&s), RSP_END_EVENT, 21, 7, 21);
}

static void an_unconfirmed_last_value_is_censored_at_the_visit_before(void **state)
{
    (void)state;
    series s = {{0, 7, 14}, {20, 20, 260}, 3};
    expect(rebound(&s), RSP_END_UNCONFIRMED, 7, 7, inf);
}

static void an_event_at_the_first_visit_has_an_interval_from_the_start(void **state)
{
    (void)state;
    series s = {{7, 14}, {500, 9000}, 2};
    expect(rebound(&s), RSP_END_EVENT, 7, 0, 7);
}

static void a_value_on_the_threshold_counts_where_it_may_equal(void **state)
{
    (void)state;
    series s = {{0, 7, 14}, {20, 200, 200}, 3};
    expect(rebound(&s), RSP_END_EVENT, 7, 0, 7);
    expect(reach(&s, CLINIC_GT, 200, 1, CLINIC_RESTART_CENSOR,
                 (clinic_at_risk){.from = 0, .restart = inf}),
           RSP_END_STUDY, 14, 14, inf);
}

static void a_restart_before_the_event_is_a_competing_end(void **state)
{
    (void)state;
    series s = {{7, 14, 21, 28}, {20, 120, 150, 9000}, 4};
    clinic_at_risk risk = {.from = 0, .restart = 21};
    expect(reach(&s, CLINIC_GE, 200, 1, CLINIC_RESTART_CENSOR, risk), RSP_END_RESTART,
           21, 21, inf);
    expect(reach(&s, CLINIC_GE, 200, 1, CLINIC_RESTART_EVENT, risk), RSP_END_EVENT, 21,
           21, 21);
    expect(reach(&s, CLINIC_GE, 200, 1, CLINIC_RESTART_IGNORE, risk), RSP_END_EVENT, 28,
           21, 28);
}

static void on_the_day_of_a_restart_the_event_wins(void **state)
{
    (void)state;
    series s = {{7, 14, 21, 28}, {20, 20, 5000, 60}, 4};
    clinic_at_risk risk = {.from = 0, .restart = 21};
    expect(reach(&s, CLINIC_GT, 1000, 1, CLINIC_RESTART_CENSOR, risk), RSP_END_EVENT, 21,
           14, 21);
}

static void a_run_begun_by_the_restart_may_be_confirmed_after_it(void **state)
{
    (void)state;
    series yes = {{7, 14, 21, 28}, {20, 20, 5000, 300}, 4};
    series no = {{7, 14, 21, 28}, {20, 20, 5000, 20}, 4};
    clinic_at_risk risk = {.from = 0, .restart = 21};
    expect(reach(&yes, CLINIC_GE, 200, 2, CLINIC_RESTART_CENSOR, risk), RSP_END_EVENT,
           21, 14, 21);
    expect(reach(&no, CLINIC_GE, 200, 2, CLINIC_RESTART_CENSOR, risk), RSP_END_RESTART,
           21, 21, inf);
}

static void who_never_interrupted_is_not_at_risk(void **state)
{
    (void)state;
    series s = {{7, 14}, {5000, 9000}, 2};
    clinic_at_risk risk = {.from = (double)NAN, .restart = inf};
    expect(reach(&s, CLINIC_GE, 200, 1, CLINIC_RESTART_CENSOR, risk),
           RSP_END_NOT_STARTED, 0, 0, inf);
}

static void who_is_lost_is_censored_as_lost(void **state)
{
    (void)state;
    series s = {{7, 14}, {20, 20}, 2};
    clinic_at_risk risk = {.from = 0, .restart = inf, .lost = true};
    expect(reach(&s, CLINIC_GE, 200, 1, CLINIC_RESTART_CENSOR, risk), RSP_END_LOST, 14,
           14, inf);
}

static void samples_on_the_day_of_interruption_belong_to_before_it(void **state)
{
    (void)state;
    series s = {{10, 17, 24}, {5000, 20, 5000}, 3};
    clinic_at_risk risk = {.from = 10, .restart = inf};
    expect(reach(&s, CLINIC_GE, 200, 1, CLINIC_RESTART_CENSOR, risk), RSP_END_EVENT, 14,
           7, 14);
}

/* ---- Watches: the restart rule of ASSAYS 4.0. */
static double completes(const double *day, const double *value, size_t n,
                        clinic_operator op, double threshold, uint32_t confirmed,
                        double lasting, double fall)
{
    clinic_term term = {.kind = CLINIC_COMPARE, .op = op, .value = threshold};
    clinic_criterion c = {.condition = {.terms = &term, .n = 1, .text = ""},
                          .confirmed = confirmed, .within_day = inf,
                          .lasting_day = lasting, .fall = fall};
    clinic_watch w = clinic_watch_start();
    for (size_t i = 0; i < n; i++) {
        clinic_reading r = {.state = RSP_NUMBER, .value = value[i], .lloq = (double)NAN,
                            .reason = ""};
        if (clinic_watch_feed(&w, &c, day[i], &r, NULL)) {
            return day[i];
        }
    }
    return (double)NAN;
}

static void a_restart_rule_waits_until_the_load_has_lasted(void **state)
{
    (void)state;
    double day[] = {21, 28, 35, 42, 49}, load[] = {1500, 9000, 40000, 60000, 52000};
    assert_true(completes(day, load, 5, CLINIC_GE, 1000, 1, 28, 0.5) == 49);
}

static void a_fall_of_half_a_log_starts_the_clock_anew(void **state)
{
    (void)state;
    double day[] = {21, 28, 35, 42, 49, 56, 63};
    double load[] = {1500, 90000, 20000, 15000, 13000, 12500, 12000};
    assert_true(completes(day, load, 7, CLINIC_GE, 1000, 1, 28, 0.5) == 63);
    assert_true(completes(day, load, 7, CLINIC_GE, 1000, 1, 28, 0) == 49);
}

static void a_dip_below_the_limit_starts_the_clock_anew(void **state)
{
    (void)state;
    double day[] = {21, 28, 35, 42, 49, 56};
    double load[] = {1500, 9000, 900, 2000, 3000, 3500};
    assert_true(isnan(completes(day, load, 6, CLINIC_GE, 1000, 1, 28, 0.5)));
}

static void a_low_cd4_count_must_be_confirmed(void **state)
{
    (void)state;
    double day[] = {0, 28, 42}, cd4[] = {600, 340, 330};
    assert_true(completes(day, cd4, 3, CLINIC_LT, 350, 2, 0, 0) == 42);
}

static void samples_too_far_apart_do_not_confirm(void **state)
{
    (void)state;
    clinic_term term = {.kind = CLINIC_COMPARE, .op = CLINIC_GE, .value = 200};
    clinic_criterion c = {.condition = {.terms = &term, .n = 1, .text = ""},
                          .confirmed = 2, .within_day = 28};
    clinic_watch w = clinic_watch_start();
    clinic_reading r = {.state = RSP_NUMBER, .value = 300, .lloq = 50, .reason = ""};
    assert_false(clinic_watch_feed(&w, &c, 0, &r, NULL));
    assert_false(clinic_watch_feed(&w, &c, 35, &r, NULL));
    assert_true(clinic_watch_feed(&w, &c, 63, &r, NULL));
    assert_true(w.first == 35);
}

static void a_sample_without_the_quantity_is_passed_over(void **state)
{
    (void)state;
    clinic_term terms[] = {{.kind = CLINIC_COMPARE, .op = CLINIC_GE, .value = 200},
                           {.kind = CLINIC_COMPARE, .op = CLINIC_LT, .value = 350,
                            .source = 1},
                           {.kind = CLINIC_OR}};
    clinic_condition c = {.terms = terms, .n = 3, .text = ""};
    clinic_reading none = {.state = RSP_MISSING, .value = (double)NAN,
                           .lloq = (double)NAN, .reason = ""};
    clinic_reading high = {.state = RSP_NUMBER, .value = 300, .lloq = 50, .reason = ""};
    clinic_reading low = high;
    low.value = 60;
    clinic_reading now[2] = {high, none};
    assert_int_equal(clinic_condition_holds(&c, now, NULL), CLINIC_YES);
    now[0] = low;
    assert_int_equal(clinic_condition_holds(&c, now, NULL), CLINIC_UNKNOWN);
    terms[2].kind = CLINIC_AND;
    assert_int_equal(clinic_condition_holds(&c, now, NULL), CLINIC_NO);
}

static void changes_are_taken_from_the_baseline(void **state)
{
    (void)state;
    clinic_reading base = {.state = RSP_NUMBER, .value = 1000, .lloq = 50, .reason = ""};
    clinic_reading now = base;
    now.value = 100;
    clinic_term t = {.kind = CLINIC_COMPARE, .op = CLINIC_LE, .value = -0.99,
                     .change = CLINIC_LOG10};
    clinic_condition c = {.terms = &t, .n = 1, .text = ""};
    assert_int_equal(clinic_condition_holds(&c, &now, &base), CLINIC_YES);
    t.value = -1.01;
    assert_int_equal(clinic_condition_holds(&c, &now, &base), CLINIC_NO);
    t.change = CLINIC_FOLD;
    t.value = 0.11;
    assert_int_equal(clinic_condition_holds(&c, &now, &base), CLINIC_YES);
    t.change = CLINIC_DIFFERENCE;
    t.value = -900;
    assert_int_equal(clinic_condition_holds(&c, &now, &base), CLINIC_YES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_confirmed_rebound_is_dated_by_its_first_sample),
        cmocka_unit_test(a_sample_above_a_limit_below_the_threshold_decides_nothing),
        cmocka_unit_test(a_sample_below_a_limit_above_the_threshold_decides_nothing),
        cmocka_unit_test(any_run_within_the_time_confirms),
        cmocka_unit_test(a_condition_lasts_from_its_first_sample_however_many_there_are),
        cmocka_unit_test(a_blip_is_no_event),
        cmocka_unit_test(what_is_beyond_a_limit_is_beyond_every_threshold),
        cmocka_unit_test(a_missed_visit_widens_the_interval),
        cmocka_unit_test(an_unconfirmed_last_value_is_censored_at_the_visit_before),
        cmocka_unit_test(an_event_at_the_first_visit_has_an_interval_from_the_start),
        cmocka_unit_test(a_value_on_the_threshold_counts_where_it_may_equal),
        cmocka_unit_test(a_restart_before_the_event_is_a_competing_end),
        cmocka_unit_test(on_the_day_of_a_restart_the_event_wins),
        cmocka_unit_test(a_run_begun_by_the_restart_may_be_confirmed_after_it),
        cmocka_unit_test(who_never_interrupted_is_not_at_risk),
        cmocka_unit_test(who_is_lost_is_censored_as_lost),
        cmocka_unit_test(samples_on_the_day_of_interruption_belong_to_before_it),
        cmocka_unit_test(a_restart_rule_waits_until_the_load_has_lasted),
        cmocka_unit_test(a_fall_of_half_a_log_starts_the_clock_anew),
        cmocka_unit_test(a_dip_below_the_limit_starts_the_clock_anew),
        cmocka_unit_test(a_low_cd4_count_must_be_confirmed),
        cmocka_unit_test(samples_too_far_apart_do_not_confirm),
        cmocka_unit_test(a_sample_without_the_quantity_is_passed_over),
        cmocka_unit_test(changes_are_taken_from_the_baseline)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
