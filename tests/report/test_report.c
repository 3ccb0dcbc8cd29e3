#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <jansson.h>

#include "boxes.h"
#include "cli/cli.h"
#include "made.h"

typedef struct page {
    made m;
    rsp_text html;
} page;

static void write_page(page *p)
{
    rsp_report_context context = {.command = "respite run <made>", .version = "0",
                                  .commit = "c0ffee", .compiler = "cc", .isa = "base"};
    assert_int_equal(rsp_report_write(&p->m.plan, &p->m.findings, &context, &p->html, NULL),
                     RSP_OK);
}

static int set_up(void **state)
{
    page *p = calloc(1, sizeof *p);
    if (!p) {
        return -1;
    }
    made_fill(&p->m);
    write_page(p);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    page *p = *state;
    made_free(&p->m);
    rsp_text_fini(&p->html);
    free(p);
    return 0;
}

static const char *part(const page *p, const char *id)
{
    char mark[60];
    snprintf(mark, sizeof mark, "<h2 id=\"%s\">", id);
    const char *at = strstr(p->html.data, mark);
    assert_non_null(at);
    return at;
}

/* ---- Flow. */
static size_t number_after(const char *from, const char *to, const char *label)
{
    char mark[80];
    size_t n = 0;
    snprintf(mark, sizeof mark, ">%s</text>", label);
    const char *at = strstr(from, mark);
    at = at && at < to ? strstr(at, "n = ") : NULL;
    assert_non_null(at);
    assert_int_equal(sscanf(at, "n = %zu", &n), 1);
    return n;
}

static void the_numbers_of_the_flow_sum(void **state)
{
    const page *p = *state;
    const char *at = strstr(part(p, "flow"), "<svg"), *end = strstr(at, "</svg>");
    size_t enrolled = number_after(at, end, "enrolled");
    size_t made_n = number_after(at, end, "product made");
    size_t infused = number_after(at, end, "infused");
    size_t stopped = number_after(at, end, "stopped ART");
    assert_int_equal(enrolled, 10);
    assert_int_equal(enrolled, made_n + number_after(at, end, "product not made"));
    assert_int_equal(made_n, infused + number_after(at, end, "not infused"));
    assert_int_equal(infused, stopped + number_after(at, end, "did not stop ART"));
    assert_int_equal(stopped, number_after(at, end, "ART restarted") +
                                  number_after(at, end, "off ART at the end"));
    at = strstr(end, "<svg"); /* an arm without a product */
    end = strstr(at, "</svg>");
    size_t simulated = number_after(at, end, "simulated");
    assert_int_equal(simulated, 8);
    assert_int_equal(number_after(at, end, "enrolled"),
                     simulated + number_after(at, end, "failed in simulation"));
    assert_int_equal(simulated,
                     number_after(at, end, "stopped ART") +
                         number_after(at, end, "did not stop ART"));
}

static void the_flow_begins_with_those_screened_for_the_arm(void **state)
{
    (void)state;
    page p = {.html = {0}};
    made_fill(&p.m);
    p.m.arms[0].flow.screened_out = 7;
    write_page(&p);
    const char *at = strstr(part(&p, "flow"), "<svg"), *end = strstr(at, "</svg>");
    assert_int_equal(number_after(at, end, "screened for the arm"), 17);
    assert_int_equal(number_after(at, end, "not eligible"), 7);
    assert_int_equal(number_after(at, end, "enrolled"), 10);
    assert_non_null(strstr(end, "n = 10 of 17 screened for the arm in"));
    made_free(&p.m);
    rsp_text_fini(&p.html);
}

/* ---- Figures for those who cannot see them, and without a network. */
static void every_figure_has_a_title_and_a_description(void **state)
{
    const page *p = *state;
    size_t n = 0;
    for (const char *at = p->html.data; (at = strstr(at, "<svg")) != NULL; at++, n++) {
        const char *end = strstr(at, "</svg>");
        const char *title = strstr(at, "<title>"), *desc = strstr(at, "<desc>");
        const char *role = strstr(at, "role=\"img\"");
        assert_true(title && title < end && title[7] != '<');
        assert_true(desc && desc < end && desc[6] != '<');
        assert_true(role && role < strchr(at, '>'));
    }
    assert_true(n >= 12);
}

