/* The distributions of W in ln T = x b + sigma W. */
#ifndef RESPITE_STATS_AFT_FAMILY_H
#define RESPITE_STATS_AFT_FAMILY_H

#include "respite/interval.h"

/* The log-likelihood of one observation and its derivatives in z of the left and
 * the right end, z = (ln t - x b) / sigma.  An exact event has only the left. */
typedef struct rsp_aft_term {
    double log, left, right;            /* d / dz */
    double left2, right2, cross;        /* d2 / dz2 */
} rsp_aft_term;

rsp_aft_term rsp_aft_exact(rsp_aft_family family, double z);
/* has_left false: from 0; has_right false: without end. */
rsp_aft_term rsp_aft_between(rsp_aft_family family, bool has_left, double left,
                             bool has_right, double right);
double rsp_aft_w_quantile(rsp_aft_family family, double p);
double rsp_aft_w_survival(rsp_aft_family family, double z);

#endif
