/* Tobit against survreg, mixed models against lme4 and nlme (R 4.2.2), and laws at
 * the edges.  Usage: test_regression DIRECTORY_OF_VECTORS. */
#include "known.h"

#include <stdlib.h>
#include <string.h>

#include "respite/regression.h"

/* R stops Newton at a relative change of 1e-9 of the log-likelihood. */
#define NEWTON 1e-6
#define NEWTON_SE 1e-5
/* bobyqa stops at 1e-12 of theta; the deviance is flat to its root. */
#define VARIANCE 1e-4
#define FIXED 1e-6

enum { MOST = 64 };

/* ---- Tobit */

static size_t tobit40(rsp_limits *y, double *x, size_t n_x)
{
    double arm[MOST], base[MOST], value[MOST], cens[MOST];
    size_t n = known_column("tobit40.csv", "y", value, MOST);
    known_column("tobit40.csv", "arm", arm, MOST);
    known_column("tobit40.csv", "base", base, MOST);
    known_column("tobit40.csv", "cens", cens, MOST);
    for (size_t i = 0; i < n; i++) {
        y[i] = (rsp_limits){cens[i] > 0 ? -(double)INFINITY : value[i], value[i]};
        double row[] = {1, arm[i], base[i]};
        for (size_t j = 0; j < n_x; j++) {
            x[i * n_x + j] = row[j];
        }
    }
    return n;
}

static void check_tobit(const rsp_tobit *t, const json_t *want)
{
    double coef[4], se[4];
    size_t n = known_array(want, "coef", coef, 4);
    known_array(want, "se", se, 4);
    assert_true(t->estimable && n == t->n_x + 1);
    for (size_t i = 0; i < n; i++) {
        assert_near(i < t->n_x ? t->coef[i] : log(t->sigma), coef[i], NEWTON);
        assert_near(t->se[i], se[i], NEWTON_SE);
    }
    assert_near(t->log_likelihood, known_number(want, "loglik"), NEWTON);
}

static void tobit_is_survreg(void **state)
{
    (void)state;
    rsp_limits y[MOST];
    double x[3 * MOST];
    rsp_tobit t;
    size_t n = tobit40(y, x, 3);
    assert_ok(rsp_tobit_fit(y, x, n, 3, &t, NULL));
    assert_int_equal(t.n_left, 15);
    assert_int_equal(t.n_values, 25);
    check_tobit(&t, known_at(known_json("tobit.json"), "arm_base"));
    rsp_tobit_fini(&t);
    n = tobit40(y, x, 2);
    assert_ok(rsp_tobit_fit(y, x, n, 2, &t, NULL));
    check_tobit(&t, known_at(known_json("tobit.json"), "arm_only"));
    rsp_tobit_fini(&t);
}

static void tobit_takes_limits_of_every_kind_row_by_row(void **state)
{
    (void)state;
    /* survreg(Surv(lo, hi, type = "interval2") ~ x, dist = "gaussian") */
    const double inf = INFINITY;
    const rsp_limits y[] = {{1.2, 1.2}, {-inf, 1}, {2.5, 2.5}, {3, inf}, {2.2, 2.9},
                            {-inf, 1.7}, {4.1, 4.1}, {1.9, 2.4}, {5, inf}, {3.3, 3.3},
                            {-inf, inf}};
    static const double vcov[] = {0.90458664971267022, -0.25686560106598516,
                                  -0.03808775798187574, -0.25686560106598516,
                                  0.092380482414835083, 0.013417312128808027,
                                  -0.03808775798187574, 0.013417312128808027,
                                  0.10314022187627341};
    double x[22];
    for (int i = 0; i < 11; i++) {
        x[2 * i] = 1;
        x[2 * i + 1] = (i + 1) / 2.0;
    }
    rsp_tobit t;
    assert_ok(rsp_tobit_fit(y, x, 11, 2, &t, NULL)); /* the last row says nothing */
    assert_true(t.n_values == 4 && t.n_left == 2 && t.n_right == 2 && t.n_between == 2);
    assert_near(t.coef[0], 0.77647943574848588, NEWTON);
    assert_near(t.coef[1], 0.67721871164835268, NEWTON);
    assert_near(t.sigma, 1.3087102176313292, NEWTON);
    assert_near(t.log_likelihood, -15.032221740674277, NEWTON);
    for (int i = 0; i < 9; i++) {
        assert_near(t.vcov[i], vcov[i], NEWTON_SE);
    }
    rsp_tobit_fini(&t);
}

