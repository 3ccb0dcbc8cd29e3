#include "respite/prcc.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "stats/distributions.h"
#include "stats/ldl.h"
#include "stats/rank_scores.h"

/* Of a rank's own variance: what the ranks before it must leave unexplained. */
static const double LEFT = 1e-9;

typedef struct prcc_room {
    int64_t *rank;           /* [k + 1][n]: twice the mid-rank; y last */
    double *factor, *inverse; /* [k + 1][k + 1] */
    bool *dropped;           /* [k + 1] */
} prcc_room;

static void room_free(prcc_room *m)
{
    free(m->rank);
    free(m->factor);
    free(m->inverse);
    free(m->dropped);
}

static bool room_new(prcc_room *m, size_t k, size_t n)
{
    size_t v = k + 1;
    m->rank = calloc(v * n + 1, sizeof *m->rank);
    m->factor = calloc(v * v, sizeof *m->factor);
    m->inverse = calloc(v * v, sizeof *m->inverse);
    m->dropped = calloc(v, sizeof *m->dropped);
    return m->rank && m->factor && m->inverse && m->dropped;
}

static bool has_nan(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i])) {
            return true;
        }
    }
    return false;
}

/* Sums of products of whole numbers: exact to n = 2e5, and beyond that rounded in
 * order. */
static double product(const int64_t *a, const int64_t *b, size_t n)
{
    double sum = 0, middle = (double)n + 1;
    for (size_t i = 0; i < n; i++) {
        sum += ((double)a[i] - middle) * ((double)b[i] - middle);
    }
    return sum;
}

static void correlations(const prcc_room *m, size_t v, size_t n)
{
    for (size_t i = 0; i < v; i++) {
        for (size_t j = 0; j <= i; j++) {
            m->factor[i * v + j] = product(m->rank + i * n, m->rank + j * n, n);
        }
    }
    for (size_t i = 0; i < v; i++) { /* off the diagonal first: it is the scale */
        for (size_t j = 0; j < i; j++) {
            double scale = sqrt(m->factor[i * v + i]) * sqrt(m->factor[j * v + j]);
            m->factor[i * v + j] = scale > 0 ? m->factor[i * v + j] / scale : 0;
        }
    }
    for (size_t i = 0; i < v; i++) {
        m->factor[i * v + i] = m->factor[i * v + i] > 0 ? 1 : 0;
    }
}

static rsp_prcc not_estimable(const char *reason)
{
    return (rsp_prcc){NAN, NAN, NAN, reason};
}

static rsp_prcc one(const prcc_room *m, size_t v, size_t j, double df)
{
    size_t y = v - 1;
    double p_jj = m->inverse[j * v + j], p_yy = m->inverse[y * v + y];
    double r = -m->inverse[j * v + y] / sqrt(p_jj) / sqrt(p_yy);
    r = fmax(-1, fmin(1, r));
    double t = r * sqrt(df / ((1 - r) * (1 + r)));
    return (rsp_prcc){r, t, rsp_stats_t_two_sided(t, df), ""};
}

static void coefficients(prcc_room *m, size_t k, size_t n, rsp_prcc *out, double *df)
{
    size_t v = k + 1;
    correlations(m, v, n);
    bool y_varies = m->factor[v * v - 1] > 0;
    bool *constant = calloc(v, sizeof *constant);
    for (size_t j = 0; constant && j < k; j++) {
        constant[j] = !(m->factor[j * v + j] > 0);
    }
    size_t rank = rsp_ldl_factor(v, m->factor, LEFT, m->dropped);
    double inputs = (double)rank - !m->dropped[k];
    *df = (double)n - 2 - (inputs - 1);
    rsp_ldl_inverse(v, m->factor, m->inverse);
    for (size_t j = 0; j < k; j++) {
        const char *why = !y_varies               ? "the outcome does not vary"
                          : constant && constant[j] ? "does not vary"
                          : m->dropped[j]         ? "follows from inputs before it"
                          : *df < 1               ? "too few rows for so many inputs"
                          : m->dropped[k]         ? "the outcome follows from the inputs"
                                                  : "";
        out[j] = why[0] ? not_estimable(why) : one(m, v, j, *df);
    }
    free(constant);
}

rsp_status rsp_prcc_of(const double *x, size_t k, const double *y, size_t n,
                       rsp_prcc *out, double *df, rsp_error *err)
{
    *df = NAN;
    for (size_t j = 0; j < k; j++) {
        out[j] = not_estimable("no rows");
    }
    if (has_nan(y, n) || has_nan(x, k * n)) {
        return rsp_fail(err, RSP_RANGE, "partial rank correlation: a value is no number");
    }
    if (!n || !k) {
        return RSP_OK;
    }
    prcc_room m = {0};
    double ties = 0;
    bool ok = room_new(&m, k, n) && rsp_rank_twice(y, n, m.rank + k * n, &ties);
    for (size_t j = 0; ok && j < k; j++) {
        ok = rsp_rank_twice(x + j * n, n, m.rank + j * n, &ties);
    }
    if (ok) {
        coefficients(&m, k, n, out, df);
    }
    room_free(&m);
    return ok ? RSP_OK
              : rsp_fail(err, RSP_NOMEM, "no memory for the ranks of %zu rows", n);
}
