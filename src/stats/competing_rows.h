/* Competing events in order of time, tied times made one. */
#ifndef RESPITE_STATS_COMPETING_ROWS_H
#define RESPITE_STATS_COMPETING_ROWS_H

#include "respite/competing.h"

typedef struct rsp_competing_rows {
    size_t n, n_times;
    size_t *order;   /* [n] rows by time, equal times in the order given */
    size_t *time_of; /* [n] of each row: index of its time */
    double *times;   /* [n_times] */
} rsp_competing_rows;

RSP_MUST_USE rsp_status rsp_competing_rows_init(rsp_competing_rows *r,
                                                const rsp_competing *x, size_t n,
                                                rsp_error *err);
void rsp_competing_rows_fini(rsp_competing_rows *r);

#endif
