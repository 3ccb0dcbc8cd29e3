#include "stats/binomial.h"

#include <math.h>

/* From the mode outwards by ratios, then scaled to 1: no term is a difference, and
 * none overflows. */
void rsp_binomial_mass(size_t n, double p, double *mass)
{
    size_t mode = (size_t)floor((double)(n + 1) * p);
    mode = mode > n ? n : mode;
    double odds = p / (1 - p), sum = 0;
    for (size_t k = 0; k <= n; k++) {
        mass[k] = 0;
    }
    mass[mode] = 1;
    for (size_t k = mode; k < n && p < 1; k++) {
        mass[k + 1] = mass[k] * (double)(n - k) / (double)(k + 1) * odds;
    }
    for (size_t k = mode; k > 0 && p > 0 && p < 1; k--) {
        mass[k - 1] = mass[k] * (double)k / (double)(n - k + 1) / odds;
    }
    for (size_t k = 0; k <= n; k++) {
        sum += mass[k];
    }
    for (size_t k = 0; k <= n; k++) {
        mass[k] /= sum;
    }
}

void rsp_binomial_upper(size_t n, double p, double *upper)
{
    rsp_binomial_mass(n, p, upper);
    upper[n + 1] = 0;
    for (size_t k = n + 1; k-- > 0;) {
        upper[k] = fmin(1, upper[k] + upper[k + 1]);
    }
}
