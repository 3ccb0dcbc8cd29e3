/* How many participants, events and looks a trial needs.
 *
 * alpha is the type-I error, two-sided unless a function says one-sided; power is
 * 1 - beta; shares are from 0 to 1; times in one unit (days).  Numbers that must be
 * whole are given before rounding up where the source does.
 * Errors: RSP_RANGE for what is out of range; RSP_STEPS where no design within the
 * given size exists; RSP_NOMEM.  Threads: pure functions. */
#ifndef RESPITE_DESIGN_H
#define RESPITE_DESIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "respite/status.h"

/* ---- Survival: events for the log-rank test (Schoenfeld 1981, 1983):
 * (z_alpha/2 + z_beta)^2 / (p (1 - p) ln^2 HR), p the share allocated to one arm. */
RSP_MUST_USE rsp_status rsp_schoenfeld_events(double hazard_ratio, double alpha, double power,
                                              double share, double *events, rsp_error *err);
/* Power with so many events, of the side that the hazard ratio is on. */
RSP_MUST_USE rsp_status rsp_schoenfeld_power(double hazard_ratio, double alpha, double events,
                                             double share, double *power, rsp_error *err);
/* Participants from events: exponential times to event and to dropout, uniform
 * accrual over `accrual`, then `follow_up` for the last to enter (Lachin & Foulkes
 * 1986).  p_event: mean probability of an event. */
typedef struct rsp_survival_plan {
    double control_median, hazard_ratio;
    double accrual, follow_up;  /* accrual 0: all enter at once */
    double dropout_hazard;      /* per unit of time */
    double share;               /* allocated to treatment; 0.5: one to one */
    double alpha, power;
} rsp_survival_plan;
typedef struct rsp_survival_size {
    double events, p_control, p_treated, p_event;
    double participants; /* not rounded */
} rsp_survival_size;
RSP_MUST_USE rsp_status rsp_survival_sample(const rsp_survival_plan *plan,
                                            rsp_survival_size *out, rsp_error *err);

/* ---- One arm, a share of responders against p0, exact binomial, one-sided alpha:
 * reject with `reject` responders or more.  n is the smallest that has the power;
 * power is a saw-tooth in n, and from n_always on every n has it (n_most at most;
 * n_always 0: not within). p1 > p0. */
typedef struct rsp_single_arm { size_t n, reject, n_always; double alpha, power; } rsp_single_arm;
RSP_MUST_USE rsp_status rsp_single_arm_size(double p0, double p1, double alpha, double power,
                                            size_t n_most, rsp_single_arm *out, rsp_error *err);
/* The same of a given n. */
RSP_MUST_USE rsp_status rsp_single_arm_power(double p0, double p1, double alpha, size_t n,
                                             rsp_single_arm *out, rsp_error *err);
/* No event in n: the upper bound at one-sided confidence `level`, 1 - (1-level)^(1/n)
 * (Louis 1981; Hanley & Lippman-Hand 1983), and the n for which it is at most `bound`.  NaN out of range. */
double rsp_zero_event_bound(double n, double level);
double rsp_zero_event_size(double bound, double level);

/* ---- Simon's two-stage designs (Simon 1989): stop after n1 with r1 responses or
 * fewer; accept p0 after n with r or fewer.  alpha one-sided, beta = 1 - power.
 * optimal: least expected size under p0; minimax: least n, then least expected
 * size.  n up to n_most <= RSP_SIMON_MOST. */
enum { RSP_SIMON_MOST = 400 };
typedef struct rsp_simon {
    size_t r1, n1, r, n;
    double alpha, power;          /* reached */
    double expected, early_stop;  /* under p0 */
} rsp_simon;
RSP_MUST_USE rsp_status rsp_simon_designs(double p0, double p1, double alpha, double power,
                                          size_t n_most, rsp_simon *optimal,
                                          rsp_simon *minimax, rsp_error *err);
/* Of a given design: r1, n1, r and n are read, the rest is written. */
RSP_MUST_USE rsp_status rsp_simon_of(double p0, double p1, rsp_simon *design, rsp_error *err);

/* ---- Power of Fisher's exact test of two shares (two-sided as rsp_fisher_test; one-
 * sided: p_a > p_b), summed over all tables.  Groups of up to 500. */
RSP_MUST_USE rsp_status rsp_fisher_power(double p_a, double p_b, size_t n_a, size_t n_b,
                                         double alpha, bool one_sided, double *power,
                                         rsp_error *err);
/* The smallest equal groups that have the power (a saw-tooth, too). */
RSP_MUST_USE rsp_status rsp_fisher_size(double p_a, double p_b, double alpha, double power,
                                        bool one_sided, size_t n_most, size_t *n_each,
                                        double *reached, rsp_error *err);

/* ---- Group-sequential boundaries on the z scale for looks at increasing shares of
 * the information, by recursive numerical integration of the joint density
 * (Armitage, McPherson & Rowe 1969; Jennison & Turnbull 2000, ch. 19) to about
 * 1e-8 in probability.
 *
 *   OBF        z_k = c / sqrt(t_k)        O'Brien & Fleming 1979
 *   POCOCK     z_k = c                    Pocock 1977
 *   WANG_TSIATIS  c t_k^(delta - 1/2)     Wang & Tsiatis 1987, parameter delta
 *   SPEND_OBF  alpha(t) = 2 - 2 Phi(z_{alpha/2} / sqrt(t))     Lan & DeMets 1983
 *   SPEND_POCOCK  alpha ln(1 + (e - 1) t)                      same
 *   SPEND_POWER   alpha t^rho             Kim & DeMets 1987, parameter rho > 0
 *   SPEND_HSD  alpha (1 - e^{-g t}) / (1 - e^{-g})   Hwang, Shih & DeCani 1990
 *
 * Two-sided: symmetric, each side spends alpha / 2 by the function for alpha / 2. */
enum { RSP_LOOKS_MOST = 50 };
typedef enum rsp_boundary_kind {
    RSP_OBF, RSP_POCOCK, RSP_WANG_TSIATIS, RSP_SPEND_OBF, RSP_SPEND_POCOCK,
    RSP_SPEND_POWER, RSP_SPEND_HSD
} rsp_boundary_kind;
typedef struct rsp_sequential {
    size_t n_looks;
    double information[RSP_LOOKS_MOST]; /* shares, increasing, in (0, 1]; a spending
                                           design may end below 1 (not all spent);
                                           neighbours at least 1e-4 of themselves apart */
    double alpha;       /* two_sided: both sides together */
    bool two_sided;
    rsp_boundary_kind kind;
    double parameter;
} rsp_sequential;
typedef struct rsp_look {
    double information, z; /* infinite: nothing to spend yet */
    double nominal_p;      /* of that look alone, as sided as the design */
    double alpha;          /* spent up to and with this look */
    double power;          /* reached up to and with this look, under the drift */
} rsp_look;
/* looks [n_looks]; power is under `drift`, the mean of z at information 1 (0: looks
 * repeat alpha). */
RSP_MUST_USE rsp_status rsp_sequential_looks(const rsp_sequential *design, double drift,
                                             rsp_look *looks, rsp_error *err);
/* Drift at which the design has the power, the inflation of the largest information
 * over a design without looks (Jennison & Turnbull's R), and the expected share of
 * that design's information under this drift and under none. */
typedef struct rsp_sequential_size {
    double drift, inflation, expected_drift, expected_null;
} rsp_sequential_size;
RSP_MUST_USE rsp_status rsp_sequential_plan(const rsp_sequential *design, double power,
                                            rsp_sequential_size *out, rsp_error *err);

#endif
