/* Networks built by hand or at random, for tests of lowering and machines. */
#ifndef TESTS_MADE_NETWORK_H
#define TESTS_MADE_NETWORK_H

#include "respite/network.h"

enum { MADE_MAX = 4096, MADE_FEW = 256 };

typedef struct made_network {
    rsp_network net; /* its arrays are those below */
    rsp_node nodes[MADE_MAX];
    rsp_root roots[MADE_FEW];
    rsp_param params[MADE_FEW];
    rsp_derived derived[MADE_FEW];
    rsp_input inputs[MADE_FEW];
    rsp_species species[MADE_FEW];
    rsp_reaction reactions[MADE_FEW];
    rsp_observable observables[MADE_FEW];
    rsp_action actions[MADE_FEW];
    rsp_assign assigns[MADE_FEW];
    rsp_after afters[MADE_FEW];
    rsp_event events[MADE_FEW];
} made_network;

/* Empty, with so many parameters, inputs and species (initial amount 0). */
made_network *made_network_new(uint32_t n_params, uint32_t n_inputs,
                               uint32_t n_species);

rsp_expr made_number(made_network *made, double value);
rsp_expr made_leaf(made_network *made, rsp_op op, uint32_t index);
rsp_expr made_op(made_network *made, rsp_op op, rsp_expr a, rsp_expr b,
                 rsp_expr c);
/* The root of f(unknown), with unknown = made_leaf(RSP_OP_ROOTVAR, its index),
 * that made_root_begin gives. */
uint32_t made_root_begin(made_network *made);
rsp_expr made_root_end(made_network *made, uint32_t root, rsp_expr low,
                       rsp_expr high, rsp_expr f);
void made_reaction(made_network *made, rsp_expr rate);
void made_observable(made_network *made, rsp_expr expr);
void made_derived(made_network *made, rsp_expr expr);
void made_assign(made_network *made, uint32_t species, rsp_expr value);

/* Everything a network can have, at random; the same for the same seed. */
made_network *made_network_random(uint64_t seed);
/* A deterministic number in [low, high): the k-th of a seed. */
double made_uniform(uint64_t seed, uint64_t k, double low, double high);

#endif
