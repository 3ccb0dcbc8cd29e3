/* Every option of the kinds of numbers, courses, wells and planning has its effect, by hand
 * or by a law.
 * Usage: test RESPITE VECTORS SCRATCH */
#include "reached.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
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

static double at(const json_t *root, const char *path) { return reached_number(root, path); }

static const char COURSES[] =
    "id,arm,day,vl,x,y\n1,A,-7,30,1.5,2.0\n1,A,0,40,1.5,2.0\n1,A,7,300,1.5,2.0\n1,A,14,3000,1.5,2.0\n"
    "1,A,21,90000,1.5,2.0\n1,A,28,40000,1.5,2.0\n1,A,42,50000,1.5,2.0\n2,A,0,60,2.5,2.2\n"
    "2,A,7,900,2.5,2.2\n2,A,14,7000,2.5,2.2\n2,A,28,60000,2.5,2.2\n2,A,42,20000,2.5,2.2\n"
    "3,B,0,50,3.1,2.9\n3,B,7,200,3.1,2.9\n3,B,14,1000,3.1,2.9\n3,B,28,9000,3.1,2.9\n"
    "3,B,42,8000,3.1,2.9\n4,B,0,30,2.2,1.1\n4,B,7,150,2.2,1.1\n4,B,14,800,2.2,1.1\n"
    "4,B,28,3000,2.2,1.1\n4,B,42,2500,2.2,1.1\n5,A,0,90,1.9,1.7\n5,A,28,30000,1.9,1.7\n"
    "6,B,0,25,2.8,2.1\n6,B,28,5000,2.8,2.1\n";

/* ---- Numbers. */
static void shifts_sides_and_variances_are_taken_as_asked(void **state)
{
    (void)state;
    /* Means 2 and 4 of 3 and 4; squares about them 2 and 10: pooled t by hand. */
    static const char table[] = "id,arm,x,y\n1,A,1,1\n2,A,2,4\n3,A,3,2\n4,B,2,5\n5,B,3,3\n6,B,5,6\n7,B,6,9\n";
    static const char head[] = "analysis: kinds\ndata: {subject: id, arm: arm, covariates: [x, y]}\nanalyses:\n";
    json_t *ours = run(reached_write("few.csv", table), head,
                       "  - {kind: groups, outcome: x, test: t, pooled: yes, name: a}\n"
                       "  - {kind: groups, outcome: x, test: t, pooled: yes, shift: 1, name: b}\n"
                       "  - {kind: groups, outcome: x, shift: 1, name: c}\n"
                       "  - {kind: groups, outcome: x, name: d}\n"
                       "  - {kind: pairs, before: x, after: y, test: t, by: none, name: e}\n"
                       "  - {kind: pairs, before: x, after: y, test: t, by: none, shift: 1, name: f}\n"
                       "  - {kind: groups, outcome: x, control: B, test: t, pooled: yes, name: g}\n");
    double se = sqrt(12.0 / 5 * (1.0 / 3 + 1.0 / 4));
    reached_near(at(ours, "analyses/0/test/0/statistic"), 2 / se, 1e-12, "pooled t");
    reached_near(at(ours, "analyses/0/test/0/df"), 5, 0, "df");
    reached_near(at(ours, "analyses/1/test/0/statistic"), 1 / se, 1e-12, "shifted t");
    reached_near(at(ours, "analyses/6/test/0/statistic"), -2 / se, 1e-12, "control");
    assert_true(at(ours, "analyses/2/test/0/p") > at(ours, "analyses/3/test/0/p"));
    /* Differences 0, 2, -1, 3, 0, 1, 3: mean 8/7, squares about it 104/7. */
    double by = sqrt(104.0 / 7 / 6 / 7);
    reached_near(at(ours, "analyses/4/test/0/statistic"), 8.0 / 7 / by, 1e-12, "pairs");
    reached_near(at(ours, "analyses/5/test/0/statistic"), 1.0 / 7 / by, 1e-12, "shifted pairs");
    json_decref(ours);
}

