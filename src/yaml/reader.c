#include "yaml/reader.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_QUOTE = 60 };

/* ---- Failures. */
static void fail_at(reader *r, const tree *at, uint32_t line, uint32_t column,
                    rsp_status code, const char *message)
{
    if (!reading(r)) {
        return;
    }
    r->status = rsp_fail_at(r->err, code, at ? at->source->name : NULL,
                            at ? at->source->text : NULL, line, column, "%s",
                            message);
}

void reader_fail(reader *r, const tree *at, rsp_status code, const char *fmt, ...)
{
    char message[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    fail_at(r, at, at ? at->line : 0, at ? at->column : 0, code, message);
}

void reader_fail_key(reader *r, const tree *at, rsp_status code, const char *fmt, ...)
{
    char message[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    fail_at(r, at, at && at->key ? at->key_line : at ? at->line : 0,
            at && at->key ? at->key_column : at ? at->column : 0, code, message);
}

void *reader_alloc(reader *r, size_t n, size_t size)
{
    void *p = rsp_arena_alloc(r->arena, n ? n : 1, size);
    if (!p) {
        reader_fail(r, NULL, RSP_NOMEM, "out of memory");
    }
    return p;
}

char *reader_printf(reader *r, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *s = n < 0 ? NULL : reader_alloc(r, (size_t)n + 1, 1);
    if (s) {
        vsnprintf(s, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    return s;
}

/* ---- Shapes. */
bool reader_kind(reader *r, const tree *t, tree_kind kind, const char *what)
{
    if (reading(r) && t && t->kind != kind) {
        reader_fail(r, t, RSP_SYNTAX, "%s is %s here; it must be %s", what,
                    tree_kind_name(t->kind), tree_kind_name(kind));
    }
    return reading(r) && t;
}

static size_t count_names(const char *const *names)
{
    size_t n = 0;
    while (names[n]) {
        n++;
    }
    return n;
}

static void say_unknown(char *out, size_t size, const char *what, const char *name,
                        const char *const *known, size_t n)
{
    const char *near = rsp_nearest(name, known, n);
    int used = snprintf(out, size, "%s '%.*s'", what, LONGEST_QUOTE, name);
    if (near && used > 0) {
        snprintf(out + used, size - (size_t)used, "; did you mean '%s'?", near);
        return;
    }
    for (size_t i = 0; i < n && used > 0 && (size_t)used < size; i++) {
        used += snprintf(out + used, size - (size_t)used, "%s%s",
                         i ? ", " : "; known are ", known[i]);
    }
}

void reader_unknown(reader *r, const tree *t, const char *what, const char *name,
                    const char *const *known, size_t n)
{
    char message[400];
    say_unknown(message, sizeof message, what, name, known, n);
    reader_fail(r, t, RSP_NAME, "%s", message);
}

bool reader_map(reader *r, const tree *t, const char *what,
                const char *const *known)
{
    if (!reader_kind(r, t, TREE_MAP, what)) {
        return false;
    }
    size_t n = count_names(known);
    for (const tree *c = t->first; c && reading(r); c = c->next) {
        bool found = false;
        for (size_t i = 0; i < n && !found; i++) {
            found = strcmp(known[i], c->key) == 0;
        }
        if (!found) {
            char label[80], message[400];
            snprintf(label, sizeof label, "%s: unknown key", what);
            say_unknown(message, sizeof message, label, c->key, known, n);
            reader_fail_key(r, c, RSP_NAME, "%s", message);
        }
    }
    return reading(r);
}

const tree *reader_need(reader *r, const tree *map, const char *key,
                        const char *what)
{
    const tree *t = reading(r) ? tree_get(map, key) : NULL;
    if (reading(r) && !t) {
        reader_fail(r, map, RSP_SYNTAX, "%s needs '%s'", what, key);
    }
    return t;
}

/* ---- Texts. */
const char *reader_text(reader *r, const tree *t, const char *what)
{
    if (!reader_kind(r, t, TREE_TEXT, what)) {
        return "";
    }
    if (!t->text[0]) {
        reader_fail(r, t, RSP_SYNTAX, "%s is empty", what);
    }
    return t->text;
}

const char *reader_words(reader *r, const tree *t, const char *what)
{
    const char *s = reader_text(r, t, what);
    if (reading(r) && s[strcspn(s, "\t\r\n")]) { /* the tree refuses other control characters */
        reader_fail(r, t, RSP_SYNTAX, "%s holds a %s; write it on one line, with blanks", what,
                    s[strcspn(s, "\t\r\n")] == '\t' ? "tab" : "line end");
    }
    return s;
}

const char *reader_name(reader *r, const tree *t, const char *what,
                        const char *more)
{
    const char *s = reader_text(r, t, what);
    if (!reading(r)) {
        return "";
    }
    for (const char *p = s; *p; p++) {
        bool ok = isalnum((unsigned char)*p) || *p == '_' || strchr(more, *p);
        if (!ok || (unsigned char)*p > 0x7e) {
            reader_fail(r, t, RSP_NAME,
                        "%s '%.*s' may hold letters, digits and _%s%s only", what,
                        LONGEST_QUOTE, s, more[0] ? " and " : "", more);
            return "";
        }
    }
    if (strlen(s) > 60) {
        reader_fail(r, t, RSP_NAME, "%s is longer than 60 letters", what);
    }
    return s;
}

int reader_choice(reader *r, const tree *t, const char *what,
                  const char *const *names)
{
    const char *s = reader_text(r, t, what);
    for (int i = 0; reading(r) && names[i]; i++) {
        if (strcmp(names[i], s) == 0) {
            return i;
        }
    }
    if (reading(r)) {
        reader_unknown(r, t, what, s, names, count_names(names));
    }
    return 0;
}

/* ---- Numbers. */
size_t reader_number_length(const char *s, size_t n)
{
    size_t i = 0, digits = 0;
    if (i < n && (s[i] == '+' || s[i] == '-')) {
        i++;
    }
    while (i < n && isdigit((unsigned char)s[i])) {
        i++, digits++;
    }
    if (i + 1 < n && s[i] == '.' && isdigit((unsigned char)s[i + 1])) {
        i++;
        while (i < n && isdigit((unsigned char)s[i])) {
            i++, digits++;
        }
    }
    if (!digits) {
        return 0;
    }
    size_t e = i + 1;
    if (i < n && (s[i] == 'e' || s[i] == 'E')) {
        e += e < n && (s[e] == '+' || s[e] == '-') ? 1 : 0;
        if (e < n && isdigit((unsigned char)s[e])) {
            for (i = e; i < n && isdigit((unsigned char)s[i]); i++) {
            }
        }
    }
    return i;
}

static bool pure(const wanted *w)
{
    return !w->text[0] || strcmp(w->text, "1") == 0;
}

wanted wanted_of(const char *unit, const char *example)
{
    wanted w = {.text = unit ? unit : "", .example = example};
    if (rsp_unit_parse(pure(&w) ? "1" : unit, &w.unit, NULL) != RSP_OK) {
        w.foreign = true;
        w.unit.factor = 1;
    }
    return w;
}

static void say_wanted(const wanted *w, char *out, size_t size)
{
    if (w->example) {
        snprintf(out, size, "write for example %s", w->example);
    } else if (pure(w)) {
        snprintf(out, size, "a pure number is wanted");
    } else {
        snprintf(out, size, "the unit must fit %s", w->text);
    }
}

/* Factor to base units of the unit text s[0..n). */
static double unit_factor(reader *r, const tree *at, const char *what,
                          const char *s, size_t n, const wanted *w)
{
    char unit[64], hint[120];
    say_wanted(w, hint, sizeof hint);
    if (n >= sizeof unit) {
        reader_fail(r, at, RSP_UNITS, "%s: '%.*s' is no unit; %s", what,
                    LONGEST_QUOTE, s, hint);
        return 1;
    }
    memcpy(unit, s, n);
    unit[n] = '\0';
    if (!n) {
        if (!pure(w)) {
            reader_fail(r, at, RSP_UNITS, "%s needs a unit; %s", what, hint);
        }
        return 1;
    }
    if (w->foreign) {
        if (strcmp(unit, w->text) != 0) {
            reader_fail(r, at, RSP_UNITS, "%s: the unit is '%s'; it must be '%s'",
                        what, unit, w->text);
        }
        return w->unit.factor;
    }
    rsp_unit u;
    rsp_error inner = {0};
    if (rsp_unit_parse(unit, &u, &inner) != RSP_OK) {
        reader_fail(r, at, RSP_UNITS, "%s: unknown unit '%s'; %s", what, unit, hint);
        return 1;
    }
    if (!rsp_unit_same(&u, &w->unit)) {
        reader_fail(r, at, RSP_UNITS, "%s: '%s' does not fit; %s", what, unit, hint);
    }
    return u.factor;
}

static void trim(const char **s, size_t *n)
{
    while (*n && (**s == ' ' || **s == '\t' || **s == '\n')) {
        (*s)++, (*n)--;
    }
    while (*n && ((*s)[*n - 1] == ' ' || (*s)[*n - 1] == '\t' ||
                  (*s)[*n - 1] == '\n')) {
        (*n)--;
    }
}

/* The number at the start; what follows it is left in *rest. */
static double leading_number(reader *r, const tree *at, const char *what,
                             const char **s, size_t *n, const wanted *w)
{
    trim(s, n);
    size_t k = reader_number_length(*s, *n);
    double v = 0;
    if (!k || !rsp_number_read(*s, k, &v)) {
        reader_fail(r, at, RSP_SYNTAX, "%s: '%.*s' is no number%s%s", what,
                    (int)(*n < LONGEST_QUOTE ? *n : LONGEST_QUOTE), *s,
                    w->example ? "; write for example " : "", w->example ? w->example : "");
        return 0;
    }
    if (k < *n && (*s)[k] == ',') {
        reader_fail(r, at, RSP_SYNTAX,
                    "%s: '%.*s' has a comma; write 1000 and 0.5, not 1,000 or 0,5",
                    what, (int)(*n < LONGEST_QUOTE ? *n : LONGEST_QUOTE), *s);
        return 0;
    }
    *s += k;
    *n -= k;
    trim(s, n);
    return v;
}

double reader_quantity_text(reader *r, const tree *at, const char *what,
                            const char *text, size_t n, const wanted *unit)
{
    if (!reading(r)) {
        return 0;
    }
    double v = leading_number(r, at, what, &text, &n, unit);
    v *= reading(r) ? unit_factor(r, at, what, text, n, unit) : 0;
    if (reading(r) && !isfinite(v)) {
        reader_fail(r, at, RSP_RANGE, "%s is too large a number", what);
    }
    return reading(r) ? v : 0;
}

double reader_quantity(reader *r, const tree *t, const char *what,
                       const wanted *unit)
{
    const char *s = reader_text(r, t, what);
    return reading(r) ? reader_quantity_text(r, t, what, s, strlen(s), unit) : 0;
}

value_range reader_range(reader *r, const tree *t, const char *what,
                         const wanted *unit)
{
    const char *s = reader_text(r, t, what);
    if (!reading(r)) {
        return (value_range){0};
    }
    const char *dots = strstr(s, "..");
    if (!dots) {
        double v = reader_quantity(r, t, what, unit);
        return (value_range){v, v};
    }
    const char *a = s, *b = dots + 2;
    size_t na = (size_t)(dots - s), nb = strlen(b);
    double low = leading_number(r, t, what, &a, &na, unit);
    double high = leading_number(r, t, what, &b, &nb, unit);
    if (!reading(r)) {
        return (value_range){0};
    }
    double to = unit_factor(r, t, what, b, nb, unit);
    double from = na && reading(r) ? unit_factor(r, t, what, a, na, unit) : to;
    value_range range = {low * from, high * to};
    if (reading(r) && !(isfinite(range.low) && isfinite(range.high))) {
        reader_fail(r, t, RSP_RANGE, "%s: an end is too large a number", what);
    } else if (reading(r) && range.low > range.high) {
        reader_fail(r, t, RSP_RANGE, "%s: the range '%.*s' ends before it begins",
                    what, LONGEST_QUOTE, s);
    }
    return range;
}

double reader_count(reader *r, const tree *t, const char *what, double low,
                    double high)
{
    const char *s = reader_text(r, t, what);
    double v = low;
    if (!reading(r)) {
        return low;
    }
    if (!rsp_number_read(s, strlen(s), &v) || v != floor(v)) {
        reader_fail(r, t, RSP_SYNTAX, "%s: '%.*s' is no whole number", what,
                    LONGEST_QUOTE, s);
    } else if (v < low || v > high) {
        reader_fail(r, t, RSP_RANGE, "%s is %.0f; it must lie between %.0f and %.0f",
                    what, v, low, high);
    }
    return reading(r) ? v : low;
}

/* Calendars hold every visit of a participant: their memory needs a bound. */
bool reader_century(reader *r, const tree *at, const char *what, double day)
{
    if (reading(r) && !(fabs(day) <= 36525)) {
        reader_fail(r, at, RSP_RANGE,
                    "%s: %g days; the times of a study lie within 100 years (36525 days)",
                    what, day);
    }
    return reading(r);
}

double reader_days(reader *r, const tree *t, const char *what)
{
    wanted day = wanted_of("day", "7 day");
    double v = reader_quantity(r, t, what, &day);
    return reader_century(r, t, what, v) ? v : 0;
}

double reader_length(reader *r, const tree *t, const char *what)
{
    double v = reader_days(r, t, what);
    if (reading(r) && v < 0) {
        reader_fail(r, t, RSP_RANGE, "%s is negative", what);
    }
    return v;
}

double reader_number(reader *r, const tree *t, const char *what)
{
    wanted one = wanted_of("1", "0.5");
    return reader_quantity(r, t, what, &one);
}

double reader_share(reader *r, const tree *t, const char *what)
{
    wanted one = wanted_of("1", "5 %");
    double v = reader_quantity(r, t, what, &one);
    const bool bare = reading(r) && strchr(reader_text(r, t, what), '%') == NULL;
    if (reading(r) && bare && v > 1 && v <= 100) {
        reader_fail(r, t, RSP_RANGE, "%s must lie between 0 and 100 %%; did you mean %g %%?", what, v);
    } else if (reading(r) && !(v >= 0 && v <= 1)) {
        reader_fail(r, t, RSP_RANGE, "%s must lie between 0 and 100 %%", what);
    }
    return v;
}
