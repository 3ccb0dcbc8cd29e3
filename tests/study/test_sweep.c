#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bed.h"

/* A sweep: arms written out, the same people at every level, and what is made of it. */

#define FEW "trials: 12\n"
#define HEAD                                                                              \
    "product: {dose: 4e7 cell}\n"                                                         \
    "arms:\n"                                                                             \
    "  - name: CAR T\n"                                                                   \
    "    participants: 4\n"                                                               \
    "    schedule:\n"                                                                     \
    "      - {day: 0, do: infuse}\n"                                                      \
    "      - {day: 14, do: stop art}\n"                                                   \
    "  - name: no CAR T\n"                                                                \
    "    participants: 4\n"                                                               \
    "    schedule:\n"                                                                     \
    "      - {day: 14, do: stop art}\n"                                                   \
    "scoreboard: []\n"                                                                    \
    "rules: []\n"
#define OUTCOMES                                                                          \
    "  outcomes:\n"                                                                       \
    "    - {statistic: time_to_rebound.event_free(28 day), label: free}\n"                \
    "    - {statistic: time_to_rebound.median, unit: week}\n"                             \
    "    - {statistic: viral_load.days_above(200 copies/mL)}\n"                           \
    "    - {statistic: car_copies.rise(day 1 to end)}\n"

static const char DOSES[] =
    HEAD FEW "sweep:\n  over: dose\n  unit: cell\n  scale: log\n  levels:\n"
         "    - {label: none, dose: 0 cell}\n"
         "    - {value: 4e7, dose: 4e7 cell}\n"
         "    - {value: 4e8, dose: 4e8 cell}\n" OUTCOMES;

typedef struct analysis {
    rsp_plan *plan;
    rsp_analyst *analyst;
    const rsp_findings *f;
    bed_run run;
} analysis;

static analysis analyse(const char *changes)
{
    char *study = bed_study(changes);
    analysis a = {.plan = bed_plan(study)};
    free(study);
    rsp_error err = {0};
    a.run = bed_run_plan(a.plan, rsp_plan_see(a.plan)->trials);
    assert_int_equal(rsp_analyst_new(a.plan, &a.analyst, &err), RSP_OK);
    assert_int_equal(rsp_analyst_add(a.analyst, rsp_dataset_view(a.run.rows), NULL, &err),
                     RSP_OK);
    assert_int_equal(rsp_analyst_finish(a.analyst, "abc", &a.f, &err), RSP_OK);
    return a;
}

static void done(analysis *a)
{
    rsp_analyst_free(a->analyst);
    bed_run_free(&a->run);
    rsp_plan_free(a->plan);
}

static void a_level_of_no_dose_is_no_treatment_to_the_bit(void **state)
{
    (void)state;
    char *study = bed_study(DOSES);
    char *none = bed_rows_of(study, 0, NULL), *control = bed_rows_of(study, 3, NULL);
    char *some = bed_rows_of(study, 1, NULL);
    assert_string_equal(none, control);
    assert_string_not_equal(none, some);
    free(none);
    free(control);
    free(some);
    free(study);
}

static void a_level_is_the_arm_it_writes_out(void **state)
{
    (void)state;
    char *study = bed_study(DOSES);
    char *swept = bed_rows_of(study, 2, NULL);
    free(study);
    study = bed_study(HEAD FEW); /* the same arm by hand */
    char *at = strstr(study, "do: infuse}");
    rsp_text text = {0};
    rsp_text_add_n(&text, study, (size_t)(at - study));
    rsp_text_add(&text, "do: infuse, amount: 4e8 cell}");
    rsp_text_add(&text, at + strlen("do: infuse}"));
    char *by_hand = bed_rows_of(text.data, 0, NULL);
    assert_string_equal(swept, by_hand);
    rsp_text_fini(&text);
    free(swept);
    free(by_hand);
    free(study);
}

