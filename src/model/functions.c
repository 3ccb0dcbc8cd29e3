#include "model/build.h"

#include <math.h>
#include <string.h>

static const double LN10 = 2.302585092994045684;

typedef rsp_status (*function)(builder *b, const ast_expr *x, value *args, value *out);

static rsp_status pure_function(builder *b, const ast_expr *x, value *args, rsp_op op,
                                value *out)
{
    char of[80];
    snprintf(of, sizeof of, "the argument of %.20s", x->name);
    *out = value_make(b, op, args[0], args[0]);
    return need_pure(b, &x->place, &args[0], of);
}

static rsp_status f_exp(builder *b, const ast_expr *x, value *a, value *out)
{
    return pure_function(b, x, a, RSP_OP_EXP, out);
}

static rsp_status f_log(builder *b, const ast_expr *x, value *a, value *out)
{
    return pure_function(b, x, a, RSP_OP_LOG, out);
}

static rsp_status f_log10(builder *b, const ast_expr *x, value *a, value *out)
{
    rsp_status s = pure_function(b, x, a, RSP_OP_LOG, out);
    *out = value_make(b, RSP_OP_DIV, *out, value_number(b, LN10));
    return s;
}

static rsp_status f_floor(builder *b, const ast_expr *x, value *a, value *out)
{
    return pure_function(b, x, a, RSP_OP_FLOOR, out);
}

static rsp_status f_abs(builder *b, const ast_expr *x, value *a, value *out)
{
    (void)x;
    *out = value_make(b, RSP_OP_ABS, a[0], a[0]);
    return RSP_OK;
}

static rsp_status f_sqrt(builder *b, const ast_expr *x, value *a, value *out)
{
    *out = value_make(b, RSP_OP_SQRT, a[0], a[0]);
    for (int i = 0; i < UNIT_DIMENSIONS; i++) {
        if (a[0].u.power[i] % 2) {
            return ast_fail(b->err, &x->place, RSP_UNITS,
                            "the square root of an odd power of a unit");
        }
        out->u.power[i] = (signed char)(a[0].u.power[i] / 2);
    }
    return RSP_OK;
}

static rsp_status f_min(builder *b, const ast_expr *x, value *a, value *out)
{
    rsp_status s = values_agree(b, &x->place, &a[0], &a[1], x->name);
    *out = value_make(b, x->name[1] == 'i' ? RSP_OP_MIN : RSP_OP_MAX, a[0], a[1]);
    out->any = a[0].any && a[1].any;
    return s;
}

/* x^n / (k^n + x^n), as q / (1 + q) with q = (x/k)^n. */
static rsp_status f_hill(builder *b, const ast_expr *x, value *a, value *out)
{
    rsp_status s = values_agree(b, &x->place, &a[0], &a[1], "hill");
    s = s == RSP_OK ? need_pure(b, &x->place, &a[2], "the exponent of hill") : s;
    value q = value_pure(pool_make(b->nodes, RSP_OP_DIV, a[0].e, a[1].e, 0));
    q = value_make(b, RSP_OP_POW, q, a[2]);
    *out = value_make(b, RSP_OP_DIV, q, value_make(b, RSP_OP_ADD, value_number(b, 1), q));
    return s;
}

static rsp_status whole(builder *b, const ast_expr *x, const value *v, uint32_t *n)
{
    double d = 0;
    if (!pool_is_const(b->nodes, v->e, &d) || d < 0 || d > 1e6 || d != floor(d)) {
        return ast_fail(b->err, &x->place, RSP_SYNTAX, "%.20s takes indices", x->name);
    }
    *n = (uint32_t)d;
    return RSP_OK;
}

static uint32_t count_bits(uint32_t n)
{
    uint32_t k = 0;
    for (; n; n &= n - 1) {
        k++;
    }
    return k;
}

static rsp_status f_bits(builder *b, const ast_expr *x, value *a, value *out)
{
    uint32_t n = 0, m = 0;
    rsp_status s = whole(b, x, &a[0], &n);
    s = s == RSP_OK && x->n_parts > 1 ? whole(b, x, &a[1], &m) : s;
    double v = strcmp(x->name, "bit") == 0 ? (m < 32 ? n >> m & 1 : 0)
                                           : count_bits(n ^ m);
    *out = value_pure(pool_const(b->nodes, v));
    return s;
}

static const struct {
    const char *name;
    uint32_t n;
    function f;
} FUNCTIONS[] = {{"exp", 1, f_exp},   {"log", 1, f_log},     {"log10", 1, f_log10},
                 {"sqrt", 1, f_sqrt}, {"abs", 1, f_abs},     {"floor", 1, f_floor},
                 {"min", 2, f_min},   {"max", 2, f_min},     {"hill", 3, f_hill},
                 {"bit", 2, f_bits},  {"bits", 1, f_bits},   {"hamming", 2, f_bits}};
enum { N_FUNCTIONS = sizeof FUNCTIONS / sizeof *FUNCTIONS };

