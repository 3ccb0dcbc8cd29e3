/* Expressions as MathML. */
#include "sbml/writer.h"

#include <math.h>
#include <string.h>

/* Digits without an exponent: readers multiply by a power of ten otherwise, which
 * need not give the same number. */
static void plain_digits(rsp_text *out, const char *number)
{
    const char *e = strchr(number, 'e');
    char digit[RSP_NUMBER_MAX];
    size_t n = 0, before = 0;
    bool point = false;
    if (!e) {
        rsp_text_add(out, number);
        return;
    }
    for (const char *c = number; c < e; c++) {
        if (*c == '-') {
            rsp_text_add(out, "-");
        } else if (*c == '.') {
            point = true;
        } else {
            digit[n++] = *c;
            before += !point;
        }
    }
    double power = 0;
    const char *sign = e + 1 + (e[1] == '+');
    if (!rsp_number_read(sign, strlen(sign), &power)) {
        out->failed = true;
        return;
    }
    int at = (int)before + (int)power; /* digits before the point */
    rsp_text_add(out, at <= 0 ? "0." : "");
    for (int i = at; i < 0; i++) {
        rsp_text_add(out, "0");
    }
    for (int i = 0; i < (int)n || i < at; i++) {
        rsp_text_add(out, i == at && i > 0 ? "." : "");
        rsp_text_add_n(out, i < (int)n ? &digit[i] : "0", 1);
    }
}

void mathml_number(writer *w, double value)
{
    char number[RSP_NUMBER_MAX];
    if (isnan(value)) {
        rsp_text_add(w->out, "<notanumber/>");
    } else if (isinf(value)) {
        rsp_text_add(w->out, value > 0 ? "<infinity/>"
                                       : "<apply><minus/><infinity/></apply>");
    } else {
        rsp_number_write(value, number);
        rsp_text_add(w->out, "<cn>");
        plain_digits(w->out, number);
        rsp_text_add(w->out, "</cn>");
    }
}

void mathml_id(writer *w, const char *id)
{
    rsp_text_printf(w->out, "<ci>%s</ci>", id);
}

static bool is_truth(rsp_op op)
{
    return op == RSP_OP_NOT || (op >= RSP_OP_LT && op <= RSP_OP_OR);
}

/* false: the node is no leaf. */
static bool leaf(writer *w, const rsp_node *n)
{
    switch (n->op) {
    case RSP_OP_CONST: mathml_number(w, n->value); return true;
    case RSP_OP_PARAM: mathml_id(w, w->id[ID_PARAM][n->a]); return true;
    case RSP_OP_INPUT: mathml_id(w, w->id[ID_INPUT][n->a]); return true;
    case RSP_OP_SPECIES:
        w->seen[n->a] = true;
        mathml_id(w, w->id[ID_SPECIES][n->a]);
        return true;
    case RSP_OP_TIME:
        rsp_text_add(w->out, "<csymbol encoding=\"text\" "
                             "definitionURL=\"http://www.sbml.org/sbml/symbols/time\">time"
                             "</csymbol>");
        return true;
    case RSP_OP_AFTER: mathml_id(w, w->id[ID_AFTER][n->a]); return true;
    case RSP_OP_SINCE: mathml_id(w, w->id[ID_SINCE][n->a]); return true;
    case RSP_OP_ROOT: mathml_id(w, w->id[ID_ROOT][n->a]); return true;
    default: return false;
    }
}

static const struct {
    const char *element;
    unsigned operands;
    mathml_kind kind; /* of operands */
} OPS[] = {
    [RSP_OP_NEG] = {"minus", 1, MATHML_NUMBER}, [RSP_OP_EXP] = {"exp", 1, MATHML_NUMBER},
    [RSP_OP_LOG] = {"ln", 1, MATHML_NUMBER},    [RSP_OP_SQRT] = {"root", 1, MATHML_NUMBER},
    [RSP_OP_ABS] = {"abs", 1, MATHML_NUMBER},   [RSP_OP_FLOOR] = {"floor", 1, MATHML_NUMBER},
    [RSP_OP_NOT] = {"not", 1, MATHML_TRUTH},    [RSP_OP_ADD] = {"plus", 2, MATHML_NUMBER},
    [RSP_OP_SUB] = {"minus", 2, MATHML_NUMBER}, [RSP_OP_MUL] = {"times", 2, MATHML_NUMBER},
    [RSP_OP_DIV] = {"divide", 2, MATHML_NUMBER}, [RSP_OP_POW] = {"power", 2, MATHML_NUMBER},
    [RSP_OP_MIN] = {"min", 2, MATHML_NUMBER},   [RSP_OP_MAX] = {"max", 2, MATHML_NUMBER},
    [RSP_OP_LT] = {"lt", 2, MATHML_NUMBER},     [RSP_OP_LE] = {"leq", 2, MATHML_NUMBER},
    [RSP_OP_EQ] = {"eq", 2, MATHML_NUMBER},     [RSP_OP_NE] = {"neq", 2, MATHML_NUMBER},
    [RSP_OP_AND] = {"and", 2, MATHML_TRUTH},    [RSP_OP_OR] = {"or", 2, MATHML_TRUTH},
};

