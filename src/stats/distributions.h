/* Distribution functions by GSL, with its aborting error handler off; a failure
 * is NaN. */
#ifndef RESPITE_STATS_DISTRIBUTIONS_H
#define RESPITE_STATS_DISTRIBUTIONS_H

#define RSP_Z_95 1.959963984540054 /* normal quantile of 0.975 */

/* Once in a process: GSL's handler that aborts is replaced.  Called by whatever
 * here calls GSL by itself. */
void rsp_stats_need_gsl(void);

double rsp_stats_normal_lower(double z); /* P(Z <= z) */
double rsp_stats_normal_two_sided(double z); /* P(|Z| >= |z|); NaN stays */
double rsp_stats_normal_quantile(double p);
double rsp_stats_chisq_upper(double x, int df);
double rsp_stats_t_lower(double t, double df); /* P(T <= t) */
double rsp_stats_t_two_sided(double t, double df);
double rsp_stats_t_quantile(double p, double df);
double rsp_stats_beta_quantile(double p, double a, double b);
double rsp_stats_half_binomial_lower(double k, double n); /* P(X <= k), p 1/2 */

#endif
