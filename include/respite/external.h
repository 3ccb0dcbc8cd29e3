/* Controls that are not in the trial: a known hazard, other people's data, a
 * published curve or summary.
 *
 *     quantity     unit   range
 *     t            day    >= 0, finite
 *     share        -      free of the event, in (0, 1)
 *     weight       -      > 0, finite
 *
 * Inputs are borrowed.  Not estimable is NaN with `reason` ("" where all stands);
 * errors are RSP_RANGE (rows named from 1), RSP_DATA as said, RSP_NOMEM.
 * p is two-sided unless said otherwise.  Threads: pure functions.
 *
 * A weighted Kaplan-Meier curve is rsp_km with weights, or rsp_cif_fit with one
 * cause where its error must be robust; a weighted Cox model is rsp_cox_new with
 * `weight` and `robust`. */
#ifndef RESPITE_EXTERNAL_H
#define RESPITE_EXTERNAL_H

#include "respite/rank.h"
#include "respite/stats.h"

/* ---- One sample against a hazard known without error.  Observed events O, and
 * E the sum of the reference's cumulative hazard at each participant's last time.
 * z = (O - E) / sqrt(E) (Breslow 1975) and z_wu = (O - E) / sqrt((O + E) / 2)
 * (Wu 2015), whose size is better in small samples; SMR = O / E with the exact
 * Poisson interval (Garwood 1936). */
typedef struct rsp_one_sample {
    double n, observed, expected;
    double z, p, z_wu, p_wu;
    double smr, smr_low, smr_high; /* 95 % */
    const char *reason;
} rsp_one_sample;
/* cumulative_hazard[n]: of the reference at each time, >= 0. */
RSP_MUST_USE rsp_status rsp_one_sample_logrank(const double *cumulative_hazard, const bool *event, size_t n, rsp_one_sample *out, rsp_error *err);
double rsp_exponential_hazard(double median, double t); /* ln 2 t / median */
double rsp_weibull_hazard(double shape, double scale, double t); /* (t / scale)^shape */

/* ---- Propensity: logistic regression of being treated, by Newton's method.
 * Not estimable: one arm is empty, a covariate does not vary, covariates are
 * collinear or separate the arms. */
enum { RSP_LOGISTIC_MAX = 32 };
typedef struct rsp_logistic {
    size_t n_coef; /* intercept first */
    double coef[RSP_LOGISTIC_MAX + 1], se[RSP_LOGISTIC_MAX + 1];
    double log_likelihood;
    bool estimable;
    const char *reason;
} rsp_logistic;
/* covariates [n][n_covariates]; fitted[n] receives the probabilities (NaN where
 * not estimable). */
RSP_MUST_USE rsp_status rsp_logistic_fit(const double *covariates, const bool *treated, size_t n, size_t n_covariates, double *fitted, rsp_logistic *out, rsp_error *err);

/* Weights for the average effect on all (ATE: 1 / p, 1 / (1 - p)), on the treated
 * (ATT: 1, p / (1 - p)), or ATE stabilised by the arm's share (Robins, Hernan &
 * Brumback 2000).  truncate: weights beyond the quantiles truncate and
 * 1 - truncate (type 7, over all) are set to those (Cole & Hernan 2008); 0: none.
 * RSP_RANGE: a propensity outside (0, 1), truncate outside [0, 0.5). */
typedef enum rsp_estimand { RSP_ATE, RSP_ATT, RSP_ATE_STABILISED } rsp_estimand;
RSP_MUST_USE rsp_status rsp_propensity_weights(const double *propensity, const bool *treated, size_t n, rsp_estimand estimand, double truncate, double *weight, rsp_error *err);
/* (sum w)^2 / sum w^2 (Kish 1965); `which`, if not NULL, selects rows equal to
 * `value`. NaN: none. */
double rsp_effective_size(const double *weight, const bool *which, bool value, size_t n);

/* Balance of a covariate: standardised difference of means (treated - control)
 * over sqrt((v1 + v0) / 2) of the unweighted arms, before and after weighting
 * (Austin 2009); |smd| < 0.1 is customary. */
typedef struct rsp_balance {
    double mean_treated, mean_control, smd;
    double weighted_treated, weighted_control, weighted_smd;
} rsp_balance;
/* out[n_covariates] */
RSP_MUST_USE rsp_status rsp_balance_of(const double *covariates, const bool *treated, const double *weight, size_t n, size_t n_covariates, rsp_balance *out, rsp_error *err);

/* ---- Matching-adjusted indirect comparison (Signorovitch 2010): weights
 * exp(a' (x - target)) that give the covariates the published means, a by
 * Newton's method on the convex sum of weights.  To match a standard deviation
 * give x^2 as a covariate of its own with target mean^2 + sd^2.
 *
 * Weights exist only where the targets lie inside the convex hull of the
 * covariates.  Otherwise RSP_DATA, with the reason: a target beyond all values of
 * its covariate, or a combination of covariates in which everybody lies on one
 * side of the target (found as a certificate, not guessed), or on the edge.
 * RSP_RANGE: a covariate that is constant or a combination of others. */
