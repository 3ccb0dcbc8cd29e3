/* The rates in stretches: values that nobody needs for the same reason stand together. */
#ifndef MODEL_STRETCH_H
#define MODEL_STRETCH_H

#include "model/values.h"

typedef struct rsp_stretches {
    uint32_t n;
    uint32_t *first;  /* [n + 1] of the values in their new order */
    uint32_t *stays;  /* [n_stays] values that another stretch may read while theirs is idle */
    uint32_t n_stays;
} rsp_stretches;

/* Order the values that the rates are computed from, ascending at first.  false: no
 * memory. */
bool rsp_stretches_new(rsp_stretches *out, const rsp_values *vs, const rsp_network *net,
                       uint32_t *values, uint32_t n, rsp_arena *arena);

#endif
