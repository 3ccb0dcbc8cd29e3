#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bed.h"
#include "respite/recrudescence.h"

/* Findings are what the rows say: recomputed here the plain way. */

typedef struct analysis {
    rsp_plan *plan;
    bed_run run;
    rsp_analyst *analyst;
    const rsp_findings *f;
    const rsp_dataset *d;
} analysis;

static analysis analyse(const char *changes, uint32_t chunk)
{
    char *study = bed_study(changes);
    analysis a = {.plan = bed_plan(study)};
    free(study);
    rsp_error err = {0};
    uint32_t trials = rsp_plan_see(a.plan)->trials;
    assert_int_equal(rsp_analyst_new(a.plan, &a.analyst, &err), RSP_OK);
    rsp_worker *worker = NULL;
    assert_int_equal(rsp_worker_new(a.plan, &worker, &err), RSP_OK);
    for (uint32_t t = 0; t < trials; t += chunk) {
        bed_run part = {rsp_plan_dataset(a.plan), rsp_plan_grid_dataset(a.plan)};
        assert_int_equal(rsp_worker_run(worker, t, t + chunk > trials ? trials - t : chunk,
                                        part.rows, part.grid, NULL, &err),
                         RSP_OK);
        rsp_dataset_sort(part.rows);
        if (part.grid) {
            rsp_dataset_sort(part.grid);
        }
        assert_int_equal(rsp_analyst_add(a.analyst, rsp_dataset_view(part.rows),
                                         part.grid ? rsp_dataset_view(part.grid) : NULL,
                                         &err),
                         RSP_OK);
        bed_run_free(&part);
    }
    rsp_worker_free(worker);
    assert_int_equal(rsp_analyst_finish(a.analyst, "abc", &a.f, &err), RSP_OK);
    a.run = bed_run_plan(a.plan, trials);
    a.d = rsp_dataset_view(a.run.rows);
    return a;
}

static void done(analysis *a)
{
    rsp_analyst_free(a->analyst);
    bed_run_free(&a->run);
    rsp_plan_free(a->plan);
}

