#include <math.h>
#include <string.h>

#include "report/figures.h"

/* An outcome along a sweep: a panel each, a curve each arm. */

enum { MOST_CURVES = 8, ROW = 22, AXIS = 56 };
static const double SLOT = 54; /* of a level without a number, left of the axis */

typedef struct curve_style {
    const char *colour, *dash;
    svg_shape shape;
} curve_style;

static curve_style style_of(size_t i)
{
    static const curve_style styles[] = {
        {COLOUR_VERMILION, NULL, SVG_CIRCLE}, {COLOUR_BLUE, "7 3", SVG_SQUARE},
        {COLOUR_GREEN, "2 3", SVG_TRIANGLE},  {COLOUR_PURPLE, "9 3 2 3", SVG_DIAMOND},
        {COLOUR_ORANGE, NULL, SVG_SQUARE},    {COLOUR_SKY, "7 3", SVG_DIAMOND}};
    return styles[i % (sizeof styles / sizeof *styles)];
}

typedef struct panel {
    const rsp_sweep *sweep;
    const rsp_sweep_outcome *outcome;
    const rsp_sweep_curve *levels; /* one that has them all */
    plot p;
    double slots;                  /* width of levels without a number */
    bool numbers;                  /* some level has one */
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

/* ---- Numbers on axes. */
static void power_of_ten(double v, char text[48])
{
    static const char *const digits[] = {
        "\xe2\x81\xb0", "\xc2\xb9", "\xc2\xb2", "\xc2\xb3", "\xe2\x81\xb4",
        "\xe2\x81\xb5", "\xe2\x81\xb6", "\xe2\x81\xb7", "\xe2\x81\xb8", "\xe2\x81\xb9"};
    int e = (int)floor(log10(fabs(v)) + 1e-9), n = e < 0 ? -e : e;
    double m = v / pow(10, e);
    char head[24] = "";
    if (fabs(m - 1) > 1e-6) {
        snprintf(head, sizeof head, "%.3g\xc2\xb7", m);
    }
    snprintf(text, 48, "%s10%s%s%s", head, e < 0 ? "\xe2\x81\xbb" : "",
             n > 9 ? digits[n / 10 % 10] : "", digits[n % 10]);
}

const char *sweep_level(const char *level, char text[48])
{
    double v = 0;
    snprintf(text, 48, "%.40s", level);
    if (rsp_number_read(level, strlen(level), &v)) {
        bool far = v != 0 && (fabs(v) >= 1e5 || fabs(v) < 1e-3);
        if (far) {
            power_of_ten(v, text);
        } else if (v < 0) {
            snprintf(text, 48, "\xe2\x88\x92%g", -v);
        } else if (v >= 1000) {
            snprintf(text, 48, "%.0f,%03.0f", floor(v / 1000), fmod(v, 1000));
        } else {
            snprintf(text, 48, "%g", v);
        }
    }
    return text;
}

static void x_axis(rsp_text *out, const panel *q)
{
    const plot *p = &q->p;
    double bottom = p->top + p->height, last = -1e9;
    char text[48], label[160];
    svg_line(out, p->left, bottom, p->left + p->width, bottom, COLOUR_INK, 1, NULL);
    if (q->slots > 0) {
        svg_line(out, p->left - q->slots, bottom, p->left - 14, bottom, COLOUR_INK, 1, NULL);
    }
    for (size_t i = 0; i < q->levels->n_points; i++) {
        double x = x_of(q, i);
        const char *s = sweep_level(q->levels->points[i].level, text);
        double half = 4.3 * (double)rsp_characters(s, strlen(s));
        svg_line(out, x, bottom, x, bottom + 5, COLOUR_INK, 1, NULL);
        if (x - half > last + 5) { /* labels that would touch are left out */
            svg_text(out, x, bottom + 20, "middle", SIZE_TICK, COLOUR_INK, "%s", s);
            last = x + half;
        }
    }
    snprintf(label, sizeof label, "%s%s%s", q->sweep->over, q->sweep->unit[0] ? ", " : "",
             q->sweep->unit);
    svg_text(out, 0.5 * (p->left - q->slots + p->left + p->width), bottom + 43, "middle",
             SIZE_LABEL, COLOUR_INK, "%.64s", label);
}

/* ---- Ranges. */
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
        double pad = 0.03 * (high - low);
        q->p.x0 = low - pad;
        q->p.x1 = high + pad;
        q->slots = SLOT * (double)slots + (slots ? 16 : 0);
        q->p.left += q->slots;
        q->p.width -= q->slots;
    }
}

/* ---- Curves. */
static void point(rsp_text *out, const panel *q, const rsp_sweep_point *v, curve_style s,
                  double x)
{
    const plot *p = &q->p;
    if (isfinite(v->estimate.low)) {
        bool open = !isfinite(v->estimate.high); /* beyond the follow-up */
        svg_line(out, x, plot_y(p, v->estimate.low), x,
                 open ? p->top : plot_y(p, v->estimate.high), s.colour, 2.2, NULL);
    }
    if (isfinite(v->estimate.value)) {
        svg_mark(out, s.shape, x, plot_y(p, v->estimate.value), 4.6, s.colour, true);
    } else {
        svg_text(out, x, p->top + 12, "middle", 15, s.colour, "%s", "\xe2\x86\x91");
    }
}

