#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/basis.h"
#include "stats/mixed_profile.h"
#include "stats/spd.h"

typedef struct mixing {
    rsp_basis basis;
    rsp_mixed_profile profile;
    size_t *member;  /* [n] which participant, from 0 in ascending order of who */
    double *centre;  /* [n_x] least squares in the basis */
    double *rest;    /* [n] y less that, over scale */
    double *storage; /* of the profile */
    double scale, z_scale[RSP_MIXED_MOST];
} mixing;

static rsp_status check(const rsp_mixed_data *d, rsp_error *err)
{
    if (d->n_x == 0 || d->n_z == 0 || d->n_z > RSP_MIXED_MOST) {
        return rsp_fail(err, RSP_RANGE,
                        "%zu fixed and %zu random columns: at least one of each and at "
                        "most %d random ones are expected", d->n_x, d->n_z, RSP_MIXED_MOST);
    }
    for (size_t i = 0; i < d->n; i++) {
        bool finite = isfinite(d->y[i]);
        for (size_t j = 0; j < d->n_x; j++) {
            finite = finite && isfinite(d->x[i * d->n_x + j]);
        }
        for (size_t j = 0; j < d->n_z; j++) {
            finite = finite && isfinite(d->z[i * d->n_z + j]);
        }
        if (!finite) {
            return rsp_fail(err, RSP_RANGE, "row %zu has a value that is no finite number",
                            i + 1);
        }
    }
    return RSP_OK;
}

static int by_who(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* out->who: each participant once; member: the place of each row's. */
static void find_members(const rsp_mixed_data *d, size_t *member, rsp_mixed *out)
{
    memcpy(out->who, d->who, d->n * sizeof *out->who);
    qsort(out->who, d->n, sizeof *out->who, by_who);
    for (size_t i = 0; i < d->n; i++) {
        if (i == 0 || out->who[i] != out->who[out->n_who - 1]) {
            out->who[out->n_who++] = out->who[i];
        }
    }
    for (size_t i = 0; i < d->n; i++) {
        const size_t *at = bsearch(&d->who[i], out->who, out->n_who, sizeof *at, by_who);
        member[i] = (size_t)(at - out->who);
    }
}

static void centre_and_scale(mixing *m, const rsp_mixed_data *d)
{
    double squares = 0, size = 0, n = (double)d->n;
    rsp_basis_project(&m->basis, d->y, m->centre);
    for (size_t i = 0; i < d->n; i++) {
        m->rest[i] = d->y[i];
        for (size_t j = 0; j < d->n_x; j++) {
            m->rest[i] -= m->centre[j] * m->basis.q[i * d->n_x + j];
        }
        squares += m->rest[i] * m->rest[i];
        size += d->y[i] * d->y[i];
    }
    m->scale = squares > 1e-26 * size ? sqrt(squares / n) : 0;
    for (size_t i = 0; i < d->n && m->scale > 0; i++) {
        m->rest[i] /= m->scale;
    }
    for (size_t k = 0; k < d->n_z; k++) {
        double sum = 0;
        for (size_t i = 0; i < d->n; i++) {
            sum += d->z[i * d->n_z + k] * d->z[i * d->n_z + k];
        }
        m->z_scale[k] = sum > 0 ? sqrt(sum / n) : 0;
    }
}

static bool profile_init(mixing *m, size_t n_who, const rsp_mixed_data *d, bool reml)
{
    size_t p = d->n_x, q = d->n_z, w = p + 1;
    size_t sizes[] = {n_who * q * q, n_who * q * w, w * w, w * w, p * p, p, (q + 1) * w};
    size_t total = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        total += sizes[i];
    }
    double *at = m->storage = calloc(total, sizeof *at);
    m->profile = (rsp_mixed_profile){.n = d->n, .n_x = p, .n_z = q, .n_who = n_who,
                                     .n_w = w, .reml = reml};
    double **array[] = {&m->profile.zz, &m->profile.zw, &m->profile.ww, &m->profile.w_v_w,
                        &m->profile.factor, &m->profile.beta, &m->profile.row};
    for (size_t i = 0; at && i < sizeof sizes / sizeof *sizes; i++) {
        *array[i] = at;
        at += sizes[i];
    }
    return m->storage != NULL;
}

static double w_of(const mixing *m, size_t row, size_t column)
{
    size_t p = m->profile.n_x;
    return column < p ? m->basis.q[row * p + column] : m->rest[row];
}

