#include "stats/cox_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/pooled.h"

/* Sums and squares of what is smaller stay far inside the range of a double. */
static const double LARGEST_COVARIATE = 1e100;

typedef struct key {
    double time;
    size_t tie; /* which of the distinct times */
    size_t row;
    uint32_t stratum;
} key;

static int by_time(const void *a, const void *b)
{
    const key *x = a, *y = b;
    return (x->time > y->time) - (x->time < y->time);
}

static int by_stratum_tie_row(const void *a, const void *b)
{
    const key *x = a, *y = b;
    if (x->stratum != y->stratum) {
        return x->stratum < y->stratum ? -1 : 1;
    }
    if (x->tie != y->tie) {
        return x->tie < y->tie ? -1 : 1;
    }
    return (x->row > y->row) - (x->row < y->row);
}

static double of(const double *array, size_t i, double otherwise)
{
    return array ? array[i] : otherwise;
}

static rsp_status refuse(rsp_error *err, size_t row, const char *what, double value,
                         const char *expected)
{
    return rsp_fail(err, RSP_RANGE, "row %zu: %s is %g: %s is expected", row + 1, what,
                    value, expected);
}

static rsp_status check_row(const rsp_cox_data *d, size_t i, bool *missing, rsp_error *err)
{
    if (!(d->time[i] >= 0 && isfinite(d->time[i]))) {
        return refuse(err, i, "the time", d->time[i], "a finite number of days >= 0");
    }
    double weight = of(d->weight, i, 1), count = of(d->count, i, 1);
    if (!(weight >= 0 && isfinite(weight))) {
        return refuse(err, i, "the weight", weight, "a finite number >= 0");
    }
    if (!(count >= 0 && isfinite(count))) {
        return refuse(err, i, "the count", count, "a finite number >= 0");
    }
    if (!isfinite(of(d->offset, i, 0))) {
        return refuse(err, i, "the offset", d->offset[i], "a finite number");
    }
    *missing = false;
    for (size_t k = 0; k < d->n_covariates; k++) {
        double x = d->x[i * d->n_covariates + k];
        if (fabs(x) > LARGEST_COVARIATE) {
            return refuse(err, i, "a covariate", x,
                          "a number of size up to 1e100, or NaN where missing,");
        }
        *missing = *missing || isnan(x);
    }
    return RSP_OK;
}

/* Which rows take part; their keys in order of time. */
static rsp_status choose(cox_rows *r, const rsp_cox_data *d, key *keys, rsp_error *err)
{
    for (size_t i = 0; i < d->n; i++) {
        bool missing = false;
        rsp_status s = check_row(d, i, &missing, err);
        if (s != RSP_OK) {
            return s;
        }
        bool counts = of(d->weight, i, 1) > 0 && of(d->count, i, 1) > 0;
        r->n_missing += counts && missing;
        if (counts && !missing) {
            keys[r->n++] = (key){.time = d->time[i],
                                 .row = i,
                                 .stratum = d->stratum ? d->stratum[i] : 0};
        }
    }
    qsort(keys, r->n, sizeof *keys, by_time);
    return RSP_OK;
}

/* Times apart by rounding are one time, in every stratum the same. */
static void join_ties(key *keys, size_t n)
{
    double sum = 0.0;
    size_t distinct = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || keys[i].time != keys[i - 1].time) {
            sum += keys[i].time;
            distinct++;
        }
    }
    double gap = rsp_pooled_tie_gap(sum, distinct), before = 0.0, first = 0.0;
    size_t tie = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || keys[i].time - before > gap) {
            first = keys[i].time;
            tie++;
        }
        before = keys[i].time;
        keys[i].time = first;
        keys[i].tie = tie;
    }
    qsort(keys, n, sizeof *keys, by_stratum_tie_row);
}

static bool allocate(cox_rows *r, size_t n, size_t p)
{
    if (p > 0 && n > SIZE_MAX / sizeof(double) / (p + 1)) {
        return false;
    }
    size_t m = n + 1; /* never calloc(0) */
    r->x = calloc(m * (p ? p : 1), sizeof *r->x);
    r->mean = calloc(p + 1, sizeof *r->mean);
    r->scale = calloc(p + 1, sizeof *r->scale);
    r->time = calloc(m, sizeof *r->time);
    r->weight = calloc(m, sizeof *r->weight);
    r->count = calloc(m, sizeof *r->count);
    r->offset = calloc(m, sizeof *r->offset);
    r->event = calloc(m, sizeof *r->event);
    r->stratum = calloc(m, sizeof *r->stratum);
    r->cluster = calloc(m, sizeof *r->cluster);
    r->origin = calloc(m, sizeof *r->origin);
    r->first = calloc(m + 1, sizeof *r->first);
    r->ends = calloc(m, sizeof *r->ends);
    return r->x && r->mean && r->scale && r->time && r->weight && r->count && r->offset &&
           r->event && r->stratum && r->cluster && r->origin && r->first && r->ends;
}

