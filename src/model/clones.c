/* Populations of clones: their statements written out, and what is asked of them. */
#include "model/build.h"

#include <math.h>
#include <string.h>

static const rsp_unit ONE = {.factor = 1}, PER_DAY = {.factor = 1, .power = {-1}};
static const double LN10 = 2.302585092994045684;
static const double LEAST_EVERY = 1 / 86400.0; /* day */

bool is_population(const symbol *sym)
{
    return sym->kind == SYMBOL_SPECIES && sym->st->what == AST_POPULATION;
}

rsp_status refuse_population(builder *b, const symbol *sym, const ast_place *place)
{
    return ast_fail(b->err, place, RSP_NAME,
                    "'%.60s' is a population: its clones change by their own birth and death "
                    "only; put this into them",
                    sym->name);
}

/* ---- Species that the solver keeps for a population. */

static rsp_status add_kept(builder *b, const rsp_species *like, const rsp_unit *unit,
                           uint32_t *at)
{
    rsp_species sp = *like;
    if (!sp.name || !sp.unit || !RSP_GROW(&b->more, &b->cap_more, (size_t)b->n_species + 1)) {
        return no_memory(b);
    }
    sp.family = sp.name;
    sp.first = *at = b->n_species;
    sp.count = 1;
    sp.continuous = sp.of_clones = true;
    sp.a = pool_const(b->nodes, 0);
    sp.b = RSP_NO_EXPR;
    b->more[b->n_species] = (species_more){.unit = *unit, .has_initial = true};
    b->more[b->n_species].unit.factor = 1;
    rsp_status s = own_channel(b, &b->channels[OF_SPECIES], sp.name, &sp.channel);
    return s == RSP_OK ? PUSH(b, species, sp) : s;
}

/* ---- Functions of a population. */

static const struct {
    const char *name, *meaning;
    rsp_clone_count what;
    bool takes_number;
} CALLS[N_CLONE_CALLS] = {
    {"clones", "clones that are not extinct", RSP_CLONES_LEFT, false},
    {"largest", "cells in the largest clones", RSP_CLONES_LARGEST, true},
    {"clone", "cells of one clone", RSP_CLONES_ONE, true},
    {"pairs", "ordered pairs of cells of one clone", RSP_CLONES_PAIRS, false}};

const char *clone_call_name(uint32_t i)
{
    return CALLS[i].name;
}

static uint32_t which_call(const ast_expr *x)
{
    uint32_t i = 0;
    while (i < N_CLONE_CALLS && strcmp(CALLS[i].name, x->name) != 0) {
        i++;
    }
    return i;
}

bool is_clone_call(const ast_expr *x)
{
    return which_call(x) < N_CLONE_CALLS;
}

static rsp_status call_number(builder *b, const ast_expr *x, const ast_statement *st,
                              uint32_t *k)
{
    value v = {0};
    double n = 0;
    const ast_expr *part = x->parts[1];
    rsp_status s = eval(b, NULL, part, &v);
    if (s == RSP_OK && !(pool_is_const(b->nodes, v.e, &n) && n >= 1 && n == floor(n) &&
                         n <= st->population->clones)) {
        s = ast_fail(b->err, &part->place, RSP_RANGE,
                     "%s(%.40s, k) takes a whole number k from 1 to %g, the clones of '%.40s'",
                     x->name, st->name, st->population->clones, st->name);
    }
    *k = s == RSP_OK ? (uint32_t)n : 0;
    return s;
}

/* The unit of what a call counts: clones, cells, or pairs of cells. */
static void call_unit(builder *b, const symbol *sym, rsp_clone_count what, rsp_unit *unit,
                      rsp_species *like)
{
    *unit = what == RSP_CLONES_LEFT    ? ONE
            : what == RSP_CLONES_PAIRS ? unit_times(sym->unit, sym->unit, 1)
                                       : sym->unit;
    like->factor = what == RSP_CLONES_LEFT    ? 1
                   : what == RSP_CLONES_PAIRS ? sym->unit.factor * sym->unit.factor
                                              : sym->unit.factor;
    like->unit = what == RSP_CLONES_LEFT    ? "1"
                 : what == RSP_CLONES_PAIRS ? rsp_arena_printf(b->arena, "(%s)^2", sym->st->unit)
                                            : sym->st->unit;
}

