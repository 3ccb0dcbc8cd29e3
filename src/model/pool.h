/* The pool of expression nodes: equal expressions are one node, constants are
 * folded with the arithmetic of num.h. */
#ifndef MODEL_POOL_H
#define MODEL_POOL_H

#include "respite/network.h"

typedef struct pool {
    rsp_node *nodes;
    uint32_t n;
    size_t capacity;
    uint32_t *table; /* open addressing, node + 1; 0: empty */
    uint32_t table_size;
    bool failed;     /* out of memory or too many nodes; stays set */
} pool;

enum { POOL_MOST = 2000000 };

void pool_fini(pool *p);
rsp_expr pool_const(pool *p, double value);
rsp_expr pool_leaf(pool *p, rsp_op op, uint32_t a);
rsp_expr pool_make(pool *p, rsp_op op, rsp_expr a, rsp_expr b, rsp_expr c);
bool pool_is_const(const pool *p, rsp_expr e, double *value);

#endif
