/* soak RUNS [SEED]: a mixed bag of networks by hybrid on all cores, each trajectory held
 * against what must be true of every one: no amount below zero, no event missed, no
 * failure, conserved totals kept, the dead stay dead; and no two streams alike.  Prints a
 * line a network; exit status 1 where anything was found. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "respite/campaign.h"
#include "respite/num.h"
#include "respite/sbml.h"
#include "respite/sim.h"

enum { CHUNK = 500, MOST_DAYS = 400, MOST_ACTIONS = 4 };

/* What is remembered of one run. */
typedef struct run {
    uint32_t participant, n_actions;
    rsp_sim_action actions[MOST_ACTIONS];
    double given;     /* by doses, in all */
    bool is_dead;
    double stamp;     /* a time that tells this run from others; 0: none */
} run;

/* One network: what it is, how much of the bag, what must hold at each look. */
typedef struct kind {
    const char *name, *text;  /* text NULL: the model of that name */
    double share, days;
    void (*plan)(const struct kind *k, run *r);
    /* What is wrong with the state, or NULL. The look falls on the end of a step. */
    const char *(*look)(const struct kind *k, run *r, const rsp_sim_view *v);
    /* Made of it. */
    rsp_model *model;
    rsp_program *program;
    const rsp_network *net;
    double *params;
    double looks[MOST_DAYS], reads[MOST_DAYS];
    size_t n_days;
    uint32_t n_runs, next;    /* next under the lock */
    rsp_sim_counts counts;
    uint64_t n_looks, n_below, n_missed, n_failed;
    char first[200];          /* thing found */
    double *stamps;
} kind;

static double amount(const kind *k, const rsp_sim_view *v, const char *species)
{
    return v->amounts[rsp_network_species(k->net, species)];
}

static double seen(const kind *k, const rsp_sim_view *v, const char *observable)
{
    return v->observed[rsp_network_observable(k->net, observable)];
}

static void add_action(const kind *k, run *r, double day, const char *name, double size)
{
    r->actions[r->n_actions++] =
        (rsp_sim_action){day, (uint32_t)rsp_network_action(k->net, name), size};
}

/* ---- A virus that therapy drives down and that comes back; doses of killers; clocks. */
static const char therapy[] =
    "model therapy\ntime day\n"
    "parameter supply = 200 cell/day\nparameter d_T = 0.1 1/day\n"
    "parameter beta = 0.0004 1/(day cell)\nparameter delta = 1 1/day\n"
    "parameter kill = 0.01 1/(day cell)\nparameter d_E = 0.2 1/day\n"
    "parameter p = 50 1/day\nparameter c = 23 1/day\n"
    "parameter rest = 0.002 1/day\nparameter wake = 0.05 1/day\n"
    "parameter high = 200 cell\nparameter low = 10 cell\nparameter day1 = 1 day\n"
    "parameter turns = 2 1/day\nparameter start = 2000 cell\nparameter few = 4 cell\n"
    "species T cell\nspecies I cell\nspecies L cell\nspecies E cell\nspecies V cell\n"
    "species x 1 continuous\nspecies y 1 continuous\n"
    "species starts 1 continuous\nspecies stops 1 continuous\nspecies pulses 1 continuous\n"
    "species rounds 1 continuous\nspecies infused cell continuous\nspecies first 1 continuous\n"
    "initial T = start\ninitial I = few\ninitial L = few\ninitial x = 1\n"
    "input drug = 0 1\n"
    "rate x = -turns * y\nrate y = turns * x\n"
    "reaction supply_T: -> T @ supply\nreaction loss_T: T -> @ d_T * T\n"
    "reaction infect: T + V -> I @ beta * (1 - 0.95 * drug) * T * V\n"
    "reaction die: I -> @ delta * I\nreaction sleep: I -> L @ rest * I\n"
    "reaction awake: L -> I @ wake * L\nreaction kill_I: I -> @ kill * E * I\n"
    "reaction loss_E: E -> @ d_E * E\n"
    "reaction bud: -> V @ p * I\nreaction clear: V -> @ c * V\n"
    "action infuse(cells cell): E += cells, infused += cells\n"
    "event begin: at I > high and drug < 0.5: drug = 1, starts += 1, first = if first > 0 "
    "then first else t / day1\n"
    "event end: at I < low and drug > 0.5: drug = 0, stops += 1\n"
    "event pulse: at t > 10.1 * day1 and t < 10.1001 * day1: pulses += 1\n"
    "event round: at x > 0: rounds += 1\n"
    "observe drug_taken = drug in 1\nobserve infected = I in cell\n";

