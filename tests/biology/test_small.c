/* The small models beside the main one against their closed forms: a dish, a leukaemia,
 * and the founder lineages of a rebound. */
#include "hiv.h"

enum { MANY = 8000, LINEAGES = 16 };

/* Everything at 0. */
static void open_empty(hiv *h, const char *model, rsp_method method)
{
    hiv_open_model(h, model, method);
    h->start = calloc(h->bed.net->n_species, sizeof *h->start);
    h->bed.initial = h->start;
}

static void run_to(hiv *h, const double *reads, size_t n)
{
    h->bed.t1 = reads[n - 1];
    h->bed.reads = reads;
    h->bed.n_reads = n;
    hiv_run(h);
}

/* ---- The dish. */
static void a_stimulated_dish_induces_and_loses_cells_at_its_rates(void **state)
{
    (void)state;
    const double k = 0.4, d = 0.7, reads[] = {0.5, 2, 6};
    hiv h;
    open_empty(&h, "dish", RSP_ODE);
    hiv_start(&h, "Lat", 1000);
    hiv_act(&h, 0, "stimulate", 0);
    run_to(&h, reads, 3);
    for (size_t i = 0; i < 3; i++) {
        const double t = reads[i];
        assert_relative(bed_amount(&h.bed, 0, i, "Lat"), 1000 * exp(-k * t), 1e-6);
        assert_relative(bed_amount(&h.bed, 0, i, "Ind"),
                        1000 * k / (d - k) * (exp(-k * t) - exp(-d * t)), 1e-6);
        const double made = (1 - exp(-k * t)) / k - (1 - exp(-d * t)) / d;
        assert_relative(bed_amount(&h.bed, 0, i, "Virus"), 1000 * 1000 * k / (d - k) * made, 1e-6);
    }
    hiv_close(&h);
}

static void a_dish_that_is_not_stimulated_shows_nothing(void **state)
{
    (void)state;
    const double reads[] = {6};
    hiv h;
    open_empty(&h, "dish", RSP_ODE);
    hiv_start(&h, "Lat", 1000);
    hiv_act(&h, 0, "add_car", 1e6);
    run_to(&h, reads, 1);
    assert_true(bed_amount(&h.bed, 0, 0, "Lat") == 1000);
    assert_true(bed_observed(&h.bed, 0, 0, "virus_made") == 1); /* the background */
    hiv_close(&h);
}

/* In the end every latent cell was induced; each made virus until it died. */
static double virus_in_the_end(double effectors, double cells)
{
    const double reads[] = {200};
    hiv h;
    open_empty(&h, "dish", RSP_ODE);
    hiv_set(&h, "cells_0", cells);
    hiv_start(&h, "Lat", 10); /* few against effectors: they do not shield each other */
    hiv_act(&h, 0, "stimulate", 0);
    hiv_act(&h, 0, "add_car", effectors);
    run_to(&h, reads, 1);
    const double virus = bed_amount(&h.bed, 0, 0, "Virus");
    hiv_close(&h);
    return virus;
}

static void car_t_cells_take_their_share_of_a_dishs_virus(void **state)
{
    (void)state;
    const double lysis = 0.83814; /* 1,000 Env, SD of log10 0.5: closed form O */
    const double to_target[] = {0.01, 0.1, 1, 10};
    assert_relative(virus_in_the_end(0, 1e8), 1000 * 10 / 0.7, 1e-6);
    for (int i = 0; i < 4; i++) {
        const double effectors = 1e8 * to_target[i];
        const double killing = 10 * lysis * effectors / (0.1 * 1e8 + effectors);
        assert_relative(virus_in_the_end(effectors, 1e8), 1000 * 10 / (0.7 + killing), 1e-4);
    }
}

