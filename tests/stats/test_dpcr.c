/* Digital PCR: closed forms against the vectors, against a numeric maximiser and
 * against the droplets of a real plate with its own software's numbers. */
#include "assay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "respite/dpcr.h"

/* Closed forms in another order of operations; small lambdas lose digits to the
 * logarithm of a share near 1. */
static const double CLOSED_FORM = 1e-10;

static rsp_dpcr one(double k, double n, rsp_dpcr_limits limits)
{
    rsp_dpcr_options o = rsp_dpcr_defaults();
    o.limits = limits;
    rsp_dpcr d;
    assert_int_equal(rsp_dpcr_target(&(rsp_dpcr_well){k, n}, 1, &o, &d, NULL), RSP_OK);
    return d;
}

static void a_target_is_estimated_as_in_the_vectors(void **state)
{
    (void)state;
    json_t *all = assay_vector("ipda.json");
    const json_t *rows = json_object_get(all, "single_target");
    assert_int_equal(json_array_size(rows), 5);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        double k = assay_number(row, "k"), n = assay_number(row, "n");
        rsp_dpcr d = one(k, n, RSP_DPCR_CLOPPER);
        assert_near(d.lambda, assay_number(row, "lambda_"), CLOSED_FORM);
        assert_near(d.se, assay_number(row, "se_delta"), CLOSED_FORM);
        assert_near(d.per_ul, assay_number(row, "conc_per_uL"), CLOSED_FORM);
        assert_near(d.low, assay_number(row, "cp_lower"), CLOSED_FORM);
        assert_near(d.high, assay_number(row, "cp_upper"), CLOSED_FORM);
        assert_near(d.per_ul_low, assay_number(row, "cp_conc_lower"), CLOSED_FORM);
        assert_near(d.per_ul_high, assay_number(row, "cp_conc_upper"), CLOSED_FORM);
        d = one(k, n, RSP_DPCR_WILSON);
        assert_near(d.per_ul_low, assay_number(row, "wilson_conc_lower"), CLOSED_FORM);
        assert_near(d.per_ul_high, assay_number(row, "wilson_conc_upper"), CLOSED_FORM);
        d = one(k, n, RSP_DPCR_DELTA);
        assert_near(d.low, fmax(0, assay_number(row, "dube_lower")), CLOSED_FORM);
        assert_near(d.high, assay_number(row, "dube_upper"), CLOSED_FORM);
    }
    json_decref(all);
}

static void merged_wells_are_one_well_of_all_droplets(void **state)
{
    (void)state;
    rsp_dpcr_well wells[] = {{20, 18000}, {31, 17000}, {9, 9999}, {25, 15500}};
    rsp_dpcr_options o = rsp_dpcr_defaults();
    rsp_dpcr d;
    assert_int_equal(rsp_dpcr_target(wells, 4, &o, &d, NULL), RSP_OK);
    rsp_dpcr all = one(76, 50500, RSP_DPCR_CLOPPER);
    assert_int_equal(d.used, 3);
    assert_int_equal(d.rejected, 1); /* 9,999 droplets are one too few */
    assert_true(d.lambda == all.lambda && d.low == all.low && d.high == all.high);
    /* R: chisq.test(cbind(c(20,31,25), c(18000,17000,15500)-c(20,31,25)),
     * correct = FALSE) */
    assert_near(d.chisq, 3.1263871489469248, 1e-12);
    assert_near(d.p, 0.20946605644828151, 1e-12);
    assert_false(d.heterogeneous);
    wells[1].positive = 60;
    assert_int_equal(rsp_dpcr_target(wells, 4, &o, &d, NULL), RSP_OK);
    assert_true(d.heterogeneous);
}

