#include "sim/events.h"

#include <string.h>

/* Events at one time that follow one another; more are taken for an endless loop. */
enum { MOST_AT_ONCE = 10000 };
/* Triggered events of one participant that may wait at one time. */
enum { ROOM = 64, ROOM_EACH = 4 };

/* ---- Construction. */

static bool reads(const rsp_program *p, uint32_t row)
{
    for (uint32_t i = 0; i < p->watch.n; i++) {
        const rsp_instr *in = &p->watch.code[i];
        if (in->a == row || in->b == row || in->c == row) {
            return true;
        }
    }
    for (uint32_t i = 0; i < p->n_guards; i++) {
        if (p->guards[i].row == row) {
            return true;
        }
    }
    return false;
}

static bool reads_any(const rsp_program *p, uint32_t first, uint32_t n)
{
    bool any = false;
    for (uint32_t i = 0; i < n; i++) {
        any |= reads(p, first + i);
    }
    return any;
}

static bool lanes_new(rsp_sim *sim, rsp_events *ev)
{
    const uint32_t w = sim->block.width, g = ev->n_guards;
    const uint32_t room = ROOM + ROOM_EACH * ev->n_events;
    bool ok = true;
    ev->which = rsp_arena_alloc(sim->arena, room, sizeof *ev->which);
    for (uint32_t l = 0; ok && l < w; l++) {
        rsp_search *s = &ev->search[l];
        s->node_g = rsp_arena_alloc(sim->arena, (size_t)g * RSP_SCAN_NODES + 1, sizeof(double));
        s->low_g = rsp_arena_alloc(sim->arena, (size_t)g + 1, sizeof(double));
        s->high_g = rsp_arena_alloc(sim->arena, (size_t)g + 1, sizeof(double));
        ok = s->node_g != NULL && s->low_g != NULL && s->high_g != NULL &&
             rsp_agenda_new(&ev->agenda[l], room, ev->most_assigns, sim->arena);
    }
    return ok && ev->which != NULL;
}

/* A species that a trigger reads is counted further up, and its leaps are shorter: an
 * event comes when its path first passes a threshold, of which a leap sees but its
 * ends, and so is late by about 0.6 SD of a leap's noise (Broadie et al. 1997). */
static rsp_sim_options count_further(rsp_sim_options o)
{
    const double further = 16, shorter = 8;
    o.leap /= shorter;
    o.exact_below *= further;
    o.exact_until *= further;
    o.noise_below = fmax(o.noise_below, o.exact_below);
    o.noise_until = fmax(o.noise_until, o.exact_until);
    return o;
}

bool rsp_events_new(rsp_sim *sim)
{
    const rsp_network *net = sim->net;
    const rsp_program *p = sim->program;
    const size_t w = sim->block.width;
    if (net->n_events == 0 && (p->n_guards == 0 || sim->direct != NULL)) {
        return true;
    }
    rsp_events *ev = rsp_arena_alloc(sim->arena, 1, sizeof *ev);
    if (ev == NULL) {
        return false;
    }
    ev->n_guards = p->n_guards;
    ev->n_events = net->n_events;
    for (uint32_t i = 0; i < net->n_events; i++) {
        const uint32_t n = net->events[i].n_assigns;
        ev->most_assigns = n > ev->most_assigns ? n : ev->most_assigns;
    }
    ev->agenda = rsp_arena_alloc(sim->arena, w, sizeof *ev->agenda);
    ev->holds = rsp_arena_alloc(sim->arena, w * ev->n_events + 1, sizeof *ev->holds);
    ev->code = rsp_arena_alloc(sim->arena, w * ev->n_guards + 1, sizeof *ev->code);
    ev->guard = rsp_arena_alloc(sim->arena, w * ev->n_guards + 1, sizeof *ev->guard);
    ev->search = rsp_arena_alloc(sim->arena, w, sizeof *ev->search);
    ev->lots = rsp_arena_alloc(sim->arena, w, sizeof *ev->lots);
    ev->at_once = rsp_arena_alloc(sim->arena, w, sizeof *ev->at_once);
    ev->busy = rsp_arena_alloc(sim->arena, w, sizeof *ev->busy);
    ev->cut = rsp_arena_alloc(sim->arena, w, sizeof *ev->cut);
    ev->clear = rsp_arena_alloc(sim->arena, w, sizeof *ev->clear);
    ev->before = rsp_arena_alloc(sim->arena, w, sizeof *ev->before);
    ev->jump = rsp_arena_alloc(sim->arena, w, sizeof *ev->jump);
    ev->priority = rsp_arena_alloc(sim->arena, ev->n_events + 1, sizeof *ev->priority);
    ev->watched = rsp_arena_alloc(sim->arena, net->n_species + 1, sizeof *ev->watched);
    ev->is_watched = rsp_arena_alloc(sim->arena, net->n_species + 1, sizeof *ev->is_watched);
    if (ev->is_watched == NULL || ev->agenda == NULL || ev->holds == NULL || ev->code == NULL || ev->guard == NULL ||
        ev->search == NULL || ev->lots == NULL || ev->at_once == NULL || ev->busy == NULL ||
        ev->clear == NULL || ev->before == NULL || ev->jump == NULL ||
        ev->cut == NULL || ev->priority == NULL || ev->watched == NULL) {
        return false;
    }
    for (uint32_t s = 0; s < net->n_species; s++) {
        if (reads(p, p->species + s)) {
            ev->watched[ev->n_watched++] = s;
            ev->is_watched[s] = true;
        }
    }
    const bool by_time = reads(p, p->time) || reads_any(p, p->sinces, net->n_actions);
    for (uint32_t i = 0; i < p->n_guards; i++) {
        ev->foresees |= p->guards[i].ahead;
    }
    ev->cuts = net->n_events > 0 && (by_time || (ev->n_watched > 0 && sim->block.tab != &rsp_tableau_constant));
    ev->further = count_further(sim->options);
    sim->events = ev;
    return lanes_new(sim, ev);
}