static void days_move_entries_are_added_and_rules_hold_at_their_level(void **state)
{
    (void)state;
    char *study = bed_study(
        HEAD FEW "sweep:\n  over: design\n  arms: [CAR T]\n  levels:\n"
             "    - {label: early, days: {stop art: -3}}\n"
             "    - {label: twice, add: [{day: 7, do: infuse, amount: 50 %}]}\n"
             "    - {label: rule, rules: [{when: viral_load > 100 copies/mL, do: start art}]}\n"
             OUTCOMES);
    rsp_plan *plan = bed_plan(study);
    const rsp_plan_view *v = rsp_plan_see(plan);
    assert_int_equal(v->n_arms, 4);
    assert_string_equal(v->arms[0].name, "CAR T, early");
    assert_string_equal(v->arms[0].schedule, "day -3: stop art; day 0: infuse");
    assert_string_equal(v->arms[1].schedule,
                        "day 0: infuse; day 7: infuse 50 % of the dose; day 14: stop art");
    assert_string_equal(v->arms[3].name, "no CAR T");
    for (int arm = 0; arm < 4; arm++) {
        char *rows = bed_rows_of(study, arm, NULL);
        assert_int_equal(strstr(rows, "start art") != NULL, arm == 2);
        free(rows);
    }
    rsp_plan_free(plan);
    free(study);
}

static double share_free(const rsp_dataset *d, uint32_t arm, double day)
{
    double n = 0, free_of = 0;
    for (size_t i = 0; i < d->n_endpoints; i++) {
        const rsp_endpoint_row *e = &d->endpoints[i];
        if (e->arm == arm && strcmp(e->endpoint, "time_to_rebound") == 0) {
            n++;
            free_of += !(e->end == RSP_END_EVENT && e->day <= day);
        }
    }
    return 100 * free_of / n;
}

static void estimates_and_paired_differences_are_what_the_rows_say(void **state)
{
    (void)state;
    analysis a = analyse(DOSES);
    const rsp_dataset *d = rsp_dataset_view(a.run.rows);
    const rsp_sweep *s = a.f->sweep;
    assert_non_null(s);
    assert_int_equal(s->n_outcomes, 4);
    const rsp_sweep_curve *c = &s->outcomes[0].curves[0], *line = &s->outcomes[0].curves[1];
    assert_int_equal(c->n_points, 3);
    assert_true(line->is_line && line->n_points == 1);
    for (uint32_t i = 0; i < 3; i++) {
        double want = share_free(d, i, 28);
        assert_true(fabs(c->points[i].estimate.value - want) < 1e-9);
        assert_true(c->points[i].estimate.low <= want && want <= c->points[i].estimate.high);
        assert_int_equal(c->points[i].n, 48);
    }
    assert_true(isnan(c->points[0].difference.value));
    assert_true(fabs(c->points[2].difference.value -
                     (c->points[2].estimate.value - c->points[0].estimate.value)) < 1e-9);
    /* The control has the very people of the level without a dose. */
    assert_memory_equal(&line->points[0].estimate, &c->points[0].estimate,
                        sizeof(rsp_interval));
    done(&a);
}

/* Of no trial of 12: Wilson's 95 %, z^2 / (12 + z^2), in percent. */
static const double NONE_OF_12 = 100 * 3.841458820694124 / (12 + 3.841458820694124);

static bool near(double got, double want) { return fabs(got - want) < 1e-6; }

/* A share of all or none in every trial is known as well as so many trials know it, not
 * as their 48 participants would, nor without an error. */
static void a_share_of_all_or_none_has_the_error_of_so_many_trials(void **state)
{
    (void)state;
    analysis a = analyse(
        HEAD FEW "sweep:\n  over: dose\n  levels:\n"
             "    - {label: none, dose: 0 cell}\n    - {label: much, dose: 1e11 cell}\n"
             "  outcomes:\n"
             "    - {statistic: time_to_rebound.event_free(50 day), label: free}\n"
             "    - {statistic: time_to_rebound.by(50 day), label: not}\n"
             "    - {statistic: time_to_rebound.event_free(1 day), label: at first}\n");
    const double want[3][2][3] = {{{0, 0, NONE_OF_12}, {100, 100 - NONE_OF_12, 100}},
                                  {{100, 100 - NONE_OF_12, 100}, {0, 0, NONE_OF_12}},
                                  {{100, 100 - NONE_OF_12, 100}, {100, 100 - NONE_OF_12, 100}}};
    const double differs[3][3] = {{100, 100 - 2 * NONE_OF_12, 100},
                                  {-100, -100, -100 + 2 * NONE_OF_12},
                                  {0, -NONE_OF_12, NONE_OF_12}};
    for (size_t k = 0; k < 3; k++) {
        const rsp_sweep_point *p = a.f->sweep->outcomes[k].curves[0].points;
        for (size_t i = 0; i < 2; i++) {
            const rsp_interval *v = &p[i].estimate;
            assert_true(near(v->value, want[k][i][0]) && near(v->low, want[k][i][1]) &&
                        near(v->high, want[k][i][2]));
        }
        const rsp_interval *d = &p[1].difference;
        assert_true(near(d->value, differs[k][0]) && near(d->low, differs[k][1]) &&
                    near(d->high, differs[k][2]));
    }
    done(&a);
}

