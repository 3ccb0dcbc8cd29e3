/* Where the rows of a plan come from. */
#ifndef ANALYSIS_SOURCE_H
#define ANALYSIS_SOURCE_H

#include "respite/import.h"
#include "yaml/reader.h"

typedef struct source { /* a file, and how its columns are read */
    const tree *at;
    const char *file;   /* relative to the plan; NULL: the data that are given */
    bool has_map;       /* else what the file itself says: ADaM */
    rsp_import_map map;
} source;

/* The plan's `data`: one source, or a list of them. */
void sources_read(reader *r, const tree *t, const source **sources, size_t *n);

#endif
