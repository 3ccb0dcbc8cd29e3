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

/* Percentile interval of `intact` over multinomial replicates of both merged wells;
 * fills out->bootstrap and out->bootstrap_used. */
RSP_MUST_USE rsp_status rsp_ipda_bootstrap(const rsp_duplex_well *hiv,
                                           const rsp_duplex_well *reference,
                                           const rsp_ipda_options *o, rsp_ipda *out,
                                           rsp_error *err);

#endif
