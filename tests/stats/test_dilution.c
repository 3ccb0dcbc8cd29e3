/* Limiting dilution: against the vectors, against an independent grid, and the
 * seventeen people of Lotspeich 2024 with and without their lineages. */
#include "assay.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "respite/dilution.h"

static const double CLOSED_FORM = 1e-10;

static rsp_dilution fit(const rsp_dilution_level *levels, size_t n)
{
    rsp_dilution_options o = rsp_dilution_defaults();
    rsp_dilution d;
    rsp_error err = {0};
    if (rsp_dilution_fit(levels, n, &o, &d, &err) != RSP_OK) {
        fail_msg("%s", err.message);
    }
    return d;
}

static void infectious_units_are_those_of_the_vectors(void **state)
{
    (void)state;
    json_t *all = assay_vector("ipda.json");
    const json_t *v = json_object_get(all, "limiting_dilution_IUPM");
    const json_t *design = json_object_get(v, "design");
    rsp_dilution_level levels[4];
    for (size_t i = 0; i < 4; i++) {
        const json_t *row = json_array_get(design, i);
        levels[i] = (rsp_dilution_level){assay_item(row, 0) / 1e6, assay_item(row, 1),
                                         assay_item(row, 2)};
    }
    rsp_dilution d = fit(levels, 4);
    assert_int_equal(d.end, RSP_DILUTION_ESTIMATED);
    /* Theirs stopped where a numeric maximiser did. */
    assert_near(d.iupm, assay_number(v, "IUPM"), 1e-8);
    assert_near(d.log_se, assay_number(v, "log_se"), 1e-8);
    assert_near(d.low, assay_item(json_object_get(v, "ci95"), 0), 1e-8);
    assert_near(d.high, assay_item(json_object_get(v, "ci95"), 1), 1e-8);
    for (size_t i = 0; i < 4; i++) {
        levels[i].positive = 0;
    }
    d = fit(levels, 4);
    assert_int_equal(d.end, RSP_DILUTION_ALL_NEGATIVE);
    assert_near(d.million_cells, assay_number(v, "all_negative_median_posterior_total_cells") / 1e6,
                1e-15);
    assert_near(d.posterior_median, assay_number(v, "all_negative_IUPM"), CLOSED_FORM);
    json_decref(all);
}

/* R 4.2.2: glm(cbind(positive, negative) ~ 1 + offset(log(cells)),
 * family = binomial("cloglog"), epsilon = 1e-14); exp(coef) and its standard error.
 * The same model by another parametrisation and algorithm; R stops at 1e-14 of the
 * deviance, which leaves half the digits. */
static void infectious_units_are_those_of_r(void **state)
{
    (void)state;
    static const struct {
        rsp_dilution_level levels[4];
        size_t n;
        double iupm, log_se;
    } cases[] = {
        {{{1, 12, 12}, {0.2, 12, 7}, {0.04, 12, 1}}, 3, 4.24090565070576, 0.295081403649643},
        {{{5, 2, 1}, {1, 2, 1}}, 2, 0.235260044811713, 0.778151558201631},
        {{{2.5, 1000, 990}, {0.5, 1000, 401}, {0.1, 500, 45}, {0.025, 500, 10}},
         4, 1.25709287909902, 0.0320818754070625},
        {{{3, 24, 24}, {3e-3, 24, 1}}, 2, 14.1865381395987, 1.00007547340795},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rsp_dilution d = fit(cases[i].levels, cases[i].n);
        assert_near(d.iupm, cases[i].iupm, 1e-7);
        assert_near(d.log_se, cases[i].log_se, 1e-7);
    }
}

static void one_dilution_has_a_closed_form(void **state)
{
    (void)state;
    rsp_dilution d = fit(&(rsp_dilution_level){2.5, 36, 4}, 1);
    assert_near(d.iupm, -log(32.0 / 36) / 2.5, 1e-13);
    assert_near(d.se, sqrt(4.0 / 36 / 32) / 2.5, 1e-12);
    assert_true(isnan(d.p) && d.df == 0);
    assert_near(d.exact_p, 1, 1e-6); /* the likeliest outcome of its own estimate */
}

