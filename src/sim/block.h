/* A block of lanes: the state of `width` participants at once, and the loops
 * over it that are compiled once for each instruction set.
 *
 * Arrays are rows of `width` doubles, 64-byte aligned, in chunks of eight
 * lanes; no loop moves a value between lanes, so that neither width nor packing
 * changes a bit. */
#ifndef RSP_SIM_BLOCK_H
#define RSP_SIM_BLOCK_H

#include "respite/program.h"
#include "sim/tableau.h"

enum { RSP_CHUNK = 8 };

typedef enum rsp_regime { RSP_REGIME_ODE, RSP_REGIME_LEAP, RSP_REGIME_EXACT } rsp_regime;

typedef struct rsp_term { /* one entry of a sparse sum */
    uint32_t index;
    double amount;
} rsp_term;

/* The reactions' stoichiometry, from both sides. */
typedef struct rsp_stoich {
    uint32_t n_species, n_reactions, n_groups;
    const uint32_t *by_species;   /* [n_species + 1] first term */
    const rsp_term *terms;        /* index = reaction */
    const uint32_t *by_reaction;  /* [n_reactions + 1] first change */
    const rsp_term *changes;      /* index = species */
    /* Reactions whose changes are equal up to sign share one source of leap
     * noise: sums of independent normals are normal. */
    const uint32_t *by_group;     /* [n_groups + 1] first member */
    const uint32_t *members;      /* reactions; the first names the stream */
    const uint32_t *group_of;     /* [n_reactions] */
    const bool *continuous;       /* [n_species] */
    const bool *deterministic;    /* [n_reactions] changes nothing discrete */
    const double *floor;          /* [n_species] 0, or -inf under a rate law */
} rsp_stoich;

typedef struct rsp_list { /* of one chunk: in use by any of its lanes */
    uint32_t *item;
    uint32_t n;
} rsp_list;

typedef struct rsp_lanes {
    /* Layout. */
    uint32_t width, n_chunks;
    const rsp_tableau *tab;
    rsp_stoich net;
    const rsp_program *program;
    rsp_machine machine;
    rsp_frame frame;
    bool stochastic; /* some lane may have exact or leap channels */

    /* State, [n_species]. */
    double *x, *xn;              /* at the start and at the end of the step */
    double *low, *high;          /* regime bounds */
    double *k[RSP_STAGES_MAX];   /* deterministic time derivatives */
    /* Channels, [n_reactions]. */
    double *a[RSP_STAGES_MAX];   /* rates of exact and leap channels */
    double *mask;                /* 1 flows, 0 fires exactly */
    double *left;                /* internal time left to the next firing */
    double *leaps;               /* [n_groups] 1: has leap noise */
    double *is_leap;             /* [n_species] 1: its gross change is bounded */
    double *z;                   /* [n_groups] standard normals of this step */
    /* One row each. */
    double *w[RSP_STAGES_MAX];   /* h times the weight of each stage */
    double *err, *haste, *hazard;/* error over tolerance; gross change over
                                    amount; sum of exact rates (1/day) */
    double *lowest;              /* lowest rate seen at this stage */
    double *select;              /* 1 where a lane takes part, else 0 */
    double *out;                 /* > 0: a species left its regime's bounds */
    double *clamped;             /* > 0: noise went below zero */
    double *scratch;             /* [n_reactions * 8] masked rates of a chunk */
    double *leaping;             /* 1: the lane has a channel that leaps */
    uint64_t *trial, *participant, *leap_no; /* name the lane's draws */

    /* For each chunk. */
    rsp_list *exact;   /* reactions that fire exactly in some lane */
    rsp_list *noisy;   /* groups with leap noise in some lane */
    rsp_list *kept;    /* reactions whose rates are kept: both of the above */
    rsp_list *counted; /* species in the leap regime in some lane */
    double rtol, atol;
    uint64_t seed;
    const uint32_t *leap_channel; /* [n_groups] */
} rsp_lanes;

/* A channel that reaches its threshold within the step in lanes `lanes`. */
typedef struct rsp_crossing {
    uint32_t reaction;
    uint32_t chunk, lanes;
} rsp_crossing;

typedef struct rsp_kernel {
    /* After RSP_RUN_RATES: derivatives k[stage] and kept rates a[stage]. With
     * `keep`, lanes whose select is 0 keep theirs. */
    void (*derive)(rsp_lanes *b, uint32_t stage, bool keep);
    /* haste and hazard from stage 0. */
    void (*bound)(rsp_lanes *b);
    /* Species rows of the frame at `stage`: x + sum_j w[j] k[j]. */
    void (*place)(rsp_lanes *b, uint32_t stage);
    /* err, from w holding h e_i, at the end state xn and hazards. */
    void (*judge)(rsp_lanes *b);
    /* xn = x + sum w k. */
    void (*advance)(rsp_lanes *b);
    /* Channels whose extent reaches `left`; w holds h b_i. Only lanes with
     * select 1. Returns how many. */
    uint32_t (*cross)(rsp_lanes *b, rsp_crossing *found);
    /* left -= sum w a for exact channels, where select is 1. */
    void (*consume)(rsp_lanes *b);
    /* z of all noisy groups. */
    void (*draw)(rsp_lanes *b);
    /* Leap noise of variance sum w a onto xn, where select is 1. */
    void (*shake)(rsp_lanes *b);
    /* Floor xn; x = xn where select is 1; out. With fsal, k[0] = last k. */
    void (*settle)(rsp_lanes *b);
} rsp_kernel;

extern const rsp_kernel rsp_kernel_base;
#ifdef RSP_ISA_ALL
extern const rsp_kernel rsp_kernel_avx2;
extern const rsp_kernel rsp_kernel_avx512;
#endif

#endif
