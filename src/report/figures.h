/* The figures, each an SVG of its own. */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include "report/svg.h"
#include "respite/analysis.h"
#include "respite/study.h"

/* Colour, shape and dash of an arm: the same in every figure.  Treated arms are
 * those whose schedule gives a product. */
typedef struct arm_style {
    const char *colour, *dash;
    svg_shape shape;
} arm_style;
arm_style style_of_arm(const rsp_plan_view *plan, const char *arm);
bool arm_is_treated(const rsp_plan_view *plan, const char *arm);

/* "weeks since interruption of ART", of what days count from ("stop art"). */
const char *weeks_since(const char *from, char text[160]);
/* Names for people: "Viral load" of "viral_load", "copies per µg DNA". */
const char *assay_title(const char *assay, char text[160]);
const char *assay_unit(const char *unit, char text[160]);

/* A table of results as its `figure` says. */
void figure_table(rsp_text *out, const rsp_result_table *t, const char *title);
/* Participants of one arm, from enrolment to the end. */
void figure_flow(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                 size_t arm);
/* Kaplan-Meier curves of the k-th endpoint. */
void figure_km(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
               size_t k);

/* ---- One assay over time. */
/* People of the first replicate trial in an arm who were measured, and samples. */
size_t people_measured(const rsp_plan_view *plan, const rsp_findings *f,
                       const char *assay, size_t arm, size_t *samples);
/* What the rows of the first replicate trial say of an assay; false: no rows. */
typedef struct assay_facts {
    const char *unit;
    double lloq, least, most; /* NaN: none; of the numbers */
    double first, last;       /* weeks since `from` */
    const char *from;         /* "stop art", or "start" where nobody interrupts */
    size_t people, n_samples, samples_a_person; /* all; most of one person */
    bool is_log;
    char lloq_label[32];
} assay_facts;
bool assay_look(const rsp_plan_view *plan, const rsp_findings *f, const char *assay,
                assay_facts *facts);

/* One line a person of the first replicate trial; beneath it `under` (NULL: none). */
void figure_people(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                   size_t arm, const char *assay, const char *under);
/* A few samples a person: all arms in one plot. */
void figure_samples(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                    const char *assay);
/* Too many people for lines: median and bands over all replicate trials. */
void figure_bands(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                  size_t arm, const char *assay);
void figure_swimmer(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);

/* ---- The grid: the first axis makes panels. */
size_t grid_panels(const rsp_findings *f);
void figure_grid_panel(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                       size_t panel);
void figure_grid(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
/* ---- A sweep: one outcome, or all of them one above the other. */
void figure_sweep_panel(rsp_text *out, const rsp_sweep *sweep, size_t k);
void figure_sweep(rsp_text *out, const rsp_sweep *sweep);
double sweep_panel_height(const rsp_sweep *sweep, size_t k);
/* A level as on the axis: powers of ten, thousands, a true minus. */
const char *sweep_level(const char *level, char text[48]);
/* One scoreboard row: published mark on the simulated interval. */
void figure_score(rsp_text *out, const rsp_score_row *row);

#endif
