/* What a change must do to a person, in pairs: the same 1,200 people in two arms of the
 * shipped model.  Each law on a mean is held by a one-sided 99.9 % confidence bound over the
 * pairs, or by every pair; that on distributions by a band that they may not leave.  Models are read from RESPITE_TEST_MODELS (the sources' where it is not
 * set), so that spoiled ones can be shown to fail. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bed.h"

enum { PEOPLE = 1200 };
static const double Z = 3.0902323061678132; /* normal quantile of 0.999 */

typedef struct pairs {
    double first[PEOPLE], second[PEOPLE];
} pairs;

typedef struct contrast {
    double mean, low, high; /* of first less second, one-sided bounds */
    size_t less, equal, more; /* pairs by that difference */
} contrast;

static contrast of(const pairs *p)
{
    contrast c = {0};
    double squares = 0;
    for (size_t i = 0; i < PEOPLE; i++) {
        const double d = p->first[i] - p->second[i];
        c.mean += d / PEOPLE;
        squares += d * d / PEOPLE;
        *(d < 0 ? &c.less : d > 0 ? &c.more : &c.equal) += 1;
    }
    const double half = Z * sqrt((squares - c.mean * c.mean) / PEOPLE);
    c.low = c.mean - half;
    c.high = c.mean + half;
    print_message("    mean %.4g (at least %.4g, at most %.4g); %zu less, %zu equal, %zu more\n",
                  c.mean, c.low, c.high, c.less, c.equal, c.more);
    return c;
}

/* ---- Two arms of a study. */
static rsp_plan *plan_of(const char *study)
{
    const char *folder = getenv("RESPITE_TEST_MODELS");
    rsp_text t = {0};
    rsp_text_printf(&t, "model: %s/hiv_car_t.rsp\n%s", folder ? folder : MODELS, study);
    rsp_plan *plan = NULL;
    rsp_error err = {0};
    if (rsp_plan_parse(t.data, strlen(t.data), STUDIES "/pairs.yaml", &plan, &err) != RSP_OK) {
        fail_msg("%s:%u:%u: %s", err.source, err.line, err.column, err.message);
    }
    rsp_text_fini(&t);
    return plan;
}

/* The person's place; nobody failed. */
static size_t who(const rsp_dataset *d, uint32_t participant)
{
    assert_true(participant < PEOPLE && d->n_subjects == 2 * PEOPLE);
    return participant;
}

static void nobody_failed(const rsp_dataset *d)
{
    for (size_t i = 0; i < d->n_subjects; i++) {
        if (d->subjects[i].failed) {
            fail_msg("participant %u: %s", d->subjects[i].participant, d->subjects[i].reason);
        }
    }
}

/* Days to the study's endpoint; who had none counts to the end of follow-up. */
static pairs days_of(const char *study)
{
    pairs p;
    rsp_plan *plan = plan_of(study);
    bed_run run = bed_run_plan(plan, 1);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    nobody_failed(d);
    assert_int_equal(d->n_endpoints, 2 * PEOPLE);
    for (size_t i = 0; i < d->n_endpoints; i++) {
        const rsp_endpoint_row *e = &d->endpoints[i];
        (e->arm ? p.second : p.first)[who(d, e->participant)] = e->day;
    }
    bed_run_free(&run);
    rsp_plan_free(plan);
    return p;
}

#define POPULATION(more) "population: {from: chronic_art_suppressed" more "}\n"
#define ARM(name, before, set)                                                       \
    "  - {name: " name ", participants: 1200, schedule: [" before                    \
    "{day: 14, do: stop art}], set: {" set "}}\n"
#define REBOUND(limit)                                                               \
    "visits: {every: 1 day, from: stop art}\n"                                       \
    "assays: [{name: viral_load, kind: exact}]\n"                                    \
    "rules: [{when: viral_load > " limit ", do: end}]\n"                             \
    "endpoints: [{name: rebound, event: viral_load > " limit ", from: stop art}]\n"  \
    "follow_up: {start: day 0, from: stop art, until: 40 week}\ncontrasts: []\nseed: 3\n"

