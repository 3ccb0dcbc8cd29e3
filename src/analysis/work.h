/* One run of a plan: the data, the people, and the results as they grow.
 *
 * The status is sticky, as a reader's: after a failure every call does nothing and
 * returns something harmless. */
#ifndef ANALYSIS_WORK_H
#define ANALYSIS_WORK_H

#include "analysis/options.h"
#include "analysis/source.h"
#include "respite/analysis.h"
#include "respite/interval.h"
#include "respite/rank.h"
#include "respite/regression.h"

struct work;
typedef struct kind {
    const char *name, *what;
    const char *keys, *needed; /* separated by commas */
    void (*run)(struct work *w, const options *o);
    bool needs_no_data;
} kind;
const kind *kind_at(size_t i); /* NULL beyond the last */

typedef struct item { /* an analysis of a plan */
    const kind *kind;
    const char *name, *title;
    options options;
} item;

typedef struct condition { /* of the population: "age >= 40" */
    const tree *at;
    const char *text, *name, *word; /* word: the value where it is no number */
    enum { LESS, AT_MOST, EQUAL, NOT_EQUAL, AT_LEAST, MORE } op;
    double value;
} condition;

struct rsp_analysis {
    rsp_arena *arena;
    const tree *root;
    const char *title;
    char sha256[65];
    double level;
    double threshold; /* of viral load, shaded in figures; NaN: none */
    int multiplicity; /* rsp_multiplicity */
    name_list arms, historical; /* of the population; from elsewhere, not randomised here */
    const condition *conditions; size_t n_conditions;
    const source *sources; size_t n_sources;
    const item *items; size_t n_items;
};

enum { MOST_GROUPS = 16, MOST_TERMS = 32 };

typedef struct work {
    reader r; /* the sticky status, the arena of the results */
    const rsp_analysis *plan;
    const rsp_analysis_data *data;
    const rsp_dataset *d;
    size_t at; /* which analysis of the plan */
    bool *in;  /* [n_subjects] of the population */
    const char **left_out; /* [n_subjects] why not; "" */
    rsp_result *result;
    rsp_text methods;
} work;

static inline bool working(const work *w) { return w->r.status == RSP_OK; }
/* Take the status of a statistic; what it says is put in the place of the plan. */
bool work_took(work *w, const tree *at, rsp_status s, const rsp_error *err);
void *work_alloc(work *w, size_t n, size_t size);
void say(work *w, const char *fmt, ...) RSP_PRINTF(2, 3);  /* a sentence of the methods */
void note(work *w, const char *fmt, ...) RSP_PRINTF(2, 3); /* beside the tables */

/* ---- Tables. */
typedef struct table {
    work *w;
    rsp_result_table *t;
    rsp_cell *cells;
    size_t at, capacity; /* cells put, and room for */
} table;
table table_open(work *w, const char *key, const char *title, const rsp_result_column *columns,
                 size_t n);
#define TABLE_OPEN(w, key, title, columns)                                                        \
    table_open(w, key, title, columns, sizeof(columns) / sizeof *(columns))
void table_close(table *t); /* shows it in the result */
void put_text(table *t, const char *fmt, ...) RSP_PRINTF(2, 3);
void put(table *t, double v);
void put_interval(table *t, double v, double low, double high);
/* Draw amounts: the column of that key on a logarithmic axis, a line for each row. */
void table_amounts(table *t, const char *key, const char *label);
/* Of the cell put last: said where it has no number. */
void put_reason(table *t, const char *reason);
/* Of its limits, where it has a number and no limits: beside it in JSON. */
void put_limits_reason(table *t, const char *reason);

/* ---- Rows of participants. */
typedef struct frame {
    size_t n;
    const uint32_t *subject;  /* [n] index into the data set's */
    double *time;
    bool *event;
    uint32_t *cause;          /* 0, or 1 + the place in `events` of its end */
    rsp_interval *interval;
    double *day;              /* [n] of samples; NULL: rows are participants */
    uint32_t *group;          /* [n] < n_groups */
    const char *const *groups; size_t n_groups;
    uint32_t *stratum;        /* [n] */
    const char *const *stratum_names; size_t n_strata;
    size_t n_causes;
    size_t not_started, missing; /* left out: never at risk; no group or stratum */
    const char *endpoint;
} frame;

