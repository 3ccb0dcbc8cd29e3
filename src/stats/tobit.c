#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/basis.h"
#include "stats/spd.h"
#include "stats/tobit_rows.h"

enum { STEPS = 100 };
/* A standard error of so many residual standard deviations (per row) means that
 * the likelihood is flat: it rises for ever towards some end. */
static const double FLAT = 1e5, SHARP = 1e8;

typedef struct fitting {
    rsp_basis basis;
    rsp_limits *y;   /* less what `centre` fits, over `scale` */
    double *centre;  /* [n_x] coefficients in the basis */
    double *at, *gradient, *information, *step; /* Olsen's parameters */
    double scale, likelihood;
} fitting;

static rsp_status check(const rsp_limits *y, const double *x, size_t n, size_t n_x,
                        rsp_error *err)
{
    if (n_x == 0 || n_x > RSP_TOBIT_MOST) {
        return rsp_fail(err, RSP_RANGE, "%zu columns: from 1 to %d are expected", n_x,
                        RSP_TOBIT_MOST);
    }
    for (size_t i = 0; i < n; i++) {
        if (!(y[i].low <= y[i].high) || y[i].low > DBL_MAX || y[i].high < -DBL_MAX) {
            return rsp_fail(err, RSP_RANGE,
                            "row %zu: limits %g and %g: low <= high is expected", i + 1,
                            y[i].low, y[i].high);
        }
        for (size_t j = 0; j < n_x; j++) {
            if (!isfinite(x[i * n_x + j])) {
                return rsp_fail(err, RSP_RANGE,
                                "row %zu, column %zu is %g: a finite number is expected",
                                i + 1, j + 1, x[i * n_x + j]);
            }
        }
    }
    return RSP_OK;
}

static void count(const rsp_limits *y, size_t n, rsp_tobit *out)
{
    for (size_t i = 0; i < n; i++) {
        bool low = isfinite(y[i].low), high = isfinite(y[i].high);
        out->n_values += low && high && y[i].low == y[i].high;
        out->n_between += low && high && y[i].low < y[i].high;
        out->n_left += high && !low;
        out->n_right += low && !high;
    }
}

static double stand_in(rsp_limits y)
{
    return isfinite(y.low) && isfinite(y.high) ? y.low + (y.high - y.low) / 2
           : isfinite(y.low)                   ? y.low
           : isfinite(y.high)                  ? y.high
                                               : 0;
}

/* Take off what least squares fits to the stand-ins, so that Newton's matrix is
 * well conditioned whatever the units. */
static void centre(fitting *f, const rsp_limits *y, double *work)
{
    const rsp_basis *b = &f->basis;
    double squares = 0, size = 0;
    for (size_t i = 0; i < b->n; i++) {
        work[i] = stand_in(y[i]);
        size += work[i] * work[i];
    }
    rsp_basis_project(b, work, f->centre);
    for (size_t i = 0; i < b->n; i++) {
        double fit = 0;
        for (size_t j = 0; j < b->n_x; j++) {
            fit += f->centre[j] * b->q[i * b->n_x + j];
        }
        f->y[i] = (rsp_limits){y[i].low - fit, y[i].high - fit};
        squares += (work[i] - fit) * (work[i] - fit);
    }
    double n = (double)b->n, least = 1e-7 * sqrt(size / n);
    f->scale = fmax(sqrt(squares / n), least);
    f->scale = f->scale > 0 ? f->scale : 1;
    for (size_t i = 0; i < b->n; i++) {
        f->y[i].low /= f->scale;
        f->y[i].high /= f->scale;
    }
}

static double size_of_step(const fitting *f, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += f->step[i] * f->gradient[i];
    }
    return sum;
}

/* At most the whole step; 1 / sigma stays positive, and the likelihood rises. */
static void take_step(fitting *f, const rsp_tobit_rows *rows, double rise, double *trial)
{
    size_t n = rows->n_x + 1;
    double t = 1;
    for (int halving = 0; halving < 60; halving++, t /= 2) {
        for (size_t i = 0; i < n; i++) {
            trial[i] = f->at[i] + t * f->step[i];
        }
        /* Close to the top the rise is lost in rounding, and the step is safe. */
        if (trial[n - 1] > 0 &&
            (rise < 1e-6 ||
             rsp_tobit_likelihood(rows, trial, NULL, NULL) >= f->likelihood + t * rise / 4)) {
            break;
        }
    }
    memcpy(f->at, trial, n * sizeof *trial);
}

/* Newton's method; the reason why it has no answer, or NULL.  Leaves the inverse
 * information in `information`. */
