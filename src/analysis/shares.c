#include <math.h>

#include "analysis/work.h"

/* Shares of participants, and associations. */

typedef struct tally { size_t yes, n, missing; } tally;

/* With `below`, who is under it: a value that is only known to lie under a limit
 * above it says nothing. */
static int answer(const options *o, const value *v)
{
    if (isnan(v->v)) {
        return -1;
    }
    if (isnan(o->below)) {
        return v->v != 0;
    }
    return v->limits.high < o->below || (!v->censored && v->v < o->below) ? 1
           : v->limits.low >= o->below                                   ? 0
           : v->censored && v->limits.high <= o->below                   ? 1
                                                                         : -1;
}

static void put_shares(work *w, const options *o, const frame *f, const tally *c)
{
    static const rsp_result_column columns[] = {
        {"group", "group", "", RSP_CELL_TEXT, false},
        {"yes", "yes", "", RSP_CELL_COUNT, false},
        {"n", "n", "", RSP_CELL_COUNT, false},
        {"missing", "missing", "", RSP_CELL_COUNT, false},
        {"share", "share, exact limits", "", RSP_CELL_SHARE, true},
        {"wilson", "Wilson's limits", "", RSP_CELL_SHARE, true}};
    table t = TABLE_OPEN(w, "shares", "Shares", columns);
    for (size_t g = 0; g < f->n_groups; g++) {
        double k = (double)c[g].yes, n = (double)c[g].n, low, high;
        put_text(&t, "%s", f->groups[g]);
        put(&t, k);
        put(&t, n);
        put(&t, (double)c[g].missing);
        rsp_clopper_pearson(k, n, o->level, &low, &high);
        put_interval(&t, n > 0 ? k / n : (double)NAN, low, high);
        put_reason(&t, "nobody");
        rsp_wilson(k, n, o->level, &low, &high);
        put_interval(&t, n > 0 ? k / n : (double)NAN, low, high);
    }
    table_close(&t);
}

static void put_fisher(work *w, const options *o, const frame *f, const tally *c)
{
    static const rsp_result_column columns[] = {
        {"groups", "groups", "", RSP_CELL_TEXT, false},
        {"odds_ratio", "odds ratio", "", RSP_CELL_NUMBER, true},
        {"p", "p", "", RSP_CELL_P, false}};
    table t = TABLE_OPEN(w, "test", "Fisher's exact test", columns);
    for (size_t g = 1; g < f->n_groups && working(w); g++) {
        rsp_fisher r;
        rsp_error err = {0};
        if (work_took(w, o->at,
                      rsp_fisher_test(c[g].yes, c[g].n - c[g].yes, c[0].yes, c[0].n - c[0].yes,
                                      (rsp_alternative)o->alternative, o->level, &r, &err),
                      &err)) {
            put_text(&t, "%s against %s", f->groups[g], f->groups[0]);
            put_interval(&t, r.odds_ratio, r.low, r.high);
            put_reason(&t, r.reason);
            put(&t, r.p);
            w->result->p = g == 1 ? r.p : w->result->p;
        }
    }
    if (working(w)) {
        t.t->figure = (rsp_result_figure){.kind = RSP_FIGURE_FOREST, .x = 1, .log = true,
                                          .x_label = "odds ratio"};
    }
    table_close(&t);
    say(w, "Groups were compared by Fisher's exact test, with the conditional odds ratio "
           "(Cornfield 1956).");
}

void run_shares(work *w, const options *o)
{
    frame f;
    tally c[MOST_GROUPS] = {{0, 0, 0}};
    frame_of_people(w, o, &f);
    value_check(w, &o->outcome);
    if (!frame_wants_groups(w, o, &f, 1, MOST_GROUPS)) {
        return;
    }
    for (size_t i = 0; i < f.n; i++) {
        value v = value_of(w, &o->outcome, f.subject[i]);
        int yes = answer(o, &v);
        tally *mine = &c[f.group[i]];
        mine->missing += yes < 0;
        mine->n += yes >= 0;
        mine->yes += yes > 0;
    }
    put_shares(w, o, &f, c);
    say(w, "Shares with %s%s are given with exact limits (Clopper and Pearson 1934) and Wilson's "
           "(1927).", value_name(w, &o->outcome),
        isnan(o->below) ? "" : reader_printf(&w->r, " below %g", o->below));
    if (f.n_groups > 1) {
        put_fisher(w, o, &f, c);
    }
}

/* ---- Correlation. */
void run_correlation(work *w, const options *o)
{
    static const rsp_correlation_kind kinds[] = {RSP_SPEARMAN, RSP_PEARSON, RSP_KENDALL};
    static const char *const what[] = {"Spearman's rho", "Pearson's r", "Kendall's tau-b"};
    static const rsp_result_column columns[] = {
        {"coefficient", "coefficient", "", RSP_CELL_TEXT, false},
        {"n", "n", "", RSP_CELL_COUNT, false},
        {"missing", "missing", "", RSP_CELL_COUNT, false},
        {"r", "value", "", RSP_CELL_NUMBER, true},
        {"p", "p", "", RSP_CELL_P, false}};
    frame f;
    rsp_correlation r;
    rsp_error err = {0};
    size_t n = 0;
    frame_of_people(w, o, &f);
    value_check(w, &o->x);
    value_check(w, &o->y);
    double *x = work_alloc(w, f.n, sizeof *x), *y = work_alloc(w, f.n, sizeof *y);
    for (size_t i = 0; working(w) && i < f.n; i++) {
        value a = value_of(w, &o->x, f.subject[i]), b = value_of(w, &o->y, f.subject[i]);
        if (!isnan(a.v) && !isnan(b.v)) {
            x[n] = a.v;
            y[n++] = b.v;
        }
    }
    if (!working(w) ||
        !work_took(w, o->at, rsp_correlate(kinds[o->coefficient], x, y, n, (rsp_null)o->null,
                                           (rsp_alternative)o->alternative, o->level, &r, &err),
                   &err)) {
        return;
    }
    table t = TABLE_OPEN(w, "correlation", "Correlation", columns);
    put_text(&t, "%s", what[o->coefficient]);
    put(&t, (double)n);
    put(&t, (double)(f.n - n));
    put_interval(&t, r.r, r.low, r.high);
    put_reason(&t, r.reason);
    put(&t, r.p);
    table_close(&t);
    w->result->p = r.p;
    say(w, "%s and %s: %s%s%s; limits by Fisher's z (Bonett and Wright 2000).",
        value_name(w, &o->x), value_name(w, &o->y), what[o->coefficient],
        r.how[0] ? ", p by " : "", r.how);
}
