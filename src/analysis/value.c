#include <math.h>
#include <string.h>

#include "analysis/work.h"

/* One number of each participant: a covariate, or an assay at a time. */

static bool has_assay(const work *w, const char *name)
{
    for (size_t i = 0; i < w->d->n_measurements; i++) {
        if (strcmp(w->d->measurements[i].assay, name) == 0) {
            return true;
        }
    }
    return false;
}

void check_assay(work *w, const tree *at, const char *name)
{
    const char *known[100];
    size_t n = 0;
    if (!working(w) || has_assay(w, name)) {
        return;
    }
    for (size_t i = 0; i < w->d->n_measurements && n < 100; i++) {
        bool seen = false;
        for (size_t k = 0; k < n; k++) {
            seen |= strcmp(known[k], w->d->measurements[i].assay) == 0;
        }
        if (!seen) {
            known[n++] = w->d->measurements[i].assay;
        }
    }
    if (n) {
        reader_unknown(&w->r, at, "the data have no assay", name, known, n);
    } else {
        reader_fail(&w->r, at, RSP_NAME, "the data have no assay '%.60s'; they have no "
                                         "measurements", name);
    }
}

void value_check(work *w, const value_spec *v)
{
    double number;
    if (!working(w) || !v->at) {
        return;
    }
    if (v->is_assay) {
        check_assay(w, tree_get(v->at, "assay"), v->name);
    } else if (w->d->n_subjects && !covariate_of(w, v->name, 0, &number)) {
        if (has_assay(w, v->name)) {
            reader_fail(&w->r, v->at, RSP_SYNTAX, "'%.60s' is an assay; say when: {assay: %.60s, at: "
                                                  "baseline}", v->name, v->name);
        } else {
            unknown_covariate(w, v->at, v->name);
        }
    }
}

/* ---- The rows of a participant: sorted, so found by halving. */
static int order_of(const rsp_measurement *m, const rsp_subject *s)
{
    if (m->trial != s->trial) {
        return m->trial < s->trial ? -1 : 1;
    }
    if (m->participant != s->participant) {
        return m->participant < s->participant ? -1 : 1;
    }
    return m->arm < s->arm ? -1 : m->arm > s->arm;
}

size_t rows_of(const work *w, uint32_t subject, const rsp_measurement **rows)
{
    const rsp_subject *s = &w->d->subjects[subject];
    size_t low = 0, high = w->d->n_measurements;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order_of(&w->d->measurements[middle], s) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *rows = w->d->measurements + low;
    size_t n = 0;
    while (low + n < w->d->n_measurements && order_of(&(*rows)[n], s) == 0) {
        n++;
    }
    return n;
}

/* Below its limit a value lies anywhere under it, above it anywhere over. */
value value_of_row(const rsp_measurement *m, bool log)
{
    value v = {{(double)NAN, (double)NAN}, (double)NAN, m->day, false};
    switch (m->state) {
    case RSP_NUMBER: v.v = m->value; v.limits = (rsp_limits){m->value, m->value}; break;
    case RSP_NOT_DETECTED:
    case RSP_BELOW_LLOQ: v.v = m->lloq; v.limits = (rsp_limits){-(double)INFINITY, m->lloq}; break;
    case RSP_ABOVE_ULOQ:
        v.v = m->uloq > 0 ? m->uloq : (double)NAN;
        v.limits = (rsp_limits){v.v, (double)INFINITY};
        break;
    case RSP_MISSING: break;
    }
    v.censored = m->state != RSP_NUMBER && !isnan(v.v);
    if (log && !isnan(v.v)) {
        v.v = v.v > 0 ? log10(v.v) : (double)NAN;
        v.limits.low = isinf(v.limits.low) ? v.limits.low : v.v;
        v.limits.high = isinf(v.limits.high) ? v.limits.high : v.v;
    }
    return v;
}

/* How far a sample is from the one asked for; infinite: not it. */
static double distance(const value_spec *s, const rsp_measurement *m, size_t i)
{
    double far = (double)INFINITY;
    switch (s->when) {
    case WHEN_DAY: return fabs(m->day - s->day) <= s->window ? fabs(m->day - s->day) : far;
    case WHEN_FIRST: return (double)i;
    case WHEN_LAST: return -(double)i;
    case WHEN_BASELINE: return m->day <= 0 ? -m->day : far;
    }
    return far;
}

value value_of(const work *w, const value_spec *s, uint32_t subject)
{
    value v = {{(double)NAN, (double)NAN}, (double)NAN, (double)NAN, false};
    if (!s->is_assay) {
        covariate_of(w, s->name, subject, &v.v);
        v.v = !s->log10 ? v.v : v.v > 0 ? log10(v.v) : (double)NAN;
        v.limits = (rsp_limits){v.v, v.v};
        return v;
    }
    const rsp_measurement *rows;
    size_t n = rows_of(w, subject, &rows), best = n;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rows[i].assay, s->name) != 0 || rows[i].state == RSP_MISSING ||
            isinf(distance(s, &rows[i], i))) {
            continue;
        }
        if (best == n || distance(s, &rows[i], i) < distance(s, &rows[best], best)) {
            best = i;
        }
    }
    return best < n ? value_of_row(&rows[best], s->log10) : v;
}

const char *value_name(work *w, const value_spec *s)
{
    char when[60];
    static const char *const words[] = {"", "first", "last", "baseline"};
    if (s->when == WHEN_DAY) {
        snprintf(when, sizeof when, "day %g (within %g)", s->day, s->window);
    } else {
        snprintf(when, sizeof when, "%s", words[s->when]);
    }
    return reader_printf(&w->r, "%s%s%s%s%s", s->log10 ? "log10 " : "", s->name,
                         s->is_assay ? " (" : "", s->is_assay ? when : "", s->is_assay ? ")" : "");
}

/* "U-012", or trial and number where the data name nobody. */
const char *subject_name(work *w, uint32_t subject)
{
    const rsp_subject *s = &w->d->subjects[subject];
    return s->id && s->id[0] ? s->id : reader_printf(&w->r, "%u-%u", s->trial, s->participant);
}