static void add_products(mixing *m, const rsp_mixed_data *d)
{
    rsp_mixed_profile *f = &m->profile;
    for (size_t i = 0; i < f->n; i++) {
        double z[RSP_MIXED_MOST], *zz = f->zz + m->member[i] * f->n_z * f->n_z;
        double *zw = f->zw + m->member[i] * f->n_z * f->n_w;
        for (size_t k = 0; k < f->n_z; k++) {
            z[k] = d->z[i * f->n_z + k] / m->z_scale[k];
        }
        for (size_t k = 0; k < f->n_z; k++) {
            for (size_t l = 0; l < f->n_z; l++) {
                zz[k * f->n_z + l] += z[k] * z[l];
            }
            for (size_t j = 0; j < f->n_w; j++) {
                zw[k * f->n_w + j] += z[k] * w_of(m, i, j);
            }
        }
        for (size_t j = 0; j < f->n_w; j++) {
            for (size_t l = 0; l < f->n_w; l++) {
                f->ww[j * f->n_w + l] += w_of(m, i, j) * w_of(m, i, l);
            }
        }
    }
}

/* nlme's rule: a column that varies within some participant is inner, the
 * intercept too; others are outer.  first [n_who]: scratch. */
static void count_freedom(const mixing *m, const rsp_mixed_data *d, size_t n_who,
                          double *first, double *df)
{
    double outer_columns = 0, inner_columns = 0, intercept = 0;
    for (size_t j = 0; j < d->n_x; j++) {
        bool constant = true, inner = false;
        for (size_t i = 0; i < d->n; i++) {
            first[m->member[i]] = d->x[i * d->n_x + j];
        }
        for (size_t i = 0; i < d->n; i++) {
            double x = d->x[i * d->n_x + j];
            constant = constant && x == d->x[j];
            inner = inner || x != first[m->member[i]];
        }
        df[j] = constant || inner;
        intercept += constant;
        inner_columns += inner;
        outer_columns += !constant && !inner;
    }
    for (size_t j = 0; j < d->n_x; j++) {
        df[j] = df[j] > 0 ? (double)(d->n - n_who) - inner_columns
                          : (double)n_who - fmin(intercept, 1) - outer_columns;
    }
}

/* The lowest of three starts: random effects as large as the residual, a tenth and
 * ten times; inf where none comes to a minimum. */
static double search(rsp_mixed_profile *f, double *theta)
{
    static const double start[] = {1, 0.1, 10};
    double best = INFINITY, trial[RSP_MIXED_THETA];
    for (int s = 0; s < 3; s++) {
        size_t at = 0;
        for (size_t i = 0; i < f->n_z; i++) {
            for (size_t j = 0; j <= i; j++) {
                trial[at++] = i == j ? start[s] : 0;
            }
        }
        double found;
        if (rsp_mixed_search(f, trial, &found) && found < best - 1e-7) {
            best = found;
            memcpy(theta, trial, at * sizeof *theta);
        }
    }
    return best;
}

static void report_random(const mixing *m, const double *theta, rsp_mixed *out)
{
    const rsp_mixed_profile *f = &m->profile;
    double lambda[RSP_MIXED_MOST * RSP_MIXED_MOST];
    size_t q = f->n_z;
    rsp_mixed_lambda(f, theta, lambda);
    out->sigma2 = f->r2 / rsp_mixed_freedom(f) * m->scale * m->scale;
    for (size_t i = 0; i < q; i++) {
        out->singular = out->singular || fabs(lambda[i * q + i]) < 1e-4; /* as lme4 */
        for (size_t j = 0; j < q; j++) {
            double sum = 0;
            for (size_t k = 0; k < q; k++) {
                sum += lambda[i * q + k] * lambda[j * q + k];
            }
            out->d[i * q + j] = sum * out->sigma2 / m->z_scale[i] / m->z_scale[j];
        }
    }
    for (size_t who = 0; who < f->n_who; who++) {
        rsp_mixed_means(f, theta, who, out->u + who * q);
        for (size_t k = 0; k < q; k++) {
            out->u[who * q + k] *= m->scale / m->z_scale[k];
        }
    }
}

static bool report_fixed(const mixing *m, rsp_mixed *out)
{
    const rsp_mixed_profile *f = &m->profile;
    size_t p = f->n_x;
    double *inverse = calloc(2 * p * p, sizeof *inverse), *back = inverse + p * p;
    if (!inverse) {
        return false;
    }
    rsp_spd_inverse(f->factor, p, inverse);
    rsp_basis_inverse(&m->basis, back);
    rsp_spd_sandwich(back, p, inverse, p, out->vcov);
    for (size_t i = 0; i < p; i++) {
        out->coef[i] = m->centre[i] + m->scale * f->beta[i];
    }
    rsp_basis_solve(&m->basis, out->coef);
    for (size_t i = 0; i < p * p; i++) {
        out->vcov[i] *= out->sigma2;
    }
    for (size_t i = 0; i < p; i++) {
        out->se[i] = sqrt(out->vcov[i * p + i]);
    }
    free(inverse);
    return true;
}

