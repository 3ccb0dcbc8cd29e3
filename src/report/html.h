/* Pieces of the HTML report: one function a section. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "respite/report.h"

/* <h2>, <p> with the text escaped. */
void html_heading(rsp_text *out, const char *id, const char *title);
void html_paragraph(rsp_text *out, const char *fmt, ...) RSP_PRINTF(2, 3);
void html_list(rsp_text *out, const char *title, const char *const *items, size_t n);
void html_cell(rsp_text *out, const char *fmt, ...) RSP_PRINTF(2, 3);
/* "3.4" or an em dash's worth of words where there is no number. */
void html_number(double v, int digits, char text[32]);
/* How many ASSUMED parameters the model has, and a link to them. */
void html_assumed_note(rsp_text *out, const rsp_plan_view *plan);

void section_summary(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void section_design(rsp_text *out, const rsp_plan_view *plan);
void section_results(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void section_course(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void section_grid(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void section_scoreboard(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void section_parameters(rsp_text *out, const rsp_plan_view *plan);
void section_methods(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);

#endif