static void tobit_without_limits_is_least_squares(void **state)
{
    (void)state;
    static const double value[] = {3, 1, 4, 1.5, 9, 2.6}, x[] = {1, 0, 1, 1, 1, 2,
                                                                 1, 3, 1, 4, 1, 5};
    rsp_limits y[6];
    for (int i = 0; i < 6; i++) {
        y[i] = (rsp_limits){value[i], value[i]};
    }
    /* lm: coef, and sigma with n in the denominator */
    rsp_tobit t;
    assert_ok(rsp_tobit_fit(y, x, 6, 2, &t, NULL));
    double slope = 0, squares = 0;
    for (int i = 0; i < 6; i++) {
        slope += (x[2 * i + 1] - 2.5) * value[i] / 17.5;
    }
    for (int i = 0; i < 6; i++) {
        double e = value[i] - 21.1 / 6 - slope * (x[2 * i + 1] - 2.5);
        squares += e * e;
    }
    assert_near(t.coef[1], slope, CLOSED_FORM);
    assert_near(t.sigma, sqrt(squares / 6), CLOSED_FORM);
    assert_near(t.se[1], t.sigma / sqrt(17.5), CLOSED_FORM);
    assert_near(t.se[2], 1 / sqrt(12.0), CLOSED_FORM); /* log sigma: 1 / sqrt(2n) */
    rsp_tobit_fini(&t);
}

/* Units and a far origin change nothing but the numbers they must. */
static void tobit_does_not_mind_the_units(void **state)
{
    (void)state;
    rsp_limits y[MOST];
    double x[3 * MOST];
    rsp_tobit a, b;
    size_t n = tobit40(y, x, 3);
    assert_ok(rsp_tobit_fit(y, x, n, 3, &a, NULL));
    for (size_t i = 0; i < n; i++) {
        y[i].low = 1e6 + 1e3 * y[i].low;
        y[i].high = 1e6 + 1e3 * y[i].high;
        x[3 * i + 2] = 100 + x[3 * i + 2] / 1e3;
    }
    assert_ok(rsp_tobit_fit(y, x, n, 3, &b, NULL));
    assert_near(b.coef[1] / 1e3, a.coef[1], NEWTON);
    assert_near(b.coef[2] / 1e6, a.coef[2], NEWTON);
    assert_near(b.sigma / 1e3, a.sigma, NEWTON);
    assert_near(b.log_likelihood + 25 * log(1e3), a.log_likelihood, NEWTON);
    rsp_tobit_fini(&a);
    rsp_tobit_fini(&b);
}

/* From below the width at which a row is its middle to far above it. */
static void a_narrow_interval_is_a_value_with_its_width(void **state)
{
    (void)state;
    rsp_limits y[MOST], wide[MOST];
    double x[3 * MOST];
    rsp_tobit a, b;
    size_t n = tobit40(y, x, 3);
    assert_ok(rsp_tobit_fit(y, x, n, 3, &a, NULL));
    for (double width = 1e-8; width < 2e-3; width *= 10) {
        for (size_t i = 0; i < n; i++) {
            wide[i] = y[i];
            if (y[i].low == y[i].high) {
                wide[i].low -= width / 2;
                wide[i].high += width / 2;
            }
        }
        assert_ok(rsp_tobit_fit(wide, x, n, 3, &b, NULL));
        assert_int_equal(b.n_between, 25);
        /* width^2 / 24 off, and the limits' rounding at 1e-16 / width */
        assert_near(b.coef[1], a.coef[1], 1e-6);
        assert_near(b.log_likelihood, a.log_likelihood + 25 * log(width), 1e-6);
        rsp_tobit_fini(&b);
    }
    rsp_tobit_fini(&a);
}

