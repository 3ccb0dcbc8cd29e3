#include <math.h>
#include <stdlib.h>

#include "analysis/work.h"
#include "respite/cox.h"

/* Cox's regression: terms, tests of the whole, proportionality, baseline. */

static const char *const ties_names[] = {"Efron's (1977)", "Breslow's (1974)",
                                         "the exact conditional (Cox 1972)"};

static const char *why_no_ratio(const rsp_cox_result *fit, const rsp_cox_term *c)
{
    return c->aliased                        ? "a combination of the terms before it"
           : fit->state != RSP_COX_ESTIMATED ? rsp_cox_state_text(fit->state)
                                             : "";
}

static void put_terms(work *w, const design *x, const rsp_cox_result *fit)
{
    static const rsp_result_column columns[] = {
        {"term", "term", "", RSP_CELL_TEXT, false},
        {"coef", "coefficient", "", RSP_CELL_NUMBER, false},
        {"se", "standard error", "", RSP_CELL_NUMBER, false},
        {"hazard_ratio", "hazard ratio", "", RSP_CELL_NUMBER, true},
        {"z", "z", "", RSP_CELL_NUMBER, false},
        {"p", "p", "", RSP_CELL_P, false}};
    table t = TABLE_OPEN(w, "terms", "Hazard ratios", columns);
    for (size_t k = 0; k < fit->n_terms; k++) {
        const rsp_cox_term *c = &fit->terms[k];
        const char *why = why_no_ratio(fit, c);
        put_text(&t, "%s", x->names[k]);
        put(&t, c->coef);
        put(&t, c->se);
        put_interval(&t, c->hr, c->low, c->high);
        put_reason(&t, why);
        put(&t, c->z);
        put(&t, c->p);
    }
    table_close(&t);
    w->result->p = fit->n_terms ? fit->terms[0].p : (double)NAN;
}

/* Who has a term that is yes or no, and who has not; all where it is a number. */
typedef struct tally { double n[2], events[2]; bool yes_or_no; } tally;

static tally tally_of(const rsp_cox_data *data, size_t term)
{
    tally c = {.yes_or_no = true};
    for (size_t i = 0; i < data->n; i++) {
        const double *x = data->x + i * data->n_covariates;
        bool missing = false;
        for (size_t k = 0; k < data->n_covariates; k++) {
            missing |= isnan(x[k]);
        }
        if (!missing) {
            size_t side = x[term] == 0 ? 1 : 0;
            c.yes_or_no &= x[term] == 0 || x[term] == 1;
            c.n[side]++;
            c.events[side] += data->event[i];
        }
    }
    return c;
}

static void put_effects(work *w, const design *x, const rsp_cox_data *data,
                        const rsp_cox_result *fit)
{
    static const rsp_result_column columns[] = {
        {"term", "term", "", RSP_CELL_TEXT, false},
        {"n", "n", "", RSP_CELL_COUNT, false},
        {"events", "events", "", RSP_CELL_COUNT, false},
        {"n_reference", "n without", "", RSP_CELL_COUNT, false},
        {"events_reference", "events without", "", RSP_CELL_COUNT, false},
        {"hazard_ratio", "hazard ratio", "", RSP_CELL_NUMBER, true},
        {"p", "p", "", RSP_CELL_P, false}};
    table t = TABLE_OPEN(w, "effects", "Participants and events of each term", columns);
    for (size_t k = 0; k < fit->n_terms && working(w); k++) {
        const rsp_cox_term *c = &fit->terms[k];
        const tally of = tally_of(data, k);
        put_text(&t, "%s", x->names[k]);
        put(&t, of.yes_or_no ? of.n[0] : of.n[0] + of.n[1]);
        put(&t, of.yes_or_no ? of.events[0] : of.events[0] + of.events[1]);
        put(&t, of.yes_or_no ? of.n[1] : (double)NAN);
        put(&t, of.yes_or_no ? of.events[1] : (double)NAN);
        put_interval(&t, c->hr, c->low, c->high);
        put_reason(&t, why_no_ratio(fit, c));
        put(&t, c->p);
        put_reason(&t, why_no_ratio(fit, c));
    }
    if (working(w)) {
        t.t->long_one = true;
        t.t->figure = (rsp_result_figure){.kind = RSP_FIGURE_FOREST, .x = 5, .log = true,
                                          .x_label = "hazard ratio"};
    }
    table_close(&t);
}

