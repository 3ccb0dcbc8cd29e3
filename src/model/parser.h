/* What reads statements (parser.c) and what reads expressions (parse_expr.c)
 * share: the words of one text, taken one after the other. */
#ifndef MODEL_PARSER_H
#define MODEL_PARSER_H

#include "model/ast.h"

typedef struct parser {
    rsp_arena *arena;
    const source_text *src;
    const token *first, *begun; /* of the text, of this statement */
    const token *t;             /* the current one */
    int depth;
    rsp_error *err;
} parser;

/* ---- Words. */
ast_place token_place(const parser *p);
bool at_statement_end(const parser *p);
bool accept_word(parser *p, const char *text); /* taken where it stands here */
RSP_MUST_USE rsp_status need_word(parser *p, const char *text);
/* `what` says in a message what was expected. */
RSP_MUST_USE rsp_status need_name(parser *p, const char **name, const char *what);
RSP_MUST_USE rsp_status need_number(parser *p, double *value);
rsp_status fail_expected(parser *p, const char *what);
rsp_status no_parser_memory(parser *p);

/* ---- Lists that double in the arena; false where they are full or memory is out,
 * which no_list_room tells apart. */
bool list_append(rsp_arena *arena, void *list, uint32_t *n, const void *item, size_t size);
#define APPEND(p, list, n, item)                                               \
    list_append((p)->arena, (void *)(list), (n), (item), sizeof *(item))
rsp_status no_list_room(parser *p, uint32_t n);

/* ---- Indices, between brackets and before a colon. */
RSP_MUST_USE rsp_status parse_slots(parser *p, const ast_slot **slots, uint32_t *n);
RSP_MUST_USE rsp_status parse_binder_list(parser *p, const ast_binder **binders,
                                          uint32_t *n);

/* ---- Expressions. */
RSP_MUST_USE rsp_status parse_expr(parser *p, const ast_expr **out);
/* A name with its indices, or a call. */
RSP_MUST_USE rsp_status parse_named(parser *p, const ast_expr **out);

/* ---- parse_population.c */
RSP_MUST_USE rsp_status parse_population(parser *p, ast_statement *st);

/* ---- Parts of statements that several have. */
RSP_MUST_USE rsp_status parse_binders(parser *p, ast_statement *st);
RSP_MUST_USE rsp_status need_unit_until(parser *p, ast_statement *st, const char *const *words, size_t n);
RSP_MUST_USE rsp_status parse_meaning(parser *p, ast_statement *st);

#endif
