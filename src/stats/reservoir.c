#include <math.h>
#include <stdlib.h>

#include "respite/reservoir.h"
#include "stats/distributions.h"
#include "stats/rank_scores.h"

rsp_decay rsp_decay_of_half_lives(double early_years, double late_years, double knot_years)
{
    double half = log10(0.5);
    return (rsp_decay){half / early_years, half / late_years, knot_years, 0, 0};
}

void rsp_decay_split(double knot_years, double from_years, double to_years, double *early,
                     double *late)
{
    *early = fmin(to_years, knot_years) - fmin(from_years, knot_years);
    *late = fmax(to_years, knot_years) - fmax(from_years, knot_years);
}

double rsp_decay_change(const rsp_decay *decay, double from_years, double to_years)
{
    double early, late;
    rsp_decay_split(decay->knot_years, from_years, to_years, &early, &late);
    return decay->early_per_year * early + decay->late_per_year * late;
}

static bool limits_ok(rsp_limits v)
{
    return v.low >= 0 && v.low <= v.high && isfinite(v.low) && v.high > 0;
}

static rsp_status check(const rsp_reservoir_pair *pairs, size_t n, rsp_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const rsp_reservoir_pair *p = &pairs[i];
        if (!limits_ok(p->before) || !limits_ok(p->after)) {
            return rsp_fail(err, RSP_RANGE,
                            "pair %zu: from (%g, %g) to (%g, %g): amounts above 0 are "
                            "expected, or limits {0, limit}", i + 1, p->before.low,
                            p->before.high, p->after.low, p->after.high);
        }
        if (!(p->years_before >= 0 && p->years_after >= p->years_before &&
              isfinite(p->years_after))) {
            return rsp_fail(err, RSP_RANGE,
                            "pair %zu: %g and %g years on ART: the first is expected to "
                            "be at least 0 and the second no less", i + 1, p->years_before,
                            p->years_after);
        }
    }
    return RSP_OK;
}

/* Log10 after less log10 before, at the ends of what is known. */
static rsp_limits change_of(const rsp_reservoir_pair *p)
{
    return (rsp_limits){log10(p->after.low) - log10(p->before.high),
                        log10(p->after.high) - log10(p->before.low)};
}

typedef struct changes {
    rsp_limits *raw, *net; /* of pairs that say something */
    double *value, *ones;  /* net where all are values; a column of ones */
    size_t n;
} changes;

static void count_sign(rsp_limits net, rsp_reservoir_change *out)
{
    size_t *of = net.high < 0                         ? &out->falls
                 : net.low > 0                        ? &out->rises
                 : net.low == 0 && net.high == 0      ? &out->equal
                                                      : &out->undecided;
    (*of)++;
}

static void collect(const rsp_reservoir_pair *pairs, size_t n, const rsp_decay *decay,
                    changes *c, rsp_limits *net, rsp_reservoir_change *out)
{
    double early_sum = 0, late_sum = 0;
    for (size_t i = 0; i < n; i++) {
        rsp_limits raw = change_of(&pairs[i]);
        double early, late;
        rsp_decay_split(decay->knot_years, pairs[i].years_before, pairs[i].years_after,
                        &early, &late);
        double natural = decay->early_per_year * early + decay->late_per_year * late;
        rsp_limits less = {raw.low - natural, raw.high - natural};
        if (net) {
            net[i] = less;
        }
        count_sign(less, out);
        if (isinf(raw.low) && isinf(raw.high)) {
            out->n_silent++;
            continue;
        }
        out->n_values += raw.low == raw.high;
        early_sum += early;
        late_sum += late;
        c->raw[c->n] = raw;
        c->net[c->n] = less;
        c->value[c->n] = less.low;
        c->ones[c->n++] = 1;
    }
    if (c->n > 0) {
        double m = (double)c->n;
        out->natural = (decay->early_per_year * early_sum + decay->late_per_year * late_sum) / m;
        out->natural_se = hypot(decay->early_se * early_sum / m, decay->late_se * late_sum / m);
    }
}

/* Mean, standard error and degrees of freedom (0: normal) of censored or whole
 * changes; the reason why not, or "". */
static rsp_status mean_of(const changes *c, const rsp_limits *y, bool tobit,
                          double *mean, double *se, double *df, const char **reason,
                          rsp_error *err)
{
    rsp_status s;
    *se = *mean = NAN;
    if (tobit) {
        rsp_tobit t;
        s = rsp_tobit_fit(y, c->ones, c->n, 1, &t, err);
        if (s == RSP_OK) {
            *mean = t.coef[0];
            *se = t.se[0];
            *reason = t.reason;
        }
        *df = 0;
        rsp_tobit_fini(&t);
        return s;
    }
    for (size_t i = 0; i < c->n; i++) {
        c->value[i] = y[i].low;
    }
    rsp_t_result t;
    s = rsp_t_one(c->value, c->n, NULL, &t, err);
    *mean = t.estimate;
    *se = t.se;
    *df = t.df;
    *reason = t.reason;
    return s;
}

