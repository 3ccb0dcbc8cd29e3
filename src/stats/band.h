/* Symmetric positive definite matrices of small band width, by Cholesky.
 * A direction without curvature (a pivot below 1e-11 of its diagonal) is fixed:
 * solutions are zero there. */
#ifndef RESPITE_STATS_BAND_H
#define RESPITE_STATS_BAND_H

#include <stdbool.h>
#include <stddef.h>

typedef struct rsp_band {
    size_t n, width; /* |i - j| <= width may be non-zero */
    double *a;       /* [n][width + 1]: row i, columns i - width .. i */
} rsp_band;

/* The element (i, j), j <= i <= j + width. */
static inline double *rsp_band_at(const rsp_band *m, size_t i, size_t j)
{
    return m->a + i * (m->width + 1) + (j + m->width - i);
}

bool rsp_band_init(rsp_band *m, size_t n, size_t width); /* zero; false: no memory */
void rsp_band_reset(rsp_band *m, size_t n, size_t width); /* neither above init's */
void rsp_band_fini(rsp_band *m);
size_t rsp_band_factor(rsp_band *m); /* in place; returns the directions fixed */
void rsp_band_solve(const rsp_band *m, double *x); /* after factor, in place */

#endif
