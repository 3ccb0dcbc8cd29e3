/* Distribution functions by GSL, with its aborting error handler off; a failure
 * is NaN. */
#ifndef RESPITE_STATS_DISTRIBUTIONS_H
#define RESPITE_STATS_DISTRIBUTIONS_H

#define RSP_Z_95 1.959963984540054 /* normal quantile of 0.975 */

double rsp_stats_chisq_upper(double x, int df);
double rsp_stats_t_quantile(double p, double df);
double rsp_stats_beta_quantile(double p, double a, double b);
double rsp_stats_half_binomial_lower(double k, double n); /* P(X <= k), p 1/2 */

#endif
