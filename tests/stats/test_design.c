/* Designs against published tables, the vectors, brute force in R 4.2.2 and
 * mvtnorm's pmvnorm(algorithm = Miwa(steps = 2000)), and laws at the edges.
 * Usage: test_design DIRECTORY_OF_VECTORS. */
#include "known.h"

#include <string.h>

#include "respite/design.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
static const double INF = INFINITY;

/* ---- Survival */

static void schoenfeld_counts_events(void **state)
{
    (void)state;
    const json_t *j = known_at(known_json("sample_size.json"), "schoenfeld");
    for (size_t i = 0; i < json_array_size(j); i++) {
        const json_t *e = json_array_get(j, i);
        double events, power, hr = known_number(e, "HR"), share = known_number(e, "p");
        assert_ok(rsp_schoenfeld_events(hr, 0.05, known_number(e, "power"), share, &events,
                                        NULL));
        assert_near(events, known_number(e, "events"), CLOSED_FORM);
        assert_near(ceil(events), known_number(e, "ceil"), 0);
        assert_ok(rsp_schoenfeld_power(hr, 0.05, events, share, &power, NULL));
        assert_near(power, known_number(e, "power"), CLOSED_FORM);
        assert_ok(rsp_schoenfeld_power(1 / hr, 0.05, events, share, &power, NULL));
        assert_near(power, known_number(e, "power"), CLOSED_FORM);
    }
    double power; /* pnorm(log(2) * sqrt(66 / 4) - qnorm(.975)) */
    assert_ok(rsp_schoenfeld_power(0.5, 0.05, 66, 0.5, &power, NULL));
    assert_near(power, 0.803894109429089, CLOSED_FORM);
}

static rsp_survival_plan vector_plan(const json_t *j)
{
    return (rsp_survival_plan){.control_median = known_number(j, "control_median_days"),
                               .hazard_ratio = known_number(j, "HR"),
                               .follow_up = known_number(j, "followup"),
                               .dropout_hazard = known_number(j, "dropout_hazard"),
                               .share = 0.5, .alpha = 0.05, .power = 0.8};
}

static void participants_follow_from_the_chance_of_an_event(void **state)
{
    (void)state;
    const json_t *j = known_at(known_json("sample_size.json"), "n_from_events");
    rsp_survival_plan plan = vector_plan(j);
    rsp_survival_size size;
    assert_ok(rsp_survival_sample(&plan, &size, NULL));
    assert_near(size.p_control, known_number(j, "pe0"), CLOSED_FORM);
    assert_near(size.p_treated, known_number(j, "pe1"), CLOSED_FORM);
    assert_near(size.p_event, known_number(j, "pbar"), CLOSED_FORM);
    assert_near(size.participants, known_number(j, "N"), CLOSED_FORM);
    /* integrate(h / (h + d) * (1 - exp(-(h + d) * (84 + 60 - u))), 0, 60) / 60 */
    plan.accrual = 60;
    plan.dropout_hazard = 0.001;
    assert_ok(rsp_survival_sample(&plan, &size, NULL));
    assert_near(size.p_control, 0.90493192347328, CLOSED_FORM);
    plan.accrual = 1e-9; /* the limit at once */
    assert_ok(rsp_survival_sample(&plan, &size, NULL));
    double quick = size.p_control;
    plan.accrual = 0;
    assert_ok(rsp_survival_sample(&plan, &size, NULL));
    assert_near(quick, size.p_control, 1e-9);
}

/* The closed form promises what simulated log-rank tests of weekly visits kept:
 * Schoenfeld counts every event as if seen on its day, and 40 an arm is small, so
 * within 5 points (Monte Carlo error: 0.8). */
static void schoenfeld_is_near_simulated_power(void **state)
{
    (void)state;
    const json_t *j = known_json("power_sim.json");
    static const struct {
        const char *key;
        double n, hr;
    } run[] = {{"power_n20_HR0.5", 40, 0.5}, {"power_n40_HR0.5", 80, 0.5},
               {"power_n124_HR0.7", 248, 0.7}};
    for (size_t i = 0; i < COUNT(run); i++) {
        rsp_survival_plan plan = {.control_median = 28, .hazard_ratio = run[i].hr,
                                  .follow_up = 84, .share = 0.5, .alpha = 0.05, .power = 0.8};
        rsp_survival_size size;
        double power;
        assert_ok(rsp_survival_sample(&plan, &size, NULL));
        assert_ok(rsp_schoenfeld_power(run[i].hr, 0.05, run[i].n * size.p_event, 0.5, &power,
                                       NULL));
        const json_t *want = json_object_get(j, run[i].key);
        assert_near(power, json_number_value(want), 0.05);
    }
}

