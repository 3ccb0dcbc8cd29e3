/* The levels of a sweep along its axis: every one named, none cut, none on another. */
#ifndef REPORT_SWEEP_LABELS_H
#define REPORT_SWEEP_LABELS_H

#include "report/figures.h"

enum { MOST_NAMES = 64 }; /* as many levels as a study may have */
typedef enum name_way {
    NAMES_IN_LINES, /* beside one another, long ones over several lines */
    NAMES_IN_ROWS,  /* one line each, in rows where they would touch */
    NAMES_BY_KEY    /* letters, and what they stand for beneath the axis */
} name_way;
typedef struct axis_names {
    double x[MOST_NAMES];
    const char *level[MOST_NAMES]; /* words; NULL: a number */
    char number[MOST_NAMES][48], letter[MOST_NAMES][4];
    unsigned char row[MOST_NAMES];
    size_t n;
    name_way way;
    double height, key_height;
} axis_names;

void axis_names_add(axis_names *a, const char *level, double x);
void axis_names_place(axis_names *a); /* once all are there */
void axis_names_draw(rsp_text *out, const axis_names *a, double bottom);
void axis_names_key(rsp_text *out, const axis_names *a, double top);

#endif
