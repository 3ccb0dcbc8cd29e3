#define _DEFAULT_SOURCE /* mkdtemp */
/* What is written for others, and read back. */
#include "rows.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "respite/export.h"
#include "respite/import.h"

static const char *const words[] = {"sex", "site"};

/* Everything that a data set can hold: two trials, a counterfactual participant, all
 * states, repeats on a day, an adverse event, a failed subject, covariates of words. */
static rsp_dataset_maker *rich(const char *id)
{
    rsp_dataset_maker *m = rows_new("st \"1\", a");
    double none = (double)NAN;
    assert_int_equal(rsp_dataset_name_texts(m, words, 2, NULL), RSP_OK);
    for (uint32_t i = 0; i < 60; i++) {
        const double traits[] = {20.0 + i / 3.0, i % 7 ? 4.25 : none};
        const char *const texts[] = {i % 2 ? "F" : "M", i % 5 ? "Z\xc3\xbcrich, CH" : ""};
        const rsp_subject s = {.trial = i / 30, .participant = i / 2 % 15, .arm = i % 2,
                               .covariates = traits, .texts = texts, .failed = i == 7,
                               .product_failed = i == 9, .id = id,
                               .reason = i == 7 ? "step size, \"collapsed\"" : ""};
        assert_int_equal(rsp_dataset_add_subject(m, &s, NULL), RSP_OK);
        const rsp_happening h[] = {
            {.trial = s.trial, .participant = s.participant, .arm = s.arm, .day = 0,
             .what = "infuse", .amount = 1e8 / 3},
            {.trial = s.trial, .participant = s.participant, .arm = s.arm, .day = 0,
             .what = "infuse", .amount = 5},
            {.trial = s.trial, .participant = s.participant, .arm = s.arm, .day = 21 + i / 7.0,
             .what = "stop art", .amount = none},
            {.trial = s.trial, .participant = s.participant, .arm = s.arm, .day = 3.5,
             .what = RSP_ADVERSE_EVENT, .amount = 2, .reason = "cytokine release",
             .over = i % 2, .end_day = 9, .reported = i % 3 > 0, .reported_day = 7.25},
            {.trial = s.trial, .participant = s.participant, .arm = s.arm, .day = 200,
             .what = "end", .amount = none, .reason = "study over"}};
        for (size_t k = 0; k < 5; k++) {
            assert_int_equal(rsp_dataset_add_happening(m, &h[k], NULL), RSP_OK);
        }
        const rsp_endpoint_row e = {.trial = s.trial, .participant = s.participant, .arm = s.arm,
                                    .endpoint = "time_to_rebound", .day = i / 3.0, .left = i / 4.0,
                                    .right = i % 3 ? (double)INFINITY : i / 3.0,
                                    .end = i % 3 ? RSP_END_RESTART : RSP_END_EVENT, .start_day = 21};
        assert_int_equal(rsp_dataset_add_endpoint(m, &e, NULL), RSP_OK);
        for (uint32_t k = 0; k < 10; k++) {
            rsp_measurement r = rows_random(60 * i + k);
            r.trial = s.trial;
            r.participant = s.participant;
            r.arm = s.arm;
            if (k == 3) {
                r.state = RSP_MISSING;
                r.value = none;
                r.reason = "missed visit";
            } else if (k == 4) {
                r.state = RSP_ABOVE_ULOQ;
                r.uloq = 1e7;
            } else if (k == 5) {
                r.state = RSP_BELOW_LLOQ;
                r.lloq = none;
                r.planned_day = none;
            }
            assert_int_equal(rsp_dataset_add_measurement(m, &r, NULL), RSP_OK);
        }
    }
    rsp_dataset_sort(m);
    return m;
}

static void digest(const rsp_dataset *d, char hex[65])
{
    rsp_sha256 sha;
    rsp_sha256_init(&sha);
    rsp_dataset_digest(d, &sha);
    rsp_sha256_hex(&sha, hex);
}

