/* Small symmetric systems of which rows may depend on one another, by L D L' without
 * pivoting.  Where dependence is an error, spd.h says so. */
#ifndef RESPITE_STATS_LDL_H
#define RESPITE_STATS_LDL_H

#include <stdbool.h>
#include <stddef.h>

/* Factor the lower triangle of a [n][n] in place: D on the diagonal, L below.
 * A pivot not above `tolerance` times its own diagonal element depends on those
 * before it: its row and column count as absent (D = 0), and dropped[i] says so
 * (NULL: not wanted).  Returns the rank. */
size_t rsp_ldl_factor(size_t n, double *a, double tolerance, bool *dropped);
/* b becomes the solution; 0 for absent rows. */
void rsp_ldl_solve(size_t n, const double *factor, double *b);
/* inverse [n][n], both triangles; 0 in absent rows.  Not in place. */
void rsp_ldl_inverse(size_t n, const double *factor, double *inverse);
double rsp_ldl_log_determinant(size_t n, const double *factor); /* of those present */
/* u' A^-1 u; u is destroyed. */
double rsp_ldl_form(size_t n, const double *factor, double *u);

#endif
