#include "model/derive.h"

#include <stdlib.h>
#include <string.h>

#include "model/ops.h"

/* More values than this are not worth their place: a matrix of thousands of species
 * of which each depends on each. */
enum { MOST_SLOPES = 2000000 };

/* A derivative that is zero for all states has no value. */
#define ZERO RSP_NONE

typedef struct term { /* what f of a species gains from a value */
    uint32_t species, next;
    double amount;
} term;

typedef struct entry {
    uint32_t row, column, value;
} entry;

typedef struct deriving {
    rsp_values *vs;
    const rsp_network *net;
    uint32_t n;               /* values of the network itself */
    bool *wanted;             /* [n] a rate depends on it */
    uint32_t *first, *user;   /* [n + 1], users of each value */
    uint32_t *terms;          /* [n] list of terms, plus one; 0: none */
    term *term;
    uint32_t *d;              /* [n] derivative by the variable at hand */
    uint32_t *reached, n_reached;
    bool *seen;               /* [n] */
    uint32_t *row_of;         /* [n_species] entry of this column plus one */
    entry *entries;
    size_t n_entries, cap_entries;
} deriving;

static uint32_t number(const deriving *de, double v)
{
    return rsp_values_constant(de->vs, v);
}

static uint32_t apply(const deriving *de, unsigned op, uint32_t a, uint32_t b)
{
    return rsp_values_apply(de->vs, op, a, b, 0);
}

static uint32_t times(const deriving *de, uint32_t a, uint32_t d)
{
    return d == ZERO ? ZERO : apply(de, RSP_OP_MUL, a, d);
}

static uint32_t negative(const deriving *de, uint32_t d)
{
    return d == ZERO ? ZERO : apply(de, RSP_OP_NEG, d, 0);
}

static uint32_t plus(const deriving *de, uint32_t a, uint32_t b)
{
    return a == ZERO ? b : b == ZERO ? a : apply(de, RSP_OP_ADD, a, b);
}

static uint32_t minus(const deriving *de, uint32_t a, uint32_t b)
{
    return b == ZERO ? a : a == ZERO ? negative(de, b) : apply(de, RSP_OP_SUB, a, b);
}

static uint32_t or_zero(const deriving *de, uint32_t d)
{
    return d == ZERO ? number(de, 0) : d;
}

static uint32_t choose(const deriving *de, uint32_t c, uint32_t a, uint32_t b)
{
    if (a == ZERO && b == ZERO) {
        return ZERO;
    }
    return rsp_values_apply(de->vs, RSP_OP_SELECT, c, or_zero(de, a), or_zero(de, b));
}

/* A slope that is infinite at one point, as that of a square root at zero, is
 * taken as zero there: the solver's step then shrinks instead of failing. */
static uint32_t finite(const deriving *de, uint32_t slope)
{
    return choose(de, apply(de, RSP_OP_LT, slope, number(de, 1e300)), slope, ZERO);
}

/* a / b: one division for all that has this denominator. */
static uint32_t quotient(const deriving *de, uint32_t a, uint32_t b, uint32_t da,
                         uint32_t db)
{
    const uint32_t inverse = apply(de, RSP_OP_DIV, number(de, 1), b);
    const uint32_t up = times(de, inverse, da);
    if (db == ZERO) {
        return up;
    }
    return minus(de, up, times(de, apply(de, RSP_OP_MUL, a, inverse),
                               times(de, inverse, db)));
}

static uint32_t power(const deriving *de, uint32_t v, uint32_t a, uint32_t b,
                      uint32_t da, uint32_t db)
{
    uint32_t sum = ZERO;
    if (da != ZERO) {
        const uint32_t less = apply(de, RSP_OP_SUB, b, number(de, 1));
        const uint32_t slope =
            apply(de, RSP_OP_MUL, b, apply(de, RSP_OP_POW, a, less));
        sum = times(de, finite(de, slope), da);
    }
    if (db != ZERO) {
        const uint32_t slope =
            apply(de, RSP_OP_MUL, v, apply(de, RSP_OP_LOG, a, 0));
        const uint32_t positive = apply(de, RSP_OP_LT, number(de, 0), a);
        sum = plus(de, sum, times(de, choose(de, positive, slope, ZERO), db));
    }
    return sum;
}

