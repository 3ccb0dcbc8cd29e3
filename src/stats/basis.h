/* An orthonormal basis of a design matrix: x = q r, q'q = 1. */
#ifndef RESPITE_STATS_BASIS_H
#define RESPITE_STATS_BASIS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct rsp_basis {
    double *q; /* [n][n_x] */
    double *r; /* [n_x][n_x], upper triangle */
    size_t n, n_x;
    size_t dependent; /* the first column that the earlier ones make up; n_x: none */
} rsp_basis;

/* False: no memory.  A column counts as dependent where less than 1e-8 of its
 * length is left. */
bool rsp_basis_init(rsp_basis *b, const double *x, size_t n, size_t n_x);
void rsp_basis_fini(rsp_basis *b);
void rsp_basis_project(const rsp_basis *b, const double *y, double *c); /* c = q'y */
void rsp_basis_solve(const rsp_basis *b, double *c); /* in place: r^-1 c */
/* out [n_x][n_x] = r^-1, upper. */
void rsp_basis_inverse(const rsp_basis *b, double *out);
double rsp_basis_log_determinant(const rsp_basis *b); /* of x'x */

#endif
