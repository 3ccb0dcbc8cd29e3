/* Survival reached through `respite analyze --plan`, against R's numbers.
 * Usage: test RESPITE VECTORS SCRATCH */
#include "reached.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* vectors/README.md: closed forms of two orders of sums; Newton's last step. */
static const double CLOSED_FORM = 1e-9, NEWTON = 1e-6, NEWTON_SE = 1e-5;

#define ATI                                                                                       \
    "analysis: a test\n"                                                                          \
    "data:\n"                                                                                     \
    "  subject: USUBJID\n"                                                                        \
    "  arm: arm\n"                                                                                \
    "  endpoints:\n"                                                                              \
    "    - {endpoint: rebound, time: time, event: status, left: L, right: R,\n"                   \
    "       codes: {1: event, 0: censored, 2: restart}}\n"                                        \
    "analyses:\n"
#define AML                                                                                       \
    "analysis: a test\n"                                                                          \
    "data: {subject: id, arm: group, endpoints: {endpoint: relapse, time: time, event: status}}\n"\
    "analyses:\n"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static json_t *ati(const char *analyses)
{
    char plan[4000];
    snprintf(plan, sizeof plan, ATI "%s", analyses);
    return reached_run(reached_vector("ati60.csv"), plan);
}

static json_t *aml(const char *analyses)
{
    char plan[4000], data[600];
    snprintf(plan, sizeof plan, AML "%s", analyses);
    snprintf(data, sizeof data, "%s", reached_numbered("aml.csv"));
    return reached_run(data, plan);
}

static void compare(json_t *ours, const char *vector, const char *part, const reached_pair *pairs,
                    size_t n)
{
    json_t *all = reached_json(vector);
    reached_compare(ours, reached_at(all, part), pairs, n);
    json_decref(all);
}

static void curves_bands_and_quantiles_are_those_of_survfit(void **state)
{
    static const char *const bands[] = {"log-log", "log", "plain"};
    static const char *const parts[] = {"loglog", "log", "plain"};
    (void)state;
    json_t *all = reached_json("km.json");
    for (size_t b = 0; b < 3; b++) {
        char plan[300], part[60];
        snprintf(plan, sizeof plan, "  - {kind: curves, endpoint: relapse, band: %s}\n", bands[b]);
        snprintf(part, sizeof part, "aml_maintained/%s", parts[b]);
        json_t *ours = aml(plan);
        const json_t *want = reached_at(all, part), *curve = reached_at(ours, "analyses/0/curve");
        size_t at = 0, n = json_array_size(reached_at(want, "time"));
        for (size_t i = 0; i < n; i++, at++) {
            char path[80];
            const json_t *row = json_array_get(curve, at);
            /* aml.csv calls the maintained arm 1; it comes first in the file */
            static const char *const keys[][2] = {{"day", "time"}, {"at_risk", "n.risk"},
                {"event_free/value", "surv"}, {"se", "se_greenwood"},
                {"event_free/low", "lower"}, {"event_free/high", "upper"}};
            assert_string_equal(json_string_value(json_object_get(row, "group")), "1");
            for (size_t k = 0; k < COUNT(keys); k++) {
                snprintf(path, sizeof path, "%s/%zu", keys[k][1], i);
                reached_near(reached_number(row, keys[k][0]), reached_number(want, path),
                             CLOSED_FORM, path);
            }
        }
        for (size_t q = 0; q < 3; q++) {
            char ours_at[80], theirs[80];
            static const char *const keys[][2] = {
                {"value", "quantile"}, {"low", "q_lower"}, {"high", "q_upper"}};
            for (size_t k = 0; k < COUNT(keys); k++) {
                snprintf(ours_at, sizeof ours_at, "analyses/0/quantiles/%zu/time/%s", q, keys[k][0]);
                snprintf(theirs, sizeof theirs, "%s/%zu", keys[k][1], q);
                reached_near(reached_number(ours, ours_at), reached_number(want, theirs),
                             CLOSED_FORM, ours_at);
            }
        }
        json_decref(ours);
    }
    json_decref(all);
}

