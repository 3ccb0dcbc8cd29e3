#include "rows.h"

#include <stdlib.h>
#include <string.h>

static void digest_of(const rsp_dataset *d, char hex[65])
{
    rsp_sha256 sha;
    rsp_sha256_init(&sha);
    rsp_dataset_digest(d, &sha);
    rsp_sha256_hex(&sha, hex);
}

static void equal_texts_are_kept_once(void **state)
{
    (void)state;
    rsp_dataset_maker *m = rows_new("s");
    char assay[16] = "viral_load";
    rows_measurement(m, 0, 0, 1, assay, RSP_NUMBER, 5, 20);
    strcpy(assay, "cd4"); /* a buffer used again is another text */
    rows_measurement(m, 0, 0, 1, assay, RSP_NUMBER, 5, 20);
    rows_measurement(m, 0, 0, 2, "viral_load", RSP_NUMBER, 5, 20);
    const rsp_dataset *d = rsp_dataset_view(m);
    assert_string_equal(d->measurements[0].assay, "viral_load");
    assert_string_equal(d->measurements[1].assay, "cd4");
    assert_ptr_equal(d->measurements[0].assay, d->measurements[2].assay);
    for (int i = 0; i < 10000; i++) { /* many texts, found again after growth */
        char text[32];
        snprintf(text, sizeof text, "text %d", i % 5000);
        rows_happening(m, 0, 0, i, text, 1);
    }
    d = rsp_dataset_view(m);
    for (int i = 0; i < 5000; i++) {
        assert_ptr_equal(d->happenings[i].what, d->happenings[i + 5000].what);
    }
    assert_string_equal(d->happenings[4321].what, "text 4321");
    rows_happening(m, 0, 0, 1, "costarring", 1); /* one FNV-1a for both */
    rows_happening(m, 0, 0, 1, "liquid", 1);
    d = rsp_dataset_view(m);
    assert_string_equal(d->happenings[10000].what, "costarring");
    assert_string_equal(d->happenings[10001].what, "liquid");
    rsp_dataset_clear(m); /* more texts than are kept: forgotten with the rows */
    rows_measurement(m, 0, 0, 1, "cd4", RSP_NUMBER, 5, 20);
    assert_string_equal(rsp_dataset_view(m)->measurements[0].assay, "cd4");
    rsp_dataset_free(m);
}

static void rows_stand_in_canonical_order_and_equal_keys_keep_theirs(void **state)
{
    (void)state;
    rsp_dataset_maker *m = rows_new("s");
    rows_measurement(m, 1, 0, 7, "b", RSP_NUMBER, 1, 20);
    rows_measurement(m, 0, 1, 7, "a", RSP_NUMBER, 2, 20);
    rows_measurement(m, 0, 0, 7, "b", RSP_NUMBER, 3, 20);
    rows_measurement(m, 0, 0, 7, "a", RSP_NUMBER, 4, 20); /* twice on a day */
    rows_measurement(m, 0, 0, -7, "b", RSP_NUMBER, 5, 20); /* before day 0 */
    rows_measurement(m, 0, 0, 7, "a", RSP_NUMBER, 6, 20);
    rsp_dataset_sort(m);
    static const double want[] = {5, 4, 6, 3, 2, 1};
    const rsp_dataset *d = rsp_dataset_view(m);
    for (int i = 0; i < 6; i++) {
        assert_true(d->measurements[i].value == want[i]);
    }
    for (uint32_t i = 0; i < 3000; i++) { /* subjects take their covariates along */
        double covariates[2] = {i * 7919 % 3000, i};
        rsp_subject s = {.participant = i * 7919 % 3000, .covariates = covariates};
        assert_int_equal(rsp_dataset_add_subject(m, &s, NULL), RSP_OK);
    }
    rsp_dataset_sort(m);
    d = rsp_dataset_view(m);
    for (uint32_t i = 0; i < 3000; i++) {
        assert_int_equal(d->subjects[i].participant, i);
        assert_true(d->subjects[i].covariates[0] == i);
    }
    rsp_endpoint_row e = {.endpoint = "b", .day = 1, .right = 1};
    assert_int_equal(rsp_dataset_add_endpoint(m, &e, NULL), RSP_OK);
    e.endpoint = "a";
    e.day = 9;
    assert_int_equal(rsp_dataset_add_endpoint(m, &e, NULL), RSP_OK);
    rsp_dataset_sort(m);
    assert_string_equal(rsp_dataset_view(m)->endpoints[0].endpoint, "a");
    rsp_dataset_free(m);
}

enum { N = 6000 };

