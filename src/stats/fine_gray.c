#include "stats/fine_gray.h"

#include <math.h>
#include <string.h>

#include "stats/distributions.h"
#include "stats/spd.h"
#include "stats/standardise.h"

enum { Q = RSP_FINE_GRAY_MAX };

typedef struct sums { /* over people at risk: 1, z, z z' by risk */
    double one, z[Q], zz[Q * Q];
} sums;

static void add_person(sums *s, const double *z, size_t q, double w)
{
    s->one += w;
    for (size_t a = 0; a < q; a++) {
        s->z[a] += w * z[a];
        for (size_t b = 0; b <= a; b++) {
            s->zz[a * q + b] += w * z[a] * z[b];
        }
    }
}

static void add_time(rsp_fg_problem *p, size_t i, const sums *here,
                     const sums *gone, double *log_sum, double *information)
{
    size_t q = p->q;
    double G = p->G[i], s0 = here->one + G * gone->one, d = p->events[i];
    double *mean = p->mean + i * q;
    p->s0[i] = s0;
    for (size_t a = 0; a < q; a++) {
        mean[a] = (here->z[a] + G * gone->z[a]) / s0;
        for (size_t b = 0; b <= a; b++) {
            double zz = here->zz[a * q + b] + G * gone->zz[a * q + b];
            information[a * q + b] += d * (zz / s0 - mean[a] * mean[b]);
        }
    }
    *log_sum += d * log(s0);
}

double rsp_fg_evaluate(rsp_fg_problem *p, const double *beta, double *gradient,
                       double *information)
{
    size_t q = p->q;
    double log = 0.0, log_sum = 0.0;
    sums here = {0}, gone = {0};
    memset(gradient, 0, q * sizeof *gradient);
    memset(information, 0, q * q * sizeof *information);
    for (size_t i = 0; i < p->n; i++) {
        double eta = 0.0;
        for (size_t a = 0; a < q; a++) {
            eta += p->z[i * q + a] * beta[a];
        }
        p->risk[i] = exp(eta);
        log += p->x[i].cause == p->cause ? eta : 0.0;
        if (p->x[i].cause == p->cause) {
            for (size_t a = 0; a < q; a++) {
                gradient[a] += p->z[i * q + a];
            }
        }
    }
    /* Who had another event is at risk for ever, later with less weight; so the
     * people of a time are added to `gone` from the front in a first pass, and
     * the sums of those still here come from the back in a second. */
    size_t at = p->n;
    for (size_t i = p->n; i-- > 0;) {
        size_t row = p->rows->order[i];
        if (p->x[row].cause > 0 && p->x[row].cause != p->cause) {
            add_person(&gone, p->z + row * q, q,
                       p->risk[row] / p->G[p->rows->time_of[row]]);
        }
    }
    for (size_t i = p->m; i-- > 0;) {
        for (; at > 0 && p->rows->time_of[p->rows->order[at - 1]] == i; at--) {
            size_t row = p->rows->order[at - 1];
            add_person(&here, p->z + row * q, q, p->risk[row]);
            if (p->x[row].cause > 0 && p->x[row].cause != p->cause) {
                add_person(&gone, p->z + row * q, q,
                           -p->risk[row] / p->G[i]);
            }
        }
        if (p->events[i] > 0) {
            add_time(p, i, &here, &gone, &log_sum, information);
        }
    }
    for (size_t i = 0; i < p->m; i++) {
        for (size_t a = 0; a < q && p->events[i] > 0; a++) {
            gradient[a] -= p->events[i] * p->mean[i * q + a];
        }
    }
    for (size_t a = 0; a < q; a++) {
        for (size_t b = 0; b < a; b++) {
            information[b * q + a] = information[a * q + b];
        }
    }
    return log - log_sum;
}

/* Where a group has no events beta runs away while the curvature fades; a
 * standard error of 1000 a standard deviation is no estimate either. */
static bool is_flat(const double *information, size_t q)
{
    for (size_t a = 0; a < q; a++) {
        if (!(information[a * q + a] > 1e-6)) {
            return true;
        }
    }
    return false;
}

/* Newton's method with halved steps; false: no maximum. */
static bool maximise(rsp_fg_problem *p, double *beta, double *log_like,
                     double *information)
{
    size_t q = p->q;
    double gradient[Q], next[Q], factor[Q * Q];
    double here = rsp_fg_evaluate(p, beta, gradient, information);
    for (int i = 0; i < 50; i++) {
        memcpy(factor, information, q * q * sizeof *factor);
        if (!isfinite(here) || !rsp_spd_factor(factor, q)) {
            return false;
        }
        double step[Q], largest = 0.0, share = 1.0, there = here;
        double slack = 1e-12 * (1 + fabs(here));
        memcpy(step, gradient, q * sizeof *step);
        rsp_spd_solve(factor, q, step);
        for (int k = 0; k < 60; k++, share /= 2) {
            for (size_t a = 0; a < q; a++) {
                next[a] = beta[a] + share * step[a];
            }
            there = rsp_fg_evaluate(p, next, gradient, information);
            if (there >= here - slack) {
                break;
            }
        }
        for (size_t a = 0; a < q; a++) {
            largest = fmax(largest, fabs(next[a] - beta[a]) / (1 + fabs(beta[a])));
            beta[a] = next[a];
        }
        here = there;
        if (largest <= 1e-9) {
            *log_like = here;
            return !is_flat(information, q);
        }
    }
    return false;
}

