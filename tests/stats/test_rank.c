/* Rank tests, t tests, 2 x 2 tables, correlation and multiplicity against R 4.2.2
 * (wilcox.test, exactRankTests, coin, t.test, fisher.test, cor.test, p.adjust),
 * and laws at the edges.  Usage: test_rank DIRECTORY_OF_VECTORS. */
#include "known.h"

#include <stdlib.h>

#include "respite/rank.h"

/* fisher.test solves for the ratio, or for its inverse where it is above 1, with
 * uniroot's default tolerance of 1.2e-4. */
#define ROOT_OF_R 2e-4

#define COUNT(a) (sizeof(a) / sizeof *(a))

static rsp_rank_result signed_rank(const double *x, size_t n, rsp_rank_options o)
{
    rsp_rank_result r;
    assert_ok(rsp_signed_rank(x, n, &o, &r, NULL));
    return r;
}

static rsp_rank_result rank_sum(const double *a, size_t n_a, const double *b, size_t n_b,
                                rsp_rank_options o)
{
    rsp_rank_result r;
    assert_ok(rsp_rank_sum(a, n_a, b, n_b, &o, &r, NULL));
    return r;
}

static void signed_rank_drops_zeros_as_wilcoxon_did(void **state)
{
    (void)state;
    const json_t *j = known_json("rank_tests.json");
    double x[16];
    size_t n = known_column("paired12.csv", "dlog10", x, COUNT(x));
    rsp_rank_result r = signed_rank(x, n, (rsp_rank_options){0});
    assert_true(r.exact && r.n[0] == 11 && r.n_zeros == 1);
    assert_near(r.statistic, known_number(j, "signed_rank_zeros_dropped.V"), 0);
    assert_near(r.p, known_number(j, "signed_rank_zeros_dropped.p_exact_two"), CLOSED_FORM);
    assert_near(r.estimate, known_number(j, "signed_rank_zeros_dropped.hodges_lehmann"),
                CLOSED_FORM);
    assert_near(r.low, known_number(j, "signed_rank_zeros_dropped.ci.0"), CLOSED_FORM);
    assert_near(r.high, known_number(j, "signed_rank_zeros_dropped.ci.1"), CLOSED_FORM);
    assert_true(r.level >= 0.95 && r.level < 0.96);
    r = signed_rank(x, n, (rsp_rank_options){.alternative = RSP_LESS});
    assert_near(r.p, known_number(j, "signed_rank_zeros_dropped.p_less"), CLOSED_FORM);
    r = signed_rank(x, n, (rsp_rank_options){.null = RSP_NULL_NORMAL_CORRECTED});
    assert_near(r.p, known_number(j, "signed_rank_normal_cc.p"), CLOSED_FORM);
    r = signed_rank(x, n, (rsp_rank_options){.null = RSP_NULL_NORMAL});
    assert_near(r.p, known_number(j, "signed_rank_normal_nocc"), CLOSED_FORM);
}

static void signed_rank_keeps_the_ranks_of_zeros_as_pratt_did(void **state)
{
    (void)state;
    const json_t *j = known_json("rank_tests.json");
    double x[16];
    size_t n = known_column("paired12.csv", "dlog10", x, COUNT(x));
    rsp_rank_result r = signed_rank(x, n, (rsp_rank_options){.zeros = RSP_ZEROS_PRATT});
    assert_near(r.z, known_number(j, "pratt_exact.Z"), CLOSED_FORM);
    assert_near(r.p, known_number(j, "pratt_exact.p"), CLOSED_FORM);
    /* coin wilcoxsign_test(zero.method = "Pratt", distribution = "exact") */
    static const double many[] = {1, -1, 0, 0, 2, 0, 3, 0, -2, 0, 2, -4, -1, 5};
    r = signed_rank(many, COUNT(many), (rsp_rank_options){.zeros = RSP_ZEROS_PRATT});
    assert_near(r.z, 0.51747698188252067, CLOSED_FORM);
    assert_near(r.p, 0.64453125, CLOSED_FORM);
    assert_int_equal(r.n_zeros, 5);
}

