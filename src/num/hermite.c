#include "respite/num.h"

#include <math.h>

/* Orthonormal polynomials of the standard normal:
 * sqrt(k+1) h[k+1] = z h[k] - sqrt(k) h[k-1].  Returns h[n] and, in *before,
 * h[n-1]; *below counts the roots of h[n] under z (a Sturm sequence). */
static double hermite(int n, double z, double *before, int *below)
{
    double last = 0, now = 1;
    *below = n;
    for (int k = 0; k < n; k++) {
        const double next = (z * now - sqrt((double)k) * last) /
                            sqrt((double)k + 1.0);
        *below -= (next < 0) != (now < 0);
        last = now;
        now = next;
    }
    *before = last;
    return now;
}

/* The root with `rank` roots below it: bisection on the count, then Newton
 * (h[n]' = sqrt(n) h[n-1]). */
static double root_of(int n, int rank)
{
    const double edge = 2.0 * sqrt((double)n) + 1.0; /* beyond all roots */
    double low = 0, high = edge, before;
    int below;
    for (int i = 0; i < 24; i++) {
        const double middle = 0.5 * (low + high);
        (void)hermite(n, middle, &before, &below);
        if (below > rank) {
            high = middle;
        } else {
            low = middle;
        }
    }
    double z = 0.5 * (low + high);
    for (int i = 0; i < 2; i++) {
        const double value = hermite(n, z, &before, &below);
        z -= value / (sqrt((double)n) * before);
    }
    return z;
}

void rsp_gauss_hermite(int n, double *z, double *w)
{
    double sum = 0;
    for (int i = 0; i <= n / 2; i++) {
        const int mirror = n - 1 - i;
        if (mirror < i) {
            break;
        }
        const double root = mirror == i ? 0.0 : root_of(n, mirror);
        double before;
        int below;
        (void)hermite(n, root, &before, &below);
        z[mirror] = root;
        z[i] = -root;
        w[i] = w[mirror] = 1.0 / (n * before * before);
        sum += mirror == i ? w[i] : 2 * w[i];
    }
    for (int i = 0; i < n; i++) {
        z[i] = z[i] == 0 ? 0.0 : z[i];
        w[i] /= sum;
    }
}
