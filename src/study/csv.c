#include "study/csv.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_FIELDS = 200000 };

typedef struct maker {
    rsp_arena *arena;
    const char **fields;
    size_t n, capacity;
    uint32_t *lines;
    size_t n_rows, lines_capacity;
    size_t n_columns, in_row;
    uint32_t line;
} maker;

static rsp_status end_row(maker *m, const char *name, const char *text, rsp_error *err)
{
    if (!m->n_rows) {
        m->n_columns = m->in_row;
    }
    if (m->in_row != m->n_columns) {
        return rsp_fail_at(err, RSP_DATA, name, text, m->line, 1,
                           "%zu fields; the header has %zu", m->in_row, m->n_columns);
    }
    m->n_rows++;
    m->in_row = 0;
    return RSP_OK;
}

static rsp_status add_field(maker *m, const char *s, size_t n, rsp_error *err)
{
    char *copy = rsp_arena_copy(m->arena, s, n);
    if (!copy || m->n >= MOST_FIELDS || !RSP_GROW(&m->fields, &m->capacity, m->n + 1) ||
        !RSP_GROW(&m->lines, &m->lines_capacity, m->n_rows + 1)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for the table");
    }
    if (!m->in_row) {
        m->lines[m->n_rows] = m->line;
    }
    m->fields[m->n++] = copy;
    m->in_row++;
    return RSP_OK;
}

/* One field from s; doubled quotes are undone in place.  Returns its end. */
static char *quoted_end(char *s, size_t *n, uint32_t *line)
{
    char *out = s, *c = s + 1;
    for (*n = 0; *c; c++) {
        *line += *c == '\n';
        if (*c == '"' && c[1] != '"') {
            return c + 1;
        }
        c += *c == '"';
        *out++ = *c;
        (*n)++;
    }
    return NULL;
}

static rsp_status parse(maker *m, const char *name, const char *whole, char *s,
                        rsp_error *err)
{
    m->line = 1;
    while (*s) {
        size_t n = strcspn(s, ",\r\n");
        char *end = s + n;
        if (*s == '"' && !(end = quoted_end(s, &n, &m->line))) {
            return rsp_fail_at(err, RSP_DATA, name, whole, m->line, 1,
                               "a quote is not closed");
        }
        if (m->in_row || n || *end == ',') { /* empty lines are passed over */
            rsp_status status = add_field(m, s, n, err);
            if (status != RSP_OK) {
                return status;
            }
        }
        if (*end == ',') {
            s = end + 1;
            if (*s != '\0' && *s != '\n' && *s != '\r') {
                continue;
            }
            rsp_status status = add_field(m, "", 0, err); /* an empty last field */
            if (status != RSP_OK) {
                return status;
            }
            end = s;
        }
        if (*end && *end != '\n' && *end != '\r') {
            return rsp_fail_at(err, RSP_DATA, name, whole, m->line, 1,
                               "text after a closing quote");
        }
        if (m->in_row) {
            rsp_status status = end_row(m, name, whole, err);
            if (status != RSP_OK) {
                return status;
            }
        }
        while (*end == '\r' || *end == '\n') {
            m->line += *end == '\n';
            end++;
        }
        s = end;
    }
    return RSP_OK;
}

rsp_status csv_parse(rsp_arena *arena, const char *name, const char *text,
                     size_t length, csv *out, rsp_error *err)
{
    *out = (csv){.name = name};
    maker m = {.arena = arena};
    char *work = rsp_arena_copy(arena, text, length);
    char *whole = rsp_arena_copy(arena, text, length);
    if (!work || !whole) {
        return rsp_fail(err, RSP_NOMEM, "no memory for the table");
    }
    size_t mark = strncmp(work, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* byte order mark */
    rsp_status s = parse(&m, name, whole, work + mark, err);
    if (s == RSP_OK && !m.n_rows) {
        s = rsp_fail_at(err, RSP_DATA, name, NULL, 1, 1, "the table is empty");
    }
    const char **fields = rsp_arena_alloc(arena, m.n ? m.n : 1, sizeof *fields);
    uint32_t *lines = rsp_arena_alloc(arena, m.n_rows ? m.n_rows : 1, sizeof *lines);
    if (s == RSP_OK && (!fields || !lines)) {
        s = rsp_fail(err, RSP_NOMEM, "no memory for the table");
    }
    if (s == RSP_OK) {
        memcpy(fields, m.fields, m.n * sizeof *fields);
        memcpy(lines, m.lines, m.n_rows * sizeof *lines);
        *out = (csv){name, fields, lines, m.n_rows, m.n_columns};
    }
    free(m.fields);
    free(m.lines);
    return s;
}

const char *csv_field(const csv *c, size_t row, const char *column)
{
    for (size_t k = 0; k < c->n_columns; k++) {
        if (strcmp(c->fields[k], column) == 0) {
            return c->fields[row * c->n_columns + k];
        }
    }
    return "";
}
