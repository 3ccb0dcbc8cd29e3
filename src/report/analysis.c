#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "report/html.h"
#include "report/people.h"

/* The report of an analysis plan: the tree of results, in order. */

enum { MOST_COLUMNS = 24, MOST_ROWS = 500, MOST_PAIRS = 300 };

/* One row of many numbers reads better as a list. */
static void turned(rsp_text *out, const rsp_result_table *t)
{
    static const html_column columns[] = {{"quantity", false}, {"value", true}};
    char title[RSP_CELL_SHOWN], text[RSP_CELL_SHOWN];
    html_table h = html_table_open(out, columns, 2);
    for (size_t k = 0; k < t->n_columns; k++) {
        if (!rsp_column_empty(t, k)) {
            html_row(&h);
            html_put(&h, "%s", rsp_column_title(&t->columns[k], title));
            html_put(&h, "%s", rsp_cell_shown(&t->columns[k], &t->cells[k], text));
            html_row_close(&h);
        }
    }
    html_table_close(&h);
}

static void table_of(rsp_text *out, const rsp_result_table *t)
{
    if (t->n_rows == 1 && t->n_columns > 7) {
        turned(out, t);
        return;
    }
    char titles[MOST_COLUMNS][RSP_CELL_SHOWN], text[RSP_CELL_SHOWN];
    html_column columns[MOST_COLUMNS];
    size_t shown[MOST_COLUMNS], n = 0;
    for (size_t k = 0; k < t->n_columns && n < MOST_COLUMNS; k++) {
        if (!rsp_column_empty(t, k)) {
            rsp_column_title(&t->columns[k], titles[n]);
            columns[n] = (html_column){titles[n], t->columns[k].kind != RSP_CELL_TEXT};
            shown[n++] = k;
        }
    }
    html_table h = html_table_open(out, columns, n);
    for (size_t i = 0; i < t->n_rows && i < MOST_ROWS; i++) {
        html_row(&h);
        for (size_t k = 0; k < n; k++) {
            html_put(&h, "%s", rsp_cell_shown(&t->columns[shown[k]],
                                              &t->cells[i * t->n_columns + shown[k]], text));
        }
        html_row_close(&h);
    }
    html_table_close(&h);
    if (t->n_rows > MOST_ROWS) {
        html_paragraph(out, "The first %d of %zu rows; results.json has all.", MOST_ROWS,
                       t->n_rows);
    }
}

static bool has_figure(const rsp_result_table *t)
{
    return t->figure.kind == RSP_FIGURE_FOREST ? forest_rows(t) > 0
                                               : t->figure.kind != RSP_FIGURE_NONE && t->n_rows;
}

static const char *caption_of(const rsp_result_table *t)
{
    if (t->figure.kind == RSP_FIGURE_BOXES) {
        return "Nonparametric estimate: within a box the curve falls at times that are not known; "
               "dotted: nobody was seen to have the event later.";
    }
    if (t->figure.plain) {
        return "Amounts with their intervals; the area of a square goes with the inverse of the "
               "variance on the scale of the axis.";
    }
    if (t->figure.kind == RSP_FIGURE_FOREST) {
        return "Estimates with their intervals; the broken line is no effect, the area of a square "
               "goes with the inverse of the variance.";
    }
    return t->figure.censored == SIZE_MAX
               ? "Bands are pointwise."
               : "Bands are pointwise; upright ticks: censored. Each curve is drawn while 3, and "
                 "10 %, of its group are at risk.";
}

static void pairs_of(rsp_text *out, const rsp_result *r, const rsp_result_table *t,
                     const cohort *people)
{
    if (t->n_rows > MOST_PAIRS) {
        html_paragraph(out, "The changes of %zu participants are not drawn one by one: more than %d.",
                       t->n_rows, (int)MOST_PAIRS);
        return;
    }
    html_figure_open(out);
    figure_pairs(out, t, r->name, people);
    html_figure_close(out, "%s. A line each of n = %zu participants; open marks are at a limit of "
                           "the assay.", r->name, t->n_rows);
    html_figure_open(out);
    figure_waterfall(out, t, r->name, people);
    html_figure_close(out, "%s. The change of each of n = %zu participants%s; an open bar rests on "
                           "a limit of the assay.", r->name, t->n_rows,
                      t->figure.log ? ", natural decay not taken off" : "");
}

static void figures_of(rsp_text *out, const rsp_result *r, const cohort *people)
{
    bool any = false;
    for (size_t k = 0; k < r->n_tables; k++) {
        const rsp_result_table *t = &r->tables[k];
        if (has_figure(t)) {
            if (!any) {
                html_figures_open(out);
            }
            any = true;
            if (t->figure.kind == RSP_FIGURE_PAIRS) {
                pairs_of(out, r, t, people);
                continue;
            }
            html_figure_open(out);
            figure_table(out, t, r, people);
            bool grey = people && people->historical && t->figure.kind != RSP_FIGURE_FOREST;
            html_figure_close(out, "%s. %s%s", r->name, caption_of(t),
                              grey ? " Grey: controls who were not randomised." : "");
        }
    }
    if (any) {
        html_figures_close(out);
    }
}