/* ---- Shares */

static void one_arm_is_sized_exactly(void **state)
{
    (void)state;
    /* pbinom by brute force in R: n, reject, n_always, alpha, power */
    static const struct {
        double p0, p1, alpha, power;
        size_t n, reject, always;
        double got_alpha, got_power;
    } known[] = {
        {.1, .3, .05, .8, 25, 6, 29, 0.0333999446114952, 0.806511557911935},
        {.05, .25, .05, .9, 25, 4, 30, 0.0340906014809907, 0.903785925274608},
        {.5, .7, .025, .8, 49, 32, 54, 0.0221920804935749, 0.810002003930678},
    };
    for (size_t i = 0; i < COUNT(known); i++) {
        rsp_single_arm a, b;
        assert_ok(rsp_single_arm_size(known[i].p0, known[i].p1, known[i].alpha,
                                      known[i].power, 100, &a, NULL));
        assert_int_equal(a.n, known[i].n);
        assert_int_equal(a.reject, known[i].reject);
        assert_int_equal(a.n_always, known[i].always);
        assert_near(a.alpha, known[i].got_alpha, CLOSED_FORM);
        assert_near(a.power, known[i].got_power, CLOSED_FORM);
        assert_ok(rsp_single_arm_power(known[i].p0, known[i].p1, known[i].alpha, a.n, &b,
                                       NULL));
        assert_true(b.reject == a.reject && b.power == a.power);
    }
    rsp_single_arm a;
    rsp_error err;
    assert_int_equal(rsp_single_arm_size(.1, .12, .05, .9, 50, &a, &err), RSP_STEPS);
    assert_ok(rsp_single_arm_power(.5, .9, .05, 3, &a, NULL)); /* too few to reject */
    assert_true(a.reject == 4 && a.power == 0 && a.alpha == 0);
    assert_ok(rsp_single_arm_power(0, 1, .05, 1, &a, NULL));
    assert_true(a.reject == 1 && a.power == 1 && a.alpha == 0);
}

static void no_event_in_n_still_bounds_the_share(void **state)
{
    (void)state;
    const json_t *j = known_json("sample_size.json");
    double n[8], bound[8];
    size_t k = known_array(j, "zero_event_n", n, 8);
    known_array(j, "zero_event_upper95_onesided", bound, 8);
    for (size_t i = 0; i < k; i++) {
        assert_near(rsp_zero_event_bound(n[i], 0.95), bound[i], CLOSED_FORM);
        assert_near(rsp_zero_event_size(bound[i], 0.95), n[i], 0);
        assert_near(rsp_zero_event_size(bound[i] * 0.999, 0.95), n[i] + 1, 0);
    }
    assert_near(rsp_zero_event_size(0.1, 0.95), 29, 0);
    assert_true(isnan(rsp_zero_event_bound(0, 0.95)) && isnan(rsp_zero_event_size(1, 0.95)));
    assert_true(isnan(rsp_zero_event_bound(5, 1)));
}

static void fisher_power_is_the_sum_over_all_tables(void **state)
{
    (void)state;
    /* sum of dbinom * dbinom * (fisher.test(...)$p.value <= alpha) */
    static const struct {
        double p_a, p_b;
        size_t n_a, n_b;
        double alpha;
        bool one_sided;
        double power;
    } known[] = {
        {.7, .3, 12, 15, .05, false, 0.44497686438617},
        {.7, .3, 12, 15, .05, true, 0.580006843193073},
        {.1, .5, 20, 20, .05, false, 0.74238878391147},
        {.6, .2, 9, 20, .025, true, 0.439248595602615},
        {.4, .4, 15, 15, .05, false, 0.0160828719845526},
    };
    double power;
    for (size_t i = 0; i < COUNT(known); i++) {
        assert_ok(rsp_fisher_power(known[i].p_a, known[i].p_b, known[i].n_a, known[i].n_b,
                                   known[i].alpha, known[i].one_sided, &power, NULL));
        assert_near(power, known[i].power, CLOSED_FORM);
        if (!known[i].one_sided) { /* groups and outcomes may change names */
            assert_ok(rsp_fisher_power(1 - known[i].p_b, 1 - known[i].p_a, known[i].n_b,
                                       known[i].n_a, known[i].alpha, false, &power, NULL));
            assert_near(power, known[i].power, CLOSED_FORM);
        }
    }
    size_t n;
    assert_ok(rsp_fisher_size(.6, .1, .05, .8, false, 60, &n, &power, NULL));
    assert_int_equal(n, 17);
    assert_near(power, 0.826571824018827, CLOSED_FORM);
    rsp_error err;
    assert_int_equal(rsp_fisher_size(.4, .45, .05, .8, false, 50, &n, &power, &err), RSP_STEPS);
    assert_true(isnan(power) && n == 0);
    assert_ok(rsp_fisher_power(1, 0, 10, 10, .05, false, &power, NULL));
    assert_near(power, 1, CLOSED_FORM);
}

