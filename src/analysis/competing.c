#include <math.h>
#include <stdlib.h>

#include "analysis/work.h"
#include "respite/competing.h"

/* Competing events, in the order of `events`. */

static const char *cause_name(const options *o, size_t cause)
{
    static const char *const usual[] = {"event", "restart"};
    return o->events.n ? o->events.v[cause - 1] : usual[cause - 1];
}

static const rsp_result_column columns[] = {
    {"group", "group", "", RSP_CELL_TEXT, false},
    {"cause", "cause", "", RSP_CELL_TEXT, false},
    {"day", "day", "", RSP_CELL_NUMBER, false},
    {"incidence", "cumulative incidence", "", RSP_CELL_SHARE, true},
    {"variance", "variance", "", RSP_CELL_NUMBER, false},
    {"robust_se", "jackknife error", "", RSP_CELL_NUMBER, false}};

static void put_value(table *t, const options *o, const char *group, size_t cause, double day,
                      const rsp_cif_value *v)
{
    put_text(t, "%s", group);
    put_text(t, "%s", cause_name(o, cause));
    put(t, day);
    put_interval(t, v->cif, v->low, v->high);
    put(t, v->variance);
    put(t, v->robust_se);
}

/* One figure for the first cause: the others are in the table. */
static void put_curve(work *w, const options *o, const frame *f, const rsp_cif *fits)
{
    table t = table_open(w, "curve", "Every step of the incidence", columns, 6);
    for (size_t c = 1; c <= f->n_causes; c++) {
        for (size_t g = 0; g < f->n_groups; g++) {
            for (size_t i = 0; i < fits[g].n_points && working(w); i++) {
                const rsp_cif_value *v = &fits[g].values[i * fits[g].n_causes + c - 1];
                put_text(&t, "%s, %s", f->groups[g], cause_name(o, c));
                put_text(&t, "%s", cause_name(o, c));
                put(&t, fits[g].points[i].t);
                put_interval(&t, v->cif, v->low, v->high);
                put(&t, v->variance);
                put(&t, v->robust_se);
            }
        }
    }
    if (working(w)) {
        t.t->long_one = true;
        t.t->figure = (rsp_result_figure){.kind = RSP_FIGURE_STEPS, .x = 2, .y = 3,
                                          .at_risk = SIZE_MAX, .censored = SIZE_MAX,
                                          .rising = true, .x_label = "days",
                                          .y_label = "cumulative incidence"};
    }
    table_close(&t);
}

static void put_counts(work *w, const options *o, const frame *f, const rsp_cif *fits)
{
    static const rsp_result_column count_columns[] = {
        {"group", "group", "", RSP_CELL_TEXT, false},
        {"n", "n", "", RSP_CELL_COUNT, false},
        {"cause", "cause", "", RSP_CELL_TEXT, false},
        {"events", "events", "", RSP_CELL_COUNT, false}};
    table t = TABLE_OPEN(w, "events", "Events", count_columns);
    for (size_t g = 0; g < f->n_groups; g++) {
        for (size_t c = 1; c <= f->n_causes; c++) {
            put_text(&t, "%s", f->groups[g]);
            put(&t, fits[g].n);
            put_text(&t, "%s", cause_name(o, c));
            put(&t, fits[g].events[c - 1]);
        }
    }
    table_close(&t);
}

static void put_incidence(work *w, const options *o, const frame *f, const rsp_cif *fits)
{
    put_counts(w, o, f, fits);
    if (o->days.n) {
        table t = table_open(w, "days", "Cumulative incidence after so many days", columns, 6);
        for (size_t c = 1; c <= f->n_causes; c++) {
            for (size_t g = 0; g < f->n_groups; g++) {
                for (size_t k = 0; k < o->days.n && working(w); k++) {
                    rsp_cif_value v = rsp_cif_at(&fits[g], (uint32_t)c, o->days.v[k]);
                    put_value(&t, o, f->groups[g], c, o->days.v[k], &v);
                }
            }
        }
        table_close(&t);
    }
    put_curve(w, o, f, fits);
}

static void put_gray(work *w, const options *o, const frame *f, const rsp_competing *x)
{
    static const rsp_result_column gray_columns[] = {
        {"cause", "cause", "", RSP_CELL_TEXT, false},
        {"chisq", "chi-square", "", RSP_CELL_NUMBER, false},
        {"df", "df", "", RSP_CELL_COUNT, false},
        {"p", "p", "", RSP_CELL_P, false}};
    table t = TABLE_OPEN(w, "gray", "Gray's test between groups", gray_columns);
    for (size_t c = 1; c <= f->n_causes && working(w); c++) {
        rsp_gray out;
        rsp_error err = {0};
        if (work_took(w, o->at, rsp_gray_test(x, f->group, f->n, f->n_groups, (uint32_t)c, o->rho,
                                              &out, &err), &err)) {
            put_text(&t, "%s", cause_name(o, c));
            put(&t, out.chisq);
            put(&t, out.df);
            put(&t, out.p);
            put_reason(&t, out.reason);
            w->result->p = c == 1 ? out.p : w->result->p;
        }
    }
    table_close(&t);
    say(w, "Groups were compared by Gray's test (1988).");
}

