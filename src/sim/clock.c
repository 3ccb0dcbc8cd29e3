/* The participant's clock: what happens when, and who is told.
 *
 * At one time, in this order: clones move, events, reads, stops, the end, `after` points, actions
 * (planned ones first, then those that stops added, each as they came); events anew
 * where these turn a trigger. */
#include "sim/internal.h"

#include <string.h>

void rsp_clock_start(rsp_sim *sim, uint32_t l)
{
    rsp_lane *lane = &sim->lanes[l];
    lane->live = lane->fresh = true;
    lane->stiff = sim->block.implicit != NULL && !sim->block.stochastic;
    lane->all_flow = false;
    lane->next_stiff = lane->stiff;
    lane->calm = lane->steep = lane->mild = 0;
    lane->same = lane->dirty = lane->land = lane->accepted = lane->enough = false;
    lane->jumps = false;
    lane->t = lane->job.t0;
    lane->t_next = lane->t;
    lane->h = lane->wish = 0;
    lane->i_action = lane->i_read = lane->i_stop = 0;
    lane->n_added = 0;
    lane->fires = UINT32_MAX;
    lane->counts = (rsp_sim_counts){0};
    lane->failed = RSP_STOP_END;
    lane->reason[0] = '\0';
    for (uint32_t i = 0; i < sim->net->n_afters; i++) {
        lane->after_at[i] = INFINITY;
    }
    for (uint32_t i = 0; i < sim->net->n_actions; i++) {
        lane->last[i] = NAN;
    }
    for (size_t i = 0; i < lane->job.n_actions; i++) {
        const rsp_sim_action *a = &lane->job.actions[i];
        RSP_ASSERT(a->action < sim->net->n_actions);
        RSP_ASSERT(a->t >= lane->t);
        RSP_ASSERT(i == 0 || a->t >= a[-1].t);
    }
    sim->leap_no[l] = 0;
    lane->used = lane->ahead = 0;
    lane->n_held = lane->i_held = 0;
    lane->ready = false;
    rsp_events_start(sim, l);
}

void rsp_clock_next(rsp_sim *sim, uint32_t l)
{
    rsp_lane *lane = &sim->lanes[l];
    double t = lane->job.t1;
    if (lane->i_action < lane->job.n_actions) {
        t = fmin(t, lane->job.actions[lane->i_action].t);
    }
    if (lane->n_added > 0) {
        t = fmin(t, lane->added[0].t);
    }
    if (lane->i_stop < lane->job.n_stops) {
        t = fmin(t, lane->job.stops[lane->i_stop]);
    }
    for (uint32_t i = 0; i < sim->net->n_afters; i++) {
        if (lane->after_at[i] > -(double)INFINITY) {
            t = fmin(t, lane->after_at[i]);
        }
    }
    t = fmin(t, rsp_populations_next(sim, l));
    lane->t_next = fmax(fmin(t, rsp_events_next(sim, l)), lane->t);
}

void rsp_clock_rows(const rsp_sim *sim, uint32_t l, double t)
{
    const rsp_program *p = sim->program;
    const rsp_lanes *b = &sim->block;
    const rsp_lane *lane = &sim->lanes[l];
    *rsp_at(b->frame.rows, p->time, b->width, l) = t;
    for (uint32_t i = 0; i < sim->net->n_actions; i++) {
        *rsp_at(b->frame.rows, p->sinces + i, b->width, l) =
            isnan(lane->last[i]) ? 1e9 : t - lane->last[i];
    }
    for (uint32_t i = 0; i < sim->net->n_afters; i++) {
        *rsp_at(b->frame.rows, p->afters + i, b->width, l) =
            isinf(lane->after_at[i]) && lane->after_at[i] < 0 ? 1 : 0;
    }
}

