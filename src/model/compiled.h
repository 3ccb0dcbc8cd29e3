/* Models that the build compiled: one table per model and instruction set,
 * written by rsp_program_emit. */
#ifndef MODEL_COMPILED_H
#define MODEL_COMPILED_H

#include "respite/program.h"

enum { RSP_COMPILED_WIDTH = 8 };

typedef struct rsp_compiled {
    const char *sha256; /* of the program */
    void (*run[6])(double *rows); /* by rsp_run */
} rsp_compiled;

/* The compiled form for a program and an instruction set, or NULL. */
const rsp_compiled *rsp_compiled_find(const char *sha256, const char *isa);

#endif
