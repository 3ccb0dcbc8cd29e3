#include <math.h>
#include <string.h>

#include "analysis/work.h"

/* Regression of measurements: with limits, and of several a participant. */

static const rsp_result_column term_columns[] = {
    {"term", "term", "", RSP_CELL_TEXT, false},
    {"coef", "coefficient", "", RSP_CELL_NUMBER, true},
    {"se", "standard error", "", RSP_CELL_NUMBER, false},
    {"df", "df", "", RSP_CELL_NUMBER, false},
    {"statistic", "z or t", "", RSP_CELL_NUMBER, false},
    {"p", "p", "", RSP_CELL_P, false}};

static void put_term(work *w, table *t, const options *o, const design *x, size_t k,
                     const double *coef, const double *vcov, size_t stride, double df,
                     const char *reason)
{
    double contrast[MOST_TERMS] = {0};
    rsp_contrast c = {(double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN};
    contrast[k] = 1;
    if (coef) {
        rsp_wald(coef, vcov, x->n_x, stride, contrast, 0, df, o->level, &c);
    }
    put_text(t, "%s", x->names[k]);
    put_interval(t, c.estimate, c.low, c.high);
    put_reason(t, reason);
    put(t, c.se);
    put(t, df > 0 ? df : (double)NAN);
    put(t, c.statistic);
    put(t, c.p);
    w->result->p = k == 1 ? c.p : w->result->p; /* of the first term after the intercept */
}

static const name_list *terms_of(const options *o)
{
    static const char *const usual[] = {"arm"};
    static const name_list arm = {usual, 1};
    return o->covariates.n ? &o->covariates : &arm;
}

/* Rows whose outcome or covariates are missing leave. */
static size_t complete(frame *f, design *x, rsp_limits *y)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++) {
        bool missing = isnan(y[i].low) || isnan(y[i].high);
        for (size_t k = 0; k < x->n_x; k++) {
            missing |= isnan(x->x[i * x->n_x + k]);
        }
        if (!missing) {
            memmove(x->x + n * x->n_x, x->x + i * x->n_x, x->n_x * sizeof *x->x);
            ((uint32_t *)(uintptr_t)f->subject)[n] = f->subject[i];
            y[n++] = y[i];
        }
    }
    size_t missing = f->n - n;
    f->n = n;
    return missing;
}

/* ---- Tobit. */
static void put_tobit(work *w, const options *o, const design *x, const rsp_tobit *fit,
                      size_t missing)
{
    static const rsp_result_column whole[] = {
        {"n", "n", "", RSP_CELL_COUNT, false},
        {"missing", "missing", "", RSP_CELL_COUNT, false},
        {"values", "values", "", RSP_CELL_COUNT, false},
        {"below", "below a limit", "", RSP_CELL_COUNT, false},
        {"above", "above a limit", "", RSP_CELL_COUNT, false},
        {"sigma", "residual deviation", "", RSP_CELL_NUMBER, false},
        {"loglik", "log-likelihood", "", RSP_CELL_NUMBER, false}};
    table t = TABLE_OPEN(w, "terms", "Tobit regression", term_columns);
    for (size_t k = 0; k < x->n_x; k++) {
        put_term(w, &t, o, x, k, fit->estimable ? fit->coef : NULL, fit->vcov, x->n_x + 1, 0,
                 fit->reason);
    }
    table_close(&t);
    table m = TABLE_OPEN(w, "model", "The model as a whole", whole);
    const double row[] = {(double)fit->n, (double)missing, (double)fit->n_values,
                          (double)fit->n_left, (double)fit->n_right, fit->sigma,
                          fit->log_likelihood};
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        put(&m, row[k]);
        put_reason(&m, fit->reason);
    }
    table_close(&m);
}

void run_tobit(work *w, const options *o)
{
    frame f;
    design x;
    rsp_tobit fit = {0};
    rsp_error err = {0};
    frame_of_people(w, o, &f);
    value_check(w, &o->outcome);
    design_of(w, o, "covariates", terms_of(o), &f, true, &x);
    rsp_limits *y = work_alloc(w, f.n, sizeof *y);
    for (size_t i = 0; working(w) && i < f.n; i++) {
        y[i] = value_of(w, &o->outcome, f.subject[i]).limits;
    }
    if (!working(w)) {
        return;
    }
    size_t missing = complete(&f, &x, y);
    if (work_took(w, o->at, rsp_tobit_fit(y, x.x, f.n, x.n_x, &fit, &err), &err)) {
        put_tobit(w, o, &x, &fit, missing);
        say(w, "%s was regressed with values beyond a limit of the assay known as that only "
               "(Tobin 1958; a limit of its own for each sample, Amemiya 1984), by maximum "
               "likelihood.", value_name(w, &o->outcome));
    }
    rsp_tobit_fini(&fit);
}

/* ---- Mixed models: every sample of an assay. */
static void frame_of_samples(work *w, const options *o, frame *f, rsp_limits *y, size_t *censored)
{
    frame people = *f;
    size_t n = 0;
    uint32_t *subject = work_alloc(w, w->d->n_measurements, sizeof *subject);
    uint32_t *group = work_alloc(w, w->d->n_measurements, sizeof *group);
    double *day = work_alloc(w, w->d->n_measurements, sizeof *day);
    for (size_t i = 0; i < people.n && working(w); i++) {
        const rsp_measurement *rows;
        size_t n_rows = rows_of(w, people.subject[i], &rows);
        for (size_t k = 0; k < n_rows; k++) {
            bool late = rows[k].day > o->until, early = rows[k].day < o->from;
            if (strcmp(rows[k].assay, o->assay) == 0 && !late && !early) {
                value v = value_of_row(&rows[k], o->log10);
                subject[n] = people.subject[i];
                group[n] = people.group[i];
                day[n] = rows[k].day;
                *censored += v.censored;
                y[n++] = (rsp_limits){v.v, v.v};
            }
        }
    }
    f->subject = subject;
    f->group = group;
    f->day = day;
    f->n = n;
}

