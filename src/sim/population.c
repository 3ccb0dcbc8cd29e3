#include "sim/population.h"

#include <string.h>

/* Beyond this, single cells are lost in the numbers. */
static const double MOST_CELLS = 1e15;
/* In an interval, as a logarithm: more is no number. */
static const double MOST_GROWTH = 700;

/* The sign of what is no number differs between machines and is not shown. */
static double shown(double v)
{
    return isnan(v) ? (double)NAN : v;
}

/* ---- Construction. */

static bool clones_new(const rsp_sim *sim, const rsp_population *pop, rsp_clones *c)
{
    c->n = rsp_arena_alloc(sim->arena, pop->capacity, sizeof *c->n);
    c->kind = rsp_arena_alloc(sim->arena, pop->capacity, sizeof *c->kind);
    c->left = rsp_arena_alloc(sim->arena, pop->capacity, sizeof *c->left);
    c->share = rsp_arena_alloc(sim->arena, pop->n_kinds, sizeof *c->share);
    c->past = rsp_arena_alloc(sim->arena, pop->n_kinds, sizeof *c->past);
    return c->n != NULL && c->kind != NULL && c->left != NULL && c->share != NULL &&
           c->past != NULL;
}

bool rsp_populations_new(rsp_sim *sim)
{
    const rsp_network *net = sim->net;
    uint32_t kinds = 0, clones = 0;
    if (net->n_populations == 0) {
        return true;
    }
    rsp_populations *ps = rsp_arena_alloc(sim->arena, 1, sizeof *ps);
    const size_t sets = (size_t)sim->block.width + 1;
    bool ok = ps != NULL;
    if (ok) {
        ps->n = net->n_populations;
        ps->draw = RSP_ISA_CHOOSE(rsp_kendall_draw_all);
        ps->clones = rsp_arena_alloc(sim->arena, sets * ps->n, sizeof *ps->clones);
        ok = ps->clones != NULL;
    }
    for (uint32_t i = 0; ok && i < net->n_populations; i++) {
        const rsp_population *pop = &net->populations[i];
        kinds = pop->n_kinds > kinds ? pop->n_kinds : kinds;
        clones = pop->capacity > clones ? pop->capacity : clones;
        for (size_t k = 0; ok && k < sets; k++) {
            ok = clones_new(sim, pop, &ps->clones[k * ps->n + i]);
        }
    }
    if (ok) {
        ps->move = rsp_arena_alloc(sim->arena, kinds, sizeof *ps->move);
        ps->order = rsp_arena_alloc(sim->arena, clones, sizeof *ps->order);
        ok = ps->move != NULL && ps->order != NULL;
    }
    sim->populations = ps;
    return ok;
}

static rsp_clones *clones_of(const rsp_sim *sim, uint32_t set, uint32_t i)
{
    return &sim->populations->clones[(size_t)set * sim->populations->n + i];
}

/* ---- What the network sees. */

/* Sum of the k largest of order[n], which is moved about (Hoare 1961). */
static double sum_largest(double *order, uint32_t n, uint32_t k)
{
    uint32_t low = 0, high = n;
    double sum = 0;
    k = k < n ? k : n;
    while (high - low > 1 && low < k && k < high) { /* the k first are to be the largest */
        const double pivot = order[low + (high - low) / 2];
        uint32_t i = low, j = high - 1;
        for (;;) {
            while (order[i] > pivot) {
                i++;
            }
            while (order[j] < pivot) {
                j--;
            }
            if (i >= j) {
                break;
            }
            const double other = order[i];
            order[i++] = order[j];
            order[j--] = other;
        }
        const uint32_t cut = i > low ? i : low + 1;
        if (k <= cut) {
            high = cut;
        } else {
            low = cut;
        }
    }
    for (uint32_t i = 0; i < k; i++) {
        sum += order[i];
    }
    return sum;
}

/* How a clone of n expected cells at the start is now, all genotypes together: the
 * number of its cells, the chance that some are left, of pairs the mean. */
static double expected(const rsp_clones *c, const rsp_population *pop, rsp_clone_count what,
                       double n)
{
    double sum = 0;
    for (uint32_t k = 0; k < pop->n_kinds; k++) {
        const rsp_kendall *past = &c->past[k];
        const double mean = n * past->growth;
        sum += c->share[k] * (what == RSP_CLONES_LEFT ? 1 - rsp_exp(-n * past->alive)
                              : what == RSP_CLONES_PAIRS ? mean * (mean + 2 * past->further)
                                                         : mean);
    }
    return sum;
}

