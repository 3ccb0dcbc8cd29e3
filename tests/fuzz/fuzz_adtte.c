/* Any bytes read as ADTTE: an error with a message, or a data set that can be
 * written, digested and read again with the same rows. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "respite/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_read_back(const rsp_dataset *d)
{
    rsp_text text = {0};
    rsp_adam_header(RSP_ADTTE, d, &text);
    rsp_adam_rows(RSP_ADTTE, d, &text);
    RSP_ASSERT(!text.failed);
    rsp_dataset_maker *again = NULL;
    rsp_error err = {0};
    rsp_status s = rsp_adam_read_adtte_text("again", text.data, text.length, &again, &err);
    RSP_ASSERT(s == RSP_OK);
    RSP_ASSERT(rsp_dataset_view(again)->n_endpoints == d->n_endpoints);
    RSP_ASSERT(rsp_dataset_view(again)->n_subjects == d->n_subjects);
    rsp_dataset_free(again);
    rsp_text_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rsp_dataset_maker *m = NULL;
    rsp_error err = {0};
    rsp_status s = rsp_adam_read_adtte_text("fuzz", (const char *)data, size, &m, &err);
    if (s == RSP_OK) {
        must_read_back(rsp_dataset_view(m));
    } else {
        RSP_ASSERT(!m && err.code == s && err.message[0]);
    }
    rsp_dataset_free(m);
    return 0;
}
