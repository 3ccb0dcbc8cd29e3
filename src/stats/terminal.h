#ifndef RESPITE_STATS_TERMINAL_H
#define RESPITE_STATS_TERMINAL_H

#include "respite/kinetics.h"

/* Of n points in order of days, values > 0, all after the maximum. */
rsp_terminal rsp_terminal_of(const double *day, const double *value, size_t n);

#endif
