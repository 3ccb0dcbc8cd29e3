/* Columns without a role: nothing that a trial gives away is thrown away. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/importer.h"

/* 34 and 34.0 are the same thing. */
static bool says_same(const char *a, const char *b)
{
    double x, y;
    return strcmp(a, b) == 0 || (rsp_number_read(a, strlen(a), &x) &&
                                 rsp_number_read(b, strlen(b), &y) && x == y);
}

/* Whether a column says one thing of each person: of every person the first row that
 * says something, in `first` ([n_people]); the row that differs from it otherwise. */
static bool constant(const rsp_table *t, int column, const uint32_t *people, size_t *first,
                     size_t n_people, size_t *differs)
{
    for (size_t i = 0; i < n_people; i++) {
        first[i] = SIZE_MAX;
    }
    for (size_t row = 0; row < t->n_rows; row++) {
        const char *s = rsp_table_cell(t, row, column);
        if (people[row] == RSP_NOBODY || rsp_cell_missing(s)) {
            continue;
        }
        size_t *of = &first[people[row]];
        if (*of == SIZE_MAX) {
            *of = row;
        } else if (!says_same(rsp_table_cell(t, *of, column), s)) {
            *differs = row;
            return false;
        }
    }
    return true;
}

static rsp_status find_covariate(rsp_importer *im, const char *name, rsp_covariate **out,
                                 rsp_error *err)
{
    const char *kept = rsp_names_keep(im->covariate_names, name, strlen(name));
    if (!kept || !RSP_GROW(&im->covariates, &im->covariates_capacity, im->n_covariates + 1)) {
        return rsp_importer_no_memory(err);
    }
    size_t at = rsp_names_number(kept);
    if (at == im->n_covariates) {
        im->covariates[im->n_covariates++] = (rsp_covariate){.name = kept};
    }
    *out = &im->covariates[at];
    return RSP_OK;
}

static rsp_status make_room(rsp_covariate *c, size_t n, rsp_error *err)
{
    size_t before = c->capacity;
    if (n <= before) {
        return RSP_OK;
    }
    if (!RSP_GROW(&c->texts, &c->capacity, n)) {
        return rsp_importer_no_memory(err);
    }
    memset(c->texts + before, 0, (c->capacity - before) * sizeof *c->texts);
    return RSP_OK;
}

static rsp_status store(rsp_importer *im, const rsp_table *t, int column, const size_t *first,
                        bool firm, rsp_error *err)
{
    rsp_covariate *c = NULL;
    rsp_status s = find_covariate(im, rsp_table_column(t, (size_t)column), &c, err);
    s = s == RSP_OK ? make_room(c, im->n_people, err) : s;
    if (s == RSP_OK) {
        c->firm = c->firm || firm;
    }
    for (size_t i = 0; s == RSP_OK && i < im->n_people; i++) {
        if (first[i] == SIZE_MAX) {
            continue;
        }
        const char *text = rsp_importer_keep(im, rsp_table_cell(t, first[i], column));
        if (!text) {
            return rsp_importer_no_memory(err);
        }
        bool same = !c->texts[i] || says_same(c->texts[i], text);
        if (!same && !c->firm) { /* of the rows of each file, not of the person */
            rsp_text_printf(&im->notes, "%s: column %s differs from another file's and is not kept\n",
                            t->name, c->name);
            return RSP_OK;
        }
        if (!same) {
            return rsp_table_fail(t, first[i], column, err,
                                  "another file says '%.60s' of participant %.60s", c->texts[i],
                                  im->people[i].id);
        }
        c->texts[i] = text;
    }
    return s;
}

rsp_status rsp_importer_covariate(rsp_importer *im, const rsp_table *t, int column,
                                  const uint32_t *people, rsp_error *err)
{
    size_t row = 0, *first = calloc(im->n_people + 1, sizeof *first);
    if (!first) {
        return rsp_importer_no_memory(err);
    }
    rsp_status s;
    if (constant(t, column, people, first, im->n_people, &row)) {
        s = store(im, t, column, first, true, err);
    } else {
        s = rsp_table_fail(t, row, column, err,
                           "row %zu of the same participant says '%.60s': a covariate is one "
                           "thing of each", first[people[row]] + 1,
                           rsp_table_cell(t, first[people[row]], column));
    }
    free(first);
    return s;
}

