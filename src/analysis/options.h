/* What one analysis of a plan was asked: every key that any kind knows, read by one
 * table (options.c).  A kind names the keys that are its own (kinds.c). */
#ifndef ANALYSIS_OPTIONS_H
#define ANALYSIS_OPTIONS_H

#include "yaml/reader.h"

typedef struct name_list {
    const char *const *v;
    size_t n;
} name_list;

typedef struct number_list {
    const double *v;
    size_t n;
} number_list;

/* Which number of each participant: a covariate, or an assay at a time. */
typedef enum value_when { WHEN_DAY, WHEN_FIRST, WHEN_LAST, WHEN_BASELINE } value_when;
typedef struct value_spec {
    const tree *at;    /* NULL: not given */
    const char *name;  /* of the covariate or the assay */
    bool is_assay, log10;
    value_when when;
    double day, window;
} value_spec;

typedef struct options {
    const char *endpoint, *by, *control, *cluster, *source, *assay, *plate, *reference_plate, *names_plate,
        *unrearranged;
    name_list strata, covariates, events, adjust, match, target_names, second_targets, reference, blank,
        background_names;
    number_list quantiles, days, targets, background;
    double level, rho, gamma, draws, seed, tau, day, delay, growth, median, shape, scale, n, truncate, shift,
        arm_n, arm_median, early_years, late_years, knot_years, auc_to, from, until, last, below;
    /* Of plates. */
    double droplet_nl, least_droplets, dilution, reference_copies, least_unsheared, bootstrap,
        distance, reference_distance, clearly_positive;
    /* Of a trial that is planned. */
    double hazard_ratio, accrual, follow_up, dropout, allocation, alpha, power, p0, p1, most,
        parameter;
    number_list looks;
    int boundary; /* rsp_boundary_kind */
    number_list share_days, shares;
    int band, ties, proportionality, scores, variance, family, estimand, test, zeros, alternative,
        null, likelihood, random, coefficient, limits, shearing, information, combination;
    bool permutation, robust, firth, hazard, pooled, log10;
    value_spec outcome, before, after, x, y, years_before, years_after;
    const tree *at; /* the analysis */
} options;

void options_read(reader *r, const tree *t, const char *what, const char *keys,
                  const char *needed, double level, options *o);
/* Where a key was given; the analysis itself where it was not. */
const tree *options_at(const options *o, const char *key);

#endif
