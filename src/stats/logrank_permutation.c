#include <math.h>
#include <stdlib.h>

#include "stats/ldl.h"
#include "stats/logrank.h"
#include "stats/permutation.h"
#include "stats/pooled.h"

/* Rounding in sums of scores, relative to the form and to its unit. */
static const double SAME_FORM = 1e-9;
static const double TOLERANCE = 1e-12;

rsp_permutation_options rsp_permutation_defaults(void)
{
    return (rsp_permutation_options){.draws = 100000,
                                     .stream = {.seed = 1,
                                                .participant = RSP_PARTICIPANT_NONE,
                                                .purpose = RSP_PURPOSE_USER}};
}

double permutation_form(const permutation *p, const double *sums)
{
    double u[PERMUTATION_GROUPS];
    for (size_t g = 0; g < p->n_groups; g++) {
        u[g] = sums[g] - p->mean[g];
    }
    return rsp_ldl_form(p->n_groups, p->factor, u);
}

double permutation_least(const permutation *p)
{
    return p->observed - SAME_FORM * fmax(1.0, p->observed);
}

static int by_time(const void *a, const void *b)
{
    const permutation_row *x = a, *y = b;
    return (x->time > y->time) - (x->time < y->time);
}

static int by_stratum_tie(const void *a, const void *b)
{
    const permutation_row *x = a, *y = b;
    if (x->stratum != y->stratum) {
        return x->stratum < y->stratum ? -1 : 1;
    }
    return (x->tie > y->tie) - (x->tie < y->tie);
}

static int by_stratum_score(const void *a, const void *b)
{
    const permutation_row *x = a, *y = b;
    if (x->stratum != y->stratum) {
        return x->stratum < y->stratum ? -1 : 1;
    }
    return (x->score > y->score) - (x->score < y->score);
}

static rsp_status check(const rsp_permutation_data *d, const rsp_permutation_options *o,
                        rsp_error *err)
{
    if (d->n_groups < 2 || d->n_groups > PERMUTATION_GROUPS) {
        return rsp_fail(err, RSP_RANGE, "a log-rank test of %zu groups: 2 to %d are expected",
                        d->n_groups, (int)PERMUTATION_GROUPS);
    }
    if (!(o->rho >= 0 && o->gamma >= 0 && isfinite(o->rho) && isfinite(o->gamma))) {
        return rsp_fail(err, RSP_RANGE,
                        "Fleming-Harrington weights rho %g, gamma %g: finite numbers >= 0 are "
                        "expected",
                        o->rho, o->gamma);
    }
    if (o->draws == 0) {
        return rsp_fail(err, RSP_RANGE, "no random arrangements: 1 or more are expected");
    }
    for (size_t i = 0; i < d->n; i++) {
        if (!(d->time[i] >= 0 && isfinite(d->time[i]))) {
            return rsp_fail(err, RSP_RANGE,
                            "row %zu: the time is %g: a finite number of days >= 0 is expected",
                            i + 1, d->time[i]);
        }
        if (d->group[i] >= d->n_groups) {
            return rsp_fail(err, RSP_RANGE, "row %zu: group %u of %zu", i + 1,
                            (unsigned)d->group[i], d->n_groups);
        }
    }
    return RSP_OK;
}

static void join_ties(permutation *p)
{
    double sum = 0.0;
    size_t distinct = 0, tie = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (i == 0 || p->rows[i].time != p->rows[i - 1].time) {
            sum += p->rows[i].time;
            distinct++;
        }
    }
    double gap = rsp_pooled_tie_gap(sum, distinct);
    for (size_t i = 0; i < p->n; i++) {
        tie += i > 0 && p->rows[i].time - p->rows[i - 1].time > gap;
        p->rows[i].tie = tie;
    }
}

/* Weighted log-rank scores of one stratum, rows [begin, end) in order of time: an
 * event's weight, less the hazard that was passed (Prentice 1978). */
static void score(permutation *p, size_t begin, size_t end, double rho, double gamma)
{
    double survival = 1.0, passed = 0.0;
    for (size_t i = begin; i < end;) {
        double n = (double)(end - i), events = 0.0;
        size_t to = i;
        while (to < end && p->rows[to].tie == p->rows[i].tie) {
            events += p->rows[to++].event;
        }
        double weight = events > 0 ? rsp_logrank_weight(survival, rho, gamma) : 0.0;
        passed += weight * events / n;
        survival *= (n - events) / n;
        for (; i < to; i++) {
            p->rows[i].score = (p->rows[i].event ? weight : 0.0) - passed;
        }
    }
}

