/* What an estimate of several targets and that of two triplexes share. */
#ifndef RESPITE_STATS_PLEX_INTACT_H
#define RESPITE_STATS_PLEX_INTACT_H

#include "stats/ipda.h"

/* rsp_plex_estimate without checks and without a bootstrap. */
RSP_MUST_USE rsp_status rsp_plex_numbers(const double *counts, size_t k,
                                         const rsp_duplex_well *reference,
                                         const double *background, const rsp_ipda_options *o,
                                         rsp_plex *out, rsp_error *err);

#endif
