/* From data sets to findings, trial by trial. */
#ifndef RESPITE_STUDY_ANALYST_H
#define RESPITE_STUDY_ANALYST_H

#include "study/plan.h"

typedef struct series { double *x; size_t n, capacity; } series; /* a number a trial */
RSP_MUST_USE rsp_status series_add(series *s, double x, rsp_error *err);
/* Median and 5-95 %; infinite ones (not reached) sort last and read NaN. */
rsp_interval series_interval(const series *s);
/* The same, with no interval (NaN) where fewer than two trials gave an estimate;
 * false then. */
bool series_spread(const series *s, rsp_interval *v);
double series_mean(const series *s); /* NaN: none */
double series_median(const series *s); /* NaN: none, or not reached */

/* The rows of one subject in a chunk. */
typedef struct subject_rows {
    const rsp_subject *subject;
    const rsp_happening *happenings;     size_t n_happenings;
    const rsp_measurement *measurements; size_t n_measurements;
    const rsp_endpoint_row *endpoints;   size_t n_endpoints;
} subject_rows;
double subject_happened(const subject_rows *s, const char *what); /* NaN: never */

/* ---- Measured values by planned day: counts on a log scale. */
enum { BIN_FIRST_DAY = -512, BIN_DAYS = 8192, BIN_PER_DECADE = 40, BIN_DECADES = 14,
       BIN_LOWEST = -4 /* log10 */, BINS = BIN_PER_DECADE * BIN_DECADES };
typedef struct day_bin {
    uint64_t n, not_detected, below;
    uint32_t count[BINS];
} day_bin;
typedef struct day_table { day_bin **bins; } day_table; /* [BIN_DAYS], NULL: none */
RSP_MUST_USE rsp_status day_table_add(day_table *t, rsp_arena *arena, double day,
                                      const rsp_measurement *m, rsp_error *err);
size_t day_table_size(const day_table *t);
size_t day_table_list(const day_table *t, const char *assay, const char *unit,
                      const char *from, rsp_visit_summary *out);

typedef struct arm_state {
    rsp_km *trial;      /* [n_endpoints] of the trial at hand */
    series *medians;    /* [n_endpoints] */
    day_table *days;    /* [n_assays * 2]: since start, since interruption */
} arm_state;

typedef struct pair_state { rsp_pair *pairs; size_t n, capacity; } pair_state;

/* What one participant gives to an outcome: a day and whether it is the event's, or a
 * value. */
typedef struct outcome_row {
    uint32_t trial, participant;
    double day;   /* of an endpoint; NaN: a value alone */
    bool event, whole; /* whole: observed to the study's end, or to the event */
    double value; /* of samples */
} outcome_row;
typedef struct outcome_rows { outcome_row *x; size_t n, capacity; } outcome_rows;

struct rsp_analyst {
    const rsp_plan *plan;
    rsp_arena *arena;
    rsp_findings findings;
    arm_state *arms;
    const char *interrupts; /* "stop art": of the first endpoint; NULL */
    const char *restarts;   /* "start art" */
    pair_state *pairs;      /* [n_contrasts * n_endpoints] */
    rsp_endpoint_row *row_of; bool *has_row; /* [n_arms * n_endpoints] of a person */
    rsp_test_share *tests; size_t n_logranks; /* see operating.c */
    rsp_dose_level *levels;                   /* see escalation.c */
    rsp_stopping *stopping;                   /* see stopping.c; NULL: none */
    uint32_t asked_now, placed_now; /* rows of its arm in the trial at hand, places taken */
    size_t *seen_now;               /* [2 * n_bounds] of the trial at hand: at risk, events */
    size_t *lost_now; /* [n_levels] of the trial at hand: who failed or was screened out */
    rsp_contrast *contrasts;                 /* the same; trial 0's test */
    series *people;         /* [2 * n_scores] values of the trial's participants; then
                               those of the arms they are held against */
    series *scores;         /* [n_scores] */
    rsp_limited *score_limits, *outcome_limits; /* [n_scores], [n_outcomes] */
    rsp_km *cells;          /* [n_cells * n_arms] of the trial at hand */
    series *cell_medians;   /* the same */
    const plan_outcome *outcomes; size_t n_outcomes; /* of the sweep, or the first endpoint */
    outcome_rows *rows;     /* [n_outcomes * n_arms] */
    rsp_dataset_maker *example;
    uint32_t trial; bool in_trial;
    uint32_t participant; bool in_person;
};

/* A participant's value of a statistic of samples; NaN: none.  Counted in `limited`. */
double analyst_person_value(const rsp_analyst *a, const plan_score *score,
                            const subject_rows *s, rsp_limited *limited);

/* ---- Outcomes by participant: the sweep, and what they hinge on. */
RSP_MUST_USE rsp_status analyst_outcomes_new(rsp_analyst *a, rsp_error *err);
void analyst_outcomes_free(rsp_analyst *a);
RSP_MUST_USE rsp_status analyst_outcomes_add(rsp_analyst *a, const subject_rows *s,
                                             rsp_error *err);
/* One number of a participant, that ranks as the outcome does; NaN: not known. */
double analyst_outcome_of(const plan_score *score, const outcome_row *row);
RSP_MUST_USE rsp_status analyst_sweep_finish(rsp_analyst *a, rsp_error *err);
RSP_MUST_USE rsp_status analyst_hinges_finish(rsp_analyst *a, rsp_error *err);

/* Of a trial, what plan_of_limits() statistics need: two numbers a participant. */
RSP_MUST_USE rsp_status analyst_limits_add(const rsp_analyst *a, const plan_score *score,
                                           const subject_rows *s, series *out, rsp_error *err);
RSP_MUST_USE rsp_status analyst_limits_value(const plan_score *score, const series *limits,
                                             double *value, rsp_error *err);

RSP_MUST_USE rsp_status analyst_people_add(rsp_analyst *a, const subject_rows *s,
                                           rsp_error *err);
RSP_MUST_USE rsp_status analyst_scores_close(rsp_analyst *a, rsp_error *err);
RSP_MUST_USE rsp_status analyst_scores_finish(rsp_analyst *a, rsp_error *err);
/* ---- Tests of each trial: log-rank tests of a randomised study, and its analysis. */
RSP_MUST_USE bool analyst_tests_new(rsp_analyst *a);
RSP_MUST_USE rsp_status analyst_tests_close(rsp_analyst *a, const rsp_dataset *trial, rsp_error *err);
void analyst_tests_finish(rsp_analyst *a);

/* ---- Dose escalation: what each trial gave, saw and chose. */
RSP_MUST_USE bool analyst_levels_new(rsp_analyst *a);
void analyst_levels_add(rsp_analyst *a, const rsp_subject *s);
void analyst_levels_close(rsp_analyst *a);
void analyst_levels_finish(rsp_analyst *a);

/* ---- Stopping of enrolment: how often, and after how many. */
RSP_MUST_USE bool analyst_stopping_new(rsp_analyst *a);
void analyst_stopping_add(rsp_analyst *a, const subject_rows *s);
void analyst_stopping_close(rsp_analyst *a);
void analyst_stopping_finish(rsp_analyst *a);

RSP_MUST_USE rsp_status analyst_grid_add(rsp_analyst *a, const rsp_dataset *grid,
                                         rsp_error *err);
RSP_MUST_USE rsp_status analyst_grid_finish(rsp_analyst *a, rsp_error *err);
RSP_MUST_USE rsp_status analyst_words(rsp_analyst *a, rsp_error *err);

#endif