static void a_well_without_empty_droplets_has_a_lower_bound_and_a_reason(void **state)
{
    (void)state;
    rsp_dpcr d = one(12000, 12000, RSP_DPCR_CLOPPER);
    assert_int_equal(d.reason, RSP_DPCR_SATURATED);
    assert_true(isnan(d.lambda) && isnan(d.high) && isnan(d.per_ul));
    /* Clopper-Pearson's lower limit at k = n is (0.025)^(1/n). */
    assert_near(d.low, -log1p(-pow(0.025, 1.0 / 12000)), 1e-9);
    assert_true(strlen(rsp_dpcr_reason_text(d.reason)) > 0);
}

static void without_wells_there_is_no_number_but_a_reason(void **state)
{
    (void)state;
    rsp_dpcr_options o = rsp_dpcr_defaults();
    rsp_dpcr d;
    assert_int_equal(rsp_dpcr_target(NULL, 0, &o, &d, NULL), RSP_OK);
    assert_int_equal(d.reason, RSP_DPCR_NO_WELLS);
    assert_true(isnan(d.lambda) && isnan(d.low) && isnan(d.high));
    d = one(3, 500, RSP_DPCR_CLOPPER);
    assert_int_equal(d.reason, RSP_DPCR_NO_WELLS);
    o.least_droplets = 0;
    rsp_dpcr_well empty = {0, 0};
    assert_int_equal(rsp_dpcr_target(&empty, 1, &o, &d, NULL), RSP_OK);
    assert_int_equal(d.reason, RSP_DPCR_NO_WELLS);
}

static void what_is_no_count_is_refused(void **state)
{
    (void)state;
    static const rsp_dpcr_well bad[] = {{-1, 12000}, {1.5, 12000}, {NAN, 12000},
                                        {12001, 12000}, {1, INFINITY}, {1, 1e300}};
    rsp_dpcr_options o = rsp_dpcr_defaults();
    rsp_dpcr d;
    rsp_error err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(rsp_dpcr_target(&bad[i], 1, &o, &d, &err), RSP_RANGE);
        assert_non_null(strstr(err.message, "well 1"));
    }
    o.level = 1;
    assert_int_equal(rsp_dpcr_target(NULL, 0, &o, &d, &err), RSP_RANGE);
    o = rsp_dpcr_defaults();
    o.droplet_nl = 0;
    assert_int_equal(rsp_dpcr_target(NULL, 0, &o, &d, &err), RSP_RANGE);
}

/* R 4.2.2: qpois(0.95, b); qchisq(0.95, 2 * (blank + 1)) / 2. */
static void limits_of_blank_and_detection_are_those_of_the_poisson_law(void **state)
{
    (void)state;
    static const double want[][3] = {{0, 0, 2.99573227355399},
                                     {0.05, 0, 2.99573227355399},
                                     {0.06, 1, 4.743864518390577},
                                     {0.5, 2, 6.2957936218719892},
                                     {3, 6, 11.842395652420286},
                                     {100, 117, 136.41788469604822}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        rsp_count_limits l = rsp_count_limits_of(want[i][0]);
        assert_near(l.blank, want[i][1], 0);
        assert_near(l.detection, want[i][2], 1e-12);
    }
    assert_true(isnan(rsp_count_limits_of(-1).blank));
    assert_true(isnan(rsp_count_limits_of(NAN).detection));
}

static void the_interval_of_a_count_is_garwoods(void **state)
{
    (void)state;
    double low, high; /* R: poisson.test(k)$conf.int */
    rsp_garwood(0, 0.95, &low, &high);
    assert_near(low, 0, 0);
    assert_near(high, 3.6888794541139354, 1e-13);
    rsp_garwood(12, 0.95, &low, &high);
    assert_near(low, 6.2005751087222178, 1e-13);
    assert_near(high, 20.96158504817696, 1e-13);
    rsp_garwood(1e6, 0.95, &low, &high);
    assert_near(low, 998040.98334029387, 1e-12);
    assert_near(high, 1001961.9119454322, 1e-12);
    rsp_garwood(2.5, 0.95, &low, &high);
    assert_true(isnan(low) && isnan(high));
}

