#include "analysis/work.h"

/* Every kind of analysis: its name in a plan, what it is, the keys it knows. */
static const kind kinds[] = {
    {"curves", "Kaplan-Meier curves: quantiles, shares at days, Nelson-Aalen hazard",
     "kind,name,endpoint,events,by,control,level,band,quantiles,days,hazard", "endpoint",
     run_curves},
    {"compare", "log-rank tests: weighted, stratified, by permutation",
     "kind,name,endpoint,events,by,control,level,strata,rho,gamma,permutation,draws,seed",
     "endpoint", run_compare},
    {"cox", "Cox's proportional-hazards regression",
     "kind,name,endpoint,events,by,control,level,covariates,strata,cluster,ties,robust,firth,"
     "proportionality,hazard",
     "endpoint", run_cox},
    {"rmst", "restricted mean survival time",
     "kind,name,endpoint,events,by,control,level,tau,adjust", "endpoint", run_rmst},
    {"interval", "events between visits: nonparametric estimate, score tests, regression",
     "kind,name,endpoint,by,control,level,quantiles,days,scores,variance,family,covariates",
     "endpoint", run_interval},
    {"competing", "cumulative incidence of competing events: Gray's test, Fine and Gray's model",
     "kind,name,endpoint,events,by,control,level,days,rho,covariates", "endpoint",
     run_competing},
    {"landmark", "those at risk after a day, from that day",
     "kind,name,endpoint,events,by,control,level,day,band,quantiles,days,rho,gamma",
     "endpoint,day", run_landmark},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

const kind *kind_at(size_t i)
{
    return i < N_KINDS ? &kinds[i] : NULL;
}
