/* The complete model obeys the closed forms that the minimum one does, and each
 * mechanism that it adds obeys its own. */
#include "hiv.h"

static void run_to(hiv *h, const double *reads, size_t n)
{
    h->bed.t1 = reads[n - 1];
    h->bed.reads = reads;
    h->bed.n_reads = n;
    hiv_run(h);
}

/* What the minimum configuration lacks, switched off. */
static void switch_off(hiv *h)
{
    static const char *const none[] = {"f_held", "follow_clones", "P_early", "P_late",
                                       "compensated", "adapt", "env_W"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        hiv_set(h, none[i], 0);
    }
}

/* ---- Growth, set point, washout: the corrected formulas, all tissues and loci. */

static void without_art_infection_grows_at_the_rate_r_in_all_tissues(void **state)
{
    (void)state;
    const double rate[] = {0.25, 0.45, 0.9}, mix[] = {0.05, 0.5, 1}, held[] = {0.5, 0.1, 0.3};
    for (int i = 0; i < 3; i++) {
        hiv h;
        const double reads[] = {400, 405}, few = 1e-9 * exp(-400 * rate[i]);
        hiv_open_model(&h, "hiv_car_t_full", RSP_ODE);
        hiv_set(&h, "r", rate[i]);
        hiv_set(&h, "mix", mix[i]);
        hiv_set(&h, "f_held", held[i]);
        hiv_settle(&h);
        hiv_start(&h, "C_art", 0);
        hiv_start(&h, "I", few);
        hiv_act(&h, 0, "stop_art", 0);
        h.bed.options.atol = 1e-9 * few;
        h.bed.options.rtol = 1e-7;
        run_to(&h, reads, 2);
        /* Mutations take 1e-4 of the births of wild type. */
        assert_relative(log(hiv_sum(&h, 0, 1, "I") / hiv_sum(&h, 0, 0, "I")) / 5, rate[i], 4e-4);
        hiv_close(&h);
    }
}

static void untreated_infection_settles_at_the_set_point_in_all_tissues(void **state)
{
    (void)state;
    const double mix[] = {1, 0.5, 0.05};
    for (int i = 0; i < 3; i++) {
        hiv h;
        const double reads[] = {3000};
        hiv_open_model(&h, "hiv_car_t_full", RSP_ODE);
        hiv_set(&h, "mix", mix[i]);
        hiv_set(&h, "Lambda", 1e-9);
        hiv_settle(&h);
        hiv_start(&h, "C_art", 0);
        hiv_start(&h, "I[tzone,wt]", 31623 / 0.145);
        hiv_start(&h, "X", hiv_derived(&h, "X_set"));
        hiv_act(&h, 0, "stop_art", 0);
        h.bed.options.atol = 1e-3;
        h.bed.options.rtol = 1e-6;
        run_to(&h, reads, 1);
        assert_relative(bed_observed(&h.bed, 0, 0, "viral_load"), 31623 + 1, 2e-3);
        hiv_close(&h);
    }
}

/* Productive cells are least on the day on which R falls through 1 (one death rate). */
static void infection_grows_again_after_the_washout_time_in_all_tissues(void **state)
{
    (void)state;
    hiv h;
    double z[3], R = (1 + 0.8) * (1 + 0.8 / 1.2), c0 = pow(1e3 - 1, 1 / 2.5);
    const double t_w = log2(c0 / pow(R - 1, 1 / 2.5)), step = 0.1;
    const double reads[] = {t_w - step, t_w, t_w + step};
    hiv_open_model(&h, "hiv_car_t_full", RSP_ODE);
    hiv_blend(&h);
    hiv_set(&h, "chi_X_cns", 1);
    hiv_set(&h, "permissive_cns", 1);
    hiv_set(&h, "exchange_cns", 1);
    hiv_set(&h, "f_held", 0);
    hiv_set(&h, "r", 0.8);
    hiv_set(&h, "u_art", 0.9);
    hiv_settle(&h);
    hiv_start(&h, "I[tzone,wt]", 1e-6);
    hiv_act(&h, 0, "stop_art", 0);
    h.bed.options.rtol = 1e-8;
    run_to(&h, reads, 3);
    for (size_t i = 0; i < 3; i++) {
        z[i] = (1 - 1e-4) * hiv_sum(&h, 0, i, "P") + hiv_sum(&h, 0, i, "I");
    }
    assert_true(fabs(step / 2 * (z[0] - z[2]) / (z[0] - 2 * z[1] + z[2])) < 0.01);
    hiv_close(&h);
}

/* ---- Beside the minimum configuration. */

