/* A block of lanes: the state of `width` participants at once, and the loops
 * over it that are compiled once for each instruction set.
 *
 * Arrays are rows of `width` doubles, 64-byte aligned, in chunks of eight
 * lanes.  No loop moves a value between lanes.  Lists name the rows that some
 * lane of a chunk uses, in ascending order; to the other lanes they add exact
 * zeros.  So neither width nor packing changes a bit. */
#ifndef RSP_SIM_BLOCK_H
#define RSP_SIM_BLOCK_H

#include "num/isa.h"
#include "respite/program.h"
#include "sim/rosenbrock.h"
#include "model/sparse.h"
#include "sim/tableau.h"

enum { RSP_CHUNK = 8 };

/* An error of rtol of so many times the noise of a species that leaps is as good as
 * one of rtol of its amount. */
#define RSP_NOISE_SIZE 50
/* And one of rtol of so many firings in what a step expects of them. */
#define RSP_FIRING_SIZE 10

/* Of species that relax: see measure_haste. */
#define RSP_RELAX_HASTE 0.1
/* Where its amount changes faster than RSP_SETTLED of its rate of loss, RSP_SETTLE_HASTE of
 * that; else RSP_SETTLED of how fast it does. */
#define RSP_SETTLE_HASTE 0.6
#define RSP_SETTLED 0.4
#define RSP_RELAX_NOISE 0.36
/* Where one is read in proportion it leaps from so much of what others do. */
#define RSP_SOONER 0.5

/* Of a species that relaxes within a step: its rate of loss, 1/day, as found and as the step
 * goes by it; slope and bend of its drive as the last step left them, 1/day^2 and 1/day^3;
 * what moves the third stage by the start, and how much of what the drive turned by the
 * second; how much of the drive's bend moves the end. */
enum { RSP_FADE_RATE, RSP_FADE_USED, RSP_FADE_SLOPE, RSP_FADE_BEND, RSP_FADE_START,
       RSP_FADE_TURN, RSP_FADE_THIRD, RSP_FADES };

typedef enum rsp_regime {
    RSP_REGIME_ODE, RSP_REGIME_LEAP, RSP_REGIME_BURST, RSP_REGIME_EXACT
} rsp_regime;

typedef struct rsp_term { /* one entry of a sparse sum */
    uint32_t index;
    double amount;
} rsp_term;

/* The reactions' stoichiometry, from both sides. */
typedef struct rsp_stoich {
    uint32_t n_species, n_reactions, n_groups, n_terms;
    const uint32_t *by_species;   /* [n_species + 1] first term */
    const rsp_term *terms;        /* index = reaction */
    const uint32_t *by_reaction;  /* [n_reactions + 1] first change */
    const rsp_term *changes;      /* index = species */
    /* Reactions whose changes are equal up to sign share one source of leap
     * noise: sums of independent normals are normal. */
    const uint32_t *by_group;     /* [n_groups + 1] first member */
    const uint32_t *members;      /* reactions; the first names the stream */
    const double *member_sign;    /* 1: as the first's changes, -1: opposite */
    const uint32_t *group_of;     /* [n_reactions] */
    const bool *continuous;       /* [n_species] */
    const bool *deterministic;    /* [n_reactions] changes nothing discrete */
    const double *floor;          /* [n_species] 0, or -inf under a rate law */
    const bool *relaxes;          /* [n_species] see relax.c */
    const bool *driven_evenly;    /* [n_species] relaxes, and so does all that drives it */
    const bool *read_evenly;      /* [n_species] relaxes, and is read in proportion */
    const double *burst;          /* [n_species] largest change, or 1 where small */
} rsp_stoich;

typedef struct rsp_list {
    uint32_t *item;
    uint32_t n;
} rsp_list;

typedef struct rsp_use { /* what one chunk uses */
    rsp_list moving;  /* species that flow in some lane */
    uint32_t n_plain; /* so many of these by the tableau, the rest as in fade_loop.c */
    rsp_list flowing; /* reactions that flow in all lanes */
    rsp_list mixed;   /* reactions that flow in some lanes, fire in others */
    rsp_list exact;   /* reactions that fire in some lane */
    rsp_list noisy;   /* groups with leap noise in some lane */
    rsp_list counted; /* species in the leap regime in some lane */
    uint32_t *first;  /* [moving.n + 1] first term of each moving species */
    rsp_term *terms;  /* of reactions that are flowing or mixed */
} rsp_use;

