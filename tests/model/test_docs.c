#include "bed.h"

#include "respite/program.h"

/* Every example of docs/model-language.md: those marked `respite` load and are
 * lowered, those marked `respite-error` are refused in the words of their last
 * line. */

enum { MOST_TEXT = 20000 };

typedef struct example {
    bool wrong;
    char text[MOST_TEXT];
} example;

static bool next_example(const char **at, example *e)
{
    static const char fence[] = "\n```respite";
    const char *begin = strstr(*at, fence);
    if (!begin) {
        return false;
    }
    begin += strlen(fence);
    e->wrong = strncmp(begin, "-error", 6) == 0;
    begin = strchr(begin, '\n') + 1;
    const char *end = strstr(begin, "\n```");
    assert_non_null(end);
    assert_in_range(end - begin, 1, MOST_TEXT - 2);
    snprintf(e->text, sizeof e->text, "%.*s\n", (int)(end - begin), begin);
    *at = end + 4;
    return true;
}

static void assert_loads(const char *text)
{
    rsp_model *model = NULL;
    rsp_program *program = NULL;
    rsp_error err = {0};
    if (rsp_model_parse(text, "example", &model, &err) != RSP_OK ||
        rsp_program_new(rsp_model_network(model), &program, &err) != RSP_OK) {
        fail_msg("%s\nis refused: %u:%u: %s", text, err.line, err.column, err.message);
    }
    rsp_program_free(program);
    rsp_model_free(model);
}

static uint32_t count_lines(const char *text)
{
    uint32_t n = 0;
    for (; *text; text++) {
        n += *text == '\n';
    }
    return n;
}

/* The last line is "# LINE:COLUMN: MESSAGE", lines counted in the example. */
static void assert_refused_as_said(const char *whole, char *text)
{
    static char all[4 * MOST_TEXT];
    char found[500];
    rsp_model *model = NULL;
    rsp_error err = {0};
    char *said = strstr(text, "\n# ");
    assert_non_null(said);
    *said = '\0';
    said += 3;
    said[strcspn(said, "\n")] = '\0';
    snprintf(all, sizeof all, "%s%s\n", whole, text);
    assert_int_not_equal(rsp_model_parse(all, "example", &model, &err), RSP_OK);
    snprintf(found, sizeof found, "%u:%u: %s", err.line - count_lines(whole), err.column,
             err.message);
    assert_string_equal(found, said);
}

static void every_example_of_the_reference_is_as_it_says(void **state)
{
    (void)state;
    static char whole[2 * MOST_TEXT];
    static example e;
    char *page = NULL;
    size_t length = 0, right = 0, wrong = 0;
    rsp_error err = {0};
    assert_int_equal(rsp_file_read(ROOT "/docs/model-language.md", 0, &page, &length, &err),
                     RSP_OK);
    for (const char *at = page; next_example(&at, &e);) {
        bool begins = strncmp(e.text, "model ", 6) == 0;
        if (e.wrong) {
            assert_refused_as_said(whole, e.text);
            wrong++;
            continue;
        }
        snprintf(whole + (begins ? 0 : strlen(whole)),
                 sizeof whole - (begins ? 0 : strlen(whole)), "%s", e.text);
        assert_loads(whole);
        right++;
    }
    free(page);
    assert_int_equal(right, 7);
    assert_int_equal(wrong, 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_of_the_reference_is_as_it_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
