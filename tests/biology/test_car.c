/* CAR T cells in the shipped model: doses, kinetics, recognition, killing, and what
 * they cannot do. */
#include "hiv.h"

/* Lymphocytes as the blended CAR T cells see them: 4.5e11 in tissues, 1e10 in blood. */
static const double everywhere = 4.6e11;

static void run_to(hiv *h, const double *reads, size_t n)
{
    h->bed.t1 = reads[n - 1];
    h->bed.reads = reads;
    h->bed.n_reads = n;
    hiv_run(h);
}

/* Effectors that neither expand nor wane, nor meet Env+ defectives. */
static void hold_effectors(hiv *h, double cells)
{
    hiv_set(h, "f_def", 0);
    hiv_set(h, "d_E", 0);
    hiv_set(h, "F50", 1e9);
    hiv_settle(h);
    hiv_start(h, "E", cells);
}

/* Growth of a genotype's productive cells without ART. */
static double growth_of(hiv *h, const char *genotype)
{
    const double reads[] = {30, 35};
    const char *site[] = {"tzone", "follicle", "gut"};
    double sum[2] = {0, 0};
    char name[64];
    hiv_start(h, "C_art", 0);
    for (int x = 0; x < 3; x++) {
        snprintf(name, sizeof name, "I[%s,%s]", site[x], genotype);
        hiv_start(h, name, 1e-13); /* few to the end, so that they change nothing else */
    }
    h->bed.options.atol = 1e-24;
    hiv_act(h, 0, "stop_art", 0);
    run_to(h, reads, 2);
    for (size_t k = 0; k < 2; k++) {
        for (int x = 0; x < 3; x++) {
            snprintf(name, sizeof name, "I[%s,%s]", site[x], genotype);
            sum[k] += bed_amount(&h->bed, 0, k, name);
        }
    }
    return log(sum[1] / sum[0]) / 5;
}

/* The growth rate of cells that die at `death` and infect at b_prod. */
static double growth_form(double b_prod, double death)
{
    return (-(1 + death) + sqrt((1 - death) * (1 - death) + 4 * b_prod)) / 2;
}

/* ---- Doses. */

static void without_infusion_no_car_t_cell_ever_appears(void **state)
{
    (void)state;
    enum { PEOPLE = 200 };
    hiv h;
    const double reads[] = {1, 4, 8, 16, 30, 60};
    hiv_open(&h, RSP_HYBRID);
    h.bed.n = PEOPLE;
    hiv_act(&h, 0, "stop_art", 0);
    hiv_act(&h, 3, "boost", 1e9); /* nor from antigen */
    run_to(&h, reads, 6);
    double infected = 0;
    for (uint32_t i = 0; i < PEOPLE; i++) {
        for (size_t k = 0; k < 6; k++) {
            assert_true(hiv_sum(&h, i, k, "M") == 0);
            assert_true(hiv_sum(&h, i, k, "E") == 0);
            assert_true(hiv_sum(&h, i, k, "Xh") == 0);
            assert_true(bed_observed(&h.bed, i, k, "car_copies") == 0);
        }
        infected += hiv_sum(&h, i, 5, "I") > 1e4;
    }
    assert_true(infected > 0.9 * PEOPLE); /* antigen there was */
    hiv_close(&h);
}

static void a_dose_arrives_in_full(void **state)
{
    (void)state;
    hiv h;
    const double reads[] = {0, 2, 2 + 1e-9};
    hiv_open(&h, RSP_HYBRID);
    hiv_act(&h, 2, "infuse", 4e7);
    hiv_act(&h, 2, "boost", 1e9);
    run_to(&h, reads, 3);
    assert_true(hiv_sum(&h, 0, 1, "M") + hiv_sum(&h, 0, 1, "E") == 0); /* read before */
    /* A tenth of a millisecond later: 30 % engraft, 30 % of these memory. */
    assert_relative(hiv_sum(&h, 0, 2, "M"), 4e7 * 0.3 * 0.3, 1e-6);
    assert_relative(hiv_sum(&h, 0, 2, "E"), 4e7 * 0.3 * 0.7, 1e-6);
    assert_relative(hiv_sum(&h, 0, 2, "B"), 1e9, 1e-6);
    hiv_close(&h);
}

