#define _POSIX_C_SOURCE 200809L
#include "survival_data.h"

#include <stdio.h>

#include "respite/core.h"

static const char *vectors;

void survival_near(double a, double b, double tolerance, int line)
{
    if (isnan(a) && isnan(b)) {
        return;
    }
    if (!(a == b || fabs(a - b) <= tolerance * fmax(1.0, fabs(b)))) {
        fail_msg("line %d: %.17g, not %.17g", line, a, b);
    }
}

static char *path_of(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", vectors, name);
    return path;
}

int survival_main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY_OF_VECTORS\n", argv[0]);
        return 1;
    }
    vectors = argv[1];
    FILE *f = fopen(path_of("cox.json"), "r");
    if (!f) {
        printf("skipped: no %s\n", path_of("cox.json"));
        return 77;
    }
    fclose(f);
    return 0;
}

json_t *survival_vector(const char *name)
{
    json_error_t e;
    json_t *j = json_load_file(path_of(name), 0, &e);
    assert_non_null(j);
    return j;
}

static double number_of(const json_t *j)
{
    return json_is_number(j) ? json_number_value(j) : (double)NAN;
}

double survival_number(const json_t *object, const char *key)
{
    return number_of(json_object_get(object, key));
}

double survival_item(const json_t *object, const char *key, size_t i)
{
    const json_t *j = json_object_get(object, key);
    assert_non_null(j);
    return number_of(json_is_array(j) ? json_array_get(j, i) : j);
}

/* Fill at[] of the names by the header, or one row by at[]; false: no more. */
static void read_line(char *line, const char *const *names, size_t n_names, int *at,
                      double (*columns)[SURVIVAL_ROWS], size_t row, bool header)
{
    int column = 0;
    for (char *p = line; p; column++) {
        size_t n = strcspn(p, ",");
        for (size_t k = 0; k < n_names; k++) {
            if (header && n == strlen(names[k]) && !strncmp(p, names[k], n)) {
                at[k] = column;
            } else if (!header && column == at[k]) {
                columns[k][row] = n ? strtod(p, NULL) : (double)NAN;
            }
        }
        p = p[n] == ',' ? p + n + 1 : NULL;
    }
}

size_t survival_columns(const char *file, const char *const *names, size_t n_names,
                        double (*columns)[SURVIVAL_ROWS])
{
    char *text = NULL, *state = NULL;
    size_t length = 0, rows = 0;
    int at[8] = {-1, -1, -1, -1, -1, -1, -1, -1};
    assert_true(n_names <= 8);
    assert_int_equal(rsp_file_read(path_of(file), 0, &text, &length, NULL), RSP_OK);
    char *line = strtok_r(text, "\r\n", &state);
    read_line(line, names, n_names, at, columns, 0, true);
    while ((line = strtok_r(NULL, "\r\n", &state))) {
        assert_true(rows < SURVIVAL_ROWS);
        read_line(line, names, n_names, at, columns, rows++, false);
    }
    for (size_t k = 0; k < n_names; k++) {
        assert_true(at[k] >= 0);
    }
    free(text);
    return rows;
}

double survival_uniform(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}
