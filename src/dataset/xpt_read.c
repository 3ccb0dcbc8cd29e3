#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/ibm.h"
#include "dataset/xpt_layout.h"
#include "respite/xpt.h"

typedef struct reader {
    const char *name; /* of the file */
    const unsigned char *bytes;
    size_t length, at;
    rsp_arena *arena;
    rsp_error *err;
    size_t row_length;
} reader;

#define DATA_FAIL(r, ...) \
    rsp_fail_at((r)->err, RSP_DATA, (r)->name, NULL, 0, 0, __VA_ARGS__)

static rsp_status no_memory(const reader *r)
{
    return rsp_fail_at(r->err, RSP_NOMEM, r->name, NULL, 0, 0, "no memory for its %zu bytes",
                       r->length);
}

static bool begins(const reader *r, const char *title)
{
    return r->length - r->at >= XPT_RECORD && memcmp(r->bytes + r->at, title, XPT_TITLE) == 0;
}

/* What a file that is no version 5 transport file most often is. */
static rsp_status check_kind(const reader *r)
{
    static const char v8[] = "HEADER RECORD*******LIBV8", compressed[] = "**COMPRESSED**";
    if (r->length >= sizeof v8 - 1 && memcmp(r->bytes, v8, sizeof v8 - 1) == 0) {
        return DATA_FAIL(r, "a SAS transport file of version 8; version 5 is expected (the "
                            "XPORT engine of SAS, version = 5 elsewhere)");
    }
    if (r->length >= sizeof compressed - 1 &&
        memcmp(r->bytes, compressed, sizeof compressed - 1) == 0) {
        return DATA_FAIL(r, "a SAS CPORT file; a transport file of the XPORT engine is expected");
    }
    if (!begins(r, XPT_LIBRARY)) {
        return DATA_FAIL(r, "not a SAS transport file of version 5: its first record is not the "
                            "library header");
    }
    if (r->length % XPT_RECORD != 0) {
        return DATA_FAIL(r, "%zu bytes, which is not a whole number of records of %d: cut short, "
                            "or changed on its way (as text)",
                         r->length, XPT_RECORD);
    }
    return RSP_OK;
}

static rsp_status expect(reader *r, const char *title, const char *what)
{
    if (r->at >= r->length) {
        return DATA_FAIL(r, "cut short: the %s is missing", what);
    }
    if (!begins(r, title)) {
        return DATA_FAIL(r, "byte %zu: the %s is expected here", r->at + 1, what);
    }
    return RSP_OK;
}

static rsp_status skip(reader *r, size_t records, const char *what)
{
    if (r->length - r->at < records * XPT_RECORD) {
        return DATA_FAIL(r, "cut short: the %s is missing", what);
    }
    r->at += records * XPT_RECORD;
    return RSP_OK;
}

/* Four decimal digits; -1: they are not. */
static int digits_at(const reader *r, size_t at)
{
    int value = 0;
    for (size_t i = 0; i < 4; i++) {
        unsigned char c = r->bytes[at + i];
        if (c < '0' || c > '9') {
            return -1;
        }
        value = 10 * value + (c - '0');
    }
    return value;
}

static size_t number_at(const unsigned char *p, size_t bytes)
{
    size_t value = 0;
    for (size_t i = 0; i < bytes; i++) {
        value = value << 8 | p[i];
    }
    return value;
}

/* Bytes without the blanks, or zero bytes, that fill the field up. */
static size_t trimmed(const unsigned char *p, size_t width)
{
    while (width > 0 && (p[width - 1] == ' ' || p[width - 1] == '\0')) {
        width--;
    }
    return width;
}

/* "" : fine; otherwise what is wrong with these bytes as text. */
static const char *fault_of(const unsigned char *p, size_t n)
{
    for (size_t at = 0, k = 1; at < n; at += k) {
        k = rsp_utf8_length((const char *)p + at, n - at);
        unsigned char c = p[at];
        if (k == 0) {
            return "bytes that are not UTF-8: export it as UTF-8 or ASCII";
        }
        bool control = c < 0x20 && c != '\t' && c != '\n' && c != '\r';
        if (control || c == 0x7f || (c == 0xc2 && p[at + 1] < 0xa0)) {
            return "a control character";
        }
    }
    return "";
}

