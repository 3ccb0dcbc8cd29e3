#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "kind.h"

/* Moments of measurements against the closed forms of ASSAYS 2.1.  Seeds are
 * fixed; limits are five standard errors. */

enum { MANY = 20000 };

static clinic_sample sample(uint32_t participant, uint32_t visit, double day)
{
    return (clinic_sample){.seed = 11, .trial = participant, .participant = participant,
                           .visit = visit, .day = day};
}

static void moments(const clinic_assay *a, double truth, double *mean, double *sd,
                    size_t *numbers)
{
    double sum = 0, squares = 0;
    size_t n = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        clinic_sample s = sample(i, 3, 21);
        clinic_chain chain = {0};
        clinic_reading r = clinic_assay_measure(a, &s, &truth, &chain);
        if (r.state == RSP_NUMBER) {
            double x = log10(r.value);
            sum += x;
            squares += x * x;
            n++;
        }
    }
    *mean = sum / (double)n;
    *sd = sqrt(squares / (double)n - *mean * *mean);
    *numbers = n;
}

static void viral_load_varies_by_a_quarter_log(void **state)
{
    (void)state;
    clinic_assay a = make("viral_load");
    double mean, sd;
    size_t n;
    moments(&a, 1e5, &mean, &sd, &n);
    assert_int_equal(n, MANY);
    double want = sqrt(0.12 * 0.12 + 0.08 * 0.08 + 0.2163 * 0.2163); /* 0.26 */
    assert_true(fabs(mean - 5) < 5 * want / sqrt(MANY));
    assert_true(fabs(sd - want) < 5 * want / sqrt(2.0 * MANY));
}

static void a_sample_without_a_copy_is_not_detected(void **state)
{
    (void)state;
    clinic_assay a = make("viral_load");
    const struct { double load, volume, efficiency, detected; } cases[] = {
        {1, 1, 1, 0.632120559}, {0.5, 5, 0.7, 0.826226057}}; /* ASSAYS 2.1 */
    for (size_t k = 0; k < 2; k++) {
        a.settings.biological = 0;
        a.settings.volume_ml = cases[k].volume;
        a.settings.efficiency = cases[k].efficiency;
        size_t detected = 0;
        for (uint32_t i = 0; i < MANY; i++) {
            clinic_sample s = sample(i, 1, 7);
            clinic_chain chain = {0};
            clinic_reading r = clinic_assay_measure(&a, &s, &cases[k].load, &chain);
            assert_true(r.state == RSP_NOT_DETECTED || r.state == RSP_BELOW_LLOQ);
            assert_true(isnan(r.value));
            detected += r.state != RSP_NOT_DETECTED;
        }
        double p = cases[k].detected, se = sqrt(p * (1 - p) / MANY);
        assert_true(fabs((double)detected / MANY - p) < 5 * se);
    }
}

static void a_load_is_whole_copies_between_the_limits(void **state)
{
    (void)state;
    clinic_assay a = make("viral_load");
    bool above = false;
    for (uint32_t i = 0; i < 2000; i++) {
        double truth = i % 2 ? 60 : 1e7;
        clinic_sample s = sample(i, 1, 7);
        clinic_chain chain = {0};
        clinic_reading r = clinic_assay_measure(&a, &s, &truth, &chain);
        assert_true(r.state != RSP_NUMBER ||
                    (r.value == floor(r.value) && r.value >= 50 && r.value <= 1e7));
        above |= r.state == RSP_ABOVE_ULOQ;
    }
    assert_true(above);
}

