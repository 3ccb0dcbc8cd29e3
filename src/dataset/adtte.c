#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/csv.h"
#include "dataset/names.h"
#include "dataset/order.h"
#include "dataset/slurp.h"
#include "respite/dataset.h"

/* ---- Columns. */

enum column {
    STUDYID, USUBJID, SUBJID, TRIAL, PARAMCD, AVAL, AVALU, CNSR, AVALL, AVALR,
    STARTDT, TRT01P, TRTP, TRT01A, TRTA, ARM, TRT01PN, TRTPN, TRT01AN, TRTAN,
    ARMN, N_COLUMNS
};

static const char *const column_names[N_COLUMNS] = {
    "STUDYID", "USUBJID", "SUBJID", "TRIAL",   "PARAMCD", "AVAL",    "AVALU",
    "CNSR",    "AVALL",   "AVALR",  "STARTDT", "TRT01P",  "TRTP",    "TRT01A",
    "TRTA",    "ARM",     "TRT01PN", "TRTPN",  "TRT01AN", "TRTAN",   "ARMN"};

enum { N_TREATMENTS = ARM - TRT01P + 1, ABSENT = -1 };

static const struct unit {
    const char *name;
    double days;
} units[] = {
    {"", 1},           {"DAY", 1},     {"DAYS", 1},      {"WEEK", 7},
    {"WEEKS", 7},      {"YEAR", 365.25}, {"YEARS", 365.25},
    {"MONTH", 30.4375}, {"MONTHS", 30.4375},
};

typedef struct row {
    uint32_t trial, participant, arm;
    const char *paramcd;
    double day, left, right, start_day;
    rsp_endpoint_end end;
    size_t from; /* its place in the text */
} row;

typedef struct reader {
    rsp_csv csv;
    int at[N_COLUMNS];
    size_t n_header;
    enum column subject, treatment, treatment_number; /* N_COLUMNS: none */
    rsp_names *subjects, *arms, *params;
    uint32_t *arm_of; /* [subjects] of each subject */
    double *number_of; /* [arms] */
    const char **arm_names; /* [arms] */
    size_t arm_of_capacity, number_of_capacity, arm_names_capacity;
    char study[200];
    row *rows;
    size_t n_rows, capacity;
} reader;

static rsp_status no_memory(const reader *r, rsp_error *err)
{
    return rsp_fail(err, RSP_NOMEM, "%s: no memory for its rows", r->csv.name);
}

static const char *cell(const reader *r, enum column c)
{
    return c < N_COLUMNS && r->at[c] != ABSENT
               ? rsp_csv_cell(&r->csv, (size_t)r->at[c])
               : "";
}

/* Fail at a cell of the row just read: "row 3, column AVAL: ...". */
static rsp_status fail_cell(const reader *r, rsp_error *err, enum column c,
                            const char *expected)
{
    uint32_t line, column;
    size_t i = (size_t)r->at[c];
    rsp_csv_place(&r->csv, r->csv.fields[i].from, &line, &column);
    return rsp_fail_at(err, RSP_DATA, r->csv.name, r->csv.text, line, column,
                       "row %zu, column %s: found '%.60s'; %s", r->n_rows + 1,
                       column_names[c], cell(r, c), expected);
}

