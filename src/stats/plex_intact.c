/* Molecules that carry every one of several targets, per million cells. */
#include "stats/plex_intact.h"

#include <math.h>
#include <stdlib.h>

#include "stats/counting.h"

static rsp_plex nothing(size_t k)
{
    rsp_dpcr_interval none = {NAN, NAN};
    return (rsp_plex){.lambda = NAN, .se = NAN, .shearing = NAN, .reference_cv = NAN,
                      .cells_per_ul = NAN, .cells = NAN, .state = RSP_MISSING, .failed = k,
                      .blank = NAN, .detection = NAN, .intact = NAN, .intact_signed = NAN,
                      .uncorrected = NAN, .one_copy = NAN, .upper = NAN, .garwood = none,
                      .log_delta = none, .bootstrap = none};
}

static rsp_status check(const double *counts, size_t k, const rsp_duplex_well *reference,
                        const double *background, const rsp_ipda_options *o, rsp_error *err)
{
    rsp_status s = rsp_ipda_check(o, err);
    if (s == RSP_OK && (k < 2 || k > RSP_PLEX_MOST)) {
        return rsp_fail(err, RSP_RANGE, "%zu targets on one molecule: 2 to %d are expected", k,
                        (int)RSP_PLEX_MOST);
    }
    for (size_t i = 0; s == RSP_OK && i < (size_t)1 << k; i++) {
        s = rsp_stats_is_count(counts[i])
                ? RSP_OK
                : rsp_fail(err, RSP_RANGE, "%g droplets: a whole count is expected", counts[i]);
    }
    for (size_t i = 0; s == RSP_OK && reference && i < 4; i++) {
        s = rsp_stats_is_count(reference->n[i])
                ? RSP_OK
                : rsp_fail(err, RSP_RANGE, "%g droplets of the reference: a whole count is expected",
                           reference->n[i]);
    }
    for (size_t i = 0; s == RSP_OK && background && i <= k; i++) {
        s = background[i] >= 0 && isfinite(background[i])
                ? RSP_OK
                : rsp_fail(err, RSP_RANGE, "a background of %g: a finite number >= 0 is expected",
                           background[i]);
    }
    return s;
}

static double droplets_of(const double *counts, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i < (size_t)1 << k; i++) {
        sum += counts[i];
    }
    return sum;
}

/* The first target that is at its limit of blank beside one that is clearly positive; k
 * where there is none. */
static size_t failed_target(const double *counts, size_t k, double droplets,
                            const double *background, double clearly)
{
    size_t blank = k;
    bool another = false;
    for (size_t t = k; t-- > 0;) {
        double seen = 0, mean = background ? (background[t] + background[k]) * droplets : 0.0;
        for (size_t i = 0; i < (size_t)1 << k; i++) {
            seen += i >> t & 1 ? counts[i] : 0.0;
        }
        bool at_blank = seen <= rsp_count_limits_of(mean).blank;
        blank = at_blank ? t : blank;
        another |= !at_blank && seen - mean >= clearly;
    }
    return another ? blank : k;
}

static rsp_status count_cells(const rsp_duplex_well *reference, const rsp_ipda_options *o,
                              rsp_plex *r, rsp_error *err)
{
    rsp_duplex d;
    if (!reference || droplets_of(reference->n, 2) == 0) {
        r->reason = RSP_DPCR_NO_REFERENCE;
        return RSP_OK;
    }
    rsp_status s = rsp_duplex_estimate(reference, &d, err);
    if (s != RSP_OK) {
        return s;
    }
    r->shearing = rsp_ipda_shearing(reference, &d, o);
    r->reference_cv = rsp_ipda_variation(&d);
    r->cells_per_ul = rsp_ipda_cells_per_ul(&d, o);
    r->cells = r->cells_per_ul * r->droplets * o->dpcr.droplet_nl / 1e3;
    r->reason = reference->n[0] == 0                     ? RSP_DPCR_SATURATED
                : isnan(r->cells_per_ul)                 ? RSP_DPCR_NO_REFERENCE
                : isnan(r->shearing)                     ? RSP_DPCR_NO_LINKAGE
                : 1 - r->shearing < o->least_unsheared   ? RSP_DPCR_SHEARED
                                                         : RSP_DPCR_FINE;
    return RSP_OK;
}

