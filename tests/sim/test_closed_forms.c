/* The closed forms of within-host theory.  Monte Carlo within three standard
 * errors at n >= 1e4 and fixed seeds; deterministic 1e-6 relative. */
#include "bed.h"

enum { MANY = 10000 };

static const char birth_death[] =
    "model birth_death\n"
    "time day\n"
    "parameter b = 2.2 1/day\n"
    "parameter d = 1 1/day\n"
    "parameter nu = 0 cell/day\n"
    "parameter start = 1 cell\n"
    "species I cell\n"
    "initial I = start\n"
    "reaction birth: I -> 2 I @ b * I\n"
    "reaction death: I -> @ d * I\n"
    "reaction arrival: -> I @ nu\n";

/* ---- A. Branching. */

static void a1_a_productive_cell_establishes_with_probability_1_less_1_over_R(void **state)
{
    (void)state;
    bed b;
    double reads[] = {14};
    bed_open(&b, birth_death, RSP_HYBRID);
    b.n = MANY;
    b.t1 = 14; /* what lives by then dies out with probability 1e-7 */
    b.reads = reads;
    b.n_reads = 1;
    bed_run(&b);
    double *x = bed_column(&b, 0, "I");
    assert_share(1 - share_of(x, MANY, 0), MANY, 1 - 1 / 2.2);
    free(x);
    bed_close(&b);
}

static void a2_a_thinned_latent_cell_establishes_with_q_times_that(void **state)
{
    (void)state;
    bed b;
    double reads[] = {30};
    bed_open(&b,
             "model thinned\n"
             "time day\n"
             "parameter b = 2.2 1/day\n"
             "parameter d = 1 1/day\n"
             "parameter one = 1 cell\n"
             "parameter wake = 1 1/day\n"
             "parameter q = 0.07 1\n"
             "species L cell\n"
             "species I cell\n"
             "initial L = one\n"
             "reaction high: L -> I @ q * wake * L\n"
             "reaction low: L -> @ (1 - q) * wake * L\n"
             "reaction birth: I -> 2 I @ b * I\n"
             "reaction death: I -> @ d * I\n",
             RSP_HYBRID);
    b.n = 4 * MANY;
    b.t1 = 30;
    b.reads = reads;
    b.n_reads = 1;
    bed_run(&b);
    double *x = bed_column(&b, 0, "I");
    assert_share(1 - share_of(x, 4 * MANY, 0), 4 * MANY, 0.07 * (1 - 1 / 2.2));
    free(x);
    bed_close(&b);
}

/* A branching process whose offspring are drawn: one channel a number. */
static double establishment(const double *chance, int n_chances, double t1)
{
    static char text[16384];
    int at = snprintf(text, sizeof text,
                      "model offspring\ntime day\nparameter d = 1 1/day\n"
                      "parameter one = 1 cell\nspecies I cell\ninitial I = one\n");
    for (int k = 0; k < n_chances; k++) {
        if (k != 1) {
            at += snprintf(text + at, sizeof text - (size_t)at,
                           "reaction burst%d: I -> %d I @ %.17g * d * I\n", k, k,
                           chance[k]);
        }
        if (k == 0) { /* no cells: the product side stays empty */
            at = (int)(strstr(text, "reaction burst0") - text);
            at += snprintf(text + at, sizeof text - (size_t)at,
                           "reaction burst0: I -> @ %.17g * d * I\n", chance[0]);
        }
    }
    bed b;
    double reads[] = {t1};
    bed_open(&b, text, RSP_HYBRID);
    b.n = MANY;
    b.t1 = t1;
    b.reads = reads;
    b.n_reads = 1;
    bed_run(&b);
    double *x = bed_column(&b, 0, "I");
    double p = 1 - share_of(x, MANY, 0);
    free(x);
    bed_close(&b);
    return p;
}

static void a2_poisson_offspring_establish_with_the_root_of_p_equals_1_less_exp_Rp(void **state)
{
    (void)state;
    double chance[24], p = 0.5;
    for (int k = 0; k < 24; k++) {
        chance[k] = k == 0 ? exp(-2.2) : chance[k - 1] * 2.2 / k;
    }
    for (int k = 0; k < 200; k++) {
        p = 1 - exp(-2.2 * p);
    }
    assert_relative(p, 0.8437385730862877, 1e-12);
    assert_share(establishment(chance, 24, 14), MANY, p);
}