static void boosting_cells_halve_in_their_half_life(void **state)
{
    (void)state;
    hiv h;
    const double reads[] = {6};
    hiv_open(&h, RSP_ODE);
    hiv_settle(&h);
    hiv_act(&h, 0, "boost", 1e9);
    run_to(&h, reads, 1);
    assert_relative(hiv_sum(&h, 0, 0, "B"), 1e9 / 8, 1e-7);
    hiv_close(&h);
}

/* ---- Kinetics. */

static void without_antigen_effectors_wane_and_leave_memory(void **state)
{
    (void)state;
    hiv h;
    const double reads[] = {10, 56, 100}, d = 0.14, m = 0.0025, f = 0.0079;
    hiv_open(&h, RSP_ODE);
    hiv_set(&h, "f_def", 0);
    hiv_settle(&h);
    hiv_act(&h, 0, "infuse", 1e10);
    run_to(&h, reads, 3);
    double e0 = 1e10 * 0.3 * 0.7, m0 = 1e10 * 0.3 * 0.3;
    for (size_t k = 0; k < 3; k++) {
        double t = reads[k];
        double memory = m0 * exp(-m * t) + f * d * e0 * (exp(-m * t) - exp(-d * t)) / (d - m);
        assert_relative(hiv_sum(&h, 0, k, "E"), e0 * exp(-d * t), 1e-6);
        assert_relative(hiv_sum(&h, 0, k, "M"), memory, 1e-6);
    }
    hiv_close(&h);
}

/* Antigen held at `times` F50 in every tissue, by Env+ defectives that nothing kills
 * (k_f 0) or by productive cells that live on (no death, ART tight). */
static double expansion(bool infected, double times, double day)
{
    hiv h;
    const double reads[] = {3.27, day};
    hiv_open(&h, RSP_ODE);
    hiv_blend(&h);
    hiv_set(&h, "k_f", 0);
    hiv_set(&h, "d_D", 0);
    hiv_set(&h, "f_def", 0);
    hiv_set(&h, "f_M0", 0);
    hiv_set(&h, "f_EM", 0);
    hiv_set(&h, "K_C", 1e30);
    if (infected) {
        hiv_set(&h, "delta", 1e-12);
        hiv_set(&h, "m_X", 0);
        hiv_set(&h, "leak", 1e-12);
    }
    hiv_settle(&h);
    double low = hiv_derived(&h, "activation_low[wt]");
    double each = infected ? 30 * (hiv_derived(&h, "activation[wt]") + 13 * low)
                           : hiv_derived(&h, "activation_defective");
    const char *site[] = {"tzone", "follicle", "gut"};
    const double lymphocytes[] = {2.5e11, 1e11, 1e11};
    for (int x = 0; x < 3; x++) {
        char name[64];
        snprintf(name, sizeof name, infected ? "I[%s,wt]" : "D[%s]", site[x]);
        hiv_start(&h, name, times * 1e-6 * lymphocytes[x] / each);
    }
    hiv_act(&h, 0, "infuse", 1e7);
    run_to(&h, reads, 2);
    double rate = log(hiv_sum(&h, 0, 1, "E") / hiv_sum(&h, 0, 0, "E")) / (day - 3.27);
    /* Until the lag is over they only wane and tire. */
    double u = pow(times, 1.5) / (1 + pow(times, 1.5)) * 4.5 / 4.6;
    assert_relative(log(hiv_sum(&h, 0, 0, "E") / 3e6), -3.27 * (0.14 * (1 - u) + 0.1 * u), 1e-5);
    hiv_close(&h);
    return rate;
}

