#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/work.h"

/* Results as they grow: tables cell by cell, words sentence by sentence. */

enum { MOST_TABLES = 24, MOST_NOTES = 40 };

void *work_alloc(work *w, size_t n, size_t size)
{
    return working(w) ? reader_alloc(&w->r, n, size) : NULL;
}

bool work_took(work *w, const tree *at, rsp_status s, const rsp_error *err)
{
    if (working(w) && s != RSP_OK) {
        reader_fail(&w->r, at, s, "%s", err->message);
    }
    return working(w);
}

void say(work *w, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char text[800];
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    rsp_text_add(&w->methods, w->methods.length ? " " : "");
    rsp_text_add(&w->methods, text);
}

void note(work *w, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char text[600];
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    rsp_result *res = w->result;
    const char **notes = (const char **)(uintptr_t)res->notes;
    if (!notes) {
        notes = work_alloc(w, MOST_NOTES, sizeof *notes);
        res->notes = notes;
    }
    char *copy = reader_printf(&w->r, "%s", text);
    if (working(w) && res->n_notes < MOST_NOTES) {
        notes[res->n_notes++] = copy;
    }
}

/* ---- Tables. */
table table_open(work *w, const char *key, const char *title, const rsp_result_column *columns,
                 size_t n)
{
    table t = {.w = w, .t = work_alloc(w, 1, sizeof *t.t)};
    if (t.t) {
        *t.t = (rsp_result_table){.key = key, .title = title, .columns = columns, .n_columns = n};
    }
    return t;
}

static void next_cell(table *t, rsp_cell cell)
{
    if (!working(t->w)) {
        return;
    }
    if (t->at == t->capacity) { /* the arena frees the smaller one with all */
        size_t more = t->capacity ? 2 * t->capacity : 8 * t->t->n_columns;
        rsp_cell *cells = work_alloc(t->w, more, sizeof *cells);
        if (!cells) {
            return;
        }
        if (t->at) {
            memcpy(cells, t->cells, t->at * sizeof *cells);
        }
        t->cells = cells;
        t->capacity = more;
    }
    t->cells[t->at++] = cell;
}

void put_text(table *t, const char *fmt, ...)
{
    va_list ap;
    char text[400];
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    next_cell(t, (rsp_cell){reader_printf(&t->w->r, "%s", text), (double)NAN, (double)NAN,
                            (double)NAN, ""});
}

void put(table *t, double v)
{
    next_cell(t, (rsp_cell){"", v, (double)NAN, (double)NAN, ""});
}

void put_interval(table *t, double v, double low, double high)
{
    next_cell(t, (rsp_cell){"", v, low, high, ""});
}

void put_reason(table *t, const char *reason)
{
    if (working(t->w) && t->at && reason && reason[0] && !isfinite(t->cells[t->at - 1].value)) {
        t->cells[t->at - 1].reason = reader_printf(&t->w->r, "%s", reason);
    }
}

void put_limits_reason(table *t, const char *reason)
{
    rsp_cell *c = working(t->w) && t->at ? &t->cells[t->at - 1] : NULL;
    if (c && !isnan(c->value) && isnan(c->low) && isnan(c->high)) {
        c->reason = reason;
    }
}

void table_amounts(table *t, const char *key, const char *label)
{
    for (size_t k = 0; working(t->w) && k < t->t->n_columns; k++) {
        if (strcmp(t->t->columns[k].key, key) == 0) {
            t->t->figure = (rsp_result_figure){.kind = RSP_FIGURE_FOREST, .x = k, .log = true,
                                               .plain = true, .x_label = label};
        }
    }
}

void table_close(table *t)
{
    rsp_result *res = t->w->result;
    if (!working(t->w)) {
        return;
    }
    RSP_ASSERT(t->at % t->t->n_columns == 0 && res->n_tables < MOST_TABLES);
    t->t->cells = t->cells;
    t->t->n_rows = t->at / t->t->n_columns;
    rsp_result_table *tables = (rsp_result_table *)(uintptr_t)res->tables;
    if (!tables) {
        tables = work_alloc(t->w, MOST_TABLES, sizeof *tables);
        res->tables = tables;
    }
    if (tables) {
        tables[res->n_tables++] = *t->t;
    }
}