static void reactivations_are_read_as_the_plan_asks(void **state)
{
    (void)state;
    static const char table[] = "id,arm,t,e,l,r,x\n1,A,20,1,20,20,2\n2,A,26,1,26,26,8\n3,A,30,0,30,,>20\n"
                                "4,B,15,1,15,15,4\n5,B,18,1,18,18,16\n";
    static const char head[] =
        "analysis: kinds\ndata: {subject: id, arm: arm, day: t, endpoints: {endpoint: E, time: t, event: e,"
        " codes: {\"1\": event, \"0\": end of study}, left: l, right: r},\n  measurements: [{assay: x, value: x, "
        "unit: 1}]}\nanalyses:\n";
    json_t *ours = run(reached_write("waits.csv", table), head,
                       "  - {kind: recrudescence, endpoint: E, delay: 14, name: a}\n"
                       "  - {kind: recrudescence, endpoint: E, delay: 14, by: none, name: b}\n"
                       "  - {kind: recrudescence, endpoint: E, by: none, name: c}\n"
                       "  - {kind: founders, outcome: {assay: x, at: first}, growth: 0.5, name: d}\n"
                       "  - {kind: founders, outcome: {assay: x, at: first}, growth: 1, by: none, name: e}\n");
    /* Days after day 14 by events: (6 + 12 + 16) / 2, (1 + 4) / 2. */
    reached_near(at(ours, "analyses/0/interval/0/interval/value"), 17, 1e-6, "A");
    reached_near(at(ours, "analyses/0/interval/1/interval/value"), 2.5, 1e-6, "B");
    reached_near(at(ours, "analyses/1/interval/0/interval/value"), 39.0 / 4, 1e-6, "all");
    reached_near(at(ours, "analyses/2/interval/0/delay"), 15, 1e-3, "the first");
    assert_int_equal(json_array_size(json_object_get(json_array_get(json_object_get(ours, "analyses"), 2),
                                                     "interval")), 2); /* one delay, and delays that differ */
    double a = (log(2) + log(8) + log(20)) / 0.5 / 2, e = (log(2) + log(8) + log(20) + log(4) + log(16)) / 4;
    reached_near(at(ours, "analyses/3/interval/0/interval/value"), a, 1e-9, "founders of A");
    reached_near(at(ours, "analyses/3/interval/0/ratios"), 2, 0, "ratios");
    reached_near(at(ours, "analyses/4/interval/0/interval/value"), e, 1e-9, "founders of all");
    json_decref(ours);
}

static void one_sided_tests_are_of_the_side_asked_for(void **state)
{
    (void)state;
    static const char table[] = "id,arm,x,y\n1,A,0,1\n2,A,0,2.5\n3,A,1,2\n4,A,0,4\n5,B,1,5\n6,B,1,3\n7,B,0,6\n"
                                "8,B,1,9\n9,B,1,8\n10,A,0,7\n";
    static const char head[] = "analysis: kinds\ndata: {subject: id, arm: arm, covariates: [x, y]}\nanalyses:\n";
    json_t *ours = run(reached_write("sides.csv", table), head,
                       "  - {kind: shares, outcome: x, alternative: greater, name: a}\n"
                       "  - {kind: shares, outcome: x, alternative: less, name: b}\n"
                       "  - {kind: correlation, x: x, y: y, coefficient: pearson, alternative: greater, name: c}\n"
                       "  - {kind: correlation, x: x, y: y, coefficient: pearson, alternative: less, name: d}\n"
                       "  - {kind: correlation, x: y, y: y, coefficient: kendall, null: normal, name: e}\n"
                       "  - {kind: correlation, x: y, y: y, coefficient: kendall, name: f}\n");
    /* 4 of 5 and 1 of 5: C(5,4) C(5,1) + C(5,5) C(5,0) of C(10,5). */
    reached_near(at(ours, "analyses/0/test/0/p"), 26.0 / 252, 1e-12, "greater");
    reached_near(at(ours, "analyses/1/test/0/p"), 251.0 / 252, 1e-12, "less");
    reached_near(at(ours, "analyses/2/correlation/0/p") + at(ours, "analyses/3/correlation/0/p"), 1,
                 1e-12, "both sides");
    assert_true(at(ours, "analyses/2/correlation/0/p") < 0.5);
    reached_near(at(ours, "analyses/5/correlation/0/p"), 2 / 3628800.0, 1e-9, "1 of 10!, twice");
    assert_true(at(ours, "analyses/4/correlation/0/p") > 1e-5); /* z = 45 / sqrt(125) */
    json_decref(ours);
}