static void effectors_expand_at_half_their_rate_where_antigen_is_at_F50(void **state)
{
    (void)state;
    for (int infected = 0; infected < 2; infected++) {
        /* Blood, 1 in 46, holds CAR T cells and no antigen. */
        const double u = 0.5 * 4.5 / 4.6, most = 4.5 / 4.6;
        assert_relative(expansion(infected, 1, 8), 0.9 * u - 0.14 * (1 - u) - 0.1 * u, 1e-5);
        assert_relative(expansion(infected, 1e6, 8), 0.9 * most - 0.14 * (1 - most) - 0.1 * most, 1e-5);
        assert_relative(expansion(infected, 1e-6, 8), -0.14, 1e-5);
    }
}

static void memory_divides_once_and_its_daughters_are_shared_out(void **state)
{
    (void)state;
    hiv h;
    const double reads[] = {3.27, 6}, a = 0.5, p = 0.25, d = 0.0025;
    hiv_open(&h, RSP_ODE);
    hiv_blend(&h);
    hiv_set(&h, "F50", 1e-30); /* toggle 45/46 wherever there is antigen */
    hiv_set(&h, "k_f", 0);
    hiv_set(&h, "f_M0", 1);
    hiv_set(&h, "f_EM", 0);
    hiv_set(&h, "rho_E", 0);
    hiv_set(&h, "x_E", 0);
    hiv_set(&h, "d_E", 0);
    hiv_settle(&h);
    hiv_act(&h, 0, "infuse", 1e7);
    run_to(&h, reads, 2);
    double u = 4.5 / 4.6, lost = (1 - 2 * p) * a * u + d, t = 6 - 3.27;
    double m0 = 3e6 * exp(-d * 3.27), m1 = m0 * exp(-lost * t);
    assert_relative(hiv_sum(&h, 0, 0, "M"), m0, 1e-6); /* none before the lag is over */
    assert_relative(hiv_sum(&h, 0, 1, "M"), m1, 1e-6);
    assert_relative(hiv_sum(&h, 0, 1, "E"), 2 * (1 - p) * a * u * (m0 - m1) / lost, 1e-6);
    hiv_close(&h);
}

/* ---- Tissues. */

static void crossing_tissues_loses_and_makes_no_cell(void **state)
{
    (void)state;
    hiv h;
    const double reads[] = {1, 100};
    hiv_open(&h, RSP_ODE);
    hiv_set(&h, "chi_C", 0.04);
    hiv_set(&h, "pi_G", 1.3);
    hiv_set(&h, "d_M", 0);
    hold_effectors(&h, 0);
    /* No birth and no death; antigen makes effectors tire, which moves them only. */
    const char *none[] = {"rho_E", "a_M", "d_Xh", "k_f", "d_D"};
    for (int i = 0; i < 5; i++) {
        hiv_set(&h, none[i], 0);
    }
    hiv_set(&h, "F50", 1e-12);
    hiv_start(&h, "D", 1e6);
    hiv_act(&h, 0, "infuse", 4e7);
    run_to(&h, reads, 2);
    for (size_t k = 0; k < 2; k++) {
        assert_relative(hiv_sum(&h, 0, k, "M") + hiv_sum(&h, 0, k, "E") + hiv_sum(&h, 0, k, "Xh"),
                        4e7 * 0.3, 1e-12);
    }
    assert_true(hiv_sum(&h, 0, 1, "Xh") > 8e6);
    double blood = hiv_derived(&h, "car_blood_share"), t = hiv_derived(&h, "car_share[tzone]");
    double f = hiv_derived(&h, "car_share[follicle]"), g = hiv_derived(&h, "car_share[gut]");
    assert_relative(blood + t + f + g, 1, 1e-12);
    assert_relative(f / 1e11, 0.04 * t / 2.5e11, 1e-12); /* densities */
    assert_relative(g / 1e11, 1.3 * t / 2.5e11, 1e-12);
    assert_relative(blood / 1e10, t / 2.5e11, 1e-12);
    /* Copies in blood: cells among 1e10 lymphocytes, 1.5 copies each, 6.6 pg a cell. */
    assert_relative(bed_observed(&h.bed, 0, 0, "car_copies"),
                    1.2e7 * blood / 1e10 * 1.5 * 1e6 / 6.6, 1e-5);
    hiv_close(&h);
}

