/* Clones that are followed one by one obey the law of birth and death, and the network
 * sees of them what there is. */
#include "bed.h"
#include "sim/kendall.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

/* ---- The transition itself. */

enum { DRAWS = 40000 };

typedef struct rates {
    double b, d, t;
    uint32_t n;
} rates;

/* Growing, falling, balanced, hardly moving, and many cells. */
static const rates cases[] = {{0.3, 0.1, 4, 3},   {0.1, 0.3, 7, 5},      {0.2, 0.2, 5, 2},
                              {0.2, 0.2000001, 5, 2}, {0.015, 0.0155, 7, 200}, {0, 0.2, 3, 6},
                              {0.4, 0, 2, 3},     {2, 1.9, 5, 1}};
enum { CASES = sizeof cases / sizeof *cases };

/* Kendall 1948 by constant rates. */
static double lost_by(const rates *r)
{
    const double e = exp((r->b - r->d) * r->t);
    return r->b == r->d ? r->b * r->t / (1 + r->b * r->t)
                        : r->d * (e - 1) / (r->b * e - r->d);
}

static double variance_by(const rates *r)
{
    const double e = exp((r->b - r->d) * r->t);
    return r->n * (r->b == r->d ? 2 * r->b * r->t
                                : (r->b + r->d) / (r->b - r->d) * e * (e - 1));
}

static void a_clone_has_the_mean_variance_and_extinction_of_birth_and_death(void **state)
{
    (void)state;
    double *x = malloc(DRAWS * sizeof *x);
    for (int i = 0; i < CASES; i++) {
        const rates *r = &cases[i];
        const rsp_kendall k = rsp_kendall_of(r->b * r->t, r->d * r->t);
        for (uint32_t p = 0; p < DRAWS; p++) {
            const rsp_stream s = {7, 0, p, RSP_PURPOSE_CLONE, (uint32_t)i};
            x[p] = rsp_kendall_draw(&k, &s, 2, r->n);
        }
        assert_mean(x, DRAWS, r->n * exp((r->b - r->d) * r->t));
        assert_variance(x, DRAWS, variance_by(r));
        assert_share(share_of(x, DRAWS, 0), DRAWS, pow(lost_by(r), r->n));
    }
    free(x);
}

static void the_probabilities_are_kendalls_to_rounding(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        const rates *r = &cases[i];
        const rsp_kendall k = rsp_kendall_of(r->b * r->t, r->d * r->t);
        /* Where rates nearly agree the closed form itself loses figures. */
        const double tolerance = fabs(r->b - r->d) < 1e-3 ? 1e-6 : 1e-13;
        assert_relative(2 - k.alive, 1 + lost_by(r), tolerance);
        assert_relative(k.growth, exp((r->b - r->d) * r->t), 1e-14);
        assert_relative(k.alive * (1 + k.further), k.growth, 1e-13); /* the mean */
    }
}

static void one_interval_after_another_is_both_at_once(void **state)
{
    (void)state;
    const double b = 0.3, d = 0.2;
    rsp_kendall all = {.growth = 1, .alive = 1};
    for (int i = 0; i < 10; i++) {
        const rsp_kendall one = rsp_kendall_of(b * 0.7, d * 0.7);
        all = rsp_kendall_then(&all, &one);
    }
    const rsp_kendall whole = rsp_kendall_of(b * 7, d * 7);
    assert_relative(all.alive, whole.alive, 1e-13);
    assert_relative(all.further, whole.further, 1e-13);
    assert_relative(all.growth, whole.growth, 1e-13);
}

/* Without births, for years: what is left of a cell is its chance to be there. */
static void nothing_is_lost_to_rounding_where_clones_only_die(void **state)
{
    (void)state;
    rsp_kendall all = {.growth = 1, .alive = 1};
    for (int i = 1; i <= 3000; i++) {
        const rsp_kendall one = rsp_kendall_of(0, 0.1);
        all = rsp_kendall_then(&all, &one);
        assert_true(all.further == 0);
        assert_relative(all.alive, exp(-0.1 * i), 1e-11);
    }
}

