/* A data set, simulated or real, written for others: ADaM as CSV and SAS transport
 * files with a description of every variable, NONMEM, JSON.
 *
 *     format   files
 *     adam     adsl.csv adtte.csv advl.csv adlb.csv adae.csv adev.csv define.json
 *     xpt      the same as .xpt (version 5) and define.json
 *     nonmem   nonmem.csv nonmem.json
 *     json     dataset.json
 *
 * ADaM is that of rsp_adam_rows: what is written is read back by rsp_import_adam as the
 * same data set, with the same digest (an arm without participants is not in the
 * files).  Numbers are the shortest decimals that read back, in transport files IBM's.
 *
 * NONMEM: one line a dose or measurement, by participant and time; "." is missing.
 *     ID       1.. by participant and arm        EVID  1 dose, 0 measurement
 *     TIME     days since the participant's first record, which NONMEM wants not negative
 *     DAY      study day
 *     AMT      of a dose ("infuse")              MDV   1 where there is no DV
 *     DV       the value, or with CENS its limit DVID  number of the assay; CMT the same,
 *     CENS     1 below, -1 above the limit             1 for a dose
 *     LIMIT    0 with CENS 1: the value lies between LIMIT and DV
 *     LLOQ, TRT, TRIAL, SUBJID, and covariates of numbers
 * nonmem.json says what numbers stand for, and texts: assays, arms, covariates.
 * Happenings but doses, and endpoints, are not in it.
 *
 * The same data set gives the same bytes: no clock, no host.  Files are written whole or
 * not at all.  Rows must be sorted.  Threads: pure. */
#ifndef RESPITE_EXPORT_H
#define RESPITE_EXPORT_H

#include "respite/dataset.h"

typedef enum rsp_export_format {
    RSP_EXPORT_ADAM, RSP_EXPORT_XPT, RSP_EXPORT_NONMEM, RSP_EXPORT_JSON
} rsp_export_format;
/* "adam", "xpt", "nonmem", "json"; false: another word. */
bool rsp_export_format_read(const char *word, rsp_export_format *format);

/* Write into `dir`, which is made.  RSP_WRITE, RSP_NOMEM; RSP_RANGE for what a transport
 * file cannot hold (a text over 200 bytes, a number beyond IBM's), with its place. */
RSP_MUST_USE rsp_status rsp_export(const rsp_dataset *d, rsp_export_format format,
                                   const char *dir, rsp_error *err);

/* The parts, appended to `out`; out->failed: no memory. */
RSP_MUST_USE rsp_status rsp_export_xpt(const rsp_dataset *d, rsp_adam which, rsp_text *out,
                                       rsp_error *err);
void rsp_export_define(const rsp_dataset *d, bool xpt, rsp_text *out);
void rsp_export_nonmem(const rsp_dataset *d, rsp_text *out);
void rsp_export_nonmem_legend(const rsp_dataset *d, rsp_text *out);
void rsp_export_json(const rsp_dataset *d, rsp_text *out);

#endif
