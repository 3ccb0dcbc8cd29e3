/* Where inside a step a condition first changes.
 *
 * The step is looked at on its dense output: at four points of each window, windows
 * being halved where a guard is not smooth on them; where a guard comes near zero
 * between them and turns back, its extremum is searched (a parabola through three
 * points, refined); the first change found is enclosed by false position (Illinois)
 * to a few units in the last place of time.  All lanes search together, each at a time of
 * its own: one run of `watch` answers for all. */
#include <float.h>
#include <string.h>

#include "sim/events.h"

enum { MOST_WINDOWS = 256, MOST_DIPS = 12, MOST_ROOTS = 200 };

static uint32_t n_guards(const rsp_sim *sim)
{
    return sim->events->n_guards;
}

static const uint8_t *codes_of(const rsp_sim *sim, uint32_t l)
{
    return sim->events->code + (size_t)l * n_guards(sim);
}

static double *node_values(const rsp_sim *sim, rsp_search *s, uint32_t node)
{
    return s->node_g + (size_t)node * n_guards(sim);
}

/* Whether the search at hand is for guard i. */
static bool is_asked(const rsp_sim *sim, uint32_t i)
{
    return !sim->events->peeks || sim->program->guards[i].ahead;
}

/* The side of guard i at what the frame holds, against that at the last look. */
static bool is_changed(const rsp_sim *sim, uint32_t l, uint32_t i, double v)
{
    return is_asked(sim, i) &&
           rsp_guard_code(sim->program->guards[i].kind, v) != codes_of(sim, l)[i];
}

/* Values of all guards of lane l; whether any changed side. */
static bool take_values(const rsp_sim *sim, uint32_t l, double *g)
{
    bool changed = false;
    for (uint32_t i = 0; i < n_guards(sim); i++) {
        g[i] = rsp_guard_value(sim, i, l);
        changed |= is_changed(sim, l, i, g[i]);
    }
    return changed;
}

static bool is_smooth_kind(const rsp_sim *sim, uint32_t i)
{
    const rsp_guard *g = &sim->program->guards[i];
    return g->moves && g->kind != RSP_GUARD_TRUTH && g->kind != RSP_GUARD_WHOLE &&
           is_asked(sim, i);
}

static double node_time(const rsp_search *s, uint32_t node)
{
    return node + 1 == RSP_SCAN_NODES
               ? s->high : s->low + (s->high - s->low) * node / (RSP_SCAN_NODES - 1);
}

/* ---- Enclosing a change. */

static void begin_root(const rsp_sim *sim, rsp_search *s, double low, double high,
                       const double *low_g, const double *high_g);

/* Where the first guard that changed in (low, high] is zero on its chord. */
static double chord(const rsp_sim *sim, uint32_t l, const rsp_search *s)
{
    double share = 1;
    bool any = false;
    for (uint32_t i = 0; i < n_guards(sim); i++) {
        const double a = fabs(s->low_g[i]), b = fabs(s->high_g[i]);
        if (is_smooth_kind(sim, i) && is_changed(sim, l, i, s->high_g[i]) && a + b > 0) {
            double down = s->side >= 2 ? 0.5 : 1, up = s->side <= -2 ? 0.5 : 1;
            share = fmin(share, down * a / (down * a + up * b));
            any = true;
        }
    }
    return any ? s->low + share * (s->high - s->low) : s->low + 0.5 * (s->high - s->low);
}

static void ask_root(const rsp_sim *sim, uint32_t l, rsp_search *s)
{
    const double grain = 2 * DBL_EPSILON * fmax(fabs(s->high), fabs(s->from));
    if (s->high - s->low <= grain || s->tries >= MOST_ROOTS) {
        s->at = s->high;
        s->phase = RSP_SEARCH_NONE;
        return;
    }
    double next = s->tries % 4 == 3 ? s->low + 0.5 * (s->high - s->low) : chord(sim, l, s);
    next = fmin(fmax(next, s->low + 0.5 * grain), s->high - 0.5 * grain);
    s->tries++;
    s->ask = next;
}

static void begin_root(const rsp_sim *sim, rsp_search *s, double low, double high,
                       const double *low_g, const double *high_g)
{
    s->phase = RSP_SEARCH_ROOT;
    s->low = low;
    s->high = high;
    s->tries = 0;
    s->side = 0;
    memmove(s->low_g, low_g, n_guards(sim) * sizeof *low_g);
    memmove(s->high_g, high_g, n_guards(sim) * sizeof *high_g);
}

/* `side` counts how often the other end stayed where it is: its value weighs half. */
static void take_root(const rsp_sim *sim, uint32_t l, rsp_search *s)
{
    double *g = s->node_g;
    if (take_values(sim, l, g)) {
        s->high = s->ask;
        memcpy(s->high_g, g, n_guards(sim) * sizeof *g);
        s->side = s->side > 0 ? s->side + 1 : 1;
    } else {
        s->low = s->ask;
        memcpy(s->low_g, g, n_guards(sim) * sizeof *g);
        s->side = s->side < 0 ? s->side - 1 : -1;
    }
    ask_root(sim, l, s);
}