static void all_negative_wells_bound_from_above_and_all_positive_from_below(void **state)
{
    (void)state;
    rsp_dilution d = fit((rsp_dilution_level[]){{1, 10, 0}, {0.2, 6, 0}}, 2);
    assert_near(d.iupm, 0, 0);
    assert_near(d.low, 0, 0);
    assert_near(d.high, -log(0.05) / 11.2, CLOSED_FORM); /* exp(-11.2 high) = 0.05 */
    assert_near(d.posterior_median, log(2) / 11.2, CLOSED_FORM);
    assert_true(isnan(d.se) && isnan(d.p) && isnan(d.exact_p));

    d = fit((rsp_dilution_level[]){{1, 10, 10}, {0.2, 6, 6}}, 2);
    assert_int_equal(d.end, RSP_DILUTION_ALL_POSITIVE);
    assert_true(isnan(d.iupm) && isnan(d.posterior_median) && isinf(d.high));
    double all = pow(1 - exp(-d.low), 10) * pow(1 - exp(-0.2 * d.low), 6);
    assert_near(all, 0.05, CLOSED_FORM);

    d = fit(NULL, 0);
    assert_int_equal(d.end, RSP_DILUTION_NO_WELLS);
    assert_true(isnan(d.iupm) && isnan(d.low) && isnan(d.high));
    d = fit(&(rsp_dilution_level){1, 0, 0}, 1);
    assert_int_equal(d.end, RSP_DILUTION_NO_WELLS);
    for (int e = RSP_DILUTION_NO_WELLS; e <= RSP_DILUTION_ALL_POSITIVE; e++) {
        assert_true(rsp_dilution_end_text((rsp_dilution_end)e)[0] != '\0');
    }
}

static void assert_same(double a, double b)
{
    assert_true(a == b || (isnan(a) && isnan(b)));
}

static void levels_of_the_same_cells_are_one_and_their_order_is_no_matter(void **state)
{
    (void)state;
    rsp_dilution a = fit((rsp_dilution_level[]){{1, 6, 5}, {0.2, 6, 2}, {5, 0, 0}}, 3);
    rsp_dilution b = fit((rsp_dilution_level[]){{0.2, 2, 1}, {1, 6, 5}, {0.2, 4, 1}}, 3);
    assert_int_equal(a.end, b.end);
    assert_same(a.iupm, b.iupm);
    assert_same(a.se, b.se);
    assert_same(a.log_se, b.log_se);
    assert_same(a.low, b.low);
    assert_same(a.high, b.high);
    assert_same(a.posterior_median, b.posterior_median);
    assert_same(a.million_cells, b.million_cells);
    assert_same(a.chisq, b.chisq);
    assert_same(a.p, b.p);
    assert_same(a.exact_p, b.exact_p);
    assert_int_equal(a.df, 1);
    assert_int_equal(b.df, 1);
}

/* Every outcome of a small assay by hand: two levels of two wells. */
static void the_exact_fit_sums_all_outcomes_no_likelier(void **state)
{
    (void)state;
    rsp_dilution d = fit((rsp_dilution_level[]){{1, 2, 0}, {0.2, 2, 2}}, 2);
    double want = 0, q[2] = {exp(-d.iupm), exp(-0.2 * d.iupm)};
    double seen = q[0] * q[0] * (1 - q[1]) * (1 - q[1]);
    for (int i = 0; i <= 2; i++) {
        for (int j = 0; j <= 2; j++) {
            double p = (i == 1 ? 2 : 1) * pow(q[0], 2 - i) * pow(1 - q[0], i) *
                       (j == 1 ? 2 : 1) * pow(q[1], 2 - j) * pow(1 - q[1], j);
            want += p <= seen * (1 + 1e-9) ? p : 0;
        }
    }
    assert_near(d.exact_p, want, CLOSED_FORM);
    assert_true(d.exact_p < 0.05); /* the diluted wells positive, the others not */
    double e0 = 2 * (1 - q[0]), e1 = 2 * (1 - q[1]);
    assert_near(d.chisq, e0 * e0 / (e0 * q[0]) + (2 - e1) * (2 - e1) / (e1 * q[1]), CLOSED_FORM);
}

