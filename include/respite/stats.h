/* Estimates from a data set.  Knows no simulator.
 *
 * Times in days, >= 0.  Two times closer than 1.5e-8 * max(1, mean of the
 * distinct times) are the same time, as in R's survival (timefix): days that
 * differ by the rounding of a subtraction must not break a tie.
 *
 * GSL is used for distribution functions.  Its default error handler aborts
 * the process: the first function here that needs GSL replaces it, once and
 * for the whole process, by the one that does nothing
 * (gsl_set_error_handler_off under pthread_once); a failure then shows as NaN.
 * Saving and restoring it around a call would race between threads.
 *
 * "Not estimable" is NaN, not an error; errors are out-of-range input and
 * memory.
 * Threads: pure functions; outputs are the caller's to free with their _fini. */
#ifndef RESPITE_STATS_H
#define RESPITE_STATS_H

#include "respite/dataset.h"
#include "respite/num.h"

/* ---- Kaplan-Meier (Kaplan & Meier 1958; Greenwood 1926), bands on the scale of
 * log(-log S) (Kalbfleisch & Prentice 1980), log S or S itself, quantiles by
 * inverting the band (Brookmeyer & Crowley 1982); as R's survfit.  Nelson-Aalen
 * cumulative hazard with the variance of Aalen 1978, sum d / n^2; as survfit(stype
 * = 2, ctype = 1).  Memory: one entry a distinct time (at most twice that while
 * adding), however many participants. */
typedef enum rsp_km_band { RSP_BAND_LOGLOG, RSP_BAND_LOG, RSP_BAND_PLAIN } rsp_km_band;

typedef struct rsp_km_point {
    double t;
    double at_risk, events, censored;
    double s, se, low, high; /* se of S (Greenwood); NaN where undefined */
    double hazard, hazard_se; /* cumulative, 1 */
} rsp_km_point;

typedef struct rsp_km { /* begin with {0} */
    rsp_km_point *points; size_t n_points; size_t capacity;
    double n, events;
    size_t n_sorted; /* points[0..n_sorted) are in order of t, each t once */
    rsp_km_band band; /* of the last finish */
} rsp_km;

/* Streaming: add observations in any order, then finish; more may be added
 * afterwards, and then finish again.  Before finish points hold counts only,
 * in no order.  Amortised O(log n) of the distinct times.  `weight` counts
 * observations (0 adds nothing); with whole weights the order of adding changes
 * no bit.  RSP_RANGE: t or weight negative or not finite; RSP_NOMEM; the curve
 * is then as before. */
RSP_MUST_USE rsp_status rsp_km_add(rsp_km *km, double t, bool event, double weight, rsp_error *err);
void rsp_km_finish(rsp_km *km, rsp_km_band band); /* 95 % */
/* With another level, in (0, 1); else the band is NaN below S = 1.  That of log(-log S)
 * is NaN at S = 1 too, which has no place on its scale, as R's. */
void rsp_km_finish_at(rsp_km *km, rsp_km_band band, double level);
void rsp_km_fini(rsp_km *km);
/* Where S falls to 1 - p; the middle of the step where S = 1 - p on a whole
 * step, as R quantile(survfit); low and high where the band does.  NaN: not
 * reached, or p outside (0, 1). */
typedef struct rsp_quantile { double value, low, high; } rsp_quantile; /* NaN: not reached */
rsp_quantile rsp_km_quantile(const rsp_km *km, double p); /* p = 0.5: median */
/* S and band at t; at_risk just before t; events and censored at t.  After the
 * last time, points[n_points - 1].t, the curve keeps its value, with nobody at
 * risk: as summary(survfit, times, extend = TRUE). */
rsp_km_point rsp_km_at(const rsp_km *km, double t);

