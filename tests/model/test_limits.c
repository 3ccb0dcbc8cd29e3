#define _POSIX_C_SOURCE 200809L
#include "bed.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Texts that are too much for a reader: each is answered, in little memory and
 * soon (a quadratic reader runs into the test's limit of time); and models of
 * several files. */

static void add_times(rsp_text *text, const char *part, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        rsp_text_add(text, part);
    }
}

static void assert_refused(rsp_text *text, const char *message)
{
    rsp_error err = {0};
    rsp_model *model = NULL;
    assert_false(text->failed);
    rsp_status s = rsp_model_parse(text->data, "m.rsp", &model, &err);
    if (s == RSP_OK || !strstr(err.message, message)) {
        fail_msg("says: %s\nnot: %s", s == RSP_OK ? "nothing" : err.message, message);
    }
    assert_null(model);
    assert_int_equal(rsp_status_exit(s), 65);
    rsp_text_fini(text);
}

static rsp_text head(const char *more)
{
    rsp_text text = {0};
    rsp_text_printf(&text, "model m\n%s", more);
    return text;
}

/* ---- Depth. */

static void what_nests_too_deeply_is_refused(void **state)
{
    (void)state;
    static const char *const opens[] = {"(", "-", "not ", "exp(", "if ", "2^", "min(1,",
                                        "sum(x in s: ", "root(x in 0 .. 1: "};
    for (size_t i = 0; i < sizeof opens / sizeof *opens; i++) {
        rsp_text text = head("index s = a, b\nlet a = ");
        add_times(&text, opens[i], 100000);
        assert_refused(&text, "nested too deeply");
    }
}

static void long_chains_are_no_depth(void **state)
{
    (void)state;
    bed b;
    rsp_text text = {0};
    rsp_text_add(&text, "let a = 1");
    add_times(&text, " + 1", 99999);
    rsp_text_add(&text, "\nlet l0 = 1\n");
    for (int i = 1; i < 5000; i++) { /* each uses the one before it */
        rsp_text_printf(&text, "let l%d = l%d + 1\n", i, i - 1);
    }
    for (int i = 1; i < 5000; i++) { /* and the one after it */
        rsp_text_printf(&text, "let k%d = k%d + 1\n", i, i + 1);
    }
    rsp_text_add(&text, "let k5000 = 1\n");
    bed_open(&b, text.data);
    assert_true(bed_let(&b, "a") == 1e5);
    assert_true(bed_let(&b, "l4999") == 5000);
    assert_true(bed_let(&b, "k1") == 5000);
    bed_close(&b);
    rsp_text_fini(&text);
}

/* ---- Size. */

static void families_and_lists_have_their_most(void **state)
{
    (void)state;
    rsp_text text = head("index i = ");
    for (int i = 0; i < 5000; i++) {
        rsp_text_printf(&text, "%sm%d", i ? ", " : "", i);
    }
    assert_refused(&text, "a list of more than 4096 items");

    text = head("index locus = a, b, c, d, e, f, g, h, i, j\n"
                "index strain = subsets(locus)\n"
                "species P[strain, strain, strain, strain] cell\n");
    assert_refused(&text, "'P' is a family of");

    text = head("index locus = a, b, c, d, e, f, g, h, i, j\n"
                "index s = subsets(locus)\n"
                "let a = sum(w in s, x in s, y in s, z in s: 1)\n");
    assert_refused(&text, "the model is too large");

    text = head("parameter k = 1 cell/day\nspecies A cell\n"
                "index locus = a, b, c, d, e, f, g, h, i, j\n"
                "index s = subsets(locus)\n"
                "reaction r[w in s, x in s, y in s, z in s]: -> A @ k\n");
    assert_refused(&text, "more than 100000 reactions");

    text = head("index a = m\nspecies A[a, a, a, a, a] cell\n");
    assert_refused(&text, "more than 4 indices");

    text = head("");
    for (int i = 0; i < 30000; i++) {
        rsp_text_printf(&text, "parameter p%d = 1 1\n", i);
    }
    assert_refused(&text, "more than 20000");
}

static void sums_of_sums_cost_no_more_than_they_may(void **state)
{
    (void)state;
    rsp_text text = head("index s = a, b, c, d, e, f, g, h, i, j\nlet l0 = 1\n");
    rsp_text_add(&text, "let a = ");
    add_times(&text, "sum(x in s: 1 + ", 50);
    rsp_text_add(&text, "1");
    add_times(&text, ")", 50);
    assert_refused(&text, "the model is too large");
}

