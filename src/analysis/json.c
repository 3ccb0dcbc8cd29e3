#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/missing.h"

/* The tree of results as JSON. */

static json_t *number(double v, bool whole)
{
    if (!isfinite(v)) {
        return json_null();
    }
    return whole && v == floor(v) && fabs(v) < 9e15 ? json_integer((json_int_t)v) : json_real(v);
}

static bool lacks(const rsp_result_column *c, const rsp_cell *cell)
{
    return !isfinite(cell->value) || (c->interval && !(isfinite(cell->low) && isfinite(cell->high)));
}

static void add_cell(json_t *row, const char *kind, const rsp_result_table *t, size_t i, size_t k)
{
    const rsp_result_column *c = &t->columns[k];
    const rsp_cell *cell = &t->cells[i * t->n_columns + k];
    char key[80];
    bool whole = c->kind == RSP_CELL_COUNT;
    if (c->kind == RSP_CELL_TEXT) {
        json_object_set_new(row, c->key, json_string(cell->text));
        return;
    }
    if (c->interval) {
        json_object_set_new(row, c->key,
                            json_pack("{s:o,s:o,s:o}", "value", number(cell->value, whole), "low",
                                      number(cell->low, whole), "high", number(cell->high, whole)));
    } else {
        json_object_set_new(row, c->key, number(cell->value, whole));
    }
    if (cell->reason[0] || lacks(c, cell)) {
        snprintf(key, sizeof key, "%s_reason", c->key);
        json_object_set_new(row, key, json_string(cell->reason[0] ? cell->reason
                                                                  : missing_reason(kind, t, i, k)));
    }
}

static json_t *table_json(const char *kind, const rsp_result_table *t)
{
    json_t *rows = json_array();
    for (size_t i = 0; t && i < t->n_rows; i++) {
        json_t *row = json_object();
        for (size_t k = 0; k < t->n_columns; k++) {
            add_cell(row, kind, t, i, k);
        }
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *item_json(const rsp_result *r)
{
    json_t *o = json_pack("{s:s,s:s}", "name", r->name, "kind", r->kind);
    for (size_t i = 0; i < r->n_tables; i++) {
        json_object_set_new(o, r->tables[i].key, table_json(r->kind, &r->tables[i]));
    }
    json_t *notes = json_array();
    for (size_t i = 0; i < r->n_notes; i++) {
        json_array_append_new(notes, json_string(r->notes[i]));
    }
    json_object_set_new(o, "notes", notes);
    json_object_set_new(o, "methods", json_string(r->methods));
    return o;
}

rsp_status rsp_results_json(const rsp_results *results, rsp_text *out, rsp_error *err)
{
    const rsp_results_view *v = rsp_results_of(results);
    json_t *root = json_pack("{s:s,s:s,s:s,s:s,s:o}", "analysis", v->title, "study", v->study,
                             "version", rsp_version(), "plan_sha256", v->plan_sha256, "people",
                             table_json("", v->people));
    json_t *items = json_array(), *files = json_array();
    for (size_t i = 0; i < v->n_files; i++) {
        json_array_append_new(files, json_pack("{s:s,s:s}", "name", v->files[i].name, "sha256",
                                               v->files[i].sha256));
    }
    json_object_set_new(root, "data", files);
    for (size_t i = 0; i < v->n; i++) {
        json_array_append_new(items, item_json(&v->items[i]));
    }
    json_object_set_new(root, "analyses", items);
    if (v->adjusted) {
        json_object_set_new(root, "adjusted", table_json("", v->adjusted));
    }
    json_object_set_new(root, "methods", json_string(v->methods));
    json_object_set_new(root, "notes", json_string(v->notes));
    char *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    rsp_text_add(out, text ? text : "");
    rsp_text_add(out, "\n");
    bool ok = text && root && !out->failed;
    free(text);
    json_decref(root);
    return ok ? RSP_OK : rsp_fail(err, RSP_NOMEM, "out of memory");
}
