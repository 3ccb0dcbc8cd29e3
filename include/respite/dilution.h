/* Limiting dilution: infectious units per million cells from wells that grew out.
 *
 *     quantity        unit                      range
 *     million_cells   1e6 cells in a well       > 0
 *     wells, ...      wells                     whole, >= 0
 *     iupm            infectious units / 1e6 cells
 *
 * Single hit: a well of c million cells stays negative with probability
 * exp(-iupm c); wells are independent (Fisher 1922; Myers, McQuay & Hollinger
 * 1994).  Intervals are Wald's on the log scale.
 * NaN: not estimable, see `end`.  RSP_RANGE: counts that are no counts or do not
 * fit each other, levels out of range.  Threads: pure functions. */
#ifndef RESPITE_DILUTION_H
#define RESPITE_DILUTION_H

#include "respite/core.h"

typedef struct rsp_dilution_level { double million_cells, wells, positive; } rsp_dilution_level;

typedef enum rsp_dilution_information {
    RSP_DILUTION_EXPECTED, /* sum n c^2 / (exp(iupm c) - 1) */
    RSP_DILUTION_OBSERVED  /* minus the second derivative where it was fitted */
} rsp_dilution_information;

typedef enum rsp_dilution_end {
    RSP_DILUTION_ESTIMATED,
    RSP_DILUTION_NO_WELLS,
    RSP_DILUTION_ALL_NEGATIVE, /* iupm 0; [0, high], one-sided */
    RSP_DILUTION_ALL_POSITIVE  /* iupm NaN; [low, infinity), one-sided: dilute */
} rsp_dilution_end;
const char *rsp_dilution_end_text(rsp_dilution_end e);

typedef struct rsp_dilution_options {
    double level;                /* 0.95 */
    rsp_dilution_information information; /* RSP_DILUTION_EXPECTED */
} rsp_dilution_options;
rsp_dilution_options rsp_dilution_defaults(void);

typedef struct rsp_dilution {
    rsp_dilution_end end;
    double iupm, se, log_se, low, high;
    /* All negative: what the field reports, ln 2 / cells, the median of the
     * posterior under a uniform prior; NaN otherwise. */
    double posterior_median;
    double million_cells; /* in all wells */
    /* Goodness of fit.  Pearson: chi-squared of levels - 1 degrees of freedom; NaN
     * for one level.  Exact: the probability, at iupm, of all outcomes no likelier
     * than the one seen (Myers 1994); NaN for more than 2^22 outcomes. */
    double chisq, p;
    int df;
    double exact_p;
} rsp_dilution;

/* Levels without wells are left out; levels of the same cells are one. */
RSP_MUST_USE rsp_status rsp_dilution_fit(const rsp_dilution_level *levels, size_t n, const rsp_dilution_options *options, rsp_dilution *out, rsp_error *err);

/* ---- With lineages: some positive wells were sequenced deeply, and each showed
 * which distinct viral lineages grew in it (UDSA; Lotspeich 2024, Biometrics
 * 80:ujad018, eq. of the multiple-dilution likelihood).  Lineage i has its own rate
 * tau_i; iupm = sum tau_i.  A sequenced well tells of every lineage, a negative one
 * denies all, a positive one not sequenced tells that there was at least one:
 *     sum_d { - c_d negative_d iupm
 *             + sum_i [Y_id ln(1 - exp(-c_d tau_i)) - (m_d - Y_id) c_d tau_i]
 *             + (positive_d - m_d) ln(1 - exp(-c_d iupm)) }.
 * It is concave with one maximum; a lineage never seen has its at 0, so that the
 * unseen ones need not be counted.  The information is a diagonal plus a constant and
 * inverted in closed form; expected takes a positive well of level d as sequenced
 * with probability m_d / positive_d.
 * Memory of `found`: the caller's. */
typedef struct rsp_lineage_level {
    double million_cells, wells, positive, sequenced;
    const double *found; /* [n_lineages] sequenced wells that hold lineage i; NULL
                            where sequenced is 0 */
} rsp_lineage_level;

typedef struct rsp_lineage_fit {
    rsp_dilution_end end; /* ALL_POSITIVE: some lineage is in every well that could
                             deny it */
    double iupm, se, log_se, low, high;
    double log_likelihood;
} rsp_lineage_fit;

/* `tau`: [n_lineages] per million cells, or NULL.  Every lineage is found in at
 * least one well, every sequenced well holds at least one (so the sum of found is
 * >= sequenced), found <= sequenced <= positive <= wells: else RSP_RANGE.  Without
 * sequenced wells this is rsp_dilution_fit; nothing positive is ALL_NEGATIVE as there. */
RSP_MUST_USE rsp_status rsp_lineage_estimate(const rsp_lineage_level *levels, size_t n, size_t n_lineages, const rsp_dilution_options *options, double *tau, rsp_lineage_fit *out, rsp_error *err);

#endif
