/* Blocks whose lanes all flow and step implicitly, with nothing to look for inside a
 * step: rounds of steps with control in lanes, until one needs step.c. */
#include "sim/internal.h"

#include <string.h>

enum { MOST_ROUNDS = 64, MANY_READS = 4 };

bool rsp_march_new(rsp_sim *sim)
{
    rsp_march *m = &sim->march;
    double **const rows[] = {&m->live, &m->t, &m->t_next, &m->wish, &m->land, &m->again, &m->calm,
                             &m->mild, &m->steps, &m->rejected, &m->calls, &m->left,
                             &m->read_at, &m->share};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        *rows[i] = rsp_arena_alloc(sim->arena, sim->block.width, sizeof(double));
        if (*rows[i] == NULL) {
            return false;
        }
    }
    m->max_step = sim->options.max_step > 0 ? sim->options.max_step : (double)INFINITY;
    m->chooses = sim->options.way == RSP_WAY_BY_ITSELF;
    sim->march_kernel = RSP_ISA_CHOOSE_TABLE(rsp_march_kernel);
    return true;
}

static bool is_ready(const rsp_lane *lane)
{
    return lane->stiff && !lane->fresh && lane->counts.steps > 0 && !lane->enough &&
           lane->failed == RSP_STOP_END;
}

static double next_read(const rsp_lane *lane)
{
    return lane->enough || lane->i_read >= lane->job.n_reads ? (double)INFINITY
                                                              : lane->job.reads[lane->i_read];
}

/* The lanes' clocks into rows; false: one of them is not for a march. */
static bool begin(rsp_sim *sim)
{
    rsp_march *m = &sim->march;
    rsp_lanes *b = &sim->block;
    const double most = sim->options.max_steps > 0 ? (double)sim->options.max_steps
                                                   : (double)INFINITY;
    for (uint32_t l = 0; l < b->width; l++) {
        if (sim->lanes[l].live && !is_ready(&sim->lanes[l])) {
            return false;
        }
    }
    for (uint32_t l = 0; l < b->width; l++) {
        const rsp_lane *lane = &sim->lanes[l];
        const bool more = l % RSP_CHUNK > 0 && b->active[l / RSP_CHUNK];
        b->active[l / RSP_CHUNK] = more || lane->live;
        m->live[l] = b->implicit->on[l] = lane->live ? 1 : 0;
        m->t[l] = lane->t;
        m->t_next[l] = lane->t_next;
        m->wish[l] = lane->wish;
        m->again[l] = lane->same ? 1 : 0;
        m->calm[l] = lane->calm;
        m->mild[l] = lane->mild;
        m->steps[l] = m->rejected[l] = m->calls[l] = 0;
        m->left[l] = most - (double)(lane->counts.steps + lane->counts.rejected);
        m->read_at[l] = lane->live ? next_read(lane) : (double)INFINITY;
    }
    return true;
}

/* And back. */
static void end(rsp_sim *sim)
{
    const rsp_march *m = &sim->march;
    for (uint32_t l = 0; l < sim->block.width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        if (!lane->live) {
            continue;
        }
        lane->t = m->t[l];
        lane->wish = m->wish[l];
        lane->same = m->again[l] > 0;
        lane->calm = (uint32_t)m->calm[l];
        lane->mild = (uint32_t)m->mild[l];
        if (m->chooses && lane->calm >= RSP_CALM_ENOUGH) {
            lane->stiff = false;
            lane->calm = lane->steep = lane->mild = 0;
        }
        lane->counts.steps += (uint64_t)m->steps[l];
        lane->counts.implicit += (uint64_t)m->steps[l];
        lane->counts.rejected += (uint64_t)m->rejected[l];
        lane->counts.rate_calls += (uint64_t)m->calls[l];
    }
}

