#include <math.h>
#include <string.h>

#include "report/sweep_labels.h"

/* An outcome along a sweep: a panel each, a curve each arm. */

enum { ROW = 22, PLOT_HEIGHT = 230, MOST_SLOT = 120 };
static const double SLOT = 54; /* of a level without a number, left of the axis */
static const double NUMBERS_APART = 6, WORDS_APART = 10; /* curves, at most */
static const double MARK = 4.6;
static const double EDGE = 10, RIGHT = 498, LEGEND_LEFT = 52, NOTE = 13;

/* No two of the first 35 have colour and dash in common, nor of the first 42 colour and mark. */
arm_style style_of_curve(size_t i)
{
    static const char *const colours[] = {COLOUR_VERMILION, COLOUR_BLUE, COLOUR_GREEN, COLOUR_PURPLE,
                                          COLOUR_ORANGE, COLOUR_SKY, COLOUR_INK};
    static const char *const dashes[] = {NULL, "7 3", "2 3", "9 3 2 3", "14 4 2 4 2 4"};
    static const svg_shape shapes[] = {SVG_CIRCLE, SVG_SQUARE, SVG_TRIANGLE, SVG_DIAMOND, SVG_CROSS,
                                       SVG_WEDGE};
    return (arm_style){colours[i % 7], dashes[i % 5], shapes[i % 6]};
}

typedef struct panel {
    const rsp_sweep *sweep;
    const rsp_sweep_outcome *outcome;
    const rsp_sweep_curve *levels; /* one that has them all */
    plot p;
    double slots;                  /* width of levels without a number */
    bool numbers;                  /* some level has one */
    bool line, mark, open, above;  /* drawn: an arm across, intervals, open ends, marks not reached */
    bool still;                    /* a mark that resampling does not move: one visit in every trial */
    axis_names names;
    char title[400], over[400], note[400];
    double radius;                 /* of a mark */
    size_t columns;                /* of the legend */
    double legend, height;
} panel;

/* ---- Where a level stands. */
static double scaled(const panel *q, double v) { return q->sweep->log ? log10(v) : v; }

static double x_of(const panel *q, size_t i)
{
    const rsp_sweep_curve *c = q->levels;
    if (q->numbers && !isnan(c->points[i].value)) {
        return plot_x(&q->p, scaled(q, c->points[i].value));
    }
    size_t before = 0, all = 0;
    for (size_t k = 0; k < c->n_points; k++) {
        bool slot = !q->numbers || isnan(c->points[k].value);
        before += slot && k < i;
        all += slot;
    }
    double left = q->numbers ? q->p.left - q->slots : q->p.left;
    double width = q->numbers ? q->slots - 16 : q->p.width;
    return left + width * ((double)before + 0.5) / (double)all;
}

/* ---- Words. */
static const char *unit_of(const char *unit, char text[160])
{
    static const char *const known[][2] = {
        {"day", "days"}, {"week", "weeks"}, {"month", "months"}, {"year", "years"}, {"cell", "cells"},
        {"1/day", "per day"}, {"log10", "log\xe2\x82\x81\xe2\x82\x80"}, {"copies/ug", "copies/\xc2\xb5g DNA"},
        {"1", ""}, {"", ""}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(unit, known[i][0]) == 0) {
            return known[i][1];
        }
    }
    return assay_unit(unit, text);
}

static void with_unit(char *text, size_t n, const char *name, const char *unit)
{
    char shown[160];
    const char *u = unit_of(unit, shown);
    rsp_text words = {0};
    svg_prose(&words, name);
    bool said = u[0] && strncmp(name, u, strlen(u)) == 0; /* "days above 200 copies/mL" */
    snprintf(text, n, "%s%s%s", words.data ? words.data : "", u[0] && !said ? ", " : "", said ? "" : u);
    rsp_text_fini(&words);
}

