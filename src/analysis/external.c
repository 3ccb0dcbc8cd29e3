#include <math.h>

#include "analysis/work.h"
#include "respite/dpcr.h"
#include "respite/external.h"

/* A group against what is known from elsewhere. */

/* ---- A hazard known without error. */
static const rsp_result_column one_sample_columns[] = {
    {"group", "group", "", RSP_CELL_TEXT, false},
    {"n", "n", "", RSP_CELL_COUNT, false},
    {"observed", "observed", "", RSP_CELL_NUMBER, false},
    {"expected", "expected", "", RSP_CELL_NUMBER, false},
    {"ratio", "observed to expected", "", RSP_CELL_NUMBER, true},
    {"z", "z", "", RSP_CELL_NUMBER, false},
    {"p", "p", "", RSP_CELL_P, false},
    {"z_wu", "z, Wu", "", RSP_CELL_NUMBER, false},
    {"p_wu", "p, Wu", "", RSP_CELL_P, false}};

static double reference_hazard(const options *o, double t)
{
    return isnan(o->median) ? rsp_weibull_hazard(o->shape, o->scale, t)
                            : rsp_exponential_hazard(o->median, t);
}

static void put_one_sample(table *t, const options *o, const char *group,
                           const rsp_one_sample *out)
{
    const double row[] = {out->z, out->p, out->z_wu, out->p_wu};
    double low, high;
    rsp_garwood(out->observed, o->level, &low, &high);
    bool some = !isnan(out->smr);
    put_text(t, "%s", group);
    put(t, out->n);
    put(t, out->observed);
    put(t, out->expected);
    put_interval(t, out->smr, some ? low / out->expected : (double)NAN,
                 some ? high / out->expected : (double)NAN);
    put_reason(t, out->reason);
    for (size_t k = 0; k < 4; k++) {
        put(t, row[k]);
    }
}

static void say_one_sample(work *w, const options *o)
{
    const char *what = isnan(o->median)
                           ? reader_printf(&w->r, "Weibull times of shape %g and scale %g days",
                                           o->shape, o->scale)
                           : reader_printf(&w->r, "exponential times of median %g days", o->median);
    say(w, "Events were compared with those expected under %s by the one-sample log-rank test "
           "(Breslow 1975; Wu 2015), the ratio with exact Poisson limits (Garwood 1936). The "
           "reference is taken as known without error.", what ? what : "");
}

void run_one_sample(work *w, const options *o)
{
    frame f;
    frame_of_endpoint(w, o, &f);
    if (working(w) && !isnan(o->median) == !(isnan(o->shape) || isnan(o->scale))) {
        reader_fail(&w->r, o->at, RSP_SYNTAX, "one_sample needs 'median' (exponential times), or "
                                              "'shape' and 'scale' (Weibull times)");
    }
    double *hazard = work_alloc(w, f.n, sizeof *hazard);
    bool *event = work_alloc(w, f.n, sizeof *event);
    table t = TABLE_OPEN(w, "test", "Against the known hazard", one_sample_columns);
    for (size_t g = 0; g < f.n_groups && working(w); g++) {
        rsp_one_sample out;
        rsp_error err = {0};
        size_t n = 0;
        for (size_t i = 0; i < f.n; i++) {
            if (f.group[i] == g) {
                hazard[n] = reference_hazard(o, f.time[i]);
                event[n++] = f.event[i];
            }
        }
        if (work_took(w, o->at, rsp_one_sample_logrank(hazard, event, n, &out, &err), &err)) {
            put_one_sample(&t, o, f.groups[g], &out);
            w->result->p = isnan(w->result->p) ? out.p_wu : w->result->p;
        }
    }
    table_close(&t);
    say_one_sample(w, o);
}

/* ---- A published curve or summary, with its own error. */
static bool published_of(work *w, const options *o, rsp_published_point *points, rsp_published *p)
{
    if (working(w) && (o->shares.n < 1 || o->shares.n > RSP_PUBLISHED_MAX)) {
        reader_fail(&w->r, options_at(o, "shares"), RSP_RANGE, "shares has 1 to %d days",
                    RSP_PUBLISHED_MAX);
    }
    for (size_t k = 0; working(w) && k < o->shares.n; k++) {
        bool fell = k == 0 ? o->shares.v[k] < 1 : o->shares.v[k] < o->shares.v[k - 1];
        bool rose = k == 0 || o->share_days.v[k] > o->share_days.v[k - 1];
        if (!fell || !rose || !(o->shares.v[k] > 0)) {
            reader_fail(&w->r, options_at(o, "shares"), RSP_RANGE,
                        "shares: %g at day %g; days must rise, and shares fall from 1, above 0",
                        o->shares.v[k], o->share_days.v[k]);
            return false;
        }
        points[k] = (rsp_published_point){o->share_days.v[k], o->shares.v[k]};
    }
    *p = (rsp_published){o->n, points, o->shares.n};
    return working(w);
}

static void say_published(work *w, const options *o)
{
    say(w, "The published figures%s%s are estimates from %g people and count as that.",
        o->source ? ", of " : "", o->source ? o->source : "", o->n);
}

static const rsp_result_column share_columns[] = {
    {"group", "group", "", RSP_CELL_TEXT, false},
    {"day", "day", "", RSP_CELL_NUMBER, false},
    {"published", "published share", "", RSP_CELL_SHARE, false},
    {"share", "share here", "", RSP_CELL_SHARE, true},
    {"difference", "difference", "", RSP_CELL_NUMBER, true},
    {"p", "p", "", RSP_CELL_P, false}};
