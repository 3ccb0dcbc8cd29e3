/* Species that relax, within an explicit step; the loops of fade_loop.c are compiled once
 * for each instruction set. */
#ifndef RSP_SIM_FADE_H
#define RSP_SIM_FADE_H

#include "sim/block.h"

typedef struct rsp_fade_kernel {
    /* After kernel->begin: how fast each is lost. */
    void (*begin)(rsp_lanes *b);
    /* After kernel->place: where they are at `stage`. */
    void (*place)(rsp_lanes *b, uint32_t stage);
    /* After kernel->derive: what drives them, in k[stage]. */
    void (*drive)(rsp_lanes *b, uint32_t stage);
    /* After kernel->judge: their errors too. */
    void (*judge)(rsp_lanes *b);
    /* xn at the share b->taken of the step. */
    void (*advance)(rsp_lanes *b);
    /* After inside_kernel->moving, the same. */
    void (*inside)(const rsp_lanes *b, uint32_t chunk, const double *share, double *x);
} rsp_fade_kernel;

RSP_ISA_DECLARE_TABLE(rsp_fade_kernel, rsp_fade_kernel);

#endif
