/* Analysis plans: a checked plan and a data set give results.  Knows no simulator.
 *
 * A plan is YAML (docs/analysis.md): what is asked, of whom, by which method.  The
 * results are one tree of tables, whatever the statistic; JSON, the terminal and the
 * report print that tree.  Numbers are in the unit of their column; times in days.
 *
 * "Not estimable" is NaN with a reason in its cell.  Errors: what a plan may not say
 * (RSP_SYNTAX, RSP_NAME, RSP_RANGE), with its line and column; what the data set
 * does not have (RSP_NAME, RSP_DATA), at the place of the plan that asks for it;
 * RSP_NOMEM.
 * Ownership: a plan owns what it holds; results own theirs and borrow nothing.
 * Threads: pure functions; a plan may be run by several threads at once. */
#ifndef RESPITE_ANALYSIS_H
#define RESPITE_ANALYSIS_H

#include "respite/dataset.h"

/* ---- The plan. */
typedef struct rsp_analysis rsp_analysis;
/* `name` stands for the file in messages. */
RSP_MUST_USE rsp_status rsp_analysis_read_text(const char *name, const char *text,
                                               size_t length, rsp_analysis **plan,
                                               rsp_error *err);
RSP_MUST_USE rsp_status rsp_analysis_read(const char *path, rsp_analysis **plan,
                                          rsp_error *err);
void rsp_analysis_free(rsp_analysis *plan); /* NULL is fine */
const char *rsp_analysis_title(const rsp_analysis *plan);
const char *rsp_analysis_sha256(const rsp_analysis *plan); /* of its text */

/* The kinds of analysis, for help: NULL beyond the last. */
typedef struct rsp_analysis_kind { const char *name, *what, *keys; } rsp_analysis_kind;
const rsp_analysis_kind *rsp_analysis_kind_at(size_t i);

/* ---- Data: the rows, sorted, and what is known of them.  Endpoints go by their name,
 * or by the PARAMCD that rsp_adam_paramcd makes of it. */
typedef struct rsp_analysis_file { const char *name, *sha256; } rsp_analysis_file;
enum { RSP_ANALYSIS_PLATES = 3 };
typedef struct rsp_analysis_data {
    const rsp_dataset *rows;
    const rsp_analysis_file *files;     size_t n_files;     /* where they were read from */
    const char *const *plates; /* [RSP_ANALYSIS_PLATES * analyses] paths of the plate of
                                  each, of its reference plate, of the plate that names it;
                                  NULL: none.  plates NULL: none */
    const char *notes; /* of the reader, a line each; NULL or "": none */
} rsp_analysis_data;

/* Read what the plan's `data` says from `path`, or from the files it names itself
 * (beside the plan) where path is NULL.  Without `data`, path is what rsp_import_path
 * knows by looking.  Where all analyses read plates, path is the
 * plate of those that name none.  Errors: those of the readers; RSP_USAGE where there is no file. */
typedef struct rsp_analysis_source rsp_analysis_source;
RSP_MUST_USE rsp_status rsp_analysis_open(const rsp_analysis *plan, const char *path,
                                          rsp_analysis_source **source, rsp_error *err);
const rsp_analysis_data *rsp_analysis_data_of(const rsp_analysis_source *source);
void rsp_analysis_close(rsp_analysis_source *source); /* NULL is fine */

/* ---- Results. */
typedef enum rsp_cell_kind {
    RSP_CELL_TEXT,
    RSP_CELL_COUNT,
    RSP_CELL_NUMBER,
    RSP_CELL_SHARE, /* 0 .. 1 */
    RSP_CELL_P
} rsp_cell_kind;

typedef struct rsp_result_column {
    const char *key, *label, *unit; /* "median", "median", "days"; unit "": none */
    rsp_cell_kind kind;
    bool interval; /* cells carry low and high */
} rsp_result_column;

