#define _POSIX_C_SOURCE 200809L
#include "cli/cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cohort.h"
#include "cli/columns.h"
#include "cli/summary.h"
#include "respite/sbml.h"
#include "respite/sim.h"

/* One row a time, column by column, for each participant or replicate; or the
 * running mean and SD over all of them. */
typedef struct simulation {
    const cli_args *args;
    const rsp_network *net;
    const cli_cohort *cohort;
    double *times;
    size_t n_times;
    uint32_t n_runs, next_run;
    cli_columns columns;
    double *kept;         /* [n_runs][n_times][columns] without --summary */
    size_t *reached;      /* [n_runs] times that it gave */
    cli_summary summary;
    bool in_order;        /* the columns are the amounts, all of them in base units */
    bool nomem;
    uint32_t failed;
    char first_failure[200];
    uint32_t *order; /* with --shuffle */
    rsp_shared *code; /* with --compile */
    double compile_seconds;
} simulation;

static double *row_of(const simulation *s, uint32_t run)
{
    return s->kept + (size_t)run * s->n_times * s->columns.n;
}

static uint32_t run_of(const rsp_sim_job *job)
{
    return (uint32_t)((uintptr_t)job->tag - 1u);
}

static int next(void *ctx, rsp_sim_job *job)
{
    simulation *s = ctx;
    if (s->next_run >= s->n_runs) {
        return 0;
    }
    uint32_t at = s->next_run++, run = s->order ? s->order[at] : at;
    uint32_t row = s->cohort->n_rows ? run % (uint32_t)s->cohort->n_rows : 0;
    double *x = s->kept ? row_of(s, run) : cli_summary_begin(&s->summary, run);
    if (!x) {
        s->nomem = true;
        return 0;
    }
    *job = (rsp_sim_job){
        .tag = (void *)(uintptr_t)(run + 1u), .trial = 0, .participant = run,
        .params = s->cohort->params + (size_t)row * s->net->n_params,
        .initial = s->cohort->has_initial
                       ? s->cohort->initial + (size_t)row * s->net->n_species
                       : NULL,
        .t0 = 0, .t1 = s->times[s->n_times - 1], .reads = s->times,
        .n_reads = s->n_times, .amounts = s->in_order ? x : NULL};
    return 1;
}

/* Where the amounts are not the columns as they are. */
static bool read_state(void *ctx, const rsp_sim_job *job, size_t which,
                       const rsp_sim_view *view)
{
    simulation *s = ctx;
    const uint32_t n = s->columns.n, run = run_of(job);
    double *x = (s->kept ? row_of(s, run) : s->summary.run[run].x) + which * n;
    for (uint32_t i = 0; i < n; i++) {
        x[i] = cli_column_value(&s->columns.item[i], view);
    }
    return true;
}

static void done(void *ctx, const rsp_sim_job *job, const rsp_sim_result *result)
{
    simulation *s = ctx;
    const uint32_t run = run_of(job);
    if (s->kept) {
        s->reached[run] = result->n_reads;
    } else {
        cli_summary_end(&s->summary, run, result->n_reads);
    }
    if (result->stop == RSP_STOP_END) {
        return;
    }
    if (s->failed++ == 0) {
        snprintf(s->first_failure, sizeof s->first_failure,
                 "run %u stopped on day %g: %s%s%.120s", run + 1, result->t,
                 rsp_stop_text(result->stop), result->reason[0] ? ", " : "",
                 result->reason);
    }
}

static rsp_status read_times(simulation *s, const char *path, rsp_error *err)
{
    char *text = NULL;
    size_t length = 0, capacity = 0;
    rsp_status st = rsp_file_read(path, 0, &text, &length, err);
    char *save = NULL;
    for (char *w = st == RSP_OK ? strtok_r(text, " ,;\t\r\n", &save) : NULL;
         st == RSP_OK && w; w = strtok_r(NULL, " ,;\t\r\n", &save)) {
        double v = 0;
        if (!rsp_number_read(w, strlen(w), &v) || v < 0 ||
            (s->n_times && v <= s->times[s->n_times - 1])) {
            st = rsp_fail(err, RSP_DATA,
                          "%s: '%.40s' is not a time after the one before", path, w);
        } else if (!RSP_GROW(&s->times, &capacity, s->n_times + 1)) {
            st = rsp_fail(err, RSP_NOMEM, "no memory for the times");
        } else {
            s->times[s->n_times++] = v;
        }
    }
    if (st == RSP_OK && s->n_times == 0) {
        st = rsp_fail(err, RSP_DATA, "%s holds no times", path);
    }
    free(text);
    return st;
}

