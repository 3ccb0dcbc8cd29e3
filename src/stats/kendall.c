/* Concordant and discordant pairs in n log n: discordant ones are the inversions
 * of y when x is in order (Knight 1966). */
#include <math.h>
#include <stdlib.h>

#include "stats/association.h"

typedef struct point {
    double x, y;
} point;

static int by_value(double a, double b)
{
    return (a > b) - (a < b);
}

static int by_x_then_y(const void *a, const void *b)
{
    const point *p = a, *q = b;
    int order = by_value(p->x, q->x);
    return order ? order : by_value(p->y, q->y);
}

/* Sorts by y; returns the pairs that were the wrong way round. */
static double count_inversions(point *p, point *scratch, size_t n)
{
    if (n < 2) {
        return 0;
    }
    size_t half = n / 2, i = 0, j = half, k = 0;
    double count = count_inversions(p, scratch, half) +
                   count_inversions(p + half, scratch, n - half);
    while (i < half || j < n) {
        bool right = i == half || (j < n && p[j].y < p[i].y);
        count += right ? (double)(half - i) : 0;
        scratch[k++] = right ? p[j++] : p[i++];
    }
    for (k = 0; k < n; k++) {
        p[k] = scratch[k];
    }
    return count;
}

typedef struct ties { /* sums over groups of t equal values */
    double pairs, twos, threes, weighted; /* t(t-1)/2, t(t-1), t(t-1)(t-2), t(t-1)(2t+5) */
} ties;

static void add_group(ties *s, double t)
{
    s->pairs += t * (t - 1) / 2;
    s->twos += t * (t - 1);
    s->threes += t * (t - 1) * (t - 2);
    s->weighted += t * (t - 1) * (2 * t + 5);
}

static bool same(const point *p, const point *q, bool by_x, bool by_y)
{
    return (!by_x || p->x == q->x) && (!by_y || p->y == q->y);
}

static ties count_ties(const point *p, size_t n, bool by_x, bool by_y)
{
    ties s = {0};
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && same(&p[end], &p[i], by_x, by_y); end++) {
        }
        add_group(&s, (double)(end - i));
    }
    return s;
}

bool rsp_kendall_count(const double *x, const double *y, size_t n, rsp_kendall *out)
{
    point *p = calloc(2 * n + 1, sizeof *p);
    *out = (rsp_kendall){0};
    if (!p) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        p[i] = (point){x[i], y[i]};
    }
    qsort(p, n, sizeof *p, by_x_then_y);
    ties in_x = count_ties(p, n, true, false), both = count_ties(p, n, true, true);
    out->discordant = count_inversions(p, p + n, n);
    ties in_y = count_ties(p, n, false, true);
    double m = (double)n, all = m * (m - 1) / 2;
    out->ties_x = in_x.pairs;
    out->ties_y = in_y.pairs;
    out->concordant = all - in_x.pairs - in_y.pairs + both.pairs - out->discordant;
    out->variance = (m * (m - 1) * (2 * m + 5) - in_x.weighted - in_y.weighted) / 18 +
                    in_x.twos * in_y.twos / (2 * m * (m - 1)) +
                    in_x.threes * in_y.threes / (9 * m * (m - 1) * (m - 2));
    free(p);
    return true;
}
