/* Numbers of participants and external controls, through `respite analyze --plan`,
 * against R's.  Usage: test RESPITE VECTORS SCRATCH */
#include "reached.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tolerances of vectors/README.md: closed forms 1e-9; Newton's fits 1e-6 on
 * coefficients, 1e-5 on errors; mixed models 1e-4 on variances and 1e-6 on what is
 * fixed. */

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define LIST "analyses:\n"

static void held(const char *data, const char *plan, const char *vector, const char *part,
                 const reached_pair *pairs, size_t n)
{
    json_t *ours = reached_run(data, plan), *all = reached_json(vector);
    reached_compare(ours, reached_at(all, part), pairs, n);
    json_decref(all);
    json_decref(ours);
}

static void paired_tests_are_those_of_wilcox_exact_coin_and_t_test(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/test/0/p", "signed_rank_zeros_dropped/p_exact_two", 1e-9},
        {"analyses/0/test/0/statistic", "signed_rank_zeros_dropped/V", 0},
        {"analyses/0/test/0/estimate/value", "signed_rank_zeros_dropped/hodges_lehmann", 1e-6},
        {"analyses/0/test/0/estimate/low", "signed_rank_zeros_dropped/ci/0", 1e-6},
        {"analyses/0/test/0/estimate/high", "signed_rank_zeros_dropped/ci/1", 1e-6},
        {"analyses/1/test/0/p", "signed_rank_zeros_dropped/p_less", 1e-9},
        {"analyses/2/test/0/p", "signed_rank_normal_cc/p", 1e-9},
        {"analyses/3/test/0/p", "pratt_exact/p", 1e-9},
        {"analyses/4/test/0/p", "paired_t_log10/p", 1e-5},
        {"analyses/4/test/0/estimate/low", "paired_t_log10/ci/0", 1e-5}};
    (void)state;
    held(reached_vector("paired12.csv"),
         "analysis: pairs\ndata: {subject: id, arm: {text: all}, covariates: [pre, post]}\n" LIST
         "  - {kind: pairs, before: log10(pre), after: log10(post), name: a}\n"
         "  - {kind: pairs, before: log10(pre), after: log10(post), alternative: less, name: b}\n"
         "  - {kind: pairs, before: log10(pre), after: log10(post), null: normal corrected,"
         " name: c}\n"
         "  - {kind: pairs, before: log10(pre), after: log10(post), zeros: pratt, name: d}\n"
         "  - {kind: pairs, before: log10(pre), after: log10(post), test: t, name: e}\n",
         "rank_tests.json", "", pairs, COUNT(pairs));
}

/* A table of two groups from the vector's own arrays: b is the control. */
static const char *two_groups(const char *part)
{
    json_t *all = reached_json("rank_tests.json");
    char text[2000];
    size_t n = 0, at = (size_t)snprintf(text, sizeof text, "id,g,v\n");
    static const char *const groups[] = {"b", "a"};
    for (size_t g = 0; g < 2; g++) {
        const json_t *x = json_object_get(reached_at(all, part), groups[g]);
        for (size_t i = 0; i < json_array_size(x); i++) {
            at += (size_t)snprintf(text + at, sizeof text - at, "%zu,%s,%.17g\n", ++n, groups[g],
                                   json_number_value(json_array_get(x, i)));
        }
    }
    json_decref(all);
    return reached_write("groups.csv", text);
}

static void rank_sum_tests_are_those_of_wilcox_exact(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/test/0/statistic", "mann_whitney/W", 0},
        {"analyses/0/test/0/p", "mann_whitney/p_exact", 1e-9},
        {"analyses/0/test/0/estimate/value", "mann_whitney/HL", 1e-9},
        {"analyses/0/test/0/estimate/low", "mann_whitney/ci/0", 1e-9},
        {"analyses/1/test/0/p", "mann_whitney/p_asym_cc", 1e-9},
        {"analyses/2/test/0/p", "welch/p", 1e-9},
        {"analyses/2/test/0/df", "welch/df", 1e-9}};
    static const reached_pair ties[] = {
        {"analyses/0/test/0/statistic", "mann_whitney_ties_exact/W", 0},
        {"analyses/0/test/0/p", "mann_whitney_ties_exact/p", 1e-9},
        {"analyses/1/test/0/p", "mann_whitney_ties_exact/asym_cc", 1e-9}};
    static const char *const plan =
        "analysis: groups\ndata: {subject: id, arm: g, covariates: v}\n" LIST
        "  - {kind: groups, outcome: v, name: a}\n"
        "  - {kind: groups, outcome: v, null: normal corrected, name: b}\n"
        "  - {kind: groups, outcome: v, test: t, name: c}\n";
    (void)state;
    held(two_groups("mann_whitney"), plan, "rank_tests.json", "", pairs, COUNT(pairs));
    held(two_groups("mann_whitney_ties_exact"), plan, "rank_tests.json", "", ties, COUNT(ties));
}

