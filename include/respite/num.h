/* Deterministic arithmetic and counter-based random numbers.
 *
 * Everything that decides an outcome uses this header, never libm: the same
 * bits on every compiler, optimisation level and instruction set.
 *
 * Random numbers: a draw is a pure function of (seed, trial, participant,
 * purpose, channel, index, sub-draw).  Philox4x32-10 (Salmon et al. 2011):
 * key = seed; counter words
 *     0  participant                       32 bits
 *     1  trial (low 20) | sub-draw << 20   sub-draw < 4096
 *     2  purpose (low 6) | channel << 6    channel < 2^26
 *     3  index                             32 bits
 * A sampler that rejects counts on in its sub-draw.  No state, no order.
 * Threads: pure functions. */
#ifndef RESPITE_NUM_H
#define RESPITE_NUM_H

#include <stddef.h>
#include <stdint.h>

/* ---- Scalars with the same bits as the lanes of src/num/lane.h.
 * exp, log: error < 1 ulp over the whole range; pow < 2 ulp.  exp(x > 709.79)
 * = inf, exp(x < -745.2) = 0, log(0) = -inf, log(x < 0) = NaN, pow as C99 for
 * finite arguments. */
double rsp_exp(double x);
double rsp_log(double x);
double rsp_pow(double x, double y);
double rsp_log1p(double x);  /* < 2 ulp */
double rsp_expm1(double x);  /* < 4 ulp */
double rsp_lgamma(double x); /* x > 0; error < 1e-14 max(1, |lgamma x|) */

/* ---- Streams. */
typedef enum rsp_purpose { /* part of every result: append only */
    RSP_PURPOSE_TRAIT = 1,     /* between people: channel = parameter */
    RSP_PURPOSE_UNCERTAIN = 2, /* once a replicate trial: channel = parameter */
    RSP_PURPOSE_INITIAL = 3,   /* sampled initial values: channel = species */
    RSP_PURPOSE_SCHEDULE = 4,  /* days drawn per participant */
    RSP_PURPOSE_VISIT = 5,     /* window and missed visits: index = visit */
    RSP_PURPOSE_ASSAY = 6,     /* channel = assay, index = visit */
    RSP_PURPOSE_DROPOUT = 7,
    RSP_PURPOSE_EVENT = 8,     /* exact firing: channel = reaction, index = n-th */
    RSP_PURPOSE_LEAP = 9,      /* leap noise: channel = reaction, index = step */
    RSP_PURPOSE_BRIDGE = 10,   /* reads inside a random step */
    RSP_PURPOSE_ROUND = 11,    /* to whole cells: channel = species */
    RSP_PURPOSE_PRODUCT = 12,  /* manufacturing: dose, failure */
    RSP_PURPOSE_COVARIATE = 13,/* age, sex, ...: channel = covariate */
    RSP_PURPOSE_RANDOMISE = 14,
    RSP_PURPOSE_BATCH = 15,    /* assay run shared by a batch */
    RSP_PURPOSE_USER = 16,     /* bootstrap and permutation */
    RSP_PURPOSE_CANDIDATE = 17,/* direct method: the n-th candidate event, n its
                                  index + 2^32 channel */
    RSP_PURPOSE_TIE = 18,      /* which of equal events comes first: index = n-th lot */
    RSP_PURPOSE_CLONE = 19     /* clones: channel = population 2^20 + barcode; index 0
                                  and 1: size and genotype, 2 n and 2 n + 1: interval n */
} rsp_purpose;

typedef struct rsp_stream { /* where draws come from; a small value */
    uint64_t seed;
    uint32_t trial;       /* < 2^20 */
    uint32_t participant;
    uint32_t purpose;
    uint32_t channel;     /* < 2^26 */
} rsp_stream;

#define RSP_PARTICIPANT_NONE UINT32_C(0xffffffff) /* draws of a whole trial */

/* The channel of a name: FNV-1a folded to 26 bits.  Callers that register many
 * names check that no two collide. */
uint32_t rsp_channel(const char *name);

typedef struct rsp_block {
    uint32_t word[4];
} rsp_block;
rsp_block rsp_philox(uint64_t key, const uint32_t counter[4]); /* 10 rounds */
/* The 128 bits of a draw: words 0 and 1 are what rsp_uniform is made from. */
rsp_block rsp_stream_block(const rsp_stream *s, uint32_t index, uint32_t sub);

/* Uniform on the open interval (0,1): (k + 1/2) 2^-52, k the top 52 bits of
 * words 0 and 1 (word 1 high); symmetric about 1/2. */
double rsp_uniform(const rsp_stream *s, uint32_t index, uint32_t sub);
double rsp_exponential(const rsp_stream *s, uint32_t index, uint32_t sub);
/* Inverse normal CDF (Wichura 1988, AS 241 PPND16) of the uniform. */
double rsp_normal(const rsp_stream *s, uint32_t index, uint32_t sub);
double rsp_normal_quantile(double p);
double rsp_normal_cdf(double x); /* deterministic; |error| < 1e-14 */

/* Samplers; `index` names the decision, sub-draws are used from 0 on.
 * Counts are exact whole numbers in doubles, at any mean; from 1e15 on they are
 * rounded normals.  A negative mean or probability counts as 0, a probability
 * above 1 as 1; a NaN gives NaN.  A sampler that used up its 4096 sub-draws
 * would return its mode; at two attempts in three accepted it never does. */
double rsp_poisson(const rsp_stream *s, uint32_t index, double mean);
double rsp_binomial(const rsp_stream *s, uint32_t index, double n, double p);
double rsp_gamma(const rsp_stream *s, uint32_t index, double shape, double scale);
double rsp_beta(const rsp_stream *s, uint32_t index, double a, double b);
/* Mean m, shape k: variance m + m^2/k. */
double rsp_negative_binomial(const rsp_stream *s, uint32_t index, double shape,
                             double mean);
/* out[i] sums to n; p[i] >= 0 need not sum to one (normalised).  All p[i] zero
 * with n > 0 gives NaN.  k up to 2,000. */
void rsp_multinomial(const rsp_stream *s, uint32_t index, double n,
                     size_t k, const double *p, double *out);

/* Gauss-Hermite nodes and weights for the standard normal: sum w f(z) ~ E f(Z);
 * n from 1 to 64. */
void rsp_gauss_hermite(int n, double *z, double *w);

/* ---- The instruction set in use: "base", "avx2" or "avx512".  RESPITE_ISA in
 * the environment may choose a lower one (never a higher; an unknown word means
 * base).  No result depends on it. */
const char *rsp_isa(void);

#endif
