/* Hybrid and ssa against chemical master equations, solved by finite state projection
 * (Munsky & Khammash 2006): the law on a truncated lattice, whose missing probability
 * is what left it and bounds the error.  Each species and both together at n = 20,000, for
 * hybrid also with its thresholds moved fourfold either way. */
#include <gsl/gsl_cdf.h>

#include "bed.h"

enum { SIDE = 120, STATES = SIDE * SIDE, RUNS = 20000, TIMES = 3, MOST_CHANNELS = 5 };

typedef struct channel {
    int dx, dy;
    double (*rate)(double x, double y);
} channel;

typedef struct network {
    const char *text;
    const char *species[2];
    int start[2];
    channel channels[MOST_CHANNELS];
    double times[TIMES];
    double lost; /* at most so much probability leaves the lattice */
} network;

static double hill_x(double x, double y)
{
    (void)x;
    return 32 / (1 + y * y / 100);
}

static double hill_y(double x, double y)
{
    (void)y;
    return 32 / (1 + x * x / 100);
}

static double each_x(double x, double y)
{
    (void)y;
    return x;
}

static double each_y(double x, double y)
{
    (void)x;
    return y;
}

/* Each represses the other: whoever wins has about 30, the other a few. */
static const network toggle = {
    "model toggle\ntime day\n"
    "parameter make = 32 cell/day\nparameter half = 10 cell\nparameter d = 1 1/day\n"
    "parameter start = 12 cell\n"
    "species X cell\nspecies Y cell\ninitial X = start\ninitial Y = start\n"
    "reaction make_x: -> X @ make / (1 + (Y / half)^2)\n"
    "reaction make_y: -> Y @ make / (1 + (X / half)^2)\n"
    "reaction lose_x: X -> @ d * X\nreaction lose_y: Y -> @ d * Y\n",
    {"X", "Y"}, {12, 12},
    {{1, 0, hill_x}, {0, 1, hill_y}, {-1, 0, each_x}, {0, -1, each_y}},
    {0.5, 2, 8}, 1e-9};

static double arrive(double x, double y)
{
    (void)x, (void)y;
    return 6;
}

static double breed(double x, double y)
{
    (void)y;
    return 0.5 * x;
}

static double meet(double x, double y)
{
    return 0.03 * x * y;
}

static double crowd(double x, double y)
{
    (void)y;
    return 0.008 * x * (x - 1);
}

/* Mass action over a few to a hundred; the hunters may die out, and then stay so. */
static const network hunt = {
    "model hunt\ntime day\n"
    "parameter come = 6 cell/day\nparameter grow = 0.5 1/day\n"
    "parameter eat = 0.03 1/day/cell\nparameter die = 1 1/day\n"
    "parameter fight = 0.008 1/day/cell\nparameter one = 1 cell\n"
    "parameter prey = 30 cell\nparameter hunters = 10 cell\n"
    "species X cell\nspecies Y cell\ninitial X = prey\ninitial Y = hunters\n"
    "reaction arrive: -> X @ come\nreaction breed: X -> 2 X @ grow * X\n"
    "reaction meet: X + Y -> 2 Y @ eat * X * Y\nreaction starve: Y -> @ die * Y\n"
    "reaction crowd: 2 X -> X @ fight * X * max(X - one, 0)\n",
    {"X", "Y"}, {30, 10},
    {{1, 0, arrive}, {1, 0, breed}, {-1, 1, meet}, {0, -1, each_y}, {-1, 0, crowd}},
    {0.5, 2, 8}, 1e-6};

/* ---- The law, by uniformisation: a Poisson number of jumps of a chain in which every
 * state is left at one rate, some of the jumps to itself. */

typedef struct chain {
    const network *net;
    double rate;                       /* of jumps */
    double *jump[MOST_CHANNELS];       /* [STATES] probability of each */
    double *stay, *p, *next, *sum;     /* [STATES] */
} chain;

static double *states(void)
{
    double *x = calloc(STATES, sizeof *x);
    assert_non_null(x);
    return x;
}

static void chain_open(chain *c, const network *net)
{
    *c = (chain){.net = net, .stay = states(), .p = states(), .next = states(), .sum = states()};
    for (int k = 0; k < MOST_CHANNELS && net->channels[k].rate; k++) {
        c->jump[k] = states();
        for (int i = 0; i < STATES; i++) {
            c->jump[k][i] = net->channels[k].rate(i / SIDE, i % SIDE);
            c->stay[i] += c->jump[k][i];
        }
    }
    for (int i = 0; i < STATES; i++) {
        c->rate = fmax(c->rate, c->stay[i]);
    }
    for (int i = 0; i < STATES; i++) {
        c->stay[i] = 1 - c->stay[i] / c->rate;
        for (int k = 0; k < MOST_CHANNELS && c->jump[k]; k++) {
            c->jump[k][i] /= c->rate;
        }
    }
    c->p[net->start[0] * SIDE + net->start[1]] = 1;
}