/* ---- Leukaemia. */
static void blasts_without_car_t_cells_grow_at_their_rate(void **state)
{
    (void)state;
    const double reads[] = {0, 30};
    hiv h;
    hiv_open_model(&h, "leukaemia", RSP_ODE);
    hiv_set(&h, "u_neg", 0.05); /* some of them lack CD19 */
    run_to(&h, reads, 2);
    assert_relative(bed_amount(&h.bed, 0, 0, "Tn"), 0.1 * 1e11, 1e-12);
    assert_relative(bed_amount(&h.bed, 0, 1, "Tu"), 0.9 * 1e11 * exp(0.05 * 30), 1e-6);
    assert_relative(bed_amount(&h.bed, 0, 1, "Tn"), 0.1 * 1e11 * exp(0.05 * 30), 1e-6);
    assert_relative(bed_amount(&h.bed, 0, 1, "Bc"), 1e11, 1e-9);
    hiv_set(&h, "u_neg", 0.15);
    run_to(&h, reads, 2);
    assert_true(bed_amount(&h.bed, 0, 1, "Tn") == 0);
    hiv_close(&h);
}

/* Effectors that neither divide nor die. */
static void hold_effectors(hiv *h, double effectors)
{
    static const char *const off[] = {"rho_E", "d_E", "x_E", "a_M", "d_M"};
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        hiv_set(h, off[i], 0);
    }
    hiv_start(h, "E", effectors);
}

static void blasts_fall_at_killing_less_growth(void **state)
{
    (void)state;
    const double reads[] = {1, 3}, effectors = 1e10;
    hiv h;
    open_empty(&h, "leukaemia", RSP_ODE);
    hiv_set(&h, "B_0", 0); /* blasts alone, and few: they do not shield each other */
    hiv_set(&h, "k_f", 20);
    hiv_start(&h, "Tu", 1e5);
    hiv_start(&h, "Tn", 1e5);
    hold_effectors(&h, effectors);
    run_to(&h, reads, 2);
    /* 10,000 CD19, SD of log10 0.3: the average of a Hill function of slope 1.5 at 200,
     * 0.99523 by quadrature elsewhere. */
    const double killing = 20 * 0.1 * effectors / (0.1 * 5e11 + effectors) * 0.99523;
    const double fall = log(bed_amount(&h.bed, 0, 0, "Tu") / bed_amount(&h.bed, 0, 1, "Tu")) / 2;
    assert_relative(fall, killing - 0.05, 2e-4);
    assert_relative(bed_amount(&h.bed, 0, 1, "Tn"), 1e5 * exp(0.05 * 3), 1e-6);
    hiv_close(&h);
}

static void healthy_b_cells_stand_where_return_meets_killing(void **state)
{
    (void)state;
    const double reads[] = {2000}, effectors = 1e8;
    hiv h;
    open_empty(&h, "leukaemia", RSP_ODE);
    hiv_start(&h, "Bc", 1e11);
    hold_effectors(&h, effectors);
    run_to(&h, reads, 1);
    const double b = bed_amount(&h.bed, 0, 0, "Bc");
    const double killing = 100 * 0.1 * effectors / (0.1 * 5e11 + effectors + b) * 0.99523;
    assert_relative(b, 0.03 * 1e11 / (0.03 + killing), 2e-4);
    hiv_close(&h);
}

static void blasts_at_f50_make_half_the_effectors_divide(void **state)
{
    (void)state;
    const double reads[] = {4, 4.5};
    hiv h;
    open_empty(&h, "leukaemia", RSP_ODE);
    hiv_set(&h, "B_0", 0);
    hiv_set(&h, "g_Tu", 0);
    hiv_set(&h, "k_f", 0);
    hiv_set(&h, "x_E", 0);
    hiv_set(&h, "d_E", 0);
    hiv_set(&h, "K_C", 1e30);
    /* 10,000 CD19 activate 0.85121 of them at 2,500 (quadrature elsewhere). */
    hiv_set(&h, "F50", 0.85121 * 1e9 / (5e11 + 1e9));
    hiv_start(&h, "Tu", 1e9);
    hiv_act(&h, 0, "infuse", 1e6);
    hiv_set(&h, "f_M0", 0);
    run_to(&h, reads, 2);
    const double rise = log(bed_amount(&h.bed, 0, 1, "E[first]") /
                            bed_amount(&h.bed, 0, 0, "E[first]")) / 0.5;
    assert_relative(rise, 0.5 * 0.9, 1e-3);
    hiv_close(&h);
}

