#include <math.h>
#include <stdlib.h>

#include "stats/distributions.h"
#include "stats/rank_scores.h"

static void statistic(const int64_t *rank, const size_t *group, size_t n,
                      size_t n_groups, double ties, double *sum, double *count,
                      rsp_kruskal *out)
{
    double total = (double)n, between = 0;
    int present = 0;
    for (size_t i = 0; i < n; i++) {
        sum[group[i]] += (double)rank[i] / 2;
        count[group[i]] += 1;
    }
    for (size_t g = 0; g < n_groups; g++) {
        if (count[g] > 0) {
            double off = sum[g] / count[g] - (total + 1) / 2;
            between += count[g] * off * off;
            present++;
        }
    }
    double spread = 1 - ties / (total * (total - 1) * (total + 1));
    if (present < 2 || !(spread > 0)) {
        out->reason = present < 2 ? "fewer than two groups with values"
                                  : "all values are equal";
        return;
    }
    out->h = 12 / (total * (total + 1)) * between / spread;
    out->df = present - 1;
    out->p = rsp_stats_chisq_upper(out->h, out->df);
}

rsp_status rsp_kruskal_wallis(const double *x, const size_t *group, size_t n,
                              size_t n_groups, rsp_kruskal *out, rsp_error *err)
{
    *out = (rsp_kruskal){NAN, NAN, 0, ""};
    rsp_status s = rsp_rank_check(x, n, "value", err);
    for (size_t i = 0; s == RSP_OK && i < n; i++) {
        if (group[i] >= n_groups) {
            s = rsp_fail(err, RSP_RANGE, "value %zu is of group %zu of %zu", i + 1,
                         group[i] + 1, n_groups);
        }
    }
    if (s != RSP_OK) {
        return s;
    }
    int64_t *rank = calloc(n + 1, sizeof *rank);
    double *sums = calloc(n_groups + 1, 2 * sizeof *sums), ties = 0;
    if (rank && sums && rsp_rank_twice(x, n, rank, &ties)) {
        statistic(rank, group, n, n_groups, ties, sums, sums + n_groups, out);
    } else {
        s = rsp_fail(err, RSP_NOMEM, "no memory for %zu values", n);
    }
    free(rank);
    free(sums);
    return s;
}
