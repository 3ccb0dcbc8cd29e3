#include "report/people.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double WEEK = 7.0;

double people_weeks(const person *p, double day) { return (day - p->zero) / WEEK; }

bool people_row_counts(const rsp_dataset *d, const person *p, size_t row,
                       const char *assay)
{
    const rsp_measurement *m = &d->measurements[row];
    return isfinite(p->zero) && m->state != RSP_MISSING && strcmp(m->assay, assay) == 0;
}

/* Negative, 0 or positive as a row's owner comes before, is, or comes after. */
static int compare(uint32_t trial, uint32_t who, uint32_t arm, const person *p)
{
    return trial != p->trial ? (trial > p->trial) - (trial < p->trial)
           : who != p->who   ? (who > p->who) - (who < p->who)
                             : (arm > p->arm) - (arm < p->arm);
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
    } else if (strcmp(h->what, "end") == 0 || strcmp(h->what, "death") == 0) {
        p->end = h->day;
        p->ending = h->what[0] == 'd' ? ENDED_DEATH : ENDED_OFF_ART;
    }
}

/* What an endpoint says of the end counts where nothing that happened says it. */
static void note_endpoint(person *p, const rsp_endpoint_row *e, bool told)
{
    double start = isfinite(e->start_day) ? e->start_day : p->zero, day = start + e->day;
    if (e->end == RSP_END_EVENT) {
        p->event = fmin(isfinite(p->event) ? p->event : (double)INFINITY, day);
    }
    if (told || e->end == RSP_END_NOT_STARTED || !isfinite(day)) {
        return;
    }
    p->ending = e->end == RSP_END_LOST ? ENDED_LOST : e->end == RSP_END_STUDY ? ENDED_OFF_ART
                                                                             : p->ending;
    p->end = fmax(isfinite(p->end) ? p->end : day, day);
    if (e->end == RSP_END_RESTART && !isfinite(p->restart)) {
        p->restart = day;
    }
}

static void walk_happenings(const rsp_dataset *d, const char *from, reading *at, person *p)
{
    p->h_first = at->happening;
    for (; at->happening < d->n_happenings; at->happening++) {
        const rsp_happening *h = &d->happenings[at->happening];
        int order = compare(h->trial, h->participant, h->arm, p);
        if (order > 0) {
            break;
        }
        p->h_first += order < 0;
        if (order == 0) {
            note_happening(p, h, from);
        }
    }
    p->h_last = at->happening;
}

static void walk_endpoints(const rsp_dataset *d, reading *at, person *p)
{
    bool told = isfinite(p->end) || isfinite(p->restart);
    for (; at->endpoint < d->n_endpoints; at->endpoint++) {
        const rsp_endpoint_row *e = &d->endpoints[at->endpoint];
        int order = compare(e->trial, e->participant, e->arm, p);
        if (order > 0) {
            break;
        }
        if (order == 0) {
            note_endpoint(p, e, told);
        }
    }
    p->ending = isfinite(p->restart) ? ENDED_RESTART : p->ending;
}

static int order_of_row(const rsp_measurement *m, const person *p)
{
    return compare(m->trial, m->participant, m->arm, p);
}

static void walk_measurements(const rsp_dataset *d, reading *at, person *p)
{
    while (at->measurement < d->n_measurements &&
           order_of_row(&d->measurements[at->measurement], p) < 0) {
        at->measurement++;
    }
    p->first = at->measurement;
    while (at->measurement < d->n_measurements &&
           order_of_row(&d->measurements[at->measurement], p) == 0) {
        at->measurement++;
    }
    p->last = at->measurement;
}

bool people_list(const cohort *c, roster *r)
{
    const rsp_dataset *d = c->rows;
    bool by_study = strcmp(c->from, "start") == 0;
    double nan = (double)NAN;
    reading at = {0, 0, 0};
    *r = (roster){NULL, 0};
    r->people = calloc(d && d->n_subjects ? d->n_subjects : 1, sizeof *r->people);
    for (size_t i = 0; r->people && d && i < d->n_subjects; i++) {
        const rsp_subject *s = &d->subjects[i];
        person *p = &r->people[r->n];
        *p = (person){.subject = i, .trial = s->trial, .who = s->participant, .arm = s->arm,
                      .zero = by_study ? 0.0 : nan, .restart = nan, .end = nan, .event = nan};
        walk_happenings(d, c->from, &at, p);
        walk_endpoints(d, &at, p);
        walk_measurements(d, &at, p);
        r->n += !c->in || c->in[i];
    }
    return r->people != NULL;
}

const char *person_name(const cohort *c, const person *p, size_t most, char text[160])
{
    char arm[160];
    const char *id = c->rows->subjects[p->subject].id;
    if (c->by_name && id && id[0]) {
        return svg_fit(id, most, text);
    }
    if (c->by_name) {
        snprintf(text, 160, "%u-%u", p->trial, p->who);
    } else {
        snprintf(text, 160, "%s %u", svg_name(c->rows->arms[p->arm], 1, 0.6 * (double)(most - 3), arm), p->who + 1);
    }
    return text;
}
