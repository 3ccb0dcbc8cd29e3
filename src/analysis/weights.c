#include <math.h>
#include <stdlib.h>

#include "analysis/group.h"
#include "analysis/work.h"
#include "respite/competing.h"
#include "respite/external.h"

/* Controls who were not randomised: weights by propensity, or to published means. */

/* Complete rows only: a weight needs every covariate. */
static void keep_complete(work *w, const options *o, frame *f, design *x)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++) {
        bool missing = false;
        for (size_t k = 0; k < x->n_x; k++) {
            missing |= isnan(x->x[i * x->n_x + k]);
        }
        if (missing) {
            continue;
        }
        for (size_t k = 0; k < x->n_x; k++) {
            x->x[n * x->n_x + k] = x->x[i * x->n_x + k];
        }
        ((uint32_t *)(uintptr_t)f->subject)[n] = f->subject[i];
        f->time[n] = f->time[i];
        f->event[n] = f->event[i];
        f->group[n] = f->group[i];
        f->stratum[n++] = f->stratum[i];
    }
    if (n < f->n) {
        note(w, "%zu participant%s left out for a missing covariate.", f->n - n,
             f->n - n == 1 ? " is" : "s are");
    }
    f->n = n;
    x->n = n;
    if (!n) {
        reader_fail(&w->r, o->at, RSP_DATA, "nobody has all covariates to match");
    }
}

static void put_logistic(work *w, const design *x, const rsp_logistic *fit)
{
    static const rsp_result_column columns[] = {
        {"term", "term", "", RSP_CELL_TEXT, false},
        {"coef", "coefficient", "", RSP_CELL_NUMBER, false},
        {"se", "standard error", "", RSP_CELL_NUMBER, false}};
    table t = TABLE_OPEN(w, "propensity", "Propensity: logistic regression of the group", columns);
    for (size_t k = 0; k <= x->n_x; k++) {
        put_text(&t, "%s", k ? x->names[k - 1] : "(intercept)");
        put(&t, fit->coef[k]);
        put_reason(&t, fit->reason);
        put(&t, fit->se[k]);
    }
    table_close(&t);
}

static void put_balance(work *w, const options *o, const design *x, const bool *treated,
                        const double *weight)
{
    static const rsp_result_column columns[] = {
        {"covariate", "covariate", "", RSP_CELL_TEXT, false},
        {"treated", "mean, treated", "", RSP_CELL_NUMBER, false},
        {"control", "mean, control", "", RSP_CELL_NUMBER, false},
        {"smd", "standardised difference", "", RSP_CELL_NUMBER, false},
        {"weighted_treated", "weighted, treated", "", RSP_CELL_NUMBER, false},
        {"weighted_control", "weighted, control", "", RSP_CELL_NUMBER, false},
        {"weighted_smd", "weighted difference", "", RSP_CELL_NUMBER, false}};
    rsp_balance *b = work_alloc(w, x->n_x, sizeof *b);
    rsp_error err = {0};
    if (!working(w) ||
        !work_took(w, o->at, rsp_balance_of(x->x, treated, weight, x->n, x->n_x, b, &err), &err)) {
        return;
    }
    table t = TABLE_OPEN(w, "balance", "Balance before and after weighting", columns);
    for (size_t k = 0; k < x->n_x; k++) {
        const double row[] = {b[k].mean_treated, b[k].mean_control, b[k].smd,
                              b[k].weighted_treated, b[k].weighted_control, b[k].weighted_smd};
        put_text(&t, "%s", x->names[k]);
        for (size_t i = 0; i < 6; i++) {
            put(&t, row[i]);
        }
    }
    table_close(&t);
}

