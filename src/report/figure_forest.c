#include <math.h>
#include <stdint.h>
#include <string.h>

#include "report/figures.h"

/* A forest: of each estimate its interval, a square whose area goes with its weight, and
 * how many events there were, drawn from the cells that are printed. */

enum { ROW = 52, LEFT = 196, MOST_FOREST = 128 };
static const double WORDS = 13.5, SIDE = 16; /* size of type, edge */

typedef struct forest {
    const rsp_result_table *t;
    size_t row[MOST_FOREST], n;
    double top[MOST_FOREST + 1]; /* of each row */
    double weight; /* the greatest */
    plot p;
} forest;

static const rsp_cell *at(const forest *f, size_t k, size_t column)
{
    return &f->t->cells[f->row[k] * f->t->n_columns + column];
}
static const rsp_cell *estimate(const forest *f, size_t k) { return at(f, k, f->t->figure.x); }

static const rsp_cell *named(const forest *f, size_t k, const char *key)
{
    for (size_t c = 0; c < f->t->n_columns; c++) {
        if (strcmp(f->t->columns[c].key, key) == 0) {
            return at(f, k, c);
        }
    }
    return NULL;
}

static double number_of(const forest *f, size_t k, const char *key)
{
    const rsp_cell *c = named(f, k, key);
    return c ? c->value : (double)NAN;
}

/* On the axis: the logarithm where that is asked. */
static double place(const forest *f, double v)
{
    return !f->t->figure.log ? v : v > 0 ? log10(v) : -(double)INFINITY;
}

/* What is not estimable is drawn with its reason; what was never asked is not. */
static bool is_drawn(const rsp_result_table *t, size_t i)
{
    const rsp_cell *row = &t->cells[i * t->n_columns], *c = &row[t->figure.x];
    bool meant = !t->figure.only || strstr(row[0].text, t->figure.only);
    return meant && (isfinite(c->value) || c->reason[0]);
}

static forest forest_of(const rsp_result_table *t)
{
    forest f = {.t = t};
    for (size_t i = 0; i < t->n_rows && f.n < MOST_FOREST; i++) {
        if (is_drawn(t, i)) {
            f.row[f.n++] = i;
        }
    }
    return f;
}

size_t forest_rows(const rsp_result_table *t) { return forest_of(t).n; }

static double weight_of(const forest *f, size_t k)
{
    const rsp_cell *c = estimate(f, k);
    double wide = place(f, c->high) - place(f, c->low);
    return isfinite(wide) && wide > 0 ? 1 / (wide * wide) : 0;
}

/* From the ends of the intervals; an end that runs off does not count. */
static void set_axis(forest *f)
{
    const double most = !f->t->figure.log ? (double)INFINITY : f->t->figure.plain ? 6 : 3;
    double low = f->t->figure.plain ? (double)INFINITY : 0;
    double high = f->t->figure.plain ? -(double)INFINITY : 0;
    for (size_t k = 0; k < f->n; k++) {
        const rsp_cell *c = estimate(f, k);
        const double ends[] = {place(f, c->low), place(f, c->value), place(f, c->high)};
        for (size_t i = 0; i < 3; i++) {
            low = isfinite(ends[i]) ? fmin(low, fmax(ends[i], -most)) : low;
            high = isfinite(ends[i]) ? fmax(high, fmin(ends[i], most)) : high;
        }
        f->weight = fmax(f->weight, weight_of(f, k));
    }
    low = isfinite(low) ? low : 0;
    high = isfinite(high) ? high : 1;
    double edge = fmax(0.05 * (high - low), f->t->figure.log ? 0.1 : 1e-9);
    f->p = (plot){.left = LEFT, .top = 10, .width = FIGURE_WIDTH - LEFT - 16,
                  .height = f->top[f->n] - 10, .x0 = low - edge, .x1 = high + edge, .y1 = 1};
}

static void tick(rsp_text *out, const forest *f, double v, double x, double *last)
{
    double bottom = f->p.top + f->p.height, px = plot_x(&f->p, x);
    svg_line(out, px, bottom, px, bottom + 5, COLOUR_INK, 1, NULL);
    if (px - *last >= 34) {
        char text[48];
        svg_text(out, px, bottom + 20, "middle", SIZE_TICK, COLOUR_INK, "%s", svg_number(v, text));
        *last = px;
    }
}

/* A range within which 1, 2 and 5 hardly fall is marked in equal steps. */
static void narrow_ticks(rsp_text *out, const forest *f)
{
    const double low = pow(10, f->p.x0), high = pow(10, f->p.x1), step = tick_step(high - low, 4);
    double last = 0;
    for (double i = ceil(low / step); i * step <= high; i++) {
        tick(out, f, i * step, log10(i * step), &last);
    }
}