void rsp_clock_column(rsp_sim *sim, uint32_t l, double t, const double *x, size_t step)
{
    const size_t w = sim->block.width, n = sim->net->n_species;
    double *restrict row = rsp_at(sim->block.frame.rows, sim->program->species, sim->block.width, l);
    for (size_t s = 0; s < n; s++) {
        row[s * w] = x[s * step];
    }
    rsp_clock_rows(sim, l, t);
}

static rsp_sim_view take_view(rsp_sim *sim, uint32_t l, double t)
{
    const size_t w = sim->block.width;
    const double *rows = sim->block.frame.rows + l;
    const uint32_t *row = sim->program->observed;
    double *observed = sim->observed, *amounts = sim->amounts;
    for (uint32_t i = 0, n = sim->observes ? sim->net->n_observables : 0; i < n; i++) {
        observed[i] = rows[row[i] * w];
    }
    rows += sim->program->species * w;
    for (uint32_t s = 0, n = sim->net->n_species; s < n; s++) {
        amounts[s] = rows[s * w];
    }
    return (rsp_sim_view){t, observed, amounts};
}

static void show(rsp_sim *sim, uint32_t l, size_t which, const rsp_sim_view *view)
{
    rsp_lane *lane = &sim->lanes[l];
    if (lane->job.amounts != NULL) {
        const size_t n = sim->net->n_species;
        memcpy(lane->job.amounts + which * n, view->amounts, n * sizeof *view->amounts);
        return;
    }
    lane->enough |= !sim->client->read(sim->client->ctx, &lane->job, which, view);
}

/* Show the client what the observed column of lane l holds. */
static void give_read(rsp_sim *sim, uint32_t l, size_t which, double t)
{
    const rsp_sim_view view = take_view(sim, l, t);
    show(sim, l, which, &view);
}

static void observe(rsp_sim *sim)
{
    if (sim->observes) {
        sim->machine.run(&sim->machine, RSP_RUN_OBSERVE, sim->block.frame.rows);
    }
}

void rsp_lane_end(rsp_sim *sim, uint32_t l, rsp_stop stop)
{
    rsp_lane *lane = &sim->lanes[l];
    rsp_sim_result result = {.stop = stop, .t = lane->t, .n_reads = lane->i_read,
                             .counts = lane->counts};
    memcpy(result.reason, lane->reason, sizeof result.reason);
    rsp_sim_counts *sum = &sim->total;
    sum->runs++;
    sum->steps += lane->counts.steps;
    sum->rejected += lane->counts.rejected;
    sum->events += lane->counts.events;
    sum->leaps += lane->counts.leaps;
    sum->clamped += lane->counts.clamped;
    sum->rate_calls += lane->counts.rate_calls;
    sum->implicit += lane->counts.implicit;
    sim->client->done(sim->client->ctx, &lane->job, &result);
    lane->live = false;
    lane->h = 0;
    rsp_regime_leave(sim, l);
}

/* ---- What is due at a lane's time. */
typedef enum due { DUE_NOTHING, DUE_READ, DUE_STOP, DUE_END, DUE_ACTION } due;

static const rsp_sim_action *first_action(const rsp_lane *lane, bool *is_added)
{
    const rsp_sim_action *planned =
        lane->i_action < lane->job.n_actions ? &lane->job.actions[lane->i_action] : NULL;
    const rsp_sim_action *added = lane->n_added > 0 ? &lane->added[0] : NULL;
    *is_added = planned == NULL || (added != NULL && added->t < planned->t);
    return *is_added ? added : planned;
}

/* `after` points need no frame: they are taken here. */
static void pass_afters(const rsp_sim *sim, rsp_lane *lane)
{
    for (uint32_t i = 0; i < sim->net->n_afters; i++) {
        if (lane->after_at[i] > -(double)INFINITY && lane->after_at[i] <= lane->t) {
            lane->after_at[i] = -(double)INFINITY;
            lane->same = false;
            lane->fresh = lane->look = true;
        }
    }
}