/* ---- Founder lineages. */
static size_t lineages_at(const hiv *h, uint32_t i, size_t read)
{
    size_t n = 0;
    for (int k = 1; k <= LINEAGES; k++) {
        char p[16], x[16];
        snprintf(p, sizeof p, "P[f%d]", k);
        snprintf(x, sizeof x, "I[f%d]", k);
        n += bed_amount(&h->bed, i, read, p) + bed_amount(&h->bed, i, read, x) > 0;
    }
    return n;
}

static void one_reactivated_cell_founds_a_lineage_with_1_less_1_over_R(void **state)
{
    (void)state;
    const double reads[] = {25}, R = (1 + 0.45) * (1 + 0.45 / 1.2);
    hiv h;
    size_t lasting = 0;
    open_empty(&h, "founders", RSP_HYBRID);
    hiv_set(&h, "Lambda", 0);
    hiv_start(&h, "P[f1]", 1);
    hiv_act(&h, 0, "stop_art", 0);
    h.bed.n = MANY;
    run_to(&h, reads, 1);
    for (uint32_t i = 0; i < MANY; i++) {
        lasting += lineages_at(&h, i, 0);
    }
    /* In 25 days the doomed have died out. */
    assert_share((double)lasting / MANY, MANY, 1 - 1 / R);
    hiv_close(&h);
}

static void lineages_are_founded_at_lambda(void **state)
{
    (void)state;
    /* Mean productive cells of immigration at Lambda over the chance to found, by small
     * steps: exact while a lineage is free. */
    const double reads[] = {6}, lambda = 0.5, r = 0.45, death = 1.2, step = 1e-4;
    const double birth = (r + 1) * (r + death), founded = 1 - death / birth;
    double p = 0, x = 0, *found = calloc(MANY, sizeof *found);
    for (int i = 0; i < 60000; i++) {
        const double dp = lambda / founded + birth * x - p, dx = p - death * x;
        p += step * dp;
        x += step * dx;
    }
    hiv h;
    open_empty(&h, "founders", RSP_HYBRID);
    hiv_set(&h, "Lambda", lambda);
    hiv_act(&h, 0, "stop_art", 0);
    h.bed.n = MANY;
    run_to(&h, reads, 1);
    for (uint32_t i = 0; i < MANY; i++) {
        found[i] = hiv_sum(&h, i, 0, "I");
        assert_true(lineages_at(&h, i, 0) < LINEAGES); /* none was turned away */
        double seen = 0;
        for (int k = 1; k <= LINEAGES; k++) {
            char name[16];
            snprintf(name, sizeof name, "founder_%d", k);
            seen += bed_observed(&h.bed, i, 0, name);
        }
        assert_relative(seen + 1, 0.145 * found[i] + 1, 1e-9);
    }
    assert_mean(found, MANY, x);
    free(found);
    hiv_close(&h);
}

static void on_art_no_lineage_lasts(void **state)
{
    (void)state;
    const double reads[] = {60};
    hiv h;
    size_t many = 0;
    hiv_open_model(&h, "founders", RSP_HYBRID);
    h.bed.n = 400;
    run_to(&h, reads, 1);
    for (uint32_t i = 0; i < 400; i++) {
        many += bed_observed(&h.bed, i, 0, "viral_load") > 5;
    }
    assert_int_equal(many, 0);
    hiv_close(&h);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stimulated_dish_induces_and_loses_cells_at_its_rates),
        cmocka_unit_test(a_dish_that_is_not_stimulated_shows_nothing),
        cmocka_unit_test(car_t_cells_take_their_share_of_a_dishs_virus),
        cmocka_unit_test(blasts_without_car_t_cells_grow_at_their_rate),
        cmocka_unit_test(blasts_fall_at_killing_less_growth),
        cmocka_unit_test(healthy_b_cells_stand_where_return_meets_killing),
        cmocka_unit_test(blasts_at_f50_make_half_the_effectors_divide),
        cmocka_unit_test(one_reactivated_cell_founds_a_lineage_with_1_less_1_over_R),
        cmocka_unit_test(lineages_are_founded_at_lambda),
        cmocka_unit_test(on_art_no_lineage_lasts),
    };
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
