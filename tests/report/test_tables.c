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

/* ---- Before and after. */
static const rsp_result_column pair_columns[] = {
    {"participant", "participant", "", RSP_CELL_TEXT, false},
    {"group", "group", "", RSP_CELL_TEXT, false},
    {"before", "before", "", RSP_CELL_NUMBER, false},
    {"after", "after", "", RSP_CELL_NUMBER, false},
    {"change", "change", "log10", RSP_CELL_NUMBER, false},
    {"before_is", "before is", "", RSP_CELL_TEXT, false},
    {"after_is", "after is", "", RSP_CELL_TEXT, false}};
static const rsp_cell *pair_cells(rsp_cell cells[28])
{
    const double before[] = {100, 10, 1000, 50}, after[] = {10, 20, 20, 50};
    for (size_t i = 0; i < 4; i++) {
        rsp_cell *c = cells + 7 * i;
        c[0] = text("P");
        c[1] = text(i < 2 ? "a" : "b");
        c[2] = number(before[i]);
        c[3] = number(after[i]);
        c[4] = number(log10(after[i] / before[i]));
        c[5] = text("a number");
        c[6] = text(i == 2 ? "below its limit" : "a number");
    }
    return cells;
}

static rsp_result_table pairs_table(rsp_cell cells[28])
{
    return (rsp_result_table){.key = "pairs", .title = "", .columns = pair_columns, .n_columns = 7,
                              .cells = pair_cells(cells), .n_rows = 4,
                              .figure = {.kind = RSP_FIGURE_PAIRS, .x = 2, .y = 3, .log = true,
                                         .x_label = "intact_before", .y_label = "intact_after"}};
}

static void each_participant_has_two_marks_open_at_a_limit(void **state)
{
    (void)state;
    rsp_cell cells[28];
    const rsp_result_table t = pairs_table(cells);
    rsp_text out = {0};
    figure_pairs(&out, &t, "Reservoir", NULL);
    assert_int_equal(count(out.data, "stroke-width=\"1.30\""), 4); /* lines */
    assert_int_equal(count(out.data, "fill=\"#ffffff\" stroke=\"#"), 1);
    assert_non_null(strstr(out.data, ">limit 20<"));
    assert_non_null(strstr(out.data, ">a (n = 2)<"));
    assert_non_null(strstr(out.data, "lower after in 2."));
    rsp_text_fini(&out);
}

static void a_waterfall_falls(void **state)
{
    (void)state;
    rsp_cell cells[28];
    const rsp_result_table t = pairs_table(cells);
    rsp_text out = {0};
    figure_waterfall(&out, &t, "Reservoir", NULL);
    double last = -1, x, y, w, h, end = 0;
    size_t n = 0, open = 0;
    const char *at = strstr(out.data, "<rect") + 1; /* the page */
    for (; (at = strstr(at, "<rect")) != NULL; at++, n++) {
        assert_int_equal(sscanf(at, "<rect x=\"%lf\" y=\"%lf\" width=\"%lf\" height=\"%lf\"", &x,
                                &y, &w, &h), 4);
        end = n == 0 ? y : y + h; /* only the first rises */
        assert_true(end >= last);
        last = end;
        open += strncmp(strstr(at, "fill="), "fill=\"#ffffff\"", 14) == 0;
    }
    assert_int_equal(n, 4);
    assert_int_equal(open, 1);
    assert_non_null(strstr(out.data, "from 0.301 to -1.7."));
    rsp_text_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forest_says_estimates_intervals_events_and_n),
        cmocka_unit_test(the_area_of_a_square_goes_with_the_inverse_of_the_variance),
        cmocka_unit_test(an_interval_that_leaves_the_axis_ends_in_an_arrow),
        cmocka_unit_test(only_rows_of_one_scale_share_an_axis),
        cmocka_unit_test(each_participant_has_two_marks_open_at_a_limit),
        cmocka_unit_test(a_waterfall_falls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
