/* CSV with a map of its columns. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/import_map.h"
#include "dataset/slurp.h"

rsp_status rsp_map_need(rsp_map_reader *r, rsp_import_cell cell, const char *role, int *column,
                            rsp_error *err)
{
    return rsp_table_need(&r->t, cell.column, role, column, err);
}

const char *rsp_map_cell(const rsp_map_reader *r, size_t row, int column, rsp_import_cell from)
{
    return column != RSP_NO_COLUMN ? rsp_table_cell(&r->t, row, column)
                                   : (from.text ? from.text : "");
}

rsp_status rsp_map_fail(const rsp_map_reader *r, rsp_error *err, const char *what)
{
    return rsp_fail_at(err, RSP_DATA, r->t.name, NULL, 1, 1, "%s", what);
}

/* A column, or one date for all, whichever way it is written. */
static rsp_status find_reference(rsp_map_reader *r, rsp_error *err)
{
    const char *column = r->map->reference.column, *text = r->map->reference.text;
    r->reference = RSP_NO_COLUMN;
    r->reference_date = (double)NAN;
    if (column && rsp_table_find(&r->t, column) == RSP_NO_COLUMN &&
        rsp_date_read(column, &r->reference_date)) {
        return RSP_OK;
    }
    if (column || !text) {
        return rsp_table_need(&r->t, column, "reference date", &r->reference, err);
    }
    return rsp_date_read(text, &r->reference_date)
               ? RSP_OK
               : rsp_fail_at(err, RSP_DATA, r->t.name, NULL, 1, 1, "the reference is '%.40s'; a "
                             "date that exists is expected, as 2021-03-09", text);
}

static rsp_status find_columns(rsp_map_reader *r, rsp_error *err)
{
    const rsp_import_map *map = r->map;
    if (!map->subject) {
        return rsp_map_fail(r, err, "the map names no column for the participant (subject)");
    }
    rsp_status s = rsp_table_need(&r->t, map->subject, "subject", &r->subject, err);
    s = s == RSP_OK ? rsp_map_need(r, map->arm, "arm", &r->arm, err) : s;
    s = s == RSP_OK ? rsp_table_need(&r->t, map->day, "day", &r->day, err) : s;
    s = s == RSP_OK ? rsp_table_need(&r->t, map->date, "date", &r->date, err) : s;
    s = s == RSP_OK ? find_reference(r, err) : s;
    s = s == RSP_OK ? rsp_table_need(&r->t, map->planned_day, "planned day", &r->planned, err) : s;
    if (s != RSP_OK) {
        return s;
    }
    if (!rsp_time_unit(map->day_unit ? map->day_unit : "", &r->unit)) {
        return rsp_fail_at(err, RSP_DATA, r->t.name, NULL, 1, 1, "the unit of days is '%.40s'; "
                           "days, weeks, months, years or hours are expected", map->day_unit);
    }
    return RSP_OK;
}

/* ---- Who and when. */

static rsp_status select_rows(rsp_map_reader *r, rsp_error *err)
{
    for (size_t i = 0; i < r->map->n_where; i++) {
        const rsp_import_where *w = &r->map->where[i];
        int column;
        rsp_status s = rsp_table_need(&r->t, w->column, "where", &column, err);
        if (s != RSP_OK) {
            return s;
        }
        size_t left = 0;
        for (size_t row = 0; row < r->t.n_rows; row++) {
            bool fits = strcmp(rsp_table_cell(&r->t, row, column), w->text) == 0;
            r->people[row] = fits ? r->people[row] : RSP_NOBODY;
            left += r->people[row] != RSP_NOBODY;
        }
        if (left == 0) {
            return rsp_fail_at(err, RSP_DATA, r->t.name, NULL, 1, 1,
                               "no row has '%.60s' in column %.60s; the first has '%.60s'",
                               w->text, w->column,
                               r->t.n_rows ? rsp_table_cell(&r->t, 0, column) : "");
        }
    }
    return RSP_OK;
}