/* What lanes that step implicitly have besides.  Rows are eight lanes wide and in
 * order of chunks: the row i of n of a chunk is at (chunk * n + i) * 8. */
typedef struct rsp_implicit {
    const rsp_rosenbrock *tab;
    rsp_sparse plan;
    double *lu;  /* [n_slots] */
    double *u[RSP_ROSENBROCK_STAGES]; /* [n_species] */
    double *by_time;                  /* [n_species] df/dt */
    double *end;                      /* [n_species] the place gone on with; the solution */
    double *right;                    /* [n_species] of one chunk */
    bool has_time;                    /* df/dt is not zero for all states */
    /* One row each, of the block's width. */
    double *on;  /* 1: the lane steps implicitly */
    double *h;   /* its step; 1 in the others */
    double *err, *grow; /* as the block's */
    double *norm;   /* a bound on the eigenvalues of J, 1/day */
    const uint32_t *diagonal; /* [n_species] rows of J's, or UINT32_MAX */
    bool skims;     /* `norm` may be less where either way no step is calm: march.c */
    double *strain; /* of explicit steps: (h eigenvalue)^2, estimated */
} rsp_implicit;

typedef struct rsp_lanes {
    /* Layout. */
    uint32_t width, n_chunks;
    const rsp_tableau *tab;
    rsp_stoich net;
    const rsp_program *program;
    rsp_machine machine;
    rsp_frame frame;
    bool stochastic; /* lanes may have exact or leap channels */
    bool any_sign;   /* rates and amounts below zero are followed */
    double rtol, atol, leap;
    uint64_t seed;
    rsp_use *use;    /* [n_chunks] */

    /* State, [n_species]. */
    double *x, *xn;              /* at the start and at the end of the step */
    double *low, *high;          /* regime bounds */
    double *k[RSP_STAGES_MAX];   /* deterministic time derivatives */
    double *last;                /* days of the lane's last explicit step; 0: forgotten */
    double *relax;               /* 1/day: rate of loss of one that relaxes */
    double *fades[RSP_FADES];    /* of one within a step: fade_loop.c */
    double *is_leap;             /* 1: its gross change is bounded; 8: eightfold */
    /* Channels, [n_reactions]. */
    double *flows, *fires;       /* 1 and 0, or 0 and 1 */
    double *a[RSP_STAGES_MAX];   /* rates of exact channels, else 0 */
    double *left;                /* internal time left to the next firing */
    /* Groups, [n_groups]. */
    double *leaps;               /* 1: has leap noise */
    double *gross[2];            /* sums of rates at stages 0 and 1 */
    double *tilt[2];             /* the same, opposite ones subtracted */
    double *pending;             /* variance not yet in x; < 0: in x ahead */
    double *skewed;              /* its third cumulant */
    /* One row each. */
    double *h;                   /* day */
    double *w[RSP_STAGES_MAX];   /* h times the weight of each stage */
    double *hazard[RSP_STAGES_MAX]; /* sum of a (1/day) */
    double *haste;               /* largest gross change over amount (1/day) */
    double *err;                 /* error over tolerance */
    double *grow;                /* err^(-1/root), of deterministic lanes */
    double *lowest;              /* lowest rate at stage 0 */
    double *select;              /* 1 where a lane takes part, else 0 */
    double *out;                 /* > 0: a species left its regime's bounds */
    double *leaping;             /* 1: the lane has a channel that leaps */
    double *cut, *firing;        /* the first firing: share of the step, reaction or -1 */
    double *part[2];             /* weights of stages 0 and 1 in these */
    double *taken;               /* share of the step that was taken */
    double *reading, *phi;       /* 1: is looked at, at the share phi of its step */
    bool *active;                /* [n_chunks] has a lane that steps the way in hand */
    double *scratch;             /* [n_reactions * 8] rates of a chunk */
    rsp_implicit *implicit;      /* NULL: all lanes step explicitly */
} rsp_lanes;

/* Up to eight looks into steps of lanes of one chunk. */
typedef struct rsp_looks {
    _Alignas(64) uint64_t lane[RSP_CHUNK]; /* of the chunk */
    _Alignas(64) double since[RSP_CHUNK];  /* days into its step */
    _Alignas(64) double whole[RSP_CHUNK];  /* days of it */
    uint32_t n;
} rsp_looks;