static void too_many_outcomes_leave_the_exact_fit_out(void **state)
{
    (void)state;
    rsp_dilution d = fit((rsp_dilution_level[]){{1, 3000, 2000}, {0.2, 3000, 700}}, 2);
    assert_true(isnan(d.exact_p) && isfinite(d.p));
}

static void extreme_numbers_keep_their_estimate(void **state)
{
    (void)state;
    /* A million wells of which one is positive; and all but one. */
    rsp_dilution d = fit(&(rsp_dilution_level){1e-3, 1e6, 1}, 1);
    assert_near(d.iupm, -log1p(-1e-6) / 1e-3, 1e-12);
    d = fit(&(rsp_dilution_level){1e3, 1e6, 999999}, 1);
    assert_near(d.iupm, log(1e6) / 1e3, 1e-12);
    /* Cells so different that one level alone decides. */
    d = fit((rsp_dilution_level[]){{1e6, 10, 10}, {1e-6, 10, 5}}, 2);
    assert_near(d.iupm, log(2) / 1e-6, 1e-10);
}

static void wells_that_are_no_wells_are_refused(void **state)
{
    (void)state;
    static const rsp_dilution_level bad[] = {{0, 6, 1}, {-1, 6, 1}, {NAN, 6, 1}, {1, 6, 7},
                                             {1, 6, 1.5}, {1, -6, 0}, {1, INFINITY, 1}};
    rsp_dilution_options o = rsp_dilution_defaults();
    rsp_dilution d;
    rsp_error err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(rsp_dilution_fit(&bad[i], 1, &o, &d, &err), RSP_RANGE);
        assert_non_null(strstr(err.message, "dilution 1"));
    }
    o.level = 0;
    assert_int_equal(rsp_dilution_fit(NULL, 0, &o, &d, &err), RSP_RANGE);
}

/* ---- Lineages. */
static rsp_lineage_fit fit_by(rsp_dilution_information kind, const rsp_lineage_level *levels,
                              size_t n, size_t k, double *tau)
{
    rsp_lineage_fit f;
    rsp_error err = {0};
    rsp_dilution_options o = {.level = 0.95, .information = kind};
    if (rsp_lineage_estimate(levels, n, k, &o, tau, &f, &err) != RSP_OK) {
        fail_msg("%s", err.message);
    }
    return f;
}

static rsp_lineage_fit lineages(const rsp_lineage_level *levels, size_t n, size_t k, double *tau)
{
    return fit_by(RSP_DILUTION_OBSERVED, levels, n, k, tau);
}

static void all_wells_sequenced_make_each_lineage_an_assay_of_its_own(void **state)
{
    (void)state;
    const double found[3] = {3, 1, 1};
    rsp_lineage_level l = {0.5, 6, 3, 3, found};
    double tau[3];
    rsp_lineage_fit f = lineages(&l, 1, 3, tau);
    double want[3] = {log(2) / 0.5, log(1.2) / 0.5, log(1.2) / 0.5};
    for (int i = 0; i < 3; i++) {
        assert_near(tau[i], want[i], 1e-13);
    }
    assert_near(f.iupm, want[0] + want[1] + want[2], 1e-13);
    assert_near(f.se, 0.966091783079296, 1e-12); /* published for participant C14 */
}

