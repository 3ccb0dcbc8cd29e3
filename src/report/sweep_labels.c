#include "report/sweep_labels.h"

#include <math.h>
#include <string.h>

enum { MOST_LINES = 4, MOST_ROWS = 4, MOST_KEY_ROWS = MOST_NAMES };
static const double EDGE = 4, APART = 8, LEAD = 18.125; /* px; svg_leading(SIZE_TICK) */
static const double KEY_LEFT = 40;

const char *sweep_level(const char *level, char text[48])
{
    double v = 0;
    return rsp_number_read(level, strlen(level), &v) ? svg_number(v, text) : level;
}

void axis_names_add(axis_names *a, const char *level, double x)
{
    if (a->n < MOST_NAMES) {
        size_t i = a->n++;
        a->x[i] = x;
        a->level[i] = sweep_level(level, a->number[i]) == level ? level : NULL;
        a->letter[i][0] = (char)('A' + (int)(i % 26)); /* A to Z, Aa to Za, Ab ... */
        a->letter[i][1] = i < 26 ? '\0' : (char)('a' + (int)(i / 26) - 1);
        a->letter[i][2] = '\0';
    }
}

static const char *name_of(const axis_names *a, size_t i)
{
    return a->level[i] ? a->level[i] : a->number[i];
}

/* ---- Where they go. */
static double room_of(const axis_names *a, size_t i)
{
    double room = 2 * fmin(a->x[i] - EDGE, FIGURE_WIDTH - EDGE - a->x[i]);
    for (size_t k = 0; k < a->n; k++) {
        room = k == i ? room : fmin(room, fabs(a->x[k] - a->x[i]) - APART);
    }
    return room;
}

/* The least width in which a name takes no more lines than in that room: its lines are of a length. */
static double even(const char *name, double room)
{
    size_t lines = svg_lines(name, SIZE_TICK, room);
    double least = svg_longest_word(name, SIZE_TICK);
    while (room - 3 >= least && svg_lines(name, SIZE_TICK, room - 3) == lines) {
        room -= 3;
    }
    return room;
}

static bool place_in_lines(axis_names *a)
{
    size_t most = 1;
    for (size_t i = 0; i < a->n; i++) {
        double room = room_of(a, i);
        if (svg_longest_word(name_of(a, i), SIZE_TICK) > room) {
            return false;
        }
        size_t lines = svg_lines(name_of(a, i), SIZE_TICK, room);
        most = lines > most ? lines : most;
    }
    a->height = LEAD * (double)most;
    return most <= MOST_LINES;
}

static const char *written(const axis_names *a, size_t i)
{
    return a->way == NAMES_BY_KEY ? a->letter[i] : name_of(a, i);
}

/* The middle of a name in one line, moved in from the edges of the figure. */
static double middle(const axis_names *a, size_t i, double half)
{
    return fmin(fmax(a->x[i], EDGE + half), FIGURE_WIDTH - EDGE - half);
}

static bool touch(const axis_names *a, size_t i, size_t k)
{
    double mine = 0.5 * svg_width(written(a, i), SIZE_TICK);
    double theirs = 0.5 * svg_width(written(a, k), SIZE_TICK);
    return fabs(middle(a, i, mine) - middle(a, k, theirs)) < mine + theirs + APART;
}

static bool place_in_rows(axis_names *a, size_t most)
{
    size_t rows = 1;
    for (size_t i = 0; i < a->n; i++) {
        size_t row = 0;
        for (size_t k = 0; k < i && row < most; k++) {
            if (a->row[k] == row && touch(a, i, k)) {
                row++;
                k = SIZE_MAX; /* from the first again */
            }
        }
        a->row[i] = (unsigned char)row;
        rows = row + 1 > rows ? row + 1 : rows;
        if (row == most || svg_width(written(a, i), SIZE_TICK) > 0.5 * FIGURE_WIDTH) {
            return false;
        }
    }
    a->height = LEAD * (double)rows;
    return true;
}

void axis_names_place(axis_names *a)
{
    a->way = NAMES_IN_LINES;
    a->key_height = 0;
    if (place_in_lines(a)) {
        return;
    }
    a->way = NAMES_IN_ROWS;
    if (place_in_rows(a, MOST_ROWS)) {
        return;
    }
    a->way = NAMES_BY_KEY;
    place_in_rows(a, MOST_KEY_ROWS);
    for (size_t i = 0; i < a->n; i++) {
        a->key_height += LEAD * (double)svg_lines(name_of(a, i), SIZE_TICK, FIGURE_WIDTH - KEY_LEFT - EDGE);
    }
}

/* ---- Drawn. */
/* From the axis down to a name of a lower row, unless another is in the way. */
static double tick_length(const axis_names *a, size_t i)
{
    double down = 5 + LEAD * (a->way == NAMES_IN_LINES ? 0.0 : (double)a->row[i]);
    for (size_t k = 0; k < a->n && a->way != NAMES_IN_LINES; k++) {
        double half = 0.5 * svg_width(written(a, k), SIZE_TICK);
        bool above = a->row[k] < a->row[i];
        if (above && fabs(middle(a, k, half) - a->x[i]) < half + 2) {
            return 5;
        }
    }
    return down;
}

void axis_names_draw(rsp_text *out, const axis_names *a, double bottom)
{
    for (size_t i = 0; i < a->n; i++) {
        double x = a->x[i];
        svg_line(out, x, bottom, x, bottom + tick_length(a, i), COLOUR_INK, 1, NULL);
        if (a->way == NAMES_IN_LINES) {
            svg_block(out, x, bottom + 20, "middle", SIZE_TICK, COLOUR_INK, name_of(a, i),
                      even(name_of(a, i), room_of(a, i)));
        } else {
            double half = 0.5 * svg_width(written(a, i), SIZE_TICK);
            svg_text(out, middle(a, i, half), bottom + 20 + LEAD * (double)a->row[i], "middle",
                     SIZE_TICK, COLOUR_INK, "%s", written(a, i));
        }
    }
}

void axis_names_key(rsp_text *out, const axis_names *a, double top)
{
    for (size_t i = 0; a->way == NAMES_BY_KEY && i < a->n; i++) {
        svg_text(out, 12, top, "start", SIZE_TICK, COLOUR_INK, "%s", a->letter[i]);
        top = svg_block(out, KEY_LEFT, top, "start", SIZE_TICK, COLOUR_INK, name_of(a, i),
                        FIGURE_WIDTH - KEY_LEFT - EDGE);
    }
}
