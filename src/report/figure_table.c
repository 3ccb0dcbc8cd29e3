#include <math.h>
#include <stdint.h>
#include <string.h>

#include "report/people.h"

/* Figures of analysed data, drawn from the same cells that are printed. */

enum { MOST_CURVES = 12 };

/* ---- Step curves: a curve for each text of the first column. */
typedef struct curves {
    const rsp_result_table *t;
    size_t first[MOST_CURVES], n_rows[MOST_CURVES], n;
    double last; /* x */
    arm_style styles[MOST_CURVES];
} curves;

static const rsp_cell *cell(const curves *c, size_t row, size_t column)
{
    return &c->t->cells[row * c->t->n_columns + column];
}

static curves curves_of_table(const rsp_result_table *t)
{
    curves c = {.t = t, .last = 1};
    for (size_t i = 0; i < t->n_rows; i++) {
        bool same = c.n && strcmp(cell(&c, i, 0)->text, cell(&c, c.first[c.n - 1], 0)->text) == 0;
        if (!same && c.n == MOST_CURVES) {
            break;
        }
        if (!same) {
            c.first[c.n++] = i;
        }
        c.n_rows[c.n - 1] = i + 1 - c.first[c.n - 1];
        c.last = fmax(c.last, cell(&c, i, t->figure.x)->value);
    }
    return c;
}

/* A group that is an arm looks as the arm does; several curves of it differ in their dash. */
arm_style style_of_group(const cohort *c, const char *group, size_t k, size_t *seen)
{
    static const char *const dashes[] = {NULL, "6 3", "2 3", "8 3 2 3"};
    for (size_t a = 0; c && a < c->rows->n_arms; a++) {
        size_t n = strlen(c->rows->arms[a]);
        if (strncmp(group, c->rows->arms[a], n) == 0 &&
            (group[n] == '\0' || strncmp(group + n, ", ", 2) == 0)) {
            arm_style s = c->styles[a];
            s.dash = seen[a]++ ? dashes[(seen[a] + (s.dash != NULL)) % 4] : s.dash;
            return s;
        }
    }
    arm_style s = style_of_kind(k % 2 ? 0 : 1, k / 2);
    s.dash = dashes[(k + 1 + k / 6) % 4];
    return s;
}

static void style_curves(curves *c, const cohort *people)
{
    size_t seen[MOST_STYLES] = {0};
    for (size_t k = 0; k < c->n; k++) {
        c->styles[k] = style_of_group(people, cell(c, c->first[k], 0)->text, k, seen);
    }
}

static void step_band(rsp_text *out, const plot *p, const curves *c, size_t k)
{
    const rsp_result_figure *f = &c->t->figure;
    double start = f->rising ? 0 : 1, high = start, low = start;
    rsp_text back = {0};
    rsp_text_printf(out, "<path fill=\"%s\" fill-opacity=\"0.15\" d=\"M%.2f %.2f",
                    c->styles[k].colour, svg_at(plot_x(p, 0)), svg_at(plot_y(p, start)));
    for (size_t i = 0; i < c->n_rows[k]; i++) { /* there along the top, back along the bottom */
        const rsp_cell *y = cell(c, c->first[k] + i, f->y);
        double x = svg_at(plot_x(p, cell(c, c->first[k] + i, f->x)->value));
        rsp_text part = {0};
        high = isfinite(y->high) ? y->high : high;
        rsp_text_printf(out, "H%.2fV%.2f", x, svg_at(plot_y(p, high)));
        double next = isfinite(y->low) ? y->low : low;
        rsp_text_printf(&part, "L%.2f %.2fL%.2f %.2f", x, svg_at(plot_y(p, next)), x,
                        svg_at(plot_y(p, low)));
        rsp_text_add(&part, back.data ? back.data : "");
        rsp_text_fini(&back);
        back = part;
        low = next;
    }
    rsp_text_add(out, back.data ? back.data : "");
    out->failed |= back.failed;
    rsp_text_fini(&back);
    rsp_text_add(out, "Z\"/>\n");
}

