#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "boxes.h"
#include "report/figures.h"
#include "report/html.h"
#include "report/people.h"

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
    const rsp_result r = {.name = "Cox", .tables = &t, .n_tables = 1};
    figure_table(&out, &t, &r, NULL);
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

/* ---- Curves. */
static const rsp_result_column curve_columns[] = {
    {"group", "group", "", RSP_CELL_TEXT, false},
    {"day", "day", "", RSP_CELL_NUMBER, false},
    {"at_risk", "at risk", "", RSP_CELL_COUNT, false},
    {"event_free", "event-free", "", RSP_CELL_SHARE, true},
    {"censored", "censored", "", RSP_CELL_COUNT, false}};
enum { STEPS = 10 };

/* One leaves a week, from ten. */
static rsp_result_table curve_of(rsp_cell cells[5 * STEPS])
{
    for (size_t i = 0; i < STEPS; i++) {
        double s = 1 - (double)(i + 1) / STEPS;
        cells[5 * i] = text("a");
        cells[5 * i + 1] = number(10 * (double)(i + 1));
        cells[5 * i + 2] = number(STEPS - (double)i);
        cells[5 * i + 3] = interval(s, s / 2, s + (1 - s) / 2, "");
        cells[5 * i + 4] = number(0);
    }
    return (rsp_result_table){.key = "curve", .columns = curve_columns, .n_columns = 5,
                              .cells = cells, .n_rows = STEPS,
                              .figure = {.kind = RSP_FIGURE_STEPS, .x = 1, .y = 3, .at_risk = 2,
                                         .censored = 4, .x_label = "days", .y_label = "share"}};
}

static void a_curve_ends_where_fewer_than_three_are_at_risk(void **state)
{
    (void)state;
    rsp_cell cells[5 * STEPS];
    const rsp_result_table t = curve_of(cells);
    const rsp_result r = {.name = "curve", .tables = &t, .n_tables = 1};
    rsp_text out = {0};
    figure_table(&out, &t, &r, NULL);
    const char *curve = strstr(out.data, "<path fill=\"none\"");
    const char *end = strstr(curve, "/>");
    size_t steps = 0;
    for (; (curve = strchr(curve, 'H')) != NULL && curve < end; curve++, steps++) {
    }
    assert_int_equal(steps, 8); /* at 3, not at 2 and 1 */
    assert_non_null(strstr(out.data, ">at risk<"));
    assert_non_null(strstr(out.data, ">3</text>")); /* on day 80 */
    rsp_text_fini(&out);
}

static void the_legend_has_events_and_median_of_the_table_beside_it(void **state)
{
    (void)state;
    static const rsp_result_column columns[] = {
        {"group", "group", "", RSP_CELL_TEXT, false}, {"n", "n", "", RSP_CELL_COUNT, false},
        {"events", "events", "", RSP_CELL_COUNT, false},
        {"share", "quantile", "", RSP_CELL_SHARE, false},
        {"time", "time", "days", RSP_CELL_NUMBER, true}};
    const rsp_cell quantiles[] = {
        text("a"), number(10), number(9), number(0.25), interval(30, 10, 50, ""),
        text("a"), number(10), number(9), number(0.5), interval(50, 20, 80, "")};
    rsp_cell cells[5 * STEPS];
    const rsp_result_table tables[] = {
        {.key = "quantiles", .columns = columns, .n_columns = 5, .cells = quantiles, .n_rows = 2},
        curve_of(cells)};
    const rsp_result r = {.name = "curve", .tables = tables, .n_tables = 2};
    rsp_text out = {0};
    figure_table(&out, &tables[1], &r, NULL);
    assert_non_null(strstr(out.data, ">a: 9 of 10, median 50 (20 to 80)<"));
    rsp_text_fini(&out);
}

static void events_between_visits_are_boxes_as_high_as_their_share(void **state)
{
    (void)state;
    static const rsp_result_column columns[] = {
        {"group", "group", "", RSP_CELL_TEXT, false}, {"left", "after", "", RSP_CELL_NUMBER, false},
        {"right", "until", "", RSP_CELL_NUMBER, false}, {"s", "s", "", RSP_CELL_SHARE, false}};
    const rsp_cell cells[] = {text("a"), number(0), number(7), number(0.75),
                              text("a"), number(14), number(28), number(0.25),
                              text("a"), number(28), number((double)INFINITY), number(0)};
    const rsp_result_table t = {.key = "pieces", .columns = columns, .n_columns = 4, .cells = cells,
                                .n_rows = 3,
                                .figure = {.kind = RSP_FIGURE_BOXES, .x = 1, .y = 3,
                                           .at_risk = SIZE_MAX, .censored = SIZE_MAX,
                                           .x_label = "days", .y_label = "share"}};
    const rsp_result r = {.name = "between visits", .tables = &t, .n_tables = 1};
    rsp_text out = {0};
    double x, y, w[2], h[2];
    figure_table(&out, &t, &r, NULL);
    const char *at = strstr(out.data, "<rect") + 1; /* the page */
    for (size_t i = 0; i < 2; i++, at++) {
        at = strstr(at, "<rect");
        assert_non_null(at);
        assert_int_equal(sscanf(at, "<rect x=\"%lf\" y=\"%lf\" width=\"%lf\" height=\"%lf\"", &x,
                                &y, &w[i], &h[i]), 4);
    }
    assert_true(fabs(h[1] - 2 * h[0]) < 0.05 && fabs(w[1] - 2 * w[0]) < 0.05); /* two decimals */
    assert_null(strstr(at, "<rect")); /* what was never seen has no box */
    rsp_text_fini(&out);
}