void rsp_events_start(rsp_sim *sim, uint32_t l)
{
    rsp_events *ev = sim->events;
    if (ev == NULL) {
        return;
    }
    for (uint32_t i = 0; i < ev->n_events; i++) {
        ev->holds[(size_t)l * ev->n_events + i] = sim->net->events[i].initial_value;
    }
    rsp_agenda_clear(&ev->agenda[l]);
    ev->lots[l] = ev->at_once[l] = 0;
    ev->cut[l] = false;
    sim->lanes[l].look = true;
}

const rsp_sim_options *rsp_events_thresholds(const rsp_sim *sim, uint32_t s)
{
    const rsp_events *ev = sim->events;
    return ev != NULL && ev->is_watched[s] ? &ev->further : &sim->options;
}

double rsp_events_next(const rsp_sim *sim, uint32_t l)
{
    return sim->events == NULL ? (double)INFINITY : rsp_agenda_next(&sim->events->agenda[l]);
}

/* ---- One look at a lane. */

static bool holds_now(const rsp_sim *sim, uint32_t l, uint32_t event)
{
    const double v = *rsp_at(sim->block.frame.rows, sim->program->trigger[event],
                             sim->block.width, l);
    return !(v >= 0 && v <= 0);
}

static bool has_turned(const rsp_sim *sim, uint32_t l)
{
    const rsp_events *ev = sim->events;
    for (uint32_t i = 0; i < ev->n_events; i++) {
        if (holds_now(sim, l, i) != ev->holds[(size_t)l * ev->n_events + i]) {
            return true;
        }
    }
    return false;
}

/* Sides that hold until the next look. */
static void note_sides(rsp_sim *sim, uint32_t l)
{
    rsp_events *ev = sim->events;
    for (uint32_t i = 0; i < ev->n_guards; i++) {
        const size_t at = (size_t)l * ev->n_guards + i;
        ev->guard[at] = rsp_guard_value(sim, i, l);
        ev->code[at] = rsp_guard_code(sim->program->guards[i].kind, ev->guard[at]);
    }
}

/* The same, and nothing is known of what comes. */
static void begin_anew(rsp_sim *sim, uint32_t l)
{
    rsp_events *ev = sim->events;
    note_sides(sim, l);
    ev->clear[l] = sim->lanes[l].t;
    ev->jump[l] = ev->before[l] = (double)INFINITY;
    sim->lanes[l].look = false;
}

static void fail_lane(rsp_lane *lane)
{
    lane->failed = RSP_STOP_EVENTS;
}

static double act_value(const rsp_sim *sim, uint32_t row, uint32_t l)
{
    return *rsp_at(sim->block.frame.rows, row, sim->block.width, l);
}