static int by_value(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* Median day of a trial where every participant had the event. */
static double plain_median(const rsp_dataset *d, uint32_t trial, uint32_t arm)
{
    double days[100];
    size_t n = 0;
    for (size_t i = 0; i < d->n_endpoints; i++) {
        const rsp_endpoint_row *e = &d->endpoints[i];
        if (e->trial == trial && e->arm == arm &&
            strcmp(e->endpoint, "time_to_rebound") == 0) {
            assert_int_equal(e->end, RSP_END_EVENT);
            days[n++] = e->day;
        }
    }
    qsort(days, n, sizeof *days, by_value);
    return n % 2 ? days[n / 2] : 0.5 * (days[n / 2 - 1] + days[n / 2]);
}

static void counts_and_ends_are_those_of_the_rows(void **state)
{
    (void)state;
    analysis a = analyse("", 2);
    size_t n[2][2] = {{0}}, events[2][2] = {{0}};
    for (size_t i = 0; i < a.d->n_endpoints; i++) {
        const rsp_endpoint_row *e = &a.d->endpoints[i];
        size_t k = strcmp(e->endpoint, "confirmed") == 0;
        n[e->arm][k]++;
        events[e->arm][k] += e->end == RSP_END_EVENT;
    }
    for (size_t arm = 0; arm < 2; arm++) {
        for (size_t k = 0; k < 2; k++) {
            const rsp_arm_endpoint *e = &a.f->arms[arm].endpoints[k];
            size_t ends = 0;
            for (size_t i = 0; i < 6; i++) {
                ends += e->ends[i];
            }
            assert_int_equal(e->n, n[arm][k]);
            assert_int_equal(e->events, events[arm][k]);
            assert_int_equal(ends, n[arm][k]);
        }
    }
    assert_string_equal(a.f->hash, "abc");
    assert_int_equal(a.f->trials, 3);
    done(&a);
}

static void the_scoreboard_holds_the_trials_medians_in_its_unit(void **state)
{
    (void)state;
    analysis a = analyse("scoreboard:\n"
                         "  - {quantity: time_to_rebound_median, statistic: "
                         "time_to_rebound.median, arm: no CAR T}\n"
                         "  - {quantity: suppressed_week4, statistic: "
                         "time_to_rebound.event_free(28 day), arm: no CAR T}\n"
                         "  - {quantity: rebound_by_week4, statistic: "
                         "time_to_rebound.by(28 day), arm: no CAR T}\n"
                         "  - {quantity: load_change_direction, statistic: "
                         "viral_load.change(stop art to rebound), arm: no CAR T}\n"
                         "rules:\n"
                         "trials: 4\n",
                         3);
    double medians[4];
    for (uint32_t t = 0; t < 4; t++) {
        medians[t] = plain_median(a.d, t, 1);
    }
    qsort(medians, 4, sizeof *medians, by_value);
    const rsp_score_row *s = a.f->scores;
    assert_true(fabs(s[0].simulated - 0.5 * (medians[1] + medians[2]) / 7) < 1e-12);
    double low = medians[0] + 0.15 * (medians[1] - medians[0]);
    assert_true(fabs(s[0].low - low / 7) < 1e-12);
    assert_string_equal(s[0].unit, "week");
    assert_string_equal(s[0].note, "said \"about\" so");
    assert_true(s[0].inside == (5.3 >= s[0].low && 5.3 <= s[0].high));
    assert_true(fabs(s[1].simulated + s[2].simulated - 100) < 1e-9);
    assert_true(s[2].inside == (s[2].simulated >= 70 && s[2].simulated <= 90));
    assert_string_equal(s[3].published_text, "increase");
    assert_true(s[3].inside && s[3].low > 0 && isnan(s[3].published));
    done(&a);
}

static void a_row_against_an_arm_is_the_difference_of_the_two(void **state)
{
    (void)state;
    static const char *const rows[] = {", arm: CAR T", ", arm: no CAR T",
                                       ", arm: CAR T, against: no CAR T"};
    double median[3], change[3];
    for (int k = 0; k < 3; k++) {
        char text[600];
        snprintf(text, sizeof text,
                 "scoreboard:\n"
                 "  - {quantity: time_to_rebound_median, statistic: time_to_rebound.median%s}\n"
                 "  - {quantity: load_change_direction, statistic: "
                 "viral_load.mean_change(stop art to end)%s}\n"
                 "rules:\n"
                 "trials: 1\n",
                 rows[k], rows[k]);
        analysis a = analyse(text, 1);
        median[k] = a.f->scores[0].simulated;
        change[k] = a.f->scores[1].simulated;
        done(&a);
    }
    assert_true(fabs(median[2] - (median[0] - median[1])) < 1e-12 && median[2] != 0);
    assert_true(fabs(change[2] - (change[0] - change[1])) < 1e-12 && change[2] != 0);
}

static void reactivations_are_those_of_the_trials_intervals(void **state)
{
    (void)state;
    analysis a = analyse("published: small.csv\n"
                         "scoreboard:\n"
                         "  - {quantity: time_to_rebound_median, statistic: "
                         "time_to_rebound.recrudescence, arm: no CAR T}\n"
                         "  - {quantity: time_to_rebound_median, statistic: "
                         "time_to_rebound.recrudescence_varying, arm: no CAR T}\n"
                         "trials: 1\n"
                         "rules:\n"
                         "arms:\n"
                         "  - {name: CAR T, participants: 6, schedule: [{day: 0, do: infuse}, "
                         "{day: 7, do: stop art}]}\n"
                         "  - {name: no CAR T, participants: 60, schedule: [{day: 7, do: stop art}]}\n",
                         1);
    rsp_within x[60];
    size_t n = 0;
    for (size_t i = 0; i < a.d->n_endpoints; i++) {
        const rsp_endpoint_row *e = &a.d->endpoints[i];
        if (e->arm == 1 && strcmp(e->endpoint, "time_to_rebound") == 0) {
            assert_int_equal(e->end, RSP_END_EVENT);
            x[n++] = (rsp_within){e->left, e->right};
        }
    }
    assert_int_equal(n, 60);
    for (int i = 0; i < 2; i++) {
        const rsp_recrudescence_options o = {.model = i ? RSP_DELAY_VARYING : RSP_DELAY_COMMON,
                                             .delay = (double)NAN};
        rsp_recrudescence r;
        assert_int_equal(rsp_recrudescence_fit(x, n, &o, &r, NULL), RSP_OK);
        assert_true(fabs(a.f->scores[i].simulated - r.interval / 7) < 1e-9); /* in weeks */
    }
    done(&a);
}

static void a_wait_is_the_quartiles_difference_over_ln_3(void **state)
{
    (void)state;
    static const char *const of[] = {"quartile1", "quartile3", "wait"};
    double day[3];
    for (int k = 0; k < 3; k++) {
        char text[300];
        snprintf(text, sizeof text,
                 "scoreboard: [{quantity: time_to_rebound_median, statistic: "
                 "time_to_rebound.%s, arm: no CAR T}]\nrules:\ntrials: 1\n",
                 of[k]);
        analysis a = analyse(text, 1);
        day[k] = a.f->scores[0].simulated;
        done(&a);
    }
    assert_true(fabs(day[2] - (day[1] - day[0]) / log(3.0)) < 1e-12 && day[2] > 0);
}

static void the_last_day_is_the_largest_and_is_not_reached_where_one_has_no_event(void **state)
{
    (void)state;
    static const char *const follow[] = {"follow_up: {start: day -7, from: stop art, until: 40 week}\n",
                                         "follow_up: {start: day -7, from: stop art, until: 2 day}\n"};
    for (int k = 0; k < 2; k++) {
        char text[400];
        snprintf(text, sizeof text,
                 "scoreboard: [{quantity: time_to_rebound_median, statistic: "
                 "time_to_rebound.last, arm: no CAR T}]\nrules:\ntrials: 1\n%s",
                 follow[k]);
        analysis a = analyse(text, 1);
        double last = 0;
        for (size_t i = 0; i < a.d->n_endpoints; i++) {
            const rsp_endpoint_row *e = &a.d->endpoints[i];
            bool counts = e->arm == 1 && strcmp(e->endpoint, "time_to_rebound") == 0;
            assert_true(!counts || (e->end == RSP_END_EVENT) == (k == 0));
            last = counts && e->day > last ? e->day : last;
        }
        double shown = a.f->scores[0].simulated;
        assert_true(k == 0 ? fabs(shown - last / 7) < 1e-12 : !isfinite(shown));
        done(&a);
    }
}

static void the_share_made_is_of_all_enrolled(void **state)
{
    (void)state;
    analysis a = analyse("product: {dose: 4e7 cell, failure: 40 %}\n"
                         "scoreboard:\n"
                         "  - {quantity: suppressed_week4, statistic: product.made, arm: CAR T}\n"
                         "trials: 1\n",
                         1);
    double n = 0, made = 0;
    for (size_t i = 0; i < a.d->n_subjects; i++) {
        n += a.d->subjects[i].arm == 0;
        made += a.d->subjects[i].arm == 0 && !a.d->subjects[i].product_failed;
    }
    assert_true(n > made && fabs(a.f->scores[0].simulated - 100 * made / n) < 1e-12);
    done(&a);
}

static void one_trial_has_no_interval_and_no_verdict(void **state)
{
    (void)state;
    static const char *const trials[] = {"trials: 1\n", "trials: 2\n"};
    for (size_t i = 0; i < 2; i++) {
        analysis a = analyse(trials[i], 1);
        const rsp_score_row *s = &a.f->scores[0];
        const rsp_interval *m = &a.f->arms[1].endpoints[0].trial_median;
        bool one = i == 0;
        assert_true(s->undecided == one);
        assert_true(isfinite(s->simulated) && isfinite(m->value));
        assert_true(isnan(s->low) == one && isnan(m->low) == one);
        assert_false(one && s->inside);
        done(&a);
    }
}

static void chunks_change_no_finding(void **state)
{
    (void)state;
    analysis a = analyse("trials: 5\n", 1), b = analyse("trials: 5\n", 5);
    for (size_t arm = 0; arm < 2; arm++) {
        assert_memory_equal(&a.f->arms[arm].flow, &b.f->arms[arm].flow, sizeof(rsp_flow));
        assert_true(a.f->arms[arm].endpoints[0].trial_median.value ==
                    b.f->arms[arm].endpoints[0].trial_median.value);
        assert_int_equal(a.f->arms[arm].n_visits, b.f->arms[arm].n_visits);
    }
    assert_int_equal(a.f->contrasts[0].paired.n, b.f->contrasts[0].paired.n);
    done(&a);
    done(&b);
}

static void the_flow_counts_whom_an_arm_screens_out(void **state)
{
    (void)state;
    analysis a = analyse("arms:\n"
                         "  - {name: all, participants: 6, schedule: [{day: 7, do: stop art}]}\n"
                         "  - {name: old, participants: 6, schedule: [{day: 7, do: stop art}],\n"
                         "     eligibility: [age > 45]}\nscoreboard: []\n"
                         "visits: {every: 7 day, from: stop art}\n",
                         1);
    size_t asked = 0;
    for (uint32_t t = 0; t < 3; t++) { /* people are numbered in the order they are asked */
        size_t last = 0;
        for (size_t i = 0; i < a.d->n_subjects; i++) {
            const rsp_subject *s = &a.d->subjects[i];
            last = s->trial == t && s->arm == 1 ? s->participant + 1 : last;
        }
        asked += last;
    }
    assert_int_equal(a.f->arms[0].flow.screened_out, 0);
    assert_int_equal(a.f->arms[1].flow.enrolled, 18);
    assert_int_equal(a.f->arms[1].flow.screened_out, asked - 18);
    assert_true(asked > 22);
    done(&a);
}

/* Nobody is older than 75; whom an arm or the population lets nobody in for is not
 * enrolled, and nothing was simulated that could have failed. */
static void who_is_not_eligible_is_screened_out_and_has_not_failed(void **state)
{
    (void)state;
#define OLDEST(population, old)                                                             \
    "population:\n  covariates:\n    age: {value: 45, between: normal sd 10, range: 18..75}\n" \
    population "arms:\n"                                                                   \
    "  - {name: all, participants: 2, schedule: [{day: 7, do: stop art}]}\n"               \
    "  - {name: old, participants: 2, schedule: [{day: 7, do: infuse}]" old "}\n"           \
    "scoreboard: []\nvisits: {every: 7 day, from: stop art}\ntrials: 1\n"               \
    "product: {dose: 4e7 cell, failure: 50 %}\n"
    static const struct {
        const char *changes;
        size_t enrolled, screened_out;
    } cases[] = {{OLDEST("", ", eligibility: [age > 80]"), 2, 2000},
                 {OLDEST("  eligibility: [age > 80]\n", ""), 0, 2}};
    for (size_t k = 0; k < 2; k++) {
        analysis a = analyse(cases[k].changes, 1);
        const rsp_arm_findings *all = &a.f->arms[0], *old = &a.f->arms[1];
        assert_int_equal(all->flow.enrolled, cases[k].enrolled);
        assert_int_equal(old->flow.enrolled, 0);
        assert_int_equal(old->participants, 0);
        assert_int_equal(old->failed, 0);
        assert_int_equal(old->flow.product_failed, 0);
        assert_int_equal(old->flow.screened_out, cases[k].screened_out);
        assert_int_equal(rsp_dataset_screened_out(a.d, 1), cases[k].screened_out);
        assert_int_equal(a.f->failed, 0);
        for (size_t i = 0; i < a.d->n_subjects; i++) {
            const rsp_subject *s = &a.d->subjects[i];
            const bool out = s->arm == 1 || k == 1;
            assert_true(s->screened_out == out && !s->failed);
            assert_string_equal(s->reason, out ? "none of 1000 candidates was eligible" : "");
        }
        done(&a);
    }
}

/* A place that nobody eligible fills is empty in every arm, whether or not a product would
 * have been made: arms hold the same people, but for those whose product was not. */
static void counterfactual_arms_share_the_places_that_nobody_fills(void **state)
{
    (void)state;
    analysis a = analyse("population:\n  covariates:\n    age: {value: 45, between: normal sd 10, "
                         "range: 18..75}\n  eligibility: [age > 74]\nscoreboard: []\ntrials: 20\n"
                         "product: {dose: 4e7 cell, failure: 40 %}\n", 20);
    size_t given[2] = {0, 0}, failed = 0, out = 0;
    for (size_t i = 0; i < a.d->n_subjects; i++) {
        const rsp_subject *s = &a.d->subjects[i], *next = s + 1;
        failed += s->product_failed;
        out += s->screened_out;
        given[s->arm] += !s->product_failed;
        if (s->arm == 0 && !s->product_failed) {
            assert_true(i + 1 < a.d->n_subjects && next->arm == 1 && next->trial == s->trial &&
                        next->participant == s->participant);
        }
    }
    assert_int_equal(given[0], given[1]);
    assert_true(failed > 0 && out > 0 && out < given[0] + given[1]);
    assert_int_equal(a.f->arms[0].flow.screened_out, a.f->arms[1].flow.screened_out);
    done(&a);
}

static void the_flow_sums(void **state)
{
    (void)state;
    analysis a = analyse("product: {dose: 4e7 cell, failure: 30 %}\n"
                         "dropout: {share: 30 %, over: 8 week}\n",
                         3);
    const rsp_flow *car = &a.f->arms[0].flow, *none = &a.f->arms[1].flow;
    assert_int_equal(car->enrolled, car->product_failed + car->infused);
    assert_int_equal(car->infused, 18);
    assert_int_equal(none->enrolled, 18);
    assert_int_equal(none->infused, 0);
    assert_true(none->interrupted <= 18 && none->interrupted > 9);
    assert_true(none->completed < 18);
    size_t restarts = 0;
    for (size_t i = 0; i < a.d->n_happenings; i++) {
        restarts += a.d->happenings[i].arm == 1 &&
                    strcmp(a.d->happenings[i].what, "start art") == 0;
    }
    assert_int_equal(none->restarted, restarts);
    assert_int_equal(a.f->arms[0].participants, 18);
    done(&a);
}

static void pairs_are_the_same_person_in_two_arms(void **state)
{
    (void)state;
    analysis a = analyse("", 3);
    assert_int_equal(a.f->n_contrasts, 2);
    const rsp_contrast *c = &a.f->contrasts[0];
    assert_string_equal(c->treated, "CAR T");
    assert_string_equal(c->control, "no CAR T");
    assert_true(c->is_paired);
    assert_int_equal(c->paired.n, 18);
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < a.d->n_endpoints; i++) {
        for (size_t k = 0; k < a.d->n_endpoints; k++) {
            const rsp_endpoint_row *x = &a.d->endpoints[i], *y = &a.d->endpoints[k];
            if (x->arm == 0 && y->arm == 1 && x->trial == y->trial &&
                x->participant == y->participant && x->end == RSP_END_EVENT &&
                y->end == RSP_END_EVENT && strcmp(x->endpoint, "time_to_rebound") == 0 &&
                strcmp(y->endpoint, "time_to_rebound") == 0) {
                sum += x->day - y->day;
                n++;
            }
        }
    }
    assert_int_equal(c->paired.both, n);
    assert_true(fabs(c->paired.mean - sum / (double)n) < 1e-9);
    done(&a);
}

