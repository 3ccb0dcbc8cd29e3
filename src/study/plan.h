/* What a plan holds: the study, resolved and checked.  Read-only once loaded
 * (seed, trials and packing may be set before the first worker). */
#ifndef RESPITE_STUDY_PLAN_H
#define RESPITE_STUDY_PLAN_H

#include "clinic/assay.h"
#include "clinic/calendar.h"
#include "clinic/endpoint.h"
#include "clinic/product.h"
#include "respite/analysis.h"
#include "respite/study.h"
#include "yaml/reader.h"

enum {
    PLAN_MOST_ARMS = 64, PLAN_MOST_ASSAYS = 32, PLAN_MOST_LINES = 60,
    PLAN_MOST_MOMENTS = 60, PLAN_MOST_ENDPOINTS = 32, PLAN_MOST_RULES = 32,
    PLAN_MOST_AXES = 6, PLAN_MOST_LEVELS = 64, PLAN_MOST_CELLS = 4096,
    PLAN_MOST_SETS = 256, PLAN_MOST_SCORES = 200, PLAN_MOST_OUTCOMES = 6,
    /* Participants of a randomised design are numbered from here times the
     * arm's place. */
    PLAN_ARM_STRIDE = 100000
};

typedef struct plan_arm {
    clinic_schedule schedule;
    bool gives_product;       /* its schedule has the product's action */
    const rsp_param *params;  /* [n_params] */
    const clinic_condition *eligibility; /* in addition to the study's */
    size_t n_eligibility;
} plan_arm;

typedef struct plan_rule {
    clinic_criterion criterion;
    uint64_t assays;          /* those its condition reads */
    clinic_moment from;
    uint32_t action;          /* or CLINIC_END_ACTION */
    int undone_by;            /* the action after which it may act again: "stop art" of
                                 "start art"; -1: none */
    bool as_at_start;         /* and before that changes nothing: ART is taken */
    const char *what, *text;  /* "start art", "viral_load > ..." in words */
    double delay_day;
    uint64_t arms;            /* those it holds in: a bit each */
} plan_rule;

typedef struct plan_endpoint {
    const char *name;
    clinic_criterion criterion;
    uint64_t assays;
    clinic_moment from;
    int after;                /* the endpoint above whose day is day 0, or -1: `from` */
    clinic_restart restart;
    int restart_action;       /* -1: none */
} plan_endpoint;

typedef struct plan_product {
    bool exists, per_weight;  /* its dose is per kg */
    uint32_t action;
    clinic_product making;
} plan_product;

/* A condition on people reads covariates, parameters or derived values. */
typedef enum plan_source_kind {
    PLAN_COVARIATE, PLAN_PARAM, PLAN_DERIVED
} plan_source_kind;
typedef struct plan_source {
    plan_source_kind kind;
    uint32_t index;
    double factor; /* shown = base / factor */
} plan_source;

typedef struct plan_population {
    uint32_t participants;        /* enrolled at most in an arm; 0: no limit */
    const clinic_trait *traits;   /* covariates */
    size_t n_traits;
    int weight;                   /* the trait in kg that doses per kg go by, or -1 */
    const clinic_condition *eligibility;
    size_t n_eligibility;
    plan_source *sources;         /* what they and the arms' own read */
    size_t n_sources;
    bool needs_derived;           /* a source or a covariate is derived */
} plan_population;

typedef enum plan_axis_kind { PLAN_THRESHOLD, PLAN_EVERY, PLAN_SET } plan_axis_kind;
typedef struct plan_axis {
    plan_axis_kind kind;
    const char *name;
    size_t n;
    const char *const *labels; /* [n] */
    const double *values;      /* [n]: threshold in the assay's unit */
} plan_axis;

typedef struct plan_grid {
    bool exists;
    uint32_t endpoint;
    const char *compare;       /* quantity, or NULL */
    plan_axis axes[PLAN_MOST_AXES];
    size_t n_axes, n_cells;
    size_t threshold_axis, every_axis; /* SIZE_MAX: none */
    const clinic_line *every;  /* [levels of every_axis] */
    size_t n_every;            /* 0: the study's own visits */
    size_t n_sets;             /* combinations of set axes, at least 1 */
    const rsp_param *const *params; /* [n_sets * n_arms] tables */
} plan_grid;

static inline size_t plan_grid_thresholds(const plan_grid *g)
{
    return g->threshold_axis == SIZE_MAX ? 1 : g->axes[g->threshold_axis].n;
}

typedef enum plan_statistic {
    PLAN_MEDIAN, PLAN_QUARTILE1, PLAN_QUARTILE3, PLAN_EVENT_FREE, PLAN_BY,
    PLAN_SHARE, PLAN_WAIT, PLAN_LAST, PLAN_RECRUDESCENCE, PLAN_VARYING, PLAN_FOUNDERS, PLAN_MADE,
    PLAN_CHANGE, PLAN_LEVEL, PLAN_MEAN_CHANGE, PLAN_RISE, PLAN_DAYS_ABOVE, PLAN_MEAN_LEVEL
} plan_statistic;

