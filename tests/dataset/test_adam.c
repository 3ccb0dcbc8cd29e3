#define _POSIX_C_SOURCE 200809L
#include "rows.h"

#include <stdlib.h>
#include <string.h>

static rsp_dataset_maker *small_trial(void)
{
    rsp_dataset_maker *m = rows_new("liu2021");
    static const double traits[] = {41.5, 4.25};
    const rsp_subject subjects[] = {
        {.participant = 0, .arm = 0, .reason = "", .covariates = traits},
        {.participant = 0, .arm = 1, .reason = "", .covariates = traits},
        {.participant = 1, .arm = 0, .product_failed = true,
         .reason = "no product, \"too few cells\"", .covariates = NULL},
    };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rsp_dataset_add_subject(m, &subjects[i], NULL), RSP_OK);
    }
    rows_happening(m, 0, 0, -400, "start art", (double)NAN); /* not a restart */
    rows_happening(m, 0, 0, 0, "infuse", 1e8);
    rows_happening(m, 0, 0, 28.25, "stop art", (double)NAN);
    rows_happening(m, 0, 0, 70, "start art", (double)NAN);
    rows_happening(m, 0, 0, 365, "end", (double)NAN);
    rows_happening(m, 0, 1, 28.25, "stop art", (double)NAN);
    const rsp_happening fever = {.day = 3.5, .what = RSP_ADVERSE_EVENT, .amount = 2,
                                 .reason = "cytokine release"};
    const rsp_happening again = {.day = 40, .what = RSP_ADVERSE_EVENT, .amount = 3,
                                 .reason = "cytokine release", .over = true, .end_day = 44,
                                 .reported = true, .reported_day = 42.25};
    assert_int_equal(rsp_dataset_add_happening(m, &again, NULL), RSP_OK);
    assert_int_equal(rsp_dataset_add_happening(m, &fever, NULL), RSP_OK);
    double none = (double)NAN;
    rows_measurement(m, 0, 0, -14.5, "viral_load", RSP_NOT_DETECTED, none, 20);
    rows_measurement(m, 0, 0, 0, "viral_load", RSP_BELOW_LLOQ, none, 20);
    rows_measurement(m, 0, 0, 35.3, "viral_load", RSP_NUMBER, 1234.5, 20);
    rows_measurement(m, 0, 0, 42, "viral_load", RSP_ABOVE_ULOQ, none, 20);
    rows_measurement(m, 0, 0, 42, "viral_load", RSP_NOT_DETECTED, none, 20);
    rows_measurement(m, 0, 0, 49, "viral_load", RSP_MISSING, none, 20);
    rows_measurement(m, 0, 0, 49, "cd4", RSP_BELOW_LLOQ, none, none);
    const rsp_endpoint_row endpoints[] = {
        {.arm = 0, .endpoint = "time_to_rebound", .day = 7.05, .left = 0, .right = 7.05, .start_day = 28.25},
        {.arm = 1, .endpoint = "time_to_rebound", .day = 84, .end = RSP_END_STUDY, .left = 84, .right = (double)INFINITY, .start_day = 28.25},
        {.participant = 1, .arm = 0, .endpoint = "time_to_rebound", .day = none, .end = RSP_END_NOT_STARTED, .left = none, .right = none, .start_day = none},
    };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rsp_dataset_add_endpoint(m, &endpoints[i], NULL), RSP_OK);
    }
    rsp_dataset_sort(m);
    return m;
}

static char *file_of(const rsp_dataset *d, rsp_adam which)
{
    rsp_text text = {0};
    rsp_adam_header(which, d, &text);
    rsp_adam_rows(which, d, &text);
    assert_false(text.failed);
    return text.data;
}

