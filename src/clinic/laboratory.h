/* What the kinds of assays share, and those that need a file of their own. */
#ifndef RESPITE_CLINIC_LABORATORY_H
#define RESPITE_CLINIC_LABORATORY_H

#include <math.h>

#include "clinic/assay.h"

static inline rsp_stream clinic_assay_stream(const clinic_sample *s, uint32_t purpose,
                                             uint32_t participant, uint32_t channel)
{
    return (rsp_stream){.seed = s->seed, .trial = s->trial, .participant = participant,
                        .purpose = purpose, .channel = channel};
}

/* Part i of a count. */
static inline rsp_stream clinic_assay_part(const clinic_assay *a, const clinic_sample *s, int i)
{
    return clinic_assay_stream(s, RSP_PURPOSE_ASSAY, s->participant, a->parts[i]);
}

static inline clinic_reading clinic_reading_of(rsp_result_state state, double value, double lloq)
{
    return (clinic_reading){.state = state, .value = state == RSP_NUMBER ? value : (double)NAN,
                            .lloq = lloq, .reason = ""};
}

/* Intact proviral DNA assay (Bruner 2019; ASSAYS 1.2), to the droplet: targets at the two
 * ends of the provirus, and two of RPP30 as far apart, each sheared by chance with
 * probability `shearing`.  `intact` bears both targets; of `defective`, the share
 * `five_prime` (deleted there) bears env alone and `three_prime` (deleted there, or
 * hypermutated) psi alone.  The estimate is the laboratory's: linkage, shearing and
 * cells from the droplets.  Missing: primers that do not fit (`mismatch`, the same at all
 * visits of a participant), or DNA sheared beyond 40 %. */
clinic_reading clinic_ipda(const clinic_assay *a, const clinic_sample *s, double intact,
                           double defective);

/* Droplets by what they show. */
typedef struct clinic_quadrants {
    double none, first, second, both;
} clinic_quadrants;

/* What a laboratory works out of them, as rsp_ipda_estimate does for real plates, but by
 * exp and log of num.h: a measurement has the same bytes everywhere.  NaN where no
 * droplet is empty, or no cell is seen. */
typedef struct clinic_ipda_result {
    double linked;    /* intact and unsheared, copies a droplet; 0 or less: none */
    double unsheared; /* 1 - DSI, corrected for chance */
    double million;   /* from copies a droplet to those of 1e6 cells, shearing put right */
} clinic_ipda_result;
clinic_ipda_result clinic_ipda_work_out(clinic_quadrants hiv, clinic_quadrants rpp30,
                                        double dilution);

/* Five targets in two triplexes that share one (Levy 2021; ASSAYS 1.3): T1 T2 / env. Of
 * `defective`, the shares `five_prime` and `three_prime` bear all targets of the first and
 * of the second triplex alone. Noise as that of cells counted (SD of ln). */
clinic_reading clinic_five_target(const clinic_assay *a, const clinic_sample *s, double intact,
                                  double defective);

/* Quantitative viral outgrowth: `wells` at each of `dilutions`, from `cells` downwards by
 * `fold`; a well is positive where one of its latent cells is induced. The estimate is
 * the most likely frequency (ASSAYS 1.3); no well positive: not detected, at the posterior
 * median ln 2 / cells. */
clinic_reading clinic_outgrowth(const clinic_assay *a, const clinic_sample *s, double intact);

/* The most likely frequency a cell, of `positive[i]` of `wells` wells of cells[i]: some are
 * positive, and some are not. */
double clinic_wells_estimate(size_t n, const double *cells, const double *positive, double wells);

#endif