static void x_axis(rsp_text *out, const panel *q)
{
    const plot *p = &q->p;
    double bottom = p->top + p->height, left = p->left - q->slots;
    svg_line(out, p->left, bottom, p->left + p->width, bottom, COLOUR_INK, 1, NULL);
    if (q->slots > 0) {
        svg_line(out, left, bottom, p->left - 14, bottom, COLOUR_INK, 1, NULL);
    }
    axis_names_draw(out, &q->names, bottom);
    double y = svg_block(out, FIGURE_WIDTH / 2.0, bottom + 24 + q->names.height, "middle", SIZE_LABEL,
                         COLOUR_INK, q->over, FIGURE_WIDTH - 2 * EDGE);
    axis_names_key(out, &q->names, y + 6);
    y += q->names.key_height + (q->names.key_height > 0 ? 12 : 6);
    if (q->note[0]) {
        svg_block(out, EDGE, y, "start", NOTE, COLOUR_SOFT, q->note, FIGURE_WIDTH - 2 * EDGE);
    }
}

/* ---- Ranges. */
static size_t swept_curves(const rsp_sweep_outcome *o)
{
    size_t n = 0;
    for (size_t c = 0; c < o->n_curves; c++) {
        n += !o->curves[c].is_line;
    }
    return n;
}

static void grow(double v, double *low, double *high)
{
    if (isfinite(v)) {
        *low = fmin(*low, v);
        *high = fmax(*high, v);
    }
}

static void y_range(panel *q)
{
    double low = 0, high = 0;
    for (size_t c = 0; c < q->outcome->n_curves; c++) {
        for (size_t i = 0; i < q->outcome->curves[c].n_points; i++) {
            const rsp_interval *v = &q->outcome->curves[c].points[i].estimate;
            grow(v->value, &low, &high);
            grow(v->low, &low, &high);
            grow(v->high, &low, &high);
        }
    }
    bool share = strcmp(q->outcome->unit, "%") == 0;
    high = high > low ? high : low + 1;
    double step = tick_step(high - low, 5);
    q->p.y0 = floor(low / step + 1e-9) * step;
    q->p.y1 = ceil(high / step - 1e-9) * step;
    q->p.y1 = share && q->p.y1 > 100 ? 100 : q->p.y1;
}

static void x_range(panel *q)
{
    double low = (double)INFINITY, high = -(double)INFINITY;
    size_t slots = 0;
    for (size_t i = 0; i < q->levels->n_points; i++) {
        double v = q->levels->points[i].value;
        slots += isnan(v);
        if (!isnan(v)) {
            low = fmin(low, scaled(q, v));
            high = fmax(high, scaled(q, v));
        }
    }
    q->numbers = high > low;
    if (q->numbers) {
        double wide = SLOT, aside = 0.5 * NUMBERS_APART * (double)swept_curves(q->outcome) + 8;
        for (size_t i = 0; i < q->levels->n_points; i++) {
            const rsp_sweep_point *v = &q->levels->points[i];
            double word = isnan(v->value) ? svg_longest_word(v->level, SIZE_TICK) + 12 : 0;
            wide = fmax(wide, fmin(word, fmin(MOST_SLOT, 0.5 * q->p.width / (double)slots)));
        }
        q->slots = wide * (double)slots + (slots ? 16 : 0);
        q->p.left += q->slots;
        q->p.width -= q->slots;
        double pad = (high - low) * aside / (q->p.width - 2 * aside);
        q->p.x0 = low - pad;
        q->p.x1 = high + pad;
    }
}

/* ---- Curves. */
/* Beyond the follow-up: an open mark on the upper edge, with an arrow. */
static void not_reached(rsp_text *out, const panel *q, arm_style s, double x)
{
    double top = q->p.top;
    svg_line(out, x, top - 6, x, top - 14, s.colour, 1.6, NULL);
    svg_line(out, x - 3, top - 10.5, x, top - 14, s.colour, 1.6, NULL);
    svg_line(out, x + 3, top - 10.5, x, top - 14, s.colour, 1.6, NULL);
    svg_mark(out, s.shape, x, top, q->radius, s.colour, false);
}

static void point(rsp_text *out, const panel *q, const rsp_sweep_point *v, arm_style s, double x)
{
    const plot *p = &q->p;
    if (isfinite(v->estimate.low)) {
        bool open = !isfinite(v->estimate.high); /* beyond the follow-up */
        svg_line(out, x, plot_y(p, v->estimate.low), x,
                 open ? p->top : plot_y(p, v->estimate.high), s.colour, 2.2, NULL);
    }
    if (isfinite(v->estimate.value)) {
        svg_mark(out, s.shape, x, plot_y(p, v->estimate.value), q->radius, s.colour, true);
    } else if (isinf(v->estimate.value)) {
        not_reached(out, q, s, x);
    }
}

