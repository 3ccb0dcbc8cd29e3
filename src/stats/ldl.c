#include "stats/ldl.h"

#include <math.h>

size_t rsp_ldl_factor(size_t n, double *a, double tolerance, bool *dropped)
{
    size_t rank = 0;
    for (size_t i = 0; i < n; i++) {
        double *row = a + i * n, own = row[i];
        for (size_t j = 0; j < i; j++) {
            const double *other = a + j * n;
            double x = row[j]; /* becomes L_ij D_j, then L_ij */
            for (size_t l = 0; l < j; l++) {
                x -= row[l] * other[l];
            }
            row[j] = x;
        }
        double d = own;
        for (size_t j = 0; j < i; j++) {
            double pivot = a[j * n + j];
            double l = pivot > 0 ? row[j] / pivot : 0.0;
            d -= l * row[j];
            row[j] = l;
        }
        /* Written so that NaN is absent. */
        bool present = own > 0 && d > tolerance * own;
        row[i] = present ? d : 0.0;
        rank += present;
        if (dropped) {
            dropped[i] = !present;
        }
    }
    return rank;
}

void rsp_ldl_solve(size_t n, const double *factor, double *b)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            b[i] -= factor[i * n + j] * b[j];
        }
        b[i] = factor[i * n + i] > 0 ? b[i] : 0.0;
    }
    for (size_t i = n; i-- > 0;) {
        double pivot = factor[i * n + i];
        b[i] = pivot > 0 ? b[i] / pivot : 0.0;
        for (size_t j = i + 1; pivot > 0 && j < n; j++) {
            b[i] -= factor[j * n + i] * b[j];
        }
    }
}

void rsp_ldl_inverse(size_t n, const double *factor, double *inverse)
{
    for (size_t k = 0; k < n; k++) {
        double *row = inverse + k * n;
        for (size_t i = 0; i < n; i++) {
            row[i] = i == k ? 1.0 : 0.0;
        }
        rsp_ldl_solve(n, factor, row);
    }
    for (size_t i = 0; i < n; i++) { /* symmetric to the bit */
        for (size_t j = 0; j < i; j++) {
            inverse[i * n + j] = inverse[j * n + i];
        }
    }
}

double rsp_ldl_log_determinant(size_t n, const double *factor)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double d = factor[i * n + i];
        sum += d > 0 ? log(d) : 0.0;
    }
    return sum;
}

double rsp_ldl_form(size_t n, const double *factor, double *u)
{
    double total = 0.0;
    for (size_t i = 0; i < n; i++) {
        double pivot = factor[i * n + i];
        for (size_t j = 0; j < i; j++) {
            u[i] -= factor[i * n + j] * u[j];
        }
        u[i] = pivot > 0 ? u[i] : 0.0;
        total += pivot > 0 ? u[i] * u[i] / pivot : 0.0;
    }
    return total;
}
