/* What the files of the C emitter share. */
#ifndef MODEL_EMIT_H
#define MODEL_EMIT_H

#include "respite/program.h"

enum { RSP_NOT_LOCAL = -1, RSP_LOADED = -2 };

typedef struct rsp_emitter {
    const rsp_program *p;
    rsp_text out;
    bool *live;      /* [n_rows] read after the instruction at hand */
    bool *live_end;  /* [n_rows] the same at the end of a piece */
    bool *seen;      /* [n_rows] scratch */
    bool *stores;    /* [n_code] the value goes to its row */
    const char *twin; /* behind each name: "", or "~" where text is printed for twins */
    int64_t *local;  /* [n_rows] which local variable holds the row: v of its instruction,
                        RSP_LOADED: r of the row, RSP_NOT_LOCAL: none */
    bool remembers;  /* powers are remembered: rsp_do_POW_again */
    uint32_t n_powers; /* so far */
} rsp_emitter;

/* Print a variable for a row that has none yet. */
void rsp_emit_load(rsp_emitter *e, uint32_t row);
/* Print what holds a row that was loaded, computed or is a literal. */
void rsp_emit_operand(rsp_emitter *e, uint32_t row);
/* Print an instruction as the definition of a variable. */
void rsp_emit_statement(rsp_emitter *e, const rsp_instr *in);

#endif