static void every_figure_says_how_many(void **state)
{
    const page *p = *state;
    for (const char *at = p->html.data; (at = strstr(at, "<figure>")) != NULL; at++) {
        const char *end = strstr(at, "</figure>"), *caption = strstr(at, "<figcaption>");
        assert_non_null(end);
        assert_true(caption && caption < end);
        const char *n = strstr(caption, "n = "), *samples = strstr(caption, "samples");
        const char *bars = strstr(caption, "a bar each");
        assert_true((n && n < end) || (samples && samples < end) || (bars && bars < end));
    }
}

static void nothing_is_fetched_from_outside(void **state)
{
    const page *p = *state;
    static const char *const forbidden[] = {"src=", "url(", "@import", "<link", "<script",
                                            "<iframe", "<object", "<embed", "<img",
                                            "href=\"http", "href=\"//", "xlink"};
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        if (strstr(p->html.data, forbidden[i])) {
            fail_msg("the report holds %s", forbidden[i]);
        }
    }
}

/* ---- People and limits. */
static void everybody_who_was_measured_is_drawn(void **state)
{
    const page *p = *state;
    const char *at = part(p, "course"), *end = part(p, "results");
    for (unsigned arm = 0; arm < MADE_ARMS; arm++) {
        for (unsigned who = 1; who <= MADE_PEOPLE; who++) {
            char mark[60];
            snprintf(mark, sizeof mark, "data-arm=\"%u\" data-who=\"%u\"", arm, who);
            const char *there = strstr(at, mark);
            bool drawn = there && there < end;
            const char *line = drawn ? strstr(there, "<path") : NULL;
            assert_true(drawn);
            if (who < MADE_PEOPLE) { /* the last has no samples, hence no line */
                assert_true(line && line < strstr(there, "</g>"));
            }
        }
    }
    assert_non_null(strstr(at, "n = 3 participants, 15 samples"));
}

static void what_is_below_the_limit_is_open_and_below_its_line(void **state)
{
    const page *p = *state;
    const char *at = strstr(part(p, "course"), "<svg"), *end = strstr(at, "</svg>");
    const char *dash = strstr(at, "stroke-dasharray=\"5 3\"");
    assert_true(dash && dash < end);
    const char *line = dash;
    while (strncmp(line, "<path d=\"M", 10) != 0) {
        line--;
    }
    double x, limit, y;
    size_t open = 0, filled = 0;
    assert_int_equal(sscanf(line, "<path d=\"M%lf %lf", &x, &limit), 2);
    at = strstr(at, "class=\"person\"");
    for (at = strstr(at, "<circle"); at && at < end; at = strstr(at + 1, "<circle")) {
        const char *fill = strstr(at, "fill=\"");
        assert_int_equal(sscanf(at, "<circle cx=\"%lf\" cy=\"%lf\"", &x, &y), 2);
        bool is_open = strncmp(fill, "fill=\"#ffffff\"", 14) == 0;
        assert_int_equal(is_open, y > limit + 3); /* by more than its own radius */
        open += is_open;
        filled += !is_open;
    }
    assert_int_equal(open, made_open(&p->m, 0));
    assert_int_equal(filled, 6);
}

/* ---- Form. */
static const char *name_end(const char *s)
{
    return s + strcspn(s, " />\t\n");
}

/* Tags nest, attributes are quoted, & begins an entity: else the place. */
static const char *ill_formed(const char *s)
{
    const char *open[64];
    size_t depth = 0;
    for (; *s; s++) {
        if (*s == '&' && strncmp(s, "&amp;", 5) && strncmp(s, "&lt;", 4) &&
            strncmp(s, "&gt;", 4) && strncmp(s, "&quot;", 6) && strncmp(s, "&#39;", 5)) {
            return s;
        }
        if (*s != '<') {
            continue;
        }
        const char *start = s;
        if (s[1] == '/') {
            const char *name = s + 2;
            size_t n = (size_t)(name_end(name) - name);
            if (!depth || strncmp(open[depth - 1], name, n) || name_end(open[depth - 1]) != open[depth - 1] + n) {
                return s;
            }
            depth--;
            s = strchr(s, '>');
            continue;
        }
        for (s++; *s && *s != '>'; s++) {
            if (*s == '<') {
                return start;
            }
            if (*s == '=') {
                const char *close = s[1] == '"' ? strpbrk(s + 2, "\"<") : NULL;
                if (!close || *close != '"') {
                    return start;
                }
                s = close;
            }
        }
        if (!*s || depth == 64) {
            return start;
        }
        if (s[-1] != '/' && start[1] != '!') {
            open[depth++] = start + 1;
        }
    }
    return depth ? open[depth - 1] : NULL;
}

