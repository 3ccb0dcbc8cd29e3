#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/people.h"

/* Before and after of each participant, and the changes in order of size. */

enum { MOST_GROUPS_DRAWN = 12 };

typedef struct pairs {
    const rsp_result_table *t;
    const char *groups[MOST_GROUPS_DRAWN];
    arm_style styles[MOST_GROUPS_DRAWN];
    size_t n_groups;
    double least, most; /* of the values */
    double limit;       /* the greatest that something is below; NaN: none */
} pairs;

static const rsp_cell *cell(const pairs *p, size_t row, size_t column)
{
    return &p->t->cells[row * p->t->n_columns + column];
}
static double before(const pairs *p, size_t row) { return cell(p, row, p->t->figure.x)->value; }
static double after(const pairs *p, size_t row) { return cell(p, row, p->t->figure.y)->value; }
static double change(const pairs *p, size_t row)
{
    return cell(p, row, p->t->figure.y + 1)->value;
}
static bool is(const pairs *p, size_t row, size_t side, const char *what)
{
    return strncmp(cell(p, row, p->t->figure.y + 2 + side)->text, what, strlen(what)) == 0;
}
static bool at_limit(const pairs *p, size_t row, size_t side)
{
    return is(p, row, side, "below") || is(p, row, side, "above");
}

/* MOST_GROUPS_DRAWN: too many. */
static size_t group_of(const pairs *p, size_t row)
{
    size_t g = 0;
    while (g < p->n_groups && strcmp(p->groups[g], cell(p, row, 1)->text) != 0) {
        g++;
    }
    return g;
}

static pairs pairs_of(const rsp_result_table *t, const cohort *people)
{
    pairs p = {.t = t, .least = (double)INFINITY, .most = -(double)INFINITY,
               .limit = (double)NAN};
    size_t seen[MOST_STYLES] = {0};
    for (size_t i = 0; i < t->n_rows; i++) {
        size_t g = group_of(&p, i);
        if (g == p.n_groups && g < MOST_GROUPS_DRAWN) {
            p.groups[g] = cell(&p, i, 1)->text;
            p.styles[g] = style_of_group(people, p.groups[g], g, seen);
            p.n_groups++;
        }
        const double v[] = {before(&p, i), after(&p, i)};
        for (size_t k = 0; k < 2; k++) {
            p.least = fmin(p.least, v[k]);
            p.most = fmax(p.most, v[k]);
            p.limit = is(&p, i, k, "below") ? fmax(isnan(p.limit) ? v[k] : p.limit, v[k]) : p.limit;
        }
    }
    return p;
}

static void legend(rsp_text *out, const pairs *p)
{
    char name[160];
    for (size_t g = 0; g < p->n_groups; g++) {
        double y = 18 + 22 * (double)g;
        size_t n = 0;
        for (size_t i = 0; i < p->t->n_rows; i++) {
            n += group_of(p, i) == g;
        }
        svg_mark(out, p->styles[g].shape, 17, y - 5, 5, p->styles[g].colour, true);
        svg_text(out, 30, y, "start", SIZE_TITLE, COLOUR_INK, "%s (n = %zu)",
                 svg_name(p->groups[g], SIZE_TITLE, 390, name), n);
    }
}

static void value_axis(const pairs *p, plot *a)
{
    if (p->t->figure.log) {
        a->log_y = true;
        double low = floor(log10(p->least) + 1e-9), high = ceil(log10(p->most) - 1e-9);
        bool wide = high - low >= 3; /* two labels are left within */
        a->y0 = wide ? p->least / 1.4 : pow(10, low) * 0.8;
        a->y1 = wide ? p->most * 1.4 : pow(10, high) * 1.25;
        return;
    }
    double span = p->most > p->least ? p->most - p->least : 1, step = tick_step(span, 5);
    a->y0 = floor(p->least / step - 0.1) * step;
    a->y1 = ceil(p->most / step + 0.1) * step;
}

/* What lies at or under a limit is not known better. */
static void shade_limit(rsp_text *out, const pairs *p, const plot *a)
{
    if (isfinite(p->limit)) {
        double y = plot_y(a, p->limit);
        svg_rect(out, a->left, y, a->width, a->top + a->height - y, COLOUR_SOFT, "none", 0.1);
        svg_line(out, a->left, y, a->left + a->width, y, COLOUR_INK, 1.1, "5 3");
        svg_text(out, a->left + a->width, y - 5, "end", 13, COLOUR_INK, "limit %.4g", p->limit);
    }
}

static void lines(rsp_text *out, const pairs *p, const plot *a)
{
    double wide = a->width / (double)p->n_groups;
    for (size_t i = 0; i < p->t->n_rows; i++) {
        size_t g = group_of(p, i);
        if (g < p->n_groups) {
            arm_style s = p->styles[g];
            double x0 = a->left + wide * ((double)g + 0.22), x1 = x0 + 0.56 * wide;
            double y0 = plot_y(a, before(p, i)), y1 = plot_y(a, after(p, i));
            svg_line(out, x0, y0, x1, y1, s.colour, 1.3, NULL);
            svg_mark(out, s.shape, x0, y0, 3.6, s.colour, !at_limit(p, i, 0));
            svg_mark(out, s.shape, x1, y1, 3.6, s.colour, !at_limit(p, i, 1));
        }
    }
}

