/* NONMEM-style CSV: doses and observations in one table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/importer.h"

enum column { ID, TIME, DAY, DV, CENS, BLQ, LIMIT, LLOQ, TND, EVID, AMT, MDV, CMT, DVID, ARM, C,
              N_COLUMNS };

static const char *const names[N_COLUMNS] = {"ID", "TIME", "DAY", "DV", "CENS", "BLQ", "LIMIT",
                                             "LLOQ", "TND", "EVID", "AMT", "MDV", "CMT", "DVID",
                                             "ARM", "C"};

typedef struct reader {
    rsp_importer *im;
    const rsp_nonmem *how;
    rsp_table *t;
    int at[N_COLUMNS];
    bool repeats; /* our own: replicates of a day are as they were */
    double unit;
    uint32_t *people;
    double *days;
    size_t others; /* records that are neither dose nor observation */
} reader;

bool rsp_nonmem_looks(const rsp_table *t)
{
    bool id = rsp_table_find(t, "ID") != RSP_NO_COLUMN || rsp_table_find(t, "#ID") != RSP_NO_COLUMN;
    return id && rsp_table_find(t, "TIME") != RSP_NO_COLUMN &&
           rsp_table_find(t, "DV") != RSP_NO_COLUMN;
}

static rsp_status find_columns(reader *r, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (int c = 0; s == RSP_OK && c < N_COLUMNS; c++) {
        const char *name = c == ARM && r->how->arm ? r->how->arm : names[c];
        bool needed = c == ID || c == TIME || c == DV || (c == ARM && r->how->arm);
        r->at[c] = rsp_table_find(r->t, name);
        if (c == ID && r->at[c] == RSP_NO_COLUMN) {
            r->at[c] = rsp_table_find(r->t, "#ID"); /* the mark of a line to be passed over */
        }
        if (r->at[c] != RSP_NO_COLUMN) {
            r->t->used[r->at[c]] = true;
        } else if (needed) {
            s = rsp_table_need(r->t, name, "NONMEM", &r->at[c], err);
        }
    }
    r->repeats = r->at[TND] != RSP_NO_COLUMN;
    if (s == RSP_OK && !rsp_time_unit(r->how->time_unit ? r->how->time_unit : "", &r->unit)) {
        return rsp_fail_at(err, RSP_DATA, r->t->name, NULL, 1, 1, "the unit of TIME is '%.40s'; "
                           "hours, days or weeks are expected", r->how->time_unit);
    }
    return s;
}

static rsp_status number(const reader *r, size_t row, enum column c, double none, double *out,
                         rsp_error *err)
{
    *out = none;
    if (r->at[c] == RSP_NO_COLUMN) {
        return RSP_OK;
    }
    rsp_status s = rsp_cell_number(r->t, row, r->at[c], out, err);
    *out = isnan(*out) ? none : *out;
    return s;
}

static rsp_status read_arm(reader *r, size_t row, rsp_error *err)
{
    uint32_t arm, *known = &r->im->people[r->people[row]].arm;
    const char *name = rsp_table_cell(r->t, row, r->at[ARM]);
    double code;
    bool is_number = rsp_number_read(name, strlen(name), &code);
    for (size_t i = 0; is_number && i < r->how->n_arms; i++) {
        name = r->how->arms[i].code == code ? r->how->arms[i].name : name;
    }
    rsp_status s = rsp_importer_arm(r->im, name, &arm, err);
    if (s == RSP_OK && is_number) {
        r->im->arm_numbers[arm] = code;
    }
    if (s == RSP_OK && *known != RSP_NO_ARM && *known != arm) {
        return rsp_table_fail(r->t, row, r->at[ARM], err, "the participant is in another arm above");
    }
    *known = s == RSP_OK ? arm : *known;
    return s;
}

/* Who and when.  A comment in column C takes the line out, as IGNORE=C does. */
static rsp_status read_head(reader *r, size_t row, rsp_error *err)
{
    const char *id = rsp_table_cell(r->t, row, r->at[ID]);
    r->people[row] = RSP_NOBODY;
    if (strcmp(rsp_table_cell(r->t, row, r->at[C]), "C") == 0) {
        return RSP_OK;
    }
    if (rsp_cell_missing(id)) {
        return rsp_table_fail(r->t, row, r->at[ID], err, "the number of a participant is expected");
    }
    rsp_status s = rsp_importer_person(r->im, id, &r->people[row], err);
    bool day = r->at[DAY] != RSP_NO_COLUMN;
    s = s == RSP_OK ? rsp_cell_day(r->t, row, r->at[day ? DAY : TIME], day ? 1 : r->unit,
                                   &r->days[row], err) : s;
    if (s == RSP_OK && isnan(r->days[row])) {
        return rsp_table_fail(r->t, row, r->at[day ? DAY : TIME], err, "a time is expected");
    }
    return s == RSP_OK && r->at[ARM] != RSP_NO_COLUMN ? read_arm(r, row, err) : s;
}