typedef struct rsp_cell {
    const char *text;        /* of RSP_CELL_TEXT */
    double value, low, high; /* NaN: none; an infinite end stands for itself */
    const char *reason;      /* why value is NaN; "" otherwise */
} rsp_cell;

/* How a table may be drawn; columns by number. */
typedef enum rsp_figure_kind {
    RSP_FIGURE_NONE,
    RSP_FIGURE_STEPS, /* a step curve for each text of the first column, with band */
    RSP_FIGURE_BOXES,  /* from x to the next column the curve falls, to y */
    RSP_FIGURE_FOREST, /* the interval x of each row on a line; events and n by their keys */
    RSP_FIGURE_PAIRS   /* x and y of each row, joined, and their changes in order; the next column
                          is the change, the two after it say "below" or "above" a limit */
} rsp_figure_kind;
typedef struct rsp_result_figure {
    rsp_figure_kind kind;
    size_t x, y, at_risk, censored; /* SIZE_MAX: none */
    bool log;      /* FOREST: the axis is logarithmic, the line of no effect at 1, not 0;
                      PAIRS: x and y on a logarithmic axis, the change is log10 */
    bool plain;       /* FOREST: amounts; there is no line of no effect */
    const char *only; /* FOREST: rows whose first text holds this; NULL: all */
    bool rising;   /* STEPS: from 0 up, not from 1 down */
    const char *x_label, *y_label;
} rsp_result_figure;

typedef struct rsp_result_table {
    const char *key, *title;
    const rsp_result_column *columns; size_t n_columns;
    const rsp_cell *cells;            size_t n_rows; /* [n_rows][n_columns] */
    bool long_one;           /* every time of a curve: not for a terminal */
    rsp_result_figure figure;
} rsp_result_table;

typedef struct rsp_result { /* of one analysis */
    const char *name, *kind, *title;
    const rsp_result_table *tables; size_t n_tables;
    const char *methods;            /* what was done, in sentences, with sources */
    const char *const *notes;       size_t n_notes;
    double p;                       /* that multiplicity counts; NaN: none */
    const struct rsp_result *test;  /* of curves: the log-rank test of the same groups; NULL: none */
} rsp_result;

typedef struct rsp_results rsp_results;
typedef struct rsp_results_view {
    const char *title, *study, *plan_sha256, *notes;
    const rsp_analysis_file *files; size_t n_files;
    const rsp_result_table *people;  /* who is in the data set and who was analysed */
    const rsp_result *items;        size_t n;
    const rsp_result_table *adjusted; /* p over the list; NULL: not asked for */
    const char *methods;            /* of the population and of multiplicity */
    const bool *analysed;           /* [subjects of the data set]: in the population */
    const char *const *left_out;    /* of each why not: a condition of the population; "" */
    double threshold;               /* of viral load, shaded in figures; NaN: none */
    const char *control;            /* the first group that an analysis names so; "": none */
} rsp_results_view;
RSP_MUST_USE rsp_status rsp_analysis_run(const rsp_analysis *plan, const rsp_analysis_data *data,
                                         rsp_results **results, rsp_error *err);
const rsp_results_view *rsp_results_of(const rsp_results *results);
void rsp_results_free(rsp_results *results); /* NULL is fine */

/* As people read them: "0.58 (0.32 to 1.03)", or the reason; "time, days". */
enum { RSP_CELL_SHOWN = 200 };
const char *rsp_cell_shown(const rsp_result_column *column, const rsp_cell *cell,
                           char out[RSP_CELL_SHOWN]);
const char *rsp_column_title(const rsp_result_column *column, char out[RSP_CELL_SHOWN]);
bool rsp_column_empty(const rsp_result_table *table, size_t column); /* nothing in it */

/* As JSON: each table an array of its rows, each row an object of its columns'
 * keys.  A cell with an interval is {"value", "low", "high"}; what is not estimable is
 * null, with the reason as "KEY_reason".  An infinite end is null. */
RSP_MUST_USE rsp_status rsp_results_json(const rsp_results *results, rsp_text *out,
                                         rsp_error *err);

#endif
