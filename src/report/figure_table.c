#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/people.h"

/* Figures of analysed data, drawn from the same cells that are printed. */

enum { MOST_CURVES = 12 };

/* ---- Step curves: a curve for each text of the first column. */
typedef struct curves {
    const rsp_result_table *t;
    size_t first[MOST_CURVES], n_rows[MOST_CURVES], n; /* n_rows: that are drawn */
    size_t all_rows[MOST_CURVES];
    double last; /* x */
    arm_style styles[MOST_CURVES];
} curves;

static const rsp_cell *cell(const curves *c, size_t row, size_t column)
{
    return &c->t->cells[row * c->t->n_columns + column];
}

/* A curve is drawn while three, and a tenth, of its group are at risk, of fewer than three all. */
static void drop_tail(curves *c, size_t k)
{
    size_t column = c->t->figure.at_risk;
    if (column == SIZE_MAX) {
        return;
    }
    double n = cell(c, c->first[k], column)->value, least = fmax(fmin(3, n), 0.1 * n);
    while (c->n_rows[k] > 1 && cell(c, c->first[k] + c->n_rows[k] - 1, column)->value < least) {
        c->n_rows[k]--;
    }
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
        c.all_rows[c.n - 1] = i + 1 - c.first[c.n - 1];
    }
    for (size_t k = 0; k < c.n; k++) {
        c.n_rows[k] = c.all_rows[k];
        drop_tail(&c, k);
        c.last = fmax(c.last, cell(&c, c.first[k] + c.n_rows[k] - 1, t->figure.x)->value);
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

/* Lower ends of the band, the last one known where there is none. */
static double *lower_ends(const curves *c, size_t k)
{
    double *low = malloc((c->n_rows[k] + 1) * sizeof *low);
    double known = c->t->figure.rising ? 0 : 1;
    for (size_t i = 0; low && i < c->n_rows[k]; i++) {
        const rsp_cell *y = cell(c, c->first[k] + i, c->t->figure.y);
        low[i] = known = isfinite(y->low) ? y->low : known;
    }
    return low;
}

static void step_band(rsp_text *out, const plot *p, const curves *c, size_t k)
{
    const rsp_result_figure *f = &c->t->figure;
    double start = f->rising ? 0 : 1, *low = lower_ends(c, k);
    out->failed |= !low;
    rsp_text_printf(out, "<path fill=\"%s\" fill-opacity=\"0.15\" d=\"M%.2f %.2f",
                    c->styles[k].colour, svg_at(plot_x(p, 0)), svg_at(plot_y(p, start)));
    double high = start;
    for (size_t i = 0; i < c->n_rows[k]; i++) { /* there along the top */
        const rsp_cell *y = cell(c, c->first[k] + i, f->y);
        high = isfinite(y->high) ? y->high : high;
        rsp_text_printf(out, "H%.2fV%.2f",
                        svg_at(plot_x(p, cell(c, c->first[k] + i, f->x)->value)),
                        svg_at(plot_y(p, high)));
    }
    for (size_t i = c->n_rows[k]; low && i-- > 0;) { /* back along the bottom */
        double x = svg_at(plot_x(p, cell(c, c->first[k] + i, f->x)->value));
        rsp_text_printf(out, "L%.2f %.2fL%.2f %.2f", x, svg_at(plot_y(p, low[i])), x,
                        svg_at(plot_y(p, i ? low[i - 1] : start)));
    }
    rsp_text_add(out, "Z\"/>\n");
    free(low);
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
    for (size_t i = 0; i < c->all_rows[k]; i++) {
        size_t row = c->first[k] + i;
        if (cell(c, row, c->t->figure.x)->value >= x) {
            return cell(c, row, c->t->figure.at_risk)->value;
        }
    }
    return 0;
}

static void risk_table(rsp_text *out, const plot *p, const curves *c)
{
    double y = p->top + p->height + 80, step = plot_x_step(p);
    svg_text(out, 10, y - 20, "start", 14, COLOUR_SOFT, "at risk");
    for (size_t k = 0; k < c->n; k++) {
        double down = arm_at_risk(out, c->styles[k], cell(c, c->first[k], 0)->text, y);
        for (double x = 0; x <= p->x1 + 1e-9; x += step) {
            svg_text(out, plot_x(p, x), y, "middle", 14, COLOUR_INK, "%.0f", at_risk(c, k, x));
        }
        y += down;
    }
}

/* "placebo: 27 of 30, median 28 (14 to 42) days", of the table of quantiles beside it. */
static void group_text(const rsp_result *r, const char *group, rsp_text *text)
{
    char shown[RSP_CELL_SHOWN];
    rsp_text_add(text, group);
    for (size_t k = 0; k < r->n_tables; k++) {
        const rsp_result_table *q = &r->tables[k];
        for (size_t i = 0; strcmp(q->key, "quantiles") == 0 && q->n_columns == 5 && i < q->n_rows;
             i++) {
            const rsp_cell *row = &q->cells[i * q->n_columns];
            if (strcmp(row[0].text, group) == 0 && row[3].value == 0.5) {
                rsp_text_printf(text, ": %.0f of %.0f, median %s", row[2].value, row[1].value,
                                rsp_cell_shown(&q->columns[4], &row[4], shown));
            }
        }
    }
}

/* "log-rank p = 0.056", of the test of these curves. */
static void test_text(const rsp_result *r, rsp_text *text)
{
    const rsp_result *test = r->test;
    char p[32];
    for (size_t k = 0; test && k < test->n_tables; k++) {
        const rsp_result_table *t = &test->tables[k];
        for (size_t c = 0; strcmp(t->key, "test") == 0 && t->n_rows && c < t->n_columns; c++) {
            if (strcmp(t->columns[c].key, "p") == 0) {
                rsp_text_printf(text, "%s %s", t->cells[0].text, p_text(t->cells[c].value, p));
            }
        }
    }
}

/* Its height. */
static double legend(rsp_text *out, const curves *c, const rsp_result *r, rsp_text *desc)
{
    rsp_text test = {0};
    double y = 18;
    for (size_t k = 0; k < c->n; k++) {
        rsp_text text = {0};
        group_text(r, cell(c, c->first[k], 0)->text, &text);
        y += arm_legend(out, c->styles[k], text.data ? text.data : "", y);
        rsp_text_printf(desc, " %s.", text.data ? text.data : "");
        rsp_text_fini(&text);
    }
    test_text(r, &test);
    if (test.data) {
        svg_text(out, 46, y, "start", SIZE_LABEL, COLOUR_INK, "%s", test.data);
        rsp_text_printf(desc, " %s.", test.data);
        y += 22;
    }
    rsp_text_fini(&test);
    return y - 18;
}

static void steps(rsp_text *out, const rsp_result_table *t, const rsp_result *r,
                  const cohort *people)
{
    curves c = curves_of_table(t);
    style_curves(&c, people);
    bool risk = t->figure.at_risk != SIZE_MAX;
    double rows = 0;
    for (size_t k = 0; k < c.n; k++) {
        rows += arm_at_risk(NULL, c.styles[k], cell(&c, c.first[k], 0)->text, 0);
    }
    rsp_text head = {0}, desc = {0};
    plot p = {.left = risk ? 162 : 60, .width = risk ? 334 : 436,
              .height = 250, .x0 = 0, .x1 = c.last, .y0 = 0, .y1 = 1};
    rsp_text_printf(&desc, "Step curves of %s with pointwise bands.", t->figure.y_label);
    p.top = 44 + legend(&head, &c, r, &desc);
    svg_open(out, FIGURE_WIDTH, p.top + p.height + (risk ? 72 + rows : 56), r->name,
             desc.data ? desc.data : "");
    rsp_text_add(out, head.data ? head.data : "");
    out->failed |= head.failed || desc.failed;
    rsp_text_fini(&head);
    rsp_text_fini(&desc);
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

/* ---- Where events lie between visits: a box for each, flat lines between. */
static void box_curve(rsp_text *out, const plot *p, const curves *c, size_t k)
{
    const rsp_result_figure *f = &c->t->figure;
    arm_style s = c->styles[k];
    double level = 1, from = 0;
    for (size_t i = 0; i < c->n_rows[k]; i++) {
        size_t row = c->first[k] + i;
        double left = cell(c, row, f->x)->value, right = cell(c, row, f->x + 1)->value;
        double x0 = plot_x(p, left), x1 = plot_x(p, right), y = plot_y(p, level);
        svg_line(out, plot_x(p, from), y, x0, y, s.colour, 2.2, s.dash);
        if (!isfinite(right)) { /* never seen: not below where the others end */
            svg_line(out, x0, y, p->left + p->width, y, s.colour, 1.2, "2 3");
            return;
        }
        level = cell(c, row, f->y)->value;
        svg_rect(out, x0, y, fmax(x1 - x0, 0.5), plot_y(p, level) - y, s.colour, s.colour, 0.25);
        from = right;
    }
    svg_line(out, plot_x(p, from), plot_y(p, level), p->left + p->width, plot_y(p, level), s.colour,
             2.2, s.dash);
}

static double last_end(const rsp_result_table *t)
{
    double last = 1;
    for (size_t i = 0; i < t->n_rows; i++) {
        const rsp_cell *row = &t->cells[i * t->n_columns + t->figure.x];
        last = isfinite(row[0].value) ? fmax(last, row[0].value) : last;
        last = isfinite(row[1].value) ? fmax(last, row[1].value) : last;
    }
    return last;
}

static void boxes(rsp_text *out, const rsp_result_table *t, const rsp_result *r,
                  const cohort *people)
{
    curves c = curves_of_table(t);
    rsp_text head = {0}, desc = {0};
    style_curves(&c, people);
    plot p = {.left = 60, .width = 436, .height = 250, .x0 = 0,
              .x1 = last_end(t), .y0 = 0, .y1 = 1};
    p.top = 44 + legend(&head, &c, r, &desc);
    svg_open(out, FIGURE_WIDTH, p.top + p.height + 56, r->name,
             "Share without the event between visits: a box where the curve falls at a time that "
             "is not known.");
    rsp_text_add(out, head.data ? head.data : "");
    out->failed |= head.failed || desc.failed;
    rsp_text_fini(&head);
    rsp_text_fini(&desc);
    plot_frame(out, &p, t->figure.x_label, t->figure.y_label);
    for (size_t k = 0; k < c.n; k++) {
        box_curve(out, &p, &c, k);
    }
    svg_close(out);
}

void figure_table(rsp_text *out, const rsp_result_table *t, const rsp_result *r,
                  const cohort *people)
{
    if (t->figure.kind == RSP_FIGURE_STEPS && t->n_rows) {
        steps(out, t, r, people);
    } else if (t->figure.kind == RSP_FIGURE_BOXES && t->n_rows) {
        boxes(out, t, r, people);
    } else if (t->figure.kind == RSP_FIGURE_FOREST && t->n_rows) {
        figure_forest(out, t, r->name);
    }
}