/* Of the means that `ode` gives. */
static double sum_means(const rsp_sim *sim, const rsp_population *pop, const rsp_clones *c,
                        const rsp_clone_sum *what)
{
    double *order = sim->populations->order, sum = 0;
    if (what->what == RSP_CLONES_ONE) {
        return expected(c, pop, what->what, c->n[what->k - 1]);
    }
    for (uint32_t i = 0; i < c->n_left; i++) {
        order[i] = expected(c, pop, what->what, c->n[c->left[i]]);
        sum += order[i];
    }
    return what->what == RSP_CLONES_LARGEST ? sum_largest(order, c->n_left, what->k) : sum;
}

static double largest_of(const rsp_clones *c)
{
    double most = 0;
    for (uint32_t i = 0; i < c->n_left; i++) {
        const double n = c->n[c->left[i]];
        most = n > most ? n : most;
    }
    return most;
}

static double sum_clones(const rsp_sim *sim, const rsp_clones *c, const rsp_clone_sum *what)
{
    double *order = sim->populations->order, sum = 0;
    switch (what->what) {
    case RSP_CLONES_ONE:
        return c->n[what->k - 1];
    case RSP_CLONES_LEFT:
        return c->n_left;
    case RSP_CLONES_PAIRS:
        for (uint32_t i = 0; i < c->n_left; i++) {
            const double n = c->n[c->left[i]];
            sum += n * (n - 1);
        }
        return sum;
    case RSP_CLONES_LARGEST:
        break;
    }
    if (what->k == 1) {
        return largest_of(c);
    }
    for (uint32_t i = 0; i < c->n_left; i++) {
        order[i] = c->n[c->left[i]];
    }
    return sum_largest(order, c->n_left, what->k);
}

/* Species of population i at x, `stride` apart. */
static void show_clones(const rsp_sim *sim, uint32_t set, uint32_t i, double *x, size_t stride)
{
    const rsp_population *pop = &sim->net->populations[i];
    const rsp_clones *c = clones_of(sim, set, i);
    double all = 0;
    for (uint32_t k = 0; k < pop->n_kinds; k++) {
        x[(pop->first + k) * stride] = 0;
    }
    for (uint32_t j = 0; j < c->n_left; j++) {
        const uint32_t at = c->left[j];
        all += c->n[at];
        if (sim->method.random) {
            x[(pop->first + c->kind[at]) * stride] += c->n[at];
        }
    }
    for (uint32_t k = 0; !sim->method.random && k < pop->n_kinds; k++) {
        x[(pop->first + k) * stride] = all * c->share[k] * c->past[k].growth;
    }
    for (uint32_t k = 0; k < pop->n_sums; k++) {
        x[pop->sums[k].species * stride] = sim->method.random
                                               ? sum_clones(sim, c, &pop->sums[k])
                                               : sum_means(sim, pop, c, &pop->sums[k]);
    }
}

/* ---- The start. */

static rsp_stream clone_stream(const rsp_sim *sim, uint32_t trial, uint32_t participant,
                               uint32_t population, uint32_t barcode)
{
    return (rsp_stream){sim->seed, trial, participant, RSP_PURPOSE_CLONE,
                        (population % 64) << 20 | (barcode & 0xfffff)};
}

static double given(const rsp_sim *sim, const double *rows, uint32_t width, uint32_t l,
                    uint32_t at)
{
    return rows[(size_t)sim->program->given[at] * width + l];
}

/* Weights of the genotypes as shares; false: there is no such draw. */
static bool find_shares(const rsp_sim *sim, const rsp_population *pop, const double *rows,
                        uint32_t width, uint32_t l, double *share)
{
    double sum = 0, least = 0;
    for (uint32_t k = 0; k < pop->n_kinds; k++) {
        share[k] = given(sim, rows, width, l, pop->share + k);
        least = fmin(least, share[k]);
        sum += share[k];
    }
    for (uint32_t k = 0; k < pop->n_kinds; k++) {
        share[k] /= sum;
    }
    return least >= 0 && sum > 0 && isfinite(sum);
}

static uint32_t draw_kind(const rsp_population *pop, const double *share, double u)
{
    uint32_t k = 0, last = 0;
    for (double below = 0; k < pop->n_kinds; k++) {
        below += share[k];
        last = share[k] > 0 ? k : last;
        if (u < below) {
            return k;
        }
    }
    return last; /* the shares are one but for rounding */
}

