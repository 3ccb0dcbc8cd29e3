#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/csv.h"
#include "dataset/slurp.h"
#include "respite/dataset.h"

/* What the endpoints of a file are called, beside their codes. */

enum { MOST_ENDPOINTS = 1000 };

typedef struct list {
    rsp_csv csv;
    rsp_arena *arena;
    rsp_adam_endpoint *rows;
    size_t n, capacity;
} list;

/* Which field of the header has this name; the number of fields: none. */
static size_t column(const rsp_csv *csv, const char *name)
{
    size_t i = 0;
    for (; i < csv->n_fields; i++) {
        const char *a = rsp_csv_cell(csv, i), *b = name;
        while (*a && toupper((unsigned char)*a) == *b) {
            a++;
            b++;
        }
        if (*a == *b) {
            break;
        }
    }
    return i;
}

static rsp_status add(list *l, const char *paramcd, const char *param, rsp_error *err)
{
    for (size_t i = 0; i < l->n; i++) {
        if (strcmp(l->rows[i].paramcd, paramcd) == 0) {
            return RSP_OK;
        }
    }
    if (l->n == MOST_ENDPOINTS) {
        return rsp_fail(err, RSP_DATA, "%s: more than %d PARAMCD", l->csv.name,
                        MOST_ENDPOINTS);
    }
    rsp_adam_endpoint e = {rsp_arena_copy(l->arena, paramcd, strlen(paramcd)),
                           rsp_arena_copy(l->arena, param, strlen(param))};
    if (!e.paramcd || !e.param || !RSP_GROW(&l->rows, &l->capacity, l->n + 1)) {
        return rsp_fail(err, RSP_NOMEM, "%s: no memory for its endpoints", l->csv.name);
    }
    l->rows[l->n++] = e;
    return RSP_OK;
}

static rsp_status read_all(list *l, rsp_error *err)
{
    bool more = false;
    rsp_status s = rsp_csv_next(&l->csv, &more, err);
    size_t n = l->csv.n_fields;
    size_t code = column(&l->csv, "PARAMCD"), name = column(&l->csv, "PARAM");
    while (s == RSP_OK && more && code < n) {
        s = rsp_csv_next(&l->csv, &more, err);
        if (s == RSP_OK && more) {
            s = add(l, rsp_csv_cell(&l->csv, code),
                    name < n ? rsp_csv_cell(&l->csv, name) : "", err);
        }
    }
    return s;
}

rsp_status rsp_adam_read_endpoints(const char *path, rsp_arena *arena,
                                   rsp_adam_endpoint **endpoints, size_t *n,
                                   rsp_error *err)
{
    char *text = NULL;
    size_t length = 0;
    *endpoints = NULL;
    *n = 0;
    rsp_status s = rsp_table_text(path, &text, &length, err);
    if (s != RSP_OK) {
        return s;
    }
    list l = {.arena = arena};
    rsp_csv_init(&l.csv, path, text, length);
    s = read_all(&l, err);
    if (s == RSP_OK) {
        *endpoints = rsp_arena_alloc(arena, l.n + 1, sizeof **endpoints);
        s = *endpoints ? RSP_OK : rsp_fail(err, RSP_NOMEM, "%s: no memory", path);
    }
    if (s == RSP_OK && l.n) {
        memcpy(*endpoints, l.rows, l.n * sizeof *l.rows);
        *n = l.n;
    }
    free(l.rows);
    rsp_csv_fini(&l.csv);
    free(text);
    return s;
}
