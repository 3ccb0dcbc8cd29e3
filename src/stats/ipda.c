#include "stats/ipda.h"

#include <math.h>
#include <stdlib.h>

#include "respite/stats.h"
#include "stats/counting.h"

static const double HIGH_WELL = 3.0, OUTLIER_WELL = 10.0; /* times the median */

rsp_ipda_options rsp_ipda_defaults(void)
{
    return (rsp_ipda_options){.dpcr = rsp_dpcr_defaults(),
                              .shearing = RSP_SHEARING_CORRECTED,
                              .reference_dilution = 1,
                              .reference_copies = 2,
                              .least_unsheared = 0.6,
                              .clearly_positive = 10,
                              .stream = {.purpose = RSP_PURPOSE_USER}};
}

rsp_status rsp_ipda_check(const rsp_ipda_options *o, rsp_error *err)
{
    const struct {
        const char *name;
        double value;
        bool above_zero;
    } options[] = {
        {"reference dilution", o->reference_dilution, true},
        {"number of reference copies in a cell", o->reference_copies, true},
        {"concentration of cells that are no T cells", o->not_t_per_ul, false},
        {"distance of the HIV targets", o->hiv_bp, false},
        {"distance of the reference targets", o->reference_bp, false},
        {"least share unsheared", o->least_unsheared, false},
        {"background of the first target", o->background[0], false},
        {"background of the second target", o->background[1], false},
        {"background of both targets", o->background[2], false},
        {"count of a clearly positive target", o->clearly_positive, false},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        double v = options[i].value;
        if (!(isfinite(v) && (options[i].above_zero ? v > 0 : v >= 0))) {
            return rsp_fail(err, RSP_RANGE, "a %s of %g: a finite number %s is expected",
                            options[i].name, v, options[i].above_zero ? "> 0" : ">= 0");
        }
    }
    if (o->bootstrap > UINT32_MAX / 2) {
        return rsp_fail(err, RSP_RANGE, "%zu bootstrap replicates: at most %u are expected",
                        o->bootstrap, UINT32_MAX / 2);
    }
    rsp_dpcr unused; /* checks the options of the droplets */
    return rsp_dpcr_target(NULL, 0, &o->dpcr, &unused, err);
}

static double droplets_of(const rsp_duplex_well *w)
{
    return w->n[0] + w->n[1] + w->n[2] + w->n[3];
}

static rsp_status check_wells(const char *which, const rsp_duplex_well *wells, size_t n,
                              rsp_error *err)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < 4; j++) {
            if (!rsp_stats_is_count(wells[i].n[j])) {
                return rsp_fail(err, RSP_RANGE,
                                "%s well %zu: %g droplets: a whole count is expected", which,
                                i + 1, wells[i].n[j]);
            }
        }
    }
    return RSP_OK;
}

/* Wells above many times the median are a mistake of pipetting more often than a
 * finding; without a median above 0, or with fewer than three, none can be told. */
static rsp_status flag_wells(const rsp_duplex_well *wells, size_t n, double least,
                             rsp_well_flag *flags, rsp_error *err)
{
    double *own = calloc(n + 1, sizeof *own);
    if (!own) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu wells", n);
    }
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        rsp_duplex d;
        double m = droplets_of(&wells[i]);
        bool enough = m > 0 && m >= least;
        flags[i] = enough ? RSP_WELL_USED : RSP_WELL_FEW;
        own[i] = enough && rsp_duplex_estimate(&wells[i], &d, NULL) == RSP_OK
                     ? fmax(0.0, d.linked)
                     : (double)NAN;
        used += enough;
    }
    double median = rsp_quantile_of(own, n, 0.5);
    for (size_t i = 0; used >= 3 && median > 0 && i < n; i++) {
        flags[i] = own[i] > OUTLIER_WELL * median ? RSP_WELL_OUTLIER
                   : own[i] > HIGH_WELL * median  ? RSP_WELL_HIGH
                                                  : flags[i];
    }
    free(own);
    return RSP_OK;
}

static rsp_duplex_well merge(const rsp_duplex_well *wells, size_t n, const rsp_well_flag *flags)
{
    rsp_duplex_well sum = {{0}};
    for (size_t i = 0; i < n; i++) {
        bool used = flags[i] == RSP_WELL_USED || flags[i] == RSP_WELL_HIGH;
        for (size_t j = 0; used && j < 4; j++) {
            sum.n[j] += wells[i].n[j];
        }
    }
    return sum;
}

double rsp_ipda_shearing(const rsp_duplex_well *counts, const rsp_duplex *d,
                         const rsp_ipda_options *o)
{
    if (o->shearing == RSP_SHEARING_NONE) {
        return 0.0;
    }
    bool raw = o->shearing == RSP_SHEARING_RAW;
    double single = raw ? (counts->n[1] + counts->n[2]) / 2 : (d->first + d->second) / 2;
    double both = raw ? counts->n[3] : d->linked;
    if (!(both > 0)) {
        return NAN;
    }
    double unsheared = both / (fmax(0.0, single) + both);
    if (o->hiv_bp > 0 && o->reference_bp > 0) {
        unsheared = pow(unsheared, o->hiv_bp / o->reference_bp);
    }
    return 1 - unsheared;
}

