#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "respite/external.h"
#include "stats/spd.h"
#include "stats/standardise.h"

enum { P = RSP_LOGISTIC_MAX + 1 };

typedef struct fit {
    const double *z; /* [n][q] standardised */
    const bool *y;
    size_t n, q;
    double log, gradient[P], information[P * P];
} fit;

static double linear(const fit *f, size_t i, const double *b)
{
    double eta = b[0];
    for (size_t j = 0; j < f->q; j++) {
        eta += f->z[i * f->q + j] * b[j + 1];
    }
    return eta;
}

static void evaluate(fit *f, const double *b)
{
    size_t p = f->q + 1;
    f->log = 0.0;
    memset(f->gradient, 0, sizeof f->gradient);
    memset(f->information, 0, sizeof f->information);
    for (size_t i = 0; i < f->n; i++) {
        double eta = linear(f, i, b), share = 1 / (1 + exp(-eta));
        double v[P] = {1.0};
        memcpy(v + 1, f->z + i * f->q, f->q * sizeof *v);
        /* ln of the probability of what was, without overflow. */
        double s = f->y[i] ? eta : -eta;
        f->log += s > 0 ? -log1p(exp(-s)) : s - log1p(exp(s));
        for (size_t a = 0; a < p; a++) {
            f->gradient[a] += (f->y[i] - share) * v[a];
            for (size_t c = 0; c < p; c++) {
                f->information[a * p + c] += share * (1 - share) * v[a] * v[c];
            }
        }
    }
}

/* Newton's method with halved steps on a concave function; false: no maximum. */
static bool maximise(fit *f, double *b)
{
    size_t p = f->q + 1;
    double factor[P * P], step[P], next[P];
    evaluate(f, b);
    for (int i = 0; i < 50; i++) {
        memcpy(factor, f->information, p * p * sizeof *factor);
        if (!rsp_spd_factor(factor, p)) {
            return false;
        }
        memcpy(step, f->gradient, p * sizeof *step);
        rsp_spd_solve(factor, p, step);
        double here = f->log, largest = 0.0, share = 1.0;
        for (int k = 0; k < 40; k++, share /= 2) {
            for (size_t a = 0; a < p; a++) {
                next[a] = b[a] + share * step[a];
            }
            evaluate(f, next);
            if (f->log >= here - 1e-12 * (1 + fabs(here))) {
                break;
            }
        }
        for (size_t a = 0; a < p; a++) {
            largest = fmax(largest, fabs(next[a] - b[a]) / (1 + fabs(b[a])));
            b[a] = next[a];
        }
        if (largest <= 1e-10) {
            return true;
        }
    }
    return false;
}

static void report(fit *f, const double *b, const double *mean, const double *sd,
                   double *fitted, rsp_logistic *out)
{
    size_t p = f->q + 1;
    double factor[P * P], inverse[P * P], raw[P * P], back[P * P] = {0};
    memcpy(factor, f->information, p * p * sizeof *factor);
    (void)rsp_spd_factor(factor, p); /* it had one at the last step */
    rsp_spd_inverse(factor, p, inverse);
    back[0] = 1.0;
    out->coef[0] = b[0];
    for (size_t a = 1; a < p; a++) {
        back[a * p + a] = 1 / sd[a - 1];
        back[a] = -mean[a - 1] / sd[a - 1];
        out->coef[a] = b[a] / sd[a - 1];
        out->coef[0] -= out->coef[a] * mean[a - 1];
    }
    rsp_spd_sandwich(back, p, inverse, p, raw);
    for (size_t a = 0; a < p; a++) {
        out->se[a] = sqrt(raw[a * p + a]);
    }
    for (size_t i = 0; i < f->n; i++) {
        fitted[i] = 1 / (1 + exp(-linear(f, i, b)));
    }
    out->log_likelihood = f->log;
    out->estimable = true;
}

rsp_status rsp_logistic_fit(const double *covariates, const bool *treated,
                            size_t n, size_t n_covariates, double *fitted,
                            rsp_logistic *out, rsp_error *err)
{
    size_t q = n_covariates, yes = 0;
    *out = (rsp_logistic){.n_coef = q + 1, .log_likelihood = NAN, .reason = ""};
    for (size_t a = 0; a < P; a++) {
        out->coef[a] = out->se[a] = NAN;
    }
    if (n == 0 || q > RSP_LOGISTIC_MAX) {
        return rsp_fail(err, RSP_RANGE,
                        "%zu participants and %zu covariates: it takes one "
                        "participant and at most %d covariates",
                        n, q, RSP_LOGISTIC_MAX);
    }
    rsp_status s = rsp_stats_check_finite(covariates, n, q, err);
    if (s != RSP_OK) {
        return s;
    }
    double *z = malloc((n * q + 1) * sizeof *z);
    if (!z) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu participants", n);
    }
    for (size_t i = 0; i < n; i++) {
        yes += treated[i];
        fitted[i] = NAN;
    }
    double mean[P], sd[P], b[P] = {0};
    fit f = {.z = z, .y = treated, .n = n, .q = q};
    if (yes == 0 || yes == n) {
        out->reason = "one arm is empty";
    } else if (!rsp_stats_standardise(covariates, n, q, z, mean, sd)) {
        out->reason = "a covariate has the same value for everyone";
    } else if (!maximise(&f, b)) {
        out->reason = "the likelihood has no maximum: the covariates are "
                      "collinear, or separate the arms";
    } else {
        report(&f, b, mean, sd, fitted, out);
    }
    free(z);
    return RSP_OK;
}
