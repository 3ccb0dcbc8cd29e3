/* What the files of the solver share. */
#ifndef RSP_SIM_INTERNAL_H
#define RSP_SIM_INTERNAL_H

#include <math.h>

#include "respite/num.h"
#include "respite/sim.h"
#include "sim/block.h"
#include "sim/direct.h"
#include "sim/draws.h"
#include "sim/fade.h"
#include "sim/march.h"

/* Actions that a client may have pending in one lane. */
enum { RSP_ADDED_MAX = 64 };
/* A larger change at once is a burst: its law is far from normal while the species
 * holds but a few of them. */
enum { RSP_SMALL_CHANGE = 2 };
/* A species that forgets less than so often in a leap counts as one that does not: of
 * a variance, a^2 / 6 is lost. */
#define RSP_FORGETS 0.05

/* A method: which tableau it steps with, and which regimes it knows.  One that
 * is not an explicit Runge-Kutta method would bring its own step here. */
typedef struct rsp_method_row {
    const char *name;
    const rsp_tableau *tab;
    bool random;       /* draws initial amounts, rounds, fires */
    bool always_exact; /* every discrete species, whatever its amount */
} rsp_method_row;

/* Of reactions that share their noise, by the first: what it changes, its channel, and
 * whether it is of a species that relaxes, which is then the only one. */
typedef struct rsp_group {
    const rsp_term *change, *end;
    uint32_t channel;
    bool relaxes;
} rsp_group;

/* The last draw of a group's leap noise, in standard deviations: the end of a
 * normal path, and what its skewness adds.  Variance 0: nothing to take back. */
typedef struct rsp_noise {
    double normal, skew, variance;
    double share;      /* of it, before its draw */
    double begin, drawn, end; /* days: from when it came to when it will have come */
    double fades;      /* how often a species that relaxes forgets it in these */
    double lack, rest; /* what x lacks at its start, and will at its end, of the group's */
    double left;       /* where it fades: what is left of its path at its end */
    uint32_t index;
    bool has_path; /* its path is known at the points of sim->path */
} rsp_noise;

typedef struct rsp_lane { /* one participant's clock */
    bool live, fresh; /* fresh: choose the step anew from the rates */
    bool same;        /* k[0] is that of the present state */
    bool look;        /* triggers must be looked at: at lane->t */
    bool dirty;       /* regimes must be looked at: species may have jumped */
    rsp_sim_job job;
    double t, t_next; /* now; the next time that ends a step */
    double h, wish;   /* this step; the step that its error would allow */
    double theta;     /* share of the step that was taken */
    bool land;        /* this step ends at t_next */
    bool jumps;       /* where rates do */
    bool accepted;
    bool stiff, next_stiff; /* steps implicitly; and will after this step */
    bool runs;        /* takes part in this step of the block */
    bool few;         /* hybrid: its events to come are few, all are exact */
    bool small;       /* nothing in it began beyond all noise */
    bool all_flow;    /* random, but nothing in it is at present: it may step implicitly */
    uint32_t calm, steep, mild; /* steps in a row that speak for the other way */
    bool enough;      /* the client wants no more of it */
    uint32_t fires;   /* reaction that ends the step, or UINT32_MAX */
    size_t i_action, i_read, i_stop;
    size_t n_added;
    uint32_t n_batch;  /* reads in sim->inside */
    double *after_at;  /* [n_afters] when it becomes 1; inf: unknown, -inf: done */
    double *last;      /* [n_actions] last time of it; NaN: never */
    double used;      /* gross change since x had all noise; < 0: ahead */
    double ahead;     /* days for which x has noise ahead */
    /* Reads inside a leap wait for its noise: time, number, amounts and each
     * group's variance by then. */
    double *held;
    size_t n_held, i_held, held_capacity; /* n, next to release; in doubles */
    bool draws;       /* its noise is being drawn */
    bool out;         /* a species left its regime's bounds in this step, or may have */
    bool ready;       /* the held amounts have their noise */
    bool pauses;      /* at the end of this leap regimes must be looked at */
    rsp_sim_counts counts;
    rsp_stop failed;   /* a failure: RSP_STOP_END while there is none */
    char reason[128];
    rsp_sim_action *added; /* [RSP_ADDED_MAX], in order of time */
} rsp_lane;

/* An instruction of the rates, as absence sees it. */
typedef struct rsp_idle_value {
    uint32_t operand[3]; /* whose states; 0: never zero */
    uint8_t op, risk;
} rsp_idle_value;

