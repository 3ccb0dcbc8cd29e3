#include <math.h>
#include <string.h>

#include "report/figures.h"

static const double WEEK = 7.0;
enum { MOST_LEVELS = 16, MOST_ROWS = 64, ROW = 34, LEGEND = 56 };

/* The first axis makes panels; rows are the combinations of the others. */
typedef struct layout {
    const char *panels[MOST_LEVELS];
    size_t n_panels;
    char rows[MOST_ROWS][96];
    size_t n_rows;
    double most; /* weeks */
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

/* SIZE_MAX: no room. */
static size_t place_panel(layout *l, const char *level)
{
    for (size_t i = 0; i < l->n_panels; i++) {
        if (strcmp(l->panels[i], level) == 0) {
            return i;
        }
    }
    if (l->n_panels == MOST_LEVELS) {
        return SIZE_MAX;
    }
    l->panels[l->n_panels++] = level;
    return l->n_panels - 1;
}

static size_t place_row(layout *l, const char *name)
{
    for (size_t i = 0; i < l->n_rows; i++) {
        if (strcmp(l->rows[i], name) == 0) {
            return i;
        }
    }
    if (l->n_rows == MOST_ROWS) {
        return SIZE_MAX;
    }
    snprintf(l->rows[l->n_rows++], 96, "%s", name);
    return l->n_rows - 1;
}

static void lay_out(layout *l, const rsp_findings *f)
{
    *l = (layout){.most = 4};
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

size_t grid_panels(const rsp_findings *f)
{
    layout l;
    lay_out(&l, f);
    return l.n_panels;
}

static void cell(rsp_text *out, const plot *p, const rsp_grid_cell *c, arm_style s,
                 double y)
{
    double low = c->median.low / WEEK, high = c->median.high / WEEK;
    double v = c->median.value / WEEK;
    double edge = p->left + p->width;
    if (!isfinite(low)) { /* most trials never reached it */
        svg_text(out, edge, y + 5, "end", 13, COLOUR_INK, "not reached \xe2\x86\x92");
        return;
    }
    bool open = !isfinite(high); /* beyond the follow-up */
    svg_line(out, plot_x(p, low), y, open ? edge : plot_x(p, high), y, s.colour, 2.2, s.dash);
    if (open) {
        svg_text(out, edge + 1, y + 5, "start", 14, COLOUR_INK, "%s", "\xe2\x86\x92");
    }
    if (isfinite(v)) {
        svg_mark(out, s.shape, plot_x(p, v), y, 4, s.colour, true);
    }
}

static void legend(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    double x = 12;
    char name[160];
    for (size_t a = 0; a < f->n_arms; a++) {
        arm_style s = style_of_arm(plan, f->arms[a].name);
        svg_line(out, x, 16, x + 26, 16, s.colour, 2.2, s.dash);
        svg_mark(out, s.shape, x + 13, 16, 4, s.colour, true);
        svg_text(out, x + 33, 21, "start", SIZE_LABEL, COLOUR_INK, "%s",
                 svg_fit(f->arms[a].name, 18, name));
        x += 48 + 8.5 * (double)strlen(name);
    }
    if (f->grid_published > 0) {
        svg_line(out, x + 4, 8, x + 4, 25, COLOUR_INK, 1.8, "5 3");
        svg_text(out, x + 12, 21, "start", SIZE_LABEL, COLOUR_INK, "published: %.3g weeks",
                 f->grid_published / WEEK);
    }
}

static void rows(rsp_text *out, const plot *p, const layout *l)
{
    char name[160];
    for (size_t r = 0; r < l->n_rows; r++) {
        double y = p->top + ROW * ((double)r + 0.5);
        svg_text(out, p->left - 8, y + 5, "end", 13.5, COLOUR_INK, "%s",
                 svg_name(l->rows[r], 13.5, p->left - 12, name));
        if (r) {
            svg_line(out, 10, y - 0.5 * ROW, p->left + p->width, y - 0.5 * ROW, COLOUR_FAINT,
                     0.7, NULL);
        }
    }
}

static void cells(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                  const plot *p, layout *l, size_t panel)
{
    for (size_t i = 0; i < f->n_grid; i++) {
        const rsp_grid_cell *c = &f->grid[i];
        char name[96];
        size_t arm = 0;
        row_name(f, c, name);
        size_t row = place_row(l, name);
        if (place_panel(l, c->levels[0]) != panel || row == SIZE_MAX) {
            continue;
        }
        while (arm + 1 < f->n_arms && strcmp(f->arms[arm].name, c->arm) != 0) {
            arm++;
        }
        double shift = ((double)arm - 0.5 * (double)(f->n_arms - 1)) * 13;
        cell(out, p, c, style_of_arm(plan, c->arm), p->top + ROW * ((double)row + 0.5) + shift);
    }
}

static double panel_height(const layout *l) { return ROW * (double)l->n_rows + 84; }

static void draw_panel(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                       layout *l, size_t panel)
{
    plot p = {.left = 206, .top = 34, .width = 290, .height = ROW * (double)l->n_rows,
              .x0 = 0, .x1 = l->most, .y0 = 0, .y1 = 1};
    double bottom = p.top + p.height;
    svg_text(out, 10, 21, "start", SIZE_TITLE, COLOUR_INK, "%.60s", l->panels[panel]);
    for (double t = 0; t <= l->most + 1e-9; t += plot_x_step(&p)) {
        svg_line(out, plot_x(&p, t), p.top, plot_x(&p, t), bottom, COLOUR_FAINT, 0.7, NULL);
    }
    rows(out, &p, l);
    if (f->grid_published > 0) {
        double at = plot_x(&p, f->grid_published / WEEK);
        svg_line(out, at, p.top, at, bottom, COLOUR_INK, 1.8, "5 3");
    }
    cells(out, plan, f, &p, l, panel);
    plot_x_axis(out, &p, "median, weeks");
}

static const char GRID_TITLE[] = "Median time to the endpoint over what is not known";
static const char GRID_DESC[] =
    "Median (mark) and 5 to 95 per cent interval (line) over replicate trials, by arm, for "
    "each combination of what the publication does not report; an arrow is beyond the "
    "follow-up.";

void figure_grid_panel(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f,
                       size_t panel)
{
    layout l;
    lay_out(&l, f);
    svg_open(out, FIGURE_WIDTH, LEGEND - 20 + panel_height(&l), l.panels[panel], GRID_DESC);
    legend(out, plan, f);
    svg_move(out, 0, LEGEND - 20);
    draw_panel(out, plan, f, &l, panel);
    svg_move_end(out);
    svg_close(out);
}

void figure_grid(rsp_text *out, const rsp_plan_view *plan, const rsp_findings *f)
{
    layout l;
    lay_out(&l, f);
    size_t lines = (l.n_panels + 1) / 2;
    svg_open(out, 2 * FIGURE_WIDTH, LEGEND + panel_height(&l) * (double)lines, GRID_TITLE,
             GRID_DESC);
    legend(out, plan, f);
    for (size_t k = 0; k < l.n_panels; k++) {
        svg_move(out, FIGURE_WIDTH * (double)(k % 2), LEGEND - 16 + panel_height(&l) * (double)(k / 2));
        draw_panel(out, plan, f, &l, k);
        svg_move_end(out);
    }
    svg_close(out);
}

void figure_score(rsp_text *out, const rsp_score_row *r)
{
    double low = isfinite(r->low) ? r->low : r->simulated;
    double high = isfinite(r->high) ? r->high : r->simulated;
    bool open = isfinite(low) && !isfinite(r->high);
    double from = low, to = high;
    bool direction = !isfinite(r->published); /* a change: its sign is what counts */
    double mark = direction ? 0.0 : r->published;
    from = isfinite(from) ? fmin(from, mark) : mark;
    to = isfinite(to) ? fmax(to, mark) : mark;
    if (!isfinite(from) || !isfinite(to)) {
        return;
    }
    double pad = to > from ? 0.12 * (to - from) : 1;
    plot p = {.left = 5, .top = 2, .width = 150, .height = 18, .x0 = from - pad,
              .x1 = to + pad, .y0 = 0, .y1 = 1};
    svg_open(out, 175, 22, r->quantity,
             r->undecided ? "too few trials to compare what is published with"
             : r->inside  ? "what is published lies inside what is simulated"
                          : "what is published lies outside what is simulated");
    if (direction) {
        svg_line(out, plot_x(&p, 0), 2, plot_x(&p, 0), 20, COLOUR_SOFT, 1, "2 2");
    }
    if (isfinite(low)) {
        svg_line(out, plot_x(&p, low), 11, open ? 158 : plot_x(&p, high), 11, COLOUR_BLUE, 2.4,
                 NULL);
    }
    if (open) {
        svg_text(out, 158, 16, "start", 14, COLOUR_INK, "%s", "\xe2\x86\x92");
    }
    if (isfinite(r->simulated)) {
        svg_mark(out, SVG_CIRCLE, plot_x(&p, r->simulated), 11, 3.4, COLOUR_BLUE, true);
    }
    if (isfinite(r->published)) {
        svg_mark(out, SVG_DIAMOND, plot_x(&p, r->published), 11, 4, COLOUR_VERMILION,
                 r->inside);
    }
    svg_close(out);
}