/* ---- Extrema between the points. */

/* The lowest point of the parabola through (a, ua), (m, um), (b, ub). */
static bool vertex(const rsp_search *s, double *at, double *least)
{
    const double x = s->a - s->m, y = s->b - s->m;
    const double p = (s->ua - s->um) / x, q = (s->ub - s->um) / y;
    const double bend = (q - p) / (y - x), slope = p - bend * x;
    if (!(bend > 0)) {
        return false;
    }
    const double to = -0.5 * slope / bend;
    *at = s->m + to;
    *least = s->um + 0.5 * slope * to;
    return *at > s->a && *at < s->b;
}

/* Whether what the parabola says is near enough to zero to be looked at. */
static bool may_cross(const rsp_search *s, double least)
{
    return least < 0.25 * (fmax(s->ua, s->ub) - least);
}

/* The dip that begins at node j - 1 of guard i, if it may reach zero. */
static bool try_dip(const rsp_sim *sim, uint32_t l, rsp_search *s, uint32_t j, uint32_t i)
{
    double u[3], at, least;
    for (uint32_t k = 0; k < 3; k++) {
        const double v = node_values(sim, s, j - 1 + k)[i];
        if (is_changed(sim, l, i, v)) {
            return false;
        }
        u[k] = fabs(v);
    }
    s->a = node_time(s, j - 1);
    s->m = node_time(s, j);
    s->b = node_time(s, j + 1);
    s->ua = u[0];
    s->um = u[1];
    s->ub = u[2];
    if (!vertex(s, &at, &least) || !may_cross(s, least)) {
        return false;
    }
    /* Each belongs to the three points in whose middle it lies. */
    const double half = 0.5 * (s->m - s->a);
    return (at >= s->m - half || j == 1) && (at < s->m + half || j + 2 == s->nodes);
}

static void next_window(const rsp_sim *sim, rsp_search *s);

/* All points are known: the dips among them, then what the points themselves told. */
static void next_dip(const rsp_sim *sim, uint32_t l, rsp_search *s)
{
    for (; s->dip_node + 1 < s->nodes; s->dip_node++, s->dip_guard = 0) {
        for (; s->dip_guard < n_guards(sim); s->dip_guard++) {
            double least;
            if (is_smooth_kind(sim, s->dip_guard) &&
                try_dip(sim, l, s, s->dip_node, s->dip_guard) && vertex(s, &s->ask, &least)) {
                s->phase = RSP_SEARCH_DIP;
                s->tries = 0;
                return;
            }
        }
    }
    if (s->flip < (double)INFINITY) {
        begin_root(sim, s, s->before, s->flip, node_values(sim, s, s->nodes - 2),
                   node_values(sim, s, s->nodes - 1));
        ask_root(sim, l, s);
        return;
    }
    next_window(sim, s);
}

static void take_dip(const rsp_sim *sim, uint32_t l, rsp_search *s)
{
    const double u = fabs(rsp_guard_value(sim, s->dip_guard, l));
    double least;
    if (take_values(sim, l, s->high_g)) {
        const double *low_g = node_values(sim, s, s->dip_node - 1);
        /* The old side's values are those of the dip's begin or older: they only
         * guide the chord. */
        begin_root(sim, s, s->a, s->ask, low_g, s->high_g);
        ask_root(sim, l, s);
        return;
    }
    if (u < s->um) {
        if (s->ask < s->m) {
            s->b = s->m;
            s->ub = s->um;
        } else {
            s->a = s->m;
            s->ua = s->um;
        }
        s->m = s->ask;
        s->um = u;
    } else if (s->ask < s->m) {
        s->a = s->ask;
        s->ua = u;
    } else {
        s->b = s->ask;
        s->ub = u;
    }
    const double last = s->ask;
    if (++s->tries < MOST_DIPS && vertex(s, &s->ask, &least) && may_cross(s, least) &&
        fabs(s->ask - last) > 1e-12 * fmax(fabs(s->end), fabs(s->from))) {
        return;
    }
    s->dip_guard++;
    next_dip(sim, l, s);
}

/* ---- Points of a window. */

