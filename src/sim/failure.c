/* Why a lane failed, in words: the species, the time, the rate. */
#include "sim/internal.h"

#include <stdlib.h>

/* Rates of lane l with its present amounts at time t, in the frame. */
static void look_again(rsp_sim *sim, uint32_t l, double t)
{
    for (uint32_t s = 0; s < sim->net->n_species; s++) {
        *rsp_at(sim->block.frame.rows, sim->program->species + s, sim->block.width, l) =
            *rsp_at(sim->block.x, s, sim->block.width, l);
    }
    rsp_clock_rows(sim, l, t);
    sim->machine.run(&sim->machine, RSP_RUN_RATES, sim->block.frame.rows);
    for (uint32_t c = 0; c < sim->block.n_chunks; c++) {
        rsp_absent_forget(sim, c); /* the other lanes were not placed */
        sim->relist[c] = true;
    }
}

static double largest_rate(const rsp_sim *sim, uint32_t l)
{
    double most = 0;
    for (uint32_t r = 0; r < sim->net->n_reactions; r++) {
        most = fmax(most, fabs(*rsp_at(sim->block.frame.rows, sim->program->rate[r],
                                       sim->block.width, l)));
    }
    return most;
}

/* The sign of a NaN differs between machines and is not shown. */
static const char *number_text(double v, char text[32])
{
    snprintf(text, 32, "%g", v);
    return isnan(v) ? "not a number" : text;
}

bool rsp_is_invalid(rsp_sim *sim, uint32_t l, double t)
{
    rsp_lane *lane = &sim->lanes[l];
    char number[32];
    look_again(sim, l, t);
    /* Rounding, and what an amount that flows may be wrong by, a day. */
    double slack = 1e-9 * (1 + largest_rate(sim, l)) + sim->options.atol;
    for (uint32_t s = 0; s < sim->net->n_species; s++) {
        double x = *rsp_at(sim->block.x, s, sim->block.width, l);
        uint32_t drift = sim->program->drift[s];
        double v = drift == UINT32_MAX
                       ? 0 : *rsp_at(sim->block.frame.rows, drift, sim->block.width, l);
        if (!isfinite(x) || !isfinite(v)) {
            snprintf(lane->reason, sizeof lane->reason, "%s%s is %s at day %.6g",
                     isfinite(x) ? "the rate of " : "", sim->net->species[s].name,
                     number_text(isfinite(x) ? v : x, number), t);
            return true;
        }
    }
    for (uint32_t r = 0; r < sim->net->n_reactions; r++) {
        double a = *rsp_at(sim->block.frame.rows, sim->program->rate[r], sim->block.width, l);
        if (!isfinite(a) || (a < -slack && !sim->block.any_sign)) {
            snprintf(lane->reason, sizeof lane->reason, "the rate of %s is %s at day %.6g",
                     sim->net->reactions[r].name, number_text(a, number), t);
            return true;
        }
    }
    return false;
}

void rsp_fail_lane(rsp_lane *lane, rsp_stop stop)
{
    if (lane->failed == RSP_STOP_END) {
        lane->failed = stop;
    }
    lane->accepted = false;
    lane->h = 0;
}

void rsp_tell_fastest(const rsp_sim *sim, uint32_t l, char *out, size_t size)
{
    const rsp_lanes *b = &sim->block;
    double most = 0;
    uint32_t which = UINT32_MAX;
    for (uint32_t s = 0; s < b->net.n_species; s++) {
        double k = *rsp_at(b->k[0], s, b->width, l);
        double haste = fabs(k) / (fabs(*rsp_at(b->x, s, b->width, l)) + b->atol / b->rtol);
        bool stands = b->stochastic && sim->regime[(size_t)s * b->width + l] == RSP_REGIME_EXACT;
        if (!stands && haste > most) {
            most = haste;
            which = s;
        }
    }
    out[0] = '\0';
    if (which != UINT32_MAX) {
        snprintf(out, size, ", where %s changes by %.3g a day", sim->net->species[which].name,
                 *rsp_at(b->k[0], which, b->width, l));
    }
}

void rsp_fail_collapsed(rsp_sim *sim, uint32_t l)
{
    rsp_lane *lane = &sim->lanes[l];
    /* Steps shrink towards a time from which on a rate has no value: the state
     * is still sound here, and not a little later. */
    if (rsp_is_invalid(sim, l, lane->t) || rsp_is_invalid(sim, l, lane->t + 1e-6)) {
        rsp_fail_lane(lane, RSP_STOP_NONFINITE);
        return;
    }
    char where[64];
    rsp_tell_fastest(sim, l, where, sizeof where);
    snprintf(lane->reason, sizeof lane->reason,
             "the step fell below the clock's grain at day %.6g%s", lane->t, where);
    rsp_fail_lane(lane, RSP_STOP_COLLAPSE);
}

