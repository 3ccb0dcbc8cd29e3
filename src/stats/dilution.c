#include "stats/dilution.h"

#include <math.h>
#include <stdlib.h>

#include "stats/counting.h"

static const double MOST_OUTCOMES = 0x1p22;

const char *rsp_dilution_end_text(rsp_dilution_end e)
{
    static const char *const text[] = {
        [RSP_DILUTION_ESTIMATED] = "",
        [RSP_DILUTION_NO_WELLS] = "no wells",
        [RSP_DILUTION_ALL_NEGATIVE] = "every well is negative: an upper bound",
        [RSP_DILUTION_ALL_POSITIVE] = "no well denies it: a lower bound, dilute further",
    };
    return (size_t)e < sizeof text / sizeof *text ? text[e] : "";
}

rsp_dilution_options rsp_dilution_defaults(void)
{
    return (rsp_dilution_options){.level = 0.95, .information = RSP_DILUTION_EXPECTED};
}

double rsp_dilution_root(double (*f)(double x, const void *with), const void *with)
{
    double low = 1.0, high = 1.0;
    while (low > 1e-290 && !(f(low, with) > 0)) {
        low /= 2;
    }
    while (high < 1e290 && f(high, with) > 0) {
        low = high;
        high *= 2;
    }
    if (!(high < 1e290)) {
        return INFINITY;
    }
    for (;;) {
        double mid = low + (high - low) / 2;
        if (mid <= low || mid >= high) {
            return mid;
        }
        if (f(mid, with) > 0) {
            low = mid;
        } else {
            high = mid;
        }
    }
}

rsp_status rsp_dilution_check_level(double level, rsp_error *err)
{
    return level > 0 && level < 1
               ? RSP_OK
               : rsp_fail(err, RSP_RANGE,
                          "intervals of level %g: between 0 and 1 is expected", level);
}

rsp_status rsp_dilution_check(double million_cells, double wells, double positive, size_t i,
                              rsp_error *err)
{
    if (!(million_cells > 0 && million_cells <= 1e12)) {
        return rsp_fail(err, RSP_RANGE,
                        "dilution %zu: %g million cells in a well: a number above 0 is "
                        "expected",
                        i + 1, million_cells);
    }
    if (!rsp_stats_is_count(wells) || !rsp_stats_is_count(positive) || positive > wells) {
        return rsp_fail(err, RSP_RANGE,
                        "dilution %zu: %g of %g wells positive: whole counts are expected, "
                        "the first at most the second",
                        i + 1, positive, wells);
    }
    return RSP_OK;
}

typedef struct assay {
    rsp_dilution_level *levels; /* distinct, with wells, by cells */
    size_t n;
    double cells, positive, wells; /* in all */
    double level;
} assay;

static int by_cells(const void *a, const void *b)
{
    const rsp_dilution_level *x = a, *y = b;
    return (x->million_cells > y->million_cells) - (x->million_cells < y->million_cells);
}

static rsp_status gather(const rsp_dilution_level *levels, size_t n, assay *a, rsp_error *err)
{
    for (size_t i = 0; i < n; i++) {
        rsp_status s = rsp_dilution_check(levels[i].million_cells, levels[i].wells,
                                          levels[i].positive, i, err);
        if (s != RSP_OK) {
            return s;
        }
    }
    a->levels = calloc(n + 1, sizeof *a->levels);
    if (!a->levels) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu dilutions", n);
    }
    for (size_t i = 0; i < n; i++) {
        if (levels[i].wells > 0) {
            a->levels[a->n++] = levels[i];
        }
    }
    qsort(a->levels, a->n, sizeof *a->levels, by_cells);
    size_t kept = 0;
    for (size_t i = 0; i < a->n; i++) {
        rsp_dilution_level l = a->levels[i];
        a->cells += l.million_cells * l.wells;
        a->wells += l.wells;
        a->positive += l.positive;
        if (kept && a->levels[kept - 1].million_cells == l.million_cells) {
            a->levels[kept - 1].wells += l.wells;
            a->levels[kept - 1].positive += l.positive;
        } else {
            a->levels[kept++] = l;
        }
    }
    a->n = kept;
    return RSP_OK;
}

/* Derivative of the log-likelihood: positive wells are as many as they would be. */
static double score(double iupm, const void *with)
{
    const assay *a = with;
    double sum = 0.0;
    for (size_t i = 0; i < a->n; i++) {
        const rsp_dilution_level *l = &a->levels[i];
        double gain = l->positive > 0 ? l->positive / expm1(iupm * l->million_cells) : 0.0;
        sum += l->million_cells * (gain - (l->wells - l->positive));
    }
    return sum;
}

/* 1 - level less the probability that every well is positive: its root is the rate
 * below which that would be too lucky. */
