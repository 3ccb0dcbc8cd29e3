/* Implicit steps as straight-line C by the plan of the elimination: this, and right
 * sides and substitution of a stage, with the bits of the solver's own loops. */
#ifndef MODEL_EMIT_SOLVE_H
#define MODEL_EMIT_SOLVE_H

#include "respite/program.h"

/* Prints the static functions `solve` and `eliminate` of rsp_compiled. *printed: false where the model is too
 * large for it, or has no plan; then nothing is. false: no memory. */
bool rsp_emit_solve(const rsp_program *p, rsp_text *out, bool *printed);

#endif
