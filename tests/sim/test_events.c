/* Events: where they are located, in which order they happen, and that they
 * happen alike in every method.  Deterministic figures to 1e-7 at rtol 1e-9; Monte Carlo
 * within three standard errors at fixed seeds. */
#include "bed.h"

#include "sim/agenda.h"

enum { MANY = 10000 };

static const double eps = 1e-7;

/* One participant of `text` read at the times given. */
static void run_one(bed *b, const char *text, rsp_method method, const double *reads, size_t n)
{
    bed_open(b, text, method);
    if (method == RSP_ODE) {
        b->options.rtol = 1e-9;
        b->options.atol = 1e-12;
    }
    b->n = 1;
    b->reads = reads;
    b->n_reads = n;
    b->t1 = reads[n - 1];
    bed_run(b);
    assert_int_equal(b->result[0].stop, RSP_STOP_END);
}

static void assert_at(const bed *b, size_t read, const char *species, double expected)
{
    double found = bed_amount(b, 0, read, species);
    if (!(fabs(found - expected) <= eps * (1 + fabs(expected)))) {
        fail_msg("%s at read %zu is %.12g, not %.12g", species, read, found, expected);
    }
}

/* ---- Where. */

/* Falls 1.25 under 10 a day squared: on the ground at 0.5, then after 0.5, 0.25,
 * ... as each bounce keeps half of the speed. */
static void a_ball_bounces_where_it_meets_the_ground(void **state)
{
    (void)state;
    bed b;
    const double reads[] = {0.4, 0.75, 1.125, 1.3};
    run_one(&b, "model ball\ntime day\nspecies h 1 continuous\nspecies v 1 continuous\n"
                "species n 1 continuous\nparameter g = 10 1/day\nparameter one = 1 1/day\n"
                "rate h = one * v\nrate v = -g\ninitial h = 1.25\n"
                "event bounce: at h < 0: v = -0.5 * v, h = 0, n += 1\n",
            RSP_ODE, reads, 4);
    assert_at(&b, 0, "h", 1.25 - 5 * 0.16);
    assert_at(&b, 1, "h", 2.5 * 0.25 - 5 * 0.0625);
    assert_at(&b, 2, "h", 1.25 * 0.125 - 5 * 0.015625);
    assert_at(&b, 3, "h", 0.625 * 0.05 - 5 * 0.0025);
    assert_at(&b, 3, "n", 3);
    bed_close(&b);
}

#define CIRCLE                                                                     \
    "model circle\ntime day\nspecies x 1 continuous\nspecies y 1 continuous\n"    \
    "species n 1 continuous\nparameter w = 1 1/day\nrate x = w * y\nrate y = -w * x\n" \
    "initial y = 1\n"

/* sin t > 1 - 1e-6 for 2.8e-3 day; steps at rtol 1e-3 are a hundred times as long. */
static void a_condition_that_holds_for_less_than_a_step_is_not_missed(void **state)
{
    (void)state;
    bed b;
    const double reads[] = {30};
    bed_open(&b, CIRCLE "species z 1 continuous\n"
                        "event peak: at x / sqrt(x^2 + y^2) > 0.999999: n += 1\n"
                        "event trough: at (y > 0) and (0.999999 < -y / -sqrt(x^2 + y^2)): z += 1\n",
             RSP_ODE);
    b.options.rtol = 1e-3;
    b.n = 1;
    b.reads = reads;
    b.n_reads = 1;
    b.t1 = 30;
    bed_run(&b);
    assert_true(b.total.steps < 200);
    assert_true(bed_amount(&b, 0, 0, "n") == 5); /* pi/2 + 2 pi k */
    assert_true(bed_amount(&b, 0, 0, "z") == 4); /* 2 pi k, not the start, where it holds */
    bed_close(&b);
}

static void a_condition_on_time_is_met_to_the_last_digit(void **state)
{
    (void)state;
    const rsp_method methods[] = {RSP_ODE, RSP_HYBRID, RSP_SSA};
    const double reads[] = {6.9, 7, 7.3, 8};
    for (int m = 0; m < 3; m++) {
        bed b;
        run_one(&b, "model clock\ntime day\nspecies a 1 continuous\nspecies b 1 continuous\n"
                    "species c 1 continuous\n"
                    "species X cell\nparameter at7 = 7 day\nparameter r = 3 cell/day\n"
                    "parameter from = 7.2 day\nparameter to = 7.2000001 day\n"
                    "reaction arrive: -> X @ r\n"
                    "event from7: at t >= at7: a = 1\nevent after7: at t > at7: b = 1\n"
                    "event brief: at t > from and t < to: c += 1\n",
                methods[m], reads, 4);
        assert_true(bed_amount(&b, 0, 0, "a") == 0);
        assert_true(bed_amount(&b, 0, 1, "a") == 1);
        assert_true(bed_amount(&b, 0, 1, "b") == 0);
        assert_true(bed_amount(&b, 0, 2, "b") == 1);
        assert_true(bed_amount(&b, 0, 3, "c") == 1);
        bed_close(&b);
    }
}