/* Whether a rate says that a lane must be looked at. */
static bool is_odd(const rsp_sim *sim)
{
    for (uint32_t l = 0; l < sim->block.width; l++) {
        if (sim->block.lowest[l] < -1e-9 && sim->march.live[l] > 0) {
            return true;
        }
    }
    return false;
}

static void give(rsp_sim *sim, uint32_t l, const double *x)
{
    rsp_clock_show(sim, l, x);
    sim->march.read_at[l] = next_read(&sim->lanes[l]);
}

/* All that lane l has left to read in its step, eight at a time. */
static void read_along(rsp_sim *sim, uint32_t l)
{
    const rsp_march *m = &sim->march;
    rsp_lane *lane = &sim->lanes[l];
    const double t = m->t[l], h = sim->block.h[l];
    const double till = m->land[l] > 0 ? m->t_next[l] : t + h;
    while (m->read_at[l] < till) {
        _Alignas(64) double share[RSP_CHUNK] = {0};
        uint32_t n = 0;
        for (size_t i = lane->i_read; n < RSP_CHUNK && i < lane->job.n_reads; i++, n++) {
            if (!(lane->job.reads[i] < till)) {
                break;
            }
            share[n] = (lane->job.reads[i] - t) / (till - t);
        }
        sim->kernel->inside(&sim->block, l, share, sim->inside);
        for (uint32_t k = 0; k < n && !lane->enough; k++) {
            give(sim, l, sim->inside + k);
        }
    }
}

/* Reads inside the steps that stand: the next of each lane of a chunk at once; where a
 * lane has many, those alone. */
static void read_chunk(rsp_sim *sim, uint32_t c)
{
    const rsp_march *m = &sim->march;
    const uint32_t first = c * RSP_CHUNK;
    for (uint32_t round = 1; sim->march_kernel->next_reads(&sim->block, &sim->march, c); round++) {
        if (round < MANY_READS) {
            sim->kernel->inside_chunk(&sim->block, c, m->share + first, sim->inside);
        }
        for (uint32_t i = 0; i < RSP_CHUNK; i++) {
            if (m->share[first + i] > 0 && round < MANY_READS) {
                give(sim, first + i, sim->inside + i);
            } else if (m->share[first + i] > 0) {
                read_along(sim, first + i);
            }
        }
    }
}

static bool any_enough(const rsp_sim *sim)
{
    for (uint32_t l = 0; l < sim->block.width; l++) {
        if (sim->lanes[l].live && sim->lanes[l].enough) {
            return true;
        }
    }
    return false;
}

/* One step of all; false: it is one for step.c, and nothing happened. */
static bool step_on(rsp_sim *sim, bool *goes_on)
{
    rsp_lanes *b = &sim->block;
    if (sim->march_kernel->pace(b, &sim->march)) {
        return false;
    }
    for (uint32_t l = 0; l < b->width; l++) {
        b->select[l] = sim->march.live[l];
    }
    sim->kernel->place_start(b);
    sim->machine.run(&sim->machine, RSP_RUN_RATES, b->frame.rows);
    sim->kernel->begin(b);
    if (is_odd(sim)) {
        return false;
    }
    rsp_step_implicit(sim);
    const bool leaves = sim->march_kernel->verdict(b, &sim->march);
    sim->kernel->advance_implicit(b);
    for (uint32_t c = 0; c < b->n_chunks; c++) {
        read_chunk(sim, c);
    }
    sim->kernel->settle(b);
    *goes_on = !sim->march_kernel->tick(b, &sim->march) && !leaves && !any_enough(sim);
    return true;
}

bool rsp_march_on(rsp_sim *sim)
{
    if (!sim->marches || !begin(sim)) {
        return false;
    }
    rsp_regime_lists(sim);
    bool goes_on = true, took = false;
    for (uint32_t round = 0; goes_on && round < MOST_ROUNDS && step_on(sim, &goes_on); round++) {
        took = true;
    }
    if (took) {
        end(sim);
        rsp_step_end(sim);
    }
    return took;
}
