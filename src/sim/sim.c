/* The solver: all lanes of a block step together, each by its own clock.
 *
 * One step: rates at the start; a step length from error, growth, leap bound
 * and the next time that ends it; the tableau's stages; the error decides
 * whether it stands; the first crossing of an exact channel cuts it; reads; noise;
 * the event; regimes. */
#include "sim/internal.h"

#include <stdlib.h>
#include <string.h>

static const rsp_method_row methods[] = {
    [RSP_ODE] = {"ode", &rsp_tableau_dopri5, .random = false},
    [RSP_HYBRID] = {"hybrid", &rsp_tableau_bogacki3, .random = true},
    [RSP_SSA] = {"ssa", &rsp_tableau_bogacki3, .random = true, .always_exact = true},
};

rsp_sim_options rsp_sim_defaults(rsp_method method)
{
    rsp_sim_options o = {.method = method,
                         .rtol = method == RSP_ODE ? 1e-6 : 1e-3,
                         .atol = method == RSP_ODE ? 1e-9 : 1e-6,
                         .exact_below = 10, .exact_until = 20,
                         .noise_below = 3e3, .noise_until = 1e4,
                         .leap = 0.4,
                         /* A step of ssa is one event: minutes of them. */
                         .max_steps = method == RSP_SSA ? 10000000000 : 5000000};
    return o;
}

const char *rsp_stop_text(rsp_stop stop)
{
    static const char *const text[] = {
        [RSP_STOP_END] = "reached the end",
        [RSP_STOP_CLIENT] = "ended by the protocol",
        [RSP_STOP_NONFINITE] = "a rate or amount became invalid",
        [RSP_STOP_STEPS] = "too many steps",
        [RSP_STOP_COLLAPSE] = "the step became too small",
        [RSP_STOP_ROOT] = "an equation has no solution",
        [RSP_STOP_EVENTS] = "events could not be carried out",
    };
    return text[stop];
}

/* ---- Construction. */

static bool reads_row(const rsp_program *p, uint32_t first, uint32_t n)
{
    for (uint32_t i = 0; i < p->rates.n; i++) {
        const rsp_instr *in = &p->rates.code[i];
        if (in->a - first < n || in->b - first < n || in->c - first < n) {
            return true;
        }
    }
    for (uint32_t r = 0; r < p->net->n_reactions; r++) {
        if (p->rate[r] - first < n) {
            return true;
        }
    }
    for (uint32_t s = 0; s < p->net->n_species; s++) {
        if (p->drift[s] != UINT32_MAX && p->drift[s] - first < n) {
            return true;
        }
    }
    return false;
}

/* Every discrete species exact and nothing else that moves. */
static bool is_discrete(const rsp_sim *sim)
{
    if (!sim->method.always_exact) {
        return false;
    }
    for (uint32_t s = 0; s < sim->net->n_species; s++) {
        if (sim->program->drift[s] != UINT32_MAX) {
            return false;
        }
    }
    for (uint32_t r = 0; r < sim->net->n_reactions; r++) {
        if (sim->block.net.deterministic[r] && sim->net->reactions[r].n_changes > 0) {
            return false;
        }
    }
    return true;
}

/* Then, and without time, rates are constant between events: one stage is the
 * exact solution. */
static bool is_constant_between_events(const rsp_sim *sim)
{
    return is_discrete(sim) && !sim->uses_time && !sim->uses_since;
}

static void list_carried(rsp_sim *sim)
{
    const rsp_section *s = &sim->program->prepare;
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->code[i].to < sim->program->temporaries) {
            sim->carried[sim->n_carried++] = s->code[i].to;
        }
    }
}

static const rsp_kernel *choose_kernel(void)
{
#ifdef RSP_ISA_ALL
    const char *isa = rsp_isa();
    if (strcmp(isa, "avx512") == 0) {
        return &rsp_kernel_avx512;
    }
    if (strcmp(isa, "avx2") == 0) {
        return &rsp_kernel_avx2;
    }
#endif
    return &rsp_kernel_base;
}