static void a_small_trial_is_written_as_expected(void **state)
{
    (void)state;
#define HEAD "STUDYID,USUBJID,SUBJID,TRIAL,ARM,TRT01P,TRT01PN,"
#define CAR0 "liu2021,liu2021-0-0,0,0,CAR T,CAR T,1,"
#define CAR1 "liu2021,liu2021-0-1,1,0,CAR T,CAR T,1,"
#define NO_CAR "\"no CAR T, \"\"control\"\"\""
#define CONTROL0 "liu2021,liu2021-0-0,0,0," NO_CAR "," NO_CAR ",2,"
#define BDS "PARAMCD,PARAM,AVAL,AVALC,AVALU,ADT,ADY,ATIDY,AVISITN,LLOQ,CENSFL,REASND,ULOQ\n"
#define VL "VLCPML,viral_load,"
    static const char *const want[] = {
        [RSP_ADSL] = HEAD
        "ITTFL,SAFFL,ATIFL,PRODFFL,SIMFFL,SCROUTFL,TRTSDT,TRTDOSE,ATISDT,ARTRSDT,EOSDT,"
        "DCSREAS,AGE,LG10VRLL\n"
        CAR0 "Y,Y,Y,N,N,N,0,100000000,28.25,70,365,,41.5,4.25\n"
        CONTROL0 "Y,N,Y,N,N,N,,,28.25,,,,41.5,4.25\n"
        CAR1 "Y,N,N,Y,N,N,,,,,,\"no product, \"\"too few cells\"\"\",,\n",
        [RSP_ADTTE] = HEAD
        "PARAMCD,PARAM,AVAL,AVALU,CNSR,EVNTDESC,CNSDTDSC,STARTDT,ADT,AVALL,AVALR\n"
        CAR0 "TTREBOND,time_to_rebound,7.05,DAYS,0,event,,28.25,35.3,0,7.05\n"
        CONTROL0 "TTREBOND,time_to_rebound,84,DAYS,1,,end of study,28.25,112.25,84,\n"
        CAR1 "TTREBOND,time_to_rebound,,DAYS,5,,interruption not started,,,,\n",
        [RSP_ADVL] = HEAD BDS
        CAR0 VL ",not detected,copies/mL,-14.5,-15,-42.75,-15,20,Y,,\n"
        CAR0 VL ",<20 detected,copies/mL,0,1,-28.25,0,20,Y,,\n"
        CAR0 VL "1234.5,1234.5,copies/mL,35.3,36,7.05,35,20,,,\n"
        CAR0 VL ",above ULOQ,copies/mL,42,43,13.75,42,20,U,,\n"
        CAR0 VL ",not detected,copies/mL,42,43,13.75,42,20,Y,,\n"
        CAR0 VL ",,copies/mL,49,50,20.75,49,20,,missed visit,\n",
        [RSP_ADLB] = HEAD BDS
        CAR0 "CD4,cd4,,<LLOQ detected,copies/mL,49,50,20.75,49,,Y,,\n",
        [RSP_ADAE] = HEAD "AESEQ,AETERM,ASTDT,ASTDY,AENDT,AENDY,AEDT,AEDY,AETOXGR\n"
        CAR0 "1,cytokine release,3.5,4,,,,,2\n"
        CAR0 "2,cytokine release,40,41,44,45,42.25,43,3\n",
        [RSP_ADEV] = HEAD "EVTERM,ASTDT,ASTDY,EVAMT,EVREAS\n"
        CAR0 "start art,-400,-400,,\n"
        CAR0 "infuse,0,1,100000000,\n"
        CAR0 "stop art,28.25,29,,\n"
        CAR0 "start art,70,71,,\n"
        CAR0 "end,365,366,,\n"
        CONTROL0 "stop art,28.25,29,,\n",
    };
    rsp_dataset_maker *m = small_trial();
    for (int which = RSP_ADSL; which < RSP_N_ADAM; which++) {
        char *got = file_of(rsp_dataset_view(m), (rsp_adam)which);
        assert_string_equal(got, want[which]);
        free(got);
    }
    assert_string_equal(rsp_adam_file(RSP_ADVL), "advl.csv");
    rsp_dataset_free(m);
}

