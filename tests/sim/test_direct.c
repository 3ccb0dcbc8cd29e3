/* The direct method: closed forms, also of rates that change with time; ranges;
 * what must not change a bit; failures. */
#define _POSIX_C_SOURCE 200809L
#include "bed.h"

#include "model/ops.h"
#include "sim/bounds.h"

enum { PEOPLE = 20000 };

static void open_run(bed *b, const char *text, double t1, const double *reads, size_t n_reads,
                     uint32_t n)
{
    bed_open(b, text, RSP_SSA);
    b->n = n;
    b->t1 = t1;
    b->reads = reads;
    b->n_reads = n_reads;
}

/* ---- Ranges. */

static uint32_t draws;

static double uniform(void)
{
    const rsp_stream s = {.seed = 77, .purpose = RSP_PURPOSE_USER};
    return rsp_uniform(&s, draws++, 0);
}

/* Ends of all kinds: far, near, whole, zero, of both signs. */
static rsp_range some_range(void)
{
    double scale = rsp_exp(12 * uniform() - 6);
    double low = scale * (2 * uniform() - 1), high = low + scale * uniform();
    if (uniform() < 0.3) {
        low = floor(low);
        high = floor(high) + 1;
    }
    if (uniform() < 0.2) {
        low = 0;
        high = fabs(high);
    }
    return (rsp_range){low, uniform() < 0.15 ? low : fmax(low, high)};
}

static double inside(rsp_range r)
{
    double u = uniform();
    return u < 0.1 ? r.low : u < 0.2 ? r.high : fmin(r.high, r.low + u * (r.high - r.low));
}

static void a_value_lies_in_the_range_of_its_operation(void **state)
{
    (void)state;
    const unsigned ops[] = {RSP_OP_NEG, RSP_OP_EXP, RSP_OP_LOG, RSP_OP_SQRT, RSP_OP_ABS,
                            RSP_OP_FLOOR, RSP_OP_NOT, RSP_OP_ADD, RSP_OP_SUB, RSP_OP_MUL,
                            RSP_OP_DIV, RSP_OP_POW, RSP_OP_MIN, RSP_OP_MAX, RSP_OP_LT,
                            RSP_OP_LE, RSP_OP_EQ, RSP_OP_NE, RSP_OP_AND, RSP_OP_OR,
                            RSP_OP_SELECT};
    draws = 0;
    uint32_t bounded = 0, tried = 0;
    for (size_t k = 0; k < sizeof ops / sizeof ops[0]; k++) {
        for (int i = 0; i < 20000; i++) {
            rsp_range a = some_range(), b = some_range(), c = some_range();
            rsp_range r = rsp_range_of(ops[k], a, b, c);
            double x = inside(a), y = inside(b), z = inside(c);
            double v = rsp_op_scalar(ops[k], x, y, z);
            tried++;
            bounded += isfinite(r.low) && isfinite(r.high);
            if (r.low == -(double)INFINITY && r.high == (double)INFINITY) {
                continue;
            }
            if (!(v >= r.low && v <= r.high)) {
                fail_msg("operation %u of %.17g %.17g %.17g gives %.17g outside %.17g .. %.17g",
                         ops[k], x, y, z, v, r.low, r.high);
            }
        }
    }
    print_message("    %u of %u ranges are bounded\n", bounded, tried);
    assert_true(bounded > 0.7 * tried);
}

/* ---- Closed forms. */

/* Poisson at each time: mean and variance are the integral of the rate. */
static void assert_poisson(const bed *b, const char *species, size_t read, double mean)
{
    double *x = bed_column(b, read, species);
    assert_mean(x, b->n, mean);
    assert_variance(x, b->n, mean);
    free(x);
}