/* Of participants' samples rather than of an endpoint or of the product. */
static inline bool plan_of_assay(plan_statistic s) { return s >= PLAN_CHANGE; }

/* Of what is known of each participant within limits: a time between visits, a ratio of
 * founders (recrudescence.c). */
static inline bool plan_of_limits(plan_statistic s)
{
    return s >= PLAN_RECRUDESCENCE && s <= PLAN_FOUNDERS;
}

/* A moment seen from the data set: a happening, an endpoint, a day or an end. */
typedef enum plan_when_kind {
    PLAN_WHEN_START, PLAN_WHEN_HAPPENING, PLAN_WHEN_DAY, PLAN_WHEN_ENDPOINT,
    PLAN_WHEN_END
} plan_when_kind;
typedef struct plan_when {
    plan_when_kind kind;
    const char *what;  /* "stop art" */
    uint32_t endpoint;
    double day;        /* of the study, or offset */
} plan_when;

typedef struct plan_score {
    plan_statistic statistic;
    uint32_t arm, endpoint, assay;
    bool differs;      /* less the same of the arm `against` */
    uint32_t against;
    double day, above; /* above: a value in the assay's unit; of founders, growth in 1/day */
    plan_when from, to;
    double factor;     /* shown = value / factor */
    const char *study, *quantity, *published_text, *unit, *use, *note, *source;
    double published, low, high;
} plan_score;

typedef struct plan_contrast { uint32_t treated, control; } plan_contrast;

/* What a sweep looks at: a statistic in words, with its label and unit as shown. */
typedef struct plan_outcome {
    plan_score score;  /* statistic, endpoint or assay, factor; unit as shown */
    const char *text, *label;
} plan_outcome;

typedef struct plan_sweep { /* levels of what a trialist would turn */
    bool exists, log;
    const char *over, *unit;
    size_t n_levels, against;
    const char **labels, **names; /* [n_levels] "4", "4 week" */
    double *values;               /* [n_levels] NaN: none */
    size_t n_curves;              /* arms as the study has them */
    const char **curves;          /* [n_curves] */
    bool *is_line;                /* [n_curves] no level touches it */
    uint32_t *arm;                /* [n_curves * n_levels] of the plan */
    plan_outcome *outcomes;
    size_t n_outcomes;
} plan_sweep;

typedef struct plan_adverse { /* an adverse event, graded by truth every day */
    bool seen;          /* known at a visit while it lasts alone; else told at the next one */
    const char *term;
    uint32_t observable;
} plan_adverse;
enum { PLAN_MOST_ADVERSE = 16 };

typedef struct plan_escalation { /* 3+3, over the arms as dose levels */
    bool exists;
    uint32_t toxicity; /* endpoint */
    size_t start;      /* arm */
} plan_escalation;

typedef struct plan_bound { /* so many of the first so many have the event */
    uint32_t count, of, event;
} plan_bound;
typedef struct plan_stopping { /* of enrolment, for all arms */
    bool exists;
    uint32_t arm;      /* whose participants are counted */
    uint32_t cohort;   /* participants known between looks */
    plan_bound *bounds; size_t n_bounds;
    const char *text;
} plan_stopping;

struct rsp_plan {
    rsp_arena *arena;
    rsp_model *model;
    const rsp_network *net;
    rsp_program *program;
    rsp_shared *code;         /* options.code; NULL: not compiled */
    rsp_plan_view view;
    rsp_sim_options options;
    bool shuffle;
    const rsp_param *params;         /* the study's, before arms' */
    plan_population population;
    plan_product product;
    plan_arm *arms;
    const clinic_line *lines;        size_t n_lines;
    const clinic_assay *assays;      size_t n_assays;
    const clinic_moment *moments;    size_t n_moments; /* implicit visits */
    plan_rule *rules;                size_t n_rules;
    plan_endpoint *endpoints;        size_t n_endpoints;
    double start_day;
    clinic_moment until;
    double after_restart_day;        /* inf: none */
    double dropout_per_day;
    const plan_adverse *adverse;     size_t n_adverse;
    plan_grid grid;
    plan_contrast *contrasts;        size_t n_contrasts;
    plan_score *scores;              size_t n_scores;
    plan_sweep sweep;
    plan_escalation escalation;
    plan_stopping stopping;
    rsp_analysis *analysis;          /* made of each replicate trial; NULL */
    const char *const *covariates;   size_t n_covariates; /* of the data set */
    bool screens;                    /* an arm has its own eligibility: the last covariate
                                        is PLAN_SCREENED_OUT */
};
/* People screened out of the arm since the participant before. */
#define PLAN_SCREENED_OUT "screened_out"

/* Everything that reading shares. */
enum { PLAN_MOST_INPUTS = 32 };

typedef struct plan_reading {
    reader r;
    rsp_plan *plan;
    const char *dir;          /* of the study file */
    const tree *root;         /* the study */
    const tree *population, *product; /* resolved maps, or NULL */
    rsp_text changed;         /* what `set` did: lines, for the view */
    const char **changes; size_t n_changes, changes_capacity;
    rsp_plan_input inputs[PLAN_MOST_INPUTS]; /* files read so far */
    size_t n_inputs;
} plan_reading;

