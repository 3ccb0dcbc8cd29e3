#include "model/values.h"

#include <string.h>

#include "model/inverse.h"
#include "model/ops.h"

/* A node becomes at most four values: x^-2 is x, x*x, 1 and 1/(x*x). */
enum { VALUES_PER_NODE = 4 };

bool rsp_value_is_leaf(const rsp_value *v)
{
    return rsp_op_arity(v->op) == 0;
}

unsigned rsp_value_operands(const rsp_value *v, uint32_t op[3])
{
    op[0] = v->a;
    op[1] = v->b;
    op[2] = v->c;
    return rsp_op_arity(v->op);
}

static uint64_t *unknowns_of(const rsp_values *vs, uint32_t i)
{
    return vs->unknowns + (size_t)i * vs->n_words;
}

static void add_unknowns(const rsp_values *vs, uint32_t to, uint32_t from)
{
    for (uint32_t w = 0; w < vs->n_words; w++) {
        unknowns_of(vs, to)[w] |= unknowns_of(vs, from)[w];
    }
}

static bool has_unknown(const rsp_values *vs, uint32_t i, uint32_t root)
{
    return unknowns_of(vs, i)[root / 64] >> (root % 64) & 1;
}

static uint32_t hash_of(const rsp_value *v)
{
    uint64_t bits;
    memcpy(&bits, &v->number, sizeof bits);
    uint64_t h = 0x9e3779b97f4a7c15u;
    const uint64_t part[5] = {v->op, v->a, v->b, v->c, bits};
    for (int i = 0; i < 5; i++) {
        h = (h ^ part[i]) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    return (uint32_t)h;
}

static bool same(const rsp_value *x, const rsp_value *y)
{
    return x->op == y->op && x->a == y->a && x->b == y->b && x->c == y->c &&
           memcmp(&x->number, &y->number, sizeof x->number) == 0;
}

static bool leaf_varies(unsigned op)
{
    return op == RSP_OP_INPUT || op == RSP_OP_SPECIES || op == RSP_OP_TIME ||
           op == RSP_OP_AFTER || op == RSP_OP_SINCE || op == RSP_OP_ARG;
}

/* What value i depends on, from its operands. */
static void find_dependence(rsp_values *vs, uint32_t i)
{
    rsp_value *v = &vs->v[i];
    uint32_t op[3];
    const unsigned n = rsp_value_operands(v, op);
    v->varies = leaf_varies(v->op);
    if (v->op == RSP_OP_ROOTVAR) {
        unknowns_of(vs, i)[v->a / 64] |= (uint64_t)1 << (v->a % 64);
    }
    if (v->op == RSP_OP_ROOT) {
        const uint32_t f = vs->root_f[v->c];
        v->varies = vs->v[f].varies;
        add_unknowns(vs, i, f);
        unknowns_of(vs, i)[v->c / 64] &= ~((uint64_t)1 << (v->c % 64));
    }
    for (unsigned k = 0; k < n; k++) {
        v->varies = v->varies || vs->v[op[k]].varies;
        add_unknowns(vs, i, op[k]);
    }
}

static void *larger(rsp_arena *arena, const void *old, size_t n, size_t more, size_t size)
{
    void *next = rsp_arena_alloc(arena, n + more, size);
    if (next != NULL && n > 0) {
        memcpy(next, old, n * size);
    }
    return next;
}

static void fill_slots(rsp_values *vs)
{
    for (uint32_t i = 0; i < vs->n; i++) {
        uint32_t slot = hash_of(&vs->v[i]) & (vs->n_slots - 1);
        while (vs->slots[slot] != 0) {
            slot = (slot + 1) & (vs->n_slots - 1);
        }
        vs->slots[slot] = i + 1;
    }
}

static bool grow(rsp_values *vs)
{
    const uint32_t more = vs->capacity;
    rsp_value *v = larger(vs->arena, vs->v, vs->n, more, sizeof *v);
    uint64_t *unknowns = larger(vs->arena, vs->unknowns, (size_t)vs->n * vs->n_words,
                                (size_t)more * vs->n_words + 1, sizeof *unknowns);
    uint32_t *slots = rsp_arena_alloc(vs->arena, (size_t)vs->n_slots * 2, sizeof *slots);
    if (v == NULL || unknowns == NULL || slots == NULL) {
        vs->failed = true;
        return false;
    }
    vs->v = v;
    vs->unknowns = unknowns;
    vs->slots = slots;
    vs->n_slots *= 2;
    vs->capacity = vs->n + more;
    fill_slots(vs);
    return true;
}

/* The value with this content: the one that is there, or a new one. */
static uint32_t intern(rsp_values *vs, unsigned op, uint32_t a, uint32_t b,
                       uint32_t c, double number)
{
    const rsp_value wanted = {.op = (uint16_t)op, .a = a, .b = b, .c = c,
                              .number = number, .home = RSP_NONE};
    if (vs->failed || (vs->n == vs->capacity && !grow(vs))) {
        return 0;
    }
    uint32_t slot = hash_of(&wanted) & (vs->n_slots - 1);
    while (vs->slots[slot] != 0) {
        if (same(&vs->v[vs->slots[slot] - 1], &wanted)) {
            return vs->slots[slot] - 1;
        }
        slot = (slot + 1) & (vs->n_slots - 1);
    }
    const uint32_t i = vs->n++;
    vs->v[i] = wanted;
    vs->slots[slot] = i + 1;
    find_dependence(vs, i);
    return i;
}

static uint32_t constant(rsp_values *vs, double number)
{
    return intern(vs, RSP_OP_CONST, 0, 0, 0, number);
}

static bool is_constant(const rsp_values *vs, uint32_t i)
{
    return vs->v[i].op == RSP_OP_CONST;
}

static bool is_number(const rsp_values *vs, uint32_t i, double number)
{
    return is_constant(vs, i) && vs->v[i].number == number;
}

static uint32_t apply(rsp_values *vs, unsigned op, uint32_t a, uint32_t b)
{
    return intern(vs, op, a, b, 0, 0.0);
}

/* x^number where that is a few products; RSP_NONE elsewhere. */
static uint32_t power(rsp_values *vs, uint32_t x, double number)
{
    if (number == 0.0) {
        return constant(vs, 1.0);
    }
    if (number == 1.0) {
        return x;
    }
    if (number == 0.5) {
        return apply(vs, RSP_OP_SQRT, x, 0);
    }
    if (number == 1.5) {
        return apply(vs, RSP_OP_MUL, x, apply(vs, RSP_OP_SQRT, x, 0));
    }
    if (number == -1.0) {
        return apply(vs, RSP_OP_DIV, constant(vs, 1.0), x);
    }
    if (number != 2.0 && number != 3.0 && number != 4.0 && number != -2.0) {
        return RSP_NONE;
    }
    const uint32_t square = apply(vs, RSP_OP_MUL, x, x);
    if (number == 3.0) {
        return apply(vs, RSP_OP_MUL, square, x);
    }
    if (number == 4.0) {
        return apply(vs, RSP_OP_MUL, square, square);
    }
    return number == 2.0
               ? square
               : apply(vs, RSP_OP_DIV, constant(vs, 1.0), square);
}

/* A simpler value equal to op(a, b); RSP_NONE where there is none. */
static uint32_t simplify_binary(rsp_values *vs, unsigned op, uint32_t a,
                                uint32_t b)
{
    switch (op) {
    case RSP_OP_ADD:
        return is_number(vs, a, 0.0) ? b : is_number(vs, b, 0.0) ? a : RSP_NONE;
    case RSP_OP_SUB:
        return is_number(vs, b, 0.0) ? a : RSP_NONE;
    case RSP_OP_MUL:
        if (is_number(vs, a, 0.0) || is_number(vs, b, 0.0)) {
            return constant(vs, 0.0);
        }
        return is_number(vs, a, 1.0) ? b : is_number(vs, b, 1.0) ? a : RSP_NONE;
    case RSP_OP_DIV:
        return is_number(vs, b, 1.0) ? a : RSP_NONE;
    case RSP_OP_POW:
        if (is_number(vs, a, 1.0)) {
            return a;
        }
        return is_constant(vs, b) ? power(vs, a, vs->v[b].number) : RSP_NONE;
    default:
        return RSP_NONE;
    }
}

static bool all_constant(const rsp_values *vs, const uint32_t *op, unsigned n)
{
    for (unsigned k = 0; k < n; k++) {
        if (!is_constant(vs, op[k])) {
            return false;
        }
    }
    return n > 0;
}

/* The value of an operation on values. */
static uint32_t operation(rsp_values *vs, unsigned op, const uint32_t x[3])
{
    const unsigned n = rsp_op_arity(op);
    if (op == RSP_OP_SELECT && is_constant(vs, x[0])) {
        return vs->v[x[0]].number != 0.0 ? x[1] : x[2];
    }
    uint32_t simple = n == 2 ? simplify_binary(vs, op, x[0], x[1]) : RSP_NONE;
    if (simple == RSP_NONE && all_constant(vs, x, n)) {
        const double number = rsp_op_scalar(
            op, vs->v[x[0]].number, n > 1 ? vs->v[x[1]].number : 0.0,
            n > 2 ? vs->v[x[2]].number : 0.0);
        simple = constant(vs, number);
    }
    return simple != RSP_NONE
               ? simple
               : intern(vs, op, x[0], n > 1 ? x[1] : 0, n > 2 ? x[2] : 0, 0.0);
}

static uint32_t of_root(rsp_values *vs, const rsp_network *net, uint32_t k)
{
    const rsp_root *root = &net->roots[k];
    vs->root_f[k] = vs->of_node[root->f];
    vs->root_value[k] = intern(vs, RSP_OP_ROOT, vs->of_node[root->low],
                               vs->of_node[root->high], k, 0.0);
    return vs->root_value[k];
}

/* a / b, both known: with the inverse of b where that saves a division. */
static uint32_t quotient(rsp_values *vs, unsigned kind, uint32_t a, uint32_t b)
{
    const bool once = !vs->v[a].varies && !vs->v[b].varies;
    if (kind == RSP_QUOTIENT_PLAIN || once || (kind == RSP_QUOTIENT_ALONE && vs->v[b].varies)) {
        return operation(vs, RSP_OP_DIV, (uint32_t[3]){a, b});
    }
    const uint32_t inverse = operation(vs, RSP_OP_DIV, (uint32_t[3]){constant(vs, 1), b});
    return operation(vs, RSP_OP_MUL, (uint32_t[3]){a, inverse});
}

static uint32_t of_node(rsp_values *vs, const rsp_network *net,
                        const rsp_node *node)
{
    if (node->op == RSP_OP_CONST) {
        return constant(vs, node->value);
    }
    if (node->op == RSP_OP_ROOT) {
        return of_root(vs, net, node->a);
    }
    const unsigned n = rsp_op_arity(node->op);
    if (n == 0) {
        return intern(vs, node->op, node->a, 0, 0, 0.0);
    }
    const uint32_t x[3] = {vs->of_node[node->a],
                           n > 1 ? vs->of_node[node->b] : 0,
                           n > 2 ? vs->of_node[node->c] : 0};
    return node->op == RSP_OP_DIV
               ? quotient(vs, vs->quotient[node - net->nodes], x[0], x[1])
               : operation(vs, node->op, x);
}

static uint32_t count_unknowns(const rsp_values *vs, uint32_t i,
                               uint32_t n_roots)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < n_roots; k++) {
        n += has_unknown(vs, i, k);
    }
    return n;
}

