/* Which values of the rates are idle together.
 *
 * The solver leaves out what a chunk of lanes has no use for: what is zero as something is
 * absent there, and what only feeds that.  It is asked stretch by stretch, so values that
 * are idle in the same cases are to stand together.  The cases that are tried: each species
 * absent by itself, each family, and all that bear an element of an index in their name
 * (a genotype in all tissues).  They decide an order and no value: a case that was not tried
 * is as right, and only less well served. */
#include "model/stretch.h"

#include <stdlib.h>
#include <string.h>

#include "model/idle.h"

enum { WORDS = 8, CASES = 64 * WORDS };
enum { FEW = 100 }; /* so few are not worth being asked for */

typedef struct bits {
    uint64_t w[WORDS];
} bits;

typedef struct element {
    const char *name;
    size_t length;
} element;

typedef struct sorting {
    const rsp_values *vs;
    const rsp_network *net;
    const uint32_t *values;
    uint32_t n, n_cases;
    uint32_t *place;   /* [vs->n] of a value among these, RSP_NONE */
    bits *species;     /* [n_species] cases in which it is absent */
    bits *zero, *used; /* [n] cases in which a value is zero, needed */
    bool *risky;       /* [n] may have no value where something is absent */
    uint32_t *group, *level; /* [n] */
} sorting;

/* ---- Cases. */

static void join_case(sorting *so, uint32_t s, uint32_t which)
{
    if (rsp_idle_stays(&so->net->species[s])) {
        so->species[s].w[which / 64] |= (uint64_t)1 << (which % 64);
    }
}

/* The next element of an index in a name, "wt" and "gut" in "P[gut,wt]". */
static bool next_element(const char **at, element *e)
{
    const char *open = strpbrk(*at, "[,");
    if (!open) {
        return false;
    }
    e->name = open + 1;
    e->length = strcspn(e->name, ",]");
    *at = e->name + e->length;
    return true;
}

static uint32_t case_of(element *known, uint32_t *n, element e)
{
    uint32_t i = 0;
    while (i < *n && (known[i].length != e.length ||
                      memcmp(known[i].name, e.name, e.length) != 0)) {
        i++;
    }
    if (i == *n && i < CASES / 2) {
        known[(*n)++] = e;
    }
    return i;
}

/* Case 0: all are absent. */
static void set_cases(sorting *so)
{
    element known[CASES / 2];
    uint32_t n = 0;
    for (uint32_t s = 0; s < so->net->n_species; s++) {
        element e;
        join_case(so, s, 0);
        for (const char *at = so->net->species[s].name; next_element(&at, &e);) {
            const uint32_t which = case_of(known, &n, e);
            if (which < n) {
                join_case(so, s, 1 + which);
            }
        }
    }
    uint32_t next = 1 + n;
    for (uint32_t s = 0; s < so->net->n_species; s++) {
        const bool heads = so->net->species[s].first == s && next < CASES;
        for (uint32_t i = 0; heads && i < so->net->species[s].count; i++) {
            join_case(so, s + i, next);
        }
        next += heads;
    }
    so->n_cases = next;
}

/* ---- In which cases a value is zero, and needed. */

static const bits *zero_of(const sorting *so, uint32_t value)
{
    static const bits none;
    if (so->vs->v[value].op == RSP_OP_SPECIES) {
        return &so->species[so->vs->v[value].a];
    }
    return so->place[value] == RSP_NONE ? &none : &so->zero[so->place[value]];
}

static bool can_be_zero(const sorting *so, uint32_t value)
{
    return zero_of(so, value)->w[0] & 1;
}

static bool is_risky(const sorting *so, uint32_t i)
{
    uint32_t op[3];
    const rsp_value *v = &so->vs->v[so->values[i]];
    const unsigned n = rsp_value_operands(v, op);
    bool risky = false;
    for (unsigned k = 0; k < n; k++) {
        risky |= so->place[op[k]] != RSP_NONE && so->risky[so->place[op[k]]];
    }
    return risky ||
           rsp_idle_risk(v->op, can_be_zero(so, v->a), n > 1 && can_be_zero(so, v->b),
                         n > 1 && !so->vs->v[v->b].varies) == RSP_RISK_ALWAYS;
}