static void check_no_tobit(const rsp_limits *y, const double *x, size_t n, size_t n_x,
                           const char *why)
{
    rsp_tobit t;
    assert_ok(rsp_tobit_fit(y, x, n, n_x, &t, NULL));
    assert_false(t.estimable);
    assert_true(isnan(t.sigma) && isnan(t.coef[0]) && isnan(t.se[n_x]));
    if (!strstr(t.reason, why)) {
        fail_msg("%s, not %s", t.reason, why);
    }
    rsp_tobit_fini(&t);
}

static void tobit_says_why_it_has_no_maximum(void **state)
{
    (void)state;
    const double inf = INFINITY;
    static const double ones[] = {1, 1, 1, 1, 1, 1}, twice[] = {1, 2, 1, 2, 1, 2},
                        split[] = {1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1};
    const rsp_limits left[] = {{-inf, 1}, {-inf, 1}, {-inf, 2}};
    const rsp_limits right[] = {{3, inf}, {3, inf}, {2, inf}};
    const rsp_limits same[] = {{2, 2}, {2, 2}, {2, 2}};
    const rsp_limits nothing[] = {{-inf, inf}};
    /* All of one arm below the limit: its coefficient runs to -inf. */
    const rsp_limits arm[] = {{2, 2}, {3, 3}, {-inf, 1}, {-inf, 1}, {2.6, 2.6}, {-inf, 1}};
    /* Left and right limits that do not overlap: sigma runs to 0. */
    const rsp_limits apart[] = {{-inf, 1}, {2, inf}, {-inf, 1.2}};
    /* The same by a column for each arm, and exact but for rounding. */
    static const double each[] = {1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1};
    static const double slope[] = {1, 0.1, 1, 0.2, 1, 0.3, 1, 0.7};
    rsp_limits line[4];
    for (int i = 0; i < 4; i++) {
        line[i].low = line[i].high = 0.1 + 0.3 * slope[2 * i + 1];
    }
    check_no_tobit(arm, each, 6, 2, "runs away");
    check_no_tobit(line, slope, 4, 2, "exactly");
    check_no_tobit(left, ones, 3, 1, "same side");
    check_no_tobit(right, ones, 3, 1, "same side");
    check_no_tobit(same, ones, 3, 1, "exactly");
    check_no_tobit(nothing, ones, 1, 1, "says anything");
    check_no_tobit(nothing, ones, 0, 1, "says anything");
    check_no_tobit(arm, split, 6, 2, "");
    check_no_tobit(same, twice, 3, 2, "depend");
    check_no_tobit(apart, split, 3, 2, "");
}

static void tobit_refuses_what_is_no_limit(void **state)
{
    (void)state;
    static const double x[] = {1, 1};
    const rsp_limits turned[] = {{1, 1}, {3, 2}}, no[] = {{1, 1}, {NAN, 2}};
    rsp_tobit t;
    rsp_error err;
    assert_int_equal(rsp_tobit_fit(turned, x, 2, 1, &t, &err), RSP_RANGE);
    assert_string_equal(err.message, "row 2: limits 3 and 2: low <= high is expected");
    rsp_tobit_fini(&t);
    assert_int_equal(rsp_tobit_fit(no, x, 2, 1, &t, &err), RSP_RANGE);
    const rsp_limits ends[] = {{INFINITY, INFINITY}};
    assert_int_equal(rsp_tobit_fit(ends, x, 1, 1, &t, &err), RSP_RANGE);
    static const double bad[] = {1, INFINITY};
    assert_int_equal(rsp_tobit_fit(turned, bad, 1, 2, &t, &err), RSP_RANGE);
    assert_int_equal(rsp_tobit_fit(turned, bad, 1, 0, &t, &err), RSP_RANGE);
}

