#include <math.h>
#include <string.h>

#include "report/figures.h"

/* Too many people for lines of their own: quantiles of all replicate trials. */

static const double WEEK = 7.0;

typedef struct days { /* the visits of one assay in one arm, since one moment */
    const rsp_visit_summary *at[512];
    size_t n;
    double most;
} days;

static void collect(const rsp_arm_findings *arm, const char *assay, const char *from, days *d)
{
    *d = (days){.n = 0, .most = 1};
    for (size_t i = 0; i < arm->n_visits && d->n < 512; i++) {
        const rsp_visit_summary *v = &arm->visits[i];
        if (strcmp(v->assay, assay) == 0 && strcmp(v->from, from) == 0) {
            d->at[d->n++] = v;
            d->most = isfinite(v->q95) ? fmax(d->most, v->q95) : d->most;
        }
    }
}

static double quantile(const rsp_visit_summary *v, int which)
{
    const double q[] = {v->q05, v->q25, v->q50, v->q75, v->q95};
    return q[which];
}

static double at(const plot *p, const rsp_visit_summary *v, int which, double floor_at)
{
    double q = quantile(v, which);
    return svg_at(plot_y(p, isfinite(q) ? q : floor_at));
}

static void area(rsp_text *out, const plot *p, const days *d, int low, int high,
                 const char *colour, double floor_at)
{
    rsp_text_printf(out, "<path fill=\"%s\" fill-opacity=\"0.2\" d=\"", colour);
    for (size_t i = 0; i < d->n; i++) {
        rsp_text_printf(out, "%s%.2f %.2f", i ? "L" : "M",
                        svg_at(plot_x(p, d->at[i]->day / WEEK)),
                        at(p, d->at[i], high, floor_at));
    }
    for (size_t i = d->n; i-- > 0;) {
        rsp_text_printf(out, "L%.2f %.2f", svg_at(plot_x(p, d->at[i]->day / WEEK)),
                        at(p, d->at[i], low, floor_at));
    }
    rsp_text_add(out, "Z\"/>\n");
}

static void median(rsp_text *out, const plot *p, const days *d, arm_style s, double floor_at)
{
    rsp_text_printf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2.2\" d=\"",
                    s.colour);
    for (size_t i = 0; i < d->n; i++) {
        rsp_text_printf(out, "%s%.2f %.2f", i ? "L" : "M",
                        svg_at(plot_x(p, d->at[i]->day / WEEK)), at(p, d->at[i], 2, floor_at));
    }
    rsp_text_add(out, "\"/>\n");
    for (size_t i = 0; i < d->n; i++) {
        svg_mark(out, s.shape, plot_x(p, d->at[i]->day / WEEK), at(p, d->at[i], 2, floor_at), 3,
                 s.colour, isfinite(d->at[i]->q50));
    }
}

void figure_bands(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f, size_t arm,
                  const char *assay)
{
    assay_facts facts;
    days d, other;
    char title[340], name[160], unit[160], since[160];
    if (!assay_look(plan, f, assay, &facts)) {
        return;
    }
    collect(&f->arms[arm], assay, facts.from, &d);
    double most = d.most, last = 1;
    for (size_t a = 0; a < f->n_arms; a++) { /* one scale for all arms */
        collect(&f->arms[a], assay, facts.from, &other);
        most = fmax(most, other.most);
        last = other.n ? fmax(last, other.at[other.n - 1]->day / WEEK) : last;
    }
    if (!d.n) {
        return;
    }
    arm_style s = style_of_arm(plan, f->arms[arm].name);
    double floor_at = isfinite(facts.lloq) ? facts.lloq * 0.6 : 0.5;
    plot p = {.left = 92, .top = 66, .width = 404, .height = 240, .x0 = d.at[0]->day / WEEK,
              .x1 = ceil(last), .y0 = floor_at / 1.5, .log_y = true,
              .y1 = pow(10, ceil(log10(most) - 1e-9))};
    char label[40];
    if (isfinite(facts.lloq)) {
        snprintf(label, sizeof label, "LLOQ %.4g", facts.lloq);
        p.tick[0].y = facts.lloq;
        p.tick[0].label = label;
        p.n_ticks = 1;
    }
    snprintf(title, sizeof title, "%s, %s", assay_title(assay, name),
             assay_unit(facts.unit, unit));
    svg_open(out, FIGURE_WIDTH, p.top + p.height + 52, title,
             "Median and the middle 50 and 90 per cent of all participants of all replicate "
             "trials; an open mark: the median is below the limit of quantification.");
    svg_mark(out, s.shape, 17, 17, 5, s.colour, true);
    svg_text(out, 30, 23, "start", SIZE_TITLE, COLOUR_INK, "%s (n = %zu at the first sample)",
             svg_fit(f->arms[arm].name, 22, name), d.at[0]->n);
    plot_frame(out, &p, weeks_since(facts.from, since), title);
    if (isfinite(facts.lloq)) {
        double y = plot_y(&p, facts.lloq);
        svg_line(out, p.left, y, p.left + p.width, y, COLOUR_INK, 1.1, "5 3");
    }
    area(out, &p, &d, 0, 4, s.colour, floor_at);
    area(out, &p, &d, 1, 3, s.colour, floor_at);
    median(out, &p, &d, s, floor_at);
    svg_close(out);
}