static void correlations_are_those_of_cor_test(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/correlation/0/r/value", "spearman/rho", 1e-9},
        {"analyses/0/correlation/0/p", "spearman/p_t", 1e-9},
        {"analyses/1/correlation/0/r/value", "spearman/kendall_tau_b", 1e-9}};
    (void)state;
    json_t *all = reached_json("rank_tests.json");
    char text[2000];
    size_t at = (size_t)snprintf(text, sizeof text, "id,x,y\n");
    for (size_t i = 0; i < 12; i++) {
        char x[40], y[40];
        snprintf(x, sizeof x, "spearman/x/%zu", i);
        snprintf(y, sizeof y, "spearman/y/%zu", i);
        at += (size_t)snprintf(text + at, sizeof text - at, "%zu,%.17g,%.17g\n", i,
                               reached_number(all, x), reached_number(all, y));
    }
    json_decref(all);
    held(reached_write("xy.csv", text),
         "analysis: xy\ndata: {subject: id, covariates: [x, y]}\n" LIST
         "  - {kind: correlation, x: x, y: y, name: a}\n"
         "  - {kind: correlation, x: x, y: y, coefficient: kendall, name: b}\n",
         "rank_tests.json", "", pairs, COUNT(pairs));
}

/* Eight tests whose p are those of p.adjust's example are not to be had; four are held
 * against Holm's own rule. */
static void several_tests_are_adjusted_over_the_list(void **state)
{
    (void)state;
    json_t *ours = reached_run(two_groups("mann_whitney"),
                               "analysis: several\nmultiplicity: holm\n"
                               "data: {subject: id, arm: g, covariates: v}\n" LIST
                               "  - {kind: groups, outcome: v, name: a}\n"
                               "  - {kind: groups, outcome: v, test: t, name: b}\n"
                               "  - {kind: groups, outcome: v, alternative: less, name: c}\n");
    double a = reached_number(ours, "adjusted/0/p"), b = reached_number(ours, "adjusted/1/p");
    double c = reached_number(ours, "adjusted/2/p");
    assert_true(a < b && b < c);
    reached_near(reached_number(ours, "adjusted/0/adjusted"), 3 * a, 1e-12, "smallest");
    reached_near(reached_number(ours, "adjusted/1/adjusted"), fmax(3 * a, 2 * b), 1e-12, "next");
    reached_near(reached_number(ours, "adjusted/2/adjusted"), c, 1e-12, "largest");
    json_decref(ours);
}

static void tobit_regression_is_that_of_survreg(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/terms/0/coef/value", "arm_base/coef/0", 1e-6},
        {"analyses/0/terms/1/coef/value", "arm_base/coef/1", 1e-6},
        {"analyses/0/terms/2/coef/value", "arm_base/coef/2", 1e-6},
        {"analyses/0/terms/1/se", "arm_base/se/1", 1e-5},
        {"analyses/0/model/0/sigma", "arm_base/sigma", 1e-6},
        {"analyses/0/model/0/loglik", "arm_base/loglik", 1e-6},
        {"analyses/0/model/0/below", "n_cens", 0},
        {"analyses/1/terms/1/coef/value", "arm_only/coef/1", 1e-6}};
    (void)state;
    held(reached_with_zero("tobit40.csv", "day"),
         "analysis: tobit\n"
         "data: {subject: id, arm: arm, day: day, measurements: {assay: vl, value: y, below: cens}}\n" LIST
         "  - {kind: tobit, outcome: {assay: vl, at: first}, covariates: [arm, base], name: a}\n"
         "  - {kind: tobit, outcome: {assay: vl, at: first}, name: b}\n",
         "tobit.json", "", pairs, COUNT(pairs));
}

