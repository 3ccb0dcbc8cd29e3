#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "boxes.h"
#include "report/figures.h"
#include "report/people.h"
#include "respite/report.h"

/* The figures of participants in the report of an analysed data set. */

typedef struct page {
    rsp_dataset_maker *rows;
    rsp_analysis *plan;
    rsp_results *results;
    rsp_text html;
} page;

static const char *const ARMS[] = {"A & <b>", "control"};
enum { PEOPLE = 6 /* of each arm */, GAP = 3 /* the week that one missed */ };

static void happens(page *p, uint32_t who, uint32_t arm, double day, const char *what)
{
    rsp_happening row = {.participant = who, .arm = arm, .day = day, .what = what,
                         .amount = (double)NAN,
                         .reason = strcmp(what, "start art") == 0 ? "own wish" : ""};
    assert_int_equal(rsp_dataset_add_happening(p->rows, &row, NULL), RSP_OK);
}

static void sample(page *p, uint32_t who, uint32_t arm, double day, rsp_result_state state,
                   double value)
{
    rsp_measurement row = {.participant = who, .arm = arm, .day = day, .planned_day = day,
                           .assay = "viral_load", .unit = "copies/mL", .state = state,
                           .value = value, .lloq = 50, .reason = ""};
    assert_int_equal(rsp_dataset_add_measurement(p->rows, &row, NULL), RSP_OK);
}

/* Of each arm: 0 too young, 1 without data, 2 never stops ART, the rest do; 3 restarts.
 * Only arm 0 is infused, but for its 2. */
static void one_person(page *p, uint32_t who, uint32_t arm)
{
    char id[16];
    const double age[] = {who == 0 ? 17 : 40, arm == 1 && who == 2 ? 4 : 0};
    snprintf(id, sizeof id, "P%u%u", arm, who);
    rsp_subject row = {.participant = who, .arm = arm, .failed = who == 1, .reason = "",
                       .covariates = age, .id = id};
    assert_int_equal(rsp_dataset_add_subject(p->rows, &row, NULL), RSP_OK);
    if (arm == 0 && who != 2) {
        happens(p, who, arm, 0, "infuse");
    }
    if (who != 2) {
        happens(p, who, arm, 28, "stop art");
    }
    if (who == 3) {
        happens(p, who, arm, 70, "start art");
    }
    happens(p, who, arm, 112, "end");
    for (int week = 0; week < 7; week++) {
        if (who != 4 || week != GAP) {
            sample(p, who, arm, 28 + 7 * week, week < 2 ? RSP_NOT_DETECTED : RSP_NUMBER,
                   100.0 * (week + 1));
        }
    }
}

static void write_page(page *p, const char *plan)
{
    const rsp_report_context context = {.command = "respite analyze", .version = "0",
                                        .commit = "c0ffee", .compiler = "cc", .isa = "base"};
    rsp_error err = {0};
    rsp_dataset_sort(p->rows);
    const rsp_analysis_data data = {.rows = rsp_dataset_view(p->rows)};
    rsp_status s = rsp_analysis_read_text("plan", plan, strlen(plan), &p->plan, &err);
    s = s == RSP_OK ? rsp_analysis_run(p->plan, &data, &p->results, &err) : s;
    s = s == RSP_OK ? rsp_report_analysis(rsp_results_of(p->results), data.rows, &context, &p->html,
                                          &err)
                    : s;
    if (s != RSP_OK) {
        fail_msg("%s", err.message);
    }
}

static void make(page *p)
{
    static const char *const covariates[] = {"age", "screened_out"};
    *p = (page){.rows = rsp_dataset_new("made", ARMS, 2, covariates, 2)};
    for (uint32_t arm = 0; arm < 2; arm++) {
        for (uint32_t who = 0; who < PEOPLE; who++) {
            one_person(p, who, arm);
        }
    }
    write_page(p, "analysis: Made\ndata: {file: none.csv, subject: id}\n"
                  "population: {where: [age >= 18]}\nthreshold: 200\nanalyses:\n  - {kind: viral_load, control: control}\n");
}

static void drop(page *p)
{
    rsp_results_free(p->results);
    rsp_analysis_free(p->plan);
    rsp_dataset_free(p->rows);
    rsp_text_fini(&p->html);
}

static const char *section(const page *p, const char *id)
{
    char mark[60];
    snprintf(mark, sizeof mark, "<h2 id=\"%s\">", id);
    const char *at = strstr(p->html.data, mark);
    assert_non_null(at);
    return at;
}

