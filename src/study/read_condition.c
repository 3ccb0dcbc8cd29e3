#include <ctype.h>
#include <math.h>
#include <string.h>

#include "study/plan.h"

/* condition  = conjunction { "or" conjunction }
 * conjunction = term { "and" term }
 * term       = "(" condition ")"  |  NAME [change] OPERATOR NUMBER [UNIT] */

typedef struct parser {
    reader *r;
    const tree *at;
    const char *what, *s; /* s: what is left */
    const condition_names *names;
    clinic_term *terms;
    size_t n;
    unsigned depth;
} parser;

static void skip(parser *p)
{
    while (*p->s == ' ' || *p->s == '\n' || *p->s == '\t') {
        p->s++;
    }
}

static bool word_here(const char *s, const char *word)
{
    size_t n = strlen(word);
    return strncmp(s, word, n) == 0 && !isalnum((unsigned char)s[n]) && s[n] != '_';
}

static bool take(parser *p, const char *word)
{
    skip(p);
    if (!word_here(p->s, word)) {
        return false;
    }
    p->s += strlen(word);
    return true;
}

static void wrong(parser *p, const char *expected)
{
    reader_fail(p->r, p->at, RSP_SYNTAX, "%s: %s expected at '%.40s'", p->what,
                expected, *p->s ? p->s : "the end");
}

static void add(parser *p, clinic_term t)
{
    if (p->n >= CLINIC_MOST_TERMS) {
        reader_fail(p->r, p->at, RSP_RANGE, "%s: the condition is too long", p->what);
        return;
    }
    p->terms[p->n++] = t;
}

static bool take_change(parser *p, clinic_change *change)
{
    static const struct { const char *words[5]; clinic_change change; } forms[] = {
        {{"log10", "change", "from", "baseline", NULL}, CLINIC_LOG10},
        {{"change", "from", "baseline", NULL}, CLINIC_DIFFERENCE},
        {{"fold", "from", "baseline", NULL}, CLINIC_FOLD},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const char *back = p->s;
        size_t k = 0;
        while (forms[i].words[k] && take(p, forms[i].words[k])) {
            k++;
        }
        if (!forms[i].words[k]) {
            *change = forms[i].change;
            return true;
        }
        p->s = back;
    }
    return false;
}

static bool take_operator(parser *p, clinic_operator *op)
{
    static const struct { const char *text; clinic_operator op; } all[] = {
        {"<=", CLINIC_LE}, {">=", CLINIC_GE}, {"<", CLINIC_LT}, {">", CLINIC_GT}};
    skip(p);
    for (size_t i = 0; i < 4; i++) {
        size_t n = strlen(all[i].text);
        if (strncmp(p->s, all[i].text, n) == 0) {
            p->s += n;
            *op = all[i].op;
            return true;
        }
    }
    return false;
}

/* "w_T[gut]" counts as a name. */
static size_t name_length(const char *s)
{
    size_t n = 0;
    if (!isalpha((unsigned char)s[0]) && s[0] != '_') {
        return 0;
    }
    while (isalnum((unsigned char)s[n]) || s[n] == '_') {
        n++;
    }
    if (s[n] == '[') {
        size_t close = strcspn(s + n, "]");
        n += s[n + close] ? close + 1 : 0;
    }
    return n;
}

/* A quantity ends before "and", "or" or a bracket that it did not open. */
static size_t quantity_length(const char *s)
{
    size_t n = 0;
    int open = 0;
    for (; s[n]; n++) {
        open += (s[n] == '(') - (s[n] == ')');
        if (open < 0 || ((n == 0 || s[n - 1] == ' ') &&
                         (word_here(s + n, "and") || word_here(s + n, "or")))) {
            break;
        }
    }
    return n;
}

/* What no value is. */
static bool never(const clinic_term *t)
{
    switch (t->op) {
    case CLINIC_GT:
        return t->value >= 1;
    case CLINIC_GE:
        return t->value > 1;
    case CLINIC_LT:
        return t->value <= 0;
    case CLINIC_LE:
        return t->value < 0;
    }
    return false;
}