static void chain_close(chain *c)
{
    for (int k = 0; k < MOST_CHANNELS; k++) {
        free(c->jump[k]);
    }
    free(c->stay);
    free(c->p);
    free(c->next);
    free(c->sum);
}

static void chain_jump(chain *c)
{
    for (int i = 0; i < STATES; i++) {
        c->next[i] = c->p[i] * c->stay[i];
    }
    for (int k = 0; k < MOST_CHANNELS && c->jump[k]; k++) {
        const int dx = c->net->channels[k].dx, dy = c->net->channels[k].dy;
        for (int x = 0; x < SIDE; x++) {
            for (int y = 0; y < SIDE; y++) {
                if (x + dx >= 0 && x + dx < SIDE && y + dy >= 0 && y + dy < SIDE) {
                    c->next[(x + dx) * SIDE + y + dy] +=
                        c->p[x * SIDE + y] * c->jump[k][x * SIDE + y];
                }
            }
        }
    }
    double *old = c->p;
    c->p = c->next;
    c->next = old;
}

/* Forward by `span`; Poisson weights down to 1e-16 of their largest. */
static void chain_advance(chain *c, double span)
{
    const double mean = c->rate * span;
    memset(c->sum, 0, STATES * sizeof *c->sum);
    for (int n = 0; n < mean || n < mean + 9 * sqrt(mean) + 20; n++) {
        const double weight = exp(n * log(mean) - mean - lgamma(n + 1.0));
        for (int i = 0; i < STATES; i++) {
            c->sum[i] += weight * c->p[i];
        }
        chain_jump(c);
    }
    memcpy(c->p, c->sum, STATES * sizeof *c->p);
}

/* ---- Samples against it. */

static double marginal(const double *p, int which, int at)
{
    double sum = 0;
    for (int i = 0; i < SIDE; i++) {
        sum += which == 0 ? p[at * SIDE + i] : p[i * SIDE + at];
    }
    return sum;
}

/* Of chi-square, where a cell expects 10 or more and the last takes what is left,
 * the lost probability included. */
static double p_value(const double *found, const double *expected, int n)
{
    double chi2 = 0, f = 0, e = 0, all_found = 0, all_expected = 0;
    int count = 0;
    for (int i = 0; i < n; i++) {
        f += found[i];
        e += expected[i];
        if (e >= 10 && RUNS - all_expected - e >= 10) {
            chi2 += (f - e) * (f - e) / e;
            all_found += f;
            all_expected += e;
            count++;
            f = e = 0;
        }
    }
    f = RUNS - all_found;
    e = RUNS - all_expected;
    chi2 += (f - e) * (f - e) / e;
    return gsl_cdf_chisq_Q(chi2, count);
}

/* Blocks of the lattice between the deciles of each marginal. */
enum { BLOCKS = 10 };
static void blocks(const double *p, int which, int block[SIDE])
{
    double sum = 0;
    for (int i = 0; i < SIDE; i++) {
        block[i] = (int)fmin(BLOCKS * sum, BLOCKS - 1);
        sum += marginal(p, which, i);
    }
}

/* p-values of chi-square: of each species and of both. */
static void chi_squares(const double *p, const double *found, double out[3])
{
    int block[2][SIDE];
    for (int s = 0; s < 2; s++) {
        double side_found[SIDE], side_expected[SIDE];
        for (int i = 0; i < SIDE; i++) {
            side_found[i] = marginal(found, s, i);
            side_expected[i] = RUNS * marginal(p, s, i);
        }
        out[s] = p_value(side_found, side_expected, SIDE);
        blocks(p, s, block[s]);
    }
    double joint_found[BLOCKS * BLOCKS] = {0}, joint_expected[BLOCKS * BLOCKS] = {0};
    for (int i = 0; i < STATES; i++) {
        const int at = block[0][i / SIDE] * BLOCKS + block[1][i % SIDE];
        joint_found[at] += found[i];
        joint_expected[at] += RUNS * p[i];
    }
    out[2] = p_value(joint_found, joint_expected, BLOCKS * BLOCKS);
}

/* The largest difference of P(X <= x and Y <= y); where one is SIDE - 1 that of a
 * marginal. */
static void distances(const double *p, const double *found, double out[3])
{
    double above[SIDE] = {0};
    out[0] = out[1] = out[2] = 0;
    for (int x = 0; x < SIDE; x++) {
        double row = 0;
        for (int y = 0; y < SIDE; y++) {
            row += found[x * SIDE + y] / RUNS - p[x * SIDE + y];
            above[y] += row;
            out[2] = fmax(out[2], fabs(above[y]));
            out[1] = x == SIDE - 1 ? fmax(out[1], fabs(above[y])) : out[1];
        }
        out[0] = fmax(out[0], fabs(above[SIDE - 1]));
    }
}