/* Arms that screen hold different people: pairs are of those who are in both. */
static void who_is_in_one_arm_alone_is_in_no_pair(void **state)
{
    (void)state;
#define SCREENED(first, second)                                                              \
    "arms:\n"                                                                               \
    "  - {name: CAR T, participants: 6, schedule: [{day: 0, do: infuse}, {day: 7, do: stop art}],\n" \
    "     eligibility: [" first "]}\n"                                                      \
    "  - {name: none, participants: 6, schedule: [{day: 7, do: stop art}], eligibility: [" second "]}\n" \
    "scoreboard: []\nvisits: {every: 7 day, from: stop art}\n"
    analysis a = analyse(SCREENED("age >= 40", "age < 55"), 3);
    size_t both = 0;
    for (size_t i = 0; i + 1 < a.d->n_subjects; i++) {
        const rsp_subject *s = &a.d->subjects[i], *t = &a.d->subjects[i + 1];
        both += s->trial == t->trial && s->participant == t->participant;
    }
    const rsp_contrast *c = &a.f->contrasts[0];
    assert_true(both > 0 && both < 18);
    assert_true(c->is_paired && c->paired.n == both);
    assert_true(c->treated_n == 18 && c->control_n == 18);
    done(&a);
    a = analyse(SCREENED("age >= 45", "age < 45"), 3);
    c = &a.f->contrasts[0];
    assert_true(!c->is_paired && c->treated_n == 18 && c->control_n == 18);
    done(&a);
}

