#include <math.h>
#include <string.h>

#include "study/plan.h"

static const char *const set_keys[] = {"value", "between", "uncertain", "range",
                                       "source", "status", "use", "why", NULL};
static const char *const statuses[] = {"verified", "verified_secondary", "memory",
                                       "derived", "assumed", NULL};
static const char *const uses[] = {"calibrated", "assumed", NULL};

rsp_param *plan_copy_params(plan_reading *p, const rsp_param *params)
{
    uint32_t n = p->plan->net->n_params;
    rsp_param *copy = reader_alloc(&p->r, n, sizeof *copy);
    if (copy && n) {
        memcpy(copy, params, n * sizeof *copy);
    }
    return copy;
}

static bool names_it(const rsp_param *param, const char *name)
{
    return strcmp(param->name, name) == 0 || strcmp(param->family, name) == 0;
}

static void unknown_param(plan_reading *p, const tree *at, const char *name)
{
    const rsp_network *net = p->plan->net;
    size_t n_keys = 0, n = 2 * (size_t)net->n_params;
    while (plan_top_keys[n_keys]) {
        n_keys++;
    }
    const char **known = reader_alloc(&p->r, n + n_keys, sizeof *known);
    if (!known) {
        return;
    }
    /* --set stoping.when: a path that begins with no key of a study. */
    if (strncmp(at->source->name, "--set ", 6) == 0) {
        memcpy(known + n, plan_top_keys, n_keys * sizeof *known);
        n += n_keys;
    }
    for (uint32_t i = 0; i < net->n_params; i++) {
        known[2 * i] = net->params[i].name;
        known[2 * i + 1] = net->params[i].family;
    }
    const char *near = rsp_nearest(name, known, n);
    reader_fail_key(&p->r, at, RSP_NAME,
                    "the model %s has no parameter '%.60s'%s%s%s", net->name, name,
                    near ? "; did you mean '" : "", near ? near : "",
                    near ? "'?" : "");
}

int plan_param(plan_reading *p, const tree *at, const char *name)
{
    if (!reading(&p->r)) {
        return -1;
    }
    int i = rsp_network_param(p->plan->net, name);
    if (i < 0) {
        unknown_param(p, at, name);
    }
    return i;
}

static bool is_none(const tree *t)
{
    return t->kind == TREE_TEXT && strcmp(t->text, "none") == 0;
}

static value_range old_range(const rsp_param *q) { return (value_range){q->low, q->high}; }

static bool ignores_value(const rsp_dist *d)
{
    return d->kind == RSP_DIST_BETA || d->kind == RSP_DIST_UNIFORM ||
           d->kind == RSP_DIST_LOGUNIFORM || d->kind == RSP_DIST_BERNOULLI;
}

/* A value that is given is meant: a distribution that would not look at it goes,
 * unless it is given beside it. */
static void let_value_count(const tree *between, const tree *uncertain, rsp_param *q)
{
    static const rsp_dist none = {.kind = RSP_DIST_NONE, .text = "none"};
    if (!between && ignores_value(&q->between)) {
        q->between = none;
    }
    if (!uncertain && ignores_value(&q->uncertain)) {
        q->uncertain = none;
    }
}

/* A switch stays one, whatever range the study gives. */
static void check_whole(plan_reading *p, const tree *t, const rsp_param *declared,
                        const rsp_param *q)
{
    char takes[RSP_TAKES_MAX];
    const bool coins = (q->between.kind == RSP_DIST_NONE || q->between.kind == RSP_DIST_BERNOULLI) &&
                       (q->uncertain.kind == RSP_DIST_NONE || q->uncertain.kind == RSP_DIST_BERNOULLI);
    if (!reading(&p->r) || !declared->whole) {
        return;
    }
    rsp_param_takes_text(declared, takes);
    if (!rsp_param_takes(declared, q->value)) {
        reader_fail(&p->r, t, RSP_RANGE, "%s = %g: it takes %s", q->name, q->value / q->factor, takes);
    } else if (!coins) {
        reader_fail(&p->r, t, RSP_RANGE, "%s takes %s: of the distributions only bernoulli gives "
                    "such, 0 or 1", q->name, takes);
    }
}

