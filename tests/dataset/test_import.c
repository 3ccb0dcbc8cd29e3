#define _DEFAULT_SOURCE /* mkstemp, pwrite */
/* Files of laboratories, read with a map of their columns. */
#include "rows.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "respite/import.h"

static const char *shared; /* the folder of real data */

static rsp_dataset_maker *read_ok(const char *text, const rsp_import_map *map)
{
    rsp_importer *im = rsp_import_new(NULL);
    rsp_dataset_maker *m = NULL;
    rsp_error err = {0};
    rsp_status s = rsp_import_csv_text(im, "dir/trial.csv", text, strlen(text), map, &err);
    s = s == RSP_OK ? rsp_import_finish(im, &m, &err) : s;
    if (s != RSP_OK) {
        fail_msg("%u:%u: %s", err.line, err.column, err.message);
    }
    rsp_import_free(im);
    return m;
}

static const rsp_import_measure viral_load = {
    .assay = {.text = "viral_load"}, .value = "vl", .unit = {.text = "copies/mL"},
    .limit = {.text = "50"}};

static void a_result_says_its_state_in_every_way_laboratories_write_it(void **state)
{
    (void)state;
    static const struct {
        const char *value, *flag;
        rsp_result_state is;
        double value_is, lloq, uloq;
    } cases[] = {
        {"1234", "0", RSP_NUMBER, 1234, 50, 0},
        {"1.2e3", "", RSP_NUMBER, 1200, 50, 0},
        {"<20", "", RSP_BELOW_LLOQ, NAN, 20, 0},
        {"< 20 detected", "", RSP_BELOW_LLOQ, NAN, 20, 0},
        {"<20 not detected", "", RSP_NOT_DETECTED, NAN, 20, 0},
        {"TND", "", RSP_NOT_DETECTED, NAN, 50, 0},
        {"Not Detected", "", RSP_NOT_DETECTED, NAN, 50, 0},
        {">10000000", "", RSP_ABOVE_ULOQ, NAN, 50, 1e7},
        {"50", "1", RSP_BELOW_LLOQ, NAN, 50, 0},
        {"20", "N", RSP_NUMBER, 20, 50, 0}, /* the flag decides */
        {"", "", RSP_MISSING, NAN, 50, 0},
        {"NA", "", RSP_MISSING, NAN, 50, 0}};
    rsp_import_measure measure = viral_load;
    measure.below = "flag";
    const rsp_import_map map = {.subject = "id", .day = "day", .measures = &measure,
                                .n_measures = 1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        snprintf(text, sizeof text, "id,day,vl,flag\na,1.5,%s,%s\n", cases[i].value,
                 cases[i].flag);
        rsp_dataset_maker *m = read_ok(text, &map);
        const rsp_measurement *r = rsp_dataset_view(m)->measurements;
        assert_int_equal(rsp_dataset_view(m)->n_measurements, 1);
        assert_int_equal(r->state, cases[i].is);
        assert_true(r->value == cases[i].value_is || (isnan(r->value) && isnan(cases[i].value_is)));
        assert_true(r->lloq == cases[i].lloq && r->uloq == cases[i].uloq && r->day == 1.5);
        assert_string_equal(r->reason, cases[i].is == RSP_MISSING ? "not reported" : "");
        rsp_dataset_free(m);
    }
}

static void without_a_flag_a_number_beyond_a_limit_is_no_number(void **state)
{
    (void)state;
    rsp_import_measure measure = viral_load;
    measure.limit = (rsp_import_cell){.column = "lod"};
    measure.upper = (rsp_import_cell){.text = "1e6"};
    const rsp_import_map map = {.subject = "id", .day = "day", .measures = &measure,
                                .n_measures = 1};
    rsp_dataset_maker *m = read_ok("id,day,vl,lod\na,1,49,50\na,2,50,50\na,3,1e7,50\na,4,3,\n",
                                   &map);
    static const rsp_result_state want[] = {RSP_BELOW_LLOQ, RSP_NUMBER, RSP_ABOVE_ULOQ,
                                            RSP_NUMBER};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(rsp_dataset_view(m)->measurements[i].state, want[i]);
    }
    rsp_dataset_free(m);
}