/* Rows of doubles; false when memory is out. */
static bool rows_new(rsp_sim *sim, double **rows, size_t n)
{
    *rows = rsp_arena_alloc(sim->arena, (n + 1) * sim->block.width, sizeof(double));
    return *rows != NULL;
}

static bool list_new(rsp_sim *sim, rsp_list *list, uint32_t n)
{
    list->item = rsp_arena_alloc(sim->arena, n + 1, sizeof(uint32_t));
    return list->item != NULL;
}

static bool use_new(rsp_sim *sim, rsp_use *use)
{
    const rsp_stoich *net = &sim->block.net;
    use->first = rsp_arena_alloc(sim->arena, net->n_species + 1, sizeof *use->first);
    use->terms = rsp_arena_alloc(sim->arena, net->n_terms + 1, sizeof *use->terms);
    return use->first != NULL && use->terms != NULL &&
           list_new(sim, &use->moving, net->n_species) &&
           list_new(sim, &use->counted, net->n_species) &&
           list_new(sim, &use->flowing, net->n_reactions) &&
           list_new(sim, &use->mixed, net->n_reactions) &&
           list_new(sim, &use->exact, net->n_reactions) &&
           list_new(sim, &use->noisy, net->n_groups);
}

static bool block_random_new(rsp_sim *sim)
{
    rsp_lanes *b = &sim->block;
    rsp_arena *arena = sim->arena;
    uint32_t m = b->net.n_species, n = b->net.n_reactions, g = b->net.n_groups;
    bool ok = rows_new(sim, &b->flows, n) && rows_new(sim, &b->fires, n) &&
              rows_new(sim, &b->left, n) && rows_new(sim, &b->leaps, g) &&
              rows_new(sim, &b->gross[0], g) && rows_new(sim, &b->gross[1], g) &&
              rows_new(sim, &b->tilt[0], g) && rows_new(sim, &b->tilt[1], g) &&
              rows_new(sim, &b->pending, g) && rows_new(sim, &b->skewed, g) && rows_new(sim, &b->is_leap, m) &&
              rows_new(sim, &b->relax, m) &&
              rows_new(sim, &b->low, m) && rows_new(sim, &b->high, m) &&
              rows_new(sim, &b->haste, 1) && rows_new(sim, &b->leaping, 1) &&
              rows_new(sim, &b->part[0], 1) && rows_new(sim, &b->part[1], 1);
    for (uint32_t i = 0; ok && i < b->tab->stages; i++) {
        ok = rows_new(sim, &b->a[i], n) && rows_new(sim, &b->hazard[i], 1);
    }
    sim->group_channel = rsp_arena_alloc(arena, g + 1, sizeof(uint32_t));
    sim->noise = rsp_arena_alloc(arena, (size_t)g * b->width + 1, sizeof *sim->noise);
    sim->regime = rsp_arena_alloc(arena, (size_t)m * b->width + 1, 1);
    sim->rounded = rsp_arena_alloc(arena, (size_t)m * b->width + 1, sizeof(uint32_t));
    sim->fired = rsp_arena_alloc(arena, (size_t)n * b->width + 1, sizeof(uint32_t));
    sim->found = rsp_arena_alloc(arena, (size_t)n * b->n_chunks + 1, sizeof(rsp_crossing));
    if (!ok || sim->group_channel == NULL || sim->noise == NULL || sim->regime == NULL ||
        sim->rounded == NULL || sim->fired == NULL || sim->found == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < g; i++) {
        sim->group_channel[i] =
            sim->net->reactions[b->net.members[b->net.by_group[i]]].channel;
    }
    memset(sim->regime, RSP_REGIME_EXACT, (size_t)m * b->width);
    return true;
}

