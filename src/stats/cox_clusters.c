#include <stdlib.h>

#include "stats/cox_rows.h"

typedef struct member {
    uint32_t cluster;
    size_t row;
} member;

static int by_cluster(const void *a, const void *b)
{
    const member *x = a, *y = b;
    if (x->cluster != y->cluster) {
        return x->cluster < y->cluster ? -1 : 1;
    }
    return (x->row > y->row) - (x->row < y->row);
}

static void add_square(double *squares, size_t p, double w, const double *u)
{
    for (size_t a = 0; a < p; a++) {
        for (size_t b = 0; b < p; b++) {
            squares[a * p + b] += w * u[a] * u[b];
        }
    }
}


static size_t add_clusters(const cox_rows *r, size_t p, const member *members,
                           const double *values, double *squares, double *u)
{
    size_t clusters = 0;
    for (size_t i = 0; i < r->n; i++) {
        size_t row = members[i].row;
        bool begins = i == 0 || members[i].cluster != members[i - 1].cluster;
        bool ends = i + 1 == r->n || members[i + 1].cluster != members[i].cluster;
        double count = r->has_clusters ? r->count[row] : 1.0;
        for (size_t a = 0; a < p; a++) {
            double own = count * r->weight[row] * values[row * p + a];
            u[a] = begins ? own : u[a] + own;
        }
        if (ends) {
            add_square(squares, p, r->has_clusters ? 1.0 : r->count[row], u);
            clusters++;
        }
    }
    return clusters;
}

rsp_status cox_rows_squares(const cox_rows *r, size_t p, const double *values, double *squares,
                            size_t *n_clusters, rsp_error *err)
{
    member *members = calloc(r->n + 1, sizeof *members);
    double *u = calloc(p + 1, sizeof *u);
    rsp_status s = RSP_OK;
    if (members && u) {
        for (size_t i = 0; i < r->n; i++) {
            members[i] = (member){r->cluster[i], i};
        }
        qsort(members, r->n, sizeof *members, by_cluster);
        size_t clusters = add_clusters(r, p, members, values, squares, u);
        if (n_clusters) {
            *n_clusters = clusters;
        }
    } else {
        s = rsp_fail(err, RSP_NOMEM, "no memory for %zu clusters", r->n);
    }
    free(members);
    free(u);
    return s;
}
