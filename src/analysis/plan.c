#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/work.h"

/* The text of a plan, checked: nothing here knows of data. */

static const char *const plan_keys[] = {"analysis", "data", "population", "historical",
                                        "level", "multiplicity", "threshold", "analyses", NULL};
enum { MOST_KINDS = 64, MOST_ANALYSES = 200, MOST_CONDITIONS = 50 };

/* ---- The population. */
static bool take_operator(const char **s, condition *c)
{
    static const struct { const char *text; int op; } ops[] = {
        {"<=", AT_MOST}, {">=", AT_LEAST}, {"!=", NOT_EQUAL}, {"==", EQUAL},
        {"<", LESS}, {">", MORE}, {"=", EQUAL}};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        size_t n = strlen(ops[i].text);
        if (strncmp(*s, ops[i].text, n) == 0) {
            c->op = ops[i].op;
            *s += n;
            return true;
        }
    }
    return false;
}

/* "age >= 40", "sex = female". */
static void read_condition(reader *r, const tree *t, condition *c)
{
    const char *s = reader_text(r, t, "where"), *name = s;
    size_t n = strcspn(s, "<>=!");
    const char *rest = s + n;
    *c = (condition){.at = t, .text = s};
    if (!reading(r)) {
        return;
    }
    while (n && name[n - 1] == ' ') {
        n--;
    }
    if (!n || !take_operator(&rest, c)) {
        reader_fail(r, t, RSP_SYNTAX, "where: '%.60s' is no condition; write for example "
                                      "'age >= 40' or 'sex = female'", s);
        return;
    }
    rest += strspn(rest, " ");
    c->name = reader_printf(r, "%.*s", (int)n, name);
    if (!rsp_number_read(rest, strlen(rest), &c->value)) {
        c->word = rest;
        if (!*rest || (c->op != EQUAL && c->op != NOT_EQUAL)) {
            reader_fail(r, t, RSP_SYNTAX, "where: '%.60s' compares with '%.40s', which is no "
                                          "number", s, rest);
        }
    }
}

/* One arm or a list of them; t may be NULL. */
static void read_arms(reader *r, const tree *t, name_list *arms)
{
    size_t n = t && t->kind == TREE_LIST ? t->n : t ? 1 : 0, i = 0;
    const char **v = reader_alloc(r, n, sizeof *v);
    for (const tree *c = t && t->kind == TREE_LIST ? t->first : t; c && v && i < n; c = c->next) {
        v[i++] = reader_text(r, c, "an arm");
    }
    *arms = (name_list){v, i};
}

static void read_population(reader *r, const tree *t, rsp_analysis *plan)
{
    static const char *const known[] = {"arms", "where", NULL};
    if (!t || !reader_map(r, t, "population", known)) {
        return;
    }
    const tree *where = tree_get(t, "where");
    read_arms(r, tree_get(t, "arms"), &plan->arms);
    if (where) {
        size_t n = where->kind == TREE_LIST ? where->n : 1;
        condition *v = reader_alloc(r, n, sizeof *v);
        const tree *c = where->kind == TREE_LIST ? where->first : where;
        for (size_t i = 0; i < n && c && v && reading(r); i++, c = c->next) {
            read_condition(r, c, &v[i]);
        }
        plan->conditions = v;
        plan->n_conditions = n;
    }
}

/* ---- The list. */
static const kind *find_kind(reader *r, const tree *t)
{
    const char *known[MOST_KINDS], *s = reader_text(r, t, "kind");
    size_t n = 0;
    for (const kind *k; reading(r) && (k = kind_at(n)) != NULL; n++) {
        known[n] = k->name;
        if (strcmp(k->name, s) == 0) {
            return k;
        }
    }
    if (reading(r)) {
        reader_unknown(r, t, "unknown kind of analysis", s, known, n);
    }
    return NULL;
}

static void read_item(reader *r, const tree *t, size_t number, double level, item *it)
{
    if (!reader_kind(r, t, TREE_MAP, "an analysis")) {
        return;
    }
    const tree *k = reader_need(r, t, "kind", "an analysis"), *name = tree_get(t, "name");
    it->kind = k ? find_kind(r, k) : NULL;
    if (!it->kind) {
        return;
    }
    options_read(r, t, it->kind->name, it->kind->keys, it->kind->needed, level, &it->options);
    it->name = name ? reader_text(r, name, "name")
                    : reader_printf(r, "%zu. %s%s%s", number, it->kind->name,
                                    it->options.endpoint ? ": " : "",
                                    it->options.endpoint ? it->options.endpoint : "");
}

