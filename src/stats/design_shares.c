#include <math.h>
#include <stdlib.h>

#include "respite/design.h"
#include "stats/binomial.h"
#include "stats/design_checks.h"

enum { FISHER_MOST = 500, SINGLE_MOST = 100000 };

static rsp_status check_single(double p0, double p1, double alpha, size_t n, rsp_error *err)
{
    rsp_status s = rsp_design_shares(p0, p1, err);
    if (s == RSP_OK && !(alpha > 0 && alpha < 1)) {
        s = rsp_fail(err, RSP_RANGE, "a type-I error of %g: between 0 and 1 is expected", alpha);
    }
    if (s == RSP_OK && (n == 0 || n > SINGLE_MOST)) {
        s = rsp_fail(err, RSP_RANGE, "%zu participants: from 1 to %d are expected", n,
                     SINGLE_MOST);
    }
    return s;
}

/* upper: scratch [n + 2]. */
static void of_size(double p0, double p1, double alpha, size_t n, double *upper,
                    rsp_single_arm *out)
{
    rsp_binomial_upper(n, p0, upper);
    size_t reject = 0;
    while (reject <= n && upper[reject] > alpha) {
        reject++;
    }
    *out = (rsp_single_arm){.n = n, .reject = reject, .alpha = upper[reject]};
    rsp_binomial_upper(n, p1, upper);
    out->power = upper[reject]; /* reject = n + 1: never, 0 */
}

rsp_status rsp_single_arm_power(double p0, double p1, double alpha, size_t n,
                                rsp_single_arm *out, rsp_error *err)
{
    *out = (rsp_single_arm){.alpha = NAN, .power = NAN};
    rsp_status s = check_single(p0, p1, alpha, n, err);
    double *upper = s == RSP_OK ? calloc(n + 2, sizeof *upper) : NULL;
    if (upper) {
        of_size(p0, p1, alpha, n, upper, out);
    } else if (s == RSP_OK) {
        s = rsp_fail(err, RSP_NOMEM, "no memory for %zu participants", n);
    }
    free(upper);
    return s;
}

rsp_status rsp_single_arm_size(double p0, double p1, double alpha, double power,
                               size_t n_most, rsp_single_arm *out, rsp_error *err)
{
    *out = (rsp_single_arm){.alpha = NAN, .power = NAN};
    rsp_status s = check_single(p0, p1, alpha, n_most, err);
    s = s == RSP_OK ? rsp_design_errors(alpha, power, err) : s;
    if (s != RSP_OK) {
        return s;
    }
    double *upper = calloc(n_most + 2, sizeof *upper);
    if (!upper) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu participants", n_most);
    }
    size_t always = 0;
    for (size_t n = 1; n <= n_most; n++) {
        rsp_single_arm at;
        of_size(p0, p1, alpha, n, upper, &at);
        bool enough = at.power >= power;
        if (enough && out->n == 0) {
            *out = at;
        }
        always = enough ? always ? always : n : 0;
    }
    free(upper);
    out->n_always = always;
    return out->n ? RSP_OK
                  : rsp_fail(err, RSP_STEPS,
                             "up to %zu participants do not give a power of %g", n_most, power);
}

double rsp_zero_event_bound(double n, double level)
{
    return n > 0 && level > 0 && level < 1 ? -expm1(log1p(-level) / n) : (double)NAN;
}

double rsp_zero_event_size(double bound, double level)
{
    bool in_range = bound > 0 && bound < 1 && level > 0 && level < 1;
    return in_range ? ceil(log1p(-level) / log1p(-bound) * (1 - 1e-12)) : (double)NAN;
}

/* ---- Fisher's test */

typedef struct fisher_plan {
    size_t n_a, n_b;
    double alpha;
    bool one_sided;
    double *mass_a, *mass_b; /* under the alternative */
    double *choose_a, *choose_b; /* log binomial coefficients */
    double *given;  /* of one margin: probabilities of the tables */
} fisher_plan;

static void log_choose(size_t n, double *out)
{
    out[0] = 0;
    for (size_t k = 1; k <= n; k++) {
        out[k] = out[k - 1] + log((double)(n - k + 1) / (double)k);
    }
}

/* Probability, under the alternative, of tables from..to with so many in all. */
static double mass_between(const fisher_plan *f, size_t total, size_t from, size_t to)
{
    double sum = 0;
    for (size_t x = from; x < to; x++) {
        sum += f->mass_a[x] * f->mass_b[total - x];
    }
    return sum;
}

