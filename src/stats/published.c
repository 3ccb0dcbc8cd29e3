#include "stats/published.h"

#include <math.h>

#include "stats/distributions.h"

enum { K = RSP_PUBLISHED_MAX };

rsp_status rsp_published_check(const rsp_published *p, rsp_error *err)
{
    if (!(p->n >= 1 && p->n <= 5e5) || p->n_points < 1 || p->n_points > K) {
        return rsp_fail(err, RSP_RANGE,
                        "a published curve of %g people and %zu points: it takes "
                        "1 to 500000 people and 1 to %d points",
                        p->n, p->n_points, K);
    }
    double t = 0.0, share = 1.0;
    for (size_t k = 0; k < p->n_points; k++) {
        const rsp_published_point *at = &p->points[k];
        if (!(at->t > t && isfinite(at->t) && at->share > 0 && at->share < share)) {
            return rsp_fail(err, RSP_RANGE,
                            "published point %zu: share %g at day %g; days must "
                            "rise from 0 and shares fall from 1, above 0",
                            k + 1, at->share, at->t);
        }
        t = at->t;
        share = at->share;
    }
    return RSP_OK;
}

double rsp_published_hazard(const rsp_published *p, double t, double *weight,
                            bool *beyond)
{
    size_t k = 0, last = p->n_points - 1;
    while (k < last && t > p->points[k].t) {
        k++;
    }
    *beyond = t > p->points[last].t;
    double from = k ? p->points[k - 1].t : 0.0;
    double before = k ? -log(p->points[k - 1].share) : 0.0;
    double after = -log(p->points[k].share);
    double part = (t - from) / (p->points[k].t - from); /* above 1 beyond */
    if (weight) {
        weight[k] += part;
        if (k > 0) {
            weight[k - 1] += 1 - part;
        }
    }
    return before + part * (after - before);
}

static size_t period_of(const rsp_published *p, double t)
{
    size_t k = 0;
    while (k < p->n_points && t > p->points[k].t) {
        k++;
    }
    return k;
}

static void sort_into_periods(const rsp_published *p, const double *t,
                              const bool *event, size_t n, rsp_periods *out)
{
    *out = (rsp_periods){.k = p->n_points};
    double gone = 0.0, n0 = round(p->n);
    for (size_t k = 0; k < out->k; k++) {
        double by_now = round(n0 * (1 - p->points[k].share));
        out->published[k] = by_now - gone;
        gone = by_now;
    }
    out->published[out->k] = n0 - gone;
    for (size_t i = 0; i < n; i++) {
        size_t k = period_of(p, t[i]);
        /* Free of the event on the very day of a point: beyond it. */
        if (!event[i] && k < out->k && t[i] == p->points[k].t) {
            k++;
        }
        bool lost = !event[i] && k < out->k;
        out->censored[k] += lost;
        out->arm[k] += !lost;
    }
}

/* The log-rank test of grouped times. */
static void compare_counts(const rsp_periods *c, size_t n, double n0,
                           rsp_published_test *out)
{
    double left = (double)n, published = n0, u = 0.0, v = 0.0;
    bool censored = false;
    for (size_t k = 0; k < c->k; k++) {
        censored = censored || c->censored[k] > 0;
        left -= c->censored[k];
        double all = left + published, d = c->arm[k] + c->published[k];
        if (all > 1) {
            double share = left / all;
            u += c->arm[k] - d * share;
            v += d * share * (1 - share) * (all - d) / (all - 1);
        }
        left -= c->arm[k];
        published -= c->published[k];
    }
    out->u = u;
    if (!(v > 0)) {
        out->reason = "no event of either group while both are at risk";
        return;
    }
    out->z = u / sqrt(v);
    out->p = rsp_stats_normal_two_sided(out->z);
    out->p_exact = censored ? (double)NAN : rsp_published_exact(c, u);
}

static void compare_hazard(const rsp_published *p, const double *t,
                           const bool *event, size_t n, rsp_published_test *out)
{
    double weight[K] = {0}, outside = 0.0, variance = 0.0;
    out->observed = out->expected = 0.0;
    for (size_t i = 0; i < n; i++) {
        bool beyond;
        double h = rsp_published_hazard(p, t[i], weight, &beyond);
        out->observed += event[i];
        out->expected += h;
        if (beyond) {
            outside += h + log(p->points[p->n_points - 1].share);
        }
    }
    for (size_t j = 0; j < p->n_points; j++) {
        for (size_t k = 0; k < p->n_points; k++) {
            double s = p->points[j < k ? j : k].share;
            variance += weight[j] * weight[k] * (1 - s) / (p->n * s);
        }
    }
    if (out->expected > 0) {
        double O = out->observed, E = out->expected;
        out->extrapolated = outside / E;
        out->hazard_z = (O - E) / sqrt((O + E) / 2 + variance);
        out->hazard_p = rsp_stats_normal_two_sided(out->hazard_z);
    }
}

