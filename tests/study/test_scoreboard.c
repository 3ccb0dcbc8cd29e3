#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/scoreboard.h"

static cli_judgement judge(rsp_score_row *rows, size_t n)
{
    rsp_findings f = {.scores = rows, .n_scores = n};
    const rsp_findings *all[] = {&f};
    return cli_judge(all, 1, NULL);
}

static rsp_score_row row(const char *use, double published, double low, double high)
{
    return (rsp_score_row){.study = "s", .use = use, .published = published, .low = low,
                           .published_low = (double)NAN, .published_high = (double)NAN,
                           .simulated = 0.5 * (low + high), .high = high, .inside = published >= low && published <= high};
}

static void the_interval_score_is_width_and_twenty_times_the_distance(void **state)
{
    (void)state;
    rsp_score_row rows[] = {row("predicted", 10, 8, 13), row("predicted", 20, 22, 24),
                            row("predicted", -4, -7, -5)};
    cli_judgement j = judge(rows, 3);
    /* (13 - 8) / 10; (2 + 20 * 2) / 20; (2 + 20 * 1) / 4 */
    assert_true(fabs(j.score - (0.5 + 2.1 + 5.5) / 3) < 1e-12);
    assert_true(fabs(j.share - 1.0 / 3) < 1e-12 && j.judged == 3 && j.scored == 3);
}

static void only_predicted_rows_are_judged(void **state)
{
    (void)state;
    rsp_score_row rows[] = {row("calibrated", 10, 8, 13), row("check", 10, 8, 13),
                            row("direction", 10, 8, 13), row("inverse", 10, 8, 13)};
    cli_judgement j = judge(rows, 4);
    assert_true(j.predicted == 0 && j.judged == 0 && isnan(j.share) && isnan(j.score));
}

static void a_row_without_number_or_interval_is_counted_and_not_judged(void **state)
{
    (void)state;
    rsp_score_row rows[] = {row("predicted", 10, 8, 13), row("predicted", (double)NAN, 8, 13),
                            row("predicted", 10, 8, (double)INFINITY), row("predicted", 0, -1, 1),
                            row("predicted", 10, (double)NAN, (double)NAN)};
    rows[4].undecided = true;
    cli_judgement j = judge(rows, 5);
    assert_true(j.predicted == 5 && j.judged == 3 && j.inside == 3 && j.scored == 1);
    assert_true(fabs(j.score - 0.5) < 1e-12);
}

static void a_published_range_counts_as_its_nearest_point(void **state)
{
    (void)state;
    rsp_score_row rows[] = {row("predicted", (double)NAN, 8, 13),
                            row("predicted", (double)NAN, 8, 13)};
    for (int i = 0; i < 2; i++) {
        rows[i].simulated = 10;
        rows[i].inside = i == 0;
        rows[i].published_low = i == 0 ? 9 : 20;
        rows[i].published_high = 40;
    }
    cli_judgement j = judge(rows, 2); /* 5 / 10; (5 + 20 * 7) / 20 */
    assert_true(j.judged == 2 && j.inside == 1 && fabs(j.score - (0.5 + 7.25) / 2) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_interval_score_is_width_and_twenty_times_the_distance),
        cmocka_unit_test(a_published_range_counts_as_its_nearest_point),
        cmocka_unit_test(only_predicted_rows_are_judged),
        cmocka_unit_test(a_row_without_number_or_interval_is_counted_and_not_judged),
    };
    return cmocka_run_group_tests_name("scoreboard", tests, NULL, NULL);
}
