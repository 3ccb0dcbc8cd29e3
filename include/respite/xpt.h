/* SAS transport files, version 5 (SAS Institute, TS-140, "The record layout of a data
 * set in SAS transport (XPORT) format"): one data set a file, as CDISC wants it.
 *
 *     quantity        range
 *     name            1 to 8 of A-Z 0-9 _, no digit first; unique, case does not matter
 *     label           up to 40 bytes
 *     text            up to 200 bytes, trailing blanks are not kept; "" is missing
 *     number          IBM hexadecimal, 8 bytes: 0, or 5.4e-79 .. 7.2e75 in size; every
 *                     such double survives writing and reading to the bit (but -0,
 *                     which becomes 0); missing: NaN, with a reason '.', '_', 'A'..'Z'
 *     date            a number of days since 1960-01-01, with format DATE9.
 *
 * Text is UTF-8 (ASCII to be submitted) without control characters other than tabs and
 * line ends.
 *
 * The format tells no number of rows: the last record is filled up with blanks.  So
 * rows at the end that are blank throughout and lie within the last record are not
 * read, and are refused in writing.  A file cut short in the middle of a row, or by
 * other than whole records, is refused; one cut exactly at the end of a row and a
 * record cannot be told from a whole one.
 *
 * Ownership: what was read lives in the caller's arena; after an error that holds
 * what was read so far.  Threads: an arena belongs to one. */
#ifndef RESPITE_XPT_H
#define RESPITE_XPT_H

#include "respite/core.h"

enum { RSP_XPT_NAME_MAX = 9, RSP_XPT_LABEL_MAX = 41, RSP_XPT_TEXT_MOST = 200,
       RSP_XPT_VARIABLES_MOST = 9999 };

typedef struct rsp_xpt_variable {
    char name[RSP_XPT_NAME_MAX];
    char label[RSP_XPT_LABEL_MAX];
    char format[RSP_XPT_NAME_MAX]; /* "DATE"; "" none; written as informat, too */
    int width, decimals;           /* of the format: DATE9. is 9, 0; 0 none */
    size_t length;                 /* bytes; texts 1 to 200, numbers 8 (2 to 8 when
                                      read, and where no digit is lost) */
    const char *const *texts;      /* [n_rows]; NULL: a variable of numbers */
    const double *numbers;         /* [n_rows] where texts is NULL */
    const char *missing;           /* [n_rows] the reason where a number is NaN, or
                                      NULL: always '.' */
} rsp_xpt_variable;

typedef struct rsp_xpt {
    char name[RSP_XPT_NAME_MAX];
    char label[RSP_XPT_LABEL_MAX];
    char type[RSP_XPT_NAME_MAX];
    char created[17], modified[17]; /* "01JAN20:00:00:00"; see rsp_xpt_time */
    const rsp_xpt_variable *variables;
    size_t n_variables, n_rows;
} rsp_xpt;

/* A time as the format has it, from seconds since 1970-01-01 UTC; two digits of the
 * year are all there is.  False outside the years 1960 to 2059. */
bool rsp_xpt_time(int64_t seconds, char out[17]);
/* Days since 1960-01-01 of a day of the Gregorian calendar; NaN: no such day. */
double rsp_xpt_date(int year, int month, int day);

/* Append the whole file to `out`.  The same table gives the same bytes.
 * RSP_NAME: a name out of range or twice.  RSP_RANGE: a label, format, text or number
 * out of range, with row and variable.  RSP_NOMEM.  out is then as before. */
RSP_MUST_USE rsp_status rsp_xpt_write(const rsp_xpt *table, rsp_text *out, rsp_error *err);

/* Read a file, or bytes with `name` for the file in messages.  RSP_DATA: not a
 * version 5 transport file, cut short, damaged, several data sets, text that is not
 * UTF-8; each with its place. */
RSP_MUST_USE rsp_status rsp_xpt_read(const char *path, rsp_arena *arena, rsp_xpt *table, rsp_error *err);
RSP_MUST_USE rsp_status rsp_xpt_read_bytes(const char *name, const void *bytes, size_t length, rsp_arena *arena, rsp_xpt *table, rsp_error *err);

/* The table as CSV, a header of names first (RFC 4180, lines end in LF; missing is
 * empty, numbers as rsp_number_write): what reads CSV reads transport files by it. */
void rsp_xpt_csv(const rsp_xpt *table, rsp_text *out);

#endif