static void must_be_same(const rsp_dataset *a, const rsp_dataset *b)
{
    char x[65], y[65];
    digest(a, x);
    digest(b, y);
    assert_string_equal(x, y);
    assert_string_equal(a->study, b->study);
    assert_int_equal(a->n_arms, b->n_arms);
    assert_int_equal(a->n_subjects, b->n_subjects);
    assert_int_equal(a->n_endpoints, b->n_endpoints);
    assert_int_equal(a->n_covariates, b->n_covariates);
    assert_int_equal(a->n_texts, b->n_texts);
    for (size_t i = 0; i < a->n_subjects; i++) {
        const rsp_subject *s = &a->subjects[i], *t = &b->subjects[i];
        assert_true(s->failed == t->failed && s->product_failed == t->product_failed);
        assert_string_equal(s->reason, t->reason);
        assert_string_equal(s->id, t->id);
        for (size_t k = 0; k < a->n_covariates; k++) {
            assert_true(s->covariates[k] == t->covariates[k] ||
                        (isnan(s->covariates[k]) && isnan(t->covariates[k])));
        }
        for (size_t k = 0; k < a->n_texts; k++) {
            assert_string_equal(s->texts[k], t->texts[k]);
        }
    }
    for (size_t i = 0; i < a->n_measurements; i++) {
        assert_true(a->measurements[i].uloq == b->measurements[i].uloq);
    }
    for (size_t i = 0; i < a->n_endpoints; i++) {
        const rsp_endpoint_row *e = &a->endpoints[i], *f = &b->endpoints[i];
        assert_string_equal(e->endpoint, f->endpoint);
        assert_true(e->day == f->day && e->left == f->left && e->right == f->right &&
                    e->end == f->end && e->start_day == f->start_day && e->arm == f->arm);
    }
}

static rsp_dataset_maker *import_adam(const char *dir)
{
    rsp_importer *im = rsp_import_new(NULL);
    rsp_dataset_maker *m = NULL;
    rsp_error err = {0};
    rsp_status s = rsp_import_adam(im, dir, &err);
    s = s == RSP_OK ? rsp_import_finish(im, &m, &err) : s;
    if (s != RSP_OK) {
        fail_msg("%s: %s", err.source, err.message);
    }
    assert_string_equal(rsp_import_notes(im), "");
    rsp_import_free(im);
    return m;
}

static void clear(const char *dir)
{
    char command[100];
    snprintf(command, sizeof command, "rm -r '%s'", dir);
    assert_int_equal(system(command), 0);
}

static void round_trip(rsp_export_format format, const char *id)
{
    char dir[] = "/tmp/respite-export-XXXXXX";
    assert_non_null(mkdtemp(dir));
    rsp_dataset_maker *m = rich(id);
    rsp_error err = {0};
    if (rsp_export(rsp_dataset_view(m), format, dir, &err) != RSP_OK) {
        fail_msg("%s", err.message);
    }
    rsp_dataset_maker *back = import_adam(dir);
    must_be_same(rsp_dataset_view(m), rsp_dataset_view(back));
    rsp_dataset_free(back);
    rsp_dataset_free(m);
    clear(dir);
}

static void adam_as_csv_is_read_back_as_the_same_data_set(void **state)
{
    (void)state;
    round_trip(RSP_EXPORT_ADAM, "");
    round_trip(RSP_EXPORT_ADAM, "site 1, P-7");
}

static void adam_as_transport_files_is_read_back_as_the_same_data_set(void **state)
{
    (void)state;
    round_trip(RSP_EXPORT_XPT, "");
}

static void transport_files_have_the_same_bytes_every_time(void **state)
{
    (void)state;
    rsp_dataset_maker *m = rich("");
    for (int which = 0; which < RSP_N_ADAM; which++) {
        rsp_text a = {0}, b = {0};
        assert_int_equal(rsp_export_xpt(rsp_dataset_view(m), (rsp_adam)which, &a, NULL), RSP_OK);
        assert_int_equal(rsp_export_xpt(rsp_dataset_view(m), (rsp_adam)which, &b, NULL), RSP_OK);
        assert_int_equal(a.length, b.length);
        assert_memory_equal(a.data, b.data, a.length);
        assert_memory_equal(a.data + 144, "01JAN70:00:00:00", 16); /* no clock */
        rsp_text_fini(&a);
        rsp_text_fini(&b);
    }
    rsp_dataset_free(m);
}

