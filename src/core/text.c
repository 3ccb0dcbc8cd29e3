#include "respite/core.h"

#include <stdlib.h>
#include <string.h>

static bool reserve(rsp_text *text, size_t more)
{
    if (text->failed || more > SIZE_MAX / 2 ||
        !RSP_GROW(&text->data, &text->capacity, text->length + more + 1)) {
        text->failed = true;
        return false;
    }
    return true;
}

void rsp_text_add_n(rsp_text *text, const char *s, size_t n)
{
    if (reserve(text, n)) {
        memcpy(text->data + text->length, s, n);
        text->length += n;
        text->data[text->length] = '\0';
    }
}

void rsp_text_add(rsp_text *text, const char *s)
{
    rsp_text_add_n(text, s, strlen(s));
}

void rsp_text_printf(rsp_text *text, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n < 0) {
        text->failed = true;
    } else if (reserve(text, (size_t)n)) {
        vsnprintf(text->data + text->length, (size_t)n + 1, fmt, again);
        text->length += (size_t)n;
    }
    va_end(again);
    va_end(ap);
}

void rsp_text_number(rsp_text *text, double value)
{
    char out[RSP_NUMBER_MAX];
    rsp_text_add_n(text, out, rsp_number_write(value, out));
}

void rsp_text_fini(rsp_text *text)
{
    free(text->data);
    *text = (rsp_text){0};
}

size_t rsp_utf8_length(const char *s, size_t n)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t k = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2
                                               : p[0] < 0xf0   ? 3
                                               : p[0] < 0xf5   ? 4
                                                               : 0;
    if (k == 0 || k > n) {
        return 0;
    }
    for (size_t i = 1; i < k; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool odd = k > 2 && ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
                         (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f));
    return odd ? 0 : k;
}

rsp_status rsp_text_check(const char *name, const char *text, size_t length, rsp_error *err)
{
    uint32_t line = 1;
    size_t start = 0;
    for (size_t at = 0, n = 1; at < length; at += n) {
        unsigned char c = (unsigned char)text[at];
        n = rsp_utf8_length(text + at, length - at);
        bool control = (c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f;
        bool c1 = c == 0xc2 && (unsigned char)text[at + 1] < 0xa0;
        if (n == 0 || control || c1) {
            return rsp_fail_at(err, RSP_DATA, name, text, line, (uint32_t)(at - start + 1), "%s",
                               n ? "a control character; plain text is expected"
                                 : "this byte is not UTF-8; save the file as UTF-8");
        }
        if (c == '\n') {
            line++;
            start = at + 1;
        }
    }
    return RSP_OK;
}
