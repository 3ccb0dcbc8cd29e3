/* Which values get a parameter of their own: those that the model names, large ones
 * that are used more than once (a formula is a tree; the network shares), and some
 * of what would be nested too deep. */
#include "sbml/writer.h"

#include "model/ops.h"

enum { LARGE = 8, DEEP = 60 };

typedef struct sharing {
    uint32_t *uses, *size, *depth; /* [n_nodes] */
} sharing;

static void use(writer *w, sharing *s, rsp_expr e)
{
    if (e != RSP_NO_EXPR) {
        w->reached[e] = true;
        s->uses[e]++;
    }
}

/* What the document has formulas of; actions are not written. */
static void use_all(writer *w, sharing *s)
{
    const rsp_network *n = w->net;
    for (uint32_t i = 0; i < n->n_species; i++) {
        use(w, s, n->species[i].a);
        use(w, s, n->species[i].draw == RSP_DRAW_VALUE ? RSP_NO_EXPR : n->species[i].b);
        use(w, s, n->species[i].rate);
    }
    for (uint32_t i = 0; i < n->n_reactions; i++) {
        use(w, s, n->reactions[i].rate);
    }
    for (uint32_t i = 0; i < n->n_derived; i++) {
        use(w, s, n->derived[i].expr);
    }
    for (uint32_t i = 0; i < n->n_observables; i++) {
        use(w, s, w->id[ID_OBSERVABLE][i][0] ? n->observables[i].expr : RSP_NO_EXPR);
    }
    for (uint32_t i = 0; i < n->n_events; i++) {
        const rsp_event *e = &n->events[i];
        use(w, s, e->trigger);
        use(w, s, e->delay);
        use(w, s, e->priority);
        for (uint32_t k = 0; k < e->n_assigns; k++) {
            use(w, s, n->assigns[e->first_assign + k].value);
            use(w, s, n->assigns[e->first_assign + k].scale);
        }
    }
}

static unsigned operands(const rsp_node *n, rsp_expr of[3])
{
    of[0] = n->a;
    of[1] = n->b;
    of[2] = n->c;
    return n->op == RSP_OP_ROOT ? 0 : rsp_op_arity(n->op); /* its solution is a number */
}

static void reach(writer *w, sharing *s)
{
    rsp_expr of[3];
    for (uint32_t i = w->net->n_nodes; i-- > 0;) {
        unsigned k = w->reached[i] ? operands(&w->net->nodes[i], of) : 0;
        while (k) {
            use(w, s, of[--k]);
        }
    }
}

static void find_varying(writer *w)
{
    rsp_expr of[3];
    for (uint32_t i = 0; i < w->net->n_nodes; i++) {
        const rsp_node *n = &w->net->nodes[i];
        w->varies[i] = n->op == RSP_OP_SPECIES || n->op == RSP_OP_TIME ||
                       (n->op == RSP_OP_INPUT && w->set_by_event[n->a]);
        for (unsigned k = operands(n, of); k;) {
            w->varies[i] |= w->varies[of[--k]];
        }
    }
}

static bool is_truth(rsp_op op)
{
    return op == RSP_OP_NOT || (op >= RSP_OP_LT && op <= RSP_OP_OR);
}

/* Operands come first, so that one pass knows what stands below each node. */
static rsp_status name_large(writer *w, sharing *s)
{
    rsp_expr of[3];
    char name[32];
    uint32_t number = 0;
    for (uint32_t i = 0; i < w->net->n_nodes; i++) {
        const rsp_node *n = &w->net->nodes[i];
        unsigned k = w->reached[i] ? operands(n, of) : 0;
        s->size[i] = k > 0;
        s->depth[i] = k > 0;
        while (k) {
            rsp_expr o = of[--k];
            s->size[i] += w->name[o] ? 0 : s->size[o];
            uint32_t d = w->name[o] ? 1 : s->depth[o] + 1;
            s->depth[i] = d > s->depth[i] ? d : s->depth[i];
        }
        bool wanted = (s->uses[i] > 1 && s->size[i] > LARGE) || s->depth[i] > DEEP;
        if (wanted && !w->name[i] && !is_truth(n->op)) {
            snprintf(name, sizeof name, "shared_%u", ++number);
            w->name[i] = writer_id(w, name);
            w->helper[i] = true;
            if (!w->name[i]) {
                return rsp_fail(w->err, RSP_NOMEM, "no memory to write a model");
            }
        }
    }
    return RSP_OK;
}

rsp_status writer_share(writer *w)
{
    size_t n = (size_t)w->net->n_nodes + 1;
    sharing s = {rsp_arena_alloc(w->arena, n, sizeof *s.uses),
                 rsp_arena_alloc(w->arena, n, sizeof *s.size),
                 rsp_arena_alloc(w->arena, n, sizeof *s.depth)};
    w->reached = rsp_arena_alloc(w->arena, n, 1);
    w->varies = rsp_arena_alloc(w->arena, n, 1);
    w->helper = rsp_arena_alloc(w->arena, n, 1);
    w->name = rsp_arena_alloc(w->arena, n, sizeof *w->name);
    if (!s.uses || !s.size || !s.depth || !w->reached || !w->varies || !w->helper || !w->name) {
        return rsp_fail(w->err, RSP_NOMEM, "no memory to write a model");
    }
    use_all(w, &s);
    reach(w, &s);
    find_varying(w);
    for (uint32_t i = 0; i < w->net->n_derived; i++) {
        rsp_expr e = w->net->derived[i].expr;
        rsp_expr of[3];
        if (operands(&w->net->nodes[e], of) > 0 && !w->name[e]) {
            w->name[e] = w->id[ID_DERIVED][i];
        }
    }
    return name_large(w, &s);
}
