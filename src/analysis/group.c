#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/group.h"

/* Covariates of participants, and the groups and strata that they make. */

/* ---- Covariates. */
bool covariate_of(const work *w, const char *name, uint32_t subject, double *v)
{
    for (size_t k = 0; k < w->d->n_covariates; k++) {
        if (strcmp(w->d->covariates[k], name) == 0) {
            *v = w->d->subjects[subject].covariates[k];
            return true;
        }
    }
    return false;
}

const char *word_of(const work *w, const char *name, uint32_t subject)
{
    for (size_t k = 0; k < w->d->n_texts; k++) {
        if (strcmp(w->d->texts[k], name) == 0) {
            return w->d->subjects[subject].texts[k];
        }
    }
    return NULL;
}

void unknown_covariate(work *w, const tree *at, const char *name)
{
    const char *known[200];
    size_t n = 0;
    for (size_t i = 0; i < w->d->n_covariates && n < 200; i++) {
        known[n++] = w->d->covariates[i];
    }
    for (size_t i = 0; i < w->d->n_texts && n < 200; i++) {
        known[n++] = w->d->texts[i];
    }
    if (working(w) && !n) {
        reader_fail(&w->r, at, RSP_NAME, "the data have no covariate '%.60s'; they have none",
                    name);
    } else if (working(w)) {
        reader_unknown(&w->r, at, "the data have no covariate", name, known, n);
    }
}

/* ---- Groups. */