static void check_limit(parser *p, const clinic_term *t, const condition_name *name,
                        const char *text)
{
    static const char *const ops[] = {[CLINIC_LT] = "<", [CLINIC_LE] = "<=", [CLINIC_GT] = ">",
                                      [CLINIC_GE] = ">="};
    const bool below = t->value < name->lloq, pure = strcmp(name->unit, "1") == 0;
    const char *blank = pure ? "" : " ", *unit = pure ? "" : name->unit;
    if (t->change != CLINIC_AS_IT_IS || !reading(p->r)) {
        return;
    }
    if (name->share && never(t)) {
        reader_fail(p->r, p->at, RSP_RANGE, "%s: %s is a share, from 0 to 1, and never %s %g",
                    p->what, text, ops[t->op], t->value);
    } else if (below || t->value > name->uloq) {
        reader_fail(p->r, p->at, RSP_RANGE,
                    "%s: the threshold of %s, %g%s%s, is %s of %g%s%s", p->what, text, t->value,
                    blank, unit, below ? "below the assay's LLOQ" : "above the assay's ULOQ",
                    below ? name->lloq : name->uloq, blank, unit);
    }
}

static void comparison(parser *p)
{
    char name[80];
    size_t n = name_length(p->s);
    if (!n || n >= sizeof name) {
        wrong(p, "a measured quantity");
        return;
    }
    memcpy(name, p->s, n);
    name[n] = '\0';
    p->s += n;
    condition_name found = {0};
    if (!p->names->find(p->names->ctx, name, &found)) {
        p->names->unknown(p->names->ctx, p->r, p->at, name);
        return;
    }
    clinic_term t = {.kind = CLINIC_COMPARE, .source = found.source};
    (void)take_change(p, &t.change);
    if (!take_operator(p, &t.op)) {
        wrong(p, "<, <=, > or >=");
        return;
    }
    skip(p);
    bool plain = t.change == CLINIC_FOLD || t.change == CLINIC_LOG10;
    wanted unit = wanted_of(plain ? "1" : found.unit, NULL);
    size_t k = quantity_length(p->s);
    double v = reader_quantity_text(p->r, p->at, p->what, p->s, k, &unit);
    t.value = plain ? v : v / found.factor;
    p->s += k;
    check_limit(p, &t, &found, name);
    add(p, t);
}

static void disjunction(parser *p);

static void term(parser *p)
{
    skip(p);
    if (!reading(p->r) || *p->s != '(') {
        if (reading(p->r)) {
            comparison(p);
        }
        return;
    }
    p->s++;
    if (++p->depth > CLINIC_MOST_TERMS) {
        reader_fail(p->r, p->at, RSP_RANGE, "%s: too many brackets", p->what);
        return;
    }
    disjunction(p);
    skip(p);
    if (reading(p->r) && *p->s != ')') {
        wrong(p, "')'");
        return;
    }
    p->s += reading(p->r);
    p->depth--;
}

static void conjunction(parser *p)
{
    term(p);
    while (reading(p->r) && take(p, "and")) {
        term(p);
        add(p, (clinic_term){.kind = CLINIC_AND});
    }
}

static void disjunction(parser *p)
{
    conjunction(p);
    while (reading(p->r) && take(p, "or")) {
        conjunction(p);
        add(p, (clinic_term){.kind = CLINIC_OR});
    }
}

clinic_condition plan_condition(reader *r, const tree *t, const char *what,
                                const condition_names *names)
{
    const char *s = reader_text(r, t, what);
    clinic_term *terms = reader_alloc(r, CLINIC_MOST_TERMS, sizeof *terms);
    parser p = {.r = r, .at = t, .what = what, .s = s, .names = names, .terms = terms};
    if (reading(r)) {
        disjunction(&p);
        skip(&p);
    }
    if (reading(r) && *p.s) {
        wrong(&p, "'and', 'or' or the end");
    }
    return (clinic_condition){.terms = terms, .n = p.n, .text = s};
}

/* ---- Names of assays. */
static bool find_assay(void *ctx, const char *name, condition_name *found)
{
    const plan_reading *p = ctx;
    for (size_t i = 0; i < p->plan->n_assays; i++) {
        const clinic_assay *a = &p->plan->assays[i];
        if (strcmp(a->name, name) == 0) {
            *found = (condition_name){(uint32_t)i, a->factor, a->unit,
                                      a->settings.lloq, a->settings.uloq,
                                      clinic_assay_is_share(a)};
            return true;
        }
    }
    return false;
}

static void unknown_assay(void *ctx, reader *r, const tree *at, const char *name)
{
    const plan_reading *p = ctx;
    const char *known[PLAN_MOST_ASSAYS];
    for (size_t i = 0; i < p->plan->n_assays; i++) {
        known[i] = p->plan->assays[i].name;
    }
    reader_unknown(r, at, "no assay is called", name, known, p->plan->n_assays);
}

condition_names plan_assay_names(plan_reading *p)
{
    return (condition_names){p, find_assay, unknown_assay};
}
