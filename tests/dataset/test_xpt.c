/* SAS transport files: the vector byte for byte, numbers to the bit, damage named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/ibm.h"
#include "respite/num.h"
#include "respite/xpt.h"

static const char *vectors; /* the directory, set by main before any test */

static char *vector_path(void)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/adtte_example.xpt", vectors);
    return path;
}

static rsp_arena *arena;

static int begin(void **state)
{
    (void)state;
    arena = rsp_arena_new();
    return arena ? 0 : 1;
}

static int end(void **state)
{
    (void)state;
    rsp_arena_free(arena);
    return 0;
}

static rsp_xpt read_text(const rsp_text *text)
{
    rsp_xpt t;
    rsp_error err = {0};
    if (rsp_xpt_read_bytes("x.xpt", text->data, text->length, arena, &t, &err) != RSP_OK) {
        fail_msg("%s", err.message);
    }
    return t;
}

static void must_fail(const rsp_text *text, const char *message)
{
    rsp_xpt t;
    rsp_error err = {0};
    assert_int_equal(rsp_xpt_read_bytes("x.xpt", text->data, text->length, arena, &t, &err),
                     RSP_DATA);
    assert_string_equal(err.source, "x.xpt");
    if (!strstr(err.message, message)) {
        fail_msg("'%s' does not say '%s'", err.message, message);
    }
}

static void must_not_write(const rsp_xpt *t, rsp_status code, const char *message)
{
    rsp_text out = {0};
    rsp_error err = {0};
    rsp_text_add(&out, "before");
    assert_int_equal(rsp_xpt_write(t, &out, &err), code);
    assert_string_equal(out.data, "before"); /* as it was */
    if (!strstr(err.message, message)) {
        fail_msg("'%s' does not say '%s'", err.message, message);
    }
    rsp_text_fini(&out);
}

/* ---- Numbers. */
static void known_numbers_have_the_bytes_of_the_published_format(void **state)
{
    (void)state;
    static const struct {
        double x;
        unsigned char b[8];
    } known[] = {
        {0, {0}},
        {1, {0x41, 0x10}},
        {-1, {0xc1, 0x10}},
        {2, {0x41, 0x20}},
        {3.141592653589793, {0x41, 0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30}},
        {-118.625, {0xc2, 0x76, 0xa0}}, /* the textbook's */
        {0.1, {0x40, 0x19, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a}},
        {16, {0x42, 0x10}},
        {1.0 / 16, {0x40, 0x10}},
        {0x1p-260, {0x00, 0x10}}, /* the least */
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        unsigned char b[8];
        assert_true(rsp_ibm_encode(known[i].x, b));
        assert_memory_equal(b, known[i].b, 8);
        assert_true(rsp_ibm_decode(b, 8) == known[i].x);
    }
}

static void numbers_survive_to_the_bit(void **state)
{
    (void)state;
    const rsp_stream s = {.seed = 5, .purpose = RSP_PURPOSE_USER};
    unsigned char b[8];
    for (uint32_t i = 0; i < 200000; i++) {
        int exponent = (int)(rsp_uniform(&s, i, 1) * 511) - 259;
        double x = ldexp(0.5 + rsp_uniform(&s, i, 0) / 2, exponent);
        x = i % 2 ? -x : x;
        if (!rsp_ibm_encode(x, b) || rsp_ibm_decode(b, 8) != x) {
            fail_msg("%a", x);
        }
        assert_true(b[1] >= 0x10); /* normalised */
    }
    assert_true(rsp_ibm_encode(0x1p252 - 0x1p199, b)); /* the greatest below 16^63 */
    assert_true(rsp_ibm_decode(b, 8) == 0x1p252 - 0x1p199);
}

static void numbers_beyond_the_format_are_refused_and_never_cut(void **state)
{
    (void)state;
    static const double bad[] = {0x1p252, -0x1p252, 0x1.fffffffffffffp-261, 5e-324, 1e300,
                                 INFINITY, -INFINITY, NAN};
    unsigned char b[8];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(rsp_ibm_encode(bad[i], b));
    }
    assert_true(rsp_ibm_encode(-0.0, b));
    assert_false(signbit(rsp_ibm_decode(b, 8)));
}

