/* With V = 1 + Z L L' Z' (in units of sigma^2) and M = 1 + L' Z'Z L, Woodbury gives
 * V^-1 = 1 - Z P Z' with P = L M^-1 L', and |V| = |M|. */
#include "stats/mixed_profile.h"

#include <math.h>
#include <string.h>

#include "stats/spd.h"

enum { Q = RSP_MIXED_MOST };
static const double TWO_PI = 6.28318530717958647693;

double rsp_mixed_freedom(const rsp_mixed_profile *p)
{
    return (double)(p->reml ? p->n - p->n_x : p->n);
}

size_t rsp_mixed_n_theta(const rsp_mixed_profile *p)
{
    return p->n_z * (p->n_z + 1) / 2;
}

void rsp_mixed_lambda(const rsp_mixed_profile *p, const double *theta, double *lambda)
{
    for (size_t i = 0; i < p->n_z; i++) {
        for (size_t j = 0; j < p->n_z; j++) {
            lambda[i * p->n_z + j] = j <= i ? *theta++ : 0;
        }
    }
}

/* out = a b, or a' b; all [q][q] */
static void multiply(size_t q, const double *a, bool turned, const double *b, double *out)
{
    for (size_t i = 0; i < q; i++) {
        for (size_t j = 0; j < q; j++) {
            double sum = 0;
            for (size_t k = 0; k < q; k++) {
                sum += (turned ? a[k * q + i] : a[i * q + k]) * b[k * q + j];
            }
            out[i * q + j] = sum;
        }
    }
}

/* P of one participant; returns log |M|. */
static double shrink(const rsp_mixed_profile *p, const double *lambda, size_t who,
                     double *out)
{
    size_t q = p->n_z;
    double half[Q * Q], m[Q * Q], turned[Q * Q], log_determinant = 0;
    multiply(q, p->zz + who * q * q, false, lambda, half);
    multiply(q, lambda, true, half, m);
    for (size_t i = 0; i < q; i++) {
        m[i * q + i] += 1;
        for (size_t j = 0; j < q; j++) {
            turned[i * q + j] = lambda[i * q + j]; /* row i: column i of L' */
        }
    }
    if (!rsp_spd_factor(m, q)) {
        return INFINITY;
    }
    for (size_t i = 0; i < q; i++) {
        log_determinant += 2 * log(m[i * q + i]);
        rsp_spd_solve(m, q, turned + i * q); /* row i: (M^-1 L') column i */
    }
    for (size_t i = 0; i < q; i++) {
        for (size_t j = 0; j < q; j++) {
            double sum = 0;
            for (size_t k = 0; k < q; k++) {
                sum += lambda[i * q + k] * turned[j * q + k];
            }
            out[i * q + j] = sum;
        }
    }
    return log_determinant;
}

/* w_v_w -= zw' P zw */
static void take_off(rsp_mixed_profile *p, const double *shrunk, size_t who)
{
    const double *c = p->zw + who * p->n_z * p->n_w;
    for (size_t k = 0; k < p->n_z; k++) { /* row = (P zw), its row k */
        for (size_t j = 0; j < p->n_w; j++) {
            p->row[j] = 0;
            for (size_t l = 0; l < p->n_z; l++) {
                p->row[j] += shrunk[k * p->n_z + l] * c[l * p->n_w + j];
            }
        }
        for (size_t i = 0; i < p->n_w; i++) {
            for (size_t j = 0; j < p->n_w; j++) {
                p->w_v_w[i * p->n_w + j] -= c[k * p->n_w + i] * p->row[j];
            }
        }
    }
}

/* beta, r2 and log |x' V^-1 x|; false: not positive. */
static bool solve_fixed(rsp_mixed_profile *p, double *log_determinant)
{
    *log_determinant = 0;
    for (size_t i = 0; i < p->n_x; i++) {
        for (size_t j = 0; j < p->n_x; j++) {
            p->factor[i * p->n_x + j] = p->w_v_w[i * p->n_w + j];
        }
        p->beta[i] = p->w_v_w[i * p->n_w + p->n_x];
    }
    if (!rsp_spd_factor(p->factor, p->n_x)) {
        return false;
    }
    rsp_spd_solve(p->factor, p->n_x, p->beta);
    p->r2 = p->w_v_w[p->n_w * p->n_w - 1];
    for (size_t i = 0; i < p->n_x; i++) {
        *log_determinant += 2 * log(p->factor[i * p->n_x + i]);
        p->r2 -= p->beta[i] * p->w_v_w[i * p->n_w + p->n_x];
    }
    return p->r2 > 1e-14 * (double)p->n;
}