static void find_zeros(sorting *so)
{
    for (uint32_t i = 0; i < so->n; i++) {
        const rsp_value *v = &so->vs->v[so->values[i]];
        const unsigned n = rsp_op_arity(v->op);
        const bits *a = zero_of(so, v->a), *b = n > 1 ? zero_of(so, v->b) : a;
        const bits *c = n > 2 ? zero_of(so, v->c) : b;
        so->risky[i] = is_risky(so, i);
        for (unsigned w = 0; !so->risky[i] && w < WORDS; w++) {
            so->zero[i].w[w] = rsp_idle_zero(v->op, a->w[w], b->w[w], c->w[w]);
        }
    }
}

static void need(const sorting *so, uint32_t value, const bits *in)
{
    const uint32_t i = so->place[value];
    for (unsigned w = 0; i != RSP_NONE && w < WORDS; w++) {
        so->used[i].w[w] |= in->w[w];
    }
}

static void need_expr(const sorting *so, rsp_expr expr)
{
    bits all;
    memset(&all, 0xff, sizeof all);
    if (expr != RSP_NO_EXPR) {
        need(so, so->vs->of_node[expr], &all);
    }
}

static void find_uses(const sorting *so)
{
    for (uint32_t r = 0; r < so->net->n_reactions; r++) {
        need_expr(so, so->net->reactions[r].rate);
    }
    for (uint32_t s = 0; s < so->net->n_species; s++) {
        need_expr(so, so->net->species[s].rate);
    }
    for (uint32_t i = so->n; i-- > 0;) {
        uint32_t op[3];
        const unsigned n = rsp_value_operands(&so->vs->v[so->values[i]], op);
        for (unsigned w = 0; w < WORDS; w++) {
            so->used[i].w[w] &= ~so->zero[i].w[w];
        }
        for (unsigned k = 0; k < n; k++) {
            need(so, op[k], &so->used[i]);
        }
    }
}

/* ---- Order. */

/* Values that are needed in the same cases are a group, named by its first. */
static bool find_groups(const sorting *so)
{
    uint32_t size = 16;
    while (size < 2 * so->n) {
        size *= 2;
    }
    uint32_t *slots = calloc(size, sizeof *slots);
    for (uint32_t i = 0; slots && i < so->n; i++) {
        uint64_t h = 0;
        for (unsigned w = 0; w < WORDS; w++) {
            h = (h ^ so->used[i].w[w]) * 0xff51afd7ed558ccdu;
            h ^= h >> 32;
        }
        uint32_t slot = (uint32_t)h & (size - 1);
        while (slots[slot] != 0 &&
               memcmp(&so->used[slots[slot] - 1], &so->used[i], sizeof *so->used) != 0) {
            slot = (slot + 1) & (size - 1);
        }
        slots[slot] = slots[slot] != 0 ? slots[slot] : i + 1;
        so->group[i] = slots[slot] - 1;
    }
    free(slots);
    return slots != NULL;
}

/* What is ready, its operands being in place, waits with its group.  Of the groups with
 * some the one with most comes next, with all that becomes ready on the way: so that there
 * are few stretches.  One that is used in more cases goes before among equals. */
typedef struct queue {
    uint32_t *waits_for; /* [n] operands that are not in place */
    uint32_t *first_user, *next_use; /* [n] and [3 n] lists of uses, plus one */
    uint32_t *ready, *next;          /* [n] heads by group and the rest, plus one */
    uint32_t *n_ready;               /* [n] by group */
} queue;

static void make_ready(const sorting *so, queue *q, uint32_t i)
{
    const uint32_t g = so->group[i];
    q->next[i] = q->ready[g];
    q->ready[g] = i + 1;
    q->n_ready[g]++;
}

static void fill_queue(const sorting *so, queue *q)
{
    for (uint32_t i = so->n; i-- > 0;) {
        uint32_t op[3];
        const unsigned n = rsp_value_operands(&so->vs->v[so->values[i]], op);
        for (unsigned k = 0; k < n; k++) {
            const uint32_t o = so->place[op[k]];
            if (o != RSP_NONE) {
                q->waits_for[i]++;
                q->next_use[3 * i + k] = q->first_user[o];
                q->first_user[o] = 3 * i + k + 1;
            }
        }
        if (q->waits_for[i] == 0) {
            make_ready(so, q, i);
        }
    }
}

static uint32_t next_group(const sorting *so, const queue *q)
{
    uint32_t best = 0;
    for (uint32_t g = 1; g < so->n; g++) {
        best = q->n_ready[g] > q->n_ready[best] ? g : best;
    }
    return best;
}