static void more_text_than_a_model_has_is_refused(void **state)
{
    (void)state;
    rsp_text text = head("# ");
    add_times(&text, "a very long line, ", 300000);
    assert_refused(&text, "larger than 4194304 bytes");
}

static void a_long_line_is_shown_in_part(void **state)
{
    (void)state;
    rsp_error err = {0};
    rsp_text text = {0};
    rsp_text_add(&text, "let a = 1");
    add_times(&text, " + 1", 50000);
    rsp_text_add(&text, " + unknown\n");
    bed_refuse(text.data, &err);
    assert_string_equal(err.message, "unknown name 'unknown'");
    assert_int_equal(err.column, 9 + 4 * 50000 + 4);
    assert_true(strlen(err.excerpt) < sizeof err.excerpt);
    rsp_text_fini(&text);

    text = head("let ");
    add_times(&text, "a", 1000);
    assert_refused(&text, "a name of more than 100 characters");
    text = head("let a = ");
    add_times(&text, "1", 1000);
    assert_refused(&text, "a number of more than 100 characters");
    text = head("let a = \"");
    add_times(&text, "a", 100000);
    assert_refused(&text, "no closing quote");
}

/* ---- Numbers. */

static void numbers_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"let a = 1e400", "this number is too large"},
        {"let a = 0 / 0", "this is not a number"},
        {"let a = inf - inf", "this is not a number"},
        {"let a = sqrt(0 - 1)", "this is not a number"},
        {"parameter a = 1 1e300 1e300 cell", "the powers or factors of this unit"},
        {"parameter a = 1e308 1e6 cell", "a parameter is a finite number"},
        {"parameter a = 1 1e-300 1e-300 cell", "the powers or factors of this unit"},
        {"input a = -inf 1", "an input is a finite number"},
        {"parameter a = 1 1 between people normal sd inf", "an SD of inf"},
        {"parameter a = 1 1 between people uniform -inf .. 2", "expected two ends"},
        {"let a = mean(A ~ lognormal(1, 2): A, nodes 1e9)", "nodes 1e+09: from 1 to 64"},
        {"species A cell\nreaction r: 0 A -> @ A", "a stoichiometry of 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rsp_text text = head(cases[i].text);
        assert_refused(&text, cases[i].message);
    }
}

/* ---- Bytes. */

static void bytes_that_are_no_text_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"# caf\xe9", "this byte is not UTF-8"},
        {"# \xc0\xaf", "this byte is not UTF-8"},
        {"# \xed\xa0\x80", "this byte is not UTF-8"},
        {"# \xf5\x80\x80\x80", "this byte is not UTF-8"},
        {"# \xe2\x82", "this byte is not UTF-8"},
        {"# \x1b[31m", "a control character"},
        {"let a = \"\x7f\"", "a control character"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rsp_text text = head(cases[i].text);
        assert_refused(&text, cases[i].message);
    }
}

/* ---- Files. */

typedef struct folder {
    char path[64];
} folder;

static void write_file(const folder *f, const char *name, const char *data, size_t n)
{
    char path[200];
    rsp_error err = {0};
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    assert_int_equal(rsp_file_write(path, data, n, &err), RSP_OK);
}

static void write_text(const folder *f, const char *name, const char *text)
{
    write_file(f, name, text, strlen(text));
}

static int make_folder(void **state)
{
    folder *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->path, sizeof f->path, "/tmp/model_files_XXXXXX");
    assert_non_null(mkdtemp(f->path));
    char parts[100];
    rsp_error err;
    snprintf(parts, sizeof parts, "%s/parts", f->path);
    assert_int_equal(rsp_file_mkdir(parts, &err), RSP_OK);
    *state = f;
    return 0;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"m.rsp", "a.rsp", "b.rsp", "c.rsp", "parts/d.rsp",
                                        "parts/e.rsp", "parts", ""};
    folder *f = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[200];
        snprintf(path, sizeof path, "%s/%s", f->path, names[i]);
        remove(path);
    }
    free(f);
    return 0;
}

