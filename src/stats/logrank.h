/* The weight that a log-rank test of Fleming & Harrington gives a time. */
#ifndef RESPITE_STATS_LOGRANK_H
#define RESPITE_STATS_LOGRANK_H

/* s: the pooled survival just before the time. */
double rsp_logrank_weight(double s, double rho, double gamma);

#endif
