#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bed.h"

/* What tests find in replicate trials, with the therapy and under the null. */

#define RANDOMISED "design: randomised\ncontrasts:\n  - {treated: CAR T, control: no CAR T}\n"

typedef struct asked {
    rsp_plan *plan;
    rsp_analyst *analyst;
    const rsp_findings *f;
} asked;

static asked ask(const char *changes, bool null, uint32_t chunk)
{
    char *study = bed_study(changes);
    asked a = {.plan = bed_plan(study)};
    rsp_error err = {0};
    free(study);
    if (null) {
        assert_int_equal(rsp_plan_set_null(a.plan, &err), RSP_OK);
    }
    assert_int_equal(rsp_analyst_new(a.plan, &a.analyst, &err), RSP_OK);
    rsp_worker *worker = NULL;
    assert_int_equal(rsp_worker_new(a.plan, &worker, &err), RSP_OK);
    for (uint32_t t = 0, n = rsp_plan_see(a.plan)->trials; t < n; t += chunk) {
        rsp_dataset_maker *rows = rsp_plan_dataset(a.plan);
        assert_int_equal(rsp_worker_run(worker, t, n - t < chunk ? n - t : chunk, rows, NULL,
                                        NULL, &err),
                         RSP_OK);
        rsp_dataset_sort(rows);
        if (rsp_analyst_add(a.analyst, rsp_dataset_view(rows), NULL, &err) != RSP_OK) {
            fail_msg("%s", err.message);
        }
        rsp_dataset_free(rows);
    }
    rsp_worker_free(worker);
    assert_int_equal(rsp_analyst_finish(a.analyst, "abc", &a.f, &err), RSP_OK);
    return a;
}

static void done(asked *a)
{
    rsp_analyst_free(a->analyst);
    rsp_plan_free(a->plan);
}

static void under_the_null_a_test_finds_what_its_level_says(void **state)
{
    (void)state;
    asked a = ask(RANDOMISED "trials: 600\n", true, 100);
    assert_true(rsp_plan_see(a.plan)->is_null);
    const rsp_test_share *t = &a.f->tests[0];
    print_message("    %s: %zu of %zu\n", t->what, t->significant, t->trials);
    assert_int_equal(t->trials, 600);
    /* Binomial: 30 expected, SD 5.3; with six an arm the test's own level is near 6 %.
     * Within four SD of 33. */
    assert_true(t->significant > 11 && t->significant < 56);
    assert_true(t->share.low < t->share.value && t->share.value < t->share.high);
    done(&a);
}

static void with_a_therapy_that_works_it_finds_more(void **state)
{
    (void)state;
    asked a = ask(RANDOMISED "trials: 100\n", false, 100);
    print_message("    %zu of 100\n", a.f->tests[0].significant);
    assert_true(a.f->tests[0].share.low > 0.3);
    done(&a);
}

static void under_the_null_an_arm_is_its_control_with_people_of_its_own(void **state)
{
    (void)state;
    char *study = bed_study(RANDOMISED);
    char *both = bed_study(RANDOMISED "arms:\n"
                                      "  - {name: CAR T, participants: 6, schedule: [{day: 7..14, do: stop art}]}\n"
                                      "  - {name: no CAR T, participants: 6, schedule: [{day: 7..14, do: stop art}]}\n"
                                      "visits:\n"
                                      "  - {every: 7 day, from: stop art, window: 1 day, missed: 10 %}\n");
    char *own = bed_study(RANDOMISED "visits:\n"
                                     "  - {every: 7 day, from: stop art, window: 1 day, missed: 10 %}\n");
    rsp_plan *a = bed_plan(own), *b = bed_plan(both);
    rsp_error err = {0};
    assert_int_equal(rsp_plan_set_null(a, &err), RSP_OK);
    bed_run x = bed_run_plan(a, 3), y = bed_run_plan(b, 3);
    char *rows_x = bed_rows(rsp_dataset_view(x.rows), -1, NULL);
    char *rows_y = bed_rows(rsp_dataset_view(y.rows), -1, NULL);
    assert_string_equal(rows_x, rows_y);
    assert_null(strstr(rows_x, "infuse"));
    free(rows_x);
    free(rows_y);
    bed_run_free(&x);
    bed_run_free(&y);
    rsp_plan_free(a);
    rsp_plan_free(b);
    free(study);
    free(both);
    free(own);
}

