/* Cox regression against R's survival and coxphf, identities, edge cases.  Calls
 * of R 4.2.2 with survival 3.5-3 stand beside numbers that are in no vector.
 * Usage: test_cox DIRECTORY_OF_VECTORS; 77 (skipped) where it is absent. */
#include "survival_data.h"

#include <time.h>

#include "respite/cox.h"
#include "respite/stats.h"

/* Our fits go to rounding; R's vectors were made with its default stop, a
 * relative change of the log-likelihood by 1e-9: up to 1e-6 in a coefficient. */
static const double NEWTON = 1e-6;
/* Two summation orders of sums of up to a hundred terms. */
static const double CLOSED_FORM = 1e-9;

typedef struct trial {
    size_t n, p;
    double column[8][SURVIVAL_ROWS]; /* time, status, then covariates */
    double x[SURVIVAL_ROWS * 4];
    bool event[SURVIVAL_ROWS];
    uint32_t stratum[SURVIVAL_ROWS], cluster[SURVIVAL_ROWS];
    double weight[SURVIVAL_ROWS];
} trial;

/* Rows of a file; names: time, status, covariates, and the stratum if any. */
static rsp_cox_data read_trial(trial *t, const char *file, const char *const *names,
                               size_t p, bool strata)
{
    t->p = p;
    t->n = survival_columns(file, names, 2 + p + strata, t->column);
    for (size_t i = 0; i < t->n; i++) {
        t->event[i] = t->column[1][i] == 1;
        for (size_t k = 0; k < p; k++) {
            t->x[i * p + k] = t->column[2 + k][i];
        }
        t->stratum[i] = strata ? (uint32_t)t->column[2 + p][i] : 0;
        t->weight[i] = 0.5 + (double)(i % 4) / 2;
        t->cluster[i] = (uint32_t)(i % 20);
    }
    return (rsp_cox_data){.n = t->n,
                          .n_covariates = p,
                          .time = t->column[0],
                          .event = t->event,
                          .x = t->x,
                          .stratum = strata ? t->stratum : NULL};
}

static rsp_cox_data read_ati(trial *t, size_t p, bool strata)
{
    static const char *const names[] = {"time", "status", "arm", "log10intact", "nnrti"};
    return read_trial(t, "ati60.csv", names, p, strata);
}

static rsp_cox *fit(const rsp_cox_data *d, rsp_cox_options o)
{
    rsp_cox *cox = NULL;
    rsp_error err = {0};
    if (rsp_cox_new(d, &o, &cox, &err) != RSP_OK) {
        fail_msg("%s", err.message);
    }
    return cox;
}

static rsp_cox_options with(rsp_cox_ties ties)
{
    rsp_cox_options o = rsp_cox_defaults();
    o.ties = ties;
    return o;
}

static rsp_cox_state state_of(const rsp_cox_data *d, rsp_cox_ties ties)
{
    rsp_cox *cox = fit(d, with(ties));
    rsp_cox_state state = rsp_cox_result_of(cox)->state;
    rsp_cox_free(cox);
    return state;
}

static void check_fit(const json_t *want, const rsp_cox_data *d, rsp_cox_ties ties)
{
    rsp_cox *cox = fit(d, with(ties));
    const rsp_cox_result *got = rsp_cox_result_of(cox);
    assert_int_equal(got->state, RSP_COX_ESTIMATED);
    assert_int_equal(got->n, survival_number(want, "n"));
    assert_near(got->events, survival_number(want, "nevent"), 0);
    assert_int_equal(got->df, survival_number(want, "df"));
    for (size_t k = 0; k < d->n_covariates; k++) {
        const rsp_cox_term *t = &got->terms[k];
        assert_near(t->coef, survival_item(want, "coef", k), NEWTON);
        assert_near(t->se, survival_item(want, "se", k), NEWTON);
        assert_near(t->hr, survival_item(want, "HR", k), NEWTON);
        assert_near(t->low, survival_item(want, "lower95", k), NEWTON);
        assert_near(t->high, survival_item(want, "upper95", k), NEWTON);
    }
    assert_near(got->loglik_null, survival_number(want, "loglik_null"), CLOSED_FORM);
    assert_near(got->loglik, survival_number(want, "loglik"), CLOSED_FORM);
    assert_near(got->likelihood_ratio.chisq, survival_number(want, "LR"), NEWTON);
    assert_near(got->score.chisq, survival_number(want, "score"), NEWTON);
    assert_near(got->wald.chisq, survival_number(want, "Wald"), 0.005); /* printed so */
    rsp_concordance c;
    assert_int_equal(rsp_cox_concordance(cox, &c, NULL), RSP_OK);
    assert_near(c.c, survival_number(want, "concordance"), CLOSED_FORM);
    assert_near(c.se, survival_number(want, "concordance_se"), CLOSED_FORM);
    rsp_cox_free(cox);
}

static void efron_breslow_and_exact_fits_equal_r(void **state)
{
    (void)state;
    json_t *all = survival_vector("cox.json");
    static const char *const aml[] = {"time", "status", "group"};
    static const char *const names[2][3] = {
        {"ati60_arm_efron", "ati60_arm_breslow", "ati60_arm_exact"},
        {"aml_group_efron", "aml_group_breslow", "aml_group_exact"}};
    trial t;
    for (int ties = 0; ties < 3; ties++) {
        rsp_cox_data d = read_ati(&t, 1, false);
        check_fit(json_object_get(all, names[0][ties]), &d, (rsp_cox_ties)ties);
        d = read_trial(&t, "aml.csv", aml, 1, false);
        check_fit(json_object_get(all, names[1][ties]), &d, (rsp_cox_ties)ties);
    }
    rsp_cox_data d = read_ati(&t, 3, false);
    check_fit(json_object_get(all, "ati60_arm_log10intact_nnrti_efron"), &d, RSP_TIES_EFRON);
    static const char *const strata[] = {"time", "status", "arm", "nnrti"};
    d = read_trial(&t, "ati60.csv", strata, 1, true);
    check_fit(json_object_get(all, "ati60_arm_strata_nnrti_efron"), &d, RSP_TIES_EFRON);
    json_decref(all);
}