/* Each value's innermost root: of the unknowns it depends on, the one whose
 * own solution depends on most others. */
static void find_homes(rsp_values *vs, uint32_t n_roots)
{
    for (uint32_t k = 0; k < n_roots; k++) {
        vs->root_depth[k] =
            vs->root_value[k] == RSP_NONE
                ? 0
                : count_unknowns(vs, vs->root_value[k], n_roots);
    }
    for (uint32_t i = 0; i < vs->n; i++) {
        for (uint32_t k = 0; k < n_roots; k++) {
            const uint32_t home = vs->v[i].home;
            if (has_unknown(vs, i, k) &&
                (home == RSP_NONE || vs->root_depth[k] > vs->root_depth[home])) {
                vs->v[i].home = k;
            }
        }
    }
}

/* Every unknown a value uses must be its home's or one that surrounds it. */
static rsp_status check_nesting(const rsp_values *vs, const rsp_network *net,
                                rsp_error *err)
{
    for (uint32_t i = 0; i < vs->n; i++) {
        const uint32_t home = vs->v[i].home;
        for (uint32_t k = 0; home != RSP_NONE && k < net->n_roots; k++) {
            const uint32_t solution = vs->root_value[home];
            if (has_unknown(vs, i, k) && k != home &&
                (solution == RSP_NONE || !has_unknown(vs, solution, k))) {
                return rsp_fail(err, RSP_INTERNAL,
                                "the unknown of root '%s' is used outside it",
                                net->roots[k].name);
            }
        }
    }
    return RSP_OK;
}