static rsp_status read_arm(rsp_map_reader *r, size_t row, rsp_person *who, rsp_error *err)
{
    const char *name = rsp_map_cell(r, row, r->arm, r->map->arm);
    uint32_t arm;
    if (r->arm == RSP_NO_COLUMN && !r->map->arm.text) {
        return RSP_OK;
    }
    if (rsp_cell_missing(name)) {
        return rsp_table_fail(&r->t, row, r->arm, err, "the name of an arm is expected");
    }
    rsp_status s = rsp_importer_arm(r->im, name, &arm, err);
    if (s == RSP_OK && who->arm != RSP_NO_ARM && who->arm != arm) {
        return rsp_table_fail(&r->t, row, r->arm, err,
                              "participant %.60s is in another arm above", who->id);
    }
    who->arm = s == RSP_OK ? arm : who->arm;
    return s;
}

static rsp_status read_people(rsp_map_reader *r, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t row = 0; s == RSP_OK && row < r->t.n_rows; row++) {
        const char *id = rsp_table_cell(&r->t, row, r->subject);
        if (r->people[row] == RSP_NOBODY) {
            continue;
        }
        if (rsp_cell_missing(id)) {
            return rsp_table_fail(&r->t, row, r->subject, err,
                                  "the name of a participant is expected");
        }
        s = rsp_importer_person(r->im, id, &r->people[row], err);
        s = s == RSP_OK ? read_arm(r, row, &r->im->people[r->people[row]], err) : s;
    }
    return s;
}

/* The day of a cell that holds a day or a date; NaN: missing. */
static rsp_status day_of(const rsp_map_reader *r, size_t row, int day, int date, double *out,
                         rsp_error *err)
{
    double reference = r->reference_date;
    *out = (double)NAN;
    if (day != RSP_NO_COLUMN) {
        return rsp_cell_day(&r->t, row, day, r->unit, out, err);
    }
    rsp_status s = rsp_cell_date(&r->t, row, date, out, err);
    if (s != RSP_OK || isnan(*out)) {
        return s;
    }
    if (r->reference != RSP_NO_COLUMN) {
        s = rsp_cell_date(&r->t, row, r->reference, &reference, err);
    }
    if (s == RSP_OK && isnan(reference)) {
        return rsp_table_fail(&r->t, row, r->reference != RSP_NO_COLUMN ? r->reference : date, err,
                              "a date needs a reference, the date of day 0");
    }
    *out -= reference;
    return s;
}

static rsp_status read_days(rsp_map_reader *r, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t row = 0; s == RSP_OK && row < r->t.n_rows; row++) {
        r->days[row] = (double)NAN;
        if (r->people[row] != RSP_NOBODY && (r->day != RSP_NO_COLUMN || r->date != RSP_NO_COLUMN)) {
            s = day_of(r, row, r->day, r->date, &r->days[row], err);
        }
    }
    return s;
}

/* ---- Happenings. */

typedef struct happening {
    const rsp_import_happening *from;
    int what, day, date, amount, reason;
} happening;

static rsp_status read_happening(const rsp_map_reader *r, const happening *h, size_t row, rsp_error *err)
{
    rsp_happening out = {.participant = r->people[row], .day = r->days[row],
                         .what = rsp_map_cell(r, row, h->what, h->from->what), .amount = (double)NAN,
                         .reason = rsp_table_cell(&r->t, row, h->reason)};
    rsp_status s = RSP_OK;
    if (h->day != RSP_NO_COLUMN || h->date != RSP_NO_COLUMN) {
        s = day_of(r, row, h->day, h->date, &out.day, err);
    }
    if (s != RSP_OK || isnan(out.day) || rsp_cell_missing(out.what)) {
        return s;
    }
    if (h->amount != RSP_NO_COLUMN) {
        s = rsp_cell_number(&r->t, row, h->amount, &out.amount, err);
    }
    return s == RSP_OK ? rsp_importer_add_happening(r->im, &out, err) : s;
}