/* ---- Simon 1989, table 1 (p1 - p0 = 0.20): r1/n1 r/n EN(p0), optimal then minimax */
static void simon_designs_are_those_of_his_table(void **state)
{
    (void)state;
    static const struct {
        double p0, alpha, beta;
        rsp_simon optimal, minimax; /* r1 n1 r n, and EN */
    } table[] = {
#define D(r1_, n1_, r_, n_, en) {.r1 = r1_, .n1 = n1_, .r = r_, .n = n_, .expected = en}
        {.05, .10, .10, D(0, 9, 2, 24, 14.5), D(0, 13, 2, 20, 16.4)},
        {.05, .05, .20, D(0, 9, 2, 17, 12.0), D(0, 12, 2, 16, 13.8)},
        {.05, .05, .10, D(0, 9, 3, 30, 16.8), D(0, 15, 3, 25, 20.4)},
        {.10, .10, .10, D(1, 12, 5, 35, 19.8), D(1, 16, 4, 25, 20.4)},
        {.10, .05, .20, D(1, 10, 5, 29, 15.0), D(1, 15, 5, 25, 19.5)},
        {.10, .05, .10, D(2, 18, 6, 35, 22.5), D(2, 22, 6, 33, 26.2)},
        {.20, .10, .10, D(3, 17, 10, 37, 26.0), D(3, 19, 10, 36, 28.3)},
        {.20, .05, .20, D(3, 13, 12, 43, 20.6), D(4, 18, 10, 33, 22.3)},
        {.20, .05, .10, D(4, 19, 15, 54, 30.4), D(5, 24, 13, 45, 31.2)},
        {.30, .10, .10, D(7, 22, 17, 46, 29.9), D(7, 28, 15, 39, 35.0)},
        {.30, .05, .20, D(5, 15, 18, 46, 23.6), D(6, 19, 16, 39, 25.7)},
        {.30, .05, .10, D(8, 24, 24, 63, 34.7), D(7, 24, 21, 53, 36.6)},
        {.40, .10, .10, D(7, 18, 22, 46, 30.2), D(11, 28, 20, 41, 33.8)},
        {.40, .05, .20, D(7, 16, 23, 46, 24.5), D(17, 34, 20, 39, 34.4)},
        {.40, .05, .10, D(11, 25, 32, 66, 36.0), D(12, 29, 27, 54, 38.1)},
        {.50, .10, .10, D(11, 21, 26, 45, 29.0), D(11, 23, 23, 39, 31.0)},
        {.50, .05, .20, D(8, 15, 26, 43, 23.5), D(12, 23, 23, 37, 27.7)},
        {.50, .05, .10, D(13, 24, 36, 61, 34.0), D(14, 27, 32, 53, 36.1)},
        {.60, .10, .10, D(6, 11, 26, 38, 25.4), D(18, 27, 24, 35, 28.5)},
        {.60, .05, .20, D(7, 11, 30, 43, 20.5), D(8, 13, 25, 35, 20.8)},
        {.60, .05, .10, D(12, 19, 37, 53, 29.5), D(15, 26, 32, 45, 35.9)},
        {.70, .10, .10, D(6, 9, 22, 28, 17.8), D(11, 16, 20, 25, 20.05)},
        {.70, .05, .20, D(4, 6, 22, 27, 14.8), D(19, 23, 21, 26, 23.2)},
        {.70, .05, .10, D(11, 15, 29, 36, 21.2), D(13, 18, 26, 32, 22.7)},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        rsp_simon got[2];
        const rsp_simon want[2] = {table[i].optimal, table[i].minimax};
        assert_ok(rsp_simon_designs(table[i].p0, table[i].p0 + 0.2, table[i].alpha,
                                    1 - table[i].beta, 100, &got[0], &got[1], NULL));
        for (int k = 0; k < 2; k++) {
            assert_true(got[k].r1 == want[k].r1 && got[k].n1 == want[k].n1);
            assert_true(got[k].r == want[k].r && got[k].n == want[k].n);
            assert_near(got[k].expected, want[k].expected, 0.0051); /* printed to 0.1 */
            assert_true(got[k].alpha <= table[i].alpha);
            assert_true(got[k].power >= 1 - table[i].beta);
        }
    }
}

