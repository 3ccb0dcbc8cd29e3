/* Sums over the risk sets of a Cox regression. */
#ifndef RESPITE_STATS_COX_SUMS_H
#define RESPITE_STATS_COX_SUMS_H

#include "stats/cox_rows.h"

/* A point of the parameter space, with what is needed to work there. */
typedef struct cox_point {
    size_t p;
    int order;          /* of the moments that are kept: 0 to 3 */
    double *linear;     /* [n] x beta + offset */
    double *risk;       /* [n] exp(linear - shift) */
    double shift;
    double log;         /* log-likelihood, its derivatives by beta: */
    double *score;      /* [p] */
    double *information; /* [p][p] */
    double *third;      /* [p][p][p]: d information / d beta; with order 3 */
    double *moments;    /* scratch */
} cox_point;
RSP_MUST_USE rsp_status cox_point_init(cox_point *at, const cox_rows *rows, int order,
                                       rsp_error *err);
void cox_point_fini(cox_point *at);
/* Fill linear, risk and shift; all else as it was. */
void cox_point_move(cox_point *at, const cox_rows *rows, const double *beta);
/* Move, and fill log, score, information (order 2), third (order 3).  log is not
 * finite where exp leaves its range. */
void cox_point_set(cox_point *at, const cox_rows *rows, bool efron, const double *beta);
/* The same by the exact conditional likelihood; order 2.  RSP_NOMEM. */
RSP_MUST_USE rsp_status cox_point_set_exact(cox_point *at, const cox_rows *rows,
                                            const double *beta, rsp_error *err);

/* A tie set with events is m terms (with Breslow one): term l finds a share
 * gone = l / m of the events no longer at risk. */
typedef struct cox_step {
    size_t set;
    double terms, gone;
    double events;          /* weighted events of this term */
    double at_risk, shift;  /* sum of weight count exp(linear - shift) */
    double hazard;          /* events over that, of a risk of 1 of the point */
    const double *mean;     /* [p] of x at risk, weighted so; order 1 */
    const double *variance; /* [p][p]; order 2 */
    const double *third;    /* [p][p][p] third central moment; order 3 */
} cox_step;
typedef void cox_visit(void *context, const cox_step *step);
/* Visit every term at a point that has been moved to; sets from the last to the
 * first, up to order `order` <= at->order. */
void cox_walk(cox_point *at, const cox_rows *rows, bool efron, int order, cox_visit *visit,
              void *context);

#endif
