/* Rows of ADaM's data sets. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/adam_map.h"

static rsp_status number(const rsp_adam_reader *r, size_t row, enum rsp_adam_column c,
                         double *out, rsp_error *err)
{
    *out = (double)NAN;
    return r->at[c] == RSP_NO_COLUMN ? RSP_OK : rsp_cell_number(r->t, row, r->at[c], out, err);
}

/* The name of an assay or endpoint: ours is PARAM, in others' that is a title. */
static rsp_status name_of(const rsp_adam_reader *r, size_t row, const char **name,
                          rsp_error *err)
{
    const char *param = rsp_adam_cell(r, row, PARAM);
    *name = r->own && *param ? param : rsp_adam_cell(r, row, PARAMCD);
    return rsp_cell_missing(*name)
               ? rsp_table_fail(r->t, row, r->at[PARAMCD], err, "a PARAMCD is expected")
               : RSP_OK;
}

/* ---- ADSL. */

static rsp_status add_dated(rsp_adam_reader *r, size_t row, enum rsp_adam_column date,
                            const char *what, double amount, rsp_error *err)
{
    rsp_happening h = {.participant = r->people[row], .what = what, .amount = amount,
                       .reason = ""};
    rsp_status s = rsp_adam_day(r, row, date, ADAM_COLUMNS, &h.day, err);
    return s == RSP_OK && !isnan(h.day) ? rsp_importer_imply_happening(r->im, &h, err) : s;
}

static rsp_status read_dates(rsp_adam_reader *r, size_t row, rsp_error *err)
{
    double dose, none = (double)NAN;
    rsp_status s = number(r, row, TRTDOSE, &dose, err);
    s = s == RSP_OK ? add_dated(r, row, TRTSDT, "infuse", dose, err) : s;
    s = s == RSP_OK ? add_dated(r, row, ATISDT, "stop art", none, err) : s;
    s = s == RSP_OK ? add_dated(r, row, ARTRSDT, "start art", none, err) : s;
    return s == RSP_OK ? add_dated(r, row, EOSDT, "end", none, err) : s;
}

static rsp_status flag(const rsp_adam_reader *r, size_t row, enum rsp_adam_column c, bool *out,
                       rsp_error *err)
{
    return r->at[c] == RSP_NO_COLUMN ? RSP_OK : rsp_cell_flag(r->t, row, r->at[c], out, err);
}

rsp_status rsp_adam_subjects(rsp_adam_reader *r, rsp_error *err)
{
    rsp_status s = RSP_OK;
    r->im->has_subjects = true;
    for (size_t row = 0; s == RSP_OK && row < r->t->n_rows; row++) {
        rsp_person *who = &r->im->people[r->people[row]];
        if (who->has_row) {
            return rsp_table_fail(r->t, row, r->at[r->subject], err,
                                  "the participant has a row above: ADSL has one of each");
        }
        who->has_row = true;
        who->reason = rsp_importer_keep(r->im, rsp_adam_cell(r, row, DCSREAS));
        s = who->reason ? RSP_OK : rsp_importer_no_memory(err);
        if (r->own) {
            s = s == RSP_OK ? flag(r, row, SIMFFL, &who->failed, err) : s;
            s = s == RSP_OK ? flag(r, row, PRODFFL, &who->product_failed, err) : s;
            s = s == RSP_OK ? flag(r, row, SCROUTFL, &who->screened_out, err) : s;
        }
        s = s == RSP_OK ? read_dates(r, row, err) : s;
    }
    return s;
}

/* ---- ADTTE. */

static rsp_status time_of(const rsp_adam_reader *r, size_t row, enum rsp_adam_column c,
                          double unit, double *out, rsp_error *err)
{
    rsp_status s = number(r, row, c, out, err);
    *out *= unit;
    return s == RSP_OK && (*out < 0 || isinf(*out))
               ? rsp_table_fail(r->t, row, r->at[c], err, "a time >= 0 is expected")
               : s;
}

