/* The n-th allocation fails, for n = 1, 2, ... until all succeed: the answer is
 * RSP_NOMEM, nothing leaks (a sanitizer or valgrind says so), nothing is half
 * done.  Linked with --wrap of the allocating functions. */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "respite/stats.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_data_set_survives_any_failed_allocation),
        cmocka_unit_test(reading_adtte_survives_any_failed_allocation),
        cmocka_unit_test(estimates_survive_any_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
