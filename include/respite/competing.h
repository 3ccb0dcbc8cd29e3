/* Competing events: rebound, ART restarted for another reason, death.
 *
 *     quantity   unit   range
 *     t          day    >= 0, finite; tied times as in stats.h
 *     cause            0 censored, else 1 .. n_causes (at most 8)
 *     weight            > 0, finite; NULL: 1 each
 *
 * A censoring at the time of an event counts as after it.  Inputs are borrowed;
 * outputs are freed by their _fini.  Not estimable is NaN with `reason`, not an
 * error.  Errors: RSP_RANGE (the message names the row, from 1), RSP_NOMEM; the
 * output is then empty.  Threads: pure functions. */
#ifndef RESPITE_COMPETING_H
#define RESPITE_COMPETING_H

#include "respite/stats.h"

enum { RSP_CAUSES_MAX = 8 };

typedef struct rsp_competing {
    double t;
    uint32_t cause;
} rsp_competing;

/* ---- Cumulative incidence of each cause (Aalen & Johansen 1978).
 * variance: by the delta method with the hypergeometric factor for ties
 * (Aalen 1978; as R cmprsk::cuminc).  robust_se: infinitesimal jackknife, right
 * for weights that are not counts too (as R survfit on several states; with one
 * cause 1 - cif and robust_se are the weighted Kaplan-Meier curve with its robust
 * standard error).  low, high: 95 %, cif^exp(+- z se / (cif ln cif))
 * (Kalbfleisch & Prentice 1980), with se from variance, or robust_se where there
 * are weights; then variance is NaN. */
typedef struct rsp_cif_value {
    double cif, variance, robust_se, low, high;
} rsp_cif_value;

typedef struct rsp_cif_point {
    double t, at_risk, censored; /* weighted; at risk just before t */
    double s;                    /* free of any event after t */
} rsp_cif_point;

typedef struct rsp_cif { /* begin with {0} */
    rsp_cif_point *points; /* [n_points] each distinct time */
    rsp_cif_value *values; /* [n_points][n_causes] */
    size_t n_points, n_causes;
    bool weighted;                  /* limits are by robust_se */
    double n;                       /* weighted */
    double events[RSP_CAUSES_MAX];
} rsp_cif;

RSP_MUST_USE rsp_status rsp_cif_fit(const rsp_competing *x, const double *weight, size_t n, size_t n_causes, rsp_cif *out, rsp_error *err);
void rsp_cif_fini(rsp_cif *fit);
/* Set low and high of every value to another level, in (0, 1); else NaN. */
void rsp_cif_limits(rsp_cif *fit, double level);
/* The value at t, cause from 1; zero before the first time (low, high NaN). */
rsp_cif_value rsp_cif_at(const rsp_cif *fit, uint32_t cause, double t);

/* ---- Gray's test (1988) that `cause` has the same cumulative incidence in 2 to
 * 16 groups, weights (1 - F0(t-))^rho with the pooled F0; other causes may differ
 * between groups.  As R cmprsk::cuminc, with its factors for ties.  No events of
 * the cause, or one group: NaN with df 0. */
typedef struct rsp_gray {
    double chisq, p;
    int df;
    double score[16], n[16], events[16]; /* score: events less those expected */
    const char *reason;
} rsp_gray;
RSP_MUST_USE rsp_status rsp_gray_test(const rsp_competing *x, const uint32_t *group, size_t n, size_t n_groups, uint32_t cause, double rho, rsp_gray *out, rsp_error *err);

/* ---- Proportional subdistribution hazards (Fine & Gray 1999): who had another
 * event stays at risk with weight G(t-) / G(T-), G the Kaplan-Meier curve of
 * censoring; ties as Breslow.  se is robust and carries the estimation of G
 * (their equations 7 and 8), as R cmprsk::crr; information_se is that of the
 * pseudo-likelihood alone.  Not estimable: no events of the cause, a covariate
 * that does not vary, collinear covariates, or no maximum. */
enum { RSP_FINE_GRAY_MAX = 32 };
typedef struct rsp_fine_gray {
    size_t n_coef;
    double coef[RSP_FINE_GRAY_MAX], se[RSP_FINE_GRAY_MAX], information_se[RSP_FINE_GRAY_MAX];
    double ratio[RSP_FINE_GRAY_MAX], low[RSP_FINE_GRAY_MAX], high[RSP_FINE_GRAY_MAX]; /* subdistribution hazard ratio, 95 % */
    double p[RSP_FINE_GRAY_MAX]; /* Wald, two-sided */
    double log_likelihood, log_likelihood_null;
    double n, events;
    bool estimable;
    const char *reason;
} rsp_fine_gray;
/* covariates: [n][n_covariates], at least one. */
RSP_MUST_USE rsp_status rsp_fine_gray_fit(const rsp_competing *x, const double *covariates, size_t n, size_t n_covariates, uint32_t cause, rsp_fine_gray *out, rsp_error *err);

#endif
