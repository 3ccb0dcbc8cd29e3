#include "yaml/tree.h"

#include <string.h>
#include <yaml.h>

enum { DEEPEST = 24, MOST_NODES = 200000, LONGEST_TEXT = 1 << 20 };

typedef struct builder {
    rsp_arena *arena;
    const tree_source *source;
    rsp_error *err;
    tree *open[DEEPEST];    /* containers being filled */
    size_t depth, n_nodes;
    const char *key;        /* waiting for its value */
    uint32_t key_line, key_column;
    tree *root;
} builder;

const char *tree_kind_name(tree_kind kind)
{
    static const char *const names[] = {[TREE_TEXT] = "a text",
                                        [TREE_LIST] = "a list",
                                        [TREE_MAP] = "a map"};
    return names[kind];
}

tree *tree_get(const tree *map, const char *key)
{
    for (tree *c = map ? map->first : NULL; c; c = c->next) {
        if (c->key && strcmp(c->key, key) == 0) {
            return c;
        }
    }
    return NULL;
}

tree *tree_item(const tree *list, size_t i)
{
    tree *c = list->first;
    while (c && i--) {
        c = c->next;
    }
    return c;
}

static void append(tree *parent, tree *child)
{
    if (parent->last) {
        parent->last->next = child;
    } else {
        parent->first = child;
    }
    parent->last = child;
    parent->n++;
}

void tree_put(tree *map, tree *value)
{
    tree *old = tree_get(map, value->key);
    if (!old) {
        append(map, value);
        return;
    }
    tree *next = old->next;
    tree *before = map->first == old ? NULL : map->first;
    while (before && before->next != old) {
        before = before->next;
    }
    value->next = next;
    if (before) {
        before->next = value;
    } else {
        map->first = value;
    }
    if (map->last == old) {
        map->last = value;
    }
}

static rsp_status fail(builder *b, rsp_status code, uint32_t line,
                       uint32_t column, const char *what)
{
    return rsp_fail_at(b->err, code, b->source->name, b->source->text, line,
                       column, "%s", what);
}

/* Control characters reach neither terminals nor reports; UTF-8 C1 controls
 * (c2 80 .. c2 9f) count. */
static bool printable(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        bool control = (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
        bool c1 = c == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] < 0xa0;
        if (control || c1) {
            return false;
        }
    }
    return true;
}

static tree *new_node(builder *b, tree_kind kind, const yaml_mark_t *mark)
{
    tree *t = rsp_arena_alloc(b->arena, 1, sizeof *t);
    if (t) {
        t->kind = kind;
        t->source = b->source;
        t->line = (uint32_t)mark->line + 1;
        t->column = (uint32_t)mark->column + 1;
        t->text = "";
    }
    return t;
}

/* Hang a finished or opened node where it belongs. */
static rsp_status place(builder *b, tree *t)
{
    if (++b->n_nodes > MOST_NODES) {
        return fail(b, RSP_RANGE, t->line, t->column, "the file has too many values");
    }
    if (!b->depth) {
        b->root = t;
        return RSP_OK;
    }
    tree *parent = b->open[b->depth - 1];
    if (parent->kind == TREE_MAP) {
        t->key = b->key;
        t->key_line = b->key_line;
        t->key_column = b->key_column;
        b->key = NULL;
    }
    append(parent, t);
    return RSP_OK;
}

static rsp_status take_key(builder *b, const char *text, uint32_t line,
                           uint32_t column)
{
    const tree *old = tree_get(b->open[b->depth - 1], text);
    if (old) {
        return rsp_fail_at(b->err, RSP_NAME, b->source->name, b->source->text,
                           line, column,
                           "'%s' stands here twice; the first is in line %u",
                           text, old->key_line);
    }
    b->key = text;
    b->key_line = line;
    b->key_column = column;
    return RSP_OK;
}

static bool wants_key(const builder *b)
{
    return b->depth && b->open[b->depth - 1]->kind == TREE_MAP && !b->key;
}

static rsp_status scalar(builder *b, const yaml_event_t *e)
{
    const char *s = (const char *)e->data.scalar.value;
    size_t n = e->data.scalar.length;
    uint32_t line = (uint32_t)e->start_mark.line + 1;
    uint32_t column = (uint32_t)e->start_mark.column + 1;
    if (!printable(s, n)) {
        return fail(b, RSP_SYNTAX, line, column, "a control character in a text");
    }
    char *copy = rsp_arena_copy(b->arena, s, n);
    tree *t = copy ? new_node(b, TREE_TEXT, &e->start_mark) : NULL;
    if (!t) {
        return fail(b, RSP_NOMEM, line, column, "out of memory");
    }
    if (wants_key(b)) {
        return take_key(b, copy, line, column);
    }
    t->text = copy;
    t->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return place(b, t);
}

