#include "stats/rank_null.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { MOST = 1000 }; /* C(1000, 500) is 3e299 */

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b) {
        int64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

/* Scores as floor + unit * small: ranks without ties become 0, 1, 2, ... */
static void reduce(const int64_t *score, size_t n, bool with_floor, int64_t *low,
                   int64_t *unit)
{
    *low = with_floor && n ? score[0] : 0;
    for (size_t i = 0; with_floor && i < n; i++) {
        *low = score[i] < *low ? score[i] : *low;
    }
    *unit = 0;
    for (size_t i = 0; i < n; i++) {
        *unit = common_divisor(score[i] - *low, *unit);
    }
    *unit = *unit ? *unit : 1;
}

static int descending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x < y) - (x > y);
}

/* The reduced scores, largest first, and the largest sum of m of them. */
static int64_t *small_scores(const int64_t *score, size_t n, size_t m, bool with_floor,
                             int64_t *low, int64_t *unit, size_t *largest)
{
    int64_t *small = calloc(n + 1, sizeof *small);
    if (!small) {
        return NULL;
    }
    reduce(score, n, with_floor, low, unit);
    for (size_t i = 0; i < n; i++) {
        small[i] = (score[i] - *low) / *unit;
    }
    qsort(small, n, sizeof *small, descending);
    *largest = 0;
    for (size_t i = 0; i < m; i++) {
        *largest += (size_t)small[i];
    }
    return small;
}

static double work(const int64_t *score, size_t n, size_t m, bool with_floor, double rows)
{
    int64_t low, unit;
    size_t largest;
    int64_t *small = n <= MOST ? small_scores(score, n, m, with_floor, &low, &unit, &largest)
                               : NULL;
    free(small);
    return small ? (double)n * rows * (double)(largest + 1) : (double)INFINITY;
}

double rsp_rank_null_signed_work(const int64_t *score, size_t n)
{
    return work(score, n, n, false, 0.5);
}

double rsp_rank_null_sum_work(const int64_t *score, size_t n, size_t m)
{
    return work(score, n, m, true, (double)m / 2);
}

bool rsp_rank_null_signed(const int64_t *score, size_t n, rsp_rank_null *out)
{
    *out = (rsp_rank_null){0};
    if (n > MOST) {
        return false;
    }
    int64_t *small = small_scores(score, n, n, false, &out->offset, &out->unit, &out->last);
    double *mass = small ? calloc(out->last + 1, sizeof *mass) : NULL;
    if (!mass) {
        free(small);
        return false;
    }
    mass[0] = 1;
    size_t top = 0;
    for (size_t i = n; i-- > 0;) { /* smallest first: short arrays for longer */
        size_t by = (size_t)small[i];
        top += by;
        for (size_t s = top + 1; s-- > 0;) {
            mass[s] = (mass[s] + (s >= by ? mass[s - by] : 0)) / 2;
        }
    }
    out->mass = mass;
    out->centre = (double)out->last / 2;
    free(small);
    return true;
}

/* ways[j][s]: choices of j of the scores so far whose sum is s. */
static void add_score(double *ways, size_t width, size_t m, size_t by)
{
    for (size_t j = m; j >= 1; j--) {
        double *to = ways + j * width, *from = to - width;
        size_t end = j * by + 1; /* by is the largest so far */
        end = end < width ? end : width;
        for (size_t s = by; s < end; s++) {
            to[s] += from[s - by];
        }
    }
}

/* The choices of m become the distribution, from the smallest sum on. */
static void take_last_row(double *ways, size_t width, size_t m, size_t least,
                          rsp_rank_null *out)
{
    double total = 0;
    double *last = ways + m * width;
    for (size_t s = least; s < width; s++) {
        total += last[s];
    }
    for (size_t s = least; s < width; s++) {
        ways[s - least] = last[s] / total;
    }
    out->last = width - 1 - least;
    double *mass = realloc(ways, (width - least) * sizeof *mass);
    out->mass = mass ? mass : ways;
}

bool rsp_rank_null_sum(const int64_t *score, size_t n, size_t m, rsp_rank_null *out)
{
    *out = (rsp_rank_null){0};
    if (n > MOST || m > n) {
        return false;
    }
    int64_t low = 0;
    int64_t *small = small_scores(score, n, m, true, &low, &out->unit, &out->last);
    size_t width = out->last + 1;
    double *ways = small ? calloc((m + 1) * width, sizeof *ways) : NULL;
    if (!ways) {
        free(small);
        return false;
    }
    ways[0] = 1;
    double sum = 0;
    size_t least = 0; /* the smallest sum of m */
    for (size_t i = n; i-- > 0;) {
        size_t so_far = n - i;
        add_score(ways, width, m < so_far ? m : so_far, (size_t)small[i]);
        sum += (double)small[i];
        least += so_far <= m ? (size_t)small[i] : 0;
    }
    free(small);
    take_last_row(ways, width, m, least, out);
    out->offset = low * (int64_t)m + (int64_t)least * out->unit;
    out->centre = (n ? sum * (double)m / (double)n : 0) - (double)least;
    return true;
}

/* The index of t, which may lie outside or between. */
static double index_of(const rsp_rank_null *null, int64_t t)
{
    return (double)(t - null->offset) / (double)null->unit;
}

double rsp_rank_null_lower(const rsp_rank_null *null, int64_t t)
{
    double at = index_of(null, t), p = 0;
    for (size_t i = 0; i <= null->last && (double)i <= at; i++) {
        p += null->mass[i];
    }
    return fmin(p, 1);
}

double rsp_rank_null_upper(const rsp_rank_null *null, int64_t t)
{
    double at = index_of(null, t), p = 0;
    for (size_t i = null->last + 1; i-- > 0 && (double)i >= at;) {
        p += null->mass[i];
    }
    return fmin(p, 1);
}

double rsp_rank_null_far(const rsp_rank_null *null, int64_t t)
{
    /* The centre is a ratio of whole numbers: distances that are equal in truth
     * may differ by its rounding, others differ by 1/n at least. */
    double far = fabs(index_of(null, t) - null->centre) - 1e-6, p = 0;
    for (size_t i = 0; i <= null->last; i++) {
        p += fabs((double)i - null->centre) >= far ? null->mass[i] : 0;
    }
    return fmin(p, 1);
}

size_t rsp_rank_null_quantile(const rsp_rank_null *null, double p)
{
    double sum = 0, enough = p - 10 * DBL_EPSILON;
    for (size_t i = 0; i < null->last; i++) {
        sum += null->mass[i];
        if (sum >= enough) {
            return i;
        }
    }
    return null->last;
}
