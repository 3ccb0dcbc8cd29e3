#include <math.h>
#include <stdlib.h>

#include "stats/cox_model.h"

/* Of each row: weights of the comparable others by how the pair is ordered. */
typedef struct pairs {
    double concordant, discordant, tied;
} pairs;

/* Weights by rank of score, with sums over a range in O(log n) (Fenwick 1994). */
typedef struct tree {
    double *node; /* [n + 1] */
    size_t n;
} tree;

static void tree_add(tree *t, size_t rank, double w)
{
    for (size_t i = rank + 1; i <= t->n; i += i & (~i + 1)) {
        t->node[i] += w;
    }
}

static double tree_below(const tree *t, size_t rank) /* of ranks < rank */
{
    double sum = 0.0;
    for (size_t i = rank; i > 0; i &= i - 1) {
        sum += t->node[i];
    }
    return sum;
}

typedef struct scored {
    double score;
    size_t row;
} scored;

static int by_score(const void *a, const void *b)
{
    const scored *x = a, *y = b;
    return (x->score > y->score) - (x->score < y->score);
}

typedef struct work {
    const cox_rows *rows;
    scored *order;
    size_t *rank; /* [n] within its stratum */
    pairs *of;    /* [n] */
    double *weight; /* [n] */
    tree tree;
    double *own;    /* [n + 1] weight in the tree at each rank */
    double total;   /* weight in the tree */
} work;

static void clear(work *w)
{
    w->total = 0.0;
    for (size_t i = 0; i <= w->tree.n; i++) {
        w->tree.node[i] = w->own[i] = 0.0;
    }
}

/* Put the rows of set k that have an event (or have none) into the tree. */
static void insert(work *w, size_t k, bool event)
{
    for (size_t i = w->rows->first[k]; i < w->rows->first[k + 1]; i++) {
        if (w->rows->event[i] == event) {
            tree_add(&w->tree, w->rank[i], w->weight[i]);
            w->own[w->rank[i]] += w->weight[i];
            w->total += w->weight[i];
        }
    }
}

/* Pairs of such rows of set k with those in the tree, who all outlive them, or
 * else all died before them. */
static void count_pairs(work *w, size_t k, bool event, bool outlived)
{
    for (size_t i = w->rows->first[k]; i < w->rows->first[k + 1]; i++) {
        if (w->rows->event[i] == event) {
            double below = tree_below(&w->tree, w->rank[i]), tied = w->own[w->rank[i]];
            double above = w->total - below - tied;
            w->of[i].tied += tied;
            w->of[i].concordant += outlived ? below : above;
            w->of[i].discordant += outlived ? above : below;
        }
    }
}

static void rank_rows(work *w, size_t begin, size_t end, const double *score)
{
    for (size_t i = begin; i < end; i++) {
        w->order[i - begin] = (scored){score[i], i};
    }
    qsort(w->order, end - begin, sizeof *w->order, by_score);
    size_t rank = 0;
    for (size_t i = 0; i < end - begin; i++) {
        rank += i > 0 && w->order[i].score != w->order[i - 1].score;
        w->rank[w->order[i].row] = rank;
    }
    w->tree.n = end - begin;
}

/* A pair is comparable where one has an event and the other outlives it; censored
 * at the time of the event is outliving it. */
static void add_stratum(work *w, size_t begin, size_t end, const double *score)
{
    rank_rows(w, w->rows->first[begin], w->rows->first[end], score);
    clear(w);
    for (size_t k = end; k-- > begin;) {
        insert(w, k, false);
        count_pairs(w, k, true, true);
        insert(w, k, true);
    }
    clear(w);
    for (size_t k = begin; k < end; k++) {
        count_pairs(w, k, true, false);
        insert(w, k, true);
        count_pairs(w, k, false, false);
    }
}

