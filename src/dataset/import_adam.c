/* CDISC ADaM, ours and that of others: ADSL, ADTTE, BDS (ADVL, ADLB), and occurrences
 * (ADAE, ADEV), told apart by their columns.
 *
 * Ours have TRIAL: their --DT are study days, participants are numbered within a trial,
 * and PARAM is the name of an assay or endpoint.  In others the name is PARAMCD, and
 * the study day comes from --DY (which has no day 0), else from --DT less TRTSDT. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/adam_map.h"
#include "respite/xpt.h"

static const char *const column_names[ADAM_COLUMNS] = {
    "STUDYID", "USUBJID", "SUBJID", "TRIAL", "TRT01P", "TRTP", "TRT01A", "TRTA", "ARM",
    "TRT01PN", "TRTPN", "TRT01AN", "TRTAN", "ARMN", "PARAMCD", "PARAM", "AVAL", "AVALC",
    "AVALU", "ADT", "ADY", "ATIDY", "AVISITN", "LLOQ", "ULOQ", "CENSFL", "REASND", "DTYPE",
    "CNSR", "EVNTDESC", "CNSDTDSC", "STARTDT", "AVALL", "AVALR", "TRTSDT", "TRTDOSE",
    "ATISDT", "ARTRSDT", "EOSDT", "DCSREAS", "SIMFFL", "PRODFFL", "SCROUTFL", "ITTFL",
    "SAFFL", "ATIFL", "AETERM", "AEDECOD", "AETOXGR", "ASTDT", "ASTDY", "AESEQ", "AENDT", "AENDY", "AEDT", "AEDY",
    "EVTERM", "EVAMT", "EVREAS"};

const char *rsp_adam_cell(const rsp_adam_reader *r, size_t row, enum rsp_adam_column c)
{
    return rsp_table_cell(r->t, row, r->at[c]);
}

/* ---- Which data set. */

static void find_columns(rsp_adam_reader *r)
{
    for (int c = 0; c < ADAM_COLUMNS; c++) {
        r->at[c] = rsp_table_find(r->t, column_names[c]);
    }
    r->own = r->at[TRIAL] != RSP_NO_COLUMN && r->at[SUBJID] != RSP_NO_COLUMN;
    r->subject = r->own || r->at[USUBJID] == RSP_NO_COLUMN ? SUBJID : USUBJID;
    r->treatment = ADAM_COLUMNS;
    for (int c = ARM; c >= TRT01P; c--) {
        r->treatment = r->at[c] != RSP_NO_COLUMN ? (enum rsp_adam_column)c : r->treatment;
    }
}

static enum rsp_adam_kind kind_of(const rsp_adam_reader *r)
{
    const int *at = r->at;
    const int no = RSP_NO_COLUMN;
    if (at[PARAMCD] != no || at[AVAL] != no || at[CNSR] != no) {
        return at[CNSR] != no ? ADAM_TTE : ADAM_BDS;
    }
    if (at[EVTERM] != no) {
        return ADAM_EVENTS;
    }
    return at[AETERM] != no || at[AEDECOD] != no ? ADAM_ADVERSE : ADAM_SUBJECTS;
}

bool rsp_adam_looks(const rsp_table *t)
{
    return rsp_table_find(t, "USUBJID") != RSP_NO_COLUMN ||
           (rsp_table_find(t, "SUBJID") != RSP_NO_COLUMN &&
            rsp_table_find(t, "PARAMCD") != RSP_NO_COLUMN);
}

/* What a kind of data set must have, and what it takes beside. */
static const struct kind {
    enum rsp_adam_column needed[3], taken[24];
    size_t n_needed, n_taken;
} kinds[] = {
    [ADAM_SUBJECTS] = {.taken = {TRTSDT, TRTDOSE, ATISDT, ARTRSDT, EOSDT, DCSREAS}, .n_taken = 6},
    [ADAM_TTE] = {{PARAMCD, AVAL, CNSR}, {PARAM, AVALU, EVNTDESC, CNSDTDSC, STARTDT, ADT, ADY,
                                          AVALL, AVALR}, 3, 9},
    [ADAM_BDS] = {{PARAMCD, AVAL}, {PARAM, AVALC, AVALU, ADT, ADY, ATIDY, AVISITN, LLOQ, ULOQ,
                                    CENSFL, REASND, DTYPE}, 2, 12},
    [ADAM_ADVERSE] = {.taken = {AETERM, AEDECOD, AETOXGR, ASTDT, ASTDY, AESEQ, AENDT,
                                AENDY, AEDT, AEDY}, .n_taken = 10},
    [ADAM_EVENTS] = {{EVTERM, ASTDT}, {ASTDY, EVAMT, EVREAS}, 2, 3},
};

