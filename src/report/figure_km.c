#include <math.h>
#include <string.h>

#include "report/figures.h"

static const double WEEK = 7.0;

static double last_time(const rsp_findings *f, size_t k)
{
    double last = 28;
    for (size_t a = 0; a < f->n_arms; a++) {
        const rsp_km *km = &f->arms[a].endpoints[k].km;
        if (km->n_points) {
            last = fmax(last, km->points[km->n_points - 1].t);
        }
    }
    return ceil(last / WEEK);
}

static bool has_band(const rsp_km_point *q)
{
    return q->events > 0 && isfinite(q->low) && isfinite(q->high);
}

/* Where the band ends: with the curve, or where nobody is left without the event. */
static double band_end(const rsp_km *km)
{
    size_t i = 0;
    while (i + 1 < km->n_points && km->points[i].s > 0) {
        i++;
    }
    return km->n_points ? km->points[i].t / WEEK : 0;
}

static void vertex(rsp_text *out, const char *to, double x, double y)
{
    rsp_text_printf(out, "%s%.2f %.2f", to, svg_at(x), svg_at(y));
}

static void band(rsp_text *out, const plot *p, const rsp_km *km, const char *colour)
{
    double level = plot_y(p, 1), end = plot_x(p, band_end(km));
    size_t first = km->n_points;
    for (size_t i = km->n_points; i-- > 0;) {
        first = has_band(&km->points[i]) ? i : first;
    }
    if (first == km->n_points) {
        return;
    }
    rsp_text_printf(out, "<path fill=\"%s\" fill-opacity=\"0.15\" d=\"", colour);
    vertex(out, "M", plot_x(p, km->points[first].t / WEEK), level);
    for (size_t i = first; i < km->n_points; i++) {
        const rsp_km_point *q = &km->points[i];
        if (has_band(q)) {
            double x = plot_x(p, q->t / WEEK);
            vertex(out, "L", x, level);
            level = plot_y(p, q->high);
            vertex(out, "L", x, level);
        }
    }
    vertex(out, "L", end, level);
    for (size_t i = km->n_points; i-- > first;) {
        const rsp_km_point *q = &km->points[i];
        if (has_band(q)) {
            vertex(out, "L", end, plot_y(p, q->low));
            end = plot_x(p, q->t / WEEK);
            vertex(out, "L", end, plot_y(p, q->low));
        }
    }
    rsp_text_add(out, "Z\"/>\n");
}

static void curve(rsp_text *out, const plot *p, const rsp_km *km, arm_style s)
{
    if (!km->n_points) {
        return;
    }
    rsp_text_printf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2.2\"%s%s%s d=\"",
                    s.colour, s.dash ? " stroke-dasharray=\"" : "", s.dash ? s.dash : "",
                    s.dash ? "\"" : "");
    vertex(out, "M", plot_x(p, 0), plot_y(p, 1));
    for (size_t i = 0; i < km->n_points; i++) {
        rsp_text_printf(out, "H%.2fV%.2f", svg_at(plot_x(p, km->points[i].t / WEEK)),
                        svg_at(plot_y(p, km->points[i].s)));
    }
    rsp_text_add(out, "\"/>\n");
    for (size_t i = 0; i < km->n_points; i++) { /* censored: ticks */
        if (km->points[i].censored > 0) {
            double x = plot_x(p, km->points[i].t / WEEK);
            double y = plot_y(p, km->points[i].s);
            svg_line(out, x, y - 4, x, y + 4, s.colour, 1.2, NULL);
        }
    }
}

static void at_risk(rsp_text *out, const plot *p, const rsp_arm_findings *arm,
                    const rsp_km *km, arm_style s, double y)
{
    double step = plot_x_step(p);
    arm_at_risk(out, s, arm->name, y);
    for (double x = 0; x <= p->x1 + 1e-9; x += step) {
        rsp_km_point q = rsp_km_at(km, x * WEEK);
        svg_text(out, plot_x(p, x), y, "middle", 14, COLOUR_INK, "%.0f",
                 isfinite(q.at_risk) ? q.at_risk : 0.0);
    }
}

