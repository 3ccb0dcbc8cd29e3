#include "sbml/clones.h"

#include <string.h>

typedef struct merging {
    rsp_node *nodes;
    uint32_t n_nodes;
    rsp_species *species;
    rsp_reaction *reactions;
    uint32_t n_reactions;
    rsp_change *changes;
    uint32_t n_changes;
    rsp_arena *arena;
    bool failed;
} merging;

static rsp_expr node(merging *m, rsp_op op, rsp_expr a, rsp_expr b)
{
    m->nodes[m->n_nodes] = (rsp_node){.op = op, .a = a, .b = b};
    return m->n_nodes++;
}

static rsp_expr add_up(merging *m, const rsp_expr *terms, uint32_t n)
{
    rsp_expr sum = terms[0];
    for (uint32_t i = 1; i < n; i++) {
        sum = node(m, RSP_OP_ADD, sum, terms[i]);
    }
    return sum;
}

static void add_reaction(merging *m, const rsp_network *net, uint32_t species, double amount,
                         const rsp_clone_rate *rate)
{
    const rsp_expr of_a_cell = rate->gathers ? net->species[rate->at].rate
                                             : net->givens[rate->at];
    const rsp_expr cells = node(m, RSP_OP_SPECIES, species, 0);
    const char *name = rsp_arena_printf(m->arena, "%s_of_%s", amount > 0 ? "birth" : "death",
                                        net->species[species].name);
    m->failed |= name == NULL;
    m->reactions[m->n_reactions++] =
        (rsp_reaction){.name = name, .rate = node(m, RSP_OP_MUL, of_a_cell, cells),
                       .first_change = m->n_changes, .n_changes = 1};
    m->changes[m->n_changes++] = (rsp_change){species, amount};
}

static void merge(merging *m, const rsp_network *net, const rsp_population *pop)
{
    const rsp_expr cells = add_up(m, net->givens + pop->size, pop->capacity);
    const rsp_expr weights = add_up(m, net->givens + pop->share, pop->n_kinds);
    for (uint32_t k = 0; k < pop->n_kinds; k++) {
        rsp_species *sp = &m->species[pop->first + k];
        const rsp_expr share = node(m, RSP_OP_DIV, net->givens[pop->share + k], weights);
        sp->continuous = sp->of_clones = false;
        sp->a = node(m, RSP_OP_MUL, cells, share);
        add_reaction(m, net, pop->first + k, 1, &pop->birth[k]);
        add_reaction(m, net, pop->first + k, -1, &pop->death[k]);
    }
}

static void *copy(merging *m, const void *list, size_t n, size_t more, size_t size)
{
    void *to = rsp_arena_alloc(m->arena, n + more + 1, size);
    m->failed |= to == NULL;
    if (to != NULL && n > 0) {
        memcpy(to, list, n * size);
    }
    return to;
}

const rsp_network *sbml_merge_clones(const rsp_network *net, rsp_arena *arena)
{
    size_t nodes = 0, kinds = 0;
    if (net->n_populations == 0) {
        return net;
    }
    for (uint32_t i = 0; i < net->n_populations; i++) {
        const rsp_population *pop = &net->populations[i];
        nodes += pop->capacity + 7 * (size_t)pop->n_kinds;
        kinds += pop->n_kinds;
    }
    merging m = {.n_nodes = net->n_nodes, .n_reactions = net->n_reactions,
                 .n_changes = net->n_changes, .arena = arena};
    m.nodes = copy(&m, net->nodes, net->n_nodes, nodes, sizeof *m.nodes);
    m.species = copy(&m, net->species, net->n_species, 0, sizeof *m.species);
    m.reactions = copy(&m, net->reactions, net->n_reactions, 2 * kinds, sizeof *m.reactions);
    m.changes = copy(&m, net->changes, net->n_changes, 2 * kinds, sizeof *m.changes);
    rsp_network *out = copy(&m, net, 1, 0, sizeof *out);
    if (m.failed) {
        return NULL;
    }
    for (uint32_t i = 0; i < net->n_populations; i++) {
        merge(&m, net, &net->populations[i]);
    }
    for (uint32_t s = 0; s < net->n_species; s++) {
        if (m.species[s].internal) {
            m.species[s].rate = RSP_NO_EXPR;
        }
    }
    out->nodes = m.nodes;
    out->n_nodes = m.n_nodes;
    out->species = m.species;
    out->reactions = m.reactions;
    out->n_reactions = m.n_reactions;
    out->changes = m.changes;
    out->n_changes = m.n_changes;
    out->n_givens = out->n_populations = 0;
    return m.failed ? NULL : out;
}

bool sbml_is_of_single_clones(const rsp_network *net, uint32_t species)
{
    return net->species[species].of_clones;
}
