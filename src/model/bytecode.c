/* Compiled once per instruction set: RSP_ISA is base, avx2 or avx512.
 *
 * Dispatch outside, lanes inside: one switch serves all lanes of a row.  An
 * instruction's result may share a row with an operand, which is safe as eight
 * lanes are read before they are written. */
#include "model/bytecode.h"

#include <string.h>

#include "model/root_lane.h"

#define PASTE2(name, isa) name##_##isa
#define PASTE(name, isa) PASTE2(name, isa)

/* Eight lanes of the frame: row r is at rows + r * width. */
typedef struct octet {
    const rsp_program *program;
    const rsp_instr *code;
    uint32_t n, width;
} octet;

static void run_octet(const octet *code, double *rows);

static void run_body(const void *ctx, double *rows)
{
    run_octet(ctx, rows);
}

/* `rows` points at the first of the eight lanes in row 0. */
static void run_root(const rsp_program *program, const rsp_instr *in,
                     double *rows, uint32_t width)
{
    const rsp_root_code *root = &program->roots[in->c];
    const octet code = {program, program->code + root->first, root->n, width};
    const rsp_root_body body = {run_body, &code, rows,
                                rows + (size_t)root->unknown * width,
                                rows + (size_t)root->f * width};
    const rsp_v8 low = rsp_v8_load(rows + (size_t)in->a * width);
    const rsp_v8 high = rsp_v8_load(rows + (size_t)in->b * width);
    rsp_v8_store(rows + (size_t)in->to * width,
                 rsp_root_solve(&body, low, high));
}

/* `lanes` is a constant where this is expanded, so that loops over them are
 * written out. */
static inline void run_lanes(const rsp_program *program, const rsp_instr *code,
                             uint32_t n, double *rows, uint32_t width,
                             uint32_t lanes)
{
    for (const rsp_instr *in = code; in < code + n; in++) {
        double *to = rows + (size_t)in->to * width;
        const double *a = rows + (size_t)in->a * width;
        const double *b = rows + (size_t)in->b * width;
        switch (in->op) {
#define RSP_X(name)                                                            \
    case RSP_OP_##name:                                                        \
        for (uint32_t l = 0; l < lanes; l += 8) {                              \
            rsp_v8_store(to + l, rsp_do_##name(rsp_v8_load(a + l)));           \
        }                                                                      \
        break;
            RSP_UNARY_OPS(RSP_X)
#undef RSP_X
#define RSP_X(name)                                                            \
    case RSP_OP_##name:                                                        \
        for (uint32_t l = 0; l < lanes; l += 8) {                              \
            rsp_v8_store(to + l, rsp_do_##name(rsp_v8_load(a + l),             \
                                               rsp_v8_load(b + l)));           \
        }                                                                      \
        break;
            RSP_BINARY_OPS(RSP_X)
#undef RSP_X
        case RSP_OP_SELECT: {
            const double *c = rows + (size_t)in->c * width;
            for (uint32_t l = 0; l < lanes; l += 8) {
                rsp_v8_store(to + l, rsp_do_SELECT(rsp_v8_load(a + l),
                                                   rsp_v8_load(b + l),
                                                   rsp_v8_load(c + l)));
            }
            break;
        }
        case RSP_OP_ROOT:
            for (uint32_t l = 0; l < lanes; l += 8) {
                run_root(program, in, rows + l, width);
            }
            break;
        default:
            RSP_ASSERT(false && "an instruction that no lowering makes");
        }
    }
}

static void run_octet(const octet *code, double *rows)
{
    run_lanes(code->program, code->code, code->n, rows, code->width, 8);
}

static rsp_section section_of(const rsp_program *p, rsp_run what)
{
    const rsp_section *sections[] = {[RSP_RUN_PREPARE] = &p->prepare,
                                     [RSP_RUN_RATES] = &p->rates,
                                     [RSP_RUN_OBSERVE] = &p->observe,
                                     [RSP_RUN_ACT] = &p->act,
                                     [RSP_RUN_JACOBIAN] = &p->jacobian,
                                     [RSP_RUN_WATCH] = &p->watch};
    return *sections[what];
}

void PASTE(rsp_bytecode_run, RSP_ISA)(const rsp_machine *machine, rsp_run what,
                                      double *rows)
{
    const rsp_program *p = machine->program;
    const rsp_section s = section_of(p, what);
    if (machine->width == RSP_BYTECODE_WIDTH) {
        run_lanes(p, s.code, s.n, rows, RSP_BYTECODE_WIDTH, RSP_BYTECODE_WIDTH);
    } else {
        run_lanes(p, s.code, s.n, rows, machine->width, machine->width);
    }
}

/* The first that is live from k on; most are not, and are passed eight at a time. */
static uint32_t next_live(const bool *live, uint32_t k, uint32_t n)
{
    uint64_t eight;
    while (k + sizeof eight <= n && (memcpy(&eight, live + k, sizeof eight), eight == 0)) {
        k += (uint32_t)sizeof eight;
    }
    while (k < n && !live[k]) {
        k++;
    }
    return k;
}

void PASTE(rsp_bytecode_run_live, RSP_ISA)(const rsp_machine *machine, const bool *live,
                                           double *rows, bool all)
{
    const rsp_program *p = machine->program;
    const uint32_t width = machine->width;
    for (uint32_t k = next_live(live, 0, p->n_stretches), end; k < p->n_stretches;
         k = next_live(live, end, p->n_stretches)) {
        for (end = k + 1; end < p->n_stretches && live[end];) {
            end++;
        }
        const rsp_instr *code = p->rates.code + p->stretch[k];
        const uint32_t n = p->stretch[end] - p->stretch[k];
        if (all) {
            run_lanes(p, code, n, rows, width, width);
        } else {
            run_octet(&(octet){p, code, n, width}, rows);
        }
    }
}

void PASTE(rsp_bytecode_run_eight, RSP_ISA)(const rsp_machine *machine, rsp_run what,
                                            double *rows)
{
    const rsp_section s = section_of(machine->program, what);
    run_octet(&(octet){machine->program, s.code, s.n, machine->width}, rows);
}
