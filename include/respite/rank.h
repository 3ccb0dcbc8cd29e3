/* Two groups, pairs and associations: rank tests with their exact null
 * distributions, t tests, 2 x 2 tables, correlation, several tests at once.
 * Numbers in any one unit; estimates and intervals are in that unit.
 *
 * "Not estimable" is NaN with a `reason` (static text, "" where all stands);
 * errors are values that are not finite (RSP_RANGE), a level outside (0, 1)
 * (RSP_RANGE) and memory (RSP_NOMEM).  Threads: pure functions. */
#ifndef RESPITE_RANK_H
#define RESPITE_RANK_H

#include <stdbool.h>
#include <stddef.h>

#include "respite/status.h"

/* What the test looks for; an interval is one-sided where the test is: LESS has
 * low = -inf, GREATER has high = +inf. */
typedef enum rsp_alternative { RSP_TWO_SIDED, RSP_LESS, RSP_GREATER } rsp_alternative;

/* AUTO: exact while that takes less than about 0.1 s (50 million additions: 200
 * pairs; groups of 50; more where one group is small), else NORMAL_CORRECTED.
 * EXACT: RSP_RANGE beyond 2 thousand million additions or 1,000 values.
 * NORMAL_CORRECTED: with the continuity correction of 1/2. */
typedef enum rsp_null {
    RSP_NULL_AUTO, RSP_NULL_EXACT, RSP_NULL_NORMAL, RSP_NULL_NORMAL_CORRECTED
} rsp_null;

/* Differences of zero.  WILCOXON drops them before ranking (Wilcoxon 1945), for
 * the estimate and its interval too; PRATT ranks them with the rest and then
 * leaves their ranks out (Pratt 1959), and keeps them in the estimate. */
typedef enum rsp_zeros { RSP_ZEROS_WILCOXON, RSP_ZEROS_PRATT } rsp_zeros;

typedef struct rsp_rank_options { /* {0}: two-sided, AUTO, 95 %, no shift */
    rsp_alternative alternative;
    rsp_null null;
    rsp_zeros zeros;
    double shift;  /* of the null hypothesis */
    double level;  /* of the interval; 0: 0.95 */
    int digits;    /* values equal to so many significant digits are tied;
                      0: only equal doubles are */
} rsp_rank_options;

typedef struct rsp_rank_result {
    size_t n[2];      /* values used: pairs (zeros not counted), or a and b */
    size_t n_zeros;
    bool exact, tied; /* how p was computed; whether any rank is shared */
    double statistic; /* V: sum of positive ranks; W: Mann-Whitney U of a */
    double z;         /* standardised, with the correction where p has it */
    double p;
    double estimate, low, high; /* Hodges & Lehmann 1963 */
    double level;     /* that the interval reaches; see below */
    const char *reason;
} rsp_rank_result;

/* Wilcoxon's signed-rank test of differences about `shift`.
 * With ties p is exact given the mid-ranks: the permutation distribution by the
 * shift algorithm (Streitberg & Roehmel 1986), two-sided P(|V - EV| >= |v - EV|),
 * as exactRankTests and coin.  The normal variance is that of the same ranks.
 * Estimate: median of the Walsh averages.  Interval: their order statistics at
 * the quantile of the null distribution without ties (Hollander, Wolfe & Chicken
 * 2014, 3.23); as a closed interval it keeps its level with ties too (Pratt &
 * Gibbons 1981, 3.7).  Too few pairs for the level asked: the whole range of the
 * averages, with the `level` that it reaches and a reason.  With NORMAL the order
 * statistic where the standardised statistic passes the normal quantile, as R's
 * root does to its 1e-4; `level` is then the one asked, or NaN where the range of
 * the averages does not reach it (R then lowers the level). */
RSP_MUST_USE rsp_status rsp_signed_rank(const double *x, size_t n,
                                        const rsp_rank_options *options,
                                        rsp_rank_result *out, rsp_error *err);
/* Wilcoxon's rank-sum (Mann-Whitney) test of a - b about `shift`; the same rules,
 * estimate the median of all differences a_i - b_j (4.15 there). */
RSP_MUST_USE rsp_status rsp_rank_sum(const double *a, size_t n_a, const double *b,
                                     size_t n_b, const rsp_rank_options *options,
                                     rsp_rank_result *out, rsp_error *err);

/* Kruskal & Wallis 1952, with the correction for ties.  group[i] < n_groups;
 * groups without values do not count.  Fewer than two, or all values equal: NaN,
 * df 0 and a reason. */
