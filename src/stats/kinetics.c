#include "respite/kinetics.h"

#include <math.h>
#include <stdlib.h>

#include "stats/terminal.h"

const char *rsp_kinetic_reason_text(rsp_kinetic_reason r)
{
    static const char *const text[] = {
        [RSP_KINETIC_FINE] = "",
        [RSP_KINETIC_NO_SAMPLES] = "no samples",
        [RSP_KINETIC_NO_NUMBER] = "every sample is below the limit",
        [RSP_KINETIC_ABOVE_LIMIT] = "a sample is above the upper limit",
        [RSP_KINETIC_FEW_POINTS] = "fewer than three numbers after the maximum",
        [RSP_KINETIC_NO_DECLINE] = "the last numbers do not fall",
        [RSP_KINETIC_TOO_SHORT] = "the samples end before the area and give no half-life",
    };
    return (size_t)r < sizeof text / sizeof *text ? text[r] : "";
}

/* A number of 0 is no amount: it says what "not detected" says. */
static bool is_number(const rsp_kinetic_sample *s)
{
    return s->state == RSP_NUMBER && s->value > 0;
}

static bool is_below(const rsp_kinetic_sample *s)
{
    return s->state == RSP_NOT_DETECTED || s->state == RSP_BELOW_LLOQ ||
           (s->state == RSP_NUMBER && !(s->value > 0));
}

/* The curve by the rules of the header: days and values, to the last number, and
 * 0 after it where a sample says so. */
typedef struct curve {
    double *day, *value;
    size_t n, last; /* value[last]: the last number */
} curve;

static rsp_status check(const rsp_kinetic_sample *s, size_t n, double auc_to, rsp_error *err)
{
    if (!(auc_to > 0 && isfinite(auc_to))) {
        return rsp_fail(err, RSP_RANGE, "an area to day %g: a finite day > 0 is expected",
                        auc_to);
    }
    for (size_t i = 0; i < n; i++) {
        if (!(s[i].day >= 0 && isfinite(s[i].day)) || (i > 0 && !(s[i].day > s[i - 1].day))) {
            return rsp_fail(err, RSP_RANGE,
                            "sample %zu on day %g: finite days >= 0, each later than the one "
                            "before, are expected",
                            i + 1, s[i].day);
        }
        if (s[i].state == RSP_NUMBER && !(s[i].value >= 0 && isfinite(s[i].value))) {
            return rsp_fail(err, RSP_RANGE,
                            "sample %zu on day %g: %g: a finite value >= 0 is expected", i + 1,
                            s[i].day, s[i].value);
        }
    }
    return RSP_OK;
}

static void count(const rsp_kinetic_sample *s, size_t n, rsp_kinetics *out)
{
    bool above = false;
    for (size_t i = 0; i < n; i++) {
        out->n_numbers += is_number(&s[i]);
        out->n_below += is_below(&s[i]);
        out->n_samples += s[i].state != RSP_MISSING;
        above = above || s[i].state == RSP_ABOVE_ULOQ;
    }
    out->reason = above             ? RSP_KINETIC_ABOVE_LIMIT
                  : !out->n_samples ? RSP_KINETIC_NO_SAMPLES
                  : !out->n_numbers ? RSP_KINETIC_NO_NUMBER
                                    : RSP_KINETIC_FINE;
}

static void put(curve *c, double day, double value)
{
    c->day[c->n] = day;
    c->value[c->n++] = value;
}

static void trace(const rsp_kinetic_sample *s, size_t n, size_t n_numbers, curve *c)
{
    size_t numbers = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i].state == RSP_MISSING) {
            continue;
        }
        if (c->n == 0 && s[i].day > 0) {
            put(c, 0, 0);
        }
        if (is_number(&s[i])) {
            c->last = c->n;
            put(c, s[i].day, s[i].value);
            numbers++;
        } else if (numbers == 0 || numbers == n_numbers) {
            put(c, s[i].day, 0);
        }
    }
}

static double straight(double width, double y, double z)
{
    return width * (y + z) / 2;
}

/* Of an exponential from y down to z > 0: (y - z) over ln y / z, without cancelling
 * where they are nearly the same. */
static double falling(double width, double y, double z)
{
    double fall = (y - z) / z;
    return fall > 0 ? width * (y - z) / log1p(fall) : width * y;
}

