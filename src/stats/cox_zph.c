/* Score test of coefficients beta + theta g(t) at theta = 0 (Grambsch & Therneau
 * 1994, Biometrika 81: 515-526, without their approximation of the variance by
 * its mean). */
#include <math.h>
#include <stdlib.h>

#include "respite/stats.h"
#include "stats/cox_model.h"
#include "stats/distributions.h"
#include "stats/ldl.h"

/* What the other terms leave of a term's information, at least. */
static const double TOLERANCE = 1e-9;

typedef struct sums { /* weighted by 1, g and g^2 */
    const cox_rows *rows;
    const double *g; /* [n_sets] */
    size_t p;
    double *score;             /* [p] */
    double *plain, *once, *twice; /* [p][p] */
} sums;

static void add_step(void *context, const cox_step *step)
{
    sums *s = context;
    double g = s->g[step->set], w = step->events;
    for (size_t a = 0; a < s->p; a++) {
        s->score[a] -= w * g * step->mean[a];
    }
    for (size_t ab = 0; ab < s->p * s->p; ab++) {
        double v = w * step->variance[ab];
        s->plain[ab] += v;
        s->once[ab] += g * v;
        s->twice[ab] += g * g * v;
    }
}

/* The curve of all rows together, without weights. */
static rsp_status pool(const cox_rows *r, rsp_km *km, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < r->n; i++) {
        s = rsp_km_add(km, r->time[i], r->event[i], r->count[i], err);
    }
    rsp_km_finish(km, RSP_BAND_PLAIN);
    return s;
}

static double transformed(const rsp_km *km, size_t i, rsp_cox_transform transform)
{
    const rsp_km_point *q = &km->points[i];
    switch (transform) {
    case RSP_TRANSFORM_KM:
        return i ? 1.0 - km->points[i - 1].s : 0.0;
    case RSP_TRANSFORM_IDENTITY:
        return q->t;
    case RSP_TRANSFORM_LOG:
        return log(q->t);
    case RSP_TRANSFORM_RANK:
        return km->n - q->at_risk + (q->events + q->censored + 1) / 2;
    }
    return NAN;
}

static size_t point_at(const rsp_km *km, double t)
{
    size_t low = 0, high = km->n_points;
    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;
        if (km->points[mid].t <= t) {
            low = mid;
        } else {
            high = mid;
        }
    }
    return low;
}

/* g of every set with events, less its mean over the events. */
static rsp_status fill_g(const cox_rows *r, rsp_cox_transform transform, double *g,
                         rsp_error *err)
{
    rsp_km km = {0};
    rsp_status s = pool(r, &km, err);
    double sum = 0.0, n = 0.0;
    for (size_t k = 0; s == RSP_OK && k < r->n_sets; k++) {
        double events = 0.0;
        for (size_t i = r->first[k]; i < r->first[k + 1]; i++) {
            events += r->event[i] ? r->count[i] : 0.0;
        }
        double t = r->time[r->first[k]];
        if (events > 0) {
            g[k] = transformed(&km, point_at(&km, t), transform);
            sum += events * g[k];
            n += events;
            if (!isfinite(g[k])) {
                s = rsp_fail(err, RSP_RANGE,
                             "an event at time %g: the logarithm of time needs times > 0", t);
            }
        }
    }
    for (size_t k = 0; s == RSP_OK && k < r->n_sets; k++) {
        bool has_event = false;
        for (size_t i = r->first[k]; i < r->first[k + 1]; i++) {
            has_event = has_event || r->event[i];
        }
        g[k] = has_event ? g[k] - sum / n : 0.0;
    }
    rsp_km_fini(&km);
    return s;
}

/* What beta leaves of theta's information: twice - once' plain^-1 once, in
 * place; rows of terms of which nothing is left become 0. */
