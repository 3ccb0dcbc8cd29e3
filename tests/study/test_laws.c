#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bed.h"

/* The promises that a run of a study keeps. */

static char *rows_with(const char *changes, int arm, const char *without)
{
    char *study = bed_study(changes);
    char *rows = bed_rows_of(study, arm, without);
    free(study);
    return rows;
}

static void expect_same(char *a, char *b)
{
    assert_true(strlen(a) > 1000);
    assert_string_equal(a, b);
    free(a);
    free(b);
}

#define TWO_ARMS(first)                                                        \
    "arms:\n"                                                                  \
    "  - {name: A, participants: 6, schedule: [" first                         \
    "{day: 7..14, do: stop art}]}\n"                                           \
    "  - {name: B, participants: 6, schedule: [{day: 7..14, do: stop art}]}\n" \
    "scoreboard: []\n"

static void a_dose_of_zero_equals_no_treatment_to_the_bit(void **state)
{
    (void)state;
    const char *zero = TWO_ARMS("{day: 0, do: infuse, amount: 0 cell}, ")
        "visits: {every: 7 day, from: stop art, window: 1 day}\n";
    expect_same(rows_with(zero, 0, NULL), rows_with(zero, 1, NULL));
    const char *no_dose = TWO_ARMS("{day: 0, do: infuse}, ")
        "visits: {every: 7 day, from: stop art, window: 1 day}\n"
        "product: {dose: 0 cell}\n";
    expect_same(rows_with(no_dose, 0, NULL), rows_with(no_dose, 1, NULL));
}

/* A percentage of a pure number is that number, also where the dose is one. */
static void a_percentage_of_a_pure_number_is_that_number(void **state)
{
    (void)state;
    const char *product[] = {"product: {dose: 4e7 cell}\n",
                             "product: {given by: deplete, dose: 10 %}\n"};
    for (size_t k = 0; k < 2; k++) {
        char share[600], number[600];
        const char *arm = "%sarms: [{name: A, participants: 6, schedule: [{day: 0, do: infuse, "
                          "amount: 4e7 cell}, {day: 3, do: deplete, amount: %s}, "
                          "{day: 7, do: stop art}]}]\nscoreboard: []\n";
        snprintf(share, sizeof share, arm, product[k], "15 %");
        snprintf(number, sizeof number, arm, product[k], "0.15");
        expect_same(rows_with(share, 0, NULL), rows_with(number, 0, NULL));
    }
}

static void treatment_changes_what_is_measured(void **state)
{
    (void)state;
    char *a = rows_with("", 0, " H "), *b = rows_with("", 1, " H ");
    assert_string_not_equal(a, b);
    free(a);
    free(b);
}

static void adding_an_assay_changes_no_other_number(void **state)
{
    (void)state;
    /* The screening visit of intact_provirus is there in both. */
    expect_same(rows_with("", -1, NULL),
                rows_with("assays:\n"
                          "  - {name: extra1, kind: cd4, reads: cd4, visits: [screening, "
                          "infuse]}\n"
                          "  - viral_load\n"
                          "  - car_copies\n"
                          "  - {name: extra2, kind: viral_load, reads: viral_load}\n"
                          "  - {name: intact_provirus, visits: [screening, stop art, "
                          "rebound]}\n"
                          "  - {name: extra3, kind: escape_fraction, reads: "
                          "escape_fraction, visits: [rebound]}\n",
                          -1, " extra"));
}

static void adding_an_arm_changes_no_other_number(void **state)
{
    (void)state;
    const char *third =
        "arms:\n"
        "  - {name: CAR T, participants: 6, schedule: [{day: 0, do: infuse}, {day: "
        "7..14, do: stop art}]}\n"
        "  - {name: no CAR T, participants: 6, schedule: [{day: 7..14, do: stop art}]}\n"
        "  - {name: boosted, participants: 9, schedule: [{day: 0, do: infuse}, {day: 3, "
        "do: infuse}, {day: 7..14, do: stop art}]}\n";
    expect_same(rows_with("", -1, NULL), rows_with(third, -1, " arm2 "));
    char *random = malloc(strlen(third) + 40);
    assert_non_null(random);
    sprintf(random, "%sdesign: randomised\n", third);
    expect_same(rows_with("design: randomised\n", -1, NULL),
                rows_with(random, -1, " arm2 "));
    free(random);
}

