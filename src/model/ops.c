#include "model/ops.h"

#include <math.h>

#include "respite/num.h"

const char *rsp_op_name(unsigned op)
{
    switch (op) {
#define RSP_X(name)                                                            \
    case RSP_OP_##name:                                                        \
        return #name;
        RSP_UNARY_OPS(RSP_X)
        RSP_BINARY_OPS(RSP_X)
        RSP_X(SELECT)
        RSP_X(ROOT)
#undef RSP_X
    default:
        return NULL;
    }
}

unsigned rsp_op_arity(unsigned op)
{
    switch (op) {
#define RSP_X(name) case RSP_OP_##name:
        RSP_UNARY_OPS(RSP_X)
        return 1;
        RSP_BINARY_OPS(RSP_X)
        RSP_X(ROOT)
        return 2;
#undef RSP_X
    case RSP_OP_SELECT:
        return 3;
    default:
        return 0;
    }
}

static double truth(bool yes)
{
    return yes ? 1.0 : 0.0;
}

double rsp_op_scalar(unsigned op, double x, double y, double z)
{
    switch (op) {
    case RSP_OP_NEG: return -x;
    case RSP_OP_EXP: return rsp_exp(x);
    case RSP_OP_LOG: return rsp_log(x);
    case RSP_OP_SQRT: return sqrt(x);
    case RSP_OP_ABS: return fabs(x);
    case RSP_OP_FLOOR: return floor(x);
    case RSP_OP_NOT: return truth(!(x != 0.0));
    case RSP_OP_ADD: return x + y;
    case RSP_OP_SUB: return x - y;
    case RSP_OP_MUL: return x * y;
    case RSP_OP_DIV: return x / y;
    case RSP_OP_POW: return rsp_pow(x, y);
    case RSP_OP_MIN: return x < y || x != x ? x : y;
    case RSP_OP_MAX: return x > y || x != x ? x : y;
    case RSP_OP_LT: return truth(x < y);
    case RSP_OP_LE: return truth(x <= y);
    case RSP_OP_EQ: return truth(x == y);
    case RSP_OP_NE: return truth(x != y);
    case RSP_OP_AND: return truth(x != 0.0 && y != 0.0);
    case RSP_OP_OR: return truth(x != 0.0 || y != 0.0);
    case RSP_OP_SELECT: return x != 0.0 ? y : z;
    default:
        RSP_ASSERT(false && "an operation without a scalar form");
    }
}
