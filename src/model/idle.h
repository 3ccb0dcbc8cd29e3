/* What absence makes zero: shared by the lowering, which orders the rates by it, and the
 * solver, which leaves out what is idle. */
#ifndef MODEL_IDLE_H
#define MODEL_IDLE_H

#include "model/ops.h"

/* Whether none of a species stays none until something comes: it is counted, or shows
 * clones, which move at times of their own. */
static inline bool rsp_idle_stays(const rsp_species *s)
{
    return !s->continuous || (s->of_clones && s->rate == RSP_NO_EXPR);
}

/* Where a result is exactly zero, from where its operands are: a bit for each case.  What
 * may have no value there is asked of rsp_idle_risk. */
static inline uint64_t rsp_idle_zero(unsigned op, uint64_t a, uint64_t b, uint64_t c)
{
    switch (op) {
    case RSP_OP_NEG: case RSP_OP_SQRT: case RSP_OP_ABS: case RSP_OP_FLOOR:
    case RSP_OP_DIV: /* by what is never zero */
    case RSP_OP_POW: /* by an exponent above zero */
        return a;
    case RSP_OP_MUL:
        return a | b;
    case RSP_OP_ADD: case RSP_OP_SUB: case RSP_OP_MIN: case RSP_OP_MAX:
        return a & b;
    case RSP_OP_SELECT:
        return b & c;
    default:
        return 0;
    }
}

typedef enum rsp_risk { RSP_RISK_NONE, RSP_RISK_EXPONENT, RSP_RISK_ALWAYS } rsp_risk;

/* Whether a result may have no value, or one at which a zero's sign is seen, where an
 * operand that absence can make zero is: a power has its value 0 only if its exponent is
 * above zero, which can be looked at where that stays. */
static inline rsp_risk rsp_idle_risk(unsigned op, bool a, bool b, bool exponent_stays)
{
    switch (op) {
    case RSP_OP_DIV:
        return b ? RSP_RISK_ALWAYS : RSP_RISK_NONE;
    case RSP_OP_LOG:
        return a ? RSP_RISK_ALWAYS : RSP_RISK_NONE;
    case RSP_OP_POW:
        return b || (a && !exponent_stays) ? RSP_RISK_ALWAYS
               : a                         ? RSP_RISK_EXPONENT
                                           : RSP_RISK_NONE;
    default:
        return RSP_RISK_NONE;
    }
}

#endif
