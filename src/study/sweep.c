#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "respite/rank.h"
#include "study/analyst.h"

/* Outcomes along a sweep, with Monte Carlo intervals by resampling whole replicate
 * trials: participants of a trial share what is drawn once for it. */

static const double LEVEL = 0.95;

enum { KEPT = RSP_SWEEP_RESAMPLES + 1 /* the estimate itself comes first */ };

typedef struct resampling {
    uint32_t trials;
    double *times;   /* [KEPT * trials] how often each trial was drawn */
    double *scratch; /* [most rows] */
} resampling;

static bool draw(const rsp_plan *plan, uint32_t trials, resampling *r)
{
    r->trials = trials;
    r->times = calloc((size_t)KEPT * trials + 1, sizeof *r->times);
    rsp_stream s = {.seed = plan->view.seed, .purpose = RSP_PURPOSE_USER,
                    .channel = rsp_channel("sweep")};
    for (uint32_t i = 0; r->times && i < trials; i++) {
        r->times[i] = 1;
    }
    for (uint32_t b = 1; r->times && b < KEPT; b++) {
        for (uint32_t i = 0; i < trials; i++) {
            uint32_t pick = (uint32_t)(rsp_uniform(&s, i, b) * trials);
            r->times[(size_t)b * trials + pick]++;
        }
    }
    return r->times != NULL;
}

/* ---- The statistic of rows that count so often. */
static rsp_status of_days(const plan_score *score, const outcome_rows *rows,
                          const double *times, double *out, rsp_error *err)
{
    rsp_km km = {0};
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < rows->n; i++) {
        s = rsp_km_add(&km, rows->x[i].day, rows->x[i].event, times[rows->x[i].trial], err);
    }
    *out = (double)NAN;
    if (s == RSP_OK && km.n > 0) {
        rsp_km_finish(&km, RSP_BAND_LOGLOG);
        double p = score->statistic == PLAN_QUARTILE1   ? 0.25
                   : score->statistic == PLAN_QUARTILE3 ? 0.75
                                                        : 0.5;
        double day = rsp_km_quantile(&km, p).value, free_of;
        switch (score->statistic) {
        case PLAN_EVENT_FREE:
        case PLAN_BY:
            free_of = rsp_km_at(&km, score->day).s;
            *out = score->statistic == PLAN_BY ? 1 - free_of : free_of;
            break;
        case PLAN_SHARE:
            *out = km.events / km.n;
            break;
        default:
            *out = isfinite(day) ? day : (double)INFINITY;
        }
    }
    rsp_km_fini(&km);
    return s;
}

static double of_values(const plan_score *score, const outcome_rows *rows,
                        const double *times, double *scratch)
{
    double sum = 0, n = 0;
    size_t kept = 0;
    bool median = score->statistic == PLAN_CHANGE || score->statistic == PLAN_LEVEL;
    for (size_t i = 0; i < rows->n; i++) {
        double w = times[rows->x[i].trial];
        sum += w * rows->x[i].value;
        n += w;
        for (double k = 0; median && k < w; k++) {
            scratch[kept++] = rows->x[i].value;
        }
    }
    return !(n > 0) ? (double)NAN : median ? rsp_quantile_of(scratch, kept, 0.5) : sum / n;
}

static size_t most_in_a_trial(const outcome_rows *rows)
{
    size_t most = 0, now = 0;
    for (size_t i = 0; i < rows->n; i++) {
        now = i && rows->x[i].trial == rows->x[i - 1].trial ? now + 1 : 1;
        most = now > most ? now : most;
    }
    return most;
}

/* The estimate, then its resamples: [KEPT]. */
static rsp_status replicate(const plan_score *score, const outcome_rows *rows,
                            resampling *r, double *out, rsp_error *err)
{
    uint32_t n = r->trials < RSP_SWEEP_TRIALS ? 1 : KEPT;
    bool days = !plan_of_assay(score->statistic);
    size_t room = days ? 0 : most_in_a_trial(rows) * r->trials + 1;
    rsp_status s = RSP_OK;
    r->scratch = days ? NULL : malloc(room * sizeof *r->scratch);
    if (!days && !r->scratch) {
        return rsp_fail(err, RSP_NOMEM, "no memory for the sweep");
    }
    for (uint32_t b = 0; b < KEPT; b++) {
        out[b] = (double)NAN;
    }
    for (uint32_t b = 0; s == RSP_OK && b < n; b++) {
        const double *times = r->times + (size_t)b * r->trials;
        if (days) {
            s = of_days(score, rows, times, &out[b], err);
        } else {
            out[b] = of_values(score, rows, times, r->scratch);
        }
    }
    free(r->scratch);
    r->scratch = NULL;
    return s;
}

/* ---- Points. */
static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Order statistics, so that an end that is not reached stays so. */
static rsp_interval summarise(const double *x, double factor)
{
    double sorted[RSP_SWEEP_RESAMPLES];
    size_t n = 0;
    for (size_t i = 1; i < KEPT; i++) {
        if (!isnan(x[i])) {
            sorted[n++] = x[i];
        }
    }
    qsort(sorted, n, sizeof *sorted, by_value);
    rsp_interval v = {x[0] / factor, (double)NAN, (double)NAN};
    if (n >= RSP_SWEEP_RESAMPLES / 2) {
        v.low = sorted[(size_t)(0.025 * (double)n)] / factor;
        v.high = sorted[n - 1 - (size_t)(0.025 * (double)n)] / factor;
    }
    return v;
}