static void cumulative_hazards_are_nelson_and_aalens(void **state)
{
    (void)state;
    json_t *all = reached_json("km.json");
    json_t *ours = ati("  - {kind: curves, endpoint: rebound, by: none}\n");
    const json_t *want = reached_at(all, "ati60_nelson_aalen_all");
    const json_t *curve = reached_at(ours, "analyses/0/curve");
    assert_int_equal(json_array_size(curve), json_array_size(reached_at(want, "time")));
    for (size_t i = 0; i < json_array_size(curve); i++) {
        char path[60];
        snprintf(path, sizeof path, "cumhaz/%zu", i);
        reached_near(reached_number(json_array_get(curve, i), "hazard"),
                     reached_number(want, path), CLOSED_FORM, path);
    }
    json_decref(ours);
    json_decref(all);
}

static void log_rank_tests_are_those_of_survdiff(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/test/0/chisq", "survdiff_rho0/chisq", 1e-9},
        {"analyses/0/test/0/p", "survdiff_rho0/p", 1e-9},
        {"analyses/0/groups/1/expected", "survdiff_rho0/exp/1", 1e-9},
        {"analyses/1/test/0/chisq", "survdiff_rho1/chisq", 1e-9},
        {"analyses/1/test/0/p", "FH/fh10/pvalue", 1e-9},
        {"analyses/2/test/0/z", "FH/fh01/Z", 1e-9},
        {"analyses/2/test/0/p", "FH/fh01/pvalue", 1e-9},
        {"analyses/3/test/0/z", "FH/fh11/Z", 1e-9},
        {"analyses/4/test/0/chisq", "stratified_nnrti/chisq", 1e-9},
        {"analyses/4/test/0/z", "stratified_nnrti/FH00/Z", 1e-9}};
    (void)state;
    json_t *ours = ati("  - {kind: compare, endpoint: rebound}\n"
                       "  - {kind: compare, endpoint: rebound, rho: 1, name: peto}\n"
                       "  - {kind: compare, endpoint: rebound, gamma: 1, name: late}\n"
                       "  - {kind: compare, endpoint: rebound, rho: 1, gamma: 1, name: middle}\n"
                       "  - {kind: compare, endpoint: rebound, strata: nnrti, name: strata}\n");
    compare(ours, "logrank.json", "ati60", pairs, COUNT(pairs));
    json_decref(ours);
}

static void the_exact_permutation_test_is_that_of_coin(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/test/1/p", "coin_exact_logrank/p", 1e-9}};
    (void)state;
    json_t *ours = aml("  - {kind: compare, endpoint: relapse, permutation: yes}\n");
    compare(ours, "logrank.json", "aml", pairs, COUNT(pairs));
    json_decref(ours);
}

static void cox_models_are_those_of_coxph(void **state)
{
    static const char *const plans[] = {"covariates: arm", "ties: breslow", "ties: exact",
                                        "covariates: [arm, log10intact, nnrti]", "strata: nnrti"};
    static const char *const parts[] = {"ati60_arm_efron", "ati60_arm_breslow", "ati60_arm_exact",
                                        "ati60_arm_log10intact_nnrti_efron",
                                        "ati60_arm_strata_nnrti_efron"};
    (void)state;
    json_t *all = reached_json("cox.json");
    for (size_t i = 0; i < COUNT(plans); i++) {
        bool list = i == 3;
        const reached_pair pairs[] = {
            {"analyses/0/terms/0/coef", list ? "coef/0" : "coef", NEWTON},
            {"analyses/0/terms/0/se", list ? "se/0" : "se", NEWTON_SE},
            {"analyses/0/terms/0/hazard_ratio/value", list ? "HR/0" : "HR", NEWTON},
            {"analyses/0/terms/0/hazard_ratio/low", list ? "lower95/0" : "lower95", NEWTON_SE},
            {"analyses/0/terms/0/hazard_ratio/high", list ? "upper95/0" : "upper95", NEWTON_SE},
            {"analyses/0/effects/0/hazard_ratio/value", list ? "HR/0" : "HR", NEWTON},
            {"analyses/0/model/0/loglik", "loglik", NEWTON},
            {"analyses/0/model/0/loglik_null", "loglik_null", NEWTON},
            {"analyses/0/model/0/lr_chisq", "LR", NEWTON},
            {"analyses/0/model/0/score_chisq", "score", NEWTON},
            {"analyses/0/model/0/concordance", "concordance", CLOSED_FORM},
            {"analyses/0/model/0/concordance_se", "concordance_se", CLOSED_FORM}};
        char plan[200];
        snprintf(plan, sizeof plan, "  - {kind: cox, endpoint: rebound, %s}\n", plans[i]);
        json_t *ours = ati(plan);
        reached_compare(ours, reached_at(all, parts[i]), pairs, COUNT(pairs));
        /* Wald's p, as coxph prints it: beside the ratio in both tables, and so in the forest. */
        const json_t *want = reached_at(all, parts[i]);
        double z = reached_number(want, list ? "coef/0" : "coef") / reached_number(want, list ? "se/0" : "se");
        reached_near(reached_number(ours, "analyses/0/effects/0/p"), erfc(fabs(z) / sqrt(2)), NEWTON_SE, "Wald's p");
        assert_true(reached_number(ours, "analyses/0/effects/0/p") == reached_number(ours, "analyses/0/terms/0/p"));
        json_decref(ours);
    }
    json_decref(all);
}

