#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "respite/stats.h"
#include "stats/distributions.h"
#include "stats/pooled.h"

/* Levels closer than this are one level: R quantile.survfit's tolerance. */
static const double LEVEL_TOLERANCE = 0x1p-26;

/* New times are appended behind the sorted part and merged into it when they
 * are as many: O(log n) a time, amortised, without a tree. */
enum { SHORTEST_TAIL = 32 };

static int by_time(const void *a, const void *b)
{
    const rsp_km_point *x = a, *y = b;
    return (x->t > y->t) - (x->t < y->t);
}

/* Index of the first of the sorted points with time >= t. */
static size_t first_from(const rsp_km *km, double t)
{
    size_t low = 0, high = km->n_sorted;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (km->points[mid].t < t) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

/* Join sorted neighbours at most `gap` apart. */
static void join_ties(rsp_km *km, double gap)
{
    size_t kept = 0;
    double before = 0.0;
    for (size_t i = 0; i < km->n_points; i++) {
        rsp_km_point p = km->points[i];
        if (i > 0 && p.t - before <= gap) {
            km->points[kept - 1].events += p.events;
            km->points[kept - 1].censored += p.censored;
        } else {
            km->points[kept++] = p;
        }
        before = p.t;
    }
    km->n_points = km->n_sorted = kept;
}

static void settle(rsp_km *km)
{
    if (km->n_sorted < km->n_points) {
        qsort(km->points, km->n_points, sizeof *km->points, by_time);
        join_ties(km, 0.0);
    }
}

rsp_status rsp_km_add(rsp_km *km, double t, bool event, double weight,
                      rsp_error *err)
{
    if (!(t >= 0 && isfinite(t))) {
        return rsp_fail(err, RSP_RANGE,
                        "a time of %g days: a finite time >= 0 is expected", t);
    }
    if (!(weight >= 0 && isfinite(weight))) {
        return rsp_fail(err, RSP_RANGE,
                        "a weight of %g: a finite weight >= 0 is expected",
                        weight);
    }
    if (weight == 0) {
        return RSP_OK;
    }
    size_t i = first_from(km, t);
    if (i == km->n_sorted || km->points[i].t != t) {
        size_t tail = km->n_points - km->n_sorted;
        if (tail >= SHORTEST_TAIL && tail >= km->n_sorted) {
            settle(km);
        }
        if (!RSP_GROW(&km->points, &km->capacity, km->n_points + 1)) {
            return rsp_fail(err, RSP_NOMEM, "no memory for %zu event times",
                            km->n_points + 1);
        }
        i = km->n_points++;
        km->points[i] = (rsp_km_point){.t = t};
        if (i == km->n_sorted && (i == 0 || km->points[i - 1].t < t)) {
            km->n_sorted++;
        }
    }
    *(event ? &km->points[i].events : &km->points[i].censored) += weight;
    km->n += weight;
    km->events += event ? weight : 0.0;
    return RSP_OK;
}

static void set_band(rsp_km_point *p, double q, rsp_km_band band, double z)
{
    double s = p->s;
    p->se = s > 0 ? s * q : (double)NAN;
    p->low = p->high = s >= 1 && band != RSP_BAND_LOGLOG ? 1.0 : (double)NAN;
    if (!(s > 0 && s < 1) || isnan(z)) {
        return;
    }
    switch (band) {
    case RSP_BAND_LOGLOG: {
        double h = -log(s), spread = z * q / h;
        p->low = exp(-h * exp(spread));
        p->high = exp(-h * exp(-spread));
        return;
    }
    case RSP_BAND_LOG:
        p->low = s * exp(-z * q);
        p->high = fmin(1.0, s * exp(z * q));
        return;
    case RSP_BAND_PLAIN:
        p->low = fmax(0.0, s - z * s * q);
        p->high = fmin(1.0, s + z * s * q);
        return;
    }
}

static void finish(rsp_km *km, rsp_km_band band, double z)
{
    settle(km);
    km->band = band;
    double sum = 0.0;
    for (size_t i = 0; i < km->n_points; i++) {
        sum += km->points[i].t;
    }
    join_ties(km, rsp_pooled_tie_gap(sum, km->n_points));
    /* At risk is summed from the end, so that S is exactly 0 where the last
     * observation is an event, whatever the weights. */
    double at_risk = 0.0;
    for (size_t i = km->n_points; i-- > 0;) {
        rsp_km_point *p = &km->points[i];
        at_risk += p->events + p->censored;
        p->at_risk = at_risk;
    }
    double s = 1.0, variance = 0.0; /* of ln S */
    double hazard = 0.0, hazard_variance = 0.0;
    for (size_t i = 0; i < km->n_points; i++) {
        rsp_km_point *p = &km->points[i];
        double left = p->at_risk - p->events;
        s *= left / p->at_risk;
        variance += p->events > 0 ? p->events / (p->at_risk * left) : 0.0;
        p->s = s;
        set_band(p, sqrt(variance), band, z);
        hazard += p->events / p->at_risk;
        hazard_variance += p->events / (p->at_risk * p->at_risk);
        p->hazard = hazard;
        p->hazard_se = sqrt(hazard_variance);
    }
}

void rsp_km_finish(rsp_km *km, rsp_km_band band)
{
    finish(km, band, RSP_Z_95);
}

void rsp_km_finish_at(rsp_km *km, rsp_km_band band, double level)
{
    bool known = level > 0 && level < 1;
    finish(km, band, known ? rsp_stats_normal_quantile(0.5 + level / 2) : (double)NAN);
}

void rsp_km_fini(rsp_km *km)
{
    free(km->points);
    *km = (rsp_km){0};
}

static double level_of(const rsp_km_point *p, size_t member)
{
    double v;
    memcpy(&v, (const char *)p + member, sizeof v);
    return 1.0 - v;
}

/* Where the step function 1 - member reaches p, by the rules of R's
 * quantile.survfit.  Bands need not be monotone: R takes the lowest level that
 * reaches p, not the earliest time. */
static double reach(const rsp_km *km, size_t member, double p)
{
    double tolerance = LEVEL_TOLERANCE;
    double at_least = INFINITY, above = INFINITY; /* levels */
    double t_at_least = NAN, t_above = NAN;
    for (size_t i = 0; i < km->n_points; i++) {
        double y = level_of(&km->points[i], member);
        if (y + tolerance >= p && y < at_least) {
            at_least = y;
            t_at_least = km->points[i].t;
        }
        if (y - tolerance >= p && y < above) {
            above = y;
            t_above = km->points[i].t;
        }
    }
    if (km->n_points > 0) {
        const rsp_km_point *last = &km->points[km->n_points - 1];
        if (fabs(level_of(last, member) - p) < tolerance) {
            return (t_at_least + last->t) / 2;
        }
    }
    return (t_at_least + t_above) / 2;
}

rsp_quantile rsp_km_quantile(const rsp_km *km, double p)
{
    if (!(p > 0 && p < 1)) {
        return (rsp_quantile){NAN, NAN, NAN};
    }
    return (rsp_quantile){.value = reach(km, offsetof(rsp_km_point, s), p),
                          .low = reach(km, offsetof(rsp_km_point, low), p),
                          .high = reach(km, offsetof(rsp_km_point, high), p)};
}

rsp_km_point rsp_km_at(const rsp_km *km, double t)
{
    double gap = rsp_pooled_tie_gap(fabs(t), 1);
    size_t from = first_from(km, t - gap);
    bool here = from < km->n_points && km->points[from].t <= t + gap;
    double at_one = km->band == RSP_BAND_LOGLOG ? (double)NAN : 1.0;
    rsp_km_point out = {.s = 1.0, .low = at_one, .high = at_one};
    if (here) {
        out = km->points[from];
    } else if (from > 0) {
        out = km->points[from - 1];
        out.events = out.censored = 0.0;
    }
    out.t = t;
    out.at_risk = from < km->n_points ? km->points[from].at_risk : 0.0;
    return out;
}
