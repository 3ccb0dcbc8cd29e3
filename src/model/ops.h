/* The operations that an instruction may have, by number of operands.
 *
 * One list for all that must agree: the lowering's constant folding, the
 * bytecode machine, and the C emitter.  SELECT (three) and ROOT (its own form)
 * stand apart.  The lane functions are rsp_do_<OP> of lane_ops.h. */
#ifndef MODEL_OPS_H
#define MODEL_OPS_H

#include "respite/network.h"

#define RSP_UNARY_OPS(X)                                                       \
    X(NEG) X(EXP) X(LOG) X(SQRT) X(ABS) X(FLOOR) X(NOT)
#define RSP_BINARY_OPS(X)                                                      \
    X(ADD) X(SUB) X(MUL) X(DIV) X(POW) X(MIN) X(MAX)                           \
    X(LT) X(LE) X(EQ) X(NE) X(AND) X(OR)

/* "MUL"; NULL for an op that is no instruction. */
const char *rsp_op_name(unsigned op);
/* Operands that are values: 0 for leaves, 2 for ROOT (its ends). */
unsigned rsp_op_arity(unsigned op);
/* One lane of an instruction other than ROOT, with the lanes' bits. */
double rsp_op_scalar(unsigned op, double x, double y, double z);

#endif