static void plan_therapy(const kind *k, run *r)
{
    const double doses[2] = {r->participant % 7, 100 + r->participant % 300};
    for (int i = 0; i < 2; i++) {
        if (doses[i] > 0) { /* a planned dose of zero is left out */
            add_action(k, r, 5.25 + 15 * i, "infuse", doses[i]);
        }
    }
}

static const char *look_therapy(const kind *k, run *r, const rsp_sim_view *v)
{
    const double drug = seen(k, v, "drug_taken"), infected = seen(k, v, "infected");
    if (amount(k, v, "starts") - amount(k, v, "stops") != drug) {
        return "starts and stops do not add up to the drug";
    }
    if (infected > 200 && drug == 0) {
        return "the start of therapy was missed";
    }
    if (infected < 10 && drug == 1) {
        return "the end of therapy was missed";
    }
    if (amount(k, v, "pulses") != (v->t > 10.1)) {
        return "the pulse was missed";
    }
    /* cos(2 t) rises through 0 at 3 pi / 4, and every pi after; the clock may err by
     * its tolerance and is not asked about the moments around. */
    const double turn = (2 * v->t + 1.5707963267948966) / 6.283185307179586;
    const double off = turn - floor(turn);
    if (off > 0.1 && off < 0.9 && amount(k, v, "rounds") != floor(turn)) {
        return "a round was missed";
    }
    double given = 0;
    for (uint32_t i = 0; i < r->n_actions; i++) {
        given += r->actions[i].t < v->t ? r->actions[i].amount : 0;
    }
    if (amount(k, v, "infused") != given) {
        return "a dose was missed";
    }
    r->stamp = amount(k, v, "first");
    return NULL;
}

/* ---- A line that dies out; its end is an event, whose time is kept. */
static const char fading[] =
    "model fading\ntime day\nparameter b = 1 1/day\nparameter d = 1.2 1/day\n"
    "parameter start = 60 cell\nparameter half = 0.5 cell\nparameter day1 = 1 day\n"
    "species I cell\nspecies ended 1 continuous\nspecies ends 1 continuous\ninitial I = start\n"
    "reaction birth: I -> 2 I @ b * I\nreaction death: I -> @ d * I\n"
    "event end: at I < half: ended = t / day1, ends += 1\n";

static const char *look_fading(const kind *k, run *r, const rsp_sim_view *v)
{
    const double left = amount(k, v, "I");
    r->stamp = amount(k, v, "ended");
    if (r->is_dead && left != 0) {
        return "a dead line came back";
    }
    r->is_dead = left == 0;
    return (left < 0.5) != (amount(k, v, "ends") == 1) ? "the end was missed" : NULL;
}

/* ---- Pairs that form and part: a total that stays. */
static const char pairs[] =
    "model pairs\ntime day\nparameter on = 0.004 1/day/cell\nparameter off = 0.4 1/day\n"
    "parameter one = 1 cell\nparameter start = 301 cell\n"
    "species A cell\nspecies D cell\ninitial A = start\n"
    "reaction bind: 2 A -> D @ on * A * max(A - one, 0) / 2\nreaction part: D -> 2 A @ off * D\n";

static const char *look_pairs(const kind *k, run *r, const rsp_sim_view *v)
{
    (void)r; /* additions of doubles near 301, some thousands of them */
    return fabs(amount(k, v, "A") + 2 * amount(k, v, "D") - 301) < 1e-9 ? NULL
                                                                       : "the total moved";
}

/* ---- Hunters that may die out, among prey that may grow to the ode regime. */
static const char hunt[] =
    "model hunt\ntime day\nparameter grow = 1 1/day\nparameter eat = 0.005 1/day/cell\n"
    "parameter die = 0.6 1/day\nparameter most = 40000 cell\nparameter start = 60 cell\n"
    "species X cell\nspecies Y cell\ninitial X = start\ninitial Y = start\n"
    "reaction breed: X -> 2 X @ grow * X\nreaction crowd: X -> @ grow * X * X / most\n"
    "reaction catch: X + Y -> 2 Y @ eat * X * Y\nreaction starve: Y -> @ die * Y\n";

static const char *look_hunt(const kind *k, run *r, const rsp_sim_view *v)
{
    const double left = amount(k, v, "Y");
    if (r->is_dead && left != 0) {
        return "dead hunters came back";
    }
    r->is_dead = left == 0;
    return NULL;
}

