/* The level of every kind, and every option of those of survival and of controls from
 * elsewhere, by hand or by a law.
 * Usage: test RESPITE VECTORS SCRATCH */
#include "reached.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define ATI                                                                                       \
    "analysis: kinds\ndata:\n  subject: USUBJID\n  arm: arm\n  endpoints:\n"                        \
    "    - {endpoint: rebound, time: time, event: status, left: L, right: R,\n"                     \
    "       codes: {1: event, 0: censored, 2: restart}}\nanalyses:\n"
#define IPTW                                                                                      \
    "analysis: kinds\ndata: {subject: id, arm: z, covariates: [age, dur], endpoints: {endpoint:"    \
    " rebound, time: time, event: ev}}\nanalyses:\n"
#define COURSE                                                                                    \
    "analysis: kinds\ndata: {subject: id, arm: arm, day: day, covariates: [x, y], measurements:"    \
    " [{assay: vl, value: vl, unit: copies/mL, limit: 20}]}\nanalyses:\n"
#define NONE "analysis: kinds\nanalyses:\n"

/* Two tables are open at once at most. */
static json_t *run(const char *data, const char *head, const char *list)
{
    char plan[4000];
    snprintf(plan, sizeof plan, "%s%s", head, list);
    return reached_run(data, plan);
}

static json_t *ati(const char *list) { return run(reached_vector("ati60.csv"), ATI, list); }

static double at(const json_t *root, const char *path) { return reached_number(root, path); }

/* ---- The level of intervals. */
static const char COURSES[] =
    "id,arm,day,vl,x,y\n1,A,-7,30,1.5,2.0\n1,A,0,40,1.5,2.0\n1,A,7,300,1.5,2.0\n1,A,14,3000,1.5,2.0\n"
    "1,A,21,90000,1.5,2.0\n1,A,28,40000,1.5,2.0\n1,A,42,50000,1.5,2.0\n2,A,0,60,2.5,2.2\n"
    "2,A,7,900,2.5,2.2\n2,A,14,7000,2.5,2.2\n2,A,28,60000,2.5,2.2\n2,A,42,20000,2.5,2.2\n"
    "3,B,0,50,3.1,2.9\n3,B,7,200,3.1,2.9\n3,B,14,1000,3.1,2.9\n3,B,28,9000,3.1,2.9\n"
    "3,B,42,8000,3.1,2.9\n4,B,0,30,2.2,1.1\n4,B,7,150,2.2,1.1\n4,B,14,800,2.2,1.1\n"
    "4,B,28,3000,2.2,1.1\n4,B,42,2500,2.2,1.1\n5,A,0,90,1.9,1.7\n5,A,28,30000,1.9,1.7\n"
    "6,B,0,25,2.8,2.1\n6,B,28,5000,2.8,2.1\n";
static const char GROWN[] = "participant,cells_per_well,wells,positive\nP,1000000,6,6\nP,200000,6,4\n"
                            "P,40000,6,1\n";
static const char DROPS[] =
    "well,a,b,r,s,droplets\nA,0,0,,,17000\nA,1,0,,,30\nA,0,1,,,40\nA,1,1,,,20\nB,,,0,0,12000\n"
    "B,,,1,0,900\nB,,,0,1,900\nB,,,1,1,4000\n";

typedef enum scale { NARROWER, LINEAR, LOG } scale;
typedef struct level_case { const char *item, *cell; scale scale; } level_case;

static double width(const json_t *ours, const char *path, scale s)
{
    char low[100], high[100];
    snprintf(low, sizeof low, "analyses/0/%s/low", path);
    snprintf(high, sizeof high, "analyses/0/%s/high", path);
    return s == LOG ? log(at(ours, high) / at(ours, low)) : at(ours, high) - at(ours, low);
}

