#include <math.h>

#include "analysis/work.h"

static const char *state_of(const value *v)
{
    return !v->censored ? "a number" : isinf(v->limits.high) ? "above its limit" : "below its limit";
}

/* Each participant's two numbers, for the figures of change. */
void put_pairs(work *w, const options *o, const frame *f, bool ratio)
{
    static const rsp_result_column columns[] = {
        {"participant", "participant", "", RSP_CELL_TEXT, false},
        {"group", "group", "", RSP_CELL_TEXT, false},
        {"before", "before", "", RSP_CELL_NUMBER, false},
        {"after", "after", "", RSP_CELL_NUMBER, false},
        {"change", "change", "", RSP_CELL_NUMBER, false},
        {"before_is", "before is", "", RSP_CELL_TEXT, false},
        {"after_is", "after is", "", RSP_CELL_TEXT, false}};
    static const rsp_result_column log_change[] = {
        {"participant", "participant", "", RSP_CELL_TEXT, false},
        {"group", "group", "", RSP_CELL_TEXT, false},
        {"before", "before", "", RSP_CELL_NUMBER, false},
        {"after", "after", "", RSP_CELL_NUMBER, false},
        {"change", "change", "log10", RSP_CELL_NUMBER, false},
        {"before_is", "before is", "", RSP_CELL_TEXT, false},
        {"after_is", "after is", "", RSP_CELL_TEXT, false}};
    const size_t n = sizeof columns / sizeof *columns;
    table t = table_open(w, "pairs", "Each participant", ratio ? log_change : columns, n);
    for (size_t i = 0; i < f->n && working(w); i++) {
        value a = value_of(w, &o->before, f->subject[i]), b = value_of(w, &o->after, f->subject[i]);
        if (isnan(a.v) || isnan(b.v) || (ratio && !(a.v > 0 && b.v > 0))) {
            continue;
        }
        put_text(&t, "%s", subject_name(w, f->subject[i]));
        put_text(&t, "%s", f->groups[f->group[i]]);
        put(&t, a.v);
        put(&t, b.v);
        put(&t, ratio ? log10(b.v / a.v) : b.v - a.v);
        put_text(&t, "%s", state_of(&a));
        put_text(&t, "%s", state_of(&b));
    }
    if (working(w)) {
        t.t->long_one = true;
        t.t->figure = (rsp_result_figure){.kind = RSP_FIGURE_PAIRS, .x = 2, .y = 3, .log = ratio,
                                          .x_label = value_name(w, &o->before),
                                          .y_label = value_name(w, &o->after)};
    }
    table_close(&t);
}
