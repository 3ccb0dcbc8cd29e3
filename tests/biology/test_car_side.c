/* CAR T cells of two products and what is given beside them: closed forms, and what
 * each mechanism does alone. */
#include "hiv.h"

static const char MODEL[] = "hiv_car_t_products";

static void open_side(hiv *h)
{
    hiv_open_model(h, MODEL, RSP_ODE);
    hiv_blend(h);
    hiv_set(h, "f_def", 0);
}

static void run_to(hiv *h, const double *reads, size_t n)
{
    h->bed.t1 = reads[n - 1];
    h->bed.reads = reads;
    h->bed.n_reads = n;
    hiv_run(h);
}

static double seen(const hiv *h, size_t read, const char *name)
{
    return bed_observed(&h->bed, 0, read, name);
}

static double at(const hiv *h, size_t read, const char *species)
{
    return bed_amount(&h->bed, 0, read, species);
}

static const char *const given[] = {"infuse", "infuse_second"};
static const char *const member[] = {"first", "second"};

static double of_product(const hiv *h, size_t read, const char *family, int p)
{
    char name[64];
    snprintf(name, sizeof name, "%s[%s]", family, member[p]);
    return at(h, read, name);
}

static void set_of_product(hiv *h, const char *family, int p, double value)
{
    char name[64];
    snprintf(name, sizeof name, "%s[%s]", family, member[p]);
    hiv_set(h, name, value);
}

/* Antigen that saturates the toggle in every tissue, not killed and not lost. */
static void saturate(hiv *h)
{
    hiv_set(h, "f_def", 0.01);
    hiv_set(h, "d_D", 0);
    hiv_set(h, "k_f", 0);
    hiv_set(h, "F50", 1e-30);
}
static const double tissues = 4.5 / 4.6; /* the share of CAR T cells outside blood */

/* ---- The minimum configuration. */

static void with_everything_off_the_laws_are_those_of_the_minimum_model(void **state)
{
    (void)state;
    const double reads[] = {5, 20, 40, 60};
    static const char *const same[] = {"viral_load", "car_copies", "cd4", "intact_provirus",
                                       "ca_rna", "resistant_share"};
    hiv h[2];
    for (int k = 0; k < 2; k++) {
        hiv_open_model(&h[k], k ? MODEL : "hiv_car_t", RSP_ODE);
        hiv_set(&h[k], "F50", 1e-8); /* the CAR expands */
        hiv_set(&h[k], "m_x", 0.71);
        hiv_set(&h[k], "m_N", 0.63);
        hiv_settle(&h[k]);
        hiv_start(&h[k], "L", 2e4);
        hiv_start(&h[k], "I", 10);
        hiv_act(&h[k], 0, "infuse", 4e7);
        hiv_act(&h[k], 8, "boost", 1e9);
        hiv_act(&h[k], 10, "stop_art", 0);
        run_to(&h[k], reads, 4);
    }
    for (size_t t = 0; t < 4; t++) {
        for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
            assert_relative(seen(&h[1], t, same[i]), seen(&h[0], t, same[i]), 1e-4);
        }
    }
    assert_true(seen(&h[0], 3, "viral_load") > 100 * seen(&h[0], 1, "viral_load"));
    assert_true(seen(&h[0], 2, "car_copies") > 50 * seen(&h[0], 0, "car_copies"));
    hiv_close(&h[0]);
    hiv_close(&h[1]);
}

/* ---- What each product recognises. */

/* Growth of few productive cells of a genotype without ART, where effectors of both
 * products, shares of all lymphocytes, neither expand nor wane. */
static double growth_of(hiv *h, const char *genotype, const double *share)
{
    const double reads[] = {30, 35}, everywhere = 4.6e11;
    static const char *const site[] = {"tzone", "follicle", "gut"};
    double sum[2] = {0, 0};
    char name[64];
    hiv_set(h, "d_E", 0);
    hiv_set(h, "F50", 1e9);
    hiv_settle(h);
    hiv_start(h, "E[first]", share[0] * everywhere);
    hiv_start(h, "E[second]", share[1] * everywhere);
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
            sum[k] += at(h, k, name);
        }
    }
    return log(sum[1] / sum[0]) / 5;
}

/* The growth rate of cells that die at `death` and infect at b_prod. */
static double growth_form(double b_prod, double death)
{
    return (-(1 + death) + sqrt((1 - death) * (1 - death) + 4 * b_prod)) / 2;
}

static void what_escapes_one_product_the_other_still_kills(void **state)
{
    (void)state;
    /* v5 escapes the first product; n279, where the second has a recognition of its own,
     * that one; with one recognition v5 escapes both. */
    static const char *const genotypes[] = {"wt", "v5", "n279", "n279+v5"};
    const double share[] = {0.015, 0.04}, crowd = 0.1 + share[0] + share[1];
    double growth[2][4];
    for (int own = 0; own < 2; own++) {
        for (int g = 0; g < 4; g++) {
            hiv h;
            char name[64];
            open_side(&h);
            hiv_set(&h, "mu", 0); /* or what grows feeds what falls */
            hiv_set(&h, "c_l", 0.05);
            hiv_set(&h, "kappa", 0.3);
            hiv_set(&h, "phi_l[v5]", 100);
            hiv_set(&h, "phi_l[n279]", 1);
            if (own) {
                hiv_set(&h, "kappa_second", 0.2);
                hiv_set(&h, "phi_second[v5]", 1);
                hiv_set(&h, "phi_second[n279]", 100);
            }
            double death = 1.2, fitness = pow(0.95, (g & 1) + (g >> 1));
            for (int p = 0; p < 2; p++) {
                const double kappa = own && p == 1 ? 0.2 : 0.3;
                bool escaped = own && p == 1 ? g >= 2 : g & 1;
                snprintf(name, sizeof name, "binding_of[%s,%s]", member[p], genotypes[g]);
                assert_relative(hiv_derived(&h, name),
                                (1 + kappa) / (1 + kappa * (escaped ? 100 : 1)), 1e-12);
                snprintf(name, sizeof name, "lysis_rest[%s,%s]", member[p], genotypes[g]);
                death += 10 * share[p] / crowd * hiv_derived(&h, name);
            }
            growth[own][g] = growth_of(&h, genotypes[g], share);
            assert_relative(growth[own][g], growth_form(fitness * hiv_derived(&h, "b_prod"), death), 2e-4);
            hiv_close(&h);
        }
    }
    print_message("    growth a day of wt, v5, n279 and both: one recognition %.2f %.2f %.2f %.2f, "
                  "two %.2f %.2f %.2f %.2f\n",
                  growth[0][0], growth[0][1], growth[0][2], growth[0][3], growth[1][0],
                  growth[1][1], growth[1][2], growth[1][3]);
    assert_true(growth[0][0] < 0 && growth[0][1] > 0); /* v5 outgrows */
    assert_true(growth[1][1] < 0);                     /* and no longer */
    assert_true(growth[1][3] > 0);                     /* it takes both mutations */
}