static void a2_negative_binomial_offspring_establish_with_the_root_of_their_own(void **state)
{
    (void)state;
    const double shape = 0.5, mean = 2.2;
    double chance[120], q = 0.5;
    for (int k = 0; k < 120; k++) {
        chance[k] = k == 0 ? pow(shape / (shape + mean), shape)
                           : chance[k - 1] * (shape + k - 1) / k * mean / (shape + mean);
    }
    for (int k = 0; k < 2000; k++) {
        q = pow(1 + mean * (1 - q) / shape, -shape);
    }
    assert_relative(1 - q, 0.3963, 2e-4); /* the printed digits */
    assert_share(establishment(chance, 120, 14), MANY, 1 - q);
}

static void a3_a_birth_death_line_has_its_extinction_mean_and_variance(void **state)
{
    (void)state;
    const double r = 1.2, e = exp(-r * 2);
    bed b;
    double reads[] = {2};
    bed_open(&b, birth_death, RSP_HYBRID);
    b.n = 2 * MANY;
    b.t1 = 2;
    b.reads = reads;
    b.n_reads = 1;
    bed_run(&b);
    double *x = bed_column(&b, 0, "I");
    assert_share(share_of(x, b.n, 0), b.n, (1 - e) / (2.2 - e));
    assert_mean(x, b.n, exp(r * 2));
    assert_variance(x, b.n, 3.2 / 1.2 * exp(r * 2) * (exp(r * 2) - 1));
    free(x);
    bed_close(&b);
}

static void a5_a_surviving_line_is_exponential_around_1_over_its_chance(void **state)
{
    (void)state;
    const double p = 1 - 1 / 2.2, r = 1.2;
    bed b;
    double reads[] = {12};
    bed_open(&b, birth_death, RSP_HYBRID);
    b.n = 2 * MANY;
    b.t1 = 12;
    b.reads = reads;
    b.n_reads = 1;
    bed_run(&b);
    double *x = bed_column(&b, 0, "I"), *law = malloc(b.n * sizeof *law);
    size_t n = 0;
    rsp_stream s = {.seed = 1, .purpose = RSP_PURPOSE_USER};
    for (uint32_t i = 0; i < b.n; i++) {
        law[i] = rsp_exponential(&s, i, 0) / p;
        if (x[i] > 0) {
            x[n++] = x[i] * exp(-r * 12);
        }
    }
    assert_mean(x, n, 1 / p);
    assert_variance(x, n, 1 / (p * p));
    assert_same_law(x, n, law, b.n);
    free(law);
    free(x);
    bed_close(&b);
}

/* ---- B. Residual viraemia. */

static void b_immigrants_below_threshold_are_negative_binomial(void **state)
{
    (void)state;
    bed b;
    double reads[] = {30};
    bed_open(&b, birth_death, RSP_HYBRID);
    bed_set(&b, "b", 0.2);
    bed_set(&b, "nu", 2);
    b.n = 2 * MANY;
    b.t1 = 30;
    b.reads = reads;
    b.n_reads = 1;
    bed_run(&b);
    double *x = bed_column(&b, 0, "I");
    assert_mean(x, b.n, 2.5);
    assert_variance(x, b.n, 3.125);
    assert_share(share_of(x, b.n, 0), b.n, pow(0.8, 10));
    free(x);
    bed_close(&b);
}

/* ---- C. Growth. */

static double growth_root(double R, double k, double delta, int stages)
{
    double low = 0, high = 50;
    for (int i = 0; i < 200; i++) {
        double r = 0.5 * (low + high);
        double f = pow(1 + r / (stages * k), stages) * (1 + r / delta);
        if (f < R) {
            low = r;
        } else {
            high = r;
        }
    }
    return low;
}

