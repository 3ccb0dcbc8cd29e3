/* The intact proviral DNA assay: against the worked vector, a real one of another
 * laboratory, and its laws where something is missing. */
#include "assay.h"

#include <math.h>
#include <string.h>

#include "respite/dpcr.h"

/* Closed forms in another order of operations. */
static const double CLOSED_FORM = 1e-10;

static const rsp_duplex_well HIV[4] = {{{17010, 9, 14, 3}},
                                       {{16550, 12, 11, 2}},
                                       {{17320, 8, 16, 4}},
                                       {{16880, 10, 12, 3}}};
static const rsp_duplex_well RPP30[2] = {{{9800, 1450, 1510, 2350}},
                                         {{9710, 1425, 1490, 2300}}};

static rsp_ipda_options worked_options(void)
{
    rsp_ipda_options o = rsp_ipda_defaults();
    o.reference_dilution = 40;
    o.least_unsheared = 0; /* the worked sample is sheared too far for the rule */
    return o;
}

static rsp_ipda run(const rsp_duplex_well *hiv, size_t n, const rsp_ipda_options *o)
{
    rsp_ipda r;
    rsp_error err = {0};
    if (rsp_ipda_estimate(hiv, n, RPP30, 2, o, NULL, &r, &err) != RSP_OK) {
        fail_msg("%s", err.message);
    }
    return r;
}

static void the_worked_assay_is_that_of_the_vectors(void **state)
{
    (void)state;
    json_t *all = assay_vector("ipda.json");
    const json_t *w = json_object_get(all, "ipda_worked");
    rsp_ipda_options o = worked_options();
    rsp_ipda r = run(HIV, 4, &o);
    assert_int_equal(r.state, RSP_NUMBER);
    assert_int_equal(r.reason, RSP_DPCR_FINE);
    const json_t *hiv = json_object_get(w, "HIV"), *reference = json_object_get(w, "RPP30");
    assert_near(r.hiv.linked, assay_number(hiv, "lambda_linked"), CLOSED_FORM);
    assert_near(r.hiv.se_linked, assay_number(hiv, "se_linked"), CLOSED_FORM);
    assert_near(r.reference.first, assay_number(reference, "lambda_A_only"), CLOSED_FORM);
    assert_near(r.reference.linked, assay_number(reference, "lambda_linked"), CLOSED_FORM);
    assert_near(r.shearing, assay_number(w, "DSI"), CLOSED_FORM);
    assert_near(r.cells_per_ul, assay_number(w, "cells_per_uL"), CLOSED_FORM);
    assert_near(r.cells, assay_number(w, "cells_assayed"), CLOSED_FORM);
    assert_near(r.intact, assay_number(w, "intact_per_1e6"), CLOSED_FORM);
    assert_near(r.uncorrected, assay_number(w, "intact_per_1e6_uncorrected"), CLOSED_FORM);
    assert_near(r.three_prime, assay_number(w, "three_prime_defective_per_1e6"), CLOSED_FORM);
    assert_near(r.five_prime, assay_number(w, "five_prime_defective_per_1e6"), CLOSED_FORM);
    assert_near(r.total, assay_number(w, "total_per_1e6"), CLOSED_FORM);
    const json_t *garwood = json_object_get(w, "intact_per_1e6_garwood_95");
    assert_near(r.garwood.low, assay_item(garwood, 0), CLOSED_FORM);
    assert_near(r.garwood.high, assay_item(garwood, 1), CLOSED_FORM);
    const json_t *delta = json_object_get(w, "intact_per_1e6_logdelta_95");
    assert_near(r.log_delta.low, assay_item(delta, 0), CLOSED_FORM);
    assert_near(r.log_delta.high, assay_item(delta, 1), CLOSED_FORM);
    assert_near(r.one_copy, assay_number(w, "one_copy_per_1e6"), CLOSED_FORM);
    assert_near(-log(0.05) * r.one_copy, assay_number(w, "LOD_zero_double_upper95_per_1e6"),
                CLOSED_FORM);
    o.hiv_bp = 7044;
    o.reference_bp = 7930;
    r = run(HIV, 4, &o);
    const json_t *scaled = json_object_get(w, "DSI_length_scaled");
    assert_near(r.shearing, assay_number(scaled, "DSI"), CLOSED_FORM);
    assert_near(r.intact, assay_number(scaled, "intact_per_1e6"), CLOSED_FORM);
    o = worked_options();
    o.shearing = RSP_SHEARING_RAW;
    assert_near(run(HIV, 4, &o).shearing, assay_number(w, "DSI_count_variant"), CLOSED_FORM);
    json_decref(all);
}

