/* The error of a deterministic step and what it says of the next, for the loops that are
 * compiled once for each instruction set. */
#ifndef RSP_SIM_ERRORS_H
#define RSP_SIM_ERRORS_H

#include "sim/rows.h"

/* `text` with N the number of stages so far, as a constant. */
#define RSP_WITH_STAGES(count, text)                                           \
    switch (count) {                                                           \
    case 0: { enum { N = 0 }; text; break; }                                   \
    case 1: { enum { N = 1 }; text; break; }                                   \
    case 2: { enum { N = 2 }; text; break; }                                   \
    case 3: { enum { N = 3 }; text; break; }                                   \
    case 4: { enum { N = 4 }; text; break; }                                   \
    case 5: { enum { N = 5 }; text; break; }                                   \
    case 6: { enum { N = 6 }; text; break; }                                   \
    case 7: { enum { N = 7 }; text; break; }                                   \
    default: break;                                                            \
    }

/* How errors of single species over their tolerance make one of a deterministic step:
 * the root of their mean square (Hairer & Wanner 1996, IV.8), or a third of the largest
 * where that is more, so that quiet species cannot hide one that is not. */
typedef struct rsp_error_sum {
    rsp_v8 squares, worst;
} rsp_error_sum;

static inline rsp_error_sum error_none(void)
{
    return (rsp_error_sum){rsp_v8_set(0), rsp_v8_set(0)};
}

static inline void error_add(rsp_error_sum *sum, rsp_v8 e)
{
    sum->squares += e * e;
    sum->worst = rsp_v8_max(sum->worst, e); /* a NaN in either stays */
}

/* y^(-1/root), as rsp_inverse_root's first guess and two Newton steps: within 0.1 %, which
 * is enough for a step length. */
static inline rsp_v8 inverse_root(rsp_v8 y, uint32_t root)
{
    const uint64_t one = (uint64_t)1023 << 20, share = ((uint64_t)1 << 32) / root;
    rsp_parts in = {.v = y}, out;
    for (int i = 0; i < RSP_CHUNK; i++) {
        out.w[i] = (one + one / root - ((in.w[i] >> 32) * share >> 32)) << 32;
    }
    rsp_v8 r = out.v;
    for (int k = 0; k < 2; k++) {
        rsp_v8 power = y;
        for (uint32_t i = 0; i < root; i++) {
            power *= r;
        }
        r += r * (rsp_v8_set(1) - power) / rsp_v8_set(root);
    }
    return r;
}

/* What an error says of the next step over this one. */
static inline rsp_v8 growth(rsp_v8 err, uint32_t root)
{
    return inverse_root(larger(rsp_v8_set(1e-6), err), root);
}

static inline void error_put(const rsp_error_sum *sum, uint32_t n, double counts, uint32_t root,
                             double *err, double *grow)
{
    const rsp_v8 mean = rsp_v8_sqrt(sum->squares / rsp_v8_set(n > 0 ? n : 1));
    const rsp_v8 e = rsp_v8_max(mean, sum->worst * rsp_v8_set(1.0 / 3)) * rsp_v8_set(counts);
    rsp_v8_store(err, e);
    rsp_v8_store(grow, growth(e, root));
}

#endif
