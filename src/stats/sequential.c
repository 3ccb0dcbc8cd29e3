#include <math.h>

#include "respite/design.h"
#include "stats/design_checks.h"
#include "stats/distributions.h"
#include "stats/sequential_density.h"

static rsp_status check(const rsp_sequential *g, rsp_error *err)
{
    if (!(g->alpha > 0 && g->alpha < 1)) {
        return rsp_fail(err, RSP_RANGE, "a type-I error of %g: between 0 and 1 is expected",
                        g->alpha);
    }
    if (g->n_looks == 0 || g->n_looks > RSP_LOOKS_MOST) {
        return rsp_fail(err, RSP_RANGE, "%zu looks: from 1 to %d are expected", g->n_looks,
                        RSP_LOOKS_MOST);
    }
    for (size_t k = 0; k < g->n_looks; k++) {
        double t = g->information[k], before = k ? g->information[k - 1] : 0;
        if (!(t > before * (1 + 1e-4) && t <= 1)) {
            return rsp_fail(err, RSP_RANGE,
                            "look %zu at a share of information of %g, after %g: more than "
                            "that and at most 1 is expected", k + 1, t, before);
        }
    }
    bool needs = g->kind == RSP_SPEND_POWER;
    if (!isfinite(g->parameter) || (needs && !(g->parameter > 0))) {
        return rsp_fail(err, RSP_RANGE, "a parameter of %g: a finite number%s is expected",
                        g->parameter, needs ? " above 0" : "");
    }
    return RSP_OK;
}

/* ---- What a side has spent by t, of `alpha` for that side. */
static double spent_by(const rsp_sequential *g, double alpha, double t)
{
    switch (g->kind) {
    case RSP_SPEND_OBF: {
        double z = rsp_stats_normal_quantile(1 - alpha / 2) / sqrt(t);
        return 2 * rsp_stats_normal_lower(-z);
    }
    case RSP_SPEND_POCOCK:
        return alpha * log1p((exp(1) - 1) * t);
    case RSP_SPEND_POWER:
        return alpha * pow(t, g->parameter);
    case RSP_SPEND_HSD:
        return g->parameter == 0 ? alpha * t
                                 : alpha * expm1(-g->parameter * t) / expm1(-g->parameter);
    default:
        return alpha;
    }
}

static bool spends(rsp_boundary_kind kind)
{
    return kind >= RSP_SPEND_OBF;
}

/* The shape of a boundary with a constant: z at information t of the last. */
static double shape(const rsp_sequential *g, double t)
{
    double delta = g->kind == RSP_OBF ? 0 : g->kind == RSP_POCOCK ? 0.5 : g->parameter;
    return pow(t / g->information[g->n_looks - 1], delta - 0.5);
}

static double low_of(const rsp_sequential *g, double z)
{
    return g->two_sided ? -z : -(double)INFINITY;
}

/* Crossing at each look with boundaries z; cumulative into reached (NULL: only the
 * total), stays: expected share of information at which it ends. */
static double run(const rsp_sequential *g, const double *z, double drift, rsp_density *d,
                  double *reached, double *stays)
{
    double sum = 0, expected = 0, before = 0;
    rsp_density_restart(d, drift);
    for (size_t k = 0; k < g->n_looks; k++) {
        double t = g->information[k];
        expected += (1 - sum) * (t - before);
        sum += rsp_density_beyond(d, t, z[k], 1);
        sum += g->two_sided ? rsp_density_beyond(d, t, -z[k], -1) : 0;
        if (reached) {
            reached[k] = sum;
        }
        if (k + 1 < g->n_looks) {
            rsp_density_advance(d, t, low_of(g, z[k]), z[k], g->information[k + 1]);
        }
        before = t;
    }
    if (stays) {
        *stays = expected;
    }
    return sum;
}

/* ---- Roots of what falls from above 0 at low to below at high: the regula falsi
 * of Dowell & Jarratt 1971 ("Illinois"), which needs few evaluations. */
typedef double (*falling)(void *context, double x);

static double find_root(falling f, void *context, double low, double high)
{
    double at_low = f(context, low), at_high = f(context, high), x = low;
    int side = 0;
    for (int i = 0; i < 100 && high - low > 1e-12 * (1 + fabs(high)); i++) {
        x = (at_low * high - at_high * low) / (at_low - at_high);
        double y = f(context, x);
        if (y == 0) {
            break;
        }
        if (y > 0) {
            low = x;
            at_low = y;
            at_high /= side > 0 ? 2 : 1;
            side = 1;
        } else {
            high = x;
            at_high = y;
            at_low /= side < 0 ? 2 : 1;
            side = -1;
        }
        if (fabs(y) < 1e-11) { /* far below the error of the integration */
            break;
        }
    }
    return x;
}

typedef struct problem {
    const rsp_sequential *g;
    rsp_density *d;
    const double *z; /* boundaries, where the drift is sought */
    double goal;
} problem;

