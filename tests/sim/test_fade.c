/* Species that relax within an explicit step: their course, what they hand on, and their
 * noise in leaps longer than their lifetimes, beside closed forms. */
#define _POSIX_C_SOURCE 200112L /* setenv */
#include "bed.h"

/* V relaxes towards p I / c; I dies out; P counts the days of V. With i = I(0), v = V(0):
 *   V(t) = (v - q) exp(-c t) + q exp(-d t),  q = p i / (c - d),
 *   P(t) = 10,000 + b ((v - q) (1 - exp(-c t)) / c + q (1 - exp(-d t)) / d). */
static const char course[] =
    "model course\ntime day\nparameter c = 230 1/day\nparameter d = 1 1/day\n"
    "parameter p = 500 1/day\nparameter b = 0.01 1/day\n"
    "parameter i = 1e6 cell\nparameter v = 1e7 cell\nparameter o = 1e4 cell\n"
    "species I cell\ninitial I = i\nspecies V cell\ninitial V = v\nspecies P cell\ninitial P = o\n"
    "reaction die: I -> @ d * I\nreaction make: -> V @ p * I\n"
    "reaction lose: V -> @ c * V\nreaction count: -> P @ b * V\n";

enum { DAYS = 8 };

static void open_course(bed *b, double *reads, double rtol)
{
    bed_open(b, course, RSP_HYBRID);
    b->options.noise_below = 50; /* all flows, */
    b->options.noise_until = 60;
    b->options.way = RSP_WAY_EXPLICIT; /* and not by implicit steps */
    b->options.rtol = rtol;
    for (int i = 0; i < DAYS; i++) {
        reads[i] = 0.001 + 0.43 * i;
    }
    b->reads = reads;
    b->n_reads = DAYS;
    b->t1 = 4;
    bed_run(b);
}

/* The largest error of V, or of P, over its amount. */
static double worst_error(const bed *b, const double *reads, bool of_p)
{
    const double q = 500e6 / 229, v = 1e7;
    double worst = 0;
    for (size_t i = 0; i < DAYS; i++) {
        const double fast = exp(-230 * reads[i]), slow = exp(-reads[i]);
        const double exact = of_p ? 1e4 + 0.01 * ((v - q) * (1 - fast) / 230 + q * (1 - slow))
                                  : (v - q) * fast + q * slow;
        const double found = bed_amount(b, 0, i, of_p ? "P" : "V");
        worst = fmax(worst, fabs(found / exact - 1));
    }
    return worst;
}

/* The steps of an explicit method are held to 2.5 lifetimes: 370 in 4 days. */
static void it_follows_its_source_in_steps_of_many_lifetimes(void **state)
{
    (void)state;
    bed b;
    double reads[DAYS];
    open_course(&b, reads, 1e-3);
    print_message("    %.0f steps, error %.1e\n", (double)b.total.steps, worst_error(&b, reads, false));
    assert_true(worst_error(&b, reads, false) < 1e-3);
    assert_true(b.total.steps + b.total.rejected < 100);
    bed_close(&b);
}

static void who_reads_it_is_as_exact(void **state)
{
    (void)state;
    const double rtol[] = {1e-2, 1e-3, 1e-4, 1e-5};
    for (int i = 0; i < 4; i++) {
        bed b;
        double reads[DAYS];
        open_course(&b, reads, rtol[i]);
        print_message("    rtol %g: %.0f steps, %.0f rejected, error %.1e\n", rtol[i], (double)b.total.steps, (double)b.total.rejected,
                      worst_error(&b, reads, true));
        assert_true(worst_error(&b, reads, true) < rtol[i]);
        bed_close(&b);
    }
}

/* Cells step by the tableau, and virions that follow them through no step shorter than the
 * cells need: P -> I at k, I -> at d, V' = p I - c V, and Q counts b V.  All are sums of
 * exponentials. */
static const char chain[] =
    "model chain\ntime day\nparameter k = 1 1/day\nparameter d = 2 1/day\n"
    "parameter c = 230 1/day\nparameter p = 500 1/day\nparameter b = 0.01 1/day\n"
    "parameter x0 = 1e6 cell\nparameter v0 = 1e7 cell\nparameter q0 = 1e4 cell\n"
    "species P cell\ninitial P = x0\nspecies I cell\ninitial I = 3 * x0\n"
    "species V cell\ninitial V = v0\nspecies Q cell\ninitial Q = q0\n"
    "reaction turn: P -> I @ k * P\nreaction die: I -> @ d * I\nreaction make: -> V @ p * I\n"
    "reaction lose: V -> @ c * V\nreaction count: -> Q @ b * V\n";

