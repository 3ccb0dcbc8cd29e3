/* Channels of what is absent.  A rate in proportion to the cells of a genotype that
 * nobody in a chunk of lanes carries is zero in all of them, and stays so until one of
 * those cells comes to be: such channels are left out of the chunk's lists.  What they
 * would add are exact zeros, so that no bit depends on it.
 *
 * Which species make a rate zero is read off the program: a product is zero where a
 * factor is, a sum where all its terms are.  A rate with a quotient or a power that has
 * no value there is never left out, nor one that was not seen to be zero since the
 * chunk's participants came. */
#include "sim/internal.h"

#include <stdlib.h>
#include <string.h>

#include "model/ops.h"

enum { MOST_WAYS = 3, MOST_MEMBERS = 64 };

/* What makes a row zero: any of the sets, where all its species are absent. */
typedef struct zero {
    bool risky; /* may have no value where something is absent */
    uint8_t n;
    uint32_t way[MOST_WAYS]; /* of pool: a count, then species in ascending order */
} zero;

typedef struct reading {
    zero *row;
    uint32_t *pool;
    size_t n, capacity;
    bool nomem;
} reading;

static uint32_t add_set(reading *z, const uint32_t *set) /* a count, then members */
{
    if (!RSP_GROW(&z->pool, &z->capacity, z->n + set[0] + 1)) {
        z->nomem = true;
        return 0;
    }
    memcpy(z->pool + z->n, set, (set[0] + 1) * sizeof *set);
    z->n += set[0] + 1;
    return (uint32_t)(z->n - set[0] - 1);
}

static void add_way(zero *to, uint32_t way)
{
    for (uint32_t i = 0; i < to->n; i++) {
        if (to->way[i] == way) {
            return;
        }
    }
    if (to->n < MOST_WAYS) {
        to->way[to->n++] = way;
    }
}

/* Both of two sets; false: too many. */
static bool join(const uint32_t *a, const uint32_t *b, uint32_t *both)
{
    uint32_t i = 0, j = 0, n = 0;
    while (i < a[0] || j < b[0]) {
        if (n == MOST_MEMBERS) {
            return false;
        }
        const uint32_t x = i < a[0] ? a[1 + i] : UINT32_MAX, y = j < b[0] ? b[1 + j] : UINT32_MAX;
        both[++n] = x < y ? x : y;
        i += x <= y;
        j += y <= x;
    }
    both[0] = n;
    return true;
}

/* Zero where both are. */
static zero both_zero(reading *z, const zero *a, const zero *b)
{
    zero to = {0};
    uint32_t set[MOST_MEMBERS + 2];
    for (uint32_t i = 0; i < a->n; i++) {
        for (uint32_t j = 0; j < b->n && to.n < MOST_WAYS; j++) {
            if (a->way[i] == b->way[j]) {
                add_way(&to, a->way[i]);
            } else if (join(z->pool + a->way[i], z->pool + b->way[j], set)) {
                add_way(&to, add_set(z, set));
            }
        }
    }
    return to;
}

static zero either_zero(const zero *a, const zero *b)
{
    zero to = *a;
    for (uint32_t i = 0; i < b->n; i++) {
        add_way(&to, b->way[i]);
    }
    return to;
}

static zero zero_of(reading *z, const rsp_instr *in)
{
    const zero *a = &z->row[in->a], *b = &z->row[in->b], *c = &z->row[in->c];
    zero to = {0};
    switch (in->op) {
    case RSP_OP_NEG: case RSP_OP_SQRT: case RSP_OP_ABS: case RSP_OP_FLOOR:
        to = *a;
        break;
    case RSP_OP_MUL:
        to = either_zero(a, b);
        break;
    case RSP_OP_ADD: case RSP_OP_SUB: case RSP_OP_MIN: case RSP_OP_MAX:
        to = both_zero(z, a, b);
        break;
    case RSP_OP_SELECT:
        to = both_zero(z, b, c);
        to.risky = c->risky;
        break;
    case RSP_OP_DIV: /* by what is never seen to be zero */
        to = *a;
        to.risky = b->n > 0;
        break;
    case RSP_OP_POW: /* of zero: by a sign of the exponent that is not known */
        to.risky = a->n > 0 || b->n > 0;
        break;
    case RSP_OP_LOG:
        to.risky = a->n > 0;
        break;
    default:
        break;
    }
    to.risky |= a->risky || (rsp_op_arity(in->op) > 1 && b->risky);
    to.n = to.risky ? 0 : to.n;
    return to;
}

static bool read_rates(const rsp_sim *sim, reading *z)
{
    const rsp_program *p = sim->program;
    z->row = calloc((size_t)p->n_rows + 1, sizeof *z->row);
    if (z->row == NULL) {
        return false;
    }
    for (uint32_t s = 0; s < sim->net->n_species; s++) {
        if (!sim->block.net.continuous[s]) {
            z->row[p->species + s].way[0] = add_set(z, (uint32_t[]){1, s});
            z->row[p->species + s].n = 1;
        }
    }
    for (uint32_t i = 0; i < p->rates.n; i++) {
        z->row[p->rates.code[i].to] = zero_of(z, &p->rates.code[i]);
    }
    return !z->nomem;
}