/* Log-likelihood of a duplex: what its closed form claims to maximise. */
static double duplex_likelihood(const double n[4], const double lambda[3])
{
    double a = exp(-lambda[0]), b = exp(-lambda[1]), m = exp(-lambda[2]);
    double none = m * a * b, first = m * (1 - a) * b, second = m * a * (1 - b);
    return n[0] * log(none) + n[1] * log(first) + n[2] * log(second) +
           n[3] * log(1 - none - first - second);
}

/* Pattern search: coarse, but it knows nothing of the closed form. */
static void maximise(const double n[4], double lambda[3])
{
    double best = duplex_likelihood(n, lambda);
    for (double step = 0.5; step > 1e-12; step /= 2) {
        for (bool moved = true; moved;) {
            moved = false;
            for (int i = 0; i < 6; i++) {
                double was = lambda[i / 2];
                lambda[i / 2] = was * (i % 2 ? 1 + step : 1 / (1 + step));
                double here = duplex_likelihood(n, lambda);
                if (here > best) {
                    best = here;
                    moved = true;
                } else {
                    lambda[i / 2] = was;
                }
            }
        }
    }
}

static void the_closed_form_of_a_duplex_is_maximum_likelihood(void **state)
{
    (void)state;
    static const rsp_duplex_well cases[] = {{{16950, 410, 520, 120}},
                                            {{19510, 2875, 3000, 4650}},
                                            {{12000, 5, 900, 40}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rsp_duplex d;
        assert_int_equal(rsp_duplex_estimate(&cases[i], &d, NULL), RSP_OK);
        double searched[3] = {0.01, 0.02, 0.03};
        maximise(cases[i].n, searched);
        /* A flat top: the likelihood has 16 digits, its argument half of them. */
        assert_near(searched[0], d.first, 1e-4);
        assert_near(searched[1], d.second, 1e-4);
        assert_near(searched[2], d.linked, 1e-4);
        double closed[3] = {d.first, d.second, d.linked};
        assert_true(duplex_likelihood(cases[i].n, closed) >=
                    duplex_likelihood(cases[i].n, searched) - 1e-9);
    }
}

static void a_duplex_is_estimated_as_in_the_vectors(void **state)
{
    (void)state;
    json_t *all = assay_vector("ipda.json");
    const json_t *want = json_object_get(all, "duplex_closed_form_equals_ML");
    rsp_duplex_well w = {{16950, 410, 520, 120}};
    rsp_duplex d;
    assert_int_equal(rsp_duplex_estimate(&w, &d, NULL), RSP_OK);
    assert_near(d.first, assay_number(want, "lambda_A_only"), CLOSED_FORM);
    assert_near(d.second, assay_number(want, "lambda_B_only"), CLOSED_FORM);
    assert_near(d.linked, assay_number(want, "lambda_linked"), CLOSED_FORM);
    assert_near(d.se_linked, assay_number(want, "se_linked"), CLOSED_FORM);
    assert_near(d.expected_chance, assay_number(want, "expected_chance_double"), CLOSED_FORM);
    /* One target's own standard error is that of the single target. */
    assert_near(d.se_first, sqrt(410.0 / (17360.0 * 16950)), CLOSED_FORM);
    json_decref(all);
}

static void fewer_doubles_than_chance_leave_a_negative_linkage(void **state)
{
    (void)state;
    rsp_duplex d;
    rsp_duplex_well w = {{10000, 3000, 3000, 800}};
    assert_int_equal(rsp_duplex_estimate(&w, &d, NULL), RSP_OK);
    assert_true(d.linked < 0);
    assert_true(d.expected_chance > 800);
}

static void three_targets_are_those_of_the_vectors(void **state)
{
    (void)state;
    json_t *all = assay_vector("ipda.json");
    const json_t *v = json_object_get(all, "triplex_moebius");
    double counts[8], lambda[8], se[8];
    char name[4] = "000"; /* "001" is the first target alone */
    for (unsigned i = 0; i < 8; i++) {
        for (unsigned bit = 0; bit < 3; bit++) {
            name[2 - bit] = i >> bit & 1 ? '1' : '0';
        }
        counts[i] = assay_number(json_object_get(v, "counts"), name);
    }
    assert_int_equal(rsp_plex_linkage(counts, 3, lambda, se, NULL), RSP_OK);
    for (unsigned i = 1; i < 8; i++) {
        for (unsigned bit = 0; bit < 3; bit++) {
            name[2 - bit] = i >> bit & 1 ? '1' : '0';
        }
        assert_near(lambda[i], assay_number(json_object_get(v, "lambda_hat"), name),
                    CLOSED_FORM);
        /* The truth, within the error claimed (3 of them: 1 in 50 for 7 numbers;
         * the counts were expected ones, rounded). */
        double truth = assay_number(json_object_get(v, "truth"), name);
        assert_true(fabs(lambda[i] - truth) < 3 * se[i]);
    }
    json_decref(all);
}

/* Shares of patterns from the rates of their species: each species is there or not,
 * and a droplet shows the union. */
static void expected_counts(const double *lambda, size_t k, double droplets, double *counts)
{
    size_t patterns = (size_t)1 << k;
    for (size_t i = 0; i < patterns; i++) {
        counts[i] = i == 0;
    }
    for (size_t species = 1; species < patterns; species++) {
        double next[RSP_PLEX_PATTERNS] = {0}, there = -expm1(-lambda[species]);
        for (size_t i = 0; i < patterns; i++) {
            next[i | species] += counts[i] * there;
            next[i] += counts[i] * (1 - there);
        }
        memcpy(counts, next, patterns * sizeof *counts);
    }
    for (size_t i = 0; i < patterns; i++) {
        counts[i] = round(counts[i] * droplets);
    }
}

static void moebius_inversion_finds_every_species_of_up_to_eight_targets(void **state)
{
    (void)state;
    for (size_t k = 1; k <= 8; k++) {
        double truth[RSP_PLEX_PATTERNS] = {0}, counts[RSP_PLEX_PATTERNS];
        double lambda[RSP_PLEX_PATTERNS];
        for (size_t t = 1; t < (size_t)1 << k; t++) {
            truth[t] = 0.02 / (double)(1 << k) * (double)(1 + t * 7 % 5);
        }
        expected_counts(truth, k, 0x1p50, counts);
        assert_int_equal(rsp_plex_linkage(counts, k, lambda, NULL, NULL), RSP_OK);
        for (size_t t = 1; t < (size_t)1 << k; t++) {
            /* 2^50 droplets: rounding a count to a whole one is 1e-15 of a share;
             * 2^8 of them and of logarithms add up. */
            assert_true(fabs(lambda[t] - truth[t]) < 1e-12);
        }
    }
}

static void a_duplex_is_a_plex_of_two_and_a_target_a_plex_of_one(void **state)
{
    (void)state;
    double n[4] = {16950, 410, 520, 120}, lambda[4], se[4], single[2];
    rsp_duplex d;
    rsp_duplex_well w = {{16950, 410, 520, 120}};
    assert_int_equal(rsp_duplex_estimate(&w, &d, NULL), RSP_OK);
    assert_int_equal(rsp_plex_linkage(n, 2, lambda, se, NULL), RSP_OK);
    assert_true(lambda[1] == d.first && lambda[2] == d.second && lambda[3] == d.linked);
    rsp_plex_collapse(n, 2, 2, single);
    assert_true(single[0] == 17360 && single[1] == 640);
    assert_int_equal(rsp_plex_linkage(single, 1, lambda, se, NULL), RSP_OK);
    rsp_dpcr own = one(640, 18000, RSP_DPCR_CLOPPER);
    assert_near(lambda[1], own.lambda, CLOSED_FORM);
    assert_near(se[1], own.se, CLOSED_FORM);
    /* Both molecules with the second target: linked or not. */
    assert_near(lambda[1], d.second + d.linked, CLOSED_FORM);
}

static void targets_without_an_empty_droplet_have_no_numbers(void **state)
{
    (void)state;
    double n[4] = {0, 410, 520, 120}, lambda[4], se[4];
    assert_int_equal(rsp_plex_linkage(n, 2, lambda, se, NULL), RSP_OK);
    for (int i = 0; i < 4; i++) {
        assert_true(isnan(lambda[i]) && isnan(se[i]));
    }
    rsp_error err;
    double none[4] = {0};
    assert_int_equal(rsp_plex_linkage(none, 2, lambda, se, &err), RSP_RANGE);
    assert_int_equal(rsp_plex_linkage(n, 0, lambda, se, &err), RSP_RANGE);
    assert_int_equal(rsp_plex_linkage(n, 9, lambda, se, &err), RSP_RANGE);
    double all_empty[4] = {15000, 0, 0, 0};
    assert_int_equal(rsp_plex_linkage(all_empty, 2, lambda, se, NULL), RSP_OK);
    assert_true(lambda[3] == 0 && se[3] == 0);
}

static void five_targets_combine_two_triplexes_over_the_one_they_share(void **state)
{
    (void)state;
    assert_near(rsp_plex_five(52, 61, 175.5), 18.074074074074074, 1e-15);
    assert_true(isnan(rsp_plex_five(52, 61, 0)));
}

/* ---- The example plate: droplets by pattern, and what the instrument's software
 * made of them. */

/* The counts of one well; targets not used are left out.  False: a droplet without
 * a call. */
static size_t counts_of(const assay_table *t, const char *well, double counts[16])
{
    size_t k = 0;
    memset(counts, 0, 16 * sizeof *counts);
    for (size_t i = 1; i < t->n; i++) {
        char **cell = t->rows[i];
        size_t pattern = 0, targets = 0;
        bool called = true;
        for (size_t j = 0; j < 4; j++) {
            called = called && strcmp(cell[j + 1], "u") != 0;
            targets += cell[j + 1][0] != '\0';
            pattern |= (size_t)(cell[j + 1][0] == '1') << j;
        }
        if (called && strcmp(cell[0], well) == 0) {
            k = targets;
            counts[pattern] += strtod(cell[5], NULL);
        }
    }
    return k;
}

/* The software prints copies per ul of its own droplet volume, 0.795 nl. */
static void a_real_plate_gives_what_its_own_software_gave(void **state)
{
    (void)state;
    assay_table clusters, targets;
    if (!assay_read("q4ddpcr-example-plate-clusters.csv", &clusters)) {
        skip();
    }
    assert_true(assay_read("q4ddpcr-example-plate-targets.csv", &targets));
    rsp_dpcr_options o = rsp_dpcr_defaults();
    o.droplet_nl = 0.795;
    size_t singles = 0, linked = 0;
    for (size_t i = 1; i < targets.n; i++) {
        char **cell = targets.rows[i];
        rsp_dpcr_well w = {strtod(cell[8], NULL), strtod(cell[7], NULL)};
        rsp_dpcr d;
        assert_int_equal(rsp_dpcr_target(&w, 1, &o, &d, NULL), RSP_OK);
        double printed = strtod(cell[4], NULL);
        if (d.reason == RSP_DPCR_FINE) {
            assert_near(d.per_ul, printed, 1e-6); /* printed from single precision */
            singles++;
        }
        double counts[16], pair[4];
        size_t k = counts_of(&clusters, cell[0], counts);
        if (k < 2 || cell[10][0] == '\0' || strcmp(cell[0], targets.rows[i - 1][0]) == 0) {
            continue;
        }
        rsp_plex_collapse(counts, k, 3, pair);
        rsp_duplex q;
        assert_int_equal(rsp_duplex_estimate((rsp_duplex_well *)(void *)pair, &q, NULL), RSP_OK);
        double linked_per_ul = fmax(0.0, q.linked) * 1e3 / 0.795;
        assert_near(linked_per_ul, strtod(cell[10], NULL), 1e-6);
        linked++;
    }
    assert_int_equal(singles, 176);
    assert_true(linked >= 47);
    assay_table_fini(&clusters);
    assay_table_fini(&targets);
}

/* Of two independent targets without linkage a b / N droplets have both, which is the
 * mean; with linkage the mean is of those left, as the closed form of a duplex has it. */
static void doubles_by_chance_alone_are_the_blank_of_linkage(void **state)
{
    (void)state;
    double mean;
    rsp_count_limits l = rsp_chance_limits_of(10000, 10000 * 0.02 * 0.03, 0, 0, &mean);
    assert_near(mean, 6, 1e-12);
    assert_near(l.blank, rsp_count_limits_of(6).blank, 0);
    const rsp_duplex_well w = {{16950, 410, 520, 120}};
    rsp_duplex d;
    assert_int_equal(rsp_duplex_estimate(&w, &d, NULL), RSP_OK);
    (void)rsp_chance_limits_of(18000, 120, d.linked, 1e-3, &mean);
    assert_near(mean - 18, d.expected_chance * exp(d.linked), 1e-9);
}

static void several_targets_out_of_range_are_refused(void **state)
{
    (void)state;
    double counts[8] = {15000, 10, 10, 2, 10, 2, 2, 5}, background[4] = {0, 0, -1, 0};
    rsp_duplex_well reference = {{12000, 900, 900, 4000}};
    rsp_ipda_options o = rsp_ipda_defaults();
    rsp_plex r;
    rsp_five five;
    rsp_triplex pair[2] = {{.shared = 0}, {.shared = 3}};
    assert_int_equal(rsp_plex_estimate(counts, 1, &reference, NULL, &o, &r, NULL), RSP_RANGE);
    assert_int_equal(rsp_plex_estimate(counts, 9, &reference, NULL, &o, &r, NULL), RSP_RANGE);
    assert_int_equal(rsp_plex_estimate(counts, 3, &reference, background, &o, &r, NULL), RSP_RANGE);
    assert_int_equal(rsp_plex_estimate(counts, 3, &reference, NULL, &o, &r, NULL), RSP_OK);
    assert_int_equal(r.state, RSP_NUMBER);
    assert_int_equal(rsp_five_estimate(pair, &reference, &o, &five, NULL), RSP_RANGE);
    counts[3] = 1.5;
    assert_int_equal(rsp_plex_estimate(counts, 3, &reference, NULL, &o, &r, NULL), RSP_RANGE);
    counts[3] = 2;
    reference.n[1] = NAN;
    assert_int_equal(rsp_plex_estimate(counts, 3, &reference, NULL, &o, &r, NULL), RSP_RANGE);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_is_estimated_as_in_the_vectors),
        cmocka_unit_test(merged_wells_are_one_well_of_all_droplets),
        cmocka_unit_test(a_well_without_empty_droplets_has_a_lower_bound_and_a_reason),
        cmocka_unit_test(without_wells_there_is_no_number_but_a_reason),
        cmocka_unit_test(what_is_no_count_is_refused),
        cmocka_unit_test(limits_of_blank_and_detection_are_those_of_the_poisson_law),
        cmocka_unit_test(the_interval_of_a_count_is_garwoods),
        cmocka_unit_test(the_closed_form_of_a_duplex_is_maximum_likelihood),
        cmocka_unit_test(a_duplex_is_estimated_as_in_the_vectors),
        cmocka_unit_test(fewer_doubles_than_chance_leave_a_negative_linkage),
        cmocka_unit_test(three_targets_are_those_of_the_vectors),
        cmocka_unit_test(moebius_inversion_finds_every_species_of_up_to_eight_targets),
        cmocka_unit_test(a_duplex_is_a_plex_of_two_and_a_target_a_plex_of_one),
        cmocka_unit_test(targets_without_an_empty_droplet_have_no_numbers),
        cmocka_unit_test(five_targets_combine_two_triplexes_over_the_one_they_share),
        cmocka_unit_test(doubles_by_chance_alone_are_the_blank_of_linkage),
        cmocka_unit_test(several_targets_out_of_range_are_refused),
        cmocka_unit_test(a_real_plate_gives_what_its_own_software_gave),
    };
    int status = assay_main(argc, argv);
    return status ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
