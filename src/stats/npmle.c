#include <math.h>
#include <stdlib.h>

#include "stats/turnbull.h"

static rsp_status keep(const rsp_turnbull *t, const rsp_masses *found,
                       rsp_npmle *out, rsp_error *err)
{
    out->pieces = malloc(t->m * sizeof *out->pieces);
    if (!out->pieces) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %zu intervals", t->m);
    }
    /* From the end: S after a piece is the mass behind it, without the rounding
     * of 1 - F. */
    double after = 0.0;
    for (size_t j = 0; j < t->m; j++) {
        if (found->p[j] > 0) {
            out->pieces[out->n_pieces++] = (rsp_npmle_piece){
                t->piece[j].left, t->piece[j].right, found->p[j], 0.0};
        }
    }
    for (size_t j = out->n_pieces; j-- > 0;) {
        out->pieces[j].s_after = after;
        after += out->pieces[j].mass;
    }
    out->n_innermost = t->m;
    out->n = t->n;
    out->log_likelihood = found->log_likelihood;
    out->kkt = found->kkt;
    out->iterations = found->iterations;
    out->converged = found->kkt <= 1e-8 * t->n;
    return RSP_OK;
}

rsp_status rsp_npmle_fit(const rsp_interval *x, size_t n, rsp_npmle *out,
                         rsp_error *err)
{
    rsp_turnbull t;
    rsp_masses found;
    *out = (rsp_npmle){0};
    rsp_status s = rsp_turnbull_init(&t, x, n, err);
    if (s != RSP_OK) {
        return s;
    }
    s = rsp_turnbull_maximise(&t, &found, err);
    if (s == RSP_OK) {
        s = keep(&t, &found, out, err);
    }
    rsp_turnbull_fini(&t);
    return s;
}

void rsp_npmle_fini(rsp_npmle *fit)
{
    free(fit->pieces);
    *fit = (rsp_npmle){0};
}

rsp_npmle_value rsp_npmle_at(const rsp_npmle *fit, double t)
{
    if (fit->n_pieces == 0 || !(t >= 0)) {
        return (rsp_npmle_value){NAN, NAN};
    }
    double s = 1.0;
    for (size_t j = 0; j < fit->n_pieces; j++) {
        const rsp_npmle_piece *p = &fit->pieces[j];
        if (t < p->right) {
            bool inside = t > p->left;
            return (rsp_npmle_value){inside ? p->s_after : s, s};
        }
        s = p->s_after;
    }
    return (rsp_npmle_value){s, s};
}

rsp_interval rsp_npmle_quantile(const rsp_npmle *fit, double p)
{
    if (fit->n_pieces == 0 || !(p > 0 && p < 1)) {
        return (rsp_interval){NAN, NAN};
    }
    /* As for Kaplan-Meier: S on 1 - p but for rounding is on it. */
    double level = 1 - p, near = 1e-9;
    for (size_t j = 0; j < fit->n_pieces; j++) {
        const rsp_npmle_piece *at = &fit->pieces[j];
        if (at->s_after <= level + near) {
            bool flat = at->s_after >= level - near && j + 1 < fit->n_pieces;
            return (rsp_interval){at->left,
                                  flat ? fit->pieces[j + 1].right : at->right};
        }
    }
    return (rsp_interval){NAN, NAN};
}
