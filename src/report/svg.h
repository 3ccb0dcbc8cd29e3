/* SVG by hand: text stays text, same bytes for the same numbers. */
#ifndef REPORT_SVG_H
#define REPORT_SVG_H

#include "respite/core.h"

#define COLOUR_CONTROL "#0072B2" /* Okabe & Ito 2008 */
#define COLOUR_TREATED "#C04D00" /* their vermilion, darkened to 4.5:1 on white */
#define COLOUR_PAST "#767676"
#define COLOUR_INK "#1f2328"
#define COLOUR_FAINT "#d0d7de"

typedef enum svg_shape { SVG_CIRCLE, SVG_SQUARE, SVG_DIAMOND, SVG_TRIANGLE } svg_shape;

/* Text with & < > " ' written as entities; control bytes become blanks. */
void svg_escape(rsp_text *out, const char *s);

/* `title` and `desc` are for screen readers. */
void svg_open(rsp_text *out, double width, double height, const char *title,
              const char *desc);
void svg_close(rsp_text *out);
void svg_line(rsp_text *out, double x1, double y1, double x2, double y2,
              const char *colour, double width, const char *dash);
void svg_rect(rsp_text *out, double x, double y, double w, double h,
              const char *fill, const char *stroke, double opacity);
void svg_mark(rsp_text *out, svg_shape shape, double x, double y, double r,
              const char *colour, bool filled);
/* anchor: "start", "middle" or "end". */
void svg_text(rsp_text *out, double x, double y, const char *anchor, double size,
              const char *colour, const char *fmt, ...) RSP_PRINTF(7, 8);

/* ---- A plot's frame and axes. */
typedef struct plot {
    double left, top, width, height;
    double x0, x1, y0, y1;
    bool log_y;
} plot;

double plot_x(const plot *p, double x);
double plot_y(const plot *p, double y); /* clipped to the frame */
double tick_step(double span, int most); /* 1, 2, 2.5 or 5 times a power of ten */
void plot_frame(rsp_text *out, const plot *p, const char *x_label,
                const char *y_label);

#endif
