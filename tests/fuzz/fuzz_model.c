#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "respite/program.h"

/* The reader of models: any text gives a network that can be shown and lowered,
 * or one clear refusal. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_refusal(const rsp_error *err)
{
    if (!err->message[0]) {
        abort();
    }
    for (const char *c = err->message; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            abort();
        }
    }
}

static void use(const rsp_model *model)
{
    rsp_program *program = NULL;
    rsp_error err = {0};
    FILE *nowhere = fopen("/dev/null", "w");
    if (!nowhere) {
        abort();
    }
    rsp_model_show(model, nowhere);
    if (rsp_program_new(rsp_model_network(model), &program, &err) != RSP_OK) {
        check_refusal(&err);
    } else if (rsp_program_emit(program, "fuzzed", nowhere, &err) != RSP_OK) {
        check_refusal(&err);
    }
    rsp_program_free(program);
    fclose(nowhere);
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
    rsp_status s = rsp_model_parse(text, "fuzz.rsp", &model, &err);
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
