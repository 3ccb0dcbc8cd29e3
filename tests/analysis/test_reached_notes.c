/* What is said beside a number that is not to be relied on, or has no limits.
 * Usage: test RESPITE VECTORS SCRATCH */
#include "reached.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define DATA                                                                                      \
    "analysis: notes\ndata: {subject: id, arm: arm, covariates: [x, y, site], endpoints:"          \
    " {endpoint: E, time: t, event: e}}\nanalyses:\n"

/* Arms A and B of five, three sites; nobody of A but all of B are above 0 in y. */
static const char TABLE[] =
    "id,arm,t,e,x,y,site\n1,A,3,0,1,0,1\n2,A,9,1,2,0,1\n3,A,14,1,3,0,2\n4,A,21,0,4,0,2\n"
    "5,A,30,1,5,0,3\n6,B,7,1,2,1,1\n7,B,12,1,4,1,2\n8,B,16,1,5,1,3\n9,B,25,1,3,1,3\n"
    "10,B,33,0,1,1,1\n";

static json_t *run(const char *table, const char *list)
{
    char plan[1500];
    snprintf(plan, sizeof plan, DATA "%s", list);
    return reached_run(reached_write("notes.csv", table), plan);
}

static bool noted(const json_t *ours, size_t analysis, const char *said)
{
    char path[40];
    snprintf(path, sizeof path, "analyses/%zu/notes", analysis);
    const json_t *notes = reached_at(ours, path);
    for (size_t i = 0; i < json_array_size(notes); i++) {
        if (strstr(json_string_value(json_array_get(notes, i)), said)) {
            return true;
        }
    }
    return false;
}

static void a_robust_variance_of_few_clusters_is_noted(void **state)
{
    (void)state;
    json_t *ours = run(TABLE, "  - {kind: cox, endpoint: E, cluster: site, name: a}\n"
                              "  - {kind: cox, endpoint: E, robust: yes, name: b}\n"
                              "  - {kind: cox, endpoint: E, name: c}\n");
    assert_true(noted(ours, 0, "rests on 3 clusters"));
    assert_true(noted(ours, 1, "rests on 10 participants"));
    assert_false(noted(ours, 2, "robust variance"));
    json_decref(ours);
    char many[2000];
    size_t at = (size_t)snprintf(many, sizeof many, "id,arm,t,e,x,y,site\n");
    for (size_t i = 0; i < 40; i++) {
        at += (size_t)snprintf(many + at, sizeof many - at, "%zu,%s,%zu,1,0,0,%zu\n", i,
                               i % 2 ? "A" : "B", 1 + 7 * i % 41, i);
    }
    ours = run(many, "  - {kind: cox, endpoint: E, cluster: site}\n");
    assert_false(noted(ours, 0, "robust variance"));
    json_decref(ours);
}

static void a_restricted_mean_of_one_participant_is_noted(void **state)
{
    (void)state;
    json_t *ours = run("id,arm,t,e,x,y,site\n1,A,9,1,1,0,1\n2,B,12,1,1,0,1\n3,B,20,1,1,0,1\n"
                       "4,B,25,0,1,0,1\n5,C,8,1,1,0,1\n6,C,9,0,1,0,1\n",
                       "  - {kind: rmst, endpoint: E, tau: 8}\n"
                       "  - {kind: rmst, endpoint: E, tau: 20, by: site, name: all}\n");
    assert_true(noted(ours, 0, "A has one participant"));
    assert_true(noted(ours, 0, "C has two participants"));
    assert_false(noted(ours, 0, "B has"));
    assert_int_equal(json_array_size(reached_at(ours, "analyses/1/notes")), 0);
    json_decref(ours);
    /* One against one: no variance, so no p, where p = 0 had been printed. */
    ours = run("id,arm,t,e,x,y,site\n1,A,9,1,1,0,1\n2,B,12,1,1,0,1\n",
               "  - {kind: rmst, endpoint: E, tau: 12}\n");
    reached_near(reached_number(ours, "analyses/0/contrasts/0/estimate/value"), 3, 1e-12, "3 days");
    assert_true(json_is_null(reached_at(ours, "analyses/0/contrasts/0/p")));
    assert_string_equal(json_string_value(reached_at(ours, "analyses/0/contrasts/0/p_reason")),
                        "neither group has a variance");
    json_decref(ours);
}

