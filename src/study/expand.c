#include <math.h>
#include <string.h>

#include "study/plan.h"

/* A sweep is written out before arms and rules are read: every arm that a level
 * touches becomes an arm for each level, with the schedule, parameters and rules that
 * the level gives it.  What follows needs no second notion of an arm, and participants
 * are shared along the sweep because arms share theirs. */

static const char *const sweep_keys[] = {"over", "unit", "scale", "arms", "levels",
                                         "against", "outcomes", NULL};
static const char *const level_keys[] = {"label", "value", "set", "days", "dose",
                                         "amounts", "add", "rules", NULL};

/* ---- Copies of trees: what was read stays as it is. */
static tree *copy_of(plan_reading *p, const tree *t)
{
    tree *copy = reader_alloc(&p->r, 1, sizeof *copy);
    if (!copy) {
        return NULL;
    }
    *copy = *t;
    copy->first = copy->last = copy->next = NULL;
    for (const tree *c = t->first; c; c = c->next) {
        tree *child = copy_of(p, c);
        if (!child) {
            return NULL;
        }
        *(copy->last ? &copy->last->next : &copy->first) = child;
        copy->last = child;
    }
    return copy;
}

static tree *empty_like(plan_reading *p, const tree *at, tree_kind kind, const char *key)
{
    tree *t = reader_alloc(&p->r, 1, sizeof *t);
    if (t) {
        *t = (tree){.kind = kind, .source = at->source, .line = at->line,
                    .column = at->column, .key = key, .key_line = at->line,
                    .key_column = at->column, .text = ""};
    }
    return t;
}

static void append(tree *list, tree *item)
{
    if (list && item) {
        *(list->last ? &list->last->next : &list->first) = item;
        list->last = item;
        item->next = NULL;
        list->n++;
    }
}

static void put_copy(plan_reading *p, tree *map, const tree *value, const char *key)
{
    tree *copy = copy_of(p, value);
    if (copy) {
        copy->key = key;
        tree_put(map, copy);
    }
}

static void put_text(plan_reading *p, tree *map, const tree *at, const char *key,
                     const char *text)
{
    tree *t = empty_like(p, at, TREE_TEXT, key);
    if (t) {
        t->text = text;
        tree_put(map, t);
    }
}

/* ---- One level on one arm. */
static size_t entries_of(const tree *schedule, const char *what, tree **found)
{
    size_t n = 0;
    for (tree *e = schedule ? schedule->first : NULL; e; e = e->next) {
        const tree *action = e->kind == TREE_MAP ? tree_get(e, "do") : NULL;
        if (action && strcmp(action->text, what) == 0) {
            n++;
            *found = e;
        }
    }
    return n;
}

static void move_days(plan_reading *p, const tree *days, const tree *arm, tree *schedule)
{
    for (const tree *d = days ? days->first : NULL; d && reading(&p->r); d = d->next) {
        tree *entry = NULL;
        size_t n = entries_of(schedule, d->key, &entry);
        if (n > 1) {
            reader_fail_key(&p->r, d, RSP_RANGE,
                            "days: arm '%.60s' has '%.40s' %zu times; which is meant cannot "
                            "be told",
                            tree_get(arm, "name")->text, d->key, n);
        } else if (n == 1) {
            put_copy(p, entry, d, "day");
        }
    }
}

static void set_amount(plan_reading *p, const tree *amount, const char *what, tree *schedule)
{
    for (tree *e = schedule ? schedule->first : NULL; e && reading(&p->r); e = e->next) {
        const tree *action = e->kind == TREE_MAP ? tree_get(e, "do") : NULL;
        if (action && strcmp(action->text, what) == 0) {
            put_copy(p, e, amount, "amount");
        }
    }
}

static double first_day(plan_reading *p, const tree *entry)
{
    const tree *day = entry->kind == TREE_MAP ? tree_get(entry, "day") : NULL;
    return day ? plan_entry_days(p, entry).low : 0;
}

/* By first day; what was before stays before at the same one. */
static void sort_schedule(plan_reading *p, tree *schedule)
{
    tree *rest = schedule->first;
    schedule->first = schedule->last = NULL;
    while (rest && reading(&p->r)) {
        tree *e = rest, **at = &schedule->first;
        rest = rest->next;
        double day = first_day(p, e);
        while (*at && first_day(p, *at) <= day) {
            at = &(*at)->next;
        }
        e->next = *at;
        *at = e;
    }
    for (tree *e = schedule->first; e; e = e->next) {
        schedule->last = e;
    }
}

static void merge_set(plan_reading *p, const tree *set, tree *arm)
{
    tree *own = tree_get(arm, "set");
    if (!own && (own = empty_like(p, set, TREE_MAP, "set"))) {
        tree_put(arm, own);
    }
    for (const tree *v = set->first; own && v && reading(&p->r); v = v->next) {
        put_copy(p, own, v, v->key);
    }
}

