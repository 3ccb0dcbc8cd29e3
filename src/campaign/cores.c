#define _GNU_SOURCE
#include "respite/campaign.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

static unsigned least(unsigned a, unsigned b)
{
    return b > 0 && b < a ? b : a;
}

static unsigned by_affinity(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        return 0;
    }
    int n = CPU_COUNT(&set);
    return n > 0 ? (unsigned)n : 0;
}

static bool first_line(const char *path, char line[128])
{
    FILE *f = fopen(path, "r");
    bool ok = f && fgets(line, 128, f);
    if (f) {
        fclose(f);
    }
    return ok;
}

/* Quota and period in microseconds; "max" means no limit. */
static unsigned from_quota(double quota, double period)
{
    return quota > 0 && period > 0 ? (unsigned)fmin(ceil(quota / period), 4096)
                                   : 0;
}

static unsigned by_cgroup(void)
{
    char line[128];
    double quota = 0, period = 0;
    if (first_line("/sys/fs/cgroup/cpu.max", line) &&
        sscanf(line, "%lf %lf", &quota, &period) == 2) {
        return from_quota(quota, period);
    }
    if (first_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", line)) {
        quota = strtod(line, NULL);
        if (first_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us", line)) {
            return from_quota(quota, strtod(line, NULL));
        }
    }
    return 0;
}

static unsigned by_slurm(void)
{
    const char *s = getenv("SLURM_CPUS_PER_TASK");
    double n = 0;
    if (!s || !rsp_number_read(s, strlen(s), &n) || !(n >= 1 && n <= 4096)) {
        return 0;
    }
    return (unsigned)n;
}

unsigned rsp_granted_cores(void)
{
    unsigned n = by_affinity();
    n = n ? n : 1;
    return least(least(n, by_cgroup()), by_slurm());
}