static void put_whole(work *w, const rsp_cox *cox, const rsp_cox_result *fit, bool firth)
{
    static const rsp_result_column columns[] = {
        {"n", "n", "", RSP_CELL_COUNT, false},
        {"missing", "left out", "", RSP_CELL_COUNT, false},
        {"events", "events", "", RSP_CELL_COUNT, false},
        {"df", "df", "", RSP_CELL_COUNT, false},
        {"loglik_null", "log-likelihood without", "", RSP_CELL_NUMBER, false},
        {"loglik", "log-likelihood with", "", RSP_CELL_NUMBER, false},
        {"lr_chisq", "likelihood ratio", "", RSP_CELL_NUMBER, false},
        {"lr_p", "p", "", RSP_CELL_P, false},
        {"wald_chisq", "Wald", "", RSP_CELL_NUMBER, false},
        {"wald_p", "p", "", RSP_CELL_P, false},
        {"score_chisq", "score", "", RSP_CELL_NUMBER, false},
        {"score_p", "p", "", RSP_CELL_P, false},
        {"concordance", "concordance", "", RSP_CELL_SHARE, false},
        {"concordance_se", "its standard error", "", RSP_CELL_NUMBER, false}};
    rsp_concordance c = {(double)NAN, (double)NAN, 0, 0, 0};
    rsp_error err = {0};
    work_took(w, NULL, rsp_cox_concordance(cox, &c, &err), &err);
    table t = TABLE_OPEN(w, "model", "The model as a whole", columns);
    const double row[] = {(double)fit->n, (double)fit->n_missing, fit->events, fit->df,
                          fit->loglik_null, fit->loglik, fit->likelihood_ratio.chisq,
                          fit->likelihood_ratio.p, fit->wald.chisq, fit->wald.p,
                          fit->score.chisq, fit->score.p, c.c, c.se};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        put(&t, row[i]);
        put_reason(&t, firth && i >= 10 && i < 12 ? "not with Firth's penalty" : "");
    }
    table_close(&t);
    if (fit->n_missing) {
        note(w, "%zu participant%s left out for a missing covariate.", fit->n_missing,
             fit->n_missing == 1 ? " is" : "s are");
    }
}

static void put_proportionality(work *w, const options *o, const design *x, const rsp_cox *cox)
{
    static const rsp_result_column columns[] = {
        {"term", "term", "", RSP_CELL_TEXT, false},
        {"chisq", "chi-square", "", RSP_CELL_NUMBER, false},
        {"df", "df", "", RSP_CELL_COUNT, false},
        {"p", "p", "", RSP_CELL_P, false}};
    static const char *const what[] = {"1 - S(t-)", "t", "log t", "the rank of t"};
    rsp_cox_test terms[MOST_TERMS], all;
    rsp_error err = {0};
    int df = 0;
    rsp_status s = rsp_cox_proportionality(cox, (rsp_cox_transform)o->proportionality, terms, &all,
                                           &df, &err);
    if (!work_took(w, options_at(o, "proportionality"), s, &err)) {
        return;
    }
    table t = TABLE_OPEN(w, "proportionality", "Proportionality of hazards", columns);
    for (size_t k = 0; k <= x->n_x; k++) {
        bool last = k == x->n_x;
        put_text(&t, "%s", last ? "all" : x->names[k]);
        put(&t, last ? all.chisq : terms[k].chisq);
        put(&t, last ? df : 1);
        put(&t, last ? all.p : terms[k].p);
        put_reason(&t, "not estimable");
    }
    table_close(&t);
    say(w, "Proportionality was tested against coefficients that change with %s (Grambsch and "
           "Therneau 1994).", what[o->proportionality]);
}

static void put_baseline(work *w, const rsp_cox *cox, const frame *f)
{
    static const rsp_result_column columns[] = {
        {"stratum", "stratum", "", RSP_CELL_TEXT, false},
        {"day", "day", "", RSP_CELL_NUMBER, false},
        {"cumulative", "cumulative hazard", "", RSP_CELL_NUMBER, false}};
    rsp_cox_hazard *points = NULL;
    size_t n = 0;
    rsp_error err = {0};
    work_took(w, NULL, rsp_cox_baseline(cox, &points, &n, &err), &err);
    table t = TABLE_OPEN(w, "baseline", "Cumulative baseline hazard, covariates 0", columns);
    for (size_t i = 0; i < n && working(w); i++) {
        put_text(&t, "%s", f->stratum_names[points[i].stratum]);
        put(&t, points[i].time);
        put(&t, points[i].cumulative);
    }
    if (working(w)) {
        t.t->long_one = true;
    }
    table_close(&t);
    free(points);
}