static void what_goes_beside_a_cox_model_is_that_of_r(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/proportionality/0/chisq", "zph_km/chisq/0", 1e-6},
        {"analyses/0/proportionality/3/p", "zph_km/p/3", 1e-6},
        {"analyses/1/terms/0/se", "robust_se_arm", 1e-5},
        {"analyses/2/baseline/14/cumulative", "basehaz_arm_efron_centeredFALSE/hazard/14", 1e-6},
        {"analyses/3/terms/0/coef", "firth_ati60/coef", 1e-6},
        {"analyses/3/terms/0/hazard_ratio/low", "firth_ati60/pl_lower", 1e-5},
        {"analyses/3/terms/0/p", "firth_ati60/pl_p", 1e-5},
        {"analyses/3/effects/0/p", "firth_ati60/pl_p", 1e-5}};
    (void)state;
    json_t *ours = ati("  - {kind: cox, endpoint: rebound, covariates: [arm, log10intact, nnrti],"
                       " proportionality: km, name: a}\n"
                       "  - {kind: cox, endpoint: rebound, robust: yes, name: b}\n"
                       "  - {kind: cox, endpoint: rebound, hazard: yes, name: c}\n"
                       "  - {kind: cox, endpoint: rebound, firth: yes, ties: breslow, name: d}\n");
    compare(ours, "cox.json", "", pairs, COUNT(pairs));
    json_decref(ours);
}

static void restricted_means_are_those_of_survrm2(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/groups/0/mean/value", "ati60_tau56/rmst0", 1e-9},
        {"analyses/0/groups/1/se", "ati60_tau56/se1", 1e-9},
        {"analyses/0/contrasts/0/estimate/value", "ati60_tau56/diff/0", 1e-9},
        {"analyses/0/contrasts/0/estimate/high", "ati60_tau56/diff/2", 1e-9},
        {"analyses/0/contrasts/1/estimate/low", "ati60_tau56/ratio/1", 1e-9},
        {"analyses/0/contrasts/2/p", "ati60_tau56/rmtl_ratio/3", 1e-9},
        {"analyses/1/contrasts/3/estimate/value", "ati60_tau84_ANCOVA_log10intact/diff/0", 1e-9},
        {"analyses/1/contrasts/3/p", "ati60_tau84_ANCOVA_log10intact/diff/3", 1e-9}};
    (void)state;
    json_t *ours = ati("  - {kind: rmst, endpoint: rebound, tau: 56}\n"
                       "  - {kind: rmst, endpoint: rebound, tau: 12 week, adjust: log10intact,"
                       " name: adjusted}\n");
    compare(ours, "rmst.json", "", pairs, COUNT(pairs));
    json_decref(ours);
}

static void interval_censored_estimates_are_those_of_icfit_ictest_and_survreg(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/pieces/0/mass", "ati60_arm0/pf/0", 1e-4},
        {"analyses/0/pieces/3/event_free", "ati60_arm0/S_after/3", 1e-4},
        {"analyses/0/test/0/z", "ictest/sun_logrank1_pclt/statistic", 1e-6},
        {"analyses/0/test/0/p", "ictest/sun_logrank1_pclt/p", 1e-6},
        {"analyses/1/test/0/p", "ictest/finkelstein_logrank2_pclt/p", 1e-6},
        {"analyses/2/test/0/p", "ictest/wmw_pclt/p", 1e-6}};
    (void)state;
    json_t *ours = ati("  - {kind: interval, endpoint: rebound, name: a}\n"
                       "  - {kind: interval, endpoint: rebound, scores: finkelstein, name: b}\n"
                       "  - {kind: interval, endpoint: rebound, scores: wilcoxon, name: c}\n");
    compare(ours, "interval_censored.json", "", pairs, COUNT(pairs));
    json_decref(ours);
}

