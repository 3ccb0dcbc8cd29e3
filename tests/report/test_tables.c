#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "report/figures.h"

/* Figures drawn from tables of results. */

#define NONE ((double)NAN)

static rsp_cell text(const char *s) { return (rsp_cell){s, NONE, NONE, NONE, ""}; }
static rsp_cell number(double v) { return (rsp_cell){"", v, NONE, NONE, ""}; }
static rsp_cell interval(double v, double low, double high, const char *reason)
{
    return (rsp_cell){"", v, low, high, reason};
}

static size_t count(const char *s, const char *what)
{
    size_t n = 0;
    for (; (s = strstr(s, what)) != NULL; s++) {
        n++;
    }
    return n;
}

/* ---- Forests. */
static const rsp_result_column effects[] = {
    {"term", "term", "", RSP_CELL_TEXT, false},
    {"n", "n", "", RSP_CELL_COUNT, false},
    {"events", "events", "", RSP_CELL_COUNT, false},
    {"n_reference", "n without", "", RSP_CELL_COUNT, false},
    {"events_reference", "events without", "", RSP_CELL_COUNT, false},
    {"ratio", "hazard ratio", "", RSP_CELL_NUMBER, true}};

static rsp_result_table effects_of(const rsp_cell *cells, size_t n_rows)
{
    return (rsp_result_table){.key = "effects", .title = "Effects", .columns = effects,
                              .n_columns = 6, .cells = cells, .n_rows = n_rows,
                              .figure = {.kind = RSP_FIGURE_FOREST, .x = 5, .log = true,
                                         .x_label = "hazard ratio"}};
}

static void a_forest_says_estimates_intervals_events_and_n(void **state)
{
    (void)state;
    const rsp_cell cells[] = {
        text("arm: a & b"), number(30), number(20), number(31), number(27), interval(0.5, 0.25, 1, ""),
        text("age"), number(61), number(47), number(NONE), number(NONE), interval(2, 0.5, 8, ""),
        text("sex"), number(9), number(0), number(NONE), number(NONE),
        interval(NONE, NONE, NONE, "no events in a group")};
    const rsp_result_table t = effects_of(cells, 3);
    rsp_text out = {0};
    figure_table(&out, &t, "Cox", NULL);
    assert_int_equal(forest_rows(&t), 3);
    assert_non_null(strstr(out.data, ">arm: a &amp; b<"));
    assert_non_null(strstr(out.data, ">0.5 (0.25 to 1)<"));
    assert_non_null(strstr(out.data, ">events 20/30 v 27/31<"));
    assert_non_null(strstr(out.data, ">events 47/61<"));
    assert_non_null(strstr(out.data, ">no events in a group<"));
    assert_int_equal(count(out.data, "fill=\"" COLOUR_BLUE "\""), 2); /* no square without a number */
    rsp_text_fini(&out);
}

/* Half the width of the square at each estimate. */
static size_t squares(const char *s, double half[8])
{
    size_t n = 0;
    double x, y, h;
    for (; (s = strstr(s, "<path d=\"M")) != NULL && n < 8; s++) {
        if (sscanf(s, "<path d=\"M%lf %lfh%lfv", &x, &y, &h) == 3) {
            half[n++] = h / 2;
        }
    }
    return n;
}

static void the_area_of_a_square_goes_with_the_inverse_of_the_variance(void **state)
{
    (void)state;
    const rsp_cell cells[] = {
        text("narrow"), number(1), number(1), number(NONE), number(NONE), interval(1, 0.5, 2, ""),
        text("wide"), number(1), number(1), number(NONE), number(NONE), interval(1, 0.25, 4, "")};
    const rsp_result_table t = effects_of(cells, 2);
    double half[8];
    rsp_text out = {0};
    figure_forest(&out, &t, "Cox");
    assert_int_equal(squares(out.data, half), 2);
    assert_true(fabs(half[0] / half[1] - 2) < 0.01); /* lengths have two decimals */
    rsp_text_fini(&out);
}

static void an_interval_that_leaves_the_axis_ends_in_an_arrow(void **state)
{
    (void)state;
    rsp_cell cells[] = {
        text("a"), number(1), number(1), number(NONE), number(NONE), interval(1, 0.5, 2, "")};
    const rsp_result_table t = effects_of(cells, 1);
    rsp_text inside = {0}, beyond = {0};
    figure_forest(&inside, &t, "Cox");
    cells[5].high = (double)INFINITY;
    figure_forest(&beyond, &t, "Cox");
    assert_int_equal(count(beyond.data, "stroke-width=\"1.80\""),
                     count(inside.data, "stroke-width=\"1.80\"") + 2);
    assert_non_null(strstr(beyond.data, "to not reached)"));
    rsp_text_fini(&inside);
    rsp_text_fini(&beyond);
}

static void only_rows_of_one_scale_share_an_axis(void **state)
{
    (void)state;
    const rsp_cell cells[] = {
        text("difference"), number(1), number(1), number(NONE), number(NONE), interval(10, -2, 22, ""),
        text("ratio"), number(1), number(1), number(NONE), number(NONE), interval(1.5, 0.9, 2, "")};
    rsp_result_table t = effects_of(cells, 2);
    t.figure.log = false;
    t.figure.only = "difference";
    rsp_text out = {0};
    figure_forest(&out, &t, "RMST");
    assert_int_equal(forest_rows(&t), 1);
    assert_null(strstr(out.data, ">ratio"));
    assert_non_null(strstr(out.data, ">20<"));
    rsp_text_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forest_says_estimates_intervals_events_and_n),
        cmocka_unit_test(the_area_of_a_square_goes_with_the_inverse_of_the_variance),
        cmocka_unit_test(an_interval_that_leaves_the_axis_ends_in_an_arrow),
        cmocka_unit_test(only_rows_of_one_scale_share_an_axis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