static rsp_status read_end(const rsp_adam_reader *r, size_t row, rsp_endpoint_row *out,
                           rsp_error *err)
{
    double v;
    rsp_status s = rsp_cell_number(r->t, row, r->at[CNSR], &v, err);
    if (s != RSP_OK) {
        return s;
    }
    if (!(v >= 0) || v != floor(v)) {
        return rsp_table_fail(r->t, row, r->at[CNSR], err,
                              "0 (event) or a whole number (censored) is expected");
    }
    bool none = isnan(out->day);
    if (none && v != RSP_END_NOT_STARTED) {
        return rsp_table_fail(r->t, row, r->at[AVAL], err, "a time >= 0 is expected");
    }
    /* Codes of censoring are each sponsor's own; those unknown here, and "not started"
     * with a time, are censored all the same. */
    out->end = v < RSP_END_NOT_STARTED || none ? (rsp_endpoint_end)v : RSP_END_STUDY;
    return RSP_OK;
}

static rsp_status settle(const rsp_adam_reader *r, size_t row, rsp_endpoint_row *out,
                         rsp_error *err)
{
    bool event = out->end == RSP_END_EVENT;
    out->left = isnan(out->left) ? out->day : out->left;
    if (isnan(out->right)) {
        out->right = event ? out->day : isnan(out->day) ? (double)NAN : (double)INFINITY;
    }
    return out->left > out->right
               ? rsp_table_fail(r->t, row, r->at[r->at[AVALR] != RSP_NO_COLUMN ? AVALR : AVALL],
                                err, "the interval (AVALL, AVALR] ends before it begins")
               : RSP_OK;
}

rsp_status rsp_adam_endpoints(rsp_adam_reader *r, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t row = 0; s == RSP_OK && row < r->t->n_rows; row++) {
        rsp_endpoint_row out = {.participant = r->people[row], .start_day = (double)NAN};
        double unit = 1;
        if (!rsp_time_unit(rsp_adam_cell(r, row, AVALU), &unit)) {
            return rsp_table_fail(r->t, row, r->at[AVALU], err,
                                  "DAYS, WEEKS, MONTHS or YEARS is expected");
        }
        s = name_of(r, row, &out.endpoint, err);
        s = s == RSP_OK ? time_of(r, row, AVAL, unit, &out.day, err) : s;
        s = s == RSP_OK ? time_of(r, row, AVALL, unit, &out.left, err) : s;
        s = s == RSP_OK ? time_of(r, row, AVALR, unit, &out.right, err) : s;
        s = s == RSP_OK ? read_end(r, row, &out, err) : s;
        s = s == RSP_OK ? settle(r, row, &out, err) : s;
        if (s == RSP_OK && r->own) { /* elsewhere a date, which says nothing alone */
            s = number(r, row, STARTDT, &out.start_day, err);
        }
        s = s == RSP_OK ? rsp_importer_add_endpoint(r->im, &out, row, err) : s;
    }
    return s;
}

/* ---- BDS. */

/* "HIV-1 RNA (copies/mL)": the unit stands in the title where it has no column. */
static const char *unit_of(const rsp_adam_reader *r, size_t row, char out[64])
{
    const char *unit = rsp_adam_cell(r, row, AVALU), *param = rsp_adam_cell(r, row, PARAM);
    const char *open = strrchr(param, '(');
    size_t n = open ? strcspn(open + 1, ")") : 0;
    if (*unit || !open || open[1 + n] != ')' || open[2 + n] || n >= 64) {
        return unit;
    }
    memcpy(out, open + 1, n);
    out[n] = '\0';
    return out;
}

/* What is censored has its words in AVALC; AVAL may hold an imputed number. */
static rsp_status read_result(const rsp_adam_reader *r, size_t row, rsp_measurement *m,
                              rsp_error *err)
{
    const char *words = rsp_adam_cell(r, row, AVALC);
    double limit, upper;
    rsp_status s = number(r, row, LLOQ, &m->lloq, err);
    s = s == RSP_OK ? number(r, row, ULOQ, &upper, err) : s;
    s = s == RSP_OK ? number(r, row, AVAL, &m->value, err) : s;
    if (s != RSP_OK) {
        return s;
    }
    m->uloq = upper > 0 ? upper : 0;
    if (!rsp_value_state(words, &m->state, &limit)) {
        m->state = isnan(m->value) ? RSP_MISSING : RSP_NUMBER;
    } else if (m->state == RSP_ABOVE_ULOQ) {
        m->uloq = limit > 0 ? limit : m->uloq;
    } else {
        m->lloq = isnan(m->lloq) ? limit : m->lloq;
    }
    return RSP_OK;
}

