#include "boxes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "report/svg.h"

enum { MOST_TEXTS = 600 };

typedef struct box {
    double left, right, top, bottom;
    char text[200];
} box;

/* Boxes of all texts, of the size of a wide font; groups are shifted as they say. */
static size_t boxes_of(const char *svg, box boxes[MOST_TEXTS])
{
    size_t n = 0;
    double down = 0, x, y, size;
    char anchor[8];
    for (const char *s = svg; (s = strchr(s, '<')) != NULL; s++) {
        double across;
        if (sscanf(s, "<g transform=\"translate(%lf %lf)\">", &across, &y) == 2) {
            down = y;
        }
        if (sscanf(s, "<text x=\"%lf\" y=\"%lf\" text-anchor=\"%7[a-z]\" font-size=\"%lf\"", &x, &y,
                   anchor, &size) != 4) {
            continue;
        }
        const char *from = strchr(s, '>') + 1;
        box *b = &boxes[n++];
        assert_true(n < MOST_TEXTS);
        snprintf(b->text, sizeof b->text, "%.*s", (int)(strchr(from, '<') - from), from);
        double wide = svg_width(b->text, size);
        b->left = strcmp(anchor, "start") == 0 ? x : strcmp(anchor, "end") == 0 ? x - wide : x - wide / 2;
        b->right = b->left + wide;
        b->top = down + y - 0.75 * size;
        b->bottom = down + y + 0.2 * size;
    }
    return n;
}

void assert_nothing_cut_nor_covered(const char *svg)
{
    static box boxes[MOST_TEXTS];
    double width, height;
    assert_int_equal(sscanf(strstr(svg, "viewBox"), "viewBox=\"0 0 %lf %lf\"", &width, &height), 2);
    size_t n = boxes_of(svg, boxes);
    assert_true(n > 4);
    for (size_t i = 0; i < n; i++) {
        const box *a = &boxes[i];
        if (a->left < 0 || a->right > width || a->top < 0 || a->bottom > height) {
            fail_msg("'%s' leaves the picture: %g to %g, %g to %g", a->text, a->left, a->right, a->top,
                     a->bottom);
        }
        for (size_t k = 0; k < i; k++) {
            const box *b = &boxes[k];
            if (a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom) {
                fail_msg("'%s' lies on '%s'", a->text, b->text);
            }
        }
    }
}
