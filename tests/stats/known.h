/* Known answers: vectors (JSON, CSV) and how near an answer must be. */
#ifndef RESPITE_TESTS_STATS_KNOWN_H
#define RESPITE_TESTS_STATS_KNOWN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>

#include "respite/status.h"

/* Closed forms, summed in another order (README of the vectors). */
#define CLOSED_FORM 1e-10

/* Relative above 1, absolute below; NaN is near NaN, infinity near itself. */
#define assert_near(a, b, tolerance) known_near(a, b, tolerance, __FILE__, __LINE__)
void known_near(double a, double b, double tolerance, const char *file, int line);
#define assert_ok(call) assert_int_equal(call, RSP_OK)

/* The directory is the program's argument; false: it is absent. */
bool known_open(int argc, char **argv);
const json_t *known_json(const char *file); /* freed by known_close */
const json_t *known_at(const json_t *j, const char *path); /* "a.b.2" */
double known_number(const json_t *j, const char *path); /* NaN: null or absent */
size_t known_array(const json_t *j, const char *path, double *out, size_t most);
/* A column of a CSV without quotes; returns the rows. */
size_t known_column(const char *file, const char *name, double *out, size_t most);
void known_close(void);

#endif
