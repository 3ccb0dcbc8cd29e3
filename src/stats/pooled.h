/* The event times of several groups in one table: what log-rank and Cox read. */
#ifndef RESPITE_STATS_POOLED_H
#define RESPITE_STATS_POOLED_H

#include "respite/stats.h"

typedef struct rsp_pooled {
    size_t n_times, n_groups;
    double *at_risk; /* [n_times][n_groups] */
    double *events;  /* [n_times][n_groups] */
} rsp_pooled;

RSP_MUST_USE rsp_status rsp_pooled_init(rsp_pooled *p,
                                        const rsp_km *const *groups,
                                        size_t n_groups, rsp_error *err);
void rsp_pooled_fini(rsp_pooled *p);

/* The gap up to which two neighbouring times are one, given the sum of n
 * distinct times. */
double rsp_pooled_tie_gap(double sum, size_t n);

#endif
