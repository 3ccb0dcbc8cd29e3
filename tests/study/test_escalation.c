#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bed.h"

/* Dose escalation by 3+3 against its closed form: a toxicity that is a coin of known
 * chance at each dose (one cell in a flow cytometer, the share set by the arm). */

enum { DOSES = 3, TRIALS = 4000 };
static const double chance[DOSES] = {0.1, 0.3, 0.5};

static char *arms(const char *more)
{
    rsp_text t = {0};
    rsp_text_printf(&t, "design: randomised\ncontrasts:\npublished:\nscoreboard:\nrules:\narms:\n");
    for (int i = 0; i < DOSES; i++) {
        rsp_text_printf(&t, "  - name: dose %d\n    participants: 6\n    schedule:\n"
                            "      - {day: 0, do: infuse}\n    set: {f_esc: {value: %g, "
                            "use: assumed, why: a coin}}\n", i + 1, chance[i]);
    }
    rsp_text_printf(&t, "visits:\n  - {days: [1], from: infuse}\nassays:\n  - {name: harm, kind: "
                        "flow, reads: escape_fraction, cells: 1 cell, background: 0}\n"
                        "endpoints:\n  - {name: harmed, event: harm > 0.5, from: infuse}\n"
                        "follow_up: {start: day -1, from: infuse, until: 2 day}\n"
                        "product: {dose: 1 cell}\ntrials: %d\n%s", (int)TRIALS, more);
    char *study = bed_study(t.data);
    rsp_text_fini(&t);
    return study;
}

/* How often each dose is chosen; from the lowest up, none at the end. */
static void closed_form(double chosen[DOSES + 1])
{
    double none[DOSES], late[DOSES], extra[DOSES], reach = 1.0, fail[DOSES];
    for (int i = 0; i < DOSES; i++) {
        double p = chance[i], q = 1 - p;
        none[i] = q * q * q;                          /* 0 of 3 */
        late[i] = 3 * p * q * q * none[i];            /* 1 of 3, then 0 of 3 */
        extra[i] = none[i] + 3 * p * q * q;           /* 0 or 1 of three more */
    }
    chosen[DOSES] = 0;
    for (int i = 0; i < DOSES; i++) {
        bool top = i + 1 == DOSES;
        double passed = top ? none[i] * extra[i] + late[i] : none[i] + late[i];
        chosen[i] = top ? reach * passed : 0.0;
        fail[i] = reach * (1 - passed);
        reach *= passed;
    }
    for (int m = 0; m < DOSES; m++) { /* too toxic at m: down */
        double left = fail[m];
        for (int i = m - 1; i >= 0; i--) {
            double early = none[i] / (none[i] + late[i]);
            double stays = 1 - early + early * extra[i];
            chosen[i] += left * stays;
            left *= 1 - stays;
        }
        chosen[DOSES] += left;
    }
}

