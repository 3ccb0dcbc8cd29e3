#include "lane_twin.h"

#include "num/isa.h"
#include "num/lane.h"

static rsp_v8 draw(lane_kind kind, uint32_t first)
{
    uint64_t participant[8], trial[8], index[8];
    for (uint32_t l = 0; l < 8; l++) {
        participant[l] = first + l;
        trial[l] = (first + l) / 1000;
        index[l] = 7 * (first + l);
    }
    const rsp_lane_ids ids = {.participant = rsp_w8_load(participant),
                              .trial = rsp_w8_load(trial),
                              .index = rsp_w8_load(index)};
    if (kind == LANE_UNIFORM) {
        return rsp_v8_uniform(&ids, LANE_SEED, LANE_PURPOSE, LANE_CHANNEL,
                              LANE_SUB);
    }
    if (kind == LANE_NORMAL) {
        return rsp_v8_normal(&ids, LANE_SEED, LANE_PURPOSE, LANE_CHANNEL,
                             LANE_SUB);
    }
    return rsp_v8_exponential(&ids, LANE_SEED, LANE_PURPOSE, LANE_CHANNEL,
                              LANE_SUB);
}

static rsp_v8 eight(lane_kind kind, uint32_t first, rsp_v8 a, rsp_v8 b)
{
    switch (kind) {
    case LANE_EXP: return rsp_v8_exp(a);
    case LANE_LOG: return rsp_v8_log(a);
    case LANE_POW: return rsp_v8_pow(a, b);
    case LANE_QUANTILE: return rsp_v8_normal_quantile(a);
    case LANE_SQRT: return rsp_v8_sqrt(a);
    case LANE_ABS: return rsp_v8_abs(a);
    case LANE_FLOOR: return rsp_v8_floor(a);
    case LANE_MIN: return rsp_v8_min(a, b);
    case LANE_MAX: return rsp_v8_max(a, b);
    case LANE_LT: return rsp_v8_from_mask(rsp_v8_lt(a, b));
    case LANE_LE: return rsp_v8_from_mask(rsp_v8_le(a, b));
    case LANE_EQ: return rsp_v8_from_mask(rsp_v8_eq(a, b));
    case LANE_NE: return rsp_v8_from_mask(rsp_v8_ne(a, b));
    case LANE_SELECT: return rsp_v8_select(rsp_v8_truth(a), b, a);
    default: return draw(kind, first);
    }
}

lane_fill RSP_ISA_NAME(lane_fill);

void RSP_ISA_NAME(lane_fill)(lane_kind kind, uint32_t first, size_t n,
                             const double *a, const double *b, double *out)
{
    for (size_t i = 0; i < n; i += 8) {
        rsp_v8_store(out + i, eight(kind, first + (uint32_t)i,
                                    rsp_v8_load(a + i), rsp_v8_load(b + i)));
    }
}