static void across(rsp_text *out, const panel *q, const rsp_sweep_curve *c, curve_style s)
{
    const plot *p = &q->p;
    const rsp_interval *v = &c->points[0].estimate;
    double left = p->left - q->slots, right = p->left + p->width;
    if (isfinite(v->low) && isfinite(v->high)) {
        svg_rect(out, left, plot_y(p, v->high), right - left,
                 plot_y(p, v->low) - plot_y(p, v->high), s.colour, "none", 0.14);
    }
    if (isfinite(v->value)) {
        svg_line(out, left, plot_y(p, v->value), right, plot_y(p, v->value), s.colour, 2,
                 s.dash);
    }
}

static void curve(rsp_text *out, const panel *q, size_t k)
{
    const rsp_sweep_curve *c = &q->outcome->curves[k];
    curve_style s = style_of(k);
    if (c->is_line) {
        across(out, q, c, s);
        return;
    }
    size_t swept = 0, mine = 0; /* curves beside one another, not on top */
    for (size_t i = 0; i < q->outcome->n_curves; i++) {
        mine += i < k && !q->outcome->curves[i].is_line;
        swept += !q->outcome->curves[i].is_line;
    }
    double shift = 3.0 * ((double)mine - 0.5 * (double)(swept - 1));
    for (size_t i = 0; i + 1 < c->n_points; i++) {
        bool joins = isfinite(c->points[i].estimate.value) &&
                     isfinite(c->points[i + 1].estimate.value) &&
                     isnan(c->points[i].value) == isnan(c->points[i + 1].value);
        if (joins) {
            svg_line(out, x_of(q, i) + shift, plot_y(&q->p, c->points[i].estimate.value),
                     x_of(q, i + 1) + shift, plot_y(&q->p, c->points[i + 1].estimate.value),
                     s.colour, 1.6, s.dash);
        }
    }
    for (size_t i = 0; i < c->n_points; i++) {
        point(out, q, &c->points[i], s, x_of(q, i) + shift);
    }
}

static size_t shown_curves(const rsp_sweep_outcome *o)
{
    return o->n_curves < MOST_CURVES ? o->n_curves : MOST_CURVES;
}

static double legend(rsp_text *out, const rsp_sweep_outcome *o, double y)
{
    char name[160];
    size_t n = shown_curves(o);
    for (size_t k = 0; n > 1 && k < n; k++) {
        curve_style s = style_of(k);
        svg_line(out, 12, y, 44, y, s.colour, 2, s.dash);
        if (!o->curves[k].is_line) {
            svg_mark(out, s.shape, 28, y, 4.6, s.colour, true);
        }
        svg_text(out, 52, y + 5, "start", SIZE_LABEL, COLOUR_INK, "%s",
                 svg_fit(o->curves[k].name, 56, name));
        y += ROW;
    }
    return y;
}

static double legend_height(const rsp_sweep_outcome *o)
{
    size_t n = shown_curves(o);
    return n > 1 ? ROW * (double)n : 0;
}

double sweep_panel_height(const rsp_sweep *sweep, size_t k)
{
    return 56 + legend_height(&sweep->outcomes[k]) + 230 + AXIS;
}

static void draw(rsp_text *out, const rsp_sweep *sweep, size_t k)
{
    const rsp_sweep_outcome *o = &sweep->outcomes[k];
    char title[160];
    panel q = {.sweep = sweep, .outcome = o, .levels = &o->curves[0],
               .p = {.left = 58, .width = 440, .height = 230}};
    for (size_t c = 0; c < o->n_curves; c++) {
        q.levels = o->curves[c].n_points > q.levels->n_points ? &o->curves[c] : q.levels;
    }
    snprintf(title, sizeof title, "%.120s%s%.20s", o->label, o->unit[0] ? ", " : "", o->unit);
    svg_text(out, 10, 24, "start", SIZE_LABEL, COLOUR_INK, "%s",
             svg_fit(title, 62, (char[160]){0}));
    q.p.top = legend(out, o, 46) + 6;
    y_range(&q);
    double left = q.p.left;
    plot frame = q.p; /* grid lines run under the slots too */
    frame.x0 = 0;
    frame.x1 = 1;
    double step = tick_step(frame.y1 - frame.y0, 5);
    for (int i = 0; frame.y0 + i * step <= frame.y1 + 1e-9 * step; i++) {
        double v = frame.y0 + i * step, y = plot_y(&frame, v);
        v = fabs(v) < 1e-9 * step ? 0 : v;
        svg_line(out, left, y, left + frame.width, y, v == 0 && frame.y0 < 0 ? COLOUR_SOFT
                                                                             : COLOUR_FAINT,
                 0.8, NULL);
        svg_text(out, left - 7, y + 5, "end", SIZE_TICK, COLOUR_INK, "%s%.4g",
                 v < 0 ? "\xe2\x88\x92" : "", fabs(v));
    }
    x_range(&q);
    x_axis(out, &q);
    for (size_t c = shown_curves(o); c-- > 0;) {
        curve(out, &q, c);
    }
}

/* In words, for who cannot see it. */
static void describe(rsp_text *words, const rsp_sweep *sweep, size_t k)
{
    const rsp_sweep_outcome *o = &sweep->outcomes[k];
    rsp_text_printf(words, "%s (%s) against %s. ", o->label, o->unit, sweep->over);
    for (size_t c = 0; c < shown_curves(o); c++) {
        rsp_text_printf(words, "%s: ", o->curves[c].name);
        for (size_t i = 0; i < o->curves[c].n_points; i++) {
            const rsp_sweep_point *v = &o->curves[c].points[i];
            rsp_text_add(words, i ? ", " : "");
            if (isfinite(v->estimate.value)) {
                rsp_text_printf(words, "%.3g", v->estimate.value);
            } else {
                rsp_text_add(words, "not reached");
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