static void dna_sheared_too_far_is_missing(void **state)
{
    (void)state;
    rsp_ipda_options o = worked_options();
    o.least_unsheared = rsp_ipda_defaults().least_unsheared;
    rsp_ipda r = run(HIV, 4, &o); /* 51.8 % unsheared, 60 % wanted */
    assert_int_equal(r.state, RSP_MISSING);
    assert_int_equal(r.reason, RSP_DPCR_SHEARED);
    assert_true(isnan(r.intact) && isnan(r.total) && isnan(r.one_copy));
    assert_true(r.shearing > 0.48); /* the reason can be seen */
}

static void without_shearing_nothing_is_corrected(void **state)
{
    (void)state;
    /* Chance doubles only beside linked ones: no single molecule. */
    rsp_duplex_well whole = {{12000, 0, 0, 3000}};
    rsp_ipda r;
    rsp_ipda_options o = rsp_ipda_defaults();
    assert_int_equal(rsp_ipda_estimate(HIV, 4, &whole, 1, &o, NULL, &r, NULL), RSP_OK);
    assert_near(r.shearing, 0, 0);
    assert_near(r.intact, r.uncorrected, 1e-15);
}

static void no_double_positive_is_censored_at_one_copy_and_never_zero_on_a_log_scale(void **state)
{
    (void)state;
    rsp_duplex_well none = {{67760, 39, 53, 0}};
    rsp_ipda_options o = worked_options();
    o.bootstrap = 100;
    rsp_ipda r = run(&none, 1, &o);
    assert_int_equal(r.state, RSP_NOT_DETECTED);
    assert_int_equal(r.reason, RSP_DPCR_FINE);
    assert_near(r.intact, 0, 0);
    assert_true(r.intact_signed < 0); /* chance alone would have given some */
    assert_true(r.one_copy > 0 && r.upper > 2.99 * r.one_copy && r.upper < 3 * r.one_copy);
    assert_true(isnan(r.garwood.low) && isnan(r.log_delta.low) && isnan(r.bootstrap.low));
    assert_true(r.three_prime > 0 && r.five_prime > 0);
}

static void the_bound_of_doubles_met_by_chance_is_that_of_the_likelihood(void **state)
{
    (void)state;
    rsp_duplex_well dense = {{15000, 900, 900, 54}}; /* as many as chance gives */
    rsp_ipda_options o = worked_options();
    rsp_ipda r = run(&dense, 1, &o);
    assert_int_equal(r.state, RSP_BELOW_LLOQ);
    /* Profile likelihood of three species, maximised in R: 13.6 molecules.  The count's
     * bound takes the doubles due to chance as known: 1 % apart here. */
    assert_near(r.upper, 13.6 * r.one_copy, 0.02);
}

static void fewer_doubles_than_chance_are_below_the_limit_with_their_signed_value(void **state)
{
    (void)state;
    rsp_duplex_well few = {{10000, 3000, 3000, 800}};
    rsp_ipda_options o = worked_options();
    rsp_ipda r = run(&few, 1, &o);
    assert_int_equal(r.state, RSP_BELOW_LLOQ);
    assert_near(r.intact, 0, 0);
    assert_true(r.intact_signed < 0 && r.one_copy > 0);
}

