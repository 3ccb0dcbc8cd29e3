/* Measurements of a CSV file: a result in its three states, with its limits. */
#include <math.h>
#include <string.h>

#include "dataset/import_map.h"

typedef struct measure {
    const rsp_import_measure *from;
    int assay, value, unit, limit, upper, below, above, reason;
} measure;

static rsp_status find_measure(rsp_map_reader *r, const rsp_import_measure *from, measure *m,
                               rsp_error *err)
{
    *m = (measure){.from = from};
    if (!from->value || (!from->assay.column && !from->assay.text)) {
        return rsp_map_fail(r, err, "the map of a measurement needs `value`, a column, and `assay`");
    }
    if (r->day == RSP_NO_COLUMN && r->date == RSP_NO_COLUMN) {
        return rsp_map_fail(r, err, "measurements need a column of days, or of dates");
    }
    rsp_status s = rsp_map_need(r, from->assay, "assay", &m->assay, err);
    s = s == RSP_OK ? rsp_table_need(&r->t, from->value, "value", &m->value, err) : s;
    s = s == RSP_OK ? rsp_map_need(r, from->unit, "unit", &m->unit, err) : s;
    s = s == RSP_OK ? rsp_map_need(r, from->limit, "limit", &m->limit, err) : s;
    s = s == RSP_OK ? rsp_map_need(r, from->upper, "upper limit", &m->upper, err) : s;
    s = s == RSP_OK ? rsp_table_need(&r->t, from->below, "below", &m->below, err) : s;
    s = s == RSP_OK ? rsp_table_need(&r->t, from->above, "above", &m->above, err) : s;
    return s == RSP_OK ? rsp_table_need(&r->t, from->reason, "reason", &m->reason, err) : s;
}

static rsp_status limit_of(const rsp_map_reader *r, size_t row, int column, rsp_import_cell from,
                           double *out, rsp_error *err)
{
    *out = (double)NAN;
    if (column != RSP_NO_COLUMN) {
        return rsp_cell_number(&r->t, row, column, out, err);
    }
    if (from.text && !rsp_number_read(from.text, strlen(from.text), out)) {
        return rsp_fail_at(err, RSP_DATA, r->t.name, NULL, 1, 1,
                           "the limit is '%.40s'; a number or a column is expected", from.text);
    }
    return RSP_OK;
}

/* The flags of a row, and what its number says beside the limits. */
static rsp_status state_by_flags(const rsp_map_reader *r, const measure *m, size_t row,
                                 rsp_measurement *out, rsp_error *err)
{
    bool below = false, above = false;
    rsp_status s = m->below != RSP_NO_COLUMN ? rsp_cell_flag(&r->t, row, m->below, &below, err)
                                             : RSP_OK;
    s = s == RSP_OK && m->above != RSP_NO_COLUMN
            ? rsp_cell_flag(&r->t, row, m->above, &above, err) : s;
    if (s == RSP_OK && below && above) {
        return rsp_table_fail(&r->t, row, m->above, err, "the row is flagged below a limit, too");
    }
    if (m->below == RSP_NO_COLUMN && out->value < out->lloq) {
        below = true;
    }
    if (m->above == RSP_NO_COLUMN && out->uloq > 0 && out->value > out->uloq) {
        above = true;
    }
    if (below) {
        out->state = RSP_BELOW_LLOQ;
        out->lloq = isnan(out->lloq) ? out->value : out->lloq;
    } else if (above) {
        out->state = RSP_ABOVE_ULOQ;
        out->uloq = out->uloq > 0 ? out->uloq : isnan(out->value) ? 0 : out->value;
    } else {
        out->state = isnan(out->value) ? RSP_MISSING : RSP_NUMBER;
    }
    return s;
}

static rsp_status read_result(const rsp_map_reader *r, const measure *m, size_t row,
                              rsp_measurement *out, rsp_error *err)
{
    double limit = (double)NAN, upper = (double)NAN;
    rsp_status s = limit_of(r, row, m->limit, m->from->limit, &out->lloq, err);
    s = s == RSP_OK ? limit_of(r, row, m->upper, m->from->upper, &upper, err) : s;
    out->uloq = upper > 0 ? upper : 0;
    if (s != RSP_OK) {
        return s;
    }
    if (rsp_value_state(rsp_table_cell(&r->t, row, m->value), &out->state, &limit)) {
        if (out->state == RSP_ABOVE_ULOQ && limit > 0) {
            out->uloq = limit;
        } else if (out->state != RSP_ABOVE_ULOQ && !isnan(limit)) {
            out->lloq = limit;
        }
        return RSP_OK;
    }
    s = rsp_cell_number(&r->t, row, m->value, &out->value, err);
    return s == RSP_OK ? state_by_flags(r, m, row, out, err) : s;
}

static rsp_status read_measure(const rsp_map_reader *r, const measure *m, size_t row, rsp_error *err)
{
    rsp_measurement out = {.participant = r->people[row], .day = r->days[row],
                           .assay = rsp_map_cell(r, row, m->assay, m->from->assay),
                           .unit = rsp_map_cell(r, row, m->unit, m->from->unit),
                           .value = (double)NAN, .planned_day = r->days[row],
                           .reason = rsp_table_cell(&r->t, row, m->reason)};
    if (isnan(r->days[row])) {
        return rsp_table_fail(&r->t, row, r->day != RSP_NO_COLUMN ? r->day : r->date, err,
                              "the day of a measurement is expected");
    }
    if (rsp_cell_missing(out.assay)) {
        return rsp_table_fail(&r->t, row, m->assay, err, "the name of an assay is expected");
    }
    rsp_status s = read_result(r, m, row, &out, err);
    if (s == RSP_OK && r->planned != RSP_NO_COLUMN) {
        s = rsp_cell_day(&r->t, row, r->planned, r->unit, &out.planned_day, err);
    }
    if (out.state == RSP_MISSING && !*out.reason) {
        out.reason = "not reported";
    } else if (out.state != RSP_MISSING) {
        out.reason = "";
    }
    return s == RSP_OK ? rsp_importer_add_measurement(r->im, &out, row, m->from->repeats, err) : s;
}

rsp_status rsp_map_measures(rsp_map_reader *r, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < r->map->n_measures; i++) {
        measure m;
        s = find_measure(r, &r->map->measures[i], &m, err);
        for (size_t row = 0; s == RSP_OK && row < r->t.n_rows; row++) {
            s = r->people[row] == RSP_NOBODY ? RSP_OK : read_measure(r, &m, row, err);
        }
    }
    return s;
}
