/* The Tobit log-likelihood in Olsen's parameters. */
#ifndef RESPITE_STATS_TOBIT_ROWS_H
#define RESPITE_STATS_TOBIT_ROWS_H

#include <stddef.h>

#include "respite/regression.h"

typedef struct rsp_tobit_rows { /* centred and scaled */
    const rsp_limits *y; /* [n] */
    const double *q;     /* [n][n_x] */
    size_t n, n_x;
} rsp_tobit_rows;

/* at = (coef / sigma, 1 / sigma).  gradient [n_x + 1] and information
 * [n_x + 1][n_x + 1], minus the second derivatives; NULL: not wanted. */
double rsp_tobit_likelihood(const rsp_tobit_rows *rows, const double *at, double *gradient,
                            double *information);

#endif
