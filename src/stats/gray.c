/* Gray 1988, section 2.  With h_j(t) = Y_j(t) / S_j(t-) and R_j = h_j (1 - F_j(t-)),
 * the score of group k is the sum of W (d_k - R_k d / R).  Its variance counts
 * how the increments of both kinds of events in each group move it, under the
 * null hypothesis: with F0 = sum d / h, and
 *     u_kj = W h_j ([k = j] - h_k / h)
 *     c_kj(t) = sum over later times of u_kj dF0 / (1 - F0-)
 * an event of the cause has a = u + (1 - (1 - F0) / S_j) c, another event
 * b = -(1 - F0) / S_j c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/competing_rows.h"
#include "stats/distributions.h"
#include "stats/spd.h"

enum { MAX_GROUPS = 16 };

typedef struct group_time {
    double at_risk, own, other; /* events */
    double s_before, s_after, F_before;
} group_time;

typedef struct gray {
    size_t n_times, n_groups;
    group_time *at;          /* [n_times][n_groups] */
    double *F0, *dF0, *W, *h; /* [n_times]: F0 after */
    double *c;               /* [n_groups][n_groups] */
    double *v;               /* [n_groups][n_groups] */
} gray;

static void tabulate(gray *g, const rsp_competing_rows *rows,
                     const rsp_competing *x, const uint32_t *group,
                     uint32_t cause)
{
    size_t K = g->n_groups;
    for (size_t i = 0; i < rows->n; i++) {
        group_time *at = &g->at[rows->time_of[i] * K + group[i]];
        at->at_risk += 1.0; /* so far: who leaves here */
        at->own += x[i].cause == cause;
        at->other += x[i].cause > 0 && x[i].cause != cause;
    }
    for (size_t i = g->n_times - 1; i-- > 0;) {
        for (size_t j = 0; j < K; j++) {
            g->at[i * K + j].at_risk += g->at[(i + 1) * K + j].at_risk;
        }
    }
    for (size_t j = 0; j < K; j++) {
        double s = 1.0, F = 0.0;
        for (size_t i = 0; i < g->n_times; i++) {
            group_time *at = &g->at[i * K + j];
            at->s_before = s;
            at->F_before = F;
            if (at->at_risk > 0) {
                F += s * at->own / at->at_risk;
                double left = at->at_risk - at->own - at->other;
                s = left > 0 ? s * (left / at->at_risk) : 0.0;
            }
            at->s_after = s;
        }
    }
}

static double h_of(const group_time *at)
{
    return at->at_risk > 0 ? at->at_risk / at->s_before : 0.0;
}

/* Scores, and the pooled curve. */
static void score(gray *g, double rho, rsp_gray *out)
{
    double F0 = 0.0;
    size_t K = g->n_groups;
    for (size_t i = 0; i < g->n_times; i++) {
        const group_time *at = &g->at[i * K];
        double d = 0.0, h = 0.0, R = 0.0;
        for (size_t j = 0; j < K; j++) {
            d += at[j].own;
            h += h_of(&at[j]);
            R += h_of(&at[j]) * (1 - at[j].F_before);
        }
        g->h[i] = h;
        g->W[i] = pow(fmax(1 - F0, 0.0), rho);
        g->dF0[i] = h > 0 ? d / h : 0.0;
        F0 += g->dF0[i];
        g->F0[i] = F0;
        for (size_t j = 0; j < K; j++) {
            double mine = h_of(&at[j]) * (1 - at[j].F_before);
            out->score[j] += g->W[i] * (at[j].own - (R > 0 ? mine * d / R : 0.0));
        }
    }
}

static double factor_of_ties(double d, double n)
{
    return d > 1 && n > 1 ? 1 - (d - 1) / (n - 1) : 1.0;
}

/* One group's events at one time, in the variance. */
static void add_variance(gray *g, size_t i, size_t j, double d)
{
    size_t K = g->n_groups;
    const group_time *at = &g->at[i * K + j];
    double h = h_of(at), a[MAX_GROUPS], b[MAX_GROUPS];
    double q = at->s_after > 0 ? (1 - g->F0[i]) / at->s_after : 0.0;
    for (size_t k = 0; k < K; k++) {
        double share = h_of(&g->at[i * K + k]) / g->h[i];
        double u = g->W[i] * h * ((k == j) - share);
        double c = g->c[k * K + j];
        a[k] = u + (1 - q) * c; /* c is 0 once nobody of j is left */
        b[k] = -q * c;
    }
    double own = g->dF0[i] / h * factor_of_ties(d, g->h[i] * at->s_before);
    double other = at->s_before * at->other / at->at_risk / h *
                   factor_of_ties(at->other, at->at_risk);
    for (size_t k = 0; k < K; k++) {
        for (size_t l = 0; l < K; l++) {
            g->v[k * K + l] += own * a[k] * a[l] + other * b[k] * b[l];
        }
    }
}

