#include "model/inverse.h"

#include <stdlib.h>

#include "model/ops.h"

static unsigned operands(const rsp_node *x, rsp_expr op[3])
{
    op[0] = x->a;
    op[1] = x->b;
    op[2] = x->c;
    return rsp_op_arity(x->op);
}

/* Operand k of it decides something. */
static bool decides(const rsp_node *x, unsigned k)
{
    switch (x->op) {
    case RSP_OP_FLOOR: case RSP_OP_NOT: case RSP_OP_LT: case RSP_OP_LE: case RSP_OP_EQ:
    case RSP_OP_NE: case RSP_OP_AND: case RSP_OP_OR: case RSP_OP_ROOT:
        return true;
    case RSP_OP_SELECT:
        return k == 0;
    default:
        return false;
    }
}

/* What rates are made of, and what of it decides; operands come first. */
static void mark(const rsp_network *net, bool *used, bool *exact)
{
    for (uint32_t r = 0; r < net->n_reactions; r++) {
        used[net->reactions[r].rate] = true;
    }
    for (uint32_t s = 0; s < net->n_species; s++) {
        if (net->species[s].rate != RSP_NO_EXPR) {
            used[net->species[s].rate] = true;
        }
    }
    for (uint32_t i = net->n_nodes; i-- > 0;) {
        rsp_expr op[3];
        const unsigned n = operands(&net->nodes[i], op);
        for (unsigned k = 0; k < n; k++) {
            used[op[k]] |= used[i];
            exact[op[k]] |= exact[i] || decides(&net->nodes[i], k);
        }
    }
}

bool rsp_quotients(const rsp_network *net, uint8_t *kind)
{
    bool *used = calloc(net->n_nodes + 1, sizeof *used);
    bool *exact = calloc(net->n_nodes + 1, sizeof *exact);
    uint32_t *users = calloc(net->n_nodes + 1, sizeof *users);
    const bool ok = used && exact && users;
    if (ok) {
        mark(net, used, exact);
    }
    for (uint32_t i = 0; ok && i < net->n_nodes; i++) {
        kind[i] = RSP_QUOTIENT_PLAIN;
        if (net->nodes[i].op == RSP_OP_DIV && used[i] && !exact[i]) {
            kind[i] = RSP_QUOTIENT_ALONE;
            users[net->nodes[i].b]++;
        }
    }
    for (uint32_t i = 0; ok && i < net->n_nodes; i++) {
        if (kind[i] == RSP_QUOTIENT_ALONE && users[net->nodes[i].b] > 1) {
            kind[i] = RSP_QUOTIENT_SHARED;
        }
    }
    free(used);
    free(exact);
    free(users);
    return ok;
}