/* The size of clone i as drawn: Poisson around its mean, which itself varies by a
 * lognormal factor of mean one. */
static double draw_size(const rsp_stream *s, double mean, double spread)
{
    const double factor =
        spread > 0 ? rsp_exp(spread * rsp_normal(s, 1, 1) - 0.5 * spread * spread) : 1;
    return rsp_poisson(s, 0, mean * factor);
}

bool rsp_populations_draw(rsp_sim *sim, const double *rows, uint32_t width, uint32_t l,
                          uint32_t trial, uint32_t participant, double *x, char reason[128])
{
    for (uint32_t i = 0; i < sim->net->n_populations; i++) {
        const rsp_population *pop = &sim->net->populations[i];
        rsp_clones *c = clones_of(sim, sim->block.width, i);
        const double spread = given(sim, rows, width, l, pop->spread);
        c->n_left = c->step = 0;
        if (!find_shares(sim, pop, rows, width, l, c->share) || !(spread >= 0 && spread < 100)) {
            snprintf(reason, 128, "the %s of population %.40s cannot be drawn from",
                     spread >= 0 && spread < 100 ? "weights of genotypes" : "spread of sizes",
                     pop->name);
            return false;
        }
        for (uint32_t k = 0; k < pop->n_kinds; k++) {
            c->past[k] = (rsp_kendall){.growth = 1, .alive = 1};
        }
        for (uint32_t j = 0; j < pop->capacity; j++) {
            const double mean = given(sim, rows, width, l, pop->size + j);
            const rsp_stream s = clone_stream(sim, trial, participant, i, j + 1);
            const bool sound = mean >= 0 && mean <= MOST_CELLS;
            c->n[j] = sim->method.random && sound ? draw_size(&s, mean, spread) : mean;
            if (!sound || !(c->n[j] <= MOST_CELLS)) {
                snprintf(reason, 128, "the size of clone %u of population %.40s is %g", j + 1,
                         pop->name, shown(c->n[j]));
                return false;
            }
            c->kind[j] = sim->method.random ? draw_kind(pop, c->share, rsp_uniform(&s, 1, 0)) : 0;
            if (c->n[j] > 0) {
                c->left[c->n_left++] = j;
            }
        }
        if (x != NULL) {
            show_clones(sim, sim->block.width, i, x, 1);
        }
    }
    return true;
}

/* ---- On with time. */

/* Integrals begin here, not at zero, so that the error allowed to a step of them is a
 * share of this at least, however small the amounts that matter. */
static const double GATHER_FROM = 0x1p-7;

static void gather_anew(rsp_sim *sim, uint32_t l, const rsp_population *pop)
{
    for (uint32_t k = 0; k < pop->n_kinds; k++) {
        if (pop->birth[k].gathers) {
            *rsp_at(sim->block.x, pop->birth[k].at, sim->block.width, l) = GATHER_FROM;
        }
        if (pop->death[k].gathers) {
            *rsp_at(sim->block.x, pop->death[k].at, sim->block.width, l) = GATHER_FROM;
        }
    }
}

void rsp_populations_admit(rsp_sim *sim, uint32_t l)
{
    for (uint32_t i = 0; i < sim->net->n_populations; i++) {
        rsp_clones *from = clones_of(sim, sim->block.width, i), *to = clones_of(sim, l, i);
        const rsp_clones other = *to;
        *to = *from;
        *from = other;
        show_clones(sim, l, i, sim->block.x + l, sim->block.width);
        gather_anew(sim, l, &sim->net->populations[i]);
    }
}

static double due_at(const rsp_sim *sim, uint32_t l, uint32_t i)
{
    return sim->lanes[l].job.t0 +
           (clones_of(sim, l, i)->step + 1.0) * sim->net->populations[i].every;
}

double rsp_populations_next(const rsp_sim *sim, uint32_t l)
{
    double next = (double)INFINITY;
    for (uint32_t i = 0; i < sim->net->n_populations; i++) {
        next = fmin(next, due_at(sim, l, i));
    }
    return next;
}

static double integral(const rsp_sim *sim, uint32_t l, const rsp_population *pop,
                       const rsp_clone_rate *rate)
{
    const rsp_lanes *b = &sim->block;
    return rate->gathers ? *rsp_at(b->x, rate->at, b->width, l) - GATHER_FROM
                         : pop->every * given(sim, b->frame.rows, b->width, l, rate->at);
}

