#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bed.h"

/* Every example of docs/study-file.md is loaded, and its first trial run: parts
 * in the place of the base study's, whole studies with the tests' model. */

static char *next_example(const char **at)
{
    const char *begin = strstr(*at, "\n```yaml\n");
    if (!begin) {
        return NULL;
    }
    begin += strlen("\n```yaml\n");
    const char *end = strstr(begin, "\n```");
    assert_non_null(end);
    *at = end;
    size_t n = (size_t)(end - begin) + 1;
    char *copy = malloc(n + 1);
    assert_non_null(copy);
    memcpy(copy, begin, n);
    copy[n] = '\0';
    return copy;
}

/* Arms of another name leave no rows of the scoreboard standing. */
static char *with_base(const char *example)
{
    rsp_text changes = {0};
    const char *model = strstr(example, "model: hiv_car_t\n");
    if (model) {
        rsp_text_add_n(&changes, example, (size_t)(model - example));
        rsp_text_add(&changes, "model: toy\n");
        rsp_text_add(&changes, model + strlen("model: hiv_car_t\n"));
    } else {
        rsp_text_add(&changes, example);
    }
    if (strstr(example, "arms:\n")) {
        rsp_text_add(&changes, "scoreboard: []\n");
    }
    if (strncmp(example, "assays:", 7) == 0 && !strstr(example, "endpoints:")) {
        rsp_text_add(&changes, strstr(example, "rules:") ? "" : "rules:\n");
    }
    char *study = bed_study(changes.data);
    rsp_text_fini(&changes);
    return study;
}

static void every_example_of_the_reference_is_loaded_and_run(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length = 0, n = 0;
    rsp_error err = {0};
    assert_int_equal(rsp_file_read(REFERENCE, 0, &text, &length, &err), RSP_OK);
    const char *at = text;
    for (char *example; (example = next_example(&at)) != NULL; n++) {
        char *study = with_base(example);
        rsp_plan *plan = bed_plan(study);
        rsp_plan_set_trials(plan, 1);
        bed_run run = bed_run_plan(plan, 1);
        assert_true(rsp_dataset_view(run.rows)->n_measurements > 0);
        bed_run_free(&run);
        rsp_plan_free(plan);
        free(study);
        free(example);
    }
    free(text);
    assert_int_equal(n, 19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_of_the_reference_is_loaded_and_run)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
