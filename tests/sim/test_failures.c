/* Failure is local: a step that collapses, a rate without a value, a budget that is
 * spent, events without end stop one participant, by every method, with a reason that
 * names what and when; its neighbours keep every bit. */
#include "bed.h"

enum { PEOPLE = 24, READS = 3 };
static const double reads[READS] = {0.5, 3, 8};

typedef struct fate {
    const char *what, *text;
    rsp_stop stop;
    const char *names;    /* in the reason */
    double from, until;   /* days between which it is met */
    uint64_t max_steps;   /* 0: as it is */
} fate;

/* `bad` is 1 for some and 0 for the others. */
#define LIVES                                                                            \
    "model fated\ntime day\nparameter bad = 0 1\nparameter b = 1 1/day\n"                 \
    "parameter start = 30 cell\nparameter day1 = 1 day\nparameter one = 1 cell\n"         \
    "species I cell\ninitial I = start\n"                                                 \
    "reaction birth: I -> 2 I @ b * I\nreaction death: I -> @ b * I\n"                    \
    "reaction arrival: -> I @ b * start\n"

static const fate fates[] = {
    {"a rate without a value",
     LIVES "species A cell\nreaction odd: -> A @ b * one * sqrt(1 + bad * (1 - t / day1))\n",
     RSP_STOP_NONFINITE, "the rate of odd is not a number", 1.9, 2.1, 0},
    {"a rate below zero",
     LIVES "species A cell\nreaction odd: -> A @ b * one * (1 - bad * t / (2 * day1))\n",
     RSP_STOP_NONFINITE, "the rate of odd is -", 1.9, 4, 0}, /* where a step or candidate meets it */
    {"a pole", LIVES "species x 1 continuous\ninitial x = 1\nrate x = bad * x * x / (2 * day1)\n",
     RSP_STOP_COLLAPSE, ", where x changes by ", 1.9, 2.1, 0},
    {"a budget",
     LIVES "species u 1 continuous\nspecies v 1 continuous\ninitial u = 1\n"
           "rate u = bad * 20000 * v / day1\nrate v = -bad * 20000 * u / day1\n",
     RSP_STOP_STEPS, ", where ", 0, 8, 20000},
    {"events without end",
     LIVES "species n 1 continuous\nrate n = 0 / day1\n"
           "event up: at t > 2 * day1 and n < 0.5: n = bad\nevent down: at n > 0.5: n = 0\n",
     RSP_STOP_EVENTS, "events follow one another without end", 1.99, 2.01, 0},
};

static bool is_bad(uint32_t participant)
{
    return participant % 5 == 2;
}

static void vary(const bed *b, uint32_t participant, double *params)
{
    params[rsp_network_param(b->net, "bad")] = is_bad(participant);
}

static void check_bad(const fate *f, const bed *b, uint32_t p)
{
    const rsp_sim_result *r = &b->result[p];
    char day[32];
    snprintf(day, sizeof day, "day %.3g", r->t);
    if (r->stop != f->stop || !strstr(r->reason, f->names) || !strstr(r->reason, "day ") ||
        !(r->t >= f->from && r->t <= f->until)) {
        fail_msg("%s: %s, '%s', at day %g", f->what, rsp_stop_text(r->stop), r->reason, r->t);
    }
}

static void check(const fate *f, rsp_method method, bool coupled)
{
    bed b;
    bed_open(&b, f->text, method);
    b.n = PEOPLE;
    b.t1 = reads[READS - 1];
    b.reads = reads;
    b.n_reads = READS;
    b.options.coupled = coupled;
    if (f->max_steps > 0) {
        b.options.max_steps = f->max_steps;
    }
    bed_run(&b);
    const size_t values = READS * b.net->n_species;
    double *sound = malloc(PEOPLE * values * sizeof *sound);
    memcpy(sound, b.amounts, PEOPLE * values * sizeof *sound);
    b.vary = vary;
    bed_run(&b);
    print_message("    %s\n", b.result[2].reason);
    for (uint32_t p = 0; p < PEOPLE; p++) {
        if (is_bad(p)) {
            check_bad(f, &b, p);
        } else {
            assert_int_equal(b.result[p].stop, RSP_STOP_END);
            assert_memory_equal(b.amounts + p * values, sound + p * values,
                                values * sizeof *sound);
        }
    }
    free(sound);
    bed_close(&b);
}

static void check_all(rsp_method method, bool coupled)
{
    for (size_t i = 0; i < sizeof fates / sizeof *fates; i++) {
        check(&fates[i], method, coupled);
    }
}

static void failure_is_local_in_ode(void **state)
{
    (void)state;
    check_all(RSP_ODE, false);
}

static void failure_is_local_in_hybrid(void **state)
{
    (void)state;
    check_all(RSP_HYBRID, false);
}

static void failure_is_local_in_ssa(void **state)
{
    (void)state;
    check_all(RSP_SSA, false);
}

static void failure_is_local_where_ssa_keeps_a_clock_for_each_reaction(void **state)
{
    (void)state;
    check_all(RSP_SSA, true);
}

/* Nothing flows, so that these run by the direct method. */
static void an_explosion_is_met_by_the_budget_of_its_participant(void **state)
{
    (void)state;
    static const fate boom = {
        "an explosion", LIVES "reaction split: I -> 2 I @ bad * b / one * I * I\n",
        RSP_STOP_STEPS, "by day", 0, 0.5, 100000};
    check(&boom, RSP_SSA, false);
    check(&boom, RSP_SSA, true);
}

/* What flows is known to atol: a rate that reads it may fall as far below zero as that
 * lets it, a day, and fails nobody; further below it is the model's. */
static void a_rate_below_zero_by_less_than_the_tolerance_fails_nobody(void **state)
{
    (void)state;
    static const double atols[] = {1, 1e-6};
    for (int i = 0; i < 4; i++) {
        bed b;
        bed_open(&b, LIVES "species u cell continuous\nspecies v cell continuous\n"
                           "parameter little = 1e-3 cell\ninitial u = little\n"
                           "rate u = -b * v\nrate v = b * u\n"
                           "species A cell\nreaction odd: -> A @ b * u\n",
                 i < 2 ? RSP_ODE : RSP_HYBRID);
        b.n = 3;
        b.t1 = reads[READS - 1];
        b.reads = reads;
        b.n_reads = READS;
        b.options.rtol = 1e-3;
        b.options.atol = atols[i % 2];
        bed_run(&b);
        for (uint32_t p = 0; p < b.n; p++) {
            if (i % 2 == 0) {
                assert_string_equal(b.result[p].reason, "");
                assert_int_equal(b.result[p].stop, RSP_STOP_END);
            } else {
                assert_int_equal(b.result[p].stop, RSP_STOP_NONFINITE);
                assert_non_null(strstr(b.result[p].reason, "the rate of odd is -"));
            }
        }
        bed_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failure_is_local_in_ode),
        cmocka_unit_test(a_rate_below_zero_by_less_than_the_tolerance_fails_nobody),
        cmocka_unit_test(failure_is_local_in_hybrid),
        cmocka_unit_test(failure_is_local_in_ssa),
        cmocka_unit_test(failure_is_local_where_ssa_keeps_a_clock_for_each_reaction),
        cmocka_unit_test(an_explosion_is_met_by_the_budget_of_its_participant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
