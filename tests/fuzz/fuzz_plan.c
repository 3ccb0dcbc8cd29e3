#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "respite/analysis.h"
#include "respite/import.h"

/* The reader of analysis plans, and every kind of analysis: any text gives results on a
 * small data set, or one clear refusal. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char TABLE[] =
    "id,arm,day,vl,x,y,sex\n1,A,0,<20,1.5,0,f\n1,A,7,300,1.5,0,f\n2,A,0,50,2.5,1,m\n"
    "2,A,14,4000,2.5,1,m\n3,A,0,<20,3.5,0,f\n4,B,0,<20,,1,m\n5,B,0,70,0.5,1,\n"
    "6,B,0,<50,4,0,f\n";

/* Two triplexes that share c, a reference, a blank and a sample without droplets. */
static const char PLATE[] =
    "well,sample,a,b,c,d,e,r,s,droplets\n"
    "1,P,0,0,0,,,,,9000\n1,P,1,0,0,,,,,20\n1,P,0,1,0,,,,,20\n1,P,0,0,1,,,,,20\n"
    "1,P,1,1,1,,,,,30\n2,P,,,0,0,0,,,9500\n2,P,,,1,1,1,,,25\n2,P,,,0,1,0,,,25\n"
    "3,P,,,,,,0,0,8000\n3,P,,,,,,1,0,500\n3,P,,,,,,0,1,500\n3,P,,,,,,1,1,3000\n"
    "4,Q,0,0,0,,,,,9000\n4,Q,1,0,0,,,,,2\n4,Q,1,1,1,,,,,1\n"
    "5,Z,0,0,0,,,,,0\n";
enum { MOST_PLATES = 200 * RSP_ANALYSIS_PLATES };
static const char *plates[MOST_PLATES];

static void remove_plate(void) { unlink(plates[0]); }

static void write_plate(void)
{
    static char path[] = "/tmp/fuzz_plan_XXXXXX";
    int fd = plates[0] ? -1 : mkstemp(path);
    if (plates[0]) {
        return;
    }
    if (fd < 0 || write(fd, PLATE, sizeof PLATE - 1) != (ssize_t)(sizeof PLATE - 1)) {
        abort();
    }
    close(fd);
    for (size_t i = 0; i < MOST_PLATES; i++) {
        plates[i] = path;
    }
    atexit(remove_plate);
}

/* A million replicates are asked for in good faith, and are no hang. */
static bool asks_for_replicates(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i + 9 < size; i++) {
        if (memcmp(data + i, "bootstrap", 9) == 0 && strchr(": \"'", data[i + 9])) {
            return true;
        }
    }
    return false;
}

static rsp_dataset_maker *make_rows(void)
{
    static const rsp_import_measure measure = {.assay = {NULL, "vl"}, .value = "vl"};
    const rsp_import_map map = {.subject = "id", .arm = {"arm", NULL}, .day = "day",
                                .measures = &measure, .n_measures = 1};
    rsp_dataset_maker *rows = NULL;
    rsp_importer *im = rsp_import_new("fuzz");
    if (!im || rsp_import_csv_text(im, "t.csv", TABLE, sizeof TABLE - 1, &map, NULL) != RSP_OK ||
        rsp_import_finish(im, &rows, NULL) != RSP_OK) {
        abort();
    }
    rsp_import_free(im);
    static const double days[] = {9, 14, 21, 9, 35, 49};
    for (uint32_t i = 0; i < 6; i++) {
        const rsp_subject *s = &rsp_dataset_view(rows)->subjects[i];
        rsp_endpoint_row e = {.trial = s->trial, .participant = s->participant, .arm = s->arm,
                              .endpoint = "E", .day = days[i],
                              .end = i == 1 ? RSP_END_STUDY : i == 2 ? RSP_END_RESTART : RSP_END_EVENT,
                              .left = days[i] - 7, .right = days[i]};
        if (rsp_dataset_add_endpoint(rows, &e, NULL) != RSP_OK) {
            abort();
        }
    }
    rsp_dataset_sort(rows);
    return rows;
}

static void check(rsp_status s, const rsp_error *err, const void *made)
{
    if ((s == RSP_OK) != (made != NULL) || (s != RSP_OK && !err->message[0])) {
        abort();
    }
    for (const char *c = err->message; s != RSP_OK && *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rsp_analysis *plan = NULL;
    rsp_results *results = NULL;
    rsp_text json = {0};
    rsp_error err = {0};
    rsp_status s = rsp_analysis_read_text("plan.yaml", (const char *)data, size, &plan, &err);
    check(s, &err, plan);
    if (s == RSP_OK) {
        rsp_dataset_maker *rows = make_rows();
        write_plate();
        const rsp_analysis_data from = {.rows = rsp_dataset_view(rows), .notes = "",
                                        .plates = asks_for_replicates(data, size) ? NULL : plates};
        s = rsp_analysis_run(plan, &from, &results, &err);
        check(s, &err, results);
        if (s == RSP_OK && rsp_results_json(results, &json, &err) != RSP_OK) {
            abort();
        }
        rsp_text_fini(&json);
        rsp_results_free(results);
        rsp_dataset_free(rows);
    }
    rsp_analysis_free(plan);
    return 0;
}
