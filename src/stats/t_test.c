#include <math.h>

#include "stats/distributions.h"
#include "stats/rank_scores.h"

typedef struct sample {
    double n, mean, squares; /* sum of squares about the mean */
} sample;

static sample describe(const double *x, size_t n)
{
    sample s = {(double)n, 0, 0};
    double rest = 0;
    for (size_t i = 0; i < n; i++) {
        s.mean += x[i] / s.n;
    }
    for (size_t i = 0; i < n; i++) {
        rest += x[i] - s.mean;
    }
    s.mean += n ? rest / s.n : 0; /* what rounding left */
    for (size_t i = 0; i < n; i++) {
        s.squares += (x[i] - s.mean) * (x[i] - s.mean);
    }
    return s;
}

static rsp_status resolve(const rsp_t_options *given, rsp_t_options *o, rsp_t_result *out,
                          rsp_error *err)
{
    *o = given ? *given : (rsp_t_options){0};
    *out = (rsp_t_result){NAN, NAN, NAN, NAN, NAN, NAN, NAN, ""};
    if (!isfinite(o->shift)) {
        return rsp_fail(err, RSP_RANGE, "a shift of %g: a finite number is expected",
                        o->shift);
    }
    return rsp_rank_level(&o->level, err);
}

/* t, p and interval from estimate, standard error and df. */
static void conclude(rsp_t_result *out, double scale, const rsp_t_options *o)
{
    /* As R: what rounding of the values leaves is no spread. */
    if (!(out->se > 10 * 2.220446049250313e-16 * scale)) {
        out->t = out->p = NAN;
        out->reason = "the values do not differ among themselves";
        return;
    }
    out->t = (out->estimate - o->shift) / out->se;
    out->p = o->alternative == RSP_LESS      ? rsp_stats_t_lower(out->t, out->df)
             : o->alternative == RSP_GREATER ? rsp_stats_t_lower(-out->t, out->df)
                                             : rsp_stats_t_two_sided(out->t, out->df);
    double sides = o->alternative == RSP_TWO_SIDED ? 2 : 1;
    double half = out->se * rsp_stats_t_quantile(1 - (1 - o->level) / sides, out->df);
    out->low = o->alternative == RSP_LESS ? -(double)INFINITY : out->estimate - half;
    out->high = o->alternative == RSP_GREATER ? (double)INFINITY : out->estimate + half;
}

rsp_status rsp_t_one(const double *x, size_t n, const rsp_t_options *options,
                     rsp_t_result *out, rsp_error *err)
{
    rsp_t_options o;
    rsp_status s = resolve(options, &o, out, err);
    s = s == RSP_OK ? rsp_rank_check(x, n, "value", err) : s;
    if (s != RSP_OK) {
        return s;
    }
    sample a = describe(x, n);
    out->estimate = n ? a.mean : (double)NAN;
    if (n < 2) {
        out->reason = "fewer than two values";
        return RSP_OK;
    }
    out->df = a.n - 1;
    out->se = sqrt(a.squares / out->df / a.n);
    conclude(out, fabs(a.mean), &o);
    return RSP_OK;
}

static void welch(const sample *a, const sample *b, rsp_t_result *out)
{
    double va = a->squares / (a->n - 1) / a->n, vb = b->squares / (b->n - 1) / b->n;
    out->se = sqrt(va + vb);
    out->df = (va + vb) * (va + vb) / (va * va / (a->n - 1) + vb * vb / (b->n - 1));
}

static void pooled(const sample *a, const sample *b, rsp_t_result *out)
{
    out->df = a->n + b->n - 2;
    out->se = sqrt((a->squares + b->squares) / out->df * (1 / a->n + 1 / b->n));
}

rsp_status rsp_t_two(const double *a, size_t n_a, const double *b, size_t n_b,
                     const rsp_t_options *options, rsp_t_result *out, rsp_error *err)
{
    rsp_t_options o;
    rsp_status s = resolve(options, &o, out, err);
    s = s == RSP_OK ? rsp_rank_check(a, n_a, "first group, value", err) : s;
    s = s == RSP_OK ? rsp_rank_check(b, n_b, "second group, value", err) : s;
    if (s != RSP_OK) {
        return s;
    }
    sample x = describe(a, n_a), y = describe(b, n_b);
    if (n_a && n_b) {
        out->estimate = x.mean - y.mean;
    }
    size_t least = o.pooled ? 1 : 2;
    if (n_a < least || n_b < least || n_a + n_b < 3) {
        out->reason = "too few values for a standard error";
        return RSP_OK;
    }
    (o.pooled ? pooled : welch)(&x, &y, out);
    conclude(out, fmax(fabs(x.mean), fabs(y.mean)), &o);
    return RSP_OK;
}