static void across(rsp_text *out, const panel *q, const rsp_sweep_curve *c, arm_style s)
{
    const plot *p = &q->p;
    const rsp_interval *v = &c->points[0].estimate;
    double left = p->left - q->slots, right = p->left + p->width;
    if (isfinite(v->low)) {
        double top = isfinite(v->high) ? plot_y(p, v->high) : p->top;
        svg_rect(out, left, top, right - left, plot_y(p, v->low) - top, s.colour, "none", 0.14);
    }
    if (!isnan(v->value)) {
        double y = isfinite(v->value) ? plot_y(p, v->value) : p->top;
        svg_line(out, left, y, right, y, s.colour, 2, s.dash);
        if (isinf(v->value)) {
            not_reached(out, q, s, right - 6);
        }
    }
}

/* Curves stand beside one another, not on top: how far apart, by the levels nearest each other. */
static double apart(const panel *q)
{
    size_t swept = swept_curves(q->outcome);
    double gap = q->p.width;
    for (size_t i = 0; i < q->levels->n_points; i++) {
        for (size_t k = 0; k < i; k++) {
            gap = fmin(gap, fabs(x_of(q, i) - x_of(q, k)));
        }
    }
    double most = q->numbers ? NUMBERS_APART : WORDS_APART;
    return swept > 1 ? fmax(fmin(most, 0.7 * gap / (double)swept), 2) : 0;
}

static void curve(rsp_text *out, const panel *q, size_t k)
{
    const rsp_sweep_curve *c = &q->outcome->curves[k];
    arm_style s = style_of_curve(k);
    if (c->is_line) {
        across(out, q, c, s);
        return;
    }
    size_t mine = 0;
    for (size_t i = 0; i < k; i++) {
        mine += !q->outcome->curves[i].is_line;
    }
    double shift = apart(q) * ((double)mine - 0.5 * (double)(swept_curves(q->outcome) - 1));
    for (size_t i = 0; i + 1 < c->n_points; i++) { /* words have no order: nothing joins them */
        const rsp_sweep_point *a = &c->points[i], *b = &c->points[i + 1];
        if (isfinite(a->estimate.value) && isfinite(b->estimate.value) && q->numbers &&
            isfinite(a->value) && isfinite(b->value)) {
            svg_line(out, x_of(q, i) + shift, plot_y(&q->p, a->estimate.value), x_of(q, i + 1) + shift,
                     plot_y(&q->p, b->estimate.value), s.colour, 1.6, s.dash);
        }
    }
    for (size_t i = 0; i < c->n_points; i++) {
        point(out, q, &c->points[i], s, x_of(q, i) + shift);
    }
}

/* ---- The legend: two columns where all names are short. */
static double legend_room(const panel *q)
{
    return (q->columns > 1 ? FIGURE_WIDTH / 2.0 : FIGURE_WIDTH - EDGE) - LEGEND_LEFT - 4;
}

static double legend(rsp_text *out, const panel *q, double top)
{
    const rsp_sweep_outcome *o = q->outcome;
    double y[2] = {top, top};
    for (size_t k = 0; o->n_curves > 1 && k < o->n_curves; k++) {
        arm_style s = style_of_curve(k);
        rsp_text name = {0};
        size_t column = k * q->columns / o->n_curves;
        double x = column ? FIGURE_WIDTH / 2.0 : 0;
        svg_prose(&name, o->curves[k].name);
        const char *words = name.data ? name.data : "";
        if (out) {
            if (o->curves[k].is_line || q->numbers) {
                svg_line(out, x + 12, y[column], x + 44, y[column], s.colour, 2, s.dash);
            }
            if (!o->curves[k].is_line) {
                svg_mark(out, s.shape, x + 28, y[column], MARK, s.colour, true);
            }
            svg_block(out, x + LEGEND_LEFT, y[column] + 5, "start", SIZE_LABEL, COLOUR_INK, words,
                      legend_room(q));
        }
        y[column] += ROW + svg_leading(SIZE_LABEL) *
                               (double)(svg_lines(words, SIZE_LABEL, legend_room(q)) - 1);
        rsp_text_fini(&name);
    }
    return fmax(y[0], y[1]) - top;
}