/* t = z' V^-1 v for a column v of w, or for the residual (column n_w). */
static void whiten(const rsp_mixed_profile *p, const double *shrunk, size_t who,
                   size_t column, double *t)
{
    size_t q = p->n_z;
    const double *c = p->zw + who * q * p->n_w, *s = p->zz + who * q * q;
    double v[Q], shrunk_v[Q];
    for (size_t k = 0; k < q; k++) {
        const double *row = c + k * p->n_w;
        v[k] = row[column < p->n_w ? column : p->n_x];
        for (size_t j = 0; column == p->n_w && j < p->n_x; j++) {
            v[k] -= row[j] * p->beta[j];
        }
    }
    for (size_t k = 0; k < q; k++) {
        shrunk_v[k] = 0;
        for (size_t l = 0; l < q; l++) {
            shrunk_v[k] += shrunk[k * q + l] * v[l];
        }
    }
    for (size_t k = 0; k < q; k++) {
        t[k] = v[k];
        for (size_t l = 0; l < q; l++) {
            t[k] -= s[k * q + l] * shrunk_v[l];
        }
    }
}

/* g += z' V^-1 z - t t' / sigma^2 - (REML) z' V^-1 x (x' V^-1 x)^-1 x' V^-1 z: half
 * the derivative of the deviance by D. */
static void add_slope(rsp_mixed_profile *p, const double *shrunk, size_t who, double *g)
{
    size_t q = p->n_z;
    const double *s = p->zz + who * q * q;
    double half[Q * Q], plain[Q * Q], t[Q], column[Q];
    multiply(q, shrunk, false, s, half);
    multiply(q, s, false, half, plain);
    whiten(p, shrunk, who, p->n_w, t);
    double scale = rsp_mixed_freedom(p) / p->r2;
    for (size_t i = 0; i < q * q; i++) {
        g[i] += s[i] - plain[i] - scale * t[i / q] * t[i % q];
    }
    if (!p->reml) {
        return;
    }
    for (size_t j = 0; j < p->n_x; j++) {
        whiten(p, shrunk, who, j, column);
        for (size_t k = 0; k < q; k++) {
            p->row[k * p->n_w + j] = column[k];
        }
    }
    double *solved = p->row + q * p->n_w;
    for (size_t k = 0; k < q; k++) {
        memcpy(solved, p->row + k * p->n_w, p->n_x * sizeof *solved);
        rsp_spd_solve(p->factor, p->n_x, solved);
        for (size_t l = 0; l < q; l++) {
            for (size_t j = 0; j < p->n_x; j++) {
                g[k * q + l] -= solved[j] * p->row[l * p->n_w + j];
            }
        }
    }
}

static void slope(rsp_mixed_profile *p, const double *lambda, double *gradient)
{
    size_t q = p->n_z;
    double g[Q * Q] = {0}, shrunk[Q * Q], by_lambda[Q * Q];
    for (size_t who = 0; who < p->n_who; who++) {
        shrink(p, lambda, who, shrunk);
        add_slope(p, shrunk, who, g);
    }
    multiply(q, g, false, lambda, by_lambda);
    for (size_t i = 0; i < q; i++) {
        for (size_t j = 0; j <= i; j++) {
            *gradient++ = 2 * by_lambda[i * q + j];
        }
    }
}

double rsp_mixed_deviance(rsp_mixed_profile *p, const double *theta, double *gradient)
{
    double lambda[Q * Q], shrunk[Q * Q], log_v = 0, log_x;
    rsp_mixed_lambda(p, theta, lambda);
    memcpy(p->w_v_w, p->ww, p->n_w * p->n_w * sizeof *p->ww);
    for (size_t who = 0; who < p->n_who; who++) {
        log_v += shrink(p, lambda, who, shrunk);
        take_off(p, shrunk, who);
    }
    if (!solve_fixed(p, &log_x) || !isfinite(log_v)) {
        return INFINITY;
    }
    if (gradient) {
        slope(p, lambda, gradient);
    }
    double left = rsp_mixed_freedom(p);
    return log_v + (p->reml ? log_x : 0) + left * (1 + log(TWO_PI * p->r2 / left));
}

void rsp_mixed_means(const rsp_mixed_profile *p, const double *theta, size_t who, double *u)
{
    size_t q = p->n_z;
    double lambda[Q * Q], shrunk[Q * Q], t[Q], turned[Q];
    rsp_mixed_lambda(p, theta, lambda);
    shrink(p, lambda, who, shrunk);
    whiten(p, shrunk, who, p->n_w, t);
    for (size_t i = 0; i < q; i++) {
        turned[i] = 0;
        for (size_t k = 0; k < q; k++) {
            turned[i] += lambda[k * q + i] * t[k];
        }
    }
    for (size_t i = 0; i < q; i++) {
        u[i] = 0;
        for (size_t k = 0; k < q; k++) {
            u[i] += lambda[i * q + k] * turned[k];
        }
    }
}
