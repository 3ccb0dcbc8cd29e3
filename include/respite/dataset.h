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
 * Order ("canonical"): trial, participant, arm, day, kind (what or assay, as
 * bytes); endpoints: trial, participant, arm, endpoint.  Rows are added in any
 * order and sorted by rsp_dataset_sort; equal keys keep their order.
 * Ownership: copies all text; equal texts are kept once.  A view and the text
 * in it hold until the next add, append, sort, clear or free.
 * Threads: one writer. */
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
    bool screened_out;    /* not eligible, and nobody else for the place: not enrolled */
    const char *reason;   /* why failed or excluded; "" otherwise */
    const double *covariates; /* [n_covariates]; NaN: missing */
    const char *id;           /* as the trial names the participant; "" simulated */
    const char *const *texts; /* [n_texts]; "": missing */
} rsp_subject;

typedef struct rsp_happening { /* "infuse", "stop art", "start art", "missed visit", "end" */
    uint32_t trial, participant, arm;
    double day;
    const char *what;
    double amount; /* NaN: none */
    const char *reason;
    bool over, reported;          /* of an adverse event: whether these days are known */
    double end_day, reported_day; /* the first day without it; the visit that heard of it */
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
    double uloq;         /* upper limit; 0: none known (simulated: where exceeded) */
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
    const char *const *texts;      size_t n_texts; /* names of covariates of words */
    const rsp_subject *subjects;           size_t n_subjects;
    const rsp_happening *happenings;       size_t n_happenings;
    const rsp_measurement *measurements;   size_t n_measurements;
    const rsp_endpoint_row *endpoints;     size_t n_endpoints;
} rsp_dataset;

/* Adding.  NULL text is "".  On an error nothing is added: RSP_RANGE for an arm
 * that does not exist, a day that is not finite, a number that is not finite
 * where state is RSP_NUMBER; RSP_NOMEM.  A value given with another state than
 * RSP_NUMBER is kept as NaN: it is no measurement. */
typedef struct rsp_dataset_maker rsp_dataset_maker;
/* NULL: no memory. */
rsp_dataset_maker *rsp_dataset_new(const char *study,
                                   const char *const *arms, size_t n_arms,
                                   const char *const *covariates,
                                   size_t n_covariates);
/* Name the covariates of words; before the first participant. */
RSP_MUST_USE rsp_status rsp_dataset_name_texts(rsp_dataset_maker *m, const char *const *texts, size_t n_texts, rsp_error *err);
void rsp_dataset_free(rsp_dataset_maker *m); /* NULL is fine */
RSP_MUST_USE rsp_status rsp_dataset_add_subject(rsp_dataset_maker *m, const rsp_subject *row, rsp_error *err);
RSP_MUST_USE rsp_status rsp_dataset_add_happening(rsp_dataset_maker *m, const rsp_happening *row, rsp_error *err);
RSP_MUST_USE rsp_status rsp_dataset_add_measurement(rsp_dataset_maker *m, const rsp_measurement *row, rsp_error *err);
RSP_MUST_USE rsp_status rsp_dataset_add_endpoint(rsp_dataset_maker *m, const rsp_endpoint_row *row, rsp_error *err);
/* Append all rows of another data set with the same arms and covariates (else
 * RSP_DATA) in the order given; not of m itself. On an error m is unchanged. */
RSP_MUST_USE rsp_status rsp_dataset_append(rsp_dataset_maker *m, const rsp_dataset *chunk, rsp_error *err);
void rsp_dataset_sort(rsp_dataset_maker *m); /* cannot fail */
void rsp_dataset_clear(rsp_dataset_maker *m); /* rows only; keeps memory */
const rsp_dataset *rsp_dataset_view(const rsp_dataset_maker *m);
/* Whether there is a course to analyse: enrolled, with a product, simulated. */
bool rsp_subject_has_course(const rsp_subject *s);
/* People screened out of an arm: before those enrolled (the covariate "screened_out" of a
 * simulated study, NSCRNOUT of its ADSL), and those in rows of their own. */
size_t rsp_dataset_screened_out(const rsp_dataset *d, size_t arm);

/* Add the canonical happening and measurement rows to a digest: the study's
 * `hash` (promise 1).  Rows must be sorted.  One line a row, fields separated
 * by tabs, numbers as rsp_number_write, a tab, line end or backslash in text as
 * \t, \n, \r, \\:
 *     H trial participant arm day what amount reason [end_day reported_day]
 *     M trial participant arm day planned_day assay unit state value lloq reason
 * with arm as its number from 0, and the last two where either is known; names and covariates of participants, endpoints and
 * upper limits are not in it.  Of each participant first all H, then all M:
 * so chunks of whole participants give the digest of the whole. */
void rsp_dataset_digest(const rsp_dataset *d, rsp_sha256 *sha);