static bool block_new(rsp_sim *sim)
{
    rsp_lanes *b = &sim->block;
    uint32_t m = b->net.n_species;
    bool ok = rows_new(sim, &b->x, m) && rows_new(sim, &b->xn, m) &&
              rows_new(sim, &b->err, 1) && rows_new(sim, &b->grow, 1) &&
              rows_new(sim, &b->lowest, 1) &&
              rows_new(sim, &b->select, 1) && rows_new(sim, &b->out, 1) &&
              rows_new(sim, &b->h, 1) && rows_new(sim, &b->reading, 1) &&
              rows_new(sim, &b->phi, 1) && rows_new(sim, &sim->inside, 8 * m);
    for (uint32_t i = 0; ok && i < b->tab->stages; i++) {
        ok = rows_new(sim, &b->k[i], m) && rows_new(sim, &b->w[i], 1);
    }
    b->scratch = rsp_arena_alloc(sim->arena, b->net.n_reactions + 1,
                                 RSP_CHUNK * sizeof(double));
    b->use = rsp_arena_alloc(sim->arena, b->n_chunks, sizeof *b->use);
    sim->turned = rsp_arena_alloc(sim->arena, b->n_chunks, sizeof(bool));
    sim->relist = rsp_arena_alloc(sim->arena, b->n_chunks, sizeof(bool));
    sim->mark = rsp_arena_alloc(sim->arena, b->net.n_reactions + 1, sizeof(bool));
    sim->leap_no = rsp_arena_alloc(sim->arena, b->width, sizeof(uint64_t));
    b->active = rsp_arena_alloc(sim->arena, b->n_chunks, sizeof *b->active);
    ok = ok && b->scratch != NULL && b->use != NULL && sim->relist != NULL &&
         sim->turned != NULL &&
         sim->mark != NULL && sim->leap_no != NULL && b->active != NULL;
    for (uint32_t c = 0; ok && c < b->n_chunks; c++) {
        sim->relist[c] = b->active[c] = true;
        ok = use_new(sim, &b->use[c]);
    }
    return ok && (!b->stochastic || block_random_new(sim));
}

/* What implicit steps need, where there are any: false when memory is out. */
static bool implicit_new(rsp_sim *sim)
{
    rsp_implicit *im = &sim->implicit;
    const rsp_jacobian *df = &sim->program->df;
    const uint32_t m = sim->net->n_species;
    const bool is_watched = sim->method.random && sim->net->n_events > 0;
    if (sim->method.always_exact || is_watched || sim->options.way == RSP_WAY_EXPLICIT ||
        !df->known) {
        return true;
    }
    if (!rsp_sparse_new(&im->plan, df, m, sim->arena)) {
        return false;
    }
    if (im->plan.too_dense) {
        return true;
    }
    im->tab = &rsp_rosenbrock_rodas5p;
    bool ok = rows_new(sim, &im->lu, im->plan.n_slots) && rows_new(sim, &im->by_time, m) &&
              rows_new(sim, &im->end, m) && rows_new(sim, &im->on, 1) &&
              rows_new(sim, &im->h, 1) && rows_new(sim, &im->err, 1) &&
              rows_new(sim, &im->grow, 1) &&
              rows_new(sim, &im->norm, 1) && rows_new(sim, &im->strain, 1);
    im->right = rsp_arena_alloc(sim->arena, (size_t)m + 1, RSP_CHUNK * sizeof(double));
    ok = ok && im->right != NULL;
    for (uint32_t i = 0; ok && i < im->tab->stages; i++) {
        ok = rows_new(sim, &im->u[i], m);
    }
    for (uint32_t s = 0; s < m; s++) {
        im->has_time |= df->by_time[s] != UINT32_MAX;
    }
    sim->block.implicit = im;
    return ok;
}