/* ---- Kinetics of each product. */

static void without_antigen_each_product_wanes_as_its_construct_says(void **state)
{
    (void)state;
    const double reads[] = {10, 56, 100}, f = 0.0079;
    /* 4-1BB as it is; CD28 with the triple knock-down; none. */
    static const struct {
        double costimulation, knocked, d_E, d_M;
    } constructs[] = {{1, 0, 0.14, 0.0025}, {2, 1, 0.14 * 0.8, 0.005}, {0, 0, 0.21, 0.0025}};
    for (int p = 0; p < 2; p++) {
        for (int c = 0; c < 3; c++) {
            hiv h;
            open_side(&h);
            set_of_product(&h, "costimulation", p, constructs[c].costimulation);
            set_of_product(&h, "pd1", p, constructs[c].knocked);
            set_of_product(&h, "tim3", p, constructs[c].knocked);
            set_of_product(&h, "lag3", p, constructs[c].knocked);
            hiv_settle(&h);
            hiv_act(&h, 0, given[p], 1e10);
            run_to(&h, reads, 3);
            double d = constructs[c].d_E, m = constructs[c].d_M;
            for (size_t k = 0; k < 3; k++) {
                double t = reads[k], e0 = 1e10 * 0.3 * 0.7, m0 = 1e10 * 0.3 * 0.3;
                assert_relative(of_product(&h, k, "E", p), e0 * exp(-d * t), 1e-6);
                assert_relative(of_product(&h, k, "M", p),
                                m0 * exp(-m * t) + f * d * e0 * (exp(-m * t) - exp(-d * t)) / (d - m),
                                1e-6);
                assert_true(of_product(&h, k, "E", 1 - p) == 0);
            }
            hiv_close(&h);
        }
    }
}

static void at_saturating_antigen_effectors_double_in_0_755_day(void **state)
{
    (void)state;
    /* liso-cel (Ogasawara 2021): ln 2 / 0.755 d = 0.918 a day, net of exhaustion. */
    for (int p = 0; p < 2; p++) {
        hiv h;
        const double reads[] = {3.27, 6, 6 + 0.755};
        open_side(&h);
        saturate(&h);
        hiv_set(&h, "d_E", 0);
        hiv_set(&h, "f_M0", 0);
        hiv_set(&h, "f_M0_second", 0);
        hiv_set(&h, "K_C", 1e30);
        hiv_set(&h, "rho_E", 0.918 / tissues + 0.1);
        hiv_settle(&h);
        hiv_act(&h, 0, given[p], 1e7);
        run_to(&h, reads, 3);
        assert_relative(of_product(&h, 2, "E", p) / of_product(&h, 1, "E", p), 2, 1e-3);
        assert_relative(log(of_product(&h, 0, "E", p) / 3e6), -0.1 * tissues * 3.27, 1e-4);
        hiv_close(&h);
    }
}

static void a_knock_down_of_one_receptor_does_a_third_of_three(void **state)
{
    (void)state;
    hiv h;
    open_side(&h);
    static const char *const receptors[] = {"pd1", "tim3", "lag3"};
    for (int i = 0; i < 3; i++) {
        hiv_set(&h, receptors[i], 1);
        assert_relative(hiv_derived(&h, "x_of[first]"), pow(0.5, (i + 1) / 3.0), 1e-12);
        assert_relative(hiv_derived(&h, "k_of[second]"), pow(1.2, (i + 1) / 3.0), 1e-12);
    }
    hiv_set(&h, "costimulation", 3); /* both: geometric mean */
    assert_relative(hiv_derived(&h, "x_of[first]"), sqrt(2) * 0.5, 1e-12);
    assert_relative(hiv_derived(&h, "N_of[first]"), sqrt(0.4), 1e-12);
    hiv_set(&h, "cd4_share[first]", 0.1); /* half of what helps in full */
    assert_relative(hiv_derived(&h, "dE_of[first]"), 0.8 * sqrt(0.5), 1e-12);
    hiv_close(&h);
}

static void a_second_product_has_multipliers_of_its_own_or_those_of_the_first(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second, *of;
    } own[] = {{"m_x", "m_x_second", "x_of"}, {"m_N", "m_N_second", "N_of"},
               {"m_dM", "m_dM_second", "dM_of"}, {"m_k", "m_k_second", "k_of"},
               {"m_dE", "m_dE_second", "dE_of"}};
    hiv h;
    open_side(&h);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        char first[32], second[32];
        snprintf(first, sizeof first, "%s[first]", own[i].of);
        snprintf(second, sizeof second, "%s[second]", own[i].of);
        hiv_set(&h, own[i].first, 0.37);
        assert_true(hiv_derived(&h, second) == hiv_derived(&h, first));
        hiv_set(&h, own[i].second, 2.5);
        assert_relative(hiv_derived(&h, first), 0.37, 1e-12);
        assert_relative(hiv_derived(&h, second), 2.5, 1e-12);
    }
    hiv_close(&h);
}