static void choose_columns(panel *q)
{
    const rsp_sweep_outcome *o = q->outcome;
    double widest = 0;
    for (size_t k = 0; k < o->n_curves; k++) {
        rsp_text name = {0};
        svg_prose(&name, o->curves[k].name);
        widest = fmax(widest, svg_width(name.data ? name.data : "", SIZE_LABEL));
        rsp_text_fini(&name);
    }
    q->columns = 2;
    q->columns = o->n_curves > 4 && widest <= legend_room(q) ? 2 : 1;
}

/* ---- What the signs mean, beneath. */
static void look(panel *q)
{
    const rsp_sweep_outcome *o = q->outcome;
    for (size_t c = 0; c < o->n_curves; c++) {
        for (size_t i = 0; i < o->curves[c].n_points; i++) {
            const rsp_interval *v = &o->curves[c].points[i].estimate;
            q->line |= o->curves[c].is_line && isfinite(v->low);
            q->mark |= !o->curves[c].is_line && isfinite(v->low);
            q->open |= isfinite(v->low) && isinf(v->high);
            q->above |= isinf(v->value);
            q->still |= !o->curves[c].is_line && isfinite(v->value) && v->low == v->high;
        }
    }
    const char *interval =
        q->mark && q->line ? "Upright lines, and bands of arms that the sweep does not change: Monte Carlo 95\xc2\xa0% intervals"
        : q->mark          ? "Upright lines: Monte Carlo 95\xc2\xa0% intervals"
        : q->line          ? "Band: Monte Carlo 95\xc2\xa0% interval"
                           : "No Monte Carlo intervals: too few replicate trials";
    const char *beyond = q->above && q->open ? " Open mark with an arrow, or a line to the upper edge"
                         : q->above          ? " Open mark with an arrow"
                         : q->open           ? " Line to the upper edge"
                                             : "";
    snprintf(q->note, sizeof q->note, "%s.%s%s%s", interval, beyond,
             beyond[0] ? ": not reached within the follow-up." : "",
             q->still ? " Mark without a line: resampling does not move it; its error is not known." : "");
}

/* ---- The whole panel. */
static double y_step(const panel *q) { return tick_step(q->p.y1 - q->p.y0, 5); }

static const char *y_label(const panel *q, int i, char text[48])
{
    double step = y_step(q), v = q->p.y0 + i * step;
    return svg_number(fabs(v) < 1e-9 * step ? 0 : v, text);
}

static bool has_tick(const panel *q, int i)
{
    double step = y_step(q);
    return q->p.y0 + i * step <= q->p.y1 + 1e-9 * step && i < 20;
}

static panel panel_of(const rsp_sweep *sweep, size_t k)
{
    const rsp_sweep_outcome *o = &sweep->outcomes[k];
    char text[48];
    panel q = {.sweep = sweep, .outcome = o, .levels = &o->curves[0], .p = {.height = PLOT_HEIGHT}};
    for (size_t c = 0; c < o->n_curves; c++) {
        q.levels = o->curves[c].n_points > q.levels->n_points ? &o->curves[c] : q.levels;
    }
    with_unit(q.title, sizeof q.title, o->label, o->unit);
    with_unit(q.over, sizeof q.over - 20, sweep->over, sweep->unit);
    strcat(q.over, sweep->log ? " (log scale)" : "");
    look(&q);
    choose_columns(&q);
    y_range(&q);
    q.p.left = 58;
    for (int i = 0; has_tick(&q, i); i++) {
        q.p.left = fmax(q.p.left, EDGE + 7 + svg_width(y_label(&q, i, text), SIZE_TICK));
    }
    q.p.width = RIGHT - q.p.left;
    x_range(&q);
    for (size_t i = 0; i < q.levels->n_points; i++) {
        axis_names_add(&q.names, q.levels->points[i].level, x_of(&q, i));
    }
    axis_names_place(&q.names);
    q.radius = swept_curves(o) > 1 ? fmax(3, fmin(MARK, 0.65 * apart(&q))) : MARK;
    q.legend = legend(NULL, &q, 0);
    const double room = FIGURE_WIDTH - 2 * EDGE;
    double title = svg_leading(SIZE_LABEL) * (double)(svg_lines(q.title, SIZE_LABEL, room) - 1);
    double over = svg_leading(SIZE_LABEL) * (double)svg_lines(q.over, SIZE_LABEL, room);
    q.p.top = 46 + title + q.legend + (q.above ? 16 : 6);
    q.height = q.p.top + q.p.height + 24 + q.names.height + over + q.names.key_height +
               (q.names.key_height > 0 ? 12 : 6) +
               svg_leading(NOTE) * (double)svg_lines(q.note, NOTE, room);
    return q;
}

