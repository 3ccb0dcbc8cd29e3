/* Aalen-Johansen with both variances in one pass: the influence of an increment
 * at time s on F(t) is a(s) - F(t) b(s), so that sums of its squares need only
 * three running sums. */
#include <math.h>
#include <stdlib.h>

#include "stats/competing_rows.h"
#include "stats/distributions.h"

typedef struct tally { /* at one time */
    double events[RSP_CAUSES_MAX + 1], squares[RSP_CAUSES_MAX + 1];
} tally;

typedef struct squares { /* of a - F b */
    double aa, ab, bb;
} squares;

static void add(squares *q, double weight, double a, double b)
{
    q->aa += weight * a * a;
    q->ab += weight * a * b;
    q->bb += weight * b * b;
}

static double at(const squares *q, double F)
{
    return fmax(q->aa - 2 * F * q->ab + F * F * q->bb, 0.0);
}

/* Of d events among n at risk; a weighted n may be below d by rounding. */
static double tie_factor(double d, double n)
{
    return d > 1 && n > 1 ? 1 - (d - 1) / (n - 1) : 1.0;
}

typedef struct walk { /* along the times, for one cause */
    double F, a_drift, b_drift; /* drift: what being at risk has taken off */
    squares increments;         /* variance of the hazards' increments */
    squares gone;               /* jackknife: who has left by now */
} walk;

/* How F(t) answers to an increment of the hazard of cause k at this time. */
static void influence(bool own, double s_before, double s_after, double F,
                      double *a, double *b)
{
    double ratio = s_after > 0 ? s_before / s_after : 0.0;
    *a = (own ? s_before : 0.0) + ratio * F;
    *b = ratio;
}

static void step(walk *w, const tally *d, size_t cause, size_t n_causes,
                 double n, double s_before, double s_after, double squares_left,
                 rsp_cif_value *out)
{
    double a[RSP_CAUSES_MAX + 1] = {0}, b[RSP_CAUSES_MAX + 1] = {0};
    w->F += s_before * d->events[cause] / n;
    for (size_t k = 1; k <= n_causes; k++) {
        influence(k == cause, s_before, s_after, w->F, &a[k], &b[k]);
    }
    /* Other causes act together, as one. */
    double own = d->events[cause], others = -own;
    for (size_t k = 1; k <= n_causes; k++) {
        double share = d->events[k] / (n * n);
        others += d->events[k];
        w->a_drift += a[k] * share;
        w->b_drift += b[k] * share;
    }
    double other_a = s_after > 0 ? s_before / s_after * w->F : 0.0;
    add(&w->increments, own * tie_factor(own, n) / (n * n), a[cause], b[cause]);
    add(&w->increments, others * tie_factor(others, n) / (n * n), other_a, b[cause]);
    for (size_t k = 0; k <= n_causes; k++) {
        add(&w->gone, d->squares[k], a[k] / n - w->a_drift, b[k] / n - w->b_drift);
    }
    squares robust = w->gone;
    add(&robust, squares_left, -w->a_drift, -w->b_drift);
    out->cif = w->F;
    out->variance = at(&w->increments, w->F);
    out->robust_se = sqrt(at(&robust, w->F));
}

static void limits(rsp_cif_value *v, bool weighted, double z)
{
    double se = weighted ? v->robust_se : sqrt(v->variance);
    v->variance = weighted ? (double)NAN : v->variance;
    v->low = v->high = NAN;
    if (v->cif > 0 && v->cif < 1) {
        double off = z * se / (v->cif * log(v->cif));
        v->low = pow(v->cif, exp(-off));
        v->high = pow(v->cif, exp(off));
    }
}

static rsp_status check(const rsp_competing *x, const double *weight, size_t n,
                        size_t n_causes, rsp_error *err)
{
    if (n_causes < 1 || n_causes > RSP_CAUSES_MAX) {
        return rsp_fail(err, RSP_RANGE, "%zu causes: it takes 1 to %d", n_causes,
                        RSP_CAUSES_MAX);
    }
    for (size_t i = 0; i < n; i++) {
        if (x[i].cause > n_causes) {
            return rsp_fail(err, RSP_RANGE, "row %zu: cause %u, but there are %zu",
                            i + 1, x[i].cause, n_causes);
        }
        if (weight && !(weight[i] > 0 && isfinite(weight[i]))) {
            return rsp_fail(err, RSP_RANGE,
                            "row %zu: weight %g: a weight is positive and finite",
                            i + 1, weight[i]);
        }
    }
    return RSP_OK;
}

