#include "stats/spd.h"

#include <math.h>

bool rsp_spd_factor(double *a, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double diagonal = a[i * n + i];
        for (size_t j = 0; j <= i; j++) {
            double sum = a[i * n + j];
            for (size_t k = 0; k < j; k++) {
                sum -= a[i * n + k] * a[j * n + k];
            }
            if (j < i) {
                a[i * n + j] = sum / a[j * n + j];
            } else if (sum > 1e-12 * diagonal && isfinite(sum)) {
                a[i * n + i] = sqrt(sum);
            } else {
                return false;
            }
        }
    }
    return true;
}

void rsp_spd_solve(const double *factor, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            x[i] -= factor[i * n + j] * x[j];
        }
        x[i] /= factor[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t j = i + 1; j < n; j++) {
            x[i] -= factor[j * n + i] * x[j];
        }
        x[i] /= factor[i * n + i];
    }
}

void rsp_spd_inverse(const double *factor, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++) { /* symmetric: rows are columns */
        for (size_t j = 0; j < n; j++) {
            out[i * n + j] = i == j;
        }
        rsp_spd_solve(factor, n, out + i * n);
    }
}

void rsp_spd_sandwich(const double *m, size_t rows, const double *a, size_t n,
                      double *out)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < rows; c++) {
            double sum = 0.0;
            for (size_t i = 0; i < n; i++) {
                for (size_t j = 0; j < n; j++) {
                    sum += m[r * n + i] * a[i * n + j] * m[c * n + j];
                }
            }
            out[r * rows + c] = sum;
        }
    }
}