static void mixed_models_are_those_of_lmer_and_lme(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/terms/1/coef/value", "REML_slope/fixef/yr", 1e-5},
        {"analyses/0/terms/3/coef/value", "REML_slope/fixef/yr:trt", 1e-5},
        {"analyses/0/terms/1/se", "REML_slope/se/1", 1e-5},
        {"analyses/0/model/0/variance_intercept", "REML_slope/vcov/0", 1e-4},
        {"analyses/0/model/0/residual", "REML_slope/vcov/3", 1e-4},
        {"analyses/0/model/0/loglik", "REML_slope/logLik", 1e-6},
        {"analyses/1/terms/2/coef/value", "ML_intercept/fixef/trt", 1e-5},
        {"analyses/1/model/0/loglik", "ML_intercept/logLik", 1e-6},
        {"analyses/2/terms/1/df", "nlme_REML_intercept/df/1", 0},
        {"analyses/2/terms/2/p", "nlme_REML_intercept/p/2", 1e-5}};
    (void)state;
    held(reached_vector("lmm57.csv"),
         "analysis: decay\ndata: {subject: id, arm: {text: all}, day: yr, day unit: years,"
         " covariates: trt, measurements: {assay: dna, value: y}}\n" LIST
         "  - {kind: mixed, assay: dna, covariates: [year, trt, 'year:trt'], random: slope,"
         " name: a}\n"
         "  - {kind: mixed, assay: dna, covariates: [year, trt, 'year:trt'], likelihood: ml,"
         " name: b}\n"
         "  - {kind: mixed, assay: dna, covariates: [year, trt, 'year:trt'], name: c}\n",
         "mixed_model.json", "", pairs, COUNT(pairs));
}

static void viral_load_has_the_areas_and_set_point_of_the_closed_forms(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/participants/0/auc", "auc_log10", 1e-9},
        {"analyses/0/participants/0/average", "time_averaged_log10", 1e-9},
        {"analyses/0/participants/0/excess", "excess_auc_above_LLOQ", 1e-9},
        {"analyses/0/participants/0/peak", "peak_log10", 1e-9},
        {"analyses/0/participants/0/set_point", "setpoint_median_log10_last3", 1e-9},
        {"analyses/0/participants/0/set_mean", "setpoint_mean_log10_last3", 1e-9}};
    (void)state;
    json_t *all = reached_json("auc_setpoint.json");
    char text[1000];
    size_t at = (size_t)snprintf(text, sizeof text, "id,day,vl\n");
    for (size_t i = 0; i < 9; i++) {
        char t[20], v[20];
        snprintf(t, sizeof t, "time/%zu", i);
        snprintf(v, sizeof v, "vl/%zu", i);
        at += (size_t)snprintf(text + at, sizeof text - at, "1,%g,%g\n", reached_number(all, t),
                               reached_number(all, v));
    }
    json_decref(all);
    held(reached_write("vl.csv", text),
         "analysis: course\ndata: {subject: id, day: day, measurements:"
         " {assay: viral_load, value: vl, unit: copies/mL, limit: 20}}\n" LIST
         "  - {kind: viral_load}\n",
         "auc_setpoint.json", "", pairs, COUNT(pairs));
}

static void one_sample_tests_are_those_of_survdiff(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/test/0/expected", "ati60_arm1_vs_exponential_median28d/E", 1e-9},
        {"analyses/0/test/0/z", "ati60_arm1_vs_exponential_median28d/Z", 1e-9},
        {"analyses/0/test/0/p", "ati60_arm1_vs_exponential_median28d/p_two", 1e-9},
        {"analyses/0/test/0/z_wu", "ati60_arm1_vs_exponential_median28d/Z_wu", 1e-9},
        {"analyses/0/test/0/ratio/low", "ati60_arm1_vs_exponential_median28d/SMR_exact_CI/0", 1e-9},
        {"analyses/1/test/0/z_wu", "ati60_arm1_vs_weibull_shape1.5_scale40/Z_wu", 1e-9}};
    (void)state;
    held(reached_vector("ati60.csv"),
         "analysis: one arm\npopulation: {arms: '1'}\n"
         "data: {subject: USUBJID, arm: arm, endpoints: {endpoint: rebound, time: time,"
         " event: status, codes: {1: event, 0: censored, 2: restart}}}\n" LIST
         "  - {kind: one_sample, endpoint: rebound, median: 28, name: a}\n"
         "  - {kind: one_sample, endpoint: rebound, shape: 1.5, scale: 40, name: b}\n",
         "one_sample_logrank.json", "", pairs, COUNT(pairs));
}