static void with_everything_off_the_complete_model_moves_as_the_minimum_one(void **state)
{
    (void)state;
    static const char *const names[] = {"hiv_car_t", "hiv_car_t_full2"};
    static const char *const families[] = {"T", "P", "I", "L", "M", "E", "Xh", "D"};
    enum { READS = 4 };
    const double reads[READS] = {10, 30, 60, 120};
    double found[2][8][READS], load[2][READS];
    for (int m = 0; m < 2; m++) {
        hiv h;
        hiv_open_model(&h, names[m], RSP_ODE);
        if (m == 1) {
            switch_off(&h);
        }
        hiv_settle(&h);
        hiv_start(&h, "L[tzone,wt]", 1e6);
        hiv_start(&h, "I[gut,n279]", 0.1);
        hiv_act(&h, 0, "infuse", 1e9);
        hiv_act(&h, 5, "boost", 1e9);
        hiv_act(&h, 7, "stop_art", 0);
        h.bed.options.atol = 1e-6;
        run_to(&h, reads, READS);
        for (size_t k = 0; k < READS; k++) {
            load[m][k] = bed_observed(&h.bed, 0, k, "viral_load");
            for (int f = 0; f < 8; f++) {
                found[m][f][k] = hiv_sum(&h, 0, k, families[f]);
            }
        }
        hiv_close(&h);
    }
    for (size_t k = 0; k < READS; k++) {
        assert_relative(load[1][k], load[0][k], 1e-5);
        for (int f = 0; f < 8; f++) {
            assert_true(fabs(found[1][f][k] - found[0][f][k]) < 1e-3 + 1e-5 * found[0][f][k]);
        }
    }
    assert_true(load[0][READS - 1] > 1000); /* it rebounds */
}

/* Log viral load of many people 25 days after interruption. */
static double *rebounds(const char *model, uint32_t n, uint64_t seed)
{
    hiv h;
    const double reads[] = {25};
    double *x = malloc(n * sizeof *x);
    hiv_open_model(&h, model, RSP_HYBRID);
    if (strcmp(model, "hiv_car_t") != 0) {
        switch_off(&h);
    }
    h.bed.seed = seed;
    h.bed.n = n;
    hiv_act(&h, 0, "stop_art", 0);
    run_to(&h, reads, 1);
    for (uint32_t i = 0; i < n; i++) {
        x[i] = log10(bed_observed(&h.bed, i, 0, "viral_load"));
    }
    hiv_close(&h);
    return x;
}

static void with_everything_off_people_rebound_by_the_same_law(void **state)
{
    (void)state;
    enum { PEOPLE = 1500 };
    double *x = rebounds("hiv_car_t", PEOPLE, 1), *y = rebounds("hiv_car_t_full2", PEOPLE, 2);
    assert_same_law(x, PEOPLE, y, PEOPLE);
    free(x);
    free(y);
}

/* ---- Tissues. */

static void homing_receptors_fill_follicles_to_the_density_outside_at_most(void **state)
{
    (void)state;
    const double chi[] = {0.05, 0.2}, inside[] = {0.5, 1};
    for (int i = 0; i < 2; i++) {
        hiv h;
        hiv_open_model(&h, "hiv_car_t_full", RSP_ODE);
        hiv_set(&h, "chi_C", chi[i]);
        double f = hiv_derived(&h, "car_share[follicle]") / 1e11;
        assert_relative(f / (hiv_derived(&h, "car_share[tzone]") / 1.8e11), chi[i], 1e-12);
        hiv_set(&h, "cxcr5", 1);
        hiv_set(&h, "m_F", 10);
        f = hiv_derived(&h, "car_share[follicle]") / 1e11;
        double t = hiv_derived(&h, "car_share[tzone]") / 1.8e11;
        assert_relative(f / t, inside[i], 1e-12);
        hiv_set(&h, "gut_homing", 1);
        hiv_set(&h, "m_G", 3);
        t = hiv_derived(&h, "car_share[tzone]") / 1.8e11;
        assert_relative(hiv_derived(&h, "car_share[gut]") / 1e11 / t, 0.8 * 3, 1e-12);
        assert_true(hiv_derived(&h, "car_share[cns]") == 0); /* none enters the brain */
        hiv_close(&h);
    }
}

static void in_suppressive_tissue_car_t_cells_kill_less_and_wear_out(void **state)
{
    (void)state;
    hiv h;
    const double reads[] = {0, 10};
    hiv_open_model(&h, "hiv_car_t_full", RSP_ODE);
    hiv_set(&h, "f_def", 0);
    hiv_set(&h, "F50", 1e9);
    hiv_set(&h, "car_function[gut]", 0);
    hiv_set(&h, "wear", 3);
    hiv_settle(&h);
    hiv_start(&h, "E[first]", 1e11);
    hiv_start(&h, "I[gut,wt]", 1);
    hiv_start(&h, "I[spleen,wt]", 1);
    hiv_set(&h, "leak", 1e-12);
    run_to(&h, reads, 2);
    double blood = hiv_derived(&h, "car_blood_share");
    assert_relative(hiv_sum(&h, 0, 1, "E"), 1e11 * exp(-0.14 * (blood + 3 * (1 - blood)) * 10), 1e-6);
    assert_true(bed_amount(&h.bed, 0, 1, "I[gut,wt]") > 1e2 * bed_amount(&h.bed, 0, 1, "I[spleen,wt]"));
    hiv_close(&h);
}

static void held_virus_halves_on_art_whatever_car_t_cells_there_are(void **state)
{
    (void)state;
    for (int killing = 0; killing < 2; killing++) {
        hiv h;
        const double reads[] = {42};
        hiv_open_model(&h, "hiv_car_t_full", RSP_ODE);
        hiv_set(&h, "leak", 1e-12);
        hiv_set(&h, "f_def", 0);
        hiv_settle(&h);
        hiv_start(&h, "G", 1e5);
        hiv_start(&h, "E[first]", killing ? 1e11 : 0);
        run_to(&h, reads, 1);
        assert_relative(bed_amount(&h.bed, 0, 0, "G[wt]"), 1e5 / 4, 1e-5);
        hiv_close(&h);
    }
}

