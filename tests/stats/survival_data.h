/* What the tests of survival analysis share: numbers of vectors, columns of CSV,
 * and a fixed generator of random data. */
#ifndef TESTS_STATS_SURVIVAL_DATA_H
#define TESTS_STATS_SURVIVAL_DATA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Relative above 1, absolute below; NaN is near NaN only. */
#define assert_near(a, b, tolerance) survival_near(a, b, tolerance, __LINE__)
void survival_near(double a, double b, double tolerance, int line);

/* 0, or 77 (skip) where the directory of vectors, argv[1], is absent. */
int survival_main(int argc, char **argv);
json_t *survival_vector(const char *name);
double survival_number(const json_t *object, const char *key); /* null: NaN */
/* The i-th of an array, or the number itself where i is 0. */
double survival_item(const json_t *object, const char *key, size_t i);

enum { SURVIVAL_ROWS = 64 };
/* Columns of a CSV by name, empty cells NaN; returns the rows. */
size_t survival_columns(const char *file, const char *const *names, size_t n_names,
                        double (*columns)[SURVIVAL_ROWS]);

double survival_uniform(uint64_t *state); /* splitmix64, in [0, 1) */

#endif
