#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataset/names.h"
#include "respite/dataset.h"

enum { SCHEMA_VERSION = 2 };

enum statement { ADD_TEXT, ADD_SUBJECT, ADD_COVARIATE, ADD_HAPPENING, ADD_MEASUREMENT, ADD_ENDPOINT, N_STATEMENTS };

static const char *const statement_text[N_STATEMENTS] = {
    [ADD_TEXT] = "INSERT INTO text VALUES (?,?)",
    [ADD_SUBJECT] = "INSERT INTO subject VALUES (?,?,?,?,?,?,?)",
    [ADD_COVARIATE] = "INSERT INTO covariate_value VALUES (?,?,?,?,?)",
    [ADD_HAPPENING] = "INSERT INTO happening VALUES (?,?,?,?,?,?,?,?,?,?)",
    [ADD_MEASUREMENT] =
        "INSERT INTO measurement VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
    [ADD_ENDPOINT] = "INSERT INTO endpoint VALUES (?,?,?,?,?,?,?,?,?)",
};

/* `copy` tells apart rows that are equal in the rest of the key: two values of
 * one assay on one day are both kept. */
static const char schema[] =
    "CREATE TABLE study(schema_version INTEGER, study TEXT, program TEXT);"
    "CREATE TABLE arm(arm INTEGER PRIMARY KEY, name TEXT);"
    "CREATE TABLE covariate(covariate INTEGER PRIMARY KEY, name TEXT);"
    "CREATE TABLE state(state INTEGER PRIMARY KEY, name TEXT);"
    "CREATE TABLE ending(ending INTEGER PRIMARY KEY, name TEXT);"
    "CREATE TABLE text(text INTEGER PRIMARY KEY, value TEXT);"
    "CREATE TABLE subject(trial INTEGER, participant INTEGER, arm INTEGER,"
    " failed INTEGER, product_failed INTEGER, screened_out INTEGER, reason INTEGER,"
    " PRIMARY KEY(trial, participant, arm)) WITHOUT ROWID;"
    "CREATE TABLE covariate_value(trial INTEGER, participant INTEGER,"
    " arm INTEGER, covariate INTEGER, value REAL,"
    " PRIMARY KEY(trial, participant, arm, covariate)) WITHOUT ROWID;"
    "CREATE TABLE happening(trial INTEGER, participant INTEGER, arm INTEGER,"
    " day REAL, what INTEGER, copy INTEGER, amount REAL, reason INTEGER,"
    " end_day REAL, reported_day REAL,"
    " PRIMARY KEY(trial, participant, arm, day, what, copy)) WITHOUT ROWID;"
    "CREATE TABLE measurement(trial INTEGER, participant INTEGER, arm INTEGER,"
    " day REAL, assay INTEGER, copy INTEGER, planned_day REAL, unit INTEGER,"
    " state INTEGER, value REAL, lloq REAL, reason INTEGER,"
    " PRIMARY KEY(trial, participant, arm, day, assay, copy)) WITHOUT ROWID;"
    "CREATE TABLE endpoint(trial INTEGER, participant INTEGER, arm INTEGER,"
    " endpoint INTEGER, day REAL, ending INTEGER, interval_left REAL,"
    " interval_right REAL, start_day REAL,"
    " PRIMARY KEY(trial, participant, arm, endpoint)) WITHOUT ROWID;"
    "CREATE VIEW happenings AS SELECT trial, participant, a.name AS arm, day,"
    " w.value AS what, amount, r.value AS reason, end_day, reported_day FROM happening h"
    " JOIN arm a ON a.arm = h.arm JOIN text w ON w.text = h.what"
    " JOIN text r ON r.text = h.reason;"
    "CREATE VIEW measurements AS SELECT trial, participant, a.name AS arm, day,"
    " planned_day, s.value AS assay, u.value AS unit, t.name AS state,"
    " m.value AS value, lloq, r.value AS reason FROM measurement m"
    " JOIN arm a ON a.arm = m.arm JOIN text s ON s.text = m.assay"
    " JOIN text u ON u.text = m.unit JOIN state t ON t.state = m.state"
    " JOIN text r ON r.text = m.reason;"
    "CREATE VIEW endpoints AS SELECT trial, participant, a.name AS arm,"
    " n.value AS endpoint, day, e.name AS ending, interval_left,"
    " interval_right, start_day FROM endpoint p JOIN arm a ON a.arm = p.arm"
    " JOIN text n ON n.text = p.endpoint JOIN ending e ON e.ending = p.ending;"
    "CREATE VIEW subjects AS SELECT trial, participant, a.name AS arm, failed,"
    " product_failed, screened_out, r.value AS reason FROM subject s"
    " JOIN arm a ON a.arm = s.arm JOIN text r ON r.text = s.reason;";

