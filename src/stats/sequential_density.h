/* The joint density of z at successive looks, by Simpson's rule on the grid of
 * Jennison & Turnbull (2000, 19.2). */
#ifndef RESPITE_STATS_SEQUENTIAL_DENSITY_H
#define RESPITE_STATS_SEQUENTIAL_DENSITY_H

#include <stdbool.h>
#include <stddef.h>

enum { RSP_GRID_LEAST = 48, RSP_GRID_MOST = 400, RSP_GRID_POINTS = 12 * RSP_GRID_MOST };

typedef struct rsp_density { /* of those who went on after the look at `t` */
    double t, drift;         /* t 0: before the first look, all mass at 0 */
    size_t n;
    double *z, *mass;        /* [RSP_GRID_POINTS] point and density times weight */
    double *next_z, *next_mass;
} rsp_density;

bool rsp_density_init(rsp_density *d, double drift);
void rsp_density_fini(rsp_density *d);
void rsp_density_restart(rsp_density *d, double drift);
/* P(going on so far, and z at t above b), or below: side 1 or -1. */
double rsp_density_beyond(const rsp_density *d, double t, double b, int side);
/* Go on between low and high at t.  `next_t` sets how fine the grid must be. */
void rsp_density_advance(rsp_density *d, double t, double low, double high, double next_t);
double rsp_density_total(const rsp_density *d);

#endif
