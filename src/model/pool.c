#include "model/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "respite/num.h"

void pool_fini(pool *p)
{
    free(p->nodes);
    free(p->table);
    *p = (pool){0};
}

static uint64_t bits_of(double v)
{
    uint64_t u;
    memcpy(&u, &v, sizeof u);
    return u;
}

static uint32_t hash(const rsp_node *n)
{
    uint64_t h = 0xcbf29ce484222325u;
    const uint64_t words[] = {(uint64_t)n->op, n->a, n->b, n->c, bits_of(n->value)};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        h = (h ^ words[i]) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    return (uint32_t)(h >> 32);
}

static bool same(const rsp_node *a, const rsp_node *b)
{
    return a->op == b->op && a->a == b->a && a->b == b->b && a->c == b->c &&
           bits_of(a->value) == bits_of(b->value);
}

static bool rehash(pool *p)
{
    uint32_t size = p->table_size ? p->table_size * 2 : 1024;
    uint32_t *table = calloc(size, sizeof *table);
    if (!table) {
        return false;
    }
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t h = hash(&p->nodes[i]) & (size - 1);
        while (table[h]) {
            h = (h + 1) & (size - 1);
        }
        table[h] = i + 1;
    }
    free(p->table);
    p->table = table;
    p->table_size = size;
    return true;
}

static rsp_expr intern(pool *p, rsp_node node)
{
    if (p->failed || p->n >= POOL_MOST ||
        (p->n * 2 >= p->table_size && !rehash(p)) ||
        !RSP_GROW(&p->nodes, &p->capacity, p->n + 1)) {
        p->failed = true;
        return 0;
    }
    uint32_t h = hash(&node) & (p->table_size - 1);
    for (; p->table[h]; h = (h + 1) & (p->table_size - 1)) {
        if (same(&p->nodes[p->table[h] - 1], &node)) {
            return p->table[h] - 1;
        }
    }
    p->nodes[p->n] = node;
    p->table[h] = ++p->n;
    return p->n - 1;
}

rsp_expr pool_const(pool *p, double value)
{
    return intern(p, (rsp_node){.op = RSP_OP_CONST, .value = value == 0 ? 0 : value});
}

rsp_expr pool_leaf(pool *p, rsp_op op, uint32_t a)
{
    return intern(p, (rsp_node){.op = op, .a = a});
}

bool pool_is_const(const pool *p, rsp_expr e, double *value)
{
    if (p->failed || e >= p->n || p->nodes[e].op != RSP_OP_CONST) {
        return false;
    }
    *value = p->nodes[e].value;
    return true;
}

static double unary(rsp_op op, double x)
{
    switch (op) {
    case RSP_OP_NEG: return -x;
    case RSP_OP_EXP: return rsp_exp(x);
    case RSP_OP_LOG: return rsp_log(x);
    case RSP_OP_SQRT: return sqrt(x);
    case RSP_OP_ABS: return fabs(x);
    case RSP_OP_FLOOR: return floor(x);
    default: return x == 0;
    }
}

static double binary(rsp_op op, double x, double y)
{
    switch (op) {
    case RSP_OP_ADD: return x + y;
    case RSP_OP_SUB: return x - y;
    case RSP_OP_MUL: return x * y;
    case RSP_OP_DIV: return x / y;
    case RSP_OP_POW: return rsp_pow(x, y);
    case RSP_OP_MIN: return x < y ? x : y;
    case RSP_OP_MAX: return x > y ? x : y;
    case RSP_OP_LT: return x < y;
    case RSP_OP_LE: return x <= y;
    case RSP_OP_EQ: return x == y;
    case RSP_OP_NE: return x != y;
    case RSP_OP_AND: return x != 0 && y != 0;
    default: return x != 0 || y != 0;
    }
}

/* What holds for every value of the other operand; NO_EXPR: nothing does.
 * (0 * x = 0 also where x would be infinite: a rate that is switched off.) */
static rsp_expr identity(pool *p, rsp_op op, rsp_expr a, rsp_expr b)
{
    double v = 0;
    bool left = pool_is_const(p, a, &v);
    bool zero_a = left && v == 0, one_a = left && v == 1;
    bool right = pool_is_const(p, b, &v);
    bool zero_b = right && v == 0, one_b = right && v == 1;
    switch (op) {
    case RSP_OP_ADD: return zero_a ? b : zero_b ? a : RSP_NO_EXPR;
    case RSP_OP_SUB: return zero_b ? a : RSP_NO_EXPR;
    case RSP_OP_MUL:
        return zero_a || one_b ? a : zero_b || one_a ? b : RSP_NO_EXPR;
    case RSP_OP_DIV: return one_b || zero_a ? a : RSP_NO_EXPR;
    case RSP_OP_POW:
        return one_b ? a : zero_b || one_a ? pool_const(p, 1) : RSP_NO_EXPR;
    default: return RSP_NO_EXPR;
    }
}

static bool commutes(rsp_op op)
{
    return op == RSP_OP_ADD || op == RSP_OP_MUL || op == RSP_OP_EQ ||
           op == RSP_OP_NE || op == RSP_OP_AND || op == RSP_OP_OR;
}

rsp_expr pool_make(pool *p, rsp_op op, rsp_expr a, rsp_expr b, rsp_expr c)
{
    double x = 0, y = 0;
    bool ca = pool_is_const(p, a, &x);
    if (op == RSP_OP_SELECT) {
        return ca ? (x != 0 ? b : c)
                  : b == c ? b
                           : intern(p, (rsp_node){.op = op, .a = a, .b = b, .c = c});
    }
    if (op >= RSP_OP_NEG && op <= RSP_OP_NOT) {
        return ca ? pool_const(p, unary(op, x))
                  : intern(p, (rsp_node){.op = op, .a = a});
    }
    if (ca && pool_is_const(p, b, &y)) {
        return pool_const(p, binary(op, x, y));
    }
    rsp_expr same_as = identity(p, op, a, b);
    if (same_as != RSP_NO_EXPR) {
        return same_as;
    }
    if (commutes(op) && a > b) { /* the sum is the same to the bit */
        rsp_expr t = a;
        a = b;
        b = t;
    }
    return intern(p, (rsp_node){.op = op, .a = a, .b = b});
}
