/* Hybrid against exact at n = 10,000: five networks in which each regime matters,
 * by Kolmogorov-Smirnov, with the default thresholds and with both moved fourfold
 * either way.  At 1 % each, one of the hundred and more comparisons would fail where all
 * laws are equal; so each is held to 1 % of them all, and their mean to what it is for
 * equal laws, which tells of many small differences.  Minutes, so among the ladders. */
#include "bed.h"

enum { PEOPLE = 10000, TIMES = 5, COMPARISONS = 141 };

/* Of all comparisons so far. */
static struct { double sum; int n; } distances;

static void compare_laws(double *x, double *y)
{
    /* The limit law's 1 - 0.01 / COMPARISONS quantile, by the first term of its series
     * (Kolmogorov 1933; exact to 1e-9 here). */
    const double unit = sqrt(2.0 / PEOPLE);
    const double critical = sqrt(-0.5 * log(0.005 / COMPARISONS)) * unit;
    double found = ks_distance(x, PEOPLE, y, PEOPLE);
    print_message("KS distance %.4f, critical %.4f\n", found, critical);
    if (found > critical) {
        fail_msg("KS distance %.4f above %.4f: not the same law", found, critical);
    }
    distances.sum += found / unit;
    distances.n++;
}

typedef struct network {
    const char *text;
    const char *species[2];
    double lattice[2]; /* on which the exact amounts lie */
    double times[TIMES];
} network;

static const network immigration = {
    "model immigration\ntime day\n"
    "parameter influx = 8 cell/day\nparameter b = 0.8 1/day\nparameter d = 1 1/day\n"
    "species I cell\n"
    "reaction come: -> I @ influx\nreaction birth: I -> 2 I @ b * I\n"
    "reaction death: I -> @ d * I\n",
    {"I"}, {1}, {0.5, 2, 5, 10, 25}};

static const network dimer = {
    "model dimer\ntime day\n"
    "parameter on = 0.002 1/day/cell\nparameter off = 0.4 1/day\n"
    "parameter one = 1 cell\nparameter start = 300 cell\n"
    "species A cell\nspecies D cell\ninitial A = start\n"
    "reaction bind: 2 A -> D @ on * A * max(A - one, 0) / 2\n"
    "reaction part: D -> 2 A @ off * D\n",
    {"A", "D"}, {2, 1}, {0.2, 1, 2, 5, 20}};

static const network hunt = {
    "model hunt\ntime day\n"
    "parameter grow = 1 1/day\nparameter eat = 0.005 1/day/cell\n"
    "parameter die = 0.6 1/day\nparameter start = 60 cell\n"
    "species X cell\nspecies Y cell\ninitial X = start\ninitial Y = start\n"
    "reaction breed: X -> 2 X @ grow * X\n"
    "reaction catch: X + Y -> 2 Y @ eat * X * Y\n"
    "reaction starve: Y -> @ die * Y\n",
    {"X", "Y"}, {1, 1}, {1, 3, 5, 8, 12}};

static const network toggle = {
    "model toggle\ntime day\n"
    "parameter make = 60 cell/day\nparameter half = 12 cell\nparameter d = 1 1/day\n"
    "parameter start = 15 cell\n"
    "species U cell\nspecies V cell\ninitial U = start\ninitial V = start\n"
    "reaction make_u: -> U @ make / (1 + (V / half)^2)\n"
    "reaction make_v: -> V @ make / (1 + (U / half)^2)\n"
    "reaction lose_u: U -> @ d * U\nreaction lose_v: V -> @ d * V\n",
    {"U", "V"}, {1, 1}, {0.5, 1, 3, 8, 20}};

static void open_run(bed *b, const network *net, rsp_method method, double scale)
{
    bed_open(b, net->text, method);
    b->options.exact_below *= scale;
    b->options.exact_until *= scale;
    b->seed = method == RSP_SSA ? 31 : 12;
    b->n = PEOPLE;
    b->t1 = net->times[TIMES - 1] * 1.01;
    b->reads = net->times;
    b->n_reads = TIMES;
}

static void run(bed *b, const network *net, rsp_method method, double scale)
{
    open_run(b, net, method, scale);
    bed_run(b);
}

static void compare(const bed *exact, const bed *hybrid, const char *species,
                    double lattice)
{
    for (size_t i = 0; i < TIMES; i++) {
        double *x = bed_column(exact, i, species), *y = bed_column(hybrid, i, species);
        for (size_t p = 0; p < PEOPLE; p++) {
            y[p] = lattice * round(y[p] / lattice); /* a leap's lie between */
        }
        print_message("    %s at %g: ", species, exact->reads[i]);
        compare_laws(x, y);
        free(x);
        free(y);
    }
}

