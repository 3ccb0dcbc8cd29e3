#include "model/build.h"

#include <stdlib.h>

/* The lets that each let names: pairs, in order of the first. */
typedef struct uses {
    builder *b;
    uint32_t *to;
    size_t n, capacity;
    bool failed;
} uses;

static void add_uses(uses *u, const ast_expr *x)
{
    while (x) { /* down the left, where chains of operators are long */
        const symbol *sym = x->kind == AST_NAME ? find_symbol(u->b, x->name) : NULL;
        if (sym && sym->kind == SYMBOL_LET) {
            u->failed = u->failed || !RSP_GROW(&u->to, &u->capacity, u->n + 1);
            if (u->failed) {
                return;
            }
            u->to[u->n++] = (uint32_t)(sym - u->b->symbols);
        }
        for (uint32_t i = 1; i < x->n_parts; i++) {
            add_uses(u, x->parts[i]);
        }
        x = x->n_parts ? x->parts[0] : NULL;
    }
}

/* Depth first with a stack of its own: chains may be as long as the model. */
typedef struct walk {
    const size_t *first; /* [n_symbols + 1] of a symbol in `to` */
    const uint32_t *to;
    size_t *next;        /* [n_symbols] */
    uint32_t *stack;     /* [n_symbols] */
    bool *seen;
    uint32_t *order, *n;
} walk;

static void visit(walk *w, uint32_t from)
{
    uint32_t depth = 0;
    w->stack[depth++] = from;
    w->seen[from] = true;
    while (depth) {
        uint32_t at = w->stack[depth - 1];
        if (w->next[at] == w->first[at + 1]) {
            w->order[(*w->n)++] = at;
            depth--;
            continue;
        }
        uint32_t used = w->to[w->next[at]++];
        if (!w->seen[used]) { /* circles are left to the evaluation to name */
            w->seen[used] = true;
            w->stack[depth++] = used;
        }
    }
}

rsp_status order_lets(builder *b, uint32_t *order, uint32_t *n)
{
    uses u = {.b = b};
    const size_t count = b->n_symbols;
    size_t *first = calloc(count + 1, sizeof *first);
    size_t *next = calloc(count + 1, sizeof *next);
    uint32_t *stack = calloc(count + 1, sizeof *stack);
    bool *seen = calloc(count + 1, sizeof *seen);
    bool ok = first && next && stack && seen;
    *n = 0;
    for (size_t i = 0; ok && i < count; i++) {
        next[i] = first[i] = u.n;
        if (b->symbols[i].kind == SYMBOL_LET) {
            add_uses(&u, b->symbols[i].st->expr);
        }
        first[i + 1] = u.n;
        ok = !u.failed;
    }
    walk w = {first, u.to, next, stack, seen, order, n};
    for (uint32_t i = 0; ok && i < count; i++) {
        if (b->symbols[i].kind == SYMBOL_LET && !seen[i]) {
            visit(&w, i);
        }
    }
    free(u.to);
    free(first);
    free(next);
    free(stack);
    free(seen);
    return ok ? RSP_OK : no_memory(b);
}