struct rsp_store {
    sqlite3 *db;
    sqlite3_stmt *statements[N_STATEMENTS];
    rsp_names *texts;
    char *path, *part;
    size_t n_arms, n_covariates;
    bool failed;
};

static rsp_status fail(rsp_store *store, rsp_error *err)
{
    int code = store->db ? sqlite3_errcode(store->db) & 0xff : SQLITE_CANTOPEN;
    store->failed = true;
    rsp_status status = code == SQLITE_NOMEM        ? RSP_NOMEM
                        : code == SQLITE_CONSTRAINT ? RSP_DATA
                                                    : RSP_WRITE;
    return rsp_fail(err, status, "cannot write %s: %s", store->path,
                    store->db ? sqlite3_errmsg(store->db) : "out of memory");
}

static rsp_status execute(rsp_store *store, const char *sql, rsp_error *err)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? RSP_OK
               : fail(store, err);
}

/* SQLite's own files beside a database. */
static void remove_all(const char *path, bool with_itself)
{
    static const char *const ends[] = {"-wal", "-shm", "-journal", ""};
    for (size_t i = 0; i < (with_itself ? 4u : 3u); i++) {
        rsp_text name = {0};
        rsp_text_printf(&name, "%s%s", path, ends[i]);
        if (!name.failed) {
            remove(name.data);
        }
        rsp_text_fini(&name);
    }
}

static void store_free(rsp_store *store)
{
    for (int i = 0; i < N_STATEMENTS; i++) {
        sqlite3_finalize(store->statements[i]);
    }
    sqlite3_close(store->db);
    rsp_names_free(store->texts);
    free(store->path);
    free(store->part);
    free(store);
}

void rsp_store_abandon(rsp_store *store)
{
    if (!store) {
        return;
    }
    sqlite3_stmt **all = store->statements;
    for (int i = 0; i < N_STATEMENTS; i++) {
        sqlite3_finalize(all[i]);
        all[i] = NULL;
    }
    sqlite3_close(store->db);
    store->db = NULL;
    if (store->part) {
        remove_all(store->part, true);
    }
    store_free(store);
}

/* ---- Rows. */

static rsp_status run(rsp_store *store, enum statement which, rsp_error *err)
{
    sqlite3_stmt *s = store->statements[which];
    if (sqlite3_step(s) != SQLITE_DONE) {
        rsp_status status = fail(store, err);
        sqlite3_reset(s);
        return status;
    }
    sqlite3_reset(s);
    return RSP_OK;
}

/* The number of a text, written when it is new; -1 on failure. */
static int64_t number_of_text(rsp_store *store, const char *value,
                              rsp_error *err)
{
    size_t known = rsp_names_count(store->texts);
    const char *kept = rsp_names_keep(store->texts, value, strlen(value));
    if (!kept) {
        store->failed = true;
        (void)rsp_fail(err, RSP_NOMEM, "no memory to write %s", store->path);
        return -1;
    }
    uint32_t number = rsp_names_number(kept);
    if (number == known) {
        sqlite3_bind_int64(store->statements[ADD_TEXT], 1, number);
        sqlite3_bind_text(store->statements[ADD_TEXT], 2, kept, -1,
                          SQLITE_STATIC);
        if (run(store, ADD_TEXT, err) != RSP_OK) {
            return -1;
        }
    }
    return number;
}

/* Bind three numbers of a person; NaN binds as NULL. */
static sqlite3_stmt *begin_row(rsp_store *store, enum statement which,
                               uint32_t trial, uint32_t participant,
                               uint32_t arm)
{
    sqlite3_stmt *s = store->statements[which];
    sqlite3_bind_int64(s, 1, trial);
    sqlite3_bind_int64(s, 2, participant);
    sqlite3_bind_int64(s, 3, arm);
    return s;
}

