/* Wells of an outgrowth assay. */
#include <stdlib.h>
#include <string.h>

#include "dataset/wells.h"

enum { LINEAGES_MOST = 10000 };

static const char *const subject_names[] = {"subject", "participant", "patient", "id", NULL};
static const char *const million_names[] = {"million_cells", "million_cells_per_well", NULL};
static const char *const cell_names[] = {"cells", "cells_per_well", NULL};
static const char *const well_names[] = {"wells", NULL};
static const char *const positive_names[] = {"positive", "wells_positive", "wells_p24_positive",
                                             "p24_positive", NULL};
static const char *const negative_names[] = {"negative", "wells_negative", NULL};
static const char *const sequenced_names[] = {"sequenced", "wells_deep_sequenced", NULL};
static const char *const found_names[] = {"found", "wells_positive_per_lineage", NULL};

typedef struct reader {
    rsp_table *t;
    rsp_arena *arena;
    int subject, million, cells, wells, positive, negative, sequenced, found;
    rsp_outgrowth_level *levels; /* [n_rows] */
    size_t *lineages;            /* [n_rows] */
} reader;

static rsp_status no_memory(rsp_error *err)
{
    return rsp_fail(err, RSP_NOMEM, "no memory for the wells of an outgrowth assay");
}

static rsp_status find_columns(reader *r, rsp_error *err)
{
    r->subject = rsp_wells_column(r->t, subject_names);
    r->million = rsp_wells_column(r->t, million_names);
    r->cells = r->million == RSP_NO_COLUMN ? rsp_wells_column(r->t, cell_names) : RSP_NO_COLUMN;
    r->wells = rsp_wells_column(r->t, well_names);
    r->positive = rsp_wells_column(r->t, positive_names);
    r->negative = rsp_wells_column(r->t, negative_names);
    r->sequenced = rsp_wells_column(r->t, sequenced_names);
    r->found = rsp_wells_column(r->t, found_names);
    const struct { int at; const char *name; } needed[] = {
        {r->subject, "subject"}, {r->million != RSP_NO_COLUMN ? r->million : r->cells, "million_cells"},
        {r->wells, "wells"}, {r->positive, "positive"}};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        int column;
        if (needed[i].at == RSP_NO_COLUMN) {
            return rsp_table_need(r->t, needed[i].name, "outgrowth wells", &column, err);
        }
    }
    return RSP_OK;
}

/* "1;4;2": a number a lineage, none above the wells sequenced. */
static rsp_status read_found(reader *r, size_t row, rsp_outgrowth_level *l, rsp_error *err)
{
    const char *s = rsp_table_cell(r->t, row, r->found);
    size_t n = *s ? 1 : 0, i = 0;
    for (const char *p = s; *p; p++) {
        n += *p == ';';
    }
    double *found = rsp_arena_alloc(r->arena, n + 1, sizeof *found);
    r->lineages[row] = n;
    if (!found || n > LINEAGES_MOST) {
        return found ? rsp_table_fail(r->t, row, r->found, err, "at most %d lineages are expected",
                                      LINEAGES_MOST)
                     : no_memory(err);
    }
    while (i < n) {
        size_t length = strcspn(s, ";");
        if (!rsp_number_read(s, length, &found[i]) || !(found[i] >= 0) ||
            found[i] > l->sequenced || found[i] != (double)(uint64_t)found[i]) {
            return rsp_table_fail(r->t, row, r->found, err,
                                  "lineage %zu: a whole number from 0 to the %.10g wells "
                                  "sequenced is expected", i + 1, l->sequenced);
        }
        s += length + (s[length] == ';');
        i++;
    }
    l->found = l->sequenced > 0 && n > 0 ? found : NULL;
    return RSP_OK;
}

static rsp_status check_level(const reader *r, size_t row, const rsp_outgrowth_level *l,
                              double negative, rsp_error *err)
{
    int cells = r->million != RSP_NO_COLUMN ? r->million : r->cells;
    if (!(l->million_cells > 0)) {
        return rsp_table_fail(r->t, row, cells, err, "cells a well, above 0, are expected");
    }
    if (l->positive > l->wells) {
        return rsp_table_fail(r->t, row, r->positive, err, "there are %.10g wells", l->wells);
    }
    if (r->negative != RSP_NO_COLUMN && l->positive + negative != l->wells) {
        return rsp_table_fail(r->t, row, r->negative, err,
                              "with the positive ones that makes %.10g of %.10g wells",
                              l->positive + negative, l->wells);
    }
    return l->sequenced > l->positive
               ? rsp_table_fail(r->t, row, r->sequenced, err, "%.10g wells are positive",
                                l->positive)
               : RSP_OK;
}