static rsp_status copy_field(const reader *r, const unsigned char *p, size_t width,
                             const char *what, char *out)
{
    size_t n = trimmed(p, width);
    const char *fault = fault_of(p, n);
    if (fault[0]) {
        return DATA_FAIL(r, "the %s holds %s", what, fault);
    }
    memcpy(out, p, n);
    out[n] = '\0';
    return RSP_OK;
}

/* Names in capitals: their case means nothing. */
static rsp_status copy_name(const reader *r, const unsigned char *p, const char *what, size_t i,
                            char out[RSP_XPT_NAME_MAX])
{
    size_t n = trimmed(p, 8);
    bool ok = n > 0 && !(p[0] >= '0' && p[0] <= '9');
    for (size_t k = 0; k < n; k++) {
        unsigned char c = p[k];
        c = (unsigned char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        ok = ok && ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_');
        out[k] = (char)c;
    }
    out[n] = '\0';
    return ok ? RSP_OK
              : DATA_FAIL(r, "the name of %s %zu is not 1 to 8 of A-Z, 0-9 and _", what, i + 1);
}

static rsp_status read_member(reader *r, rsp_xpt *t, size_t *description)
{
    rsp_status s = expect(r, XPT_LIBRARY, "library header");
    s = s == RSP_OK ? skip(r, 3, "library header") : s;
    s = s == RSP_OK ? expect(r, XPT_MEMBER, "member header") : s;
    if (s != RSP_OK) {
        return s;
    }
    int size = digits_at(r, r->at + XPT_MEMBER_SIZE);
    if (size != XPT_VARIABLE && size != XPT_VARIABLE - 4) {
        return DATA_FAIL(r, "the member header tells descriptions of %d bytes: %d are expected",
                         size, XPT_VARIABLE);
    }
    *description = (size_t)size;
    s = skip(r, 1, "member header");
    s = s == RSP_OK ? expect(r, XPT_DESCRIPTOR, "descriptor header") : s;
    s = s == RSP_OK ? skip(r, 1, "descriptor header") : s;
    if (s == RSP_OK && r->length - r->at < 2 * XPT_RECORD) {
        s = DATA_FAIL(r, "cut short: the descriptor is missing");
    }
    if (s != RSP_OK) {
        return s;
    }
    const unsigned char *first = r->bytes + r->at, *second = first + XPT_RECORD;
    s = copy_name(r, first + XPT_MEMBER_NAME, "data set", 0, t->name);
    s = s == RSP_OK ? copy_field(r, first + XPT_CREATED, 16, "time of making", t->created) : s;
    s = s == RSP_OK ? copy_field(r, second + XPT_MODIFIED, 16, "time of change", t->modified) : s;
    s = s == RSP_OK ? copy_field(r, second + XPT_MEMBER_LABEL, 40, "label", t->label) : s;
    s = s == RSP_OK ? copy_field(r, second + XPT_MEMBER_TYPE, 8, "type", t->type) : s;
    return s == RSP_OK ? skip(r, 2, "descriptor") : s;
}

static rsp_status read_variable(reader *r, const unsigned char *p, size_t i, rsp_xpt_variable *v,
                                bool *is_text)
{
    rsp_status s = copy_name(r, p + XPT_V_NAME, "variable", i, v->name);
    if (s != RSP_OK) {
        return s;
    }
    size_t type = number_at(p + XPT_V_TYPE, 2);
    *is_text = type == 2;
    if (type != 1 && type != 2) {
        return DATA_FAIL(r, "variable %s is of type %zu: 1 (number) or 2 (text) is expected",
                         v->name, type);
    }
    v->length = number_at(p + XPT_V_LENGTH, 2);
    if (*is_text ? v->length < 1 || v->length > 32767 : v->length < 2 || v->length > 8) {
        return DATA_FAIL(r, "variable %s has %zu bytes: %s", v->name, v->length,
                         *is_text ? "1 to 32767 are expected of a text"
                                  : "2 to 8 are expected of a number");
    }
    size_t position = number_at(p + XPT_V_POSITION, 4);
    if (position != r->row_length) {
        return DATA_FAIL(r, "variable %s begins at byte %zu of a row: %zu is expected, where the "
                            "one before ends",
                         v->name, position, r->row_length);
    }
    r->row_length += v->length;
    size_t width = number_at(p + XPT_V_WIDTH, 2), decimals = number_at(p + XPT_V_DECIMALS, 2);
    v->width = (int)(width & 0x7fff);
    v->decimals = (int)(decimals & 0x7fff);
    s = copy_field(r, p + XPT_V_LABEL, 40, "label of a variable", v->label);
    s = s == RSP_OK ? copy_field(r, p + XPT_V_FORMAT, 8, "format of a variable", v->format) : s;
    return s == RSP_OK ? RSP_OK : rsp_fail_in(r->err, "variable %s", v->name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static rsp_status check_names(const reader *r, const rsp_xpt_variable *v, size_t n)
{
    const char **names = rsp_arena_alloc(r->arena, n, sizeof *names);
    if (!names) {
        return no_memory(r);
    }
    for (size_t i = 0; i < n; i++) {
        names[i] = v[i].name;
    }
    qsort(names, n, sizeof *names, by_name);
    for (size_t i = 1; i < n; i++) {
        if (strcmp(names[i - 1], names[i]) == 0) {
            return DATA_FAIL(r, "variable %s is there twice", names[i]);
        }
    }
    return RSP_OK;
}

static rsp_status read_variables(reader *r, size_t description, rsp_xpt *t,
                                 rsp_xpt_variable **variables, bool **is_text)
{
    rsp_status s = expect(r, XPT_VARIABLES, "header of the variables");
    if (s != RSP_OK) {
        return s;
    }
    int count = digits_at(r, r->at + XPT_VARIABLES_COUNT);
    if (count < 1) {
        return DATA_FAIL(r, "the header of the variables tells no count of at least 1");
    }
    size_t n = (size_t)count;
    size_t bytes = n * description, records = (bytes + XPT_RECORD - 1) / XPT_RECORD;
    s = skip(r, 1, "header of the variables");
    const unsigned char *p = r->bytes + r->at;
    s = s == RSP_OK ? skip(r, records, "description of the variables") : s;
    if (s != RSP_OK) {
        return s;
    }
    rsp_xpt_variable *v = rsp_arena_alloc(r->arena, n, sizeof *v);
    *is_text = rsp_arena_alloc(r->arena, n, sizeof **is_text);
    if (!v || !*is_text) {
        return no_memory(r);
    }
    for (size_t i = 0; s == RSP_OK && i < n; i++) {
        s = read_variable(r, p + i * description, i, &v[i], &(*is_text)[i]);
    }
    *variables = v;
    t->n_variables = n;
    return s == RSP_OK ? check_names(r, v, n) : s;
}

static bool is_blank(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != ' ') {
            return false;
        }
    }
    return true;
}

/* How many rows there are: what fills the last record up is no row. */
static rsp_status count_rows(reader *r, size_t *n_rows)
{
    const unsigned char *p = r->bytes + r->at;
    size_t total = r->length - r->at, length = r->row_length;
    for (size_t at = r->at; at < r->length; at += XPT_RECORD) {
        if (memcmp(r->bytes + at, XPT_MEMBER, XPT_TITLE) == 0) {
            return DATA_FAIL(r, "byte %zu: a second data set begins: one data set a file is "
                                "expected",
                             at + 1);
        }
    }
    size_t rows = total / length, rest = total % length;
    if (rest >= XPT_RECORD || !is_blank(p + rows * length, rest)) {
        return DATA_FAIL(r, "row %zu is cut short: %zu of %zu bytes", rows + 1, rest, length);
    }
    while (rows > 0 && total - (rows - 1) * length < XPT_RECORD &&
           is_blank(p + (rows - 1) * length, length)) {
        rows--;
    }
    *n_rows = rows;
    return RSP_OK;
}

static rsp_status read_texts(const reader *r, const unsigned char *p, size_t rows,
                             rsp_xpt_variable *v)
{
    const char **texts = rsp_arena_alloc(r->arena, rows + 1, sizeof *texts);
    v->texts = texts;
    if (!texts) {
        return no_memory(r);
    }
    for (size_t row = 0; row < rows; row++, p += r->row_length) {
        size_t n = trimmed(p, v->length);
        const char *fault = fault_of(p, n);
        if (fault[0]) {
            return DATA_FAIL(r, "row %zu, %s holds %s", row + 1, v->name, fault);
        }
        texts[row] = n ? rsp_arena_copy(r->arena, (const char *)p, n) : "";
        if (!texts[row]) {
            return no_memory(r);
        }
    }
    return RSP_OK;
}

/* The reason of a missing number, or 0: a first byte of its own, then zeros. */
static char missing_of(const unsigned char *p, size_t length)
{
    bool reason = p[0] == '.' || p[0] == '_' || (p[0] >= 'A' && p[0] <= 'Z');
    for (size_t i = 1; i < length; i++) {
        reason = reason && p[i] == 0;
    }
    return (char)(reason ? p[0] : 0);
}

static rsp_status read_numbers(const reader *r, const unsigned char *p, size_t rows,
                               rsp_xpt_variable *v)
{
    double *numbers = rsp_arena_alloc(r->arena, rows + 1, sizeof *numbers);
    char *missing = rsp_arena_alloc(r->arena, rows + 1, 1);
    v->numbers = numbers;
    v->missing = missing;
    if (!numbers || !missing) {
        return no_memory(r);
    }
    for (size_t row = 0; row < rows; row++, p += r->row_length) {
        missing[row] = missing_of(p, v->length);
        numbers[row] = missing[row] ? (double)NAN : rsp_ibm_decode(p, v->length);
    }
    return RSP_OK;
}

rsp_status rsp_xpt_read_bytes(const char *name, const void *bytes, size_t length,
                              rsp_arena *arena, rsp_xpt *table, rsp_error *err)
{
    reader r = {.name = name, .bytes = bytes, .length = length, .arena = arena, .err = err};
    rsp_xpt t = {.name = ""};
    rsp_xpt_variable *v = NULL;
    bool *is_text = NULL;
    size_t description = 0;
    rsp_status s = check_kind(&r);
    s = s == RSP_OK ? read_member(&r, &t, &description) : s;
    s = s == RSP_OK ? read_variables(&r, description, &t, &v, &is_text) : s;
    s = s == RSP_OK ? expect(&r, XPT_ROWS, "header of the rows") : s;
    s = s == RSP_OK ? skip(&r, 1, "header of the rows") : s;
    s = s == RSP_OK ? count_rows(&r, &t.n_rows) : s;
    for (size_t i = 0; s == RSP_OK && i < t.n_variables; i++) {
        const unsigned char *p = r.bytes + r.at;
        s = is_text[i] ? read_texts(&r, p, t.n_rows, &v[i]) : read_numbers(&r, p, t.n_rows, &v[i]);
        r.at += v[i].length; /* within the first row */
    }
    if (s == RSP_OK) {
        t.variables = v;
        *table = t;
    }
    return s;
}

rsp_status rsp_xpt_read(const char *path, rsp_arena *arena, rsp_xpt *table, rsp_error *err)
{
    char *bytes = NULL;
    size_t length = 0;
    rsp_status s = rsp_file_read_bytes(path, 0, &bytes, &length, err);
    s = s == RSP_OK ? rsp_xpt_read_bytes(path, bytes, length, arena, table, err) : s;
    free(bytes);
    return s;
}

static void add_quoted(rsp_text *out, const char *s)
{
    if (!strpbrk(s, ",\"\r\n")) {
        rsp_text_add(out, s);
        return;
    }
    rsp_text_add(out, "\"");
    for (; *s; s++) {
        rsp_text_add_n(out, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    }
    rsp_text_add(out, "\"");
}

void rsp_xpt_csv(const rsp_xpt *t, rsp_text *out)
{
    for (size_t i = 0; i < t->n_variables; i++) {
        rsp_text_add(out, i ? "," : "");
        rsp_text_add(out, t->variables[i].name);
    }
    rsp_text_add(out, "\n");
    for (size_t row = 0; row < t->n_rows; row++) {
        for (size_t i = 0; i < t->n_variables; i++) {
            const rsp_xpt_variable *v = &t->variables[i];
            rsp_text_add(out, i ? "," : "");
            if (v->texts) {
                add_quoted(out, v->texts[row]);
            } else if (!isnan(v->numbers[row])) {
                rsp_text_number(out, v->numbers[row]);
            }
        }
        rsp_text_add(out, "\n");
    }
}
