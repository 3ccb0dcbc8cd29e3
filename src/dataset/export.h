/* An ADaM data set as a table with a description of its columns. */
#ifndef RESPITE_DATASET_EXPORT_H
#define RESPITE_DATASET_EXPORT_H

#include "dataset/adam_meta.h"
#include "dataset/table.h"
#include "respite/export.h"
#include "respite/xpt.h"

typedef struct rsp_adam_table {
    const rsp_dataset *d;
    rsp_adam which;
    rsp_text csv;
    rsp_table table;
    char (*codes)[RSP_PARAMCD_MAX]; /* of covariates */
} rsp_adam_table;

/* fini in any case. */
RSP_MUST_USE rsp_status rsp_adam_table_make(const rsp_dataset *d, rsp_adam which,
                                            rsp_adam_table *a, rsp_error *err);
void rsp_adam_table_fini(rsp_adam_table *a);
rsp_adam_variable rsp_adam_table_variable(const rsp_adam_table *a, size_t column);
size_t rsp_adam_table_length(const rsp_adam_table *a, size_t column); /* bytes, >= 1 */

/* JSON, a piece at a time. */
void rsp_json_text(rsp_text *out, const char *s);      /* quoted */
void rsp_json_number(rsp_text *out, double value);     /* null where not finite */
void rsp_json_pair(rsp_text *out, const char *key, const char *s); /* "key": "s" */

#endif