/* ---- A toggle, and bursts from a few cells that wake one by one. */
static const char toggle[] =
    "model toggle\ntime day\nparameter make = 60 cell/day\nparameter half = 12 cell\n"
    "parameter d = 1 1/day\nparameter start = 15 cell\n"
    "species U cell\nspecies V cell\ninitial U = start\ninitial V = start\n"
    "reaction make_u: -> U @ make / (1 + (V / half)^2)\n"
    "reaction make_v: -> V @ make / (1 + (U / half)^2)\n"
    "reaction lose_u: U -> @ d * U\nreaction lose_v: V -> @ d * V\n";

static const char bursts[] =
    "model bursts\ntime day\nparameter wake = 0.1 1/day\nparameter c = 3 1/day\n"
    "parameter few = 5 cell\nparameter one = 1 cell\n"
    "species L cell\nspecies I cell\nspecies V cell\ninitial L = few\n"
    "reaction awake: L -> I @ wake * L\nreaction burst: I -> 500 V @ c * I / 3\n"
    "reaction clear: V -> @ c * V\n";

static const char *look_bursts(const kind *k, run *r, const rsp_sim_view *v)
{
    (void)r;
    const double cells = amount(k, v, "L") + amount(k, v, "I");
    return cells == floor(cells) && cells <= 5 ? NULL : "cells from nothing, or parts of one";
}

/* ---- What is lost faster than in proportion: saturated at a fraction of a cell, twenty
 * at once, and by actions that take more than there is. */
static const char drain[] =
    "model drain\ntime day\nparameter supply = 60 cell/day\nparameter use = 80 cell/day\n"
    "parameter little = 0.02 cell\nparameter many = 2 1/day\nparameter d = 1 1/day\n"
    "parameter start = 150 cell\n"
    "species S cell\nspecies B cell\nspecies C cell continuous\ninitial S = start\n"
    "reaction come: -> S @ supply\nreaction go: S -> @ use * S / (little + S)\n"
    "reaction pack: 20 S -> B @ many * (if S >= start / 5 then S / 20 else 0)\n"
    "reaction lose: B -> @ d * B\nreaction drip: -> C @ d * B\n"
    "reaction drink: C -> @ use * C / (little + C)\n"
    "action cull(cells cell): S += -cells, C += -cells\n";

static void plan_drain(const kind *k, run *r)
{
    for (int i = 0; i < 4; i++) {
        add_action(k, r, 0.7 + 3.3 * i, "cull", 10 + 5 * i);
    }
}

/* ---- The shipped model: ART stopped, cells infused. */
static void plan_shipped(const kind *k, run *r)
{
    add_action(k, r, 5, "infuse", 1e8);
    add_action(k, r, 20, "stop_art", 0);
}

static kind bag[] = {
    {.name = "therapy", .text = therapy, .share = 0.10, .days = 40, .plan = plan_therapy,
     .look = look_therapy},
    {.name = "fading", .text = fading, .share = 0.30, .days = 30, .look = look_fading},
    {.name = "pairs", .text = pairs, .share = 0.15, .days = 10, .look = look_pairs},
    {.name = "hunt", .text = hunt, .share = 0.20, .days = 20, .look = look_hunt},
    {.name = "toggle", .text = toggle, .share = 0.10, .days = 20},
    {.name = "drain", .text = drain, .share = 0.04, .days = 15, .plan = plan_drain},
    {.name = "bursts", .text = bursts, .share = 0.10, .days = 20, .look = look_bursts},
    {.name = "hiv_car_t", .share = 0.01, .days = 60, .plan = plan_shipped},
};
enum { KINDS = sizeof bag / sizeof *bag };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t seed = 1;

/* ---- Running. */

typedef struct worker { /* one chunk of one kind */
    kind *k;
    run runs[CHUNK];
    uint32_t first, n, given;
    uint64_t n_looks, n_below, n_missed, n_failed;
    char found[200];
} worker;

static void note(worker *w, const run *r, double day, const char *what, const char *more)
{
    if (!w->found[0]) {
        snprintf(w->found, sizeof w->found, "participant %u, day %g: %s%.120s", r->participant,
                 day, what, more);
    }
}

static int next(void *ctx, rsp_sim_job *job)
{
    worker *w = ctx;
    const kind *k = w->k;
    if (w->given == w->n) {
        return 0;
    }
    run *r = &w->runs[w->given];
    *r = (run){.participant = w->first + w->given};
    w->given++;
    if (k->plan != NULL) {
        k->plan(k, r);
    }
    *job = (rsp_sim_job){.tag = r, .trial = (uint32_t)(k - bag), .participant = r->participant,
                         .params = k->params, .t1 = k->days, .actions = r->actions,
                         .n_actions = r->n_actions, .reads = k->reads, .n_reads = k->n_days,
                         .stops = k->looks, .n_stops = k->n_days};
    return 1;
}

