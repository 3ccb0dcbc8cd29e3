#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/work.h"

/* A plan upon data: who is in, then one analysis after another. */

struct rsp_results {
    rsp_arena *arena;
    rsp_results_view view;
};

const rsp_results_view *rsp_results_of(const rsp_results *results) { return &results->view; }

void rsp_results_free(rsp_results *results)
{
    if (results) {
        rsp_arena_free(results->arena);
    }
}

const rsp_analysis_kind *rsp_analysis_kind_at(size_t i)
{
    /* A kind begins with the same three texts. */
    _Static_assert(offsetof(kind, keys) == offsetof(rsp_analysis_kind, keys), "the same texts");
    return (const rsp_analysis_kind *)(const void *)kind_at(i);
}

/* ---- The population. */
static bool compare(const condition *c, double v)
{
    switch (c->op) {
    case LESS: return v < c->value;
    case AT_MOST: return v <= c->value;
    case EQUAL: return v == c->value;
    case NOT_EQUAL: return v != c->value;
    case AT_LEAST: return v >= c->value;
    case MORE: return v > c->value;
    }
    return false;
}

static bool holds(work *w, const condition *c, uint32_t subject)
{
    double v = (double)NAN;
    if (strcmp(c->name, "arm") == 0 && c->word) {
        bool same = strcmp(w->d->arms[w->d->subjects[subject].arm], c->word) == 0;
        return (c->op == EQUAL) == same;
    }
    const char *word = word_of(w, c->name, subject);
    if (word && !c->word) {
        reader_fail(&w->r, c->at, RSP_DATA, "where: '%.60s' is a covariate of words", c->name);
    } else if (word) {
        return word[0] && (c->op == EQUAL) == (strcmp(word, c->word) == 0);
    }
    if (!covariate_of(w, c->name, subject, &v)) {
        unknown_covariate(w, c->at, c->name);
    }
    return working(w) && !isnan(v) && compare(c, v);
}

static void check_arms(work *w)
{
    const name_list *arms = &w->plan->arms;
    const tree *population = tree_get(w->plan->root, "population");
    for (size_t k = 0; k < arms->n && working(w); k++) {
        bool found = false;
        for (size_t i = 0; i < w->d->n_arms; i++) {
            found |= strcmp(w->d->arms[i], arms->v[k]) == 0;
        }
        if (!found) {
            reader_unknown(&w->r, tree_get(population, "arms"), "the data have no arm",
                           arms->v[k], w->d->arms, w->d->n_arms);
        }
    }
}

static bool in_arms(const work *w, uint32_t subject)
{
    const name_list *arms = &w->plan->arms;
    for (size_t k = 0; k < arms->n; k++) {
        if (strcmp(w->d->arms[w->d->subjects[subject].arm], arms->v[k]) == 0) {
            return true;
        }
    }
    return arms->n == 0;
}

enum { ENROLLED, NO_PRODUCT, INFUSED, STOPPED, RESTARTED, FAILED, EXCLUDED, ANALYSED, STAGES };

/* Participants to whom a thing happened, each counted once: happenings are sorted. */
static void count_happenings(const rsp_dataset *d, const char *what, size_t stage,
                             double (*count)[STAGES])
{
    const rsp_happening *last = NULL;
    for (size_t i = 0; i < d->n_happenings; i++) {
        const rsp_happening *h = &d->happenings[i];
        bool again = last && last->trial == h->trial && last->participant == h->participant &&
                     last->arm == h->arm;
        if (strcmp(h->what, what) == 0 && !again) {
            count[h->arm][stage]++;
            last = h;
        }
    }
}

