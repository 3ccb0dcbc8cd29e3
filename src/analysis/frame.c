#include <math.h>
#include <string.h>

#include "analysis/group.h"

/* The rows an analysis works on: participants and their times. */

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

/* Rows are in order of trial and participant; a person has one in each arm. */
static void note_shared(work *w, const frame *f)
{
    const rsp_subject *all = w->d->subjects;
    size_t shared = 0;
    for (size_t i = 0, end; i < f->n; i = end) {
        bool again = false;
        for (end = i + 1; end < f->n && all[f->subject[end]].trial == all[f->subject[i]].trial &&
                          all[f->subject[end]].participant == all[f->subject[i]].participant; end++) {
            again |= f->group[end] != f->group[i];
        }
        shared += again;
    }
    if (shared) {
        note(w, "%zu participant%s in several groups (arms of a counterfactual design): what "
                "compares groups is unpaired, it takes %s for different people.", shared,
             shared == 1 ? " is" : "s are", shared == 1 ? "one" : "them");
    }
}

static void wants_somebody(work *w, const options *o, const frame *f)
{
    if (working(w) && f->n == 0) {
        reader_fail(&w->r, o->at, RSP_DATA, "nobody is left to analyse");
    }
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
    note_shared(w, f);
    wants_somebody(w, o, f);
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
    note_shared(w, f);
    wants_somebody(w, o, f);
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
