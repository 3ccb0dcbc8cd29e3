#include "stats/band.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool rsp_band_init(rsp_band *m, size_t n, size_t width)
{
    *m = (rsp_band){n, width, calloc(n ? n : 1, (width + 1) * sizeof(double))};
    return m->a != NULL;
}

void rsp_band_reset(rsp_band *m, size_t n, size_t width)
{
    m->n = n;
    m->width = width;
    memset(m->a, 0, n * (width + 1) * sizeof(double));
}

void rsp_band_fini(rsp_band *m)
{
    free(m->a);
    *m = (rsp_band){0};
}

size_t rsp_band_factor(rsp_band *m)
{
    size_t fixed = 0, w = m->width;
    for (size_t i = 0; i < m->n; i++) {
        double diagonal = *rsp_band_at(m, i, i);
        size_t first = i > w ? i - w : 0;
        for (size_t j = first; j <= i; j++) {
            size_t from = j > w && j - w > first ? j - w : first;
            double sum = *rsp_band_at(m, i, j);
            for (size_t k = from; k < j; k++) {
                sum -= *rsp_band_at(m, i, k) * *rsp_band_at(m, j, k);
            }
            if (j < i) {
                *rsp_band_at(m, i, j) = sum / *rsp_band_at(m, j, j);
            } else if (sum > 1e-11 * diagonal) {
                *rsp_band_at(m, i, i) = sqrt(sum);
            } else {
                *rsp_band_at(m, i, i) = INFINITY; /* dividing by it gives 0 */
                fixed++;
            }
        }
    }
    return fixed;
}

void rsp_band_solve(const rsp_band *m, double *x)
{
    for (size_t i = 0; i < m->n; i++) {
        for (size_t j = i > m->width ? i - m->width : 0; j < i; j++) {
            x[i] -= *rsp_band_at(m, i, j) * x[j];
        }
        x[i] /= *rsp_band_at(m, i, i);
    }
    for (size_t i = m->n; i-- > 0;) {
        x[i] /= *rsp_band_at(m, i, i);
        for (size_t j = i > m->width ? i - m->width : 0; j < i; j++) {
            x[j] -= *rsp_band_at(m, i, j) * x[i];
        }
    }
}
