/* The scalars and samplers of num.h once more, compiled as the lanes beside them are:
 * the text itself, under other names. */
#define GLUE(name, isa) name##_twin_##isa
#define GLUE_EXPANDED(name, isa) GLUE(name, isa)
#define TWIN(name) GLUE_EXPANDED(name, RSP_ISA)
#define rsp_channel TWIN(channel)
#define rsp_philox TWIN(philox)
#define rsp_exp TWIN(exp)
#define rsp_log TWIN(log)
#define rsp_pow TWIN(pow)
#define rsp_log1p TWIN(log1p)
#define rsp_expm1 TWIN(expm1)
#define rsp_lgamma TWIN(lgamma)
#define rsp_stream_block TWIN(stream_block)
#define rsp_uniform TWIN(uniform)
#define rsp_uniform_pair TWIN(uniform_pair)
#define rsp_exponential TWIN(exponential)
#define rsp_normal TWIN(normal)
#define rsp_normal_quantile TWIN(normal_quantile)
#define rsp_normal_cdf TWIN(normal_cdf)
#define rsp_poisson TWIN(poisson)
#define rsp_binomial TWIN(binomial)
#define rsp_gamma TWIN(gamma)
#define rsp_beta TWIN(beta)
#define rsp_negative_binomial TWIN(negative_binomial)
#define rsp_multinomial TWIN(multinomial)

#include "../../src/num/math.c"
#include "../../src/num/sample.c"
#include "../../src/num/stream.c"

#include "lane_twin.h"
#include "num/isa.h"

lane_fill RSP_ISA_NAME(scalar_fill);

/* Words of a block as two numbers that a double holds, one after the other. */
static double philox_word(const rsp_stream *s, uint32_t i)
{
    const uint32_t counter[4] = {s->participant, i, s->channel, 7 * i};
    const rsp_block b = rsp_philox(s->seed, counter);
    return i % 2 ? (double)((uint64_t)b.word[0] << 20 | b.word[1] >> 12)
                 : (double)((uint64_t)b.word[2] << 20 | b.word[3] >> 12);
}

/* Means over twelve decades and the borders of the samplers' methods. */
static double some_mean(uint32_t i, double u)
{
    static const double sizes[] = {1e-3, 0.1, 1, 10, 30, 1e3, 1e6, 1e9, 1e12, 1e15};
    return sizes[i % 10] * (0.5 + u);
}

static double one(lane_kind kind, uint32_t i, double a, double b)
{
    const rsp_stream s = {LANE_SEED, i / 1000, i, LANE_PURPOSE, LANE_CHANNEL};
    const double u = rsp_uniform(&s, 7 * i, LANE_SUB + 1);
    switch (kind) {
    case LANE_EXP: return rsp_exp(a);
    case LANE_LOG: return rsp_log(a);
    case LANE_POW: return rsp_pow(a, b);
    case LANE_UNIFORM: return rsp_uniform(&s, 7 * i, LANE_SUB);
    case LANE_NORMAL: return rsp_normal(&s, 7 * i, LANE_SUB);
    case LANE_EXPONENTIAL: return rsp_exponential(&s, 7 * i, LANE_SUB);
    case LANE_QUANTILE: return rsp_normal_quantile(a);
    case LANE_PHILOX: return philox_word(&s, i);
    case LANE_POISSON: return rsp_poisson(&s, 7 * i, some_mean(i, u));
    case LANE_BINOMIAL: return rsp_binomial(&s, 7 * i, some_mean(i, 0.5), u * u);
    default: return 0;
    }
}

void RSP_ISA_NAME(scalar_fill)(lane_kind kind, uint32_t first, size_t n, const double *a,
                               const double *b, double *out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = one(kind, first + i, a[i], b[i]);
    }
}
