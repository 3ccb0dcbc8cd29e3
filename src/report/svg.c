#include "report/svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Length of the UTF-8 character at s; 0: none (RFC 3629). */
static size_t character(const unsigned char *s)
{
    size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
             : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool bad = n == 3 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
                          (s[0] == 0xef && s[1] == 0xbf && s[2] > 0xbd));
    bad = bad || (n == 4 && ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)));
    return bad ? 0 : n;
}

void svg_escape(rsp_text *out, const char *s)
{
    size_t n = 1;
    for (; s && *s; s += n ? n : 1) {
        n = character((const unsigned char *)s);
        switch (*s) {
        case '&': rsp_text_add(out, "&amp;"); break;
        case '<': rsp_text_add(out, "&lt;"); break;
        case '>': rsp_text_add(out, "&gt;"); break;
        case '"': rsp_text_add(out, "&quot;"); break;
        case '\'': rsp_text_add(out, "&#39;"); break;
        default: rsp_text_add_n(out, n == 1 && (*s < 0x20 || *s == 0x7f) ? " " : s, n);
        }
    }
}

const char *svg_fit(const char *s, size_t most, char fitted[160])
{
    size_t at = 0, cut = 0, seen = 0;
    while (s && s[at] && at < 150) {
        size_t n = character((const unsigned char *)s + at);
        cut = seen + 1 == most ? at : cut;
        seen++;
        if (seen > most) {
            break;
        }
        at += n ? n : 1;
    }
    bool whole = !s || !s[at];
    snprintf(fitted, 160, "%.*s%s", (int)(whole ? at : seen > most ? cut : at), s ? s : "",
             whole ? "" : "\xe2\x80\xa6");
    return fitted;
}

double svg_at(double v)
{
    double at = isfinite(v) ? floor(v * 100 + 0.5) / 100 : 0;
    return at == 0 ? 0.0 : at; /* takes the sign of zero away */
}

void svg_open(rsp_text *out, double width, double height, const char *title,
              const char *desc)
{
    rsp_text_printf(out,
                    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f "
                    "%.0f\" width=\"%.0f\" height=\"%.0f\" role=\"img\" "
                    "font-family=\"system-ui,-apple-system,'Segoe UI','Noto Sans',"
                    "'DejaVu Sans',sans-serif\">",
                    width, height, width, height);
    rsp_text_add(out, "<title>");
    svg_escape(out, title);
    rsp_text_add(out, "</title><desc>");
    svg_escape(out, desc);
    rsp_text_printf(out, "</desc><rect width=\"%.0f\" height=\"%.0f\" "
                         "fill=\"#ffffff\"/>\n", width, height);
}

void svg_close(rsp_text *out)
{
    rsp_text_add(out, "</svg>\n");
}

void svg_move(rsp_text *out, double x, double y)
{
    rsp_text_printf(out, "<g transform=\"translate(%.2f %.2f)\">\n", svg_at(x), svg_at(y));
}

void svg_move_end(rsp_text *out)
{
    rsp_text_add(out, "</g>\n");
}

void svg_line(rsp_text *out, double x1, double y1, double x2, double y2,
              const char *colour, double width, const char *dash)
{
    rsp_text_printf(out, "<path d=\"M%.2f %.2fL%.2f %.2f\" stroke=\"%s\" "
                         "stroke-width=\"%.2f\" fill=\"none\"",
                    svg_at(x1), svg_at(y1), svg_at(x2), svg_at(y2), colour, width);
    if (dash) {
        rsp_text_printf(out, " stroke-dasharray=\"%s\"", dash);
    }
    rsp_text_add(out, "/>\n");
}

void svg_rect(rsp_text *out, double x, double y, double w, double h,
              const char *fill, const char *stroke, double opacity)
{
    rsp_text_printf(out, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
                         "height=\"%.2f\" fill=\"%s\" stroke=\"%s\" "
                         "fill-opacity=\"%.2f\"/>\n",
                    svg_at(x), svg_at(y), svg_at(w), svg_at(h), fill, stroke, opacity);
}