/* What n cells become: by the survivors, then by what these leave further. */
static double probability(const rates *r, unsigned n, unsigned become)
{
    const rsp_kendall k = rsp_kendall_of(r->b * r->t, r->d * r->t);
    double sum = become == 0 ? gsl_ran_binomial_pdf(0, k.alive, n) : 0;
    for (unsigned m = 1; m <= n && m <= become; m++) {
        sum += gsl_ran_binomial_pdf(m, k.alive, n) *
               gsl_ran_negative_binomial_pdf(become - m, 1 / (1 + k.further), m);
    }
    return sum;
}

/* Clones of n cells each, a participant a row of them. */
static void draw_all(rsp_kendall_draw_all_fn *draw, const rsp_kendall *k, uint32_t participant,
                     uint32_t n_clones, const uint32_t *kind, double *n)
{
    uint32_t left[200], n_left = 0;
    for (uint32_t i = 0; i < n_clones; i++) {
        left[n_left] = i;
        n_left += n[i] > 0;
    }
    draw(&(rsp_kendall_clones){.who = {7, 3, participant, RSP_PURPOSE_CLONE, 5}, .index = 6,
                               .move = k, .kind = kind, .left = left, .n_left = n_left, .n = n});
}

/* The twins that this processor can run. */
static uint32_t list_draws(rsp_kendall_draw_all_fn *draw[3])
{
    draw[0] = rsp_kendall_draw_all_base;
#ifdef RSP_ISA_ALL
    draw[1] = rsp_kendall_draw_all_avx2;
    draw[2] = rsp_kendall_draw_all_avx512;
#endif
    return 1 + (uint32_t)rsp_isa_choose();
}

static void clones_have_the_law_of_birth_and_death(void **state)
{
    (void)state;
    enum { CLONES = 200, PEOPLE = 250, ALL = CLONES * PEOPLE, MOST = 4000 };
    static const unsigned sizes[] = {1, 4, 20, 60, 150, 700};
    static const rates moves[] = {{0.015, 0.0155, 7, 0}, {0.1, 0.12, 7, 0}, {0.05, 0, 5, 0}};
    static const uint32_t kind[CLONES];
    double *count = malloc(MOST * sizeof *count);
    for (size_t c = 0; c < 18; c++) {
        const unsigned n = sizes[c % 6];
        const rates *r = &moves[c / 6];
        const rsp_kendall k = rsp_kendall_of(r->b * r->t, r->d * r->t);
        memset(count, 0, MOST * sizeof *count);
        for (uint32_t p = 0; p < PEOPLE; p++) {
            double x[CLONES];
            for (int i = 0; i < CLONES; i++) {
                x[i] = n;
            }
            draw_all(RSP_ISA_CHOOSE(rsp_kendall_draw_all), &k, p + 1000 * (uint32_t)c, CLONES,
                     kind, x);
            for (int i = 0; i < CLONES; i++) {
                assert_true(x[i] >= 0 && x[i] < MOST && x[i] == floor(x[i]));
                count[(int)x[i]]++;
            }
        }
        double chi2 = 0, expected = 0, found = 0, sum = 0;
        int cells = 0;
        for (unsigned k1 = 0; k1 < MOST && sum < 1 - 1e-12; k1++) {
            const double share = probability(r, n, k1);
            sum += share;
            expected += ALL * share;
            found += count[k1];
            if (expected >= 20) { /* what is left above is below 20 */
                chi2 += (found - expected) * (found - expected) / expected;
                cells++;
                expected = found = 0;
            }
        }
        const double p = cells > 1 ? gsl_cdf_chisq_Q(chi2, cells - 1) : 1;
        if (p < 1e-4 || found > 60) {
            fail_msg("%u cells, moves %zu: chi-square %.1f of %d, p = %.2g", n, c / 6, chi2, cells,
                     p);
        }
    }
    free(count);
}