/* Level and control are the same people: resampled together, nothing is left of
 * chance; resampled apart the interval would be wide.  Of a share it is what twelve trials
 * without a difference leave. */
static void resamples_are_shared_along_the_sweep(void **state)
{
    (void)state;
    analysis a = analyse(
        HEAD FEW "sweep:\n  over: nothing\n  levels:\n"
             "    - {label: a, set: {potency: 1}}\n    - {label: b, set: {potency: 1}}\n" OUTCOMES);
    for (size_t k = 0; k < 3; k++) {
        const rsp_sweep_point *b = &a.f->sweep->outcomes[k].curves[0].points[1];
        const double bound = k == 0 ? NONE_OF_12 : 0;
        assert_true(b->difference.value == 0 && near(b->difference.low, -bound) &&
                    near(b->difference.high, bound));
        assert_true(b->estimate.high > b->estimate.low);
    }
    done(&a);
}

static void an_outcome_hinges_on_what_makes_it(void **state)
{
    (void)state;
    analysis a = analyse(HEAD "trials: 40\nsweep:\n  over: potency\n  levels:\n"
                              "    - {value: 0, set: {potency: 0}}\n"
                              "    - {value: 1, set: {potency: 1}}\n" OUTCOMES);
    const rsp_network *net = rsp_plan_see(a.plan)->net;
    const rsp_hinges *h = &a.f->hinges[2]; /* the median, mean over the levels */
    assert_int_equal(h->participants, 160);
    assert_int_equal(h->trials, 40);
    assert_true(h->n > 4);
    const rsp_hinge *growth = NULL;
    for (size_t i = 0; i < h->n; i++) {
        const char *name = net->params[h->list[i].param].name;
        growth = strcmp(name, "growth") == 0 ? &h->list[i] : growth;
        assert_true(!i || fabs(h->list[i].r) <= fabs(h->list[i - 1].r));
        assert_null(strstr(name, "w_T")); /* no equation has it */
        assert_string_not_equal(name, "doubt");
    }
    assert_true(growth && growth->stands && growth->r < -0.5 && !growth->by_trial);
    done(&a);
}

static const rsp_hinge *hinge_of(const rsp_plan *plan, const rsp_hinges *h, const char *name)
{
    for (size_t i = 0; i < h->n; i++) {
        if (strcmp(rsp_plan_see(plan)->net->params[h->list[i].param].name, name) == 0) {
            return &h->list[i];
        }
    }
    return NULL;
}

#define REACH                                                                                     \
    "model: reach\nproduct: {dose: 1 cell}\n" HEAD_ARMS                                          \
    "visits:\n  - {every: 7 day, from: stop art}\n"                                               \
    "scoreboard: []\ncontrasts: []\ntrials: 40\n"                                                 \
    "endpoints:\n  - {name: time_to_rebound, event: viral_load > 1000 copies/mL, from: stop art}\n"
#define HEAD_ARMS                                                                                 \
    "arms:\n"                                                                                     \
    "  - name: CAR T\n    participants: 4\n    schedule:\n"                                       \
    "      - {day: 0, do: infuse}\n      - {day: 7, do: stop art}\n"                             \
    "  - name: no CAR T\n    participants: 4\n    schedule:\n"                                    \
    "      - {day: 7, do: stop art}\n"

