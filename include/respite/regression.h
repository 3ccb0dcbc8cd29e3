/* Linear regression where some responses are known only by limits (Tobit), and
 * where responses of one participant go together (linear mixed models).
 *
 * A design matrix x is [n][n_x], row by row, with its column of ones where an
 * intercept is wanted.  Responses are on the scale to analyse (log10 copies/mL).
 * "Not estimable" is NaN with a `reason` (static text, "" where all stands);
 * errors are values that are not finite or limits the wrong way round
 * (RSP_RANGE, naming the row), and memory (RSP_NOMEM).
 * Ownership: results own their arrays; free with the _fini, also after an error.
 * Threads: pure functions. */
#ifndef RESPITE_REGRESSION_H
#define RESPITE_REGRESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "respite/status.h"

/* ---- Tobit (Tobin 1958; limits of each row by itself, Amemiya 1984).  A row says
 * low <= y <= high: equal, a value; low = -inf, below the limit `high`; high =
 * inf, above `low`; both finite, between.  Maximum likelihood in (coef / sigma,
 * 1 / sigma), where the log-likelihood is concave (Olsen 1978; Burridge 1981), so
 * that the maximum found is the maximum; covariance from the observed
 * information, in (coef, log sigma), as survreg(dist = "gaussian").
 * No maximum, said as the reason: columns of x that depend on one another;
 * values fitted exactly; no value at all and limits on one side only; a
 * coefficient that every row lets run away. */
enum { RSP_TOBIT_MOST = 64 }; /* columns */
typedef struct rsp_limits { double low, high; } rsp_limits;
typedef struct rsp_tobit { /* begin with {0} */
    size_t n, n_x, n_values, n_left, n_right, n_between;
    bool estimable;
    double *coef;     /* [n_x] */
    double *se;       /* [n_x + 1]; the last of log sigma */
    double *vcov;     /* [n_x + 1][n_x + 1] of (coef, log sigma) */
    double sigma, log_likelihood;
    const char *reason;
} rsp_tobit;
RSP_MUST_USE rsp_status rsp_tobit_fit(const rsp_limits *y, const double *x, size_t n,
                                      size_t n_x, rsp_tobit *out, rsp_error *err);
void rsp_tobit_fini(rsp_tobit *fit);

/* ---- Linear mixed model y = X b + Z u + e, u ~ N(0, D) by participant, e ~
 * N(0, sigma^2) (Laird & Ware 1982).  Z is [n][n_z], 1 to RSP_MIXED_MOST columns
 * (ones; ones and time), with any covariance D.  ML or REML (Patterson & Thompson
 * 1971) by the profiled deviance of the relative covariance factor (Bates,
 * Maechler, Bolker & Walker 2015, eq. 34 and 42) from its exact gradient; the same
 * criterion as lme4, singular D included.
 * `who` names the participant of a row (any numbers, rows in any order).
 * No fit, said as the reason: columns of x that depend on one another; no more
 * rows than columns; values fitted exactly; no participant with two rows. */
enum { RSP_MIXED_MOST = 4 };
typedef struct rsp_mixed_data {
    const double *y, *x, *z;
    const size_t *who;
    size_t n, n_x, n_z;
} rsp_mixed_data;
typedef struct rsp_mixed { /* begin with {0} */
    size_t n, n_x, n_z, n_who;
    bool reml, estimable;
    bool singular;     /* D lies on its boundary: a variance 0 or a correlation 1 */
    double *coef, *se; /* [n_x] */
    double *vcov;      /* [n_x][n_x] */
    double *df;        /* [n_x] inner and outer (Pinheiro & Bates 2000, 2.4.2) as
                          nlme; approximate where the design is not nested */
    double d[RSP_MIXED_MOST * RSP_MIXED_MOST]; /* [n_z][n_z] */
    double sigma2, log_likelihood; /* of REML where reml */
    size_t *who;       /* [n_who] in ascending order */
    double *u;         /* [n_who][n_z] conditional means (BLUP) */
    const char *reason;
} rsp_mixed;
RSP_MUST_USE rsp_status rsp_mixed_fit(const rsp_mixed_data *data, bool reml, rsp_mixed *out,
                                      rsp_error *err);
void rsp_mixed_fini(rsp_mixed *fit);

/* ---- Tests on either.  Wald: of contrast' coef = value; p by the normal, or by t
 * with df > 0 (0: normal).  Interval at `level`. */
typedef struct rsp_contrast { double estimate, se, statistic, p, low, high; } rsp_contrast;
void rsp_wald(const double *coef, const double *vcov, size_t n_x, size_t stride,
              const double *contrast, double value, double df, double level,
              rsp_contrast *out);
/* Several at once, chi-squared with as many degrees as rows of contrasts are
 * independent: contrasts [m][n_x], all = 0.  NaN and df 0 where singular. */
typedef struct rsp_joint { double chisq, p; int df; } rsp_joint;
RSP_MUST_USE rsp_status rsp_wald_joint(const double *coef, const double *vcov, size_t n_x,
                                       size_t stride, const double *contrasts, size_t m,
                                       rsp_joint *out, rsp_error *err);
/* Twice the difference of two log-likelihoods against chi-squared.  Fixed effects
 * need ML fits; REML fits compare only with the same x.  on_boundary: one variance
 * (and df - 1 covariances) tested against 0, halfway between chi-squared with
 * df - 1 and df (Self & Liang 1987; Stram & Lee 1994). */
rsp_joint rsp_likelihood_ratio(double small, double large, int df, bool on_boundary);

#endif