static void take(rsp_adam_reader *r, enum rsp_adam_column c)
{
    if (r->at[c] != RSP_NO_COLUMN) {
        r->t->used[r->at[c]] = true;
    }
}

static rsp_status take_columns(rsp_adam_reader *r, rsp_error *err)
{
    const struct kind *k = &kinds[r->kind];
    rsp_status s = RSP_OK;
    for (int c = 0; c <= ARMN; c++) {
        take(r, (enum rsp_adam_column)c);
    }
    for (size_t i = 0; i < k->n_taken; i++) {
        take(r, k->taken[i]);
    }
    /* Flags of ours repeat what the rest says; those of others make populations. */
    for (int c = SIMFFL; r->own && c <= ATIFL; c++) {
        take(r, (enum rsp_adam_column)c);
    }
    for (size_t i = 0; s == RSP_OK && i < k->n_needed; i++) {
        s = rsp_table_need(r->t, column_names[k->needed[i]], "ADaM", &r->at[k->needed[i]], err);
    }
    return s == RSP_OK ? rsp_table_need(r->t, column_names[r->subject], "participant",
                                        &r->at[r->subject], err)
                       : s;
}

/* ---- Who. */

static rsp_status read_count(const rsp_adam_reader *r, size_t row, enum rsp_adam_column c,
                             uint32_t *out, rsp_error *err)
{
    double v;
    rsp_status s = rsp_cell_number(r->t, row, r->at[c], &v, err);
    if (s == RSP_OK && (!(v >= 0 && v < UINT32_MAX) || v != floor(v))) {
        return rsp_table_fail(r->t, row, r->at[c], err, "a whole number >= 0 is expected");
    }
    *out = s == RSP_OK ? (uint32_t)v : 0;
    return s;
}

/* Ours: the same participant may stand in each arm, and has a number. */
static rsp_status own_person(rsp_adam_reader *r, size_t row, uint32_t *person, rsp_error *err)
{
    uint32_t trial = 0, participant = 0;
    rsp_text key = {0}, id = {0};
    const size_t known = r->im->n_people;
    rsp_status s = read_count(r, row, TRIAL, &trial, err);
    s = s == RSP_OK ? read_count(r, row, SUBJID, &participant, err) : s;
    if (s != RSP_OK) {
        return s;
    }
    rsp_text_printf(&key, "%u %u %s", (unsigned)trial, (unsigned)participant,
                    r->treatment < ADAM_COLUMNS ? rsp_adam_cell(r, row, r->treatment) : "");
    rsp_text_printf(&id, "%s-%u-%u", rsp_adam_cell(r, row, STUDYID), (unsigned)trial,
                    (unsigned)participant);
    s = key.failed || id.failed ? rsp_importer_no_memory(err)
                                : rsp_importer_person(r->im, key.data, person, err);
    if (s == RSP_OK) {
        rsp_person *p = &r->im->people[*person];
        const char *name = rsp_adam_cell(r, row, USUBJID);
        if (*person < known && *name && strcmp(p->id, name) != 0) {
            s = rsp_table_fail(r->t, row, r->at[USUBJID], err,
                               "participant %u of trial %u is %.60s in other rows",
                               (unsigned)participant, (unsigned)trial, p->id);
            rsp_text_fini(&key);
            rsp_text_fini(&id);
            return s;
        }
        p->trial = trial;
        p->participant = participant;
        /* A name that Respite made is none. */
        p->id = rsp_importer_keep(r->im, *name ? name : id.data);
        p->name = strcmp(*name ? name : id.data, id.data) == 0 ? "" : p->id;
        s = p->id ? RSP_OK : rsp_importer_no_memory(err);
    }
    rsp_text_fini(&key);
    rsp_text_fini(&id);
    return s;
}

