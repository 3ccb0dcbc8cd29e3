#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/rank_location.h"

typedef struct signed_data {
    double *value;    /* sorted for the estimate; zeros as the options say */
    double *distance; /* |x - shift| of what is ranked */
    bool *positive;
    int64_t *rank;    /* doubled; of those not zero, after drop_zeros */
    size_t n_value, n_ranked, n; /* n: not zero */
    int64_t statistic;
} signed_data;

static void signed_fini(signed_data *d)
{
    free(d->value);
    free(d->distance);
    free(d->positive);
    free(d->rank);
}

static rsp_status signed_init(signed_data *d, size_t n, rsp_error *err)
{
    *d = (signed_data){0};
    d->value = calloc(n + 1, sizeof *d->value);
    d->distance = calloc(n + 1, sizeof *d->distance);
    d->positive = calloc(n + 1, sizeof *d->positive);
    d->rank = calloc(n + 1, sizeof *d->rank);
    if (!d->value || !d->distance || !d->positive || !d->rank) {
        signed_fini(d);
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu differences", n);
    }
    return RSP_OK;
}

static void collect(signed_data *d, const double *x, size_t n, const rsp_rank_options *o)
{
    for (size_t i = 0; i < n; i++) {
        double off = rsp_rank_shifted(x[i], o->shift, o->digits);
        if (off == 0 && o->zeros == RSP_ZEROS_WILCOXON) {
            continue;
        }
        d->value[d->n_value++] = x[i];
        d->distance[d->n_ranked] = rsp_rank_significant(fabs(off), o->digits);
        d->positive[d->n_ranked++] = off > 0;
    }
    rsp_rank_sort(d->value, d->n_value);
}

/* Zeros keep their place in the ranking of the others and lose their own. */
static void drop_zeros(signed_data *d)
{
    for (size_t i = 0; i < d->n_ranked; i++) {
        if (d->distance[i] > 0) {
            d->rank[d->n++] = d->rank[i];
            d->statistic += d->positive[i] ? d->rank[i] : 0;
        }
    }
}

static rsp_rank_moments moments(const int64_t *rank, size_t n)
{
    rsp_rank_moments m = {0};
    for (size_t i = 0; i < n; i++) {
        double r = (double)rank[i] / 2;
        m.mean += r / 2;
        m.variance += r * r / 4;
    }
    return m;
}

/* The distribution of n whole ranks, which is that at any shift between two
 * averages. */
static bool untied(size_t n, rsp_rank_null *null)
{
    int64_t *rank = calloc(n + 1, sizeof *rank);
    for (size_t i = 0; rank && i < n; i++) {
        rank[i] = (int64_t)(i + 1);
    }
    bool done = rank && rsp_rank_null_signed(rank, n, null);
    free(rank);
    return done;
}

static rsp_status exact(const signed_data *d, const rsp_rank_options *o,
                        const rsp_pairs *pairs, rsp_rank_result *out, rsp_error *err)
{
    rsp_rank_null given = {0}, plain = {0};
    bool done = rsp_rank_null_signed(d->rank, d->n, &given) && untied(d->n_value, &plain);
    if (done) {
        out->p = rsp_rank_exact_p(&given, d->statistic, o->alternative);
        rsp_rank_exact_interval(out, pairs, &plain, o);
    }
    free(given.mass);
    free(plain.mass);
    return done ? RSP_OK : rsp_fail(err, RSP_NOMEM, "no memory for an exact test");
}

static rsp_status test(signed_data *d, const rsp_rank_options *o, rsp_rank_result *out,
                       rsp_error *err)
{
    double ties = 0;
    if (!rsp_rank_twice(d->distance, d->n_ranked, d->rank, &ties)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu ranks", d->n_ranked);
    }
    drop_zeros(d);
    size_t zeros = d->n_ranked - d->n;
    out->n[0] = d->n;
    out->tied = ties > (double)zeros * ((double)zeros * (double)zeros - 1);
    out->statistic = (double)d->statistic / 2;
    if (d->n == 0) {
        out->reason = "no difference other than zero";
        return RSP_OK;
    }
    rsp_status s = rsp_rank_choose(o->null, rsp_rank_null_signed_work(d->rank, d->n),
                                   &out->exact, err);
    if (s != RSP_OK) {
        return s;
    }
    rsp_rank_moments m = moments(d->rank, d->n);
    rsp_rank_normal_p(out, &m, o);
    rsp_pairs pairs = {d->value, NULL, d->n_value, 0};
    out->estimate = rsp_pairs_median(&pairs);
    if (out->exact) {
        return exact(d, o, &pairs, out, err);
    }
    double n = (double)d->n_value;
    /* Between two averages only equal values share a rank. */
    rsp_rank_moments between = {
        n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24 -
                             rsp_rank_ties_of_sorted(d->value, d->n_value) / 48};
    rsp_rank_normal_interval(out, &pairs, &between, o);
    return RSP_OK;
}

rsp_status rsp_signed_rank(const double *x, size_t n, const rsp_rank_options *options,
                           rsp_rank_result *out, rsp_error *err)
{
    rsp_rank_options o;
    signed_data d;
    rsp_rank_nothing(out);
    rsp_status s = rsp_rank_resolve(options, &o, err);
    s = s == RSP_OK ? rsp_rank_check(x, n, "difference", err) : s;
    s = s == RSP_OK ? signed_init(&d, n, err) : s;
    if (s != RSP_OK) {
        return s;
    }
    collect(&d, x, n, &o);
    s = test(&d, &o, out, err);
    out->n_zeros = n - d.n;
    signed_fini(&d);
    return s;
}
