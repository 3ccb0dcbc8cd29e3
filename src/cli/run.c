#define _POSIX_C_SOURCE 200809L
#include "cli/cli.h"
#include "cli/scoreboard.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "respite/campaign.h"
#include "respite/num.h"
#include "respite/report.h"

static void on_progress(void *ctx, uint64_t done, uint64_t all)
{
    cli_progress_at(ctx, done, all);
}

static rsp_status open_study(const cli_args *args, const char *path,
                             rsp_plan **plan, rsp_error *err)
{
    rsp_status s = cli_expect_kind(path, args->command, "study", err);
    s = s != RSP_OK ? s : rsp_plan_load(path, args->set, args->n_set, plan, err);
    if (s == RSP_OK && args->has_seed) {
        rsp_plan_set_seed(*plan, args->seed);
    }
    if (s == RSP_OK && args->has_trials) {
        rsp_plan_set_trials(*plan, args->trials);
    }
    s = s == RSP_OK && args->null ? rsp_plan_set_null(*plan, err) : s;
    if (s == RSP_OK && (args->lanes || args->shuffle)) {
        rsp_plan_set_packing(*plan, args->lanes, args->shuffle);
    }
    s = s == RSP_OK && args->compile ? rsp_plan_compile(*plan, err) : s;
    return s;
}

rsp_status cli_study_run(const cli_args *args, const char *path,
                         const char *out_dir, cli_study *study,
                         rsp_campaign_result *result, rsp_error *err)
{
    *study = (cli_study){0};
    rsp_status s = open_study(args, path, &study->plan, err);
    if (s == RSP_OK) {
        s = rsp_analyst_new(study->plan, &study->analyst, err);
    }
    if (s != RSP_OK) {
        return s;
    }
    cli_progress progress =
        cli_progress_start(args, rsp_plan_see(study->plan)->study);
    rsp_campaign_options options = {.threads = args->threads, .out_dir = out_dir,
                                    .cancelled = cli_interrupted,
                                    .progress = on_progress, .ctx = &progress};
    s = rsp_campaign_run(study->plan, &options, study->analyst, result, err);
    cli_progress_end(&progress);
    if (s == RSP_INTERRUPTED) {
        rsp_fail(err, s, "interrupted; nothing was written");
    }
    return s == RSP_OK ? rsp_analyst_finish(study->analyst, result->hash,
                                            &study->findings, err)
                       : s;
}

void cli_study_fini(cli_study *study)
{
    rsp_analyst_free(study->analyst);
    rsp_plan_free(study->plan);
    *study = (cli_study){0};
}

static void print_number(double v, const char *unit)
{
    if (isfinite(v)) {
        bool days = strcmp(unit, "day") == 0;
        printf("%.3g %s%s", v, unit, days && v != 1 ? "s" : "");
    } else {
        printf("not reached");
    }
}

static void print_endpoint(const rsp_arm_endpoint *e, const char *unit)
{
    if (e->n == 0) {
        printf("  %s: nobody at risk\n", e->endpoint);
        return;
    }
    printf("  %s: %zu of %zu had the event; median ", e->endpoint, e->events,
           e->n);
    print_number(e->median.value, unit);
    if (isfinite(e->trial_median.low) || isfinite(e->trial_median.high)) {
        printf(" (5-95 %% over trials ");
        print_number(e->trial_median.low, unit);
        printf(" to ");
        print_number(e->trial_median.high, unit);
        printf(")");
    }
    printf("\n");
}

/* Power, or under the null hypothesis the type-I error. */
static void print_tests(const rsp_plan_view *plan, const rsp_findings *f)
{
    for (size_t i = 0; i < f->n_tests; i++) {
        const rsp_test_share *t = &f->tests[i];
        const char *what = plan->is_null ? "type-I error" : "power";
        if (t->estimable == 0) {
            printf("%s of %s%s%s: no p in any of %zu trials\n", what, t->test,
                   t->what[0] ? ", " : "", t->what, t->trials);
            continue;
        }
        printf("%s of %s%s%s: p < %g in %.1f %% of %zu trial%s (Monte Carlo %.1f to %.1f)\n",
               what, t->test, t->what[0] ? ", " : "", t->what, t->alpha, 100 * t->share.value,
               t->trials, t->trials == 1 ? "" : "s", 100 * t->share.low, 100 * t->share.high);
        if (t->estimable < t->trials) {
            printf("  no p in %zu of them\n", t->trials - t->estimable);
        }
    }
}

