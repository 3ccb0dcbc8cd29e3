/* The people of the first replicate trial, each with their own rows. */
#ifndef REPORT_PEOPLE_H
#define REPORT_PEOPLE_H

#include "report/figures.h"

typedef struct person {
    uint32_t who, arm;
    double zero;         /* study day that weeks count from; NaN: it never came */
    double restart, end; /* study days; NaN: none */
    double event;        /* study day of the first endpoint reached; NaN: none */
    size_t first, last;  /* measurements [first, last) */
} person;

typedef struct roster {
    person *people;
    size_t n;
} roster;

/* What weeks count from: "stop art", or "start" where nobody does that. */
const char *people_count_from(const rsp_plan_view *plan, const rsp_findings *f);
/* False: no memory.  free r->people. */
bool people_list(const rsp_plan_view *plan, const rsp_findings *f, roster *r);
/* Measured in this assay since: in weeks, of a row of theirs. */
bool people_row_counts(const rsp_dataset *d, const person *p, size_t row,
                       const char *assay);
double people_weeks(const person *p, double day);

#endif
