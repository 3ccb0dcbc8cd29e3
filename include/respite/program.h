/* A lowered program: what the bytecode machine runs and the C emitter prints.
 *
 * One network gives one program: a list of instructions over rows of lanes,
 * in sections.  Values that do not change during a participant's run are
 * computed once ("hoisted").  The bytecode machine and the emitted C execute
 * the same instructions in the same order, so they agree bit for bit.
 *
 * A row holds one double for each lane of a block: row[l], l < width, 64-byte
 * aligned; width is a multiple of 8.  Lanes never mix: no instruction moves a
 * value between lanes, so packing cannot change a bit.
 *
 * Ownership: a program borrows its network, which must outlive it.
 * Threads: a program is immutable; each thread needs its own rsp_frame. */
#ifndef RESPITE_PROGRAM_H
#define RESPITE_PROGRAM_H

#include "respite/network.h"

typedef struct rsp_instr {
    uint16_t op;         /* rsp_op, after CONST..ROOTVAR have become rows */
    uint32_t to, a, b, c; /* rows of the frame; for ROOT: a = row of low,
                             b = row of high, c = root; see rsp_root_code */
} rsp_instr;

/* The body that computes f from the unknown.  A root that fails (an end not
 * finite, f not a number, no change of sign) leaves NaN in its row: after `prepare` look
 * there for the participant's failed root.  A nested root has no row of its
 * own (UINT32_MAX): its failure makes the surrounding one NaN. */
typedef struct rsp_root_code {
    uint32_t first, n;       /* instructions program->code[first ..] */
    uint32_t unknown, f;     /* rows */
    uint32_t solution;       /* row after `prepare`; UINT32_MAX: unused, nested */
} rsp_root_code;

typedef struct rsp_section {
    const rsp_instr *code;
    uint32_t n;
} rsp_section;

/* The derivatives of the deterministic equations f_s = drift of s + sum over
 * reactions of change * rate, where they are not zero for all states.  A slope
 * that is infinite where it is taken is given as 0. */
typedef struct rsp_jacobian {
    bool known;             /* false: millions of entries, and none is given */
    uint32_t n;
    const uint32_t *first;  /* [n_species + 1] entries of each f_s */
    const uint32_t *column; /* [n] the species; ascending within a row */
    const uint32_t *row;    /* [n] row of the frame after `jacobian` */
    const uint32_t *by_time; /* [n_species] row of df_s/dt; UINT32_MAX: zero */
} rsp_jacobian;

/* A value at whose sign a condition changes: of `a < b` the sign of a - b.  Only
 * conditions that may change while a participant runs have one: those of triggers;
 * and those of rates that depend on time, inputs and parameters alone, where rates
 * may jump or turn at times that can be told ahead. */
typedef enum rsp_guard_kind {
    RSP_GUARD_BELOW,  /* holds where the value is below 0 */
    RSP_GUARD_UP_TO,  /* below 0 or 0 */
    RSP_GUARD_EQUAL,  /* 0; or, of !=, anything else */
    RSP_GUARD_WHOLE,  /* a whole number: the condition is which one */
    RSP_GUARD_TRUTH   /* the truth of a trigger itself: 0 or not */
} rsp_guard_kind;

typedef struct rsp_guard {
    rsp_guard_kind kind;
    uint32_t row; /* of the frame after `watch` */
    bool moves;   /* depends on time or a species that may flow */
    bool ahead;   /* rates read it, and no species is in it */
} rsp_guard;