static void put_mixed(work *w, const options *o, const design *x, const rsp_mixed *fit,
                      size_t missing)
{
    static const rsp_result_column whole[] = {
        {"n", "samples", "", RSP_CELL_COUNT, false},
        {"missing", "missing", "", RSP_CELL_COUNT, false},
        {"participants", "participants", "", RSP_CELL_COUNT, false},
        {"variance_intercept", "variance between participants", "", RSP_CELL_NUMBER, false},
        {"variance_slope", "variance of slopes", "", RSP_CELL_NUMBER, false},
        {"covariance", "their covariance", "", RSP_CELL_NUMBER, false},
        {"residual", "residual variance", "", RSP_CELL_NUMBER, false},
        {"loglik", "log-likelihood", "", RSP_CELL_NUMBER, false}};
    bool slope = fit->n_z > 1;
    table t = TABLE_OPEN(w, "terms", "Fixed effects", term_columns);
    for (size_t k = 0; k < x->n_x; k++) {
        put_term(w, &t, o, x, k, fit->estimable ? fit->coef : NULL, fit->vcov, x->n_x,
                 fit->estimable ? fit->df[k] : 0, fit->reason);
    }
    table_close(&t);
    table m = TABLE_OPEN(w, "model", "The model as a whole", whole);
    const double row[] = {(double)fit->n, (double)missing, (double)fit->n_who, fit->d[0],
                          slope ? fit->d[3] : (double)NAN, slope ? fit->d[1] : (double)NAN,
                          fit->sigma2, fit->log_likelihood};
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        put(&m, row[k]);
        put_reason(&m, fit->reason);
    }
    table_close(&m);
    if (fit->singular) {
        note(w, "A variance between participants is zero, or a correlation one: the fit lies on "
                "its boundary.");
    }
}

static double *random_design(work *w, const options *o, const frame *f, const design *x)
{
    static const char *const times[] = {"day", "week", "year"};
    size_t n_z = o->random ? 2 : 1, column = x->n_x;
    for (size_t k = 0; k < x->n_x; k++) {
        for (size_t i = 0; i < 3 && column == x->n_x; i++) {
            column = strcmp(x->names[k], times[i]) == 0 ? k : column;
        }
    }
    if (o->random && column == x->n_x) {
        reader_fail(&w->r, options_at(o, "random"), RSP_NAME, "a random slope needs 'day', 'week' "
                                                              "or 'year' among the covariates");
    }
    double *z = work_alloc(w, f->n * n_z, sizeof *z);
    for (size_t i = 0; working(w) && i < f->n; i++) {
        z[i * n_z] = 1;
        if (n_z == 2) {
            z[i * n_z + 1] = x->x[i * x->n_x + column];
        }
    }
    return z;
}

static void fit_mixed(work *w, const options *o, const frame *f, const design *x,
                      const rsp_limits *y, size_t missing)
{
    double *response = work_alloc(w, f->n, sizeof *response);
    size_t *who = work_alloc(w, f->n, sizeof *who);
    double *z = random_design(w, o, f, x);
    rsp_mixed fit = {0};
    rsp_error err = {0};
    for (size_t i = 0; working(w) && i < f->n; i++) {
        response[i] = y[i].low;
        who[i] = f->subject[i];
    }
    rsp_mixed_data data = {.y = response, .x = x->x, .z = z, .who = who, .n = f->n,
                           .n_x = x->n_x, .n_z = o->random ? 2 : 1};
    if (working(w) &&
        work_took(w, o->at, rsp_mixed_fit(&data, o->likelihood == 0, &fit, &err), &err)) {
        put_mixed(w, o, x, &fit, missing);
    }
    rsp_mixed_fini(&fit);
}

void run_mixed(work *w, const options *o)
{
    frame f;
    design x;
    size_t censored = 0;
    frame_of_people(w, o, &f);
    check_assay(w, options_at(o, "assay"), o->assay);
    rsp_limits *y = work_alloc(w, w->d->n_measurements, sizeof *y);
    if (working(w)) {
        frame_of_samples(w, o, &f, y, &censored);
    }
    design_of(w, o, "covariates", terms_of(o), &f, true, &x);
    if (!working(w)) {
        return;
    }
    size_t missing = complete(&f, &x, y);
    if (censored) {
        note(w, "%zu sample%s beyond a limit of the assay %s taken at the limit.", censored,
             censored == 1 ? "" : "s", censored == 1 ? "is" : "are");
    }
    fit_mixed(w, o, &f, &x, y, missing);
    say(w, "%s%s was regressed with random %s of participants (Laird and Ware 1982) by %s; "
           "degrees of freedom are inner and outer (Pinheiro and Bates 2000).",
        o->log10 ? "log10 " : "", o->assay, o->random ? "intercepts and slopes" : "intercepts",
        o->likelihood ? "maximum likelihood" : "restricted maximum likelihood");
}
