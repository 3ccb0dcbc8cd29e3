#include <math.h>
#include <stdlib.h>

#include "report/people.h"

/* Swimmer plot: time off ART, longest first. */

static double off_art(const person *p)
{
    double end = isfinite(p->restart) ? p->restart : p->end;
    return isfinite(end) && isfinite(p->zero) ? people_weeks(p, end) : (double)NAN;
}

static int longest_first(const void *a, const void *b)
{
    const person *p = a, *q = b;
    double x = off_art(p), y = off_art(q);
    if (x < y || x > y) {
        return x < y ? 1 : -1;
    }
    return p->arm != q->arm ? (p->arm > q->arm) - (p->arm < q->arm)
                            : (p->who > q->who) - (p->who < q->who);
}

static size_t keep_interrupted(roster *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        if (isfinite(off_art(&r->people[i]))) {
            r->people[n++] = r->people[i];
        }
    }
    return n;
}

static void bar(rsp_text *out, const plot *p, const person *who, const char *arm, arm_style s,
                double y)
{
    char name[160];
    double x = plot_x(p, off_art(who));
    svg_text(out, p->left - 8, y + 12, "end", 13, COLOUR_INK, "%s %u", svg_fit(arm, 11, name),
             who->who + 1);
    svg_rect(out, p->left, y, fmax(x - p->left, 1), 14, s.colour, "none", 0.3);
    if (isfinite(who->event)) {
        svg_mark(out, SVG_DIAMOND, plot_x(p, people_weeks(who, who->event)), y + 7, 4.5,
                 s.colour, true);
    }
    if (isfinite(who->restart)) {
        svg_mark(out, SVG_SQUARE, x, y + 7, 4, COLOUR_INK, true);
    } else {
        svg_text(out, x + 3, y + 12, "start", 14, COLOUR_INK, "%s", "\xe2\x86\x92");
    }
}

static void key(rsp_text *out)
{
    svg_mark(out, SVG_DIAMOND, 17, 17, 4.5, COLOUR_INK, true);
    svg_text(out, 28, 22, "start", 13, COLOUR_INK, "first endpoint");
    svg_mark(out, SVG_SQUARE, 147, 17, 4, COLOUR_INK, true);
    svg_text(out, 158, 22, "start", 13, COLOUR_INK, "ART restarted");
    svg_text(out, 272, 22, "start", 13, COLOUR_INK, "\xe2\x86\x92 still off ART at the end");
}

void figure_swimmer(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    roster r;
    if (!people_list(plan, f, &r)) {
        out->failed = true;
        return;
    }
    size_t n = keep_interrupted(&r);
    if (n) {
        qsort(r.people, n, sizeof *r.people, longest_first);
    }
    double longest = n ? fmax(off_art(&r.people[0]), 1) : 1;
    plot p = {.left = 118, .top = 38, .width = 366, .height = 20.0 * (double)n + 6, .x0 = 0,
              .x1 = ceil(longest), .y0 = 0, .y1 = 1};
    svg_open(out, FIGURE_WIDTH, p.top + p.height + 50, "Time off ART",
             "One bar a participant of the first replicate trial, longest first: a diamond is "
             "the first endpoint, a square the restart of ART, an arrow still off ART.");
    key(out);
    for (size_t i = 0; i < n; i++) {
        const char *arm = f->example->arms[r.people[i].arm];
        bar(out, &p, &r.people[i], arm, style_of_arm(plan, arm), p.top + 20.0 * (double)i + 4);
    }
    plot_x_axis(out, &p, "weeks off ART");
    free(r.people);
    svg_close(out);
}
