#define _POSIX_C_SOURCE 200809L
#include "rows.h"

#include <dirent.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/respite-store-XXXXXX";
static char path[256];

static int set_up(void **state)
{
    (void)state;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    if (!mkdtemp(folder)) {
        return 1;
    }
    snprintf(path, sizeof path, "%s/results.sqlite", folder);
    return 0;
}

static int count_files(void)
{
    DIR *dir = opendir(folder);
    int n = 0;
    for (struct dirent *e; (e = readdir(dir));) {
        n += e->d_name[0] != '.';
    }
    closedir(dir);
    return n;
}

static int tear_down(void **state)
{
    (void)state;
    remove(path);
    return rmdir(folder); /* fails where a file was left */
}

static void fill(rsp_dataset_maker *m, uint32_t from, uint32_t to)
{
    static const double traits[] = {41.5, 4.25};
    for (uint32_t i = from; i < to; i++) {
        rsp_measurement row = rows_random(i);
        assert_int_equal(rsp_dataset_add_measurement(m, &row, NULL), RSP_OK);
        if (i % 30 == 0) {
            rsp_subject s = {.trial = row.trial, .participant = row.participant,
                             .arm = row.arm, .reason = "", .covariates = traits};
            rsp_endpoint_row e = {.trial = row.trial, .participant = row.participant,
                                  .arm = row.arm, .endpoint = "time_to_rebound",
                                  .day = i % 90, .left = 0, .right = (double)INFINITY,
                                  .end = RSP_END_STUDY, .start_day = 28};
            rsp_happening h = {.trial = row.trial, .participant = row.participant,
                               .arm = row.arm, .day = 28, .what = "stop art",
                               .amount = (double)NAN, .reason = ""};
            assert_int_equal(rsp_dataset_add_subject(m, &s, NULL), RSP_OK);
            assert_int_equal(rsp_dataset_add_endpoint(m, &e, NULL), RSP_OK);
            assert_int_equal(rsp_dataset_add_happening(m, &h, NULL), RSP_OK);
        }
    }
    rsp_dataset_sort(m);
}

static double query(const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    double v = sqlite3_column_type(s, 0) == SQLITE_NULL ? (double)NAN
                                                        : sqlite3_column_double(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return v;
}

static void what_was_stored_is_read_back(void **state)
{
    (void)state;
    rsp_dataset_maker *m = rows_new("liu2021");
    rsp_store *store = NULL;
    assert_int_equal(rsp_store_open(path, rsp_dataset_view(m), &store, NULL), RSP_OK);
    for (uint32_t chunk = 0; chunk < 5; chunk++) {
        rsp_dataset_clear(m);
        fill(m, chunk * 600, chunk * 600 + 600);
        assert_int_equal(rsp_store_add(store, rsp_dataset_view(m), NULL), RSP_OK);
        assert_int_equal(access(path, F_OK), -1); /* not before it is whole */
    }
    assert_int_equal(rsp_store_close(store, NULL), RSP_OK);
    assert_int_equal(count_files(), 1);
    assert_true(query("SELECT schema_version FROM study") == 2);
    assert_true(query("PRAGMA user_version") == 2);
    assert_true(query("SELECT count(*) FROM measurement") == 3000);
    assert_true(query("SELECT count(*) FROM subject") == 100);
    assert_true(query("SELECT count(*) FROM covariate_value WHERE value = 4.25") == 100);
    assert_true(query("SELECT count(*) FROM happenings WHERE what = 'stop art' AND amount IS NULL") == 100);
    assert_true(query("SELECT count(*) FROM endpoints WHERE ending = 'end of study'"
                      " AND interval_right = 9e999 AND arm = 'CAR T'") == 50);
    assert_true(query("SELECT count(*) FROM subjects") == 100);
    assert_true(query("SELECT count(*) FROM text") == 7); /* each once */
    for (uint32_t i = 0; i < 3000; i += 173) {
        rsp_measurement row = rows_random(i);
        char sql[400];
        snprintf(sql, sizeof sql,
                 "SELECT %s FROM measurements WHERE trial=%u AND participant=%u "
                 "AND arm='%s' AND planned_day=%g AND assay='%s' AND state='%s'",
                 row.state == RSP_NUMBER ? "value" : "day", row.trial, row.participant,
                 rows_arms[row.arm], row.planned_day, row.assay,
                 rsp_result_state_name(row.state));
        assert_true(query(sql) == (row.state == RSP_NUMBER ? row.value : row.day));
    }
    assert_true(query("SELECT count(*) FROM measurement WHERE (state = 2) <> (value IS NOT NULL)") == 0);
    rsp_dataset_free(m);
}

static void two_values_of_one_day_are_both_kept(void **state)
{
    (void)state;
    rsp_dataset_maker *m = rows_new("s");
    rows_measurement(m, 0, 0, 7, "cd4", RSP_NUMBER, 1, 20);
    rows_measurement(m, 0, 0, 7, "cd4", RSP_NUMBER, 1, 20);
    rows_measurement(m, 0, 0, 7, "viral_load", RSP_NUMBER, 2, 20);
    rows_happening(m, 0, 0, 7, "infuse", 1);
    rows_happening(m, 0, 0, 7, "infuse", 2);
    rsp_dataset_sort(m);
    rsp_store *store = NULL;
    assert_int_equal(rsp_store_open(path, rsp_dataset_view(m), &store, NULL), RSP_OK);
    assert_int_equal(rsp_store_add(store, rsp_dataset_view(m), NULL), RSP_OK);
    assert_int_equal(rsp_store_close(store, NULL), RSP_OK);
    assert_true(query("SELECT count(*) FROM measurement") == 3);
    assert_true(query("SELECT sum(amount) FROM happening") == 3);
    rsp_dataset_free(m);
}

static void the_old_file_stands_until_the_new_one_is_whole(void **state)
{
    (void)state;
    FILE *f = fopen(path, "wb");
    fputs("old", f);
    fclose(f);
    rsp_dataset_maker *m = rows_new("s");
    rsp_store *store = NULL;
    assert_int_equal(rsp_store_open(path, rsp_dataset_view(m), &store, NULL), RSP_OK);
    fill(m, 0, 60);
    assert_int_equal(rsp_store_add(store, rsp_dataset_view(m), NULL), RSP_OK);
    rsp_store_abandon(store);
    rsp_store_abandon(NULL);
    assert_int_equal(count_files(), 1);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 3);
    assert_int_equal(rsp_store_open(path, rsp_dataset_view(m), &store, NULL), RSP_OK);
    assert_int_equal(rsp_store_close(store, NULL), RSP_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size > 3);
    assert_int_equal(count_files(), 1);
    rsp_dataset_free(m);
}