static void without_sequences_lineages_are_a_plain_assay(void **state)
{
    (void)state;
    rsp_lineage_level l[2] = {{1, 6, 5, 0, NULL}, {0.2, 6, 2, 0, NULL}};
    rsp_lineage_fit f = lineages(l, 2, 0, NULL);
    rsp_dilution_options o = rsp_dilution_defaults();
    o.information = RSP_DILUTION_OBSERVED;
    rsp_dilution d;
    rsp_dilution_level p[2] = {{1, 6, 5}, {0.2, 6, 2}};
    assert_int_equal(rsp_dilution_fit(p, 2, &o, &d, NULL), RSP_OK);
    assert_true(f.iupm == d.iupm && f.se == d.se && f.low == d.low);
    /* One lineage in every sequenced well says no more than that they are positive. */
    const double found = 3;
    rsp_lineage_level one[2] = {{1, 6, 5, 3, &found}, {0.2, 6, 2, 0, NULL}};
    rsp_lineage_fit g = lineages(one, 2, 1, NULL);
    assert_near(g.iupm, d.iupm, 1e-12);
    assert_near(g.se, d.se, 1e-12);
    assert_near(g.log_likelihood, f.log_likelihood, 1e-12);
}

/* The likelihood of the header, written down again. */
static double likelihood(const rsp_lineage_level *l, size_t n, size_t k, const double *tau)
{
    double sum = 0, iupm = 0;
    for (size_t i = 0; i < k; i++) {
        iupm += tau[i];
    }
    for (size_t d = 0; d < n; d++) {
        double c = l[d].million_cells;
        sum -= c * (l[d].wells - l[d].positive) * iupm;
        for (size_t i = 0; l[d].sequenced > 0 && i < k; i++) {
            double y = l[d].found[i];
            sum += y * log(1 - exp(-c * tau[i])) - (l[d].sequenced - y) * c * tau[i];
        }
        sum += (l[d].positive - l[d].sequenced) * log(1 - exp(-c * iupm));
    }
    return sum;
}

static void the_lineages_found_are_at_the_top_of_the_likelihood(void **state)
{
    (void)state;
    const double found[5] = {4, 3, 3, 1, 1}, fewer[5] = {1, 0, 2, 1, 0};
    rsp_lineage_level l[3] = {{2.5, 12, 9, 6, found}, {0.5, 6, 4, 3, fewer}, {0.1, 6, 1, 0, NULL}};
    double tau[5], sum = 0;
    rsp_lineage_fit f = lineages(l, 3, 5, tau);
    double top = likelihood(l, 3, 5, tau);
    assert_near(f.log_likelihood, top, 1e-12);
    for (int i = 0; i < 5; i++) {
        sum += tau[i];
        for (int up = 0; up < 2; up++) {
            double was = tau[i];
            tau[i] *= up ? 1.001 : 0.999;
            assert_true(likelihood(l, 3, 5, tau) < top);
            tau[i] = was;
        }
    }
    assert_near(f.iupm, sum, 1e-12);
    /* Expected information is another estimate of the same. */
    double expected = fit_by(RSP_DILUTION_EXPECTED, l, 3, 5, NULL).se;
    assert_true(expected != f.se && fabs(expected / f.se - 1) < 0.2);
    /* The variance of the sum is 1' H^-1 1; H from second differences, inverted by
     * elimination: half the digits of a likelihood survive. */
    double h[5][6], step = 1e-4;
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++) {
            double corner = 0;
            for (int s = 0; s < 4; s++) {
                double t[5];
                memcpy(t, tau, sizeof t);
                t[i] += s & 1 ? step : -step;
                t[j] += s & 2 ? step : -step;
                corner += (s == 0 || s == 3 ? 1 : -1) * likelihood(l, 3, 5, t);
            }
            h[i][j] = -corner / (4 * step * step);
        }
        h[i][5] = 1;
    }
    for (int i = 0; i < 5; i++) {
        for (int r = 0; r < 5; r++) {
            double factor = r == i ? 0 : h[r][i] / h[i][i];
            for (int c = 0; c < 6; c++) {
                h[r][c] -= factor * h[i][c];
            }
        }
    }
    double variance = 0;
    for (int i = 0; i < 5; i++) {
        variance += h[i][5] / h[i][i];
    }
    assert_near(f.se, sqrt(variance), 1e-4);
}