static void check_growth(const char *text, int stages, double R)
{
    bed b;
    double reads[] = {60, 80};
    bed_open(&b, text, RSP_ODE);
    bed_set(&b, "R", R);
    b.options.rtol = 1e-10;
    b.t1 = 80;
    b.reads = reads;
    b.n_reads = 2;
    bed_run(&b);
    double found = log(bed_amount(&b, 0, 1, "I") / bed_amount(&b, 0, 0, "I")) / 20;
    assert_relative(found, growth_root(R, 1, 1, stages), 1e-6);
    bed_close(&b);
}

static void c_growth_with_an_eclipse_is_the_root_of_its_quadratic(void **state)
{
    (void)state;
    const double r = growth_root(2.2, 1, 1, 1);
    assert_relative((r + 1) * (r + 1), 2.2, 1e-12);
    const char text[] = "model eclipse\n"
                        "time day\n"
                        "parameter R = 2.2 1\n"
                        "parameter one = 1 cell\n"
                        "parameter k = 1 1/day\n"
                        "parameter delta = 1 1/day\n"
                        "species P cell\n"
                        "species I cell\n"
                        "initial I = one\n"
                        "reaction infect: I -> I + P @ R * delta * I\n"
                        "reaction mature: P -> I @ k * P\n"
                        "reaction death: I -> @ delta * I\n";
    check_growth(text, 1, 1.3);
    check_growth(text, 1, 2.2);
    check_growth(text, 1, 8);
}

static void c_growth_with_erlang_stages_is_the_root_of_their_equation(void **state)
{
    (void)state;
    const char text[] = "model erlang\n"
                        "time day\n"
                        "index stage = s1, s2, s3, s4\n"
                        "parameter R = 2.2 1\n"
                        "parameter one = 1 cell\n"
                        "parameter k = 1 1/day\n"
                        "parameter delta = 1 1/day\n"
                        "species P[stage] cell\n"
                        "species I cell\n"
                        "initial I = one\n"
                        "reaction infect: I -> I + P[s1] @ R * delta * I\n"
                        "reaction go1: P[s1] -> P[s2] @ 4 * k * P[s1]\n"
                        "reaction go2: P[s2] -> P[s3] @ 4 * k * P[s2]\n"
                        "reaction go3: P[s3] -> P[s4] @ 4 * k * P[s3]\n"
                        "reaction go4: P[s4] -> I @ 4 * k * P[s4]\n"
                        "reaction death: I -> @ delta * I\n";
    check_growth(text, 4, 2.2);
    check_growth(text, 4, 5);
}

/* ---- D. Time to rebound with many reactivations. */

static const char rebound[] =
    "model rebound\n"
    "time day\n"
    "parameter lam = 5 cell/day\n"
    "parameter g = 0.5 1/day\n"
    "species V cell continuous\n" /* in units of one lineage's amplitude */
    "species N cell\n"
    "rate V = g * V\n"
    "reaction success: -> V + N @ lam\n";

static double normal_cdf(double x)
{
    return 0.5 * erfc(-x / sqrt(2.0));
}

/* van Dorp's approximation of the chance to be below `high` at t. */
static double still_below(double t, double lam, double g, double v0, double high)
{
    double k1 = lam * v0 * expm1(g * t) / g;
    double k2 = lam * v0 * v0 * expm1(2 * g * t) / (2 * g);
    double z = normal_cdf(sqrt(2 * lam / g));
    return (normal_cdf((high - k1) / sqrt(k2)) - (1 - z)) / z;
}

static void d_many_reactivations_add_up_to_their_mean_and_variance(void **state)
{
    (void)state;
    bed b;
    double reads[] = {6};
    bed_open(&b, rebound, RSP_SSA);
    b.n = MANY;
    b.t1 = 6;
    b.reads = reads;
    b.n_reads = 1;
    bed_run(&b);
    double *x = bed_column(&b, 0, "V");
    assert_mean(x, b.n, 5 * expm1(3) / 0.5);
    assert_variance(x, b.n, 5 * expm1(6) / 1);
    free(x);
    bed_close(&b);
}

