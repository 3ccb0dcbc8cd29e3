/* The plan of the direct method: which values an amount or the clock moves, and
 * what each rate is computed from. */
#include <stdlib.h>
#include <string.h>

#include "model/ops.h"
#include "sim/direct.h"

/* Entries of all lists together; a model beyond is left to the lanes. */
enum { MOST_ENTRIES = 1 << 26, TIME = 0 };

typedef struct planner {
    const rsp_program *p;
    rsp_arena *arena;
    rsp_direct *d;
    uint32_t *current;   /* [n_rows] slot that holds a row's value, or NONE */
    uint64_t *moves;     /* [n_slots][words] bit 0: time; bit s + 1: species s */
    uint32_t words;
    uint32_t *stamp;     /* [n_slots] */
    uint32_t *found;     /* [n_code] */
    bool nomem, too_large;
} planner;

static const uint32_t none = UINT32_MAX;

static void *room(planner *pl, size_t n, size_t size)
{
    void *at = rsp_arena_alloc(pl->arena, n + 1, size);
    pl->nomem |= at == NULL;
    return at;
}

/* ---- Slots. */

static uint32_t leaf(planner *pl, uint32_t row)
{
    rsp_direct *d = pl->d;
    const rsp_program *p = pl->p;
    if (row - p->species < d->n_species) {
        return row - p->species;
    }
    if (row == p->time) {
        return d->time;
    }
    if (row - p->sinces < d->n_since) {
        return d->since + (row - p->sinces);
    }
    d->leaf_row[d->n_leaves] = row;
    return d->n_leaves++;
}

static uint32_t slot_of(planner *pl, uint32_t row)
{
    if (pl->current[row] == none) {
        pl->current[row] = leaf(pl, row);
    }
    return pl->current[row];
}

/* Rows are written again and again; slots once.  Leaves come first, so results
 * are numbered when all leaves are known. */
static void number_code(planner *pl)
{
    rsp_direct *d = pl->d;
    const rsp_section *s = &pl->p->rates;
    const uint32_t result = UINT32_C(1) << 31;
    for (uint32_t i = 0; i < s->n; i++) {
        rsp_instr *in = &d->code[i];
        const uint32_t op[3] = {s->code[i].a, s->code[i].b, s->code[i].c};
        uint32_t *to[3] = {&in->a, &in->b, &in->c};
        const unsigned n = rsp_op_arity(s->code[i].op);
        in->op = s->code[i].op;
        pl->too_large |= in->op == RSP_OP_ROOT;
        for (unsigned k = 0; k < 3; k++) {
            *to[k] = k < n ? slot_of(pl, op[k]) : d->nowhere;
        }
        pl->current[s->code[i].to] = result | i;
    }
    for (uint32_t c = 0; c < d->n_channels; c++) {
        d->slot[c] = slot_of(pl, pl->p->rate[d->reaction[c]]);
    }
    for (uint32_t i = 0; i < s->n; i++) {
        rsp_instr *in = &d->code[i];
        uint32_t *to[3] = {&in->a, &in->b, &in->c};
        for (unsigned k = 0; k < 3; k++) {
            *to[k] = (*to[k] & result) != 0 ? d->n_leaves + (*to[k] & ~result)
                                            : *to[k];
        }
        in->to = d->n_leaves + i;
    }
    for (uint32_t c = 0; c < d->n_channels; c++) {
        d->slot[c] = (d->slot[c] & result) != 0
                         ? d->n_leaves + (d->slot[c] & ~result) : d->slot[c];
    }
    d->n_code = s->n;
    d->n_slots = d->n_leaves + s->n;
}

/* ---- What moves a slot. */

static uint64_t *moves_of(const planner *pl, uint32_t slot)
{
    return pl->moves + (size_t)slot * pl->words;
}

static bool is_moved_by(const planner *pl, uint32_t slot, uint32_t bit)
{
    return (moves_of(pl, slot)[bit / 64] >> bit % 64 & 1) != 0;
}

static bool is_still(const planner *pl, uint32_t slot)
{
    uint64_t any = 0;
    for (uint32_t w = 0; w < pl->words; w++) {
        any |= moves_of(pl, slot)[w];
    }
    return any == 0;
}

static void find_moves(planner *pl)
{
    rsp_direct *d = pl->d;
    pl->words = (d->n_species + 1) / 64 + 1;
    if ((uint64_t)d->n_slots * pl->words > MOST_ENTRIES) {
        pl->too_large = true;
        return;
    }
    pl->moves = calloc((size_t)d->n_slots * pl->words + 1, sizeof *pl->moves);
    if (pl->moves == NULL) {
        pl->nomem = true;
        return;
    }
    for (uint32_t s = 0; s < d->n_species; s++) {
        moves_of(pl, s)[(s + 1) / 64] |= UINT64_C(1) << (s + 1) % 64;
    }
    moves_of(pl, d->time)[0] |= 1;
    for (uint32_t i = 0; i < d->n_since; i++) {
        moves_of(pl, d->since + i)[0] |= 1;
    }
    for (uint32_t i = 0; i < d->n_code; i++) {
        const rsp_instr *in = &d->code[i];
        for (uint32_t w = 0; w < pl->words; w++) {
            moves_of(pl, in->to)[w] = moves_of(pl, in->a)[w] | moves_of(pl, in->b)[w] |
                                      moves_of(pl, in->c)[w];
        }
    }
}

