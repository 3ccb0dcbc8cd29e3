#include <math.h>
#include <stdlib.h>

#include "stats/rank_location.h"

typedef struct sum_data {
    double *pooled;      /* a - shift, then b: what is ranked */
    double *a, *b;       /* sorted */
    int64_t *rank;       /* doubled */
    size_t n_a, n_b, n;
    double ties;
} sum_data;

static void sum_fini(sum_data *d)
{
    free(d->pooled);
    free(d->a);
    free(d->b);
    free(d->rank);
}

static rsp_status sum_init(sum_data *d, const double *a, size_t n_a, const double *b,
                           size_t n_b, const rsp_rank_options *o, rsp_error *err)
{
    size_t n = n_a + n_b;
    *d = (sum_data){.n_a = n_a, .n_b = n_b, .n = n};
    d->pooled = calloc(n + 1, sizeof *d->pooled);
    d->a = calloc(n_a + 1, sizeof *d->a);
    d->b = calloc(n_b + 1, sizeof *d->b);
    d->rank = calloc(n + 1, sizeof *d->rank);
    if (!d->pooled || !d->a || !d->b || !d->rank) {
        sum_fini(d);
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu values", n);
    }
    for (size_t i = 0; i < n_a; i++) {
        d->a[i] = a[i];
        d->pooled[i] = rsp_rank_significant(rsp_rank_shifted(a[i], o->shift, o->digits), o->digits);
    }
    for (size_t i = 0; i < n_b; i++) {
        d->b[i] = b[i];
        d->pooled[n_a + i] = rsp_rank_significant(b[i], o->digits);
    }
    rsp_rank_sort(d->a, n_a);
    rsp_rank_sort(d->b, n_b);
    if (!rsp_rank_twice(d->pooled, n, d->rank, &d->ties)) {
        sum_fini(d);
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu ranks", n);
    }
    return RSP_OK;
}

/* Variance of U where ranks are shared as `ties` says. */
static rsp_rank_moments moments(const sum_data *d, double ties)
{
    double a = (double)d->n_a, b = (double)d->n_b, n = a + b;
    double shared = n > 1 ? ties / (n * (n - 1)) : 0;
    return (rsp_rank_moments){a * b / 2, a * b / 12 * (n + 1 - shared)};
}

static int64_t sum_of(const int64_t *rank, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += rank[i];
    }
    return sum;
}

/* The distribution without ties, as at any shift between two differences. */
static bool untied(const sum_data *d, size_t m, rsp_rank_null *null)
{
    int64_t *rank = calloc(d->n + 1, sizeof *rank);
    for (size_t i = 0; rank && i < d->n; i++) {
        rank[i] = (int64_t)i;
    }
    bool done = rank && rsp_rank_null_sum(rank, d->n, m, null);
    free(rank);
    return done;
}

/* The sum over the smaller group has the shorter array; the sum over a is the
 * rest. */
static rsp_status exact(const sum_data *d, const rsp_rank_options *o,
                        const rsp_pairs *pairs, rsp_rank_result *out, rsp_error *err)
{
    static const rsp_alternative turned[] = {RSP_TWO_SIDED, RSP_GREATER, RSP_LESS};
    rsp_rank_null given = {0}, plain = {0};
    bool a_small = d->n_a <= d->n_b;
    size_t m = a_small ? d->n_a : d->n_b;
    bool done = rsp_rank_null_sum(d->rank, d->n, m, &given) && untied(d, m, &plain);
    if (done) {
        int64_t t = a_small ? sum_of(d->rank, d->n_a) : sum_of(d->rank + d->n_a, d->n_b);
        out->p = rsp_rank_exact_p(&given, t,
                                  a_small ? o->alternative : turned[o->alternative]);
        rsp_rank_exact_interval(out, pairs, &plain, o);
    }
    free(given.mass);
    free(plain.mass);
    return done ? RSP_OK : rsp_fail(err, RSP_NOMEM, "no memory for an exact test");
}

static rsp_status test(const sum_data *d, const rsp_rank_options *o, rsp_rank_result *out,
                       rsp_error *err)
{
    out->n[0] = d->n_a;
    out->n[1] = d->n_b;
    out->tied = d->ties > 0;
    if (d->n_a == 0 || d->n_b == 0) {
        out->reason = "a group without values";
        return RSP_OK;
    }
    double a = (double)d->n_a;
    out->statistic = (double)sum_of(d->rank, d->n_a) / 2 - a * (a + 1) / 2;
    size_t small = d->n_a <= d->n_b ? d->n_a : d->n_b;
    rsp_status s = rsp_rank_choose(o->null, rsp_rank_null_sum_work(d->rank, d->n, small),
                                   &out->exact, err);
    if (s != RSP_OK) {
        return s;
    }
    rsp_rank_moments m = moments(d, d->ties);
    if (!(m.variance > 0)) {
        out->reason = "all values are equal";
    }
    rsp_rank_normal_p(out, &m, o);
    rsp_pairs pairs = {d->a, d->b, d->n_a, d->n_b};
    out->estimate = rsp_pairs_median(&pairs);
    if (out->exact) {
        return exact(d, o, &pairs, out, err);
    }
    /* Between two differences only values of one group share a rank. */
    rsp_rank_moments between = moments(d, rsp_rank_ties_of_sorted(d->a, d->n_a) +
                                              rsp_rank_ties_of_sorted(d->b, d->n_b));
    rsp_rank_normal_interval(out, &pairs, &between, o);
    return RSP_OK;
}

rsp_status rsp_rank_sum(const double *a, size_t n_a, const double *b, size_t n_b,
                        const rsp_rank_options *options, rsp_rank_result *out,
                        rsp_error *err)
{
    rsp_rank_options o;
    sum_data d;
    rsp_rank_nothing(out);
    rsp_status s = rsp_rank_resolve(options, &o, err);
    s = s == RSP_OK ? rsp_rank_check(a, n_a, "first group, value", err) : s;
    s = s == RSP_OK ? rsp_rank_check(b, n_b, "second group, value", err) : s;
    s = s == RSP_OK ? sum_init(&d, a, n_a, b, n_b, &o, err) : s;
    if (s != RSP_OK) {
        return s;
    }
    s = test(&d, &o, out, err);
    sum_fini(&d);
    return s;
}
