/* The elimination of a sparse matrix, planned once: which entry is touched when
 * is the same for all lanes and all steps.
 *
 * Pivots stay on the diagonal, in the order of least fill (Markowitz 1957).  For
 * I / (h gamma) - J that is stable where the step is not too long for the growing
 * modes of J; where it is not, the pivot is tiny or the solution not a number, the
 * error is large and the step shrinks. */
#ifndef MODEL_SPARSE_H
#define MODEL_SPARSE_H

#include "respite/program.h"

typedef struct rsp_sparse {
    uint32_t n;            /* rows */
    uint32_t n_slots;      /* entries of L and U together */
    const uint32_t *pivot; /* [n] row and column eliminated k-th */
    const uint32_t *diagonal; /* [n] slot; holds 1 / pivot after elimination */
    /* Entries below and right of the k-th pivot, by slot and row or column. */
    const uint32_t *lower, *upper;           /* [n + 1] first of each pivot */
    const uint32_t *lower_slot, *lower_row;
    const uint32_t *upper_slot, *upper_column;
    /* Entries left of the k-th pivot in its own row: slot and row of what they take,
     * in the order of elimination. */
    const uint32_t *left, *left_slot, *left_column;
    const uint32_t *target_slot;          /* lower x upper of each pivot, in order */
    const uint32_t *slot;                 /* [df.n] of each entry of J */
    const uint32_t *blank; uint32_t n_blank; /* slots that J does not fill */
    bool too_dense;        /* millions of products a step: none of the above is set */
} rsp_sparse;

/* Takes about the time and memory of one elimination. false: no memory. */
bool rsp_sparse_new(rsp_sparse *s, const rsp_jacobian *df, uint32_t n, rsp_arena *arena);

#endif