/* One of the group that is ready; its users may become so. */
static uint32_t take(const sorting *so, queue *q, uint32_t group)
{
    const uint32_t i = q->ready[group] - 1;
    q->ready[group] = q->next[i];
    q->n_ready[group]--;
    for (uint32_t u = q->first_user[i]; u != 0; u = q->next_use[u - 1]) {
        const uint32_t user = (u - 1) / 3;
        if (--q->waits_for[user] == 0) {
            make_ready(so, q, user);
        }
    }
    return i;
}

static bool put_in_order(sorting *so, rsp_stretches *out, uint32_t *values)
{
    const size_t n = (size_t)so->n + 1;
    uint32_t *room = calloc(9 * n, sizeof *room);
    if (!room) {
        return false;
    }
    queue q = {room, room + n, room + 2 * n, room + 5 * n, room + 6 * n, room + 7 * n};
    uint32_t *ordered = room + 8 * n;
    fill_queue(so, &q);
    for (uint32_t at = 0; at < so->n;) {
        const uint32_t group = next_group(so, &q);
        out->first[out->n++] = at;
        while (q.n_ready[group] > 0) {
            const uint32_t i = take(so, &q, group);
            so->level[i] = out->n - 1;
            ordered[at++] = values[i];
        }
    }
    out->first[out->n] = so->n;
    memcpy(values, ordered, so->n * sizeof *values);
    free(room);
    return true;
}

/* A value that may be zero, which then stands in its row, where values of other stretches
 * read it. */
static void find_staying(const sorting *so, rsp_stretches *out, const uint32_t *ordered)
{
    uint32_t *const stretch = so->level; /* done with: now of a value its stretch */
    bool *const listed = so->risky;
    for (uint32_t k = 0; k < out->n; k++) {
        for (uint32_t i = out->first[k]; i < out->first[k + 1]; i++) {
            stretch[so->place[ordered[i]]] = k;
        }
    }
    memset(listed, 0, so->n * sizeof *listed);
    for (uint32_t i = 0; i < so->n; i++) {
        uint32_t op[3];
        const uint32_t mine = so->place[ordered[i]];
        const unsigned n = rsp_value_operands(&so->vs->v[ordered[i]], op);
        for (unsigned k = 0; k < n; k++) {
            const uint32_t o = so->place[op[k]];
            if (o != RSP_NONE && !listed[o] && stretch[o] != stretch[mine] &&
                can_be_zero(so, op[k])) {
                listed[o] = true;
                out->stays[out->n_stays++] = op[k];
            }
        }
    }
}

static bool sorting_new(sorting *so)
{
    const size_t n = (size_t)so->n + 1;
    so->place = malloc(((size_t)so->vs->n + 1) * sizeof *so->place);
    so->species = calloc((size_t)so->net->n_species + 1, sizeof *so->species);
    so->zero = calloc(n, sizeof *so->zero);
    so->used = calloc(n, sizeof *so->used);
    so->risky = calloc(n, sizeof *so->risky);
    so->group = calloc(n, sizeof *so->group);
    so->level = calloc(n, sizeof *so->level);
    if (!so->place || !so->species || !so->zero || !so->used || !so->risky || !so->group ||
        !so->level) {
        return false;
    }
    memset(so->place, 0xff, ((size_t)so->vs->n + 1) * sizeof *so->place);
    for (uint32_t i = 0; i < so->n; i++) {
        so->place[so->values[i]] = i;
    }
    return true;
}

static void sorting_free(sorting *so)
{
    free(so->place);
    free(so->species);
    free(so->zero);
    free(so->used);
    free(so->risky);
    free(so->group);
    free(so->level);
}

bool rsp_stretches_new(rsp_stretches *out, const rsp_values *vs, const rsp_network *net,
                       uint32_t *values, uint32_t n, rsp_arena *arena)
{
    *out = (rsp_stretches){0};
    out->first = rsp_arena_alloc(arena, (size_t)n + 2, sizeof *out->first);
    out->stays = rsp_arena_alloc(arena, (size_t)n + 1, sizeof *out->stays);
    sorting so = {.vs = vs, .net = net, .values = values, .n = n};
    if (n < FEW && out->first && out->stays) {
        out->n = n > 0;
        out->first[out->n] = n;
        return true;
    }
    bool ok = out->first && out->stays && sorting_new(&so);
    if (ok) {
        set_cases(&so);
        find_zeros(&so);
        find_uses(&so);
        ok = find_groups(&so);
    }
    if (ok) {
        ok = put_in_order(&so, out, values);
    }
    if (ok) {
        find_staying(&so, out, values);
    }
    sorting_free(&so);
    return ok;
}
