/* Firth's penalised partial likelihood (Firth 1993; Heinze & Schemper 2001,
 * Biometrics 57: 114-119): log L + 1/2 log |I|, with score
 * U_c + 1/2 tr(I^-1 dI/dbeta_c), and limits by its profile. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/cox_model.h"
#include "stats/distributions.h"
#include "stats/ldl.h"

/* In standard deviations of x.  The steps leave out the penalty's own curvature,
 * so that they shrink by a constant factor only. */
static const double LAST_STEP = 1e-10;
enum { MOST_STEPS = 1000, MOST_HALVINGS = 60, MOST_PROBES = 100, NONE_HELD = -1 };

typedef struct climber {
    rsp_cox *cox;
    cox_point here, there;
    double *beta, *trial, *step;
    double *factor, *inverse;
    double units; /* log-determinant of the user's x less that of the standardised */
} climber;

static void climber_fini(climber *c)
{
    cox_point_fini(&c->here);
    cox_point_fini(&c->there);
    free(c->beta);
    free(c->trial);
    free(c->step);
    free(c->factor);
    free(c->inverse);
}

static rsp_status climber_init(climber *c, rsp_cox *cox, rsp_error *err)
{
    size_t p = cox->rows.p;
    *c = (climber){.cox = cox,
                   .beta = calloc(p, sizeof *c->beta),
                   .trial = calloc(p, sizeof *c->trial),
                   .step = calloc(p, sizeof *c->step),
                   .factor = calloc(p * p, sizeof *c->factor),
                   .inverse = calloc(p * p, sizeof *c->inverse)};
    for (size_t k = 0; k < p; k++) {
        c->units += 2 * log(cox->rows.scale[k]);
    }
    if (!(c->beta && c->trial && c->step && c->factor && c->inverse)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for Firth's likelihood");
    }
    rsp_status s = cox_point_init(&c->here, &cox->rows, 3, err);
    return s == RSP_OK ? cox_point_init(&c->there, &cox->rows, 3, err) : s;
}

/* The penalised log-likelihood and score; -inf where the information is singular. */
static void evaluate(climber *c, cox_point *at, const double *beta)
{
    size_t p = c->cox->rows.p;
    cox_point_set(at, &c->cox->rows, c->cox->options.ties == RSP_TIES_EFRON, beta);
    memcpy(c->factor, at->information, p * p * sizeof *c->factor);
    if (rsp_ldl_factor(p, c->factor, 0.0, NULL) < p) {
        at->log = -INFINITY;
        return;
    }
    at->log += (rsp_ldl_log_determinant(p, c->factor) + c->units) / 2;
    rsp_ldl_inverse(p, c->factor, c->inverse);
    for (size_t ab = 0; ab < p * p; ab++) {
        for (size_t k = 0; k < p; k++) {
            at->score[k] += c->inverse[ab] * at->third[ab * p + k] / 2;
        }
    }
}

/* The step of all coefficients but the one held; returns its largest part. */
static double find_step(climber *c, int held)
{
    size_t p = c->cox->rows.p;
    memcpy(c->factor, c->here.information, p * p * sizeof *c->factor);
    for (size_t k = 0; held != NONE_HELD && k < p; k++) {
        c->factor[k * p + (size_t)held] = c->factor[(size_t)held * p + k] = 0.0;
    }
    rsp_ldl_factor(p, c->factor, 0.0, NULL);
    memcpy(c->step, c->here.score, p * sizeof *c->step);
    rsp_ldl_solve(p, c->factor, c->step);
    double largest = 0.0;
    for (size_t k = 0; k < p; k++) {
        largest = fmax(largest, fabs(c->step[k]));
    }
    return largest;
}