/* What is read of each product beside the other: from a run with both. */
static void what_is_read_of_each_product_adds_up_to_what_is_read_of_both(void **state)
{
    (void)state;
    static const char *const both[] = {"car_dna", "car_copies"};
    hiv h;
    const double reads[] = {1e-6};
    open_side(&h);
    hiv_set(&h, "kappa_second", 0.3);
    hiv_set(&h, "m_N_second", 10);
    hiv_set(&h, "m_k_second", 2);
    hiv_settle(&h);
    hiv_start(&h, "I[gut,wt]", 1000);
    hiv_start(&h, "E[first]", 3e9);
    hiv_start(&h, "E[second]", 1e9);
    hiv_start(&h, "M[first]", 1e9);
    hiv_start(&h, "M[second]", 5e9);
    hiv_start(&h, "Xh[second]", 2e9);
    run_to(&h, reads, 1);
    for (size_t i = 0; i < sizeof both / sizeof *both; i++) {
        char first[32], second[32];
        snprintf(first, sizeof first, "%s_first", both[i]);
        snprintf(second, sizeof second, "%s_second", both[i]);
        assert_relative(seen(&h, 0, first) + seen(&h, 0, second), seen(&h, 0, both[i]), 1e-12);
        assert_relative(seen(&h, 0, second) / seen(&h, 0, first), 2, 1e-5);
    }
    assert_relative(seen(&h, 0, "car_memory_share_first"), 0.25, 1e-5);
    assert_relative(seen(&h, 0, "car_memory_share_second"), 5 / 8.0, 1e-5);
    assert_true(seen(&h, 0, "car_exhausted_share_first") < 1e-5);
    assert_relative(seen(&h, 0, "car_exhausted_share_second"), 0.25, 1e-5);
    /* A third of the effectors, that kill twice as fast, at another share of lysis. */
    double first = seen(&h, 0, "car_lysis"), second = seen(&h, 0, "car_lysis_second");
    assert_true(second < 0.7 * first && seen(&h, 0, "car_activation_second") < 0.7 * seen(&h, 0, "car_activation"));
    assert_relative(seen(&h, 0, "killing_second") / seen(&h, 0, "killing_first"), 2 / 3.0 * second / first, 1e-5);
    assert_relative(seen(&h, 0, "killing_share_second"), 2 * second / (3 * first + 2 * second), 1e-5);
    double there = hiv_derived(&h, "car_share[gut]"), crowd = 0.1 * 1e11 + 4e9 * there;
    assert_relative(seen(&h, 0, "killing_first"), 100 * 0.1 * 3e9 * there / crowd * first, 1e-3);
    hiv_close(&h);
}

static void long_lived_memory_is_there_in_fifteen_years_and_answers_antigen(void **state)
{
    (void)state;
    hiv h;
    const double year = 365.25, reads[] = {15 * year, 15 * year + 20};
    open_side(&h);
    hiv_set(&h, "f_S", 0.05);
    hiv_settle(&h);
    hiv_act(&h, 0, "infuse", 1e10);
    hiv_act(&h, 15 * year, "boost", 3e10);
    run_to(&h, reads, 2);
    double s0 = 1e10 * 0.3 * 0.3 * 0.05;
    assert_relative(at(&h, 0, "S[first]"), s0 * exp(-1.2e-4 * 15 * year), 1e-6);
    assert_true(at(&h, 0, "E[first]") < 1e-6 * s0);
    assert_true(at(&h, 1, "E[first]") > 1e-2 * s0); /* from next to nothing */
    hiv_close(&h);
}

/* ---- What is given beside them. */

static void vrc01_falls_by_half_in_15_days_and_stands_at_101_on_day_21(void **state)
{
    (void)state;
    hiv h;
    const double reads[] = {21, 60, 120};
    hiv_open_model(&h, MODEL, RSP_ODE);
    hiv_set(&h, "body_weight", 74.5e9); /* ug: 2,980 mg, 1,536 ug/mL at once */
    hiv_settle(&h);
    hiv_act(&h, 0, "give_vrc01", 40e-6); /* mg/kg, in kg/kg */
    run_to(&h, reads, 3);
    double half = 60 * log(2) / log(seen(&h, 1, "vrc01_level") / seen(&h, 2, "vrc01_level"));
    assert_true(fabs(half - 14.99) < 0.005);
    assert_true(fabs(seen(&h, 0, "vrc01_level") - 101.4) < 0.1); /* to the digits known */
    hiv_close(&h);
}

/* By weight the same dose gives the same level in a macaque; it is gone sooner. */
static void a_dose_by_weight_gives_a_smaller_body_the_same_level(void **state)
{
    (void)state;
    double level[2], half[2];
    for (int k = 0; k < 2; k++) {
        hiv h;
        const double reads[] = {1e-6, 90, 120};
        open_side(&h);
        hiv_set(&h, "body", k ? 0.1 : 1);
        hiv_set(&h, "body_weight", 74.5e9); /* ug */
        hiv_settle(&h);
        hiv_act(&h, 0, "give_vrc01", 40e-6);
        run_to(&h, reads, 3);
        level[k] = seen(&h, 0, "vrc01_level");
        half[k] = 30 * log(2) / log(seen(&h, 1, "vrc01_level") / seen(&h, 2, "vrc01_level"));
        hiv_close(&h);
    }
    assert_relative(level[1], level[0], 1e-5);
    assert_relative(half[1] / half[0], pow(0.1, 0.15), 1e-3);
}

static void antibody_takes_the_epitope_from_the_car_of_the_same_site(void **state)
{
    (void)state;
    double seen_[3];
    for (int k = 0; k < 3; k++) { /* Env halved, antibody at K_D, antibody elsewhere */
        hiv h;
        const double reads[] = {1e-6};
        open_side(&h);
        hiv_set(&h, "A_env", k == 0 ? 500 : 1000);
        hiv_set(&h, "competes", k == 1);
        hiv_settle(&h);
        hiv_start(&h, "Ab1[vrc01]", k ? 1940 : 0); /* 1 ug/mL in 1.94 L, in ug */
        run_to(&h, reads, 1);
        seen_[k] = seen(&h, 0, "car_lysis");
        hiv_close(&h);
    }
    assert_true(fabs(seen_[1] - seen_[0]) < 0.02); /* the probit approximation */
    assert_true(seen_[1] < 0.75 && seen_[2] > 0.837); /* 0.838 unmasked */
}

static void antibody_at_its_ic50_in_people_halves_infection(void **state)
{
    (void)state;
    double P[3];
    for (int k = 0; k < 3; k++) {
        hiv h;
        const double reads[] = {1e-3};
        open_side(&h);
        hiv_set(&h, "Lambda", 1e-9);
        hiv_settle(&h);
        hiv_start(&h, "C_art", 0);
        hiv_start(&h, "I[gut,wt]", k < 2 ? 1000 : 0);
        hiv_start(&h, "I[gut,n279]", k == 2 ? 1000 : 0); /* ten times less well bound */
        hiv_set(&h, "fold_in_vivo", 20);
        hiv_start(&h, "Ab1[vrc01]", k ? 20 * 0.5 * 1940 : 0); /* ug */
        hiv_act(&h, 0, "stop_art", 0);
        run_to(&h, reads, 1);
        P[k] = hiv_sum(&h, 0, 0, "P");
        hiv_close(&h);
    }
    assert_relative(P[1] / P[0], 0.5, 2e-3);
    assert_relative(P[2] / P[0], 0.95 * 10 / 11.0, 2e-3); /* its fitness, and 1/(1 + 1/10) */
}