static void ties_are_exact_given_the_mid_ranks(void **state)
{
    (void)state;
    const json_t *j = known_json("rank_tests.json");
    double x[16], a[16], b[16];
    size_t n = known_array(j, "signed_rank_ties_exact.x", x, COUNT(x));
    rsp_rank_result r = signed_rank(x, n, (rsp_rank_options){0});
    assert_true(r.exact && r.tied);
    assert_near(r.statistic, known_number(j, "signed_rank_ties_exact.V"), 0);
    assert_near(r.p, known_number(j, "signed_rank_ties_exact.p"), CLOSED_FORM);
    r = signed_rank(x, n, (rsp_rank_options){.null = RSP_NULL_NORMAL_CORRECTED});
    assert_near(r.p, known_number(j, "signed_rank_ties_exact.asym_cc"), CLOSED_FORM);
    size_t n_a = known_array(j, "mann_whitney_ties_exact.a", a, COUNT(a));
    size_t n_b = known_array(j, "mann_whitney_ties_exact.b", b, COUNT(b));
    r = rank_sum(a, n_a, b, n_b, (rsp_rank_options){0});
    assert_near(r.statistic, known_number(j, "mann_whitney_ties_exact.W"), 0);
    assert_near(r.p, known_number(j, "mann_whitney_ties_exact.p"), CLOSED_FORM);
    r = rank_sum(a, n_a, b, n_b, (rsp_rank_options){.null = RSP_NULL_NORMAL_CORRECTED});
    assert_near(r.p, known_number(j, "mann_whitney_ties_exact.asym_cc"), CLOSED_FORM);
}

/* coin wilcox_test(distribution = "exact"): with ties the distribution is not
 * symmetric, and two-sided is not twice one-sided. */
static void two_sided_counts_what_is_as_far_from_the_mean(void **state)
{
    (void)state;
    static const double a[] = {1, 1, 1, 2, 5, 7}, b[] = {1, 1, 3, 3, 3, 3, 3, 9, 9, 9};
    static const double want[] = {0.24188311688311689, 0.12874625374625376,
                                  0.88686313686313689};
    static const rsp_alternative turned[] = {RSP_TWO_SIDED, RSP_GREATER, RSP_LESS};
    for (int k = 0; k < 3; k++) {
        rsp_rank_options o = {.alternative = (rsp_alternative)k};
        assert_near(rank_sum(a, 6, b, 10, o).p, want[k], CLOSED_FORM);
        o.alternative = turned[k];
        assert_near(rank_sum(b, 10, a, 6, o).p, want[k], CLOSED_FORM);
    }
}

static void rank_sum_has_the_estimate_of_hodges_and_lehmann(void **state)
{
    (void)state;
    const json_t *j = known_at(known_json("rank_tests.json"), "mann_whitney");
    double a[16], b[16];
    size_t n_a = known_array(j, "a", a, COUNT(a)), n_b = known_array(j, "b", b, COUNT(b));
    rsp_rank_result r = rank_sum(a, n_a, b, n_b, (rsp_rank_options){0});
    assert_near(r.statistic, known_number(j, "W"), 0);
    assert_near(r.p, known_number(j, "p_exact"), CLOSED_FORM);
    assert_near(r.estimate, known_number(j, "HL"), CLOSED_FORM);
    assert_near(r.low, known_number(j, "ci.0"), CLOSED_FORM);
    assert_near(r.high, known_number(j, "ci.1"), CLOSED_FORM);
    r = rank_sum(a, n_a, b, n_b, (rsp_rank_options){.null = RSP_NULL_NORMAL_CORRECTED});
    assert_near(r.p, known_number(j, "p_asym_cc"), CLOSED_FORM);
}

/* wilcox.test(x, exact = TRUE, conf.int = TRUE), 60 pairs and 40 against 45 */
static void larger_samples_are_exact_too(void **state)
{
    (void)state;
    double x[60], a[40], b[45];
    for (int i = 1; i <= 60; i++) {
        x[i - 1] = pow(i, 1.5) * (i % 3 ? 1 : -1);
    }
    for (int i = 1; i <= 45; i++) {
        b[i - 1] = (i * 53) % 103 + 7.5;
        a[i <= 40 ? i - 1 : 0] = i <= 40 ? (i * 37) % 101 : a[0];
    }
    rsp_rank_result r = signed_rank(x, 60, (rsp_rank_options){0});
    assert_true(r.exact);
    assert_near(r.statistic, 1200, 0);
    assert_near(r.p, 0.035563173784766491, CLOSED_FORM);
    assert_near(r.estimate, 64.413127060151538, CLOSED_FORM);
    assert_near(r.low, 4.7136454379664059, CLOSED_FORM);
    assert_near(r.high, 127.90531996910826, CLOSED_FORM);
    r = rank_sum(a, 40, b, 45, (rsp_rank_options){0});
    assert_true(r.exact);
    assert_near(r.p, 0.65186747913652521, CLOSED_FORM);
    assert_near(r.estimate, -3, CLOSED_FORM);
    assert_near(r.low, -16.5, CLOSED_FORM);
    assert_near(r.high, 10.5, CLOSED_FORM);
}