/* ---- Lists. */

/* For each species the members of slots[0 .. n) (slot first + i where NULL) that
 * it moves. */
static void list_by_species(planner *pl, rsp_lists *l, const uint32_t *slots,
                            uint32_t first, uint32_t n)
{
    rsp_direct *d = pl->d;
    l->first = room(pl, d->n_species + 1, sizeof(uint32_t));
    for (int pass = 0; pass < 2 && !pl->nomem && !pl->too_large; pass++) {
        uint64_t at = 0;
        for (uint32_t s = 0; s < d->n_species; s++) {
            l->first[s] = (uint32_t)at;
            for (uint32_t i = 0; i < n; i++) {
                if (is_moved_by(pl, slots != NULL ? slots[i] : first + i, s + 1)) {
                    if (pass == 1) {
                        l->item[at] = i;
                    }
                    at++;
                }
            }
        }
        l->first[d->n_species] = (uint32_t)at;
        pl->too_large |= at > MOST_ENTRIES;
        if (pass == 0 && !pl->too_large) {
            l->item = room(pl, at, sizeof(uint32_t));
        }
    }
}

/* Instructions that nothing moves, and those that time moves. */
static void list_by_time(planner *pl)
{
    rsp_direct *d = pl->d;
    d->still = room(pl, d->n_code, sizeof(uint32_t));
    d->ticking = room(pl, d->n_code, sizeof(uint32_t));
    for (uint32_t i = 0; i < d->n_code && !pl->nomem; i++) {
        if (is_still(pl, d->code[i].to)) {
            d->still[d->n_still++] = i;
        } else if (is_moved_by(pl, d->code[i].to, TIME)) {
            d->ticking[d->n_ticking++] = i;
        }
    }
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The moving instructions behind channel c, ascending, into pl->found. */
static uint32_t find_needs(planner *pl, uint32_t c)
{
    const rsp_direct *d = pl->d;
    uint32_t n = 0;
    uint32_t slot = d->slot[c];
    for (uint32_t i = 0;; i++) {
        const uint32_t op[3] = {slot, none, none};
        const rsp_instr *in = i > 0 ? &d->code[pl->found[i - 1]] : NULL;
        for (int k = 0; k < 3; k++) {
            uint32_t s = in == NULL ? op[k] : k == 0 ? in->a : k == 1 ? in->b : in->c;
            if (s != none && s >= d->n_leaves && pl->stamp[s] != c + 1 && !is_still(pl, s)) {
                pl->stamp[s] = c + 1;
                pl->found[n++] = s - d->n_leaves;
            }
        }
        if (i == n) {
            break;
        }
    }
    qsort(pl->found, n, sizeof *pl->found, by_number);
    return n;
}

static void list_needs(planner *pl)
{
    rsp_direct *d = pl->d;
    rsp_lists *l = &d->needs;
    l->first = room(pl, d->n_channels + 1, sizeof(uint32_t));
    pl->stamp = calloc((size_t)d->n_slots + 1, sizeof *pl->stamp);
    pl->found = calloc((size_t)d->n_code + 1, sizeof *pl->found);
    pl->nomem |= pl->stamp == NULL || pl->found == NULL;
    uint64_t at = 0;
    for (int pass = 0; pass < 2 && !pl->nomem && !pl->too_large; pass++) {
        at = 0;
        memset(pl->stamp, 0, d->n_slots * sizeof *pl->stamp);
        for (uint32_t c = 0; c < d->n_channels && !pl->too_large; c++) {
            uint32_t n = find_needs(pl, c);
            l->first[c] = (uint32_t)at;
            if (pass == 1) {
                memcpy(l->item + at, pl->found, n * sizeof *pl->found);
            }
            at += n;
            pl->too_large |= at > MOST_ENTRIES;
        }
        l->first[d->n_channels] = (uint32_t)at;
        if (pass == 0 && !pl->too_large) {
            l->item = room(pl, at, sizeof(uint32_t));
        }
    }
}

static void list_reads(planner *pl)
{
    rsp_direct *d = pl->d;
    rsp_lists *l = &d->reads;
    l->first = room(pl, d->n_channels + 1, sizeof(uint32_t));
    for (int pass = 0; pass < 2 && !pl->nomem; pass++) {
        uint32_t at = 0;
        for (uint32_t c = 0; c < d->n_channels; c++) {
            l->first[c] = at;
            d->by_time[c] = is_moved_by(pl, d->slot[c], TIME);
            d->timed |= d->by_time[c];
            for (uint32_t s = 0; s < d->n_species; s++) {
                if (is_moved_by(pl, d->slot[c], s + 1)) {
                    if (pass == 1) {
                        l->item[at] = s;
                    }
                    at++;
                }
            }
        }
        l->first[d->n_channels] = at;
        if (pass == 0) {
            l->item = room(pl, at, sizeof(uint32_t));
        }
    }
}

/* ---- All of it. */

static void list_channels(planner *pl)
{
    const rsp_network *net = pl->p->net;
    rsp_direct *d = pl->d;
    for (uint32_t r = 0; r < net->n_reactions; r++) {
        const rsp_reaction *rx = &net->reactions[r];
        if (rx->n_changes == 0) {
            continue;
        }
        rsp_effect *e = &d->effect[d->n_channels];
        *e = (rsp_effect){{d->nowhere, d->nowhere}, {0, 0}, 0, rx->first_change + 2};
        for (uint32_t i = 0; i < rx->n_changes && i < 2; i++) {
            e->slot[i] = net->changes[rx->first_change + i].species;
            e->amount[i] = net->changes[rx->first_change + i].amount;
        }
        e->n_more = rx->n_changes > 2 ? rx->n_changes - 2 : 0;
        d->reaction[d->n_channels++] = r;
    }
}

static void make_sums(planner *pl)
{
    rsp_direct *d = pl->d;
    rsp_sums *t = &d->sums;
    uint64_t nodes = 1;
    for (t->n_levels = 1; nodes * RSP_NODE < d->n_channels; t->n_levels++) {
        nodes *= RSP_NODE;
    }
    pl->too_large |= t->n_levels > RSP_DIRECT_LEVELS;
    d->upper = room(pl, nodes * RSP_NODE, sizeof(double));
    d->lower = room(pl, nodes * RSP_NODE, sizeof(double));
    for (uint32_t v = 0; v < t->n_levels && !pl->nomem && !pl->too_large; v++) {
        t->n[v] = (uint32_t)nodes;
        t->before[v] = room(pl, nodes * RSP_NODE, sizeof(double));
        t->whole[v] = room(pl, nodes, sizeof(double));
        t->stale[v] = room(pl, nodes, sizeof(bool));
        nodes /= RSP_NODE;
    }
}

static void make_room(planner *pl)
{
    const rsp_network *net = pl->p->net;
    rsp_direct *d = pl->d;
    const size_t rows = pl->p->n_rows, n = net->n_reactions, m = net->n_species;
    d->n_species = net->n_species;
    d->n_since = net->n_actions;
    d->nowhere = d->n_species;
    d->time = d->nowhere + 1;
    d->since = d->time + 1;
    d->n_leaves = d->since + d->n_since;
    d->leaf_row = room(pl, d->n_leaves + rows, sizeof(uint32_t));
    d->code = room(pl, pl->p->rates.n, sizeof *d->code);
    d->reaction = room(pl, n, sizeof(uint32_t));
    d->slot = room(pl, n, sizeof(uint32_t));
    d->by_time = room(pl, n, sizeof(bool));
    d->effect = room(pl, n, sizeof *d->effect);
    d->suspect = room(pl, n, sizeof(uint32_t));
    d->is_suspect = room(pl, n, sizeof(bool));
    d->width = room(pl, m, sizeof(double));
    d->scale = room(pl, m, sizeof(double));
    d->stack = room(pl, m, sizeof(uint32_t));
    d->on_stack = room(pl, m, sizeof(bool));
    d->gap = room(pl, RSP_DIRECT_AHEAD, sizeof(double));
    d->pick = room(pl, RSP_DIRECT_AHEAD, sizeof(double));
    pl->current = malloc((rows + 1) * sizeof *pl->current);
    pl->nomem |= pl->current == NULL;
    if (!pl->nomem) {
        memset(pl->current, 0xff, (rows + 1) * sizeof *pl->current);
        memset(d->leaf_row, 0xff, d->n_leaves * sizeof *d->leaf_row);
    }
}

static void plan(planner *pl)
{
    rsp_direct *d = pl->d;
    make_room(pl);
    if (pl->nomem) {
        return;
    }
    list_channels(pl);
    number_code(pl);
    find_moves(pl);
    make_sums(pl);
    if (pl->nomem || pl->too_large) {
        return;
    }
    d->value = room(pl, d->n_slots, sizeof(double));
    d->range = room(pl, d->n_slots, sizeof(rsp_range));
    list_by_time(pl);
    list_by_species(pl, &d->moved, NULL, d->n_leaves, d->n_code);
    list_by_species(pl, &d->touched, d->slot, 0, d->n_channels);
    list_needs(pl);
    if (!pl->too_large) {
        list_reads(pl);
    }
}

bool rsp_direct_plan(const rsp_program *program, rsp_arena *arena, rsp_direct **out)
{
    *out = NULL;
    planner pl = {.p = program, .arena = arena};
    pl.d = room(&pl, 1, sizeof *pl.d);
    if (!pl.nomem) {
        plan(&pl);
    }
    free(pl.current);
    free(pl.moves);
    free(pl.stamp);
    free(pl.found);
    if (!pl.nomem && !pl.too_large) {
        *out = pl.d;
    }
    return !pl.nomem;
}
