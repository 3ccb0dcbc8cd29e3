#include "model/sparse.h"

#include <stdlib.h>
#include <string.h>

/* More products than this in one elimination are not planned: their list alone
 * would take 64 MB, and an explicit step is cheaper. */
enum { PRODUCTS_MAX = 1 << 24 };

typedef struct list {
    uint32_t *item;
    size_t n, capacity;
} list;

typedef struct candidate { /* a pivot at what it cost when it was queued */
    uint64_t cost;
    uint32_t pivot;
} candidate;

typedef struct plan {
    uint32_t n;
    list *rows;      /* [n] columns of what is left of each row, ascending */
    list *columns;   /* [n] rows of what is left of each column */
    list merged;     /* scratch */
    candidate *queue; size_t n_queue, queue_capacity; /* a heap, least first */
    bool *done;      /* [n] */
    uint32_t *place; /* [n] when each is eliminated */
    uint64_t products;
} plan;

static bool add(list *l, uint32_t item)
{
    if (!RSP_GROW(&l->item, &l->capacity, l->n + 1)) {
        return false;
    }
    l->item[l->n++] = item;
    return true;
}

static void drop(list *l, uint32_t item)
{
    size_t i = 0;
    while (l->item[i] != item) {
        i++;
    }
    memmove(l->item + i, l->item + i + 1, (--l->n - i) * sizeof *l->item);
}

/* ---- The queue.  A pivot whose cost has changed is queued again; what is out of
 * date is left where it is and passed over. */

static uint64_t cost_of(const plan *p, uint32_t i)
{
    return (uint64_t)(p->rows[i].n - 1) * (p->columns[i].n - 1);
}

/* The first of equals by number, so that the order is one. */
static bool comes_before(candidate a, candidate b)
{
    return a.cost != b.cost ? a.cost < b.cost : a.pivot < b.pivot;
}

static bool enqueue(plan *p, uint32_t pivot)
{
    if (!RSP_GROW(&p->queue, &p->queue_capacity, p->n_queue + 1)) {
        return false;
    }
    const candidate c = {cost_of(p, pivot), pivot};
    size_t i = p->n_queue++;
    for (; i > 0 && comes_before(c, p->queue[(i - 1) / 2]); i = (i - 1) / 2) {
        p->queue[i] = p->queue[(i - 1) / 2];
    }
    p->queue[i] = c;
    return true;
}

static candidate dequeue(plan *p)
{
    const candidate first = p->queue[0], last = p->queue[--p->n_queue];
    size_t i = 0;
    for (size_t next = 1; next < p->n_queue; next = 2 * i + 1) {
        next += next + 1 < p->n_queue && comes_before(p->queue[next + 1], p->queue[next]);
        if (!comes_before(p->queue[next], last)) {
            break;
        }
        p->queue[i] = p->queue[next];
        i = next;
    }
    p->queue[i] = last;
    return first;
}

static uint32_t best_pivot(plan *p)
{
    for (;;) {
        const candidate c = dequeue(p);
        if (!p->done[c.pivot] && c.cost == cost_of(p, c.pivot)) {
            return c.pivot;
        }
    }
}

/* ---- The elimination of patterns. */

static bool plan_new(plan *p, const rsp_jacobian *df, rsp_arena *arena)
{
    p->rows = calloc((size_t)p->n + 1, sizeof *p->rows);
    p->columns = calloc((size_t)p->n + 1, sizeof *p->columns);
    p->done = calloc((size_t)p->n + 1, sizeof *p->done);
    p->place = rsp_arena_alloc(arena, (size_t)p->n + 1, sizeof *p->place);
    bool ok = p->rows && p->columns && p->done && p->place;
    for (uint32_t i = 0; ok && i < p->n; i++) {
        bool has_diagonal = false;
        for (uint32_t e = df->first[i]; ok && e < df->first[i + 1]; e++) {
            const uint32_t j = df->column[e];
            if (j >= i && !has_diagonal) {
                has_diagonal = true;
                ok = j == i || (add(&p->rows[i], i) && add(&p->columns[i], i));
            }
            ok = ok && add(&p->rows[i], j) && add(&p->columns[j], i);
        }
        ok = ok && (has_diagonal || (add(&p->rows[i], i) && add(&p->columns[i], i)));
    }
    for (uint32_t i = 0; ok && i < p->n; i++) {
        ok = enqueue(p, i);
    }
    return ok;
}