/* ---- What varies. */

static bool all_numbers(const rsp_table *t, int column)
{
    double v;
    for (size_t row = 0; row < t->n_rows; row++) {
        const char *s = rsp_table_cell(t, row, column);
        if (!rsp_cell_missing(s) && !rsp_number_read(s, strlen(s), &v)) {
            return false;
        }
    }
    return true;
}

static rsp_status add_number(rsp_importer *im, const rsp_table *t, int column, size_t row,
                             const rsp_loose *how, rsp_error *err)
{
    double value;
    rsp_status s = rsp_cell_number(t, row, column, &value, err);
    const rsp_measurement m = {.participant = how->people[row], .day = how->days[row],
                               .planned_day = how->days[row],
                               .assay = rsp_table_column(t, (size_t)column), .unit = "",
                               .state = RSP_NUMBER, .value = value, .lloq = (double)NAN,
                               .reason = ""};
    return s == RSP_OK ? rsp_importer_add_measurement(im, &m, row, true, err) : s;
}

/* In a long table the same thing stands beside every assay of a visit: it is kept once. */
static bool said_above(const rsp_table *t, int column, size_t row, const rsp_loose *how)
{
    return row > 0 && how->people[row - 1] == how->people[row] &&
           how->days[row - 1] == how->days[row] &&
           strcmp(rsp_table_cell(t, row - 1, column), rsp_table_cell(t, row, column)) == 0;
}

static rsp_status keep_varying(rsp_importer *im, const rsp_table *t, int column,
                               const rsp_loose *how, rsp_error *err)
{
    const char *name = rsp_table_column(t, (size_t)column);
    bool numbers = all_numbers(t, column);
    rsp_status s = RSP_OK;
    for (size_t row = 0; s == RSP_OK && row < t->n_rows; row++) {
        const char *text = rsp_table_cell(t, row, column);
        if (how->people[row] == RSP_NOBODY || isnan(how->days[row]) || rsp_cell_missing(text) ||
            said_above(t, column, row, how)) {
            continue;
        }
        const rsp_happening h = {.participant = how->people[row], .day = how->days[row],
                                 .what = name, .amount = (double)NAN, .reason = text};
        s = numbers ? add_number(im, t, column, row, how, err)
                    : rsp_importer_add_happening(im, &h, err);
    }
    return s;
}

static rsp_status pass_over(rsp_text *passed, const char *name)
{
    rsp_text_printf(passed, "%s%.60s", passed->length ? ", " : "", name);
    return RSP_OK;
}

rsp_status rsp_importer_keep_loose(rsp_importer *im, const rsp_table *t, const rsp_loose *how,
                                   rsp_error *err)
{
    size_t row, *first = calloc(im->n_people + 1, sizeof *first);
    rsp_text passed = {0};
    rsp_status s = first ? RSP_OK : rsp_importer_no_memory(err);
    for (size_t c = 0; s == RSP_OK && c < t->n_columns; c++) {
        if (t->used[c] || !*rsp_table_column(t, c)) { /* a column of row numbers has no name */
            continue;
        }
        s = constant(t, (int)c, how->people, first, im->n_people, &row)
            ? store(im, t, (int)c, first, how->firm, err)
            : how->days && !how->only_constant
                ? keep_varying(im, t, (int)c, how, err)
                : pass_over(&passed, rsp_table_column(t, c));
    }
    if (passed.length) {
        rsp_text_printf(&im->notes, "%s: not kept, for they vary within a participant%s: %s\n",
                        t->name, how->days || how->only_constant ? "" : " and there is no day",
                        passed.data);
    }
    rsp_text_fini(&passed);
    free(first);
    return s;
}