static rsp_model *load(const folder *f, rsp_error *err)
{
    char path[200];
    rsp_model *model = NULL;
    *err = (rsp_error){0};
    snprintf(path, sizeof path, "%s/m.rsp", f->path);
    rsp_status s = rsp_model_load(path, NULL, &model, err);
    assert_int_equal(s == RSP_OK, model != NULL);
    return model;
}

static void each_file_is_included_once_beside_the_one_that_names_it(void **state)
{
    const folder *f = *state;
    rsp_error err;
    write_text(f, "m.rsp", "model m\ninclude \"a.rsp\", \"b.rsp\"\nlet z = a + d + e\n");
    write_text(f, "a.rsp", "include \"parts/d.rsp\"\nlet a = 1\n");
    write_text(f, "b.rsp", "include \"parts/../parts/d.rsp\", \"a.rsp\", \"./b.rsp\"\n");
    write_text(f, "parts/d.rsp", "include \"e.rsp\"\nlet d = 2\n");
    write_text(f, "parts/e.rsp", "let e = 3\n");
    rsp_model *model = load(f, &err);
    if (!model) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(rsp_model_network(model)->n_files, 5);
    assert_int_equal(rsp_model_network(model)->n_derived, 4);
    rsp_model_free(model);
}

static void files_that_include_each_other_end(void **state)
{
    const folder *f = *state;
    rsp_error err;
    write_text(f, "m.rsp", "model m\ninclude \"a.rsp\"\n");
    write_text(f, "a.rsp", "include \"b.rsp\"\nlet a = 1\n");
    write_text(f, "b.rsp", "include \"a.rsp\", \"m.rsp\", \"b.rsp\"\nlet b = a\n");
    rsp_model *model = load(f, &err);
    if (!model) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(rsp_model_network(model)->n_files, 3);
    rsp_model_free(model);
}

static void a_mistake_in_an_included_file_is_told_there(void **state)
{
    const folder *f = *state;
    rsp_error err;
    write_text(f, "m.rsp", "model m\ninclude \"parts/d.rsp\"\n");
    write_text(f, "parts/d.rsp", "let a = 1\nlet b = c\n");
    assert_null(load(f, &err));
    assert_non_null(strstr(err.source, "parts/d.rsp"));
    assert_int_equal(err.line, 2);
    assert_string_equal(err.message, "unknown name 'c'");
    write_text(f, "parts/d.rsp", "include \"nowhere.rsp\"\n");
    assert_null(load(f, &err));
    assert_int_equal(err.code, RSP_NOFILE);
    assert_non_null(strstr(err.source, "parts/d.rsp"));
    assert_non_null(strstr(err.message, "parts/nowhere.rsp"));
    write_text(f, "parts/d.rsp", "include \"../parts\"\n");
    assert_null(load(f, &err));
    assert_non_null(strstr(err.message, "is a directory"));
    assert_int_equal(err.line, 1);
}

static void a_file_with_a_zero_byte_is_no_text(void **state)
{
    const folder *f = *state;
    rsp_error err;
    write_file(f, "m.rsp", "model m\nlet a\0 = 1\n", 18);
    assert_null(load(f, &err));
    assert_int_equal(err.code, RSP_DATA);
    assert_non_null(strstr(err.message, "not a text file"));
}

static void an_answer_takes_little_memory(void **state)
{
    (void)state;
    struct rusage used;
    assert_int_equal(getrusage(RUSAGE_SELF, &used), 0);
    /* KiB, of all tests above; sanitizers double it. */
    assert_in_range(used.ru_maxrss, 0, 3 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nests_too_deeply_is_refused),
        cmocka_unit_test(long_chains_are_no_depth),
        cmocka_unit_test(families_and_lists_have_their_most),
        cmocka_unit_test(sums_of_sums_cost_no_more_than_they_may),
        cmocka_unit_test(more_text_than_a_model_has_is_refused),
        cmocka_unit_test(a_long_line_is_shown_in_part),
        cmocka_unit_test(numbers_that_are_none_are_refused),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test_setup_teardown(
            each_file_is_included_once_beside_the_one_that_names_it, make_folder,
            remove_folder),
        cmocka_unit_test_setup_teardown(files_that_include_each_other_end, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_mistake_in_an_included_file_is_told_there,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_with_a_zero_byte_is_no_text, make_folder,
                                        remove_folder),
        cmocka_unit_test(an_answer_takes_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
