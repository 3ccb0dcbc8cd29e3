/* An endpoint of one participant from the samples alone. */
#ifndef RESPITE_CLINIC_ENDPOINT_H
#define RESPITE_CLINIC_ENDPOINT_H

#include "clinic/watch.h"

typedef enum clinic_restart { /* ART restarted before the event */
    CLINIC_RESTART_CENSOR, CLINIC_RESTART_EVENT, CLINIC_RESTART_IGNORE
} clinic_restart;

typedef struct clinic_samples { /* one participant's, by day */
    size_t n, n_assays;
    const double *day;              /* [n] */
    const clinic_reading *readings; /* [n * n_assays] */
    const bool *made;               /* [n]: the visit took place */
} clinic_samples;

typedef struct clinic_at_risk {
    double from;    /* NaN: never at risk */
    double restart; /* day of ART restart; inf: none */
    bool lost;      /* lost to follow-up, not the study's end */
} clinic_at_risk;

typedef struct clinic_endpoint_result {
    rsp_endpoint_end end;
    double day;         /* since `from` */
    double left, right; /* (left, right], since `from` */
    double reached;     /* study day of the completing sample; NaN */
} clinic_endpoint_result;

/* The baseline of each assay is its last sample at or before `from`. */
clinic_endpoint_result clinic_endpoint_of(const clinic_criterion *criterion,
                                          clinic_restart restart,
                                          const clinic_samples *samples,
                                          const clinic_at_risk *risk);

#endif