static void adding_a_grid_changes_no_other_number(void **state)
{
    (void)state;
    expect_same(rows_with("", -1, NULL),
                rows_with("grid:\n"
                          "  endpoint: time_to_rebound\n"
                          "  axes:\n"
                          "    - threshold: [50 copies/mL, 1000 copies/mL]\n"
                          "    - every: [7 day, 14 day]\n",
                          -1, NULL));
}

static void rows_do_not_depend_on_packing_or_chunks(void **state)
{
    (void)state;
    char *study = bed_study("trials: 4\n");
    rsp_plan *plan = bed_plan(study);
    bed_run whole = bed_run_plan(plan, 4);
    char *a = bed_rows(rsp_dataset_view(whole.rows), -1, NULL);
    rsp_plan_set_packing(plan, 3, true);
    bed_run packed = bed_run_plan(plan, 1);
    char *b = bed_rows(rsp_dataset_view(packed.rows), -1, NULL);
    expect_same(a, b);
    bed_run_free(&whole);
    bed_run_free(&packed);
    rsp_plan_free(plan);
    free(study);
}

static void another_seed_gives_other_numbers(void **state)
{
    (void)state;
    char *a = rows_with("", -1, NULL), *b = rows_with("seed: 8\n", -1, NULL);
    assert_string_not_equal(a, b);
    free(a);
    free(b);
}

/* ---- Designs. */
static void counterfactual_arms_share_their_people(void **state)
{
    (void)state;
    char *study = bed_study("product: {dose: 4e7 cell, failure: 30 %}\n");
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 2);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    size_t pairs = 0;
    for (size_t i = 0; i + 1 < d->n_subjects; i++) {
        const rsp_subject *a = &d->subjects[i], *b = &d->subjects[i + 1];
        if (a->participant == b->participant && a->trial == b->trial) {
            assert_memory_equal(a->covariates, b->covariates,
                                d->n_covariates * sizeof(double));
            assert_false(a->product_failed || b->product_failed);
            pairs++;
        } else if (a->arm == 0) { /* nobody else is without a partner */
            assert_true(a->product_failed);
        }
    }
    assert_int_equal(pairs, 18);
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

static void randomised_arms_have_people_of_their_own(void **state)
{
    (void)state;
    char *study = bed_study("design: randomised\n");
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 2);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    assert_int_equal(d->n_subjects, 36);
    for (size_t i = 0; i < d->n_subjects; i++) {
        assert_true((d->subjects[i].participant >= 100000) == (d->subjects[i].arm == 1));
        for (size_t k = 0; k < i; k++) {
            assert_true(d->subjects[i].covariates[0] != d->subjects[k].covariates[0]);
        }
    }
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

static void who_has_no_product_never_interrupts(void **state)
{
    (void)state;
    char *study = bed_study("product: {dose: 4e7 cell, failure: 50 %}\n"
                            "trials: 10\n");
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 5);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    size_t failed = 0, made = 0;
    for (size_t i = 0; i < d->n_subjects; i++) {
        const rsp_subject *s = &d->subjects[i];
        failed += s->product_failed;
        made += !s->product_failed && s->arm == 0;
        for (size_t k = 0; s->product_failed && k < d->n_happenings; k++) {
            const rsp_happening *h = &d->happenings[k];
            assert_false(h->trial == s->trial && h->participant == s->participant &&
                         h->arm == s->arm);
        }
    }
    assert_int_equal(made, 60);
    assert_true(failed > 20 && failed < 120); /* negative binomial, mean 60, SD 11 */
    for (size_t i = 0; i < d->n_endpoints; i++) {
        const rsp_endpoint_row *e = &d->endpoints[i];
        assert_true(e->end != RSP_END_NOT_STARTED || e->arm == 0);
    }
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