/* Exactness is worth little at thousands of values, and memory none. */
static void thousands_of_values_use_the_normal_and_no_square_of_memory(void **state)
{
    (void)state;
    enum { N = 20000 };
    double *x = calloc(2 * N, sizeof *x);
    for (size_t i = 0; i < 2 * N; i++) {
        x[i] = (double)((i * 7919) % 10007) - 4000 - (i < N ? 0 : 25);
    }
    rsp_rank_result r = signed_rank(x, N, (rsp_rank_options){0});
    assert_true(!r.exact && r.low < r.estimate && r.estimate < r.high);
    rsp_rank_result s = rank_sum(x, N, x + N, N, (rsp_rank_options){0});
    assert_true(!s.exact && s.low < s.estimate && s.estimate < s.high);
    rsp_error err;
    rsp_rank_options exact = {.null = RSP_NULL_EXACT};
    assert_int_equal(rsp_signed_rank(x, N, &exact, &r, &err), RSP_RANGE);
    assert_int_equal(rsp_rank_sum(x, N, x + N, N, &exact, &r, &err), RSP_RANGE);
    free(x);
}

static void a_shift_of_the_data_shifts_the_estimate_and_not_p(void **state)
{
    (void)state;
    static const double x[] = {1, 3, -2, 8, 5.5, 0.25, -1.5, 7};
    double y[8];
    for (int i = 0; i < 8; i++) {
        y[i] = x[i] + 16;
    }
    rsp_rank_result a = signed_rank(x, 8, (rsp_rank_options){.shift = 1});
    rsp_rank_result b = signed_rank(y, 8, (rsp_rank_options){.shift = 17});
    assert_near(a.p, b.p, 0);
    assert_near(a.estimate + 16, b.estimate, 0);
    assert_near(a.low + 16, b.low, 0);
    a = rank_sum(x, 4, x + 4, 4, (rsp_rank_options){0});
    b = rank_sum(y, 4, x + 4, 4, (rsp_rank_options){.shift = 16});
    assert_near(a.p, b.p, 0);
    assert_near(a.high + 16, b.high, 0);
}

/* As tenths the differences less a tenth are no exact zeros, nor are equal ones equal. */
static void a_unit_changes_no_rank(void **state)
{
    (void)state;
    static const double before[] = {2, 5, 1, 7, 3, 9, 4, 6}, after[] = {3, 6, 4, 6, 8, 12, 3, 9};
    double tens[8], tenths[8];
    for (int i = 0; i < 8; i++) {
        tens[i] = after[i] - before[i];
        tenths[i] = after[i] / 10 - before[i] / 10;
    }
    for (int zeros = 0; zeros < 2; zeros++) {
        const rsp_zeros how = zeros ? RSP_ZEROS_PRATT : RSP_ZEROS_WILCOXON;
        rsp_rank_result a = signed_rank(tens, 8, (rsp_rank_options){.shift = 1, .zeros = how, .digits = 12});
        rsp_rank_result b = signed_rank(tenths, 8, (rsp_rank_options){.shift = 0.1, .zeros = how, .digits = 12});
        assert_int_equal(a.n[0], 6);
        assert_int_equal(b.n[0], 6);
        assert_near(a.p, b.p, 0);
        assert_near(a.statistic, b.statistic, 0);
    }
}

static void one_sided_tests_have_one_sided_intervals(void **state)
{
    (void)state;
    static const double x[] = {1, 3, -2, 8, 5.5, 0.25, -1.5, 7};
    rsp_rank_result two = signed_rank(x, 8, (rsp_rank_options){.level = 0.90});
    rsp_rank_result less = signed_rank(x, 8, (rsp_rank_options){RSP_LESS, .level = 0.95});
    rsp_rank_result more = signed_rank(x, 8, (rsp_rank_options){RSP_GREATER, .level = 0.95});
    assert_true(isinf(less.low) && isinf(more.high));
    assert_near(less.high, two.high, 0);
    assert_near(more.low, two.low, 0);
    assert_near(2 * less.level - 1, two.level, CLOSED_FORM);
}

static void too_few_values_say_what_level_they_reach(void **state)
{
    (void)state;
    static const double x[] = {1, 2.5, 4};
    rsp_rank_result r = signed_rank(x, 3, (rsp_rank_options){0});
    assert_near(r.level, 0.75, CLOSED_FORM);
    assert_near(r.low, 1, 0);
    assert_near(r.high, 4, 0);
    assert_true(r.reason[0] != '\0');
    r = signed_rank(x, 3, (rsp_rank_options){.null = RSP_NULL_NORMAL});
    assert_true(isnan(r.level) && r.reason[0] != '\0');
    r = rank_sum(x, 1, x + 1, 1, (rsp_rank_options){0});
    assert_near(r.level, 0, CLOSED_FORM);
    assert_near(r.p, 1, 0);
}

