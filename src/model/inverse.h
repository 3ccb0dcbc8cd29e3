/* Which quotients are products with an inverse.
 *
 * A division takes a lane eight to sixteen times as long as a product.  Where rates share
 * a denominator, as the terms of a saturating or competing law do, and where they divide
 * by what a participant keeps for life, one inverse serves: a / b is a * (1 / b), which
 * differs from it by at most one unit in the last place (where b is not below 1e-308, whose
 * inverse is no number).  A quotient that decides
 * something (a comparison, `floor`, a condition, the ends of a root) stays one: 49 / 49
 * is 1, and 49 * (1 / 49) is not. */
#ifndef MODEL_INVERSE_H
#define MODEL_INVERSE_H

#include "respite/network.h"

typedef enum rsp_quotient {
    RSP_QUOTIENT_PLAIN,  /* divide */
    RSP_QUOTIENT_ALONE,  /* an inverse, if it is the same for a participant's life */
    RSP_QUOTIENT_SHARED  /* an inverse: others divide by the same */
} rsp_quotient;

/* kind[n_nodes], of which those that are no quotients are PLAIN. False: no memory. */
RSP_MUST_USE bool rsp_quotients(const rsp_network *net, uint8_t *kind);

#endif
