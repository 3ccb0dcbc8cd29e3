#include "respite/core.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- The shortest decimal of a value from 0.001 to 10^12, exactly.
 *
 * value = m 2^e.  Scaled by 10^k to have 17 digits before the point, it and its
 * rounding interval are whole multiples of 2^(e-1) below 2^119: all that
 * follows is integer arithmetic.  The shortest decimal is the multiple of the
 * highest power of ten that lies in the interval, and of those the nearest. */

enum { DIGITS = 17 };

typedef struct wide { /* high 2^64 + low */
    uint64_t high, low;
} wide;

static wide multiply(uint64_t a, uint64_t b)
{
    uint64_t a0 = a & 0xffffffffu, a1 = a >> 32;
    uint64_t b0 = b & 0xffffffffu, b1 = b >> 32;
    uint64_t low = a0 * b0, mid = a1 * b0 + (low >> 32);
    uint64_t mid2 = a0 * b1 + (mid & 0xffffffffu);
    return (wide){a1 * b1 + (mid >> 32) + (mid2 >> 32),
                  (mid2 << 32) | (low & 0xffffffffu)};
}

/* Floor of x / 2^shift, 0 < shift < 64, and whether it was exact. */
static uint64_t shifted(wide x, int shift, bool *exact)
{
    *exact = (x.low & ((UINT64_C(1) << shift) - 1)) == 0;
    return (x.high << (64 - shift)) | (x.low >> shift);
}

static const uint64_t power_of_ten[20] = {
    1u, 10u, 100u, 1000u, 10000u, 100000u, 1000000u, 10000000u, 100000000u,
    1000000000u, UINT64_C(10000000000), UINT64_C(100000000000),
    UINT64_C(1000000000000), UINT64_C(10000000000000),
    UINT64_C(100000000000000), UINT64_C(1000000000000000),
    UINT64_C(10000000000000000), UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000), UINT64_C(10000000000000000000)};

/* The multiple of `unit` nearest to q and a fraction (none where `whole`); a tie
 * goes to the even one.  `round_up`: what the fraction says where unit is 1. */
static uint64_t nearest_multiple(uint64_t q, bool whole, bool round_up,
                                 uint64_t unit)
{
    uint64_t down = q / unit * unit, rest = q - down;
    if (unit == 1) {
        return down + round_up;
    }
    bool up = rest > unit / 2 ||
              (rest == unit / 2 && (!whole || ((down / unit) & 1)));
    return up ? down + unit : down;
}

/* Digits (without trailing zeros) and the number of digits after the point;
 * false where the rounding interval is not symmetric (powers of two). */
static bool shortest(double value, uint64_t *digits, int *decimals)
{
    int e;
    uint64_t m = (uint64_t)ldexp(frexp(value, &e), 53);
    if (m == UINT64_C(1) << 52) {
        return false;
    }
    int shift = 53 - e + 1; /* value = 2 m / 2^shift */
    int k = 16 - (int)floor(e * 0.30103 - 0.5);
    k = k > 19 ? 19 : k;
    bool exact, odd;
    uint64_t q = shifted(multiply(2 * m, power_of_ten[k]), shift, &exact);
    while (q >= power_of_ten[DIGITS]) {
        q = shifted(multiply(2 * m, power_of_ten[--k]), shift, &exact);
    }
    /* Both ends are (2 m -+ 1) 10^k with k < shift: odd multiples of 2^k, so
     * never whole, and whether they belong to the interval cannot matter. */
    uint64_t low = shifted(multiply(2 * m - 1, power_of_ten[k]), shift, &odd) + 1;
    uint64_t high = shifted(multiply(2 * m + 1, power_of_ten[k]), shift, &odd);
    int zeros = 0;
    for (uint64_t ten = 10; zeros < DIGITS && high / ten * ten >= low; ten *= 10) {
        zeros++;
    }
    /* Up to the next whole where the fraction is a half or more. */
    wide x = multiply(2 * m, power_of_ten[k]);
    uint64_t fraction = x.low & ((UINT64_C(1) << shift) - 1);
    uint64_t half = UINT64_C(1) << (shift - 1);
    bool round_up = fraction > half || (fraction == half && (q & 1));
    uint64_t unit = power_of_ten[zeros];
    uint64_t best = nearest_multiple(q, exact, round_up, unit);
    if (best < low) {
        best += unit;
    } else if (best > high) {
        best -= unit;
    }
    *digits = best / unit;
    *decimals = k - zeros;
    return true;
}

/* Plain decimal notation of digits / 10^decimals, decimals >= 0. */
static size_t write_plain(bool negative, uint64_t digits, int decimals,
                          char *out)
{
    char reversed[RSP_NUMBER_MAX];
    int n = 0;
    /* 20 digits at most; the bound tells so to the compiler. */
    for (int i = 0; (digits > 0 || i <= decimals) && n < RSP_NUMBER_MAX - 4; i++) {
        if (i == decimals && decimals > 0) {
            reversed[n++] = '.';
        }
        reversed[n++] = (char)('0' + digits % 10);
        digits /= 10;
    }
    size_t length = 0;
    if (negative) {
        out[length++] = '-';
    }
    while (n > 0) {
        out[length++] = reversed[--n];
    }
    out[length] = '\0';
    return length;
}

/* Values that an assay reports have few decimals: an integer count of
 * thousandths needs no search. */
static size_t write_thousandths(double value, char *out)
{
    double scaled = fabs(value) * 1000.0;
    if (!(scaled < 9e15) || scaled != floor(scaled) ||
        scaled / 1000.0 != fabs(value)) {
        return 0;
    }
    uint64_t digits = (uint64_t)scaled;
    int decimals = 3;
    while (decimals > 0 && digits % 10 == 0) {
        digits /= 10;
        decimals--;
    }
    return write_plain(value < 0, digits, decimals, out);
}

static size_t write_plain_range(double value, char *out)
{
    double size = fabs(value);
    if (!(size < 1e12)) {
        return 0;
    }
    size_t n = write_thousandths(value, out);
    uint64_t digits;
    int decimals;
    if (n || size < 1e-3 || !shortest(size, &digits, &decimals) || decimals < 0) {
        return n;
    }
    return write_plain(value < 0, digits, decimals, out);
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
    size_t len = write_plain_range(value, out);
    if (len) {
        return len;
    }
    /* Up to 15 digits any decimal survives a double: where 15 do, trailing
     * zeros cut, there is nothing shorter.  Larger values start at 6 so that
     * 1e12 is not written out, and the tiniest have no 15 digits. */
    int first = fabs(value) < 1e-3 && fabs(value) > 1e-290 ? 15 : 6;
    for (int digits = first; digits <= DIGITS; digits++) {
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