/* Which channels nothing present can make fire, and which rates need not be computed: see
 * absent.c. */
typedef struct rsp_absent {
    rsp_idle_value *value; /* [rates.n] */
    uint32_t *of_rate, *of_drift; /* [n_reactions] [n_species] state of each */
    bool *held;     /* [n_chunks][rates.n] zero, its row was seen to say so, and is idle since */
    uint32_t *first_use, *use;    /* [n_states + 1] of each state, instructions */
    uint32_t *stretch_of;         /* [n_states] n_stretches: in none */
    uint32_t *first_read, *read;  /* [n_stretches + 1] of each, states that others make */
    uint32_t n_states;            /* 1 + n_species + rates.n */
    uint8_t *state; /* [n_chunks][n_states] */
    uint32_t *queue;  /* [n_states] scratch */
    uint32_t *came;   /* [n_chunks][n_species] that were absent at the last look */
    uint32_t *n_came; /* [n_chunks] */
    bool *species;  /* [n_chunks][n_species] absent in all lanes */
    bool *live;     /* [n_chunks][n_stretches] of the rates: computed */
    bool *settled;  /* [n_chunks][n_stretches] all that is zero in it is held */
    bool *needed;   /* [n_stretches + 1] scratch: something in it is */
    uint32_t *n_live; /* [n_chunks] instructions in them */
    bool *left_out; /* [n_chunks][n_reactions] */
    bool *is_new;   /* [n_chunks] a participant came */
    bool *is_fresh; /* [n_chunks] and nothing is known of its states */
    bool *is_due;   /* [n_chunks] something is to be seen again */
    bool *leaps;    /* [n_groups] scratch: of one chunk */
    uint64_t steps;
} rsp_absent;

typedef struct rsp_events rsp_events;
typedef struct rsp_populations rsp_populations;

struct rsp_sim {
    const rsp_program *program;
    const rsp_network *net;
    rsp_sim_options options;
    rsp_sim_options sooner;   /* with the thresholds of what relaxes and is read in proportion */
    rsp_method_row method;
    uint64_t seed;
    rsp_arena *arena;
    const rsp_kernel *kernel;
    const rsp_implicit_kernel *implicit_kernel;
    const rsp_inside_kernel *inside_kernel;
    rsp_direct *direct;       /* NULL: all lanes step together */
    const rsp_direct_kernel *direct_kernel;
    rsp_absent absent;
    rsp_march march;
    const rsp_march_kernel *march_kernel;
    const rsp_draw_kernel *draw_kernel;
    const rsp_cross_kernel *cross_kernel;
    const rsp_fade_kernel *fade_kernel;
    uint32_t n_lanes;         /* filled at one time, from the first */
    bool marches;             /* lanes may march: see march.c */
    rsp_machine machine;
    rsp_lanes block;
    rsp_implicit implicit;
    rsp_lane *lanes;      /* [width] */
    uint32_t n_explicit, n_implicit; /* lanes that step so in this step */
    bool strains;         /* of the explicit ones one may step implicitly */
    uint8_t *regime;      /* [n_species * width] */
    uint32_t *fired;      /* [width][n_reactions] firings so far + 1 */
    uint32_t *rounded;    /* [width][n_species] */
    bool *turned;         /* [n_chunks] its implicit lanes step, the others wait */
    bool *relist;         /* [n_chunks] its lists are out of date */
    double *inside;       /* [width][n_species * 8] amounts at a batch of reads */
    bool observes;        /* the client looks at observables */
    bool *mark;           /* scratch, [n_reactions] */
    rsp_group *groups;    /* [n_groups] */
    rsp_noise *noise;     /* [width][n_groups] */
    double *path;         /* [width][n_groups][RSP_PATH_POINTS] */
    bool nomem;           /* held reads could not grow */
    uint64_t *leap_no;    /* [width] draws of leap noise so far */
    bool uses_time, uses_since;
    /* Prepared participants that wait for a lane. */
    rsp_frame ready;
    rsp_sim_job *ready_job;   /* [width] */
    uint32_t n_ready, i_ready;
    bool dry;                 /* the client has no more */
    bool waits;               /* a lane is empty or stands at a time of its own */
    uint32_t *carried;        /* rows that `prepare` writes */
    uint32_t n_carried;
    uint32_t *essence;        /* rows of what a run knows of its parameters */
    uint32_t n_essence;
    /* Views. */
    double *observed, *amounts, *weights, *drawn, *assigned;
    rsp_events *events;       /* NULL: the model has none */
    rsp_populations *populations; /* the same */
    rsp_sim_counts total;
    const rsp_sim_client *client;
};

