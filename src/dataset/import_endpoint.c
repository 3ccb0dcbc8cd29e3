/* Endpoints of a CSV file: day, interval and reason of each end. */
#include <math.h>
#include <string.h>

#include "dataset/import_map.h"

typedef struct endpoint {
    const rsp_import_endpoint *from;
    int name, time, left, right, unit, event, cnsr, start;
} endpoint;

static rsp_status find_endpoint(rsp_map_reader *r, const rsp_import_endpoint *from, endpoint *e,
                                rsp_error *err)
{
    *e = (endpoint){.from = from};
    if ((!from->endpoint.column && !from->endpoint.text) || (!from->time && !from->left)) {
        return rsp_map_fail(r, err, "the map of an endpoint needs `endpoint`, and `time` or `left`");
    }
    if (from->event && from->cnsr) {
        return rsp_map_fail(r, err, "the map of an endpoint has `event` and `cnsr`: one is enough");
    }
    rsp_status s = rsp_map_need(r, from->endpoint, "endpoint", &e->name, err);
    s = s == RSP_OK ? rsp_table_need(&r->t, from->time, "time", &e->time, err) : s;
    s = s == RSP_OK ? rsp_table_need(&r->t, from->left, "left", &e->left, err) : s;
    s = s == RSP_OK ? rsp_table_need(&r->t, from->right, "right", &e->right, err) : s;
    s = s == RSP_OK ? rsp_map_need(r, from->unit, "unit", &e->unit, err) : s;
    s = s == RSP_OK ? rsp_table_need(&r->t, from->event, "event", &e->event, err) : s;
    s = s == RSP_OK ? rsp_table_need(&r->t, from->cnsr, "cnsr", &e->cnsr, err) : s;
    return s == RSP_OK ? rsp_table_need(&r->t, from->start_day, "start day", &e->start, err) : s;
}

/* A time since the start, in days; NaN: missing. */
static rsp_status read_time(const rsp_map_reader *r, size_t row, int column, double unit, double *out,
                            rsp_error *err)
{
    *out = (double)NAN;
    rsp_status s = column == RSP_NO_COLUMN ? RSP_OK
                                           : rsp_cell_number(&r->t, row, column, out, err);
    enum { DAYS_MOST = 40000 }; /* as of study days: of a long life */
    *out *= unit;
    return s == RSP_OK && (*out < 0 || *out > DAYS_MOST)
               ? rsp_table_fail(&r->t, row, column, err, "a time from 0 to %d days is expected",
                                DAYS_MOST)
               : s;
}

static rsp_status end_of_code(const rsp_map_reader *r, const endpoint *e, size_t row,
                              rsp_endpoint_end *end, rsp_error *err)
{
    const char *s = rsp_table_cell(&r->t, row, e->event);
    bool event = false;
    rsp_text known = {0};
    for (size_t i = 0; i < e->from->n_codes; i++) {
        if (strcmp(s, e->from->codes[i].text) == 0) {
            rsp_text_fini(&known);
            *end = e->from->codes[i].end;
            return RSP_OK;
        }
        rsp_text_printf(&known, "%s%.30s", i ? ", " : "", e->from->codes[i].text);
    }
    if (e->from->n_codes) {
        rsp_status failed = rsp_table_fail(&r->t, row, e->event, err,
                                           "the map's codes are %.200s",
                                           known.data ? known.data : "");
        rsp_text_fini(&known);
        return failed;
    }
    if (rsp_cell_missing(s)) {
        return rsp_table_fail(&r->t, row, e->event, err, "whether it was an event is expected");
    }
    if (rsp_import_end(s, end)) {
        return RSP_OK;
    }
    rsp_status failed = rsp_cell_flag(&r->t, row, e->event, &event, err);
    *end = event ? RSP_END_EVENT : RSP_END_STUDY;
    return failed;
}