/* Correlation of the two, of a law or of counts on the lattice. */
static double correlation(const double *p)
{
    double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    for (int i = 0; i < STATES; i++) {
        const double a = i / SIDE, b = i % SIDE;
        n += p[i];
        x += p[i] * a;
        y += p[i] * b;
        xx += p[i] * a * a;
        yy += p[i] * b * b;
        xy += p[i] * a * b;
    }
    x /= n;
    y /= n;
    return (xy / n - x * y) / sqrt((xx / n - x * x) * (yy / n - y * y));
}

static void count(const network *net, const bed *b, size_t read, double found[STATES])
{
    memset(found, 0, STATES * sizeof *found);
    for (uint32_t i = 0; i < RUNS; i++) {
        int at[2];
        for (int s = 0; s < 2; s++) { /* a leap's lie between whole numbers */
            at[s] = (int)fmin(round(bed_amount(b, i, read, net->species[s])), SIDE - 1);
        }
        found[at[0] * SIDE + at[1]]++;
    }
}

/* Kolmogorov-Smirnov at 1 % on each species; for both, whose critical value depends on
 * the law, at 1 % of two independent ones (Peacock 1983: 1.9).  Correlations to 0.04,
 * seven standard errors: within one leap, from few cells, the noise of one species does
 * not yet reach the other (toggle, day 0.5, thresholds times 1/4: -0.44, exact -0.47).
 * Chi-square, which sees the shape of each hill and such a correlation, at a
 * ten-thousandth (dozens of looks at fixed seeds), of the first `by_chi_square`. */
static int compare(const network *net, const double *p, const bed *b, size_t read,
                   int by_chi_square)
{
    static const double critical[3] = {1.628, 1.628, 1.9};
    static double found[STATES];
    double chance[3], distance[3];
    int wrong = 0;
    count(net, b, read, found);
    chi_squares(p, found, chance);
    distances(p, found, distance);
    for (int i = 0; i < 3; i++) {
        const bool bad = distance[i] * sqrt(RUNS) > critical[i] ||
                         (i < by_chi_square && !(chance[i] > 1e-4));
        print_message("    %-4s at %g: distance %.4f, chi-square p = %.2g%s\n",
                      i < 2 ? net->species[i] : "both", net->times[read], distance[i],
                      chance[i], bad ? ": not the law" : "");
        wrong += bad;
    }
    const double found_together = correlation(found), together = correlation(p);
    const bool apart = !(fabs(found_together - together) < 0.04);
    print_message("         correlation %.3f, exact %.3f%s\n", found_together, together,
                  apart ? ": not the law" : "");
    return wrong + apart;
}

static void run(bed *b, const network *net, rsp_method method, double scale)
{
    bed_open(b, net->text, method);
    b->options.exact_below *= scale;
    b->options.exact_until *= scale;
    b->options.noise_below *= scale;
    b->options.noise_until *= scale;
    b->seed = method == RSP_SSA ? 41 : 42;
    b->n = RUNS;
    b->t1 = net->times[TIMES - 1];
    b->reads = net->times;
    b->n_reads = TIMES;
    bed_run(b);
}

static void has_the_law_of_its_master_equation(const network *net)
{
    static const struct {
        rsp_method method;
        double scale;
        int by_chi_square; /* 2: each species, 3: both together, too */
        const char *name;
    } ways[] = {{RSP_SSA, 1, 3, "ssa"},
                {RSP_HYBRID, 1, 3, "hybrid"},
                {RSP_HYBRID, 0.25, 0, "hybrid, thresholds times 1/4"},
                {RSP_HYBRID, 4, 3, "hybrid, thresholds times 4"}};
    int wrong = 0;
    double *law[TIMES];
    chain c;
    chain_open(&c, net);
    for (int i = 0; i < TIMES; i++) {
        chain_advance(&c, net->times[i] - (i ? net->times[i - 1] : 0));
        law[i] = states();
        memcpy(law[i], c.p, STATES * sizeof *c.p);
        double kept = 0;
        for (int s = 0; s < STATES; s++) {
            kept += c.p[s];
        }
        print_message("  day %g: %.2g of the probability has left the lattice\n",
                      net->times[i], 1 - kept);
        assert_true(fabs(1 - kept) < net->lost);
    }
    chain_close(&c);
    for (int w = 0; w < 4; w++) {
        bed b;
        print_message("  %s\n", ways[w].name);
        run(&b, net, ways[w].method, ways[w].scale);
        for (size_t i = 0; i < TIMES; i++) {
            wrong += compare(net, law[i], &b, i, ways[w].by_chi_square);
        }
        bed_close(&b);
    }
    for (int i = 0; i < TIMES; i++) {
        free(law[i]);
    }
    assert_int_equal(wrong, 0);
}

static void a_toggle_has_the_law_of_its_master_equation(void **state)
{
    (void)state;
    has_the_law_of_its_master_equation(&toggle);
}

static void prey_and_hunters_have_the_law_of_their_master_equation(void **state)
{
    (void)state;
    has_the_law_of_its_master_equation(&hunt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_toggle_has_the_law_of_its_master_equation),
        cmocka_unit_test(prey_and_hunters_have_the_law_of_their_master_equation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