static void plan_free(plan *p)
{
    for (uint32_t i = 0; i < p->n; i++) {
        free(p->rows ? p->rows[i].item : NULL);
        free(p->columns ? p->columns[i].item : NULL);
    }
    free(p->rows);
    free(p->columns);
    free(p->merged.item);
    free(p->queue);
    free(p->done);
}

/* Row i takes the columns of `upper`. */
static bool fill_row(plan *p, uint32_t i, const list *upper)
{
    list *row = &p->rows[i], *out = &p->merged;
    if (!RSP_GROW(&out->item, &out->capacity, row->n + upper->n + 1)) {
        return false;
    }
    out->n = 0;
    for (size_t a = 0, b = 0; a < row->n || b < upper->n;) {
        if (b == upper->n || (a < row->n && row->item[a] < upper->item[b])) {
            out->item[out->n++] = row->item[a++];
        } else if (a < row->n && row->item[a] == upper->item[b]) {
            out->item[out->n++] = row->item[a++];
            b++;
        } else {
            if (!add(&p->columns[upper->item[b]], i)) {
                return false;
            }
            out->item[out->n++] = upper->item[b++];
        }
    }
    const list spare = *row;
    *row = *out;
    *out = spare;
    return true;
}

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* After this rows[k] and columns[k] are U's and L's entries of pivot k. */
static bool eliminate(plan *p, uint32_t k)
{
    list *upper = &p->rows[k], *lower = &p->columns[k];
    drop(upper, k);
    drop(lower, k);
    p->done[k] = true;
    p->products += (uint64_t)upper->n * lower->n;
    qsort(lower->item, lower->n, sizeof *lower->item, by_number);
    for (size_t j = 0; j < upper->n; j++) {
        drop(&p->columns[upper->item[j]], k);
    }
    bool ok = true;
    for (size_t i = 0; ok && i < lower->n; i++) {
        drop(&p->rows[lower->item[i]], k);
        ok = fill_row(p, lower->item[i], upper);
    }
    for (size_t i = 0; ok && i < lower->n; i++) {
        ok = enqueue(p, lower->item[i]);
    }
    for (size_t j = 0; ok && j < upper->n; j++) {
        ok = enqueue(p, upper->item[j]);
    }
    return ok;
}

/* ---- The plan as arrays. */

/* Arrays of a list with one row a pivot. */
typedef struct rows {
    uint32_t *first, *slot, *other;
} rows;

static bool rows_new(rows *r, const plan *p, const list *lists, rsp_arena *arena)
{
    size_t size = 1;
    for (uint32_t i = 0; i < p->n; i++) {
        size += lists[i].n;
    }
    r->first = rsp_arena_alloc(arena, (size_t)p->n + 1, sizeof(uint32_t));
    r->slot = rsp_arena_alloc(arena, size, sizeof(uint32_t));
    r->other = rsp_arena_alloc(arena, size, sizeof(uint32_t));
    return r->first != NULL && r->slot != NULL && r->other != NULL;
}

/* The entries of pivot k, numbered on from *slot. */
static void number_row(rows *r, uint32_t k, const list *l, uint32_t *slot)
{
    uint32_t at = r->first[k];
    for (size_t i = 0; i < l->n; i++) {
        r->other[at] = l->item[i];
        r->slot[at++] = (*slot)++;
    }
    r->first[k + 1] = at;
}

static bool number_slots(rsp_sparse *s, const plan *p, rsp_arena *arena)
{
    rows lower, upper;
    uint32_t *diagonal = rsp_arena_alloc(arena, (size_t)p->n + 1, sizeof *diagonal);
    if (diagonal == NULL || !rows_new(&lower, p, p->columns, arena) ||
        !rows_new(&upper, p, p->rows, arena)) {
        return false;
    }
    for (uint32_t k = 0; k < p->n; k++) {
        diagonal[k] = s->n_slots++;
        number_row(&lower, k, &p->columns[s->pivot[k]], &s->n_slots);
        number_row(&upper, k, &p->rows[s->pivot[k]], &s->n_slots);
    }
    s->diagonal = diagonal;
    s->lower = lower.first;
    s->lower_slot = lower.slot;
    s->lower_row = lower.other;
    s->upper = upper.first;
    s->upper_slot = upper.slot;
    s->upper_column = upper.other;
    return true;
}

