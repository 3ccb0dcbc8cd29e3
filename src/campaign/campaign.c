#define _POSIX_C_SOURCE 200809L
#include "respite/campaign.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "campaign/files.h"

/* A chunk is large enough that lanes stay full and merging costs little, and
 * small enough that threads end together. */
enum { RUNS_PER_CHUNK = 256, WINDOW_PER_THREAD = 3, MOST_THREADS = 256, PROGRESS_CALLS = 200 };

typedef struct chunk { /* a slot of the window */
    rsp_dataset_maker *rows, *grid;
    rsp_work *work;      /* while others may help to simulate it */
    unsigned helpers;    /* threads that do, beside its own */
    bool done;
} chunk;

typedef struct campaign {
    const rsp_plan *plan;
    const rsp_campaign_options *options;
    rsp_analyst *analyst;
    run_files *files;
    rsp_sha256 sha;
    uint32_t trials, trials_per_chunk, n_chunks;
    unsigned threads;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    chunk *window;
    uint32_t n_window;
    uint32_t next_to_run, next_to_merge;
    uint32_t preparing;  /* chunks taken whose work is not there yet */
    bool merging;        /* one thread merges at a time, in order */
    atomic_bool stop;    /* an error or a cancellation: leave */
    rsp_error error;
    atomic_uint_fast64_t simulated; /* participants so far */
    uint64_t runs, told_every;
    rsp_sim_counts counts;
} campaign;

