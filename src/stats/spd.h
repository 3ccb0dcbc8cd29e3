/* Small dense symmetric positive definite matrices, row by row, by Cholesky. */
#ifndef RESPITE_STATS_SPD_H
#define RESPITE_STATS_SPD_H

#include <stdbool.h>
#include <stddef.h>

/* The lower triangle in place; false: a pivot below 1e-12 of its diagonal. */
bool rsp_spd_factor(double *a, size_t n);
void rsp_spd_solve(const double *factor, size_t n, double *x); /* in place */
void rsp_spd_inverse(const double *factor, size_t n, double *out); /* whole */
/* out = m a m' with a symmetric [n][n], m [rows][n]. */
void rsp_spd_sandwich(const double *m, size_t rows, const double *a, size_t n,
                      double *out);

#endif