/* after(ACTION, DELAY) and since(ACTION) name an action. */
static rsp_status eval_timing(builder *b, const env *e, const ast_expr *x, value *out)
{
    bool after = strcmp(x->name, "after") == 0;
    if (x->n_parts != (after ? 2u : 1u) || x->parts[0]->kind != AST_NAME) {
        return ast_fail(b->err, &x->place, RSP_SYNTAX,
                        "write after(ACTION, DELAY) or since(ACTION)");
    }
    const symbol *sym = find_symbol(b, x->parts[0]->name);
    if (!sym || sym->kind != SYMBOL_ACTION) {
        return unknown_name(b, &x->parts[0]->place, x->parts[0]->name, WANT_ACTION);
    }
    if (!after) {
        *out = value_pure(pool_leaf(b->nodes, RSP_OP_SINCE, sym->first));
        out->u.power[0] = 1;
        return RSP_OK;
    }
    value delay;
    rsp_unit day = {.factor = 1, .power = {1}};
    rsp_status s = eval(b, e, x->parts[1], &delay);
    s = s == RSP_OK ? check_unit(b, &x->place, &delay, &day, "the delay") : s;
    if (s == RSP_OK && depends_on_state(b, delay.e)) {
        s = ast_fail(b->err, &x->place, RSP_SYNTAX,
                     "the delay may depend on parameters only");
    }
    uint32_t id = 0;
    while (s == RSP_OK && id < b->n_afters &&
           (b->afters[id].action != sym->first || b->afters[id].delay != delay.e)) {
        id++;
    }
    if (s == RSP_OK && id == MOST_AFTERS) {
        return ast_fail(b->err, &x->place, RSP_RANGE, "more than %d delays of after()",
                        MOST_AFTERS);
    }
    if (s == RSP_OK && id == b->n_afters) {
        if (!RSP_GROW(&b->afters, &b->cap_afters, b->n_afters + 1)) {
            return no_memory(b);
        }
        b->afters[b->n_afters++] = (rsp_after){sym->first, delay.e};
    }
    *out = value_pure(pool_leaf(b->nodes, RSP_OP_AFTER, id));
    return s;
}

/* A member's name as an argument of bit() or hamming(): of the index that the
 * other argument tells. */
static bool member_argument(const builder *b, const env *e, const ast_expr *x, uint32_t k,
                            uint32_t *member)
{
    const bool is_bit = strcmp(x->name, "bit") == 0;
    if ((!is_bit && strcmp(x->name, "hamming") != 0) || (is_bit && k == 0)) {
        return false;
    }
    const ast_expr *other = x->parts[1 - k];
    const env *bound = other->kind == AST_NAME ? find_bound(e, other->name) : NULL;
    int index = !bound ? -1 : is_bit ? b->indices[bound->index].subsets_of : bound->index;
    rsp_text text = {0};
    bool is = index >= 0 && as_member(b, e, x->parts[k], MOST_LOCI, &text) &&
              !text.failed && member_of(b, (uint32_t)index, text.data, member);
    rsp_text_fini(&text);
    return is;
}

static rsp_status eval_argument(builder *b, const env *e, const ast_expr *x, uint32_t k,
                                value *out)
{
    uint32_t member = 0;
    if (member_argument(b, e, x, k, &member)) {
        *out = value_pure(pool_const(b->nodes, member));
        return RSP_OK;
    }
    return eval(b, e, x->parts[k], out);
}

rsp_status eval_call(builder *b, const env *e, const ast_expr *x, value *out)
{
    value args[4] = {{0}};
    const char *names[N_FUNCTIONS + N_CLONE_CALLS];
    rsp_status s = RSP_OK;
    if (is_clone_call(x)) {
        return eval_clone_call(b, x, out);
    }
    if (strcmp(x->name, "after") == 0 || strcmp(x->name, "since") == 0) {
        return eval_timing(b, e, x, out);
    }
    for (size_t i = 0; i < N_FUNCTIONS; i++) {
        names[i] = FUNCTIONS[i].name;
        if (strcmp(FUNCTIONS[i].name, x->name) != 0) {
            continue;
        }
        if (x->n_parts != FUNCTIONS[i].n) {
            return ast_fail(b->err, &x->place, RSP_SYNTAX,
                            "%s takes %u argument%s, not %u", x->name, FUNCTIONS[i].n,
                            FUNCTIONS[i].n == 1 ? "" : "s", x->n_parts);
        }
        for (uint32_t k = 0; s == RSP_OK && k < x->n_parts; k++) {
            s = eval_argument(b, e, x, k, &args[k]);
        }
        return s == RSP_OK ? FUNCTIONS[i].f(b, x, args, out) : s;
    }
    for (uint32_t i = 0; i < N_CLONE_CALLS; i++) {
        names[N_FUNCTIONS + i] = clone_call_name(i);
    }
    const char *near = rsp_nearest(x->name, names, N_FUNCTIONS + N_CLONE_CALLS);
    return ast_fail(b->err, &x->place, RSP_NAME, "unknown function '%.40s'%s%s%s",
                    x->name, near ? "; did you mean '" : "", near ? near : "",
                    near ? "'?" : "");
}
