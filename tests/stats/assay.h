/* What the tests of assays share: numbers of vectors, rows of real data. */
#ifndef TESTS_STATS_ASSAY_H
#define TESTS_STATS_ASSAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdbool.h>

/* Set by main before any test: directory of the carried vectors, and the folder
 * that may hold what was handed over but must not be carried. */
extern const char *assay_vectors, *assay_shared;

#define assert_near(a, b, tolerance) assay_near(a, b, tolerance, __LINE__)
void assay_near(double a, double b, double tolerance, int line); /* relative */

json_t *assay_vector(const char *name);
/* NULL where it is absent: the test says so and is skipped. */
json_t *assay_shared_vector(const char *name);
double assay_number(const json_t *object, const char *key); /* null: NaN */
double assay_item(const json_t *array, size_t i);

/* A small CSV without quotes: rows of cells, the header first. */
enum { ASSAY_CELLS = 12 };
typedef struct assay_table {
    char *text;
    char *(*rows)[ASSAY_CELLS];
    size_t n;
} assay_table;
bool assay_read(const char *name, assay_table *table); /* of the shared data */
void assay_table_fini(assay_table *table);

int assay_main(int argc, char **argv); /* sets the directories; 0 or 77 */

#endif
