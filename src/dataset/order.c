#include "dataset/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDEST_ROW = 256 };

typedef struct table {
    char *rows;
    size_t size;
    rsp_row_compare *compare;
} table;

static const void *row(const table *t, size_t i)
{
    return t->rows + i * t->size;
}

static void merge(const table *t, const uint32_t *a, size_t na,
                  const uint32_t *b, size_t nb, uint32_t *out)
{
    while (na > 0 && nb > 0) {
        if (t->compare(row(t, *a), row(t, *b)) <= 0) {
            *out++ = *a++;
            na--;
        } else {
            *out++ = *b++;
            nb--;
        }
    }
    memcpy(out, a, na * sizeof *a);
    memcpy(out + na, b, nb * sizeof *b);
}

/* Length of the run already in order that begins at `from`. */
static size_t run_length(const table *t, const uint32_t *order, size_t from,
                         size_t n)
{
    size_t i = from + 1;
    while (i < n && t->compare(row(t, order[i - 1]), row(t, order[i])) <= 0) {
        i++;
    }
    return i - from;
}

/* One pass of the natural merge sort: neighbouring runs are merged in pairs.
 * True when there was one run only, and then nothing was written. */
static bool merge_runs(const table *t, const uint32_t *from, uint32_t *to,
                       size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t na = run_length(t, from, i, n);
        if (i == 0 && na == n) {
            return true;
        }
        size_t nb = i + na < n ? run_length(t, from, i + na, n) : 0;
        merge(t, from + i, na, from + i + na, nb, to + i);
        i += na + nb;
    }
    return false;
}

/* Move row order[i] to i for all i, cycle by cycle; destroys the order. */
static void apply(const table *t, uint32_t *order, size_t n)
{
    char held[WIDEST_ROW];
    for (size_t start = 0; start < n; start++) {
        if (order[start] == start) {
            continue;
        }
        memcpy(held, row(t, start), t->size);
        size_t to = start;
        for (;;) {
            size_t from = order[to];
            order[to] = (uint32_t)to;
            if (from == start) {
                memcpy(t->rows + to * t->size, held, t->size);
                break;
            }
            memcpy(t->rows + to * t->size, row(t, from), t->size);
            to = from;
        }
    }
}

void rsp_rows_sort(void *rows, size_t n, size_t size, rsp_row_compare *compare,
                   uint32_t *scratch)
{
    if (n < 2) {
        return;
    }
    table t = {.rows = rows, .size = size, .compare = compare};
    uint32_t *from = scratch, *to = scratch + n;
    for (size_t i = 0; i < n; i++) {
        from[i] = (uint32_t)i;
    }
    while (!merge_runs(&t, from, to, n)) {
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    apply(&t, from, n);
}

typedef struct arm_place {
    double number;
    uint32_t arm;
} arm_place;

static int by_number_then_appearance(const void *a, const void *b)
{
    const arm_place *x = a, *y = b;
    const bool none_x = isnan(x->number), none_y = isnan(y->number);
    if (none_x != none_y) {
        return none_x ? 1 : -1;
    }
    if (!none_x && x->number != y->number) {
        return x->number < y->number ? -1 : 1;
    }
    return (x->arm > y->arm) - (x->arm < y->arm);
}

bool rsp_arms_order(const double *number, size_t n, uint32_t *arms)
{
    arm_place *places = calloc(n + 1, sizeof *places);
    if (!places) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        places[i] = (arm_place){number[i], (uint32_t)i};
    }
    qsort(places, n, sizeof *places, by_number_then_appearance);
    for (size_t i = 0; i < n; i++) {
        arms[i] = places[i].arm;
    }
    free(places);
    return true;
}