/* Every design of every n tried, in R, with pbinom. */
static void simon_designs_are_the_best_of_all(void **state)
{
    (void)state;
    static const struct {
        double p0, p1, alpha, power;
        double design[2][8]; /* r1 n1 r n EN PET alpha power; optimal, minimax */
    } known[] = {
        {.15, .4, .1, .8,
         {{1, 7, 4, 18, 10.1175751234375, 0.7165840796875, 0.0879672781778, 0.8008208469302},
          {1, 9, 4, 16, 11.8036459143984, 0.5994791550859, 0.0743160452517, 0.8149399628677}}},
        {.02, .2, .05, .85,
         {{0, 10, 1, 19, 11.646344738012, 0.817072806888, 0.043900126941, 0.856597020581},
          {0, 13, 1, 16, 13.6929328322197, 0.7690223892601, 0.0389496440521,
           0.8535450511802}}},
        {.8, .95, .1, .8,
         {{9, 11, 21, 24, 15.1875931136, 0.6778774528, 0.0982842524247, 0.8395695492068},
          {12, 14, 20, 23, 15.781208836997, 0.802087907, 0.099612417998, 0.817347903091}}},
    };
    for (size_t i = 0; i < COUNT(known); i++) {
        rsp_simon got[2];
        assert_ok(rsp_simon_designs(known[i].p0, known[i].p1, known[i].alpha, known[i].power,
                                    50, &got[0], &got[1], NULL));
        for (int k = 0; k < 2; k++) {
            const double *w = known[i].design[k];
            assert_near((double)got[k].r1, w[0], 0);
            assert_near((double)got[k].n1, w[1], 0);
            assert_near((double)got[k].r, w[2], 0);
            assert_near((double)got[k].n, w[3], 0);
            assert_near(got[k].expected, w[4], CLOSED_FORM);
            assert_near(got[k].early_stop, w[5], CLOSED_FORM);
            assert_near(got[k].alpha, w[6], CLOSED_FORM);
            assert_near(got[k].power, w[7], CLOSED_FORM);
            rsp_simon again = {.r1 = got[k].r1, .n1 = got[k].n1, .r = got[k].r,
                               .n = got[k].n};
            assert_ok(rsp_simon_of(known[i].p0, known[i].p1, &again, NULL));
            assert_true(again.power == got[k].power && again.expected == got[k].expected);
        }
    }
}

static void a_two_stage_design_may_not_exist(void **state)
{
    (void)state;
    rsp_simon a, b;
    rsp_error err;
    assert_int_equal(rsp_simon_designs(.1, .15, .05, .9, 60, &a, &b, &err), RSP_STEPS);
    assert_true(a.n == 0 && b.n == 0);
    assert_int_equal(rsp_simon_designs(.3, .1, .05, .9, 60, &a, &b, &err), RSP_RANGE);
    assert_int_equal(rsp_simon_designs(.1, .3, .05, .9, 5000, &a, &b, &err), RSP_RANGE);
    a = (rsp_simon){.r1 = 5, .n1 = 5, .r = 6, .n = 20};
    assert_int_equal(rsp_simon_of(.1, .3, &a, &err), RSP_RANGE);
}

/* ---- Group-sequential */

static rsp_sequential equal_looks(rsp_boundary_kind kind, size_t n, double alpha)
{
    rsp_sequential g = {.n_looks = n, .alpha = alpha, .two_sided = true, .kind = kind};
    for (size_t k = 0; k < n; k++) {
        g.information[k] = (double)(k + 1) / (double)n;
    }
    return g;
}

static double last_z(const rsp_sequential *g)
{
    rsp_look looks[RSP_LOOKS_MOST];
    assert_ok(rsp_sequential_looks(g, 0, looks, NULL));
    assert_near(looks[g->n_looks - 1].alpha, g->alpha, 1e-9);
    return looks[g->n_looks - 1].z;
}