static const rsp_result_column published_columns[] = {
    {"group", "group", "", RSP_CELL_TEXT, false},
    {"n", "n", "", RSP_CELL_COUNT, false},
    {"u", "events less expected", "", RSP_CELL_NUMBER, false},
    {"z", "z of counts", "", RSP_CELL_NUMBER, false},
    {"p", "p of counts", "", RSP_CELL_P, false},
    {"p_exact", "exact p", "", RSP_CELL_P, false},
    {"observed", "observed", "", RSP_CELL_NUMBER, false},
    {"expected", "expected", "", RSP_CELL_NUMBER, false},
    {"hazard_z", "z of hazard", "", RSP_CELL_NUMBER, false},
    {"hazard_p", "p of hazard", "", RSP_CELL_P, false},
    {"extrapolated", "expected beyond the last point", "", RSP_CELL_SHARE, false}};

static void put_published(table *t, table *shares, const char *group, size_t n,
                          const rsp_published_test *r)
{
    const double row[] = {r->u, r->z, r->p, r->p_exact, r->observed, r->expected, r->hazard_z,
                          r->hazard_p, r->extrapolated};
    put_text(t, "%s", group);
    put(t, (double)n);
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        put(t, row[k]);
        put_reason(t, k < 3 ? r->reason : k == 3 ? "somebody was censored, or too many" : "");
    }
    for (size_t k = 0; k < r->n_points; k++) {
        const rsp_published_share *s = &r->shares[k];
        put_text(shares, "%s", group);
        put(shares, s->t);
        put(shares, s->published);
        put_interval(shares, s->arm, s->arm_low, s->arm_high);
        put_reason(shares, "nobody was followed so far");
        put_interval(shares, s->difference, s->low, s->high);
        put(shares, s->p);
    }
}

void run_published(work *w, const options *o)
{
    frame f;
    rsp_published_point points[RSP_PUBLISHED_MAX];
    rsp_published published;
    frame_of_endpoint(w, o, &f);
    double *time = work_alloc(w, f.n, sizeof *time);
    bool *event = work_alloc(w, f.n, sizeof *event);
    if (!published_of(w, o, points, &published)) {
        return;
    }
    table t = TABLE_OPEN(w, "test", "Against the published curve", published_columns);
    table shares = TABLE_OPEN(w, "shares", "Event-free shares", share_columns);
    for (size_t g = 0; g < f.n_groups && working(w); g++) {
        rsp_published_test out;
        rsp_error err = {0};
        size_t n = 0;
        for (size_t i = 0; i < f.n; i++) {
            if (f.group[i] == g) {
                time[n] = f.time[i];
                event[n++] = f.event[i];
            }
        }
        if (work_took(w, o->at, rsp_published_compare_at(&published, time, event, n, o->level, &out,
                                                        &err), &err)) {
            put_published(&t, &shares, f.groups[g], n, &out);
            double p = isnan(out.p_exact) ? out.p : out.p_exact;
            w->result->p = isnan(w->result->p) ? p : w->result->p;
        }
    }
    table_close(&t);
    table_close(&shares);
    say_published(w, o);
    say(w, "Counts: both groups were sorted into the periods between the published days and "
           "compared by the log-rank test of grouped times (Mantel 1966), exactly where nobody was "
           "censored. Hazard: the one-sample test with the error of the published hazard "
           "(Greenwood) added. Differences of shares have Newcombe's limits (1998, method 10).");
}

/* ---- Only the size and the median of the group are known. */
void run_published_median(work *w, const options *o)
{
    static const rsp_result_column columns[] = {
        {"n", "n", "", RSP_CELL_COUNT, false},
        {"median", "median", "days", RSP_CELL_NUMBER, false},
        {"share", "published share then", "", RSP_CELL_SHARE, false},
        {"later", "p, so late or later", "", RSP_CELL_P, false},
        {"later_low", "at least", "", RSP_CELL_P, false},
        {"later_bound", "nothing assumed between days", "", RSP_CELL_P, false},
        {"earlier", "p, so early or earlier", "", RSP_CELL_P, false}};
    rsp_published_point points[RSP_PUBLISHED_MAX];
    rsp_published published;
    rsp_published_median out;
    rsp_error err = {0};
    if (!published_of(w, o, points, &published) ||
        !work_took(w, o->at, rsp_published_compare_median(&published, (size_t)o->arm_n,
                                                          o->arm_median, &out, &err), &err)) {
        return;
    }
    table t = TABLE_OPEN(w, "test", "A published median against a published curve", columns);
    const double row[] = {o->arm_n, o->arm_median, out.share, out.later, out.later_low,
                          out.later_bound, out.earlier};
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        put(&t, row[k]);
    }
    table_close(&t);
    w->result->p = fmin(1, 2 * fmin(out.later, out.earlier));
    if (out.extrapolated) {
        note(w, "The median lies beyond the last published day: its share is extrapolated.");
    }
    say_published(w, o);
    say(w, "Of a group of %g the median alone is known, everyone followed: the number event-free "
           "on that day is beta-binomial under the null hypothesis, with Jeffreys' error of the "
           "published share. In an even group the side of the median is not known: then p lies "
           "between the two given.", o->arm_n);
}