/* ---- Log-rank (Mantel 1966), weights S(t-)^rho (1 - S(t-))^gamma of
 * Fleming & Harrington 1991 with the pooled left-continuous S of the stratum;
 * gamma = 0 is the G-rho family of Harrington & Fleming 1982 (rho = 1: Peto);
 * 2 to 16 groups.  observed and expected are the weighted sums.  Groups may be
 * finished or not.  No variance (no events, or never two groups at risk): chisq
 * and p are NaN and df is 0.  df counts groups that ever were at risk at an
 * event.  z, of two groups only: its sign is that of observed - expected of the
 * second. */
typedef struct rsp_logrank {
    double chisq, p;
    int df;
    double observed[16], expected[16];
    double z;
} rsp_logrank;
RSP_MUST_USE rsp_status rsp_logrank_test(const rsp_km *const *groups, size_t n_groups, double rho, double gamma, rsp_logrank *out, rsp_error *err);
/* Sums over strata; groups [n_strata][n_groups], an absent group an empty curve. */
RSP_MUST_USE rsp_status rsp_logrank_stratified(const rsp_km *const *groups, size_t n_strata, size_t n_groups, double rho, double gamma, rsp_logrank *out, rsp_error *err);

/* ---- The same test by its permutation distribution: scores of the participants
 * (weighted log-rank, Prentice 1978), group labels exchanged within strata, the
 * standardised sum of scores (Strasser & Weber 1999; as coin's logrank_test).
 * With strata both scores and exchange are within a stratum (coin scores all strata
 * together).  For few participants, where chi-square is not to be trusted.
 * Exact where the distinct arrangements can be counted: two groups without strata
 * by split-up (van de Wiel 2001), otherwise by enumeration, up to a million or so;
 * else `draws` random arrangements from `stream` (its channel counts on past 4,096
 * participants; index = arrangement), p = (b + 1) / (draws + 1) (Phipson & Smyth
 * 2010) with its Monte Carlo error.  It assumes that censoring is alike in all
 * groups.  The same data, draws and stream give the same p.
 * NaN: no event, one group, or scores that are all equal.  RSP_RANGE: times, groups,
 * draws, weights; RSP_NOMEM. */
typedef struct rsp_permutation_data { /* borrowed */
    size_t n, n_groups;      /* 2 to 16 groups */
    const double *time;
    const bool *event;
    const uint32_t *group;   /* [n] < n_groups */
    const uint32_t *stratum; /* NULL: one */
} rsp_permutation_data;
typedef struct rsp_permutation_options {
    double rho, gamma;
    uint32_t draws;    /* where not exact; 1 or more */
    bool never_exact;
    rsp_stream stream;
} rsp_permutation_options;
rsp_permutation_options rsp_permutation_defaults(void); /* log-rank, 100,000 draws, seed 1 */
typedef struct rsp_permutation {
    double z;     /* two groups: > 0, the second has more events; else NaN */
    double chisq; /* z^2, or the quadratic form; not compared with chi-square */
    double p, p_error; /* standard error by Monte Carlo; 0: exact */
    bool exact;
    double arrangements; /* counted, or drawn */
} rsp_permutation;
RSP_MUST_USE rsp_status rsp_logrank_permutation(const rsp_permutation_data *data, const rsp_permutation_options *options, rsp_permutation *out, rsp_error *err);

/* ---- Restricted mean survival time: the area under S to tau (Irwin 1949),
 * variance sum (area after t)^2 d / (n (n - d)) (Karrison 1987), contrasts as
 * Uno et al. 2014 and R's survRM2: difference; ratio and the ratio of time lost,
 * tau less the area, on the log scale.  Curves must be finished.
 * RSP_RANGE: tau not > 0 or past the end of a curve that is not down to 0. */
