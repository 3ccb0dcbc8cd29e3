/* Species that are lost much faster than all else changes: leaps as long as it takes
 * them to forget, and the law of an immigration-death process all the same.
 *
 * Exact: from 400 at the start and 400 a mean lifetime, amounts have mean 400 and
 * variance 400 (1 - exp(-2 k t)), less what the start fixes (Bailey 1964, 8.6: binomial
 * plus Poisson, 400 (1 - exp(-2 k t)) here), covariance 400 exp(-k s) at a lag s. */
#include "bed.h"

static const char model[] =
    "model fast\ntime day\nparameter k = 23 1/day\nparameter m = 400 cell\n"
    "species V cell\ninitial V = m\n"
    "reaction make: -> V @ k * m\nreaction lose: V -> @ k * V\n";

enum { PEOPLE = 20000, READS = 24 };

static void open_fast(bed *b, double *reads, double step)
{
    bed_open(b, model, RSP_HYBRID);
    b->seed = 5;
    b->n = PEOPLE;
    for (int i = 0; i < READS; i++) {
        reads[i] = 0.5 + step * i;
    }
    b->reads = reads;
    b->n_reads = READS;
    b->t1 = reads[READS - 1];
}

static bool go_on(struct bed *b, uint32_t participant, size_t which,
                  const rsp_sim_view *view, rsp_sim_action *added, size_t room,
                  size_t *n_added)
{
    (void)b, (void)participant, (void)which, (void)view, (void)added, (void)room;
    *n_added = 0;
    return true;
}

/* Of READS numbers with a standard error of sqrt(2 / n) = 1 % each and as many as six
 * independent: 0.4 %; the bound is at three of them.  Without the law of what is
 * forgotten, variances came out 6 % too small; the last read, where the run lands, 7 %
 * too large. */
static void it_keeps_its_variance_in_leaps_as_long_as_it_takes_to_forget(void **state)
{
    (void)state;
    bed b;
    double reads[READS], sum = 0;
    open_fast(&b, reads, 0.013);
    bed_run(&b);
    for (size_t i = 0; i < READS; i++) {
        double *v = bed_column(&b, i, "V");
        sum += variance_of(v, b.n) / 400;
        assert_relative(mean_of(v, b.n), 400, 0.002); /* 5 standard errors */
        assert_relative(variance_of(v, b.n), 400, 0.04);
        free(v);
    }
    print_message("    variance %.4f of the mean, %.1f leaps a participant\n", sum / READS,
                  (double)b.total.leaps / b.n);
    assert_relative(sum / READS, 1, 0.0125);
    /* 0.8 days are 18 lifetimes: a leap for 2/3 of each; leaps by gross change
     * would be 92. */
    assert_true((double)b.total.leaps / b.n < 33);
    bed_close(&b);
}

/* A visit at which a rule may act ends the step: the state itself has the law. */
static void the_state_at_a_visit_has_the_law(void **state)
{
    (void)state;
    bed b;
    double reads[READS], sum = 0;
    open_fast(&b, reads, 0.117);
    b.stops = reads;
    b.n_stops = READS;
    b.stop = go_on;
    bed_run(&b);
    for (size_t i = 0; i < READS; i++) {
        double *v = bed_column(&b, i, "V");
        sum += variance_of(v, b.n) / 400;
        free(v);
    }
    print_message("    variance %.4f of the mean\n", sum / READS);
    assert_relative(sum / READS, 1, 0.0125);
    bed_close(&b);
}

static void a_late_start_has_the_transient_variance(void **state)
{
    (void)state;
    bed b;
    double reads[READS];
    open_fast(&b, reads, 0.01);
    for (int i = 0; i < READS; i++) {
        reads[i] = 0.004 * (i + 1);
    }
    b.t1 = 0.2;
    bed_run(&b);
    for (size_t i = 0; i < READS; i++) {
        double *v = bed_column(&b, i, "V");
        assert_relative(variance_of(v, b.n), 400 * (1 - exp(-2 * 23 * reads[i])), 0.04);
        free(v);
    }
    bed_close(&b);
}

/* Reads of one leap share its path; of two, what it left.  The tolerance, 0.06 of the
 * variance: what is drawn anew for a read is not remembered in the next leap. */
static void reads_a_moment_apart_go_together_as_the_exact_ones(void **state)
{
    (void)state;
    bed b;
    double reads[READS];
    open_fast(&b, reads, 0.004);
    bed_run(&b);
    for (size_t lag = 1; lag < 12; lag += 3) {
        double sum = 0;
        size_t n = 0;
        for (size_t i = 0; i + lag < READS; i++, n++) {
            double *x = bed_column(&b, i, "V"), *y = bed_column(&b, i + lag, "V");
            sum += covariance_of(x, y, b.n) / 400;
            free(x);
            free(y);
        }
        double expected = exp(-23 * 0.004 * (double)lag);
        print_message("    lag %.3f: %.3f, exact %.3f\n", 0.004 * (double)lag,
                      sum / (double)n, expected);
        assert_true(fabs(sum / (double)n - expected) < 0.06);
    }
    bed_close(&b);
}