typedef struct rsp_kernel {
    /* Species rows of the frame: x. */
    void (*place_start)(rsp_lanes *b);
    /* After RSP_RUN_RATES at stage 0: k, a, hazard, gross, tilt, haste, lowest. With
     * a "first same as last", lanes whose select is 0 keep their k. */
    void (*begin)(rsp_lanes *b);
    /* Moving species of the frame at `stage`: x + sum_j w[j] k[j], j < stage. */
    void (*place)(rsp_lanes *b, uint32_t stage);
    /* After RSP_RUN_RATES: k[stage], a[stage], hazard[stage], gross[1], tilt[1]. */
    void (*derive)(rsp_lanes *b, uint32_t stage);
    /* w = h times a coefficient for each of n stages. */
    void (*weigh)(rsp_lanes *b, const double *coefficient, uint32_t n);
    /* err, and grow where nothing is random; w holds h e_i, the frame the last stage. */
    void (*judge)(rsp_lanes *b);
    /* grow from err. */
    void (*grow)(rsp_lanes *b);
    /* xn = x + sum w k of moving species. */
    void (*advance)(rsp_lanes *b);
    /* pending += part[0] gross[0] + part[1] gross[1], and skewed from tilt,
     * where select is 1. */
    void (*gather)(rsp_lanes *b);
    /* x = xn, not below the floor, where select is 1; out. With a "first same
     * as last", k[0] = the last k. */
    void (*settle)(rsp_lanes *b);
    /* implicit->strain from the last two stages of an explicit step. */
    void (*strain)(rsp_lanes *b);
} rsp_kernel;

/* Of the chunks whose lanes step implicitly. */
typedef struct rsp_implicit_kernel {
    /* After RSP_RUN_JACOBIAN at the start: W is assembled and eliminated. */
    void (*factor)(rsp_lanes *b);
    /* Moving species of the frame at `stage` > 0. */
    void (*place)(rsp_lanes *b, uint32_t stage);
    /* u of `stage` from the derivatives k[0] at stage 0, later from the frame's rates. */
    void (*solve)(rsp_lanes *b, uint32_t stage);
    /* implicit->end, err and grow. */
    void (*judge)(rsp_lanes *b);
    /* Of the active chunks by the machine's printed step, from x and implicit->h: what
     * begin, factor, solve and judge leave, and k[0], lowest. */
    void (*stride)(rsp_lanes *b);
    /* xn of the lanes that step implicitly. */
    void (*advance)(rsp_lanes *b);
} rsp_implicit_kernel;

typedef struct rsp_inside_kernel {
    /* Amounts of a deterministic lane at eight shares of its step, by the dense
     * output of its method, into x[n_species * 8]: share by share within a species. */
    void (*lane)(const rsp_lanes *b, uint32_t lane, const double *share, double *x);
    /* The same of eight lanes that step implicitly, each at a share of its own: lane by
     * lane within a species. */
    void (*chunk)(const rsp_lanes *b, uint32_t chunk, const double *share, double *x);
    /* The same of any eight looks at lanes of one chunk: look by look. */
    void (*looks)(const rsp_lanes *b, uint32_t chunk, const rsp_looks *looks, double *x);
    /* The same of lanes that step explicitly; what flows in none of them stays. */
    void (*moving)(const rsp_lanes *b, uint32_t chunk, const double *share, double *x);
} rsp_inside_kernel;

typedef struct rsp_cross_kernel {
    /* Of exact channels whose extent sum w a reaches `left`, where select is 1, the
     * first: cut, firing. */
    void (*cross)(rsp_lanes *b);
    /* left -= sum w a where select is 1. */
    void (*consume)(rsp_lanes *b);
} rsp_cross_kernel;

RSP_ISA_DECLARE_TABLE(rsp_kernel, rsp_kernel);
RSP_ISA_DECLARE_TABLE(rsp_implicit_kernel, rsp_implicit_kernel);
RSP_ISA_DECLARE_TABLE(rsp_inside_kernel, rsp_inside_kernel);
RSP_ISA_DECLARE_TABLE(rsp_cross_kernel, rsp_cross_kernel);

#endif
