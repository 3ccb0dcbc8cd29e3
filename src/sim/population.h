/* Clones that are followed one by one: see rsp_population and kendall.h.
 *
 * A lane stops every `every` days from its start on, before events and reads at that
 * time.  Each clone that is left then moves by the exact transition of the past
 * interval; what the network sees of them, and the integrals, are set anew.  Clone i
 * draws from a stream of its own (the population's number and its barcode), decision by
 * interval, so that arms that share a participant share the fate of each clone until
 * their states part.  Where everything flows (ode) sizes are means: every clone is a
 * mixture of all genotypes. */
#ifndef RSP_SIM_POPULATION_H
#define RSP_SIM_POPULATION_H

#include "sim/internal.h"
#include "sim/kendall.h"

typedef struct rsp_clones { /* of one participant, by barcode - 1 */
    double *n;      /* [capacity] cells; ode: at the start */
    uint32_t *kind; /* [capacity]; ode: unused */
    uint32_t *left; /* [n_left] those that are not extinct, ascending */
    uint32_t n_left;
    uint32_t step;  /* intervals so far */
    double *share;  /* [n_kinds] of the kinds at the start; ode alone */
    rsp_kendall *past; /* [n_kinds] all intervals so far; ode alone */
} rsp_clones;

struct rsp_populations {
    uint32_t n;
    rsp_clones *clones;     /* [width + 1][n]; the last: of who is admitted next */
    rsp_kendall *move;      /* [most kinds] scratch */
    double *order;          /* [most clones] scratch */
    rsp_kendall_draw_all_fn *draw;
};

#endif
