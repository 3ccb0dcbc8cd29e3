/* How often does a reservoir give rise to a rebound?  Three published estimators.
 *
 * Of times to detection.  Successful reactivations come at a constant rate 1 / w from the
 * interruption on; each is detected after a delay of washout and growth, with distribution
 * function D.  The first to be detected is the rebound:
 *
 *     S(t) = exp(-(1 / w) * integral of D from 0 to t)
 *
 *     COMMON    one delay d for all: S(t) = exp(-(t - d) / w) beyond d (Pinkevych et al.
 *               2015, PLoS Pathog 11:e1005000)
 *     VARYING   a delay of its own for each reactivation, here lognormal: median d, SD
 *               `spread` of its logarithm (Conway, Perelson & Li 2019, PLoS Comput Biol
 *               15:e1007229, figure 2).  Spread 0 is COMMON
 *
 * Times are known between visits, (low, high]: exact where they are equal, not seen by `low`
 * where high is infinite.  w, d and the spread by maximum likelihood;
 * limits of w from the profile of the likelihood.  Where people differ in other ways (rate,
 * growth), neither knows: what they differ by is read as waiting.
 *
 * Of founders (Pinkevych 2015, figure 5A).  Lineages grow alike at rate g, so that of two
 * successive founders the first is exp(g * wait) times the size of the next: ln(ratio) / g is
 * an exponential wait.  Where no second was found the ratio is known to be more.  w = sum of
 * ln(ratio) / g over all, by the number of ratios seen; limits by the likelihood.
 *
 *     quantity        unit    range
 *     time            day     0 <= low <= high, high > 0, low finite
 *     interval w      day     > 0: mean days between successful reactivations
 *     delay d         day     >= 0
 *     ratio           1       >= 1; {limit, inf}: more
 *     growth g        1/day   > 0
 *
 * "Not estimable" is NaN with a `reason` (static text, "" where all stands).
 * Threads: pure functions. */
#ifndef RESPITE_RECRUDESCENCE_H
#define RESPITE_RECRUDESCENCE_H

#include <stddef.h>

#include "respite/status.h"

/* What is known of a time or of a ratio. */
typedef struct rsp_within { double low, high; } rsp_within;

typedef enum rsp_delay_model { RSP_DELAY_COMMON, RSP_DELAY_VARYING } rsp_delay_model;

typedef struct rsp_recrudescence_options {
    rsp_delay_model model;
    double delay; /* day; NaN: fitted (COMMON alone; VARYING fits it always) */
    double level; /* of the limits; 0: none wanted (they take most of the time) */
} rsp_recrudescence_options;

typedef struct rsp_recrudescence {
    size_t n, n_events;
    double interval, low, high; /* w; a limit of infinity or 0: the likelihood does not fall */
    double delay, spread;
    double log_likelihood;
    const char *reason;
} rsp_recrudescence;

/* Errors: RSP_RANGE for a row outside its range (named, from 1), an option out of range;
 * RSP_NOMEM. */
RSP_MUST_USE rsp_status rsp_recrudescence_fit(const rsp_within *x, size_t n,
                                              const rsp_recrudescence_options *options,
                                              rsp_recrudescence *out, rsp_error *err);

typedef struct rsp_founders {
    size_t n, n_ratios; /* of which with a second founder */
    double interval, low, high;
    const char *reason;
} rsp_founders;

RSP_MUST_USE rsp_status rsp_founders_fit(const rsp_within *ratio, size_t n, double growth,
                                         double level, rsp_founders *out, rsp_error *err);

#endif
