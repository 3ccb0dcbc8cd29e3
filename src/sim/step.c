/* The solver: all lanes of a block step together, each by its own clock.
 *
 * One step: rates at the start; a step length from error, growth, leap bound
 * and the next time that ends it; the tableau's stages; the error decides
 * whether it stands; the first crossing of an exact channel cuts it; reads; noise;
 * the event; regimes. */
#include "sim/internal.h"

#include <stdlib.h>
#include <string.h>

static void stage_times(rsp_sim *sim, double share)
{
    const rsp_program *p = sim->program;
    const rsp_lanes *b = &sim->block;
    for (uint32_t l = 0; (sim->uses_time || sim->uses_since) && l < b->width; l++) {
        const rsp_lane *lane = &sim->lanes[l];
        double t = lane->t + share * b->h[l];
        *rsp_at(b->frame.rows, p->time, b->width, l) = t;
        for (uint32_t i = 0; sim->uses_since && i < sim->net->n_actions; i++) {
            *rsp_at(b->frame.rows, p->sinces + i, b->width, l) =
                isnan(lane->last[i]) ? 1e9 : t - lane->last[i];
        }
    }
}

static void first_stage(rsp_sim *sim)
{
    rsp_lanes *b = &sim->block;
    bool any = false;
    for (uint32_t l = 0; l < b->width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        bool wanted = lane->runs && !lane->same;
        b->select[l] = wanted ? 1 : 0;
        b->h[l] = 0;
        any |= wanted;
        if (wanted) {
            rsp_clock_rows(sim, l, lane->t);
        }
    }
    if (!any) {
        return;
    }
    stage_times(sim, 0);
    sim->kernel->place_start(b);
    if (b->stochastic) {
        rsp_absent_run(sim, NULL);
    } else {
        sim->machine.run(&sim->machine, RSP_RUN_RATES, b->frame.rows);
    }
    sim->kernel->begin(b);
    if (b->stochastic) {
        sim->fade_kernel->begin(b);
    }
    for (uint32_t l = 0; l < b->width; l++) {
        if (b->select[l] > 0 && b->lowest[l] < -1e-9 &&
            rsp_is_invalid(sim, l, sim->lanes[l].t)) {
            rsp_fail_lane(&sim->lanes[l], RSP_STOP_NONFINITE);
        }
    }
}

/* A first guess of the step: what the fastest relative change allows at this
 * order. NaN where a derivative is not finite. */
static double first_guess(const rsp_sim *sim, uint32_t l)
{
    const rsp_lanes *b = &sim->block;
    double fastest = 0, taint = 0;
    for (uint32_t s = 0; s < b->net.n_species; s++) {
        if (b->stochastic && sim->regime[(size_t)s * b->width + l] == RSP_REGIME_EXACT) {
            continue;
        }
        double k = *rsp_at(b->k[0], s, b->width, l);
        double scale = fabs(*rsp_at(b->x, s, b->width, l)) + b->atol / b->rtol;
        fastest = fmax(fastest, fabs(k) / scale);
        taint += k - k;
    }
    double reach = 0.5 / rsp_inverse_root(b->rtol, b->tab->root);
    return reach / (fastest + 1e-300) + taint;
}

double rsp_step_wish(const rsp_sim *sim, uint32_t l)
{
    const double guess = first_guess(sim, l), wish = sim->lanes[l].wish;
    if (isnan(guess)) {
        return 0;
    }
    return wish > 0 ? fmin(guess, wish) : guess;
}

static void choose_step(rsp_sim *sim, uint32_t l)
{
    rsp_lanes *b = &sim->block;
    rsp_lane *lane = &sim->lanes[l];
    const rsp_sim_options *o = &sim->options;
    double rest = lane->t_next - lane->t;
    if (lane->fresh) {
        lane->wish = rsp_step_wish(sim, l);
        lane->fresh = false;
    }
    double h = lane->wish, far = fabs(lane->t);
    if (!(h > 1e-14 * (far > 1 ? far : 1))) {
        rsp_fail_collapsed(sim, l);
        return;
    }
    if (b->stochastic) {
        /* Three expected events: a longer step would be cut anyway. */
        double hazard = b->hazard[0][l];
        bool pauses = lane->pauses && rsp_leap_is_ahead(sim, l);
        double leap = (pauses ? 0 : 0.5 * o->leap) - lane->used;
        h = h * hazard > 3 ? 3 / hazard : h;
        h = h * b->haste[l] > leap ? leap / b->haste[l] : h;
    }
    if (o->max_step > 0 && h > o->max_step) {
        h = o->max_step;
    }
    lane->land = h >= rest;
    if (lane->land) {
        h = rest;
    } else if (h > 0.5 * rest) {
        h = 0.5 * rest; /* two equal steps, not a long one and a crumb */
    }
    lane->h = h;
}