/* ---- Recognition and killing. */

static void recognition_is_the_average_over_env_per_cell(void **state)
{
    (void)state;
    /* phi, lysis and activation as published with the model: log-normal Env, median
     * 1000, SD 0.5 log10; to the digits printed. */
    const double known[][3] = {{1, 0.838, 0.286}, {10, 0.801, 0.240}, {100, 0.562, 0.084},
                               {1000, 0.136, 0.006}};
    hiv h;
    hiv_open(&h, RSP_ODE);
    for (int i = 0; i < 4; i++) {
        hiv_set(&h, "phi_l", known[i][0]);
        assert_true(fabs(hiv_derived(&h, "lysis[n279]") - known[i][1]) < 6e-4);
        assert_true(fabs(hiv_derived(&h, "activation[n279]") - known[i][2]) < 6e-4);
    }
    /* Two loci multiply, up to a thousand. */
    hiv_set(&h, "phi_l", 10);
    assert_true(fabs(hiv_derived(&h, "lysis[n279+v5]") - 0.562) < 6e-4);
    hiv_set(&h, "phi_l", 100);
    assert_true(fabs(hiv_derived(&h, "lysis[n279+v5]") - 0.136) < 6e-4);
    hiv_set(&h, "A_env", 1e-6);
    assert_true(hiv_derived(&h, "lysis[wt]") < 1e-9);
    hiv_set(&h, "A_env", 1e9);
    assert_true(hiv_derived(&h, "lysis[wt]") > 1 - 1e-6);
    hiv_close(&h);
}

static void without_env_any_number_of_effectors_kills_nothing(void **state)
{
    (void)state;
    for (int env = 0; env < 2; env++) {
        hiv h;
        hiv_open(&h, RSP_ODE);
        hiv_blend(&h);
        hiv_set(&h, "A_env", env ? 1000 : 1e-9);
        hold_effectors(&h, 1e12);
        double g = growth_of(&h, "wt");
        if (env) {
            assert_true(g < 0);
        } else {
            assert_relative(g, 0.45, 2e-4); /* r; mutations take 5e-5 of births */
        }
        hiv_close(&h);
    }
}

static void infection_stands_still_at_the_threshold_of_effectors(void **state)
{
    (void)state;
    hiv h;
    hiv_open(&h, RSP_ODE);
    hiv_blend(&h);
    double R = (1 + 0.45) * (1 + 0.45 / 1.2), K = 1.2 * (R - 1);
    double f = K * 0.1 / (10 * hiv_derived(&h, "lysis[wt]") - K);
    assert_relative(f, 0.0166, 0.002); /* of lymphocytes, 7.6e9 cells, at the medians */
    hold_effectors(&h, f * everywhere);
    assert_true(fabs(growth_of(&h, "wt")) < 1e-4); /* mutations take 5e-5 of births */
    hiv_close(&h);
}

static void car_t_cells_that_do_not_kill_change_nothing_of_the_virus(void **state)
{
    (void)state;
    const double reads[] = {10, 20, 40, 100};
    double virus[2][4];
    for (int infused = 0; infused < 2; infused++) {
        hiv h;
        hiv_open(&h, RSP_ODE);
        hiv_set(&h, "k_f", 0);
        hiv_set(&h, "F50", 1e-9); /* they expand */
        hiv_settle(&h);
        hiv_start(&h, "L[gut,wt]", 1e6);
        if (infused) {
            hiv_act(&h, 0, "infuse", 1e9);
        }
        hiv_act(&h, 5, "stop_art", 0);
        run_to(&h, reads, 4);
        for (size_t k = 0; k < 4; k++) {
            virus[infused][k] = hiv_sum(&h, 0, k, "I");
        }
        assert_true(!infused || hiv_sum(&h, 0, 2, "E") > 1e9);
        hiv_close(&h);
    }
    for (size_t k = 0; k < 4; k++) {
        /* Two runs of steps, each controlled to 1e-9 a step. */
        assert_relative(virus[1][k], virus[0][k], 1e-6);
    }
}