static rsp_status read_bds_row(rsp_adam_reader *r, size_t row, rsp_error *err)
{
    char unit[64];
    rsp_measurement m = {.participant = r->people[row], .reason = rsp_adam_cell(r, row, REASND),
                         .unit = unit_of(r, row, unit)};
    rsp_status s = name_of(r, row, &m.assay, err);
    s = s == RSP_OK ? rsp_adam_day(r, row, ADT, ADY, &m.day, err) : s;
    if (s == RSP_OK && isnan(m.day)) {
        return rsp_table_fail(r->t, row, r->at[r->at[ADT] != RSP_NO_COLUMN ? ADT : ADY], err,
                              "the day of a measurement is expected (ADY or ADT)");
    }
    m.planned_day = m.day; /* in others' AVISITN counts visits */
    if (s == RSP_OK && r->own) {
        s = number(r, row, AVISITN, &m.planned_day, err);
    }
    s = s == RSP_OK ? read_result(r, row, &m, err) : s;
    if (s == RSP_OK && m.state == RSP_MISSING && !r->own && !*m.reason) {
        m.reason = "not reported";
    }
    return s == RSP_OK ? rsp_importer_add_measurement(r->im, &m, row, r->own, err) : s;
}

rsp_status rsp_adam_measurements(rsp_adam_reader *r, rsp_error *err)
{
    rsp_status s = RSP_OK;
    size_t derived = 0;
    for (size_t row = 0; s == RSP_OK && row < r->t->n_rows; row++) {
        /* Carried forward, averaged: no measurement. */
        bool made = *rsp_adam_cell(r, row, DTYPE) != '\0';
        derived += made;
        s = made ? RSP_OK : read_bds_row(r, row, err);
    }
    if (s == RSP_OK && derived) {
        rsp_text_printf(&r->im->notes, "%s: %zu rows with a DTYPE are derived, not measured, and "
                        "are passed over\n", r->t->name, derived);
    }
    return s;
}

/* ---- ADAE and ADEV. */

static const char *first_of(const char *a, const char *b)
{
    return *a ? a : b;
}

/* A day that may lack: also where only a date says it, and nothing what day 0 was. */
static rsp_status known_day(const rsp_adam_reader *r, size_t row, enum rsp_adam_column date,
                            enum rsp_adam_column day, bool *known, double *out, rsp_error *err)
{
    double v = (double)NAN;
    bool there = r->own || !rsp_cell_missing(rsp_adam_cell(r, row, day)) ||
                 !isnan(r->im->people[r->people[row]].reference);
    rsp_status s = there ? rsp_adam_day(r, row, date, day, &v, err) : RSP_OK;
    *known = s == RSP_OK && !isnan(v);
    *out = *known ? v : 0;
    return s;
}

/* Whom ADSL does not have is nobody of this trial.  Where ADSL is read later, who has no row
 * in the end is named then. */
static rsp_status someone_of_adsl(rsp_adam_reader *r, size_t row, rsp_error *err)
{
    rsp_person *who = &r->im->people[r->people[row]];
    if (r->im->has_subjects && !who->has_row) {
        return rsp_table_fail(r->t, row, r->at[r->subject], err, "ADSL has no such participant%s",
                              r->own ? " in that trial and arm" : "");
    }
    if (!who->occurs) {
        who->occurs = true;
        who->occurs_file = (uint32_t)r->im->n_files - 1;
        who->occurs_row = (uint32_t)row;
    }
    return RSP_OK;
}

