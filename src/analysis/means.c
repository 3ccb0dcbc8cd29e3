#include <math.h>
#include <stdlib.h>

#include "analysis/survival.h"

/* Restricted means, and those still at risk after a day. */

static void put_areas(work *w, const options *o, const frame *f, const rsp_km *km, double tau)
{
    static const rsp_result_column columns[] = {
        {"group", "group", "", RSP_CELL_TEXT, false},
        {"n", "n", "", RSP_CELL_COUNT, false},
        {"tau", "until", "days", RSP_CELL_NUMBER, false},
        {"mean", "restricted mean", "days", RSP_CELL_NUMBER, true},
        {"se", "standard error", "days", RSP_CELL_NUMBER, false}};
    table t = TABLE_OPEN(w, "groups", "Restricted mean time", columns);
    for (size_t g = 0; g < f->n_groups && working(w); g++) {
        rsp_rmst out;
        rsp_error err = {0};
        if (work_took(w, options_at(o, "tau"), rsp_km_rmst(&km[g], tau, o->level, &out, &err),
                      &err)) {
            put_text(&t, "%s", f->groups[g]);
            put(&t, km[g].n);
            put(&t, tau);
            put_interval(&t, out.value, out.low, out.high);
            put(&t, out.se);
        }
    }
    table_close(&t);
}

static void put_estimate(table *t, const char *name, const frame *f, size_t g,
                         const rsp_contrast_estimate *e)
{
    put_text(t, "%s", name);
    put_text(t, "%s against %s", f->groups[g], f->groups[0]);
    put_interval(t, e->value, e->low, e->high);
    put_reason(t, "not estimable");
    put_limits_reason(t, "neither group has a variance");
    put(t, e->p);
    put_reason(t, "neither group has a variance");
}

/* tau - adjusted difference of two groups. */
static void put_adjusted(work *w, const options *o, const frame *f, double tau, table *t)
{
    design x;
    rsp_rmst_adjusted out;
    rsp_error err = {0};
    design_of(w, o, "adjust", &o->adjust, f, false, &x);
    if (!working(w)) {
        return;
    }
    bool *treated = work_alloc(w, f->n, sizeof *treated);
    for (size_t i = 0; treated && i < f->n; i++) {
        treated[i] = f->group[i] == 1;
    }
    rsp_rmst_data data = {.n = f->n, .n_covariates = x.n_x, .time = f->time, .event = f->event,
                          .treated = treated, .x = x.x};
    if (work_took(w, options_at(o, "adjust"), rsp_rmst_adjust(&data, tau, o->level, &out, &err),
                  &err)) {
        put_estimate(t, "adjusted difference, days", f, 1, &out.difference);
        w->result->p = out.difference.p;
        say(w, "The adjusted difference is of a regression weighted by the inverse probability of "
               "being uncensored (Tian, Zhao and Wei 2014); %zu were left out for a missing "
               "covariate.", out.n_missing);
    }
}

static void put_contrasts(work *w, const options *o, const frame *f, const rsp_km *km, double tau)
{
    static const rsp_result_column columns[] = {
        {"contrast", "contrast", "", RSP_CELL_TEXT, false},
        {"groups", "groups", "", RSP_CELL_TEXT, false},
        {"estimate", "estimate", "", RSP_CELL_NUMBER, true},
        {"p", "p", "", RSP_CELL_P, false}};
    table t = TABLE_OPEN(w, "contrasts", "Contrasts of restricted means", columns);
    for (size_t g = 1; g < f->n_groups && working(w); g++) {
        rsp_rmst_contrast c;
        rsp_error err = {0};
        if (work_took(w, options_at(o, "tau"),
                      rsp_rmst_compare(&km[0], &km[g], tau, o->level, &c, &err), &err)) {
            put_estimate(&t, "difference, days", f, g, &c.difference);
            put_estimate(&t, "ratio", f, g, &c.ratio);
            put_estimate(&t, "ratio of time lost", f, g, &c.lost_ratio);
            w->result->p = g == 1 ? c.difference.p : w->result->p;
        }
    }
    if (o->adjust.n && frame_wants_groups(w, o, f, 2, 2)) {
        put_adjusted(w, o, f, tau, &t);
    }
    if (working(w)) {
        t.t->figure = (rsp_result_figure){.kind = RSP_FIGURE_FOREST, .x = 2, .only = "difference",
                                          .x_label = "difference, days"};
    }
    table_close(&t);
}