static void under_the_null_an_arm_keeps_its_own_eligibility(void **state)
{
    (void)state;
    char *study = bed_study(
        RANDOMISED "visits:\n  - {every: 7 day, from: stop art}\narms:\n"
                   "  - name: CAR T\n    participants: 6\n    eligibility: [age >= 50]\n"
                   "    schedule: [{day: 0, do: infuse}, {day: 7, do: stop art}]\n"
                   "  - name: no CAR T\n    participants: 6\n    eligibility: [age < 40]\n"
                   "    schedule: [{day: 7, do: stop art}]\n");
    rsp_plan *plan = bed_plan(study);
    rsp_error err = {0};
    assert_int_equal(rsp_plan_set_null(plan, &err), RSP_OK);
    bed_run run = bed_run_plan(plan, 3);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    assert_int_equal(d->n_subjects, 36);
    for (size_t i = 0; i < d->n_subjects; i++) {
        const rsp_subject *s = &d->subjects[i];
        assert_true(s->arm == 0 ? s->covariates[0] >= 50 : s->covariates[0] < 40);
    }
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

static void an_analysis_is_made_of_each_trial(void **state)
{
    (void)state;
    asked a = ask(RANDOMISED "trials: 20\nanalysis: tests.yaml\n", false, 7);
    asked b = ask(RANDOMISED "trials: 20\nanalysis: tests.yaml\n", false, 20);
    assert_int_equal(a.f->n_tests, 5); /* two endpoints, three analyses */
    const rsp_test_share *own = &a.f->tests[0], *plan = &a.f->tests[2];
    assert_string_equal(plan->test, "plain log-rank");
    assert_string_equal(a.f->tests[3].test, "hazard ratio");
    assert_int_equal(plan->trials, 20);
    assert_int_equal(plan->significant, own->significant);
    assert_int_equal(a.f->tests[4].estimable, 0); /* curves have no p, and no power of 0 % */
    assert_true(isnan(a.f->tests[4].share.value) && isnan(a.f->tests[4].share.low));
    for (size_t i = 0; i < a.f->n_tests; i++) {
        assert_int_equal(a.f->tests[i].significant, b.f->tests[i].significant);
    }
    done(&a);
    done(&b);
}

static void what_cannot_be_asked_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *changes, *says;
    } cases[] = {
        {"", "design: randomised"},
        {"design: randomised\ncontrasts: []\n", "name the contrasts"},
        {"design: randomised\ncontrasts:\n  - {treated: CAR T, control: no CAR T}\n"
         "  - {treated: no CAR T, control: CAR T}\n", "a control one of its own"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *study = bed_study(cases[i].changes);
        rsp_plan *plan = bed_plan(study);
        rsp_error err = {0};
        assert_int_equal(rsp_plan_set_null(plan, &err), RSP_RANGE);
        if (!strstr(err.message, cases[i].says)) {
            fail_msg("says: %s", err.message);
        }
        rsp_plan_free(plan);
        free(study);
    }
    char *study = bed_study("analysis: tests.yaml\n");
    rsp_error err = {0};
    assert_int_equal(bed_refuse(study, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "share their participants"));
    free(study);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(under_the_null_a_test_finds_what_its_level_says),
        cmocka_unit_test(with_a_therapy_that_works_it_finds_more),
        cmocka_unit_test(under_the_null_an_arm_is_its_control_with_people_of_its_own),
        cmocka_unit_test(under_the_null_an_arm_keeps_its_own_eligibility),
        cmocka_unit_test(an_analysis_is_made_of_each_trial),
        cmocka_unit_test(what_cannot_be_asked_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
