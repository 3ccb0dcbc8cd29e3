#include <math.h>

#include "respite/stats.h"
#include "stats/distributions.h"
#include "stats/pooled.h"

typedef struct likelihood {
    double log, score, information;
} likelihood;

/* Efron (1977): of m tied events, the l-th finds l / m of them gone.  With
 * weights that are not whole, d events are m = ceil(d) events of weight d / m. */
static void add_time(likelihood *sum, double n0, double n1, double d0,
                     double d1, double log_hr)
{
    double hr = exp(log_hr), d = d0 + d1, m = ceil(d), each = d / m;
    sum->log += d1 * log_hr;
    sum->score += d1;
    for (double l = 0; l < m; l++) {
        double gone = l / m;
        double treated = (n1 - gone * d1) * hr;
        double all = n0 - gone * d0 + treated;
        double share = treated / all;
        sum->log -= each * log(all);
        sum->score -= each * share;
        sum->information += each * share * (1 - share);
    }
}

static likelihood likelihood_at(const rsp_pooled *p, double log_hr)
{
    likelihood sum = {0};
    for (size_t i = 0; i < p->n_times; i++) {
        const double *n = p->at_risk + 2 * i, *d = p->events + 2 * i;
        /* Where one group alone is at risk nothing is learnt. */
        if (d[0] + d[1] > 0 && n[0] > 0 && n[1] > 0) {
            add_time(&sum, n[0], n[1], d[0], d[1], log_hr);
        }
    }
    return sum;
}

/* The likelihood has a maximum only if each group has an event while the other
 * is at risk; otherwise it rises for ever in one direction, or is flat. */
static bool has_maximum(const rsp_pooled *p)
{
    bool control = false, treated = false;
    for (size_t i = 0; i < p->n_times; i++) {
        const double *n = p->at_risk + 2 * i, *d = p->events + 2 * i;
        control = control || (d[0] > 0 && n[1] > 0);
        treated = treated || (d[1] > 0 && n[0] > 0);
    }
    return control && treated;
}

/* Newton's method with halved steps; the log-likelihood is concave. */
static bool maximise(const rsp_pooled *p, double *log_hr, double *information)
{
    double at = 0.0;
    likelihood here = likelihood_at(p, at);
    for (int i = 0; i < 100; i++) {
        double step = here.score / here.information;
        if (!isfinite(step)) {
            return false;
        }
        likelihood there = likelihood_at(p, at + step);
        /* Rounding in a sum of many terms must not stop the last step. */
        double slack = 1e-12 * (1.0 + fabs(here.log));
        for (int k = 0; k < 60 && !(there.log >= here.log - slack); k++) {
            step /= 2;
            there = likelihood_at(p, at + step);
        }
        at += step;
        here = there;
        if (fabs(step) <= 1e-10 * (1.0 + fabs(at))) {
            *log_hr = at;
            *information = here.information;
            return here.information > 0 && isfinite(here.information);
        }
    }
    return false;
}

rsp_status rsp_cox_two(const rsp_km *control, const rsp_km *treated,
                       rsp_hazard_ratio *out, rsp_error *err)
{
    rsp_pooled pooled;
    const rsp_km *const groups[2] = {control, treated};
    rsp_status s = rsp_pooled_init(&pooled, groups, 2, err);
    if (s != RSP_OK) {
        return s;
    }
    double log_hr = NAN, information = NAN;
    bool ok = has_maximum(&pooled) && maximise(&pooled, &log_hr, &information);
    rsp_pooled_fini(&pooled);
    *out = (rsp_hazard_ratio){NAN, NAN, NAN, NAN, NAN, false};
    if (ok) {
        double se = 1.0 / sqrt(information);
        *out = (rsp_hazard_ratio){.log_hr = log_hr,
                                  .se = se,
                                  .hr = exp(log_hr),
                                  .low = exp(log_hr - RSP_Z_95 * se),
                                  .high = exp(log_hr + RSP_Z_95 * se),
                                  .estimable = true};
    }
    return RSP_OK;
}