static void choose_steps(rsp_sim *sim)
{
    rsp_lanes *b = &sim->block;
    for (uint32_t l = 0; l < b->width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        lane->h = 0;
        if (lane->runs && lane->failed == RSP_STOP_END) {
            lane->counts.rate_calls += !lane->same;
            choose_step(sim, l);
        }
        b->h[l] = lane->h;
    }
}

/* Few lanes of a random block step implicitly, and few steps each: the lanes of a
 * chunk wait until half of them do, and then for those until few are left. */
static bool steps_implicitly(const rsp_sim *sim, uint32_t chunk)
{
    uint32_t live = 0, stiff = 0;
    for (uint32_t k = 0; k < RSP_CHUNK; k++) {
        const rsp_lane *lane = &sim->lanes[chunk * RSP_CHUNK + k];
        live += lane->live;
        stiff += lane->live && lane->stiff;
    }
    return sim->turned[chunk] ? stiff > live / RSP_CHUNK : stiff > 0 && 2 * stiff >= live;
}

/* Which lanes take part in this step, and how many step which way. */
static void choose_ways(rsp_sim *sim)
{
    const bool takes_turns = sim->block.stochastic && sim->block.implicit != NULL;
    for (uint32_t c = 0; takes_turns && c < sim->block.n_chunks; c++) {
        sim->turned[c] = steps_implicitly(sim, c);
    }
    sim->n_explicit = sim->n_implicit = 0;
    sim->strains = false;
    for (uint32_t l = 0; l < sim->block.width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        lane->runs = lane->live && (!takes_turns || lane->stiff == sim->turned[l / RSP_CHUNK]);
        sim->n_implicit += lane->runs && lane->stiff;
        sim->n_explicit += lane->runs && !lane->stiff;
        sim->strains |= lane->runs && !lane->stiff && (lane->all_flow || !sim->block.stochastic);
        if (sim->block.implicit != NULL) {
            sim->implicit.on[l] = lane->runs && lane->stiff;
        }
    }
}

/* Turn to the chunks with a lane that steps this way. */
static void turn_to(rsp_sim *sim, bool stiff)
{
    const rsp_lanes *b = &sim->block;
    for (uint32_t l = 0; b->implicit != NULL && l < b->width; l++) {
        const rsp_lane *lane = &sim->lanes[l];
        const bool more = l % RSP_CHUNK > 0 && b->active[l / RSP_CHUNK];
        b->active[l / RSP_CHUNK] = more || (lane->runs && lane->stiff == stiff);
    }
}

static void run_active(rsp_sim *sim, rsp_run what)
{
    const rsp_lanes *b = &sim->block;
    uint32_t n = 0;
    if (b->stochastic && what == RSP_RUN_RATES) {
        rsp_absent_run(sim, b->active);
        return;
    }
    for (uint32_t c = 0; c < b->n_chunks; c++) {
        n += b->active[c];
    }
    if (n == b->n_chunks) {
        sim->machine.run(&sim->machine, what, b->frame.rows);
        return;
    }
    for (uint32_t c = 0; c < b->n_chunks; c++) {
        if (b->active[c]) {
            sim->machine.run_eight(&sim->machine, what, b->frame.rows + (size_t)c * RSP_CHUNK);
        }
    }
}

static void later_stages(rsp_sim *sim)
{
    rsp_lanes *b = &sim->block;
    turn_to(sim, false);
    for (uint32_t i = 1; i < b->tab->stages; i++) {
        stage_times(sim, b->tab->c[i]);
        sim->kernel->weigh(b, b->tab->a[i], i);
        sim->kernel->place(b, i);
        if (b->stochastic) {
            sim->fade_kernel->place(b, i);
        }
        run_active(sim, RSP_RUN_RATES);
        sim->kernel->derive(b, i);
        if (b->stochastic) {
            sim->fade_kernel->drive(b, i);
        }
    }
}

