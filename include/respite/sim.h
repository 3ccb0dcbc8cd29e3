/* The solvers: one network, any method, over blocks of lanes.
 *
 *     quantity   unit                 range
 *     t          day                  t0 <= t <= t1
 *     amounts    the species' unit    >= 0, or any under a rate law
 *
 * A run pulls participants from its client, each into a lane of its own; a
 * finished lane is refilled with the next.  Every lane has its own clock and
 * step, so a participant's result depends on (network, parameters, jobs'
 * actions, seed, trial, participant) alone: not on packing, width or threads.
 *
 * Only actions, `after` points, input jumps and `stops` end a step.  `reads`
 * are taken inside a step: dense output where deterministic, a bridge on its
 * own stream where random; adding a read changes no other number.
 *
 * Coupling: in hybrid, and in ssa where `coupled` is asked for, each reaction has
 * its own unit-rate Poisson clock (random time change; Anderson 2007), so that
 * arms that share a participant share noise.  Otherwise ssa draws all events of a
 * participant from one stream (the direct method, under bounds): the same law,
 * many times faster.  Models with species that flow or with events keep the
 * clocks.
 *
 * Sign: an amount that a step would leave below zero is set to zero, which brings
 * it nearer to a solution that is never negative; totals then hold to the
 * tolerance, not to rounding.  One under a rate law may have any sign: where its
 * solution is positive, it stays above -atol.  So a reaction's rate below zero by no
 * more than atol a day (and rounding) counts as zero; further below, it is an error
 * of the model, and fails the participant (RSP_STOP_NONFINITE).
 *
 * Threads: one rsp_sim per thread.  No allocation in a step. */
#ifndef RESPITE_SIM_H
#define RESPITE_SIM_H

#include "respite/program.h"

typedef enum rsp_method { RSP_ODE, RSP_HYBRID, RSP_SSA } rsp_method;

/* How a deterministic lane steps. By itself it is explicit (Dormand & Prince 5(4))
 * or implicit (Rodas5P) as the cheaper is stable; a model with millions of
 * derivatives is explicit only. */
typedef enum rsp_way { RSP_WAY_BY_ITSELF, RSP_WAY_EXPLICIT, RSP_WAY_IMPLICIT } rsp_way;

typedef struct rsp_sim_options {
    rsp_method method;
    rsp_way way;            /* of ode; the last two for tests and measurement */
    double rtol, atol;      /* of the deterministic part; amounts */
    /* Hybrid: regimes of a species by its amount.  One that may change by more than
     * 2 at once counts in units of its largest such burst: below exact_until of
     * them bursts fire exactly and the rest leaps; below exact_until cells all. */
    double exact_below;     /* a species under this fires exactly (docs/engine.md: some from half) */
    double exact_until;     /* and does so until it is above this */
    /* A participant who has fewer events to come than this, at present rates, is exact
     * in all species that are counted; above twice that, no more. 0: nobody is. */
    double few_events;
    /* Where a run would be of fewer leaps than this, at present rates, and nothing began
     * above 100 noise_until, noise is kept up to there.  0: nowhere. */
    double few_leaps;
    double noise_below;     /* leap noise is kept under this ... */
    double noise_until;     /* ... until above this; then ODE */
    /* Largest expected relative gross change in a leap, whose noise is drawn at
     * its middle.  What it costs: the variance of a species that returns to its
     * mean as fast as it turns over (a dimerisation, 60 dimers) is 4 % too large
     * at 0.4, 1 % at 0.2; days of extinction and rebound do not move. */
    double leap;
    double max_step;        /* day; 0: none */
    uint64_t max_steps;     /* per participant, of ssa: events drawn; then
                               RSP_STOP_STEPS; 0: no limit */
    bool coupled;           /* ssa: each reaction keeps a clock of its own, so that
                               runs of one participant share noise; slower */
    bool interpret;         /* bytecode even where compiled code exists */
    const rsp_shared *code; /* of the same program: run this; NULL: the best
                               that is built in */
    bool keeps_absent;      /* of random methods: compute also what absence makes zero; the
                               same bits, slower. A test of promise 1 */
    uint32_t lanes;         /* use so many at most; 0: all that the machine
                               has. A test of promise 1 */
} rsp_sim_options;
rsp_sim_options rsp_sim_defaults(rsp_method method);

typedef enum rsp_stop { /* why a participant's run ended; not errors */
    RSP_STOP_END, RSP_STOP_CLIENT,     /* reached t1; the client ended it */
    RSP_STOP_NONFINITE, RSP_STOP_STEPS, RSP_STOP_COLLAPSE, RSP_STOP_ROOT,
    RSP_STOP_EVENTS
} rsp_stop;
const char *rsp_stop_text(rsp_stop stop);