static void reversal_of_latency_multiplies_reactivation(void **state)
{
    (void)state;
    double P[2];
    for (int k = 0; k < 2; k++) {
        hiv h;
        const double reads[] = {1e-3};
        open_side(&h);
        hiv_settle(&h);
        hiv_start(&h, "L", 1e6);
        if (k) {
            hiv_act(&h, 0, "reverse_latency", 0);
        }
        run_to(&h, reads, 1);
        P[k] = hiv_sum(&h, 0, 0, "P");
        hiv_close(&h);
    }
    assert_relative(P[1] / P[0], 5, 1e-3); /* e_LRA, in its first minute */
}

static void edited_target_cells_are_lost_to_infection(void **state)
{
    (void)state;
    hiv h;
    const double reads[] = {1, 1 + 1e-9, 100};
    open_side(&h);
    hiv_settle(&h);
    hiv_act(&h, 1, "edit_cd4", 0.5);
    run_to(&h, reads, 3);
    double before = hiv_sum(&h, 0, 0, "T");
    assert_relative(hiv_sum(&h, 0, 1, "T") / before, 1 - 0.5 * 0.9, 1e-6);
    assert_relative(hiv_sum(&h, 0, 2, "T") / before, 1 - 0.5 * 0.9, 1e-6); /* supply alike */
    hiv_close(&h);
}

static void a_depot_holds_art_up_long_after_the_last_injection(void **state)
{
    (void)state;
    hiv h;
    const double reads[] = {56, 112};
    open_side(&h);
    hiv_set(&h, "share_la", 1); /* u_art 0.5: nobody on an NNRTI */
    hiv_settle(&h);
    hiv_act(&h, 0, "stop_art", 0);
    run_to(&h, reads, 2);
    double full = pow(999, 1 / 2.5);
    assert_relative(at(&h, 0, "C_la"), full / 2, 1e-6);
    assert_relative(at(&h, 1, "C_la"), full / 4, 1e-6);
    assert_true(at(&h, 0, "C_art") < 1e-9);
    hiv_close(&h);
}

static void lymphodepletion_makes_room_and_costs_lymphocytes(void **state)
{
    (void)state;
    hiv h;
    const double reads[] = {0, 1e-9, 10, 10 + 1e-9};
    open_side(&h);
    hiv_settle(&h);
    hiv_act(&h, 0, "lymphodeplete", 1);
    hiv_act(&h, 10, "infuse", 1e8); /* half of the effect is over */
    run_to(&h, reads, 4);
    assert_relative(hiv_sum(&h, 0, 1, "T") / hiv_sum(&h, 0, 0, "T"), 0.1, 1e-6);
    assert_relative(seen(&h, 1, "cd4") / seen(&h, 0, "cd4"), 0.1, 1e-6);
    assert_relative(at(&h, 1, "X"), 0.1, 1e-6);
    assert_relative(hiv_sum(&h, 0, 3, "M") + hiv_sum(&h, 0, 3, "E"), 1e8 * 0.3 * 1.5, 1e-5);
    hiv_close(&h);
}

static const double uL = 1e3; /* counts are held by the mL */

static void cd8_cells_are_counted_with_ctl_and_car_t_cells(void **state)
{
    (void)state;
    const double reads[] = {0, 1e-9};
    const double per_cell = (1 - tissues) / 1e10 * (597 + 768 + 450) * uL; /* of the body, in a mL */
    for (int k = 0; k < 2; k++) {
        hiv h;
        open_side(&h);
        hiv_set(&h, "cd8_0", 768 * uL);
        hiv_set(&h, "cd4_share[first]", k ? 0.25 : 0);
        hiv_settle(&h);
        hiv_start(&h, "X", k ? 3 : 1);
        hiv_act(&h, 0, "infuse", 1e9);
        run_to(&h, reads, 2);
        double before = 768 * uL * (k ? 0.95 + 0.05 * 3 : 1);
        assert_relative(seen(&h, 0, "cd8"), before, 1e-9);
        assert_relative(seen(&h, 0, "cd4_cd8_ratio"), 597 * uL / before, 1e-9);
        assert_relative(seen(&h, 1, "cd8") - before, (k ? 0.75 : 1) * 0.3e9 * per_cell, 1e-6);
        assert_relative(seen(&h, 1, "lymphocytes") - seen(&h, 0, "lymphocytes"), 0.3e9 * per_cell, 1e-6);
        hiv_close(&h);
    }
}

/* Total DNA: intact, and defective at L_int (1 - f_int) / f_int that falls by theta_D. */
static void total_dna_is_intact_and_defective_provirus(void **state)
{
    (void)state;
    static const char *const models[] = {"hiv_car_t_products", "hiv_car_t_full2"};
    const double reads[] = {0, 168};
    for (int k = 0; k < 2; k++) {
        hiv h;
        hiv_open_model(&h, models[k], RSP_ODE);
        hiv_set(&h, "f_def", 0.01);
        hiv_settle(&h);
        if (k) {
            hiv_start(&h, "H", 1.5e11 * 60e-6 * 0.93 / 0.07 * 0.99);
        }
        run_to(&h, reads, 2);
        for (size_t i = 0; i < 2; i++) {
            double defective = 60e-6 * 0.93 / 0.07 * (0.01 + 0.99 * exp(-4.6e-5 * reads[i]));
            assert_relative(seen(&h, i, "defective_provirus"), defective, 1e-6);
            assert_relative(seen(&h, i, "total_dna") - seen(&h, i, "intact_provirus"), defective, 1e-6);
        }
        hiv_close(&h);
    }
}

static void low_lymphocytes_are_graded_by_daids(void **state)
{
    (void)state;
    static const double count[] = {650, 649, 600, 599, 500, 499, 350, 349};
    static const double cd4[] = {400, 399, 300, 299, 200, 199, 100, 99};
    const double reads[] = {0, 1e-9, 10};
    for (int k = 0; k < 8; k++) {
        hiv h;
        open_side(&h);
        hiv_set(&h, "cd4_0", cd4[k] * uL);
        hiv_set(&h, "cd8_0", 100 * uL);
        hiv_set(&h, "b_nk_0", (count[k] - 100 - cd4[k]) * uL);
        hiv_settle(&h);
        hiv_act(&h, 0, "lymphodeplete", 1);
        run_to(&h, reads, 3);
        assert_relative(seen(&h, 0, "lymphocytes"), count[k] * uL, 1e-12);
        assert_true(seen(&h, 0, "lymphocyte_grade") == (k + 1) / 2);
        assert_true(seen(&h, 0, "cd4_grade") == (k + 1) / 2);
        assert_relative(seen(&h, 1, "lymphocytes"), 0.1 * count[k] * uL, 1e-6);
        assert_true(seen(&h, 1, "lymphocyte_grade") == 4);
        /* Half of the effect is over; CTL are back, CD4+ cells on their way. */
        assert_true(seen(&h, 2, "cd8") > 55 * uL && seen(&h, 2, "cd8") < 58 * uL);
        hiv_close(&h);
    }
}

