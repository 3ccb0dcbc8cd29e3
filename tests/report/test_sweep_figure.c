#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "boxes.h"
#include "report/sweep_labels.h"

/* The figure of a sweep, read back from its SVG. */

enum { MOST_LINES = 12 };

/* ---- A sweep of some curves along some levels. */
typedef struct swept {
    rsp_sweep_point points[MOST_NAMES][MOST_NAMES];
    rsp_sweep_curve curves[MOST_NAMES];
    rsp_sweep_outcome outcome;
    rsp_sweep sweep;
} swept;

static void sweep_of(swept *w, const char *const *levels, size_t n_levels, const char *const *names,
                     size_t n_curves, double top)
{
    *w = (swept){.outcome = {.statistic = "a.mean", .label = "an outcome", .unit = "copies/ug",
                             .curves = w->curves, .n_curves = n_curves},
                 .sweep = {.over = "what is turned", .unit = "week", .against = "none",
                           .outcomes = &w->outcome, .n_outcomes = 1}};
    for (size_t c = 0; c < n_curves; c++) {
        w->curves[c] = (rsp_sweep_curve){.name = names[c], .points = w->points[c], .n_points = n_levels};
        for (size_t i = 0; i < n_levels; i++) {
            double v, y = top * (double)(c + i + 1) / (double)(n_curves + n_levels);
            bool number = rsp_number_read(levels[i], strlen(levels[i]), &v);
            w->points[c][i] = (rsp_sweep_point){.level = levels[i], .value = number ? v : (double)NAN,
                                                .arm = names[c], .n = 10,
                                                .estimate = {y, 0.9 * y, 1.1 * y}};
        }
    }
}

static char *drawn(const swept *w)
{
    rsp_text out = {0};
    figure_sweep(&out, &w->sweep);
    assert_false(out.failed);
    return out.data;
}

static const char *const two[] = {"CAR T", "no CAR T"};
#define COUNT(a) (sizeof(a) / sizeof *(a))

/* A level is there whole, or its lines are, one after another. */
static void assert_named(const char *svg, const char *level)
{
    char text[48];
    const char *name = sweep_level(level, text), *at = svg;
    for (size_t n; *name; name += n + (name[n] == ' ')) {
        n = strcspn(name, " ");
        char word[200];
        snprintf(word, sizeof word, "%.*s", (int)n, name);
        at = strstr(at, word);
        if (!at) {
            fail_msg("level '%s' has no name: '%s' is missing", level, word);
        }
    }
}

static void check_levels(const char *const *levels, size_t n, double top)
{
    swept *w = malloc(sizeof *w);
    assert_non_null(w);
    for (int log = 0; log < 2; log++) {
        sweep_of(w, levels, n, two, COUNT(two), top);
        w->sweep.log = log && w->points[0][n - 1].value > 0;
        char *svg = drawn(w);
        assert_nothing_cut_nor_covered(svg);
        const char *axis = strstr(svg, "</desc>");
        for (size_t i = 0; i < n; i++) {
            assert_named(axis, levels[i]);
        }
        free(svg);
    }
    free(w);
}

static void every_level_is_named_and_no_name_is_cut_or_covered(void **state)
{
    (void)state;
    static const char *const ten[] = {"none", "boosts", "LRA", "VRC01", "bNAb", "IL-15", "LD", "vaccine",
                                      "CCR5", "both"};
    static const char *const constructs[] = {"4-1BB", "none (zeta alone)", "CD28", "both", "both, PD-1 down",
                                             "all three down", "all down, half CD4+"};
    static const char *const doses[] = {"none", "1e6", "1e7", "1e8", "1e9", "1e10", "3e10"};
    static const char *const long_names[] = {
        "lymphodepletion with fludarabine and cyclophosphamide, then one infusion of 1e9 cells",
        "an antibody against another epitope at the interruption",
        "pembrolizumab-nivolumab-atezolizumab-durvalumab", "nothing",
        "a vaccine that raises CTL", "CCR5 edited in a third of CD4+ cells"};
    static const char *const near[] = {"1000000", "1.1e6", "1.2e6", "1.3e6", "2e8"};
    static const char *const large[] = {"10000", "20000", "30000", "99999"};
    check_levels(ten, COUNT(ten), 100);
    check_levels(constructs, COUNT(constructs), 100);
    check_levels(doses, COUNT(doses), 100);
    check_levels(long_names, COUNT(long_names), 100);
    check_levels(near, COUNT(near), 100);
    check_levels(large, COUNT(large), 100);
}

