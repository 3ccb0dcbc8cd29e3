/* The direct method: bounds, the participant's clock, and what ends a run. */
#include "sim/direct.h"

#include <string.h>

#include "model/ops.h"
#include "sim/internal.h"

/* Half of a range around x, in units of the largest change at once.  Renewing
 * bounds costs about as much as ten candidates; a range of half width w is left
 * after about w^2 events, and refuses candidates in proportion to w / x: together
 * they cost least near a cube root. */
static const double width_factor = 1;

/* ---- Values. */

static void evaluate(rsp_direct *d, const uint32_t *list, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const rsp_instr *in = &d->code[list[i]];
        d->value[in->to] = rsp_op_scalar(in->op, d->value[in->a], d->value[in->b],
                                         d->value[in->c]);
    }
}

static double rate_now(rsp_direct *d, uint32_t c, double t)
{
    rsp_direct_tick(d, t);
    evaluate(d, d->needs.item + d->needs.first[c], d->needs.first[c + 1] - d->needs.first[c]);
    return d->value[d->slot[c]];
}

/* ---- Bounds. */

static void set_point(rsp_direct *d, uint32_t slot)
{
    double v = d->value[slot];
    d->range[slot] = isnan(v) ? (rsp_range){-INFINITY, INFINITY} : (rsp_range){v, v};
}

static void push(rsp_direct *d, uint32_t s)
{
    if (!d->on_stack[s]) {
        d->on_stack[s] = true;
        d->stack[d->n_stack++] = s;
    }
}

static void suspect(rsp_direct *d, uint32_t c)
{
    if (!d->is_suspect[c]) {
        d->is_suspect[c] = true;
        d->suspect[d->n_suspect++] = c;
    }
}

static void place_range(const rsp_sim *sim, rsp_direct *d, uint32_t s)
{
    const double burst = sim->block.net.burst[s];
    double x = d->value[s];
    double w = d->scale[s] * width_factor * burst * rsp_pow(fabs(x) / burst + 1, 1.0 / 3);
    if (!(w >= 0.5 * burst)) {
        w = 0;
    }
    d->width[s] = w;
    d->range[s] = (rsp_range){fmax(x - w, fmin(x, 0.5 * x)), x + w};
}

static void spread(rsp_direct *d, uint32_t s)
{
    const rsp_lists *m = &d->moved, *t = &d->touched;
    rsp_bounds_run(d->code, m->item + m->first[s], m->first[s + 1] - m->first[s], d->range);
    for (uint32_t i = t->first[s]; i < t->first[s + 1]; i++) {
        suspect(d, t->item[i]);
    }
}

static void place_window(rsp_direct *d)
{
    const double end = d->t + d->window;
    d->range[d->time] = (rsp_range){d->t, end};
    for (uint32_t i = 0; i < d->n_since; i++) {
        d->range[d->since + i] = isnan(d->last[i])
                                     ? (rsp_range){1e9, 1e9}
                                     : (rsp_range){d->t - d->last[i], end - d->last[i]};
    }
    d->window_end = end;
    d->stale_window = false;
    rsp_bounds_run(d->code, d->ticking, d->n_ticking, d->range);
    for (uint32_t c = 0; c < d->n_channels; c++) {
        if (d->by_time[c]) {
            suspect(d, c);
        }
    }
}

/* Make the ranges of what channel c reads smaller; false: they are points. */
static bool narrow(rsp_direct *d, uint32_t c)
{
    bool any = false;
    for (uint32_t i = d->reads.first[c]; i < d->reads.first[c + 1]; i++) {
        uint32_t s = d->reads.item[i];
        if (d->width[s] > 0 && !d->on_stack[s]) {
            d->scale[s] = fmax(0.25 * d->scale[s], 0x1p-40);
            push(d, s);
        }
        any |= d->on_stack[s];
    }
    return any;
}

static bool fail(rsp_sim *sim, rsp_stop stop)
{
    sim->lanes[0].failed = stop;
    return false;
}

static bool fail_rate(rsp_sim *sim, uint32_t c, double rate)
{
    rsp_direct *d = sim->direct;
    char number[32];
    snprintf(number, sizeof number, "%g", rate);
    snprintf(sim->lanes[0].reason, sizeof sim->lanes[0].reason, "the rate of %s is %s at day %.6g",
             sim->net->reactions[d->reaction[c]].name, isnan(rate) ? "not a number" : number, d->t);
    return fail(sim, RSP_STOP_NONFINITE);
}

/* The rate itself is its bounds. */
static bool bound_by_value(rsp_sim *sim, uint32_t c)
{
    rsp_direct *d = sim->direct;
    double rate = rate_now(d, c, d->t);
    if (!isfinite(rate) || rate < -1e-9 * (1 + 1 / d->mean_gap)) {
        return fail_rate(sim, c, rate);
    }
    d->upper[c] = d->lower[c] = fmax(rate, 0);
    return true;
}