static void read_list(reader *r, const tree *t, rsp_analysis *plan)
{
    if (!t || !reader_kind(r, t, TREE_LIST, "analyses")) {
        return;
    }
    if (t->n < 1 || t->n > MOST_ANALYSES) {
        reader_fail(r, t, RSP_RANGE, "a plan has 1 to %d analyses", MOST_ANALYSES);
        return;
    }
    item *items = reader_alloc(r, t->n, sizeof *items);
    size_t i = 0;
    for (const tree *c = t->first; c && reading(r); c = c->next, i++) {
        read_item(r, c, i + 1, plan->level, &items[i]);
        for (size_t k = 0; k < i && reading(r); k++) {
            if (strcmp(items[k].name, items[i].name) == 0) {
                reader_fail(r, c, RSP_NAME, "two analyses are named '%.60s'", items[i].name);
            }
        }
    }
    plan->items = items;
    plan->n_items = i;
}

static void read_plan(reader *r, rsp_analysis *plan)
{
    static const char *const ways[] = {"none", "bonferroni", "holm", "hochberg", "hommel",
                                       "bh", "by", NULL};
    const tree *root = plan->root;
    if (!reader_map(r, root, "a plan", plan_keys)) {
        return;
    }
    const tree *title = reader_need(r, root, "analysis", "a plan");
    const tree *list = reader_need(r, root, "analyses", "a plan");
    const tree *level = tree_get(root, "level"), *adjust = tree_get(root, "multiplicity");
    const tree *threshold = tree_get(root, "threshold");
    if (!reading(r)) {
        return;
    }
    plan->title = reader_text(r, title, "analysis");
    plan->level = level ? reader_share(r, level, "level") : 0.95;
    if (reading(r) && !(plan->level >= 0.5 && plan->level <= 0.9999)) {
        reader_fail(r, level, RSP_RANGE, "level must lie between 50 and 99.99 %%");
    }
    plan->threshold = threshold ? reader_number(r, threshold, "threshold") : (double)NAN;
    if (reading(r) && threshold && !(plan->threshold > 0 && isfinite(plan->threshold))) {
        reader_fail(r, threshold, RSP_RANGE, "threshold is a viral load in copies/mL, above 0");
    }
    plan->multiplicity = adjust ? reader_choice(r, adjust, "multiplicity", ways) : 0;
    sources_read(r, tree_get(root, "data"), &plan->sources, &plan->n_sources);
    read_population(r, tree_get(root, "population"), plan);
    read_arms(r, tree_get(root, "historical"), &plan->historical);
    read_list(r, list, plan);
}

static void hash_text(const char *text, size_t length, char hex[65])
{
    rsp_sha256 sha;
    rsp_sha256_init(&sha);
    rsp_sha256_add(&sha, text, length);
    rsp_sha256_hex(&sha, hex);
}

rsp_status rsp_analysis_read_text(const char *name, const char *text, size_t length,
                                  rsp_analysis **out, rsp_error *err)
{
    *out = NULL;
    rsp_arena *arena = rsp_arena_new();
    rsp_analysis *plan = arena ? rsp_arena_alloc(arena, 1, sizeof *plan) : NULL;
    if (!plan) {
        rsp_arena_free(arena);
        return rsp_fail(err, RSP_NOMEM, "out of memory");
    }
    reader r = {.arena = arena, .err = err};
    tree *root = NULL;
    plan->arena = arena;
    hash_text(text, length, plan->sha256);
    r.status = tree_parse_as(arena, "analysis plan", name, text, length, &root, err);
    plan->root = root;
    if (reading(&r)) {
        read_plan(&r, plan);
    }
    if (!reading(&r)) {
        rsp_arena_free(arena);
        return r.status;
    }
    *out = plan;
    return RSP_OK;
}

rsp_status rsp_analysis_read(const char *path, rsp_analysis **plan, rsp_error *err)
{
    char *text = NULL;
    size_t length = 0;
    *plan = NULL;
    rsp_status s = rsp_file_read(path, 0, &text, &length, err);
    if (s == RSP_OK) {
        s = rsp_text_check(path, text, length, err);
    }
    if (s == RSP_OK) {
        s = rsp_analysis_read_text(path, text, length, plan, err);
    }
    free(text);
    return s;
}

void rsp_analysis_free(rsp_analysis *plan)
{
    if (plan) {
        rsp_arena_free(plan->arena);
    }
}

const char *rsp_analysis_title(const rsp_analysis *plan) { return plan->title; }
const char *rsp_analysis_sha256(const rsp_analysis *plan) { return plan->sha256; }