static void day_to_day_variation_is_half_kept_after_a_week(void **state)
{
    (void)state;
    clinic_assay a = make("viral_load");
    a.settings.noise = a.settings.run = 0;
    double truth = 1e6, xy = 0, xx = 0, yy = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        clinic_chain chain = {0};
        clinic_sample first = sample(i, 1, 7), second = sample(i, 2, 14);
        double x = log10(clinic_assay_measure(&a, &first, &truth, &chain).value) - 6;
        double y = log10(clinic_assay_measure(&a, &second, &truth, &chain).value) - 6;
        xy += x * y;
        xx += x * x;
        yy += y * y;
    }
    double r = xy / sqrt(xx * yy);
    assert_true(fabs(r - 0.5) < 5 * 0.75 / sqrt(MANY)); /* se (1-r^2)/sqrt(n) */
}

static void samples_of_a_trial_and_week_share_their_run(void **state)
{
    (void)state;
    clinic_assay a = make("viral_load");
    a.settings.noise = a.settings.biological = 0;
    a.settings.run = 0.5;
    double truth = 1e8;
    a.settings.uloq = (double)NAN;
    clinic_chain c = {0};
    clinic_sample s = {.seed = 1, .trial = 3, .participant = 1, .visit = 1, .day = 15};
    double x = clinic_assay_measure(&a, &s, &truth, &c).value;
    s.participant = 2;
    s.visit = 9;
    s.day = 20;
    double same = clinic_assay_measure(&a, &s, &truth, &c).value;
    s.day = 22;
    double other = clinic_assay_measure(&a, &s, &truth, &c).value;
    assert_true(fabs(log10(same / x)) < 0.01); /* counting noise alone */
    assert_true(fabs(log10(other / x)) > 0.01);
}

static void intact_provirus_is_unbiased_and_limited_by_one_copy(void **state)
{
    (void)state;
    clinic_assay a = make("intact_provirus");
    a.settings.noise = 0;
    double truth = 60, sum = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        clinic_sample s = sample(i, 1, 0);
        clinic_chain c = {0};
        clinic_reading r = clinic_assay_measure(&a, &s, &truth, &c);
        sum += r.state == RSP_NUMBER ? r.value : 0;
        assert_true(fabs(r.lloq - 1e6 / (4e5 * 0.67)) < 0.06); /* one decimal */
    }
    double mean_count = 60 * 0.4 * 0.67;
    assert_true(fabs(sum / MANY - 60) < 60 * 5 / sqrt(mean_count * MANY));
    double none = 0;
    clinic_sample s = sample(1, 1, 0);
    clinic_chain c = {0};
    assert_int_equal(clinic_assay_measure(&a, &s, &none, &c).state, RSP_NOT_DETECTED);
}

static void cd4_and_cd8_counts_are_whole_and_vary_by_a_fifth(void **state)
{
    (void)state;
    static const char *const counts[] = {"cd4", "cd8"};
    for (int k = 0; k < 2; k++) {
        clinic_assay a = make(counts[k]);
        double mean, sd;
        size_t n;
        moments(&a, 500, &mean, &sd, &n);
        assert_true(fabs(sd * log(10) - 0.18) < 5 * 0.18 / sqrt(2.0 * MANY));
        assert_true(fabs(mean - log10(500)) < 5 * 0.08 / sqrt(MANY));
    }
}

static void car_copies_vary_by_their_stated_noise(void **state)
{
    (void)state;
    clinic_assay a = make("car_copies");
    double mean, sd;
    size_t n;
    moments(&a, 1e5, &mean, &sd, &n);
    assert_true(fabs(sd * log(10) - 0.56) < 5 * 0.56 / sqrt(2.0 * MANY));
    assert_true(fabs(mean - 5) < 5 * 0.25 / sqrt(MANY));
}

static void without_virus_there_is_no_sequence(void **state)
{
    (void)state;
    clinic_assay a = make("escape_fraction");
    double observed[2] = {0.5, 0};
    clinic_sample s = sample(1, 1, 0);
    clinic_chain c = {0};
    clinic_reading r = clinic_assay_measure(&a, &s, observed, &c);
    assert_int_equal(r.state, RSP_MISSING);
    assert_string_equal(r.reason, "no sequence amplified");
    observed[1] = 1e5;
    double sum = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        s = sample(i, 1, 0);
        sum += clinic_assay_measure(&a, &s, observed, &c).value;
    }
    assert_true(fabs(sum / MANY - 0.5) < 5 * 0.5 / sqrt(20.0 * MANY));
}