static void ends(rsp_text *out, const pairs *p, const plot *a)
{
    double wide = a->width / (double)p->n_groups, bottom = a->top + a->height;
    svg_line(out, a->left, bottom, a->left + a->width, bottom, COLOUR_INK, 1, NULL);
    for (size_t g = 0; g < p->n_groups; g++) {
        double x = a->left + wide * ((double)g + 0.22);
        svg_text(out, x, bottom + 20, "middle", SIZE_TICK, COLOUR_INK, "before");
        svg_text(out, x + 0.56 * wide, bottom + 20, "middle", SIZE_TICK, COLOUR_INK, "after");
    }
}

void figure_pairs(rsp_text *out, const rsp_result_table *t, const char *title,
                  const cohort *people)
{
    pairs p = pairs_of(t, people);
    char desc[600], label[160];
    size_t down = 0;
    for (size_t i = 0; i < t->n_rows; i++) {
        down += change(&p, i) < 0;
    }
    plot a = {.left = 92, .top = 46 + 22 * (double)p.n_groups, .width = 404, .height = 240};
    value_axis(&p, &a);
    snprintf(desc, sizeof desc, "%s and %s of %zu participants, joined by a line; lower after in "
                                "%zu.", t->figure.x_label, t->figure.y_label, t->n_rows, down);
    svg_open(out, FIGURE_WIDTH, a.top + a.height + 34, title, desc);
    legend(out, &p);
    plot_y_axis(out, &a, svg_fit(t->figure.x_label, 28, label));
    svg_text(out, 504, a.top - 14, "end", SIZE_LABEL, COLOUR_SOFT, "then %s",
             svg_fit(t->figure.y_label, 24, label));
    shade_limit(out, &p, &a);
    lines(out, &p, &a);
    ends(out, &p, &a);
    svg_close(out);
}

/* ---- Waterfall. */
typedef struct bar { double v; size_t row; } bar;

static int largest_first(const void *a, const void *b)
{
    const bar *x = a, *y = b;
    return x->v < y->v ? 1 : x->v > y->v ? -1 : (x->row > y->row) - (x->row < y->row);
}

static void bars(rsp_text *out, const pairs *p, const plot *a, const bar *b, size_t n)
{
    double wide = a->width / (double)n, zero = plot_y(a, 0);
    for (size_t i = 0; i < n; i++) {
        size_t g = group_of(p, b[i].row);
        const char *colour = g < p->n_groups ? p->styles[g].colour : COLOUR_SOFT;
        bool open = at_limit(p, b[i].row, 0) || at_limit(p, b[i].row, 1);
        double y = plot_y(a, b[i].v);
        svg_rect(out, a->left + wide * ((double)i + 0.1), fmin(y, zero), 0.8 * wide,
                 fmax(fabs(y - zero), 0.8), open ? "#ffffff" : colour, colour, open ? 1 : 0.75);
        if (b[i].v == 0) {
            svg_mark(out, SVG_DIAMOND, a->left + wide * ((double)i + 0.5), zero, 2.5, colour, true);
        }
    }
    svg_line(out, a->left, zero, a->left + a->width, zero, COLOUR_INK, 1.1, NULL);
}

void figure_waterfall(rsp_text *out, const rsp_result_table *t, const char *title,
                      const cohort *people)
{
    pairs p = pairs_of(t, people);
    bar *b = calloc(t->n_rows + 1, sizeof *b);
    char desc[400];
    if (!b) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < t->n_rows; i++) {
        b[i] = (bar){change(&p, i), i};
    }
    qsort(b, t->n_rows, sizeof *b, largest_first);
    double high = fmax(b[0].v, 0), low = fmin(b[t->n_rows - 1].v, 0);
    double step = tick_step(high > low ? high - low : 1, 6);
    plot a = {.left = 92, .top = 46 + 22 * (double)p.n_groups, .width = 404, .height = 240,
              .y0 = floor(low / step - 1e-9) * step, .y1 = ceil(high / step + 1e-9) * step};
    a.y1 = a.y1 > a.y0 ? a.y1 : a.y0 + step;
    snprintf(desc, sizeof desc, "Changes of %zu participants in order of size, from %.3g to %.3g.",
             t->n_rows, b[0].v, b[t->n_rows - 1].v);
    svg_open(out, FIGURE_WIDTH, a.top + a.height + 20, title, desc);
    legend(out, &p);
    plot_y_axis(out, &a, t->figure.log ? "change, log10" : "change");
    bars(out, &p, &a, b, t->n_rows);
    svg_close(out);
    free(b);
}