static rsp_status make_times(simulation *s, rsp_error *err)
{
    const cli_args *a = s->args;
    if (a->times) {
        return read_times(s, a->times, err);
    }
    if (!a->has_until || !(a->until > 0)) {
        return rsp_fail(err, RSP_USAGE,
                        "respite simulate needs --until T (days), or --times FILE");
    }
    double every = a->has_every ? a->every : a->until / 100.0;
    double n = floor(a->until / every * (1 + 1e-12)) + 1;
    if (n > 1e8) {
        return rsp_fail(err, RSP_USAGE, "--every %g gives %g rows", every, n);
    }
    s->n_times = (size_t)n;
    s->times = malloc(s->n_times * sizeof *s->times);
    for (size_t i = 0; s->times && i < s->n_times; i++) {
        s->times[i] = (double)i * every;
    }
    return s->times ? RSP_OK : rsp_fail(err, RSP_NOMEM, "no memory for the times");
}

static rsp_status make_room(simulation *s, rsp_error *err)
{
    size_t n = s->columns.n;
    double runs = fmax(1, (double)s->cohort->n_rows) * fmax(1, s->args->replicates);
    double rows = s->args->summary ? (double)s->n_times : runs * (double)s->n_times;
    if (runs > 4e9 || rows * (double)(n + 1) > 1e13) {
        return rsp_fail(err, RSP_USAGE, "%g runs of %zu times are too many to keep%s", runs,
                        s->n_times, s->args->summary ? "" : "; --summary mean,sd keeps less");
    }
    s->n_runs = (uint32_t)runs;
    s->order = s->args->shuffle ? malloc(s->n_runs * sizeof *s->order) : NULL;
    s->in_order = n == s->net->n_species;
    for (uint32_t i = 0; i < n; i++) {
        const cli_column *c = &s->columns.item[i];
        s->in_order &= !c->observed && c->at == i && c->factor == 1;
    }
    bool ok = !s->args->shuffle || s->order;
    if (s->args->summary) {
        ok = cli_summary_new(&s->summary, s->n_runs, s->n_times, n) && ok;
    } else {
        s->kept = calloc((size_t)s->n_runs * s->n_times * n + 1, sizeof *s->kept);
        s->reached = calloc(s->n_runs, sizeof *s->reached);
        ok = ok && s->kept && s->reached;
    }
    if (!ok) {
        return rsp_fail(err, RSP_NOMEM, "no memory for %u runs of %zu times",
                        s->n_runs, s->n_times);
    }
    for (uint32_t i = 0; s->order && i < s->n_runs; i++) { /* a fixed permutation */
        s->order[i] = i;
    }
    for (uint32_t i = s->n_runs; s->order && i > 1; i--) {
        uint32_t k = (uint32_t)((i * 2654435761u) % i), o = s->order[i - 1];
        s->order[i - 1] = s->order[k];
        s->order[k] = o;
    }
    return RSP_OK;
}

static void print_header(const simulation *s)
{
    const char *const suffix[] = {"-mean", "-sd"};
    printf(s->args->summary || s->n_runs == 1 ? "time"
           : s->cohort->n_rows               ? "participant,time"
                                             : "replicate,time");
    for (uint32_t i = 0; i < s->columns.n; i++) {
        const char *name = s->columns.item[i].name;
        const char *quote = strchr(name, ',') ? "\"" : "";
        for (int k = 0; k < (s->args->summary ? 2 : 1); k++) {
            printf(",%s%s%s%s", quote, name, s->args->summary ? suffix[k] : "",
                   quote);
        }
    }
    printf("\n");
}

static void print_value(double v)
{
    char out[RSP_NUMBER_MAX];
    rsp_number_write(v, out);
    printf(",%s", out);
}

static void print_rows(const simulation *s, uint32_t run)
{
    uint32_t n = s->columns.n;
    char time[RSP_NUMBER_MAX];
    for (size_t i = 0; i < s->reached[run]; i++) {
        const double *x = row_of(s, run) + i * n;
        if (s->n_runs > 1 && s->cohort->n_rows) {
            printf("%s,", s->cohort->names[run % s->cohort->n_rows]);
        } else if (s->n_runs > 1) {
            printf("%u,", run + 1);
        }
        rsp_number_write(s->times[i], time);
        fputs(time, stdout);
        for (uint32_t k = 0; k < n; k++) {
            print_value(x[k]);
        }
        printf("\n");
    }
}