/* ---- p, names whole, controls from elsewhere. */
static void a_forest_gives_p_where_its_table_does_and_no_label_is_cut(void **state)
{
    (void)state;
    static const rsp_result_column columns[] = {
        {"contrast", "contrast", "", RSP_CELL_TEXT, false},
        {"estimate", "estimate", "", RSP_CELL_NUMBER, true},
        {"p", "p", "", RSP_CELL_P, false}};
    const rsp_cell cells[] = {
        text("restricted mean of the days off ART, two infusions with lymphodepletion against standard of care"),
        interval(10.8, 1.91, 19.7, ""), number(0.0173),
        text("short"), interval(20000, 10000, 30000, ""), number(1e-9)};
    const rsp_result_table t = {.key = "contrasts", .title = "c", .columns = columns, .n_columns = 3,
                                .cells = cells, .n_rows = 2,
                                .figure = {.kind = RSP_FIGURE_FOREST, .x = 1, .x_label = "days"}};
    rsp_text out = {0};
    figure_forest(&out, &t, "RMST");
    assert_non_null(strstr(out.data, ">10.8 (1.91 to 19.7), p = 0.017<"));
    assert_non_null(strstr(out.data, "p &lt; 0.001<"));
    assert_non_null(strstr(out.data, "standard of care<"));
    assert_nothing_cut_nor_covered(out.data);
    rsp_text_fini(&out);
}

static void curves_have_the_p_of_their_log_rank_test_and_groups_their_whole_names(void **state)
{
    (void)state;
    static const rsp_result_column columns[] = {
        {"test", "test", "", RSP_CELL_TEXT, false}, {"p", "p", "", RSP_CELL_P, false}};
    const rsp_cell tested[] = {text("log-rank, stratified"), number(0.0562)};
    const rsp_result_table test = {.key = "test", .columns = columns, .n_columns = 2, .cells = tested,
                                   .n_rows = 1};
    const rsp_result compare = {.name = "compare", .tables = &test, .n_tables = 1};
    rsp_cell cells[5 * STEPS];
    const rsp_result_table t = curve_of(cells);
    for (size_t i = 0; i < STEPS; i++) {
        cells[5 * i] = text("two infusions after lymphodepletion, and an antibody");
    }
    const rsp_result r = {.name = "curve", .tables = &t, .n_tables = 1, .test = &compare};
    rsp_text out = {0};
    figure_table(&out, &t, &r, NULL);
    assert_non_null(strstr(out.data, ">log-rank, stratified p = 0.056<"));
    assert_nothing_cut_nor_covered(out.data);
    assert_null(strstr(out.data, "\xe2\x80\xa6")); /* no ellipsis */
    rsp_text_fini(&out);
}

static void arms_that_the_plan_calls_historical_are_grey(void **state)
{
    (void)state;
    static const char *const arms[] = {"CAR T", "registry"};
    rsp_dataset_maker *rows = rsp_dataset_new("made", arms, 2, NULL, 0);
    assert_non_null(rows);
    for (uint32_t a = 0; a < 2; a++) {
        const rsp_subject row = {.participant = a, .arm = a, .reason = ""};
        assert_int_equal(rsp_dataset_add_subject(rows, &row, NULL), RSP_OK);
    }
    rsp_result item = {.kind = "propensity"};
    static const bool none[] = {false, false}, second[] = {false, true};
    rsp_results_view v = {.items = &item, .n = 1, .control = "CAR T", .historical = second};
    cohort c;
    assert_true(cohort_of_results(&c, &v, rsp_dataset_view(rows)));
    assert_string_equal(c.styles[1].colour, COLOUR_SOFT);
    assert_string_not_equal(c.styles[0].colour, COLOUR_SOFT);
    assert_true(c.historical);
    v.historical = none; /* weights by propensity alone say nothing of it */
    assert_true(cohort_of_results(&c, &v, rsp_dataset_view(rows)));
    assert_false(c.historical);
    assert_string_not_equal(c.styles[1].colour, COLOUR_SOFT);
    assert_string_not_equal(c.styles[0].colour, COLOUR_SOFT);
    rsp_dataset_free(rows);
}

static void twelve_arms_of_a_kind_are_told_apart(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < 2; kind++) {
        for (size_t i = 0; i < 12; i++) {
            for (size_t k = 0; k < i; k++) {
                arm_style a = style_of_kind(kind, i), b = style_of_kind(kind, k);
                assert_true(a.colour != b.colour || a.dash != b.dash);
                assert_true(a.colour != b.colour || a.shape != b.shape);
            }
        }
    }
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
        cmocka_unit_test(a_curve_ends_where_fewer_than_three_are_at_risk),
        cmocka_unit_test(the_legend_has_events_and_median_of_the_table_beside_it),
        cmocka_unit_test(events_between_visits_are_boxes_as_high_as_their_share),
        cmocka_unit_test(a_forest_gives_p_where_its_table_does_and_no_label_is_cut),
        cmocka_unit_test(curves_have_the_p_of_their_log_rank_test_and_groups_their_whole_names),
        cmocka_unit_test(arms_that_the_plan_calls_historical_are_grey),
        cmocka_unit_test(twelve_arms_of_a_kind_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
