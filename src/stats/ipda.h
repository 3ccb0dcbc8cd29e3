/* The steps of an IPDA that its estimate and its bootstrap share. */
#ifndef RESPITE_STATS_IPDA_H
#define RESPITE_STATS_IPDA_H

#include "respite/dpcr.h"

/* Shearing by the options' method, scaled where asked; NaN without linkage. */
double rsp_ipda_shearing(const rsp_duplex_well *counts, const rsp_duplex *d,
                         const rsp_ipda_options *o);
/* Cells in a ul of template of the HIV wells; NaN where the reference has none. */
double rsp_ipda_cells_per_ul(const rsp_duplex *d, const rsp_ipda_options *o);
/* lambda of intact molecules seen, per million cells, freed of shearing. */
double rsp_ipda_per_million(double lambda, double shearing, double cells_per_ul,
                            const rsp_ipda_options *o);

/* Options within their ranges. */
RSP_MUST_USE rsp_status rsp_ipda_check(const rsp_ipda_options *o, rsp_error *err);
/* Standard deviation over mean of the two totals of the reference; NaN without any. */
double rsp_ipda_variation(const rsp_duplex *d);
/* Of droplets `seen` with every target, the molecules net of background, and the limit of
 * blank, which decides where there is a background. */
rsp_result_state rsp_ipda_state(double seen, double linked, double blank, double background);
/* A Poisson count's limits less its background (in counts), as those of the estimate. */
rsp_dpcr_interval rsp_ipda_garwood(double count, double background, double estimate,
                                   double level);
/* One-sided bound on a Poisson count of which `mean` are chance and background: that of
 * the count less the mean, not below that of no count. */
double rsp_ipda_bound(double count, double mean, double level);
rsp_dpcr_interval rsp_ipda_log_delta(double estimate, double relative_se, double level);
/* Percentiles that leave (1 - level) / 2 on either side, and how many of x are numbers. */
rsp_dpcr_interval rsp_ipda_percentiles(const double *x, size_t n, double level, size_t *used);

/* Percentile interval of `intact` over multinomial replicates of both merged wells;
 * fills out->bootstrap and out->bootstrap_used. */
RSP_MUST_USE rsp_status rsp_ipda_bootstrap(const rsp_duplex_well *hiv,
                                           const rsp_duplex_well *reference,
                                           const rsp_ipda_options *o, rsp_ipda *out,
                                           rsp_error *err);

#endif
