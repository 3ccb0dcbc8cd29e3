/* Which parameters an outcome can depend on: through the equations of the model, with
 * what does not differ (values, actions that no schedule or rule has, species that stay
 * none) put in.  A factor of 0, a power to 0 and a branch that is never taken end the way.
 * What is not reached cannot move the outcome but by rounding. */
#ifndef RESPITE_STUDY_REACH_H
#define RESPITE_STUDY_REACH_H

#include "study/plan.h"

/* Whether a covariate or a trait of the product sets a parameter. */
bool reach_is_set(const rsp_plan *plan, uint32_t param);

/* Marks in reached[n_params] what the outcome can depend on in an arm (marks stay).
 * varies[n_params]: who differs; others are at their value in the arm's table. */
RSP_MUST_USE rsp_status reach_of(const rsp_plan *plan, const plan_score *score, uint32_t arm,
                                 const bool *varies, bool *reached, rsp_error *err);

#endif