/* Powers of ten, and twice and five times those where there are few. */
static void log_ticks(rsp_text *out, const forest *f)
{
    const double all[] = {1, 2, 5};
    if (f->p.x1 - f->p.x0 < 0.7) {
        narrow_ticks(out, f);
        return;
    }
    size_t n = f->p.x1 - f->p.x0 > 2.2 ? 1 : 3;
    double last = 0;
    for (double k = floor(f->p.x0); k <= f->p.x1; k++) {
        for (size_t i = 0; i < n; i++) {
            double x = k + log10(all[i]);
            if (x >= f->p.x0 - 1e-9 && x <= f->p.x1 + 1e-9) {
                tick(out, f, all[i] * pow(10, k), x, &last);
            }
        }
    }
}

static void axis(rsp_text *out, const forest *f)
{
    const plot *p = &f->p;
    double bottom = p->top + p->height, last = 0;
    svg_line(out, p->left, bottom, p->left + p->width, bottom, COLOUR_INK, 1, NULL);
    if (f->t->figure.log) {
        log_ticks(out, f);
    }
    double step = tick_step(p->x1 - p->x0, 5);
    double first = ceil(p->x0 / step);
    for (int i = 0; !f->t->figure.log && i < 20 && (first + i) * step <= p->x1; i++) {
        double v = (first + i) * step;
        tick(out, f, v == 0 ? 0 : v, v, &last);
    }
    svg_text(out, p->left + p->width, bottom + 42, "end", SIZE_LABEL, COLOUR_INK, "%s",
             f->t->figure.x_label);
}

/* An end beyond the axis is an arrow. */
static void interval(rsp_text *out, const forest *f, const rsp_cell *c, double y)
{
    const plot *p = &f->p;
    double low = place(f, c->low), high = place(f, c->high);
    bool off_low = !(low >= p->x0), off_high = !(high <= p->x1);
    double x0 = off_low ? p->left : plot_x(p, low);
    double x1 = off_high ? p->left + p->width : plot_x(p, high);
    if (isnan(c->low) && isnan(c->high)) {
        return;
    }
    svg_line(out, x0, y, x1, y, COLOUR_INK, 1.8, NULL);
    for (int side = -1; side <= 1; side += 2) {
        if (side < 0 ? off_low : off_high) {
            double x = side < 0 ? x0 : x1;
            svg_line(out, x, y, x - side * 7, y - 5, COLOUR_INK, 1.8, NULL);
            svg_line(out, x, y, x - side * 7, y + 5, COLOUR_INK, 1.8, NULL);
        }
    }
}

static void label_of(const forest *f, size_t k, char text[400])
{
    size_t n = 0;
    text[0] = '\0';
    for (size_t c = 0; c < f->t->n_columns && n < 390; c++) {
        bool usual = strcmp(f->t->columns[c].key, "state") == 0 &&
                     strcmp(at(f, k, c)->text, "number") == 0;
        if (f->t->columns[c].kind == RSP_CELL_TEXT && !usual) {
            n += (size_t)snprintf(text + n, 400 - n, "%s%.390s", n ? ", " : "", at(f, k, c)->text);
        }
    }
}

static void counts_of(const forest *f, size_t k, char text[80])
{
    double n = number_of(f, k, "n"), events = number_of(f, k, "events");
    double others = number_of(f, k, "n_reference"), theirs = number_of(f, k, "events_reference");
    double droplets = number_of(f, k, "droplets"), wells = number_of(f, k, "wells");
    text[0] = '\0';
    if (isfinite(droplets) && isfinite(number_of(f, k, "positive"))) {
        snprintf(text, 80, "%.0f/%.0f droplets", number_of(f, k, "positive"), droplets);
    } else if (isfinite(wells) && isfinite(number_of(f, k, "positive"))) {
        snprintf(text, 80, "%.0f/%.0f wells", number_of(f, k, "positive"), wells);
    } else if (isfinite(others)) {
        snprintf(text, 80, "events %.0f/%.0f v %.0f/%.0f", events, n, theirs, others);
    } else if (isfinite(events)) {
        snprintf(text, 80, "events %.0f/%.0f", events, n);
    } else if (isfinite(n)) {
        snprintf(text, 80, "n = %.0f", n);
    }
}