/* Who is below 30 and below 50, of <20, <50, 50 and 40: known, not known, no, and so on. */
static void values_below_a_limit_count_where_they_are_known(void **state)
{
    (void)state;
    static const char table[] = "id,arm,day,vl,x,y\n1,A,0,<20,1,1\n2,A,0,<50,1,1\n3,A,0,50,1,1\n4,A,0,40,1,1\n";
    json_t *ours = run(reached_write("limits.csv", table), COURSE,
                       "  - {kind: shares, outcome: {assay: vl, at: 0}, below: 30, name: a}\n"
                       "  - {kind: shares, outcome: {assay: vl, at: 0}, below: 50, name: b}\n");
    static const double want[2][3] = {{1, 3, 1}, {3, 4, 0}};
    static const char *const cells[] = {"yes", "n", "missing"};
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 3; k++) {
            char path[60];
            snprintf(path, sizeof path, "analyses/%zu/shares/0/%s", i, cells[k]);
            reached_near(at(ours, path), want[i][k], 0, path);
        }
    }
    json_decref(ours);
}

/* Day -8 is the last before day 0, though a later one is nearer. */
static void a_value_is_of_the_sample_asked_for(void **state)
{
    (void)state;
    static const char table[] = "id,arm,day,vl,x,y\n1,A,-8,30,1,1\n1,A,5,300,1,1\n1,A,14,3000,1,1\n"
                                "1,A,30,100,1,1\n2,A,-8,40,1,1\n2,A,6,500,1,1\n3,A,-8,90,1,1\n3,A,4,600,1,1\n";
    static const struct { const char *when; double median, n; } cases[] = {
        {"at: baseline", 40, 3}, {"at: first", 40, 3}, {"at: last", 500, 3}, {"at: 14", 3000, 1},
        {"at: 7, window: 1", 500, 1}, {"at: 7, window: 3", 500, 3}, {"at: 30, window: 0", 100, 1}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char list[200];
        snprintf(list, sizeof list, "  - {kind: groups, outcome: {assay: vl, %s}, by: none}\n",
                 cases[i].when);
        json_t *ours = run(reached_write("when.csv", table), COURSE, list);
        reached_near(at(ours, "analyses/0/groups/0/median"), cases[i].median, 1e-12, cases[i].when);
        reached_near(at(ours, "analyses/0/groups/0/n"), cases[i].n, 0, cases[i].when);
        json_decref(ours);
    }
}

static void a_mixed_model_takes_the_samples_and_the_scale_asked_for(void **state)
{
    (void)state;
    char logs[4000], text[4000];
    snprintf(text, sizeof text, "%s", COURSES);
    size_t n = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char id[8], arm[8], rest[40];
        double day, vl;
        if (sscanf(line, "%7[^,],%7[^,],%lf,%lf,%39s", id, arm, &day, &vl, rest) != 5) {
            n += (size_t)snprintf(logs + n, sizeof logs - n, "%s\n", line);
        } else if (day >= 7 && day <= 28) {
            n += (size_t)snprintf(logs + n, sizeof logs - n, "%s,%s,%g,%.17g,%s\n", id, arm, day,
                                  log10(vl), rest);
        }
    }
    json_t *ours = run(reached_write("course.csv", COURSES), COURSE,
                       "  - {kind: mixed, assay: vl, log10: yes, from: 7, until: 28, covariates: [day, arm]}\n");
    json_t *want = run(reached_write("logs.csv", logs),
                       "analysis: kinds\ndata: {subject: id, arm: arm, day: day, covariates: [x, y],"
                       " measurements: [{assay: vl, value: vl}]}\nanalyses:\n",
                       "  - {kind: mixed, assay: vl, covariates: [day, arm]}\n");
    static const char *const cells[] = {"terms/1/coef/value", "terms/2/se", "model/0/loglik",
                                        "model/0/n", "model/0/residual"};
    for (size_t i = 0; i < COUNT(cells); i++) {
        char path[60];
        snprintf(path, sizeof path, "analyses/0/%s", cells[i]);
        assert_false(isnan(at(want, path)));
        reached_near(at(ours, path), at(want, path), 1e-9, path);
    }
    json_decref(ours);
    json_decref(want);
}