static due what_is_due(const rsp_sim *sim, rsp_lane *lane)
{
    if (lane->i_read < lane->job.n_reads && lane->job.reads[lane->i_read] <= lane->t) {
        return DUE_READ;
    }
    if (lane->i_stop < lane->job.n_stops && lane->job.stops[lane->i_stop] <= lane->t) {
        return DUE_STOP;
    }
    if (lane->t >= lane->job.t1) {
        return DUE_END;
    }
    pass_afters(sim, lane);
    bool is_added;
    const rsp_sim_action *action = first_action(lane, &is_added);
    return action != NULL && action->t <= lane->t ? DUE_ACTION : DUE_NOTHING;
}

static void add_action(rsp_lane *lane, rsp_sim_action action)
{
    size_t i = lane->n_added++;
    for (; i > 0 && lane->added[i - 1].t > action.t; i--) {
        lane->added[i] = lane->added[i - 1];
    }
    lane->added[i] = action;
}

static void serve_stop(rsp_sim *sim, uint32_t l)
{
    rsp_lane *lane = &sim->lanes[l];
    rsp_sim_view view = take_view(sim, l, lane->t);
    rsp_sim_action fresh[RSP_ADDED_MAX];
    size_t n = 0, room = RSP_ADDED_MAX - lane->n_added;
    bool on = sim->client->stop(sim->client->ctx, &lane->job, lane->i_stop++,
                                &view, fresh, room, &n);
    RSP_ASSERT(n <= room);
    for (size_t i = 0; i < n; i++) {
        RSP_ASSERT(fresh[i].t >= lane->t && fresh[i].action < sim->net->n_actions);
        add_action(lane, fresh[i]);
    }
    if (!on) {
        rsp_lane_end(sim, l, RSP_STOP_CLIENT);
    }
}

void rsp_clock_assign(rsp_sim *sim, uint32_t l, const rsp_assign *as, double value,
                      const char *by)
{
    const rsp_program *p = sim->program;
    rsp_lanes *b = &sim->block;
    rsp_lane *lane = &sim->lanes[l];
    double *target = as->is_species
                         ? rsp_at(b->x, as->target, b->width, l)
                         : rsp_at(b->frame.rows, p->inputs + as->target, b->width, l);
    double next = as->adds ? *target + value : value;
    if (!isfinite(next)) {
        lane->failed = RSP_STOP_NONFINITE;
        snprintf(lane->reason, sizeof lane->reason,
                 "%.30s at day %.6g gives %.30s the value %g", by, lane->t,
                 as->is_species ? sim->net->species[as->target].name
                                : sim->net->inputs[as->target].name,
                 next);
        return;
    }
    if (as->is_species && next < b->net.floor[as->target]) {
        next = b->net.floor[as->target];
        lane->counts.clamped++;
    }
    *target = next;
    if (as->is_species && b->stochastic) {
        rsp_absent_comes(sim, as->target, l);
    }
}

/* The rows of `act` are computed: apply the lane's first pending action. */
static void apply_action(rsp_sim *sim, uint32_t l)
{
    rsp_lane *lane = &sim->lanes[l];
    bool is_added;
    rsp_sim_action action = *first_action(lane, &is_added);
    if (is_added) {
        lane->n_added--;
        memmove(lane->added, lane->added + 1, lane->n_added * sizeof lane->added[0]);
    } else {
        lane->i_action++;
    }
    const rsp_action *row = &sim->net->actions[action.action];
    const uint32_t end = row->first_assign + row->n_assigns;
    for (uint32_t i = row->first_assign; i < end; i++) {
        /* All are read before any is written: rows may be shared. */
        sim->assigned[i] = *rsp_at(sim->block.frame.rows, sim->program->assigned[i],
                                   sim->block.width, l);
    }
    for (uint32_t i = row->first_assign; i < end; i++) {
        rsp_clock_assign(sim, l, &sim->net->assigns[i], sim->assigned[i], row->name);
    }
    for (uint32_t i = 0; i < sim->net->n_afters; i++) {
        if (sim->net->afters[i].action == action.action && isnan(lane->last[action.action])) {
            double delay = *rsp_at(sim->block.frame.rows, sim->program->delay[i],
                                   sim->block.width, l);
            lane->after_at[i] = lane->t + fmax(delay, 0);
        }
    }
    lane->last[action.action] = lane->t;
    lane->same = false;
    lane->fresh = lane->dirty = lane->look = true;
}

