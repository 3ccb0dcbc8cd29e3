/* Cellular kinetics: what a concentration did after an infusion, without a model.
 *
 *     quantity   unit
 *     day        day since the infusion, >= 0
 *     value      any, >= 0 (copies per ug DNA, cells per ul); its unit is kept
 *     auc        value * day
 *
 * Rules for samples without a number, stated because they decide the figures:
 *     missing           left out, as if it had not been taken
 *     below the limit   (not detected, detected below LLOQ, or a number of 0) before
 *                       the first number: 0.  Between two numbers: left out.  After the last:
 *                       ends the curve; the first one of them is 0 in the area
 *     above the limit   of quantification: there is no Cmax and no area (NaN)
 * A curve without a sample on day 0 begins with 0 there.
 *
 * NaN: not estimable, see the reasons.  RSP_RANGE: days not increasing, negative or
 * not finite; values negative or not finite; an end of the area not above 0.
 * Threads: pure functions. */
#ifndef RESPITE_KINETICS_H
#define RESPITE_KINETICS_H

#include "respite/dataset.h"

typedef struct rsp_kinetic_sample {
    double day;
    rsp_result_state state;
    double value; /* used where state is RSP_NUMBER */
} rsp_kinetic_sample;

typedef enum rsp_kinetic_reason {
    RSP_KINETIC_FINE,
    RSP_KINETIC_NO_SAMPLES,
    RSP_KINETIC_NO_NUMBER,   /* no sample above the limit: Cmax and area are 0 */
    RSP_KINETIC_ABOVE_LIMIT, /* a sample above the upper limit */
    RSP_KINETIC_FEW_POINTS,  /* fewer than 3 numbers after the maximum */
    RSP_KINETIC_NO_DECLINE,  /* no such last points fall */
    RSP_KINETIC_TOO_SHORT    /* samples end before the area does, and no half-life */
} rsp_kinetic_reason;
const char *rsp_kinetic_reason_text(rsp_kinetic_reason r); /* "" for fine */

/* Regression of ln value on day over the last points after the maximum, the maximum
 * itself left out.  Of all last 3, 4, ... points the set with the greatest adjusted
 * R^2; sets within 1e-4 of it are as good, and the one of most points is taken (the
 * convention of non-compartmental analysis, Gabrielsson & Weiner 2006, 2.8). */
typedef struct rsp_terminal {
    rsp_kinetic_reason reason;
    double rate_per_day, half_life_day;
    double r2_adjusted, intercept; /* ln value at day 0 */
    size_t n_points;
    double from_day, to_day;
} rsp_terminal;

typedef struct rsp_kinetics {
    rsp_kinetic_reason reason;
    size_t n_samples, n_numbers, n_below; /* used, of them numbers and below */
    double cmax, tmax_day;   /* greatest number, the first time it was seen */
    double clast, tlast_day; /* last number */
    /* Area from 0 to `auc_to`, linear while rising or from or to 0, logarithmic while
     * falling.  Samples that end earlier are followed at the terminal rate from
     * Clast; auc_extrapolated is that share of the area. */
    rsp_kinetic_reason auc_reason;
    double auc, auc_extrapolated;
    double auc_last;         /* to tlast_day */
    rsp_terminal terminal;
    /* Persistence: the last number was seen on tlast_day, the first sample below the
     * limit after it on gone_day (infinite: persists; then censored there). */
    double gone_day;
    bool persists;
} rsp_kinetics;

/* Samples of one participant in order of days; auc_to is 28 for AUC0-28. */
RSP_MUST_USE rsp_status rsp_kinetics_of(const rsp_kinetic_sample *samples, size_t n, double auc_to, rsp_kinetics *out, rsp_error *err);

/* Area under the straight lines between points; NaN for fewer than two points or
 * times that fall. */
double rsp_area_linear(const double *t, const double *y, size_t n);

/* Cells that carry a transgene, from copies per ug of DNA: the share copies / vcn /
 * (1e6 / pg_per_cell) of cells, and of cells_per_ul (of the fraction extracted) their
 * number.  pg_per_cell 6.6 for a diploid human cell; vcn > 0 copies per such cell.
 * NaN out of range. */
typedef struct rsp_transgene { double fraction, cells_per_ul; } rsp_transgene;
rsp_transgene rsp_transgene_of(double copies_per_ug, double vcn, double pg_per_cell, double cells_per_ul);

#endif