static void estimate(rsp_cif *out, const tally *tallies, bool weighted,
                     double n_squares)
{
    walk w[RSP_CAUSES_MAX] = {{0}};
    double n = out->n, s = 1.0, left = n_squares;
    for (size_t i = 0; i < out->n_points; i++) {
        const tally *d = &tallies[i];
        rsp_cif_point *p = &out->points[i];
        double all = 0.0;
        p->at_risk = n;
        p->censored = d->events[0];
        left -= d->squares[0];
        for (size_t k = 1; k <= out->n_causes; k++) {
            all += d->events[k];
            left -= d->squares[k];
        }
        /* The last of all: nothing is left but rounding. */
        bool last = i + 1 == out->n_points;
        bool empty = last && !(d->events[0] > 0);
        p->s = empty ? 0.0 : s * (1 - all / n);
        for (size_t c = 0; c < out->n_causes; c++) {
            rsp_cif_value *v = &out->values[i * out->n_causes + c];
            step(&w[c], d, c + 1, out->n_causes, n, s, p->s,
                 last ? 0.0 : fmax(left, 0.0), v);
            limits(v, weighted, RSP_Z_95);
        }
        s = p->s;
        n -= all + d->events[0];
    }
}

rsp_status rsp_cif_fit(const rsp_competing *x, const double *weight, size_t n,
                       size_t n_causes, rsp_cif *out, rsp_error *err)
{
    rsp_competing_rows rows = {0};
    *out = (rsp_cif){.n_causes = n_causes, .weighted = weight != NULL};
    rsp_status s = check(x, weight, n, n_causes, err);
    if (s == RSP_OK) {
        s = rsp_competing_rows_init(&rows, x, n, err);
    }
    if (s != RSP_OK) {
        return s;
    }
    tally *tallies = calloc(rows.n_times, sizeof *tallies);
    out->points = calloc(rows.n_times, sizeof *out->points);
    out->values = calloc(rows.n_times * n_causes, sizeof *out->values);
    if (!tallies || !out->points || !out->values) {
        s = rsp_fail(err, RSP_NOMEM, "no memory for %zu times", rows.n_times);
        rsp_cif_fini(out);
    } else {
        double n_squares = 0.0;
        out->n_points = rows.n_times;
        for (size_t i = 0; i < n; i++) {
            double w = weight ? weight[i] : 1.0;
            tally *at_time = &tallies[rows.time_of[i]];
            at_time->events[x[i].cause] += w;
            at_time->squares[x[i].cause] += w * w;
            out->n += w;
            n_squares += w * w;
            if (x[i].cause > 0) {
                out->events[x[i].cause - 1] += w;
            }
        }
        for (size_t i = 0; i < rows.n_times; i++) {
            out->points[i].t = rows.times[i];
        }
        estimate(out, tallies, weight != NULL, n_squares);
    }
    free(tallies);
    rsp_competing_rows_fini(&rows);
    return s;
}

void rsp_cif_fini(rsp_cif *fit)
{
    free(fit->points);
    free(fit->values);
    *fit = (rsp_cif){0};
}

void rsp_cif_limits(rsp_cif *fit, double level)
{
    bool known = level > 0 && level < 1;
    double z = known ? rsp_stats_normal_quantile(0.5 + level / 2) : (double)NAN;
    for (size_t i = 0; i < fit->n_points * fit->n_causes; i++) {
        limits(&fit->values[i], fit->weighted, z);
    }
}

rsp_cif_value rsp_cif_at(const rsp_cif *fit, uint32_t cause, double t)
{
    if (fit->n_points == 0 || cause < 1 || cause > fit->n_causes || !(t >= 0)) {
        return (rsp_cif_value){NAN, NAN, NAN, NAN, NAN};
    }
    size_t low = 0, high = fit->n_points; /* points at or before t */
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (fit->points[mid].t <= t) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low == 0 ? (rsp_cif_value){0, 0, 0, NAN, NAN}
                    : fit->values[(low - 1) * fit->n_causes + cause - 1];
}
