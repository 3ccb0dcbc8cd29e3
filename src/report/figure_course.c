#include <math.h>
#include <string.h>

#include "report/figures.h"

static const double WEEK = 7.0;

arm_style style_of_arm(const rsp_plan_view *plan, const char *arm)
{
    static const arm_style treated[] = {{COLOUR_TREATED, NULL, SVG_CIRCLE},
                                        {"#9A4A7E", "8 3", SVG_DIAMOND},
                                        {"#8A6D00", "2 3", SVG_TRIANGLE}};
    static const arm_style control[] = {{COLOUR_CONTROL, "6 3", SVG_SQUARE},
                                        {COLOUR_PAST, "2 3", SVG_TRIANGLE},
                                        {"#00785A", NULL, SVG_DIAMOND}};
    size_t n_treated = 0, n_control = 0;
    for (size_t i = 0; i < plan->n_arms; i++) {
        bool gives = plan->arms[i].schedule && strstr(plan->arms[i].schedule, "infuse");
        if (strcmp(plan->arms[i].name, arm) == 0) {
            return gives ? treated[n_treated % 3] : control[n_control % 3];
        }
        n_treated += gives;
        n_control += !gives;
    }
    return control[0];
}

/* Study day of a happening for one participant; NaN: none. */
static double day_of(const rsp_dataset *d, uint32_t who, uint32_t arm, const char *what)
{
    for (size_t i = 0; i < d->n_happenings; i++) {
        const rsp_happening *h = &d->happenings[i];
        if (h->participant == who && h->arm == arm && strcmp(h->what, what) == 0) {
            return h->day;
        }
    }
    return (double)NAN;
}

typedef struct course { /* what one figure needs of the data set */
    const rsp_dataset *d;
    const char *assay;
    double first, last, most, lloq;
    size_t n;
} course;

static void extent(course *c)
{
    c->first = 0;
    c->last = 4;
    c->most = 1000;
    c->lloq = (double)NAN;
    for (size_t i = 0; i < c->d->n_measurements; i++) {
        const rsp_measurement *m = &c->d->measurements[i];
        double zero = strcmp(m->assay, c->assay) == 0
                          ? day_of(c->d, m->participant, m->arm, "stop art")
                          : (double)NAN;
        if (!isfinite(zero)) {
            continue;
        }
        double t = (m->day - zero) / WEEK;
        c->first = fmin(c->first, t);
        c->last = fmax(c->last, t);
        c->lloq = isfinite(m->lloq) ? m->lloq : c->lloq;
        c->most = m->state == RSP_NUMBER ? fmax(c->most, m->value) : c->most;
        c->n++;
    }
    c->first = floor(c->first);
    c->last = ceil(c->last);
    c->most = pow(10, ceil(log10(c->most)));
}

/* Not detected is drawn at half the limit, detected below it at the limit. */
static double shown(const rsp_measurement *m, double lloq)
{
    switch (m->state) {
    case RSP_NUMBER: return m->value;
    case RSP_NOT_DETECTED: return lloq / 2;
    case RSP_BELOW_LLOQ: return lloq;
    default: return (double)NAN;
    }
}

static void one_person(rsp_text *out, const plot *p, const course *c, uint32_t who,
                       uint32_t arm, arm_style s)
{
    double zero = day_of(c->d, who, arm, "stop art"), x0 = 0, y0 = 0;
    bool before = false;
    for (int pass = 0; pass < 2; pass++) { /* lines first, marks above them */
        before = false;
        for (size_t i = 0; isfinite(zero) && i < c->d->n_measurements; i++) {
            const rsp_measurement *m = &c->d->measurements[i];
            double v = shown(m, c->lloq);
            if (m->participant != who || m->arm != arm || strcmp(m->assay, c->assay)) {
                continue;
            }
            if (!isfinite(v)) { /* no line through what is missing */
                before = false;
                continue;
            }
            double x = plot_x(p, (m->day - zero) / WEEK), y = plot_y(p, v);
            if (pass == 0 && before) {
                svg_line(out, x0, y0, x, y, s.colour, 1.1, NULL);
            } else if (pass == 1) {
                svg_mark(out, s.shape, x, y, 2.6, s.colour, m->state == RSP_NUMBER);
            }
            x0 = x;
            y0 = y;
            before = true;
        }
    }
    double restart = day_of(c->d, who, arm, "start art");
    if (isfinite(restart) && isfinite(zero)) {
        double x = plot_x(p, (restart - zero) / WEEK);
        svg_line(out, x, p->top, x, p->top + 9, s.colour, 2, NULL);
    }
}