/* Jennison & Turnbull 2000, tables 2.1 and 2.3, to their three digits. */
static void constants_are_those_of_jennison_and_turnbull(void **state)
{
    (void)state;
    static const struct {
        rsp_boundary_kind kind;
        double alpha, c[9]; /* of 2 to 10 looks */
    } table[] = {
        {RSP_POCOCK, .10, {1.875, 1.992, 2.067, 2.122, 2.164, 2.197, 2.225, 2.249, 2.270}},
        {RSP_POCOCK, .05, {2.178, 2.289, 2.361, 2.413, 2.453, 2.485, 2.512, 2.535, 2.555}},
        {RSP_POCOCK, .01, {2.772, 2.873, 2.939, 2.986, 3.023, 3.053, 3.078, 3.099, 3.117}},
        {RSP_OBF, .10, {1.678, 1.710, 1.733, 1.751, 1.765, 1.776, 1.786, 1.794, 1.801}},
        {RSP_OBF, .05, {1.977, 2.004, 2.024, 2.040, 2.053, 2.063, 2.072, 2.080, 2.087}},
        {RSP_OBF, .01, {2.580, 2.595, 2.609, 2.621, 2.631, 2.640, 2.648, 2.654, 2.660}},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        for (size_t n = 2; n <= 10; n++) {
            rsp_sequential g = equal_looks(table[i].kind, n, table[i].alpha);
            double c = last_z(&g);
            if (fabs(c - table[i].c[n - 2]) > 0.000501) {
                fail_msg("%zu looks at %g: %.5f, not %.3f", n, table[i].alpha, c,
                         table[i].c[n - 2]);
            }
        }
    }
}

/* The same, tables 2.2 and 2.4: inflation of the largest sample, alpha 0.05. */
static void inflation_is_that_of_jennison_and_turnbull(void **state)
{
    (void)state;
    static const struct {
        rsp_boundary_kind kind;
        double power, r[4]; /* of 2 to 5 looks */
    } table[] = {{RSP_POCOCK, .8, {1.110, 1.166, 1.202, 1.228}},
                 {RSP_POCOCK, .9, {1.100, 1.151, 1.183, 1.207}},
                 {RSP_OBF, .8, {1.008, 1.017, 1.024, 1.028}},
                 {RSP_OBF, .9, {1.007, 1.016, 1.022, 1.026}}};
    for (size_t i = 0; i < COUNT(table); i++) {
        for (size_t n = 2; n <= 5; n++) {
            rsp_sequential g = equal_looks(table[i].kind, n, 0.05);
            rsp_sequential_size s;
            rsp_look looks[RSP_LOOKS_MOST];
            assert_ok(rsp_sequential_plan(&g, table[i].power, &s, NULL));
            assert_near(s.inflation, table[i].r[n - 2], 0.0006);
            assert_ok(rsp_sequential_looks(&g, s.drift, looks, NULL));
            assert_near(looks[n - 1].power, table[i].power, 1e-9);
            assert_true(s.expected_drift < 1 && s.expected_null > 1);
        }
    }
}

/* Five equal looks at two-sided 0.05: the boundaries that Lan & DeMets's program
 * (Reboussin et al. 2000) and gsDesign print. */
static void spending_boundaries_are_those_of_lan_and_demets(void **state)
{
    (void)state;
    static const struct {
        rsp_boundary_kind kind;
        double z[5];
    } table[] = {{RSP_SPEND_OBF, {4.8769, 3.3570, 2.6803, 2.2898, 2.0310}},
                 {RSP_SPEND_POCOCK, {2.4380, 2.4268, 2.4102, 2.3966, 2.3860}}};
    for (size_t i = 0; i < COUNT(table); i++) {
        rsp_sequential g = equal_looks(table[i].kind, 5, 0.05);
        rsp_look looks[5];
        assert_ok(rsp_sequential_looks(&g, 0, looks, NULL));
        for (int k = 0; k < 5; k++) {
            assert_near(looks[k].z, table[i].z[k], 0.00005);
            assert_near(looks[k].power, looks[k].alpha, 1e-12); /* no drift */
            assert_near(looks[k].nominal_p, erfc(looks[k].z / sqrt(2)), CLOSED_FORM);
        }
    }
}

