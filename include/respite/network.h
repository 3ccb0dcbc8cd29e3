/* A model as the engine sees it: everything indexed is written out, every
 * expression is a node of one hash-consed pool, every value is in base units.
 *
 * Made by rsp_model_load (model/), read by rsp_program_new (model/), the
 * solvers (sim/) and whoever shows a model.  Immutable after loading; any
 * thread may read it.  All text is owned by the network.
 *
 * Base units: day, cell, copies, mL, ug, molecule (each its own dimension, so
 * that copies are never added to cells) and those a model declares.  A value
 * given in another unit is converted on loading; `factor` converts back:
 * shown = base / factor. */
#ifndef RESPITE_NETWORK_H
#define RESPITE_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "respite/core.h"

/* ---- Expressions. */
typedef enum rsp_op {
    RSP_OP_CONST,   /* value */
    RSP_OP_PARAM,   /* a = parameter */
    RSP_OP_INPUT,   /* a = input */
    RSP_OP_SPECIES, /* a = species */
    RSP_OP_TIME,
    RSP_OP_AFTER,   /* a = index of rsp_after: 0 before, 1 from then on */
    RSP_OP_SINCE,   /* a = action: days since it last happened; 1e9 before */
    RSP_OP_ARG,     /* the amount given to an action (actions only) */
    RSP_OP_ROOTVAR, /* a = root: its unknown */
    RSP_OP_ROOT,    /* a = root: the solution of network->roots[a] */
    RSP_OP_NEG, RSP_OP_EXP, RSP_OP_LOG, RSP_OP_SQRT, RSP_OP_ABS, RSP_OP_FLOOR,
    RSP_OP_NOT,                                            /* of a */
    RSP_OP_ADD, RSP_OP_SUB, RSP_OP_MUL, RSP_OP_DIV, RSP_OP_POW,
    RSP_OP_MIN, RSP_OP_MAX,
    RSP_OP_LT, RSP_OP_LE, RSP_OP_EQ, RSP_OP_NE, RSP_OP_AND, RSP_OP_OR, /* a b */
    RSP_OP_SELECT   /* a ? b : c; truth is non-zero; all are evaluated */
} rsp_op;

typedef uint32_t rsp_expr; /* index of a node; operands come before users */
#define RSP_NO_EXPR UINT32_MAX

typedef struct rsp_node {
    rsp_op op;
    uint32_t a, b, c;
    double value;
} rsp_node;

/* The x in [low, high] with `f` = 0; f changes sign between the ends
 * (otherwise the participant fails, with the root's name). May depend on
 * parameters only. Nested roots are allowed. */
typedef struct rsp_root {
    const char *name;
    rsp_expr low, high, f;
} rsp_root;

/* ---- Parameters: primary values.  Derived ones are rsp_derived. */
typedef enum rsp_dist_kind {
    RSP_DIST_NONE,
    RSP_DIST_NORMAL,      /* a = SD (base units) around the median */
    RSP_DIST_LOGNORMAL,   /* a = SD of ln */
    RSP_DIST_LOGITNORMAL, /* a = SD of logit around logit(median) */
    RSP_DIST_BETA,        /* a, b shapes */
    RSP_DIST_UNIFORM,     /* a .. b (base units) */
    RSP_DIST_LOGUNIFORM,  /* a .. b (base units) */
    RSP_DIST_BERNOULLI,   /* a = probability of 1, else 0 */
    RSP_DIST_DIRICHLET    /* a = concentration; the whole family drawn at once */
} rsp_dist_kind;

typedef struct rsp_dist {
    rsp_dist_kind kind;
    double a, b;
    const char *text; /* as written, for people: "lognormal cv 0.2" */
} rsp_dist;

typedef enum rsp_knowledge { /* the field `status` of a parameter */
    RSP_VERIFIED, RSP_VERIFIED_SECONDARY, RSP_MEMORY, RSP_DERIVED, RSP_ASSUMED,
    RSP_UNSTATED
} rsp_knowledge;
const char *rsp_knowledge_name(rsp_knowledge k); /* "VERIFIED", ... */

typedef struct rsp_param {
    const char *name;    /* "delta", "w_T[gut]" */
    const char *family;  /* "w_T" */
    uint32_t first, count; /* its family is parameters first .. first+count-1 */
    const char *unit;    /* as declared */
    double factor;       /* base = shown * factor */
    double value;        /* median, base units */
    double low, high;    /* plausible range, truncates; -inf/inf: none */
    bool whole;          /* it takes the whole numbers of that range alone: a switch */
    rsp_dist between, uncertain;
    const char *meaning, *source; /* "" where not given */
    rsp_knowledge status;
    const char *file;
    uint32_t line;
    uint32_t channel;    /* rsp_channel(name), free of collisions */
} rsp_param;

