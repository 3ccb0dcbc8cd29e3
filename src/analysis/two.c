#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/work.h"

/* A number of each participant between groups, or twice of each participant. */

static const rsp_result_column estimate_columns[] = {
    {"test", "test", "", RSP_CELL_TEXT, false},
    {"groups", "groups", "", RSP_CELL_TEXT, false},
    {"estimate", "estimate", "", RSP_CELL_NUMBER, true},
    {"level", "level of the interval", "", RSP_CELL_SHARE, false},
    {"statistic", "statistic", "", RSP_CELL_NUMBER, false},
    {"df", "df", "", RSP_CELL_NUMBER, false},
    {"p", "p", "", RSP_CELL_P, false}};
static const rsp_result_column group_columns[] = {
    {"group", "group", "", RSP_CELL_TEXT, false},
    {"n", "n", "", RSP_CELL_COUNT, false},
    {"missing", "missing", "", RSP_CELL_COUNT, false},
    {"censored", "at a limit", "", RSP_CELL_COUNT, false},
    {"mean", "mean", "", RSP_CELL_NUMBER, false},
    {"sd", "standard deviation", "", RSP_CELL_NUMBER, false},
    {"median", "median", "", RSP_CELL_NUMBER, false},
    {"q1", "lower quartile", "", RSP_CELL_NUMBER, false},
    {"q3", "upper quartile", "", RSP_CELL_NUMBER, false},
    {"least", "least", "", RSP_CELL_NUMBER, false},
    {"most", "greatest", "", RSP_CELL_NUMBER, false}};

/* The numbers of a group, in the order of its participants. */
numbers_of group_values(work *w, const value_spec *s, const frame *f, size_t g)
{
    numbers_of x = {.v = work_alloc(w, f->n, sizeof *x.v)};
    for (size_t i = 0; x.v && i < f->n; i++) {
        if (f->group[i] == g) {
            value v = value_of(w, s, f->subject[i]);
            x.missing += isnan(v.v);
            x.censored += v.censored;
            if (!isnan(v.v)) {
                x.v[x.n++] = v.v;
            }
        }
    }
    return x;
}

void put_summary(table *t, const char *group, const numbers_of *x)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < x->n; i++) {
        sum += x->v[i];
    }
    double mean = x->n ? sum / (double)x->n : (double)NAN;
    for (size_t i = 0; i < x->n; i++) {
        squares += (x->v[i] - mean) * (x->v[i] - mean);
    }
    put_text(t, "%s", group);
    put(t, (double)x->n);
    put(t, (double)x->missing);
    put(t, (double)x->censored);
    put(t, mean);
    put(t, x->n > 1 ? sqrt(squares / (double)(x->n - 1)) : (double)NAN);
    static const double at[] = {0.5, 0.25, 0.75, 0, 1};
    for (size_t k = 0; k < 5; k++) {
        put(t, rsp_quantile_of(x->v, x->n, at[k]));
    }
}

static rsp_rank_options rank_options(const options *o)
{
    return (rsp_rank_options){.alternative = (rsp_alternative)o->alternative,
                              .null = (rsp_null)o->null, .zeros = (rsp_zeros)o->zeros,
                              .shift = o->shift, .level = o->level, .digits = 12};
}

static void put_rank(table *t, const char *test, const char *groups, const rsp_rank_result *r)
{
    put_text(t, "%s, %s", test, r->exact ? "exact" : "normal approximation");
    put_text(t, "%s", groups);
    put_interval(t, r->estimate, r->low, r->high);
    put_reason(t, r->reason);
    put(t, r->level);
    put(t, r->statistic);
    put(t, (double)NAN);
    put(t, r->p);
    put_reason(t, r->reason);
}

