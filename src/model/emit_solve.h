/* Implicit steps as straight-line C by the plan of the elimination: this, and right
 * sides and substitution of a stage, and whole steps, with the bits of the solver's own
 * loops. */
#ifndef MODEL_EMIT_SOLVE_H
#define MODEL_EMIT_SOLVE_H

#include "model/emit.h"
#include "model/sparse.h"


/* Prints the static functions `solve` and `eliminate` of rsp_compiled, and `step`.
 * *printed: false where the model is too large for it, or has no plan; then nothing is.
 * *steps: the same of `step`. false: no memory. */
bool rsp_emit_solve(rsp_emitter *e, bool *printed, bool *steps);

/* emit_step.c: whether `step` is printed where the rest is, and wide frames then are of
 * RSP_TWINS lanes; `step`, after `eliminate`. */
bool rsp_emit_steps(const rsp_program *p);
void rsp_emit_step(rsp_emitter *e, const rsp_sparse *plan);

/* Statements that eliminate the variables m of all slots and store them at lu. */
void rsp_emit_elimination(const rsp_sparse *plan, const char *twin, rsp_text *out);
/* Statements that solve for x in place. */
void rsp_emit_substitution(const rsp_sparse *plan, const char *twin, rsp_text *out);
/* A line for each i below n, in which # is i and @ is 8 i. */
void rsp_emit_each(rsp_text *out, uint32_t n, const char *line);

#endif
