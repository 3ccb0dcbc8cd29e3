#include <math.h>
#include <string.h>

#include "respite/stats.h"
#include "stats/distributions.h"
#include "stats/pooled.h"

enum { MOST_GROUPS = 16 };

typedef struct sums {
    double observed[MOST_GROUPS], expected[MOST_GROUPS];
    double variance[MOST_GROUPS][MOST_GROUPS];
} sums;

static double weight_at(double s, double rho, double gamma)
{
    return (rho == 0 ? 1.0 : pow(s, rho)) *
           (gamma == 0 ? 1.0 : pow(1.0 - s, gamma));
}

/* Hypergeometric mean and covariance of the events of one time. */
static void add_time(sums *sum, const double *at_risk, const double *events,
                     size_t k, double n, double d, double w)
{
    double c = n > 1 ? w * w * d * (n - d) / (n - 1) : 0.0;
    for (size_t g = 0; g < k; g++) {
        double share = at_risk[g] / n;
        sum->observed[g] += w * events[g];
        sum->expected[g] += w * d * share;
        for (size_t h = 0; h < k; h++) {
            double other = at_risk[h] / n;
            sum->variance[g][h] += c * share * ((g == h) - other);
        }
    }
}

static void add_all(sums *sum, const rsp_pooled *p, double rho, double gamma)
{
    double s = 1.0; /* pooled, just before the time */
    for (size_t i = 0; i < p->n_times; i++) {
        const double *at_risk = p->at_risk + i * p->n_groups;
        const double *events = p->events + i * p->n_groups;
        double n = 0.0, d = 0.0;
        for (size_t g = 0; g < p->n_groups; g++) {
            n += at_risk[g];
            d += events[g];
        }
        if (d > 0) {
            add_time(sum, at_risk, events, p->n_groups, n, d,
                     weight_at(s, rho, gamma));
            s *= (n - d) / n;
        }
    }
}

/* u' V^-1 u by Cholesky of V (k x k, destroyed); NaN where V is singular. */
static double quadratic_form(double v[MOST_GROUPS][MOST_GROUPS], double *u,
                             size_t k)
{
    double total = 0.0, largest = 0.0;
    for (size_t i = 0; i < k; i++) {
        largest = fmax(largest, v[i][i]);
    }
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j <= i; j++) {
            double x = v[i][j];
            for (size_t l = 0; l < j; l++) {
                x -= v[i][l] * v[j][l];
            }
            if (i != j) {
                v[i][j] = x / v[j][j];
            } else if (x > 1e-12 * largest) {
                v[i][i] = sqrt(x);
            } else {
                return NAN;
            }
        }
        for (size_t l = 0; l < i; l++) {
            u[i] -= v[i][l] * u[l];
        }
        u[i] /= v[i][i];
        total += u[i] * u[i];
    }
    return total;
}

static void conclude(const sums *sum, size_t n_groups, rsp_logrank *out)
{
    size_t member[MOST_GROUPS], k = 0;
    for (size_t g = 0; g < n_groups; g++) {
        out->observed[g] = sum->observed[g];
        out->expected[g] = sum->expected[g];
        if (sum->expected[g] > 0) {
            member[k++] = g;
        }
    }
    out->chisq = out->p = NAN;
    out->df = 0;
    if (k < 2) {
        return;
    }
    /* The deviations sum to zero: one group says nothing of its own. */
    double v[MOST_GROUPS][MOST_GROUPS], u[MOST_GROUPS];
    for (size_t i = 0; i + 1 < k; i++) {
        u[i] = sum->observed[member[i]] - sum->expected[member[i]];
        for (size_t j = 0; j + 1 < k; j++) {
            v[i][j] = sum->variance[member[i]][member[j]];
        }
    }
    out->chisq = quadratic_form(v, u, k - 1);
    if (!isnan(out->chisq)) {
        out->df = (int)k - 1;
        out->p = rsp_stats_chisq_upper(out->chisq, out->df);
    }
}

rsp_status rsp_logrank_test(const rsp_km *const *groups, size_t n_groups,
                            double rho, double gamma, rsp_logrank *out,
                            rsp_error *err)
{
    if (n_groups < 2 || n_groups > MOST_GROUPS) {
        return rsp_fail(err, RSP_RANGE,
                        "a log-rank test of %zu groups: 2 to %d are expected",
                        n_groups, (int)MOST_GROUPS);
    }
    if (!(rho >= 0 && gamma >= 0 && isfinite(rho) && isfinite(gamma))) {
        return rsp_fail(err, RSP_RANGE,
                        "Fleming-Harrington weights rho %g, gamma %g: finite "
                        "numbers >= 0 are expected",
                        rho, gamma);
    }
    rsp_pooled pooled;
    rsp_status s = rsp_pooled_init(&pooled, groups, n_groups, err);
    if (s != RSP_OK) {
        return s;
    }
    sums sum;
    memset(&sum, 0, sizeof sum);
    add_all(&sum, &pooled, rho, gamma);
    rsp_pooled_fini(&pooled);
    *out = (rsp_logrank){0};
    conclude(&sum, n_groups, out);
    return RSP_OK;
}
