/* A published curve as counts in the periods between its points. */
#ifndef RESPITE_STATS_PUBLISHED_H
#define RESPITE_STATS_PUBLISHED_H

#include "respite/external.h"

enum { RSP_PERIODS_MAX = RSP_PUBLISHED_MAX + 1 }; /* the last: beyond all points */

typedef struct rsp_periods {
    size_t k;                            /* points */
    double published[RSP_PERIODS_MAX];   /* [k + 1] events; last: event-free */
    double arm[RSP_PERIODS_MAX];         /* the same of the arm */
    double censored[RSP_PERIODS_MAX];    /* [k] of the arm, within a period */
} rsp_periods;

RSP_MUST_USE rsp_status rsp_published_check(const rsp_published *p, rsp_error *err);
/* -ln share at t, straight between points; *beyond: after the last.  weight[k]
 * receives its derivatives in the values at the points, added. */
double rsp_published_hazard(const rsp_published *p, double t, double *weight,
                            bool *beyond);
/* P(|U| >= |u|) over all assignments; NaN: too many. */
double rsp_published_exact(const rsp_periods *periods, double u);

#endif