static void short_and_unnormalised_numbers_are_read(void **state)
{
    (void)state;
    static const unsigned char pi[8] = {0x41, 0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30};
    assert_true(rsp_ibm_decode(pi, 3) == 0x3243 / 4096.0);
    static const unsigned char one[8] = {0x42, 0x01};
    assert_true(rsp_ibm_decode(one, 8) == 1);
    static const unsigned char zero[8] = {0x80};
    assert_true(rsp_ibm_decode(zero, 8) == 0 && !signbit(rsp_ibm_decode(zero, 8)));
    /* 56 bits: one more than half of the last of 53 goes up, half goes to even. */
    static const unsigned char up[8] = {0x41, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfd};
    assert_true(rsp_ibm_decode(up, 8) == 16);
}

/* ---- The vector: made by a program of libreadstat 1.1.8, read back by R's haven. */
static void the_vector_is_read_and_written_byte_for_byte(void **state)
{
    (void)state;
    rsp_xpt t;
    rsp_error err = {0};
    if (rsp_xpt_read(vector_path(), arena, &t, &err) != RSP_OK) {
        fail_msg("%s", err.message);
    }
    assert_string_equal(t.name, "ADTTE");
    assert_string_equal(t.label, "Time-to-Event Analysis");
    assert_string_equal(t.created, "01JAN20:00:00:00");
    assert_int_equal(t.n_rows, 3);
    assert_int_equal(t.n_variables, 7);
    assert_string_equal(t.variables[1].name, "USUBJID");
    assert_string_equal(t.variables[1].texts[2], "CAR-S03");
    assert_null(t.variables[3].texts);
    assert_true(t.variables[3].numbers[0] == 49 && t.variables[3].numbers[2] == 0.1);
    assert_string_equal(t.variables[5].format, "DATE");
    assert_int_equal(t.variables[5].width, 9);
    assert_true(isnan(t.variables[6].numbers[2]));
    assert_int_equal(t.variables[6].missing[2], '.');
    assert_int_equal(t.variables[6].missing[1], 0);
    /* AVAL is the difference of the dates. */
    assert_true(t.variables[6].numbers[1] - t.variables[5].numbers[1] ==
                t.variables[3].numbers[1]);

    rsp_text out = {0};
    char *bytes = NULL;
    size_t length = 0;
    assert_int_equal(rsp_xpt_write(&t, &out, NULL), RSP_OK);
    assert_int_equal(rsp_file_read_bytes(vector_path(), 0, &bytes, &length, NULL), RSP_OK);
    assert_int_equal(out.length, length);
    assert_memory_equal(out.data, bytes, length);
    rsp_sha256 sha;
    char hex[65];
    rsp_sha256_init(&sha);
    rsp_sha256_add(&sha, out.data, out.length);
    rsp_sha256_hex(&sha, hex);
    assert_string_equal(hex, "41926b2c7463181e94e436952e542e188b68c35bba312132d4dee05a0bf817d7");
    free(bytes);
    rsp_text_fini(&out);
}

/* ---- Tables of our own. */
static const char *const NAMES[] = {"A", "", "C, \"d\"", "\xc3\xa9"};
static const double VALUES[] = {1.5, NAN, NAN, -1e-30};
static const char REASONS[] = {0, 'B', 0, 0};

static rsp_xpt small(rsp_xpt_variable v[2])
{
    v[0] = (rsp_xpt_variable){.name = "NAME", .label = "A name", .length = 6, .texts = NAMES};
    v[1] = (rsp_xpt_variable){.name = "X_1", .format = "BEST", .width = 12, .decimals = 3,
                              .length = 8, .numbers = VALUES, .missing = REASONS};
    return (rsp_xpt){.name = "SMALL", .created = "01JAN60:00:00:00", .variables = v,
                     .n_variables = 2, .n_rows = 4};
}

static rsp_text written(const rsp_xpt *t)
{
    rsp_text out = {0};
    rsp_error err = {0};
    if (rsp_xpt_write(t, &out, &err) != RSP_OK) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(out.length % 80, 0);
    return out;
}