/* log10(1/2) a half-life: from 5 to 9 years, two of 4.0 and two of 18.7 years with the
 * knot at 7. */
static void natural_decay_is_early_then_late(void **state)
{
    (void)state;
    static const char table[] = "id,arm,x,y,a,b\n1,A,100,50,5,9\n2,A,200,120,5,9\n3,A,90,30,5,9\n";
    json_t *ours = run(reached_write("decay.csv", table),
                       "analysis: kinds\ndata: {subject: id, arm: arm, covariates: [x, y, a, b]}\nanalyses:\n",
                       "  - {kind: reservoir, before: x, after: y, years before: a, years after: b,"
                       " early half-life: 4, late half-life: 18.7, knot: 7}\n");
    double natural = -log10(2) * (2 / 4.0 + 2 / 18.7);
    double change = (log10(0.5) + log10(0.6) + log10(1.0 / 3)) / 3;
    reached_near(at(ours, "analyses/0/change/0/natural"), natural, 1e-12, "natural");
    reached_near(at(ours, "analyses/0/change/0/change"), change, 1e-12, "change");
    reached_near(at(ours, "analyses/0/change/0/net/value"), change - natural, 1e-12, "net");
    json_decref(ours);
}

/* ---- Courses. */
static void set_point_and_growth_are_of_the_days_asked_for(void **state)
{
    (void)state;
    static const char *const how[] = {"from: 14, until: 28, last: 2", "from: 14, last: 1",
                                      "from: 7, until: 21, last: 3", "from: 28, last: 5"};
    /* Participant 1 of COURSES: medians of (90000, 40000), of 50000, of (300, 3000, 90000),
     * of (40000, 50000). */
    static const double want[] = {0, 4.6989700043360187, 3.4771212547196624, 4.6505149978319906};
    (void)state;
    for (size_t i = 0; i < COUNT(how); i++) {
        char list[200];
        snprintf(list, sizeof list, "  - {kind: viral_load, assay: vl, %s}\n", how[i]);
        json_t *ours = run(reached_write("course.csv", COURSES), COURSE, list);
        double got = at(ours, "analyses/0/participants/0/set_point");
        if (i == 0) { /* a median of two, on the log10 scale */
            reached_near(got, (log10(90000) + log10(40000)) / 2, 1e-12, how[i]);
        } else {
            reached_near(got, want[i], 1e-12, how[i]);
        }
        json_decref(ours);
    }
    /* Growth of 40, 300, 3000 by the first three, or not where all lie above 25. */
    json_t *ours = run(reached_write("course.csv", COURSES), COURSE,
                       "  - {kind: viral_load, assay: vl, name: a}\n"
                       "  - {kind: viral_load, assay: vl, below: 25, name: b}\n");
    assert_true(at(ours, "analyses/0/participants/0/growth") > 0);
    assert_true(isnan(at(ours, "analyses/1/participants/0/growth")));
    json_decref(ours);
}