/* The day at which the approximation gives one half. */
static double approximate_median(double lam, double g, double v0, double high)
{
    double low = 0, late = 60;
    while (late - low > 1e-9) {
        double t = 0.5 * (low + late);
        *(still_below(t, lam, g, v0, high) > 0.5 ? &low : &late) = t;
    }
    return low;
}

/* Chance to be below `high` lineages at t, by summing lineages that start at
 * the points of a Poisson process: nothing of the solver is in it. */
static double summed_below(double t, double lam, double g, double high, uint32_t n)
{
    uint32_t below = 0;
    for (uint32_t i = 0; i < n; i++) {
        rsp_stream s = {.seed = 7, .participant = i, .purpose = RSP_PURPOSE_USER};
        double sum = 0, at = 0;
        for (uint32_t k = 0;; k++) {
            at += rsp_exponential(&s, k, 0) / lam;
            if (at > t) {
                break;
            }
            sum += exp(g * (t - at));
        }
        below += sum < high;
    }
    return (double)below / n;
}

static void d_the_time_to_rebound_has_its_median_at_every_rate(void **state)
{
    (void)state;
    /* Day of the approximation's median, as MODEL.md prints it; its true
     * chance is summed, since the approximation errs by up to 0.1 there. */
    const double lam[] = {5, 1, 0.2}, printed[] = {7.86, 11.02, 13.80};
    for (int i = 0; i < 3; i++) {
        double day = approximate_median(lam[i], 0.5, 0.1, 50);
        assert_true(fabs(day - printed[i]) < 0.006);
        bed b;
        double reads[] = {day};
        bed_open(&b, rebound, RSP_SSA);
        bed_set(&b, "lam", lam[i]);
        b.n = 2 * MANY;
        b.t1 = day;
        b.reads = reads;
        b.n_reads = 1;
        bed_run(&b);
        double *x = bed_column(&b, 0, "V"), below = 0;
        for (uint32_t k = 0; k < b.n; k++) {
            below += x[k] < 500;
        }
        /* 1.2e5 sums add a sixth to the variance. */
        assert_share(below / b.n, b.n * 6 / 7, summed_below(day, lam[i], 0.5, 500, 120000));
        free(x);
        bed_close(&b);
    }
}

/* ---- E. Reservoir reduction. */

static void e_a_2023_fold_smaller_reservoir_delays_the_median_rebound_to_a_year(void **state)
{
    (void)state;
    /* 4 successes a day before, growth 0.4 from 0.15 to 50 copies/mL. */
    const double delay = log(50 / 0.15) / 0.4;
    const double fold = 4 * (365 - delay) / log(2);
    assert_true(fabs(fold - 2023) < 2);
    bed b;
    double reads[] = {365};
    bed_open(&b, rebound, RSP_SSA);
    bed_set(&b, "lam", 4 / fold);
    bed_set(&b, "g", 0.4);
    b.n = MANY;
    b.t1 = 365;
    b.reads = reads;
    b.n_reads = 1;
    bed_run(&b);
    double *x = bed_column(&b, 0, "V"), below = 0;
    for (uint32_t k = 0; k < b.n; k++) {
        below += x[k] < 50 / 0.15;
    }
    assert_share(below / b.n, b.n, 0.5);
    free(x);
    bed_close(&b);
}

/* ---- H. Next generation. */

static const char tissues[] =
    "model tissues\n"
    "time day\n"
    "index site = a, b, c\n"
    "parameter R0 = 2.2 1\n"
    "parameter delta = 1 1/day\n"
    "parameter mix = 0.5 1\n"
    "parameter one = 1 cell\n"
    "parameter w[site] = {a: 0.4, b: 0.25, c: 0.35} 1\n"
    "parameter K[site] = {a: 1, b: 0.2, c: 2} 1/day\n"
    "species I[site] cell\n"
    "initial I[x in site] = one\n"
    "reaction local[x in site]: I[x] -> 2 I[x] @ (1 - mix) * R0 * delta * I[x]\n"
    "reaction pool[x in site]: -> I[x] @ mix * w[x] * R0 * delta * sum(y in site: I[y])\n"
    "reaction death[x in site]: I[x] -> @ (delta + K[x]) * I[x]\n"
    "observe total = sum(x in site: I[x]) in cell\n";