/* A byte order mark, CRLF, quotes, another case of a name, weeks. */
static void a_long_table_has_its_assays_in_a_column(void **state)
{
    (void)state;
    const rsp_import_measure measure = {.assay = {.column = "test"}, .value = "RESULT",
                                        .unit = {.column = "unit"}};
    const rsp_import_map map = {.subject = "id", .arm = {.column = "arm"},
                                .day = "week", .day_unit = "weeks", .planned_day = "planned",
                                .measures = &measure, .n_measures = 1};
    rsp_dataset_maker *m = read_ok(
        "\xef\xbb\xbfid,arm,week,planned,test,result,unit\r\n"
        "P-2,\"CAR T, low\",1,1,cd4,500,cells/uL\r\n"
        "P-1,none,0,0,viral_load,<20,copies/mL\r\n"
        "P-2,\"CAR T, low\",1,2,viral_load,1e5,copies/mL\r\n", &map);
    const rsp_dataset *d = rsp_dataset_view(m);
    assert_string_equal(d->study, "trial");
    assert_int_equal(d->n_arms, 2);
    assert_string_equal(d->arms[0], "CAR T, low");
    assert_int_equal(d->n_subjects, 2);
    assert_string_equal(d->subjects[0].id, "P-2");
    assert_int_equal(d->subjects[1].arm, 1);
    assert_int_equal(d->n_measurements, 3);
    assert_string_equal(d->measurements[0].assay, "cd4");
    assert_string_equal(d->measurements[0].unit, "cells/uL");
    assert_true(d->measurements[1].day == 7 && d->measurements[1].planned_day == 14);
    assert_true(d->measurements[2].lloq == 20);
    rsp_dataset_free(m);
}

static void dates_are_days_since_the_reference(void **state)
{
    (void)state;
    const rsp_import_happening stop = {.what = {.text = "stop art"}, .date = "stopped",
                                       .reason = "why"};
    const rsp_import_map map = {.subject = "id", .date = "visit",
                                .reference = {.column = "infused"}, .measures = &viral_load,
                                .n_measures = 1, .happenings = &stop, .n_happenings = 1};
    rsp_dataset_maker *m = read_ok("id,visit,infused,vl,stopped,why\n"
                                   "a,2020-03-01,2020-02-28,100,2020-02-29T12:00,planned\n"
                                   "b,2021-03-01,2021-02-28,100,,\n", &map);
    const rsp_dataset *d = rsp_dataset_view(m);
    assert_true(d->measurements[0].day == 2 && d->measurements[1].day == 1); /* a leap year */
    assert_int_equal(d->n_happenings, 1);
    assert_true(d->happenings[0].day == 1.5 && isnan(d->happenings[0].amount));
    assert_string_equal(d->happenings[0].reason, "planned");
    rsp_dataset_free(m);
}

static void one_date_may_be_the_reference_of_all(void **state)
{
    (void)state;
    static const rsp_import_cell ways[] = {{.text = "2021-02-28"}, {.column = "2021-02-28"}};
    for (size_t i = 0; i < 2; i++) {
        const rsp_import_map map = {.subject = "id", .date = "visit", .reference = ways[i],
                                    .measures = &viral_load, .n_measures = 1};
        rsp_dataset_maker *m = read_ok("id,visit,vl\na,2021-03-01,100\n", &map);
        assert_true(rsp_dataset_view(m)->measurements[0].day == 1);
        rsp_dataset_free(m);
    }
}