/* ---- Mixed models */

typedef struct lmm {
    double y[MOST], x[4 * MOST], z[2 * MOST];
    size_t who[MOST];
    rsp_mixed_data data;
} lmm;

/* 1, yr and, with n_x = 4, trt and yr:trt */
static void lmm57(lmm *l, size_t n_x, size_t n_z)
{
    double id[MOST], yr[MOST], trt[MOST];
    size_t n = known_column("lmm57.csv", "y", l->y, MOST);
    known_column("lmm57.csv", "id", id, MOST);
    known_column("lmm57.csv", "yr", yr, MOST);
    known_column("lmm57.csv", "trt", trt, MOST);
    for (size_t i = 0; i < n; i++) {
        double x[] = {1, yr[i], trt[i], yr[i] * trt[i]};
        l->who[i] = (size_t)id[i];
        for (size_t j = 0; j < n_x; j++) {
            l->x[i * n_x + j] = x[j];
        }
        for (size_t j = 0; j < n_z; j++) {
            l->z[i * n_z + j] = x[j];
        }
    }
    l->data = (rsp_mixed_data){l->y, l->x, l->z, l->who, n, n_x, n_z};
}

static rsp_mixed fit(const rsp_mixed_data *d, bool reml)
{
    rsp_mixed m;
    assert_ok(rsp_mixed_fit(d, reml, &m, NULL));
    return m;
}

static void mixed_models_are_those_of_lme4(void **state)
{
    (void)state;
    static const char *const name[] = {"(Intercept)", "yr", "trt", "yr:trt"};
    static const struct {
        const char *key;
        bool reml;
        size_t n_z;
    } model[] = {{"REML_slope", true, 2}, {"ML_slope", false, 2},
                 {"REML_intercept", true, 1}, {"ML_intercept", false, 1}};
    for (size_t k = 0; k < 4; k++) {
        const json_t *want = known_at(known_json("mixed_model.json"), model[k].key);
        double se[4], vcov[4];
        size_t n_v = known_array(want, "vcov", vcov, 4);
        known_array(want, "se", se, 4);
        lmm l;
        lmm57(&l, 4, model[k].n_z);
        rsp_mixed m = fit(&l.data, model[k].reml);
        assert_true(m.estimable && !m.singular && m.n_who == 12);
        for (size_t i = 0; i < 4; i++) {
            const json_t *b = json_object_get(json_object_get(want, "fixef"), name[i]);
            assert_near(m.coef[i], json_number_value(b), FIXED);
            assert_near(m.se[i], se[i], NEWTON_SE);
        }
        if (model[k].n_z == 2) { /* var, var, cov, residual */
            assert_near(m.d[3] / vcov[1], 1, VARIANCE);
            assert_near(m.d[1] / vcov[2], 1, VARIANCE);
            assert_near(m.d[2], m.d[1], 0);
        }
        assert_near(m.d[0] / vcov[0], 1, VARIANCE);
        assert_near(m.sigma2 / vcov[n_v - 1], 1, VARIANCE);
        assert_near(m.log_likelihood, known_number(want, "logLik"), FIXED);
        rsp_mixed_fini(&m);
    }
}

static void degrees_of_freedom_and_p_are_those_of_nlme(void **state)
{
    (void)state;
    const json_t *want = known_at(known_json("mixed_model.json"), "nlme_REML_intercept");
    double df[4], p[4];
    known_array(want, "df", df, 4);
    known_array(want, "p", p, 4);
    lmm l;
    lmm57(&l, 4, 1);
    rsp_mixed m = fit(&l.data, true);
    for (size_t i = 0; i < 4; i++) {
        double contrast[4] = {0};
        rsp_contrast w;
        contrast[i] = 1;
        assert_near(m.df[i], df[i], 0);
        rsp_wald(m.coef, m.vcov, 4, 4, contrast, 0, m.df[i], 0.95, &w);
        assert_near(log(w.p), log(p[i]), 1e-6); /* nlme's own coefficients: 1e-9 off */
    }
    rsp_mixed_fini(&m);
}