static void eight_clones_at_a_time_are_what_each_is_alone(void **state)
{
    (void)state;
    enum { CLONES = 173, PEOPLE = 300 };
    const double sizes[] = {1, 9, 60, 99, 100, 130, 400, 1e3, 5e3, 2e5, 3e9, 4e13, 0};
    const rsp_kendall moves[] = {rsp_kendall_of(0.1, 0.105), rsp_kendall_of(0.1, 0),
                                 rsp_kendall_of(0, 0.2),     rsp_kendall_of(1.2, 1.5),
                                 rsp_kendall_of(3, 0.001),   rsp_kendall_of(0, 0)};
    rsp_kendall_draw_all_fn *draw[3];
    const uint32_t n_draws = list_draws(draw);
    uint32_t kind[CLONES];
    for (uint32_t p = 0; p < PEOPLE; p++) {
        double before[CLONES], x[CLONES];
        for (uint32_t i = 0; i < CLONES; i++) {
            before[i] = sizes[(i + p) % 13];
            kind[i] = (i * 7 + p / 13) % 6;
        }
        for (uint32_t d = 0; d < n_draws; d++) {
            memcpy(x, before, sizeof x);
            draw_all(draw[d], moves, p, CLONES, kind, x);
            for (uint32_t i = 0; i < CLONES; i++) {
                const rsp_stream s = {7, 3, p, RSP_PURPOSE_CLONE, 5 + i};
                assert_true(x[i] == rsp_kendall_draw(&moves[kind[i]], &s, 6, before[i]));
            }
        }
    }
}

/* ---- In a model. */

/* Twelve clones; the rates move together with time, and a drug kills one genotype. */
static void open_clones(bed *b, rsp_method method)
{
    bed_open(b,
             "model m \"clones\"\n  time day\n"
             "index kind = wt, resistant\n"
             "parameter size = 24 cell\n"
             "parameter z = 1 1\n"
             "parameter wide = 0 1\n"
             "parameter fast = 0.15 1/day\n"
             "parameter slow = 0.1 1/day\n"
             "parameter tau = 5 day\n"
             "parameter resistant_share = 0.25 1\n"
             "parameter kill = 0.2 1/day\n"
             "input drug = 0 1\n"
             "species X cell\n"
             "initial X = size\n"
             "reaction make: -> X @ slow * size\n"
             "reaction lose: X -> @ slow * X\n"
             "population C[s in kind] cell \"clones\"\n"
             "  clones 12 every 2 day\n"
             "  size size * rank^(-z) spread wide\n"
             "  genotype if s == resistant then resistant_share else 1 - resistant_share\n"
             "  birth slow * exp(-t / tau)\n"
             "  death fast * exp(-t / tau) + (if s == wt then drug * kill else 0)\n"
             "action treat: drug = 1\n"
             "observe left = clones(C) in 1\n"
             "observe pairs_of = pairs(C) in cell^2\n"
             "observe top_1 = largest(C, 1) in cell\n"
             "observe top_4 = largest(C, 4) in cell\n"
             "observe top_12 = largest(C, 12) in cell\n"
             "observe c1 = clone(C, 1) in cell\nobserve c2 = clone(C, 2) in cell\n"
             "observe c3 = clone(C, 3) in cell\nobserve c4 = clone(C, 4) in cell\n"
             "observe c5 = clone(C, 5) in cell\nobserve c6 = clone(C, 6) in cell\n"
             "observe c7 = clone(C, 7) in cell\nobserve c8 = clone(C, 8) in cell\n"
             "observe c9 = clone(C, 9) in cell\nobserve c10 = clone(C, 10) in cell\n"
             "observe c11 = clone(C, 11) in cell\nobserve c12 = clone(C, 12) in cell\n",
             method);
    b->options.rtol = 1e-6; /* of the integrals, and of nothing else here */
}

static double one(const bed *b, uint32_t participant, size_t read, int clone)
{
    char name[8];
    snprintf(name, sizeof name, "c%d", clone);
    return bed_observed(b, participant, read, name);
}

