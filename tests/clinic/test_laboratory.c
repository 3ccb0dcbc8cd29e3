#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "clinic/laboratory.h"
#include "kind.h"
#include "respite/dilution.h"
#include "respite/dpcr.h"

/* Assays to the droplet and the well.  What a simulated laboratory works out is what
 * the analysis of real plates would (stats); moments within five standard errors. */

enum { MANY = 20000 };

static clinic_reading measure(const clinic_assay *a, uint32_t participant, uint32_t visit,
                              double truth, double beside)
{
    const double observed[2] = {truth, beside};
    clinic_chain chain = {0};
    clinic_sample s = {.seed = 11, .trial = 2, .participant = participant, .visit = visit};
    return clinic_assay_measure(a, &s, observed, &chain);
}

typedef struct seen { double mean, sd, numbers, missing, undetected; } seen;

static seen many(const clinic_assay *a, double truth, double beside)
{
    seen out = {0};
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        clinic_reading r = measure(a, i, 3, truth, beside);
        out.missing += r.state == RSP_MISSING;
        out.undetected += r.state == RSP_NOT_DETECTED || r.state == RSP_BELOW_LLOQ;
        if (r.state == RSP_NUMBER) {
            out.numbers++;
            sum += r.value;
            squares += r.value * r.value;
        }
    }
    out.mean = sum / out.numbers;
    out.sd = sqrt(squares / out.numbers - out.mean * out.mean);
    return out;
}

static void droplets_are_worked_out_as_those_of_a_real_plate(void **state)
{
    (void)state;
    /* The worked plate of ASSAYS 1.2. */
    const clinic_quadrants hiv = {67760, 39, 53, 12}, rpp30 = {19510, 2875, 3000, 4650};
    clinic_ipda_result got = clinic_ipda_work_out(hiv, rpp30, 40);
    assert_true(fabs(1 - got.unsheared - 0.48164148619) < 1e-10);
    assert_true(fabs(got.linked * got.million - 58.4306864) < 1e-6);
    rsp_ipda_options o = rsp_ipda_defaults();
    o.reference_dilution = 40;
    o.least_unsheared = 0;
    for (int k = 0; k < 50; k++) {
        rsp_duplex_well h = {{60000 + 97 * k, 100 + 13 * k, 60 + 7 * k, 8 + k}};
        rsp_duplex_well r = {{20000 + 31 * k, 2000 + 5 * k, 1900 + 3 * k, 6000 + 11 * k}};
        rsp_ipda theirs;
        assert_int_equal(rsp_ipda_estimate(&h, 1, &r, 1, &o, NULL, &theirs, NULL), RSP_OK);
        got = clinic_ipda_work_out((clinic_quadrants){h.n[0], h.n[1], h.n[2], h.n[3]},
                                   (clinic_quadrants){r.n[0], r.n[1], r.n[2], r.n[3]}, 40);
        assert_true(fabs(got.linked * got.million / theirs.intact - 1) < 1e-11);
    }
}

static void the_ipda_finds_intact_among_defective_proviruses(void **state)
{
    (void)state;
    clinic_assay a = make("ipda");
    a.settings.mismatch = 0;
    for (int k = 0; k < 2; k++) { /* defective ones meet in droplets by chance: taken off */
        seen got = many(&a, 300, k ? 6000 : 0);
        double copies = 300 * 0.4 * 0.67;
        assert_true(got.numbers == MANY);
        /* Counting, cells and shearing: a few per cent beyond Poisson's. */
        assert_true(fabs(got.sd / 300 * sqrt(copies) - 1) < (k ? 0.15 : 0.06));
        /* 0.3: a ratio to a measured number of cells is biased by its variance, 1e-3. */
        assert_true(fabs(got.mean - 300) < 5 * got.sd / sqrt(MANY) + 0.3);
    }
    assert_true(many(&a, 0, 0).undetected == MANY);
    clinic_reading r = measure(&a, 1, 1, 0, 0);
    assert_true(fabs(r.lloq - 1e6 / (4e5 * 0.67)) < 0.2); /* one copy, cells as measured */
}

static void primers_miss_the_virus_of_some_people_at_every_visit(void **state)
{
    (void)state;
    clinic_assay a = make("ipda");
    double missing = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        clinic_reading first = measure(&a, i, 1, 300, 3000), later = measure(&a, i, 2, 300, 3000);
        assert_int_equal(first.state == RSP_MISSING, later.state == RSP_MISSING);
        missing += first.state == RSP_MISSING;
    }
    assert_true(fabs(missing / MANY - 0.28) < 5 * sqrt(0.28 * 0.72 / MANY));
}

static void sheared_dna_gives_no_intact_value(void **state)
{
    (void)state;
    clinic_assay a = make("ipda");
    a.settings.mismatch = 0;
    a.settings.shearing = 0.5;
    clinic_reading r = measure(&a, 1, 1, 300, 3000);
    assert_int_equal(r.state, RSP_MISSING);
    assert_string_equal(r.reason, "DNA sheared");
    a.settings.shearing = 0.33;
    assert_int_equal(measure(&a, 1, 1, 300, 3000).state, RSP_NUMBER);
    a.settings.dilution = 1e6; /* no cell among the droplets of RPP30 */
    assert_int_equal(measure(&a, 1, 1, 300, 3000).state, RSP_MISSING);
}

