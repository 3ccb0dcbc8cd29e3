#include <math.h>

#include "analysis/plates.h"
#include "respite/dilution.h"

/* ---- Outgrowth. */
static const rsp_result_column growth_columns[] = {
    {"participant", "participant", "", RSP_CELL_TEXT, false},
    {"method", "method", "", RSP_CELL_TEXT, false},
    {"cells", "million cells", "", RSP_CELL_NUMBER, false},
    {"wells", "wells", "", RSP_CELL_COUNT, false},
    {"positive", "positive", "", RSP_CELL_COUNT, false},
    {"iupm", "infectious units per million", "", RSP_CELL_NUMBER, true},
    {"se", "standard error", "", RSP_CELL_NUMBER, false},
    {"posterior_median", "median where all are negative", "", RSP_CELL_NUMBER, false},
    {"fit_p", "p of fit", "", RSP_CELL_P, false},
    {"exact_p", "exact p of fit", "", RSP_CELL_P, false}};

static rsp_dilution_options dilution_options(const options *o)
{
    rsp_dilution_options how = rsp_dilution_defaults();
    how.level = o->level;
    how.information = o->information ? RSP_DILUTION_OBSERVED : RSP_DILUTION_EXPECTED;
    return how;
}

static void put_growth(work *w, const options *o, const rsp_outgrowth *x, table *t)
{
    rsp_dilution_level *levels = work_alloc(w, x->n_levels, sizeof *levels);
    const rsp_dilution_options how = dilution_options(o);
    rsp_dilution r;
    rsp_error err = {0};
    double wells = 0, positive = 0;
    for (size_t i = 0; levels && i < x->n_levels; i++) {
        const rsp_outgrowth_level *l = &x->levels[i];
        levels[i] = (rsp_dilution_level){l->million_cells, l->wells, l->positive};
        wells += l->wells;
        positive += l->positive;
    }
    if (!working(w) || !work_took(w, o->at, rsp_dilution_fit(levels, x->n_levels, &how, &r, &err),
                                  &err)) {
        return;
    }
    put_text(t, "%s", x->subject);
    put_text(t, "wells");
    put(t, r.million_cells);
    put(t, wells);
    put(t, positive);
    put_interval(t, r.iupm, r.low, r.high);
    put_reason(t, rsp_dilution_end_text(r.end));
    put(t, r.se);
    put(t, r.posterior_median);
    put(t, r.p);
    put(t, r.exact_p);
}

static void put_lineages(work *w, const options *o, const rsp_outgrowth *x, table *t)
{
    rsp_lineage_level *levels = work_alloc(w, x->n_levels, sizeof *levels);
    const rsp_dilution_options how = dilution_options(o);
    rsp_lineage_fit r;
    rsp_error err = {0};
    for (size_t i = 0; levels && i < x->n_levels; i++) {
        const rsp_outgrowth_level *l = &x->levels[i];
        levels[i] = (rsp_lineage_level){l->million_cells, l->wells, l->positive, l->sequenced,
                                        l->found};
    }
    if (!working(w) ||
        !work_took(w, o->at, rsp_lineage_estimate(levels, x->n_levels, x->n_lineages, &how, NULL,
                                                  &r, &err), &err)) {
        return;
    }
    put_text(t, "%s", x->subject);
    put_text(t, "wells and %zu lineages", x->n_lineages);
    for (size_t k = 0; k < 3; k++) {
        put(t, (double)NAN);
        put_reason(t, "see the row of the wells");
    }
    put_interval(t, r.iupm, r.low, r.high);
    put_reason(t, rsp_dilution_end_text(r.end));
    put(t, r.se);
    for (size_t k = 0; k < 3; k++) {
        put(t, (double)NAN);
        put_reason(t, "see the row of the wells");
    }
}

void run_qvoa(work *w, const options *o)
{
    rsp_outgrowth *people = NULL;
    size_t n = 0;
    bool lineages = false;
    const char *path = plate_path(w, o, PLATE);
    if (working(w)) {
        w->r.status = rsp_outgrowth_read(path, w->r.arena, &people, &n, w->r.err);
    }
    table t = TABLE_OPEN(w, "participants", "Infectious units per million", growth_columns);
    for (size_t i = 0; i < n && working(w); i++) {
        put_growth(w, o, &people[i], &t);
        if (people[i].n_lineages && working(w)) {
            put_lineages(w, o, &people[i], &t);
            lineages = true;
        }
    }
    table_amounts(&t, "iupm", "infectious units per million");
    table_close(&t);
    say(w, "Infectious units per million are the maximum likelihood of single-hit dilution (Myers, "
           "McQuay and Hollinger 1994) with %s information and limits on the log scale%s.",
        o->information ? "observed" : "expected",
        lineages ? "; where wells were sequenced, that of their lineages too (Lotspeich 2024)" : "");
}
