/* A study: from its file to a plan, from a plan to findings.
 *
 * A plan holds everything that was asked, resolved and checked; nothing in it
 * changes during a run.  The unit of work is a replicate trial; a chunk is a
 * range of them.  Findings are estimates from the data set alone, streamed
 * trial by trial.
 *
 * Ownership: a plan owns its model and all text.  Threads: a plan may be read
 * by any number of threads; rsp_chunk_run is called on disjoint ranges by
 * several threads at once, each with its own rsp_dataset_maker. */
#ifndef RESPITE_STUDY_H
#define RESPITE_STUDY_H

#include "respite/dataset.h"
#include "respite/sim.h"
#include "respite/stats.h"

typedef enum rsp_design { RSP_COUNTERFACTUAL, RSP_RANDOMISED } rsp_design;

typedef struct rsp_plan rsp_plan; /* opaque; the view below is for readers */

typedef struct rsp_plan_arm {
    const char *name;
    uint32_t participants;       /* in one replicate trial */
    const char *schedule;        /* in words: "day 0: infuse; day 21 to 42: stop art" */
    const char *eligibility;     /* its own, in words: "age >= 50"; "" none */
} rsp_plan_arm;

typedef struct rsp_plan_endpoint {
    const char *name;
    const char *definition; /* in words: "first viral_load > 50 copies/mL, from stop art" */
    const char *label;      /* the study's own words for it, or the definition's first part */
    const char *from;       /* what its days count from: "stop art" */
    const char *unit;       /* of its day as shown: "day" */
} rsp_plan_endpoint;

typedef struct rsp_plan_input { /* a file that was read, as it was then */
    const char *path, *sha256;
} rsp_plan_input;

typedef struct rsp_plan_view {
    const char *study, *title, *file, *model_name;
    const char *design_text, *visits, *population, *product; /* in words */
    rsp_design design;
    bool is_null;                /* treated arms are treated as their controls are */
    const rsp_plan_arm *arms;            size_t n_arms;
    const rsp_plan_endpoint *endpoints;  size_t n_endpoints;
    const char *const *assays;           size_t n_assays; /* in words */
    const char *const *rules;            size_t n_rules;  /* in words */
    const char *const *actions;          size_t n_actions; /* those that are done, as the model has them */
    const char *const *adverse;          size_t n_adverse; /* events, in words */
    const char *const *assumptions;      size_t n_assumptions; /* what the study says it assumes */
    const char *const *remarks;          size_t n_remarks; /* paragraphs of the study file, shown in the report */
    uint32_t trials;
    uint64_t seed;
    const rsp_network *net;
    const char *const *changed;  size_t n_changed;   /* parameters that study, population, product or --set changed: "t_art = 0.5 day (studies/x.yaml:12), calibrated" */
    const rsp_plan_input *inputs; size_t n_inputs; /* study, population, product, published */
    const double *medians;       /* [net->n_params] after those changes, base units */
} rsp_plan_view;

typedef struct rsp_override { const char *path, *value; } rsp_override; /* --set path=value */

RSP_MUST_USE rsp_status rsp_plan_load(const char *path,
                                      const rsp_override *set, size_t n_set,
                                      rsp_plan **plan, rsp_error *err);
typedef enum rsp_part { RSP_PART_NONE, RSP_PART_POPULATION, RSP_PART_PRODUCT } rsp_part;
/* Check a file that holds a population or a product alone: its keys and the files it is
 * `from`; values and parameters mean something with a model only, in a study.  What it is
 * comes of its folder (populations/, products/) or else of its keys; RSP_PART_NONE, with
 * RSP_OK: neither.  Codes as of rsp_plan_load. */
RSP_MUST_USE rsp_status rsp_part_check(const char *path, rsp_part *part, rsp_error *err);
/* From text; `source` names it in messages and places the files it names. */
RSP_MUST_USE rsp_status rsp_plan_parse(const char *text, size_t length,
                                       const char *source, rsp_plan **plan,
                                       rsp_error *err);