/* ---- Shares that are 0 or 1 in every trial.  Resampling does not move them, and where
 * nobody differs nothing is seen of how alike participants of a trial are: each trial
 * counts as one participant, as if all of it went together.  Of m alike by any less, P(no
 * event in a trial) is no larger, so that the bound holds. */
static bool is_share(plan_statistic s)
{
    return s == PLAN_EVENT_FREE || s == PLAN_BY || s == PLAN_SHARE;
}

/* Trials in which somebody's answer is known. */
static double trials_known(const plan_score *score, const outcome_rows *rows)
{
    double n = 0;
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->x[i].trial != last && !isnan(analyst_outcome_of(score, &rows->x[i]))) {
            last = rows->x[i].trial;
            n++;
        }
    }
    return n;
}

static void bound_share(const plan_score *score, const outcome_rows *rows, rsp_interval *v)
{
    const double n = trials_known(score, rows), share = v->value * score->factor;
    if (is_share(score->statistic) && !isnan(v->low) && (share <= 0 || share >= 1)) {
        rsp_wilson(share > 0 ? n : 0, n, LEVEL, &v->low, &v->high);
        v->low /= score->factor;
        v->high /= score->factor;
    }
}

/* Of a difference that no resample moves: in none of the trials was it another, so that
 * in at most Wilson's share of trials it is, there by 1 at most below or above. */
static void bound_difference(const plan_score *score, const outcome_rows *rows,
                             const outcome_rows *base, rsp_interval *v)
{
    if (is_share(score->statistic) && v->low == v->high) {
        const double n = fmin(trials_known(score, rows), trials_known(score, base));
        const double d = v->value * score->factor;
        double none, other;
        rsp_wilson(0, n, LEVEL, &none, &other);
        v->low = (d - (1 + d) * other) / score->factor;
        v->high = (d + (1 - d) * other) / score->factor;
    }
}

static rsp_interval difference(const double *x, const double *base, double factor)
{
    double d[KEPT];
    for (size_t i = 0; i < KEPT; i++) { /* not reached on both sides: not known */
        d[i] = x[i] - base[i];
        if (fabs(d[i]) <= 1e-12 * (fabs(x[i]) + fabs(base[i]))) {
            d[i] = 0; /* two sums of the same people, not a difference */
        }
    }
    return summarise(d, factor);
}

static rsp_status make_curve(rsp_analyst *a, size_t outcome, size_t curve, resampling *r,
                             rsp_sweep_curve *out, rsp_error *err)
{
    const plan_sweep *s = &a->plan->sweep;
    const plan_outcome *o = &s->outcomes[outcome];
    const outcome_rows *rows = &a->rows[outcome * a->plan->view.n_arms];
    const uint32_t *arm = &s->arm[curve * s->n_levels];
    size_t n = s->is_line[curve] ? 1 : s->n_levels;
    rsp_sweep_point *points = rsp_arena_alloc(a->arena, n, sizeof *points);
    double *x = malloc(n * KEPT * sizeof *x);
    rsp_status status = points && x ? RSP_OK
                                    : rsp_fail(err, RSP_NOMEM, "no memory for the sweep");
    for (size_t i = 0; status == RSP_OK && i < n; i++) {
        status = replicate(&o->score, &rows[arm[i]], r, x + i * KEPT, err);
    }
    for (size_t i = 0; status == RSP_OK && i < n; i++) {
        double nan = (double)NAN;
        points[i] = (rsp_sweep_point){
            .level = s->labels[i], .value = s->values[i],
            .arm = a->plan->view.arms[arm[i]].name, .n = rows[arm[i]].n,
            .estimate = summarise(x + i * KEPT, o->score.factor),
            .difference = {nan, nan, nan}};
        bound_share(&o->score, &rows[arm[i]], &points[i].estimate);
        if (n > 1 && i != s->against) {
            points[i].difference =
                difference(x + i * KEPT, x + s->against * KEPT, o->score.factor);
            bound_difference(&o->score, &rows[arm[i]], &rows[arm[s->against]],
                             &points[i].difference);
        }
    }
    free(x);
    *out = (rsp_sweep_curve){s->curves[curve], s->is_line[curve], points, n};
    return status;
}

rsp_status analyst_sweep_finish(rsp_analyst *a, rsp_error *err)
{
    const plan_sweep *s = &a->plan->sweep;
    resampling r = {0};
    rsp_sweep *sweep = rsp_arena_alloc(a->arena, 1, sizeof *sweep);
    rsp_sweep_outcome *outcomes = rsp_arena_alloc(a->arena, s->n_outcomes, sizeof *outcomes);
    rsp_status status = sweep && outcomes && draw(a->plan, a->findings.trials, &r)
                            ? RSP_OK
                            : rsp_fail(err, RSP_NOMEM, "no memory for the sweep");
    for (size_t k = 0; status == RSP_OK && k < s->n_outcomes; k++) {
        rsp_sweep_curve *curves = rsp_arena_alloc(a->arena, s->n_curves, sizeof *curves);
        if (!curves) {
            status = rsp_fail(err, RSP_NOMEM, "no memory for the sweep");
        }
        for (size_t c = 0; status == RSP_OK && c < s->n_curves; c++) {
            status = make_curve(a, k, c, &r, &curves[c], err);
        }
        outcomes[k] = (rsp_sweep_outcome){s->outcomes[k].text, s->outcomes[k].label,
                                          s->outcomes[k].score.unit, curves, s->n_curves,
                                          a->outcome_limits[k]};
    }
    free(r.times);
    if (status == RSP_OK) {
        *sweep = (rsp_sweep){s->over, s->unit, s->names[s->against], s->log, outcomes,
                             s->n_outcomes};
        a->findings.sweep = sweep;
    }
    return status;
}