/* ---- When and with what. */

#define DECAY                                                                      \
    "model decay\ntime day\nspecies x 1 continuous\nspecies y 1 continuous\n"     \
    "species n 1 continuous\nparameter k = 1 1/day\nparameter lag = 2 day\n"       \
    "rate x = -k * x\ninitial x = 10\n"

/* x passes 1 at ln 10, the dose comes 2 days later. */
static void a_delayed_event_happens_its_delay_after_the_crossing(void **state)
{
    (void)state;
    bed b;
    const double hit = log(10), reads[] = {hit + 1.999, hit + 2.5};
    run_one(&b, DECAY "event kept: at lag after x < 1: x += 5, y = x\n"
                      "event fresh: at lag after x < 1, fromTrigger = false: n = x\n",
            RSP_ODE, reads, 2);
    assert_at(&b, 0, "x", exp(-1.999));
    assert_at(&b, 1, "x", (exp(-2) + 5) * exp(-0.5));
    assert_at(&b, 1, "y", 1); /* of the moment of triggering */
    assert_at(&b, 1, "n", exp(-2) + 5);
    bed_close(&b);
}

/* x > 0.9 holds for 0.9 day of each turn, the delay is 2. */
static void an_event_that_does_not_persist_is_taken_back(void **state)
{
    (void)state;
    bed b;
    const double reads[] = {6};
    run_one(&b, CIRCLE "species m 1 continuous\nparameter lag = 2 day\nparameter short = 0.5 day\n"
                       "event lasting: at lag after x > 0.9: n += 1\n"
                       "event fleeting: at lag after x > 0.9, persistent = false: m += 1\n"
                       "event quick: at short after x > 0.9, persistent = false: m += 10\n",
            RSP_ODE, reads, 1);
    assert_at(&b, 0, "n", 1);
    assert_at(&b, 0, "m", 10);
    bed_close(&b);
}

static void a_condition_that_holds_at_the_start_triggers_where_it_is_said(void **state)
{
    (void)state;
    bed b;
    const double reads[] = {0, 1};
    run_one(&b, DECAY "event here: at x > 5, t0 = false: y = 1\nevent no: at x > 5: n = 1\n",
            RSP_ODE, reads, 2);
    assert_at(&b, 0, "y", 1);
    assert_at(&b, 1, "n", 0);
    bed_close(&b);
}

/* ---- In which order. */

static void the_highest_priority_happens_first_and_may_change_the_others(void **state)
{
    (void)state;
    bed b;
    const double reads[] = {4};
    run_one(&b, DECAY "event twice: at x < 1, priority = 1, fromTrigger = false: y = 2 * y\n"
                      "event more: at x < 1, priority = 2, fromTrigger = false: y = y + 3\n"
                      "event last: at x < 1, fromTrigger = false: y = y + 0.5\n"
                      "event veto: at x < 1, priority = 3: n = 1\n"
                      "event off: at x < 1 and n < 0.5, persistent = false: y = 100\n",
            RSP_ODE, reads, 1);
    assert_at(&b, 0, "y", 6.5);
    bed_close(&b);
}

static void events_follow_from_one_another_at_one_time(void **state)
{
    (void)state;
    bed b;
    const double hit = log(10), reads[] = {hit - 1e-6, hit + 1e-6};
    run_one(&b, DECAY "event third: at n > 1.5: y = 7\nevent second: at n > 0.5: n = 2\n"
                      "event first: at x < 1: n = 1\n",
            RSP_ODE, reads, 2);
    assert_at(&b, 0, "y", 0);
    assert_at(&b, 1, "y", 7);
    bed_close(&b);
}

static void equal_priorities_are_drawn_by_lot(void **state)
{
    (void)state;
    bed b;
    const double reads[] = {4};
    bed_open(&b, DECAY "event a: at x < 1, priority = 1: y = 1\n"
                       "event b: at x < 1, priority = 1: y = 0\n", RSP_ODE);
    b.n = MANY;
    b.reads = reads;
    b.n_reads = 1;
    b.t1 = 4;
    bed_run(&b);
    double *y = bed_column(&b, 0, "y");
    assert_share(share_of(y, MANY, 1), MANY, 0.5);
    free(y);
    bed_close(&b);
}

