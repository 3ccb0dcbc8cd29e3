#define _POSIX_C_SOURCE 200809L
#include "reached.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

reached_place reached;

const char *reached_write(const char *name, const char *text)
{
    static char path[4][600];
    static size_t at;
    char *p = path[at++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", reached.scratch, name);
    FILE *f = fopen(p, "wb");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    return p;
}

const char *reached_vector(const char *name)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", reached.vectors, name);
    return path;
}

static const char *extended(const char *name, const char *column, bool numbered)
{
    char line[1000], *text = calloc(1, 1 << 16);
    FILE *f = fopen(reached_vector(name), "r");
    assert_non_null(f);
    assert_non_null(text);
    size_t n = 0, at = 0;
    for (; fgets(line, sizeof line, f); n++) {
        at += (size_t)(n ? sprintf(text + at, "%zu,", numbered ? n : 0)
                         : sprintf(text + at, "%s,", column));
        at += (size_t)sprintf(text + at, "%s", line);
    }
    fclose(f);
    const char *path = reached_write(name, text);
    free(text);
    return path;
}

const char *reached_numbered(const char *name) { return extended(name, "id", true); }

const char *reached_with_zero(const char *name, const char *column)
{
    return extended(name, column, false);
}

static char *output_of(const char *command, int *status)
{
    FILE *f = popen(command, "r");
    assert_non_null(f);
    size_t n = 0, capacity = 1 << 16;
    char *text = malloc(capacity);
    assert_non_null(text);
    for (size_t k; (k = fread(text + n, 1, capacity - n - 1, f)) > 0;) {
        n += k;
        if (capacity - n < 2) {
            text = realloc(text, capacity *= 2);
            assert_non_null(text);
        }
    }
    text[n] = '\0';
    int end = pclose(f);
    *status = WIFEXITED(end) ? WEXITSTATUS(end) : -1;
    return text;
}

static char *run(const char *data, const char *plan, const char *how, int *status)
{
    char command[2000];
    const char *path = reached_write("plan.yaml", plan);
    snprintf(command, sizeof command, "'%s' analyze %s%s%s --plan '%s' %s", reached.respite,
             data[0] ? "'" : "", data, data[0] ? "'" : "", path, how);
    return output_of(command, status);
}

/* ---- What is not there says why. */
static bool has_null(const json_t *v)
{
    return json_is_null(v) || (json_is_object(v) && (json_is_null(json_object_get(v, "value")) ||
                                                     json_is_null(json_object_get(v, "low")) ||
                                                     json_is_null(json_object_get(v, "high"))));
}

static void check_row(const json_t *row, const char *table, const char *kind)
{
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)row, key, v)
    {
        char reason[200];
        snprintf(reason, sizeof reason, "%s_reason", key);
        const char *why = json_string_value(json_object_get(row, reason));
        if (has_null(v) && (!why || !why[0] || strstr(why, "not estimable from these data"))) {
            fail_msg("%s, %s: %s is null without a reason", kind, table, key);
        }
    }
}

static void check_reasons(const json_t *root)
{
    size_t i, k;
    json_t *item, *rows, *row;
    const char *table;
    json_array_foreach(json_object_get(root, "analyses"), i, item)
    {
        json_object_foreach(item, table, rows)
        {
            json_array_foreach(rows, k, row)
            {
                if (json_is_object(row)) {
                    check_row(row, table, json_string_value(json_object_get(item, "kind")));
                }
            }
        }
    }
}

json_t *reached_run(const char *data, const char *plan)
{
    int status = 0;
    json_error_t error;
    char *text = run(data, plan, "--json 2>&1", &status);
    json_t *root = status == 0 ? json_loads(text, 0, &error) : NULL;
    if (!root) {
        fail_msg("exit status %d: %s", status, text);
    }
    free(text);
    check_reasons(root);
    return root;
}

char *reached_refusal(const char *data, const char *plan, int status)
{
    int got = 0;
    char *text = run(data, plan, "2>&1 >/dev/null", &got);
    if (got != status) {
        fail_msg("exit status %d, not %d: %s", got, status, text);
    }
    return text;
}

json_t *reached_json(const char *vector)
{
    json_error_t error;
    json_t *root = json_load_file(reached_vector(vector), 0, &error);
    if (!root) {
        fail_msg("%s: %s", vector, error.text);
    }
    return root;
}

const json_t *reached_at(const json_t *root, const char *path)
{
    char key[80];
    const json_t *at = root;
    for (const char *s = path; *s && at;) {
        size_t n = strcspn(s, "/");
        snprintf(key, sizeof key, "%.*s", (int)n, s);
        at = json_is_array(at) ? json_array_get(at, (size_t)atoi(key)) : json_object_get(at, key);
        s += n + (s[n] == '/');
    }
    if (!at) {
        fail_msg("there is no %s", path);
    }
    return at;
}

double reached_number(const json_t *root, const char *path)
{
    const json_t *at = reached_at(root, path);
    return json_is_number(at) ? json_number_value(at) : (double)NAN;
}

void reached_near(double got, double want, double tolerance, const char *what)
{
    if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= tolerance * fmax(1, fabs(want)))) {
        fail_msg("%s: %.15g, not %.15g", what, got, want);
    }
}

void reached_compare(const json_t *ours, const json_t *theirs, const reached_pair *pairs,
                     size_t n)
{
    for (size_t i = 0; i < n; i++) {
        reached_near(reached_number(ours, pairs[i].ours), reached_number(theirs, pairs[i].theirs),
                     pairs[i].tolerance, pairs[i].ours);
    }
}
