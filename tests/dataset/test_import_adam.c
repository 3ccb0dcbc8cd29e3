#define _DEFAULT_SOURCE /* mkdtemp */
/* ADaM of others. */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "respite/import.h"

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

typedef struct file { const char *name, *text; } file;

/* The files of a directory, read; what went wrong in `err`, what was noted in `notes`. */
static rsp_dataset_maker *read_files(const file *files, size_t n, rsp_error *err, char notes[1000])
{
    char dir[] = "/tmp/respite-adam-XXXXXX", command[100];
    assert_non_null(mkdtemp(dir));
    for (size_t i = 0; i < n; i++) {
        write_file(dir, files[i].name, files[i].text);
    }
    rsp_importer *im = rsp_import_new("S");
    rsp_dataset_maker *m = NULL;
    rsp_status s = rsp_import_adam(im, dir, err);
    s = s == RSP_OK ? rsp_import_finish(im, &m, err) : s;
    assert_true((s == RSP_OK) == (m != NULL));
    snprintf(notes, 1000, "%s", rsp_import_notes(im));
    rsp_import_free(im);
    snprintf(command, sizeof command, "rm -r '%s'", dir);
    assert_int_equal(system(command), 0);
    return m;
}

#define ADSL "USUBJID,TRT01P,TRT01PN,TRTSDT,EOSDT,AGE,SEX,SAFFL,DCSREAS\n"

static void data_sets_of_others_are_joined_by_participant(void **state)
{
    (void)state;
    static const file files[] = {
        {"adtte.csv", "USUBJID,PARAMCD,PARAM,AVAL,AVALU,CNSR,STARTDT,ADT,AGE\n"
                      "01-02,TTR,Time to rebound,4,WEEKS,0,2020-01-29,,33\n"
                      "01-01,TTR,Time to rebound,84,DAYS,1,2020-01-29,,41\n"},
        {"adsl.csv", ADSL "01-01,CAR T,2,2020-01-01,25FEB2020,41,F,Y,\n"
                          "01-02,Control,1,21946,,33,M,N,withdrew\n"},
        {"advl.csv", "USUBJID,PARAMCD,PARAM,AVAL,AVALC,ADT,ADY,AVISIT,LLOQ,DTYPE,BASE\n"
                     "01-01,HIVRNA,HIV-1 RNA (copies/mL),10,<20,2020-01-08,8,Week 1,,,10\n"
                     "01-01,HIVRNA,HIV-1 RNA (copies/mL),1500,1500,2020-01-15,,Week 2,20,,10\n"
                     "01-01,HIVRNA,HIV-1 RNA (copies/mL),1500,1500,2020-01-22,22,Week 3,20,LOCF,10\n"
                     "01-02,HIVRNA,HIV-1 RNA (copies/mL),,Not detected,,-1,Base,20,,\n"},
        {"adae.csv", "USUBJID,AESEQ,AETERM,AEDECOD,AESTDTC,ASTDY,AENDT,AEDY,AETOXGR\n"
                     "01-01,7,hot,Pyrexia,2020-01-02,2,2020-01-05,8,3\n"},
        {"notes.csv", "a,b\n1,2\n"}};
    rsp_error err = {0};
    char notes[1000];
    rsp_dataset_maker *m = read_files(files, 5, &err, notes);
    if (!m) {
        fail_msg("%s: %s", err.source, err.message);
    }
    const rsp_dataset *d = rsp_dataset_view(m);
    assert_int_equal(d->n_subjects, 2);
    assert_string_equal(d->arms[0], "Control"); /* by its number */
    assert_string_equal(d->subjects[0].id, "01-01");
    assert_int_equal(d->subjects[0].arm, 1);
    assert_string_equal(d->subjects[1].reason, "withdrew");
    assert_string_equal(d->covariates[0], "AGE");
    assert_true(d->subjects[1].covariates[0] == 33);
    assert_string_equal(d->texts[1], "SAFFL"); /* a population of theirs */
    /* AVALC stands above the number imputed; day 8 is day 7 from 0; a date without ADY. */
    assert_int_equal(d->n_measurements, 3);
    assert_int_equal(d->measurements[0].state, RSP_BELOW_LLOQ);
    assert_true(d->measurements[0].lloq == 20 && d->measurements[0].day == 7);
    assert_string_equal(d->measurements[0].unit, "copies/mL");
    assert_string_equal(d->measurements[0].assay, "HIVRNA");
    assert_true(d->measurements[1].day == 14 && d->measurements[1].value == 1500);
    assert_true(d->measurements[2].day == -1);
    assert_int_equal(d->measurements[2].state, RSP_NOT_DETECTED);
    assert_true(d->endpoints[0].day == 84 && d->endpoints[0].end == RSP_END_STUDY);
    assert_true(d->endpoints[1].day == 28 && d->endpoints[1].arm == 0);
    assert_int_equal(d->n_happenings, 4); /* two infused (21946 is 2020-02-01), one end, fever */
    assert_string_equal(d->happenings[1].what, RSP_ADVERSE_EVENT);
    assert_string_equal(d->happenings[1].reason, "Pyrexia");
    assert_true(d->happenings[1].day == 1 && d->happenings[1].amount == 3);
    assert_true(d->happenings[1].over && d->happenings[1].end_day == 4);
    assert_true(d->happenings[1].reported && d->happenings[1].reported_day == 7);
    assert_true(d->happenings[2].day == 55); /* the end */
    assert_non_null(strstr(notes, "notes.csv: no ADaM data set"));
    assert_non_null(strstr(notes, "1 rows with a DTYPE"));
    assert_non_null(strstr(notes, "advl.csv: not kept, for they vary within a participant: AVISIT"));
    rsp_dataset_free(m);
}

