/* What readers gather before it becomes a data set: people, arms, covariates and rows
 * from any number of tables. */
#ifndef RESPITE_DATASET_IMPORTER_H
#define RESPITE_DATASET_IMPORTER_H

#include "dataset/names.h"
#include "dataset/table.h"
#include "respite/import.h"

#define RSP_NO_ARM UINT32_MAX
#define RSP_NOBODY UINT32_MAX

typedef struct rsp_person {
    const char *id;   /* for messages */
    const char *name; /* in the data set; "": Respite made the id itself */
    uint32_t trial, participant; /* of our own files; else numbered when finished */
    uint32_t arm;
    const char *reason;
    bool failed, product_failed, screened_out, has_row;
    bool occurs; /* in ADAE or ADEV: first in that row of that file */
    uint32_t occurs_file, occurs_row;
    double reference; /* ADaM: day 0 in days since 1960; NaN: none */
} rsp_person;

/* A covariate: what each person's cell says, "" where it says nothing. */
typedef struct rsp_covariate {
    const char *name;
    const char **texts; /* [capacity], by person; NULL: "" */
    size_t capacity;
    bool firm;          /* said where people are described: another file must agree */
} rsp_covariate;

typedef struct rsp_row_source { /* of a measurement or endpoint */
    uint32_t file, row;
    bool repeats;
} rsp_row_source;

struct rsp_importer {
    rsp_arena *arena;
    rsp_text notes;
    const char *study; /* NULL: not known yet */
    const char **files;
    rsp_names *people_keys, *arm_names, *texts, *covariate_names;
    rsp_person *people;      /* by number of their key */
    double *arm_numbers;     /* by number of their name; NaN: none */
    rsp_covariate *covariates;
    /* Rows with `participant` the number of the person; trial and arm come later. */
    rsp_happening *happenings, *implied; /* implied: ADSL's dates, where no ADEV is read */
    rsp_measurement *measurements;
    rsp_endpoint_row *endpoints;
    rsp_row_source *of_measurements, *of_endpoints;
    size_t n_files, n_people, n_arms, n_covariates, n_happenings, n_implied, n_measurements,
        n_endpoints;
    size_t files_capacity, people_capacity, arms_capacity, covariates_capacity,
        happenings_capacity, implied_capacity, measurements_capacity, endpoints_capacity,
        of_measurements_capacity, of_endpoints_capacity;
    bool own, foreign; /* files that Respite wrote, files of others */
    bool has_subjects; /* ADSL is among the files: it says who there is */
    bool has_events;   /* ADEV is among the files: it says what ADSL's dates do, and more */
};

rsp_status rsp_importer_no_memory(rsp_error *err);
/* Begin a table: its file is the last of `files`. */
RSP_MUST_USE rsp_status rsp_importer_begin(rsp_importer *im, const rsp_table *t, bool own,
                                           rsp_error *err);
/* The table is read: no participant has two measurements of an assay on a day, nor two
 * of an endpoint, but where repeats are allowed. */
RSP_MUST_USE rsp_status rsp_importer_end(const rsp_importer *im, const rsp_table *t,
                                         rsp_error *err);

/* The person of a key (made at first sight, with the key as name), and an arm. */
RSP_MUST_USE rsp_status rsp_importer_person(rsp_importer *im, const char *key, uint32_t *person,
                                            rsp_error *err);
RSP_MUST_USE rsp_status rsp_importer_arm(rsp_importer *im, const char *name, uint32_t *arm,
                                         rsp_error *err);
const char *rsp_importer_keep(rsp_importer *im, const char *text); /* NULL: no memory */

/* Add a row; its texts are kept here.  `row` is that of the table. */
RSP_MUST_USE rsp_status rsp_importer_add_happening(rsp_importer *im, const rsp_happening *h,
                                                   rsp_error *err);
RSP_MUST_USE rsp_status rsp_importer_imply_happening(rsp_importer *im, const rsp_happening *h,
                                                     rsp_error *err);
RSP_MUST_USE rsp_status rsp_importer_add_measurement(rsp_importer *im, const rsp_measurement *m,
                                                     size_t row, bool repeats, rsp_error *err);
RSP_MUST_USE rsp_status rsp_importer_add_endpoint(rsp_importer *im, const rsp_endpoint_row *e,
                                                  size_t row, rsp_error *err);

/* Files, and the table of one: CSV, or a transport file made into it.  *text is what the
 * table stands on; free it after the table. */
RSP_MUST_USE rsp_status rsp_importer_open(const char *path, rsp_table *t, char **text,
                                          rsp_error *err);
bool rsp_path_ends(const char *path, const char *ending); /* in any case */

/* An ADaM data set; RSP_DATA where it is none. */
bool rsp_adam_looks(const rsp_table *t);
RSP_MUST_USE rsp_status rsp_adam_read_table(rsp_importer *im, rsp_table *t, rsp_error *err);

/* The same of NONMEM. */
bool rsp_nonmem_looks(const rsp_table *t);
RSP_MUST_USE rsp_status rsp_nonmem_read_table(rsp_importer *im, rsp_table *t,
                                              const rsp_nonmem *how, rsp_error *err);

/* The names in FILE.json beside FILE.csv, where it is ours; else none.  The arena's. */
RSP_MUST_USE rsp_status rsp_nonmem_legend(const char *path, rsp_arena *arena, rsp_nonmem *names,
                                          rsp_error *err);

/* ---- Columns without a role. */
typedef struct rsp_loose {
    const uint32_t *people; /* [n_rows] the person of each row, or RSP_NOBODY */
    const double *days;     /* [n_rows] NaN: none; NULL: the table has no days */
    bool only_constant;     /* what varies is noted, not kept */
    bool firm;              /* the table describes people */
} rsp_loose;
/* Keep every column not used. */
RSP_MUST_USE rsp_status rsp_importer_keep_loose(rsp_importer *im, const rsp_table *t,
                                                const rsp_loose *how, rsp_error *err);
/* A column that must say one thing of each person. */
RSP_MUST_USE rsp_status rsp_importer_covariate(rsp_importer *im, const rsp_table *t, int column,
                                               const uint32_t *people, rsp_error *err);

/* What a cell of a value says by itself; false: nothing but perhaps a number. */
bool rsp_value_state(const char *s, rsp_result_state *state, double *limit);
/* A study day that can be one; NaN: missing. */
RSP_MUST_USE rsp_status rsp_cell_day(const rsp_table *t, size_t row, int column, double unit,
                                     double *out, rsp_error *err);

#endif