void svg_mark(rsp_text *out, svg_shape shape, double x, double y, double r,
              const char *colour, bool filled)
{
    const char *fill = filled ? colour : "#ffffff";
    x = svg_at(x);
    y = svg_at(y);
    switch (shape) {
    case SVG_CIRCLE:
        rsp_text_printf(out, "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"%.2f\"", x, y, r);
        break;
    case SVG_SQUARE:
        rsp_text_printf(out, "<path d=\"M%.2f %.2fh%.2fv%.2fh%.2fz\"", x - r, y - r,
                        2 * r, 2 * r, -2 * r);
        break;
    case SVG_DIAMOND:
        rsp_text_printf(out, "<path d=\"M%.2f %.2fl%.2f %.2fl%.2f %.2fl%.2f %.2fz\"",
                        x, y - 1.3 * r, 1.3 * r, 1.3 * r, -1.3 * r, 1.3 * r, -1.3 * r,
                        -1.3 * r);
        break;
    case SVG_TRIANGLE:
        rsp_text_printf(out, "<path d=\"M%.2f %.2fl%.2f %.2fh%.2fz\"", x, y - 1.2 * r,
                        1.2 * r, 2.1 * r, -2.4 * r);
        break;
    case SVG_WEDGE: /* a triangle on its point */
        rsp_text_printf(out, "<path d=\"M%.2f %.2fl%.2f %.2fh%.2fz\"", x, y + 1.2 * r,
                        1.2 * r, -2.1 * r, -2.4 * r);
        break;
    case SVG_CROSS: {
        double a = 0.45 * r, b = 0.75 * r;
        rsp_text_printf(out, "<path d=\"M%.2f %.2fh%.2fv%.2fh%.2fv%.2fh%.2fv%.2fh%.2fv%.2fh%.2f"
                             "v%.2fh%.2fz\"", x - a, y - a - b, 2 * a, b, b, 2 * a, -b, b, -2 * a,
                        -b, -b, -2 * a, b);
        break;
    }
    }
    rsp_text_printf(out, " fill=\"%s\" stroke=\"%s\" stroke-width=\"1.2\"/>\n", fill,
                    colour);
}

void svg_text(rsp_text *out, double x, double y, const char *anchor, double size,
              const char *colour, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    rsp_text_printf(out, "<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"%s\" "
                         "font-size=\"%.1f\" fill=\"%s\">", svg_at(x), svg_at(y), anchor, size,
                    colour);
    svg_escape(out, text);
    rsp_text_add(out, "</text>\n");
}

/* ---- Plots. */

double plot_x(const plot *p, double x)
{
    double f = (x - p->x0) / (p->x1 - p->x0);
    return p->left + p->width * fmin(1.0, fmax(0.0, f));
}

double plot_y(const plot *p, double y)
{
    double f = p->log_y ? (log10(fmax(y, p->y0)) - log10(p->y0)) /
                              (log10(p->y1) - log10(p->y0))
                        : (y - p->y0) / (p->y1 - p->y0);
    return p->top + p->height * (1.0 - fmin(1.0, fmax(0.0, f)));
}

double tick_step(double span, int most)
{
    static const double nice[] = {1, 2, 2.5, 5, 10};
    double raw = span / most, power = pow(10.0, floor(log10(raw)));
    for (int i = 0; i < 5; i++) {
        if (nice[i] * power >= raw * (1 - 1e-9)) {
            return nice[i] * power;
        }
    }
    return 10 * power;
}

static void y_tick(rsp_text *out, const plot *p, double y, const char *label)
{
    double at = plot_y(p, y);
    svg_line(out, p->left, at, p->left + p->width, at, COLOUR_FAINT, 0.7, NULL);
    svg_text(out, p->left - 6, at + 5, "end", SIZE_TICK, COLOUR_INK, "%s", label);
}