static void look_below(worker *w, const run *r, const rsp_sim_view *v)
{
    const rsp_network *net = w->k->net;
    w->n_looks++;
    for (uint32_t s = 0; s < net->n_species; s++) {
        const bool has_sign = net->species[s].rate == RSP_NO_EXPR;
        if (!isfinite(v->amounts[s]) || (has_sign && v->amounts[s] < 0)) {
            w->n_below++;
            note(w, r, v->t, "below zero or undefined: ", net->species[s].name);
        }
    }
}

static bool take_read(void *ctx, const rsp_sim_job *job, size_t which, const rsp_sim_view *v)
{
    (void)which;
    look_below(ctx, job->tag, v);
    return true;
}

static bool take_look(void *ctx, const rsp_sim_job *job, size_t which, const rsp_sim_view *v,
                      rsp_sim_action *added, size_t room, size_t *n_added)
{
    (void)which, (void)added, (void)room;
    worker *w = ctx;
    *n_added = 0;
    look_below(w, job->tag, v);
    const char *wrong = w->k->look == NULL ? NULL : w->k->look(w->k, job->tag, v);
    if (wrong != NULL) {
        w->n_missed++;
        note(w, job->tag, v->t, wrong, "");
    }
    return true;
}

static void done(void *ctx, const rsp_sim_job *job, const rsp_sim_result *result)
{
    worker *w = ctx;
    const run *r = job->tag;
    if (result->stop != RSP_STOP_END) {
        w->n_failed++;
        note(w, r, result->t, "failed: ", result->reason);
    }
    w->k->stamps[r->participant] = r->stamp;
}

static void die(const rsp_error *err)
{
    fprintf(stderr, "soak: %s:%u:%u: %s\n", err->source, err->line, err->column, err->message);
    exit(70);
}

/* The next chunk of any kind, so that all threads end together. */
static bool take_chunk(worker *w)
{
    bool any = false;
    pthread_mutex_lock(&lock);
    for (int i = KINDS - 1; i >= 0 && !any; i--) { /* the slowest first */
        kind *k = &bag[i];
        if (k->next < k->n_runs) {
            const uint32_t left = k->n_runs - k->next;
            *w = (worker){.k = k, .first = k->next, .n = left < CHUNK ? left : CHUNK};
            k->next += w->n;
            any = true;
        }
    }
    pthread_mutex_unlock(&lock);
    return any;
}

static void give_back(const worker *w, const rsp_sim_counts *c)
{
    pthread_mutex_lock(&lock);
    kind *k = w->k;
    k->counts.runs += c->runs;
    k->counts.steps += c->steps;
    k->counts.events += c->events;
    k->counts.leaps += c->leaps;
    k->n_looks += w->n_looks;
    k->n_below += w->n_below;
    k->n_missed += w->n_missed;
    k->n_failed += w->n_failed;
    if (w->found[0] && !k->first[0]) {
        memcpy(k->first, w->found, sizeof k->first);
    }
    pthread_mutex_unlock(&lock);
}

static void *work(void *unused)
{
    (void)unused;
    worker *w = malloc(sizeof *w);
    while (w != NULL && take_chunk(w)) {
        rsp_error err = {0};
        rsp_sim *sim = NULL;
        rsp_sim_options options = rsp_sim_defaults(RSP_HYBRID);
        options.few_events = options.few_leaps = 0; /* small models: regimes are what is soaked */
        const rsp_sim_client client = {.ctx = w, .next = next, .read = take_read,
                                       .stop = take_look, .done = done};
        if (rsp_sim_new(w->k->program, &options, seed, &sim, &err) != RSP_OK ||
            rsp_sim_run(sim, &client, &err) != RSP_OK) {
            die(&err);
        }
        const rsp_sim_counts c = rsp_sim_total(sim);
        give_back(w, &c);
        rsp_sim_free(sim);
    }
    free(w);
    return NULL;
}

/* ---- Streams. */

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How many of x are equal to another. */
static uint64_t count_alike(double *x, size_t n)
{
    uint64_t alike = 0;
    qsort(x, n, sizeof *x, ascending);
    for (size_t i = 1; i < n; i++) {
        alike += x[i] == x[i - 1];
    }
    return alike;
}

