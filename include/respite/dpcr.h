/* Digital PCR: from droplets counted to copies and to intact provirus.
 *
 *     quantity   unit                       range
 *     counts     droplets                   whole, >= 0
 *     lambda     copies per droplet         >= 0
 *     volume     nl per droplet             > 0 (0.85: Bio-Rad QX200)
 *     per_ul     copies per ul of reaction
 *     per million   per 1e6 of the cells that the reference counts
 *
 * Droplets catch molecules independently and at random, so that a share
 * exp(-lambda) of them stays empty (Dube, Qin & Ramakrishnan 2008, PLoS ONE
 * 3:e2876; Hindson 2011).  Wells of one sample at one dilution are merged by
 * adding their droplets: the estimate of the sum is the maximum-likelihood one.
 *
 * A number that the data do not give is NaN, with the reason beside it; an
 * assay that failed is missing, never zero.  RSP_RANGE: counts that are no
 * counts, options out of range.  Threads: pure functions; no memory is kept. */
#ifndef RESPITE_DPCR_H
#define RESPITE_DPCR_H

#include "respite/dataset.h"
#include "respite/num.h"

/* Why there is no number, or what to mind about it. */
typedef enum rsp_dpcr_reason {
    RSP_DPCR_FINE,
    RSP_DPCR_NO_WELLS,       /* none given, or all rejected for few droplets */
    RSP_DPCR_SATURATED,      /* no droplet is empty: dilute */
    RSP_DPCR_NO_REFERENCE,   /* no cells were counted */
    RSP_DPCR_NO_LINKAGE,     /* reference droplets show no unsheared molecule */
    RSP_DPCR_SHEARED,        /* fewer unsheared than the options allow */
    RSP_DPCR_FIRST_FAILED,   /* first target at background, second clearly positive */
    RSP_DPCR_SECOND_FAILED,
    RSP_DPCR_TARGET_FAILED,  /* one of several, named beside */
    RSP_DPCR_NO_SHARED       /* the target that two triplexes share is not seen */
} rsp_dpcr_reason;
const char *rsp_dpcr_reason_text(rsp_dpcr_reason r); /* "" for RSP_DPCR_FINE */

/* ---- One target. */
typedef enum rsp_dpcr_limits {
    RSP_DPCR_CLOPPER, /* Clopper & Pearson 1934 on the share positive; holds at 0 */
    RSP_DPCR_WILSON,  /* Wilson 1927 on the share positive */
    RSP_DPCR_DELTA    /* lambda -+ z sqrt(k / (n (n - k))), not below 0 */
} rsp_dpcr_limits;

typedef struct rsp_dpcr_options {
    double droplet_nl;      /* 0.85 */
    double least_droplets;  /* wells with fewer are rejected; 10,000 */
    double level;           /* of intervals; 0.95 */
    rsp_dpcr_limits limits;
} rsp_dpcr_options;
rsp_dpcr_options rsp_dpcr_defaults(void);

typedef struct rsp_dpcr_well { double positive, droplets; } rsp_dpcr_well;

typedef struct rsp_dpcr {
    size_t used, rejected;      /* wells */
    double positive, droplets;  /* of the wells used */
    double lambda, se, low, high; /* se: delta, sqrt(k / (n (n - k))) */
    double per_ul, per_ul_low, per_ul_high;
    /* Do the wells agree?  Pearson's chi-squared of positives on used - 1
     * degrees of freedom; NaN for one well, or none or all positive. */
    double chisq, p;
    bool heterogeneous;         /* p < 0.01 */
    rsp_dpcr_reason reason;     /* NO_WELLS, SATURATED: lambda and high are NaN */
} rsp_dpcr;

/* RSP_RANGE: positive > droplets, options.  No positive droplet: lambda 0 and a
 * two-sided interval; see rsp_dpcr_zero for the one-sided bound. */
RSP_MUST_USE rsp_status rsp_dpcr_target(const rsp_dpcr_well *wells, size_t n, const rsp_dpcr_options *options, rsp_dpcr *out, rsp_error *err);
/* One-sided bound of lambda where none of `droplets` is positive:
 * -ln((1 - level)^(1/n)), 2.9957 / n at 0.95. */
double rsp_dpcr_zero(double droplets, double level);

/* ---- Several targets.  A pattern is a set of targets: bit i for target i.
 * counts[pattern], 2^k of them, k from 1 to 8. */
enum { RSP_PLEX_MOST = 8, RSP_PLEX_PATTERNS = 1 << RSP_PLEX_MOST };

