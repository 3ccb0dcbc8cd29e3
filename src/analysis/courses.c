#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/work.h"
#include "respite/kinetics.h"
#include "respite/reservoir.h"

/* The course of an assay in each participant, and between groups. */

static size_t samples_of(const work *w, uint32_t subject, const char *assay,
                         const rsp_measurement **mine, size_t most)
{
    const rsp_measurement *rows;
    size_t n_rows = rows_of(w, subject, &rows), n = 0;
    for (size_t k = 0; k < n_rows && n < most; k++) {
        if (strcmp(rows[k].assay, assay) == 0) {
            mine[n++] = &rows[k];
        }
    }
    return n;
}

/* ---- Viral load. */
static const rsp_result_column load_columns[] = {
    {"participant", "participant", "", RSP_CELL_TEXT, false},
    {"group", "group", "", RSP_CELL_TEXT, false},
    {"n", "samples", "", RSP_CELL_COUNT, false},
    {"below", "below limit", "", RSP_CELL_COUNT, false},
    {"peak", "peak", "log10", RSP_CELL_NUMBER, false},
    {"peak_day", "its day", "", RSP_CELL_NUMBER, false},
    {"auc", "area", "log10 days", RSP_CELL_NUMBER, false},
    {"average", "average", "log10", RSP_CELL_NUMBER, false},
    {"excess", "area above the limit", "log10 days", RSP_CELL_NUMBER, false},
    {"set_point", "set point, median", "log10", RSP_CELL_NUMBER, false},
    {"set_mean", "set point, mean", "log10", RSP_CELL_NUMBER, false},
    {"growth", "growth", "1/day", RSP_CELL_NUMBER, false},
    {"doubling", "doubling time", "days", RSP_CELL_NUMBER, false}};

static void put_load(table *t, const char *who, const char *group, const rsp_course *c)
{
    put_text(t, "%s", who);
    put_text(t, "%s", group);
    put(t, (double)c->n);
    put(t, (double)c->n_below);
    put(t, c->peak_log10);
    put_reason(t, c->auc_reason);
    put(t, c->peak_day);
    put(t, c->auc_log10);
    put_reason(t, c->auc_reason);
    put(t, c->average_log10);
    put(t, c->excess_auc);
    put(t, c->set_median_log10);
    put_reason(t, c->set_reason);
    put(t, c->set_mean_log10);
    put(t, c->growth_per_day);
    put_reason(t, c->growth_reason);
    put(t, c->doubling_days);
}

static rsp_status course_of(const rsp_measurement *const *rows, size_t n, const options *o,
                            rsp_viral_sample *s, rsp_course *out, rsp_error *err)
{
    rsp_course_options how = {.set_from_day = o->from, .set_to_day = o->until,
                              .set_last = (size_t)o->last, .set_least = 2, .growth_first = 3,
                              .growth_below = isnan(o->below) ? 1e5 : o->below};
    how.set_least = how.set_last < 2 ? how.set_last : 2;
    for (size_t i = 0; i < n; i++) {
        s[i] = (rsp_viral_sample){rows[i]->day, rows[i]->state, rows[i]->value, rows[i]->lloq};
    }
    return rsp_course_of(s, n, &how, out, err);
}

static void add_number(numbers_of *x, double v)
{
    x->missing += isnan(v);
    if (!isnan(v)) {
        x->v[x->n++] = v;
    }
}

static bool begin(work *w, const options *o, const char *assay, frame *f, numbers_of x[])
{
    frame_of_people(w, o, f);
    check_assay(w, options_at(o, "assay"), assay);
    if (!frame_wants_groups(w, o, f, 1, MOST_GROUPS)) {
        return false;
    }
    for (size_t g = 0; g < f->n_groups; g++) {
        x[g] = (numbers_of){.v = work_alloc(w, f->n, sizeof(double))};
    }
    return working(w);
}