rsp_status eval_clone_call(builder *b, const ast_expr *x, value *out)
{
    const uint32_t call = which_call(x), arguments = CALLS[call].takes_number ? 2 : 1;
    if (x->n_parts != arguments || x->parts[0]->kind != AST_NAME || x->parts[0]->n_slots) {
        return ast_fail(b->err, &x->place, RSP_SYNTAX, "write %s(POPULATION%s)", x->name,
                        arguments > 1 ? ", k" : "");
    }
    const symbol *sym = find_symbol(b, x->parts[0]->name);
    if (!sym || !is_population(sym)) {
        return ast_fail(b->err, &x->parts[0]->place, RSP_NAME,
                        "%s() is of a population; '%.60s' is none", x->name,
                        x->parts[0]->name);
    }
    rsp_clone_sum sum = {.what = CALLS[call].what};
    rsp_unit unit;
    rsp_species like = {.rate = RSP_NO_EXPR, .meaning = CALLS[call].meaning};
    rsp_status s = arguments > 1 ? call_number(b, x, sym->st, &sum.k) : RSP_OK;
    uint32_t i = 0;
    while (i < b->n_sums && (b->sums[i].of != sym || b->sums[i].sum.what != sum.what ||
                             b->sums[i].sum.k != sum.k)) {
        i++;
    }
    call_unit(b, sym, sum.what, &unit, &like);
    if (s == RSP_OK && i == b->n_sums) {
        like.name = arguments > 1 ? rsp_arena_printf(b->arena, "%s(%s,%u)", x->name, sym->name, sum.k)
                                  : rsp_arena_printf(b->arena, "%s(%s)", x->name, sym->name);
        s = spend(b, &x->place, 1);
        s = s == RSP_OK ? add_kept(b, &like, &unit, &sum.species) : s;
        s = s == RSP_OK ? PUSH(b, sums, ((sum_of_clones){sym, sum})) : s;
    }
    if (s == RSP_OK) {
        *out = (value){.e = pool_leaf(b->nodes, RSP_OP_SPECIES, b->sums[i].sum.species),
                       .u = unit};
        out->u.factor = 1;
    }
    return s;
}

/* ---- A statement. */

static rsp_status interval(builder *b, const ast_population *pop, double *every)
{
    rsp_unit unit = {.factor = 1, .power = {1}}, day = unit;
    char why[160];
    if (pop->every_unit && (!unit_parse(&b->model->units, pop->every_unit, &unit, why) ||
                            !rsp_unit_same(&unit, &day))) {
        return ast_fail(b->err, &pop->every_place, RSP_UNITS,
                        "'every' takes a time, as 7 day; '%.40s' is none", pop->every_unit);
    }
    *every = (pop->every_unit ? pop->every : 1) * unit.factor;
    return *every >= LEAST_EVERY ? RSP_OK
                                 : ast_fail(b->err, &pop->every_place, RSP_RANGE,
                                            "'every' is %g days; a second is the least", *every);
}

/* A value of parameters alone, for the list of givens. */
static rsp_status give(builder *b, const env *e, const ast_expr *x, const rsp_unit *want,
                       const char *of, double factor)
{
    value v = {0};
    rsp_status s = spend(b, &x->place, 1);
    s = s == RSP_OK ? eval(b, e, x, &v) : s;
    s = s == RSP_OK ? check_unit(b, &x->place, &v, want, of) : s;
    if (s == RSP_OK && depends_on_state(b, v.e)) {
        s = ast_fail(b->err, &x->place, RSP_SYNTAX, "%s may depend on parameters only", of);
    }
    v.e = s == RSP_OK && factor != 1
              ? pool_make(b->nodes, RSP_OP_MUL, v.e, pool_const(b->nodes, factor), 0)
              : v.e;
    return s == RSP_OK ? PUSH(b, givens, v.e) : s;
}

static rsp_status give_sizes(builder *b, const ast_statement *st, const symbol *sym,
                             rsp_population *out)
{
    rsp_unit want = sym->unit;
    want.factor = 1;
    out->size = b->n_givens;
    rsp_status s = RSP_OK;
    for (uint32_t i = 1; s == RSP_OK && i <= out->capacity; i++) {
        const env rank = {.name = "rank", .index = -1, .v = value_number(b, i)};
        s = give(b, &rank, st->population->size, &want, "the size of a clone", 1);
    }
    return s;
}

/* The environment of genotype k, in `room`. */
static const env *genotype(const ast_statement *st, const symbol *sym, uint32_t k,
                           env room[MOST_DIMS])
{
    return bind_members(st->binders, sym->dims, sym->n_dims, &k, room, NULL);
}

