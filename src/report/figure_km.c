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

static void band(rsp_text *out, const plot *p, const rsp_km *km, const char *colour)
{
    bool any = false;
    double low = 1, high = 1;
    rsp_text_printf(out, "<path fill=\"%s\" fill-opacity=\"0.14\" d=\"M%.2f %.2f",
                    colour, plot_x(p, 0), plot_y(p, 1));
    for (size_t i = 0; i < km->n_points; i++) {
        const rsp_km_point *q = &km->points[i];
        if (q->events <= 0 || !isfinite(q->low) || !isfinite(q->high)) {
            continue;
        }
        double x = plot_x(p, q->t / WEEK);
        rsp_text_printf(out, "L%.2f %.2fL%.2f %.2f", x, plot_y(p, high), x,
                        plot_y(p, q->high));
        high = q->high;
        any = true;
    }
    double end = km->n_points ? plot_x(p, km->points[km->n_points - 1].t / WEEK)
                              : plot_x(p, 0);
    rsp_text_printf(out, "L%.2f %.2f", end, plot_y(p, high));
    double x_last = end;
    for (size_t i = km->n_points; any && i-- > 0;) {
        const rsp_km_point *q = &km->points[i];
        if (q->events <= 0 || !isfinite(q->low) || !isfinite(q->high)) {
            continue;
        }
        low = q->low;
        double x = plot_x(p, q->t / WEEK);
        rsp_text_printf(out, "L%.2f %.2fL%.2f %.2f", x_last, plot_y(p, low), x,
                        plot_y(p, low));
        x_last = x;
    }
    rsp_text_printf(out, "L%.2f %.2fZ\"/>\n", x_last, plot_y(p, 1));
}

static void curve(rsp_text *out, const plot *p, const rsp_km *km, arm_style s)
{
    double level = 1;
    rsp_text_printf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2.2\"%s%s%s "
                         "d=\"M%.2f %.2f",
                    s.colour, s.dash ? " stroke-dasharray=\"" : "", s.dash ? s.dash : "",
                    s.dash ? "\"" : "", plot_x(p, 0), plot_y(p, 1));
    for (size_t i = 0; i < km->n_points; i++) {
        double x = plot_x(p, km->points[i].t / WEEK);
        rsp_text_printf(out, "H%.2fV%.2f", x, plot_y(p, km->points[i].s));
    }
    rsp_text_add(out, "\"/>\n");
    for (size_t i = 0; i < km->n_points; i++) { /* censored: ticks */
        level = km->points[i].s;
        if (km->points[i].censored > 0) {
            double x = plot_x(p, km->points[i].t / WEEK), y = plot_y(p, level);
            svg_line(out, x, y - 4, x, y + 4, s.colour, 1.2, NULL);
        }
    }
}

static void at_risk(rsp_text *out, const plot *p, const rsp_arm_findings *arm,
                    const rsp_km *km, arm_style s, double y)
{
    double step = tick_step(p->x1 - p->x0, (int)fmax(3, p->width / 60));
    svg_text(out, p->left - 12, y, "end", 11, s.colour, "%.24s", arm->name);
    for (double x = 0; x <= p->x1 + 1e-9; x += step) {
        rsp_km_point q = rsp_km_at(km, x * WEEK);
        svg_text(out, plot_x(p, x), y, "middle", 11, COLOUR_INK, "%.0f",
                 isfinite(q.at_risk) ? q.at_risk : 0.0);
    }
}

static void legend(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                   size_t k, double x, double y)
{
    for (size_t a = 0; a < f->n_arms; a++) {
        const rsp_arm_endpoint *e = &f->arms[a].endpoints[k];
        arm_style s = style_of_arm(plan, f->arms[a].name);
        char median[64] = "median not reached";
        if (isfinite(e->median.value)) {
            snprintf(median, sizeof median, "median %.1f weeks", e->median.value / WEEK);
        }
        svg_line(out, x, y - 4, x + 26, y - 4, s.colour, 2.4, s.dash);
        svg_text(out, x + 34, y, "start", 12, COLOUR_INK, "%.40s: %s",
                 f->arms[a].name, median);
        y += 17;
    }
}

void figure_km(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
               size_t k)
{
    double rows = (double)f->n_arms * 16.0, head = 28 + 17 * (double)f->n_arms;
    plot p = {.left = 150, .top = head + 42, .width = 620, .height = 300, .x0 = 0,
              .x1 = last_time(f, k), .y0 = 0, .y1 = 1};
    const char *name = plan->endpoints[k].name;
    svg_open(out, 800, p.top + p.height + 82 + rows, name, plan->endpoints[k].definition);
    svg_text(out, 24, 22, "start", 14, COLOUR_INK, "%.100s", plan->endpoints[k].definition);
    legend(out, plan, f, k, p.left, 44);
    plot_frame(out, &p, "weeks", "share without the event");
    for (size_t a = 0; a < f->n_arms; a++) {
        band(out, &p, &f->arms[a].endpoints[k].km,
             style_of_arm(plan, f->arms[a].name).colour);
    }
    for (size_t a = 0; a < f->n_arms; a++) {
        curve(out, &p, &f->arms[a].endpoints[k].km, style_of_arm(plan, f->arms[a].name));
    }
    double y = p.top + p.height + 58;
    svg_text(out, 24, y, "start", 11, COLOUR_INK, "at risk");
    for (size_t a = 0; a < f->n_arms; a++) {
        y += 16;
        at_risk(out, &p, &f->arms[a], &f->arms[a].endpoints[k].km,
                style_of_arm(plan, f->arms[a].name), y);
    }
    svg_close(out);
}
