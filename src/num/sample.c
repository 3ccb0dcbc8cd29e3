/* Samplers: exact methods whose every decision is made with the scalars of
 * num.h.  An attempt takes one block (two uniforms) at the next sub-draw; a
 * sampler that has used all 4096 returns its mode instead.  An attempt is
 * accepted with probability above 1/2, so that never happens. */
#include <math.h>
#include <stdbool.h>

#include "num/stream.h"

enum { SUB_DRAWS = 4096 };

#define LOG_2PI 1.83787706640934548

/* Beyond it a count is a rounded normal: the skewness is below 4e-8. */
#define NORMAL_FROM 1e15

typedef struct draws {
    const rsp_stream *stream;
    uint32_t index, sub;
} draws;

static bool next_pair(draws *d, rsp_pair *pair)
{
    if (d->sub >= SUB_DRAWS) {
        return false;
    }
    *pair = rsp_uniform_pair(d->stream, d->index, d->sub++);
    return true;
}

/* Where no attempt could follow: the middle of the distribution. */
static double next_uniform(draws *d)
{
    rsp_pair pair;
    return next_pair(d, &pair) ? pair.first : 0.5;
}

static double rounded_normal(draws *d, double mean, double variance, double most)
{
    const double z = rsp_normal_quantile(next_uniform(d));
    const double k = floor(mean + sqrt(variance) * z + 0.5);
    return k < 0 ? 0 : k > most ? most : k;
}

/* ---- Logarithms of probabilities after Loader (2000), "Fast and accurate
 * computation of binomial probabilities": no large terms cancel, so that they
 * hold at any mean. */

/* log n! - log(sqrt(2 pi n) (n/e)^n) for whole n >= 1. */
static double stirling_error(double n)
{
    static const double small[15] = {
        0x1.4c071bcda0a5bp-4, 0x1.52a9b923ea649p-5, 0x1.c579a268d80b3p-6,
        0x1.54a2662fd78a9p-6, 0x1.10b4e513fcbedp-6, 0x1.c6b167bebdf36p-7,
        0x1.85d4d612e4a86p-7, 0x1.552805e7b3076p-7, 0x1.2f4871b12ab64p-7,
        0x1.10f9d4c0743a7p-7, 0x1.f0593088014f8p-8, 0x1.c7018733aa9c6p-8,
        0x1.a40514700f36cp-8, 0x1.86076c002d4a7p-8, 0x1.6c08f6f194a10p-8};
    if (n < 16) {
        return small[(int)n - 1];
    }
    const double z = 1.0 / (n * n);
    return (1.0 / 12 +
            z * (-1.0 / 360 +
                 z * (1.0 / 1260 + z * (-1.0 / 1680 + z * (1.0 / 1188))))) /
           n;
}

/* k log(k/m) + m - k for k, m > 0. */
static double deviance(double k, double m)
{
    const double v = (k - m) / (k + m);
    if (!(v < 0.1 && v > -0.1)) {
        return k * rsp_log(k / m) + m - k;
    }
    /* With v: k log((1+v)/(1-v)) - 2 k v/(1+v) as a series in v. */
    const double v2 = v * v;
    double term = 2 * k * v, sum = (k - m) * v;
    for (int j = 3; j < 40; j += 2) {
        term *= v2;
        const double next = sum + term / j;
        if (next == sum) {
            break;
        }
        sum = next;
    }
    return sum;
}

static double log_poisson(double k, double mean)
{
    if (k == 0) {
        return -mean;
    }
    return -stirling_error(k) - deviance(k, mean) -
           0.5 * (LOG_2PI + rsp_log(k));
}

static double log_binomial(double k, double n, double p)
{
    if (k == 0) {
        return n * rsp_log1p(-p);
    }
    if (k == n) {
        return n * rsp_log(p);
    }
    return stirling_error(n) - stirling_error(k) - stirling_error(n - k) -
           deviance(k, n * p) - deviance(n - k, n * (1 - p)) -
           0.5 * (LOG_2PI + rsp_log(k) + rsp_log((n - k) / n));
}

/* ---- Counts. */

/* Add up probabilities from 0 until they pass the uniform. */
static double poisson_inversion(draws *d, double mean)
{
    double u = next_uniform(d), p = rsp_exp(-mean), k = 0;
    while (u > p && (k < mean || p > 0x1p-60)) {
        u -= p;
        k += 1;
        p *= mean / k;
    }
    return k;
}

/* Hormann 1993, "The transformed rejection method for generating Poisson
 * random variables", algorithm PTRS; mean >= 10. */
