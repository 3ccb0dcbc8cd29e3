/* Equations with known solutions, stiff and not, for what the deterministic
 * methods owe: Mazzia & Magherini, Test Set for IVP Solvers 2.4 (2008) where a
 * solution is given; Hairer & Wanner 1996. */
#ifndef RSP_TESTS_SIM_PROBLEMS_H
#define RSP_TESTS_SIM_PROBLEMS_H

#include <stddef.h>
#include <stdint.h>

enum { PROBLEM_SPECIES_MAX = 8, PROBLEM_READS_MAX = 8 };

typedef struct problem {
    const char *name, *text;
    double reads[PROBLEM_READS_MAX]; /* the last is the end */
    uint32_t n_reads, n;
    const char *species[PROBLEM_SPECIES_MAX];
    double floor;    /* atol over rtol: amounts from which the error is relative */
    bool is_stiff;
    double end[PROBLEM_SPECIES_MAX]; /* published or closed; 0: none */
} problem;

#define UNIT "parameter u = 1 1/day \"unit\" source \"x\" status assumed\n"
#define RATE(name, value) "parameter " name " = " value " 1/day \"k\" source \"x\" status assumed\n"

static const char vdp[] =
    "model vdp \"van der Pol\"\n  time day\n"
    "parameter mu = 1000 1 \"mu\" source \"x\" status assumed\n" UNIT
    "species y 1 continuous \"y\"\nspecies z 1 continuous \"z\"\n"
    "rate y = z * u\nrate z = (mu * (1 - y * y) * z - y) * u\n"
    "initial y = 2\ninitial z = 0\n";

static const char robertson[] =
    "model robertson \"Robertson\"\n  time day\n"
    RATE("k1", "0.04") RATE("k2", "3e7") RATE("k3", "1e4")
    "species A 1 \"A\"\nspecies B 1 \"B\"\nspecies C 1 \"C\"\n"
    "reaction r1: A -> B @ k1 * A\nreaction r2: B -> C @ k2 * B * B\n"
    "reaction r3: B -> A @ k3 * B * C\ninitial A = 1\n";

static const char hires[] =
    "model hires \"HIRES\"\n  time day\n" UNIT
    "species y1 1 continuous \"y\"\nspecies y2 1 continuous \"y\"\n"
    "species y3 1 continuous \"y\"\nspecies y4 1 continuous \"y\"\n"
    "species y5 1 continuous \"y\"\nspecies y6 1 continuous \"y\"\n"
    "species y7 1 continuous \"y\"\nspecies y8 1 continuous \"y\"\n"
    "initial y1 = 1\ninitial y8 = 0.0057\n"
    "rate y1 = u * (-1.71*y1 + 0.43*y2 + 8.32*y3 + 0.0007)\n"
    "rate y2 = u * (1.71*y1 - 8.75*y2)\n"
    "rate y3 = u * (-10.03*y3 + 0.43*y4 + 0.035*y5)\n"
    "rate y4 = u * (8.32*y2 + 1.71*y3 - 1.12*y4)\n"
    "rate y5 = u * (-1.745*y5 + 0.43*y6 + 0.43*y7)\n"
    "rate y6 = u * (-280*y6*y8 + 0.69*y4 + 1.71*y5 - 0.43*y6 + 0.69*y7)\n"
    "rate y7 = u * (280*y6*y8 - 1.81*y7)\n"
    "rate y8 = u * (-280*y6*y8 + 1.81*y7)\n";

static const char oregonator[] =
    "model oregonator \"Oregonator\"\n  time day\n" UNIT
    "species y1 1 continuous \"y\"\nspecies y2 1 continuous \"y\"\n"
    "species y3 1 continuous \"y\"\n"
    "initial y1 = 1\ninitial y2 = 2\ninitial y3 = 3\n"
    "rate y1 = u * 77.27 * (y2 + y1*(1 - 8.375e-6*y1 - y2))\n"
    "rate y2 = u * (y3 - (1 + y1)*y2) / 77.27\n"
    "rate y3 = u * 0.161 * (y1 - y3)\n";

/* y1' = -1000 (y1 - y2) - y3, y2' = -y3, y3' = y2: y1 = y2 = cos t. */
static const char follower[] =
    "model follower \"a fast species on a slow circle\"\n  time day\n"
    UNIT RATE("fast", "1000")
    "species y1 1 continuous \"y\"\nspecies y2 1 continuous \"y\"\n"
    "species y3 1 continuous \"y\"\n"
    "initial y1 = 2\ninitial y2 = 1\n"
    "rate y1 = -fast * (y1 - y2) - u * y3\nrate y2 = -u * y3\nrate y3 = u * y2\n";

