#include "report/figures.h"

typedef struct box {
    const char *label;
    size_t n;
} box;

static void draw_box(rsp_text *out, double x, double y, double w, const char *label,
                     size_t n, const char *colour)
{
    svg_rect(out, x, y, w, 40, "#ffffff", colour, 1);
    svg_text(out, x + w / 2, y + 17, "middle", 12, COLOUR_INK, "%s", label);
    svg_text(out, x + w / 2, y + 33, "middle", 12, COLOUR_INK, "n = %zu", n);
}

/* Who leaves stands to the right; the numbers of a column sum. */
static void draw_arm(rsp_text *out, const rsp_plan_view *plan,
                     const rsp_arm_findings *a, double x, double w)
{
    const rsp_flow *f = &a->flow;
    const char *colour = style_of_arm(plan, a->name).colour;
    bool product = f->infused > 0 || f->product_failed > 0;
    size_t able = f->enrolled - f->product_failed - f->failed;
    const box column[] = {{"enrolled", f->enrolled},
                          {product ? "product infused" : "no product planned",
                           product ? f->infused : able},
                          {"interrupted ART", f->interrupted},
                          {"restarted ART by rule", f->restarted},
                          {"off ART at the end", f->interrupted - f->restarted}};
    double y = 44;
    svg_text(out, x + w / 2, 28, "middle", 14, colour, "%.40s", a->name);
    for (size_t i = 0; i < 5; i++) {
        double at = i < 3 ? y : y, bw = i < 3 ? w : w / 2 - 8;
        double bx = i == 4 ? x + w / 2 + 8 : x;
        draw_box(out, bx, at, bw, column[i].label, column[i].n, colour);
        if (i < 3) {
            double from = x + w / 2, down = i == 2 ? x + w / 4 : from;
            svg_line(out, from, at + 40, down, at + 70, COLOUR_INK, 1, NULL);
            if (i == 2) {
                svg_line(out, from, at + 40, x + 3 * w / 4, at + 70, COLOUR_INK, 1, NULL);
            }
        }
        y += i < 3 ? 70 : 0;
    }
    svg_text(out, x + w / 2, y + 62, "middle", 11.5, COLOUR_INK,
             "product not made: %zu; failed in simulation: %zu", f->product_failed,
             f->failed);
}

void figure_flow(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    size_t n = f->n_arms ? f->n_arms : 1;
    double w = (960 - 30 * (double)(n - 1)) / (double)n;
    w = w > 360 ? 360 : w;
    double all = w * (double)n + 30 * (double)(n - 1);
    svg_open(out, 1000, 330, "Participant flow",
             "Participants by arm, summed over replicate trials.");
    for (size_t i = 0; i < f->n_arms; i++) {
        draw_arm(out, plan, &f->arms[i], (1000 - all) / 2 + (w + 30) * (double)i, w);
    }
    svg_close(out);
}
