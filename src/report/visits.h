/* Visits as the samples of an assay show them, with quantiles over people. */
#ifndef REPORT_VISITS_H
#define REPORT_VISITS_H

#include <stdint.h>

#include "report/people.h"

#define EVERY_ARM SIZE_MAX
enum { Q05, Q25, Q50, Q75, Q95, N_QUANTILES };

typedef struct visit {
    double first, last, week; /* of its planned days, in weeks */
    size_t n;                 /* people sampled */
    size_t followed;          /* people with samples until or before, and then or later */
    double q[N_QUANTILES];    /* NaN: below a limit */
} visit;
typedef struct visit_list {
    visit *v;
    size_t n;
} visit_list;

/* False: no memory.  free out->v in any case. */
bool visits_of(const cohort *c, const roster *r, const char *assay, size_t arm,
               visit_list *out);
/* Between two samples of a person, in weeks, lies a visit to which at least half came of
 * those who were followed. */
bool visit_missed(const visit_list *list, double from, double to);

/* What a run's findings say of all replicate trials; free out->v. */
bool visits_of_findings(const rsp_arm_findings *arm, const char *assay, const char *from,
                        visit_list *out);

/* ---- Drawn: quantiles from low to high as an area, one as a line.  Where a quantile is
 * below a limit it stands at floor_at. */
void visits_area(rsp_text *out, const plot *p, const visit_list *l, size_t low, size_t high,
                 const char *colour, double floor_at);
void visits_line(rsp_text *out, const plot *p, const visit_list *l, size_t q, const char *colour,
                 double floor_at);

#endif
