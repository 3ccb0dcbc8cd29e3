#include "dataset/table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/csv.h"

enum { COLUMNS_MOST = 10000 };

bool rsp_same_word(const char *a, const char *b)
{
    while (*a && toupper((unsigned char)*a) == toupper((unsigned char)*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

const char *rsp_table_column(const rsp_table *t, size_t column)
{
    return t->cells.data + t->starts[column];
}

const char *rsp_table_cell(const rsp_table *t, size_t row, int column)
{
    return column == RSP_NO_COLUMN
               ? ""
               : t->cells.data + t->starts[(row + 1) * t->n_columns + (size_t)column];
}

int rsp_table_find(const rsp_table *t, const char *name)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        if (strcmp(rsp_table_column(t, i), name) == 0) {
            return (int)i;
        }
    }
    for (size_t i = 0; i < t->n_columns; i++) {
        if (rsp_same_word(rsp_table_column(t, i), name)) {
            return (int)i;
        }
    }
    return RSP_NO_COLUMN;
}

static rsp_status fail_missing(const rsp_table *t, const char *name, const char *role,
                               rsp_error *err)
{
    const char **found = calloc(t->n_columns + 1, sizeof *found);
    rsp_text all = {0};
    for (size_t i = 0; i < t->n_columns; i++) {
        if (found) {
            found[i] = rsp_table_column(t, i);
        }
        if (all.length < 160) {
            rsp_text_printf(&all, "%s%.40s", i ? ", " : "", rsp_table_column(t, i));
        }
    }
    const char *near = found ? rsp_nearest(name, found, t->n_columns) : NULL;
    rsp_status s = rsp_fail_at(err, RSP_NAME, t->name, t->lines ? t->text : NULL, 1, 1,
                               "there is no column '%.60s' (%s); %s%.60s%s columns are %s", name,
                               role, near ? "did you mean '" : "", near ? near : "",
                               near ? "'? The" : "the", all.data ? all.data : "none");
    free(found);
    rsp_text_fini(&all);
    return s;
}

rsp_status rsp_table_need(rsp_table *t, const char *name, const char *role, int *column,
                          rsp_error *err)
{
    *column = RSP_NO_COLUMN;
    if (!name) {
        return RSP_OK;
    }
    *column = rsp_table_find(t, name);
    if (*column == RSP_NO_COLUMN) {
        return fail_missing(t, name, role, err);
    }
    t->used[*column] = true;
    return RSP_OK;
}

/* ---- Places. */

uint32_t rsp_table_line(const rsp_table *t, size_t row)
{
    const rsp_csv csv = {.text = t->text, .length = t->length};
    uint32_t line, column;
    rsp_csv_place(&csv, t->rows[row], &line, &column);
    return line;
}

/* The offset of a cell is not kept: its row is read once more. */
static size_t offset_of(const rsp_table *t, size_t row, int column)
{
    rsp_csv csv;
    bool more = false;
    size_t at = t->rows[row];
    rsp_csv_init(&csv, t->name, t->text, t->length);
    csv.at = at;
    if (column != RSP_NO_COLUMN && rsp_csv_next(&csv, &more, NULL) == RSP_OK && more &&
        (size_t)column < csv.n_fields) {
        at = csv.fields[column].from;
    }
    rsp_csv_fini(&csv);
    return at;
}

rsp_status rsp_table_fail(const rsp_table *t, size_t row, int column, rsp_error *err,
                          const char *fmt, ...)
{
    char what[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    const rsp_csv csv = {.text = t->text, .length = t->length};
    uint32_t line = 0, at = 0;
    if (t->lines) {
        rsp_csv_place(&csv, offset_of(t, row, column), &line, &at);
    }
    const char *text = t->lines ? t->text : NULL;
    if (column == RSP_NO_COLUMN) {
        return rsp_fail_at(err, RSP_DATA, t->name, text, line, at, "row %zu: %s", row + 1, what);
    }
    return rsp_fail_at(err, RSP_DATA, t->name, text, line, at, "row %zu, column %.60s: found '%.60s'; %s",
                       row + 1, rsp_table_column(t, (size_t)column),
                       rsp_table_cell(t, row, column), what);
}

/* ---- Reading. */

static rsp_status no_memory(const rsp_table *t, rsp_error *err)
{
    return rsp_fail(err, RSP_NOMEM, "%s: no memory for its rows", t->name);
}

/* Other separators give one column whose name holds them. */
static rsp_status check_separators(const rsp_table *t, rsp_error *err)
{
    static const struct { char sign; const char *what; } others[] = {
        {';', "semicolons"}, {'\t', "tabs"}, {'|', "vertical bars"}};
    const char *name = rsp_table_column(t, 0);
    for (size_t i = 0; t->n_columns == 1 && i < sizeof others / sizeof *others; i++) {
        if (strchr(name, others[i].sign)) {
            return rsp_fail_at(err, RSP_DATA, t->name, t->lines ? t->text : NULL, 1, 1,
                               "the columns look separated by %s; commas are expected: save "
                               "it as CSV with commas (and points in numbers)", others[i].what);
        }
    }
    return RSP_OK;
}

static rsp_status check_names(const rsp_table *t, rsp_error *err)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        const char *name = rsp_table_column(t, i);
        for (size_t k = 0; *name && k < i; k++) {
            if (strcmp(rsp_table_column(t, k), name) == 0) {
                return rsp_fail_at(err, RSP_DATA, t->name, t->lines ? t->text : NULL, 1, 1,
                                   "the column %.60s stands twice: as number %zu and as "
                                   "number %zu", name, k + 1, i + 1);
            }
        }
    }
    return RSP_OK;
}

