#include "stats/basis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double column_product(const rsp_basis *b, size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = 0; k < b->n; k++) {
        sum += b->q[k * b->n_x + i] * b->q[k * b->n_x + j];
    }
    return sum;
}

/* Gram-Schmidt, twice over: once leaves what rounding kept (Giraud et al. 2005). */
static bool make_orthogonal(rsp_basis *b, size_t j)
{
    double before = sqrt(column_product(b, j, j));
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < j; i++) {
            double c = column_product(b, i, j);
            b->r[i * b->n_x + j] += c;
            for (size_t k = 0; k < b->n; k++) {
                b->q[k * b->n_x + j] -= c * b->q[k * b->n_x + i];
            }
        }
    }
    double length = sqrt(column_product(b, j, j));
    if (!(length > 1e-8 * before)) {
        return false;
    }
    b->r[j * b->n_x + j] = length;
    for (size_t k = 0; k < b->n; k++) {
        b->q[k * b->n_x + j] /= length;
    }
    return true;
}

bool rsp_basis_init(rsp_basis *b, const double *x, size_t n, size_t n_x)
{
    *b = (rsp_basis){.n = n, .n_x = n_x, .dependent = n_x};
    b->q = calloc(n * n_x + 1, sizeof *b->q);
    b->r = calloc(n_x * n_x + 1, sizeof *b->r);
    if (!b->q || !b->r) {
        rsp_basis_fini(b);
        return false;
    }
    memcpy(b->q, x, n * n_x * sizeof *x);
    for (size_t j = 0; j < n_x && b->dependent == n_x; j++) {
        if (!make_orthogonal(b, j)) {
            b->dependent = j;
        }
    }
    return true;
}

void rsp_basis_fini(rsp_basis *b)
{
    free(b->q);
    free(b->r);
    b->q = b->r = NULL;
}

void rsp_basis_project(const rsp_basis *b, const double *y, double *c)
{
    for (size_t j = 0; j < b->n_x; j++) {
        c[j] = 0;
        for (size_t k = 0; k < b->n; k++) {
            c[j] += b->q[k * b->n_x + j] * y[k];
        }
    }
}

void rsp_basis_solve(const rsp_basis *b, double *c)
{
    for (size_t i = b->n_x; i-- > 0;) {
        for (size_t j = i + 1; j < b->n_x; j++) {
            c[i] -= b->r[i * b->n_x + j] * c[j];
        }
        c[i] /= b->r[i * b->n_x + i];
    }
}

void rsp_basis_inverse(const rsp_basis *b, double *out)
{
    size_t p = b->n_x;
    for (size_t j = 0; j < p; j++) { /* column by column, upwards */
        for (size_t i = p; i-- > 0;) {
            double sum = i == j;
            for (size_t k = i + 1; k < p; k++) {
                sum -= b->r[i * p + k] * out[k * p + j];
            }
            out[i * p + j] = sum / b->r[i * p + i];
        }
    }
}

double rsp_basis_log_determinant(const rsp_basis *b)
{
    double sum = 0;
    for (size_t i = 0; i < b->n_x; i++) {
        sum += 2 * log(b->r[i * b->n_x + i]);
    }
    return sum;
}
