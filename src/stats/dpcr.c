#include "respite/dpcr.h"

#include <math.h>

#include "respite/stats.h"
#include "stats/counting.h"

static const double DISAGREE_P = 0.01;

const char *rsp_dpcr_reason_text(rsp_dpcr_reason r)
{
    static const char *const text[] = {
        [RSP_DPCR_FINE] = "",
        [RSP_DPCR_NO_WELLS] = "no well with enough droplets",
        [RSP_DPCR_SATURATED] = "no empty droplet: dilute the sample",
        [RSP_DPCR_NO_REFERENCE] = "there are no reference wells, or no cells were counted in them",
        [RSP_DPCR_NO_LINKAGE] = "the reference wells show no unsheared molecule",
        [RSP_DPCR_SHEARED] = "the DNA is sheared too far",
        [RSP_DPCR_FIRST_FAILED] = "the first target fails: primer or probe polymorphism",
        [RSP_DPCR_SECOND_FAILED] = "the second target fails: primer or probe polymorphism",
        [RSP_DPCR_TARGET_FAILED] = "a target fails: primer or probe polymorphism",
        [RSP_DPCR_NO_SHARED] = "the shared target is not seen",
    };
    return (size_t)r < sizeof text / sizeof *text ? text[r] : "";
}

rsp_dpcr_options rsp_dpcr_defaults(void)
{
    return (rsp_dpcr_options){.droplet_nl = 0.85,
                              .least_droplets = 10000,
                              .level = 0.95,
                              .limits = RSP_DPCR_CLOPPER};
}

static rsp_status check_options(const rsp_dpcr_options *o, rsp_error *err)
{
    if (!(o->droplet_nl > 0 && isfinite(o->droplet_nl))) {
        return rsp_fail(err, RSP_RANGE, "droplets of %g nl: a volume above 0 is expected",
                        o->droplet_nl);
    }
    if (!(o->level > 0 && o->level < 1)) {
        return rsp_fail(err, RSP_RANGE, "intervals of level %g: between 0 and 1 is expected",
                        o->level);
    }
    if (!(o->least_droplets >= 0)) {
        return rsp_fail(err, RSP_RANGE, "a least count of %g droplets: >= 0 is expected",
                        o->least_droplets);
    }
    return RSP_OK;
}

/* Limits of the share k of n that is positive. */
static void share_limits(double k, double n, const rsp_dpcr_options *o, double *low,
                         double *high)
{
    if (o->limits == RSP_DPCR_CLOPPER) {
        rsp_clopper_pearson(k, n, o->level, low, high);
        return;
    }
    double z = rsp_stats_z_of_level(o->level), p = k / n, zz = z * z / n;
    double middle = (p + zz / 2) / (1 + zz);
    double half = z / (1 + zz) * sqrt(p * (1 - p) / n + zz / (4 * n));
    *low = k > 0 ? middle - half : 0.0;
    *high = k < n ? middle + half : 1.0;
}

static void add_limits(const rsp_dpcr_options *o, rsp_dpcr *out)
{
    if (o->limits == RSP_DPCR_DELTA) {
        double half = rsp_stats_z_of_level(o->level) * out->se;
        out->low = fmax(0.0, out->lambda - half);
        out->high = out->lambda + half;
        return;
    }
    double low, high;
    share_limits(out->positive, out->droplets, o, &low, &high);
    out->low = -log1p(-low);
    out->high = high < 1 ? -log1p(-high) : (double)NAN;
}

/* Pearson's chi-squared of the positives of each well against the share of all. */
static void compare_wells(const rsp_dpcr_well *wells, size_t n, double least, rsp_dpcr *out)
{
    double p = out->positive / out->droplets;
    if (out->used < 2 || !(p > 0 && p < 1)) {
        return;
    }
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double m = wells[i].droplets, off = wells[i].positive - m * p;
        sum += m > 0 && m >= least ? off * off / (m * p * (1 - p)) : 0.0;
    }
    out->chisq = sum;
    out->p = rsp_stats_chisq_of(sum, (double)out->used - 1);
    out->heterogeneous = out->p < DISAGREE_P;
}