/* coxph(Surv(time, e) ~ arm + log10intact + nnrti, ties = "exact") */
static void exact_ties_with_several_covariates_equal_r(void **state)
{
    (void)state;
    trial t;
    rsp_cox_data d = read_ati(&t, 3, false);
    rsp_cox *cox = fit(&d, with(RSP_TIES_EXACT));
    const rsp_cox_result *got = rsp_cox_result_of(cox);
    static const double coef[] = {-0.572472566224833, -0.402392880907691, -0.0996226561500284};
    static const double se[] = {0.332371122415402, 0.541760888307526, 0.387535012094345};
    for (size_t k = 0; k < 3; k++) {
        assert_near(got->terms[k].coef, coef[k], CLOSED_FORM);
        assert_near(got->terms[k].se, se[k], CLOSED_FORM);
    }
    assert_near(got->loglik, -109.976032799423, 1e-12);
    rsp_cox_free(cox);
}

static void the_exact_score_test_is_the_log_rank_test(void **state)
{
    (void)state;
    json_t *all = survival_vector("logrank.json");
    trial t;
    rsp_cox_data d = read_ati(&t, 1, false);
    rsp_cox *cox = fit(&d, with(RSP_TIES_EXACT));
    const json_t *want = json_object_get(json_object_get(all, "ati60"), "survdiff_rho0");
    assert_near(rsp_cox_result_of(cox)->score.chisq, survival_number(want, "chisq"), 1e-12);
    rsp_cox_free(cox);
    json_decref(all);
}

static void proportionality_and_baseline_hazard_equal_r(void **state)
{
    (void)state;
    json_t *all = survival_vector("cox.json");
    trial t;
    rsp_cox_data d = read_ati(&t, 3, false);
    rsp_cox *cox = fit(&d, rsp_cox_defaults());
    rsp_cox_test terms[3], global;
    int df;
    assert_int_equal(rsp_cox_proportionality(cox, RSP_TRANSFORM_KM, terms, &global, &df, NULL),
                     RSP_OK);
    const json_t *want = json_object_get(all, "zph_km");
    for (size_t k = 0; k < 4; k++) {
        const rsp_cox_test *got = k < 3 ? &terms[k] : &global;
        assert_near(got->chisq, survival_item(want, "chisq", k), NEWTON);
        assert_near(got->p, survival_item(want, "p", k), NEWTON);
    }
    assert_int_equal(df, 3);
    rsp_cox_free(cox);

    d = read_ati(&t, 1, false);
    cox = fit(&d, rsp_cox_defaults());
    rsp_cox_hazard *points;
    size_t n;
    assert_int_equal(rsp_cox_baseline(cox, &points, &n, NULL), RSP_OK);
    want = json_object_get(all, "basehaz_arm_efron_centeredFALSE");
    assert_int_equal(n, json_array_size(json_object_get(want, "time")));
    for (size_t i = 0; i < n; i++) {
        assert_near(points[i].time, survival_item(want, "time", i), 0);
        assert_near(points[i].cumulative, survival_item(want, "hazard", i), NEWTON);
    }
    free(points);
    rsp_cox_free(cox);
    json_decref(all);
}

static void the_robust_error_equals_r(void **state)
{
    (void)state;
    json_t *all = survival_vector("cox.json");
    trial t;
    rsp_cox_options o = rsp_cox_defaults();
    o.robust = true;
    rsp_cox_data d = read_ati(&t, 1, false);
    rsp_cox *cox = fit(&d, o);
    const rsp_cox_term *term = rsp_cox_result_of(cox)->terms;
    assert_near(term->se, survival_number(all, "robust_se_arm"), NEWTON);
    assert_near(term->model_se, 0.296626518790856, NEWTON);
    assert_int_equal(rsp_cox_result_of(cox)->n_clusters, 60);
    rsp_cox_free(cox);
    json_decref(all);
}

/* i <- 0:59; coxph(Surv(time, e) ~ arm + log10intact + strata(nnrti), weights =
 * .5 + (i %% 4) / 2, cluster = i %% 20, ties =, control(eps = 1e-14)), with
 * concordance(), cox.zph(transform =) and basehaz(centered = FALSE) of it. */
typedef struct weighted_fact {
    rsp_cox_ties ties;
    double coef[2], var[4], model[2], wald, loglik[2], score, c, c_se, zph[4][3], hazard[3];
} weighted_fact;
static const weighted_fact weighted_facts[] = {
    {RSP_TIES_EFRON,
     {-0.254629490069265, -0.584963734798475},
     {0.0747770401971313, -0.022984081892169, -0.022984081892169, 0.209483998339536},
     {0.0729374858098105, 0.196075747189292},
     3.04013380356354,
     {-169.423205404641, -167.821845874462},
     3.2712935916671,
     0.632564536606009,
     0.0456340590077381,
     {{5.68633253144679, 4.23416522226966, 8.08267082214908},
      {3.70697953761392, 3.95421266383382, 6.24184533620768},
      {5.72571857900375, 3.32630324748126, 7.57253162083106},
      {6.58684331711659, 4.26770747422409, 8.94493520217471}},
     {0.702920393186412, 1.14799971454403, 10.028370470916}},
    {RSP_TIES_BRESLOW,
     {-0.257087016264923, -0.583511867306209},
     {0.0707113714200045, -0.0235284072503042, -0.0235284072503042, 0.187004239550327},
     {0.0728265090795872, 0.197955530794218},
     3.43299828435816,
     {-173.580599119012, -171.983947422667},
     3.25762999126377,
     0.633622513753703,
     0.0454921818905566,
     {{5.02772425729596, 3.424581031207, 6.77011589057914},
      {3.31936069415418, 2.98254852111534, 4.99514426027353},
      {5.05855195242068, 2.64454809455959, 6.33767430789663},
      {5.80302865332865, 3.51263323559151, 7.55945693357219}},
     {0.653821490433812, 1.08166408921206, 9.88441787530227}}};

