/* From statements to a network: names looked up, families written out, units
 * checked.  Private to the model layer. */
#ifndef MODEL_BUILD_H
#define MODEL_BUILD_H

#include "model/ast.h"
#include "model/pool.h"
#include "model/table.h"
#include "model/units.h"

/* What a model may have: far above any that can be run, and low enough that no
 * text takes more than some seconds and a gigabyte to refuse. */
enum {
    MOST_DIMS = 4,
    MOST_INDICES = 256,
    MOST_MEMBERS = 4096,    /* of an index, of a family */
    MOST_LOCI = 10,         /* of which subsets are taken */
    MOST_SYMBOLS = 20000,
    MOST_LEAVES = 100000,   /* of parameters, species, derived values */
    MOST_REACTIONS = 100000,
    MOST_ASSIGNS = 100000,
    MOST_ROOTS = 1000,
    MOST_AFTERS = 1000,
    MOST_EVENTS = 10000,
    MOST_WORK = 10000000    /* expressions looked at while writing it out */
};

typedef struct index_def {
    const char *name;
    const char *const *members;
    uint32_t n;
    int subsets_of; /* another index, or -1 */
} index_def;

typedef enum symbol_kind {
    SYMBOL_PARAM, SYMBOL_LET, SYMBOL_INPUT, SYMBOL_SPECIES, SYMBOL_OBSERVE,
    SYMBOL_ACTION, SYMBOL_EVENT
} symbol_kind;

typedef struct value { /* an expression with its unit */
    rsp_expr e;
    rsp_unit u;
    bool any; /* 0 or inf: fits any unit */
} value;

typedef struct symbol {
    const char *name;
    symbol_kind kind;
    const ast_statement *st;
    uint32_t dims[MOST_DIMS], n_dims; /* indices */
    uint32_t first, count;            /* in its table; lets: in `lets` */
    rsp_unit unit;
} symbol;

typedef struct let_state {
    value v;
    unsigned char state; /* 0 not yet, 1 being computed, 2 known */
} let_state;

typedef struct env { /* names bound where an expression stands */
    const char *name;
    int index;       /* -1: an expression */
    uint32_t member;
    value v;
    const struct env *next;
} env;

struct rsp_model {
    rsp_arena *arena;
    rsp_network net;
    pool nodes;
    unit_table units;
    const ast_statement **statements; /* in order of reading */
    uint32_t n_statements;
    size_t cap_statements;
};

typedef struct species_more { /* what the network does not keep of a species */
    rsp_unit unit; /* factor 1 */
    bool has_initial;
} species_more;

typedef struct sum_of_clones { /* and the symbol of its population */
    const symbol *of;
    rsp_clone_sum sum;
} sum_of_clones;

typedef struct builder {
    rsp_model *model;
    rsp_arena *arena;
    pool *nodes;
    rsp_error *err;
    index_def *indices;   uint32_t n_indices;    size_t cap_indices;
    symbol *symbols;      uint32_t n_symbols;    size_t cap_symbols;
    let_state *lets;      uint32_t n_lets;       size_t cap_lets;
    rsp_param *params;    uint32_t n_params;     size_t cap_params;
    rsp_input *inputs;    uint32_t n_inputs;     size_t cap_inputs;
    rsp_species *species; uint32_t n_species;    size_t cap_species;
    rsp_root *roots;      uint32_t n_roots;      size_t cap_roots;
    rsp_reaction *reactions; uint32_t n_reactions; size_t cap_reactions;
    rsp_change *changes;  uint32_t n_changes;    size_t cap_changes;
    rsp_observable *observables; uint32_t n_observables; size_t cap_observables;
    rsp_action *actions;  uint32_t n_actions;    size_t cap_actions;
    rsp_assign *assigns;  uint32_t n_assigns;    size_t cap_assigns;
    rsp_after *afters;    uint32_t n_afters;     size_t cap_afters;
    rsp_event *events;    uint32_t n_events;     size_t cap_events;
    rsp_expr *givens;     uint32_t n_givens;     size_t cap_givens;
    rsp_population *populations; uint32_t n_populations; size_t cap_populations;
    sum_of_clones *sums;  uint32_t n_sums;       size_t cap_sums;
    rsp_derived *derived; uint32_t n_derived;    size_t cap_derived;
    const char **warnings; uint32_t n_warnings;  size_t cap_warnings;
    bool *depends;        size_t cap_depends;    uint32_t n_depends;
    const ast_expr **spine; size_t n_spine, cap_spine; /* chains being evaluated */
    species_more *more;   size_t cap_more;             /* [n_species] */
    table names;          /* of symbols */
    table members;        /* of all indices: place, or AMBIGUOUS */
    number_set channels[4]; /* taken: parameters, species, reactions, events */
    uint32_t work;
    bool in_action;       /* the amount of an action may be used */
    const char *arg;
    rsp_unit arg_unit;
    int depth;
} builder;

enum { AMBIGUOUS = MOST_MEMBERS }; /* a member at different places of two indices */

rsp_status no_memory(builder *b);

