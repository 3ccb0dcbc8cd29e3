#include "report/people.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double WEEK = 7.0;

const char *people_count_from(const rsp_plan_view *plan, const rsp_findings *f)
{
    const char *from = plan->n_endpoints ? plan->endpoints[0].from : NULL;
    for (size_t i = 0; from && f->example && i < f->example->n_happenings; i++) {
        if (strcmp(f->example->happenings[i].what, from) == 0) {
            return from;
        }
    }
    return "start";
}

double people_weeks(const person *p, double day) { return (day - p->zero) / WEEK; }

bool people_row_counts(const rsp_dataset *d, const person *p, size_t row,
                       const char *assay)
{
    const rsp_measurement *m = &d->measurements[row];
    return isfinite(p->zero) && m->state != RSP_MISSING && strcmp(m->assay, assay) == 0;
}

/* Negative, 0 or positive as a row's owner comes before, is, or comes after. */
static int compare(uint32_t who, uint32_t arm, const person *p)
{
    return who != p->who ? (who > p->who) - (who < p->who) : (arm > p->arm) - (arm < p->arm);
}

typedef struct reading { /* how far each table has been walked */
    size_t happening, measurement, endpoint;
} reading;

static void note_happening(person *p, const rsp_happening *h, const char *from)
{
    if (strcmp(h->what, from) == 0 && !isfinite(p->zero)) {
        p->zero = h->day;
    } else if (strcmp(h->what, "start art") == 0 && !isfinite(p->restart)) {
        p->restart = h->day;
    } else if (strcmp(h->what, "end") == 0) {
        p->end = h->day;
    }
}

static void walk(const rsp_dataset *d, const char *from, reading *at, person *p)
{
    for (; at->happening < d->n_happenings; at->happening++) {
        const rsp_happening *h = &d->happenings[at->happening];
        int order = compare(h->participant, h->arm, p);
        if (order > 0) {
            break;
        }
        if (order == 0) {
            note_happening(p, h, from);
        }
    }
    for (; at->endpoint < d->n_endpoints; at->endpoint++) {
        const rsp_endpoint_row *e = &d->endpoints[at->endpoint];
        int order = compare(e->participant, e->arm, p);
        if (order > 0) {
            break;
        }
        if (order == 0 && e->end == RSP_END_EVENT) {
            p->event = fmin(isfinite(p->event) ? p->event : (double)INFINITY, e->day + e->start_day);
        }
    }
    while (at->measurement < d->n_measurements &&
           compare(d->measurements[at->measurement].participant,
                   d->measurements[at->measurement].arm, p) < 0) {
        at->measurement++;
    }
    p->first = at->measurement;
    while (at->measurement < d->n_measurements &&
           compare(d->measurements[at->measurement].participant,
                   d->measurements[at->measurement].arm, p) == 0) {
        at->measurement++;
    }
    p->last = at->measurement;
}

bool people_list(const rsp_plan_view *plan, const rsp_findings *f, roster *r)
{
    const rsp_dataset *d = f->example;
    const char *from = people_count_from(plan, f);
    bool by_study = strcmp(from, "start") == 0;
    double nan = (double)NAN;
    reading at = {0, 0, 0};
    *r = (roster){NULL, 0};
    r->people = calloc(d && d->n_subjects ? d->n_subjects : 1, sizeof *r->people);
    for (size_t i = 0; r->people && d && i < d->n_subjects; i++) {
        person *p = &r->people[r->n++];
        *p = (person){.who = d->subjects[i].participant, .arm = d->subjects[i].arm,
                      .zero = by_study ? 0.0 : nan, .restart = nan, .end = nan,
                      .event = nan};
        walk(d, from, &at, p);
    }
    return r->people != NULL;
}