/* Power from the tables with so many successes in all. */
static double power_of_margin(const fisher_plan *f, size_t total)
{
    size_t low = total > f->n_b ? total - f->n_b : 0;
    size_t high = total < f->n_a ? total : f->n_a;
    double most = -INFINITY, sum = 0, power = 0;
    for (size_t x = low; x <= high; x++) {
        f->given[x] = f->choose_a[x] + f->choose_b[total - x];
        most = fmax(most, f->given[x]);
    }
    for (size_t x = low; x <= high; x++) {
        f->given[x] = exp(f->given[x] - most);
        sum += f->given[x];
    }
    double limit = f->alpha * sum * (1 + 1e-12); /* as rounded as the sums are */
    double tail = 0;
    if (f->one_sided) {
        size_t x = high + 1;
        while (x > low && (tail += f->given[x - 1]) <= limit) {
            x--;
        }
        return mass_between(f, total, x, high + 1);
    }
    /* The mass is unimodal: what is no likelier than a table lies outside of it. */
    for (size_t x = low, end = high + 1, from, to; x < end;) {
        double edge = fmin(f->given[x], f->given[end - 1]) * (1 + 1e-7);
        for (from = x; x < end && f->given[x] <= edge; x++) {
            tail += f->given[x];
        }
        for (to = end; end > x && f->given[end - 1] <= edge; end--) {
            tail += f->given[end - 1];
        }
        if (tail > limit) {
            break;
        }
        power += mass_between(f, total, from, x) + mass_between(f, total, end, to);
    }
    return power;
}

static double fisher_power(fisher_plan *f, double p_a, double p_b)
{
    double power = 0;
    rsp_binomial_mass(f->n_a, p_a, f->mass_a);
    rsp_binomial_mass(f->n_b, p_b, f->mass_b);
    log_choose(f->n_a, f->choose_a);
    log_choose(f->n_b, f->choose_b);
    for (size_t total = 0; total <= f->n_a + f->n_b; total++) {
        power += power_of_margin(f, total);
    }
    return fmin(power, 1);
}

static rsp_status fisher_init(fisher_plan *f, size_t most, double alpha, bool one_sided,
                              rsp_error *err)
{
    if (most == 0 || most > FISHER_MOST || !(alpha > 0 && alpha < 1)) {
        return rsp_fail(err, RSP_RANGE,
                        "groups of %zu and a type-I error of %g: 1 to %d and between 0 and "
                        "1 are expected", most, alpha, FISHER_MOST);
    }
    double *all = calloc(5 * (most + 1), sizeof *all);
    if (!all) {
        return rsp_fail(err, RSP_NOMEM, "no memory for groups of %zu", most);
    }
    *f = (fisher_plan){most, most, alpha, one_sided, all, all + most + 1,
                       all + 2 * (most + 1), all + 3 * (most + 1), all + 4 * (most + 1)};
    return RSP_OK;
}

static rsp_status check_two(double p_a, double p_b, rsp_error *err)
{
    if (!(p_a >= 0 && p_a <= 1 && p_b >= 0 && p_b <= 1)) {
        return rsp_fail(err, RSP_RANGE, "shares of %g and %g: 0 to 1 is expected", p_a, p_b);
    }
    return RSP_OK;
}

rsp_status rsp_fisher_power(double p_a, double p_b, size_t n_a, size_t n_b, double alpha,
                            bool one_sided, double *power, rsp_error *err)
{
    fisher_plan f = {0};
    *power = NAN;
    rsp_status s = check_two(p_a, p_b, err);
    size_t least = n_a < n_b ? n_a : n_b, most = n_a < n_b ? n_b : n_a;
    s = s == RSP_OK ? fisher_init(&f, least == 0 ? 0 : most, alpha, one_sided, err) : s;
    if (s == RSP_OK) {
        f.n_a = n_a;
        f.n_b = n_b;
        *power = fisher_power(&f, p_a, p_b);
    }
    free(f.mass_a);
    return s;
}

rsp_status rsp_fisher_size(double p_a, double p_b, double alpha, double power,
                           bool one_sided, size_t n_most, size_t *n_each, double *reached,
                           rsp_error *err)
{
    fisher_plan f = {0};
    *n_each = 0;
    *reached = NAN;
    rsp_status s = check_two(p_a, p_b, err);
    s = s == RSP_OK ? rsp_design_errors(alpha, power, err) : s;
    s = s == RSP_OK ? fisher_init(&f, n_most, alpha, one_sided, err) : s;
    for (size_t n = 1; s == RSP_OK && n <= n_most; n++) {
        f.n_a = f.n_b = n;
        *reached = fisher_power(&f, p_a, p_b);
        if (*reached >= power) {
            *n_each = n;
            break;
        }
    }
    if (s == RSP_OK && *n_each == 0) {
        *reached = NAN;
        s = rsp_fail(err, RSP_STEPS, "groups of up to %zu do not give a power of %g", n_most,
                     power);
    }
    free(f.mass_a);
    return s;
}
