#include <math.h>

#include "respite/dpcr.h"
#include "stats/counting.h"

/* empty[S]: share of droplets negative for every target of S, that is the sum over
 * the patterns within the complement of S. */
static void empty_shares(const double *counts, unsigned patterns, double total, double *empty)
{
    double within[RSP_PLEX_PATTERNS];
    for (unsigned i = 0; i < patterns; i++) {
        within[i] = counts[i];
    }
    for (unsigned bit = 1; bit < patterns; bit <<= 1) {
        for (unsigned i = 0; i < patterns; i++) {
            within[i] += i & bit ? within[i ^ bit] : 0.0;
        }
    }
    for (unsigned s = 0; s < patterns; s++) {
        empty[s] = within[(patterns - 1) & ~s] / total;
    }
}

/* a[T] becomes the sum over U in T of (-1)^|T \ U| a[U]. */
static void invert(double *a, unsigned patterns)
{
    for (unsigned bit = 1; bit < patterns; bit <<= 1) {
        for (unsigned i = 0; i < patterns; i++) {
            a[i] -= i & bit ? a[i ^ bit] : 0.0;
        }
    }
}

static bool is_odd(unsigned set)
{
    bool odd = false;
    for (; set; set &= set - 1) {
        odd = !odd;
    }
    return odd;
}

/* lambda_T as a sum of ln empty[S]: g(U) is ln empty[all \ U] - ln empty[all], of
 * which the second part cancels but for T empty. */
static double variance_of(unsigned t, const double *empty, unsigned patterns, double total)
{
    unsigned all = patterns - 1;
    double sum = 0.0;
    for (unsigned u = t;; u = (u - 1) & t) {
        for (unsigned v = t;; v = (v - 1) & t) {
            unsigned a = all & ~u, b = all & ~v;
            double cov = empty[a | b] / (empty[a] * empty[b]) - 1.0;
            sum += is_odd(u ^ v) ? -cov : cov;
            if (v == 0) {
                break;
            }
        }
        if (u == 0) {
            break;
        }
    }
    return sum / total;
}

static rsp_status check_counts(const double *counts, size_t k, double *total, rsp_error *err)
{
    if (k < 1 || k > RSP_PLEX_MOST) {
        return rsp_fail(err, RSP_RANGE, "%zu targets in a droplet: 1 to %d are expected", k,
                        (int)RSP_PLEX_MOST);
    }
    *total = 0.0;
    for (size_t i = 0; i < (size_t)1 << k; i++) {
        if (!rsp_stats_is_count(counts[i])) {
            return rsp_fail(err, RSP_RANGE,
                            "%g droplets of pattern %zu: a whole count is expected", counts[i],
                            i);
        }
        *total += counts[i];
    }
    return *total > 0 ? RSP_OK
                      : rsp_fail(err, RSP_RANGE, "no droplets: some are expected");
}

rsp_status rsp_plex_linkage(const double *counts, size_t k, double *lambda, double *se,
                            rsp_error *err)
{
    double total = 0.0, empty[RSP_PLEX_PATTERNS];
    rsp_status s = check_counts(counts, k, &total, err);
    if (s != RSP_OK) {
        return s;
    }
    unsigned patterns = 1u << k, all = patterns - 1;
    empty_shares(counts, patterns, total, empty);
    bool saturated = counts[0] == 0;
    for (unsigned u = 0; u < patterns; u++) {
        /* g(U), as one logarithm of a ratio: exact where nothing is positive. */
        lambda[u] = saturated ? (double)NAN : log(empty[all & ~u] / empty[all]);
    }
    invert(lambda, patterns);
    for (unsigned t = 0; se && t < patterns; t++) {
        double v = saturated ? (double)NAN : t ? variance_of(t, empty, patterns, total) : 0.0;
        se[t] = v < 0 ? 0.0 : sqrt(v); /* a rounded 0 */
    }
    return RSP_OK;
}

void rsp_plex_collapse(const double *counts, size_t k, unsigned keep, double *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < k; i++) {
        kept += keep >> i & 1;
    }
    for (size_t i = 0; i < (size_t)1 << kept; i++) {
        out[i] = 0.0;
    }
    for (size_t pattern = 0; pattern < (size_t)1 << k; pattern++) {
        size_t packed = 0, at = 0;
        for (size_t i = 0; i < k; i++) {
            if (keep >> i & 1) {
                packed |= (pattern >> i & 1) << at++;
            }
        }
        out[packed] += counts[pattern];
    }
}

double rsp_plex_five(double first_triple, double second_triple, double shared)
{
    return shared > 0 ? first_triple * second_triple / shared : (double)NAN;
}

rsp_status rsp_duplex_estimate(const rsp_duplex_well *counts, rsp_duplex *out, rsp_error *err)
{
    const double *n = counts->n;
    double lambda[4], se[4];
    rsp_status s = rsp_plex_linkage(n, 2, lambda, se, err);
    if (s != RSP_OK) {
        return s;
    }
    double total = n[0] + n[1] + n[2] + n[3];
    *out = (rsp_duplex){.droplets = total,
                        .first = lambda[1], .second = lambda[2], .linked = lambda[3],
                        .se_first = se[1], .se_second = se[2], .se_linked = se[3],
                        .expected_chance = n[0] > 0 ? n[1] * n[2] / n[0] : (double)NAN};
    return RSP_OK;
}