static void nothing_to_rank_is_not_estimable(void **state)
{
    (void)state;
    static const double zeros[] = {0, 0, 0}, same[] = {4, 4, 4, 4};
    rsp_rank_result r = signed_rank(zeros, 0, (rsp_rank_options){0});
    assert_true(isnan(r.p) && isnan(r.estimate) && r.reason[0]);
    r = signed_rank(zeros, 3, (rsp_rank_options){0});
    assert_true(isnan(r.p) && r.n_zeros == 3 && r.reason[0]);
    r = rank_sum(same, 4, same, 0, (rsp_rank_options){0});
    assert_true(isnan(r.p) && r.reason[0]);
    r = rank_sum(same, 2, same, 4, (rsp_rank_options){0});
    assert_near(r.p, 1, 0); /* exact: no other arrangement */
    assert_near(r.estimate, 0, 0);
    assert_true(r.reason[0]);
    r = rank_sum(same, 2, same, 4, (rsp_rank_options){.null = RSP_NULL_NORMAL});
    assert_true(isnan(r.p) && r.reason[0]);
}

static void values_that_are_no_numbers_are_refused_by_place(void **state)
{
    (void)state;
    double x[] = {1, NAN, 3};
    rsp_rank_result r;
    rsp_error err;
    assert_int_equal(rsp_signed_rank(x, 3, NULL, &r, &err), RSP_RANGE);
    assert_string_equal(err.message, "difference 2 is nan: a finite number is expected");
    assert_int_equal(rsp_rank_sum(x, 1, x, 3, NULL, &r, &err), RSP_RANGE);
    assert_string_equal(err.message,
                        "second group, value 2 is nan: a finite number is expected");
    rsp_rank_options o = {.level = 1};
    assert_int_equal(rsp_signed_rank(x, 1, &o, &r, &err), RSP_RANGE);
    rsp_t_result t;
    assert_int_equal(rsp_t_one(x, 3, NULL, &t, &err), RSP_RANGE);
    rsp_correlation c;
    assert_int_equal(rsp_correlate(RSP_PEARSON, x, x, 3, RSP_NULL_AUTO, RSP_TWO_SIDED, 0, &c,
                                   &err), RSP_RANGE);
}

static void digits_tie_what_rounding_has_parted(void **state)
{
    (void)state;
    double x[] = {0.3 - 0.1, -0.2, 0.5, 0.7}; /* 0.3 - 0.1 < 0.2 as doubles */
    assert_false(signed_rank(x, 4, (rsp_rank_options){0}).tied);
    rsp_rank_result r = signed_rank(x, 4, (rsp_rank_options){.digits = 10});
    assert_true(r.tied);
    assert_near(r.statistic, 8.5, 0);
}

static void huge_and_tiny_values_do_not_overflow(void **state)
{
    (void)state;
    static const double x[] = {1e307, -3e307, 5e-324, 2e307, 4e307, -5e-324};
    rsp_rank_result r = signed_rank(x, 6, (rsp_rank_options){0});
    assert_true(isfinite(r.estimate) && isfinite(r.low) && isfinite(r.high));
    assert_true(r.p > 0 && r.p <= 1);
}

static void kruskal_wallis_counts_groups_with_values(void **state)
{
    (void)state;
    const json_t *j = known_json("rank_tests.json");
    double a[16], b[16], x[40];
    size_t n_a = known_array(j, "mann_whitney.a", a, COUNT(a));
    size_t n_b = known_array(j, "mann_whitney.b", b, COUNT(b)), group[40], n = 0;
    for (size_t i = 0; i < n_a + n_b; i++, n++) {
        x[n] = i < n_a ? a[i] : b[i - n_a];
        group[n] = i < n_a ? 0 : 2; /* nobody in group 1 */
    }
    rsp_kruskal k;
    assert_ok(rsp_kruskal_wallis(x, group, n, 4, &k, NULL));
    assert_int_equal(k.df, 1);
    rsp_rank_result r = rank_sum(a, n_a, b, n_b, (rsp_rank_options){.null = RSP_NULL_NORMAL});
    assert_near(k.h, r.z * r.z, CLOSED_FORM); /* two groups: the rank-sum test */
    assert_near(k.p, r.p, CLOSED_FORM);
    /* kruskal.test(c(1,1,2,3,3,4,5,5,6), rep(1:3, 3)) */
    static const double y[] = {1, 1, 2, 3, 3, 4, 5, 5, 6};
    static const size_t g[] = {0, 1, 2, 0, 1, 2, 0, 1, 2};
    assert_ok(rsp_kruskal_wallis(y, g, 9, 3, &k, NULL));
    assert_near(k.h, 0.61538461538461686, CLOSED_FORM);
    assert_int_equal(k.df, 2);
    static const size_t alone[] = {1, 1, 1};
    assert_ok(rsp_kruskal_wallis(y + 1, alone, 3, 3, &k, NULL));
    assert_true(isnan(k.p) && k.df == 0 && k.reason[0]);
    static const double same[] = {7, 7, 7};
    assert_ok(rsp_kruskal_wallis(same, g, 3, 3, &k, NULL));
    assert_true(isnan(k.p) && k.df == 0 && k.reason[0]);
    rsp_error err;
    assert_int_equal(rsp_kruskal_wallis(y, g, 9, 2, &k, &err), RSP_RANGE);
}