static inline double *rsp_at(double *rows, uint32_t row, uint32_t width,
                             uint32_t lane)
{
    return rows + (size_t)row * width + lane;
}

static inline rsp_stream rsp_lane_stream(const rsp_sim *sim,
                                         const rsp_lane *lane,
                                         uint32_t purpose, uint32_t channel)
{
    return (rsp_stream){sim->seed, lane->job.trial, lane->job.participant,
                        purpose, channel};
}

/* start.c: stoichiometry; participants from the client into lanes. any_sign: amounts
 * may fall below zero. */
bool rsp_stoich_new(rsp_stoich *s, const rsp_network *net, bool any_sign,
                    rsp_arena *arena);
/* Take the next participant into a free lane; false: none left. */
bool rsp_lane_refill(rsp_sim *sim, uint32_t l);
/* Initial amounts of column `l` of the prepared frame. */
void rsp_start_amounts(const rsp_sim *sim, const double *rows, uint32_t width,
                       uint32_t l, uint32_t trial, uint32_t participant,
                       double *x);
/* Name of the first root without a solution in column l, or NULL. */
const char *rsp_start_root(const rsp_sim *sim, const double *rows,
                           uint32_t width, uint32_t l);
void rsp_start_fill(const rsp_sim *sim, rsp_frame *frame, uint32_t l,
                    const double *params, double t0);

/* step.c: one step of all lanes that live. */
void rsp_step(rsp_sim *sim);
/* The stages of the chunks that are active, with the steps implicit->h, and the error. */
void rsp_step_implicit(rsp_sim *sim);
/* The first step that the rates k[0] of lane l allow, or 0 where one is not finite. */
double rsp_step_wish(const rsp_sim *sim, uint32_t l);
/* End lanes that failed or had enough; whether one waits to be served. */
void rsp_step_end(rsp_sim *sim);

/* march.c: false: no memory. */
bool rsp_march_new(rsp_sim *sim);
/* Steps of all lanes where none needs rsp_step; false: one does, and no step was taken. */
bool rsp_march_on(rsp_sim *sim);

/* absent.c: false: no memory. */
bool rsp_absent_new(rsp_sim *sim);
/* What is absent in a chunk, and what is left out for it.  `anew`: look for what died out,
 * too.  true: it changed. */
bool rsp_absent_look(rsp_sim *sim, uint32_t chunk, bool anew);
/* All rates were computed, or are to be. */
void rsp_absent_forget(rsp_sim *sim, uint32_t chunk);
/* The rates that are not idle; NULL: of all chunks. */
void rsp_absent_run(rsp_sim *sim, const bool *active);
/* Species s of lane l comes to be, or may. */
static inline void rsp_absent_comes(rsp_sim *sim, uint32_t s, uint32_t l)
{
    const uint32_t chunk = l / RSP_CHUNK;
    rsp_absent *a = &sim->absent;
    const size_t first = (size_t)chunk * sim->net->n_species;
    if (a->species[first + s]) {
        a->came[first + a->n_came[chunk]++] = s;
        a->species[first + s] = false;
    }
}

/* failure.c */
void rsp_fail_lane(rsp_lane *lane, rsp_stop stop);
/* Whether a rate or a state of lane l is invalid at time t; then lane->reason says
 * which. A rate below zero by no more than rounding is none. */
bool rsp_is_invalid(rsp_sim *sim, uint32_t l, double t);
void rsp_fail_collapsed(rsp_sim *sim, uint32_t l);
/* What held the steps, for a reason: ", where X changes by 3e+12 a day"; of the species
 * that flow, the one in most haste. */
void rsp_tell_fastest(const rsp_sim *sim, uint32_t l, char *out, size_t size);

/* regime.c */
void rsp_regime_start(rsp_sim *sim, uint32_t l);
/* After amounts moved: hysteresis, whole numbers, masks. `jumped`: an action
 * changed amounts, so that also what stays exact may need rounding. */
void rsp_regime_update(rsp_sim *sim, uint32_t l, bool jumped);
/* What s lost or gained in rounding, or where noise took it below zero, moves on along a
 * reaction, unless one changes s alone: so what the network conserves is what it was. */
