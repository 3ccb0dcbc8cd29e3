#include "dataset/csv.h"

#include <stdlib.h>
#include <string.h>

void rsp_csv_init(rsp_csv *csv, const char *name, const char *text,
                  size_t length)
{
    *csv = (rsp_csv){.name = name, .text = text, .length = length};
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        csv->at = 3;
    }
}

void rsp_csv_fini(rsp_csv *csv)
{
    rsp_text_fini(&csv->cells);
    free(csv->fields);
    csv->fields = NULL;
}

const char *rsp_csv_cell(const rsp_csv *csv, size_t i)
{
    return i < csv->n_fields ? csv->cells.data + csv->fields[i].start : "";
}

void rsp_csv_place(const rsp_csv *csv, size_t offset, uint32_t *line,
                   uint32_t *column)
{
    size_t begin = 0;
    *line = 1;
    for (size_t i = 0; i < offset && i < csv->length; i++) {
        if (csv->text[i] == '\n') {
            begin = i + 1;
            ++*line;
        }
    }
    *column = (uint32_t)(offset - begin + 1);
}

static bool ends_field(const rsp_csv *csv, size_t at)
{
    return at >= csv->length || csv->text[at] == ',' || csv->text[at] == '\n' ||
           csv->text[at] == '\r';
}

/* Copy the content of a quoted field that begins at `at` (after the quote). */
static rsp_status read_quoted(rsp_csv *csv, rsp_error *err)
{
    size_t quote = csv->at++;
    uint32_t line, column;
    for (;;) {
        const char *from = csv->text + csv->at;
        const char *to = memchr(from, '"', csv->length - csv->at);
        if (!to) {
            rsp_csv_place(csv, quote, &line, &column);
            return rsp_fail_at(err, RSP_DATA, csv->name, csv->text, line, column,
                               "a quoted field is never closed");
        }
        rsp_text_add_n(&csv->cells, from, (size_t)(to - from));
        csv->at += (size_t)(to - from) + 1;
        if (csv->text[csv->at] != '"') { /* the text is terminated */
            break;
        }
        rsp_text_add_n(&csv->cells, "\"", 1);
        csv->at++;
    }
    if (!ends_field(csv, csv->at)) {
        rsp_csv_place(csv, csv->at, &line, &column);
        return rsp_fail_at(err, RSP_DATA, csv->name, csv->text, line, column,
                           "text after a closing quote: a comma or the end of "
                           "the row is expected (a quote within quotes is "
                           "written twice)");
    }
    return RSP_OK;
}

static void read_plain(rsp_csv *csv)
{
    size_t from = csv->at;
    while (!ends_field(csv, csv->at)) {
        csv->at++;
    }
    rsp_text_add_n(&csv->cells, csv->text + from, csv->at - from);
}

static void trim(rsp_csv *csv, rsp_csv_field *field)
{
    const char *s = csv->cells.data ? csv->cells.data : "";
    size_t end = csv->cells.length;
    while (field->start < end && (s[field->start] == ' ' || s[field->start] == '\t')) {
        field->start++;
    }
    while (end > field->start && (s[end - 1] == ' ' || s[end - 1] == '\t')) {
        end--;
    }
    field->length = end - field->start;
    if (!csv->cells.failed) {
        csv->cells.length = end;
    }
}

static rsp_status read_field(rsp_csv *csv, rsp_error *err)
{
    if (!RSP_GROW(&csv->fields, &csv->capacity, csv->n_fields + 1)) {
        return rsp_fail(err, RSP_NOMEM, "%s: no memory for a row", csv->name);
    }
    rsp_csv_field *field = &csv->fields[csv->n_fields];
    *field = (rsp_csv_field){.from = csv->at, .start = csv->cells.length};
    if (csv->at < csv->length && csv->text[csv->at] == '"') {
        rsp_status s = read_quoted(csv, err);
        if (s != RSP_OK) {
            return s;
        }
    } else {
        read_plain(csv);
    }
    trim(csv, field);
    rsp_text_add_n(&csv->cells, "", 1);
    csv->n_fields++;
    return csv->cells.failed
               ? rsp_fail(err, RSP_NOMEM, "%s: no memory for a row", csv->name)
               : RSP_OK;
}

static rsp_status read_record(rsp_csv *csv, rsp_error *err)
{
    csv->cells.length = csv->n_fields = 0;
    for (;;) {
        rsp_status s = read_field(csv, err);
        if (s != RSP_OK) {
            return s;
        }
        if (csv->at >= csv->length) {
            return RSP_OK;
        }
        /* Of CR LF the LF is left: a blank record, which is passed over. */
        if (csv->text[csv->at++] != ',') {
            return RSP_OK;
        }
    }
}

rsp_status rsp_csv_next(rsp_csv *csv, bool *more, rsp_error *err)
{
    *more = false;
    while (csv->at < csv->length) {
        rsp_status s = read_record(csv, err);
        if (s != RSP_OK) {
            return s;
        }
        if (csv->n_fields > 1 || csv->fields[0].length > 0) {
            *more = true;
            return RSP_OK;
        }
    }
    return RSP_OK;
}
