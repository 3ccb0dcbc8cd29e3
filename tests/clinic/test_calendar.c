#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "clinic/calendar.h"

static const clinic_who someone = {.seed = 4, .trial = 1, .participant = 9};

static clinic_entry entry(uint32_t action, double low, double high)
{
    return (clinic_entry){.action = action, .what = "stop art",
                          .channel = rsp_channel("stop art"), .low = low, .high = high};
}

static void drawn_days_are_whole_and_cover_their_range(void **state)
{
    (void)state;
    clinic_entry e = entry(1, 21, 42);
    int seen[22] = {0};
    for (uint32_t i = 0; i < 2000; i++) {
        clinic_who who = {.seed = 4, .trial = 1, .participant = i};
        double day = clinic_entry_day(&who, &e);
        assert_true(day == floor(day) && day >= 21 && day <= 42);
        seen[(int)day - 21]++;
    }
    for (int i = 0; i < 22; i++) {
        assert_true(seen[i] > 40); /* 91 expected, SD 9.3 */
    }
}

static void a_moment_is_the_same_day_in_an_arm_without_the_action(void **state)
{
    (void)state;
    clinic_entry e = entry(1, 21, 42);
    clinic_schedule with = {&e, 1}, without = {NULL, 0};
    clinic_moment m = {.kind = CLINIC_AT_ACTION, .entry = e, .offset = 7, .text = ""};
    assert_true(clinic_moment_day(&someone, &m, &with, -7) ==
                clinic_moment_day(&someone, &m, &without, -7));
    assert_true(clinic_moment_day(&someone, &m, &with, -7) ==
                clinic_entry_day(&someone, &e) + 7);
}

static size_t weekly(const clinic_who *who, double window, double missed,
                     clinic_visit *out)
{
    clinic_entry e = entry(1, 10, 10);
    clinic_schedule own = {&e, 1};
    clinic_line line = {.name = "", .every = 7, .window = window, .missed = missed,
                        .from = {.kind = CLINIC_AT_ACTION, .entry = e, .text = ""},
                        .has_until = true, .until_day = 28, .key = 2};
    size_t n = clinic_line_visits(who, &line, &own, (clinic_span){0, 100}, 2, out);
    return clinic_visits_sort(out, n);
}

static void visits_lie_within_their_window_and_the_first_is_not_moved(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        clinic_who who = {.seed = 4, .trial = 0, .participant = i};
        clinic_visit v[64];
        assert_int_equal(weekly(&who, 1, 0, v), 5);
        assert_true(v[0].day == 10);
        for (size_t k = 0; k < 5; k++) {
            assert_true(v[k].planned == 10 + 7.0 * (double)k);
            assert_true(fabs(v[k].day - v[k].planned) <= 1);
            assert_true(v[k].day == floor(v[k].day));
        }
    }
}

static void visits_are_missed_as_often_as_said(void **state)
{
    (void)state;
    int missed = 0;
    for (uint32_t i = 0; i < 2000; i++) {
        clinic_who who = {.seed = 4, .trial = 0, .participant = i};
        clinic_visit v[64];
        size_t n = weekly(&who, 0, 0.1, v);
        for (size_t k = 0; k < n; k++) {
            missed += v[k].missed;
        }
    }
    assert_true(abs(missed - 1000) < 150); /* five times sqrt(10000 x 0.09) */
}

static void one_day_has_one_visit(void **state)
{
    (void)state;
    clinic_visit v[4] = {{.day = 14, .lines = 2}, {.day = 7, .lines = 1},
                         {.day = 14, .lines = 1, .missed = true},
                         {.day = 21, .lines = 1}};
    assert_int_equal(clinic_visits_sort(v, 4), 3);
    assert_true(v[1].day == 14 && v[1].lines == 2 && !v[1].missed);
    assert_true(v[1].lost == 1 && !v[0].lost && !v[2].lost);
}

static void a_visit_of_two_lines_is_of_both_and_the_first_keeps_its_draws(void **state)
{
    (void)state;
    clinic_visit v[3] = {{.day = 7, .planned = 8, .lines = 4, .key = 30},
                         {.day = 7, .planned = 6, .lines = 1, .key = 10},
                         {.day = 7, .planned = 7, .lines = 2, .key = 20}};
    assert_int_equal(clinic_visits_sort(v, 3), 1);
    assert_true(v[0].lines == 7 && !v[0].lost);
    assert_true(v[0].key == 10 && v[0].planned == 6);
}

static void a_visit_is_missed_where_every_line_of_its_day_is(void **state)
{
    (void)state;
    clinic_visit v[2] = {{.day = 7, .lines = 1, .missed = true},
                         {.day = 7, .lines = 2, .missed = true}};
    assert_int_equal(clinic_visits_sort(v, 2), 1);
    assert_true(v[0].missed && v[0].lines == 3 && !v[0].lost);
}

static void a_named_visit_joins_one_that_is_made(void **state)
{
    (void)state;
    clinic_visit v[4] = {{.day = 7, .lines = 1},
                         {.day = 14, .lines = 1, .missed = true}};
    assert_int_equal(clinic_visits_add_moment(v, 2, 7, 3, 99), 2);
    assert_true(v[0].moments == 8 && v[0].key == 0);
    assert_int_equal(clinic_visits_add_moment(v, 2, 14, 3, 99), 3);
    assert_true(v[2].moments == 8 && v[2].key == 99 && !v[2].missed);
    assert_int_equal(clinic_visits_add_moment(v, 3, 1, 0, 98), 4);
    assert_true(v[0].day == 1 && v[0].lines == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn_days_are_whole_and_cover_their_range),
        cmocka_unit_test(a_moment_is_the_same_day_in_an_arm_without_the_action),
        cmocka_unit_test(visits_lie_within_their_window_and_the_first_is_not_moved),
        cmocka_unit_test(visits_are_missed_as_often_as_said),
        cmocka_unit_test(one_day_has_one_visit),
        cmocka_unit_test(a_visit_of_two_lines_is_of_both_and_the_first_keeps_its_draws),
        cmocka_unit_test(a_visit_is_missed_where_every_line_of_its_day_is),
        cmocka_unit_test(a_named_visit_joins_one_that_is_made)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