static void kinetics_count_from_day_0_to_the_day_asked_for(void **state)
{
    (void)state;
    static const char table[] = "id,arm,day,vl,x,y\n1,A,-7,9000,1,1\n1,A,0,100,1,1\n1,A,7,800,1,1\n"
                                "1,A,14,1500,1,1\n1,A,28,1600,1,1\n2,B,0,100,1,1\n2,B,7,200,1,1\n2,B,14,300,1,1\n"
                                "2,B,28,700,1,1\n";
    json_t *ours = run(reached_write("cells.csv", table), COURSE,
                       "  - {kind: kinetics, assay: vl, area until: 14, name: a}\n"
                       "  - {kind: kinetics, assay: vl, name: b}\n");
    reached_near(at(ours, "analyses/0/participants/0/auc"), 7 * 450 + 7 * 1150, 1e-9, "to 14");
    reached_near(at(ours, "analyses/1/participants/0/auc"), 7 * 450 + 7 * 1150 + 14 * 1550, 1e-9, "to 28");
    reached_near(at(ours, "analyses/0/participants/0/n"), 4, 0, "from day 0");
    reached_near(at(ours, "analyses/0/participants/0/cmax"), 1600, 0, "Cmax");
    reached_near(at(ours, "analyses/0/groups/0/median"), 1600, 0, "Cmax of A");
    reached_near(at(ours, "analyses/0/groups/1/median"), 700, 0, "Cmax of B");
    json_decref(ours);
}

/* ---- Outgrowth: expected and observed information differ where dilutions do, and
 * lineages are found in the wells that were sequenced. */
static void outgrowth_has_the_information_and_the_wells_asked_for(void **state)
{
    (void)state;
    static const char wells[] = "participant,cells_per_well,wells,positive,sequenced,found\n"
                                "P,1000000,6,6,4,3;2;1\nP,200000,6,4,2,1;1;0\nP,40000,6,1,1,1;0;0\n";
    json_t *ours = run(reached_write("grown.csv", wells), NONE,
                       "  - {kind: qvoa, name: a}\n  - {kind: qvoa, information: observed, name: b}\n");
    /* At the maximum, sum c k q / (1 - q) = sum c (n - k) with q = exp(-lambda c); expected
     * information sum n c^2 q / (1 - q), observed sum k c^2 q / (1 - q)^2. */
    double c[] = {1, 0.2, 0.04}, k[] = {6, 4, 1}, l = at(ours, "analyses/0/participants/0/iupm/value");
    double expected = 0, observed = 0;
    for (size_t i = 0; i < 3; i++) {
        double q = exp(-l * c[i]);
        expected += 6 * c[i] * c[i] * q / (1 - q);
        observed += k[i] * c[i] * c[i] * q / ((1 - q) * (1 - q));
    }
    reached_near(at(ours, "analyses/0/participants/0/se"), 1 / sqrt(expected), 1e-6, "expected");
    reached_near(at(ours, "analyses/1/participants/0/se"), 1 / sqrt(observed), 1e-6, "observed");
    /* Of 4 positive wells 2 were sequenced, with a lineage each: more would be refused. */
    assert_true(at(ours, "analyses/0/participants/1/iupm/value") > 0);
    json_decref(ours);
}

/* ---- Planning. */
static double tail_of(size_t n, size_t from, double p)
{
    double sum = 0;
    for (size_t k = from; k <= n; k++) {
        sum += exp(lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) +
                   (double)k * log(p) + (double)(n - k) * log1p(-p));
    }
    return sum;
}

static void one_arm_is_the_smallest_whose_exact_test_has_the_power(void **state)
{
    (void)state;
    static const double alpha[] = {0.05, 0.10}, power[] = {0.8, 0.9};
    json_t *ours = run("", NONE,
                       "  - {kind: size_one_arm, p0: 5 %, p1: 30 %, name: a}\n"
                       "  - {kind: size_one_arm, p0: 5 %, p1: 30 %, alpha: 10 %, power: 90 %, name: b}\n");
    for (size_t i = 0; i < 2; i++) {
        size_t n = 1, reject = 0;
        for (;; n++) {
            for (reject = 0; tail_of(n, reject, 0.05) > alpha[i];) {
                reject++;
            }
            if (tail_of(n, reject, 0.30) >= power[i]) {
                break;
            }
        }
        char path[60];
        snprintf(path, sizeof path, "analyses/%zu/size/0/n", i);
        reached_near(at(ours, path), (double)n, 0, path);
        snprintf(path, sizeof path, "analyses/%zu/size/0/reject", i);
        reached_near(at(ours, path), (double)reject, 0, path);
    }
    json_decref(ours);
}

