#include "sim/kendall.h"

#include <math.h>

/* (exp(x) - 1) / x; by its series where the difference would lose figures. */
static double relative_growth(double x)
{
    if (fabs(x) > 0.5) {
        return (rsp_exp(x) - 1) / x;
    }
    double sum = 1;
    for (int k = 14; k > 1; k--) {
        sum = 1 + sum * x / k;
    }
    return sum;
}

rsp_kendall rsp_kendall_of(double birth, double death)
{
    const double g = relative_growth(birth - death);
    const double whole = 1 + birth * g;
    return (rsp_kendall){.growth = rsp_exp(birth - death), .alpha = death * g / whole,
                         .beta = birth * g / whole, .further = birth * g};
}

rsp_kendall rsp_kendall_then(const rsp_kendall *first, const rsp_kendall *then)
{
    /* The generating function of the first at the extinction of the then. */
    const double growth = first->growth * then->growth;
    const double alpha = first->alpha + (1 - first->alpha) * (1 - first->beta) * then->alpha /
                                            (1 - first->beta * then->alpha);
    const double further = growth > 0 ? growth / (1 - alpha) - 1 : 0;
    return (rsp_kendall){growth, alpha, growth > 0 ? further / (1 + further) : 0, further};
}

double rsp_kendall_draw(const rsp_kendall *k, const rsp_stream *s, uint32_t index, double n)
{
    const double survive = n > 0 ? rsp_binomial(s, index, n, 1 - k->alpha) : 0;
    return survive > 0 && k->further > 0
               ? survive + rsp_negative_binomial(s, index + 1, survive, survive * k->further)
               : survive;
}
