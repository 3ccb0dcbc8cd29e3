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

/* ---- Kaplan-Meier (Kaplan & Meier 1958; Greenwood 1926), log-log band
 * (Kalbfleisch & Prentice 1980), quantiles by inverting the band (Brookmeyer &
 * Crowley 1982); as R survfit(conf.type = "log-log").  Memory: one entry a
 * distinct time (at most twice that while adding), however many participants. */
typedef struct rsp_km_point {
    double t;
    double at_risk, events, censored;
    double s, se, low, high; /* se of S (Greenwood); NaN where undefined */
} rsp_km_point;

typedef struct rsp_km { /* begin with {0} */
    rsp_km_point *points; size_t n_points; size_t capacity;
    double n, events;
    size_t n_sorted; /* points[0..n_sorted) are in order of t, each t once */
} rsp_km;

typedef enum rsp_km_band { RSP_BAND_LOGLOG, RSP_BAND_LOG, RSP_BAND_PLAIN } rsp_km_band;

/* Streaming: add observations in any order, then finish; more may be added
 * afterwards, and then finish again.  Before finish points hold counts only,
 * in no order.  Amortised O(log n) of the distinct times.  `weight` counts
 * observations (0 adds nothing); with whole weights the order of adding changes
 * no bit.  RSP_RANGE: t or weight negative or not finite; RSP_NOMEM; the curve
 * is then as before. */
RSP_MUST_USE rsp_status rsp_km_add(rsp_km *km, double t, bool event, double weight, rsp_error *err);
void rsp_km_finish(rsp_km *km, rsp_km_band band);
void rsp_km_fini(rsp_km *km);
/* Where S falls to 1 - p; the middle of the step where S = 1 - p on a whole
 * step, as R quantile(survfit); low and high where the band does.  NaN: not
 * reached, or p outside (0, 1). */
typedef struct rsp_quantile { double value, low, high; } rsp_quantile; /* NaN: not reached */
rsp_quantile rsp_km_quantile(const rsp_km *km, double p); /* p = 0.5: median */
/* S and band at t; at_risk just before t; events and censored at t.  After the
 * last time the curve keeps its value, with nobody at risk. */
rsp_km_point rsp_km_at(const rsp_km *km, double t);

/* ---- Log-rank (Mantel 1966), weights S(t-)^rho (1 - S(t-))^gamma of
 * Fleming & Harrington with the pooled left-continuous S; 2 to 16 groups.
 * observed and expected are the weighted sums.  Groups may be finished or not.
 * No variance (no events, or never two groups at risk): chisq and p are NaN and
 * df is 0.  df counts groups that ever were at risk at an event. */
typedef struct rsp_logrank { double chisq, p; int df; double observed[16], expected[16]; } rsp_logrank;
RSP_MUST_USE rsp_status rsp_logrank_test(const rsp_km *const *groups, size_t n_groups, double rho, double gamma, rsp_logrank *out, rsp_error *err);

/* ---- Hazard ratio of two groups by Cox's partial likelihood, Efron ties.
 * Not estimable (the likelihood has no maximum: no events in one group while
 * the other is at risk): estimable is false and every number NaN. */
typedef struct rsp_hazard_ratio { double log_hr, se, hr, low, high; bool estimable; } rsp_hazard_ratio;
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