static bool same_name(const char *a, const char *b)
{
    while (*a && toupper((unsigned char)*a) == toupper((unsigned char)*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

/* The columns' names as found, for "did you mean". */
static rsp_status fail_missing(const reader *r, rsp_error *err, const char *what,
                               const char *nearest_to)
{
    const char *found[64] = {""};
    size_t n = r->n_header < 64 ? r->n_header : 64;
    for (size_t i = 0; i < n; i++) {
        found[i] = rsp_csv_cell(&r->csv, i);
    }
    const char *near = rsp_nearest(nearest_to, found, n);
    const char *sign = n == 1 ? strpbrk(found[0], ";\t|") : NULL;
    const char *signs = !sign ? "" : *sign == ';' ? "semicolons" : *sign == '|' ? "vertical bars"
                                                                            : "tabs";
    return rsp_fail_at(err, RSP_DATA, r->csv.name, r->csv.text, 1, 1,
                       "the column %s is missing%s%.40s%s%s%s%s", what,
                       near ? " (there is '" : "", near ? near : "",
                       near ? "')" : "",
                       sign ? "; the fields look separated by " : "", signs,
                       sign ? ", and must be separated by commas" : "");
}

static rsp_status find_columns(reader *r, rsp_error *err)
{
    r->n_header = r->csv.n_fields;
    for (int c = 0; c < N_COLUMNS; c++) {
        r->at[c] = ABSENT;
        for (size_t i = 0; i < r->n_header; i++) {
            if (!same_name(rsp_csv_cell(&r->csv, i), column_names[c])) {
                continue;
            }
            if (r->at[c] != ABSENT) {
                return rsp_fail_at(err, RSP_DATA, r->csv.name, r->csv.text, 1, 1,
                                   "the column %s stands twice: as number %d "
                                   "and as number %zu",
                                   column_names[c], r->at[c] + 1, i + 1);
            }
            r->at[c] = (int)i;
        }
    }
    return RSP_OK;
}

static rsp_status choose_columns(reader *r, rsp_error *err)
{
    static const enum column needed[] = {PARAMCD, AVAL, CNSR};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (r->at[needed[i]] == ABSENT) {
            const char *name = column_names[needed[i]];
            return fail_missing(r, err, name, name);
        }
    }
    bool ours = r->at[TRIAL] != ABSENT;
    r->subject = ours || r->at[USUBJID] == ABSENT ? SUBJID : USUBJID;
    if (r->at[r->subject] == ABSENT) {
        return fail_missing(r, err, ours ? "SUBJID (beside TRIAL)"
                                         : "USUBJID (or SUBJID)", "USUBJID");
    }
    r->treatment = r->treatment_number = N_COLUMNS;
    for (int c = ARM; c >= TRT01P; c--) {
        if (r->at[c] != ABSENT) {
            r->treatment = (enum column)c;
            r->treatment_number = (enum column)(c + N_TREATMENTS);
        }
    }
    if (r->treatment == N_COLUMNS) {
        return fail_missing(r, err, "TRT01P (or TRTP, TRT01A, TRTA, ARM)",
                            "TRT01P");
    }
    if (r->at[r->treatment_number] == ABSENT) {
        r->treatment_number = N_COLUMNS;
    }
    return RSP_OK;
}

/* ---- Cells. */

/* Empty, and "." as SAS and "NA" as R write it: missing, NaN. */
static bool read_number(const char *s, double *value)
{
    if (!*s || strcmp(s, ".") == 0 || strcmp(s, "NA") == 0) {
        *value = (double)NAN;
        return true;
    }
    return rsp_number_read(s, strlen(s), value);
}

static rsp_status read_count(reader *r, enum column c, uint32_t *out,
                             rsp_error *err)
{
    double v;
    if (!read_number(cell(r, c), &v) || !(v >= 0 && v < UINT32_MAX) ||
        v != floor(v)) {
        return fail_cell(r, err, c, "a whole number >= 0 is expected");
    }
    *out = (uint32_t)v;
    return RSP_OK;
}

static rsp_status read_text(reader *r, enum column c, rsp_names *names,
                            const char **out, rsp_error *err)
{
    const char *s = cell(r, c);
    if (!*s) {
        return fail_cell(r, err, c, "a name is expected");
    }
    *out = rsp_names_keep(names, s, strlen(s));
    return *out ? RSP_OK : no_memory(r, err);
}

static rsp_status read_arm(reader *r, row *to, rsp_error *err)
{
    const char *name = NULL;
    size_t known = rsp_names_count(r->arms);
    double number = (double)NAN;
    rsp_status s = read_text(r, r->treatment, r->arms, &name, err);
    if (s != RSP_OK) {
        return s;
    }
    if (r->treatment_number != N_COLUMNS &&
        !read_number(cell(r, r->treatment_number), &number)) {
        return fail_cell(r, err, r->treatment_number, "a number is expected");
    }
    to->arm = rsp_names_number(name);
    if (to->arm == known) {
        if (!RSP_GROW(&r->number_of, &r->number_of_capacity, known + 1) ||
            !RSP_GROW(&r->arm_names, &r->arm_names_capacity, known + 1)) {
            return no_memory(r, err);
        }
        r->number_of[known] = number;
        r->arm_names[known] = name;
    }
    double before = r->number_of[to->arm];
    if (before != number && !(isnan(before) && isnan(number))) {
        return fail_cell(r, err, r->treatment_number,
                         "the same treatment has another number above");
    }
    return RSP_OK;
}

/* Who the row is about.  Without TRIAL a subject is in one arm. */
static rsp_status read_subject(reader *r, row *to, rsp_error *err)
{
    if (r->at[TRIAL] != ABSENT) {
        rsp_status s = read_count(r, TRIAL, &to->trial, err);
        return s == RSP_OK ? read_count(r, SUBJID, &to->participant, err) : s;
    }
    const char *id = NULL;
    size_t known = rsp_names_count(r->subjects);
    rsp_status s = read_text(r, r->subject, r->subjects, &id, err);
    if (s != RSP_OK) {
        return s;
    }
    to->participant = rsp_names_number(id);
    if (to->participant == known) {
        if (!RSP_GROW(&r->arm_of, &r->arm_of_capacity, known + 1)) {
            return no_memory(r, err);
        }
        r->arm_of[known] = to->arm;
    }
    if (r->arm_of[to->participant] != to->arm) {
        return fail_cell(r, err, r->treatment,
                         "the subject has another treatment above");
    }
    return RSP_OK;
}

static rsp_status read_unit(const reader *r, double *days, rsp_error *err)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (same_name(cell(r, AVALU), units[i].name)) {
            *days = units[i].days;
            return RSP_OK;
        }
    }
    return fail_cell(r, err, AVALU, "DAYS, WEEKS, MONTHS or YEARS is expected");
}