static double poisson_rejection(draws *d, double mean)
{
    const double b = 0.931 + 2.53 * sqrt(mean);
    const double a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    const double squeeze = 0.9277 - 3.6224 / (b - 2);
    rsp_pair r;
    while (next_pair(d, &r)) {
        const double u = r.first - 0.5, us = 0.5 - fabs(u);
        const double k = floor((2 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && r.second <= squeeze) {
            return k;
        }
        if (k < 0 || (us < 0.013 && r.second > us)) {
            continue;
        }
        if (rsp_log(r.second * inverse_alpha / (a / (us * us) + b)) <=
            log_poisson(k, mean)) {
            return k;
        }
    }
    return floor(mean);
}

static double poisson_from(draws *d, double mean)
{
    if (!(mean > 0)) {
        return mean < 0 ? 0 : mean; /* 0 and NaN as they are */
    }
    if (mean < 10) {
        return poisson_inversion(d, mean);
    }
    if (mean < NORMAL_FROM) {
        return poisson_rejection(d, mean);
    }
    return rounded_normal(d, mean, mean, (double)INFINITY);
}

static double binomial_inversion(draws *d, double n, double p)
{
    const double odds = p / (1 - p), mean = n * p;
    double u = next_uniform(d), q = rsp_exp(n * rsp_log1p(-p)), k = 0;
    while (u > q && k < n && (k < mean || q > 0x1p-60)) {
        u -= q;
        q *= (n - k) / (k + 1) * odds;
        k += 1;
    }
    return k;
}

/* Hormann 1993, "The generation of binomial random variates", algorithm BTRS;
 * n p >= 10 and p <= 1/2. */
static double binomial_rejection(draws *d, double n, double p)
{
    const double spread = sqrt(n * p * (1 - p));
    const double b = 1.15 + 2.53 * spread;
    const double a = -0.0873 + 0.0248 * b + 0.01 * p;
    const double alpha = (2.83 + 5.1 / b) * spread;
    const double squeeze = 0.92 - 4.2 / b;
    const double mode = floor((n + 1) * p);
    rsp_pair r;
    while (next_pair(d, &r)) {
        const double u = r.first - 0.5, us = 0.5 - fabs(u);
        const double k = floor((2 * a / us + b) * u + n * p + 0.5);
        if (us >= 0.07 && r.second <= squeeze) {
            return k;
        }
        if (k < 0 || k > n) {
            continue;
        }
        if (rsp_log(r.second * alpha / (a / (us * us) + b)) <=
            log_binomial(k, n, p) - log_binomial(mode, n, p)) {
            return k;
        }
    }
    return mode;
}

static double binomial_at_most_half(draws *d, double n, double p)
{
    if (!(p > 0)) {
        return 0;
    }
    if (n * p < 10) {
        return binomial_inversion(d, n, p);
    }
    if (n * p < NORMAL_FROM) {
        return binomial_rejection(d, n, p);
    }
    return rounded_normal(d, n * p, n * p * (1 - p), n);
}

static double binomial_from(draws *d, double n, double p)
{
    if (isnan(n) || isnan(p)) {
        return (double)NAN;
    }
    n = floor(n);
    if (!(n > 0)) {
        return 0;
    }
    if (p >= 1) {
        return n;
    }
    return p > 0.5 ? n - binomial_at_most_half(d, n, 1 - p)
                   : binomial_at_most_half(d, n, p);
}

double rsp_poisson(const rsp_stream *s, uint32_t index, double mean)
{
    draws d = {s, index, 0};
    return poisson_from(&d, mean);
}

double rsp_binomial(const rsp_stream *s, uint32_t index, double n, double p)
{
    draws d = {s, index, 0};
    return binomial_from(&d, n, p);
}

/* ---- Gamma and what is made of it. */

/* A gamma variate of scale 1 is value * exp(log_factor): the factor of a small
 * shape may lie below the smallest double where a ratio still needs it. */
typedef struct gamma_parts {
    double value, log_factor;
} gamma_parts;

/* Marsaglia and Tsang 2000, "A simple method for generating gamma variables". */
static gamma_parts gamma_from(draws *d, double shape)
{
    double log_factor = 0;
    if (shape < 1) {
        log_factor = rsp_log(next_uniform(d)) / shape;
        shape += 1;
    }
    const double third = shape - 1.0 / 3, c = 1 / sqrt(9 * third);
    rsp_pair r;
    while (next_pair(d, &r)) {
        const double x = rsp_normal_quantile(r.first);
        const double root = 1 + c * x;
        if (root <= 0) {
            continue;
        }
        const double v = root * root * root;
        if (r.second < 1 - 0.0331 * x * x * x * x ||
            rsp_log(r.second) < 0.5 * x * x + third * (1 - v + rsp_log(v))) {
            return (gamma_parts){third * v, log_factor};
        }
    }
    return (gamma_parts){third, log_factor};
}

static double gamma_value(draws *d, double shape, double scale)
{
    if (isnan(shape) || isnan(scale)) {
        return (double)NAN;
    }
    if (!(shape > 0)) {
        return 0;
    }
    const gamma_parts g = gamma_from(d, shape);
    return scale * (g.value * rsp_exp(g.log_factor));
}

double rsp_gamma(const rsp_stream *s, uint32_t index, double shape, double scale)
{
    draws d = {s, index, 0};
    return gamma_value(&d, shape, scale);
}

double rsp_beta(const rsp_stream *s, uint32_t index, double a, double b)
{
    draws d = {s, index, 0};
    if (!(a > 0) || !(b > 0)) {
        return (double)NAN;
    }
    const gamma_parts x = gamma_from(&d, a), y = gamma_from(&d, b);
    const double odds =
        y.value / x.value * rsp_exp(y.log_factor - x.log_factor);
    return 1 / (1 + odds);
}

double rsp_negative_binomial(const rsp_stream *s, uint32_t index, double shape,
                             double mean)
{
    draws d = {s, index, 0};
    if (!(mean > 0)) {
        return mean < 0 ? 0 : mean;
    }
    return poisson_from(&d, gamma_value(&d, shape, mean / shape));
}

/* Binomials in turn, each of what is left with the share of what is left.  The
 * shares of the rest are summed from the end, into `out`, so that nothing
 * cancels. */
void rsp_multinomial(const rsp_stream *s, uint32_t index, double n, size_t k,
                     const double *p, double *out)
{
    draws d = {s, index, 0};
    double rest = 0;
    for (size_t i = k; i-- > 0;) {
        rest += p[i];
        out[i] = rest;
    }
    double left = floor(n);
    const bool sound = left == 0 || (left > 0 && rest > 0 && rest < (double)INFINITY);
    for (size_t i = 0; i < k; i++) {
        const double share = out[i] > 0 ? p[i] / out[i] : 0;
        out[i] = sound ? binomial_from(&d, left, share) : (double)NAN;
        left -= out[i];
    }
}
