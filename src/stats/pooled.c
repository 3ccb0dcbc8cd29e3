#include "stats/pooled.h"

#include <math.h>
#include <stdlib.h>

typedef struct entry {
    double t, events, censored;
    size_t group;
} entry;

/* sqrt of the double's epsilon: the tolerance of R's aeqSurv. */
static const double TIE_TOLERANCE = 0x1p-26;

double rsp_pooled_tie_gap(double sum, size_t n)
{
    return TIE_TOLERANCE * (n ? fmax(1.0, sum / (double)n) : 1.0);
}

static int by_time_then_group(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->t != y->t) {
        return x->t < y->t ? -1 : 1;
    }
    return (x->group > y->group) - (x->group < y->group);
}

static double tie_gap_of(const entry *all, size_t n)
{
    double sum = 0.0;
    size_t distinct = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || all[i].t != all[i - 1].t) {
            sum += all[i].t;
            distinct++;
        }
    }
    return rsp_pooled_tie_gap(sum, distinct);
}

/* Put the sorted entries into rows of the table, one row a time. */
static void tabulate(rsp_pooled *p, const entry *all, size_t n)
{
    double gap = tie_gap_of(all, n);
    size_t rows = 0, k = p->n_groups;
    for (size_t i = 0; i < n; i++) {
        rows += i == 0 || all[i].t - all[i - 1].t > gap;
        size_t at = (rows - 1) * k + all[i].group;
        p->events[at] += all[i].events;
        p->at_risk[at] += all[i].events + all[i].censored;
    }
    p->n_times = rows;
    for (size_t i = rows; i-- > 1;) {
        for (size_t g = 0; g < k; g++) {
            p->at_risk[(i - 1) * k + g] += p->at_risk[i * k + g];
        }
    }
}

rsp_status rsp_pooled_init(rsp_pooled *p, const rsp_km *const *groups,
                           size_t n_groups, rsp_error *err)
{
    size_t n = 0;
    for (size_t g = 0; g < n_groups; g++) {
        n += groups[g]->n_points;
    }
    size_t cells = n * n_groups;
    *p = (rsp_pooled){.n_groups = n_groups};
    entry *all = calloc(n + 1, sizeof *all);
    p->at_risk = calloc(cells + 1, sizeof *p->at_risk);
    p->events = calloc(cells + 1, sizeof *p->events);
    if (!all || !p->at_risk || !p->events) {
        free(all);
        rsp_pooled_fini(p);
        return rsp_fail(err, RSP_NOMEM, "no memory to pool %zu event times", n);
    }
    size_t used = 0;
    for (size_t g = 0; g < n_groups; g++) {
        for (size_t i = 0; i < groups[g]->n_points; i++) {
            const rsp_km_point *q = &groups[g]->points[i];
            all[used++] = (entry){q->t, q->events, q->censored, g};
        }
    }
    qsort(all, n, sizeof *all, by_time_then_group);
    tabulate(p, all, n);
    free(all);
    return RSP_OK;
}

void rsp_pooled_fini(rsp_pooled *p)
{
    free(p->at_risk);
    free(p->events);
    *p = (rsp_pooled){0};
}