static rsp_status read_end(reader *r, row *to, rsp_error *err)
{
    uint32_t censored = 0;
    rsp_status s = read_count(r, CNSR, &censored, err);
    if (s != RSP_OK) {
        return s;
    }
    if (!read_number(cell(r, AVAL), &to->day) || to->day < 0) {
        return fail_cell(r, err, AVAL, "a time >= 0 is expected");
    }
    bool none = isnan(to->day);
    if (none && censored != RSP_END_NOT_STARTED) {
        return fail_cell(r, err, AVAL, "a time >= 0 is expected");
    }
    /* Codes of censoring are each sponsor's own; those unknown here, and "not
     * started" with a time, are censored all the same. */
    to->end = censored < RSP_END_NOT_STARTED || none ? (rsp_endpoint_end)censored
                                                     : RSP_END_STUDY;
    return RSP_OK;
}

static rsp_status read_interval(reader *r, row *to, rsp_error *err)
{
    bool event = to->end == RSP_END_EVENT;
    double left = (double)NAN, right = (double)NAN;
    if (!read_number(cell(r, AVALL), &left) || left < 0) {
        return fail_cell(r, err, AVALL, "a time >= 0 is expected");
    }
    if (!read_number(cell(r, AVALR), &right) || right < 0) {
        return fail_cell(r, err, AVALR, "a time >= 0, or nothing, is expected");
    }
    to->left = isnan(left) ? to->day : left;
    to->right = isnan(right) ? (event ? to->day : (double)INFINITY) : right;
    if (to->left > to->right) {
        return isnan(right) ? fail_cell(r, err, AVALL, "a time <= AVAL is expected")
                            : fail_cell(r, err, AVALR,
                                        "a time >= AVALL (or AVAL) is expected");
    }
    return RSP_OK;
}