static void a_dose_is_what_manufacture_gives(void **state)
{
    (void)state;
    char *study = bed_study(
        "product:\n"
        "  dose: 4e7 cell\n"
        "  manufacture:\n"
        "    starting cells: 1e6 cell\n"
        "    expansion: {value: 40, between: uniform 20 .. 60}\n"
        "    vein to vein: 3 week\n"
        "    release: {dose: 3e7 cell}\n"
        "trials: 10\n");
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 5);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    size_t fewer = 0, refused = 0;
    for (size_t i = 0; i < d->n_subjects; i++) {
        const rsp_subject *s = &d->subjects[i];
        const double *c = s->covariates; /* age, dose, starting, expansion, vein */
        double made = 1e6 * c[3];
        assert_true(fabs(c[1] - fmin(4e7, made)) < 1);
        assert_true(fabs(c[4] - 3) < 1e-12); /* weeks, as written */
        assert_true(s->product_failed == (made < 3e7) || s->arm == 1);
        refused += s->product_failed && strstr(s->reason, "dose") != NULL;
        fewer += !s->product_failed && s->arm == 0 && made < 4e7;
    }
    for (size_t k = 0; k < d->n_happenings; k++) {
        assert_true(!(d->happenings[k].amount > 4e7 + 1) );
        assert_true(!(d->happenings[k].amount < 3e7 - 1) );
    }
    assert_true(fewer > 5 && refused > 5); /* a quarter each */
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

/* Of the product, of a schedule and of a share, by the weight of the one who was eligible. */
static void a_dose_per_kg_is_times_the_body_weight(void **state)
{
    (void)state;
    char *study = bed_study(
        "population:\n  covariates:\n    age: {value: 45}\n"
        "    weight: {value: 80 kg, between: lognormal cv 0.3, range: 40..150 kg}\n"
        "  eligibility: [weight > 75 kg]\n"
        "product: {dose: 3e5 cell/kg}\n"
        "arms:\n  - {name: A, participants: 6, schedule: [{day: 0, do: infuse}, "
        "{day: 1, do: infuse, amount: 1e6 cell/kg}, {day: 2, do: infuse, amount: 50 %}, "
        "{day: 7, do: stop art}]}\nscoreboard: []\n");
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 3);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    size_t n = 0;
    for (size_t i = 0; i < d->n_subjects; i++) {
        const rsp_subject *s = &d->subjects[i];
        const double weight = s->covariates[1]; /* age, weight, dose */
        assert_true(weight > 75 && fabs(s->covariates[2] - 3e5 * weight) < 1);
        for (size_t k = 0; k < d->n_happenings; k++) {
            const rsp_happening *h = &d->happenings[k];
            if (h->trial == s->trial && h->participant == s->participant &&
                strcmp(h->what, "infuse") == 0) {
                const double a_kg = h->day == 0 ? 3e5 : h->day == 1 ? 1e6 : 1.5e5;
                assert_true(fabs(h->amount - a_kg * weight) < 1);
                n++;
            }
        }
    }
    assert_int_equal(n, 54);
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

static void candidates_are_drawn_until_one_is_eligible(void **state)
{
    (void)state;
    char *study = bed_study("population:\n"
                            "  covariates:\n"
                            "    age: {value: 45, between: normal sd 10}\n"
                            "    doubles: {shows: doubling}\n"
                            "    loss: {shows: delta}\n"
                            "  eligibility:\n"
                            "    - age >= 40 and age < 50\n"
                            "    - doubling < 1.8 day or delta < 0.9 1/day\n");
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 2);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    assert_int_equal(d->n_subjects, 36);
    for (size_t i = 0; i < d->n_subjects; i++) {
        const double *c = d->subjects[i].covariates;
        assert_true(c[0] >= 40 && c[0] < 50);
        assert_true(c[1] < 1.8 || c[2] < 0.9);
    }
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

static void nobody_eligible_is_a_failure_with_its_reason(void **state)
{
    (void)state;
    char *rows = rows_with("population:\n"
                           "  covariates:\n"
                           "    age: {value: 45, between: uniform 40 .. 50}\n"
                           "  eligibility: [age > 60]\n"
                           "trials: 1\n",
                           0, NULL);
    assert_non_null(strstr(rows, "none of 1000 candidates was eligible"));
    assert_null(strstr(rows, "M "));
    free(rows);
}

#define ARM_SCREENED(design, own)                                                        \
    "design: " design "\n"                                                               \
    "population:\n"                                                                      \
    "  covariates:\n"                                                                    \
    "    age: {between: uniform, range: 20 .. 60}\n"                                     \
    "    loss: {shows: delta}\n"                                                         \
    "  eligibility: [age >= 30]\n"                                                       \
    "arms:\n"                                                                            \
    "  - {name: A, participants: 6, schedule: [{day: 7..14, do: stop art}]}\n"           \
    "  - name: B\n"                                                                      \
    "    participants: 6\n"                                                              \
    "    schedule: [{day: 7..14, do: stop art}]\n"                                       \
    "    set: {delta: 0.8 1/day}\n" own "scoreboard: []\n"                                    \
    "visits: {every: 7 day, from: stop art, window: 1 day}\n"

