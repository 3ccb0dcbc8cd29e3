/* The linear birth-death process over an interval, exactly.
 *
 * Each cell divides at the rate b(t) and is lost at the rate d(t), each by itself.  With
 * B and D the integrals of b and d over the interval and b(t) : d(t) the same throughout,
 * one cell leaves (Kendall 1948 Ann Math Stat 19:1, equations 8 to 12)
 *
 *     P(N = 0) = alpha,    P(N = k) = (1 - alpha) (1 - beta) beta^(k-1),  k = 1, 2, ...
 *     g = (exp(B - D) - 1) / (B - D),  1 where B = D
 *     alpha = D g / (1 + B g),   beta = B g / (1 + B g),   1 - alpha = exp(B - D) / (1 + B g)
 *
 * and n cells leave M + K: M survivors of a binomial with n and 1 - alpha, K further
 * cells of a negative binomial of shape M and mean M beta / (1 - beta).  None of M is
 * extinction, and final.  Where b : d moves within an interval the mean n exp(B - D)
 * stays exact; variance and extinction then hold to the second order in B + D. */
#ifndef RSP_SIM_KENDALL_H
#define RSP_SIM_KENDALL_H

#include "num/isa.h"

typedef struct rsp_kendall {
    double growth;      /* exp(B - D) */
    double alive;       /* 1 - alpha = growth / (1 + B g) */
    double further;     /* beta / (1 - beta) = B g */
} rsp_kendall;

/* Of the integrals B, D >= 0. */
rsp_kendall rsp_kendall_of(double birth, double death);
/* First one, then the other: of a single cell's offspring. */
rsp_kendall rsp_kendall_then(const rsp_kendall *first, const rsp_kendall *then);
/* What n >= 0 cells become: decisions `index` and `index` + 1 of the stream. */
double rsp_kendall_draw(const rsp_kendall *k, const rsp_stream *s, uint32_t index, double n);

/* The same of many clones, with the same numbers, but where rounding decides. */
typedef struct rsp_kendall_clones {
    rsp_stream who;          /* of clone 0; clone i has the channel i further on */
    uint32_t index;
    const rsp_kendall *move; /* by kind */
    const uint32_t *kind;    /* by clone */
    const uint32_t *left;    /* [n_left] clones that move */
    uint32_t n_left;
    double *n;               /* in, out; whole, by clone */
} rsp_kendall_clones;

typedef void rsp_kendall_draw_all_fn(const rsp_kendall_clones *c);
RSP_ISA_DECLARE(void, rsp_kendall_draw_all, (const rsp_kendall_clones *c));

#endif
