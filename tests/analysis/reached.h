/* A plan run by the command, and its JSON held against R's numbers. */
#ifndef TESTS_ANALYSIS_REACHED_H
#define TESTS_ANALYSIS_REACHED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

typedef struct reached_place { const char *respite, *vectors, *scratch; } reached_place;
extern reached_place reached;

/* A file in the scratch folder; the path is good until the next call of its kind. */
const char *reached_write(const char *name, const char *text);
const char *reached_vector(const char *name); /* a path */
/* A copy of a vector with a first column of this name: a number a row, or zero. */
const char *reached_numbered(const char *name);
const char *reached_with_zero(const char *name, const char *column);
/* The JSON that `respite analyze DATA --plan` prints for `plan`; fails otherwise. */
json_t *reached_run(const char *data, const char *plan);
/* What it says on standard error; the exit status must be `status`. */
char *reached_refusal(const char *data, const char *plan, int status);

json_t *reached_json(const char *vector);
/* "analyses/0/terms/1/hazard_ratio/low" */
const json_t *reached_at(const json_t *root, const char *path);
double reached_number(const json_t *root, const char *path); /* null: NaN */
void reached_near(double got, double want, double tolerance, const char *what);

/* Our path against theirs, at a tolerance relative to 1 or to the number. */
typedef struct reached_pair { const char *ours, *theirs; double tolerance; } reached_pair;
void reached_compare(const json_t *ours, const json_t *theirs, const reached_pair *pairs,
                     size_t n);

#endif
