/* Which group or stratum each participant is of. */
#ifndef ANALYSIS_GROUP_H
#define ANALYSIS_GROUP_H

#include "analysis/work.h"

typedef struct grouping {
    uint32_t *of;   /* [n_subjects]; UINT32_MAX: missing */
    const char **names;
    size_t n;
} grouping;

/* The arms of the population, the values or words of a covariate, or "none": all. */
void group_by(work *w, const tree *at, const char *by, grouping *g);
bool group_is_historical(const work *w, const options *o, const char *name); /* the plan says so */
/* The control comes first: contrasts are of the others to it.  The one that the analysis
 * names, else an arm that the plan calls historical, else the first. */
void control_first(work *w, const options *o, grouping *g);
/* Every combination of the strata that are asked for. */
void group_strata(work *w, const options *o, grouping *g);

#endif