static void check_weighted(const weighted_fact *want)
{
    trial t;
    rsp_cox_data d = read_trial(
        &t, "ati60.csv",
        (const char *[]){"time", "status", "arm", "log10intact", "nnrti"}, 2, true);
    d.weight = t.weight;
    d.cluster = t.cluster;
    rsp_cox_options o = with(want->ties);
    o.robust = true;
    rsp_cox *cox = fit(&d, o);
    const rsp_cox_result *got = rsp_cox_result_of(cox);
    assert_int_equal(got->n_clusters, 20);
    for (size_t k = 0; k < 2; k++) {
        const rsp_cox_term *q = &got->terms[k];
        assert_near(q->coef, want->coef[k], CLOSED_FORM);
        assert_near(q->se, sqrt(want->var[3 * k]), CLOSED_FORM);
        assert_near(q->model_se, sqrt(want->model[k]), CLOSED_FORM);
        assert_near(got->loglik, want->loglik[1], CLOSED_FORM);
        assert_near(got->variance[2 * k + 1 - k], want->var[1], CLOSED_FORM);
    }
    assert_near(got->loglik_null, want->loglik[0], CLOSED_FORM);
    assert_near(got->wald.chisq, want->wald, CLOSED_FORM);
    assert_near(got->score.chisq, want->score, CLOSED_FORM);
    rsp_concordance c;
    assert_int_equal(rsp_cox_concordance(cox, &c, NULL), RSP_OK);
    assert_near(c.c, want->c, CLOSED_FORM);
    assert_near(c.se, want->c_se, CLOSED_FORM);
    for (int g = 0; g < 4; g++) {
        rsp_cox_test terms[2], global;
        int df;
        assert_int_equal(
            rsp_cox_proportionality(cox, (rsp_cox_transform)g, terms, &global, &df, NULL), RSP_OK);
        assert_near(terms[0].chisq, want->zph[g][0], CLOSED_FORM);
        assert_near(terms[1].chisq, want->zph[g][1], CLOSED_FORM);
        assert_near(global.chisq, want->zph[g][2], CLOSED_FORM);
    }
    rsp_cox_hazard *points;
    size_t n;
    assert_int_equal(rsp_cox_baseline(cox, &points, &n, NULL), RSP_OK);
    assert_int_equal(n, 23); /* 13 times in the first stratum, 10 in the second */
    assert_near(points[0].cumulative, want->hazard[0], CLOSED_FORM);
    assert_near(points[14].cumulative, want->hazard[1], CLOSED_FORM);
    assert_near(points[22].cumulative, want->hazard[2], CLOSED_FORM);
    assert_true(points[12].stratum == 0 && points[13].stratum == 1);
    free(points);
    rsp_cox_free(cox);
}

static void weights_strata_and_clusters_together_equal_r(void **state)
{
    (void)state;
    check_weighted(&weighted_facts[0]);
    check_weighted(&weighted_facts[1]);
}

/* Residuals add up to 0 over all: where each cluster is a whole of its own, nothing
 * is left of the sandwich, and R prints rounding. */
static void clusters_that_leave_nothing_have_no_robust_error(void **state)
{
    (void)state;
    trial t;
    rsp_cox_data d = read_ati(&t, 1, false);
    const uint32_t one[SURVIVAL_ROWS] = {0};
    d.cluster = one;
    rsp_cox_options o = rsp_cox_defaults();
    o.robust = true;
    rsp_cox *cox = fit(&d, o);
    const rsp_cox_result *got = rsp_cox_result_of(cox);
    assert_int_equal(got->n_clusters, 1);
    assert_true(isfinite(got->terms[0].coef) && isnan(got->terms[0].se));
    assert_true(isnan(got->terms[0].p) && isnan(got->wald.chisq) && got->terms[0].model_se > 0);
    rsp_cox_free(cox);
}

/* ---- Monotone likelihood and Firth. */

static rsp_cox_data read_monotone(trial *t)
{
    return read_trial(t, "monotone10.csv", (const char *[]){"t", "e", "g"}, 1, false);
}

static void a_monotone_likelihood_is_said_and_its_tests_stand(void **state)
{
    (void)state;
    json_t *all = survival_vector("cox.json");
    trial t;
    rsp_cox_data d = read_monotone(&t);
    rsp_cox *cox = fit(&d, with(RSP_TIES_EXACT));
    const rsp_cox_result *got = rsp_cox_result_of(cox);
    assert_int_equal(got->state, RSP_COX_MONOTONE);
    assert_non_null(strstr(rsp_cox_state_text(got->state), "Firth"));
    assert_true(isnan(got->terms[0].coef) && isnan(got->terms[0].hr) && isnan(got->terms[0].se));
    assert_int_equal(got->terms[0].direction, -1);
    const json_t *firth = json_object_get(all, "firth_monotone10");
    assert_near(got->score.chisq, survival_number(firth, "logrank_chisq"), CLOSED_FORM);
    /* The supremum: the six of g = 0 alone, of whom the events of the four days
     * are chosen in 15, 6, 2 and 1 ways. */
    assert_near(got->loglik, -log(15 * 6 * 2), 1e-7);
    assert_true(got->likelihood_ratio.p < 0.01);
    rsp_concordance c;
    assert_int_equal(rsp_cox_concordance(cox, &c, NULL), RSP_OK);
    assert_true(isnan(c.c));
    rsp_cox_free(cox);
    json_decref(all);
}

/* g has no events where it is 1; z has a finite estimate.  R: coxph(Surv(t, e) ~
 * g + z, control = coxph.control(eps = 1e-12, iter.max = 40)) */