static bool shorten_window(rsp_sim *sim, uint32_t c)
{
    rsp_direct *d = sim->direct;
    d->window *= 0.25;
    d->stale_window = true;
    if (d->window > 1e-13 * fmax(1, fabs(d->t))) {
        return true;
    }
    double rate = rate_now(d, c, d->t + 1e-6);
    if (!isfinite(rate) || !isfinite(rate_now(d, c, d->t))) {
        return fail_rate(sim, c, rate);
    }
    snprintf(sim->lanes[0].reason, sizeof sim->lanes[0].reason,
             "the rate of %s has no bound near day %.6g",
             sim->net->reactions[d->reaction[c]].name, d->t);
    return fail(sim, RSP_STOP_COLLAPSE);
}

/* Bounds of channel c from its range.  Where that says too little, ranges are
 * narrowed, and it is tried again; at points the rate speaks for itself.  A rate
 * that time moves may touch 0 within a window, which says nothing against it. */
static bool bound(rsp_sim *sim, uint32_t c)
{
    rsp_direct *d = sim->direct;
    const rsp_range r = d->range[d->slot[c]];
    if (isfinite(r.high) && (r.low >= 0 || (d->by_time[c] && r.high >= 0))) {
        d->lower[c] = fmax(r.low, 0);
        d->upper[c] = r.high;
        return true;
    }
    if (narrow(d, c)) {
        return true;
    }
    return d->by_time[c] && r.high > 0 ? shorten_window(sim, c) : bound_by_value(sim, c);
}

static void add_node(rsp_direct *d, uint32_t v, uint32_t i)
{
    rsp_sums *t = &d->sums;
    const double *part = (v == 0 ? d->upper : t->whole[v - 1]) + (size_t)i * RSP_NODE;
    double sum = 0, *to = t->before[v] + (size_t)i * RSP_NODE;
    for (uint32_t k = 0; k < RSP_NODE; k++) {
        to[k] = sum;
        sum += part[k];
    }
    t->whole[v][i] = sum;
}

/* New sums above the suspects, which are none any more: their list becomes that of
 * the nodes above them, level by level. */
static bool add_up(rsp_sim *sim)
{
    rsp_direct *d = sim->direct;
    uint32_t *list = d->suspect;
    for (uint32_t i = 0; i < d->n_suspect; i++) {
        d->is_suspect[list[i]] = false;
    }
    for (uint32_t v = 0, n = d->n_suspect; v < d->sums.n_levels; v++) {
        bool *stale = d->sums.stale[v];
        uint32_t n_nodes = 0;
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t node = list[i] / RSP_NODE;
            if (!stale[node]) {
                stale[node] = true;
                list[n_nodes++] = node;
            }
        }
        n = n_nodes;
        for (uint32_t i = 0; i < n; i++) {
            stale[list[i]] = false;
            add_node(d, v, list[i]);
        }
    }
    d->n_suspect = 0;
    const double total = d->sums.whole[d->sums.n_levels - 1][0];
    d->mean_gap = 1 / total;
    if (isfinite(total)) {
        return true;
    }
    snprintf(sim->lanes[0].reason, sizeof sim->lanes[0].reason,
             "the sum of all rates is %g at day %.6g", total, d->t);
    return fail(sim, RSP_STOP_NONFINITE);
}

/* Whether the window refuses more candidates than a new one is worth. */
static bool window_is_too_long(const rsp_direct *d)
{
    double refused = 0;
    for (uint32_t c = 0; c < d->n_channels; c++) {
        refused += d->by_time[c] ? d->upper[c] - d->lower[c] : 0;
    }
    return refused * d->window > 4;
}

/* Ranges and bounds of what is on the stack, and of the window where it is stale;
 * false: the participant failed. */
static bool renew(rsp_sim *sim)
{
    rsp_direct *d = sim->direct;
    bool new_window = d->stale_window;
    while (d->n_stack > 0 || d->stale_window) {
        if (d->stale_window) {
            place_window(d);
        }
        while (d->n_stack > 0) {
            uint32_t s = d->stack[--d->n_stack];
            d->on_stack[s] = false;
            place_range(sim, d, s);
            spread(d, s);
        }
        for (uint32_t i = 0; i < d->n_suspect; i++) {
            if (!bound(sim, d->suspect[i])) {
                return false;
            }
        }
        if (d->n_stack == 0 && !d->stale_window && new_window && window_is_too_long(d)) {
            d->window *= 0.5;
            d->stale_window = true;
        }
    }
    return add_up(sim);
}

/* ---- The participant. */