static void level_of_each(const char *data, const char *head, const level_case *cases, size_t n)
{
    char file[600];
    snprintf(file, sizeof file, "%s", data);
    for (size_t i = 0; i < n; i++) {
        char list[500];
        double w[2];
        for (size_t k = 0; k < 2; k++) {
            snprintf(list, sizeof list, "  - {%s, level: %s}\n", cases[i].item, k ? "80 %" : "95 %");
            json_t *ours = run(file, head, list);
            w[k] = width(ours, cases[i].cell, cases[i].scale);
            json_decref(ours);
        }
        if (!(w[0] > 0) || !(w[1] < w[0] * 0.95)) {
            fail_msg("%s: %s is %g wide at 95 %%, %g at 80 %%", cases[i].item, cases[i].cell, w[0],
                     w[1]);
        }
        if (cases[i].scale != NARROWER) { /* Wald's: as the quantiles of the normal law */
            reached_near(w[1] / w[0], 1.2815515655446004 / 1.959963984540054, 1e-9, cases[i].item);
        }
    }
}

static void intervals_have_the_level_that_the_plan_asks_for(void **state)
{
#define E "endpoint: rebound"
    static const level_case survival[] = {
        {"kind: curves, " E ", days: 28", "days/0/event_free", NARROWER},
        {"kind: curves, " E ", band: plain, days: 28", "days/0/event_free", LINEAR},
        {"kind: landmark, " E ", day: 7, days: 28", "days/0/event_free", NARROWER},
        {"kind: cox, " E, "terms/0/hazard_ratio", LOG},
        {"kind: cox, " E ", firth: yes", "terms/0/hazard_ratio", NARROWER},
        {"kind: rmst, " E ", tau: 56", "groups/0/mean", LINEAR},
        {"kind: rmst, " E ", tau: 56", "contrasts/0/estimate", LINEAR},
        {"kind: rmst, " E ", tau: 56, adjust: log10intact", "contrasts/3/estimate", LINEAR},
        {"kind: interval, " E ", family: weibull", "terms/1/ratio", LOG},
        {"kind: recrudescence, " E, "interval/0/interval", NARROWER},
        {"kind: recrudescence, " E ", delay: 1", "interval/0/interval", NARROWER},
        {"kind: competing, " E ", days: 28", "days/0/incidence", NARROWER},
        {"kind: competing, " E, "fine_gray/0/ratio", LOG},
        {"kind: one_sample, " E ", median: 28, by: none", "test/0/ratio", NARROWER},
        {"kind: published, " E ", n: 300, shares: {28: 50 %}, by: none", "shares/0/share", NARROWER},
        {"kind: published, " E ", n: 300, shares: {28: 50 %}", "shares/0/difference", NARROWER}};
    static const level_case weighted[] = {
        {"kind: propensity, " E ", match: [age, dur], days: 28", "days/0/event_free", NARROWER},
        {"kind: propensity, " E ", match: [age, dur]", "terms/0/hazard_ratio", LOG},
        {"kind: maic, " E ", match: age, means: 46, days: 28", "days/0/event_free", NARROWER}};
    static const level_case numbers[] = {
        {"kind: groups, outcome: x, test: t", "test/0/estimate", NARROWER},
        {"kind: pairs, before: x, after: y, test: t, by: none", "test/0/estimate", NARROWER},
        {"kind: shares, outcome: x, below: 2.4", "shares/0/share", NARROWER},
        {"kind: shares, outcome: x, below: 2.4", "shares/0/wilson", NARROWER},
        {"kind: shares, outcome: x, below: 2.4", "test/0/odds_ratio", NARROWER},
        {"kind: correlation, x: x, y: y", "correlation/0/r", NARROWER},
        {"kind: tobit, outcome: x", "terms/1/coef", LINEAR},
        {"kind: mixed, assay: vl, log10: yes, covariates: [week]", "terms/1/coef", NARROWER},
        {"kind: reservoir, before: x, after: y, by: none", "change/0/net", NARROWER},
        {"kind: founders, outcome: x, growth: 0.5", "interval/0/interval", NARROWER},
        {"kind: viral_load, assay: vl, test: t, from: 14", "test/0/estimate", NARROWER},
        {"kind: kinetics, assay: vl, test: t", "test/0/estimate", NARROWER}};
#define AB "targets: [a, b], reference: [r, s]"
    static const level_case plates[] = {
        {"kind: dpcr", "targets/0/lambda", NARROWER},
        {"kind: ipda, " AB, "samples/0/garwood", NARROWER},
        {"kind: ipda, " AB, "samples/0/delta", LOG},
        {"kind: plex, " AB ", bootstrap: 400", "samples/0/bootstrap", NARROWER},
        {"kind: plex, " AB, "molecules/2/lambda", LINEAR}};
    static const level_case grown[] = {{"kind: qvoa", "participants/0/iupm", LOG}};
    (void)state;
    level_of_each(reached_vector("ati60.csv"), ATI, survival, COUNT(survival));
    level_of_each(reached_numbered("iptw50.csv"), IPTW, weighted, COUNT(weighted));
    level_of_each(reached_write("course.csv", COURSES), COURSE, numbers, COUNT(numbers));
    level_of_each(reached_write("drops.csv", DROPS), NONE, plates, COUNT(plates));
    level_of_each(reached_write("grown.csv", GROWN), NONE, grown, COUNT(grown));
}