static void a_target_that_fails_is_missing_and_not_zero(void **state)
{
    (void)state;
    rsp_ipda_options o = worked_options();
    rsp_duplex_well first_fails = {{67760, 0, 90, 0}}, second_fails = {{67760, 90, 0, 0}};
    rsp_ipda r = run(&first_fails, 1, &o);
    assert_int_equal(r.state, RSP_MISSING);
    assert_int_equal(r.reason, RSP_DPCR_FIRST_FAILED);
    assert_true(isnan(r.intact) && isnan(r.upper));
    r = run(&second_fails, 1, &o);
    assert_int_equal(r.state, RSP_MISSING);
    assert_int_equal(r.reason, RSP_DPCR_SECOND_FAILED);
    /* Both at background: nothing was there to fail. */
    rsp_duplex_well nothing = {{67760, 0, 0, 0}};
    r = run(&nothing, 1, &o);
    assert_int_equal(r.state, RSP_NOT_DETECTED);
    /* A few droplets of one target are no proof that the other failed. */
    rsp_duplex_well few = {{67760, 0, 9, 0}};
    assert_int_equal(run(&few, 1, &o).state, RSP_NOT_DETECTED);
}

static void a_target_within_its_background_has_failed_too(void **state)
{
    (void)state;
    rsp_ipda_options o = worked_options();
    rsp_duplex_well w = {{67700, 5, 90, 0}};
    assert_int_equal(run(&w, 1, &o).state, RSP_NOT_DETECTED);
    o.background[0] = 3.0 / 67795; /* its limit of blank is 6 droplets */
    assert_int_equal(run(&w, 1, &o).reason, RSP_DPCR_FIRST_FAILED);
    w.n[1] = 7;
    assert_int_equal(run(&w, 1, &o).reason, RSP_DPCR_FINE);
}

static void background_of_doubles_is_taken_off(void **state)
{
    (void)state;
    rsp_ipda_options o = worked_options();
    rsp_ipda plain = run(HIV, 4, &o);
    o.background[2] = plain.hiv.linked / 4;
    assert_near(run(HIV, 4, &o).intact, 0.75 * plain.intact, 1e-12);
    o.background[2] = 2 * plain.hiv.linked;
    assert_int_equal(run(HIV, 4, &o).state, RSP_BELOW_LLOQ);
}

static void cells_that_are_no_t_cells_are_taken_off(void **state)
{
    (void)state;
    rsp_ipda_options o = worked_options();
    rsp_ipda all = run(HIV, 4, &o);
    double reference_per_ul = all.cells_per_ul / 40 * 2;
    o.not_t_per_ul = reference_per_ul / 2;
    rsp_ipda half = run(HIV, 4, &o);
    assert_near(half.intact, 2 * all.intact, 1e-12);
    o.not_t_per_ul = reference_per_ul * 1.01;
    assert_int_equal(run(HIV, 4, &o).reason, RSP_DPCR_NO_REFERENCE);
}

static void what_is_not_there_is_named(void **state)
{
    (void)state;
    static const rsp_duplex_well saturated = {{0, 4000, 4000, 9000}},
                                 few = {{9000, 3, 3, 1}},
                                 unlinked = {{12000, 1000, 1000, 60}},
                                 empty = {{12000, 0, 0, 0}};
    static const struct {
        const rsp_duplex_well *hiv;
        size_t n_hiv;
        const rsp_duplex_well *reference;
        size_t n_reference;
        rsp_dpcr_reason reason;
    } cases[] = {{HIV, 0, RPP30, 2, RSP_DPCR_NO_WELLS},
                 {&few, 1, RPP30, 2, RSP_DPCR_NO_WELLS},
                 {HIV, 4, RPP30, 0, RSP_DPCR_NO_REFERENCE},
                 {HIV, 4, &empty, 1, RSP_DPCR_NO_REFERENCE},
                 {&saturated, 1, RPP30, 2, RSP_DPCR_SATURATED},
                 {HIV, 4, &saturated, 1, RSP_DPCR_SATURATED},
                 {HIV, 4, &unlinked, 1, RSP_DPCR_NO_LINKAGE}};
    rsp_ipda_options o = worked_options();
    o.bootstrap = 10;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rsp_ipda r;
        assert_int_equal(rsp_ipda_estimate(cases[i].hiv, cases[i].n_hiv, cases[i].reference,
                                           cases[i].n_reference, &o, NULL, &r, NULL),
                         RSP_OK);
        assert_int_equal(r.state, RSP_MISSING);
        assert_int_equal(r.reason, cases[i].reason);
        assert_true(isnan(r.intact) && isnan(r.upper) && isnan(r.total));
        assert_true(rsp_dpcr_reason_text(r.reason)[0] != '\0');
    }
}