typedef struct rsp_program {
    const rsp_network *net;
    uint32_t n_rows;
    /* First row of each group in the frame; group sizes are those of the
     * network.  `constants` rows are filled when a frame is made. */
    uint32_t constants, n_constants;
    const double *constant_values;
    uint32_t params, inputs, species, time, afters, sinces, arg;
    uint32_t temporaries; /* rows from here on are any section's scratch */
    const rsp_instr *code; /* all sections and bodies of roots */
    uint32_t n_code;
    /* Outputs: row of each value after its section has run.  Rows may be shared:
     * with a constant, a parameter, a species, or one another, so read all
     * `assigned` rows before writing a target.  An output stays until its own
     * section runs again; no section writes another's outputs. */
    const uint32_t *rate;      /* [n_reactions] after `rates` */
    const uint32_t *drift;     /* [n_species] after `rates`; UINT32_MAX: none */
    const uint32_t *initial_a, *initial_b; /* [n_species] after `prepare`; b may
                                              be UINT32_MAX */
    const uint32_t *observed;  /* [n_observables] after `observe` */
    const uint32_t *delay;     /* [n_afters] after `prepare` */
    const uint32_t *derived;   /* [n_derived]: constant ones after `prepare`,
                                  UINT32_MAX for the others */
    const uint32_t *given;     /* [n_givens] after `prepare` */
    const uint32_t *assigned;  /* [n_assigns] after `act` */
    const uint32_t *scale;     /* [n_assigns] after `act`; UINT32_MAX: none */
    const uint32_t *trigger;   /* [n_events] after `watch` */
    const uint32_t *event_delay;    /* [n_events] after `act`; UINT32_MAX: none */
    const uint32_t *event_priority; /* [n_events] the same */
    const rsp_guard *guards;   /* [n_guards] of all triggers */
    uint32_t n_guards;
    rsp_section prepare;  /* once a participant: hoisted values, initial values */
    rsp_section rates;    /* at each stage */
    /* It comes in stretches of instructions that are idle together: where their species
     * are absent all they give is zero, or used by nothing that is not zero.  A value that
     * may be zero so and is read in another stretch has a row of its own, where its zero
     * stands. */
    const uint32_t *stretch; /* [n_stretches + 1] first instruction of rates.code */
    uint32_t n_stretches;
    rsp_section observe;  /* when read */
    rsp_section act;      /* all actions' and events' values, from the state before */
    rsp_section watch;    /* triggers of events, guards of their conditions */
    rsp_section jacobian; /* at the start of an implicit step; needs no `rates` */
    rsp_jacobian df;
    const rsp_root_code *roots; /* [n_roots] */
    char sha256[65]; /* names the program: equal text, equal bits */
} rsp_program;

/* RSP_RANGE where an initial value, a delay or a root depends on the state. */
RSP_MUST_USE rsp_status rsp_program_new(const rsp_network *net,
                                        rsp_program **program, rsp_error *err);
void rsp_program_free(rsp_program *program);

/* A frame: the rows of one block of lanes. */
typedef struct rsp_frame {
    uint32_t width; /* all rows but the constants start as zero */
    double *rows; /* [n_rows * width]; row r starts at rows + r * width */
} rsp_frame;

/* The code that runs a program: bytecode, or functions that the C emitter made
 * and the build compiled (found by the program's sha256).  Each runs one
 * section over all lanes of the frame. */
typedef enum rsp_run { RSP_RUN_PREPARE, RSP_RUN_RATES, RSP_RUN_OBSERVE,
                       RSP_RUN_ACT, RSP_RUN_JACOBIAN, RSP_RUN_WATCH } rsp_run;
/* One stage of a Rosenbrock method for eight lanes of a wide frame: what is solved for,
 * given the rates.  Rows of the frame are as wide as it, others eight. */
typedef struct rsp_stage {
    const double *rows;  /* the frame, from the first of the lanes */
    const double *slope; /* [n_species] derivatives, in rows as the frame's; NULL: by rates */
    const double *lu;    /* the eliminated matrix, by slot of its plan */
    const double *by_time; /* [n_species] df/dt; NULL: zero */
    double *const *u;    /* of each stage [n_species], `offset` doubles further on */
    size_t offset;
    uint32_t stage;
    const double *g;     /* [stage] weights of the stages so far */
    double d;            /* of df/dt */
    const double *h;     /* steps of the lanes, day */
} rsp_stage;
/* A whole step of two times eight lanes, of equations in which time is not.  Rows of the
 * frame are as wide as it, so are `x` and `slope`; rows of u and end eight, all of the first
 * eight lanes before those of the others; each other row is sixteen. */