void rsp_move_partners(rsp_sim *sim, uint32_t s, uint32_t l, double step);
void rsp_regime_lists(rsp_sim *sim); /* of chunks that changed */
/* After a step: whether lane l has outgrown what a few are; its regimes are then due. */
bool rsp_regime_outgrows(rsp_sim *sim, uint32_t l);

/* Where leaps are few noise is kept up to so many times noise_until. */
enum { RSP_NOISE_FURTHER = 100 };

/* few.c: what lane l has to come, when it starts; whether a step showed that it is more
 * than a few events; whether the run, at its present haste, is of few leaps. */
void rsp_few_start(rsp_sim *sim, uint32_t l);
bool rsp_few_ends(rsp_sim *sim, uint32_t l);
bool rsp_few_leaps(const rsp_sim *sim, uint32_t l);

/* direct.c: the plan of the direct method, or none where a model is too large for
 * it; false: no memory. */
bool rsp_direct_new(rsp_sim *sim);
RSP_MUST_USE rsp_status rsp_direct_run(rsp_sim *sim, rsp_error *err);

/* relax.c: which species relax; false: no memory. */
bool rsp_relax_new(rsp_sim *sim);

/* essence.c: list the rows; false: no memory. */
bool rsp_essence_new(rsp_sim *sim);

/* clock.c */
void rsp_clock_start(rsp_sim *sim, uint32_t l);
void rsp_clock_next(rsp_sim *sim, uint32_t l); /* t_next */
/* Rows of time, afters and sinces in column l at time t. */
void rsp_clock_rows(const rsp_sim *sim, uint32_t l, double t);
/* Reads, stops, afters and actions of lanes that stand at one; ends lanes. */
void rsp_clock_serve(rsp_sim *sim);
/* Reads inside the steps that were accepted, before the state moves; those that
 * wait for noise are held. */
void rsp_clock_reads(rsp_sim *sim);
/* Species of the frame for deterministic lanes where `reading` is 1, at the share `phi`
 * of their step. */
void rsp_clock_inside(rsp_sim *sim);
/* Give held reads that are ready. */
void rsp_clock_release(rsp_sim *sim);
void rsp_lane_end(rsp_sim *sim, uint32_t l, rsp_stop stop);
/* Column l of the frame as it is at time t with amounts x (stride `step`). */
void rsp_clock_column(rsp_sim *sim, uint32_t l, double t, const double *x, size_t step);
/* Give a target its value; `by` names what does in a failure. */
void rsp_clock_assign(rsp_sim *sim, uint32_t l, const rsp_assign *as, double value,
                      const char *by);
/* Show the next read of a lane: its amounts from x on, RSP_CHUNK apart. */
void rsp_clock_show(rsp_sim *sim, uint32_t l, const double *x);
/* Day at which the step that was taken ends. */
double rsp_clock_end(const rsp_lane *lane);

/* events.c: false: no memory. */
bool rsp_events_new(rsp_sim *sim);
void rsp_events_start(rsp_sim *sim, uint32_t l);
/* The thresholds of the regimes of species s. */
const rsp_sim_options *rsp_events_thresholds(const rsp_sim *sim, uint32_t s);
/* When the next event that was triggered is due; infinity: none is. */
double rsp_events_next(const rsp_sim *sim, uint32_t l);
/* Lanes with `look`: what turned is triggered, what is due happens, until nothing
 * is left to do at their time. */
void rsp_events_serve(rsp_sim *sim);
/* After accepted steps: lanes that stand where something turned. */
void rsp_events_after(rsp_sim *sim);
/* locate.c: steps that were chosen end where rates jump by time alone. */
void rsp_events_foresee(rsp_sim *sim);
/* Accepted steps end where a condition first changes. */
void rsp_events_cut(rsp_sim *sim);
/* The state there. */
void rsp_events_place(rsp_sim *sim);

/* population.c: false: no memory. */
bool rsp_populations_new(rsp_sim *sim);
/* Clones of a participant at the start, kept for the lane that it is admitted to, and
 * the species that show them into x (may be NULL).  False: no such draw, for a reason. */
bool rsp_populations_draw(rsp_sim *sim, const double *rows, uint32_t width, uint32_t l,
                          uint32_t trial, uint32_t participant, double *x, char reason[128]);
void rsp_populations_admit(rsp_sim *sim, uint32_t l);
/* When clones move next; infinity: there are none. */
double rsp_populations_next(const rsp_sim *sim, uint32_t l);
/* Lanes that stand where clones move. */
void rsp_populations_serve(rsp_sim *sim);