/* mRNA of short life and protein of long: the protein's noise is what the mRNA's adds up
 * to over long times (Thattai & van Oudenaarden 2001, eq. 3: variance over mean is 1 +
 * translations / (decay of mRNA + decay of protein)). */
static void slow_noise_that_it_hands_on_is_exact(void **state)
{
    (void)state;
    bed b;
    bed_open(&b,
             "model handing\ntime day\nparameter k = 23 1/day\nparameter m = 100 cell\n"
             "parameter p = 92 1/day\nparameter d = 1 1/day\n"
             "species R cell\nspecies P cell\ninitial R = m\ninitial P = m * p / d\n"
             "reaction write: -> R @ k * m\nreaction fade: R -> @ k * R\n"
             "reaction make: -> P @ p * R\nreaction lose: P -> @ d * P\n",
             RSP_HYBRID);
    double at[] = {5};
    b.seed = 6;
    b.n = PEOPLE;
    b.options.noise_below = 3e5;
    b.options.noise_until = 1e6;
    b.reads = at;
    b.n_reads = 1;
    b.t1 = 5;
    bed_run(&b);
    double *p = bed_column(&b, 0, "P");
    double fano = 1 + 92.0 / 24;
    print_message("    variance over mean %.3f, exact %.3f\n",
                  variance_of(p, b.n) / mean_of(p, b.n), fano);
    assert_mean(p, b.n, 9200);
    assert_variance(p, b.n, 9200 * fano);
    free(p);
    bed_close(&b);
}

/* From nothing to a mean of 10,000 amounts are Poisson numbers all the way (Bailey 1964,
 * 8.6).  While they grow, a leap's share of the amount falls: noise that was drawn ahead
 * must not hold up the next draw.  Where it did, variance was 12 % too large at day 10;
 * one standard error is 1 %. */
static void a_growing_amount_has_the_variance_of_its_mean(void **state)
{
    (void)state;
    bed b;
    bed_open(&b,
             "model growing\ntime day\nparameter a = 1000 cell/day\nparameter d = 0.1 1/day\n"
             "species X cell\nreaction make: -> X @ a\nreaction lose: X -> @ d * X\n",
             RSP_HYBRID);
    double at[] = {1, 2, 4, 7, 10, 12, 15, 20, 30};
    b.seed = 7;
    b.n = PEOPLE;
    b.options.few_leaps = 300;
    b.reads = at;
    b.n_reads = sizeof at / sizeof *at;
    b.t1 = 50;
    bed_run(&b);
    for (size_t i = 0; i < b.n_reads; i++) {
        const double mean = 1e4 * (1 - exp(-0.1 * at[i]));
        double *x = bed_column(&b, i, "X");
        print_message("    day %g: mean %+.3f SD, variance %+.1f %%\n", at[i],
                      (mean_of(x, b.n) - mean) / sqrt(mean),
                      100 * (variance_of(x, b.n) / mean - 1));
        assert_true(fabs(mean_of(x, b.n) - mean) < 0.03 * sqrt(mean)); /* 4 SE */
        assert_relative(variance_of(x, b.n), mean, 0.05);
        free(x);
    }
    bed_close(&b);
}

/* Leaps of less than a lifetime, 20 cells, 40 reads of 20,000 people, of which a dozen are
 * independent: the mean of all is known to 0.009 cells; the bound is at three of these.  Where the share of a draw that had come went by the rate that paid it off, which
 * knows of the draw, reads were 0.05 cells too high. */
static void reads_inside_a_leap_have_the_mean(void **state)
{
    (void)state;
    bed b;
    enum { MANY_READS = 40 };
    double reads[MANY_READS], sum = 0;
    bed_open(&b, model, RSP_HYBRID);
    bed_set(&b, "k", 1);
    bed_set(&b, "m", 20);
    b.n = PEOPLE;
    b.seed = 3;
    for (int i = 0; i < MANY_READS; i++) {
        reads[i] = 3 + 0.37 * i;
    }
    b.reads = reads;
    b.n_reads = MANY_READS;
    b.t1 = 20;
    bed_run(&b);
    for (size_t i = 0; i < MANY_READS; i++) {
        double *v = bed_column(&b, i, "V");
        sum += mean_of(v, b.n) / MANY_READS;
        free(v);
    }
    print_message("    mean %.4f of 20\n", sum);
    assert_true(fabs(sum - 20) < 0.027);
    bed_close(&b);
}

/* A few virions that infect: what infects reads them in proportion, so they leap from five on.
 * Their law is Poisson's, and that of what they infect is of variance over mean 1 + b / (c +
 * d) as of proteins above: 2 a day, lost at 40.  Z keeps the participant from being one of
 * few events.  20,000 people at six reads: one standard error of a variance is 0.4 %, of a
 * mean 0.009 cells. */