static void a_well_far_above_the_others_is_left_out(void **state)
{
    (void)state;
    rsp_duplex_well wells[5];
    memcpy(wells, HIV, sizeof HIV);
    wells[4] = (rsp_duplex_well){{17000, 10, 10, 60}};
    rsp_well_flag flags[5];
    rsp_ipda_options o = worked_options();
    rsp_ipda r;
    assert_int_equal(rsp_ipda_estimate(wells, 5, RPP30, 2, &o, flags, &r, NULL), RSP_OK);
    assert_int_equal(flags[4], RSP_WELL_OUTLIER);
    assert_true(r.intact == run(HIV, 4, &o).intact);
    wells[4].n[3] = 14; /* between 3 and 10 times the median of 3 */
    wells[0].n[0] = 5000;
    assert_int_equal(rsp_ipda_estimate(wells, 5, RPP30, 2, &o, flags, &r, NULL), RSP_OK);
    assert_int_equal(flags[4], RSP_WELL_HIGH);
    assert_int_equal(flags[0], RSP_WELL_FEW);
    assert_int_equal(flags[1], RSP_WELL_USED);
    assert_near(r.both_positive, 2 + 4 + 3 + 14, 0);
}

static void the_bootstrap_is_a_function_of_its_stream_alone(void **state)
{
    (void)state;
    rsp_ipda_options o = worked_options();
    o.bootstrap = 2000;
    rsp_ipda a = run(HIV, 4, &o), b = run(HIV, 4, &o);
    assert_true(a.bootstrap.low == b.bootstrap.low && a.bootstrap.high == b.bootstrap.high);
    assert_int_equal(a.bootstrap_used, 2000);
    o.stream.participant = 7;
    rsp_ipda c = run(HIV, 4, &o);
    assert_true(a.bootstrap.low != c.bootstrap.low);
    /* A dozen doubles decide the width: as wide as theirs, sqrt(12) in 12 each way,
     * within the error of a percentile of 2000 and the skew of a count. */
    double width = (a.bootstrap.high - a.bootstrap.low) / a.intact;
    assert_true(width > 1.0 && width < 1.3);
    assert_true(a.bootstrap.low < a.intact && a.intact < a.bootstrap.high);
}

static void the_bootstrap_carries_the_error_of_the_reference(void **state)
{
    (void)state;
    /* Many doubles and hardly any reference: the interval is the reference's. */
    rsp_duplex_well hiv = {{90000, 3000, 3000, 9000}}, poor = {{10030, 4, 5, 30}};
    rsp_ipda_options o = worked_options();
    o.bootstrap = 2000;
    rsp_ipda r;
    assert_int_equal(rsp_ipda_estimate(&hiv, 1, &poor, 1, &o, NULL, &r, NULL), RSP_OK);
    double counts_alone = (r.garwood.high - r.garwood.low) / r.intact;
    double all = (r.bootstrap.high - r.bootstrap.low) / r.intact;
    assert_true(counts_alone < 0.06 && all > 0.4);
}