static void a_data_set_without_adverse_events_has_an_empty_adae(void **state)
{
    (void)state;
    rsp_dataset_maker *m = rows_new("s");
    const rsp_subject one = {.participant = 3};
    assert_int_equal(rsp_dataset_add_subject(m, &one, NULL), RSP_OK);
    rsp_text text = {0};
    rsp_adam_header(RSP_ADAE, rsp_dataset_view(m), &text);
    rsp_adam_rows(RSP_ADAE, rsp_dataset_view(m), &text);
    assert_string_equal(text.data, "STUDYID,USUBJID,SUBJID,TRIAL,ARM,TRT01P,TRT01PN,AESEQ,AETERM,"
                                   "ASTDT,ASTDY,AENDT,AENDY,AEDT,AEDY,AETOXGR\n");
    rsp_text_fini(&text);
    assert_int_equal(rsp_export_xpt(rsp_dataset_view(m), RSP_ADAE, &text, NULL), RSP_OK);
    rsp_text_fini(&text);
    rsp_dataset_free(m);
}

static void the_description_names_every_column_and_code(void **state)
{
    (void)state;
    rsp_dataset_maker *m = rich("");
    const rsp_dataset *d = rsp_dataset_view(m);
    rsp_text text = {0};
    rsp_export_define(d, true, &text);
    json_t *root = json_loads(text.data, 0, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "study")), d->study);
    json_t *sets = json_object_get(root, "datasets"), *codes = json_object_get(root, "codes");
    assert_string_equal(json_string_value(json_object_get(json_object_get(codes, "CNSR"), "2")),
                        "ART restarted");
    assert_int_equal(json_array_size(sets), RSP_N_ADAM);
    for (size_t i = 0; i < RSP_N_ADAM; i++) {
        json_t *variables = json_object_get(json_array_get(sets, i), "variables"), *v;
        rsp_text header = {0};
        size_t k;
        rsp_adam_header((rsp_adam)i, d, &header);
        rsp_text names = {0};
        json_array_foreach(variables, k, v) {
            rsp_text_printf(&names, "%s%s", k ? "," : "", json_string_value(json_object_get(v, "name")));
            assert_true(json_integer_value(json_object_get(v, "length")) > 0);
            assert_true(strlen(json_string_value(json_object_get(v, "label"))) > 0);
        }
        rsp_text_add(&names, "\n");
        assert_string_equal(names.data, header.data);
        rsp_text_fini(&names);
        rsp_text_fini(&header);
    }
    json_t *vl = json_array_get(json_object_get(json_array_get(sets, RSP_ADVL), "parameters"), 0);
    assert_string_equal(json_string_value(json_object_get(vl, "unit")), "copies/mL");
    json_decref(root);
    rsp_text_fini(&text);
    rsp_dataset_free(m);
}

static void json_holds_every_row(void **state)
{
    (void)state;
    rsp_dataset_maker *m = rich("a \"b\"\\\n");
    const rsp_dataset *d = rsp_dataset_view(m);
    rsp_text text = {0};
    rsp_export_json(d, &text);
    json_t *root = json_loads(text.data, 0, NULL);
    assert_non_null(root);
    json_t *rows = json_object_get(root, "measurements");
    assert_int_equal(json_array_size(rows), d->n_measurements);
    assert_int_equal(json_array_size(json_object_get(root, "subjects")), d->n_subjects);
    assert_int_equal(json_array_size(json_object_get(root, "happenings")), d->n_happenings);
    assert_int_equal(json_array_size(json_object_get(root, "endpoints")), d->n_endpoints);
    assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(root, "subjects"), 0), "id")), "a \"b\"\\\n");
    for (size_t i = 0; i < d->n_measurements; i++) {
        json_t *v = json_object_get(json_array_get(rows, i), "value");
        assert_true(json_is_null(v) ? isnan(d->measurements[i].value)
                                    : json_number_value(v) == d->measurements[i].value);
    }
    json_decref(root);
    rsp_text_fini(&text);
    rsp_dataset_free(m);
}