/* Largest eigenvalue of the next-generation matrix by power iteration. */
static double spectral_radius(double mix, double scale)
{
    const double w[] = {0.4, 0.25, 0.35}, K[] = {1, 0.2, 2};
    double v[] = {1, 1, 1}, norm = 0;
    for (int k = 0; k < 3000; k++) {
        double next[3] = {0};
        norm = 0;
        for (int x = 0; x < 3; x++) {
            for (int y = 0; y < 3; y++) {
                double m = (mix * w[x] + (x == y ? 1 - mix : 0)) * 2.2 / (1 + scale * K[y]);
                next[x] += m * v[y];
            }
            norm += next[x];
        }
        for (int x = 0; x < 3; x++) {
            v[x] = next[x] / norm;
        }
    }
    return norm;
}

static double growth_of_tissues(double mix, double scale)
{
    const char *const names[] = {"K[a]", "K[b]", "K[c]"};
    const double K[] = {1, 0.2, 2};
    double reads[] = {300, 320};
    bed b;
    bed_open(&b, tissues, RSP_ODE);
    b.options.rtol = 1e-9;
    b.t1 = 320;
    b.reads = reads;
    b.n_reads = 2;
    bed_set(&b, "mix", mix);
    for (int x = 0; x < 3; x++) {
        bed_set(&b, names[x], scale * K[x]);
    }
    bed_run(&b);
    double r = log(bed_observed(&b, 0, 1, "total") / bed_observed(&b, 0, 0, "total")) / 20;
    bed_close(&b);
    return r;
}

static void h_infection_grows_where_the_next_generation_exceeds_one_and_only_there(void **state)
{
    (void)state;
    const double mixes[] = {0, 0.5, 1};
    for (int i = 0; i < 3; i++) {
        double low = 0, high = 50; /* killing that brings R_eff to one */
        while (high - low > 1e-13 * high) {
            double s = 0.5 * (low + high);
            *(spectral_radius(mixes[i], s) > 1 ? &low : &high) = s;
        }
        print_message("    mix %g: threshold %.6f, growth there %.2e\n", mixes[i], low,
                      growth_of_tissues(mixes[i], low));
        assert_true(growth_of_tissues(mixes[i], 0.98 * low) > 1e-3);
        assert_true(growth_of_tissues(mixes[i], 1.02 * low) < -1e-3);
        assert_true(fabs(growth_of_tissues(mixes[i], low)) < 1e-6);
    }
    /* The two ends in closed form. */
    double all = 0;
    const double w[] = {0.4, 0.25, 0.35}, K[] = {1, 0.2, 2};
    for (int x = 0; x < 3; x++) {
        all += w[x] * 2.2 / (1 + K[x]);
    }
    assert_relative(spectral_radius(1, 1), all, 1e-12);
    assert_relative(spectral_radius(0, 1), 2.2 / 1.2, 1e-12);
}

/* ---- J. Kinetics of CAR T cells. */

static const char cart[] =
    "model cart\n"
    "time day\n"
    "parameter dE = 0.16 1/day\n"
    "parameter f = 0.05 1\n"
    "parameter dose = 4e7 cell\n"
    "parameter dM = 0.0032 1/day\n"
    "parameter rho = 0 1/day\n"
    "parameter x = 0 1/day\n"
    "species E cell\n"
    "species M cell\n"
    "initial E = dose\n"
    "reaction grow: E -> 2 E @ rho * E\n"
    "reaction tire: E -> @ x * E\n"
    "reaction die: E -> @ (1 - f) * dE * E\n"
    "reaction remember: E -> M @ f * dE * E\n"
    "reaction forget: M -> @ dM * M\n"
    "species area cell continuous\n"
    "rate area = (E + M) * dE\n";