/* Whether infection grows from few cells against `cells` effectors: the next-generation
 * matrix is diagonal plus rank one. */
static bool outgrows(hiv *h, double mix, double cells)
{
    const char *site[] = {"tzone", "follicle", "gut"};
    const double lymphocytes[] = {2.5e11, 1e11, 1e11}, w[] = {0.4, 0.3, 0.3};
    double b = hiv_derived(h, "b_prod"), sum = 0, lysis = hiv_derived(h, "lysis[wt]");
    for (int x = 0; x < 3; x++) {
        char name[64];
        snprintf(name, sizeof name, "car_share[%s]", site[x]);
        double f = cells * hiv_derived(h, name) / lymphocytes[x];
        double lost = 1.2 + 10 * f / (0.1 + f) * lysis - b * (1 - mix);
        if (lost <= 0) {
            return true;
        }
        sum += b * mix * w[x] / lost;
    }
    return sum > 1;
}

static void follicles_shelter_infection_the_more_the_more_local_it_is(void **state)
{
    (void)state;
    const double mix[] = {1, 0.5, 0.1}, chi[] = {1, 0.1};
    double needed[3][2];
    for (int i = 0; i < 6; i++) {
        hiv h;
        hiv_open(&h, RSP_ODE);
        hiv_blend(&h);
        hiv_set(&h, "mix", mix[i / 2]);
        hiv_set(&h, "chi_C", chi[i % 2]);
        double low = log(1e8), high = log(1e13);
        for (int step = 0; step < 50; step++) {
            double middle = (low + high) / 2;
            *(outgrows(&h, mix[i / 2], exp(middle)) ? &low : &high) = middle;
        }
        needed[i / 2][i % 2] = exp(low);
        hold_effectors(&h, exp(low));
        assert_true(fabs(growth_of(&h, "wt")) < 1e-4); /* mutations take 5e-5 of births */
        hiv_close(&h);
    }
    print_message("    effectors to hold it, density 0.1 in follicles against 1: fully mixed "
                  "%.1e %.1e, half local %.1e %.1e, nine tenths local %.1e %.1e\n",
                  needed[0][1], needed[0][0], needed[1][1], needed[1][0], needed[2][1], needed[2][0]);
    double fold[3];
    for (int i = 0; i < 3; i++) {
        fold[i] = needed[i][1] / needed[i][0];
    }
    /* Published with the model: 2-fold fully mixed, 4-fold half local, up to 10. */
    assert_true(fold[0] > 1.5 && fold[0] < fold[1] && fold[1] < fold[2] && fold[2] > 5);
}

static void a_mutant_grows_by_its_fitness_and_what_the_car_still_sees(void **state)
{
    (void)state;
    hiv h;
    hiv_open(&h, RSP_ODE);
    hiv_blend(&h);
    hiv_set(&h, "kappa", 0.3);
    hiv_set(&h, "phi_l", 100);
    double f = 0.02, K = 10 * f / (0.1 + f), seen = hiv_derived(&h, "lysis[v5]");
    assert_true(seen < 0.3 && seen > 0.05); /* kappa phi 30: escape is real */
    hold_effectors(&h, f * everywhere);
    assert_relative(growth_of(&h, "v5"),
                    growth_form(0.95 * hiv_derived(&h, "b_prod"), 1.2 + K * seen), 2e-4);
    hiv_close(&h);
}