double rsp_ipda_cells_per_ul(const rsp_duplex *d, const rsp_ipda_options *o)
{
    double copies = (d->first + d->second) / 2 + d->linked;
    double per_ul = copies * (1e3 / o->dpcr.droplet_nl) - o->not_t_per_ul;
    double cells = per_ul / o->reference_copies * o->reference_dilution;
    return cells > 0 ? cells : (double)NAN;
}

double rsp_ipda_per_million(double lambda, double shearing, double cells_per_ul,
                            const rsp_ipda_options *o)
{
    return lambda * (1e3 / o->dpcr.droplet_nl) / (1 - shearing) / cells_per_ul * 1e6;
}

/* One target at its limit of blank while the other is clearly positive. */
static rsp_dpcr_reason failed_target(const rsp_duplex_well *hiv, const rsp_ipda_options *o)
{
    double total = droplets_of(hiv);
    double beyond[2];
    bool blank[2];
    for (size_t t = 0; t < 2; t++) {
        double seen = hiv->n[t + 1] + hiv->n[3];
        double mean = (o->background[t] + o->background[2]) * total;
        beyond[t] = seen - mean;
        blank[t] = seen <= rsp_count_limits_of(mean).blank;
    }
    return blank[0] && beyond[1] >= o->clearly_positive   ? RSP_DPCR_FIRST_FAILED
           : blank[1] && beyond[0] >= o->clearly_positive ? RSP_DPCR_SECOND_FAILED
                                                          : RSP_DPCR_FINE;
}

static rsp_dpcr_reason judge(const rsp_duplex_well *hiv, const rsp_duplex_well *reference,
                             const rsp_ipda_options *o, const rsp_ipda *r)
{
    if (droplets_of(hiv) == 0) {
        return RSP_DPCR_NO_WELLS;
    }
    if (droplets_of(reference) == 0) {
        return RSP_DPCR_NO_REFERENCE;
    }
    if (hiv->n[0] == 0 || reference->n[0] == 0) {
        return RSP_DPCR_SATURATED;
    }
    if (isnan(r->cells_per_ul)) {
        return RSP_DPCR_NO_REFERENCE;
    }
    if (isnan(r->shearing)) {
        return RSP_DPCR_NO_LINKAGE;
    }
    if (1 - r->shearing < o->least_unsheared) {
        return RSP_DPCR_SHEARED;
    }
    return failed_target(hiv, o);
}

rsp_dpcr_interval rsp_ipda_garwood(double count, double background, double estimate,
                                   double level)
{
    double low, high, scale = estimate / (count - background);
    rsp_garwood(count, level, &low, &high);
    return count > background ? (rsp_dpcr_interval){fmax(0.0, low - background) * scale,
                                                    (high - background) * scale}
                              : (rsp_dpcr_interval){NAN, NAN};
}

double rsp_ipda_bound(double count, double mean, double level)
{
    double low, high;
    rsp_garwood(count, fmax(0.0, 2 * level - 1), &low, &high);
    return fmax(-log1p(-level), high - mean);
}

rsp_dpcr_interval rsp_ipda_log_delta(double estimate, double relative_se, double level)
{
    double spread = exp(rsp_stats_z_of_level(level) * relative_se);
    return (rsp_dpcr_interval){estimate / spread, estimate * spread};
}

static void add_intervals(const rsp_ipda_options *o, rsp_ipda *r)
{
    double k = r->both_positive, linked = r->hiv.linked - o->background[2];
    if (r->state != RSP_NUMBER) {
        return;
    }
    double false_ones = o->background[2] * r->hiv.droplets;
    r->garwood = rsp_ipda_garwood(k, false_ones, r->intact, o->dpcr.level);
    r->log_delta = rsp_ipda_log_delta(r->intact, r->hiv.se_linked / linked, o->dpcr.level);
}

rsp_result_state rsp_ipda_state(double seen, double linked, double blank, double background)
{
    return seen == 0                          ? RSP_NOT_DETECTED
           : !(linked > 0)                    ? RSP_BELOW_LLOQ
           : background > 0 && seen <= blank  ? RSP_BELOW_LLOQ
                                              : RSP_NUMBER;
}

