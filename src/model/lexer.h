/* Text to tokens, each with its place. */
#ifndef MODEL_LEXER_H
#define MODEL_LEXER_H

#include "respite/core.h"

typedef enum token_kind {
    TOKEN_END, TOKEN_NAME, TOKEN_NUMBER, TOKEN_STRING, TOKEN_PUNCT
} token_kind;

typedef struct token {
    token_kind kind;
    bool starts_line;      /* the first on its line */
    const char *at;        /* in the source text */
    uint32_t length;       /* of a string: without its quotes */
    uint32_t line, column; /* 1-based */
    uint32_t offset;       /* of the first byte, quotes included */
    double number;
} token;

typedef struct source_text {
    const char *name, *text;
    size_t length;
} source_text;

/* All tokens of a text, an END last; freed by the caller (free). */
RSP_MUST_USE rsp_status lexer_run(const source_text *src, token **tokens,
                                  size_t *n, rsp_error *err);
bool token_is(const token *t, const char *text); /* a name or punctuation */

#endif