static void what_was_written_is_read_back(void **state)
{
    (void)state;
    rsp_xpt_variable v[2];
    rsp_xpt t = small(v);
    rsp_text out = written(&t);
    rsp_xpt u = read_text(&out);
    assert_string_equal(u.name, "SMALL");
    assert_string_equal(u.created, "01JAN60:00:00:00");
    assert_int_equal(u.n_rows, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(u.variables[0].texts[i], NAMES[i]);
        assert_true(u.variables[1].numbers[i] == VALUES[i] || isnan(VALUES[i]));
    }
    assert_string_equal(u.variables[0].label, "A name");
    assert_string_equal(u.variables[1].format, "BEST");
    assert_int_equal(u.variables[1].width, 12);
    assert_int_equal(u.variables[1].decimals, 3);
    assert_int_equal(u.variables[1].missing[1], 'B');
    assert_int_equal(u.variables[1].missing[2], '.');
    rsp_text csv = {0};
    rsp_xpt_csv(&u, &csv);
    assert_string_equal(csv.data, "NAME,X_1\nA,1.5\n,\n\"C, \"\"d\"\"\",\n\xc3\xa9,-1e-30\n");
    rsp_text_fini(&csv);
    rsp_text_fini(&out);
}

/* Every number of rows against every width: the blanks that fill the last record up
 * are never a row, a row is never taken for them. */
static void the_number_of_rows_is_found_for_any_width(void **state)
{
    (void)state;
    const char *x[200];
    for (size_t i = 0; i < 200; i++) {
        x[i] = i % 7 == 3 ? "" : "x"; /* empty rows between are rows */
    }
    for (size_t width = 1; width <= 200; width += width < 20 ? 1 : 9) {
        for (size_t rows = 0; rows <= 170; rows++) {
            if (rows > 0 && x[rows - 1][0] == '\0') {
                continue;
            }
            rsp_xpt_variable v = {.name = "T", .length = width, .texts = x};
            rsp_xpt t = {.name = "T", .variables = &v, .n_variables = 1, .n_rows = rows};
            rsp_text out = written(&t);
            rsp_xpt u = read_text(&out);
            if (u.n_rows != rows) {
                fail_msg("width %zu: %zu rows, not %zu", width, u.n_rows, rows);
            }
            rsp_text_fini(&out);
        }
    }
}

static void an_empty_last_row_is_refused_where_it_would_be_lost(void **state)
{
    (void)state;
    static const char *const x[] = {"x", ""};
    rsp_xpt_variable v = {.name = "T", .length = 10, .texts = x};
    rsp_xpt t = {.name = "T", .variables = &v, .n_variables = 1, .n_rows = 2};
    must_not_write(&t, RSP_RANGE, "row 2, the last, is empty");
    v.length = 80; /* a record of its own is no filling */
    rsp_text out = written(&t);
    assert_int_equal(read_text(&out).n_rows, 2);
    rsp_text_fini(&out);
}

static void what_the_format_cannot_hold_is_refused_by_row_and_variable(void **state)
{
    (void)state;
    rsp_xpt_variable v[2];
    rsp_xpt t = small(v);
    strcpy(v[0].name, "name");
    must_not_write(&t, RSP_NAME, "'name'");
    strcpy(v[0].name, "X_1");
    must_not_write(&t, RSP_NAME, "twice");
    strcpy(v[0].name, "1A");
    must_not_write(&t, RSP_NAME, "'1A'");
    t = small(v);
    t.name[0] = '\0';
    must_not_write(&t, RSP_NAME, "data set ''");
    t = small(v);
    v[0].length = 5;
    must_not_write(&t, RSP_RANGE, "row 3, NAME");
    v[0].length = 201;
    must_not_write(&t, RSP_RANGE, "201 bytes");
    t = small(v);
    v[1].length = 4; /* 1.5 fits, -1e-30 needs more */
    must_not_write(&t, RSP_RANGE, "row 4, X_1");
    t = small(v);
    static const double huge[4] = {1, 2, 1e80, 3};
    v[1].numbers = huge;
    must_not_write(&t, RSP_RANGE, "row 3, X_1: 1e+80");
    static const char strange[4] = {0, 'b', 0, 0};
    t = small(v);
    v[1].missing = strange;
    must_not_write(&t, RSP_RANGE, "row 2, X_1: missing by 'b'");
    static const char *const blank[4] = {"a", "b ", "c", "d"}, *const control[4] = {"\x01"};
    t = small(v);
    v[0].texts = blank;
    must_not_write(&t, RSP_RANGE, "row 2, NAME");
    v[0].texts = control;
    must_not_write(&t, RSP_RANGE, "row 1, NAME");
    t = small(v);
    t.n_variables = 0;
    must_not_write(&t, RSP_RANGE, "0 variables");
}

