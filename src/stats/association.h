/* Null distributions of rank correlations. */
#ifndef RESPITE_STATS_ASSOCIATION_H
#define RESPITE_STATS_ASSOCIATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RSP_SPEARMAN_EXACT = 9, RSP_SPEARMAN_SERIES = 1290, RSP_KENDALL_EXACT = 50 };

typedef struct rsp_tails { double lower, upper; } rsp_tails; /* P(R <= r), P(R >= r) */

/* Over all pairings of the (doubled) ranks a and b, n <= RSP_SPEARMAN_EXACT. */
rsp_tails rsp_spearman_exact(const int64_t *a, const int64_t *b, size_t n);
/* Without ties, by the sum of squared rank differences s (even). */
rsp_tails rsp_spearman_series(double s, size_t n);
/* Without ties, by the number of discordant pairs; n < RSP_KENDALL_EXACT. */
rsp_tails rsp_kendall_exact(double discordant, size_t n);

typedef struct rsp_kendall { /* pairs: discordant, concordant; ties: variance of S */
    double concordant, discordant, ties_x, ties_y, variance;
} rsp_kendall;
bool rsp_kendall_count(const double *x, const double *y, size_t n, rsp_kendall *out);

#endif