/* A guard whose fourth difference says that five points do not show its course. */
static bool is_rough(const rsp_sim *sim, rsp_search *s)
{
    for (uint32_t i = 0; i < n_guards(sim); i++) {
        double v[RSP_SCAN_NODES], low = (double)INFINITY, high = -low, near = low;
        for (uint32_t k = 0; is_smooth_kind(sim, i) && k < RSP_SCAN_NODES; k++) {
            v[k] = node_values(sim, s, k)[i];
            low = fmin(low, v[k]);
            high = fmax(high, v[k]);
            near = fmin(near, fabs(v[k]));
        }
        if (high > low) {
            const double fourth = fabs(v[0] - 4 * v[1] + 6 * v[2] - 4 * v[3] + v[4]);
            if (fourth > 0.2 * (high - low) && fourth > 0.2 * near) {
                return true;
            }
        }
    }
    return false;
}

static void begin_window(rsp_search *s, double low, double high)
{
    s->phase = RSP_SEARCH_SCAN;
    s->low = low;
    s->high = high;
    s->node = 1;
    s->nodes = 1;
    s->flip = (double)INFINITY;
    s->ask = node_time(s, 1);
}

static void next_window(const rsp_sim *sim, rsp_search *s)
{
    const double width = s->high - s->low;
    if (s->high >= s->end) {
        s->phase = RSP_SEARCH_NONE;
        return;
    }
    memcpy(node_values(sim, s, 0), node_values(sim, s, RSP_SCAN_NODES - 1),
           n_guards(sim) * sizeof(double));
    const double high = s->high + 2 * width;
    begin_window(s, s->high, high < s->end - 0.1 * width ? high : s->end);
}

static void take_node(const rsp_sim *sim, uint32_t l, rsp_search *s)
{
    const bool changed = take_values(sim, l, node_values(sim, s, s->node));
    s->nodes = s->node + 1;
    if (!changed && s->nodes < RSP_SCAN_NODES) {
        s->ask = node_time(s, ++s->node);
        return;
    }
    if (changed) {
        s->flip = s->ask;
        s->before = node_time(s, s->node - 1);
    } else if (s->windows < MOST_WINDOWS && is_rough(sim, s)) {
        s->windows++;
        begin_window(s, s->low, node_time(s, 2));
        return;
    }
    s->dip_node = 1;
    s->dip_guard = 0;
    next_dip(sim, l, s);
}

/* ---- All lanes. */

static void begin(rsp_sim *sim, uint32_t l)
{
    rsp_search *s = &sim->events->search[l];
    const rsp_lane *lane = &sim->lanes[l];
    s->at = (double)INFINITY;
    s->phase = RSP_SEARCH_NONE;
    s->from = lane->t;
    s->end = rsp_clock_end(lane);
    s->windows = 0;
    if (s->end > s->from) {
        memcpy(node_values(sim, s, 0), sim->events->guard + (size_t)l * n_guards(sim),
               n_guards(sim) * sizeof(double));
        begin_window(s, s->from, s->end);
    }
}

static void take(rsp_sim *sim, uint32_t l)
{
    rsp_search *s = &sim->events->search[l];
    switch (s->phase) {
    case RSP_SEARCH_SCAN: take_node(sim, l, s); break;
    case RSP_SEARCH_DIP: take_dip(sim, l, s); break;
    case RSP_SEARCH_ROOT: take_root(sim, l, s); break;
    case RSP_SEARCH_NONE: break;
    }
}

/* Species that the conditions read, at the time that each searching lane asks for. */
static void place(rsp_sim *sim)
{
    const rsp_events *ev = sim->events;
    rsp_lanes *b = &sim->block;
    for (uint32_t l = 0; ev->peeks && l < b->width; l++) {
        if (ev->search[l].phase != RSP_SEARCH_NONE) {
            rsp_clock_rows(sim, l, ev->search[l].ask);
        }
    }
    if (ev->peeks) {
        return;
    }
    for (uint32_t l = 0; l < b->width; l++) {
        const rsp_search *s = &ev->search[l];
        b->reading[l] = b->phi[l] = 0;
        if (s->phase == RSP_SEARCH_NONE) {
            continue;
        }
        b->reading[l] = 1;
        b->phi[l] = (s->ask - s->from) / sim->lanes[l].h;
        rsp_clock_rows(sim, l, s->ask);
        for (uint32_t i = 0; b->stochastic && i < ev->n_watched; i++) {
            *rsp_at(b->frame.rows, sim->program->species + ev->watched[i], b->width, l) =
                rsp_leap_flow(sim, l, ev->watched[i], b->phi[l]);
        }
    }
    if (!b->stochastic) {
        rsp_clock_inside(sim);
    }
}

static void find(rsp_sim *sim)
{
    for (bool any = true; any;) {
        any = false;
        place(sim);
        sim->machine.run(&sim->machine, RSP_RUN_WATCH, sim->block.frame.rows);
        for (uint32_t l = 0; l < sim->block.width; l++) {
            take(sim, l);
            any |= sim->events->search[l].phase != RSP_SEARCH_NONE;
        }
    }
}

