#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/people.h"

/* The flow of the rows of a data set: everybody is asked at every step, those who stay and
 * those who leave are counted apart. */

typedef struct question {
    const char *label, *left_as;
    bool (*stays)(const cohort *c, const person *p);
    const char *(*why)(const cohort *c, const person *p); /* not; NULL: nothing is known */
} question;

static bool has_course(const cohort *c, const person *p)
{
    return !c->rows->subjects[p->subject].failed;
}
static bool is_in(const cohort *c, const person *p) { return !c->in || c->in[p->subject]; }
static bool has_product(const cohort *c, const person *p)
{
    return !c->rows->subjects[p->subject].product_failed;
}
static bool happened(const cohort *c, const person *p, const char *what)
{
    for (size_t i = p->h_first; i < p->h_last; i++) {
        if (strcmp(c->rows->happenings[i].what, what) == 0) {
            return true;
        }
    }
    return false;
}
static bool is_infused(const cohort *c, const person *p) { return happened(c, p, "infuse"); }
static bool is_off(const cohort *c, const person *p) { return happened(c, p, "stop art"); }

static const char *why_failed(const cohort *c, const person *p)
{
    return c->rows->subjects[p->subject].reason;
}
static const char *why_out(const cohort *c, const person *p)
{
    return c->left_out ? c->left_out[p->subject] : "";
}
static const char *why_restarted(const cohort *c, const person *p)
{
    for (size_t i = p->h_first; i < p->h_last; i++) {
        if (strcmp(c->rows->happenings[i].what, "start art") == 0) {
            return c->rows->happenings[i].reason;
        }
    }
    return "";
}

/* One more for a reason; where there is no room or no word for it, among the others. */
static void give_reason(flow_reasons *why, const char *text)
{
    size_t i = 0;
    while (text && text[0] && i < why->n && i < MOST_REASONS && strcmp(why->v[i].text, text) != 0) {
        i++;
    }
    bool named = text && text[0] && i < MOST_REASONS;
    if (named && i == why->n) {
        why->v[why->n++].text = text;
    }
    why->v[named ? i : MOST_REASONS].n++;
}

/* Others go last; where nothing else is known they go unsaid. */
static void close_reasons(flow_reasons *why)
{
    if (why->n && why->v[MOST_REASONS].n) {
        why->v[why->n].n = why->v[MOST_REASONS].n;
        why->v[why->n++].text = NULL;
    }
}

static bool anybody(const cohort *c, const roster *r, const question *q, bool stays)
{
    for (size_t i = 0; i < r->n; i++) {
        if (q->stays(c, &r->people[i]) == stays) {
            return true;
        }
    }
    return false;
}

/* Those who leave are no longer in `r`. */
static void ask(const cohort *c, const question *q, roster *r, flow *f)
{
    size_t stay = 0, leave = 0, n = r->n;
    flow_reasons why = {.n = 0};
    for (size_t i = 0; i < n; i++) {
        if (q->stays(c, &r->people[i])) {
            r->people[stay++] = r->people[i];
        } else {
            leave++;
            give_reason(&why, q->why ? q->why(c, &r->people[i]) : "");
        }
    }
    r->n = stay;
    close_reasons(&why);
    f->steps[f->n_steps++] = (flow_step){q->label, stay, q->left_as, leave, why};
}

/* The last that is known of each. */
static void end_of(const cohort *c, const roster *r, bool off, flow *f)
{
    enum { EVENT = ENDED_DEATH + 1, N_ENDINGS };
    const char *const labels[N_ENDINGS] = {
        [ENDED_UNKNOWN] = "no later record", [ENDED_RESTART] = "ART restarted",
        [ENDED_OFF_ART] = off ? "off ART at the end" : "followed to the end",
        [ENDED_LOST] = "follow-up lost", [ENDED_DEATH] = "died", [EVENT] = "had the event"};
    static const int order[N_ENDINGS] = {EVENT, ENDED_RESTART, ENDED_OFF_ART, ENDED_LOST,
                                         ENDED_DEATH, ENDED_UNKNOWN};
    size_t n[N_ENDINGS] = {0};
    flow_reasons why = {.n = 0};
    for (size_t i = 0; i < r->n; i++) {
        const person *p = &r->people[i];
        n[p->ending == ENDED_UNKNOWN && isfinite(p->event) ? EVENT : (int)p->ending]++;
        if (p->ending == ENDED_RESTART) {
            give_reason(&why, why_restarted(c, p));
        }
    }
    close_reasons(&why);
    for (size_t k = 0; k < N_ENDINGS && n[ENDED_UNKNOWN] < r->n; k++) {
        if (n[order[k]]) {
            f->ends[f->n_ends++] = (flow_step){.label = labels[order[k]], .n = n[order[k]]};
            if (order[k] == ENDED_RESTART) {
                f->ends[f->n_ends - 1].why = why;
            }
        }
    }
}

void flow_of_rows(const cohort *c, size_t arm, flow *f)
{
    static const question course = {"with data", "without data", has_course, why_failed};
    static const question in = {"analysed", "not in the population", is_in, why_out};
    static const question product = {"product made", "product not made", has_product, NULL};
    static const question infused = {"infused", "not infused", is_infused, NULL};
    static const question off = {"stopped ART", "did not stop ART", is_off, NULL};
    cohort all = *c;
    roster r;
    all.in = NULL;
    *f = (flow){.n_steps = 0};
    if (!people_list(&all, &r)) {
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < r.n; i++) {
        if (r.people[i].arm == arm && !c->rows->subjects[r.people[i].subject].screened_out) {
            r.people[n++] = r.people[i];
        }
    }
    r.n = n;
    const size_t out = rsp_dataset_screened_out(c->rows, arm);
    if (out) {
        f->steps[f->n_steps++] = (flow_step){.label = "screened for the arm", .n = n + out};
    }
    f->steps[f->n_steps++] = (flow_step){.label = "in the data", .n = n, .left = out,
                                         .left_as = out ? "not eligible" : NULL};
    if (anybody(c, &r, &course, false)) {
        ask(c, &course, &r, f);
    }
    ask(c, &in, &r, f);
    if (anybody(c, &r, &product, false)) {
        ask(c, &product, &r, f);
    }
    if (anybody(c, &r, &infused, true)) {
        ask(c, &infused, &r, f);
    }
    bool art = anybody(c, &r, &off, true);
    if (art) {
        ask(c, &off, &r, f);
    }
    end_of(c, &r, art, f);
    free(r.people);
}