/* Exponential times: uniform entry over A, follow-up f of the last, loss to dropout at
 * hazard d competing: p = h / (h + d) (1 - (e^-(h+d)f - e^-(h+d)(f+A)) / ((h + d) A)). */
static double share_with_event(double h, double d, double f, double a)
{
    double r = h + d;
    return h / r * (1 - (exp(-r * f) - exp(-r * (f + a))) / (r * a));
}

static void sizes_follow_accrual_dropout_allocation_and_power(void **state)
{
    (void)state;
    json_t *ours = run("", NONE,
                       "  - {kind: size_survival, median: 28, hazard ratio: 0.5, follow up: 84, accrual: 100,"
                       " dropout: 10 %, allocation: 0.25, power: 90 %, alpha: 1 %}\n"
                       "  - {kind: size_shares, p0: 10 %, p1: 50 %}\n"
                       "  - {kind: size_shares, p0: 10 %, p1: 50 %, power: 90 %}\n");
    double h = log(2) / 28, d = -log1p(-0.1) / 184;
    double p0 = share_with_event(h, d, 84, 100), p1 = share_with_event(h / 2, d, 84, 100);
    double z = 2.5758293035489004 + 1.2815515655446004;
    double events = z * z / (0.25 * 0.75 * log(0.5) * log(0.5));
    reached_near(at(ours, "analyses/0/size/0/events"), events, 1e-9, "events");
    reached_near(at(ours, "analyses/0/size/0/p_control"), p0, 1e-9, "control");
    reached_near(at(ours, "analyses/0/size/0/p_treated"), p1, 1e-9, "treated");
    reached_near(at(ours, "analyses/0/size/0/participants"), events / (0.75 * p0 + 0.25 * p1), 1e-9,
                 "participants");
    /* R: sums of dbinom over fisher.test of all tables of 23 and 23. */
    reached_near(at(ours, "analyses/1/size/0/n_each"), 23, 0, "an arm");
    reached_near(at(ours, "analyses/1/size/0/power"), 0.8114223, 1e-7, "power");
    reached_near(at(ours, "analyses/2/size/0/n_each"), 29, 0, "an arm, 90 %");
    json_decref(ours);
}

/* Pocock 1977, table 1: 2.178 for two looks; O'Brien and Fleming 1979: 2.797 and 1.977.
 * Wang and Tsiatis 1987: their family has the first at 1/2 and the second at 0. */
static void boundaries_are_of_the_family_and_parameter_asked_for(void **state)
{
    (void)state;
    json_t *ours = run("", NONE,
                       "  - {kind: looks, looks: [0.5, 1], boundary: pocock, name: a}\n"
                       "  - {kind: looks, looks: [0.5, 1], boundary: wang-tsiatis, parameter: 0.5, power: 90 %, name: b}\n"
                       "  - {kind: looks, looks: [0.5, 1], boundary: wang-tsiatis, parameter: 0, name: c}\n"
                       "  - {kind: looks, looks: [0.5, 1], alpha: 1 %, name: d}\n");
    static const struct { const char *path; double want; } cells[] = {
        {"analyses/0/looks/0/z", 2.178}, {"analyses/0/looks/1/z", 2.178},
        {"analyses/1/looks/0/z", 2.178}, {"analyses/2/looks/0/z", 2.797},
        {"analyses/2/looks/1/z", 1.977}, {"analyses/0/looks/1/power", 0.8},
        {"analyses/1/looks/1/power", 0.9}, {"analyses/3/looks/1/alpha", 0.01}};
    for (size_t i = 0; i < COUNT(cells); i++) {
        reached_near(at(ours, cells[i].path), cells[i].want, 5e-4, cells[i].path);
    }
    json_decref(ours);
}