static void report(const double *beta, const double *information,
                   const double *meat, const double *sd, rsp_fine_gray *out)
{
    size_t q = out->n_coef;
    double factor[Q * Q], inverse[Q * Q], robust[Q * Q];
    memcpy(factor, information, q * q * sizeof *factor);
    (void)rsp_spd_factor(factor, q); /* it had one at the last step */
    rsp_spd_inverse(factor, q, inverse);
    rsp_spd_sandwich(inverse, q, meat, q, robust);
    for (size_t a = 0; a < q; a++) {
        double b = beta[a] / sd[a], se = sqrt(robust[a * q + a]) / sd[a];
        out->coef[a] = b;
        out->se[a] = se;
        out->information_se[a] = sqrt(inverse[a * q + a]) / sd[a];
        out->ratio[a] = exp(b);
        out->low[a] = exp(b - RSP_Z_95 * se);
        out->high[a] = exp(b + RSP_Z_95 * se);
        out->p[a] = rsp_stats_normal_two_sided(b / se);
    }
    out->estimable = true;
}

/* The Kaplan-Meier curve of censoring just before each time, and the counts. */
static void tabulate(const rsp_fg_problem *p, double *G, double *events,
                     double *leaving, double *censored)
{
    for (size_t i = 0; i < p->n; i++) {
        size_t t = p->rows->time_of[i];
        leaving[t] += 1.0;
        censored[t] += p->x[i].cause == 0;
        events[t] += p->x[i].cause == p->cause;
    }
    double s = 1.0, n = (double)p->n;
    for (size_t t = 0; t < p->m; t++) {
        G[t] = s;
        s *= 1 - censored[t] / n;
        n -= leaving[t];
    }
}

static rsp_status check(const double *covariates, size_t n, size_t q,
                        uint32_t cause, rsp_error *err)
{
    if (q < 1 || q > Q || cause < 1) {
        return rsp_fail(err, RSP_RANGE,
                        "%zu covariates for cause %u: it takes 1 to %d, and a "
                        "cause from 1",
                        q, cause, Q);
    }
    return rsp_stats_check_finite(covariates, n, q, err);
}

static rsp_status fit(rsp_fg_problem *p, const double *sd, rsp_fine_gray *out,
                      rsp_error *err)
{
    double beta[Q] = {0}, gradient[Q], information[Q * Q], meat[Q * Q];
    out->log_likelihood_null = rsp_fg_evaluate(p, beta, gradient, information);
    if (!maximise(p, beta, &out->log_likelihood, information)) {
        out->reason = "the likelihood has no maximum: collinear covariates, or a "
                      "group without events";
        out->log_likelihood = NAN;
        return RSP_OK;
    }
    rsp_status s = rsp_fg_residuals(p, meat, err);
    if (s == RSP_OK) {
        report(beta, information, meat, sd, out);
    }
    return s;
}

rsp_status rsp_fine_gray_fit(const rsp_competing *x, const double *covariates,
                             size_t n, size_t n_covariates, uint32_t cause,
                             rsp_fine_gray *out, rsp_error *err)
{
    rsp_competing_rows rows = {0};
    rsp_arena *arena = NULL;
    size_t q = n_covariates;
    double mean[Q], sd[Q];
    *out = (rsp_fine_gray){.n_coef = q, .n = (double)n, .reason = "",
                           .log_likelihood = NAN, .log_likelihood_null = NAN};
    for (size_t a = 0; a < Q; a++) {
        out->coef[a] = out->se[a] = out->information_se[a] = out->ratio[a] = NAN;
        out->low[a] = out->high[a] = out->p[a] = NAN;
    }
    rsp_status s = check(covariates, n, q, cause, err);
    if (s == RSP_OK) {
        s = rsp_competing_rows_init(&rows, x, n, err);
    }
    if (s != RSP_OK) {
        return s;
    }
    size_t m = rows.n_times;
    arena = rsp_arena_new();
    double *of_times = arena ? rsp_arena_alloc(arena, (5 + q) * m, sizeof *of_times) : NULL;
    double *of_rows = arena ? rsp_arena_alloc(arena, (1 + q) * n, sizeof *of_rows) : NULL;
    if (!of_times || !of_rows) {
        s = rsp_fail(err, RSP_NOMEM, "no memory for %zu observations", n);
        goto out;
    }
    rsp_fg_problem p = {.x = x, .rows = &rows, .cause = cause, .n = n, .q = q,
                        .m = m, .G = of_times, .events = of_times + m,
                        .leaving = of_times + 2 * m,
                        .censored = of_times + 3 * m, .s0 = of_times + 4 * m,
                        .mean = of_times + 5 * m, .risk = of_rows,
                        .z = of_rows + n};
    tabulate(&p, of_times, of_times + m, of_times + 2 * m, of_times + 3 * m);
    for (size_t i = 0; i < m; i++) {
        out->events += p.events[i];
    }
    if (!(out->events > 0)) {
        out->reason = "there are no events of this cause";
    } else if (!rsp_stats_standardise(covariates, n, q, of_rows + n, mean, sd)) {
        out->reason = "a covariate has the same value for everyone";
    } else {
        s = fit(&p, sd, out, err);
    }
out:
    rsp_arena_free(arena);
    rsp_competing_rows_fini(&rows);
    return s;
}
