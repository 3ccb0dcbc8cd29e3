#include "respite/core.h"

#include <string.h>

/* FIPS 180-4, section 4.2.2: cube roots of the first 64 primes. */
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int n)
{
    return (x >> n) | (x << (32 - n));
}

/* One round, with word a of FIPS 180-4 at s[first % 8], b behind it, ... */
static inline void mix(uint32_t s[8], int first, uint32_t kw)
{
    uint32_t a = s[first & 7], b = s[(first + 1) & 7], c = s[(first + 2) & 7];
    uint32_t e = s[(first + 4) & 7], f = s[(first + 5) & 7];
    uint32_t g = s[(first + 6) & 7], h = s[(first + 7) & 7];
    uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                  ((e & f) ^ (~e & g)) + kw;
    uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
                  ((a & b) ^ (a & c) ^ (b & c));
    s[(first + 3) & 7] += t1;
    s[(first + 7) & 7] = t1 + t2;
}

static void compress(rsp_sha256 *sha, const unsigned char *p)
{
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++) {
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
               (uint32_t)p[4 * i + 2] << 8 | (uint32_t)p[4 * i + 3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3)) +
               w[i - 7] + (rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10));
    }
    memcpy(s, sha->h, sizeof s);
    /* The eight words change places every round; after eight they are back. */
    for (int i = 0; i < 64; i += 8) {
        for (int k = 0; k < 8; k++) {
            mix(s, 8 - k, K[i + k] + w[i + k]);
        }
    }
    for (int i = 0; i < 8; i++) {
        sha->h[i] += s[i];
    }
}

void rsp_sha256_init(rsp_sha256 *sha)
{
    *sha = (rsp_sha256){.h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                              0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void rsp_sha256_add(rsp_sha256 *sha, const void *data, size_t length)
{
    const unsigned char *p = data;
    size_t used = (size_t)(sha->length % 64);
    sha->length += length;
    while (length) {
        size_t n = 64 - used < length ? 64 - used : length;
        memcpy(sha->block + used, p, n);
        used += n;
        p += n;
        length -= n;
        if (used == 64) {
            compress(sha, sha->block);
            used = 0;
        }
    }
}

void rsp_sha256_hex(rsp_sha256 *sha, char out[65])
{
    uint64_t bits = sha->length * 8;
    unsigned char end[72] = {0x80};
    size_t pad = (size_t)(119 - sha->length % 64) % 64 + 1;
    for (size_t i = 0; i < 8; i++) {
        end[pad + i] = (unsigned char)(bits >> (56 - 8 * i));
    }
    rsp_sha256_add(sha, end, pad + 8);
    for (size_t i = 0; i < 8; i++) {
        snprintf(out + 8 * i, 9, "%08x", sha->h[i]);
    }
}
