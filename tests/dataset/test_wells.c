/* Plates of digital PCR and wells of outgrowth assays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "respite/dilution.h"
#include "respite/dpcr.h"
#include "respite/wells.h"

static const char *shared;

#define TARGETS                                                                    \
    "Well,Sample,Target,Accepted Droplets,Positives,Negatives\n"                   \
    "A1,P-1,psi,10,4,6\nA1,P-1,env,10,3,7\nB1,P-1,RPP30,20,5,15\n"

static void droplets_by_target_are_read(void **state)
{
    (void)state;
    rsp_arena *arena = rsp_arena_new();
    rsp_droplets d;
    assert_int_equal(rsp_droplets_read_text("t", TARGETS, strlen(TARGETS), arena, &d, NULL), RSP_OK);
    assert_int_equal(d.n_wells, 2);
    assert_string_equal(d.wells[0].sample, "P-1");
    assert_int_equal(d.wells[0].n_targets, 2);
    assert_string_equal(d.wells[0].targets[1], "env");
    assert_true(d.wells[0].positive[1] == 3 && d.wells[0].droplets == 10);
    assert_null(d.wells[0].counts);
    assert_true(d.wells[1].positive[0] == 5);
    rsp_arena_free(arena);
}

/* The third column is no target of well A1, the first none of B1: bits are packed. */
static void droplets_by_pattern_are_packed_to_the_targets_of_each_well(void **state)
{
    (void)state;
    static const char text[] = "well,target1,target2,target3,droplets,mean\n"
                               "A1,0,0,,4,1.5\nA1,1,0,,3,2\nA1,0,1,,2,2\nA1,1,1,,1,2\n"
                               "A1,u,1,,9,2\n"
                               "B1,,0,0,15,2\nB1,,0,1,5,2\nB1,,1,1,7,2\n";
    rsp_arena *arena = rsp_arena_new();
    rsp_droplets d, t, named;
    rsp_error err = {0};
    assert_int_equal(rsp_droplets_read_text("t", text, strlen(text), arena, &d, &err), RSP_OK);
    assert_int_equal(d.n_wells, 2);
    static const double a[] = {4, 3, 2, 1}, b[] = {15, 0, 5, 7};
    assert_memory_equal(d.wells[0].counts, a, sizeof a);
    assert_memory_equal(d.wells[1].counts, b, sizeof b);
    assert_true(d.wells[0].droplets == 10 && d.wells[0].unclassified == 9);
    assert_true(d.wells[0].positive[0] == 4 && d.wells[0].positive[1] == 3);
    assert_string_equal(d.wells[1].targets[0], "target2");
    assert_true(d.wells[1].positive[0] == 7 && d.wells[1].positive[1] == 12);
    static const char names[] = "well,sample,target,positives,negatives\n"
                                "A1,P-1,psi,4,6\nA1,P-1,env,3,7\nB1,P-2,gag,7,20\nB1,P-2,pol,12,15\n";
    assert_int_equal(rsp_droplets_read_text("n", names, strlen(names), arena, &t, &err), RSP_OK);
    assert_int_equal(rsp_droplets_name(&d, &t, arena, &named, &err), RSP_OK);
    assert_string_equal(named.wells[1].targets[1], "pol");
    assert_string_equal(named.wells[1].sample, "P-2");
    assert_ptr_equal(named.wells[1].counts, d.wells[1].counts);
    static const char other[] = "well,target,positives,negatives\nB1,gag,8,19\nB1,pol,12,15\n"
                                "A1,psi,4,6\nA1,env,3,7\n";
    assert_int_equal(rsp_droplets_read_text("n", other, strlen(other), arena, &t, &err), RSP_OK);
    assert_int_equal(rsp_droplets_name(&d, &t, arena, &named, &err), RSP_DATA);
    assert_non_null(strstr(err.message, "well B1, target gag: 7 droplets positive by pattern, 8 by target"));
    rsp_arena_free(arena);
}

