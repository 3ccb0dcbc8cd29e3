#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "respite/program.h"
#include "respite/sbml.h"

/* The reader of SBML: any text gives a network that can be shown, lowered and written
 * again, or one clear refusal. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libsbml does not free all that it made of a text which it could not read. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libsbml.so";
}

static void check_refusal(const rsp_error *err)
{
    if (!err->message[0]) {
        abort();
    }
}

static void use(const rsp_model *model)
{
    rsp_program *program = NULL;
    rsp_error err = {0};
    rsp_text out = {0}, left_out = {0};
    rsp_model *again = NULL;
    FILE *nowhere = fopen("/dev/null", "w");
    if (!nowhere) {
        abort();
    }
    rsp_model_show(model, nowhere);
    fclose(nowhere);
    if (rsp_program_new(rsp_model_network(model), &program, &err) != RSP_OK) {
        check_refusal(&err);
    } else if (rsp_sbml_write(rsp_model_network(model), &out, &left_out, &err) != RSP_OK) {
        check_refusal(&err);
    } else if (rsp_sbml_parse(out.data, "written", &again, &err) != RSP_OK) {
        fprintf(stderr, "%s\n%s\n", err.message, out.data);
        abort();
    }
    rsp_model_free(again);
    rsp_program_free(program);
    rsp_text_fini(&out);
    rsp_text_fini(&left_out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rsp_model *model = NULL;
    rsp_error err = {0};
    char *text = malloc(size + 1);
    if (!text) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    rsp_status s = rsp_sbml_parse(text, "fuzz.xml", &model, &err);
    if ((s == RSP_OK) != (model != NULL)) {
        abort();
    }
    if (model) {
        use(model);
    } else {
        check_refusal(&err);
    }
    rsp_model_free(model);
    free(text);
    return 0;
}