static void every_recognised_cell_shares_the_effectors(void **state)
{
    (void)state;
    /* Boosters and Env+ defectives, each a twentieth of the lymphocytes of a tissue
     * and held there, dilute the killing of infected cells. */
    hiv h;
    hiv_open(&h, RSP_ODE);
    hiv_blend(&h);
    hiv_set(&h, "t_B", 1e9);
    hiv_set(&h, "d_D", 0);
    hold_effectors(&h, 0.02 * everywhere);
    const char *site[] = {"tzone", "follicle", "gut"};
    const double lymphocytes[] = {2.5e11, 1e11, 1e11}, reads[] = {0, 1e-4};
    double rate[3], expected[3], lysis = hiv_derived(&h, "lysis_defective");
    for (int x = 0; x < 3; x++) {
        char name[64];
        snprintf(name, sizeof name, "D[%s]", site[x]);
        hiv_start(&h, name, 0.05 * lymphocytes[x]);
        snprintf(name, sizeof name, "I[%s,wt]", site[x]); /* 13 low producers each */
        hiv_start(&h, name, 0.01 / 14 * lymphocytes[x]);
        double boosters = x == 0 ? 0.05 : 0;
        expected[x] = 10 * 0.02 / (0.1 + 0.02 + 0.05 + 0.01 + boosters) * lysis;
    }
    hiv_start(&h, "B", 0.05 * 2.5e11);
    run_to(&h, reads, 2);
    for (int x = 0; x < 3; x++) {
        char name[64];
        snprintf(name, sizeof name, "D[%s]", site[x]);
        rate[x] = -log(bed_amount(&h.bed, 0, 1, name) / bed_amount(&h.bed, 0, 0, name)) / 1e-4;
        assert_relative(rate[x], expected[x], 1e-3); /* the amounts move by 1e-4 meanwhile */
    }
    hiv_close(&h);
}

/* ---- What the CAR does to what shows Env on ART. */

static void the_reservoir_falls_by_what_it_displays_and_no_more(void **state)
{
    (void)state;
    const double on[] = {0, 0.01}, division[] = {0, 0.1};
    for (int i = 0; i < 4; i++) {
        hiv h;
        const double reads[] = {42}, f = 0.02;
        hiv_open(&h, RSP_ODE);
        hiv_blend(&h);
        hiv_set(&h, "lambda_on", on[i % 2]);
        hiv_set(&h, "f_div", division[i / 2]);
        hold_effectors(&h, f * everywhere);
        hiv_start(&h, "L[gut,wt]", 1e6);
        run_to(&h, reads, 1);
        double kill = 10 * f / (0.1 + f) * hiv_derived(&h, "lysis_low[wt]");
        double display = on[i % 2] + division[i / 2] * 0.015;
        assert_relative(hiv_sum(&h, 0, 0, "L"),
                        1e6 * exp(-(0.000468 + kill * display / (1 + kill)) * 42), 1e-5);
        hiv_close(&h);
    }
}

static void env_positive_defectives_stand_where_return_meets_killing(void **state)
{
    (void)state;
    const double f[] = {0, 0.001};
    for (int i = 0; i < 2; i++) {
        hiv h;
        const double reads[] = {400};
        hiv_open(&h, RSP_ODE);
        hiv_blend(&h);
        hold_effectors(&h, f[i] * everywhere);
        hiv_set(&h, "f_def", 0.01);
        hiv_set(&h, "d_D", 0.05);
        hiv_start(&h, "D", 1);
        run_to(&h, reads, 1);
        double full = hiv_derived(&h, "D_full");
        assert_relative(full, 1.5e11 * 60e-6 * 0.93 / 0.07 * 0.01, 1e-12); /* 1.2e6 */
        double kill = 10 * f[i] / (0.1 + f[i]) * hiv_derived(&h, "lysis_defective");
        /* Their own number in the denominator of killing is 1e-5 of it. */
        assert_relative(hiv_sum(&h, 0, 0, "D"), full * 0.05 / (0.05 + kill), 1e-4);
        hiv_close(&h);
    }
}

