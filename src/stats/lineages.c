#include <math.h>
#include <stdlib.h>

#include "stats/counting.h"
#include "stats/dilution.h"

typedef struct sample {
    const rsp_lineage_level *levels;
    size_t n, n_lineages;
} sample;

/* A lineage, given what the wells without sequences demand of all. */
typedef struct lineage {
    const sample *of;
    size_t i;
    double demand; /* derivative of the last term of the log-likelihood */
} lineage;

static double found_in(const rsp_lineage_level *l, size_t i)
{
    return l->sequenced > 0 ? l->found[i] : 0.0;
}

/* Million cells of the wells that were free of lineage i. */
static double cells_without(const sample *s, size_t i)
{
    double sum = 0.0;
    for (size_t d = 0; d < s->n; d++) {
        const rsp_lineage_level *l = &s->levels[d];
        double negative = l->wells - l->positive;
        sum += l->million_cells * (negative + l->sequenced - found_in(l, i));
    }
    return sum;
}

static double lineage_score(double tau, const void *with)
{
    const lineage *g = with;
    double sum = g->demand - cells_without(g->of, g->i);
    for (size_t d = 0; d < g->of->n; d++) {
        const rsp_lineage_level *l = &g->of->levels[d];
        double y = found_in(l, g->i);
        sum += y > 0 ? l->million_cells * y / expm1(l->million_cells * tau) : 0.0;
    }
    return sum;
}

static double demand_of(const sample *s, double iupm)
{
    double sum = 0.0;
    for (size_t d = 0; d < s->n; d++) {
        const rsp_lineage_level *l = &s->levels[d];
        double open = l->positive - l->sequenced;
        sum += open > 0 ? l->million_cells * open / expm1(l->million_cells * iupm) : 0.0;
    }
    return sum;
}

/* tau, where not NULL, takes each of them. */
static double sum_of_lineages(const sample *s, double iupm, double *tau)
{
    double sum = 0.0, demand = demand_of(s, iupm);
    for (size_t i = 0; i < s->n_lineages; i++) {
        lineage g = {s, i, demand};
        if (demand >= cells_without(s, i)) {
            return INFINITY; /* nothing denies it as much as it is demanded */
        }
        double t = rsp_dilution_root(lineage_score, &g);
        sum += t;
        if (tau) {
            tau[i] = t;
        }
    }
    return sum;
}

/* At the maximum the lineages, each fitted against the demand of a total, add up to
 * that total.  A greater total demands less of each: there is one root. */
static double surplus(double iupm, const void *with)
{
    return sum_of_lineages(with, iupm, NULL) - iupm;
}

static double log_positive(double mean)
{
    return log(-expm1(-mean));
}

static double log_likelihood(const sample *s, double iupm, const double *tau)
{
    double sum = 0.0;
    for (size_t d = 0; d < s->n; d++) {
        const rsp_lineage_level *l = &s->levels[d];
        double open = l->positive - l->sequenced, c = l->million_cells;
        sum -= c * (l->wells - l->positive) * iupm;
        sum += open > 0 ? open * log_positive(c * iupm) : 0.0;
        for (size_t i = 0; i < s->n_lineages; i++) {
            double y = found_in(l, i);
            sum += y > 0 ? y * log_positive(c * tau[i]) : 0.0;
            sum -= (l->sequenced - y) * c * tau[i];
        }
    }
    return sum;
}

static double share_sequenced(const rsp_lineage_level *l)
{
    return l->positive > 0 ? l->sequenced / l->positive : 0.0;
}

/* Minus the second derivative of y ln(1 - exp(-c rate)); expected: of wells tried
 * as many, of which a share 1 - exp(-c rate) turns out so. */
static double observed(double y, double c, double rate)
{
    double odds = expm1(c * rate);
    return y > 0 ? c * c * y / odds * (1 + 1 / odds) : 0.0;
}

static double expected(double tried, double c, double rate)
{
    return tried > 0 ? c * c * tried / expm1(c * rate) : 0.0;
}

/* The information is diag(a_i) + b 1 1'; of its inverse the sum of all elements is
 * the variance of the sum of the lineages: A / (1 + b A), A = sum 1 / a_i (Sherman &
 * Morrison 1950). */
static double variance_of_sum(const sample *s, double iupm, const double *tau,
                              rsp_dilution_information kind)
{
    double shared = 0.0, own = 0.0;
    for (size_t d = 0; d < s->n; d++) {
        const rsp_lineage_level *l = &s->levels[d];
        double open = l->positive - l->sequenced, c = l->million_cells;
        shared += kind == RSP_DILUTION_OBSERVED
                      ? observed(open, c, iupm)
                      : expected(l->wells * (1 - share_sequenced(l)), c, iupm);
    }
    for (size_t i = 0; i < s->n_lineages; i++) {
        double a = 0.0;
        for (size_t d = 0; d < s->n; d++) {
            const rsp_lineage_level *l = &s->levels[d];
            a += kind == RSP_DILUTION_OBSERVED
                     ? observed(found_in(l, i), l->million_cells, tau[i])
                     : expected(l->wells * share_sequenced(l), l->million_cells, tau[i]);
        }
        own += 1 / a;
    }
    return own / (1 + shared * own);
}