static void the_page_and_each_figure_are_well_formed_xml(void **state)
{
    const page *p = *state;
    static const char *const alone[] = {"km", "viral_load", "grid"};
    const char *bad = ill_formed(p->html.data);
    if (bad) {
        fail_msg("ill-formed at: %.80s", bad);
    }
    for (size_t i = 0; i < 3; i++) {
        rsp_text svg = {0};
        assert_int_equal(rsp_report_figure(alone[i], &p->m.plan, &p->m.findings, &svg, NULL),
                         RSP_OK);
        bad = ill_formed(svg.data);
        if (bad) {
            fail_msg("%s ill-formed at: %.80s", alone[i], bad);
        }
        assert_int_equal(strncmp(svg.data, "<svg", 4), 0);
        rsp_text_fini(&svg);
    }
    assert_non_null(ill_formed("<a><b></a></b>")); /* the checker sees something */
    assert_non_null(ill_formed("<a b=c></a>"));
    assert_non_null(ill_formed("<a>&x</a>"));
}

static void what_is_not_a_number_is_said_in_words(void **state)
{
    const page *p = *state;
    for (const char *s = p->html.data; *s; s++) {
        bool alone = (s[0] == '>' || s[0] == ' ' || s[0] == '-' || s[0] == '"') &&
                     (strncmp(s + 1, "nan", 3) == 0 || strncmp(s + 1, "inf", 3) == 0);
        if (alone && (s[4] < 'a' || s[4] > 'z')) {
            fail_msg("in the report: %.60s", s);
        }
    }
    assert_non_null(strstr(part(p, "scoreboard"), "2.5 to not reached"));
}

/* ---- The same numbers as the JSON. */
static json_t *as_json(const page *p)
{
    char path[] = "/tmp/respite-report-XXXXXX";
    int file = mkstemp(path), keep = dup(STDOUT_FILENO);
    assert_true(file >= 0 && keep >= 0);
    fflush(stdout);
    assert_true(dup2(file, STDOUT_FILENO) >= 0);
    rsp_status s = cli_print_run_json(&p->m.plan, &p->m.findings, NULL);
    fflush(stdout);
    dup2(keep, STDOUT_FILENO);
    close(keep);
    close(file);
    json_t *root = json_load_file(path, 0, NULL);
    unlink(path);
    assert_int_equal(s, RSP_OK);
    assert_non_null(root);
    return root;
}

/* The next cell of that column after *at, as text. */
static const char *cell(const char **at, const char *column, char text[80])
{
    char mark[80];
    snprintf(mark, sizeof mark, "data-l=\"%s\">", column);
    const char *found = strstr(*at, mark);
    assert_non_null(found);
    found += strlen(mark);
    snprintf(text, 80, "%.*s", (int)strcspn(found, "<"), found);
    *at = found;
    return text;
}

static void expect(const char **at, const char *column, const json_t *number, const char *form,
                   double factor)
{
    char text[80], want[80] = "not reached";
    if (json_is_number(number)) {
        snprintf(want, sizeof want, form, factor * json_number_value(number));
    }
    assert_string_equal(cell(at, column, text), want);
}

static void expect_pair(const char **at, const char *column, const json_t *low,
                        const json_t *high, const char *form)
{
    char text[80], want[80], a[32] = "not reached", b[32] = "not reached";
    if (json_is_number(low)) {
        snprintf(a, sizeof a, form, json_number_value(low));
    }
    if (json_is_number(high)) {
        snprintf(b, sizeof b, form, json_number_value(high));
    }
    snprintf(want, sizeof want, "%s to %s", a, b);
    if (strcmp(want, "not reached to not reached") == 0) {
        snprintf(want, sizeof want, "not reached");
    }
    assert_string_equal(cell(at, column, text), want);
}

