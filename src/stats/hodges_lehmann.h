/* Order statistics of all Walsh averages or all differences, without making
 * them: n values have n (n + 1) / 2 averages. */
#ifndef RESPITE_STATS_HODGES_LEHMANN_H
#define RESPITE_STATS_HODGES_LEHMANN_H

#include <stddef.h>

typedef struct rsp_pairs { /* sorted; b NULL: (a_i + a_j) / 2 over i <= j; else a_i - b_j */
    const double *a, *b;
    size_t n_a, n_b;
} rsp_pairs;

double rsp_pairs_count(const rsp_pairs *pairs); /* < 2^53 */
/* The k-th smallest, 1 <= k <= count; NaN outside. */
double rsp_pairs_kth(const rsp_pairs *pairs, double k);
double rsp_pairs_median(const rsp_pairs *pairs);

#endif