#define PUSH(b, list, item)                                                    \
    (RSP_GROW(&(b)->list, &(b)->cap_##list, (b)->n_##list + 1)                 \
         ? ((b)->list[(b)->n_##list++] = (item), RSP_OK)                       \
         : no_memory(b))

static inline const char *text_or(const char *s)
{
    return s ? s : "";
}

/* ---- load.c: the lists into the model's network; free what the builder holds. */
RSP_MUST_USE rsp_status builder_keep(builder *b);
void builder_fini(builder *b);

/* Count work done; fails where a model takes too much. */
RSP_MUST_USE rsp_status spend(builder *b, const ast_place *place, size_t work);

/* ---- declare.c: units, indices, symbols. */
RSP_MUST_USE rsp_status declare_all(builder *b);

/* ---- names.c: what a name stands for, members, binders. */
symbol *find_symbol(const builder *b, const char *name);
int find_index(const builder *b, const char *name);
typedef enum wanted {
    WANT_VALUE, WANT_SPECIES, WANT_TARGET, WANT_ACTION, WANT_INDEX
} wanted;
/* A name that is nothing, or not what is wanted where it stands. */
rsp_status unknown_name(builder *b, const ast_place *place, const char *name, wanted want);
/* The index that each binder of a statement runs over. */
RSP_MUST_USE rsp_status resolve_binders(builder *b, const ast_statement *st,
                                        uint32_t dims[MOST_DIMS], uint32_t *n);
/* The index that a name runs over by its use in an expression, or -1. */
int infer_index(const builder *b, const ast_expr *x, const char *binder);
/* A binder must not have the name of a member of its index, or of one before it. */
RSP_MUST_USE rsp_status check_binder(builder *b, const ast_binder *binders, uint32_t i,
                                     uint32_t index);
const env *find_bound(const env *e, const char *name); /* an index, or NULL */
bool member_of(const builder *b, uint32_t index, const char *name, uint32_t *member);
/* The member that a slot names under an environment. */
RSP_MUST_USE rsp_status slot_member(builder *b, const env *e, const ast_slot *slot,
                                    uint32_t index, uint32_t *member);
/* Flat offset of slots in a symbol's family. */
RSP_MUST_USE rsp_status slot_offset(builder *b, const env *e, const symbol *sym,
                                    const ast_slot *slots, uint32_t n,
                                    const ast_place *place, uint32_t *offset);
const char *member_name(builder *b, const char *name, const uint32_t *dims,
                        uint32_t n_dims, const uint32_t *members);
uint32_t family_size(const builder *b, const uint32_t *dims, uint32_t n);
/* The next combination of members; false after the last. */
bool next_members(const builder *b, const uint32_t *dims, uint32_t n,
                  uint32_t *members);
/* Bind the members of a statement's binders in `room`; returns the environment. */
const env *bind_members(const ast_binder *binders, const uint32_t *dims, uint32_t n,
                        const uint32_t *members, env room[MOST_DIMS],
                        const env *next);

/* ---- leaves.c: what expressions stand on. */
RSP_MUST_USE rsp_status add_leaves(builder *b);
enum { OF_PARAM, OF_SPECIES, OF_REACTION, OF_EVENT }; /* sets of channels */
/* A member's channel, its own among its kind. */
RSP_MUST_USE rsp_status own_channel(builder *b, number_set *used, const char *name,
                                    uint32_t *channel);

/* ---- order.c: every `let` after those it uses. */
RSP_MUST_USE rsp_status order_lets(builder *b, uint32_t *order, uint32_t *n);

/* ---- eval.c: expressions. */
value value_pure(rsp_expr e);
value value_number(builder *b, double v);
value value_make(builder *b, rsp_op op, value x, value y); /* with the unit of x */
/* Give both the unit of the one that has one; fails where both have another. */
RSP_MUST_USE rsp_status values_agree(builder *b, const ast_place *place, value *x,
                                     value *y, const char *op);
RSP_MUST_USE rsp_status need_pure(builder *b, const ast_place *place, const value *v,
                                  const char *of);
bool as_member(const builder *b, const env *e, const ast_expr *x, int most, rsp_text *text);
RSP_MUST_USE rsp_status eval(builder *b, const env *e, const ast_expr *x, value *out);
RSP_MUST_USE rsp_status eval_let(builder *b, symbol *sym, uint32_t offset, value *out);
bool depends_on_state(builder *b, rsp_expr e);
/* Check a value's unit against the expected one, naming what it is of. */
RSP_MUST_USE rsp_status check_unit(builder *b, const ast_place *place, const value *v,
                                   const rsp_unit *want, const char *of);

/* ---- functions.c: calls. */
RSP_MUST_USE rsp_status eval_call(builder *b, const env *e, const ast_expr *x, value *out);

/* ---- clones.c: populations of clones, and functions of them. */
bool is_population(const symbol *sym);
/* A species that only a population's own birth and death may change. */
RSP_MUST_USE rsp_status refuse_population(builder *b, const symbol *sym,
                                          const ast_place *place);
RSP_MUST_USE rsp_status write_population(builder *b, const ast_statement *st);
/* Once everything is written out: what was asked of each population. */
RSP_MUST_USE rsp_status finish_populations(builder *b);
/* clones(C), largest(C, k), clone(C, k), pairs(C); false: no such call. */
bool is_clone_call(const ast_expr *x);
RSP_MUST_USE rsp_status eval_clone_call(builder *b, const ast_expr *x, value *out);
enum { N_CLONE_CALLS = 4 };
const char *clone_call_name(uint32_t i);

/* ---- expand.c: statements written out over their indices. */
RSP_MUST_USE rsp_status expand_all(builder *b);

#endif