static const double quasi_t[] = {7, 7, 14, 14, 21, 28, 84, 84, 84, 84, 35, 42};
static const bool quasi_e[] = {1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 0};
static const double quasi_x[] = {0, 1, 0, 3, 0, 2, 0, 5, 0, 1, 0, 4,
                                 1, 2, 1, 2, 1, 3, 1, 1, 0, 2, 0, 6};
static const rsp_cox_data quasi = {
    .n = 12, .n_covariates = 2, .time = quasi_t, .event = quasi_e, .x = quasi_x};

static void the_term_that_runs_away_is_told_from_those_that_settle(void **state)
{
    (void)state;
    rsp_cox *cox = fit(&quasi, rsp_cox_defaults());
    const rsp_cox_result *got = rsp_cox_result_of(cox);
    assert_int_equal(got->state, RSP_COX_MONOTONE);
    assert_int_equal(got->terms[0].direction, -1);
    assert_int_equal(got->terms[1].direction, 0);
    assert_near(got->loglik_null, -15.1997227528798, 1e-12);
    assert_near(got->loglik, -9.76418754930123, 1e-8); /* of a supremum */
    assert_near(got->score.chisq, 8.85989630798135, CLOSED_FORM);
    rsp_cox_free(cox);
}

static void a_covariate_that_orders_the_events_is_monotone_however_it_is_scaled(void **state)
{
    (void)state;
    double t[30], x[30];
    bool e[30];
    for (int scale = -8; scale <= 8; scale += 4) {
        for (int i = 0; i < 30; i++) {
            t[i] = 30 - i;
            x[i] = 1e6 + pow(10, scale) * (i + 0.3 * (i % 3)); /* the higher, the sooner */
            e[i] = i % 4 != 1;
        }
        rsp_cox_data d = {.n = 30, .n_covariates = 1, .time = t, .event = e, .x = x};
        for (int ties = 0; ties < 3; ties++) {
            assert_int_equal(state_of(&d, (rsp_cox_ties)ties), RSP_COX_MONOTONE);
        }
        double swapped = x[11];
        x[11] = x[10];
        x[10] = swapped; /* two neighbours the other way: far out, but a maximum */
        assert_int_equal(state_of(&d, RSP_TIES_EFRON), RSP_COX_ESTIMATED);
        x[2] = x[29]; /* one late event of the highest risk: a maximum again */
        assert_int_equal(state_of(&d, RSP_TIES_EFRON), RSP_COX_ESTIMATED);
    }
}

/* Four covariates that order six events one by one, in steps of very different
 * size: the log hazards that show it differ by hundreds.  Of the supremum the event
 * of weight 2 has -2 log 2, the two tied ones of weight 1/2 log 2 / 2, all others,
 * alone at the top and of weight 1, nothing. */
static void the_supremum_is_reached_however_far_out_it_is(void **state)
{
    (void)state;
    const double t[] = {7, 21, 14, 14, 84, 70, 49, 84, 21, 14, 133, 7};
    const bool e[] = {0, 0, 0, 1, 0, 1, 1, 0, 0, 1, 1, 1};
    const double w[] = {2, 1, 1, 0.5, 1, 2, 1, 0.5, 0.5, 0.5, 1, 1};
    const double x[] = {
        -0.05404212648, 48400, 0, 2, 0.21372355085,  50400, 1, 3, -2.30749849810, 48500, 1, 0,
        -0.20591924865, 49700, 1, 0, 2.35127759420,  48500, 0, 0, 1.93677318358,  48300, 0, 0,
        -1.01140610923, 48500, 0, 1, 1.57619494351,  50000, 0, 2, -1.56955271664, 50400, 1, 3,
        0.29046919571,  49300, 0, 0, 1.18226391348,  50800, 1, 3, -0.27151908263, 49800, 0, 0};
    rsp_cox_data d = {
        .n = 12, .n_covariates = 4, .time = t, .event = e, .x = x, .weight = w};
    rsp_cox *cox = fit(&d, rsp_cox_defaults());
    assert_int_equal(rsp_cox_result_of(cox)->state, RSP_COX_MONOTONE);
    assert_near(rsp_cox_result_of(cox)->loglik, -1.5 * log(2), 1e-7);
    rsp_cox_free(cox);
}

/* With exact ties the events of a day need only be above those who outlive them;
 * with the others also level with one another. */
static void monotone_is_judged_by_the_likelihood_in_use(void **state)
{
    (void)state;
    const double t[] = {7, 7, 14, 21}, x[] = {3, 2, 1, 0};
    const bool e[] = {1, 1, 1, 1};
    rsp_cox_data d = {.n = 4, .n_covariates = 1, .time = t, .event = e, .x = x};
    assert_int_equal(state_of(&d, RSP_TIES_EXACT), RSP_COX_MONOTONE);
    assert_int_equal(state_of(&d, RSP_TIES_EFRON), RSP_COX_ESTIMATED);
    assert_int_equal(state_of(&d, RSP_TIES_BRESLOW), RSP_COX_ESTIMATED);
}

static void check_firth(const json_t *want, const rsp_cox_data *d, rsp_cox_ties ties)
{
    rsp_cox_options o = with(ties);
    o.firth = true;
    rsp_cox *cox = fit(d, o);
    const rsp_cox_result *got = rsp_cox_result_of(cox);
    assert_int_equal(got->state, RSP_COX_ESTIMATED);
    /* coxphf stops at changes of 1e-4 to 1e-5 of its limits and coefficients. */
    assert_near(got->terms[0].coef, survival_number(want, "coef"), 2e-5);
    assert_near(got->terms[0].se, survival_number(want, "se"), 2e-5);
    assert_near(got->terms[0].low, survival_number(want, "pl_lower"), 1e-5);
    assert_near(got->terms[0].high, survival_number(want, "pl_upper"), 1e-5);
    assert_near(got->terms[0].p, survival_number(want, "pl_p"), 1e-5);
    assert_true(isnan(got->terms[0].z));
    const json_t *pair = json_object_get(want, "penalised_loglik");
    if (pair) {
        /* coxphf divides x by its standard deviation, sqrt(4/15) here. */
        double unit = log(4 / 15.0) / 2; /* log|I| is in units of x */
        assert_near(got->loglik_null, json_number_value(json_array_get(pair, 0)) + unit, 1e-9);
        assert_near(got->loglik, json_number_value(json_array_get(pair, 1)) + unit, 1e-8);
    }
    rsp_cox_free(cox);
}

