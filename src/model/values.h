/* The expressions of a network as the lowering sees them: simplified, shared,
 * and with what they depend on.
 *
 * A value comes after its operands, so ascending order is an order of
 * evaluation.  Simplification happens here and nowhere else, so that every
 * machine runs the same instructions:
 *     constants are folded; x*1, x/1, x+0, x-0, x^1 are x; 0*x is 0 (an
 *     indexed model writes out many absent terms); a constant condition
 *     chooses; x^2, x^3, x^4, x^-1, x^-2, x^0.5, x^1.5 become products,
 *     quotients and square roots; a quotient may be a product with an inverse
 *     (inverse.h). */
#ifndef MODEL_VALUES_H
#define MODEL_VALUES_H

#include "respite/network.h"

#define RSP_NONE UINT32_MAX /* no value, no row, no root */

typedef struct rsp_value {
    uint16_t op;      /* rsp_op */
    bool varies;      /* depends on what may change while a participant runs */
    uint32_t a, b, c; /* operands are values; leaves keep the network's index;
                         ROOT: ends low and high, c = root */
    double number;    /* CONST */
    uint32_t home;    /* innermost root whose unknown it depends on */
} rsp_value;

typedef struct rsp_values {
    rsp_value *v;
    uint32_t n, capacity;
    uint32_t *of_node;    /* [n_nodes] value of each node of the network */
    uint32_t *root_f;     /* [n_roots] value of each root's f */
    uint32_t *root_value; /* [n_roots] the ROOT value, or RSP_NONE */
    uint32_t *root_depth; /* [n_roots] how many unknowns its solution needs */
    uint8_t *quotient;    /* [n_nodes] rsp_quotient */
    /* Private: hash table; set of unknowns per value; all grow in the arena. */
    uint32_t *slots, n_slots;
    uint64_t *unknowns;
    uint32_t n_words, n_roots;
    rsp_arena *arena;
    bool failed; /* out of memory; stays set */
} rsp_values;

/* Everything is allocated in `arena`.  Fails where a root depends on the
 * state, or an unknown is used outside its root. */
RSP_MUST_USE rsp_status rsp_values_init(rsp_values *values,
                                        const rsp_network *net,
                                        rsp_arena *arena, rsp_error *err);
/* Values that no node has: a constant, and an operation on values, simplified as
 * those of the network are. With `failed` set they return value 0. Once all are
 * there, rsp_values_close finds what each depends on. */
uint32_t rsp_values_constant(rsp_values *values, double number);
uint32_t rsp_values_apply(rsp_values *values, unsigned op, uint32_t a, uint32_t b,
                          uint32_t c);
RSP_MUST_USE rsp_status rsp_values_close(rsp_values *values, const rsp_network *net,
                                         rsp_error *err);
/* Operands of v that are values: op[0..n), n returned. */
unsigned rsp_value_operands(const rsp_value *v, uint32_t op[3]);
bool rsp_value_is_leaf(const rsp_value *v);

#endif
