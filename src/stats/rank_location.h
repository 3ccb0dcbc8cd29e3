/* What the signed-rank and the rank-sum test share: how p is computed, and the
 * interval from order statistics. */
#ifndef RESPITE_STATS_RANK_LOCATION_H
#define RESPITE_STATS_RANK_LOCATION_H

#include "stats/hodges_lehmann.h"
#include "stats/rank_null.h"
#include "stats/rank_scores.h"

typedef struct rsp_rank_moments {
    double mean, variance; /* of the statistic in whole (not doubled) ranks */
} rsp_rank_moments;

/* Options with their defaults filled in, or RSP_RANGE. */
RSP_MUST_USE rsp_status rsp_rank_resolve(const rsp_rank_options *given,
                                         rsp_rank_options *out, rsp_error *err);
void rsp_rank_nothing(rsp_rank_result *out); /* all NaN, reason "" */
/* Whether to be exact where that takes `work` additions; RSP_RANGE: it takes too
 * many and was asked for. */
RSP_MUST_USE rsp_status rsp_rank_choose(rsp_null null, double work, bool *exact,
                                        rsp_error *err);
double rsp_rank_exact_p(const rsp_rank_null *null, int64_t t, rsp_alternative alternative);
/* z and p of the statistic; `untied` moments make the interval. */
void rsp_rank_normal_p(rsp_rank_result *out, const rsp_rank_moments *m,
                       const rsp_rank_options *o);
void rsp_rank_exact_interval(rsp_rank_result *out, const rsp_pairs *pairs,
                             const rsp_rank_null *untied, const rsp_rank_options *o);
void rsp_rank_normal_interval(rsp_rank_result *out, const rsp_pairs *pairs,
                              const rsp_rank_moments *m, const rsp_rank_options *o);

#endif
