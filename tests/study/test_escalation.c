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

enum { DOSES = 3, TRIALS = 4000, MOST_TREATED = 6 };
static const double chance[DOSES] = {0.1, 0.3, 0.5};

/* `first`: what the lowest dose is. */
static char *doses(const char *first, const char *product, const char *more)
{
    rsp_text t = {0};
    rsp_text_printf(&t, "design: randomised\ncontrasts:\npublished:\nscoreboard:\nrules:\narms:\n");
    for (int i = 0; i < DOSES; i++) {
        rsp_text_printf(&t, "  - name: dose %d\n    participants: 6\n    schedule:\n"
                            "      - {day: 0, do: %s}\n    set: {f_esc: {value: %g, "
                            "use: assumed, why: a coin}}\n", i + 1, i ? "infuse" : first,
                        chance[i]);
    }
    rsp_text_printf(&t, "visits:\n  - {days: [1], from: day 0}\nassays:\n  - {name: harm, kind: "
                        "flow, reads: escape_fraction, cells: 1 cell, background: 0}\n"
                        "endpoints:\n  - {name: harmed, event: harm > 0.5, from: day 0}\n"
                        "follow_up: {start: day -1, until: 2 day}\n"
                        "product: {%s}\ntrials: %d\n%s", product, (int)TRIALS, more);
    char *study = bed_study(t.data);
    rsp_text_fini(&t);
    return study;
}

static char *arms(const char *more)
{
    return doses("infuse", "dose: 1 cell", more);
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

static void check_closed_form(char *study)
{
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
        /* Who is treated is decided by what was seen before: harmed less chance times
         * treated is a martingale, of this variance. */
        assert_true(fabs(l->toxic - chance[i] * l->treated) <
                    5 * sqrt(chance[i] * (1 - chance[i]) * l->treated / TRIALS));
        treated += l->treated * TRIALS;
    }
    assert_true(f->levels[0].treated >= 3);
    assert_true((double)f->participants == treated); /* nobody else is in the data */
    rsp_analyst_free(analyst);
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

static void three_plus_three_chooses_as_its_closed_form(void **state)
{
    (void)state;
    check_closed_form(arms("escalation: {toxicity: harmed}\n"));
}

/* The lowest dose is conditioning alone: no product that fails passes anybody over there,
 * and those whom it fails above are replaced. */
static void a_dose_without_a_product_is_given_to_everybody(void **state)
{
    (void)state;
    check_closed_form(doses("deplete, amount: 0.5", "dose: 1 cell, failure: 50 %",
                            "escalation: {toxicity: harmed}\n"));
}

/* One chance for all doses of a trial, uniform between trials: of those treated fewer are
 * harmed the higher the dose.  Without the design the same people are harmed alike. */
static void where_trials_differ_fewer_are_harmed_above_though_no_dose_harms_less(void **state)
{
    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        rsp_text t = {0};
        rsp_text_printf(&t, "escalation: %s\nset:\n  f_esc: {value: 0.5, uncertain: uniform 0 .. 1,"
                            " use: assumed, why: a coin of each trial}\n",
                        plain ? "none" : "{toxicity: harmed}");
        char *study = arms(t.data);
        for (char *c = study; (c = strstr(c, "    set: {f_esc")) != NULL;) {
            memset(c, ' ', strcspn(c, "\n")); /* no chance of the dose's own */
        }
        rsp_plan *plan = bed_plan(study);
        rsp_analyst *analyst = NULL;
        const rsp_findings *f = NULL;
        assert_int_equal(rsp_analyst_new(plan, &analyst, NULL), RSP_OK);
        bed_run run = bed_run_plan(plan, 100);
        assert_int_equal(rsp_analyst_add(analyst, rsp_dataset_view(run.rows), NULL, NULL), RSP_OK);
        assert_int_equal(rsp_analyst_finish(analyst, "abc", &f, NULL), RSP_OK);
        assert_int_equal(f->n_levels, plain ? 0 : DOSES);
        double share[DOSES];
        for (int i = 0; i < DOSES; i++) {
            const rsp_km *km = &f->arms[i].endpoints[0].km;
            share[i] = (double)km->events / (double)km->n;
            if (plain) { /* 6 coins of a trial: variance p (1 - p) / 6 + 1 / 12 */
                assert_int_equal(km->n, MOST_TREATED * TRIALS);
                assert_true(fabs(share[i] - 0.5) < 5 * sqrt((1.0 / 36 + 1.0 / 12) / TRIALS));
            }
        }
        /* Of the first three at the first dose half are harmed, and of three more in
         * trials in which one was, a mean chance of 2/5: (3/2 + 6/20) / (3 + 3/4) = 0.48;
         * few trials come back to it.  Trials that go on have a low chance. */
        assert_true(plain || (share[0] < 0.5 && share[1] < 0.75 * share[0] &&
                              share[2] < 0.75 * share[1]));
        rsp_analyst_free(analyst);
        bed_run_free(&run);
        rsp_plan_free(plan);
        rsp_text_fini(&t);
        free(study);
    }
}