static void copy(cox_rows *r, const rsp_cox_data *d, const key *keys)
{
    for (size_t i = 0; i < r->n; i++) {
        size_t from = keys[i].row;
        bool begins = i == 0 || keys[i].stratum != keys[i - 1].stratum ||
                      keys[i].tie != keys[i - 1].tie;
        if (begins) {
            r->first[r->n_sets++] = i;
        }
        r->ends[r->n_sets - 1] = i + 1 == r->n || keys[i + 1].stratum != keys[i].stratum;
        r->time[i] = keys[i].time;
        r->stratum[i] = keys[i].stratum;
        r->cluster[i] = d->cluster ? d->cluster[from] : (uint32_t)from;
        r->weight[i] = of(d->weight, from, 1);
        r->count[i] = of(d->count, from, 1);
        r->offset[i] = of(d->offset, from, 0);
        r->event[i] = d->event[from];
        r->events += r->event[i] ? r->count[i] : 0.0;
        r->origin[i] = from;
        if (r->p > 0) {
            memcpy(r->x + i * r->p, d->x + from * r->p, r->p * sizeof *r->x);
        }
    }
    r->first[r->n_sets] = r->n;
}

/* Rows that are at risk at no event say nothing, however far out their x. */
static void mark_informative(const cox_rows *r, bool *informative)
{
    bool seen = false;
    for (size_t k = 0; k < r->n_sets; k++) {
        seen = seen && !(k > 0 && r->ends[k - 1]);
        for (size_t i = r->first[k]; i < r->first[k + 1]; i++) {
            seen = seen || r->event[i];
        }
        for (size_t i = r->first[k]; i < r->first[k + 1]; i++) {
            informative[i] = seen;
        }
    }
}

/* Estimates do not depend on origin and unit of x, the rounding of sums does. */
static void standardise(cox_rows *r, const bool *informative)
{
    for (size_t k = 0; k < r->p; k++) {
        double total = 0.0, sum = 0.0, squares = 0.0, largest = 0.0;
        for (size_t i = 0; i < r->n; i++) {
            double w = informative[i] ? r->weight[i] * r->count[i] : 0.0;
            total += w;
            sum += w > 0 ? w * r->x[i * r->p + k] : 0.0;
        }
        r->mean[k] = total > 0 ? sum / total : 0.0;
        for (size_t i = 0; i < r->n; i++) {
            double *x = &r->x[i * r->p + k];
            *x -= r->mean[k];
            largest = informative[i] ? fmax(largest, fabs(*x)) : largest;
        }
        for (size_t i = 0; i < r->n && largest > 0; i++) {
            double x = r->x[i * r->p + k] / largest; /* its square cannot overflow */
            squares += informative[i] ? r->weight[i] * r->count[i] * x * x : 0.0;
        }
        /* Differences of the size of rounding are none. */
        bool constant = !(largest > 1e-13 * fabs(r->mean[k]));
        r->scale[k] = constant ? 1.0 : largest * sqrt(squares / total);
        for (size_t i = 0; i < r->n; i++) {
            double *x = &r->x[i * r->p + k];
            /* Nobody's number where nobody reads it: it might overflow. */
            *x = constant || !informative[i] ? 0.0 : *x / r->scale[k];
        }
    }
}

rsp_status cox_rows_init(cox_rows *r, const rsp_cox_data *d, rsp_error *err)
{
    *r = (cox_rows){.p = d->n_covariates,
                    .has_weights = d->weight != NULL,
                    .has_counts = d->count != NULL,
                    .has_clusters = d->cluster != NULL};
    key *keys = d->n < SIZE_MAX / sizeof *keys ? calloc(d->n + 1, sizeof *keys) : NULL;
    bool *informative = calloc(d->n < SIZE_MAX ? d->n + 1 : 1, sizeof *informative);
    rsp_status s = keys && informative && allocate(r, d->n, r->p)
                       ? choose(r, d, keys, err)
                       : rsp_fail(err, RSP_NOMEM, "no memory for %zu rows of %zu covariates",
                                  d->n, d->n_covariates);
    if (s == RSP_OK) {
        join_ties(keys, r->n);
        copy(r, d, keys);
        mark_informative(r, informative);
        standardise(r, informative);
    } else {
        cox_rows_fini(r);
    }
    free(keys);
    free(informative);
    return s;
}

void cox_rows_fini(cox_rows *r)
{
    free(r->x);
    free(r->mean);
    free(r->scale);
    free(r->time);
    free(r->weight);
    free(r->count);
    free(r->offset);
    free(r->event);
    free(r->stratum);
    free(r->cluster);
    free(r->origin);
    free(r->first);
    free(r->ends);
    *r = (cox_rows){0};
}

void cox_rows_keep(cox_rows *r, const bool *keep)
{
    size_t kept = 0;
    for (size_t k = 0; k < r->p; k++) {
        if (keep[k]) {
            r->mean[kept] = r->mean[k];
            r->scale[kept] = r->scale[k];
            kept++;
        }
    }
    double *to = r->x; /* always behind what is read */
    for (size_t i = 0; i < r->n; i++) {
        const double *row = r->x + i * r->p;
        for (size_t k = 0; k < r->p; k++) {
            if (keep[k]) {
                *to++ = row[k];
            }
        }
    }
    r->p = kept;
}
