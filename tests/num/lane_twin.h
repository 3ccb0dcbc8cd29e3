/* What the lanes make of arrays, compiled for each instruction set and at -O0
 * and -O3 (RSP_ISA names the pair: base_0, avx2_3, ...). */
#ifndef TESTS_NUM_LANE_TWIN_H
#define TESTS_NUM_LANE_TWIN_H

#include <stddef.h>
#include <stdint.h>

typedef enum lane_kind {
    LANE_EXP, LANE_LOG, LANE_POW, LANE_UNIFORM, LANE_NORMAL, LANE_EXPONENTIAL,
    LANE_QUANTILE, LANE_HASHED, /* of these, lanes and scalars have one hash */
    LANE_SQRT = LANE_HASHED, LANE_ABS, LANE_FLOOR, LANE_MIN, LANE_MAX, LANE_LT,
    LANE_LE, LANE_EQ, LANE_NE, LANE_SELECT, LANE_KINDS,
    LANE_PHILOX = LANE_KINDS, LANE_POISSON, LANE_BINOMIAL /* of scalars alone */
} lane_kind;

/* The study's seed and what the draws are for, in all twins. */
#define LANE_SEED 20211001u
enum { LANE_PURPOSE = 9, LANE_CHANNEL = 1234567, LANE_SUB = 3 };

/* n a multiple of 8, arrays 64-byte aligned.  Draw i is that of participant
 * first + i, trial i / 1000, index 7 i. */
typedef void lane_fill(lane_kind kind, uint32_t first, size_t n,
                       const double *a, const double *b, double *out);

#endif
