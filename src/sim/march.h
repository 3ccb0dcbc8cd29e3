/* Steps of a block that all flows: what each lane's clock and step control hold, in
 * rows of the block's width, and the loops over them that are compiled once for each
 * instruction set.  To the bit what step.c does lane by lane. */
#ifndef RSP_SIM_MARCH_H
#define RSP_SIM_MARCH_H

#include "sim/block.h"

/* Of the choice between implicit and explicit steps: so many steps in a row. */
enum { RSP_CALM_ENOUGH = 20, RSP_STEEP_ENOUGH = 25, RSP_MILD_ENOUGH = 6 };
/* Below this, step times norm, explicit steps would have been stable: the norm is a
 * bound, often twice the largest eigenvalue and more. */
#define RSP_CALM_BELOW 2.0
#define RSP_FAR_FROM_CALM 2.02 /* with room for rounding */
/* A run so many times as long as the first norm's inverse is short. */
#define RSP_SHORT_BELOW 200.0

typedef struct rsp_march {
    double *live;     /* 1: a participant is in the lane */
    double *t, *t_next, *wish;
    double *land;     /* 1: this step ends at t_next */
    double *again;    /* 1: the step before was rejected */
    double *calm, *mild;
    double *steps, *rejected, *calls; /* since the march began */
    double *left;     /* steps that max_steps leaves */
    double *rest;     /* before its first step: days to go; later infinity */
    double *read_at;  /* day of the next read; infinity: none */
    double *end;      /* where its step ends */
    double max_step;  /* day; infinity: none */
    bool chooses;     /* between implicit and explicit */
    bool enough;      /* a client wants no more of a lane */
} rsp_march;

typedef struct rsp_march_kernel {
    /* h of each live lane, land; implicit->skims. True: a lane's step is no step for a
     * march, and nothing was changed. */
    bool (*pace)(rsp_lanes *b, rsp_march *m);
    /* After implicit_kernel->judge: select where the step stands, wish, counts. True: a lane
     * would rather step explicitly. */
    bool (*verdict)(rsp_lanes *b, rsp_march *m);
    /* `end`; the lanes of the chunk, as bits, that are read inside their steps. */
    uint32_t (*readers)(const rsp_lanes *b, rsp_march *m, uint32_t chunk);
    /* x of the steps that stand is their solution, not below the floor. */
    void (*land)(rsp_lanes *b);
    /* The clocks move; true: a lane stands at t_next. */
    bool (*tick)(const rsp_lanes *b, rsp_march *m);
} rsp_march_kernel;

RSP_ISA_DECLARE_TABLE(rsp_march_kernel, rsp_march_kernel);

#endif
