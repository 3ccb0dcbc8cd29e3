/* Pieces of the HTML report: one function a section. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "respite/report.h"

struct cohort;

/* A page from its head to the begin of its body; the begin of a footer. */
void html_page_open(rsp_text *out, const char *title);
void html_made_by(rsp_text *out, const rsp_report_context *c);
/* <h2>, <h3>, <p> with the text escaped. */
void html_heading(rsp_text *out, const char *id, const char *title);
void html_subheading(rsp_text *out, const char *fmt, ...) RSP_PRINTF(2, 3);
void html_paragraph(rsp_text *out, const char *fmt, ...) RSP_PRINTF(2, 3);
void html_list(rsp_text *out, const char *title, const char *const *items, size_t n);
/* A paragraph whose first sentence, where short, stands out. */
void html_led(rsp_text *out, const char *text);
/* "3.4", or `absent` where there is no number. */
const char *html_number(double v, int digits, const char *absent, char text[32]);
/* "2.4 to 5.0"; ends that do not exist in words; `absent` where neither does. */
const char *html_interval(double low, double high, int digits, const char *absent,
                          char text[80]);
/* How many ASSUMED parameters the model has, and a link to them. */
void html_assumed_note(rsp_text *out, const rsp_plan_view *plan);

/* Figures stand side by side where there is room. */
void html_figures_open(rsp_text *out);
void html_figures_close(rsp_text *out);
void html_figure_open(rsp_text *out);
void html_figure_close(rsp_text *out, const char *fmt, ...) RSP_PRINTF(2, 3); /* caption */

/* ---- Tables. On a phone each row becomes a card, its cells named by the column. */
typedef struct html_column {
    const char *title;
    bool is_number;
} html_column;
typedef struct html_table {
    rsp_text *out;
    const html_column *columns;
    size_t n, at;
} html_table;
html_table html_table_open(rsp_text *out, const html_column *columns, size_t n);
void html_table_close(html_table *t);
void html_row(html_table *t);
void html_row_close(html_table *t);
void html_put(html_table *t, const char *fmt, ...) RSP_PRINTF(2, 3); /* the next cell */
void html_put_status(html_table *t, rsp_knowledge status); /* ASSUMED stands out */
void html_cell_open(html_table *t);
void html_cell_close(html_table *t);

void section_summary(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void section_remarks(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void section_design(rsp_text *out, const rsp_plan_view *plan);
void section_flow(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void section_course(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void section_endpoints(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void section_product(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void section_samples(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void section_grid(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void section_scoreboard(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void section_parameters(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void section_sweep(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
/* "12 % of values rest on a sample beyond a limit ..."; "": none does. */
const char *html_limited(const rsp_limited *limited, const char *before, char text[200]);
void section_hinges(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void section_assumptions(rsp_text *out, const rsp_plan_view *plan);
void section_methods(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);

/* Of an analysis: figures of its participants.  False: no rows to draw. */
bool cohort_of_results(struct cohort *c, const rsp_results_view *v, const rsp_dataset *rows);
void section_participants(rsp_text *out, const rsp_results_view *v, const rsp_dataset *rows);
void section_courses(rsp_text *out, const rsp_results_view *v, const rsp_dataset *rows);
bool courses_to_draw(const rsp_results_view *v, const rsp_dataset *rows);

#endif
