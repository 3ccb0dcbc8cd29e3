#include "model/build.h"

#include <stdlib.h>
#include <string.h>

rsp_status no_memory(builder *b)
{
    return rsp_fail(b->err, RSP_NOMEM, "no memory for the model");
}

rsp_status spend(builder *b, const ast_place *place, size_t work)
{
    if (work > MOST_WORK - b->work) {
        return ast_fail(b->err, place, RSP_RANGE,
                        "the model is too large: written out it has more than %d "
                        "expressions", MOST_WORK);
    }
    b->work += (uint32_t)work;
    return RSP_OK;
}

int find_index(const builder *b, const char *name)
{
    for (uint32_t i = 0; i < b->n_indices; i++) {
        if (strcmp(b->indices[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

symbol *find_symbol(const builder *b, const char *name)
{
    uint32_t i = table_find(&b->names, name);
    return i == TABLE_NONE ? NULL : &b->symbols[i];
}

static const struct { /* what stands where a name is looked up */
    const char *text;
    unsigned kinds; /* of symbols */
    bool indices;
} WANTED[] = {
    [WANT_VALUE] = {"name",
                    1u << SYMBOL_PARAM | 1u << SYMBOL_LET | 1u << SYMBOL_INPUT |
                        1u << SYMBOL_SPECIES,
                    false},
    [WANT_SPECIES] = {"species", 1u << SYMBOL_SPECIES, false},
    [WANT_TARGET] = {"species or input", 1u << SYMBOL_SPECIES | 1u << SYMBOL_INPUT,
                     false},
    [WANT_ACTION] = {"action", 1u << SYMBOL_ACTION, false},
    [WANT_INDEX] = {"index", 0, true},
};

static const char *kind_name(symbol_kind kind)
{
    static const char *const names[] = {
        [SYMBOL_PARAM] = "a parameter",     [SYMBOL_LET] = "a derived value",
        [SYMBOL_INPUT] = "an input",        [SYMBOL_SPECIES] = "a species",
        [SYMBOL_OBSERVE] = "an observable", [SYMBOL_ACTION] = "an action",
        [SYMBOL_EVENT] = "an event"};
    return names[kind];
}

/* The nearest of what would fit. */
static const char *nearest(const builder *b, const char *name, wanted want)
{
    const char *known[1024];
    size_t n = 0;
    for (uint32_t i = 0; i < b->n_symbols && n < 1024; i++) {
        if (WANTED[want].kinds >> b->symbols[i].kind & 1) {
            known[n++] = b->symbols[i].name;
        }
    }
    for (uint32_t i = 0; WANTED[want].indices && i < b->n_indices && n < 1024; i++) {
        known[n++] = b->indices[i].name;
    }
    return rsp_nearest(name, known, n);
}

rsp_status unknown_name(builder *b, const ast_place *place, const char *name, wanted want)
{
    const symbol *sym = find_symbol(b, name);
    bool index = find_index(b, name) >= 0;
    const char *text = WANTED[want].text;
    if (sym || index) {
        const char *article = strchr("aeiou", text[0]) ? "an" : "a";
        return ast_fail(
            b->err, place, RSP_NAME, "'%.60s' is %s; %s %s is expected here", name,
            sym ? kind_name(sym->kind) : "an index", want == WANT_VALUE ? "a" : article,
            want == WANT_VALUE ? "value" : text);
    }
    const char *near = nearest(b, name, want);
    return ast_fail(b->err, place, RSP_NAME, "unknown %s '%.60s'%s%s%s", text, name,
                    near ? "; did you mean '" : "", near ? near : "",
                    near ? "'?" : "");
}

/* ---- Slots. */

static bool subset_member(const builder *b, const index_def *def, const char *name,
                          uint32_t *member)
{
    const index_def *base = &b->indices[def->subsets_of];
    uint32_t bits = 0;
    while (*name) {
        size_t n = strcspn(name, "+");
        uint32_t k = 0;
        while (k < base->n && (strlen(base->members[k]) != n ||
                               memcmp(base->members[k], name, n) != 0)) {
            k++;
        }
        if (k == base->n) {
            return false;
        }
        bits |= 1u << k;
        name += n + (name[n] == '+');
    }
    *member = bits;
    return true;
}

bool member_of(const builder *b, uint32_t index, const char *name, uint32_t *member)
{
    const index_def *def = &b->indices[index];
    uint32_t place = table_find(&b->members, name);
    if (place < def->n && strcmp(def->members[place], name) == 0) {
        *member = place;
        return true;
    }
    for (uint32_t i = 0; place == AMBIGUOUS && i < def->n; i++) {
        if (strcmp(def->members[i], name) == 0) {
            *member = i;
            return true;
        }
    }
    return def->subsets_of >= 0 && subset_member(b, def, name, member);
}

const env *find_bound(const env *e, const char *name)
{
    while (e && (e->index < 0 || strcmp(e->name, name) != 0)) {
        e = e->next;
    }
    return e;
}

rsp_status slot_member(builder *b, const env *e, const ast_slot *slot, uint32_t index,
                       uint32_t *member)
{
    const index_def *def = &b->indices[index];
    const env *bound = find_bound(e, slot->name);
    if (bound && bound->index != (int)index) {
        return ast_fail(b->err, &slot->place, RSP_NAME,
                        "'%.40s' runs over %s; here an index over %s stands", slot->name,
                        b->indices[bound->index].name, def->name);
    }
    if (bound) {
        *member = bound->member;
        return RSP_OK;
    }
    if (member_of(b, index, slot->name, member)) {
        return RSP_OK;
    }
    const char *near = rsp_nearest(slot->name, def->members, def->n);
    return ast_fail(b->err, &slot->place, RSP_NAME,
                    "'%.40s' is neither bound here nor a member of %s%s%s%s",
                    slot->name, def->name, near ? "; did you mean '" : "",
                    near ? near : "", near ? "'?" : "");
}

rsp_status slot_offset(builder *b, const env *e, const symbol *sym,
                       const ast_slot *slots, uint32_t n, const ast_place *place,
                       uint32_t *offset)
{
    if (n != sym->n_dims) {
        return ast_fail(b->err, place, RSP_NAME, "'%.60s' has %u ind%s, not %u",
                        sym->name, sym->n_dims, sym->n_dims == 1 ? "ex" : "ices", n);
    }
    *offset = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t member = 0;
        rsp_status s = slot_member(b, e, &slots[i], sym->dims[i], &member);
        if (s != RSP_OK) {
            return s;
        }
        *offset = *offset * b->indices[sym->dims[i]].n + member;
    }
    return RSP_OK;
}

/* ---- Binders whose index is told by their use. */

static int from_slots(const builder *b, const char *name, const char *binder,
                      const ast_slot *slots, uint32_t n)
{
    const symbol *sym = find_symbol(b, name);
    for (uint32_t i = 0; sym && i < n && i < sym->n_dims; i++) {
        if (strcmp(slots[i].name, binder) == 0) {
            return (int)sym->dims[i];
        }
    }
    return -1;
}

/* Chains of operators lean to the left and may be long; what else nests is kept
 * shallow by the parser. */
int infer_index(const builder *b, const ast_expr *x, const char *binder)
{
    int found = -1;
    while (x && found < 0) {
        if (x->kind == AST_NAME) {
            found = from_slots(b, x->name, binder, x->slots, x->n_slots);
        }
        for (uint32_t i = 1; found < 0 && i < x->n_parts; i++) {
            found = infer_index(b, x->parts[i], binder);
        }
        for (uint32_t i = 0; i < x->n_binders; i++) {
            if (strcmp(x->binders[i].name, binder) == 0) {
                return found; /* bound anew in here */
            }
        }
        x = x->n_parts ? x->parts[0] : NULL;
    }
    return found;
}

rsp_status check_binder(builder *b, const ast_binder *binders, uint32_t i, uint32_t index)
{
    const ast_binder *binder = &binders[i];
    uint32_t member = 0;
    for (uint32_t k = 0; k < i; k++) {
        if (strcmp(binders[k].name, binder->name) == 0) {
            return ast_fail(b->err, &binder->place, RSP_NAME, "'%.40s' is bound twice",
                            binder->name);
        }
    }
    if (member_of(b, index, binder->name, &member)) {
        return ast_fail(b->err, &binder->place, RSP_NAME,
                        "'%.40s' is a member of %s; bind a name of its own, as in "
                        "[x in %s], and write 'if x == %.40s then ... else ...'",
                        binder->name, b->indices[index].name, b->indices[index].name,
                        binder->name);
    }
    return RSP_OK;
}

static int infer(const builder *b, const ast_statement *st, const char *binder)
{
    int found = -1;
    for (uint32_t i = 0; found < 0 && i < st->n_left; i++) {
        found = from_slots(b, st->left[i].name, binder, st->left[i].slots,
                           st->left[i].n_slots);
    }
    for (uint32_t i = 0; found < 0 && i < st->n_right; i++) {
        found = from_slots(b, st->right[i].name, binder, st->right[i].slots,
                           st->right[i].n_slots);
    }
    found = found < 0 ? infer_index(b, st->expr, binder) : found;
    found = found < 0 ? infer_index(b, st->second, binder) : found;
    found = found < 0 ? infer_index(b, st->priority, binder) : found;
    for (uint32_t i = 0; found < 0 && i < st->n_assigns; i++) {
        const ast_term *to = &st->assigns[i].target;
        found = from_slots(b, to->name, binder, to->slots, to->n_slots);
        found = found < 0 ? infer_index(b, st->assigns[i].value, binder) : found;
    }
    return found < 0 ? infer_index(b, st->from, binder) : found;
}

rsp_status resolve_binders(builder *b, const ast_statement *st,
                           uint32_t dims[MOST_DIMS], uint32_t *n)
{
    const symbol *own = find_symbol(b, st->name);
    *n = 0;
    if (st->n_binders > MOST_DIMS) {
        return ast_fail(b->err, &st->name_place, RSP_RANGE, "more than %d indices",
                        MOST_DIMS);
    }
    for (uint32_t i = 0; i < st->n_binders; i++) {
        const ast_binder *binder = &st->binders[i];
        int index = binder->in ? find_index(b, binder->in) : -1;
        if (binder->in && index < 0) {
            return unknown_name(b, &binder->place, binder->in, WANT_INDEX);
        }
        if (index < 0 && (st->what == AST_INITIAL || st->what == AST_RATE) && own &&
            i < own->n_dims) {
            index = (int)own->dims[i];
        }
        index = index < 0 ? infer(b, st, binder->name) : index;
        if (index < 0) {
            return ast_fail(b->err, &binder->place, RSP_NAME,
                            "what does '%.40s' run over? write '%.40s in INDEX'",
                            binder->name, binder->name);
        }
        rsp_status s = check_binder(b, st->binders, i, (uint32_t)index);
        if (s != RSP_OK) {
            return s;
        }
        dims[(*n)++] = (uint32_t)index;
    }
    return RSP_OK;
}