static void a_lineage_that_no_well_denies_leaves_a_lower_bound(void **state)
{
    (void)state;
    const double found[2] = {6, 2};
    rsp_lineage_level l = {1, 6, 6, 6, found};
    double tau[2];
    rsp_lineage_fit f = lineages(&l, 1, 2, tau);
    assert_int_equal(f.end, RSP_DILUTION_ALL_POSITIVE);
    assert_true(isnan(f.iupm) && isnan(tau[0]) && isinf(f.high));
    assert_near(pow(1 - exp(-f.low), 6), 0.05, CLOSED_FORM);
    /* Wells positive, none sequenced, are all denied by what the others lack. */
    const double some[2] = {2, 1};
    rsp_lineage_level m[2] = {{1, 6, 6, 0, NULL}, {0.2, 6, 3, 3, some}};
    f = lineages(m, 2, 2, tau);
    assert_int_equal(f.end, RSP_DILUTION_ESTIMATED);
    assert_true(isfinite(f.iupm) && tau[0] > tau[1]);
}

static void lineages_that_do_not_fit_their_wells_are_refused(void **state)
{
    (void)state;
    const double two[2] = {2, 1}, none[2] = {2, 0}, many[2] = {2, 4}, part[2] = {2, 0.5};
    const rsp_lineage_level bad[] = {{1, 6, 3, 2, none},  {1, 6, 3, 2, many}, {1, 6, 3, 2, part},
                                     {1, 6, 1, 2, two},   {1, 6, 5, 4, two},  {0, 6, 3, 2, two},
                                     {1, 6, 3, 0.5, two}, {1, 6, 3, 0, NULL}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rsp_lineage_fit f;
        rsp_error err = {0};
        rsp_dilution_options o = rsp_dilution_defaults();
        assert_int_equal(rsp_lineage_estimate(&bad[i], 1, 2, &o, NULL, &f, &err), RSP_RANGE);
        assert_true(err.message[0] != '\0');
    }
}

/* ---- Seventeen people. */
enum { MOST_LINEAGES = 80, MOST_LEVELS = 4 };
typedef struct person {
    char name[8];
    rsp_lineage_level levels[MOST_LEVELS];
    double found[MOST_LEVELS][MOST_LINEAGES];
    size_t n, n_lineages;
} person;

static size_t people_of(const assay_table *t, person *people)
{
    size_t n = 0;
    for (size_t i = 1; i < t->n; i++) {
        char **cell = t->rows[i];
        if (i == 1 || strcmp(cell[0], t->rows[i - 1][0]) != 0) {
            people[n++] = (person){.n_lineages = (size_t)strtod(cell[6], NULL)};
            snprintf(people[n - 1].name, sizeof people->name, "%.7s", cell[0]);
        }
        person *p = &people[n - 1];
        assert_true(p->n < MOST_LEVELS && p->n_lineages <= MOST_LINEAGES);
        double *found = p->found[p->n];
        char *at = cell[8];
        for (size_t k = 0; k < p->n_lineages; k++) {
            found[k] = strtod(at, &at);
            at += *at == ';';
        }
        p->levels[p->n++] = (rsp_lineage_level){strtod(cell[1], NULL), strtod(cell[2], NULL),
                                                strtod(cell[3], NULL), strtod(cell[5], NULL),
                                                found};
    }
    return n;
}