static void power_label(double y, char label[48])
{
    static const char *const small[] = {"0.01", "0.1", "1", "10", "100", "1,000",
                                        "10,000", "100,000"};
    static const char *const digits[] = {
        "\xe2\x81\xb0", "\xc2\xb9", "\xc2\xb2", "\xc2\xb3", "\xe2\x81\xb4",
        "\xe2\x81\xb5", "\xe2\x81\xb6", "\xe2\x81\xb7", "\xe2\x81\xb8", "\xe2\x81\xb9"};
    int k = (int)lround(log10(y));
    if (k >= -2 && k <= 5) {
        snprintf(label, 48, "%s", small[k + 2]);
        return;
    }
    int n = abs(k) % 100;
    snprintf(label, 48, "10%s%s%s", k < 0 ? "\xe2\x81\xbb" : "",
             n > 9 ? digits[n / 10] : "", digits[n % 10]);
}

/* A label of its own stands in the way of the axis' label. */
static bool is_taken(const plot *p, double y)
{
    for (size_t i = 0; i < p->n_ticks; i++) {
        if (fabs(plot_y(p, p->tick[i].y) - plot_y(p, y)) < 15) {
            return true;
        }
    }
    return false;
}

static void y_ticks(rsp_text *out, const plot *p)
{
    char label[48];
    for (size_t i = 0; i < p->n_ticks; i++) {
        y_tick(out, p, p->tick[i].y, p->tick[i].label);
    }
    if (p->log_y) {
        double decades = log10(p->y1 / p->y0), step = p->height / decades < 15 ? 100 : 10;
        for (double y = pow(10, ceil(log10(p->y0) - 1e-9)); y <= p->y1 * 1.0001;
             y *= step) {
            power_label(y, label);
            y_tick(out, p, y, is_taken(p, y) ? "" : label);
        }
        return;
    }
    double step = tick_step(p->y1 - p->y0, 6), first = ceil(p->y0 / step - 1e-9) * step;
    for (int i = 0; first + i * step <= p->y1 + 1e-9; i++) {
        double y = fabs(first + i * step) < 1e-9 * step ? 0.0 : first + i * step;
        y_tick(out, p, y, svg_number(y, label));
    }
}

enum { MOST_X_TICKS = 100 }; /* where a step is lost in rounding */

double plot_x_step(const plot *p)
{
    double step = tick_step(p->x1 - p->x0, (int)fmax(3, p->width / 45));
    return step == 2.5 ? 4 : step; /* weeks make months, not halves */
}

void plot_x_axis(rsp_text *out, const plot *p, const char *label)
{
    double step = plot_x_step(p), bottom = p->top + p->height;
    double first = ceil(p->x0 / step - 1e-9) * step;
    char text[48];
    for (int i = 0; first + i * step <= p->x1 + 1e-9 && i < MOST_X_TICKS; i++) {
        double x = first + i * step;
        svg_line(out, plot_x(p, x), bottom, plot_x(p, x), bottom + 5, COLOUR_INK, 1,
                 NULL);
        svg_text(out, plot_x(p, x), bottom + 20, "middle", SIZE_TICK, COLOUR_INK, "%s",
                 svg_number(fabs(x) < 1e-9 ? 0.0 : x, text));
    }
    svg_line(out, p->left, bottom, p->left + p->width, bottom, COLOUR_INK, 1, NULL);
    if (label) {
        svg_text(out, p->left + p->width / 2, bottom + 42, "middle", SIZE_LABEL, COLOUR_INK,
                 "%s", label);
    }
}

void plot_y_axis(rsp_text *out, const plot *p, const char *label)
{
    y_ticks(out, p);
    if (label) {
        svg_text(out, 10, p->top - 14, "start", SIZE_LABEL, COLOUR_INK, "%s", label);
    }
}

void plot_frame(rsp_text *out, const plot *p, const char *x_label,
                const char *y_label)
{
    plot_y_axis(out, p, y_label);
    plot_x_axis(out, p, x_label);
}
