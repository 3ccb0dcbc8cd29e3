#include "respite/recrudescence.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "stats/distributions.h"

/* The likelihood is concave in the rate of reactivation where the delays are given; the
 * delays are found by going through their range, the rate at its best for each. */

enum { GRID = 24, GOLDEN = 22, HALVINGS = 60, DOUBLINGS = 6 };
static const double SPREAD_LOW = 0.01, SPREAD_HIGH = 2.0;
static const double LN_RATE_LOW = -14, LN_RATE_HIGH = 9; /* once in 3,000 years; 8,000 a day */

typedef struct fit {
    const rsp_within *x;
    size_t n, n_events;
    double *left, *right;  /* integral of D to the ends of each row's interval */
    double *ln_density;    /* of D's value at an exact time */
    double ln_rate;        /* NaN: at its best */
    double delay, spread;  /* as tried last */
    double first, last;    /* of the events' right ends */
} fit;

/* ---- The integral of D from 0 to t, and D. */
static double delayed_share(double t, double delay, double spread)
{
    if (!(spread > 0) || !(delay > 0)) {
        return t > delay ? 1.0 : 0.0;
    }
    return t > 0 ? rsp_stats_normal_lower(log(t / delay) / spread) : 0.0;
}

static double exposure(double t, double delay, double spread)
{
    if (!(spread > 0) || !(delay > 0)) {
        return fmax(0, t - delay);
    }
    if (!(t > 0) || isinf(t)) {
        return t > 0 ? t : 0;
    }
    double z = log(t / delay) / spread;
    double before = delay * exp(0.5 * spread * spread) * rsp_stats_normal_lower(z - spread);
    return fmax(0, t * rsp_stats_normal_lower(z) - before);
}

static void expose(fit *f)
{
    for (size_t i = 0; i < f->n; i++) {
        f->left[i] = exposure(f->x[i].low, f->delay, f->spread);
        f->right[i] = exposure(f->x[i].high, f->delay, f->spread);
        f->ln_density[i] = f->x[i].low == f->x[i].high
                               ? log(delayed_share(f->x[i].low, f->delay, f->spread))
                               : 0;
    }
}

/* ---- The likelihood. */
static bool is_exact(const fit *f, size_t i) { return f->x[i].low == f->x[i].high; }

static double log_likelihood(const fit *f, double ln_rate)
{
    double rate = exp(ln_rate), sum = 0;
    for (size_t i = 0; i < f->n; i++) {
        sum -= rate * f->left[i];
        if (is_exact(f, i)) {
            sum += ln_rate + f->ln_density[i];
        } else if (isfinite(f->x[i].high)) {
            sum += log(-expm1(-rate * (f->right[i] - f->left[i])));
        }
    }
    return isnan(sum) ? -(double)INFINITY : sum;
}

static double score(const fit *f, double rate)
{
    double sum = 0;
    for (size_t i = 0; i < f->n; i++) {
        double width = f->right[i] - f->left[i];
        sum -= f->left[i];
        if (is_exact(f, i)) {
            sum += 1 / rate;
        } else if (isfinite(width) && width > 0) {
            sum += width / expm1(rate * width);
        }
    }
    return sum;
}

/* Where the score falls through 0: by regula falsi, an end that stays halved (Illinois). */
static double best_rate(const fit *f)
{
    double low = LN_RATE_LOW, high = LN_RATE_HIGH;
    double at_low = exp(low) * score(f, exp(low)), at_high = exp(high) * score(f, exp(high));
    int side = 0;
    for (int i = 0; i < HALVINGS && high - low > 1e-9 && at_low > 0 && at_high < 0; i++) {
        double middle = i < DOUBLINGS ? 0.5 * (low + high)
                                      : (low * at_high - high * at_low) / (at_high - at_low);
        double v = exp(middle) * score(f, exp(middle));
        if (v > 0) {
            low = middle;
            at_low = v;
            at_high *= side > 0 ? 0.5 : 1;
            side = 1;
        } else {
            high = middle;
            at_high = v;
            at_low *= side < 0 ? 0.5 : 1;
            side = -1;
        }
        if (fabs(v) < 1e-10) {
            return middle;
        }
    }
    return at_high < 0 ? 0.5 * (low + high) : LN_RATE_HIGH;
}

static double at_delay(fit *f)
{
    expose(f);
    return log_likelihood(f, isnan(f->ln_rate) ? best_rate(f) : f->ln_rate);
}