/* Participants of equal value of the covariate are one cluster. */
static const uint32_t *clusters_of(work *w, const options *o, const frame *f)
{
    uint32_t *cluster = o->cluster ? work_alloc(w, f->n, sizeof *cluster) : NULL;
    double *seen = o->cluster ? work_alloc(w, f->n, sizeof *seen) : NULL, v;
    uint32_t n = 0;
    for (size_t i = 0; cluster && seen && i < f->n && working(w); i++) {
        if (!covariate_of(w, o->cluster, f->subject[i], &v)) {
            unknown_covariate(w, options_at(o, "cluster"), o->cluster);
            return NULL;
        }
        uint32_t k = 0;
        while (k < n && seen[k] != v) {
            k++;
        }
        n += k == n;
        seen[k] = v;
        cluster[i] = k;
    }
    return cluster;
}

static void say_cox(work *w, const options *o)
{
    say(w, "Hazard ratios are of Cox's proportional-hazards regression (Cox 1972) with %s "
           "likelihood for ties%s.", ties_names[o->ties], o->strata.n ? ", stratified" : "");
    if (o->firth) {
        say(w, "Firth's penalty (1993) keeps them finite; limits and p are of the penalised "
               "profile likelihood (Heinze and Schemper 2001).");
    } else if (o->robust || o->cluster) {
        say(w, "Their variance is the sandwich of Lin and Wei (1989)%s.",
            o->cluster ? ", summed over clusters" : "");
    }
    if (!o->firth) {
        say(w, "Limits (%g %%) and p are Wald's.", 100 * o->level);
    }
}

/* Below some thirty clusters the sandwich is too small: tests reject too often (Cameron,
 * Gelbach and Miller 2008). */
static void note_clusters(work *w, const options *o, const rsp_cox_result *fit)
{
    enum { FEW = 30 };
    if (fit->n_clusters > 0 && fit->n_clusters < FEW) {
        note(w, "The robust variance rests on %zu %s: below some %d it is too small, its p and "
                "limits too good.", fit->n_clusters,
             o->cluster ? fit->n_clusters == 1 ? "cluster" : "clusters"
                        : fit->n_clusters == 1 ? "participant" : "participants", FEW);
    }
}

static void put_fit(work *w, const options *o, const frame *f, const design *x,
                    const rsp_cox_data *data, const rsp_cox *cox)
{
    const rsp_cox_result *fit = rsp_cox_result_of(cox);
    put_terms(w, x, fit);
    put_effects(w, x, data, fit);
    put_whole(w, cox, fit, o->firth);
    if (fit->state == RSP_COX_MONOTONE) {
        note(w, "A hazard ratio runs to zero or infinity: %s. 'firth: yes' gives a finite one.",
             rsp_cox_state_text(fit->state));
    }
    if (o->robust || o->cluster) {
        note_clusters(w, o, fit);
    }
    if (o->proportionality < 4 && o->ties != RSP_TIES_EXACT) {
        put_proportionality(w, o, x, cox);
    }
    if (o->hazard) {
        put_baseline(w, cox, f);
    }
    say_cox(w, o);
}

void cox_frame(work *w, const options *o, const frame *f, const double *weight)
{
    static const char *const usual[] = {"arm"};
    const name_list terms = o->covariates.n ? o->covariates : (name_list){usual, 1};
    design x;
    rsp_error err = {0};
    rsp_cox *cox = NULL;
    design_of(w, o, "covariates", &terms, f, false, &x);
    const uint32_t *cluster = clusters_of(w, o, f);
    if (working(w) && !x.n_x) {
        reader_fail(&w->r, o->at, RSP_DATA, "there is one group here: a hazard ratio needs two, or "
                                            "'covariates'");
    }
    if (!working(w)) {
        return;
    }
    rsp_cox_data data = {.n = f->n, .n_covariates = x.n_x, .time = f->time, .event = f->event,
                         .x = x.x, .weight = weight, .cluster = cluster,
                         .stratum = o->strata.n ? f->stratum : NULL};
    rsp_cox_options how = {.ties = (rsp_cox_ties)o->ties, .robust = o->robust || o->cluster,
                           .firth = o->firth, .level = o->level};
    if (work_took(w, o->at, rsp_cox_new(&data, &how, &cox, &err), &err)) {
        put_fit(w, o, f, &x, &data, cox);
    }
    rsp_cox_free(cox);
}

void run_cox(work *w, const options *o)
{
    frame f;
    frame_of_endpoint(w, o, &f);
    cox_frame(w, o, &f, NULL);
}