void rsp_plan_free(rsp_plan *plan);
const rsp_plan_view *rsp_plan_see(const rsp_plan *plan);
void rsp_plan_set_seed(rsp_plan *plan, uint64_t seed);
void rsp_plan_set_trials(rsp_plan *plan, uint32_t trials);
/* `--null`: every arm of a randomised study that a contrast calls treated gets the
 * schedule, product, parameters and rules of its control.  Participants stay its own.
 * RSP_RANGE: a counterfactual design, no contrast, two controls of an arm. */
RSP_MUST_USE rsp_status rsp_plan_set_null(rsp_plan *plan, rsp_error *err);
/* `--lanes N --shuffle`, a test of promise 1: pack participants otherwise. */
void rsp_plan_set_packing(rsp_plan *plan, uint32_t lanes, bool shuffle);
/* The model as machine code, by rsp_program_compile, whose errors it has. */
RSP_MUST_USE rsp_status rsp_plan_compile(rsp_plan *plan, rsp_error *err);
/* Participants to simulate in all, and bytes that the results will take. */
void rsp_plan_size(const rsp_plan *plan, uint64_t *runs, uint64_t *bytes);

/* ---- Work: trials first .. first+n-1.  Deterministic whatever else runs. */
typedef struct rsp_worker rsp_worker; /* one a thread: solver and scratch */
RSP_MUST_USE rsp_status rsp_worker_new(const rsp_plan *plan, rsp_worker **worker, rsp_error *err);
void rsp_worker_free(rsp_worker *worker);
rsp_dataset_maker *rsp_plan_dataset(const rsp_plan *plan); /* an empty one for this plan */
/* Endpoint rows of the grid's cells, and nothing else; NULL: no grid. */
rsp_dataset_maker *rsp_plan_grid_dataset(const rsp_plan *plan);

typedef struct rsp_work_hooks { /* called by every worker, each in its own thread */
    bool (*cancelled)(void *ctx); /* asked now and then; true: stop. NULL: never */
    void (*simulated)(void *ctx); /* one participant more; may be NULL */
    void *ctx;
    unsigned threads;             /* that may share the work; 0: one */
} rsp_work_hooks;

/* The participants of the trials, and the runs that will simulate them.  *work is freed
 * by rsp_work_free, also after an error. */
typedef struct rsp_work rsp_work;
RSP_MUST_USE rsp_status rsp_work_new(rsp_worker *worker, uint32_t first, uint32_t n,
                                     rsp_work **work, rsp_error *err);
void rsp_work_free(rsp_work *work); /* NULL: nothing */
/* Take runs and simulate them until none is left to take.  Any number of threads at
 * once, each with a worker of its own (of the same plan): what a run gives does not
 * depend on whose it was.  `hooks` may be NULL. */
RSP_MUST_USE rsp_status rsp_work_simulate(rsp_work *work, rsp_worker *worker,
                                          const rsp_work_hooks *hooks, rsp_error *err);
/* Whether there is no run left to take. */
bool rsp_work_is_handed_out(const rsp_work *work);
/* Once all have returned, and by the thread of the worker that made it: append the
 * rows in canonical order to `out` (the data set of the study's arms) and, for the
 * grid, to `grid`. */
RSP_MUST_USE rsp_status rsp_work_rows(rsp_work *work, rsp_dataset_maker *out,
                                      rsp_dataset_maker *grid, rsp_error *err);
/* All three by one worker. */
RSP_MUST_USE rsp_status rsp_worker_run(rsp_worker *worker, uint32_t first, uint32_t n,
                                       rsp_dataset_maker *out, rsp_dataset_maker *grid,
                                       const rsp_work_hooks *hooks, rsp_error *err);
rsp_sim_counts rsp_worker_counts(const rsp_worker *worker);

/* ---- Findings: what the report and --json print. */
typedef struct rsp_interval { double value, low, high; } rsp_interval; /* NaN: none */

typedef struct rsp_arm_endpoint {
    const char *endpoint;
    size_t n, events;
    rsp_km km;                    /* pooled over trials */
    rsp_quantile median;          /* of the pooled curve, with CI */
    double quartiles[3];
    double days[8], event_free[8]; size_t n_days; /* S at these days */
    rsp_interval trial_median;    /* median and 5-95 % over replicate trials (of fewer than
                                     two: NaN) */
    size_t ends[6];               /* by rsp_endpoint_end */
} rsp_arm_endpoint;