/* Of people between 30 and 60 years 0.4 are 48 or older: of each enrolled in the arm, a
 * geometric number is screened out before, 1.5 on average (SD 1.94). */
static void check_screened(const char *changes, bool shared)
{
    enum { TRIALS = 100, ROWS = 6 * TRIALS };
    char *study = bed_study(changes);
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, TRIALS);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    const size_t out_at = d->n_covariates - 1;
    assert_string_equal(d->covariates[out_at], "screened_out");
    double out = 0, age[TRIALS][6] = {{0}};
    uint32_t n[2] = {0, 0}, next[TRIALS] = {0}, in_both = 0;
    for (size_t i = 0; i < d->n_subjects; i++) {
        const rsp_subject *s = &d->subjects[i];
        const uint32_t number = s->participant % 100000;
        assert_true(s->participant / 100000 == (shared ? 0 : s->arm) && !s->failed);
        n[s->arm]++;
        if (s->arm == 0) { /* everybody, in order */
            assert_true(number < 6 && s->covariates[out_at] == 0);
            age[s->trial][number] = s->covariates[0];
            continue;
        }
        /* The arm's number tells how many were asked. */
        assert_true(s->covariates[0] >= 48);
        assert_true(number == next[s->trial] + s->covariates[out_at]);
        next[s->trial] = number + 1;
        out += s->covariates[out_at];
        if (shared && number < 6) { /* the same person */
            assert_true(s->covariates[0] == age[s->trial][number]);
            in_both++;
        }
    }
    size_t of_age = 0;
    for (size_t i = 0; i < ROWS; i++) {
        of_age += age[i / 6][i % 6] >= 48;
    }
    assert_true(n[0] == ROWS && n[1] == ROWS);
    assert_true(!shared || in_both == of_age); /* nobody eligible is passed over */
    assert_true(fabs(out / ROWS - 1.5) < 4 * 1.94 / sqrt(ROWS));
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

static void an_arm_of_its_own_eligibility_holds_those_who_meet_it(void **state)
{
    (void)state;
    check_screened(ARM_SCREENED("counterfactual", "    eligibility: [age >= 48]\n") "trials: 100\n",
                   true);
    check_screened(ARM_SCREENED("randomised", "    eligibility: [age >= 48]\n") "trials: 100\n",
                   false);
    /* Whom an arm screens out is nothing to the others, and who is in has the same course. */
    expect_same(rows_with(ARM_SCREENED("counterfactual", "    eligibility: [age >= 48]\n"), 0, "S "),
                rows_with(ARM_SCREENED("counterfactual", ""), 0, "S "));
    expect_same(rows_with(ARM_SCREENED("counterfactual", "    eligibility: [age >= 0]\n"), 1, "S "),
                rows_with(ARM_SCREENED("counterfactual", ""), 1, "S "));
}

/* By the study's own table: the arm sets delta to 0.8 around, whom it screens it finds by
 * the population's. */
static void an_arm_screens_before_what_it_sets(void **state)
{
    (void)state;
    const char *own = ARM_SCREENED("counterfactual", "    eligibility: [delta >= 1 1/day]\n");
    char *study = bed_study(own);
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 3);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    size_t shared = 0;
    for (size_t i = 0; i + 1 < d->n_subjects; i++) {
        const rsp_subject *a = &d->subjects[i], *b = &d->subjects[i + 1];
        if (b->arm == 1 && a->participant == b->participant && a->trial == b->trial) {
            assert_true(a->covariates[1] >= 1 && b->covariates[1] < a->covariates[1]);
            shared++;
        }
    }
    assert_true(shared > 3);
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

static void an_arm_that_nobody_may_enter_fails_with_its_reason(void **state)
{
    (void)state;
    char *rows = rows_with(ARM_SCREENED("counterfactual", "    eligibility: [age > 60]\n")
                           "trials: 1\n", 1, NULL);
    size_t n = 0;
    for (const char *at = rows; (at = strstr(at, "none of 1000 candidates was eligible")); at++) {
        n++;
    }
    assert_int_equal(n, 6);
    assert_null(strstr(rows, "M "));
    free(rows);
}