static void as_many_levels_as_a_study_may_have_are_named(void **state)
{
    (void)state;
    static char text[MOST_NAMES][16];
    const char *levels[MOST_NAMES];
    for (int words = 0; words < 2; words++) {
        for (int i = 0; i < MOST_NAMES; i++) {
            snprintf(text[i], sizeof text[i], words ? "level %d" : "%d", i + 1);
            levels[i] = text[i];
        }
        check_levels(levels, MOST_NAMES, 1);
    }
}

static void amounts_of_any_size_fit_beside_the_axis(void **state)
{
    (void)state;
    static const char *const levels[] = {"1", "10", "100"};
    for (int e = -9; e < 16; e++) {
        check_levels(levels, COUNT(levels), 1.5 * pow(10, e));
    }
}

/* ---- Lines. */
static void style_at(const char *at, char style[120])
{
    char colour[16] = "", dash[40] = "";
    const char *end = strstr(at, "/>"), *is = strstr(at, "stroke=\""), *of = strstr(at, "stroke-dasharray=\"");
    assert_true(is && is < end);
    sscanf(is, "stroke=\"%15[^\"]", colour);
    if (of && of < end) {
        sscanf(of, "stroke-dasharray=\"%39[^\"]", dash);
    }
    snprintf(style, 120, "%s|%s", colour, dash);
}

static void twelve_lines_are_told_apart_and_all_named(void **state)
{
    (void)state;
    static const char *const levels[] = {"1", "10", "100"};
    static char names[MOST_LINES][80];
    static char styles[MOST_LINES][120];
    const char *arms[MOST_LINES];
    swept *w = malloc(sizeof *w);
    assert_non_null(w);
    for (int wide = 0; wide < 2; wide++) {
        for (int i = 0; i < MOST_LINES; i++) {
            snprintf(names[i], sizeof names[i], wide ? "arm %c, with a boost and lymphodepletion before a second infusion"
                                                     : "arm %c", 'A' + i);
            arms[i] = names[i];
        }
        sweep_of(w, levels, COUNT(levels), arms, MOST_LINES, 100);
        char *svg = drawn(w);
        assert_nothing_cut_nor_covered(svg);
        const char *at = strstr(svg, "</desc>");
        for (int i = 0; i < MOST_LINES; i++) { /* the legend: a line 32 px long from its edge */
            double x0, y0, x1, y1;
            do {
                at = strstr(at + 1, "<path d=\"M");
                assert_non_null(at);
            } while (sscanf(at, "<path d=\"M%lf %lfL%lf %lf\"", &x0, &y0, &x1, &y1) != 4 || x1 - x0 != 32);
            style_at(at, styles[i]);
            for (int k = 0; k < i; k++) {
                assert_string_not_equal(styles[i], styles[k]);
            }
            const char *name = strstr(at, wide ? ">arm" : names[i]);
            assert_non_null(name);
            assert_true(name - at < 700);
        }
        free(svg);
    }
    free(w);
    for (size_t i = 0; i < 35; i++) {
        for (size_t k = 0; k < i; k++) {
            arm_style a = style_of_curve(i), b = style_of_curve(k);
            assert_true(a.colour != b.colour || a.dash != b.dash);
            assert_true(a.colour != b.colour || a.shape != b.shape);
        }
    }
}

