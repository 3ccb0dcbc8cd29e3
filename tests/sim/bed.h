/* A test bed: a model as text, many participants, what was read of each. */
#ifndef RSP_TESTS_SIM_BED_H
#define RSP_TESTS_SIM_BED_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "respite/num.h"
#include "respite/sim.h"

typedef struct bed {
    rsp_model *model;
    const rsp_network *net;
    rsp_program *program;
    rsp_sim_options options;
    uint64_t seed;
    uint32_t n;            /* participants */
    uint32_t first;        /* number of the first */
    bool reversed;         /* hand them out from the last */
    double t0, t1;
    const double *reads; size_t n_reads;
    const double *stops; size_t n_stops;
    const rsp_sim_action *actions; size_t n_actions;
    const double *initial;
    double *params;        /* [n_params]; shared */
    /* Varies parameters by participant; may be NULL. */
    void (*vary)(const struct bed *bed, uint32_t participant, double *params);
    bool (*stop)(struct bed *bed, uint32_t participant, size_t which,
                 const rsp_sim_view *view, rsp_sim_action *added, size_t room,
                 size_t *n_added);
    /* Whether the client has seen enough of a participant; may be NULL: never. */
    bool (*enough)(const struct bed *bed, const rsp_sim_view *view);
    /* Filled by a run. */
    double *amounts;       /* [n][n_reads][n_species] */
    double *observed;      /* [n][n_reads][n_observables] */
    rsp_sim_result *result;/* [n] */
    uint32_t given, done;
    double *own;           /* [n][n_params] where parameters vary */
    rsp_sim_counts total;
} bed;

void bed_open(bed *b, const char *text, rsp_method method);
void bed_load(bed *b, const char *path, rsp_method method); /* a model's file */
void bed_close(bed *b);
void bed_set(bed *b, const char *parameter, double value);
void bed_run(bed *b);
/* After a run. */
double bed_amount(const bed *b, uint32_t participant, size_t read, const char *species);
double bed_observed(const bed *b, uint32_t participant, size_t read, const char *name);
/* A value of every participant, in order; the caller frees. */
double *bed_column(const bed *b, size_t read, const char *species);

double mean_of(const double *x, size_t n);
double variance_of(const double *x, size_t n);
double covariance_of(const double *x, const double *y, size_t n);
double share_of(const double *x, size_t n, double value); /* equal to value */

/* Within three standard errors; prints what it found. */
void assert_mean(const double *x, size_t n, double expected);
void assert_variance(const double *x, size_t n, double expected);
void assert_share(double found, size_t n, double expected);
void assert_relative(double found, double expected, double tolerance);
/* Two-sample Kolmogorov-Smirnov distance; sorts both. */
double ks_distance(double *x, size_t n, double *y, size_t m);
/* It is below the critical value at 1 %. */
void assert_same_law(double *x, size_t n, double *y, size_t m);

#endif
