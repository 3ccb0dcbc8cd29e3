#include "stats/tobit_rows.h"

#include <gsl/gsl_math.h>
#include <gsl/gsl_sf_erf.h>
#include <math.h>
#include <string.h>

#include "stats/distributions.h"

static const double LOG_ROOT_2PI = 0.91893853320467274178;

/* Below this width, in residual standard deviations, a row is its middle with the
 * density times the width: right to width^2 / 24, where the difference of two
 * distribution functions loses 1e-16 / width^2. */
static const double NARROW = 1e-4;

static double log_phi(double u)
{
    return -u * u / 2 - LOG_ROOT_2PI;
}

static double log_Phi(double u)
{
    if (u > 0) {
        return log1p(-erfc(u * M_SQRT1_2) / 2);
    }
    return u > -37 ? log(erfc(-u * M_SQRT1_2) / 2) /* erfc underflows at -37.5 */
                   : gsl_sf_log_erfc(-u * M_SQRT1_2) - M_LN2;
}

/* log(Phi(b) - Phi(a)), a < b */
static double log_between(double a, double b)
{
    if (a > 0) { /* in the lower tail no digits are lost */
        return log_between(-b, -a);
    }
    double high = log_Phi(b);
    return isinf(a) ? high : high + log1p(-exp(log_Phi(a) - high));
}

/* A row's log-likelihood and its derivatives by the two standardised limits. */
typedef struct piece {
    double value, by_a, by_b, by_aa, by_bb, by_ab;
} piece;

static piece limits_piece(double a, double b)
{
    piece p = {.value = log_between(a, b)};
    double la = isinf(a) ? 0 : exp(log_phi(a) - p.value);
    double lb = isinf(b) ? 0 : exp(log_phi(b) - p.value);
    p.by_a = -la;
    p.by_b = lb;
    p.by_aa = isinf(a) ? 0 : la * (a - la);
    p.by_bb = isinf(b) ? 0 : -lb * (b + lb);
    p.by_ab = la * lb;
    return p;
}

/* u = by . at for the limit `y`: by = (-q, y), 0 where the limit is infinite. */
static double standardise(const rsp_tobit_rows *rows, size_t i, double y, const double *at,
                          double *by)
{
    if (isinf(y)) {
        memset(by, 0, (rows->n_x + 1) * sizeof *by);
        return y;
    }
    double u = y * at[rows->n_x];
    by[rows->n_x] = y;
    for (size_t j = 0; j < rows->n_x; j++) {
        by[j] = -rows->q[i * rows->n_x + j];
        u += by[j] * at[j];
    }
    return u;
}

static void add_outer(double *m, size_t n, double w, const double *u, const double *v)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            m[i * n + j] += w * u[i] * v[j];
        }
    }
}

static void add_vector(double *to, size_t n, double w, const double *u)
{
    for (size_t i = 0; i < n; i++) {
        to[i] += w * u[i];
    }
}

static double add_value(const rsp_tobit_rows *rows, size_t i, const double *at, double *by,
                        double *gradient, double *information)
{
    size_t n = rows->n_x + 1;
    rsp_limits y = rows->y[i];
    double h = at[rows->n_x], width = y.high - y.low;
    double u = standardise(rows, i, y.low + width / 2, at, by);
    if (gradient) {
        add_vector(gradient, n, -u, by);
        gradient[n - 1] += 1 / h;
        add_outer(information, n, 1, by, by);
        information[n * n - 1] += 1 / (h * h);
    }
    return log_phi(u) + log(h) + (width > 0 ? log(width) : 0);
}

static double add_limits(const rsp_tobit_rows *rows, size_t i, const double *at, double *by,
                         double *gradient, double *information)
{
    size_t n = rows->n_x + 1;
    double *by_b = by + n;
    double a = standardise(rows, i, rows->y[i].low, at, by);
    double b = standardise(rows, i, rows->y[i].high, at, by_b);
    piece p = limits_piece(a, b);
    if (gradient) {
        add_vector(gradient, n, p.by_a, by);
        add_vector(gradient, n, p.by_b, by_b);
        add_outer(information, n, -p.by_aa, by, by);
        add_outer(information, n, -p.by_bb, by_b, by_b);
        add_outer(information, n, -p.by_ab, by, by_b);
        add_outer(information, n, -p.by_ab, by_b, by);
    }
    return p.value;
}

double rsp_tobit_likelihood(const rsp_tobit_rows *rows, const double *at, double *gradient,
                            double *information)
{
    enum { MOST = 2 * (RSP_TOBIT_MOST + 1) };
    double by[MOST], sum = 0;
    size_t n = rows->n_x + 1;
    rsp_stats_need_gsl();
    if (gradient) {
        memset(gradient, 0, n * sizeof *gradient);
        memset(information, 0, n * n * sizeof *information);
    }
    for (size_t i = 0; i < rows->n; i++) {
        bool value = rows->y[i].high - rows->y[i].low < NARROW;
        sum += (value ? add_value : add_limits)(rows, i, at, by, gradient, information);
    }
    return sum;
}
