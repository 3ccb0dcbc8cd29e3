/* An SBML document as plain data: what libsbml read, with the defaults of its
 * level filled in, and mathematics as trees.  Everything lives in an arena. */
#ifndef SBML_DOCUMENT_H
#define SBML_DOCUMENT_H

#include "respite/core.h"

typedef enum sbml_op {
    MATH_NUMBER, /* value */
    MATH_NAME,   /* name */
    MATH_CALL,   /* name: a function definition */
    MATH_TIME,
    MATH_RATE_OF,
    MATH_DELAY,
    MATH_OTHER,  /* name: what this reader does not know */
    MATH_PIECEWISE, /* value, condition, ... [otherwise] */
    MATH_PLUS, MATH_MINUS, MATH_TIMES, MATH_DIVIDE, MATH_POWER,
    MATH_ROOT, /* degree, x */
    MATH_LOG,  /* base, x */
    MATH_LN, MATH_EXP, MATH_ABS, MATH_FLOOR, MATH_CEILING, MATH_FACTORIAL,
    MATH_MIN, MATH_MAX, MATH_QUOTIENT, MATH_REM,
    MATH_AND, MATH_OR, MATH_XOR, MATH_NOT, MATH_IMPLIES,
    MATH_EQ, MATH_NE, MATH_LT, MATH_LE, MATH_GT, MATH_GE,
    MATH_SIN, MATH_COS, MATH_TAN, MATH_SEC, MATH_CSC, MATH_COT,
    MATH_SINH, MATH_COSH, MATH_TANH, MATH_SECH, MATH_CSCH, MATH_COTH,
    MATH_ASIN, MATH_ACOS, MATH_ATAN, MATH_ASEC, MATH_ACSC, MATH_ACOT,
    MATH_ASINH, MATH_ACOSH, MATH_ATANH, MATH_ASECH, MATH_ACSCH, MATH_ACOTH
} sbml_op;

typedef struct sbml_math {
    sbml_op op;
    double value;
    const char *name;
    const struct sbml_math *const *part;
    uint32_t n;
} sbml_math;

typedef struct sbml_place {
    uint32_t line, column;
} sbml_place;

typedef struct sbml_formula { /* math NULL: none */
    const sbml_math *math;
    const char *text; /* as a person writes it */
    sbml_place place;
} sbml_formula;

/* Our own annotation: what a network knows of something and SBML has no word for. */
typedef enum sbml_say { SAYS_NOTHING, SAYS_NO, SAYS_YES } sbml_say;

#define SBML_OURS "urn:respite:network:1" /* its namespace */

typedef struct sbml_ours {
    const char *name;    /* of the network; "": the identifier */
    sbml_say continuous; /* a species that is no count */
    sbml_say one_way;    /* a law that is not to be split in two */
    sbml_say column;     /* of a rule: printed beside the species */
    sbml_say any_sign;   /* of the model */
    const char *unit;    /* of a species, as it is shown; "": none */
    const char *draw, *a, *b; /* how an initial amount is drawn; "": it is not */
} sbml_ours;

typedef struct sbml_compartment {
    const char *id, *name;
    sbml_place place;
    bool has_size, constant, point; /* point: no dimensions, so no size */
    double size;
} sbml_compartment;

typedef struct sbml_species {
    const char *id, *name, *compartment, *factor; /* factor "": none of its own */
    sbml_place place;
    bool has_amount, has_concentration, only_substance, boundary, constant;
    double initial;
    sbml_ours ours;
} sbml_species;

typedef struct sbml_parameter {
    const char *id, *name;
    sbml_place place;
    bool has_value, constant;
    double value;
    sbml_ours ours;
} sbml_parameter;

typedef struct sbml_function {
    const char *id;
    sbml_place place;
    const char *const *argument;
    uint32_t n_arguments;
    const sbml_math *body;
} sbml_function;

typedef struct sbml_assignment { /* initial assignment or rule */
    const char *symbol;
    sbml_formula formula;
} sbml_assignment;

typedef struct sbml_reference {
    const char *id, *species;
    sbml_place place;
    bool has_stoichiometry;
    double stoichiometry;
    sbml_formula formula; /* Level 2: stoichiometryMath */
} sbml_reference;

typedef struct sbml_reaction {
    const char *id, *name;
    sbml_place place;
    bool fast;
    const sbml_reference *reactants, *products;
    uint32_t n_reactants, n_products;
    const sbml_parameter *locals;
    uint32_t n_locals;
    sbml_formula law;
    sbml_ours ours;
} sbml_reaction;

typedef struct sbml_event {
    const char *id, *name;
    sbml_place place;
    sbml_formula trigger, delay, priority; /* math NULL: none */
    bool initial_value, persistent, values_at_trigger;
    const sbml_assignment *assignments;
    uint32_t n_assignments;
    sbml_ours ours;
} sbml_event;

typedef struct sbml_remark { /* what is read past, or cannot be */
    const char *text;
    sbml_place place;
} sbml_remark;

typedef struct sbml_document {
    const char *id, *name, *factor; /* factor: the model's; "" where none */
    sbml_place place;
    sbml_ours ours;
    unsigned level, version;
    const sbml_compartment *compartments; uint32_t n_compartments;
    const sbml_species *species;          uint32_t n_species;
    const sbml_parameter *parameters;     uint32_t n_parameters;
    const sbml_function *functions;       uint32_t n_functions;
    const sbml_assignment *initials;      uint32_t n_initials;
    const sbml_assignment *assigned;      uint32_t n_assigned; /* rules */
    const sbml_assignment *rates;         uint32_t n_rates;    /* rules */
    const sbml_reaction *reactions;       uint32_t n_reactions;
    const sbml_event *events;             uint32_t n_events;
    const sbml_remark *warnings;          uint32_t n_warnings;
    sbml_remark refused; /* text NULL: nothing is */
} sbml_document;

/* document.c, or absent.c where the build has no libsbml. RSP_SYNTAX where the
 * text is no valid SBML. */
bool sbml_document_built(void);
RSP_MUST_USE rsp_status sbml_document_read(rsp_arena *arena, const char *text,
                                           const char *source, sbml_document *out,
                                           rsp_error *err);

/* ---- xml.c: libsbml calls itself for each level of a text. */
enum { XML_DEEPEST = 2000 };
/* Whether elements are nested deeper, and at which line first. */
bool xml_is_too_deep(const char *text, uint32_t *line);

#endif
