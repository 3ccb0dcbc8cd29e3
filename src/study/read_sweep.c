#include <string.h>

#include "study/plan.h"

/* What a sweep looks at.  Its levels have been written out as arms (expand.c). */

static const char *const outcome_keys[] = {"statistic", "label", "unit", NULL};

/* The statistic's own unit, or one that fits it. */
static void outcome_unit(plan_reading *p, const tree *t, plan_score *score)
{
    const char *own = plan_statistic_unit(p, score);
    const char *unit = t ? reader_text(&p->r, t, "unit") : own;
    bool is_share = strcmp(own, "1") == 0;
    rsp_unit mine = {.factor = 1}, shown = {.factor = 1};
    score->unit = !t && is_share ? "%" : unit;
    score->factor = !t && is_share ? 0.01 : 1;
    if (!reading(&p->r) || !t || strcmp(unit, own) == 0) {
        return;
    }
    if (rsp_unit_parse(own, &mine, NULL) != RSP_OK ||
        rsp_unit_parse(unit, &shown, NULL) != RSP_OK || !rsp_unit_same(&mine, &shown)) {
        reader_fail(&p->r, t, RSP_UNITS, "unit '%.40s' does not fit; the statistic is in '%s'",
                    unit, own);
        return;
    }
    score->factor = shown.factor / mine.factor;
}

static void read_outcome(plan_reading *p, const tree *t, plan_outcome *o)
{
    if (!reader_map(&p->r, t, "an outcome", outcome_keys)) {
        return;
    }
    const tree *statistic = reader_need(&p->r, t, "statistic", "an outcome");
    const tree *label = tree_get(t, "label");
    plan_statistic_of(p, statistic, &o->score);
    if (!reading(&p->r)) {
        return;
    }
    o->text = statistic->text;
    o->label = label ? reader_text(&p->r, label, "label") : o->text;
    outcome_unit(p, tree_get(t, "unit"), &o->score);
}

void plan_read_sweep(plan_reading *p)
{
    plan_sweep *s = &p->plan->sweep;
    if (!s->exists) {
        return;
    }
    const tree *sweep = tree_get(p->root, "sweep");
    const tree *list = reader_need(&p->r, sweep, "outcomes", "a sweep");
    if (!list || !reader_kind(&p->r, list, TREE_LIST, "outcomes")) {
        return;
    }
    if (!list->n || list->n > PLAN_MOST_OUTCOMES) {
        reader_fail(&p->r, list, RSP_RANGE, "a sweep has 1 to %d outcomes",
                    PLAN_MOST_OUTCOMES);
        return;
    }
    s->outcomes = reader_alloc(&p->r, list->n, sizeof *s->outcomes);
    for (const tree *t = list->first; t && reading(&p->r); t = t->next) {
        read_outcome(p, t, &s->outcomes[s->n_outcomes++]);
    }
}
