#include <gsl/gsl_sf_gamma.h>
#include <math.h>

#include "stats/distributions.h"
#include "stats/published.h"

/* The log-rank statistic is a sum of scores: an event in period k counts
 * 1 - H_k, someone beyond all points -H_K, with H the pooled cumulative hazard.
 * All assignments: how many of each category fall to the arm. */
typedef struct walk {
    size_t categories;
    double total[RSP_PERIODS_MAX], score[RSP_PERIODS_MAX];
    double u, probability;
} walk;

static double log_choose(double n, double k)
{
    return gsl_sf_lnchoose((unsigned)n, (unsigned)k);
}

/* Give `left` people to the categories from k on. */
static void assign(walk *w, size_t k, double left, double sum, double log_p)
{
    if (k + 1 == w->categories) {
        if (left <= w->total[k]) {
            double u = sum + left * w->score[k];
            /* Ties in |U| but for rounding are as extreme. */
            if (fabs(u) >= fabs(w->u) - 1e-9 * (1 + fabs(w->u))) {
                w->probability += exp(log_p + log_choose(w->total[k], left));
            }
        }
        return;
    }
    for (double x = 0; x <= fmin(left, w->total[k]); x++) {
        assign(w, k + 1, left - x, sum + x * w->score[k],
               log_p + log_choose(w->total[k], x));
    }
}

double rsp_published_exact(const rsp_periods *periods, double u)
{
    walk w = {.u = u};
    double arm = 0.0, all = 0.0, hazard = 0.0;
    rsp_stats_need_gsl();
    for (size_t k = 0; k <= periods->k; k++) {
        arm += periods->arm[k];
        all += periods->arm[k] + periods->published[k];
    }
    double at_risk = all;
    for (size_t k = 0; k <= periods->k; k++) {
        double d = periods->arm[k] + periods->published[k];
        bool beyond = k == periods->k;
        hazard += !beyond && at_risk > 0 ? d / at_risk : 0.0;
        if (d > 0) {
            w.total[w.categories] = d;
            w.score[w.categories++] = (beyond ? 0.0 : 1.0) - hazard;
        }
        at_risk -= d;
    }
    double parts = (double)w.categories - 1;
    if (all > 1e9 || log_choose(arm + parts, parts) > log(2e6)) {
        return NAN;
    }
    assign(&w, 0, arm, 0.0, -log_choose(all, arm));
    return fmin(w.probability, 1.0);
}