static bool work_init(work *w, const cox_rows *rows)
{
    size_t n = rows->n + 1;
    *w = (work){.rows = rows,
                .order = calloc(n, sizeof *w->order),
                .rank = calloc(n, sizeof *w->rank),
                .of = calloc(n, sizeof *w->of),
                .weight = calloc(n, sizeof *w->weight),
                .tree = {calloc(n, sizeof *w->tree.node), 0},
                .own = calloc(n, sizeof *w->own)};
    return w->order && w->rank && w->of && w->weight && w->tree.node && w->own;
}

static void work_fini(work *w)
{
    free(w->order);
    free(w->rank);
    free(w->of);
    free(w->weight);
    free(w->tree.node);
    free(w->own);
}

/* The infinitesimal jackknife: how c answers to the weight of each cluster. */
static rsp_status jackknife(const work *w, rsp_concordance *out, rsp_error *err)
{
    const cox_rows *r = w->rows;
    double *of_row = w->tree.node, square = 0.0; /* the tree is done with */
    double all = out->concordant + out->discordant + out->tied;
    for (size_t i = 0; i < r->n; i++) {
        const pairs *q = &w->of[i];
        double mine = q->concordant + q->discordant + q->tied;
        of_row[i] = (q->concordant + q->tied / 2 - out->c * mine) / all;
    }
    rsp_status s = cox_rows_squares(r, 1, of_row, &square, NULL, err);
    out->se = sqrt(square);
    return s;
}

rsp_status cox_rows_concordance(const cox_rows *rows, const double *score, rsp_concordance *out,
                                rsp_error *err)
{
    *out = (rsp_concordance){NAN, NAN, 0, 0, 0};
    work w;
    if (!work_init(&w, rows)) {
        work_fini(&w);
        return rsp_fail(err, RSP_NOMEM, "no memory for the concordance of %zu rows", rows->n);
    }
    for (size_t i = 0; i < rows->n; i++) {
        w.weight[i] = rows->weight[i] * rows->count[i];
    }
    for (size_t k = 0, begin = 0; k < rows->n_sets; k++) {
        if (rows->ends[k]) {
            add_stratum(&w, begin, k + 1, score);
            begin = k + 1;
        }
    }
    for (size_t i = 0; i < rows->n; i++) { /* each pair once, at its event */
        out->concordant += w.weight[i] * w.of[i].concordant / 2;
        out->discordant += w.weight[i] * w.of[i].discordant / 2;
        out->tied += w.weight[i] * w.of[i].tied / 2;
    }
    double all = out->concordant + out->discordant + out->tied;
    rsp_status s = RSP_OK;
    if (all > 0) {
        out->c = (out->concordant + out->tied / 2) / all;
        s = jackknife(&w, out, err);
    }
    work_fini(&w);
    return s;
}

rsp_status rsp_concordance_of(const rsp_cox_data *data, const double *score, rsp_concordance *out,
                              rsp_error *err)
{
    rsp_cox_data only = *data;
    only.n_covariates = 0;
    cox_rows rows;
    rsp_status s = cox_rows_init(&rows, &only, err);
    if (s != RSP_OK) {
        return s;
    }
    double *sorted = calloc(rows.n + 1, sizeof *sorted);
    s = sorted ? RSP_OK : rsp_fail(err, RSP_NOMEM, "no memory for %zu scores", rows.n);
    for (size_t i = 0; s == RSP_OK && i < rows.n; i++) {
        sorted[i] = score[rows.origin[i]];
        if (isnan(sorted[i])) {
            s = rsp_fail(err, RSP_RANGE, "row %zu: the score is not a number",
                         rows.origin[i] + 1);
        }
    }
    s = s == RSP_OK ? cox_rows_concordance(&rows, sorted, out, err) : s;
    free(sorted);
    cox_rows_fini(&rows);
    return s;
}

rsp_status rsp_cox_concordance(const rsp_cox *cox, rsp_concordance *out, rsp_error *err)
{
    if (cox->result.state != RSP_COX_ESTIMATED) {
        *out = (rsp_concordance){NAN, NAN, NAN, NAN, NAN};
        return RSP_OK;
    }
    return cox_rows_concordance(&cox->rows, cox->at.linear, out, err);
}
