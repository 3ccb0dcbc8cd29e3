#include "respite/program.h"

#include <stdlib.h>
#include <string.h>

#include "model/bytecode.h"
#include "model/compiled.h"
#include "respite/num.h"

static void run_compiled(const rsp_machine *machine, rsp_run what, double *rows)
{
    const rsp_compiled *compiled = machine->compiled;
    if (compiled->run[what] != NULL) {
        compiled->run[what](rows);
    } else {
        machine->interpret_eight(machine, what, rows);
    }
}

static void run_compiled_live(const rsp_machine *machine, const bool *live, double *rows,
                              bool all)
{
    (void)all; /* eight is all its lanes */
    const rsp_compiled *compiled = machine->compiled;
    compiled->rates_live(rows, live);
}

/* What is run once a participant, or once in many steps, is interpreted where frames are
 * wide: to the same bits. */
static void run_wide_eight(const rsp_machine *machine, rsp_run what, double *rows)
{
    const rsp_compiled *compiled = machine->compiled;
    if (what == RSP_RUN_RATES) {
        compiled->rates_wide(rows);
    } else if (what == RSP_RUN_JACOBIAN) {
        compiled->jacobian_wide(rows);
    } else {
        machine->interpret_eight(machine, what, rows);
    }
}

static void run_wide(const rsp_machine *machine, rsp_run what, double *rows)
{
    if (what != RSP_RUN_RATES && what != RSP_RUN_JACOBIAN) {
        machine->interpret(machine, what, rows);
        return;
    }
    for (uint32_t l = 0; l < machine->width; l += 8) {
        run_wide_eight(machine, what, rows + l);
    }
}

static void use_bytecode(rsp_machine *machine)
{
    machine->width = RSP_BYTECODE_WIDTH;
    machine->kind = "bytecode";
    machine->run = rsp_bytecode_run_base;
    machine->run_eight = rsp_bytecode_run_eight_base;
    machine->run_live = rsp_bytecode_run_live_base;
#ifdef RSP_ISA_ALL
    const char *isa = rsp_isa();
    if (strcmp(isa, "avx512") == 0) {
        machine->run = rsp_bytecode_run_avx512;
        machine->run_eight = rsp_bytecode_run_eight_avx512;
        machine->run_live = rsp_bytecode_run_live_avx512;
    } else if (strcmp(isa, "avx2") == 0) {
        machine->run = rsp_bytecode_run_avx2;
        machine->run_eight = rsp_bytecode_run_eight_avx2;
        machine->run_live = rsp_bytecode_run_live_avx2;
    }
#endif
}

rsp_machine rsp_machine_compiled(const rsp_program *program, const rsp_compiled *compiled)
{
    rsp_machine machine = {.program = program};
    use_bytecode(&machine);
    machine.interpret_eight = machine.run_eight;
    machine.width = RSP_COMPILED_WIDTH;
    machine.kind = "compiled";
    machine.run = machine.run_eight = run_compiled; /* eight is all its lanes */
    machine.run_live = run_compiled_live;
    machine.compiled = compiled;
    return machine;
}

rsp_machine rsp_machine_for(const rsp_program *program, bool interpret)
{
    const rsp_compiled *compiled =
        interpret ? NULL : rsp_compiled_find(program->sha256, rsp_isa());
    if (compiled != NULL) {
        return rsp_machine_compiled(program, compiled);
    }
    rsp_machine machine = {.program = program};
    use_bytecode(&machine);
    return machine;
}

rsp_machine rsp_machine_widened(rsp_machine machine)
{
    const rsp_compiled *compiled = machine.compiled;
    if (compiled == NULL || compiled->rates_wide == NULL) {
        return machine;
    }
    rsp_machine wide = machine;
    use_bytecode(&wide);
    wide.interpret = wide.run;
    wide.interpret_eight = wide.run_eight;
    wide.width = compiled->wide;
    wide.kind = machine.kind;
    wide.run = run_wide;
    wide.run_eight = run_wide_eight;
    wide.eliminate = compiled->eliminate;
    wide.solve = compiled->solve;
    wide.step = compiled->step;
    return wide;
}

rsp_status rsp_frame_new(const rsp_machine *machine, rsp_frame *frame,
                         rsp_error *err)
{
    const rsp_program *p = machine->program;
    const size_t width = machine->width;
    RSP_ASSERT(width > 0 && width % 8 == 0);
    *frame = (rsp_frame){.width = machine->width};
    const size_t n_rows = p->n_rows + (size_t)RSP_POWER_ROWS * rsp_program_powers(p);
    const size_t bytes = n_rows * width * sizeof *frame->rows;
    frame->rows = aligned_alloc(64, bytes);
    if (!frame->rows) {
        return rsp_fail(err, RSP_NOMEM, "no memory for a block of %u lanes",
                        machine->width);
    }
    memset(frame->rows, 0, bytes);
    for (size_t i = 0; i < p->n_constants * width; i++) {
        frame->rows[p->constants * width + i] = p->constant_values[i / width];
    }
    return RSP_OK;
}

void rsp_frame_free(rsp_frame *frame)
{
    free(frame->rows);
    *frame = (rsp_frame){0};
}
