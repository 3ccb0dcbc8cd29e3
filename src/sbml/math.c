/* Formulas of MathML in the pool. */
#include "sbml/reader.h"

#include <math.h>
#include <string.h>

enum { MOST_ARGUMENTS = 64, MOST_CALLS = 50 };

typedef struct place_in { /* where an expression stands */
    const sbml_formula *formula;
    bool start;
    const scope *names;
    int calls;
} place_in;

static rsp_status eval_node(reader *r, const place_in *in, const sbml_math *m,
                            rsp_expr *out);

static rsp_status wrong(reader *r, const place_in *in, const char *what)
{
    return reader_fail_at(r, in->formula->place, RSP_SYNTAX, "%s (in %.120s)", what,
                          in->formula->text);
}

static const scope *find_name(const scope *s, const char *name)
{
    while (s && strcmp(s->name, name) != 0) {
        s = s->next;
    }
    return s;
}

static rsp_status eval_name(reader *r, const place_in *in, const sbml_math *m, rsp_expr *out)
{
    const scope *bound = find_name(in->names, m->name);
    if (bound) {
        *out = bound->e;
        return RSP_OK;
    }
    quantity *q = in->calls ? NULL : quantity_find(r, m->name);
    if (!q) {
        return reader_fail_at(r, in->formula->place, RSP_NAME,
                              "'%.60s' is no identifier with a value (in %.120s)", m->name,
                              in->formula->text);
    }
    return quantity_value(r, q, in->formula->place, in->start, out);
}

/* A function's body sees its arguments alone. */
static rsp_status expand_call(reader *r, const place_in *in, const sbml_math *m, rsp_expr *out)
{
    scope room[MOST_ARGUMENTS];
    uint32_t at = table_find(&r->functions, m->name);
    if (at == TABLE_NONE) {
        return reader_fail_at(r, in->formula->place, RSP_NAME, "no function '%.60s' (in %.120s)",
                              m->name, in->formula->text);
    }
    const sbml_function *f = &r->doc->functions[at];
    if (f->n_arguments != m->n || m->n > MOST_ARGUMENTS || !f->body) {
        return wrong(r, in, f->body ? "a function is called with a wrong number of arguments"
                                    : "a function without a body is called");
    }
    if (in->calls >= MOST_CALLS) {
        return wrong(r, in, "functions call one another without end");
    }
    rsp_status s = RSP_OK;
    for (uint32_t i = 0; s == RSP_OK && i < m->n; i++) {
        room[i] = (scope){.name = f->argument[i], .next = i ? &room[i - 1] : NULL};
        s = eval_node(r, in, m->part[i], &room[i].e);
    }
    place_in body = {in->formula, in->start, m->n ? &room[m->n - 1] : NULL, in->calls + 1};
    return s == RSP_OK ? eval_node(r, &body, f->body, out) : s;
}

/* value, condition, ..., [otherwise]; where nothing holds it is no number. */
static rsp_expr piecewise(pool *p, const rsp_expr *arg, uint32_t n)
{
    rsp_expr v = n % 2 ? arg[n - 1] : pool_const(p, (double)NAN);
    for (uint32_t i = n - n % 2; i >= 2; i -= 2) {
        v = pool_make(p, RSP_OP_SELECT, arg[i - 1], arg[i - 2], v);
    }
    return v;
}

/* a < b < c: every neighbour. */
static rsp_expr chain(pool *p, sbml_op op, const rsp_expr *arg, uint32_t n)
{
    static const rsp_op ops[] = {RSP_OP_EQ, RSP_OP_NE, RSP_OP_LT, RSP_OP_LE, RSP_OP_LT,
                                 RSP_OP_LE};
    bool swapped = op == MATH_GT || op == MATH_GE;
    rsp_expr all = pool_const(p, 1);
    for (uint32_t i = 0; i + 1 < n; i++) {
        rsp_expr one = pool_make(p, ops[op - MATH_EQ], arg[i + swapped], arg[i + !swapped], 0);
        all = i ? pool_make(p, RSP_OP_AND, all, one, 0) : one;
    }
    return all;
}

/* Operators of any number of operands, from the left. */
static rsp_expr fold(pool *p, rsp_op op, double none, const rsp_expr *arg, uint32_t n)
{
    rsp_expr v = n ? arg[0] : pool_const(p, none);
    for (uint32_t i = 1; i < n; i++) {
        v = pool_make(p, op, v, arg[i], 0);
    }
    return v;
}

static rsp_expr truth(pool *p, rsp_expr x)
{
    return pool_make(p, RSP_OP_NE, x, pool_const(p, 0), 0);
}

static rsp_expr exclusive_or(pool *p, const rsp_expr *arg, uint32_t n)
{
    rsp_expr v = pool_const(p, 0);
    for (uint32_t i = 0; i < n; i++) {
        v = pool_make(p, RSP_OP_NE, v, truth(p, arg[i]), 0);
    }
    return v;
}

