/* The shipped models as the build compiled them, against bytecode: the same bits by every
 * method and instruction set, through a whole schedule: doses, ART stopped and taken up
 * again, the lag after a dose, reads inside steps. */
#define _POSIX_C_SOURCE 200809L
#include "bed.h"

enum { PEOPLE = 11, READS = 160 };
static double reads[READS];

typedef struct method {
    const char *name;
    rsp_method method;
    double days;
} method;

static const method methods[] = {
    {"ode", RSP_ODE, 400}, {"hybrid", RSP_HYBRID, 100}, {"ssa", RSP_SSA, 0.005}};

/* People differ, so that lanes part. */
static void vary(const bed *b, uint32_t participant, double *params)
{
    for (uint32_t i = 0; i < b->net->n_params; i++) {
        const rsp_stream s = {9, 0, participant, RSP_PURPOSE_TRAIT, i};
        if (b->net->params[i].between.kind != RSP_DIST_NONE) {
            params[i] *= 0.9 + 0.2 * rsp_uniform(&s, 0, 0);
        }
    }
}

/* Everything that was read, and how many steps it took. */
static double *trajectories(const method *m, bool interpret, uint64_t *steps, size_t *n)
{
    bed b;
    bed_load(&b, "hiv_car_t", m->method);
    const uint32_t infuse = (uint32_t)rsp_network_action(b.net, "infuse"),
                   boost = (uint32_t)rsp_network_action(b.net, "boost"),
                   off = (uint32_t)rsp_network_action(b.net, "stop_art"),
                   on = (uint32_t)rsp_network_action(b.net, "start_art");
    const rsp_sim_action actions[] = {
        {0.005 * m->days, infuse, 2e8},  {0.1 * m->days, off, 0}, {0.3 * m->days, boost, 1e6},
        {0.5 * m->days, infuse, 1e8}, {0.8 * m->days, on, 0}};
    for (size_t i = 0; i < READS; i++) {
        reads[i] = m->days * (double)(i + 1) / READS;
    }
    b.n = PEOPLE;
    b.t1 = m->days;
    b.reads = reads;
    b.n_reads = READS;
    b.actions = actions;
    b.n_actions = 5;
    b.options.interpret = interpret;
    b.vary = vary;
    bed_run(&b);
    const size_t amounts = (size_t)PEOPLE * READS * b.net->n_species,
                 observed = (size_t)PEOPLE * READS * b.net->n_observables;
    double *out = malloc((amounts + observed) * sizeof *out);
    assert_non_null(out);
    memcpy(out, b.amounts, amounts * sizeof *out);
    memcpy(out + amounts, b.observed, observed * sizeof *out);
    for (uint32_t p = 0; p < PEOPLE; p++) {
        assert_int_equal(b.result[p].stop, RSP_STOP_END);
    }
    *steps = b.total.steps;
    *n = amounts + observed;
    bed_close(&b);
    return out;
}

static void compiled_and_interpreted_agree_to_the_bit(void **state)
{
    (void)state;
    static const char *const isas[] = {"base", "avx2", "avx512"};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        uint64_t steps, other_steps;
        size_t n, other_n;
        unsetenv("RESPITE_ISA");
        double *want = trajectories(&methods[m], true, &steps, &n);
        assert_true(share_of(want, n, 0) < 0.6); /* there is something to compare */
        for (size_t i = 0; i < sizeof isas / sizeof *isas; i++) {
            setenv("RESPITE_ISA", isas[i], 1); /* a machine without it takes less */
            double *found = trajectories(&methods[m], false, &other_steps, &other_n);
            print_message("    %s, %s: %llu steps\n", methods[m].name, rsp_isa(),
                          (unsigned long long)other_steps);
            assert_int_equal(other_steps, steps);
            assert_int_equal(other_n, n);
            assert_memory_equal(found, want, n * sizeof *want);
            free(found);
        }
        free(want);
    }
    unsetenv("RESPITE_ISA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compiled_and_interpreted_agree_to_the_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
