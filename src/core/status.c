#include "respite/status.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void place(rsp_error *err, const char *source, const char *text,
                  uint32_t line, uint32_t column)
{
    err->line = line;
    err->column = column;
    snprintf(err->source, sizeof err->source, "%s", source ? source : "");
    err->excerpt[0] = '\0';
    if (!text || !line) {
        return;
    }
    for (uint32_t i = 1; i < line && text; i++) {
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    if (!text) {
        return;
    }
    size_t n = strcspn(text, "\r\n");
    n = n < sizeof err->excerpt - 1 ? n : sizeof err->excerpt - 1;
    for (size_t i = 0; i < n; i++) { /* never echo control bytes */
        unsigned char c = (unsigned char)text[i];
        err->excerpt[i] = (c < 0x20 || c == 0x7f) ? ' ' : (char)c;
    }
    err->excerpt[n] = '\0';
}

static void say(rsp_error *err, const char *fmt, va_list ap)
{
    vsnprintf(err->message, sizeof err->message, fmt, ap);
    for (char *p = err->message; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            *p = ' ';
        }
    }
}

rsp_status rsp_fail(rsp_error *err, rsp_status code, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        err->code = code;
        place(err, NULL, NULL, 0, 0);
        say(err, fmt, ap);
        va_end(ap);
    }
    return code;
}

rsp_status rsp_fail_at(rsp_error *err, rsp_status code, const char *source,
                       const char *text, uint32_t line, uint32_t column,
                       const char *fmt, ...)
{
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        err->code = code;
        place(err, source, text, line, column);
        say(err, fmt, ap);
        va_end(ap);
    }
    return code;
}

rsp_status rsp_fail_in(rsp_error *err, const char *fmt, ...)
{
    if (!err) {
        return RSP_INTERNAL;
    }
    char before[sizeof err->message], after[sizeof err->message];
    memcpy(after, err->message, sizeof after);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(before, sizeof before, fmt, ap);
    va_end(ap);
    size_t n = strlen(before);
    snprintf(err->message, sizeof err->message, "%s", before);
    snprintf(err->message + n, sizeof err->message - n, ": %s", after);
    return err->code;
}

const char *rsp_status_text(rsp_status code)
{
    switch (code) {
#define RSP_X(name, number, text, exit_code)                                   \
    case RSP_##name:                                                           \
        return text;
        RSP_STATUS_LIST(RSP_X)
#undef RSP_X
    }
    return "unknown status";
}

int rsp_status_exit(rsp_status code)
{
    switch (code) {
#define RSP_X(name, number, text, exit_code)                                   \
    case RSP_##name:                                                           \
        return exit_code;
        RSP_STATUS_LIST(RSP_X)
#undef RSP_X
    }
    return 70;
}

enum { LONGEST = 64 };

/* Optimal string alignment distance, case-insensitive. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    size_t d[3][LONGEST + 1];
    if (n > LONGEST || m > LONGEST) {
        return LONGEST + 1;
    }
    for (size_t j = 0; j <= m; j++) {
        d[0][j] = j;
    }
    for (size_t i = 1; i <= n; i++) {
        size_t *row = d[i % 3], *up = d[(i + 2) % 3], *up2 = d[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            int ca = tolower((unsigned char)a[i - 1]);
            int cb = tolower((unsigned char)b[j - 1]);
            size_t best = up[j - 1] + (ca != cb);
            best = up[j] + 1 < best ? up[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) &&
                cb == tolower((unsigned char)a[i - 2]) &&
                up2[j - 2] + 1 < best) {
                best = up2[j - 2] + 1;
            }
            row[j] = best;
        }
    }
    return d[n % 3][m];
}

const char *rsp_nearest(const char *name, const char *const *known, size_t n)
{
    const size_t length = strlen(name);
    size_t best = length / 3 + 1;
    const char *found = NULL;
    for (size_t i = 0; i < n; i++) {
        size_t d = known[i] ? distance(name, known[i]) : LONGEST + 1;
        if (d < length && (d < best || (d == best && !found))) {
            best = d;
            found = known[i];
        }
    }
    return found;
}

_Noreturn void rsp_assert_failed(const char *expr, const char *file, int line)
{
    fprintf(stderr,
            "respite: internal error: %s does not hold (%s:%d); please report "
            "this\n",
            expr, file, line);
    abort();
}
