#include <math.h>

#include "stats/distributions.h"
#include "stats/interval_scores.h"
#include "stats/spd.h"

enum { MAX_GROUPS = 16 };

typedef struct sample {
    rsp_turnbull t;
    rsp_support s;
    rsp_score_model model;
    double *count; /* [n_covers][n_groups] */
    size_t n_groups;
} sample;

static rsp_status check_groups(const uint32_t *group, size_t n, size_t n_groups,
                               rsp_error *err)
{
    if (n_groups < 2 || n_groups > MAX_GROUPS) {
        return rsp_fail(err, RSP_RANGE, "a test of %zu groups: it takes 2 to %d",
                        n_groups, MAX_GROUPS);
    }
    for (size_t i = 0; i < n; i++) {
        if (group[i] >= n_groups) {
            return rsp_fail(err, RSP_RANGE, "row %zu: group %u, but there are %zu",
                            i + 1, group[i] + 1, n_groups);
        }
    }
    return RSP_OK;
}

static rsp_status prepare(sample *a, const rsp_interval *x,
                          const uint32_t *group, size_t n,
                          rsp_interval_scores which, rsp_error *err)
{
    rsp_masses found;
    rsp_status status = rsp_turnbull_init(&a->t, x, n, err);
    if (status == RSP_OK) {
        status = rsp_turnbull_maximise(&a->t, &found, err);
    }
    if (status != RSP_OK) {
        return status;
    }
    a->count = rsp_arena_alloc(a->t.arena, a->t.n_covers * a->n_groups,
                               sizeof *a->count);
    if (!a->count || !rsp_support_init(&a->s, &a->t)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for a score test");
    }
    rsp_support_find(&a->s, &a->t, found.p, 0.0);
    if (!rsp_score_model_init(&a->model, which, &a->s, found.p, a->t.arena)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for a score test");
    }
    for (size_t i = 0; i < n; i++) {
        a->count[a->t.cover_of[i] * a->n_groups + group[i]] += 1.0;
    }
    return RSP_OK;
}

/* Variance of U under all assignments: n_g (n - n_g) / n of the scores' own. */
static double permutation_chisq(const sample *a, const rsp_interval_test *out)
{
    double mean = 0.0, squares = 0.0, chisq = 0.0, n = a->t.n;
    for (size_t g = 0; g < a->n_groups; g++) {
        mean += out->u[g] / n;
    }
    for (size_t i = 0; i < a->t.n_covers; i++) {
        double c = rsp_score_of(&a->model, &a->s.cover[i]) - mean;
        squares += a->t.cover[i].weight * c * c;
    }
    for (size_t g = 0; g < a->n_groups; g++) {
        double off = out->u[g] - out->n[g] * mean;
        chisq += out->n[g] > 0 ? off * off / out->n[g] : 0.0;
    }
    return squares > 1e-14 * n ? chisq * (n - 1) / squares : (double)NAN;
}

static rsp_status score_chisq(const sample *a, const rsp_interval_test *out,
                              double *chisq, rsp_error *err)
{
    double v[MAX_GROUPS * MAX_GROUPS], u[MAX_GROUPS], solved[MAX_GROUPS];
    size_t q = a->n_groups - 1, kept = 0;
    *chisq = NAN;
    rsp_status s = rsp_score_variance(&a->model, &a->t, &a->s, a->count,
                                      a->n_groups, v, err);
    if (s != RSP_OK) {
        return s;
    }
    /* Empty groups have no row; if group 0 is one, so is the first other. */
    bool spare = out->n[0] > 0;
    size_t row[MAX_GROUPS];
    for (size_t g = 1; g <= q; g++) {
        if (out->n[g] > 0) {
            if (spare) {
                row[kept++] = g - 1;
            }
            spare = true;
        }
    }
    double w[MAX_GROUPS * MAX_GROUPS];
    for (size_t i = 0; i < kept; i++) {
        u[i] = solved[i] = out->u[row[i] + 1];
        for (size_t j = 0; j < kept; j++) {
            w[i * kept + j] = v[row[i] * q + row[j]];
        }
    }
    if (kept > 0 && w[0] > 1e-10 * a->t.n && rsp_spd_factor(w, kept)) {
        rsp_spd_solve(w, kept, solved);
        *chisq = 0.0;
        for (size_t i = 0; i < kept; i++) {
            *chisq += u[i] * solved[i];
        }
    }
    return RSP_OK;
}

static void conclude(rsp_interval_test *out, size_t n_groups, double chisq)
{
    int present = 0;
    for (size_t g = 0; g < n_groups; g++) {
        present += out->n[g] > 0;
    }
    if (present < 2 || isnan(chisq)) {
        out->reason = present < 2 ? "only one group has participants"
                                  : "all participants have the same score";
        return;
    }
    out->chisq = chisq;
    out->df = present - 1;
    out->p = rsp_stats_chisq_upper(chisq, out->df);
    if (n_groups == 2) {
        out->z = copysign(sqrt(chisq), out->u[0]);
    }
}

rsp_status rsp_interval_test_groups(const rsp_interval *x, const uint32_t *group,
                                    size_t n, size_t n_groups,
                                    rsp_interval_scores which,
                                    rsp_interval_method method, double *scores,
                                    rsp_interval_test *out, rsp_error *err)
{
    sample a = {.n_groups = n_groups};
    *out = (rsp_interval_test){.chisq = NAN, .z = NAN, .p = NAN, .reason = ""};
    rsp_status s = check_groups(group, n, n_groups, err);
    if (s != RSP_OK) {
        return s;
    }
    s = prepare(&a, x, group, n, which, err);
    for (size_t i = 0; s == RSP_OK && i < n; i++) {
        double c = rsp_score_of(&a.model, &a.s.cover[a.t.cover_of[i]]);
        out->u[group[i]] += c;
        out->n[group[i]] += 1.0;
        if (scores) {
            scores[i] = c;
        }
    }
    if (s == RSP_OK) {
        double chisq = NAN;
        if (method == RSP_INTERVAL_PERMUTATION) {
            chisq = permutation_chisq(&a, out);
        } else {
            s = score_chisq(&a, out, &chisq, err);
        }
        conclude(out, n_groups, chisq);
    }
    rsp_turnbull_fini(&a.t);
    return s;
}
