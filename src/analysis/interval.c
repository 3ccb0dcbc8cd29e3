#include <math.h>
#include <stdint.h>
#include <string.h>

#include "analysis/work.h"

/* Events known to lie between two visits. */

typedef struct part { /* the rows of a group */
    rsp_interval *x;
    size_t n;
} part;

static part part_of(work *w, const frame *f, size_t g)
{
    part p = {.x = work_alloc(w, f->n, sizeof *p.x)};
    for (size_t i = 0; p.x && i < f->n; i++) {
        if (f->group[i] == g) {
            p.x[p.n++] = f->interval[i];
        }
    }
    return p;
}

/* ---- The nonparametric estimate. */
static void put_pieces(table *t, const char *group, const rsp_npmle *fit)
{
    for (size_t i = 0; i < fit->n_pieces; i++) {
        const rsp_npmle_piece *p = &fit->pieces[i];
        put_text(t, "%s", group);
        put(t, p->left);
        put(t, p->right);
        put_reason(t, "not seen by the last visit");
        put(t, p->mass);
        put(t, p->s_after);
    }
}

static void put_quantiles(table *t, const options *o, const char *group, const rsp_npmle *fit)
{
    static const double usual[] = {0.25, 0.5, 0.75};
    const number_list q = o->quantiles.n ? o->quantiles : (number_list){usual, 3};
    for (size_t k = 0; k < q.n; k++) {
        rsp_interval in = rsp_npmle_quantile(fit, q.v[k]);
        put_text(t, "%s", group);
        put(t, fit->n);
        put(t, q.v[k]);
        put(t, in.left);
        put(t, in.right);
        put_reason(t, "not reached");
    }
}

static void put_days(table *t, const options *o, const char *group, const rsp_npmle *fit)
{
    for (size_t k = 0; k < o->days.n; k++) {
        rsp_npmle_value s = rsp_npmle_at(fit, o->days.v[k]);
        put_text(t, "%s", group);
        put(t, o->days.v[k]);
        put(t, s.low);
        put(t, s.high);
    }
}

static void put_npmle(work *w, const options *o, const frame *f)
{
    static const rsp_result_column pieces_columns[] = {
        {"group", "group", "", RSP_CELL_TEXT, false},
        {"left", "after", "days", RSP_CELL_NUMBER, false},
        {"right", "until", "days", RSP_CELL_NUMBER, false},
        {"mass", "share of events", "", RSP_CELL_SHARE, false},
        {"event_free", "event-free after", "", RSP_CELL_SHARE, false}};
    static const rsp_result_column quantile_columns[] = {
        {"group", "group", "", RSP_CELL_TEXT, false},
        {"n", "n", "", RSP_CELL_COUNT, false},
        {"share", "quantile", "", RSP_CELL_SHARE, false},
        {"left", "after", "days", RSP_CELL_NUMBER, false},
        {"right", "at the latest", "days", RSP_CELL_NUMBER, false}};
    static const rsp_result_column day_columns[] = {
        {"group", "group", "", RSP_CELL_TEXT, false},
        {"day", "day", "", RSP_CELL_NUMBER, false},
        {"low", "event-free, at least", "", RSP_CELL_SHARE, false},
        {"high", "at most", "", RSP_CELL_SHARE, false}};
    table quantiles = TABLE_OPEN(w, "quantiles", "Quantiles lie between", quantile_columns);
    table pieces = TABLE_OPEN(w, "pieces", "Where events lie", pieces_columns);
    table days = TABLE_OPEN(w, "days", "Event-free after so many days", day_columns);
    for (size_t g = 0; g < f->n_groups && working(w); g++) {
        part p = part_of(w, f, g);
        rsp_npmle fit = {0};
        rsp_error err = {0};
        if (work_took(w, o->at, p.n ? rsp_npmle_fit(p.x, p.n, &fit, &err) : RSP_OK, &err)) {
            put_quantiles(&quantiles, o, f->groups[g], &fit);
            put_pieces(&pieces, f->groups[g], &fit);
            put_days(&days, o, f->groups[g], &fit);
        }
        if (p.n && !fit.converged) {
            note(w, "The estimate of %s may lack %g in log-likelihood.", f->groups[g], fit.kkt);
        }
        rsp_npmle_fini(&fit);
    }
    table_close(&quantiles);
    if (o->days.n) {
        table_close(&days);
    }
    if (working(w)) {
        pieces.t->long_one = true;
        pieces.t->figure = (rsp_result_figure){.kind = RSP_FIGURE_BOXES, .x = 1, .y = 4,
                                               .at_risk = SIZE_MAX, .censored = SIZE_MAX,
                                               .x_label = "days",
                                               .y_label = "share without the event"};
    }
    table_close(&pieces);
}