/* ---- Neutrophils and platelets: the equations of Friberg 2002 by themselves, by the
 * classical method of Runge and Kutta in steps of a thousandth of a day. */
typedef struct friberg {
    double mtt, gamma, rest, kill, days, again; /* `again`: day of a second course, or never */
} friberg;

static void friberg_rates(const friberg *f, double t, const double x[5], double out[5])
{
    const double k = 4 / f->mtt;
    const bool drug = (t >= 0 && t < f->days) || (t >= f->again && t < f->again + f->days);
    out[0] = k * x[0] * (1 - (drug ? f->kill : 0)) * pow(f->rest / x[4], f->gamma) - k * x[0];
    for (int i = 1; i < 5; i++) {
        out[i] = k * (x[i - 1] - x[i]);
    }
}

static void friberg_day(const friberg *f, double from, double x[5])
{
    const double h = 1e-3;
    for (int n = 0; n < 1000; n++) {
        double k[4][5], y[5];
        const double t = from + (n + 0.5) * h; /* drugs come and go on whole days */
        friberg_rates(f, t, x, k[0]);
        for (int j = 1; j < 4; j++) {
            for (int i = 0; i < 5; i++) {
                y[i] = x[i] + (j == 3 ? h : h / 2) * k[j - 1][i];
            }
            friberg_rates(f, t, y, k[j]);
        }
        for (int i = 0; i < 5; i++) {
            x[i] += h / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
        }
    }
}

static void blood_cells_fall_and_return_as_in_friberg_2002(void **state)
{
    (void)state;
    enum { DAYS = 61 };
    static const char *const of[] = {"neutrophils", "platelets"};
    double reads[DAYS];
    for (int d = 0; d < DAYS; d++) {
        reads[d] = d;
    }
    for (int courses = 0; courses < 3; courses++) {
        friberg f[] = {{4.54, 0.2, 3500 * uL, 1.2, 3, courses == 2 ? 20 : 1e9},
                       {5, 0.2, 230000 * uL, 0.6, 3, courses == 2 ? 20 : 1e9}};
        hiv h;
        open_side(&h);
        hiv_settle(&h);
        if (courses > 0) {
            hiv_act(&h, 0, "lymphodeplete", 1);
        }
        if (courses == 2) {
            hiv_act(&h, 20, "lymphodeplete", 1);
        }
        run_to(&h, reads, DAYS);
        for (int k = 0; k < 2; k++) {
            double x[5] = {f[k].rest, f[k].rest, f[k].rest, f[k].rest, f[k].rest};
            int nadir = 0, found_nadir = 0;
            double least = f[k].rest, found_least = f[k].rest;
            for (int d = 0; d < DAYS; d++) {
                const double found = seen(&h, (size_t)d, of[k]);
                if (courses == 0) {
                    assert_true(found == f[k].rest); /* at rest to the bit */
                    continue;
                }
                assert_relative(found, x[4], 1e-5);
                if (d < 20 && x[4] < least) {
                    least = x[4];
                    nadir = d;
                }
                if (d < 20 && found < found_least) {
                    found_least = found;
                    found_nadir = d;
                }
                friberg_day(&f[k], d, x);
            }
            if (courses > 0) { /* by hand: no other solver of ours */
                assert_int_equal(found_nadir, nadir);
                assert_int_equal(nadir, 10);
                assert_relative(found_least, least, 1e-5);
                assert_relative(least, (k ? 77867.7 : 367.824) * uL, 1e-5);
            }
        }
        hiv_close(&h);
    }
}

static void low_neutrophils_and_platelets_are_graded_by_daids(void **state)
{
    (void)state;
    static const double neutrophils[] = {1001, 999, 801, 799, 601, 599, 401, 399};
    static const double platelets[] = {126000, 124000, 101000, 99000, 51000, 49000, 26000, 24000};
    const double reads[] = {0, 1};
    for (int k = 0; k < 8; k++) {
        hiv h;
        open_side(&h);
        hiv_set(&h, "neutrophils_0", neutrophils[k] * uL);
        hiv_set(&h, "platelets_0", platelets[k] * uL);
        hiv_settle(&h);
        run_to(&h, reads, 2);
        assert_relative(seen(&h, 0, "neutrophils"), neutrophils[k] * uL, 1e-12);
        assert_relative(seen(&h, 0, "platelets"), platelets[k] * uL, 1e-12);
        assert_true(seen(&h, 1, "neutrophil_grade") == (k + 1) / 2);
        assert_true(seen(&h, 1, "platelet_grade") == (k + 1) / 2);
        hiv_close(&h);
    }
}

static void cytokines_raise_expansion_and_spare_effectors(void **state)
{
    (void)state;
    static const char *const given_too[] = {NULL, "give_cytokine", "give_il2"};
    double grown[3], kept[3];
    for (int k = 0; k < 3; k++) {
        for (int antigen = 0; antigen < 2; antigen++) {
            hiv h;
            const double reads[] = {4, 4.01};
            open_side(&h);
            if (antigen) {
                saturate(&h);
            }
            hiv_set(&h, "f_EM", 0);
            hiv_set(&h, "f_M0", 0);
            hiv_set(&h, "x_E", 0);
            hiv_settle(&h);
            hiv_act(&h, 0, "infuse", 1e7);
            if (k) {
                hiv_act(&h, 4, given_too[k], 1e9); /* in full */
            }
            run_to(&h, reads, 2);
            *(antigen ? &grown[k] : &kept[k]) = log(at(&h, 1, "E[first]") / at(&h, 0, "E[first]")) / 0.01;
            hiv_close(&h);
        }
    }
    /* Where the toggle is on 1 in 46 cells, those in blood, still wane. */
    assert_relative(grown[0], 0.9 * tissues - 0.14 * (1 - tissues), 2e-3);
    assert_relative(grown[1], 2 * 0.9 * tissues - 0.07 * (1 - tissues), 2e-3);
    assert_relative(kept[0], -0.14, 1e-4);
    assert_relative(kept[1], -0.07, 1e-4);
    assert_relative(grown[2], 2 * 0.9 * tissues - 0.105 * (1 - tissues), 2e-3);
    assert_relative(kept[2], -0.105, 1e-4);
}

