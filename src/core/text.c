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