static void what_cannot_act_in_the_arms_is_not_looked_at(void **state)
{
    (void)state;
    static const char *const idle[] = {"idle_factor", "idle_power", "idle_branch", "idle_variate",
                                       "idle_action", "idle_delay", "idle_reading", "idle_chain"};
    static const char *const acts[] = {"growth", "start", "wash", "taken", "drug_loss"};
    analysis a = analyse(REACH "assays: [viral_load, cd4]\nrules: []\n");
    const rsp_hinges *h = &a.f->hinges[0]; /* the first arm, which is given something */
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        assert_non_null(hinge_of(a.plan, h, acts[i]));
    }
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++) {
        assert_null(hinge_of(a.plan, h, idle[i]));
    }
    assert_int_equal(h->n, 5);
    assert_int_equal(a.f->n_hinges_looked, 5);
    done(&a);
    /* A rule that reads the other assay can end what is followed; an arm that is given
     * nothing has nothing to lose. */
    a = analyse(REACH "assays: [viral_load, cd4]\nrules:\n  - {when: cd4 < 1 cell/uL, do: start art}\n");
    assert_non_null(hinge_of(a.plan, &a.f->hinges[0], "idle_reading"));
    assert_int_equal(a.f->hinges[0].n, 6);
    done(&a);
    a = analyse(REACH "assays: [viral_load, cd4]\nrules: []\nset: {off: 1, chance: 0.5}\n");
    for (size_t i = 0; i < 4; i++) { /* switched on, they act */
        assert_non_null(hinge_of(a.plan, &a.f->hinges[0], idle[i]));
    }
    done(&a);
}

#define ACTS                                                                                      \
    "model: acts\n" HEAD_ARMS "visits:\n  - {every: 7 day, from: stop art}\n"                     \
    "scoreboard: []\ncontrasts: []\ntrials: 20\nrules: []\nassays: [viral_load]\n"               \
    "endpoints:\n  - {name: time_to_rebound, event: viral_load > 1000 copies/mL, from: stop art}\n" \
    "population: {covariates: {weight: {value: 75 kg, between: lognormal cv 0.3, range: "          \
    "40..120 kg, sets: body_weight}, u: {value: 0.5, between: uniform 0..1, sets: u}}}\n"
static void what_acts_by_another_way_is_looked_at(void **state)
{
    (void)state;
    analysis a = analyse(ACTS "product: {dose: 1e5 cell/kg}\n");
    const rsp_hinges *h = &a.f->hinges[0];
    assert_non_null(hinge_of(a.plan, h, "w_T[blood]")); /* the last share is what the others leave */
    assert_non_null(hinge_of(a.plan, h, "u"));          /* below the range of the model's own */
    assert_non_null(hinge_of(a.plan, h, "body_weight"));
    assert_null(hinge_of(a.plan, h, "w_T[gut]"));
    done(&a);
    a = analyse(ACTS "product: {dose: 7e6 cell}\n"); /* not per kg: no way left */
    assert_null(hinge_of(a.plan, &a.f->hinges[0], "body_weight"));
    done(&a);
}

/* p is held against all correlations of the study, not against those of a table. */
static void p_is_held_against_all_that_was_looked_at(void **state)
{
    (void)state;
    analysis a = analyse(HEAD "trials: 40\nsweep:\n  over: potency\n  levels:\n"
                              "    - {value: 0, set: {potency: 0}}\n"
                              "    - {value: 1, set: {potency: 1}}\n" OUTCOMES);
    size_t looked = 0;
    for (size_t i = 0; i < a.f->n_hinges; i++) {
        looked += a.f->hinges[i].n;
    }
    assert_int_equal(a.f->n_hinges_looked, looked);
    for (size_t i = 0; i < a.f->n_hinges; i++) {
        for (size_t k = 0; k < a.f->hinges[i].n; k++) {
            const rsp_hinge *x = &a.f->hinges[i].list[k];
            assert_true(x->stands == (x->p * (double)looked < 0.05));
        }
    }
    done(&a);
}