static void trigger(rsp_sim *sim, uint32_t l, uint32_t event)
{
    rsp_events *ev = sim->events;
    rsp_lane *lane = &sim->lanes[l];
    const rsp_event *e = &sim->net->events[event];
    const uint32_t row = sim->program->event_delay[event];
    const double delay = row == UINT32_MAX ? 0 : act_value(sim, row, l);
    if (!(delay >= 0)) {
        snprintf(lane->reason, sizeof lane->reason, "the delay of event %.40s is %s at day %.6g",
                 e->name, isnan(delay) ? "not a number" : "below zero", lane->t);
        fail_lane(lane);
        return;
    }
    if (isinf(delay)) {
        return;
    }
    double *values = rsp_agenda_add(&ev->agenda[l], lane->t + delay, event);
    if (values == NULL) {
        snprintf(lane->reason, sizeof lane->reason,
                 "more than %u events wait for their time at day %.6g", ev->agenda[l].room,
                 lane->t);
        fail_lane(lane);
        return;
    }
    for (uint32_t i = 0; e->values_at_trigger && i < e->n_assigns; i++) {
        values[i] = act_value(sim, sim->program->assigned[e->first_assign + i], l);
    }
}

/* The rows of `watch` and `act` are those of the lane's state. */
static void take_turns(rsp_sim *sim, uint32_t l)
{
    rsp_events *ev = sim->events;
    for (uint32_t i = 0; i < ev->n_events; i++) {
        bool *held = &ev->holds[(size_t)l * ev->n_events + i];
        const bool holds = holds_now(sim, l, i);
        if (holds && !*held) {
            trigger(sim, l, i);
        } else if (!holds && *held && !sim->net->events[i].persistent) {
            rsp_agenda_cancel(&ev->agenda[l], i);
        }
        *held = holds;
    }
}

/* Which of those that may happen first does. */
static uint32_t choose_due(rsp_sim *sim, uint32_t l)
{
    rsp_events *ev = sim->events;
    const rsp_lane *lane = &sim->lanes[l];
    for (uint32_t i = 0; i < ev->n_events; i++) {
        const uint32_t row = sim->program->event_priority[i];
        ev->priority[i] = row == UINT32_MAX ? (double)NAN : act_value(sim, row, l);
    }
    const uint32_t n = rsp_agenda_first(&ev->agenda[l], lane->t, ev->priority, ev->which,
                                        ev->agenda[l].room);
    if (n <= 1) {
        return n == 0 ? UINT32_MAX : ev->which[0];
    }
    const rsp_stream s = rsp_lane_stream(sim, lane, RSP_PURPOSE_TIE, 0);
    const double u = rsp_uniform(&s, ev->lots[l]++, 0);
    const uint32_t drawn = (uint32_t)(u * n);
    return ev->which[drawn < n ? drawn : n - 1];
}

static void carry_out(rsp_sim *sim, uint32_t l, rsp_pending due)
{
    rsp_events *ev = sim->events;
    const rsp_program *p = sim->program;
    rsp_lane *lane = &sim->lanes[l];
    const rsp_event *e = &sim->net->events[due.event];
    const double *kept = ev->agenda[l].values + (size_t)due.place * ev->agenda[l].stride;
    for (uint32_t i = 0; i < e->n_assigns; i++) {
        const uint32_t a = e->first_assign + i;
        const double value = e->values_at_trigger ? kept[i] : act_value(sim, p->assigned[a], l);
        sim->assigned[a] = p->scale[a] == UINT32_MAX ? value
                                                     : value * act_value(sim, p->scale[a], l);
    }
    for (uint32_t i = 0; i < e->n_assigns; i++) {
        const uint32_t a = e->first_assign + i;
        rsp_clock_assign(sim, l, &sim->net->assigns[a], sim->assigned[a], e->name);
    }
    lane->same = false;
    lane->fresh = lane->dirty = true;
    if (++ev->at_once[l] > MOST_AT_ONCE) {
        snprintf(lane->reason, sizeof lane->reason,
                 "events follow one another without end at day %.6g (%.40s)", lane->t, e->name);
        fail_lane(lane);
    }
}

