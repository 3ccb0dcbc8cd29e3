#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/ibm.h"
#include "dataset/xpt_layout.h"
#include "respite/xpt.h"

static const char *const MONTHS[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                     "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};

/* Days since 1970-01-01 of the civil calendar (Hinnant, "chrono-compatible low-level
 * date algorithms"): years begin in March, 146,097 days are 400 years. */
static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void civil_of(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, of_era = days - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = y + era * 400 + (*month <= 2);
}

bool rsp_xpt_time(int64_t seconds, char out[17])
{
    out[0] = '\0';
    if (seconds < days_of(1960, 1, 1) * 86400 || seconds >= days_of(2060, 1, 1) * 86400) {
        return false;
    }
    int64_t days = (seconds >= 0 ? seconds : seconds - 86399) / 86400, year = 0;
    unsigned rest = (unsigned)(seconds - days * 86400);
    int month = 0, day = 0;
    civil_of(days, &year, &month, &day);
    char text[64]; /* what the compiler can see to suffice */
    snprintf(text, sizeof text, "%02d%s%02d:%02u:%02u:%02u", day, MONTHS[month - 1],
             (int)(year % 100), rest / 3600, rest / 60 % 60, rest % 60);
    memcpy(out, text, 16);
    out[16] = '\0';
    return true;
}

double rsp_xpt_date(int year, int month, int day)
{
    if (year < 1582 || year > 19999 || month < 1 || month > 12 || day < 1 || day > 31) {
        return NAN;
    }
    int64_t days = days_of(year, month, day), y = 0;
    int m = 0, d = 0;
    civil_of(days, &y, &m, &d);
    return m == month && d == day ? (double)(days - days_of(1960, 1, 1)) : (double)NAN;
}

/* ---- Checks: everything before the first byte is written. */
static bool is_plain(const char *s)
{
    for (size_t n = 0; *s; s += n) {
        n = rsp_utf8_length(s, strlen(s));
        unsigned char c = (unsigned char)*s;
        bool control = c < 0x20 && c != '\t' && c != '\n' && c != '\r';
        if (n == 0 || control || c == 0x7f || (c == 0xc2 && (unsigned char)s[1] < 0xa0)) {
            return false;
        }
    }
    return true;
}

static bool is_name(const char *s)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    size_t n = strlen(s);
    return n >= 1 && n <= 8 && strchr(first, s[0]) && strspn(s, all) == n;
}

static bool is_blank_ended(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && s[n - 1] == ' ';
}

static rsp_status check_variable(const rsp_xpt *t, size_t i, rsp_error *err)
{
    const rsp_xpt_variable *v = &t->variables[i];
    if (!is_name(v->name)) {
        return rsp_fail(err, RSP_NAME,
                        "variable '%s': a name of 1 to 8 of A-Z, 0-9 and _, no digit first, is "
                        "expected",
                        v->name);
    }
    for (size_t j = 0; j < i; j++) {
        if (strcmp(v->name, t->variables[j].name) == 0) {
            return rsp_fail(err, RSP_NAME, "variable %s is there twice", v->name);
        }
    }
    if (!is_plain(v->label) || !is_plain(v->format)) {
        return rsp_fail(err, RSP_RANGE,
                        "variable %s: its label or format is not plain UTF-8", v->name);
    }
    if (v->width < 0 || v->width > 32767 || v->decimals < 0 || v->decimals > 32767) {
        return rsp_fail(err, RSP_RANGE, "variable %s: a format of %d.%d", v->name, v->width,
                        v->decimals);
    }
    size_t least = v->texts ? 1 : 2, most = v->texts ? (size_t)RSP_XPT_TEXT_MOST : 8;
    if (v->length < least || v->length > most) {
        return rsp_fail(err, RSP_RANGE, "variable %s: a length of %zu bytes: %zu to %zu are "
                        "expected", v->name, v->length, least, most);
    }
    if (!v->texts && !v->numbers && t->n_rows > 0) {
        return rsp_fail(err, RSP_RANGE, "variable %s has no values", v->name);
    }
    return RSP_OK;
}