static void variance(gray *g)
{
    size_t K = g->n_groups;
    for (size_t i = g->n_times; i-- > 0;) {
        if (!(g->h[i] > 0)) {
            continue;
        }
        double d = 0.0, before = g->F0[i] - g->dF0[i];
        for (size_t j = 0; j < K; j++) {
            d += g->at[i * K + j].own;
        }
        for (size_t j = 0; j < K; j++) {
            if (g->at[i * K + j].at_risk > 0) {
                add_variance(g, i, j, d);
            }
        }
        for (size_t j = 0; j < K && d > 0; j++) {
            double h = h_of(&g->at[i * K + j]);
            for (size_t k = 0; k < K; k++) {
                double share = h_of(&g->at[i * K + k]) / g->h[i];
                g->c[k * K + j] += g->W[i] * h * ((k == j) - share) * g->dF0[i] /
                                   (1 - before);
            }
        }
    }
}

static void conclude(const gray *g, rsp_gray *out)
{
    size_t row[MAX_GROUPS], kept = 0;
    double w[MAX_GROUPS * MAX_GROUPS], u[MAX_GROUPS], events = 0.0;
    bool spare = false;
    for (size_t j = 0; j < g->n_groups; j++) {
        events += out->events[j];
        if (out->n[j] > 0) {
            if (spare) {
                row[kept++] = j;
            }
            spare = true;
        }
    }
    for (size_t i = 0; i < kept; i++) {
        u[i] = out->score[row[i]];
        for (size_t k = 0; k < kept; k++) {
            w[i * kept + k] = g->v[row[i] * g->n_groups + row[k]];
        }
    }
    out->reason = kept == 0      ? "only one group has participants"
                  : !(events > 0) ? "there are no events of this cause"
                                  : "";
    if (kept == 0 || !(events > 0)) {
        return;
    }
    if (!(w[0] > 1e-12 * events) || !rsp_spd_factor(w, kept)) {
        out->reason = "the variance is singular: some group has nobody at risk "
                      "beside another at an event";
        return;
    }
    double solved[MAX_GROUPS];
    memcpy(solved, u, sizeof u);
    rsp_spd_solve(w, kept, solved);
    out->chisq = 0.0;
    for (size_t i = 0; i < kept; i++) {
        out->chisq += u[i] * solved[i];
    }
    out->df = (int)kept;
    out->p = rsp_stats_chisq_upper(out->chisq, out->df);
}

static rsp_status check(const uint32_t *group, size_t n, size_t n_groups,
                        uint32_t cause, double rho, rsp_error *err)
{
    if (n_groups < 2 || n_groups > MAX_GROUPS || cause < 1 || !isfinite(rho)) {
        return rsp_fail(err, RSP_RANGE,
                        "a test of %zu groups for cause %u with rho %g: it takes "
                        "2 to %d groups and a cause from 1",
                        n_groups, cause, rho, MAX_GROUPS);
    }
    for (size_t i = 0; i < n; i++) {
        if (group[i] >= n_groups) {
            return rsp_fail(err, RSP_RANGE, "row %zu: group %u, but there are %zu",
                            i + 1, group[i] + 1, n_groups);
        }
    }
    return RSP_OK;
}

rsp_status rsp_gray_test(const rsp_competing *x, const uint32_t *group, size_t n,
                         size_t n_groups, uint32_t cause, double rho,
                         rsp_gray *out, rsp_error *err)
{
    rsp_competing_rows rows = {0};
    *out = (rsp_gray){.chisq = NAN, .p = NAN, .reason = ""};
    rsp_status s = check(group, n, n_groups, cause, rho, err);
    if (s == RSP_OK) {
        s = rsp_competing_rows_init(&rows, x, n, err);
    }
    if (s != RSP_OK) {
        return s;
    }
    double c[MAX_GROUPS * MAX_GROUPS] = {0}, v[MAX_GROUPS * MAX_GROUPS] = {0};
    gray g = {.n_times = rows.n_times, .n_groups = n_groups, .c = c, .v = v};
    g.at = calloc(rows.n_times * n_groups, sizeof *g.at);
    g.F0 = calloc(4 * rows.n_times, sizeof *g.F0);
    if (!g.at || !g.F0) {
        s = rsp_fail(err, RSP_NOMEM, "no memory for %zu times", rows.n_times);
    } else {
        g.dF0 = g.F0 + rows.n_times;
        g.W = g.dF0 + rows.n_times;
        g.h = g.W + rows.n_times;
        for (size_t i = 0; i < n; i++) {
            out->n[group[i]] += 1.0;
            out->events[group[i]] += x[i].cause == cause;
        }
        tabulate(&g, &rows, x, group, cause);
        score(&g, rho, out);
        variance(&g);
        conclude(&g, out);
    }
    free(g.at);
    free(g.F0);
    rsp_competing_rows_fini(&rows);
    return s;
}