static void a_bad_plate_is_answered_by_row_and_column(void **state)
{
    (void)state;
    static const struct { const char *text, *says; rsp_status is; } cases[] = {
        {"well,droplets\nA,1\n", "no column of a target", RSP_DATA},
        {"a,b\n1,2\n", "a plate has the columns", RSP_NAME},
        {"well,target,positives,negatives\n", "no rows", RSP_DATA},
        {"well,target,positives,negatives\nA,x,1.5,2\n", "row 1, column positives: found '1.5'; a whole number", RSP_DATA},
        {"well,target,positives,negatives\nA,x,,2\n", "column positives: found ''", RSP_DATA},
        {"well,target,positives,negatives\nA,x,-1,2\n", "column positives: found '-1'", RSP_DATA},
        {"well,target,positives,negatives\nA,x,1,2\nA,x,1,2\n", "row 2, column target: found 'x'; the well has this target above", RSP_DATA},
        {"well,target,positives,negatives\nA,x,1,2\nA,y,1,3\n", "that makes 4 droplets; another target of the well has 3", RSP_DATA},
        {"well,target,positives,negatives,accepted_droplets\nA,x,1,2,4\n", "add up to 3", RSP_DATA},
        {"well,target,sample,positives,negatives\nA,x,P,1,2\nA,y,Q,1,2\n", "the sample 'P' above", RSP_DATA},
        {"well,target,positives,negatives\n,x,1,2\n", "the name of a well", RSP_DATA},
        {"well,target1,droplets\nA,2,5\n", "row 1, column target1: found '2'; 0, 1, u", RSP_DATA},
        {"well,target1,droplets\nA,0,5\nA,0,6\n", "row 2: well A has this combination", RSP_DATA},
        {"well,target1,target2,droplets\nA,0,0,5\nA,1,,6\n", "row 2: well A has other targets", RSP_DATA},
        {"well,target1,droplets\nA,1,x\n", "column droplets: found 'x'", RSP_DATA}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rsp_arena *arena = rsp_arena_new();
        rsp_droplets d;
        rsp_error err = {0};
        rsp_status s = rsp_droplets_read_text("p", cases[i].text, strlen(cases[i].text), arena, &d, &err);
        if (s != cases[i].is || !strstr(err.message, cases[i].says)) {
            fail_msg("case %zu: %s", i, err.message);
        }
        rsp_arena_free(arena);
    }
}

static void wells_of_an_outgrowth_assay_are_read_by_participant(void **state)
{
    (void)state;
    static const char text[] = "participant,cells_per_well,wells,positive,negative,sequenced,found\n"
                               "a,2500000,36,4,32,4,1;3\nb,1e6,12,0,12,0,\na,500000,6,0,6,0,0;0\n";
    rsp_arena *arena = rsp_arena_new();
    rsp_outgrowth *people = NULL;
    rsp_error err = {0};
    size_t n = 0;
    rsp_status s = rsp_outgrowth_read_text("o", text, strlen(text), arena, &people, &n, &err);
    if (s != RSP_OK) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(n, 2);
    assert_string_equal(people[0].subject, "a");
    assert_int_equal(people[0].n_levels, 2);
    assert_int_equal(people[0].n_lineages, 2);
    assert_true(people[0].levels[0].million_cells == 2.5 && people[0].levels[1].million_cells == 0.5);
    assert_true(people[0].levels[0].found[1] == 3);
    assert_null(people[0].levels[1].found);
    assert_int_equal(people[1].n_lineages, 0);
    rsp_arena_free(arena);
}