/* Those of the population who have the endpoint and were at risk. */
void frame_of_endpoint(work *w, const options *o, frame *f);
/* Those of the population. */
void frame_of_people(work *w, const options *o, frame *f);
bool frame_wants_groups(work *w, const options *o, const frame *f, size_t low, size_t high);

/* Columns of covariates, an indicator for each group or word but the first:
 * "arm", "age", "log10(vl)", "arm:age". */
typedef struct design {
    size_t n, n_x;
    const char *names[MOST_TERMS];
    double *x; /* [n][n_x] */
} design;
void design_of(work *w, const options *o, const char *key, const name_list *terms, const frame *f,
               bool intercept, design *x);
/* Keep the rows without a missing number: their places among the frame's into row[x->n].
 * How many; those left out are noted. */
size_t design_complete(work *w, design *x, size_t *row);
/* A covariate of a participant; NaN: missing.  False: there is none of that name. */
const char *word_of(const work *w, const char *name, uint32_t subject); /* NULL: none such */
bool covariate_of(const work *w, const char *name, uint32_t subject, double *v);
void unknown_covariate(work *w, const tree *at, const char *name);

/* A number of a participant with what its assay says of it: {v, v}, {-inf, LLOQ} or
 * {ULOQ, inf}; NaN: missing. */
typedef struct value {
    rsp_limits limits;
    double v;   /* the number, or its limit */
    double day; /* of the sample; NaN for a covariate */
    bool censored;
} value;
void value_check(work *w, const value_spec *v);
value value_of(const work *w, const value_spec *v, uint32_t subject);
value value_of_row(const rsp_measurement *m, bool log);
const char *value_name(work *w, const value_spec *v);
void check_assay(work *w, const tree *at, const char *name);
/* All measurements of a participant, in order of days. */
size_t rows_of(const work *w, uint32_t subject, const rsp_measurement **rows);
const char *subject_name(work *w, uint32_t subject);

/* Numbers of a group: summaries and tests between groups. */
typedef struct numbers_of {
    double *v;
    size_t n, missing, censored;
} numbers_of;
numbers_of group_values(work *w, const value_spec *v, const frame *f, size_t g);
void put_summary(table *t, const char *group, const numbers_of *x);
void compare_values(work *w, const options *o, const frame *f, const numbers_of *x,
                    const char *what);

/* Each participant's `before` and `after`; the change as log10 of their ratio, or less. */
void put_pairs(work *w, const options *o, const frame *f, bool ratio);

/* ---- Runs. */
void run_curves(work *w, const options *o);
void run_compare(work *w, const options *o);
void run_cox(work *w, const options *o);
void run_rmst(work *w, const options *o);
void run_interval(work *w, const options *o);
void run_competing(work *w, const options *o);
void run_landmark(work *w, const options *o);
void run_one_sample(work *w, const options *o);
void run_published(work *w, const options *o);
void run_published_median(work *w, const options *o);
void run_propensity(work *w, const options *o);
void run_maic(work *w, const options *o);
void run_groups(work *w, const options *o);
void run_pairs(work *w, const options *o);
void run_shares(work *w, const options *o);
void run_correlation(work *w, const options *o);
void run_tobit(work *w, const options *o);
void run_mixed(work *w, const options *o);
void run_reservoir(work *w, const options *o);
void run_recrudescence(work *w, const options *o);
void run_founders(work *w, const options *o);
void run_viral_load(work *w, const options *o);
void run_kinetics(work *w, const options *o);
void run_dpcr(work *w, const options *o);
void run_ipda(work *w, const options *o);
void run_plex(work *w, const options *o);
void run_five_target(work *w, const options *o);
void run_qvoa(work *w, const options *o);
void run_size_survival(work *w, const options *o);
void run_size_one_arm(work *w, const options *o);
void run_size_two_stages(work *w, const options *o);
void run_size_shares(work *w, const options *o);
void run_looks(work *w, const options *o);

/* Cox's regression of a frame; weight [n] or NULL. */
void cox_frame(work *w, const options *o, const frame *f, const double *weight);

/* Kaplan-Meier curves [n_groups] of a frame, finished; freed by curves_free. */
rsp_km *curves_of(work *w, const frame *f, const options *o);
void curves_free(rsp_km *km, size_t n);
void put_curves(work *w, const options *o, const frame *f, const rsp_km *km);

#endif
