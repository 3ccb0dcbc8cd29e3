#include "model/parser.h"

#include <math.h>
#include <string.h>

enum { DEEPEST = 200 };

static ast_expr *new_expr(parser *p, ast_kind kind, ast_place place)
{
    ast_expr *e = rsp_arena_alloc(p->arena, 1, sizeof *e);
    if (e) {
        e->kind = kind;
        e->place = place;
    }
    return e;
}

static rsp_status with_parts(parser *p, ast_kind kind, ast_place place,
                             const char *name, const ast_expr *const *parts,
                             uint32_t n, const ast_expr **out)
{
    ast_expr *e = new_expr(p, kind, place);
    const ast_expr **copy = !e || n <= N_OWN
                                ? NULL
                                : rsp_arena_alloc(p->arena, n, sizeof *copy);
    if (!e || (n > N_OWN && !copy)) {
        return no_parser_memory(p);
    }
    copy = copy ? copy : e->own;
    if (n) {
        memcpy(copy, parts, n * sizeof *copy);
    }
    e->name = name;
    e->parts = copy;
    e->n_parts = n;
    *out = e;
    return RSP_OK;
}

static rsp_status parse_fold(parser *p, ast_kind kind, ast_place place,
                             const ast_expr **out)
{
    ast_expr *e = new_expr(p, kind, place);
    if (!e) {
        return no_parser_memory(p);
    }
    rsp_status s = need_word(p, "(");
    if (s == RSP_OK) {
        s = parse_binder_list(p, &e->binders, &e->n_binders);
    }
    if (s == RSP_OK) {
        s = need_word(p, ":");
    }
    if (s == RSP_OK) {
        s = parse_expr(p, &e->own[0]);
    }
    e->parts = e->own;
    e->n_parts = 1;
    *out = e;
    return s == RSP_OK ? need_word(p, ")") : s;
}

/* root(x in A .. B: F) */
static rsp_status parse_root(parser *p, ast_place place, const ast_expr **out)
{
    const ast_expr *parts[3] = {NULL};
    const char *name = NULL;
    rsp_status s = need_word(p, "(");
    s = s == RSP_OK ? need_name(p, &name, "the unknown's name") : s;
    s = s == RSP_OK ? need_word(p, "in") : s;
    s = s == RSP_OK ? parse_expr(p, &parts[0]) : s;
    s = s == RSP_OK ? need_word(p, "..") : s;
    s = s == RSP_OK ? parse_expr(p, &parts[1]) : s;
    s = s == RSP_OK ? need_word(p, ":") : s;
    s = s == RSP_OK ? parse_expr(p, &parts[2]) : s;
    s = s == RSP_OK ? need_word(p, ")") : s;
    return s == RSP_OK ? with_parts(p, AST_ROOT, place, name, parts, 3, out) : s;
}

/* mean(A ~ lognormal(MEDIAN, SD10): BODY, nodes N) */
static rsp_status parse_mean(parser *p, ast_place place, const ast_expr **out)
{
    const ast_expr *parts[3] = {NULL};
    const char *name = NULL;
    double nodes = 15;
    rsp_status s = need_word(p, "(");
    s = s == RSP_OK ? need_name(p, &name, "the variable's name") : s;
    s = s == RSP_OK ? need_word(p, "~") : s;
    s = s == RSP_OK ? need_word(p, "lognormal") : s;
    s = s == RSP_OK ? need_word(p, "(") : s;
    s = s == RSP_OK ? parse_expr(p, &parts[0]) : s;
    s = s == RSP_OK ? need_word(p, ",") : s;
    s = s == RSP_OK ? parse_expr(p, &parts[1]) : s;
    s = s == RSP_OK ? need_word(p, ")") : s;
    s = s == RSP_OK ? need_word(p, ":") : s;
    s = s == RSP_OK ? parse_expr(p, &parts[2]) : s;
    if (s == RSP_OK && accept_word(p, ",")) {
        s = need_word(p, "nodes");
        s = s == RSP_OK ? need_number(p, &nodes) : s;
    }
    s = s == RSP_OK ? need_word(p, ")") : s;
    if (s == RSP_OK && !(nodes >= 1 && nodes <= 64 && nodes == floor(nodes))) {
        s = ast_fail(p->err, &place, RSP_RANGE, "nodes %g: from 1 to 64", nodes);
    }
    s = s == RSP_OK ? with_parts(p, AST_MEAN, place, name, parts, 3, out) : s;
    if (s == RSP_OK) {
        ((ast_expr *)(uintptr_t)*out)->value = nodes;
    }
    return s;
}