/* Greenwood's variance of one or two participants is no measure of what others would do;
 * of one it is 0 or not known. */
static void note_small(work *w, const frame *f, const rsp_km *km)
{
    enum { FEW = 3 };
    for (size_t g = 0; g < f->n_groups; g++) {
        if (km[g].n > 0 && km[g].n < FEW) {
            note(w, "%s has %s: the variance of its restricted mean is not to be relied on, nor p "
                    "or limits of its contrasts.", f->groups[g],
                 km[g].n < 2 ? "one participant" : "two participants");
        }
    }
}

static double tau_of(work *w, const options *o, const frame *f, const rsp_km *km)
{
    const rsp_km *curves[MOST_GROUPS];
    for (size_t g = 0; g < f->n_groups; g++) {
        curves[g] = &km[g];
    }
    double largest = rsp_rmst_largest_tau(curves, f->n_groups);
    if (isnan(o->tau) && !(largest > 0)) {
        reader_fail(&w->r, o->at, RSP_DATA, "no group has an observation");
    }
    if (isnan(o->tau)) {
        note(w, "tau was not given: %g days, the longest that all groups allow.", largest);
    }
    return isnan(o->tau) ? largest : o->tau;
}

void run_rmst(work *w, const options *o)
{
    frame f;
    frame_of_endpoint(w, o, &f);
    if (!frame_wants_groups(w, o, &f, 1, MOST_GROUPS)) {
        return;
    }
    rsp_km *km = curves_of(w, &f, o);
    double tau = km ? tau_of(w, o, &f, km) : 0;
    if (working(w)) {
        put_areas(w, o, &f, km, tau);
    }
    if (working(w) && f.n_groups > 1) {
        put_contrasts(w, o, &f, km, tau);
    }
    if (working(w)) {
        note_small(w, &f, km);
    }
    say(w, "The restricted mean is the area under the Kaplan-Meier curve until day %g (Irwin 1949), "
           "its variance that of Karrison (1987), contrasts as Uno et al. (2014).", tau);
    curves_free(km, f.n_groups);
}

/* ---- Landmark. */
void run_landmark(work *w, const options *o)
{
    frame f;
    rsp_landmark out = {0};
    rsp_error err = {0};
    frame_of_endpoint(w, o, &f);
    bool *keep = work_alloc(w, f.n, sizeof *keep);
    double *from = work_alloc(w, f.n, sizeof *from);
    if (!work_took(w, options_at(o, "day"),
                   working(w) ? rsp_landmark_rows(f.time, f.event, f.n, o->day, keep, from, &out,
                                                  &err)
                              : RSP_OK, &err)) {
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < f.n; i++) {
        if (keep[i]) {
            f.time[n] = from[i];
            f.event[n] = f.event[i];
            f.group[n] = f.group[i];
            f.stratum[n++] = f.stratum[i];
        }
    }
    f.n = n;
    note(w, "%zu at risk after day %g; %zu had the event before, %zu were censored before.",
         out.at_risk, o->day, out.events_before, out.censored_before);
    say(w, "Those still at risk after day %g were followed from it (Anderson, Cain and Gelber "
           "1983).", o->day);
    rsp_km *km = curves_of(w, &f, o);
    put_curves(w, o, &f, km);
    curves_free(km, f.n_groups);
    if (working(w) && f.n_groups > 1) {
        compare_frame(w, o, &f);
    }
}
