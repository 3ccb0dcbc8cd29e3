/* What lowering keeps while a network becomes sections of instructions (lower.c). */
#ifndef RSP_MODEL_LOWER_H
#define RSP_MODEL_LOWER_H

#include "respite/program.h"

#include "model/derive.h"
#include "model/stretch.h"
#include "model/values.h"

enum { N_SECTIONS = 6, FIRST_BODY = N_SECTIONS };
enum { RATE, DRIFT, INITIAL_A, INITIAL_B, OBSERVED, DELAY, DERIVED, ASSIGNED,
       SLOPE, BY_TIME, SCALE, TRIGGER, EVENT_DELAY, EVENT_PRIORITY, GIVEN, N_OUTPUTS };

typedef struct rsp_scope {
    uint32_t *values; /* [n] ascending */
    uint32_t n;
} rsp_scope;

typedef struct rsp_lowering {
    const rsp_network *net;
    rsp_arena *arena;
    rsp_values vs;
    rsp_derivatives df;
    bool *needed[N_SECTIONS]; /* [vs.n] evaluated or read by the section */
    bool *kept;               /* [vs.n] has a row that no temporary takes */
    rsp_scope *scopes;            /* [N_SECTIONS + n_roots] */
    uint32_t *row;            /* [vs.n] of the scope at hand */
    rsp_stretches stretches;  /* of the rates */
    uint32_t *turn;           /* [vs.n] of each value in the order of its scope */
    uint32_t *last;           /* [vs.n] value at which its row is free again */
    uint32_t *expires, *next; /* [vs.n] lists of values by `last`, plus one */
    uint32_t *pool;           /* free rows, a stack */
    uint32_t n_pool, pool_top;
    rsp_instr *code;
    uint32_t n_code;
    rsp_root_code *roots;
    uint32_t *out[N_OUTPUTS]; /* rows of outputs, the program's */
    rsp_guard *guards;        /* [n_guards] */
    uint32_t *guard_value;    /* [n_guards] */
    uint32_t n_guards;
    bool strayed;             /* an output uses the unknown of a root */
    rsp_program *p;
} rsp_lowering;

/* guards.c */
RSP_MUST_USE rsp_status rsp_lower_find_guards(rsp_lowering *lo, rsp_error *err);

/* needed.c: what the outputs need, section by section, and in which order. */
RSP_MUST_USE rsp_status rsp_lower_check_prepare(const rsp_lowering *lo, rsp_error *err);
void rsp_lower_need_outputs(rsp_lowering *lo);
void rsp_lower_find_needed(rsp_lowering *lo);
bool rsp_lower_fill_scopes(rsp_lowering *lo);
bool rsp_lower_order_scopes(rsp_lowering *lo);

/* sections.c: rows and instructions. */
bool rsp_lower_place_constants(rsp_lowering *lo);
bool rsp_lower_new_outputs(rsp_lowering *lo);
void rsp_lower_place_leaves(rsp_lowering *lo);
void rsp_lower_write_sections(rsp_lowering *lo);

/* program_name.c: sha256 of all that decides what the program does. */
bool rsp_lower_name_program(rsp_program *p);

#endif
