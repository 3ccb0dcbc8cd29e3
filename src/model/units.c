#include "model/units.h"

#include <math.h>
#include <string.h>

enum { DAY, CELL, COPIES, ML, UG, MOLECULE, STANDARD };

static const char *const DIMENSIONS[STANDARD] = {"day", "cell",  "copies",
                                                 "mL",  "ug", "molecule"};
_Static_assert(STANDARD + UNIT_OWN_DIMENSIONS == UNIT_DIMENSIONS, "all are used");

enum { HIGHEST_POWER = 60 };

static const struct {
    const char *name;
    double factor;
    int dimension; /* -1: none */
} UNITS[] = {
    {"1", 1, -1},          {"%", 0.01, -1},
    {"day", 1, DAY},       {"days", 1, DAY},
    {"d", 1, DAY},         {"week", 7, DAY},
    {"weeks", 7, DAY},     {"month", 30.4375, DAY},
    {"months", 30.4375, DAY}, {"year", 365.25, DAY},
    {"years", 365.25, DAY}, {"hour", 1.0 / 24, DAY},
    {"hours", 1.0 / 24, DAY}, {"minute", 1.0 / 1440, DAY},
    {"minutes", 1.0 / 1440, DAY}, {"second", 1.0 / 86400, DAY},
    {"seconds", 1.0 / 86400, DAY}, {"cell", 1, CELL},
    {"cells", 1, CELL},    {"copies", 1, COPIES},
    {"copy", 1, COPIES},   {"mL", 1, ML},
    {"L", 1000, ML},       {"uL", 1e-3, ML},
    {"nL", 1e-6, ML},      {"ug", 1, UG},
    {"kg", 1e9, UG},       {"g", 1e6, UG},
    {"mg", 1e3, UG},       {"ng", 1e-3, UG},
    {"pg", 1e-6, UG},      {"molecule", 1, MOLECULE},
    {"molecules", 1, MOLECULE},
};
enum { N_UNITS = sizeof UNITS / sizeof *UNITS };

typedef struct reader {
    const unit_table *table;
    const char *p;
    char *why;
    int depth;
} reader;

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '%';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool unit_pure(const rsp_unit *u)
{
    for (int i = 0; i < UNIT_DIMENSIONS; i++) {
        if (u->power[i]) {
            return false;
        }
    }
    return true;
}

bool rsp_unit_same(const rsp_unit *a, const rsp_unit *b)
{
    return memcmp(a->power, b->power, sizeof a->power) == 0;
}

rsp_unit unit_times(rsp_unit a, rsp_unit b, int power)
{
    for (int k = 0; k < (power < 0 ? -power : power); k++) {
        a.factor = power < 0 ? a.factor / b.factor : a.factor * b.factor;
    }
    for (int i = 0; i < UNIT_DIMENSIONS; i++) {
        int p = a.power[i] + power * b.power[i];
        a.power[i] = (signed char)(p > 100 ? 100 : p < -100 ? -100 : p);
    }
    return a;
}

bool unit_fits(const rsp_unit *u)
{
    for (int i = 0; i < UNIT_DIMENSIONS; i++) {
        if (u->power[i] > HIGHEST_POWER || u->power[i] < -HIGHEST_POWER) {
            return false;
        }
    }
    return isnormal(u->factor);
}

static void skip(reader *r)
{
    while (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r') {
        r->p++;
    }
}

static bool known(const unit_table *table, const char *name, size_t n,
                  rsp_unit *unit)
{
    for (size_t i = 0; i < N_UNITS; i++) {
        if (strlen(UNITS[i].name) == n && memcmp(UNITS[i].name, name, n) == 0) {
            *unit = (rsp_unit){.factor = UNITS[i].factor};
            if (UNITS[i].dimension >= 0) {
                unit->power[UNITS[i].dimension] = 1;
            }
            return true;
        }
    }
    for (uint32_t i = 0; table && i < table->n; i++) {
        if (strlen(table->names[i]) == n && memcmp(table->names[i], name, n) == 0) {
            *unit = table->units[i];
            return true;
        }
    }
    return false;
}

