/* The profiled deviance of a linear mixed model, from cross products by
 * participant: what one evaluation costs does not depend on the rows. */
#ifndef RESPITE_STATS_MIXED_PROFILE_H
#define RESPITE_STATS_MIXED_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "respite/regression.h"

enum { RSP_MIXED_THETA = RSP_MIXED_MOST * (RSP_MIXED_MOST + 1) / 2 };

/* x is an orthonormal basis, y what least squares leaves, scaled to variance 1,
 * z scaled to mean square 1; w = (x, y) has n_w = n_x + 1 columns. */
typedef struct rsp_mixed_profile {
    size_t n, n_x, n_z, n_who, n_w;
    bool reml;
    double *zz; /* [n_who][n_z][n_z] */
    double *zw; /* [n_who][n_z][n_w] */
    double *ww; /* [n_w][n_w] */
    /* of the last evaluation */
    double *w_v_w;  /* [n_w][n_w] w' V^-1 w */
    double *factor; /* [n_x][n_x] of x' V^-1 x */
    double *beta;   /* [n_x] */
    double *row;    /* [n_z + 1][n_w] scratch */
    double r2;      /* y' V^-1 y less what x fits */
} rsp_mixed_profile;

/* theta: the lower triangle of the relative factor of D, row by row.  Deviance (or
 * REML criterion) of the scaled data; +inf where nothing is left to fit.
 * gradient [theta]; NULL: not wanted. */
double rsp_mixed_deviance(rsp_mixed_profile *p, const double *theta, double *gradient);
/* Conditional means of one participant, D z' V^-1 (y - x beta), at the theta of the
 * last evaluation. */
void rsp_mixed_means(const rsp_mixed_profile *p, const double *theta, size_t who, double *u);
double rsp_mixed_freedom(const rsp_mixed_profile *p); /* n, or n - n_x under REML */
size_t rsp_mixed_n_theta(const rsp_mixed_profile *p);
/* The factor as a square [n_z][n_z] matrix. */
void rsp_mixed_lambda(const rsp_mixed_profile *p, const double *theta, double *lambda);

/* Minimise from theta on; false: it falls for ever, or never settled. */
bool rsp_mixed_search(rsp_mixed_profile *p, double *theta, double *deviance);

#endif
