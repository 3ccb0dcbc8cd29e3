#include <math.h>
#include <stdlib.h>

#include "stats/aft_family.h"
#include "stats/distributions.h"
#include "stats/spd.h"

enum { P_MAX = RSP_AFT_MAX + 2 };

/* Parameters theta = (b / sigma, 1 / sigma): the log-likelihood is concave in
 * them (log-concave densities), and z = theta_s ln t - x theta is linear.
 * Covariates are standardised inside. */
typedef struct problem {
    const rsp_interval *x;
    const double *covariates; /* [n][q] */
    size_t n, q, p;           /* p: parameters moved */
    rsp_aft_family family;
    double mean[RSP_AFT_MAX], sd[RSP_AFT_MAX];
} problem;

typedef struct point {
    double log, gradient[P_MAX], information[P_MAX * P_MAX];
} point;

static bool is_free(const rsp_interval *x) /* of all information */
{
    return x->left == 0 && isinf(x->right);
}

static void row_of(const problem *a, size_t i, double *v)
{
    v[0] = 1.0;
    for (size_t j = 0; j < a->q; j++) {
        v[j + 1] = (a->covariates[i * a->q + j] - a->mean[j]) / a->sd[j];
    }
}

/* Add d2 * v w' (symmetric in the sum) to the information. */
static void add_outer(point *at, size_t p, double d2, const double *v,
                      const double *w)
{
    for (size_t r = 0; r < p && d2 != 0; r++) {
        for (size_t c = 0; c < p; c++) {
            at->information[r * p + c] -= d2 * v[r] * w[c];
        }
    }
}

static void add_row(const problem *a, size_t i, const double *theta, point *at)
{
    const rsp_interval *x = &a->x[i];
    size_t m = a->q + 1;
    double v[P_MAX], w[P_MAX], eta = 0.0, s = theta[m];
    row_of(a, i, v);
    for (size_t j = 0; j < m; j++) {
        eta += v[j] * theta[j];
        v[j] = w[j] = -v[j];
    }
    bool exact = x->left == x->right, has_left = x->left > 0;
    bool has_right = isfinite(x->right) && !exact;
    v[m] = has_left ? log(x->left) : 0.0;
    w[m] = has_right ? log(x->right) : 0.0;
    double left = s * v[m] - eta, right = s * w[m] - eta;
    rsp_aft_term t = exact ? rsp_aft_exact(a->family, left)
                           : rsp_aft_between(a->family, has_left, left,
                                             has_right, right);
    at->log += t.log;
    for (size_t j = 0; j < a->p; j++) {
        at->gradient[j] += t.left * v[j] + t.right * w[j];
    }
    add_outer(at, a->p, t.left2, v, v);
    add_outer(at, a->p, t.right2, w, w);
    add_outer(at, a->p, t.cross, v, w);
    add_outer(at, a->p, t.cross, w, v);
    if (exact) { /* density in days */
        at->log += log(s) - v[m];
        if (a->p > m) {
            at->gradient[m] += 1 / s;
            at->information[m * a->p + m] += 1 / (s * s);
        }
    }
}

static void evaluate(const problem *a, const double *theta, point *at)
{
    *at = (point){0};
    for (size_t i = 0; i < a->n; i++) {
        if (!is_free(&a->x[i])) {
            add_row(a, i, theta, at);
        }
    }
}

static double start(const problem *a)
{
    double time = 0.0, events = 0.0;
    for (size_t i = 0; i < a->n; i++) {
        const rsp_interval *x = &a->x[i];
        bool event = isfinite(x->right);
        time += event ? (x->left + x->right) / 2 : x->left;
        events += event;
    }
    return log(time / events);
}

/* Newton's method with halved steps; false: no maximum. */
static bool maximise(const problem *a, double *theta, point *at)
{
    double step[P_MAX], next[P_MAX], factor[P_MAX * P_MAX];
    evaluate(a, theta, at);
    for (int i = 0; i < 60; i++) {
        for (size_t j = 0; j < a->p * a->p; j++) {
            factor[j] = at->information[j];
        }
        if (!isfinite(at->log) || !rsp_spd_factor(factor, a->p)) {
            return false;
        }
        for (size_t j = 0; j < a->p; j++) {
            step[j] = at->gradient[j];
        }
        rsp_spd_solve(factor, a->p, step);
        double largest = 0.0, slack = 1e-12 * (1 + fabs(at->log));
        double here = at->log, share = 1.0;
        for (int k = 0; k < 60; k++, share /= 2) {
            next[a->q + 1] = theta[a->q + 1];
            for (size_t j = 0; j < a->p; j++) {
                next[j] = theta[j] + share * step[j];
            }
            if (next[a->q + 1] > 0) {
                evaluate(a, next, at);
                if (at->log >= here - slack) {
                    break;
                }
            }
        }
        for (size_t j = 0; j < a->p; j++) {
            largest = fmax(largest, fabs(next[j] - theta[j]) / (1 + fabs(theta[j])));
            theta[j] = next[j];
        }
        if (largest <= 1e-9) {
            /* Standardised: a standard error of 1000 is no estimate. */
            bool flat = false;
            for (size_t j = 0; j < a->p; j++) {
                flat = flat || !(at->information[j * a->p + j] > 1e-6);
            }
            return !flat;
        }
    }
    return false;
}