static void the_bootstrap_draws_both_kinds_of_wells_apart(void **state)
{
    (void)state;
    /* The same counts in both: intact is linked over linked, and would be the same in
     * every replicate if they shared their draws. */
    rsp_duplex_well w = {{60000, 300, 300, 400}};
    rsp_ipda_options o = worked_options();
    o.bootstrap = 500;
    rsp_ipda r;
    assert_int_equal(rsp_ipda_estimate(&w, 1, &w, 1, &o, NULL, &r, NULL), RSP_OK);
    double width = (r.bootstrap.high - r.bootstrap.low) / r.intact;
    /* Two counts of 400: sqrt(2 / 400) is 7 %, the interval four times that wide. */
    assert_true(width > 0.22 && width < 0.34);
}

/* Coverage of the bootstrap where the truth is known: one check of the chain from
 * stream to interval.  300 samples: 95 % is 285 with a standard deviation of 3.8; 12
 * doubles make percentile intervals a little short. */
static void the_bootstrap_covers_the_truth_about_as_often_as_it_says(void **state)
{
    (void)state;
    rsp_ipda_options o = worked_options();
    rsp_ipda truth = run(HIV, 4, &o);
    o.bootstrap = 400;
    size_t covered = 0;
    for (uint32_t i = 0; i < 300; i++) {
        const rsp_stream from = {.seed = 11, .participant = i, .purpose = RSP_PURPOSE_ASSAY};
        const double p[4] = {67760, 39, 53, 12}, q[4] = {19510, 2875, 3000, 4650};
        rsp_duplex_well hiv, reference;
        rsp_multinomial(&from, 0, 67864, 4, p, hiv.n);
        rsp_multinomial(&from, 1, 30035, 4, q, reference.n);
        o.stream.participant = i;
        rsp_ipda r;
        assert_int_equal(rsp_ipda_estimate(&hiv, 1, &reference, 1, &o, NULL, &r, NULL), RSP_OK);
        covered += r.bootstrap.low <= truth.intact && truth.intact <= r.bootstrap.high;
    }
    if (covered < 267 || covered > 297) {
        fail_msg("%zu of 300 intervals hold the truth", covered);
    }
}

static void options_out_of_range_and_no_counts_are_refused(void **state)
{
    (void)state;
    rsp_ipda r;
    rsp_error err;
    rsp_duplex_well bad = {{17000, 1, NAN, 1}};
    rsp_ipda_options o = worked_options();
    assert_int_equal(rsp_ipda_estimate(&bad, 1, RPP30, 2, &o, NULL, &r, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "HIV well 1"));
    assert_int_equal(rsp_ipda_estimate(HIV, 4, &bad, 1, &o, NULL, &r, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "reference well 1"));
    o.reference_dilution = 0;
    assert_int_equal(rsp_ipda_estimate(HIV, 4, RPP30, 2, &o, NULL, &r, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "dilution"));
    o = worked_options();
    o.background[1] = NAN;
    assert_int_equal(rsp_ipda_estimate(HIV, 4, RPP30, 2, &o, NULL, &r, &err), RSP_RANGE);
}

/* ---- ACH2: 1 provirus a cell, counted in eight clusters by another laboratory. */
static double cluster(const json_t *clusters, const char *bits)
{
    const json_t *j = json_object_get(clusters, bits);
    return j ? json_number_value(j) : 0.0;
}

static void cluster_counts(const json_t *clusters, double counts[8])
{
    for (unsigned i = 0; i < 8; i++) {
        char bits[4] = {(char)('0' + (i & 1)), (char)('0' + (i >> 1 & 1)),
                        (char)('0' + (i >> 2 & 1)), '\0'}; /* target 1 first */
        counts[i] = cluster(clusters, bits);
    }
}

static double per_ul_of(double k, double n)
{
    rsp_dpcr_options o = rsp_dpcr_defaults();
    rsp_dpcr d;
    assert_int_equal(rsp_dpcr_target(&(rsp_dpcr_well){k, n}, 1, &o, &d, NULL), RSP_OK);
    return d.per_ul;
}