static void firth_estimates_and_profile_limits_equal_coxphf(void **state)
{
    (void)state;
    json_t *all = survival_vector("cox.json");
    trial t;
    rsp_cox_data d = read_monotone(&t);
    check_firth(json_object_get(all, "firth_monotone10"), &d, RSP_TIES_BRESLOW);
    d = read_ati(&t, 1, false);
    check_firth(json_object_get(all, "firth_ati60"), &d, RSP_TIES_BRESLOW);
    json_decref(all);
}

/* R: log-likelihood and variance of coxph(init = b, iter.max = 0) put together as
 * log L - log|V| / 2, maximised by optim, limits by uniroot on its profile. */
static void firth_with_two_covariates_equals_a_search_in_r(void **state)
{
    (void)state;
    static const double want[2][2][4] = {
        {{-3.07408806063467, -7.9638746562098, -0.861202201913961, 0.00319088387672029},
         {-0.250564440356894, -0.765203960651747, 0.155807430364813, 0.237173164118976}},
        {{-3.04589504971638, -7.93776765809057, -0.823832065177753, 0.00375095866093871},
         {-0.248858880984759, -0.766064530755278, 0.159991417516132, 0.24341856133736}}};
    static const double loglik[2][2] = {{-13.627457184568, -9.26904169385491},
                                     {-13.8234798861372, -9.61132987888597}};
    for (int ties = 0; ties < 2; ties++) {
        rsp_cox_options o = with((rsp_cox_ties)ties);
        o.firth = true;
        rsp_cox *cox = fit(&quasi, o);
        const rsp_cox_result *got = rsp_cox_result_of(cox);
        for (size_t k = 0; k < 2; k++) {
            const rsp_cox_term *q = &got->terms[k];
            /* The search knows a maximum to the root of rounding, 1e-7 or so. */
            assert_near(q->coef, want[ties][k][0], 1e-6);
            assert_near(log(q->low), want[ties][k][1], 1e-6);
            assert_near(log(q->high), want[ties][k][2], 1e-6);
            assert_near(q->p, want[ties][k][3], 1e-6);
        }
        assert_near(got->loglik_null, loglik[ties][0], 1e-10);
        assert_near(got->loglik, loglik[ties][1], 1e-10);
        rsp_cox_free(cox);
    }
}

static void firth_fades_as_the_data_grow(void **state)
{
    (void)state;
    enum { N = 4000 };
    static double t[N], x[N];
    static bool e[N];
    uint64_t seed = 3;
    for (int i = 0; i < N; i++) {
        x[i] = survival_uniform(&seed);
        t[i] = -log(1 - survival_uniform(&seed)) / exp(x[i]);
        e[i] = survival_uniform(&seed) < 0.8;
    }
    rsp_cox_data d = {.n = N, .n_covariates = 1, .time = t, .event = e, .x = x};
    rsp_cox_options o = rsp_cox_defaults();
    rsp_cox *plain = fit(&d, o);
    o.firth = true;
    rsp_cox *firth = fit(&d, o);
    const rsp_cox_term *a = rsp_cox_result_of(plain)->terms, *b = rsp_cox_result_of(firth)->terms;
    /* The correction is of order 1 / N. */
    assert_near(b->coef, a->coef, 10.0 / N);
    assert_near(b->low, a->low, 10.0 / N);
    assert_near(b->high, a->high, 10.0 / N);
    assert_true(a->coef != b->coef);
    rsp_cox_free(plain);
    rsp_cox_free(firth);
}

/* ---- Identities. */

static void origin_unit_and_order_of_rows_change_nothing(void **state)
{
    (void)state;
    trial t, u;
    rsp_cox_data d = read_ati(&t, 3, false), m = read_ati(&u, 3, false);
    for (size_t i = 0; i < 60; i++) {
        size_t j = (i * 17 + 5) % 60;
        u.column[0][i] = t.column[0][j];
        u.event[i] = t.event[j];
        u.x[3 * i] = t.x[3 * j];
        u.x[3 * i + 1] = 1e5 + 1e-3 * t.x[3 * j + 1];
        u.x[3 * i + 2] = -1e7 * t.x[3 * j + 2];
    }
    rsp_cox *a = fit(&d, rsp_cox_defaults()), *b = fit(&m, rsp_cox_defaults());
    const rsp_cox_term *x = rsp_cox_result_of(a)->terms, *y = rsp_cox_result_of(b)->terms;
    assert_near(y[0].coef, x[0].coef, 1e-8); /* 1e5 + 1e-3 x keeps 8 digits of x */
    assert_near(y[1].coef * 1e-3, x[1].coef, 1e-7);
    assert_near(y[2].coef * -1e7, x[2].coef, 1e-8);
    assert_near(y[2].z, -x[2].z, 1e-7);
    rsp_cox_free(a);
    rsp_cox_free(b);
}

