/* A small CSV with a header: quoted fields may hold commas, quotes and lines. */
#ifndef RESPITE_STUDY_CSV_H
#define RESPITE_STUDY_CSV_H

#include "respite/core.h"

typedef struct csv {
    const char *name;
    const char *const *fields; /* [n_rows * n_columns], row 0 is the header */
    const uint32_t *lines;     /* [n_rows] */
    size_t n_rows, n_columns;
} csv;

RSP_MUST_USE rsp_status csv_parse(rsp_arena *arena, const char *name,
                                  const char *text, size_t length, csv *out,
                                  rsp_error *err);
/* "" where there is no such column. */
const char *csv_field(const csv *c, size_t row, const char *column);

#endif
