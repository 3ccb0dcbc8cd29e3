#include "stats/rank_scores.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

double rsp_rank_significant(double x, int digits)
{
    char text[64];
    if (digits <= 0 || digits > 17 || x == 0) {
        return x;
    }
    snprintf(text, sizeof text, "%.*e", digits - 1, x);
    return strtod(text, NULL); /* the same locale writes and reads */
}

double rsp_rank_shifted(double x, double shift, int digits)
{
    const double off = x - shift, size = fmax(fabs(x), fabs(shift));
    const bool rounds = digits > 0 && digits <= 17;
    return rounds && fabs(off) < size * pow(10, -digits) ? 0 : off;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void rsp_rank_sort(double *x, size_t n)
{
    if (n > 1) {
        qsort(x, n, sizeof *x, by_value);
    }
}

typedef struct place {
    double value;
    size_t index;
} place;

static int by_place(const void *a, const void *b)
{
    return by_value(&((const place *)a)->value, &((const place *)b)->value);
}

static double cube_less(size_t t)
{
    double d = (double)t;
    return d * (d - 1) * (d + 1);
}

bool rsp_rank_twice(const double *x, size_t n, int64_t *rank, double *ties)
{
    place *order = calloc(n + 1, sizeof *order);
    if (!order) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        order[i] = (place){x[i], i};
    }
    qsort(order, n, sizeof *order, by_place);
    double sum = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && order[end].value == order[i].value; end++) {
        }
        for (size_t k = i; k < end; k++) {
            rank[order[k].index] = (int64_t)(i + 1 + end);
        }
        sum += cube_less(end - i);
    }
    if (ties) {
        *ties = sum;
    }
    free(order);
    return true;
}

double rsp_rank_ties_of_sorted(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && x[end] == x[i]; end++) {
        }
        sum += cube_less(end - i);
    }
    return sum;
}

rsp_status rsp_rank_check(const double *x, size_t n, const char *what, rsp_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) {
            return rsp_fail(err, RSP_RANGE, "%s %zu is %g: a finite number is expected",
                            what, i + 1, x[i]);
        }
    }
    return RSP_OK;
}

rsp_status rsp_rank_level(double *level, rsp_error *err)
{
    if (*level == 0) {
        *level = 0.95;
    }
    if (!(*level > 0 && *level < 1)) {
        return rsp_fail(err, RSP_RANGE, "a level of %g: between 0 and 1 is expected", *level);
    }
    return RSP_OK;
}