enum { RSP_MAIC_MAX = 16 };
typedef struct rsp_maic {
    size_t n_covariates;
    double coef[RSP_MAIC_MAX];
    double mean[RSP_MAIC_MAX]; /* as reached */
    double ess, largest_share; /* effective size; the largest weight's share */
} rsp_maic;
/* weight[n] receives the weights, with sum n. */
RSP_MUST_USE rsp_status rsp_maic_fit(const double *covariates, size_t n, size_t n_covariates, const double *target, double *weight, rsp_maic *out, rsp_error *err);

/* ---- A single arm against a published curve or summary.  What was published is
 * n and shares free of the event after some days: a median at day m is the point
 * (m, 0.5), quartiles are (q25, 0.75) and (q75, 0.25).  n is the number followed
 * to the last point, or the effective number where some were lost.
 *
 * The published shares are estimates from n people, and count as that:
 *
 * Counts (the primary test).  The published people are put back into the periods
 * between the points, n (share_k-1 - share_k) in period k, rounded so that each
 * cumulative count is the nearest whole number; the arm is sorted into the same
 * periods, and the two groups are compared by the log-rank test of grouped times
 * (Mantel 1966; hypergeometric variance).  So the published estimate brings its
 * multinomial error, and nothing is assumed between the points.  An arm's
 * participant censored within a period leaves at its beginning.  Where nobody is
 * censored before the last point, p_exact is that of all assignments of people to
 * the two groups (multivariate hypergeometric; at most 2 million), P(|U| >= |u|).
 *
 * Hazard.  O and E as in the one-sample test, with the published cumulative
 * hazard -ln share, straight between points and beyond the last by the last
 * slope.  Its error at the points has independent increments (Greenwood),
 * cov = (1 - s) / (n s) at the earlier; so E has variance c' C c, c = dE / dH of
 * the points, and z = (O - E) / sqrt((O + E) / 2 + c' C c).  It uses each time,
 * but believes the line between points; extrapolated says which share of E lies
 * beyond the last.  Conservative in small arms: at 5 % it rejects 2 to 4 % under
 * the null hypothesis (Weibull times of shape 1.5 against their own quartiles, 6
 * to 40 people, published 40 or 382), where counts reject 4 to 6 %.
 *
 * Shares.  At each point the arm's Kaplan-Meier share less the published, with a
 * 95 % interval from Wilson's limits of both (Newcombe 1998, method 10; the arm
 * with effective number S (1 - S) / variance where censored), and p by Fisher's
 * exact test, or where censored by the normal test of pooled shares. */
typedef struct rsp_published_point {
    double t, share; /* increasing t > 0, decreasing share */
} rsp_published_point;
enum { RSP_PUBLISHED_MAX = 32 };
typedef struct rsp_published {
    double n; /* 1 .. 500000 */
    const rsp_published_point *points;
    size_t n_points; /* 1 .. RSP_PUBLISHED_MAX */
} rsp_published;

typedef struct rsp_published_share {
    double t, published, arm, arm_low, arm_high; /* arm: 95 % Wilson */
    double difference, low, high, p; /* NaN: nobody followed so far */
} rsp_published_share;

typedef struct rsp_published_test {
    double u, z, p;  /* counts: events of the arm less those expected; u < 0: later */
    double p_exact;  /* NaN: censored before the last point, or too many */
    double observed, expected, hazard_z, hazard_p, extrapolated; /* hazard */
    size_t n_points;
    rsp_published_share shares[RSP_PUBLISHED_MAX];
    const char *reason; /* why z is NaN */
} rsp_published_test;
RSP_MUST_USE rsp_status rsp_published_compare(const rsp_published *published, const double *t, const bool *event, size_t n, rsp_published_test *out, rsp_error *err);

/* With limits of shares and differences of another level, in (0, 1): RSP_RANGE. */
RSP_MUST_USE rsp_status rsp_published_compare_at(const rsp_published *published, const double *t, const bool *event, size_t n, double level, rsp_published_test *out, rsp_error *err);

/* The same where of the arm only its size and median are known, everyone
 * followed.  X people of the arm are event-free at the median day m; under the
 * null hypothesis X is beta-binomial, its share Beta(n0 s + 1/2, n0 (1 - s) + 1/2)
 * with s the published share at m (Jeffreys: the published estimate's own error).
 * later: P(a median of m or later); earlier: P(m or earlier).  In an even arm the
 * median lies between its two middle days, and with n / 2 people beyond m its
 * side is not known: then later is between later_low and later (n / 2 counted).
 * s is read on the line of -ln share; `later_bound` and `earlier_bound` use the
 * published point before and after m instead, and assume nothing between. */
typedef struct rsp_published_median {
    double share; /* s */
    double later, later_low, later_bound;
    double earlier, earlier_low, earlier_bound;
    bool extrapolated; /* m beyond the last point; then earlier_bound is 1 */
} rsp_published_median;
RSP_MUST_USE rsp_status rsp_published_compare_median(const rsp_published *published, size_t n, double median, rsp_published_median *out, rsp_error *err);

#endif