static void put_people(work *w, rsp_result *people, double (*count)[STAGES])
{
    static const rsp_result_column columns[] = {
        {"arm", "arm", "", RSP_CELL_TEXT, false},
        {"participants", "participants", "", RSP_CELL_COUNT, false},
        {"no_product", "no product", "", RSP_CELL_COUNT, false},
        {"infused", "infused", "", RSP_CELL_COUNT, false},
        {"stopped", "stopped ART", "", RSP_CELL_COUNT, false},
        {"restarted", "restarted ART", "", RSP_CELL_COUNT, false},
        {"failed", "no course", "", RSP_CELL_COUNT, false},
        {"excluded", "not in the population", "", RSP_CELL_COUNT, false},
        {"analysed", "analysed", "", RSP_CELL_COUNT, false}};
    double all[STAGES] = {0};
    for (size_t a = 0; a < w->d->n_arms && working(w); a++) {
        for (size_t k = 0; k < STAGES; k++) {
            all[k] += count[a][k];
        }
    }
    w->result = people;
    table t = TABLE_OPEN(w, "people", "Participants", columns);
    for (size_t a = 0; a < w->d->n_arms && w->d->n_subjects && working(w); a++) {
        put_text(&t, "%s", w->d->arms[a]);
        for (size_t k = 0; k < STAGES; k++) { /* a stage that is not in the data stays empty */
            bool known = k == ENROLLED || k == ANALYSED || all[k] > 0;
            put(&t, known ? count[a][k] : (double)NAN);
        }
    }
    table_close(&t);
}

static const char *unmet(work *w, const condition *c)
{
    return reader_printf(&w->r, "not %s", c->text);
}

/* Left out, in this order: no course, another arm, a condition. */
static void choose_people(work *w, rsp_result *people)
{
    const rsp_dataset *d = w->d;
    w->in = work_alloc(w, d->n_subjects, sizeof *w->in);
    w->left_out = work_alloc(w, d->n_subjects, sizeof *w->left_out);
    double(*count)[STAGES] = work_alloc(w, d->n_arms, sizeof *count);
    check_arms(w);
    for (uint32_t i = 0; i < d->n_subjects && working(w); i++) {
        bool in = in_arms(w, i);
        w->left_out[i] = in ? "" : "another arm";
        for (size_t k = 0; k < w->plan->n_conditions && in; k++) {
            in = holds(w, &w->plan->conditions[k], i);
            w->left_out[i] = in ? "" : unmet(w, &w->plan->conditions[k]);
        }
        w->in[i] = in && !d->subjects[i].failed;
        double *c = count[d->subjects[i].arm];
        c[ENROLLED]++;
        c[NO_PRODUCT] += d->subjects[i].product_failed;
        c[FAILED] += d->subjects[i].failed;
        c[EXCLUDED] += !d->subjects[i].failed && !in;
        c[ANALYSED] += w->in[i];
    }
    if (working(w)) {
        count_happenings(d, "infuse", INFUSED, count);
        count_happenings(d, "stop art", STOPPED, count);
        count_happenings(d, "start art", RESTARTED, count);
    }
    put_people(w, people, count);
}

static void say_population(work *w)
{
    const rsp_analysis *p = w->plan;
    if (!w->d->n_subjects) {
        return;
    }
    if (!p->arms.n && !p->n_conditions) {
        say(w, "All participants of the data set were analysed.");
        return;
    }
    say(w, "Analysed were the participants");
    for (size_t i = 0; i < p->arms.n; i++) {
        say(w, "%s%s", i ? "or " : "of arm ", p->arms.v[i]);
    }
    for (size_t i = 0; i < p->n_conditions; i++) {
        say(w, "%s%s", i ? "and " : "with ", p->conditions[i].text);
    }
    rsp_text_add(&w->methods, ".");
}

