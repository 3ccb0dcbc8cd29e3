/* Events known to lie between two visits: (left, right].
 *
 *     quantity   unit   range
 *     left       day    >= 0, finite; the last time known to be free of the event
 *     right      day    >= left; infinite: not seen by `left` (right-censored)
 *
 * left == right is an event seen at that time; left = 0 with right finite is an
 * event before right (left-censored).  Times closer than the gap of stats.h are
 * one time.  Inputs are borrowed; outputs are freed by their _fini.
 * Not estimable is NaN with `reason`, not an error.  Errors: RSP_RANGE for
 * intervals outside the table (the message names the row, from 1), no rows or
 * groups out of range; RSP_NOMEM; the output is then empty.
 * Threads: pure functions. */
#ifndef RESPITE_INTERVAL_H
#define RESPITE_INTERVAL_H

#include "respite/stats.h"

typedef struct rsp_interval {
    double left, right;
} rsp_interval;

/* ---- Nonparametric maximum likelihood (Peto 1973; Turnbull 1976).  Mass can
 * lie only on the innermost intervals, and where in one of them is not
 * identifiable.  Self-consistency steps (EM) find the support roughly, Newton's
 * method in the distribution function, with isotonic projection (Groeneboom &
 * Wellner 1992) and an active set, ends on the maximum.
 *
 * Let d_j be the derivative of the log-likelihood in mass j.  Masses are a
 * maximum exactly where d_j <= n for all j, with equality on the support
 * (Gentleman & Geyer 1994); for any masses max_j d_j - n bounds what the
 * log-likelihood still lacks.  The maximum is unique: every piece is the last of
 * some observation, so likelihoods determine the cumulated masses one by one. */
typedef struct rsp_npmle_piece {
    double left, right; /* (left, right]; the point right where they are equal */
    double mass;        /* > 0 */
    double s_after;     /* S at right */
} rsp_npmle_piece;

typedef struct rsp_npmle { /* begin with {0} */
    rsp_npmle_piece *pieces; /* in order of time */
    size_t n_pieces;
    size_t n_innermost;    /* with those that received no mass */
    double n;              /* observations */
    double log_likelihood;
    double kkt;            /* max_j d_j - n: the log-likelihood lacks no more */
    int iterations;
    bool converged;        /* kkt <= 1e-8 n */
} rsp_npmle;

RSP_MUST_USE rsp_status rsp_npmle_fit(const rsp_interval *x, size_t n, rsp_npmle *out, rsp_error *err);
void rsp_npmle_fini(rsp_npmle *fit);

/* What the estimate says of S(t): low < high inside a piece, where the mass of
 * the piece may lie before or after t.  NaN for an empty fit or t < 0. */
typedef struct rsp_npmle_value { double low, high; } rsp_npmle_value;
rsp_npmle_value rsp_npmle_at(const rsp_npmle *fit, double t);
/* The piece (left, right] in which S falls to 1 - p: the quantile lies there.
 * On a flat part of S at 1 - p the whole of it counts, from the start of the
 * piece before it to the end of the one after it.  NaN: p outside (0, 1), empty
 * fit; right = inf: not reached. */
rsp_interval rsp_npmle_quantile(const rsp_npmle *fit, double p);

/* ---- Score tests of 2 to 16 groups with scores c_i of the pooled estimate:
 *
 *     SUN          discrete logistic model (Sun 1996): the log-rank test
 *     FINKELSTEIN  proportional hazards (Finkelstein 1986)
 *     WILCOXON     proportional odds (Peto & Peto 1972); favours early times
 *
 * as Fay & Shaw 2010 (J Stat Softw 36(2)), R interval::ictest.  Positive scores
 * are early events: U_g = sum of c_i in group g.
 *
 *     PERMUTATION  variance of U over all assignments of participants to groups
 *                  (valid where inspection times do not depend on the group)
 *     SCORE        observed information less that of the masses, with masses of
 *                  zero left out (Fay 1999)
 *
 * z is signed for two groups only (> 0: group 0 has its events earlier), with
 * z^2 = chisq.  No variance (all scores equal, one group): NaN with df 0. */
