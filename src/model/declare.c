#include "model/build.h"

#include <stdlib.h>
#include <string.h>

static rsp_status taken(builder *b, const ast_statement *st)
{
    static const char *const words[] = {"t", "inf", "if", "then", "else", "and", "or",
                                        "not", "in"};
    const symbol *old = find_symbol(b, st->name);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(st->name, words[i]) == 0) {
            return ast_fail(
                b->err, &st->name_place, RSP_NAME,
                "'%s' has a meaning of its own in expressions; take another "
                "name",
                st->name);
        }
    }
    if (old) {
        return ast_fail(b->err, &st->name_place, RSP_NAME,
                        "'%.60s' is declared twice (first at %s:%u)", st->name,
                        old->st->place.src->name, old->st->place.line);
    }
    if (find_index(b, st->name) >= 0) {
        return ast_fail(b->err, &st->name_place, RSP_NAME, "'%.60s' is an index",
                        st->name);
    }
    return RSP_OK;
}

static rsp_status add_subset_members(builder *b, const ast_statement *st, int of,
                                     index_def *def)
{
    const index_def *base = &b->indices[of];
    if (base->n > MOST_LOCI) {
        return ast_fail(b->err, &st->name_place, RSP_RANGE,
                        "subsets of %u members are 2^%u; at most %d members", base->n,
                        base->n, MOST_LOCI);
    }
    uint32_t n = 1u << base->n;
    const char **names = rsp_arena_alloc(b->arena, n, sizeof *names);
    for (uint32_t i = 0; names && i < n; i++) {
        rsp_text text = {0};
        for (uint32_t k = 0; k < base->n; k++) {
            if (i >> k & 1) {
                rsp_text_printf(&text, "%s%s", text.length ? "+" : "",
                                base->members[k]);
            }
        }
        names[i] = i == 0 ? "wt"
                   : text.failed
                       ? NULL
                       : rsp_arena_copy(b->arena, text.data, text.length);
        rsp_text_fini(&text);
        if (!names[i]) {
            return no_memory(b);
        }
    }
    *def = (index_def){st->name, names, n, of};
    return names ? RSP_OK : no_memory(b);
}

/* Members are each other's names once, and known to all expressions. */
static rsp_status add_members(builder *b, const ast_statement *st, const index_def *def)
{
    table own = {0};
    rsp_status s = RSP_OK;
    for (uint32_t i = 0; s == RSP_OK && i < def->n; i++) {
        const char *name = def->members[i];
        uint32_t old = table_find(&b->members, name);
        if (table_find(&own, name) != TABLE_NONE) {
            s = ast_fail(b->err, &st->name_place, RSP_NAME,
                         "member '%.60s' stands twice", name);
        } else if (!table_add(&own, name, i) ||
                   !table_add(&b->members, name, i)) {
            s = no_memory(b);
        } else if (old != TABLE_NONE && old != i) {
            table_set(&b->members, name, AMBIGUOUS);
        }
    }
    table_fini(&own);
    return s;
}

static rsp_status declare_index(builder *b, const ast_statement *st)
{
    index_def def = {st->name, st->members, st->n_members, -1};
    rsp_status s = taken(b, st);
    if (s == RSP_OK && b->n_indices == MOST_INDICES) {
        s = ast_fail(b->err, &st->name_place, RSP_RANGE, "more than %d indices",
                     MOST_INDICES);
    }
    if (s == RSP_OK && st->subsets_of) {
        int of = find_index(b, st->subsets_of);
        if (of < 0) {
            const ast_place place = st->name_place;
            return unknown_name(b, &place, st->subsets_of, WANT_INDEX);
        }
        s = add_subset_members(b, st, of, &def);
    }
    s = s == RSP_OK ? add_members(b, st, &def) : s;
    if (s == RSP_OK && !RSP_GROW(&b->indices, &b->cap_indices, b->n_indices + 1)) {
        return no_memory(b);
    }
    if (s == RSP_OK) {
        b->indices[b->n_indices++] = def;
    }
    return s;
}

/* An index whose members, or a unit whose size, another statement tells. */
static bool waits(const builder *b, const ast_statement *st)
{
    rsp_unit unit;
    char why[160];
    return st->what == AST_INDEX
               ? st->subsets_of && find_index(b, st->subsets_of) < 0
               : st->unit && !unit_parse(&b->model->units, st->unit, &unit, why);
}

/* Statements of one kind in whatever order they stand: those that wait for another
 * come when it is there; what nothing waits for any more says what is wrong. */