/* Lanes whose first duty is `kind`: their columns, one run, each its turn.
 * Returns whether there was any. */
static bool serve_observed(rsp_sim *sim)
{
    bool any = false;
    for (uint32_t l = 0; l < sim->block.width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        if (lane->live && lane->t >= lane->t_next) {
            due d = what_is_due(sim, lane);
            if (d == DUE_READ || d == DUE_STOP) {
                rsp_clock_column(sim, l, lane->t, sim->block.x + l, sim->block.width);
                any = true;
            }
        }
    }
    if (!any) {
        return false;
    }
    observe(sim);
    for (uint32_t l = 0; l < sim->block.width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        if (!lane->live || lane->t < lane->t_next) {
            continue;
        }
        due d = what_is_due(sim, lane);
        if (d == DUE_READ) {
            give_read(sim, l, lane->i_read++, lane->t);
            if (lane->enough) {
                rsp_lane_end(sim, l, RSP_STOP_CLIENT);
            }
        } else if (d == DUE_STOP) {
            serve_stop(sim, l);
        }
    }
    return true;
}

static bool serve_actions(rsp_sim *sim)
{
    bool any = false;
    for (uint32_t l = 0; l < sim->block.width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        if (lane->live && lane->t >= lane->t_next &&
            what_is_due(sim, lane) == DUE_ACTION) {
            bool is_added;
            rsp_clock_column(sim, l, lane->t, sim->block.x + l, sim->block.width);
            *rsp_at(sim->block.frame.rows, sim->program->arg, sim->block.width, l) =
                first_action(lane, &is_added)->amount;
            any = true;
        }
    }
    if (!any) {
        return false;
    }
    sim->machine.run(&sim->machine, RSP_RUN_ACT, sim->block.frame.rows);
    for (uint32_t l = 0; l < sim->block.width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        if (lane->live && lane->t >= lane->t_next &&
            what_is_due(sim, lane) == DUE_ACTION) {
            apply_action(sim, l);
            if (lane->failed != RSP_STOP_END) {
                rsp_lane_end(sim, l, lane->failed);
            }
        }
    }
    return true;
}

/* The end of an `after` or an action may turn a trigger. */
static bool looks_again(const rsp_sim *sim)
{
    bool any = false;
    for (uint32_t l = 0; sim->events != NULL && l < sim->block.width; l++) {
        any |= sim->lanes[l].live && sim->lanes[l].look;
    }
    return any;
}

void rsp_clock_serve(rsp_sim *sim)
{
    rsp_populations_serve(sim);
    do {
        rsp_events_serve(sim);
    } while (serve_observed(sim) || serve_actions(sim) || looks_again(sim));
    for (uint32_t l = 0; l < sim->block.width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        if (!lane->live || lane->t < lane->t_next) {
            continue;
        }
        if (what_is_due(sim, lane) == DUE_END) {
            rsp_lane_end(sim, l, RSP_STOP_END);
            continue;
        }
        if (lane->dirty) {
            rsp_regime_update(sim, l, true);
            lane->dirty = false;
        }
        rsp_clock_next(sim, l);
    }
}

double rsp_clock_end(const rsp_lane *lane)
{
    return lane->land ? lane->t_next : lane->t + lane->theta * lane->h;
}

/* The next read of an accepted step that lies before its end. */
static bool read_inside(const rsp_lane *lane, double *phi)
{
    if (!lane->live || !lane->accepted || lane->enough ||
        lane->i_read >= lane->job.n_reads) {
        return false;
    }
    double t = lane->job.reads[lane->i_read];
    double end = rsp_clock_end(lane);
    if (!(t < end)) {
        return false;
    }
    *phi = (t - lane->t) / (end - lane->t);
    return true;
}