/* The log-rank tests of the endpoint: their words, and their height. */
static double tests(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f, size_t k, double y)
{
    char text[400], p[32];
    double top = y;
    for (size_t i = 0; i < f->n_contrasts; i++) {
        const rsp_contrast *c = &f->contrasts[i];
        if (!c->has_test || strcmp(c->endpoint, plan->endpoints[k].name) != 0) {
            continue;
        }
        snprintf(text, sizeof text, f->n_arms > 2 ? "log-rank, %.80s against %.80s: %s%s" : "log-rank %.0s%.0s%s%s",
                 c->treated, c->control, p_text(c->logrank.p, p),
                 f->trials > 1 ? " (first replicate trial alone)" : "");
        if (out) {
            svg_block(out, 46, y, "start", SIZE_LABEL, COLOUR_INK, text, FIGURE_WIDTH - 54);
        }
        y += 22 + svg_leading(SIZE_LABEL) * (double)(svg_lines(text, SIZE_LABEL, FIGURE_WIDTH - 54) - 1);
    }
    return y - top;
}

static double legend(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                     size_t k, double y)
{
    double top = y;
    for (size_t a = 0; a < f->n_arms; a++) {
        const rsp_arm_endpoint *e = &f->arms[a].endpoints[k];
        arm_style s = style_of_arm(plan, f->arms[a].name);
        char median[64] = "median not reached", words[400];
        if (!(e->n > 0)) {
            snprintf(median, sizeof median, "nobody at risk");
        } else if (isfinite(e->median.value)) {
            snprintf(median, sizeof median, "median %.1f weeks", e->median.value / WEEK);
        }
        snprintf(words, sizeof words, "%.250s (n = %zu): %s", f->arms[a].name, e->n, median);
        y += arm_legend(out, s, words, y);
    }
    return y + tests(out, plan, f, k, y) - top;
}

static void describe(const rsp_plan_view *plan, const rsp_findings *f, size_t k,
                     rsp_text *desc)
{
    rsp_text_printf(desc, "Kaplan-Meier curves of %s, with 95 per cent bands and numbers "
                          "at risk.", plan->endpoints[k].definition);
    for (size_t a = 0; a < f->n_arms; a++) {
        const rsp_arm_endpoint *e = &f->arms[a].endpoints[k];
        rsp_text_printf(desc, " %s: %zu of %zu had the event", f->arms[a].name, e->events,
                        e->n);
        if (isfinite(e->median.value)) {
            rsp_text_printf(desc, ", median %.1f weeks", e->median.value / WEEK);
        }
        rsp_text_add(desc, ".");
    }
    for (size_t i = 0; i < f->n_contrasts; i++) {
        const rsp_contrast *c = &f->contrasts[i];
        char p[32];
        if (c->has_test && strcmp(c->endpoint, plan->endpoints[k].name) == 0) {
            rsp_text_printf(desc, " Log-rank, %s against %s: %s.", c->treated, c->control, p_text(c->logrank.p, p));
        }
    }
}

void figure_km(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
               size_t k)
{
    double rows = 0;
    for (size_t a = 0; a < f->n_arms; a++) {
        rows += arm_at_risk(NULL, (arm_style){0}, f->arms[a].name, 0);
    }
    plot p = {.left = 162, .top = 44 + legend(NULL, plan, f, k, 0), .width = 334, .height = 250, .x0 = 0,
              .x1 = last_time(f, k), .y0 = 0, .y1 = 1};
    rsp_text desc = {0};
    char since[160];
    describe(plan, f, k, &desc);
    svg_open(out, FIGURE_WIDTH, p.top + p.height + 72 + rows, plan->endpoints[k].label,
             desc.data ? desc.data : "");
    rsp_text_fini(&desc);
    legend(out, plan, f, k, 18);
    plot_frame(out, &p, weeks_since(plan->endpoints[k].from, since),
               "share without the event");
    for (size_t a = 0; a < f->n_arms; a++) {
        band(out, &p, &f->arms[a].endpoints[k].km,
             style_of_arm(plan, f->arms[a].name).colour);
    }
    for (size_t a = 0; a < f->n_arms; a++) {
        curve(out, &p, &f->arms[a].endpoints[k].km, style_of_arm(plan, f->arms[a].name));
    }
    double y = p.top + p.height + 60;
    svg_text(out, 10, y, "start", 14, COLOUR_SOFT, "at risk");
    y += 20;
    for (size_t a = 0; a < f->n_arms; a++) {
        at_risk(out, &p, &f->arms[a], &f->arms[a].endpoints[k].km,
                style_of_arm(plan, f->arms[a].name), y);
        y += arm_at_risk(NULL, (arm_style){0}, f->arms[a].name, 0);
    }
    svg_close(out);
}