/* The error of natural decay is common to all pairs: it adds to that of the mean. */
static void conclude(rsp_reservoir_change *out, const rsp_rank_options *o)
{
    double own = out->se * out->se, other = out->natural_se * out->natural_se;
    double sides = o->alternative == RSP_TWO_SIDED ? 2 : 1;
    double upper = 1 - (1 - o->level) / sides;
    out->se = sqrt(own + other);
    if (out->df > 0) {
        out->df *= (own + other) / own * ((own + other) / own);
    }
    double t = (out->net - o->shift) / out->se;
    double below = out->df > 0 ? rsp_stats_t_lower(t, out->df) : rsp_stats_normal_lower(t);
    double above = out->df > 0 ? rsp_stats_t_lower(-t, out->df) : rsp_stats_normal_lower(-t);
    double half = out->se * (out->df > 0 ? rsp_stats_t_quantile(upper, out->df)
                                         : rsp_stats_normal_quantile(upper));
    out->p = o->alternative == RSP_LESS      ? below
             : o->alternative == RSP_GREATER ? above
                                             : 2 * fmin(below, above);
    out->low = o->alternative == RSP_LESS ? -(double)INFINITY : out->net - half;
    out->high = o->alternative == RSP_GREATER ? (double)INFINITY : out->net + half;
    out->fold_low = pow(10, out->low);
    out->fold_high = pow(10, out->high);
}

static rsp_status analyse(const changes *c, const rsp_rank_options *o,
                          rsp_reservoir_change *out, rsp_error *err)
{
    const char *why = "";
    double unused_se, unused_df;
    out->tobit = out->n_values < c->n;
    rsp_status s = mean_of(c, c->raw, out->tobit, &out->change, &unused_se, &unused_df, &why,
                           err);
    s = s == RSP_OK ? mean_of(c, c->net, out->tobit, &out->net, &out->se, &out->df,
                              &out->reason, err)
                    : s;
    if (s != RSP_OK) {
        return s;
    }
    out->fold = pow(10, out->net);
    if (out->reason[0] == '\0') {
        conclude(out, o);
    }
    if (out->tobit) {
        out->ranks.reason = "censored changes have no ranks";
        return RSP_OK;
    }
    return rsp_signed_rank(c->value, c->n, o, &out->ranks, err);
}

static void sign_test(rsp_reservoir_change *out)
{
    double fewer = (double)(out->falls < out->rises ? out->falls : out->rises);
    double decided = (double)(out->falls + out->rises);
    if (decided > 0) {
        out->sign_p = fmin(1, 2 * rsp_stats_half_binomial_lower(fewer, decided));
    }
}

static const rsp_rank_result NO_RANKS = {.statistic = NAN, .z = NAN, .p = NAN,
                                         .estimate = NAN, .low = NAN, .high = NAN,
                                         .level = NAN, .reason = "no pair to rank"};

rsp_status rsp_reservoir_compare(const rsp_reservoir_pair *pairs, size_t n,
                                 const rsp_decay *decay, const rsp_rank_options *options,
                                 rsp_limits *net, rsp_reservoir_change *out, rsp_error *err)
{
    static const rsp_decay none = {0};
    rsp_rank_options o = options ? *options : (rsp_rank_options){0};
    *out = (rsp_reservoir_change){
        .n = n, .change = NAN, .natural = NAN, .natural_se = NAN, .net = NAN, .se = NAN,
        .df = NAN, .p = NAN, .low = NAN, .high = NAN, .fold = NAN, .fold_low = NAN,
        .fold_high = NAN, .ranks = NO_RANKS, .sign_p = NAN, .reason = ""};
    rsp_status s = check(pairs, n, err);
    s = s == RSP_OK ? rsp_rank_level(&o.level, err) : s;
    if (s != RSP_OK) {
        return s;
    }
    changes c = {.raw = calloc(2 * n + 1, sizeof *c.raw),
                 .value = calloc(2 * n + 1, sizeof *c.value)};
    if (c.raw && c.value) {
        c.net = c.raw + n;
        c.ones = c.value + n;
        collect(pairs, n, decay ? decay : &none, &c, net, out);
        sign_test(out);
        out->reason = "no pair says anything";
        s = c.n > 0 ? analyse(&c, &o, out, err) : RSP_OK;
    } else {
        s = rsp_fail(err, RSP_NOMEM, "no memory for %zu pairs", n);
    }
    free(c.raw);
    free(c.value);
    return s;
}