static rsp_status add_subject(rsp_store *store, const rsp_subject *row,
                              rsp_error *err)
{
    int64_t reason = number_of_text(store, row->reason, err);
    if (reason < 0) {
        return err ? err->code : RSP_WRITE;
    }
    sqlite3_stmt *s = begin_row(store, ADD_SUBJECT, row->trial,
                                row->participant, row->arm);
    sqlite3_bind_int(s, 4, row->failed);
    sqlite3_bind_int(s, 5, row->product_failed);
    sqlite3_bind_int(s, 6, row->screened_out);
    sqlite3_bind_int64(s, 7, reason);
    rsp_status status = run(store, ADD_SUBJECT, err);
    for (size_t i = 0; status == RSP_OK && i < store->n_covariates; i++) {
        s = begin_row(store, ADD_COVARIATE, row->trial, row->participant,
                      row->arm);
        sqlite3_bind_int64(s, 4, (int64_t)i);
        sqlite3_bind_double(s, 5, row->covariates[i]);
        status = run(store, ADD_COVARIATE, err);
    }
    return status;
}

static rsp_status add_happening(rsp_store *store, const rsp_happening *row,
                                uint32_t copy, rsp_error *err)
{
    int64_t what = number_of_text(store, row->what, err);
    int64_t reason = what < 0 ? -1 : number_of_text(store, row->reason, err);
    if (reason < 0) {
        return err ? err->code : RSP_WRITE;
    }
    sqlite3_stmt *s = begin_row(store, ADD_HAPPENING, row->trial,
                                row->participant, row->arm);
    sqlite3_bind_double(s, 4, row->day);
    sqlite3_bind_int64(s, 5, what);
    sqlite3_bind_int64(s, 6, copy);
    sqlite3_bind_double(s, 7, row->amount);
    sqlite3_bind_int64(s, 8, reason);
    sqlite3_bind_double(s, 9, row->over ? row->end_day : (double)NAN);
    sqlite3_bind_double(s, 10, row->reported ? row->reported_day : (double)NAN);
    return run(store, ADD_HAPPENING, err);
}

static rsp_status add_measurement(rsp_store *store, const rsp_measurement *row,
                                  uint32_t copy, rsp_error *err)
{
    int64_t assay = number_of_text(store, row->assay, err);
    int64_t unit = assay < 0 ? -1 : number_of_text(store, row->unit, err);
    int64_t reason = unit < 0 ? -1 : number_of_text(store, row->reason, err);
    if (reason < 0) {
        return err ? err->code : RSP_WRITE;
    }
    sqlite3_stmt *s = begin_row(store, ADD_MEASUREMENT, row->trial,
                                row->participant, row->arm);
    sqlite3_bind_double(s, 4, row->day);
    sqlite3_bind_int64(s, 5, assay);
    sqlite3_bind_int64(s, 6, copy);
    sqlite3_bind_double(s, 7, row->planned_day);
    sqlite3_bind_int64(s, 8, unit);
    sqlite3_bind_int(s, 9, (int)row->state);
    sqlite3_bind_double(s, 10, row->value);
    sqlite3_bind_double(s, 11, row->lloq);
    sqlite3_bind_int64(s, 12, reason);
    return run(store, ADD_MEASUREMENT, err);
}

static rsp_status add_endpoint(rsp_store *store, const rsp_endpoint_row *row,
                               rsp_error *err)
{
    int64_t endpoint = number_of_text(store, row->endpoint, err);
    if (endpoint < 0) {
        return err ? err->code : RSP_WRITE;
    }
    sqlite3_stmt *s = begin_row(store, ADD_ENDPOINT, row->trial,
                                row->participant, row->arm);
    sqlite3_bind_int64(s, 4, endpoint);
    sqlite3_bind_double(s, 5, row->day);
    sqlite3_bind_int(s, 6, (int)row->end);
    sqlite3_bind_double(s, 7, row->left);
    sqlite3_bind_double(s, 8, row->right);
    sqlite3_bind_double(s, 9, row->start_day);
    return run(store, ADD_ENDPOINT, err);
}

