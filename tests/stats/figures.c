#include "figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder; /* set by main before any test */

void figures_close(double a, double b, double tolerance, int line)
{
    if ((isnan(a) && isnan(b)) || a == b) {
        return;
    }
    if (!(fabs(a - b) <= tolerance * fmax(1.0, fabs(b)))) {
        fail_msg("line %d: %.17g, not %.17g", line, a, b);
    }
}

static char *path_of(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

json_t *figures_load(const char *name)
{
    json_t *j = json_load_file(path_of(name), 0, NULL);
    assert_non_null(j);
    return j;
}

json_t *figures_at(json_t *root, const char *path)
{
    char key[128];
    while (root && *path) {
        size_t n = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)n, path);
        root = json_object_get(root, key);
        path += n + (path[n] == '.');
    }
    assert_non_null(root);
    return root;
}

static double number(const json_t *j)
{
    return json_is_number(j) ? json_number_value(j) : (double)NAN;
}

double figures_number(json_t *root, const char *path)
{
    return number(figures_at(root, path));
}

double figures_item(json_t *root, const char *path, size_t i)
{
    json_t *item = json_array_get(figures_at(root, path), i);
    assert_non_null(item);
    return number(item);
}

size_t figures_column(const char *file, const char *column, double empty,
                      double out[FIGURES_ROWS])
{
    char *text = NULL;
    size_t length = 0, rows = 0, at = SIZE_MAX;
    assert_int_equal(rsp_file_read(path_of(file), 0, &text, &length, NULL), RSP_OK);
    char *p = text;
    for (bool header = true; *p; header = false) {
        size_t line = strcspn(p, "\r\n"), k = 0;
        char *end = p + line;
        for (char *cell = p; cell <= end; k++) {
            size_t n = strcspn(cell, ",\r\n");
            if (header && n == strlen(column) && !strncmp(cell, column, n)) {
                at = k;
            } else if (!header && k == at) {
                assert_true(rows < FIGURES_ROWS);
                out[rows++] = n ? strtod(cell, NULL) : empty;
            }
            cell += n + 1;
        }
        p = end + strspn(end, "\r\n");
    }
    free(text);
    assert_true(at != SIZE_MAX);
    return rows;
}

/* Knuth's 64-bit linear congruence; the high bits are good enough here. */
double figures_uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*state >> 11) + 0.5) * 0x1p-53;
}

int figures_main(int argc, char **argv, const struct CMUnitTest *tests,
                 size_t n, const char *name)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s VECTORS\n", argv[0]);
        return 64;
    }
    folder = argv[1];
    return _cmocka_run_group_tests(name, tests, n, NULL, NULL);
}