static void five_targets_count_the_intact(void **state)
{
    (void)state;
    clinic_assay a = make("five_target");
    a.settings.noise = 0;
    seen got = many(&a, 2000, 0);
    /* T1 T2 / env of Poisson counts of mean m, m, m / 0.67: biased by less than 1 / m. */
    double bias = 2000 / (2000 * 0.4 * 0.67);
    assert_true(fabs(got.mean - 2000) < 5 * got.sd / sqrt(MANY) + 2 * bias);
    assert_true(many(&a, 2000, 8000).mean > got.mean); /* defective ones pass both triplexes */
    assert_true(many(&a, 0, 0).undetected == MANY);
}

static void wells_give_the_most_likely_frequency(void **state)
{
    (void)state;
    double cells[6], positive[6];
    rsp_dilution_level levels[6];
    for (int k = 0; k < 40; k++) {
        for (int i = 0; i < 6; i++) {
            cells[i] = 1e6 * pow(0.2, i);
            positive[i] = (k >> i) % 3;
            levels[i] = (rsp_dilution_level){cells[i] / 1e6, 3, positive[i]};
        }
        rsp_dilution_options o = rsp_dilution_defaults();
        rsp_dilution theirs;
        assert_int_equal(rsp_dilution_fit(levels, 6, &o, &theirs, NULL), RSP_OK);
        if (theirs.end == RSP_DILUTION_ESTIMATED) {
            double ours = clinic_wells_estimate(6, cells, positive, 3) * 1e6;
            assert_true(fabs(ours / theirs.iupm - 1) < 1e-9);
        }
    }
}

static void an_outgrowth_finds_the_share_that_is_induced(void **state)
{
    (void)state;
    clinic_assay a = make("outgrowth");
    a.settings.wells = 200; /* many: nearly normal */
    seen got = many(&a, 120, 0); /* 2 infectious units a million */
    assert_true(got.numbers == MANY);
    assert_true(fabs(got.mean - 2) < 0.02);
    a = make("outgrowth");
    got = many(&a, 120, 0);
    /* None of the wells is positive with probability exp(-frequency times all cells). */
    double none = exp(-2 * 2 * (1 - pow(0.2, 6)) / 0.8);
    assert_true(fabs(got.undetected / MANY - none) < 5 * sqrt(none / MANY));
    assert_true(fabs(measure(&a, 1, 1, 0, 0).lloq - log(2) / (2 * (1 - pow(0.2, 6)) / 0.8)) < 1e-4);
    assert_int_equal(measure(&a, 1, 1, 1e12, 0).state, RSP_ABOVE_ULOQ);
}

static void a_single_copy_is_seen_in_a_large_volume(void **state)
{
    (void)state;
    clinic_assay large = make("single_copy"), usual = make("viral_load");
    large.settings.biological = usual.settings.biological = 0;
    seen a = many(&large, 1, 0), b = many(&usual, 1, 0);
    double none = exp(-3.5);
    assert_true(a.numbers > 0 && b.numbers == 0); /* the usual limit is 50 copies/mL */
    double hidden = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        hidden += measure(&large, i, 3, 1, 0).state == RSP_NOT_DETECTED;
    }
    assert_true(fabs(hidden / MANY - none) < 5 * sqrt(none / MANY));
}

static void flow_counts_cells_and_some_that_only_look_so(void **state)
{
    (void)state;
    clinic_assay a = make("flow");
    seen got = many(&a, 0.2, 0);
    double p = 0.2 + 0.8e-4;
    assert_true(fabs(got.mean - p) < 5 * sqrt(p * (1 - p) / 1e5 / MANY));
    assert_true(many(&a, 0, 0).undetected == MANY); /* the background is below the limit */
    a = make("cytokine");
    got = many(&a, 100, 0);
    assert_true(fabs(got.mean / 100 - exp(0.02)) < 5 * 0.2 / sqrt(MANY));
    assert_true(many(&a, 0.5, 0).undetected == MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(droplets_are_worked_out_as_those_of_a_real_plate),
        cmocka_unit_test(the_ipda_finds_intact_among_defective_proviruses),
        cmocka_unit_test(primers_miss_the_virus_of_some_people_at_every_visit),
        cmocka_unit_test(sheared_dna_gives_no_intact_value),
        cmocka_unit_test(five_targets_count_the_intact),
        cmocka_unit_test(wells_give_the_most_likely_frequency),
        cmocka_unit_test(an_outgrowth_finds_the_share_that_is_induced),
        cmocka_unit_test(a_single_copy_is_seen_in_a_large_volume),
        cmocka_unit_test(flow_counts_cells_and_some_that_only_look_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