static void a_count_is_that_many_rows_and_a_weight_is_not_where_events_tie(void **state)
{
    (void)state;
    const double t[] = {7, 7, 14, 14, 21, 28}, x[] = {0, 1, 1, 0, 1, 0};
    const double times[] = {2, 1, 3, 1, 2, 2};
    const bool e[] = {1, 1, 1, 0, 1, 1};
    double many_t[11], many_x[11];
    bool many_e[11];
    const uint32_t cluster[] = {0, 1, 2, 0, 1, 2};
    uint32_t many_cluster[11];
    size_t n = 0;
    for (size_t i = 0; i < 6; i++) {
        for (int k = 0; k < (int)times[i]; k++) {
            many_t[n] = t[i];
            many_x[n] = x[i];
            many_cluster[n] = cluster[i];
            many_e[n++] = e[i];
        }
    }
    rsp_cox_data many = {.n = n, .n_covariates = 1, .time = many_t, .event = many_e, .x = many_x};
    rsp_cox_data one = {.n = 6, .n_covariates = 1, .time = t, .event = e, .x = x};
    rsp_cox_data counted = one, weighted = one;
    counted.count = times;
    weighted.weight = times;
    rsp_cox_options o = rsp_cox_defaults();
    o.robust = true;
    rsp_cox *a = fit(&many, o), *b = fit(&counted, o), *c = fit(&weighted, o);
    const rsp_cox_result *x1 = rsp_cox_result_of(a), *x2 = rsp_cox_result_of(b),
                         *x3 = rsp_cox_result_of(c);
    assert_near(x2->events, 10, 0);
    assert_near(x2->terms[0].coef, x1->terms[0].coef, 1e-12);
    assert_near(x2->terms[0].se, x1->terms[0].se, 1e-12);
    assert_near(x2->terms[0].model_se, x1->terms[0].model_se, 1e-12);
    assert_true(fabs(x3->terms[0].coef - x1->terms[0].coef) > 1e-3);
    rsp_concordance p, q;
    assert_int_equal(rsp_cox_concordance(a, &p, NULL), RSP_OK);
    assert_int_equal(rsp_cox_concordance(b, &q, NULL), RSP_OK);
    assert_near(p.c, q.c, 1e-14);
    assert_near(p.se, q.se, 1e-14);
    rsp_cox_free(a);
    rsp_cox_free(b);
    rsp_cox_free(c);
    many.cluster = many_cluster;
    counted.cluster = cluster;
    a = fit(&many, o);
    b = fit(&counted, o);
    assert_near(rsp_cox_result_of(b)->terms[0].se, rsp_cox_result_of(a)->terms[0].se, 1e-12);
    rsp_cox_free(a);
    rsp_cox_free(b);
}

static void an_offset_moves_the_estimate_by_itself(void **state)
{
    (void)state;
    trial t;
    rsp_cox_data d = read_ati(&t, 1, false);
    rsp_cox *a = fit(&d, rsp_cox_defaults());
    double offset[60];
    for (int i = 0; i < 60; i++) {
        offset[i] = 0.7 * t.x[i] + 800; /* exp(800) is out of range */
    }
    d.offset = offset;
    rsp_cox *b = fit(&d, rsp_cox_defaults());
    const rsp_cox_result *x = rsp_cox_result_of(a), *y = rsp_cox_result_of(b);
    assert_near(y->terms[0].coef, x->terms[0].coef - 0.7, 1e-10);
    assert_near(y->loglik, x->loglik, 1e-10);
    rsp_cox_free(a);
    rsp_cox_free(b);
    /* A stratum's own level is nobody's business. */
    static const char *const strata[] = {"time", "status", "arm", "nnrti"};
    d = read_trial(&t, "ati60.csv", strata, 1, true);
    a = fit(&d, rsp_cox_defaults());
    for (int i = 0; i < 60; i++) {
        offset[i] = t.stratum[i] ? 800 : -800;
    }
    d.offset = offset;
    b = fit(&d, rsp_cox_defaults());
    assert_near(rsp_cox_result_of(b)->loglik, rsp_cox_result_of(a)->loglik, 1e-9);
    assert_near(rsp_cox_result_of(b)->terms[0].coef, rsp_cox_result_of(a)->terms[0].coef, 1e-9);
    rsp_cox_free(a);
    rsp_cox_free(b);
}

static void who_is_at_risk_at_no_event_moves_nothing_however_far_out(void **state)
{
    (void)state;
    trial t, u;
    static const char *const strata[] = {"time", "status", "arm", "nnrti"};
    rsp_cox_data d = read_trial(&t, "ati60.csv", strata, 1, true);
    rsp_cox_data far = read_trial(&u, "ati60.csv", strata, 1, true);
    for (int s = 0; s < 2; s++) { /* one in each stratum, gone before its first event */
        u.column[0][60 + s] = 1;
        u.event[60 + s] = false;
        u.x[60 + s] = 1e30;
        u.stratum[60 + s] = (uint32_t)s;
    }
    far.n = 62;
    rsp_cox *a = fit(&d, rsp_cox_defaults()), *b = fit(&far, rsp_cox_defaults());
    assert_int_equal(rsp_cox_result_of(b)->state, RSP_COX_ESTIMATED);
    assert_near(rsp_cox_result_of(b)->terms[0].coef, rsp_cox_result_of(a)->terms[0].coef, 1e-12);
    rsp_cox_free(a);
    rsp_cox_free(b);
}

static void a_dependent_covariate_is_left_out_and_said(void **state)
{
    (void)state;
    trial t;
    rsp_cox_data d = read_ati(&t, 2, false);
    rsp_cox *plain = fit(&d, rsp_cox_defaults());
    double x[60 * 4];
    for (size_t i = 0; i < 60; i++) {
        x[4 * i] = t.x[2 * i];
        x[4 * i + 1] = 5; /* constant */
        x[4 * i + 2] = t.x[2 * i + 1];
        x[4 * i + 3] = 2 - t.x[2 * i] / 3 + 0.1 * t.x[2 * i + 1]; /* up to rounding */
    }
    d.x = x;
    d.n_covariates = 4;
    rsp_cox *cox = fit(&d, rsp_cox_defaults());
    const rsp_cox_result *got = rsp_cox_result_of(cox), *want = rsp_cox_result_of(plain);
    assert_int_equal(got->state, RSP_COX_ESTIMATED);
    assert_int_equal(got->df, 2);
    assert_true(got->terms[1].aliased && got->terms[3].aliased);
    assert_true(isnan(got->terms[3].coef) && isnan(got->variance[15]));
    assert_near(got->terms[2].coef, want->terms[1].coef, 1e-10);
    assert_near(got->variance[2], want->variance[1], 1e-10);
    rsp_cox_test terms[4], global;
    int df;
    assert_int_equal(rsp_cox_proportionality(cox, RSP_TRANSFORM_KM, terms, &global, &df, NULL),
                     RSP_OK);
    assert_true(df == 2 && isnan(terms[1].chisq) && terms[2].chisq > 0);
    rsp_cox_free(cox);
    rsp_cox_free(plain);
}

