#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "yaml/tree.h"

static rsp_status parse(const char *text, size_t n, tree **root, rsp_error *err)
{
    static rsp_arena *arena;
    rsp_arena_free(arena);
    arena = rsp_arena_new();
    assert_non_null(arena);
    return tree_parse(arena, "x.yaml", text, n, root, err);
}

static tree *good(const char *text)
{
    tree *root = NULL;
    rsp_error err = {0};
    rsp_status s = parse(text, strlen(text), &root, &err);
    if (s != RSP_OK) {
        fail_msg("%s", err.message);
    }
    return root;
}

static void bad(const char *text, size_t n, uint32_t line, uint32_t column,
                const char *message)
{
    tree *root = NULL;
    rsp_error err = {0};
    assert_int_not_equal(parse(text, n, &root, &err), RSP_OK);
    assert_null(root);
    assert_non_null(strstr(err.message, message));
    assert_int_equal(err.line, line);
    assert_int_equal(err.column, column);
}

static void values_and_keys_know_their_place(void **state)
{
    (void)state;
    const tree *t = good("a: 1\nlist:\n  - x\n  - {b: y z, c: [1, 2]}\n");
    assert_int_equal(t->n, 2);
    const tree *item = tree_item(tree_get(t, "list"), 1);
    const tree *b = tree_get(item, "b");
    assert_string_equal(b->text, "y z");
    assert_int_equal(b->line, 4);
    assert_int_equal(b->column, 9);
    assert_int_equal(b->key_line, 4);
    assert_int_equal(b->key_column, 6);
    assert_int_equal(tree_get(item, "c")->n, 2);
    assert_null(tree_get(t, "nothing"));
    assert_null(tree_item(tree_get(t, "list"), 2));
}

static void numbers_stay_as_they_are_written(void **state)
{
    (void)state;
    const tree *t = good("a: 010\nb: 1,5\nc: no\n");
    assert_string_equal(tree_get(t, "a")->text, "010");
    assert_string_equal(tree_get(t, "b")->text, "1,5");
    assert_string_equal(tree_get(t, "c")->text, "no");
}

static void an_empty_file_is_an_empty_map(void **state)
{
    (void)state;
    assert_int_equal(good("")->kind, TREE_MAP);
    assert_int_equal(good("# nothing\n")->n, 0);
}

static void what_a_study_does_not_use_is_refused(void **state)
{
    (void)state;
    const struct { const char *text; uint32_t line, column; const char *message; } cases[] = {
        {"a: 1\na: 2\n", 2, 1, "'a' stands here twice; the first is in line 1"},
        {"a: &x 1\n", 1, 4, "anchors, aliases and tags"},
        {"a: *x\n", 1, 4, "anchors, aliases and tags"},
        {"a: !int 1\n", 1, 4, "anchors, aliases and tags"},
        {"a: &x [1]\n", 1, 4, "anchors, aliases and tags"},
        {"a: 1\n---\nb: 2\n", 2, 1, "a second document"},
        {"[1]: 2\n", 1, 1, "a key must be a plain text"},
        {"a: \"x\\x07\"\n", 1, 4, "a control character"},
        {"a: \"x\\0y\"\n", 1, 4, "a control character"},
        {"a: \"\\x9b\"\n", 1, 4, "a control character"},
        {"a: [1\n", 2, 1, "this is not YAML"},
        {"a:\n\tb: 1\n", 2, 1, "this is not YAML"},
        {"a: 1\n b: 2\n", 2, 3, "this is not YAML"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bad(cases[i].text, strlen(cases[i].text), cases[i].line, cases[i].column,
            cases[i].message);
    }
}

static void deep_nesting_ends_with_a_message(void **state)
{
    (void)state;
    char text[2000];
    memset(text, '[', sizeof text);
    bad(text, sizeof text, 1, 25, "nested too deeply");
}

static void raw_control_bytes_are_never_echoed(void **state)
{
    (void)state;
    const char text[] = "a: \x1b[31mred\n";
    tree *root = NULL;
    rsp_error err = {0};
    assert_int_not_equal(parse(text, sizeof text - 1, &root, &err), RSP_OK);
    assert_null(strchr(err.message, 0x1b));
    assert_null(strchr(err.excerpt, 0x1b));
}

static void a_value_is_replaced_in_its_place(void **state)
{
    (void)state;
    tree *t = good("a: 1\nb: 2\nc: 3\n");
    tree value = {.kind = TREE_TEXT, .key = "b", .text = "9"};
    tree_put(t, &value);
    tree last = {.kind = TREE_TEXT, .key = "c", .text = "8"};
    tree_put(t, &last);
    tree more = {.kind = TREE_TEXT, .key = "d", .text = "7"};
    tree_put(t, &more);
    assert_string_equal(tree_item(t, 1)->text, "9");
    assert_string_equal(tree_item(t, 2)->text, "8");
    assert_string_equal(tree_item(t, 3)->text, "7");
    assert_int_equal(t->n, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_keys_know_their_place),
        cmocka_unit_test(numbers_stay_as_they_are_written),
        cmocka_unit_test(an_empty_file_is_an_empty_map),
        cmocka_unit_test(what_a_study_does_not_use_is_refused),
        cmocka_unit_test(deep_nesting_ends_with_a_message),
        cmocka_unit_test(raw_control_bytes_are_never_echoed),
        cmocka_unit_test(a_value_is_replaced_in_its_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