static rsp_status read_person(rsp_adam_reader *r, size_t row, rsp_error *err)
{
    const char *id = rsp_adam_cell(r, row, r->subject);
    if (rsp_cell_missing(id)) {
        return rsp_table_fail(r->t, row, r->at[r->subject], err,
                              "the name of a participant is expected");
    }
    return r->own ? own_person(r, row, &r->people[row], err)
                  : rsp_importer_person(r->im, id, &r->people[row], err);
}

static rsp_status read_arm(rsp_adam_reader *r, size_t row, rsp_error *err)
{
    if (r->treatment == ADAM_COLUMNS) {
        return RSP_OK;
    }
    int number_at = r->at[r->treatment + (TRT01PN - TRT01P)], at = r->at[r->treatment];
    rsp_person *who = &r->im->people[r->people[row]];
    const char *name = rsp_table_cell(r->t, row, at);
    uint32_t arm;
    double number = (double)NAN;
    if (!*name) {
        return rsp_table_fail(r->t, row, at, err, "the name of a treatment is expected");
    }
    rsp_status s = rsp_importer_arm(r->im, name, &arm, err);
    if (s == RSP_OK && number_at != RSP_NO_COLUMN) {
        s = rsp_cell_number(r->t, row, number_at, &number, err);
    }
    if (s != RSP_OK) {
        return s;
    }
    double *known = &r->im->arm_numbers[arm];
    if (!isnan(*known) && !isnan(number) && *known != number) {
        return rsp_table_fail(r->t, row, number_at, err,
                              "the same treatment has the number %g above", *known);
    }
    *known = isnan(number) ? *known : number;
    if (who->arm != RSP_NO_ARM && who->arm != arm) {
        return rsp_table_fail(r->t, row, at, err, "participant %.60s has another treatment above",
                              rsp_adam_cell(r, row, r->subject));
    }
    who->arm = arm;
    return RSP_OK;
}

static rsp_status read_people(rsp_adam_reader *r, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t row = 0; s == RSP_OK && row < r->t->n_rows; row++) {
        s = read_person(r, row, err);
        s = s == RSP_OK ? read_arm(r, row, err) : s;
    }
    return s;
}

/* ---- When. */