static void an_infinite_odds_ratio_has_its_reason(void **state)
{
    (void)state;
    json_t *ours = run(TABLE, "  - {kind: shares, outcome: y, name: a}\n"
                              "  - {kind: shares, outcome: y, control: B, name: b}\n");
    assert_true(json_is_null(reached_at(ours, "analyses/0/test/0/odds_ratio/value")));
    assert_string_equal(
        json_string_value(reached_at(ours, "analyses/0/test/0/odds_ratio_reason")),
        "infinite: a cell of the table is zero");
    assert_true(reached_number(ours, "analyses/0/test/0/odds_ratio/low") > 1);
    /* 2 / C(10, 5), by hand. */
    reached_near(reached_number(ours, "analyses/0/test/0/p"), 2.0 / 252, 1e-12, "p");
    reached_near(reached_number(ours, "analyses/1/test/0/odds_ratio/value"), 0, 0, "zero");
    json_decref(ours);
}

/* R's survfit: NA while S is 1 on the log-log scale, 1 to 1 on the others. */
static void the_log_log_band_has_no_limits_where_nobody_had_the_event(void **state)
{
    static const char *const bands[] = {"log-log", "log", "plain"};
    (void)state;
    for (size_t b = 0; b < 3; b++) {
        char list[200];
        snprintf(list, sizeof list, "  - {kind: curves, endpoint: E, band: %s, days: [1, 4, 10]}\n",
                 bands[b]);
        json_t *ours = run(TABLE, list);
        static const char *const places[] = {"days/0", "days/1", "curve/0"};
        for (size_t i = 0; i < COUNT(places); i++) {
            char path[60];
            snprintf(path, sizeof path, "analyses/0/%s/event_free", places[i]);
            const json_t *cell = reached_at(ours, path);
            reached_near(reached_number(cell, "value"), 1, 0, path);
            reached_near(reached_number(cell, "low"), b ? 1 : (double)NAN, 0, path);
            reached_near(reached_number(cell, "high"), b ? 1 : (double)NAN, 0, path);
            snprintf(path, sizeof path, "analyses/0/%s", places[i]);
            const json_t *reason = json_object_get(reached_at(ours, path), "event_free_reason");
            assert_true(b ? !reason : strstr(json_string_value(reason), "no event yet") != NULL);
        }
        assert_true(reached_number(ours, "analyses/0/days/2/event_free/low") < 1);
        json_decref(ours);
    }
}

static void the_methods_say_which_p_a_correlation_has(void **state)
{
    static const char *const said[] = {
        "Spearman's rho, p by all permutations, exactly, given the ties",
        "Spearman's rho, p by Student's t of the midranks of ties",
        "Spearman's rho, p by Student's t of the midranks of ties",
        "Spearman's rho, p by Edgeworth's series",
        "Kendall's tau-b, p by the normal law with its variance given the ties",
        "Pearson's r, p by Student's t"};
    static const char eight[] =
        "id,arm,t,e,x,y,site\n1,A,3,0,1,0,1\n2,A,9,1,2,0,1\n3,A,14,1,3,3,2\n4,A,21,0,4,2,2\n"
        "5,A,30,1,5,5,3\n6,B,7,1,2,1,1\n7,B,12,1,4,1,2\n8,B,16,1,5,1,3\n";
    char untied[1000];
    size_t at = (size_t)snprintf(untied, sizeof untied, "id,arm,t,e,x,y,site\n");
    for (size_t i = 0; i < 12; i++) {
        at += (size_t)snprintf(untied + at, sizeof untied - at, "%zu,A,5,1,%zu,%zu,1\n", i, i,
                               5 * i % 13);
    }
    const struct { const char *table, *list; } runs[COUNT(said)] = {
        {eight, "  - {kind: correlation, x: x, y: y}\n"},
        {eight, "  - {kind: correlation, x: x, y: y, null: normal}\n"},
        {TABLE, "  - {kind: correlation, x: x, y: site}\n"},
        {untied, "  - {kind: correlation, x: x, y: y}\n"},
        {TABLE, "  - {kind: correlation, x: x, y: y, coefficient: kendall}\n"},
        {TABLE, "  - {kind: correlation, x: x, y: y, coefficient: pearson}\n"}};
    (void)state;
    for (size_t i = 0; i < COUNT(said); i++) {
        json_t *ours = run(runs[i].table, runs[i].list);
        const char *methods = json_string_value(reached_at(ours, "analyses/0/methods"));
        if (!strstr(methods, said[i])) {
            fail_msg("not '%s': %s", said[i], methods);
        }
        json_decref(ours);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_robust_variance_of_few_clusters_is_noted),
        cmocka_unit_test(a_restricted_mean_of_one_participant_is_noted),
        cmocka_unit_test(an_infinite_odds_ratio_has_its_reason),
        cmocka_unit_test(the_log_log_band_has_no_limits_where_nobody_had_the_event),
        cmocka_unit_test(the_methods_say_which_p_a_correlation_has)};
    if (argc != 4) {
        return 2;
    }
    reached = (reached_place){argv[1], argv[2], argv[3]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