static void the_endpoints_of_the_report_are_those_of_the_json(void **state)
{
    const page *p = *state;
    json_t *root = as_json(p), *arm;
    size_t i;
    const char *at = strstr(part(p, "results"), "<table>");
    json_array_foreach(json_object_get(root, "arms"), i, arm) {
        const json_t *e = json_object_get(json_object_get(arm, "endpoints"), "time_to_rebound");
        const json_t *ci = json_object_get(e, "ci95"), *t = json_object_get(e, "trial_median");
        const json_t *event_free = json_object_get(e, "event_free");
        expect(&at, "n", json_object_get(e, "n"), "%.0f", 1);
        expect(&at, "events", json_object_get(e, "events"), "%.0f", 1);
        expect(&at, "median, days", json_object_get(e, "median"), "%.1f", 1);
        expect_pair(&at, "95 % CI, pooled", json_array_get(ci, 0), json_array_get(ci, 1), "%.1f");
        expect_pair(&at, "5 to 95 % of trials", json_object_get(t, "low"),
                    json_object_get(t, "high"), "%.1f");
        expect(&at, "event-free at day 28, %", json_object_get(event_free, "28"), "%.1f", 100);
        expect(&at, "event-free at day 56, %", json_object_get(event_free, "56"), "%.1f", 100);
    }
    assert_int_equal(i, MADE_ARMS);
    json_decref(root);
}

static void the_scoreboard_of_the_report_is_that_of_the_json(void **state)
{
    const page *p = *state;
    json_t *root = as_json(p), *row;
    size_t i;
    const char *at = part(p, "scoreboard");
    char text[80], want[80];
    json_array_foreach(json_object_get(root, "scoreboard"), i, row) {
        const json_t *published = json_object_get(row, "published");
        snprintf(want, sizeof want, "%.3g", json_number_value(published));
        assert_string_equal(cell(&at, "published", text),
                            json_is_string(published) ? json_string_value(published) : want);
        if (i < 2) {
            expect(&at, "simulated", json_object_get(row, "simulated"), "%.3g", 1);
            expect_pair(&at, "5 to 95 % of trials", json_object_get(row, "low"),
                        json_object_get(row, "high"), "%.3g");
        } else { /* no trial gave any: null, and in words */
            assert_true(json_is_null(json_object_get(row, "simulated")));
            assert_string_equal(cell(&at, "simulated", text), "no estimate");
            assert_string_equal(cell(&at, "5 to 95 % of trials", text), "no estimate");
        }
    }
    assert_int_equal(i, 3);
    assert_true(json_is_null(json_object_get(json_array_get(json_object_get(root, "scoreboard"), 0),
                                             "high")));
    json_decref(root);
}

/* ---- Ends of the range. */
static void a_trial_in_which_nothing_happened_has_a_report(void **state)
{
    (void)state;
    page p = {.html = {0}};
    made_fill(&p.m);
    rsp_km_fini(&p.m.endpoints[0].km);
    p.m.endpoints[0] = (rsp_arm_endpoint){.endpoint = "time_to_rebound"};
    double nan = (double)NAN;
    p.m.endpoints[0].median = (rsp_quantile){nan, nan, nan};
    p.m.endpoints[0].trial_median = (rsp_interval){nan, nan, nan};
    p.m.arms[0].flow = (rsp_flow){0};
    rsp_dataset_clear(p.m.rows);
    p.m.findings.example = rsp_dataset_view(p.m.rows);
    write_page(&p);
    assert_null(ill_formed(p.html.data));
    assert_non_null(strstr(p.html.data, "nobody at risk"));
    assert_non_null(strstr(p.html.data, "No viral load was measured."));
    made_free(&p.m);
    rsp_text_fini(&p.html);
}

/* ---- A dose escalation: its arms are of different trials. */
static void arms_of_an_escalation_are_said_to_be_no_comparison(void **state)
{
    (void)state;
    page p = {.html = {0}};
    const rsp_dose_level levels[MADE_ARMS] = {
        {.arm = "1e7 cells", .treated = 3.5, .toxic = 0.4, .selected = 1, .share = {0.2, 0.1, 0.3}},
        {.arm = "1e8 cells", .treated = 2.9, .toxic = 0.2, .selected = 4, .share = {0.8, 0.7, 0.9}}};
    made_fill(&p.m);
    write_page(&p);
    assert_null(strstr(p.html.data, "escalation"));
    rsp_text_fini(&p.html);
    p.m.findings.levels = levels;
    p.m.findings.n_levels = MADE_ARMS;
    write_page(&p);
    assert_null(ill_formed(p.html.data));
    const char *results = part(&p, "results"), *figure = strstr(results, "<figure");
    const char *warned = strstr(results, "Arms are not to be compared");
    assert_true(warned && figure && warned < figure);
    assert_non_null(strstr(results, "these shares are no comparison of doses"));
    assert_non_null(strstr(results, "escalation=none"));
    made_free(&p.m);
    rsp_text_fini(&p.html);
}

