#include "model/build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "respite/num.h"

enum { DEEPEST_CALL = 400 };

static const double LN10 = 2.302585092994045684;

value value_pure(rsp_expr e)
{
    return (value){.e = e, .u = {.factor = 1}};
}

value value_number(builder *b, double v)
{
    value out = value_pure(pool_const(b->nodes, v));
    out.any = v == 0 || isinf(v);
    return out;
}

value value_make(builder *b, rsp_op op, value x, value y)
{
    value out = x;
    out.e = pool_make(b->nodes, op, x.e, y.e, 0);
    out.any = false;
    return out;
}

/* Why a unit does not fit, where a bare number stands. */
static const char *bare(const builder *b, const value *v)
{
    double number = 0;
    return unit_pure(&v->u) && pool_is_const(b->nodes, v->e, &number)
               ? "; a number alone is dimensionless, give it as a parameter with a unit"
               : "";
}

rsp_status check_unit(builder *b, const ast_place *place, const value *v,
                      const rsp_unit *want, const char *of)
{
    char found[160], expected[160];
    if (v->any || rsp_unit_same(&v->u, want)) {
        return RSP_OK;
    }
    unit_write(&b->model->units, &v->u, found);
    unit_write(&b->model->units, want, expected);
    return ast_fail(b->err, place, RSP_UNITS, "%s has the unit %s; expected %s%s", of,
                    found, expected, unit_pure(want) ? "" : bare(b, v));
}

rsp_status need_pure(builder *b, const ast_place *place, const value *v,
                            const char *of)
{
    rsp_unit one = {.factor = 1};
    return check_unit(b, place, v, &one, of);
}

rsp_status values_agree(builder *b, const ast_place *place, value *x, value *y,
                        const char *op)
{
    char left[160], right[160];
    if (x->any) {
        x->u = y->u;
    } else if (y->any) {
        y->u = x->u;
    } else if (!rsp_unit_same(&x->u, &y->u)) {
        unit_write(&b->model->units, &x->u, left);
        unit_write(&b->model->units, &y->u, right);
        return ast_fail(b->err, place, RSP_UNITS,
                        "the two sides of '%s' have the units %s and %s%s", op, left,
                        right, *bare(b, x) ? bare(b, x) : bare(b, y));
    }
    return RSP_OK;
}

/* ---- What depends on the state (and so is not a number per participant). */

bool depends_on_state(builder *b, rsp_expr e)
{
    const pool *p = b->nodes;
    if (p->failed || !RSP_GROW(&b->depends, &b->cap_depends, p->n)) {
        return true;
    }
    for (uint32_t i = b->n_depends; i < p->n; i++) {
        const rsp_node *n = &p->nodes[i];
        bool d = false;
        if (n->op <= RSP_OP_ROOT) {
            d = n->op == RSP_OP_INPUT || n->op == RSP_OP_SPECIES ||
                n->op == RSP_OP_TIME || n->op == RSP_OP_AFTER ||
                n->op == RSP_OP_SINCE || n->op == RSP_OP_ARG;
        } else {
            d = b->depends[n->a] || (n->op >= RSP_OP_ADD && b->depends[n->b]) ||
                (n->op == RSP_OP_SELECT && b->depends[n->c]);
        }
        b->depends[i] = d;
    }
    b->n_depends = p->n;
    return b->depends[e];
}

/* ---- Names. */

/* A member's name as a number: its place, where all indices that have it agree. */
static rsp_status eval_member(builder *b, const ast_expr *x, value *out)
{
    uint32_t place = table_find(&b->members, x->name);
    if (place == TABLE_NONE || x->n_slots) {
        return unknown_name(b, &x->place, x->name, WANT_VALUE);
    }
    if (place == AMBIGUOUS) {
        return ast_fail(b->err, &x->place, RSP_NAME,
                        "'%.60s' is a member of several indices, at different places; "
                        "compare it with an index: 'if x == %.60s ...'",
                        x->name, x->name);
    }
    *out = value_pure(pool_const(b->nodes, place));
    return RSP_OK;
}

