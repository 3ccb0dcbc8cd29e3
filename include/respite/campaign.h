/* A campaign runs a plan on all granted cores and brings the chunks together.
 *
 * Trials are split into chunks; threads take chunks in order and run them into
 * data sets of their own, and where none is left to take they help others with the
 * participants of theirs; finished chunks are merged in order of trials (digest,
 * ADaM, result store, analyst), so that nothing depends on who was first.
 * Memory: a bounded window of chunks, however many trials.
 *
 * Files are written as NAME.part and renamed once complete, manifest.json last:
 * a run directory with a manifest is whole. */
#ifndef RESPITE_CAMPAIGN_H
#define RESPITE_CAMPAIGN_H

#include "respite/study.h"

typedef struct rsp_campaign_options {
    unsigned threads;     /* 0: rsp_granted_cores() */
    const char *out_dir;  /* run directory, made if missing; NULL: no files */
    /* Asked by every worker now and then; true: stop, write nothing. */
    bool (*cancelled)(void *ctx);
    /* Called under a lock some 200 times: participants simulated, of all (who shares
     * another's simulation is counted in these alone). May be NULL. */
    void (*progress)(void *ctx, uint64_t done, uint64_t all);
    void *ctx;
} rsp_campaign_options;

typedef struct rsp_campaign_result {
    char hash[65];          /* promise 1: digest of the canonical rows */
    unsigned threads;
    double wall_s, cpu_s;
    uint64_t runs;          /* participants simulated, grid included */
    rsp_sim_counts counts;
    int hold;               /* on out_dir: what else is written there (report, manifest)
                               comes before the caller's rsp_file_release */
} rsp_campaign_result;

/* Run the whole plan; every merged chunk is given to `analyst`.  On error no
 * file of the run is left under its final name. */
RSP_MUST_USE rsp_status rsp_campaign_run(const rsp_plan *plan,
                                         const rsp_campaign_options *options,
                                         rsp_analyst *analyst,
                                         rsp_campaign_result *result,
                                         rsp_error *err);

/* Cores that this process may use: the least of affinity, cgroup quota (rounded
 * up) and SLURM_CPUS_PER_TASK; at least 1. */
unsigned rsp_granted_cores(void);

#endif