static rsp_status check_table(const rsp_xpt *t, rsp_error *err)
{
    if (!is_name(t->name)) {
        return rsp_fail(err, RSP_NAME,
                        "data set '%s': a name of 1 to 8 of A-Z, 0-9 and _, no digit first, is "
                        "expected",
                        t->name);
    }
    if (t->n_variables < 1 || t->n_variables > RSP_XPT_VARIABLES_MOST) {
        return rsp_fail(err, RSP_RANGE, "data set %s: %zu variables: 1 to %d are expected",
                        t->name, t->n_variables, (int)RSP_XPT_VARIABLES_MOST);
    }
    if (!is_plain(t->label) || !is_plain(t->type) || !is_plain(t->created) ||
        !is_plain(t->modified)) {
        return rsp_fail(err, RSP_RANGE,
                        "data set %s: its label, type or time is not plain UTF-8", t->name);
    }
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < t->n_variables; i++) {
        s = check_variable(t, i, err);
    }
    return s;
}

/* ---- Bytes.  A field is text filled up with blanks. */
static void put_field(rsp_text *out, const char *s, size_t width)
{
    static const char blanks[] = "                                                  ";
    size_t n = strlen(s);
    n = n < width ? n : width;
    rsp_text_add_n(out, s, n);
    for (n = width - n; n > 0;) {
        size_t k = n < sizeof blanks - 1 ? n : sizeof blanks - 1;
        rsp_text_add_n(out, blanks, k);
        n -= k;
    }
}

static void put_number(rsp_text *out, size_t value, size_t bytes)
{
    char b[8];
    for (size_t i = bytes; i-- > 0; value >>= 8) {
        b[i] = (char)(value & 0xff);
    }
    rsp_text_add_n(out, b, bytes);
}

static void fill_record(rsp_text *out, size_t from)
{
    size_t over = (out->length - from) % XPT_RECORD;
    put_field(out, "", over ? XPT_RECORD - over : 0);
}

static void put_header(rsp_text *out, const char *title, const char *digits)
{
    put_field(out, title, XPT_TITLE);
    put_field(out, digits, XPT_RECORD - XPT_TITLE);
}

static const char ZEROS[] = "000000000000000000000000000000";

static void put_heads(const rsp_xpt *t, rsp_text *out)
{
    put_header(out, XPT_LIBRARY, ZEROS);
    put_field(out, "SAS     SAS     SASLIB  6.06    bsd4.2", XPT_CREATED);
    put_field(out, t->created, 16);
    put_field(out, t->modified, XPT_RECORD);
    put_header(out, XPT_MEMBER, "000000000000000001600000000140");
    put_header(out, XPT_DESCRIPTOR, ZEROS);
    put_field(out, "SAS", XPT_MEMBER_NAME);
    put_field(out, t->name, 8);
    put_field(out, "SASDATA 6.06    bsd4.2", XPT_CREATED - 16);
    put_field(out, t->created, 16);
    put_field(out, t->modified, XPT_MEMBER_LABEL);
    put_field(out, t->label, 40);
    put_field(out, t->type, 8);
    rsp_text count = {0};
    rsp_text_printf(&count, "000000%04zu00000000000000000000", t->n_variables);
    out->failed = out->failed || count.failed;
    put_header(out, XPT_VARIABLES, count.failed ? "" : count.data);
    rsp_text_fini(&count);
}

static void put_variable(const rsp_xpt_variable *v, size_t number, size_t position, rsp_text *out)
{
    put_number(out, v->texts ? 2 : 1, 2);
    put_number(out, 0, 2);
    put_number(out, v->length, 2);
    put_number(out, number, 2);
    put_field(out, v->name, 8);
    put_field(out, v->label, 40);
    for (int informat = 0; informat < 2; informat++) {
        put_field(out, v->format, 8);
        put_number(out, (size_t)v->width, 2);
        put_number(out, (size_t)v->decimals, 2);
        if (!informat) {
            put_number(out, v->texts ? 0 : 1, 2); /* numbers to the right */
            put_number(out, 0, 2);
        }
    }
    put_number(out, position, 4);
    for (size_t i = XPT_V_POSITION + 4; i < XPT_VARIABLE; i++) {
        put_number(out, 0, 1);
    }
}

