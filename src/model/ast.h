/* What the parser makes of a model's text: statements and expressions as
 * written, names not yet looked up.  Everything lives in the model's arena. */
#ifndef MODEL_AST_H
#define MODEL_AST_H

#include "model/lexer.h"
#include "respite/network.h"

typedef struct ast_place {
    const source_text *src;
    uint32_t line, column;
} ast_place;

/* An index between brackets: a name, "n279+v5", or ":". */
typedef struct ast_slot {
    const char *name;
    ast_place place;
} ast_slot;

/* "s in strain"; `in` NULL: to be inferred from the use of `name`. */
typedef struct ast_binder {
    const char *name, *in;
    ast_place place;
} ast_binder;

typedef enum ast_kind {
    AST_NUMBER, /* value */
    AST_NAME,   /* name, slots */
    AST_CALL,   /* name, parts: arguments */
    AST_UNARY,  /* name "-" or "not" */
    AST_BINARY, /* name, two parts */
    AST_IF,     /* three parts */
    AST_SUM, AST_PRODUCT, AST_LEAST, AST_MOST, /* binders, one part */
    AST_ROOT,   /* name, parts: low, high, f */
    AST_MEAN    /* name, parts: median, sd10, body; value: nodes */
} ast_kind;

enum { N_OWN = 3 };

typedef struct ast_expr {
    ast_kind kind;
    ast_place place;
    const char *name;
    double value;
    const struct ast_expr *const *parts;
    const struct ast_expr *own[N_OWN]; /* where parts point when they are few */
    uint32_t n_parts;
    const ast_slot *slots;
    uint32_t n_slots;
    const ast_binder *binders;
    uint32_t n_binders;
} ast_expr;

typedef enum ast_what {
    AST_MODEL, AST_TIME, AST_INCLUDE, AST_UNIT, AST_INDEX, AST_PARAMETER, AST_LET,
    AST_INPUT, AST_SPECIES, AST_INITIAL, AST_RATE, AST_REACTION, AST_OBSERVE,
    AST_ACTION, AST_EVENT, AST_POPULATION,
    AST_DEFAULT /* read as a let that yields */
} ast_what;

typedef struct ast_value { /* a member's value in {a: 1, b: 2} */
    const char *member;
    double value;
    ast_place place;
} ast_value;

typedef struct ast_dist {
    rsp_dist_kind kind;
    double a, b;
    bool has_ends; /* uniform and log-uniform: a .. b are given */
    bool by_cv;    /* lognormal: a is the CV, not the SD of log10 */
    const char *text;
} ast_dist;

typedef struct ast_term { /* 2 A[x] */
    double count;
    const char *name;
    const ast_slot *slots;
    uint32_t n_slots;
    ast_place place;
} ast_term;

typedef struct ast_assign {
    ast_term target;
    bool adds;
    const ast_expr *value;
} ast_assign;

typedef struct ast_population { /* what a statement says of clones */
    double clones;
    double every;          /* 0: not given */
    const char *every_unit;
    const ast_expr *size, *spread, *genotype, *birth, *death; /* NULL: not given */
    ast_place every_place, genotype_place;
} ast_population;

typedef struct ast_statement {
    ast_what what;
    ast_place place, name_place;
    const char *name;
    const char *text;      /* as written, comments and all */
    const ast_binder *binders; /* or the declared indices */
    uint32_t n_binders;
    const char *unit;      /* NULL: none given */
    ast_place unit_place;
    const char *meaning, *source;
    rsp_knowledge status;
    bool has_status;
    /* parameter, input */
    double value;
    const ast_value *values;
    uint32_t n_values;
    ast_dist between, uncertain;
    bool has_range, whole; /* whole: whole numbers alone */
    double low, high;
    /* species */
    bool continuous;
    /* index */
    const char *const *members;
    uint32_t n_members;
    const char *subsets_of;
    const struct ast_population *population;
    bool yields; /* default let: only where nothing else declares the name */
    /* let, initial, rate, reaction (rate), observe */
    const ast_expr *expr;
    rsp_draw_kind draw;    /* initial */
    const ast_expr *second;
    /* reaction */
    const ast_term *left, *right;
    uint32_t n_left, n_right;
    const char *drawn;     /* with s' from Q[s,:] */
    const ast_expr *from;
    /* event: expr is the condition, second the delay */
    const ast_expr *priority;
    bool trigger_before, persistent, from_trigger;
    /* action, event */
    const char *arg;
    const ast_assign *assigns;
    uint32_t n_assigns;
} ast_statement;

typedef struct ast_file {
    const ast_statement *statements;
    uint32_t n;
} ast_file;

/* Parse one text. `arena` keeps everything, the tokens are freed. */
RSP_MUST_USE rsp_status ast_parse(rsp_arena *arena, const source_text *src,
                                  ast_file *file, rsp_error *err);
/* The clause (source, range, ...) that a word is nearly, or NULL. */
const char *ast_near_clause(const char *word);
rsp_status ast_fail(rsp_error *err, const ast_place *place, rsp_status code,
                    const char *fmt, ...) RSP_PRINTF(4, 5);

#endif
