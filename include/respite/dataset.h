/* The data set: one type for simulated and real trials.
 *
 * An analysis is a function of this alone.  It knows study, participants with
 * arm and covariates, dated happenings (infusion, interruption, restart),
 * measurements in three states, and endpoints as day, interval and reason.
 *
 *     quantity   unit   note
 *     day        day    of the study; day 0 is the reference (infusion)
 *     value      as the measurement's unit says
 *
 * Order ("canonical"): trial, participant, arm, day, kind.  Rows are added in
 * any order and sorted by rsp_dataset_sort; equal keys keep their order.
 * Ownership: copies all text.  Threads: one writer. */
#ifndef RESPITE_DATASET_H
#define RESPITE_DATASET_H

#include "respite/core.h"

typedef enum rsp_result_state {
    RSP_NOT_DETECTED,  /* target not detected: below the limit, no number */
    RSP_BELOW_LLOQ,    /* detected, below the limit of quantification */
    RSP_NUMBER,
    RSP_ABOVE_ULOQ,
    RSP_MISSING        /* with a reason */
} rsp_result_state;
const char *rsp_result_state_name(rsp_result_state s);

typedef struct rsp_subject { /* a participant in an arm */
    uint32_t trial, participant, arm; /* arm: index of dataset->arms */
    bool failed;          /* the simulation failed: excluded, counted */
    bool product_failed;  /* enrolled, no product */
    const char *reason;   /* why failed or excluded; "" otherwise */
    const double *covariates; /* [n_covariates]; NaN: missing */
} rsp_subject;

typedef struct rsp_happening { /* "infuse", "stop art", "start art", "missed visit", "end" */
    uint32_t trial, participant, arm;
    double day;
    const char *what;
    double amount; /* NaN: none */
    const char *reason;
} rsp_happening;

typedef struct rsp_measurement {
    uint32_t trial, participant, arm;
    double day;          /* actual day of the visit */
    double planned_day;
    const char *assay;   /* "viral_load" */
    const char *unit;
    rsp_result_state state;
    double value;        /* only where state == RSP_NUMBER; else NaN */
    double lloq;         /* NaN: none */
    const char *reason;  /* why missing; "" otherwise */
} rsp_measurement;

typedef enum rsp_endpoint_end { /* CNSR of ADTTE */
    RSP_END_EVENT = 0,
    RSP_END_STUDY = 1,       /* administrative end */
    RSP_END_RESTART = 2,     /* ART restarted first: competing */
    RSP_END_LOST = 3,
    RSP_END_UNCONFIRMED = 4, /* last value qualified, never confirmed */
    RSP_END_NOT_STARTED = 5  /* never at risk (no interruption): excluded */
} rsp_endpoint_end;
const char *rsp_endpoint_end_text(rsp_endpoint_end e);

typedef struct rsp_endpoint_row {
    uint32_t trial, participant, arm;
    const char *endpoint;
    double day;          /* since `from`; event or censoring */
    rsp_endpoint_end end;
    double left, right;  /* interval (left, right]; right = inf: censored */
    double start_day;    /* study day of `from` */
} rsp_endpoint_row;

typedef struct rsp_dataset {
    const char *study;
    const char *const *arms;       size_t n_arms;
    const char *const *covariates; size_t n_covariates;
    const rsp_subject *subjects;           size_t n_subjects;
    const rsp_happening *happenings;       size_t n_happenings;
    const rsp_measurement *measurements;   size_t n_measurements;
    const rsp_endpoint_row *endpoints;     size_t n_endpoints;
} rsp_dataset;

typedef struct rsp_dataset_maker rsp_dataset_maker;
rsp_dataset_maker *rsp_dataset_new(const char *study,
                                   const char *const *arms, size_t n_arms,
                                   const char *const *covariates,
                                   size_t n_covariates);
void rsp_dataset_free(rsp_dataset_maker *m);
RSP_MUST_USE rsp_status rsp_dataset_add_subject(rsp_dataset_maker *m, const rsp_subject *row, rsp_error *err);
RSP_MUST_USE rsp_status rsp_dataset_add_happening(rsp_dataset_maker *m, const rsp_happening *row, rsp_error *err);
RSP_MUST_USE rsp_status rsp_dataset_add_measurement(rsp_dataset_maker *m, const rsp_measurement *row, rsp_error *err);
RSP_MUST_USE rsp_status rsp_dataset_add_endpoint(rsp_dataset_maker *m, const rsp_endpoint_row *row, rsp_error *err);
/* Append all rows of another data set with the same arms and covariates
 * (chunks, merged in order of trial and participant). */
RSP_MUST_USE rsp_status rsp_dataset_append(rsp_dataset_maker *m, const rsp_dataset *chunk, rsp_error *err);
void rsp_dataset_sort(rsp_dataset_maker *m);
void rsp_dataset_clear(rsp_dataset_maker *m); /* rows only; keeps memory */
const rsp_dataset *rsp_dataset_view(const rsp_dataset_maker *m);

/* Add the canonical happening and measurement rows to a digest: the study's
 * `hash` (promise 1). Rows must be sorted. */
void rsp_dataset_digest(const rsp_dataset *d, rsp_sha256 *sha);

/* CDISC ADaM as CSV: ADSL, ADTTE, ADVL (viral load) and ADLB (the rest).
 * USUBJID = study-trial-participant, with variables TRIAL and ARM; in a
 * counterfactual design a participant appears once an arm.  Appends rows of
 * one sorted chunk; `header` first.  Same bytes for the same rows. */
typedef enum rsp_adam { RSP_ADSL, RSP_ADTTE, RSP_ADVL, RSP_ADLB } rsp_adam;
const char *rsp_adam_file(rsp_adam which); /* "adsl.csv" */
void rsp_adam_header(rsp_adam which, const rsp_dataset *d, rsp_text *out);
void rsp_adam_rows(rsp_adam which, const rsp_dataset *d, rsp_text *out);
/* Read ADTTE (one or more PARAMCD) into endpoint rows; other columns are
 * ignored.  Errors name file, row and column. */
RSP_MUST_USE rsp_status rsp_adam_read_adtte(const char *path,
                                            rsp_dataset_maker **m,
                                            rsp_error *err);

/* The result store: tables study, subject, happening, measurement, endpoint in
 * SQLite. Written as `path.part`, renamed by _close. */
typedef struct rsp_store rsp_store;
RSP_MUST_USE rsp_status rsp_store_open(const char *path, const rsp_dataset *like, rsp_store **store, rsp_error *err);
RSP_MUST_USE rsp_status rsp_store_add(rsp_store *store, const rsp_dataset *chunk, rsp_error *err);
RSP_MUST_USE rsp_status rsp_store_close(rsp_store *store, rsp_error *err); /* frees it */
void rsp_store_abandon(rsp_store *store); /* removes the part */

#endif
