#define _POSIX_C_SOURCE 200809L
#include "known.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "respite/core.h"

static const char *directory;
static struct {
    char name[64];
    json_t *json;
} files[16];

void known_near(double a, double b, double tolerance, const char *file, int line)
{
    if ((isnan(a) && isnan(b)) || a == b) {
        return;
    }
    if (!(fabs(a - b) <= tolerance * fmax(1.0, fabs(b)))) {
        print_error("%.17g, not %.17g\n", a, b);
        _fail(file, line);
    }
}

bool known_open(int argc, char **argv)
{
    DIR *d = argc > 1 ? opendir(argv[1]) : NULL;
    if (!d) {
        fprintf(stderr, "skipped: no vectors\n");
        return false;
    }
    closedir(d);
    directory = argv[1];
    return true;
}

static const char *path_of(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

const json_t *known_json(const char *file)
{
    size_t i = 0;
    for (; files[i].json; i++) {
        if (!strcmp(files[i].name, file)) {
            return files[i].json;
        }
    }
    assert_true(i + 1 < sizeof files / sizeof *files);
    snprintf(files[i].name, sizeof files[i].name, "%s", file);
    files[i].json = json_load_file(path_of(file), 0, NULL);
    assert_non_null(files[i].json);
    return files[i].json;
}

void known_close(void)
{
    for (size_t i = 0; files[i].json; i++) {
        json_decref(files[i].json);
        files[i].json = NULL;
    }
}

const json_t *known_at(const json_t *j, const char *path)
{
    char copy[256];
    char *rest = NULL;
    snprintf(copy, sizeof copy, "%s", path);
    for (char *key = strtok_r(copy, ".", &rest); key; key = strtok_r(NULL, ".", &rest)) {
        j = json_is_array(j) ? json_array_get(j, strtoul(key, NULL, 10))
                             : json_object_get(j, key);
    }
    return j;
}

double known_number(const json_t *j, const char *path)
{
    const json_t *found = known_at(j, path);
    return json_is_number(found) ? json_number_value(found) : (double)NAN;
}

size_t known_array(const json_t *j, const char *path, double *out, size_t most)
{
    const json_t *found = known_at(j, path);
    size_t n = json_array_size(found);
    assert_true(n > 0 && n <= most);
    for (size_t i = 0; i < n; i++) {
        const json_t *e = json_array_get(found, i);
        out[i] = json_is_number(e) ? json_number_value(e) : (double)NAN;
    }
    return n;
}

static int column_of(const char *line, const char *name)
{
    for (int column = 0; line; column++) {
        size_t n = strcspn(line, ",");
        if (n == strlen(name) && !strncmp(line, name, n)) {
            return column;
        }
        line = line[n] ? line + n + 1 : NULL;
    }
    fail_msg("no column %s", name);
    return -1;
}

size_t known_column(const char *file, const char *name, double *out, size_t most)
{
    char *text = NULL, *rest = NULL;
    size_t length = 0, n = 0;
    assert_ok(rsp_file_read(path_of(file), 0, &text, &length, NULL));
    char *line = strtok_r(text, "\r\n", &rest);
    int at = column_of(line, name);
    while ((line = strtok_r(NULL, "\r\n", &rest))) {
        for (int i = 0; i < at && line; i++) {
            line = strchr(line, ',');
            line = line ? line + 1 : NULL;
        }
        assert_true(n < most && line);
        out[n++] = strtod(line, NULL);
    }
    free(text);
    return n;
}