/* ---- Survival. */
static void quantiles_are_those_asked_for(void **state)
{
    (void)state;
    json_t *ours = ati("  - {kind: curves, " E ", by: none, name: a}\n"
                       "  - {kind: curves, " E ", by: none, quantiles: [75 %, 0.25], name: b}\n"
                       "  - {kind: interval, " E ", by: none, name: c}\n"
                       "  - {kind: interval, " E ", by: none, quantiles: [75 %, 0.25], days: [28, 56], name: d}\n");
    for (size_t k = 0; k < 4; k += 2) {
        const char *cell = k ? "right" : "time/value";
        for (size_t q = 0; q < 2; q++) {
            char a[80], b[80];
            snprintf(a, sizeof a, "analyses/%zu/quantiles/%d/%s", k, q ? 0 : 2, cell);
            snprintf(b, sizeof b, "analyses/%zu/quantiles/%zu/%s", k + 1, q, cell);
            assert_false(isnan(at(ours, a)));
            reached_near(at(ours, b), at(ours, a), 0, b);
        }
        char path[60];
        snprintf(path, sizeof path, "analyses/%zu/quantiles", k + 1);
        assert_int_equal(json_array_size(reached_at(ours, path)), 2);
    }
    assert_true(at(ours, "analyses/0/quantiles/0/time/value") <
                at(ours, "analyses/0/quantiles/2/time/value"));
    assert_true(at(ours, "analyses/3/days/1/high") < at(ours, "analyses/3/days/0/low"));
    json_decref(ours);
}

/* The permutation statistic of a test is near its z: the variances are of one kind of
 * 60 people (1 to 3 % apart here), weights or strata move z by more than a tenth. */
static void a_permutation_test_has_the_weights_and_strata_of_its_test(void **state)
{
    (void)state;
    static const char *const how[] = {"rho: 0", "rho: 1", "gamma: 1", "strata: nnrti"};
    double z[4];
    for (size_t i = 0; i < COUNT(how); i++) {
        char list[200];
        snprintf(list, sizeof list, "  - {kind: compare, " E ", permutation: yes, %s}\n", how[i]);
        json_t *ours = ati(list);
        z[i] = at(ours, "analyses/0/test/1/z");
        assert_true(fabs(z[i] / at(ours, "analyses/0/test/0/z") - 1) < 0.03);
        assert_true(i == 0 || fabs(z[i] / z[0] - 1) > 0.1);
        json_decref(ours);
    }
    json_t *ours = ati("  - {kind: compare, " E ", permutation: yes, strata: nnrti, draws: 1000, name: a}\n"
                       "  - {kind: compare, " E ", permutation: yes, strata: nnrti, draws: 1000, seed: 2, name: b}\n"
                       "  - {kind: compare, " E ", permutation: yes, strata: nnrti, draws: 1000, seed: 2, name: c}\n"
                       "  - {kind: compare, " E ", permutation: yes, strata: nnrti, draws: 100000, name: d}\n");
    double p[4], error[4];
    for (size_t i = 0; i < 4; i++) {
        char path[60];
        snprintf(path, sizeof path, "analyses/%zu/test/1/p", i);
        p[i] = at(ours, path);
        snprintf(path, sizeof path, "analyses/%zu/test/1/p_error", i);
        error[i] = at(ours, path);
    }
    assert_true(p[0] != p[1] && p[1] == p[2]);
    assert_true(error[3] < error[0] / 8 && error[3] > error[0] / 13); /* sqrt(100), p moves it */
    json_decref(ours);
}

