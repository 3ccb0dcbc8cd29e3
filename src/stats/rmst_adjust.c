/* Restricted mean survival time adjusted for covariates (Tian, Zhao & Wei 2014,
 * Biostatistics 15: 222-233, sections 2 and 3, identity link). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "respite/stats.h"
#include "stats/distributions.h"
#include "stats/ldl.h"

/* survRM2's floor under the probability of being uncensored. */
static const double LEAST_UNCENSORED = 0.001;
static const double TOLERANCE = 1e-11;

typedef struct row {
    double y;       /* min(time, tau) */
    bool known;     /* an event, or at risk at tau: min(T, tau) is known */
    bool treated;
    size_t origin;
    double weight;  /* inverse probability of being known */
} row;

typedef struct fit {
    size_t n, p; /* p: intercept, arm, covariates */
    row *rows;   /* by arm, then y */
    double *design; /* [n][p] in their order */
    double *score;  /* [n][p] weighted residual times design, then influence */
    double *tail;   /* [n][p] sums of score over those of the arm with the same y or more */
    double *matrix, *beta, *square;
    double *work;   /* [3 p] */
} fit;

static int by_arm_then_time(const void *a, const void *b)
{
    const row *x = a, *y = b;
    if (x->treated != y->treated) {
        return x->treated ? 1 : -1;
    }
    if (x->y != y->y) {
        return x->y < y->y ? -1 : 1;
    }
    return (x->origin > y->origin) - (x->origin < y->origin);
}

static void fit_fini(fit *f)
{
    free(f->rows);
    free(f->design);
    free(f->score);
    free(f->tail);
    free(f->matrix);
    free(f->beta);
    free(f->square);
    free(f->work);
}

static rsp_status fit_init(fit *f, const rsp_rmst_data *d, rsp_error *err)
{
    size_t p = d->n_covariates + 2, cells = d->n * p + 1;
    *f = (fit){.p = p,
               .rows = calloc(d->n + 1, sizeof *f->rows),
               .design = calloc(cells, sizeof *f->design),
               .score = calloc(cells, sizeof *f->score),
               .tail = calloc(cells, sizeof *f->tail),
               .matrix = calloc(p * p, sizeof *f->matrix),
               .beta = calloc(p, sizeof *f->beta),
               .square = calloc(p * p, sizeof *f->square),
               .work = calloc(3 * p, sizeof *f->work)};
    if (!f->rows || !f->design || !f->score || !f->tail || !f->matrix || !f->beta || !f->square ||
        !f->work) {
        return rsp_fail(err, RSP_NOMEM, "no memory for a regression on %zu rows", d->n);
    }
    return RSP_OK;
}

/* Covariates less their means: the arm's coefficient is the same, the rounding is
 * less. */
static void centre(fit *f)
{
    for (size_t k = 2; k < f->p; k++) {
        double sum = 0.0;
        for (size_t i = 0; i < f->n; i++) {
            sum += f->design[i * f->p + k] / (double)f->n;
        }
        for (size_t i = 0; i < f->n; i++) {
            f->design[i * f->p + k] -= sum;
        }
    }
}

static rsp_status read_rows(fit *f, const rsp_rmst_data *d, double tau, size_t *n_missing,
                            rsp_error *err)
{
    for (size_t i = 0; i < d->n; i++) {
        if (!(d->time[i] >= 0 && isfinite(d->time[i]))) {
            return rsp_fail(err, RSP_RANGE,
                            "row %zu: the time is %g: a finite number of days >= 0 is expected",
                            i + 1, d->time[i]);
        }
        bool missing = false;
        for (size_t k = 0; k < d->n_covariates; k++) {
            double x = d->x[i * d->n_covariates + k];
            if (isinf(x)) {
                return rsp_fail(err, RSP_RANGE, "row %zu: a covariate is infinite", i + 1);
            }
            missing = missing || isnan(x);
        }
        *n_missing += missing;
        if (!missing) {
            f->rows[f->n++] = (row){.y = fmin(d->time[i], tau),
                                    .known = d->event[i] || d->time[i] >= tau,
                                    .treated = d->treated[i],
                                    .origin = i};
        }
    }
    qsort(f->rows, f->n, sizeof *f->rows, by_arm_then_time);
    for (size_t i = 0; i < f->n; i++) {
        double *x = f->design + i * f->p;
        x[0] = 1.0;
        x[1] = f->rows[i].treated;
        for (size_t k = 0; k < d->n_covariates; k++) {
            x[2 + k] = d->x[f->rows[i].origin * d->n_covariates + k];
        }
    }
    centre(f);
    return RSP_OK;
}

static size_t same_time(const fit *f, size_t i, size_t end)
{
    size_t to = i;
    while (to < end && f->rows[to].y == f->rows[i].y) {
        to++;
    }
    return to;
}

/* Weights of the rows [begin, end) of an arm, by the curve of its censoring. */
static void weigh(fit *f, size_t begin, size_t end)
{
    double uncensored = 1.0;
    for (size_t i = begin; i < end;) {
        size_t to = same_time(f, i, end), censored = 0;
        for (size_t j = i; j < to; j++) {
            censored += !f->rows[j].known;
        }
        uncensored *= 1.0 - (double)censored / (double)(end - i);
        for (; i < to; i++) {
            f->rows[i].weight = f->rows[i].known ? 1.0 / fmax(uncensored, LEAST_UNCENSORED) : 0.0;
        }
    }
}