/* To the highest point with beta[held] as it is, from c->beta; false: not found. */
static bool climb(climber *c, int held)
{
    size_t p = c->cox->rows.p;
    evaluate(c, &c->here, c->beta);
    for (int i = 0; i < MOST_STEPS; i++) {
        double size = find_step(c, held), share = 1.0;
        if (!isfinite(size) || !isfinite(c->here.log)) {
            return false;
        }
        if (size <= LAST_STEP) {
            return true;
        }
        double floor = c->here.log - 1e-12 * (1.0 + fabs(c->here.log));
        bool moved = false;
        for (int h = 0; !moved && h <= MOST_HALVINGS; h++, share /= 2) {
            for (size_t k = 0; k < p; k++) {
                c->trial[k] = c->beta[k] + share * c->step[k];
            }
            evaluate(c, &c->there, c->trial);
            moved = c->there.log >= floor && isfinite(c->there.log);
        }
        if (!moved) {
            return false;
        }
        memcpy(c->beta, c->trial, p * sizeof *c->beta);
        cox_point before = c->here;
        c->here = c->there;
        c->there = before;
        c->cox->result.iterations += held == NONE_HELD;
    }
    return false;
}

rsp_status cox_firth_maximise(rsp_cox *cox, rsp_error *err)
{
    size_t p = cox->rows.p;
    climber c;
    rsp_status s = climber_init(&c, cox, err);
    if (s == RSP_OK) {
        evaluate(&c, &c.here, c.beta);
        cox->result.loglik_null = c.here.log;
        bool found = climb(&c, NONE_HELD);
        cox->result.state = found ? RSP_COX_ESTIMATED : RSP_COX_NOT_CONVERGED;
        cox->result.loglik = c.here.log;
        memcpy(cox->beta, c.beta, p * sizeof *cox->beta);
        cox_point_set(&cox->at, &cox->rows, cox->options.ties == RSP_TIES_EFRON, cox->beta);
        memcpy(cox->factor, cox->at.information, p * p * sizeof *cox->factor);
        rsp_ldl_factor(p, cox->factor, 0.0, NULL);
    }
    climber_fini(&c);
    return s;
}

/* The root of twice the fall of the profile, less `z`, at beta[k] = at.  The
 * coefficients that are not held go on from where they were. */
static double fall(climber *c, size_t k, double at, double z)
{
    c->beta[k] = at;
    if (!climb(c, (int)k)) {
        return NAN;
    }
    return sqrt(fmax(0.0, 2 * (c->cox->result.loglik - c->here.log))) - z;
}

/* The end of the interval of beta[k] on the side of `sign`: false position with
 * the Illinois correction on a function that is all but linear. */
static double limit(climber *c, size_t k, double sign, double se, double z)
{
    size_t p = c->cox->rows.p;
    memcpy(c->beta, c->cox->beta, p * sizeof *c->beta);
    double inside = c->beta[k], below = -z, reach = z * se;
    double outside = inside + sign * reach, above = fall(c, k, outside, z);
    for (int i = 0; above < 0 && i < MOST_HALVINGS; i++) {
        inside = outside;
        below = above;
        reach *= 2;
        outside += sign * reach;
        above = fall(c, k, outside, z);
    }
    for (int i = 0; above > 0 && i < MOST_PROBES; i++) {
        double at = inside + (outside - inside) * below / (below - above);
        if (fabs(outside - inside) <= 1e-12 * (1.0 + fabs(at)) || at == inside || at == outside) {
            return at;
        }
        double here = fall(c, k, at, z);
        if (fabs(here) <= 1e-10) {
            return at;
        }
        if (here < 0) {
            inside = at;
            below = here;
            above /= 2;
        } else { /* NaN ends the loop by `above` */
            outside = at;
            above = here;
            below /= 2;
        }
    }
    return NAN;
}

rsp_status cox_firth_profile(rsp_cox *cox, rsp_error *err)
{
    climber c;
    rsp_status s = climber_init(&c, cox, err);
    /* The root of chi-square with one df is the normal quantile. */
    double z = rsp_stats_normal_quantile(0.5 + cox->options.level / 2);
    for (size_t k = 0; s == RSP_OK && k < cox->rows.p; k++) {
        rsp_cox_term *t = &cox->terms[cox->term[k]];
        double scale = cox->rows.scale[k];
        t->low = exp(limit(&c, k, -1.0, t->se * scale, z) / scale);
        t->high = exp(limit(&c, k, 1.0, t->se * scale, z) / scale);
        memcpy(c.beta, cox->beta, cox->rows.p * sizeof *c.beta);
        double root = fall(&c, k, 0.0, 0.0);
        t->p = rsp_stats_chisq_upper(root * root, 1);
    }
    climber_fini(&c);
    return s;
}
