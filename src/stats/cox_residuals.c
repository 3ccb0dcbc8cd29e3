/* What a row adds to the score, and what follows: the sandwich variance. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/cox_model.h"
#include "stats/ldl.h"

/* Of each tie set with events, over its terms: the hazard and the hazard times the
 * mean of x at risk, for those who outlive the set and for its own events, who are
 * at risk for a part of each term only; and the mean of the means. */
typedef struct set_sums {
    double hazard, own_hazard;
    double *drift, *own_drift, *mean; /* [p] */
} set_sums;

typedef struct residual_walk {
    size_t p;
    double *cells; /* [n_sets][2 + 3 p] */
} residual_walk;

static set_sums sums_of(const residual_walk *w, size_t set)
{
    double *cell = w->cells + set * (2 + 3 * w->p);
    return (set_sums){.hazard = cell[0],
                      .own_hazard = cell[1],
                      .drift = cell + 2,
                      .own_drift = cell + 2 + w->p,
                      .mean = cell + 2 + 2 * w->p};
}

static void add_step(void *context, const cox_step *step)
{
    residual_walk *w = context;
    double *cell = w->cells + step->set * (2 + 3 * w->p);
    double hazard = step->hazard, own = hazard * (1 - step->gone);
    cell[0] += hazard;
    cell[1] += own;
    for (size_t k = 0; k < w->p; k++) {
        cell[2 + k] += hazard * step->mean[k];
        cell[2 + w->p + k] += own * step->mean[k];
        cell[2 + 2 * w->p + k] += step->mean[k] / step->terms;
    }
}

/* Rows of one tie set; `hazard` and `drift` [p] are of the sets before it. */
static void fill_set(const rsp_cox *cox, size_t k, set_sums s, double hazard,
                     const double *drift, double *residuals)
{
    const cox_rows *r = &cox->rows;
    size_t p = r->p;
    for (size_t i = r->first[k]; i < r->first[k + 1]; i++) {
        double risk = cox->at.risk[i];
        double h = hazard + (r->event[i] ? s.own_hazard : s.hazard);
        for (size_t a = 0; a < p; a++) {
            double x = r->x[i * p + a];
            double d = drift[a] + (r->event[i] ? s.own_drift[a] : s.drift[a]);
            residuals[i * p + a] = (r->event[i] ? x - s.mean[a] : 0.0) - risk * (x * h - d);
        }
    }
}

rsp_status cox_score_residuals(const rsp_cox *cox, double *residuals, rsp_error *err)
{
    const cox_rows *r = &cox->rows;
    size_t p = r->p;
    residual_walk w = {p, calloc(r->n_sets * (2 + 3 * p) + 1, sizeof *w.cells)};
    double *drift = calloc(p + 1, sizeof *drift);
    rsp_status s = RSP_OK;
    if (w.cells && drift) {
        /* The walk writes to the scratch of its point only. */
        cox_point at = cox->at;
        cox_walk(&at, r, cox->options.ties == RSP_TIES_EFRON, 1, add_step, &w);
        double hazard = 0.0;
        for (size_t k = 0; k < r->n_sets; k++) {
            set_sums sums = sums_of(&w, k);
            fill_set(cox, k, sums, hazard, drift, residuals);
            hazard = r->ends[k] ? 0.0 : hazard + sums.hazard;
            for (size_t a = 0; a < p; a++) {
                drift[a] = r->ends[k] ? 0.0 : drift[a] + sums.drift[a];
            }
        }
    } else {
        s = rsp_fail(err, RSP_NOMEM, "no memory for %zu residuals", r->n);
    }
    free(w.cells);
    free(drift);
    return s;
}

/* out = V M V. */
static void sandwich(size_t p, const double *v, const double *m, double *scratch, double *out)
{
    for (int pass = 0; pass < 2; pass++) {
        const double *left = pass ? scratch : v, *right = pass ? v : m;
        double *to = pass ? out : scratch;
        for (size_t a = 0; a < p; a++) {
            for (size_t b = 0; b < p; b++) {
                double sum = 0.0;
                for (size_t k = 0; k < p; k++) {
                    sum += left[a * p + k] * right[k * p + b];
                }
                to[a * p + b] = sum;
            }
        }
    }
}

rsp_status cox_sandwich(rsp_cox *cox, const double *model, double *out, rsp_error *err)
{
    const cox_rows *r = &cox->rows;
    size_t p = r->p;
    double *residuals = calloc(r->n * p + 1, sizeof *residuals);
    double *meat = calloc(2 * p * p + 1, sizeof *meat);
    rsp_status s = residuals && meat ? cox_score_residuals(cox, residuals, err)
                                     : rsp_fail(err, RSP_NOMEM, "no memory for a robust variance");
    s = s == RSP_OK ? cox_rows_squares(r, p, residuals, meat, &cox->result.n_clusters, err) : s;
    if (s == RSP_OK) {
        sandwich(p, model, meat, meat + p * p, out);
    }
    free(residuals);
    free(meat);
    return s;
}

/* ---- The baseline hazard. */

typedef struct hazard_walk {
    double *of_set; /* [n_sets] */
} hazard_walk;

static void add_hazard(void *context, const cox_step *step)
{
    hazard_walk *w = context;
    w->of_set[step->set] += step->hazard;
}

rsp_status rsp_cox_baseline(const rsp_cox *cox, rsp_cox_hazard **points, size_t *n, rsp_error *err)
{
    const cox_rows *r = &cox->rows;
    *points = NULL;
    *n = 0;
    if (cox->result.state != RSP_COX_ESTIMATED) {
        return RSP_OK;
    }
    rsp_cox_hazard *out = calloc(r->n_sets + 1, sizeof *out);
    hazard_walk w = {calloc(r->n_sets + 1, sizeof *w.of_set)};
    if (!out || !w.of_set) {
        free(out);
        free(w.of_set);
        return rsp_fail(err, RSP_NOMEM, "no memory for a hazard at %zu times", r->n_sets);
    }
    cox_point at = cox->at;
    cox_walk(&at, r, cox->options.ties != RSP_TIES_BRESLOW, 0, add_hazard, &w);
    double log_unit = at.shift; /* of a risk of 1, against x = 0 */
    for (size_t k = 0; k < r->p; k++) {
        log_unit += cox->beta[k] * r->mean[k] / r->scale[k];
    }
    double sum = 0.0;
    for (size_t k = 0; k < r->n_sets; k++) {
        sum += w.of_set[k];
        out[k] = (rsp_cox_hazard){.stratum = r->stratum[r->first[k]],
                                  .time = r->time[r->first[k]],
                                  .cumulative = sum * exp(-log_unit)};
        sum = r->ends[k] ? 0.0 : sum;
    }
    free(w.of_set);
    *points = out;
    *n = r->n_sets;
    return RSP_OK;
}