/* Each reads one part into reading->plan; the first mistake stays in r. */
void plan_read_people(plan_reading *p);
void plan_read_arms(plan_reading *p);
/* Conditions on people; NULL: none. */
void plan_read_eligibility(plan_reading *p, const tree *list,
                           const clinic_condition **out, size_t *n);
void plan_read_follow_up(plan_reading *p);
/* "day -8", or "-8 day". */
double plan_start_day(plan_reading *p, const tree *start);
void plan_read_visits(plan_reading *p);
void plan_read_assays(plan_reading *p);
void plan_read_assay_visits(plan_reading *p); /* after endpoints */
void plan_read_rules(plan_reading *p);
void plan_read_endpoints(plan_reading *p);
void plan_read_grid(plan_reading *p);
void plan_read_adverse(plan_reading *p);
void plan_read_contrasts(plan_reading *p);
void plan_read_scores(plan_reading *p);
void plan_expand_sweep(plan_reading *p); /* before arms and rules */
void plan_read_sweep(plan_reading *p);   /* its outcomes, after endpoints */
void plan_read_escalation(plan_reading *p); /* after endpoints */
void plan_read_stopping(plan_reading *p);   /* after that */
void plan_check_feasible(plan_reading *p); /* what the design can never do; last of the checks */
void plan_describe(plan_reading *p); /* the view, in words */

/* ---- Pieces. */
/* Read a file of text and keep its hash; NULL: the mistake is in r.  free it. */
char *plan_read_text(plan_reading *p, const char *path, size_t limit, size_t *length);
/* Read a YAML file found beside the study or above it, or a shipped one. */
tree *plan_read_file(plan_reading *p, const tree *at, const char *folder,
                     const char *name);
char *plan_find_file(plan_reading *p, const tree *at, const char *folder,
                     const char *name, const char *what);
/* --set path=value on the study's tree. */
void plan_override(plan_reading *p, tree *root, const rsp_override *set, size_t n);
extern const char *const plan_top_keys[];

/* Apply a `set` map to a table of parameters; `listed`: note the changes. */
void plan_apply_set(plan_reading *p, const tree *set, rsp_param *params, bool listed);
rsp_param *plan_copy_params(plan_reading *p, const rsp_param *params);
int plan_param(plan_reading *p, const tree *at, const char *name); /* or fails */

/* The days of an entry of a schedule. */
value_range plan_entry_days(plan_reading *p, const tree *entry);
/* The arm whose name `t` holds (the value of key `what`), and the endpoint called `s`;
 * each fails with those that there are. */
uint32_t plan_arm_named(plan_reading *p, const tree *t, const char *what);
uint32_t plan_endpoint_named(plan_reading *p, const tree *t, const char *s);
/* Arms named in a list, a bit each. */
uint64_t plan_arms_named(plan_reading *p, const tree *list);
/* "time_to_rebound.event_free(28 day)" into statistic, subject and arguments. */
void plan_statistic_of(plan_reading *p, const tree *t, plan_score *score);
/* The unit that a statistic has by itself: "day", "log10", the assay's, "1". */
const char *plan_statistic_unit(const plan_reading *p, const plan_score *score);
clinic_moment plan_moment(plan_reading *p, const tree *t, const char *what);
clinic_moment plan_moment_start(void);
/* The unit per kg of an action's amount ("cell/kg"), if the text has such a one and the
 * population a body weight; NULL: it is no amount per kg, or the mistake is in r. */
const char *plan_per_weight(plan_reading *p, const tree *at, const char *text, const char *unit);
/* "stop art 2": 1, and the length of "stop art"; without a number 0. */
uint32_t plan_moment_place(const char *s, size_t *n);
/* An action by its name in words; fails with the known ones. */
int plan_action(plan_reading *p, const tree *at, const char *words);
const char *plan_action_words(plan_reading *p, uint32_t action);

/* What a name in a condition means. */
typedef struct condition_name {
    uint32_t source;
    double factor;    /* base = shown * factor */
    const char *unit;
    double lloq, uloq; /* NaN: none */
    bool share;        /* from 0 to 1 */
} condition_name;
typedef bool condition_find(void *ctx, const char *name, condition_name *found);
typedef void condition_unknown(void *ctx, reader *r, const tree *at, const char *name);
typedef struct condition_names {
    void *ctx;
    condition_find *find;
    condition_unknown *unknown;
} condition_names;
clinic_condition plan_condition(reader *r, const tree *t, const char *what,
                                const condition_names *names);
condition_names plan_assay_names(plan_reading *p);
/* Criterion from a rule or an endpoint (keys confirmed, within, for, ...). */
clinic_criterion plan_criterion(plan_reading *p, const tree *map, const char *key,
                                const char *what, uint64_t *assays);
char *plan_criterion_words(plan_reading *p, const clinic_criterion *c);

#endif