static void put_t(table *t, const char *test, const char *groups, const options *o,
                  const rsp_t_result *r)
{
    put_text(t, "%s", test);
    put_text(t, "%s", groups);
    put_interval(t, r->estimate, r->low, r->high);
    put_reason(t, r->reason);
    put(t, o->level);
    put(t, r->t);
    put(t, r->df);
    put(t, r->p);
    put_reason(t, r->reason);
}

static void note_limits(work *w, size_t n, const char *what)
{
    if (n) {
        note(w, "%zu value%s of %s beyond a limit of the assay %s taken at the limit.", n,
             n == 1 ? "" : "s", what, n == 1 ? "is" : "are");
    }
}

/* ---- Between groups. */
static void compare_two(work *w, const options *o, const frame *f, const numbers_of *x, size_t g,
                        table *t)
{
    rsp_error err = {0};
    const char *groups = reader_printf(&w->r, "%s against %s", f->groups[g], f->groups[0]);
    double p;
    if (o->test == 0) {
        const rsp_rank_options how = rank_options(o);
        rsp_rank_result r;
        if (!work_took(w, o->at, rsp_rank_sum(x[g].v, x[g].n, x[0].v, x[0].n, &how, &r, &err),
                       &err)) {
            return;
        }
        put_rank(t, "Wilcoxon rank-sum", groups, &r);
        p = r.p;
    } else {
        const rsp_t_options how = {.alternative = (rsp_alternative)o->alternative,
                                   .shift = o->shift, .level = o->level, .pooled = o->pooled};
        rsp_t_result r;
        if (!work_took(w, o->at, rsp_t_two(x[g].v, x[g].n, x[0].v, x[0].n, &how, &r, &err), &err)) {
            return;
        }
        put_t(t, o->pooled ? "t, equal variances" : "t, Welch", groups, o, &r);
        p = r.p;
    }
    w->result->p = g == 1 ? p : w->result->p;
}

static void put_kruskal(work *w, const options *o, const frame *f, const numbers_of *x, table *t)
{
    size_t n = 0;
    double *all = work_alloc(w, f->n, sizeof *all);
    size_t *group = work_alloc(w, f->n, sizeof *group);
    rsp_kruskal r;
    rsp_error err = {0};
    for (size_t g = 0; g < f->n_groups && working(w); g++) {
        for (size_t i = 0; i < x[g].n; i++) {
            all[n] = x[g].v[i];
            group[n++] = g;
        }
    }
    if (!working(w) || !work_took(w, o->at, rsp_kruskal_wallis(all, group, n, f->n_groups, &r, &err),
                                  &err)) {
        return;
    }
    put_text(t, "Kruskal-Wallis");
    put_text(t, "all");
    put(t, (double)NAN);
    put(t, (double)NAN);
    put(t, r.h);
    put(t, r.df);
    put(t, r.p);
    put_reason(t, r.reason);
    w->result->p = r.p;
}

void compare_values(work *w, const options *o, const frame *f, const numbers_of *x,
                    const char *what)
{
    table groups = TABLE_OPEN(w, "groups", what, group_columns);
    size_t censored = 0;
    for (size_t g = 0; g < f->n_groups && working(w); g++) {
        put_summary(&groups, f->groups[g], &x[g]);
        censored += x[g].censored;
    }
    table_close(&groups);
    note_limits(w, censored, what);
    if (f->n_groups < 2) {
        return;
    }
    table t = TABLE_OPEN(w, "test", "Between groups", estimate_columns);
    for (size_t g = 1; g < f->n_groups && working(w); g++) {
        compare_two(w, o, f, x, g, &t);
    }
    if (f->n_groups > 2 && working(w)) {
        put_kruskal(w, o, f, x, &t);
    }
    table_close(&t);
    if (o->test == 0) {
        say(w, "%s was compared between groups by Wilcoxon's rank-sum test, exact where feasible "
               "(Streitberg and Roehmel 1986), with the Hodges-Lehmann estimate of the shift and "
               "its interval (Hollander, Wolfe and Chicken 2014)%s.", what,
            f->n_groups > 2 ? "; several groups at once by Kruskal and Wallis (1952)" : "");
    } else {
        say(w, "%s was compared between groups by the t test, %s.", what,
            o->pooled ? "variances taken as equal" : "variances not taken as equal (Welch 1947)");
    }
}