static void conditional_means_are_ranef(void **state)
{
    (void)state;
    lmm l;
    lmm57(&l, 4, 2);
    rsp_mixed m = fit(&l.data, true);
    static const double u[] = {-0.03720177096349242, -0.12128343731216551,
                               0.098081417931023193, -0.1681540925430369};
    assert_int_equal(m.who[0], 1);
    assert_int_equal(m.who[11], 12);
    for (int k = 0; k < 2; k++) { /* ranef(): as exact as theta */
        assert_near(m.u[k], u[k], 1e-5);
        assert_near(m.u[22 + k], u[2 + k], 1e-5);
    }
    rsp_mixed_fini(&m);
}

/* lmer(sin(7.3 * (1:57)) ~ yr + (1 | id)) and + (yr | id): both singular */
static void singular_fits_are_fits(void **state)
{
    (void)state;
    lmm l;
    lmm57(&l, 2, 1);
    for (size_t i = 0; i < l.data.n; i++) {
        l.y[i] = sin(7.3 * (double)(i + 1));
    }
    rsp_mixed m = fit(&l.data, true);
    assert_true(m.estimable && m.singular);
    assert_near(m.d[0], 0, 0);
    assert_near(m.sigma2, 0.51229534594125936, VARIANCE);
    assert_near(m.log_likelihood, -63.782180377096331, FIXED);
    assert_near(m.coef[1], 0.10365557125145922, FIXED);
    assert_near(m.se[1], 0.086557473435166815, NEWTON_SE);
    rsp_mixed_fini(&m);
    double y[MOST];
    for (size_t i = 0; i < l.data.n; i++) {
        y[i] = l.y[i];
    }
    lmm57(&l, 2, 2);
    l.data.y = y;
    m = fit(&l.data, true);
    assert_true(m.estimable && m.singular);
    assert_near(m.d[0], 0.38910285614786999, VARIANCE);
    assert_near(m.d[1], -0.28751024160369748, VARIANCE);
    assert_near(m.d[3], 0.21244289966250621, VARIANCE);
    assert_near(m.d[1] * m.d[1], m.d[0] * m.d[3], 1e-9); /* correlation -1 */
    assert_near(m.log_likelihood, -55.438756090632879, FIXED);
    assert_near(m.coef[1], 0.10033549390144841, FIXED);
    rsp_mixed_fini(&m);
}

static void a_variance_on_its_boundary_is_zero_and_not_dust(void **state)
{
    (void)state;
    int singular = 0;
    for (int k = 0; k < 120; k++) {
        lmm l;
        lmm57(&l, 2, k < 60 ? 1 : 2);
        for (size_t i = 0; i < l.data.n; i++) {
            l.y[i] = sin((7 + 0.1 * k) * (double)(i + 1));
        }
        rsp_mixed m = fit(&l.data, k % 2);
        assert_true(m.estimable);
        double left = k < 60 ? m.d[0] : m.d[0] * m.d[3] - m.d[1] * m.d[2];
        assert_true(m.singular == (left <= 1e-15));
        singular += m.singular;
        rsp_mixed_fini(&m);
    }
    assert_true(singular > 40 && singular < 100);
}

