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
    const double growth = rsp_exp(birth - death), further = birth * relative_growth(birth - death);
    return (rsp_kendall){growth, growth / (1 + further), further};
}

rsp_kendall rsp_kendall_then(const rsp_kendall *first, const rsp_kendall *then)
{
    /* By the integral of b against growth to come, in which nothing cancels. */
    const double growth = first->growth * then->growth;
    const double further = then->further + then->growth * first->further;
    return (rsp_kendall){growth, growth / (1 + further), further};
}

double rsp_kendall_draw(const rsp_kendall *k, const rsp_stream *s, uint32_t index, double n)
{
    const double survive = n > 0 ? rsp_binomial(s, index, n, fmin(k->alive, 1)) : 0;
    return survive > 0 && k->further > 0
               ? survive + rsp_negative_binomial(s, index + 1, survive, survive * k->further)
               : survive;
}