static rsp_status check_roots(const rsp_values *vs, const rsp_network *net,
                              rsp_error *err)
{
    for (uint32_t k = 0; k < net->n_roots; k++) {
        if (vs->root_value[k] != RSP_NONE && vs->v[vs->root_value[k]].varies) {
            return rsp_fail(err, RSP_RANGE,
                            "root '%s' depends on the state, time or an input; "
                            "a root may depend on parameters only",
                            net->roots[k].name);
        }
    }
    return check_nesting(vs, net, err);
}

static bool allocate(rsp_values *vs, const rsp_network *net, rsp_arena *arena)
{
    vs->capacity = VALUES_PER_NODE * net->n_nodes + 1;
    vs->n_words = (net->n_roots + 63) / 64;
    for (vs->n_slots = 64; vs->n_slots < 2 * vs->capacity; vs->n_slots *= 2) {
    }
    vs->v = rsp_arena_alloc(arena, vs->capacity, sizeof *vs->v);
    vs->slots = rsp_arena_alloc(arena, vs->n_slots, sizeof *vs->slots);
    vs->unknowns = rsp_arena_alloc(
        arena, (size_t)vs->capacity * vs->n_words + 1, sizeof *vs->unknowns);
    vs->of_node = rsp_arena_alloc(arena, net->n_nodes + 1, sizeof(uint32_t));
    vs->quotient = rsp_arena_alloc(arena, net->n_nodes + 1, sizeof *vs->quotient);
    vs->root_f = rsp_arena_alloc(arena, net->n_roots + 1, sizeof(uint32_t));
    vs->root_value = rsp_arena_alloc(arena, net->n_roots + 1, sizeof(uint32_t));
    vs->root_depth = rsp_arena_alloc(arena, net->n_roots + 1, sizeof(uint32_t));
    return vs->v && vs->slots && vs->unknowns && vs->of_node && vs->root_f &&
           vs->root_value && vs->root_depth && vs->quotient &&
           rsp_quotients(net, vs->quotient);
}

