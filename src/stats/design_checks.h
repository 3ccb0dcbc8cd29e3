/* What every planning function refuses. */
#ifndef RESPITE_STATS_DESIGN_CHECKS_H
#define RESPITE_STATS_DESIGN_CHECKS_H

#include "respite/status.h"

/* 0 < alpha < power < 1: less power than type-I error is no test. */
RSP_MUST_USE rsp_status rsp_design_errors(double alpha, double power, rsp_error *err);
/* 0 <= p0 < p1 <= 1 */
RSP_MUST_USE rsp_status rsp_design_shares(double p0, double p1, rsp_error *err);

#endif
