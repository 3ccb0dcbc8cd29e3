/* Rates that may be below zero.
 *
 * SBML writes a reversible reaction as one law, forward less backward.  A method
 * that counts needs the two apart: each fires by itself.  A law is split where the
 * signs of its parts can be told from those of amounts (never below zero) and
 * parameters (as given); a factor or divisor of known sign goes to both parts.  A number
 * that is taken away is no part: P (P - 1) counts pairs, and is never below zero where P
 * is counted. */
#include "sbml/reader.h"

#include <math.h>

enum { UNKNOWN, ZERO, ABOVE, BELOW }; /* ABOVE, BELOW: or zero */

static signed char of_number(double v)
{
    return v > 0 ? ABOVE : v < 0 ? BELOW : v <= 0 ? ZERO : UNKNOWN;
}

static signed char negated(signed char s)
{
    return s == ABOVE ? BELOW : s == BELOW ? ABOVE : s;
}

static signed char sum(signed char a, signed char b)
{
    return a == ZERO ? b : b == ZERO || a == b ? a : UNKNOWN;
}

static signed char product(signed char a, signed char b)
{
    return a == ZERO || b == ZERO       ? ZERO
           : a == UNKNOWN || b == UNKNOWN ? UNKNOWN
           : a == b                     ? ABOVE
                                        : BELOW;
}

/* Amounts that reactions alone change stay at zero or above, where they begin so;
 * those that nothing changes keep the sign of the start. */
static signed char of_species(const reader *r, uint32_t species)
{
    const rsp_species *sp = &r->b.species[species];
    double v = 0;
    if (sp->rate != RSP_NO_EXPR) {
        return UNKNOWN;
    }
    bool known = pool_is_const(r->b.nodes, sp->a, &v);
    signed char start = known ? of_number(v) : sp->a < r->n_signs ? r->signs[sp->a] : UNKNOWN;
    return start == ABOVE || start == ZERO ? ABOVE : sp->continuous ? start : UNKNOWN;
}

static signed char of_node(const reader *r, const rsp_node *n)
{
    const signed char *s = r->signs;
    switch (n->op) {
    case RSP_OP_CONST: return of_number(n->value);
    case RSP_OP_PARAM: return of_number(r->b.params[n->a].value);
    case RSP_OP_SPECIES: return of_species(r, n->a);
    case RSP_OP_NEG: return negated(s[n->a]);
    case RSP_OP_EXP: case RSP_OP_SQRT: case RSP_OP_ABS: case RSP_OP_NOT:
    case RSP_OP_LT: case RSP_OP_LE: case RSP_OP_EQ: case RSP_OP_NE: case RSP_OP_AND:
    case RSP_OP_OR:
        return ABOVE;
    case RSP_OP_FLOOR: return s[n->a];
    case RSP_OP_ADD: return sum(s[n->a], s[n->b]);
    case RSP_OP_SUB: return sum(s[n->a], negated(s[n->b]));
    case RSP_OP_MUL: return n->a == n->b ? ABOVE : product(s[n->a], s[n->b]);
    case RSP_OP_DIV: return product(s[n->a], s[n->b] == ZERO ? UNKNOWN : s[n->b]);
    case RSP_OP_POW: return s[n->a] == ABOVE || s[n->a] == ZERO ? ABOVE : UNKNOWN;
    case RSP_OP_MIN: case RSP_OP_MAX: return sum(s[n->a], s[n->b]);
    case RSP_OP_SELECT: return sum(s[n->b], s[n->c]);
    default: return UNKNOWN;
    }
}

/* Of all nodes there are; operands come first. */
static bool look(reader *r)
{
    const pool *p = r->b.nodes;
    if (!RSP_GROW(&r->signs, &r->cap_signs, p->n + 1)) {
        return false;
    }
    for (; r->n_signs < p->n; r->n_signs++) {
        r->signs[r->n_signs] = of_node(r, &p->nodes[r->n_signs]);
    }
    return true;
}

typedef struct parts {
    rsp_expr up, down;
} parts;

enum { MOST_DEPTH = 200 };

static bool split(reader *r, rsp_expr e, parts *out, int depth);

static bool split_product(reader *r, const rsp_node n, parts *out, int depth)
{
    pool *p = r->b.nodes;
    signed char left = r->signs[n.a], right = r->signs[n.b];
    bool by_left = n.op == RSP_OP_MUL && (left == ABOVE || left == BELOW);
    signed char by = by_left ? left : right;
    parts of;
    if ((by != ABOVE && by != BELOW) || !split(r, by_left ? n.b : n.a, &of, depth)) {
        return false;
    }
    if (by == BELOW) {
        of = (parts){of.down, of.up};
    }
    rsp_expr factor = by_left ? n.a : n.b;
    if (by == BELOW) {
        factor = pool_make(p, RSP_OP_NEG, factor, 0, 0);
    }
    out->up = pool_make(p, n.op, of.up, factor, 0);
    out->down = pool_make(p, n.op, of.down, factor, 0);
    return true;
}

static bool split(reader *r, rsp_expr e, parts *out, int depth)
{
    pool *p = r->b.nodes;
    const rsp_node n = p->nodes[e];
    const rsp_expr zero = pool_const(p, 0);
    if (e >= r->n_signs || depth > MOST_DEPTH) {
        return false;
    }
    if (r->signs[e] != UNKNOWN) {
        *out = r->signs[e] == BELOW ? (parts){zero, pool_make(p, RSP_OP_NEG, e, 0, 0)}
                                    : (parts){e, zero};
        return true;
    }
    parts a, b;
    switch (n.op) {
    case RSP_OP_NEG:
        if (split(r, n.a, &a, depth + 1)) {
            *out = (parts){a.down, a.up};
            return true;
        }
        return false;
    case RSP_OP_ADD:
    case RSP_OP_SUB: {
        double number = 0;
        if (pool_is_const(p, n.b, &number) || pool_is_const(p, n.a, &number)) {
            return false;
        }
        if (!split(r, n.a, &a, depth + 1) || !split(r, n.b, &b, depth + 1)) {
            return false;
        }
        if (n.op == RSP_OP_SUB) {
            b = (parts){b.down, b.up};
        }
        *out = (parts){pool_make(p, RSP_OP_ADD, a.up, b.up, 0),
                       pool_make(p, RSP_OP_ADD, a.down, b.down, 0)};
        return true;
    }
    case RSP_OP_MUL:
    case RSP_OP_DIV:
        return split_product(r, n, out, depth + 1);
    case RSP_OP_SELECT:
        if (!split(r, n.b, &a, depth + 1) || !split(r, n.c, &b, depth + 1)) {
            return false;
        }
        *out = (parts){pool_make(p, RSP_OP_SELECT, n.a, a.up, b.up),
                       pool_make(p, RSP_OP_SELECT, n.a, a.down, b.down)};
        return true;
    default:
        return false;
    }
}

bool law_split(reader *r, rsp_expr law, rsp_expr *forward, rsp_expr *backward)
{
    parts of = {0};
    if (!look(r) || !split(r, law, &of, 0) || r->b.nodes->failed) {
        return false;
    }
    *forward = of.up;
    *backward = of.down;
    return true;
}