typedef enum rsp_interval_scores { RSP_SCORES_SUN, RSP_SCORES_FINKELSTEIN, RSP_SCORES_WILCOXON } rsp_interval_scores;
typedef enum rsp_interval_method { RSP_INTERVAL_PERMUTATION, RSP_INTERVAL_SCORE } rsp_interval_method;

typedef struct rsp_interval_test {
    double chisq, z, p; /* two-sided */
    int df;
    double u[16], n[16]; /* of each group */
    const char *reason;  /* "" or why not estimable */
} rsp_interval_test;

/* group[n]: 0 .. n_groups - 1.  scores: NULL, or [n] to receive c_i. */
RSP_MUST_USE rsp_status rsp_interval_test_groups(const rsp_interval *x, const uint32_t *group, size_t n, size_t n_groups,
                                                 rsp_interval_scores which, rsp_interval_method method,
                                                 double *scores, rsp_interval_test *out, rsp_error *err);

/* ---- Accelerated failure time regression, ln T = b0 + x b + sigma W, as R
 * survreg (Kalbfleisch & Prentice 2002, chapter 3); b and ln sigma with the
 * inverse observed information.  The likelihood is concave in (b, 1) / sigma,
 * and maximised there by Newton's method.
 *
 *     WEIBULL      W extreme value; shape 1 / sigma; hazard ratio exp(-b / sigma)
 *     EXPONENTIAL  the same with sigma = 1
 *     LOGLOGISTIC  W logistic; ratio_j = exp(-b / sigma) is the odds ratio of
 *                  having had the event
 *
 * exp(b_j) is the acceleration factor: times are longer by it.  The
 * log-likelihood is that of days (an exact event contributes its density in
 * 1/day).  Exact events at day 0 are RSP_RANGE: give (0, first visit].
 * Not estimable (no events; covariates collinear; an arm in which none or all
 * events fall outside every bounded interval): estimable is false, numbers NaN. */
typedef enum rsp_aft_family { RSP_AFT_WEIBULL, RSP_AFT_EXPONENTIAL, RSP_AFT_LOGLOGISTIC } rsp_aft_family;

enum { RSP_AFT_MAX = 32 }; /* covariates */

typedef struct rsp_aft {
    rsp_aft_family family;
    size_t n_coef;               /* intercept and covariates */
    double coef[RSP_AFT_MAX + 1], se[RSP_AFT_MAX + 1]; /* intercept first */
    double log_scale, log_scale_se;                    /* 0 and 0 for exponential */
    double scale;                                      /* sigma */
    /* [1 .. n_coef): hazard or odds ratio with 95 % interval (Wald, on its log) */
    double ratio[RSP_AFT_MAX + 1], ratio_low[RSP_AFT_MAX + 1], ratio_high[RSP_AFT_MAX + 1], ratio_log_se[RSP_AFT_MAX + 1];
    double covariance[(RSP_AFT_MAX + 2) * (RSP_AFT_MAX + 2)]; /* rows of n_coef + 1: coef, ln sigma */
    double log_likelihood;
    double n, n_exact, n_interval, n_left, n_right; /* n: with information */
    bool estimable;
    const char *reason;
} rsp_aft;

/* covariates: [n][n_covariates], no intercept; NULL where there are none. */
RSP_MUST_USE rsp_status rsp_aft_fit(const rsp_interval *x, const double *covariates, size_t n, size_t n_covariates,
                                    rsp_aft_family family, rsp_aft *out, rsp_error *err);
/* Time by which a share p of people with these covariates had the event, with a
 * 95 % interval on the log scale (delta method).  NaN where not estimable. */
rsp_quantile rsp_aft_quantile(const rsp_aft *fit, const double *covariates, double p);
/* S(t) for these covariates; the interval is that of the linear predictor. */
rsp_quantile rsp_aft_survival(const rsp_aft *fit, const double *covariates, double t);

#endif