static void t_tests_are_those_of_r(void **state)
{
    (void)state;
    const json_t *j = known_json("rank_tests.json");
    double x[16], a[16], b[16];
    size_t n = known_column("paired12.csv", "dlog10", x, COUNT(x));
    rsp_t_result t;
    assert_ok(rsp_t_one(x, n, NULL, &t, NULL));
    assert_near(t.estimate, known_number(j, "paired_t_log10.mean"), CLOSED_FORM);
    assert_near(t.t, known_number(j, "paired_t_log10.t"), CLOSED_FORM);
    assert_near(t.df, 11, 0);
    assert_near(t.p, known_number(j, "paired_t_log10.p"), CLOSED_FORM);
    assert_near(t.low, known_number(j, "paired_t_log10.ci.0"), CLOSED_FORM);
    assert_near(t.high, known_number(j, "paired_t_log10.ci.1"), CLOSED_FORM);
    assert_near(pow(10, t.estimate), known_number(j, "paired_t_log10.geomean_fold"),
                CLOSED_FORM);
    size_t n_a = known_array(j, "mann_whitney.a", a, COUNT(a));
    size_t n_b = known_array(j, "mann_whitney.b", b, COUNT(b));
    assert_ok(rsp_t_two(a, n_a, b, n_b, NULL, &t, NULL));
    assert_near(t.t, known_number(j, "welch.t"), CLOSED_FORM);
    assert_near(t.df, known_number(j, "welch.df"), CLOSED_FORM);
    assert_near(t.p, known_number(j, "welch.p"), CLOSED_FORM);
    /* t.test(c(1,2,3.5,4), c(2,2.5,6,9,11), var.equal=TRUE, "less", conf.level=.9) */
    static const double u[] = {1, 2, 3.5, 4}, v[] = {2, 2.5, 6, 9, 11};
    rsp_t_options o = {.alternative = RSP_LESS, .level = 0.9, .pooled = true};
    assert_ok(rsp_t_two(u, 4, v, 5, &o, &t, NULL));
    assert_near(t.t, -1.6634228544751808, CLOSED_FORM);
    assert_near(t.df, 7, 0);
    assert_near(t.p, 0.070088566658724927, CLOSED_FORM);
    assert_true(isinf(t.low));
    assert_near(t.high, -0.51913063980847229, CLOSED_FORM);
}