static void add_estimates(const rsp_ipda_options *o, double background, rsp_plex *r)
{
    double n = r->cells_per_ul, mean, level = o->dpcr.level;
    rsp_count_limits limits = rsp_chance_limits_of(r->droplets, r->all, r->lambda + background,
                                                   background, &mean);
    r->blank = limits.blank;
    r->intact_signed = rsp_ipda_per_million(r->lambda, r->shearing, n, o);
    r->one_copy = 1e6 / r->cells / (1 - r->shearing);
    r->upper = rsp_ipda_bound(r->all, mean, level) * r->one_copy;
    r->detection = (limits.detection - mean) * r->one_copy;
    r->state = rsp_ipda_state(r->all, r->lambda, limits.blank, background);
    bool above = r->state == RSP_NUMBER;
    r->intact = above ? r->intact_signed : 0.0;
    r->uncorrected = above ? rsp_ipda_per_million(r->lambda, 0, n, o) : 0.0;
    if (above) {
        r->garwood = rsp_ipda_garwood(r->all, background * r->droplets, r->intact, level);
        r->log_delta = rsp_ipda_log_delta(r->intact, r->se / r->lambda, level);
    }
}

rsp_status rsp_plex_numbers(const double *counts, size_t k, const rsp_duplex_well *reference,
                            const double *background, const rsp_ipda_options *o, rsp_plex *r,
                            rsp_error *err)
{
    double lambda[RSP_PLEX_PATTERNS], se[RSP_PLEX_PATTERNS];
    size_t full = ((size_t)1 << k) - 1;
    double blank = background ? background[k] : 0.0;
    *r = nothing(k);
    r->droplets = droplets_of(counts, k);
    r->all = counts[full];
    if (r->droplets == 0 || counts[0] == 0) {
        r->reason = r->droplets == 0 ? RSP_DPCR_NO_WELLS : RSP_DPCR_SATURATED;
        return RSP_OK;
    }
    rsp_status s = rsp_plex_linkage(counts, k, lambda, se, err);
    r->lambda = s == RSP_OK ? lambda[full] - blank : (double)NAN;
    r->se = s == RSP_OK ? se[full] : (double)NAN;
    r->failed = failed_target(counts, k, r->droplets, background, o->clearly_positive);
    s = s == RSP_OK ? count_cells(reference, o, r, err) : s;
    if (s == RSP_OK && r->failed < k) {
        r->reason = RSP_DPCR_TARGET_FAILED;
    }
    if (s == RSP_OK && r->reason == RSP_DPCR_FINE) {
        add_estimates(o, blank, r);
    }
    return s;
}

/* One replicate of `intact`; NaN where its droplets give none. */
static double replicate(size_t b, const double *counts, size_t k, const rsp_duplex_well *reference,
                        double background, const rsp_ipda_options *o)
{
    double drawn[RSP_PLEX_PATTERNS], lambda[RSP_PLEX_PATTERNS];
    rsp_plex cells = {.droplets = 1};
    rsp_duplex_well again;
    uint32_t index = (uint32_t)b * 2;
    rsp_multinomial(&o->stream, index, droplets_of(counts, k), (size_t)1 << k, counts, drawn);
    rsp_multinomial(&o->stream, index + 1, droplets_of(reference->n, 2), 4, reference->n, again.n);
    if (rsp_plex_linkage(drawn, k, lambda, NULL, NULL) != RSP_OK ||
        count_cells(&again, o, &cells, NULL) != RSP_OK) {
        return NAN;
    }
    double intact = rsp_ipda_per_million(lambda[((size_t)1 << k) - 1] - background,
                                         cells.shearing, cells.cells_per_ul, o);
    return isnan(intact) ? (double)NAN : fmax(0.0, intact);
}

rsp_status rsp_plex_estimate(const double *counts, size_t k, const rsp_duplex_well *reference,
                             const double *background, const rsp_ipda_options *o, rsp_plex *out,
                             rsp_error *err)
{
    rsp_plex r;
    rsp_status s = check(counts, k, reference, background, o, err);
    s = s == RSP_OK ? rsp_plex_numbers(counts, k, reference, background, o, &r, err) : s;
    if (s != RSP_OK) {
        return s;
    }
    if (r.state == RSP_NUMBER && o->bootstrap > 0) {
        double *x = calloc(o->bootstrap, sizeof *x);
        if (!x) {
            return rsp_fail(err, RSP_NOMEM, "no memory for %zu bootstrap replicates",
                            o->bootstrap);
        }
        for (size_t b = 0; b < o->bootstrap; b++) {
            x[b] = replicate(b, counts, k, reference, background ? background[k] : 0.0, o);
        }
        r.bootstrap = rsp_ipda_percentiles(x, o->bootstrap, o->dpcr.level, &r.bootstrap_used);
        free(x);
    }
    *out = r;
    return RSP_OK;
}