/* Balanced, one way: REML is the analysis of variance (Searle 1971). */
static void a_balanced_layout_is_the_analysis_of_variance(void **state)
{
    (void)state;
    double y[20], ones[20], means[5] = {0}, grand = 0, between = 0, within = 0;
    size_t who[20];
    for (size_t i = 0; i < 20; i++) {
        who[i] = 100 - i / 4;
        ones[i] = 1;
        y[i] = 3 * sin((double)(i / 4)) + cos(5.0 * (double)i);
        means[i / 4] += y[i] / 4;
        grand += y[i] / 20;
    }
    for (size_t i = 0; i < 20; i++) {
        between += (means[i / 4] - grand) * (means[i / 4] - grand) / 16;
        within += (y[i] - means[i / 4]) * (y[i] - means[i / 4]) / 15;
    }
    rsp_mixed_data d = {y, ones, ones, who, 20, 1, 1};
    rsp_mixed m = fit(&d, true);
    assert_near(m.coef[0], grand, CLOSED_FORM);
    assert_near(m.sigma2, within, 1e-8);
    assert_near(m.d[0], (4 * between - within) / 4, 1e-8);
    assert_near(m.se[0], sqrt(between / 5), 1e-8);
    assert_int_equal(m.who[0], 96);
    assert_near(m.u[0], (means[4] - grand) * (1 - within / (4 * between)), 1e-8);
    rsp_mixed_fini(&m);
}

static void rows_may_come_in_any_order_and_units(void **state)
{
    (void)state;
    lmm l, t;
    lmm57(&l, 4, 2);
    t = l;
    size_t n = l.data.n;
    for (size_t i = 0; i < n; i++) {
        size_t from = i * 23 % n; /* 57 = 3 * 19 */
        t.y[i] = 1e5 + 40 * l.y[from];
        t.who[i] = 1000 * l.who[from];
        for (size_t j = 0; j < 4; j++) { /* years to days */
            t.x[4 * i + j] = l.x[4 * from + j] * (j % 2 ? 365.25 : 1);
        }
        for (size_t j = 0; j < 2; j++) {
            t.z[2 * i + j] = l.z[2 * from + j] * (j % 2 ? 365.25 : 1);
        }
    }
    t.data = (rsp_mixed_data){t.y, t.x, t.z, t.who, n, 4, 2};
    rsp_mixed a = fit(&l.data, true), b = fit(&t.data, true);
    assert_near(b.coef[3] * 365.25 / 40, a.coef[3], 1e-8);
    assert_near(b.d[3] * 365.25 * 365.25 / 1600, a.d[3], 1e-7);
    assert_near(b.log_likelihood + (double)(n - 4) * log(40) + 2 * log(365.25),
                a.log_likelihood, 1e-7);
    rsp_mixed_fini(&a);
    rsp_mixed_fini(&b);
}

static void check_no_mixed(const rsp_mixed_data *d, const char *why)
{
    rsp_mixed m = fit(d, true);
    assert_false(m.estimable);
    assert_true(isnan(m.coef[0]) && isnan(m.sigma2) && isnan(m.d[0]));
    if (!strstr(m.reason, why)) {
        fail_msg("%s, not %s", m.reason, why);
    }
    rsp_mixed_fini(&m);
}

static void a_mixed_model_says_why_it_cannot_be_fitted(void **state)
{
    (void)state;
    static const double y[] = {1, 2, 4, 3, 7, 5}, ones[] = {1, 1, 1, 1, 1, 1},
                        exact[] = {2, 2, 2, 2, 2, 2}, zero[6] = {0},
                        twice[] = {1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2};
    static const size_t each[] = {1, 2, 3, 4, 5, 6}, pairs[] = {1, 1, 2, 2, 3, 3};
    rsp_mixed_data d = {y, ones, ones, each, 6, 1, 1};
    check_no_mixed(&d, "random effects"); /* nobody twice */
    d = (rsp_mixed_data){exact, ones, ones, pairs, 6, 1, 1};
    check_no_mixed(&d, "exactly");
    d = (rsp_mixed_data){y, twice, ones, pairs, 6, 2, 1};
    check_no_mixed(&d, "depend");
    d = (rsp_mixed_data){y, ones, zero, pairs, 6, 1, 1};
    check_no_mixed(&d, "zeros");
    d = (rsp_mixed_data){y, ones, ones, pairs, 1, 1, 1};
    check_no_mixed(&d, "no more rows");
    d = (rsp_mixed_data){y, ones, ones, pairs, 0, 1, 1};
    check_no_mixed(&d, "no more rows");
    rsp_mixed m;
    rsp_error err;
    double bad[] = {1, 2, NAN, 3, 4, 5};
    d = (rsp_mixed_data){bad, ones, ones, pairs, 6, 1, 1};
    assert_int_equal(rsp_mixed_fit(&d, true, &m, &err), RSP_RANGE);
    assert_string_equal(err.message, "row 3 has a value that is no finite number");
    d = (rsp_mixed_data){y, ones, ones, pairs, 6, 1, 5};
    assert_int_equal(rsp_mixed_fit(&d, true, &m, &err), RSP_RANGE);
}