typedef struct rsp_whole {
    double *rows;          /* from the first lane on, as all */
    const double *x;       /* [n_species] at the start */
    double *slope;         /* [n_species] the derivatives there */
    double *lowest;        /* least rate there; 0 where all is above, or any sign is meant */
    double *const *u;      /* of each stage [n_species] */
    double *end;           /* [n_species] the solution */
    uint32_t stages, tail; /* from `tail` on places are sums that go on */
    const double *a, *g;   /* [stages][apart] weights of the stages so far */
    size_t apart;
    const double *h, *shift, *on; /* steps; what is added to the diagonal; 1: a lane steps */
    const double *floor;   /* [n_species] */
    double rtol, atol;
    double far;            /* h times the diagonal's largest entry that is enough ... */
    bool skims;            /* ... for not storing the Jacobian's rows */
    bool *stores;          /* they were stored */
    double *most;          /* the diagonal's largest entry */
    double *squares, *worst; /* of the errors over tolerance: their squares' sum, the largest */
} rsp_whole;
typedef struct rsp_machine {
    const rsp_program *program;
    uint32_t width;     /* lanes that it wants: 8 compiled, 32 bytecode */
    const char *kind;   /* "compiled" or "bytecode" */
    void (*run)(const struct rsp_machine *machine, rsp_run what, double *rows);
    /* The same for eight lanes: rows points at the first of them in row 0. */
    void (*run_eight)(const struct rsp_machine *machine, rsp_run what, double *rows);
    /* Of the rates the stretches that are `live`; of all lanes or of eight. */
    void (*run_live)(const struct rsp_machine *machine, const bool *live, double *rows,
                     bool all);
    const void *compiled; /* private, as are these */
    void (*interpret)(const struct rsp_machine *machine, rsp_run what, double *rows);
    void (*interpret_eight)(const struct rsp_machine *machine, rsp_run what, double *rows);
    /* NULL, both: this code has none.  The first takes the Jacobian's rows and what
     * is added to the diagonal of its negative. */
    void (*eliminate)(const double *rows, const double *shift, double *lu);
    void (*solve)(const rsp_stage *stage);
    void (*step)(const rsp_whole *whole); /* NULL: none */
} rsp_machine;
/* Best code for this program and processor; `interpret` insists on bytecode.
 * A caller may set another `width` (a multiple of 8) on a bytecode machine
 * before it makes frames; compiled code has width 8. */
rsp_machine rsp_machine_for(const rsp_program *program, bool interpret);
/* The same code over wide frames, of 32 lanes or 16, for loops that are faster over many lanes at
 * once than in a small cache; the machine as it is where its code cannot. */
rsp_machine rsp_machine_widened(rsp_machine machine);

/* Code of one program that the system's C compiler ($CC, else cc) makes here and
 * now, for the instruction set in use, with the bits of the bytecode.
 * RSP_UNSUPPORTED, with a mend, where there is no compiler; RSP_WRITE where there is
 * no place ($TMPDIR, else /tmp) for its files, of which none stays. */
typedef struct rsp_shared rsp_shared;
RSP_MUST_USE rsp_status rsp_program_compile(const rsp_program *program,
                                            rsp_shared **shared, rsp_error *err);
void rsp_shared_free(rsp_shared *shared);
/* Any number of machines may run it, in any thread, until it is freed. */
rsp_machine rsp_machine_of(const rsp_program *program, const rsp_shared *shared);

RSP_MUST_USE rsp_status rsp_frame_new(const rsp_machine *machine,
                                      rsp_frame *frame, rsp_error *err);
void rsp_frame_free(rsp_frame *frame);

/* Print the program as C: static functions behind one table,
 * rsp_model_<id>_<isa>, for compilation once per instruction set (RSP_ISA names
 * it) with src/ in the include path.  `id` is a C identifier (else RSP_NAME). */
RSP_MUST_USE rsp_status rsp_program_emit(const rsp_program *program,
                                         const char *id, FILE *out,
                                         rsp_error *err);

#endif