static void j_without_antigen_effectors_decay_and_leave_a_biexponential(void **state)
{
    (void)state;
    const double a = 0.16, c = 0.0032, E0 = 4e7, f = 0.05;
    double reads[] = {7, 28, 100};
    bed b;
    bed_open(&b, cart, RSP_ODE);
    b.options.rtol = 1e-9;
    b.t1 = 200;
    b.reads = reads;
    b.n_reads = 3;
    bed_run(&b);
    for (size_t i = 0; i < 3; i++) {
        double t = reads[i], e1 = exp(-a * t), e2 = exp(-c * t);
        double memory = f * a * E0 * (e2 - e1) / (a - c);
        double area = E0 * (1 - e1) / a +
                      f * a * E0 / (a - c) * ((1 - e2) / c - (1 - e1) / a);
        assert_relative(bed_amount(&b, 0, i, "E"), E0 * e1, 1e-6);
        assert_relative(bed_amount(&b, 0, i, "M"), memory, 1e-6);
        assert_relative(bed_amount(&b, 0, i, "area"), area * a, 1e-6);
    }
    bed_close(&b);
}

static void j_under_antigen_effectors_grow_at_the_difference_of_rates(void **state)
{
    (void)state;
    bed b;
    double reads[] = {log(16) / 0.889, 9};
    bed_open(&b, cart, RSP_ODE);
    b.options.rtol = 1e-9;
    bed_set(&b, "dE", 0);
    bed_set(&b, "rho", 0.939);
    bed_set(&b, "x", 0.05);
    b.t1 = 9;
    b.reads = reads;
    b.n_reads = 2;
    bed_run(&b);
    assert_relative(bed_amount(&b, 0, 0, "E"), 16 * 4e7, 1e-6);
    assert_relative(bed_amount(&b, 0, 1, "E"), 4e7 * exp(0.889 * 9), 1e-6);
    bed_close(&b);
}

/* ---- K. Trafficking. */

static const char traffic[] =
    "model traffic\n"
    "time day\n"
    "index site = blood, node, gut\n"
    "parameter k = 2 1/day\n"
    "parameter all = 1e9 cell\n"
    "parameter share[site] = {blood: 0.02, node: 0.58, gut: 0.4} 1\n"
    "species C[site] cell\n"
    "initial C[x in site] = if x == blood then all else 0\n"
    "reaction enter_node: C[blood] -> C[node] @ k * share[node] * C[blood]\n"
    "reaction enter_gut: C[blood] -> C[gut] @ k * share[gut] * C[blood]\n"
    "reaction leave_node: C[node] -> C[blood] @ k * share[blood] * C[node]\n"
    "reaction leave_gut: C[gut] -> C[blood] @ k * share[blood] * C[gut]\n"
    "reaction across: C[node] -> C[gut] @ k * share[gut] * C[node]\n"
    "reaction return: C[gut] -> C[node] @ k * share[node] * C[gut]\n";

static void k_trafficking_conserves_settles_and_relaxes_at_the_second_eigenvalue(void **state)
{
    (void)state;
    /* Every cell moves at rate k to a site drawn from the shares: in detailed
     * balance, and all eigenvalues but the first are -k. */
    const char *const names[] = {"C[blood]", "C[node]", "C[gut]"};
    const double share[] = {0.02, 0.58, 0.4};
    double reads[] = {0.3, 1.7, 50};
    bed b;
    bed_open(&b, traffic, RSP_ODE);
    b.options.rtol = 1e-10;
    b.options.atol = 1e-3;
    b.t1 = 50;
    b.reads = reads;
    b.n_reads = 3;
    bed_run(&b);
    for (size_t i = 0; i < 3; i++) {
        double total = 0;
        for (int x = 0; x < 3; x++) {
            total += bed_amount(&b, 0, i, names[x]);
        }
        assert_relative(total, 1e9, 1e-12);
    }
    for (int x = 0; x < 3; x++) {
        assert_relative(bed_amount(&b, 0, 2, names[x]), 1e9 * share[x], 1e-6);
    }
    double rate = -log((bed_amount(&b, 0, 1, "C[blood]") - 2e7) /
                       (bed_amount(&b, 0, 0, "C[blood]") - 2e7)) / 1.4;
    assert_relative(rate, 2, 1e-6);
    bed_close(&b);
}