static void memory_is_kept_up_by_il15_and_by_il2_where_it_is_said_to(void **state)
{
    (void)state;
    static const char *const alone[] = {"give_il15", "give_il2", "give_il2"};
    const double reads[] = {4, 4.01}, divides[] = {0.02, 0, 0.05};
    for (int k = 0; k < 3; k++) {
        hiv h;
        open_side(&h);
        hiv_set(&h, "f_EM", 0);
        hiv_set(&h, "h_il2", k == 2 ? 0.05 : 0);
        hiv_settle(&h);
        hiv_act(&h, 0, "infuse", 1e7);
        hiv_act(&h, 4, alone[k], 1e9); /* in full */
        run_to(&h, reads, 2);
        assert_relative(log(at(&h, 1, "M[first]") / at(&h, 0, "M[first]")) / 0.01,
                        divides[k] - 0.0025, 1e-4);
        hiv_close(&h);
    }
}

static void il2_is_gone_in_hours_and_il15_in_days(void **state)
{
    (void)state;
    /* Two doses, one half-life apart: effectors divide by D/(1 + D), D falling as an
     * exponential, whose integral from D0 over t is ln((1 + D0)/(1 + D0 2^(-t/half)))
     * half / ln 2. */
    static const char *const doses[] = {"give_cytokine", "give_il15", "give_il2"};
    static const char *const half_of[] = {"t_il", "t_il", "t_il2"};
    double grown[3];
    for (int method = 0; method < 2; method++) {
        for (int k = 0; k < 3; k++) {
            hiv h;
            hiv_open_model(&h, MODEL, method ? RSP_HYBRID : RSP_ODE);
            hiv_blend(&h);
            saturate(&h);
            hiv_set(&h, "f_EM", 0);
            hiv_set(&h, "f_M0", 0);
            hiv_set(&h, "x_E", 0);
            hiv_set(&h, "d_E", 0);
            hiv_set(&h, "K_C", 1e30);
            hiv_set(&h, "e_il", 1.5);
            hiv_set(&h, "e_il2", 1.5);
            double half = h.bed.params[rsp_network_param(h.bed.net, half_of[k])];
            const double reads[] = {4, 4 + half, 6};
            hiv_settle(&h);
            hiv_act(&h, 0, "infuse", 1e7);
            hiv_act(&h, 4, doses[k], 3);
            hiv_act(&h, 4 + half, doses[k], 2);
            run_to(&h, reads, 3);
            double first = half / log(2) * log((1 + 3) / (1 + 1.5));
            double second = half / log(2) * log((1 + 3.5) / (1 + 3.5 * exp2(-(2 - half) / half)));
            double rho = 0.9 * tissues, tolerance = method ? 5e-3 : 1e-4;
            assert_relative(log(at(&h, 1, "E[first]") / at(&h, 0, "E[first]")),
                            rho * (half + 1.5 * first), tolerance);
            grown[k] = log(at(&h, 2, "E[first]") / at(&h, 0, "E[first]"));
            assert_relative(grown[k], rho * (2 + 1.5 * (first + second)), tolerance);
            hiv_close(&h);
        }
        assert_true(grown[1] == grown[0] && grown[1] > 1.4 * grown[2]);
    }
}

static void il15_reverses_latency_where_it_is_said_to(void **state)
{
    (void)state;
    const double reads[] = {1e-3};
    double left[3];
    for (int k = 0; k < 3; k++) { /* none, as shipped, tenfold at full effect */
        hiv h;
        open_side(&h);
        hiv_set(&h, "e_LRA_il", k == 2 ? 10 : 1);
        hiv_settle(&h);
        hiv_start(&h, "L", 1e6);
        hiv_act(&h, 0, "give_il2", 1e9);
        if (k) {
            hiv_act(&h, 0, "give_il15", 1e9);
        }
        run_to(&h, reads, 1);
        left[k] = hiv_sum(&h, 0, 0, "P");
        hiv_close(&h);
    }
    assert_true(left[0] > 0);
    assert_relative(left[1], left[0], 1e-9);
    assert_relative(left[2], 10 * left[0], 1e-3);
}

static void boosts_go_where_they_are_sent(void **state)
{
    (void)state;
    double E[2];
    for (int k = 0; k < 2; k++) {
        hiv h;
        const double reads[] = {14};
        open_side(&h);
        hiv_set(&h, "boost_gut", k);
        hiv_set(&h, "k_f", 0);
        hiv_set(&h, "F50", 1e-12); /* on wherever there is antigen */
        hiv_set(&h, "f_M0", 0);
        hiv_set(&h, "f_EM", 0);
        hiv_set(&h, "K_C", 1e30);
        hiv_settle(&h);
        hiv_act(&h, 0, "infuse", 1e6);
        hiv_act(&h, 4, "boost", 1e9);
        run_to(&h, reads, 1);
        E[k] = at(&h, 0, "E[first]");
        hiv_close(&h);
    }
    /* Ten days on, in 2.5 of 4.6 CAR T cells or in 1 of 4.6: growth 0.9, exhaustion 0.1,
     * loss 0.14 where off. */
    assert_relative(log(E[0] / E[1]), (0.9 - 0.1 + 0.14) * 1.5 / 4.6 * 10, 1e-3);
}

/* ---- What takes CAR T cells away. */

static void infected_car_t_cells_are_lost_unless_protected(void **state)
{
    (void)state;
    double E[3], P[3];
    for (int k = 0; k < 3; k++) { /* not entered; entered; entered but edited */
        hiv h;
        const double reads[] = {0.1};
        open_side(&h);
        hiv_set(&h, "k_f", 0);
        hiv_set(&h, "enters[first]", k > 0);
        hiv_set(&h, "protected_car[first]", k == 2);
        hiv_settle(&h);
        hiv_start(&h, "C_art", 0);
        hiv_start(&h, "I[gut,wt]", 1e6);
        hiv_act(&h, 0, "stop_art", 0);
        hiv_act(&h, 0, "infuse", 1e8);
        run_to(&h, reads, 1);
        E[k] = hiv_sum(&h, 0, 0, "E");
        P[k] = hiv_sum(&h, 0, 0, "P");
        hiv_close(&h);
    }
    assert_true(E[1] < 0.99 * E[0]);
    assert_relative(E[2], E[0], 1e-9);
    assert_relative(P[2], P[0], 1e-6);
    /* What leaves the product goes through eclipse (0.1 day: few have left it). */
    assert_relative((P[1] - P[0]) / (E[0] - E[1]), 1, 0.1);
}