static const char *climb(fitting *f, const rsp_tobit_rows *rows, double *work)
{
    size_t n = rows->n_x + 1;
    double rise = INFINITY;
    for (int i = 0; i < STEPS && rise > 1e-20; i++) {
        f->likelihood = rsp_tobit_likelihood(rows, f->at, f->gradient, f->information);
        memcpy(work, f->information, n * n * sizeof *work);
        memcpy(f->step, f->gradient, n * sizeof *f->step);
        if (!rsp_spd_factor(work, n)) {
            return "the likelihood has no maximum: it is flat in some direction";
        }
        rsp_spd_solve(work, n, f->step);
        rise = size_of_step(f, n);
        take_step(f, rows, rise, work);
        if (!(f->at[n - 1] < SHARP)) {
            return "the values are fitted exactly: there is no residual spread";
        }
    }
    f->likelihood = rsp_tobit_likelihood(rows, f->at, f->gradient, f->information);
    memcpy(work, f->information, n * n * sizeof *work);
    if (!(rise < 1e-10) || !rsp_spd_factor(work, n)) {
        return "the likelihood has no maximum: a coefficient runs away";
    }
    rsp_spd_inverse(work, n, f->information);
    for (size_t i = 0; i < n; i++) {
        if (!(f->information[i * n + i] * (double)(i + 1 < n ? 1 : n) < FLAT * FLAT)) {
            return "the likelihood has no maximum: a coefficient runs away";
        }
    }
    return NULL;
}

/* From (g, h) of the basis to (coef, log sigma) of x: coef = r^-1 (centre +
 * scale g / h), log sigma = log scale - log h. */
static void report(const fitting *f, double *jacobian, rsp_tobit *out)
{
    size_t p = f->basis.n_x, n = p + 1;
    double h = f->at[p];
    rsp_basis_inverse(&f->basis, out->vcov); /* [p][p], for now */
    for (size_t i = 0; i < p; i++) {
        double by_h = 0;
        out->coef[i] = 0;
        for (size_t j = 0; j < p; j++) {
            double r = out->vcov[i * p + j];
            out->coef[i] += r * (f->centre[j] + f->scale * f->at[j] / h);
            jacobian[i * n + j] = r * f->scale / h;
            by_h -= r * f->scale * f->at[j] / (h * h);
        }
        jacobian[i * n + p] = by_h;
    }
    for (size_t j = 0; j < p; j++) {
        jacobian[p * n + j] = 0;
    }
    jacobian[p * n + p] = -1 / h;
    rsp_spd_sandwich(jacobian, n, f->information, n, out->vcov);
    for (size_t i = 0; i < n; i++) {
        out->se[i] = sqrt(out->vcov[i * n + i]);
    }
    out->sigma = f->scale / h;
    out->log_likelihood = f->likelihood - (double)out->n_values * log(f->scale);
    out->estimable = true;
}

static void fill_nan(double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = NAN;
    }
}

static const char *impossible(const rsp_tobit *out, const rsp_basis *b)
{
    if (out->n_values + out->n_between + out->n_left + out->n_right == 0) {
        return "no row says anything";
    }
    if (b->dependent < b->n_x) {
        return "columns of the design depend on one another";
    }
    if (out->n_values + out->n_between == 0 && (out->n_left == 0 || out->n_right == 0)) {
        return "every row is censored on the same side";
    }
    return NULL;
}

static void fit_in_memory(fitting *f, const rsp_limits *y, double *work, rsp_tobit *out)
{
    out->reason = impossible(out, &f->basis);
    if (out->reason) {
        return;
    }
    centre(f, y, work);
    rsp_tobit_rows rows = {f->y, f->basis.q, f->basis.n, f->basis.n_x};
    f->at[f->basis.n_x] = 1;
    out->reason = climb(f, &rows, work);
    if (!out->reason) {
        report(f, work, out);
        out->reason = "";
    }
}

rsp_status rsp_tobit_fit(const rsp_limits *y, const double *x, size_t n, size_t n_x,
                         rsp_tobit *out, rsp_error *err)
{
    *out = (rsp_tobit){.n = n, .n_x = n_x, .sigma = NAN, .log_likelihood = NAN,
                       .reason = ""};
    rsp_status s = check(y, x, n, n_x, err);
    if (s != RSP_OK) {
        return s;
    }
    size_t k = n_x + 1, most = n > k * k ? n : k * k;
    fitting f = {0};
    double *work = calloc(most, sizeof *work);
    double *olsen = calloc(k * (k + 4), sizeof *olsen);
    f.y = calloc(n + 1, sizeof *f.y);
    out->coef = calloc(n_x, sizeof *out->coef);
    out->se = calloc(k, sizeof *out->se);
    out->vcov = calloc(k * k, sizeof *out->vcov);
    if (work && olsen && f.y && out->coef && out->se && out->vcov &&
        rsp_basis_init(&f.basis, x, n, n_x)) {
        f.at = olsen;
        f.gradient = olsen + k;
        f.step = olsen + 2 * k;
        f.centre = olsen + 3 * k;
        f.information = olsen + 4 * k;
        fill_nan(out->coef, n_x);
        fill_nan(out->se, k);
        fill_nan(out->vcov, k * k);
        count(y, n, out);
        fit_in_memory(&f, y, work, out);
    } else {
        rsp_tobit_fini(out);
        s = rsp_fail(err, RSP_NOMEM, "no memory for a regression of %zu rows", n);
    }
    rsp_basis_fini(&f.basis);
    free(f.y);
    free(olsen);
    free(work);
    return s;
}

void rsp_tobit_fini(rsp_tobit *fit)
{
    free(fit->coef);
    free(fit->se);
    free(fit->vcov);
    fit->coef = fit->se = fit->vcov = NULL;
}
