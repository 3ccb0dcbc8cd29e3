#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/work.h"

/* The rows an analysis works on: participants, their times, groups and strata. */

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

/* ---- Groups: the arms of the population, or the values of a covariate. */
typedef struct grouping {
    uint32_t *of;   /* [n_subjects]; UINT32_MAX: missing */
    const char **names;
    size_t n;
} grouping;

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

static void group_by(work *w, const tree *at, const char *by, grouping *g)
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

/* The control comes first: contrasts are of the others to it. */
static void control_first(work *w, const options *o, grouping *g)
{
    size_t at = g->n;
    for (size_t k = 0; o->control && k < g->n; k++) {
        const char *word = strstr(g->names[k], " = ");
        at = strcmp(g->names[k], o->control) == 0 || (word && strcmp(word + 3, o->control) == 0)
                 ? k
                 : at;
    }
    if (!o->control || !working(w)) {
        return;
    }
    if (at == g->n) {
        reader_unknown(&w->r, options_at(o, "control"), "no group is named", o->control, g->names,
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

/* ---- Strata: every combination that occurs. */
static void group_strata(work *w, const options *o, grouping *g)
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

/* ---- Endpoints: by name, or by the code that stands for it in ADaM. */
enum { MOST_ENDPOINTS = 200 };

static size_t endpoint_names(const rsp_dataset *d, const char *known[MOST_ENDPOINTS])
{
    size_t n = 0;
    for (size_t i = 0; i < d->n_endpoints && n < MOST_ENDPOINTS; i++) {
        bool seen = false;
        for (size_t k = 0; k < n && !seen; k++) {
            seen = strcmp(known[k], d->endpoints[i].endpoint) == 0;
        }
        if (!seen) {
            known[n++] = d->endpoints[i].endpoint;
        }
    }
    return n;
}

static const char *find_endpoint(work *w, const options *o)
{
    const char *known[MOST_ENDPOINTS];
    size_t n = endpoint_names(w->d, known);
    char code[RSP_PARAMCD_MAX];
    for (size_t k = 0; k < n; k++) {
        if (strcmp(known[k], o->endpoint) == 0) {
            return known[k];
        }
    }
    for (size_t k = 0; k < n; k++) {
        rsp_adam_paramcd(known[k], known, n, code);
        if (strcmp(code, o->endpoint) == 0) {
            return known[k];
        }
    }
    if (n) {
        reader_unknown(&w->r, options_at(o, "endpoint"), "the data have no endpoint", o->endpoint,
                       known, n);
    } else {
        reader_fail(&w->r, options_at(o, "endpoint"), RSP_NAME,
                    "the data have no endpoint '%.60s'; they have none", o->endpoint);
    }
    return NULL;
}

/* Which ends count as events, and in which order as causes. */
static void find_events(work *w, const options *o, bool competing, uint32_t cause[6], size_t *n)
{
    static const char *const words[] = {"event", "end of study", "restart", "lost",
                                        "unconfirmed", NULL};
    static const char *const usual[] = {"event", "restart"};
    const name_list *list = &o->events;
    const name_list without = {usual, competing ? 2 : 1};
    list = list->n ? list : &without;
    *n = 0;
    for (size_t i = 0; i < list->n && working(w); i++) {
        size_t k = 0;
        while (words[k] && strcmp(words[k], list->v[i]) != 0) {
            k++;
        }
        if (!words[k]) {
            reader_unknown(&w->r, options_at(o, "events"), "unknown end of follow-up", list->v[i],
                           words, 5);
        } else if (!cause[k]) {
            cause[k] = (uint32_t)++*n;
        }
    }
}

static int order_of(const rsp_subject *s, const rsp_endpoint_row *e)
{
    if (s->trial != e->trial) {
        return s->trial < e->trial ? -1 : 1;
    }
    if (s->participant != e->participant) {
        return s->participant < e->participant ? -1 : 1;
    }
    return s->arm < e->arm ? -1 : s->arm > e->arm;
}

static bool frame_alloc(work *w, frame *f, size_t n)
{
    f->subject = work_alloc(w, n, sizeof *f->subject);
    f->time = work_alloc(w, n, sizeof *f->time);
    f->event = work_alloc(w, n, sizeof *f->event);
    f->cause = work_alloc(w, n, sizeof *f->cause);
    f->interval = work_alloc(w, n, sizeof *f->interval);
    f->group = work_alloc(w, n, sizeof *f->group);
    f->stratum = work_alloc(w, n, sizeof *f->stratum);
    return working(w);
}

static void take_groups(work *w, const options *o, grouping *groups, grouping *strata, frame *f)
{
    group_by(w, options_at(o, "by"), o->by, groups);
    if (working(w)) {
        control_first(w, o, groups);
    }
    group_strata(w, o, strata);
    f->groups = groups->names;
    f->n_groups = groups->n;
    f->stratum_names = strata->names;
    f->n_strata = strata->n;
}

static bool take_person(frame *f, const grouping *groups, const grouping *strata, uint32_t s)
{
    if (groups->of[s] == UINT32_MAX || strata->of[s] == UINT32_MAX) {
        f->missing++;
        return false;
    }
    ((uint32_t *)(uintptr_t)f->subject)[f->n] = s;
    f->group[f->n] = groups->of[s];
    f->stratum[f->n] = strata->of[s];
    f->n++;
    return true;
}

static void take_row(frame *f, const rsp_endpoint_row *e, const uint32_t cause[6])
{
    size_t i = f->n - 1;
    f->time[i] = e->day;
    f->cause[i] = cause[e->end];
    f->event[i] = f->cause[i] > 0;
    bool seen = e->end == RSP_END_EVENT && isfinite(e->right);
    f->interval[i] = (rsp_interval){isnan(e->left) ? e->day : e->left,
                                    seen ? e->right : (double)INFINITY};
}

void frame_of_endpoint(work *w, const options *o, frame *f)
{
    uint32_t cause[6] = {0};
    grouping groups, strata;
    bool competing = strcmp(tree_get(o->at, "kind")->text, "competing") == 0;
    *f = (frame){.endpoint = working(w) ? find_endpoint(w, o) : NULL};
    find_events(w, o, competing, cause, &f->n_causes);
    take_groups(w, o, &groups, &strata, f);
    if (!frame_alloc(w, f, w->d->n_endpoints)) {
        return;
    }
    for (size_t i = 0, s = 0; i < w->d->n_endpoints; i++) {
        const rsp_endpoint_row *e = &w->d->endpoints[i];
        while (s < w->d->n_subjects && order_of(&w->d->subjects[s], e) < 0) {
            s++;
        }
        bool mine = s < w->d->n_subjects && order_of(&w->d->subjects[s], e) == 0 && w->in[s] &&
                    strcmp(e->endpoint, f->endpoint) == 0;
        if (mine && e->end == RSP_END_NOT_STARTED) {
            f->not_started++;
        } else if (mine && take_person(f, &groups, &strata, (uint32_t)s)) {
            take_row(f, e, cause);
        }
    }
    if (f->missing) {
        note(w, "%zu participant%s left out: '%s'%s is missing.", f->missing,
             f->missing == 1 ? " is" : "s are", o->by, o->strata.n ? " or a stratum" : "");
    }
    if (f->not_started) {
        note(w, "%zu participant%s never at risk.", f->not_started,
             f->not_started == 1 ? " was" : "s were");
    }
}

void frame_of_people(work *w, const options *o, frame *f)
{
    grouping groups, strata;
    *f = (frame){.endpoint = ""};
    take_groups(w, o, &groups, &strata, f);
    if (!frame_alloc(w, f, w->d->n_subjects)) {
        return;
    }
    for (uint32_t s = 0; s < w->d->n_subjects; s++) {
        if (w->in[s]) {
            take_person(f, &groups, &strata, s);
        }
    }
}

bool frame_wants_groups(work *w, const options *o, const frame *f, size_t low, size_t high)
{
    if (working(w) && (f->n_groups < low || f->n_groups > high)) {
        reader_fail(&w->r, options_at(o, "by"), RSP_DATA,
                    "%s of '%s' has %zu group%s here; it needs %zu%s%.0zu%s",
                    tree_get(o->at, "kind")->text, o->by, f->n_groups,
                    f->n_groups == 1 ? "" : "s", low, low == high ? "" : " to ",
                    low == high ? (size_t)0 : high, low == high ? "" : "");
    }
    return working(w);
}
