/* Null distributions of rank statistics by the shift algorithm (Streitberg &
 * Roehmel 1986): scores are whole numbers >= 0, so that the distribution is one
 * array, built a score at a time by adding it to itself shifted. */
#ifndef RESPITE_STATS_RANK_NULL_H
#define RESPITE_STATS_RANK_NULL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rsp_rank_null { /* P(T = offset + unit * i) = mass[i], i <= last */
    double *mass;
    size_t last;
    int64_t offset, unit;
    double centre; /* index of the mean: (offset + unit * centre) is E T */
} rsp_rank_null;

/* Additions that building takes: what decides whether it is worth it. */
double rsp_rank_null_signed_work(const int64_t *score, size_t n);
double rsp_rank_null_sum_work(const int64_t *score, size_t n, size_t m);

/* T: sum of the scores of which each is in with probability 1/2; or of m of n,
 * all choices alike.  False: no memory, or more choices than a double holds
 * (n > 1,000).  Free mass. */
bool rsp_rank_null_signed(const int64_t *score, size_t n, rsp_rank_null *out);
bool rsp_rank_null_sum(const int64_t *score, size_t n, size_t m, rsp_rank_null *out);

double rsp_rank_null_lower(const rsp_rank_null *null, int64_t t); /* P(T <= t) */
double rsp_rank_null_upper(const rsp_rank_null *null, int64_t t); /* P(T >= t) */
/* P(|T - E T| >= |t - E T|) */
double rsp_rank_null_far(const rsp_rank_null *null, int64_t t);
/* The smallest index i with P(T <= that) >= p. */
size_t rsp_rank_null_quantile(const rsp_rank_null *null, double p);

#endif