/* The assay of a DVID, else CMT: by the caller's list, else "dv_2"; "dv" without either. */
static rsp_status name_of(const reader *r, size_t row, rsp_measurement *m, char name[40],
                          rsp_error *err)
{
    double code;
    rsp_status s = number(r, row, r->at[DVID] != RSP_NO_COLUMN ? DVID : CMT, (double)NAN, &code, err);
    snprintf(name, 40, isnan(code) ? "dv" : "dv_%.10g", code);
    m->assay = name;
    m->unit = "";
    for (size_t i = 0; i < r->how->n_assays; i++) {
        if (r->how->assays[i].code == code) {
            m->assay = r->how->assays[i].name;
            m->unit = r->how->assays[i].unit ? r->how->assays[i].unit : "";
        }
    }
    return s;
}

static rsp_status read_state(const reader *r, size_t row, rsp_measurement *m, rsp_error *err)
{
    double cens, absent, missing, dv;
    bool blq = r->at[CENS] == RSP_NO_COLUMN;
    rsp_status s = number(r, row, blq ? BLQ : CENS, 0, &cens, err);
    s = s == RSP_OK ? number(r, row, TND, 0, &absent, err) : s;
    s = s == RSP_OK ? number(r, row, MDV, 0, &missing, err) : s;
    s = s == RSP_OK ? number(r, row, DV, (double)NAN, &dv, err) : s;
    s = s == RSP_OK ? number(r, row, LLOQ, (double)NAN, &m->lloq, err) : s;
    if (s != RSP_OK) {
        return s;
    }
    if (cens != 0 && cens != 1 && cens != -1) {
        return rsp_table_fail(r->t, row, r->at[blq ? BLQ : CENS], err,
                              "0, 1 (below the limit in DV) or -1 (above it) is expected");
    }
    m->value = dv;
    if (cens > 0) {
        m->state = absent > 0 ? RSP_NOT_DETECTED : RSP_BELOW_LLOQ;
        m->lloq = isnan(m->lloq) ? dv : m->lloq;
    } else if (cens < 0) {
        m->state = RSP_ABOVE_ULOQ;
        m->uloq = dv > 0 ? dv : 0;
    } else {
        m->state = missing > 0 || isnan(dv) ? RSP_MISSING : RSP_NUMBER;
    }
    m->reason = m->state == RSP_MISSING ? "not reported" : "";
    return s;
}

static rsp_status read_row(reader *r, size_t row, rsp_error *err)
{
    char name[40];
    double evid, amount;
    rsp_measurement m = {.participant = r->people[row], .day = r->days[row],
                         .planned_day = r->days[row]};
    rsp_happening dose = {.participant = r->people[row], .day = r->days[row], .what = "infuse",
                          .reason = ""};
    rsp_status s = number(r, row, AMT, (double)NAN, &amount, err);
    s = s == RSP_OK ? number(r, row, EVID, amount > 0 ? 1 : 0, &evid, err) : s;
    if (s != RSP_OK) {
        return s;
    }
    dose.amount = amount;
    if (evid == 1 || evid == 4) {
        return rsp_importer_add_happening(r->im, &dose, err);
    }
    if (evid != 0) {
        r->others++;
        return RSP_OK;
    }
    s = name_of(r, row, &m, name, err);
    s = s == RSP_OK ? read_state(r, row, &m, err) : s;
    return s == RSP_OK ? rsp_importer_add_measurement(r->im, &m, row, r->repeats, err) : s;
}

static rsp_status read_all(reader *r, rsp_error *err)
{
    rsp_status s = find_columns(r, err);
    for (size_t row = 0; s == RSP_OK && row < r->t->n_rows; row++) {
        s = read_head(r, row, err);
        s = s == RSP_OK && r->people[row] != RSP_NOBODY ? read_row(r, row, err) : s;
    }
    if (s == RSP_OK && r->others) {
        rsp_text_printf(&r->im->notes, "%s: %zu records with EVID 2 or 3 are no dose and no "
                        "observation, and are passed over\n", r->t->name, r->others);
    }
    const rsp_loose how = {.people = r->people, .days = r->days, .firm = true};
    s = s == RSP_OK ? rsp_importer_keep_loose(r->im, r->t, &how, err) : s;
    return s == RSP_OK ? rsp_importer_end(r->im, r->t, err) : s;
}

rsp_status rsp_nonmem_read_table(rsp_importer *im, rsp_table *t, const rsp_nonmem *how,
                                 rsp_error *err)
{
    reader r = {.im = im, .how = how, .t = t};
    if (t->n_rows == 0) {
        return rsp_fail_at(err, RSP_DATA, t->name, NULL, 1, 1,
                           "there are names of columns and no rows below them");
    }
    r.people = calloc(t->n_rows, sizeof *r.people);
    r.days = calloc(t->n_rows, sizeof *r.days);
    rsp_status s = r.people && r.days ? rsp_importer_begin(im, t, false, err)
                                      : rsp_importer_no_memory(err);
    s = s == RSP_OK ? read_all(&r, err) : s;
    free(r.people);
    free(r.days);
    return s;
}