static void section_of(rsp_text *out, const rsp_result *r, size_t number, const cohort *people)
{
    char id[32];
    snprintf(id, sizeof id, "a%zu", number);
    html_heading(out, id, r->name);
    html_paragraph(out, "%c%s.", r->title[0] >= 'a' && r->title[0] <= 'z' ? r->title[0] - 32
                                                                        : r->title[0],
                   r->title + 1);
    figures_of(out, r, people);
    for (size_t k = 0; k < r->n_tables; k++) {
        const rsp_result_table *t = &r->tables[k];
        if (t->long_one) {
            rsp_text_add(out, "<details><summary>");
            svg_escape(out, t->title);
            rsp_text_add(out, "</summary>");
            table_of(out, t);
            rsp_text_add(out, "</details>\n");
        } else {
            html_subheading(out, "%s", t->title);
            table_of(out, t);
        }
    }
    html_list(out, NULL, r->notes, r->n_notes);
}

static void contents(rsp_text *out, const rsp_results_view *v, const rsp_dataset *rows)
{
    rsp_text_add(out, "<nav aria-label=\"Contents\">");
    rsp_text_add(out, v->people->n_rows ? "<a href=\"#people\">Participants</a>" : "");
    rsp_text_add(out, courses_to_draw(v, rows) ? "<a href=\"#courses\">Courses</a>" : "");
    for (size_t i = 0; i < v->n; i++) {
        rsp_text_printf(out, "<a href=\"#a%zu\">", i + 1);
        svg_escape(out, v->items[i].name);
        rsp_text_add(out, "</a>");
    }
    rsp_text_add(out, v->adjusted ? "<a href=\"#adjusted\">Multiplicity</a>" : "");
    rsp_text_add(out, "<a href=\"#methods\">Methods</a></nav>\n");
}

static void methods(rsp_text *out, const rsp_results_view *v, const rsp_report_context *c)
{
    html_heading(out, "methods", "Methods");
    html_paragraph(out, "%s%sAll analyses were done by Respite %s (commit %s) as the plan with "
                        "SHA-256 %s says; nothing else was done with the data.", v->methods, v->methods[0] ? " " : "",
                   c->version, c->commit, v->plan_sha256);
    for (size_t i = 0; i < v->n; i++) {
        rsp_text_add(out, "<p><strong>");
        svg_escape(out, v->items[i].name);
        rsp_text_add(out, ".</strong> ");
        svg_escape(out, v->items[i].methods);
        rsp_text_add(out, "</p>\n");
    }
}

static void footer(rsp_text *out, const rsp_results_view *v, const rsp_report_context *c)
{
    html_made_by(out, c);
    rsp_text_add(out, ".</p><p>Made by <code>");
    svg_escape(out, c->command);
    rsp_text_add(out, "</code>. The same plan and data give the same numbers.</p>\n"
                      "<p>Inputs, SHA-256:</p><ul>\n<li>plan: <code>");
    svg_escape(out, v->plan_sha256);
    rsp_text_add(out, "</code></li>\n");
    for (size_t i = 0; i < v->n_files; i++) {
        rsp_text_add(out, "<li>");
        svg_escape(out, v->files[i].name);
        rsp_text_printf(out, ": <code>%s</code></li>\n", v->files[i].sha256);
    }
    rsp_text_add(out, "</ul></footer>\n</body></html>\n");
}

rsp_status rsp_report_analysis(const rsp_results_view *v, const rsp_dataset *rows,
                               const rsp_report_context *context, rsp_text *html, rsp_error *err)
{
    cohort people;
    bool there = cohort_of_results(&people, v, rows);
    html_page_open(html, v->title);
    rsp_text_add(html, "<h1>");
    svg_escape(html, v->title);
    rsp_text_add(html, "</h1>\n<p class=\"by\">Analysis of <code>");
    svg_escape(html, v->study);
    rsp_text_add(html, "</code></p>\n");
    contents(html, v, rows);
    if (v->people->n_rows) {
        html_heading(html, "people", v->people->title);
        section_participants(html, v, rows);
        table_of(html, v->people);
    }
    if (v->notes[0]) {
        html_paragraph(html, "Of the reading of the data: %s", v->notes);
    }
    section_courses(html, v, rows);
    for (size_t i = 0; i < v->n; i++) {
        section_of(html, &v->items[i], i + 1, there ? &people : NULL);
    }
    if (v->adjusted) {
        html_heading(html, "adjusted", v->adjusted->title);
        table_of(html, v->adjusted);
    }
    methods(html, v, context);
    footer(html, v, context);
    return html->failed ? rsp_fail(err, RSP_NOMEM, "no memory for the report") : RSP_OK;
}