static void concordance_is_one_half_of_a_constant_and_one_of_perfect_order(void **state)
{
    (void)state;
    trial t;
    rsp_cox_data d = read_ati(&t, 1, false);
    double score[60] = {0};
    rsp_concordance c;
    assert_int_equal(rsp_concordance_of(&d, score, &c, NULL), RSP_OK);
    assert_near(c.c, 0.5, 0);
    assert_near(c.se, 0, 0);
    for (size_t i = 0; i < 60; i++) {
        score[i] = -t.column[0][i] - (t.event[i] ? 0.0 : 0.5);
    }
    assert_int_equal(rsp_concordance_of(&d, score, &c, NULL), RSP_OK);
    assert_near(c.c, 1, 0);
    assert_near(c.discordant, 0, 0);
    score[7] = NAN;
    assert_int_equal(rsp_concordance_of(&d, score, &c, NULL), RSP_RANGE);
    d.n = 1;
    assert_int_equal(rsp_concordance_of(&d, score, &c, NULL), RSP_OK);
    assert_true(isnan(c.c) && isnan(c.se));
}

/* ---- Edges. */

static void data_without_information_has_a_state_and_no_numbers(void **state)
{
    (void)state;
    const double t[] = {7, 7, 14, 21}, same[] = {2, 2, 2, 2}, late[] = {5, 1, 1, 1};
    const bool none[] = {0, 0, 0, 0}, all[] = {1, 1, 1, 1}, after[] = {0, 1, 1, 1};
    rsp_cox_data d = {.n = 0, .n_covariates = 1, .time = t, .event = all, .x = same};
    assert_int_equal(state_of(&d, RSP_TIES_EFRON), RSP_COX_NO_EVENTS);
    d.n = 1;
    assert_int_equal(state_of(&d, RSP_TIES_EFRON), RSP_COX_NO_INFORMATION);
    d.n = 4;
    assert_int_equal(state_of(&d, RSP_TIES_EXACT), RSP_COX_NO_INFORMATION);
    d.event = none;
    assert_int_equal(state_of(&d, RSP_TIES_BRESLOW), RSP_COX_NO_EVENTS);
    /* Who leaves before the first event says nothing, however far out. */
    const double gone[] = {3, 7, 14, 21};
    d = (rsp_cox_data){.n = 4, .n_covariates = 1, .time = gone, .event = after, .x = late};
    assert_int_equal(state_of(&d, RSP_TIES_EFRON), RSP_COX_NO_INFORMATION);
    /* Strata of one each. */
    const uint32_t stratum[] = {4, 3, 2, 1};
    const double x[] = {1, 2, 3, 4};
    d = (rsp_cox_data){.n = 4, .n_covariates = 1, .time = t, .event = all, .x = x,
                       .stratum = stratum};
    assert_int_equal(state_of(&d, RSP_TIES_EFRON), RSP_COX_NO_INFORMATION);
    /* All fail on one day: exact ties leave nothing to choose. */
    const double day[] = {7, 7, 7, 7};
    d = (rsp_cox_data){.n = 4, .n_covariates = 1, .time = day, .event = all, .x = x};
    assert_int_equal(state_of(&d, RSP_TIES_EXACT), RSP_COX_NO_INFORMATION);
    rsp_cox *cox = fit(&d, rsp_cox_defaults());
    rsp_cox_test term, global;
    int df;
    assert_int_equal(rsp_cox_proportionality(cox, RSP_TRANSFORM_KM, &term, &global, &df, NULL),
                     RSP_OK);
    assert_true(isnan(term.chisq) && isnan(global.chisq)); /* one day: nothing changes */
    rsp_cox_free(cox);
}

static void no_covariate_gives_the_nelson_aalen_hazard(void **state)
{
    (void)state;
    trial t;
    rsp_cox_data d = read_ati(&t, 0, false);
    rsp_cox *cox = fit(&d, with(RSP_TIES_BRESLOW));
    json_t *all = survival_vector("km.json");
    const json_t *want = json_object_get(all, "ati60_nelson_aalen_all");
    rsp_cox_hazard *points;
    size_t n;
    assert_int_equal(rsp_cox_baseline(cox, &points, &n, NULL), RSP_OK);
    for (size_t i = 0; i < n; i++) {
        assert_near(points[i].cumulative, survival_item(want, "cumhaz", i), 1e-12);
    }
    assert_true(n == 15 && rsp_cox_result_of(cox)->df == 0);
    free(points);
    rsp_cox_free(cox);
    json_decref(all);
}

static void missing_covariates_and_zero_weights_leave_a_row_out(void **state)
{
    (void)state;
    trial t;
    rsp_cox_data d = read_ati(&t, 2, false);
    double weight[60];
    for (size_t i = 0; i < 60; i++) {
        weight[i] = i != 11;
    }
    t.x[2 * 5 + 1] = NAN;
    d.weight = weight;
    rsp_cox *a = fit(&d, rsp_cox_defaults());
    size_t kept = 0;
    for (size_t i = 0; i < 60; i++) {
        if (i != 5 && i != 11) {
            t.column[0][kept] = t.column[0][i];
            t.event[kept] = t.event[i];
            t.x[2 * kept] = t.x[2 * i];
            t.x[2 * kept + 1] = t.x[2 * i + 1];
            kept++;
        }
    }
    d.weight = NULL;
    d.n = kept;
    rsp_cox *b = fit(&d, rsp_cox_defaults());
    const rsp_cox_result *x = rsp_cox_result_of(a), *y = rsp_cox_result_of(b);
    assert_true(x->n == 58 && x->n_missing == 1 && y->n_missing == 0);
    assert_near(x->terms[1].coef, y->terms[1].coef, 0);
    rsp_cox_free(a);
    rsp_cox_free(b);
}