/* From standardised theta to b and ln sigma, with the covariance. */
static void report(const problem *a, const double *theta, const point *at,
                   rsp_aft *out)
{
    size_t m = a->q + 1, p = a->p;
    double factor[P_MAX * P_MAX], inverse[P_MAX * P_MAX];
    double jacobian[P_MAX * P_MAX] = {0}, s = theta[m];
    for (size_t j = 0; j < p * p; j++) {
        factor[j] = at->information[j];
    }
    (void)rsp_spd_factor(factor, p); /* it had one at the last step */
    rsp_spd_inverse(factor, p, inverse);
    double raw[P_MAX];
    raw[0] = theta[0];
    jacobian[0] = 1 / s;
    for (size_t j = 1; j < m; j++) {
        raw[j] = theta[j] / a->sd[j - 1];
        raw[0] -= raw[j] * a->mean[j - 1];
        jacobian[j] = -a->mean[j - 1] / a->sd[j - 1] / s;
        jacobian[j * p + j] = 1 / a->sd[j - 1] / s;
    }
    for (size_t j = 0; j < m && p > m; j++) {
        jacobian[j * p + m] = -raw[j] / (s * s);
    }
    size_t rows = m + 1; /* the last is zero where sigma is fixed */
    if (p > m) {
        jacobian[m * p + m] = -1 / s;
    }
    rsp_spd_sandwich(jacobian, rows, inverse, p, out->covariance);
    out->scale = 1 / s;
    out->log_scale = p > m ? -log(s) : 0.0;
    out->log_scale_se = sqrt(out->covariance[rows * rows - 1]);
    for (size_t j = 0; j < m; j++) {
        out->coef[j] = raw[j] / s;
        out->se[j] = sqrt(out->covariance[j * rows + j]);
        if (j > 0) {
            double se = sqrt(inverse[j * p + j]) / a->sd[j - 1];
            out->ratio_log_se[j] = se;
            out->ratio[j] = exp(-raw[j]);
            out->ratio_low[j] = exp(-raw[j] - RSP_Z_95 * se);
            out->ratio_high[j] = exp(-raw[j] + RSP_Z_95 * se);
        }
    }
    out->log_likelihood = at->log;
    out->estimable = true;
}

static rsp_status check_row(const rsp_interval *x, size_t i, rsp_error *err)
{
    if (!(x->left >= 0 && isfinite(x->left) && x->right >= x->left)) {
        return rsp_fail(err, RSP_RANGE,
                        "row %zu: the interval from %g to %g is none: it needs "
                        "0 <= left <= right with left finite",
                        i + 1, x->left, x->right);
    }
    if (x->right == 0) {
        return rsp_fail(err, RSP_RANGE,
                        "row %zu: an event at day 0 has no density in this "
                        "model; give the interval from 0 to the first visit",
                        i + 1);
    }
    return RSP_OK;
}

static rsp_status check(const problem *a, rsp_error *err)
{
    if (a->n == 0 || a->q > RSP_AFT_MAX) {
        return rsp_fail(err, RSP_RANGE,
                        "%zu participants and %zu covariates: a regression needs "
                        "one participant and at most %d covariates",
                        a->n, a->q, RSP_AFT_MAX);
    }
    for (size_t i = 0; i < a->n; i++) {
        rsp_status s = check_row(&a->x[i], i, err);
        if (s != RSP_OK) {
            return s;
        }
        for (size_t j = 0; j < a->q; j++) {
            if (!isfinite(a->covariates[i * a->q + j])) {
                return rsp_fail(err, RSP_RANGE,
                                "row %zu: covariate %zu is missing or infinite",
                                i + 1, j + 1);
            }
        }
    }
    return RSP_OK;
}

static void count(const problem *a, rsp_aft *out)
{
    for (size_t i = 0; i < a->n; i++) {
        const rsp_interval *x = &a->x[i];
        if (is_free(x)) {
            continue;
        }
        out->n += 1.0;
        double *of = x->left == x->right  ? &out->n_exact
                     : isinf(x->right)    ? &out->n_right
                     : x->left == 0       ? &out->n_left
                                          : &out->n_interval;
        *of += 1.0;
    }
}