/* Weighted least squares; false where the design is singular. */
static bool regress(fit *f)
{
    size_t p = f->p;
    for (size_t i = 0; i < f->n; i++) {
        const double *x = f->design + i * p;
        double w = f->rows[i].weight;
        for (size_t a = 0; a < p; a++) {
            f->beta[a] += w * x[a] * f->rows[i].y;
            for (size_t b = 0; b < p; b++) {
                f->matrix[a * p + b] += w * x[a] * x[b];
            }
        }
    }
    if (rsp_ldl_factor(p, f->matrix, TOLERANCE, NULL) < p) {
        return false;
    }
    rsp_ldl_solve(p, f->matrix, f->beta);
    for (size_t i = 0; i < f->n; i++) {
        const double *x = f->design + i * p;
        double residual = f->rows[i].y;
        for (size_t a = 0; a < p; a++) {
            residual -= x[a] * f->beta[a];
        }
        for (size_t a = 0; a < p; a++) {
            f->score[i * p + a] = f->rows[i].weight * residual * x[a];
        }
    }
    return true;
}

/* Add to the scores of an arm what estimating its curve of censoring adds: of one
 * who is censored, the mean score of those then at risk; less that of each who was
 * censored up to one's time, divided by their number again. */
static void add_censoring(fit *f, size_t begin, size_t end)
{
    size_t p = f->p;
    double *sum = f->work, *drift = sum + p;
    memset(f->work, 0, 2 * p * sizeof *f->work);
    for (size_t i = end; i-- > begin;) {
        for (size_t a = 0; a < p; a++) {
            sum[a] += f->score[i * p + a];
            f->tail[i * p + a] = sum[a];
        }
    }
    for (size_t i = begin; i < end;) {
        size_t to = same_time(f, i, end), censored = 0;
        double n = (double)(end - i);
        const double *tail = f->tail + i * p;
        for (size_t j = i; j < to; j++) {
            censored += !f->rows[j].known;
        }
        for (size_t a = 0; a < p; a++) {
            drift[a] += (double)censored * tail[a] / (n * n);
        }
        for (; i < to; i++) {
            for (size_t a = 0; a < p; a++) {
                f->score[i * p + a] += (f->rows[i].known ? 0.0 : tail[a] / n) - drift[a];
            }
        }
    }
}

/* The variance of the arm's coefficient: row 1 of A^-1 (sum of squares) A^-1 with
 * A the design's own squares, to which the weighted ones tend. */
static double variance_of_arm(fit *f)
{
    size_t p = f->p;
    double *inverse = f->work; /* row 1 of it */
    memset(f->matrix, 0, p * p * sizeof *f->matrix);
    for (size_t i = 0; i < f->n; i++) {
        for (size_t a = 0; a < p; a++) {
            for (size_t b = 0; b < p; b++) {
                f->matrix[a * p + b] += f->design[i * p + a] * f->design[i * p + b];
                f->square[a * p + b] += f->score[i * p + a] * f->score[i * p + b];
            }
        }
    }
    rsp_ldl_factor(p, f->matrix, TOLERANCE, NULL);
    memset(inverse, 0, p * sizeof *inverse);
    inverse[1] = 1.0;
    rsp_ldl_solve(p, f->matrix, inverse);
    double variance = 0.0;
    for (size_t a = 0; a < p; a++) {
        for (size_t b = 0; b < p; b++) {
            variance += inverse[a] * f->square[a * p + b] * inverse[b];
        }
    }
    return variance;
}

static rsp_status check_arm(const fit *f, size_t begin, size_t end, double tau, const char *name,
                            rsp_error *err)
{
    double last = begin < end ? f->rows[end - 1].y : 0.0;
    bool ends_known = begin < end;
    for (size_t i = end; i-- > begin && f->rows[i].y == last;) {
        ends_known = ends_known && f->rows[i].known;
    }
    if (last < tau && !ends_known) {
        return rsp_fail(err, RSP_RANGE,
                        "%s: a restricted mean to day %g where observation ends at day %g: "
                        "choose a day up to that",
                        name, tau, last);
    }
    return RSP_OK;
}

rsp_status rsp_rmst_adjust(const rsp_rmst_data *d, double tau, double level,
                           rsp_rmst_adjusted *out, rsp_error *err)
{
    if (!(level > 0 && level < 1) || !(tau > 0 && isfinite(tau))) {
        return rsp_fail(err, RSP_RANGE,
                        "a restricted mean to day %g at level %g: days > 0 and a level between "
                        "0 and 1 are expected",
                        tau, level);
    }
    fit f;
    size_t missing = 0, half = 0;
    rsp_status s = fit_init(&f, d, err);
    s = s == RSP_OK ? read_rows(&f, d, tau, &missing, err) : s;
    while (half < f.n && !f.rows[half].treated) {
        half++;
    }
    s = s == RSP_OK ? check_arm(&f, 0, half, tau, "control", err) : s;
    s = s == RSP_OK ? check_arm(&f, half, f.n, tau, "treated", err) : s;
    if (s == RSP_OK) {
        weigh(&f, 0, half);
        weigh(&f, half, f.n);
        *out = (rsp_rmst_adjusted){f.n, missing, {NAN, NAN, NAN, NAN}, NAN};
        if (regress(&f)) {
            add_censoring(&f, 0, half);
            add_censoring(&f, half, f.n);
            double z = rsp_stats_normal_quantile(0.5 + level / 2), b = f.beta[1];
            out->se = sqrt(variance_of_arm(&f));
            out->difference = (rsp_contrast_estimate){
                b, b - z * out->se, b + z * out->se, rsp_stats_normal_two_sided(b / out->se)};
        }
    }
    fit_fini(&f);
    return s;
}