/* lambda[T], copies per droplet of molecules that carry exactly the targets T, by
 * Moebius inversion of the logs of empty shares: with f(S) = -ln(share of droplets
 * negative for all of S) and g(C) = f(all) - f(all \ C), the sum of the species
 * within C, lambda_T = sum over U in T of (-1)^|T \ U| g(U).  As many species as
 * free shares: this is the maximum-likelihood estimate, free of chance
 * co-encapsulation.  lambda[0] is 0.  Values below 0 are noise about 0 and are left
 * as they are, to be judged; se[T] by the delta method, from Cov(ln q_S, ln q_T) =
 * (q_{S u T} / (q_S q_T) - 1) / N.  se may be NULL.
 * No droplet negative for all: every number NaN.
 * RSP_RANGE: k, counts that are no counts, no droplets at all. */
RSP_MUST_USE rsp_status rsp_plex_linkage(const double *counts, size_t k, double *lambda, double *se, rsp_error *err);
/* Counts by the targets of `keep` alone (its bits packed in order), whatever the
 * others show.  out: 2^(bits of keep). */
void rsp_plex_collapse(const double *counts, size_t k, unsigned keep, double *out);

/* Five targets from two triplexes that share one (Levy 2021, Cell Rep Med
 * 2:100243): first * second / shared, were the two sides independent given the
 * shared target.  The combination is ours, not confirmed against the paper.
 * NaN where shared is not above 0. */
double rsp_plex_five(double first_triple, double second_triple, double shared);

/* ---- Two targets.  n[0] both negative, n[1] first alone, n[2] second alone,
 * n[3] both. */
typedef struct rsp_duplex_well { double n[4]; } rsp_duplex_well;
typedef struct rsp_duplex {
    double droplets;
    double first, second, linked; /* lambda; linked is signed */
    double se_first, se_second, se_linked;
    double expected_chance; /* droplets with both but no linked molecule: n1 n2 / n0 */
} rsp_duplex;
RSP_MUST_USE rsp_status rsp_duplex_estimate(const rsp_duplex_well *counts, rsp_duplex *out, rsp_error *err);

/* ---- Blank and detection (CLSI EP17; Armbruster & Pry 2008).  Counts of a blank
 * are Poisson with mean `background`.  blank: the least count c with P(X <= c) >=
 * 0.95; detection: the mean count whose P(X > blank) is 0.95 (2.9957 without
 * background).  NaN: background not finite and >= 0, or above 1e9. */
typedef struct rsp_count_limits { double blank, detection; } rsp_count_limits;
rsp_count_limits rsp_count_limits_of(double background);
/* Garwood 1936: exact interval of a Poisson mean from a count. */
void rsp_garwood(double count, double level, double *low, double *high);

/* The same for droplets that carry a set of targets in `droplets`: chance alone, where no
 * molecule carries them all, gives some besides the background a droplet.  `lambda`: of
 * the molecules that do, `seen`: droplets with all. */
rsp_count_limits rsp_chance_limits_of(double droplets, double seen, double lambda,
                                      double background, double *mean);

/* ---- IPDA (Bruner 2019, Nature 566:120).  First target psi, second env; the
 * reference is two amplicons of RPP30, about one provirus apart. */
typedef enum rsp_shearing {
    RSP_SHEARING_CORRECTED, /* of concentrations freed of chance */
    RSP_SHEARING_RAW,       /* of droplet counts; too low where wells are dense */
    RSP_SHEARING_NONE       /* taken as 0: nothing is corrected */
} rsp_shearing;

typedef struct rsp_ipda_options {
    rsp_dpcr_options dpcr;
    rsp_shearing shearing;
    double reference_dilution;   /* > 0: cells in a HIV well = this times; 1 */
    double reference_copies;     /* of a reference target in a cell; 2 */
    double not_t_per_ul;         /* unrearranged TCRD in the reference wells; 0 */
    double hiv_bp, reference_bp; /* distance of the targets; scales 1 - shearing
                                    to the power hiv/reference; 0: not scaled */
    double least_unsheared;      /* below: missing; 0.6, 0 to switch off */
    double background[3];        /* false positives a droplet: first alone, second
                                    alone, both (as linked); 0 */
    double clearly_positive;     /* droplets beyond background by which the other
                                    target must show that DNA was there; 10 */
    size_t bootstrap;            /* replicates; 0: none.  2000 is usual */
    rsp_stream stream;           /* of the bootstrap; purpose RSP_PURPOSE_USER */
} rsp_ipda_options;
rsp_ipda_options rsp_ipda_defaults(void);

typedef struct rsp_dpcr_interval { double low, high; } rsp_dpcr_interval;

/* Of a well among at least three, by its own intact estimate. */
typedef enum rsp_well_flag {
    RSP_WELL_USED,
    RSP_WELL_HIGH,     /* above 3 times the median: used, to be looked at */
    RSP_WELL_OUTLIER,  /* above 10 times the median: left out */
    RSP_WELL_FEW       /* too few droplets: left out */
} rsp_well_flag;

