#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/people.h"

/* Swimmer plot: time off ART, or of follow-up, longest first. */

enum { MOST_NAME = 18 }; /* characters, without the number */
static const double BEFORE = -26; /* weeks: an infusion longer ago is not on the axis */

static double length_of(const person *p)
{
    double end = isfinite(p->restart) ? p->restart : isfinite(p->end) ? p->end : p->event;
    return isfinite(end) && isfinite(p->zero) ? people_weeks(p, end) : (double)NAN;
}

static int longest_first(const void *a, const void *b)
{
    const person *p = a, *q = b;
    double x = length_of(p), y = length_of(q);
    if (x < y || x > y) {
        return x < y ? 1 : -1;
    }
    return p->arm != q->arm       ? (p->arm > q->arm) - (p->arm < q->arm)
           : p->trial != q->trial ? (p->trial > q->trial) - (p->trial < q->trial)
                                  : (p->who > q->who) - (p->who < q->who);
}

static size_t keep_followed(roster *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        if (length_of(&r->people[i]) >= 0) {
            r->people[n++] = r->people[i];
        }
    }
    if (n) {
        qsort(r->people, n, sizeof *r->people, longest_first);
    }
    return n;
}

/* ---- What is marked, in the order of the key. */
typedef enum mark { EVENT, RESTART, INFUSION, SYNDROME, LOST, DEATH, STILL_OFF, N_MARKS } mark;
static const char *const ALL_MARKS[N_MARKS] = {
    "first endpoint", "ART restarted", "infused", "CRS, its grade beside", "follow-up lost", "died",
    "still off ART at the end"};

static bool off_art(const cohort *c) { return strcmp(c->from, "stop art") == 0; }

static const char *mark_name(const cohort *c, mark m)
{
    return m == STILL_OFF && !off_art(c) ? "followed to the end" : ALL_MARKS[m];
}

static bool is_syndrome(const rsp_happening *h)
{
    return strcmp(h->what, RSP_ADVERSE_EVENT) == 0 &&
           (strcmp(h->reason, "CRS") == 0 || strcmp(h->reason, "crs") == 0 ||
            strstr(h->reason, "ytokine release"));
}

static void draw_mark(rsp_text *out, mark m, double x, double y, const char *colour)
{
    switch (m) {
    case EVENT: svg_mark(out, SVG_DIAMOND, x, y, 4.5, colour, true); break;
    case RESTART: svg_mark(out, SVG_SQUARE, x, y, 4, COLOUR_INK, true); break;
    case INFUSION: svg_mark(out, SVG_TRIANGLE, x, y, 4.5, COLOUR_INK, false); break;
    case SYNDROME: svg_mark(out, SVG_CIRCLE, x, y, 4.5, COLOUR_INK, false); break;
    case LOST: svg_line(out, x, y - 6, x, y + 6, COLOUR_INK, 2.2, NULL); break;
    case DEATH:
        svg_line(out, x - 4, y - 4, x + 4, y + 4, COLOUR_INK, 2, NULL);
        svg_line(out, x - 4, y + 4, x + 4, y - 4, COLOUR_INK, 2, NULL);
        break;
    case STILL_OFF:
        svg_text(out, x + 3, y + 5, "start", 14, COLOUR_INK, "%s", "\xe2\x86\x92");
        break;
    case N_MARKS: break;
    }
}

static mark mark_of_end(const person *p)
{
    switch (p->ending) {
    case ENDED_RESTART: return RESTART;
    case ENDED_OFF_ART: return STILL_OFF;
    case ENDED_LOST: return LOST;
    case ENDED_DEATH: return DEATH;
    case ENDED_UNKNOWN: break;
    }
    return N_MARKS;
}

static mark mark_of_happening(const rsp_happening *h)
{
    return strcmp(h->what, "infuse") == 0 ? INFUSION : is_syndrome(h) ? SYNDROME : N_MARKS;
}

typedef struct swimmer {
    const cohort *c;
    roster r;
    bool there[N_MARKS];
    double from;
} swimmer;

static void look(swimmer *s)
{
    for (size_t i = 0; i < s->r.n; i++) {
        const person *p = &s->r.people[i];
        mark end = mark_of_end(p);
        s->there[EVENT] |= isfinite(p->event);
        s->there[end < N_MARKS ? end : EVENT] |= end < N_MARKS;
        for (size_t k = p->h_first; k < p->h_last; k++) {
            mark m = mark_of_happening(&s->c->rows->happenings[k]);
            double week = people_weeks(p, s->c->rows->happenings[k].day);
            if (m < N_MARKS && week >= BEFORE && week <= length_of(p)) {
                s->there[m] = true;
                s->from = fmin(s->from, floor(week));
            }
        }
    }
}

