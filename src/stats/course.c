#include <math.h>
#include <stdlib.h>

#include "respite/kinetics.h"
#include "respite/reservoir.h"
#include "respite/stats.h"

typedef struct course {
    double *day, *log10_vl; /* [n] at least the floor; inf above the upper limit */
    double *excess;          /* [2n] above the floor; then scratch of the growth */
    size_t n;
    double floor;
} course;

static rsp_status check(const rsp_viral_sample *s, size_t n, rsp_error *err)
{
    double last = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(s[i].day) || s[i].day <= last) {
            return rsp_fail(err, RSP_RANGE,
                            "sample %zu is of day %g, after day %g: days that increase are "
                            "expected", i + 1, s[i].day, last);
        }
        last = s[i].day;
        if (s[i].state == RSP_MISSING) {
            continue;
        }
        if (!(s[i].lloq > 0 && isfinite(s[i].lloq))) {
            return rsp_fail(err, RSP_RANGE,
                            "sample %zu has a limit of quantification of %g copies/mL: a "
                            "number above 0 is expected", i + 1, s[i].lloq);
        }
        if (s[i].state == RSP_NUMBER && !(s[i].copies_per_ml >= 0 &&
                                          isfinite(s[i].copies_per_ml))) {
            return rsp_fail(err, RSP_RANGE,
                            "sample %zu is %g copies/mL: a number of 0 or more is expected",
                            i + 1, s[i].copies_per_ml);
        }
    }
    return RSP_OK;
}

static void collect(const rsp_viral_sample *s, size_t n, course *c, rsp_course *out)
{
    for (size_t i = 0; i < n; i++) {
        c->floor = s[i].state == RSP_MISSING ? c->floor : fmax(c->floor, s[i].lloq);
    }
    out->floor_log10 = c->floor > 0 ? log10(c->floor) : (double)NAN;
    for (size_t i = 0; i < n; i++) {
        if (s[i].state == RSP_MISSING) {
            continue;
        }
        double copies = s[i].state == RSP_NUMBER       ? s[i].copies_per_ml
                        : s[i].state == RSP_ABOVE_ULOQ ? (double)INFINITY
                                                       : 0;
        out->n_above += s[i].state == RSP_ABOVE_ULOQ;
        out->n_below += copies < c->floor;
        c->day[c->n] = s[i].day;
        c->log10_vl[c->n] = log10(fmax(copies, c->floor));
        c->excess[c->n] = c->log10_vl[c->n] - out->floor_log10;
        c->n++;
    }
    out->n = c->n;
}

static void areas(const course *c, rsp_course *out)
{
    if (out->n_above > 0 || c->n == 0) {
        out->auc_reason = c->n ? "a sample above the upper limit" : "no samples";
        return;
    }
    for (size_t i = 0; i < c->n; i++) {
        if (isnan(out->peak_log10) || c->log10_vl[i] > out->peak_log10) {
            out->peak_log10 = c->log10_vl[i];
            out->peak_day = c->day[i];
        }
    }
    if (c->n < 2) {
        out->auc_reason = "fewer than two samples";
        return;
    }
    out->auc_log10 = rsp_area_linear(c->day, c->log10_vl, c->n);
    out->excess_auc = rsp_area_linear(c->day, c->excess, c->n);
    out->average_log10 = out->auc_log10 / (c->day[c->n - 1] - c->day[0]);
}

static void set_point(const course *c, const rsp_course_options *o, rsp_course *out)
{
    size_t end = c->n, first;
    while (end > 0 && c->day[end - 1] > o->set_to_day) { /* false where NaN */
        end--;
    }
    first = end;
    while (first > 0 && end - first < o->set_last && !(c->day[first - 1] < o->set_from_day)) {
        first--;
    }
    out->n_set = end - first;
    if (out->n_set < o->set_least || out->n_set == 0) {
        out->set_reason = "too few samples in the window of the set point";
        return;
    }
    double sum = 0;
    for (size_t i = first; i < end; i++) {
        sum += c->log10_vl[i];
    }
    if (isinf(sum)) {
        out->set_reason = "a sample above the upper limit";
        return;
    }
    out->set_mean_log10 = sum / (double)out->n_set;
    out->set_median_log10 = rsp_quantile_of(c->log10_vl + first, out->n_set, 0.5);
}

static double slope(const double *x, const double *y, size_t n)
{
    double mx = 0, my = 0, xx = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        mx += x[i] / (double)n;
        my += y[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        xy += (x[i] - mx) * (y[i] - my);
    }
    return xy / xx;
}

static void growth(const course *c, const rsp_course_options *o, rsp_course *out)
{
    double *day = c->excess, *ln = c->excess + c->n;
    size_t n = 0;
    for (size_t i = 0; i < c->n && n < o->growth_first; i++) {
        if (c->log10_vl[i] >= log10(o->growth_below)) {
            break;
        }
        if (c->log10_vl[i] > out->floor_log10) {
            day[n] = c->day[i];
            ln[n++] = c->log10_vl[i] * log(10);
        }
    }
    out->n_growth = n;
    if (n < 2) {
        out->growth_reason = "fewer than two values between the limits";
        return;
    }
    out->growth_per_day = slope(day, ln, n);
    out->doubling_days = out->growth_per_day > 0 ? log(2) / out->growth_per_day : (double)NAN;
}

rsp_status rsp_course_of(const rsp_viral_sample *samples, size_t n,
                         const rsp_course_options *options, rsp_course *out, rsp_error *err)
{
    static const rsp_course_options usual = {NAN, NAN, 3, 2, 3, 1e5};
    *out = (rsp_course){.auc_log10 = NAN, .average_log10 = NAN, .excess_auc = NAN,
                        .peak_log10 = NAN, .peak_day = NAN, .floor_log10 = NAN,
                        .set_median_log10 = NAN, .set_mean_log10 = NAN,
                        .growth_per_day = NAN, .doubling_days = NAN,
                        .auc_reason = "", .set_reason = "", .growth_reason = ""};
    rsp_status s = check(samples, n, err);
    if (s != RSP_OK) {
        return s;
    }
    course c = {.day = calloc(4 * n + 1, sizeof *c.day)};
    if (!c.day) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu samples", n);
    }
    c.log10_vl = c.day + n;
    c.excess = c.log10_vl + n;
    const rsp_course_options *o = options ? options : &usual;
    collect(samples, n, &c, out);
    areas(&c, out);
    set_point(&c, o, out);
    growth(&c, o, out);
    free(c.day);
    return RSP_OK;
}
