#include "clinic/traits.h"

#include <math.h>

enum { MOST_REDRAWS = 1000 };

static double logit_normal(double median, double sd, double z)
{
    double odds = median / (1.0 - median) * rsp_exp(sd * z);
    return odds / (1.0 + odds);
}

/* One draw without truncation.  Beta draws use sub-draws of their own, so a
 * redraw of theirs is another index. */
static double draw_once(const rsp_stream *s, uint32_t attempt, uint32_t redraw,
                        const rsp_dist *d, double median)
{
    switch (d->kind) {
    case RSP_DIST_NORMAL:
        return median + d->a * rsp_normal(s, attempt, redraw);
    case RSP_DIST_LOGNORMAL:
        return median * rsp_exp(d->a * rsp_normal(s, attempt, redraw));
    case RSP_DIST_LOGITNORMAL:
        return logit_normal(median, d->a, rsp_normal(s, attempt, redraw));
    case RSP_DIST_BETA:
        return rsp_beta(s, attempt | redraw << 12, d->a, d->b);
    case RSP_DIST_UNIFORM:
        return d->a + (d->b - d->a) * rsp_uniform(s, attempt, redraw);
    case RSP_DIST_LOGUNIFORM:
        return d->a * rsp_exp(rsp_log(d->b / d->a) * rsp_uniform(s, attempt, redraw));
    case RSP_DIST_BERNOULLI:
        return rsp_uniform(s, attempt, redraw) < d->a ? 1.0 : 0.0;
    case RSP_DIST_NONE:
    case RSP_DIST_DIRICHLET:
        break;
    }
    return median;
}

bool clinic_draw(const rsp_stream *stream, uint32_t attempt, const rsp_dist *dist,
                 double median, double low, double high, double *out)
{
    if (dist->kind == RSP_DIST_NONE || dist->kind == RSP_DIST_DIRICHLET) {
        *out = median;
        return true;
    }
    for (uint32_t redraw = 0; redraw < MOST_REDRAWS; redraw++) {
        double v = draw_once(stream, attempt, redraw, dist, median);
        if (v >= low && v <= high) {
            *out = v;
            return true;
        }
    }
    return false;
}

/* Gamma draws of shape concentration x share, scaled to the family's sum. */
static void draw_dirichlet(rsp_stream s, uint32_t attempt, const rsp_param *params,
                           uint32_t first, double concentration,
                           const double *medians, double *out)
{
    uint32_t n = params[first].count;
    double sum = 0, drawn = 0;
    for (uint32_t i = first; i < first + n; i++) {
        sum += medians[i];
    }
    for (uint32_t i = first; i < first + n; i++) {
        s.channel = params[i].channel;
        double shape = sum > 0 ? concentration * medians[i] / sum : 0;
        out[i] = shape > 0 ? rsp_gamma(&s, attempt, shape, 1.0) : 0.0;
        drawn += out[i];
    }
    for (uint32_t i = first; i < first + n; i++) {
        out[i] = drawn > 0 ? out[i] / drawn * sum : medians[i];
    }
}

typedef const rsp_dist *level_of(const rsp_param *p);
static const rsp_dist *uncertain_of(const rsp_param *p) { return &p->uncertain; }
static const rsp_dist *between_of(const rsp_param *p) { return &p->between; }

static bool draw_level(rsp_stream s, uint32_t attempt, level_of *level,
                       const rsp_param *params, uint32_t n, const double *around,
                       double *out, uint32_t *which)
{
    for (uint32_t i = 0; i < n; i++) {
        const rsp_dist *d = level(&params[i]);
        if (d->kind == RSP_DIST_DIRICHLET) {
            if (i == params[i].first) {
                draw_dirichlet(s, attempt, params, i, d->a, around, out);
            }
            continue;
        }
        s.channel = params[i].channel;
        if (!clinic_draw(&s, attempt, d, around[i], params[i].low, params[i].high,
                         &out[i])) {
            *which = i;
            return false;
        }
    }
    return true;
}

bool clinic_trial_medians(uint64_t seed, uint32_t trial, const rsp_param *params,
                          uint32_t n, double *medians, uint32_t *which)
{
    /* Written over in place: draws read each value once, families before. */
    for (uint32_t i = 0; i < n; i++) {
        medians[i] = params[i].value;
    }
    rsp_stream s = {.seed = seed, .trial = trial,
                    .participant = RSP_PARTICIPANT_NONE,
                    .purpose = RSP_PURPOSE_UNCERTAIN};
    return draw_level(s, 0, uncertain_of, params, n, medians, medians, which);
}

bool clinic_traits(const clinic_who *who, const rsp_param *params, uint32_t n,
                   const double *medians, double *out, uint32_t *which)
{
    rsp_stream s = {.seed = who->seed, .trial = who->trial,
                    .participant = who->participant,
                    .purpose = RSP_PURPOSE_TRAIT};
    return draw_level(s, who->attempt, between_of, params, n, medians, out, which);
}

bool clinic_trait_draw(const clinic_who *who, uint32_t purpose,
                       const clinic_trait *trait, double *out)
{
    rsp_stream s = {.seed = who->seed, .trial = who->trial,
                    .participant = who->participant, .purpose = purpose,
                    .channel = trait->channel};
    return clinic_draw(&s, who->attempt, &trait->between, trait->value, trait->low,
                       trait->high, out);
}

bool clinic_product_fails(const clinic_who *who, double probability)
{
    rsp_stream s = {.seed = who->seed, .trial = who->trial,
                    .participant = who->participant,
                    .purpose = RSP_PURPOSE_PRODUCT,
                    .channel = rsp_channel("failure")};
    return rsp_uniform(&s, 0, 0) < probability;
}