/* Each species per million, and what is intact but was sheared. */
static void add_estimates(const rsp_ipda_options *o, rsp_ipda *r)
{
    double linked = r->hiv.linked - o->background[2];
    double first = fmax(0.0, r->hiv.first - o->background[0]);
    double second = fmax(0.0, r->hiv.second - o->background[1]);
    double n = r->cells_per_ul;
    r->intact_signed = rsp_ipda_per_million(linked, r->shearing, n, o);
    r->one_copy = 1e6 / r->cells / (1 - r->shearing);
    double mean;
    rsp_count_limits limits = rsp_chance_limits_of(r->hiv.droplets, r->both_positive,
                                                   r->hiv.linked, o->background[2], &mean);
    r->blank = limits.blank;
    r->upper = rsp_ipda_bound(r->both_positive, mean, o->dpcr.level) * r->one_copy;
    r->detection = (limits.detection - mean) * r->one_copy;
    r->state = rsp_ipda_state(r->both_positive, linked, limits.blank, o->background[2]);
    bool above = r->state == RSP_NUMBER;
    r->intact = above ? r->intact_signed : 0.0;
    r->uncorrected = above ? rsp_ipda_per_million(linked, 0, n, o) : 0.0;
    double sheared = r->intact * r->shearing;
    r->three_prime = fmax(0.0, rsp_ipda_per_million(first, 0, n, o) - sheared);
    r->five_prime = fmax(0.0, rsp_ipda_per_million(second, 0, n, o) - sheared);
    r->total = r->intact + r->three_prime + r->five_prime;
}

static rsp_ipda nothing(void)
{
    rsp_dpcr_interval none = {NAN, NAN};
    rsp_duplex unknown = {0, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    return (rsp_ipda){.hiv = unknown, .reference = unknown, .shearing = NAN,
                      .reference_cv = NAN, .cells_per_ul = NAN, .cells = NAN,
                      .state = RSP_MISSING, .blank = NAN, .detection = NAN, .intact = NAN, .intact_signed = NAN,
                      .uncorrected = NAN, .one_copy = NAN, .upper = NAN, .garwood = none,
                      .log_delta = none, .bootstrap = none, .three_prime = NAN,
                      .five_prime = NAN, .total = NAN};
}

double rsp_ipda_variation(const rsp_duplex *d)
{
    double a = d->first + d->linked, b = d->second + d->linked;
    return a + b > 0 ? fabs(a - b) / sqrt(2) / ((a + b) / 2) : (double)NAN;
}

static rsp_status estimate(const rsp_duplex_well *hiv, const rsp_duplex_well *reference,
                           const rsp_ipda_options *o, rsp_ipda *out, rsp_error *err)
{
    rsp_ipda r = nothing();
    r.both_positive = hiv->n[3];
    rsp_status s = RSP_OK;
    if (droplets_of(hiv) > 0) {
        s = rsp_duplex_estimate(hiv, &r.hiv, err);
    }
    if (s == RSP_OK && droplets_of(reference) > 0) {
        s = rsp_duplex_estimate(reference, &r.reference, err);
        r.shearing = rsp_ipda_shearing(reference, &r.reference, o);
        r.reference_cv = rsp_ipda_variation(&r.reference);
        r.cells_per_ul = rsp_ipda_cells_per_ul(&r.reference, o);
        r.cells = r.cells_per_ul * r.hiv.droplets * o->dpcr.droplet_nl / 1e3;
    }
    if (s == RSP_OK) {
        r.reason = judge(hiv, reference, o, &r);
    }
    if (s == RSP_OK && r.reason == RSP_DPCR_FINE) {
        add_estimates(o, &r);
        add_intervals(o, &r);
        if (r.state == RSP_NUMBER && o->bootstrap > 0) {
            s = rsp_ipda_bootstrap(hiv, reference, o, &r, err);
        }
    }
    if (s == RSP_OK) {
        *out = r;
    }
    return s;
}

rsp_status rsp_ipda_estimate(const rsp_duplex_well *hiv, size_t n_hiv,
                             const rsp_duplex_well *reference, size_t n_reference,
                             const rsp_ipda_options *o, rsp_well_flag *flags, rsp_ipda *out,
                             rsp_error *err)
{
    rsp_status s = rsp_ipda_check(o, err);
    s = s == RSP_OK ? check_wells("HIV", hiv, n_hiv, err) : s;
    s = s == RSP_OK ? check_wells("reference", reference, n_reference, err) : s;
    if (s != RSP_OK) {
        return s;
    }
    size_t most = n_hiv + n_reference;
    rsp_well_flag *own = calloc(most + 1, sizeof *own);
    if (!own) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu wells", most);
    }
    rsp_well_flag *of_reference = own + n_hiv;
    s = flag_wells(hiv, n_hiv, o->dpcr.least_droplets, own, err);
    for (size_t i = 0; i < n_reference; i++) {
        double m = droplets_of(&reference[i]);
        of_reference[i] = m > 0 && m >= o->dpcr.least_droplets ? RSP_WELL_USED : RSP_WELL_FEW;
    }
    if (s == RSP_OK) {
        rsp_duplex_well h = merge(hiv, n_hiv, own);
        rsp_duplex_well r = merge(reference, n_reference, of_reference);
        s = estimate(&h, &r, o, out, err);
    }
    for (size_t i = 0; s == RSP_OK && flags && i < n_hiv; i++) {
        flags[i] = own[i];
    }
    free(own);
    return s;
}