static void by_arm(work *w, grouping *g)
{
    const rsp_dataset *d = w->d;
    uint32_t *number = work_alloc(w, d->n_arms, sizeof *number);
    const name_list *order = &w->plan->arms;
    for (size_t i = 0; working(w) && i < d->n_arms; i++) {
        number[i] = UINT32_MAX;
    }
    for (size_t k = 0; working(w) && k < (order->n ? order->n : d->n_arms); k++) {
        size_t arm = k;
        for (size_t i = 0; order->n && i < d->n_arms; i++) {
            arm = strcmp(d->arms[i], order->v[k]) == 0 ? i : arm;
        }
        bool there = false;
        for (size_t i = 0; i < d->n_subjects && !there; i++) {
            there = w->in[i] && d->subjects[i].arm == arm;
        }
        if (there && number[arm] == UINT32_MAX) {
            g->names[g->n] = d->arms[arm];
            number[arm] = (uint32_t)g->n++;
        }
    }
    for (size_t i = 0; working(w) && i < d->n_subjects; i++) {
        g->of[i] = w->in[i] ? number[d->subjects[i].arm] : UINT32_MAX;
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

enum { MOST_VALUES = 1000 };

static void by_covariate(work *w, const tree *at, const char *name, grouping *g)
{
    const rsp_dataset *d = w->d;
    double values[MOST_VALUES], v;
    size_t n = 0;
    for (uint32_t i = 0; i < d->n_subjects && working(w); i++) {
        if (!covariate_of(w, name, i, &v)) {
            unknown_covariate(w, at, name);
            return;
        }
        bool seen = !w->in[i] || isnan(v);
        for (size_t k = 0; k < n && !seen; k++) {
            seen = values[k] == v;
        }
        if (!seen && n == MOST_VALUES) {
            reader_fail(&w->r, at, RSP_DATA, "'%.60s' has more than %d values; groups come from "
                                             "a covariate of a few", name, MOST_VALUES);
        } else if (!seen) {
            values[n++] = v;
        }
    }
    qsort(values, n, sizeof *values, by_size);
    for (size_t k = 0; k < n && working(w); k++) {
        char text[RSP_NUMBER_MAX];
        rsp_number_write(values[k], text);
        g->names[k] = reader_printf(&w->r, "%s = %s", name, text);
    }
    g->n = n;
    for (uint32_t i = 0; i < d->n_subjects && working(w); i++) {
        covariate_of(w, name, i, &v);
        g->of[i] = UINT32_MAX;
        for (size_t k = 0; k < n && w->in[i]; k++) {
            g->of[i] = values[k] == v ? (uint32_t)k : g->of[i];
        }
    }
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Groups of a covariate of words are in the order of their bytes. */
static void by_word(work *w, const tree *at, const char *name, grouping *g)
{
    for (uint32_t i = 0; i < w->d->n_subjects && working(w); i++) {
        const char *word = word_of(w, name, i);
        bool seen = !w->in[i] || !word[0];
        for (size_t k = 0; k < g->n && !seen; k++) {
            seen = strcmp(g->names[k], word) == 0;
        }
        if (!seen && g->n == MOST_VALUES) {
            reader_fail(&w->r, at, RSP_DATA, "'%.60s' has more than %d values; groups come from "
                                             "a covariate of a few", name, MOST_VALUES);
        } else if (!seen) {
            g->names[g->n++] = word;
        }
    }
    qsort(g->names, g->n, sizeof *g->names, by_bytes);
    for (uint32_t i = 0; i < w->d->n_subjects && working(w); i++) {
        g->of[i] = UINT32_MAX;
        for (size_t k = 0; k < g->n && w->in[i]; k++) {
            g->of[i] = strcmp(g->names[k], word_of(w, name, i)) == 0 ? (uint32_t)k : g->of[i];
        }
    }
}

void group_by(work *w, const tree *at, const char *by, grouping *g)
{
    *g = (grouping){.of = work_alloc(w, w->d->n_subjects, sizeof *g->of),
                    .names = work_alloc(w, w->d->n_arms + MOST_VALUES, sizeof *g->names)};
    if (!working(w)) {
        return;
    }
    if (strcmp(by, "arm") == 0) {
        by_arm(w, g);
    } else if (strcmp(by, "none") == 0) {
        g->names[g->n++] = "all";
        for (size_t i = 0; i < w->d->n_subjects; i++) {
            g->of[i] = w->in[i] ? 0 : UINT32_MAX;
        }
    } else if (w->d->n_subjects && word_of(w, by, 0)) {
        by_word(w, at, by, g);
    } else {
        by_covariate(w, at, by, g);
    }
}

bool group_is_historical(const work *w, const options *o, const char *name)
{
    const name_list *historical = &w->plan->historical;
    bool is = false;
    for (size_t k = 0; k < historical->n && strcmp(o->by, "arm") == 0; k++) {
        is |= strcmp(historical->v[k], name) == 0;
    }
    return is;
}

/* Named so by the analysis; else the arm that the plan calls historical; else none. */
static const char *control_of(const work *w, const options *o, const grouping *g)
{
    for (size_t k = 0; !o->control && k < g->n; k++) {
        if (group_is_historical(w, o, g->names[k])) {
            return g->names[k];
        }
    }
    return o->control;
}

void control_first(work *w, const options *o, grouping *g)
{
    size_t at = g->n;
    const char *control = control_of(w, o, g);
    for (size_t k = 0; control && k < g->n; k++) {
        const char *word = strstr(g->names[k], " = ");
        at = strcmp(g->names[k], control) == 0 || (word && strcmp(word + 3, control) == 0)
                 ? k
                 : at;
    }
    if (!control || !working(w)) {
        return;
    }
    if (at == g->n) {
        reader_unknown(&w->r, options_at(o, "control"), "no group is named", control, g->names,
                       g->n);
        return;
    }
    const char *name = g->names[at];
    memmove(g->names + 1, g->names, at * sizeof *g->names);
    g->names[0] = name;
    for (size_t i = 0; i < w->d->n_subjects; i++) {
        g->of[i] = g->of[i] == at ? 0 : g->of[i] < at ? g->of[i] + 1 : g->of[i];
    }
}

/* ---- Strata. */
void group_strata(work *w, const options *o, grouping *g)
{
    const tree *at = options_at(o, "strata");
    group_by(w, at, o->strata.n ? o->strata.v[0] : "none", g);
    for (size_t s = 1; s < o->strata.n && working(w); s++) {
        grouping more, both = {.of = work_alloc(w, w->d->n_subjects, sizeof *both.of)};
        group_by(w, at, o->strata.v[s], &more);
        both.names = work_alloc(w, g->n * more.n, sizeof *both.names);
        for (size_t a = 0; working(w) && a < g->n * more.n; a++) {
            both.names[a] = reader_printf(&w->r, "%s, %s", g->names[a / more.n],
                                          more.names[a % more.n]);
        }
        for (size_t i = 0; working(w) && i < w->d->n_subjects; i++) {
            both.of[i] = g->of[i] == UINT32_MAX || more.of[i] == UINT32_MAX
                             ? UINT32_MAX
                             : g->of[i] * (uint32_t)more.n + more.of[i];
        }
        both.n = g->n * more.n;
        *g = both;
    }
}
