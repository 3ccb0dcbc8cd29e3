/* Any bytes read as ADaM or NONMEM: an error with a message, or a data set whose tables,
 * written as CSV and as transport files, are read back as the same rows. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "respite/export.h"
#include "respite/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void digest(const rsp_dataset *d, char hex[65])
{
    rsp_sha256 sha;
    rsp_sha256_init(&sha);
    rsp_dataset_digest(d, &sha);
    rsp_sha256_hex(&sha, hex);
}

/* Texts with a tab or a blank at their ends are trimmed by the reader, arms without
 * participants and names that only case tells apart may merge: only what is read back
 * twice must be the same. */
static void must_settle(const rsp_dataset *d)
{
    char before[65] = "", hex[65] = "";
    rsp_dataset_maker *last = NULL;
    for (int i = 0; i < 2 && d; i++) {
        rsp_importer *im = rsp_import_new(d->study);
        rsp_dataset_maker *m = NULL;
        rsp_error err = {0};
        rsp_status s = RSP_OK;
        for (int k = 0; s == RSP_OK && k < RSP_N_ADAM; k++) {
            rsp_text text = {0};
            rsp_adam_header((rsp_adam)k, d, &text);
            rsp_adam_rows((rsp_adam)k, d, &text);
            s = rsp_import_text(im, "again", text.data, text.length, &err);
            rsp_text_fini(&text);
        }
        s = s == RSP_OK ? rsp_import_finish(im, &m, &err) : s;
        rsp_import_free(im);
        rsp_dataset_free(last);
        last = m;
        d = m ? rsp_dataset_view(m) : NULL;
        RSP_ASSERT(i == 0 || d); /* what was read back once can be read back again */
        memcpy(before, hex, sizeof hex);
        if (d) {
            digest(d, hex);
        }
    }
    RSP_ASSERT(!d || strcmp(before, hex) == 0);
    rsp_dataset_free(last);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rsp_importer *im = rsp_import_new("s");
    rsp_dataset_maker *m = NULL;
    rsp_error err = {0};
    rsp_text text = {0};
    rsp_status s = rsp_import_text(im, "fuzz", (const char *)data, size, &err);
    s = s == RSP_OK ? rsp_import_finish(im, &m, &err) : s;
    RSP_ASSERT((s == RSP_OK) == (m != NULL));
    RSP_ASSERT(s == RSP_OK || (err.code == s && err.message[0]));
    if (s == RSP_OK) {
        const rsp_dataset *d = rsp_dataset_view(m);
        must_settle(d);
        rsp_export_define(d, true, &text);
        rsp_export_nonmem(d, &text);
        rsp_export_nonmem_legend(d, &text);
        rsp_export_json(d, &text);
        RSP_ASSERT(!text.failed);
        for (int i = 0; i < RSP_N_ADAM; i++) {
            s = rsp_export_xpt(d, (rsp_adam)i, &text, &err);
            RSP_ASSERT(s == RSP_OK || s == RSP_RANGE);
        }
    }
    rsp_text_fini(&text);
    rsp_dataset_free(m);
    rsp_import_free(im);
    return 0;
}