static void a_bad_data_set_is_answered_by_file_row_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *says;
    } cases[] = {
        {"adsl.csv", ADSL "a,X,1,2020-01-01,,1,F,Y,\na,X,1,2020-01-01,,1,F,Y,\n", "row 2, column USUBJID: found 'a'; the participant has a row above"},
        {"adsl.csv", ADSL "a,X,1,2020-02-30,,1,F,Y,\n", "column TRTSDT: found '2020-02-30'"},
        {"adsl.csv", ADSL "a,X,1,,2020-02-20,1,F,Y,\n", "column EOSDT: found '2020-02-20'; a date needs TRTSDT"},
        {"adsl.csv", ADSL "a,X,1,,,1,F,Y,\nb,X,2,,,1,F,Y,\n", "the same treatment has the number 1 above"},
        {"adsl.csv", ADSL ",X,1,,,1,F,Y,\n", "column USUBJID: found ''"},
        {"adsl.csv", ADSL, "no rows"},
        {"adtte.csv", "USUBJID,ARM,PARAMCD,AVAL,CNSR\na,X,T,-1,0\n", "column AVAL: found '-1'; a time >= 0"},
        {"adtte.csv", "USUBJID,ARM,PARAMCD,AVAL,CNSR\na,X,T,,0\n", "column AVAL: found ''; a time >= 0"},
        {"adtte.csv", "USUBJID,ARM,PARAMCD,AVAL,CNSR\na,X,T,1,0.5\n", "column CNSR"},
        {"adtte.csv", "USUBJID,ARM,PARAMCD,AVAL,CNSR\na,X,T,1,0\na,X,T,2,0\n", "row 2: participant a has a second T; the first is on line 2"},
        {"adtte.csv", "USUBJID,ARM,PARAMCD,AVAL,CNSR\na,X,T,1,0\na,Y,U,2,0\n", "participant a has another treatment above"},
        {"adtte.csv", "USUBJID,ARM,PARAMCD,AVAL,CNSR,AVALL,AVALR\na,X,T,1,0,5,2\n", "ends before it begins"},
        {"adtte.csv", "USUBJID,ARM,PARAMC,AVAL,CNSR\na,X,T,1,0\n", "there is no column 'PARAMCD' (ADaM); did you mean 'PARAMC'?"},
        {"advl.csv", "USUBJID,ARM,PARAMCD,AVAL,ADY\na,X,V,1,0\n", "a study day of ADaM has no day 0"},
        {"advl.csv", "USUBJID,ARM,PARAMCD,AVAL,ADY\na,X,V,1,\n", "the day of a measurement"},
        {"advl.csv", "USUBJID,ARM,PARAMCD,AVAL,ADY\na,X,V,1,2\na,X,V,3,2\n", "participant a has a second V on day 1"},
        {"advl.csv", "USUBJID;ARM;PARAMCD;AVAL;ADY\na;X;V;1;2\n", "semicolons"},
        {"data.csv", "A,B\n1,2\n", "holds no ADaM data set"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const file one = {cases[i].name, cases[i].text};
        rsp_error err = {0};
        char notes[1000];
        rsp_dataset_maker *m = read_files(&one, 1, &err, notes);
        if (m || !strstr(err.message, cases[i].says)) {
            fail_msg("case %zu: %s: %s", i, err.source, err.message);
        }
    }
}

