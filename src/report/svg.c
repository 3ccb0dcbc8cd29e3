#include "report/svg.h"

#include <math.h>
#include <string.h>

void svg_escape(rsp_text *out, const char *s)
{
    for (; s && *s; s++) {
        unsigned char c = (unsigned char)*s;
        switch (c) {
        case '&': rsp_text_add(out, "&amp;"); break;
        case '<': rsp_text_add(out, "&lt;"); break;
        case '>': rsp_text_add(out, "&gt;"); break;
        case '"': rsp_text_add(out, "&quot;"); break;
        case '\'': rsp_text_add(out, "&#39;"); break;
        default: rsp_text_add_n(out, c < 0x20 || c == 0x7f ? " " : s, 1);
        }
    }
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

void svg_line(rsp_text *out, double x1, double y1, double x2, double y2,
              const char *colour, double width, const char *dash)
{
    rsp_text_printf(out, "<path d=\"M%.2f %.2fL%.2f %.2f\" stroke=\"%s\" "
                         "stroke-width=\"%.2f\" fill=\"none\"",
                    x1, y1, x2, y2, colour, width);
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
                    x, y, w, h, fill, stroke, opacity);
}

void svg_mark(rsp_text *out, svg_shape shape, double x, double y, double r,
              const char *colour, bool filled)
{
    const char *fill = filled ? colour : "#ffffff";
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
                         "font-size=\"%.1f\" fill=\"%s\">", x, y, anchor, size, colour);
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
    svg_text(out, p->left - 6, at + 4, "end", 11.5, COLOUR_INK, "%s", label);
}

static void power_label(double y, char label[32])
{
    static const char *const small[] = {"0.1", "1", "10", "100", "1,000", "10,000",
                                        "100,000"};
    int k = (int)lround(log10(y));
    if (k >= -1 && k <= 5) {
        snprintf(label, 32, "%s", small[k + 1]);
    } else {
        snprintf(label, 32, "10^%d", k);
    }
}

static void y_ticks(rsp_text *out, const plot *p)
{
    char label[32];
    if (p->log_y) {
        for (double y = pow(10, ceil(log10(p->y0) - 1e-9)); y <= p->y1 * 1.0001;
             y *= 10) {
            power_label(y, label);
            y_tick(out, p, y, label);
        }
        return;
    }
    double step = tick_step(p->y1 - p->y0, 6);
    for (int i = 0; p->y0 + i * step <= p->y1 + 1e-9; i++) {
        snprintf(label, sizeof label, "%.4g", p->y0 + i * step);
        y_tick(out, p, p->y0 + i * step, label);
    }
}

void plot_frame(rsp_text *out, const plot *p, const char *x_label,
                const char *y_label)
{
    double step = tick_step(p->x1 - p->x0, (int)fmax(3, p->width / 60));
    double bottom = p->top + p->height;
    y_ticks(out, p);
    for (double x = ceil(p->x0 / step - 1e-9) * step; x <= p->x1 + 1e-9; x += step) {
        svg_line(out, plot_x(p, x), bottom, plot_x(p, x), bottom + 5, COLOUR_INK, 1,
                 NULL);
        svg_text(out, plot_x(p, x), bottom + 18, "middle", 11.5, COLOUR_INK, "%.4g",
                 fabs(x) < 1e-9 ? 0.0 : x);
    }
    svg_line(out, p->left, bottom, p->left + p->width, bottom, COLOUR_INK, 1, NULL);
    svg_text(out, p->left + p->width / 2, bottom + 36, "middle", 12.5, COLOUR_INK, "%s",
             x_label);
    if (y_label) {
        svg_text(out, p->left, p->top - 10, "start", 12.5, COLOUR_INK, "%s", y_label);
    }
}
