/* From a job to a lane: hoisted values, initial amounts, stoichiometry. */
#include "sim/internal.h"

#include <stdlib.h>
#include <string.h>

/* 1 where the two reactions change the same by the same, -1 where by the
 * opposite, else 0. */
static int same_changes(const rsp_network *net, uint32_t p, uint32_t q)
{
    const rsp_reaction *a = &net->reactions[p], *b = &net->reactions[q];
    if (a->n_changes != b->n_changes || a->n_changes == 0) {
        return 0;
    }
    const rsp_change *ca = net->changes + a->first_change;
    const rsp_change *cb = net->changes + b->first_change;
    bool equal = true, opposite = true;
    for (uint32_t i = 0; i < a->n_changes; i++) {
        if (ca[i].species != cb[i].species) {
            return 0;
        }
        equal &= ca[i].amount == cb[i].amount;
        opposite &= ca[i].amount == -cb[i].amount;
    }
    return equal ? 1 : opposite ? -1 : 0;
}

static bool stoich_groups(rsp_stoich *s, const rsp_network *net,
                          rsp_arena *arena)
{
    uint32_t n = net->n_reactions;
    uint32_t *group_of = rsp_arena_alloc(arena, n + 1, sizeof *group_of);
    uint32_t *first = rsp_arena_alloc(arena, n + 1, sizeof *first);
    uint32_t *members = rsp_arena_alloc(arena, n + 1, sizeof *members);
    uint32_t *lead = rsp_arena_alloc(arena, n + 1, sizeof *lead);
    double *sign = rsp_arena_alloc(arena, n + 1, sizeof *sign);
    if (group_of == NULL || first == NULL || members == NULL || lead == NULL ||
        sign == NULL) {
        return false;
    }
    for (uint32_t r = 0; r < n; r++) {
        uint32_t g = 0;
        while (g < s->n_groups && same_changes(net, lead[g], r) == 0) {
            g++;
        }
        if (g == s->n_groups) {
            lead[s->n_groups++] = r;
        }
        group_of[r] = g;
    }
    uint32_t at = 0;
    for (uint32_t g = 0; g < s->n_groups; g++) {
        first[g] = at;
        for (uint32_t r = 0; r < n; r++) {
            if (group_of[r] == g) {
                sign[at] = r == lead[g] ? 1 : same_changes(net, lead[g], r);
                members[at++] = r;
            }
        }
    }
    first[s->n_groups] = at;
    s->group_of = group_of;
    s->by_group = first;
    s->members = members;
    s->member_sign = sign;
    return true;
}

bool rsp_stoich_new(rsp_stoich *s, const rsp_network *net, bool any_sign,
                    rsp_arena *arena)
{
    uint32_t n = net->n_reactions, m = net->n_species, total = 0;
    *s = (rsp_stoich){.n_species = m, .n_reactions = n};
    for (uint32_t r = 0; r < n; r++) {
        total += net->reactions[r].n_changes;
    }
    s->n_terms = total;
    uint32_t *by_species = rsp_arena_alloc(arena, m + 2, sizeof *by_species);
    uint32_t *by_reaction = rsp_arena_alloc(arena, n + 1, sizeof *by_reaction);
    rsp_term *terms = rsp_arena_alloc(arena, total + 1, sizeof *terms);
    rsp_term *changes = rsp_arena_alloc(arena, total + 1, sizeof *changes);
    bool *continuous = rsp_arena_alloc(arena, m + 1, sizeof *continuous);
    bool *deterministic = rsp_arena_alloc(arena, n + 1, sizeof *deterministic);
    double *lowest = rsp_arena_alloc(arena, m + 1, sizeof *lowest);
    double *burst = rsp_arena_alloc(arena, m + 1, sizeof *burst);
    if (by_species == NULL || by_reaction == NULL || terms == NULL ||
        changes == NULL || continuous == NULL || deterministic == NULL ||
        lowest == NULL || burst == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < m; i++) {
        continuous[i] = net->species[i].continuous;
        /* A rate law may mean a value below zero; a cell count cannot. */
        lowest[i] = net->species[i].rate == RSP_NO_EXPR && !any_sign ? 0 : -INFINITY;
        burst[i] = 1;
    }
    uint32_t at = 0;
    for (uint32_t r = 0; r < n; r++) {
        const rsp_reaction *rx = &net->reactions[r];
        by_reaction[r] = at;
        deterministic[r] = true;
        for (uint32_t i = 0; i < rx->n_changes; i++) {
            const rsp_change *c = &net->changes[rx->first_change + i];
            changes[at++] = (rsp_term){c->species, c->amount};
            deterministic[r] &= net->species[c->species].continuous;
            by_species[c->species + 2]++;
            if (fabs(c->amount) > RSP_SMALL_CHANGE) {
                burst[c->species] = fmax(burst[c->species], fabs(c->amount));
            }
        }
    }
    by_reaction[n] = at;
    for (uint32_t i = 0; i < m; i++) { /* a value that events alone give has any sign */
        lowest[i] = continuous[i] && by_species[i + 2] == 0 ? -(double)INFINITY : lowest[i];
    }
    for (uint32_t i = 0; i < m; i++) {
        by_species[i + 2] += by_species[i + 1];
    }
    for (uint32_t r = 0; r < n; r++) {
        for (uint32_t i = by_reaction[r]; i < by_reaction[r + 1]; i++) {
            terms[by_species[changes[i].index + 1]++] =
                (rsp_term){r, changes[i].amount};
        }
    }
    s->by_species = by_species;
    s->by_reaction = by_reaction;
    s->terms = terms;
    s->changes = changes;
    s->continuous = continuous;
    s->deterministic = deterministic;
    s->floor = lowest;
    s->burst = burst;
    return stoich_groups(s, net, arena);
}

