#include "stats/turnbull.h"

#include <math.h>
#include <stdlib.h>

#include "stats/pooled.h"

/* Ends in the order in which they bound sets at one time: a point begins, sets
 * end, open intervals begin. */
typedef enum end_kind { POINT_BEGINS, ENDS, OPEN_BEGINS } end_kind;
typedef struct end {
    double t;
    end_kind kind;
} end;

static int by_time_and_kind(const void *a, const void *b)
{
    const end *x = a, *y = b;
    if (x->t != y->t) {
        return x->t < y->t ? -1 : 1;
    }
    return (x->kind > y->kind) - (x->kind < y->kind);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Neighbouring times within the gap become the first of them, so that the
 * rounding of a subtraction makes no innermost interval of its own. */
static bool snap_times(rsp_interval *x, size_t n)
{
    double *all = malloc((2 * n + 1) * sizeof *all);
    double *to = malloc((2 * n + 1) * sizeof *to);
    if (!all || !to) {
        free(all);
        free(to);
        return false;
    }
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        all[k++] = x[i].left;
        if (isfinite(x[i].right)) {
            all[k++] = x[i].right;
        }
    }
    qsort(all, k, sizeof *all, by_value);
    double sum = 0.0;
    size_t distinct = 0;
    for (size_t i = 0; i < k; i++) {
        if (i == 0 || all[i] != all[i - 1]) {
            sum += all[i];
            all[distinct++] = all[i];
        }
    }
    double gap = rsp_pooled_tie_gap(sum, distinct);
    for (size_t i = 0; i < distinct; i++) {
        to[i] = i > 0 && all[i] - all[i - 1] <= gap ? to[i - 1] : all[i];
    }
    for (size_t i = 0; i < n; i++) {
        double *at = bsearch(&x[i].left, all, distinct, sizeof *all, by_value);
        x[i].left = to[at - all];
        at = bsearch(&x[i].right, all, distinct, sizeof *all, by_value);
        x[i].right = at ? to[at - all] : x[i].right;
    }
    free(all);
    free(to);
    return true;
}

static rsp_status check(const rsp_interval *x, size_t n, rsp_error *err)
{
    if (n == 0) {
        return rsp_fail(err, RSP_RANGE, "no observations to estimate from");
    }
    for (size_t i = 0; i < n; i++) {
        if (!(x[i].left >= 0 && isfinite(x[i].left) &&
              x[i].right >= x[i].left)) {
            return rsp_fail(err, RSP_RANGE,
                            "row %zu: the interval from %g to %g is none: it "
                            "needs 0 <= left <= right with left finite",
                            i + 1, x[i].left, x[i].right);
        }
    }
    return RSP_OK;
}

static bool find_pieces(rsp_turnbull *t, const rsp_interval *x, size_t n)
{
    end *ends = malloc(2 * n * sizeof *ends);
    t->piece = rsp_arena_alloc(t->arena, n, sizeof *t->piece);
    if (!ends || !t->piece) {
        free(ends);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        bool point = x[i].left == x[i].right;
        ends[2 * i] = (end){x[i].left, point ? POINT_BEGINS : OPEN_BEGINS};
        ends[2 * i + 1] = (end){x[i].right, ENDS};
    }
    qsort(ends, 2 * n, sizeof *ends, by_time_and_kind);
    for (size_t i = 1; i < 2 * n; i++) {
        if (ends[i].kind == ENDS && ends[i - 1].kind != ENDS) {
            t->piece[t->m++] = (rsp_interval){ends[i - 1].t, ends[i].t};
        }
    }
    free(ends);
    return true;
}

/* How many pieces end before t (or at t). */
static size_t pieces_before(const rsp_turnbull *t, double at, bool or_at)
{
    size_t low = 0, high = t->m;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        double r = t->piece[mid].right;
        if (r < at || (or_at && r == at)) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

typedef struct tagged {
    rsp_cover cover;
    size_t row;
} tagged;

static int by_range(const void *a, const void *b)
{
    const tagged *x = a, *y = b;
    if (x->cover.first != y->cover.first) {
        return x->cover.first < y->cover.first ? -1 : 1;
    }
    return (x->cover.last > y->cover.last) - (x->cover.last < y->cover.last);
}

/* Observations that cover the same pieces count as one with a weight. */
static bool find_covers(rsp_turnbull *t, const rsp_interval *x, size_t n)
{
    tagged *all = malloc(n * sizeof *all);
    t->cover = rsp_arena_alloc(t->arena, n, sizeof *t->cover);
    t->cover_of = rsp_arena_alloc(t->arena, n, sizeof *t->cover_of);
    if (!all || !t->cover || !t->cover_of) {
        free(all);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        bool point = x[i].left == x[i].right;
        all[i].cover = (rsp_cover){pieces_before(t, x[i].left, !point),
                                   pieces_before(t, x[i].right, true) - 1, 1.0};
        all[i].row = i;
    }
    qsort(all, n, sizeof *all, by_range);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || by_range(&all[i], &all[i - 1]) != 0) {
            t->cover[t->n_covers++] = all[i].cover;
        } else {
            t->cover[t->n_covers - 1].weight += 1.0;
        }
        t->cover_of[all[i].row] = t->n_covers - 1;
    }
    free(all);
    return true;
}

rsp_status rsp_turnbull_init(rsp_turnbull *t, const rsp_interval *x, size_t n,
                             rsp_error *err)
{
    *t = (rsp_turnbull){.n = (double)n};
    rsp_status s = check(x, n, err);
    if (s != RSP_OK) {
        return s;
    }
    t->arena = rsp_arena_new();
    rsp_interval *own =
        t->arena ? rsp_arena_alloc(t->arena, n, sizeof *own) : NULL;
    if (own) {
        for (size_t i = 0; i < n; i++) {
            own[i] = x[i];
        }
    }
    bool ok = own && snap_times(own, n) && find_pieces(t, own, n) &&
              find_covers(t, own, n);
    t->prefix = ok ? rsp_arena_alloc(t->arena, t->m + 1, sizeof *t->prefix) : NULL;
    if (!t->prefix) {
        rsp_turnbull_fini(t);
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu intervals", n);
    }
    return RSP_OK;
}

void rsp_turnbull_fini(rsp_turnbull *t)
{
    rsp_arena_free(t->arena);
    *t = (rsp_turnbull){0};
}
