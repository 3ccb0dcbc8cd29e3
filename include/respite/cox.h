/* Cox's proportional-hazards regression (Cox 1972) of right-censored times.
 *
 *     quantity         unit       range
 *     time             day        finite, >= 0; ties as in stats.h
 *     x                the user's up to 1e100; a row with a NaN is left out and counted
 *     weight           -          finite, >= 0; 0 leaves the row out
 *     count            -          as weight: how many observations a row stands for
 *     offset           log hazard finite
 *     coef, se         per unit of x, log hazard
 *     hr, low, high    hazard ratio and its limits
 *
 * A weight and a count differ where events are tied: Efron's correction shares
 * the weight out among the count of the events.
 *
 * Ties: Efron (1977), Breslow (1974), or the exact conditional likelihood (Cox
 * 1972, eq. 12) by the recursion of Gail, Lubin & Rubinstein (1981), whose work
 * grows as n at risk * n tied.  Exact takes no weights, counts or robust variance.
 * Robust variance: the sandwich of Lin & Wei (1989), summed over clusters; NaN
 * where the clusters leave nothing (one cluster), and Wald's test of all terms NaN
 * where there are fewer clusters than it needs.
 * Firth: the likelihood with Jeffreys' prior (Firth 1993; Heinze & Schemper
 * 2001): coef always finite; low, high and p by the penalised profile likelihood.
 *
 * Where the likelihood has no maximum (Jacobsen 1989) the state says so, with the
 * terms that run away; every number of the terms is then NaN, while the
 * likelihood-ratio test (of the supremum) and the score test stand.
 *
 * Memory O(n p + p^2), p^3 with Firth; time O(n p^2) a step after one sort.
 * Threads: an rsp_cox belongs to one thread at a time. */
#ifndef RESPITE_COX_H
#define RESPITE_COX_H

#include "respite/core.h"

typedef struct rsp_cox_data { /* borrowed; only until rsp_cox_new returns */
    size_t n, n_covariates;
    const double *time;      /* [n] */
    const bool *event;       /* [n] */
    const double *x;         /* [n][n_covariates] */
    const double *weight;    /* [n]; NULL: 1 */
    const double *count;     /* [n]; NULL: 1 */
    const double *offset;    /* [n]; NULL: 0 */
    const uint32_t *stratum; /* [n]; NULL: one stratum */
    const uint32_t *cluster; /* [n]; NULL: each observation is its own */
} rsp_cox_data;

typedef enum rsp_cox_ties {
    RSP_TIES_EFRON,
    RSP_TIES_BRESLOW,
    RSP_TIES_EXACT
} rsp_cox_ties;

typedef struct rsp_cox_options {
    rsp_cox_ties ties;
    bool robust; /* se, limits and Wald by the sandwich; not with exact or Firth */
    bool firth;  /* not with exact */
    double level; /* of the limits, in (0, 1) */
} rsp_cox_options;
rsp_cox_options rsp_cox_defaults(void); /* Efron, model variance, 0.95 */

typedef enum rsp_cox_state {
    RSP_COX_ESTIMATED,
    RSP_COX_NO_EVENTS,      /* no row, or no event */
    RSP_COX_NO_INFORMATION, /* no covariate differs among those at risk */
    RSP_COX_MONOTONE,       /* the likelihood has no maximum: use Firth */
    RSP_COX_NOT_CONVERGED
} rsp_cox_state;
const char *rsp_cox_state_text(rsp_cox_state state);

typedef struct rsp_cox_term {
    double coef, se; /* se: the robust one where asked for */
    double model_se;
    double hr, low, high;
    double z, p;     /* z is NaN with Firth */
    int direction;   /* MONOTONE: coef runs to -inf (-1), +inf (1) or settles (0) */
    bool aliased;    /* a combination of those before it: no coef, no df */
} rsp_cox_term;

typedef struct rsp_cox_test { double chisq, p; } rsp_cox_test;

typedef struct rsp_cox_result {
    rsp_cox_state state;
    size_t n;         /* rows used */
    size_t n_missing; /* rows left out for a NaN covariate */
    size_t n_clusters; /* with robust */
    double events;    /* counted, not weighted */
    size_t n_terms;
    const rsp_cox_term *terms; /* [n_terms] */
    const double *variance;    /* [n_terms][n_terms] of coef, as se; NaN: aliased */
    int df;
    double loglik_null, loglik; /* with Firth penalised, in units of x */
    rsp_cox_test likelihood_ratio, wald, score; /* score NaN with Firth */
    int iterations;
} rsp_cox_result;

/* RSP_RANGE: a number out of its range (with its row), options that exclude each
 * other; RSP_NOMEM.  *cox is NULL on an error. */
typedef struct rsp_cox rsp_cox;
RSP_MUST_USE rsp_status rsp_cox_new(const rsp_cox_data *data, const rsp_cox_options *options,
                                    rsp_cox **cox, rsp_error *err);
void rsp_cox_free(rsp_cox *cox); /* NULL is fine */
const rsp_cox_result *rsp_cox_result_of(const rsp_cox *cox); /* until freed */

/* ---- Proportional hazards: the score test for a coefficient that changes as
 * g(t) (Grambsch & Therneau 1994), each term given all others, and all at once.
 * KM: g = 1 - S(t-), S the unweighted Kaplan-Meier of all rows.  NaN: not
 * estimated, aliased, or g constant over the events.  RSP_RANGE: exact ties;
 * LOG with an event at time 0; RSP_NOMEM. */
typedef enum rsp_cox_transform {
    RSP_TRANSFORM_KM,
    RSP_TRANSFORM_IDENTITY,
    RSP_TRANSFORM_LOG,
    RSP_TRANSFORM_RANK
} rsp_cox_transform;
RSP_MUST_USE rsp_status rsp_cox_proportionality(const rsp_cox *cox, rsp_cox_transform transform,
                                                rsp_cox_test *terms /* [n_terms] */,
                                                rsp_cox_test *global, int *df, rsp_error *err);

/* ---- Cumulative baseline hazard at x = 0 and offset 0 (Breslow's, or with Efron
 * ties Efron's), at every distinct time of each stratum.  None where the fit is
 * not estimated.  Free `points`. */
typedef struct rsp_cox_hazard { uint32_t stratum; double time, cumulative; } rsp_cox_hazard;
RSP_MUST_USE rsp_status rsp_cox_baseline(const rsp_cox *cox, rsp_cox_hazard **points, size_t *n,
                                         rsp_error *err);

/* ---- Concordance (Harrell 1982) of a score with the times: the share of
 * comparable pairs within a stratum in which the higher score fails first, tied
 * scores counting one half.  se by the infinitesimal jackknife over clusters
 * (Therneau & Watson 2015).  `score` NULL and x: not read.  NaN: no comparable
 * pair. */
typedef struct rsp_concordance {
    double c, se;
    double concordant, discordant, tied; /* weighted pairs; tied: in the score */
} rsp_concordance;
RSP_MUST_USE rsp_status rsp_concordance_of(const rsp_cox_data *data, const double *score,
                                           rsp_concordance *out, rsp_error *err);
/* The same with the fit's own linear predictor. */
RSP_MUST_USE rsp_status rsp_cox_concordance(const rsp_cox *cox, rsp_concordance *out,
                                            rsp_error *err);

#endif