static void run_to(bed *b, uint32_t n, const double *reads, size_t n_reads)
{
    b->n = n;
    b->reads = reads;
    b->n_reads = n_reads;
    b->t1 = reads[n_reads - 1];
    bed_run(b);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(b->result[i].stop, RSP_STOP_END);
    }
}

/* Poisson many founders: the generating function of one at that of Poisson. */
static void clones_of_a_model_obey_it_while_rates_move(void **state)
{
    (void)state;
    enum { PEOPLE = 6000 };
    const rsp_method methods[] = {RSP_HYBRID, RSP_SSA};
    const double reads[] = {10}, days = 5 * (1 - exp(-10 / 5.0));
    for (int m = 0; m < 2; m++) {
        bed b;
        open_clones(&b, methods[m]);
        run_to(&b, PEOPLE, reads, 1);
        double *x = malloc(PEOPLE * sizeof *x);
        for (int c = 4; c <= 12; c += 4) {
            const double founders = 24.0 / c;
            const rates r = {0.1, 0.15, days, 1};
            const double growth = exp((r.b - r.d) * days);
            for (uint32_t i = 0; i < PEOPLE; i++) {
                x[i] = one(&b, i, 0, c);
            }
            assert_mean(x, PEOPLE, founders * growth);
            assert_variance(x, PEOPLE, founders * (variance_by(&r) + growth * growth));
            assert_share(share_of(x, PEOPLE, 0), PEOPLE, exp(-founders * (1 - lost_by(&r))));
        }
        free(x);
        bed_close(&b);
    }
}

static void sizes_fall_by_rank_as_a_power_and_spread_about_it(void **state)
{
    (void)state;
    enum { PEOPLE = 4000 };
    const double reads[] = {0};
    for (int w = 0; w < 2; w++) {
        const double sd = w * 0.3 * log(10);
        bed b;
        open_clones(&b, RSP_HYBRID);
        bed_set(&b, "size", 2e4);
        bed_set(&b, "z", 1.3);
        bed_set(&b, "wide", w * 0.3);
        run_to(&b, PEOPLE, reads, 1);
        double *x = malloc(PEOPLE * sizeof *x);
        for (int c = 1; c <= 12; c++) {
            const double mean = 2e4 * pow(c, -1.3);
            for (uint32_t i = 0; i < PEOPLE; i++) {
                x[i] = one(&b, i, 0, c);
            }
            assert_mean(x, PEOPLE, mean);
            if (w == 0) {
                assert_variance(x, PEOPLE, mean);
            } else { /* the logarithm: of a lognormal with some Poisson on top */
                for (uint32_t i = 0; i < PEOPLE; i++) {
                    x[i] = log(x[i]);
                }
                assert_variance(x, PEOPLE, sd * sd + exp(sd * sd) / mean);
            }
        }
        free(x);
        bed_close(&b);
    }
}

static void genotypes_are_drawn_by_their_weights(void **state)
{
    (void)state;
    enum { PEOPLE = 5000 };
    const double reads[] = {0};
    bed b;
    open_clones(&b, RSP_HYBRID);
    bed_set(&b, "size", 1e3);
    bed_set(&b, "z", 0);
    run_to(&b, PEOPLE, reads, 1);
    double *x = malloc(PEOPLE * sizeof *x);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        const double resistant = bed_amount(&b, i, 0, "C[resistant]");
        x[i] = floor(resistant / 1e3 + 0.5); /* clones of about 1,000 cells */
    }
    assert_mean(x, PEOPLE, 12 * 0.25);
    assert_variance(x, PEOPLE, 12 * 0.25 * 0.75);
    free(x);
    bed_close(&b);
}