/* From point i to the next, or to the day `to` where that comes first. */
static double piece(const curve *c, size_t i, double to)
{
    double t = c->day[i], u = c->day[i + 1], y = c->value[i], z = c->value[i + 1];
    double end = fmin(u, to), share = (end - t) / (u - t);
    if (z >= y || !(z > 0)) {
        return straight(end - t, y, y + share * (z - y));
    }
    return falling(end - t, y, end < u ? y * pow(z / y, share) : z);
}

static double area_to(const curve *c, double to)
{
    double sum = 0.0;
    for (size_t i = 0; i + 1 < c->n && c->day[i] < to; i++) {
        sum += piece(c, i, to);
    }
    return sum;
}

static void add_area(const curve *c, double to, rsp_kinetics *out)
{
    bool gone = c->n > c->last + 1;
    double end = c->day[c->last];
    out->auc_last = area_to(c, end);
    double seen = area_to(c, to);
    if (end >= to || gone) {
        out->auc = seen;
        out->auc_extrapolated = 0;
    } else if (out->terminal.reason == RSP_KINETIC_FINE) {
        double k = out->terminal.rate_per_day;
        double tail = out->clast / k * -expm1(-k * (to - end));
        out->auc = seen + tail;
        out->auc_extrapolated = out->auc > 0 ? tail / out->auc : 0.0;
    } else {
        out->auc_reason = RSP_KINETIC_TOO_SHORT;
    }
}

static void describe(const curve *c, double auc_to, rsp_kinetics *out)
{
    size_t top = 0;
    for (size_t i = 1; i <= c->last; i++) {
        top = c->value[i] > c->value[top] ? i : top;
    }
    out->cmax = c->value[top];
    out->tmax_day = c->day[top];
    out->clast = c->value[c->last];
    out->tlast_day = c->day[c->last];
    out->persists = c->n == c->last + 1;
    out->gone_day = out->persists ? (double)INFINITY : c->day[c->last + 1];
    out->terminal = rsp_terminal_of(c->day + top + 1, c->value + top + 1, c->last - top);
    add_area(c, auc_to, out);
}

static rsp_kinetics nothing(void)
{
    return (rsp_kinetics){.cmax = NAN, .tmax_day = NAN, .clast = NAN, .tlast_day = NAN,
                          .auc = NAN, .auc_extrapolated = NAN, .auc_last = NAN,
                          .gone_day = NAN,
                          .terminal = {.reason = RSP_KINETIC_FEW_POINTS, .rate_per_day = NAN,
                                       .half_life_day = NAN, .r2_adjusted = NAN,
                                       .intercept = NAN, .from_day = NAN, .to_day = NAN}};
}

rsp_status rsp_kinetics_of(const rsp_kinetic_sample *samples, size_t n, double auc_to,
                           rsp_kinetics *out, rsp_error *err)
{
    rsp_status s = check(samples, n, auc_to, err);
    if (s != RSP_OK) {
        return s;
    }
    rsp_kinetics r = nothing();
    count(samples, n, &r);
    curve c = {.day = calloc(n + 2, sizeof *c.day), .value = calloc(n + 2, sizeof *c.value)};
    if (!c.day || !c.value) {
        s = rsp_fail(err, RSP_NOMEM, "no memory for %zu samples", n);
    } else if (r.reason == RSP_KINETIC_FINE) {
        trace(samples, n, r.n_numbers, &c);
        describe(&c, auc_to, &r);
    } else if (r.reason == RSP_KINETIC_NO_NUMBER) {
        r.cmax = r.auc = r.auc_last = 0;
    }
    if (s == RSP_OK) {
        r.auc_reason = r.reason != RSP_KINETIC_FINE ? r.reason : r.auc_reason;
        *out = r;
    }
    free(c.day);
    free(c.value);
    return s;
}

double rsp_area_linear(const double *t, const double *y, size_t n)
{
    double sum = n < 2 ? (double)NAN : 0.0;
    for (size_t i = 1; i < n; i++) {
        if (!(t[i] >= t[i - 1])) {
            return NAN;
        }
        sum += (t[i] - t[i - 1]) * (y[i] + y[i - 1]) / 2;
    }
    return sum;
}

rsp_transgene rsp_transgene_of(double copies_per_ug, double vcn, double pg_per_cell,
                               double cells_per_ul)
{
    bool known = copies_per_ug >= 0 && vcn > 0 && pg_per_cell > 0 && cells_per_ul >= 0;
    double fraction = known ? copies_per_ug / vcn * pg_per_cell / 1e6 : (double)NAN;
    return (rsp_transgene){fraction, fraction * cells_per_ul};
}