static void print_levels(const rsp_findings *f)
{
    for (size_t i = 0; i < f->n_levels; i++) {
        const rsp_dose_level *l = &f->levels[i];
        printf("%s: given to %.1f participants a trial, toxic in %.2f", l->arm, l->treated, l->toxic);
        if (f->undecided < f->trials) {
            printf("; the dose chosen in %.1f %% of trials (Monte Carlo %.1f to %.1f)",
                   100 * l->share.value, 100 * l->share.low, 100 * l->share.high);
        }
        printf("\n");
        if (l->failed > 0) {
            printf("  %.2f more a trial failed in simulation and were replaced\n", l->failed);
        }
    }
    if (f->undecided > 0) {
        printf("%zu of %u trials are undecided: simulations failed, or places stayed empty, and nobody "
               "was left to replace them; shares are of the others\n", f->undecided, f->trials);
    }
}

static void print_stopping(const rsp_stopping *s)
{
    if (s) {
        printf("%s: rule met (%s) in %.1f %% of trials (Monte Carlo %.1f to %.1f); enrolment "
               "ended early in %.1f %% (%.1f to %.1f), %.1f of %u enrolled a trial\n", s->arm,
               s->rule, 100 * s->met_share.value, 100 * s->met_share.low, 100 * s->met_share.high,
               100 * s->share.value, 100 * s->share.low, 100 * s->share.high, s->enrolled,
               s->planned);
    }
}

void cli_print_plain(const rsp_plan_view *plan, const rsp_findings *f)
{
    printf("%s: %s\n", plan->study, plan->title);
    printf("seed %llu, %u replicate trial%s, hash %s\n",
           (unsigned long long)plan->seed, f->trials, f->trials == 1 ? "" : "s",
           f->hash ? f->hash : "");
    if (f->sweep) {
        cli_print_sweep(plan, f);
    }
    for (size_t i = 0; !f->sweep && i < f->n_arms; i++) {
        const rsp_arm_findings *a = &f->arms[i];
        printf("%s: %zu participant%s, %zu failed in simulation", a->name, a->participants,
               a->participants == 1 ? "" : "s", a->failed);
        if (a->flow.screened_out) {
            printf(", %zu screened out", a->flow.screened_out);
        }
        printf("\n");
        for (size_t k = 0; k < a->n_endpoints; k++) {
            print_endpoint(&a->endpoints[k],
                           k < plan->n_endpoints ? plan->endpoints[k].unit : "day");
        }
    }
    print_tests(plan, f);
    print_levels(f);
    print_stopping(f->stopping);
    cli_print_scores(f);
}

static rsp_status write_report(const cli_args *args, const char *dir,
                               const cli_study *study, rsp_error *err)
{
    rsp_report_context context = {.command = args->line, .version = rsp_version(),
                                  .commit = rsp_commit(),
                                  .compiler = rsp_compiler(), .isa = rsp_isa()};
    rsp_text html = {0}, path = {0};
    rsp_text_printf(&path, "%s/report.html", dir);
    rsp_status s = rsp_report_write(rsp_plan_see(study->plan), study->findings,
                                    &context, &html, err);
    if (s == RSP_OK && (html.failed || path.failed)) {
        s = rsp_fail(err, RSP_NOMEM, "no memory for the report");
    }
    if (s == RSP_OK) {
        s = rsp_file_write(path.data, html.data, html.length, err);
    }
    if (s == RSP_OK && !args->quiet) {
        fprintf(stderr, "report: %s\n", path.data);
    }
    rsp_text_fini(&html);
    rsp_text_fini(&path);
    return s;
}

/* Figures by themselves, for slides: those that the study has. */
static rsp_status write_figures(const char *dir, const cli_study *study, rsp_error *err)
{
    static const char *const names[] = {"km", "viral_load", "grid", "sweep"};
    const rsp_plan_view *plan = rsp_plan_see(study->plan);
    bool plain = !study->findings->sweep; /* the arms of a sweep are too many */
    const bool has[] = {plain && plan->n_endpoints > 0, plain, study->findings->n_grid > 0,
                        !plain};
    rsp_text path = {0};
    rsp_text_printf(&path, "%s/figures", dir);
    rsp_status s = path.failed ? rsp_fail(err, RSP_NOMEM, "no memory for the figures")
                               : rsp_file_mkdir(path.data, err);
    for (size_t i = 0; s == RSP_OK && i < sizeof names / sizeof *names; i++) {
        rsp_text svg = {0};
        s = has[i] ? rsp_report_figure(names[i], plan, study->findings, &svg, err) : RSP_OK;
        path.length = 0;
        rsp_text_printf(&path, "%s/figures/%s.svg", dir, names[i]);
        if (s == RSP_OK && svg.length) {
            s = path.failed ? rsp_fail(err, RSP_NOMEM, "no memory for the figures")
                            : rsp_file_write(path.data, svg.data, svg.length, err);
        }
        rsp_text_fini(&svg);
    }
    rsp_text_fini(&path);
    return s;
}

