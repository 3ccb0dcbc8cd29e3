#ifndef ANALYSIS_SURVIVAL_H
#define ANALYSIS_SURVIVAL_H

#include "analysis/work.h"

enum { MOST_STRATA = 256 };

/* The log-rank test of a frame's groups, within its strata. */
void compare_frame(work *w, const options *o, const frame *f);

#endif