/* 09MAR2021, as SAS writes DATE9. */
static bool date9(const char *s, double *days)
{
    static const char months[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
    int day = 0, year = 0, month = 0, n = 0;
    char name[4] = "";
    if (sscanf(s, "%2d%3[A-Za-z]%4d%n", &day, name, &year, &n) != 3 || s[n]) {
        return false;
    }
    for (int i = 0; i < 3; i++) {
        name[i] = (char)toupper((unsigned char)name[i]);
    }
    const char *at = strstr(months, name);
    month = at && (at - months) % 3 == 0 ? (int)(at - months) / 3 + 1 : 0;
    *days = rsp_xpt_date(year, month, day);
    return !isnan(*days);
}

/* A date of ADaM: SAS's days since 1960, ISO 8601 or DATE9. */
static rsp_status read_date(const rsp_adam_reader *r, size_t row, enum rsp_adam_column c,
                            double *out, rsp_error *err)
{
    const char *s = rsp_adam_cell(r, row, c);
    *out = (double)NAN;
    if (rsp_cell_missing(s) || rsp_number_read(s, strlen(s), out) || rsp_date_read(s, out) ||
        date9(s, out)) {
        return RSP_OK;
    }
    return rsp_table_fail(r->t, row, r->at[c], err, "a date is expected: 2021-03-09, 09MAR2021 or "
                          "days since 1960-01-01");
}

rsp_status rsp_adam_day(const rsp_adam_reader *r, size_t row, enum rsp_adam_column date,
                        enum rsp_adam_column day, double *out, rsp_error *err)
{
    const rsp_person *who = &r->im->people[r->people[row]];
    double v = (double)NAN;
    *out = (double)NAN;
    if (r->own) {
        return r->at[date] == RSP_NO_COLUMN ? RSP_OK
                                            : rsp_cell_number(r->t, row, r->at[date], out, err);
    }
    rsp_status s = RSP_OK;
    if (day < ADAM_COLUMNS && r->at[day] != RSP_NO_COLUMN) {
        s = rsp_cell_day(r->t, row, r->at[day], 1, &v, err);
    }
    if (s == RSP_OK && v == 0) {
        return rsp_table_fail(r->t, row, r->at[day], err,
                              "a study day of ADaM has no day 0: the reference is day 1");
    }
    if (s != RSP_OK || !isnan(v)) {
        *out = v > 0 ? v - 1 : v;
        return s;
    }
    s = read_date(r, row, date, &v, err);
    if (s == RSP_OK && !isnan(v) && isnan(who->reference)) {
        return rsp_table_fail(r->t, row, r->at[date], err,
                              "a date needs TRTSDT, the date of day 0, in ADSL or here");
    }
    *out = v - who->reference;
    return s;
}

static rsp_status read_references(rsp_adam_reader *r, rsp_error *err)
{
    rsp_status s = RSP_OK;
    if (r->own || r->at[TRTSDT] == RSP_NO_COLUMN) {
        return RSP_OK;
    }
    r->t->used[r->at[TRTSDT]] = true;
    for (size_t row = 0; s == RSP_OK && row < r->t->n_rows; row++) {
        double date;
        s = read_date(r, row, TRTSDT, &date, err);
        if (s == RSP_OK && !isnan(date)) {
            r->im->people[r->people[row]].reference = date;
        }
    }
    return s;
}

/* ---- A table. */

static rsp_status read_kind(rsp_adam_reader *r, rsp_error *err)
{
    switch (r->kind) {
    case ADAM_SUBJECTS:
        return rsp_adam_subjects(r, err);
    case ADAM_TTE:
        return rsp_adam_endpoints(r, err);
    case ADAM_BDS:
        return rsp_adam_measurements(r, err);
    case ADAM_ADVERSE:
    case ADAM_EVENTS:
        return rsp_adam_occurrences(r, err);
    }
    return RSP_OK;
}

static rsp_status check_kind(const rsp_adam_reader *r, rsp_error *err)
{
    if (!rsp_adam_looks(r->t)) {
        return rsp_fail_at(err, RSP_DATA, r->t->name, NULL, 1, 1,
                           "this is no ADaM data set: it has no column USUBJID; for another "
                           "table give a map of its columns");
    }
    /* No adverse event and no other data set of a trial is empty. */
    return r->t->n_rows || r->kind == ADAM_ADVERSE || r->kind == ADAM_EVENTS || r->own
               ? RSP_OK
               : rsp_fail_at(err, RSP_DATA, r->t->name, NULL, 1, 1,
                             "there are names of columns and no rows below them");
}

static rsp_status read_study(const rsp_adam_reader *r, rsp_error *err)
{
    const char *study = r->t->n_rows ? rsp_adam_cell(r, 0, STUDYID) : "";
    if (!r->im->study && *study) {
        r->im->study = rsp_importer_keep(r->im, study);
        return r->im->study ? RSP_OK : rsp_importer_no_memory(err);
    }
    return RSP_OK;
}

rsp_status rsp_adam_read_table(rsp_importer *im, rsp_table *t, rsp_error *err)
{
    rsp_adam_reader r = {.im = im, .t = t};
    find_columns(&r);
    r.kind = kind_of(&r);
    r.people = calloc(t->n_rows + 1, sizeof *r.people);
    rsp_status s = r.people ? check_kind(&r, err) : rsp_importer_no_memory(err);
    s = s == RSP_OK ? read_study(&r, err) : s;
    s = s == RSP_OK ? rsp_importer_begin(im, t, r.own, err) : s;
    s = s == RSP_OK ? take_columns(&r, err) : s;
    s = s == RSP_OK ? read_people(&r, err) : s;
    s = s == RSP_OK ? read_references(&r, err) : s;
    s = s == RSP_OK ? read_kind(&r, err) : s;
    const rsp_loose how = {.people = r.people, .only_constant = true,
                           .firm = r.kind == ADAM_SUBJECTS};
    s = s == RSP_OK ? rsp_importer_keep_loose(im, t, &how, err) : s;
    s = s == RSP_OK ? rsp_importer_end(im, t, err) : s;
    free(r.people);
    return s;
}
