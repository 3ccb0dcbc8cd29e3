/* The lane machine that interprets a program, once per instruction set. */
#ifndef MODEL_BYTECODE_H
#define MODEL_BYTECODE_H

#include "respite/program.h"

enum { RSP_BYTECODE_WIDTH = 32 };

void rsp_bytecode_run_base(const rsp_machine *machine, rsp_run what,
                           double *rows);
void rsp_bytecode_run_avx2(const rsp_machine *machine, rsp_run what,
                           double *rows);
void rsp_bytecode_run_avx512(const rsp_machine *machine, rsp_run what,
                             double *rows);
/* Eight lanes only, from the one at which rows points. */
void rsp_bytecode_run_eight_base(const rsp_machine *machine, rsp_run what,
                                 double *rows);
void rsp_bytecode_run_eight_avx2(const rsp_machine *machine, rsp_run what,
                                 double *rows);
void rsp_bytecode_run_eight_avx512(const rsp_machine *machine, rsp_run what,
                                   double *rows);
/* Of the rates the stretches that are live, of all lanes or of eight. */
void rsp_bytecode_run_live_base(const rsp_machine *machine, const bool *live, double *rows,
                                 bool all);
void rsp_bytecode_run_live_avx2(const rsp_machine *machine, const bool *live, double *rows,
                                 bool all);
void rsp_bytecode_run_live_avx512(const rsp_machine *machine, const bool *live, double *rows,
                                 bool all);

#endif
