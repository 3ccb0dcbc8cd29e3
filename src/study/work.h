/* A chunk of work: people, the runs that simulate them, and their rows. */
#ifndef RESPITE_STUDY_WORK_H
#define RESPITE_STUDY_WORK_H

#include <stdatomic.h>

#include "study/plan.h"

enum {
    WORK_MAIN = -1,        /* run.set of a run of the study itself */
    WORK_MOST_ASKED = 1000 /* people in a row of whom none is eligible */
};

typedef struct person { /* a participant, whatever the arm */
    clinic_who who;      /* with the attempt that was eligible */
    const char *not_made; /* why there is no product; NULL: it was made */
    bool none_eligible;
    double *covariates;  /* [n_traits], base units; those that are drawn */
    double product[CLINIC_PRODUCT_TRAITS]; /* as made; NaN: not known */
    double dropout_day;
} person;

typedef struct track { /* samples of one list of visits */
    clinic_visit *visits;
    size_t n, next;
    clinic_visit *by_line; size_t n_by_line; /* of each line, as planned: a day may have
                                                several */
    clinic_reading *readings;  /* [n * n_assays] */
    clinic_reading *tentative; /* of assays that wait for an endpoint; or NULL */
    clinic_chain *chains;      /* [n_assays] */
    uint64_t assays;           /* the only ones measured */
    bool everywhere;           /* at every visit, whatever the assay says */
} track;

typedef struct done_action { /* what a rule did */
    double day;
    uint32_t action;
    const plan_rule *rule;
} done_action;

typedef struct episode { /* of an adverse event */
    double day, end;     /* the first day with it, the first without; inf: it lasts */
    double grade;        /* the highest */
    struct episode *next;
} episode;
typedef struct adverse { /* of one kind, in order of time; NULL: none */
    episode *first, *last;
} adverse;

typedef struct run { /* one participant in one arm, simulated once */
    const person *who;
    uint32_t arm;
    int32_t set;             /* of the grid, or WORK_MAIN */
    const struct run *same;  /* a run with the same parameters stands for it */
    bool simulate;
    bool left_out;           /* the design did not come to enrol them */
    double *params;
    double *essence;         /* what the run knows of them; grid runs */
    double *shown;           /* [n_covariates of the data set]; main runs */
    rsp_sim_action *actions; size_t n_actions;
    const clinic_entry **planned; /* [n_actions] what each action was */
    double *reads;  size_t n_reads;
    double *stops;  size_t n_stops;
    double start, end;
    double cut;              /* rows after this day are not kept; inf */
    track *tracks;  size_t n_tracks;
    bool *settled;           /* [n_tracks * thresholds]: the event is there; grid */
    clinic_watch *watches;   /* [n_rules] */
    double *rule_from;       /* [n_rules]; NaN: never */
    clinic_reading *baselines; /* [n_rules * n_assays] */
    done_action *did; size_t n_did, did_room;
    adverse *adverse;        /* [plan n_adverse]; main runs */
    rsp_stop stop;
    char reason[128];        /* why there is no course: it failed, or nobody was eligible; "" */
} run;

/* What one worker keeps of the runs it takes while others take theirs. */
typedef struct part {
    rsp_arena *arena;
    struct part *next;
} part;

typedef struct rsp_work {
    const rsp_plan *plan;
    rsp_sim *sim;            /* for derived values */
    rsp_arena *arena;
    rsp_error *err;
    run **runs; size_t n_runs, capacity;
    double *base_medians, **arm_medians, **grid_medians; /* of the trial at hand */
    double *derived;         /* [n_derived] scratch */
    double *candidate;       /* [n_params] scratch */
    bool no_memory;          /* an episode or a rule found none */
    size_t *order;           /* [n_runs] in which runs are handed out */
    _Atomic size_t next;     /* of order: the first that no worker has */
    _Atomic(part *) parts;   /* of all workers, until the rows are written */
} work;

/* Add all runs of a trial, in order of participant, arm and set. */
RSP_MUST_USE rsp_status work_add_trial(work *w, uint32_t trial);
/* The trial's own medians, for the study and each arm; false: no memory. */
bool work_start_trial(work *w, uint32_t trial);
/* Rows that an arm may have, those without a product among them. */
uint32_t work_most_enrolled(const rsp_plan *plan);
/* Whether the protocol has this assay at this visit. */
bool work_planned_at(const clinic_assay *assay, const clinic_visit *visit);
bool work_failed(const run *r);
/* Mark the runs that a dose escalation did not come to. */
RSP_MUST_USE rsp_status work_escalate(work *w);
/* Mark those whom a trial that stopped did not enrol. */
RSP_MUST_USE rsp_status work_stop_enrolment(work *w);
/* How an endpoint ended; RSP_NOMEM. */
RSP_MUST_USE rsp_status work_ending(const work *w, const run *r, size_t endpoint,
                                    rsp_endpoint_end *end);
/* Whether an endpoint was reached; RSP_NOMEM. */
RSP_MUST_USE rsp_status work_reached(const work *w, const run *r, size_t endpoint, bool *reached);
/* Rows of a run of the study, or of the grid. */
RSP_MUST_USE rsp_status work_rows(const work *w, run *r, rsp_dataset_maker *out);
RSP_MUST_USE rsp_status work_grid_rows(const work *w, const run *r,
                                       rsp_dataset_maker *grid);
/* Whether all cells that a run of the grid stands for have had their event by
 * the samples so far, so that later ones change nothing. */
bool work_grid_settled(work *w, run *r);
/* The day on which a planned or a rule's action first happened after `from`;
 * inf: never. */
double work_action_day(const run *r, uint32_t action, double from);
/* The day of a moment for a run.  An interruption ("stop X") must have happened,
 * and no moment comes after the follow-up: else NaN. */
double work_from(const work *w, const run *r, const clinic_moment *m);
/* Name of a grid cell's endpoint in the grid's data set. */
void work_cell_name(size_t cell, char out[24]);

/* ---- People. */
RSP_MUST_USE rsp_status work_person(work *w, uint32_t trial, uint32_t participant,
                                    person *out);
/* Whether the arm's own eligibility lets them in. */
bool work_meets_arm(work *w, const person *who, uint32_t arm);
/* Whether they have no product in an arm that gives one. */
bool work_lacks_product(const work *w, const person *who, uint32_t arm);
/* A person's parameters in an arm, by table and the trial's medians. */
bool work_params(work *w, const person *who, const rsp_param *table,
                 const double *medians, double *out, uint32_t *which);
void work_shown(work *w, const person *who, const double *params, double *out);

#endif