static void column_names_and_codes_have_at_most_eight_characters(void **state)
{
    (void)state;
    rsp_dataset_maker *m = small_trial();
    for (int which = RSP_ADSL; which < RSP_N_ADAM; which++) {
        rsp_text text = {0};
        rsp_adam_header((rsp_adam)which, rsp_dataset_view(m), &text);
        char *save = NULL;
        for (char *s = strtok_r(text.data, ",\n", &save); s; s = strtok_r(NULL, ",\n", &save)) {
            assert_in_range(strlen(s), 1, 8);
        }
        rsp_text_fini(&text);
    }
    rsp_dataset_free(m);
}

static void a_covariate_takes_no_column_that_stands_already(void **state)
{
    (void)state;
    static const char *const covariates[] = {"trial", "age", "Trial!", "dcsreas"};
    rsp_dataset_maker *m = rsp_dataset_new("s", rows_arms, 2, covariates, 4);
    rsp_text text = {0};
    rsp_adam_header(RSP_ADSL, rsp_dataset_view(m), &text);
    assert_non_null(strstr(text.data, ",DCSREAS,TRIAL_4,AGE,TRIAL_1,X4\n"));
    rsp_text_fini(&text);
    rsp_dataset_free(m);
}

static void codes_of_parameters_are_short_readable_and_unique(void **state)
{
    (void)state;
    static const struct {
        const char *name, *code;
    } cases[] = {{"viral_load", "VLCPML"}, {"intact_provirus", "IPDAINT"},
                 {"cd4", "CD4"}, {"time_to_set_point", "TTSETPNT"},
                 {"rebound_50", "REBOND50"}, {"\xc3\xa9t\xc3\xa9", "T"},
                 {"7_day", "P7DAY"}, {"---", "PARAM"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char code[RSP_PARAMCD_MAX];
        rsp_adam_paramcd(cases[i].name, &cases[i].name, 1, code);
        assert_string_equal(code, cases[i].code);
    }
    /* One that is a code already keeps it. */
    static const char *const both[] = {"age", "AGE", "AGE_3", "Age"};
    static const char *const expected[] = {"AGE_4", "AGE", "AGE_3", "AGE_7"};
    for (size_t i = 0; i < 4; i++) {
        char code[RSP_PARAMCD_MAX];
        rsp_adam_paramcd(both[i], both, 4, code);
        assert_string_equal(code, expected[i]);
    }
    enum { MANY = 150 };
    static char names[MANY][40];
    const char *list[MANY];
    char codes[MANY][RSP_PARAMCD_MAX];
    for (int i = 0; i < MANY; i++) { /* all alike in what fits */
        snprintf(names[i], sizeof names[i], "%s_of_the_first_kind_%d",
                 i % 2 ? "time_to_rebound" : "rbndngs", i);
        list[i] = names[i];
    }
    for (int i = 0; i < MANY; i++) {
        rsp_adam_paramcd(list[i], list, MANY, codes[i]);
        assert_in_range(strlen(codes[i]), 1, 8);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(codes[i], codes[k]);
        }
    }
}