static void competing_events_are_those_of_cmprsk(void **state)
{
    static const reached_pair pairs[] = {
        {"analyses/0/days/0/incidence/value", "cuminc_timepoints/est/0/0", 1e-9},
        {"analyses/0/days/7/variance", "cuminc_timepoints/var/1/3", 1e-9},
        {"analyses/0/days/8/incidence/value", "cuminc_timepoints/est/2/0", 1e-9},
        {"analyses/0/gray/0/chisq", "gray_test/stat/0", 1e-9},
        {"analyses/0/gray/1/p", "gray_test/p/1", 1e-9},
        {"analyses/0/fine_gray/0/coef", "finegray_arm/coef", 1e-6},
        {"analyses/0/fine_gray/0/se", "finegray_arm/se", 1e-5},
        {"analyses/1/fine_gray/1/coef", "finegray_arm_intact/coef/1", 1e-6}};
    (void)state;
    json_t *ours = ati("  - {kind: competing, endpoint: rebound, days: [28, 56, 84, 112]}\n"
                       "  - {kind: competing, endpoint: rebound, covariates: [arm, log10intact],"
                       " name: adjusted}\n");
    compare(ours, "competing_risks.json", "", pairs, COUNT(pairs));
    json_decref(ours);
}

static void a_misspelt_word_is_answered_by_its_place_and_the_nearest(void **state)
{
    static const struct { const char *plan; int status; const char *message; } wrong[] = {
        {ATI "  - {kind: cxo, endpoint: rebound}\n", 65, "9:12: unknown kind of analysis 'cxo'; did you mean 'cox'?"},
        {ATI "  - {kind: cox, endpoint: rebuond}\n", 65, "9:27: the data have no endpoint 'rebuond'; did you mean 'rebound'?"},
        {ATI "  - {kind: cox, endpoint: rebound, stata: nnrti}\n", 65, "9:36: cox: unknown key 'stata'; did you mean 'strata'?"},
        {ATI "  - {kind: cox, endpoint: rebound, strata: nnrit}\n", 65, "did you mean 'nnrti'?"},
        {ATI "  - {kind: cox}\n", 65, "cox needs 'endpoint'"},
        {ATI "  - {kind: rmst, endpoint: rebound, tau: 1e9}\n", 65, "9:42: tau is day 1000000000; it must lie between"},
        {ATI "  - {kind: rmst, endpoint: rebound, tau: 200}\n", 65, "9:42: "},
        {ATI "  - {kind: curves, endpoint: rebound, band: loglog}\n", 65, "did you mean 'log-log'?"},
        {"analysis: x\n", 65, "a plan needs 'analyses'"},
        {"analysis: x\nanalyses: []\n", 65, "1 to 200 analyses"},
        {"analyses: [{kind: cox, endpoint: E}]\n", 65, "a plan needs 'analysis'"},
        {"a: &b c\n", 65, "not used in plans"}};
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char *said = reached_refusal(reached_vector("ati60.csv"), wrong[i].plan, wrong[i].status);
        if (!strstr(said, wrong[i].message)) {
            fail_msg("not '%s' but: %s", wrong[i].message, said);
        }
        free(said);
    }
}

static void a_covariate_of_words_is_held_against_its_first(void **state)
{
    static const char table[] = "id,arm,t,e,x,word\n1,A,5,1,0,no\n2,A,6,1,1,yes\n3,B,7,0,0,no\n"
                                "4,B,8,1,1,yes\n5,A,9,1,1,yes\n6,B,3,1,0,no\n7,B,6,1,0,no\n";
    static const char data[] = "analysis: words\ndata: {subject: id, arm: arm, covariates: [x, "
                               "word], endpoints: {endpoint: E, time: t, event: e}}\nanalyses:\n";
    static const char *const columns[] = {"coef", "se", "p"};
    char plan[2][600], path[600];
    (void)state;
    snprintf(path, sizeof path, "%s", reached_write("words.csv", table));
    snprintf(plan[0], sizeof plan[0], "%s  - {kind: cox, endpoint: E, covariates: [arm, x]}\n", data);
    snprintf(plan[1], sizeof plan[1], "%s  - {kind: cox, endpoint: E, covariates: [arm, word]}\n",
             data);
    json_t *numbers = reached_run(path, plan[0]), *words = reached_run(path, plan[1]);
    assert_string_equal(json_string_value(reached_at(words, "analyses/0/terms/1/term")),
                        "word: yes against no");
    for (size_t k = 0; k < COUNT(columns); k++) {
        char at[80];
        snprintf(at, sizeof at, "analyses/0/terms/1/%s", columns[k]);
        assert_false(isnan(reached_number(words, at)));
        reached_near(reached_number(words, at), reached_number(numbers, at), 0, at);
    }
    json_decref(numbers);
    json_decref(words);
}