/* What a person's sample counts as, in a statistic: beyond a limit. */
static double counted(const rsp_measurement *m)
{
    return m->state == RSP_NUMBER ? m->value : m->state == RSP_ABOVE_ULOQ ? 500 : 25;
}

static bool same_person(const rsp_measurement *a, const rsp_measurement *b)
{
    return a->trial == b->trial && a->participant == b->participant && a->arm == b->arm;
}

/* People's last samples, and those beyond a limit: what a level at the end rests on. */
static rsp_limited last_samples(const rsp_dataset *d)
{
    rsp_limited of = {0, 0};
    for (size_t i = 0; i < d->n_measurements; i++) {
        const rsp_measurement *m = &d->measurements[i];
        bool last = strcmp(m->assay, "viral_load") == 0 && m->state != RSP_MISSING;
        for (size_t k = 0; last && k < d->n_measurements; k++) {
            const rsp_measurement *x = &d->measurements[k];
            last &= !(same_person(m, x) && strcmp(x->assay, m->assay) == 0 && x->state != RSP_MISSING &&
                      x->day > m->day);
        }
        of.values += last;
        of.beyond += last && m->state != RSP_NUMBER;
    }
    return of;
}

static void a_value_above_the_upper_limit_counts_as_that_limit(void **state)
{
    (void)state;
    analysis a = analyse(
        HEAD FEW "assays:\n  - {name: viral_load, uloq: 500 copies/mL}\n  - car_copies\n"
             "sweep:\n  over: nothing\n  levels:\n"
             "    - {label: a, set: {potency: 1}}\n    - {label: b, set: {potency: 1}}\n"
             "  outcomes:\n"
             "    - {statistic: viral_load.mean(end)}\n"
             "    - {statistic: viral_load.mean_change(start to end)}\n"
             "    - {statistic: viral_load.rise(start to end)}\n"
             "    - {statistic: viral_load.days_above(500 copies/mL)}\n");
    const rsp_dataset *d = rsp_dataset_view(a.run.rows);
    const rsp_measurement *first = NULL, *last = NULL;
    double n = 0, level = 0, change = 0, rise = 0, days = 0, top = 0, n_above = 0;
    for (size_t i = 0; i <= d->n_measurements; i++) {
        const rsp_measurement *m = i < d->n_measurements ? &d->measurements[i] : NULL;
        if (m && (m->arm != 0 || strcmp(m->assay, "viral_load") != 0 ||
                  m->state == RSP_MISSING)) {
            continue;
        }
        bool same = m && last && m->participant == last->participant && m->trial == last->trial;
        if (last && !same) {
            n++;
            level += counted(last);
            change += log10(counted(last) / counted(first));
            rise += log10(top / counted(first));
        }
        if (!m) {
            break;
        }
        bool above = m->state == RSP_ABOVE_ULOQ;
        n_above += above;
        days += same ? 0.5 * (above + (last->state == RSP_ABOVE_ULOQ)) * (m->day - last->day) : 0;
        top = same ? fmax(top, counted(m)) : 0;
        first = same ? first : m;
        last = m;
    }
    assert_true(n == 48 && n_above > 10 && days > 50);
    const double want[] = {level / n, change / n, rise / n, days / n};
    for (size_t i = 0; i < 4; i++) {
        double got = a.f->sweep->outcomes[i].curves[0].points[0].estimate.value;
        if (!(fabs(got - want[i]) < 1e-9)) {
            fail_msg("outcome %zu is %.17g, not %.17g", i, got, want[i]);
        }
    }
    const rsp_limited people = last_samples(d), level_of = a.f->sweep->outcomes[0].limited;
    const rsp_limited change_of = a.f->sweep->outcomes[1].limited, days_of = a.f->sweep->outcomes[3].limited;
    assert_true(people.beyond > 10 && people.beyond < people.values);
    assert_true(level_of.values == people.values && level_of.beyond == people.beyond);
    assert_true(change_of.beyond >= level_of.beyond); /* the first sample may be at one too */
    assert_true(days_of.values == 0 && a.f->sweep->outcomes[1].limited.values == people.values);
    const rsp_arm_findings *arm = &a.f->arms[0]; /* summed up: never beyond the limit */
    double highest = 0;
    for (size_t i = 0; i < arm->n_visits; i++) {
        bool load = strcmp(arm->visits[i].assay, "viral_load") == 0;
        highest = load ? fmax(highest, arm->visits[i].q95) : highest;
    }
    assert_true(highest > 450 && highest < 550);
    done(&a);
}