static void print_summary(const simulation *s)
{
    uint32_t n = s->columns.n;
    char time[RSP_NUMBER_MAX];
    for (size_t i = 0; i < s->n_times; i++) {
        rsp_number_write(s->times[i], time);
        fputs(time, stdout);
        for (uint32_t k = 0; k < n; k++) {
            print_value(s->summary.mean[i * n + k]);
            print_value(cli_summary_sd(&s->summary, i, k));
        }
        printf("\n");
    }
}

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static double wall_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The model as machine code, where that was asked for. */
static rsp_status compile(simulation *s, const rsp_program *program, rsp_sim_options *options,
                          rsp_error *err)
{
    if (!s->args->compile) {
        return RSP_OK;
    }
    if (s->args->interpret) {
        return rsp_fail(err, RSP_USAGE, "--compile and --interpret contradict each other");
    }
    double start = wall_seconds();
    rsp_status st = rsp_program_compile(program, &s->code, err);
    s->compile_seconds = wall_seconds() - start;
    options->code = s->code;
    return st;
}

static void print_stats(const simulation *s, const rsp_sim *sim, double cpu)
{
    rsp_sim_counts c = rsp_sim_total(sim);
    const uint64_t all = c.rate_instructions + c.idle_instructions;
    fprintf(stderr,
            "{\"participants\":%u,\"failures\":%u,\"steps\":%llu,"
            "\"rejections\":%llu,\"events\":%llu,\"leaps\":%llu,\"clamped\":%llu,"
            "\"rate_calls\":%llu,\"implicit_steps\":%llu,\"idle_share\":%.3f,"
            "\"compile_seconds\":%.3f,\"cpu_seconds\":%.4f,"
            "\"participants_per_cpu_second\":%.1f}\n",
            s->n_runs, s->failed, (unsigned long long)c.steps,
            (unsigned long long)c.rejected, (unsigned long long)c.events,
            (unsigned long long)c.leaps, (unsigned long long)c.clamped,
            (unsigned long long)c.rate_calls, (unsigned long long)c.implicit,
            all > 0 ? (double)c.idle_instructions / (double)all : 0,
            s->compile_seconds, cpu, cpu > 0 ? s->n_runs / cpu : 0);
}

/* A model in units of its own choosing (moles, say) has amounts of any size: the
 * least that its first run begins with, but no trace of the largest. */
static double typical_amount(const simulation *s, const double *x)
{
    double least = 1, most = 0;
    for (uint32_t i = 0; i < s->net->n_species; i++) {
        double v = fabs(x[i]);
        least = v > 0 ? fmin(least, v) : least;
        most = fmax(most, v);
    }
    return fmax(fmax(least, 1e-6 * fmin(most, 1)), 1e-200);
}

static rsp_status scale_tolerance(const simulation *s, const rsp_program *program,
                                  rsp_sim_options *options, rsp_error *err)
{
    rsp_sim *sim = NULL;
    double *x = calloc(s->net->n_species + 1u, sizeof *x);
    double *derived = calloc(s->net->n_derived + 1u, sizeof *derived);
    rsp_status st = x && derived ? rsp_sim_new(program, options, s->args->seed, &sim, err)
                                 : rsp_fail(err, RSP_NOMEM, "no memory for a solver");
    if (st == RSP_OK) {
        st = rsp_sim_derive(sim, 0, 0, s->cohort->params, derived, x, err);
    }
    if (st == RSP_OK) {
        options->atol *= typical_amount(s, x);
    }
    rsp_sim_free(sim);
    free(x);
    free(derived);
    return st;
}

static rsp_status solver_options(const cli_args *args, rsp_sim_options *options,
                                 rsp_error *err)
{
    static const char *const names[] = {"ode", "hybrid", "ssa"};
    static const rsp_method methods[] = {RSP_ODE, RSP_HYBRID, RSP_SSA};
    const char *wanted = args->solver ? args->solver : "hybrid";
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(wanted, names[i]) == 0) {
            *options = rsp_sim_defaults(methods[i]);
            options->rtol = args->rtol > 0 ? args->rtol : options->rtol;
            options->atol = args->atol > 0 ? args->atol : options->atol;
            options->interpret = args->interpret;
            options->lanes = args->lanes;
            return RSP_OK;
        }
    }
    return rsp_fail(err, RSP_USAGE, "--solver %.20s: expected ode, hybrid or ssa",
                    wanted);
}