static rsp_status put_text(const rsp_xpt_variable *v, size_t row, rsp_text *out, rsp_error *err)
{
    const char *s = v->texts[row] ? v->texts[row] : "";
    if (strlen(s) > v->length || !is_plain(s) || is_blank_ended(s)) {
        return rsp_fail(err, RSP_RANGE,
                        "row %zu, %s: '%.40s': plain UTF-8 of at most %zu bytes, not ending in a "
                        "blank, is expected",
                        row + 1, v->name, s, v->length);
    }
    put_field(out, s, v->length);
    return RSP_OK;
}

static rsp_status put_value(const rsp_xpt_variable *v, size_t row, rsp_text *out, rsp_error *err)
{
    static const unsigned char none[8] = {0};
    unsigned char b[8] = {0};
    double x = v->numbers[row];
    if (isnan(x)) {
        char reason = v->missing && v->missing[row] ? v->missing[row] : '.';
        bool known = reason == '.' || reason == '_' || (reason >= 'A' && reason <= 'Z');
        if (!known) {
            return rsp_fail(err, RSP_RANGE,
                            "row %zu, %s: missing by '%c': one of . _ A-Z is expected", row + 1,
                            v->name, reason);
        }
        b[0] = (unsigned char)reason;
    } else if (!rsp_ibm_encode(x, b)) {
        return rsp_fail(err, RSP_RANGE,
                        "row %zu, %s: %g: 0 or a size from 5.4e-79 to 7.2e75 is expected", row + 1,
                        v->name, x);
    }
    if (memcmp(b + v->length, none, 8 - v->length) != 0) {
        return rsp_fail(err, RSP_RANGE, "row %zu, %s: %.17g needs more than %zu bytes", row + 1,
                        v->name, x, v->length);
    }
    rsp_text_add_n(out, (const char *)b, v->length);
    return RSP_OK;
}

static rsp_status put_rows(const rsp_xpt *t, rsp_text *out, rsp_error *err)
{
    size_t start = out->length;
    for (size_t row = 0; row < t->n_rows; row++) {
        size_t from = out->length;
        for (size_t i = 0; i < t->n_variables; i++) {
            const rsp_xpt_variable *v = &t->variables[i];
            rsp_status s = v->texts ? put_text(v, row, out, err) : put_value(v, row, out, err);
            if (s != RSP_OK) {
                return s;
            }
        }
        bool last = row + 1 == t->n_rows && !out->failed;
        size_t length = out->length - from, over = (out->length - start) % XPT_RECORD;
        bool in_last_record = length + (over ? XPT_RECORD - over : 0) < XPT_RECORD;
        if (last && in_last_record && strspn(out->data + from, " ") == length) {
            return rsp_fail(err, RSP_RANGE,
                            "row %zu, the last, is empty throughout: a transport file cannot "
                            "tell it from the blanks that end it",
                            row + 1);
        }
    }
    fill_record(out, start);
    return RSP_OK;
}

rsp_status rsp_xpt_write(const rsp_xpt *t, rsp_text *out, rsp_error *err)
{
    rsp_status s = check_table(t, err);
    if (s != RSP_OK) {
        return s;
    }
    rsp_text bytes = {0};
    put_heads(t, &bytes);
    size_t start = bytes.length, position = 0;
    for (size_t i = 0; i < t->n_variables; i++) {
        put_variable(&t->variables[i], i + 1, position, &bytes);
        position += t->variables[i].length;
    }
    fill_record(&bytes, start);
    put_header(&bytes, XPT_ROWS, ZEROS);
    s = put_rows(t, &bytes, err);
    if (s == RSP_OK && !bytes.failed) {
        rsp_text_add_n(out, bytes.data, bytes.length);
    }
    if (s == RSP_OK && (bytes.failed || out->failed)) {
        s = rsp_fail(err, RSP_NOMEM, "no memory to write data set %s", t->name);
    }
    rsp_text_fini(&bytes);
    return s;
}
