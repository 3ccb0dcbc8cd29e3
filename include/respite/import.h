/* Data of real trials, and of ours, read into the one type of respite/dataset.h.
 *
 *     source                     reader
 *     CSV of any laboratory      rsp_import_csv, with a map of its columns
 *     ADaM, CSV or XPT v5        rsp_import_adam: a file, or a directory of them
 *     NONMEM-style CSV           rsp_import_nonmem
 *     what a path holds          rsp_import_path, by looking
 *
 * Several files of one trial are read into one importer and joined by participant;
 * rsp_import_finish makes the data set.
 *
 *     quantity   form                                     read as
 *     number     decimal; "", "." and "NA" are missing    NaN is refused
 *     day        number, in `day_unit`                    days, day 0 the reference
 *     date       ISO 8601, 2021-03-09 or with T14:30      days since the reference
 *     flag       1 Y YES T TRUE; 0 N NO F FALSE or empty  any case
 *
 * Files are UTF-8, comma-separated (RFC 4180), with one line of names; a byte order
 * mark, CRLF and quotes are fine; 256 MiB and 1 MiB a line at most.  Column names are
 * compared as they stand, and where none fits so, in any case.
 *
 * A column that has no role is kept: where it says one thing of each participant, as
 * a covariate (of numbers, or of texts); where it changes from visit to visit, as a
 * measurement of that name (numbers) or a happening of that name with the text as its
 * reason.
 *
 * Errors: RSP_DATA for what a file holds, with file, line and column of the cell and
 * "row 3, column vl" in the message (rows count from 1 below the names); RSP_NAME for
 * a column that is not there, with the nearest that is; RSP_NOFILE, RSP_NOMEM.  After
 * an error an importer is good for rsp_import_free only.
 * Ownership: maps are borrowed for the call.  Threads: one an importer. */
#ifndef RESPITE_IMPORT_H
#define RESPITE_IMPORT_H

#include "respite/dataset.h"

/* ---- A map of columns.  All begin with {0}: what is NULL is not there. */

/* A column of the file, else one text for all its rows, else nothing. */
typedef struct rsp_import_cell { const char *column, *text; } rsp_import_cell;

/* Only rows whose cell is this text ("" takes the empty ones). */
typedef struct rsp_import_where { const char *column, *text; } rsp_import_where;

/* One measurement a row: a long table has one of these with `assay.column`, a wide
 * one has several, each with its own `value` and `assay.text`.
 *
 * A value may say its state itself: "<20", "<20 detected", ">1e7", "not detected"
 * (TND, ND, undetectable).  Else, with `below` or `above`, the flag decides; the
 * limit is then `limit`, or the value itself where no limit is given.  Without them a
 * value under the limit is below it.  Empty: missing, with `reason`. */
typedef struct rsp_import_measure {
    rsp_import_cell assay;   /* needed: "viral_load" */
    const char *value;       /* needed: column */
    rsp_import_cell unit;    /* "copies/mL" */
    rsp_import_cell limit;   /* lower limit of quantification */
    rsp_import_cell upper;   /* upper limit */
    const char *below, *above; /* columns of flags */
    const char *reason;      /* column: why missing */
    bool repeats;            /* a participant may have several on one day; else
                                RSP_DATA names both rows */
} rsp_import_measure;

/* One happening a row where its day or date is not empty. */
typedef struct rsp_import_happening {
    rsp_import_cell what;     /* needed: "infuse", "stop art", "start art", "end" */
    const char *day, *date;   /* columns; neither: the row's day */
    const char *amount, *reason;
} rsp_import_happening;

/* How a code of the event column ends an endpoint. */
typedef struct rsp_import_code {
    const char *text;
    rsp_endpoint_end end;
} rsp_import_code;
/* "event", "end of study" or "censored", "ART restarted" or "restart", "lost",
 * "not confirmed", "not started"; any case.  False: another word. */
bool rsp_import_end(const char *word, rsp_endpoint_end *end);

/* One endpoint a row.  With `event`: its codes are in `codes`, or flags where there
 * are none.  With `cnsr` (ADaM): 0 event, 1 to 5 as rsp_endpoint_end, else censored.
 * With neither: an event where `right` is given.
 * The interval is (left, right]; without the columns (time, time] for an event and
 * (time, infinity) otherwise.  Without `time` it is right for an event, else left. */
typedef struct rsp_import_endpoint {
    rsp_import_cell endpoint; /* needed: "time_to_rebound" */
    const char *time, *left, *right; /* columns; time or left is needed */
    rsp_import_cell unit;     /* of these: days (default), weeks, months, years */
    const char *event, *cnsr; /* columns */
    const rsp_import_code *codes; size_t n_codes;
    const char *start_day;    /* column: the study day that it counts from */
} rsp_import_endpoint;