static rsp_status read_row(reader *r, rsp_error *err)
{
    row to = {.from = r->csv.fields[0].from};
    uint32_t line, column;
    double days = 1;
    if (r->csv.n_fields != r->n_header) {
        rsp_csv_place(&r->csv, to.from, &line, &column);
        return rsp_fail_at(err, RSP_DATA, r->csv.name, r->csv.text, line, column,
                           "row %zu has %zu fields; the header has %zu%s",
                           r->n_rows + 1, r->csv.n_fields, r->n_header,
                           r->csv.at >= r->csv.length && r->csv.n_fields < r->n_header
                               ? "; the file ends here: it seems cut short" : "");
    }
    if (!RSP_GROW(&r->rows, &r->capacity, r->n_rows + 1)) {
        return no_memory(r, err);
    }
    rsp_status s = read_arm(r, &to, err);
    s = s == RSP_OK ? read_subject(r, &to, err) : s;
    s = s == RSP_OK ? read_text(r, PARAMCD, r->params, &to.paramcd, err) : s;
    s = s == RSP_OK ? read_unit(r, &days, err) : s;
    s = s == RSP_OK ? read_end(r, &to, err) : s;
    s = s == RSP_OK ? read_interval(r, &to, err) : s;
    if (s != RSP_OK) {
        return s;
    }
    /* Elsewhere STARTDT is a date, which says nothing here. */
    if (!rsp_number_read(cell(r, STARTDT), strlen(cell(r, STARTDT)), &to.start_day)) {
        to.start_day = (double)NAN;
    }
    to.day *= days;
    to.left *= days;
    to.right *= days;
    if (!isfinite(to.day) && to.end != RSP_END_NOT_STARTED) {
        return fail_cell(r, err, AVAL, "a finite time is expected");
    }
    if (r->n_rows == 0) {
        snprintf(r->study, sizeof r->study, "%s",
                 *cell(r, STUDYID) ? cell(r, STUDYID) : r->csv.name);
    }
    r->rows[r->n_rows++] = to;
    return RSP_OK;
}

static rsp_status read_rows(reader *r, rsp_error *err)
{
    bool more = false;
    rsp_status s = rsp_csv_next(&r->csv, &more, err);
    if (s == RSP_OK && !more) {
        return rsp_fail_at(err, RSP_DATA, r->csv.name, NULL, 1, 1,
                           "the file is empty: a header of column names is "
                           "expected");
    }
    s = s == RSP_OK ? find_columns(r, err) : s;
    s = s == RSP_OK ? choose_columns(r, err) : s;
    while (s == RSP_OK) {
        s = rsp_csv_next(&r->csv, &more, err);
        if (s != RSP_OK || !more) {
            break;
        }
        s = read_row(r, err);
    }
    if (s == RSP_OK && r->n_rows == 0) {
        return rsp_fail_at(err, RSP_DATA, r->csv.name, NULL, 1, 1,
                           "there are no rows after the header");
    }
    return s;
}

/* ---- The data set. */

