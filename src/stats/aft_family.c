#include "stats/aft_family.h"

#include <math.h>

static double logistic(double z)
{
    return 1 / (1 + exp(-z));
}

/* ln(1 / (1 + exp(z))) without overflow. */
static double log_logistic_survival(double z)
{
    return z > 0 ? -z - log1p(exp(-z)) : -log1p(exp(z));
}

rsp_aft_term rsp_aft_exact(rsp_aft_family family, double z)
{
    if (family == RSP_AFT_LOGLOGISTIC) {
        double F = logistic(z);
        return (rsp_aft_term){.log = z + 2 * log_logistic_survival(z),
                              .left = 1 - 2 * F,
                              .left2 = -2 * F * (1 - F)};
    }
    double e = exp(z);
    return (rsp_aft_term){.log = z - e, .left = 1 - e, .left2 = -e};
}

/* A and B are the densities at the ends over the probability between them; both
 * are formed as ratios, which stay finite where the probability underflows. */
static rsp_aft_term from_ratios(double log_p, double A, double slope_left,
                                double B, double slope_right)
{
    return (rsp_aft_term){.log = log_p,
                          .left = -A,
                          .right = B,
                          .left2 = A > 0 ? -A * (slope_left + A) : 0.0,
                          .right2 = B > 0 ? B * (slope_right - B) : 0.0,
                          .cross = A * B};
}

static rsp_aft_term extreme_value(bool has_left, double left, bool has_right,
                                  double right)
{
    double el = has_left ? exp(left) : 0.0;
    if (!has_right) {
        return from_ratios(-el, el, 1 - el, 0.0, 0.0);
    }
    double er = exp(right), d = has_left ? el * expm1(right - left) : er;
    double between = -expm1(-d);
    return from_ratios(-el + log(between), el / between, 1 - el,
                       exp(right - d) / between, 1 - er);
}

static rsp_aft_term logistic_between(bool has_left, double left, bool has_right,
                                     double right)
{
    double Fl = has_left ? logistic(left) : 0.0;
    double Sl = has_left ? logistic(-left) : 1.0;
    double Fr = has_right ? logistic(right) : 1.0;
    double Sr = has_right ? logistic(-right) : 0.0;
    bool both = has_left && has_right;
    double gap = both ? -expm1(left - right) : 1.0;
    double log_p = (has_left ? log_logistic_survival(left) : 0.0) +
                   (has_right ? log_logistic_survival(-right) : 0.0) + log(gap);
    return from_ratios(log_p, Fl / (Fr * gap), Sl - Fl, Sr / (Sl * gap), Sr - Fr);
}

rsp_aft_term rsp_aft_between(rsp_aft_family family, bool has_left, double left,
                             bool has_right, double right)
{
    return family == RSP_AFT_LOGLOGISTIC
               ? logistic_between(has_left, left, has_right, right)
               : extreme_value(has_left, left, has_right, right);
}

double rsp_aft_w_quantile(rsp_aft_family family, double p)
{
    return family == RSP_AFT_LOGLOGISTIC ? log(p / (1 - p)) : log(-log1p(-p));
}

double rsp_aft_w_survival(rsp_aft_family family, double z)
{
    return family == RSP_AFT_LOGLOGISTIC ? logistic(-z) : exp(-exp(z));
}