/* Two rows of each participant alike: no residual; the deviance falls for ever. */
static void values_that_only_participants_part_are_fitted_exactly(void **state)
{
    (void)state;
    static const double y[] = {1, 1, 4, 4, 7, 7}, ones[] = {1, 1, 1, 1, 1, 1};
    static const size_t pairs[] = {1, 1, 2, 2, 3, 3};
    rsp_mixed_data d = {y, ones, ones, pairs, 6, 1, 1};
    check_no_mixed(&d, "no minimum");
}

static void thousands_of_rows_are_quick(void **state)
{
    (void)state;
    enum { N = 12000 };
    double *y = calloc(N, sizeof *y), *x = calloc(3 * N, sizeof *x), *z = calloc(2 * N, 8);
    size_t *who = calloc(N, sizeof *who);
    for (size_t i = 0; i < N; i++) {
        double t = (double)(i % 6);
        who[i] = i / 6;
        x[3 * i] = z[2 * i] = 1;
        x[3 * i + 1] = z[2 * i + 1] = t;
        x[3 * i + 2] = (double)(who[i] % 2);
        y[i] = 2 - 0.1 * t + sin(37.0 * (double)who[i]) + 0.2 * t * cos(91.0 * (double)who[i]) +
               0.5 * sin(1.7 * (double)i * (double)i);
    }
    rsp_mixed_data d = {y, x, z, who, N, 3, 2};
    rsp_mixed m = fit(&d, true);
    assert_true(m.estimable && !m.singular);
    assert_near(m.d[0], 0.5, 0.1); /* the variance of a sine */
    assert_near(m.d[3], 0.02, 0.005);
    rsp_mixed_fini(&m);
    free(y);
    free(x);
    free(z);
    free(who);
}

/* ---- Tests on fits */

static void likelihood_ratio_is_anova(void **state)
{
    (void)state;
    lmm l;
    lmm57(&l, 4, 1);
    rsp_mixed large = fit(&l.data, false);
    double x[3 * MOST];
    for (size_t i = 0; i < l.data.n; i++) {
        for (size_t j = 0; j < 3; j++) {
            x[3 * i + j] = l.x[4 * i + j];
        }
    }
    l.data.x = x;
    l.data.n_x = 3;
    rsp_mixed small = fit(&l.data, false);
    rsp_joint t = rsp_likelihood_ratio(small.log_likelihood, large.log_likelihood, 1, false);
    assert_near(t.chisq, 5.76228, 1e-5); /* as anova() prints it */
    assert_near(t.p, 0.016374, 1e-5);
    rsp_joint half = rsp_likelihood_ratio(small.log_likelihood, large.log_likelihood, 1, true);
    assert_near(half.p, t.p / 2, CLOSED_FORM);
    assert_near(rsp_likelihood_ratio(-3, -3, 1, true).p, 1, 0);
    assert_near(rsp_likelihood_ratio(-3, -3 - 1e-9, 1, false).p, 1, 0);
    assert_true(isnan(rsp_likelihood_ratio(-3, -4, 1, false).p)); /* not nested */
    assert_true(isnan(rsp_likelihood_ratio(NAN, -4, 1, true).p));
    /* Halfway between chi-squared 1 and 2 at 5: pchisq(5, 1:2, lower = FALSE) */
    assert_near(rsp_likelihood_ratio(0, 2.5, 2, true).p,
                (0.025347318677468325 + 0.0820849986238988) / 2, CLOSED_FORM);
    rsp_mixed_fini(&large);
    rsp_mixed_fini(&small);
}

