#include <math.h>
#include <string.h>

#include "report/people.h"

/* Every step's number is the one above it less the box that leaves to the side. */

static size_t less(size_t a, size_t b) { return a > b ? a - b : 0; }

static void step_on(flow *f, const char *label, size_t n, const char *left_as)
{
    size_t before = f->n_steps ? f->steps[f->n_steps - 1].n : n;
    f->steps[f->n_steps++] = (flow_step){label, n, left_as, less(before, n), {.n = 0}};
}

void flow_of_run(const rsp_plan_view *plan, const rsp_arm_findings *a, flow *f)
{
    const rsp_flow *n = &a->flow;
    size_t now = less(n->enrolled, n->product_failed);
    *f = (flow){.n_steps = 0};
    if (n->screened_out) {
        step_on(f, "screened for the arm", n->enrolled + n->screened_out, NULL);
    }
    step_on(f, "enrolled", n->enrolled, n->screened_out ? "not eligible" : NULL);
    if (n->product_failed) {
        step_on(f, "product made", now, "product not made");
    }
    if (n->failed) { /* nothing more is known of them */
        step_on(f, "simulated", less(now, n->failed), "failed in simulation");
    }
    if (arm_is_treated(plan, a->name)) {
        step_on(f, "infused", n->infused, "not infused");
    }
    if (n->interrupted) {
        step_on(f, "stopped ART", n->interrupted, "did not stop ART");
        if (n->restarted) {
            f->ends[f->n_ends++] = (flow_step){.label = "ART restarted", .n = n->restarted};
        }
        f->ends[f->n_ends++] = (flow_step){.label = "off ART at the end",
                                           .n = less(n->interrupted, n->restarted)};
    }
}

static bool reasons_sum(const flow_reasons *why, size_t n)
{
    size_t sum = 0;
    for (size_t i = 0; i < why->n; i++) {
        sum += why->v[i].n;
    }
    return why->n == 0 || sum == n;
}

bool flow_sums(const flow *f)
{
    size_t ends = 0;
    bool sums = true;
    for (size_t i = 1; i < f->n_steps; i++) {
        sums &= f->steps[i - 1].n == f->steps[i].n + f->steps[i].left;
        sums &= reasons_sum(&f->steps[i].why, f->steps[i].left);
    }
    for (size_t i = 0; i < f->n_ends; i++) {
        ends += f->ends[i].n;
        sums &= reasons_sum(&f->ends[i].why, f->ends[i].n);
    }
    return sums && f->n_steps && (!f->n_ends || ends == f->steps[f->n_steps - 1].n);
}

/* ---- Drawn. */
enum { BOX = 44, LINE = 18, STEP = 70 };

static double box_height(const flow_reasons *why) { return BOX + LINE * (double)why->n; }

static const char *reason_text(const flow_reasons *why, size_t i)
{
    return why->v[i].text ? why->v[i].text : "other reasons";
}

static void draw_box(rsp_text *out, double x, double y, double w, const char *label, size_t n,
                     const flow_reasons *why, const char *colour)
{
    char text[160];
    svg_rect(out, x, y, w, box_height(why), "#ffffff", colour, 1);
    svg_text(out, x + w / 2, y + 18, "middle", SIZE_LABEL, COLOUR_INK, "%s", label);
    svg_text(out, x + w / 2, y + 37, "middle", SIZE_LABEL, COLOUR_INK, "n = %zu", n);
    for (size_t i = 0; i < why->n; i++) {
        svg_text(out, x + w / 2, y + 37 + LINE * (double)(i + 1), "middle", 12, COLOUR_INK,
                 "%s: %zu", svg_fit(reason_text(why, i), (size_t)(w / 6.6) - 5, text), why->v[i].n);
    }
}

static void describe_reasons(const flow_reasons *why, rsp_text *desc)
{
    for (size_t i = 0; i < why->n; i++) {
        rsp_text_printf(desc, "%s%s: %zu%s", i ? ", " : " (", reason_text(why, i), why->v[i].n,
                        i + 1 < why->n ? "" : ")");
    }
}

