#include "stats/association.h"

#include <math.h>

#include "stats/distributions.h"

typedef struct pairings {
    const int64_t *a;
    int64_t b[RSP_SPEARMAN_EXACT];
    size_t n;
    int64_t observed;
    double lower, upper, all;
} pairings;

/* Every order of b[i..n), given the sum of products so far. */
static void permute(pairings *p, size_t i, int64_t sum)
{
    if (i == p->n) {
        p->all += 1;
        p->lower += sum <= p->observed;
        p->upper += sum >= p->observed;
        return;
    }
    for (size_t k = i; k < p->n; k++) {
        int64_t b = p->b[k];
        p->b[k] = p->b[i];
        p->b[i] = b;
        permute(p, i + 1, sum + p->a[i] * b);
        p->b[i] = p->b[k];
        p->b[k] = b;
    }
}

rsp_tails rsp_spearman_exact(const int64_t *a, const int64_t *b, size_t n)
{
    pairings p = {.a = a, .n = n};
    for (size_t i = 0; i < n; i++) {
        p.b[i] = b[i];
        p.observed += a[i] * b[i];
    }
    permute(&p, 0, 0);
    return (rsp_tails){p.lower / p.all, p.upper / p.all};
}

/* P(S >= s): Edgeworth's series about the normal (Best & Roberts 1975, AS 89);
 * the continuity correction is that of an even s. */
static double series_upper(double s, double n)
{
    double b = 1 / n, x = (6 * (s - 1) / (n * (n * n - 1)) - 1) * sqrt(n - 1);
    double y = x * x;
    double high = 0.0072 - 0.0831 * b + y * b * (0.0131 - 4.6e-4 * y);
    double middle = 0.1033 + 0.3932 * b - y * (0.0879 + 0.0151 * b - y * high);
    double c = x * b * (0.2274 + b * (0.2531 + 0.1745 * b) + y * (-0.0758 + b * middle));
    return fmin(1, fmax(0, c * exp(-y / 2) + rsp_stats_normal_lower(-x)));
}

rsp_tails rsp_spearman_series(double s, size_t n)
{
    /* Large S is a low correlation; S is even without ties. */
    double even = 2 * round(s / 2);
    return (rsp_tails){series_upper(even, (double)n), 1 - series_upper(even + 2, (double)n)};
}

rsp_tails rsp_kendall_exact(double discordant, size_t n)
{
    enum { MOST = RSP_KENDALL_EXACT * (RSP_KENDALL_EXACT - 1) / 2 };
    double p[MOST + 1] = {1}, next[MOST + 1];
    size_t last = 0;
    /* The k-th value adds 0 .. k - 1 inversions, all alike. */
    for (size_t k = 2; k <= n; k++) {
        for (size_t i = 0; i <= last + k - 1; i++) {
            next[i] = 0;
            for (size_t j = 0; j < k && j <= i; j++) {
                next[i] += i - j <= last ? p[i - j] / (double)k : 0;
            }
        }
        last += k - 1;
        for (size_t i = 0; i <= last; i++) {
            p[i] = next[i];
        }
    }
    rsp_tails t = {0, 0};
    for (size_t i = 0; i <= last; i++) {
        t.upper += (double)i <= discordant ? p[i] : 0;
        t.lower += (double)i >= discordant ? p[i] : 0;
    }
    return (rsp_tails){fmin(t.lower, 1), fmin(t.upper, 1)};
}