static void bad_numbers_and_options_are_refused_with_the_row(void **state)
{
    (void)state;
    static const double bad[] = {-1, NAN, INFINITY};
    trial t;
    rsp_cox *cox = NULL;
    rsp_error err;
    rsp_cox_options o = rsp_cox_defaults();
    for (int i = 0; i < 3; i++) {
        rsp_cox_data d = read_ati(&t, 1, false);
        t.column[0][3] = bad[i];
        assert_int_equal(rsp_cox_new(&d, &o, &cox, &err), RSP_RANGE);
        assert_non_null(strstr(err.message, "row 4: the time"));
        assert_null(cox);
        d = read_ati(&t, 1, false);
        t.weight[2] = bad[i];
        d.weight = t.weight;
        assert_int_equal(rsp_cox_new(&d, &o, &cox, &err), RSP_RANGE);
        assert_non_null(strstr(err.message, "row 3: the weight"));
        o.ties = RSP_TIES_EXACT;
        assert_int_equal(rsp_cox_new(&d, &o, &cox, &err), RSP_RANGE);
        o.ties = RSP_TIES_EFRON;
    }
    rsp_cox_data d = read_ati(&t, 1, false);
    t.x[0] = INFINITY;
    assert_int_equal(rsp_cox_new(&d, &o, &cox, &err), RSP_RANGE);
    assert_non_null(strstr(err.message, "row 1: a covariate"));
    d = read_ati(&t, 1, false);
    o.robust = o.firth = true;
    assert_int_equal(rsp_cox_new(&d, &o, &cox, &err), RSP_RANGE);
    o = rsp_cox_defaults();
    o.level = 1;
    assert_int_equal(rsp_cox_new(&d, &o, &cox, &err), RSP_RANGE);
    o = with(RSP_TIES_EXACT);
    cox = fit(&d, o);
    rsp_cox_test term, global;
    int df;
    assert_int_equal(rsp_cox_proportionality(cox, RSP_TRANSFORM_KM, &term, &global, &df, &err),
                     RSP_RANGE);
    rsp_cox_free(cox);
    t.column[0][0] = 0;
    t.event[0] = true;
    cox = fit(&d, rsp_cox_defaults());
    assert_int_equal(rsp_cox_proportionality(cox, RSP_TRANSFORM_LOG, &term, &global, &df, &err),
                     RSP_RANGE);
    assert_non_null(strstr(err.message, "time 0"));
    rsp_cox_free(cox);
}

static void ten_thousand_rows_take_well_under_a_second(void **state)
{
    (void)state;
    enum { N = 10000, P = 5 };
    static double t[N], x[N * P];
    static bool e[N];
    uint64_t seed = 4;
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < P; k++) {
            x[i * P + k] = survival_uniform(&seed);
        }
        t[i] = ceil(-100 * log(1 - survival_uniform(&seed)) / exp(x[i * P]));
        e[i] = survival_uniform(&seed) < 0.7;
    }
    rsp_cox_data d = {.n = N, .n_covariates = P, .time = t, .event = e, .x = x};
    clock_t before = clock();
    rsp_cox *cox = fit(&d, rsp_cox_defaults());
    double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
    const rsp_cox_term *term = rsp_cox_result_of(cox)->terms;
    assert_true(fabs(term[0].coef - 1) < 5 * term[0].se);
    assert_true(fabs(term[1].coef) < 5 * term[1].se);
    /* 0.015 s on one core of 2020; the limit leaves room for sanitizers. */
    assert_true(seconds < 1.0);
    rsp_cox_free(cox);
}

int main(int argc, char **argv)
{
    int status = survival_main(argc, argv);
    if (status != 0) {
        return status;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(efron_breslow_and_exact_fits_equal_r),
        cmocka_unit_test(exact_ties_with_several_covariates_equal_r),
        cmocka_unit_test(the_exact_score_test_is_the_log_rank_test),
        cmocka_unit_test(proportionality_and_baseline_hazard_equal_r),
        cmocka_unit_test(the_robust_error_equals_r),
        cmocka_unit_test(weights_strata_and_clusters_together_equal_r),
        cmocka_unit_test(clusters_that_leave_nothing_have_no_robust_error),
        cmocka_unit_test(a_monotone_likelihood_is_said_and_its_tests_stand),
        cmocka_unit_test(the_term_that_runs_away_is_told_from_those_that_settle),
        cmocka_unit_test(a_covariate_that_orders_the_events_is_monotone_however_it_is_scaled),
        cmocka_unit_test(the_supremum_is_reached_however_far_out_it_is),
        cmocka_unit_test(monotone_is_judged_by_the_likelihood_in_use),
        cmocka_unit_test(firth_estimates_and_profile_limits_equal_coxphf),
        cmocka_unit_test(firth_with_two_covariates_equals_a_search_in_r),
        cmocka_unit_test(firth_fades_as_the_data_grow),
        cmocka_unit_test(origin_unit_and_order_of_rows_change_nothing),
        cmocka_unit_test(a_count_is_that_many_rows_and_a_weight_is_not_where_events_tie),
        cmocka_unit_test(an_offset_moves_the_estimate_by_itself),
        cmocka_unit_test(who_is_at_risk_at_no_event_moves_nothing_however_far_out),
        cmocka_unit_test(a_dependent_covariate_is_left_out_and_said),
        cmocka_unit_test(concordance_is_one_half_of_a_constant_and_one_of_perfect_order),
        cmocka_unit_test(data_without_information_has_a_state_and_no_numbers),
        cmocka_unit_test(no_covariate_gives_the_nelson_aalen_hazard),
        cmocka_unit_test(missing_covariates_and_zero_weights_leave_a_row_out),
        cmocka_unit_test(bad_numbers_and_options_are_refused_with_the_row),
        cmocka_unit_test(ten_thousand_rows_take_well_under_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