/* Looks at 0.15, 0.4, 0.55 and 1, by pmvnorm and uniroot. */
static void looks_may_come_when_they_come(void **state)
{
    (void)state;
    static const double obf[] = {5.66966960200816, 3.35687132820866, 2.82271257590275,
                                 1.97430302259292};
    static const double pocock[] = {2.52816903428413, 2.38337958161488, 2.4478669063535,
                                    2.25729442648809};
    rsp_sequential g = {.n_looks = 4, .information = {.15, .4, .55, 1}, .alpha = 0.05,
                        .two_sided = true, .kind = RSP_SPEND_OBF};
    rsp_look a[4], b[4];
    assert_ok(rsp_sequential_looks(&g, 3, a, NULL));
    g.kind = RSP_SPEND_POCOCK;
    assert_ok(rsp_sequential_looks(&g, 0, b, NULL));
    for (int k = 0; k < 4; k++) {
        assert_near(a[k].z, obf[k], 1e-7);
        assert_near(b[k].z, pocock[k], 1e-7);
    }
    assert_near(a[3].power, 0.84879460378699, 1e-8);
    g.kind = RSP_OBF;
    assert_near(last_z(&g), 1.98751679218333, 1e-7);
    g.kind = RSP_POCOCK;
    g.two_sided = false;
    g.alpha = 0.025;
    assert_near(last_z(&g), 2.38943190464801, 1e-7);
}

static void one_look_is_no_sequence(void **state)
{
    (void)state;
    for (int kind = RSP_OBF; kind <= RSP_SPEND_HSD; kind++) {
        rsp_sequential g = equal_looks((rsp_boundary_kind)kind, 1, 0.05);
        g.parameter = kind == RSP_SPEND_POWER ? 2 : 0.3;
        rsp_sequential_size s;
        assert_near(last_z(&g), 1.959963984540054, 1e-9);
        assert_ok(rsp_sequential_plan(&g, 0.9, &s, NULL));
        assert_near(s.inflation, 1, 1e-5); /* the wrong side crosses, too: 1e-7 */
    }
}

static void families_meet_where_they_should(void **state)
{
    (void)state;
    rsp_sequential a = equal_looks(RSP_WANG_TSIATIS, 4, 0.05);
    rsp_sequential b = equal_looks(RSP_OBF, 4, 0.05);
    assert_near(last_z(&a), last_z(&b), 1e-9); /* delta 0 */
    a.parameter = 0.5;
    b.kind = RSP_POCOCK;
    assert_near(last_z(&a), last_z(&b), 1e-9);
    a.kind = RSP_SPEND_HSD;
    a.parameter = 0;
    b.kind = RSP_SPEND_POWER;
    b.parameter = 1;
    assert_near(last_z(&a), last_z(&b), 1e-9); /* linear spending */
    a.parameter = 1e-9;
    assert_near(last_z(&a), last_z(&b), 1e-6);
}

static void many_looks_still_spend_alpha_and_no_more(void **state)
{
    (void)state;
    rsp_look looks[RSP_LOOKS_MOST];
    rsp_sequential g = equal_looks(RSP_SPEND_POCOCK, RSP_LOOKS_MOST, 0.05);
    assert_ok(rsp_sequential_looks(&g, 0, looks, NULL));
    for (size_t k = 0; k < g.n_looks; k++) {
        assert_near(looks[k].alpha, 0.05 * log(1 + (exp(1) - 1) * g.information[k]), 1e-8);
    }
    /* Two looks almost at once: pmvnorm(algorithm = TVPACK(1e-14)) and uniroot. */
    g = (rsp_sequential){.n_looks = 3, .information = {0.5, 0.5002, 1}, .alpha = 0.025,
                         .kind = RSP_POCOCK};
    assert_near(last_z(&g), 2.1822280847935, 1e-7);
}

static void what_is_not_spent_cannot_be_crossed(void **state)
{
    (void)state;
    rsp_sequential g = {.n_looks = 2, .information = {1e-3, 0.6}, .alpha = 0.05,
                        .two_sided = true, .kind = RSP_SPEND_OBF};
    rsp_look looks[2];
    assert_ok(rsp_sequential_looks(&g, 1e-3, looks, NULL));
    assert_true(looks[0].z == INF && looks[0].nominal_p == 0 && looks[0].alpha == 0);
    assert_near(looks[1].alpha, 4 - 4 * 0.5 * erfc(-2.241402727604947 / sqrt(0.6) / sqrt(2)),
                1e-9); /* the rest of alpha is not spent */
    assert_true(looks[1].alpha < 0.02);
}

