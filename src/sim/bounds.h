/* Ranges of a program's values, from ranges of what they are computed from.
 *
 * Every number that the instructions can compute from operands within their
 * ranges lies within the result's range, to the last bit: IEEE operations round
 * monotonically, so ends are enough, and exp, log and pow, which may not, are
 * given room.  Where nothing can be said (a division by a range that holds 0)
 * the range is -inf .. inf, and the value may then also be no number. */
#ifndef RSP_SIM_BOUNDS_H
#define RSP_SIM_BOUNDS_H

#include "respite/program.h"

typedef struct rsp_range {
    double low, high;
} rsp_range;

/* The range of one operation other than ROOT; operands that it has not are
 * ignored. */
rsp_range rsp_range_of(unsigned op, rsp_range a, rsp_range b, rsp_range c);

/* Instructions code[list[0 .. n)], in this order; to, a, b, c index `range`. */
void rsp_bounds_run(const rsp_instr *code, const uint32_t *list, uint32_t n,
                    rsp_range *range);

#endif