typedef struct rsp_kruskal { double h, p; int df; const char *reason; } rsp_kruskal;
RSP_MUST_USE rsp_status rsp_kruskal_wallis(const double *x, const size_t *group,
                                           size_t n, size_t n_groups, rsp_kruskal *out,
                                           rsp_error *err);

/* ---- t tests.  Pairs: rsp_t_one of their differences. */
typedef struct rsp_t_options { /* {0}: two-sided, 95 %, about 0, Welch */
    rsp_alternative alternative;
    double shift, level;
    bool pooled; /* equal variances; else Welch 1947, Satterthwaite's df */
} rsp_t_options;
typedef struct rsp_t_result {
    double estimate, se, t, df, p, low, high;
    const char *reason;
} rsp_t_result;
RSP_MUST_USE rsp_status rsp_t_one(const double *x, size_t n, const rsp_t_options *options,
                                  rsp_t_result *out, rsp_error *err);
RSP_MUST_USE rsp_status rsp_t_two(const double *a, size_t n_a, const double *b, size_t n_b,
                                  const rsp_t_options *options, rsp_t_result *out,
                                  rsp_error *err);

/* ---- Shares and 2 x 2 tables of counts.  Clopper-Pearson is in stats.h. */
/* Wilson 1927, without continuity correction.  NaN as rsp_clopper_pearson. */
void rsp_wilson(double k, double n, double level, double *low, double *high);

/* Fisher's exact test of {{a, b}, {c, d}}: P of tables no likelier than this one
 * (relative 1e-7, as R), odds ratio by conditional maximum likelihood, interval
 * by inverting the one-sided exact tests (Cornfield 1956).  A margin of 0: p = 1,
 * ratio NaN, interval 0 .. inf, and a reason; an infinite ratio has a reason, too.
 * RSP_RANGE: more than a million
 * counted. */
typedef struct rsp_fisher { double p, odds_ratio, low, high; const char *reason; } rsp_fisher;
RSP_MUST_USE rsp_status rsp_fisher_test(size_t a, size_t b, size_t c, size_t d,
                                        rsp_alternative alternative, double level,
                                        rsp_fisher *out, rsp_error *err);

/* ---- Correlation.  p: PEARSON by t; SPEARMAN exact over all permutations for
 * n <= 9 (also given ties), without ties by Edgeworth's series up to n = 1,290
 * (Best & Roberts 1975, AS 89), else by t; KENDALL (tau-b) exact without ties for
 * n < 50, else normal with the variance given ties (Kendall 1970, 4.4), corrected
 * by 1 under NORMAL_CORRECTED only.  With null NORMAL: t, t, normal.  Intervals (95 %: level) by Fisher's z with variance
 * 1/(n-3); (1 + r^2/2)/(n-3) for Spearman and 0.437/(n-4) for Kendall (Bonett &
 * Wright 2000).  Fewer than 3 values, or one variable constant: NaN, a reason. */
typedef enum rsp_correlation_kind {
    RSP_PEARSON, RSP_SPEARMAN, RSP_KENDALL
} rsp_correlation_kind;
typedef struct rsp_correlation {
    double r, statistic; /* t; sum of squared rank differences; z or concordant pairs */
    double p, low, high;
    bool exact, tied;
    const char *how;    /* p was had, in words; "": there is none */
    const char *reason;
} rsp_correlation;
RSP_MUST_USE rsp_status rsp_correlate(rsp_correlation_kind kind, const double *x,
                                      const double *y, size_t n, rsp_null null,
                                      rsp_alternative alternative, double level,
                                      rsp_correlation *out, rsp_error *err);

/* ---- Several tests at once: adjusted p values, in place of the order given.
 * Holm 1979, Hochberg 1988, Hommel 1988, Benjamini & Hochberg 1995, Benjamini &
 * Yekutieli 2001.  NaN stays NaN and does not count as a test.  p outside [0, 1]:
 * RSP_RANGE.  `out` may be `p`. */
typedef enum rsp_multiplicity {
    RSP_ADJUST_NONE, RSP_ADJUST_BONFERRONI, RSP_ADJUST_HOLM, RSP_ADJUST_HOCHBERG,
    RSP_ADJUST_HOMMEL, RSP_ADJUST_BH, RSP_ADJUST_BY
} rsp_multiplicity;
RSP_MUST_USE rsp_status rsp_adjust(rsp_multiplicity how, const double *p, size_t n,
                                   double *out, rsp_error *err);

#endif