/* Whether a parameter takes a value (in base units): any, but for one of whole numbers.
 * rsp_param_takes_text: which it takes then, "0 or 1", "whole numbers from -1 to 2". */
bool rsp_param_takes(const rsp_param *p, double v);
enum { RSP_TAKES_MAX = 96 };
void rsp_param_takes_text(const rsp_param *p, char out[RSP_TAKES_MAX]);

typedef struct rsp_derived { /* `let`, shown beside the primary parameters */
    const char *name, *unit;
    double factor;
    rsp_expr expr;
    bool constant; /* depends on parameters only: a number per participant */
    const char *meaning, *source;
    rsp_knowledge status;
    const char *file;
    uint32_t line;
} rsp_derived;

typedef struct rsp_input {
    const char *name, *unit, *meaning;
    double factor, value; /* value at the start */
} rsp_input;

/* ---- State. */
typedef enum rsp_draw_kind { /* how the initial amount is drawn */
    RSP_DRAW_VALUE,       /* initial as it is */
    RSP_DRAW_POISSON,     /* a = mean */
    RSP_DRAW_BINOMIAL,    /* a = n, b = p */
    RSP_DRAW_NEGBIN,      /* a = shape, b = mean */
    RSP_DRAW_MULTINOMIAL  /* a = n, b = weight; together with the same family */
} rsp_draw_kind;

typedef struct rsp_species {
    const char *name, *family, *unit, *meaning;
    uint32_t first, count; /* its family, as in rsp_param */
    double factor;
    bool continuous;  /* never counted as molecules: antibody, IL-6 */
    rsp_draw_kind draw;
    rsp_expr a, b;    /* initial amount or arguments of the draw */
    rsp_expr rate;    /* d/dt beside the reactions; RSP_NO_EXPR: none.
                         Only continuous species have one. */
    uint32_t channel;
    bool of_clones;   /* shows a population: it has no initial amount of its own */
    bool internal;    /* bookkeeping of a population, of no use to a reader */
} rsp_species;

/* ---- Clones, each by itself.
 *
 * A population is a list of clones with a genotype (a member of an index), a barcode
 * (its rank at the start, from 1) and a size in cells.  Every `every` days each clone
 * moves by the exact transition of a linear birth-death process, whose rates may depend
 * on the genotype, on time and on the state (sim/kendall.h).  What the network sees of
 * it are species that nothing else changes: they keep their values in between. */
typedef enum rsp_clone_count {
    RSP_CLONES_LEFT,    /* clones that are not extinct */
    RSP_CLONES_LARGEST, /* cells in the k largest */
    RSP_CLONES_ONE,     /* cells in the clone of barcode k */
    RSP_CLONES_PAIRS    /* sum of n (n - 1): ordered pairs of one clone */
} rsp_clone_count;

typedef struct rsp_clone_sum {
    rsp_clone_count what;
    uint32_t k;
    uint32_t species; /* that holds it */
} rsp_clone_sum;

/* A rate per cell over an interval: of parameters alone, or a species that gathers its
 * integral and is set to zero at its end. */
typedef struct rsp_clone_rate {
    bool gathers;
    uint32_t at; /* the species; else of network->givens */
} rsp_clone_rate;

typedef struct rsp_population {
    const char *name;
    uint32_t first, n_kinds;  /* species: cells by genotype; one where it has none */
    uint32_t capacity;        /* clones at the start, never more */
    double every;             /* day */
    uint32_t size, share, spread; /* of network->givens: [capacity] expected cells;
                                [n_kinds] weights; SD of the logarithm of size */
    const rsp_clone_rate *birth, *death; /* [n_kinds] */
    const rsp_clone_sum *sums; /* [n_sums] */
    uint32_t n_sums;
} rsp_population;

typedef struct rsp_change {
    uint32_t species;
    double amount; /* net, never 0 */
} rsp_change;

typedef struct rsp_reaction {
    const char *name; /* "infect[gut,wt,v5]" */
    rsp_expr rate;    /* amount of firings per day, >= 0 */
    uint32_t first_change, n_changes; /* in network->changes */
    uint32_t channel;
} rsp_reaction;

typedef struct rsp_observable {
    const char *name, *unit, *meaning;
    double factor;
    rsp_expr expr;
    bool column; /* `respite simulate` prints it beside the species */
} rsp_observable;

/* An action of the protocol: "infuse", "stop_art". */
typedef struct rsp_assign {
    bool is_species; /* else an input */
    bool adds;       /* += ; else = */
    uint32_t target;
    rsp_expr value;  /* may use RSP_OP_ARG (actions), state, parameters */
    rsp_expr scale;  /* of an event: a factor of the moment it happens;
                        RSP_NO_EXPR: none */
} rsp_assign;