static bool lanes_new(rsp_sim *sim)
{
    rsp_arena *a = sim->arena;
    const rsp_network *net = sim->net;
    sim->lanes = rsp_arena_alloc(a, sim->block.width, sizeof *sim->lanes);
    sim->ready_job = rsp_arena_alloc(a, sim->block.width, sizeof *sim->ready_job);
    sim->carried = rsp_arena_alloc(a, sim->program->prepare.n + 1, sizeof(uint32_t));
    sim->observed = rsp_arena_alloc(a, net->n_observables + 1, sizeof(double));
    sim->amounts = rsp_arena_alloc(a, net->n_species + 1, sizeof(double));
    sim->weights = rsp_arena_alloc(a, net->n_species + 1, sizeof(double));
    sim->drawn = rsp_arena_alloc(a, net->n_species + 1, sizeof(double));
    sim->assigned = rsp_arena_alloc(a, net->n_assigns + 1, sizeof(double));
    if (sim->lanes == NULL || sim->assigned == NULL || sim->ready_job == NULL || sim->carried == NULL ||
        sim->observed == NULL || sim->amounts == NULL || sim->weights == NULL ||
        sim->drawn == NULL) {
        return false;
    }
    for (uint32_t l = 0; l < sim->block.width; l++) {
        sim->lanes[l].after_at = rsp_arena_alloc(a, net->n_afters + 1, sizeof(double));
        sim->lanes[l].last = rsp_arena_alloc(a, net->n_actions + 1, sizeof(double));
        if (sim->lanes[l].after_at == NULL || sim->lanes[l].last == NULL) {
            return false;
        }
    }
    return true;
}

static rsp_status check_options(const rsp_sim_options *o, rsp_error *err)
{
    if (!(o->rtol > 0 && o->rtol < 1) || !(o->atol > 0)) {
        return rsp_fail(err, RSP_RANGE,
                        "rtol must be between 0 and 1 and atol above 0, not %g and %g",
                        o->rtol, o->atol);
    }
    if (o->method == RSP_HYBRID &&
        (!(o->exact_below <= o->exact_until) || !(o->noise_below <= o->noise_until) ||
         !(o->exact_below <= o->noise_below) || !(o->exact_until <= o->noise_until) ||
         !(o->leap > 0))) {
        return rsp_fail(err, RSP_RANGE,
                        "hybrid thresholds must ascend: exact_below <= exact_until, "
                        "noise_below <= noise_until, and leap must be above 0");
    }
    return RSP_OK;
}

static rsp_status build(rsp_sim *sim, rsp_error *err)
{
    rsp_lanes *b = &sim->block;
    sim->arena = rsp_arena_new();
    b->any_sign = sim->net->any_sign && !sim->method.random;
    if (sim->arena == NULL || !rsp_stoich_new(&b->net, sim->net, b->any_sign, sim->arena)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for a solver");
    }
    sim->machine = sim->options.code != NULL
                       ? rsp_machine_of(sim->program, sim->options.code)
                       : rsp_machine_for(sim->program, sim->options.interpret);
    if (!sim->method.random) { /* substitution would wait for each of its entries */
        sim->machine = rsp_machine_widened(sim->machine);
    }
    sim->kernel = choose_kernel();
    sim->uses_time = reads_row(sim->program, sim->program->time, 1);
    sim->uses_since = sim->net->n_actions > 0 &&
                      reads_row(sim->program, sim->program->sinces, sim->net->n_actions);
    if (is_discrete(sim) && sim->net->n_events == 0 && !sim->options.coupled &&
        !rsp_direct_new(sim)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for a solver");
    }
    if (sim->direct != NULL) { /* of one participant at a time */
        sim->machine.width = RSP_CHUNK;
    }
    b->program = sim->program;
    b->machine = sim->machine;
    b->width = sim->machine.width;
    b->n_chunks = b->width / RSP_CHUNK;
    b->stochastic = sim->method.random;
    b->tab = is_constant_between_events(sim) ? &rsp_tableau_constant : sim->method.tab;
    b->rtol = sim->options.rtol;
    b->atol = sim->options.atol;
    b->leap = sim->options.leap;
    b->seed = sim->seed;
    if (!block_new(sim) || !implicit_new(sim) || !lanes_new(sim) || !rsp_essence_new(sim) ||
        !rsp_events_new(sim) || !rsp_relax_new(sim)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %u lanes of a model with %u reactions",
                        b->width, b->net.n_reactions);
    }
    list_carried(sim);
    rsp_status status = rsp_frame_new(&sim->machine, &b->frame, err);
    return status != RSP_OK ? status : rsp_frame_new(&sim->machine, &sim->ready, err);
}