static int compare_u32(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int by_person_param_place(const void *a, const void *b)
{
    const row *x = a, *y = b;
    int c = compare_u32(x->trial, y->trial);
    c = c ? c : compare_u32(x->participant, y->participant);
    c = c ? c : compare_u32(x->arm, y->arm);
    c = c ? c : compare_u32(rsp_names_number(x->paramcd), rsp_names_number(y->paramcd));
    return c ? c : (x->from > y->from) - (x->from < y->from);
}

static bool same_person(const row *a, const row *b)
{
    return a->trial == b->trial && a->participant == b->participant &&
           a->arm == b->arm;
}

static rsp_status check_duplicates(const reader *r, rsp_error *err)
{
    for (size_t i = 1; i < r->n_rows; i++) {
        const row *a = &r->rows[i - 1], *b = &r->rows[i];
        if (same_person(a, b) && a->paramcd == b->paramcd) {
            uint32_t first, line, column;
            rsp_csv_place(&r->csv, a->from, &first, &column);
            rsp_csv_place(&r->csv, b->from, &line, &column);
            return rsp_fail_at(err, RSP_DATA, r->csv.name, r->csv.text, line,
                               column,
                               "the subject of line %u has a second row of "
                               "PARAMCD %.40s; one is expected",
                               (unsigned)first, b->paramcd);
        }
    }
    return RSP_OK;
}

/* Put the arms in the order of their numbers; rows follow. */
static bool order_arms(reader *r, const char ***names)
{
    size_t n = rsp_names_count(r->arms);
    uint32_t *arms = calloc(n + 1, sizeof *arms);
    uint32_t *now = calloc(n + 1, sizeof *now);
    const char **sorted = calloc(n + 1, sizeof *sorted);
    const bool ok = arms && now && sorted && rsp_arms_order(r->number_of, n, arms);
    for (size_t i = 0; ok && i < n; i++) {
        now[arms[i]] = (uint32_t)i;
        sorted[i] = r->arm_names[arms[i]];
    }
    for (size_t i = 0; ok && i < r->n_rows; i++) {
        r->rows[i].arm = now[r->rows[i].arm];
    }
    free(arms);
    free(now);
    *names = sorted;
    return ok;
}

static rsp_status add_row(rsp_dataset_maker *m, const row *from, bool new_person,
                          rsp_error *err)
{
    if (new_person) {
        const rsp_subject subject = {.trial = from->trial,
                                     .participant = from->participant,
                                     .arm = from->arm};
        rsp_status s = rsp_dataset_add_subject(m, &subject, err);
        if (s != RSP_OK) {
            return s;
        }
    }
    const rsp_endpoint_row endpoint = {.trial = from->trial,
                                       .participant = from->participant,
                                       .arm = from->arm,
                                       .endpoint = from->paramcd,
                                       .day = from->day,
                                       .end = from->end,
                                       .left = from->left,
                                       .right = from->right,
                                       .start_day = from->start_day};
    return rsp_dataset_add_endpoint(m, &endpoint, err);
}

static rsp_status make_dataset(reader *r, rsp_dataset_maker **out,
                               rsp_error *err)
{
    const char **arms = NULL;
    if (!order_arms(r, &arms)) {
        free(arms);
        return no_memory(r, err);
    }
    qsort(r->rows, r->n_rows, sizeof *r->rows, by_person_param_place);
    rsp_status s = check_duplicates(r, err);
    rsp_dataset_maker *m = NULL;
    if (s == RSP_OK) {
        m = rsp_dataset_new(r->study, arms, rsp_names_count(r->arms), NULL, 0);
        s = m ? RSP_OK : no_memory(r, err);
    }
    free(arms);
    for (size_t i = 0; s == RSP_OK && i < r->n_rows; i++) {
        bool new_person = i == 0 || !same_person(&r->rows[i - 1], &r->rows[i]);
        s = add_row(m, &r->rows[i], new_person, err);
    }
    if (s != RSP_OK) {
        rsp_dataset_free(m);
        return s;
    }
    rsp_dataset_sort(m);
    *out = m;
    return RSP_OK;
}

/* text[length] is 0. */
static rsp_status read_terminated(const char *name, const char *text,
                                  size_t length, rsp_dataset_maker **m,
                                  rsp_error *err)
{
    reader r = {.subjects = rsp_names_new(),
                .arms = rsp_names_new(),
                .params = rsp_names_new()};
    rsp_csv_init(&r.csv, name, text, length);
    rsp_status s = r.subjects && r.arms && r.params ? RSP_OK
                                                    : no_memory(&r, err);
    s = s == RSP_OK ? rsp_text_check(name, text, length, err) : s;
    s = s == RSP_OK ? read_rows(&r, err) : s;
    s = s == RSP_OK ? make_dataset(&r, m, err) : s;
    rsp_csv_fini(&r.csv);
    rsp_names_free(r.subjects);
    rsp_names_free(r.arms);
    rsp_names_free(r.params);
    free(r.arm_of);
    free(r.number_of);
    free(r.arm_names);
    free(r.rows);
    return s;
}

rsp_status rsp_adam_read_adtte_text(const char *name, const char *text,
                                    size_t length, rsp_dataset_maker **m,
                                    rsp_error *err)
{
    *m = NULL;
    if (length > 0 && memchr(text, '\0', length)) {
        return rsp_fail(err, RSP_DATA, "%s: not a text file (it holds a zero "
                        "byte)", name);
    }
    char *copy = length < SIZE_MAX ? malloc(length + 1) : NULL;
    if (!copy) {
        return rsp_fail(err, RSP_NOMEM, "%s: no memory to read it", name);
    }
    if (length > 0) {
        memcpy(copy, text, length);
    }
    copy[length] = '\0';
    rsp_status s = read_terminated(name, copy, length, m, err);
    free(copy);
    return s;
}

rsp_status rsp_adam_read_adtte(const char *path, rsp_dataset_maker **m,
                               rsp_error *err)
{
    char *text = NULL;
    size_t length = 0;
    *m = NULL;
    rsp_status s = rsp_table_text(path, &text, &length, err);
    s = s == RSP_OK ? read_terminated(path, text, length, m, err) : s;
    free(text);
    return s;
}