/* Rows of a key: names one after another, as many as fit. */
static double next_place(double *x, double *y, const char *name)
{
    double wide = 34 + 7.4 * (double)strlen(name), at;
    if (*x > 17 && *x + wide > FIGURE_WIDTH) {
        *x = 17;
        *y += 22;
    }
    at = *x;
    *x += wide;
    return at;
}

static double key(rsp_text *out, const swimmer *s)
{
    double x = 17, y = 17;
    char name[160];
    for (mark m = EVENT; m < N_MARKS; m++) {
        if (s->there[m]) {
            double at = next_place(&x, &y, mark_name(s->c, m));
            draw_mark(out, m, m == STILL_OFF ? at - 9 : at, y, COLOUR_INK);
            svg_text(out, at + 11, y + 5, "start", 13, COLOUR_INK, "%s", mark_name(s->c, m));
        }
    }
    for (size_t a = 0; s->c->by_name && a < s->c->rows->n_arms; a++) {
        double at = next_place(&x, &y, svg_name(s->c->rows->arms[a], 13, 300, name));
        svg_rect(out, at - 6, y - 6, 12, 12, s->c->styles[a].colour, s->c->styles[a].colour, 0.3);
        svg_text(out, at + 11, y + 5, "start", 13, COLOUR_INK, "%s", name);
    }
    return y + 21;
}

static void bar(rsp_text *out, const plot *p, const swimmer *s, const person *who, double y)
{
    char name[160];
    const char *colour = s->c->styles[who->arm].colour;
    double x0 = plot_x(p, 0), x = plot_x(p, length_of(who));
    svg_text(out, p->left - 12, y + 12, "end", 13, COLOUR_INK, "%s",
             person_name(s->c, who, MOST_NAME, name));
    svg_rect(out, x0, y, fmax(x - x0, 1), 14, colour, "none", 0.3);
    for (size_t k = who->h_first; k < who->h_last; k++) {
        const rsp_happening *h = &s->c->rows->happenings[k];
        mark m = mark_of_happening(h);
        double week = people_weeks(who, h->day);
        if (m < N_MARKS && week >= BEFORE && week <= length_of(who)) {
            draw_mark(out, m, plot_x(p, week), y + 7, colour);
            if (m == SYNDROME && isfinite(h->amount)) {
                svg_text(out, plot_x(p, week) + 7, y + 12, "start", 11, COLOUR_INK, "%g", h->amount);
            }
        }
    }
    if (isfinite(who->event)) {
        draw_mark(out, EVENT, plot_x(p, people_weeks(who, who->event)), y + 7, colour);
    }
    if (mark_of_end(who) < N_MARKS) {
        draw_mark(out, mark_of_end(who), x, y + 7, colour);
    }
}

static void draw(rsp_text *out, const swimmer *s)
{
    const bool art = off_art(s->c), from_start = strcmp(s->c->from, "start") == 0;
    double rows = (double)s->r.n, longest = rows > 0 ? fmax(length_of(&s->r.people[0]), 1) : 1;
    rsp_text head = {0}, desc = {0};
    double top = key(&head, s);
    double left = 70;
    for (size_t i = 0; i < s->r.n; i++) {
        char name[160];
        left = fmax(left, 20 + svg_width(person_name(s->c, &s->r.people[i], MOST_NAME, name), 13));
    }
    plot p = {.left = left, .top = top, .width = 484 - left, .height = 20.0 * rows + 6, .x0 = s->from,
              .x1 = ceil(longest), .y0 = 0, .y1 = 1};
    rsp_text_printf(&desc, "One bar a participant of %s, longest first. Marks:", s->c->whose);
    for (mark m = EVENT, n = EVENT; m < N_MARKS; m++) {
        rsp_text_printf(&desc, s->there[m] ? "%s %s" : "%.0s%.0s", n++ ? "," : "", mark_name(s->c, m));
    }
    svg_open(out, FIGURE_WIDTH, p.top + p.height + 50, art ? "Time off ART" : "Follow-up",
             desc.data ? desc.data : "");
    rsp_text_add(out, head.data ? head.data : "");
    out->failed |= head.failed || desc.failed;
    rsp_text_fini(&head);
    rsp_text_fini(&desc);
    for (size_t i = 0; i < s->r.n; i++) {
        bar(out, &p, s, &s->r.people[i], p.top + 20.0 * (double)i + 4);
    }
    plot_x_axis(out, &p, art ? "weeks off ART" : from_start ? "weeks of follow-up" : s->c->since);
    svg_close(out);
}

size_t swimmers(const cohort *c)
{
    roster r;
    size_t n = people_list(c, &r) ? keep_followed(&r) : 0;
    free(r.people);
    return n;
}

void figure_swimmer(rsp_text *out, const cohort *c)
{
    swimmer s = {.c = c};
    if (!people_list(c, &s.r)) {
        out->failed = true;
        return;
    }
    s.r.n = keep_followed(&s.r);
    look(&s);
    draw(out, &s);
    free(s.r.people);
}