static rsp_status read_happenings(rsp_map_reader *r, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < r->map->n_happenings; i++) {
        happening h = {.from = &r->map->happenings[i]};
        if (!h.from->what.column && !h.from->what.text) {
            return rsp_map_fail(r, err, "the map of a happening needs `what`");
        }
        s = rsp_map_need(r, h.from->what, "what happened", &h.what, err);
        s = s == RSP_OK ? rsp_table_need(&r->t, h.from->day, "day", &h.day, err) : s;
        s = s == RSP_OK ? rsp_table_need(&r->t, h.from->date, "date", &h.date, err) : s;
        s = s == RSP_OK ? rsp_table_need(&r->t, h.from->amount, "amount", &h.amount, err) : s;
        s = s == RSP_OK ? rsp_table_need(&r->t, h.from->reason, "reason", &h.reason, err) : s;
        for (size_t row = 0; s == RSP_OK && row < r->t.n_rows; row++) {
            s = r->people[row] == RSP_NOBODY ? RSP_OK : read_happening(r, &h, row, err);
        }
    }
    return s;
}

/* ---- The rest. */

static rsp_status read_covariates(rsp_map_reader *r, rsp_error *err)
{
    rsp_status s = RSP_OK;
    int column;
    for (size_t i = 0; s == RSP_OK && i < r->map->n_dropped; i++) {
        s = rsp_table_need(&r->t, r->map->dropped[i], "dropped", &column, err);
    }
    for (size_t i = 0; s == RSP_OK && i < r->map->n_covariates; i++) {
        s = rsp_table_need(&r->t, r->map->covariates[i], "covariate", &column, err);
        s = s == RSP_OK ? rsp_importer_covariate(r->im, &r->t, column, r->people, err) : s;
    }
    const rsp_loose how = {.people = r->people, .firm = true,
                           .days = r->day != RSP_NO_COLUMN || r->date != RSP_NO_COLUMN ? r->days
                                                                                      : NULL};
    return s == RSP_OK ? rsp_importer_keep_loose(r->im, &r->t, &how, err) : s;
}

static rsp_status read_table(rsp_map_reader *r, rsp_error *err)
{
    if (r->t.n_rows == 0) {
        return rsp_fail_at(err, RSP_DATA, r->t.name, NULL, 1, 1,
                           "there are names of columns and no rows below them");
    }
    r->people = calloc(r->t.n_rows, sizeof *r->people);
    r->days = calloc(r->t.n_rows, sizeof *r->days);
    rsp_status s = r->people && r->days ? RSP_OK : rsp_importer_no_memory(err);
    s = s == RSP_OK ? rsp_importer_begin(r->im, &r->t, false, err) : s;
    s = s == RSP_OK ? find_columns(r, err) : s;
    s = s == RSP_OK ? select_rows(r, err) : s;
    s = s == RSP_OK ? read_people(r, err) : s;
    s = s == RSP_OK ? read_days(r, err) : s;
    s = s == RSP_OK ? rsp_map_measures(r, err) : s;
    s = s == RSP_OK ? read_happenings(r, err) : s;
    s = s == RSP_OK ? rsp_map_endpoints(r, err) : s;
    s = s == RSP_OK ? read_covariates(r, err) : s;
    s = s == RSP_OK ? rsp_importer_end(r->im, &r->t, err) : s;
    free(r->people);
    free(r->days);
    return s;
}

static rsp_status read_terminated(rsp_importer *im, const char *name, const char *text,
                                  size_t length, const rsp_import_map *map, rsp_error *err)
{
    rsp_map_reader r = {.im = im, .map = map};
    rsp_status s = rsp_table_read(&r.t, name, text, length, err);
    s = s == RSP_OK ? read_table(&r, err) : s;
    rsp_table_fini(&r.t);
    return s;
}

rsp_status rsp_import_csv_text(rsp_importer *im, const char *name, const char *text,
                               size_t length, const rsp_import_map *map, rsp_error *err)
{
    char *copy = NULL;
    rsp_status s = rsp_slurp_copy(name, text, length, &copy, err);
    s = s == RSP_OK ? read_terminated(im, name, copy, length, map, err) : s;
    free(copy);
    return s;
}

rsp_status rsp_import_csv(rsp_importer *im, const char *path, const rsp_import_map *map,
                          rsp_error *err)
{
    char *text = NULL;
    size_t length = 0;
    rsp_status s = rsp_slurp(path, &text, &length, err);
    s = s == RSP_OK ? read_terminated(im, path, text, length, map, err) : s;
    free(text);
    return s;
}