static bool unknown(reader *r, const char *name, size_t n)
{
    const char *names[N_UNITS + UNIT_OWN];
    char copy[64];
    size_t count = 0;
    snprintf(copy, sizeof copy, "%.*s", (int)(n < 60 ? n : 60), name);
    for (size_t i = 0; i < N_UNITS; i++) {
        names[count++] = UNITS[i].name;
    }
    for (uint32_t i = 0; r->table && i < r->table->n; i++) {
        names[count++] = r->table->names[i];
    }
    const char *near = rsp_nearest(copy, names, count);
    snprintf(r->why, 160, "unknown unit '%s'%s%s%s", copy,
             near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return false;
}

static bool read_product(reader *r, rsp_unit *unit);

static bool read_exponent(reader *r, rsp_unit *unit)
{
    int sign = 1, n = 0;
    r->p++;
    if (*r->p == '-') {
        sign = -1;
        r->p++;
    }
    if (!is_digit(*r->p)) {
        snprintf(r->why, 160, "expected a whole number after '^'");
        return false;
    }
    while (is_digit(*r->p) && n < 100) {
        n = 10 * n + (*r->p++ - '0');
    }
    if (n > 6) {
        snprintf(r->why, 160, "a power above 6 in a unit");
        return false;
    }
    rsp_unit base = *unit;
    *unit = unit_times((rsp_unit){.factor = 1}, base, sign * n);
    return true;
}

static bool read_number(reader *r, rsp_unit *unit)
{
    size_t n = strspn(r->p, "0123456789.");
    double v = 0;
    if (r->p[n] == 'e' || r->p[n] == 'E') {
        size_t sign = r->p[n + 1] == '-' || r->p[n + 1] == '+';
        size_t digits = strspn(r->p + n + 1 + sign, "0123456789");
        n += digits ? 1 + sign + digits : 0;
    }
    if (!rsp_number_read(r->p, n, &v) || !(v > 0)) {
        snprintf(r->why, 160, "expected a positive number in a unit");
        return false;
    }
    r->p += n;
    *unit = (rsp_unit){.factor = v};
    return true;
}

static bool read_factor(reader *r, rsp_unit *unit)
{
    skip(r);
    if (*r->p == '(') {
        if (++r->depth > 20) {
            snprintf(r->why, 160, "nested too deeply");
            return false;
        }
        r->p++;
        if (!read_product(r, unit)) {
            return false;
        }
        r->depth--;
        skip(r);
        if (*r->p != ')') {
            snprintf(r->why, 160, "expected ')' in a unit");
            return false;
        }
        r->p++;
    } else if (is_digit(*r->p)) {
        if (!read_number(r, unit)) {
            return false;
        }
    } else if (is_name(*r->p)) {
        const char *name = r->p;
        while (is_name(*r->p) || is_digit(*r->p)) {
            r->p++;
        }
        if (!known(r->table, name, (size_t)(r->p - name), unit)) {
            return unknown(r, name, (size_t)(r->p - name));
        }
    } else {
        snprintf(r->why, 160, "'%.30s' is no unit", r->p);
        return false;
    }
    return *r->p == '^' ? read_exponent(r, unit) : true;
}

/* After '/', a number takes the name that follows with it: copies/1e6 cells. */
static bool read_divisor(reader *r, rsp_unit *unit)
{
    skip(r);
    bool number = is_digit(*r->p);
    if (!read_factor(r, unit)) {
        return false;
    }
    skip(r);
    if (number && is_name(*r->p)) {
        rsp_unit more;
        if (!read_factor(r, &more)) {
            return false;
        }
        *unit = unit_times(*unit, more, 1);
    }
    return true;
}

static bool read_product(reader *r, rsp_unit *unit)
{
    if (!read_factor(r, unit)) {
        return false;
    }
    for (;;) {
        rsp_unit more;
        skip(r);
        bool divide = *r->p == '/';
        if (*r->p == '/' || *r->p == '*') {
            r->p++;
        } else if (!is_name(*r->p) && !is_digit(*r->p) && *r->p != '(') {
            return true;
        }
        if (!(divide ? read_divisor(r, &more) : read_factor(r, &more))) {
            return false;
        }
        *unit = unit_times(*unit, more, divide ? -1 : 1);
    }
}

bool unit_parse(const unit_table *table, const char *text, rsp_unit *unit,
                char why[160])
{
    reader r = {.table = table, .p = text, .why = why};
    if (!read_product(&r, unit)) {
        return false;
    }
    skip(&r);
    if (*r.p) {
        snprintf(why, 160, "'%.30s' after the unit", r.p);
        return false;
    }
    if (!unit_fits(unit)) {
        snprintf(why, 160, "the powers or factors of this unit are too large");
        return false;
    }
    return true;
}

rsp_status rsp_unit_parse(const char *text, rsp_unit *unit, rsp_error *err)
{
    char why[160];
    return unit_parse(NULL, text, unit, why)
               ? RSP_OK
               : rsp_fail(err, RSP_UNITS, "%s (in '%.60s')", why, text);
}

bool unit_define(unit_table *table, const char *name, const rsp_unit *unit)
{
    rsp_unit old;
    if (table->n == UNIT_OWN || known(table, name, strlen(name), &old)) {
        return false;
    }
    table->names[table->n] = name;
    table->units[table->n++] = *unit;
    return true;
}

bool unit_define_dimension(unit_table *table, const char *name)
{
    uint32_t d = STANDARD + table->n_own_dimensions;
    rsp_unit unit = {.factor = 1};
    if (d >= UNIT_DIMENSIONS) {
        return false;
    }
    unit.power[d] = 1;
    if (!unit_define(table, name, &unit)) {
        return false;
    }
    table->dimensions[d] = name;
    table->n_own_dimensions++;
    return true;
}

void unit_write(const unit_table *table, const rsp_unit *unit, char out[160])
{
    size_t n = 0;
    out[0] = '\0';
    for (int side = 1; side >= -1; side -= 2) {
        for (int i = 0; i < UNIT_DIMENSIONS && n < 120; i++) {
            int p = unit->power[i] * side;
            const char *name = i < STANDARD ? DIMENSIONS[i]
                               : table      ? table->dimensions[i]
                                            : "?";
            if (p <= 0) {
                continue;
            }
            n += (size_t)snprintf(out + n, 160 - n, "%s%.20s",
                                  side < 0 ? (n ? "/" : "1/") : (n ? " " : ""),
                                  name ? name : "?");
            if (p > 1) {
                n += (size_t)snprintf(out + n, 160 - n, "^%d", p);
            }
        }
    }
    if (n == 0) {
        snprintf(out, 160, "1");
    }
}