static void k_random_trafficking_conserves_too(void **state)
{
    (void)state;
    const char *const names[] = {"C[blood]", "C[node]", "C[gut]"};
    const double initial[][3] = {{90, 0, 0}, {800, 3, 120}, {4e6, 200, 0}};
    double reads[] = {0.3, 1.7, 20};
    bed b;
    bed_open(&b, traffic, RSP_HYBRID);
    b.t1 = 20;
    b.n = 50;
    b.reads = reads;
    b.n_reads = 3;
    for (int k = 0; k < 3; k++) {
        b.initial = initial[k];
        bed_run(&b);
        double before = initial[k][0] + initial[k][1] + initial[k][2];
        for (uint32_t p = 0; p < b.n; p++) {
            double total = bed_amount(&b, p, 2, names[0]) + bed_amount(&b, p, 2, names[1]) +
                           bed_amount(&b, p, 2, names[2]);
            /* Rounding to whole cells moves less than one each time. */
            assert_true(fabs(total - before) < 12);
        }
    }
    bed_close(&b);
}

/* ---- L. Escape. */

static void l_escape_before_N_cells_has_the_luria_delbruck_probability(void **state)
{
    (void)state;
    bed b;
    double reads[] = {22};
    bed_open(&b,
             "model escape\n"
             "time day\n"
             "parameter b = 2.2 1/day\n"
             "parameter d = 1 1/day\n"
             "parameter u = 1e-3 1\n"
             "parameter one = 1 cell\n"
             "parameter N = 300 cell\n"
             "species S cell\n"
             "species E cell\n"
             "initial S = one\n"
             "reaction birth: S -> 2 S @ b * S\n"
             "reaction death: S -> @ d * S\n"
             "reaction mutate: S -> S + E @ if S < N then u * b * S else 0\n"
             "reaction birth_e: E -> 2 E @ 0.95 * b * E\n"
             "reaction death_e: E -> @ d * E\n",
             RSP_HYBRID);
    b.n = 3 * MANY;
    b.t1 = 22;
    b.reads = reads;
    b.n_reads = 1;
    bed_run(&b);
    double *s = bed_column(&b, 0, "S"), *e = bed_column(&b, 0, "E");
    double reached = 0, escaped = 0;
    for (uint32_t i = 0; i < b.n; i++) {
        reached += s[i] > 0;
        escaped += s[i] > 0 && e[i] > 0;
    }
    double p = 1 - 1 / (0.95 * 2.2); /* escape costs 5 % of fitness */
    double expected = 1 - exp(-1e-3 * p * 2.2 * 300 / 1.2);
    assert_relative(expected, 0.249, 2e-3);
    assert_share(escaped / reached, (size_t)reached, expected);
    free(s);
    free(e);
    bed_close(&b);
}

static void l_a_fitter_strain_takes_over_along_the_logistic_curve(void **state)
{
    (void)state;
    bed b;
    double reads[] = {5, 25, 60};
    bed_open(&b,
             "model takeover\n"
             "time day\n"
             "parameter r = 0.3 1/day\n"
             "parameter gain = 0.15 1/day\n"
             "parameter w0 = 1e6 cell\n"
             "parameter e0 = 1e3 cell\n"
             "species W cell\n"
             "species E cell\n"
             "initial W = w0\n"
             "initial E = e0\n"
             "reaction grow_w: W -> 2 W @ r * W\n"
             "reaction grow_e: E -> 2 E @ (r + gain) * E\n"
             "observe odds = E / W in 1\n",
             RSP_ODE);
    b.options.rtol = 1e-9;
    b.t1 = 60;
    b.reads = reads;
    b.n_reads = 3;
    bed_run(&b);
    for (size_t i = 0; i < 3; i++) {
        assert_relative(bed_observed(&b, 0, i, "odds"), 1e-3 * exp(0.15 * reads[i]), 1e-6);
    }
    bed_close(&b);
}

/* Rates that jump or turn by time alone: a pulse of a thousandth of a day, one that
 * comes back each week, a triangle.  What flows in is their integral, whatever the steps;
 * nothing else moves, so that a step would be as long as the run. */