/* ---- Reservoir. */

static void the_reservoir_falls_in_two_phases_of_the_time_on_art(void **state)
{
    (void)state;
    hiv h;
    const double reads[] = {730};
    hiv_open_model(&h, "hiv_car_t_full", RSP_ODE);
    hiv_set(&h, "years_on_art", 6 * 365.25);
    hiv_settle(&h);
    hiv_start(&h, "L[gut,wt]", 1e6);
    hiv_set(&h, "follow_clones", 1);
    const double cloned = 1e6 * hiv_derived(&h, "in_clones");
    run_to(&h, reads, 1);
    double left = exp(-0.000468 * 365.25 - 0.0001 * (730 - 365.25));
    /* A step astride the seventh year takes its rate from both phases. */
    assert_relative(hiv_sum(&h, 0, 0, "L"), 1e6 * left, 1e-4);
    /* Clones stand since the last whole week, two days ago. */
    assert_relative(hiv_sum(&h, 0, 0, "C"), cloned * left * exp(0.0001 * 2), 1e-4);
    hiv_close(&h);
}

/* Fall of intact provirus from day 0 to 42, with effectors at a percent of lymphocytes. */
static double fall(const char *explanation)
{
    hiv h;
    const double reads[] = {0, 42};
    hiv_open_model(&h, "hiv_car_t_full2", RSP_ODE);
    hiv_set(&h, "f_def", 0);
    hiv_set(&h, "d_E", 0);
    hiv_set(&h, "chi_C", 1);
    hiv_set(&h, "F50", 1e9);
    if (explanation != NULL) {
        hiv_set(&h, explanation, 1);
    }
    hiv_settle(&h);
    hiv_start(&h, "L", 1e5);
    hiv_start(&h, "E[first]", 2e10);
    run_to(&h, reads, 2);
    double f = 1 - bed_observed(&h.bed, 0, 1, "intact_provirus") /
                       bed_observed(&h.bed, 0, 0, "intact_provirus");
    hiv_close(&h);
    return f;
}

static void each_explanation_of_the_fall_of_intact_provirus_runs_alone(void **state)
{
    (void)state;
    static const char *const explanations[] = {"explain_display", "explain_division",
                                               "explain_decay", "explain_selection"};
    assert_true(fall(NULL) < 0.06);
    for (int i = 0; i < 4; i++) {
        double f = fall(explanations[i]);
        print_message("    %s: %.3f\n", explanations[i], f);
        assert_true(f > 0.15);
    }
}

static void producers_of_residual_viraemia_ignore_art_and_meet_the_car(void **state)
{
    (void)state;
    for (int env = 0; env < 2; env++) {
        hiv h;
        const double reads[] = {0, 40};
        hiv_open_model(&h, "hiv_car_t_full", RSP_ODE);
        hiv_set(&h, "env_W", env);
        hiv_set(&h, "f_def", 0);
        hiv_set(&h, "d_E", 0);
        hiv_set(&h, "F50", 1e9);
        hiv_set(&h, "Lambda", 1e-9);
        hiv_settle(&h);
        hiv_start(&h, "E[first]", 2e10);
        run_to(&h, reads, 2);
        assert_relative(bed_observed(&h.bed, 0, 0, "viral_load"), 1, 1e-6); /* v_res */
        assert_true(env ? bed_observed(&h.bed, 0, 1, "viral_load") < 0.7
                        : fabs(bed_observed(&h.bed, 0, 1, "viral_load") - 1) < 1e-5);
        hiv_close(&h);
    }
}

/* Of clones of these sizes at the start how many are left: a Poisson number of founders
 * each, of which each leaves none with the chance p. */
static double expected_left(double largest, double z, double p)
{
    double left = 0;
    for (int rank = 1; rank <= 100; rank++) {
        left += 1 - exp(-largest * pow(rank, -z) * (1 - p));
    }
    return left;
}

static void clones_die_out_by_the_law_of_birth_and_death(void **state)
{
    (void)state;
    enum { PEOPLE = 400 };
    hiv h;
    const double reads[] = {98}, b = 0.015, d = 0.015 + 0.000468, e = exp(-(b - d) * 98);
    hiv_open_model(&h, "hiv_car_t_full2", RSP_HYBRID);
    hiv_set(&h, "lambda_on", 0);
    hiv_set(&h, "spread_clone", 0);
    hiv_set(&h, "L0", 4000);
    hiv_settle(&h);
    hiv_set(&h, "follow_clones", 1);
    h.bed.n = PEOPLE;
    run_to(&h, reads, 1);
    const double largest = 4000 / (log(1e5) + 0.5772);
    double x[PEOPLE];
    for (uint32_t i = 0; i < PEOPLE; i++) {
        x[i] = hiv_sum(&h, i, 0, "C");
    }
    assert_mean(x, PEOPLE, 4000 * hiv_derived(&h, "in_clones") / e);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        x[i] = bed_observed(&h.bed, i, 0, "clones_left");
    }
    assert_mean(x, PEOPLE, expected_left(largest, 1.001, d * (1 - e) / (b - d * e)));
    hiv_close(&h);
}