typedef struct rsp_rmst { double value, se, low, high; } rsp_rmst; /* days */
typedef struct rsp_contrast_estimate { double value, low, high, p; } rsp_contrast_estimate;
typedef struct rsp_rmst_contrast { /* treated against control */
    rsp_rmst control, treated;
    rsp_contrast_estimate difference, ratio, lost_ratio; /* NaN where undefined */
} rsp_rmst_contrast;
RSP_MUST_USE rsp_status rsp_km_rmst(const rsp_km *km, double tau, double level, rsp_rmst *out, rsp_error *err);
RSP_MUST_USE rsp_status rsp_rmst_compare(const rsp_km *control, const rsp_km *treated, double tau, double level, rsp_rmst_contrast *out, rsp_error *err);
/* The largest tau that all curves allow; NaN: none has an observation. */
double rsp_rmst_largest_tau(const rsp_km *const *curves, size_t n_curves);

/* The difference adjusted for covariates: linear regression of min(T, tau) on arm
 * and covariates, weighted by the inverse probability of being uncensored in one's
 * arm, with its influence-function variance (Tian, Zhao & Wei 2014); as survRM2's
 * covariates = .  Rows with a NaN covariate are left out and counted. */
typedef struct rsp_rmst_data { /* borrowed */
    size_t n, n_covariates;
    const double *time;
    const bool *event, *treated;
    const double *x; /* [n][n_covariates] */
} rsp_rmst_data;
typedef struct rsp_rmst_adjusted {
    size_t n, n_missing;
    rsp_contrast_estimate difference; /* NaN: dependent covariates */
    double se;
} rsp_rmst_adjusted;
RSP_MUST_USE rsp_status rsp_rmst_adjust(const rsp_rmst_data *data, double tau, double level, rsp_rmst_adjusted *out, rsp_error *err);

/* ---- Landmark analysis (Anderson, Cain & Gelber 1983): those still at risk after
 * `day`, with their time counted from it, so that a group formed by what was seen up
 * to that day cannot owe its survival to it.  An event on the day itself is before.
 * keep and from [n]; from is NaN where not kept. RSP_RANGE: day or a time. */
typedef struct rsp_landmark { size_t at_risk, events_before, censored_before; } rsp_landmark;
RSP_MUST_USE rsp_status rsp_landmark_rows(const double *time, const bool *event, size_t n, double day, bool *keep, double *from, rsp_landmark *out, rsp_error *err);

/* ---- Hazard ratio of two groups by Cox's partial likelihood, Efron ties.
 * Not estimable (the likelihood has no maximum: no events in one group while
 * the other is at risk): estimable is false and every number NaN. */
typedef struct rsp_hazard_ratio { double log_hr, se, hr, low, high; bool estimable; double p; /* Wald's */ } rsp_hazard_ratio;
RSP_MUST_USE rsp_status rsp_cox_two(const rsp_km *control, const rsp_km *treated, rsp_hazard_ratio *out, rsp_error *err);

/* ---- Paired contrast of counterfactual arms: differences treated - control of
 * a day per participant.  Either censored: the sign is used where it is known,
 * else the pair is undecided.  Mean with t interval over pairs where both are
 * events; share later/earlier/equal with Clopper-Pearson; sign test (equal
 * pairs dropped).  NaN where there are no pairs to compute from. */
typedef struct rsp_pair { double control, treated; bool control_event, treated_event; } rsp_pair;
typedef struct rsp_paired {
    size_t n, both, later, earlier, equal, undecided;
    double mean, mean_low, mean_high, median;   /* over `both` */
    double share_later, share_later_low, share_later_high; /* of decided */
    double sign_p; /* exact, two-sided */
} rsp_paired;
RSP_MUST_USE rsp_status rsp_paired_contrast(const rsp_pair *pairs, size_t n, rsp_paired *out, rsp_error *err);

/* ---- Summaries. type-7 quantile (copies and sorts); NaN values are left out,
 * infinite ones take part.  NaN: no values, p outside [0, 1], no memory. */
double rsp_quantile_of(const double *x, size_t n, double p);
/* Exact interval of a share k of n; level as 0.95. NaN: 0 <= k <= n, n > 0 or
 * 0 < level < 1 does not hold. */
void rsp_clopper_pearson(double k, double n, double level, double *low, double *high);

#endif