static void wald_tests_agree_with_one_another(void **state)
{
    (void)state;
    rsp_limits y[MOST];
    double x[3 * MOST];
    rsp_tobit t;
    size_t n = tobit40(y, x, 3);
    assert_ok(rsp_tobit_fit(y, x, n, 3, &t, NULL));
    static const double arm[] = {0, 1, 0}, both[] = {0, 1, 0, 0, 0, 1}, same[] = {0, 1, 0,
                                                                                  0, 2, 0};
    rsp_contrast w;
    rsp_joint j;
    rsp_wald(t.coef, t.vcov, 3, 4, arm, 0, 0, 0.95, &w);
    assert_near(w.se, t.se[1], CLOSED_FORM);
    assert_near(w.low, t.coef[1] - 1.959963984540054 * t.se[1], CLOSED_FORM);
    assert_ok(rsp_wald_joint(t.coef, t.vcov, 3, 4, arm, 1, &j, NULL));
    assert_near(j.chisq, w.statistic * w.statistic, CLOSED_FORM);
    assert_near(j.p, w.p, CLOSED_FORM);
    rsp_wald(t.coef, t.vcov, 3, 4, arm, w.estimate, 0, 0.95, &w);
    assert_near(w.p, 1, 0);
    assert_ok(rsp_wald_joint(t.coef, t.vcov, 3, 4, both, 2, &j, NULL));
    double a = t.vcov[5], b = t.vcov[10], c = t.vcov[6], u = t.coef[1], v = t.coef[2];
    assert_near(j.chisq, (b * u * u - 2 * c * u * v + a * v * v) / (a * b - c * c),
                CLOSED_FORM);
    assert_int_equal(j.df, 2);
    assert_ok(rsp_wald_joint(t.coef, t.vcov, 3, 4, same, 2, &j, NULL)); /* one, twice */
    assert_true(isnan(j.p) && j.df == 0);
    rsp_tobit_fini(&t);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tobit_is_survreg),
        cmocka_unit_test(tobit_takes_limits_of_every_kind_row_by_row),
        cmocka_unit_test(tobit_without_limits_is_least_squares),
        cmocka_unit_test(tobit_does_not_mind_the_units),
        cmocka_unit_test(a_narrow_interval_is_a_value_with_its_width),
        cmocka_unit_test(tobit_says_why_it_has_no_maximum),
        cmocka_unit_test(tobit_refuses_what_is_no_limit),
        cmocka_unit_test(mixed_models_are_those_of_lme4),
        cmocka_unit_test(degrees_of_freedom_and_p_are_those_of_nlme),
        cmocka_unit_test(conditional_means_are_ranef),
        cmocka_unit_test(singular_fits_are_fits),
        cmocka_unit_test(a_variance_on_its_boundary_is_zero_and_not_dust),
        cmocka_unit_test(a_balanced_layout_is_the_analysis_of_variance),
        cmocka_unit_test(rows_may_come_in_any_order_and_units),
        cmocka_unit_test(a_mixed_model_says_why_it_cannot_be_fitted),
        cmocka_unit_test(values_that_only_participants_part_are_fitted_exactly),
        cmocka_unit_test(thousands_of_rows_are_quick),
        cmocka_unit_test(likelihood_ratio_is_anova),
        cmocka_unit_test(wald_tests_agree_with_one_another),
    };
    if (!known_open(argc, argv)) {
        return 77;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    known_close();
    return failed;
}
