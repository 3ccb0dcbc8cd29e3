#include "stats/hodges_lehmann.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

double rsp_pairs_count(const rsp_pairs *p)
{
    double n = (double)p->n_a;
    return p->b ? n * (double)p->n_b : n * (n + 1) / 2;
}

/* How many are <= v: rounding keeps sums in order, so both indices only ever
 * move one way. */
static double count_up_to(const rsp_pairs *p, double v)
{
    double count = 0;
    if (p->b) {
        for (size_t i = 0, j = 0; i < p->n_a; i++) {
            while (j < p->n_b && p->a[i] - p->b[j] > v) {
                j++;
            }
            count += (double)(p->n_b - j);
        }
        return count;
    }
    for (size_t i = 0, end = p->n_a; i < end; i++) {
        while (end > i && (p->a[i] + p->a[end - 1]) / 2 > v) {
            end--;
        }
        count += (double)(end - i);
    }
    return count;
}

/* Doubles as whole numbers in the same order. */
static uint64_t to_order(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static double from_order(uint64_t key)
{
    uint64_t bits = key >> 63 ? key & ~((uint64_t)1 << 63) : ~key;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

double rsp_pairs_kth(const rsp_pairs *p, double k)
{
    if (!(k >= 1 && k <= rsp_pairs_count(p))) {
        return NAN;
    }
    /* Halve the set of doubles: 64 steps reach the value itself. */
    uint64_t low = to_order(-INFINITY), high = to_order(INFINITY);
    while (low < high) {
        uint64_t mid = low + (high - low) / 2;
        if (count_up_to(p, from_order(mid)) >= k) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return from_order(low) + 0.0; /* no -0 */
}

double rsp_pairs_median(const rsp_pairs *p)
{
    double n = rsp_pairs_count(p), k = floor((n + 1) / 2);
    double low = rsp_pairs_kth(p, k);
    return 2 * k == n ? (low + rsp_pairs_kth(p, k + 1)) / 2 : low;
}