static rsp_status eval_symbol(builder *b, const env *e, const ast_expr *x,
                              symbol *sym, value *out)
{
    static const rsp_op ops[] = {[SYMBOL_PARAM] = RSP_OP_PARAM,
                                 [SYMBOL_INPUT] = RSP_OP_INPUT,
                                 [SYMBOL_SPECIES] = RSP_OP_SPECIES};
    uint32_t offset = 0;
    if (sym->kind >= SYMBOL_OBSERVE) { /* and actions, events: none is a value */
        return unknown_name(b, &x->place, x->name, WANT_VALUE);
    }
    rsp_status s = slot_offset(b, e, sym, x->slots, x->n_slots, &x->place, &offset);
    if (s != RSP_OK) {
        return s;
    }
    if (sym->kind == SYMBOL_LET) {
        return eval_let(b, sym, offset, out);
    }
    *out = (value){.e = pool_leaf(b->nodes, ops[sym->kind], sym->first + offset),
                   .u = sym->unit};
    out->u.factor = 1;
    return RSP_OK;
}

static rsp_status eval_name(builder *b, const env *e, const ast_expr *x, value *out)
{
    for (const env *k = e; k && !x->n_slots; k = k->next) {
        if (strcmp(k->name, x->name) == 0) {
            *out = k->index >= 0 ? value_number(b, k->member) : k->v;
            out->any = k->index >= 0 ? false : out->any;
            return RSP_OK;
        }
    }
    if (b->in_action && b->arg && strcmp(b->arg, x->name) == 0 && !x->n_slots) {
        *out = (value){.e = pool_leaf(b->nodes, RSP_OP_ARG, 0), .u = b->arg_unit};
        return RSP_OK;
    }
    if (strcmp(x->name, "t") == 0 && !x->n_slots) {
        *out = value_pure(pool_leaf(b->nodes, RSP_OP_TIME, 0));
        out->u.power[0] = 1;
        return RSP_OK;
    }
    if (strcmp(x->name, "inf") == 0 && !x->n_slots) {
        *out = value_number(b, (double)INFINITY);
        return RSP_OK;
    }
    symbol *sym = find_symbol(b, x->name);
    return sym ? eval_symbol(b, e, x, sym, out) : eval_member(b, x, out);
}

rsp_status eval_let(builder *b, symbol *sym, uint32_t offset, value *out)
{
    let_state *l = &b->lets[sym->first + offset];
    if (l->state == 2) {
        *out = l->v;
        return RSP_OK;
    }
    if (l->state == 1) {
        return ast_fail(b->err, &sym->st->name_place, RSP_NAME,
                        "'%.60s' is defined by way of itself", sym->name);
    }
    l->state = 1;
    uint32_t members[MOST_DIMS] = {0}, rest = offset;
    for (uint32_t i = sym->n_dims; i-- > 0;) {
        members[i] = rest % b->indices[sym->dims[i]].n;
        rest /= b->indices[sym->dims[i]].n;
    }
    env room[MOST_DIMS];
    const env *e = bind_members(sym->st->binders, sym->dims, sym->n_dims, members,
                                room, NULL);
    value v = {0};
    rsp_status s = eval(b, e, sym->st->expr, &v);
    if (s == RSP_OK && sym->st->unit) {
        char of[100];
        snprintf(of, sizeof of, "'%.60s'", sym->name);
        s = check_unit(b, &sym->st->expr->place, &v, &sym->unit, of);
        v.u = sym->unit;
        v.u.factor = 1;
        v.any = false;
    }
    l->v = v;
    l->state = 2;
    *out = v;
    return s;
}

/* ---- Folds over indices. */

typedef struct fold {
    const ast_expr *x;
    rsp_op op;
    const char *name; /* in a message */
    value total;
    bool any_term;
} fold;