rsp_status rsp_sim_new(const rsp_program *program, const rsp_sim_options *options,
                       uint64_t seed, rsp_sim **out, rsp_error *err)
{
    *out = NULL;
    rsp_status status = check_options(options, err);
    if (status != RSP_OK) {
        return status;
    }
    rsp_sim *sim = calloc(1, sizeof *sim);
    if (sim == NULL) {
        return rsp_fail(err, RSP_NOMEM, "no memory for a solver");
    }
    sim->program = program;
    sim->net = program->net;
    sim->options = *options;
    sim->method = methods[options->method];
    sim->seed = seed;
    status = build(sim, err);
    if (status != RSP_OK) {
        rsp_sim_free(sim);
        return status;
    }
    *out = sim;
    return RSP_OK;
}

void rsp_sim_free(rsp_sim *sim)
{
    if (sim == NULL) {
        return;
    }
    for (uint32_t l = 0; sim->lanes != NULL && l < sim->block.width; l++) {
        free(sim->lanes[l].held);
    }
    rsp_frame_free(&sim->block.frame);
    rsp_frame_free(&sim->ready);
    rsp_arena_free(sim->arena);
    free(sim);
}

size_t rsp_sim_outstanding(const rsp_sim *sim)
{
    return 2 * (size_t)sim->block.width;
}

rsp_sim_counts rsp_sim_total(const rsp_sim *sim)
{
    return sim->total;
}

rsp_status rsp_sim_derive(rsp_sim *sim, uint32_t trial, uint32_t participant,
                          const double *params, double *out, double *x,
                          rsp_error *err)
{
    rsp_start_fill(sim, &sim->ready, 0, params, 0);
    sim->machine.run(&sim->machine, RSP_RUN_PREPARE, sim->ready.rows);
    const char *root = rsp_start_root(sim, sim->ready.rows, sim->ready.width, 0);
    if (root != NULL) {
        return rsp_fail(err, RSP_RANGE, "root '%s' has no solution in its interval", root);
    }
    for (uint32_t i = 0; i < sim->net->n_derived; i++) {
        uint32_t row = sim->program->derived[i];
        out[i] = row == UINT32_MAX ? (double)NAN : sim->ready.rows[(size_t)row * sim->ready.width];
    }
    if (x != NULL) {
        rsp_start_amounts(sim, sim->ready.rows, sim->ready.width, 0, trial, participant, x);
    }
    return RSP_OK;
}

/* ---- Failure of one lane, explained. */

