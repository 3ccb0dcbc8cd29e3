/* Binomial probabilities, by a log-gamma-free recursion that keeps its digits. */
#ifndef RESPITE_STATS_BINOMIAL_H
#define RESPITE_STATS_BINOMIAL_H

#include <stddef.h>

/* mass [n + 1] of n trials with success p. */
void rsp_binomial_mass(size_t n, double p, double *mass);
/* upper [n + 2]: P(X >= k), upper[n + 1] = 0. */
void rsp_binomial_upper(size_t n, double p, double *upper);

#endif