static void step_curve(rsp_text *out, const plot *p, const curves *c, size_t k)
{
    const rsp_result_figure *f = &c->t->figure;
    arm_style s = c->styles[k];
    rsp_text_printf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2.2\"%s%s%s d=\"M%.2f "
                         "%.2f", s.colour, s.dash ? " stroke-dasharray=\"" : "",
                    s.dash ? s.dash : "", s.dash ? "\"" : "", svg_at(plot_x(p, 0)),
                    svg_at(plot_y(p, f->rising ? 0 : 1)));
    for (size_t i = 0; i < c->n_rows[k]; i++) {
        rsp_text_printf(out, "H%.2fV%.2f",
                        svg_at(plot_x(p, cell(c, c->first[k] + i, f->x)->value)),
                        svg_at(plot_y(p, cell(c, c->first[k] + i, f->y)->value)));
    }
    rsp_text_add(out, "\"/>\n");
    for (size_t i = 0; f->censored != SIZE_MAX && i < c->n_rows[k]; i++) {
        if (cell(c, c->first[k] + i, f->censored)->value > 0) {
            double x = plot_x(p, cell(c, c->first[k] + i, f->x)->value);
            double y = plot_y(p, cell(c, c->first[k] + i, f->y)->value);
            svg_line(out, x, y - 4, x, y + 4, s.colour, 1.2, NULL);
        }
    }
}

/* Those at risk just before x: of the first row from x on. */
static double at_risk(const curves *c, size_t k, double x)
{
    for (size_t i = 0; i < c->n_rows[k]; i++) {
        size_t row = c->first[k] + i;
        if (cell(c, row, c->t->figure.x)->value >= x) {
            return cell(c, row, c->t->figure.at_risk)->value;
        }
    }
    return 0;
}

static void risk_table(rsp_text *out, const plot *p, const curves *c)
{
    double y = p->top + p->height + 60, step = plot_x_step(p);
    char name[160];
    svg_text(out, 10, y, "start", 14, COLOUR_SOFT, "at risk");
    for (size_t k = 0; k < c->n; k++) {
        y += 20;
        svg_line(out, 10, y - 4, 26, y - 4, c->styles[k].colour, 2.4, c->styles[k].dash);
        svg_text(out, 31, y, "start", 13, COLOUR_INK, "%s",
                 svg_fit(cell(c, c->first[k], 0)->text, 14, name));
        for (double x = 0; x <= p->x1 + 1e-9; x += step) {
            svg_text(out, plot_x(p, x), y, "middle", 14, COLOUR_INK, "%.0f", at_risk(c, k, x));
        }
    }
}

static void steps(rsp_text *out, const rsp_result_table *t, const char *title,
                  const cohort *people)
{
    curves c = curves_of_table(t);
    style_curves(&c, people);
    bool risk = t->figure.at_risk != SIZE_MAX;
    double rows = (double)c.n;
    char name[160];
    plot p = {.left = risk ? 162 : 60, .top = 44 + 22 * rows, .width = risk ? 334 : 436,
              .height = 250, .x0 = 0, .x1 = c.last, .y0 = 0, .y1 = 1};
    svg_open(out, FIGURE_WIDTH, p.top + p.height + (risk ? 72 + 20 * rows : 56), title,
             "Step curves with 95 per cent bands; the table beneath has their numbers.");
    for (size_t k = 0; k < c.n; k++) {
        svg_line(out, 10, 14 + 22 * (double)k, 38, 14 + 22 * (double)k, c.styles[k].colour, 2.4,
                 c.styles[k].dash);
        svg_text(out, 46, 18 + 22 * (double)k, "start", SIZE_LABEL, COLOUR_INK, "%s",
                 svg_fit(cell(&c, c.first[k], 0)->text, 50, name));
    }
    plot_frame(out, &p, t->figure.x_label, t->figure.y_label);
    for (size_t k = 0; k < c.n; k++) {
        step_band(out, &p, &c, k);
    }
    for (size_t k = 0; k < c.n; k++) {
        step_curve(out, &p, &c, k);
    }
    if (risk) {
        risk_table(out, &p, &c);
    }
    svg_close(out);
}

void figure_table(rsp_text *out, const rsp_result_table *t, const char *title, const cohort *people)
{
    if (t->figure.kind == RSP_FIGURE_STEPS && t->n_rows) {
        steps(out, t, title, people);
    } else if (t->figure.kind == RSP_FIGURE_FOREST && t->n_rows) {
        figure_forest(out, t, title);
    }
}
