/* Draws of leap noise and of the paths between two of them, eight at a time; the
 * loops of draws_loop.c are compiled once for each instruction set. */
#ifndef RSP_SIM_DRAWS_H
#define RSP_SIM_DRAWS_H

#include "sim/block.h"

/* Whose draws, and which: eight names of numbers of one seed. */
typedef struct rsp_named {
    uint64_t seed;
    uint32_t trial[RSP_CHUNK], participant[RSP_CHUNK]; /* whose */
    uint32_t channel[RSP_CHUNK], index[RSP_CHUNK];     /* which */
} rsp_named;

/* Leap noise. A count of a few events leans to one side, as a Poisson number does: a
 * normal z becomes z sqrt(1 - 2 c^2) + c (z^2 - 1), of mean 0 and variance 1, with 6 c
 * the skewness (Cornish and Fisher 1938, to first order); |c| is kept below 1/2. */
typedef struct rsp_draws {
    /* In: the variance that was gathered and its third cumulant; the rate of variance at the
     * start of the step and in its middle, and the share of it that stood; the rate of the
     * third cumulant at its start; days to come. */
    _Alignas(64) double pending[RSP_CHUNK];
    double skewed[RSP_CHUNK];
    double first[RSP_CHUNK], middle[RSP_CHUNK], taken[RSP_CHUNK], tilt[RSP_CHUNK];
    double days[RSP_CHUNK];
    double ahead[RSP_CHUNK], leaning[RSP_CHUNK]; /* of them, which is to come */
    double variance[RSP_CHUNK]; /* of all; not above 0: there is nothing to draw */
    double normal[RSP_CHUNK], skew[RSP_CHUNK]; /* its two terms */
    double whole[RSP_CHUNK]; /* their sum times the deviation */
    /* In: how often each is forgotten in its days, 0 for most; its share that came
     * before it was drawn, or 0: that of the variance is; what x lacks at its start.
     * `fading`: any may be forgotten. */
    double fades[RSP_CHUNK], share[RSP_CHUNK], lack[RSP_CHUNK];
    /* Of those: what is left of the path at its end, in deviations; what x lacks then. */
    double left[RSP_CHUNK], rest[RSP_CHUNK];
    bool fading;
} rsp_draws;

/* Points of Brownian paths on [0, 1], each pinned at 0 and at `end`, on a grid of 2^10. */
typedef struct rsp_strays {
    _Alignas(64) double share[RSP_CHUNK]; /* in: where, 0 .. 1 */
    double end[RSP_CHUNK];                /* in: in standard deviations */
    double low[RSP_CHUNK], high[RSP_CHUNK]; /* in, for `stray_near`: of its sixteenth */
    /* How far the path strays from the straight line there: of mean 0 and variance 1;
     * 0 at the ends. */
    double stray[RSP_CHUNK];
    rsp_named named; /* in: the draw that ended it */
} rsp_strays;

/* A path at the ends of its first sixteenths: where many points of it are wanted, they
 * begin there. */
enum { RSP_PATH_POINTS = 17 };

/* Which of the sixteenths holds a share. */
static inline uint32_t rsp_path_cell(double share)
{
    return share < 0.9375 ? (uint32_t)(share * 16) : 15;
}

/* Gaps of unit Poisson processes, of one channel in each lane. */
typedef struct rsp_gaps {
    _Alignas(64) double gap[RSP_CHUNK]; /* rsp_exponential's bits */
    rsp_named named;        /* in */
} rsp_gaps;

typedef struct rsp_draw_kernel {
    /* One draw for each channel; the normals have rsp_normal's bits. */
    void (*noise)(const rsp_named *named, rsp_draws *draws);
    void (*stray)(rsp_strays *strays);
    /* Paths to the normals of the draws, at RSP_PATH_POINTS points; and what `stray`
     * finds, from there, to the bit. */
    void (*path)(const rsp_named *named, const rsp_draws *draws,
                 double points[RSP_PATH_POINTS][RSP_CHUNK]);
    /* A path of draw k, whose normal is `end`: normal at the ends of its eighths, of their
     * mean and variance alone between them.  rsp_noise_pin gives it what is to be left. */
    void (*path_alone)(const rsp_named *named, uint32_t k, double end,
                       double points[RSP_PATH_POINTS]);
    void (*stray_near)(rsp_strays *strays);
    void (*gap)(rsp_gaps *gaps);
} rsp_draw_kernel;

RSP_ISA_DECLARE_TABLE(rsp_draw_kernel, rsp_draw_kernel);

#endif