/* ---- Counted species. */

/* Arrivals at rate r with a reset at 5: a Poisson number modulo 5. */
static void a_count_that_is_reset_follows_its_exact_law(void **state)
{
    (void)state;
    const rsp_method methods[] = {RSP_SSA, RSP_HYBRID};
    const double reads[] = {3};
    for (int m = 0; m < 2; m++) {
        bed b;
        bed_open(&b, "model queue\ntime day\nspecies X cell\nspecies n 1 continuous\n"
                     "parameter r = 2 cell/day\nparameter five = 5 cell\n"
                     "reaction arrive: -> X @ r\nevent full: at X >= five: X = 0, n += 1\n",
                 methods[m]);
        b.n = MANY;
        b.reads = reads;
        b.n_reads = 1;
        b.t1 = 3;
        bed_run(&b);
        double *x = bed_column(&b, 0, "X"), *n = bed_column(&b, 0, "n");
        double share[5] = {0}, resets = 0, p = exp(-6);
        for (int k = 0; k < 60; k++) {
            share[k % 5] += p;
            resets += p * (k / 5);
            p *= 6.0 / (k + 1);
        }
        for (int k = 0; k < 5; k++) {
            assert_share(share_of(x, MANY, k), MANY, share[k]);
        }
        assert_mean(n, MANY, resets);
        free(x);
        free(n);
        bed_close(&b);
    }
}

/* Births from 1 to 60: the mean time is the sum of 1 / (b k). */
static void a_birth_process_reaches_its_reset_in_the_mean_time(void **state)
{
    (void)state;
    const rsp_method methods[] = {RSP_SSA, RSP_HYBRID};
    const double reads[] = {40};
    double expected = 0;
    for (int k = 1; k < 60; k++) {
        expected += 1.0 / k;
    }
    double *time[2];
    for (int m = 0; m < 2; m++) {
        bed b;
        bed_open(&b, "model births\ntime day\nspecies X cell\nspecies when day continuous\n"
                     "parameter b = 1 1/day\nparameter one = 1 cell\nparameter top = 60 cell\n"
                     "reaction birth: -> X @ b * X\ninitial X = one\n"
                     "event full: at X >= top: X = 0, when = t\n",
                 methods[m]);
        b.n = MANY;
        b.reads = reads;
        b.n_reads = 1;
        b.t1 = 40;
        bed_run(&b);
        time[m] = bed_column(&b, 0, "when");
        assert_mean(time[m], MANY, expected);
        bed_close(&b);
    }
    assert_same_law(time[0], MANY, time[1], MANY);
    free(time[0]);
    free(time[1]);
}

/* ---- What cannot be done, and what must not matter. */