static rsp_status open_container(builder *b, tree_kind kind, const yaml_event_t *e)
{
    uint32_t line = (uint32_t)e->start_mark.line + 1;
    uint32_t column = (uint32_t)e->start_mark.column + 1;
    if (wants_key(b)) {
        return fail(b, RSP_SYNTAX, line, column, "a key must be a plain text");
    }
    if (b->depth >= DEEPEST) {
        return fail(b, RSP_RANGE, line, column, "nested too deeply");
    }
    tree *t = new_node(b, kind, &e->start_mark);
    if (!t) {
        return fail(b, RSP_NOMEM, line, column, "out of memory");
    }
    rsp_status s = place(b, t);
    b->open[b->depth++] = t;
    return s;
}

static bool has_anchor_or_tag(const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_ALIAS_EVENT:
        return true;
    case YAML_SCALAR_EVENT:
        return e->data.scalar.anchor || e->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT:
        return e->data.sequence_start.anchor || e->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT:
        return e->data.mapping_start.anchor || e->data.mapping_start.tag;
    default:
        return false;
    }
}

static rsp_status take(builder *b, const yaml_event_t *e)
{
    uint32_t line = (uint32_t)e->start_mark.line + 1;
    uint32_t column = (uint32_t)e->start_mark.column + 1;
    if (has_anchor_or_tag(e)) {
        return rsp_fail_at(b->err, RSP_SYNTAX, b->source->name, b->source->text, line, column,
                           "anchors, aliases and tags (&, *, !) are not used in %s; "
                           "put a text that begins with one in quotes",
                           strcmp(b->source->what, "study") == 0 ? "studies" : "plans");
    }
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        return b->root ? rsp_fail_at(b->err, RSP_SYNTAX, b->source->name, b->source->text, line,
                                     column, "a second document; a file holds one %s",
                                     b->source->what)
                       : RSP_OK;
    case YAML_SCALAR_EVENT:
        return scalar(b, e);
    case YAML_SEQUENCE_START_EVENT:
        return open_container(b, TREE_LIST, e);
    case YAML_MAPPING_START_EVENT:
        return open_container(b, TREE_MAP, e);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->depth--;
        return RSP_OK;
    default:
        return RSP_OK;
    }
}

static rsp_status parse_failed(builder *b, const yaml_parser_t *p)
{
    bool reader = p->error == YAML_READER_ERROR;
    uint32_t line = (uint32_t)(reader ? p->mark.line : p->problem_mark.line) + 1;
    uint32_t column = (uint32_t)(reader ? p->mark.column : p->problem_mark.column) + 1;
    if (p->error == YAML_MEMORY_ERROR) {
        return fail(b, RSP_NOMEM, line, column, "out of memory");
    }
    return rsp_fail_at(b->err, RSP_SYNTAX, b->source->name, b->source->text, line,
                       column, "this is not YAML: %s%s%s",
                       p->problem ? p->problem : "unreadable",
                       p->context ? ", " : "", p->context ? p->context : "");
}

static rsp_status read_events(builder *b, yaml_parser_t *parser)
{
    for (bool more = true; more;) {
        yaml_event_t e;
        if (!yaml_parser_parse(parser, &e)) {
            return parse_failed(b, parser);
        }
        more = e.type != YAML_STREAM_END_EVENT;
        rsp_status s = take(b, &e);
        yaml_event_delete(&e);
        if (s != RSP_OK) {
            return s;
        }
    }
    return RSP_OK;
}

rsp_status tree_parse_as(rsp_arena *arena, const char *what, const char *name,
                         const char *text, size_t length, tree **root, rsp_error *err)
{
    *root = NULL;
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* byte order mark */
        text += 3;
        length -= 3;
    }
    tree_source *source = rsp_arena_alloc(arena, 1, sizeof *source);
    if (!source || !(source->text = rsp_arena_copy(arena, text, length)) ||
        !(source->name = rsp_arena_copy(arena, name, strlen(name)))) {
        return rsp_fail(err, RSP_NOMEM, "out of memory");
    }
    source->what = what;
    builder b = {.arena = arena, .source = source, .err = err};
    if (length > LONGEST_TEXT) {
        return fail(&b, RSP_RANGE, 0, 0, "the file is longer than 1 MiB");
    }
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return rsp_fail(err, RSP_NOMEM, "out of memory");
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    rsp_status s = read_events(&b, &parser);
    yaml_parser_delete(&parser);
    if (s == RSP_OK && !b.root) {
        yaml_mark_t start = {0};
        b.root = new_node(&b, TREE_MAP, &start);
    }
    if (s == RSP_OK && !b.root) {
        return rsp_fail(err, RSP_NOMEM, "out of memory");
    }
    *root = s == RSP_OK ? b.root : NULL;
    return s;
}

rsp_status tree_parse(rsp_arena *arena, const char *name, const char *text,
                      size_t length, tree **root, rsp_error *err)
{
    return tree_parse_as(arena, "study", name, text, length, root, err);
}