static void put_model(work *w, const options *o, const frame *f, const rsp_competing *x)
{
    static const char *const usual[] = {"arm"};
    static const rsp_result_column model_columns[] = {
        {"cause", "cause", "", RSP_CELL_TEXT, false},
        {"term", "term", "", RSP_CELL_TEXT, false},
        {"coef", "coefficient", "", RSP_CELL_NUMBER, false},
        {"se", "standard error", "", RSP_CELL_NUMBER, false},
        {"ratio", "subdistribution hazard ratio", "", RSP_CELL_NUMBER, true},
        {"p", "p", "", RSP_CELL_P, false}};
    const name_list terms = o->covariates.n ? o->covariates : (name_list){usual, 1};
    const double z = rsp_normal_quantile((1 + o->level) / 2);
    rsp_fine_gray *fit = work_alloc(w, 1, sizeof *fit);
    design d;
    design_of(w, o, "covariates", &terms, f, false, &d);
    size_t *row = work_alloc(w, f->n, sizeof *row);
    rsp_competing *whole = work_alloc(w, f->n, sizeof *whole);
    if (!working(w)) {
        return;
    }
    const size_t n = design_complete(w, &d, row);
    for (size_t i = 0; i < n; i++) {
        whole[i] = x[row[i]];
    }
    table t = TABLE_OPEN(w, "fine_gray", "Subdistribution hazard ratios", model_columns);
    for (size_t c = 1; c <= f->n_causes && working(w) && d.n_x; c++) {
        rsp_error err = {0};
        work_took(w, o->at, rsp_fine_gray_fit(whole, d.x, n, d.n_x, (uint32_t)c, fit, &err), &err);
        for (size_t k = 0; k < d.n_x && working(w); k++) {
            put_text(&t, "%s", cause_name(o, c));
            put_text(&t, "%s", d.names[k]);
            put(&t, fit->coef[k]);
            put(&t, fit->se[k]);
            put_interval(&t, fit->ratio[k], exp(fit->coef[k] - z * fit->se[k]),
                         exp(fit->coef[k] + z * fit->se[k]));
            put_reason(&t, fit->reason);
            put(&t, fit->p[k]);
        }
    }
    if (working(w)) {
        t.t->figure = (rsp_result_figure){.kind = RSP_FIGURE_FOREST, .x = 4, .log = true,
                                          .x_label = "subdistribution hazard ratio"};
    }
    table_close(&t);
    say(w, "Subdistribution hazard ratios are of Fine and Gray's model (1999).");
}

static void free_fits(rsp_cif *fits, size_t n)
{
    for (size_t g = 0; fits && g < n; g++) {
        rsp_cif_fini(&fits[g]);
    }
    free(fits);
}

static rsp_cif *fits_of(work *w, const options *o, const frame *f, const rsp_competing *x)
{
    rsp_cif *fits = working(w) ? calloc(f->n_groups + 1, sizeof *fits) : NULL;
    rsp_competing *mine = work_alloc(w, f->n, sizeof *mine);
    for (size_t g = 0; fits && mine && g < f->n_groups && working(w); g++) {
        rsp_error err = {0};
        size_t n = 0;
        for (size_t i = 0; i < f->n; i++) {
            if (f->group[i] == g) {
                mine[n++] = x[i];
            }
        }
        if (n) {
            work_took(w, o->at, rsp_cif_fit(mine, NULL, n, f->n_causes, &fits[g], &err), &err);
            rsp_cif_limits(&fits[g], o->level);
        }
    }
    return fits;
}

void run_competing(work *w, const options *o)
{
    frame f;
    frame_of_endpoint(w, o, &f);
    rsp_competing *x = work_alloc(w, f.n, sizeof *x);
    for (size_t i = 0; x && i < f.n; i++) {
        x[i] = (rsp_competing){f.time[i], f.cause[i]};
    }
    rsp_cif *fits = fits_of(w, o, &f, x);
    if (fits && working(w)) {
        put_incidence(w, o, &f, fits);
        say(w, "Cumulative incidences are Aalen-Johansen estimates (1978), each cause competing "
               "with the others.");
    }
    if (working(w) && f.n_groups > 1 && frame_wants_groups(w, o, &f, 2, MOST_GROUPS)) {
        put_gray(w, o, &f, x);
    }
    if (working(w) && (f.n_groups > 1 || o->covariates.n)) {
        put_model(w, o, &f, x);
    }
    free_fits(fits, f.n_groups);
}