/* ADAE that contradicts ADSL or itself, of ours and of others. */
static void an_adae_that_contradicts_is_answered_by_row_and_column(void **state)
{
    (void)state;
#define OURS "STUDYID,USUBJID,SUBJID,TRIAL,ARM,TRT01P,TRT01PN,"
#define WHO(id, n) "s," id "," n ",0,X,X,1,"
#define ADAE OURS "AESEQ,AETERM,ASTDT,AENDT,AEDT,AETOXGR\n"
#define FIRST WHO("s-0-0", "0") "1,fever,3,5,4,2\n"
    static const char ours[] = OURS "EOSDT\n" WHO("s-0-0", "0") "84\n" WHO("s-0-1", "1") "84\n";
    static const char others[] = ADSL "a,X,1,2020-01-01,,1,F,Y,\nb,X,1,2020-01-01,,1,F,Y,\n";
    static const struct {
        const char *adsl, *adae, *says;
    } cases[] = {
        {ours, ADAE FIRST WHO("s-0-0", "0") "2,fever,5,,7,5\n" WHO("s-0-1", "1") "1,fever,5,,,1\n", NULL},
        {ours, ADAE FIRST WHO("s-0-0", "1") "1,fever,5,,,1\n", "row 2, column USUBJID: found 's-0-0'; participant 1 of trial 0 is s-0-1 in other rows"},
        {ours, ADAE FIRST WHO("s-0-2", "2") "1,fever,5,,,1\n", "row 2, column SUBJID: found '2'; ADSL has no such participant"},
        {ours, ADAE WHO("s-0-0", "0") "1,fever,3,2,4,2\n", "row 1, column AENDT: found '2'; the event is over before it began"},
        {ours, ADAE WHO("s-0-0", "0") "1,fever,3,5,2,2\n", "row 1, column AEDT: found '2'; it was reported before it began"},
        {ours, ADAE FIRST WHO("s-0-0", "0") "2,fever,6,7,8,9\n", "row 2, column AETOXGR: found '9'; a grade is a whole number from 1 to 5"},
        {ours, ADAE FIRST WHO("s-0-0", "0") "2,fever,6,7,8,2.5\n", "found '2.5'; a grade is"},
        {ours, ADAE FIRST WHO("s-0-0", "0") "1,fever,6,7,8,2\n", "row 2, column AESEQ: found '1'; the participant has this number in row 1"},
        {others, "USUBJID,AESEQ,AETERM,ASTDY,AENDY,AETOXGR\nb,1,hot,2,5,3\nb,2,hot,2,,\na,1,hot,2,2,1\n", NULL},
        {others, "USUBJID,AESEQ,AETERM,ASTDY,AENDY,AETOXGR\nb,1,hot,2,5,3\nc,1,hot,2,5,3\n", "row 2, column USUBJID: found 'c'; ADSL has no such participant"},
        {others, "USUBJID,AESEQ,AETERM,ASTDY,AENDY,AETOXGR\nb,1,hot,6,5,3\n", "row 1, column AENDY: found '5'; the event is over before it began"},
        {others, "USUBJID,AESEQ,AETERM,ASTDY,AENDY,AETOXGR\nb,1,hot,2,5,0\n", "column AETOXGR: found '0'"},
        {others, "USUBJID,AESEQ,AETERM,ASTDY,AENDY,AETOXGR\nb,4,hot,2,5,1\na,4,hot,2,,\nb,4,hot,9,,\n", "row 3, column AESEQ: found '4'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const file files[] = {{"adae.csv", cases[i].adae}, {"adsl.csv", cases[i].adsl}};
        rsp_error err = {0};
        char notes[1000];
        rsp_dataset_maker *m = read_files(files, 2, &err, notes);
        if (cases[i].says ? m || !strstr(err.message, cases[i].says) || !strstr(err.source, "adae.csv") : !m) {
            fail_msg("case %zu: %s: %s", i, err.source, err.message);
        }
        rsp_dataset_free(m);
    }
}

static void who_stands_in_no_arm_is_named(void **state)
{
    (void)state;
    static const file files[] = {
        {"adsl.csv", ADSL "a,X,1,2020-01-01,,1,F,Y,\n"},
        {"advl.csv", "USUBJID,PARAMCD,AVAL,ADY\nb,V,1,2\n"}};
    rsp_error err = {0};
    char notes[1000];
    assert_null(read_files(files, 2, &err, notes));
    assert_non_null(strstr(err.message, "participant b has no arm"));
}

static void a_covariate_says_the_same_in_every_file(void **state)
{
    (void)state;
    file files[] = {
        {"adsl.csv", ADSL "a,X,1,2020-01-01,,34,F,Y,\n"},
        {"adtte.csv", "USUBJID,PARAMCD,AVAL,CNSR,AGE\na,V,1,0,34.0\n"}};
    rsp_error err = {0};
    char notes[1000];
    rsp_dataset_maker *m = read_files(files, 2, &err, notes);
    assert_non_null(m);
    rsp_dataset_free(m);
    files[1].text = "USUBJID,PARAMCD,AVAL,CNSR,AGE\na,V,1,0,35\n";
    assert_null(read_files(files, 2, &err, notes));
    assert_non_null(strstr(err.message, "row 1, column AGE: found '35'; another file says '34'"));
    /* What ADSL does not say belongs to the rows. */
    files[0] = (file){"adlb.csv", "USUBJID,ARM,PARAMCD,AVAL,ADY,SRC\na,X,L,1,1,LB\n"};
    files[1].text = "USUBJID,PARAMCD,AVAL,CNSR,SRC\na,V,1,0,AVAL\n";
    m = read_files(files, 2, &err, notes);
    assert_non_null(m);
    assert_non_null(strstr(notes, "column SRC differs"));
    rsp_dataset_free(m);
}

static void our_files_and_others_are_not_mixed(void **state)
{
    (void)state;
    static const file files[] = {
        {"adsl.csv", ADSL "a,X,1,2020-01-01,,1,F,Y,\n"},
        {"adtte.csv", "USUBJID,SUBJID,TRIAL,ARM,PARAMCD,AVAL,CNSR\ns-0-1,1,0,X,V,1,0\n"}};
    rsp_error err = {0};
    char notes[1000];
    assert_null(read_files(files, 2, &err, notes));
    assert_non_null(strstr(err.message, "cannot be joined"));
}

static const char *shared;

static void a_transport_file_of_another_program_is_read(void **state)
{
    (void)state;
    char path[600];
    snprintf(path, sizeof path, "%s/assays/vectors/adtte_example.xpt", shared);
    rsp_importer *im = rsp_import_new(NULL);
    rsp_dataset_maker *m = NULL;
    rsp_error err = {0};
    rsp_status s = rsp_import_adam(im, path, &err);
    if (s == RSP_NOFILE) {
        print_message("%s is not there: skipped\n", path);
        rsp_import_free(im);
        skip();
    }
    s = s == RSP_OK ? rsp_import_finish(im, &m, &err) : s;
    if (s != RSP_OK) {
        fail_msg("%s", err.message);
    }
    assert_true(rsp_dataset_view(m)->n_endpoints > 0);
    rsp_dataset_free(m);
    rsp_import_free(im);
}

static void what_adev_says_is_not_said_again_by_the_dates_of_adsl(void **state)
{
    (void)state;
    static const char adsl[] = "USUBJID,TRT01P,TRTSDT,EOSDT\na,CAR T,2020-01-01,2020-01-09\n";
    static const char adev[] = "USUBJID,TRTSDT,EVTERM,ASTDT\na,2020-01-01,infuse,2020-01-01\n";
    const char *orders[3][2] = {{adsl, adev}, {adev, adsl}, {adsl, NULL}};
    for (size_t k = 0; k < 3; k++) {
        rsp_importer *im = rsp_import_new("S");
        rsp_dataset_maker *m = NULL;
        for (size_t i = 0; i < 2 && orders[k][i]; i++) {
            rsp_error err = {0};
            if (rsp_import_text(im, "t", orders[k][i], strlen(orders[k][i]), &err) != RSP_OK) {
                fail_msg("%s", err.message);
            }
        }
        assert_int_equal(rsp_import_finish(im, &m, NULL), RSP_OK);
        /* Alone, ADSL's dates are all there is: infused, and the end. */
        assert_int_equal(rsp_dataset_view(m)->n_happenings, k < 2 ? 1 : 2);
        rsp_dataset_free(m);
        rsp_import_free(im);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_sets_of_others_are_joined_by_participant),
        cmocka_unit_test(a_bad_data_set_is_answered_by_file_row_and_column),
        cmocka_unit_test(an_adae_that_contradicts_is_answered_by_row_and_column),
        cmocka_unit_test(who_stands_in_no_arm_is_named),
        cmocka_unit_test(a_covariate_says_the_same_in_every_file),
        cmocka_unit_test(our_files_and_others_are_not_mixed),
        cmocka_unit_test(a_transport_file_of_another_program_is_read),
        cmocka_unit_test(what_adev_says_is_not_said_again_by_the_dates_of_adsl),
    };
    shared = argc > 1 ? argv[1] : "../shared";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
