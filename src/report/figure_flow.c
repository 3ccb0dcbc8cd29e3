#include <string.h>

#include "report/figures.h"

/* Every step's number is the one above it less the box that leaves to the side. */

typedef struct step {
    const char *label;
    size_t n;
    const char *left_as; /* why people leave before it; NULL: nobody can */
    size_t left;
} step;

enum { MOST_STEPS = 5 };

static size_t less(size_t a, size_t b) { return a > b ? a - b : 0; }

static size_t steps_of(const rsp_plan_view *plan, const rsp_arm_findings *a,
                       step steps[MOST_STEPS])
{
    const rsp_flow *f = &a->flow;
    size_t n = 0, now = f->enrolled;
    steps[n++] = (step){"enrolled", now, NULL, 0};
    if (f->product_failed) {
        now = less(now, f->product_failed);
        steps[n++] = (step){"product made", now, "product not made", f->product_failed};
    }
    if (f->failed) { /* nothing more is known of them */
        now = less(now, f->failed);
        steps[n++] = (step){"simulated", now, "failed in simulation", f->failed};
    }
    if (arm_is_treated(plan, a->name)) {
        steps[n++] = (step){"infused", f->infused, "not infused", less(now, f->infused)};
        now = f->infused;
    }
    if (f->interrupted) {
        steps[n++] = (step){"stopped ART", f->interrupted, "did not stop ART",
                            less(now, f->interrupted)};
    }
    return n;
}

static void draw_box(rsp_text *out, double x, double y, double w, const char *label,
                     size_t n, const char *colour)
{
    svg_rect(out, x, y, w, 44, "#ffffff", colour, 1);
    svg_text(out, x + w / 2, y + 18, "middle", SIZE_LABEL, COLOUR_INK, "%s", label);
    svg_text(out, x + w / 2, y + 37, "middle", SIZE_LABEL, COLOUR_INK, "n = %zu", n);
}

static void describe(const rsp_arm_findings *a, const step *steps, size_t n, rsp_text *desc)
{
    rsp_text_printf(desc, "%s: ", a->name);
    for (size_t i = 0; i < n; i++) {
        if (steps[i].left) {
            rsp_text_printf(desc, "%zu %s, ", steps[i].left, steps[i].left_as);
        }
        rsp_text_printf(desc, "%zu %s%s", steps[i].n, steps[i].label,
                        i + 1 < n ? ", " : "");
    }
    if (a->flow.interrupted) {
        rsp_text_printf(desc, ", of whom %zu restarted ART and %zu were off ART at the end",
                        a->flow.restarted, less(a->flow.interrupted, a->flow.restarted));
    }
    rsp_text_add(desc, ".");
}

static void draw_end(rsp_text *out, const rsp_flow *f, double y, const char *colour)
{
    if (!f->restarted) {
        svg_line(out, 140, y - 26, 140, y, COLOUR_INK, 1, NULL);
        draw_box(out, 20, y, 240, "off ART at the end", f->interrupted, colour);
        return;
    }
    for (int i = 0; i < 2; i++) {
        double x = i ? 274 : 20;
        svg_line(out, 140, y - 26, x + 113, y, COLOUR_INK, 1, NULL);
        draw_box(out, x, y, 226, i ? "off ART at the end" : "ART restarted",
                 i ? less(f->interrupted, f->restarted) : f->restarted, colour);
    }
}

void figure_flow(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                 size_t arm)
{
    const rsp_arm_findings *a = &f->arms[arm];
    const char *colour = style_of_arm(plan, a->name).colour;
    step steps[MOST_STEPS];
    size_t n = steps_of(plan, a, steps);
    rsp_text desc = {0};
    char name[160];
    describe(a, steps, n, &desc);
    svg_open(out, FIGURE_WIDTH, 44 + 70 * (double)n + (a->flow.interrupted ? 50 : -20),
             "Participant flow", desc.data ? desc.data : "");
    rsp_text_fini(&desc);
    svg_rect(out, 20, 11, 14, 14, colour, "none", 1);
    svg_text(out, 42, 24, "start", SIZE_TITLE, COLOUR_INK, "%s", svg_fit(a->name, 50, name));
    for (size_t i = 0; i < n; i++) {
        double y = 40 + 70 * (double)i;
        if (i) {
            svg_line(out, 140, y - 26, 140, y, COLOUR_INK, 1, NULL);
        }
        draw_box(out, 20, y, 240, steps[i].label, steps[i].n, colour);
        if (steps[i].left) {
            svg_line(out, 140, y - 13, 330, y - 13, COLOUR_INK, 1, NULL);
            draw_box(out, 330, y - 35, 170, steps[i].left_as, steps[i].left, COLOUR_SOFT);
        }
    }
    if (a->flow.interrupted) {
        draw_end(out, &a->flow, 40 + 70 * (double)n, colour);
    }
    svg_close(out);
}