/* The derivative of value i from those of its operands. */
static uint32_t derivative(const deriving *de, uint32_t i)
{
    const rsp_value v = de->vs->v[i]; /* a copy: the values may move */
    const uint32_t *d = de->d;
    switch (v.op) {
    case RSP_OP_NEG: return negative(de, d[v.a]);
    case RSP_OP_EXP: return times(de, i, d[v.a]);
    case RSP_OP_LOG: return quotient(de, i, v.a, d[v.a], ZERO);
    case RSP_OP_SQRT:
        return times(de, finite(de, apply(de, RSP_OP_DIV, number(de, 0.5), i)), d[v.a]);
    case RSP_OP_ABS:
        return choose(de, apply(de, RSP_OP_LT, v.a, number(de, 0)),
                      negative(de, d[v.a]), d[v.a]);
    case RSP_OP_ADD: return plus(de, d[v.a], d[v.b]);
    case RSP_OP_SUB: return minus(de, d[v.a], d[v.b]);
    case RSP_OP_MUL: return plus(de, times(de, v.b, d[v.a]), times(de, v.a, d[v.b]));
    case RSP_OP_DIV: return quotient(de, v.a, v.b, d[v.a], d[v.b]);
    case RSP_OP_POW: return power(de, i, v.a, v.b, d[v.a], d[v.b]);
    case RSP_OP_MIN:
        return choose(de, apply(de, RSP_OP_LT, v.a, v.b), d[v.a], d[v.b]);
    case RSP_OP_MAX:
        return choose(de, apply(de, RSP_OP_LT, v.b, v.a), d[v.a], d[v.b]);
    case RSP_OP_SELECT: return choose(de, v.a, d[v.b], d[v.c]);
    default: return ZERO; /* steps, comparisons, roots of parameters */
    }
}

/* ---- What depends on what. */

static void mark_wanted(deriving *de)
{
    const rsp_network *net = de->net;
    for (uint32_t r = 0; r < net->n_reactions; r++) {
        de->wanted[de->vs->of_node[net->reactions[r].rate]] = true;
    }
    for (uint32_t s = 0; s < net->n_species; s++) {
        if (net->species[s].rate != RSP_NO_EXPR) {
            de->wanted[de->vs->of_node[net->species[s].rate]] = true;
        }
    }
    for (uint32_t i = de->n; i-- > 0;) {
        uint32_t op[3];
        const unsigned n = de->wanted[i] ? rsp_value_operands(&de->vs->v[i], op) : 0;
        for (unsigned k = 0; k < n; k++) {
            de->wanted[op[k]] = true;
        }
    }
}

static bool list_users(deriving *de, rsp_arena *arena)
{
    size_t total = 0;
    for (int pass = 0; pass < 2; pass++) { /* count, then fill */
        for (uint32_t i = de->n; i-- > 0;) {
            uint32_t op[3];
            const unsigned n = de->wanted[i] ? rsp_value_operands(&de->vs->v[i], op) : 0;
            for (unsigned k = 0; k < n; k++) {
                if (pass == 0) {
                    de->first[op[k]]++;
                } else {
                    de->user[--de->first[op[k]]] = i;
                }
                total += pass == 0;
            }
        }
        if (pass == 0) {
            for (uint32_t i = 0; i < de->n; i++) {
                de->first[i + 1] += de->first[i];
            }
            de->first[de->n] = (uint32_t)total;
            de->user = rsp_arena_alloc(arena, total + 1, sizeof *de->user);
            if (de->user == NULL || total > UINT32_MAX) {
                return false;
            }
        }
    }
    return true;
}

static void add_term(deriving *de, uint32_t *n, rsp_expr expr, uint32_t s, double amount)
{
    const uint32_t v = de->vs->of_node[expr];
    de->term[*n] = (term){s, de->terms[v], amount};
    de->terms[v] = ++*n;
}