static void who_rejects_a_car_rejects_the_second_infusion_at_once(void **state)
{
    (void)state;
    hiv h;
    const double reads[] = {0.01, 14, 120.01, 134};
    open_side(&h);
    hiv_set(&h, "P_rej", 1);
    hiv_settle(&h);
    hiv_act(&h, 0, "infuse", 1e9);
    hiv_act(&h, 120, "infuse", 1e9);
    run_to(&h, reads, 4);
    double first = log(at(&h, 0, "M[first]") / at(&h, 1, "M[first]"));
    double second = log(at(&h, 2, "M[first]") / at(&h, 3, "M[first]"));
    assert_true(second > 1.3 * first);
    assert_true(seen(&h, 3, "anti_car") > 0.9);
    hiv_close(&h);
}

static void an_off_switch_kills_its_share_and_a_pause_kills_none(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        hiv h;
        const double reads[] = {5, 5 + 1e-9, 8};
        open_side(&h);
        saturate(&h);
        hiv_set(&h, "d_E", 0);
        hiv_settle(&h);
        hiv_act(&h, 0, "infuse", 1e7);
        hiv_act(&h, 5, k ? "switch_off" : "pause_car", 0);
        run_to(&h, reads, 3);
        double E = at(&h, 0, "E[first]");
        assert_relative(at(&h, 1, "E[first]") / E, k ? 0.1 : 1, 1e-6);
        if (k) {
            assert_true(at(&h, 2, "E[first]") > 0.5 * E); /* the rest go on dividing */
        } else {
            assert_relative(at(&h, 2, "E[first]") / E, 1, 1e-6); /* none divides */
        }
        hiv_close(&h);
    }
}

/* ---- Safety. */

static void il6_stands_where_activation_meets_its_loss(void **state)
{
    (void)state;
    hiv h;
    const double reads[] = {3, 60, 90};
    open_side(&h);
    saturate(&h);
    static const char *const still[] = {"rho_E", "d_E", "x_E", "a_M", "d_M"};
    for (int i = 0; i < 5; i++) {
        hiv_set(&h, still[i], 0);
    }
    hiv_settle(&h);
    hiv_act(&h, 3, "infuse", 1e10);
    hiv_act(&h, 61, "switch_off", 0);
    run_to(&h, reads, 3);
    assert_relative(1e6 * seen(&h, 0, "il6"), 2, 1e-9); /* ug/mL to pg/mL */
    assert_true(seen(&h, 0, "crs_grade") < 0.5);
    double activated = 1e10 * 0.3 * 0.7 * tissues; /* 1e-7 pg/mL a day and cell */
    assert_relative(1e6 * seen(&h, 1, "il6"), 2 + 1e-7 * activated, 1e-5);
    assert_true(seen(&h, 1, "crs_grade") > 0.5 && seen(&h, 1, "crs_grade") < 1.5); /* 207 pg/mL: 1 */
    assert_true(seen(&h, 1, "icans_grade") < 0.5);
    assert_true(seen(&h, 1, "crs_now") == seen(&h, 1, "crs_grade"));
    assert_true(seen(&h, 1, "icans_now") == seen(&h, 1, "icans_grade"));
    assert_true(seen(&h, 2, "crs_now") < 0.5 && seen(&h, 2, "crs_grade") > 0.5); /* over, and so far */
    hiv_close(&h);
}

/* Rest of 0.5 to 7 pg/mL, and the variates of the grades in steps of one participant. */
static void whoever(const bed *b, uint32_t i, double *params)
{
    static const char *const name[] = {"Q0", "u_crs", "u_icans"};
    const double at[] = {(i * 7919) % b->n, i, (i * 4409) % b->n};
    for (int k = 0; k < 3; k++) {
        const int p = rsp_network_param(b->net, name[k]);
        assert_true(p >= 0);
        params[p] = (at[k] + 0.5) / b->n * (k == 0 ? 6.5 : 0.998) + (k == 0 ? 0.5 : 0.001);
    }
}

static void without_a_product_nobody_has_crs_or_icans(void **state)
{
    (void)state;
    static const char *const grade[] = {"crs_grade", "icans_grade", "crs_now", "icans_now"};
    const double reads[] = {0, 7, 28, 60, 90};
    hiv h;
    hiv_open_model(&h, MODEL, RSP_HYBRID);
    h.bed.n = 1000;
    h.bed.vary = whoever;
    hiv_act(&h, 10, "stop_art", 0); /* virus rebounds, which is no reaction to a product */
    run_to(&h, reads, 5);
    uint32_t viraemic = 0;
    for (uint32_t i = 0; i < h.bed.n; i++) {
        viraemic += bed_observed(&h.bed, i, 4, "viral_load") > 1000;
        for (size_t r = 0; r < 5; r++) {
            for (int k = 0; k < 4; k++) {
                assert_true(bed_observed(&h.bed, i, r, grade[k]) == 0);
            }
        }
    }
    assert_true(viraemic > 500);
    hiv_close(&h);
}

/* The odds of a grade are exp(slope_6 log10(rise / cut)), at any rest; a rise of a dose's
 * CAR T cells, all activated, of which none divides or dies: k_6 / d_6 a cell. */
static void grades_rise_with_what_the_dose_adds_to_il6(void **state)
{
    (void)state;
    static const char *const still[] = {"rho_E", "d_E", "x_E", "a_M", "d_M"};
    static const double cut[2][4] = {{50, 300, 1000, 5000}, {300, 1000, 5000, 20000}};
    const double reads[] = {0, 30};
    double before[2][4] = {{0}};
    for (double dose = 1e8; dose < 1e12; dose *= 10) {
        hiv h;
        open_side(&h);
        saturate(&h);
        for (int i = 0; i < 5; i++) {
            hiv_set(&h, still[i], 0);
        }
        h.bed.n = 500;
        h.bed.vary = whoever;
        hiv_act(&h, 0, "infuse", dose);
        h.bed.options.rtol = 1e-6;
        run_to(&h, reads, 2);
        const double rise = 1e-7 * dose * 0.3 * 0.7 * tissues;
        for (int k = 0; k < 2; k++) {
            for (int g = 0; g < 4; g++) {
                double graded = 0;
                for (uint32_t i = 0; i < h.bed.n; i++) {
                    graded += bed_observed(&h.bed, i, 1, k ? "icans_grade" : "crs_grade") > g + 0.5;
                    assert_true(bed_observed(&h.bed, i, 0, k ? "icans_now" : "crs_now") == 0);
                }
                const double odds = exp(2 * log10(rise / cut[k][g]));
                assert_true(fabs(graded / h.bed.n - odds / (1 + odds)) < 0.004);
                assert_true(graded >= before[k][g]);
                assert_true(dose == 1e8 || graded > before[k][g]);
                before[k][g] = graded;
            }
        }
        hiv_close(&h);
    }
}