/* Robust errors are not the model's: R's are in the vectors; here that the key reaches
 * the cluster. Two copies of each participant as one cluster have the errors of one. */
static void clusters_are_taken_together(void **state)
{
    (void)state;
    char text[1 << 13], twice[1 << 14];
    size_t a = (size_t)snprintf(text, sizeof text, "id,arm,t,e,who\n");
    size_t b = (size_t)snprintf(twice, sizeof twice, "id,arm,t,e,who\n");
    for (size_t i = 0; i < 40; i++) {
        char row[60];
        snprintf(row, sizeof row, "%s,%zu,%d,%zu\n", i % 2 ? "B" : "A", 3 + 17 * i % 59 + 9 * (i % 2),
                 i % 5 != 0, i);
        a += (size_t)snprintf(text + a, sizeof text - a, "%zu,%s", i, row);
        b += (size_t)snprintf(twice + b, sizeof twice - b, "%zu,%s%zu,%s", i, row, i + 100, row);
    }
    static const char head[] = "analysis: kinds\ndata: {subject: id, arm: arm, covariates: who,"
                               " endpoints: {endpoint: E, time: t, event: e}}\nanalyses:\n";
    json_t *one = run(reached_write("one.csv", text), head,
                      "  - {kind: cox, endpoint: E, ties: breslow, robust: yes}\n");
    json_t *two = run(reached_write("two.csv", twice), head,
                      "  - {kind: cox, endpoint: E, ties: breslow, cluster: who, name: a}\n"
                      "  - {kind: cox, endpoint: E, ties: breslow, robust: yes, name: b}\n");
    double se = at(one, "analyses/0/terms/0/se");
    reached_near(at(two, "analyses/0/terms/0/se"), se, 1e-6, "clustered");
    reached_near(at(two, "analyses/1/terms/0/se"), se / sqrt(2), 1e-6, "apart");
    json_decref(one);
    json_decref(two);
}

/* Those at risk after the day, with what is left of their time, are a trial of their own. */
static void a_landmark_is_the_analysis_of_those_left(void **state)
{
    (void)state;
    static const char table[] = "id,arm,t,e\n1,A,3,1\n2,A,9,1\n3,A,14,0\n4,A,21,1\n5,A,30,1\n6,B,6,0\n"
                                "7,B,12,1\n8,B,16,1\n9,B,25,1\n10,B,33,0\n";
    static const char left[] = "id,arm,t,e\n2,A,2,1\n3,A,7,0\n4,A,14,1\n5,A,23,1\n7,B,5,1\n8,B,9,1\n"
                               "9,B,18,1\n10,B,26,0\n";
    static const char head[] = "analysis: kinds\ndata: {subject: id, arm: arm, endpoints: {endpoint: E,"
                               " time: t, event: e}}\nanalyses:\n";
    json_t *ours = run(reached_write("all.csv", table), head,
                       "  - {kind: landmark, endpoint: E, day: 7, rho: 1, name: a}\n");
    json_t *want = run(reached_write("left.csv", left), head,
                       "  - {kind: compare, endpoint: E, rho: 1, name: a}\n"
                       "  - {kind: curves, endpoint: E, name: b}\n");
    reached_near(at(ours, "analyses/0/test/0/z"), at(want, "analyses/0/test/0/z"), 1e-12, "z");
    for (size_t q = 0; q < 6; q++) {
        char a[60], b[60];
        snprintf(a, sizeof a, "analyses/0/quantiles/%zu/time/value", q);
        snprintf(b, sizeof b, "analyses/1/quantiles/%zu/time/value", q);
        double shift = at(ours, a) - at(want, b);
        assert_true(isnan(shift) || shift == 0); /* days from the landmark */
        assert_true(isnan(at(ours, a)) == isnan(at(want, b)));
    }
    json_decref(ours);
    json_decref(want);
}