/* ---- The highest of a function: the best of a grid, then the golden section about it. */
typedef double (*curve)(double x, fit *f);

static double highest(curve of, fit *f, double low, double high)
{
    const double golden = 0.6180339887498949, step = (high - low) / GRID;
    double best = low, value = of(low, f);
    for (int i = 1; i <= GRID; i++) {
        double v = of(low + i * step, f);
        if (v > value) {
            value = v;
            best = low + i * step;
        }
    }
    double a = fmax(low, best - step), b = fmin(high, best + step);
    double x = b - golden * (b - a), y = a + golden * (b - a), at_x = of(x, f), at_y = of(y, f);
    for (int i = 0; i < GOLDEN; i++) {
        if (at_x >= at_y) {
            b = y;
            y = x;
            at_y = at_x;
            x = b - golden * (b - a);
            at_x = of(x, f);
        } else {
            a = x;
            x = y;
            at_x = at_y;
            y = a + golden * (b - a);
            at_y = of(y, f);
        }
    }
    double middle = 0.5 * (a + b);
    return of(middle, f) >= value ? middle : best;
}

static double of_delay(double delay, fit *f)
{
    f->delay = delay;
    return at_delay(f);
}

static double of_ln_delay(double ln_delay, fit *f) { return of_delay(exp(ln_delay), f); }

static double over_delays(fit *f)
{
    return of_ln_delay(highest(of_ln_delay, f, log(0.01 * f->first), log(4 * f->last)), f);
}

static double of_ln_spread(double ln_spread, fit *f)
{
    f->spread = exp(ln_spread);
    return over_delays(f);
}

/* The highest likelihood with f's rate; delay and spread are left as they gave it. */
static double over_all(fit *f, const rsp_recrudescence_options *o)
{
    f->spread = 0;
    if (o->model == RSP_DELAY_COMMON) {
        bool given = !isnan(o->delay);
        return of_delay(given ? o->delay : highest(of_delay, f, 0, f->first), f);
    }
    double common = of_delay(highest(of_delay, f, 0, f->first), f), at = f->delay;
    double ln_spread = highest(of_ln_spread, f, log(SPREAD_LOW), log(SPREAD_HIGH));
    double varying = of_ln_spread(ln_spread, f);
    if (varying > common) {
        return varying;
    }
    f->spread = 0; /* nothing speaks for differing delays */
    return of_delay(at, f);
}

/* ---- Limits of the interval: where the profile has fallen by half of chi-square. */
typedef struct profile {
    double best, drop;
    fit *f;
    const rsp_recrudescence_options *o;
    double n, total; /* of founders: f is NULL */
} profile;

static double profile_at(const profile *p, double ln_interval)
{
    if (!p->f) {
        return -p->n * ln_interval - p->total * exp(-ln_interval);
    }
    p->f->ln_rate = -ln_interval;
    return over_all(p->f, p->o);
}

/* Out from the estimate in steps that double, then back by halves; infinite or 0 where the
 * profile never falls so far. */
static double limit_of(const profile *p, double ln_interval, double step)
{
    double inside = ln_interval, outside = ln_interval + step;
    int i = 0;
    while (profile_at(p, outside) > p->best - p->drop && i++ < DOUBLINGS) {
        inside = outside;
        step *= 2;
        outside += step;
    }
    if (i > DOUBLINGS) {
        return step > 0 ? (double)INFINITY : 0.0;
    }
    while (fabs(outside - inside) > 1e-5) {
        double middle = 0.5 * (inside + outside);
        *(profile_at(p, middle) > p->best - p->drop ? &inside : &outside) = middle;
    }
    return exp(0.5 * (inside + outside));
}

static double drop_of(double level)
{
    double z = rsp_stats_normal_quantile(0.5 + 0.5 * level);
    return 0.5 * z * z;
}

/* ---- Times to detection. */
static rsp_status check_rows(fit *f, rsp_error *err)
{
    f->first = (double)INFINITY;
    for (size_t i = 0; i < f->n; i++) {
        double left = f->x[i].low, right = f->x[i].high;
        if (!(left >= 0 && isfinite(left) && right >= left && right > 0)) {
            return rsp_fail(err, RSP_RANGE,
                            "row %zu: from %g to %g: an interval of days from 0 on is expected",
                            i + 1, left, right);
        }
        if (isfinite(right)) {
            f->n_events++;
            f->first = fmin(f->first, right);
            f->last = fmax(f->last, right);
        }
    }
    return RSP_OK;
}

