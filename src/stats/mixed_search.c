/* Newton's method with a ridge that keeps it downhill (Levenberg 1944), second
 * derivatives as differences of the exact gradient.  theta has no bounds: the
 * deviance depends on the signs of the factor's columns only through their
 * products, and a variance of 0 is an ordinary point of it. */
#include <math.h>
#include <string.h>

#include "stats/mixed_profile.h"
#include "stats/spd.h"

enum { MOST = RSP_MIXED_THETA, STEPS = 200 };

static bool hessian(rsp_mixed_profile *p, const double *theta, size_t n, double *h)
{
    double at[MOST], up[MOST], down[MOST];
    memcpy(at, theta, n * sizeof *at);
    for (size_t i = 0; i < n; i++) {
        double by = 1e-5 * fmax(fabs(theta[i]), 0.1);
        at[i] = theta[i] + by;
        double above = rsp_mixed_deviance(p, at, up);
        at[i] = theta[i] - by;
        double below = rsp_mixed_deviance(p, at, down);
        at[i] = theta[i];
        if (!isfinite(above) || !isfinite(below)) {
            return false;
        }
        for (size_t j = 0; j < n; j++) {
            h[i * n + j] = (up[j] - down[j]) / (2 * by);
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            h[i * n + j] = h[j * n + i] = (h[i * n + j] + h[j * n + i]) / 2;
        }
    }
    return true;
}

/* step = -(h + ridge)^-1 g with the smallest ridge, from `ridge` on by tens, that
 * makes it positive; returns that ridge. */
static double downhill(const double *h, const double *g, size_t n, double ridge, double *step)
{
    double m[MOST * MOST];
    for (int i = 0; i < 60; i++, ridge *= 10) {
        memcpy(m, h, n * n * sizeof *m);
        for (size_t k = 0; k < n; k++) {
            m[k * n + k] += ridge;
            step[k] = -g[k];
        }
        if (rsp_spd_factor(m, n)) {
            rsp_spd_solve(m, n, step);
            return ridge;
        }
    }
    memset(step, 0, n * sizeof *step);
    return ridge;
}

static double product(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

bool rsp_mixed_search(rsp_mixed_profile *p, double *theta, double *deviance)
{
    bool close = false;
    size_t n = rsp_mixed_n_theta(p);
    double g[MOST], h[MOST * MOST], step[MOST], trial[MOST], trial_g[MOST];
    double best = rsp_mixed_deviance(p, theta, g), ridge = 1e-3;
    for (int i = 0; i < STEPS && isfinite(best) && hessian(p, theta, n, h); i++) {
        ridge = downhill(h, g, n, ridge, step);
        for (size_t k = 0; k < n; k++) {
            trial[k] = theta[k] + step[k];
        }
        double at = rsp_mixed_deviance(p, trial, trial_g);
        /* What is left to win, by the quadratic; below it the deviance is noise. */
        close = fabs(product(g, step, n)) < 1e-9;
        if (close ? product(trial_g, trial_g, n) < product(g, g, n) : at < best) {
            memcpy(theta, trial, n * sizeof *trial);
            memcpy(g, trial_g, n * sizeof *g);
            best = at;
            ridge = fmax(ridge / 10, 1e-9);
        } else if (close) {
            break; /* not to be bettered */
        } else {
            ridge *= 10;
        }
    }
    *deviance = best;
    return close;
}
