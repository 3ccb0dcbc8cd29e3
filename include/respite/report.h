/* The report: one self-contained HTML file with SVG figures, no scripts needed
 * to read it, nothing fetched. A function of plan and findings alone. */
#ifndef RESPITE_REPORT_H
#define RESPITE_REPORT_H

#include "respite/analysis.h"
#include "respite/study.h"

typedef struct rsp_report_context { /* footer: where the numbers come from */
    const char *command, *version, *commit, *compiler, *isa;
} rsp_report_context;

RSP_MUST_USE rsp_status rsp_report_write(const rsp_plan_view *plan,
                                         const rsp_findings *findings,
                                         const rsp_report_context *context,
                                         rsp_text *html, rsp_error *err);
/* The same for analysed data: a function of the results, and of the rows that they are of
 * (NULL: no figures of participants). */
RSP_MUST_USE rsp_status rsp_report_analysis(const rsp_results_view *results,
                                            const rsp_dataset *rows, const rsp_report_context *context,
                                            rsp_text *html, rsp_error *err);
/* One figure alone, as an SVG document: "km", "viral_load", "grid". */
RSP_MUST_USE rsp_status rsp_report_figure(const char *which,
                                          const rsp_plan_view *plan,
                                          const rsp_findings *findings,
                                          rsp_text *svg, rsp_error *err);
#endif