/* People at the medians, but for a CAR so sensitive (F50 1e-8) that it expands on Env+
 * defectives; infused on day 0, ART stopped on day 28.  `day`: days from then to 50
 * copies/mL, DAYS + 1 where there was none.  Effectors at their most. */
enum { PEOPLE = 200, DAYS = 84 };
static double follow(double infused, double back, double *day)
{
    double reads[DAYS + 1], most = 0;
    hiv h;
    hiv_open(&h, RSP_HYBRID);
    h.bed.options.exact_below = 5; /* as the studies */
    h.bed.options.exact_until = 10;
    hiv_set(&h, "F50", 1e-8);
    hiv_set(&h, "d_D", back);
    h.bed.n = PEOPLE;
    if (infused > 0) {
        hiv_act(&h, 0, "infuse", infused);
    }
    hiv_act(&h, 28, "stop_art", 0);
    reads[0] = 18; /* about their peak */
    for (int d = 1; d <= DAYS; d++) {
        reads[d] = 28 + d;
    }
    run_to(&h, reads, DAYS + 1);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        day[i] = DAYS + 1;
        most = fmax(most, hiv_sum(&h, i, 0, "E"));
        for (size_t k = DAYS; k > 0; k--) {
            day[i] = 0.145 * hiv_sum(&h, i, k, "I") > 50 ? (double)k : day[i];
        }
    }
    hiv_close(&h);
    return most;
}

static void env_positive_defectives_that_are_killed_change_the_time_to_rebound_little(void **state)
{
    (void)state;
    double none[PEOPLE], killed[PEOPLE], back[PEOPLE];
    follow(0, 0.001, none);
    assert_true(follow(4.2e7, 0.001, killed) > 1e9); /* they did make it expand */
    double little = mean_of(killed, PEOPLE) - mean_of(none, PEOPLE);
    /* Were they to come back at once, the CAR T cells would stay. */
    follow(4.2e7, 100, back);
    double much = mean_of(back, PEOPLE) - mean_of(none, PEOPLE);
    print_message("    delay %.1f days; not depleted: %.1f\n", little, much);
    assert_true(little > 0 && little < 7);
    assert_true(much > 35);
}

/* One argument: a pattern of names, to run those alone. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_infusion_no_car_t_cell_ever_appears),
        cmocka_unit_test(a_dose_arrives_in_full),
        cmocka_unit_test(boosting_cells_halve_in_their_half_life),
        cmocka_unit_test(without_antigen_effectors_wane_and_leave_memory),
        cmocka_unit_test(effectors_expand_at_half_their_rate_where_antigen_is_at_F50),
        cmocka_unit_test(memory_divides_once_and_its_daughters_are_shared_out),
        cmocka_unit_test(crossing_tissues_loses_and_makes_no_cell),
        cmocka_unit_test(recognition_is_the_average_over_env_per_cell),
        cmocka_unit_test(without_env_any_number_of_effectors_kills_nothing),
        cmocka_unit_test(infection_stands_still_at_the_threshold_of_effectors),
        cmocka_unit_test(car_t_cells_that_do_not_kill_change_nothing_of_the_virus),
        cmocka_unit_test(follicles_shelter_infection_the_more_the_more_local_it_is),
        cmocka_unit_test(a_mutant_grows_by_its_fitness_and_what_the_car_still_sees),
        cmocka_unit_test(every_recognised_cell_shares_the_effectors),
        cmocka_unit_test(the_reservoir_falls_by_what_it_displays_and_no_more),
        cmocka_unit_test(env_positive_defectives_stand_where_return_meets_killing),
        cmocka_unit_test(env_positive_defectives_that_are_killed_change_the_time_to_rebound_little),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("car", tests, NULL, NULL);
}