static void uncertainty_is_shared_by_the_arms_of_a_trial(void **state)
{
    (void)state;
    char *study = bed_study("population:\n"
                            "  covariates: {loss: {shows: delta}}\n"
                            "set: {delta: {between: none}}\n"
                            "design: randomised\n");
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 2);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    double of_trial[3] = {0};
    for (size_t i = 0; i < d->n_subjects; i++) {
        const rsp_subject *s = &d->subjects[i];
        double *first = &of_trial[s->trial];
        *first = *first > 0 ? *first : s->covariates[0];
        assert_true(s->covariates[0] == *first);
    }
    assert_true(of_trial[0] != of_trial[1] && of_trial[1] != of_trial[2]);
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

/* ---- Rules. */
static void a_rule_sees_measurements_only(void **state)
{
    (void)state;
    /* An assay that can see no copy: the truth goes far above the limit. */
    char *blind = rows_with(
        "assays:\n"
        "  - {name: viral_load, volume: 1e-6 mL, efficiency: 1e-6}\n"
        "  - {name: truth, kind: exact, reads: viral_load}\n"
        "endpoints:\n"
        "  - {name: time_to_rebound, event: truth > 10000 copies/mL, from: stop art}\n"
        "scoreboard: []\n",
        1, NULL);
    assert_null(strstr(blind, "start art"));
    assert_non_null(strstr(blind, " time_to_rebound 0 ")); /* it was there */
    free(blind);
}

static double day_of(const rsp_dataset *d, uint32_t participant, const char *what)
{
    for (size_t i = 0; i < d->n_happenings; i++) {
        const rsp_happening *h = &d->happenings[i];
        if (h->trial == 0 && h->participant == participant && h->arm == 1 &&
            strcmp(h->what, what) == 0) {
            return h->day;
        }
    }
    return (double)NAN;
}

static void a_rule_acts_on_the_day_of_its_sample_or_after_the_turnaround(void **state)
{
    (void)state;
    const char *assays[] = {"assays: [viral_load]\nscoreboard: []\n",
                            "assays: [{name: viral_load, delay: 3 day}]\n"
                            "scoreboard: []\n"};
    for (size_t k = 0; k < 2; k++) {
        char *study = bed_study(assays[k]);
        rsp_plan *plan = bed_plan(study);
        bed_run run = bed_run_plan(plan, 2);
        const rsp_dataset *d = rsp_dataset_view(run.rows);
        size_t restarts = 0;
        for (uint32_t who = 0; who < 6; who++) {
            double restart = day_of(d, who, "start art"), first = (double)NAN;
            double stop = day_of(d, who, "stop art");
            for (size_t i = 0; i < d->n_measurements && isnan(first); i++) {
                const rsp_measurement *m = &d->measurements[i];
                if (m->trial == 0 && m->participant == who && m->arm == 1 &&
                    m->value > 1000 && m->day > stop) {
                    first = m->day;
                }
            }
            assert_true(isnan(first) ? isnan(restart)
                                     : restart == first + (k ? 3.0 : 0.0));
            restarts += !isnan(restart);
        }
        assert_true(restarts > 2);
        bed_run_free(&run);
        rsp_plan_free(plan);
        free(study);
    }
}

/* Each planned interruption has its own restart; a rule that serves both, and one for the
 * second alone. */
