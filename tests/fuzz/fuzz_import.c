/* Any bytes read as a CSV with a map of columns: an error with a message, or a data set.
 * The first byte chooses the map. */
#include <stddef.h>
#include <stdint.h>

#include "respite/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const rsp_import_measure wide[] = {
    {.assay = {.text = "viral_load"}, .value = "vl", .limit = {.text = "50"}, .below = "flag"},
    {.assay = {.text = "cd4"}, .value = "cd4", .upper = {.column = "upper"}, .repeats = true}};
static const rsp_import_measure of_long[] = {
    {.assay = {.column = "test"}, .value = "result", .unit = {.column = "unit"},
     .limit = {.column = "lod"}, .reason = "why"}};
static const rsp_import_happening stop = {.what = {.text = "stop art"}, .date = "stopped"};
static const rsp_import_code codes[] = {{"R", RSP_END_EVENT}, {"X", RSP_END_RESTART}};
static const rsp_import_endpoint coded = {.endpoint = {.column = "name"}, .time = "t",
                                          .unit = {.column = "unit"}, .event = "e",
                                          .codes = codes, .n_codes = 2};
static const rsp_import_endpoint interval = {.endpoint = {.text = "x"}, .left = "l", .right = "r",
                                             .cnsr = "c"};
static const rsp_import_where where = {"phase", "a"};
static const rsp_import_map maps[] = {
    {.subject = "id", .arm = {.column = "arm"}, .day = "day", .day_unit = "weeks",
     .measures = wide, .n_measures = 2, .where = &where, .n_where = 1},
    {.subject = "id", .date = "when", .reference = {.column = "start"}, .measures = of_long,
     .n_measures = 1, .happenings = &stop, .n_happenings = 1},
    {.subject = "id", .endpoints = &coded, .n_endpoints = 1},
    {.subject = "id", .endpoints = &interval, .n_endpoints = 1},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rsp_importer *im = rsp_import_new(NULL);
    rsp_dataset_maker *m = NULL;
    rsp_error err = {0};
    size_t map = size ? data[0] % (sizeof maps / sizeof *maps) : 0;
    rsp_status s = rsp_import_csv_text(im, "fuzz", (const char *)data + (size > 0),
                                       size - (size > 0), &maps[map], &err);
    s = s == RSP_OK ? rsp_import_finish(im, &m, &err) : s;
    RSP_ASSERT((s == RSP_OK) == (m != NULL));
    RSP_ASSERT(s == RSP_OK || (err.code == s && err.message[0]));
    RSP_ASSERT(rsp_import_notes(im));
    rsp_dataset_free(m);
    rsp_import_free(im);
    return 0;
}