static void nonmem_has_a_dose_before_the_measurement_of_its_day(void **state)
{
    (void)state;
    rsp_dataset_maker *m = rows_new("s");
    const double traits[] = {41.5, (double)NAN};
    const rsp_subject one = {.participant = 3, .arm = 1, .covariates = traits};
    assert_int_equal(rsp_dataset_add_subject(m, &one, NULL), RSP_OK);
    rows_happening(m, 3, 1, 0, "infuse", 1e8);
    rows_happening(m, 3, 1, 28, "stop art", (double)NAN);
    double none = (double)NAN;
    rows_measurement(m, 3, 1, -14.5, "viral_load", RSP_NOT_DETECTED, none, 20);
    rows_measurement(m, 3, 1, 0, "viral_load", RSP_BELOW_LLOQ, none, 20);
    rows_measurement(m, 3, 1, 0, "cd4", RSP_NUMBER, 512, none);
    rows_measurement(m, 3, 1, 35, "viral_load", RSP_ABOVE_ULOQ, none, 20);
    rows_measurement(m, 3, 1, 36, "viral_load", RSP_MISSING, none, 20);
    rsp_dataset_sort(m);
    rsp_text text = {0};
    rsp_export_nonmem(rsp_dataset_view(m), &text);
    assert_string_equal(text.data,
        "ID,TIME,DAY,AMT,EVID,MDV,DV,DVID,CMT,CENS,LIMIT,LLOQ,TND,TRT,TRIAL,SUBJID,AGE,LG10VRLL\n"
        "1,0,-14.5,.,0,0,20,1,1,1,0,20,1,2,0,3,41.5,.\n"
        "1,14.5,0,100000000,1,1,.,.,1,0,.,.,0,2,0,3,41.5,.\n"
        "1,14.5,0,.,0,0,512,2,2,0,.,.,0,2,0,3,41.5,.\n"
        "1,14.5,0,.,0,0,20,1,1,1,0,20,0,2,0,3,41.5,.\n"
        "1,49.5,35,.,0,1,.,1,1,-1,.,20,0,2,0,3,41.5,.\n"
        "1,50.5,36,.,0,1,.,1,1,0,.,20,0,2,0,3,41.5,.\n");
    rsp_text_fini(&text);
    rsp_export_nonmem_legend(rsp_dataset_view(m), &text);
    json_t *root = json_loads(text.data, 0, NULL);
    assert_non_null(root);
    json_t *cd4 = json_array_get(json_object_get(root, "assays"), 1);
    assert_string_equal(json_string_value(json_object_get(cd4, "name")), "cd4");
    assert_int_equal(json_integer_value(json_object_get(cd4, "dvid")), 2);
    json_decref(root);
    rsp_text_fini(&text);
    rsp_dataset_free(m);
}

/* Doses and measurements, by participant, arm, day, assay and state. */
static void nonmem_is_read_back_with_the_names_beside_it(void **state)
{
    (void)state;
    char dir[] = "/tmp/respite-export-XXXXXX", path[100];
    assert_non_null(mkdtemp(dir));
    rsp_dataset_maker *m = rich(""), *back = NULL;
    const rsp_dataset *a = rsp_dataset_view(m);
    rsp_error err = {0};
    assert_int_equal(rsp_export(a, RSP_EXPORT_NONMEM, dir, &err), RSP_OK);
    snprintf(path, sizeof path, "%s/nonmem.csv", dir);
    rsp_importer *im = rsp_import_new(NULL);
    rsp_status s = rsp_import_path(im, path, &err);
    s = s == RSP_OK ? rsp_import_finish(im, &back, &err) : s;
    if (s != RSP_OK) {
        fail_msg("%s", err.message);
    }
    const rsp_dataset *b = rsp_dataset_view(back);
    assert_int_equal(b->n_arms, 2);
    assert_string_equal(b->arms[1], a->arms[1]);
    assert_int_equal(b->n_measurements, a->n_measurements);
    for (size_t i = 0; i < a->n_measurements; i++) {
        const rsp_measurement *x = &a->measurements[i], *y = &b->measurements[i];
        assert_string_equal(x->assay, y->assay);
        assert_string_equal(x->unit, y->unit);
        assert_int_equal(x->state, y->state);
        assert_int_equal(x->arm, y->arm);
        assert_true(x->day == y->day && (x->value == y->value || isnan(x->value)));
        assert_true(x->lloq == y->lloq || isnan(x->lloq));
    }
    assert_int_equal(b->n_happenings, 2 * a->n_subjects);
    rsp_dataset_free(back);
    rsp_dataset_free(m);
    rsp_import_free(im);
    clear(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adam_as_csv_is_read_back_as_the_same_data_set),
        cmocka_unit_test(adam_as_transport_files_is_read_back_as_the_same_data_set),
        cmocka_unit_test(transport_files_have_the_same_bytes_every_time),
        cmocka_unit_test(a_data_set_without_adverse_events_has_an_empty_adae),
        cmocka_unit_test(the_description_names_every_column_and_code),
        cmocka_unit_test(json_holds_every_row),
        cmocka_unit_test(nonmem_is_read_back_with_the_names_beside_it),
        cmocka_unit_test(nonmem_has_a_dose_before_the_measurement_of_its_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