/* y' = -1000 (y - exp(-t)) - exp(-t): y = exp(-t) + exp(-1000 t). */
static const char driven[] =
    "model driven \"a fast species driven by time\"\n  time day\n"
    UNIT RATE("fast", "1000")
    "species y 1 continuous \"y\"\ninitial y = 2\n"
    "rate y = -fast * (y - exp(-u * t)) - u * exp(-u * t)\n";

static const char chain[] =
    "model chain \"decay through a fast intermediate\"\n  time day\n"
    RATE("slow", "0.1") RATE("fast", "1e4")
    "species A 1 \"A\"\nspecies B 1 \"B\"\nspecies C 1 \"C\"\ninitial A = 1\n"
    "reaction r1: A -> B @ slow * A\nreaction r2: B -> C @ fast * B\n";

static const char logistic[] =
    "model logistic \"logistic growth\"\n  time day\n" UNIT
    "species y 1 continuous \"y\"\ninitial y = 0.001\nrate y = u * y * (1 - y)\n";

static const char lotka[] =
    "model lotka \"Lotka-Volterra\"\n  time day\n" UNIT
    "species x 1 \"x\"\nspecies y 1 \"y\"\ninitial x = 2\ninitial y = 1\n"
    "reaction born: -> x @ u * x\nreaction eaten: x -> y @ u * x * y\n"
    "reaction dies: y -> @ u * y\n";

static const char brusselator[] =
    "model brusselator \"Brusselator\"\n  time day\n" UNIT
    "species x 1 \"x\"\nspecies y 1 \"y\"\ninitial x = 1.5\ninitial y = 3\n"
    "reaction a: -> x @ u\nreaction b: x -> y @ 3 * u * x\n"
    "reaction c: y -> x @ u * x * x * y\nreaction d: x -> @ u * x\n";

static const char virus[] =
    "model virus \"target cells, infected cells, virus\"\n  time day\n"
    UNIT RATE("d", "0.01") RATE("delta", "0.7") RATE("c", "23")
    "species T 1 \"T\"\nspecies I 1 \"I\"\nspecies V 1 \"V\"\n"
    "initial T = 1e6\ninitial V = 1\n"
    "reaction make: -> T @ 1e4 * u\nreaction die: T -> @ d * T\n"
    "reaction infect: T -> I @ 5e-8 * u * T * V\nreaction death: I -> @ delta * I\n"
    "reaction shed: -> V @ 2000 * u * I\nreaction clear: V -> @ c * V\n";

static const problem problems[] = {
    {"logistic", logistic, {1, 5, 7, 9, 12}, 5, 1, {"y"}, 1e-6, false,
     {0.9938993778932189}},
    {"Lotka-Volterra", lotka, {1, 3, 5, 10, 20, 40}, 6, 2, {"x", "y"}, 1e-3, false, {0}},
    {"Brusselator", brusselator, {1, 3, 5, 10, 20}, 5, 2, {"x", "y"}, 1e-3, false, {0}},
    {"virus", virus, {1, 5, 10, 20, 50, 100, 200, 400}, 8, 3, {"T", "I", "V"}, 1, true, {0}},
    {"chain", chain, {1e-3, 1e-2, 1, 10, 50}, 5, 3, {"A", "B", "C"}, 1e-6, true,
     {0.006737946999085467, 6.73801437922926e-08, 0.9932619856207707}},
    {"follower", follower, {0.5, 1, 2, 4, 10}, 5, 3, {"y1", "y2", "y3"}, 1, true,
     {-0.83907152907645245, -0.83907152907645245, -0.54402111088936981}},
    {"driven", driven, {0.01, 0.5, 1, 2, 5}, 5, 1, {"y"}, 1, true, {0.006737946999085467}},
    {"HIRES", hires, {1, 10, 100, 321.8122}, 4, 8,
     {"y1", "y2", "y3", "y4", "y5", "y6", "y7", "y8"}, 1e-4, true,
     {0.7371312573325668e-3, 0.1442485726316185e-3, 0.5888729740967575e-4,
      0.1175651343283149e-2, 0.2386356198831331e-2, 0.6238968252742796e-2,
      0.2849998395185769e-2, 0.2850001604814231e-2}},
    {"Robertson", robertson, {0.4, 40, 4e3, 4e5, 4e8, 1e11}, 6, 3, {"A", "B", "C"}, 1e-8,
     true, {0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050}},
    {"van der Pol", vdp, {500, 700, 1000, 1500, 2000}, 5, 2, {"y", "z"}, 1e-2, true,
     {1.706167732170483, -0.8928097010247975e-3}},
    {"Oregonator", oregonator, {50, 100, 200, 300, 360}, 5, 3, {"y1", "y2", "y3"}, 1e-4,
     true, {0.1000814870318523e1, 0.1228178521549917e4, 0.1320554942846706e3}},
};
enum { N_PROBLEMS = sizeof problems / sizeof *problems };

#endif
