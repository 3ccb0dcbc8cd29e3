#include <math.h>
#include <stdlib.h>

#include "analysis/survival.h"

/* Curves and tests that need no model. */

static const char *const band_names[] = {"log(-log)", "logarithmic", "plain"};

/* ---- Curves. */
rsp_km *curves_of(work *w, const frame *f, const options *o)
{
    rsp_km *km = working(w) ? calloc(f->n_groups + 1, sizeof *km) : NULL;
    rsp_error err = {0};
    if (working(w) && !km) {
        reader_fail(&w->r, NULL, RSP_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < f->n && working(w); i++) {
        work_took(w, o->at, rsp_km_add(&km[f->group[i]], f->time[i], f->event[i], 1, &err), &err);
    }
    for (size_t g = 0; km && g < f->n_groups; g++) {
        rsp_km_finish_at(&km[g], (rsp_km_band)o->band, o->level);
    }
    return km;
}

void curves_free(rsp_km *km, size_t n)
{
    for (size_t g = 0; km && g < n; g++) {
        rsp_km_fini(&km[g]);
    }
    free(km);
}

static void put_quantiles(work *w, const options *o, const frame *f, const rsp_km *km)
{
    static const rsp_result_column columns[] = {
        {"group", "group", "", RSP_CELL_TEXT, false},
        {"n", "n", "", RSP_CELL_COUNT, false},
        {"events", "events", "", RSP_CELL_COUNT, false},
        {"share", "quantile", "", RSP_CELL_SHARE, false},
        {"time", "time", "days", RSP_CELL_NUMBER, true}};
    static const double usual[] = {0.25, 0.5, 0.75};
    const number_list q = o->quantiles.n ? o->quantiles : (number_list){usual, 3};
    table t = TABLE_OPEN(w, "quantiles", "Quantiles of the time", columns);
    for (size_t g = 0; g < f->n_groups; g++) {
        for (size_t k = 0; k < q.n && working(w); k++) {
            rsp_quantile at = rsp_km_quantile(&km[g], q.v[k]);
            put_text(&t, "%s", f->groups[g]);
            put(&t, km[g].n);
            put(&t, km[g].events);
            put(&t, q.v[k]);
            put_interval(&t, at.value, at.low, at.high);
            put_reason(&t, km[g].n > 0 ? "not reached" : "nobody at risk");
        }
    }
    table_close(&t);
}

static void put_at(table *t, const char *group, const rsp_km_point *q)
{
    put_text(t, "%s", group);
    put(t, q->t);
    put(t, q->at_risk);
    put_interval(t, q->s, q->low, q->high);
    put_limits_reason(t, q->s > 0 ? "no event yet: the scale of the band has no limits at 1"
                                  : "nobody is left without the event: the variance is not known");
    put(t, q->se);
    put(t, q->hazard);
    put(t, q->hazard_se);
}

static const rsp_result_column at_columns[] = {
    {"group", "group", "", RSP_CELL_TEXT, false},
    {"day", "day", "", RSP_CELL_NUMBER, false},
    {"at_risk", "at risk", "", RSP_CELL_COUNT, false},
    {"event_free", "event-free", "", RSP_CELL_SHARE, true},
    {"se", "standard error", "", RSP_CELL_NUMBER, false},
    {"hazard", "cumulative hazard", "", RSP_CELL_NUMBER, false},
    {"hazard_se", "its standard error", "", RSP_CELL_NUMBER, false},
    {"events", "events", "", RSP_CELL_COUNT, false},
    {"censored", "censored", "", RSP_CELL_COUNT, false}};

static void put_days(work *w, const options *o, const frame *f, const rsp_km *km)
{
    table t = table_open(w, "days", "Event-free after so many days", at_columns, 7);
    for (size_t g = 0; g < f->n_groups; g++) {
        for (size_t k = 0; k < o->days.n && working(w); k++) {
            rsp_km_point q = rsp_km_at(&km[g], o->days.v[k]);
            q.t = o->days.v[k];
            put_at(&t, f->groups[g], &q);
        }
    }
    table_close(&t);
}

static void put_curve(work *w, const frame *f, const rsp_km *km)
{
    table t = table_open(w, "curve", "Every step of the curves", at_columns, 9);
    for (size_t g = 0; g < f->n_groups; g++) {
        for (size_t i = 0; i < km[g].n_points && working(w); i++) {
            const rsp_km_point *q = &km[g].points[i];
            put_at(&t, f->groups[g], q);
            put(&t, q->events);
            put(&t, q->censored);
        }
    }
    if (working(w)) {
        t.t->long_one = true;
        t.t->figure = (rsp_result_figure){.kind = RSP_FIGURE_STEPS, .x = 1, .y = 3, .at_risk = 2,
                                          .censored = 8, .x_label = "days",
                                          .y_label = "share without the event"};
    }
    table_close(&t);
}

void put_curves(work *w, const options *o, const frame *f, const rsp_km *km)
{
    if (!working(w)) {
        return;
    }
    put_quantiles(w, o, f, km);
    if (o->days.n) {
        put_days(w, o, f, km);
    }
    put_curve(w, f, km);
    say(w, "Shares without the event are Kaplan-Meier estimates (Kaplan and Meier 1958) with "
           "Greenwood's variance and %g %% limits on the %s scale; limits of quantiles invert "
           "the band (Brookmeyer and Crowley 1982); cumulative hazards are Nelson-Aalen "
           "estimates (Aalen 1978).", 100 * o->level, band_names[o->band]);
}

void run_curves(work *w, const options *o)
{
    frame f;
    frame_of_endpoint(w, o, &f);
    rsp_km *km = curves_of(w, &f, o);
    put_curves(w, o, &f, km);
    curves_free(km, f.n_groups);
}

/* ---- Log-rank tests. */
static void put_observed(work *w, const frame *f, const rsp_logrank *test)
{
    static const rsp_result_column columns[] = {
        {"group", "group", "", RSP_CELL_TEXT, false},
        {"n", "n", "", RSP_CELL_COUNT, false},
        {"observed", "observed", "", RSP_CELL_NUMBER, false},
        {"expected", "expected", "", RSP_CELL_NUMBER, false}};
    table t = TABLE_OPEN(w, "groups", "Events observed and expected", columns);
    for (size_t g = 0; g < f->n_groups; g++) {
        size_t n = 0;
        for (size_t i = 0; i < f->n; i++) {
            n += f->group[i] == g;
        }
        put_text(&t, "%s", f->groups[g]);
        put(&t, (double)n);
        put(&t, test->observed[g]);
        put(&t, test->expected[g]);
    }
    table_close(&t);
}

static const char *weights_name(const options *o)
{
    return o->rho > 0 || o->gamma > 0 ? "weighted log-rank" : "log-rank";
}

static const rsp_result_column test_columns[] = {
    {"test", "test", "", RSP_CELL_TEXT, false},
    {"chisq", "chi-square", "", RSP_CELL_NUMBER, false},
    {"df", "df", "", RSP_CELL_COUNT, false},
    {"z", "z", "", RSP_CELL_NUMBER, false},
    {"p", "p", "", RSP_CELL_P, false},
    {"p_error", "Monte Carlo error of p", "", RSP_CELL_NUMBER, false}};

static void put_permutation(work *w, const options *o, const frame *f, table *t)
{
    rsp_permutation_options how = rsp_permutation_defaults();
    rsp_permutation_data data = {.n = f->n, .n_groups = f->n_groups, .time = f->time,
                                 .event = f->event, .group = f->group,
                                 .stratum = o->strata.n ? f->stratum : NULL};
    rsp_permutation out;
    rsp_error err = {0};
    how.rho = o->rho;
    how.gamma = o->gamma;
    how.draws = (uint32_t)o->draws;
    how.stream.seed = (uint64_t)o->seed;
    if (!work_took(w, o->at, rsp_logrank_permutation(&data, &how, &out, &err), &err)) {
        return;
    }
    put_text(t, "%s, %s", weights_name(o), out.exact ? "exact permutation" : "permutations drawn");
    put(t, out.chisq);
    put(t, (double)NAN);
    put(t, out.z);
    put(t, out.p);
    put_reason(t, "the scores do not differ");
    put(t, out.p_error);
    w->result->p = out.p;
    say(w, "Its p is that of all exchanges of participants between groups%s (Strasser and Weber "
           "1999), %s.", o->strata.n ? " within strata" : "",
        out.exact ? "counted exactly" : "by Monte Carlo");
}

static rsp_status test_of(const rsp_km *km, const frame *f, const options *o, rsp_logrank *out,
                          rsp_error *err)
{
    const rsp_km *groups[MOST_STRATA * MOST_GROUPS];
    for (size_t i = 0; i < f->n_strata * f->n_groups; i++) {
        groups[i] = &km[i];
    }
    return rsp_logrank_stratified(groups, f->n_strata, f->n_groups, o->rho, o->gamma, out, err);
}

/* Curves [stratum][group] and the test of them. */
static void put_test(work *w, const options *o, const frame *f, rsp_km *km)
{
    rsp_error err = {0};
    rsp_logrank test;
    rsp_status s = RSP_OK;
    for (size_t i = 0; i < f->n && s == RSP_OK; i++) {
        s = rsp_km_add(&km[f->stratum[i] * f->n_groups + f->group[i]], f->time[i], f->event[i], 1,
                       &err);
    }
    for (size_t i = 0; i < f->n_strata * f->n_groups; i++) {
        rsp_km_finish(&km[i], RSP_BAND_LOGLOG);
    }
    s = s == RSP_OK ? test_of(km, f, o, &test, &err) : s;
    if (!work_took(w, o->at, s, &err)) {
        return;
    }
    put_observed(w, f, &test);
    say(w, "Groups were compared by the %s test (Mantel 1966%s)%s.", weights_name(o),
        o->rho > 0 || o->gamma > 0 ? "; weights of Fleming and Harrington 1991" : "",
        o->strata.n ? ", stratified" : "");
    if (o->rho > 0 || o->gamma > 0) {
        say(w, "The weights are S(t-)^%g (1 - S(t-))^%g of the pooled curve.", o->rho, o->gamma);
    }
    w->result->p = test.p;
    table t = TABLE_OPEN(w, "test", "Test", test_columns);
    put_text(&t, "%s%s", weights_name(o), o->strata.n ? ", stratified" : "");
    put(&t, test.chisq);
    put(&t, test.df);
    put(&t, f->n_groups == 2 ? test.z : (double)NAN);
    put(&t, test.p);
    put_reason(&t, "no events while two groups are at risk");
    put(&t, (double)NAN);
    if (o->permutation) {
        put_permutation(w, o, f, &t);
    }
    table_close(&t);
}

void compare_frame(work *w, const options *o, const frame *f)
{
    if (working(w) && f->n_strata > MOST_STRATA) {
        reader_fail(&w->r, options_at(o, "strata"), RSP_DATA, "%zu strata; at most %d",
                    f->n_strata, MOST_STRATA);
    }
    if (!frame_wants_groups(w, o, f, 2, MOST_GROUPS)) {
        return;
    }
    rsp_km *km = calloc(f->n_strata * f->n_groups, sizeof *km);
    if (!km) {
        reader_fail(&w->r, NULL, RSP_NOMEM, "out of memory");
        return;
    }
    put_test(w, o, f, km);
    curves_free(km, f->n_strata * f->n_groups);
}

void run_compare(work *w, const options *o)
{
    frame f;
    frame_of_endpoint(w, o, &f);
    compare_frame(w, o, &f);
}
