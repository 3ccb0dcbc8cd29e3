/* Rosenbrock methods as tables, for equations that are stiff.
 *
 * With W = I / (h gamma) - J, the stages of a step h from x0 at t solve
 *     W u_i = f(t + c_i h, x0 + sum_j a_ij u_j) + (1/h) sum_j g_ij u_j + h d_i df/dt
 * (Hairer & Wanner 1996, IV.7).  The solution is x0 + sum_i b_i u_i; the error
 * estimate, by which an embedded solution of one order less is off, is the last u.
 * After the share theta of a step, with r = 1 - theta, it is
 *     x0 + sum_i theta (b_i + r (H1_i + theta (H2_i + theta H3_i))) u_i. */
#ifndef RSP_SIM_ROSENBROCK_H
#define RSP_SIM_ROSENBROCK_H

#include <stdint.h>

enum { RSP_ROSENBROCK_STAGES = 8, RSP_ROSENBROCK_DENSE = 3 };

typedef struct rsp_rosenbrock {
    const char *name;
    uint32_t stages;
    uint32_t root;   /* the error estimate grows as h^root */
    /* From this stage on each a is the one before with a 1 for the stage between, and
     * so is b after the last: places are then sums that go on. */
    uint32_t tail;
    double gamma;
    /* The share of an estimate that a deterministic step is held to: the kept solution is
     * of one order more than the one that the estimate is of. */
    double counts;
    double c[RSP_ROSENBROCK_STAGES], d[RSP_ROSENBROCK_STAGES];
    double a[RSP_ROSENBROCK_STAGES][RSP_ROSENBROCK_STAGES];
    double g[RSP_ROSENBROCK_STAGES][RSP_ROSENBROCK_STAGES];
    double b[RSP_ROSENBROCK_STAGES];
    double dense[RSP_ROSENBROCK_DENSE][RSP_ROSENBROCK_STAGES]; /* H1, H2, H3 */
} rsp_rosenbrock;

extern const rsp_rosenbrock rsp_rosenbrock_rodas5p;

#endif
