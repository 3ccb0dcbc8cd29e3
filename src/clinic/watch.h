/* A watch follows a condition over the samples of one participant, with memory:
 * so many consecutive samples, within a time, over at least a time.  Rules and
 * endpoints are both watches. */
#ifndef RESPITE_CLINIC_WATCH_H
#define RESPITE_CLINIC_WATCH_H

#include "clinic/condition.h"

typedef struct clinic_criterion {
    clinic_condition condition;
    uint32_t confirmed;  /* consecutive samples, >= 1 */
    double within_day;   /* they lie within this; inf: no limit */
    double lasting_day;  /* and span at least this; 0: no need */
    double fall;         /* log10 fall after which the count begins anew; 0: off */
} clinic_criterion;

enum { CLINIC_WATCH_RUN = 128, CLINIC_MOST_CONFIRMED = 100 };

typedef struct clinic_watch {
    uint32_t run;       /* qualifying samples so far, in a row */
    double first;       /* day of the first of them */
    double last_not;    /* day of the last sample that did not qualify; NaN */
    double before_run;  /* last_not when the run began; NaN */
    double last;        /* day of the last sample that counted; NaN */
    double last_value;  /* for `fall`; NaN */
    bool done;
    double done_day;    /* of the sample that completed it */
    double days[CLINIC_WATCH_RUN]; /* of the run, the oldest first, where `within` is
                                      finite; of a longer one the last so many */
} clinic_watch;

clinic_watch clinic_watch_start(void);
/* Feed the next sample; true when this one completes the criterion. */
bool clinic_watch_feed(clinic_watch *w, const clinic_criterion *c, double day,
                       const clinic_reading *now, const clinic_reading *baseline);

#endif