static void published(const assay_table *t, const char *who, const char *how, double out[4])
{
    for (size_t i = 1; i < t->n; i++) {
        char **cell = t->rows[i];
        if (!strcmp(cell[0], who) && !strcmp(cell[1], how) && !strcmp(cell[6], "MLE")) {
            for (size_t j = 0; j < 4; j++) {
                out[j] = strtod(cell[j + 2], NULL);
            }
            return;
        }
    }
    fail_msg("no %s of %s", how, who);
}

static bool is_sequenced_in_part(const person *p)
{
    for (size_t d = 0; d < p->n; d++) {
        const rsp_lineage_level *l = &p->levels[d];
        if (l->sequenced > 0 && l->sequenced < l->positive) {
            return true;
        }
    }
    return false;
}

/* Theirs came from a quasi-Newton maximiser, good to 3e-5 of the estimate here.  Their
 * errors are expected ones with lineages, observed ones without.  Where a level was
 * sequenced in part the wells to sequence were a rounded share: there our expectation,
 * which does not round, is within 1 % of theirs. */
static void the_figures_agree(const rsp_lineage_fit *f, const double want[4], double error)
{
    assert_near(f->iupm, want[0], 5e-5);
    assert_near(f->se, want[1], error);
    assert_near(f->low, want[2], error);
    assert_near(f->high, want[3], error);
}

static void seventeen_people_have_the_published_infectious_units(void **state)
{
    (void)state;
    assay_table wells, figures;
    if (!assay_read("qvoa-udsa-unc.csv", &wells)) {
        skip();
    }
    assert_true(assay_read("qvoa-udsa-unc-iupm.csv", &figures));
    static person people[32];
    size_t n = people_of(&wells, people);
    size_t parts = 0;
    assert_int_equal(n, 17);
    for (size_t i = 0; i < n; i++) {
        person *p = &people[i];
        double want[4];
        rsp_lineage_fit f =
            fit_by(RSP_DILUTION_EXPECTED, p->levels, p->n, p->n_lineages, NULL);
        published(&figures, p->name, "With UDSA (Multiple Dilutions)", want);
        bool in_part = is_sequenced_in_part(p);
        parts += in_part;
        the_figures_agree(&f, want, in_part ? 1e-2 : 1e-4);
        for (size_t d = 0; d < p->n; d++) {
            p->levels[d].sequenced = 0;
        }
        f = lineages(p->levels, p->n, 0, NULL);
        published(&figures, p->name, "Without UDSA (Multiple Dilutions)", want);
        the_figures_agree(&f, want, 1e-6);
    }
    assert_int_equal(parts, 6);
    assay_table_fini(&wells);
    assay_table_fini(&figures);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(infectious_units_are_those_of_the_vectors),
        cmocka_unit_test(infectious_units_are_those_of_r),
        cmocka_unit_test(one_dilution_has_a_closed_form),
        cmocka_unit_test(all_negative_wells_bound_from_above_and_all_positive_from_below),
        cmocka_unit_test(levels_of_the_same_cells_are_one_and_their_order_is_no_matter),
        cmocka_unit_test(the_exact_fit_sums_all_outcomes_no_likelier),
        cmocka_unit_test(too_many_outcomes_leave_the_exact_fit_out),
        cmocka_unit_test(extreme_numbers_keep_their_estimate),
        cmocka_unit_test(wells_that_are_no_wells_are_refused),
        cmocka_unit_test(all_wells_sequenced_make_each_lineage_an_assay_of_its_own),
        cmocka_unit_test(without_sequences_lineages_are_a_plain_assay),
        cmocka_unit_test(the_lineages_found_are_at_the_top_of_the_likelihood),
        cmocka_unit_test(a_lineage_that_no_well_denies_leaves_a_lower_bound),
        cmocka_unit_test(lineages_that_do_not_fit_their_wells_are_refused),
        cmocka_unit_test(seventeen_people_have_the_published_infectious_units),
    };
    int status = assay_main(argc, argv);
    return status ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