/* The number in the box of that label in the figure at `from`. */
static size_t box(const char *from, const char *label)
{
    char mark[80];
    size_t n = 0;
    const char *end = strstr(from, "</svg>");
    snprintf(mark, sizeof mark, ">%s</text>", label);
    const char *at = strstr(from, mark);
    if (!at || at > end) {
        fail_msg("no box '%s'", label);
    }
    at = strstr(at, "n = ");
    assert_int_equal(sscanf(at, "n = %zu", &n), 1);
    return n;
}

static void the_flow_of_a_data_set_sums_and_says_why_people_left(void **state)
{
    (void)state;
    page p;
    make(&p);
    const char *at = strstr(section(&p, "people"), "<svg");
    assert_int_equal(box(at, "in the data"), PEOPLE);
    assert_int_equal(box(at, "without data"), 1);
    assert_int_equal(box(at, "with data"), PEOPLE - 1);
    assert_int_equal(box(at, "not in the population"), 1);
    assert_int_equal(box(at, "analysed"), 4);
    assert_int_equal(box(at, "not infused"), 1);
    assert_int_equal(box(at, "infused"), 3);
    assert_int_equal(box(at, "stopped ART"), 3);
    assert_int_equal(box(at, "ART restarted"), 1);
    assert_int_equal(box(at, "off ART at the end"), 2);
    const char *other = strstr(strstr(at, "</svg>"), "<svg"); /* its arm screened four out */
    assert_int_equal(box(other, "screened for the arm"), PEOPLE + 4);
    assert_int_equal(box(other, "not eligible"), 4);
    assert_int_equal(box(other, "in the data"), PEOPLE);
    const char *young = strstr(at, ">not age &gt;= 18: 1</text>");
    const char *wish = strstr(at, ">own wish: 1</text>"), *end = strstr(at, "</svg>");
    assert_true(young && young < end && wish && wish < end);
    at = strstr(at + 1, "<svg"); /* nobody there was to be infused */
    assert_int_equal(box(at, "analysed"), 4);
    assert_int_equal(box(at, "did not stop ART"), 1);
    assert_int_equal(box(at, "stopped ART"), 3);
    drop(&p);
}

/* One quantified sample, one above the upper limit: the axis reaches the limit. */
static void a_course_reaches_the_upper_limit_where_it_was_exceeded(void **state)
{
    (void)state;
    rsp_dataset_maker *m = rsp_dataset_new("s", ARMS, 2, NULL, 0);
    const rsp_subject who = {.reason = "", .id = ""};
    const rsp_happening stop = {.what = "stop art", .amount = (double)NAN, .reason = ""};
    rsp_measurement row = {.day = 7, .planned_day = 7, .assay = "viral_load", .unit = "copies/mL",
                           .state = RSP_NUMBER, .value = 300, .lloq = 50, .reason = ""};
    assert_int_equal(rsp_dataset_add_subject(m, &who, NULL), RSP_OK);
    assert_int_equal(rsp_dataset_add_happening(m, &stop, NULL), RSP_OK);
    assert_int_equal(rsp_dataset_add_measurement(m, &row, NULL), RSP_OK);
    row.day = row.planned_day = 14;
    row.state = RSP_ABOVE_ULOQ;
    row.value = (double)NAN;
    row.uloq = 1e6;
    assert_int_equal(rsp_dataset_add_measurement(m, &row, NULL), RSP_OK);
    rsp_dataset_sort(m);
    cohort c;
    assay_facts facts;
    cohort_of_data(&c, rsp_dataset_view(m), NULL, NULL);
    assert_true(assay_look(&c, "viral_load", &facts));
    assert_true(facts.least == 300 && facts.most == 1e6);
    rsp_dataset_free(m);
}

static void a_flow_that_does_not_sum_is_not_drawn(void **state)
{
    (void)state;
    rsp_text out = {0};
    const arm_style style = {COLOUR_BLUE, NULL, SVG_SQUARE};
    flow f = {.steps = {{.label = "in the data", .n = 10},
                        {.label = "analysed", .n = 7, .left_as = "left", .left = 3,
                         .why = {.v = {{"too young", 2}, {NULL, 1}}, .n = 2}}},
              .ends = {{.label = "died", .n = 3}, {.label = "lives", .n = 4}},
              .n_steps = 2, .n_ends = 2};
    assert_true(flow_sums(&f) && figure_flow(&out, "a", style, &f));
    f.steps[1].left = 2;
    size_t length = out.length;
    assert_false(figure_flow(&out, "a", style, &f));
    f.steps[1].left = 3;
    f.ends[1].n = 5;
    assert_false(figure_flow(&out, "a", style, &f));
    f.ends[1].n = 4;
    f.steps[1].why.v[0].n = 3;
    assert_false(figure_flow(&out, "a", style, &f));
    assert_int_equal(out.length, length);
    rsp_text_fini(&out);
}

