#include "respite/export.h"

#include <string.h>

#include "dataset/export.h"

bool rsp_export_format_read(const char *word, rsp_export_format *format)
{
    static const char *const words[] = {[RSP_EXPORT_ADAM] = "adam", [RSP_EXPORT_XPT] = "xpt",
                                        [RSP_EXPORT_NONMEM] = "nonmem", [RSP_EXPORT_JSON] = "json"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i]) == 0) {
            *format = (rsp_export_format)i;
            return true;
        }
    }
    return false;
}

/* Write `text` as dir/name, and leave it empty for the next. */
static rsp_status write_file(const char *dir, const char *name, rsp_text *text, rsp_error *err)
{
    rsp_text path = {0};
    rsp_text_printf(&path, "%s/%s", dir, name);
    rsp_status s = path.failed || text->failed
                       ? rsp_fail(err, RSP_NOMEM, "no memory to write %s", name)
                       : rsp_file_write(path.data, text->data, text->length, err);
    rsp_text_fini(&path);
    rsp_text_fini(text);
    return s;
}

static rsp_status write_adam(const rsp_dataset *d, const char *dir, bool xpt, rsp_error *err)
{
    rsp_text text = {0};
    rsp_status s = RSP_OK;
    for (int i = 0; s == RSP_OK && i < RSP_N_ADAM; i++) {
        const char *file = rsp_adam_file((rsp_adam)i);
        char name[16];
        snprintf(name, sizeof name, "%.*s.%s", (int)strcspn(file, "."), file, xpt ? "xpt" : "csv");
        if (xpt) {
            s = rsp_export_xpt(d, (rsp_adam)i, &text, err);
        } else {
            rsp_adam_header((rsp_adam)i, d, &text);
            rsp_adam_rows((rsp_adam)i, d, &text);
        }
        s = s == RSP_OK ? write_file(dir, name, &text, err) : s;
    }
    if (s == RSP_OK) {
        rsp_export_define(d, xpt, &text);
        s = write_file(dir, "define.json", &text, err);
    }
    rsp_text_fini(&text);
    return s;
}

rsp_status rsp_export(const rsp_dataset *d, rsp_export_format format, const char *dir,
                      rsp_error *err)
{
    rsp_text text = {0};
    rsp_status s = rsp_file_mkdir(dir, err);
    if (s != RSP_OK) {
        return s;
    }
    switch (format) {
    case RSP_EXPORT_ADAM:
    case RSP_EXPORT_XPT:
        return write_adam(d, dir, format == RSP_EXPORT_XPT, err);
    case RSP_EXPORT_NONMEM:
        rsp_export_nonmem(d, &text);
        s = write_file(dir, "nonmem.csv", &text, err);
        rsp_export_nonmem_legend(d, &text);
        s = s == RSP_OK ? write_file(dir, "nonmem.json", &text, err) : s;
        break;
    case RSP_EXPORT_JSON:
        rsp_export_json(d, &text);
        s = write_file(dir, "dataset.json", &text, err);
        break;
    }
    rsp_text_fini(&text);
    return s;
}