typedef struct rsp_flow { /* participant flow, summed over replicate trials */
    size_t screened_out;         /* by the arm's own eligibility, or places that nobody fills
                                    since none of many candidates was eligible */
    size_t enrolled, product_failed, infused, interrupted, restarted, failed, completed;
} rsp_flow;

typedef struct rsp_visit_summary { /* measured values by planned day */
    const char *assay; const char *unit;
    const char *from; /* "start": day of the study; else days since "stop art" */
    double day;
    size_t n, not_detected, below_lloq;
    double q05, q25, q50, q75, q95; /* what is below the lower limit counts as lowest, NaN where that reaches; what is above the upper limit as that limit */
} rsp_visit_summary;

typedef struct rsp_arm_findings {
    const char *name;
    size_t participants, failed; /* enrolled with a product; of them, failed in simulation */
    rsp_flow flow;
    rsp_arm_endpoint *endpoints; size_t n_endpoints;
    rsp_visit_summary *visits;   size_t n_visits;
} rsp_arm_findings;

typedef struct rsp_contrast {
    const char *endpoint, *treated, *control;
    size_t treated_n, control_n;              /* at risk in each arm */
    bool is_paired; rsp_paired paired;        /* counterfactual design: of those, paired.n, who
                                                 are in both arms; false where nobody is */
    bool has_test; rsp_logrank logrank; rsp_hazard_ratio hr; /* randomised: trial 0's test */
} rsp_contrast;

/* Operating characteristics of a test over replicate trials: its power, or under
 * --null its type-I error. */
typedef struct rsp_test_share {
    const char *test;     /* "log-rank", or an analysis by its name in the plan */
    const char *what;     /* "time_to_rebound, CAR T against control"; "" where the plan says it */
    double alpha;
    size_t trials, estimable, significant; /* p < alpha */
    rsp_interval share;   /* significant of all trials; Wilson 95 % for Monte Carlo error;
                             NaN where no trial gave a p */
} rsp_test_share;

/* Dose escalation (3+3): what was given, seen and chosen, over replicate trials. */
typedef struct rsp_dose_level {
    const char *arm;
    double treated, toxic; /* participants in a trial, on average */
    double failed;         /* whose simulation failed, and who were replaced: not of `treated` */
    size_t selected;       /* trials that chose this dose */
    rsp_interval share;    /* of the trials decided; Wilson 95 % for Monte Carlo error */
} rsp_dose_level;

/* Stopping of enrolment by a count of events, over replicate trials. */
typedef struct rsp_stopping {
    const char *arm, *rule;  /* whose participants are counted; as written */
    uint32_t planned;        /* of them at most */
    double enrolled, events; /* at risk, and with the first rule's event; in a trial, on average */
    size_t met;              /* trials in which a rule was met */
    size_t stopped;          /* of them, before the last was enrolled: enrolment ended early */
    rsp_interval met_share, share; /* of trials; Wilson 95 % for Monte Carlo error */
} rsp_stopping;

typedef struct rsp_grid_cell {
    const char *const *levels; /* [n_axes] in words: "> 50 copies/mL", "every 7 day", "60 % NNRTI" */
    const char *arm;
    rsp_interval median;  /* over replicate trials of the trial's median; days */
    double reached;       /* share of trials whose median was reached */
} rsp_grid_cell;

/* Participants' values, and of how many a sample was beyond a limit of its assay: it
 * counts as half the lower limit, or as the upper limit. */
typedef struct rsp_limited { size_t values, beyond; } rsp_limited;

/* ---- A sweep: an outcome along the levels of what a trialist would turn.  Estimates
 * are of all replicate trials together; low and high are the Monte Carlo 95 % interval,
 * by resampling whole trials (fewer than RSP_SWEEP_TRIALS: NaN); of a share that no
 * resample moves, Wilson's for so many trials.  The difference is paired: the same
 * participants, resampled together. */