static rsp_status check_level(const sample *s, size_t d, rsp_error *err)
{
    const rsp_lineage_level *l = &s->levels[d];
    rsp_status ok = rsp_dilution_check(l->million_cells, l->wells, l->positive, d, err);
    if (ok != RSP_OK) {
        return ok;
    }
    if (!rsp_stats_is_count(l->sequenced) || l->sequenced > l->positive) {
        return rsp_fail(err, RSP_RANGE,
                        "dilution %zu: %g wells sequenced of %g positive: a whole count of at "
                        "most these is expected",
                        d + 1, l->sequenced, l->positive);
    }
    double found = 0.0;
    for (size_t i = 0; i < s->n_lineages; i++) {
        double y = found_in(l, i);
        if (!rsp_stats_is_count(y) || y > l->sequenced) {
            return rsp_fail(err, RSP_RANGE,
                            "dilution %zu: lineage %zu in %g of %g sequenced wells: a whole "
                            "count of at most these is expected",
                            d + 1, i + 1, y, l->sequenced);
        }
        found += y;
    }
    if (found < l->sequenced) {
        return rsp_fail(err, RSP_RANGE,
                        "dilution %zu: lineages in %g of %g wells sequenced: each holds one "
                        "at least",
                        d + 1, found, l->sequenced);
    }
    return RSP_OK;
}

static rsp_status check(const sample *s, rsp_error *err)
{
    for (size_t d = 0; d < s->n; d++) {
        rsp_status ok = check_level(s, d, err);
        if (ok != RSP_OK) {
            return ok;
        }
    }
    for (size_t i = 0; i < s->n_lineages; i++) {
        double found = 0.0;
        for (size_t d = 0; d < s->n; d++) {
            found += found_in(&s->levels[d], i);
        }
        if (found == 0) {
            return rsp_fail(err, RSP_RANGE, "lineage %zu was found in no well: leave it out",
                            i + 1);
        }
    }
    return RSP_OK;
}

/* Without sequences, and for a bound where no well denies some lineage (all are then
 * positive): positive or not is all there is. */
static rsp_status fit_wells(const sample *s, const rsp_dilution_options *o,
                            rsp_lineage_fit *out, rsp_error *err)
{
    rsp_dilution_level *wells = calloc(s->n + 1, sizeof *wells);
    if (!wells) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu dilutions", s->n);
    }
    for (size_t d = 0; d < s->n; d++) {
        const rsp_lineage_level *l = &s->levels[d];
        wells[d] = (rsp_dilution_level){l->million_cells, l->wells, l->positive};
    }
    rsp_dilution fit;
    rsp_status ok = rsp_dilution_fit(wells, s->n, o, &fit, err);
    free(wells);
    if (ok == RSP_OK) {
        bool fitted = fit.end == RSP_DILUTION_ESTIMATED;
        *out = (rsp_lineage_fit){.end = fit.end, .iupm = fit.iupm, .se = fit.se,
                                 .log_se = fit.log_se, .low = fit.low, .high = fit.high,
                                 .log_likelihood = fitted ? log_likelihood(s, fit.iupm, NULL)
                                                          : (double)NAN};
    }
    return ok;
}

static void fit_lineages(const sample *s, const rsp_dilution_options *o, double *tau,
                         rsp_lineage_fit *out)
{
    double iupm = rsp_dilution_root(surplus, s);
    sum_of_lineages(s, iupm, tau);
    double log_se = sqrt(variance_of_sum(s, iupm, tau, o->information)) / iupm;
    double spread = exp(rsp_stats_z_of_level(o->level) * log_se);
    *out = (rsp_lineage_fit){.end = RSP_DILUTION_ESTIMATED, .iupm = iupm,
                             .se = log_se * iupm, .log_se = log_se,
                             .low = iupm / spread, .high = iupm * spread,
                             .log_likelihood = log_likelihood(s, iupm, tau)};
}

static bool denies_all(const sample *s)
{
    for (size_t i = 0; i < s->n_lineages; i++) {
        if (cells_without(s, i) == 0) {
            return false;
        }
    }
    return true;
}

rsp_status rsp_lineage_estimate(const rsp_lineage_level *levels, size_t n, size_t n_lineages,
                                const rsp_dilution_options *o, double *tau,
                                rsp_lineage_fit *out, rsp_error *err)
{
    sample s = {levels, n, n_lineages};
    rsp_status ok = rsp_dilution_check_level(o->level, err);
    ok = ok == RSP_OK ? check(&s, err) : ok;
    if (ok != RSP_OK) {
        return ok;
    }
    for (size_t i = 0; tau && i < n_lineages; i++) {
        tau[i] = NAN;
    }
    if (n_lineages == 0 || !denies_all(&s)) {
        return fit_wells(&s, o, out, err);
    }
    double *own = calloc(n_lineages, sizeof *own);
    if (!own) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu lineages", n_lineages);
    }
    fit_lineages(&s, o, own, out);
    for (size_t i = 0; tau && i < n_lineages; i++) {
        tau[i] = own[i];
    }
    free(own);
    return RSP_OK;
}
