/* Lowering: a network becomes sections of instructions over rows.
 *
 * A scope is a list of values evaluated together: one for each section, one
 * for the body of each root.  Which values a scope has follows from what the
 * outputs need and what each value depends on; operands come before what is made
 * of them.  Values that never vary are computed in `prepare`
 * and keep a row of their own where another section or an output reads them;
 * the rates stand in stretches that are idle together (stretch.c);
 * temporaries share rows (linear scan, the row freed last is taken first, so
 * that few rows stay warm in cache). */
#include "model/lower.h"

/* The program with what it owns; the program is first. */
typedef struct owned_program {
    rsp_program program;
    rsp_arena *arena;
} owned_program;

static bool allocate(rsp_lowering *lo)
{
    const size_t n = (size_t)lo->vs.n + 1;
    for (unsigned section = 0; section < N_SECTIONS; section++) {
        lo->needed[section] = rsp_arena_alloc(lo->arena, n, sizeof(bool));
        if (!lo->needed[section]) {
            return false;
        }
    }
    lo->kept = rsp_arena_alloc(lo->arena, n, sizeof(bool));
    lo->row = rsp_arena_alloc(lo->arena, n, sizeof(uint32_t));
    lo->turn = rsp_arena_alloc(lo->arena, n, sizeof(uint32_t));
    lo->last = rsp_arena_alloc(lo->arena, n, sizeof(uint32_t));
    lo->expires = rsp_arena_alloc(lo->arena, n, sizeof(uint32_t));
    lo->next = rsp_arena_alloc(lo->arena, n, sizeof(uint32_t));
    lo->pool = rsp_arena_alloc(lo->arena, n + lo->net->n_roots,
                               sizeof(uint32_t));
    lo->roots = rsp_arena_alloc(lo->arena, lo->net->n_roots + 1,
                                sizeof *lo->roots);
    return lo->kept && lo->row && lo->turn && lo->last && lo->expires && lo->next &&
           lo->pool && lo->roots;
}

static rsp_status lower(rsp_lowering *lo, rsp_error *err)
{
    rsp_status status = rsp_values_init(&lo->vs, lo->net, lo->arena, err);
    if (status == RSP_OK) {
        status = rsp_derivatives_new(&lo->df, &lo->vs, lo->net, lo->arena, err);
    }
    if (status == RSP_OK) {
        status = rsp_lower_find_guards(lo, err);
    }
    if (status == RSP_OK) {
        status = rsp_values_close(&lo->vs, lo->net, err);
    }
    if (status != RSP_OK) {
        return status;
    }
    if (rsp_lower_check_prepare(lo, err) != RSP_OK) {
        return RSP_RANGE;
    }
    if (!allocate(lo) || !rsp_lower_new_outputs(lo)) {
        return rsp_fail(err, RSP_NOMEM, "no memory to lower the model");
    }
    rsp_lower_need_outputs(lo);
    if (lo->strayed) {
        return rsp_fail(err, RSP_INTERNAL,
                        "the unknown of a root is used outside it");
    }
    rsp_lower_find_needed(lo);
    if (!rsp_lower_fill_scopes(lo) || !rsp_lower_order_scopes(lo) ||
        !rsp_lower_place_constants(lo)) {
        return rsp_fail(err, RSP_NOMEM, "no memory to lower the model");
    }
    lo->code = rsp_arena_alloc(lo->arena, lo->n_code + 1, sizeof *lo->code);
    if (!lo->code) {
        return rsp_fail(err, RSP_NOMEM, "no memory to lower the model");
    }
    rsp_lower_place_leaves(lo);
    lo->p->code = lo->code;
    lo->p->roots = lo->roots;
    rsp_lower_write_sections(lo);
    return rsp_lower_name_program(lo->p)
               ? RSP_OK
               : rsp_fail(err, RSP_NOMEM, "no memory to name the program");
}

rsp_status rsp_program_new(const rsp_network *net, rsp_program **program,
                           rsp_error *err)
{
    *program = NULL;
    rsp_arena *arena = rsp_arena_new();
    owned_program *owned = arena ? rsp_arena_alloc(arena, 1, sizeof *owned)
                                 : NULL;
    if (!owned) {
        rsp_arena_free(arena);
        return rsp_fail(err, RSP_NOMEM, "no memory to lower the model");
    }
    owned->arena = arena;
    owned->program.net = net;
    rsp_lowering lo = {.net = net, .arena = arena, .p = &owned->program};
    const rsp_status status = lower(&lo, err);
    if (status != RSP_OK) {
        rsp_arena_free(arena);
        return status;
    }
    *program = &owned->program;
    return RSP_OK;
}

void rsp_program_free(rsp_program *program)
{
    if (program) {
        rsp_arena_free(((owned_program *)(void *)program)->arena);
    }
}