static rsp_status declare_waiting(builder *b, ast_what what,
                                  rsp_status (*declare)(builder *, const ast_statement *))
{
    const rsp_model *m = b->model;
    bool *done = calloc(m->n_statements + 1, sizeof *done);
    rsp_status s = done ? RSP_OK : no_memory(b);
    for (bool open = true, stuck = false; s == RSP_OK && open;) {
        bool moved = false;
        open = false;
        for (uint32_t i = 0; s == RSP_OK && i < m->n_statements; i++) {
            const ast_statement *st = m->statements[i];
            if (st->what != what || done[i]) {
                continue;
            }
            if (!stuck && waits(b, st)) {
                open = true;
                continue;
            }
            done[i] = moved = true;
            s = declare(b, st);
        }
        stuck = !moved;
    }
    free(done);
    return s;
}

/* A clause that is spelt wrongly is read as a part of the unit before it. */
static rsp_status unit_mistake(builder *b, const ast_statement *st, const char *why)
{
    for (const char *p = st->unit; *p;) {
        char word[40], unused[160];
        rsp_unit unit;
        size_t n = strcspn(p, " ");
        snprintf(word, sizeof word, "%.*s", (int)(n < 40 ? n : 39), p);
        const char *near = unit_parse(&b->model->units, word, &unit, unused)
                               ? NULL
                               : ast_near_clause(word);
        if (near) {
            return ast_fail(b->err, &st->unit_place, RSP_UNITS,
                            "'%s' is no unit; did you mean '%s'?", word, near);
        }
        p += n + (p[n] == ' ');
    }
    return ast_fail(b->err, &st->unit_place, RSP_UNITS, "%s", why);
}

static rsp_status declare_unit(builder *b, const ast_statement *st)
{
    rsp_unit unit;
    char why[160];
    if (unit_parse(&b->model->units, st->name, &unit, why)) {
        return ast_fail(b->err, &st->name_place, RSP_NAME,
                        "unit '%.40s' is known already", st->name);
    }
    if (!st->unit) {
        return unit_define_dimension(&b->model->units, st->name)
                   ? RSP_OK
                   : ast_fail(
                         b->err, &st->name_place, RSP_RANGE,
                         "'%.40s' is one dimension too many; a model has %d of its "
                         "own at most",
                         st->name, UNIT_OWN_DIMENSIONS);
    }
    if (!unit_parse(&b->model->units, st->unit, &unit, why)) {
        return unit_mistake(b, st, why);
    }
    return unit_define(&b->model->units, st->name, &unit)
               ? RSP_OK
               : ast_fail(b->err, &st->name_place, RSP_RANGE,
                          "'%.40s' is one unit too many; a model has %d of its own at "
                          "most",
                          st->name, UNIT_OWN);
}

static rsp_status symbol_unit(builder *b, const ast_statement *st, rsp_unit *unit)
{
    char why[160];
    *unit = (rsp_unit){.factor = 1};
    if (st->unit && !unit_parse(&b->model->units, st->unit, unit, why)) {
        return unit_mistake(b, st, why);
    }
    if (st->what == AST_INPUT && (st->n_binders || st->n_values)) {
        return ast_fail(b->err, &st->name_place, RSP_SYNTAX,
                        "an input has no indices; declare one for each member");
    }
    if (!st->unit && (st->what == AST_PARAMETER || st->what == AST_INPUT)) {
        return ast_fail(b->err, &st->name_place, RSP_UNITS,
                        "'%.60s' has no unit; write 1 for a pure number", st->name);
    }
    return RSP_OK;
}

/* Parameters and species name their indices; lets bind. */
static rsp_status declared_dims(builder *b, const ast_statement *st, symbol *sym)
{
    if (st->n_binders > MOST_DIMS) {
        return ast_fail(b->err, &st->name_place, RSP_RANGE, "more than %d indices",
                        MOST_DIMS);
    }
    for (uint32_t i = 0; i < st->n_binders; i++) {
        const ast_binder *binder = &st->binders[i];
        int index = find_index(b, binder->in ? binder->in : binder->name);
        if (index < 0) {
            return unknown_name(b, &binder->place, binder->in ? binder->in : binder->name,
                                WANT_INDEX);
        }
        sym->dims[sym->n_dims++] = (uint32_t)index;
    }
    return RSP_OK;
}

static rsp_status declare_symbol(builder *b, const ast_statement *st,
                                 symbol_kind kind)
{
    symbol sym = {.name = st->name, .kind = kind, .st = st};
    rsp_status s = taken(b, st);
    s = s == RSP_OK ? symbol_unit(b, st, &sym.unit) : s;
    if (s == RSP_OK && (kind == SYMBOL_PARAM || kind == SYMBOL_SPECIES)) {
        s = declared_dims(b, st, &sym);
    }
    if (s == RSP_OK && b->n_symbols >= MOST_SYMBOLS) {
        s = ast_fail(b->err, &st->name_place, RSP_RANGE, "more than %d names",
                     MOST_SYMBOLS);
    }
    if (s == RSP_OK && !RSP_GROW(&b->symbols, &b->cap_symbols, b->n_symbols + 1)) {
        s = no_memory(b);
    }
    if (s == RSP_OK) {
        sym.count = family_size(b, sym.dims, sym.n_dims);
        b->symbols[b->n_symbols++] = sym;
        s = table_add(&b->names, sym.name, b->n_symbols - 1) ? RSP_OK : no_memory(b);
    }
    return s;
}