static void clones_and_the_tail_make_up_the_reservoir(void **state)
{
    (void)state;
    enum { PEOPLE = 300 };
    hiv h;
    const double reads[] = {0};
    hiv_open_model(&h, "hiv_car_t_full2", RSP_HYBRID);
    hiv_set(&h, "spread_clone", 0);
    h.bed.n = PEOPLE;
    run_to(&h, reads, 1);
    double x[PEOPLE], largest = 0, ten = 0, hundred = 0;
    for (uint32_t i = 0; i < PEOPLE; i++) {
        x[i] = hiv_sum(&h, i, 0, "L") + hiv_sum(&h, i, 0, "C");
        largest += bed_observed(&h.bed, i, 0, "largest_clone") / PEOPLE;
        ten += bed_observed(&h.bed, i, 0, "clones_10") / PEOPLE;
        hundred += bed_observed(&h.bed, i, 0, "clones_100") / PEOPLE;
    }
    assert_mean(x, PEOPLE, 1e6);
    /* Over the harmonic number of 1e5: those of 1, 10 and 100. */
    const double all = log(1e5) + 0.5772;
    assert_relative(largest, 1 / all, 0.01);
    assert_relative(ten, 2.9290 / all, 0.01);
    assert_relative(hundred, 5.1874 / all, 0.01);
    hiv_close(&h);
}

/* ---- Escape. */

static void a_genotype_is_held_by_the_specificity_that_binds_it_best(void **state)
{
    (void)state;
    hiv h;
    hiv_open_model(&h, "hiv_car_t_epitopes", RSP_ODE);
    hiv_set(&h, "phi_l", 10);
    assert_relative(hiv_derived(&h, "affinity_loss[n279+v5]"), 100, 1e-12);
    assert_relative(hiv_derived(&h, "affinity_loss[n332]"), 1, 1e-12);
    hiv_set(&h, "binds[v3glycan]", 1);
    assert_relative(hiv_derived(&h, "affinity_loss[n279+v5]"), 1, 1e-12);
    assert_relative(hiv_derived(&h, "affinity_loss[n279+v5+n332]"), 10, 1e-12);
    hiv_set(&h, "binds[v2apex]", 1);
    assert_relative(hiv_derived(&h, "affinity_loss[n279+v5+n332]"), 1, 1e-12);
    hiv_set(&h, "worse[v2apex]", 4);
    assert_relative(hiv_derived(&h, "affinity_loss[n279+v5+n332]"), 4, 1e-12);
    /* A receptor that adapts loses nothing. */
    hiv_set(&h, "binds[v3glycan]", 0);
    hiv_set(&h, "binds[v2apex]", 0);
    hiv_set(&h, "adapt", 1);
    assert_relative(hiv_derived(&h, "affinity_loss[n279+v5]"), 1, 1e-12);
    hiv_close(&h);
}

static const char *const receptor[][2] = {
    {"binds[cd4bs]", "binds_second[cd4bs]"},       {"binds[v3glycan]", "binds_second[v3glycan]"},
    {"binds[v2apex]", "binds_second[v2apex]"},     {"worse[cd4bs]", "worse_second[cd4bs]"},
    {"worse[v3glycan]", "worse_second[v3glycan]"}, {"worse[v2apex]", "worse_second[v2apex]"},
    {"adapt", "adapt_second"},                     {"kappa", "kappa_second"},
    {"phi_l[n279]", "phi_second[n279]"},           {"phi_l[v5]", "phi_second[v5]"},
    {"phi_l[n332]", "phi_second[n332]"},           {"phi_l[n160]", "phi_second[n160]"},
};
enum { RECEPTOR = sizeof receptor / sizeof *receptor };
static const double receptors[][RECEPTOR] = {
    {1, 0, 0, 1, 1, 1, 0, 0.03, 10, 10, 10, 10},
    {1, 0, 1, 2, 1, 5, 0.3, 0.2, 30, 4, 50, 7},
    {0, 1, 0, 1, 3, 1, 0, 0.01, 1, 1, 20, 1},
};

static void a_second_products_recognition_follows_the_laws_of_the_first(void **state)
{
    (void)state;
    static const char *const genotypes[] = {"wt", "n279", "n279+v5", "n332", "n279+n332+n160"};
    for (int a = 0; a < 3; a++) {
        hiv h;
        char name[64];
        double alone[5];
        hiv_open_model(&h, "hiv_car_t_epitopes", RSP_ODE);
        for (int i = 0; i < RECEPTOR; i++) {
            hiv_set(&h, receptor[i][0], receptors[a][i]);
        }
        for (int g = 0; g < 5; g++) { /* unless set, it is the first's, to the bit */
            snprintf(name, sizeof name, "binding_of[first,%s]", genotypes[g]);
            alone[g] = hiv_derived(&h, name);
            snprintf(name, sizeof name, "binding_of[second,%s]", genotypes[g]);
            assert_true(hiv_derived(&h, name) == alone[g]);
        }
        for (int b = 0; b < 3; b++) { /* set, it is as a first product's of those values */
            for (int i = 0; i < RECEPTOR; i++) {
                hiv_set(&h, receptor[i][0], receptors[b][i]);
                hiv_set(&h, receptor[i][1], receptors[a][i]);
            }
            for (int g = 0; g < 5; g++) {
                snprintf(name, sizeof name, "binding_of[second,%s]", genotypes[g]);
                assert_true(hiv_derived(&h, name) == alone[g]);
            }
        }
        hiv_close(&h);
    }
}