static void counts_under_a_rate_that_changes_with_time_are_poisson(void **state)
{
    (void)state;
    const double reads[] = {0.5, 1.5, 3, 5};
    bed b;
    open_run(&b,
             "model drips\ntime day\nparameter k = 6 cell/day\nparameter day1 = 1 day\n"
             "species A cell\nspecies B cell\nspecies C cell\nspecies D cell\n"
             "reaction ramp: -> A @ k * t / day1\n"
             "reaction fade: -> B @ k * exp(-t / day1)\n"
             "reaction step: -> C @ if t < 1.2 * day1 or t > 4 * day1 then k else 0\n"
             "reaction hump: -> D @ k * max(0, (t / day1 - 1) * (4 - t / day1))\n",
             5, reads, 4, PEOPLE);
    bed_run(&b);
    for (size_t i = 0; i < 4; i++) {
        double t = reads[i], u = fmin(fmax(t, 1), 4);
        double hump = -(u * u * u - 1) / 3 + 5 * (u * u - 1) / 2 - 4 * (u - 1);
        assert_poisson(&b, "A", i, 3 * t * t);
        assert_poisson(&b, "B", i, 6 * (1 - exp(-t)));
        assert_poisson(&b, "C", i, 6 * (fmin(t, 1.2) + fmax(t - 4, 0)));
        if (hump > 0) {
            assert_poisson(&b, "D", i, 6 * hump);
        }
    }
    bed_close(&b);
}

/* A dose of 40 at day 1.5, cleared at a rate that grows with the days since. */
static void a_dose_and_the_days_since_it_count_exactly(void **state)
{
    (void)state;
    const double reads[] = {1, 2, 3};
    const rsp_sim_action dose = {1.5, 0, 40};
    bed b;
    open_run(&b,
             "model dosed\ntime day\nparameter k = 0.8 1/day\nparameter day1 = 1 day\n"
             "species A cell\naction give(n cell): A += n\n"
             "reaction clear: A -> @ k * A * (if since(give) < 100 * day1 then since(give) / day1"
             " else 0)\n",
             3, reads, 3, PEOPLE);
    b.actions = &dose;
    b.n_actions = 1;
    bed_run(&b);
    assert_true(bed_amount(&b, 0, 0, "A") == 0);
    for (size_t i = 1; i < 3; i++) {
        double s = reads[i] - 1.5, p = exp(-0.4 * s * s);
        double *x = bed_column(&b, i, "A");
        assert_mean(x, b.n, 40 * p);
        assert_variance(x, b.n, 40 * p * (1 - p));
        free(x);
    }
    bed_close(&b);
}

/* Particles that are made and lost: Poisson at any count, from 0.3 to 3,000. */
static void made_and_lost_particles_are_poisson_at_any_mean(void **state)
{
    (void)state;
    const double means[] = {0.3, 3, 40, 3000};
    const double reads[] = {2};
    for (int i = 0; i < 4; i++) {
        bed b;
        open_run(&b,
                 "model coming\ntime day\nparameter influx = 1 cell/day\n"
                 "parameter d = 1 1/day\nspecies A cell\n"
                 "reaction come: -> A @ influx\nreaction go: A -> @ d * A\n",
                 2, reads, 1, i < 3 ? PEOPLE : PEOPLE / 10);
        bed_set(&b, "influx", means[i]);
        bed_run(&b);
        assert_poisson(&b, "A", 0, means[i] * (1 - exp(-2)));
        bed_close(&b);
    }
}

/* A species in haste that dies out, and one like it that comes back once a day, beside a slow
 * one: candidates are not spent on what is not there (they were ten million a day), and the
 * slow one keeps its law. */
static void what_died_out_in_haste_costs_nothing(void **state)
{
    (void)state;
    const double reads[] = {2};
    bed b;
    open_run(&b,
             "model haste\ntime day\nparameter k = 1e7 1/day\nparameter influx = 6 cell/day\n"
             "parameter d = 1 1/day\nparameter seldom = 1 cell/day\nparameter one = 1 cell\n"
             "species W cell\nspecies F cell\nspecies A cell\ninitial W = one\n"
             "reaction burn: W -> @ k * W\n"
             "reaction visit: -> F @ seldom\nreaction leave: F -> @ k * F\n"
             "reaction come: -> A @ influx\nreaction go: A -> @ d * A\n",
             2, reads, 1, PEOPLE);
    bed_run(&b);
    assert_poisson(&b, "A", 0, 6 * (1 - exp(-2)));
    const double events = 1 + 2 * 2 * 1 + 6 * 2 + 6 * 2 - 6 * (1 - exp(-2));
    double n = (double)b.total.events / b.n, refused = (double)b.total.rejected / b.n;
    print_message("    %.1f events a participant, %.1f expected; %.0f refused\n", n, events,
                  refused);
    assert_relative(n, events, 0.01);
    assert_true(refused < 1000);
    bed_close(&b);
}

