#include "study/read_traits.h"

#include <math.h>
#include <string.h>

/* Layers of files, traits and their words: what population and product share. */

static const char *const trait_keys[] = {"value", "between", "range", "sets",
                                         "shows", NULL};

/* ---- `from`: the files below, then the map itself.  Texts are names. */
size_t plan_layers(plan_reading *p, const tree *t, const char *folder,
                     const char *const *keys, const char *what, const tree **out)
{
    size_t n = 0;
    while (t && reading(&p->r)) {
        if (n == PLAN_DEEPEST_FROM) {
            reader_fail(&p->r, t, RSP_RANGE, "%s: 'from' goes too deep, or round", what);
            return 0;
        }
        if (t->kind == TREE_TEXT) {
            t = plan_read_file(p, t, folder, reader_text(&p->r, t, what));
            continue;
        }
        if (reader_map(&p->r, t, what, keys)) {
            out[n++] = t;
            t = tree_get(t, "from");
        }
    }
    return n;
}

/* The outermost layer that has the key. */
const tree *plan_of_layers(const tree *const *layer, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++) {
        const tree *t = tree_get(layer[i], key);
        if (t) {
            return t;
        }
    }
    return NULL;
}

/* ---- Traits. */
static double first_number_factor(plan_reading *p, const char *s, const char **unit,
                                  const tree *at)
{
    size_t n = strlen(s), i = 0;
    while (i < n && s[i] == ' ') {
        i++;
    }
    i += reader_number_length(s + i, n - i);
    while (i < n && s[i] == ' ') {
        i++;
    }
    rsp_unit u;
    *unit = s[i] ? s + i : "1";
    if (rsp_unit_parse(*unit, &u, NULL) != RSP_OK) {
        reader_fail(&p->r, at, RSP_UNITS, "unknown unit '%.40s'", *unit);
        return 1;
    }
    return u.factor;
}

/* The unit of a trait: that of its value, else of its range, else a number. */
static void trait_unit(plan_reading *p, const tree *t, clinic_trait *trait)
{
    const tree *at = t->kind == TREE_TEXT ? t : tree_get(t, "value");
    if (!at) {
        at = tree_get(t, "range");
    }
    if (!at || at->kind != TREE_TEXT) {
        return;
    }
    const char *s = at->text, *dots = strstr(s, "..");
    trait->factor = first_number_factor(p, dots ? dots + 2 : s, &trait->unit, at);
}

static void trait_sets(plan_reading *p, const tree *t, clinic_trait *trait)
{
    const tree *sets = tree_get(t, "sets");
    if (!sets) {
        return;
    }
    trait->sets = plan_param(p, sets, reader_text(&p->r, sets, "sets"));
    if (trait->sets < 0) {
        return;
    }
    const rsp_param *q = &p->plan->net->params[trait->sets];
    rsp_unit mine, theirs;
    bool known = rsp_unit_parse(trait->unit, &mine, NULL) == RSP_OK &&
                 rsp_unit_parse(q->unit[0] ? q->unit : "1", &theirs, NULL) == RSP_OK;
    if (known && !rsp_unit_same(&mine, &theirs)) {
        reader_fail(&p->r, sets, RSP_UNITS, "%s is in %s, but the parameter %s in %s",
                    trait->name, trait->unit, q->name, q->unit);
    }
    const rsp_dist_kind kind = trait->between.kind;
    const bool whole = kind == RSP_DIST_BERNOULLI ||
                       (kind == RSP_DIST_NONE && rsp_param_takes(q, trait->value));
    if (reading(&p->r) && q->whole && !whole) {
        char takes[RSP_TAKES_MAX];
        rsp_param_takes_text(q, takes);
        reader_fail(&p->r, sets, RSP_RANGE, "%s sets %s, which takes %s: a value of these, or "
                    "between: bernoulli", trait->name, q->name, takes);
    }
}

static void trait_shows(plan_reading *p, const tree *t, clinic_trait *trait)
{
    const tree *shows = tree_get(t, "shows");
    const rsp_network *net = p->plan->net;
    if (!shows) {
        return;
    }
    const char *name = reader_text(&p->r, shows, "shows");
    trait->shows_param = rsp_network_param(net, name);
    for (uint32_t i = 0; i < net->n_derived && trait->shows_param < 0; i++) {
        if (net->derived[i].constant && strcmp(net->derived[i].name, name) == 0) {
            trait->shows_derived = (int)i;
            trait->unit = net->derived[i].unit;
            trait->factor = net->derived[i].factor;
            return;
        }
    }
    if (plan_param(p, shows, name) >= 0) {
        trait->unit = net->params[trait->shows_param].unit;
        trait->factor = net->params[trait->shows_param].factor;
    }
}