/* ---- Tests between groups. */
static void put_scores(work *w, const options *o, const frame *f)
{
    static const char *const what[] = {"Sun's log-rank", "Finkelstein's", "Wilcoxon's"};
    static const char *const sources[] = {"Sun 1996", "Finkelstein 1986", "Peto and Peto 1972"};
    static const char *const methods[] = {"permutation variance", "score test"};
    static const rsp_result_column columns[] = {
        {"test", "test", "", RSP_CELL_TEXT, false},
        {"chisq", "chi-square", "", RSP_CELL_NUMBER, false},
        {"df", "df", "", RSP_CELL_COUNT, false},
        {"z", "z", "", RSP_CELL_NUMBER, false},
        {"p", "p", "", RSP_CELL_P, false}};
    rsp_interval_test out;
    rsp_error err = {0};
    rsp_status s = rsp_interval_test_groups(f->interval, f->group, f->n, f->n_groups,
                                            (rsp_interval_scores)o->scores,
                                            (rsp_interval_method)o->variance, NULL, &out, &err);
    if (!work_took(w, o->at, s, &err)) {
        return;
    }
    table t = TABLE_OPEN(w, "test", "Test between groups", columns);
    put_text(&t, "%s, %s", what[o->scores], methods[o->variance]);
    put(&t, out.chisq);
    put(&t, out.df);
    put(&t, out.z);
    put(&t, out.p);
    put_reason(&t, out.reason);
    table_close(&t);
    w->result->p = out.p;
    say(w, "Groups were compared by %s scores of the pooled estimate (%s; Fay and Shaw 2010), "
           "%s.", what[o->scores], sources[o->scores], methods[o->variance]);
}

/* ---- Regression. */
static void put_regression(work *w, const options *o, const frame *f)
{
    static const char *const names_of[] = {"Weibull", "exponential", "log-logistic"};
    static const char *const usual[] = {"arm"};
    static const rsp_result_column columns[] = {
        {"term", "term", "", RSP_CELL_TEXT, false},
        {"coef", "coefficient of log time", "", RSP_CELL_NUMBER, false},
        {"se", "standard error", "", RSP_CELL_NUMBER, false},
        {"ratio", "hazard or odds ratio", "", RSP_CELL_NUMBER, true},
        {"p", "p", "", RSP_CELL_P, false}};
    static const rsp_result_column whole[] = {
        {"n", "n", "", RSP_CELL_COUNT, false},
        {"log_scale", "log scale", "", RSP_CELL_NUMBER, false},
        {"log_scale_se", "its standard error", "", RSP_CELL_NUMBER, false},
        {"loglik", "log-likelihood", "", RSP_CELL_NUMBER, false}};
    const name_list terms = o->covariates.n ? o->covariates : (name_list){usual, 1};
    const double z = rsp_normal_quantile((1 + o->level) / 2);
    rsp_aft *fit = work_alloc(w, 1, sizeof *fit);
    rsp_error err = {0};
    design x;
    design_of(w, o, "covariates", &terms, f, false, &x);
    size_t *row = work_alloc(w, f->n, sizeof *row);
    rsp_interval *known = work_alloc(w, f->n, sizeof *known);
    if (!working(w)) {
        return;
    }
    const size_t n = design_complete(w, &x, row);
    for (size_t i = 0; i < n; i++) {
        known[i] = f->interval[row[i]];
    }
    if (!work_took(w, o->at, rsp_aft_fit(known, x.n_x ? x.x : NULL, n, x.n_x,
                                         (rsp_aft_family)(o->family - 1), fit, &err), &err)) {
        return;
    }
    table t = TABLE_OPEN(w, "terms", "Regression", columns);
    for (size_t k = 0; k <= x.n_x; k++) {
        put_text(&t, "%s", k ? x.names[k - 1] : "(intercept)");
        put(&t, fit->coef[k]);
        put_reason(&t, fit->reason);
        put(&t, fit->se[k]);
        double off = k ? exp(z * fit->ratio_log_se[k]) : (double)NAN;
        double ratio = k ? fit->ratio[k] : (double)NAN;
        put_interval(&t, ratio, ratio / off, ratio * off);
        put_reason(&t, k ? fit->reason : "");
        put(&t, k ? 2 * rsp_normal_cdf(-fabs(log(ratio) / fit->ratio_log_se[k])) : (double)NAN); /* Wald's */
        put_reason(&t, k ? fit->reason : "");
    }
    if (working(w)) {
        t.t->figure = (rsp_result_figure){.kind = RSP_FIGURE_FOREST, .x = 3, .log = true,
                                          .x_label = o->family == 3 ? "odds ratio" : "hazard ratio"};
    }
    table_close(&t);
    table m = TABLE_OPEN(w, "model", "The model as a whole", whole);
    put(&m, fit->n);
    put(&m, fit->log_scale);
    put(&m, fit->log_scale_se);
    put(&m, fit->log_likelihood);
    put_reason(&m, fit->reason);
    table_close(&m);
    say(w, "The regression is a %s model of accelerated failure times for interval-censored days "
           "(Kalbfleisch and Prentice 2002); the ratio is of %s.", names_of[o->family - 1],
        o->family == 3 ? "odds" : "hazards");
}

void run_interval(work *w, const options *o)
{
    frame f;
    frame_of_endpoint(w, o, &f);
    if (!working(w)) {
        return;
    }
    put_npmle(w, o, &f);
    say(w, "Times are known as lying between two visits; their distribution is the nonparametric "
           "maximum likelihood estimate (Peto 1973; Turnbull 1976).");
    if (f.n_groups > 1 && frame_wants_groups(w, o, &f, 2, MOST_GROUPS)) {
        put_scores(w, o, &f);
    }
    if (o->family && working(w)) {
        put_regression(w, o, &f);
    }
}