void rsp_start_fill(const rsp_sim *sim, rsp_frame *frame, uint32_t l,
                    const double *params, double t0)
{
    const rsp_program *p = sim->program;
    const rsp_network *net = sim->net;
    for (uint32_t i = 0; i < net->n_params; i++) {
        *rsp_at(frame->rows, p->params + i, frame->width, l) = params[i];
    }
    for (uint32_t i = 0; i < net->n_inputs; i++) {
        *rsp_at(frame->rows, p->inputs + i, frame->width, l) = net->inputs[i].value;
    }
    *rsp_at(frame->rows, p->time, frame->width, l) = t0;
}

const char *rsp_start_root(const rsp_sim *sim, const double *rows,
                           uint32_t width, uint32_t l)
{
    for (uint32_t i = 0; i < sim->net->n_roots; i++) {
        uint32_t row = sim->program->roots[i].solution;
        if (row != UINT32_MAX && isnan(rows[(size_t)row * width + l])) {
            return sim->net->roots[i].name;
        }
    }
    return NULL;
}

/* A mean as a whole number, unbiased. */
static double whole(const rsp_stream *s, double mean)
{
    double low = floor(mean);
    return low + (rsp_uniform(s, 0, 0) < mean - low);
}

static double draw_amount(const rsp_sim *sim, const rsp_species *sp,
                          rsp_stream s, double a, double b)
{
    rsp_stream round = s;
    round.purpose = RSP_PURPOSE_ROUND;
    switch (sp->draw) {
    case RSP_DRAW_POISSON:
        return sim->method.random ? rsp_poisson(&s, 0, a) : a;
    case RSP_DRAW_BINOMIAL:
        return sim->method.random ? rsp_binomial(&s, 0, whole(&round, a), b) : a * b;
    case RSP_DRAW_NEGBIN:
        return sim->method.random ? rsp_negative_binomial(&s, 0, a, b) : b;
    case RSP_DRAW_VALUE:
    case RSP_DRAW_MULTINOMIAL: /* drawn as a family */
        break;
    }
    return a;
}

static void draw_family(const rsp_sim *sim, const rsp_species *sp, rsp_stream s,
                        double n, const double *weight, double *x)
{
    double sum = 0;
    for (uint32_t i = 0; i < sp->count; i++) {
        sum += weight[i];
    }
    if (sim->method.random && sum > 0 && isfinite(sum) && n >= 0) {
        rsp_stream round = s;
        round.purpose = RSP_PURPOSE_ROUND;
        rsp_multinomial(&s, 0, whole(&round, n), sp->count, weight, x);
        return;
    }
    for (uint32_t i = 0; i < sp->count; i++) {
        x[i] = sum > 0 ? n * weight[i] / sum : sum * 0;
    }
}

void rsp_start_amounts(const rsp_sim *sim, const double *rows, uint32_t width,
                       uint32_t l, uint32_t trial, uint32_t participant,
                       double *x)
{
    const rsp_network *net = sim->net;
    const rsp_program *p = sim->program;
    for (uint32_t i = 0; i < net->n_species; i++) {
        const rsp_species *sp = &net->species[i];
        rsp_stream s = {sim->seed, trial, participant, RSP_PURPOSE_INITIAL,
                        sp->channel};
        double a = rows[(size_t)p->initial_a[i] * width + l];
        double b = p->initial_b[i] == UINT32_MAX
                       ? 0 : rows[(size_t)p->initial_b[i] * width + l];
        if (sp->draw == RSP_DRAW_MULTINOMIAL) {
            sim->weights[i - sp->first] = b;
            if (i + 1 == sp->first + sp->count) {
                const rsp_species *head = &net->species[sp->first];
                s.channel = head->channel;
                draw_family(sim, head, s,
                            rows[(size_t)p->initial_a[sp->first] * width + l],
                            sim->weights, x + sp->first);
            }
        } else {
            x[i] = draw_amount(sim, sp, s, a, b);
        }
    }
}