/* ---- Multiplicity over the list. */
static void adjust(work *w, rsp_results_view *view)
{
    static const rsp_result_column columns[] = {
        {"analysis", "analysis", "", RSP_CELL_TEXT, false},
        {"p", "p", "", RSP_CELL_P, false},
        {"adjusted", "adjusted p", "", RSP_CELL_P, false}};
    static const char *const how[] = {"", "Bonferroni", "Holm 1979", "Hochberg 1988",
                                      "Hommel 1988", "Benjamini and Hochberg 1995",
                                      "Benjamini and Yekutieli 2001"};
    double *p = work_alloc(w, view->n, sizeof *p), *q = work_alloc(w, view->n, sizeof *q);
    rsp_error err = {0};
    rsp_result *all = work_alloc(w, 1, sizeof *all);
    if (!working(w) || !w->plan->multiplicity) {
        return;
    }
    for (size_t i = 0; i < view->n; i++) {
        p[i] = view->items[i].p;
    }
    rsp_status s = rsp_adjust((rsp_multiplicity)w->plan->multiplicity, p, view->n, q, &err);
    if (!work_took(w, tree_get(w->plan->root, "multiplicity"), s, &err)) {
        return;
    }
    w->result = all;
    table t = TABLE_OPEN(w, "adjusted", "Adjusted for several tests", columns);
    for (size_t i = 0; i < view->n; i++) {
        put_text(&t, "%s", view->items[i].name);
        put(&t, p[i]);
        put_reason(&t, "no test");
        put(&t, q[i]);
    }
    table_close(&t);
    say(w, "The first p of each analysis was adjusted for their number (%s).",
        how[w->plan->multiplicity]);
    view->adjusted = all->tables;
}

static void forget_methods(work *w)
{
    w->methods.length = 0;
    if (w->methods.data) {
        w->methods.data[0] = '\0';
    }
}

static char *take_methods(work *w)
{
    char *copy = NULL;
    if (w->methods.failed) {
        reader_fail(&w->r, NULL, RSP_NOMEM, "out of memory");
    } else {
        copy = reader_printf(&w->r, "%s", w->methods.data ? w->methods.data : "");
    }
    forget_methods(w);
    return copy;
}

static void take_source(work *w, rsp_results_view *view)
{
    const rsp_analysis_data *data = w->data;
    rsp_analysis_file *files = work_alloc(w, data->n_files, sizeof *files);
    for (size_t i = 0; files && i < data->n_files; i++) {
        files[i].name = reader_printf(&w->r, "%s", data->files[i].name);
        files[i].sha256 = reader_printf(&w->r, "%s", data->files[i].sha256);
    }
    view->files = files;
    view->n_files = data->n_files;
    view->title = reader_printf(&w->r, "%s", w->plan->title);
    view->study = reader_printf(&w->r, "%s", w->d->study ? w->d->study : "");
    view->plan_sha256 = reader_printf(&w->r, "%s", w->plan->sha256);
    view->notes = reader_printf(&w->r, "%s", data->notes ? data->notes : "");
}

static void add_value(rsp_text *out, const tree *t)
{
    rsp_text_add(out, t->kind == TREE_TEXT ? t->text : "");
    for (const tree *c = t->first; c; c = c->next) {
        rsp_text_printf(out, "%s%s%s", c == t->first ? "" : ", ", c->key ? c->key : "",
                        c->key ? " " : "");
        add_value(out, c);
    }
}

/* The methods end with the plan's own words: nothing that was asked is left out. */
static void say_asked(work *w, const tree *at)
{
    bool first = true;
    for (const tree *c = at->first; c && working(w); c = c->next) {
        if (strcmp(c->key, "kind") != 0 && strcmp(c->key, "name") != 0) {
            rsp_text_add(&w->methods, first && w->methods.length ? " " : "");
            rsp_text_printf(&w->methods, "%s%s: ", first ? "The plan asks: " : "; ", c->key);
            add_value(&w->methods, c);
            first = false;
        }
    }
    rsp_text_add(&w->methods, first ? "" : ".");
}

/* What the data do not allow ends one analysis, which says so, not the others; what the
 * plan asks for in vain (a name, a key's value) ends the run, at its place. */
