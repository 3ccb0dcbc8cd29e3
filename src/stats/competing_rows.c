#include "stats/competing_rows.h"

#include <math.h>
#include <stdlib.h>

#include "stats/pooled.h"

typedef struct stamped {
    double t;
    size_t row;
} stamped;

static int by_time(const void *a, const void *b)
{
    const stamped *x = a, *y = b;
    if (x->t != y->t) {
        return x->t < y->t ? -1 : 1;
    }
    return (x->row > y->row) - (x->row < y->row);
}

static rsp_status check(const rsp_competing *x, size_t n, rsp_error *err)
{
    if (n == 0) {
        return rsp_fail(err, RSP_RANGE, "no observations to estimate from");
    }
    for (size_t i = 0; i < n; i++) {
        if (!(x[i].t >= 0 && isfinite(x[i].t))) {
            return rsp_fail(err, RSP_RANGE,
                            "row %zu: time %g: days are needed, 0 or later",
                            i + 1, x[i].t);
        }
        if (x[i].cause > RSP_CAUSES_MAX) {
            return rsp_fail(err, RSP_RANGE, "row %zu: cause %u: at most %d", i + 1,
                            x[i].cause, RSP_CAUSES_MAX);
        }
    }
    return RSP_OK;
}

static void number_times(rsp_competing_rows *r, const stamped *all)
{
    double sum = 0.0;
    size_t distinct = 0;
    for (size_t i = 0; i < r->n; i++) {
        if (i == 0 || all[i].t != all[i - 1].t) {
            sum += all[i].t;
            distinct++;
        }
    }
    double gap = rsp_pooled_tie_gap(sum, distinct);
    for (size_t i = 0; i < r->n; i++) {
        if (i == 0 || all[i].t - all[i - 1].t > gap) {
            r->times[r->n_times++] = all[i].t;
        }
        r->order[i] = all[i].row;
        r->time_of[all[i].row] = r->n_times - 1;
    }
}

rsp_status rsp_competing_rows_init(rsp_competing_rows *r, const rsp_competing *x,
                                   size_t n, rsp_error *err)
{
    *r = (rsp_competing_rows){.n = n};
    rsp_status s = check(x, n, err);
    if (s != RSP_OK) {
        return s;
    }
    stamped *all = malloc(n * sizeof *all);
    r->order = malloc(n * sizeof *r->order);
    r->time_of = malloc(n * sizeof *r->time_of);
    r->times = malloc(n * sizeof *r->times);
    if (!all || !r->order || !r->time_of || !r->times) {
        free(all);
        rsp_competing_rows_fini(r);
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu observations", n);
    }
    for (size_t i = 0; i < n; i++) {
        all[i] = (stamped){x[i].t, i};
    }
    qsort(all, n, sizeof *all, by_time);
    number_times(r, all);
    free(all);
    return RSP_OK;
}

void rsp_competing_rows_fini(rsp_competing_rows *r)
{
    free(r->order);
    free(r->time_of);
    free(r->times);
    *r = (rsp_competing_rows){0};
}