/* All anew: an action may have changed anything. */
static bool reload(rsp_sim *sim)
{
    rsp_direct *d = sim->direct;
    const rsp_lane *lane = &sim->lanes[0];
    rsp_clock_rows(sim, 0, lane->t);
    for (uint32_t i = d->since + d->n_since; i < d->n_leaves; i++) {
        d->value[i] = *rsp_at(sim->block.frame.rows, d->leaf_row[i], sim->block.width, 0);
        set_point(d, i);
    }
    d->t = lane->t;
    d->last = lane->last;
    rsp_direct_tick(d, d->t);
    evaluate(d, d->still, d->n_still);
    for (uint32_t i = 0; i < d->n_still; i++) {
        set_point(d, d->code[d->still[i]].to);
    }
    d->n_stack = d->n_suspect = 0;
    memset(d->is_suspect, 0, d->n_channels * sizeof *d->is_suspect);
    memset(d->on_stack, 0, d->n_species * sizeof *d->on_stack);
    for (uint32_t s = 0; s < d->n_species; s++) {
        d->value[s] = *rsp_at(sim->block.x, s, sim->block.width, 0);
        d->scale[s] = 1;
        push(d, s);
    }
    for (uint32_t c = 0; c < d->n_channels; c++) {
        suspect(d, c);
    }
    d->stale_window = d->timed;
    d->window = 1;
    d->window_end = INFINITY;
    d->mean_gap = 1;
    return renew(sim);
}

static void set_horizon(rsp_sim *sim)
{
    const rsp_lane *lane = &sim->lanes[0];
    double due = lane->t_next;
    if (lane->i_read < lane->job.n_reads) {
        due = fmin(due, lane->job.reads[lane->i_read]);
    }
    sim->direct->horizon = fmin(due, sim->direct->window_end);
}

static void count(rsp_sim *sim)
{
    const rsp_direct *d = sim->direct;
    rsp_sim_counts *c = &sim->lanes[0].counts;
    c->events = c->steps = d->n_events;
    c->rejected = d->n_refused;
    c->rate_calls = d->n_evaluated;
}

static bool end(rsp_sim *sim)
{
    count(sim);
    if (sim->lanes[0].t < sim->direct->t) {
        sim->lanes[0].t = sim->direct->t;
    }
    rsp_lane_end(sim, 0, sim->lanes[0].failed);
    return false;
}

/* What is due at time t: reads, stops, actions, the end.  false: it ended. */
static bool serve(rsp_sim *sim, double t)
{
    rsp_direct *d = sim->direct;
    rsp_lane *lane = &sim->lanes[0];
    bool first = lane->fresh;
    if (!first) {
        for (uint32_t s = 0; s < d->n_species; s++) {
            *rsp_at(sim->block.x, s, sim->block.width, 0) = d->value[s];
        }
        count(sim);
    }
    lane->fresh = false;
    lane->t = lane->t_next = t;
    rsp_clock_serve(sim);
    if (!lane->live || lane->enough) {
        if (lane->live) {
            rsp_lane_end(sim, 0, RSP_STOP_CLIENT);
        }
        return false;
    }
    if (lane->fresh || first) {
        d->i_drawn += d->i_drawn < d->n_drawn ? 1 : 0; /* of other rates: forget it */
        lane->fresh = false;
        if (!reload(sim)) {
            return end(sim);
        }
    }
    set_horizon(sim);
    return true;
}

/* The window is over: the state is the same, the candidate is none. */
static bool next_window(rsp_sim *sim)
{
    rsp_direct *d = sim->direct;
    d->t = d->window_end;
    d->i_drawn++;
    d->window = fmin(2 * d->window, 0x1p40);
    d->stale_window = true;
    if (!renew(sim)) {
        return end(sim);
    }
    set_horizon(sim);
    return true;
}

static void check_range(rsp_sim *sim, uint32_t s)
{
    rsp_direct *d = sim->direct;
    if (d->value[s] < sim->block.net.floor[s]) {
        d->value[s] = sim->block.net.floor[s];
        sim->lanes[0].counts.clamped++;
    }
    if (!(d->value[s] >= d->range[s].low && d->value[s] <= d->range[s].high)) {
        d->scale[s] = fmin(1, 2 * d->scale[s]);
        push(d, s);
    }
}

/* The event has been counted and its first two changes made. */
static bool after_event(rsp_sim *sim)
{
    rsp_direct *d = sim->direct;
    const rsp_effect *e = &d->effect[d->fired];
    for (uint32_t i = 0; i < e->n_more; i++) {
        const rsp_change *c = &sim->net->changes[e->more + i];
        d->value[c->species] += c->amount;
        check_range(sim, c->species);
    }
    for (int i = 0; i < 2; i++) {
        if (e->slot[i] != d->nowhere) {
            check_range(sim, e->slot[i]);
        }
    }
    if (!renew(sim)) {
        return end(sim);
    }
    set_horizon(sim);
    return true;
}