static void forgive(work *w, rsp_result *r, const tree *at)
{
    const rsp_error *err = w->r.err;
    bool data = w->r.status == RSP_DATA || w->r.status == RSP_RANGE;
    if (working(w) || !data || err->line != at->line || err->column != at->column) {
        return;
    }
    char why[sizeof err->message];
    snprintf(why, sizeof why, "%s", err->message);
    w->r.status = RSP_OK;
    *w->r.err = (rsp_error){.code = RSP_OK};
    r->n_tables = r->n_notes = 0;
    r->p = (double)NAN;
    forget_methods(w);
    note(w, "Not done: %s.", why);
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_names(const name_list *a, const name_list *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) {
        same = same_text(a->v[i], b->v[i]);
    }
    return same;
}

/* The first log-rank test of the same event in the same groups. */
static const rsp_result *test_of_curves(work *w, const rsp_result *items, size_t curves)
{
    const options *mine = &w->plan->items[curves].options;
    for (size_t i = 0; i < w->plan->n_items && strcmp(items[curves].kind, "curves") == 0; i++) {
        const options *o = &w->plan->items[i].options;
        if (strcmp(items[i].kind, "compare") == 0 && same_text(mine->endpoint, o->endpoint) &&
            same_text(mine->by, o->by) && same_names(&mine->events, &o->events)) {
            return &items[i];
        }
    }
    return NULL;
}

static void run_items(work *w, rsp_results_view *view)
{
    rsp_result *items = work_alloc(w, w->plan->n_items, sizeof *items);
    for (size_t i = 0; i < w->plan->n_items && working(w); i++) {
        const item *it = &w->plan->items[i];
        items[i] = (rsp_result){.name = reader_printf(&w->r, "%s", it->name),
                                .kind = it->kind->name, .title = it->kind->what,
                                .p = (double)NAN};
        w->result = &items[i];
        w->at = i;
        it->kind->run(w, &it->options);
        forgive(w, &items[i], it->options.at);
        say_asked(w, it->options.at);
        items[i].methods = take_methods(w);
    }
    for (size_t i = 0; i < w->plan->n_items && working(w); i++) {
        items[i].test = test_of_curves(w, items, i);
    }
    view->items = items;
    view->n = w->plan->n_items;
}

static const char *control_of(work *w)
{
    for (size_t i = 0; i < w->plan->n_items; i++) {
        if (w->plan->items[i].options.control) {
            return reader_printf(&w->r, "%s", w->plan->items[i].options.control);
        }
    }
    return "";
}

rsp_status rsp_analysis_run(const rsp_analysis *plan, const rsp_analysis_data *data,
                            rsp_results **out, rsp_error *err)
{
    *out = NULL;
    rsp_arena *arena = rsp_arena_new();
    rsp_results *res = arena ? rsp_arena_alloc(arena, 1, sizeof *res) : NULL;
    rsp_result *people = arena ? rsp_arena_alloc(arena, 1, sizeof *people) : NULL;
    if (!res || !people) {
        rsp_arena_free(arena);
        return rsp_fail(err, RSP_NOMEM, "out of memory");
    }
    rsp_error own = {0}; /* err may be NULL */
    work w = {.r = {.arena = arena, .err = err ? err : &own}, .plan = plan, .data = data, .d = data->rows};
    res->arena = arena;
    take_source(&w, &res->view);
    choose_people(&w, people);
    res->view.people = people->tables;
    res->view.analysed = w.in;
    res->view.left_out = w.left_out;
    res->view.threshold = plan->threshold;
    res->view.control = control_of(&w);
    run_items(&w, &res->view);
    say_population(&w);
    adjust(&w, &res->view);
    res->view.methods = take_methods(&w);
    rsp_text_fini(&w.methods);
    if (!working(&w)) {
        rsp_arena_free(arena);
        return w.r.status;
    }
    *out = res;
    return RSP_OK;
}