void figure_assay(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                  const char *assay, const char *label)
{
    course c = {.d = f->example, .assay = assay};
    extent(&c);
    double panel = 250;
    size_t arms = f->n_arms;
    double low = isfinite(c.lloq) ? c.lloq / 4 : 1;
    svg_open(out, 800, 30 + (panel + 80) * (double)arms, label,
             "One line a participant of the first replicate trial; open marks are below "
             "the limit of quantification; a tick on the upper edge is a restart of ART.");
    for (size_t a = 0; a < arms; a++) {
        arm_style s = style_of_arm(plan, f->arms[a].name);
        plot p = {.left = 90, .top = 50 + (panel + 80) * (double)a, .width = 680,
                  .height = panel, .x0 = c.first, .x1 = c.last, .y0 = low,
                  .y1 = c.most, .log_y = true};
        plot_frame(out, &p, "weeks since interruption of ART", NULL);
        svg_text(out, p.left, p.top - 12, "start", 13, s.colour, "%.40s", f->arms[a].name);
        svg_text(out, p.left + p.width, p.top - 12, "end", 12, COLOUR_INK, "%s", label);
        if (isfinite(c.lloq)) {
            double y = plot_y(&p, c.lloq);
            svg_line(out, p.left, y, p.left + p.width, y, COLOUR_INK, 1, "4 3");
            svg_text(out, p.left + p.width, y - 4, "end", 11, COLOUR_INK, "LLOQ %.4g",
                     c.lloq);
        }
        for (size_t i = 0; i < c.d->n_subjects; i++) {
            if (c.d->subjects[i].arm == a) {
                one_person(out, &p, &c, c.d->subjects[i].participant, (uint32_t)a, s);
            }
        }
    }
    svg_close(out);
}

/* ---- Swimmer plot: time off ART, longest first. */

enum { MOST_BARS = 40 };

typedef struct bar {
    uint32_t arm, who;
    double off, rebound;
    bool restarted;
} bar;

static size_t collect_bars(const rsp_dataset *d, bar bars[MOST_BARS])
{
    size_t n = 0;
    for (size_t i = 0; i < d->n_subjects && n < MOST_BARS; i++) {
        uint32_t who = d->subjects[i].participant, arm = d->subjects[i].arm;
        double stop = day_of(d, who, arm, "stop art");
        double restart = day_of(d, who, arm, "start art");
        double end = day_of(d, who, arm, "end");
        if (!isfinite(stop)) {
            continue;
        }
        bar b = {.arm = arm, .who = who, .restarted = isfinite(restart),
                 .rebound = (double)NAN};
        b.off = (isfinite(restart) ? restart : isfinite(end) ? end : stop) - stop;
        for (size_t k = 0; k < d->n_endpoints && !isfinite(b.rebound); k++) {
            const rsp_endpoint_row *e = &d->endpoints[k];
            if (e->participant == who && e->arm == arm && e->end == RSP_END_EVENT) {
                b.rebound = e->day + e->start_day - stop;
            }
        }
        size_t at = n++;
        for (; at > 0 && bars[at - 1].off < b.off; at--) {
            bars[at] = bars[at - 1];
        }
        bars[at] = b;
    }
    return n;
}

void figure_swimmer(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    bar bars[MOST_BARS];
    size_t n = collect_bars(f->example, bars);
    double longest = n ? bars[0].off / WEEK : 1;
    plot p = {.left = 150, .top = 40, .width = 610, .height = 18.0 * (double)n + 6,
              .x0 = 0, .x1 = ceil(fmax(longest, 1)), .y0 = 0, .y1 = 1};
    svg_open(out, 800, p.height + 100, "Time off ART",
             "One bar a participant of the first replicate trial: a diamond is the "
             "rebound, a square the restart of ART, an arrow still off ART.");
    for (size_t i = 0; i < n; i++) {
        const char *name = f->example->arms[bars[i].arm];
        arm_style s = style_of_arm(plan, name);
        double y = p.top + 18.0 * (double)i + 4, x = plot_x(&p, bars[i].off / WEEK);
        svg_rect(out, p.left, y, fmax(x - p.left, 1), 11, s.colour, "none", 0.35);
        svg_text(out, p.left - 8, y + 10, "end", 11, s.colour, "%.16s %u", name,
                 bars[i].who + 1);
        if (isfinite(bars[i].rebound)) {
            svg_mark(out, SVG_DIAMOND, plot_x(&p, bars[i].rebound / WEEK), y + 5.5, 4,
                     s.colour, true);
        }
        if (bars[i].restarted) {
            svg_mark(out, SVG_SQUARE, x, y + 5.5, 4, COLOUR_INK, true);
        } else {
            svg_text(out, x + 4, y + 10, "start", 12, s.colour, "%s", "\xe2\x86\x92");
        }
    }
    svg_text(out, p.left, 22, "start", 12, COLOUR_INK,
             "diamond: first endpoint; square: ART restarted; arrow: still off ART");
    double bottom = p.top + p.height;
    double step = tick_step(p.x1 - p.x0, 10);
    svg_line(out, p.left, bottom, p.left + p.width, bottom, COLOUR_INK, 1, NULL);
    for (double x = 0; x <= p.x1 + 1e-9; x += step) {
        svg_text(out, plot_x(&p, x), bottom + 18, "middle", 11.5, COLOUR_INK, "%.4g", x);
    }
    svg_text(out, p.left + p.width / 2, bottom + 38, "middle", 12.5, COLOUR_INK,
             "weeks off ART");
    svg_close(out);
}
