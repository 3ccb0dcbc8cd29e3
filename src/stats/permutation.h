/* Scores whose labels are exchanged, and the distribution that follows. */
#ifndef RESPITE_STATS_PERMUTATION_H
#define RESPITE_STATS_PERMUTATION_H

#include "respite/stats.h"

enum { PERMUTATION_GROUPS = 16 };

typedef struct permutation_row {
    double time, score;
    uint32_t stratum, group;
    bool event;
    size_t tie; /* which of the distinct times */
} permutation_row;

/* Rows in order of stratum, then score; a class is a run of equal scores, strata
 * and classes are listed by where they begin. */
typedef struct permutation {
    size_t n, n_groups, n_strata;
    permutation_row *rows;
    size_t *stratum_first; /* [n_strata + 1] */
    double *size;          /* [n_strata][n_groups] */
    double mean[PERMUTATION_GROUPS];    /* of the sums of scores */
    double factor[PERMUTATION_GROUPS * PERMUTATION_GROUPS]; /* of their covariance */
    size_t rank;           /* of the covariance */
    double observed;       /* the quadratic form as it is */
} permutation;

/* The quadratic form of sums of scores of the groups. */
double permutation_form(const permutation *p, const double *sums);
/* The least form that is as far out as what was observed, up to rounding. */
double permutation_least(const permutation *p);

/* Share of all arrangements that reach the observed one, or false where there are
 * too many to count.  RSP_NOMEM. */
RSP_MUST_USE rsp_status permutation_count(const permutation *p, bool *counted, double *share,
                                          double *arrangements, rsp_error *err);
/* The same of random arrangements: how many of `draws`. */
RSP_MUST_USE rsp_status permutation_draw(const permutation *p, rsp_stream stream, uint32_t draws,
                                         uint32_t *reached, rsp_error *err);

#endif