static void climb(const network *net)
{
    const double scales[] = {0.25, 1, 4};
    bed exact;
    run(&exact, net, RSP_SSA, 1);
    for (int i = 0; i < 3; i++) {
        bed hybrid;
        run(&hybrid, net, RSP_HYBRID, scales[i]);
        print_message("    thresholds times %g: %llu events, exact %llu\n", scales[i],
                      (unsigned long long)hybrid.total.events,
                      (unsigned long long)exact.total.events);
        for (int s = 0; s < 2 && net->species[s] != NULL; s++) {
            compare(&exact, &hybrid, net->species[s], net->lattice[s]);
        }
        bed_close(&hybrid);
    }
    bed_close(&exact);
}

/* The direct method against the reactions' own clocks: both exact, and nothing in
 * common but the rates. */
static void every_network_has_one_law_by_either_exact_method(void **state)
{
    (void)state;
    const network *const nets[] = {&immigration, &dimer, &hunt, &toggle};
    for (size_t k = 0; k < 4; k++) {
        bed direct, clocks;
        run(&direct, nets[k], RSP_SSA, 1);
        open_run(&clocks, nets[k], RSP_SSA, 1);
        clocks.seed = 13;
        clocks.options.coupled = true;
        bed_run(&clocks);
        for (int s = 0; s < 2 && nets[k]->species[s] != NULL; s++) {
            compare(&direct, &clocks, nets[k]->species[s], nets[k]->lattice[s]);
        }
        bed_close(&direct);
        bed_close(&clocks);
    }
}

static void birth_and_death_with_immigration_have_the_exact_law(void **state)
{
    (void)state;
    climb(&immigration);
}

static void dimerisation_has_the_exact_law(void **state)
{
    (void)state;
    climb(&dimer);
}

static void predator_and_prey_have_the_exact_law(void **state)
{
    (void)state;
    climb(&hunt);
}

static void a_toggle_switch_has_the_exact_law(void **state)
{
    (void)state;
    climb(&toggle);
}

/* Day of extinction, so far as a daily look shows it, from 40 cells. */
static double *extinction_days(rsp_method method)
{
    enum { DAYS = 200 };
    static double days[DAYS];
    for (int i = 0; i < DAYS; i++) {
        days[i] = 0.25 * (i + 1);
    }
    bed b;
    bed_open(&b,
             "model fading\ntime day\nparameter b = 1 1/day\nparameter d = 1.1 1/day\n"
             "parameter start = 40 cell\nspecies I cell\ninitial I = start\n"
             "reaction birth: I -> 2 I @ b * I\nreaction death: I -> @ d * I\n",
             method);
    b.seed = method == RSP_SSA ? 21 : 22;
    b.n = PEOPLE;
    b.t1 = days[DAYS - 1];
    b.reads = days;
    b.n_reads = DAYS;
    bed_run(&b);
    double *day = malloc(PEOPLE * sizeof *day);
    for (uint32_t p = 0; p < PEOPLE; p++) {
        size_t i = 0;
        while (i < DAYS && bed_amount(&b, p, i, "I") > 0) {
            i++;
        }
        day[p] = (double)i;
    }
    bed_close(&b);
    return day;
}

static void the_day_of_extinction_has_the_exact_law(void **state)
{
    (void)state;
    double *exact = extinction_days(RSP_SSA), *hybrid = extinction_days(RSP_HYBRID);
    compare_laws(exact, hybrid);
    free(exact);
    free(hybrid);
}

/* For equal continuous laws the mean of a distance is sqrt(pi / 2) log 2 = 0.869 of its
 * unit (Kolmogorov 1933), less on a lattice; comparisons of one pair of runs go together,
 * so that of 28 runs the mean has a standard error near 0.26 / sqrt(28) = 0.05. */
static void the_distances_are_those_of_equal_laws(void **state)
{
    (void)state;
    double mean = distances.sum / distances.n;
    print_message("    mean of %d distances: %.3f of sqrt(2 / n)\n", distances.n, mean);
    assert_int_equal(distances.n, COMPARISONS);
    assert_true(mean < 0.869 + 2 * 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_network_has_one_law_by_either_exact_method),
        cmocka_unit_test(birth_and_death_with_immigration_have_the_exact_law),
        cmocka_unit_test(dimerisation_has_the_exact_law),
        cmocka_unit_test(predator_and_prey_have_the_exact_law),
        cmocka_unit_test(a_toggle_switch_has_the_exact_law),
        cmocka_unit_test(the_day_of_extinction_has_the_exact_law),
        cmocka_unit_test(the_distances_are_those_of_equal_laws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