static void what_the_data_do_not_allow_ends_one_analysis_and_not_the_others(void **state)
{
    static const char *const tables[] = {
        "id,arm,t,e,x\n1,A,5,1,2\n",
        "id,arm,t,e,x\n1,A,5,0,2\n2,B,6,0,3\n3,B,7,0,1\n",
        "id,arm,t,e,x\n1,A,0,1,1\n2,A,0,1,2\n3,B,0,0,3\n4,B,8,1,4\n",
        "id,arm,t,e,x\n1,A,5,1,\n2,A,6,1,\n3,B,7,0,\n4,B,8,1,\n"};
    static const char plan[] =
        "analysis: edges\ndata: {subject: id, arm: arm, covariates: x, endpoints:"
        " {endpoint: E, time: t, event: e}}\nanalyses:\n"
        "  - {kind: compare, endpoint: E, permutation: yes}\n"
        "  - {kind: cox, endpoint: E, covariates: [arm, x], proportionality: km, hazard: yes}\n"
        "  - {kind: cox, endpoint: E, firth: yes, name: firth}\n"
        "  - {kind: rmst, endpoint: E}\n  - {kind: interval, endpoint: E, family: weibull}\n"
        "  - {kind: competing, endpoint: E}\n  - {kind: landmark, endpoint: E, day: 3}\n"
        "  - {kind: one_sample, endpoint: E, median: 10}\n"
        "  - {kind: published, endpoint: E, n: 20, shares: {5: 0.5, 10: 0.2}}\n"
        "  - {kind: groups, outcome: x}\n  - {kind: shares, outcome: x, below: 2}\n"
        "  - {kind: correlation, x: x, y: x}\n  - {kind: tobit, outcome: x}\n"
        "  - {kind: propensity, endpoint: E, match: x, days: 5}\n"
        "  - {kind: maic, endpoint: E, match: x, means: 2, days: 5}\n"
        "  - {kind: curves, endpoint: E, days: 10}\n";
    (void)state;
    for (size_t i = 0; i < COUNT(tables); i++) {
        json_t *ours = reached_run(reached_write("edges.csv", tables[i]), plan);
        assert_int_equal(json_array_size(reached_at(ours, "analyses")), 16);
        assert_true(json_array_size(reached_at(ours, "analyses/15/days")) > 0);
        json_decref(ours);
    }
    json_t *ours = reached_run(reached_write("edges.csv", tables[0]), plan);
    assert_string_equal(json_string_value(reached_at(ours, "analyses/0/notes/0")),
                        "Not done: compare of 'arm' has 1 group here; it needs 2 to 16.");
    assert_string_equal(json_string_value(reached_at(ours, "analyses/0/methods")),
                        "The plan asks: endpoint: E; permutation: yes.");
    json_decref(ours);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_bands_and_quantiles_are_those_of_survfit),
        cmocka_unit_test(cumulative_hazards_are_nelson_and_aalens),
        cmocka_unit_test(log_rank_tests_are_those_of_survdiff),
        cmocka_unit_test(the_exact_permutation_test_is_that_of_coin),
        cmocka_unit_test(cox_models_are_those_of_coxph),
        cmocka_unit_test(what_goes_beside_a_cox_model_is_that_of_r),
        cmocka_unit_test(restricted_means_are_those_of_survrm2),
        cmocka_unit_test(interval_censored_estimates_are_those_of_icfit_ictest_and_survreg),
        cmocka_unit_test(competing_events_are_those_of_cmprsk),
        cmocka_unit_test(a_misspelt_word_is_answered_by_its_place_and_the_nearest),
        cmocka_unit_test(a_covariate_of_words_is_held_against_its_first),
        cmocka_unit_test(what_the_data_do_not_allow_ends_one_analysis_and_not_the_others)};
    if (argc != 4) {
        return 2;
    }
    reached = (reached_place){argv[1], argv[2], argv[3]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
