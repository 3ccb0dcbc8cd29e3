/* Models that the build compiled: one table per model and instruction set,
 * written by rsp_program_emit. */
#ifndef MODEL_COMPILED_H
#define MODEL_COMPILED_H

#include "model/ops.h"
#include "respite/program.h"

/* Frames that are wide; where whole steps are printed, for two times eight lanes. */
enum { RSP_COMPILED_WIDTH = 8, RSP_WIDE = 32, RSP_TWINS = 16 };

typedef struct rsp_compiled {
    const char *sha256; /* of the program */
    void (*run[6])(double *rows); /* by rsp_run; NULL: left to the bytecode */
    void (*rates_live)(double *rows, const bool *live); /* the stretches that are live */
    /* Rates and jacobian of eight lanes of a frame `wide` lanes wide; NULL where
     * these have roots, whose bodies know frames of eight. */
    uint32_t wide;
    void (*rates_wide)(double *rows), (*jacobian_wide)(double *rows);
    /* Of rsp_machine; NULL where the model is large. */
    void (*eliminate)(const double *rows, const double *shift, double *lu);
    void (*solve)(const rsp_stage *stage);
    void (*step)(const rsp_whole *whole);
} rsp_compiled;

/* Printed rates: whether one of n stretches has something to compute. */
static inline bool rsp_any_live(const bool *live, uint32_t n)
{
    bool any = false;
    for (uint32_t k = 0; k < n; k++) {
        any |= live[k];
    }
    return any;
}

/* Printed rates remember each power with its base and exponent in rows of their own,
 * behind those of the program: what a rate takes a power of often does not move (drugs
 * at a steady level, cells that are counted, within a step). */
enum { RSP_POWER_ROWS = 3 };

static inline uint32_t rsp_program_powers(const rsp_program *p)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->rates.n; i++) {
        n += p->rates.code[i].op == RSP_OP_POW;
    }
    return n;
}

rsp_machine rsp_machine_compiled(const rsp_program *program, const rsp_compiled *compiled);
/* The compiled form for a program and an instruction set, or NULL. */
const rsp_compiled *rsp_compiled_find(const char *sha256, const char *isa);

#endif