/* One parameter from a plain value or a map. */
static void change_param(plan_reading *p, const tree *t, const rsp_param *declared, rsp_param *q)
{
    reader *r = &p->r;
    wanted unit = wanted_of(q->unit, NULL);
    unit.unit.factor = q->factor;
    if (t->kind == TREE_TEXT) {
        q->value = reader_quantity(r, t, t->key, &unit);
        let_value_count(NULL, NULL, q);
    } else {
        const tree *v = tree_get(t, "value"), *range = tree_get(t, "range");
        const tree *between = tree_get(t, "between");
        const tree *uncertain = tree_get(t, "uncertain");
        if (v) {
            q->value = reader_quantity(r, v, t->key, &unit);
            let_value_count(between, uncertain, q);
        }
        if (range && is_none(range)) {
            q->low = -(double)INFINITY;
            q->high = (double)INFINITY;
        } else if (range) {
            value_range x = reader_range(r, range, "range", &unit);
            q->low = x.low;
            q->high = x.high;
        }
        value_range ends = old_range(q);
        if (between) {
            q->between = reader_dist(r, between, "between", &unit, &ends);
        }
        if (uncertain) {
            q->uncertain = reader_dist(r, uncertain, "uncertain", &unit, &ends);
        }
        const tree *source = tree_get(t, "source"), *status = tree_get(t, "status");
        q->source = source ? reader_text(r, source, "source") : q->source;
        q->status = status ? (rsp_knowledge)reader_choice(r, status, "status", statuses)
                           : q->status;
    }
    check_whole(p, t, declared, q);
    if (reading(r) && !(q->value >= q->low && q->value <= q->high)) {
        const bool pure = strcmp(q->unit, "1") == 0;
        reader_fail(r, t, RSP_RANGE,
                    "%s = %g%s%s lies outside its plausible range %g .. %g; give "
                    "'range' too if it is meant",
                    q->name, q->value / q->factor, pure ? "" : " ", pure ? "" : q->unit,
                    q->low / q->factor, q->high / q->factor);
    }
}

static bool is_drawn(const rsp_param *q)
{
    return q->between.kind != RSP_DIST_NONE || q->uncertain.kind != RSP_DIST_NONE;
}

static void note(plan_reading *p, const tree *t, const rsp_param *q, bool was_drawn)
{
    const tree *use = t->kind == TREE_MAP ? tree_get(t, "use") : NULL;
    const tree *why = t->kind == TREE_MAP ? tree_get(t, "why") : NULL;
    rsp_text words = {0};
    rsp_text_printf(&words, "%s = ", t->key);
    rsp_text_number(&words, q->value / q->factor);
    rsp_text_printf(&words, "%s%s", strcmp(q->unit, "1") ? " " : "",
                    strcmp(q->unit, "1") ? q->unit : "");
    if (was_drawn && !is_drawn(q)) {
        rsp_text_printf(&words, ", fixed");
    }
    if (t->kind == TREE_MAP && tree_get(t, "between")) {
        rsp_text_printf(&words, ", between people %s", q->between.text);
    }
    if (t->kind == TREE_MAP && tree_get(t, "uncertain")) {
        rsp_text_printf(&words, ", uncertain %s", q->uncertain.text);
    }
    rsp_text_printf(&words, " (%s:%u)", t->source->name, t->line);
    if (use) {
        rsp_text_printf(&words, ", %s", use->text);
    }
    if (why) {
        rsp_text_printf(&words, ": %s", why->text);
    }
    if (!RSP_GROW(&p->changes, &p->changes_capacity, p->n_changes + 1)) {
        words.failed = true;
    }
    char *line = words.failed ? NULL
                              : rsp_arena_copy(p->r.arena, words.data, words.length);
    if (line) {
        p->changes[p->n_changes++] = line;
    } else {
        reader_fail(&p->r, NULL, RSP_NOMEM, "out of memory");
    }
    rsp_text_fini(&words);
}

/* {binds_second: {cd4bs: 0}}: a map of a family's members. */
static bool names_members(plan_reading *p, const tree *t)
{
    for (const tree *c = t->first; c; c = c->next) {
        const char *member = reader_printf(&p->r, "%s[%s]", t->key, c->key);
        if (member && rsp_network_param(p->plan->net, member) >= 0) {
            reader_fail_key(&p->r, c, RSP_SYNTAX, "%s is a family of parameters, which takes no "
                            "map of its members; write \"%s\": %s", t->key, member,
                            c->kind == TREE_TEXT ? c->text : "{...}");
            return true;
        }
    }
    return false;
}

static void change(plan_reading *p, const tree *t, rsp_param *params, bool listed)
{
    const rsp_network *net = p->plan->net;
    const rsp_param *first = NULL;
    bool was_drawn = false;
    if (t->kind == TREE_LIST) {
        reader_fail(&p->r, t, RSP_SYNTAX, "%s takes a value or a map", t->key);
        return;
    }
    bool known = false;
    for (uint32_t i = 0; i < net->n_params && !known; i++) {
        known = names_it(&params[i], t->key);
    }
    if (!known) {
        unknown_param(p, t, t->key);
        return;
    }
    if (t->kind == TREE_MAP && !names_members(p, t)) {
        const tree *use = tree_get(t, "use");
        reader_map(&p->r, t, t->key, set_keys);
        if (use) {
            (void)reader_choice(&p->r, use, "use", uses);
        }
    }
    for (uint32_t i = 0; i < net->n_params && reading(&p->r); i++) {
        if (names_it(&params[i], t->key)) {
            was_drawn |= is_drawn(&params[i]);
            change_param(p, t, &net->params[i], &params[i]);
            first = first ? first : &params[i];
        }
    }
    if (reading(&p->r) && listed) {
        note(p, t, first, was_drawn);
    }
}

void plan_apply_set(plan_reading *p, const tree *set, rsp_param *params, bool listed)
{
    if (!set || !reader_kind(&p->r, set, TREE_MAP, "set")) {
        return;
    }
    for (const tree *t = set->first; t && reading(&p->r); t = t->next) {
        change(p, t, params, listed);
    }
}