static void put_sizes(work *w, const frame *f, const bool *treated, const double *weight)
{
    static const rsp_result_column columns[] = {
        {"group", "group", "", RSP_CELL_TEXT, false},
        {"n", "n", "", RSP_CELL_COUNT, false},
        {"sum", "sum of weights", "", RSP_CELL_NUMBER, false},
        {"ess", "effective size", "", RSP_CELL_NUMBER, false}};
    table t = TABLE_OPEN(w, "weights", "Weights", columns);
    for (size_t g = 0; g < 2; g++) {
        double n = 0, sum = 0;
        for (size_t i = 0; i < f->n; i++) {
            n += f->group[i] == g;
            sum += f->group[i] == g ? weight[i] : 0;
        }
        put_text(&t, "%s", f->groups[g]);
        put(&t, n);
        put(&t, sum);
        put(&t, rsp_effective_size(weight, treated, g == 1, f->n));
    }
    table_close(&t);
}

/* Weighted curves with the jackknife's error: one cause. */
static void put_weighted_curves(work *w, const options *o, const frame *f, const double *weight)
{
    static const rsp_result_column columns[] = {
        {"group", "group", "", RSP_CELL_TEXT, false},
        {"day", "day", "", RSP_CELL_NUMBER, false},
        {"event_free", "event-free, weighted", "", RSP_CELL_SHARE, true},
        {"se", "jackknife error", "", RSP_CELL_NUMBER, false}};
    rsp_competing *x = work_alloc(w, f->n, sizeof *x);
    double *mine = work_alloc(w, f->n, sizeof *mine);
    table t = TABLE_OPEN(w, "days", "Weighted Kaplan-Meier shares", columns);
    for (size_t g = 0; g < f->n_groups && working(w); g++) {
        rsp_cif fit = {0};
        rsp_error err = {0};
        size_t n = 0;
        for (size_t i = 0; i < f->n; i++) {
            if (f->group[i] == g) {
                x[n] = (rsp_competing){f->time[i], f->event[i]};
                mine[n++] = weight[i];
            }
        }
        work_took(w, o->at, n ? rsp_cif_fit(x, mine, n, 1, &fit, &err) : RSP_OK, &err);
        rsp_cif_limits(&fit, o->level);
        for (size_t k = 0; n && k < o->days.n && working(w); k++) {
            rsp_cif_value v = rsp_cif_at(&fit, 1, o->days.v[k]);
            put_text(&t, "%s", f->groups[g]);
            put(&t, o->days.v[k]);
            put_interval(&t, 1 - v.cif, 1 - v.high, 1 - v.low);
            put(&t, v.robust_se);
        }
        rsp_cif_fini(&fit);
    }
    if (o->days.n) {
        table_close(&t);
    }
}

/* The weighted Cox model is that of the group alone. */
static void put_weighted_cox(work *w, const options *o, const frame *f, const double *weight)
{
    options how = *o;
    how.covariates = (name_list){NULL, 0};
    how.robust = true;
    how.proportionality = 4;
    cox_frame(w, &how, f, weight);
}

/* Who was not randomised is for the plan to say: weights for "the treated" are of others
 * if it is the other group. */
static bool control_is_historical(work *w, const options *o, const frame *f)
{
    if (!w->plan->historical.n) {
        note(w, "The plan does not say which group is historical ('historical: ARM'): %s is the "
                "control here.", f->groups[0]);
    } else if (group_is_historical(w, o, f->groups[1]) && !group_is_historical(w, o, f->groups[0])) {
        reader_fail(&w->r, options_at(o, "control"), RSP_SYNTAX,
                    "control is '%.60s', but the plan says that '%.60s' is historical: it is the control "
                    "of a propensity analysis", f->groups[0], f->groups[1]);
    }
    return working(w);
}