typedef struct rsp_sim_action {
    double t;
    uint32_t action;
    double amount; /* base units; a planned dose of zero must be left out */
} rsp_sim_action;

typedef struct rsp_sim_job { /* one participant; arrays stay the client's until
                                `done` */
    void *tag;             /* the client's own */
    uint32_t trial, participant; /* name the streams */
    const double *params;  /* [n_params], base units */
    const double *initial; /* [n_species] amounts, or NULL: the model's own */
    double t0, t1;
    const rsp_sim_action *actions; size_t n_actions; /* by time */
    const double *reads;   size_t n_reads;           /* ascending */
    const double *stops;   size_t n_stops;           /* ascending */
    /* [n_reads][n_species], the client's, or NULL: the amounts at each read go there,
     * and `read` is not called.  Only where amounts_only. */
    double *amounts;
} rsp_sim_job;

typedef struct rsp_sim_counts {
    uint64_t runs, steps, rejected, events, leaps, clamped, rate_calls;
    uint64_t implicit;     /* steps that were implicit */
    /* Of all together, not of one participant: instructions of the rates that eight lanes
     * ran, and that they had no use for, as what they are about is absent. */
    uint64_t rate_instructions, idle_instructions;
} rsp_sim_counts;

typedef struct rsp_sim_result {
    rsp_stop stop;
    double t;            /* where it ended */
    size_t n_reads;      /* reads that it gave: the first so many */
    char reason[128];    /* species, time, rate when it failed */
    rsp_sim_counts counts;
} rsp_sim_result;

/* What a client is shown: the state at t, before any action at t.  Calls of
 * one participant come in order of time; a read and a stop at the same time:
 * read first.  Values are in base units. */
typedef struct rsp_sim_view {
    double t;
    const double *observed; /* [n_observables] */
    const double *amounts;  /* [n_species] */
} rsp_sim_view;

typedef struct rsp_sim_client {
    void *ctx;
    bool amounts_only; /* `observed` is not looked at, and then not computed */
    uint32_t most;     /* lanes to fill at one time, where others take participants from the
                          same list; 0: all */
    /* The next participant: 1 and *job filled, or 0: none left. */
    int (*next)(void *ctx, rsp_sim_job *job);
    /* Return false where nothing more is wanted of this participant: the run
     * ends (RSP_STOP_CLIENT) and gives no later read or stop. */
    bool (*read)(void *ctx, const rsp_sim_job *job, size_t which,
                 const rsp_sim_view *view);
    /* A visit at which a rule may act: may add up to `room` actions at times
     * >= view->t; *n_added says how many.  Return false to end the run here.
     * May be NULL where no job has stops. */
    bool (*stop)(void *ctx, const rsp_sim_job *job, size_t which,
                 const rsp_sim_view *view, rsp_sim_action *added, size_t room,
                 size_t *n_added);
    void (*done)(void *ctx, const rsp_sim_job *job,
                 const rsp_sim_result *result);
    /* Asked now and then: true ends the whole run early. May be NULL. */
    bool (*cancelled)(void *ctx);
} rsp_sim_client;

typedef struct rsp_sim rsp_sim;
RSP_MUST_USE rsp_status rsp_sim_new(const rsp_program *program,
                                    const rsp_sim_options *options,
                                    uint64_t seed, rsp_sim **sim,
                                    rsp_error *err);
void rsp_sim_free(rsp_sim *sim);
/* Run until `next` has no more.  RSP_OK also where participants failed: each
 * failure is that participant's result. */
RSP_MUST_USE rsp_status rsp_sim_run(rsp_sim *sim, const rsp_sim_client *client,
                                    rsp_error *err);
/* The most participants that have been taken by `next` and not yet given back
 * by `done` at one time: a block is prepared while another runs. */
size_t rsp_sim_outstanding(const rsp_sim *sim);
rsp_sim_counts rsp_sim_total(const rsp_sim *sim);

/* What a run knows of its parameters: the values that its initial amounts,
 * rates, actions and observables read, in base units.  Two parameter sets that
 * give the same out[rsp_sim_n_essence] give the same run of a participant with
 * the same schedule, to the bit. */
size_t rsp_sim_n_essence(const rsp_sim *sim);
void rsp_sim_essence(rsp_sim *sim, const double *params, double t0, double *out);

/* Hoisted values of one participant without running: out[n_derived], NaN where
 * a derived value is not constant; initial amounts (drawn) in x[n_species],
 * may be NULL. Base units. RSP_RANGE names a root without a solution. */
RSP_MUST_USE rsp_status rsp_sim_derive(rsp_sim *sim, uint32_t trial,
                                       uint32_t participant,
                                       const double *params, double *out,
                                       double *x, rsp_error *err);

#endif