static void trait_map(plan_reading *p, const tree *t, clinic_trait *trait)
{
    reader *r = &p->r;
    wanted unit = wanted_of(trait->unit, NULL);
    const tree *value = tree_get(t, "value"), *range = tree_get(t, "range");
    const tree *between = tree_get(t, "between");
    value_range ends = {-(double)INFINITY, (double)INFINITY};
    if (range) {
        ends = reader_range(r, range, "range", &unit);
        trait->low = ends.low;
        trait->high = ends.high;
    }
    if (between) {
        trait->between = reader_dist(r, between, "between", &unit, &ends);
    }
    trait->value = value ? reader_quantity(r, value, trait->name, &unit)
                         : range ? 0.5 * (ends.low + ends.high) : 0.0;
    bool needs_value = trait->between.kind == RSP_DIST_NONE ||
                       trait->between.kind == RSP_DIST_NORMAL ||
                       trait->between.kind == RSP_DIST_LOGNORMAL ||
                       trait->between.kind == RSP_DIST_LOGITNORMAL;
    if (reading(r) && !value && needs_value && !tree_get(t, "shows")) {
        reader_fail(r, t, RSP_SYNTAX, "%s needs 'value', or 'between' with its ends",
                    trait->name);
    }
    if (reading(r) && value &&
        !(trait->value >= trait->low && trait->value <= trait->high)) {
        reader_fail(r, value, RSP_RANGE, "%s: the value lies outside its range",
                    trait->name);
    }
    trait_sets(p, t, trait);
    trait_shows(p, t, trait);
}

clinic_trait plan_read_trait(plan_reading *p, const tree *t, const char *name,
                               const char *channel)
{
    clinic_trait trait = {.name = name, .low = -(double)INFINITY,
                          .high = (double)INFINITY, .sets = -1, .shows_param = -1,
                          .shows_derived = -1, .channel = rsp_channel(channel),
                          .between = {.kind = RSP_DIST_NONE, .text = ""},
                          .unit = "1", .factor = 1};
    if (!reading(&p->r)) {
        return trait;
    }
    trait_unit(p, t, &trait);
    if (t->kind == TREE_TEXT) {
        wanted unit = wanted_of(trait.unit, NULL);
        trait.value = reader_quantity(&p->r, t, name, &unit);
    } else if (reader_map(&p->r, t, name, trait_keys)) {
        trait_map(p, t, &trait);
    }
    return trait;
}

/* ---- Words: "title; 15 enrolled; age 40 (normal sd 9); eligible: ...". */
static void say_amount(rsp_text *out, double v)
{
    bool millions = v >= 1e6 && v < 1e9;
    rsp_text_printf(out, millions ? "%.3g million" : "%g", millions ? v / 1e6 : v);
}

/* "4 years", "30 million cells"; other units as they are written. */
static void say_unit(rsp_text *out, const char *unit, double v)
{
    static const char *const counted[] = {"cell", "day", "week", "month", "year"};
    bool many = false;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        many |= strcmp(unit, counted[i]) == 0 && v != 1;
    }
    rsp_text_printf(out, " %s%s", unit, many ? "s" : "");
}

void plan_say_trait(rsp_text *out, const clinic_trait *t)
{
    if (t->shows_param >= 0 || t->shows_derived >= 0) {
        return;
    }
    rsp_text_printf(out, "; %s ", t->name);
    bool ends = t->between.kind == RSP_DIST_UNIFORM ||
                t->between.kind == RSP_DIST_LOGUNIFORM;
    if (ends) {
        say_amount(out, t->between.a / t->factor);
        rsp_text_add(out, " to ");
        say_amount(out, t->between.b / t->factor);
    } else {
        say_amount(out, t->value / t->factor);
    }
    if (strcmp(t->unit, "1") != 0) {
        say_unit(out, t->unit, ends ? t->between.b / t->factor : t->value / t->factor);
    }
    if (t->between.kind != RSP_DIST_NONE) {
        rsp_text_printf(out, " (%s)", t->between.text);
    }
}

const char *plan_finish_words(plan_reading *p, rsp_text *words)
{
    char *s = words->failed || !words->data
                  ? NULL
                  : rsp_arena_copy(p->r.arena, words->data, words->length);
    rsp_text_fini(words);
    if (!s) {
        reader_fail(&p->r, NULL, RSP_NOMEM, "out of memory");
    }
    return s ? s : "";
}

const char *plan_title_of(const tree *const *layer, size_t n, const char *otherwise)
{
    const tree *t = plan_of_layers(layer, n, "title");
    return t && t->kind == TREE_TEXT ? t->text : otherwise;
}