static rsp_status end_of_cnsr(const rsp_map_reader *r, const endpoint *e, size_t row,
                              rsp_endpoint_end *end, rsp_error *err)
{
    double v;
    rsp_status s = rsp_cell_number(&r->t, row, e->cnsr, &v, err);
    if (s == RSP_OK && (!(v >= 0) || v != floor(v))) {
        return rsp_table_fail(&r->t, row, e->cnsr, err, "0 (event) or a whole number (censored) "
                              "is expected");
    }
    *end = s == RSP_OK && v <= RSP_END_NOT_STARTED ? (rsp_endpoint_end)v : RSP_END_STUDY;
    return s;
}

static rsp_status settle_times(const rsp_map_reader *r, const endpoint *e, size_t row,
                               rsp_endpoint_row *out, rsp_error *err)
{
    bool event = out->end == RSP_END_EVENT;
    if (e->event == RSP_NO_COLUMN && e->cnsr == RSP_NO_COLUMN) {
        event = !isnan(out->right);
        out->end = event ? RSP_END_EVENT : RSP_END_STUDY;
    }
    if (isnan(out->day)) {
        out->day = event ? out->right : out->left;
    }
    if (isnan(out->day) && out->end == RSP_END_NOT_STARTED) {
        return RSP_OK;
    }
    if (isnan(out->day)) {
        int column = e->time != RSP_NO_COLUMN ? e->time
                     : event && e->right != RSP_NO_COLUMN ? e->right : e->left;
        return rsp_table_fail(&r->t, row, column, err, "a time >= 0 is expected");
    }
    out->left = isnan(out->left) ? out->day : out->left;
    out->right = !event ? (double)INFINITY : isnan(out->right) ? out->day : out->right;
    if (out->left > out->right) {
        return rsp_table_fail(&r->t, row, e->left != RSP_NO_COLUMN ? e->left : e->right, err,
                              "the interval's left end lies after its right one");
    }
    return RSP_OK;
}

static rsp_status read_endpoint(const rsp_map_reader *r, const endpoint *e, size_t row, rsp_error *err)
{
    double unit = 1;
    rsp_endpoint_row out = {.participant = r->people[row], .start_day = (double)NAN,
                            .endpoint = rsp_map_cell(r, row, e->name, e->from->endpoint)};
    if (rsp_cell_missing(out.endpoint)) {
        return rsp_table_fail(&r->t, row, e->name, err, "the name of an endpoint is expected");
    }
    if (!rsp_time_unit(rsp_map_cell(r, row, e->unit, e->from->unit), &unit)) {
        return rsp_table_fail(&r->t, row, e->unit, err, "the unit '%.30s' is not known: days, "
                              "weeks, months or years are expected",
                              rsp_map_cell(r, row, e->unit, e->from->unit));
    }
    rsp_status s = read_time(r, row, e->time, unit, &out.day, err);
    s = s == RSP_OK ? read_time(r, row, e->left, unit, &out.left, err) : s;
    s = s == RSP_OK ? read_time(r, row, e->right, unit, &out.right, err) : s;
    s = s == RSP_OK && e->event != RSP_NO_COLUMN ? end_of_code(r, e, row, &out.end, err) : s;
    s = s == RSP_OK && e->cnsr != RSP_NO_COLUMN ? end_of_cnsr(r, e, row, &out.end, err) : s;
    s = s == RSP_OK && e->start != RSP_NO_COLUMN
            ? rsp_cell_day(&r->t, row, e->start, r->unit, &out.start_day, err) : s;
    s = s == RSP_OK ? settle_times(r, e, row, &out, err) : s;
    return s == RSP_OK ? rsp_importer_add_endpoint(r->im, &out, row, err) : s;
}

rsp_status rsp_map_endpoints(rsp_map_reader *r, rsp_error *err)
{
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < r->map->n_endpoints; i++) {
        endpoint e;
        s = find_endpoint(r, &r->map->endpoints[i], &e, err);
        for (size_t row = 0; s == RSP_OK && row < r->t.n_rows; row++) {
            s = r->people[row] == RSP_NOBODY ? RSP_OK : read_endpoint(r, &e, row, err);
        }
    }
    return s;
}
