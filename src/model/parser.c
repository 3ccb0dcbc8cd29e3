#include "model/parser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ITEMS = 4096, MOST_BINDERS = 4 };

static const struct {
    const char *name;
    ast_what what;
} KEYWORDS[] = {
    {"model", AST_MODEL},         {"time", AST_TIME},
    {"include", AST_INCLUDE},     {"unit", AST_UNIT},
    {"index", AST_INDEX},         {"parameter", AST_PARAMETER},
    {"let", AST_LET},             {"input", AST_INPUT},
    {"species", AST_SPECIES},     {"initial", AST_INITIAL},
    {"rate", AST_RATE},           {"reaction", AST_REACTION},
    {"observe", AST_OBSERVE},     {"action", AST_ACTION},
    {"event", AST_EVENT},         {"population", AST_POPULATION},
    {"default", AST_DEFAULT},
};
enum { N_KEYWORDS = sizeof KEYWORDS / sizeof *KEYWORDS };

rsp_status ast_fail(rsp_error *err, const ast_place *place, rsp_status code,
                    const char *fmt, ...)
{
    char message[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    return rsp_fail_at(err, code, place->src ? place->src->name : "",
                       place->src ? place->src->text : NULL, place->line,
                       place->column, "%s", message);
}

ast_place token_place(const parser *p)
{
    return (ast_place){p->src, p->t->line, p->t->column};
}

static bool keyword(const token *t, ast_what *what)
{
    for (size_t i = 0; t->starts_line && i < N_KEYWORDS; i++) {
        if (token_is(t, KEYWORDS[i].name)) {
            *what = KEYWORDS[i].what;
            return true;
        }
    }
    return false;
}

bool at_statement_end(const parser *p)
{
    ast_what what;
    return p->t->kind == TOKEN_END || keyword(p->t, &what);
}

/* What a word that begins a line was to be, where it is nearly a keyword. */
static const char *nearly_keyword(const token *t)
{
    const char *known[N_KEYWORDS];
    char word[20];
    if (!t->starts_line || t->kind != TOKEN_NAME || t->length >= sizeof word) {
        return NULL;
    }
    for (size_t i = 0; i < N_KEYWORDS; i++) {
        known[i] = KEYWORDS[i].name;
    }
    memcpy(word, t->at, t->length);
    word[t->length] = '\0';
    return rsp_nearest(word, known, N_KEYWORDS);
}

/* A statement that ends too early is told of at its last word. */
static rsp_status ends_early(parser *p, const char *what)
{
    ast_place place = token_place(p);
    if (p->t > p->first) {
        const token *last = p->t - 1;
        place.line = last->line;
        place.column = last->column + last->length + (last->kind == TOKEN_STRING ? 2 : 0);
    }
    return ast_fail(p->err, &place, RSP_SYNTAX, "the %s ends here; expected %s",
                    p->t->kind == TOKEN_END ? "text" : "statement", what);
}

rsp_status fail_expected(parser *p, const char *what)
{
    ast_place place = token_place(p);
    if (at_statement_end(p) && p->t != p->begun) {
        return ends_early(p, what);
    }
    uint32_t n = p->t->length;
    if (n > 40) { /* cut before a character, not in it */
        for (n = 40; n && (p->t->at[n] & 0xc0) == 0x80; n--) {
        }
    }
    const char *near = nearly_keyword(p->t);
    return near ? ast_fail(p->err, &place, RSP_SYNTAX, "found '%.*s'; did you mean '%s'?",
                           (int)n, p->t->at, near)
                : ast_fail(p->err, &place, RSP_SYNTAX, "found '%.*s'; expected %s",
                           (int)n, p->t->at, what);
}

rsp_status no_parser_memory(parser *p)
{
    return rsp_fail(p->err, RSP_NOMEM, "no memory to read %s", p->src->name);
}

/* A list that takes no more: it is full, or memory is out. */
rsp_status no_list_room(parser *p, uint32_t n)
{
    ast_place place = token_place(p);
    return n < MOST_ITEMS ? no_parser_memory(p)
                          : ast_fail(p->err, &place, RSP_RANGE,
                                     "a list of more than %d items", MOST_ITEMS);
}

/* A statement ends where the next line begins with a keyword. */

bool accept_word(parser *p, const char *text)
{
    if (at_statement_end(p) || !token_is(p->t, text)) {
        return false;
    }
    p->t++;
    return true;
}

rsp_status need_word(parser *p, const char *text)
{
    char quoted[40];
    snprintf(quoted, sizeof quoted, "'%s'", text);
    return accept_word(p, text) ? RSP_OK : fail_expected(p, quoted);
}

rsp_status need_name(parser *p, const char **name, const char *what)
{
    if (at_statement_end(p) || p->t->kind != TOKEN_NAME) {
        return fail_expected(p, what);
    }
    *name = rsp_arena_copy(p->arena, p->t->at, p->t->length);
    p->t++;
    return *name ? RSP_OK : no_parser_memory(p);
}

static rsp_status need_string(parser *p, const char **text, const char *what)
{
    if (at_statement_end(p) || p->t->kind != TOKEN_STRING) {
        return fail_expected(p, what);
    }
    *text = rsp_arena_copy(p->arena, p->t->at, p->t->length);
    p->t++;
    return *text ? RSP_OK : no_parser_memory(p);
}

rsp_status need_number(parser *p, double *value)
{
    double sign = accept_word(p, "-") ? -1.0 : 1.0;
    if (!at_statement_end(p) && p->t->kind == TOKEN_NUMBER) {
        *value = sign * p->t->number;
        p->t++;
        return RSP_OK;
    }
    if (accept_word(p, "inf")) {
        *value = sign * (double)INFINITY;
        return RSP_OK;
    }
    return fail_expected(p, "a number");
}

/* Append an item to a list that doubles in the arena. */
bool list_append(rsp_arena *arena, void *list, uint32_t *n, const void *item,
                 size_t size)
{
    void *old = *(void **)list;
    if (*n >= MOST_ITEMS) {
        return false;
    }
    if (*n == 0 || (*n >= 4 && (*n & (*n - 1)) == 0)) {
        void *more = rsp_arena_alloc(arena, *n ? 2 * (size_t)*n : 4, size);
        if (!more) {
            return false;
        }
        if (*n) {
            memcpy(more, old, *n * size);
        }
        *(void **)list = old = more;
    }
    memcpy((char *)old + *n * size, item, size);
    (*n)++;
    return true;
}

/* ---- Indices and binders. */

static rsp_status parse_slot(parser *p, ast_slot *slot)
{
    rsp_text text = {0};
    rsp_status s = RSP_OK;
    slot->place = token_place(p);
    if (accept_word(p, ":")) {
        slot->name = ":";
        return RSP_OK;
    }
    do {
        const char *name = NULL;
        s = need_name(p, &name, "an index: a bound name or a member");
        if (s == RSP_OK) {
            rsp_text_printf(&text, "%s%s", text.length ? "+" : "", name);
        }
    } while (s == RSP_OK && accept_word(p, "+"));
    if (s == RSP_OK) {
        slot->name = text.failed ? NULL
                                 : rsp_arena_copy(p->arena, text.data, text.length);
        s = slot->name ? RSP_OK : no_parser_memory(p);
    }
    rsp_text_fini(&text);
    return s;
}

rsp_status parse_slots(parser *p, const ast_slot **slots, uint32_t *n)
{
    ast_slot *list = NULL;
    rsp_status s = RSP_OK;
    *n = 0;
    if (!accept_word(p, "[")) {
        return RSP_OK;
    }
    do {
        ast_slot slot;
        s = parse_slot(p, &slot);
        if (s == RSP_OK && !APPEND(p, &list, n, &slot)) {
            s = no_list_room(p, *n);
        }
    } while (s == RSP_OK && accept_word(p, ","));
    *slots = list;
    return s == RSP_OK ? need_word(p, "]") : s;
}

rsp_status parse_binder_list(parser *p, const ast_binder **binders,
                                    uint32_t *n)
{
    ast_binder *list = NULL;
    rsp_status s = RSP_OK;
    do {
        ast_binder b = {.place = token_place(p)};
        s = need_name(p, &b.name, "an index name");
        if (s == RSP_OK && accept_word(p, "in")) {
            s = need_name(p, &b.in, "the index it runs over");
        }
        if (s == RSP_OK && *n == MOST_BINDERS) {
            s = ast_fail(p->err, &b.place, RSP_RANGE, "more than %d indices",
                         MOST_BINDERS);
        }
        if (s == RSP_OK && !APPEND(p, &list, n, &b)) {
            s = no_list_room(p, *n);
        }
    } while (s == RSP_OK && accept_word(p, ","));
    *binders = list;
    return s;
}

rsp_status parse_binders(parser *p, ast_statement *st)
{
    if (!accept_word(p, "[")) {
        return RSP_OK;
    }
    rsp_status s = parse_binder_list(p, &st->binders, &st->n_binders);
    return s == RSP_OK ? need_word(p, "]") : s;
}

/* ---- Parts of statements. */

static const char *const CLAUSES[] = {"between", "uncertain", "range", "source",
                                      "status", "continuous", "in"};
enum { N_CLAUSES = sizeof CLAUSES / sizeof *CLAUSES };

const char *ast_near_clause(const char *word)
{
    return rsp_nearest(word, CLAUSES, N_CLAUSES);
}

static bool ends_unit(const parser *p)
{
    for (size_t i = 0; i < N_CLAUSES; i++) {
        if (token_is(p->t, CLAUSES[i])) {
            return true;
        }
    }
    return at_statement_end(p) || p->t->kind == TOKEN_STRING || nearly_keyword(p->t);
}

/* The tokens from `first` on to the current one as text of one line, with a
 * blank where there were blanks, line ends or comments. */
static rsp_status text_from(parser *p, const token *first, const char **out)
{
    rsp_text text = {0};
    for (const token *t = first; t < p->t; t++) {
        if (t > first && t->offset > t[-1].offset + t[-1].length) {
            rsp_text_add(&text, " ");
        }
        rsp_text_add_n(&text, t->at, t->length);
    }
    *out = text.failed ? NULL : rsp_arena_copy(p->arena, text.data, text.length);
    rsp_text_fini(&text);
    return *out ? RSP_OK : no_parser_memory(p);
}

/* Everything up to the next clause, as text; none: NULL. */
static rsp_status parse_unit(parser *p, ast_statement *st)
{
    const token *first = p->t;
    st->unit_place = token_place(p);
    while (!ends_unit(p)) {
        p->t++;
    }
    return p->t == first ? RSP_OK : text_from(p, first, &st->unit);
}

rsp_status need_unit_until(parser *p, ast_statement *st, const char *const *words, size_t n)
{
    const token *first = p->t;
    bool ends = false;
    st->unit_place = token_place(p);
    while (!ends && !ends_unit(p)) {
        for (size_t i = 0; i < n; i++) {
            ends = ends || token_is(p->t, words[i]);
        }
        p->t += !ends;
    }
    return p->t > first ? text_from(p, first, &st->unit)
                        : fail_expected(p, "a unit (cell, ...)");
}

rsp_status parse_meaning(parser *p, ast_statement *st)
{
    return need_string(p, &st->meaning, "the meaning");
}

static rsp_status need_unit(parser *p, ast_statement *st)
{
    rsp_status s = parse_unit(p, st);
    return s != RSP_OK || st->unit ? s : fail_expected(p, "a unit (1/day, cell, 1, ...)");
}

static const struct {
    const char *name;
    rsp_dist_kind kind;
} DISTS[] = {{"normal", RSP_DIST_NORMAL},         {"lognormal", RSP_DIST_LOGNORMAL},
             {"logit", RSP_DIST_LOGITNORMAL},     {"beta", RSP_DIST_BETA},
             {"uniform", RSP_DIST_UNIFORM},       {"log", RSP_DIST_LOGUNIFORM},
             {"bernoulli", RSP_DIST_BERNOULLI},   {"dirichlet", RSP_DIST_DIRICHLET}};

static rsp_status parse_dist_numbers(parser *p, ast_dist *d)
{
    rsp_status s = RSP_OK;
    switch (d->kind) {
    case RSP_DIST_NORMAL:
    case RSP_DIST_LOGITNORMAL:
        s = need_word(p, "sd");
        return s == RSP_OK ? need_number(p, &d->a) : s;
    case RSP_DIST_LOGNORMAL:
        d->by_cv = accept_word(p, "cv");
        if (!d->by_cv && !accept_word(p, "sd10")) {
            return fail_expected(p, "'cv' or 'sd10' (SD of log10)");
        }
        return need_number(p, &d->a);
    case RSP_DIST_BETA:
        s = need_number(p, &d->a);
        s = s == RSP_OK ? need_word(p, ",") : s;
        return s == RSP_OK ? need_number(p, &d->b) : s;
    case RSP_DIST_UNIFORM:
    case RSP_DIST_LOGUNIFORM:
        if (at_statement_end(p) || (p->t->kind != TOKEN_NUMBER && !token_is(p->t, "-"))) {
            return RSP_OK;
        }
        d->has_ends = true;
        s = need_number(p, &d->a);
        s = s == RSP_OK ? need_word(p, "..") : s;
        return s == RSP_OK ? need_number(p, &d->b) : s;
    case RSP_DIST_BERNOULLI:
        return need_number(p, &d->a);
    case RSP_DIST_DIRICHLET:
        s = need_word(p, "concentration");
        return s == RSP_OK ? need_number(p, &d->a) : s;
    case RSP_DIST_NONE:
        break;
    }
    return s;
}

static rsp_status parse_dist(parser *p, ast_dist *d)
{
    const token *first = p->t;
    for (size_t i = 0; i < sizeof DISTS / sizeof *DISTS; i++) {
        if (!accept_word(p, DISTS[i].name)) {
            continue;
        }
        d->kind = DISTS[i].kind;
        rsp_status s = RSP_OK;
        if (d->kind == RSP_DIST_LOGITNORMAL || d->kind == RSP_DIST_LOGUNIFORM) {
            s = need_word(p, "-");
            s = s == RSP_OK ? need_word(p, d->kind == RSP_DIST_LOGITNORMAL ? "normal"
                                                                           : "uniform")
                            : s;
        }
        s = s == RSP_OK ? parse_dist_numbers(p, d) : s;
        return s == RSP_OK ? text_from(p, first, &d->text) : s;
    }
    return fail_expected(p, "a distribution: normal, lognormal, logit-normal, beta, "
                            "uniform, log-uniform, bernoulli or dirichlet");
}

static const struct {
    const char *name;
    rsp_knowledge status;
} STATUSES[] = {{"verified", RSP_VERIFIED},
                {"verified_secondary", RSP_VERIFIED_SECONDARY},
                {"memory", RSP_MEMORY},
                {"derived", RSP_DERIVED},
                {"assumed", RSP_ASSUMED}};

static rsp_status parse_status(parser *p, ast_statement *st)
{
    for (size_t i = 0; i < sizeof STATUSES / sizeof *STATUSES; i++) {
        if (accept_word(p, STATUSES[i].name)) {
            st->status = STATUSES[i].status;
            st->has_status = true;
            return RSP_OK;
        }
    }
    return fail_expected(p, "verified, verified_secondary, memory, derived or assumed");
}

static rsp_status once(parser *p, bool there, const char *clause)
{
    ast_place place = token_place(p);
    return there ? ast_fail(p->err, &place, RSP_SYNTAX, "a second '%s'", clause)
                 : RSP_OK;
}

/* A clause that stands already. */
static rsp_status check_once(parser *p, const ast_statement *st)
{
    const struct {
        const char *name;
        bool there;
    } clauses[] = {{"source", st->source},
                   {"status", st->has_status},
                   {"range", st->has_range},
                   {"between", st->between.kind != RSP_DIST_NONE},
                   {"uncertain", st->uncertain.kind != RSP_DIST_NONE}};
    rsp_status s = RSP_OK;
    for (size_t i = 0; s == RSP_OK && i < sizeof clauses / sizeof *clauses; i++) {
        if (token_is(p->t, clauses[i].name)) {
            s = once(p, clauses[i].there, clauses[i].name);
        }
    }
    return s == RSP_OK && p->t->kind == TOKEN_STRING ? once(p, st->meaning, "meaning")
                                                     : s;
}

static rsp_status no_clause(parser *p)
{
    ast_place place = token_place(p);
    char word[40];
    snprintf(word, sizeof word, "%.*s",
             (int)(p->t->kind == TOKEN_NAME && p->t->length < 40 ? p->t->length : 0),
             p->t->at);
    const char *near = ast_near_clause(word);
    return near && !token_is(p->t, near) && !nearly_keyword(p->t)
               ? ast_fail(p->err, &place, RSP_SYNTAX, "found '%s'; did you mean '%s'?",
                          word, near)
               : fail_expected(p, "a clause of this statement, or the next statement");
}

/* The clauses that may follow, in any order, to the statement's end. */
static rsp_status parse_clauses(parser *p, ast_statement *st)
{
    rsp_status s = RSP_OK;
    while (s == RSP_OK && !at_statement_end(p)) {
        s = check_once(p, st);
        if (s != RSP_OK) {
            return s;
        }
        if (p->t->kind == TOKEN_STRING) {
            s = need_string(p, &st->meaning, "the meaning");
        } else if (accept_word(p, "source")) {
            s = need_string(p, &st->source, "the source as a string");
        } else if (accept_word(p, "status")) {
            s = parse_status(p, st);
        } else if (st->what == AST_PARAMETER && accept_word(p, "range")) {
            st->has_range = true;
            s = need_number(p, &st->low);
            s = s == RSP_OK ? need_word(p, "..") : s;
            s = s == RSP_OK ? need_number(p, &st->high) : s;
            st->whole = s == RSP_OK && accept_word(p, "whole");
        } else if (st->what == AST_PARAMETER && accept_word(p, "between")) {
            s = need_word(p, "people");
            s = s == RSP_OK ? parse_dist(p, &st->between) : s;
        } else if (st->what == AST_PARAMETER && accept_word(p, "uncertain")) {
            s = parse_dist(p, &st->uncertain);
        } else if (st->what == AST_SPECIES && accept_word(p, "continuous")) {
            st->continuous = true;
        } else {
            return no_clause(p);
        }
    }
    return s;
}

static rsp_status parse_values(parser *p, ast_statement *st)
{
    ast_value *list = NULL;
    rsp_status s = RSP_OK;
    do {
        ast_slot slot;
        ast_value v = {0};
        s = parse_slot(p, &slot);
        s = s == RSP_OK ? need_word(p, ":") : s;
        s = s == RSP_OK ? need_number(p, &v.value) : s;
        if (s == RSP_OK) {
            v.member = slot.name;
            v.place = slot.place;
            s = APPEND(p, &list, &st->n_values, &v) ? RSP_OK
                                                    : no_list_room(p, st->n_values);
        }
    } while (s == RSP_OK && accept_word(p, ","));
    st->values = list;
    return s == RSP_OK ? need_word(p, "}") : s;
}

static rsp_status parse_valued(parser *p, ast_statement *st)
{
    rsp_status s = need_name(p, &st->name, "a name");
    s = s == RSP_OK ? parse_binders(p, st) : s;
    s = s == RSP_OK ? need_word(p, "=") : s;
    if (s == RSP_OK) {
        s = accept_word(p, "{") ? parse_values(p, st) : need_number(p, &st->value);
    }
    s = s == RSP_OK ? parse_unit(p, st) : s;
    return s == RSP_OK ? parse_clauses(p, st) : s;
}

static rsp_status parse_defined(parser *p, ast_statement *st)
{
    rsp_status s = need_name(p, &st->name, "a name");
    s = s == RSP_OK ? parse_binders(p, st) : s;
    s = s == RSP_OK ? need_word(p, "=") : s;
    s = s == RSP_OK ? parse_expr(p, &st->expr) : s;
    if (s == RSP_OK && accept_word(p, "in")) {
        s = need_unit(p, st);
    }
    return s == RSP_OK ? parse_clauses(p, st) : s;
}

static rsp_status parse_species(parser *p, ast_statement *st)
{
    rsp_status s = need_name(p, &st->name, "a name");
    s = s == RSP_OK ? parse_binders(p, st) : s;
    s = s == RSP_OK ? need_unit(p, st) : s;
    return s == RSP_OK ? parse_clauses(p, st) : s;
}

static const struct {
    const char *name;
    rsp_draw_kind draw;
    uint32_t arguments;
} DRAWS[] = {{"poisson", RSP_DRAW_POISSON, 1},
             {"binomial", RSP_DRAW_BINOMIAL, 2},
             {"negative_binomial", RSP_DRAW_NEGBIN, 2},
             {"multinomial", RSP_DRAW_MULTINOMIAL, 2}};

static rsp_status parse_initial(parser *p, ast_statement *st)
{
    rsp_status s = parse_defined(p, st);
    if (s != RSP_OK || st->expr->kind != AST_CALL) {
        return s;
    }
    for (size_t i = 0; i < sizeof DRAWS / sizeof *DRAWS; i++) {
        if (strcmp(st->expr->name, DRAWS[i].name) == 0) {
            if (st->expr->n_parts != DRAWS[i].arguments) {
                return ast_fail(p->err, &st->expr->place, RSP_SYNTAX,
                                "%s takes %u argument%s", DRAWS[i].name,
                                DRAWS[i].arguments,
                                DRAWS[i].arguments == 1 ? "" : "s");
            }
            st->draw = DRAWS[i].draw;
            st->second = DRAWS[i].arguments > 1 ? st->expr->parts[1] : NULL;
            st->expr = st->expr->parts[0];
            return RSP_OK;
        }
    }
    return s;
}

static rsp_status parse_index(parser *p, ast_statement *st)
{
    const char **members = NULL;
    rsp_status s = need_name(p, &st->name, "a name");
    s = s == RSP_OK ? need_word(p, "=") : s;
    if (s == RSP_OK && accept_word(p, "subsets")) {
        s = need_word(p, "(");
        s = s == RSP_OK ? need_name(p, &st->subsets_of, "an index") : s;
        return s == RSP_OK ? need_word(p, ")") : s;
    }
    do {
        const char *name = NULL;
        s = s == RSP_OK ? need_name(p, &name, "a member") : s;
        if (s == RSP_OK && !APPEND(p, &members, &st->n_members, &name)) {
            s = no_list_room(p, st->n_members);
        }
    } while (s == RSP_OK && accept_word(p, ","));
    st->members = members;
    return s;
}

static rsp_status parse_term(parser *p, ast_term *term)
{
    *term = (ast_term){.count = 1, .place = token_place(p)};
    if (!at_statement_end(p) && p->t->kind == TOKEN_NUMBER) {
        term->count = p->t->number;
        p->t++;
    }
    rsp_status s = need_name(p, &term->name, "a species");
    return s == RSP_OK ? parse_slots(p, &term->slots, &term->n_slots) : s;
}

static rsp_status parse_side(parser *p, const char *end, const ast_term **terms,
                             uint32_t *n)
{
    ast_term *list = NULL;
    rsp_status s = RSP_OK;
    if (!at_statement_end(p) && token_is(p->t, end)) {
        return RSP_OK;
    }
    do {
        ast_term term;
        s = parse_term(p, &term);
        if (s == RSP_OK && !APPEND(p, &list, n, &term)) {
            s = no_list_room(p, *n);
        }
    } while (s == RSP_OK && accept_word(p, "+"));
    *terms = list;
    return s;
}

static rsp_status parse_reaction(parser *p, ast_statement *st)
{
    rsp_status s = need_name(p, &st->name, "a name");
    s = s == RSP_OK ? parse_binders(p, st) : s;
    s = s == RSP_OK ? need_word(p, ":") : s;
    s = s == RSP_OK ? parse_side(p, "->", &st->left, &st->n_left) : s;
    s = s == RSP_OK ? need_word(p, "->") : s;
    s = s == RSP_OK ? parse_side(p, "@", &st->right, &st->n_right) : s;
    s = s == RSP_OK ? need_word(p, "@") : s;
    s = s == RSP_OK ? parse_expr(p, &st->expr) : s;
    if (s == RSP_OK && accept_word(p, "with")) {
        s = need_name(p, &st->drawn, "the drawn index");
        s = s == RSP_OK ? need_word(p, "from") : s;
        s = s == RSP_OK ? parse_named(p, &st->from) : s;
        if (s == RSP_OK && st->from->kind != AST_NAME) {
            s = ast_fail(p->err, &st->from->place, RSP_SYNTAX,
                         "'with' draws from a parameter or a 'let' with indices, as "
                         "Q[s,:]");
        }
    }
    return s == RSP_OK ? parse_clauses(p, st) : s;
}

/* TARGET = EXPR, TARGET += EXPR ... */
static rsp_status parse_assigns(parser *p, ast_statement *st)
{
    ast_assign *list = NULL;
    rsp_status s = RSP_OK;
    do {
        ast_assign a = {0};
        if (s == RSP_OK && !at_statement_end(p) && p->t->kind != TOKEN_NAME) {
            s = fail_expected(p, "a species or input to set");
        }
        s = s == RSP_OK ? parse_term(p, &a.target) : s;
        if (s == RSP_OK) {
            a.adds = accept_word(p, "+=");
            s = a.adds ? RSP_OK : need_word(p, "=");
        }
        s = s == RSP_OK ? parse_expr(p, &a.value) : s;
        if (s == RSP_OK && !APPEND(p, &list, &st->n_assigns, &a)) {
            s = no_list_room(p, st->n_assigns);
        }
    } while (s == RSP_OK && accept_word(p, ","));
    st->assigns = list;
    return s == RSP_OK ? parse_clauses(p, st) : s;
}

static rsp_status parse_action(parser *p, ast_statement *st)
{
    rsp_status s = need_name(p, &st->name, "a name");
    if (s == RSP_OK && accept_word(p, "(")) {
        s = need_name(p, &st->arg, "the amount's name");
        const token *first = p->t;
        st->unit_place = token_place(p);
        while (!at_statement_end(p) && !token_is(p->t, ")")) {
            p->t++;
        }
        if (s == RSP_OK && p->t > first) {
            s = text_from(p, first, &st->unit);
        }
        s = s == RSP_OK ? need_word(p, ")") : s;
    }
    s = s == RSP_OK ? need_word(p, ":") : s;
    return s == RSP_OK ? parse_assigns(p, st) : s;
}

static const char *const EVENT_OPTIONS[] = {"priority", "t0", "persistent", "fromTrigger"};
enum { N_EVENT_OPTIONS = sizeof EVENT_OPTIONS / sizeof *EVENT_OPTIONS };

static rsp_status need_truth(parser *p, bool *value)
{
    *value = accept_word(p, "true");
    return *value || accept_word(p, "false") ? RSP_OK : fail_expected(p, "true or false");
}

/* , priority = EXPR, t0 = false, persistent = false, fromTrigger = false */
static rsp_status parse_event_option(parser *p, ast_statement *st)
{
    bool *const to[N_EVENT_OPTIONS] = {NULL, &st->trigger_before, &st->persistent,
                                       &st->from_trigger};
    for (size_t i = 0; i < N_EVENT_OPTIONS; i++) {
        if (accept_word(p, EVENT_OPTIONS[i])) {
            rsp_status s = need_word(p, "=");
            return s != RSP_OK ? s : to[i] ? need_truth(p, to[i]) : parse_expr(p, &st->priority);
        }
    }
    return fail_expected(p, "priority, t0, persistent or fromTrigger");
}

/* event NAME: at [DELAY after] CONDITION, OPTIONS: TARGET = EXPR, ... */
static rsp_status parse_event(parser *p, ast_statement *st)
{
    st->trigger_before = st->persistent = st->from_trigger = true;
    rsp_status s = need_name(p, &st->name, "a name");
    s = s == RSP_OK ? parse_binders(p, st) : s;
    s = s == RSP_OK ? need_word(p, ":") : s;
    s = s == RSP_OK ? need_word(p, "at") : s;
    s = s == RSP_OK ? parse_expr(p, &st->expr) : s;
    if (s == RSP_OK && accept_word(p, "after")) {
        st->second = st->expr;
        s = parse_expr(p, &st->expr);
    }
    while (s == RSP_OK && accept_word(p, ",")) {
        s = parse_event_option(p, st);
    }
    s = s == RSP_OK ? need_word(p, ":") : s;
    return s == RSP_OK ? parse_assigns(p, st) : s;
}

static rsp_status parse_include(parser *p, ast_statement *st)
{
    const char **files = NULL;
    rsp_status s = RSP_OK;
    do {
        const char *name = NULL;
        s = need_string(p, &name, "a file's name as a string");
        if (s == RSP_OK && !APPEND(p, &files, &st->n_members, &name)) {
            s = no_list_room(p, st->n_members);
        }
    } while (s == RSP_OK && accept_word(p, ","));
    st->members = files;
    return s;
}

static rsp_status parse_unit_statement(parser *p, ast_statement *st)
{
    rsp_status s = need_name(p, &st->name, "a name");
    return s == RSP_OK && accept_word(p, "=") ? need_unit(p, st) : s;
}

static rsp_status parse_statement(parser *p, ast_statement *st)
{
    const token *first = p->begun = p->t;
    rsp_status s = RSP_OK;
    *st = (ast_statement){.place = token_place(p),
                          .status = RSP_UNSTATED,
                          .low = -(double)INFINITY,
                          .high = (double)INFINITY};
    if (!keyword(p->t, &st->what)) {
        return fail_expected(p, "a statement (model, include, index, parameter, let, "
                                "input, species, initial, rate, reaction, observe, "
                                "action, event, population, unit, time)");
    }
    p->t++;
    if (st->what == AST_DEFAULT) {
        st->what = AST_LET;
        st->yields = true;
        s = need_word(p, "let");
        if (s != RSP_OK) {
            return s;
        }
    }
    st->name_place = token_place(p);
    switch (st->what) {
    case AST_MODEL:
        s = need_name(p, &st->name, "the model's name");
        s = s == RSP_OK ? parse_clauses(p, st) : s;
        break;
    case AST_TIME: s = need_name(p, &st->name, "the unit of time"); break;
    case AST_INCLUDE: s = parse_include(p, st); break;
    case AST_UNIT: s = parse_unit_statement(p, st); break;
    case AST_INDEX: s = parse_index(p, st); break;
    case AST_PARAMETER:
    case AST_INPUT: s = parse_valued(p, st); break;
    case AST_LET:
    case AST_RATE:
    case AST_OBSERVE: s = parse_defined(p, st); break;
    case AST_SPECIES: s = parse_species(p, st); break;
    case AST_INITIAL: s = parse_initial(p, st); break;
    case AST_REACTION: s = parse_reaction(p, st); break;
    case AST_ACTION: s = parse_action(p, st); break;
    case AST_EVENT: s = parse_event(p, st); break;
    case AST_POPULATION: s = parse_population(p, st); break;
    case AST_DEFAULT: break; /* a let by now */
    }
    if (s == RSP_OK && !at_statement_end(p)) {
        s = fail_expected(p, "the next statement on a line of its own");
    }
    if (s == RSP_OK) {
        const token *last = p->t - 1;
        size_t end = last->offset + last->length +
                     (last->kind == TOKEN_STRING ? 2u : 0u);
        st->text = rsp_arena_copy(p->arena, p->src->text + first->offset,
                                  end - first->offset);
        s = st->text ? RSP_OK : no_parser_memory(p);
    }
    return s;
}

rsp_status ast_parse(rsp_arena *arena, const source_text *src, ast_file *file,
                     rsp_error *err)
{
    token *tokens = NULL;
    size_t n = 0, capacity = 0, count = 0;
    ast_statement *list = NULL;
    *file = (ast_file){0};
    rsp_error unread = {0};
    const rsp_status lexed = lexer_run(src, &tokens, &n, &unread);
    parser p = {.arena = arena, .src = src, .first = tokens, .t = tokens, .err = err};
    rsp_status s = RSP_OK;
    while (s == RSP_OK && tokens && p.t->kind != TOKEN_END) {
        if (!RSP_GROW(&list, &capacity, count + 1)) {
            s = no_parser_memory(&p);
        } else {
            p.depth = 0;
            s = parse_statement(&p, &list[count++]);
        }
    }
    if (lexed != RSP_OK && (!tokens || p.t->kind == TOKEN_END)) {
        s = lexed; /* nothing was wrong before it */
        *err = unread;
    }
    if (s == RSP_OK) {
        ast_statement *kept = rsp_arena_alloc(arena, count + 1, sizeof *kept);
        if (kept && count) {
            memcpy(kept, list, count * sizeof *kept);
        }
        *file = (ast_file){kept, (uint32_t)count};
        s = kept ? RSP_OK : no_parser_memory(&p);
    }
    free(list);
    free(tokens);
    return s;
}