static void healthy_cells_that_are_bound_are_killed_and_activate(void **state)
{
    (void)state;
    for (int dense = 0; dense < 2; dense++) {
        hiv h;
        const double reads[] = {30};
        open_side(&h);
        hiv_set(&h, "n_off", 1e9);
        hiv_set(&h, "A_off", dense ? 20000 : 1e-6);
        hiv_settle(&h);
        hiv_act(&h, 0, "infuse", 1e8);
        run_to(&h, reads, 1);
        if (dense) {
            assert_true(seen(&h, 0, "healthy_lost") > 0.5);
            assert_true(at(&h, 0, "E[first]") > 1e9);
        } else {
            assert_true(fabs(seen(&h, 0, "healthy_lost")) < 1e-9);
            assert_true(at(&h, 0, "E[first]") < 2.1e7);
        }
        hiv_close(&h);
    }
}

static void a_clone_that_the_vector_drives_outgrows_the_rest_in_years(void **state)
{
    (void)state;
    hiv h;
    const double reads[] = {365, 730, 5479};
    open_side(&h);
    hiv_settle(&h);
    hiv_start(&h, "Z[first]", 1);
    run_to(&h, reads, 3);
    assert_relative(seen(&h, 0, "vector_clone"), exp(0.02 * 365), 1e-4);
    assert_relative(seen(&h, 1, "vector_clone"), exp(0.02 * 730), 1e-4);
    assert_true(seen(&h, 2, "vector_clone") < 1e12); /* in the fifteenth year */
    hiv_close(&h);
}

static void an_interruption_is_paid_for_in_days_and_cells(void **state)
{
    (void)state;
    hiv h;
    const double reads[] = {0, 60};
    open_side(&h);
    hiv_settle(&h);
    hiv_start(&h, "C_art", 0);
    hiv_start(&h, "I", 100);
    hiv_set(&h, "v_ars", 1e4);
    hiv_act(&h, 0, "stop_art", 0);
    run_to(&h, reads, 2);
    double above = seen(&h, 1, "days_above_200"), much = seen(&h, 1, "days_above_1500");
    /* Growth at 0.45 a day takes ln(7.5) / 0.45 days from the one to the other. */
    assert_true(fabs(above - much - log(7.5) / 0.45) < 0.5);
    assert_true(above < 60 && much > 30);
    assert_true(seen(&h, 1, "acute_syndrome") > 0.5 && seen(&h, 0, "acute_syndrome") < 0.5);
    assert_true(seen(&h, 1, "cd4_lost") > 10 && seen(&h, 1, "cd4_days_lost") > 100);
    hiv_close(&h);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_everything_off_the_laws_are_those_of_the_minimum_model),
        cmocka_unit_test(what_escapes_one_product_the_other_still_kills),
        cmocka_unit_test(without_antigen_each_product_wanes_as_its_construct_says),
        cmocka_unit_test(at_saturating_antigen_effectors_double_in_0_755_day),
        cmocka_unit_test(a_knock_down_of_one_receptor_does_a_third_of_three),
        cmocka_unit_test(a_second_product_has_multipliers_of_its_own_or_those_of_the_first),
        cmocka_unit_test(what_is_read_of_each_product_adds_up_to_what_is_read_of_both),
        cmocka_unit_test(long_lived_memory_is_there_in_fifteen_years_and_answers_antigen),
        cmocka_unit_test(vrc01_falls_by_half_in_15_days_and_stands_at_101_on_day_21),
        cmocka_unit_test(a_dose_by_weight_gives_a_smaller_body_the_same_level),
        cmocka_unit_test(antibody_takes_the_epitope_from_the_car_of_the_same_site),
        cmocka_unit_test(antibody_at_its_ic50_in_people_halves_infection),
        cmocka_unit_test(reversal_of_latency_multiplies_reactivation),
        cmocka_unit_test(edited_target_cells_are_lost_to_infection),
        cmocka_unit_test(a_depot_holds_art_up_long_after_the_last_injection),
        cmocka_unit_test(lymphodepletion_makes_room_and_costs_lymphocytes),
        cmocka_unit_test(cd8_cells_are_counted_with_ctl_and_car_t_cells),
        cmocka_unit_test(total_dna_is_intact_and_defective_provirus),
        cmocka_unit_test(low_lymphocytes_are_graded_by_daids),
        cmocka_unit_test(blood_cells_fall_and_return_as_in_friberg_2002),
        cmocka_unit_test(low_neutrophils_and_platelets_are_graded_by_daids),
        cmocka_unit_test(cytokines_raise_expansion_and_spare_effectors),
        cmocka_unit_test(memory_is_kept_up_by_il15_and_by_il2_where_it_is_said_to),
        cmocka_unit_test(il2_is_gone_in_hours_and_il15_in_days),
        cmocka_unit_test(il15_reverses_latency_where_it_is_said_to),
        cmocka_unit_test(boosts_go_where_they_are_sent),
        cmocka_unit_test(infected_car_t_cells_are_lost_unless_protected),
        cmocka_unit_test(who_rejects_a_car_rejects_the_second_infusion_at_once),
        cmocka_unit_test(an_off_switch_kills_its_share_and_a_pause_kills_none),
        cmocka_unit_test(il6_stands_where_activation_meets_its_loss),
        cmocka_unit_test(without_a_product_nobody_has_crs_or_icans),
        cmocka_unit_test(grades_rise_with_what_the_dose_adds_to_il6),
        cmocka_unit_test(healthy_cells_that_are_bound_are_killed_and_activate),
        cmocka_unit_test(a_clone_that_the_vector_drives_outgrows_the_rest_in_years),
        cmocka_unit_test(an_interruption_is_paid_for_in_days_and_cells),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("car_side", tests, NULL, NULL);
}