static void the_digest_knows_neither_the_order_of_adding_nor_chunks(void **state)
{
    (void)state;
    char whole[65], shuffled[65], chunked[65], merged[65];
    rsp_dataset_maker *a = rows_new("s"), *b = rows_new("s"), *c = rows_new("s");
    rsp_sha256 sha;
    rsp_sha256_init(&sha);
    for (uint32_t i = 0; i < N; i++) {
        rsp_measurement x = rows_random(i), y = rows_random((uint32_t)(i * 1237u + 5) % N);
        assert_int_equal(rsp_dataset_add_measurement(a, &x, NULL), RSP_OK);
        assert_int_equal(rsp_dataset_add_measurement(b, &y, NULL), RSP_OK);
        const rsp_happening h = {.trial = x.trial, .participant = x.participant,
                                 .arm = x.arm, .day = x.planned_day,
                                 .what = "visit", .amount = i, .reason = ""};
        if (i % 3 == 0) {
            assert_int_equal(rsp_dataset_add_happening(a, &h, NULL), RSP_OK);
        }
        if ((N - 1 - i) % 3 == 0) { /* every third row, last first */
            rsp_measurement z = rows_random(N - 1 - i);
            const rsp_happening g = {.trial = z.trial, .participant = z.participant,
                                     .arm = z.arm, .day = z.planned_day,
                                     .what = "visit", .amount = N - 1 - i,
                                     .reason = ""};
            assert_int_equal(rsp_dataset_add_happening(b, &g, NULL), RSP_OK);
        }
    }
    rsp_dataset_sort(a);
    rsp_dataset_sort(b);
    digest_of(rsp_dataset_view(a), whole);
    digest_of(rsp_dataset_view(b), shuffled);
    assert_string_equal(whole, shuffled);
    /* Chunks of one to seven trials, the maker used again after a clear. */
    const rsp_dataset *d = rsp_dataset_view(a);
    uint32_t first = 0;
    rsp_dataset_maker *all = rows_new("s");
    for (uint32_t size = 1; first < N / 600; first += size, size += 2) {
        rsp_dataset_clear(c);
        for (size_t i = 0; i < d->n_measurements; i++) {
            if (d->measurements[i].trial - first < size) {
                assert_int_equal(rsp_dataset_add_measurement(c, &d->measurements[i], NULL), RSP_OK);
            }
        }
        for (size_t i = 0; i < d->n_happenings; i++) {
            if (d->happenings[i].trial - first < size) {
                assert_int_equal(rsp_dataset_add_happening(c, &d->happenings[i], NULL), RSP_OK);
            }
        }
        rsp_dataset_sort(c);
        rsp_dataset_digest(rsp_dataset_view(c), &sha);
        assert_int_equal(rsp_dataset_append(all, rsp_dataset_view(c), NULL), RSP_OK);
    }
    rsp_sha256_hex(&sha, chunked);
    assert_string_equal(whole, chunked);
    digest_of(rsp_dataset_view(all), merged);
    assert_string_equal(whole, merged);
    rsp_dataset_free(a);
    rsp_dataset_free(b);
    rsp_dataset_free(c);
    rsp_dataset_free(all);
}

static void the_digest_is_of_the_text_that_the_header_describes(void **state)
{
    (void)state;
    rsp_dataset_maker *m = rows_new("s");
    rows_measurement(m, 0, 1, 7.5, "viral_load", RSP_BELOW_LLOQ, 3, 20);
    rows_measurement(m, 1, 1, -1, "cd4", RSP_NUMBER, 0.1, (double)NAN);
    rows_happening(m, 0, 1, 0, "stop\tart\n\\\r", (double)NAN);
    rows_happening(m, 1, 1, 3, "end", 1);
    const rsp_happening fever = {.participant = 1, .arm = 1, .day = 2, .what = RSP_ADVERSE_EVENT,
                                 .amount = 3, .reason = "fever", .reported = true,
                                 .reported_day = 2.5, .end_day = 9};
    assert_int_equal(rsp_dataset_add_happening(m, &fever, NULL), RSP_OK);
    rsp_dataset_sort(m);
    static const char want[] =
        "H\t0\t0\t1\t0\tstop\\tart\\n\\\\\\r\tNaN\t\n"
        "M\t0\t0\t1\t7.5\t7\tviral_load\tcopies/mL\tbelow LLOQ\tNaN\t20\t\n"
        "H\t0\t1\t1\t2\tadverse event\t3\tfever\tNaN\t2.5\n"
        "H\t0\t1\t1\t3\tend\t1\t\n"
        "M\t0\t1\t1\t-1\t-1\tcd4\tcopies/mL\tnumber\t0.1\tNaN\t\n";
    char got[65], expected[65];
    rsp_sha256 sha;
    rsp_sha256_init(&sha);
    rsp_sha256_add(&sha, want, sizeof want - 1);
    rsp_sha256_hex(&sha, expected);
    digest_of(rsp_dataset_view(m), got);
    assert_string_equal(got, expected);
    /* Estimates and participants' traits stay outside. */
    rsp_endpoint_row e = {.endpoint = "x", .day = 1};
    rsp_subject s = {.participant = 3};
    assert_int_equal(rsp_dataset_add_endpoint(m, &e, NULL), RSP_OK);
    assert_int_equal(rsp_dataset_add_subject(m, &s, NULL), RSP_OK);
    digest_of(rsp_dataset_view(m), got);
    assert_string_equal(got, expected);
    /* A text longer than the buffer. */
    char *longer = calloc(1, 50001);
    memset(longer, 'x', 50000);
    rsp_text text = {0};
    rsp_text_printf(&text, "%sH\t0\t2\t0\t1\t%s\t1\t\n", want, longer);
    rows_happening(m, 2, 0, 1, longer, 1);
    rsp_sha256_init(&sha);
    rsp_sha256_add(&sha, text.data, text.length);
    rsp_sha256_hex(&sha, expected);
    digest_of(rsp_dataset_view(m), got);
    assert_string_equal(got, expected);
    free(longer);
    rsp_text_fini(&text);
    rsp_dataset_free(m);
}