void run_groups(work *w, const options *o)
{
    frame f;
    frame_of_people(w, o, &f);
    value_check(w, &o->outcome);
    if (!frame_wants_groups(w, o, &f, 1, MOST_GROUPS)) {
        return;
    }
    numbers_of x[MOST_GROUPS];
    for (size_t g = 0; g < f.n_groups; g++) {
        x[g] = group_values(w, &o->outcome, &f, g);
    }
    if (working(w)) {
        compare_values(w, o, &f, x, value_name(w, &o->outcome));
    }
}

/* ---- Within participants. */
static void test_pairs(work *w, const options *o, const char *group, const numbers_of *d, table *t)
{
    rsp_error err = {0};
    if (o->test == 0) {
        const rsp_rank_options how = rank_options(o);
        rsp_rank_result r;
        if (work_took(w, o->at, rsp_signed_rank(d->v, d->n, &how, &r, &err), &err)) {
            put_rank(t, "Wilcoxon signed-rank", group, &r);
            w->result->p = isnan(w->result->p) ? r.p : w->result->p;
        }
        return;
    }
    const rsp_t_options how = {.alternative = (rsp_alternative)o->alternative, .shift = o->shift,
                               .level = o->level};
    rsp_t_result r;
    if (work_took(w, o->at, rsp_t_one(d->v, d->n, &how, &r, &err), &err)) {
        put_t(t, "t of the differences", group, o, &r);
        w->result->p = isnan(w->result->p) ? r.p : w->result->p;
    }
}

static numbers_of differences(work *w, const options *o, const frame *f, size_t g)
{
    numbers_of d = {.v = work_alloc(w, f->n, sizeof *d.v)};
    for (size_t i = 0; d.v && i < f->n; i++) {
        if (f->group[i] == g) {
            value a = value_of(w, &o->after, f->subject[i]);
            value b = value_of(w, &o->before, f->subject[i]);
            bool missing = isnan(a.v) || isnan(b.v);
            d.missing += missing;
            d.censored += !missing && (a.censored || b.censored);
            if (!missing) {
                d.v[d.n++] = a.v - b.v;
            }
        }
    }
    return d;
}

void run_pairs(work *w, const options *o)
{
    frame f;
    frame_of_people(w, o, &f);
    value_check(w, &o->before);
    value_check(w, &o->after);
    if (!frame_wants_groups(w, o, &f, 1, MOST_GROUPS)) {
        return;
    }
    const char *what = reader_printf(&w->r, "%s less %s", value_name(w, &o->after),
                                     value_name(w, &o->before));
    numbers_of d[MOST_GROUPS];
    size_t censored = 0;
    table groups = TABLE_OPEN(w, "differences", what, group_columns);
    for (size_t g = 0; g < f.n_groups && working(w); g++) {
        d[g] = differences(w, o, &f, g);
        put_summary(&groups, f.groups[g], &d[g]);
        censored += d[g].censored;
    }
    table_close(&groups);
    note_limits(w, censored, "pairs");
    table t = TABLE_OPEN(w, "test", "Within participants", estimate_columns);
    for (size_t g = 0; g < f.n_groups && working(w); g++) {
        test_pairs(w, o, f.groups[g], &d[g], &t);
    }
    table_close(&t);
    put_pairs(w, o, &f, false);
    say(w, "%s was tested within participants by %s.", what,
        o->test ? "the t test"
        : o->zeros ? "Wilcoxon's signed-rank test with Pratt's (1959) treatment of zeros, and the "
                     "Hodges-Lehmann estimate"
                   : "Wilcoxon's signed-rank test without differences of zero, and the "
                     "Hodges-Lehmann estimate");
}
