#include "model/lexer.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 100 };

typedef struct lexer {
    const source_text *src;
    size_t at;
    uint32_t line;
    size_t line_start;
    bool fresh; /* nothing but blanks on this line so far */
    token *tokens;
    size_t n, capacity;
    rsp_error *err;
} lexer;

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char peek(const lexer *lx, size_t ahead)
{
    size_t i = lx->at + ahead;
    return i < lx->src->length ? lx->src->text[i] : '\0';
}

static rsp_status fail(lexer *lx, const char *what)
{
    return rsp_fail_at(lx->err, RSP_SYNTAX, lx->src->name, lx->src->text, lx->line,
                       (uint32_t)(lx->at - lx->line_start) + 1, "%s", what);
}

static rsp_status add(lexer *lx, token_kind kind, size_t skip, size_t length,
                      size_t whole, double number)
{
    if (!RSP_GROW(&lx->tokens, &lx->capacity, lx->n + 1)) {
        return rsp_fail(lx->err, RSP_NOMEM, "no memory to read %s", lx->src->name);
    }
    lx->tokens[lx->n++] = (token){
        .kind = kind, .starts_line = lx->fresh, .at = lx->src->text + lx->at + skip,
        .length = (uint32_t)length, .line = lx->line,
        .column = (uint32_t)(lx->at - lx->line_start) + 1,
        .offset = (uint32_t)lx->at, .number = number};
    lx->fresh = false;
    lx->at += whole;
    return RSP_OK;
}

static void skip_blanks(lexer *lx)
{
    for (char c = peek(lx, 0); lx->at < lx->src->length; c = peek(lx, 0)) {
        if (c == '\n') {
            lx->at++;
            lx->line++;
            lx->line_start = lx->at;
            lx->fresh = true;
        } else if (c == ' ' || c == '\t' || c == '\r') {
            lx->at++;
        } else if (c == '#') {
            while (lx->at < lx->src->length && peek(lx, 0) != '\n') {
                lx->at++;
            }
        } else {
            return;
        }
    }
}

static rsp_status take_number(lexer *lx)
{
    size_t n = 0;
    while (is_digit(peek(lx, n))) {
        n++;
    }
    /* "21..42" is a range of whole numbers. */
    if (peek(lx, n) == '.' && peek(lx, n + 1) != '.') {
        n++;
        while (is_digit(peek(lx, n))) {
            n++;
        }
    }
    if (peek(lx, n) == 'e' || peek(lx, n) == 'E') {
        size_t k = n + 1 + (peek(lx, n + 1) == '+' || peek(lx, n + 1) == '-');
        if (is_digit(peek(lx, k))) {
            n = k;
            while (is_digit(peek(lx, n))) {
                n++;
            }
        }
    }
    double v = 0;
    if (!rsp_number_read(lx->src->text + lx->at, n, &v)) {
        return fail(lx, n > 100 ? "a number of more than 100 characters"
                                : "this number is too large (the largest is 1.8e308)");
    }
    return add(lx, TOKEN_NUMBER, 0, n, n, v);
}

static rsp_status take_string(lexer *lx)
{
    size_t n = 1;
    while (lx->at + n < lx->src->length && peek(lx, n) != '"' &&
           peek(lx, n) != '\n') {
        n++;
    }
    if (peek(lx, n) != '"') {
        return fail(lx, "this string has no closing quote on its line");
    }
    return add(lx, TOKEN_STRING, 1, n - 1, n + 1, 0);
}

static rsp_status take_punctuation(lexer *lx)
{
    static const char *const two[] = {"->", "..", "+=", "<=", ">=", "==", "!="};
    for (size_t i = 0; i < sizeof two / sizeof *two; i++) {
        if (peek(lx, 0) == two[i][0] && peek(lx, 1) == two[i][1]) {
            return add(lx, TOKEN_PUNCT, 0, 2, 2, 0);
        }
    }
    char c = peek(lx, 0), message[60];
    if (strchr("[](){},:=+-*/^<>@%~", c)) {
        return add(lx, TOKEN_PUNCT, 0, 1, 1, 0);
    }
    if ((unsigned char)c >= 0x80) {
        return fail(lx, "letters beyond a to z stand in strings and comments only");
    }
    snprintf(message, sizeof message, "the character '%c' has no meaning here", c);
    return fail(lx, message);
}

static rsp_status take_name(lexer *lx)
{
    size_t n = 1;
    while (is_letter(peek(lx, n)) || is_digit(peek(lx, n))) {
        n++;
    }
    while (peek(lx, n) == '\'') {
        n++;
    }
    return n <= LONGEST_NAME
               ? add(lx, TOKEN_NAME, 0, n, n, 0)
               : fail(lx, "a name of more than 100 characters");
}

static rsp_status take(lexer *lx)
{
    char c = peek(lx, 0);
    if (is_letter(c)) {
        return take_name(lx);
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(lx, 1)))) {
        return take_number(lx);
    }
    return c == '"' ? take_string(lx) : take_punctuation(lx);
}

/* All of it is text that may be shown on a terminal and written as JSON. */
static rsp_status check_text(lexer *lx)
{
    rsp_status s = RSP_OK;
    for (size_t n = 1; s == RSP_OK && lx->at < lx->src->length; lx->at += n) {
        unsigned char c = (unsigned char)lx->src->text[lx->at];
        n = rsp_utf8_length(lx->src->text + lx->at, lx->src->length - lx->at);
        if (n == 0) {
            s = fail(lx, "this byte is not UTF-8; save the file as UTF-8");
        } else if ((c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f) {
            s = fail(lx, "a control character; a model is plain text");
        } else if (c == '\n') {
            lx->line++;
            lx->line_start = lx->at + 1;
        }
    }
    lx->at = 0;
    lx->line = 1;
    lx->line_start = 0;
    return s;
}

rsp_status lexer_run(const source_text *src, token **tokens, size_t *n,
                     rsp_error *err)
{
    lexer lx = {.src = src, .line = 1, .fresh = true, .err = err};
    rsp_status s = check_text(&lx);
    if (src->length >= 3 && memcmp(src->text, "\xef\xbb\xbf", 3) == 0) {
        lx.at = 3; /* byte order mark */
    }
    for (skip_blanks(&lx); s == RSP_OK && lx.at < src->length; skip_blanks(&lx)) {
        s = take(&lx);
    }
    lx.fresh = true;
    rsp_status ended = add(&lx, TOKEN_END, 0, 0, 0, 0);
    if (ended != RSP_OK) {
        free(lx.tokens);
        lx.tokens = NULL;
        lx.n = 0;
    }
    *tokens = lx.tokens;
    *n = lx.n;
    return s == RSP_OK ? ended : s;
}

bool token_is(const token *t, const char *text)
{
    return (t->kind == TOKEN_NAME || t->kind == TOKEN_PUNCT) &&
           strlen(text) == t->length && memcmp(t->at, text, t->length) == 0;
}