static void print_stats(const rsp_campaign_result *r, size_t failed)
{
    fprintf(stderr,
            "{\"participants\":%llu,\"failed\":%zu,\"steps\":%llu,"
            "\"rejected\":%llu,\"events\":%llu,\"leaps\":%llu,\"clamped\":%llu,"
            "\"cpu_seconds\":%.3f,\"wall_seconds\":%.3f,\"threads\":%u,"
            "\"participants_per_cpu_second\":%.0f}\n",
            (unsigned long long)r->counts.runs, failed,
            (unsigned long long)r->counts.steps,
            (unsigned long long)r->counts.rejected,
            (unsigned long long)r->counts.events,
            (unsigned long long)r->counts.leaps,
            (unsigned long long)r->counts.clamped, r->cpu_s, r->wall_s, r->threads,
            r->cpu_s > 0 ? (double)r->counts.runs / r->cpu_s : 0.0);
}

static double seconds(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* Seconds that one replicate trial takes one core: the first is run and dropped. */
static rsp_status time_a_trial(const rsp_plan *plan, double *took, rsp_error *err)
{
    rsp_worker *worker = NULL;
    rsp_dataset_maker *rows = rsp_plan_dataset(plan);
    rsp_dataset_maker *grid = rsp_plan_grid_dataset(plan);
    rsp_status s = rows ? rsp_worker_new(plan, &worker, err)
                        : rsp_fail(err, RSP_NOMEM, "out of memory");
    double start = seconds(CLOCK_THREAD_CPUTIME_ID);
    if (s == RSP_OK) {
        const rsp_work_hooks hooks = {.cancelled = cli_interrupted};
        s = rsp_worker_run(worker, 0, 1, rows, grid, &hooks, err);
    }
    *took = seconds(CLOCK_THREAD_CPUTIME_ID) - start;
    rsp_worker_free(worker);
    rsp_dataset_free(rows);
    rsp_dataset_free(grid);
    return s;
}

static const char *duration(double s, char text[40])
{
    static const struct { double seconds; const char *name; } units[] = {
        {86400, "days"}, {3600, "hours"}, {60, "minutes"}, {0, "seconds"}};
    size_t i = 0;
    while (s < 2 * units[i].seconds) {
        i++;
    }
    double v = units[i].seconds > 0 ? s / units[i].seconds : s;
    if (v < 1) {
        snprintf(text, 40, "less than a second");
    } else {
        snprintf(text, 40, "about %.*f %s", v < 10 && units[i].seconds > 0 ? 1 : 0, v,
                 units[i].name);
    }
    return text;
}

static const char *size_of(double bytes, char text[40])
{
    static const char *const names[] = {"kB", "MB", "GB", "TB"};
    double v = bytes / 1e3;
    size_t i = 0;
    while (v >= 1000 && i < 3) {
        v /= 1000;
        i++;
    }
    snprintf(text, 40, "%.*f %s", v < 10 ? 1 : 0, v, names[i]);
    return text;
}

static int dry_run(const cli_args *args)
{
    rsp_plan *plan = NULL;
    rsp_error err = {0};
    if (open_study(args, args->files[0], &plan, &err) != RSP_OK) {
        return cli_error(&err);
    }
    uint64_t runs = 0, bytes = 0;
    rsp_plan_size(plan, &runs, &bytes);
    unsigned n = args->threads ? args->threads : rsp_granted_cores();
    uint32_t trials = rsp_plan_see(plan)->trials;
    double took = 0;
    char time[40], bytes_text[40];
    rsp_status s = time_a_trial(plan, &took, &err);
    if (s == RSP_OK) {
        printf("%s: %llu participants to simulate in %u trial%s on %u threads, %s, about %s of "
               "results; nothing was written\n",
               rsp_plan_see(plan)->study, (unsigned long long)runs, trials,
               trials == 1 ? "" : "s", n,
               duration(took * trials / n, time),
               size_of((double)bytes, bytes_text));
    }
    rsp_plan_free(plan);
    return s == RSP_OK ? 0 : cli_error(&err);
}

void cli_add_base(rsp_text *out, const char *path)
{
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    rsp_text_add_n(out, base, strcspn(base, "."));
}

static rsp_status out_dir(const cli_args *args, const char *path, rsp_text *dir,
                          rsp_error *err)
{
    if (args->out) {
        rsp_text_add(dir, args->out);
    } else if (!args->json) {
        rsp_text_add(dir, "respite-out/");
        cli_add_base(dir, path);
    }
    return dir->failed ? rsp_fail(err, RSP_NOMEM, "out of memory") : RSP_OK;
}

/* Failures of single participants are rows with a reason; where all failed, or nobody
 * was enrolled, there is no result, and a script that looks at the numbers alone should
 * hear of it. */
static bool all_failed(const rsp_findings *f)
{
    return f->failed > 0 && f->failed >= f->participants;
}

static size_t screened_out(const rsp_findings *f)
{
    size_t n = 0;
    for (size_t a = 0; a < f->n_arms; a++) {
        n += f->arms[a].flow.screened_out;
    }
    return n;
}

static bool nobody_enrolled(const rsp_findings *f)
{
    size_t enrolled = 0;
    for (size_t a = 0; a < f->n_arms; a++) {
        enrolled += f->arms[a].flow.enrolled;
    }
    return enrolled == 0 && screened_out(f) > 0;
}

static rsp_status outcome(const rsp_findings *f)
{
    return all_failed(f) ? RSP_STEPS : nobody_enrolled(f) ? RSP_RANGE : RSP_OK;
}

static void tell_of_failures(const rsp_findings *f)
{
    const rsp_dataset *d = f->example;
    const bool failed = all_failed(f);
    const char *reason = "";
    for (size_t i = 0; d && !reason[0] && i < d->n_subjects; i++) {
        const rsp_subject *x = &d->subjects[i];
        reason = (failed ? x->failed : x->screened_out) ? x->reason : "";
    }
    if (failed) {
        fprintf(stderr, "respite: all %zu participants failed in simulation (%s); there are no "
                        "results\n", f->failed, reason);
    } else {
        fprintf(stderr, "respite: nobody is enrolled, all %zu were screened out (%s); there are "
                        "no results: see 'eligibility' of the population and the arms\n",
                screened_out(f), reason);
    }
}

rsp_status cli_study_write(const cli_args *args, const char *dir, const cli_study *study,
                           const rsp_campaign_result *result, rsp_error *err)
{
    rsp_status s = write_report(args, dir, study, err);
    s = s == RSP_OK ? write_figures(dir, study, err) : s;
    s = s == RSP_OK && study->findings->sweep ? cli_write_sweep(dir, study->findings, err) : s;
    return s == RSP_OK ? cli_write_manifest(dir, args, rsp_plan_see(study->plan), result, err)
                       : s;
}

static rsp_status finish(const cli_args *args, const char *dir,
                         const cli_study *study, const rsp_campaign_result *result,
                         rsp_error *err)
{
    const rsp_plan_view *plan = rsp_plan_see(study->plan);
    if (outcome(study->findings) != RSP_OK) {
        tell_of_failures(study->findings);
    }
    rsp_status s = dir ? cli_study_write(args, dir, study, result, err) : RSP_OK;
    if (s == RSP_OK && args->json) {
        return cli_print_run_json(plan, study->findings, err);
    }
    if (s == RSP_OK) {
        cli_print_plain(plan, study->findings);
    }
    return s;
}

int cli_run(const cli_args *args)
{
    rsp_error err = {0};
    if (args->n_files != 1) {
        rsp_fail(&err, RSP_USAGE, "respite run takes one study file");
        return cli_error(&err);
    }
    if (args->dry_run) {
        return dry_run(args);
    }
    cli_study study = {0};
    rsp_campaign_result result;
    rsp_text dir = {0};
    rsp_status s = out_dir(args, args->files[0], &dir, &err);
    if (s == RSP_OK) {
        s = cli_study_run(args, args->files[0], dir.data, &study, &result, &err);
    }
    if (s == RSP_OK) {
        s = finish(args, dir.data, &study, &result, &err);
        rsp_file_release(result.hold);
    }
    if (s == RSP_OK && args->stats) {
        print_stats(&result, study.findings->failed);
    }
    int status = s == RSP_OK ? 0 : cli_error(&err);
    if (s == RSP_OK && outcome(study.findings) != RSP_OK) {
        status = rsp_status_exit(outcome(study.findings));
    }
    cli_study_fini(&study);
    rsp_text_fini(&dir);
    return status;
}
