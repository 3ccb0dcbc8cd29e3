/* CSV records (RFC 4180; LF, CRLF or CR; a byte order mark is skipped). */
#ifndef RESPITE_DATASET_CSV_H
#define RESPITE_DATASET_CSV_H

#include "respite/core.h"

typedef struct rsp_csv_field {
    size_t from;  /* offset of the field in the text */
    size_t start; /* offset of its content in `cells` */
    size_t length;
} rsp_csv_field;

typedef struct rsp_csv {
    const char *name, *text; /* borrowed; text[length] is 0 */
    size_t length, at;
    rsp_text cells; /* contents of the record, each terminated, blanks trimmed */
    rsp_csv_field *fields;
    size_t n_fields, capacity;
} rsp_csv;

void rsp_csv_init(rsp_csv *csv, const char *name, const char *text,
                  size_t length);
void rsp_csv_fini(rsp_csv *csv);
/* Read the next record that is not blank; *more is false at the end. */
RSP_MUST_USE rsp_status rsp_csv_next(rsp_csv *csv, bool *more, rsp_error *err);
const char *rsp_csv_cell(const rsp_csv *csv, size_t i); /* "" beyond the last */
/* Line and column (1-based) of a place in the text. */
void rsp_csv_place(const rsp_csv *csv, size_t offset, uint32_t *line,
                   uint32_t *column);

#endif
