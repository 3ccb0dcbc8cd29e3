/* The pseudo-likelihood of Fine & Gray 1999, in order of time. */
#ifndef RESPITE_STATS_FINE_GRAY_H
#define RESPITE_STATS_FINE_GRAY_H

#include "stats/competing_rows.h"

typedef struct rsp_fg_problem {
    const rsp_competing *x;
    const rsp_competing_rows *rows;
    uint32_t cause;
    size_t n, q, m;  /* m: distinct times */
    const double *z; /* [n][q] standardised covariates */
    const double *G; /* [m] of censoring, just before each time */
    double *risk;    /* [n] exp(z beta) at the last evaluation */
    double *s0;      /* [m] sum of weighted risks */
    double *mean;    /* [m][q] of covariates, so weighted */
    const double *events; /* [m] of the cause */
    const double *leaving, *censored; /* [m] rows at, censored at, each time */
} rsp_fg_problem;

/* Log pseudo-likelihood (Breslow ties), with its first and minus its second
 * derivatives; fills risk, s0 and mean. */
double rsp_fg_evaluate(rsp_fg_problem *p, const double *beta, double *gradient,
                       double *information);
/* Sum over participants of (eta + psi)(eta + psi)', their equations 7 and 8, at
 * the last evaluation. */
RSP_MUST_USE rsp_status rsp_fg_residuals(const rsp_fg_problem *p, double *sum,
                                         rsp_error *err);

#endif