void rsp_step_implicit(rsp_sim *sim)
{
    rsp_lanes *b = &sim->block;
    rsp_implicit *im = &sim->implicit;
    stage_times(sim, 0);
    run_active(sim, RSP_RUN_JACOBIAN);
    sim->implicit_kernel->factor(b);
    sim->implicit_kernel->solve(b, 0);
    for (uint32_t i = 1; i < im->tab->stages; i++) {
        stage_times(sim, im->tab->c[i]);
        sim->implicit_kernel->place(b, i);
        run_active(sim, RSP_RUN_RATES);
        sim->implicit_kernel->solve(b, i);
    }
    sim->implicit_kernel->judge(b);
}

/* The stages of the lanes that step implicitly; the others keep their k[0]. */
static void implicit_stages(rsp_sim *sim)
{
    rsp_lanes *b = &sim->block;
    rsp_implicit *im = &sim->implicit;
    for (uint32_t l = 0; l < b->width; l++) {
        im->h[l] = im->on[l] > 0 && b->h[l] > 0 ? b->h[l] : 1;
    }
    turn_to(sim, true);
    sim->kernel->place_start(b);
    rsp_step_implicit(sim);
}

/* ---- Which way a lane steps.  An implicit step costs a few explicit ones; it is left
 * where explicit ones would have been stable for a while, and taken where they are
 * held by stability (Hairer & Wanner 1996, IV.2). */

static bool leaves_implicit(const rsp_sim *sim, uint32_t l)
{
    rsp_lane *lane = &sim->lanes[l];
    const double norm = sim->implicit.norm[l];
    if (lane->h * norm < RSP_CALM_BELOW) {
        lane->calm++;
        lane->mild = 0;
    } else if (++lane->mild >= RSP_MILD_ENOUGH) {
        lane->calm = 0;
    }
    /* A first step may tell that the whole run is short for an explicit method. */
    return lane->calm >= RSP_CALM_ENOUGH ||
           (lane->counts.steps == 0 && (lane->job.t1 - lane->t) * norm < RSP_SHORT_BELOW);
}

static bool leaves_explicit(const rsp_sim *sim, uint32_t l)
{
    /* Dormand-Prince 5(4) is stable up to 3.3 along the real axis; long before that
     * its error is that of the fast modes, which an implicit step does not follow. */
    const double steep_above = 1.5;
    rsp_lane *lane = &sim->lanes[l];
    if (sim->implicit.strain[l] > steep_above * steep_above) {
        lane->steep++;
        lane->mild = 0;
    } else if (++lane->mild >= RSP_MILD_ENOUGH) {
        lane->steep = 0;
    }
    return lane->steep >= RSP_STEEP_ENOUGH;
}

static void choose_method(rsp_sim *sim, uint32_t l)
{
    rsp_lane *lane = &sim->lanes[l];
    lane->next_stiff = lane->stiff;
    if (sim->block.implicit == NULL || sim->options.way != RSP_WAY_BY_ITSELF) {
        return;
    }
    if (sim->block.stochastic && !lane->all_flow) {
        return;
    }
    if (lane->stiff ? leaves_implicit(sim, l) : leaves_explicit(sim, l)) {
        lane->next_stiff = !lane->stiff;
        lane->calm = lane->steep = lane->mild = 0;
    }
}

/* What the error says of the next step over this one. */
static double growth(const rsp_lane *lane, double grow)
{
    const double most = lane->accepted ? 5 : 0.9;
    double factor = grow * 0.9;
    factor = factor < 0.2 ? 0.2 : factor;
    return factor > most ? most : factor;
}