static void too_many_waiting_events_and_endless_ones_fail_their_participant(void **state)
{
    (void)state;
    static const struct {
        const char *events, *reason;
    } cases[] = {
        {"parameter far = 1000 day\nevent e: at far after x > 0: n += 1\n", "events wait"},
        {"event up: at n < 0.5, t0 = false: n = 1\nevent down: at n > 0.5: n = 0\n",
         "without end"},
        {"parameter less = -1 day\nevent e: at less after x > 0.5: n += 1\n", "below zero"},
        {"event e: at x > 0.5: n = 1 / (n - n)\n", "the value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1000];
        bed b;
        const double reads[] = {1000};
        snprintf(text, sizeof text, "%s%s", CIRCLE, cases[i].events);
        bed_open(&b, text, RSP_ODE);
        b.n = 1;
        b.reads = reads;
        b.n_reads = 1;
        b.t1 = 1000;
        bed_run(&b);
        assert_int_not_equal(b.result[0].stop, RSP_STOP_END);
        if (!strstr(b.result[0].reason, cases[i].reason)) {
            fail_msg("'%s' does not say '%s'", b.result[0].reason, cases[i].reason);
        }
        bed_close(&b);
    }
}

static void vary(const bed *b, uint32_t participant, double *params)
{
    (void)b;
    params[0] = 0.5 + 0.01 * participant;
}

/* Everything at once, for any packing, order and width. */
static void packing_changes_no_bit(void **state)
{
    (void)state;
    const rsp_method methods[] = {RSP_ODE, RSP_HYBRID, RSP_SSA};
    const double reads[] = {1, 2.5, 6, 9};
    for (int m = 0; m < 3; m++) {
        double *x[2], *n[2];
        for (int k = 0; k < 2; k++) {
            bed b;
            bed_open(&b, "model all\ntime day\nparameter r = 1 1/day\nparameter one = 40 cell\n"
                         "parameter top = 150 cell\nparameter lag = 0.3 day\n"
                         "species X cell\nspecies n 1 continuous\ninitial X = one\n"
                         "reaction birth: -> X @ r * X\nreaction death: X -> @ 0.5 * r * X\n"
                         "event full: at lag after X >= top, priority = n: X = 0.5 * X, n += 1\n"
                         "event tie: at X >= top, priority = n: n += 0.25\n"
                         "event empty: at X < 0.5 * one: X = one\n",
                     methods[m]);
            b.n = 70;
            b.vary = vary;
            b.reversed = k == 1;
            b.options.lanes = k == 1 ? 3 : 0;
            b.reads = reads;
            b.n_reads = 4;
            b.t1 = 9;
            bed_run(&b);
            x[k] = bed_column(&b, 3, "X");
            n[k] = bed_column(&b, 3, "n");
            bed_close(&b);
        }
        assert_true(mean_of(n[0], 70) > 1);
        assert_memory_equal(x[0], x[1], 70 * sizeof(double));
        assert_memory_equal(n[0], n[1], 70 * sizeof(double));
        for (int k = 0; k < 2; k++) {
            free(x[k]);
            free(n[k]);
        }
    }
}

/* ---- The agenda alone. */

static void an_agenda_gives_what_is_due_by_priority_then_as_triggered(void **state)
{
    (void)state;
    rsp_arena *arena = rsp_arena_new();
    rsp_agenda a;
    uint32_t which[4];
    double priority[4] = {(double)NAN, (double)NAN, 2, 2};
    assert_true(rsp_agenda_new(&a, 4, 1, arena));
    *rsp_agenda_add(&a, 3, 1) = 10;
    *rsp_agenda_add(&a, 1, 0) = 11;
    *rsp_agenda_add(&a, 1, 2) = 12;
    *rsp_agenda_add(&a, 1, 3) = 13;
    assert_null(rsp_agenda_add(&a, 1, 3));
    assert_true(rsp_agenda_next(&a) == 1);
    priority[3] = 4;
    assert_int_equal(rsp_agenda_first(&a, 1, priority, which, 4), 1);
    assert_int_equal(a.item[which[0]].event, 3);
    priority[3] = 2;
    assert_int_equal(rsp_agenda_first(&a, 1, priority, which, 4), 2);
    assert_int_equal(a.item[which[0]].event, 2);
    assert_int_equal(a.item[which[1]].event, 3);
    rsp_pending taken = rsp_agenda_take(&a, which[0]);
    assert_true(a.values[taken.place] == 12);
    rsp_agenda_cancel(&a, 3);
    assert_int_equal(rsp_agenda_first(&a, 1, priority, which, 4), 1);
    assert_int_equal(a.item[which[0]].event, 0);
    (void)rsp_agenda_take(&a, which[0]);
    assert_int_equal(rsp_agenda_first(&a, 1, priority, which, 4), 0);
    assert_true(rsp_agenda_next(&a) == 3);
    assert_true(a.values[rsp_agenda_take(&a, 0).place] == 10);
    assert_true(isinf(rsp_agenda_next(&a)));
    rsp_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ball_bounces_where_it_meets_the_ground),
        cmocka_unit_test(a_condition_that_holds_for_less_than_a_step_is_not_missed),
        cmocka_unit_test(a_condition_on_time_is_met_to_the_last_digit),
        cmocka_unit_test(a_delayed_event_happens_its_delay_after_the_crossing),
        cmocka_unit_test(an_event_that_does_not_persist_is_taken_back),
        cmocka_unit_test(a_condition_that_holds_at_the_start_triggers_where_it_is_said),
        cmocka_unit_test(the_highest_priority_happens_first_and_may_change_the_others),
        cmocka_unit_test(events_follow_from_one_another_at_one_time),
        cmocka_unit_test(equal_priorities_are_drawn_by_lot),
        cmocka_unit_test(a_count_that_is_reset_follows_its_exact_law),
        cmocka_unit_test(a_birth_process_reaches_its_reset_in_the_mean_time),
        cmocka_unit_test(too_many_waiting_events_and_endless_ones_fail_their_participant),
        cmocka_unit_test(packing_changes_no_bit),
        cmocka_unit_test(an_agenda_gives_what_is_due_by_priority_then_as_triggered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