static void designs_that_cannot_be_are_refused(void **state)
{
    (void)state;
    rsp_error err;
    rsp_look looks[RSP_LOOKS_MOST];
    rsp_sequential_size size;
    rsp_sequential good = equal_looks(RSP_OBF, 3, 0.05), g;
    static const double times[][3] = {{.5, .5, 1}, {.5, .4, 1}, {.3, .6, 1.1}, {0, .6, 1},
                                      {.3, NAN, 1}};
    for (size_t i = 0; i < COUNT(times); i++) {
        g = good;
        memcpy(g.information, times[i], sizeof times[i]);
        assert_int_equal(rsp_sequential_looks(&g, 0, looks, &err), RSP_RANGE);
        assert_non_null(strstr(err.message, "share of information"));
    }
    g = good;
    g.alpha = 0;
    assert_int_equal(rsp_sequential_looks(&g, 0, looks, &err), RSP_RANGE);
    g = good;
    g.n_looks = RSP_LOOKS_MOST + 1;
    assert_int_equal(rsp_sequential_looks(&g, 0, looks, &err), RSP_RANGE);
    g = good;
    g.kind = RSP_SPEND_POWER;
    assert_int_equal(rsp_sequential_looks(&g, 0, looks, &err), RSP_RANGE);
    assert_int_equal(rsp_sequential_looks(&good, NAN, looks, &err), RSP_RANGE);
    assert_int_equal(rsp_sequential_plan(&good, 0.01, &size, &err), RSP_RANGE);
    double x;
    size_t n;
    assert_int_equal(rsp_schoenfeld_events(1, .05, .8, .5, &x, &err), RSP_RANGE);
    assert_int_equal(rsp_schoenfeld_events(.5, .05, .8, 1, &x, &err), RSP_RANGE);
    assert_int_equal(rsp_schoenfeld_events(.5, .8, .05, .5, &x, &err), RSP_RANGE);
    assert_int_equal(rsp_schoenfeld_power(.5, .05, -1, .5, &x, &err), RSP_RANGE);
    assert_int_equal(rsp_fisher_power(1.2, .3, 5, 5, .05, false, &x, &err), RSP_RANGE);
    assert_int_equal(rsp_fisher_power(.2, .3, 0, 5, .05, false, &x, &err), RSP_RANGE);
    assert_int_equal(rsp_fisher_size(.2, .3, .05, .8, false, 501, &n, &x, &err), RSP_RANGE);
    rsp_survival_plan plan = {.control_median = 0, .hazard_ratio = .5, .follow_up = 84,
                              .share = .5, .alpha = .05, .power = .8};
    rsp_survival_size s;
    assert_int_equal(rsp_survival_sample(&plan, &s, &err), RSP_RANGE);
    plan.control_median = 28;
    plan.follow_up = 0;
    assert_int_equal(rsp_survival_sample(&plan, &s, &err), RSP_RANGE);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schoenfeld_counts_events),
        cmocka_unit_test(participants_follow_from_the_chance_of_an_event),
        cmocka_unit_test(schoenfeld_is_near_simulated_power),
        cmocka_unit_test(one_arm_is_sized_exactly),
        cmocka_unit_test(no_event_in_n_still_bounds_the_share),
        cmocka_unit_test(fisher_power_is_the_sum_over_all_tables),
        cmocka_unit_test(simon_designs_are_those_of_his_table),
        cmocka_unit_test(simon_designs_are_the_best_of_all),
        cmocka_unit_test(a_two_stage_design_may_not_exist),
        cmocka_unit_test(constants_are_those_of_jennison_and_turnbull),
        cmocka_unit_test(inflation_is_that_of_jennison_and_turnbull),
        cmocka_unit_test(spending_boundaries_are_those_of_lan_and_demets),
        cmocka_unit_test(looks_may_come_when_they_come),
        cmocka_unit_test(one_look_is_no_sequence),
        cmocka_unit_test(families_meet_where_they_should),
        cmocka_unit_test(many_looks_still_spend_alpha_and_no_more),
        cmocka_unit_test(what_is_not_spent_cannot_be_crossed),
        cmocka_unit_test(designs_that_cannot_be_are_refused),
    };
    if (!known_open(argc, argv)) {
        return 77;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    known_close();
    return failed;
}