static tree *arm_at_level(plan_reading *p, const tree *base, const tree *level,
                          const char *name)
{
    tree *arm = copy_of(p, base);
    tree *schedule = arm ? tree_get(arm, "schedule") : NULL;
    const tree *set = tree_get(level, "set"), *days = tree_get(level, "days");
    const tree *dose = tree_get(level, "dose"), *add = tree_get(level, "add");
    const tree *amounts = tree_get(level, "amounts");
    if (!arm) {
        return NULL;
    }
    put_text(p, arm, level, "name", name);
    if (!schedule && add && (schedule = empty_like(p, add, TREE_LIST, "schedule"))) {
        tree_put(arm, schedule);
    }
    if (schedule && schedule->kind == TREE_LIST) {
        move_days(p, days, base, schedule);
        if (dose) {
            set_amount(p, dose, plan_action_words(p, p->plan->product.action), schedule);
        }
        for (const tree *a = amounts ? amounts->first : NULL; a; a = a->next) {
            set_amount(p, a, a->key, schedule);
        }
        for (const tree *e = add ? add->first : NULL; e && reading(&p->r); e = e->next) {
            append(schedule, copy_of(p, e));
        }
        if (days || add) {
            sort_schedule(p, schedule);
        }
    }
    if (set) {
        merge_set(p, set, arm);
    }
    return arm;
}

/* Whether a level changes anything in an arm. */
static bool touches(plan_reading *p, const tree *level, const tree *arm)
{
    tree *found = NULL, *schedule = tree_get(arm, "schedule");
    const tree *days = tree_get(level, "days"), *amounts = tree_get(level, "amounts");
    bool any = tree_get(level, "set") || tree_get(level, "add") || tree_get(level, "rules");
    for (const tree *d = days ? days->first : NULL; d && !any; d = d->next) {
        any = entries_of(schedule, d->key, &found) > 0;
    }
    for (const tree *a = amounts ? amounts->first : NULL; a && !any; a = a->next) {
        any = entries_of(schedule, a->key, &found) > 0;
    }
    return any || (tree_get(level, "dose") &&
                   entries_of(schedule, plan_action_words(p, p->plan->product.action),
                              &found) > 0);
}

/* ---- Reading. */
static bool listed(const tree *names, const char *name)
{
    for (const tree *c = names ? names->first : NULL; c; c = c->next) {
        if (c->kind == TREE_TEXT && strcmp(c->text, name) == 0) {
            return true;
        }
    }
    return false;
}

static void check_level(plan_reading *p, const tree *level)
{
    static const struct { const char *key; tree_kind kind; } shapes[] = {
        {"set", TREE_MAP}, {"days", TREE_MAP}, {"amounts", TREE_MAP}, {"add", TREE_LIST},
        {"rules", TREE_LIST}};
    if (!reader_map(&p->r, level, "a level", level_keys)) {
        return;
    }
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const tree *t = tree_get(level, shapes[i].key);
        if (t && !reader_kind(&p->r, t, shapes[i].kind, shapes[i].key)) {
            return;
        }
    }
    const tree *days = tree_get(level, "days"), *dose = tree_get(level, "dose");
    const tree *amounts = tree_get(level, "amounts");
    for (const tree *a = amounts ? amounts->first : NULL; a && reading(&p->r); a = a->next) {
        (void)plan_action(p, a, a->key);
    }
    for (const tree *d = days ? days->first : NULL; d && reading(&p->r); d = d->next) {
        (void)plan_action(p, d, d->key);
    }
    if (dose && !p->plan->product.exists) {
        reader_fail(&p->r, dose, RSP_SYNTAX, "dose: the study has no product");
    }
}

static double level_value(plan_reading *p, const tree *level)
{
    const tree *t = tree_get(level, "value");
    return t ? reader_number(&p->r, t, "value") : (double)NAN;
}

static void read_level(plan_reading *p, const tree *level, size_t i)
{
    plan_sweep *s = &p->plan->sweep;
    const tree *label = tree_get(level, "label"), *value = tree_get(level, "value");
    check_level(p, level);
    s->values[i] = reading(&p->r) ? level_value(p, level) : 0;
    if (reading(&p->r) && !label && !value) {
        reader_fail(&p->r, level, RSP_SYNTAX, "a level needs 'label' or 'value'");
    }
    s->labels[i] = label && reading(&p->r) ? reader_text(&p->r, label, "label")
                   : value ? value->text : "";
    s->names[i] = label || !s->unit[0] ? s->labels[i]
                                       : reader_printf(&p->r, "%s %s", s->labels[i], s->unit);
    if (reading(&p->r) && s->log && value && !(s->values[i] > 0)) {
        reader_fail(&p->r, value, RSP_RANGE,
                    "value %g has no place on a log scale; give the level a label alone",
                    s->values[i]);
    }
    for (size_t k = 0; k < i && reading(&p->r); k++) {
        if (strcmp(s->names[k], s->names[i]) == 0) {
            reader_fail(&p->r, level, RSP_NAME, "two levels are called '%.60s'", s->names[i]);
        }
    }
}