/* Rows are sorted: those equal in their key stand together. */
static bool same_happening(const rsp_happening *a, const rsp_happening *b)
{
    return a->trial == b->trial && a->participant == b->participant &&
           a->arm == b->arm && a->day == b->day && strcmp(a->what, b->what) == 0;
}

static bool same_measurement(const rsp_measurement *a, const rsp_measurement *b)
{
    return a->trial == b->trial && a->participant == b->participant &&
           a->arm == b->arm && a->day == b->day && strcmp(a->assay, b->assay) == 0;
}

static rsp_status add_rows(rsp_store *store, const rsp_dataset *d,
                           rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < d->n_subjects; i++) {
        s = add_subject(store, &d->subjects[i], err);
    }
    uint32_t copy = 0;
    for (size_t i = 0; s == RSP_OK && i < d->n_happenings; i++) {
        const rsp_happening *h = &d->happenings[i];
        copy = i > 0 && same_happening(h - 1, h) ? copy + 1 : 0;
        s = add_happening(store, h, copy, err);
    }
    copy = 0;
    for (size_t i = 0; s == RSP_OK && i < d->n_measurements; i++) {
        const rsp_measurement *m = &d->measurements[i];
        copy = i > 0 && same_measurement(m - 1, m) ? copy + 1 : 0;
        s = add_measurement(store, m, copy, err);
    }
    for (size_t i = 0; s == RSP_OK && i < d->n_endpoints; i++) {
        s = add_endpoint(store, &d->endpoints[i], err);
    }
    return s;
}

rsp_status rsp_store_add(rsp_store *store, const rsp_dataset *chunk,
                         rsp_error *err)
{
    if (store->failed) {
        return rsp_fail(err, RSP_WRITE, "cannot write %s: an earlier write failed",
                        store->path);
    }
    if (chunk->n_arms != store->n_arms ||
        chunk->n_covariates != store->n_covariates) {
        return rsp_fail(err, RSP_DATA,
                        "%s: rows with other arms or covariates than its own",
                        store->path);
    }
    rsp_error local = {0}; /* the helpers read the code back */
    rsp_status s = execute(store, "BEGIN", &local);
    s = s == RSP_OK ? add_rows(store, chunk, &local) : s;
    s = s == RSP_OK ? execute(store, "COMMIT", &local) : s;
    if (s != RSP_OK) {
        store->failed = true;
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
        if (err) {
            *err = local;
        }
    }
    return s;
}

/* ---- Opening and closing. */

static rsp_status add_name(rsp_store *store, const char *sql, size_t number,
                           const char *name, rsp_error *err)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &s, NULL) != SQLITE_OK) {
        return fail(store, err);
    }
    sqlite3_bind_int64(s, 1, (int64_t)number);
    sqlite3_bind_text(s, 2, name, -1, SQLITE_STATIC);
    int done = sqlite3_step(s);
    rsp_status status = done == SQLITE_DONE ? RSP_OK : fail(store, err);
    sqlite3_finalize(s);
    return status;
}

static rsp_status add_names(rsp_store *store, const rsp_dataset *like,
                            rsp_error *err)
{
    rsp_text sql = {0};
    rsp_text_printf(&sql, "INSERT INTO study VALUES (?,?,'respite %s %s')",
                    rsp_version(), rsp_commit());
    rsp_status s = sql.failed ? rsp_fail(err, RSP_NOMEM, "no memory to write %s",
                                         store->path)
                              : add_name(store, sql.data, SCHEMA_VERSION,
                                         like->study, err);
    rsp_text_fini(&sql);
    for (size_t i = 0; s == RSP_OK && i < like->n_arms; i++) {
        s = add_name(store, "INSERT INTO arm VALUES (?,?)", i, like->arms[i], err);
    }
    for (size_t i = 0; s == RSP_OK && i < like->n_covariates; i++) {
        s = add_name(store, "INSERT INTO covariate VALUES (?,?)", i,
                     like->covariates[i], err);
    }
    for (int i = 0; s == RSP_OK && i <= RSP_MISSING; i++) {
        s = add_name(store, "INSERT INTO state VALUES (?,?)", (size_t)i,
                     rsp_result_state_name((rsp_result_state)i), err);
    }
    for (int i = 0; s == RSP_OK && i <= RSP_END_NOT_STARTED; i++) {
        s = add_name(store, "INSERT INTO ending VALUES (?,?)", (size_t)i,
                     rsp_endpoint_end_text((rsp_endpoint_end)i), err);
    }
    return s;
}