static bool keep_fields(rsp_table *t, const rsp_csv *csv, size_t n)
{
    size_t from = t->n_columns ? (t->n_rows + 1) * t->n_columns : 0;
    if (!RSP_GROW(&t->starts, &t->starts_capacity, from + n)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        t->starts[from + i] = t->cells.length;
        rsp_text_add_n(&t->cells, rsp_csv_cell(csv, i), csv->fields[i].length + 1);
    }
    return !t->cells.failed;
}

static rsp_status read_names(rsp_table *t, rsp_csv *csv, rsp_error *err)
{
    bool more = false;
    rsp_status s = rsp_csv_next(csv, &more, err);
    if (s != RSP_OK) {
        return s;
    }
    if (!more) {
        return rsp_fail_at(err, RSP_DATA, t->name, NULL, 1, 1,
                           "the file is empty: a first line of column names is expected");
    }
    if (csv->n_fields > COLUMNS_MOST) {
        return rsp_fail_at(err, RSP_DATA, t->name, NULL, 1, 1, "more than %d columns",
                           COLUMNS_MOST);
    }
    if (!keep_fields(t, csv, csv->n_fields) ||
        !(t->used = calloc(csv->n_fields, sizeof *t->used))) {
        return no_memory(t, err);
    }
    t->n_columns = csv->n_fields;
    s = check_separators(t, err);
    return s == RSP_OK ? check_names(t, err) : s;
}

static rsp_status read_row(rsp_table *t, const rsp_csv *csv, size_t from, rsp_error *err)
{
    uint32_t line, column;
    if (csv->n_fields != t->n_columns) {
        bool last = csv->at >= csv->length && csv->n_fields < t->n_columns;
        rsp_csv_place(csv, from, &line, &column);
        return rsp_fail_at(err, RSP_DATA, t->name, t->lines ? t->text : NULL, line, column,
                           "row %zu has %zu fields; the names are %zu%s", t->n_rows + 1,
                           csv->n_fields, t->n_columns,
                           last ? "; the file ends here: it seems cut short" : "");
    }
    if (!RSP_GROW(&t->rows, &t->rows_capacity, t->n_rows + 1) ||
        !keep_fields(t, csv, csv->n_fields)) {
        return no_memory(t, err);
    }
    t->rows[t->n_rows++] = from;
    return RSP_OK;
}

/* Spreadsheets end in rows of commas alone. */
static bool is_blank(const rsp_csv *csv)
{
    bool blank = true;
    for (size_t i = 0; blank && i < csv->n_fields; i++) {
        blank = csv->fields[i].length == 0;
    }
    return blank;
}

static rsp_status read_rows(rsp_table *t, rsp_csv *csv, rsp_error *err)
{
    rsp_status s = read_names(t, csv, err);
    bool more = s == RSP_OK;
    while (s == RSP_OK && more) {
        s = rsp_csv_next(csv, &more, err);
        if (s == RSP_OK && more && !is_blank(csv)) {
            s = read_row(t, csv, csv->fields[0].from, err);
        }
    }
    return s;
}

rsp_status rsp_table_read(rsp_table *t, const char *name, const char *text, size_t length,
                          rsp_error *err)
{
    return rsp_table_read_from(t, name, text, length, true, err);
}

rsp_status rsp_table_read_from(rsp_table *t, const char *name, const char *text, size_t length,
                               bool lines, rsp_error *err)
{
    rsp_csv csv;
    *t = (rsp_table){.name = name, .text = text, .length = length, .lines = lines};
    rsp_csv_init(&csv, name, text, length);
    rsp_status s = read_rows(t, &csv, err);
    rsp_csv_fini(&csv);
    return s;
}

void rsp_table_fini(rsp_table *t)
{
    rsp_text_fini(&t->cells);
    free(t->starts);
    free(t->rows);
    free(t->used);
    *t = (rsp_table){0};
}