static void randomised_arms_are_compared_by_log_rank(void **state)
{
    (void)state;
    analysis a = analyse("design: randomised\n", 3);
    const rsp_contrast *c = &a.f->contrasts[0];
    assert_false(c->is_paired);
    assert_true(c->has_test);
    assert_true(c->logrank.p > 0 && c->logrank.p < 0.05); /* the CAR works here */
    assert_int_equal(a.f->n_tests, 2);
    assert_string_equal(a.f->tests[0].what, "time_to_rebound, CAR T against no CAR T");
    assert_int_equal(a.f->tests[0].trials, 3);
    assert_true(a.f->tests[0].share.value > 0.5 && a.f->tests[0].share.low > 0.2);
    done(&a);
}

/* Infused on days 0 and 5, between visits; cells are lost by 2 % a day. */
static void adverse_events_are_dated_daily_and_keep_their_highest_grade(void **state)
{
    (void)state;
    static const char visits[] =
        "visits: {every: 21 day}\nassays: [viral_load, car_copies]\n"
        "arms:\n  - name: CAR T\n    participants: 6\n    schedule:\n"
        "      - {day: 0, do: infuse, amount: 2e7 cell}\n      - {day: 5, do: infuse}\n"
        "      - {day: 7, do: stop art}\n"
        "  - name: no CAR T\n    participants: 6\n    schedule: [{day: 7, do: stop art}]\n";
    char with[700];
    snprintf(with, sizeof with, "%sadverse events: [{term: fever, grade: fever}]\n", visits);
    char *study = bed_study(with);
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 3);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    size_t n = 0, infused = 0;
    for (size_t i = 0; i < d->n_happenings; i++) {
        const rsp_happening *h = &d->happenings[i];
        infused += strcmp(h->what, "infuse") == 0;
        if (strcmp(h->what, RSP_ADVERSE_EVENT) == 0) {
            assert_string_equal(h->reason, "fever");
            assert_true(h->arm == 0 && h->day == 1 && h->amount == 2);
            n++;
        }
    }
    assert_true(infused == 36 && n == 18);
    bed_run_free(&run);
    rsp_plan_free(plan);
    char *plain = bed_study(visits); /* no other number moves */
    char *watched = bed_rows_of(study, -1, RSP_ADVERSE_EVENT), *rows = bed_rows_of(plain, -1, NULL);
    assert_string_equal(watched, rows);
    free(watched);
    free(rows);
    free(plain);
    free(study);
}