static void causes_and_their_tests_are_in_the_order_of_events(void **state)
{
    (void)state;
    json_t *ours = ati("  - {kind: competing, " E ", days: [28, 56], name: a}\n"
                       "  - {kind: competing, " E ", events: [restart, event], days: [28, 56], name: b}\n"
                       "  - {kind: competing, " E ", rho: 1, name: c}\n");
    static const char *const pairs[][2] = {
        {"analyses/0/gray/0/chisq", "analyses/1/gray/1/chisq"},
        {"analyses/0/gray/1/chisq", "analyses/1/gray/0/chisq"},
        {"analyses/0/fine_gray/1/coef", "analyses/1/fine_gray/0/coef"},
        {"analyses/0/fine_gray/0/coef", "analyses/1/fine_gray/1/coef"},
        {"analyses/0/days/0/incidence/value", "analyses/1/days/4/incidence/value"},
        {"analyses/0/events/0/events", "analyses/1/events/1/events"}};
    for (size_t i = 0; i < COUNT(pairs); i++) {
        reached_near(at(ours, pairs[i][1]), at(ours, pairs[i][0]), 1e-6, pairs[i][0]);
    }
    assert_true(fabs(at(ours, "analyses/0/fine_gray/0/coef") -
                     at(ours, "analyses/0/fine_gray/1/coef")) > 0.01);
    assert_true(fabs(at(ours, "analyses/2/gray/0/chisq") - at(ours, "analyses/0/gray/0/chisq")) > 0.01);
    json_decref(ours);
}

static void regressions_between_visits_are_of_the_family_asked_for(void **state)
{
    (void)state;
    json_t *v = reached_json("interval_censored.json");
    json_t *ours = ati("  - {kind: interval, " E ", family: weibull, name: a}\n"
                       "  - {kind: interval, " E ", family: exponential, name: b}\n"
                       "  - {kind: interval, " E ", family: log-logistic, name: c}\n"
                       "  - {kind: interval, " E ", variance: score, name: d}\n");
    /* The exponential's scale is 1; the others fit better than it, and not alike. */
    reached_near(at(ours, "analyses/1/model/0/log_scale"), 0, 0, "exponential");
    double weibull = at(ours, "analyses/0/model/0/loglik");
    assert_true(weibull > at(ours, "analyses/1/model/0/loglik"));
    assert_true(fabs(weibull - at(ours, "analyses/2/model/0/loglik")) > 0.01);
    assert_true(at(ours, "analyses/0/test/0/p") != at(ours, "analyses/3/test/0/p"));
    for (size_t k = 0; k < 3; k++) { /* p goes with the interval: both Wald's */
        char path[3][60];
        static const char *const cell[] = {"ratio/value", "ratio/high", "p"};
        for (size_t i = 0; i < 3; i++) {
            snprintf(path[i], sizeof path[i], "analyses/%zu/terms/1/%s", k, cell[i]);
        }
        double log_ratio = log(at(ours, path[0])), se = log(at(ours, path[1]) / at(ours, path[0])) / 1.959963984540054;
        reached_near(at(ours, path[2]), erfc(fabs(log_ratio / se) / sqrt(2)), 1e-9, path[2]);
    }
    json_decref(ours);
    json_decref(v);
}