static void a_few_that_are_read_in_proportion_leap(void **state)
{
    (void)state;
    static const char few[] =
        "model few\ntime day\nparameter c = 23 1/day\nparameter m = 8 cell\n"
        "parameter b = 2 1/day\nparameter d = 40 1/day\nparameter z = 1e5 cell\nparameter y = 2 1/day\n"
        "species V cell\ninitial V = m\nspecies P cell\nspecies Z cell\ninitial Z = z\n"
        "reaction make: -> V @ c * m\nreaction lose: V -> @ c * V\n"
        "reaction infect: -> P @ b * V\nreaction die: P -> @ d * P\n"
        "reaction come: -> Z @ y * z\nreaction go: Z -> @ y * Z\n";
    const double means[] = {6, 8, 12}, at[] = {1, 1.4, 1.8, 2.2, 2.6, 3};
    for (int k = 0; k < 3; k++) {
        bed b;
        double mean = 0, variance = 0, infected = 0, fano = 0;
        bed_open(&b, few, RSP_HYBRID);
        bed_set(&b, "m", means[k]);
        b.seed = 8;
        b.n = PEOPLE;
        b.reads = at;
        b.n_reads = 6;
        b.t1 = 3;
        bed_run(&b);
        for (size_t i = 0; i < 6; i++) {
            double *v = bed_column(&b, i, "V"), *p = bed_column(&b, i, "P");
            mean += mean_of(v, b.n) / 6;
            variance += variance_of(v, b.n) / 6;
            infected += mean_of(p, b.n) / 6;
            fano += variance_of(p, b.n) / mean_of(p, b.n) / 6;
            free(v), free(p);
        }
        const double births = 3 * 23 * means[k] * b.n;
        print_message("    mean %.3f of %g, variance %.3f; infected %.4f, exact %.4f, variance over mean %.3f, "
                      "exact %.3f; %.2f firings a birth\n",
                      mean, means[k], variance, infected, 2 * means[k] / 40, fano, 1 + 2.0 / 63,
                      (double)b.total.events / births);
        assert_true(fabs(mean - means[k]) < 0.03);
        assert_relative(variance, means[k], 0.015);
        assert_relative(infected, 2 * means[k] / 40, 0.015);
        assert_relative(fano, 1 + 2.0 / 63, 0.015);
        assert_true((double)b.total.events < 1.5 * births); /* counted, births and deaths: 2.2 */
        bed_close(&b);
    }
}

/* Where what reads it asks whether there are more than six, it is counted: the mean of what
 * follows at 20 a day and is lost at 1 is 20 times a Poisson number's chance to be, 11.006 at
 * a mean of 7.  Leaping from 5 on it was 11.46. */
static void a_few_that_are_asked_for_a_number_are_counted(void **state)
{
    (void)state;
    static const char asked[] =
        "model asked\ntime day\nparameter c = 5 1/day\nparameter m = 7 cell\n"
        "parameter b = 20 cell/day\nparameter none = 0 cell/day\nparameter six = 6 cell\n"
        "parameter d = 1 1/day\nparameter z = 1e5 cell\nparameter y = 2 1/day\n"
        "species V cell\ninitial V = m\nspecies P cell\nspecies Z cell\ninitial Z = z\n"
        "reaction make: -> V @ c * m\nreaction lose: V -> @ c * V\n"
        "reaction follow: -> P @ if V > six then b else none\nreaction die: P -> @ d * P\n"
        "reaction come: -> Z @ y * z\nreaction go: Z -> @ y * Z\n";
    const double at[] = {8, 10, 12, 14};
    double mean = 0;
    bed b;
    bed_open(&b, asked, RSP_HYBRID);
    b.seed = 10;
    b.n = PEOPLE;
    b.reads = at;
    b.n_reads = 4;
    b.t1 = 14;
    bed_run(&b);
    for (size_t i = 0; i < 4; i++) {
        double *p = bed_column(&b, i, "P");
        mean += mean_of(p, b.n) / 4;
        free(p);
    }
    print_message("    mean %.3f, exact 11.006\n", mean);
    assert_true(fabs(mean - 11.006) < 0.07); /* a mean's standard error 0.034, of four 0.02 */
    bed_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_keeps_its_variance_in_leaps_as_long_as_it_takes_to_forget),
        cmocka_unit_test(the_state_at_a_visit_has_the_law),
        cmocka_unit_test(a_late_start_has_the_transient_variance),
        cmocka_unit_test(reads_a_moment_apart_go_together_as_the_exact_ones),
        cmocka_unit_test(reads_inside_a_leap_have_the_mean),
        cmocka_unit_test(slow_noise_that_it_hands_on_is_exact),
        cmocka_unit_test(a_few_that_are_read_in_proportion_leap),
        cmocka_unit_test(a_few_that_are_asked_for_a_number_are_counted),
        cmocka_unit_test(a_growing_amount_has_the_variance_of_its_mean),
    };
    return cmocka_run_group_tests_name("species that relax", tests, NULL, NULL);
}