/* One turn of a lane that has something to do. */
static void take_turn(rsp_sim *sim, uint32_t l)
{
    rsp_events *ev = sim->events;
    rsp_lane *lane = &sim->lanes[l];
    take_turns(sim, l);
    const uint32_t which = lane->failed == RSP_STOP_END ? choose_due(sim, l) : UINT32_MAX;
    if (which != UINT32_MAX) {
        carry_out(sim, l, rsp_agenda_take(&ev->agenda[l], which));
        return;
    }
    begin_anew(sim, l);
}

static bool is_looked_at(const rsp_lane *lane)
{
    return lane->live && lane->look && lane->failed == RSP_STOP_END;
}

/* Columns of the lanes that are looked at; false: there are none. */
static bool show_lanes(rsp_sim *sim)
{
    bool any = false;
    for (uint32_t l = 0; l < sim->block.width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        if (!is_looked_at(lane)) {
            continue;
        }
        if (lane->dirty) { /* whole numbers before anybody looks */
            rsp_regime_update(sim, l, true);
            lane->dirty = false;
        }
        rsp_clock_column(sim, l, lane->t, sim->block.x + l, sim->block.width);
        any = true;
    }
    return any;
}

void rsp_events_serve(rsp_sim *sim)
{
    rsp_events *ev = sim->events;
    while (ev != NULL && show_lanes(sim)) {
        bool any = false;
        sim->machine.run(&sim->machine, RSP_RUN_WATCH, sim->block.frame.rows);
        for (uint32_t l = 0; l < sim->block.width; l++) {
            rsp_lane *lane = &sim->lanes[l];
            ev->busy[l] = is_looked_at(lane) &&
                          (has_turned(sim, l) || rsp_events_next(sim, l) <= lane->t);
            any |= ev->busy[l];
            if (is_looked_at(lane) && !ev->busy[l]) {
                begin_anew(sim, l);
            }
        }
        if (!any) {
            return;
        }
        sim->machine.run(&sim->machine, RSP_RUN_ACT, sim->block.frame.rows);
        for (uint32_t l = 0; l < sim->block.width; l++) {
            if (ev->busy[l]) {
                take_turn(sim, l);
            }
            if (ev->busy[l] && sim->lanes[l].failed != RSP_STOP_END) {
                rsp_lane_end(sim, l, sim->lanes[l].failed);
            }
        }
    }
}

/* ---- After a step. */

static bool has_left_side(const rsp_sim *sim, uint32_t l)
{
    const rsp_events *ev = sim->events;
    for (uint32_t i = 0; i < ev->n_guards; i++) {
        if (rsp_guard_code(sim->program->guards[i].kind, rsp_guard_value(sim, i, l)) !=
            ev->code[(size_t)l * ev->n_guards + i]) {
            return true;
        }
    }
    return false;
}

static void stop_to_look(rsp_sim *sim, uint32_t l)
{
    rsp_lane *lane = &sim->lanes[l];
    lane->t_next = lane->t; /* the state is of this day, not of its step's end */
    lane->land = true;
    if (sim->block.stochastic && sim->block.leaping[l] > 0) {
        rsp_leap_settle(sim, l);
        lane->used = 0;
        rsp_regime_update(sim, l, false);
        lane->same = false;
    }
    lane->look = true;
}

void rsp_events_after(rsp_sim *sim)
{
    rsp_events *ev = sim->events;
    bool any = false;
    if (ev == NULL) {
        return;
    }
    for (uint32_t l = 0; l < sim->block.width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        ev->busy[l] = false;
        if (!lane->live || !lane->accepted) {
            continue;
        }
        ev->at_once[l] = 0;
        lane->same &= !ev->cut[l];
        if (lane->jumps && lane->land) {
            lane->same = false;
            lane->fresh = true;
        }
        if (ev->cut[l] || lane->land) {
            lane->look = true; /* it stands at t_next */
        } else if (ev->n_events > 0 && sim->block.stochastic &&
                   (lane->fires != UINT32_MAX || sim->block.leaping[l] > 0)) {
            rsp_clock_column(sim, l, lane->t, sim->block.x + l, sim->block.width);
            any = ev->busy[l] = true;
        }
        ev->cut[l] = false;
    }
    if (!any) {
        return;
    }
    sim->machine.run(&sim->machine, RSP_RUN_WATCH, sim->block.frame.rows);
    for (uint32_t l = 0; l < sim->block.width; l++) {
        if (!ev->busy[l]) {
            continue;
        }
        if (has_left_side(sim, l)) {
            stop_to_look(sim, l);
        } else {
            note_sides(sim, l);
        }
    }
}