typedef struct rsp_import_map {
    const char *subject;   /* needed: column of the participant's name */
    rsp_import_cell arm;   /* in no file: one arm, "all" */
    const char *day;       /* column of study days */
    const char *day_unit;  /* days (NULL), weeks, months, years */
    const char *date;      /* or a column of dates, with `reference` */
    rsp_import_cell reference; /* date of day 0: a column (of the participant), or a date
                                  (in either, where no column has its name) */
    const char *planned_day;   /* column; else the day itself */
    const rsp_import_where *where;           size_t n_where;
    const rsp_import_measure *measures;      size_t n_measures;
    const rsp_import_happening *happenings;  size_t n_happenings;
    const rsp_import_endpoint *endpoints;    size_t n_endpoints;
    /* Covariates: columns that must be there and say one thing of each participant.
     * All others without a role are kept as said above, but not those `dropped`. */
    const char *const *covariates;  size_t n_covariates;
    const char *const *dropped;     size_t n_dropped;
} rsp_import_map;

/* ---- Reading. */

typedef struct rsp_importer rsp_importer;
/* study NULL: STUDYID of ADaM, else the name of the first file.  NULL: no memory. */
rsp_importer *rsp_import_new(const char *study);
void rsp_import_free(rsp_importer *im); /* NULL is fine */

RSP_MUST_USE rsp_status rsp_import_csv(rsp_importer *im, const char *path,
                                       const rsp_import_map *map, rsp_error *err);
/* The same from memory; `name` stands for the file in messages. */
RSP_MUST_USE rsp_status rsp_import_csv_text(rsp_importer *im, const char *name,
                                            const char *text, size_t length,
                                            const rsp_import_map *map, rsp_error *err);

/* ADaM: one data set, or a directory of them (ADSL first, then by name; of a name as
 * .csv and .xpt the .csv; of a run's directory its adam/).  Told apart by columns:
 * CNSR is ADTTE, PARAMCD without it BDS, AETERM or AEDECOD ADAE, EVTERM our ADEV, any
 * other with USUBJID ADSL.  Needs USUBJID or SUBJID; treatment from TRT01P, TRTP,
 * TRT01A, TRTA or ARM (one file of several is enough).
 *     ours (with TRIAL and SUBJID)     of others
 *     --DT study days                  --DY, else --DT less TRTSDT (SAS date, ISO, DATE9)
 *     PARAM names assay and endpoint   PARAMCD does
 *     repeats on a day as they are     refused; rows with DTYPE are passed over
 * AVALC says what is censored ("<20", "not detected"), whatever AVAL imputes.
 * Other columns are covariates where they say one thing of each participant; the rest is
 * in the notes.  An adverse event is the happening "adverse event", its grade the
 * amount, its term the reason. */
RSP_MUST_USE rsp_status rsp_import_adam(rsp_importer *im, const char *path, rsp_error *err);

/* NONMEM-style CSV: ID, TIME and DV; where they are CENS or BLQ (1: below the limit in
 * DV, -1: above it), LLOQ, EVID and AMT (1 and 4: "infuse"; 2 and 3 are passed over),
 * MDV, DVID or CMT (which assay), DAY (study day, else TIME is), ARM, and C for lines
 * commented out.  With CENS 1 the limit is LLOQ, else DV; LIMIT is not read.  TND 1 is
 * our mark of a target not detected; in such files a day may have repeats. */
typedef struct rsp_nonmem_assay {
    double code;      /* DVID, else CMT */
    const char *name, *unit;
} rsp_nonmem_assay;
typedef struct rsp_nonmem_arm {
    double code;
    const char *name;
} rsp_nonmem_arm;
typedef struct rsp_nonmem { /* {0}: days, "dv_1", "dv_2".. ("dv" without DVID and CMT) */
    const char *time_unit;
    const char *arm;  /* column; NULL: ARM where it is */
    const rsp_nonmem_assay *assays; size_t n_assays;
    const rsp_nonmem_arm *arms;     size_t n_arms; /* names of numbers in that column */
} rsp_nonmem;
RSP_MUST_USE rsp_status rsp_import_nonmem(rsp_importer *im, const char *path,
                                          const rsp_nonmem *how, rsp_error *err);

/* What a path holds, by looking: a directory (a run's, or of ADaM), a transport file, a
 * CSV of ADaM or of NONMEM (in days; our nonmem.json beside it names assays and arms).  RSP_DATA: another table, which needs a map. */
RSP_MUST_USE rsp_status rsp_import_path(rsp_importer *im, const char *path, rsp_error *err);
/* The same of a CSV in memory; `name` stands for the file in messages. */
RSP_MUST_USE rsp_status rsp_import_text(rsp_importer *im, const char *name, const char *text,
                                        size_t length, rsp_error *err);

/* The data set, sorted.  Participants are numbered by first appearance over all
 * files, arms likewise, covariates likewise.  RSP_DATA: no participant.  The importer
 * is spent: free it. */
RSP_MUST_USE rsp_status rsp_import_finish(rsp_importer *im, rsp_dataset_maker **out,
                                          rsp_error *err);
/* What was passed over or taken otherwise than it stands, a line each; "" nothing.
 * Holds until the importer is freed. */
const char *rsp_import_notes(const rsp_importer *im);

#endif