/* Accept or not; the step that the error would allow. */
static void decide(rsp_sim *sim, uint32_t l)
{
    rsp_lanes *b = &sim->block;
    rsp_lane *lane = &sim->lanes[l];
    lane->counts.rate_calls += (lane->stiff ? sim->implicit.tab->stages : b->tab->stages) - 1;
    double err = lane->stiff ? sim->implicit.err[l] : b->err[l];
    double grow = lane->stiff ? sim->implicit.grow[l] : b->grow[l];
    if (b->stochastic && b->haste[l] > 0 && rsp_few_leaps(sim, l)) {
        err *= 3; /* a few steps more, and means as sure as those of 100,000 runs */
        grow *= rsp_inverse_root(3, lane->stiff ? sim->implicit.tab->root : b->tab->root);
    }
    lane->accepted = err <= 1;
    lane->theta = 1;
    lane->fires = UINT32_MAX;
    double factor = 0.25;
    if (err < 1e-4) {
        factor = 5; /* whatever the root */
    } else if (isfinite(err)) {
        factor = growth(lane, grow);
    }
    double wish = factor * lane->h;
    /* A step cut short for other reasons tells only that it may grow. */
    lane->wish = factor == 5 && lane->wish > wish ? lane->wish : wish;
    lane->same = lane->same || !lane->accepted;
    if (lane->accepted) {
        choose_method(sim, l);
        lane->counts.steps++;
        lane->counts.implicit += lane->stiff;
    } else {
        lane->counts.rejected++;
    }
    if (sim->options.max_steps > 0 &&
        lane->counts.steps + lane->counts.rejected >= sim->options.max_steps) {
        const bool is_held = !sim->method.random && b->implicit == NULL &&
                             sim->options.way == RSP_WAY_BY_ITSELF;
        char where[64];
        rsp_tell_fastest(sim, l, where, sizeof where);
        snprintf(lane->reason, sizeof lane->reason, "%llu steps by day %.6g%.80s",
                 (unsigned long long)sim->options.max_steps, lane->t,
                 is_held ? "; the model has too many derivatives for implicit steps" : where);
        rsp_fail_lane(lane, RSP_STOP_STEPS);
    }
}

static void judge_steps(rsp_sim *sim)
{
    rsp_lanes *b = &sim->block;
    if (sim->n_explicit > 0) {
        sim->kernel->weigh(b, b->tab->e, b->tab->stages);
        sim->kernel->judge(b);
        if (b->stochastic) {
            sim->fade_kernel->judge(b);
            sim->kernel->grow(b);
        }
        if (b->implicit != NULL && sim->strains) {
            sim->kernel->strain(b);
        }
    }
    for (uint32_t l = 0; l < b->width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        lane->accepted = false;
        if (lane->runs && lane->failed == RSP_STOP_END) {
            decide(sim, l);
        }
        b->select[l] = lane->accepted ? 1 : 0;
    }
}

/* The share of each accepted step that stands: up to its first event. */
static void cut_steps(rsp_sim *sim)
{
    rsp_lanes *b = &sim->block;
    if (sim->n_explicit > 0) {
        sim->kernel->weigh(b, b->tab->b, b->tab->stages);
    }
    if (b->stochastic) {
        turn_to(sim, false); /* an implicit step knows no firings */
        rsp_channels_cross(sim);
    }
    rsp_events_cut(sim);
    if (!b->stochastic) {
        return;
    }
    for (uint32_t l = 0; l < b->width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        double part[2];
        if (lane->accepted && lane->theta < 1) {
            double weight[RSP_STAGES_MAX];
            rsp_tableau_weights(b->tab, lane->theta, weight);
            for (uint32_t i = 0; i < b->tab->stages; i++) {
                b->w[i][l] = weight[i] * lane->h;
            }
            lane->land &= lane->fires == UINT32_MAX;
        }
        rsp_tableau_halves(b->tab, lane->theta, lane->h, part);
        b->part[0][l] = part[0];
        b->part[1][l] = part[1];
        b->taken[l] = lane->theta;
    }
    sim->cross_kernel->consume(b);
}

static void move_clock(rsp_lane *lane)
{
    const double t = lane->t + lane->theta * lane->h;
    lane->t = lane->land || t > lane->t_next ? lane->t_next : t;
}

/* The noise of a lane that leaps, where it is due; true: it is among the draws. */
static bool leap_on(rsp_sim *sim, uint32_t l, rsp_draw *draws)
{
    rsp_lane *lane = &sim->lanes[l];
    double taken = lane->theta * lane->h, haste = sim->block.haste[l];
    double half = 0.45 * sim->options.leap;
    lane->used += taken * haste;
    lane->ahead -= taken;
    if (haste > 0 && lane->used < 0) {
        /* It was for so many days: where haste fell since, it is paid off by then. */
        lane->used = fmax(lane->used, fmin(-lane->ahead * haste, 0));
    }
    if (!(haste > 0) && lane->used < 0) {
        /* Nothing is left that would pay for the noise ahead: the last were lost. */
        rsp_leap_forgive(sim, l);
        lane->used = 0;
    }
    if (lane->land) {
        rsp_leap_settle(sim, l);
        lane->used = 0;
    } else if (lane->used >= half) {
        /* Half a leap ahead, but not beyond where the state is looked at. */
        double ahead = fmin(half / haste, lane->t_next - lane->t - taken);
        lane->pauses = sim->block.out[l] > 0;
        rsp_leap_draw(sim, l, ahead, draws);
        lane->used = -ahead * haste;
        lane->ahead = ahead;
        return true;
    }
    return false;
}

