#include "bed.h"

static char *with_head(const char *text)
{
    size_t n = strlen(text) + 16;
    char *all = malloc(n);
    assert_non_null(all);
    snprintf(all, n, "model m\n%s", text);
    return all;
}

void bed_open(bed *b, const char *text)
{
    rsp_error err = {0};
    char *all = with_head(text);
    *b = (bed){0};
    if (rsp_model_parse(all, "m.rsp", &b->model, &err) != RSP_OK) {
        fail_msg("%s\nis refused: %u:%u: %s", text, err.line, err.column, err.message);
    }
    free(all);
    b->net = rsp_model_network(b->model);
    assert_true(b->net->n_species <= BED_MOST && b->net->n_inputs <= BED_MOST);
    for (uint32_t i = 0; i < b->net->n_inputs; i++) {
        b->inputs[i] = b->net->inputs[i].value;
    }
}

void bed_close(bed *b)
{
    rsp_model_free(b->model);
    b->model = NULL;
}

void bed_refuse(const char *text, rsp_error *err)
{
    rsp_model *model = NULL;
    char *all = with_head(text);
    *err = (rsp_error){0};
    if (rsp_model_parse(all, "m.rsp", &model, err) == RSP_OK) {
        fail_msg("is not refused: %s", text);
    }
    assert_null(model);
    free(all);
}

/* ---- Nodes. */

typedef struct unknowns { /* of the roots being solved */
    double x[BED_MOST];
} unknowns;

static double node(const bed *b, const unknowns *u, rsp_expr e);

static double solve(const bed *b, const unknowns *outer, uint32_t root)
{
    const rsp_root *r = &b->net->roots[root];
    unknowns u = *outer;
    assert_true(root < BED_MOST);
    double low = node(b, outer, r->low), high = node(b, outer, r->high);
    u.x[root] = low;
    const bool rises = node(b, &u, r->f) < 0;
    for (int i = 0; i < 200; i++) {
        u.x[root] = 0.5 * (low + high);
        *((node(b, &u, r->f) < 0) == rises ? &low : &high) = u.x[root];
    }
    return 0.5 * (low + high);
}

static double of_one(rsp_op op, double x)
{
    switch (op) {
    case RSP_OP_NEG: return -x;
    case RSP_OP_EXP: return exp(x);
    case RSP_OP_LOG: return log(x);
    case RSP_OP_SQRT: return sqrt(x);
    case RSP_OP_ABS: return fabs(x);
    case RSP_OP_FLOOR: return floor(x);
    default: return x == 0; /* not */
    }
}

static double of_two(rsp_op op, double x, double y)
{
    switch (op) {
    case RSP_OP_ADD: return x + y;
    case RSP_OP_SUB: return x - y;
    case RSP_OP_MUL: return x * y;
    case RSP_OP_DIV: return x / y;
    case RSP_OP_POW: return pow(x, y);
    case RSP_OP_MIN: return fmin(x, y);
    case RSP_OP_MAX: return fmax(x, y);
    case RSP_OP_LT: return x < y;
    case RSP_OP_LE: return x <= y;
    case RSP_OP_EQ: return x == y;
    case RSP_OP_NE: return x != y;
    case RSP_OP_AND: return x != 0 && y != 0;
    default: return x != 0 || y != 0; /* or */
    }
}

static double node(const bed *b, const unknowns *u, rsp_expr e)
{
    const rsp_node *n = &b->net->nodes[e];
    switch (n->op) {
    case RSP_OP_CONST: return n->value;
    case RSP_OP_PARAM: return b->net->params[n->a].value;
    case RSP_OP_INPUT: return b->inputs[n->a];
    case RSP_OP_SPECIES: return b->amounts[n->a];
    case RSP_OP_TIME: return b->t;
    case RSP_OP_AFTER: return b->after[n->a];
    case RSP_OP_SINCE: return b->since[n->a];
    case RSP_OP_ARG: return b->arg;
    case RSP_OP_ROOTVAR: return u->x[n->a];
    case RSP_OP_ROOT: return solve(b, u, n->a);
    case RSP_OP_SELECT: return node(b, u, node(b, u, n->a) != 0 ? n->b : n->c);
    default: break;
    }
    return n->op < RSP_OP_ADD ? of_one(n->op, node(b, u, n->a))
                              : of_two(n->op, node(b, u, n->a), node(b, u, n->b));
}

double bed_value(const bed *b, rsp_expr e)
{
    const unknowns none = {{0}};
    return node(b, &none, e);
}

double bed_let(const bed *b, const char *name)
{
    for (uint32_t i = 0; i < b->net->n_derived; i++) {
        if (strcmp(b->net->derived[i].name, name) == 0) {
            return bed_value(b, b->net->derived[i].expr);
        }
    }
    fail_msg("no derived value '%s'", name);
    return 0;
}

double bed_observed(const bed *b, const char *name)
{
    int i = rsp_network_observable(b->net, name);
    assert_true(i >= 0);
    return bed_value(b, b->net->observables[i].expr) / b->net->observables[i].factor;
}

double bed_number(const char *expr)
{
    char text[500];
    bed b;
    snprintf(text, sizeof text, "let value = %s\n", expr);
    bed_open(&b, text);
    double v = bed_let(&b, "value");
    bed_close(&b);
    return v;
}

uint32_t bed_species(const bed *b, const char *name)
{
    int i = rsp_network_species(b->net, name);
    if (i < 0) {
        fail_msg("no species '%s'", name);
    }
    return (uint32_t)i;
}

const rsp_param *bed_param(const bed *b, const char *name)
{
    int i = rsp_network_param(b->net, name);
    if (i < 0) {
        fail_msg("no parameter '%s'", name);
    }
    return &b->net->params[i];
}

const rsp_reaction *bed_reaction(const bed *b, const char *name)
{
    for (uint32_t i = 0; i < b->net->n_reactions; i++) {
        if (strcmp(b->net->reactions[i].name, name) == 0) {
            return &b->net->reactions[i];
        }
    }
    return NULL;
}

double bed_change(const bed *b, const rsp_reaction *r, const char *species)
{
    uint32_t k = bed_species(b, species);
    assert_non_null(r);
    for (uint32_t i = r->first_change; i < r->first_change + r->n_changes; i++) {
        if (b->net->changes[i].species == k) {
            return b->net->changes[i].amount;
        }
    }
    return 0;
}