/* Lineages of 30, 10 and 0 copies/mL. */
static clinic_assay of_lineages(void)
{
    clinic_assay a = make("founder_ratio");
    a.n_series = 3;
    for (int i = 0; i < 3; i++) {
        a.series[i] = i;
    }
    return a;
}

static void founders_are_counted_by_their_shares(void **state)
{
    (void)state;
    const double loads[] = {100, 0, 300};
    clinic_assay a = of_lineages();
    double share = 0, alone = 0, one_of_20 = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        clinic_sample s = sample(i, 4, 28);
        clinic_chain c = {0};
        clinic_reading r = clinic_assay_measure(&a, &s, loads, &c);
        assert_true(r.state == RSP_NUMBER ? r.value >= 1 && r.value <= 19
                                          : r.state == RSP_ABOVE_ULOQ && r.value == 20);
        alone += r.state == RSP_ABOVE_ULOQ;
        one_of_20 += r.state == RSP_NUMBER && r.value == 19;
        share += r.state == RSP_NUMBER ? 1 / (1 + r.value) : 0;
    }
    /* Binomial: 20 of one lineage 0.75^20 + 0.25^20, one of the smaller 20 * 0.25 * 0.75^19;
     * the smaller's share is a quarter, less what is counted where it is the larger. */
    assert_true(fabs(alone / 20000 - 0.003171) < 5 * 0.0004);
    assert_true(fabs(one_of_20 / 20000 - 0.021141) < 5 * 0.00102);
    assert_true(fabs(share / 20000 - 0.2493) < 0.004);
}

static void a_single_genome_has_no_second_founder(void **state)
{
    (void)state;
    const double loads[] = {0, 300, 0}, none[] = {0, 0, 0};
    clinic_assay a = of_lineages();
    clinic_sample s = sample(5, 4, 28);
    clinic_chain c = {0};
    clinic_reading r = clinic_assay_measure(&a, &s, loads, &c);
    assert_true(r.state == RSP_ABOVE_ULOQ && r.value == 20);
    r = clinic_assay_measure(&a, &s, none, &c);
    assert_int_equal(r.state, RSP_MISSING);
    assert_string_equal(r.reason, "no sequence amplified");
}

static void an_assay_draws_by_its_own_name(void **state)
{
    (void)state;
    clinic_assay a = make("cd4"), b = make("cd4");
    b.name = "cd4_again";
    clinic_assay_channels(&b);
    double truth = 500;
    clinic_sample s = sample(5, 4, 28);
    clinic_chain c = {0};
    assert_true(clinic_assay_measure(&a, &s, &truth, &c).value !=
                clinic_assay_measure(&b, &s, &truth, &c).value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(viral_load_varies_by_a_quarter_log),
        cmocka_unit_test(a_sample_without_a_copy_is_not_detected),
        cmocka_unit_test(a_load_is_whole_copies_between_the_limits),
        cmocka_unit_test(day_to_day_variation_is_half_kept_after_a_week),
        cmocka_unit_test(samples_of_a_trial_and_week_share_their_run),
        cmocka_unit_test(intact_provirus_is_unbiased_and_limited_by_one_copy),
        cmocka_unit_test(cd4_and_cd8_counts_are_whole_and_vary_by_a_fifth),
        cmocka_unit_test(car_copies_vary_by_their_stated_noise),
        cmocka_unit_test(without_virus_there_is_no_sequence),
        cmocka_unit_test(founders_are_counted_by_their_shares),
        cmocka_unit_test(a_single_genome_has_no_second_founder),
        cmocka_unit_test(an_assay_draws_by_its_own_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
