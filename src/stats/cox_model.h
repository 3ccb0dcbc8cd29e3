/* A fitted Cox regression, as its own files see it. */
#ifndef RESPITE_STATS_COX_MODEL_H
#define RESPITE_STATS_COX_MODEL_H

#include "stats/cox_sums.h"

struct rsp_cox {
    rsp_cox_options options;
    rsp_cox_result result;
    rsp_cox_term *terms; /* [n_terms] */
    double *variance;    /* [n_terms][n_terms] */
    cox_rows rows;       /* only the covariates that are not aliased */
    size_t *term;        /* [rows.p] which term a covariate is */
    double *beta;        /* [rows.p] of the standardised covariates */
    double *factor;      /* [rows.p][rows.p] of the information there */
    cox_point at;        /* there */
};

/* Log-likelihood and derivatives at beta, ties as the options say. */
RSP_MUST_USE rsp_status cox_evaluate(const rsp_cox *cox, cox_point *at, const double *beta,
                                     rsp_error *err);
/* Move at->beta to the maximum; result.state says how it ended. */
RSP_MUST_USE rsp_status cox_maximise(rsp_cox *cox, rsp_error *err);

/* Firth's penalised likelihood: log, score and information at beta become the
 * penalised ones; log gains half the log-determinant. */
RSP_MUST_USE rsp_status cox_firth_maximise(rsp_cox *cox, rsp_error *err);
/* Fill low, high and p of the terms by the penalised profile likelihood. */
RSP_MUST_USE rsp_status cox_firth_profile(rsp_cox *cox, rsp_error *err);

/* Score residuals [n][p] of an observation of each row (Therneau, Grambsch &
 * Fleming 1990), of the standardised covariates; not with exact ties. */
RSP_MUST_USE rsp_status cox_score_residuals(const rsp_cox *cox, double *residuals, rsp_error *err);
/* The sandwich [p][p], standardised, from the model's variance [p][p]. */
RSP_MUST_USE rsp_status cox_sandwich(rsp_cox *cox, const double *model, double *out,
                                     rsp_error *err);

/* Concordance of a score [rows->n] in the order of the rows. */
RSP_MUST_USE rsp_status cox_rows_concordance(const cox_rows *rows, const double *score,
                                             rsp_concordance *out, rsp_error *err);

#endif
