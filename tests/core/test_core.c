#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "respite/core.h"

static void sha256_gives_the_known_answers_of_fips_180_4(void **state)
{
    (void)state;
    char hex[65];
    rsp_sha256 sha;
    rsp_sha256_init(&sha);
    rsp_sha256_add(&sha, "abc", 3);
    rsp_sha256_hex(&sha, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9c"
                             "b410ff61f20015ad");
    rsp_sha256_init(&sha);
    for (int i = 0; i < 1000000; i++) {
        rsp_sha256_add(&sha, "a", 1);
    }
    rsp_sha256_hex(&sha, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e"
                             "046d39ccc7112cd0");
    for (size_t n = 50; n < 70; n++) { /* lengths around the padding's edge */
        char one[65], two[65], text[70];
        memset(text, 'x', sizeof text);
        rsp_sha256_init(&sha);
        rsp_sha256_add(&sha, text, n);
        rsp_sha256_hex(&sha, one);
        rsp_sha256_init(&sha);
        rsp_sha256_add(&sha, text, 1);
        rsp_sha256_add(&sha, text, n - 1);
        rsp_sha256_hex(&sha, two);
        assert_string_equal(one, two);
    }
}

static void numbers_are_written_shortest_and_read_back(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.0, "0"},          {-0.0, "0"},       {0.1, "0.1"},
                 {-1.5, "-1.5"},      {1e22, "1e+22"},   {1.0 / 3, "0.3333333333333333"},
                 {123456789, "123456789"}, {1e-7, "1e-07"},   {0.001, "0.001"},
                 {5e-324, "4.94066e-324"}, {1e12, "1e+12"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[RSP_NUMBER_MAX];
        size_t n = rsp_number_write(cases[i].value, out);
        assert_string_equal(out, cases[i].text);
        double back = 1;
        assert_true(rsp_number_read(out, n, &back));
        assert_true(back == cases[i].value);
    }
    double v;
    static const char *const bad[] = {"",     " 1",  "1 ", "0x10", "nan",
                                      "1e999", "1,5", "e5", "--1",  "1e"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(rsp_number_read(bad[i], strlen(bad[i]), &v));
    }
}

/* The definition, by search: the fewest digits that read back. */
static void shortest_by_search(double value, char *out)
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, RSP_NUMBER_MAX, "%.*g", digits, value);
        if (strtod(out, NULL) == value) {
            return;
        }
    }
}

static void the_shortest_decimal_is_found_without_a_search(void **state)
{
    (void)state;
    uint64_t seed = 20261121;
    for (int i = 0; i < 60000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        double unit = (double)(seed >> 11) * 0x1p-53;
        double value = ldexp(unit, (int)(seed % 50) - 9);
        if (i % 4 == 1) { /* few digits */
            value = floor(value * 1e4) / 1e4;
        } else if (i % 4 == 2) { /* neighbours of few digits */
            value = nextafter(floor(value * 100) / 100, i & 8 ? 1e15 : 0);
        } else if (i % 64 == 3) { /* powers of two: a lopsided interval */
            value = ldexp(1, (int)(seed % 49) - 9);
        }
        char got[RSP_NUMBER_MAX], want[RSP_NUMBER_MAX];
        rsp_number_write(value, got);
        assert_true(strtod(got, NULL) == value);
        if (value >= 1e-4 && value < 1e12) {
            shortest_by_search(value, want);
            if (strchr(want, 'e')) { /* 1e+02: the same digits otherwise */
                assert_true(strlen(got) <= 13);
            } else {
                assert_string_equal(got, want);
            }
        }
    }
}

static void the_nearest_name_is_offered(void **state)
{
    (void)state;
    static const char *const known[] = {"participants", "population", "product"};
    assert_string_equal(rsp_nearest("particpants", known, 3), "participants");
    assert_string_equal(rsp_nearest("populaiton", known, 3), "population");
    assert_null(rsp_nearest("zebra", known, 3));
}

static void an_error_shows_its_place(void **state)
{
    (void)state;
    rsp_error err;
    rsp_fail_at(&err, RSP_RANGE, "a.rsp", "one\ntwo\tx\nthree", 2, 4, "%d", 7);
    assert_int_equal(err.line, 2);
    assert_string_equal(err.excerpt, "two x");
    assert_int_equal(rsp_fail_in(&err, "arm '%s'", "low"), RSP_RANGE);
    assert_string_equal(err.message, "arm 'low': 7");
    assert_string_equal(err.source, "a.rsp");
}

static void text_is_utf_8_without_control_characters(void **state)
{
    (void)state;
    static const struct { const char *text; uint32_t line, column; } cases[] = {
        {"", 0, 0}, {"a\tb\r\nc \xc3\xa9 \xf0\x9f\x98\x80\n", 0, 0},
        {"a\nb\xe9" "c", 2, 2},   /* Latin-1 */
        {"a\xc3", 1, 2},          /* cut short */
        {"\xed\xa0\x80", 1, 1},   /* a surrogate */
        {"\xc0\xaf", 1, 1},       /* overlong */
        {"a\n\n\x1b[31m", 3, 1}, {"\x7f", 1, 1}, {"\xc2\x9b" "31m", 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rsp_error err = {0};
        const char *t = cases[i].text;
        rsp_status s = rsp_text_check("t", t, strlen(t), &err);
        assert_int_equal(s, cases[i].line ? RSP_DATA : RSP_OK);
        assert_int_equal(err.line, cases[i].line);
        assert_int_equal(err.column, cases[i].column);
    }
}

static void a_directory_is_held_by_one_at_a_time(void **state)
{
    (void)state;
    char dir[] = "/tmp/respite-hold-XXXXXX";
    assert_non_null(mkdtemp(dir));
    int first = -1, second = -1;
    rsp_error err = {0};
    assert_int_equal(rsp_file_hold(dir, &first, &err), RSP_OK);
    assert_int_equal(rsp_file_hold(dir, &second, &err), RSP_WRITE);
    assert_int_equal(second, -1);
    rsp_file_release(second);
    rsp_file_release(first);
    assert_int_equal(rsp_file_hold(dir, &second, &err), RSP_OK);
    rsp_file_release(second);
    assert_int_equal(rmdir(dir), 0); /* nothing was left in it */
}

static void arena_memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    rsp_arena *arena = rsp_arena_new();
    for (size_t i = 1; i < 2000; i += 37) {
        unsigned char *p = rsp_arena_alloc(arena, i, 11);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 64, 0);
        for (size_t k = 0; k < i * 11; k++) {
            assert_int_equal(p[k], 0);
        }
        memset(p, 255, i * 11);
    }
    assert_null(rsp_arena_alloc(arena, SIZE_MAX / 2, 16));
    rsp_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_known_answers_of_fips_180_4),
        cmocka_unit_test(numbers_are_written_shortest_and_read_back),
        cmocka_unit_test(the_shortest_decimal_is_found_without_a_search),
        cmocka_unit_test(the_nearest_name_is_offered),
        cmocka_unit_test(an_error_shows_its_place),
        cmocka_unit_test(text_is_utf_8_without_control_characters),
        cmocka_unit_test(a_directory_is_held_by_one_at_a_time),
        cmocka_unit_test(arena_memory_is_zeroed_and_aligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
