#include "respite/core.h"

#include <string.h>

/* Characters, not bytes: UTF-8 continues with 10xxxxxx. */
size_t rsp_characters(const char *text, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        count += (text[i] & 0xc0) != 0x80;
    }
    return count;
}

void rsp_wrap_line(rsp_wrap *w)
{
    fprintf(w->out, "\n%*s", (int)w->indent, "");
    w->at = w->indent;
    w->has_word = false;
}

void rsp_wrap_word(rsp_wrap *w, const char *word, size_t n)
{
    const size_t length = rsp_characters(word, n);
    if (w->has_word && w->at + 1 + length > RSP_LINE) {
        rsp_wrap_line(w);
    }
    if (w->has_word) {
        fputc(' ', w->out);
        w->at++;
    }
    fwrite(word, 1, n, w->out);
    w->at += length;
    w->has_word = true;
}

void rsp_wrap_text(rsp_wrap *w, const char *text, size_t n)
{
    static const char blanks[] = " \t\r\n";
    for (size_t i = 0; i < n;) {
        size_t word = 0;
        while (i + word < n && !strchr(blanks, text[i + word])) {
            word++;
        }
        if (word) {
            rsp_wrap_word(w, text + i, word);
        }
        i += word + 1;
    }
}