/* Cells are taken away on day 10 and given again on day 30: the fever of day 1 is over on
 * day 11, another begins on day 31.  It is told at the first visit that is made from then
 * on, or seen at that visit if it lasts. */
static double next_visit(const rsp_dataset *d, const rsp_happening *h)
{
    for (double day = -7; day <= 56; day += 21) {
        bool made = day >= h->day;
        for (size_t i = 0; i < d->n_happenings; i++) {
            const rsp_happening *x = &d->happenings[i];
            made &= !(x->trial == h->trial && x->participant == h->participant &&
                      x->day == day && strcmp(x->what, "missed visit") == 0);
        }
        if (made) {
            return day;
        }
    }
    return (double)NAN;
}

static void an_adverse_event_that_returns_is_another_and_each_is_reported_at_a_visit(void **state)
{
    (void)state;
    char *study = bed_study(
        "visits: {every: 21 day, missed: 30 %}\nassays: [viral_load]\nrules: []\n"
        "arms:\n  - name: CAR T\n    participants: 6\n    schedule:\n"
        "      - {day: 0, do: infuse, amount: 2e7 cell}\n      - {day: 7, do: stop art}\n"
        "      - {day: 10, do: deplete, amount: 0.95}\n      - {day: 30, do: infuse}\n"
        "  - name: no CAR T\n    participants: 6\n    schedule: [{day: 7, do: stop art}]\n"
        "adverse events:\n  - {term: fever, grade: fever}\n"
        "  - {term: fever seen, grade: fever, reported: seen}\n");
    rsp_plan *plan = bed_plan(study);
    bed_run run = bed_run_plan(plan, 3);
    const rsp_dataset *d = rsp_dataset_view(run.rows);
    size_t n = 0, late = 0, lost = 0;
    for (size_t i = 0; i < d->n_happenings; i++) {
        const rsp_happening *h = &d->happenings[i];
        if (strcmp(h->what, RSP_ADVERSE_EVENT) != 0) {
            continue;
        }
        const bool first = h->day == 1, seen = strcmp(h->reason, "fever seen") == 0;
        const double visit = next_visit(d, h);
        assert_true(first || h->day == 31);
        assert_true(h->amount == (first ? 1 : 2));
        assert_true(first ? h->over && h->end_day == 11 : !h->over);
        assert_true(h->reported == (!isnan(visit) && !(first && seen)));
        assert_true(!h->reported || h->reported_day == visit);
        late += h->reported && visit > 35;
        lost += !h->reported && !seen;
        n++;
    }
    assert_int_equal(n, 2 * 2 * 18);
    assert_true(late > 0 && lost > 0);
    bed_run_free(&run);
    rsp_plan_free(plan);
    free(study);
}

