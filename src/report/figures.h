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
arm_style style_of_kind(size_t kind, size_t n); /* the n-th of those treated (0), of controls (1) */

/* Whose rows a figure of participants draws (people.h). */
typedef struct cohort cohort;
void cohort_of_run(cohort *c, const rsp_plan_view *plan, const rsp_findings *f);
/* `in` [n_subjects]: who; NULL: all.  `control`: the arm that others are held against. */
void cohort_of_data(cohort *c, const rsp_dataset *d, const bool *in, const char *control);

/* "weeks since interruption of ART", of what days count from ("stop art"). */
const char *weeks_since(const char *from, char text[160]);
/* Names for people: "Viral load" of "viral_load", "copies per µg DNA". */
const char *assay_title(const char *assay, char text[160]);
const char *assay_unit(const char *unit, char text[160]);
const char *assay_label(const char *assay, const char *unit, char text[340]); /* both; a grade has no unit */
/* Sign and name of an arm, on as many lines as it takes: in a legend, and left of numbers at risk, which begin
 * beyond 150.  What it takes of height; out NULL: only that. */
double arm_legend(rsp_text *out, arm_style s, const char *words, double y);
double arm_at_risk(rsp_text *out, arm_style s, const char *name, double y);
const char *p_text(double p, char text[32]); /* "p = 0.012" */

/* A table of the results `of` an analysis as its `figure` says; groups that are arms of `people` (NULL: none) look
 * as those do. */
void figure_table(rsp_text *out, const rsp_result_table *t, const rsp_result *of,
                  const cohort *people);
/* A line for each estimate of a table; how many rows it would draw. */
void figure_forest(rsp_text *out, const rsp_result_table *t, const char *title);
size_t forest_rows(const rsp_result_table *t);

/* Two numbers of each participant, joined by a line; their changes in order of size. */
void figure_pairs(rsp_text *out, const rsp_result_table *t, const char *title,
                  const cohort *people);
void figure_waterfall(rsp_text *out, const rsp_result_table *t, const char *title,
                      const cohort *people);
/* How the k-th group of a figure looks; seen [MOST_STYLES], zeroed before the first. */
arm_style style_of_group(const cohort *people, const char *group, size_t k, size_t *seen);

/* Participants of one arm, from enrolment to the end: every step's number is the one above
 * it less those who leave to the side; the ends share the last step's. */
enum { MOST_REASONS = 4 };
typedef struct flow_reasons { /* of some of them, the most frequent first; text may be NULL: others */
    struct { const char *text; size_t n; } v[MOST_REASONS + 1];
    size_t n;
} flow_reasons;
typedef struct flow_step {
    const char *label;
    size_t n;
    const char *left_as; /* why people leave before it; NULL: nobody can */
    size_t left;
    flow_reasons why;    /* of those who left; of an end, of those who are there */
} flow_step;
enum { MOST_STEPS = 8, MOST_ENDS = 6 };
typedef struct flow {
    flow_step steps[MOST_STEPS], ends[MOST_ENDS];
    size_t n_steps, n_ends;
} flow;
bool flow_sums(const flow *f);
void flow_of_run(const rsp_plan_view *plan, const rsp_arm_findings *a, flow *f);
void flow_of_rows(const cohort *c, size_t arm, flow *f);
/* False, and nothing is drawn: its numbers do not sum. */
bool figure_flow(rsp_text *out, const char *arm, arm_style s, const flow *f);
/* Kaplan-Meier curves of the k-th endpoint. */
void figure_km(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
               size_t k);

/* ---- One assay over time. */
/* People of an arm who were measured, and samples. */
size_t people_measured(const cohort *c, const char *assay, size_t arm, size_t *samples);
/* What the rows say of an assay; false: no rows. */
typedef struct assay_facts {
    const char *unit;
    double lloq, least, most; /* NaN: none; of the numbers, and the upper limit where exceeded */
    double first, last;       /* weeks since `from` */
    const char *since;        /* "weeks since ART was stopped" */
    size_t people, n_samples, samples_a_person; /* all; most of one person */
    bool is_log;
    char lloq_label[32];
} assay_facts;
bool assay_look(const cohort *c, const char *assay, assay_facts *facts);

/* One line a person, with the median and the middle half where there are enough; beneath it
 * `under` (NULL: none). */
void figure_people(rsp_text *out, const cohort *c, size_t arm, const char *assay,
                   const char *under);
/* A few samples a person: all arms in one plot. */
void figure_samples(rsp_text *out, const cohort *c, const char *assay);
/* Too many people for lines: median and bands, of all replicate trials of a run. */
struct visit_list;
void figure_bands(rsp_text *out, const cohort *c, const struct visit_list *of_arms, size_t arm,
                  const char *assay);
/* A bar for everybody whose time off ART, or follow-up, is known. */
size_t swimmers(const cohort *c);
void figure_swimmer(rsp_text *out, const cohort *c);

/* ---- The grid: the first axis makes panels. */
size_t grid_panels(const rsp_findings *f);
void figure_grid_panel(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                       size_t panel);
void figure_grid(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f);
/* ---- A sweep: one outcome, or all of them one above the other. */
arm_style style_of_curve(size_t i);
void figure_sweep_panel(rsp_text *out, const rsp_sweep *sweep, size_t k);
void figure_sweep(rsp_text *out, const rsp_sweep *sweep);
double sweep_panel_height(const rsp_sweep *sweep, size_t k);
/* A level as on the axis: powers of ten, thousands, a true minus; words stay what they are. */
const char *sweep_level(const char *level, char text[48]);
/* One scoreboard row: published mark on the simulated interval. */
void figure_score(rsp_text *out, const rsp_score_row *row);

#endif
