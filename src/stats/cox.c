#include "respite/cox.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/cox_model.h"
#include "stats/distributions.h"
#include "stats/ldl.h"

/* A covariate of which the others, or the strata, leave less than this share of
 * its information counts as their combination. */
static const double ALIAS_TOLERANCE = 1e-11;
/* The same against the information that a covariate of SD 1 might have. */
static const double NO_INFORMATION = 1e-13;

/* A robust variance that is less of the model's is rounding. */
static const double NOTHING_LEFT = 1e-14;

rsp_cox_options rsp_cox_defaults(void)
{
    return (rsp_cox_options){.ties = RSP_TIES_EFRON, .level = 0.95};
}

const char *rsp_cox_state_text(rsp_cox_state state)
{
    static const char *const texts[] = {
        [RSP_COX_ESTIMATED] = "estimated",
        [RSP_COX_NO_EVENTS] = "there are no events",
        [RSP_COX_NO_INFORMATION] = "no covariate differs among those at risk at an event",
        [RSP_COX_MONOTONE] = ("the likelihood has no maximum (a covariate orders the "
                              "events perfectly): Firth's estimate is finite"),
        [RSP_COX_NOT_CONVERGED] = "the maximum of the likelihood was not found"};
    return texts[state];
}

static rsp_status check_options(const rsp_cox_data *d, const rsp_cox_options *o, rsp_error *err)
{
    bool exact = o->ties == RSP_TIES_EXACT;
    if (!(o->level > 0 && o->level < 1)) {
        return rsp_fail(err, RSP_RANGE, "a confidence level of %g: between 0 and 1 is expected",
                        o->level);
    }
    if (exact && (d->weight || d->count)) {
        return rsp_fail(err, RSP_RANGE, "exact ties with weights: the exact likelihood knows no "
                                        "weights; use Efron's");
    }
    if (exact && (o->robust || o->firth)) {
        return rsp_fail(err, RSP_RANGE, "exact ties with %s: use Efron's or Breslow's",
                        o->robust ? "a robust variance" : "Firth's penalty");
    }
    if (o->robust && o->firth) {
        return rsp_fail(err, RSP_RANGE, "Firth's penalty with a robust variance: choose one");
    }
    return RSP_OK;
}

static rsp_cox_test test_of(double chisq, int df)
{
    return (rsp_cox_test){chisq, rsp_stats_chisq_upper(chisq, df)};
}

static rsp_status init(rsp_cox *c, size_t n_terms, rsp_error *err)
{
    c->terms = calloc(n_terms + 1, sizeof *c->terms);
    c->variance = n_terms < 1u << 15 ? calloc(n_terms * n_terms + 1, sizeof *c->variance) : NULL;
    c->factor = n_terms < 1u << 15 ? calloc(n_terms * n_terms + 1, sizeof *c->factor) : NULL;
    c->term = calloc(n_terms + 1, sizeof *c->term);
    c->beta = calloc(n_terms + 1, sizeof *c->beta);
    if (!c->terms || !c->variance || !c->factor || !c->term || !c->beta) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu covariates", n_terms);
    }
    for (size_t k = 0; k < n_terms; k++) {
        c->terms[k] = (rsp_cox_term){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 0, false};
        c->term[k] = k;
    }
    for (size_t i = 0; i < n_terms * n_terms; i++) {
        c->variance[i] = NAN;
    }
    const rsp_cox_test none = {NAN, NAN};
    c->result = (rsp_cox_result){.n = c->rows.n,
                                 .n_missing = c->rows.n_missing,
                                 .events = c->rows.events,
                                 .n_terms = n_terms,
                                 .terms = c->terms,
                                 .variance = c->variance,
                                 .loglik_null = NAN,
                                 .loglik = NAN,
                                 .likelihood_ratio = none,
                                 .wald = none,
                                 .score = none};
    return RSP_OK;
}

/* Drop covariates that depend on those before them, by the information at 0. */
static rsp_status drop_aliased(rsp_cox *c, rsp_error *err)
{
    size_t p = c->rows.p, kept = 0;
    bool *keep = calloc(p + 1, sizeof *keep);
    rsp_status s = keep ? cox_point_init(&c->at, &c->rows, 2, err)
                        : rsp_fail(err, RSP_NOMEM, "no memory for %zu covariates", p);
    if (s != RSP_OK) {
        free(keep);
        return s;
    }
    s = cox_evaluate(c, &c->at, c->beta, err);
    double weight = 0.0;
    for (size_t i = 0; i < c->rows.n; i++) {
        weight += c->rows.event[i] ? c->rows.weight[i] * c->rows.count[i] : 0.0;
    }
    memcpy(c->factor, c->at.information, p * p * sizeof *c->factor);
    for (size_t k = 0; k < p; k++) {
        double *own = &c->factor[k * p + k];
        *own = *own > NO_INFORMATION * weight ? *own : 0.0;
    }
    rsp_ldl_factor(p, c->factor, ALIAS_TOLERANCE, keep);
    for (size_t k = 0; k < p; k++) {
        c->terms[k].aliased = keep[k];
        keep[k] = !keep[k];
        if (keep[k]) {
            c->term[kept++] = k;
        }
    }
    cox_rows_keep(&c->rows, keep);
    c->result.df = (int)kept;
    cox_point_fini(&c->at);
    free(keep);
    return s;
}

/* The null model's likelihood and, where it is one, the score test. */
static rsp_status at_null(rsp_cox *c, rsp_error *err)
{
    size_t p = c->rows.p;
    rsp_status s = cox_evaluate(c, &c->at, c->beta, err);
    if (s != RSP_OK) {
        return s;
    }
    c->result.loglik_null = c->at.log;
    memcpy(c->factor, c->at.information, p * p * sizeof *c->factor);
    rsp_ldl_factor(p, c->factor, 0.0, NULL);
    double *score = calloc(p + 1, sizeof *score);
    if (!score) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu covariates", p);
    }
    memcpy(score, c->at.score, p * sizeof *score);
    if (!c->options.firth) {
        c->result.score = test_of(rsp_ldl_form(p, c->factor, score), (int)p);
    }
    free(score);
    return RSP_OK;
}

