#include <math.h>
#include <string.h>

#include "analysis/work.h"
#include "respite/reservoir.h"

/* Reservoir before and after, less natural decay. */

static rsp_limits positive(rsp_limits x)
{
    return (rsp_limits){isinf(x.low) && x.low < 0 ? 0 : x.low, x.high};
}

static size_t pairs_of(work *w, const options *o, const frame *f, size_t g,
                       rsp_reservoir_pair *pairs, size_t *missing)
{
    size_t n = 0;
    bool decay = isfinite(o->early_years) || isfinite(o->late_years);
    for (size_t i = 0; i < f->n; i++) {
        if (f->group[i] != g) {
            continue;
        }
        value before = value_of(w, &o->before, f->subject[i]);
        value after = value_of(w, &o->after, f->subject[i]);
        double from = decay ? value_of(w, &o->years_before, f->subject[i]).v : 0;
        double to = decay ? value_of(w, &o->years_after, f->subject[i]).v : 0;
        if (isnan(before.v) || isnan(after.v) || isnan(from) || isnan(to)) {
            (*missing)++;
            continue;
        }
        pairs[n++] = (rsp_reservoir_pair){positive(before.limits), positive(after.limits), from, to};
    }
    return n;
}

static const rsp_result_column columns[] = {
    {"group", "group", "", RSP_CELL_TEXT, false},
    {"n", "pairs", "", RSP_CELL_COUNT, false},
    {"missing", "missing", "", RSP_CELL_COUNT, false},
    {"values", "of them both values", "", RSP_CELL_COUNT, false},
    {"change", "mean change", "log10", RSP_CELL_NUMBER, false},
    {"natural", "natural decay", "log10", RSP_CELL_NUMBER, false},
    {"net", "net change", "log10", RSP_CELL_NUMBER, true},
    {"se", "standard error", "", RSP_CELL_NUMBER, false},
    {"df", "df", "", RSP_CELL_NUMBER, false},
    {"p", "p", "", RSP_CELL_P, false},
    {"fold", "net fold", "", RSP_CELL_NUMBER, true},
    {"ranks", "Hodges-Lehmann estimate", "log10", RSP_CELL_NUMBER, true},
    {"ranks_p", "signed-rank p", "", RSP_CELL_P, false},
    {"falls", "falls", "", RSP_CELL_COUNT, false},
    {"rises", "rises", "", RSP_CELL_COUNT, false},
    {"sign_p", "sign test p", "", RSP_CELL_P, false}};

static void put_change(table *t, const char *group, size_t missing, const rsp_reservoir_change *c)
{
    put_text(t, "%s", group);
    put(t, (double)c->n);
    put(t, (double)missing);
    put(t, (double)c->n_values);
    put(t, c->change);
    put(t, c->natural);
    put_interval(t, c->net, c->low, c->high);
    put_reason(t, c->reason);
    put(t, c->se);
    put(t, c->df > 0 ? c->df : (double)NAN);
    put(t, c->p);
    put_interval(t, c->fold, c->fold_low, c->fold_high);
    put_reason(t, c->reason);
    bool ranks = c->n_values == c->n && c->n > 0;
    put_interval(t, ranks ? c->ranks.estimate : (double)NAN, ranks ? c->ranks.low : (double)NAN,
                 ranks ? c->ranks.high : (double)NAN);
    put_reason(t, "needs values, not limits");
    put(t, ranks ? c->ranks.p : (double)NAN);
    put(t, (double)c->falls);
    put(t, (double)c->rises);
    put(t, c->sign_p);
}

static void say_change(work *w, const options *o, bool decay)
{
    say(w, "The change from %s to %s is on the log10 scale%s; all values: t and exact signed-rank "
           "test, some beyond a limit: a censored normal model.", value_name(w, &o->before),
        value_name(w, &o->after), decay ? ", less natural decay on ART" : "");
    if (decay) {
        say(w, "Natural decay has half-lives of %g years until year %g on ART and %g years after.",
            o->early_years, o->knot_years, o->late_years);
    }
}

void run_reservoir(work *w, const options *o)
{
    frame f;
    bool decay = isfinite(o->early_years) || isfinite(o->late_years);
    frame_of_people(w, o, &f);
    value_check(w, &o->before);
    value_check(w, &o->after);
    value_check(w, &o->years_before);
    value_check(w, &o->years_after);
    if (working(w) && decay && (!o->years_before.at || !o->years_after.at)) {
        reader_fail(&w->r, o->at, RSP_SYNTAX, "natural decay needs 'years before' and 'years after', "
                                              "the years on ART of each participant");
    }
    rsp_reservoir_pair *pairs = work_alloc(w, f.n, sizeof *pairs);
    rsp_decay natural = {0};
    if (decay) {
        natural = rsp_decay_of_half_lives(o->early_years, o->late_years, o->knot_years);
    }
    table t = TABLE_OPEN(w, "change", "Change of the reservoir", columns);
    for (size_t g = 0; g < f.n_groups && working(w); g++) {
        rsp_reservoir_change c;
        rsp_error err = {0};
        size_t missing = 0, n = pairs_of(w, o, &f, g, pairs, &missing);
        const rsp_rank_options how = {.level = o->level};
        if (work_took(w, o->at, rsp_reservoir_compare(pairs, n, &natural, &how, NULL, &c, &err),
                      &err)) {
            put_change(&t, f.groups[g], missing, &c);
            w->result->p = isnan(w->result->p) ? c.p : w->result->p;
        }
    }
    if (working(w)) {
        t.t->figure = (rsp_result_figure){.kind = RSP_FIGURE_FOREST, .x = 6,
                                          .x_label = "net change, log10"};
    }
    table_close(&t);
    put_pairs(w, o, &f, true);
    if (working(w)) {
        say_change(w, o, decay);
    }
}