/* Mean and spread over the rows with information; false: one does not vary. */
static bool standardise(problem *a, double n)
{
    for (size_t j = 0; j < a->q; j++) {
        double mean = 0.0, squares = 0.0, top = 0.0;
        for (size_t i = 0; i < a->n; i++) {
            mean += is_free(&a->x[i]) ? 0.0 : a->covariates[i * a->q + j] / n;
        }
        for (size_t i = 0; i < a->n; i++) {
            double d = a->covariates[i * a->q + j] - mean;
            squares += is_free(&a->x[i]) ? 0.0 : d * d / n;
            top = fmax(top, fabs(a->covariates[i * a->q + j]));
        }
        a->mean[j] = mean;
        a->sd[j] = sqrt(squares);
        if (!(a->sd[j] > 1e-12 * top)) {
            return false;
        }
    }
    return true;
}

static void not_estimable(rsp_aft *out, const char *reason)
{
    out->reason = reason;
    out->log_scale = out->log_scale_se = out->scale = out->log_likelihood = NAN;
    for (size_t j = 0; j <= RSP_AFT_MAX; j++) {
        out->coef[j] = out->se[j] = out->ratio[j] = NAN;
        out->ratio_low[j] = out->ratio_high[j] = out->ratio_log_se[j] = NAN;
    }
    for (size_t i = 0; i < sizeof out->covariance / sizeof *out->covariance; i++) {
        out->covariance[i] = NAN;
    }
}

rsp_status rsp_aft_fit(const rsp_interval *x, const double *covariates, size_t n,
                       size_t n_covariates, rsp_aft_family family, rsp_aft *out,
                       rsp_error *err)
{
    problem a = {.x = x, .covariates = covariates, .n = n, .q = n_covariates,
                 .p = n_covariates + (family == RSP_AFT_EXPONENTIAL ? 1 : 2),
                 .family = family};
    *out = (rsp_aft){.family = family, .n_coef = n_covariates + 1, .reason = ""};
    rsp_status s = check(&a, err);
    if (s != RSP_OK) {
        return s;
    }
    count(&a, out);
    double theta[P_MAX] = {0};
    point at;
    if (out->n == out->n_right) {
        not_estimable(out, "there are no events");
    } else if (!standardise(&a, out->n)) {
        not_estimable(out, "a covariate has the same value for everyone");
    } else {
        theta[0] = start(&a);
        theta[a.q + 1] = 1.0;
        if (maximise(&a, theta, &at)) {
            report(&a, theta, &at, out);
        } else {
            not_estimable(out, "the likelihood has no maximum: too few events or "
                               "bounded times, collinear covariates, or a group "
                               "without events");
        }
    }
    return RSP_OK;
}

/* x b, and the variance of g' (b, ln sigma) with g = scale * (1, x), last. */
static double predict(const rsp_aft *fit, const double *covariates, double scale,
                      double last, double *variance)
{
    size_t m = fit->n_coef, rows = m + 1;
    double g[P_MAX], eta = 0.0;
    for (size_t j = 0; j < m; j++) {
        double x = j ? covariates[j - 1] : 1.0;
        eta += x * fit->coef[j];
        g[j] = scale * x;
    }
    g[m] = last;
    rsp_spd_sandwich(g, 1, fit->covariance, rows, variance);
    return eta;
}

rsp_quantile rsp_aft_quantile(const rsp_aft *fit, const double *covariates,
                              double p)
{
    if (!fit->estimable || !(p > 0 && p < 1)) {
        return (rsp_quantile){NAN, NAN, NAN};
    }
    double w = rsp_aft_w_quantile(fit->family, p) * fit->scale, variance;
    double at = predict(fit, covariates, 1.0, w, &variance) + w;
    double off = RSP_Z_95 * sqrt(variance);
    return (rsp_quantile){exp(at), exp(at - off), exp(at + off)};
}

rsp_quantile rsp_aft_survival(const rsp_aft *fit, const double *covariates,
                              double t)
{
    if (!fit->estimable || !(t >= 0)) {
        return (rsp_quantile){NAN, NAN, NAN};
    }
    if (t == 0) {
        return (rsp_quantile){1, 1, 1};
    }
    double variance, eta = predict(fit, covariates, 1.0, 0.0, &variance);
    double z = (log(t) - eta) / fit->scale;
    (void)predict(fit, covariates, -1 / fit->scale, -z, &variance);
    double off = RSP_Z_95 * sqrt(variance);
    return (rsp_quantile){rsp_aft_w_survival(fit->family, z),
                          rsp_aft_w_survival(fit->family, z + off),
                          rsp_aft_w_survival(fit->family, z - off)};
}