/* Grades of CTCAE; an episode begins before it is over, and before anybody heard of it. */
static rsp_status check_adverse(const rsp_adam_reader *r, size_t row, const rsp_happening *h,
                                rsp_error *err)
{
    if (!isnan(h->amount) && !(h->amount >= 1 && h->amount <= 5 && h->amount == floor(h->amount))) {
        return rsp_table_fail(r->t, row, r->at[AETOXGR], err,
                              "a grade is a whole number from 1 to 5 (CTCAE)");
    }
    if (h->over && h->end_day < h->day) {
        const bool by_day = !r->own && !rsp_cell_missing(rsp_adam_cell(r, row, AENDY));
        return rsp_table_fail(r->t, row, r->at[by_day ? AENDY : AENDT], err,
                              "the event is over before it began");
    }
    if (r->own && h->reported && h->reported_day < h->day) {
        return rsp_table_fail(r->t, row, r->at[AEDT], err, "it was reported before it began");
    }
    return RSP_OK;
}

/* ---- AESEQ: one of each in a participant (of ours, in an arm). */
typedef struct sequence {
    uint32_t person, row;
    double number;
} sequence;

static int by_person_number(const void *a, const void *b)
{
    const sequence *x = a, *y = b;
    if (x->person != y->person) {
        return x->person < y->person ? -1 : 1;
    }
    return x->number != y->number ? (x->number > y->number) - (x->number < y->number)
                                  : (x->row > y->row) - (x->row < y->row);
}

static rsp_status check_sequences(const rsp_adam_reader *r, rsp_error *err)
{
    if (r->at[AESEQ] == RSP_NO_COLUMN) {
        return RSP_OK;
    }
    sequence *all = calloc(r->t->n_rows + 1, sizeof *all);
    rsp_status s = all ? RSP_OK : rsp_importer_no_memory(err);
    size_t n = 0;
    for (size_t row = 0; s == RSP_OK && row < r->t->n_rows; row++) {
        all[n] = (sequence){.person = r->people[row], .row = (uint32_t)row};
        s = number(r, row, AESEQ, &all[n].number, err);
        n += s == RSP_OK && !isnan(all[n].number);
    }
    if (s == RSP_OK && n > 1) {
        qsort(all, n, sizeof *all, by_person_number);
    }
    for (size_t i = 1; s == RSP_OK && i < n; i++) {
        if (all[i].person == all[i - 1].person && all[i].number == all[i - 1].number) {
            s = rsp_table_fail(r->t, all[i].row, r->at[AESEQ], err,
                               "the participant has this number in row %u",
                               (unsigned)all[i - 1].row + 1);
        }
    }
    free(all);
    return s;
}

rsp_status rsp_adam_occurrences(rsp_adam_reader *r, rsp_error *err)
{
    bool adverse = r->kind == ADAM_ADVERSE;
    r->im->has_events = r->im->has_events || !adverse;
    rsp_status s = adverse ? check_sequences(r, err) : RSP_OK;
    for (size_t row = 0; s == RSP_OK && row < r->t->n_rows; row++) {
        rsp_happening h = {.participant = r->people[row],
                           .what = adverse ? RSP_ADVERSE_EVENT : rsp_adam_cell(r, row, EVTERM),
                           .reason = adverse ? first_of(rsp_adam_cell(r, row, AEDECOD),
                                                        rsp_adam_cell(r, row, AETERM))
                                             : rsp_adam_cell(r, row, EVREAS)};
        s = someone_of_adsl(r, row, err);
        s = s == RSP_OK ? rsp_adam_day(r, row, ASTDT, ASTDY, &h.day, err) : s;
        s = s == RSP_OK ? number(r, row, adverse ? AETOXGR : EVAMT, &h.amount, err) : s;
        if (s == RSP_OK && isnan(h.day)) {
            return rsp_table_fail(r->t, row, r->at[r->at[ASTDT] != RSP_NO_COLUMN ? ASTDT : ASTDY],
                                  err, "the day it began is expected (ASTDY or ASTDT)");
        }
        s = s == RSP_OK && adverse ? known_day(r, row, AENDT, AENDY, &h.over, &h.end_day, err) : s;
        s = s == RSP_OK && adverse
                ? known_day(r, row, AEDT, AEDY, &h.reported, &h.reported_day, err) : s;
        s = s == RSP_OK && adverse ? check_adverse(r, row, &h, err) : s;
        s = s == RSP_OK ? rsp_importer_add_happening(r->im, &h, err) : s;
    }
    return s;
}