void run_propensity(work *w, const options *o)
{
    static const char *const what[] = {"the average effect on all", "the effect on the treated",
                                       "the average effect on all, stabilised"};
    frame f;
    design x;
    rsp_logistic fit;
    rsp_error err = {0};
    frame_of_endpoint(w, o, &f);
    if (!frame_wants_groups(w, o, &f, 2, 2) || !control_is_historical(w, o, &f)) {
        return;
    }
    design_of(w, o, "match", &o->match, &f, false, &x);
    if (working(w)) {
        keep_complete(w, o, &f, &x);
    }
    bool *treated = work_alloc(w, f.n, sizeof *treated);
    double *p = work_alloc(w, f.n, sizeof *p), *weight = work_alloc(w, f.n, sizeof *weight);
    for (size_t i = 0; treated && i < f.n; i++) {
        treated[i] = f.group[i] == 1;
    }
    if (!working(w) || !work_took(w, options_at(o, "match"),
                                  rsp_logistic_fit(x.x, treated, f.n, x.n_x, p, &fit, &err),
                                  &err)) {
        return;
    }
    put_logistic(w, &x, &fit);
    say(w, "Participants were weighted for %s by their propensity to be in %s, a logistic "
           "regression%s.", what[o->estimand], f.groups[1],
        o->truncate > 0 ? ", extreme weights truncated (Cole and Hernan 2008)" : "");
    if (!fit.estimable) {
        note(w, "There are no weights: %s.", fit.reason);
        return;
    }
    if (work_took(w, o->at, rsp_propensity_weights(p, treated, f.n, (rsp_estimand)o->estimand,
                                                   o->truncate, weight, &err), &err)) {
        put_sizes(w, &f, treated, weight);
        put_balance(w, o, &x, treated, weight);
        put_weighted_curves(w, o, &f, weight);
        put_weighted_cox(w, o, &f, weight);
    }
}

/* ---- Weights that give the group published means. */
static void put_matched(work *w, const design *x, const options *o, const rsp_maic *fit)
{
    static const rsp_result_column columns[] = {
        {"covariate", "covariate", "", RSP_CELL_TEXT, false},
        {"target", "published mean", "", RSP_CELL_NUMBER, false},
        {"mean", "weighted mean here", "", RSP_CELL_NUMBER, false},
        {"coef", "coefficient", "", RSP_CELL_NUMBER, false}};
    static const rsp_result_column sizes[] = {
        {"n", "n", "", RSP_CELL_COUNT, false},
        {"ess", "effective size", "", RSP_CELL_NUMBER, false},
        {"largest_share", "share of the largest weight", "", RSP_CELL_SHARE, false}};
    table t = TABLE_OPEN(w, "match", "Matched means", columns);
    for (size_t k = 0; k < x->n_x; k++) {
        put_text(&t, "%s", x->names[k]);
        put(&t, o->targets.v[k]);
        put(&t, fit->mean[k]);
        put(&t, fit->coef[k]);
    }
    table_close(&t);
    table s = TABLE_OPEN(w, "weights", "Weights", sizes);
    put(&s, (double)x->n);
    put(&s, fit->ess);
    put(&s, fit->largest_share);
    table_close(&s);
}

void run_maic(work *w, const options *o)
{
    frame f;
    design x;
    rsp_maic fit;
    rsp_error err = {0};
    frame_of_endpoint(w, o, &f);
    design_of(w, o, "match", &o->match, &f, false, &x);
    if (working(w) && o->targets.n != x.n_x) {
        reader_fail(&w->r, options_at(o, "means"), RSP_SYNTAX,
                    "%zu means for %zu covariates to match; each needs its published mean",
                    o->targets.n, x.n_x);
    }
    if (!working(w)) {
        return;
    }
    keep_complete(w, o, &f, &x);
    double *weight = work_alloc(w, f.n, sizeof *weight);
    rsp_status s = working(w) ? rsp_maic_fit(x.x, f.n, x.n_x, o->targets.v, weight, &fit, &err)
                              : RSP_OK;
    say(w, "Participants were weighted so that their means are the published ones "
           "(matching-adjusted indirect comparison, Signorovitch et al. 2010).");
    if (s == RSP_DATA) { /* an answer, not a mistake: there are no such weights */
        note(w, "There are no weights: %s.", err.message);
        return;
    }
    if (!work_took(w, o->at, s, &err)) {
        return;
    }
    put_matched(w, &x, o, &fit);
    put_weighted_curves(w, o, &f, weight);
}