typedef struct followed { /* of the arm, at one point */
    double share, n; /* n: effective number */
    double free, gone; /* counts, where nobody is lost before */
    bool lost;
} followed;

static followed follow(const rsp_km *km, const double *t, const bool *event,
                       size_t n, double at)
{
    followed f = {.share = rsp_km_at(km, at).s};
    double known = 0.0;
    for (size_t i = 0; i < n; i++) {
        f.gone += t[i] <= at && event[i];
        f.free += t[i] > at || (t[i] == at && !event[i]);
        f.lost = f.lost || (t[i] < at && !event[i]);
    }
    known = f.gone + f.free;
    double se = rsp_km_at(km, at).se;
    f.n = f.lost && se > 0 ? f.share * (1 - f.share) / (se * se) : known;
    return f;
}

static double share_p(const followed *f, const rsp_published *p, double share,
                      rsp_error *err, rsp_status *status)
{
    if (f->lost) {
        double pooled = (f->n * f->share + p->n * share) / (f->n + p->n);
        double se = sqrt(pooled * (1 - pooled) * (1 / f->n + 1 / p->n));
        return rsp_stats_normal_two_sided((f->share - share) / se);
    }
    rsp_fisher fisher;
    double n0 = round(p->n), free0 = n0 - round(n0 * (1 - share));
    *status = rsp_fisher_test((size_t)f->free, (size_t)f->gone, (size_t)free0,
                              (size_t)(n0 - free0), RSP_TWO_SIDED, 0.95, &fisher, err);
    return fisher.p;
}

static rsp_status compare_shares(const rsp_published *p, const double *t,
                                 const bool *event, size_t n, double level,
                                 rsp_published_test *out, rsp_error *err)
{
    rsp_km km = {0};
    rsp_status s = RSP_OK;
    double last = 0.0;
    for (size_t i = 0; i < n && s == RSP_OK; i++) {
        s = rsp_km_add(&km, t[i], event[i], 1.0, err);
        last = fmax(last, t[i]);
    }
    rsp_km_finish(&km, RSP_BAND_LOGLOG);
    for (size_t k = 0; k < p->n_points && s == RSP_OK; k++) {
        double at = p->points[k].t, share = p->points[k].share;
        rsp_published_share *o = &out->shares[k];
        *o = (rsp_published_share){at, share, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
        followed f = follow(&km, t, event, n, at);
        if (!(f.free > 0 || f.share == 0)) {
            continue; /* the arm's curve ends before, above zero */
        }
        double low, high;
        rsp_wilson(f.share * f.n, f.n, level, &o->arm_low, &o->arm_high);
        rsp_wilson(share * p->n, p->n, level, &low, &high);
        o->arm = f.share;
        o->difference = f.share - share;
        o->low = o->difference - hypot(f.share - o->arm_low, high - share);
        o->high = o->difference + hypot(o->arm_high - f.share, share - low);
        o->p = share_p(&f, p, share, err, &s);
    }
    rsp_km_fini(&km);
    return s;
}

rsp_status rsp_published_compare(const rsp_published *published, const double *t,
                                 const bool *event, size_t n,
                                 rsp_published_test *out, rsp_error *err)
{
    return rsp_published_compare_at(published, t, event, n, 0.95, out, err);
}

rsp_status rsp_published_compare_at(const rsp_published *published, const double *t,
                                    const bool *event, size_t n, double level,
                                    rsp_published_test *out, rsp_error *err)
{
    rsp_periods counts;
    *out = (rsp_published_test){
        .u = NAN, .z = NAN, .p = NAN, .p_exact = NAN, .observed = NAN,
        .expected = NAN, .hazard_z = NAN, .hazard_p = NAN, .extrapolated = NAN,
        .n_points = published->n_points, .reason = ""};
    rsp_status s = rsp_published_check(published, err);
    if (s != RSP_OK) {
        return s;
    }
    for (size_t i = 0; i < n; i++) {
        if (!(t[i] >= 0 && isfinite(t[i]))) {
            return rsp_fail(err, RSP_RANGE,
                            "row %zu: time %g: days are needed, 0 or later", i + 1,
                            t[i]);
        }
    }
    if (!(level > 0 && level < 1)) {
        return rsp_fail(err, RSP_RANGE, "a level of %g: between 0 and 1 is expected", level);
    }
    if (n == 0) {
        return rsp_fail(err, RSP_RANGE, "the arm has no participants");
    }
    sort_into_periods(published, t, event, n, &counts);
    compare_counts(&counts, n, round(published->n), out);
    compare_hazard(published, t, event, n, out);
    return compare_shares(published, t, event, n, level, out, err);
}