/* L's entries again, by row. */
static bool list_left(rsp_sparse *s, const plan *p, rsp_arena *arena)
{
    const size_t size = (size_t)s->lower[s->n] + 1;
    uint32_t *first = rsp_arena_alloc(arena, (size_t)s->n + 2, sizeof *first);
    uint32_t *slot = rsp_arena_alloc(arena, size, sizeof *slot);
    uint32_t *column = rsp_arena_alloc(arena, size, sizeof *column);
    if (first == NULL || slot == NULL || column == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < s->lower[s->n]; i++) {
        first[p->place[s->lower_row[i]] + 2]++;
    }
    for (uint32_t k = 2; k <= s->n; k++) {
        first[k] += first[k - 1];
    }
    /* first[k + 1] runs from where row k begins to where it ends. */
    for (uint32_t k = 0; k < s->n; k++) {
        for (uint32_t i = s->lower[k]; i < s->lower[k + 1]; i++) {
            const uint32_t at = first[p->place[s->lower_row[i]] + 1]++;
            slot[at] = s->lower_slot[i];
            column[at] = s->pivot[k];
        }
    }
    s->left = first;
    s->left_slot = slot;
    s->left_column = column;
    return true;
}

static uint32_t find(const uint32_t *first, const uint32_t *other, const uint32_t *slot,
                     uint32_t k, uint32_t wanted)
{
    uint32_t low = first[k], high = first[k + 1];
    while (low + 1 < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (other[middle] <= wanted) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return slot[low];
}

static uint32_t slot_of(const rsp_sparse *s, const plan *p, uint32_t i, uint32_t j)
{
    if (i == j) {
        return s->diagonal[p->place[i]];
    }
    return p->place[i] < p->place[j]
               ? find(s->upper, s->upper_column, s->upper_slot, p->place[i], j)
               : find(s->lower, s->lower_row, s->lower_slot, p->place[j], i);
}

static bool list_targets(rsp_sparse *s, const plan *p, rsp_arena *arena)
{
    size_t at = 0;
    uint32_t *target = rsp_arena_alloc(arena, p->products + 1, sizeof *target);
    if (target == NULL) {
        return false;
    }
    for (uint32_t k = 0; k < s->n; k++) {
        for (uint32_t i = s->lower[k]; i < s->lower[k + 1]; i++) {
            for (uint32_t j = s->upper[k]; j < s->upper[k + 1]; j++) {
                target[at++] = slot_of(s, p, s->lower_row[i], s->upper_column[j]);
            }
        }
    }
    s->target_slot = target;
    return true;
}

static bool place_entries(rsp_sparse *s, const rsp_jacobian *df, const plan *p,
                          rsp_arena *arena)
{
    uint32_t *slot = rsp_arena_alloc(arena, (size_t)df->n + 1, sizeof *slot);
    uint32_t *blank = rsp_arena_alloc(arena, (size_t)s->n_slots + 1, sizeof *blank);
    bool *taken = rsp_arena_alloc(arena, (size_t)s->n_slots + 1, sizeof *taken);
    if (slot == NULL || blank == NULL || taken == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < s->n; i++) {
        for (uint32_t e = df->first[i]; e < df->first[i + 1]; e++) {
            slot[e] = slot_of(s, p, i, df->column[e]);
            taken[slot[e]] = true;
        }
    }
    for (uint32_t i = 0; i < s->n_slots; i++) {
        if (!taken[i]) {
            blank[s->n_blank++] = i;
        }
    }
    s->slot = slot;
    s->blank = blank;
    return true;
}

bool rsp_sparse_new(rsp_sparse *s, const rsp_jacobian *df, uint32_t n, rsp_arena *arena)
{
    *s = (rsp_sparse){.n = n};
    plan p = {.n = n};
    uint32_t *pivot = rsp_arena_alloc(arena, (size_t)n + 1, sizeof *pivot);
    s->pivot = pivot;
    bool ok = pivot != NULL && plan_new(&p, df, arena);
    for (uint32_t k = 0; ok && k < n && p.products <= PRODUCTS_MAX; k++) {
        pivot[k] = best_pivot(&p);
        p.place[pivot[k]] = k;
        ok = eliminate(&p, pivot[k]);
    }
    s->too_dense = p.products > PRODUCTS_MAX;
    if (ok && !s->too_dense) {
        ok = number_slots(s, &p, arena) && list_left(s, &p, arena) &&
             list_targets(s, &p, arena) && place_entries(s, df, &p, arena);
    }
    plan_free(&p);
    return ok;
}
