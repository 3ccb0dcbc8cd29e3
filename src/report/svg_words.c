#include <math.h>
#include <string.h>

#include "report/svg.h"

/* Text that must fit: widths, lines, and numbers as people write them. */

/* Advance widths of DejaVu Sans in hundredths of the type size, rounded up: as wide as any
 * font a reader is likely to have in its place. */
static const unsigned char advance[95] = {
    32, 41, 46, 84, 64, 96, 78, 28, 40, 40, 50, 84, 32, 37, 32, 34, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 54, 100, 69, 69, 70, 78, 64,
    58, 78, 76, 30, 30, 66, 56, 87, 75, 79, 61, 79, 70, 64, 62, 74, 69, 99, 69,
    62, 69, 40, 34, 40, 84, 50, 50, 62, 64, 55, 64, 62, 36, 64, 64, 28, 28, 58,
    28, 98, 64, 62, 64, 64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84};

static double width_at(const unsigned char *s)
{
    if (*s >= 0x80 && *s < 0xc0) {
        return 0; /* goes on with a character */
    }
    bool small = (s[0] == 0xc2 && (s[1] == 0xb2 || s[1] == 0xb3 || s[1] == 0xb7 || s[1] == 0xb9)) ||
                 (s[0] == 0xe2 && (s[1] == 0x81 || s[1] == 0x82)); /* raised and lowered digits */
    return *s >= 0xf0 ? 1.4 : *s >= 0x80 ? (small ? 0.55 : *s >= 0xe0 ? 1 : 0.8)
         : *s < 0x20 || *s == 0x7f ? 0.32 : advance[*s - 0x20] / 100.0;
}

static double width_of(const char *s, size_t n, double size)
{
    double wide = 0;
    for (size_t i = 0; i < n && s[i]; i++) {
        wide += size * width_at((const unsigned char *)s + i);
    }
    return wide;
}

double svg_width(const char *s, double size) { return width_of(s, strlen(s), size); }

double svg_longest_word(const char *s, double size)
{
    double most = 0;
    for (size_t n; *s; s += n + (s[n] == ' ')) {
        n = strcspn(s, " ");
        most = fmax(most, width_of(s, n, size));
    }
    return most;
}

/* Bytes of the first line: to the last blank that fits, or as much of a word as does. */
static size_t first_line(const char *s, double size, double room)
{
    size_t at = 0, blank = 0;
    double wide = 0;
    while (s[at]) {
        wide += size * width_at((const unsigned char *)s + at);
        if (wide > room + 1e-6 && at) {
            while (!blank && ((unsigned char)s[at] & 0xc0) == 0x80 && at > 1) {
                at--;
            }
            return blank ? blank : at;
        }
        at++;
        blank = s[at] == ' ' ? at : blank;
    }
    return at;
}

size_t svg_lines(const char *s, double size, double room)
{
    size_t n = 0;
    do {
        s += first_line(s, size, room);
        s += strspn(s, " ");
        n++;
    } while (*s);
    return n;
}

double svg_block(rsp_text *out, double x, double y, const char *anchor, double size,
                 const char *colour, const char *s, double room)
{
    do {
        size_t n = first_line(s, size, room);
        svg_text(out, x, y, anchor, size, colour, "%.*s", (int)n, s);
        s += n;
        s += strspn(s, " ");
        y += svg_leading(size);
    } while (*s);
    return y;
}

/* ---- Numbers. */
static void power_of_ten(double v, char text[48])
{
    static const char *const digits[] = {
        "\xe2\x81\xb0", "\xc2\xb9", "\xc2\xb2", "\xc2\xb3", "\xe2\x81\xb4",
        "\xe2\x81\xb5", "\xe2\x81\xb6", "\xe2\x81\xb7", "\xe2\x81\xb8", "\xe2\x81\xb9"};
    int e = (int)floor(log10(fabs(v)) + 1e-9), n = e < 0 ? -e : e;
    double m = fabs(v) / pow(10, e);
    char head[24] = "";
    if (fabs(m - 1) > 1e-6) {
        snprintf(head, sizeof head, "%.3g\xc2\xb7", m);
    }
    snprintf(text, 48, "%s%s10%s%s%s%s", v < 0 ? "\xe2\x88\x92" : "", head,
             e < 0 ? "\xe2\x81\xbb" : "", n > 99 ? digits[n / 100 % 10] : "",
             n > 9 ? digits[n / 10 % 10] : "", digits[n % 10]);
}