/* ---- The laws. */
static void more_env_per_cell_is_more_lysis_per_cell(void **state)
{
    (void)state;
    pairs lysis, left;
    rsp_plan *plan = plan_of(
        "study: pairs\nsolver: {method: ode, rtol: 1e-6}\n"
        POPULATION(", covariates: {lysis: {shows: \"lysis[wt]\"}}") "arms:\n"
        ARM("more", "{day: 0, do: infuse, amount: 1e10 cell}, ", "A_env: {value: 4000, range: 1..1e6}")
        ARM("less", "{day: 0, do: infuse, amount: 1e10 cell}, ", "A_env: {value: 1000, range: 1..1e6}")
        "visits: {days: [7]}\nassays: [{name: ca_rna, kind: exact}]\n"
        "follow_up: {from: start, until: 14 day}\ncontrasts: []\nseed: 3\n");
    bed_run run = bed_run_plan(plan, 1);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    nobody_failed(d);
    size_t at = 0;
    while (strcmp(d->covariates[at], "lysis") != 0) {
        at++;
    }
    for (size_t i = 0; i < d->n_subjects; i++) {
        const rsp_subject *s = &d->subjects[i];
        (s->arm ? lysis.second : lysis.first)[who(d, s->participant)] = s->covariates[at];
    }
    for (size_t i = 0; i < d->n_measurements; i++) {
        const rsp_measurement *m = &d->measurements[i];
        (m->arm ? left.second : left.first)[who(d, m->participant)] = log10(m->value);
    }
    contrast c = of(&lysis);
    assert_true(c.more == PEOPLE && c.low > 0.1);
    /* And so fewer cells that bear Env are left after a week. */
    c = of(&left);
    assert_true(c.less == PEOPLE && c.high < 0);
    bed_run_free(&run);
    rsp_plan_free(plan);
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void a_smaller_reservoir_rebounds_later_in_distribution(void **state)
{
    (void)state;
    pairs p = days_of("study: pairs\n" POPULATION("") "arms:\n"
                      ARM("smaller", "", "Lambda: 0.125 cell/day, L0: 2.5e5 cell")
                      ARM("larger", "", "") REBOUND("50 copies/mL"));
    contrast c = of(&p);
    assert_true(c.low > 3);
    assert_true(c.more > c.less);
    /* On no day had more of its people rebounded, but for what chance leaves once in a
     * thousand times between two equal curves of so many each (Massart 1990 for one; Wei &
     * Dudley 2012 for two); pairs differ by less than such. */
    qsort(p.first, PEOPLE, sizeof *p.first, by_size);
    qsort(p.second, PEOPLE, sizeof *p.second, by_size);
    const double band = sqrt(log(1 / 0.001) / PEOPLE);
    size_t early = 0, j = 0;
    for (size_t i = 0; i < PEOPLE; i++) {
        while (j < PEOPLE && p.second[j] <= p.first[i]) {
            j++;
        }
        early = i + 1 > j && i + 1 - j > early ? i + 1 - j : early;
    }
    assert_true((double)early / PEOPLE < band);
    assert_true(p.first[PEOPLE / 2] > p.second[PEOPLE / 2] + 2);
}

/* Every row of the two arms, written out. */
static void rows_of(const char *first_arm, char *rows[2])
{
    rsp_text t = {0};
    rsp_text_printf(&t, "study: pairs\n" POPULATION("") "arms:\n%s" ARM("none", "", "")
                        "visits: {every: 7 day}\nassays: [viral_load, car_copies, ca_rna, "
                        "intact_provirus, cd4]\nfollow_up: {from: start, until: 35 day}\n"
                        "contrasts: []\nseed: 3\n", first_arm);
    rsp_plan *plan = plan_of(t.data);
    bed_run run = bed_run_plan(plan, 1);
    nobody_failed(rsp_dataset_view(run.rows));
    for (int arm = 0; arm < 2; arm++) {
        rows[arm] = bed_rows(rsp_dataset_view(run.rows), arm, NULL);
    }
    bed_run_free(&run);
    rsp_plan_free(plan);
    rsp_text_fini(&t);
}

/* A law of the planner: an infusion of no cells is no infusion. */
static void a_dose_of_zero_is_no_car_t_to_the_bit(void **state)
{
    (void)state;
    static const char *const doses[] = {ARM("zero", "{day: 0, do: infuse, amount: 0 cell}, ", ""),
                                        ARM("some", "{day: 0, do: infuse, amount: 1e10 cell}, ", "")};
    for (int i = 0; i < 2; i++) {
        char *rows[2];
        rows_of(doses[i], rows);
        assert_true(strlen(rows[1]) > PEOPLE * 1000);
        assert_true((strcmp(rows[0], rows[1]) == 0) == (i == 0));
        free(rows[0]);
        free(rows[1]);
    }
}

static void with_no_fitness_cost_escape_off_is_never_worse(void **state)
{
    (void)state;
    pairs p = days_of(
        "study: pairs\nsolver: {method: ode, rtol: 1e-6}\n"
        POPULATION(", set: {c_l: {value: 0, between: none, range: 0..1}, F50: 1e-8, kappa: 0.3}") "arms:\n"
        ARM("off", "{day: 0, do: infuse, amount: 1e10 cell}, ",
            "phi_l: {value: 1, between: none, range: 1..100}")
        ARM("on", "{day: 0, do: infuse, amount: 1e10 cell}, ", "") REBOUND("1000 copies/mL"));
    contrast c = of(&p);
    assert_int_equal(c.less, 0);
    assert_true(c.more > 100 && c.low > 0); /* escape is there to be switched off */
}

static void the_same_person_rebounds_later_on_nnrti_than_on_insti(void **state)
{
    (void)state;
#define CLASSES                                                             \
    POPULATION("") "arms:\n"                                                \
    ARM("nnrti", "", "share_nnrti: {value: 1, uncertain: none}")            \
    ARM("insti", "", "share_nnrti: {value: 0, uncertain: none}") REBOUND("50 copies/mL")
    pairs p = days_of("study: pairs\n" CLASSES);
    contrast c = of(&p);
    assert_true(c.low > 7); /* the washout is some ten days longer */
    /* Without chance, each and every one. */
    p = days_of("study: pairs\nsolver: {method: ode, rtol: 1e-6}\n" CLASSES);
    c = of(&p);
    assert_int_equal(c.more, PEOPLE);
}

/* Stiff once 2e10 cells are given to people with virus: amounts of 1e10 beside none. */
static void doses_of_2e10_cells_in_viraemic_people_are_simulated_by_ode(void **state)
{
    (void)state;
    static const char study[] =
        "study: viraemic\nmodel: " MODELS "/hiv_car_t_products.rsp\nsolver: {method: ode, rtol: 1e-3}\n"
        "population: chronic_art_suppressed\narms:\n"
        "  - name: infused\n    participants: 24\n"
        "    schedule: [{day: -240, do: stop art}, {day: 0, do: infuse, amount: 2e10 cell}]\n"
        "    set: {\"enters[first]\": 1}\n"
        "visits: {days: [0, 7, 28]}\nassays: [viral_load]\n"
        "follow_up: {start: day -241, from: infuse, until: 28 day}\n";
    rsp_plan *plan = NULL;
    rsp_error err = {0};
    if (rsp_plan_parse(study, strlen(study), STUDIES "/pairs.yaml", &plan, &err) != RSP_OK) {
        fail_msg("%s", err.message);
    }
    bed_run run = bed_run_plan(plan, 1);
    nobody_failed(rsp_dataset_view(run.rows));
    assert_int_equal(rsp_dataset_view(run.rows)->n_subjects, 24);
    bed_run_free(&run);
    rsp_plan_free(plan);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_env_per_cell_is_more_lysis_per_cell),
        cmocka_unit_test(a_smaller_reservoir_rebounds_later_in_distribution),
        cmocka_unit_test(a_dose_of_zero_is_no_car_t_to_the_bit),
        cmocka_unit_test(with_no_fitness_cost_escape_off_is_never_worse),
        cmocka_unit_test(the_same_person_rebounds_later_on_nnrti_than_on_insti),
        cmocka_unit_test(doses_of_2e10_cells_in_viraemic_people_are_simulated_by_ode)};
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