double sweep_panel_height(const rsp_sweep *sweep, size_t k)
{
    return ceil(panel_of(sweep, k).height);
}

static void draw(rsp_text *out, const rsp_sweep *sweep, size_t k)
{
    const panel q = panel_of(sweep, k);
    char text[48];
    double y = svg_block(out, EDGE, 24, "start", SIZE_LABEL, COLOUR_INK, q.title,
                         FIGURE_WIDTH - 2 * EDGE);
    legend(out, &q, y + 22 - svg_leading(SIZE_LABEL));
    double left = q.p.left - q.slots; /* grid lines run under the slots too */
    for (int i = 0; has_tick(&q, i); i++) {
        double v = q.p.y0 + i * y_step(&q), at = plot_y(&q.p, v);
        bool zero = fabs(v) < 1e-9 * y_step(&q) && q.p.y0 < 0;
        svg_line(out, left, at, RIGHT, at, zero ? COLOUR_SOFT : COLOUR_FAINT, 0.8, NULL);
        svg_text(out, left - 7, at + 5, "end", SIZE_TICK, COLOUR_INK, "%s", y_label(&q, i, text));
    }
    x_axis(out, &q);
    for (size_t c = q.outcome->n_curves; c-- > 0;) {
        curve(out, &q, c);
    }
}

/* In words, for who cannot see it. */
static void describe(rsp_text *words, const rsp_sweep *sweep, size_t k)
{
    const rsp_sweep_outcome *o = &sweep->outcomes[k];
    rsp_text_printf(words, "%s (%s) against %s. ", o->label, o->unit, sweep->over);
    for (size_t c = 0; c < o->n_curves; c++) {
        rsp_text_printf(words, "%s: ", o->curves[c].name);
        for (size_t i = 0; i < o->curves[c].n_points; i++) {
            const rsp_sweep_point *v = &o->curves[c].points[i];
            rsp_text_add(words, i ? ", " : "");
            if (isfinite(v->estimate.value)) {
                rsp_text_printf(words, "%.3g", v->estimate.value);
            } else {
                rsp_text_add(words, isnan(v->estimate.value) ? "no estimate" : "not reached");
            }
            rsp_text_printf(words, "%s%s", o->curves[c].is_line ? "" : " at ",
                            o->curves[c].is_line ? "" : v->level);
        }
        rsp_text_add(words, ". ");
    }
}

void figure_sweep_panel(rsp_text *out, const rsp_sweep *sweep, size_t k)
{
    rsp_text words = {0};
    describe(&words, sweep, k);
    svg_open(out, FIGURE_WIDTH, sweep_panel_height(sweep, k), sweep->outcomes[k].label,
             words.data ? words.data : "");
    draw(out, sweep, k);
    svg_close(out);
    out->failed |= words.failed;
    rsp_text_fini(&words);
}

void figure_sweep(rsp_text *out, const rsp_sweep *sweep)
{
    rsp_text words = {0};
    double height = 0;
    for (size_t k = 0; k < sweep->n_outcomes; k++) {
        describe(&words, sweep, k);
        height += sweep_panel_height(sweep, k);
    }
    svg_open(out, FIGURE_WIDTH, height, sweep->over, words.data ? words.data : "");
    height = 0;
    for (size_t k = 0; k < sweep->n_outcomes; k++) {
        svg_move(out, 0, height);
        draw(out, sweep, k);
        svg_move_end(out);
        height += sweep_panel_height(sweep, k);
    }
    svg_close(out);
    out->failed |= words.failed;
    rsp_text_fini(&words);
}
