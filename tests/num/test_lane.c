#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lane_twin.h"
#include "num/isa.h"
#include "num/lane.h"
#include "respite/core.h"
#include "respite/num.h"

/* A million values where the ladders are climbed, else the first of them. */
enum { TOTAL = 1 << 20, SOME = 1 << 16, CHUNK = 4096 };
static bool is_long; /* set once, by main */

typedef struct twin {
    const char *name;
    rsp_isa_level needs;
    lane_fill *fill, *scalars;
} twin;

extern lane_fill lane_fill_base_0, lane_fill_base_3, scalar_fill_base_0, scalar_fill_base_3;
#ifdef RSP_ISA_ALL
extern lane_fill lane_fill_avx2_0, lane_fill_avx2_3, lane_fill_avx512_0,
    lane_fill_avx512_3, scalar_fill_avx2_0, scalar_fill_avx2_3, scalar_fill_avx512_0,
    scalar_fill_avx512_3;
#endif

static const twin twins[] = {
    {"base -O0", RSP_ISA_LEVEL_BASE, lane_fill_base_0,
     scalar_fill_base_0},
    {"base -O3", RSP_ISA_LEVEL_BASE, lane_fill_base_3,
     scalar_fill_base_3},
#ifdef RSP_ISA_ALL
    {"avx2 -O0", RSP_ISA_LEVEL_AVX2, lane_fill_avx2_0,
     scalar_fill_avx2_0},
    {"avx2 -O3", RSP_ISA_LEVEL_AVX2, lane_fill_avx2_3,
     scalar_fill_avx2_3},
    {"avx512 -O0", RSP_ISA_LEVEL_AVX512, lane_fill_avx512_0,
     scalar_fill_avx512_0},
    {"avx512 -O3", RSP_ISA_LEVEL_AVX512, lane_fill_avx512_3,
     scalar_fill_avx512_3},
#endif
};

typedef struct arrays {
    double a[CHUNK], b[CHUNK], out[CHUNK];
} arrays;
static _Alignas(64) arrays work; /* too large for the stack */

static uint64_t random_bits(uint32_t i, uint32_t which)
{
    const uint32_t counter[4] = {i, which, 0, 0};
    const rsp_block b = rsp_philox(1, counter);
    return (uint64_t)b.word[1] << 32 | b.word[0];
}

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double unit(uint32_t i, uint32_t which)
{
    return (double)(random_bits(i, which) >> 11) * 0x1p-53;
}

/* Any double at all, the range of exp, the neighbourhood of 1, the subnormal
 * results, and edges. */
static double argument(uint32_t i, uint32_t which)
{
    static const double edges[] = {
        0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 0.1, -0.5, 1.5, -2.5, 3.0, 0x1p52,
        0x1p53, -0x1p53, 0x1p-1074, -0x1p-1074, 0x1p-1022, 0x1.fffffffffffffp-1023,
        0x1.fffffffffffffp1023, -0x1.fffffffffffffp1023, 709.782712893384,
        709.7827128933841, -745.1332191019411, -745.1332191019412, 710.0, -746.0,
        0x1.6a09e667f3bccp-1, 0x1.6a09e667f3bcdp-1, 0x1.6a09e667f3bcdp0,
        0x1.fffffffffffffp-1, 0x1.0000000000001p0, 0x1.7p9, 0x1p64, -0x1p64,
        __builtin_inf(), -__builtin_inf(), __builtin_nan("")};
    const double u = unit(i, which);
    switch ((i + 3 * which) % 8) {
    case 0: return from_bits(random_bits(i, which + 2));
    case 1: return -746.0 + 1456.0 * u;
    case 2: return 0.5 + 1.5 * u;
    case 3: return -745.2 + 38.0 * u;
    case 4: return 2.0 * u - 1.0;
    case 5: return (double)(int)(41.0 * u) - 20.0;
    case 6: return edges[(i / 8 * (which ? 1 : 37)) %
                         (sizeof edges / sizeof *edges)];
    default: return 100.0 * u * u;
    }
}

