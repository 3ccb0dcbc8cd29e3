#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study/analyst.h"

rsp_status series_add(series *s, double x, rsp_error *err)
{
    if (!RSP_GROW(&s->x, &s->capacity, s->n + 1)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for the trials' estimates");
    }
    s->x[s->n++] = x;
    return RSP_OK;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Type 7 quantile of sorted values, of which the last may be infinite. */
static double sorted_quantile(const double *x, size_t n, double p)
{
    double at = p * (double)(n - 1);
    size_t i = (size_t)at;
    double part = at - (double)i;
    double low = x[i], high = i + 1 < n ? x[i + 1] : x[i];
    double v = part > 0 ? low + part * (high - low) : low;
    return isfinite(v) ? v : (double)NAN;
}

static size_t sorted_copy(const series *s, double **out)
{
    size_t n = 0;
    *out = malloc((s->n ? s->n : 1) * sizeof **out);
    for (size_t i = 0; *out && i < s->n; i++) {
        if (!isnan(s->x[i])) {
            (*out)[n++] = s->x[i];
        }
    }
    if (n > 1) {
        qsort(*out, n, sizeof **out, by_value);
    }
    return n;
}

rsp_interval series_interval(const series *s)
{
    double nan = (double)NAN, *x = NULL;
    rsp_interval v = {nan, nan, nan};
    size_t n = sorted_copy(s, &x);
    if (n) {
        v = (rsp_interval){sorted_quantile(x, n, 0.5), sorted_quantile(x, n, 0.05),
                           sorted_quantile(x, n, 0.95)};
    }
    free(x);
    return v;
}

bool series_spread(const series *s, rsp_interval *v)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        n += !isnan(s->x[i]);
    }
    *v = series_interval(s);
    if (n < 2) {
        v->low = v->high = (double)NAN;
    }
    return n >= 2;
}

double series_mean(const series *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        sum += s->x[i];
    }
    return s->n ? sum / (double)s->n : (double)NAN;
}

double series_median(const series *s) { return series_interval(s).value; }

/* ---- Days. */
static size_t bin_of(double value)
{
    if (!(value > 0)) {
        return 0;
    }
    double at = (log10(value) - BIN_LOWEST) * BIN_PER_DECADE;
    return at < 0 ? 0 : at >= BINS ? BINS - 1 : (size_t)at;
}

static double bin_value(size_t bin)
{
    double v = pow(10.0, ((double)bin + 0.5) / BIN_PER_DECADE + BIN_LOWEST);
    return bin ? v : 0.0;
}

rsp_status day_table_add(day_table *t, rsp_arena *arena, double day,
                         const rsp_measurement *m, rsp_error *err)
{
    double at = floor(day + 0.5) - BIN_FIRST_DAY;
    if (m->state == RSP_MISSING || !(at >= 0 && at < BIN_DAYS)) {
        return RSP_OK;
    }
    if (!t->bins) {
        t->bins = rsp_arena_alloc(arena, BIN_DAYS, sizeof *t->bins);
    }
    day_bin **bin = t->bins ? &t->bins[(size_t)at] : NULL;
    if (bin && !*bin) {
        *bin = rsp_arena_alloc(arena, 1, sizeof **bin);
    }
    if (!bin || !*bin) {
        return rsp_fail(err, RSP_NOMEM, "no memory for the visits' summaries");
    }
    (*bin)->n++;
    (*bin)->not_detected += m->state == RSP_NOT_DETECTED;
    (*bin)->below += m->state == RSP_BELOW_LLOQ;
    if (m->state == RSP_NUMBER) {
        (*bin)->count[bin_of(m->value)]++;
    } else if (m->state == RSP_ABOVE_ULOQ) {
        (*bin)->count[bin_of(m->uloq)]++;
    }
    return RSP_OK;
}

size_t day_table_size(const day_table *t)
{
    size_t n = 0;
    for (size_t i = 0; t->bins && i < BIN_DAYS; i++) {
        n += t->bins[i] != NULL;
    }
    return n;
}

/* The value below which the share p lies; NaN among those without a number. */
static double day_quantile(const day_bin *b, double p)
{
    double want = p * (double)b->n;
    double seen = (double)(b->not_detected + b->below);
    if (seen >= want && seen > 0) {
        return (double)NAN;
    }
    for (size_t i = 0; i < BINS; i++) {
        seen += b->count[i];
        if (seen >= want && b->count[i]) {
            return bin_value(i);
        }
    }
    return (double)NAN;
}

size_t day_table_list(const day_table *t, const char *assay, const char *unit,
                      const char *from, rsp_visit_summary *out)
{
    size_t n = 0;
    for (size_t i = 0; t->bins && i < BIN_DAYS; i++) {
        const day_bin *b = t->bins[i];
        if (b) {
            out[n++] = (rsp_visit_summary){
                .assay = assay, .unit = unit, .from = from,
                .day = (double)i + BIN_FIRST_DAY, .n = b->n,
                .not_detected = b->not_detected, .below_lloq = b->below,
                .q05 = day_quantile(b, 0.05), .q25 = day_quantile(b, 0.25),
                .q50 = day_quantile(b, 0.5), .q75 = day_quantile(b, 0.75),
                .q95 = day_quantile(b, 0.95)};
        }
    }
    return n;
}