static double error_over(void *context, double c)
{
    const problem *p = context;
    double z[RSP_LOOKS_MOST];
    for (size_t k = 0; k < p->g->n_looks; k++) {
        z[k] = c * shape(p->g, p->g->information[k]);
    }
    return run(p->g, z, 0, p->d, NULL, NULL) - p->goal;
}

static double power_short(void *context, double drift)
{
    const problem *p = context;
    return p->goal - run(p->g, p->z, drift, p->d, NULL, NULL);
}

/* The z beyond which, from this look's density on, so much lies: its upper tail,
 * by halving (it is cheap, and spans hundreds of orders of magnitude). */
static double boundary_for(const rsp_density *d, double t, double mass)
{
    double low = -40, high = 40;
    if (!(mass > 0)) {
        return INFINITY;
    }
    for (int i = 0; i < 60; i++) {
        double mid = (low + high) / 2;
        if (rsp_density_beyond(d, t, mid, 1) > mass) {
            low = mid;
        } else {
            high = mid;
        }
    }
    return (low + high) / 2;
}

static void find_spending(const rsp_sequential *g, rsp_density *d, double *z)
{
    double side = g->two_sided ? g->alpha / 2 : g->alpha, spent = 0;
    rsp_density_restart(d, 0);
    for (size_t k = 0; k < g->n_looks; k++) {
        double t = g->information[k], now = spent_by(g, side, t);
        z[k] = boundary_for(d, t, now - spent);
        spent = now;
        if (k + 1 < g->n_looks) {
            rsp_density_advance(d, t, low_of(g, z[k]), z[k], g->information[k + 1]);
        }
    }
}

static void find_boundaries(const rsp_sequential *g, rsp_density *d, double *z)
{
    if (spends(g->kind)) {
        find_spending(g, d, z);
        return;
    }
    problem p = {.g = g, .d = d, .goal = g->alpha};
    /* Between no correction at the last look and Bonferroni's at every look. */
    double one = g->two_sided ? g->alpha / 2 : g->alpha, least = INFINITY;
    for (size_t k = 0; k < g->n_looks; k++) {
        least = fmin(least, shape(g, g->information[k]));
    }
    double low = rsp_stats_normal_quantile(1 - one);
    double high = rsp_stats_normal_quantile(1 - one / (double)g->n_looks) / least;
    double c = find_root(error_over, &p, fmin(low, 0) - 1e-3, high + 1e-3);
    for (size_t k = 0; k < g->n_looks; k++) {
        z[k] = c * shape(g, g->information[k]);
    }
}

rsp_status rsp_sequential_looks(const rsp_sequential *g, double drift, rsp_look *looks,
                                rsp_error *err)
{
    rsp_status s = check(g, err);
    rsp_density d;
    double z[RSP_LOOKS_MOST], alpha[RSP_LOOKS_MOST], power[RSP_LOOKS_MOST];
    if (s == RSP_OK && !isfinite(drift)) {
        s = rsp_fail(err, RSP_RANGE, "a drift of %g: a finite number is expected", drift);
    }
    if (s != RSP_OK) {
        return s;
    }
    if (!rsp_density_init(&d, 0)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu looks", g->n_looks);
    }
    find_boundaries(g, &d, z);
    run(g, z, 0, &d, alpha, NULL);
    run(g, z, drift, &d, power, NULL);
    rsp_density_fini(&d);
    for (size_t k = 0; k < g->n_looks; k++) {
        double upper = rsp_stats_normal_lower(-z[k]);
        looks[k] = (rsp_look){g->information[k], z[k], g->two_sided ? 2 * upper : upper,
                              alpha[k], power[k]};
    }
    return RSP_OK;
}

rsp_status rsp_sequential_plan(const rsp_sequential *g, double power,
                               rsp_sequential_size *out, rsp_error *err)
{
    *out = (rsp_sequential_size){NAN, NAN, NAN, NAN};
    rsp_status s = check(g, err);
    s = s == RSP_OK ? rsp_design_errors(g->alpha, power, err) : s;
    rsp_density d;
    if (s != RSP_OK) {
        return s;
    }
    if (!rsp_density_init(&d, 0)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu looks", g->n_looks);
    }
    double z[RSP_LOOKS_MOST], last = g->information[g->n_looks - 1], stays, stays_null;
    find_boundaries(g, &d, z);
    double fixed = rsp_stats_normal_quantile(1 - (g->two_sided ? g->alpha / 2 : g->alpha)) +
                   rsp_stats_normal_quantile(power);
    problem p = {.g = g, .d = &d, .z = z, .goal = power};
    double high = 2 * fixed / sqrt(last);
    while (power_short(&p, high) > 0 && high < 1e3) {
        high *= 2; /* little was spent by the last look */
    }
    out->drift = find_root(power_short, &p, 0, high);
    run(g, z, out->drift, &d, NULL, &stays);
    run(g, z, 0, &d, NULL, &stays_null);
    rsp_density_fini(&d);
    double ratio = out->drift * out->drift / (fixed * fixed);
    out->inflation = ratio * last;
    out->expected_drift = ratio * stays;
    out->expected_null = ratio * stays_null;
    return RSP_OK;
}