static int falls(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

static void what_the_network_sees_is_what_there_is(void **state)
{
    (void)state;
    enum { PEOPLE = 300, READS = 6 };
    const double reads[READS] = {0, 1, 7, 14, 31, 60};
    bed b;
    open_clones(&b, RSP_HYBRID);
    run_to(&b, PEOPLE, reads, READS);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        for (size_t r = 0; r < READS; r++) {
            double n[12], all = 0, left = 0, pairs = 0, top = 0;
            for (int c = 0; c < 12; c++) {
                n[c] = one(&b, i, r, c + 1);
                all += n[c];
                left += n[c] > 0;
                pairs += n[c] * (n[c] - 1);
                /* Nothing comes back. */
                assert_true(r == 0 || n[c] == 0 || one(&b, i, r - 1, c + 1) > 0);
            }
            qsort(n, 12, sizeof *n, falls);
            for (int c = 0; c < 4; c++) {
                top += n[c];
            }
            assert_true(all == bed_amount(&b, i, r, "C[wt]") +
                                   bed_amount(&b, i, r, "C[resistant]"));
            assert_true(left == bed_observed(&b, i, r, "left"));
            assert_true(pairs == bed_observed(&b, i, r, "pairs_of"));
            assert_true(n[0] == bed_observed(&b, i, r, "top_1"));
            assert_true(top == bed_observed(&b, i, r, "top_4"));
            assert_true(all == bed_observed(&b, i, r, "top_12"));
        }
    }
    bed_close(&b);
}

static void by_ode_clones_are_the_means(void **state)
{
    (void)state;
    enum { PEOPLE = 3000 };
    static const char *const names[] = {"left", "pairs_of", "c1", "c7"};
    const double reads[] = {20};
    const rsp_sim_action treat[] = {{6, 0, 0}};
    bed mean, b;
    open_clones(&mean, RSP_ODE);
    open_clones(&b, RSP_HYBRID);
    bed_set(&mean, "size", 3); /* small ones, whose pairs are kin by chance */
    bed_set(&b, "size", 3);
    bed_set(&mean, "z", 0);
    bed_set(&b, "z", 0);
    mean.actions = b.actions = treat;
    mean.n_actions = b.n_actions = 1;
    run_to(&mean, 1, reads, 1);
    run_to(&b, PEOPLE, reads, 1);
    double *x = malloc(PEOPLE * sizeof *x);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        for (uint32_t i = 0; i < PEOPLE; i++) {
            x[i] = bed_observed(&b, i, 0, names[k]);
        }
        assert_mean(x, PEOPLE, bed_observed(&mean, 0, 0, names[k]));
    }
    for (uint32_t i = 0; i < PEOPLE; i++) {
        x[i] = bed_amount(&b, i, 0, "C[wt]");
    }
    assert_mean(x, PEOPLE, bed_amount(&mean, 0, 0, "C[wt]"));
    free(x);
    bed_close(&b);
    bed_close(&mean);
}

static void assert_same(const bed *x, const bed *y, size_t n)
{
    assert_memory_equal(x->amounts, y->amounts, n * x->net->n_species * sizeof(double));
    assert_memory_equal(x->observed, y->observed, n * x->net->n_observables * sizeof(double));
}

static void clones_do_not_know_their_neighbours(void **state)
{
    (void)state;
    enum { PEOPLE = 45 };
    const double reads[] = {3, 11, 40};
    const rsp_method methods[] = {RSP_ODE, RSP_HYBRID, RSP_SSA};
    for (int m = 0; m < 3; m++) {
        bed x, y;
        open_clones(&x, methods[m]);
        open_clones(&y, methods[m]);
        run_to(&x, PEOPLE, reads, 3);
        y.reversed = true;
        y.options.lanes = 3;
        run_to(&y, PEOPLE, reads, 3);
        assert_same(&x, &y, (size_t)PEOPLE * 3);
        y.reversed = false;
        y.first = PEOPLE - 1; /* the last alone */
        run_to(&y, 1, reads, 3);
        const size_t at = (size_t)(PEOPLE - 1) * 3;
        assert_memory_equal(x.amounts + at * x.net->n_species, y.amounts,
                            3 * x.net->n_species * sizeof(double));
        bed_close(&x);
        bed_close(&y);
    }
}

