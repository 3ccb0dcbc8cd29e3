#include <math.h>
#include <stdint.h>
#include <string.h>

#include "study/plan.h"

static const char *const grid_keys[] = {"endpoint", "compare", "axes", NULL};
static const char *const axis_keys[] = {"threshold", "every", "set", "levels", NULL};
static const char *const level_keys[] = {"label", "set", NULL};

static bool new_levels(plan_reading *p, const tree *list, const char *what,
                       plan_axis *axis, const char ***labels, double **values)
{
    if (!list || !reader_kind(&p->r, list, TREE_LIST, what)) {
        return false;
    }
    if (!list->n || list->n > PLAN_MOST_LEVELS) {
        reader_fail(&p->r, list, RSP_RANGE, "%s has 1 to %d levels", what,
                    PLAN_MOST_LEVELS);
        return false;
    }
    *labels = reader_alloc(&p->r, list->n, sizeof **labels);
    *values = reader_alloc(&p->r, list->n, sizeof **values);
    axis->labels = *labels;
    axis->values = *values;
    axis->n = list->n;
    return reading(&p->r);
}

static void threshold_axis(plan_reading *p, const tree *list, plan_axis *axis)
{
    static const char *const operators[] = {"<", "<=", ">", ">="};
    const char **labels = NULL;
    double *values = NULL;
    const clinic_condition *c =
        &p->plan->endpoints[p->plan->grid.endpoint].criterion.condition;
    if (!new_levels(p, list, "threshold", axis, &labels, &values)) {
        return;
    }
    if (c->n != 1 || c->terms[0].change != CLINIC_AS_IT_IS) {
        reader_fail(&p->r, list, RSP_RANGE,
                    "a threshold axis needs an endpoint with a single comparison");
        return;
    }
    const clinic_assay *assay = &p->plan->assays[c->terms[0].source];
    wanted unit = wanted_of(assay->unit, NULL);
    size_t i = 0;
    for (const tree *t = list->first; t && reading(&p->r); t = t->next, i++) {
        values[i] = reader_quantity(&p->r, t, "threshold", &unit) / assay->factor;
        labels[i] = reader_printf(&p->r, "%s %.12g %s", operators[c->terms[0].op],
                                  values[i], assay->unit);
        if (reading(&p->r) && clinic_assay_is_share(assay) && !(values[i] >= 0 && values[i] <= 1)) {
            reader_fail(&p->r, t, RSP_RANGE, "threshold %g: %s is a share, from 0 to 1", values[i],
                        assay->name);
        } else if (reading(&p->r) && values[i] < assay->settings.lloq) {
            reader_fail(&p->r, t, RSP_RANGE,
                        "threshold %g %s is below the assay's LLOQ of %g %s", values[i],
                        assay->unit, assay->settings.lloq, assay->unit);
        } else if (reading(&p->r) && values[i] > assay->settings.uloq) {
            reader_fail(&p->r, t, RSP_RANGE,
                        "threshold %g %s is above the assay's ULOQ of %g %s", values[i],
                        assay->unit, assay->settings.uloq, assay->unit);
        }
    }
    axis->name = "threshold";
}

/* The visit line that counts from the endpoint's own event gives window and
 * misses. */
static clinic_line like_line(const rsp_plan *plan, const plan_endpoint *e)
{
    clinic_line line = {.name = "", .from = e->from};
    line.from.offset = 0;
    for (size_t i = 0; i < plan->n_lines; i++) {
        const clinic_line *l = &plan->lines[i];
        bool same = l->every > 0 && l->from.kind == e->from.kind &&
                    (l->from.kind != CLINIC_AT_ACTION ||
                     (l->from.entry.action == e->from.entry.action &&
                      l->from.place == e->from.place));
        if (same) {
            line = *l;
            line.name = "";
            break;
        }
    }
    return line;
}

static void every_axis(plan_reading *p, const tree *list, plan_axis *axis)
{
    const char **labels = NULL;
    double *values = NULL;
    rsp_plan *plan = p->plan;
    if (!new_levels(p, list, "every", axis, &labels, &values)) {
        return;
    }
    clinic_line *lines = reader_alloc(&p->r, list->n, sizeof *lines);
    size_t i = 0;
    for (const tree *t = list->first; t && reading(&p->r); t = t->next, i++) {
        lines[i] = like_line(plan, &plan->endpoints[plan->grid.endpoint]);
        values[i] = lines[i].every = reader_days(&p->r, t, "every");
        labels[i] = reader_printf(&p->r, "every %g days", values[i]);
        if (reading(&p->r) && !(values[i] >= 0.01)) {
            reader_fail(&p->r, t, RSP_RANGE, "every must be at least 0.01 day");
        }
        if (reading(&p->r) && lines[i].window >= 0.5 * values[i]) {
            reader_fail(&p->r, t, RSP_RANGE,
                        "the visits' window of %g day is too wide for visits %g days "
                        "apart",
                        lines[i].window, values[i]);
        }
    }
    axis->name = "visits";
    plan->grid.every = lines;
    plan->grid.n_every = i;
}