/* Sums and products of many operands are read from the left: so much of them is one
 * element. */
static void chain(writer *w, rsp_expr e, rsp_op op)
{
    const rsp_node *n = &w->net->nodes[e];
    if (n->op == op && !w->name[e]) {
        bool left = w->net->nodes[n->a].op == op && !w->name[n->a];
        chain(w, left ? n->a : n->b, op);
        mathml_expr(w, left ? n->b : n->a, MATHML_NUMBER);
    } else {
        mathml_expr(w, e, MATHML_NUMBER);
    }
}

static void operation(writer *w, rsp_expr e)
{
    const rsp_node *n = &w->net->nodes[e];
    if (n->op == RSP_OP_SELECT) {
        rsp_text_add(w->out, "<piecewise><piece>");
        mathml_expr(w, n->b, MATHML_NUMBER);
        mathml_expr(w, n->a, MATHML_TRUTH);
        rsp_text_add(w->out, "</piece><otherwise>");
        mathml_expr(w, n->c, MATHML_NUMBER);
        rsp_text_add(w->out, "</otherwise></piecewise>");
        return;
    }
    rsp_text_printf(w->out, "<apply><%s/>", OPS[n->op].element);
    if (n->op == RSP_OP_ADD || n->op == RSP_OP_MUL) {
        bool left = w->net->nodes[n->a].op == n->op && !w->name[n->a];
        chain(w, left ? n->a : n->b, n->op);
        mathml_expr(w, left ? n->b : n->a, MATHML_NUMBER);
    } else {
        mathml_expr(w, n->a, OPS[n->op].kind);
        if (OPS[n->op].operands > 1) {
            mathml_expr(w, n->b, OPS[n->op].kind);
        }
    }
    rsp_text_add(w->out, "</apply>");
}

static void value(writer *w, rsp_expr e)
{
    const rsp_node *n = &w->net->nodes[e];
    if (leaf(w, n)) {
        return;
    }
    if (is_truth(n->op)) { /* 1 or 0 */
        rsp_text_add(w->out, "<piecewise><piece><cn>1</cn>");
        operation(w, e);
        rsp_text_add(w->out, "</piece><otherwise><cn>0</cn></otherwise></piecewise>");
    } else {
        operation(w, e);
    }
}

void mathml_expr(writer *w, rsp_expr e, mathml_kind kind)
{
    const rsp_node *n = &w->net->nodes[e];
    if (kind == MATHML_TRUTH && is_truth(n->op) && !w->name[e]) {
        operation(w, e);
    } else if (kind == MATHML_TRUTH) {
        rsp_text_add(w->out, "<apply><neq/>");
        mathml_expr(w, e, MATHML_NUMBER);
        rsp_text_add(w->out, "<cn>0</cn></apply>");
    } else if (w->name[e]) {
        mathml_id(w, w->name[e]);
    } else {
        value(w, e);
    }
}

void mathml_open(writer *w)
{
    memset(w->seen, 0, (size_t)w->net->n_species + 1);
    rsp_text_add(w->out, "<math xmlns=\"http://www.w3.org/1998/Math/MathML\">");
}

void mathml_close(writer *w)
{
    rsp_text_add(w->out, "</math>");
}

void mathml_whole(writer *w, rsp_expr e, mathml_kind kind)
{
    mathml_open(w);
    mathml_expr(w, e, kind);
    mathml_close(w);
}

void mathml_definition(writer *w, rsp_expr e)
{
    mathml_open(w);
    value(w, e);
    mathml_close(w);
}
