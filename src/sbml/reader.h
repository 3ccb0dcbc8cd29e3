/* From an SBML document to a network: what the files of this folder share. */
#ifndef SBML_READER_H
#define SBML_READER_H

#include "model/build.h"
#include "sbml/document.h"

typedef enum quantity_kind {
    OF_A_COMPARTMENT, OF_A_SPECIES, OF_A_PARAMETER, OF_A_REACTION, OF_A_REFERENCE
} quantity_kind;

/* An expression that is worked out when first asked for. */
typedef struct lazy {
    rsp_expr e;
    unsigned char state; /* 0 not yet, 1 being worked out, 2 known */
} lazy;

/* Whatever an identifier stands for. */
typedef struct quantity {
    quantity_kind kind;
    const char *id, *name;
    const char *as;          /* its name in the network */
    const sbml_ours *ours;   /* NULL: none */
    sbml_place place;
    bool has_value, boundary, only_amount, frozen;
    double value;             /* of a species: amount or concentration */
    bool value_is_amount;
    const sbml_formula *initial, *assigned, *rate; /* NULL: none */
    const sbml_reaction *reaction;
    uint32_t compartment;     /* of a species */
    uint32_t state;           /* species of the network, or NONE */
    uint32_t param;           /* parameter of the network, or NONE */
    bool reacts;              /* a reaction changes it */
    bool by_event;            /* an event gives it values */
    double factor;            /* conversion factor of a species */
    lazy now, start;          /* symbol's value; `start`: at time 0 */
} quantity;

#define NONE UINT32_MAX

typedef struct scope { /* names that mean something here alone */
    const char *name;
    rsp_expr e;
    const struct scope *next;
} scope;

typedef struct reader {
    builder b;               /* lists, pool and arena of the model language */
    const sbml_document *doc;
    const char *source, *text;
    quantity *all;
    uint32_t n_all;
    table ids;               /* into `all` */
    table functions;         /* into doc->functions */
    const sbml_reaction *scope_of; /* whose local parameters hold */
    const scope *locals;     /* of the law that is read */
    signed char *signs;      /* of nodes looked at so far */
    uint32_t n_signs;
    size_t cap_signs;
    int depth;
} reader;

rsp_status reader_fail_at(reader *r, sbml_place place, rsp_status code, const char *fmt,
                          ...) RSP_PRINTF(4, 5);

/* ---- math.c: a formula in the pool. `start`: at time 0. */
RSP_MUST_USE rsp_status math_eval(reader *r, const sbml_formula *f, bool start,
                                  const scope *names, rsp_expr *out);

/* ---- functions.c: what the pool has no operation for, written with those it has.
 * args of MATH_SIN ... MATH_ACOTH, MATH_FACTORIAL, MATH_ROOT and the like. */
rsp_expr math_function(pool *p, sbml_op op, const rsp_expr *arg, uint32_t n);

/* ---- quantity.c: what identifiers stand for. */
RSP_MUST_USE rsp_status quantities_read(reader *r);
quantity *quantity_find(reader *r, const char *id); /* NULL: none */
/* The value of its symbol; `start`: at time 0, from parameters alone. */
RSP_MUST_USE rsp_status quantity_value(reader *r, quantity *q, sbml_place place, bool start,
                                       rsp_expr *out);
RSP_MUST_USE rsp_status quantity_amount(reader *r, quantity *q, sbml_place place,
                                        bool start, rsp_expr *out);
/* Time derivative of its symbol. */
RSP_MUST_USE rsp_status quantity_rate(reader *r, quantity *q, sbml_place place,
                                      rsp_expr *out);
bool quantity_changes(const quantity *q); /* by a rule, a reaction or an event */
/* A stoichiometry or conversion factor: a number. */
RSP_MUST_USE rsp_status reference_number(reader *r, const sbml_reference *ref, double *out);

/* ---- sign.c */
/* law = forward - backward, both never below zero for amounts and parameters as
 * they are given; false: no such parts are seen. */
bool law_split(reader *r, rsp_expr law, rsp_expr *forward, rsp_expr *backward);

/* ---- network.c: the lists of the network. */
RSP_MUST_USE rsp_status network_write(reader *r);
/* ---- event.c */
RSP_MUST_USE rsp_status events_write(reader *r);

/* ---- show.c: statements, for `respite show`. */
RSP_MUST_USE rsp_status statements_write(reader *r);

#endif
