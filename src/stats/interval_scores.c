#include "stats/interval_scores.h"

#include <math.h>

#include "stats/band.h"

/* dS/dbeta and d2S/dbeta2 of each model at survival S:
 *     proportional hazards  S^exp(beta)
 *     proportional odds     odds of having failed times exp(beta)
 *     discrete logistic     odds of each hazard times exp(beta) */
static void derive(const rsp_score_model *m, size_t j, double lambda_variance,
                   double *first, double *second)
{
    double S = m->S[j], L = m->hazard[j], log_S;
    *first = *second = 0.0;
    if (j == 0 || j == m->k) {
        return; /* 1 and 0 in every group */
    }
    switch (m->which) {
    case RSP_SCORES_SUN:
        *first = -S * L;
        *second = S * (L * L - lambda_variance);
        break;
    case RSP_SCORES_FINKELSTEIN:
        log_S = log(S);
        *first = S * log_S;
        *second = S * log_S * (log_S + 1);
        break;
    case RSP_SCORES_WILCOXON:
        *first = -S * (1 - S);
        *second = S * (1 - S) * (1 - 2 * S);
        break;
    }
}

bool rsp_score_model_init(rsp_score_model *m, rsp_interval_scores which,
                          const rsp_support *s, const double *p,
                          rsp_arena *arena)
{
    size_t k = s->k;
    double *S = rsp_arena_alloc(arena, 4 * (k + 1), sizeof *S);
    if (!S) {
        return false;
    }
    double *hazard = S + k + 1, *first = hazard + k + 1, *second = first + k + 1;
    for (size_t j = k; j-- > 0;) {
        S[j] = S[j + 1] + p[s->piece[j]];
    }
    S[0] = 1.0;
    *m = (rsp_score_model){which, k, S, first, second, hazard};
    double variance = 0.0;
    for (size_t j = 1; j <= k; j++) {
        double lambda = p[s->piece[j - 1]] / S[j - 1];
        hazard[j] = hazard[j - 1] + lambda;
        variance += lambda * (1 - lambda);
        derive(m, j, variance, &first[j], &second[j]);
    }
    return true;
}

double rsp_score_of(const rsp_score_model *m, const rsp_cover *c)
{
    size_t a = c->first, b = c->last + 1;
    return (m->first[a] - m->first[b]) / (m->S[a] - m->S[b]);
}

/* d/dS_l of dS_j/dbeta, 0 < l < k. */
static double mixed(const rsp_score_model *m, size_t j, size_t l)
{
    if (j == 0 || j == m->k || l > j) {
        return 0.0;
    }
    double S = m->S[j];
    switch (m->which) {
    case RSP_SCORES_SUN:
        if (l == j) {
            return S / m->S[j - 1] - m->hazard[j];
        }
        return -S * (m->S[l + 1] / (m->S[l] * m->S[l]) - 1 / m->S[l - 1]);
    case RSP_SCORES_FINKELSTEIN:
        return l == j ? log(S) + 1 : 0.0;
    case RSP_SCORES_WILCOXON:
        return l == j ? 2 * S - 1 : 0.0;
    }
    return 0.0;
}

/* One cover's share of information: own of beta, and cross[k - 1] with the
 * survivals. */
static double add_cover(const rsp_score_model *m, const rsp_cover *c,
                        double weight, double *cross)
{
    size_t a = c->first, b = c->last + 1;
    double l = m->S[a] - m->S[b];
    double d = (m->first[a] - m->first[b]) / l;
    double e = (m->second[a] - m->second[b]) / l;
    size_t from = m->which == RSP_SCORES_SUN || a == 0 ? 1 : a;
    for (size_t j = from; j <= b && j < m->k; j++) {
        double of_l = (j == a) - (double)(j == b);
        cross[j - 1] += weight * (d * of_l - (mixed(m, a, j) - mixed(m, b, j))) / l;
    }
    return weight * (d * d - e);
}

static void survivals(const rsp_score_model *m, double *F)
{
    for (size_t j = 0; j <= m->k; j++) {
        F[j] = 1 - m->S[j];
    }
}

rsp_status rsp_score_variance(const rsp_score_model *m, const rsp_turnbull *t,
                              const rsp_support *s, const double *count,
                              size_t n_groups, double *v, rsp_error *err)
{
    size_t k = m->k, q = n_groups - 1, width = k > 1 ? k - 1 : 1;
    rsp_band h = {0};
    double *cross = rsp_arena_alloc(t->arena, 2 * q * width + k + 1, sizeof *cross);
    if (!cross || !rsp_band_init(&h, width, s->width)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for a score test");
    }
    double *solved = cross + q * width, *F = solved + q * width;
    for (size_t i = 0; i < q * q; i++) {
        v[i] = 0.0;
    }
    for (size_t i = 0; i < t->n_covers; i++) {
        for (size_t g = 0; g < q; g++) {
            double n = count[i * n_groups + g + 1];
            if (n > 0) {
                v[g * q + g] += add_cover(m, &s->cover[i], n, cross + g * width);
            }
        }
    }
    if (k > 1) {
        survivals(m, F);
        rsp_npmle_information(t, s, F, &h, NULL);
        rsp_band_factor(&h);
    }
    for (size_t g = 0; g < q && k > 1; g++) {
        for (size_t j = 0; j < width; j++) {
            solved[g * width + j] = cross[g * width + j];
        }
        rsp_band_solve(&h, solved + g * width);
        for (size_t f = 0; f < q; f++) {
            for (size_t j = 0; j < width; j++) {
                v[g * q + f] -= solved[g * width + j] * cross[f * width + j];
            }
        }
    }
    rsp_band_fini(&h);
    return RSP_OK;
}
