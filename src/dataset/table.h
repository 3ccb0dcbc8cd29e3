/* A table of texts with named columns, from CSV or a transport file, and the cells in
 * it: every complaint names file, row and column. */
#ifndef RESPITE_DATASET_TABLE_H
#define RESPITE_DATASET_TABLE_H

#include "respite/core.h"

enum { RSP_NO_COLUMN = -1 };

typedef struct rsp_table {
    const char *name;      /* borrowed: the file's */
    const char *text;      /* borrowed: the CSV */
    size_t length;
    bool lines;            /* its lines are the file's: not of a transport file */
    rsp_text cells;        /* contents of all, each terminated */
    size_t *starts;        /* [n_columns + n_rows * n_columns] in cells */
    size_t *rows;          /* [n_rows] offset of each row in text */
    size_t n_columns, n_rows, starts_capacity, rows_capacity;
    bool *used;            /* [n_columns] has a role */
} rsp_table;

/* `text` stays the caller's, and outlives the table.  RSP_DATA: no names, a name twice
 * or empty, no rows, a row of other length, wrong separators. */
RSP_MUST_USE rsp_status rsp_table_read(rsp_table *t, const char *name, const char *text,
                                       size_t length, rsp_error *err);
/* The same; `lines`: its lines are the file's. */
RSP_MUST_USE rsp_status rsp_table_read_from(rsp_table *t, const char *name, const char *text,
                                            size_t length, bool lines, rsp_error *err);
void rsp_table_fini(rsp_table *t);

const char *rsp_table_column(const rsp_table *t, size_t column); /* its name */
const char *rsp_table_cell(const rsp_table *t, size_t row, int column); /* "" no column */
/* As it stands, else in any case; RSP_NO_COLUMN. */
int rsp_table_find(const rsp_table *t, const char *name);
/* The same, marked as used; RSP_NAME with the nearest where it is not there.
 * name NULL: RSP_NO_COLUMN. */
RSP_MUST_USE rsp_status rsp_table_need(rsp_table *t, const char *name, const char *role,
                                       int *column, rsp_error *err);
/* The line of the file that a row begins on. */
uint32_t rsp_table_line(const rsp_table *t, size_t row);

/* Fail at a cell: "row 3, column vl: found 'x'; a number is expected". */
rsp_status rsp_table_fail(const rsp_table *t, size_t row, int column, rsp_error *err,
                          const char *fmt, ...) RSP_PRINTF(5, 6);

/* ---- Cells.  All fail at the cell with what was expected. */
bool rsp_cell_missing(const char *s); /* "", ".", "NA" */
RSP_MUST_USE rsp_status rsp_cell_number(const rsp_table *t, size_t row, int column,
                                        double *out, rsp_error *err); /* NaN: missing */
RSP_MUST_USE rsp_status rsp_cell_flag(const rsp_table *t, size_t row, int column, bool *out,
                                      rsp_error *err);
/* Days since 1960-01-01, with a fraction of the time of day; NaN: missing. */
RSP_MUST_USE rsp_status rsp_cell_date(const rsp_table *t, size_t row, int column,
                                      double *out, rsp_error *err);
/* The same of a text that is no cell; false: no such date. */
bool rsp_date_read(const char *s, double *days);
/* Days in a unit of time ("days", "week", "M"...); false: another word. */
bool rsp_time_unit(const char *s, double *days);
bool rsp_same_word(const char *a, const char *b); /* in any case */

#endif