static rsp_status run(simulation *s, const rsp_program *program, rsp_error *err)
{
    rsp_sim_options options;
    rsp_sim *sim = NULL;
    rsp_sim_client client = {.ctx = s, .next = next, .read = read_state,
                             .done = done, .cancelled = cli_interrupted};
    rsp_status st = solver_options(s->args, &options, err);
    client.amounts_only = true;
    for (uint32_t i = 0; i < s->columns.n; i++) {
        client.amounts_only &= !s->columns.item[i].observed;
    }
    if (st == RSP_OK) {
        st = compile(s, program, &options, err);
    }
    if (st == RSP_OK && s->net->any_sign && !(s->args->atol > 0)) {
        st = scale_tolerance(s, program, &options, err);
    }
    if (st == RSP_OK) {
        st = rsp_sim_new(program, &options, s->args->seed, &sim, err);
    }
    double start = seconds();
    if (st == RSP_OK) {
        st = rsp_sim_run(sim, &client, err);
    }
    if (st == RSP_OK && s->nomem) {
        st = rsp_fail(err, RSP_NOMEM, "no memory for the runs that wait to be added up");
    }
    if (st == RSP_OK && cli_interrupted(NULL)) {
        st = rsp_fail(err, RSP_INTERRUPTED, "interrupted");
    }
    if (st == RSP_OK && s->args->stats) {
        print_stats(s, sim, seconds() - start);
    }
    rsp_sim_free(sim);
    rsp_shared_free(s->code);
    s->code = NULL;
    return st;
}

static void print(const simulation *s)
{
    print_header(s);
    if (s->args->summary) {
        print_summary(s);
    }
    for (uint32_t i = 0; !s->args->summary && i < s->n_runs; i++) {
        print_rows(s, i);
    }
    if (s->failed && s->failed < s->n_runs) {
        fprintf(stderr, "respite: %u of %u runs failed; %s\n", s->failed, s->n_runs,
                s->first_failure);
    }
}

static rsp_status simulate(simulation *s, rsp_error *err)
{
    rsp_model *model = NULL;
    rsp_program *program = NULL;
    cli_cohort cohort = {0};
    rsp_status st = cli_expect_kind(s->args->files[0], "simulate", "model or SBML model", err);
    st = st != RSP_OK ? st : rsp_model_open(s->args->files[0], NULL, &model, err);
    if (st == RSP_OK) {
        s->net = rsp_model_network(model);
        s->cohort = &cohort;
        st = rsp_program_new(s->net, &program, err);
    }
    if (st == RSP_OK) {
        st = cli_cohort_make(s->args, s->net, &cohort, err);
    }
    if (st == RSP_OK) {
        st = cli_columns_make(s->args, s->net, &s->columns, err);
    }
    if (st == RSP_OK) {
        st = make_times(s, err);
    }
    if (st == RSP_OK) {
        st = make_room(s, err);
    }
    if (st == RSP_OK) {
        st = run(s, program, err);
    }
    if (st == RSP_OK) {
        print(s);
    }
    if (st == RSP_OK && s->failed == s->n_runs) {
        st = rsp_fail(err, RSP_NONFINITE, "%u of %u runs failed; %s", s->failed, s->n_runs,
                      s->first_failure);
    }
    cli_cohort_fini(&cohort);
    rsp_program_free(program);
    rsp_model_free(model);
    return st;
}

int cli_simulate(const cli_args *args)
{
    rsp_error err = {0};
    simulation s = {.args = args};
    rsp_status st;
    if (args->n_files != 1) {
        st = rsp_fail(&err, RSP_USAGE, "respite simulate takes one model");
    } else if (args->summary && strcmp(args->summary, "mean,sd") != 0) {
        st = rsp_fail(&err, RSP_USAGE, "--summary %.20s: expected mean,sd",
                      args->summary);
    } else {
        st = simulate(&s, &err);
    }
    free(s.times);
    free(s.kept);
    free(s.reached);
    cli_columns_fini(&s.columns);
    cli_summary_free(&s.summary);
    free(s.order);
    return st == RSP_OK ? 0 : cli_error(&err);
}
