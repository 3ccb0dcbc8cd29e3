/* A YAML text as a small tree in which every key and value knows its place.
 *
 * Only what studies and plans need: maps, lists, texts.  Anchors, aliases, tags, a
 * second document, repeated keys and control characters are refused; depth and
 * size are limited.  Everything lives in the caller's arena. */
#ifndef RESPITE_YAML_TREE_H
#define RESPITE_YAML_TREE_H

#include "respite/core.h"

typedef enum tree_kind { TREE_TEXT, TREE_LIST, TREE_MAP } tree_kind;

typedef struct tree_source { /* where a tree was read from */
    const char *name, *text;
    const char *what; /* "study": a file holds one */
} tree_source;

typedef struct tree tree;
struct tree {
    tree_kind kind;
    bool quoted;
    const tree_source *source;
    uint32_t line, column;         /* of the value, from 1 */
    const char *key;               /* where it stands in a map; else NULL */
    uint32_t key_line, key_column;
    const char *text;              /* of a text; "" otherwise */
    tree *first, *last, *next;     /* children; next brother */
    size_t n;                      /* children */
};

/* `name` stands in messages.  An empty text gives an empty map. */
RSP_MUST_USE rsp_status tree_parse(rsp_arena *arena, const char *name,
                                   const char *text, size_t length,
                                   tree **root, rsp_error *err);
/* The same of a file that is no study. */
RSP_MUST_USE rsp_status tree_parse_as(rsp_arena *arena, const char *what, const char *name,
                                      const char *text, size_t length, tree **root,
                                      rsp_error *err);
tree *tree_get(const tree *map, const char *key); /* NULL: not there */
tree *tree_item(const tree *list, size_t i);
/* Put `value` into a map, in the place of the key's old value if any. */
void tree_put(tree *map, tree *value);
const char *tree_kind_name(tree_kind kind); /* "a text", "a list", "a map" */

#endif
