#include "num/stream.h"

#include <string.h>

uint32_t rsp_channel(const char *name)
{
    uint32_t h = 2166136261u; /* FNV-1a, 32 bits */
    for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
        h = (h ^ *p) * 16777619u;
    }
    return (h >> 26) ^ (h & 0x3ffffffu);
}

rsp_block rsp_philox(uint64_t key, const uint32_t counter[4])
{
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    rsp_block c = {{counter[0], counter[1], counter[2], counter[3]}};
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)c.word[0] * 0xD2511F53u;
        const uint64_t p1 = (uint64_t)c.word[2] * 0xCD9E8D57u;
        c = (rsp_block){{(uint32_t)(p1 >> 32) ^ c.word[1] ^ k0, (uint32_t)p1,
                         (uint32_t)(p0 >> 32) ^ c.word[3] ^ k1, (uint32_t)p0}};
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return c;
}

rsp_block rsp_stream_block(const rsp_stream *s, uint32_t index, uint32_t sub)
{
    const uint32_t counter[4] = {s->participant, s->trial | sub << 20,
                                 s->purpose | s->channel << 6, index};
    return rsp_philox(s->seed, counter);
}

/* (k + 1/2) 2^-52: 1 + k 2^-52 by its bits, less 1 - 2^-53; both are exact. */
static double open_interval(uint32_t low, uint32_t high)
{
    const uint64_t k = (uint64_t)high << 20 | low >> 12;
    const uint64_t bits = 0x3ff0000000000000u | k;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x - 0x1.fffffffffffffp-1;
}

double rsp_uniform(const rsp_stream *s, uint32_t index, uint32_t sub)
{
    const rsp_block b = rsp_stream_block(s, index, sub);
    return open_interval(b.word[0], b.word[1]);
}

rsp_pair rsp_uniform_pair(const rsp_stream *s, uint32_t index, uint32_t sub)
{
    const rsp_block b = rsp_stream_block(s, index, sub);
    return (rsp_pair){open_interval(b.word[0], b.word[1]),
                      open_interval(b.word[2], b.word[3])};
}

double rsp_exponential(const rsp_stream *s, uint32_t index, uint32_t sub)
{
    return -rsp_log(rsp_uniform(s, index, sub));
}

double rsp_normal(const rsp_stream *s, uint32_t index, uint32_t sub)
{
    return rsp_normal_quantile(rsp_uniform(s, index, sub));
}