/* An index, or the set bits of a bound subset. */
static rsp_status fold_range(builder *b, const env *e, const ast_expr *x,
                             const ast_binder *binder, uint32_t *index,
                             uint32_t *bits, bool *by_bits)
{
    *by_bits = false;
    const char *in = binder->in;
    for (const env *k = in ? e : NULL; k; k = k->next) {
        if (strcmp(k->name, in) == 0 && k->index >= 0) {
            const index_def *def = &b->indices[k->index];
            if (def->subsets_of < 0) {
                return ast_fail(b->err, &binder->place, RSP_NAME,
                                "'%.40s' is not a subset, so it has no bits to run over",
                                in);
            }
            *index = (uint32_t)def->subsets_of;
            *bits = k->member;
            *by_bits = true;
            return RSP_OK;
        }
    }
    int found = in ? find_index(b, in) : infer_index(b, x->parts[0], binder->name);
    if (found < 0) {
        return in ? unknown_name(b, &binder->place, in, WANT_INDEX)
                  : ast_fail(b->err, &binder->place, RSP_NAME,
                             "what does '%.40s' run over? write '%.40s in INDEX'",
                             binder->name, binder->name);
    }
    *index = (uint32_t)found;
    return RSP_OK;
}

static rsp_status fold_over(builder *b, const env *e, fold *f, uint32_t level)
{
    value v;
    if (level == f->x->n_binders) {
        rsp_status s = eval(b, e, f->x->parts[0], &v);
        if (s == RSP_OK && f->op != RSP_OP_MUL && f->any_term) {
            s = values_agree(b, &f->x->place, &f->total, &v, f->name);
        }
        if (s == RSP_OK && f->op == RSP_OP_MUL) {
            s = need_pure(b, &f->x->place, &v, "a factor of product()");
        }
        if (s == RSP_OK) {
            bool any = v.any && (!f->any_term || f->total.any);
            f->total = f->any_term ? value_make(b, f->op, f->total, v) : v;
            f->total.any = any && f->op != RSP_OP_MUL;
            f->any_term = true;
        }
        return s;
    }
    const ast_binder *binder = &f->x->binders[level];
    uint32_t index = 0, bits = 0;
    bool by_bits = false;
    rsp_status s = fold_range(b, e, f->x, binder, &index, &bits, &by_bits);
    s = s == RSP_OK ? check_binder(b, f->x->binders, level, index) : s;
    s = s == RSP_OK ? spend(b, &f->x->place, b->indices[index].n) : s;
    for (uint32_t i = 0; s == RSP_OK && i < b->indices[index].n; i++) {
        if (!by_bits || (bits >> i & 1)) {
            env bound = {.name = binder->name, .index = (int)index, .member = i,
                         .next = e};
            s = fold_over(b, &bound, f, level + 1);
        }
    }
    return s;
}

static rsp_status eval_fold(builder *b, const env *e, const ast_expr *x, value *out)
{
    static const struct {
        rsp_op op;
        double empty; /* over no member */
        const char *name;
    } folds[] = {[AST_SUM] = {RSP_OP_ADD, 0, "sum"},
                 [AST_PRODUCT] = {RSP_OP_MUL, 1, "product"},
                 [AST_LEAST] = {RSP_OP_MIN, INFINITY, "min"},
                 [AST_MOST] = {RSP_OP_MAX, -INFINITY, "max"}};
    fold f = {.x = x, .op = folds[x->kind].op, .name = folds[x->kind].name};
    rsp_status s = fold_over(b, e, &f, 0);
    *out = f.any_term ? f.total : value_number(b, folds[x->kind].empty);
    return s;
}

/* ---- Operators. */

/* A constant that is no number (0/0, the log of a negative one) is a mistake. */
static rsp_status check_number(builder *b, const ast_expr *x, const value *v)
{
    double number = 0;
    return pool_is_const(b->nodes, v->e, &number) && isnan(number)
               ? ast_fail(b->err, &x->place, RSP_RANGE,
                          "this is not a number: 0/0, inf - inf, or a function outside "
                          "its domain")
               : RSP_OK;
}

static rsp_status check_fits(builder *b, const ast_expr *x, const value *v)
{
    return unit_fits(&v->u) ? RSP_OK
                            : ast_fail(b->err, &x->place, RSP_UNITS,
                                       "the powers of this unit are too large");
}