static rsp_dataset_maker *read_ok(const char *text)
{
    rsp_dataset_maker *m = NULL;
    rsp_error err = {0};
    rsp_status s = rsp_adam_read_adtte_text("test.csv", text, strlen(text), &m, &err);
    if (s != RSP_OK) {
        fail_msg("%s: %s", text, err.message);
    }
    return m;
}

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void what_was_written_as_adtte_is_read_back(void **state)
{
    (void)state;
    rsp_dataset_maker *m = rows_new("a \"study\", of\ntwo lines");
    uint64_t seed = 5;
    for (uint32_t i = 0; i < 400; i++) { /* arms in the reverse of appearance */
        rsp_endpoint_row e = {.trial = i / 40, .participant = i / 2 % 20,
                              .arm = i / 2 % 20 ? (i & 1) : 1, .endpoint = i & 1 ? "time_to_rebound" : "dead"};
        e.end = (rsp_endpoint_end)(i % 6);
        bool at_risk = e.end != RSP_END_NOT_STARTED;
        e.day = at_risk ? 100 * rows_uniform(&seed) : (double)NAN;
        e.left = at_risk ? floor(e.day) : (double)NAN;
        e.right = e.end == RSP_END_EVENT ? e.day : (double)INFINITY;
        e.start_day = at_risk ? 28 + rows_uniform(&seed) : (double)NAN;
        assert_int_equal(rsp_dataset_add_endpoint(m, &e, NULL), RSP_OK);
    }
    rsp_dataset_sort(m);
    const rsp_dataset *a = rsp_dataset_view(m);
    char *text = file_of(a, RSP_ADTTE);
    rsp_dataset_maker *back = read_ok(text);
    const rsp_dataset *b = rsp_dataset_view(back);
    assert_string_equal(b->study, a->study);
    assert_int_equal(b->n_arms, 2);
    assert_string_equal(b->arms[0], a->arms[0]);
    assert_string_equal(b->arms[1], a->arms[1]);
    assert_int_equal(b->n_endpoints, a->n_endpoints);
    for (size_t i = 0; i < a->n_endpoints; i++) {
        const rsp_endpoint_row *x = &a->endpoints[i], *y = &b->endpoints[i];
        assert_int_equal(x->trial, y->trial);
        assert_int_equal(x->participant, y->participant);
        assert_int_equal(x->arm, y->arm);
        assert_int_equal(x->end, y->end);
        assert_string_equal(y->endpoint, *x->endpoint == 'd' ? "DEAD" : "TTREBOND");
        assert_true(same_number(x->day, y->day));
        assert_true(same_number(x->left, y->left));
        assert_true(same_number(x->right, y->right) || !isfinite(y->right));
        assert_true(same_number(x->start_day, y->start_day));
    }
    free(text);
    rsp_dataset_free(m);
    rsp_dataset_free(back);
}

static void adtte_of_others_is_read(void **state)
{
    (void)state;
    /* BOM, CRLF, other columns, other order, lower case, blanks, blank lines,
     * quotes, weeks, SAS's missing, a date, foreign codes of censoring. */
    rsp_dataset_maker *m = read_ok(
        "\xef\xbb\xbfusubjid,note,TRTP,TRTPN,paramcd,AVAL,AVALU,CNSR,STARTDT,AVALL\r\n"
        "X-1,\"a, \"\"b\"\"\r\nc\",Active,2,OS, 3 ,WEEKS,0,2020-01-01,2\r\n"
        "\r\n"
        "X-2,,Placebo,1,OS,10,,7,,.\r\n"
        "X-1,,Active,2,PFS,4,Days,1,,NA");
    const rsp_dataset *d = rsp_dataset_view(m);
    assert_int_equal(d->n_arms, 2);
    assert_string_equal(d->arms[0], "Placebo");
    assert_int_equal(d->n_subjects, 2);
    assert_int_equal(d->n_endpoints, 3);
    const rsp_endpoint_row *e = d->endpoints;
    assert_string_equal(e[0].endpoint, "OS");
    assert_true(e[0].day == 21 && e[0].left == 14 && e[0].right == 21);
    assert_int_equal(e[0].arm, 1);
    assert_int_equal(e[0].end, RSP_END_EVENT);
    assert_true(isnan(e[0].start_day));
    assert_string_equal(e[1].endpoint, "PFS");
    assert_int_equal(e[2].participant, 1);
    assert_int_equal(e[2].end, RSP_END_STUDY);
    assert_true(e[2].day == 10 && e[2].left == 10 && isinf(e[2].right));
    rsp_dataset_free(m);
    m = read_ok("USUBJID,TRT01P,TRT01PN,PARAMCD,AVAL,CNSR\n"
                "a,none,.,X,1,0\nb,two,2,X,1,0\nc,one,1,X,1,0\n");
    d = rsp_dataset_view(m); /* treatments without a number come last */
    assert_string_equal(d->arms[0], "one");
    assert_string_equal(d->arms[1], "two");
    assert_string_equal(d->arms[2], "none");
    assert_int_equal(d->endpoints[0].arm, 2);
    rsp_dataset_free(m);
    /* Old line ends, one arm, no numbers: by first appearance. */
    m = read_ok("SUBJID,ARM,PARAMCD,AVAL,CNSR\rb,z,OS,0,1\ra,y,OS,1e1,0\r");
    d = rsp_dataset_view(m);
    assert_string_equal(d->arms[0], "z");
    assert_true(d->endpoints[0].day == 0 && d->endpoints[1].day == 10);
    rsp_dataset_free(m);
}

