#include "dataset/slurp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK = 1 << 16, FILE_MOST = 256 << 20 };

/* What has been seen of the lines so far, block after block. */
typedef struct lines {
    uint32_t line; /* 0-based */
    size_t length; /* of the line so far */
} lines;

static rsp_status check_start(const char *name, const char *text, size_t n, rsp_error *err)
{
    if (n >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0)) {
        return rsp_fail_at(err, RSP_DATA, name, NULL, 1, 1,
                           "this is UTF-16 text; UTF-8 is expected: save it as UTF-8 "
                           "(in spreadsheets \"CSV UTF-8\")");
    }
    if (n >= 4 && memchr(text, '\0', n < 64 ? n : 64)) {
        bool wide = (!text[1] && !text[3]) || (!text[0] && !text[2]);
        return rsp_fail_at(err, RSP_DATA, name, NULL, 1, 1,
                           wide ? "this looks like UTF-16 text without a mark; UTF-8 is "
                                  "expected: save it as UTF-8"
                                : "not a text file: it holds a zero byte");
    }
    if (n >= 4 && memcmp(text, "PK\x03\x04", 4) == 0) {
        return rsp_fail_at(err, RSP_DATA, name, NULL, 1, 1,
                           "this is a zip archive or a spreadsheet (.xlsx): save the sheet "
                           "as CSV UTF-8");
    }
    return RSP_OK;
}

/* Lines that end in CR alone count, too. */
static rsp_status check_lines(const char *name, lines *l, const char *text, size_t n,
                              rsp_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\0') {
            return rsp_fail_at(err, RSP_DATA, name, NULL, l->line + 1, 1,
                               "the line holds a zero byte: the file is damaged or no text");
        }
        if (text[i] == '\n' || text[i] == '\r') {
            l->line += text[i] == '\n';
            l->length = 0;
        } else if (++l->length > RSP_LINE_MOST) {
            return rsp_fail_at(err, RSP_DATA, name, NULL, l->line + 1, 1,
                               "the line is longer than %d bytes: this is no table of rows "
                               "and columns, or its line ends are lost", RSP_LINE_MOST);
        }
    }
    return RSP_OK;
}

static rsp_status nothing(const char *name, rsp_error *err)
{
    return rsp_fail_at(err, RSP_DATA, name, NULL, 1, 1,
                       "the file is empty: a first line of column names is expected");
}

/* `text` is terminated: messages show the line. */
static rsp_status check(const char *name, const char *text, size_t length, rsp_error *err)
{
    lines l = {0};
    if (length == 0) {
        return nothing(name, err);
    }
    rsp_status s = check_start(name, text, length, err);
    s = s == RSP_OK ? check_lines(name, &l, text, length, err) : s;
    return s == RSP_OK ? rsp_text_check(name, text, length, err) : s;
}

rsp_status rsp_slurp_copy(const char *name, const char *text, size_t length, char **copy,
                          rsp_error *err)
{
    *copy = length < SIZE_MAX ? malloc(length + 1) : NULL;
    if (!*copy) {
        return rsp_fail(err, RSP_NOMEM, "%s: no memory to read it", name);
    }
    if (length) {
        memcpy(*copy, text, length);
    }
    (*copy)[length] = '\0';
    rsp_status s = check(name, *copy, length, err);
    if (s != RSP_OK) {
        free(*copy);
        *copy = NULL;
    }
    return s;
}

static rsp_status read_blocks(FILE *f, const char *path, char **data, size_t *used,
                              rsp_error *err)
{
    size_t capacity = 0, n = 0;
    lines l = {0};
    do {
        if (!RSP_GROW(data, &capacity, *used + BLOCK + 1)) {
            return rsp_fail(err, RSP_NOMEM, "no memory to read %s", path);
        }
        n = fread(*data + *used, 1, BLOCK, f);
        rsp_status s = *used == 0 ? check_start(path, *data, n, err) : RSP_OK;
        s = s == RSP_OK ? check_lines(path, &l, *data + *used, n, err) : s;
        if (s != RSP_OK) {
            return s;
        }
        *used += n;
        (*data)[*used] = '\0';
        if (*used > FILE_MOST) {
            return rsp_fail_at(err, RSP_DATA, path, NULL, l.line + 1, 1,
                               "the file is larger than %d MiB: split it, or give it as a "
                               "directory of smaller ones", FILE_MOST >> 20);
        }
    } while (n == BLOCK);
    return ferror(f) ? rsp_fail(err, RSP_NOFILE, "cannot read %s: %s", path, strerror(errno))
                     : RSP_OK;
}

rsp_status rsp_slurp(const char *path, char **text, size_t *length, rsp_error *err)
{
    struct stat st;
    *text = NULL;
    *length = 0;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        return rsp_fail(err, RSP_NOFILE, "%s is a directory; a file is expected", path);
    }
    FILE *f = fopen(path, "rb");
    if (!f) {
        return rsp_fail(err, RSP_NOFILE, "cannot open %s: %s", path, strerror(errno));
    }
    rsp_status s = read_blocks(f, path, text, length, err);
    fclose(f);
    s = s == RSP_OK && *length == 0 ? nothing(path, err) : s;
    s = s == RSP_OK ? rsp_text_check(path, *text, *length, err) : s;
    if (s != RSP_OK) {
        free(*text);
        *text = NULL;
        *length = 0;
    }
    return s;
}