/* Every dose harms everybody; a good third of places stay empty (nobody of a thousand
 * candidates is eligible). */
static void places_that_nobody_fills_are_no_sign_of_safety(void **state)
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
    /* Undecided with at most one of six filled; each place stays empty with 0.999^1000. */
    const double q = pow(0.999, 1000), none = pow(q, 6) + 6 * pow(q, 5) * (1 - q);
    assert_int_equal(f->trials, SOME);
    assert_true(fabs((double)f->undecided / SOME - none) < 5 * sqrt(none * (1 - none) / SOME));
    assert_true(f->undecided > 0);
    for (int i = 0; i < DOSES; i++) {
        assert_int_equal(f->levels[i].selected, 0);
        assert_true(f->levels[i].toxic == f->levels[i].treated);
    }
    assert_true(f->levels[0].failed == 0 && f->arms[0].flow.screened_out > SOME);
    assert_true(f->levels[0].treated > 2.8 && f->levels[0].treated <= 3);
    assert_true(f->levels[1].treated == 0 && f->arms[1].flow.screened_out == 0);
    rsp_analyst_free(analyst);
    bed_run_free(&run);
    rsp_plan_free(plan);
    rsp_text_fini(&t);
    free(all);
}

/* ---- Stopping by a count: twelve in the arm that is counted, six beside it. */
enum { MOST = 12 };

static char *stopping(const char *rule)
{
    rsp_text t = {0};
    rsp_text_printf(&t, "%scontrasts: []\npublished:\nscoreboard:\nrules:\narms:\n"
                        "  - {name: CAR T, participants: %d, schedule: [{day: 0, do: infuse}], "
                        "set: {f_esc: {value: 0.3, use: assumed, why: a coin}}}\n"
                        "  - {name: beside, participants: 6, schedule: [{day: 0, do: infuse}]}\n"
                        "visits:\n  - {days: [1], from: infuse}\nassays:\n  - {name: harm, kind: "
                        "flow, reads: escape_fraction, cells: 1 cell, background: 0}\n"
                        "endpoints:\n  - {name: harmed, event: harm > 0.5, from: infuse}\n"
                        "follow_up: {until: 2 day}\nproduct: {dose: 1 cell}\ntrials: %d\n%s",
                    strstr(rule, "design:") ? "" : "design: randomised\n", (int)MOST, (int)TRIALS, rule);
    char *study = bed_study(t.data);
    rsp_text_fini(&t);
    return study;
}

/* Chance that a rule is met, participants enrolled and harmed, chance that enrolment ends
 * early, by the chain of counts. */
static void chain(const int (*bound)[2], int n_bounds, int cohort, double want[4])
{
    double at[MOST + 1] = {1.0}, called[MOST + 1] = {0}, p = 0.3; /* called: met, not yet seen */
    want[0] = want[1] = want[2] = want[3] = 0;
    for (int n = 1; n <= MOST; n++) {
        for (int x = n; x >= 0; x--) {
            at[x] = (1 - p) * (x < n ? at[x] : 0) + (x > 0 ? p * at[x - 1] : 0);
            called[x] = (1 - p) * (x < n ? called[x] : 0) + (x > 0 ? p * called[x - 1] : 0);
        }
        for (int x = 0; x <= n; x++) {
            bool met = false;
            for (int k = 0; k < n_bounds; k++) {
                met |= n <= bound[k][1] && x >= bound[k][0];
            }
            if (met) {
                called[x] += at[x];
                at[x] = 0;
            }
            if (n == MOST || n % cohort == 0) {
                double end = called[x] + (n == MOST ? at[x] : 0);
                want[0] += called[x];
                want[3] += n < MOST ? called[x] : 0;
                want[1] += n * end;
                want[2] += x * end;
                called[x] = 0;
            }
        }
    }
}

