/* Where the rows of a plan come from. */
#ifndef ANALYSIS_SOURCE_H
#define ANALYSIS_SOURCE_H

#include "respite/import.h"
#include "yaml/reader.h"

typedef struct source { /* a file, and how its columns are read */
    const tree *at;
    const char *file;   /* relative to the plan; NULL: the data that are given */
    enum { FORMAT_LOOK, FORMAT_ADAM, FORMAT_NONMEM } format;
    bool has_map;       /* of a CSV; else what the file itself says */
    rsp_import_map map;
    rsp_nonmem nonmem;
} source;

/* The plan's `data`: one source, or a list of them. */
void sources_read(reader *r, const tree *t, const source **sources, size_t *n);

#endif
