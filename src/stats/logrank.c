#include <math.h>
#include <string.h>

#include "respite/stats.h"
#include "stats/distributions.h"
#include "stats/ldl.h"
#include "stats/logrank.h"
#include "stats/pooled.h"

enum { MOST_GROUPS = 16 };

/* Of its own variance: a group of which the others leave less is their sum. */
static const double VARIANCE_TOLERANCE = 1e-12;

typedef struct sums {
    double observed[MOST_GROUPS], expected[MOST_GROUPS];
    double variance[MOST_GROUPS][MOST_GROUPS];
} sums;

double rsp_logrank_weight(double s, double rho, double gamma)
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
                     rsp_logrank_weight(s, rho, gamma));
            s *= (n - d) / n;
        }
    }
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
    out->chisq = out->p = out->z = NAN;
    out->df = 0;
    if (k < 2) {
        return;
    }
    /* The deviations sum to zero: one group says nothing of its own. */
    double v[MOST_GROUPS * MOST_GROUPS], u[MOST_GROUPS];
    for (size_t i = 0; i + 1 < k; i++) {
        u[i] = sum->observed[member[i]] - sum->expected[member[i]];
        for (size_t j = 0; j + 1 < k; j++) {
            v[i * (k - 1) + j] = sum->variance[member[i]][member[j]];
        }
    }
    /* Less where strata keep groups apart: these are then not compared. */
    out->df = (int)rsp_ldl_factor(k - 1, v, VARIANCE_TOLERANCE, NULL);
    if (out->df > 0) {
        out->chisq = rsp_ldl_form(k - 1, v, u);
        out->p = rsp_stats_chisq_upper(out->chisq, out->df);
        double more = sum->observed[1] - sum->expected[1];
        out->z = n_groups == 2 ? copysign(sqrt(out->chisq), more) : (double)NAN;
    }
}

rsp_status rsp_logrank_stratified(const rsp_km *const *groups, size_t n_strata, size_t n_groups,
                                  double rho, double gamma, rsp_logrank *out, rsp_error *err)
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
    sums sum;
    memset(&sum, 0, sizeof sum);
    for (size_t i = 0; i < n_strata; i++) {
        rsp_pooled pooled;
        rsp_status s = rsp_pooled_init(&pooled, groups + i * n_groups, n_groups, err);
        if (s != RSP_OK) {
            return s;
        }
        add_all(&sum, &pooled, rho, gamma);
        rsp_pooled_fini(&pooled);
    }
    *out = (rsp_logrank){0};
    conclude(&sum, n_groups, out);
    return RSP_OK;
}

rsp_status rsp_logrank_test(const rsp_km *const *groups, size_t n_groups,
                            double rho, double gamma, rsp_logrank *out,
                            rsp_error *err)
{
    return rsp_logrank_stratified(groups, 1, n_groups, rho, gamma, out, err);
}