/* An empty lane keeps nothing in a list. */
void rsp_regime_leave(rsp_sim *sim, uint32_t l);

/* channel.c: exact firing of single lanes. */
void rsp_channels_start(rsp_sim *sim, uint32_t l);
void rsp_channels_cross(rsp_sim *sim);
/* What lanes of a chunk that fire have to go to their channel's next firing, into
 * gap[RSP_CHUNK]. */
void rsp_channels_gaps(rsp_sim *sim, uint32_t chunk, double *gap);
/* The event that ends lane l's step, onto x; true: a species left its bounds. */
bool rsp_channels_fire(rsp_sim *sim, uint32_t l, double gap);

/* forget.c: a draw's noise by the share u of its days or variance, in its deviations. */
bool rsp_noise_goes_by_time(const rsp_noise *noise);
double rsp_noise_share(const rsp_noise *noise, double t);
double rsp_noise_left(const rsp_noise *noise, const double *path, double u, double stray);
void rsp_noise_pin(const rsp_noise *noise, double *path);
double rsp_noise_stray(const rsp_noise *noise, const double *path, double u, double normal);

/* draw.c: groups whose noise is drawn together, of any lanes, in their order within each;
 * those of species that relax apart, since what these keep of it is drawn too. */
typedef struct rsp_batch {
    uint32_t n, lane[RSP_CHUNK], group[RSP_CHUNK];
    double begin[RSP_CHUNK], drawn[RSP_CHUNK], end[RSP_CHUNK];
    rsp_named named;
    rsp_draws draws;
} rsp_batch;
typedef struct rsp_draw {
    rsp_batch plain, relaxing;
} rsp_draw;
void rsp_draw_begin(const rsp_sim *sim, rsp_draw *d);
/* Group g of lane l, with what it has pending and the variance of the next `days`, and its
 * third cumulant.  It is drawn at once, or by rsp_draw_end. */
void rsp_draw_add(rsp_sim *sim, uint32_t l, uint32_t g, double days, rsp_draw *d);
void rsp_draw_end(rsp_sim *sim, rsp_draw *d);

/* leap.c: noise of the channels of single lanes that leap. */
/* Draw what lane l has gathered and, at the present rates, the next `ahead` days,
 * onto x and its held reads; all of it is there once the draws end. */
void rsp_leap_draw(rsp_sim *sim, uint32_t l, double ahead, rsp_draw *d);
/* It is: amounts above zero, reads ready. */
void rsp_leap_drawn(rsp_sim *sim, uint32_t l);
/* Make x hold the noise of just the time so far. */
void rsp_leap_settle(rsp_sim *sim, uint32_t l);
/* Take the noise ahead for that of the time so far. */
void rsp_leap_forgive(rsp_sim *sim, uint32_t l);
/* Make x hold the noise of just the time so far, for the groups that change s. */
void rsp_leap_settle_species(rsp_sim *sim, uint32_t l, uint32_t s);
/* Whether x holds noise of a time to come. */
static inline bool rsp_leap_is_ahead(const rsp_sim *sim, uint32_t l)
{
    return sim->block.leaping[l] > 0 && sim->lanes[l].used < -0.05 * sim->options.leap;
}
size_t rsp_held_size(const rsp_sim *sim); /* doubles of one held read */
/* Amounts that wait for what a group's path strays, so that eight are found together. */
typedef struct rsp_waiting {
    uint32_t n, lane[RSP_CHUNK], group[RSP_CHUNK];
    double *x[RSP_CHUNK];
    bool drawn; /* the draw is in x already */
    bool near;  /* all of paths whose points are known */
    rsp_strays strays;
} rsp_waiting;
/* Give those that wait what they wait for. */
void rsp_leap_stray(const rsp_sim *sim, rsp_waiting *w);
/* Species s at the share of lane l's whole step, by the flow alone. */
double rsp_leap_flow(const rsp_sim *sim, uint32_t l, uint32_t s, double share);
/* Onto x[n_species], what flowed of a lane that leaps up to the share `phi` of its
 * accepted step: the noise by then, without what is still to come, whose variance by
 * then goes into v[n_groups]; x is done after rsp_leap_stray. */
void rsp_leap_inside(const rsp_sim *sim, uint32_t l, double phi, double *x, double *v,
                     rsp_waiting *w);

#endif