/* A participant that cannot even begin. */
static void refuse(rsp_sim *sim, const rsp_sim_job *job, rsp_stop stop,
                   const char *reason)
{
    rsp_sim_result result = {.stop = stop, .t = job->t0};
    snprintf(result.reason, sizeof result.reason, "%s", reason);
    sim->client->done(sim->client->ctx, job, &result);
}

/* Pull a block's worth of participants and compute their hoisted values at
 * once: roots are too dear to solve eightfold for one lane. */
static void fill_ready(rsp_sim *sim)
{
    sim->n_ready = sim->i_ready = 0;
    while (!sim->dry && sim->n_ready < sim->n_lanes) {
        rsp_sim_job *job = &sim->ready_job[sim->n_ready];
        if (sim->client->next(sim->client->ctx, job) == 0) {
            sim->dry = true;
            break;
        }
        rsp_start_fill(sim, &sim->ready, sim->n_ready, job->params, job->t0);
        sim->n_ready++;
    }
    if (sim->n_ready > 0) {
        sim->machine.run(&sim->machine, RSP_RUN_PREPARE, sim->ready.rows);
    }
}

static void carry(rsp_sim *sim, uint32_t from, uint32_t l)
{
    const rsp_program *p = sim->program;
    uint32_t w = sim->block.width;
    for (uint32_t i = 0; i < sim->n_carried; i++) {
        size_t row = (size_t)sim->carried[i] * w;
        sim->block.frame.rows[row + l] = sim->ready.rows[row + from];
    }
    for (uint32_t i = 0; i < sim->net->n_params; i++) {
        size_t row = (size_t)(p->params + i) * w;
        sim->block.frame.rows[row + l] = sim->ready.rows[row + from];
    }
    for (uint32_t i = 0; i < sim->net->n_inputs; i++) {
        size_t row = (size_t)(p->inputs + i) * w;
        sim->block.frame.rows[row + l] = sim->net->inputs[i].value;
    }
}

/* The participant in ready column `from` into lane l; false: it failed. */
static bool admit(rsp_sim *sim, uint32_t from, uint32_t l)
{
    const rsp_sim_job *job = &sim->ready_job[from];
    rsp_lane *lane = &sim->lanes[l];
    const char *root = rsp_start_root(sim, sim->ready.rows, sim->ready.width, from);
    char reason[128];
    if (root != NULL) {
        snprintf(reason, sizeof reason, "root '%s' has no solution in its interval", root);
        refuse(sim, job, RSP_STOP_ROOT, reason);
        return false;
    }
    if (job->initial == NULL) {
        rsp_start_amounts(sim, sim->ready.rows, sim->ready.width, from,
                          job->trial, job->participant, sim->drawn);
    }
    const double *x = job->initial != NULL ? job->initial : sim->drawn;
    if (!rsp_populations_draw(sim, sim->ready.rows, sim->ready.width, from, job->trial,
                              job->participant, NULL, reason)) {
        refuse(sim, job, RSP_STOP_NONFINITE, reason);
        return false;
    }
    for (uint32_t s = 0; s < sim->net->n_species; s++) {
        if (!isfinite(x[s]) || x[s] < sim->block.net.floor[s]) {
            snprintf(reason, sizeof reason, "initial amount of %s is %g",
                     sim->net->species[s].name, x[s] / sim->net->species[s].factor);
            refuse(sim, job, RSP_STOP_NONFINITE, reason);
            return false;
        }
        *rsp_at(sim->block.x, s, sim->block.width, l) = x[s];
    }
    carry(sim, from, l);
    rsp_populations_admit(sim, l);
    lane->job = *job;
    rsp_clock_start(sim, l);
    if (sim->method.random && sim->direct == NULL) {
        rsp_channels_start(sim, l);
    }
    rsp_regime_start(sim, l);
    return true;
}

bool rsp_lane_refill(rsp_sim *sim, uint32_t l)
{
    for (;;) {
        while (sim->i_ready < sim->n_ready) {
            if (admit(sim, sim->i_ready++, l)) {
                return true;
            }
        }
        if (sim->dry) {
            return false;
        }
        fill_ready(sim);
        if (sim->n_ready == 0) {
            return false;
        }
    }
}