uint32_t family_size(const builder *b, const uint32_t *dims, uint32_t n)
{
    uint64_t size = 1;
    for (uint32_t i = 0; i < n; i++) {
        size *= b->indices[dims[i]].n;
        size = size > UINT32_MAX ? UINT32_MAX : size;
    }
    return (uint32_t)size;
}

bool next_members(const builder *b, const uint32_t *dims, uint32_t n,
                  uint32_t *members)
{
    for (uint32_t i = n; i-- > 0;) {
        if (++members[i] < b->indices[dims[i]].n) {
            return true;
        }
        members[i] = 0;
    }
    return false;
}

const env *bind_members(const ast_binder *binders, const uint32_t *dims, uint32_t n,
                        const uint32_t *members, env room[MOST_DIMS],
                        const env *next)
{
    for (uint32_t i = 0; i < n; i++) {
        room[i] = (env){.name = binders[i].name, .index = (int)dims[i],
                        .member = members[i], .next = next};
        next = &room[i];
    }
    return next;
}

const char *member_name(builder *b, const char *name, const uint32_t *dims,
                        uint32_t n_dims, const uint32_t *members)
{
    rsp_text text = {0};
    rsp_text_add(&text, name);
    for (uint32_t i = 0; i < n_dims; i++) {
        rsp_text_printf(&text, "%s%s%s", i ? "," : "[",
                        b->indices[dims[i]].members[members[i]],
                        i + 1 == n_dims ? "]" : "");
    }
    const char *copy =
        text.failed ? NULL : rsp_arena_copy(b->arena, text.data, text.length);
    rsp_text_fini(&text);
    return copy;
}

/* ---- Derived values, whose indices their uses tell. */

static bool set_let_dims(builder *b, symbol *sym)
{
    uint32_t n = 0, dims[MOST_DIMS];
    rsp_error *err = b->err;
    b->err = NULL; /* another let may tell in a later round */
    rsp_status s = resolve_binders(b, sym->st, dims, &n);
    b->err = err;
    if (s == RSP_OK) {
        memcpy(sym->dims, dims, n * sizeof *dims);
        sym->n_dims = n;
        sym->count = family_size(b, dims, n);
    }
    return s == RSP_OK;
}

/* A let's index may be told by another let: rounds, to and fro so that chains in
 * either order take few. */
static rsp_status let_dims(builder *b)
{
    bool moved = true;
    for (uint32_t round = 0; moved; round++) {
        moved = false;
        for (uint32_t i = 0; i < b->n_symbols; i++) {
            symbol *sym = &b->symbols[round % 2 ? b->n_symbols - 1 - i : i];
            if (sym->kind == SYMBOL_LET && !sym->n_dims && sym->st->n_binders) {
                rsp_status s = spend(b, &sym->st->place, 1);
                if (s != RSP_OK) {
                    return s;
                }
                moved = set_let_dims(b, sym) || moved;
            }
        }
    }
    for (uint32_t i = 0; i < b->n_symbols; i++) {
        const symbol *sym = &b->symbols[i];
        uint32_t n = 0, dims[MOST_DIMS];
        if (sym->kind == SYMBOL_LET && sym->n_dims != sym->st->n_binders) {
            return resolve_binders(b, sym->st, dims, &n); /* says why */
        }
    }
    return RSP_OK;
}

static const struct {
    ast_what what;
    symbol_kind kind;
} DECLARES[] = {{AST_PARAMETER, SYMBOL_PARAM}, {AST_LET, SYMBOL_LET},
                {AST_INPUT, SYMBOL_INPUT},     {AST_SPECIES, SYMBOL_SPECIES},
                {AST_OBSERVE, SYMBOL_OBSERVE}, {AST_ACTION, SYMBOL_ACTION},
                {AST_EVENT, SYMBOL_EVENT},
                {AST_POPULATION, SYMBOL_SPECIES}};

rsp_status declare_all(builder *b)
{
    const rsp_model *m = b->model;
    rsp_status s = declare_waiting(b, AST_UNIT, declare_unit);
    s = s == RSP_OK ? declare_waiting(b, AST_INDEX, declare_index) : s;
    for (uint32_t i = 0; s == RSP_OK && i < m->n_statements; i++) {
        for (size_t k = 0; s == RSP_OK && k < sizeof DECLARES / sizeof *DECLARES; k++) {
            if (m->statements[i]->what == DECLARES[k].what) {
                s = declare_symbol(b, m->statements[i], DECLARES[k].kind);
            }
        }
    }
    return s == RSP_OK ? let_dims(b) : s;
}