/* To the last bit: no share of cells is lysed or activates, of whatever genotype. */
static void a_product_that_binds_no_epitope_neither_kills_nor_is_activated(void **state)
{
    (void)state;
    static const char *const genotypes[] = {"wt", "n279", "n279+v5", "n279+n332+n160"};
    static const char *const of[] = {"binding_of", "lysis_rest", "lysis_low_rest",
                                     "activation_rest", "activation_low_rest"};
    for (int adapts = 0; adapts < 2; adapts++) {
        hiv h;
        char name[64];
        hiv_open_model(&h, "hiv_car_t_epitopes", RSP_ODE);
        hiv_set(&h, "binds_second", 0);
        hiv_set(&h, "adapt", adapts);
        for (int k = 0; k < 5 * 4; k++) {
            snprintf(name, sizeof name, "%s[second,%s]", of[k / 4], genotypes[k % 4]);
            assert_true(hiv_derived(&h, name) == 0);
            snprintf(name, sizeof name, "%s[first,%s]", of[k / 4], genotypes[k % 4]);
            assert_true(hiv_derived(&h, name) > 0);
        }
        hiv_set(&h, "binds", 0); /* as the first */
        hiv_set(&h, "binds_second", -1);
        for (int k = 0; k < 5 * 4; k++) {
            snprintf(name, sizeof name, "%s[%s,%s]", of[k / 4], k % 2 ? "first" : "second",
                     genotypes[k % 4]);
            assert_true(hiv_derived(&h, name) == 0);
        }
        hiv_close(&h);
    }
}

/* The virus of people with escape mutants before infusion of two products, on a day:
 * viral load and the share of productive cells with an escape mutation. */
enum { AS_THE_FIRST, SAID_TO_BE_EQUAL, ELSEWHERE };
static void given_two(int second, const double *reads, size_t n, double *load, double *resistant)
{
    hiv h;
    hiv_open_model(&h, "hiv_car_t_epitopes", RSP_ODE);
    hiv_set(&h, "kappa", 0.3);
    hiv_set(&h, "phi_l", 30);
    hiv_set(&h, "F50", 1e-8);
    hiv_set(&h, "f_held", 0);
    if (second == ELSEWHERE) {
        hiv_set(&h, "binds_second", 0);
        hiv_set(&h, "binds_second[v3glycan]", 1);
    } else if (second == SAID_TO_BE_EQUAL) {
        for (int i = 0; i < RECEPTOR; i++) {
            int at = rsp_network_param(h.bed.net, receptor[i][0]);
            assert_true(at >= 0);
            hiv_set(&h, receptor[i][1], h.bed.params[at]);
        }
    }
    h.bed.options.rtol = 1e-6;
    h.bed.options.atol = 1e-6;
    hiv_settle(&h);
    hiv_start(&h, "L[tzone,wt]", 9e5);
    hiv_start(&h, "L[tzone,n279+v5]", 1e5);
    hiv_act(&h, 0, "infuse", 1e9);
    hiv_act(&h, 0, "infuse_second", 1e9);
    hiv_act(&h, 14, "stop_art", 0);
    run_to(&h, reads, n);
    for (size_t k = 0; k < n; k++) {
        load[k] = bed_observed(&h.bed, 0, k, "viral_load");
        resistant[k] = bed_observed(&h.bed, 0, k, "resistant_share");
    }
    hiv_close(&h);
}

static void an_escape_mutant_does_not_outgrow_two_products_of_two_epitopes(void **state)
{
    (void)state;
    const double reads[] = {20, 30, 40, 50, 60};
    double load[3][5], resistant[3][5];
    for (int k = 0; k < 3; k++) {
        given_two(k, reads, 5, load[k], resistant[k]);
        print_message("    day 30, 40, 50, 60: %.3g %.3g %.3g %.3g copies/mL, escaped %.2f %.2f %.2f %.2f\n",
                      load[k][1], load[k][2], load[k][3], load[k][4], resistant[k][1],
                      resistant[k][2], resistant[k][3], resistant[k][4]);
    }
    assert_true(load[AS_THE_FIRST][4] > 1e4 && resistant[AS_THE_FIRST][4] > 0.95);
    assert_true(load[ELSEWHERE][4] < 1e3 && resistant[ELSEWHERE][4] < 0.2);
    for (int t = 0; t < 5; t++) { /* the results are those of one recognition, to the bit */
        assert_true(load[SAID_TO_BE_EQUAL][t] == load[AS_THE_FIRST][t]);
        assert_true(resistant[SAID_TO_BE_EQUAL][t] == resistant[AS_THE_FIRST][t]);
    }
}

