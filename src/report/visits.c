#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/visits.h"

/* Visits found in the samples: days close together, each person once. */

static const double WEEK = 7.0, CLOSE = 1.01, WIDE = 2.99; /* days: windows are +-1 */

typedef struct sample {
    double day;   /* planned, since `from` */
    double value; /* -inf: below its limit */
    size_t row;
    uint32_t person;
} sample;

static int by_day(const void *a, const void *b)
{
    const sample *x = a, *y = b;
    if (x->day < y->day || x->day > y->day) {
        return x->day < y->day ? -1 : 1;
    }
    return (x->row > y->row) - (x->row < y->row);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double value_shown(const rsp_measurement *m)
{
    return m->state == RSP_NUMBER       ? m->value
           : m->state == RSP_ABOVE_ULOQ ? (m->uloq > 0 ? m->uloq : (double)INFINITY)
                                        : -(double)INFINITY;
}

static size_t samples_of(const cohort *c, const roster *r, const char *assay, size_t arm,
                         sample *s)
{
    size_t n = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        const person *p = &r->people[i];
        for (size_t k = p->first; k < p->last && (arm == EVERY_ARM || p->arm == arm); k++) {
            const rsp_measurement *m = &c->rows->measurements[k];
            double day = isfinite(m->planned_day) ? m->planned_day : m->day;
            if (people_row_counts(c->rows, p, k, assay)) {
                s[n++] = (sample){.day = day - p->zero, .value = value_shown(m), .row = k,
                                  .person = i};
            }
        }
    }
    qsort(s, n, sizeof *s, by_day);
    return n;
}

/* How many of s[i..] make a visit. */
static size_t visit_length(const sample *s, size_t n)
{
    size_t k = 1;
    while (k < n && s[k].day - s[k - 1].day <= CLOSE && s[k].day - s[0].day <= WIDE) {
        k++;
    }
    return k;
}

/* Each person's last of the visit; sorted. */
static size_t values_of(const sample *s, size_t n, double *v, size_t *last, size_t n_people)
{
    size_t m = 0;
    memset(last, 0, n_people * sizeof *last);
    for (size_t k = 0; k < n; k++) {
        last[s[k].person] = k + 1;
    }
    for (size_t k = 0; k < n; k++) {
        if (last[s[k].person] == k + 1) {
            v[m++] = s[k].value;
        }
    }
    qsort(v, m, sizeof *v, by_value);
    return m;
}

/* The empirical quantile (inverse of the distribution): NaN below a limit. */
static double quantile(const double *v, size_t n, double q)
{
    size_t k = (size_t)ceil(q * (double)n - 1e-9);
    double low = v[k ? k - 1 : 0], high = q == 0.5 && n % 2 == 0 ? v[n / 2] : low;
    double x = high > low ? low + (high - low) / 2 : low;
    return isfinite(x) ? x : (double)NAN;
}

static void take_visit(visit_list *list, const sample *s, size_t n, const double *v, size_t m)
{
    visit *x = &list->v[list->n++];
    *x = (visit){.first = s[0].day / WEEK, .last = s[n - 1].day / WEEK,
                 .week = s[n / 2].day / WEEK, .n = m,
                 .q = {quantile(v, m, 0.05), quantile(v, m, 0.25), quantile(v, m, 0.5),
                       quantile(v, m, 0.75), quantile(v, m, 0.95)}};
}

static void count_followed(const sample *s, size_t n, double *span, size_t n_people,
                           visit_list *list)
{
    for (size_t i = 0; i < n_people; i++) {
        span[2 * i] = (double)INFINITY;
    }
    for (size_t k = 0; k < n; k++) { /* in order of days */
        double *mine = span + 2 * (size_t)s[k].person;
        mine[0] = fmin(mine[0], s[k].day / WEEK);
        mine[1] = s[k].day / WEEK;
    }
    for (size_t i = 0; i < list->n; i++) {
        for (size_t k = 0; k < n_people; k++) {
            list->v[i].followed += isfinite(span[2 * k]) && span[2 * k] <= list->v[i].last &&
                                   span[2 * k + 1] >= list->v[i].first;
        }
    }
}

bool visits_of(const cohort *c, const roster *r, const char *assay, size_t arm, visit_list *out)
{
    size_t rows = c->rows ? c->rows->n_measurements : 0;
    sample *s = malloc((rows + 1) * sizeof *s);
    double *v = malloc((rows + 2 * r->n + 1) * sizeof *v);
    size_t *last = malloc((r->n + 1) * sizeof *last);
    *out = (visit_list){.v = malloc((rows + 1) * sizeof *out->v)};
    bool ok = s && v && last && out->v;
    size_t n = ok ? samples_of(c, r, assay, arm, s) : 0;
    for (size_t i = 0, k; i < n; i += k) {
        k = visit_length(s + i, n - i);
        take_visit(out, s + i, k, v, values_of(s + i, k, v, last, r->n));
    }
    if (ok) {
        count_followed(s, n, v, r->n, out);
    }
    free(s);
    free(v);
    free(last);
    return ok;
}

bool visit_missed(const visit_list *list, double from, double to)
{
    const double apart = 1.5 / WEEK;
    for (size_t i = 0; i < list->n; i++) {
        const visit *x = &list->v[i];
        if (x->first > from + apart && x->last < to - apart && x->n > 1 &&
            2 * x->n >= x->followed) {
            return true;
        }
    }
    return false;
}
