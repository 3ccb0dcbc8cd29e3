#include <stdint.h>
#include <stdlib.h>

#include "respite/study.h"

/* The reader of studies: any text gives a plan or one clear refusal.  Run from
 * the project's root, where the corpus finds its model. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rsp_plan *plan = NULL;
    rsp_error err = {0};
    rsp_status s = rsp_plan_parse((const char *)data, size, "tests/study/fuzz.yaml",
                                  &plan, &err);
    if ((s == RSP_OK) != (plan != NULL) || (s != RSP_OK && !err.message[0])) {
        abort();
    }
    for (const char *c = err.message; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            abort();
        }
    }
    rsp_plan_free(plan);
    return 0;
}