static void antibody_loses_by_its_own_epitope_whatever_the_car_binds(void **state)
{
    (void)state;
    hiv h;
    hiv_open_model(&h, "hiv_car_t_epitopes", RSP_ODE);
    hiv_set(&h, "phi_ab", 10);
    for (int k = 0; k < 2; k++) {
        assert_relative(hiv_derived(&h, "resists[vrc01,n279]"), 10, 1e-12);
        assert_relative(hiv_derived(&h, "resists[vrc01,n279+v5+n332+n160]"), 100, 1e-12);
        assert_relative(hiv_derived(&h, "resists[vrc01,n332+n160]"), 1, 1e-12);
        assert_relative(hiv_derived(&h, "resists[partner,n279+v5+n160]"), 1, 1e-12);
        assert_relative(hiv_derived(&h, "resists[partner,n279+n332]"), 10, 1e-12);
        hiv_set(&h, "phi_l", 1); /* another CAR, and one that adapts */
        hiv_set(&h, "binds[cd4bs]", 0);
        hiv_set(&h, "binds[v3glycan]", 1);
        hiv_set(&h, "worse", 30);
        hiv_set(&h, "adapt", 0.5);
    }
    hiv_set(&h, "ab_epitope[partner]", 2);
    assert_relative(hiv_derived(&h, "resists[partner,n279+n332+n160]"), 10, 1e-12);
    hiv_close(&h);
    /* No locus in its epitope: it cannot be escaped; at most a thousandfold. */
    hiv_open_model(&h, "hiv_car_t_full", RSP_ODE);
    hiv_set(&h, "phi_ab", 10);
    assert_relative(hiv_derived(&h, "resists[partner,n197+n279+n280+n458]"), 1, 1e-12);
    assert_relative(hiv_derived(&h, "resists[vrc01,n197+n279+n280+n458]"), 1000, 1e-12);
    hiv_close(&h);
}

/* Lysis of wild type by a product that binds some epitopes, with antibodies of a level. */
static double lysis_under(int product, const double *binds, const double *level, double competes)
{
    static const char *const place[] = {"cd4bs", "v3glycan", "v2apex"};
    static const char *const own[] = {"binds", "binds_second"};
    const double reads[] = {1e-9};
    hiv h;
    char name[64];
    hiv_open_model(&h, "hiv_car_t_epitopes", RSP_ODE);
    for (int e = 0; e < 3; e++) {
        snprintf(name, sizeof name, "%s[%s]", own[product], place[e]);
        hiv_set(&h, name, binds[e]);
    }
    snprintf(name, sizeof name, "competes[%s]", product ? "second" : "first");
    hiv_set(&h, name, competes);
    hiv_set(&h, "V1_partner", hiv_derived(&h, "V1_ab[vrc01]"));
    hiv_settle(&h);
    hiv_start(&h, "Ab1[vrc01]", level[0] * 1940); /* ug/mL in 1.94 L */
    hiv_start(&h, "Ab1[partner]", level[1] * 1940);
    run_to(&h, reads, 1);
    double lysis = bed_observed(&h.bed, 0, 0, product ? "car_lysis_second" : "car_lysis");
    hiv_close(&h);
    return lysis;
}

static void an_antibody_hides_from_a_product_the_epitopes_that_it_binds_itself(void **state)
{
    (void)state;
    static const double none[] = {0, 0}, vrc01[] = {3, 0}, partner[] = {0, 3}, both[] = {3, 3};
    static const double cd4bs[] = {1, 0, 0}, v3[] = {0, 1, 0}, two[] = {1, 1, 0};
    for (int p = 0; p < 2; p++) {
        double open = lysis_under(p, cd4bs, none, -1), hidden = lysis_under(p, cd4bs, vrc01, -1);
        assert_true(hidden < 0.7 * open);
        assert_true(lysis_under(p, cd4bs, partner, -1) == open);
        assert_true(lysis_under(p, v3, vrc01, -1) == open); /* competes need not be said */
        assert_relative(lysis_under(p, v3, partner, -1), hidden, 1e-9);
        assert_true(lysis_under(p, two, vrc01, -1) == open); /* it holds by the other */
        assert_relative(lysis_under(p, two, both, -1), hidden, 1e-9);
        assert_true(lysis_under(p, cd4bs, vrc01, 0) == open); /* and what is said stands */
        assert_true(lysis_under(p, v3, vrc01, 1) == hidden);
    }
}

static void what_holds_a_genotype_beside_a_hidden_epitope_is_what_it_binds_there(void **state)
{
    (void)state;
    hiv h;
    hiv_open_model(&h, "hiv_car_t_epitopes", RSP_ODE);
    hiv_set(&h, "phi_l", 10);
    hiv_set(&h, "kappa", 0.1);
    hiv_set(&h, "binds[v3glycan]", 1);
    hiv_set(&h, "worse[v3glycan]", 30);
    assert_relative(hiv_derived(&h, "holds_by[first,cd4bs,wt]"), 1, 1e-15);
    assert_relative(hiv_derived(&h, "holds_by[first,v3glycan,wt]"), 1.1 / (1 + 0.1 * 30), 1e-12);
    assert_true(hiv_derived(&h, "holds_by[first,v2apex,wt]") == 0);
    /* Escaped twice at the CD4 binding site, it is held by the other, and the other way. */
    assert_relative(hiv_derived(&h, "holds_by[first,v3glycan,n279+v5]"), 1, 1e-15);
    assert_relative(hiv_derived(&h, "holds_by[first,cd4bs,n279+v5]"), (1 + 0.1 * 30) / (1 + 0.1 * 100), 1e-12);
    hiv_set(&h, "binds_second", 0);
    hiv_set(&h, "binds_second[v2apex]", 1);
    hiv_set(&h, "kappa_second", 0.3);
    hiv_set(&h, "adapt_second", 0.5);
    assert_relative(hiv_derived(&h, "holds_by[second,v2apex,n160]"), 1, 1e-15);
    assert_true(hiv_derived(&h, "holds_by[second,cd4bs,n160]") == 0);
    hiv_close(&h);
}

