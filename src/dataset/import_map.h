/* A CSV file read with a map of its columns: what its parts share. */
#ifndef RESPITE_DATASET_IMPORT_MAP_H
#define RESPITE_DATASET_IMPORT_MAP_H

#include "dataset/importer.h"

typedef struct rsp_map_reader {
    rsp_importer *im;
    const rsp_import_map *map;
    rsp_table t;
    int subject, arm, day, date, reference, planned;
    double unit;
    double reference_date; /* where the map has one for all; NaN */
    uint32_t *people; /* [n_rows] RSP_NOBODY: left out by `where` */
    double *days;     /* [n_rows] NaN: none */
} rsp_map_reader;

/* The column of a cell that may be a text, too; and what it says in a row. */
RSP_MUST_USE rsp_status rsp_map_need(rsp_map_reader *r, rsp_import_cell cell, const char *role,
                                     int *column, rsp_error *err);
const char *rsp_map_cell(const rsp_map_reader *r, size_t row, int column, rsp_import_cell from);
/* The map itself is wrong. */
rsp_status rsp_map_fail(const rsp_map_reader *r, rsp_error *err, const char *what);

RSP_MUST_USE rsp_status rsp_map_measures(rsp_map_reader *r, rsp_error *err);
RSP_MUST_USE rsp_status rsp_map_endpoints(rsp_map_reader *r, rsp_error *err);

#endif