static void a_column_without_a_role_is_kept(void **state)
{
    (void)state;
    const rsp_import_map map = {.subject = "id", .day = "day", .measures = &viral_load,
                                .n_measures = 1, .dropped = (const char *const[]){"junk"},
                                .n_dropped = 1};
    rsp_dataset_maker *m = read_ok("id,day,vl,age,sex,weight,note,junk\n"
                                   "a,0,100,41,F,70,,x\n"
                                   "a,7,100,41.0,,71,fever,y\n"
                                   "b,0,100,,M,80,,z\n", &map);
    const rsp_dataset *d = rsp_dataset_view(m);
    assert_int_equal(d->n_covariates, 1);
    assert_string_equal(d->covariates[0], "age");
    assert_true(d->subjects[0].covariates[0] == 41 && isnan(d->subjects[1].covariates[0]));
    assert_int_equal(d->n_texts, 2);
    assert_string_equal(d->texts[0], "sex");
    assert_string_equal(d->subjects[0].texts[0], "F");
    assert_string_equal(d->subjects[1].texts[0], "M");
    assert_string_equal(d->texts[1], "note"); /* once for `a`: one thing of each */
    assert_int_equal(d->n_measurements, 6); /* the weight changes */
    assert_string_equal(d->measurements[1].assay, "weight");
    assert_true(d->measurements[3].value == 71);
    rsp_dataset_free(m);
    m = read_ok("id,day,vl,note,junk\na,0,100,tired,\na,7,100,fever,y\n", &map);
    d = rsp_dataset_view(m);
    assert_int_equal(d->n_happenings, 2);
    assert_string_equal(d->happenings[1].what, "note");
    assert_string_equal(d->happenings[1].reason, "fever");
    rsp_dataset_free(m);
}

static void endpoints_end_as_their_codes_say(void **state)
{
    (void)state;
    static const rsp_import_code codes[] = {{"R", RSP_END_EVENT}, {"X", RSP_END_RESTART}};
    rsp_import_endpoint e = {.endpoint = {.text = "time_to_rebound"}, .time = "t", .left = "l",
                             .right = "r", .unit = {.text = "weeks"}, .event = "code",
                             .codes = codes, .n_codes = 2};
    const rsp_import_map map = {.subject = "id", .endpoints = &e, .n_endpoints = 1};
    rsp_dataset_maker *m = read_ok("id,t,l,r,code\na,3,2,3,R\nb,5,,,X\n", &map);
    const rsp_endpoint_row *r = rsp_dataset_view(m)->endpoints;
    assert_true(r[0].end == RSP_END_EVENT && r[0].day == 21 && r[0].left == 14 && r[0].right == 21);
    assert_true(r[1].end == RSP_END_RESTART && r[1].day == 35 && r[1].left == 35 &&
                isinf(r[1].right));
    rsp_dataset_free(m);
    /* The interval alone: an event where it ends. */
    e = (rsp_import_endpoint){.endpoint = {.text = "x"}, .left = "l", .right = "r"};
    m = read_ok("id,l,r\na,3,7\nb,5,\n", &map);
    r = rsp_dataset_view(m)->endpoints;
    assert_true(r[0].end == RSP_END_EVENT && r[0].day == 7 && r[0].left == 3);
    assert_true(r[1].end == RSP_END_STUDY && r[1].day == 5 && isinf(r[1].right));
    rsp_dataset_free(m);
    e = (rsp_import_endpoint){.endpoint = {.text = "x"}, .time = "l", .cnsr = "c"};
    m = read_ok("id,l,c\na,3,0\nb,5,3\nc,5,9\n", &map);
    r = rsp_dataset_view(m)->endpoints;
    assert_true(r[0].end == RSP_END_EVENT && r[1].end == RSP_END_LOST && r[2].end == RSP_END_STUDY);
    rsp_dataset_free(m);
    e = (rsp_import_endpoint){.endpoint = {.text = "x"}, .time = "l", .event = "c"};
    m = read_ok("id,l,c\na,3,yes\nb,5,0\nc,5,Lost\n", &map);
    r = rsp_dataset_view(m)->endpoints;
    assert_true(r[0].end == RSP_END_EVENT && r[1].end == RSP_END_STUDY && r[2].end == RSP_END_LOST);
    rsp_dataset_free(m);
}