static void a_reservoir_resistant_at_one_epitope_is_as_others_at_the_rest(void **state)
{
    (void)state;
    hiv h;
    hiv_open_model(&h, "hiv_car_t_epitopes", RSP_ODE);
    hiv_set(&h, "u_dom", 0.1); /* P_dom 0.2, f_dom 0.95, f_R 0.001 over four loci */
    const double here = 0.95, else_where = 0.001 / 4;
    assert_relative(hiv_derived(&h, "reservoir_share[n279+v5+n332+n160]"), pow(here, 4), 1e-12);
    hiv_set(&h, "dominated_at[v3glycan]", 0);
    hiv_set(&h, "dominated_at[v2apex]", 0);
    assert_relative(hiv_derived(&h, "reservoir_share[n279+v5]"),
                    here * here * (1 - else_where) * (1 - else_where), 1e-12);
    assert_relative(hiv_derived(&h, "reservoir_share[n279+v5+n332]"),
                    here * here * else_where * (1 - else_where), 1e-12);
    hiv_set(&h, "u_dom", 0.9);
    assert_relative(hiv_derived(&h, "reservoir_share[n279]"), else_where * pow(1 - else_where, 3), 1e-12);
    hiv_close(&h);
}

static void compensation_takes_back_its_share_of_the_cost(void **state)
{
    (void)state;
    hiv h;
    hiv_open_model(&h, "hiv_car_t_full", RSP_ODE);
    hiv_set(&h, "c_l", 0.1);
    assert_relative(hiv_derived(&h, "fitness[n279+n458]"), 0.81, 1e-12);
    hiv_set(&h, "compensated", 0.5);
    assert_relative(hiv_derived(&h, "fitness[n279]"), 1 - 0.1 * (1 - 0.6 * 0.5), 1e-12);
    hiv_close(&h);
}

static void resistance_before_infusion_goes_by_subtype(void **state)
{
    (void)state;
    hiv h;
    hiv_open_model(&h, "hiv_car_t_full", RSP_ODE);
    assert_relative(hiv_derived(&h, "P_resistant"), 0.2, 1e-12);
    hiv_set(&h, "subtype_place", 1);
    assert_relative(hiv_derived(&h, "P_resistant"), 0.14, 1e-12);
    hiv_close(&h);
}

/* Day on which viral load is first above 1,000 copies/mL, to a tenth of a day. */
static double rebound_day(double kappa, double phi, double mutants, bool escape)
{
    enum { READS = 1500 };
    double reads[READS], day = (double)INFINITY;
    hiv h;
    hiv_open_model(&h, "hiv_car_t_full2", RSP_ODE);
    hiv_set(&h, "c_l", 0);
    hiv_set(&h, "kappa", kappa);
    hiv_set(&h, "phi_l", escape ? phi : 1);
    hiv_set(&h, "F50", 1e-8);
    h.bed.options.rtol = 1e-6;
    h.bed.options.atol = 1e-6;
    hiv_settle(&h);
    hiv_start(&h, "L[tzone,wt]", 1e6 - mutants);
    hiv_start(&h, "L[tzone,n279]", mutants);
    hiv_act(&h, 0, "infuse", 1e9);
    hiv_act(&h, 14, "stop_art", 0);
    for (int i = 0; i < READS; i++) {
        reads[i] = 14 + 0.1 * i;
    }
    run_to(&h, reads, READS);
    for (size_t i = READS; i-- > 0;) {
        day = bed_observed(&h.bed, 0, i, "viral_load") > 1000 ? reads[i] : day;
    }
    hiv_close(&h);
    return day;
}

static void without_fitness_cost_escape_off_is_never_worse(void **state)
{
    (void)state;
    const double kappa[] = {0.003, 0.03, 0.3, 0.3}, phi[] = {100, 10, 30, 30};
    const double mutants[] = {1e3, 1e3, 1e3, 0.999e6};
    for (int i = 0; i < 4; i++) {
        double off = rebound_day(kappa[i], phi[i], mutants[i], false);
        double on = rebound_day(kappa[i], phi[i], mutants[i], true);
        print_message("    kappa %g phi %g: day %g with escape, %g without\n", kappa[i], phi[i],
                      on, off);
        assert_true(off >= on);
    }
}

/* ---- CTL. */