/* Two wells of a million cells, 60 latent cells in each: both grow, which shows no more
 * than 1.2 per million. */
static void wells_that_all_grow_pass_no_threshold_above_what_they_can_show(void **state)
{
    (void)state;
    static const char *const threshold[] = {"1", "10"};
    for (int k = 0; k < 2; k++) {
        char with[900];
        snprintf(with, sizeof with,
                 "visits: {every: 14 day}\nrules: []\nscoreboard: []\n"
                 "assays: [{name: wells, kind: outgrowth, reads: intact_provirus, "
                 "cells: 1e6 cell, wells: 2, dilutions: 1, induced: 1}]\n"
                 "endpoints: [{name: high, event: 'wells > %s copies/1e6 cells'}]\n"
                 "sweep:\n  over: potency\n  levels: [{value: 1, set: {potency: 1}}, {value: 2, set: {potency: 2}}]\n"
                 "  outcomes: [{statistic: wells.days_above(%s copies/1e6 cells)}]\n",
                 threshold[k], threshold[k]);
        analysis a = analyse(with, 10);
        size_t events = 0;
        for (size_t i = 0; i < a.d->n_endpoints; i++) {
            events += a.d->endpoints[i].end == RSP_END_EVENT;
        }
        assert_true(a.d->n_endpoints > 0 && events == (k ? 0 : a.d->n_endpoints));
        for (size_t i = 0; i < a.d->n_measurements; i++) {
            assert_int_equal(a.d->measurements[i].state, RSP_ABOVE_ULOQ);
            assert_true(fabs(a.d->measurements[i].uloq - 1.228) < 1e-9);
        }
        const double days = a.f->sweep->outcomes[0].curves[0].points[0].estimate.value;
        assert_true(k ? isnan(days) : days > 50);
        done(&a);
    }
}