static double chain_error(const bed *b, size_t i, bool of_v)
{
    /* I = 1e6 exp(-t) + 2e6 exp(-2 t). */
    const double t = b->reads[i], slow = 500 * 1e6 / 229, quick = 500 * 2e6 / 228;
    const double rest = 1e7 - slow - quick;
    const double v = slow * exp(-t) + quick * exp(-2 * t) + rest * exp(-230 * t);
    const double q = 1e4 + 0.01 * (slow * (1 - exp(-t)) + quick * (1 - exp(-2 * t)) / 2 +
                                   rest * (1 - exp(-230 * t)) / 230);
    return of_v ? fabs(bed_amount(b, 0, i, "V") / v - 1) : fabs(bed_amount(b, 0, i, "Q") / q - 1);
}

/* Where who reads V saw errors that are not there, it took 61, 157, 374 and 834 steps, with
 * errors ten times as large. */
static void it_follows_cells_by_their_own_steps(void **state)
{
    (void)state;
    const double rtol[] = {1e-2, 1e-3, 1e-4, 1e-5}, most[] = {40, 105, 275, 660};
    for (int r = 0; r < 4; r++) {
        bed b;
        double reads[DAYS], of_v = 0, of_q = 0;
        bed_open(&b, chain, RSP_HYBRID);
        b.options.noise_below = 50;
        b.options.noise_until = 60;
        b.options.rtol = rtol[r];
        b.options.way = RSP_WAY_EXPLICIT;
        for (int i = 0; i < DAYS; i++) {
            reads[i] = 0.2 + 0.47 * i;
        }
        b.reads = reads;
        b.n_reads = DAYS;
        b.t1 = 4;
        bed_run(&b);
        for (size_t i = 0; i < DAYS; i++) {
            of_v = fmax(of_v, chain_error(&b, i, true));
            of_q = fmax(of_q, chain_error(&b, i, false));
        }
        print_message("    rtol %g: %.0f steps, %.0f rejected, error of V %.1e, of who reads it %.1e\n",
                      rtol[r],
                      (double)b.total.steps,
                      (double)b.total.rejected, of_v, of_q);
        assert_true((double)(b.total.steps + b.total.rejected) < most[r]);
        assert_true(of_v < rtol[r]);
        assert_true(of_q < rtol[r]);
        bed_close(&b);
    }
}

/* S is lost to V and nothing makes it, so it relaxes too; the drive of V jumps to its own
 * value at day 3 and a moment later, so that one step is of 1e-11 days.  What that tells of
 * slope and bend is rounding: where the next step believed it, S ended at 2.7e11. */
static void a_step_of_a_moment_tells_the_next_nothing(void **state)
{
    (void)state;
    const char *moments[] = {"1", "1e-8", "1e-11"};
    double first = 0;
    for (int i = 0; i < 3; i++) {
        bed b;
        char text[1024];
        const double at[] = {4};
        snprintf(text, sizeof text,
                 "model moment\ntime day\nparameter e = %s day\nparameter m = 3 day\n"
                 "parameter k = 1 1/day\nparameter d = 2 1/day\nparameter c = 230 1/day\n"
                 "parameter p = 500 1/day\nparameter f = 1e-8 1/(cell day)\n"
                 "parameter x0 = 1e6 cell\nparameter one = 1 1\n"
                 "species P cell\ninitial P = x0\nspecies I cell\ninitial I = 3 * x0\n"
                 "species V cell\ninitial V = 10 * x0\nspecies S cell\ninitial S = x0\n"
                 "let u = if t > m and t < m + e then one else 1\n"
                 "reaction turn: P -> I @ k * P\nreaction die: I -> @ d * I\n"
                 "reaction make: -> V @ p * u * I\nreaction lose: V -> @ c * V\n"
                 "reaction infect: S -> @ f * S * V\n",
                 moments[i]);
        bed_open(&b, text, RSP_HYBRID);
        b.options.way = RSP_WAY_EXPLICIT;
        b.reads = at;
        b.n_reads = 1;
        b.t1 = 4;
        bed_run(&b);
        const double left = bed_amount(&b, 0, 0, "S");
        print_message("    a step of %s days: %.1f left\n", moments[i], left);
        first = i == 0 ? left : first;
        assert_relative(left, first, 1e-5);
        bed_close(&b);
    }
}