static void fill_arguments(uint32_t first)
{
    for (uint32_t i = 0; i < CHUNK; i++) {
        work.a[i] = argument(first + i, 0);
        work.b[i] = argument(first + i, 1);
    }
}

/* The one thing about a NaN that is promised is that it is one. */
static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return x != x ? 0x7ff8000000000000u : bits;
}

/* Names as in golden.txt; from LANE_HASHED on of scalars alone. */
static const struct {
    const char *name;
    lane_kind kind;
} hashed[] = {{"exp", LANE_EXP}, {"log", LANE_LOG}, {"pow", LANE_POW},
              {"uniform", LANE_UNIFORM}, {"normal", LANE_NORMAL},
              {"exponential", LANE_EXPONENTIAL}, {"quantile", LANE_QUANTILE},
              {"philox", LANE_PHILOX}, {"poisson", LANE_POISSON},
              {"binomial", LANE_BINOMIAL}};
enum { N_HASHED = sizeof hashed / sizeof *hashed };

/* golden.txt: "name first-65536 million", in the order of `hashed`. */
typedef struct golden {
    char hex[2][65];
} golden;

static void read_golden(golden out[N_HASHED])
{
    FILE *file = fopen(TEST_DIR "/golden.txt", "r");
    assert_non_null(file);
    char name[16], line[200];
    int n = 0;
    while (n < N_HASHED && fgets(line, sizeof line, file)) {
        if (line[0] != '#') {
            assert_int_equal(sscanf(line, "%15s %64s %64s", name, out[n].hex[0],
                                    out[n].hex[1]), 3);
            assert_string_equal(name, hashed[n].name);
            n++;
        }
    }
    fclose(file);
    assert_int_equal(n, N_HASHED);
}

static void add_values(rsp_sha256 *sha)
{
    for (int i = 0; i < CHUNK; i++) {
        const uint64_t bits = bits_of(work.out[i]);
        unsigned char bytes[8];
        for (int k = 0; k < 8; k++) {
            bytes[k] = (unsigned char)(bits >> 8 * k);
        }
        rsp_sha256_add(sha, bytes, sizeof bytes);
    }
}

/* Whether the values so far have the hash; prints another. */
static int differs(const char *where, const char *name, rsp_sha256 sha, const char *want)
{
    char hex[65];
    rsp_sha256_hex(&sha, hex);
    if (strcmp(hex, want) == 0) {
        return 0;
    }
    print_message("%s: %s %s\n", where, name, hex);
    return 1;
}

static int count_differences(const char *where, lane_fill *fill, int kinds,
                             const golden want[N_HASHED])
{
    rsp_sha256 sha[N_HASHED];
    int wrong = 0;
    for (int k = 0; k < kinds; k++) {
        rsp_sha256_init(&sha[k]);
    }
    const uint32_t total = is_long ? TOTAL : SOME;
    for (uint32_t first = 0; first < total; first += CHUNK) {
        fill_arguments(first);
        for (int k = 0; k < kinds; k++) {
            fill(hashed[k].kind, first, CHUNK, work.a, work.b, work.out);
            add_values(&sha[k]);
            if (first + CHUNK == SOME || first + CHUNK == TOTAL) {
                wrong += differs(where, hashed[k].name, sha[k],
                                 want[k].hex[first + CHUNK == TOTAL]);
            }
        }
    }
    return wrong;
}

static void a_million_values_have_the_committed_hash(void **state)
{
    (void)state;
    golden want[N_HASHED];
    read_golden(want);
    int wrong = 0;
    for (size_t t = 0; t < sizeof twins / sizeof *twins; t++) {
        if (twins[t].needs > rsp_isa_choose()) {
            print_message("%s: not on this processor\n", twins[t].name);
            continue;
        }
        wrong += count_differences(twins[t].name, twins[t].fill, LANE_HASHED, want);
        wrong += count_differences(twins[t].name, twins[t].scalars, N_HASHED, want);
    }
    assert_int_equal(wrong, 0);
}

