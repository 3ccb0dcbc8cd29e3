#include "sim/tableau.h"

#include <string.h>

/* Dormand & Prince 1980; dense output of Shampine 1986 (fourth order). */
const rsp_tableau rsp_tableau_dopri5 = {
    .name = "Dormand-Prince 5(4)",
    .stages = 7, .degree = 4, .root = 5, .fsal = true,
    .c = {0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1},
    .a = {{0},
          {1.0 / 5},
          {3.0 / 40, 9.0 / 40},
          {44.0 / 45, -56.0 / 15, 32.0 / 9},
          {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
          {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176,
           -5103.0 / 18656},
          {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784,
           11.0 / 84}},
    .b = {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84,
          0},
    .e = {71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200,
          22.0 / 525, -1.0 / 40},
    .dense = {{1, -8048581381.0 / 2820520608, 8663915743.0 / 2820520608,
               -12715105075.0 / 11282082432},
              {0},
              {0, 131558114200.0 / 32700410799, -68118460800.0 / 10900136933,
               87487479700.0 / 32700410799},
              {0, -1754552775.0 / 470086768, 14199869525.0 / 1410260304,
               -10690763975.0 / 1880347072},
              {0, 127303824393.0 / 49829197408, -318862633887.0 / 49829197408,
               701980252875.0 / 199316789632},
              {0, -282668133.0 / 205662961, 2019193451.0 / 616988883,
               -1453857185.0 / 822651844},
              {0, 40617522.0 / 29380423, -110615467.0 / 29380423,
               69997945.0 / 29380423}},
};

/* The three stages of Bogacki & Shampine 1989 without their fourth, which
 * serves only steps that begin where the last one ended: noise and events move
 * the state at each end.  The estimate compares with the midpoint rule; dense
 * output integrates the parabola through the three stages, which is third order
 * for the hazards. */
const rsp_tableau rsp_tableau_bogacki3 = {
    .name = "Bogacki-Shampine 3(2), three stages",
    .stages = 3, .degree = 3, .root = 3, .fsal = false,
    .c = {0, 0.5, 0.75},
    .a = {{0}, {0.5}, {0, 0.75}},
    .b = {2.0 / 9, 1.0 / 3, 4.0 / 9},
    .e = {2.0 / 9, -2.0 / 3, 4.0 / 9},
    .dense = {{1, -5.0 / 3, 8.0 / 9},
              {0, 3, -8.0 / 3},
              {0, -4.0 / 3, 16.0 / 9}},
};

/* Rates that depend on nothing that moves between events: exact. */
const rsp_tableau rsp_tableau_constant = {
    .name = "constant",
    .stages = 1, .degree = 1, .root = 1, .fsal = false,
    .b = {1}, .dense = {{1}},
};

void rsp_tableau_weights(const rsp_tableau *tab, double theta,
                         double b[RSP_STAGES_MAX])
{
    for (uint32_t i = 0; i < tab->stages; i++) {
        double sum = 0;
        for (uint32_t j = tab->degree; j-- > 0;) {
            sum = (sum + tab->dense[i][j]) * theta;
        }
        /* The end of a step is the method's own solution, to the bit. */
        b[i] = theta == 1 ? tab->b[i] : sum;
    }
}

static inline double inverse_root(double y, uint32_t root)
{
    /* Divide the exponent in the bit pattern, then two Newton steps. */
    uint64_t bits;
    memcpy(&bits, &y, sizeof bits);
    uint64_t one = (uint64_t)1023 << 52;
    bits = one + one / root - bits / root;
    double r;
    memcpy(&r, &bits, sizeof r);
    for (int k = 0; k < 2; k++) {
        double power = y;
        for (uint32_t i = 0; i < root; i++) {
            power *= r;
        }
        r += r * (1 - power) / root;
    }
    return r;
}

double rsp_inverse_root(double y, uint32_t root)
{
    return root == 3 ? inverse_root(y, 3) : inverse_root(y, root); /* a constant's is faster */
}