static void read_head(plan_reading *p, const tree *t)
{
    static const char *const scales[] = {"linear", "log", NULL};
    plan_sweep *s = &p->plan->sweep;
    const tree *over = reader_need(&p->r, t, "over", "a sweep");
    const tree *unit = tree_get(t, "unit"), *scale = tree_get(t, "scale");
    s->over = reader_text(&p->r, over, "over");
    s->unit = unit ? reader_text(&p->r, unit, "unit") : "";
    s->log = scale && reader_choice(&p->r, scale, "scale", scales) == 1;
    static const char *const stops[] = {"stopping", "escalation"};
    for (size_t i = 0; i < 2 && reading(&p->r); i++) {
        const tree *other = tree_get(p->root, stops[i]);
        if (other && !(other->kind == TREE_TEXT && strcmp(other->text, "none") == 0)) {
            reader_fail_key(&p->r, t, RSP_RANGE,
                            "a sweep goes with no %s: its levels share their participants, and "
                            "enrolment stops only where every arm has its own", stops[i]);
        }
    }
    if (reading(&p->r) && p->plan->view.design != RSP_COUNTERFACTUAL) {
        reader_fail(&p->r, t, RSP_SYNTAX,
                    "a sweep shares its participants along the levels: the design must be "
                    "counterfactual");
    }
}

static void read_against(plan_reading *p, const tree *t)
{
    plan_sweep *s = &p->plan->sweep;
    const tree *against = tree_get(t, "against");
    const char *name = against ? reader_text(&p->r, against, "against") : NULL;
    for (size_t i = 0; name && i < s->n_levels; i++) {
        if (strcmp(s->names[i], name) == 0 || strcmp(s->labels[i], name) == 0) {
            s->against = i;
            return;
        }
    }
    if (name && reading(&p->r)) {
        reader_unknown(&p->r, against, "against: no level is called", name, s->labels,
                       s->n_levels);
    }
}

static bool read_levels(plan_reading *p, const tree *t)
{
    plan_sweep *s = &p->plan->sweep;
    const tree *levels = reader_need(&p->r, t, "levels", "a sweep");
    if (!levels || !reader_kind(&p->r, levels, TREE_LIST, "levels")) {
        return false;
    }
    if (levels->n < 2 || levels->n > PLAN_MOST_LEVELS) {
        reader_fail(&p->r, levels, RSP_RANGE, "a sweep has 2 to %d levels", PLAN_MOST_LEVELS);
        return false;
    }
    s->labels = reader_alloc(&p->r, levels->n, sizeof *s->labels);
    s->names = reader_alloc(&p->r, levels->n, sizeof *s->names);
    s->values = reader_alloc(&p->r, levels->n, sizeof *s->values);
    s->n_levels = 0;
    for (const tree *c = levels->first; c && reading(&p->r); c = c->next) {
        read_level(p, c, s->n_levels++);
    }
    read_against(p, t);
    return reading(&p->r);
}

/* ---- Writing out. */
typedef struct expansion {
    plan_reading *p;
    const tree *sweep, *levels, *arms, *rules;
    tree *new_arms;
} expansion;

static bool is_swept(const expansion *x, const tree *arm)
{
    const tree *only = tree_get(x->sweep, "arms");
    const tree *name = arm->kind == TREE_MAP ? tree_get(arm, "name") : NULL;
    if (!name || (only && !listed(only, name->text))) {
        return false;
    }
    for (const tree *l = x->levels->first; l; l = l->next) {
        if (touches(x->p, l, arm)) {
            return true;
        }
    }
    return false;
}

static const char *name_at(const expansion *x, const tree *arm, size_t level)
{
    return reader_printf(&x->p->r, "%s, %s", tree_get(arm, "name")->text,
                         x->p->plan->sweep.names[level]);
}

static void write_arms(expansion *x)
{
    plan_sweep *s = &x->p->plan->sweep;
    reader *r = &x->p->r;
    size_t n = x->arms->n;
    s->curves = reader_alloc(r, n, sizeof *s->curves);
    s->is_line = reader_alloc(r, n, sizeof *s->is_line);
    s->arm = reader_alloc(r, n * s->n_levels, sizeof *s->arm);
    for (const tree *a = x->arms->first; a && reading(r); a = a->next) {
        const tree *name = a->kind == TREE_MAP ? tree_get(a, "name") : NULL;
        size_t c = s->n_curves++;
        s->curves[c] = name ? name->text : "";
        s->is_line[c] = !is_swept(x, a);
        size_t i = 0;
        for (const tree *l = x->levels->first; l && reading(r); l = l->next, i++) {
            s->arm[c * s->n_levels + i] = (uint32_t)x->new_arms->n -
                                          (s->is_line[c] && i ? 1 : 0);
            if (!s->is_line[c]) {
                append(x->new_arms, arm_at_level(x->p, a, l, name_at(x, a, i)));
            } else if (!i) {
                append(x->new_arms, copy_of(x->p, a));
            }
        }
    }
}