static void project(sums *s, const double *factor, double *column)
{
    size_t p = s->p;
    for (size_t b = 0; b < p; b++) {
        for (size_t a = 0; a < p; a++) {
            column[a] = s->once[a * p + b];
        }
        rsp_ldl_solve(p, factor, column);
        double whole = s->twice[b * p + b];
        for (size_t a = 0; a < p; a++) {
            for (size_t l = 0; l < p; l++) {
                s->twice[a * p + b] -= s->once[a * p + l] * column[l];
            }
        }
        if (!(s->twice[b * p + b] > TOLERANCE * whole)) {
            s->twice[b * p + b] = 0.0; /* the factor then leaves the term out */
        }
    }
}

static void conclude(const rsp_cox *cox, sums *s, rsp_cox_test *terms, rsp_cox_test *global,
                     int *df)
{
    size_t p = s->p;
    for (size_t a = 0; a < p; a++) {
        double left = s->twice[a * p + a];
        double chisq = left > 0 ? s->score[a] * s->score[a] / left : (double)NAN;
        terms[cox->term[a]] = (rsp_cox_test){chisq, rsp_stats_chisq_upper(chisq, 1)};
    }
    *df = (int)rsp_ldl_factor(p, s->twice, TOLERANCE, NULL);
    double chisq = *df > 0 ? rsp_ldl_form(p, s->twice, s->score) : (double)NAN;
    *global = (rsp_cox_test){chisq, rsp_stats_chisq_upper(chisq, *df)};
}

static rsp_status test(const rsp_cox *cox, const double *g, rsp_cox_test *terms,
                       rsp_cox_test *global, int *df, rsp_error *err)
{
    const cox_rows *r = &cox->rows;
    size_t p = r->p;
    double *cells = calloc(3 * p * p + 2 * p + 1, sizeof *cells);
    if (!cells) {
        return rsp_fail(err, RSP_NOMEM, "no memory for a test of proportional hazards");
    }
    sums s = {.rows = r,
              .g = g,
              .p = p,
              .plain = cells,
              .once = cells + p * p,
              .twice = cells + 2 * p * p,
              .score = cells + 3 * p * p};
    for (size_t k = 0; k < r->n_sets; k++) {
        for (size_t i = r->first[k]; i < r->first[k + 1]; i++) {
            double w = r->event[i] ? g[k] * r->weight[i] * r->count[i] : 0.0;
            for (size_t a = 0; a < p; a++) {
                s.score[a] += w * r->x[i * p + a];
            }
        }
    }
    cox_point at = cox->at; /* of which the walk uses the scratch */
    cox_walk(&at, r, cox->options.ties == RSP_TIES_EFRON, 2, add_step, &s);
    rsp_ldl_factor(p, s.plain, 0.0, NULL);
    project(&s, s.plain, cells + 3 * p * p + p);
    conclude(cox, &s, terms, global, df);
    free(cells);
    return RSP_OK;
}

rsp_status rsp_cox_proportionality(const rsp_cox *cox, rsp_cox_transform transform,
                                   rsp_cox_test *terms, rsp_cox_test *global, int *df,
                                   rsp_error *err)
{
    const rsp_cox_test none = {NAN, NAN};
    for (size_t k = 0; k < cox->result.n_terms; k++) {
        terms[k] = none;
    }
    *global = none;
    *df = 0;
    if (cox->options.ties == RSP_TIES_EXACT) {
        return rsp_fail(err, RSP_RANGE, "a test of proportional hazards with exact ties: use "
                                        "Efron's or Breslow's");
    }
    if (cox->result.state != RSP_COX_ESTIMATED || cox->rows.p == 0) {
        return RSP_OK;
    }
    double *g = calloc(cox->rows.n_sets + 1, sizeof *g);
    rsp_status s = g ? fill_g(&cox->rows, transform, g, err)
                     : rsp_fail(err, RSP_NOMEM, "no memory for a test of proportional hazards");
    s = s == RSP_OK ? test(cox, g, terms, global, df, err) : s;
    free(g);
    return s;
}
