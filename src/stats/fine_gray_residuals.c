#include <stdlib.h>
#include <string.h>

#include "stats/fine_gray.h"

enum { Q = RSP_FINE_GRAY_MAX };

/* Sums over event times up to and including each: of the baseline's increments
 * dL = d / s0, of mean dL, and of both times G. */
typedef struct drift {
    double *L, *LG;       /* [m] */
    double *mean, *meanG; /* [m][q] */
} drift;

static void accumulate(const rsp_fg_problem *p, drift *d)
{
    size_t q = p->q;
    double L = 0.0, LG = 0.0, mean[Q] = {0}, meanG[Q] = {0};
    for (size_t t = 0; t < p->m; t++) {
        double dL = p->events[t] > 0 ? p->events[t] / p->s0[t] : 0.0;
        L += dL;
        LG += p->G[t] * dL;
        for (size_t a = 0; a < q && dL > 0; a++) {
            mean[a] += p->mean[t * q + a] * dL;
            meanG[a] += p->mean[t * q + a] * p->G[t] * dL;
        }
        d->L[t] = L;
        d->LG[t] = LG;
        memcpy(d->mean + t * q, mean, q * sizeof *mean);
        memcpy(d->meanG + t * q, meanG, q * sizeof *meanG);
    }
}

/* What a person with another event at time t still draws after time u: the
 * integral of (z - mean) w risk dL over times later than u. */
static void later(const rsp_fg_problem *p, const drift *d, size_t row, size_t u,
                  double *out)
{
    size_t q = p->q, end = p->m - 1;
    double w = p->risk[row] / p->G[p->rows->time_of[row]];
    double left = d->LG[end] - d->LG[u];
    for (size_t a = 0; a < q; a++) {
        double left_mean = d->meanG[end * q + a] - d->meanG[u * q + a];
        out[a] = w * (p->z[row * q + a] * left - left_mean);
    }
}

static bool is_other(const rsp_fg_problem *p, size_t row)
{
    return p->x[row].cause > 0 && p->x[row].cause != p->cause;
}

static void eta_of(const rsp_fg_problem *p, const drift *d, size_t row,
                   double *eta)
{
    size_t q = p->q, t = p->rows->time_of[row];
    double tail[Q] = {0};
    if (is_other(p, row)) {
        later(p, d, row, t, tail);
    }
    for (size_t a = 0; a < q; a++) {
        double z = p->z[row * q + a];
        eta[a] = -p->risk[row] * (z * d->L[t] - d->mean[t * q + a]) - tail[a];
        if (p->x[row].cause == p->cause) {
            eta[a] += z - p->mean[t * q + a];
        }
    }
}

/* The derivative of the score in each jump of G's hazard, over the number at
 * risk there (q / pi), and its sum against the hazard so far.  As in equation 8,
 * a jump at u touches who had another event before u, at times u and later. */
static void censoring(const rsp_fg_problem *p, const drift *d, double *jump,
                      double *compensator)
{
    size_t q = p->q, i = 0, end = p->m - 1;
    double n = (double)p->n, w = 0.0, wz[Q] = {0}, sum[Q] = {0};
    for (size_t t = 0; t < p->m; t++) {
        double left = d->LG[end] - (t ? d->LG[t - 1] : 0.0);
        for (size_t a = 0; a < q; a++) {
            double before = t ? d->meanG[(t - 1) * q + a] : 0.0;
            double left_mean = d->meanG[end * q + a] - before;
            jump[t * q + a] = (wz[a] * left - w * left_mean) / n;
            sum[a] += jump[t * q + a] * p->censored[t] / n;
            compensator[t * q + a] = sum[a];
        }
        for (; i < p->n && p->rows->time_of[p->rows->order[i]] == t; i++) {
            size_t row = p->rows->order[i];
            if (is_other(p, row)) {
                double weight = p->risk[row] / p->G[t];
                w += weight;
                for (size_t a = 0; a < q; a++) {
                    wz[a] += weight * p->z[row * q + a];
                }
            }
        }
        n -= p->leaving[t];
    }
}

rsp_status rsp_fg_residuals(const rsp_fg_problem *p, double *sum, rsp_error *err)
{
    size_t q = p->q, m = p->m;
    double *work = calloc(m * (2 + 4 * q), sizeof *work);
    if (!work) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu times", m);
    }
    drift d = {work, work + m, work + 2 * m, work + 2 * m + q * m};
    double *jump = d.meanG + q * m, *compensator = jump + q * m;
    accumulate(p, &d);
    censoring(p, &d, jump, compensator);
    memset(sum, 0, q * q * sizeof *sum);
    for (size_t i = 0; i < p->n; i++) {
        size_t t = p->rows->time_of[i];
        double r[Q];
        eta_of(p, &d, i, r);
        for (size_t a = 0; a < q; a++) {
            r[a] += (p->x[i].cause == 0 ? jump[t * q + a] : 0.0) - compensator[t * q + a];
        }
        for (size_t a = 0; a < q; a++) {
            for (size_t b = 0; b < q; b++) {
                sum[a * q + b] += r[a] * r[b];
            }
        }
    }
    free(work);
    return RSP_OK;
}
