/* What readers of plates share. */
#ifndef RESPITE_DATASET_WELLS_H
#define RESPITE_DATASET_WELLS_H

#include "dataset/table.h"
#include "respite/wells.h"

/* The first of these names that is a column, marked as used; RSP_NO_COLUMN. */
int rsp_wells_column(rsp_table *t, const char *const *names);
/* A count of droplets or wells. */
RSP_MUST_USE rsp_status rsp_cell_count(const rsp_table *t, size_t row, int column, double *out,
                                       rsp_error *err);
/* Open a file or a text as a table and give it to `read`. */
typedef rsp_status rsp_wells_reader(rsp_table *t, rsp_arena *arena, void *out, rsp_error *err);
RSP_MUST_USE rsp_status rsp_wells_open(const char *path, rsp_arena *arena, rsp_wells_reader *read,
                                       void *out, rsp_error *err);
RSP_MUST_USE rsp_status rsp_wells_text(const char *name, const char *text, size_t length,
                                       rsp_arena *arena, rsp_wells_reader *read, void *out,
                                       rsp_error *err);

#endif