/* That laboratory's recipe takes each cluster's share of droplets as a concentration
 * of its own, without chance; ours of the linked species must lie below it. */
static void the_droplets_of_ach2_give_what_their_laboratory_published(void **state)
{
    (void)state;
    json_t *v = assay_shared_vector("ipda_ACH2.json");
    if (!v) {
        skip();
    }
    double reference[8], hiv[8], lambda[8], pair[4], total = 0, droplets = 0;
    cluster_counts(json_object_get(v, "rpp30"), reference);
    cluster_counts(json_object_get(v, "hiv"), hiv);
    for (int i = 0; i < 8; i++) {
        total += reference[i];
        droplets += hiv[i];
    }
    /* Target 1 of the reference wells is TCRD, 2 and 3 are RPP30. */
    rsp_plex_collapse(reference, 3, 6, pair);
    rsp_ipda_options o = rsp_ipda_defaults();
    o.shearing = RSP_SHEARING_RAW;
    o.reference_dilution = 20;
    rsp_ipda r;
    rsp_duplex_well rpp30, any = {{droplets - 233, 0, 0, 233}};
    memcpy(rpp30.n, pair, sizeof pair);
    assert_int_equal(rsp_ipda_estimate(&any, 1, &rpp30, 1, &o, NULL, &r, NULL), RSP_OK);
    assert_near(per_ul_of(reference[2] + reference[3] + reference[6] + reference[7], total),
                assay_number(v, "conc_RPP30_early"), CLOSED_FORM);
    assert_near(r.shearing, assay_number(v, "DSI"), CLOSED_FORM);
    assert_near(per_ul_of(hiv[7], droplets), assay_number(v, "triple_conc"), CLOSED_FORM);
    double cells_per_ul = assay_number(v, "cells_per_uL");
    assert_near(assay_number(v, "triple_conc") / cells_per_ul * 1e6 / (1 - r.shearing),
                assay_number(v, "triple_per_1e6_DSIcorr"), CLOSED_FORM);
    assert_int_equal(rsp_plex_linkage(hiv, 3, lambda, NULL, NULL), RSP_OK);
    assert_near(lambda[7], assay_number(v, "moebius_triple_lambda"), 1e-9);
    assert_true(lambda[7] < per_ul_of(hiv[7], droplets) * 8.5e-4);
    json_decref(v);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_assay_is_that_of_the_vectors),
        cmocka_unit_test(dna_sheared_too_far_is_missing),
        cmocka_unit_test(without_shearing_nothing_is_corrected),
        cmocka_unit_test(the_bound_of_doubles_met_by_chance_is_that_of_the_likelihood),
        cmocka_unit_test(no_double_positive_is_censored_at_one_copy_and_never_zero_on_a_log_scale),
        cmocka_unit_test(fewer_doubles_than_chance_are_below_the_limit_with_their_signed_value),
        cmocka_unit_test(a_target_that_fails_is_missing_and_not_zero),
        cmocka_unit_test(a_target_within_its_background_has_failed_too),
        cmocka_unit_test(background_of_doubles_is_taken_off),
        cmocka_unit_test(cells_that_are_no_t_cells_are_taken_off),
        cmocka_unit_test(what_is_not_there_is_named),
        cmocka_unit_test(a_well_far_above_the_others_is_left_out),
        cmocka_unit_test(the_bootstrap_is_a_function_of_its_stream_alone),
        cmocka_unit_test(the_bootstrap_carries_the_error_of_the_reference),
        cmocka_unit_test(the_bootstrap_draws_both_kinds_of_wells_apart),
        cmocka_unit_test(the_bootstrap_covers_the_truth_about_as_often_as_it_says),
        cmocka_unit_test(options_out_of_range_and_no_counts_are_refused),
        cmocka_unit_test(the_droplets_of_ach2_give_what_their_laboratory_published),
    };
    int status = assay_main(argc, argv);
    return status ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
