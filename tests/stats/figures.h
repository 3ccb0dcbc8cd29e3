/* What the tests of intervals, competing risks and external controls share:
 * known answers as JSON, columns of a CSV. */
#ifndef TESTS_STATS_FIGURES_H
#define TESTS_STATS_FIGURES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdbool.h>

#include "respite/core.h"

/* Relative, and absolute below 1; NaN equals NaN. */
#define assert_close(a, b, tolerance) figures_close(a, b, tolerance, __LINE__)
void figures_close(double a, double b, double tolerance, int line);

json_t *figures_load(const char *name);
/* null is NaN; the path is keys separated by dots. */
json_t *figures_at(json_t *root, const char *path);
double figures_number(json_t *root, const char *path);
double figures_item(json_t *root, const char *path, size_t i);

/* A column of numbers; empty cells are `empty`. Returns the rows. */
enum { FIGURES_ROWS = 256 };
size_t figures_column(const char *file, const char *column, double empty,
                      double out[FIGURES_ROWS]);

/* A small generator, so that random cases are the same everywhere. */
double figures_uniform(uint64_t *state); /* in (0, 1) */

int figures_main(int argc, char **argv, const struct CMUnitTest *tests,
                 size_t n, const char *name);

#endif