rsp_status rsp_values_init(rsp_values *vs, const rsp_network *net,
                           rsp_arena *arena, rsp_error *err)
{
    *vs = (rsp_values){.arena = arena, .n_roots = net->n_roots};
    if (!allocate(vs, net, arena)) {
        return rsp_fail(err, RSP_NOMEM, "no memory to lower a model of %u nodes",
                        net->n_nodes);
    }
    for (uint32_t k = 0; k < net->n_roots; k++) {
        vs->root_value[k] = RSP_NONE;
    }
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        vs->of_node[i] = of_node(vs, net, &net->nodes[i]);
    }
    return RSP_OK;
}

uint32_t rsp_values_constant(rsp_values *vs, double number)
{
    return constant(vs, number);
}

uint32_t rsp_values_apply(rsp_values *vs, unsigned op, uint32_t a, uint32_t b,
                          uint32_t c)
{
    return operation(vs, op, (uint32_t[3]){a, b, c});
}

rsp_status rsp_values_close(rsp_values *vs, const rsp_network *net, rsp_error *err)
{
    if (vs->failed) {
        return rsp_fail(err, RSP_NOMEM, "no memory to lower a model of %u nodes",
                        net->n_nodes);
    }
    find_homes(vs, net->n_roots);
    return check_roots(vs, net, err);
}