/* Two wells of ten cells, where none grows: fewer than 34,657 per million. */
static void wells_that_do_not_grow_show_nothing_below_what_they_can(void **state)
{
    (void)state;
    static const char *const threshold[] = {"40000", "10"};
    for (int k = 0; k < 2; k++) {
        char with[900];
        snprintf(with, sizeof with,
                 "visits: {every: 14 day}\nrules: []\nscoreboard: []\n"
                 "assays: [{name: wells, kind: outgrowth, reads: intact_provirus, "
                 "cells: 10 cell, wells: 2, dilutions: 1, induced: 1e-6}]\n"
                 "endpoints: [{name: low, event: 'wells < %s copies/1e6 cells'}]\n"
                 "sweep:\n  over: potency\n"
                 "  levels: [{value: 1, set: {potency: 1}}, {value: 2, set: {potency: 2}}]\n"
                 "  outcomes: [{statistic: wells.days_above(%s copies/1e6 cells)}]\n",
                 threshold[k], threshold[k]);
        analysis a = analyse(with, 10);
        size_t events = 0;
        for (size_t i = 0; i < a.d->n_endpoints; i++) {
            events += a.d->endpoints[i].end == RSP_END_EVENT;
        }
        assert_true(a.d->n_endpoints > 0 && events == (k ? 0 : a.d->n_endpoints));
        assert_int_equal(a.d->measurements[0].state, RSP_NOT_DETECTED);
        const double days = a.f->sweep->outcomes[0].curves[0].points[0].estimate.value;
        assert_true(k ? isnan(days) : days == 0);
        done(&a);
    }
}

static void visits_are_summed_up_by_planned_day(void **state)
{
    (void)state;
    analysis a = analyse("", 3);
    size_t n = 0, found = 0;
    for (size_t i = 0; i < a.d->n_measurements; i++) {
        const rsp_measurement *m = &a.d->measurements[i];
        n += m->arm == 0 && strcmp(m->assay, "car_copies") == 0 && m->planned_day == 3;
    }
    for (size_t i = 0; i < a.f->arms[0].n_visits; i++) {
        const rsp_visit_summary *v = &a.f->arms[0].visits[i];
        if (strcmp(v->assay, "car_copies") == 0 && strcmp(v->from, "start") == 0 &&
            v->day == 3) {
            assert_int_equal(v->n, n);
            assert_true(v->q25 <= v->q50 && v->q50 <= v->q75);
            /* 4e7 cells give about 3,800 copies; noise of 0.56 on the ln scale */
            assert_true(v->q50 > 1500 && v->q50 < 9000);
            found++;
        }
        assert_true(strcmp(v->from, "start") == 0 || v->day >= 0);
    }
    assert_int_equal(found, 1);
    done(&a);
}