/* Yule: each of 3 has a geometric number of offspring by t. */
static void a_growing_line_is_negative_binomial(void **state)
{
    (void)state;
    const double reads[] = {3}, p = exp(-1.5);
    bed b;
    open_run(&b,
             "model growing\ntime day\nparameter b = 0.5 1/day\nparameter start = 3 cell\n"
             "species A cell\ninitial A = start\nreaction split: A -> 2 A @ b * A\n",
             3, reads, 1, PEOPLE);
    bed_run(&b);
    double *x = bed_column(&b, 0, "A");
    assert_mean(x, b.n, 3 / p);
    assert_variance(x, b.n, 3 * (1 - p) / (p * p));
    assert_share(share_of(x, b.n, 3), b.n, p * p * p);
    free(x);
    bed_close(&b);
}

/* Three levels of sums: 700 channels, of which each must get its share. */
static void each_of_many_channels_gets_its_share(void **state)
{
    (void)state;
    const double reads[] = {1};
    char text[65536];
    size_t n = (size_t)snprintf(text, sizeof text,
                                "model wide\ntime day\nparameter k = 1 cell/day\n");
    for (int i = 0; i < 700; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "species S%d cell\nreaction r%d: -> S%d @ %d * k\n", i, i, i,
                              i % 7);
    }
    bed b;
    open_run(&b, text, 1, reads, 1, 2000);
    bed_run(&b);
    const char *const look[] = {"S1", "S6", "S8", "S64", "S65", "S511", "S513", "S699"};
    const int index[] = {1, 6, 8, 64, 65, 511, 513, 699};
    for (int i = 0; i < 8; i++) {
        assert_poisson(&b, look[i], 0, index[i] % 7);
    }
    double none = 0;
    for (uint32_t p = 0; p < b.n; p++) {
        none += bed_amount(&b, p, 0, "S0") + bed_amount(&b, p, 0, "S693");
    }
    assert_true(none == 0);
    bed_close(&b);
}

/* A -> B in bursts of 5 -> ...: more than two species change at once. */
static void an_event_changes_all_its_species(void **state)
{
    (void)state;
    const double reads[] = {0.7, 4};
    bed b;
    open_run(&b,
             "model joint\ntime day\nparameter k = 0.02 1/day/cell\nparameter start = 40 cell\n"
             "species A cell\nspecies B cell\nspecies C cell\nspecies D cell\n"
             "initial A = start\ninitial B = 2 * start\n"
             "reaction join: A + 2 B -> C + 3 D @ k * A * max(B, 0)\n",
             4, reads, 2, 2000);
    bed_run(&b);
    bool moved = false;
    for (uint32_t p = 0; p < b.n; p++) {
        for (size_t i = 0; i < 2; i++) {
            double a = bed_amount(&b, p, i, "A"), c = bed_amount(&b, p, i, "C");
            assert_true(a + c == 40 && bed_amount(&b, p, i, "B") == 2 * a &&
                        bed_amount(&b, p, i, "D") == 3 * c);
            moved |= c > 3;
        }
    }
    assert_true(moved);
    bed_close(&b);
}

/* ---- What changes no bit. */

static const char mixed[] =
    "model mixed\ntime day\nparameter k = 40 cell/day\nparameter day1 = 1 day\n"
    "parameter half = 20 cell\nparameter d = 1 1/day\n"
    "species U cell\nspecies V cell\n"
    "reaction make_u: -> U @ k / (1 + (V / half)^2) * (1 + 0.5 * exp(-t / day1))\n"
    "reaction make_v: -> V @ k / (1 + (U / half)^2)\n"
    "reaction lose_u: U -> @ d * U\nreaction lose_v: V -> @ d * sqrt(V * V)\n";

static double *last_amounts(bed *b)
{
    bed_run(b);
    double *x = malloc(b->n * 2 * sizeof *x);
    for (uint32_t p = 0; p < b->n; p++) {
        x[2 * p] = bed_amount(b, p, b->n_reads - 1, "U");
        x[2 * p + 1] = bed_amount(b, p, b->n_reads - 1, "V");
    }
    return x;
}

