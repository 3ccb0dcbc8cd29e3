/* What a participant is: parameters of the model, covariates, product.
 *
 * Every value has a stream of its own, keyed by its name, so that a new
 * parameter changes no other.  `attempt` counts candidates until one is
 * eligible. */
#ifndef RESPITE_CLINIC_TRAITS_H
#define RESPITE_CLINIC_TRAITS_H

#include "respite/network.h"
#include "respite/num.h"

typedef struct clinic_who {
    uint64_t seed;
    uint32_t trial, participant, attempt;
} clinic_who;

/* Draw around `median`, within [low, high] by drawing again (sub-draws count
 * on); false: a thousand draws found none. */
bool clinic_draw(const rsp_stream *stream, uint32_t attempt, const rsp_dist *dist,
                 double median, double low, double high, double *out);

/* The trial's own medians: `uncertain` drawn once, shared by participants and
 * arms.  On failure *which is the parameter. */
bool clinic_trial_medians(uint64_t seed, uint32_t trial, const rsp_param *params,
                          uint32_t n, double *medians, uint32_t *which);
/* A participant's parameters around the trial's medians. */
bool clinic_traits(const clinic_who *who, const rsp_param *params, uint32_t n,
                   const double *medians, double *out, uint32_t *which);

typedef struct clinic_trait { /* a covariate, dose or transduction */
    const char *name, *unit;
    double factor;        /* base = unit * factor */
    double value, low, high;
    rsp_dist between;
    int sets;             /* parameter that takes the value, or -1 */
    int shows_param, shows_derived; /* reports these instead, or -1 */
    uint32_t channel;
} clinic_trait;
bool clinic_trait_draw(const clinic_who *who, uint32_t purpose,
                       const clinic_trait *trait, double *out);
/* Whether this person's product fails to be made. */
bool clinic_product_fails(const clinic_who *who, double probability);

#endif