static void set_axis(plan_reading *p, const tree *t, plan_axis *axis)
{
    const char **labels = NULL;
    double *values = NULL;
    axis->name = reader_text(&p->r, tree_get(t, "set"), "set");
    const tree *list = reader_need(&p->r, t, "levels", "a set axis");
    if (!new_levels(p, list, "levels", axis, &labels, &values)) {
        return;
    }
    size_t i = 0;
    for (const tree *c = list->first; c && reading(&p->r); c = c->next, i++) {
        if (reader_map(&p->r, c, "a level", level_keys)) {
            const tree *label = reader_need(&p->r, c, "label", "a level");
            labels[i] = reader_text(&p->r, label, "label");
            (void)reader_need(&p->r, c, "set", "a level");
        }
    }
}

static void read_axis(plan_reading *p, const tree *t, plan_axis *axis)
{
    if (!reader_map(&p->r, t, "an axis", axis_keys)) {
        return;
    }
    const tree *threshold = tree_get(t, "threshold"), *every = tree_get(t, "every");
    const tree *set = tree_get(t, "set");
    if (!!threshold + !!every + !!set != 1) {
        reader_fail(&p->r, t, RSP_SYNTAX,
                    "an axis is one of 'threshold', 'every' or 'set' with 'levels'");
        return;
    }
    plan_grid *g = &p->plan->grid;
    size_t *place = threshold ? &g->threshold_axis : every ? &g->every_axis : NULL;
    if (place && *place != SIZE_MAX) {
        reader_fail(&p->r, t, RSP_NAME, "the grid has this axis twice");
        return;
    }
    if (place) {
        *place = g->n_axes;
    }
    axis->kind = threshold ? PLAN_THRESHOLD : every ? PLAN_EVERY : PLAN_SET;
    if (threshold) {
        threshold_axis(p, threshold, axis);
    } else if (every) {
        every_axis(p, every, axis);
    } else {
        set_axis(p, t, axis);
    }
}

/* The `set` of level `level` of the i-th axis of the file. */
static const tree *level_set(const tree *axes, size_t axis, size_t level)
{
    const tree *levels = tree_get(tree_item(axes, axis), "levels");
    return tree_get(tree_item(levels, level), "set");
}

static void make_tables(plan_reading *p, const tree *axes)
{
    plan_grid *g = &p->plan->grid;
    size_t n_arms = p->plan->view.n_arms;
    const rsp_param **tables = reader_alloc(&p->r, g->n_sets * n_arms, sizeof *tables);
    for (size_t s = 0; tables && s < g->n_sets && reading(&p->r); s++) {
        for (size_t a = 0; a < n_arms && reading(&p->r); a++) {
            rsp_param *params = plan_copy_params(p, p->plan->arms[a].params);
            size_t rest = s;
            for (size_t i = 0; params && i < g->n_axes; i++) {
                if (g->axes[i].kind == PLAN_SET) {
                    plan_apply_set(p, level_set(axes, i, rest % g->axes[i].n), params,
                                   false);
                    rest /= g->axes[i].n;
                }
            }
            tables[s * n_arms + a] = params;
        }
    }
    g->params = tables;
}

static void check_assays(plan_reading *p, const tree *t)
{
    const plan_endpoint *e = &p->plan->endpoints[p->plan->grid.endpoint];
    if (reading(&p->r) && e->after >= 0) {
        reader_fail(&p->r, t, RSP_RANGE, "the grid's endpoint counts from another endpoint");
    }
    for (size_t i = 0; i < p->plan->n_assays && reading(&p->r); i++) {
        bool used = e->assays & (UINT64_C(1) << i);
        if (used && p->plan->assays[i].endpoints) {
            reader_fail(&p->r, t, RSP_RANGE,
                        "the grid's endpoint needs an assay that waits for an endpoint");
        }
    }
}

void plan_read_grid(plan_reading *p)
{
    const tree *t = tree_get(p->root, "grid");
    plan_grid *g = &p->plan->grid;
    if (!t || !reader_map(&p->r, t, "grid", grid_keys)) {
        return;
    }
    const tree *endpoint = reader_need(&p->r, t, "endpoint", "a grid");
    const tree *axes = reader_need(&p->r, t, "axes", "a grid");
    const tree *compare = tree_get(t, "compare");
    *g = (plan_grid){.exists = true, .threshold_axis = SIZE_MAX,
                     .every_axis = SIZE_MAX, .n_cells = 1, .n_sets = 1};
    g->endpoint = plan_endpoint_named(p, endpoint, reader_text(&p->r, endpoint, "endpoint"));
    g->compare = compare ? reader_text(&p->r, compare, "compare") : NULL;
    if (!axes || !reader_kind(&p->r, axes, TREE_LIST, "axes")) {
        return;
    }
    if (!axes->n || axes->n > PLAN_MOST_AXES) {
        reader_fail(&p->r, axes, RSP_RANGE, "a grid has 1 to %d axes", PLAN_MOST_AXES);
        return;
    }
    check_assays(p, endpoint);
    for (const tree *c = axes->first; c && reading(&p->r); c = c->next) {
        plan_axis *axis = &g->axes[g->n_axes];
        read_axis(p, c, axis);
        g->n_axes++;
        g->n_cells *= axis->n ? axis->n : 1;
        g->n_sets *= axis->kind == PLAN_SET && axis->n ? axis->n : 1;
        if (g->n_cells > PLAN_MOST_CELLS || g->n_sets > PLAN_MOST_SETS) {
            reader_fail(&p->r, axes, RSP_RANGE, "the grid has more than %d cells",
                        PLAN_MOST_CELLS);
        }
    }
    if (reading(&p->r)) {
        make_tables(p, axes);
    }
}