/* "(x in site, s:": binders, where min and max may also begin their arguments. */
static bool opens_fold(const parser *p)
{
    const token *t = p->t;
    do {
        t++;
        if (t->kind != TOKEN_NAME) {
            return false;
        }
        t++;
        if (token_is(t, "in") && t[1].kind == TOKEN_NAME) {
            t += 2;
        }
    } while (token_is(t, ","));
    return token_is(t, ":");
}

static rsp_status parse_call(parser *p, const char *name, ast_place place,
                             const ast_expr **out)
{
    const ast_expr **parts = NULL;
    uint32_t n = 0;
    rsp_status s = need_word(p, "(");
    while (s == RSP_OK && !accept_word(p, ")")) {
        const ast_expr *part = NULL;
        s = n ? need_word(p, ",") : RSP_OK;
        s = s == RSP_OK ? parse_expr(p, &part) : s;
        if (s == RSP_OK && !APPEND(p, &parts, &n, &part)) {
            s = no_list_room(p, n);
        }
    }
    return s == RSP_OK ? with_parts(p, AST_CALL, place, name, parts, n, out) : s;
}

static const struct {
    const char *name;
    ast_kind kind;
    bool also_calls; /* min(a, b) */
} FOLDS[] = {{"sum", AST_SUM, false}, {"product", AST_PRODUCT, false},
             {"min", AST_LEAST, true}, {"max", AST_MOST, true}};

rsp_status parse_named(parser *p, const ast_expr **out)
{
    ast_place place = token_place(p);
    const char *name = NULL;
    rsp_status s = need_name(p, &name, "a value");
    if (s != RSP_OK) {
        return s;
    }
    bool call = !at_statement_end(p) && token_is(p->t, "(");
    for (size_t i = 0; call && i < sizeof FOLDS / sizeof *FOLDS; i++) {
        if (strcmp(name, FOLDS[i].name) == 0 && (!FOLDS[i].also_calls || opens_fold(p))) {
            return parse_fold(p, FOLDS[i].kind, place, out);
        }
    }
    if (call && strcmp(name, "root") == 0) {
        return parse_root(p, place, out);
    }
    if (call && strcmp(name, "mean") == 0) {
        return parse_mean(p, place, out);
    }
    if (call) {
        return parse_call(p, name, place, out);
    }
    ast_expr *e = new_expr(p, AST_NAME, place);
    if (!e) {
        return no_parser_memory(p);
    }
    e->name = name;
    *out = e;
    return parse_slots(p, &e->slots, &e->n_slots);
}

static rsp_status parse_if(parser *p, ast_place place, const ast_expr **out)
{
    const ast_expr *parts[3] = {NULL};
    rsp_status s = parse_expr(p, &parts[0]);
    s = s == RSP_OK ? need_word(p, "then") : s;
    s = s == RSP_OK ? parse_expr(p, &parts[1]) : s;
    s = s == RSP_OK ? need_word(p, "else") : s;
    s = s == RSP_OK ? parse_expr(p, &parts[2]) : s;
    return s == RSP_OK ? with_parts(p, AST_IF, place, "if", parts, 3, out) : s;
}

static rsp_status parse_atom(parser *p, const ast_expr **out)
{
    ast_place place = token_place(p);
    if (at_statement_end(p)) {
        return fail_expected(p, "a value");
    }
    if (p->t->kind == TOKEN_NUMBER) {
        ast_expr *e = new_expr(p, AST_NUMBER, place);
        if (!e) {
            return no_parser_memory(p);
        }
        e->value = p->t->number;
        p->t++;
        *out = e;
        return RSP_OK;
    }
    if (accept_word(p, "(")) {
        rsp_status s = parse_expr(p, out);
        return s == RSP_OK ? need_word(p, ")") : s;
    }
    if (accept_word(p, "if")) {
        return parse_if(p, place, out);
    }
    return parse_named(p, out);
}

