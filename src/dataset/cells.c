/* What a cell says: numbers, flags, dates, units of time. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "dataset/importer.h"
#include "respite/xpt.h"

bool rsp_cell_missing(const char *s)
{
    return !*s || strcmp(s, ".") == 0 || strcmp(s, "NA") == 0;
}

rsp_status rsp_cell_number(const rsp_table *t, size_t row, int column, double *out,
                           rsp_error *err)
{
    const char *s = rsp_table_cell(t, row, column);
    *out = (double)NAN;
    if (rsp_cell_missing(s) || rsp_number_read(s, strlen(s), out)) {
        return RSP_OK;
    }
    *out = (double)NAN;
    if (rsp_same_word(s, "nan") || rsp_same_word(s, "inf") || rsp_same_word(s, "-inf")) {
        return rsp_table_fail(t, row, column, err,
                              "a number is expected; leave the cell empty where it is missing");
    }
    bool comma = strchr(s, ',') && !strchr(s, '.');
    return rsp_table_fail(t, row, column, err, "a number is expected%s",
                          comma ? ", with a point for decimals and no separators" : "");
}

rsp_status rsp_cell_flag(const rsp_table *t, size_t row, int column, bool *out, rsp_error *err)
{
    static const char *const yes[] = {"1", "Y", "YES", "T", "TRUE"};
    static const char *const no[] = {"0", "N", "NO", "F", "FALSE"};
    const char *s = rsp_table_cell(t, row, column);
    *out = false;
    bool known = rsp_cell_missing(s);
    for (size_t i = 0; i < 5; i++) {
        *out = *out || rsp_same_word(s, yes[i]);
        known = known || rsp_same_word(s, no[i]);
    }
    return known || *out ? RSP_OK
                         : rsp_table_fail(t, row, column, err, "1, Y, 0, N or nothing is expected");
}

/* ---- Dates. */

/* Exactly n digits at *s. */
static bool digits(const char **s, int n, int *out)
{
    *out = 0;
    for (int i = 0; i < n; i++) {
        if (!isdigit((unsigned char)**s)) {
            return false;
        }
        *out = *out * 10 + (*(*s)++ - '0');
    }
    return true;
}

static bool sign(const char **s, char c)
{
    bool is = **s == c;
    *s += is;
    return is;
}

/* T14:30 or T14:30:15, or nothing. */
static bool read_time(const char **s, double *fraction)
{
    int hour = 0, minute = 0, second = 0;
    *fraction = 0;
    if (!sign(s, 'T') && !sign(s, ' ')) {
        return true;
    }
    bool ok = digits(s, 2, &hour) && sign(s, ':') && digits(s, 2, &minute);
    if (ok && sign(s, ':')) {
        ok = digits(s, 2, &second);
    }
    *fraction = (hour * 3600 + minute * 60 + second) / 86400.0;
    return ok && hour < 24 && minute < 60 && second < 60;
}

bool rsp_date_read(const char *s, double *days)
{
    int year, month, day;
    double fraction = 0;
    bool ok = digits(&s, 4, &year) && sign(&s, '-') && digits(&s, 2, &month) &&
              sign(&s, '-') && digits(&s, 2, &day) && read_time(&s, &fraction) && !*s;
    double whole = ok ? rsp_xpt_date(year, month, day) : (double)NAN;
    ok = !isnan(whole);
    if (ok) {
        *days = whole + fraction;
    }
    return ok;
}

rsp_status rsp_cell_date(const rsp_table *t, size_t row, int column, double *out, rsp_error *err)
{
    const char *s = rsp_table_cell(t, row, column);
    *out = (double)NAN;
    if (rsp_cell_missing(s) || rsp_date_read(s, out)) {
        return RSP_OK;
    }
    return rsp_table_fail(t, row, column, err,
                          "a date that exists is expected, as 2021-03-09 or "
                          "2021-03-09T14:30 (ISO 8601)");
}

bool rsp_time_unit(const char *s, double *days)
{
    static const struct { const char *name; double days; } units[] = {
        {"", 1}, {"day", 1}, {"days", 1}, {"d", 1}, {"week", 7}, {"weeks", 7}, {"w", 7},
        {"month", 30.4375}, {"months", 30.4375}, {"year", 365.25}, {"years", 365.25},
        {"hour", 1 / 24.0}, {"hours", 1 / 24.0}, {"h", 1 / 24.0}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (rsp_same_word(s, units[i].name)) {
            *days = units[i].days;
            return true;
        }
    }
    return false;
}

/* ---- Results and days. */

/* After the sign: a number, and perhaps a word of its state. */
static bool read_limit(const char *s, double *limit, const char **rest)
{
    while (*s == ' ' || *s == '=') {
        s++;
    }
    size_t n = strspn(s, "0123456789.eE+-");
    *rest = s + n;
    while (**rest == ' ') {
        ++*rest;
    }
    return rsp_number_read(s, n, limit);
}

bool rsp_value_state(const char *s, rsp_result_state *state, double *limit)
{
    static const char *const absent[] = {"not detected", "TND", "ND", "undetectable",
                                         "undetected", "target not detected"};
    const char *rest = "";
    *limit = (double)NAN;
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        if (rsp_same_word(s, absent[i])) {
            *state = RSP_NOT_DETECTED;
            return true;
        }
    }
    if (rsp_same_word(s, "<LLOQ") || rsp_same_word(s, "<LLOQ detected")) {
        *state = RSP_BELOW_LLOQ;
        return true;
    }
    if (rsp_same_word(s, "above ULOQ") || rsp_same_word(s, ">ULOQ")) {
        *state = RSP_ABOVE_ULOQ;
        return true;
    }
    if ((*s != '<' && *s != '>') || !read_limit(s + 1, limit, &rest)) {
        return false;
    }
    bool none = rsp_same_word(rest, "not detected") || rsp_same_word(rest, "TND");
    *state = *s == '>' ? RSP_ABOVE_ULOQ : none ? RSP_NOT_DETECTED : RSP_BELOW_LLOQ;
    return none || !*rest || rsp_same_word(rest, "detected");
}

rsp_status rsp_cell_day(const rsp_table *t, size_t row, int column, double unit, double *out,
                        rsp_error *err)
{
    enum { DAYS_MOST = 40000 }; /* of a long life; day numbers of spreadsheets are above */
    rsp_status s = rsp_cell_number(t, row, column, out, err);
    *out *= unit;
    if (s == RSP_OK && fabs(*out) > DAYS_MOST) {
        return rsp_table_fail(t, row, column, err,
                              "a study day within %d days is expected; a date is written as "
                              "2021-03-09 in a column of dates", DAYS_MOST);
    }
    return s;
}