/* CDISC ADaM as CSV (RFC 4180 quoting, lines end in LF): ADSL, ADTTE, ADVL
 * (viral_load), ADLB (the rest), ADAE (happenings named RSP_ADVERSE_EVENT: the term is
 * the reason, the grade the amount) and ADEV (all other happenings).
 *     USUBJID  the participant's id, else study-trial-participant; with TRIAL and ARM it names a record: in
 *              a counterfactual design a participant appears once an arm
 *     --DT     study day, day 0 the reference; no calendar
 *     --DY     whole study day without a day 0 (the reference is day 1)
 *     ATIDY    days since the first "stop art" (day 0 the first day off ART)
 *     AVAL     ADTTE: days from STARTDT, day 0 the first; no 1 is added.
 *              ADVL, ADLB: empty unless quantified; AVALC then says "not
 *              detected", "<20 detected", "above ULOQ"
 *     CENSFL   Y below the limit of quantification, U above the upper one
 *     CNSR     0 event, otherwise rsp_endpoint_end
 *     AESEQ    adverse events of a participant and arm, by day of onset, from 1
 *     ASTDT, AENDT, AEDT  first day of an episode, first day without it, visit at which
 *              it was reported
 *     AVALL, AVALR  the interval (AVALL, AVALR]; AVALR empty: right-censored
 * Appends rows of one sorted chunk; `header` first.  Same bytes for the same
 * rows.  out->failed says that memory ran out. */
#define RSP_ADVERSE_EVENT "adverse event"
typedef enum rsp_adam {
    RSP_ADSL, RSP_ADTTE, RSP_ADVL, RSP_ADLB, RSP_ADAE, RSP_ADEV, RSP_N_ADAM
} rsp_adam;
const char *rsp_adam_file(rsp_adam which); /* "adsl.csv" */
void rsp_adam_header(rsp_adam which, const rsp_dataset *d, rsp_text *out);
void rsp_adam_rows(rsp_adam which, const rsp_dataset *d, rsp_text *out);

/* PARAMCD of `name` among `n` distinct names (it may be one of them): itself where
 * SAS takes it (8 capitals, digits and underscores at most), else its
 * letters and digits in upper case, shortened to 8 ("time_to_" as TT, then
 * vowels from the end); known assays have the customary codes.  Names that
 * would share a code are numbered in byte order, past codes that names have. */
enum { RSP_PARAMCD_MAX = 9 };
void rsp_adam_paramcd(const char *name, const char *const *names, size_t n,
                      char code[RSP_PARAMCD_MAX]);

/* Read ADTTE (one or more PARAMCD) into endpoint rows, whose `endpoint` is the
 * PARAMCD; other columns are ignored.  Needs PARAMCD, AVAL (days >= 0), CNSR (0:
 * event), a subject (USUBJID or SUBJID) and a treatment (TRT01P, TRTP, TRT01A,
 * TRTA or ARM).  Reads where they are: AVALU (days, weeks, months, years; days
 * without), AVALL and AVALR, STARTDT, TRT01PN/TRTPN/ARMN (the order of arms; by
 * first appearance without), and TRIAL with SUBJID as written by rsp_adam_rows
 * (without TRIAL, participants are numbered by first appearance).
 * A file named .xpt is a SAS transport file.
 * RSP_DATA: columns missing or twice, a value that cannot be read, a subject
 * twice in a PARAMCD, with file, row and column. */
RSP_MUST_USE rsp_status rsp_adam_read_adtte(const char *path,
                                            rsp_dataset_maker **m,
                                            rsp_error *err);
/* The same from memory; `name` stands for the file in messages. */
RSP_MUST_USE rsp_status rsp_adam_read_adtte_text(const char *name,
                                                 const char *text,
                                                 size_t length,
                                                 rsp_dataset_maker **m,
                                                 rsp_error *err);

/* The endpoints of an ADTTE file, by first appearance: PARAMCD and its PARAM (""
 * where that column is missing or empty).  Array and texts are the arena's. */
typedef struct rsp_adam_endpoint {
    const char *paramcd, *param;
} rsp_adam_endpoint;
RSP_MUST_USE rsp_status rsp_adam_read_endpoints(const char *path, rsp_arena *arena,
                                                rsp_adam_endpoint **endpoints,
                                                size_t *n, rsp_error *err);

/* The result store, SQLite: tables study, arm, covariate, subject, happening,
 * measurement, endpoint, text (docs/run-directory.md), and views with the texts
 * joined in.  Written as `path.part` and renamed by _close; a transaction a
 * chunk.  After an error a store is good for _abandon or _close only, and _close
 * then abandons it and fails again. */
typedef struct rsp_store rsp_store;
RSP_MUST_USE rsp_status rsp_store_open(const char *path, const rsp_dataset *like, rsp_store **store, rsp_error *err);
RSP_MUST_USE rsp_status rsp_store_add(rsp_store *store, const rsp_dataset *chunk, rsp_error *err);
RSP_MUST_USE rsp_status rsp_store_close(rsp_store *store, rsp_error *err); /* frees it */
void rsp_store_abandon(rsp_store *store); /* removes the part; NULL is fine */

#endif