static rsp_status read_level(reader *r, size_t row, rsp_error *err)
{
    rsp_outgrowth_level *l = &r->levels[row];
    double negative = 0;
    if (!*rsp_table_cell(r->t, row, r->subject)) {
        return rsp_table_fail(r->t, row, r->subject, err, "the name of a participant is expected");
    }
    rsp_status s = r->million != RSP_NO_COLUMN
                       ? rsp_cell_number(r->t, row, r->million, &l->million_cells, err)
                       : rsp_cell_number(r->t, row, r->cells, &l->million_cells, err);
    l->million_cells = r->million != RSP_NO_COLUMN ? l->million_cells : l->million_cells / 1e6;
    s = s == RSP_OK ? rsp_cell_count(r->t, row, r->wells, &l->wells, err) : s;
    s = s == RSP_OK ? rsp_cell_count(r->t, row, r->positive, &l->positive, err) : s;
    if (s == RSP_OK && r->negative != RSP_NO_COLUMN) {
        s = rsp_cell_count(r->t, row, r->negative, &negative, err);
    }
    if (s == RSP_OK && r->sequenced != RSP_NO_COLUMN) {
        s = rsp_cell_count(r->t, row, r->sequenced, &l->sequenced, err);
    }
    s = s == RSP_OK ? check_level(r, row, l, negative, err) : s;
    return s == RSP_OK && r->found != RSP_NO_COLUMN ? read_found(r, row, l, err) : s;
}

/* ---- By participant. */

static bool same_subject(const reader *r, size_t a, size_t b)
{
    return strcmp(rsp_table_cell(r->t, a, r->subject), rsp_table_cell(r->t, b, r->subject)) == 0;
}

/* The rows of the participant whose first is `row`. */
static rsp_status gather(reader *r, size_t row, rsp_outgrowth *out, rsp_error *err)
{
    const char *name = rsp_table_cell(r->t, row, r->subject);
    size_t n = 0;
    for (size_t i = row; i < r->t->n_rows; i++) {
        n += same_subject(r, row, i);
    }
    rsp_outgrowth_level *levels = rsp_arena_alloc(r->arena, n, sizeof *levels);
    *out = (rsp_outgrowth){.subject = rsp_arena_copy(r->arena, name, strlen(name)),
                           .levels = levels, .n_lineages = r->lineages[row]};
    if (!levels || !out->subject) {
        return no_memory(err);
    }
    for (size_t i = row; i < r->t->n_rows; i++) {
        if (!same_subject(r, row, i)) {
            continue;
        }
        if (r->lineages[i] != out->n_lineages) {
            return rsp_table_fail(r->t, i, r->found, err, "a row above of the same participant has "
                                  "%zu lineages", out->n_lineages);
        }
        for (size_t k = 0; k < out->n_levels; k++) {
            if (levels[k].million_cells == r->levels[i].million_cells) {
                return rsp_table_fail(r->t, i, r->million != RSP_NO_COLUMN ? r->million : r->cells,
                                      err, "the participant has this dilution above");
            }
        }
        levels[out->n_levels++] = r->levels[i];
    }
    return RSP_OK;
}

typedef struct result { rsp_outgrowth *list; size_t n; } result;

static rsp_status gather_all(reader *r, result *out, rsp_error *err)
{
    size_t n = r->t->n_rows;
    rsp_status s = RSP_OK;
    out->list = rsp_arena_alloc(r->arena, n, sizeof *out->list);
    if (!out->list) {
        return no_memory(err);
    }
    for (size_t row = 0; s == RSP_OK && row < n; row++) {
        bool first = true;
        for (size_t i = 0; first && i < row; i++) {
            first = !same_subject(r, i, row);
        }
        s = first ? gather(r, row, &out->list[out->n++], err) : RSP_OK;
    }
    return s;
}

static rsp_status read_wells(rsp_table *t, rsp_arena *arena, void *out, rsp_error *err)
{
    enum { ROWS_MOST = 10000 }; /* of a study of such assays, by far */
    reader r = {.t = t, .arena = arena};
    if (t->n_rows > ROWS_MOST) {
        return rsp_fail_at(err, RSP_DATA, t->name, NULL, 1, 1, "more than %d dilutions", ROWS_MOST);
    }
    r.levels = calloc(t->n_rows, sizeof *r.levels);
    r.lineages = calloc(t->n_rows, sizeof *r.lineages);
    rsp_status s = r.levels && r.lineages ? find_columns(&r, err) : no_memory(err);
    for (size_t row = 0; s == RSP_OK && row < t->n_rows; row++) {
        s = read_level(&r, row, err);
    }
    s = s == RSP_OK ? gather_all(&r, out, err) : s;
    free(r.levels);
    free(r.lineages);
    return s;
}

rsp_status rsp_outgrowth_read(const char *path, rsp_arena *arena, rsp_outgrowth **out, size_t *n,
                              rsp_error *err)
{
    result all = {0};
    rsp_status s = rsp_wells_open(path, arena, read_wells, &all, err);
    *out = s == RSP_OK ? all.list : NULL;
    *n = s == RSP_OK ? all.n : 0;
    return s;
}

rsp_status rsp_outgrowth_read_text(const char *name, const char *text, size_t length,
                                   rsp_arena *arena, rsp_outgrowth **out, size_t *n,
                                   rsp_error *err)
{
    result all = {0};
    rsp_status s = rsp_wells_text(name, text, length, arena, read_wells, &all, err);
    *out = s == RSP_OK ? all.list : NULL;
    *n = s == RSP_OK ? all.n : 0;
    return s;
}