static double quadratic(size_t p, const double *matrix, const double *x)
{
    double total = 0.0;
    for (size_t a = 0; a < p; a++) {
        for (size_t b = 0; b < p; b++) {
            total += x[a] * matrix[a * p + b] * x[b];
        }
    }
    return total;
}

/* Numbers of the terms, in the user's units, from the standardised ones. */
static void fill_terms(rsp_cox *c, const double *model, const double *chosen)
{
    size_t p = c->rows.p, n = c->result.n_terms;
    double z = rsp_stats_normal_quantile(0.5 + c->options.level / 2);
    for (size_t a = 0; a < p; a++) {
        rsp_cox_term *t = &c->terms[c->term[a]];
        double scale = c->rows.scale[a];
        t->coef = c->beta[a] / scale;
        t->model_se = sqrt(model[a * p + a]) / scale;
        t->se = sqrt(chosen[a * p + a]) / scale;
        t->hr = exp(t->coef);
        t->low = exp(t->coef - z * t->se);
        t->high = exp(t->coef + z * t->se);
        t->z = c->options.firth ? (double)NAN : t->coef / t->se;
        t->p = rsp_stats_chisq_upper(t->z * t->z, 1);
        for (size_t b = 0; b < p; b++) {
            c->variance[c->term[a] * n + c->term[b]] =
                chosen[a * p + b] / scale / c->rows.scale[b];
        }
    }
}

static rsp_status describe(rsp_cox *c, rsp_error *err)
{
    size_t p = c->rows.p;
    double *model = calloc(p * p + 1, sizeof *model), *robust = calloc(p * p + 1, sizeof *robust);
    rsp_status s = model && robust ? RSP_OK
                                   : rsp_fail(err, RSP_NOMEM, "no memory for %zu covariates", p);
    if (s == RSP_OK) {
        rsp_ldl_inverse(p, c->factor, model);
        s = c->options.robust ? cox_sandwich(c, model, robust, err) : RSP_OK;
    }
    if (s == RSP_OK) {
        for (size_t a = 0; c->options.robust && a < p; a++) {
            double *own = &robust[a * p + a];
            *own = *own > NOTHING_LEFT * model[a * p + a] ? *own : (double)NAN;
        }
        fill_terms(c, model, c->options.robust ? robust : model);
        double chisq = quadratic(p, c->at.information, c->beta);
        if (c->options.robust) {
            memcpy(model, c->beta, p * sizeof *model);
            bool regular = rsp_ldl_factor(p, robust, ALIAS_TOLERANCE, NULL) == p;
            chisq = regular ? rsp_ldl_form(p, robust, model) : (double)NAN;
        }
        c->result.wald = test_of(chisq, (int)p);
    }
    free(model);
    free(robust);
    return s;
}

static rsp_status fit(rsp_cox *c, rsp_error *err)
{
    rsp_cox_result *r = &c->result;
    r->state = RSP_COX_NO_EVENTS;
    if (!(c->rows.events > 0)) {
        return RSP_OK;
    }
    rsp_status s = drop_aliased(c, err);
    if (s != RSP_OK) {
        return s;
    }
    r->state = r->n_terms ? RSP_COX_NO_INFORMATION : RSP_COX_ESTIMATED;
    s = cox_point_init(&c->at, &c->rows, c->options.firth ? 3 : 2, err);
    s = s == RSP_OK ? at_null(c, err) : s;
    r->loglik = r->loglik_null;
    if (s != RSP_OK || c->rows.p == 0) {
        return s;
    }
    s = c->options.firth ? cox_firth_maximise(c, err) : cox_maximise(c, err);
    r->loglik = c->options.firth ? r->loglik : c->at.log;
    if (s != RSP_OK || r->state == RSP_COX_NOT_CONVERGED) {
        return s;
    }
    r->likelihood_ratio = test_of(fmax(0.0, 2 * (r->loglik - r->loglik_null)), r->df);
    s = r->state == RSP_COX_ESTIMATED ? describe(c, err) : s;
    return s == RSP_OK && c->options.firth && r->state == RSP_COX_ESTIMATED
               ? cox_firth_profile(c, err)
               : s;
}

rsp_status rsp_cox_new(const rsp_cox_data *data, const rsp_cox_options *options, rsp_cox **cox,
                       rsp_error *err)
{
    *cox = NULL;
    rsp_status s = check_options(data, options, err);
    if (s != RSP_OK) {
        return s;
    }
    rsp_cox *c = calloc(1, sizeof *c);
    if (!c) {
        return rsp_fail(err, RSP_NOMEM, "no memory for a Cox regression");
    }
    c->options = *options;
    s = cox_rows_init(&c->rows, data, err);
    s = s == RSP_OK ? init(c, data->n_covariates, err) : s;
    s = s == RSP_OK ? fit(c, err) : s;
    if (s != RSP_OK) {
        rsp_cox_free(c);
        return s;
    }
    *cox = c;
    return RSP_OK;
}

void rsp_cox_free(rsp_cox *c)
{
    if (!c) {
        return;
    }
    cox_rows_fini(&c->rows);
    cox_point_fini(&c->at);
    free(c->terms);
    free(c->variance);
    free(c->factor);
    free(c->term);
    free(c->beta);
    free(c);
}

const rsp_cox_result *rsp_cox_result_of(const rsp_cox *cox)
{
    return &cox->result;
}