/* ---- Its noise: immigration and death, mean 1,000, at 23 a day. */

static const char noisy[] =
    "model noisy\ntime day\nparameter k = 23 1/day\nparameter m = 1000 cell\n"
    "species V cell\ninitial V = m\n"
    "reaction make: -> V @ k * m\nreaction lose: V -> @ k * V\n";

enum { PEOPLE = 20000, READS = 40 };

static void open_noisy(bed *b, double *reads)
{
    bed_open(b, noisy, RSP_HYBRID);
    b->seed = 5;
    b->n = PEOPLE;
    for (int i = 0; i < READS; i++) {
        reads[i] = 1 + 0.02 * i;
    }
    b->reads = reads;
    b->n_reads = READS;
    b->t1 = 1.9;
    bed_run(b);
}

static void a_leap_is_four_of_its_lifetimes(void **state)
{
    (void)state;
    bed b;
    double reads[READS];
    open_noisy(&b, reads);
    print_message("    %.1f leaps a participant\n", (double)b.total.leaps / PEOPLE);
    assert_true((double)b.total.leaps / PEOPLE < 1.9 * 23 / 4 + 3);
    bed_close(&b);
}

/* In leaps and from one to the next: exp(-k lag).  Of as many as 40 sums of 20,000, with
 * a standard error of 0.7 % each: four of their mean's, which are not independent. */
static void its_noise_is_remembered_from_leap_to_leap(void **state)
{
    (void)state;
    bed b;
    double reads[READS], *x[READS];
    open_noisy(&b, reads);
    for (size_t i = 0; i < READS; i++) {
        x[i] = bed_column(&b, i, "V");
    }
    for (size_t lag = 0; lag < 7; lag++) {
        double sum = 0;
        for (size_t i = 0; i + lag < READS; i++) {
            sum += covariance_of(x[i], x[i + lag], PEOPLE) / 1000;
        }
        const double found = sum / (double)(READS - lag), exact = exp(-23 * 0.02 * (double)lag);
        print_message("    lag %.2f: %.4f, exact %.4f\n", 0.02 * (double)lag, found, exact);
        assert_true(fabs(found - exact) < 0.012);
    }
    for (size_t i = 0; i < READS; i++) {
        free(x[i]);
    }
    bed_close(&b);
}

static void it_has_the_same_bits_on_every_instruction_set_and_in_any_packing(void **state)
{
    (void)state;
    static const char *const sets[] = {"base", "avx2", "avx512"};
    static const uint32_t lanes[] = {0, 3, 8};
    double reads[READS], others[READS];
    bed b, other;
    for (int i = 0; i < READS; i++) {
        reads[i] = others[i] = 0.013 * i;
    }
    for (int i = 0; i < 4; i++) {
        bed *now = i == 0 ? &b : &other;
        if (i > 0) {
            setenv("RESPITE_ISA", sets[i - 1], 1);
        }
        bed_open(now, noisy, RSP_HYBRID);
        now->n = 29;
        now->reads = i == 0 ? reads : others;
        now->n_reads = READS;
        now->t1 = 1;
        now->reversed = i > 1;
        now->options.lanes = i > 0 ? lanes[i - 1] : 0;
        bed_run(now);
        if (i > 0) {
            assert_memory_equal(b.amounts, other.amounts, 29 * READS * sizeof(double));
            bed_close(&other);
        }
    }
    unsetenv("RESPITE_ISA");
    bed_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_follows_its_source_in_steps_of_many_lifetimes),
        cmocka_unit_test(who_reads_it_is_as_exact),
        cmocka_unit_test(it_follows_cells_by_their_own_steps),
        cmocka_unit_test(a_step_of_a_moment_tells_the_next_nothing),
        cmocka_unit_test(a_leap_is_four_of_its_lifetimes),
        cmocka_unit_test(its_noise_is_remembered_from_leap_to_leap),
        cmocka_unit_test(it_has_the_same_bits_on_every_instruction_set_and_in_any_packing),
    };
    return cmocka_run_group_tests_name("fading within a step", tests, NULL, NULL);
}