static rsp_status parse_unary(parser *p, const ast_expr **out);

static rsp_status parse_power(parser *p, const ast_expr **out)
{
    const ast_expr *parts[2] = {NULL};
    rsp_status s = parse_atom(p, &parts[0]);
    ast_place place = token_place(p);
    if (s == RSP_OK && accept_word(p, "^")) { /* to the right; binds before minus */
        if (++p->depth > DEEPEST) {
            return ast_fail(p->err, &place, RSP_SYNTAX, "nested too deeply");
        }
        s = parse_unary(p, &parts[1]);
        p->depth--;
        return s == RSP_OK ? with_parts(p, AST_BINARY, place, "^", parts, 2, out) : s;
    }
    *out = parts[0];
    return s;
}

static rsp_status parse_unary(parser *p, const ast_expr **out)
{
    ast_place place = token_place(p);
    if (!accept_word(p, "-")) {
        return parse_power(p, out);
    }
    if (++p->depth > DEEPEST) {
        return ast_fail(p->err, &place, RSP_SYNTAX, "nested too deeply");
    }
    const ast_expr *part = NULL;
    rsp_status s = parse_unary(p, &part);
    p->depth--;
    return s == RSP_OK ? with_parts(p, AST_UNARY, place, "-", &part, 1, out) : s;
}

/* Levels of binary operators, loosest first. */
static const char *const LEVELS[][8] = {
    {"or"}, {"and"}, {"<", "<=", ">", ">=", "==", "!="}, {"+", "-"}, {"*", "/"}};
enum { N_LEVELS = sizeof LEVELS / sizeof *LEVELS, COMPARISONS = 2 };

static rsp_status parse_level(parser *p, int level, const ast_expr **out);

/* "not" takes a whole comparison: not a == b is not (a == b). */
static rsp_status parse_not(parser *p, const ast_expr **out)
{
    ast_place place = token_place(p);
    const ast_expr *part = NULL;
    if (!accept_word(p, "not")) {
        return parse_level(p, COMPARISONS, out);
    }
    if (++p->depth > DEEPEST) {
        return ast_fail(p->err, &place, RSP_SYNTAX, "nested too deeply");
    }
    rsp_status s = parse_not(p, &part);
    p->depth--;
    return s == RSP_OK ? with_parts(p, AST_UNARY, place, "not", &part, 1, out) : s;
}

static rsp_status parse_operand(parser *p, int level, const ast_expr **out)
{
    return level == N_LEVELS - 1       ? parse_unary(p, out)
           : level + 1 == COMPARISONS ? parse_not(p, out)
                                      : parse_level(p, level + 1, out);
}

static rsp_status parse_level(parser *p, int level, const ast_expr **out)
{
    rsp_status s = parse_operand(p, level, out);
    bool compared = false;
    while (s == RSP_OK) {
        ast_place place = token_place(p);
        const char *op = NULL;
        for (int i = 0; !op && LEVELS[level][i]; i++) {
            op = accept_word(p, LEVELS[level][i]) ? LEVELS[level][i] : NULL;
        }
        if (!op) {
            return RSP_OK;
        }
        if (compared) { /* 0 < x < 1 would compare a truth with 1 */
            return ast_fail(p->err, &place, RSP_SYNTAX,
                            "a comparison of a comparison; write 'a < b and b < c'");
        }
        compared = level == COMPARISONS;
        const ast_expr *parts[2] = {*out, NULL};
        s = parse_operand(p, level, &parts[1]);
        if (s == RSP_OK) {
            s = with_parts(p, AST_BINARY, place, op, parts, 2, out);
        }
    }
    return s;
}

rsp_status parse_expr(parser *p, const ast_expr **out)
{
    ast_place place = token_place(p);
    if (++p->depth > DEEPEST) {
        return ast_fail(p->err, &place, RSP_SYNTAX, "nested too deeply");
    }
    rsp_status s = parse_level(p, 0, out);
    p->depth--;
    return s;
}