/* First draws of every channel of every participant, for what the solvers draw. */
static uint64_t draw_alike(uint32_t runs, size_t *n)
{
    static const uint32_t purposes[] = {RSP_PURPOSE_EVENT, RSP_PURPOSE_LEAP, RSP_PURPOSE_BRIDGE,
                                        RSP_PURPOSE_ROUND};
    const uint32_t channels = runs < 250000 ? 250000 / runs + 1 : 1;
    *n = (size_t)runs * channels * 4;
    double *u = malloc(*n * sizeof *u);
    if (u == NULL) {
        fprintf(stderr, "soak: no memory for %zu draws\n", *n);
        exit(71);
    }
    size_t at = 0;
    for (uint32_t p = 0; p < runs; p++) {
        for (uint32_t c = 0; c < channels * 4; c++) {
            const rsp_stream s = {seed, 0, p, purposes[c % 4], rsp_channel(bag[0].name) + c / 4};
            u[at++] = rsp_uniform(&s, 0, 0);
        }
    }
    const uint64_t alike = count_alike(u, *n);
    free(u);
    return alike;
}

/* Times that events recorded, of those runs that have one. */
static uint64_t stamps_alike(kind *k, size_t *n)
{
    *n = 0;
    for (uint32_t i = 0; i < k->n_runs; i++) {
        if (k->stamps[i] > 0) {
            k->stamps[(*n)++] = k->stamps[i];
        }
    }
    return count_alike(k->stamps, *n);
}

/* ---- */

static void open_kind(kind *k, uint32_t runs)
{
    rsp_error err = {0};
    rsp_status st = k->text ? rsp_model_parse(k->text, k->name, &k->model, &err)
                            : rsp_model_open(k->name, NULL, &k->model, &err);
    if (st == RSP_OK) {
        k->net = rsp_model_network(k->model);
        st = rsp_program_new(k->net, &k->program, &err);
    }
    if (st != RSP_OK) {
        die(&err);
    }
    k->n_runs = (uint32_t)(k->share * runs + 0.5);
    k->params = calloc(k->net->n_params + 1u, sizeof *k->params);
    k->stamps = calloc(k->n_runs + 1u, sizeof *k->stamps);
    for (uint32_t i = 0; i < k->net->n_params; i++) {
        k->params[i] = k->net->params[i].value;
    }
    k->n_days = (size_t)k->days;
    for (size_t i = 0; i < k->n_days; i++) {
        k->looks[i] = (double)i + 1;
        k->reads[i] = (double)i + 0.371;
    }
}

static bool report(kind *k)
{
    printf("%-10s %8u runs %10llu looks %12llu steps %11llu firings %10llu leaps  "
           "%llu below zero, %llu missed, %llu failed\n",
           k->name, k->n_runs, (unsigned long long)k->n_looks,
           (unsigned long long)k->counts.steps, (unsigned long long)k->counts.events,
           (unsigned long long)k->counts.leaps, (unsigned long long)k->n_below,
           (unsigned long long)k->n_missed, (unsigned long long)k->n_failed);
    if (k->first[0]) {
        printf("  %s\n", k->first);
    }
    return k->n_below + k->n_missed + k->n_failed == 0 && k->counts.runs == k->n_runs;
}

static void close_kind(kind *k)
{
    free(k->params);
    free(k->stamps);
    rsp_program_free(k->program);
    rsp_model_free(k->model);
}

int main(int argc, char **argv)
{
    const uint32_t runs = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    if (runs < 100 || runs > 100000000) {
        fprintf(stderr, "usage: soak RUNS [SEED], RUNS from 100 to 1e8\n");
        return 64;
    }
    seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    for (int i = 0; i < KINDS; i++) {
        open_kind(&bag[i], runs);
    }
    pthread_t threads[256];
    const unsigned cores = rsp_granted_cores();
    unsigned n = 0;
    while (n < cores && n < 256 && pthread_create(&threads[n], NULL, work, NULL) == 0) {
        n++;
    }
    for (unsigned i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
    }
    bool sound = n > 0;
    for (int i = 0; i < KINDS; i++) {
        sound = report(&bag[i]) && sound;
    }
    size_t drawn, of_therapy, of_fading;
    const uint64_t alike = draw_alike(runs, &drawn);
    const uint64_t same = stamps_alike(&bag[0], &of_therapy) + stamps_alike(&bag[1], &of_fading);
    printf("streams: %llu of %zu first draws alike; %llu of %zu moments of events alike\n",
           (unsigned long long)alike, drawn, (unsigned long long)same, of_therapy + of_fading);
    sound = sound && alike == 0 && same == 0;
    for (int i = 0; i < KINDS; i++) {
        close_kind(&bag[i]);
    }
    printf("%u trajectories, seed %llu: %s\n", runs, (unsigned long long)seed,
           sound ? "sound" : "NOT SOUND");
    return sound ? 0 : 1;
}
