/* Any bytes read as a transport file: an error with a message, or a table that can be
 * written and read again with the same values. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "respite/xpt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_equal(const rsp_xpt *a, const rsp_xpt *b)
{
    RSP_ASSERT(a->n_variables == b->n_variables && a->n_rows == b->n_rows);
    RSP_ASSERT(!strcmp(a->name, b->name) && !strcmp(a->label, b->label));
    for (size_t i = 0; i < a->n_variables; i++) {
        const rsp_xpt_variable *v = &a->variables[i], *w = &b->variables[i];
        RSP_ASSERT(!strcmp(v->name, w->name) && !strcmp(v->label, w->label));
        RSP_ASSERT(v->length == w->length && !v->texts == !w->texts);
        for (size_t row = 0; row < a->n_rows; row++) {
            if (v->texts) {
                RSP_ASSERT(!strcmp(v->texts[row], w->texts[row]));
            } else {
                RSP_ASSERT(v->missing[row] == w->missing[row]);
                RSP_ASSERT(isnan(v->numbers[row]) || v->numbers[row] == w->numbers[row]);
            }
        }
    }
}

/* Some files hold what may be read and not be written: texts over 200 bytes, numbers
 * of 56 bits cut to less, empty rows at the end. */
static void must_read_back(const rsp_xpt *t, rsp_arena *arena)
{
    rsp_text text = {0};
    rsp_error err = {0};
    rsp_status s = rsp_xpt_write(t, &text, &err);
    if (s == RSP_OK) {
        rsp_xpt again;
        s = rsp_xpt_read_bytes("again", text.data, text.length, arena, &again, &err);
        RSP_ASSERT(s == RSP_OK);
        must_be_equal(t, &again);
        rsp_text twice = {0};
        RSP_ASSERT(rsp_xpt_write(&again, &twice, &err) == RSP_OK);
        RSP_ASSERT(text.length == twice.length && !memcmp(text.data, twice.data, text.length));
        rsp_text_fini(&twice);
    } else {
        RSP_ASSERT(s == RSP_RANGE && err.message[0]);
    }
    rsp_text_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rsp_arena *arena = rsp_arena_new();
    rsp_xpt t;
    rsp_error err = {0};
    rsp_text csv = {0};
    rsp_status s = rsp_xpt_read_bytes("fuzz", data, size, arena, &t, &err);
    if (s == RSP_OK) {
        must_read_back(&t, arena);
        rsp_xpt_csv(&t, &csv);
        RSP_ASSERT(!csv.failed);
    } else {
        RSP_ASSERT(err.code == s && err.message[0]);
    }
    rsp_text_fini(&csv);
    rsp_arena_free(arena);
    return 0;
}
