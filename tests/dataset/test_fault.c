/* The n-th allocation fails, for n = 1, 2, ... until all succeed: the answer is
 * RSP_NOMEM, nothing leaks (a sanitizer or valgrind says so), nothing is half
 * done.  Linked with --wrap of the allocating functions. */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "respite/export.h"
#include "respite/import.h"
#include "respite/stats.h"
#include "respite/wells.h"

enum { ROWS = 50 };

static long left = -1; /* allocations until one fails; < 0: none fails */

static bool fails(void)
{
    return left >= 0 && left-- == 0;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_aligned_alloc(size_t align, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_aligned_alloc(size_t align, size_t n);

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

void *__wrap_aligned_alloc(size_t align, size_t n)
{
    return fails() ? NULL : __real_aligned_alloc(align, n);
}

static rsp_status add_rows(rsp_dataset_maker *m, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (uint32_t i = 0; s == RSP_OK && i < ROWS; i++) {
        char text[16];
        snprintf(text, sizeof text, "t%u", (unsigned)i);
        rsp_measurement x = rows_random(i);
        rsp_happening h = {.day = i, .what = text, .reason = ""};
        rsp_subject p = {.participant = i};
        rsp_endpoint_row e = {.participant = i, .endpoint = text, .day = 1, .right = 2};
        s = rsp_dataset_add_measurement(m, &x, err);
        s = s == RSP_OK ? rsp_dataset_add_happening(m, &h, err) : s;
        s = s == RSP_OK ? rsp_dataset_add_subject(m, &p, err) : s;
        s = s == RSP_OK ? rsp_dataset_add_endpoint(m, &e, err) : s;
    }
    return s;
}

static rsp_status write_rows(const rsp_dataset *d, rsp_text *text)
{
    for (int which = RSP_ADSL; which < RSP_N_ADAM; which++) {
        rsp_adam_header((rsp_adam)which, d, text);
        rsp_adam_rows((rsp_adam)which, d, text);
    }
    return text->failed ? RSP_NOMEM : RSP_OK;
}

/* Make a data set, join it to another, write it. */
static rsp_status make_and_write(rsp_error *err)
{
    rsp_text text = {0};
    rsp_dataset_maker *a = rsp_dataset_new("s", rows_arms, 2, rows_covariates, 2);
    rsp_dataset_maker *b = rsp_dataset_new("s", rows_arms, 2, rows_covariates, 2);
    rsp_status s = a && b ? add_rows(a, err)
                          : rsp_fail(err, RSP_NOMEM, "no memory");
    s = s == RSP_OK ? rsp_dataset_append(b, rsp_dataset_view(a), err) : s;
    if (s == RSP_OK) {
        rsp_dataset_sort(b);
        s = write_rows(rsp_dataset_view(b), &text);
        s = s == RSP_OK ? s : rsp_fail(err, s, "no memory");
        assert_int_equal(rsp_dataset_view(b)->n_measurements, ROWS);
    } else if (b) { /* the rows before the failing one went again */
        assert_int_equal(rsp_dataset_view(b)->n_subjects, 0);
    }
    rsp_text_fini(&text);
    rsp_dataset_free(a);
    rsp_dataset_free(b);
    return s;
}

static rsp_status read_adtte(rsp_error *err)
{
    static const char text[] = "USUBJID,TRT01P,PARAMCD,AVAL,CNSR\n"
                               "a,A,X,1,0\n\"b\"\"\",B,X,2,1\na,A,Y,3,0\n";
    rsp_dataset_maker *m = NULL;
    rsp_status s = rsp_adam_read_adtte_text("t", text, sizeof text - 1, &m, err);
    assert_true((s == RSP_OK) == (m != NULL));
    rsp_dataset_free(m);
    return s;
}

static rsp_status estimate(rsp_error *err)
{
    rsp_km km[2] = {{0}, {0}};
    const rsp_km *const groups[2] = {&km[0], &km[1]};
    rsp_logrank test;
    rsp_hazard_ratio hr;
    rsp_paired paired;
    rsp_pair pairs[3] = {{1, 2, true, true}, {2, 1, true, true}, {3, 4, true, true}};
    rsp_status s = RSP_OK;
    for (int i = 0; s == RSP_OK && i < 200; i++) {
        s = rsp_km_add(&km[i % 2], (i * 37) % 200, i % 3, 1, err);
    }
    s = s == RSP_OK ? rsp_logrank_test(groups, 2, 0, 0, &test, err) : s;
    s = s == RSP_OK ? rsp_cox_two(&km[0], &km[1], &hr, err) : s;
    s = s == RSP_OK ? rsp_paired_contrast(pairs, 3, &paired, err) : s;
    rsp_km_fini(&km[0]);
    rsp_km_fini(&km[1]);
    return s;
}

static rsp_status write_all(const rsp_dataset *d, rsp_error *err)
{
    rsp_text text = {0};
    rsp_status s = rsp_export_xpt(d, RSP_ADSL, &text, err);
    rsp_export_define(d, true, &text);
    rsp_export_nonmem(d, &text);
    rsp_export_nonmem_legend(d, &text);
    rsp_export_json(d, &text);
    s = s == RSP_OK && text.failed ? rsp_fail(err, RSP_NOMEM, "no memory") : s;
    rsp_text_fini(&text);
    return s;
}

/* A file by a map, ADaM and NONMEM, each made a data set and written. */
static rsp_status import_and_write(rsp_error *err)
{
    static const char *const texts[] = {
        "id,arm,day,vl,age,note,t\na,A,0,<20,41,x,3\na,A,7,5,41,y,3\nb,B,0,TND,33,z,4\n",
        "USUBJID,ARM,PARAMCD,AVAL,AVALC,ADY,AGE,SEX\na,A,V,5,<20,1,41,F\nb,B,V,5,,1,33,M\n",
        "ID,TIME,DV,EVID,AMT,WT\n1,0,.,1,5,70\n1,1,3,0,.,70\n2,1,3,0,.,71\n"};
    static const rsp_import_measure vl = {.assay = {.text = "v"}, .value = "vl"};
    static const rsp_import_endpoint e = {.endpoint = {.text = "e"}, .time = "t"};
    rsp_import_map map = {.subject = "id", .arm = {.column = "arm"}, .day = "day", .measures = &vl,
                          .n_measures = 1};
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < 3; i++) {
        rsp_importer *im = rsp_import_new(NULL);
        rsp_dataset_maker *m = NULL;
        s = im ? RSP_OK : rsp_fail(err, RSP_NOMEM, "no memory");
        s = s != RSP_OK ? s : i ? rsp_import_text(im, "t", texts[i], strlen(texts[i]), err)
                                : rsp_import_csv_text(im, "t", texts[i], strlen(texts[i]), &map, err);
        s = s == RSP_OK ? rsp_import_finish(im, &m, err) : s;
        s = s == RSP_OK ? write_all(rsp_dataset_view(m), err) : s;
        rsp_dataset_free(m);
        rsp_import_free(im);
    }
    static const char times[] = "id,t\na,3\nb,4\n";
    rsp_importer *im = s == RSP_OK ? rsp_import_new("x") : NULL;
    map = (rsp_import_map){.subject = "id", .endpoints = &e, .n_endpoints = 1};
    if (s == RSP_OK) {
        s = im ? rsp_import_csv_text(im, "t", times, sizeof times - 1, &map, err)
               : rsp_fail(err, RSP_NOMEM, "no memory");
    }
    rsp_import_free(im);
    return s;
}

static rsp_status read_wells(rsp_error *err)
{
    static const char plate[] = "well,target1,target2,droplets\nA,0,0,5\nA,1,1,2\nB,0,,3\n";
    static const char names[] = "well,target,positives,negatives\nA,x,2,5\nA,y,2,5\nB,z,0,3\n";
    static const char growth[] = "subject,cells,wells,positive,sequenced,found\na,5e5,6,2,1,1;1\n";
    rsp_arena *arena = rsp_arena_new();
    rsp_droplets a, b, c;
    rsp_outgrowth *people = NULL;
    size_t n = 0;
    rsp_status s = arena ? rsp_droplets_read_text("p", plate, sizeof plate - 1, arena, &a, err)
                         : rsp_fail(err, RSP_NOMEM, "no memory");
    s = s == RSP_OK ? rsp_droplets_read_text("n", names, sizeof names - 1, arena, &b, err) : s;
    s = s == RSP_OK ? rsp_droplets_name(&a, &b, arena, &c, err) : s;
    s = s == RSP_OK ? rsp_outgrowth_read_text("g", growth, sizeof growth - 1, arena, &people, &n, err) : s;
    rsp_arena_free(arena);
    return s;
}

static void fail_each_allocation(rsp_status (*scenario)(rsp_error *), long least)
{
    for (long n = 0;; n++) {
        rsp_error err = {0};
        left = n;
        rsp_status s = scenario(&err);
        bool all = left >= 0;
        left = -1;
        if (all) {
            assert_int_equal(s, RSP_OK);
            assert_true(n >= least); /* something was put to the test */
            return;
        }
        assert_int_equal(s, RSP_NOMEM);
        assert_int_equal(err.code, RSP_NOMEM);
    }
}

static void a_data_set_survives_any_failed_allocation(void **state)
{
    (void)state;
    fail_each_allocation(make_and_write, 50);
}

static void reading_adtte_survives_any_failed_allocation(void **state)
{
    (void)state;
    fail_each_allocation(read_adtte, 20);
}

static void estimates_survive_any_failed_allocation(void **state)
{
    (void)state;
    fail_each_allocation(estimate, 10);
}

static void reading_data_survives_a_lack_of_memory(void **state)
{
    (void)state;
    fail_each_allocation(import_and_write, 100);
    fail_each_allocation(read_wells, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_data_set_survives_any_failed_allocation),
        cmocka_unit_test(reading_adtte_survives_any_failed_allocation),
        cmocka_unit_test(reading_data_survives_a_lack_of_memory),
        cmocka_unit_test(estimates_survive_any_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