static void the_grid_is_told_in_numbers_and_words(void **state)
{
    (void)state;
    analysis a = analyse("grid:\n"
                         "  endpoint: time_to_rebound\n"
                         "  compare: time_to_rebound_median\n"
                         "  axes:\n"
                         "    - threshold: [50 copies/mL, 1000 copies/mL]\n"
                         "    - every: [7 day, 14 day]\n"
                         "    - set: growth off ART\n"
                         "      levels: [{label: as it is, set: {}}, {label: slow, set: "
                         "{growth: 0.25 1/day}}]\n",
                         2);
    const rsp_findings *f = a.f;
    assert_int_equal(f->n_axes, 3);
    assert_int_equal(f->n_grid, 16);
    assert_string_equal(f->grid_axes[2], "growth off ART");
    assert_string_equal(f->grid[0].levels[0], "> 50 copies/mL");
    assert_string_equal(f->grid[2].levels[0], "> 1000 copies/mL");
    assert_string_equal(f->grid[4].levels[1], "every 14 days");
    assert_string_equal(f->grid[8].levels[2], "slow");
    assert_string_equal(f->grid[1].arm, "no CAR T");
    assert_true(fabs(f->grid_published - 37.1) < 1e-9);
    for (size_t i = 0; i < 16; i += 4) { /* a higher threshold is passed later */
        assert_true(f->grid[i + 3].median.value >= f->grid[i + 1].median.value);
    }
    assert_true(f->grid[9].median.value > f->grid[1].median.value);
    assert_true(f->n_words >= 3);
    assert_non_null(strstr(f->words[0], "Arm CAR T: the published median of 5.3 "
                                        "weeks lies within"));
    done(&a);
}

static void the_first_trial_is_kept_as_the_example(void **state)
{
    (void)state;
    analysis a = analyse("", 1);
    char *example = bed_rows(a.f->example, -1, NULL);
    rsp_plan_set_trials(a.plan, 1);
    bed_run first = bed_run_plan(a.plan, 1);
    char *rows = bed_rows(rsp_dataset_view(first.rows), -1, NULL);
    assert_string_equal(example, rows);
    free(example);
    free(rows);
    bed_run_free(&first);
    done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_ends_are_those_of_the_rows),
        cmocka_unit_test(the_scoreboard_holds_the_trials_medians_in_its_unit),
        cmocka_unit_test(a_row_against_an_arm_is_the_difference_of_the_two),
        cmocka_unit_test(reactivations_are_those_of_the_trials_intervals),
        cmocka_unit_test(a_wait_is_the_quartiles_difference_over_ln_3),
        cmocka_unit_test(the_last_day_is_the_largest_and_is_not_reached_where_one_has_no_event),
        cmocka_unit_test(the_share_made_is_of_all_enrolled),
        cmocka_unit_test(one_trial_has_no_interval_and_no_verdict),
        cmocka_unit_test(chunks_change_no_finding),
        cmocka_unit_test(the_flow_counts_whom_an_arm_screens_out),
        cmocka_unit_test(who_is_not_eligible_is_screened_out_and_has_not_failed),
        cmocka_unit_test(counterfactual_arms_share_the_places_that_nobody_fills),
        cmocka_unit_test(the_flow_sums),
        cmocka_unit_test(pairs_are_the_same_person_in_two_arms),
        cmocka_unit_test(who_is_in_one_arm_alone_is_in_no_pair),
        cmocka_unit_test(randomised_arms_are_compared_by_log_rank),
        cmocka_unit_test(wells_that_all_grow_pass_no_threshold_above_what_they_can_show),
        cmocka_unit_test(wells_that_do_not_grow_show_nothing_below_what_they_can),
        cmocka_unit_test(an_adverse_event_that_returns_is_another_and_each_is_reported_at_a_visit),
        cmocka_unit_test(adverse_events_are_dated_daily_and_keep_their_highest_grade),
        cmocka_unit_test(visits_are_summed_up_by_planned_day),
        cmocka_unit_test(the_grid_is_told_in_numbers_and_words),
        cmocka_unit_test(the_first_trial_is_kept_as_the_example)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