static rsp_status lay_out(rsp_store *store, const rsp_dataset *like,
                          rsp_error *err)
{
    remove_all(store->part, true);
    if (sqlite3_open_v2(store->part, &store->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                            SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK) {
        return fail(store, err);
    }
    /* FULL: a committed chunk outlives the machine's end, not only the
     * program's. */
    rsp_status s = execute(store,
                           "PRAGMA page_size=8192; PRAGMA journal_mode=WAL;"
                           "PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;"
                           "PRAGMA locking_mode=EXCLUSIVE;"
                           "PRAGMA user_version=2; BEGIN;",
                           err);
    s = s == RSP_OK ? execute(store, schema, err) : s;
    s = s == RSP_OK ? add_names(store, like, err) : s;
    s = s == RSP_OK ? execute(store, "COMMIT", err) : s;
    for (int i = 0; s == RSP_OK && i < N_STATEMENTS; i++) {
        if (sqlite3_prepare_v3(store->db, statement_text[i], -1,
                               SQLITE_PREPARE_PERSISTENT, &store->statements[i],
                               NULL) != SQLITE_OK) {
            s = fail(store, err);
        }
    }
    return s;
}

rsp_status rsp_store_open(const char *path, const rsp_dataset *like,
                          rsp_store **out, rsp_error *err)
{
    *out = NULL;
    rsp_store *store = calloc(1, sizeof *store);
    rsp_text part = {0};
    rsp_text_printf(&part, "%s.part", path);
    if (store) {
        store->texts = rsp_names_new();
        store->path = strdup(path);
        store->part = part.data;
        store->n_arms = like->n_arms;
        store->n_covariates = like->n_covariates;
    }
    if (!store || !store->texts || !store->path || part.failed) {
        if (store) {
            store_free(store);
        } else {
            rsp_text_fini(&part);
        }
        return rsp_fail(err, RSP_NOMEM, "no memory to write %s", path);
    }
    rsp_status s = lay_out(store, like, err);
    if (s != RSP_OK) {
        rsp_store_abandon(store);
        return s;
    }
    *out = store;
    return RSP_OK;
}

/* The new name must last as the content does. */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    rsp_text folder = {0};
    rsp_text_add_n(&folder, slash ? path : ".",
                   slash ? (size_t)(slash - path) + 1 : 1);
    int fd = folder.failed ? -1 : open(folder.data, O_RDONLY);
    if (fd >= 0) {
        (void)!fsync(fd); /* some file systems cannot; the file itself is safe */
        close(fd);
    }
    rsp_text_fini(&folder);
}

rsp_status rsp_store_close(rsp_store *store, rsp_error *err)
{
    rsp_status s = store->failed
                       ? rsp_fail(err, RSP_WRITE,
                                  "cannot write %s: an earlier write failed",
                                  store->path)
                       : RSP_OK;
    for (int i = 0; i < N_STATEMENTS; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
    /* Leaving the log's mode puts what it holds into the one file that stays. */
    s = s == RSP_OK ? execute(store, "PRAGMA journal_mode=DELETE", err) : s;
    if (s == RSP_OK && sqlite3_close(store->db) != SQLITE_OK) {
        s = fail(store, err);
    } else if (s == RSP_OK) {
        store->db = NULL;
    }
    if (s == RSP_OK) {
        remove_all(store->path, false); /* of a database that stood there */
        if (rename(store->part, store->path) != 0) {
            s = rsp_fail(err, RSP_WRITE, "cannot write %s: %s", store->path,
                         strerror(errno));
        }
    }
    if (s != RSP_OK) {
        rsp_store_abandon(store);
        return s;
    }
    sync_folder(store->path);
    store_free(store);
    return RSP_OK;
}