static const char *no_estimate(const fit *f, const rsp_recrudescence_options *o)
{
    double waited = 0;
    for (size_t i = 0; i < f->n; i++) {
        waited += o->model == RSP_DELAY_COMMON && !isnan(o->delay)
                      ? exposure(f->x[i].low, o->delay, 0) : f->x[i].low;
    }
    if (f->n_events == 0) {
        return "nobody had the event";
    }
    return waited > 0 ? "" : "every event may lie before the first visit: no wait was seen";
}

static void conclude(fit *f, const rsp_recrudescence_options *o, rsp_recrudescence *out)
{
    f->ln_rate = (double)NAN;
    out->log_likelihood = over_all(f, o);
    double ln_rate = best_rate(f);
    out->delay = f->delay;
    out->spread = f->spread;
    if (isinf(out->log_likelihood)) {
        out->reason = "the delay is longer than somebody's time to detection";
    } else if (f->spread > 0.99 * SPREAD_HIGH || f->delay > 3.99 * f->last ||
               ln_rate > LN_RATE_HIGH - 1) {
        out->reason = "these times do not tell waiting from delays that differ";
    }
    if (out->reason[0] != '\0') {
        out->delay = out->spread = (double)NAN;
        return;
    }
    out->interval = exp(-ln_rate);
    if (o->level > 0) {
        profile p = {.best = out->log_likelihood, .drop = drop_of(o->level), .f = f, .o = o};
        out->low = limit_of(&p, -ln_rate, -0.25);
        out->high = limit_of(&p, -ln_rate, 0.25);
    }
}

rsp_status rsp_recrudescence_fit(const rsp_within *x, size_t n,
                                 const rsp_recrudescence_options *o, rsp_recrudescence *out,
                                 rsp_error *err)
{
    *out = (rsp_recrudescence){.n = n, .interval = NAN, .low = NAN, .high = NAN, .delay = NAN,
                               .spread = NAN, .log_likelihood = NAN, .reason = ""};
    if (!(o->level >= 0 && o->level < 1) || o->delay < 0 || isinf(o->delay)) {
        return rsp_fail(err, RSP_RANGE, "level %g, delay %g: a level below 1 and a delay of 0 days "
                        "or more are expected", o->level, o->delay);
    }
    fit f = {.x = x, .n = n};
    rsp_status s = check_rows(&f, err);
    out->n_events = f.n_events;
    if (s != RSP_OK) {
        return s;
    }
    out->reason = no_estimate(&f, o);
    if (out->reason[0] != '\0') {
        return RSP_OK;
    }
    f.left = calloc(3 * n, sizeof *f.left);
    if (!f.left) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu times", n);
    }
    f.right = f.left + n;
    f.ln_density = f.right + n;
    conclude(&f, o, out);
    free(f.left);
    return RSP_OK;
}

/* ---- Founders. */
rsp_status rsp_founders_fit(const rsp_within *ratio, size_t n, double growth, double level,
                            rsp_founders *out, rsp_error *err)
{
    *out = (rsp_founders){.n = n, .interval = NAN, .low = NAN, .high = NAN, .reason = ""};
    if (!(growth > 0) || isinf(growth) || !(level > 0 && level < 1)) {
        return rsp_fail(err, RSP_RANGE, "growth %g a day, level %g: a growth above 0 and a level "
                        "between 0 and 1 are expected", growth, level);
    }
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(ratio[i].low >= 1 && isfinite(ratio[i].low) && ratio[i].high >= ratio[i].low)) {
            return rsp_fail(err, RSP_RANGE, "ratio %zu is %g: the larger founder by the smaller, "
                            "at least 1, is expected", i + 1, ratio[i].low);
        }
        total += log(ratio[i].low) / growth;
        out->n_ratios += isfinite(ratio[i].high);
    }
    if (out->n_ratios == 0 || !(total > 0)) {
        out->reason = out->n_ratios == 0 ? "nobody had a second founder"
                                         : "all founders are of one size: no wait was seen";
        return RSP_OK;
    }
    double k = (double)out->n_ratios, ln_interval = log(total / k);
    profile p = {.drop = drop_of(level), .n = k, .total = total};
    p.best = profile_at(&p, ln_interval);
    out->interval = total / k;
    out->low = limit_of(&p, ln_interval, -0.25);
    out->high = limit_of(&p, ln_interval, 0.25);
    return RSP_OK;
}