static void a_value_without_the_state_number_is_not_kept(void **state)
{
    (void)state;
    rsp_dataset_maker *m = rows_new("s");
    for (int s = RSP_NOT_DETECTED; s <= RSP_MISSING; s++) {
        rows_measurement(m, 0, 0, s, "viral_load", (rsp_result_state)s, 12, 20);
        double kept = rsp_dataset_view(m)->measurements[s].value;
        assert_true(s == RSP_NUMBER ? kept == 12 : isnan(kept));
    }
    rsp_dataset_free(m);
}

static void rows_that_cannot_be_are_refused_and_nothing_is_added(void **state)
{
    (void)state;
    rsp_dataset_maker *m = rows_new("s");
    rsp_error err;
    rsp_measurement good = rows_random(0), bad = good;
    bad.arm = 2;
    assert_int_equal(rsp_dataset_add_measurement(m, &bad, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "arm 2"));
    bad = good;
    bad.day = (double)NAN;
    assert_int_equal(rsp_dataset_add_measurement(m, &bad, &err), RSP_RANGE);
    bad = good;
    bad.state = RSP_NUMBER;
    bad.value = (double)INFINITY;
    assert_int_equal(rsp_dataset_add_measurement(m, &bad, &err), RSP_RANGE);
    bad.state = (rsp_result_state)9;
    assert_int_equal(rsp_dataset_add_measurement(m, &bad, &err), RSP_RANGE);
    rsp_happening h = {.arm = 7};
    assert_int_equal(rsp_dataset_add_happening(m, &h, &err), RSP_RANGE);
    rsp_subject s = {.arm = 7};
    assert_int_equal(rsp_dataset_add_subject(m, &s, &err), RSP_RANGE);
    rsp_endpoint_row e = {.end = (rsp_endpoint_end)6};
    assert_int_equal(rsp_dataset_add_endpoint(m, &e, &err), RSP_RANGE);
    e = (rsp_endpoint_row){.day = (double)NAN};
    assert_int_equal(rsp_dataset_add_endpoint(m, &e, &err), RSP_RANGE);
    e.end = RSP_END_NOT_STARTED; /* has no day */
    assert_int_equal(rsp_dataset_add_endpoint(m, &e, &err), RSP_OK);
    const rsp_dataset *d = rsp_dataset_view(m);
    assert_int_equal(d->n_measurements + d->n_happenings + d->n_subjects, 0);
    assert_string_equal(d->endpoints[0].endpoint, ""); /* NULL text is "" */
    rsp_dataset_free(m);
}

static void only_data_sets_alike_are_joined(void **state)
{
    (void)state;
    rsp_error err;
    rsp_dataset_maker *m = rows_new("s");
    static const char *const other[] = {"CAR T", "control"};
    rsp_dataset_maker *a = rsp_dataset_new("s", other, 2, rows_covariates, 2);
    rsp_dataset_maker *b = rsp_dataset_new("s", rows_arms, 2, rows_covariates, 1);
    assert_int_equal(rsp_dataset_append(m, rsp_dataset_view(a), &err), RSP_DATA);
    assert_int_equal(rsp_dataset_append(m, rsp_dataset_view(b), &err), RSP_DATA);
    /* A row in the middle that cannot be: the rows before it go too. */
    rsp_dataset_maker *c = rows_new("s");
    rows_measurement(c, 0, 0, 1, "cd4", RSP_NUMBER, 1, 1);
    rsp_measurement rows[2] = {rows_random(0), rows_random(1)};
    rows[1].arm = 9;
    rsp_dataset wrong = *rsp_dataset_view(c);
    wrong.measurements = rows;
    wrong.n_measurements = 2;
    assert_int_equal(rsp_dataset_append(m, &wrong, &err), RSP_RANGE);
    assert_int_equal(rsp_dataset_view(m)->n_measurements, 0);
    rsp_dataset_free(m);
    rsp_dataset_free(a);
    rsp_dataset_free(b);
    rsp_dataset_free(c);
    rsp_dataset_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_texts_are_kept_once),
        cmocka_unit_test(rows_stand_in_canonical_order_and_equal_keys_keep_theirs),
        cmocka_unit_test(the_digest_knows_neither_the_order_of_adding_nor_chunks),
        cmocka_unit_test(the_digest_is_of_the_text_that_the_header_describes),
        cmocka_unit_test(a_value_without_the_state_number_is_not_kept),
        cmocka_unit_test(rows_that_cannot_be_are_refused_and_nothing_is_added),
        cmocka_unit_test(only_data_sets_alike_are_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