static double luck(double iupm, const void *with)
{
    const assay *a = with;
    double log_all = 0.0;
    for (size_t i = 0; i < a->n; i++) {
        log_all += a->levels[i].wells * log(-expm1(-iupm * a->levels[i].million_cells));
    }
    return log1p(-a->level) - log_all;
}

static double information(const assay *a, double iupm, rsp_dilution_information kind)
{
    double sum = 0.0;
    for (size_t i = 0; i < a->n; i++) {
        const rsp_dilution_level *l = &a->levels[i];
        double c = l->million_cells, odds = expm1(iupm * c);
        sum += kind == RSP_DILUTION_EXPECTED
                   ? c * c * l->wells / odds
                   : (l->positive > 0 ? c * c * l->positive / odds * (1 + 1 / odds) : 0.0);
    }
    return sum;
}

static void add_pearson(const assay *a, rsp_dilution *out)
{
    double sum = 0.0;
    for (size_t i = 0; i < a->n; i++) {
        const rsp_dilution_level *l = &a->levels[i];
        double negative = exp(-out->iupm * l->million_cells);
        double off = l->wells * -expm1(-out->iupm * l->million_cells) - l->positive;
        double variance = l->wells * negative * (1 - negative);
        sum += off == 0 ? 0.0 : off * off / variance;
    }
    if (a->n > 1 && isfinite(sum)) {
        out->df = (int)a->n - 1;
        out->chisq = sum;
        out->p = rsp_stats_chisq_of(sum, out->df);
    }
}

/* ln P(k of n wells positive). */
static double log_outcome(const rsp_dilution_level *l, double k, double iupm)
{
    double mean = iupm * l->million_cells;
    double choose = lgamma(l->wells + 1) - lgamma(k + 1) - lgamma(l->wells - k + 1);
    return choose + (k > 0 ? k * log(-expm1(-mean)) : 0.0) - (l->wells - k) * mean;
}

/* Sum over all outcomes of levels i and on, given what the earlier ones showed. */
static double no_likelier(const assay *a, size_t i, double so_far, double seen, double iupm)
{
    if (i == a->n) {
        /* Outcomes as likely as the one seen count, whatever their rounding. */
        return so_far <= seen + 1e-9 ? exp(so_far) : 0.0;
    }
    double sum = 0.0;
    for (double k = 0; k <= a->levels[i].wells; k++) {
        sum += no_likelier(a, i + 1, so_far + log_outcome(&a->levels[i], k, iupm), seen, iupm);
    }
    return sum;
}

static void add_exact(const assay *a, rsp_dilution *out)
{
    double outcomes = 1.0, seen = 0.0;
    for (size_t i = 0; i < a->n; i++) {
        outcomes *= a->levels[i].wells + 1;
        seen += log_outcome(&a->levels[i], a->levels[i].positive, out->iupm);
    }
    /* One level a recursion: a level doubles the outcomes at least. */
    if (outcomes <= MOST_OUTCOMES) {
        out->exact_p = fmin(1.0, no_likelier(a, 0, 0.0, seen, out->iupm));
    }
}

static void conclude(const assay *a, rsp_dilution_information kind, rsp_dilution *out)
{
    out->million_cells = a->cells;
    if (a->n == 0) {
        out->end = RSP_DILUTION_NO_WELLS;
    } else if (a->positive == 0) {
        out->end = RSP_DILUTION_ALL_NEGATIVE;
        out->iupm = out->low = 0;
        out->high = -log1p(-a->level) / a->cells;
        out->posterior_median = log(2) / a->cells;
    } else if (a->positive == a->wells) {
        out->end = RSP_DILUTION_ALL_POSITIVE;
        out->low = rsp_dilution_root(luck, a);
        out->high = INFINITY;
    } else {
        out->iupm = rsp_dilution_root(score, a);
        out->se = 1 / sqrt(information(a, out->iupm, kind));
        out->log_se = out->se / out->iupm;
        double spread = exp(rsp_stats_z_of_level(a->level) * out->log_se);
        out->low = out->iupm / spread;
        out->high = out->iupm * spread;
        add_pearson(a, out);
        add_exact(a, out);
    }
}

rsp_status rsp_dilution_fit(const rsp_dilution_level *levels, size_t n,
                            const rsp_dilution_options *o, rsp_dilution *out, rsp_error *err)
{
    assay a = {.level = o->level};
    rsp_status s = rsp_dilution_check_level(o->level, err);
    s = s == RSP_OK ? gather(levels, n, &a, err) : s;
    if (s != RSP_OK) {
        return s;
    }
    *out = (rsp_dilution){.iupm = NAN, .se = NAN, .log_se = NAN, .low = NAN, .high = NAN,
                          .posterior_median = NAN, .chisq = NAN, .p = NAN, .exact_p = NAN};
    conclude(&a, o->information, out);
    free(a.levels);
    return RSP_OK;
}
