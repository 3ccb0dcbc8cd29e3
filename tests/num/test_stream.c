/* setenv */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "num/stream.h"
#include "respite/num.h"

#ifdef HAVE_RANDOM123
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#include <Random123/philox.h>
#pragma GCC diagnostic pop
#endif

static void philox_gives_the_known_answers(void **state)
{
    (void)state;
    FILE *file = fopen(TEST_DIR "/philox_kat.txt", "r");
    assert_non_null(file);
    char line[160];
    int cases = 0;
    while (fgets(line, sizeof line, file)) {
        uint32_t w[10];
        if (line[0] == '#') {
            continue;
        }
        assert_int_equal(sscanf(line, "%x %x %x %x %x %x %x %x %x %x", &w[0],
                                &w[1], &w[2], &w[3], &w[4], &w[5], &w[6], &w[7],
                                &w[8], &w[9]), 10);
        const rsp_block b = rsp_philox((uint64_t)w[5] << 32 | w[4], w);
        assert_memory_equal(b.word, w + 6, sizeof b.word);
        cases++;
    }
    fclose(file);
    assert_int_equal(cases, 3);
}

static void philox_agrees_with_random123(void **state)
{
    (void)state;
#ifdef HAVE_RANDOM123
    for (uint32_t i = 0; i < 100000; i++) {
        const uint32_t m = i * 2654435761u;
        const uint32_t c[4] = {m, i, ~m, m ^ 0x55555555u};
        const philox4x32_ctr_t counter = {{c[0], c[1], c[2], c[3]}};
        const philox4x32_key_t key = {{m * 3, ~i}};
        const philox4x32_ctr_t theirs = philox4x32_R(10, counter, key);
        const rsp_block ours = rsp_philox((uint64_t)~i << 32 | m * 3, c);
        assert_memory_equal(ours.word, theirs.v, sizeof ours.word);
    }
#else
    print_message("Random123 is not installed\n");
    skip();
#endif
}

/* The counter's layout is part of every result. */
static void the_counter_is_packed_as_documented(void **state)
{
    (void)state;
    const rsp_stream s = {0x0123456789abcdefu, 0xabcde, 0x87654321u, 9,
                          0x2345678u};
    const uint32_t c[4] = {0x87654321u, 0xabcde | 0x123u << 20,
                           9 | 0x2345678u << 6, 0xdeadbeefu};
    const rsp_block b = rsp_philox(s.seed, c);
    const uint64_t k = ((uint64_t)b.word[1] << 32 | b.word[0]) >> 12;
    const double u = ((double)k + 0.5) * 0x1p-52;
    assert_true(rsp_uniform(&s, 0xdeadbeefu, 0x123) == u);
    assert_true(rsp_exponential(&s, 0xdeadbeefu, 0x123) == -rsp_log(u));
    assert_true(rsp_normal(&s, 0xdeadbeefu, 0x123) == rsp_normal_quantile(u));
    const rsp_pair pair = rsp_uniform_pair(&s, 0xdeadbeefu, 0x123);
    const uint64_t k2 = ((uint64_t)b.word[3] << 32 | b.word[2]) >> 12;
    assert_true(pair.first == u);
    assert_true(pair.second == ((double)k2 + 0.5) * 0x1p-52);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* All combinations of values at both ends of each field, and all neighbours:
 * were two fields to overlap, two of these would be alike.  By chance two of
 * 63,000 52-bit numbers are alike in one suite of two million. */
static void no_two_draws_are_alike(void **state)
{
    (void)state;
    static const uint32_t participants[] = {0, 1, 1000, 0x80000000u, 0xffffffffu};
    static const uint32_t trials[] = {0, 1, 2, 0x80000, 0xfffff};
    static const uint32_t purposes[] = {1, 2, 9, 16, 63};
    static const uint32_t channels[] = {0, 1, 2, 63, 64, 0x2000000, 0x3ffffff};
    static const uint32_t indices[] = {0, 1, 4096, 0xffffffffu};
    static const uint32_t subs[] = {0, 1, 2, 63, 64, 255, 1024, 2048, 4095};
    enum { N = 5 * 5 * 5 * 7 * 4 * 9 * 2 };
    double *u = malloc(N * sizeof *u);
    assert_non_null(u);
    size_t n = 0;
    for (size_t i = 0; i < N; i++) {
        size_t r = i;
        rsp_stream s = {.seed = r % 2 ? 1u : 0x100000001u};
        r /= 2;
        s.participant = participants[r % 5];
        r /= 5;
        s.trial = trials[r % 5];
        r /= 5;
        s.purpose = purposes[r % 5];
        r /= 5;
        s.channel = channels[r % 7];
        r /= 7;
        const uint32_t index = indices[r % 4];
        r /= 4;
        u[n++] = rsp_uniform(&s, index, subs[r]);
    }
    qsort(u, n, sizeof *u, ascending);
    for (size_t i = 1; i < n; i++) {
        assert_true(u[i] > u[i - 1]);
    }
    free(u);
}

static void a_channel_is_26_bits_of_the_name(void **state)
{
    (void)state;
    /* FNV-1a of "" is its offset basis 0x811c9dc5, of "a" 0xe40c292c. */
    assert_int_equal(rsp_channel(""), (0x811c9dc5u >> 26) ^ 0x11c9dc5u);
    assert_int_equal(rsp_channel("a"), (0xe40c292cu >> 26) ^ 0x00c292cu);
    assert_true(rsp_channel("infect[gut,wt]") < 1u << 26);
}

static void the_environment_lowers_the_instruction_set_only(void **state)
{
    (void)state;
    char best[16];
    unsetenv("RESPITE_ISA");
    snprintf(best, sizeof best, "%s", rsp_isa());
    setenv("RESPITE_ISA", "avx512", 1);
    assert_string_equal(rsp_isa(), best);
    setenv("RESPITE_ISA", "base", 1);
    assert_string_equal(rsp_isa(), "base");
    setenv("RESPITE_ISA", "avx2", 1);
    assert_string_equal(rsp_isa(), strcmp(best, "base") == 0 ? "base" : "avx2");
    setenv("RESPITE_ISA", "nonsense", 1);
    assert_string_equal(rsp_isa(), "base");
    unsetenv("RESPITE_ISA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_known_answers),
        cmocka_unit_test(philox_agrees_with_random123),
        cmocka_unit_test(the_counter_is_packed_as_documented),
        cmocka_unit_test(no_two_draws_are_alike),
        cmocka_unit_test(a_channel_is_26_bits_of_the_name),
        cmocka_unit_test(the_environment_lowers_the_instruction_set_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
