/* The figures, each an SVG of its own. */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include "report/svg.h"
#include "respite/study.h"

/* Colour, shape and dash of an arm: the same in every figure.  Treated arms are
 * those whose schedule gives a product. */
typedef struct arm_style {
    const char *colour, *dash;
    svg_shape shape;
} arm_style;
arm_style style_of_arm(const rsp_plan_view *plan, const char *arm);

void figure_flow(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
/* Kaplan-Meier curves of the k-th endpoint. */
void figure_km(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
               size_t k);
/* Values of one assay in the first replicate trial, since interruption. */
void figure_assay(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                  const char *assay, const char *label);
void figure_swimmer(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
void figure_grid(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
/* One scoreboard row: published mark on the simulated interval. */
void figure_score(rsp_text *out, const rsp_score_row *row);

#endif