/* The arms, written out, that a rule holds in: those of the study's rules at levels
 * that give none, those of a level's rules at that level (SIZE_MAX: the former). */
static void rule_arms(const expansion *x, size_t level, const tree *rule, tree *copy)
{
    const plan_sweep *s = &x->p->plan->sweep;
    const tree *only = tree_get(rule, "arms");
    tree *names = empty_like(x->p, rule, TREE_LIST, "arms");
    size_t c = 0;
    for (const tree *a = x->arms->first; a && names; a = a->next, c++) {
        if (only && !listed(only, s->curves[c])) {
            continue;
        }
        size_t i = 0;
        for (const tree *l = x->levels->first; l; l = l->next, i++) {
            bool own = !s->is_line[c] && tree_get(l, "rules");
            bool holds = level == SIZE_MAX ? !own && (!s->is_line[c] || !i)
                                           : own && i == level;
            tree *name = holds ? empty_like(x->p, rule, TREE_TEXT, NULL) : NULL;
            if (name) {
                name->text = s->is_line[c] ? s->curves[c] : name_at(x, a, i);
                append(names, name);
            }
        }
    }
    if (names) {
        tree_put(copy, names);
    }
}

static tree *write_rules(expansion *x)
{
    tree *rules = empty_like(x->p, x->sweep, TREE_LIST, "rules");
    size_t i = 0;
    for (const tree *l = x->levels->first; rules && l; l = l->next, i++) {
        const tree *own = tree_get(l, "rules");
        for (const tree *t = own ? own->first : NULL; t && reading(&x->p->r); t = t->next) {
            tree *copy = copy_of(x->p, t);
            if (copy && reader_kind(&x->p->r, t, TREE_MAP, "a rule")) {
                rule_arms(x, i, t, copy);
                append(rules, copy);
            }
        }
    }
    for (const tree *t = x->rules ? x->rules->first : NULL; t && reading(&x->p->r); t = t->next) {
        tree *copy = copy_of(x->p, t);
        if (copy && reader_kind(&x->p->r, t, TREE_MAP, "a rule")) {
            rule_arms(x, SIZE_MAX, t, copy);
            append(rules, copy);
        }
    }
    return rules;
}

static void check_arm_names(const expansion *x)
{
    const tree *only = tree_get(x->sweep, "arms");
    const char *known[PLAN_MOST_ARMS];
    size_t n = 0;
    for (const tree *a = x->arms->first; a && n < PLAN_MOST_ARMS; a = a->next) {
        const tree *name = a->kind == TREE_MAP ? tree_get(a, "name") : NULL;
        known[n++] = name ? name->text : "";
    }
    for (const tree *c = only ? only->first : NULL; c && reading(&x->p->r); c = c->next) {
        bool found = false;
        for (size_t i = 0; i < n; i++) {
            found |= strcmp(known[i], c->text) == 0;
        }
        if (!found) {
            reader_unknown(&x->p->r, c, "arms: no arm is called", c->text, known, n);
        }
    }
}

void plan_expand_sweep(plan_reading *p)
{
    const tree *t = tree_get(p->root, "sweep");
    const tree *arms = tree_get(p->root, "arms"), *rules = tree_get(p->root, "rules");
    if (!t || !reader_map(&p->r, t, "sweep", sweep_keys)) {
        return;
    }
    read_head(p, t);
    if (!read_levels(p, t) || !arms || !reader_kind(&p->r, arms, TREE_LIST, "arms") ||
        (rules && !reader_kind(&p->r, rules, TREE_LIST, "rules"))) {
        return;
    }
    expansion x = {.p = p, .sweep = t, .levels = tree_get(t, "levels"), .arms = arms,
                   .rules = rules, .new_arms = empty_like(p, arms, TREE_LIST, "arms")};
    tree *root = copy_of(p, p->root);
    check_arm_names(&x);
    if (!root || !x.new_arms || !reading(&p->r)) {
        return;
    }
    write_arms(&x);
    tree *new_rules = reading(&p->r) ? write_rules(&x) : NULL;
    if (new_rules) {
        tree_put(root, x.new_arms);
        tree_put(root, new_rules);
        p->root = root;
        p->plan->sweep.exists = true;
    }
}