#define WEIGHED(population)                                                                       \
    "analysis: weights\n" population "data: {subject: id, arm: z, covariates: [age, dur], endpoints: {endpoint:"\
    " rebound, time: time, event: ev}}\n" LIST

static void weighted_comparisons_are_those_of_r(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/propensity/1/coef", "logit_coef/1", 1e-6},
        {"analyses/0/propensity/2/se", "logit_se/2", 1e-5},
        {"analyses/0/weights/1/ess", "ESS_ATE_treated", 1e-6},
        {"analyses/0/weights/0/ess", "ESS_ATE_control", 1e-6},
        {"analyses/0/balance/0/smd", "smd_unweighted_age", 1e-9},
        {"analyses/0/days/0/event_free/value", "wKM/surv/0", 1e-6},
        {"analyses/0/days/5/event_free/value", "wKM/surv/5", 1e-6},
        {"analyses/1/terms/0/coef", "cox_sIPTW/coef", 1e-6},
        {"analyses/1/terms/0/se", "cox_sIPTW/robust_se", 1e-5},
        {"analyses/2/terms/0/coef", "cox_ATT/coef", 1e-6},
        {"analyses/2/terms/0/se", "cox_ATT/robust_se", 1e-5}};
    (void)state;
    held(reached_numbered("iptw50.csv"),
         WEIGHED("")
         "  - {kind: propensity, endpoint: rebound, control: '0', match: [age, dur],"
         " days: [28, 56, 84], name: a}\n"
         "  - {kind: propensity, endpoint: rebound, control: '0', match: [age, dur],"
         " estimand: stabilised, name: b}\n"
         "  - {kind: propensity, endpoint: rebound, control: '0', match: [age, dur],"
         " estimand: treated, name: c}\n",
         "weighting.json", "", pairs, COUNT(pairs));
}

static void matched_means_are_signorovitchs_and_out_of_reach_is_said(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/match/0/coef", "MAIC/alpha/0", 1e-6},
        {"analyses/0/weights/0/ess", "MAIC/ESS", 1e-6},
        {"analyses/0/match/1/mean", "MAIC/weighted_means/1", 1e-9}};
    (void)state;
    held(reached_numbered("iptw50.csv"),
         WEIGHED("population: {arms: '1'}\n")
         "  - {kind: maic, endpoint: rebound, match: [age, dur], means: [46, 12], by: none}\n",
         "weighting.json", "", pairs, COUNT(pairs));
    json_t *ours = reached_run(reached_numbered("iptw50.csv"),
                               WEIGHED("population: {arms: '1'}\n")
                               "  - {kind: maic, endpoint: rebound, match: [age, dur],"
                               " means: [42, 5], by: none}\n");
    const char *said = json_string_value(reached_at(ours, "analyses/0/notes/0"));
    assert_non_null(said);
    assert_non_null(strstr(said, "There are no weights"));
    json_decref(ours);
}

static void intact_provirus_of_the_worked_example_is_reached(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/samples/0/shearing", "DSI", 1e-9},
        {"analyses/0/samples/0/cells", "cells_assayed", 1e-9},
        {"analyses/0/samples/0/intact/value", "intact_per_1e6", 1e-9},
        {"analyses/0/samples/0/uncorrected", "intact_per_1e6_uncorrected", 1e-9},
        {"analyses/0/samples/0/three_prime", "three_prime_defective_per_1e6", 1e-9},
        {"analyses/0/samples/0/total", "total_per_1e6", 1e-9}};
    (void)state;
    json_t *all = reached_json("ipda.json");
    char text[4000];
    size_t at = (size_t)snprintf(text, sizeof text, "well,sample,psi,env,r1,r2,droplets\n");
    static const char *const kinds[] = {"hiv_wells", "rpp30_wells"};
    static const char *const before[] = {"", ",,"};
    static const char *const patterns[] = {"0,0", "1,0", "0,1", "1,1"};
    for (size_t k = 0; k < 2; k++) {
        const json_t *wells = json_object_get(reached_at(all, "ipda_worked"), kinds[k]);
        for (size_t i = 0; i < json_array_size(wells); i++) {
            for (size_t c = 0; c < 4; c++) {
                at += (size_t)snprintf(text + at, sizeof text - at, "%c%zu,S,%s%s%s%.0f\n",
                                       k ? 'B' : 'A', i + 1, before[k], patterns[c],
                                       k ? "," : ",,,",
                                       json_number_value(json_array_get(json_array_get(wells, i), c)));
            }
        }
    }
    json_decref(all);
    held(reached_write("plate.csv", text),
         "analysis: intact\n" LIST "  - {kind: ipda, targets: [psi, env], reference: [r1, r2],"
         " dilution: 40, least unsheared: 50 %}\n",
         "ipda.json", "ipda_worked", pairs, COUNT(pairs));
}