/* ---- What the signs mean. */
static void bands_intervals_and_what_was_not_reached_are_explained(void **state)
{
    (void)state;
    static const char *const levels[] = {"1", "10", "100"};
    swept *w = malloc(sizeof *w);
    assert_non_null(w);
    sweep_of(w, levels, COUNT(levels), two, COUNT(two), 100);
    char *svg = drawn(w);
    assert_non_null(strstr(svg, ">Upright lines: Monte Carlo 95\xc2\xa0% intervals.<"));
    assert_null(strstr(svg, "Mark without"));
    free(svg);
    w->points[0][0].estimate = (rsp_interval){0, 0, 0};
    svg = drawn(w);
    assert_non_null(strstr(svg, "Mark without"));
    assert_nothing_cut_nor_covered(svg);
    free(svg);
    w->curves[1].is_line = true;
    w->curves[1].n_points = 1;
    w->points[0][1].estimate = (rsp_interval){(double)INFINITY, 20, (double)INFINITY};
    svg = drawn(w);
    assert_non_null(strstr(svg, "bands of arms"));
    assert_non_null(strstr(svg, "Open mark with an"));
    assert_nothing_cut_nor_covered(svg);
    free(svg);
    for (size_t i = 0; i < COUNT(levels); i++) {
        for (size_t c = 0; c < COUNT(two); c++) {
            w->points[c][i].estimate = (rsp_interval){1, (double)NAN, (double)NAN};
        }
    }
    svg = drawn(w);
    assert_non_null(strstr(svg, "No Monte Carlo intervals"));
    free(svg);
    free(w);
}

/* A mark that was not estimated is no mark that was not reached. */
static void what_could_not_be_estimated_is_not_drawn(void **state)
{
    (void)state;
    static const char *const levels[] = {"1", "10"};
    static const char *const one[] = {"CAR T"};
    swept *w = malloc(sizeof *w);
    assert_non_null(w);
    sweep_of(w, levels, COUNT(levels), one, 1, 100);
    w->points[0][1].estimate = (rsp_interval){(double)NAN, (double)NAN, (double)NAN};
    char *svg = drawn(w);
    assert_null(strstr(svg, "fill=\"#ffffff\" stroke"));
    assert_non_null(strstr(svg, "no estimate at 10"));
    free(svg);
    free(w);
}

static void numbers_are_written_as_people_do(void **state)
{
    (void)state;
    char text[48];
    assert_string_equal(svg_number(15000, text), "15,000");
    assert_string_equal(svg_number(-0.5, text), "\xe2\x88\x92" "0.5");
    assert_string_equal(svg_number(2.5e7, text), "2.5\xc2\xb7" "10\xe2\x81\xb7");
    assert_string_equal(svg_number(0, text), "0");
    rsp_text out = {0};
    svg_prose(&out, "two boosts of 1e9 Env+ cells, gene1e9 and 2.5e11 cells");
    assert_string_equal(out.data, "two boosts of 10\xe2\x81\xb9 Env+ cells, gene1e9 and 2.5\xc2\xb7" "10\xc2\xb9\xc2\xb9 cells");
    /* Numbers read as on the axes; years, names and what is grouped already stay. */
    static const char *const words[][2] = {
        {"not above 1000 copies/mL", "not above 1,000 copies/mL"},
        {"12345 and 1,500 of 1000000", "12,345 and 1,500 of 1,000,000"},
        {"Liu 2021, NCT04648046, SHIV-1157ipd3N4", "Liu 2021, NCT04648046, SHIV-1157ipd3N4"},
        {"2000 copies/mL in 2000", "2,000 copies/mL in 2000"},
        {"2009-0555, 0.1234, 999", "2009-0555, 0.1234, 999"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        rsp_text_fini(&out);
        out = (rsp_text){0};
        svg_prose(&out, words[i][0]);
        assert_string_equal(out.data, words[i][1]);
    }
    rsp_text_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_level_is_named_and_no_name_is_cut_or_covered),
        cmocka_unit_test(as_many_levels_as_a_study_may_have_are_named),
        cmocka_unit_test(amounts_of_any_size_fit_beside_the_axis),
        cmocka_unit_test(twelve_lines_are_told_apart_and_all_named),
        cmocka_unit_test(bands_intervals_and_what_was_not_reached_are_explained),
        cmocka_unit_test(what_could_not_be_estimated_is_not_drawn),
        cmocka_unit_test(numbers_are_written_as_people_do),
    };
    return cmocka_run_group_tests_name("report of sweeps", tests, NULL, NULL);
}