/* ---- Damage.  Offsets of the small table as written. */
enum { DESCRIPTIONS = 640, ROWS = 640 + 320 + 80 };

static rsp_text damaged(size_t at, const void *bytes, size_t n)
{
    rsp_xpt_variable v[2];
    rsp_xpt t = small(v);
    rsp_text out = written(&t);
    memcpy(out.data + at, bytes, n);
    return out;
}

static void damage_is_named_with_its_place(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        const char *bytes;
        size_t n;
        const char *message;
    } cases[] = {
        {0, "X", 1, "not a SAS transport file"},
        {20, "LIBV8  ", 7, "version 8"},
        {0, "**COMPRESSED**", 14, "CPORT"},
        {240 + 20, "MEMBEX", 6, "byte 241: the member header"},
        {240 + 74, "0144", 4, "descriptions of 144 bytes"},
        {240 + 74, "01x0", 4, "descriptions of -1 bytes"},
        {320 + 20, "X", 1, "descriptor header"},
        {400 + 8, "        ", 8, "the name of data set 1"},
        {560 + 20, "X", 1, "header of the variables"},
        {560 + 54, "0000", 4, "no count"},
        {560 + 54, "9999", 4, "cut short"},
        {560 + 54, "0001", 4, "header of the rows"},
        {DESCRIPTIONS, "\0\3", 2, "of type 3"},
        {DESCRIPTIONS + 4, "\0\0", 2, "0 bytes"},
        {DESCRIPTIONS + 140 + 4, "\0\x09", 2, "9 bytes"},
        {DESCRIPTIONS + 140 + 4, "\0\1", 2, "1 bytes"},
        {DESCRIPTIONS + 140 + 84, "\0\0\0\7", 4, "begins at byte 7 of a row: 6 is expected"},
        {DESCRIPTIONS + 8, "N ME", 4, "the name of variable 1"},
        {DESCRIPTIONS + 140 + 8, "NAME    ", 8, "variable NAME is there twice"},
        {DESCRIPTIONS + 140 + 8, "name    ", 8, "variable NAME is there twice"},
        {DESCRIPTIONS + 16, "\xff", 1, "variable NAME: the label of a variable holds bytes"},
        {ROWS + 14, "\xe9", 1, "row 2, NAME holds bytes that are not UTF-8"},
        {ROWS, "\1x", 2, "row 1, NAME holds a control character"},
        {ROWS + 75, "x", 1, "row 6 is cut short: 10 of 14 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rsp_text out = damaged(cases[i].at, cases[i].bytes, cases[i].n);
        must_fail(&out, cases[i].message);
        rsp_text_fini(&out);
    }
}

/* All rows but those of a record that ends where a row does: that cannot be seen. */
static void a_file_cut_short_anywhere_is_refused(void **state)
{
    (void)state;
    static const char *const x[] = {"row 1", "row 2", "row 3", "row 4", "row 5"};
    rsp_xpt_variable v = {.name = "T", .length = 90, .texts = x};
    rsp_xpt t = {.name = "T", .variables = &v, .n_variables = 1, .n_rows = 5};
    rsp_text out = written(&t);
    size_t whole = out.length, rows = whole - 480;
    for (size_t n = 0; n < whole; n++) {
        out.length = n;
        rsp_xpt u;
        rsp_error err = {0};
        rsp_status s = rsp_xpt_read_bytes("x.xpt", out.data, n, arena, &u, &err);
        bool at_a_row = n == rows;
        if ((s == RSP_OK) != at_a_row || (!at_a_row && !err.message[0])) {
            fail_msg("cut after %zu bytes: %s", n, err.message);
        }
    }
    out.length = whole;
    rsp_text_fini(&out);
}

static void blanks_of_a_row_cut_short_are_not_taken_for_what_fills_a_record(void **state)
{
    (void)state;
    static const char *const first[] = {"a", ""}, *const second[] = {"b", "c"};
    rsp_xpt_variable v[2] = {{.name = "A", .length = 190, .texts = first},
                             {.name = "B", .length = 10, .texts = second}};
    rsp_xpt t = {.name = "T", .variables = v, .n_variables = 2, .n_rows = 2};
    rsp_text out = written(&t); /* five records of rows; the second row begins in the third */
    out.length -= 80;
    must_fail(&out, "row 2 is cut short: 120 of 200 bytes");
    rsp_text_fini(&out);
}