static bool search(rsp_sim *sim)
{
    rsp_events *ev = sim->events;
    bool any = false;
    for (uint32_t l = 0; l < sim->block.width; l++) {
        const rsp_lane *lane = &sim->lanes[l];
        ev->search[l].phase = RSP_SEARCH_NONE;
        ev->search[l].at = (double)INFINITY;
        if (lane->live && lane->accepted && lane->failed == RSP_STOP_END) {
            begin(sim, l);
        }
        any |= ev->search[l].phase != RSP_SEARCH_NONE;
    }
    if (any) {
        find(sim);
    }
    return any;
}

void rsp_events_cut(rsp_sim *sim)
{
    rsp_events *ev = sim->events;
    if (ev == NULL || !ev->cuts || !search(sim)) {
        return;
    }
    for (uint32_t l = 0; l < sim->block.width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        rsp_search *s = &ev->search[l];
        if (!lane->live || !lane->accepted) {
            continue;
        }
        if (s->at < (double)INFINITY) {
            ev->cut[l] = true;
            lane->t_next = s->at;
            lane->theta = (s->at - s->from) / lane->h;
            lane->land = true;
            lane->fires = UINT32_MAX;
        } else if (s->end > s->from) {
            memcpy(ev->guard + (size_t)l * ev->n_guards,
                   node_values(sim, s, RSP_SCAN_NODES - 1), ev->n_guards * sizeof *ev->guard);
        }
    }
}

/* ---- Ahead: what time alone decides, known before the step. */

/* Look for the next change of lane l from where it is clear on; far ahead, so that few
 * steps look, but not beyond what ends them. */
static bool begin_ahead(rsp_sim *sim, uint32_t l)
{
    const double far = 16;
    rsp_events *ev = sim->events;
    const rsp_lane *lane = &sim->lanes[l];
    rsp_search *s = &ev->search[l];
    s->phase = RSP_SEARCH_NONE;
    s->at = (double)INFINITY;
    if (!(lane->h > 0) || ev->jump[l] < (double)INFINITY || lane->t + lane->h <= ev->clear[l]) {
        return false;
    }
    s->from = ev->clear[l];
    s->end = fmax(fmin(lane->t + far * lane->h, lane->t_next), lane->t + lane->h);
    s->windows = 0;
    if (!(s->end > s->from)) {
        return false;
    }
    begin_window(s, s->from, s->end);
    s->node = 0; /* its values are not known either */
    s->ask = s->from;
    return true;
}

static void keep_found(rsp_sim *sim, uint32_t l)
{
    rsp_events *ev = sim->events;
    const rsp_search *s = &ev->search[l];
    ev->clear[l] = s->end;
    if (s->at < (double)INFINITY) {
        ev->before[l] = s->low;
        ev->jump[l] = s->at;
    }
}

/* End the step on the near side of a jump in reach; the clock goes to the far side, a few
 * units in the last place on. */
static void land_before(rsp_sim *sim, uint32_t l)
{
    const rsp_events *ev = sim->events;
    rsp_lane *lane = &sim->lanes[l];
    lane->jumps = lane->h > 0 && lane->t + lane->h > ev->before[l];
    if (lane->jumps) {
        lane->t_next = ev->jump[l];
        lane->h = (ev->before[l] > lane->t ? ev->before[l] : ev->jump[l]) - lane->t;
        lane->land = true;
        sim->block.h[l] = lane->h;
    }
}

void rsp_events_foresee(rsp_sim *sim)
{
    rsp_events *ev = sim->events;
    bool any = false;
    if (ev == NULL || !ev->foresees) {
        return;
    }
    ev->peeks = true;
    for (uint32_t l = 0; l < sim->block.width; l++) {
        ev->busy[l] = begin_ahead(sim, l);
        any |= ev->busy[l];
    }
    if (any) {
        find(sim);
    }
    ev->peeks = false;
    for (uint32_t l = 0; l < sim->block.width; l++) {
        if (ev->busy[l]) {
            keep_found(sim, l);
        }
        land_before(sim, l);
    }
}

/* Amounts at the cut, by the same formula that was searched. */
void rsp_events_place(rsp_sim *sim)
{
    const rsp_events *ev = sim->events;
    rsp_lanes *b = &sim->block;
    bool any = false;
    for (uint32_t l = 0; ev != NULL && !b->stochastic && l < b->width; l++) {
        b->reading[l] = ev->cut[l] ? 1 : 0;
        b->phi[l] = sim->lanes[l].theta;
        any |= ev->cut[l];
    }
    if (!any) {
        return;
    }
    rsp_clock_inside(sim);
    for (uint32_t s = 0; s < b->net.n_species; s++) {
        for (uint32_t l = 0; l < b->width; l++) {
            if (ev->cut[l]) {
                *rsp_at(b->xn, s, b->width, l) =
                    *rsp_at(b->frame.rows, sim->program->species + s, b->width, l);
            }
        }
    }
}