static double seconds(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* The first error stops the campaign and is the one reported. */
static void give_up(campaign *c, const rsp_error *err)
{
    if (!atomic_exchange(&c->stop, true)) {
        c->error = *err;
    }
    pthread_cond_broadcast(&c->changed);
}

static void add_counts(rsp_sim_counts *to, const rsp_sim_counts *more)
{
    to->steps += more->steps;
    to->rejected += more->rejected;
    to->events += more->events;
    to->leaps += more->leaps;
    to->runs += more->runs;
    to->clamped += more->clamped;
    to->rate_calls += more->rate_calls;
    to->implicit += more->implicit;
}

static rsp_status merge(campaign *c, chunk *k, rsp_error *err)
{
    rsp_dataset_sort(k->rows);
    const rsp_dataset *rows = rsp_dataset_view(k->rows);
    const rsp_dataset *grid = NULL;
    if (k->grid) {
        rsp_dataset_sort(k->grid);
        grid = rsp_dataset_view(k->grid);
    }
    rsp_dataset_digest(rows, &c->sha);
    rsp_status s = c->files ? run_files_add(c->files, rows, err) : RSP_OK;
    return s == RSP_OK ? rsp_analyst_add(c->analyst, rows, grid, err) : s;
}

/* Merge every chunk that is next in order.  Called and left with the lock held;
 * the work itself is done without it. */
static void merge_ready(campaign *c)
{
    while (!c->stop && !c->merging && c->next_to_merge < c->n_chunks &&
           c->window[c->next_to_merge % c->n_window].done) {
        chunk *k = &c->window[c->next_to_merge % c->n_window];
        rsp_error err = {0};
        c->merging = true;
        pthread_mutex_unlock(&c->lock);
        rsp_status s = merge(c, k, &err);
        rsp_dataset_clear(k->rows);
        if (k->grid) {
            rsp_dataset_clear(k->grid);
        }
        pthread_mutex_lock(&c->lock);
        c->merging = false;
        k->done = false;
        c->next_to_merge++;
        if (s != RSP_OK) {
            give_up(c, &err);
        }
        pthread_cond_broadcast(&c->changed);
    }
}

/* ---- What a worker calls. */
static bool is_cancelled(void *ctx)
{
    campaign *c = ctx;
    return atomic_load_explicit(&c->stop, memory_order_relaxed) ||
           (c->options->cancelled && c->options->cancelled(c->options->ctx));
}

static void count_simulated(void *ctx)
{
    campaign *c = ctx;
    uint64_t n = atomic_fetch_add_explicit(&c->simulated, 1, memory_order_relaxed) + 1;
    if (n % c->told_every == 0) {
        pthread_mutex_lock(&c->lock);
        c->options->progress(c->options->ctx, atomic_load(&c->simulated), c->runs);
        pthread_mutex_unlock(&c->lock);
    }
}

static rsp_status simulate(campaign *c, rsp_work *work, rsp_worker *worker, rsp_error *err)
{
    rsp_work_hooks hooks = {.cancelled = is_cancelled, .ctx = c,
                            .threads = (c->threads + c->n_chunks - 1) / c->n_chunks,
                            .simulated = c->options->progress ? count_simulated : NULL};
    return rsp_work_simulate(work, worker, &hooks, err);
}

/* ---- A thread's turn: called and left with the lock held, the work done without. */

/* Others may take its runs from when its work is there until all are taken. */
static void share(campaign *c, chunk *k, rsp_work *work)
{
    pthread_mutex_lock(&c->lock);
    c->preparing--;
    k->work = work;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

/* An error is told before, so that they stop. */
static void wait_for_helpers(campaign *c, chunk *k, rsp_status s, const rsp_error *err)
{
    pthread_mutex_lock(&c->lock);
    k->work = NULL;
    if (s != RSP_OK) {
        give_up(c, err);
    }
    while (k->helpers > 0) {
        pthread_cond_wait(&c->changed, &c->lock);
    }
    pthread_mutex_unlock(&c->lock);
}

static rsp_status run_chunk(campaign *c, rsp_worker *worker, uint32_t which,
                            rsp_error *err)
{
    chunk *k = &c->window[which % c->n_window];
    uint32_t first = which * c->trials_per_chunk;
    uint32_t n = c->trials - first < c->trials_per_chunk
                     ? c->trials - first
                     : c->trials_per_chunk;
    rsp_work *work = NULL;
    rsp_status s = rsp_work_new(worker, first, n, &work, err);
    share(c, k, s == RSP_OK ? work : NULL);
    if (s == RSP_OK) {
        s = simulate(c, work, worker, err);
        wait_for_helpers(c, k, s, err);
    }
    if (s == RSP_OK && is_cancelled(c)) {
        s = rsp_fail(err, RSP_INTERRUPTED, "interrupted");
    }
    s = s == RSP_OK ? rsp_work_rows(work, k->rows, k->grid, err) : s;
    rsp_work_free(work);
    return s;
}

static void take_chunk(campaign *c, rsp_worker *worker)
{
    uint32_t which = c->next_to_run++;
    rsp_error err = {0};
    c->preparing++;
    pthread_mutex_unlock(&c->lock);
    rsp_status s = run_chunk(c, worker, which, &err);
    pthread_mutex_lock(&c->lock);
    if (s != RSP_OK) {
        give_up(c, &err);
        return;
    }
    c->window[which % c->n_window].done = true;
    merge_ready(c);
}

/* A chunk with runs that nobody has taken. */
static chunk *chunk_to_help(campaign *c)
{
    for (uint32_t i = c->next_to_merge; i < c->next_to_run; i++) {
        chunk *k = &c->window[i % c->n_window];
        if (k->work && !rsp_work_is_handed_out(k->work)) {
            return k;
        }
    }
    return NULL;
}

static void help(campaign *c, rsp_worker *worker, chunk *k)
{
    rsp_work *work = k->work;
    rsp_error err = {0};
    k->helpers++;
    pthread_mutex_unlock(&c->lock);
    rsp_status s = simulate(c, work, worker, &err);
    pthread_mutex_lock(&c->lock);
    k->helpers--;
    if (s != RSP_OK) {
        give_up(c, &err);
    }
    pthread_cond_broadcast(&c->changed);
}

/* Chunks in order as long as there are any and the window has room; then the runs of
 * others, so that the last chunk, or a single trial, is everybody's. */
static void work(campaign *c, rsp_worker *worker)
{
    pthread_mutex_lock(&c->lock);
    while (!c->stop) {
        chunk *k = NULL;
        if (c->next_to_run < c->n_chunks && c->next_to_run < c->next_to_merge + c->n_window) {
            take_chunk(c, worker);
        } else if ((k = chunk_to_help(c))) {
            help(c, worker, k);
        } else if (c->next_to_run < c->n_chunks || c->preparing > 0) {
            pthread_cond_wait(&c->changed, &c->lock);
        } else {
            break;
        }
    }
    pthread_mutex_unlock(&c->lock);
}

static void *thread_main(void *ctx)
{
    campaign *c = ctx;
    rsp_worker *worker = NULL;
    rsp_error err = {0};
    if (rsp_worker_new(c->plan, &worker, &err) != RSP_OK) {
        pthread_mutex_lock(&c->lock);
        give_up(c, &err);
        pthread_mutex_unlock(&c->lock);
        return NULL;
    }
    work(c, worker);
    rsp_sim_counts counts = rsp_worker_counts(worker);
    pthread_mutex_lock(&c->lock);
    add_counts(&c->counts, &counts);
    pthread_mutex_unlock(&c->lock);
    rsp_worker_free(worker);
    return NULL;
}

static rsp_status make_window(campaign *c, unsigned threads, rsp_error *err)
{
    c->n_window = threads * WINDOW_PER_THREAD;
    c->window = calloc(c->n_window, sizeof *c->window);
    for (uint32_t i = 0; c->window && i < c->n_window; i++) {
        c->window[i].rows = rsp_plan_dataset(c->plan);
        c->window[i].grid = rsp_plan_grid_dataset(c->plan);
        if (!c->window[i].rows) {
            return rsp_fail(err, RSP_NOMEM, "no memory for the results");
        }
    }
    return c->window ? RSP_OK
                     : rsp_fail(err, RSP_NOMEM, "no memory for the results");
}

static void split(campaign *c, uint64_t runs, unsigned threads)
{
    uint64_t per_trial = c->trials ? runs / c->trials : 1;
    uint64_t n = RUNS_PER_CHUNK / (per_trial ? per_trial : 1);
    uint64_t fair = c->trials / (4 * (uint64_t)threads);
    n = n > fair ? fair : n;
    c->trials_per_chunk = n ? (uint32_t)n : 1;
    c->n_chunks = (c->trials + c->trials_per_chunk - 1) / c->trials_per_chunk;
}

static void run_threads(campaign *c, unsigned threads)
{
    pthread_t id[MOST_THREADS];
    unsigned started = 0;
    while (started + 1 < threads &&
           pthread_create(&id[started], NULL, thread_main, c) == 0) {
        started++;
    }
    thread_main(c); /* this thread works too */
    for (unsigned i = 0; i < started; i++) {
        pthread_join(id[i], NULL);
    }
}

static void free_window(campaign *c)
{
    for (uint32_t i = 0; c->window && i < c->n_window; i++) {
        rsp_dataset_free(c->window[i].rows);
        rsp_dataset_free(c->window[i].grid);
    }
    free(c->window);
}

static rsp_status run_all(campaign *c, unsigned threads, int *hold, rsp_error *err)
{
    rsp_status s = make_window(c, threads, err);
    if (s == RSP_OK && c->options->out_dir) {
        s = run_files_open(c->options->out_dir,
                           rsp_dataset_view(c->window[0].rows), &c->files, err);
    }
    if (s != RSP_OK) {
        return s;
    }
    run_threads(c, threads);
    if (c->stop && err) {
        *err = c->error;
    }
    if (c->stop || !c->files) {
        run_files_abandon(c->files);
        return c->stop ? c->error.code : RSP_OK;
    }
    return run_files_close(c->files, hold, err);
}

rsp_status rsp_campaign_run(const rsp_plan *plan,
                            const rsp_campaign_options *options,
                            rsp_analyst *analyst, rsp_campaign_result *result,
                            rsp_error *err)
{
    campaign c = {.plan = plan, .options = options, .analyst = analyst,
                  .trials = rsp_plan_see(plan)->trials};
    uint64_t runs = 0, bytes = 0;
    double wall = seconds(CLOCK_MONOTONIC);
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    unsigned threads = options->threads ? options->threads : rsp_granted_cores();
    threads = threads > MOST_THREADS ? MOST_THREADS : threads;
    rsp_plan_size(plan, &runs, &bytes);
    split(&c, runs, threads);
    c.runs = runs;
    c.threads = threads;
    c.told_every = 1 + runs / PROGRESS_CALLS;
    rsp_sha256_init(&c.sha);
    pthread_mutex_init(&c.lock, NULL);
    pthread_cond_init(&c.changed, NULL);

    int hold = -1;
    rsp_status s = run_all(&c, threads, &hold, err);

    free_window(&c);
    pthread_cond_destroy(&c.changed);
    pthread_mutex_destroy(&c.lock);
    *result = (rsp_campaign_result){
        .threads = threads, .runs = runs, .counts = c.counts, .hold = hold,
        .wall_s = seconds(CLOCK_MONOTONIC) - wall,
        .cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu};
    rsp_sha256_hex(&c.sha, result->hash);
    return s;
}