const char *svg_number(double v, char text[48])
{
    double size = fabs(v);
    const char *minus = v < 0 ? "\xe2\x88\x92" : "";
    if (v != 0 && (size >= 99999.5 || size < 1e-3)) {
        power_of_ten(v, text);
    } else if (size >= 999.95) {
        double whole = floor(size + 0.5);
        snprintf(text, 48, "%s%.0f,%03.0f", minus, floor(whole / 1000), fmod(whole, 1000));
    } else {
        snprintf(text, 48, "%s%.4g", minus, size);
    }
    return text;
}

static bool goes_on(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_';
}

/* Bytes of a number like 2.5e7 that stands alone; 0: none. */
static size_t powered(const char *s)
{
    size_t n = strspn(s, "0123456789."), sign = n && s[n] == 'e' && (s[n + 1] == '-' || s[n + 1] == '+');
    size_t digits = n && s[n] == 'e' ? strspn(s + n + 1 + sign, "0123456789") : 0;
    return digits && digits < 4 && !goes_on(s[n + 1 + sign + digits]) ? n + 1 + sign + digits : 0;
}

/* Four digits may be a year; before a unit they are a number. */
static bool is_year(const char *s)
{
    static const char *const units[] = {" copies", " cell", " ug", " pg", " ng", " mL", " uL", " day",
                                        " people", " participants", " trials"};
    bool unit = false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        unit |= strncmp(s + 4, units[i], strlen(units[i])) == 0;
    }
    return !unit && (strncmp(s, "19", 2) == 0 || strncmp(s, "20", 2) == 0);
}

/* Bytes of a whole number of four digits and more that stands alone; 0: none. */
static size_t grouped(const char *s)
{
    size_t n = strspn(s, "0123456789");
    bool alone = !goes_on(s[n]) && s[n] != ',' && s[n] != '-' && s[n] != '/' && s[n] != ':';
    return n >= 4 && n <= 15 && s[0] != '0' && alone && !(n == 4 && is_year(s)) ? n : 0;
}

/* As on an axis: "1000" reads 1,000. */
static void add_grouped(rsp_text *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        rsp_text_add(out, i && (n - i) % 3 == 0 ? "," : "");
        rsp_text_add_n(out, s + i, 1);
    }
}

static bool joins(char c) { return goes_on(c) || c == ',' || c == '-' || c == '/' || c == ':'; }

void svg_prose(rsp_text *out, const char *s)
{
    char text[48];
    double v;
    for (bool inside = false, joined = false; *s; inside = goes_on(*s), joined = joins(*s), s++) {
        size_t n = inside ? 0 : powered(s), whole = n || joined ? 0 : grouped(s);
        if (whole) {
            add_grouped(out, s, whole);
            s += whole - 1;
        } else if (n && rsp_number_read(s, n, &v)) {
            if (v != 0) {
                power_of_ten(v, text);
            } else {
                snprintf(text, sizeof text, "0");
            }
            rsp_text_add(out, text);
            s += n - 1;
        } else {
            rsp_text_add_n(out, s, 1);
        }
    }
}

const char *svg_name(const char *s, double size, double room, char fitted[160])
{
    rsp_text words = {0};
    svg_prose(&words, s);
    const char *whole = words.data ? words.data : "";
    size_t most = 150;
    svg_fit(whole, most, fitted);
    while (most > 1 && svg_width(fitted, size) > room) {
        svg_fit(whole, --most, fitted);
    }
    rsp_text_fini(&words);
    return fitted;
}