/* Three digits tell what a figure shows; the table has the others. */
static const char *shown_of(const rsp_cell *c, char text[RSP_CELL_SHOWN])
{
    if (!isfinite(c->value)) {
        snprintf(text, RSP_CELL_SHOWN, "%s", c->reason[0] ? c->reason : "not estimable");
        return text;
    }
    size_t n = (size_t)snprintf(text, RSP_CELL_SHOWN, "%.3g", c->value);
    if (!isnan(c->low) || !isnan(c->high)) {
        char ends[2][32] = {"not reached", "not reached"};
        if (isfinite(c->low)) {
            snprintf(ends[0], sizeof ends[0], "%.3g", c->low);
        }
        if (isfinite(c->high)) {
            snprintf(ends[1], sizeof ends[1], "%.3g", c->high);
        }
        snprintf(text + n, RSP_CELL_SHOWN - n, " (%s to %s)", ends[0], ends[1]);
    }
    return text;
}

/* The estimate in words, with its p where the table has one. */
static const char *said_of(const forest *f, size_t k, char text[RSP_CELL_SHOWN + 40])
{
    char shown[RSP_CELL_SHOWN], p[32];
    const rsp_cell *test = named(f, k, "p");
    bool tested = test && isfinite(estimate(f, k)->value) && isfinite(test->value);
    snprintf(text, RSP_CELL_SHOWN + 40, "%s%s%s", shown_of(estimate(f, k), shown), tested ? ", " : "",
             tested ? p_text(test->value, p) : "");
    return text;
}

/* Beside the estimate, or above it where that leaves little. */
static double label_room(const char *said)
{
    double all = FIGURE_WIDTH - 2 * SIDE, beside = all - svg_width(said, WORDS) - 12;
    return beside < 170 ? all : beside;
}

static double words_height(const char *label, const char *said)
{
    double room = label_room(said), all = FIGURE_WIDTH - 2 * SIDE;
    size_t lines = svg_lines(label, WORDS, room) - 1 + (room == all ? svg_lines(said, WORDS, all) : 0);
    return svg_leading(WORDS) * (double)lines;
}

static void set_rows(forest *f)
{
    char label[400], said[RSP_CELL_SHOWN + 40];
    f->top[0] = 10;
    for (size_t k = 0; k < f->n; k++) {
        label_of(f, k, label);
        f->top[k + 1] = f->top[k] + ROW + words_height(label, said_of(f, k, said));
    }
}

static void row(rsp_text *out, const forest *f, size_t k)
{
    const rsp_cell *c = estimate(f, k);
    char label[400], counts[80], said[RSP_CELL_SHOWN + 40];
    label_of(f, k, label);
    counts_of(f, k, counts);
    said_of(f, k, said);
    double y = f->top[k], middle = y + 34 + words_height(label, said), all = FIGURE_WIDTH - 2 * SIDE;
    double none = plot_x(&f->p, 0);
    if (!f->t->figure.plain) {
        svg_line(out, none, middle - 12, none, middle + 18, COLOUR_SOFT, 1, "4 3");
    }
    double below = svg_block(out, SIDE, y + 14, "start", WORDS, COLOUR_INK, label, label_room(said));
    svg_block(out, FIGURE_WIDTH - SIDE, label_room(said) == all ? below : y + 14, "end", WORDS,
              COLOUR_INK, said, all);
    svg_text(out, 16, middle + 5, "start", 13, COLOUR_SOFT, "%s", counts);
    if (isfinite(c->value)) {
        interval(out, f, c, middle);
    }
    if (isfinite(place(f, c->value))) {
        double share = f->weight > 0 ? weight_of(f, k) / f->weight : 1;
        svg_mark(out, SVG_SQUARE, plot_x(&f->p, place(f, c->value)), middle,
                 fmax(2.5, 7 * sqrt(share)), COLOUR_BLUE, true);
    }
}

static void describe(const forest *f, rsp_text *desc)
{
    char label[400], said[RSP_CELL_SHOWN + 40];
    rsp_text_add(desc, f->t->figure.plain
                           ? "Amounts with their intervals."
                           : "Estimates with their intervals; the broken line is no effect.");
    for (size_t k = 0; k < f->n; k++) {
        label_of(f, k, label);
        rsp_text_printf(desc, " %s: %s.", label, said_of(f, k, said));
    }
}

void figure_forest(rsp_text *out, const rsp_result_table *t, const char *title)
{
    forest f = forest_of(t);
    rsp_text desc = {0};
    set_rows(&f);
    set_axis(&f);
    describe(&f, &desc);
    svg_open(out, FIGURE_WIDTH, f.p.top + f.p.height + 56, title, desc.data ? desc.data : "");
    out->failed |= desc.failed;
    rsp_text_fini(&desc);
    axis(out, &f);
    for (size_t k = 0; k < f.n; k++) {
        row(out, &f, k);
    }
    svg_close(out);
}