static void texts_filled_up_with_zero_bytes_are_read(void **state)
{
    (void)state;
    rsp_text out = damaged(ROWS, "A\0\0\0\0\0", 6);
    assert_string_equal(read_text(&out).variables[0].texts[0], "A");
    rsp_text_fini(&out);
}

static void several_data_sets_in_a_file_are_refused(void **state)
{
    (void)state;
    rsp_xpt_variable v[2];
    rsp_xpt t = small(v);
    rsp_text out = written(&t), two = written(&t);
    rsp_text_add_n(&two, out.data + 240, out.length - 240);
    must_fail(&two, "a second data set");
    rsp_text_fini(&out);
    rsp_text_fini(&two);
}

/* ---- Times and dates. */
static void times_are_those_of_the_calendar(void **state)
{
    (void)state;
    char out[17];
    assert_true(rsp_xpt_time(1577836800, out));
    assert_string_equal(out, "01JAN20:00:00:00");
    assert_true(rsp_xpt_time(951825599, out));
    assert_string_equal(out, "29FEB00:11:59:59");
    assert_true(rsp_xpt_time(-1, out));
    assert_string_equal(out, "31DEC69:23:59:59");
    assert_true(rsp_xpt_time(-315619200, out));
    assert_string_equal(out, "01JAN60:00:00:00");
    assert_false(rsp_xpt_time(-315619201, out));
    assert_true(rsp_xpt_time(INT64_C(2840140799), out));
    assert_string_equal(out, "31DEC59:23:59:59");
    assert_false(rsp_xpt_time(INT64_C(2840140800), out));
    assert_false(rsp_xpt_time(INT64_MAX, out));
}

static void days_count_from_the_first_of_january_1960(void **state)
{
    (void)state;
    assert_true(rsp_xpt_date(1960, 1, 1) == 0);
    assert_true(rsp_xpt_date(1970, 1, 1) == 3653);
    assert_true(rsp_xpt_date(1959, 12, 31) == -1);
    assert_true(rsp_xpt_date(2000, 2, 29) == 14669);
    assert_true(rsp_xpt_date(2026, 11, 21) == 24431);
    assert_true(isnan(rsp_xpt_date(1900, 2, 29)));
    assert_true(isnan(rsp_xpt_date(2021, 4, 31)));
    assert_true(isnan(rsp_xpt_date(2021, 13, 1)));
    assert_true(isnan(rsp_xpt_date(1500, 1, 1)));
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    rsp_xpt t;
    rsp_error err;
    assert_int_equal(rsp_xpt_read("/nowhere/x.xpt", arena, &t, &err), RSP_NOFILE);
    assert_non_null(strstr(err.message, "/nowhere/x.xpt"));
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s VECTORS\n", argv[0]);
        return 64;
    }
    vectors = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_numbers_have_the_bytes_of_the_published_format),
        cmocka_unit_test(numbers_survive_to_the_bit),
        cmocka_unit_test(numbers_beyond_the_format_are_refused_and_never_cut),
        cmocka_unit_test(short_and_unnormalised_numbers_are_read),
        cmocka_unit_test_setup_teardown(the_vector_is_read_and_written_byte_for_byte, begin, end),
        cmocka_unit_test_setup_teardown(what_was_written_is_read_back, begin, end),
        cmocka_unit_test_setup_teardown(the_number_of_rows_is_found_for_any_width, begin, end),
        cmocka_unit_test_setup_teardown(an_empty_last_row_is_refused_where_it_would_be_lost, begin,
                                        end),
        cmocka_unit_test(what_the_format_cannot_hold_is_refused_by_row_and_variable),
        cmocka_unit_test_setup_teardown(damage_is_named_with_its_place, begin, end),
        cmocka_unit_test_setup_teardown(a_file_cut_short_anywhere_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(
            blanks_of_a_row_cut_short_are_not_taken_for_what_fills_a_record, begin, end),
        cmocka_unit_test_setup_teardown(texts_filled_up_with_zero_bytes_are_read, begin, end),
        cmocka_unit_test_setup_teardown(several_data_sets_in_a_file_are_refused, begin, end),
        cmocka_unit_test(times_are_those_of_the_calendar),
        cmocka_unit_test(days_count_from_the_first_of_january_1960),
        cmocka_unit_test_setup_teardown(a_file_that_is_not_there_is_named, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