static void a_clone_that_a_drug_spares_has_the_same_fate_with_it(void **state)
{
    (void)state;
    enum { PEOPLE = 400, READS = 3 };
    const double reads[READS] = {9, 30, 50};
    const rsp_sim_action treat[] = {{10, 0, 0}};
    bed x, y;
    open_clones(&x, RSP_HYBRID);
    open_clones(&y, RSP_HYBRID);
    y.actions = treat;
    y.n_actions = 1;
    run_to(&x, PEOPLE, reads, READS);
    run_to(&y, PEOPLE, reads, READS);
    bool killed = false;
    for (uint32_t i = 0; i < PEOPLE; i++) {
        for (size_t r = 0; r < READS; r++) {
            assert_true(bed_amount(&x, i, r, "C[resistant]") ==
                        bed_amount(&y, i, r, "C[resistant]"));
            const double with = bed_amount(&y, i, r, "C[wt]"),
                         without = bed_amount(&x, i, r, "C[wt]");
            assert_true(r > 0 || with == without);
            killed |= with < without;
        }
    }
    assert_true(killed);
    bed_close(&x);
    bed_close(&y);
}

static void adding_a_read_changes_no_clone(void **state)
{
    (void)state;
    enum { PEOPLE = 40 };
    const double few[] = {40}, many[] = {1.5, 2, 7.9, 8, 25, 40};
    bed x, y;
    open_clones(&x, RSP_HYBRID);
    open_clones(&y, RSP_HYBRID);
    run_to(&x, PEOPLE, few, 1);
    run_to(&y, PEOPLE, many, 6);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        for (int c = 1; c <= 12; c++) {
            assert_true(one(&x, i, 0, c) == one(&y, i, 5, c));
        }
    }
    bed_close(&x);
    bed_close(&y);
}

static void a_size_that_is_none_fails_its_participant_by_name(void **state)
{
    (void)state;
    const double reads[] = {1};
    bed b;
    open_clones(&b, RSP_HYBRID);
    bed_set(&b, "size", -5);
    b.reads = reads;
    b.n_reads = 1;
    b.t1 = 1;
    bed_run(&b);
    assert_int_equal(b.result[0].stop, RSP_STOP_NONFINITE);
    assert_non_null(strstr(b.result[0].reason, "clone 1 of population C is -5"));
    bed_set(&b, "size", 5);
    bed_set(&b, "resistant_share", 1.5);
    bed_run(&b);
    assert_non_null(strstr(b.result[0].reason, "weights of genotypes of population C"));
    bed_set(&b, "resistant_share", 0.5);
    bed_set(&b, "slow", -0.1);
    b.t1 = 10;
    bed_run(&b);
    assert_int_equal(b.result[0].stop, RSP_STOP_NONFINITE);
    bed_set(&b, "slow", 100);
    bed_run(&b);
    assert_int_equal(b.result[0].stop, RSP_STOP_NONFINITE);
    assert_non_null(strstr(b.result[0].reason, "of population C grew beyond 1e+15 cells"));
    bed_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clone_has_the_mean_variance_and_extinction_of_birth_and_death),
        cmocka_unit_test(the_probabilities_are_kendalls_to_rounding),
        cmocka_unit_test(clones_have_the_law_of_birth_and_death),
        cmocka_unit_test(eight_clones_at_a_time_are_what_each_is_alone),
        cmocka_unit_test(one_interval_after_another_is_both_at_once),
        cmocka_unit_test(nothing_is_lost_to_rounding_where_clones_only_die),
        cmocka_unit_test(clones_of_a_model_obey_it_while_rates_move),
        cmocka_unit_test(sizes_fall_by_rank_as_a_power_and_spread_about_it),
        cmocka_unit_test(genotypes_are_drawn_by_their_weights),
        cmocka_unit_test(what_the_network_sees_is_what_there_is),
        cmocka_unit_test(by_ode_clones_are_the_means),
        cmocka_unit_test(clones_do_not_know_their_neighbours),
        cmocka_unit_test(a_clone_that_a_drug_spares_has_the_same_fate_with_it),
        cmocka_unit_test(adding_a_read_changes_no_clone),
        cmocka_unit_test(a_size_that_is_none_fails_its_participant_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