static rsp_status eval_power(builder *b, const ast_expr *x, value base, value power,
                             value *out)
{
    double n = 0;
    rsp_status s = need_pure(b, &x->place, &power, "the exponent");
    if (s != RSP_OK) {
        return s;
    }
    *out = value_make(b, RSP_OP_POW, base, power);
    if (unit_pure(&base.u)) {
        return RSP_OK;
    }
    if (!pool_is_const(b->nodes, power.e, &n) || n != floor(n) || fabs(n) > 6) {
        return ast_fail(b->err, &x->place, RSP_UNITS,
                        "a quantity with a unit takes a whole number from -6 to 6 as "
                        "exponent; divide it by one of its kind first");
    }
    out->u = unit_times((rsp_unit){.factor = 1}, base.u, (int)n);
    return check_fits(b, x, out);
}

static const struct {
    const char *name;
    rsp_op op;
    bool swap;
} BINARY[] = {{"+", RSP_OP_ADD, false},  {"-", RSP_OP_SUB, false},
              {"*", RSP_OP_MUL, false},  {"/", RSP_OP_DIV, false},
              {"<", RSP_OP_LT, false},   {"<=", RSP_OP_LE, false},
              {">", RSP_OP_LT, true},    {">=", RSP_OP_LE, true},
              {"==", RSP_OP_EQ, false},  {"!=", RSP_OP_NE, false},
              {"and", RSP_OP_AND, false}, {"or", RSP_OP_OR, false}};

static rsp_status combine(builder *b, const ast_expr *x, value l, value r, value *out)
{
    size_t i = 0;
    while (i < sizeof BINARY / sizeof *BINARY && strcmp(BINARY[i].name, x->name)) {
        i++;
    }
    RSP_ASSERT(i < sizeof BINARY / sizeof *BINARY);
    rsp_op op = BINARY[i].op;
    rsp_status s = RSP_OK;
    if (op == RSP_OP_MUL || op == RSP_OP_DIV) {
        bool any = (l.any && op == RSP_OP_DIV) || (op == RSP_OP_MUL && (l.any || r.any));
        *out = value_make(b, op, l, r);
        out->u = unit_times(l.u, r.u, op == RSP_OP_MUL ? 1 : -1);
        double v = 0;
        out->any = any && pool_is_const(b->nodes, out->e, &v) && v == 0;
        return check_fits(b, x, out);
    }
    if (op == RSP_OP_AND || op == RSP_OP_OR) {
        s = need_pure(b, &x->place, &l, "a condition");
        s = s == RSP_OK ? need_pure(b, &x->place, &r, "a condition") : s;
    } else {
        s = values_agree(b, &x->place, &l, &r, x->name);
    }
    *out = BINARY[i].swap ? value_make(b, op, r, l) : value_make(b, op, l, r);
    if (op >= RSP_OP_LT) {
        out->u = (rsp_unit){.factor = 1};
    } else {
        out->any = l.any && r.any;
    }
    return s;
}

/* "n279+v5" of an expression: at most so many names joined by '+', none of which is
 * bound or a value; false for others. */
bool as_member(const builder *b, const env *e, const ast_expr *x, int most,
               rsp_text *text)
{
    if (x->kind == AST_BINARY && most > 1 && strcmp(x->name, "+") == 0) {
        bool left = as_member(b, e, x->parts[0], most - 1, text);
        rsp_text_add(text, "+");
        return left && as_member(b, e, x->parts[1], 1, text);
    }
    if (x->kind != AST_NAME || x->n_slots || find_bound(e, x->name) ||
        find_symbol(b, x->name) || strcmp(x->name, "t") == 0 ||
        strcmp(x->name, "inf") == 0) {
        return false;
    }
    rsp_text_add(text, x->name);
    return true;
}

