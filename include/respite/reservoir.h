/* What a trial asks of a reservoir and of viral load: the paired change less
 * natural decay, set point, areas under the curve, growth rate.
 *
 *     quantity       unit             range
 *     reservoir      any one unit     > 0 (copies per million CD4, IUPM)
 *     viral load     copies/mL        > 0
 *     day            day              of one participant, increasing
 *     years          years on ART     >= 0
 *     change         log10            after less before
 *
 * "Not estimable" is NaN with a `reason` (static text, "" where all stands);
 * out-of-range input is RSP_RANGE, naming the pair or sample.
 * Threads: pure functions. */
#ifndef RESPITE_RESERVOIR_H
#define RESPITE_RESERVOIR_H

#include "respite/dataset.h"
#include "respite/rank.h"
#include "respite/regression.h"

/* ---- Natural decay on ART: log10 per year, another rate after `knot_years`
 * (Peluso et al. 2020: half-lives of intact proviruses 4.0 and 18.7 years, knot at
 * 7).  Standard errors 0: the rates are taken as known.  {0}: no decay. */
typedef struct rsp_decay {
    double early_per_year, late_per_year; /* log10, < 0 for decay */
    double knot_years;
    double early_se, late_se;
} rsp_decay;
/* Half-lives in years; infinite: none. */
rsp_decay rsp_decay_of_half_lives(double early_years, double late_years, double knot_years);
/* Years spent before and after the knot from one time to another: the two
 * covariates of a broken line. */
void rsp_decay_split(double knot_years, double from_years, double to_years, double *early,
                     double *late);
double rsp_decay_change(const rsp_decay *decay, double from_years, double to_years);

/* ---- Paired change.  A value is {v, v}; below a limit {0, limit}; above {limit,
 * inf}.  Net: the change less what natural decay would have brought. */
typedef struct rsp_reservoir_pair {
    rsp_limits before, after;
    double years_before, years_after; /* on ART */
} rsp_reservoir_pair;

typedef struct rsp_reservoir_change {
    size_t n, n_values; /* pairs; of them both values */
    size_t n_silent;    /* of which nothing is known (both below): left out */
    double change;      /* mean, not corrected; log10 */
    double natural, natural_se; /* mean expected change and its standard error */
    /* Net mean.  All values: t, with the error of natural decay added (Welch's
     * degrees of freedom).  Some censored: Tobit without covariates, normal. */
    bool tobit;
    double net, se, df, p, low, high; /* df: 0 for the normal */
    double fold, fold_low, fold_high; /* 10^net: geometric mean */
    /* All values: exact signed-rank test of net, Hodges-Lehmann estimate. */
    rsp_rank_result ranks;
    /* Sign test; a censored change counts where its sign is known. */
    size_t falls, rises, equal, undecided;
    double sign_p;
    const char *reason; /* why net is NaN */
} rsp_reservoir_change;

/* net [n]: limits of each pair's net change, for tests between arms (rank.h where
 * all are values, rsp_tobit_fit else); NULL: not wanted. */
RSP_MUST_USE rsp_status rsp_reservoir_compare(const rsp_reservoir_pair *pairs, size_t n,
                                              const rsp_decay *decay,
                                              const rsp_rank_options *options,
                                              rsp_limits *net, rsp_reservoir_change *out,
                                              rsp_error *err);

/* ---- Viral load of one participant.  Every value is raised to the floor, the
 * highest LLOQ of the samples, so that assays of different limits compare; samples
 * below their limit are at the floor; missing ones are left out.  A sample above
 * the upper limit: areas, average and peak are NaN, and so is what would use it. */
typedef struct rsp_viral_sample {
    double day;
    rsp_result_state state;
    double copies_per_ml; /* where state is RSP_NUMBER */
    double lloq;          /* copies/mL, > 0 */
} rsp_viral_sample;

typedef struct rsp_course_options { /* NULL: all days, last 3, at least 2; 3 below 1e5 */
    double set_from_day, set_to_day; /* both belong; NaN: no limit */
    size_t set_last, set_least;
    size_t growth_first;       /* values above the floor for the slope, at least 2 */
    double growth_below;       /* copies/mL; the values before the first at or above */
} rsp_course_options;

typedef struct rsp_course {
    size_t n, n_below, n_above;
    double auc_log10;     /* log10 copies/mL * day, by straight lines */
    double average_log10; /* over the days from first to last */
    double excess_auc;    /* above the floor */
    double peak_log10, peak_day; /* the first time */
    double floor_log10;
    size_t n_set;
    double set_median_log10, set_mean_log10; /* of the last values in the window */
    size_t n_growth;
    double growth_per_day;   /* least squares of ln copies on day (first values > floor) */
    double doubling_days;    /* NaN where there is no growth */
    const char *auc_reason, *set_reason, *growth_reason;
} rsp_course;
RSP_MUST_USE rsp_status rsp_course_of(const rsp_viral_sample *samples, size_t n,
                                      const rsp_course_options *options, rsp_course *out,
                                      rsp_error *err);

#endif