/* Simon 1989, table 1, p0 = 5 %, p1 = 25 %, alpha = beta = 10 %: optimal 0/9, 2/24;
 * minimax 0/13, 2/20. */
static void two_stages_are_simons_for_the_errors_asked_for(void **state)
{
    (void)state;
    json_t *ours = run("", NONE, "  - {kind: size_two_stages, p0: 5 %, p1: 25 %, alpha: 10 %, power: 90 %}\n");
    static const double want[2][4] = {{9, 0, 24, 2}, {13, 0, 20, 2}};
    static const char *const cells[] = {"n1", "r1", "n", "r"};
    for (size_t d = 0; d < 2; d++) {
        for (size_t k = 0; k < 4; k++) {
            char path[60];
            snprintf(path, sizeof path, "analyses/0/designs/%zu/%s", d, cells[k]);
            reached_near(at(ours, path), want[d][k], 0, path);
        }
    }
    json_decref(ours);
}

/* ---- Who is in, and in which order. */
static void groups_and_conditions_are_as_asked(void **state)
{
    (void)state;
    static const char table[] = "id,arm,x,word\n1,B,1,late\n2,A,2,late\n3,B,3,early\n4,A,2,early\n5,B,5,late\n";
    static const char head[] = "analysis: kinds\ndata: {subject: id, arm: arm, covariates: [x, word]}\n"
                               "population: {where: [x >= 2]}\nanalyses:\n";
    json_t *ours = run(reached_write("who.csv", table), head,
                       "  - {kind: groups, outcome: x, by: arm, control: A, name: a}\n"
                       "  - {kind: groups, outcome: x, by: word, name: b}\n"
                       "  - {kind: groups, outcome: x, by: word, control: late, name: c}\n");
    static const struct { const char *path, *want; } names[] = {
        {"analyses/0/groups/0/group", "A"}, {"analyses/0/groups/1/group", "B"},
        {"analyses/1/groups/0/group", "early"}, {"analyses/1/groups/1/group", "late"},
        {"analyses/2/groups/0/group", "late"}, {"analyses/2/groups/1/group", "early"},
        {"analyses/0/test/0/groups", "B against A"}};
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_string_equal(json_string_value(reached_at(ours, names[i].path)), names[i].want);
    }
    reached_near(at(ours, "analyses/0/groups/0/n"), 2, 0, "x >= 2 holds of 2");
    reached_near(at(ours, "analyses/0/groups/1/mean"), 4, 1e-12, "of 3 and 5");
    reached_near(at(ours, "analyses/2/groups/0/mean"), 3.5, 1e-12, "late: 2 and 5");
    json_decref(ours);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shifts_sides_and_variances_are_taken_as_asked),
        cmocka_unit_test(reactivations_are_read_as_the_plan_asks),
        cmocka_unit_test(one_sided_tests_are_of_the_side_asked_for),
        cmocka_unit_test(values_below_a_limit_count_where_they_are_known),
        cmocka_unit_test(a_value_is_of_the_sample_asked_for),
        cmocka_unit_test(a_mixed_model_takes_the_samples_and_the_scale_asked_for),
        cmocka_unit_test(natural_decay_is_early_then_late),
        cmocka_unit_test(set_point_and_growth_are_of_the_days_asked_for),
        cmocka_unit_test(kinetics_count_from_day_0_to_the_day_asked_for),
        cmocka_unit_test(outgrowth_has_the_information_and_the_wells_asked_for),
        cmocka_unit_test(one_arm_is_the_smallest_whose_exact_test_has_the_power),
        cmocka_unit_test(sizes_follow_accrual_dropout_allocation_and_power),
        cmocka_unit_test(boundaries_are_of_the_family_and_parameter_asked_for),
        cmocka_unit_test(two_stages_are_simons_for_the_errors_asked_for),
        cmocka_unit_test(groups_and_conditions_are_as_asked)};
    if (argc != 4) {
        return 2;
    }
    reached = (reached_place){argv[1], argv[2], argv[3]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