static void a_controller_stands_at_its_viral_load_and_others_do_not(void **state)
{
    (void)state;
    const double mix[] = {1, 0.5, 0.2};
    for (int i = 0; i < 6; i++) {
        hiv h;
        const double reads[] = {4000};
        hiv_open_model(&h, "hiv_car_t_full2", RSP_ODE);
        hiv_set(&h, "mix", mix[i % 3]);
        hiv_set(&h, "u_ptc", i < 3 ? 0 : 0.9);
        hiv_set(&h, "Lambda", 1e-9);
        hiv_set(&h, "c_l", 0.3); /* few mutants */
        hiv_set(&h, "v_res", 1e-9);
        hiv_settle(&h);
        hiv_start(&h, "I[tzone,wt]", 1);
        hiv_start(&h, "C_art", 0);
        hiv_act(&h, 0, "stop_art", 0);
        h.bed.options.rtol = 1e-6;
        h.bed.options.atol = 1e-6;
        run_to(&h, reads, 1);
        double level = bed_observed(&h.bed, 0, 0, "viral_load");
        print_message("    mix %g: %g copies/mL\n", mix[i % 3], level);
        if (i < 3) {
            /* X_ptc leaves out that a few target cells are gone. */
            assert_relative(level, 50, 0.05);
        } else {
            assert_true(level > 10000);
        }
        hiv_close(&h);
    }
}

static void everybody_has_a_ctl_level_of_control_however_virus_mixes(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        hiv h;
        hiv_open_model(&h, "hiv_car_t_full", RSP_ODE);
        hiv_set(&h, "mix", 0.05 + 0.95 * (i % 20) / 19);
        hiv_set(&h, "r", i / 20 == 0 ? 0.25 : i / 20 == 1 ? 0.5 : 0.9);
        /* More than at rest, or people would control without it. */
        assert_true(hiv_derived(&h, "X_ptc") > 1);
        hiv_close(&h);
    }
}

static void early_art_makes_control_more_likely(void **state)
{
    (void)state;
    hiv h;
    hiv_open_model(&h, "hiv_car_t_full2", RSP_ODE);
    assert_relative(hiv_derived(&h, "P_control"), 0.01, 1e-12);
    hiv_set(&h, "art_began", 60);
    assert_relative(hiv_derived(&h, "P_control"), 0.06, 1e-12);
    hiv_close(&h);
}

static void a_vaccine_raises_ctl_for_its_time(void **state)
{
    (void)state;
    hiv h;
    const double reads[] = {5, 100}, m = 0.5, k = log(2) / 180;
    hiv_open_model(&h, "hiv_car_t_full2", RSP_ODE);
    hiv_set(&h, "b_rel", 0);
    hiv_set(&h, "d_rel", 0);
    hiv_settle(&h);
    hiv_act(&h, 0, "vaccinate", 2);
    run_to(&h, reads, 2);
    for (size_t i = 0; i < 2; i++) {
        double t = reads[i];
        assert_relative(bed_amount(&h.bed, 0, i, "X"),
                        1 + 2 * m / (m - k) * (exp(-k * t) - exp(-m * t)), 1e-6);
    }
    hiv_close(&h);
}

/* One argument: a pattern of names, to run those alone. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_art_infection_grows_at_the_rate_r_in_all_tissues),
        cmocka_unit_test(untreated_infection_settles_at_the_set_point_in_all_tissues),
        cmocka_unit_test(infection_grows_again_after_the_washout_time_in_all_tissues),
        cmocka_unit_test(with_everything_off_the_complete_model_moves_as_the_minimum_one),
        cmocka_unit_test(with_everything_off_people_rebound_by_the_same_law),
        cmocka_unit_test(homing_receptors_fill_follicles_to_the_density_outside_at_most),
        cmocka_unit_test(in_suppressive_tissue_car_t_cells_kill_less_and_wear_out),
        cmocka_unit_test(held_virus_halves_on_art_whatever_car_t_cells_there_are),
        cmocka_unit_test(the_reservoir_falls_in_two_phases_of_the_time_on_art),
        cmocka_unit_test(each_explanation_of_the_fall_of_intact_provirus_runs_alone),
        cmocka_unit_test(producers_of_residual_viraemia_ignore_art_and_meet_the_car),
        cmocka_unit_test(clones_die_out_by_the_law_of_birth_and_death),
        cmocka_unit_test(clones_and_the_tail_make_up_the_reservoir),
        cmocka_unit_test(a_genotype_is_held_by_the_specificity_that_binds_it_best),
        cmocka_unit_test(a_second_products_recognition_follows_the_laws_of_the_first),
        cmocka_unit_test(a_product_that_binds_no_epitope_neither_kills_nor_is_activated),
        cmocka_unit_test(an_escape_mutant_does_not_outgrow_two_products_of_two_epitopes),
        cmocka_unit_test(antibody_loses_by_its_own_epitope_whatever_the_car_binds),
        cmocka_unit_test(an_antibody_hides_from_a_product_the_epitopes_that_it_binds_itself),
        cmocka_unit_test(what_holds_a_genotype_beside_a_hidden_epitope_is_what_it_binds_there),
        cmocka_unit_test(a_reservoir_resistant_at_one_epitope_is_as_others_at_the_rest),
        cmocka_unit_test(compensation_takes_back_its_share_of_the_cost),
        cmocka_unit_test(resistance_before_infusion_goes_by_subtype),
        cmocka_unit_test(without_fitness_cost_escape_off_is_never_worse),
        cmocka_unit_test(a_controller_stands_at_its_viral_load_and_others_do_not),
        cmocka_unit_test(everybody_has_a_ctl_level_of_control_however_virus_mixes),
        cmocka_unit_test(early_art_makes_control_more_likely),
        cmocka_unit_test(a_vaccine_raises_ctl_for_its_time),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests_name("full", tests, NULL, NULL);
}