/* x == gut, s != n279+v5: an index that is bound and a member of it. */
static rsp_status eval_member_test(builder *b, const env *e, const ast_expr *x,
                                   value *out, bool *is)
{
    rsp_status s = RSP_OK;
    *is = false;
    if (strcmp(x->name, "==") != 0 && strcmp(x->name, "!=") != 0) {
        return RSP_OK;
    }
    for (int side = 0; s == RSP_OK && !*is && side < 2; side++) {
        const ast_expr *index = x->parts[side], *member = x->parts[1 - side];
        const env *bound = index->kind == AST_NAME && !index->n_slots
                               ? find_bound(e, index->name)
                               : NULL;
        rsp_text text = {0};
        if (bound && as_member(b, e, member, MOST_LOCI, &text)) {
            uint32_t m = 0;
            ast_slot slot = {text.failed ? "" : text.data, member->place};
            s = slot_member(b, NULL, &slot, (uint32_t)bound->index, &m);
            *out = value_pure(
                pool_const(b->nodes, (m == bound->member) == (x->name[0] == '=')));
            *is = true;
        }
        rsp_text_fini(&text);
    }
    return s;
}

/* Chains of operators lean to the left and may be long: their nodes are kept in a
 * list, not on the stack. */
static rsp_status eval_binary(builder *b, const env *e, const ast_expr *x, value *out)
{
    const size_t base = b->n_spine;
    value l = {0}, r;
    bool is_test = false;
    rsp_status s = RSP_OK;
    for (; s == RSP_OK && x->kind == AST_BINARY; x = x->parts[0]) {
        s = eval_member_test(b, e, x, &l, &is_test);
        if (s != RSP_OK || is_test) {
            break;
        }
        if (!RSP_GROW(&b->spine, &b->cap_spine, b->n_spine + 1)) {
            s = no_memory(b);
        } else {
            b->spine[b->n_spine++] = x;
        }
    }
    s = s == RSP_OK && !is_test ? eval(b, e, x, &l) : s;
    while (s == RSP_OK && b->n_spine > base) {
        x = b->spine[--b->n_spine];
        s = spend(b, &x->place, 1);
        s = s == RSP_OK ? eval(b, e, x->parts[1], &r) : s;
        if (s == RSP_OK) {
            s = strcmp(x->name, "^") == 0 ? eval_power(b, x, l, r, out)
                                          : combine(b, x, l, r, out);
            l = *out;
        }
        s = s == RSP_OK ? check_number(b, x, out) : s;
    }
    b->n_spine = base;
    *out = l;
    return s;
}

static rsp_status eval_unary(builder *b, const env *e, const ast_expr *x, value *out)
{
    value v;
    rsp_status s = eval(b, e, x->parts[0], &v);
    if (s != RSP_OK) {
        return s;
    }
    *out = value_make(b, x->name[0] == '-' ? RSP_OP_NEG : RSP_OP_NOT, v, v);
    out->any = v.any && x->name[0] == '-';
    return x->name[0] == '-' ? RSP_OK : need_pure(b, &x->place, &v, "a condition");
}

static rsp_status eval_if(builder *b, const env *e, const ast_expr *x, value *out)
{
    value c, y, n;
    double known = 0;
    rsp_status s = eval(b, e, x->parts[0], &c);
    s = s == RSP_OK ? need_pure(b, &x->place, &c, "a condition") : s;
    if (s == RSP_OK && pool_is_const(b->nodes, c.e, &known)) {
        return eval(b, e, x->parts[known != 0 ? 1 : 2], out);
    }
    s = s == RSP_OK ? eval(b, e, x->parts[1], &y) : s;
    s = s == RSP_OK ? eval(b, e, x->parts[2], &n) : s;
    s = s == RSP_OK ? values_agree(b, &x->place, &y, &n, "else") : s;
    if (s == RSP_OK) {
        *out = y; /* values_agree has given both the unit of the one that has one */
        out->e = pool_make(b->nodes, RSP_OP_SELECT, c.e, y.e, n.e);
        out->any = y.any && n.any;
    }
    return s;
}

/* ---- root and mean. */

