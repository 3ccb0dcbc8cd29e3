#include <math.h>
#include <stdlib.h>

#include "respite/cox.h"
#include "respite/stats.h"

/* The rows of two curves: at each time those with the event and those without. */
typedef struct rows {
    double *time, *count, *x;
    bool *event;
    size_t n;
} rows;

static void add_curve(rows *r, const rsp_km *km, double x)
{
    for (size_t i = 0; i < km->n_points; i++) {
        for (int event = 0; event < 2; event++) {
            r->time[r->n] = km->points[i].t;
            r->event[r->n] = event;
            r->count[r->n] = event ? km->points[i].events : km->points[i].censored;
            r->x[r->n++] = x;
        }
    }
}

static void take(rsp_hazard_ratio *out, const rsp_cox_result *fit)
{
    const rsp_cox_term *t = &fit->terms[0];
    if (fit->state == RSP_COX_ESTIMATED) {
        *out = (rsp_hazard_ratio){t->coef, t->se, t->hr, t->low, t->high, true, t->p};
    }
}

rsp_status rsp_cox_two(const rsp_km *control, const rsp_km *treated, rsp_hazard_ratio *out,
                       rsp_error *err)
{
    size_t n = 2 * (control->n_points + treated->n_points);
    *out = (rsp_hazard_ratio){NAN, NAN, NAN, NAN, NAN, false, NAN};
    rows r = {.time = calloc(n + 1, sizeof *r.time),
              .count = calloc(n + 1, sizeof *r.count),
              .x = calloc(n + 1, sizeof *r.x),
              .event = calloc(n + 1, sizeof *r.event)};
    rsp_status s = r.time && r.count && r.x && r.event
                       ? RSP_OK
                       : rsp_fail(err, RSP_NOMEM, "no memory for %zu event times", n);
    if (s == RSP_OK) {
        add_curve(&r, control, 0.0);
        add_curve(&r, treated, 1.0);
        rsp_cox_options options = rsp_cox_defaults();
        rsp_cox *fit = NULL;
        s = rsp_cox_new(&(rsp_cox_data){.n = r.n,
                                        .n_covariates = 1,
                                        .time = r.time,
                                        .event = r.event,
                                        .x = r.x,
                                        .count = r.count},
                        &options, &fit, err);
        if (s == RSP_OK) {
            take(out, rsp_cox_result_of(fit));
        }
        rsp_cox_free(fit);
    }
    free(r.time);
    free(r.count);
    free(r.x);
    free(r.event);
    return s;
}
