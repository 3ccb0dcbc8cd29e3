/* A simulator: built for one program, run over the participants of a client. */
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
                         /* What flows beside exact firings is to be as sure as alone. */
                         .rtol = method == RSP_HYBRID ? 1e-3 : 1e-6,
                         .atol = method == RSP_ODE ? 1e-9 : 1e-6,
                         .exact_below = 10, .exact_until = 20,
                         .noise_below = 3e3, .noise_until = 1e4,
                         .leap = 0.4, .few_events = 1e4, .few_leaps = 300,
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
              rows_new(sim, &b->relax, m) && rows_new(sim, &b->last, 1) &&
              rows_new(sim, &b->taken, 1) &&
              rows_new(sim, &b->low, m) && rows_new(sim, &b->high, m) &&
              rows_new(sim, &b->haste, 1) && rows_new(sim, &b->leaping, 1) &&
              rows_new(sim, &b->part[0], 1) && rows_new(sim, &b->part[1], 1);
    for (uint32_t i = 0; ok && i < b->tab->stages; i++) {
        ok = rows_new(sim, &b->a[i], n) && rows_new(sim, &b->hazard[i], 1);
    }
    for (uint32_t i = 0; ok && i < RSP_FADES; i++) {
        ok = rows_new(sim, &b->fades[i], m);
    }
    sim->noise = rsp_arena_alloc(arena, (size_t)g * b->width + 1, sizeof *sim->noise);
    sim->path = rsp_arena_alloc(arena, (size_t)g * b->width + 1, RSP_PATH_POINTS * sizeof(double));
    sim->regime = rsp_arena_alloc(arena, (size_t)m * b->width + 1, 1);
    sim->rounded = rsp_arena_alloc(arena, (size_t)m * b->width + 1, sizeof(uint32_t));
    sim->fired = rsp_arena_alloc(arena, (size_t)n * b->width + 1, sizeof(uint32_t));
    if (!ok || sim->noise == NULL || sim->path == NULL || sim->regime == NULL ||
        sim->rounded == NULL || sim->fired == NULL) {
        return false;
    }
    memset(sim->regime, RSP_REGIME_EXACT, (size_t)m * b->width);
    return true;
}

static bool groups_new(rsp_sim *sim)
{
    const rsp_stoich *net = &sim->block.net;
    sim->groups = rsp_arena_alloc(sim->arena, net->n_groups + 1, sizeof *sim->groups);
    for (uint32_t g = 0; sim->groups != NULL && g < net->n_groups; g++) {
        const uint32_t lead = net->members[net->by_group[g]];
        const rsp_term *change = net->changes + net->by_reaction[lead];
        const rsp_term *end = net->changes + net->by_reaction[lead + 1];
        sim->groups[g] = (rsp_group){change, end, sim->net->reactions[lead].channel,
                                     change < end && net->relaxes[change->index]};
    }
    return sim->groups != NULL;
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
              rows_new(sim, &b->phi, 1) && rows_new(sim, &b->cut, 1) && rows_new(sim, &b->firing, 1) && rows_new(sim, &sim->inside, 8 * m);
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
    uint32_t *diagonal = rsp_arena_alloc(sim->arena, (size_t)m + 1, sizeof *diagonal);
    im->diagonal = diagonal;
    for (uint32_t s = 0; diagonal != NULL && s < m; s++) {
        im->has_time |= df->by_time[s] != UINT32_MAX;
        diagonal[s] = UINT32_MAX;
        for (uint32_t e = df->first[s]; e < df->first[s + 1]; e++) {
            diagonal[s] = df->column[e] == s ? df->row[e] : diagonal[s];
        }
    }
    sim->block.implicit = im;
    return ok && diagonal != NULL && rsp_march_new(sim);
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
        sim->lanes[l].added = rsp_arena_alloc(a, RSP_ADDED_MAX, sizeof *sim->lanes[l].added);
        if (sim->lanes[l].after_at == NULL || sim->lanes[l].last == NULL ||
            sim->lanes[l].added == NULL) {
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
    sim->kernel = RSP_ISA_CHOOSE_TABLE(rsp_kernel);
    sim->implicit_kernel = RSP_ISA_CHOOSE_TABLE(rsp_implicit_kernel);
    sim->inside_kernel = RSP_ISA_CHOOSE_TABLE(rsp_inside_kernel);
    sim->fade_kernel = RSP_ISA_CHOOSE_TABLE(rsp_fade_kernel);
    sim->cross_kernel = RSP_ISA_CHOOSE_TABLE(rsp_cross_kernel);
    sim->draw_kernel = RSP_ISA_CHOOSE_TABLE(rsp_draw_kernel);
    sim->uses_time = reads_row(sim->program, sim->program->time, 1);
    sim->uses_since = sim->net->n_actions > 0 &&
                      reads_row(sim->program, sim->program->sinces, sim->net->n_actions);
    if (is_discrete(sim) && sim->net->n_events == 0 && sim->net->n_populations == 0 && !sim->options.coupled &&
        !rsp_direct_new(sim)) {
        return rsp_fail(err, RSP_NOMEM, "no memory for a solver");
    }
    if (sim->direct != NULL) { /* of one participant at a time */
        sim->machine.width = RSP_CHUNK;
    } else if (sim->method.random && sim->machine.width > 2 * RSP_CHUNK) {
        sim->machine.width = 2 * RSP_CHUNK; /* most of a step is not the bytecode's */
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
        !rsp_events_new(sim) || !rsp_populations_new(sim) || !rsp_relax_new(sim) || !groups_new(sim) ||
        !rsp_absent_new(sim)) {
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
        char reason[128];
        rsp_start_amounts(sim, sim->ready.rows, sim->ready.width, 0, trial, participant, x);
        if (!rsp_populations_draw(sim, sim->ready.rows, sim->ready.width, 0, trial, participant,
                                  x, reason)) {
            return rsp_fail(err, RSP_RANGE, "%s", reason);
        }
    }
    return RSP_OK;
}

/* ---- The run. */

/* Fill empty lanes and serve those that stand at a time of their own. Returns
 * whether any lane lives. */
static bool serve(rsp_sim *sim)
{
    const uint32_t n = sim->n_lanes;
    if (!sim->waits) {
        return true;
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

/* The smaller limit; 0 is none. */
static uint32_t least(uint32_t a, uint32_t b)
{
    return b > 0 && (a == 0 || b < a) ? b : a;
}

rsp_status rsp_sim_run(rsp_sim *sim, const rsp_sim_client *client, rsp_error *err)
{
    sim->client = client;
    sim->observes = sim->net->n_observables > 0 && !client->amounts_only;
    sim->marches = sim->block.implicit != NULL && !sim->block.stochastic && !sim->observes &&
                   sim->events == NULL && sim->populations == NULL && !sim->uses_time && !sim->uses_since;
    sim->dry = false;
    sim->nomem = false;
    sim->n_ready = sim->i_ready = 0;
    sim->waits = true;
    sim->n_lanes = least(sim->block.width, least(sim->options.lanes, client->most));
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
        if (!rsp_march_on(sim)) {
            rsp_step(sim);
        }
        if (sim->nomem) {
            return rsp_fail(err, RSP_NOMEM, "no memory for reads inside a leap");
        }
    }
    return RSP_OK;
}
