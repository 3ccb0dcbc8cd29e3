#include <math.h>
#include <string.h>

#include "respite/recrudescence.h"
#include "study/analyst.h"

/* The published estimators of how often a reservoir gives rise to a rebound, of a trial. */

static rsp_status add(series *out, double low, double high, rsp_error *err)
{
    rsp_status s = series_add(out, low, err);
    return s == RSP_OK ? series_add(out, high, err) : s;
}

/* Of the first sample that was sequenced. */
static rsp_status add_founders(const rsp_analyst *a, const plan_score *score,
                               const subject_rows *s, series *out, rsp_error *err)
{
    const char *assay = a->plan->assays[score->assay].name;
    for (size_t i = 0; i < s->n_measurements; i++) {
        const rsp_measurement *m = &s->measurements[i];
        if (strcmp(m->assay, assay) == 0 && m->state == RSP_NUMBER) {
            return add(out, m->value, m->value, err);
        }
        if (strcmp(m->assay, assay) == 0 && m->state == RSP_ABOVE_ULOQ) {
            return add(out, m->uloq, (double)INFINITY, err);
        }
    }
    return RSP_OK;
}

rsp_status analyst_limits_add(const rsp_analyst *a, const plan_score *score,
                              const subject_rows *s, series *out, rsp_error *err)
{
    if (!rsp_subject_has_course(s->subject)) {
        return RSP_OK;
    }
    if (score->statistic == PLAN_FOUNDERS) {
        return add_founders(a, score, s, out, err);
    }
    const char *name = a->plan->endpoints[score->endpoint].name;
    for (size_t i = 0; i < s->n_endpoints; i++) {
        const rsp_endpoint_row *e = &s->endpoints[i];
        if (strcmp(e->endpoint, name) == 0 && e->end != RSP_END_NOT_STARTED) {
            const bool seen = e->end == RSP_END_EVENT && isfinite(e->right);
            return add(out, isnan(e->left) ? e->day : e->left,
                       seen ? e->right : (double)INFINITY, err);
        }
    }
    return RSP_OK;
}

rsp_status analyst_limits_value(const plan_score *score, const series *limits, double *value,
                                rsp_error *err)
{
    const size_t n = limits->n / 2;
    *value = (double)NAN;
    if (n == 0) {
        return RSP_OK;
    }
    if (score->statistic == PLAN_FOUNDERS) {
        rsp_founders f;
        rsp_status s = rsp_founders_fit((const rsp_within *)(const void *)limits->x, n, score->above, 0.95, &f, err);
        *value = f.interval;
        return s;
    }
    const rsp_recrudescence_options o = {
        .model = score->statistic == PLAN_VARYING ? RSP_DELAY_VARYING : RSP_DELAY_COMMON,
        .delay = (double)NAN};
    rsp_recrudescence r;
    rsp_status s = rsp_recrudescence_fit((const rsp_within *)(const void *)limits->x, n, &o, &r, err);
    *value = r.interval;
    return s;
}