/* A column of row numbers without a name, an empty one beside, rows of commas alone. */
static void what_spreadsheets_and_r_leave_is_passed_over(void **state)
{
    (void)state;
    const rsp_import_map map = {.subject = "id", .day = "day", .measures = &viral_load,
                                .n_measures = 1};
    rsp_dataset_maker *m = read_ok("\"\",\"id\",day,vl,\n1,a,0,100,\n,,,,\n2,b,0,TND,\n,,,,\n,,,,\n",
                                   &map);
    const rsp_dataset *d = rsp_dataset_view(m);
    assert_int_equal(d->n_measurements, 2);
    assert_int_equal(d->n_covariates + d->n_texts, 0);
    rsp_dataset_free(m);
}

static void files_of_one_trial_are_joined_by_participant(void **state)
{
    (void)state;
    static const char people[] = "id,arm,infusion,age\nb,A,0,30\na,B,0,40\n";
    static const char visits[] = "id,day,vl\na,0,100\nb,7,<20\n";
    const rsp_import_happening infuse = {.what = {.text = "infuse"}, .day = "infusion"};
    const rsp_import_map of_people = {.subject = "id", .arm = {.column = "arm"},
                                      .happenings = &infuse, .n_happenings = 1};
    const rsp_import_map of_visits = {.subject = "id", .day = "day", .measures = &viral_load,
                                      .n_measures = 1};
    rsp_importer *im = rsp_import_new("joined");
    rsp_dataset_maker *m = NULL;
    rsp_error err = {0};
    assert_int_equal(rsp_import_csv_text(im, "p", people, sizeof people - 1, &of_people, &err), RSP_OK);
    assert_int_equal(rsp_import_csv_text(im, "v", visits, sizeof visits - 1, &of_visits, &err), RSP_OK);
    assert_int_equal(rsp_import_finish(im, &m, &err), RSP_OK);
    const rsp_dataset *d = rsp_dataset_view(m);
    assert_string_equal(d->study, "joined");
    assert_int_equal(d->n_happenings, 2);
    assert_int_equal(d->measurements[0].arm, 0); /* b */
    assert_int_equal(d->measurements[1].arm, 1);
    assert_true(d->subjects[1].covariates[0] == 40);
    rsp_dataset_free(m);
    rsp_import_free(im);
}

static void a_bad_file_is_answered_by_file_row_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
        uint32_t line, column;
        rsp_status is;
    } cases[] = {
        {"", "empty", 1, 1, RSP_DATA},
        {"\n\n", "empty", 1, 1, RSP_DATA},
        {"id,day,vl\n", "no rows", 1, 1, RSP_DATA},
        {"id;day;vl\na;1;5\n", "separated by semicolons", 1, 1, RSP_DATA},
        {"id\tday\tvl\na\t1\t5\n", "separated by tabs", 1, 1, RSP_DATA},
        {"\xff\xfei", "UTF-16", 1, 1, RSP_DATA},
        {"PK\x03\x04", "spreadsheet", 1, 1, RSP_DATA},
        {"id,day,vl_\na,1,5\n", "no column 'vl' (value); did you mean 'vl_'? The columns are id, day, vl_", 1, 1, RSP_NAME},
        {"id,day,vl,vl\na,1,5,6\n", "vl stands twice", 1, 1, RSP_DATA},
        {"id,day,vl\na,1,5\na,2\n", "row 2 has 2 fields; the names are 3", 3, 1, RSP_DATA},
        {"id,day,vl\na,1,5\na,2", "cut short", 3, 1, RSP_DATA},
        {"id,day,vl\na,1,5\na,2,5,6\n", "row 2 has 4 fields", 3, 1, RSP_DATA},
        {"id,day,vl\na,1,5\n\na,2,NaN\n", "row 2, column vl: found 'NaN'; a number is expected; leave", 4, 5, RSP_DATA},
        {"id,day,vl\na,1,5x\n", "row 1, column vl: found '5x'", 2, 5, RSP_DATA},
        {"id,day,vl\na,1,\"1,5\"\n", "with a point", 2, 5, RSP_DATA},
        {"id,day,vl\na,,5\n", "row 1, column day: found ''", 2, 3, RSP_DATA},
        {"id,day,vl\na,44197,5\n", "a study day within", 2, 3, RSP_DATA},
        {"id,day,vl\n,1,5\n", "row 1, column id", 2, 1, RSP_DATA},
        {"id,day,vl\na,1,5\nb,1,5\na,1.0,6\n", "row 3: participant a has a second viral_load on day 1; the first is on line 2", 4, 1, RSP_DATA},
        {"id,day,vl\na,1,\"5\n", "never closed", 2, 5, RSP_DATA},
        {"id,day,vl\na,1,\xff\n", "UTF-8", 2, 5, RSP_DATA},
    };
    const rsp_import_map map = {.subject = "id", .day = "day", .measures = &viral_load,
                                .n_measures = 1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rsp_importer *im = rsp_import_new(NULL);
        rsp_error err = {0};
        rsp_status s = rsp_import_csv_text(im, "bad.csv", cases[i].text, strlen(cases[i].text), &map, &err);
        if (s != cases[i].is || !strstr(err.message, cases[i].says) || err.line != cases[i].line ||
            err.column != cases[i].column || strcmp(err.source, "bad.csv") != 0) {
            fail_msg("case %zu: %s:%u:%u: %s", i, err.source, err.line, err.column, err.message);
        }
        rsp_import_free(im);
    }
}