static rsp_status merge(const rsp_dpcr_well *wells, size_t n, double least, rsp_dpcr *out,
                        rsp_error *err)
{
    for (size_t i = 0; i < n; i++) {
        double k = wells[i].positive, m = wells[i].droplets;
        if (!rsp_stats_is_count(k) || !rsp_stats_is_count(m) || k > m) {
            return rsp_fail(err, RSP_RANGE,
                            "well %zu: %g of %g droplets positive: whole counts are "
                            "expected, the first at most the second",
                            i + 1, k, m);
        }
        if (m > 0 && m >= least) {
            out->used++;
            out->positive += k;
            out->droplets += m;
        } else {
            out->rejected++;
        }
    }
    return RSP_OK;
}

rsp_status rsp_dpcr_target(const rsp_dpcr_well *wells, size_t n, const rsp_dpcr_options *o,
                           rsp_dpcr *out, rsp_error *err)
{
    rsp_dpcr r = {.lambda = NAN, .se = NAN, .low = NAN, .high = NAN,
                  .per_ul = NAN, .per_ul_low = NAN, .per_ul_high = NAN,
                  .chisq = NAN, .p = NAN};
    rsp_status s = check_options(o, err);
    s = s == RSP_OK ? merge(wells, n, o->least_droplets, &r, err) : s;
    if (s != RSP_OK) {
        return s;
    }
    r.reason = !r.used                     ? RSP_DPCR_NO_WELLS
               : r.positive == r.droplets ? RSP_DPCR_SATURATED
                                           : RSP_DPCR_FINE;
    if (r.reason == RSP_DPCR_FINE) {
        double empty = r.droplets - r.positive;
        r.lambda = -log1p(-r.positive / r.droplets);
        r.se = sqrt(r.positive / (r.droplets * empty));
        add_limits(o, &r);
        compare_wells(wells, n, o->least_droplets, &r);
    } else if (r.reason == RSP_DPCR_SATURATED && o->limits != RSP_DPCR_DELTA) {
        add_limits(o, &r); /* the lower one holds */
    }
    double per_ul = 1e3 / o->droplet_nl;
    r.per_ul = r.lambda * per_ul;
    r.per_ul_low = r.low * per_ul;
    r.per_ul_high = r.high * per_ul;
    *out = r;
    return RSP_OK;
}

double rsp_dpcr_zero(double droplets, double level)
{
    return droplets > 0 && level > 0 && level < 1 ? -log1p(-level) / droplets : (double)NAN;
}

void rsp_garwood(double count, double level, double *low, double *high)
{
    *low = *high = NAN;
    if (!(rsp_stats_is_count(count) && level > 0 && level < 1)) {
        return;
    }
    double tail = (1 - level) / 2;
    *low = count > 0 ? rsp_stats_poisson_mean(count - 1, 1 - tail) : 0.0;
    *high = rsp_stats_poisson_mean(count, tail);
}

rsp_count_limits rsp_count_limits_of(double background)
{
    if (!(background >= 0 && background <= 1e9)) {
        return (rsp_count_limits){NAN, NAN};
    }
    double low = -1.0, high = 1.0; /* P(X <= low) < 0.95 <= P(X <= high) */
    while (rsp_stats_poisson_lower(high, background) < 0.95) {
        high = 2 * high + 1;
    }
    while (high - low > 1) {
        double mid = floor((low + high) / 2);
        if (rsp_stats_poisson_lower(mid, background) < 0.95) {
            low = mid;
        } else {
            high = mid;
        }
    }
    return (rsp_count_limits){.blank = high, .detection = rsp_stats_poisson_mean(high, 0.05)};
}

/* Were there no molecule that carries all, droplets that lack some target would be
 * exp(lambda) times as many; the rest would have all by chance. */
rsp_count_limits rsp_chance_limits_of(double droplets, double seen, double lambda,
                                      double background, double *mean)
{
    double chance = fmax(0.0, droplets - exp(lambda) * (droplets - seen));
    *mean = chance + background * droplets;
    return rsp_count_limits_of(*mean);
}