static void a_repeated_participant_is_an_error_and_leaves_no_file(void **state)
{
    (void)state;
    rsp_dataset_maker *m = rows_new("s");
    rsp_store *store = NULL;
    rsp_error err = {0};
    fill(m, 0, 60);
    assert_int_equal(rsp_store_open(path, rsp_dataset_view(m), &store, NULL), RSP_OK);
    assert_int_equal(rsp_store_add(store, rsp_dataset_view(m), NULL), RSP_OK);
    assert_int_equal(rsp_store_add(store, rsp_dataset_view(m), &err), RSP_DATA);
    assert_int_equal(rsp_store_add(store, rsp_dataset_view(m), &err), RSP_WRITE);
    assert_int_equal(rsp_store_close(store, &err), RSP_WRITE);
    assert_int_equal(count_files(), 0);
    rsp_dataset_free(m);
}

/* A limit on the size of files stands for a full disk. */
static void a_full_disk_is_a_write_error_and_leaves_no_file(void **state)
{
    (void)state;
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    static const rlim_t limits[] = {0, 4096, 100000, 300000};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct rlimit small = {limits[i], before.rlim_max};
        rsp_dataset_maker *m = rows_new("s");
        rsp_store *store = NULL;
        rsp_error err = {0};
        fill(m, 0, 6000);
        setrlimit(RLIMIT_FSIZE, &small);
        rsp_status s = rsp_store_open(path, rsp_dataset_view(m), &store, &err);
        if (s == RSP_OK) {
            s = rsp_store_add(store, rsp_dataset_view(m), &err);
            rsp_status closed = rsp_store_close(store, s == RSP_OK ? &err : NULL);
            s = s == RSP_OK ? closed : s;
        }
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(s, RSP_WRITE);
        assert_int_equal(err.code, RSP_WRITE);
        assert_non_null(strstr(err.message, path));
        assert_int_equal(count_files(), 0);
        rsp_dataset_free(m);
    }
}

static void a_folder_that_is_not_there_is_a_write_error(void **state)
{
    (void)state;
    rsp_dataset_maker *m = rows_new("s");
    rsp_store *store = NULL;
    rsp_error err = {0};
    assert_int_equal(rsp_store_open("/nowhere/at/all.sqlite", rsp_dataset_view(m),
                                    &store, &err), RSP_WRITE);
    assert_null(store);
    assert_non_null(strstr(err.message, "/nowhere/at/all.sqlite"));
    rsp_dataset_free(m);
}

int main(void)
{
#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(what_was_stored_is_read_back),
        IN_A_FOLDER(two_values_of_one_day_are_both_kept),
        IN_A_FOLDER(the_old_file_stands_until_the_new_one_is_whole),
        IN_A_FOLDER(a_repeated_participant_is_an_error_and_leaves_no_file),
        IN_A_FOLDER(a_full_disk_is_a_write_error_and_leaves_no_file),
        IN_A_FOLDER(a_folder_that_is_not_there_is_a_write_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