static const char *element(const page *p, uint32_t arm, uint32_t who)
{
    char mark[80];
    snprintf(mark, sizeof mark, "data-arm=\"%u\" data-who=\"%u\"", arm, who + 1);
    return strstr(section(p, "courses"), mark);
}

static size_t count(const char *from, const char *to, const char *what)
{
    size_t n = 0;
    for (; (from = strstr(from, what)) != NULL && from < to; from++) {
        n++;
    }
    return n;
}

static void only_those_analysed_who_stopped_are_drawn(void **state)
{
    (void)state;
    page p;
    make(&p);
    for (uint32_t arm = 0; arm < 2; arm++) {
        for (uint32_t who = 0; who < PEOPLE; who++) {
            const char *at = element(&p, arm, who);
            const char *end = at ? strstr(at, "</g>") : NULL;
            size_t marks = at ? count(at, end, "fill=\"#") : 0;
            assert_int_equal(marks, who < 3 ? 0 : who == 4 ? 6 : 7);
        }
    }
    drop(&p);
}

static void no_line_runs_through_a_visit_that_others_came_to(void **state)
{
    (void)state;
    page p;
    make(&p);
    const char *whole = element(&p, 0, 5), *gap = element(&p, 0, 4);
    assert_int_equal(count(whole, strstr(whole, "</g>"), "<path fill=\"none\""), 1);
    assert_int_equal(count(gap, strstr(gap, "</g>"), "<path fill=\"none\""), 2);
    drop(&p);
}

static void a_restart_of_art_is_marked_once_on_the_course_and_on_the_bar(void **state)
{
    (void)state;
    page p;
    make(&p);
    const char *one = element(&p, 1, 3), *none = element(&p, 1, 5);
    assert_int_equal(count(one, strstr(one, "</g>"), "stroke-width=\"1.60\""), 1);
    assert_int_equal(count(none, strstr(none, "</g>"), "stroke-width=\"1.60\""), 0);
    const char *bars = strstr(section(&p, "courses"), "Time off ART");
    assert_non_null(bars);
    assert_non_null(strstr(bars, ">P13</text>"));
    assert_null(strstr(bars, ">P10</text>")); /* too young */
    drop(&p);
}

/* As high as the values from it on. */
static void the_threshold_of_the_plan_is_shaded_on_viral_load(void **state)
{
    (void)state;
    page p;
    make(&p);
    const char *at = strstr(strstr(section(&p, "courses"), "Viral load"), "fill=\"" COLOUR_ORANGE "\"");
    assert_non_null(at);
    double x, y, w, h, top;
    while (strncmp(at, "<rect", 5) != 0) {
        at--;
    }
    assert_int_equal(sscanf(at, "<rect x=\"%lf\" y=\"%lf\" width=\"%lf\" height=\"%lf\"", &x, &y,
                            &w, &h), 4);
    const char *label = strstr(at, ">from 200<"), *mark = strstr(at, "<circle");
    assert_non_null(label);
    for (; (mark = strstr(mark, "<circle")) != NULL && mark < strstr(at, "</svg>"); mark++) {
        assert_int_equal(sscanf(mark, "<circle cx=\"%lf\" cy=\"%lf\"", &x, &top), 2);
        const char *fill = strstr(mark, "fill=\"");
        if (strncmp(fill, "fill=\"#fff", 10) == 0) { /* below the limit of 50 */
            assert_true(top > y + h);
        } else { /* 300 and more */
            assert_true(top < y + h);
        }
    }
    drop(&p);
}

static void what_the_data_do_not_hold_is_not_drawn(void **state)
{
    (void)state;
    page p = {.rows = rsp_dataset_new("bare", ARMS, 2, (const char *const[]){"age"}, 1)};
    for (uint32_t who = 0; who < 4; who++) {
        const double age[] = {20.0 + who};
        rsp_subject row = {.participant = who, .arm = who % 2, .reason = "", .covariates = age,
                           .id = ""};
        assert_int_equal(rsp_dataset_add_subject(p.rows, &row, NULL), RSP_OK);
    }
    write_page(&p, "analysis: Bare\ndata: {file: none.csv, subject: id}\nanalyses:\n"
                   "  - {kind: groups, outcome: age}\n");
    assert_null(strstr(p.html.data, "id=\"courses\""));
    const char *at = strstr(section(&p, "people"), "<svg");
    assert_int_equal(box(at, "analysed"), 2);
    assert_int_equal(count(at, strstr(at, "</svg>"), "<rect"), 4); /* page, arm, two boxes */
    drop(&p);
}