static void bad_wells_are_answered_by_row_and_column(void **state)
{
    (void)state;
#define HEAD "subject,million_cells,wells,positive,negative,sequenced,found\n"
    static const struct { const char *text, *says; } cases[] = {
        {"subject,million_cell,wells,positive\na,1,1,1\n", "there is no column 'million_cells' (outgrowth wells); did you mean 'million_cell'"},
        {HEAD "a,0,6,1,5,0,\n", "column million_cells: found '0'; cells a well, above 0"},
        {HEAD "a,1,6,7,0,0,\n", "column positive: found '7'; there are 6 wells"},
        {HEAD "a,1,6,1,4,0,\n", "column negative: found '4'; with the positive ones that makes 5 of 6"},
        {HEAD "a,1,6,1,5,2,\n", "column sequenced: found '2'; 1 wells are positive"},
        {HEAD "a,1,6,1,5,1,1;2\n", "lineage 2: a whole number from 0 to the 1 wells sequenced"},
        {HEAD "a,1,6,1,5,1,1;x\n", "lineage 2"},
        {HEAD "a,1,6,1,5,1,1\na,2,6,1,5,1,1;1\n", "row 2, column found"},
        {HEAD "a,1,6,1,5,1,1\na,1.0,6,1,5,1,1\n", "row 2, column million_cells: found '1.0'; the participant has this dilution above"},
        {HEAD ",1,6,1,5,1,1\n", "the name of a participant"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rsp_arena *arena = rsp_arena_new();
        rsp_outgrowth *people = NULL;
        size_t n = 0;
        rsp_error err = {0};
        assert_int_not_equal(rsp_outgrowth_read_text("o", cases[i].text, strlen(cases[i].text), arena, &people, &n, &err), RSP_OK);
        if (!strstr(err.message, cases[i].says)) {
            fail_msg("case %zu: %s", i, err.message);
        }
        rsp_arena_free(arena);
    }
}

/* ---- Real plates. */

static bool absent(rsp_status s, const rsp_error *err)
{
    if (s == RSP_NOFILE) {
        print_message("%s: skipped\n", err->message);
    } else if (s != RSP_OK) {
        fail_msg("%s", err->message);
    }
    return s == RSP_NOFILE;
}

/* The plate's own software counted the same droplets by target. */
static void a_real_plate_agrees_with_itself(void **state)
{
    (void)state;
    char path[600];
    rsp_arena *arena = rsp_arena_new();
    rsp_droplets patterns, targets, named;
    rsp_error err = {0};
    snprintf(path, sizeof path, "%s/data/q4ddpcr-example-plate-clusters.csv", shared);
    if (absent(rsp_droplets_read(path, arena, &patterns, &err), &err)) {
        rsp_arena_free(arena);
        skip();
    }
    snprintf(path, sizeof path, "%s/data/q4ddpcr-example-plate-targets.csv", shared);
    assert_int_equal(rsp_droplets_read(path, arena, &targets, &err), RSP_OK);
    if (rsp_droplets_name(&patterns, &targets, arena, &named, &err) != RSP_OK) {
        fail_msg("%s", err.message);
    }
    size_t rows = 0, duplex = 0;
    for (size_t i = 0; i < named.n_wells; i++) {
        rows += named.wells[i].n_targets;
        duplex += named.wells[i].n_targets == 2;
        double lambda[16];
        if (named.wells[i].counts[0] > 0) {
            assert_int_equal(rsp_plex_linkage(named.wells[i].counts, named.wells[i].n_targets,
                                              lambda, NULL, &err), RSP_OK);
        }
    }
    assert_int_equal(rows, 176);
    assert_int_equal(duplex, 24); /* RPP30 and its shear amplicon */
    rsp_arena_free(arena);
}

/* Lotspeich 2024's first participant: the published estimate. */
static void seventeen_people_of_a_real_outgrowth_study_are_read(void **state)
{
    (void)state;
    char path[600];
    rsp_arena *arena = rsp_arena_new();
    rsp_outgrowth *people = NULL;
    size_t n = 0;
    rsp_error err = {0};
    snprintf(path, sizeof path, "%s/data/qvoa-udsa-unc.csv", shared);
    if (absent(rsp_outgrowth_read(path, arena, &people, &n, &err), &err)) {
        rsp_arena_free(arena);
        skip();
    }
    assert_int_equal(n, 17);
    rsp_dilution_level levels[8];
    for (size_t i = 0; i < people[0].n_levels; i++) {
        const rsp_outgrowth_level *l = &people[0].levels[i];
        levels[i] = (rsp_dilution_level){l->million_cells, l->wells, l->positive};
    }
    const rsp_dilution_options o = rsp_dilution_defaults();
    rsp_dilution fit;
    assert_int_equal(rsp_dilution_fit(levels, people[0].n_levels, &o, &fit, &err), RSP_OK);
    assert_true(fit.iupm > 0.045194 && fit.iupm < 0.045196); /* 0.0451947 */
    rsp_arena_free(arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(droplets_by_target_are_read),
        cmocka_unit_test(droplets_by_pattern_are_packed_to_the_targets_of_each_well),
        cmocka_unit_test(a_bad_plate_is_answered_by_row_and_column),
        cmocka_unit_test(wells_of_an_outgrowth_assay_are_read_by_participant),
        cmocka_unit_test(bad_wells_are_answered_by_row_and_column),
        cmocka_unit_test(a_real_plate_agrees_with_itself),
        cmocka_unit_test(seventeen_people_of_a_real_outgrowth_study_are_read),
    };
    shared = argc > 1 ? argv[1] : "../shared";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
