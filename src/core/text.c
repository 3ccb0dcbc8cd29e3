#include "respite/core.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(rsp_text *text, size_t more)
{
    if (text->failed || more > SIZE_MAX / 2 ||
        !RSP_GROW(&text->data, &text->capacity, text->length + more + 1)) {
        text->failed = true;
        return false;
    }
    return true;
}

void rsp_text_add_n(rsp_text *text, const char *s, size_t n)
{
    if (reserve(text, n)) {
        memcpy(text->data + text->length, s, n);
        text->length += n;
        text->data[text->length] = '\0';
    }
}

void rsp_text_add(rsp_text *text, const char *s)
{
    rsp_text_add_n(text, s, strlen(s));
}

void rsp_text_printf(rsp_text *text, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n < 0) {
        text->failed = true;
    } else if (reserve(text, (size_t)n)) {
        vsnprintf(text->data + text->length, (size_t)n + 1, fmt, again);
        text->length += (size_t)n;
    }
    va_end(again);
    va_end(ap);
}

void rsp_text_number(rsp_text *text, double value)
{
    char out[RSP_NUMBER_MAX];
    rsp_text_add_n(text, out, rsp_number_write(value, out));
}

void rsp_text_fini(rsp_text *text)
{
    free(text->data);
    *text = (rsp_text){0};
}

/* Values that an assay reports have few decimals: an integer count of
 * thousandths needs no search for the shortest form. */
static size_t write_thousandths(double value, char *out)
{
    double scaled = value * 1000.0;
    if (!(fabs(scaled) < 9e15) || scaled != floor(scaled) ||
        scaled / 1000.0 != value) {
        return 0;
    }
    long long n = (long long)scaled;
    unsigned long long m = n < 0 ? 0ULL - (unsigned long long)n
                                 : (unsigned long long)n;
    int frac = (int)(m % 1000);
    int len = snprintf(out, RSP_NUMBER_MAX, "%s%llu", n < 0 ? "-" : "",
                       m / 1000);
    if (frac) {
        len += snprintf(out + len, RSP_NUMBER_MAX - (size_t)len, ".%03d", frac);
        while (out[len - 1] == '0') {
            out[--len] = '\0';
        }
    }
    /* From 2^53 / 1000 on, neighbours of a double may share these digits. */
    return (size_t)len;
}

static void point_for_comma(char *s)
{
    const struct lconv *lc = localeconv();
    char point = lc && lc->decimal_point ? lc->decimal_point[0] : '.';
    char *p = point == '.' ? NULL : strchr(s, point);
    if (p) {
        *p = '.';
    }
}

size_t rsp_number_write(double value, char out[RSP_NUMBER_MAX])
{
    if (isnan(value)) {
        return (size_t)snprintf(out, RSP_NUMBER_MAX, "NaN");
    }
    if (isinf(value)) {
        return (size_t)snprintf(out, RSP_NUMBER_MAX, value > 0 ? "Inf" : "-Inf");
    }
    if (value == 0.0) {
        return (size_t)snprintf(out, RSP_NUMBER_MAX, "0");
    }
    size_t len = fabs(value) < 1e12 ? write_thousandths(value, out) : 0;
    if (len) {
        return len;
    }
    for (int digits = 6; digits <= 17; digits++) {
        len = (size_t)snprintf(out, RSP_NUMBER_MAX, "%.*g", digits, value);
        if (strtod(out, NULL) == value) {
            break;
        }
    }
    point_for_comma(out);
    return len;
}

bool rsp_number_read(const char *s, size_t n, double *value)
{
    char copy[128];
    if (n == 0 || n >= sizeof copy) {
        return false;
    }
    size_t digits = 0;
    for (size_t i = 0; i < n; i++) {
        bool digit = s[i] >= '0' && s[i] <= '9';
        digits += digit;
        if (!digit && !strchr("+-.eE", s[i])) {
            return false;
        }
    }
    if (!digits || s[0] == 'e' || s[0] == 'E') {
        return false;
    }
    memcpy(copy, s, n);
    copy[n] = '\0';
    const struct lconv *lc = localeconv();
    char *p = strchr(copy, '.');
    if (p && lc && lc->decimal_point && lc->decimal_point[0] != '.') {
        *p = lc->decimal_point[0];
    }
    char *end = NULL;
    double v = strtod(copy, &end);
    if (end != copy + n || !isfinite(v)) {
        return false;
    }
    *value = v;
    return true;
}
