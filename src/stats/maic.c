#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "respite/external.h"
#include "stats/spd.h"
#include "stats/standardise.h"

enum { Q = RSP_MAIC_MAX };

/* Below, x is (covariate - target) / sd.  The weights' sum has a minimum exactly
 * where 0 lies inside the convex hull of x; there the weighted mean of x is 0. */
typedef struct problem {
    const double *x; /* [n][q] */
    size_t n, q;
    double log_sum, mean[Q], covariance[Q * Q]; /* under the weights */
    double top; /* the largest a' x */
} problem;

/* ln of the mean weight and its derivatives: convex, and free of overflow. */
static void evaluate(problem *p, const double *a)
{
    size_t q = p->q;
    double sum = 0.0;
    p->top = -(double)INFINITY;
    for (size_t i = 0; i < p->n; i++) {
        double eta = 0.0;
        for (size_t j = 0; j < q; j++) {
            eta += a[j] * p->x[i * q + j];
        }
        p->top = fmax(p->top, eta);
    }
    memset(p->mean, 0, sizeof p->mean);
    memset(p->covariance, 0, sizeof p->covariance);
    for (size_t i = 0; i < p->n; i++) {
        const double *x = p->x + i * q;
        double eta = 0.0;
        for (size_t j = 0; j < q; j++) {
            eta += a[j] * x[j];
        }
        double w = exp(eta - p->top);
        sum += w;
        for (size_t j = 0; j < q; j++) {
            p->mean[j] += w * x[j];
            for (size_t k = 0; k < q; k++) {
                p->covariance[j * q + k] += w * x[j] * x[k];
            }
        }
    }
    for (size_t j = 0; j < q; j++) {
        p->mean[j] /= sum;
    }
    for (size_t j = 0; j < q; j++) {
        for (size_t k = 0; k < q; k++) {
            double *c = &p->covariance[j * q + k];
            *c = *c / sum - p->mean[j] * p->mean[k];
        }
    }
    p->log_sum = p->top + log(sum / (double)p->n);
}

/* Newton's method with halved steps.  False: the search left every bound, or
 * found a direction in which everybody is below the target (p->top < 0). */
static bool minimise(problem *p, double *a)
{
    size_t q = p->q;
    double factor[Q * Q], step[Q], next[Q];
    evaluate(p, a);
    for (int i = 0; i < 200; i++) {
        memcpy(factor, p->covariance, q * q * sizeof *factor);
        if (p->top < 0 || !rsp_spd_factor(factor, q)) {
            return false;
        }
        memcpy(step, p->mean, q * sizeof *step);
        rsp_spd_solve(factor, q, step);
        double slope = 0.0, here = p->log_sum, share = 1.0, largest = 0.0;
        for (size_t j = 0; j < q; j++) {
            slope += step[j] * p->mean[j];
        }
        for (int k = 0; k < 60; k++, share /= 2) {
            for (size_t j = 0; j < q; j++) {
                next[j] = a[j] - share * step[j];
            }
            evaluate(p, next);
            if (p->log_sum <= here - 1e-4 * share * slope + 1e-14) {
                break;
            }
        }
        for (size_t j = 0; j < q; j++) {
            largest = fmax(largest, fabs(next[j] - a[j]) / (1 + fabs(a[j])));
            a[j] = next[j];
        }
        if (largest <= 1e-11) {
            return true;
        }
    }
    return false;
}

/* Why there are no weights, from the direction in which the search ran off. */
static rsp_status refuse(const problem *p, const double *a, const double *target,
                         const double *sd, rsp_error *err)
{
    char text[256];
    size_t at = 0;
    double largest = 0.0, level = 0.0;
    text[0] = '\0';
    for (size_t j = 0; j < p->q; j++) {
        largest = fmax(largest, fabs(a[j]));
    }
    for (size_t j = 0; j < p->q && at < sizeof text; j++) {
        double c = a[j] / largest / sd[j];
        level += c * target[j];
        int n = snprintf(text + at, sizeof text - at, "%s%.3g x%zu",
                         j && c >= 0 ? " + " : j ? " " : "", c, j + 1);
        at += n > 0 ? (size_t)n : 0;
    }
    return rsp_fail(err, RSP_DATA,
                    "no weights reach the targets together: %s, which is %.4g at "
                    "the targets, is %s for every participant; leave a covariate "
                    "out, or compare with another source",
                    text, level, p->top < 0 ? "lower" : "no higher, at most equal,");
}