/* Rates of lane l with its present amounts at time t, in the frame. */
static void look_again(rsp_sim *sim, uint32_t l, double t)
{
    for (uint32_t s = 0; s < sim->net->n_species; s++) {
        *rsp_at(sim->block.frame.rows, sim->program->species + s, sim->block.width, l) =
            *rsp_at(sim->block.x, s, sim->block.width, l);
    }
    rsp_clock_rows(sim, l, t);
    sim->machine.run(&sim->machine, RSP_RUN_RATES, sim->block.frame.rows);
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

/* Whether a rate or a state of lane l is invalid at time t; says which. A rate
 * below zero by no more than rounding is none. */
static bool is_invalid(rsp_sim *sim, uint32_t l, double t)
{
    rsp_lane *lane = &sim->lanes[l];
    char number[32];
    look_again(sim, l, t);
    double slack = 1e-9 * (1 + largest_rate(sim, l));
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

static void fail(rsp_lane *lane, rsp_stop stop)
{
    if (lane->failed == RSP_STOP_END) {
        lane->failed = stop;
    }
    lane->accepted = false;
    lane->h = 0;
}

/* What held the steps, for a reason: ", where X changes by 3e+12 a day"; of the species
 * that flow, the one in most haste. */
static void tell_fastest(const rsp_sim *sim, uint32_t l, char *out, size_t size)
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

static void fail_collapsed(rsp_sim *sim, uint32_t l)
{
    rsp_lane *lane = &sim->lanes[l];
    /* Steps shrink towards a time from which on a rate has no value: the state
     * is still sound here, and not a little later. */
    if (is_invalid(sim, l, lane->t) || is_invalid(sim, l, lane->t + 1e-6)) {
        fail(lane, RSP_STOP_NONFINITE);
        return;
    }
    char where[64];
    tell_fastest(sim, l, where, sizeof where);
    snprintf(lane->reason, sizeof lane->reason,
             "the step fell below the clock's grain at day %.6g%s", lane->t, where);
    fail(lane, RSP_STOP_COLLAPSE);
}

/* ---- The step. */

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
    sim->machine.run(&sim->machine, RSP_RUN_RATES, b->frame.rows);
    sim->kernel->begin(b);
    for (uint32_t l = 0; l < b->width; l++) {
        if (b->select[l] > 0 && b->lowest[l] < -1e-9 &&
            is_invalid(sim, l, sim->lanes[l].t)) {
            fail(&sim->lanes[l], RSP_STOP_NONFINITE);
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

static void choose_step(rsp_sim *sim, uint32_t l)
{
    rsp_lanes *b = &sim->block;
    rsp_lane *lane = &sim->lanes[l];
    const rsp_sim_options *o = &sim->options;
    double rest = lane->t_next - lane->t;
    if (lane->fresh) {
        double guess = first_guess(sim, l);
        lane->wish = lane->wish > 0 ? fmin(guess, lane->wish) : guess;
        if (isnan(guess)) {
            lane->wish = 0;
        }
        lane->fresh = false;
    }
    double h = lane->wish, far = fabs(lane->t);
    if (!(h > 1e-14 * (far > 1 ? far : 1))) {
        fail_collapsed(sim, l);
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
    for (uint32_t l = 0; l < sim->block.width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        lane->runs = lane->live && (!takes_turns || lane->stiff == sim->turned[l / RSP_CHUNK]);
        sim->n_implicit += lane->runs && lane->stiff;
        sim->n_explicit += lane->runs && !lane->stiff;
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

static void run_active(const rsp_sim *sim, rsp_run what)
{
    const rsp_lanes *b = &sim->block;
    uint32_t n = 0;
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
        run_active(sim, RSP_RUN_RATES);
        sim->kernel->derive(b, i);
    }
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
    stage_times(sim, 0);
    sim->kernel->place_start(b);
    run_active(sim, RSP_RUN_JACOBIAN);
    sim->kernel->factor(b);
    sim->kernel->solve(b, 0);
    for (uint32_t i = 1; i < im->tab->stages; i++) {
        stage_times(sim, im->tab->c[i]);
        sim->kernel->place_implicit(b, i);
        run_active(sim, RSP_RUN_RATES);
        sim->kernel->solve(b, i);
    }
    sim->kernel->judge_implicit(b);
}

/* ---- Which way a lane steps.  An implicit step costs a few explicit ones; it is left
 * where explicit ones would have been stable for a while, and taken where they are
 * held by stability (Hairer & Wanner 1996, IV.2). */

enum { CALM_ENOUGH = 20, STEEP_ENOUGH = 25, MILD_ENOUGH = 6 };

static bool leaves_implicit(const rsp_sim *sim, uint32_t l)
{
    /* The norm is a bound, often twice the largest eigenvalue and more. */
    const double calm_below = 2, worth_it = 200;
    rsp_lane *lane = &sim->lanes[l];
    const double norm = sim->implicit.norm[l];
    if (lane->h * norm < calm_below) {
        lane->calm++;
        lane->mild = 0;
    } else if (++lane->mild >= MILD_ENOUGH) {
        lane->calm = 0;
    }
    /* A first step may tell that the whole run is short for an explicit method. */
    return lane->calm >= CALM_ENOUGH ||
           (lane->counts.steps == 0 && (lane->job.t1 - lane->t) * norm < worth_it);
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
    } else if (++lane->mild >= MILD_ENOUGH) {
        lane->steep = 0;
    }
    return lane->steep >= STEEP_ENOUGH;
}

static void choose_method(rsp_sim *sim, uint32_t l)
{
    rsp_lane *lane = &sim->lanes[l];
    lane->next_stiff = lane->stiff;
    if (sim->block.implicit == NULL || sim->options.way != RSP_WAY_BY_ITSELF) {
        return;
    }
    if (sim->block.stochastic) { /* to implicit steps: regime.c */
        lane->tame |= lane->stiff && leaves_implicit(sim, l);
        lane->next_stiff &= !lane->tame;
        return;
    }
    if (lane->stiff ? leaves_implicit(sim, l) : leaves_explicit(sim, l)) {
        lane->next_stiff = !lane->stiff;
        lane->calm = lane->steep = lane->mild = 0;
    }
}

/* What the error says of the next step over this one. */
static double growth(const rsp_sim *sim, uint32_t l, double err)
{
    const rsp_lanes *b = &sim->block;
    const rsp_lane *lane = &sim->lanes[l];
    const double most = lane->accepted ? 5 : 0.9;
    double factor = lane->stiff ? sim->implicit.grow[l] : b->grow[l];
    if (b->stochastic) {
        factor = rsp_inverse_root(err, lane->stiff ? sim->implicit.tab->root : b->tab->root);
    }
    factor *= 0.9;
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
    lane->accepted = err <= 1;
    lane->theta = 1;
    lane->fires = UINT32_MAX;
    double factor = 0.25;
    if (err < 1e-4) {
        factor = 5; /* whatever the root */
    } else if (isfinite(err)) {
        factor = growth(sim, l, err);
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
        tell_fastest(sim, l, where, sizeof where);
        snprintf(lane->reason, sizeof lane->reason, "%llu steps by day %.6g%.80s",
                 (unsigned long long)sim->options.max_steps, lane->t,
                 is_held ? "; the model has too many derivatives for implicit steps" : where);
        fail(lane, RSP_STOP_STEPS);
    }
}

static void judge_steps(rsp_sim *sim)
{
    rsp_lanes *b = &sim->block;
    if (sim->n_explicit > 0) {
        sim->kernel->weigh(b, b->tab->e, b->tab->stages);
        sim->kernel->judge(b);
        if (b->implicit != NULL && !b->stochastic) {
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
    }
    sim->kernel->consume(b);
}

static void move_clock(rsp_lane *lane)
{
    const double t = lane->t + lane->theta * lane->h;
    lane->t = lane->land || t > lane->t_next ? lane->t_next : t;
}

/* The noise of a lane that leaps, where it is due. */
static void leap_on(rsp_sim *sim, uint32_t l)
{
    rsp_lane *lane = &sim->lanes[l];
    double taken = lane->theta * lane->h, haste = sim->block.haste[l];
    double half = 0.45 * sim->options.leap;
    lane->used += taken * haste;
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
        rsp_leap_draw(sim, l, ahead);
        lane->used = -ahead * haste;
    }
}

/* An accepted step of a lane with random channels: its event, its noise. */
static void end_random_step(rsp_sim *sim, uint32_t l)
{
    rsp_lanes *b = &sim->block;
    rsp_lane *lane = &sim->lanes[l];
    bool out = b->out[l] > 0;
    if (lane->fires != UINT32_MAX) {
        out |= rsp_channels_fire(sim, l);
    }
    if (b->leaping[l] > 0) {
        out |= lane->land || !(b->haste[l] > 0);
        leap_on(sim, l);
    }
    if (out) {
        rsp_regime_update(sim, l, false);
    }
}

static void finish_steps(rsp_sim *sim)
{
    rsp_lanes *b = &sim->block;
    if (sim->n_explicit > 0) {
        sim->kernel->advance(b);
    }
    if (sim->n_implicit > 0) {
        sim->kernel->advance_implicit(b);
    }
    rsp_events_place(sim);
    rsp_clock_reads(sim);
    if (b->stochastic) {
        sim->kernel->gather(b);
    }
    sim->kernel->settle(b);
    for (uint32_t l = 0; l < b->width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        if (!lane->accepted) {
            continue;
        }
        lane->same = b->tab->fsal && !lane->stiff && !lane->next_stiff && b->lowest[l] >= -1e-9;
        if (b->stochastic) {
            end_random_step(sim, l);
        }
        move_clock(lane);
        lane->stiff = lane->next_stiff;
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

static void step(rsp_sim *sim)
{
    rsp_regime_lists(sim);
    choose_ways(sim);
    first_stage(sim);
    choose_steps(sim);
    if (sim->n_implicit > 0) {
        implicit_stages(sim);
    }
    if (sim->n_explicit > 0) {
        later_stages(sim);
    }
    judge_steps(sim);
    cut_steps(sim);
    finish_steps(sim);
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

/* Fill empty lanes and serve those that stand at a time of their own. Returns
 * whether any lane lives. */
static bool serve(rsp_sim *sim)
{
    uint32_t n = sim->block.width;
    if (!sim->waits) {
        return true;
    }
    if (sim->options.lanes > 0 && sim->options.lanes < n) {
        n = sim->options.lanes;
    }
    for (bool again = true; again;) {
        bool due = false, empty = false;
        for (uint32_t l = 0; l < n; l++) {
            if (!sim->lanes[l].live && !rsp_lane_refill(sim, l)) {
                continue;
            }
            due |= sim->lanes[l].t >= sim->lanes[l].t_next;
        }
        if (!due) {
            break;
        }
        rsp_clock_serve(sim);
        for (uint32_t l = 0; l < n; l++) {
            empty |= !sim->lanes[l].live;
        }
        again = empty && !(sim->dry && sim->i_ready == sim->n_ready);
    }
    for (uint32_t l = 0; l < n; l++) {
        if (sim->lanes[l].live) {
            return true;
        }
    }
    return false;
}

rsp_status rsp_sim_run(rsp_sim *sim, const rsp_sim_client *client, rsp_error *err)
{
    sim->client = client;
    sim->observes = sim->net->n_observables > 0 && !client->amounts_only;
    sim->dry = false;
    sim->nomem = false;
    sim->n_ready = sim->i_ready = 0;
    sim->waits = true;
    for (uint32_t l = 0; l < sim->block.width; l++) {
        sim->lanes[l].live = false;
        rsp_regime_leave(sim, l);
    }
    if (sim->direct != NULL) {
        return rsp_direct_run(sim, err);
    }
    for (uint64_t round = 0; serve(sim); round++) {
        if (client->cancelled != NULL && round % 64 == 0 && client->cancelled(client->ctx)) {
            return rsp_fail(err, RSP_INTERRUPTED, "interrupted");
        }
        step(sim);
        if (sim->nomem) {
            return rsp_fail(err, RSP_NOMEM, "no memory for reads inside a leap");
        }
    }
    return RSP_OK;
}