static const char *impossible(const mixing *m, const rsp_mixed_data *d, size_t n_who)
{
    bool no_z = false;
    for (size_t k = 0; k < d->n_z; k++) {
        no_z = no_z || !(m->z_scale[k] > 0);
    }
    return d->n <= d->n_x                        ? "no more rows than columns"
           : m->basis.dependent < m->basis.n_x   ? "columns of the design depend on one another"
           : d->n <= n_who * d->n_z              ? "no more rows than random effects"
           : no_z                                ? "a random column is all zeros"
           : !(m->scale > 0)                     ? "the values are fitted exactly"
                                                 : NULL;
}

static rsp_status fit(mixing *m, const rsp_mixed_data *d, rsp_mixed *out, rsp_error *err)
{
    find_members(d, m->member, out);
    out->u = calloc(out->n_who * d->n_z + 1, sizeof *out->u);
    if (!out->u || !rsp_basis_init(&m->basis, d->x, d->n, d->n_x) ||
        !profile_init(m, out->n_who, d, out->reml)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for a mixed model of %zu rows", d->n);
    }
    if (m->basis.dependent == m->basis.n_x) {
        centre_and_scale(m, d);
    }
    out->reason = impossible(m, d, out->n_who);
    if (out->reason) {
        return RSP_OK;
    }
    add_products(m, d);
    double theta[RSP_MIXED_THETA], deviance = search(&m->profile, theta);
    if (!isfinite(deviance)) {
        out->reason = "no minimum: the residual variance falls to nothing";
        return RSP_OK;
    }
    rsp_mixed_deviance(&m->profile, theta, NULL);
    count_freedom(m, d, out->n_who, m->rest, out->df);
    report_random(m, theta, out);
    if (!report_fixed(m, out)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu coefficients", d->n_x);
    }
    deviance += rsp_mixed_freedom(&m->profile) * 2 * log(m->scale);
    deviance += out->reml ? rsp_basis_log_determinant(&m->basis) : 0;
    out->log_likelihood = -deviance / 2;
    out->estimable = true;
    out->reason = "";
    return RSP_OK;
}

static void fill_nan(double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = NAN;
    }
}

rsp_status rsp_mixed_fit(const rsp_mixed_data *d, bool reml, rsp_mixed *out, rsp_error *err)
{
    *out = (rsp_mixed){.n = d->n, .n_x = d->n_x, .n_z = d->n_z, .reml = reml,
                       .sigma2 = NAN, .log_likelihood = NAN, .reason = ""};
    fill_nan(out->d, RSP_MIXED_MOST * RSP_MIXED_MOST);
    rsp_status s = check(d, err);
    if (s != RSP_OK) {
        return s;
    }
    mixing m = {0};
    size_t p = d->n_x;
    m.member = calloc(d->n + 1, sizeof *m.member);
    m.centre = calloc(p, sizeof *m.centre);
    m.rest = calloc(d->n + 1, sizeof *m.rest);
    out->who = calloc(d->n + 1, sizeof *out->who);
    out->coef = calloc(p, sizeof *out->coef);
    out->se = calloc(p, sizeof *out->se);
    out->df = calloc(p, sizeof *out->df);
    out->vcov = calloc(p * p, sizeof *out->vcov);
    if (m.member && m.centre && m.rest && out->who && out->coef && out->se && out->df &&
        out->vcov) {
        fill_nan(out->coef, p);
        fill_nan(out->se, p);
        fill_nan(out->df, p);
        fill_nan(out->vcov, p * p);
        s = fit(&m, d, out, err);
    } else {
        s = rsp_fail(err, RSP_NOMEM, "no memory for a mixed model of %zu rows", d->n);
    }
    if (s != RSP_OK) {
        rsp_mixed_fini(out);
    }
    rsp_basis_fini(&m.basis);
    free(m.storage);
    free(m.member);
    free(m.centre);
    free(m.rest);
    return s;
}

void rsp_mixed_fini(rsp_mixed *f)
{
    free(f->coef);
    free(f->se);
    free(f->vcov);
    free(f->df);
    free(f->who);
    free(f->u);
    f->coef = f->se = f->vcov = f->df = f->u = NULL;
    f->who = NULL;
}