/* Keep a read until its noise is drawn: number, time, amounts, variances. What flowed
 * by then stands at x, RSP_CHUNK apart. */
static void hold(rsp_sim *sim, uint32_t l, double phi, const double *x, rsp_waiting *w)
{
    rsp_lane *lane = &sim->lanes[l];
    size_t size = rsp_held_size(sim);
    /* Grows only where many reads fall into one leap. */
    if (!RSP_GROW(&lane->held, &lane->held_capacity, (lane->n_held + 1) * size)) {
        sim->nomem = true;
        return;
    }
    double *held = lane->held + lane->n_held++ * size;
    held[0] = (double)lane->i_read;
    held[1] = lane->job.reads[lane->i_read++];
    const size_t n = sim->net->n_species;
    double *restrict amounts = held + 2;
    for (size_t s = 0; s < n; s++) {
        amounts[s] = x[s * RSP_CHUNK];
    }
    rsp_leap_inside(sim, l, phi, held + 2, held + 2 + n, w);
}

/* Amounts of a deterministic lane at its next reads inside its step, eight at most. */
static void take_batch(rsp_sim *sim, uint32_t l, double *x)
{
    rsp_lane *lane = &sim->lanes[l];
    _Alignas(64) double share[RSP_CHUNK] = {0};
    lane->n_batch = 0;
    if (!lane->live || !lane->accepted || lane->enough) {
        return;
    }
    const double end = rsp_clock_end(lane);
    const size_t left = lane->job.n_reads - lane->i_read;
    const double *read = left ? lane->job.reads + lane->i_read : NULL;
    while (lane->n_batch < RSP_CHUNK && lane->n_batch < left && read[lane->n_batch] < end) {
        /* Of the whole step. */
        share[lane->n_batch] =
            (read[lane->n_batch] - lane->t) / (end - lane->t) * lane->theta;
        lane->n_batch++;
    }
    if (lane->n_batch > 0) {
        sim->inside_kernel->lane(&sim->block, l, share, x);
    }
}

void rsp_clock_inside(rsp_sim *sim)
{
    const rsp_lanes *b = &sim->block;
    for (uint32_t l = 0; l < b->width; l++) {
        if (b->reading[l] > 0) {
            _Alignas(64) const double share[RSP_CHUNK] = {b->phi[l]};
            sim->inside_kernel->lane(b, l, share, sim->inside);
            for (uint32_t s = 0; s < b->net.n_species; s++) {
                *rsp_at(b->frame.rows, sim->program->species + s, b->width, l) =
                    sim->inside[(size_t)s * RSP_CHUNK];
            }
        }
    }
}

void rsp_clock_show(rsp_sim *sim, uint32_t l, const double *x)
{
    rsp_lane *lane = &sim->lanes[l];
    const size_t which = lane->i_read++, n = sim->net->n_species;
    double *amounts = lane->job.amounts != NULL ? lane->job.amounts + which * n : sim->amounts;
    for (size_t s = 0; s < n; s++) {
        amounts[s] = x[s * RSP_CHUNK];
    }
    if (lane->job.amounts == NULL) {
        const rsp_sim_view view = {lane->job.reads[which], sim->observed, amounts};
        show(sim, l, which, &view);
    }
}

/* Amounts of a lane at its reads inside its step, eight at a time. */
static void read_along(rsp_sim *sim, uint32_t l)
{
    rsp_lane *lane = &sim->lanes[l];
    do {
        take_batch(sim, l, sim->inside);
        for (uint32_t k = 0; k < lane->n_batch && !lane->enough; k++) {
            rsp_clock_show(sim, l, sim->inside + k);
        }
    } while (lane->n_batch == RSP_CHUNK);
}

/* Reads in a step from which on a lane alone is faster than eight together. */
enum { MANY_READS = 4 };