static void limiting_dilution_is_that_of_the_closed_form(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/participants/0/iupm/value", "limiting_dilution_IUPM/IUPM", 1e-6},
        {"analyses/0/participants/0/iupm/low", "limiting_dilution_IUPM/ci95/0", 1e-6},
        {"analyses/0/participants/1/posterior_median",
         "limiting_dilution_IUPM/all_negative_IUPM", 1e-9}};
    (void)state;
    held(reached_write("wells.csv", "subject,million_cells,wells,positive\n"
                                    "a,1,6,6\na,0.2,6,4\na,0.04,6,1\na,0.008,6,0\n"
                                    "b,1,6,0\nb,0.2,6,0\nb,0.04,6,0\nb,0.008,6,0\n"),
         "analysis: outgrowth\n" LIST "  - {kind: qvoa}\n", "ipda.json", "", pairs, COUNT(pairs));
}

/* Of the vectors: Schoenfeld and the size of a trial. Published: Simon 1989, table 1
 * (0.05 and 0.25); Lan and DeMets 1983, two looks (2.963, 1.969, to their digits). */
static void sizes_of_trials_are_the_published_ones(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/size/0/events", "n_from_events/events", 1e-9},
        {"analyses/0/size/0/p_control", "n_from_events/pe0", 1e-9},
        {"analyses/0/size/0/p_treated", "n_from_events/pe1", 1e-9},
        {"analyses/0/size/0/participants", "n_from_events/N", 1e-9},
        {"analyses/1/size/0/events", "schoenfeld/4/events", 1e-9}};
    static const double simon[2][4] = {{9, 0, 17, 2}, {12, 0, 16, 2}};
    static const char *const columns[] = {"n1", "r1", "n", "r"};
    (void)state;
    json_t *all = reached_json("sample_size.json");
    json_t *ours = reached_run(
        "", "analysis: sizes\n" LIST
              "  - {kind: size_survival, median: 28, hazard ratio: 0.5, follow up: 84, dropout: 5 %}\n"
              "  - {kind: size_survival, median: 28, hazard ratio: 0.5, follow up: 84,"
              " allocation: 0.666666666666667}\n"
              "  - {kind: size_two_stages, p0: 5 %, p1: 25 %}\n"
              "  - {kind: looks, looks: [0.5, 1], boundary: spend obrien-fleming}\n");
    reached_compare(ours, all, pairs, COUNT(pairs));
    for (size_t d = 0; d < 2; d++) {
        for (size_t k = 0; k < 4; k++) {
            char path[64];
            snprintf(path, sizeof path, "analyses/2/designs/%zu/%s", d, columns[k]);
            reached_near(reached_number(ours, path), simon[d][k], 0, path);
        }
    }
    reached_near(reached_number(ours, "analyses/3/looks/0/z"), 2.963, 2e-4, "first look");
    reached_near(reached_number(ours, "analyses/3/looks/1/z"), 1.969, 3e-4, "last look");
    json_decref(ours);
    json_decref(all);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paired_tests_are_those_of_wilcox_exact_coin_and_t_test),
        cmocka_unit_test(rank_sum_tests_are_those_of_wilcox_exact),
        cmocka_unit_test(correlations_are_those_of_cor_test),
        cmocka_unit_test(several_tests_are_adjusted_over_the_list),
        cmocka_unit_test(tobit_regression_is_that_of_survreg),
        cmocka_unit_test(mixed_models_are_those_of_lmer_and_lme),
        cmocka_unit_test(viral_load_has_the_areas_and_set_point_of_the_closed_forms),
        cmocka_unit_test(one_sample_tests_are_those_of_survdiff),
        cmocka_unit_test(weighted_comparisons_are_those_of_r),
        cmocka_unit_test(matched_means_are_signorovitchs_and_out_of_reach_is_said),
        cmocka_unit_test(intact_provirus_of_the_worked_example_is_reached),
        cmocka_unit_test(limiting_dilution_is_that_of_the_closed_form),
        cmocka_unit_test(sizes_of_trials_are_the_published_ones)};
    if (argc != 4) {
        return 2;
    }
    reached = (reached_place){argv[1], argv[2], argv[3]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
