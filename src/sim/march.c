/* Blocks whose lanes all flow and step implicitly, with nothing to look for inside a
 * step: rounds of steps with control in lanes, until one needs step.c. */
#include "sim/internal.h"

#include <string.h>

enum { MOST_ROUNDS = 64 };

bool rsp_march_new(rsp_sim *sim)
{
    rsp_march *m = &sim->march;
    double **const rows[] = {&m->live, &m->t, &m->t_next, &m->wish, &m->land, &m->again, &m->calm,
                             &m->mild, &m->steps, &m->rejected, &m->calls, &m->left,
                             &m->rest, &m->read_at, &m->end};
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
    return lane->stiff && !lane->enough && lane->failed == RSP_STOP_END;
}

static double next_read(const rsp_lane *lane)
{
    return lane->enough || lane->i_read >= lane->job.n_reads ? (double)INFINITY
                                                              : lane->job.reads[lane->i_read];
}

/* First steps of lanes that are fresh. */
static void choose_first(rsp_sim *sim)
{
    rsp_lanes *b = &sim->block;
    bool any = false;
    for (uint32_t c = 0; c < b->n_chunks; c++) {
        bool fresh = false;
        for (uint32_t l = c * RSP_CHUNK; l < (c + 1) * RSP_CHUNK; l++) {
            b->select[l] = sim->lanes[l].live && sim->lanes[l].fresh ? 1 : 0;
            fresh |= b->select[l] > 0;
        }
        if (fresh && !any) {
            sim->kernel->place_start(b);
        }
        if (fresh) {
            sim->machine.run_eight(&sim->machine, RSP_RUN_RATES,
                                   b->frame.rows + (size_t)c * RSP_CHUNK);
        }
        any |= fresh;
    }
    if (!any) {
        return;
    }
    sim->kernel->begin(b);
    for (uint32_t l = 0; l < b->width; l++) {
        if (b->select[l] > 0) {
            sim->march.wish[l] = rsp_step_wish(sim, l);
        }
    }
}

/* The lanes' clocks into rows; false: one of them is not for a march. */
static bool begin(rsp_sim *sim)
{
    rsp_march *m = &sim->march;
    rsp_lanes *b = &sim->block;
    m->enough = false;
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
        m->rest[l] = lane->counts.steps > 0 ? (double)INFINITY : lane->job.t1 - lane->t;
        m->read_at[l] = lane->live ? next_read(lane) : (double)INFINITY;
    }
    rsp_regime_lists(sim);
    choose_first(sim);
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
        lane->fresh = false;
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

/* Looks that are not needed are as the first. */
static void fill(rsp_looks *looks)
{
    for (uint32_t k = looks->n; k < RSP_CHUNK; k++) {
        looks->lane[k] = looks->lane[0];
        looks->since[k] = looks->since[0];
        looks->whole[k] = looks->whole[0];
    }
}

static void show_looks(rsp_sim *sim, uint32_t c, rsp_looks *looks)
{
    sim->inside_kernel->looks(&sim->block, c, looks, sim->inside);
    for (uint32_t k = 0; k < looks->n; k++) {
        const uint32_t l = c * RSP_CHUNK + (uint32_t)looks->lane[k];
        if (!sim->lanes[l].enough) {
            rsp_clock_show(sim, l, sim->inside + k);
            sim->march.enough |= sim->lanes[l].enough;
        }
    }
    looks->n = 0;
}

/* Reads inside the steps that stand, eight at a time whichever lanes they are of. */
static void read_chunk(rsp_sim *sim, uint32_t c)
{
    rsp_march *m = &sim->march;
    const uint32_t readers = sim->march_kernel->readers(&sim->block, m, c);
    rsp_looks looks;
    looks.n = 0;
    if (readers == 0) {
        return;
    }
    for (uint32_t left = readers, i = 0; left != 0; left >>= 1, i++) {
        const uint32_t l = c * RSP_CHUNK + i;
        const rsp_lane *lane = &sim->lanes[l];
        const double t = m->t[l], end = m->end[l], *read = lane->job.reads;
        const size_t n = left & 1 ? lane->job.n_reads : 0;
        for (size_t k = lane->i_read; k < n && read[k] < end; k++) {
            looks.lane[looks.n] = i;
            looks.since[looks.n] = read[k] - t;
            looks.whole[looks.n] = end - t;
            if (++looks.n == RSP_CHUNK) {
                show_looks(sim, c, &looks);
            }
        }
    }
    if (looks.n > 0) {
        fill(&looks);
        show_looks(sim, c, &looks);
    }
    for (uint32_t i = 0; i < RSP_CHUNK; i++) {
        const uint32_t l = c * RSP_CHUNK + i;
        if (readers >> i & 1) {
            m->read_at[l] = next_read(&sim->lanes[l]);
        }
    }
}

/* One step of all; false: it is one for step.c, and nothing happened. */
static bool step_on(rsp_sim *sim, bool *goes_on)
{
    rsp_lanes *b = &sim->block;
    if (sim->march_kernel->pace(b, &sim->march)) {
        return false;
    }
    memcpy(b->select, sim->march.live, b->width * sizeof *b->select);
    if (b->machine.step != NULL) {
        sim->implicit_kernel->stride(b);
    } else {
        sim->kernel->place_start(b);
        sim->machine.run(&sim->machine, RSP_RUN_RATES, b->frame.rows);
        sim->kernel->begin(b);
    }
    if (is_odd(sim)) {
        return false;
    }
    if (b->machine.step == NULL) {
        rsp_step_implicit(sim);
    }
    const bool leaves = sim->march_kernel->verdict(b, &sim->march);
    for (uint32_t c = 0; c < b->n_chunks; c++) {
        read_chunk(sim, c);
    }
    sim->march_kernel->land(b);
    *goes_on = !sim->march_kernel->tick(b, &sim->march) && !leaves && !sim->march.enough;
    return true;
}

bool rsp_march_on(rsp_sim *sim)
{
    if (!sim->marches || !begin(sim)) {
        return false;
    }
    bool goes_on = true, took = false;
    for (uint32_t round = 0; goes_on && round < MOST_ROUNDS && step_on(sim, &goes_on); round++) {
        took = true;
    }
    sim->implicit.skims = false;
    if (took) {
        end(sim);
        rsp_step_end(sim);
    }
    return took;
}
