/* One run more in running means and sums of squared distances (Welford 1962, Note on a
 * method for calculating corrected sums of squares and products, Technometrics 4:419). */
#ifndef RSP_CLI_WELFORD_H
#define RSP_CLI_WELFORD_H

#include <stddef.h>

#include "num/isa.h"

/* x[n], mean[n], squares[n] apart from each other; share: 1 over the runs with this one. */
RSP_ISA_DECLARE(void, cli_welford, (const double *restrict x, double *restrict mean,
                                    double *restrict squares, size_t n, double share));

#endif
