/* Exact simulation, one participant at a time: the direct method with bounds
 * (Gillespie 1977; thinning, Lewis & Shedler 1979; Thanh, Priami & Zunino 2014).
 *
 * Every discrete species has a range around its amount, and every rate bounds
 * that hold while amounts stay in their ranges and the clock in its window.
 * Candidates come at the sum of the upper bounds; one is drawn by its share, and
 * fires with probability rate / upper bound.  That is exact for any rate law,
 * also one that changes with time; a rate is computed only where a draw falls
 * between its bounds, and bounds only where a species leaves its range.
 *
 * Candidate n of a participant uses block n of one stream, so that neither how
 * many are drawn ahead, nor a read, nor another participant changes a bit. */
#ifndef RSP_SIM_DIRECT_H
#define RSP_SIM_DIRECT_H

#include "num/isa.h"
#include <math.h>

#include "respite/core.h"
#include "respite/program.h"
#include "sim/bounds.h"

enum {
    RSP_DIRECT_AHEAD = 256, /* candidates drawn at once, at most */
    RSP_NODE = 8,           /* children of a node of the tree of sums */
    RSP_DIRECT_LEVELS = 10
};

/* What an event changes; the first two in place, more in `changes`. */
typedef struct rsp_effect {
    uint32_t slot[2]; /* one that no rate reads where there is no second */
    double amount[2];
    uint32_t n_more, more;
} rsp_effect;

/* Lists [first[i] .. first[i + 1]) of item. */
typedef struct rsp_lists {
    uint32_t *first, *item;
} rsp_lists;

/* A tree over the channels' upper bounds.  Node i of level v has the children
 * 8 i .. 8 i + 7 of the level below (channels under level 0): before[8 i + j] is the
 * sum of the first j, whole[i] that of all. */
typedef struct rsp_sums {
    uint32_t n_levels;
    uint32_t n[RSP_DIRECT_LEVELS]; /* nodes */
    double *before[RSP_DIRECT_LEVELS], *whole[RSP_DIRECT_LEVELS];
    bool *stale[RSP_DIRECT_LEVELS];
} rsp_sums;

typedef enum rsp_direct_pause {
    RSP_PAUSE_DRAW,    /* no candidate is left */
    RSP_PAUSE_HORIZON, /* the next candidate is not before the horizon */
    RSP_PAUSE_LEFT,    /* species of event `fired` may have left their ranges */
    RSP_PAUSE_INVALID  /* the rate of channel `fired` is no rate */
} rsp_direct_pause;

typedef struct rsp_direct {
    /* The rates as code in which every value has a slot of its own: species by
     * their number, one that is read by nothing, time, days since each action,
     * other rows of the frame, then results. */
    uint32_t n_slots, n_leaves, n_code;
    uint32_t *leaf_row;     /* [n_leaves]; UINT32_MAX: none */
    rsp_instr *code;        /* [n_code] */
    double *value;          /* [n_slots]; the state, too */
    rsp_range *range;       /* [n_slots] */
    uint32_t nowhere, time, since; /* slots; of the first of n_since actions */
    uint32_t n_since;
    const double *last;     /* [n_since] day of each action; NaN: never */
    bool timed;             /* some rate changes with time */

    /* Channels: the reactions that change something. */
    uint32_t n_species, n_channels;
    uint32_t *reaction;     /* [n_channels] */
    uint32_t *slot;         /* [n_channels] of the rate */
    bool *by_time;          /* [n_channels] */
    rsp_effect *effect;     /* [n_channels] */
    double *upper, *lower;  /* [n_channels], padded to whole nodes */
    rsp_sums sums;

    uint32_t *still;        /* instructions that neither amounts nor time move */
    uint32_t n_still;
    uint32_t *ticking;      /* instructions that time moves */
    uint32_t n_ticking;
    rsp_lists moved;        /* [n_species] instructions that a species moves */
    rsp_lists touched;      /* [n_species] channels */
    rsp_lists needs;        /* [n_channels] instructions behind its rate */
    rsp_lists reads;        /* [n_channels] species */

    /* Drawn ahead. */
    uint32_t n_drawn, i_drawn, batch;
    uint64_t next_index;    /* of the next candidate to draw */
    double t_drawn;         /* when candidates were last drawn */
    double *gap, *pick;     /* [RSP_DIRECT_AHEAD] unit exponential; uniform */

    /* The participant's run. */
    double t, horizon, mean_gap; /* 1 / sum of upper bounds */
    double window, window_end; /* bounds hold until then */
    bool stale_window;
    uint32_t fired;
    uint64_t n_events, n_refused, n_evaluated;
    uint64_t refused_before; /* the batch of candidates that is drawn */

    /* Scratch of the bounds. */
    double *width;          /* [n_species] half of its range */
    double *scale;          /* [n_species] of its width, where bounds were none */
    uint32_t *stack, n_stack; /* species whose range must be made anew */
    bool *on_stack;
    uint32_t *suspect, n_suspect; /* channels whose bounds may have changed */
    bool *is_suspect;
} rsp_direct;

/* Compiled once for each instruction set. */
typedef struct rsp_direct_kernel {
    /* Fill gap and pick with the next `batch` candidates. */
    void (*draw)(rsp_direct *d, uint64_t seed, uint32_t trial, uint32_t participant);
    /* Let candidates fire until something is to be done. */
    rsp_direct_pause (*advance)(rsp_direct *d);
} rsp_direct_kernel;

RSP_ISA_DECLARE_TABLE(rsp_direct_kernel, rsp_direct_kernel);

/* direct_plan.c: what depends on what. *d stays NULL where a model is too large
 * for that; false: no memory. */
bool rsp_direct_plan(const rsp_program *program, rsp_arena *arena, rsp_direct **d);

/* The clock's slots. */
static inline void rsp_direct_tick(rsp_direct *d, double t)
{
    d->value[d->time] = t;
    for (uint32_t i = 0; i < d->n_since; i++) {
        d->value[d->since + i] = isnan(d->last[i]) ? 1e9 : t - d->last[i];
    }
}

#endif