static double scalar(lane_kind kind, uint32_t i, double a, double b)
{
    const rsp_stream s = {LANE_SEED, i / 1000, i, LANE_PURPOSE, LANE_CHANNEL};
    switch (kind) {
    case LANE_EXP: return rsp_exp(a);
    case LANE_LOG: return rsp_log(a);
    case LANE_POW: return rsp_pow(a, b);
    case LANE_UNIFORM: return rsp_uniform(&s, 7 * i, LANE_SUB);
    case LANE_NORMAL: return rsp_normal(&s, 7 * i, LANE_SUB);
    case LANE_EXPONENTIAL: return rsp_exponential(&s, 7 * i, LANE_SUB);
    case LANE_QUANTILE: return rsp_normal_quantile(a);
    case LANE_SQRT: return __builtin_sqrt(a);
    case LANE_ABS: return __builtin_fabs(a);
    case LANE_FLOOR: return __builtin_floor(a);
    case LANE_MIN: return a != a || a < b ? a : b;
    case LANE_MAX: return a != a || a > b ? a : b;
    case LANE_LT: return a < b;
    case LANE_LE: return a <= b;
    case LANE_EQ: return a == b;
    case LANE_NE: return a != b;
    case LANE_SELECT: return a != 0 ? b : a;
    default: return 0;
    }
}

static void compare_with_scalars(const twin *t, uint32_t count)
{
    for (uint32_t first = 0; first < count; first += CHUNK) {
        fill_arguments(first);
        for (int kind = 0; kind < LANE_KINDS; kind++) {
            t->fill((lane_kind)kind, first, CHUNK, work.a, work.b, work.out);
            for (uint32_t i = 0; i < CHUNK; i++) {
                const double one = scalar((lane_kind)kind, first + i, work.a[i],
                                          work.b[i]);
                if (bits_of(one) != bits_of(work.out[i])) {
                    fail_msg("%s, kind %d of (%a, %a): lane %a, scalar %a",
                             t->name, kind, work.a[i], work.b[i], work.out[i],
                             one);
                }
            }
        }
    }
}

static void a_lane_has_the_bits_of_the_scalar(void **state)
{
    (void)state;
    for (size_t t = 0; t < sizeof twins / sizeof *twins; t++) {
        if (twins[t].needs <= rsp_isa_choose()) {
            compare_with_scalars(&twins[t], SOME);
        }
    }
}

/* Eight different lanes, then the same value with other neighbours. */
static void a_lane_does_not_know_its_neighbours(void **state)
{
    (void)state;
    _Alignas(64) double mixed[8] = {1.5, 0.0, -1.0, 1e-310, __builtin_inf(),
                                    __builtin_nan(""), 3.0, 1e300};
    for (int i = 0; i < 8; i++) {
        const rsp_v8 same = rsp_v8_set(mixed[i]), all = rsp_v8_load(mixed);
        assert_true(bits_of(rsp_v8_log(same)[0]) == bits_of(rsp_v8_log(all)[i]));
        assert_true(bits_of(rsp_v8_exp(same)[0]) == bits_of(rsp_v8_exp(all)[i]));
        assert_true(bits_of(rsp_v8_pow(same, same)[0]) ==
                    bits_of(rsp_v8_pow(all, all)[i]));
        assert_true(bits_of(rsp_v8_normal_quantile(same)[0]) ==
                    bits_of(rsp_v8_normal_quantile(all)[i]));
    }
}

static void a_mask_is_any_where_one_lane_is_true(void **state)
{
    (void)state;
    assert_false(rsp_m8_any(rsp_v8_lt(rsp_v8_set(1), rsp_v8_set(1))));
    for (int i = 0; i < 8; i++) {
        rsp_v8 a = rsp_v8_set(1);
        a[i] = 0;
        assert_true(rsp_m8_any(rsp_v8_lt(a, rsp_v8_set(1))));
        assert_true(rsp_v8_from_mask(rsp_v8_lt(a, rsp_v8_set(1)))[i] == 1.0);
    }
}

int main(int argc, char **argv)
{
    is_long = argc > 1 && strcmp(argv[1], "million") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_values_have_the_committed_hash),
        cmocka_unit_test(a_lane_has_the_bits_of_the_scalar),
        cmocka_unit_test(a_lane_does_not_know_its_neighbours),
        cmocka_unit_test(a_mask_is_any_where_one_lane_is_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
