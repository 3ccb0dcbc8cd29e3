/* What assays that count need: distributions of counts, checks of counts. */
#ifndef RESPITE_STATS_COUNTING_H
#define RESPITE_STATS_COUNTING_H

#include <stdbool.h>

/* A finite whole number >= 0, exact in a double. */
bool rsp_stats_is_count(double x);
double rsp_stats_poisson_lower(double k, double mean);  /* P(X <= k); 0 for k < 0 */
/* The mean at which P(X <= k) is p: half the chi-squared quantile of 1 - p on
 * 2 (k + 1) degrees of freedom; halving always ends. */
double rsp_stats_poisson_mean(double k, double p);
double rsp_stats_chisq_of(double x, double df); /* upper tail; NaN for df <= 0 */
double rsp_stats_z_of_level(double level); /* z of an interval of that level */

#endif
