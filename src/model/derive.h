/* The derivatives of the deterministic equations, as values: differentiation
 * of the rates, forward through the expressions, one variable after another.
 * Equal derivatives are one value, so that a variable that acts through a sum
 * costs no more than the sum. */
#ifndef MODEL_DERIVE_H
#define MODEL_DERIVE_H

#include "model/values.h"

/* f_s = rate law of s + sum over reactions of change * rate; entries that are
 * not zero for all states. */
typedef struct rsp_derivatives {
    bool known;        /* false: too many to be of use, and none is given */
    uint32_t n;        /* nonzeros of df/dx */
    uint32_t *first;   /* [n_species + 1] of each row */
    uint32_t *column;  /* [n] species, ascending within a row */
    uint32_t *value;   /* [n] */
    uint32_t *by_time; /* [n_species] value of df_s/dt, or RSP_NONE */
} rsp_derivatives;

/* Adds values to `values` (before it is closed). */
RSP_MUST_USE rsp_status rsp_derivatives_new(rsp_derivatives *d, rsp_values *values,
                                            const rsp_network *net, rsp_arena *arena,
                                            rsp_error *err);

#endif
