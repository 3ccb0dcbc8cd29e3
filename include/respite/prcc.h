/* Partial rank correlation coefficients (PRCC): which inputs of a simulation an
 * outcome follows, all others held (Iman & Conover 1979; Marino et al. 2008, J Theor
 * Biol 254:178).
 *
 *     quantity      unit          range
 *     x, y          any one       finite or infinite (an infinity ranks first or
 *                                 last, beside its equals); NaN refused
 *     r             1             -1 .. 1
 *
 * Values become mid-ranks.  With P the inverse of the correlation matrix of the ranks
 * of the k inputs and of y,
 *     r_j = -P_jy / sqrt(P_jj P_yy),
 * which is the correlation of the residuals of rank(x_j) and rank(y), each regressed
 * on the ranks of the other inputs.  t = r sqrt(df / (1 - r^2)) with df = n - 2 - (k - 1)
 * (Marino 2008, eq. 5: k - 1 inputs are held) is Student's for independent rows.
 *
 * Monotone association alone is seen: an outcome that rises and falls with an input
 * can give 0.  Threads: pure; deterministic. */
#ifndef RESPITE_PRCC_H
#define RESPITE_PRCC_H

#include <stddef.h>

#include "respite/status.h"

typedef struct rsp_prcc {
    double r, t, p;     /* p two-sided; NaN: not estimable */
    const char *reason; /* why not; static text, "" where all stands */
} rsp_prcc;

/* x[j * n + i]: input j of row i.  An input that does not vary, or whose ranks follow
 * from those of inputs before it, is left out of the others' regressions, with a
 * reason.  *df: n - 2 less the other inputs that are in; below 1 nothing is estimable.
 * RSP_RANGE: NaN among the values; RSP_NOMEM. */
RSP_MUST_USE rsp_status rsp_prcc_of(const double *x, size_t k, const double *y, size_t n,
                                    rsp_prcc *out, double *df, rsp_error *err);

#endif