/* Events and noise of accepted steps of lanes with random channels; then their regimes. */
static void end_random_steps(rsp_sim *sim)
{
    rsp_lanes *b = &sim->block;
    double gap[RSP_CHUNK] = {0};
    rsp_draw draws;
    rsp_draw_begin(sim, &draws);
    for (uint32_t l = 0; l < b->width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        if (l % RSP_CHUNK == 0) {
            rsp_channels_gaps(sim, l / RSP_CHUNK, gap);
        }
        lane->draws = false;
        if (!lane->accepted) {
            continue;
        }
        lane->out = b->out[l] > 0 || rsp_regime_outgrows(sim, l);
        if (lane->fires != UINT32_MAX) {
            lane->out |= rsp_channels_fire(sim, l, gap[l % RSP_CHUNK]);
        }
        if (b->leaping[l] > 0) {
            lane->out |= lane->land || !(b->haste[l] > 0);
            lane->draws = leap_on(sim, l, &draws);
        }
    }
    rsp_draw_end(sim, &draws);
    for (uint32_t l = 0; l < b->width; l++) {
        if (sim->lanes[l].draws) {
            rsp_leap_drawn(sim, l);
        }
        if (sim->lanes[l].accepted && sim->lanes[l].out) {
            rsp_regime_update(sim, l, false);
        }
    }
}

static void finish_steps(rsp_sim *sim)
{
    rsp_lanes *b = &sim->block;
    if (sim->n_explicit > 0) {
        sim->kernel->advance(b);
        if (b->stochastic) {
            sim->fade_kernel->advance(b);
        }
    }
    if (sim->n_implicit > 0) {
        sim->implicit_kernel->advance(b);
    }
    rsp_events_place(sim);
    rsp_clock_reads(sim);
    if (b->stochastic) {
        sim->kernel->gather(b);
    }
    sim->kernel->settle(b);
    for (uint32_t l = 0; l < b->width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        if (lane->accepted) {
            lane->same = b->tab->fsal && !lane->stiff && !lane->next_stiff && b->lowest[l] >= -1e-9;
        }
    }
    if (b->stochastic) {
        end_random_steps(sim);
    }
    for (uint32_t l = 0; l < b->width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        if (lane->accepted) {
            move_clock(lane);
            lane->stiff = lane->next_stiff;
            if (b->stochastic && lane->stiff) {
                b->last[l] = 0;
            }
        }
    }
    rsp_events_after(sim);
    if (b->stochastic) {
        rsp_clock_release(sim);
    }
}

/* What was read before the failure is still given. */
static void end_failed(rsp_sim *sim, uint32_t l)
{
    if (sim->lanes[l].n_held > 0) {
        rsp_leap_settle(sim, l);
        rsp_clock_release(sim);
    }
    rsp_lane_end(sim, l, sim->lanes[l].failed);
}

void rsp_step_end(rsp_sim *sim)
{
    sim->waits = false;
    for (uint32_t l = 0; l < sim->block.width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        if (lane->live && lane->enough) {
            rsp_lane_end(sim, l, RSP_STOP_CLIENT);
        } else if (lane->live && lane->failed != RSP_STOP_END) {
            end_failed(sim, l);
        }
        sim->waits |= !lane->live || lane->t >= lane->t_next;
    }
}

void rsp_step(rsp_sim *sim)
{
    rsp_regime_lists(sim);
    choose_ways(sim);
    first_stage(sim);
    choose_steps(sim);
    rsp_events_foresee(sim);
    if (sim->n_implicit > 0) {
        implicit_stages(sim);
    }
    if (sim->n_explicit > 0) {
        later_stages(sim);
    }
    judge_steps(sim);
    cut_steps(sim);
    finish_steps(sim);
    rsp_step_end(sim);
}

