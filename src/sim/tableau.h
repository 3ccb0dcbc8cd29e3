/* Explicit Runge-Kutta methods as tables.
 *
 * The solution after the share theta of a step h is
 *     x0 + h sum_i b_i(theta) k_i,   b_i(theta) = sum_j dense[i][j] theta^(j+1)
 * and dense[i] sums to b[i].  A method that is not explicit would stand beside
 * rsp_tableau in the solver's table of methods (sim.c). */
#ifndef RSP_SIM_TABLEAU_H
#define RSP_SIM_TABLEAU_H

#include <stdbool.h>
#include <stdint.h>

enum { RSP_STAGES_MAX = 7, RSP_DENSE_MAX = 4 };

typedef struct rsp_tableau {
    const char *name;
    uint32_t stages;  /* including the last one of a "first same as last" */
    uint32_t degree;  /* of the dense output in theta */
    uint32_t root;    /* the error estimate grows as h^root */
    bool fsal;        /* the last stage is the next step's first */
    double c[RSP_STAGES_MAX];
    double a[RSP_STAGES_MAX][RSP_STAGES_MAX];
    double b[RSP_STAGES_MAX];
    double e[RSP_STAGES_MAX]; /* b less the embedded method's b */
    double dense[RSP_STAGES_MAX][RSP_DENSE_MAX];
} rsp_tableau;

extern const rsp_tableau rsp_tableau_dopri5;   /* 5(4), for ode */
extern const rsp_tableau rsp_tableau_bogacki3; /* 3(2) in three stages */
extern const rsp_tableau rsp_tableau_constant; /* rates that never move */

/* b_i(theta) for all stages. */
void rsp_tableau_weights(const rsp_tableau *tab, double theta,
                         double b[RSP_STAGES_MAX]);
/* Weights of the rates at stages 0 and 1 for the integral over the share `theta`
 * of a step h, by the midpoint of the line through them. */
static inline void rsp_tableau_halves(const rsp_tableau *tab, double theta, double h,
                                      double part[2])
{
    part[1] = tab->stages > 1 ? theta * h * (0.5 * theta / tab->c[1]) : 0;
    part[0] = theta * h - part[1];
}
/* y^(-1/root) for the step control: a few per mille accurate, the same bits
 * everywhere; y > 0. */
double rsp_inverse_root(double y, uint32_t root);

#endif