enum { RSP_SWEEP_TRIALS = 10, RSP_SWEEP_RESAMPLES = 400 };
typedef struct rsp_sweep_point {
    const char *level;       /* as on the axis */
    double value;            /* NaN: a level without a number */
    const char *arm;         /* of the data set */
    size_t n;                /* participants */
    rsp_interval estimate;
    rsp_interval difference; /* from `against`; NaN there */
} rsp_sweep_point;
typedef struct rsp_sweep_curve {
    const char *name;
    bool is_line;            /* no level touches it: one point, drawn across */
    const rsp_sweep_point *points; size_t n_points;
} rsp_sweep_curve;
typedef struct rsp_sweep_outcome {
    const char *statistic, *label, *unit; /* unit as shown: "%", "week", "log10" */
    const rsp_sweep_curve *curves; size_t n_curves;
    rsp_limited limited;     /* participants' values of samples; 0: of endpoints */
} rsp_sweep_outcome;
typedef struct rsp_sweep {
    const char *over, *unit, *against;
    bool log;
    const rsp_sweep_outcome *outcomes; size_t n_outcomes;
} rsp_sweep;

/* What an outcome hinges on: partial rank correlations with the parameters that it can
 * depend on, by the equations and what is done in its arms: those that differ between
 * people, over participants, and those drawn once a trial, over trials. */
typedef struct rsp_hinge {
    uint32_t param;          /* of the network */
    bool by_trial;
    double r, p;
    bool stands;             /* p below 0.05 over the number of correlations of the study */
} rsp_hinge;
typedef struct rsp_hinges {
    const char *outcome, *where; /* "CAR T, mean over the levels", "CAR T, 12 week less 0" */
    const rsp_hinge *list; size_t n; /* by falling |r| */
    size_t participants, trials;
} rsp_hinges;

typedef struct rsp_score_row { /* the scoreboard */
    const char *study, *quantity, *published_text, *unit, *use, *note, *source;
    double published, published_low, published_high; /* NaN where none */
    double simulated, low, high; /* 5th and 95th percentile over trials */
    bool inside;
    bool undecided; /* fewer than two trials gave an estimate: there is no interval (low
                       and high are NaN), and `inside` says nothing */
    rsp_limited limited; /* of samples, over all trials; 0: of endpoints */
} rsp_score_row;

typedef struct rsp_findings {
    const char *hash;
    uint32_t trials;
    rsp_arm_findings *arms;   size_t n_arms;
    rsp_contrast *contrasts;  size_t n_contrasts;
    const rsp_test_share *tests; size_t n_tests; /* of a randomised study */
    const rsp_dose_level *levels; size_t n_levels; /* of a dose escalation */
    size_t undecided;         /* its trials in which simulations failed, or people were screened out,
                                 and nobody was left */
    const rsp_stopping *stopping; /* NULL: none */
    const char *const *grid_axes; size_t n_axes;
    rsp_grid_cell *grid;      size_t n_grid;
    double grid_published;    /* day: the figure named by `compare`; 0: none */
    rsp_score_row *scores;    size_t n_scores;
    const rsp_sweep *sweep;   /* NULL: none */
    const rsp_hinges *hinges; size_t n_hinges;
    size_t n_hinges_looked;  /* correlations in all of them: the family that p is held against */
    const char *const *words; size_t n_words; /* paragraphs: what can and cannot be told */
    const rsp_dataset *example; /* rows of the first replicate trial, for spaghetti and swimmer plots */
    size_t participants, failed;
} rsp_findings;

/* Streaming: add the sorted rows of each chunk in order of trials, then finish
 * once.  Memory does not grow with participants (counts by day, a few numbers a
 * trial, and the first trial's rows). */
typedef struct rsp_analyst rsp_analyst;
RSP_MUST_USE rsp_status rsp_analyst_new(const rsp_plan *plan, rsp_analyst **a, rsp_error *err);
RSP_MUST_USE rsp_status rsp_analyst_add(rsp_analyst *a, const rsp_dataset *chunk, const rsp_dataset *grid, rsp_error *err);
/* `hash`: of the campaign, kept in the findings. */
RSP_MUST_USE rsp_status rsp_analyst_finish(rsp_analyst *a, const char *hash, const rsp_findings **findings, rsp_error *err);
void rsp_analyst_free(rsp_analyst *a); /* and its findings */

#endif
