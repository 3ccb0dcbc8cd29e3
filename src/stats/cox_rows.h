/* The rows of a Cox regression: checked, ordered, standardised. */
#ifndef RESPITE_STATS_COX_ROWS_H
#define RESPITE_STATS_COX_ROWS_H

#include "respite/cox.h"

/* Rows are in order of stratum, time, input.  A tie set is a run of rows of one
 * stratum and time: set k is rows [first[k], first[k + 1]).  A stratum is a run
 * of sets; `ends` marks its last. */
typedef struct cox_rows {
    size_t n, p, n_sets, n_missing;
    double events;           /* sum of count over events */
    double *x;               /* [n][p], centred by mean, divided by scale */
    double *mean, *scale;    /* [p] */
    double *time;            /* [n] */
    double *weight, *count, *offset; /* [n] */
    bool *event;             /* [n] */
    uint32_t *stratum, *cluster; /* [n]; cluster as given, or the row's number */
    size_t *origin;          /* [n] row of the data */
    size_t *first;           /* [n_sets + 1] */
    bool *ends;              /* [n_sets] */
    bool has_weights, has_counts, has_clusters;
} cox_rows;

RSP_MUST_USE rsp_status cox_rows_init(cox_rows *rows, const rsp_cox_data *data, rsp_error *err);
void cox_rows_fini(cox_rows *rows);
/* Keep only the covariates k with keep[k], in x, mean, scale and p. */
void cox_rows_keep(cox_rows *rows, const bool *keep);
/* Add to squares [p][p] the sum of u u' over clusters, u the sum of weight times
 * values [n][p] of one.  Without clusters a row of count c is c observations, each
 * of its own.  n_clusters may be NULL. */
RSP_MUST_USE rsp_status cox_rows_squares(const cox_rows *rows, size_t p, const double *values,
                                         double *squares, size_t *n_clusters, rsp_error *err);

#endif