/* ---- Kaplan-Meier: whole names, and the test where there is one. */
static void kaplan_meier_curves_name_their_arms_and_give_the_log_rank_p(void **state)
{
    (void)state;
    static const char name[] = "two infusions of 1e9 cells after lymphodepletion, and an antibody";
    page p = {.html = {0}};
    rsp_text svg = {0};
    made_fill(&p.m);
    rsp_contrast test = {.endpoint = "time_to_rebound", .treated = name, .control = "control",
                         .has_test = true, .logrank = {.chisq = 4.1, .df = 1, .p = 0.0429},
                         .hr = {.hr = 0.5, .low = 0.25, .high = 1, .estimable = true, .p = 0.0503}};
    p.m.arms[0].name = p.m.plan_arms[0].name = name;
    assert_int_equal(rsp_report_figure("km", &p.m.plan, &p.m.findings, &svg, NULL), RSP_OK);
    assert_null(strstr(svg.data, "log-rank"));
    rsp_text_fini(&svg);
    p.m.findings.contrasts = &test;
    p.m.findings.n_contrasts = 1;
    assert_int_equal(rsp_report_figure("km", &p.m.plan, &p.m.findings, &svg, NULL), RSP_OK);
    assert_non_null(strstr(svg.data, ">log-rank p = 0.043 (first replicate trial alone)<"));
    assert_null(strstr(svg.data, "\xe2\x80\xa6"));
    assert_non_null(strstr(svg.data, "10\xe2\x81\xb9 cells"));
    assert_nothing_cut_nor_covered(svg.data);
    rsp_text_fini(&svg);
    write_page(&p); /* a ratio has its interval and its p */
    assert_non_null(strstr(p.html.data, "hazard ratio 0.50 (95 % CI 0.25 to 1.00, Wald&#39;s p = 0.050)."));
    test.hr.estimable = false;
    rsp_text_fini(&p.html);
    write_page(&p);
    assert_non_null(strstr(p.html.data, "hazard ratio not estimable."));
    rsp_text_fini(&p.html);
    made_free(&p.m);
}

/* ---- What is assumed. */
static void every_assumed_parameter_is_listed(void **state)
{
    (void)state;
    page p = {.html = {0}};
    made_fill(&p.m);
    rsp_param params[] = {
        {.name = "F50", .first = 0, .count = 1, .unit = "1", .factor = 1, .value = 2, .low = -(double)INFINITY,
         .high = (double)INFINITY, .meaning = "half activation", .source = "a guess", .status = RSP_ASSUMED},
        {.name = "delta", .first = 1, .count = 1, .unit = "1/day", .factor = 1, .value = 1,
         .low = -(double)INFINITY, .high = (double)INFINITY, .meaning = "loss", .source = "x",
         .status = RSP_VERIFIED}};
    p.m.net.params = params;
    p.m.net.n_params = 2;
    write_page(&p);
    assert_non_null(strstr(p.html.data, "<a href=\"#assumed\">1 <span"));
    const char *list = strstr(p.html.data, "id=\"assumed\""), *end = strstr(list, "</details>");
    const char *name = strstr(list, ">F50<"), *other = strstr(list, ">delta<");
    assert_true(name && name < end);
    assert_true(!other || other > end);
    assert_null(ill_formed(p.html.data));
    made_free(&p.m);
    rsp_text_fini(&p.html);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_numbers_of_the_flow_sum),
        cmocka_unit_test(the_flow_begins_with_those_screened_for_the_arm),
        cmocka_unit_test(every_figure_has_a_title_and_a_description),
        cmocka_unit_test(every_figure_says_how_many),
        cmocka_unit_test(nothing_is_fetched_from_outside),
        cmocka_unit_test(everybody_who_was_measured_is_drawn),
        cmocka_unit_test(what_is_below_the_limit_is_open_and_below_its_line),
        cmocka_unit_test(the_page_and_each_figure_are_well_formed_xml),
        cmocka_unit_test(what_is_not_a_number_is_said_in_words),
        cmocka_unit_test(the_endpoints_of_the_report_are_those_of_the_json),
        cmocka_unit_test(the_scoreboard_of_the_report_is_that_of_the_json),
        cmocka_unit_test(a_trial_in_which_nothing_happened_has_a_report),
        cmocka_unit_test(arms_of_an_escalation_are_said_to_be_no_comparison),
        cmocka_unit_test(kaplan_meier_curves_name_their_arms_and_give_the_log_rank_p),
        cmocka_unit_test(every_assumed_parameter_is_listed),
    };
    return cmocka_run_group_tests_name("report", tests, set_up, tear_down);
}
