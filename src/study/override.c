#include <stdlib.h>
#include <string.h>

#include "study/plan.h"

/* --set path=value: the value is read as YAML and put into the study's tree
 * before anything is checked, so that its mistakes get the same messages. */

enum { MOST_STEPS = 12 };

static bool is_top_key(const char *s, size_t n)
{
    for (size_t i = 0; plan_top_keys[i]; i++) {
        if (strlen(plan_top_keys[i]) == n && memcmp(plan_top_keys[i], s, n) == 0) {
            return true;
        }
    }
    return false;
}

static tree *new_map(plan_reading *p, const tree *like, const char *key)
{
    tree *t = reader_alloc(&p->r, 1, sizeof *t);
    if (t) {
        *t = *like;
        t->kind = TREE_MAP;
        t->key = key;
        t->first = t->last = t->next = NULL;
        t->n = 0;
        t->text = "";
    }
    return t;
}

static tree *list_member(plan_reading *p, tree *list, const char *step,
                         const tree *value)
{
    double i = 0;
    if (rsp_number_read(step, strlen(step), &i) && i >= 0 && i < (double)list->n) {
        return tree_item(list, (size_t)i);
    }
    for (tree *c = list->first; c; c = c->next) {
        const tree *name = c->kind == TREE_MAP ? tree_get(c, "name") : NULL;
        if (name && strcmp(name->text, step) == 0) {
            return c;
        }
    }
    reader_fail(&p->r, value, RSP_NAME,
                "'%.60s' names no member of the list (by place from 0, or by name)",
                step);
    return NULL;
}

/* The container of the last step; maps on the way are made where missing. */
static tree *descend(plan_reading *p, tree *root, char **steps, size_t n,
                     const tree *value)
{
    tree *t = root;
    for (size_t i = 0; t && reading(&p->r) && i + 1 < n; i++) {
        if (t->kind == TREE_LIST) {
            t = list_member(p, t, steps[i], value);
            continue;
        }
        if (t->kind == TREE_TEXT) {
            reader_fail(&p->r, value, RSP_USAGE, "'%.60s' holds a plain value",
                        steps[i ? i - 1 : 0]);
            return NULL;
        }
        tree *child = tree_get(t, steps[i]);
        if (!child && (child = new_map(p, value, steps[i]))) {
            tree_put(t, child);
        }
        t = child;
    }
    return t;
}

static void put(plan_reading *p, tree *root, char **steps, size_t n, tree *value)
{
    tree *home = descend(p, root, steps, n, value);
    if (!home || !reading(&p->r)) {
        return;
    }
    value->key = steps[n - 1];
    value->key_line = value->key_column = 1;
    if (home->kind == TREE_LIST) {
        tree *old = list_member(p, home, steps[n - 1], value);
        if (old) {
            tree *next = old->next;
            const char *key = old->key;
            *old = *value;
            old->next = next;
            old->key = key;
        }
    } else if (home->kind == TREE_MAP) {
        tree_put(home, value);
    } else {
        reader_fail(&p->r, value, RSP_USAGE, "'%.60s' is inside a plain value",
                    steps[n - 1]);
    }
}

/* "visits.every" to steps; a path that begins with no key of a study is a
 * parameter, whole (it may hold brackets, but no dots). */
static size_t split(plan_reading *p, const char *path, char **steps)
{
    size_t head = strcspn(path, ".");
    size_t n = 0;
    if (!is_top_key(path, head)) {
        steps[n++] = reader_printf(&p->r, "set");
    }
    for (const char *s = path; s && n < MOST_STEPS;) {
        size_t length = strcspn(s, ".");
        steps[n] = rsp_arena_copy(p->r.arena, s, length);
        n += steps[n] != NULL;
        s = s[length] ? s + length + 1 : NULL;
    }
    return n;
}

void plan_override(plan_reading *p, tree *root, const rsp_override *set, size_t n)
{
    for (size_t i = 0; i < n && reading(&p->r); i++) {
        char *name = reader_printf(&p->r, "--set %s", set[i].path);
        char *steps[MOST_STEPS];
        size_t n_steps = reading(&p->r) ? split(p, set[i].path, steps) : 0;
        tree *value = NULL;
        if (n_steps) {
            p->r.status = tree_parse(p->r.arena, name, set[i].value,
                                     strlen(set[i].value), &value, p->r.err);
        }
        if (reading(&p->r) && value) {
            put(p, root, steps, n_steps, value);
        }
    }
}