static const char pulses[] =
    "model pulses\ntime day\nparameter one = 1 day\nparameter high = 1e6 cell/day\n"
    "parameter width = 0.001 day\nparameter week = 7 day\nparameter k = 0.01 1/day\n"
    "species A cell\nspecies B cell\nspecies C cell\nspecies D cell continuous\ninput late = 0 1\n"
    "reaction once: -> A @ if t > one and t <= one + width then high else 0 * high\n"
    "reaction weekly: -> B @ if t - week * floor(t / week) < width then high else 0 * high\n"
    "reaction turn: -> C @ high * max(0, 1 - abs(t - 3 * one) / width)\n"
    "rate D = (if t < 4 * one then high else 2 * high) - k * D\n";

static void jumps_by_time_are_met_by_every_solver(void **state)
{
    (void)state;
    const rsp_method methods[] = {RSP_ODE, RSP_HYBRID, RSP_SSA};
    const double kept = exp(-0.01 * 26), at_4 = 1e8 * (1 - exp(-0.04));
    const double d = at_4 * kept + 2e8 * (1 - kept);
    for (int m = 0; m < 3; m++) {
        bed b;
        double at[] = {2, 30};
        bed_open(&b, pulses, methods[m]);
        b.n = 400;
        b.reads = at;
        b.n_reads = 2;
        b.t1 = 30;
        bed_run(&b);
        const double expected[] = {1000, 5000, 1000}; /* from days 0, 7, 14, 21, 28 */
        const char *const names[] = {"A", "B", "C"};
        for (int i = 0; i < 3; i++) {
            double *x = bed_column(&b, 1, names[i]);
            if (methods[m] == RSP_ODE) {
                assert_relative(mean_of(x, b.n), expected[i], 10 * b.options.rtol);
            } else {
                assert_mean(x, b.n, expected[i]);
                assert_variance(x, b.n, expected[i]);
            }
            free(x);
        }
        double *x = bed_column(&b, 1, "D");
        assert_relative(mean_of(x, b.n), d, 10 * b.options.rtol);
        free(x);
        print_message("    %.0f steps\n", (double)b.total.steps / b.n);
        bed_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a1_a_productive_cell_establishes_with_probability_1_less_1_over_R),
        cmocka_unit_test(a2_a_thinned_latent_cell_establishes_with_q_times_that),
        cmocka_unit_test(a2_poisson_offspring_establish_with_the_root_of_p_equals_1_less_exp_Rp),
        cmocka_unit_test(a2_negative_binomial_offspring_establish_with_the_root_of_their_own),
        cmocka_unit_test(a3_a_birth_death_line_has_its_extinction_mean_and_variance),
        cmocka_unit_test(a5_a_surviving_line_is_exponential_around_1_over_its_chance),
        cmocka_unit_test(b_immigrants_below_threshold_are_negative_binomial),
        cmocka_unit_test(c_growth_with_an_eclipse_is_the_root_of_its_quadratic),
        cmocka_unit_test(c_growth_with_erlang_stages_is_the_root_of_their_equation),
        cmocka_unit_test(d_many_reactivations_add_up_to_their_mean_and_variance),
        cmocka_unit_test(d_the_time_to_rebound_has_its_median_at_every_rate),
        cmocka_unit_test(e_a_2023_fold_smaller_reservoir_delays_the_median_rebound_to_a_year),
        cmocka_unit_test(h_infection_grows_where_the_next_generation_exceeds_one_and_only_there),
        cmocka_unit_test(j_without_antigen_effectors_decay_and_leave_a_biexponential),
        cmocka_unit_test(j_under_antigen_effectors_grow_at_the_difference_of_rates),
        cmocka_unit_test(k_trafficking_conserves_settles_and_relaxes_at_the_second_eigenvalue),
        cmocka_unit_test(k_random_trafficking_conserves_too),
        cmocka_unit_test(l_escape_before_N_cells_has_the_luria_delbruck_probability),
        cmocka_unit_test(l_a_fitter_strain_takes_over_along_the_logistic_curve),
        cmocka_unit_test(jumps_by_time_are_met_by_every_solver),
    };
    return cmocka_run_group_tests_name("closed forms", tests, NULL, NULL);
}
