#include <math.h>
#include <string.h>

#include "report/figures.h"

static const double WEEK = 7.0;
enum { MOST_LEVELS = 16 };

/* The first axis makes panels; rows are the combinations of the others. */
typedef struct layout {
    const char *panels[MOST_LEVELS];
    size_t n_panels;
    char rows[64][96];
    size_t n_rows;
    double most;
} layout;

static void row_name(const rsp_findings *f, const rsp_grid_cell *c, char name[96])
{
    size_t n = 0;
    name[0] = '\0';
    for (size_t i = 1; i < f->n_axes && n < 90; i++) {
        n += (size_t)snprintf(name + n, 96 - n, "%s%.44s", i > 1 ? ", " : "",
                              c->levels[i]);
    }
}

static size_t place_panel(layout *l, const char *level)
{
    for (size_t i = 0; i < l->n_panels; i++) {
        if (strcmp(l->panels[i], level) == 0) {
            return i;
        }
    }
    if (l->n_panels < MOST_LEVELS) {
        l->panels[l->n_panels++] = level;
    }
    return l->n_panels - 1;
}

static size_t place_row(layout *l, const char *name)
{
    for (size_t i = 0; i < l->n_rows; i++) {
        if (strcmp(l->rows[i], name) == 0) {
            return i;
        }
    }
    if (l->n_rows < 64) {
        snprintf(l->rows[l->n_rows++], 96, "%s", name);
    }
    return l->n_rows - 1;
}

static void lay_out(layout *l, const rsp_findings *f)
{
    l->most = 4;
    for (size_t i = 0; i < f->n_grid; i++) {
        const rsp_grid_cell *c = &f->grid[i];
        char name[96];
        row_name(f, c, name);
        place_panel(l, c->levels[0]);
        place_row(l, name);
        double high = isfinite(c->median.high) ? c->median.high : c->median.value;
        l->most = isfinite(high) ? fmax(l->most, high / WEEK) : l->most;
    }
    l->most = ceil(l->most);
}

static void cell(rsp_text *out, const plot *p, const rsp_grid_cell *c, arm_style s,
                 double y)
{
    double low = c->median.low / WEEK, high = c->median.high / WEEK;
    double v = c->median.value / WEEK;
    if (!isfinite(low)) {
        return;
    }
    bool open = !isfinite(high); /* beyond the follow-up */
    double x1 = open ? p->left + p->width : plot_x(p, high);
    svg_line(out, plot_x(p, low), y, x1, y, s.colour, 1.8, NULL);
    if (open) {
        svg_text(out, x1 + 1, y + 4, "start", 11, s.colour, "%s", "\xe2\x86\x92");
    }
    if (isfinite(v)) {
        svg_mark(out, s.shape, plot_x(p, v), y, 3.4, s.colour, true);
    }
}

void figure_grid(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    layout l = {.n_panels = 0};
    lay_out(&l, f);
    double row = 30, panel_w = (980 - 190) / (double)(l.n_panels ? l.n_panels : 1);
    double height = row * (double)l.n_rows;
    bool compare = f->grid_published > 0;
    svg_open(out, 1000, height + 150, "Median time to the endpoint over what is not known",
             "Median and 5 to 95 per cent interval over replicate trials, by arm, for "
             "each combination of what the publication does not report.");
    double x = 190;
    for (size_t a = 0; a < f->n_arms; a++) {
        arm_style s = style_of_arm(plan, f->arms[a].name);
        svg_mark(out, s.shape, x, 16, 4, s.colour, true);
        svg_text(out, x + 10, 20, "start", 12, COLOUR_INK, "%.30s", f->arms[a].name);
        x += 150;
    }
    if (compare) {
        svg_line(out, x, 8, x, 24, COLOUR_INK, 1.6, "5 3");
        svg_text(out, x + 8, 20, "start", 12, COLOUR_INK, "published: %.3g weeks",
                 f->grid_published / WEEK);
    }
    for (size_t k = 0; k < l.n_panels; k++) {
        plot p = {.left = 190 + panel_w * (double)k, .top = 64, .width = panel_w - 26,
                  .height = height, .x0 = 0, .x1 = l.most, .y0 = 0, .y1 = 1};
        double bottom = p.top + p.height, step = tick_step(l.most, 4);
        svg_text(out, p.left + p.width / 2, 50, "middle", 12, COLOUR_INK, "%.28s",
                 l.panels[k]);
        for (double t = 0; t <= l.most + 1e-9; t += step) {
            svg_line(out, plot_x(&p, t), p.top, plot_x(&p, t), bottom, COLOUR_FAINT, 0.7,
                     NULL);
            svg_text(out, plot_x(&p, t), bottom + 16, "middle", 11.5, COLOUR_INK, "%.3g",
                     t);
        }
        if (compare) {
            double at = plot_x(&p, f->grid_published / WEEK);
            svg_line(out, at, p.top, at, bottom, COLOUR_INK, 1.6, "5 3");
        }
        for (size_t i = 0; i < f->n_grid; i++) {
            const rsp_grid_cell *c = &f->grid[i];
            char name[96];
            size_t arm = 0;
            if (strcmp(c->levels[0], l.panels[k]) != 0) {
                continue;
            }
            while (arm + 1 < f->n_arms && strcmp(f->arms[arm].name, c->arm) != 0) {
                arm++;
            }
            row_name(f, c, name);
            double shift = ((double)arm - 0.5 * (double)(f->n_arms - 1)) * 10;
            cell(out, &p, c, style_of_arm(plan, c->arm),
                 p.top + row * ((double)place_row(&l, name) + 0.5) + shift);
        }
        svg_text(out, p.left + p.width / 2, bottom + 36, "middle", 12, COLOUR_INK,
                 "weeks");
    }
    for (size_t r = 0; r < l.n_rows; r++) {
        double y = 64 + row * ((double)r + 0.5);
        svg_text(out, 180, y + 4, "end", 11.5, COLOUR_INK, "%s", l.rows[r]);
        if (r) {
            svg_line(out, 20, y - row / 2, 974, y - row / 2, COLOUR_FAINT, 0.7, NULL);
        }
    }
    svg_text(out, 20, height + 128, "start", 11.5, COLOUR_INK,
             "Mark: median over replicate trials; line: 5 to 95 %%; arrow: beyond the "
             "follow-up.");
    svg_close(out);
}

void figure_score(rsp_text *out, const rsp_score_row *r)
{
    double low = isfinite(r->low) ? r->low : r->simulated;
    double high = isfinite(r->high) ? r->high : r->simulated;
    double from = low, to = high;
    if (isfinite(r->published)) {
        from = fmin(from, r->published);
        to = fmax(to, r->published);
    }
    if (!isfinite(from) || !isfinite(to)) {
        return;
    }
    double pad = to > from ? 0.12 * (to - from) : 1;
    plot p = {.left = 4, .top = 2, .width = 172, .height = 18, .x0 = from - pad,
              .x1 = to + pad, .y0 = 0, .y1 = 1};
    svg_open(out, 180, 22, r->quantity, "published figure on the simulated interval");
    svg_line(out, plot_x(&p, low), 11, plot_x(&p, high), 11, COLOUR_CONTROL, 2.4, NULL);
    if (isfinite(r->simulated)) {
        svg_mark(out, SVG_CIRCLE, plot_x(&p, r->simulated), 11, 3.4, COLOUR_CONTROL, true);
    }
    if (isfinite(r->published)) {
        svg_mark(out, SVG_DIAMOND, plot_x(&p, r->published), 11, 4, COLOUR_TREATED,
                 r->inside);
    }
    svg_close(out);
}