typedef struct rsp_ipda {
    rsp_duplex hiv, reference;   /* of the merged wells */
    double both_positive;        /* droplets of the HIV wells with both targets */
    double shearing;             /* DSI = s / (s + d), scaled where asked */
    double reference_cv;         /* of the two reference targets; above 0.1: look */
    double cells_per_ul, cells;  /* of the HIV wells: of template, assayed */

    /* Per million cells.  state NUMBER: `intact` estimates.  NOT_DETECTED (no
     * droplet with both): intact is 0, for analysis left-censored at `one_copy`.
     * BELOW_LLOQ (no more than chance; with a background of both, no more than the
     * limit of blank): intact is 0, left-censored at `detection`.  MISSING: NaN, see
     * `reason`. */
    rsp_result_state state;
    rsp_dpcr_reason reason;
    double blank;                /* droplets with both: limit of blank, of chance and
                                    background */
    double detection;            /* limit of detection that belongs to it */
    double intact;
    double intact_signed;        /* linkage may fall below 0: for checks of bias */
    double uncorrected;          /* for shearing */
    double one_copy;             /* 1e6 / cells / (1 - shearing) */
    double upper;                /* one-sided bound at dpcr.level, chance and background off */
    rsp_dpcr_interval garwood;        /* count of both less its background, scaled by
                                         intact / that count */
    rsp_dpcr_interval log_delta;      /* intact exp(-+ z se / linked), HIV wells alone */
    rsp_dpcr_interval bootstrap;      /* percentile; carries reference wells too */
    size_t bootstrap_used;       /* replicates with an estimate */
    double three_prime, five_prime; /* defective (3': or hypermutated), less sheared
                                       intact, not below 0 */
    double total;                /* intact + three_prime + five_prime */
} rsp_ipda;

/* `flags`: [n_hiv], or NULL.  Memory: RSP_NOMEM for the bootstrap or the median.
 * Missing are: too few wells, saturation, no reference, DNA sheared too far, and one
 * target at its limit of blank while the other is clearly positive: a primer or
 * probe that does not match this virus (Kinloch 2021), not an absence of virus. */
RSP_MUST_USE rsp_status rsp_ipda_estimate(const rsp_duplex_well *hiv, size_t n_hiv, const rsp_duplex_well *reference, size_t n_reference, const rsp_ipda_options *options, rsp_well_flag *flags, rsp_ipda *out, rsp_error *err);

/* ---- Several targets on one molecule, per million cells: three (Cassidy 2022,
 * iScience 25:105016), four (Q4ddPCR).  Intact carries all k. */
typedef struct rsp_plex {
    double droplets, all;      /* classified; with every target */
    double lambda, se;         /* molecules with every target a droplet, signed, less
                                  the background */
    double shearing, reference_cv, cells_per_ul, cells; /* as of rsp_ipda */
    rsp_result_state state;    /* as of rsp_ipda, and what follows */
    rsp_dpcr_reason reason;
    size_t failed;             /* TARGET_FAILED: which; k otherwise */
    double blank, detection;
    double intact, intact_signed, uncorrected, one_copy, upper;
    rsp_dpcr_interval garwood, log_delta, bootstrap;
    size_t bootstrap_used;
} rsp_plex;
/* `counts` of merged wells, [1 << k]; `reference` likewise, NULL: no cells are known, and
 * per million is NaN with NO_REFERENCE.  `background`: [k + 1] false positives a droplet,
 * of each target alone and of all as linked; NULL: none (that of the options is for two
 * targets).  A target at its limit of blank beside one that is clearly positive is a
 * primer or probe that does not match: missing. */
RSP_MUST_USE rsp_status rsp_plex_estimate(const double *counts, size_t k, const rsp_duplex_well *reference, const double *background, const rsp_ipda_options *options, rsp_plex *out, rsp_error *err);

/* Five targets from two triplexes, [8] counts each, whose bit `shared` is one target
 * (rsp_plex_five).  Each triplex is freed of shearing on its own. */
typedef struct rsp_five {
    rsp_plex triplex[2];       /* without intervals */
    double shared;             /* of the shared target per million, mean of both */
    rsp_result_state state;    /* NOT_DETECTED: a triplex shows none with all three */
    rsp_dpcr_reason reason;
    double five;               /* per million, were both sides independent */
    double least, most;        /* whatever the dependence: between first + second -
                                  shared and the smaller of the two (Frechet) */
    rsp_dpcr_interval bootstrap;
    size_t bootstrap_used;
} rsp_five;
typedef struct rsp_triplex { double n[8]; size_t shared; } rsp_triplex;
RSP_MUST_USE rsp_status rsp_five_estimate(const rsp_triplex triplex[2], const rsp_duplex_well *reference, const rsp_ipda_options *options, rsp_five *out, rsp_error *err);

#endif
