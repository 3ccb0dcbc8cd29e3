#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/visits.h"

/* Quantiles over people, and the figure for too many people for lines of their own. */

static const double WEEK = 7.0;
enum { FEWEST = 3 }; /* people of a visit of which quantiles are drawn */

bool visits_of_findings(const rsp_arm_findings *arm, const char *assay, const char *from,
                        visit_list *out)
{
    *out = (visit_list){.v = malloc((arm->n_visits + 1) * sizeof *out->v)};
    for (size_t i = 0; out->v && i < arm->n_visits; i++) {
        const rsp_visit_summary *v = &arm->visits[i];
        if (strcmp(v->assay, assay) == 0 && strcmp(v->from, from) == 0) {
            double week = v->day / WEEK;
            out->v[out->n++] = (visit){.first = week, .last = week, .week = week, .n = v->n,
                                       .followed = v->n,
                                       .q = {v->q05, v->q25, v->q50, v->q75, v->q95}};
        }
    }
    return out->v != NULL;
}

static double at(const plot *p, const visit *v, size_t q, double floor_at)
{
    return svg_at(plot_y(p, isfinite(v->q[q]) ? v->q[q] : floor_at));
}

void visits_area(rsp_text *out, const plot *p, const visit_list *l, size_t low, size_t high,
                 const char *colour, double floor_at)
{
    bool begun = false;
    for (size_t i = 0; i < l->n; i++) {
        if (l->v[i].n >= FEWEST) {
            if (!begun) {
                rsp_text_printf(out, "<path fill=\"%s\" fill-opacity=\"0.2\" d=\"", colour);
            }
            rsp_text_printf(out, "%s%.2f %.2f", begun ? "L" : "M",
                            svg_at(plot_x(p, l->v[i].week)), at(p, &l->v[i], high, floor_at));
            begun = true;
        }
    }
    for (size_t i = l->n; i-- > 0;) {
        if (l->v[i].n >= FEWEST) {
            rsp_text_printf(out, "L%.2f %.2f", svg_at(plot_x(p, l->v[i].week)),
                            at(p, &l->v[i], low, floor_at));
        }
    }
    rsp_text_add(out, begun ? "Z\"/>\n" : "");
}

void visits_line(rsp_text *out, const plot *p, const visit_list *l, size_t q, const char *colour,
                 double floor_at)
{
    bool begun = false;
    for (size_t i = 0; i < l->n; i++) {
        if (l->v[i].n >= FEWEST) {
            if (!begun) {
                rsp_text_printf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2.2\" "
                                     "d=\"", colour);
            }
            rsp_text_printf(out, "%s%.2f %.2f", begun ? "L" : "M",
                            svg_at(plot_x(p, l->v[i].week)), at(p, &l->v[i], q, floor_at));
            begun = true;
        }
    }
    rsp_text_add(out, begun ? "\"/>\n" : "");
}

static plot bands_plot(const visit_list *of_arms, size_t n_arms, size_t arm, double floor_at)
{
    double most = 1, last = 1;
    for (size_t a = 0; a < n_arms; a++) { /* one scale for all arms */
        for (size_t i = 0; i < of_arms[a].n; i++) {
            const visit *v = &of_arms[a].v[i];
            most = isfinite(v->q[Q95]) ? fmax(most, v->q[Q95]) : most;
            last = fmax(last, v->week);
        }
    }
    return (plot){.left = 92, .top = 66, .width = 404, .height = 240,
                  .x0 = of_arms[arm].v[0].week, .x1 = ceil(last), .y0 = floor_at / 1.5,
                  .log_y = true,
                  .y1 = fmax(pow(10, ceil(log10(most) - 1e-9)), 10 * floor_at)};
}

static void marks(rsp_text *out, const plot *p, const visit_list *l, arm_style s, double floor_at)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->v[i].n >= FEWEST) {
            svg_mark(out, s.shape, plot_x(p, l->v[i].week), at(p, &l->v[i], Q50, floor_at), 3,
                     s.colour, isfinite(l->v[i].q[Q50]));
        }
    }
}

void figure_bands(rsp_text *out, const cohort *c, const visit_list *of_arms, size_t arm,
                  const char *assay)
{
    assay_facts facts;
    const visit_list *l = &of_arms[arm];
    char title[340], name[160];
    if (!l->n || !assay_look(c, assay, &facts)) {
        return;
    }
    arm_style s = c->styles[arm];
    double floor_at = isfinite(facts.lloq) ? facts.lloq * 0.6 : 0.5;
    plot p = bands_plot(of_arms, c->rows->n_arms, arm, floor_at);
    if (isfinite(facts.lloq)) {
        snprintf(facts.lloq_label, sizeof facts.lloq_label, "LLOQ %.4g", facts.lloq);
        p.tick[p.n_ticks].y = facts.lloq;
        p.tick[p.n_ticks++].label = facts.lloq_label;
    }
    assay_label(assay, facts.unit, title);
    svg_open(out, FIGURE_WIDTH, p.top + p.height + 52, title,
             "Median and the middle 50 and 90 per cent of all participants; an open mark: the "
             "median is below the limit of quantification.");
    svg_mark(out, s.shape, 17, 17, 5, s.colour, true);
    svg_text(out, 30, 23, "start", SIZE_TITLE, COLOUR_INK, "%s (n = %zu at first)",
             svg_name(c->rows->arms[arm], SIZE_TITLE, 340, name), l->v[0].n);
    plot_frame(out, &p, facts.since, title);
    if (isfinite(facts.lloq)) {
        double y = plot_y(&p, facts.lloq);
        svg_line(out, p.left, y, p.left + p.width, y, COLOUR_INK, 1.1, "5 3");
    }
    visits_area(out, &p, l, Q05, Q95, s.colour, floor_at);
    visits_area(out, &p, l, Q25, Q75, s.colour, floor_at);
    visits_line(out, &p, l, Q50, s.colour, floor_at);
    marks(out, &p, l, s, floor_at);
    svg_close(out);
}