/* ---- From elsewhere. */
/* Ten people, nobody censored: shares are counts, limits Wilson's and Newcombe's by hand. */
static void published_shares_are_compared_by_hand(void **state)
{
    (void)state;
    static const char head[] = "analysis: kinds\ndata: {subject: id, endpoints: {endpoint: E, time: t,"
                               " event: e}}\nanalyses:\n";
    static const char table[] = "id,t,e\n1,5,1\n2,9,1\n3,14,1\n4,21,1\n5,30,1\n6,33,1\n7,40,1\n8,41,1\n"
                                "9,60,1\n10,70,1\n";
    json_t *ours = run(reached_write("ten.csv", table), head,
                       "  - {kind: published, endpoint: E, n: 40, shares: {28: 25 %}, name: a}\n");
    double z = 1.959963984540054, n = 10, k = 6;
    double middle = (k / n + z * z / (2 * n)) / (1 + z * z / n);
    double half = z / (1 + z * z / n) * sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n));
    reached_near(at(ours, "analyses/0/shares/0/share/value"), 0.6, 1e-12, "share");
    reached_near(at(ours, "analyses/0/shares/0/share/low"), middle - half, 1e-12, "low");
    reached_near(at(ours, "analyses/0/shares/0/difference/value"), 0.35, 1e-12, "difference");
    reached_near(at(ours, "analyses/0/shares/0/published"), 0.25, 0, "published");
    /* R: fisher.test(matrix(c(6, 4, 10, 30), 2)) */
    reached_near(at(ours, "analyses/0/shares/0/p"), 0.0563245208535859, 1e-9, "Fisher");
    json_decref(ours);
    ours = run(reached_write("two.csv", "id,t,e\n1,5,1\n2,9,0\n3,14,1\n"), head,
               "  - {kind: published, endpoint: E, n: 40, shares: {28: 25 %}, name: a}\n");
    reached_near(at(ours, "analyses/0/test/0/observed"), 2, 0, "one was censored");
    json_decref(ours);
}

/* The p that is adjusted over the list: exact where it can be had, of both sides of a median. */
static void the_p_of_a_published_comparison_is_exact_and_two_sided(void **state)
{
    (void)state;
    static const char head[] = "analysis: kinds\nmultiplicity: holm\ndata: {subject: id, endpoints:"
                               " {endpoint: E, time: t, event: e}}\nanalyses:\n";
    static const char table[] = "id,t,e\n1,5,1\n2,19,1\n3,34,1\n4,41,1\n5,50,1\n6,63,1\n";
    json_t *ours = run(reached_write("six.csv", table), head,
                       "  - {kind: published, endpoint: E, n: 40, shares: {14: 60 %, 28: 25 %}}\n"
                       "  - {kind: published_median, n: 40, shares: {14: 60 %, 28: 25 %}, arm n: 7, arm median: 10}\n");
    double exact = at(ours, "analyses/0/test/0/p_exact"), later = at(ours, "analyses/1/test/0/later");
    double earlier = at(ours, "analyses/1/test/0/earlier");
    assert_true(exact > 0 && exact != at(ours, "analyses/0/test/0/p") && earlier < later);
    reached_near(at(ours, "adjusted/0/p"), exact, 0, "exact");
    reached_near(at(ours, "adjusted/1/p"), fmin(1, 2 * earlier), 1e-12, "two sides");
    json_decref(ours);
}

