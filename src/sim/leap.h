/* What leap.c and draw.c share: where the noise of a lane's groups is kept. */
#ifndef RSP_SIM_LEAP_H
#define RSP_SIM_LEAP_H

#include "sim/internal.h"

static inline rsp_noise *rsp_noise_of(const rsp_sim *sim, uint32_t l, uint32_t g)
{
    return &sim->noise[(size_t)l * sim->block.net.n_groups + g];
}

static inline double *rsp_path_of(const rsp_sim *sim, uint32_t l, uint32_t g)
{
    return sim->path + ((size_t)l * sim->block.net.n_groups + g) * RSP_PATH_POINTS;
}

/* The name of draw `index` of group g, at place k; and of none there. */
static inline void rsp_name_of(const rsp_sim *sim, uint32_t l, uint32_t g, uint32_t index,
                               rsp_named *named, uint32_t k)
{
    const rsp_sim_job *job = &sim->lanes[l].job;
    named->trial[k] = job->trial;
    named->participant[k] = job->participant;
    named->channel[k] = sim->groups[g].channel;
    named->index[k] = index;
}

static inline void rsp_name_none(rsp_named *named, uint32_t k)
{
    named->trial[k] = named->participant[k] = named->channel[k] = named->index[k] = 0;
}

/* Have x wait for what the path of group g strays at the share u of its last draw. */
void rsp_leap_wait(const rsp_sim *sim, uint32_t l, uint32_t g, double u, double *x,
                   rsp_waiting *w);

#endif