static void three_plus_three_chooses_as_its_closed_form(void **state)
{
    (void)state;
    char *study = arms("escalation: {toxicity: harmed}\n");
    rsp_plan *plan = bed_plan(study);
    rsp_analyst *analyst = NULL;
    const rsp_findings *f = NULL;
    assert_int_equal(rsp_analyst_new(plan, &analyst, NULL), RSP_OK);
    bed_run run = bed_run_plan(plan, 100);
    assert_int_equal(rsp_analyst_add(analyst, rsp_dataset_view(run.rows), NULL, NULL), RSP_OK);
    assert_int_equal(rsp_analyst_finish(analyst, "abc", &f, NULL), RSP_OK);
    double chosen[DOSES + 1], treated = 0;
    closed_form(chosen);
    assert_int_equal(f->n_levels, DOSES);
    assert_int_equal(f->trials, TRIALS);
    for (int i = 0; i < DOSES; i++) { /* five standard errors */
        const rsp_dose_level *l = &f->levels[i];
        assert_true(fabs(l->share.value - chosen[i]) <
                    5 * sqrt(chosen[i] * (1 - chosen[i]) / TRIALS));
        assert_true(l->treated <= 6 && l->toxic <= l->treated);
        treated += l->treated * TRIALS;
    }
    assert_true(f->levels[0].treated >= 3);
    assert_true((double)f->participants == treated); /* nobody else is in the data */
    rsp_analyst_free(analyst);
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

/* Every dose harms everybody; a good third of simulations fail (nobody of a thousand
 * candidates is eligible). */
static void simulations_that_fail_are_no_sign_of_safety(void **state)
{
    (void)state;
    enum { SOME = 300 };
    rsp_text t = {0};
    rsp_text_printf(&t, "escalation: {toxicity: harmed}\npopulation:\n  covariates:\n    draw: {value: 0.5,"
                        " between: uniform 0 .. 1}\n  eligibility: [draw > 0.999]\nset: {f_esc: 1}\n");
    char *all = arms(t.data), *study = all;
    for (char *c = study; (c = strstr(c, "f_esc: {value: 0.")) != NULL; c += 17) {
        memcpy(c + 15, "1.0", 3); /* as 0.1: the same length */
    }
    char *trials = strstr(study, "trials: 4000");
    memcpy(trials, "trials: 300 ", 12);
    rsp_plan *plan = bed_plan(study);
    rsp_analyst *analyst = NULL;
    const rsp_findings *f = NULL;
    assert_int_equal(rsp_analyst_new(plan, &analyst, NULL), RSP_OK);
    bed_run run = bed_run_plan(plan, 100);
    assert_int_equal(rsp_analyst_add(analyst, rsp_dataset_view(run.rows), NULL, NULL), RSP_OK);
    assert_int_equal(rsp_analyst_finish(analyst, "abc", &f, NULL), RSP_OK);
    /* Undecided with at most one of six simulated; each fails with 0.999^1000. */
    const double q = pow(0.999, 1000), none = pow(q, 6) + 6 * pow(q, 5) * (1 - q);
    assert_int_equal(f->trials, SOME);
    assert_true(fabs((double)f->undecided / SOME - none) < 5 * sqrt(none * (1 - none) / SOME));
    assert_true(f->undecided > 0);
    for (int i = 0; i < DOSES; i++) {
        assert_int_equal(f->levels[i].selected, 0);
        assert_true(f->levels[i].toxic == f->levels[i].treated);
    }
    assert_true(f->levels[0].failed > 1 && f->levels[0].treated > 2.8 && f->levels[0].treated <= 3);
    assert_true(f->levels[1].treated == 0 && f->levels[1].failed == 0);
    rsp_analyst_free(analyst);
    bed_run_free(&run);
    rsp_plan_free(plan);
    rsp_text_fini(&t);
    free(all);
}

static void an_escalation_that_cannot_be_is_refused(void **state)
{
    (void)state;
    static const struct { const char *more, *says; } cases[] = {
        {"escalation: {toxicity: harm}\n", "no endpoint is called 'harm'; did you mean 'harmed'?"},
        {"escalation: {toxicity: harmed, start: dose 4}\n", "no arm is called 'dose 4'"},
        {"escalation: {start: dose 1}\n", "toxicity"},
        {"escalation: {toxicity: harmed, cohort: 3}\n", "unknown key 'cohort'"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *study = arms(cases[i].more);
        rsp_error err = {0};
        assert_int_not_equal(bed_refuse(study, &err), RSP_OK);
        if (!strstr(err.message, cases[i].says)) {
            fail_msg("%s", err.message);
        }
        free(study);
    }
    char *study = bed_study("escalation: {toxicity: time_to_rebound}\n");
    rsp_error err = {0};
    assert_int_not_equal(bed_refuse(study, &err), RSP_OK);
    assert_non_null(strstr(err.message, "design: randomised"));
    free(study);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_plus_three_chooses_as_its_closed_form),
        cmocka_unit_test(simulations_that_fail_are_no_sign_of_safety),
        cmocka_unit_test(an_escalation_that_cannot_be_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