static void a_date_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"2021-02-29", "2021-3-9", "09.03.2021", "2021-13-01",
                                      "2021-03", "2021-03-09T25:00", "44197", "2021-03-09x"};
    const rsp_import_map map = {.subject = "id", .date = "when", .reference = {.text = "2021-01-01"},
                                .measures = &viral_load, .n_measures = 1};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[80];
        rsp_error err = {0};
        rsp_importer *im = rsp_import_new(NULL);
        snprintf(text, sizeof text, "id,when,vl\na,%s,5\n", bad[i]);
        assert_int_equal(rsp_import_csv_text(im, "b", text, strlen(text), &map, &err), RSP_DATA);
        assert_non_null(strstr(err.message, "column when: found"));
        assert_int_equal(err.column, 3);
        rsp_import_free(im);
    }
}

static rsp_dataset_maker *read_nonmem(const char *text, const rsp_nonmem *how, rsp_error *err)
{
    char path[] = "/tmp/respite-nonmem-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    close(file);
    rsp_importer *im = rsp_import_new("n");
    rsp_dataset_maker *m = NULL;
    rsp_status s = rsp_import_nonmem(im, path, how, err);
    s = s == RSP_OK ? rsp_import_finish(im, &m, err) : s;
    assert_true((s == RSP_OK) == (m != NULL));
    rsp_import_free(im);
    remove(path);
    return m;
}