/* The ways of each reaction, and the sets that they name, into the arena. */
static bool keep(rsp_sim *sim, const reading *z)
{
    rsp_absent *a = &sim->absent;
    const uint32_t n = sim->net->n_reactions;
    uint32_t *pool = rsp_arena_alloc(sim->arena, z->n + 1, sizeof *pool);
    uint32_t *first = rsp_arena_alloc(sim->arena, (size_t)n + 1, sizeof *first);
    uint32_t *ways = rsp_arena_alloc(sim->arena, (size_t)n * MOST_WAYS + 1, sizeof *ways);
    if (pool == NULL || first == NULL || ways == NULL) {
        return false;
    }
    if (z->n > 0) {
        memcpy(pool, z->pool, z->n * sizeof *pool);
    }
    uint32_t at = 0;
    for (uint32_t r = 0; r < n; r++) {
        const zero *rate = &z->row[sim->program->rate[r]];
        first[r] = at;
        for (uint32_t i = 0; i < rate->n; i++) {
            ways[at++] = rate->way[i];
        }
    }
    first[n] = at;
    a->pool = pool;
    a->first = first;
    a->ways = ways;
    return true;
}

bool rsp_absent_new(rsp_sim *sim)
{
    rsp_absent *a = &sim->absent;
    const rsp_lanes *b = &sim->block;
    a->species = rsp_arena_alloc(sim->arena, (size_t)b->n_chunks * b->net.n_species + 1, sizeof(bool));
    a->left_out = rsp_arena_alloc(sim->arena, (size_t)b->n_chunks * b->net.n_reactions + 1, sizeof(bool));
    a->is_new = rsp_arena_alloc(sim->arena, b->n_chunks, sizeof(bool));
    a->leaps = rsp_arena_alloc(sim->arena, (size_t)b->net.n_groups + 1, sizeof(bool));
    reading z = {0};
    bool ok = a->species != NULL && a->left_out != NULL && a->is_new != NULL && a->leaps != NULL &&
              read_rates(sim, &z) && keep(sim, &z);
    free(z.row);
    free(z.pool);
    return ok;
}

static bool is_absent(const rsp_sim *sim, uint32_t s, uint32_t chunk)
{
    const rsp_lanes *b = &sim->block;
    for (uint32_t l = chunk * RSP_CHUNK; l < (chunk + 1) * RSP_CHUNK; l++) {
        if (sim->lanes[l].live && (sim->regime[(size_t)s * b->width + l] != RSP_REGIME_EXACT ||
                                   *rsp_at(b->x, s, b->width, l) != 0)) {
            return false;
        }
    }
    return true;
}

/* No lane has a rate there, not even one that is not a number. */
static bool was_zero(const rsp_sim *sim, uint32_t r, uint32_t chunk)
{
    const double *rate = rsp_at(sim->block.frame.rows, sim->program->rate[r], sim->block.width,
                                chunk * RSP_CHUNK);
    bool none = true;
    for (uint32_t k = 0; k < RSP_CHUNK; k++) {
        none &= rate[k] == 0 || !sim->lanes[chunk * RSP_CHUNK + k].live;
    }
    return none;
}

static bool is_left_out(const rsp_sim *sim, uint32_t r, uint32_t chunk)
{
    const rsp_absent *a = &sim->absent;
    const bool *absent = a->species + (size_t)chunk * sim->net->n_species;
    for (uint32_t i = a->first[r]; i < a->first[r + 1]; i++) {
        const uint32_t *set = a->pool + a->ways[i];
        uint32_t n = 0;
        while (n < set[0] && absent[set[1 + n]]) {
            n++;
        }
        if (n == set[0]) {
            return was_zero(sim, r, chunk);
        }
    }
    return false;
}

static void forget_rates(rsp_sim *sim, uint32_t r, uint32_t chunk)
{
    const rsp_lanes *b = &sim->block;
    for (uint32_t i = 0; i < b->tab->stages; i++) {
        memset(rsp_at(b->a[i], r, b->width, chunk * RSP_CHUNK), 0, RSP_CHUNK * sizeof(double));
    }
}

bool rsp_absent_look(rsp_sim *sim, uint32_t chunk)
{
    rsp_absent *a = &sim->absent;
    const uint32_t n = sim->net->n_reactions;
    bool *left_out = a->left_out + (size_t)chunk * n;
    bool *absent = a->species + (size_t)chunk * sim->net->n_species;
    if (a->is_new[chunk]) { /* what came is to be seen first */
        memset(left_out, 0, n * sizeof *left_out);
        memset(absent, 0, sim->net->n_species * sizeof *absent);
        a->is_new[chunk] = false;
        return true;
    }
    for (uint32_t s = 0; s < sim->net->n_species; s++) {
        absent[s] = is_absent(sim, s, chunk);
    }
    for (uint32_t r = 0; r < n; r++) {
        const bool was = left_out[r];
        left_out[r] = is_left_out(sim, r, chunk);
        if (left_out[r] && !was) {
            forget_rates(sim, r, chunk);
        }
    }
    return false;
}
