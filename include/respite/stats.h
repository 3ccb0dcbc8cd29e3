/* Estimates from a data set.  Knows no simulator.
 *
 * Times in days.  GSL is used for distribution functions.
 * Threads: pure functions; outputs are the caller's to free with their _fini. */
#ifndef RESPITE_STATS_H
#define RESPITE_STATS_H

#include "respite/dataset.h"

/* ---- Kaplan-Meier (Kaplan & Meier 1958; Greenwood 1926), log-log band
 * (Kalbfleisch & Prentice 1980), quantiles by inverting the band (Brookmeyer &
 * Crowley 1982); as R survfit(conf.type = "log-log").  Memory: one entry a
 * distinct time, however many participants. */
typedef struct rsp_km_point {
    double t;
    double at_risk, events, censored;
    double s, se, low, high; /* se of S (Greenwood); NaN where undefined */
} rsp_km_point;

typedef struct rsp_km {
    rsp_km_point *points; size_t n_points; size_t capacity;
    double n, events;
} rsp_km;

typedef enum rsp_km_band { RSP_BAND_LOGLOG, RSP_BAND_LOG, RSP_BAND_PLAIN } rsp_km_band;

/* Streaming: add observations in any order, then finish once. Before finish
 * points hold counts only. */
RSP_MUST_USE rsp_status rsp_km_add(rsp_km *km, double t, bool event, double weight, rsp_error *err);
void rsp_km_finish(rsp_km *km, rsp_km_band band);
void rsp_km_fini(rsp_km *km);
typedef struct rsp_quantile { double value, low, high; } rsp_quantile; /* NaN: not reached */
rsp_quantile rsp_km_quantile(const rsp_km *km, double p); /* p = 0.5: median */
rsp_km_point rsp_km_at(const rsp_km *km, double t);       /* S and band at t; at_risk just before t */

/* ---- Log-rank (Mantel 1966), Fleming-Harrington weights rho, gamma; k groups
 * for rho = gamma = 0, two groups otherwise. */
typedef struct rsp_logrank { double chisq, p; int df; double observed[16], expected[16]; } rsp_logrank;
RSP_MUST_USE rsp_status rsp_logrank_test(const rsp_km *const *groups, size_t n_groups, double rho, double gamma, rsp_logrank *out, rsp_error *err);

/* ---- Hazard ratio of two groups by Cox's partial likelihood, Efron ties. */
typedef struct rsp_hazard_ratio { double log_hr, se, hr, low, high; bool estimable; } rsp_hazard_ratio;
RSP_MUST_USE rsp_status rsp_cox_two(const rsp_km *control, const rsp_km *treated, rsp_hazard_ratio *out, rsp_error *err);

/* ---- Paired contrast of counterfactual arms: differences treated - control of
 * a day per participant.  Either censored: the sign is used where it is known,
 * else the pair is undecided.  Mean with t interval over pairs where both are
 * events; share later/earlier/equal with Clopper-Pearson; sign test. */
typedef struct rsp_pair { double control, treated; bool control_event, treated_event; } rsp_pair;
typedef struct rsp_paired {
    size_t n, both, later, earlier, equal, undecided;
    double mean, mean_low, mean_high, median;   /* over `both` */
    double share_later, share_later_low, share_later_high; /* of decided */
    double sign_p; /* exact, two-sided */
} rsp_paired;
RSP_MUST_USE rsp_status rsp_paired_contrast(const rsp_pair *pairs, size_t n, rsp_paired *out, rsp_error *err);

/* ---- Summaries. type-7 quantile of finite values (copies and sorts). */
double rsp_quantile_of(const double *x, size_t n, double p);
void rsp_clopper_pearson(double k, double n, double level, double *low, double *high);

#endif