static void a_bad_adtte_is_answered_by_place_and_reason(void **state)
{
    (void)state;
#define H "USUBJID,TRT01P,PARAMCD,AVAL,CNSR\n"
    static const struct {
        const char *text, *says;
        uint32_t line, column;
    } cases[] = {
        {"", "empty", 1, 1},
        {"\n\n", "empty", 1, 1},
        {H, "no rows", 1, 1},
        {"USUBJID,TRT01P,PARAMCD,AVL,CNSR\na,b,c,1,0\n", "AVAL is missing (there is 'AVL')", 1, 1},
        {"USUBJID;TRT01P;PARAMCD;AVAL;CNSR\n", "look separated by semicolons, and must be separated by commas", 1, 1},
        {"TRT01P,PARAMCD,AVAL,CNSR\n", "USUBJID", 1, 1},
        {"USUBJID,PARAMCD,AVAL,CNSR\n", "TRT01P", 1, 1},
        {"USUBJID,TRIAL,TRT01P,PARAMCD,AVAL,CNSR\n", "SUBJID", 1, 1},
        {"USUBJID,TRT01P,PARAMCD,AVAL,CNSR,aval\n", "AVAL stands twice", 1, 1},
        {H "a,b,c,1\n", "has 4 fields; the header has 5; the file ends here", 2, 1},
        {H "a,b,c,1,0\nx,b,c,1,0,9\n", "row 2 has 6 fields", 3, 1},
        {H "a,b,c,one,0\n", "row 1, column AVAL: found 'one'", 2, 7},
        {H "a,b,c,-1,0\n", "column AVAL: found '-1'", 2, 7},
        {H "a,b,c,nan,0\n", "column AVAL", 2, 7},
        {H "a,b,c,1e999,0\n", "column AVAL", 2, 7},
        {H "a,b,c,,0\n", "column AVAL: found ''", 2, 7},
        {H "a,b,c,\"1,5\",0\n", "column AVAL: found '1,5'", 2, 7},
        {H "a,b,c,1,\n", "column CNSR", 2, 9},
        {H "a,b,c,1,0.5\n", "column CNSR: found '0.5'", 2, 9},
        {H "a,b,c,1,-1\n", "column CNSR", 2, 9},
        {H "a,b,c,1,5000000000\n", "column CNSR", 2, 9},
        {H ",b,c,1,0\n", "column USUBJID", 2, 1},
        {H "a,,c,1,0\n", "column TRT01P", 2, 3},
        {H "a,b,,1,0\n", "column PARAMCD", 2, 5},
        {H "a,b,c,1,0\na,b,d,1,0\na,b,c,2,1\n", "the subject of line 2 has a second row of PARAMCD c", 4, 1},
        {H "a,b,c,1,0\na,x,d,1,0\n", "column TRT01P: found 'x'; the subject has another", 3, 3},
        {H "a,b,\"c,1,0\n", "never closed", 2, 5},
        {H "a,b,\"c\"x,1,0\n", "after a closing quote", 2, 8},
        {"USUBJID,TRT01P,PARAMCD,AVAL,CNSR,AVALU\na,b,c,1,0,fortnights\n", "column AVALU", 2, 11},
        {"USUBJID,TRT01P,PARAMCD,AVAL,CNSR,AVALL,AVALR\na,b,c,1,0,3,2\n", "column AVALR", 2, 13},
        {"USUBJID,TRT01P,PARAMCD,AVAL,CNSR,AVALR\na,b,c,3,0,2\n", "column AVALR", 2, 11},
        {"USUBJID,TRT01P,PARAMCD,AVAL,CNSR,AVALL\na,b,c,3,0,4\n", "column AVALL", 2, 11},
        {"USUBJID,TRT01P,TRT01PN,PARAMCD,AVAL,CNSR\na,b,1,c,1,0\nd,b,2,c,1,0\n", "another number above", 3, 5},
        {"SUBJID,TRIAL,TRT01P,PARAMCD,AVAL,CNSR\nx,0,b,c,1,0\n", "column SUBJID", 2, 1},
        {"USUBJID,TRT01P,PARAMCD,AVAL,CNSR,AVALU\na,b,c,1e308,0,YEARS\n", "finite", 2, 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rsp_dataset_maker *m = NULL;
        rsp_error err = {0};
        rsp_status s = rsp_adam_read_adtte_text("bad.csv", cases[i].text, strlen(cases[i].text), &m, &err);
        assert_int_equal(s, RSP_DATA);
        assert_null(m);
        if (!strstr(err.message, cases[i].says) || err.line != cases[i].line ||
            err.column != cases[i].column) {
            fail_msg("case %zu: %u:%u: %s", i, err.line, err.column, err.message);
        }
        assert_string_equal(err.source, "bad.csv");
    }
    rsp_dataset_maker *m = NULL;
    rsp_error err = {0};
    assert_int_equal(rsp_adam_read_adtte_text("z", "a\0b", 3, &m, &err), RSP_DATA);
    assert_int_equal(rsp_adam_read_adtte("/nowhere/adtte.csv", &m, &err), RSP_NOFILE);
    assert_null(m);
}

static void a_counterfactual_participant_may_stand_in_each_arm_once(void **state)
{
    (void)state;
    static const char text[] =
        "USUBJID,SUBJID,TRIAL,TRT01P,PARAMCD,AVAL,CNSR\n"
        "s-0-0,0,0,A,X,1,0\ns-0-0,0,0,B,X,2,0\n"
        "s-0-0,0,0,A,Y,1,0\ns-0-0,0,0,B,Y,2,0\n";
    rsp_dataset_maker *m = read_ok(text);
    assert_int_equal(rsp_dataset_view(m)->n_subjects, 2);
    assert_int_equal(rsp_dataset_view(m)->n_endpoints, 4);
    rsp_dataset_free(m);
    rsp_error err;
    char twice[200];
    snprintf(twice, sizeof twice, "%ss-0-0,0,0,B,X,2,0\n", text);
    assert_int_equal(rsp_adam_read_adtte_text("t", twice, strlen(twice), &m, &err), RSP_DATA);
    assert_int_equal(err.line, 6);
}

static void huge_lines_and_many_rows_take_linear_time(void **state)
{
    (void)state;
    rsp_text text = {0};
    rsp_text_add(&text, "USUBJID,TRT01P,PARAMCD,AVAL,CNSR,NOTE\n");
    for (int i = 0; i < 100000; i++) {
        rsp_text_printf(&text, "subject %d,A,X,%d,0,\n", i, i % 90);
    }
    rsp_text_add(&text, "last,A,X,1,0,\"");
    for (int i = 0; i < 2000000; i++) {
        rsp_text_add_n(&text, i % 7 ? "y" : "\"\"", i % 7 ? 1 : 2);
    }
    rsp_text_add(&text, "\"\n");
    rsp_dataset_maker *m = read_ok(text.data);
    assert_int_equal(rsp_dataset_view(m)->n_endpoints, 100001);
    rsp_dataset_free(m);
    rsp_text_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_trial_is_written_as_expected),
        cmocka_unit_test(column_names_and_codes_have_at_most_eight_characters),
        cmocka_unit_test(a_covariate_takes_no_column_that_stands_already),
        cmocka_unit_test(codes_of_parameters_are_short_readable_and_unique),
        cmocka_unit_test(what_was_written_as_adtte_is_read_back),
        cmocka_unit_test(adtte_of_others_is_read),
        cmocka_unit_test(a_bad_adtte_is_answered_by_place_and_reason),
        cmocka_unit_test(a_counterfactual_participant_may_stand_in_each_arm_once),
        cmocka_unit_test(huge_lines_and_many_rows_take_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