static rsp_status check_ranges(const double *x, size_t n, size_t q,
                               const double *target, rsp_error *err)
{
    for (size_t j = 0; j < q; j++) {
        double low = (double)INFINITY, high = -(double)INFINITY;
        for (size_t i = 0; i < n; i++) {
            low = fmin(low, x[i * q + j]);
            high = fmax(high, x[i * q + j]);
        }
        if (!isfinite(target[j])) {
            return rsp_fail(err, RSP_RANGE, "the target of covariate %zu is %g",
                            j + 1, target[j]);
        }
        if (!(target[j] > low && target[j] < high)) {
            return rsp_fail(err, RSP_DATA,
                            "covariate %zu lies from %g to %g in the data: no "
                            "weights give it a mean of %g",
                            j + 1, low, high, target[j]);
        }
    }
    return RSP_OK;
}

static void report(const problem *p, const double *a, const double *target,
                   const double *sd, double *weight, rsp_maic *out)
{
    size_t q = p->q;
    double sum = 0.0, top = 0.0;
    for (size_t i = 0; i < p->n; i++) {
        double eta = 0.0;
        for (size_t j = 0; j < q; j++) {
            eta += a[j] * p->x[i * q + j];
        }
        weight[i] = exp(eta - p->top);
        sum += weight[i];
    }
    for (size_t i = 0; i < p->n; i++) {
        weight[i] *= (double)p->n / sum;
        top = fmax(top, weight[i]);
    }
    out->n_covariates = q;
    for (size_t j = 0; j < q; j++) {
        out->coef[j] = a[j] / sd[j];
        out->mean[j] = target[j] + p->mean[j] * sd[j];
    }
    out->ess = rsp_effective_size(weight, NULL, true, p->n);
    out->largest_share = top / (double)p->n;
}

rsp_status rsp_maic_fit(const double *covariates, size_t n, size_t n_covariates,
                        const double *target, double *weight, rsp_maic *out,
                        rsp_error *err)
{
    size_t q = n_covariates;
    double mean[Q], sd[Q], a[Q] = {0}, factor[Q * Q];
    *out = (rsp_maic){0};
    if (n == 0 || q < 1 || q > Q) {
        return rsp_fail(err, RSP_RANGE,
                        "%zu participants and %zu covariates: it takes one "
                        "participant and 1 to %d covariates",
                        n, q, Q);
    }
    rsp_status s = rsp_stats_check_finite(covariates, n, q, err);
    if (s != RSP_OK) {
        return s;
    }
    double *x = malloc(n * q * sizeof *x);
    if (!x) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu participants", n);
    }
    problem p = {.x = x, .n = n, .q = q};
    bool varies = rsp_stats_standardise(covariates, n, q, x, mean, sd);
    if (varies) {
        evaluate(&p, a); /* about the mean: the plain covariance */
        memcpy(factor, p.covariance, q * q * sizeof *factor);
    }
    if (!varies || !rsp_spd_factor(factor, q)) {
        s = rsp_fail(err, RSP_RANGE,
                     "a covariate is constant, or a combination of others");
    } else {
        s = check_ranges(covariates, n, q, target, err);
    }
    for (size_t i = 0; i < n * q && s == RSP_OK; i++) {
        x[i] += (mean[i % q] - target[i % q]) / sd[i % q];
    }
    if (s == RSP_OK) {
        if (minimise(&p, a)) {
            report(&p, a, target, sd, weight, out);
        } else {
            s = refuse(&p, a, target, sd, err);
        }
    }
    free(x);
    return s;
}