static void describe(const char *arm, const flow *f, rsp_text *desc)
{
    rsp_text_printf(desc, "%s: ", arm);
    for (size_t i = 0; i < f->n_steps; i++) {
        const flow_step *k = &f->steps[i];
        if (k->left) {
            rsp_text_printf(desc, "%zu %s", k->left, k->left_as);
            describe_reasons(&k->why, desc);
            rsp_text_add(desc, ", ");
        }
        rsp_text_printf(desc, "%zu %s%s", k->n, k->label, i + 1 < f->n_steps ? ", " : "");
    }
    for (size_t i = 0; i < f->n_ends; i++) {
        rsp_text_printf(desc, "%s%zu %s", i == 0 ? ", of whom " : i + 1 < f->n_ends ? ", " : " and ",
                        f->ends[i].n, f->ends[i].label);
        describe_reasons(&f->ends[i].why, desc);
    }
    rsp_text_add(desc, ".");
}

enum { ENDS_A_ROW = 3 };

static double row_height(const flow *f, size_t row)
{
    double most = 0;
    for (size_t i = row * ENDS_A_ROW; i < f->n_ends && i < (row + 1) * ENDS_A_ROW; i++) {
        most = fmax(most, box_height(&f->ends[i].why));
    }
    return most;
}

/* Three beside each other, those of more ends beneath: from the last step to each. */
static double draw_ends(rsp_text *out, const flow *f, double y, const char *colour)
{
    size_t across = f->n_ends < ENDS_A_ROW ? f->n_ends : ENDS_A_ROW;
    double gap = 12, w = across < 2 ? 240 : across == 2 ? 226 : 152, top = y;
    for (size_t i = 0; i < f->n_ends; i++) {
        double x = 20 + (w + gap) * (double)(i % ENDS_A_ROW), middle = across < 2 ? 140 : x + w / 2;
        if (i % ENDS_A_ROW == 0) {
            double last = f->n_ends - i < across ? (double)(f->n_ends - i) : (double)across;
            double far = across < 2 ? 140 : 20 + (w + gap) * (last - 1) + w / 2;
            top += i ? row_height(f, i / ENDS_A_ROW - 1) + 26 : 0;
            svg_line(out, i ? 10 : fmin(140, middle), top - 13, fmax(far, i ? far : 140), top - 13,
                     COLOUR_INK, 1, NULL);
            if (i) {
                svg_line(out, 10, y - 13, 10, top - 13, COLOUR_INK, 1, NULL);
                svg_line(out, 10, y - 13, 140, y - 13, COLOUR_INK, 1, NULL);
            } else {
                svg_line(out, 140, top - 26, 140, top - 13, COLOUR_INK, 1, NULL);
            }
        }
        svg_line(out, middle, top - 13, middle, top, COLOUR_INK, 1, NULL);
        draw_box(out, x, top, w, f->ends[i].label, f->ends[i].n, &f->ends[i].why, colour);
    }
    return f->n_ends ? top + row_height(f, (f->n_ends - 1) / ENDS_A_ROW) : y - 26;
}

/* Where the boxes end.  Reasons beside a step push it down. */
static double draw_steps(rsp_text *out, const flow *f, const char *colour)
{
    static const flow_reasons none = {.n = 0};
    double y = 40, above = 40 + BOX;
    for (size_t i = 0; i < f->n_steps; i++) {
        const flow_step *k = &f->steps[i];
        y = i ? y + STEP + LINE * (double)k->why.n : y;
        if (i) {
            svg_line(out, 140, above, 140, y, COLOUR_INK, 1, NULL);
        }
        draw_box(out, 20, y, 240, k->label, k->n, &none, colour);
        if (k->left) {
            double side = y - 35 - LINE * (double)k->why.n;
            svg_line(out, 140, side + 22, 284, side + 22, COLOUR_INK, 1, NULL);
            draw_box(out, 284, side, 216, k->left_as, k->left, &k->why, COLOUR_SOFT);
        }
        above = y + BOX;
    }
    return draw_ends(out, f, above + 26, colour);
}

bool figure_flow(rsp_text *out, const char *arm, arm_style s, const flow *f)
{
    rsp_text desc = {0}, body = {0};
    char name[160];
    if (!flow_sums(f)) {
        return false;
    }
    describe(arm, f, &desc);
    double end = draw_steps(&body, f, s.colour);
    svg_open(out, FIGURE_WIDTH, end + 10, "Participant flow", desc.data ? desc.data : "");
    svg_rect(out, 20, 11, 14, 14, s.colour, "none", 1);
    svg_text(out, 42, 24, "start", SIZE_TITLE, COLOUR_INK, "%s", svg_name(arm, SIZE_TITLE, FIGURE_WIDTH - 46, name));
    rsp_text_add(out, body.data ? body.data : "");
    svg_close(out);
    out->failed |= desc.failed || body.failed;
    rsp_text_fini(&desc);
    rsp_text_fini(&body);
    return true;
}