static void a_t_test_needs_spread(void **state)
{
    (void)state;
    static const double same[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    rsp_t_result t;
    assert_ok(rsp_t_one(same, 6, NULL, &t, NULL));
    assert_true(isnan(t.p) && t.reason[0]);
    assert_near(t.estimate, 0.1, CLOSED_FORM);
    assert_ok(rsp_t_one(same, 1, NULL, &t, NULL));
    assert_true(isnan(t.p) && t.reason[0]);
    assert_ok(rsp_t_two(same, 3, same, 0, NULL, &t, NULL));
    assert_true(isnan(t.p) && isnan(t.estimate) && t.reason[0]);
}

static void wilson_intervals_end_where_the_share_does(void **state)
{
    (void)state;
    const json_t *j = known_at(known_json("sample_size.json"), "wilson");
    for (size_t i = 0; i < json_array_size(j); i++) {
        const json_t *e = json_array_get(j, i);
        double low, high;
        rsp_wilson(known_number(e, "x"), known_number(e, "n"), 0.95, &low, &high);
        assert_near(low, known_number(e, "lower"), CLOSED_FORM);
        assert_near(high, known_number(e, "upper"), CLOSED_FORM);
    }
    double low, high;
    for (int n = 1; n < 50; n++) { /* exactly, whatever rounding leaves */
        rsp_wilson(0, n, 0.9, &low, &high);
        assert_true(low == 0 && high > 0 && high < 1);
        rsp_wilson(n, n, 0.9, &low, &high);
        assert_true(high == 1);
    }
    rsp_wilson(3, 2, 0.95, &low, &high);
    assert_true(isnan(low) && isnan(high));
}

static void fisher_is_exact_and_its_ratio_conditional(void **state)
{
    (void)state;
    const json_t *j = known_at(known_json("sample_size.json"), "fisher_2x2");
    rsp_fisher f;
    assert_ok(rsp_fisher_test(7, 1, 2, 8, RSP_TWO_SIDED, 0.95, &f, NULL));
    assert_near(f.p, known_number(j, "p_two"), CLOSED_FORM);
    assert_near(f.odds_ratio, known_number(j, "condOR"), ROOT_OF_R);
    assert_near(f.low, known_number(j, "ci.0"), ROOT_OF_R);
    assert_near(1 / f.high, 1 / known_number(j, "ci.1"), ROOT_OF_R);
    /* The same equations in R by uniroot on log odds, tol = 1e-14 */
    assert_near(f.odds_ratio, 21.39979989956759, CLOSED_FORM);
    assert_near(f.low, 1.53335059128199, CLOSED_FORM);
    assert_near(f.high, 1413.29493621423376, CLOSED_FORM);
    rsp_fisher g;
    assert_ok(rsp_fisher_test(7, 1, 2, 8, RSP_GREATER, 0.95, &g, NULL));
    assert_near(g.p, known_number(j, "p_greater"), CLOSED_FORM);
    assert_true(g.low > f.low && isinf(g.high));
    /* fisher.test(matrix(c(3,12,9,4), 2, byrow = TRUE), conf.level = .9) */
    assert_ok(rsp_fisher_test(3, 12, 9, 4, RSP_TWO_SIDED, 0.9, &f, NULL));
    assert_near(f.p, 0.020017648554463727, CLOSED_FORM);
    assert_near(f.odds_ratio, 0.12221729943315089, ROOT_OF_R);
    assert_near(f.low, 0.018811045497544868, ROOT_OF_R);
    assert_near(f.high, 0.62950872356751852, ROOT_OF_R);
    /* The other way round the ratio is the inverse. */
    assert_ok(rsp_fisher_test(12, 3, 4, 9, RSP_TWO_SIDED, 0.9, &g, NULL));
    assert_near(g.odds_ratio * f.odds_ratio, 1, CLOSED_FORM);
    assert_near(g.low * f.high, 1, CLOSED_FORM);
}

static void fisher_has_no_ratio_at_its_edges(void **state)
{
    (void)state;
    rsp_fisher f;
    assert_ok(rsp_fisher_test(0, 5, 6, 3, RSP_TWO_SIDED, 0, &f, NULL));
    assert_true(f.odds_ratio == 0 && f.low == 0 && f.high > 0 && isfinite(f.high));
    assert_ok(rsp_fisher_test(6, 0, 2, 9, RSP_TWO_SIDED, 0, &f, NULL));
    assert_true(isinf(f.odds_ratio) && f.low > 0 && isinf(f.high));
    assert_ok(rsp_fisher_test(0, 0, 2, 9, RSP_TWO_SIDED, 0, &f, NULL));
    assert_true(isnan(f.odds_ratio) && f.p == 1 && f.low == 0 && f.reason[0]);
    assert_ok(rsp_fisher_test(0, 0, 0, 0, RSP_TWO_SIDED, 0, &f, NULL));
    assert_true(f.p == 1);
    assert_ok(rsp_fisher_test(40000, 50000, 50000, 40000, RSP_TWO_SIDED, 0, &f, NULL));
    assert_near(f.odds_ratio, 0.64, 1e-4); /* many: as the cross product */
    rsp_error err;
    assert_int_equal(rsp_fisher_test(SIZE_MAX, 1, 1, 1, RSP_LESS, 0, &f, &err), RSP_RANGE);
}

static rsp_correlation correlate(rsp_correlation_kind kind, const double *x, const double *y,
                                 size_t n, rsp_null null, rsp_alternative alternative)
{
    rsp_correlation c;
    assert_ok(rsp_correlate(kind, x, y, n, null, alternative, 0.95, &c, NULL));
    return c;
}

static void correlations_are_those_of_r(void **state)
{
    (void)state;
    const json_t *j = known_at(known_json("rank_tests.json"), "spearman");
    double x[16], y[16];
    size_t n = known_array(j, "x", x, COUNT(x));
    known_array(j, "y", y, COUNT(y));
    rsp_correlation c = correlate(RSP_SPEARMAN, x, y, n, RSP_NULL_AUTO, RSP_TWO_SIDED);
    assert_near(c.r, known_number(j, "rho"), CLOSED_FORM);
    assert_near(c.p, known_number(j, "p_t"), CLOSED_FORM); /* tied: by t */
    c = correlate(RSP_KENDALL, x, y, n, RSP_NULL_AUTO, RSP_TWO_SIDED);
    assert_near(c.r, known_number(j, "kendall_tau_b"), CLOSED_FORM);
    /* cor.test(a, b, method = ..., alternative = ...) */
    static const double a[] = {3, 1, 4, 1.5, 5, 9, 2, 6, 5.5, 3.5, 8.5, 7.5};
    static const double b[] = {2, 7, 1, 8, 2.8, 1.8, 2.9, .4, 5, .9, 4.5, .2};
    c = correlate(RSP_PEARSON, a, b, 12, RSP_NULL_AUTO, RSP_TWO_SIDED);
    assert_near(c.r, -0.44861460416910293, CLOSED_FORM);
    assert_near(c.statistic, -1.5873377631016883, CLOSED_FORM);
    assert_near(c.p, 0.14351981046765536, CLOSED_FORM);
    assert_near(c.low, -0.81315961960731364, CLOSED_FORM);
    assert_near(c.high, 0.16872777488949744, CLOSED_FORM);
    c = correlate(RSP_PEARSON, a, b, 12, RSP_NULL_AUTO, RSP_LESS);
    assert_near(c.low, -1, 0);
    assert_near(c.high, 0.065227339581159671, CLOSED_FORM);
    c = correlate(RSP_SPEARMAN, a, b, 12, RSP_NULL_AUTO, RSP_TWO_SIDED); /* series */
    assert_near(c.r, -0.48251748251748255, CLOSED_FORM);
    assert_near(c.statistic, 424, CLOSED_FORM);
    assert_near(c.p, 0.11537360509486402, CLOSED_FORM);
    assert_near(c.low, -0.83863721202175823, CLOSED_FORM); /* Bonett & Wright's formulas in R */
    assert_near(c.high, 0.16258544251445697, CLOSED_FORM);
    c = correlate(RSP_KENDALL, a, b, 12, RSP_NULL_AUTO, RSP_TWO_SIDED);
    assert_near(c.low, -0.68535998760868078, CLOSED_FORM);
    assert_near(c.high, 0.076860703410605233, CLOSED_FORM);
    c = correlate(RSP_KENDALL, a, b, 12, RSP_NULL_AUTO, RSP_LESS);
    assert_true(c.exact);
    assert_near(c.statistic, 21, 0);
    assert_near(c.p, 0.057975438912938916, CLOSED_FORM);
    c = correlate(RSP_SPEARMAN, a, b, 7, RSP_NULL_AUTO, RSP_TWO_SIDED); /* enumerated */
    assert_true(c.exact);
    assert_near(c.p, 0.048015873015873019, CLOSED_FORM);
    static const double s[] = {1, 1, 2, 3, 3, 4, 5, 5}, t[] = {2, 1, 2, 2, 4, 3, 5, 3};
    c = correlate(RSP_KENDALL, s, t, 8, RSP_NULL_AUTO, RSP_TWO_SIDED);
    assert_near(c.r, 0.69402209378856716, CLOSED_FORM);
    assert_near(c.statistic, 2.2303789283290913, CLOSED_FORM);
    assert_near(c.p, 0.025722297269684207, CLOSED_FORM);
}

static void pairs_tied_in_both_count_once(void **state)
{
    (void)state;
    static const double x[] = {1, 1, 2, 2, 2, 3, 4, 5}, y[] = {1, 1, 3, 3, 2, 3, 3, 1};
    rsp_correlation c = correlate(RSP_KENDALL, x, y, 8, RSP_NULL_AUTO, RSP_TWO_SIDED);
    assert_near(c.r, 0.32780503405359296, CLOSED_FORM);
    assert_near(c.statistic, 0.99314689852090721, CLOSED_FORM);
    assert_near(c.p, 0.32063837178908694, CLOSED_FORM);
}

static void turning_a_variable_turns_the_correlation(void **state)
{
    (void)state;
    static const double x[] = {3, 1, 4, 1.5, 5, 9, 2, 6, 6, 3.5, 8.5};
    static const double y[] = {2, 7, 1, 8, 2.8, 1.8, 2.9, .4, 5, .9, 5};
    double minus[11];
    for (int i = 0; i < 11; i++) {
        minus[i] = -y[i];
    }
    for (int kind = RSP_PEARSON; kind <= RSP_KENDALL; kind++) {
        for (size_t n = 4; n <= 11; n++) {
            rsp_correlation a = correlate((rsp_correlation_kind)kind, x, y, n, RSP_NULL_AUTO,
                                          RSP_LESS);
            rsp_correlation b = correlate((rsp_correlation_kind)kind, x, minus, n,
                                          RSP_NULL_AUTO, RSP_GREATER);
            assert_near(a.r, -b.r, CLOSED_FORM);
            assert_near(a.p, b.p, CLOSED_FORM);
            assert_near(a.high, -b.low, CLOSED_FORM);
        }
    }
}

static void correlation_needs_two_variables_that_vary(void **state)
{
    (void)state;
    static const double x[] = {1, 2, 3, 4, 5}, same[] = {2, 2, 2, 2, 2};
    for (int kind = RSP_PEARSON; kind <= RSP_KENDALL; kind++) {
        rsp_correlation_kind k = (rsp_correlation_kind)kind;
        rsp_correlation c = correlate(k, x, same, 5, RSP_NULL_AUTO, RSP_TWO_SIDED);
        assert_true(isnan(c.r) && isnan(c.p) && c.reason[0]);
        c = correlate(k, x, x, 2, RSP_NULL_AUTO, RSP_TWO_SIDED);
        assert_true(isnan(c.r) && c.reason[0]);
        c = correlate(k, x, x, 5, RSP_NULL_AUTO, RSP_GREATER);
        assert_near(c.r, 1, CLOSED_FORM);
        assert_true(c.p < 0.01);
        assert_near(c.low, 1, 1e-6); /* 1 - r is rounding only */
    }
}

static void multiplicity_is_p_adjust(void **state)
{
    (void)state;
    const json_t *j = known_at(known_json("rank_tests.json"), "p_adjust");
    static const struct {
        rsp_multiplicity how;
        const char *name;
        double unordered[6]; /* p.adjust(c(.01, .02, .022, .09, .04, .5), name) */
    } method[] = {
        {RSP_ADJUST_BONFERRONI, "bonferroni", {.06, .12, .132, .54, .24, 1}},
        {RSP_ADJUST_HOLM, "holm", {.06, .1, .1, .18, .12, .5}},
        {RSP_ADJUST_HOCHBERG, "hochberg", {.06, .088, .088, .18, .12, .5}},
        {RSP_ADJUST_HOMMEL, "hommel", {.05, .08, .08, .18, .12, .5}},
        {RSP_ADJUST_BH, "BH", {.044, .044, .044, .108, .06, .5}},
        {RSP_ADJUST_BY, "BY", {.1078, .1078, .1078, .2646, .147, 1}},
        {RSP_ADJUST_NONE, "none", {.01, .02, .022, .09, .04, .5}},
    };
    static const double mixed[] = {.01, .02, .022, .09, .04, .5};
    double p[16], want[16], got[16];
    size_t n = known_array(j, "p", p, COUNT(p));
    for (size_t m = 0; m < COUNT(method); m++) {
        if (known_at(j, method[m].name)) {
            known_array(j, method[m].name, want, COUNT(want));
            assert_ok(rsp_adjust(method[m].how, p, n, got, NULL));
            for (size_t i = 0; i < n; i++) {
                assert_near(got[i], want[i], CLOSED_FORM);
            }
        }
        assert_ok(rsp_adjust(method[m].how, mixed, 6, got, NULL));
        for (size_t i = 0; i < 6; i++) {
            assert_near(got[i], method[m].unordered[i], CLOSED_FORM);
        }
    }
}

static void a_missing_p_is_no_test(void **state)
{
    (void)state;
    double p[] = {0.01, NAN, 0.04}, two[] = {0.01, 0.04}, a[3], b[2];
    for (int how = RSP_ADJUST_NONE; how <= RSP_ADJUST_BY; how++) {
        assert_ok(rsp_adjust((rsp_multiplicity)how, p, 3, a, NULL));
        assert_ok(rsp_adjust((rsp_multiplicity)how, two, 2, b, NULL));
        assert_true(a[0] == b[0] && isnan(a[1]) && a[2] == b[1]);
        assert_ok(rsp_adjust((rsp_multiplicity)how, p, 0, a, NULL));
    }
    rsp_error err;
    p[1] = 1.5;
    assert_int_equal(rsp_adjust(RSP_ADJUST_HOLM, p, 3, a, &err), RSP_RANGE);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signed_rank_drops_zeros_as_wilcoxon_did),
        cmocka_unit_test(signed_rank_keeps_the_ranks_of_zeros_as_pratt_did),
        cmocka_unit_test(ties_are_exact_given_the_mid_ranks),
        cmocka_unit_test(two_sided_counts_what_is_as_far_from_the_mean),
        cmocka_unit_test(rank_sum_has_the_estimate_of_hodges_and_lehmann),
        cmocka_unit_test(larger_samples_are_exact_too),
        cmocka_unit_test(thousands_of_values_use_the_normal_and_no_square_of_memory),
        cmocka_unit_test(a_shift_of_the_data_shifts_the_estimate_and_not_p),
        cmocka_unit_test(a_unit_changes_no_rank),
        cmocka_unit_test(one_sided_tests_have_one_sided_intervals),
        cmocka_unit_test(too_few_values_say_what_level_they_reach),
        cmocka_unit_test(nothing_to_rank_is_not_estimable),
        cmocka_unit_test(values_that_are_no_numbers_are_refused_by_place),
        cmocka_unit_test(digits_tie_what_rounding_has_parted),
        cmocka_unit_test(huge_and_tiny_values_do_not_overflow),
        cmocka_unit_test(kruskal_wallis_counts_groups_with_values),
        cmocka_unit_test(t_tests_are_those_of_r),
        cmocka_unit_test(a_t_test_needs_spread),
        cmocka_unit_test(wilson_intervals_end_where_the_share_does),
        cmocka_unit_test(fisher_is_exact_and_its_ratio_conditional),
        cmocka_unit_test(fisher_has_no_ratio_at_its_edges),
        cmocka_unit_test(correlations_are_those_of_r),
        cmocka_unit_test(pairs_tied_in_both_count_once),
        cmocka_unit_test(turning_a_variable_turns_the_correlation),
        cmocka_unit_test(correlation_needs_two_variables_that_vary),
        cmocka_unit_test(multiplicity_is_p_adjust),
        cmocka_unit_test(a_missing_p_is_no_test),
    };
    if (!known_open(argc, argv)) {
        return 77;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    known_close();
    return failed;
}
