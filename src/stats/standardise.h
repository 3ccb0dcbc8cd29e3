/* Covariates on one scale, so that one tolerance serves all. */
#ifndef RESPITE_STATS_STANDARDISE_H
#define RESPITE_STATS_STANDARDISE_H

#include "respite/core.h"

/* out = (x - mean) / sd by column, [n][q]; mean[q] and sd[q] (over n).  False:
 * a column does not vary, but for rounding. */
bool rsp_stats_standardise(const double *x, size_t n, size_t q, double *out,
                           double *mean, double *sd);
/* RSP_RANGE: a value that is not finite, with its row and column. */
RSP_MUST_USE rsp_status rsp_stats_check_finite(const double *x, size_t n, size_t q,
                                               rsp_error *err);

#endif
