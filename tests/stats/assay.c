#include "assay.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "respite/core.h"

const char *assay_vectors, *assay_shared;

void assay_near(double a, double b, double tolerance, int line)
{
    if (isnan(a) && isnan(b)) {
        return;
    }
    if (!(a == b || fabs(a - b) <= tolerance * fabs(b))) {
        fail_msg("line %d: %.17g, not %.17g", line, a, b);
    }
}

static char *path_of(const char *folder, const char *between, const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s%s", folder, between, name);
    return path;
}

json_t *assay_vector(const char *name)
{
    json_t *j = json_load_file(path_of(assay_vectors, "", name), 0, NULL);
    assert_non_null(j);
    return j;
}

json_t *assay_shared_vector(const char *name)
{
    json_t *j = json_load_file(path_of(assay_shared, "assays/vectors/", name), 0, NULL);
    if (!j) {
        print_message("%s is not here\n", name);
    }
    return j;
}

double assay_number(const json_t *object, const char *key)
{
    const json_t *j = json_object_get(object, key);
    assert_non_null(j);
    return json_is_number(j) ? json_number_value(j) : (double)NAN;
}

double assay_item(const json_t *array, size_t i)
{
    const json_t *j = json_array_get(array, i);
    assert_non_null(j);
    return json_is_number(j) ? json_number_value(j) : (double)NAN;
}

bool assay_read(const char *name, assay_table *table)
{
    *table = (assay_table){0};
    size_t length = 0;
    if (rsp_file_read(path_of(assay_shared, "data/", name), 0, &table->text, &length, NULL) !=
        RSP_OK) {
        print_message("%s is not here\n", name);
        return false;
    }
    size_t capacity = 0;
    char *p = table->text;
    while (*p) {
        assert_true(RSP_GROW(&table->rows, &capacity, table->n + 1));
        char **cells = table->rows[table->n++];
        for (size_t i = 0; i < ASSAY_CELLS; i++) {
            cells[i] = "";
        }
        bool more = true;
        for (size_t i = 0; more; i++) {
            assert_true(i < ASSAY_CELLS);
            cells[i] = p;
            p += strcspn(p, ",\r\n");
            more = *p == ',';
            bool carriage = *p == '\r';
            if (*p) {
                *p++ = '\0';
            }
            p += carriage && *p == '\n';
        }
    }
    return true;
}

void assay_table_fini(assay_table *table)
{
    free(table->text);
    free(table->rows);
    *table = (assay_table){0};
}

int assay_main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s VECTORS SHARED\n", argv[0]);
        return 64;
    }
    assay_vectors = argv[1];
    assay_shared = argv[2];
    return 0;
}
