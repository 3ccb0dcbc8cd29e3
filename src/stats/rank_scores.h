/* Ranks as whole numbers: twice the mid-rank, so that no tie needs a fraction. */
#ifndef RESPITE_STATS_RANK_SCORES_H
#define RESPITE_STATS_RANK_SCORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "respite/rank.h"

/* x to so many significant digits; 0: x itself. */
double rsp_rank_significant(double x, int digits);
/* x - shift; 0 where the two are equal to so many digits: 0.3 - 0.2 is not 0.1. */
double rsp_rank_shifted(double x, double shift, int digits);

/* rank[i] = twice the mid-rank of x[i] among all n; ties: sum over groups of
 * equal values of t^3 - t (NULL: not wanted).  False: no memory. */
bool rsp_rank_twice(const double *x, size_t n, int64_t *rank, double *ties);

/* Sum of t^3 - t of a sorted array. */
double rsp_rank_ties_of_sorted(const double *x, size_t n);

void rsp_rank_sort(double *x, size_t n);
RSP_MUST_USE rsp_status rsp_rank_check(const double *x, size_t n, const char *what,
                                       rsp_error *err);
/* 0 becomes 0.95; outside (0, 1): RSP_RANGE. */
RSP_MUST_USE rsp_status rsp_rank_level(double *level, rsp_error *err);

#endif