typedef struct rsp_action {
    const char *name;
    bool takes_amount;
    const char *unit, *meaning; /* of the amount */
    double factor;
    uint32_t first_assign, n_assigns;
} rsp_action;

/* What happens when a condition comes to hold (SBML L3V2, 4.11).  It is triggered
 * when `trigger` turns from false to true and happens `delay` later.  Of several
 * that are due at once the highest priority happens first; after each all triggers
 * are looked at anew. */
typedef struct rsp_event {
    const char *name, *meaning;
    rsp_expr trigger;       /* truth is non-zero */
    rsp_expr delay;         /* day, when it is triggered; RSP_NO_EXPR: none */
    rsp_expr priority;      /* when it is due; RSP_NO_EXPR: after those with one */
    bool initial_value;     /* the trigger before the start: where false and the
                               trigger holds at the start, it is triggered there */
    bool persistent;        /* else a trigger that turns false takes it back */
    bool values_at_trigger; /* values of the moment it was triggered, not of that
                               at which it happens */
    uint32_t first_assign, n_assigns; /* in network->assigns */
    uint32_t channel;
} rsp_event;

typedef struct rsp_after { /* becomes 1 `delay` after the action's first time */
    uint32_t action;
    rsp_expr delay; /* parameters only; >= 0 */
} rsp_after;

typedef struct rsp_network {
    const char *name, *title;
    const rsp_node *nodes;         uint32_t n_nodes;
    const rsp_root *roots;         uint32_t n_roots;
    const rsp_param *params;       uint32_t n_params;
    const rsp_derived *derived;    uint32_t n_derived;
    const rsp_input *inputs;       uint32_t n_inputs;
    const rsp_species *species;    uint32_t n_species;
    const rsp_reaction *reactions; uint32_t n_reactions;
    const rsp_change *changes;     uint32_t n_changes;
    const rsp_observable *observables; uint32_t n_observables;
    const rsp_action *actions;     uint32_t n_actions;
    const rsp_assign *assigns;     uint32_t n_assigns;
    const rsp_after *afters;       uint32_t n_afters;
    const rsp_event *events;       uint32_t n_events;
    const rsp_expr *givens;        uint32_t n_givens; /* of parameters alone */
    const rsp_population *populations; uint32_t n_populations;
    const char *const *warnings;   uint32_t n_warnings; /* "file:line:col: ..." */
    const char *const *files;      uint32_t n_files;    /* all that were read */
    char sha256[65]; /* of the files' bytes, in order of reading */
    /* Amounts and rates below zero have a meaning (SBML): where everything is
     * continuous they are followed there; a method that counts keeps its floor and
     * refuses such rates. */
    bool any_sign;
} rsp_network;

/* ---- Loading. */
typedef struct rsp_model rsp_model;

/* Where models come from: a path, or the name of a shipped model ("hiv_car_t").
 * `dir` (may be NULL) is searched first: dir/NAME, dir/NAME.rsp,
 * dir/../models/NAME.rsp, then ./models/NAME.rsp, then the texts built into the
 * program.  Includes are looked for beside the including file.
 * On error *model is NULL and err says file:line:column and the mend. */
RSP_MUST_USE rsp_status rsp_model_load(const char *name, const char *dir,
                                       rsp_model **model, rsp_error *err);
/* From text; `source` names it in messages; includes are not allowed. */
RSP_MUST_USE rsp_status rsp_model_parse(const char *text, const char *source,
                                        rsp_model **model, rsp_error *err);
void rsp_model_free(rsp_model *model);
const rsp_network *rsp_model_network(const rsp_model *model);

/* Index of a name, or -1. */
int rsp_network_param(const rsp_network *net, const char *name);
int rsp_network_input(const rsp_network *net, const char *name);
int rsp_network_species(const rsp_network *net, const char *name);
int rsp_network_observable(const rsp_network *net, const char *name);
int rsp_network_action(const rsp_network *net, const char *name);

/* Equations as text; parameter table with unit, levels of variability, source
 * and status; derived values apart. */
void rsp_model_show(const rsp_model *model, FILE *out);

/* ---- Units. */
typedef struct rsp_unit {
    double factor;       /* to base units */
    signed char power[16]; /* day, cell, copies, mL, ug, molecule, ... */
} rsp_unit;
/* "1/day", "copies/mL", "cells/uL", "%", "week", "copies/1e6 cells".
 * Plural forms of cell, day, week, month, year are known. Standard units only
 * (no model's own). */
RSP_MUST_USE rsp_status rsp_unit_parse(const char *text, rsp_unit *unit,
                                       rsp_error *err);
bool rsp_unit_same(const rsp_unit *a, const rsp_unit *b); /* dimensions */

#endif