static void enrolment_stops_as_often_as_its_chain(void **state)
{
    (void)state;
    static const struct { const char *rule; int bound[2][2], n, cohort; } cases[] = {
        {"stopping: {arm: CAR T, when: 4 of 12 have harmed}\n", {{4, 12}}, 1, 1},
        {"stopping: {arm: CAR T, when: [2 of 3 have harmed, 5 of 10 have harmed]}\n",
         {{2, 3}, {5, 10}}, 2, 1},
        {"stopping: {arm: CAR T, cohort: 5, when: 3 of 12 have harmed}\n", {{3, 12}}, 1, 5},
        {"stopping: {arm: CAR T, cohort: 2, when: 1 of 3 have harmed}\n", {{1, 3}}, 1, 2},
        {"stopping: {arm: CAR T, cohort: 4, when: [2 of 3 have harmed, 3 of 9 have harmed]}\n",
         {{2, 3}, {3, 9}}, 2, 4}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char *study = stopping(cases[k].rule);
        rsp_plan *plan = bed_plan(study);
        rsp_analyst *analyst = NULL;
        const rsp_findings *f = NULL;
        double want[4];
        chain(cases[k].bound, cases[k].n, cases[k].cohort, want);
        assert_int_equal(rsp_analyst_new(plan, &analyst, NULL), RSP_OK);
        bed_run run = bed_run_plan(plan, 100);
        const rsp_dataset *d = rsp_dataset_view(run.rows);
        assert_int_equal(rsp_analyst_add(analyst, d, NULL, NULL), RSP_OK);
        assert_int_equal(rsp_analyst_finish(analyst, "abc", &f, NULL), RSP_OK);
        const rsp_stopping *s = f->stopping;
        assert_true(s && s->planned == MOST);
        const double sd = sqrt(want[0] * (1 - want[0]) / TRIALS), sixty = sqrt((double)TRIALS);
        const double early = sqrt(want[3] * (1 - want[3]) / TRIALS);
        assert_true(fabs(s->met_share.value - want[0]) < 5 * sd);  /* five standard errors */
        assert_true(fabs(s->share.value - want[3]) < 5 * early);
        assert_true(s->stopped <= s->met && (s->stopped < s->met) == (want[3] < want[0]));
        assert_true(fabs(s->enrolled - want[1]) < 5 * MOST / 2 / sixty);
        assert_true(fabs(s->events - want[2]) < 5 * 2 / sixty);
        assert_true(s->share.value > 0.1 && s->enrolled < MOST);
        /* Nobody else is in the data; beside it half as many, rounded up. */
        size_t all = 0;
        for (size_t i = 0, trial = 0; trial < TRIALS; trial++) {
            size_t own = 0, beside = 0;
            for (; i < d->n_subjects && d->subjects[i].trial == trial; i++) {
                own += d->subjects[i].arm == 0;
                beside += d->subjects[i].arm == 1;
            }
            assert_int_equal(beside, (own + 1) / 2);
            all += own;
        }
        assert_true(fabs((double)all - s->enrolled * TRIALS) < 0.5);
        rsp_analyst_free(analyst);
        bed_run_free(&run);
        rsp_plan_free(plan);
        free(study);
    }
}

/* Whose product is not made takes no place: the other arm has half of the places taken by
 * then, however many products were to fail later. */
static void failed_products_do_not_move_the_share_of_the_other_arm(void **state)
{
    (void)state;
    char *study = stopping("stopping: {arm: CAR T, when: 2 of 12 have harmed}\n"
                           "product: {dose: 1 cell, failure: 50 %}\n");
    char *own = strstr(study, "product: {dose: 1 cell}\n"); /* of the bed */
    memset(own, '#', strlen("product: {dose: 1 cell}"));
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 100);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    size_t stopped = 0, unmade = 0;
    for (size_t i = 0, trial = 0; trial < TRIALS; trial++) {
        size_t made[2] = {0, 0};
        for (; i < d->n_subjects && d->subjects[i].trial == trial; i++) {
            made[d->subjects[i].arm] += !d->subjects[i].product_failed;
            unmade += d->subjects[i].product_failed;
        }
        assert_int_equal(made[1], (made[0] + 1) / 2);
        stopped += made[0] < MOST;
    }
    assert_true(stopped > TRIALS / 2 && unmade > TRIALS);
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

