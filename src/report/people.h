/* The people of a data set, each with their own rows, and how their arms are drawn:
 * of the first replicate trial of a run, or those analysed. */
#ifndef REPORT_PEOPLE_H
#define REPORT_PEOPLE_H

#include "report/figures.h"

enum { MOST_STYLES = 64 }; /* as many arms as a study may have */

struct cohort {
    const rsp_dataset *rows;
    const bool *in;    /* [n_subjects]; NULL: all */
    const char *const *left_out; /* [n_subjects] why not in; NULL: not known */
    const char *from;  /* what weeks count from: "stop art", or "start" */
    char since[160];   /* "weeks since ART was stopped" */
    const char *whose; /* "the first replicate trial", "the data set" */
    double threshold;  /* of viral load, shaded from it on; 0: none */
    bool by_name;      /* participants have names of their own */
    bool historical;   /* an arm is historical by the plan, and grey */
    arm_style styles[MOST_STYLES];
};

typedef enum ending { ENDED_UNKNOWN, ENDED_RESTART, ENDED_OFF_ART, ENDED_LOST, ENDED_DEATH } ending;

typedef struct person {
    size_t subject; /* of the rows */
    uint32_t trial, who, arm;
    double zero;         /* study day that weeks count from; NaN: it never came */
    double restart, end; /* study days; NaN: none */
    double event;        /* study day of the first endpoint reached; NaN: none */
    ending ending;
    size_t first, last;       /* measurements [first, last) */
    size_t h_first, h_last;   /* happenings */
} person;

typedef struct roster {
    person *people;
    size_t n;
} roster;

/* False: no memory.  free r->people. */
bool people_list(const cohort *c, roster *r);
/* Measured in this assay since: in weeks, of a row of theirs. */
bool people_row_counts(const rsp_dataset *d, const person *p, size_t row,
                       const char *assay);
double people_weeks(const person *p, double day);
/* "control 3", or the participant's own name. */
const char *person_name(const cohort *c, const person *p, size_t most, char text[160]);

#endif