/* Where next to all of a batch was refused, what makes most of them (a species in haste that
 * died out, say, which might come again) gets a narrower range.  Batches end at numbers of
 * candidates alone, so reads change no bit. */
static bool narrow_idle(rsp_sim *sim)
{
    rsp_direct *d = sim->direct;
    const uint64_t refused = d->n_refused - d->refused_before;
    d->refused_before = d->n_refused;
    if (d->n_drawn == 0 || refused * 16 < (uint64_t)d->n_drawn * 15) {
        return true;
    }
    uint32_t worst = 0;
    double most = 0;
    for (uint32_t c = 0; c < d->n_channels; c++) {
        const double idle = d->upper[c] - rate_now(d, c, d->t);
        if (idle > most) {
            most = idle;
            worst = c;
        }
    }
    if (!(most > 0) || !narrow(d, worst)) {
        return true;
    }
    if (!renew(sim)) {
        return end(sim);
    }
    set_horizon(sim);
    return true;
}

static bool draw_more(rsp_sim *sim)
{
    rsp_direct *d = sim->direct;
    rsp_lane *lane = &sim->lanes[0];
    if (!narrow_idle(sim)) {
        return false;
    }
    const uint64_t so_far = d->n_events + d->n_refused;
    if (sim->options.max_steps > 0 && so_far >= sim->options.max_steps) {
        snprintf(lane->reason, sizeof lane->reason, "%llu events by day %.6g",
                 (unsigned long long)d->n_events, d->t);
        (void)fail(sim, RSP_STOP_STEPS);
        return end(sim);
    }
    if (d->batch == RSP_DIRECT_AHEAD && d->t == d->t_drawn) {
        /* An explosion: infinitely many events in a finite time. */
        snprintf(lane->reason, sizeof lane->reason,
                 "%llu events, and the clock stands still at day %.6g, where %s fires",
                 (unsigned long long)d->n_events, d->t,
                 sim->net->reactions[d->reaction[d->fired]].name);
        (void)fail(sim, RSP_STOP_COLLAPSE);
        return end(sim);
    }
    d->t_drawn = d->t;
    d->batch = d->batch < RSP_DIRECT_AHEAD ? 2 * d->batch : RSP_DIRECT_AHEAD;
    sim->direct_kernel->draw(d, sim->seed, lane->job.trial, lane->job.participant);
    if (sim->options.max_steps > 0 && sim->options.max_steps - so_far < d->n_drawn) {
        d->n_drawn = (uint32_t)(sim->options.max_steps - so_far);
    }
    return true;
}

static bool cancelled(const rsp_sim *sim, uint32_t round)
{
    return round % 4096 == 0 && sim->client->cancelled != NULL &&
           sim->client->cancelled(sim->client->ctx);
}

/* One participant to its end; false: cancelled. */
static bool run_one(rsp_sim *sim)
{
    rsp_direct *d = sim->direct;
    d->n_drawn = d->i_drawn = 0;
    d->next_index = 0;
    d->batch = 16;
    d->t_drawn = -(double)INFINITY;
    d->n_events = d->n_refused = d->n_evaluated = d->refused_before = 0;
    bool on = serve(sim, sim->lanes[0].t);
    for (uint32_t round = 1; on; round++) {
        switch (sim->direct_kernel->advance(d)) {
        case RSP_PAUSE_DRAW:
            on = draw_more(sim);
            break;
        case RSP_PAUSE_HORIZON:
            on = d->horizon == d->window_end ? next_window(sim) : serve(sim, d->horizon);
            break;
        case RSP_PAUSE_LEFT:
            on = after_event(sim);
            break;
        case RSP_PAUSE_INVALID:
            (void)fail_rate(sim, d->fired, rate_now(d, d->fired, d->t));
            on = end(sim);
            break;
        }
        if (on && cancelled(sim, round)) {
            return false;
        }
    }
    return true;
}

bool rsp_direct_new(rsp_sim *sim)
{
    sim->direct_kernel = RSP_ISA_CHOOSE_TABLE(rsp_direct_kernel);
    if (!rsp_direct_plan(sim->program, sim->arena, &sim->direct)) {
        return false;
    }
    if (sim->direct != NULL) {
        rsp_direct *d = sim->direct;
        d->range[d->nowhere] = (rsp_range){-INFINITY, INFINITY};
    }
    return true;
}

rsp_status rsp_direct_run(rsp_sim *sim, rsp_error *err)
{
    for (uint32_t n = 0; rsp_lane_refill(sim, 0); n++) {
        if (!run_one(sim) || cancelled(sim, n << 4)) {
            return rsp_fail(err, RSP_INTERRUPTED, "interrupted");
        }
    }
    return RSP_OK;
}