static void neither_reads_nor_packing_nor_instruction_set_change_a_bit(void **state)
{
    (void)state;
    enum { N = 50, MORE = 400 };
    const double end[] = {6};
    double more[MORE];
    for (int i = 0; i < MORE; i++) {
        more[i] = 6 * (i + 1.0) / MORE;
    }
    bed b;
    open_run(&b, mixed, 6, end, 1, N);
    double *x = last_amounts(&b);
    const char *const isas[] = {"base", "avx2", "avx512"};
    for (int k = 0; k < 5; k++) {
        b.reads = k == 3 ? more : end;
        b.n_reads = k == 3 ? MORE : 1;
        b.reversed = k == 4;
        if (k < 3) {
            setenv("RESPITE_ISA", isas[k], 1);
        }
        double *y = last_amounts(&b);
        assert_memory_equal(x, y, N * 2 * sizeof *x);
        free(y);
        unsetenv("RESPITE_ISA");
    }
    free(x);
    bed_close(&b);
}

/* ---- Failures. */

static void a_rate_below_zero_stops_its_participant_by_name(void **state)
{
    (void)state;
    const char *const texts[] = {
        "model sinking\ntime day\nparameter k = 5 cell/day\nparameter day1 = 1 day\n"
        "species A cell\nreaction drip: -> A @ k * (2 - t / day1)\n",
        "model full\ntime day\nparameter k = 5 1/day\nparameter most = 7 cell\n"
        "species A cell\nspecies B cell\nreaction other: -> B @ k * most\n"
        "reaction drip: -> A @ k * most\nreaction drop: -> B @ k * (most - A)\n"};
    for (int i = 0; i < 2; i++) {
        bed b;
        open_run(&b, texts[i], 9, NULL, 0, 1);
        bed_run(&b);
        assert_int_equal(b.result[0].stop, RSP_STOP_NONFINITE);
        print_message("    %s\n", b.result[0].reason);
        assert_non_null(strstr(b.result[0].reason, i == 0 ? "drip is -" : "drop is -"));
        bed_close(&b);
    }
}

/* At k X^3 a day each event takes a shorter time than all before would leave: X passes
 * every number in a finite time, and the clock's last place long before. */
static void an_explosion_stops_where_the_clock_stands_still(void **state)
{
    (void)state;
    bed b;
    const double reads[] = {0.001, 5};
    open_run(&b,
             "model boom\ntime day\nparameter k = 1 1/(day cell^2)\nparameter start = 10 cell\n"
             "species X cell\ninitial X = start\nreaction grow: X -> 2 X @ k * X^3\n",
             5, reads, 2, 1);
    bed_run(&b);
    assert_int_equal(b.result[0].stop, RSP_STOP_COLLAPSE);
    assert_non_null(strstr(b.result[0].reason, "grow"));
    assert_true(b.result[0].t < 0.1);
    bed_close(&b);
}

static void a_line_that_explodes_stops_at_its_budget(void **state)
{
    (void)state;
    bed b;
    open_run(&b,
             "model boom\ntime day\nparameter b = 1 1/day\nparameter start = 1 cell\n"
             "species A cell\ninitial A = start\nreaction split: A -> 2 A @ b * A\n",
             1000, NULL, 0, 1);
    b.options.max_steps = 1001;
    bed_run(&b);
    assert_int_equal(b.result[0].stop, RSP_STOP_STEPS);
    assert_int_equal(b.result[0].counts.steps + b.result[0].counts.rejected, 1001);
    bed_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_lies_in_the_range_of_its_operation),
        cmocka_unit_test(counts_under_a_rate_that_changes_with_time_are_poisson),
        cmocka_unit_test(a_dose_and_the_days_since_it_count_exactly),
        cmocka_unit_test(made_and_lost_particles_are_poisson_at_any_mean),
        cmocka_unit_test(what_died_out_in_haste_costs_nothing),
        cmocka_unit_test(a_growing_line_is_negative_binomial),
        cmocka_unit_test(each_of_many_channels_gets_its_share),
        cmocka_unit_test(an_event_changes_all_its_species),
        cmocka_unit_test(neither_reads_nor_packing_nor_instruction_set_change_a_bit),
        cmocka_unit_test(a_rate_below_zero_stops_its_participant_by_name),
        cmocka_unit_test(an_explosion_stops_where_the_clock_stands_still),
        cmocka_unit_test(a_line_that_explodes_stops_at_its_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