static rsp_expr apply(pool *p, sbml_op op, const rsp_expr *arg, uint32_t n)
{
    rsp_expr x = n ? arg[0] : 0, y = n > 1 ? arg[1] : 0;
    switch (op) {
    case MATH_PIECEWISE: return piecewise(p, arg, n);
    case MATH_PLUS: return fold(p, RSP_OP_ADD, 0, arg, n);
    case MATH_TIMES: return fold(p, RSP_OP_MUL, 1, arg, n);
    case MATH_MINUS:
        return n == 1 ? pool_make(p, RSP_OP_NEG, x, 0, 0)
                      : pool_make(p, RSP_OP_SUB, x, y, 0);
    case MATH_DIVIDE: return pool_make(p, RSP_OP_DIV, x, y, 0);
    case MATH_POWER: return pool_make(p, RSP_OP_POW, x, y, 0);
    case MATH_LOG:
        return pool_make(p, RSP_OP_DIV, pool_make(p, RSP_OP_LOG, n > 1 ? y : x, 0, 0),
                         pool_make(p, RSP_OP_LOG, n > 1 ? x : pool_const(p, 10), 0, 0), 0);
    case MATH_LN: return pool_make(p, RSP_OP_LOG, x, 0, 0);
    case MATH_EXP: return pool_make(p, RSP_OP_EXP, x, 0, 0);
    case MATH_ABS: return pool_make(p, RSP_OP_ABS, x, 0, 0);
    case MATH_FLOOR: return pool_make(p, RSP_OP_FLOOR, x, 0, 0);
    case MATH_CEILING:
        x = pool_make(p, RSP_OP_FLOOR, pool_make(p, RSP_OP_NEG, x, 0, 0), 0, 0);
        return pool_make(p, RSP_OP_NEG, x, 0, 0);
    case MATH_MIN: return fold(p, RSP_OP_MIN, (double)INFINITY, arg, n);
    case MATH_MAX: return fold(p, RSP_OP_MAX, -(double)INFINITY, arg, n);
    case MATH_AND: return n == 1 ? truth(p, x) : fold(p, RSP_OP_AND, 1, arg, n);
    case MATH_OR: return n == 1 ? truth(p, x) : fold(p, RSP_OP_OR, 0, arg, n);
    case MATH_XOR: return exclusive_or(p, arg, n);
    case MATH_NOT: return pool_make(p, RSP_OP_NOT, x, 0, 0);
    case MATH_IMPLIES:
        return pool_make(p, RSP_OP_OR, pool_make(p, RSP_OP_NOT, x, 0, 0), y, 0);
    default:
        return op >= MATH_EQ && op <= MATH_GE ? chain(p, op, arg, n)
                                              : math_function(p, op, arg, n);
    }
}

static bool takes(sbml_op op, uint32_t n)
{
    switch (op) {
    case MATH_PLUS: case MATH_TIMES: case MATH_AND: case MATH_OR: case MATH_XOR:
    case MATH_PIECEWISE:
        return true;
    case MATH_MIN: case MATH_MAX:
        return n >= 1;
    case MATH_MINUS: case MATH_ROOT: case MATH_LOG:
        return n == 1 || n == 2;
    case MATH_DIVIDE: case MATH_POWER: case MATH_QUOTIENT: case MATH_REM:
    case MATH_IMPLIES: case MATH_NE:
        return n == 2;
    case MATH_EQ: case MATH_LT: case MATH_LE: case MATH_GT: case MATH_GE:
        return n >= 2;
    default:
        return n == 1;
    }
}

static rsp_status eval_rate_of(reader *r, const place_in *in, const sbml_math *m,
                               rsp_expr *out)
{
    quantity *q = m->n == 1 && m->part[0]->op == MATH_NAME &&
                          !find_name(in->names, m->part[0]->name)
                      ? quantity_find(r, m->part[0]->name)
                      : NULL;
    if (!q) {
        return wrong(r, in, "rateOf takes an identifier of the model");
    }
    if (in->start) {
        return reader_fail_at(r, in->formula->place, RSP_UNSUPPORTED,
                              "rateOf in a value at the start is not supported (in %.120s)",
                              in->formula->text);
    }
    return quantity_rate(r, q, in->formula->place, out);
}

static rsp_status eval_node(reader *r, const place_in *in, const sbml_math *m, rsp_expr *out)
{
    rsp_expr few[8], *arg = few;
    pool *p = r->b.nodes;
    rsp_status s = RSP_OK;
    *out = 0;
    switch (m->op) {
    case MATH_NUMBER:
        *out = pool_const(p, m->value);
        return RSP_OK;
    case MATH_TIME: /* a run begins at 0 */
        *out = in->start ? pool_const(p, 0) : pool_leaf(p, RSP_OP_TIME, 0);
        return RSP_OK;
    case MATH_NAME: return eval_name(r, in, m, out);
    case MATH_CALL: return expand_call(r, in, m, out);
    case MATH_RATE_OF: return eval_rate_of(r, in, m, out);
    case MATH_DELAY:
        return reader_fail_at(r, in->formula->place, RSP_UNSUPPORTED,
                              "delay() is not supported (in %.120s)", in->formula->text);
    case MATH_OTHER:
        return reader_fail_at(r, in->formula->place, RSP_UNSUPPORTED,
                              "'%.60s' is not supported (in %.120s)", m->name,
                              in->formula->text);
    default: break;
    }
    if (!takes(m->op, m->n)) {
        return wrong(r, in, "an operator has a wrong number of operands");
    }
    if (m->n > 8) {
        arg = rsp_arena_alloc(r->b.arena, m->n, sizeof *arg);
        if (!arg) {
            return no_memory(&r->b);
        }
    }
    for (uint32_t i = 0; s == RSP_OK && i < m->n; i++) {
        s = eval_node(r, in, m->part[i], &arg[i]);
    }
    if (s == RSP_OK) {
        *out = apply(p, m->op, arg, m->n);
    }
    return s == RSP_OK && p->failed
               ? reader_fail_at(r, in->formula->place, RSP_RANGE,
                                "the model is too large, or memory is out")
               : s;
}

rsp_status math_eval(reader *r, const sbml_formula *f, bool start, const scope *names,
                     rsp_expr *out)
{
    place_in in = {f, start, names, 0};
    return eval_node(r, &in, f->math, out);
}
