/* SVG by hand: text stays text, same bytes for the same numbers. */
#ifndef REPORT_SVG_H
#define REPORT_SVG_H

#include "respite/core.h"

#define COLOUR_BLUE "#0072B2" /* Okabe & Ito 2008 */
#define COLOUR_VERMILION "#D55E00"
#define COLOUR_GREEN "#009E73"
#define COLOUR_PURPLE "#CC79A7"
#define COLOUR_SKY "#56B4E9"
#define COLOUR_ORANGE "#E69F00"
#define COLOUR_INK "#1f2328"
#define COLOUR_SOFT "#57606a"
#define COLOUR_FAINT "#d0d7de"

/* Every figure is this wide: one fills a phone, two stand side by side. */
enum { FIGURE_WIDTH = 520 };
/* Type sizes that can be read on a phone, where a figure shrinks by a third. */
#define SIZE_TICK 14.5
#define SIZE_LABEL 15.0
#define SIZE_TITLE 16.0

typedef enum svg_shape { SVG_CIRCLE, SVG_SQUARE, SVG_DIAMOND, SVG_TRIANGLE, SVG_WEDGE, SVG_CROSS } svg_shape;

/* Text with & < > " ' written as entities; control bytes become blanks, bytes
 * that are not UTF-8 are left out. */
void svg_escape(rsp_text *out, const char *s);
/* At most `most` characters of s, ending in an ellipsis where it was cut. */
const char *svg_fit(const char *s, size_t most, char fitted[160]);
/* A coordinate: two decimals, never "-0" or no number. */
double svg_at(double v);

/* `title` and `desc` are for screen readers. */
void svg_open(rsp_text *out, double width, double height, const char *title,
              const char *desc);
void svg_close(rsp_text *out);
void svg_move(rsp_text *out, double x, double y); /* what follows is shifted */
void svg_move_end(rsp_text *out);
void svg_line(rsp_text *out, double x1, double y1, double x2, double y2,
              const char *colour, double width, const char *dash);
void svg_rect(rsp_text *out, double x, double y, double w, double h,
              const char *fill, const char *stroke, double opacity);
void svg_mark(rsp_text *out, svg_shape shape, double x, double y, double r,
              const char *colour, bool filled);
/* anchor: "start", "middle" or "end". */
void svg_text(rsp_text *out, double x, double y, const char *anchor, double size,
              const char *colour, const char *fmt, ...) RSP_PRINTF(7, 8);

/* ---- Text that must fit (svg_words.c).  Widths are those of a wide font. */
double svg_width(const char *s, double size);
double svg_longest_word(const char *s, double size);
static inline double svg_leading(double size) { return 1.25 * size; }
/* Lines that s takes where it may be `room` wide: broken at blanks, within a word that is wider. */
size_t svg_lines(const char *s, double size, double room);
/* Writes them, the first on y; y of the line after the last. */
double svg_block(rsp_text *out, double x, double y, const char *anchor, double size,
                 const char *colour, const char *s, double room);
/* As on an axis: 12.5, 15,000, 2·10⁵, with a true minus. */
const char *svg_number(double v, char text[48]);
/* s with numbers like 2.5e7 as powers of ten and like 1000 as 1,000. */
void svg_prose(rsp_text *out, const char *s);
/* The same, for one line of that width: an ellipsis where it is wider. */
const char *svg_name(const char *s, double size, double room, char fitted[160]);

/* ---- A plot's frame and axes. */
enum { MOST_TICKS = 4 };
typedef struct plot {
    double left, top, width, height;
    double x0, x1, y0, y1;
    bool log_y;
    struct { double y; const char *label; } tick[MOST_TICKS]; /* beside the axis' own */
    size_t n_ticks;
} plot;

double plot_x(const plot *p, double x);
double plot_y(const plot *p, double y); /* clipped to the frame */
double plot_x_step(const plot *p); /* between the labels of the x axis */
double tick_step(double span, int most); /* 1, 2, 2.5 or 5 times a power of ten */
void plot_y_axis(rsp_text *out, const plot *p, const char *label);
void plot_x_axis(rsp_text *out, const plot *p, const char *label);
void plot_frame(rsp_text *out, const plot *p, const char *x_label,
                const char *y_label);

#endif
