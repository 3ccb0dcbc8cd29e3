#include "respite/num.h"

#include "num/lane.h"

#define HALF_LOG_2PI 0.918938533204672742
#define INV_SQRT_2PI 0.398942280401432678

double rsp_exp(double x)
{
    return rsp_lane1_exp(x);
}

double rsp_log(double x)
{
    return rsp_lane1_log(x);
}

double rsp_pow(double x, double y)
{
    return rsp_lane1_pow(x, y);
}

/* log(1 + x) from the rounded sum u and what rounding lost. */
double rsp_log1p(double x)
{
    if (!(x < 0x1p54)) {
        return rsp_log(x);
    }
    const double u = 1.0 + x;
    if (!(u > 0)) {
        return rsp_log(u);
    }
    const double lost = x < 1.0 ? x - (u - 1.0) : 1.0 - (u - x);
    return rsp_log(u) + lost / u;
}

/* Taylor's series up to 1/2 (the first omitted term is below 2^-56 x); beyond,
 * exp(x) - 1 loses at most a bit and a half. */
double rsp_expm1(double x)
{
    if (!(x > -0.5 && x < 0.5)) {
        return rsp_exp(x) - 1.0;
    }
    double tail = 0;
    for (int n = 15; n >= 3; n--) {
        tail = (1.0 + tail) * x / n;
    }
    return x + 0.5 * x * x * (1.0 + tail);
}

/* Stirling's series from 10 on; below, Gamma(x) = Gamma(x + n) / (x ...). */
double rsp_lgamma(double x)
{
    double product = 1;
    while (x < 10) {
        product *= x;
        x += 1;
    }
    const double z = 1.0 / (x * x);
    const double series =
        (1.0 / 12 +
         z * (-1.0 / 360 +
              z * (1.0 / 1260 +
                   z * (-1.0 / 1680 +
                        z * (1.0 / 1188 +
                             z * (-691.0 / 360360 + z * (1.0 / 156))))))) /
        x;
    return (x - 0.5) * rsp_log(x) - x + HALF_LOG_2PI + series -
           rsp_log(product);
}

double rsp_normal_quantile(double p)
{
    return rsp_lane1_normal_quantile(p);
}

/* Upper tail, x >= 3: Laplace's continued fraction; 40 terms leave less than
 * exp(-2 x sqrt 80) < 1e-23 of it. */
static double upper_tail(double x)
{
    double fraction = x;
    for (int n = 40; n >= 1; n--) {
        fraction = x + n / fraction;
    }
    return rsp_exp(-0.5 * x * x) * INV_SQRT_2PI / fraction;
}

/* 1/2 + density * (x + x^3/3 + x^5/15 + ...), Marsaglia 2004; tails beyond 3
 * keep their relative accuracy. */
double rsp_normal_cdf(double x)
{
    if (x <= -3) {
        return upper_tail(-x);
    }
    if (x >= 3) {
        return 1.0 - upper_tail(x);
    }
    double term = x, sum = x;
    for (int n = 3; n < 120; n += 2) {
        term *= x * x / n;
        const double next = sum + term;
        if (next == sum) {
            break;
        }
        sum = next;
    }
    return 0.5 + sum * rsp_exp(-0.5 * x * x) * INV_SQRT_2PI;
}