static void a_rule_acts_once_in_each_interruption(void **state)
{
    (void)state;
    const char *rules[] = {
        "rules: [{when: viral_load > 1000 copies/mL, do: start art}]\n",
        "rules:\n  - {when: viral_load > 1000 copies/mL, do: start art, from: day 7}\n"
        "  - {when: viral_load > 400 copies/mL, confirmed: 2, do: start art, from: day 119}\n"};
    for (size_t k = 0; k < 2; k++) {
        char changes[900];
        snprintf(changes, sizeof changes,
                 "arms:\n  - {name: two, participants: 6, schedule: [{day: 7, do: stop art}, "
                 "{day: 91, do: start art}, {day: 119, do: stop art}]}\n"
                 "visits: {every: 7 day}\nassays: [viral_load]\n%s"
                 "endpoints:\n  - {name: again, event: viral_load > 50 copies/mL, from: stop art 2}\n"
                 "follow_up: {start: day -7, from: stop art 2, until: 12 week}\nscoreboard: []\n",
                 rules[k]);
        char *study = bed_study(changes);
        rsp_plan *plan = bed_plan(study);
        bed_run run = bed_run_plan(plan, 3);
        const rsp_dataset *d = rsp_dataset_view(run.rows);
        int first[32] = {0}, second[32] = {0}, n = 0;
        for (size_t i = 0; i < d->n_endpoints; i++) { /* day 0 is the second one's */
            assert_true(d->endpoints[i].start_day == 119);
            assert_int_not_equal(d->endpoints[i].end, RSP_END_NOT_STARTED);
        }
        for (size_t i = 0; i < d->n_happenings; i++) {
            const rsp_happening *h = &d->happenings[i];
            const uint32_t who = h->trial * 6 + h->participant;
            if (strcmp(h->what, "start art") == 0 && strcmp(h->reason, "planned") != 0) {
                assert_true(who < 32 && (h->day < 91 || h->day > 119));
                (h->day < 91 ? first : second)[who]++;
            }
        }
        for (int who = 0; who < 18; who++) {
            assert_true(first[who] <= 1 && second[who] <= 1);
            n += first[who] && second[who];
        }
        assert_true(n > 9); /* most had both */
        bed_run_free(&run);
        rsp_plan_free(plan);
        free(study);
    }
}

/* Who never stopped ART does not start it, whatever the rule sees; follow-up goes on. */
static void nobody_restarts_what_was_not_stopped(void **state)
{
    (void)state;
    const char *changes =
        "arms:\n  - {name: on ART, participants: 6, schedule: []}\n"
        "  - {name: off ART, participants: 6, schedule: [{day: 7, do: stop art}]}\n"
        "visits: {every: 7 day}\nassays: [viral_load, cd4]\nscoreboard: []\nendpoints: []\n"
        "rules: [{when: cd4 < 2000 cell/uL, do: start art, from: day 0}]\n"
        "follow_up: {start: day -7, until: 12 week, after restart: 2 week}\n";
    char *on = rows_with(changes, 0, NULL), *off = rows_with(changes, 1, NULL);
    assert_null(strstr(on, "start art"));
    assert_null(strstr(on, "after restart"));
    assert_non_null(strstr(off, "start art"));
    free(on);
    free(off);
}

/* Baselines lie on the day of `from` or before it; none of these is refused. */
static void a_baseline_on_the_day_itself_is_one(void **state)
{
    (void)state;
    const char *visits[] = {"visits: {every: 7 day, from: infuse}\nassays: [viral_load]\n",
                            "visits: {days: [0, 84], from: infuse}\nassays: [viral_load]\n",
                            "visits: [{days: [84], from: infuse, name: late}]\n"
                            "assays: [{name: viral_load, visits: [infuse, late]}]\n",
                            "visits: [{days: [84], from: infuse, name: late}]\n"
                            "assays: [{name: viral_load, visits: [screening, late]}]\n"};
    for (size_t i = 0; i < 4; i++) {
        char changes[700];
        snprintf(changes, sizeof changes,
                 "%sscoreboard: []\nrules: []\nfollow_up: {start: day -7, until: 100 day}\n"
                 "endpoints: [{name: rise, event: viral_load log10 change from baseline > 0.5, "
                 "from: infuse}]\n", visits[i]);
        char *rows = rows_with(changes, 0, NULL);
        assert_non_null(strstr(rows, " rise 0 ")); /* and events are seen */
        free(rows);
    }
}

static void follow_up_may_end_some_time_after_a_restart(void **state)
{
    (void)state;
    char *study = bed_study("follow_up: {start: day -7, from: stop art, until: 8 week, "
                            "after restart: 2 week}\n");
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 2);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    bool seen = false;
    for (uint32_t who = 0; who < 6; who++) {
        double restart = day_of(d, who, "start art"), last = day_of(d, who, "end");
        if (restart + 14 < day_of(d, who, "stop art") + 56) {
            assert_true(last == restart + 14);
            seen = true;
        }
        for (size_t i = 0; i < d->n_measurements; i++) {
            const rsp_measurement *m = &d->measurements[i];
            assert_false(m->trial == 0 && m->participant == who && m->arm == 1 &&
                         m->day > last);
        }
    }
    assert_true(seen);
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