/* The rule counts an arm that gives no product: products that fail beside it are nothing
 * to it. */
static void failed_products_do_not_move_the_rule_of_an_arm_without(void **state)
{
    (void)state;
    static const int bound[1][2] = {{4, 8}};
    char *study = stopping("stopping: {arm: CAR T, when: 4 of 8 have harmed}\n"
                           "product: {dose: 1 cell, failure: 50 %}\n");
    char *own = strstr(study, "product: {dose: 1 cell}\n"); /* of the bed */
    memset(own, '#', strlen("product: {dose: 1 cell}"));
    memset(strstr(study, "{day: 0, do: infuse}"), ' ', strlen("{day: 0, do: infuse}"));
    for (char *c = study; (c = strstr(c, "from: infuse")) != NULL;) {
        memcpy(c, "from: day 0 ", strlen("from: day 0 "));
    }
    rsp_plan *plan = bed_plan(study);
    rsp_analyst *analyst = NULL;
    const rsp_findings *f = NULL;
    double want[4];
    chain(bound, 1, 1, want);
    assert_int_equal(rsp_analyst_new(plan, &analyst, NULL), RSP_OK);
    bed_run run = bed_run_plan(plan, 100);
    assert_int_equal(rsp_analyst_add(analyst, rsp_dataset_view(run.rows), NULL, NULL), RSP_OK);
    assert_int_equal(rsp_analyst_finish(analyst, "abc", &f, NULL), RSP_OK);
    assert_true(fabs(f->stopping->met_share.value - want[0]) <
                5 * sqrt(want[0] * (1 - want[0]) / TRIALS));
    assert_true(fabs(f->stopping->enrolled - want[1]) < 5 * MOST / 2 / sqrt((double)TRIALS));
    assert_true(f->arms[1].flow.product_failed > TRIALS);
    rsp_analyst_free(analyst);
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

static void a_stopping_rule_that_cannot_be_is_refused(void **state)
{
    (void)state;
    static const struct { const char *rule, *says; } cases[] = {
        {"stopping: {arm: CAR T, when: 3 of 10 have harm}\n",
         "no endpoint is called 'harm'; did you mean 'harmed'?"},
        {"stopping: {arm: CAR T, when: 3 in 10 have harmed}\n",
         "'3 in 10 have harmed' is no stopping rule; write for example '3 of 10 have harmed'"},
        {"stopping: {arm: CAR T, when: 13 of 20 have harmed}\n",
         "13 of 20 can never be; the arm has 12 participants"},
        {"stopping: {arm: CAR T, when: 4 of 3 have harmed}\n", "can never be"},
        {"stopping: {arm: CAR T, when: -1 of 3 have harmed}\n", "is no stopping rule"},
        {"stopping: {arm: CART, when: 3 of 10 have harmed}\n", "did you mean 'CAR T'?"},
        {"stopping: {when: 3 of 10 have harmed}\n", "whose participants are counted"},
        {"stopping: {arm: CAR T, when: []}\n", "there is no rule"},
        {"stopping: {arm: CAR T, when: 3 of 10 have harmed, cohorts: 3}\n", "unknown key 'cohorts'"},
        {"stopping: {arm: CAR T, when: 3 of 10 have harmed}\nescalation: {toxicity: harmed}\n",
         "stopping goes with no escalation"},
        {"stopping: {arm: CAR T, when: 3 of 10 have harmed}\ndesign: counterfactual\n",
         "needs design: randomised"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *study = stopping(cases[i].rule);
        rsp_error err = {0};
        assert_int_not_equal(bed_refuse(study, &err), RSP_OK);
        if (!strstr(err.message, cases[i].says)) {
            fail_msg("%s\n%s", cases[i].rule, err.message);
        }
        free(study);
    }
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
        cmocka_unit_test(a_dose_without_a_product_is_given_to_everybody),
        cmocka_unit_test(where_trials_differ_fewer_are_harmed_above_though_no_dose_harms_less),
        cmocka_unit_test(places_that_nobody_fills_are_no_sign_of_safety),
        cmocka_unit_test(enrolment_stops_as_often_as_its_chain),
        cmocka_unit_test(failed_products_do_not_move_the_share_of_the_other_arm),
        cmocka_unit_test(failed_products_do_not_move_the_rule_of_an_arm_without),
        cmocka_unit_test(a_stopping_rule_that_cannot_be_is_refused),
        cmocka_unit_test(an_escalation_that_cannot_be_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