/* The transition of each genotype over the past interval; false: a rate is none. */
static bool find_moves(rsp_sim *sim, uint32_t l, const rsp_population *pop)
{
    rsp_lane *lane = &sim->lanes[l];
    rsp_kendall *move = sim->populations->move;
    double same_birth = (double)NAN, same_death = (double)NAN; /* as the kind before */
    for (uint32_t k = 0; k < pop->n_kinds; k++) {
        const double birth = integral(sim, l, pop, &pop->birth[k]);
        const double death = integral(sim, l, pop, &pop->death[k]);
        const double rounding = -1e-3 * GATHER_FROM;
        const bool dies = death >= rounding && death < 1e9;
        if (!(dies && birth >= rounding && birth < 1e9 && birth - death < MOST_GROWTH)) {
            snprintf(lane->reason, sizeof lane->reason,
                     "the rate of %s of population %.30s is %g a day on average at day %.6g",
                     dies ? "birth" : "death", pop->name,
                     shown(dies ? birth : death) / pop->every, lane->t);
            lane->failed = RSP_STOP_NONFINITE;
            return false;
        }
        move[k] = birth == same_birth && death == same_death
                      ? move[k - 1]
                      : rsp_kendall_of(fmax(birth, 0), fmax(death, 0));
        same_birth = birth;
        same_death = death;
    }
    gather_anew(sim, l, pop);
    return true;
}

static void draw_clones(rsp_sim *sim, uint32_t l, uint32_t i)
{
    const rsp_sim_job *job = &sim->lanes[l].job;
    const rsp_clones *c = clones_of(sim, l, i);
    sim->populations->draw(&(rsp_kendall_clones){
        .who = clone_stream(sim, job->trial, job->participant, i, 1), .index = 2 * c->step,
        .move = sim->populations->move, .kind = c->kind, .left = c->left, .n_left = c->n_left,
        .n = c->n});
}

/* Those that are extinct leave the list. False: one has grown beyond what cells are
 * counted to. */
static bool move_clones(rsp_sim *sim, uint32_t l, uint32_t i)
{
    rsp_lane *lane = &sim->lanes[l];
    const rsp_population *pop = &sim->net->populations[i];
    rsp_clones *c = clones_of(sim, l, i);
    uint32_t n = 0;
    c->step++;
    for (uint32_t k = 0; !sim->method.random && k < pop->n_kinds; k++) {
        c->past[k] = rsp_kendall_then(&c->past[k], &sim->populations->move[k]);
    }
    if (sim->method.random) {
        draw_clones(sim, l, i);
    }
    for (uint32_t j = 0; sim->method.random && j < c->n_left; j++) {
        const uint32_t at = c->left[j];
        if (!(c->n[at] <= MOST_CELLS)) {
            snprintf(lane->reason, sizeof lane->reason,
                     "clone %u of population %.40s grew beyond %g cells at day %.6g", at + 1,
                     pop->name, MOST_CELLS, lane->t);
            lane->failed = RSP_STOP_NONFINITE;
            return false;
        }
        c->left[n] = at;
        n += c->n[at] > 0;
    }
    c->n_left = sim->method.random ? n : c->n_left;
    show_clones(sim, l, i, sim->block.x + l, sim->block.width);
    return true;
}

static void tell_if_there(rsp_sim *sim, uint32_t l, uint32_t s)
{
    if (*rsp_at(sim->block.x, s, sim->block.width, l) != 0) {
        rsp_absent_comes(sim, s, l);
    }
}

static void tell_who_is_there(rsp_sim *sim, uint32_t l, const rsp_population *pop)
{
    for (uint32_t k = 0; k < pop->n_kinds; k++) {
        tell_if_there(sim, l, pop->first + k);
    }
    for (uint32_t k = 0; k < pop->n_sums; k++) {
        tell_if_there(sim, l, pop->sums[k].species);
    }
}

void rsp_populations_serve(rsp_sim *sim)
{
    for (uint32_t l = 0; sim->populations != NULL && l < sim->block.width; l++) {
        rsp_lane *lane = &sim->lanes[l];
        for (uint32_t i = 0; lane->live && i < sim->net->n_populations; i++) {
            if (lane->t < lane->t_next || due_at(sim, l, i) > lane->t) {
                continue;
            }
            if (!find_moves(sim, l, &sim->net->populations[i]) || !move_clones(sim, l, i)) {
                rsp_lane_end(sim, l, lane->failed);
                continue;
            }
            tell_who_is_there(sim, l, &sim->net->populations[i]);
            lane->same = false;
            lane->look = true;
        }
    }
}