static void weights_are_truncated_and_robust_and_reach_the_curves(void **state)
{
    (void)state;
    json_t *ours = run(reached_numbered("iptw50.csv"), IPTW,
                       "  - {kind: propensity, " E ", control: '0', match: [age, dur], days: 28, name: a}\n"
                       "  - {kind: propensity, " E ", control: '0', match: [age, dur], truncate: 10 %,"
                       " days: 28, name: b}\n"
                       "  - {kind: maic, " E ", match: age, means: 46, by: none, days: [28, 56], name: c}\n"
                       "  - {kind: maic, " E ", match: age, means: 50, by: none, days: [28, 56], name: d}\n");
    assert_true(at(ours, "analyses/1/weights/1/ess") > 1.02 * at(ours, "analyses/0/weights/1/ess"));
    assert_true(fabs(at(ours, "analyses/2/days/0/event_free/value") -
                     at(ours, "analyses/3/days/0/event_free/value")) > 0.001);
    json_decref(ours);
}

/* Which group is historical is said by the plan: it is the control, whatever stands first. */
static void the_plan_says_which_arm_is_historical(void **state)
{
    (void)state;
    static const char list[] = "  - {kind: propensity, " E ", match: [age, dur]}\n  - {kind: cox, " E ", name: c}\n";
    static const char head[] = "analysis: kinds\n%sdata: {subject: id, arm: z, covariates: [age, dur],"
                               " endpoints: {endpoint: rebound, time: time, event: ev}}\nanalyses:\n%s";
    static const char *const says[] = {"", "historical: '0'\n", "historical: ['1']\n"};
    json_t *ours[3];
    char plan[1000];
    for (size_t i = 0; i < 3; i++) {
        snprintf(plan, sizeof plan, head, says[i], list);
        ours[i] = reached_run(reached_numbered("iptw50.csv"), plan);
    }
    const char *guessed = json_string_value(reached_at(ours[0], "analyses/0/notes/0"));
    assert_non_null(guessed);
    assert_non_null(strstr(guessed, "does not say which group is historical"));
    assert_int_equal(json_array_size(reached_at(ours[1], "analyses/0/notes")), 0);
    assert_non_null(strstr(json_string_value(reached_at(ours[1], "methods")),
                           "Historical, not randomised in this trial: 0."));
    assert_null(strstr(json_string_value(reached_at(ours[0], "methods")), "Historical"));
    for (size_t k = 0; k < 2; k++) { /* turned round, the ratio is its inverse */
        char path[60];
        snprintf(path, sizeof path, "analyses/%zu/terms/0/hazard_ratio/value", k);
        assert_true(at(ours[2], path) == at(ours[0], path)); /* '1' stands first */
        reached_near(at(ours[1], path), 1 / at(ours[0], path), 1e-6, path);
    }
    for (size_t i = 0; i < 3; i++) {
        json_decref(ours[i]);
    }
    snprintf(plan, sizeof plan, head, "historical: '1'\n",
             "  - {kind: propensity, " E ", control: '0', match: [age, dur]}\n");
    char *said = reached_refusal(reached_numbered("iptw50.csv"), plan, 65);
    assert_non_null(strstr(said, "the plan says that '1' is historical"));
    free(said);
    snprintf(plan, sizeof plan, head, "historical: registry\n", list);
    said = reached_refusal(reached_numbered("iptw50.csv"), plan, 65);
    assert_non_null(strstr(said, "the data have no arm 'registry'"));
    free(said);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_have_the_level_that_the_plan_asks_for),
        cmocka_unit_test(quantiles_are_those_asked_for),
        cmocka_unit_test(a_permutation_test_has_the_weights_and_strata_of_its_test),
        cmocka_unit_test(clusters_are_taken_together),
        cmocka_unit_test(a_landmark_is_the_analysis_of_those_left),
        cmocka_unit_test(causes_and_their_tests_are_in_the_order_of_events),
        cmocka_unit_test(regressions_between_visits_are_of_the_family_asked_for),
        cmocka_unit_test(published_shares_are_compared_by_hand),
        cmocka_unit_test(the_p_of_a_published_comparison_is_exact_and_two_sided),
        cmocka_unit_test(weights_are_truncated_and_robust_and_reach_the_curves),
        cmocka_unit_test(the_plan_says_which_arm_is_historical)};
    if (argc != 4) {
        return 2;
    }
    reached = (reached_place){argv[1], argv[2], argv[3]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
