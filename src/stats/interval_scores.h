/* Scores of the pooled estimate, and the observed information of group effects.
 * With S_j the survival after piece j of the support, j = 0 .. k, an observation
 * of pieces a+1 .. b has likelihood S_a - S_b; a group effect beta moves S_j by
 * D_j = dS_j / dbeta at 0, and its score is (D_a - D_b) / (S_a - S_b). */
#ifndef RESPITE_STATS_INTERVAL_SCORES_H
#define RESPITE_STATS_INTERVAL_SCORES_H

#include "stats/turnbull.h"

typedef struct rsp_score_model {
    rsp_interval_scores which;
    size_t k;
    const double *S;                /* [k + 1], S[0] = 1, S[k] = 0 */
    const double *first, *second;   /* [k + 1] dS / dbeta, d2S / dbeta2 */
    const double *hazard;           /* [k + 1] sum of 1 - S_l / S_(l-1), l <= j */
} rsp_score_model;

/* Arrays are the arena's; false: no memory. */
bool rsp_score_model_init(rsp_score_model *m, rsp_interval_scores which,
                          const rsp_support *s, const double *p,
                          rsp_arena *arena);
double rsp_score_of(const rsp_score_model *m, const rsp_cover *c);

/* Variance of the scores of groups 1 .. n_groups - 1, v[(n_groups - 1)^2].
 * count: [n_covers][n_groups]. */
RSP_MUST_USE rsp_status rsp_score_variance(const rsp_score_model *m,
                                           const rsp_turnbull *t,
                                           const rsp_support *s,
                                           const double *count, size_t n_groups,
                                           double *v, rsp_error *err);

#endif