static rsp_status eval_root(builder *b, const env *e, const ast_expr *x, value *out)
{
    value low, high, f;
    rsp_status s = eval(b, e, x->parts[0], &low);
    s = s == RSP_OK ? eval(b, e, x->parts[1], &high) : s;
    s = s == RSP_OK ? values_agree(b, &x->place, &low, &high, "..") : s;
    if (s != RSP_OK) {
        return s;
    }
    if (b->n_roots == MOST_ROOTS) {
        return ast_fail(b->err, &x->place, RSP_RANGE, "more than %d roots", MOST_ROOTS);
    }
    if (!RSP_GROW(&b->roots, &b->cap_roots, b->n_roots + 1)) {
        return no_memory(b);
    }
    uint32_t id = b->n_roots++;
    b->roots[id] = (rsp_root){.name = x->name};
    env bound = {.name = x->name, .index = -1, .next = e,
                 .v = {.e = pool_leaf(b->nodes, RSP_OP_ROOTVAR, id), .u = low.u}};
    s = eval(b, &bound, x->parts[2], &f);
    if (s == RSP_OK && (depends_on_state(b, low.e) || depends_on_state(b, high.e) ||
                        depends_on_state(b, f.e))) {
        s = ast_fail(b->err, &x->place, RSP_SYNTAX,
                     "root() may depend on parameters only, not on the state or time");
    }
    if (s == RSP_OK) {
        b->roots[id] = (rsp_root){
            rsp_arena_printf(b->arena, "%s (%s:%u)", x->name, x->place.src->name,
                             x->place.line),
            low.e, high.e, f.e};
        *out = (value){.e = pool_leaf(b->nodes, RSP_OP_ROOT, id), .u = low.u};
    }
    return s;
}

static rsp_status eval_mean(builder *b, const env *e, const ast_expr *x, value *out)
{
    double z[64], w[64];
    int n = (int)x->value;
    value median, sd, total = {0};
    rsp_gauss_hermite(n, z, w);
    rsp_status s = eval(b, e, x->parts[0], &median);
    s = s == RSP_OK ? eval(b, e, x->parts[1], &sd) : s;
    s = s == RSP_OK ? need_pure(b, &x->place, &sd, "the SD of log10") : s;
    for (int i = 0; s == RSP_OK && i < n; i++) {
        value scale = value_make(b, RSP_OP_MUL, value_number(b, LN10 * z[i]), sd);
        value a = median, term;
        a.e = pool_make(b->nodes, RSP_OP_MUL, median.e,
                        pool_make(b->nodes, RSP_OP_EXP, scale.e, 0, 0), 0);
        a.any = false;
        env bound = {.name = x->name, .index = -1, .v = a, .next = e};
        s = eval(b, &bound, x->parts[2], &term);
        if (s != RSP_OK) {
            return s;
        }
        term.e = pool_make(b->nodes, RSP_OP_MUL, pool_const(b->nodes, w[i]), term.e, 0);
        total = i ? value_make(b, RSP_OP_ADD, total, term) : term;
    }
    *out = total;
    return s;
}

rsp_status eval(builder *b, const env *e, const ast_expr *x, value *out)
{
    rsp_status s = RSP_OK;
    if (++b->depth > DEEPEST_CALL) {
        b->depth--;
        return ast_fail(b->err, &x->place, RSP_SYNTAX, "nested too deeply");
    }
    switch (x->kind) {
    case AST_NUMBER: *out = value_number(b, x->value); break;
    case AST_NAME: s = eval_name(b, e, x, out); break;
    case AST_CALL: s = eval_call(b, e, x, out); break;
    case AST_UNARY: s = eval_unary(b, e, x, out); break;
    case AST_BINARY: s = eval_binary(b, e, x, out); break;
    case AST_IF: s = eval_if(b, e, x, out); break;
    case AST_SUM:
    case AST_PRODUCT:
    case AST_LEAST:
    case AST_MOST: s = eval_fold(b, e, x, out); break;
    case AST_ROOT: s = eval_root(b, e, x, out); break;
    case AST_MEAN: s = eval_mean(b, e, x, out); break;
    }
    b->depth--;
    s = s == RSP_OK ? spend(b, &x->place, 1) : s;
    s = s == RSP_OK ? check_number(b, x, out) : s;
    if (s == RSP_OK && b->nodes->failed) {
        s = ast_fail(b->err, &x->place, RSP_RANGE,
                     "the model is too large (%d expressions), or memory is out",
                     POOL_MOST);
    }
    return s;
}