static void who_drops_out_is_lost(void **state)
{
    (void)state;
    char *rows = rows_with("dropout: {share: 60 %, over: 4 week}\nrules:\n", -1, NULL);
    assert_non_null(strstr(rows, "lost to follow-up"));
    assert_non_null(strstr(rows, " time_to_rebound 3 "));
    free(rows);
}

/* ---- Grid. */
static void a_cell_like_the_study_gives_the_studys_endpoint(void **state)
{
    (void)state;
    char *study = bed_study("rules:\n"
                            "grid:\n"
                            "  endpoint: time_to_rebound\n"
                            "  axes:\n"
                            "    - threshold: [50 copies/mL, 1000 copies/mL]\n"
                            "    - set: anything\n"
                            "      levels: [{label: none, set: {}}, {label: slow, set: "
                            "{growth: 0.2 1/day}}]\n");
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 2);
    const rsp_dataset *d = rsp_dataset_view(run.rows), *g = rsp_dataset_view(run.grid);
    size_t compared = 0;
    for (size_t i = 0; i < d->n_endpoints; i++) {
        const rsp_endpoint_row *e = &d->endpoints[i];
        for (size_t k = 0; k < g->n_endpoints; k++) {
            const rsp_endpoint_row *c = &g->endpoints[k];
            if (strcmp(e->endpoint, "time_to_rebound") == 0 && c->trial == e->trial &&
                c->participant == e->participant && c->arm == e->arm &&
                strcmp(c->endpoint, "cell 0") == 0) {
                assert_true(c->day == e->day && c->end == e->end && c->left == e->left);
                compared++;
            }
        }
    }
    assert_int_equal(compared, 36);
    assert_int_equal(g->n_endpoints, 36 * 4);
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

static void a_grid_is_not_ended_by_restarts(void **state)
{
    (void)state;
    char *study = bed_study("rules: [{when: viral_load > 50 copies/mL, do: start art}]\n"
                            "grid:\n"
                            "  endpoint: time_to_rebound\n"
                            "  axes: [{threshold: [10000 copies/mL]}]\n");
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 2);
    const rsp_dataset *g = rsp_dataset_view(run.grid);
    size_t events = 0;
    for (size_t i = 0; i < g->n_endpoints; i++) {
        assert_true(g->endpoints[i].end != RSP_END_RESTART);
        events += g->endpoints[i].arm == 1 && g->endpoints[i].end == RSP_END_EVENT;
    }
    assert_true(events > 12);
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

/* ---- Two lines of visits on one day. */
typedef struct of_one_day { /* of one assay, over all participants and arms */
    size_t rows, planned; /* planned: those planned for the day itself */
    size_t missed;        /* "missed visit", with the line's name */
} of_one_day;

static of_one_day on_trough(const char *visits, const char *assay)
{
    rsp_text changes = {0};
    rsp_text_add(&changes, visits);
    rsp_text_add(&changes, "assays: [viral_load, {name: car_copies, visits: [trough]}]\n"
                           "arms: [{name: A, participants: 12, schedule: "
                           "[{day: 0, do: infuse}, {day: 5, do: stop art}]}]\n"
                           "rules:\nscoreboard: []\n");
    char *study = bed_study(changes.data);
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 3);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    of_one_day out = {0};
    for (size_t i = 0; i < d->n_measurements; i++) {
        const rsp_measurement *m = &d->measurements[i];
        if (strcmp(m->assay, assay) == 0 && m->day == 19) {
            out.rows++;
            out.planned += m->planned_day == 19;
        }
    }
    for (size_t i = 0; i < d->n_happenings; i++) {
        out.missed += strcmp(d->happenings[i].what, "missed visit") == 0 &&
                      strcmp(d->happenings[i].reason, "trough") == 0;
    }
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
    rsp_text_fini(&changes);
    return out;
}

#define WEEKLY(more) "  - {every: 7 day, from: stop art" more "}\n"
#define TROUGH(more) "  - {days: [14], from: stop art, name: trough" more "}\n"