static rsp_status give_shares(builder *b, const ast_statement *st, const symbol *sym,
                              rsp_population *out)
{
    rsp_status s = RSP_OK;
    out->share = b->n_givens;
    for (uint32_t k = 0; s == RSP_OK && k < out->n_kinds; k++) {
        env room[MOST_DIMS];
        const ast_expr *x = st->population->genotype;
        s = x ? give(b, genotype(st, sym, k, room), x, &ONE, "the weight of a genotype", 1)
              : PUSH(b, givens, pool_const(b->nodes, 1));
    }
    out->spread = b->n_givens;
    const ast_expr *spread = st->population->spread;
    return s != RSP_OK ? s
           : spread    ? give(b, NULL, spread, &ONE, "the spread of sizes", LN10)
                       : PUSH(b, givens, pool_const(b->nodes, 0));
}

/* The rate of each genotype: a given, or a species that gathers it, one for all that
 * have the same. */
static rsp_status make_rates(builder *b, const ast_statement *st, const symbol *sym,
                             const ast_expr *x, const char *what, rsp_clone_rate *rate)
{
    const uint32_t first = b->n_species;
    char of[100];
    rsp_status s = RSP_OK;
    snprintf(of, sizeof of, "the rate of %s of a clone's cell", what);
    for (uint32_t k = 0; s == RSP_OK && k < sym->count; k++) {
        env room[MOST_DIMS];
        value v = {0};
        s = spend(b, &x->place, 1);
        s = s == RSP_OK ? eval(b, genotype(st, sym, k, room), x, &v) : s;
        s = s == RSP_OK ? check_unit(b, &x->place, &v, &PER_DAY, of) : s;
        if (s == RSP_OK && !depends_on_state(b, v.e)) {
            rate[k] = (rsp_clone_rate){false, b->n_givens};
            s = PUSH(b, givens, v.e);
            continue;
        }
        uint32_t at = first;
        while (s == RSP_OK && at < b->n_species && b->species[at].rate != v.e) {
            at++;
        }
        if (s == RSP_OK && at == b->n_species) {
            const rsp_species like = {
                .name = rsp_arena_printf(b->arena, "%s(%s,%u)", what, sym->name, k + 1),
                .unit = "1", .factor = 1, .rate = v.e, .internal = true,
                .meaning = "integral of a rate"};
            s = add_kept(b, &like, &ONE, &at);
        }
        rate[k] = (rsp_clone_rate){true, at};
    }
    return s;
}

rsp_status write_population(builder *b, const ast_statement *st)
{
    const symbol *sym = find_symbol(b, st->name);
    const ast_population *pop = st->population;
    if (sym->n_dims > 1) {
        return ast_fail(b->err, &st->name_place, RSP_SYNTAX,
                        "a population has one index at most, its genotypes");
    }
    if (sym->n_dims == 0 && pop->genotype) {
        return ast_fail(b->err, &pop->genotype_place, RSP_SYNTAX,
                        "'genotype' needs an index: population %.40s[s in INDEX]", st->name);
    }
    rsp_population out = {.name = sym->name, .first = sym->first, .n_kinds = sym->count,
                          .capacity = (uint32_t)pop->clones};
    rsp_clone_rate *birth = rsp_arena_alloc(b->arena, sym->count, sizeof *birth);
    rsp_clone_rate *death = rsp_arena_alloc(b->arena, sym->count, sizeof *death);
    rsp_status s = birth && death ? interval(b, pop, &out.every) : no_memory(b);
    if (s == RSP_OK && sym->n_dims) {
        s = check_binder(b, st->binders, 0, sym->dims[0]);
    }
    s = s == RSP_OK ? give_sizes(b, st, sym, &out) : s;
    s = s == RSP_OK ? give_shares(b, st, sym, &out) : s;
    s = s == RSP_OK ? make_rates(b, st, sym, pop->birth, "birth", birth) : s;
    s = s == RSP_OK ? make_rates(b, st, sym, pop->death, "death", death) : s;
    out.birth = birth;
    out.death = death;
    return s == RSP_OK ? PUSH(b, populations, out) : s;
}

rsp_status finish_populations(builder *b)
{
    for (uint32_t p = 0; p < b->n_populations; p++) {
        rsp_population *pop = &b->populations[p];
        rsp_clone_sum *sums = rsp_arena_alloc(b->arena, b->n_sums + 1, sizeof *sums);
        if (!sums) {
            return no_memory(b);
        }
        for (uint32_t i = 0; i < b->n_sums; i++) {
            if (b->sums[i].of->first == pop->first) {
                sums[pop->n_sums++] = b->sums[i].sum;
            }
        }
        pop->sums = sums;
    }
    return RSP_OK;
}