/* Add mean and covariance of the groups' sums under exchange within a stratum. */
static void add_moments(permutation *p, size_t s)
{
    size_t begin = p->stratum_first[s], end = p->stratum_first[s + 1], k = p->n_groups;
    double n = (double)(end - begin), mean = 0.0, square = 0.0;
    double *size = p->size + s * k;
    for (size_t i = begin; i < end; i++) {
        mean += p->rows[i].score / n;
        size[p->rows[i].group] += 1;
    }
    for (size_t i = begin; i < end; i++) {
        square += (p->rows[i].score - mean) * (p->rows[i].score - mean);
    }
    for (size_t g = 0; g < k; g++) {
        p->mean[g] += size[g] * mean;
        for (size_t h = 0; h < k && n > 1; h++) {
            double share = (g == h ? size[g] : 0.0) - size[g] * size[h] / n;
            p->factor[g * k + h] += square / (n - 1) * share;
        }
    }
}

static rsp_status init(permutation *p, const rsp_permutation_data *d, rsp_error *err)
{
    *p = (permutation){.n = d->n, .n_groups = d->n_groups};
    p->rows = calloc(d->n + 1, sizeof *p->rows);
    p->stratum_first = calloc(d->n + 2, sizeof *p->stratum_first);
    p->size = calloc((d->n + 1) * d->n_groups, sizeof *p->size);
    return p->rows && p->stratum_first && p->size
               ? RSP_OK
               : rsp_fail(err, RSP_NOMEM, "no memory to permute %zu rows", d->n);
}

static void fini(permutation *p)
{
    free(p->rows);
    free(p->stratum_first);
    free(p->size);
}

static void prepare(permutation *p, const rsp_permutation_data *d, double rho, double gamma)
{
    for (size_t i = 0; i < d->n; i++) {
        p->rows[i] = (permutation_row){.time = d->time[i],
                                       .stratum = d->stratum ? d->stratum[i] : 0,
                                       .group = d->group[i],
                                       .event = d->event[i]};
    }
    qsort(p->rows, p->n, sizeof *p->rows, by_time);
    join_ties(p);
    qsort(p->rows, p->n, sizeof *p->rows, by_stratum_tie);
    for (size_t i = 0; i < p->n; i++) {
        if (i == 0 || p->rows[i].stratum != p->rows[i - 1].stratum) {
            p->stratum_first[p->n_strata++] = i;
        }
    }
    p->stratum_first[p->n_strata] = p->n;
    for (size_t s = 0; s < p->n_strata; s++) {
        score(p, p->stratum_first[s], p->stratum_first[s + 1], rho, gamma);
    }
    qsort(p->rows, p->n, sizeof *p->rows, by_stratum_score);
    for (size_t s = 0; s < p->n_strata; s++) {
        add_moments(p, s);
    }
    double sums[PERMUTATION_GROUPS] = {0};
    for (size_t i = 0; i < p->n; i++) {
        sums[p->rows[i].group] += p->rows[i].score;
    }
    p->rank = rsp_ldl_factor(p->n_groups, p->factor, TOLERANCE, NULL);
    p->observed = permutation_form(p, sums);
}

/* Which way: the second group's sum against its mean. */
static double direction(const permutation *p)
{
    double sum = -p->mean[1];
    for (size_t i = 0; i < p->n; i++) {
        sum += p->rows[i].group == 1 ? p->rows[i].score : 0.0;
    }
    return sum;
}

static rsp_status judge(const permutation *p, const rsp_permutation_options *o,
                        rsp_permutation *out, rsp_error *err)
{
    rsp_status s = RSP_OK;
    if (!o->never_exact) {
        s = permutation_count(p, &out->exact, &out->p, &out->arrangements, err);
        out->p_error = out->exact ? 0.0 : (double)NAN;
    }
    if (s == RSP_OK && !out->exact) {
        uint32_t reached = 0;
        s = permutation_draw(p, o->stream, o->draws, &reached, err);
        /* What was observed is one of the arrangements, too: p is never 0. */
        out->p = ((double)reached + 1) / ((double)o->draws + 1);
        out->p_error = sqrt(out->p * (1 - out->p) / (double)o->draws);
        out->arrangements = o->draws;
    }
    return s;
}

rsp_status rsp_logrank_permutation(const rsp_permutation_data *data,
                                   const rsp_permutation_options *options, rsp_permutation *out,
                                   rsp_error *err)
{
    rsp_status s = check(data, options, err);
    if (s != RSP_OK) {
        return s;
    }
    permutation p;
    s = init(&p, data, err);
    if (s == RSP_OK) {
        prepare(&p, data, options->rho, options->gamma);
        rsp_permutation got = {NAN, NAN, NAN, NAN, false, 0.0};
        if (p.rank > 0) {
            got.chisq = p.observed;
            got.z = p.n_groups == 2 ? copysign(sqrt(p.observed), direction(&p)) : (double)NAN;
            s = judge(&p, options, &got, err);
        }
        if (s == RSP_OK) {
            *out = got;
        }
    }
    fini(&p);
    return s;
}