static void two_lines_on_one_day_measure_the_assays_of_both(void **state)
{
    (void)state;
    const char *either[] = {"visits:\n" WEEKLY("") TROUGH(""),
                            "visits:\n" TROUGH("") WEEKLY(""),
                            "visits:\n" WEEKLY(", window: 1 day") TROUGH("")};
    for (size_t i = 0; i < 3; i++) {
        of_one_day trough = on_trough(either[i], "car_copies");
        assert_int_equal(trough.rows, 36);
        assert_int_equal(trough.planned, 36);
        assert_int_equal(on_trough(either[i], "viral_load").rows, 36);
    }
}

static void an_assay_keeps_the_planned_day_of_its_own_line(void **state)
{
    (void)state;
    /* The visit planned for day 20 falls on day 19 for a third, who have one then. */
    const char *visits = "visits:\n  - {days: [15], from: stop art, window: 1 day}\n"
                         TROUGH("");
    of_one_day load = on_trough(visits, "viral_load");
    assert_int_equal(load.rows, 36);
    assert_true(load.planned > 12 && load.planned < 36);
    assert_int_equal(on_trough(visits, "car_copies").planned, 36);
}

static void each_line_of_a_day_is_missed_for_itself(void **state)
{
    (void)state;
    const char *trough = "visits:\n" WEEKLY("") TROUGH(", missed: 100 %");
    assert_int_equal(on_trough(trough, "viral_load").rows, 36);
    of_one_day none = on_trough(trough, "car_copies");
    assert_int_equal(none.rows, 0);
    assert_int_equal(none.missed, 36); /* and it is said */
    const char *weekly = "visits:\n" WEEKLY(", missed: 100 %") TROUGH("")
        "endpoints: [{name: time_to_rebound, event: viral_load > 50 copies/mL, from: stop art}]\n";
    of_one_day load = on_trough(weekly, "viral_load");
    assert_int_equal(load.rows, 36); /* who comes for the trough has both taken */
    assert_int_equal(load.missed, 0);
    assert_int_equal(on_trough(weekly, "car_copies").rows, 36);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dose_of_zero_equals_no_treatment_to_the_bit),
        cmocka_unit_test(a_percentage_of_a_pure_number_is_that_number),
        cmocka_unit_test(treatment_changes_what_is_measured),
        cmocka_unit_test(adding_an_assay_changes_no_other_number),
        cmocka_unit_test(adding_an_arm_changes_no_other_number),
        cmocka_unit_test(adding_a_grid_changes_no_other_number),
        cmocka_unit_test(rows_do_not_depend_on_packing_or_chunks),
        cmocka_unit_test(another_seed_gives_other_numbers),
        cmocka_unit_test(counterfactual_arms_share_their_people),
        cmocka_unit_test(randomised_arms_have_people_of_their_own),
        cmocka_unit_test(who_has_no_product_never_interrupts),
        cmocka_unit_test(a_dose_is_what_manufacture_gives),
        cmocka_unit_test(a_dose_per_kg_is_times_the_body_weight),
        cmocka_unit_test(candidates_are_drawn_until_one_is_eligible),
        cmocka_unit_test(nobody_eligible_is_a_failure_with_its_reason),
        cmocka_unit_test(an_arm_of_its_own_eligibility_holds_those_who_meet_it),
        cmocka_unit_test(an_arm_screens_before_what_it_sets),
        cmocka_unit_test(an_arm_that_nobody_may_enter_fails_with_its_reason),
        cmocka_unit_test(uncertainty_is_shared_by_the_arms_of_a_trial),
        cmocka_unit_test(a_rule_sees_measurements_only),
        cmocka_unit_test(a_rule_acts_on_the_day_of_its_sample_or_after_the_turnaround),
        cmocka_unit_test(a_rule_acts_once_in_each_interruption),
        cmocka_unit_test(nobody_restarts_what_was_not_stopped),
        cmocka_unit_test(a_baseline_on_the_day_itself_is_one),
        cmocka_unit_test(follow_up_may_end_some_time_after_a_restart),
        cmocka_unit_test(who_drops_out_is_lost),
        cmocka_unit_test(a_cell_like_the_study_gives_the_studys_endpoint),
        cmocka_unit_test(a_grid_is_not_ended_by_restarts),
        cmocka_unit_test(two_lines_on_one_day_measure_the_assays_of_both),
        cmocka_unit_test(an_assay_keeps_the_planned_day_of_its_own_line),
        cmocka_unit_test(each_line_of_a_day_is_missed_for_itself)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
