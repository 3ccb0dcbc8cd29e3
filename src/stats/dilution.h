/* What fits with and without lineages share. */
#ifndef RESPITE_STATS_DILUTION_H
#define RESPITE_STATS_DILUTION_H

#include "respite/dilution.h"

/* Halve until the ends are neighbours: the root of a decreasing function that is
 * above 0 near 0.  Infinite where it never falls below 0. */
double rsp_dilution_root(double (*f)(double x, const void *with), const void *with);

RSP_MUST_USE rsp_status rsp_dilution_check_level(double level, rsp_error *err);
RSP_MUST_USE rsp_status rsp_dilution_check(double million_cells, double wells, double positive,
                                           size_t i, rsp_error *err);

#endif