/* Reactions last first, so that each list ascends. */
static bool list_terms(deriving *de, rsp_arena *arena)
{
    const rsp_network *net = de->net;
    uint32_t n = 0;
    de->term = rsp_arena_alloc(arena, (size_t)net->n_changes + net->n_species + 1,
                               sizeof *de->term);
    if (de->term == NULL) {
        return false;
    }
    for (uint32_t r = net->n_reactions; r-- > 0;) {
        const rsp_reaction *rx = &net->reactions[r];
        for (uint32_t i = 0; i < rx->n_changes; i++) {
            const rsp_change *c = &net->changes[rx->first_change + i];
            add_term(de, &n, rx->rate, c->species, c->amount);
        }
    }
    for (uint32_t s = 0; s < net->n_species; s++) {
        if (net->species[s].rate != RSP_NO_EXPR) {
            add_term(de, &n, net->species[s].rate, s, 1);
        }
    }
    return true;
}

/* ---- One variable. */

static int by_number(const void *x, const void *y)
{
    const uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

static void reach(deriving *de, uint32_t i)
{
    if (!de->seen[i]) {
        de->seen[i] = true;
        de->reached[de->n_reached++] = i;
    }
}

static bool is_seed(const rsp_value *v, uint32_t variable)
{
    return variable == RSP_NONE ? v->op == RSP_OP_TIME || v->op == RSP_OP_SINCE
                                : v->op == RSP_OP_SPECIES && v->a == variable;
}

/* The values that depend on a seed, in order of evaluation. */
static void find_reached(deriving *de, uint32_t variable)
{
    for (uint32_t done = 0; done < de->n_reached; done++) { /* seeds are there */
        const uint32_t i = de->reached[done];
        for (uint32_t u = de->first[i]; u < de->first[i + 1]; u++) {
            reach(de, de->user[u]);
        }
    }
    qsort(de->reached, de->n_reached, sizeof *de->reached, by_number);
    for (uint32_t k = 0; k < de->n_reached; k++) {
        const uint32_t i = de->reached[k];
        de->d[i] = is_seed(&de->vs->v[i], variable) ? number(de, 1) : derivative(de, i);
    }
}

static bool add_to(deriving *de, uint32_t column, const term *t, uint32_t d)
{
    uint32_t *at = &de->row_of[t->species];
    if (*at == 0) {
        if (!RSP_GROW(&de->entries, &de->cap_entries, de->n_entries + 1)) {
            return false;
        }
        de->entries[de->n_entries++] = (entry){t->species, column, ZERO};
        *at = (uint32_t)de->n_entries;
    }
    uint32_t *sum = &de->entries[*at - 1].value;
    if (t->amount == 1) {
        *sum = plus(de, *sum, d);
    } else if (t->amount == -1) {
        *sum = minus(de, *sum, d);
    } else {
        *sum = plus(de, *sum, times(de, number(de, t->amount), d));
    }
    return true;
}

static bool add_column(deriving *de, uint32_t column)
{
    const size_t first = de->n_entries;
    for (uint32_t k = 0; k < de->n_reached; k++) {
        const uint32_t i = de->reached[k];
        for (uint32_t t = de->terms[i]; t != 0 && de->d[i] != ZERO; t = de->term[t - 1].next) {
            if (!add_to(de, column, &de->term[t - 1], de->d[i])) {
                return false;
            }
        }
    }
    for (size_t e = first; e < de->n_entries; e++) {
        de->row_of[de->entries[e].row] = 0;
    }
    for (uint32_t k = 0; k < de->n_reached; k++) {
        de->d[de->reached[k]] = ZERO;
        de->seen[de->reached[k]] = false;
    }
    de->n_reached = 0;
    return true;
}

static bool too_many(const deriving *de)
{
    return de->vs->n - de->n > MOST_SLOPES || de->n_entries > MOST_SLOPES;
}

static bool all_columns(deriving *de)
{
    for (uint32_t i = 0; i < de->n && !too_many(de); i++) {
        const rsp_value v = de->vs->v[i];
        if (v.op == RSP_OP_SPECIES && de->wanted[i]) {
            reach(de, i);
            find_reached(de, v.a);
            if (!add_column(de, v.a)) {
                return false;
            }
        }
    }
    for (uint32_t i = 0; i < de->n; i++) {
        if (de->wanted[i] && is_seed(&de->vs->v[i], RSP_NONE)) {
            reach(de, i);
        }
    }
    find_reached(de, RSP_NONE);
    return add_column(de, RSP_NONE) && !de->vs->failed;
}

/* ---- The table. */

static int by_place(const void *x, const void *y)
{
    const entry *a = x, *b = y;
    return a->row != b->row ? (a->row > b->row) - (a->row < b->row)
                            : (a->column > b->column) - (a->column < b->column);
}

static bool is_zero(const deriving *de, uint32_t v)
{
    return v == ZERO || (de->vs->v[v].op == RSP_OP_CONST && de->vs->v[v].number == 0.0);
}

static bool fill_table(rsp_derivatives *out, deriving *de, rsp_arena *arena)
{
    const uint32_t m = de->net->n_species;
    out->first = rsp_arena_alloc(arena, m + 1, sizeof *out->first);
    out->by_time = rsp_arena_alloc(arena, m + 1, sizeof *out->by_time);
    out->column = rsp_arena_alloc(arena, de->n_entries + 1, sizeof *out->column);
    out->value = rsp_arena_alloc(arena, de->n_entries + 1, sizeof *out->value);
    if (!out->first || !out->by_time || !out->column || !out->value) {
        return false;
    }
    for (uint32_t s = 0; s < m; s++) {
        out->by_time[s] = RSP_NONE;
    }
    out->known = !too_many(de);
    if (!out->known) {
        return true;
    }
    if (de->n_entries > 0) {
        qsort(de->entries, de->n_entries, sizeof *de->entries, by_place);
    }
    for (size_t e = 0; e < de->n_entries; e++) {
        const entry *at = &de->entries[e];
        if (is_zero(de, at->value)) {
            continue;
        }
        if (at->column == RSP_NONE) {
            out->by_time[at->row] = at->value;
            continue;
        }
        out->first[at->row + 1]++;
        out->column[out->n] = at->column;
        out->value[out->n++] = at->value;
    }
    for (uint32_t s = 0; s < m; s++) {
        out->first[s + 1] += out->first[s];
    }
    return true;
}

static bool allocate(deriving *de, rsp_arena *arena)
{
    const size_t n = (size_t)de->n + 1;
    de->wanted = rsp_arena_alloc(arena, n, sizeof(bool));
    de->seen = rsp_arena_alloc(arena, n, sizeof(bool));
    de->first = rsp_arena_alloc(arena, n, sizeof(uint32_t));
    de->terms = rsp_arena_alloc(arena, n, sizeof(uint32_t));
    de->d = rsp_arena_alloc(arena, n, sizeof(uint32_t));
    de->reached = rsp_arena_alloc(arena, n, sizeof(uint32_t));
    de->row_of = rsp_arena_alloc(arena, de->net->n_species + 1, sizeof(uint32_t));
    if (!de->wanted || !de->seen || !de->first || !de->terms || !de->d || !de->reached ||
        !de->row_of) {
        return false;
    }
    memset(de->d, 0xff, n * sizeof *de->d);
    return true;
}

rsp_status rsp_derivatives_new(rsp_derivatives *out, rsp_values *vs,
                               const rsp_network *net, rsp_arena *arena, rsp_error *err)
{
    deriving de = {.vs = vs, .net = net, .n = vs->n};
    *out = (rsp_derivatives){0};
    bool done = allocate(&de, arena);
    if (done) {
        mark_wanted(&de);
        done = list_users(&de, arena) && list_terms(&de, arena) && all_columns(&de) &&
               fill_table(out, &de, arena);
    }
    free(de.entries);
    return done ? RSP_OK
                : rsp_fail(err, RSP_NOMEM, "no memory for the derivatives of a model of "
                           "%u species", net->n_species);
}
