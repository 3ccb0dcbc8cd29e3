/* Innermost intervals, and which of them each observation covers. */
#ifndef RESPITE_STATS_TURNBULL_H
#define RESPITE_STATS_TURNBULL_H

#include "respite/interval.h"

typedef struct rsp_cover { /* observations that cover pieces first .. last */
    size_t first, last;
    double weight; /* how many */
} rsp_cover;

typedef struct rsp_turnbull {
    size_t m;            /* innermost intervals */
    rsp_interval *piece; /* [m] in order; equal ends: a point */
    size_t n_covers;
    rsp_cover *cover; /* [n_covers], each range once */
    size_t *cover_of; /* [n] of each observation */
    double n;
    double *prefix;   /* [m + 1] scratch */
    rsp_arena *arena; /* holds the above */
} rsp_turnbull;

RSP_MUST_USE rsp_status rsp_turnbull_init(rsp_turnbull *t,
                                          const rsp_interval *x, size_t n,
                                          rsp_error *err);
void rsp_turnbull_fini(rsp_turnbull *t);

/* The masses [m] that maximise the likelihood. */
typedef struct rsp_masses {
    double *p;       /* [m], the arena's */
    double *gradient; /* [m] derivative of the log-likelihood */
    double log_likelihood, kkt;
    int iterations;
} rsp_masses;
RSP_MUST_USE rsp_status rsp_turnbull_maximise(const rsp_turnbull *t,
                                              rsp_masses *out, rsp_error *err);

/* Log-likelihood of masses p with sum 1; -inf where an observation has none. */
double rsp_turnbull_log_likelihood(const rsp_turnbull *t, const double *p);
/* d[m]: its derivatives. */
void rsp_turnbull_gradient(const rsp_turnbull *t, const double *p, double *d);

/* The pieces with mass, and the covers in their numbering. */
typedef struct rsp_support {
    size_t k;
    size_t *piece;    /* [m], the first k used */
    rsp_cover *cover; /* [n_covers] */
    size_t *rank;     /* [m + 1] scratch: pieces with mass before each */
    size_t width;     /* of the band matrix of the covers */
} rsp_support;
bool rsp_support_init(rsp_support *s, const rsp_turnbull *t); /* false: no memory */
void rsp_support_find(rsp_support *s, const rsp_turnbull *t, const double *p,
                      double above); /* p > above */

struct rsp_band; /* stats/band.h */
/* Newton's method on the masses > 0 of p; pieces may lose theirs, none gains.
 * False: no memory, or a step would cost more than max_work operations; p is as good as before, or better. */
bool rsp_npmle_newton(const rsp_turnbull *t, rsp_support *s, double *p,
                      double max_work, int *iterations);
/* Minus the second derivatives in the distribution function F[1 .. k-1] of the
 * support, with F[0 .. k]; NULL gradient is not wanted. */
void rsp_npmle_information(const rsp_turnbull *t, const rsp_support *s,
                           const double *F, struct rsp_band *h,
                           double *gradient);

#endif