/* The share of its step at which a lane of an implicit chunk is read next; 0: it is
 * not, or it has so many reads there that they were all taken. */
static double next_share(rsp_sim *sim, uint32_t l)
{
    rsp_lane *lane = &sim->lanes[l];
    if (!lane->live || !lane->accepted || lane->enough) {
        return 0;
    }
    const double end = rsp_clock_end(lane);
    const size_t left = lane->job.n_reads - lane->i_read;
    if (left == 0 || !(lane->job.reads[lane->i_read] < end)) {
        return 0;
    }
    const double *read = lane->job.reads + lane->i_read;
    const bool alone = sim->block.implicit == NULL || !(sim->implicit.on[l] > 0);
    if (alone || (left >= MANY_READS && read[MANY_READS - 1] < end)) {
        read_along(sim, l);
        return 0;
    }
    /* At the start: as good as there. */
    const double share = (read[0] - lane->t) / (end - lane->t) * lane->theta;
    return share > 0 ? share : 0x1p-1000;
}

/* Reads inside the steps of a deterministic block, where only amounts are wanted: the
 * next of each lane of a chunk at once, while there are any. */
static void read_amounts(rsp_sim *sim)
{
    for (uint32_t c = 0; c < sim->block.n_chunks; c++) {
        for (bool any = true; any;) {
            _Alignas(64) double share[RSP_CHUNK];
            any = false;
            for (uint32_t i = 0; i < RSP_CHUNK; i++) {
                share[i] = next_share(sim, c * RSP_CHUNK + i);
                any |= share[i] > 0;
            }
            if (any) {
                sim->inside_kernel->chunk(&sim->block, c, share, sim->inside);
            }
            for (uint32_t i = 0; any && i < RSP_CHUNK; i++) {
                if (share[i] > 0) {
                    rsp_clock_show(sim, c * RSP_CHUNK + i, sim->inside + i);
                }
            }
        }
    }
}

/* The same with observables: all lanes at once, each at the next of its reads. */
static void read_observed(rsp_sim *sim)
{
    const size_t size = (size_t)sim->net->n_species * RSP_CHUNK;
    bool any = true;
    for (uint32_t round = 0; any; round++) {
        const uint32_t k = round % RSP_CHUNK;
        any = false;
        for (uint32_t l = 0; l < sim->block.width; l++) {
            const rsp_lane *lane = &sim->lanes[l];
            double *x = sim->inside + l * size;
            if (k == 0) {
                take_batch(sim, l, x);
            }
            if (k < lane->n_batch && !lane->enough) {
                rsp_clock_column(sim, l, lane->job.reads[lane->i_read], x + k, RSP_CHUNK);
                any = true;
            }
        }
        if (any) {
            observe(sim);
        }
        for (uint32_t l = 0; any && l < sim->block.width; l++) {
            rsp_lane *lane = &sim->lanes[l];
            if (k < lane->n_batch && !lane->enough) {
                give_read(sim, l, lane->i_read, lane->job.reads[lane->i_read]);
                lane->i_read++;
            }
        }
    }
}

static bool waits_for_noise(const rsp_sim *sim, uint32_t l)
{
    return sim->block.leaping[l] > 0;
}

/* The next read inside the step of each lane of a random chunk: those of lanes that
 * leap are held, the others placed, to be shown. */
