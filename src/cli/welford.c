/* Compiled once for each instruction set: it streams, so it is as fast as its vectors
 * are wide. */
#include "cli/welford.h"

void RSP_ISA_NAME(cli_welford)(const double *restrict, double *restrict, double *restrict, size_t,
                               double);

void RSP_ISA_NAME(cli_welford)(const double *restrict x, double *restrict mean,
                               double *restrict squares, size_t n, double share)
{
    for (size_t k = 0; k < n; k++) {
        const double d = x[k] - mean[k], m = mean[k] + d * share;
        squares[k] += d * (x[k] - m);
        mean[k] = m;
    }
}