static void an_endpoint_may_count_from_another(void **state)
{
    (void)state;
    char *study = bed_study(
        "rules: []\nendpoints:\n"
        "  - {name: time_to_rebound, event: viral_load > 50 copies/mL, from: stop art}\n"
        "  - {name: then_high, event: viral_load > 1000 copies/mL, from: time_to_rebound}\n");
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 3);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    size_t n = 0;
    for (size_t i = 0; i + 1 < d->n_endpoints; i++) {
        const rsp_endpoint_row *then = &d->endpoints[i], *first = &d->endpoints[i + 1];
        if (strcmp(then->endpoint, "then_high") == 0 && first->end == RSP_END_EVENT) {
            assert_true(then->start_day == first->start_day + first->day);
            n += then->end == RSP_END_EVENT && then->day > 0;
        }
    }
    assert_true(n > 5);
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

static void what_cannot_be_swept_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct { const char *sweep, *message; } cases[] = {
        {"sweep:\n  over: x\n  levels: [{value: 1, days: {stop art: 3}}]\n" OUTCOMES,
         "2 to 64 levels"},
        {"sweep:\n  over: x\n  scale: log\n  levels: [{value: 0, dose: 0 cell}, {value: 1, "
         "dose: 1 cell}]\n" OUTCOMES, "no place on a log scale"},
        {"sweep:\n  over: x\n  levels: [{value: 1, days: {stop rat: 3}}, {value: 2}]\n" OUTCOMES,
         "did you mean 'stop art'"},
        {"sweep:\n  over: x\n  arms: [CAR]\n  levels: [{value: 1}, {value: 2}]\n" OUTCOMES,
         "no arm is called"},
        {"sweep:\n  over: x\n  levels: [{value: 1}, {value: 1}]\n" OUTCOMES, "two levels"},
        {"sweep:\n  over: x\n  levels: [{value: 1}, {value: 2}]\n", "needs 'outcomes'"},
        {"design: randomised\nsweep:\n  over: x\n  levels: [{value: 1}, {value: 2}]\n" OUTCOMES,
         "must be counterfactual"},
        {"sweep:\n  over: x\n  levels: [{value: 1}, {value: 2}]\n  outcomes: [{statistic: "
         "time_to_rebound.median, unit: cell}]\n", "the statistic is in 'day'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rsp_text text = {0};
        rsp_text_add(&text, HEAD);
        rsp_text_add(&text, cases[i].sweep);
        char *study = bed_study(text.data);
        rsp_error err = {0};
        assert_int_not_equal(bed_refuse(study, &err), RSP_OK);
        if (!strstr(err.message, cases[i].message)) {
            fail_msg("'%s' is not in '%s'", cases[i].message, err.message);
        }
        assert_true(err.line > 0);
        free(study);
        rsp_text_fini(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_level_of_no_dose_is_no_treatment_to_the_bit),
        cmocka_unit_test(a_level_is_the_arm_it_writes_out),
        cmocka_unit_test(days_move_entries_are_added_and_rules_hold_at_their_level),
        cmocka_unit_test(estimates_and_paired_differences_are_what_the_rows_say),
        cmocka_unit_test(a_share_of_all_or_none_has_the_error_of_so_many_trials),
        cmocka_unit_test(resamples_are_shared_along_the_sweep),
        cmocka_unit_test(an_outcome_hinges_on_what_makes_it),
        cmocka_unit_test(what_cannot_act_in_the_arms_is_not_looked_at),
        cmocka_unit_test(what_acts_by_another_way_is_looked_at),
        cmocka_unit_test(p_is_held_against_all_that_was_looked_at),
        cmocka_unit_test(a_value_above_the_upper_limit_counts_as_that_limit),
        cmocka_unit_test(an_endpoint_may_count_from_another),
        cmocka_unit_test(what_cannot_be_swept_is_refused_with_its_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
