/* A stage of the implicit method as straight-line C: right sides and substitution by
 * the plan of the elimination, with the bits of the solver's own loops. */
#ifndef MODEL_EMIT_SOLVE_H
#define MODEL_EMIT_SOLVE_H

#include "respite/program.h"

/* Prints `static void solve(const rsp_stage *s)`. *printed: false where the model is too
 * large for it, or has no plan; then nothing is. false: no memory. */
bool rsp_emit_solve(const rsp_program *p, rsp_text *out, bool *printed);

#endif