static void nonmem_holds_doses_and_censored_observations(void **state)
{
    (void)state;
    static const rsp_nonmem_assay assays[] = {{1, "viral_load", "copies/mL"}};
    const rsp_nonmem how = {.time_unit = "hours", .assays = assays, .n_assays = 1};
    rsp_error err = {0};
    rsp_dataset_maker *m = read_nonmem(
        "C,#ID,TIME,AMT,EVID,DV,MDV,CENS,DVID,WT,SEX\n"
        ",7,0,1e8,1,.,1,0,.,70,1\n"
        ",7,24,.,0,1500,0,0,1,70,1\n"
        ",7,48,.,0,50,0,1,1,70,1\n"
        ",7,72,.,0,1e7,0,-1,1,70,1\n"
        ",7,96,.,0,.,1,0,1,70,1\n"
        "C,7,96,.,0,xx,1,0,1,70,1\n"
        ",7,96,.,2,.,1,0,1,70,1\n"
        ",9,24,.,0,3,0,0,2,80,0\n", &how, &err);
    if (!m) {
        fail_msg("%s", err.message);
    }
    const rsp_dataset *d = rsp_dataset_view(m);
    static const rsp_result_state want[] = {RSP_NUMBER, RSP_BELOW_LLOQ, RSP_ABOVE_ULOQ,
                                            RSP_MISSING, RSP_NUMBER};
    assert_int_equal(d->n_measurements, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(d->measurements[i].state, want[i]);
    }
    assert_true(d->measurements[0].day == 1 && d->measurements[1].lloq == 50);
    assert_true(d->measurements[2].uloq == 1e7);
    assert_string_equal(d->measurements[0].unit, "copies/mL");
    assert_string_equal(d->measurements[4].assay, "dv_2");
    assert_int_equal(d->n_happenings, 1);
    assert_true(d->happenings[0].amount == 1e8);
    assert_int_equal(d->n_covariates, 2);
    assert_true(d->subjects[1].covariates[0] == 80);
    assert_string_equal(d->subjects[1].id, "9");
    rsp_dataset_free(m);
    static const struct { const char *text, *says; } bad[] = {
        {"ID,TIME\n1,2\n", "no column 'DV' (NONMEM)"},
        {"ID,TIME,DV,CENS\n1,2,3,7\n", "column CENS: found '7'"},
        {"ID,TIME,DV\n1,,3\n", "column TIME: found ''"},
        {"ID,TIME,DV\n.,1,3\n", "column ID: found '.'"},
        {"ID,TIME,DV\n1,1,3\n1,1,4\n", "participant 1 has a second dv on day"},
        {"ID,TIME,DV\n", "no rows"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(read_nonmem(bad[i].text, &how, &err));
        if (!strstr(err.message, bad[i].says)) {
            fail_msg("%s", err.message);
        }
    }
}

/* A pipe says that the reader stops at the line, not at the end of the file. */
static void an_endless_line_is_refused_before_it_is_in_memory(void **state)
{
    (void)state;
    char path[] = "/tmp/respite-line-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    static const char head[] = "id,day,vl\n";
    assert_int_equal(write(file, head, sizeof head - 1), sizeof head - 1);
    char block[4096];
    memset(block, 'x', sizeof block);
    assert_int_equal(write(file, block, sizeof block), sizeof block);
    assert_int_equal(lseek(file, 0, SEEK_SET), 0);
    for (size_t i = 0; i < 600; i++) { /* 2.4 MB of one line */
        assert_int_equal(pwrite(file, block, sizeof block, (off_t)(10 + i * sizeof block)), sizeof block);
    }
    close(file);
    const rsp_import_map map = {.subject = "id"};
    rsp_importer *im = rsp_import_new(NULL);
    rsp_error err = {0};
    assert_int_equal(rsp_import_csv(im, path, &map, &err), RSP_DATA);
    assert_non_null(strstr(err.message, "longer than 1048576 bytes"));
    assert_int_equal(err.line, 2);
    rsp_import_free(im);
    remove(path);
}

/* ---- Real data. */

static bool there(const char *name, char path[600])
{
    snprintf(path, 600, "%s/%s", shared, name);
    FILE *f = fopen(path, "rb");
    if (!f) {
        print_message("%s is not there: skipped\n", path);
        return false;
    }
    fclose(f);
    return true;
}

static rsp_dataset_maker *import_file(const char *path, const rsp_import_map *map)
{
    rsp_importer *im = rsp_import_new(NULL);
    rsp_dataset_maker *m = NULL;
    rsp_error err = {0};
    rsp_status s = rsp_import_csv(im, path, map, &err);
    s = s == RSP_OK ? rsp_import_finish(im, &m, &err) : s;
    if (s != RSP_OK) {
        fail_msg("%s", err.message);
    }
    rsp_import_free(im);
    return m;
}

static void macaques_of_the_rebound_study_are_read(void **state)
{
    (void)state;
    char path[600];
    if (!there("data/siv-rebound-lanl.csv", path)) {
        skip();
    }
    const rsp_import_measure vl = {.assay = {.text = "viral_load"}, .value = "vl_copies_ml",
                                   .unit = {.text = "copies/mL"}, .below = "left_censored"};
    const rsp_import_where rebound = {"phase", "rebound"};
    const rsp_import_map map = {.subject = "animal", .day = "day", .where = &rebound, .n_where = 1,
                                .measures = &vl, .n_measures = 1};
    rsp_dataset_maker *m = import_file(path, &map);
    const rsp_dataset *d = rsp_dataset_view(m);
    size_t below = 0;
    assert_int_equal(d->n_subjects, 25);
    for (size_t i = 0; i < d->n_measurements; i++) {
        below += d->measurements[i].state == RSP_BELOW_LLOQ;
        assert_true(d->measurements[i].state != RSP_BELOW_LLOQ || d->measurements[i].lloq == 50);
    }
    assert_true(below > 0 && below < d->n_measurements);
    assert_int_equal(d->n_texts, 1); /* the study */
    rsp_dataset_free(m);
}

static void the_macaques_intervals_are_read(void **state)
{
    (void)state;
    char path[600];
    if (!there("data/siv-rebound-lanl-tte.csv", path)) {
        skip();
    }
    const rsp_import_endpoint e = {.endpoint = {.text = "time_to_rebound"},
                                   .left = "last_undetected_day", .right = "first_detected_day",
                                   .event = "rebounded"};
    const rsp_import_map map = {.subject = "animal", .arm = {.column = "art_start_day_pi"},
                                .endpoints = &e, .n_endpoints = 1};
    rsp_dataset_maker *m = import_file(path, &map);
    const rsp_dataset *d = rsp_dataset_view(m);
    assert_int_equal(d->n_endpoints, 25);
    for (size_t i = 0; i < d->n_endpoints; i++) {
        bool event = d->endpoints[i].end == RSP_END_EVENT;
        assert_true(d->endpoints[i].left < d->endpoints[i].right);
        assert_true(event != isinf(d->endpoints[i].right));
    }
    rsp_dataset_free(m);
}

static void people_without_treatment_are_read(void **state)
{
    (void)state;
    char path[600];
    if (!there("data/hivevo-untreated-vl-cd4.csv", path)) {
        skip();
    }
    const rsp_import_measure both[] = {
        {.assay = {.text = "viral_load"}, .value = "vl_copies_ml", .unit = {.text = "copies/mL"}},
        {.assay = {.text = "cd4"}, .value = "cd4_per_ul", .unit = {.text = "cells/uL"}}};
    const rsp_import_map map = {.subject = "patient", .day = "day_since_infection",
                                .measures = both, .n_measures = 2};
    rsp_dataset_maker *m = import_file(path, &map);
    const rsp_dataset *d = rsp_dataset_view(m);
    assert_int_equal(d->n_subjects, 11);
    assert_true(d->n_measurements >= 2 * 92); /* and templates sequenced, where known */
    rsp_dataset_free(m);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_says_its_state_in_every_way_laboratories_write_it),
        cmocka_unit_test(without_a_flag_a_number_beyond_a_limit_is_no_number),
        cmocka_unit_test(a_long_table_has_its_assays_in_a_column),
        cmocka_unit_test(dates_are_days_since_the_reference),
        cmocka_unit_test(one_date_may_be_the_reference_of_all),
        cmocka_unit_test(a_column_without_a_role_is_kept),
        cmocka_unit_test(endpoints_end_as_their_codes_say),
        cmocka_unit_test(what_spreadsheets_and_r_leave_is_passed_over),
        cmocka_unit_test(files_of_one_trial_are_joined_by_participant),
        cmocka_unit_test(a_bad_file_is_answered_by_file_row_and_column),
        cmocka_unit_test(a_date_that_is_none_is_refused),
        cmocka_unit_test(nonmem_holds_doses_and_censored_observations),
        cmocka_unit_test(an_endless_line_is_refused_before_it_is_in_memory),
        cmocka_unit_test(macaques_of_the_rebound_study_are_read),
        cmocka_unit_test(the_macaques_intervals_are_read),
        cmocka_unit_test(people_without_treatment_are_read),
    };
    shared = argc > 1 ? argv[1] : "../shared";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