static void every_figure_has_a_title_and_a_description(void **state)
{
    (void)state;
    page p;
    make(&p);
    size_t n = 0;
    for (const char *at = p.html.data; (at = strstr(at, "<svg")) != NULL; at++, n++) {
        const char *end = strstr(at, "</svg>"), *title = strstr(at, "<title>");
        const char *desc = strstr(at, "<desc>");
        assert_true(title && title < end && title[7] != '<');
        assert_true(desc && desc < end && desc[6] != '<');
        const char *size = at;
        while ((size = strstr(size + 1, "font-size=\"")) != NULL && size < end) {
            double px = 0;
            assert_int_equal(sscanf(size, "font-size=\"%lf", &px), 1);
            assert_true(px >= 8.0 * 4 / 3); /* 8 pt */
        }
    }
    assert_true(n >= 5);
    drop(&p);
}

/* ---- Bars are named whole enough to find their rows, and by what their time is. */
static void bars_of_long_names_are_not_cut_and_say_what_their_time_is(void **state)
{
    (void)state;
    static const char *const arms[] = {"unmodified cells after lymphodepletion", "1e9 cells"};
    rsp_dataset_maker *rows = rsp_dataset_new("made", arms, 2, NULL, 0);
    assert_non_null(rows);
    for (uint32_t who = 0; who < 4; who++) {
        uint32_t id = who < 2 ? who : 100000 + who; /* of a randomised study */
        const rsp_subject row = {.participant = id, .arm = who / 2, .reason = ""};
        const rsp_happening end = {.participant = id, .arm = who / 2, .day = 70, .what = "end",
                                   .amount = NAN, .reason = ""};
        assert_int_equal(rsp_dataset_add_subject(rows, &row, NULL), RSP_OK);
        assert_int_equal(rsp_dataset_add_happening(rows, &end, NULL), RSP_OK);
    }
    cohort c = {.rows = rsp_dataset_view(rows), .from = "start", .whose = "the first replicate trial"};
    for (size_t a = 0; a < 2; a++) {
        c.styles[a] = style_of_kind(a, 0);
    }
    rsp_text out = {0};
    figure_swimmer(&out, &c);
    assert_int_equal(swimmers(&c), 4);
    assert_nothing_cut_nor_covered(out.data);
    assert_non_null(strstr(out.data, ">10\xe2\x81\xb9 cells 100003<"));
    assert_non_null(strstr(out.data, ">weeks of follow-up<"));
    assert_null(strstr(out.data, "off ART"));
    rsp_text_fini(&out);
    rsp_dataset_free(rows);
}

static void axes_name_assays_as_the_field_does(void **state)
{
    (void)state;
    char text[340];
    assert_string_equal(assay_label("gut_rna", "copies/1e6 cells", text), "Gut RNA, copies per million cells");
    assert_string_equal(assay_label("crs_grade", "1", text), "CRS grade");
    assert_string_equal(assay_label("escape_fraction", "1", text), "Escape: resistant share of the virus");
    assert_string_equal(assay_label("il6", "pg/mL", text), "IL-6, pg/mL");
    assert_string_equal(weeks_since("infuse", text), "weeks since infusion");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_flow_of_a_data_set_sums_and_says_why_people_left),
        cmocka_unit_test(a_course_reaches_the_upper_limit_where_it_was_exceeded),
        cmocka_unit_test(a_flow_that_does_not_sum_is_not_drawn),
        cmocka_unit_test(only_those_analysed_who_stopped_are_drawn),
        cmocka_unit_test(no_line_runs_through_a_visit_that_others_came_to),
        cmocka_unit_test(a_restart_of_art_is_marked_once_on_the_course_and_on_the_bar),
        cmocka_unit_test(the_threshold_of_the_plan_is_shaded_on_viral_load),
        cmocka_unit_test(what_the_data_do_not_hold_is_not_drawn),
        cmocka_unit_test(every_figure_has_a_title_and_a_description),
        cmocka_unit_test(bars_of_long_names_are_not_cut_and_say_what_their_time_is),
        cmocka_unit_test(axes_name_assays_as_the_field_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