void run_viral_load(work *w, const options *o)
{
    const char *assay = o->assay ? o->assay : "viral_load";
    frame f;
    numbers_of x[MOST_GROUPS];
    size_t most = w->d->n_measurements;
    const rsp_measurement **rows = work_alloc(w, most, sizeof *rows);
    rsp_viral_sample *s = work_alloc(w, most, sizeof *s);
    if (!begin(w, o, assay, &f, x)) {
        return;
    }
    table t = TABLE_OPEN(w, "participants", "Each participant", load_columns);
    for (size_t i = 0; i < f.n && working(w); i++) {
        rsp_course c;
        rsp_error err = {0};
        size_t n = samples_of(w, f.subject[i], assay, rows, most);
        const char *who = subject_name(w, f.subject[i]);
        if (work_took(w, o->at, course_of(rows, n, o, s, &c, &err), &err)) {
            put_load(&t, who, f.groups[f.group[i]], &c);
            add_number(&x[f.group[i]], c.set_median_log10);
        }
    }
    if (working(w)) {
        t.t->long_one = f.n > 8;
    }
    table_close(&t);
    say(w, "Viral loads below their limit are at the highest limit of the participant's samples; "
           "areas are by straight lines of log10; the set point is the median of the last %g "
           "samples; growth is the slope of ln copies over the first three above the limit.",
        o->last);
    if (working(w)) {
        compare_values(w, o, &f, x, "Set point, log10");
    }
}

/* ---- Cells after an infusion. */
static const rsp_result_column cell_columns[] = {
    {"participant", "participant", "", RSP_CELL_TEXT, false},
    {"group", "group", "", RSP_CELL_TEXT, false},
    {"n", "samples", "", RSP_CELL_COUNT, false},
    {"cmax", "Cmax", "", RSP_CELL_NUMBER, false},
    {"tmax", "Tmax", "days", RSP_CELL_NUMBER, false},
    {"auc", "area", "", RSP_CELL_NUMBER, false},
    {"extrapolated", "of it extrapolated", "", RSP_CELL_SHARE, false},
    {"half_life", "half-life", "days", RSP_CELL_NUMBER, false},
    {"clast", "Clast", "", RSP_CELL_NUMBER, false},
    {"tlast", "Tlast", "days", RSP_CELL_NUMBER, false},
    {"gone", "gone on", "day", RSP_CELL_NUMBER, false}};

static void put_cells(table *t, const char *who, const char *group, const rsp_kinetics *k)
{
    put_text(t, "%s", who);
    put_text(t, "%s", group);
    put(t, (double)k->n_samples);
    put(t, k->cmax);
    put_reason(t, rsp_kinetic_reason_text(k->reason));
    put(t, k->tmax_day);
    put(t, k->auc);
    put_reason(t, rsp_kinetic_reason_text(k->auc_reason));
    put(t, k->auc_extrapolated);
    put(t, k->terminal.half_life_day);
    put_reason(t, rsp_kinetic_reason_text(k->terminal.reason));
    put(t, k->clast);
    put(t, k->tlast_day);
    put(t, k->persists ? (double)NAN : k->gone_day);
    put_reason(t, k->persists ? "persists" : "");
}

/* Days before the infusion are no part of the curve. */
static size_t kinetic_samples(const rsp_measurement *const *rows, size_t n, rsp_kinetic_sample *s)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (rows[i]->day >= 0) {
            s[k++] = (rsp_kinetic_sample){rows[i]->day, rows[i]->state, rows[i]->value};
        }
    }
    return k;
}

void run_kinetics(work *w, const options *o)
{
    const char *assay = o->assay ? o->assay : "car_copies";
    frame f;
    numbers_of x[MOST_GROUPS];
    size_t most = w->d->n_measurements;
    const rsp_measurement **rows = work_alloc(w, most, sizeof *rows);
    rsp_kinetic_sample *s = work_alloc(w, most, sizeof *s);
    if (!begin(w, o, assay, &f, x)) {
        return;
    }
    table t = TABLE_OPEN(w, "participants", "Each participant", cell_columns);
    for (size_t i = 0; i < f.n && working(w); i++) {
        rsp_kinetics k;
        rsp_error err = {0};
        size_t n = kinetic_samples(rows, samples_of(w, f.subject[i], assay, rows, most), s);
        const char *who = subject_name(w, f.subject[i]);
        if (work_took(w, o->at, rsp_kinetics_of(s, n, o->auc_to, &k, &err), &err)) {
            put_cells(&t, who, f.groups[f.group[i]], &k);
            add_number(&x[f.group[i]], k.reason == RSP_KINETIC_FINE ? k.cmax : (double)NAN);
        }
    }
    if (working(w)) {
        t.t->long_one = f.n > 8;
    }
    table_close(&t);
    say(w, "Areas from day 0 to %g are linear while rising and logarithmic while falling; the "
           "half-life is that of the last points with the greatest adjusted R2 (Gabrielsson and "
           "Weiner 2006). Days count from day 0 of the data set.", o->auc_to);
    if (working(w)) {
        compare_values(w, o, &f, x, "Cmax");
    }
}