static bool read_chunk(rsp_sim *sim, uint32_t chunk, bool *shows)
{
    const uint32_t first = chunk * RSP_CHUNK;
    const size_t size = (size_t)sim->net->n_species * RSP_CHUNK;
    double *x = sim->inside + first * size, phi[RSP_CHUNK];
    _Alignas(64) double share[RSP_CHUNK] = {0};
    bool reads[RSP_CHUNK], any = false;
    rsp_waiting w;
    for (uint32_t i = 0; i < RSP_CHUNK; i++) {
        const rsp_lane *lane = &sim->lanes[first + i];
        reads[i] = !(sim->nomem && waits_for_noise(sim, first + i)) && read_inside(lane, &phi[i]);
        share[i] = reads[i] ? phi[i] * lane->theta : 0;
        any |= reads[i];
    }
    if (!any) {
        return false;
    }
    w.n = 0;
    w.drawn = true;
    w.near = false;
    sim->inside_kernel->moving(&sim->block, chunk, share, x);
    sim->fade_kernel->inside(&sim->block, chunk, share, x);
    for (uint32_t i = 0; i < RSP_CHUNK; i++) {
        rsp_lane *lane = &sim->lanes[first + i];
        const double *at = x + i;
        if (reads[i] && lane->stiff) {
            _Alignas(64) const double own[RSP_CHUNK] = {share[i]};
            sim->inside_kernel->lane(&sim->block, first + i, own, x + size);
            at = x + size;
        }
        if (reads[i] && waits_for_noise(sim, first + i)) {
            hold(sim, first + i, phi[i], at, &w);
        } else if (reads[i]) {
            rsp_clock_column(sim, first + i, lane->job.reads[lane->i_read], at, RSP_CHUNK);
            *shows = true;
        }
    }
    rsp_leap_stray(sim, &w);
    return true;
}

static bool read_random(rsp_sim *sim, bool *shows)
{
    bool any = false;
    for (uint32_t c = 0; c < sim->block.n_chunks; c++) {
        any |= read_chunk(sim, c, shows);
    }
    return any;
}

/* Show what read_random placed. */
static void give_random(rsp_sim *sim)
{
    for (uint32_t l = 0; l < sim->block.width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        double phi;
        if (!waits_for_noise(sim, l) && read_inside(lane, &phi)) {
            give_read(sim, l, lane->i_read, lane->job.reads[lane->i_read]);
            lane->i_read++;
        }
    }
}

void rsp_clock_reads(rsp_sim *sim)
{
    if (!sim->block.stochastic) {
        if (sim->observes) {
            read_observed(sim);
        } else {
            read_amounts(sim);
        }
        return;
    }
    bool shows = false;
    while (read_random(sim, &shows)) {
        if (shows) {
            observe(sim);
            give_random(sim);
            shows = false;
        }
    }
}

static bool gives_held(const rsp_lane *lane)
{
    return lane->live && lane->ready && !lane->enough && lane->i_held < lane->n_held;
}

/* Where only amounts are looked at, they are shown as they were held. */
static void release_amounts(rsp_sim *sim, uint32_t l)
{
    rsp_lane *lane = &sim->lanes[l];
    const size_t size = rsp_held_size(sim);
    while (gives_held(lane)) {
        const double *held = lane->held + lane->i_held++ * size;
        const rsp_sim_view view = {held[1], sim->observed, held + 2};
        show(sim, l, (size_t)held[0], &view);
    }
}

void rsp_clock_release(rsp_sim *sim)
{
    size_t size = rsp_held_size(sim);
    for (uint32_t l = 0; !sim->observes && l < sim->block.width; l++) {
        release_amounts(sim, l);
    }
    for (bool any = true; any;) {
        any = false;
        for (uint32_t l = 0; l < sim->block.width; l++) {
            rsp_lane *lane = &sim->lanes[l];
            if (gives_held(lane)) {
                const double *held = lane->held + lane->i_held * size;
                rsp_clock_column(sim, l, held[1], held + 2, 1);
                any = true;
            } else if (lane->ready) {
                lane->ready = false;
                lane->n_held = lane->i_held = 0;
            }
        }
        if (!any) {
            return;
        }
        observe(sim);
        for (uint32_t l = 0; l < sim->block.width; l++) {
            rsp_lane *lane = &sim->lanes[l];
            if (gives_held(lane)) {
                const double *held = lane->held + lane->i_held++ * size;
                give_read(sim, l, (size_t)held[0], held[1]);
            }
        }
    }
}
